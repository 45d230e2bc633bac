from streamlit.testing.v1 import AppTest


def switches() -> None:
    import streamlit as st

    from mailsight.components import address
    from mailsight.figures.hours import PERIODS
    from mailsight.web.parameters import CUSTOMERS, EVENTS, PERIOD, TIMELINE_COUNTED

    st.session_state["address:page"] = "campaign"
    for parameter, options in ((PERIOD, list(PERIODS)), (TIMELINE_COUNTED, [EVENTS, CUSTOMERS])):
        chosen = st.segmented_control(
            parameter.name,
            options,
            required=True,
            key=parameter.name,
            on_change=address.follow(parameter, parameter.name),
        )
        st.text(chosen)


def test_a_switch_that_does_not_know_its_value_yet_changes_nothing() -> None:
    at = AppTest.from_function(switches).run()
    at.button_group[1].set_value("Customers").run()
    before = dict(at.query_params), [text.value for text in at.text]
    assert before[1][1] == "Customers"
    # The page sends no value for a switch that it had not set before another one was used.
    at.button_group[0].set_value(None)
    at.button_group[1].set_value(None).run()
    assert not at.exception
    assert (dict(at.query_params), [text.value for text in at.text]) == before

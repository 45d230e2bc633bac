import pandas as pd
import pytest

from mailsight.charts import status as status_charts
from mailsight.charts import timeline
from mailsight.figures import hours as hours_figure
from mailsight.vocabulary import SENT_STATES, Status

STATUS = {
    Status.NOT_RECEIVED: 2,
    Status.RECEIVED: 60,
    Status.OPENED: 30,
    Status.CLICKED: 8,
    Status.OPTED_OUT: 0,
}


def test_the_funnel_has_the_five_states_in_their_colours() -> None:
    drawn, _ = status_charts.funnel(STATUS).data
    assert list(drawn.y) == ["Received", "Opened", "Clicked", "Opted out", "Not received"]
    assert list(drawn.x) == [60, 30, 8, 0, 2]
    assert list(drawn.marker.color) == ["#56B4E9", "#009E73", "#E69F00", "#D55E00", "#9AA3AF"]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in drawn.text] == [
        "60 · 60.0 %",
        "30 · 30.0 %",
        "8 · 8.0 %",
        "0 · 0.0 %",
        "2 · 2.0 %",
    ]


def test_every_state_of_the_funnel_is_clickable_over_the_whole_width() -> None:
    drawn, hit = status_charts.funnel(STATUS).data
    assert list(hit.y) == list(drawn.y)
    assert set(hit.x) == {60}


def test_a_state_without_messages_keeps_its_text() -> None:
    texts = [
        (note.y, note.text.replace("\N{NO-BREAK SPACE}", " "))
        for note in status_charts.funnel(STATUS).layout.annotations
    ]
    assert texts == [("Opted out", "0 · 0.0 %")]


def test_the_chosen_state_stands_out() -> None:
    drawn, _ = status_charts.funnel(STATUS, [Status.OPTED_OUT]).data
    assert list(drawn.marker.color) == [
        "rgba(86, 180, 233, 0.3)",
        "rgba(0, 158, 115, 0.3)",
        "rgba(230, 159, 0, 0.3)",
        "#D55E00",
        "rgba(154, 163, 175, 0.3)",
    ]


@pytest.mark.parametrize("status", [{}, dict.fromkeys(SENT_STATES, 0)])
def test_an_empty_funnel_has_no_figures(status: dict[Status, int]) -> None:
    drawn, hit = status_charts.funnel(status).data
    assert list(drawn.text) == ["0 · –"] * 5
    assert set(hit.x) == {1}


def test_a_row_of_the_funnel_maps_to_its_state() -> None:
    assert [status_charts.funnel_state(state.label) for state in SENT_STATES] == list(SENT_STATES)
    assert status_charts.funnel_state("Something") is None


def test_the_timeline_has_every_hour_since_send() -> None:
    hours = pd.DataFrame({"hour": [0, 3, 1], "opens": [5, 1, 2], "clicks": [1, 0, 1]})
    opens, clicks = timeline.chart(hours).data
    assert list(opens.x) == [0, 1, 2, 3]
    assert list(opens.y) == [5, 2, 0, 1]
    assert list(clicks.y) == [1, 1, 0, 0]


def test_the_timeline_can_end_before_or_after_the_last_open() -> None:
    hours = pd.DataFrame({"hour": [0, 100], "opens": [5, 1], "clicks": [1, 0]})
    assert len(timeline.chart(hours, 24).data[0].x) == 24
    assert len(timeline.chart(hours, 168).data[0].x) == 168


@pytest.mark.parametrize("opens", [0, 1, 2, 3, 5, 6])
def test_an_axis_of_small_counts_has_each_whole_number(opens: int) -> None:
    axis = timeline.chart(pd.DataFrame({"hour": [0], "opens": [opens], "clicks": [0]})).layout.yaxis
    assert (axis.dtick, axis.labelalias["0.5"], axis.labelalias["1.2"]) == (1, "", "")
    assert all("." in label for label in axis.labelalias)


def test_an_axis_of_large_counts_has_even_steps() -> None:
    axis = timeline.chart(pd.DataFrame({"hour": [0], "opens": [7000], "clicks": [0]})).layout.yaxis
    assert (axis.dtick, axis.tickformat) == (None, ",~f")


def test_events_dated_before_the_send_count_in_the_first_hour() -> None:
    hours = pd.DataFrame({"hour": [-2, 0], "opens": [1, 5], "clicks": [0, 1]})
    assert hours_figure.dense_hours(hours).to_dict("list") == {"hour": [0], "opens": [6], "clicks": [1]}


def test_an_empty_timeline_has_no_points() -> None:
    nothing = pd.DataFrame({"hour": [], "opens": [], "clicks": []})
    assert [len(trace.x) for trace in timeline.chart(nothing).data] == [0, 0]


def test_the_timeline_can_be_cumulative_and_count_customers() -> None:
    hours = pd.DataFrame(
        {"hour": [0, 2], "opens": [5, 1], "clicks": [1, 0], "opened": [3, 1], "clicked": [1, 0]}
    )
    opened, clicked = timeline.chart(hours, counting="customers", cumulative=True).data
    assert (list(opened.x), list(opened.y)) == ([0, 1, 2, 3], [0, 3, 3, 4])
    assert list(clicked.y) == [0, 1, 1, 1]
    assert list(opened.customdata) == [
        "0\N{NO-BREAK SPACE}h",
        "1\N{NO-BREAK SPACE}h",
        "2\N{NO-BREAK SPACE}h",
        "3\N{NO-BREAK SPACE}h",
    ]
    assert list(timeline.chart(hours, counting="customers").data[0].y) == [3, 0, 1]


def test_the_charts_are_transparent_and_leave_text_colours_to_the_page() -> None:
    hours = pd.DataFrame({"hour": [0], "opens": [1], "clicks": [0]})
    for figure in (status_charts.funnel(STATUS), timeline.chart(hours)):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
        assert figure.layout.font.color is None

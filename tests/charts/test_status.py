import pandas as pd
import pytest

from mailsight.charts import status as status_charts
from mailsight.charts import timeline
from mailsight.figures import funnel
from mailsight.figures import hours as hours_figure
from mailsight.figures.metrics import Counts
from mailsight.vocabulary import SENT_STATES, Stage, Status

COUNTS = Counts(selected=101, sent=100, undeliverable=3, delivered=97, opened=38, clicked=9, opted_out=3)
STATUS = {
    Status.NOT_RECEIVED: 2,
    Status.RECEIVED: 59,
    Status.OPENED: 28,
    Status.CLICKED: 8,
    Status.OPTED_OUT: 3,
}
STAGES = funnel.stages(COUNTS, STATUS)


def test_the_stages_of_the_funnel_are_the_counts_of_the_cards() -> None:
    drawn = status_charts.funnel(STAGES).data[0]
    assert list(drawn.y) == ["Sent", "Received", "Opened", "Clicked"]
    assert list(drawn.x) == [100, 97, 38, 9]
    assert list(drawn.marker.color) == ["#A9D6F3", "#56B4E9", "#009E73", "#E69F00"]
    assert [
        text.replace("<br>", " ").split() for text in status_charts.funnel(STAGES).layout.yaxis.ticktext
    ] == [
        ["Sent", "<b>100</b>"],
        ["Received", "<b>97</b>"],
        ["Opened", "<b>38</b>"],
        ["Clicked", "<b>9</b>"],
    ]


def test_beside_each_stage_stands_who_stopped_there_and_who_opted_out() -> None:
    assert [(note.y, note.text) for note in status_charts.funnel(STAGES).layout.annotations] == [
        ("Sent", "2 stopped here<br>not received<br>1 opted out"),
        ("Received", "59 stopped here"),
        ("Opened", "28 stopped here<br>1 opted out"),
        ("Clicked", "1 opted out"),
    ]


def test_every_stage_and_state_is_clickable_over_the_whole_width() -> None:
    _, stages, states = status_charts.funnel(STAGES).data
    assert set(stages.x) == {100}
    assert [row[0] for row in stages.customdata] == [f"stage:{stage}" for stage in Stage]
    assert [row[0] for row in states.customdata] == [stage.stops_as for stage in Stage]
    assert list(states.x) == pytest.approx([94] * 4)
    assert states.base == pytest.approx(56)


def test_the_chosen_stage_stands_out() -> None:
    colours = list(status_charts.funnel(STAGES, chosen=Stage.OPENED).data[0].marker.color)
    assert colours[2] == "#009E73"
    assert {colour[-6:] for index, colour in enumerate(colours) if index != 2} == {", 0.3)"}
    chosen_state = status_charts.funnel(STAGES, chosen_states=[Status.OPTED_OUT]).data[0]
    assert all(colour.startswith("rgba") for colour in chosen_state.marker.color)


@pytest.mark.parametrize("status", [{}, dict.fromkeys(SENT_STATES, 0)])
def test_an_empty_funnel_has_stages_without_messages(status: dict[Status, int]) -> None:
    drawn, hit, _ = status_charts.funnel(funnel.stages(Counts(), status)).data
    assert list(drawn.x) == [0, 0, 0, 0]
    assert set(hit.x) == {1}


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
    assert list(timeline.chart(hours, counting="customers").data[0].y) == [3, 0, 1]


def test_the_charts_are_transparent_and_leave_text_colours_to_the_page() -> None:
    hours = pd.DataFrame({"hour": [0], "opens": [1], "clicks": [0]})
    for figure in (status_charts.funnel(STAGES), timeline.chart(hours)):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
        assert figure.layout.font.color is None

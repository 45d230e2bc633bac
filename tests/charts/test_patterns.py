"""The charts of the Week, Mailboxes and Programs tabs."""

import pandas as pd

from mailsight.charts import curves, patterns, timeline
from mailsight.charts.style import muted
from mailsight.figures import locales
from mailsight.figures.courses import Course
from mailsight.vocabulary import Status


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_week_has_every_hour_and_the_busiest_in_full_colour() -> None:
    hours = pd.DataFrame({"weekday": [0, 6], "hour": [9, 23], "opens": [30, 10]})
    [drawn] = patterns.week(hours, "opens", "#009E73").data
    assert (len(drawn.z), {len(row) for row in drawn.z}) == (7, {24})
    assert (drawn.z[0][9], drawn.z[6][23], drawn.zmax) == (30, 10, 30)
    assert list(drawn.y) == list(locales.WEEKDAYS)
    assert [_plain(word) for word in drawn.customdata[6][23]] == ["10", "25.0%", "23:00 – 24:00"]
    assert drawn.colorscale[1][1] == "rgba(0, 158, 115, 1)"


def test_a_week_without_events_is_drawn() -> None:
    nothing = pd.DataFrame({"weekday": [0], "hour": [0], "clicks": [0]})
    [drawn] = patterns.week(nothing, "clicks", "#E69F00").data
    assert drawn.zmax == 1


def test_every_provider_has_a_bar_of_the_same_length_in_the_colours_of_the_states() -> None:
    rows = [
        ("Gmail", {Status.RECEIVED: 60, Status.OPENED: 30, Status.CLICKED: 10}),
        ("<b>few</b>.example", {Status.NOT_RECEIVED: 4}),
    ]
    figure = patterns.providers(rows)
    assert [trace.name for trace in figure.data] == [
        "Clicked",
        "Opened, not clicked",
        "Opted out",
        "Received, not opened",
        "Not received",
    ]
    assert [trace.marker.color[0] for trace in figure.data] == [
        "#E69F00",
        "#009E73",
        "#D55E00",
        "#56B4E9",
        "#9AA3AF",
    ]
    assert [sum(trace.x[row] for trace in figure.data) for row in range(2)] == [1, 1]
    assert [_plain(text) for text in figure.data[3].text] == ["60.0%", ""]
    # The bar of a small sample is pale.
    assert figure.data[4].marker.color[1] == muted(Status.NOT_RECEIVED.colour) == "#b6bec7"
    assert list(figure.layout.yaxis.ticktext) == ["Gmail  ", "&lt;b&gt;few&lt;/b&gt;.example  "]


def test_machines_and_hidden_programs_are_grey() -> None:
    figure = patterns.used([("Outlook", 30, False), ("Machines", 10, True)], 40, "#009E73", "opens")
    [drawn] = figure.data
    assert list(drawn.x) == [30, 10]
    assert list(drawn.marker.color) == ["#009E73", "#9AA3AF"]
    assert [_plain(text) for text in drawn.text] == ["75.0%", "25.0%"]
    assert [list(words) for words in drawn.customdata] == [["Outlook", "30 of 40"], ["Machines", "10 of 40"]]


def test_legends_stay_at_the_top_however_many_lines_they_take() -> None:
    for figure in (
        patterns.providers([("Gmail", {Status.RECEIVED: 1})]),
        timeline.chart(pd.DataFrame({"hour": [0], "opens": [1], "clicks": [0]})),
        curves.curves([Course("A", "Spring", "#111111", 100, {0: 1}, {}, 24)]),
    ):
        legend = figure.layout.legend
        assert (legend.yref, legend.y, legend.yanchor) == ("container", 1, "top")


def test_the_charts_are_transparent_and_leave_text_colours_to_the_page() -> None:
    hours = pd.DataFrame({"weekday": [0], "hour": [0], "opens": [1]})
    for figure in (
        patterns.week(hours, "opens", "#009E73"),
        patterns.providers([("Gmail", {Status.RECEIVED: 1})]),
        patterns.used([], 0, "#009E73", "opens"),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
        assert figure.layout.font.color is None

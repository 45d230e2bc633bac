"""The templates of exported files escape every value, in text and in attributes."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from mailsight.exports import mail_pages, rendering
from mailsight.exports.rendering import render

TEMPLATES = sorted((Path(rendering.__file__).parent / "templates").iterdir())
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_turns_escaping_off(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|\bautoescape\b", text)


def test_a_value_is_escaped_in_text_and_in_an_attribute() -> None:
    funnel = {"height": 34, "words": HOSTILE, "bars": []}
    assert HOSTILE not in render("funnel.svg", funnel=funnel)
    assert 'aria-label="&#34;&#39;&gt;&lt;script&gt;' in render("funnel.svg", funnel=funnel)
    legend = render("heatmap_legend.html", title=HOSTILE, facts=[HOSTILE], shown=HOSTILE, scale=[])
    assert "<script" not in legend
    assert (
        legend.count("&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;") == 3
    )


def test_a_heatmap_shows_a_hostile_title_as_text() -> None:
    drawn = mail_pages.heatmap("<p>Hello", [], title=HOSTILE, facts=[HOSTILE])
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert drawn.count("&lt;img src=x onerror=alert(1)&gt;") == 3


def test_a_heatmap_shows_a_title_from_right_to_left_in_its_order() -> None:
    drawn = mail_pages.heatmap("<p>Hello", [], title="عرض 50%!", facts=["מבצע (2026)"])
    assert drawn.count("\u2068عرض 50%!\u2069") == 2
    assert "\u2068מבצע (2026)\u2069" in drawn


def test_names_in_a_report_are_isolated() -> None:
    folder = TEMPLATES[0].parent
    report = "".join((folder / name).read_text(encoding="utf-8") for name in ("report.html", "table.html"))
    names = re.findall(r"{{ (?:campaign\.\w+|row\.label|row\.note|facts)\b[^}]*}}", report)
    assert len(names) == 7
    assert [name for name in names if "isolated" not in name] == []


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("heatmap_head.html", scale=[])

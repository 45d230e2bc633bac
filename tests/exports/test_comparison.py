"""The exported comparison: as a list for spreadsheets, and as a report."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from mailsight.errors import NoPdf
from mailsight.exports import comparison as comparison_export
from mailsight.exports import rows, writers
from mailsight.exports.lists import COMPARISON, Format
from mailsight.figures import comparison, formats
from mailsight.figures.metrics import COR
from mailsight.reports import campaigns
from mailsight.reports.campaigns import ComparedCampaign
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse


@pytest.fixture(scope="module")
def compared(sample_database: Path) -> Sequence[ComparedCampaign]:
    data = Warehouse(sample_database).snapshot()
    listed = campaigns.page(data, Audience.HUMAN, EVERYTHING, NEWEST_FIRST, 0, 3)
    return campaigns.compared(data, [row.campaign_id for row in listed], Audience.HUMAN)


def test_the_list_has_the_figures_intervals_and_marks(
    sample_database: Path, compared: Sequence[ComparedCampaign]
) -> None:
    ids = [campaign.campaign.campaign_id for campaign in compared]
    written = BytesIO()
    with Warehouse(sample_database).snapshot() as data:
        writers.write(rows.comparison(data, ids, Audience.HUMAN), Format.CSV, written, lambda _: None)
    lines = list(csv.DictReader(io.StringIO(written.getvalue().decode("utf-8-sig"))))
    assert [line["letter"] for line in lines] == ["A", "B", "C"]
    assert [line["campaign_id"] for line in lines] == ids
    assert set(lines[0]) == {column.key for column in COMPARISON}
    marks = comparison.marks("cor", campaigns.differences(compared)["cor"], len(compared))
    for line, campaign, mark in zip(lines, compared, marks, strict=True):
        counts = campaign.campaign.counts
        assert (line["cor"], line["cor_mark"]) == (str(COR.rate(counts) or ""), mark)
        assert line["cor_low"] == str((COR.interval(counts) or ("",))[0])


def test_the_report_says_what_the_page_says(compared: Sequence[ComparedCampaign]) -> None:
    html = comparison_export.page(compared, Audience.HUMAN, "Europe/Amsterdam")
    names = [campaign.campaign.name for campaign in compared]
    rates, differences = campaigns.rates(compared), campaigns.differences(compared)
    for words in (
        *comparison.headline(names, rates, differences),
        *(formats.percent(rate.rate) for rate in rates["ctr"]),
        *(comparison.p_value(pair.p) for pair in differences["ctr"].differences),
    ):
        assert str(words).replace("<", "&lt;") in html
    curves = html.partition("Opens and clicks over time")[2]
    assert curves.count("<polyline") == 2 * len(campaigns.courses(compared))
    assert "<script" not in html
    assert not re.search(r'(src|href)="', html)


def test_names_are_escaped_and_addresses_masked(compared: Sequence[ComparedCampaign]) -> None:
    first, *others = compared
    hostile = replace(
        first,
        campaign=replace(
            first.campaign, name="<script>x</script> for ann@mail.example", subject="ann@mail.example"
        ),
    )
    html = comparison_export.page([hostile, *others], Audience.HUMAN)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "ann@mail.example" not in html


@pytest.mark.slow
def test_the_report_can_be_a_pdf(compared: Sequence[ComparedCampaign]) -> None:
    output = BytesIO()
    try:
        comparison_export.write_pdf(compared, Audience.HUMAN, output)
    except NoPdf as error:
        pytest.skip(str(error))
    assert output.getvalue().startswith(b"%PDF")

"""Values as exports write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.errors import ImportFailed
from mailsight.importing.files import values


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Jun 09, 2018 09:30 pm", "2018-06-09T21:30:00"),
        ("Jun 09, 2018 12:05 am", "2018-06-09T00:05:00"),
        ("2018-06-10 01:35:02", "2018-06-10T01:35:02"),
        ("2018-06-10T01:35:02+02:00", "2018-06-09T23:35:02"),
        ("2018-06-10 01:35:02 +0200", "2018-06-09T23:35:02"),
        ("2018-06-10 01:35:02 UTC", "2018-06-10T01:35:02"),
        ("2023-05-04", "2023-05-04T00:00:00"),
        ("May 4, 2023, 10:00 AM", "2023-05-04T10:00:00"),
        ("Mon, Apr 26, 2021 12:25", "2021-04-26T12:25:00"),
        ("Thursday, 4 May 2023 at 10:00", "2023-05-04T10:00:00"),
        ("Juni 09, 2018 09:30 pm", "2018-06-09T21:30:00"),
        ("9 juin 2018 21:30", "2018-06-09T21:30:00"),
        ("9 de junio de 2018, 9:30 p. m.", "2018-06-09T21:30:00"),
        ("9 czerwca 2018", "2018-06-09T00:00:00"),
        ("Tue, 07 Jan 2025 19:25:45 UTC", "2025-01-07T19:25:45"),
        ("4/30/21 6:04", "2021-04-30T06:04:00"),
        ("3/4/2021", "2021-03-04T00:00:00"),
        ("31.12.2024 23:59:58", "2024-12-31T23:59:58"),
        ("12/31/2024 11:59 PM", "2024-12-31T23:59:00"),
        ("1513299569", "2017-12-15T00:59:29"),
        ("1513299569.5", "2017-12-15T00:59:29.500000"),
        ("1513299569000", "2017-12-15T00:59:29"),
    ],
)
def test_a_time_is_read_in_any_of_the_usual_ways(text: str, time: str) -> None:
    assert values.moment(text) == datetime.fromisoformat(time).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "NA", "n/a", "soon", "45:00", "31/31/2024", "Foo 3, 2024", "99999999999", None]
)
def test_a_text_that_names_no_time_is_none(text: str | None) -> None:
    assert values.moment(text) is None


def test_a_time_without_a_zone_is_in_the_zone_of_the_export() -> None:
    zone = values.zone({"timezone": "America/New_York"})
    assert zone == ZoneInfo("America/New_York")
    assert values.moment("Jun 09, 2018 09:30 pm", zone) == datetime(2018, 6, 10, 1, 30, tzinfo=UTC)
    assert values.moment("2018-06-09T21:30:00Z", zone) == datetime(2018, 6, 9, 21, 30, tzinfo=UTC)
    assert values.zone({}) == UTC
    with pytest.raises(ImportFailed, match="no time zone 'Mars/Phobos'"):
        values.zone({"timezone": "Mars/Phobos"})


def test_days_come_first_only_if_the_source_writes_them_so_or_if_nothing_else_fits() -> None:
    assert values.moment("03-04-2026 10:00:00", day_first=True) == datetime(2026, 4, 3, 10, tzinfo=UTC)
    assert values.moment("03-04-2026 10:00:00") == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert values.moment("03-14-2026 10:00:00", day_first=True) == datetime(2026, 3, 14, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            ("110", 110),
            ("1,751", 1751),
            ("1.751", 1751),
            ("1 751", 1751),
            ("1\u202f751", 1751),
            ("12.0", 12),
        ),
        *(("1'234'567", 1_234_567), ("5 (0.5%)", 5), ("1,751 (35.18%)", 1751), ("0", 0)),
        *(("27.78%", None), ("n/a", None), ("", None), (None, None), ("many", None)),
    ],
)
def test_a_count_is_read_whatever_separates_its_thousands(text: str | None, number: int | None) -> None:
    assert values.count(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            ("€1.234,50", 1234.5),
            ("$1,234.50", 1234.5),
            ("1 234,5 €", 1234.5),
            ("12,5", 12.5),
            ("1,234", 1234.0),
        ),
        *(
            ("0.125", 0.125),
            ("-3.2", -3.2),
            ("1.234.567", 1_234_567.0),
            ("0", 0.0),
            ("n/a", None),
            ("", None),
        ),
    ],
)
def test_an_amount_is_read_with_a_decimal_point_or_comma(text: str, number: float | None) -> None:
    assert values.amount(text) == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ann@Example.COM ", "ann@example.com"),
        ('"Ann" <ann@example.com>', "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("", None),
        ("NA", None),
        ("ann", None),
    ],
)
def test_an_address_is_in_lower_case(text: str, address: str | None) -> None:
    assert values.address(text) == address


@given(st.text())
def test_no_text_stops_an_import(text: str) -> None:
    values.moment(text)
    values.moment(text, ZoneInfo("Asia/Tokyo"), day_first=True)
    values.count(text)
    values.amount(text)
    values.address(text)
    assert values.row_id(text) == values.row_id(text)


def test_rows_with_other_columns_have_other_ids() -> None:
    assert len({values.row_id("a", "b"), values.row_id("ab", ""), values.row_id("a", None, "b")}) == 3


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("a@example.com,05/01/2024 10:00\nb@example.com,13/05/2024 10:00", True),
        ("01/05/2024,05/13/2024", False),
        ("01-05-2024;31-05-2024", True),
        ("01/05/2024,02/05/2024", None),
        ("13/05/2024,05/13/2024", None),
        ("https://shop.example/2024/13/05/2024,2024-05-13,1/13/24", None),
    ],
)
def test_the_order_of_days_and_months_is_that_of_the_dates_that_prove_it(
    text: str, order: bool | None
) -> None:
    assert values.days_come_first(text) is order

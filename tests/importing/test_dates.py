"""Times and numbers, however they are written."""

import pytest

from mailsight.importing import dates
from mailsight.importing.columns import amounts
from mailsight.importing.columns.amounts import Decimal, Marks
from mailsight.importing.dates import Order


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-04-14T09:00:00+02:00", "2026-04-14T07:00:00"),
        ("2026-04-14 09:05:06.123Z", "2026-04-14T09:05:06.123000"),
        ("2026-04-14 9:05", "2026-04-14T09:05:00"),
        ("2026/04/14", "2026-04-14T00:00:00"),
        ("2026. 04. 14.", "2026-04-14T00:00:00"),
        ("20260414T090000", "2026-04-14T09:00:00"),
        ("202604140900", "2026-04-14T09:00:00"),
        ("14.4.26 9:05", "2026-04-14T09:05:00"),
        ("14.04.2026 um 09:30 Uhr", "2026-04-14T09:30:00"),
        ("14.04.2026, 09.30", "2026-04-14T09:30:00"),
        ("14.04.2026 09:00 MESZ", "2026-04-14T07:00:00"),
        ("4/14/2026 9:05 PM", "2026-04-14T21:05:00"),
        ("4/14/2026 12:05 AM", "2026-04-14T00:05:00"),
        ("14/04/2026 9:05:01 p. m.", "2026-04-14T21:05:01"),
        ("14-04-2026 12:00:01", "2026-04-14T12:00:01"),
        ("14-Apr-26", "2026-04-14T00:00:00"),
        ("14. April 2026", "2026-04-14T00:00:00"),
        ("Di., 14. Apr. 2026", "2026-04-14T00:00:00"),
        ("14 avril 2026 à 9h30", "2026-04-14T09:30:00"),
        ("14 de abril de 2026 12:00", "2026-04-14T12:00:00"),
        ("14 kwietnia 2026", "2026-04-14T00:00:00"),
        ("14. dubna 2026", "2026-04-14T00:00:00"),
        ("den 14 april 2026 kl. 09:30", "2026-04-14T09:30:00"),
        ("14 listopada 2026", "2026-11-14T00:00:00"),
        ("14 Mrz 2026", "2026-03-14T00:00:00"),
        ("Jänner 14, 2026 09:30 pm", "2026-01-14T21:30:00"),
        ("juil. 14, 2026 09:30", "2026-07-14T09:30:00"),
        ("14. huhtikuuta 2026", "2026-04-14T00:00:00"),
        ("2026. április 14. 9:30", "2026-04-14T09:30:00"),
        ("14 апреля 2026 г., 09:30", "2026-04-14T09:30:00"),
        ("14 Απριλίου 2026", "2026-04-14T00:00:00"),
        ("14 Ağustos 2026", "2026-08-14T00:00:00"),
        ("Apr 14, 2026 09:30 pm", "2026-04-14T21:30:00"),
        ("Tuesday, April 14, 2026 9:30 AM", "2026-04-14T09:30:00"),
        ("Tue, 14 Apr 2026 09:00:00 +0200", "2026-04-14T07:00:00"),
        ("2026-04-14 09:00:00 (GMT+2)", "2026-04-14T07:00:00"),
        ("46126.375", "2026-04-14T09:00:00"),
        ("46126,375", "2026-04-14T09:00:00"),
        ("1776150000", "2026-04-14T07:00:00"),
        ("1776150000123", "2026-04-14T07:00:00.123000"),
    ],
)
def test_times(text: str, time: str) -> None:
    assert dates.moment(text).isoformat() == f"{time}+00:00"


@pytest.mark.parametrize("order", [Order.DAY_FIRST, Order.MONTH_FIRST])
def test_the_order_decides_what_digits_mean(order: Order) -> None:
    assert dates.moment("03/04/2026", order).day == (3 if order is Order.DAY_FIRST else 4)


@pytest.mark.parametrize(
    "text",
    [
        *("03/04/2026", "31/31/2026", "30.02.2026", "hello", "12", "12345", "2026-04", "April 2026"),
        *(
            "14.04.2026 25:00",
            "13:00 PM 14.04.2026",
            "14.04.2026 09:00 XYZ",
            "14 foo 2026",
            "1.1.1970",
            "9" * 500,
        ),
        "2026-04-14 " + " " * 5_000 + "x",
    ],
)
def test_what_is_no_time_or_could_be_two(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|may begin|names no month|can't be read|not known"):
        dates.moment(text)


@pytest.mark.parametrize(
    ("text", "marks", "amount"),
    [
        ("1.234,50 €", Marks.COMMA, 1234.5),
        ("$1,234.50", Marks.POINT, 1234.5),
        ("1 234", Marks.NONE, 1234.0),
        ("1.234.567", Marks.COMMA, 1234567.0),
        ("0,123", Marks.COMMA, 0.123),
        ("12,5", Marks.COMMA, 12.5),
        ("1'234.50", Marks.POINT, 1234.5),
        ("-5", Marks.NONE, -5.0),
        ("EUR 3.120,50", Marks.COMMA, 3120.5),
    ],
)
def test_amounts(text: str, marks: Marks, amount: float) -> None:
    assert (amounts.marks(text), amounts.amount(text)) == (marks, amount)


@pytest.mark.parametrize(("decimal", "amount"), [(Decimal.POINT, 1.234), (Decimal.COMMA, 1234.0)])
def test_the_decimal_mark_decides_what_digits_mean(decimal: Decimal, amount: float) -> None:
    assert amounts.marks("1.234") is Marks.EITHER
    assert amounts.amount("1.234", decimal) == amount


@pytest.mark.parametrize("text", ["", "abc", "1.234", "1,2,3", "1.2.3", "1" * 100])
def test_what_is_no_amount_or_could_be_two(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|may have"):
        amounts.amount(text)


@pytest.mark.parametrize(
    ("text", "count"), [("1.751", 1751), ("1,751", 1751), ("1 751 (35.2%)", 1751), ("17.0", 17), (" 3 ", 3)]
)
def test_counts(text: str, count: int) -> None:
    assert amounts.count(text) == count


@pytest.mark.parametrize("text", ["12.5", "-3", "35%", "", "9" * 30])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        amounts.count(text)

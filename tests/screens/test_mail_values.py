"""What a dialog says of an e-mail that was filled in: with which values, and what is missing."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.figures import locales
from mailsight.reports.known import Age
from mailsight.reports.mails import MailView, ValuesUsed
from mailsight.screens.dialogs import mail_values
from tests.support.waiting import PATIENCE_SECONDS

AT = datetime(2026, 8, 29, 23, 30, tzinfo=UTC)


def filled(values: ValuesUsed) -> MailView:
    return MailView("<p>", None, None, "filled", values=values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (ValuesUsed(), "The campaign's e-mail, the same for every customer"),
        (ValuesUsed(own=True), "Rebuilt from the values sent with it"),
        (ValuesUsed(False, Age.TODAY), "Rebuilt from today's data"),
        (ValuesUsed(False, Age.THEN, AT), "Rebuilt from the customer's data of 29 August 2026"),
        (
            ValuesUsed(False, Age.LATER, AT),
            "Rebuilt from the customer's data of 29 August 2026, the earliest on record",
        ),
        (ValuesUsed(False, Age.EARLIER, AT), "Rebuilt from the customer's data from before 29 August 2026"),
        (
            ValuesUsed(True, Age.THEN, AT),
            "Rebuilt from the values sent with it and the customer's data of 29 August 2026",
        ),
        (ValuesUsed(True, Age.TODAY), "Rebuilt from the values sent with it and today's data"),
    ],
)
def test_an_e_mail_says_whose_values_it_has(values: ValuesUsed, says: str) -> None:
    assert mail_values.origin(filled(values), "UTC") == says


def test_an_e_mail_that_was_not_sent_has_values_prepared_for_it() -> None:
    assert (
        mail_values.origin(filled(ValuesUsed(own=True)), "UTC", is_sent=False)
        == "Rebuilt from the values prepared for it"
    )


def test_an_archived_copy_is_called_one() -> None:
    archived = MailView("<p>", None, None, "archived", values=ValuesUsed(False, Age.TODAY))
    assert mail_values.origin(archived, "UTC") == "Archived copy"


@pytest.mark.parametrize(
    ("locale", "zone", "day"),
    [
        ("en-GB", "Europe/Brussels", "30 August 2026"),
        ("en-US", "UTC", "August 29, 2026"),
        ("de", "UTC", "29. August 2026"),
    ],
)
def test_the_day_is_the_viewers(locale: str, zone: str, day: str) -> None:
    with locales.using(locales.of(locale)):
        assert (
            mail_values.origin(filled(ValuesUsed(False, Age.THEN, AT)), zone)
            == f"Rebuilt from the customer's data of {day}"
        )


def gaps(**gaps: tuple[str, ...]) -> AppTest:
    def script(gaps: dict[str, tuple[str, ...]]) -> None:
        from mailsight.reports.mails import MailView
        from mailsight.screens.dialogs import mail_values

        mail_values.show_gaps(MailView("<p>", None, None, "filled", **gaps))  # type: ignore[arg-type]

    page = AppTest.from_function(script, args=(gaps,), default_timeout=PATIENCE_SECONDS).run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("missing", "lines"),
    [
        ({}, []),
        ({"unknown": ("points",)}, ["1 field unknown: points."]),
        ({"unknown": ("points", "shop.name")}, ["2 fields unknown: points, shop.name."]),
        ({"assumed": ("vip",)}, ["Conditions took this as empty, because no value is known: vip."]),
        ({"assumed": ("a", "b")}, ["Conditions took these as empty, because no value is known: a, b."]),
        ({"unsupported": ("{% x %}",)}, [r"Not run: \{% x %\}."]),
        ({"unknown": ("<b>*x*",), "assumed": ("y",)}, None),
        ({"unknown": ("x" * 100,)}, [f"1 field unknown: {'x' * 79}…."]),
    ],
)
def test_what_is_missing_is_named(missing: dict[str, tuple[str, ...]], lines: list[str] | None) -> None:
    page = gaps(**missing)
    shown = [caption.value for caption in page.caption]
    if lines is None:
        assert shown == [
            r"1 field unknown: \<b\>\*x\*.",
            "Conditions took this as empty, because no value is known: y.",
        ]
    else:
        assert shown == lines
    assert not page.expander


def test_a_long_list_is_cut_with_the_rest_in_an_expander() -> None:
    names = tuple(f"f{number}" for number in range(300))
    page = gaps(unknown=names[:6], unsupported=names)
    first, second = page.expander
    assert first.label == "6 fields unknown: f0, f1, f2, f3, f4 and 1 more"
    assert first.caption[0].value == "f0, f1, f2, f3, f4, f5"
    assert second.label == "Not run (300): f0, f1, f2, f3, f4 and 295 more"
    assert second.caption[0].value.endswith("f199 and 100 more")

import pickle
import re
from datetime import UTC, datetime

import pytest
from babel import localedata
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from mailsight import settings
from mailsight.figures import formats, locales
from mailsight.figures.metrics import Portion

MORNING, EVENING = datetime(2026, 11, 2, 9, 5, 3, tzinfo=UTC), datetime(2026, 4, 14, 18, 30, tzinfo=UTC)
# Spaces in the table: "_" doesn't break, "'" is narrow and doesn't either.
SPACES = str.maketrans({"_": "\N{NO-BREAK SPACE}", "'": "\N{NARROW NO-BREAK SPACE}"})


# By locale: numbers, times, the first day of the week, and the format of a date input.
WRITTEN = {
    "en-GB": ("1,234,567 37.9% 0.14%", "Mon 2 Nov 2026, 09:05", "14 Apr 2026, 18:30:00", "Mon", "DD/MM/YYYY"),
    "en-US": (
        "1,234,567 37.9% 0.14%",
        "Mon, Nov 2, 2026, 9:05_AM",
        "Apr 14, 2026, 6:30:00_PM",
        "Sun",
        "MM/DD/YYYY",
    ),
    "de-DE": (
        "1.234.567 37,9_% 0,14_%",
        "Mon 2. Nov 2026, 09:05",
        "14. Apr 2026, 18:30:00",
        "Mon",
        "DD.MM.YYYY",
    ),
    "de-CH": (
        "1’234’567 37.9% 0.14%",
        "Mon 2. Nov 2026, 09:05",
        "14. Apr 2026, 18:30:00",
        "Mon",
        "DD.MM.YYYY",
    ),
    "fr-FR": (
        "1'234'567 37,9_% 0,14_%",
        "Mon 2 Nov 2026, 09:05",
        "14 Apr 2026, 18:30:00",
        "Mon",
        "DD/MM/YYYY",
    ),
    "nl-NL": ("1.234.567 37,9% 0,14%", "Mon 2 Nov 2026, 09:05", "14 Apr 2026, 18:30:00", "Mon", "DD-MM-YYYY"),
    "pl-PL": ("1_234_567 37,9% 0,14%", "Mon 2 Nov 2026, 09:05", "14 Apr 2026, 18:30:00", "Mon", "DD.MM.YYYY"),
    "sv-SE": (
        "1_234_567 37,9_% 0,14_%",
        "Mon 2 Nov 2026, 09:05",
        "14 Apr 2026, 18:30:00",
        "Mon",
        "YYYY-MM-DD",
    ),
    "pt-BR": ("1.234.567 37,9% 0,14%", "Mon 2 Nov 2026, 09:05", "14 Apr 2026, 18:30:00", "Sun", "DD/MM/YYYY"),
    "ar": (
        "1,234,567 37.9% 0.14%",
        "Mon 2 Nov 2026, 9:05_AM",
        "14 Apr 2026, 6:30:00_PM",
        "Sat",
        "DD/MM/YYYY",
    ),
    "fa": ("1,234,567 37.9% 0.14%", "Mon 2 Nov 2026, 9:05", "14 Apr 2026, 18:30:00", "Sat", "YYYY/MM/DD"),
    "ja-JP": ("1,234,567 37.9% 0.14%", "Mon, 2026/11/2, 9:05", "2026/4/14, 18:30:00", "Sun", "YYYY/MM/DD"),
    "hi-IN": (
        "12,34,567 37.9% 0.14%",
        "Mon 2 Nov 2026, 9:05_AM",
        "14 Apr 2026, 6:30:00_PM",
        "Sun",
        "DD/MM/YYYY",
    ),
    # Other orders, separators and places of the sign.
    "fi": ("1_234_567 37,9_% 0,14_%", "Mon 2.11.2026, 9.05", "14.4.2026, 18.30.00", "Mon", "DD.MM.YYYY"),
    "ko": (
        "1,234,567 37.9% 0.14%",
        "Mon, 2026. 11. 2., 9:05_AM",
        "2026. 4. 14., 6:30:00_PM",
        "Sun",
        "YYYY.MM.DD",
    ),
    "tr-TR": ("1.234.567 %37,9 %0,14", "Mon 2 Nov 2026, 09:05", "14 Apr 2026, 18:30:00", "Mon", "DD.MM.YYYY"),
    "en-ZA": (
        "1_234_567 37,9% 0,14%",
        "Mon 02 Nov 2026, 09:05",
        "14 Apr 2026, 18:30:00",
        "Sun",
        "YYYY/MM/DD",
    ),
}


@pytest.mark.parametrize(("tag", "written"), WRITTEN.items(), ids=WRITTEN)
def test_each_locale_writes_numbers_dates_and_weeks_its_way(tag: str, written: tuple[str, ...]) -> None:
    numbers, morning, evening, first_day, date_input = written
    locale = locales.of(tag)
    with locales.using(locale):
        shown = [formats.count(1_234_567), formats.percent(0.379), formats.percent(0.0014)]
        assert shown == [text.translate(SPACES) for text in numbers.split()]
        assert formats.moment(MORNING, "UTC") == morning.translate(SPACES)
        assert formats.precise_moment(EVENING, "UTC") == evening.translate(SPACES)
        # What surrounds a number is the same everywhere.
        assert formats.things(999, "customer") == "999 customers"
        assert formats.ago(65) == "1_min ago".translate(SPACES)
    assert locales.WEEKDAYS[locale.weekdays[0]][:3] == first_day
    assert sorted(locale.weekdays) == list(range(7))
    assert locale.date_input == date_input


def test_whatever_has_a_number_follows_the_locale() -> None:
    with locales.using(locales.of("de-DE")):
        assert formats.of(3412, 9731) == "3.412 of 9.731"
        assert formats.interval((0.3721, 0.3864)) == "37,2_–_38,6_%".translate(SPACES)
        assert formats.rate(Portion(2, 6)) == "33,3_% (9,7_–_70,0_%)".translate(SPACES)
        assert formats.percent(0.00001) == "<0,01_%".translate(SPACES)
        assert formats.size(1_400_000) == "1,4_MB".translate(SPACES)
        assert formats.points(-0.021) == "−2,1_pts".translate(SPACES)
        assert formats.decimal(0.0312, 3) == "0,031"
        assert [formats.value(number) for number in (2026, 0.5, 12_345.5)] == ["2026", "0,5", "12.345,5"]
        assert formats.line(1234) == "line 1.234"
        assert [formats.count(None), formats.percent(None), formats.moment(None)] == ["–"] * 3


@pytest.mark.parametrize(
    ("tag", "hours"),
    [
        ("en-GB", ["00:00", "09:00", "12:00", "24:00"]),
        ("en-US", ["12:00_AM", "9:00_AM", "12:00_PM", "12:00_AM"]),
        ("da", ["00.00", "09.00", "12.00", "24.00"]),
    ],
)
def test_the_clock_has_12_or_24_hours(tag: str, hours: list[str]) -> None:
    with locales.using(locales.of(tag)):
        assert [formats.hour(hour) for hour in (0, 9, 12, 24)] == [hour.translate(SPACES) for hour in hours]


@pytest.mark.parametrize(
    "tag",
    [
        None, "", "C", "POSIX", "xx", "xx-YY", "klingon", "d", "de--DE", "de-DE-", "1234", "../../etc/passwd",
        "de/../en", "de\0DE", "de\nDE", "<script>", "٣", "d" * 10_000, "de-" * 10_000, "de" + "-x" * 9_000, "%", "{}",
    ],
)  # fmt: skip
def test_an_unknown_or_hostile_locale_is_british(tag: str | None) -> None:
    assert locales.of(tag) == locales.BRITISH


@pytest.mark.parametrize(
    ("tag", "known_as"),
    [
        ("DE-de", "de-DE"),
        ("de_CH.UTF-8", "de-CH"),
        ("de_DE@euro", "de-DE"),
        ("de-DE-u-nu-arab", "de-DE"),
        ("de-JP", "de-DE"),
        ("zh-TW", "zh-Hant-TW"),
        ("pt", "pt-BR"),
        ("en-ZZ", "en-US"),
    ],
)
def test_a_locale_is_known_by_systems_names_and_extensions_too(tag: str, known_as: str) -> None:
    assert locales.of(tag).tag == known_as


def test_british_is_as_unicode_describes_it() -> None:
    assert locales.of("en-GB") == locales.BRITISH


@given(st.sampled_from(sorted(WRITTEN)), st.integers(-(10**15), 10**15))
def test_a_count_can_be_read_back(tag: str, number: int) -> None:
    locale = locales.of(tag)
    with locales.using(locale):
        text = formats.count(number)
    assert int(text.replace(locale.group, "")) == number
    assert parse_decimal(text, locale=locale.tag.replace("-", "_"), numbering_system="latn") == number
    assert re.fullmatch(r"-?[0-9]{1,3}(\D[0-9]{2,3})*", text)


@given(st.sampled_from(sorted(WRITTEN)), st.floats(0, 1e9), st.integers(1, 4))
def test_a_decimal_can_be_read_back(tag: str, number: float, places: int) -> None:
    locale = locales.of(tag)
    with locales.using(locale):
        text = formats.decimal(number, places)
    assert float(text.replace(locale.group, "").replace(locale.decimal, ".")) == round(number, places)


@given(st.sampled_from(localedata.locale_identifiers()))
def test_every_locale_of_unicode_is_usable(name: str) -> None:
    locale = locales.of(name)
    assert locale.decimal != locale.group
    with locales.using(locale):
        moment, percent, count = formats.moment(MORNING), formats.percent(0.379), formats.count(1_234_567)
    assert re.fullmatch(r"Mon,? [0-9A-Za-z ,./-]+, 0?9[:.]05(\xa0AM)?", moment)
    assert {2026, 2} <= set(map(int, re.findall("[0-9]+", moment)))
    assert re.fullmatch(r"(%\xa0?)?37[.,]9(\xa0?%)?", percent)
    assert re.fullmatch("[0-9.,’\xa0\u202f]+", count)


@pytest.mark.parametrize(
    ("environment", "tag"),
    [
        ({}, "en-GB"),
        ({"LANG": "C.UTF-8"}, "en-GB"),
        ({"LANG": "de_DE.UTF-8"}, "de-DE"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "fr_FR"}, "fr-FR"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "fr_FR", "MAILSIGHT_LOCALE": "nl-NL"}, "nl-NL"),
        ({"LANG": "", "LC_ALL": "", "MAILSIGHT_LOCALE": ""}, "en-GB"),
    ],
)
def test_without_a_browser_the_setting_and_the_system_say_which_locale(
    environment: dict[str, str], tag: str
) -> None:
    assert locales.of(settings.from_environment(environment).locale).tag == tag


def test_the_viewers_browser_is_asked_unless_a_block_has_a_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locales, "_viewer", lambda: "de-DE")
    assert formats.count(1234) == "1.234"
    with locales.using(locales.of("fr-CH")):
        assert formats.count(1234) == "1\u202f234"
        with locales.using(locales.BRITISH):
            assert formats.count(1234) == "1,234"
    monkeypatch.setattr(locales, "_viewer", lambda: None)
    monkeypatch.setenv("MAILSIGHT_LOCALE", "nl-NL")
    assert formats.percent(0.5) == "50,0%"


def test_work_keeps_its_locale_in_another_process() -> None:
    with locales.using(locales.of("de-DE")):
        work = pickle.dumps(locales.keeping(_count))
    assert pickle.loads(work)() == "1.234"  # noqa: S301  # pickled above
    assert formats.count(1234) == "1,234"


def _count() -> str:
    return formats.count(1234)

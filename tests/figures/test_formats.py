from datetime import UTC, datetime
from math import nan

import pandas as pd
import pytest

from mailsight.figures import formats, locales

JOIN = "\N{NO-BREAK SPACE}"
SPRING = datetime(2026, 4, 14, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (3412, "3,412"),
        (1_234_567, "1,234,567"),
        (None, "–"),
        (nan, "–"),
        (12.0, "12"),
    ],
)
def test_counts_have_thousands_separators(number: float | None, text: str) -> None:
    assert formats.count(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.379, "37.9%"),
        (0, "0.0%"),
        (1, "100.0%"),
        (0.0101, "1.0%"),
        (0.00996, "1.0%"),
        (0.00994, "0.99%"),
        (0.005, "0.50%"),
        (0.0014, "0.14%"),
        (0.00049, "0.05%"),
        (0.00005, "0.01%"),
        (0.00001, "<0.01%"),
        (1e-17, "0.0%"),
        (None, "–"),
        (nan, "–"),
    ],
)
def test_rates_have_one_decimal_below_1_percent_two_and_missing_ones_are_a_dash(
    share: float | None, text: str
) -> None:
    assert formats.percent(share).replace(JOIN, " ") == text


def test_a_count_is_shown_with_its_total() -> None:
    assert formats.of(3412, 9731) == "3,412 of 9,731"
    assert [formats.things(number, "customer") for number in (0, 1, 1200)] == [
        "0 customers",
        "1 customer",
        "1,200 customers",
    ]
    assert formats.things(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize(
    ("texts", "shown"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_texts_are_listed_as_in_a_sentence(texts: list[str], shown: str) -> None:
    assert formats.listed(texts) == shown
    assert formats.listed(texts, " or ") == shown.replace(" and ", " or ")


def test_an_interval_names_its_unit_once() -> None:
    assert formats.interval((0.3721, 0.3864)).replace(JOIN, " ") == "37.2 – 38.6%"
    assert formats.interval((0.0004, 0.0123)).replace(JOIN, " ") == "0.04 – 1.2%"
    assert formats.interval((0.0, 0.0064)).replace(JOIN, " ") == "0.0 – 0.64%"
    assert formats.interval(None) == "–"


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.021, "+2.1 pts"),
        (-0.004, "−0.4 pts"),
        (0.0, "±0.0 pts"),
        (-0.0004, "−0.04 pts"),
        (0.0005, "+0.1 pts"),
        (0.00004, "±0.0 pts"),
        (None, "–"),
        (nan, "–"),
    ],
)
def test_differences_are_signed_percentage_points(difference: float | None, text: str) -> None:
    assert formats.points(difference).replace(JOIN, " ") == text


def test_times_are_in_the_viewers_zone() -> None:
    assert formats.moment(SPRING, "Europe/Amsterdam") == "Tue 14 Apr 2026, 09:05"
    assert formats.moment(SPRING, "America/New_York") == "Tue 14 Apr 2026, 03:05"
    assert formats.short_moment(SPRING, "Pacific/Auckland") == "14 Apr 2026, 19:05"
    assert formats.day(datetime(2026, 4, 14, 23, tzinfo=UTC), "Asia/Tokyo") == "15 Apr 2026"


def test_a_time_without_zone_is_utc() -> None:
    assert formats.short_moment(SPRING.replace(tzinfo=None), "UTC") == "14 Apr 2026, 07:05"


@pytest.mark.parametrize("missing", [None, pd.NaT])
def test_a_missing_time_is_a_dash(missing: datetime | None) -> None:
    assert formats.moment(missing) == formats.short_moment(missing) == formats.day(missing) == "–"


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "a\0b"])
def test_an_unknown_zone_is_utc(name: str | None) -> None:
    assert str(formats.zone(name)) == "UTC"


@pytest.mark.parametrize(
    ("hours", "text"), [(0, "0 h"), (5, "5 h"), (24, "1 day"), (76, "3 days 4 h"), (168, "7 days")]
)
def test_hours_since_send(hours: int, text: str) -> None:
    assert formats.since(hours).replace(JOIN, " ") == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (
            "**50 %** off [now](javascript:x)\n <b>",
            "\\*\\*50 %\\*\\* off \\[now\\](javascript\\:\N{WORD JOINER}x) \\<b\\>",
        ),
        ("red[hot] $x$ `y` ~~z~~ &lt;", r"red\[hot\] \$x\$ \`y\` \~\~z\~\~ \&lt;"),
        (":red :a/b:", "\\:\N{WORD JOINER}red \\:\N{WORD JOINER}a/b:"),
        ("# Title", r"\# Title"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("---", r"\---"),
        ("http://a.example", "http\N{WORD JOINER}\\://a.example"),
        ("www.a.example me@b.example", "www\N{WORD JOINER}.a.example me@\N{WORD JOINER}b.example"),
    ],
)
def test_untrusted_text_is_shown_literally(text: str, escaped: str) -> None:
    assert formats.plain(text) == escaped


@pytest.mark.parametrize(
    "text", ["Autumn half-term", "Sale: 3 + 4 = 7, really!", "Q&A", "A & B (2026)", "Nr. 5 / #1"]
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert formats.plain(text) in (text, text.replace("&A", r"\&A"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "just now"),
        (1.9, "just now"),
        (20.7, "20_s ago"),
        (59.9, "59_s ago"),
        (60, "1_min ago"),
        (3599, "59_min ago"),
        (3600, "1_h ago"),
        (47.9 * 3600, "47_h ago"),
        (48 * 3600, "2 days ago"),
    ],
)
def test_how_long_ago_something_was(seconds: float, words: str) -> None:
    assert formats.ago(seconds) == words.replace("_", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0_kB"),
        (1_400_000, "1.4_MB"),
        (2_500_000_000_000, "2,500.0_GB"),
    ],
)
def test_the_size_of_a_file(size_bytes: int, words: str) -> None:
    assert formats.size(size_bytes) == words.replace("_", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Spring 50%!", "Spring 50%!"),
        ("Zoë 你好 Ωμέγα Привет!", "Zoë 你好 Ωμέγα Привет!"),
        ("عرض 50%!", "\u2068عرض 50%!\u2069"),
        ("מבצע (2026)", "\u2068מבצע (2026)\u2069"),
        ("Sale: ܫܠܡܐ", "\u2068Sale: ܫܠܡܐ\u2069"),
        ("𐤔𐤋𐤌", "\u2068𐤔𐤋𐤌\u2069"),
        ("turned \u202eround", "\u2068turned \u202eround\u2069"),
    ],
)
def test_text_from_right_to_left_keeps_its_order_among_other_text(text: str, shown: str) -> None:
    assert formats.isolated(text) == shown
    assert formats.plain(text) == shown


def test_a_senders_address_follows_a_name_from_right_to_left() -> None:
    assert formats.sender("متجر", "a@x.example") == "\u2068متجر\u2069 <a@x.example>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>**x**</b>", "<b>**x**</b>"),
        ("two\nlines", "two↵lines"),
        ("a\x00b\u202ec", "a\\x00b\\x202ec"),
        ("Zoë 你好", "Zoë 你好"),
        ("x" * 400, "x" * 300 + "…"),
        ("x" * 300, "x" * 300),
    ],
)
def test_invisible_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert formats.raw(text) == shown


@pytest.mark.parametrize(
    ("tag", "currency", "text"),
    [
        ("en-GB", "EUR", "€1,234.50"),
        ("en-GB", None, "1,234.50"),
        ("en-GB", "?", "1,234.50"),
        ("de-DE", "eur", "1.234,50\xa0€"),
        ("de-DE", None, "1.234,50"),
        ("en-US", "JPY", "¥1,234"),
    ],
)
def test_money_is_written_as_the_locale_does(tag: str, currency: str | None, text: str) -> None:
    with locales.using(locales.of(tag)):
        assert formats.money(1234.5, currency) == text

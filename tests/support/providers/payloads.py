"""Hypothesis strategies for parts of payloads, in every form that providers use."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from mailsight.providers.anymail import view_class
from mailsight.providers.registry import PROVIDERS

Strategy = st.SearchStrategy[Any]

WORDS = st.sampled_from(
    ["spring", "Spring 2026", " spring ", "c-7", "é", 'a "b" \\', "x\x00y", "12", ""]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ADDRESSES = st.sampled_from(["ann@example.com", "Ben@Example.com", "cleo@exämple.com"])
DIAGNOSTICS = st.sampled_from(
    [
        "250 2.0.0 OK",
        "smtp; 550 5.1.1 <ann@example.com>: no such user",
        "451 4.7.1.",
        "5.1.1 twice\n5.1.2 lines",
        "refused by 5.1.1.7 (version 15.1.1)",
        "554 5.7.1234 too long a number",
        "",
    ]
)
STATUSES = st.sampled_from(["5.1.1", "4.0.0", "550", ""])
SECONDS = st.integers(300_000_000, 4_000_000_000)
EPOCHS = (
    SECONDS
    | SECONDS.map(lambda time: time * 1000)
    | SECONDS.map(str)
    | st.sampled_from(["soon", 10**40, None])
)
TIMES = st.datetimes().filter(lambda time: 1900 < time.year < 2200).map(
    lambda time: time.isoformat() + "Z"
) | st.sampled_from(
    [
        "2016-01-27T14:59:38.237Z",
        "2017-10-25T15:21:11.9065619Z",
        "2026-02-03T04:05:06+02:00",
        "2026-02-03T04:05:06",
        "soon",
    ]
)
ADDRESSES_OF_PEOPLE = st.sampled_from(["198.51.100.7", "2001:db8::7", ""])
PROGRAMS = st.sampled_from(["Mozilla/5.0 (iPhone)", ""])
URLS = st.sampled_from(["https://example.com/tulips?x=1", "mailto:ann@example.com"])
POSITIONS = st.integers(0, 30) | st.sampled_from(["3", -1, 1.5, "third"])
TAGS = st.lists(WORDS, max_size=3)
CUSTOM = st.dictionaries(
    st.sampled_from(["campaign_id", "campaign", "customer_id", "customer", "colour"]),
    WORDS | st.integers(-5, 10**20) | st.booleans() | st.none(),
    max_size=4,
)


def some(required: Mapping[str, Strategy], optional: Mapping[str, Strategy]) -> Strategy:
    """An object with the required fields and some of the optional ones."""
    return st.fixed_dictionaries(dict(required), optional=dict(optional))


def words_of(provider: str, table: str) -> Strategy:
    """The keys of one of anymail's tables for a provider, and an unknown one."""
    return st.sampled_from([*getattr(view_class(PROVIDERS[provider]), table), "something new"])


def lists(events: Strategy) -> Strategy:
    """A single event or a batch."""
    return events | st.lists(events, max_size=3)

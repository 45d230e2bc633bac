"""The audit: people add entries and search them, and entries expire; nothing else happens to them."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.errors import StateUnreadable
from mailsight.state import audit
from mailsight.state.audit import Action, Audit, Search
from mailsight.state.store import Store
from mailsight.warehouse.queries import statement


@pytest.fixture
def kept(tmp_path: Path) -> Audit:
    return Audit(Store(tmp_path / "m.state.sqlite"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test may change."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_an_entry_says_who_did_what_and_when(kept: Audit, clock: list[float]) -> None:
    assert kept.entries(size=5) == []
    kept.record(
        "ann@x.example", "analyst", Action.EXPORTED, campaign_id="k1", list="customers", filters=["search"]
    )
    [entry] = kept.entries(size=5)
    assert entry == audit.Entry(
        1,
        datetime.fromtimestamp(clock[0], UTC),
        "ann@x.example",
        "analyst",
        "exported",
        "k1",
        "",
        {"list": "customers", "filters": ["search"]},
    )


def test_details_that_an_action_does_not_have_are_refused(kept: Audit) -> None:
    with pytest.raises(ValueError, match="searched has no details named text"):
        kept.record("ann", "reader", Action.SEARCHED, text="Anna Smith")


def test_every_action_has_words() -> None:
    assert all(action.label and action.meaning.endswith(".") for action in Action)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set person = 'bob'",
        "update audit set customer_id = ''",
        "update audit set customer_id = 'c2'",
        "update audit set customer_id = 'erased:1', details = '{}'",
        "update audit set entry = 7",
        "delete from audit",
        "delete from audit where entry = 1",
        "insert or replace into audit select 1, 0, '', '', '', '', '', ''",
        "replace into audit select entry, 0, '', '', '', '', '', '' from audit",
    ],
)
def test_entries_can_neither_be_changed_nor_removed(kept: Audit, statement: str) -> None:
    kept.record("ann", "admin", Action.OPENED_MAIL, campaign_id="k1", customer_id="c1", copy="archived")
    before = kept.entries(size=5)
    with pytest.raises(StateUnreadable, match="Entries of the audit"), kept.store.transaction() as connection:
        connection.execute(statement)
    assert kept.entries(size=5) == before


def test_entries_expire_together(kept: Audit, clock: list[float]) -> None:
    month = 30.5 * 86_400
    for _ in range(4):
        kept.record("ann", "admin", Action.SIGNED_IN)
        clock[0] += month
    limited = Audit(kept.store, keep_months=2)
    limited.record("ann", "admin", Action.SIGNED_OUT)
    assert [entry.entry for entry in kept.entries(size=9)] == [5, 4, 3]
    limited.record("ann", "admin", Action.SIGNED_IN)
    assert kept.count() == 4
    clock[0] += 12 * month
    limited.record("ann", "admin", Action.SIGNED_IN)
    # Numbers are not used again, so a gap at the start is the only one.
    assert [entry.entry for entry in kept.entries(size=9)] == [7]


def test_an_erased_customer_leaves_a_hash_and_no_bytes(kept: Audit) -> None:
    for customer_id in ("customer-77", "customer-78"):
        kept.record("ann", "admin", Action.OPENED_CUSTOMER, customer_id=customer_id)
    kept.forget_customer("customer-77", "erased:5f")
    assert [entry.customer_id for entry in kept.entries(size=5)] == ["customer-78", "erased:5f"]
    content = b"".join(file.read_bytes() for file in kept.store.file.parent.iterdir())
    assert b"customer-77" not in content
    assert b"customer-78" in content


def test_entries_are_found_by_all_that_is_given(kept: Audit, clock: list[float]) -> None:
    entries = [
        ("ann", Action.SIGNED_IN, "", "", 100),
        ("ann", Action.OPENED_CUSTOMER, "", "7", 200),
        ("bob", Action.OPENED_MAIL, "7", "8", 300),
        ("ann", Action.EXPORTED, "9", "", 250),  # the clock was set back
        ("", Action.SIGNED_OUT, "", "", 400),
    ]
    for person, action, campaign_id, customer_id, at in entries:
        clock[0] = at
        kept.record(person, "admin", action, campaign_id=campaign_id, customer_id=customer_id)
    moment = {seconds: datetime.fromtimestamp(seconds, UTC) for seconds in (200, 300)}
    for search, expected in {
        Search(): [5, 3, 4, 2, 1],
        Search(person="ann"): [4, 2, 1],
        Search(person="nobody"): [],
        Search(action=Action.OPENED_MAIL): [3],
        Search(subject="7"): [3, 2],
        Search(subject="8"): [3],
        Search(subject="7", person="ann"): [2],
        Search(since=moment[200]): [5, 3, 4, 2],
        Search(until=moment[300]): [4, 2, 1],
        Search(since=moment[200], until=moment[300]): [4, 2],
        Search(person="ann", since=moment[200], until=moment[300], action=Action.EXPORTED): [4],
    }.items():
        assert [entry.entry for entry in kept.entries(search, size=9)] == expected, search
        assert kept.count(search) == len(expected)
        paged, before = [], None
        while page := kept.entries(search, before=before, size=1):
            before = page[0].entry
            paged.append(before)
        assert paged == expected
        assert [entry.entry for part in kept.all_entries(search) for entry in part] == expected


@pytest.mark.parametrize(
    "search",
    [
        Search(),
        Search(person="ann"),
        Search(action=Action.EXPORTED),
        Search(subject="7"),
        Search(person="ann", until=datetime(2027, 1, 1, tzinfo=UTC)),
        Search(since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_no_search_reads_the_whole_table(kept: Audit, search: Search) -> None:
    kept.record("ann", "admin", Action.SIGNED_IN)
    values = search.values | {"before": 1, "entries": 50}
    text = statement("audit_entries").replace(
        "{conditions}", " and ".join(audit.CONDITIONS[name] for name in values if name != "entries")
    )
    with kept.store.transaction() as connection:
        plan = [row["detail"] for row in connection.execute(f"explain query plan {text}", values)]
    assert "SCAN audit" not in plan

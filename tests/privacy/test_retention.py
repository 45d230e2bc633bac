"""Old messages lose their person; figures stay, and loading the old files again brings nobody back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from mailsight.errors import LoadBroken, NotStored
from mailsight.loading import bundles
from mailsight.privacy import erasure, retention
from mailsight.privacy.retention import EVERY_SECONDS, RETRY_SECONDS, Keep, Retention
from mailsight.warehouse.reader import Warehouse
from tests.support.all_figures import all_figures
from tests.support.bundles import bundle, ndjson
from tests.support.leaks import leaks

CAMPAIGNS = ("old", "new")


@pytest.mark.parametrize(
    ("months", "now", "expected"),
    [
        (26, datetime(2026, 11, 26, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC)),
        (1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
    ],
)
def test_the_limit_is_the_start_of_a_month(months: int, now: datetime, expected: datetime) -> None:
    assert retention.limit(months, now) == expected


NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Path, Path]:
    """A database with a campaign of 2023 and another of 2026 to the same two customers, and its bundle."""
    years = {"old": "2023", "new": "2026"}
    messages: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for campaign, year in years.items():
        for person in ("ann", "bob"):
            row: dict[str, object] = {"campaign_id": campaign, "customer_id": f"kunde-{person}"}
            messages.append(
                row
                | {
                    "email": f"{person}@{person}.example",
                    "sent_at": f"{year}-04-14T09:00:00Z",
                    "message_id": f"{campaign}-{person}",
                }
            )
            events += [
                row
                | {
                    "type": "opened",
                    "occurred_at": f"{year}-04-14T10:00:30Z",
                    "ip": "203.0.113.7",
                    "payload": {"to": f"{person}@{person}.example"},
                },
                {
                    "message_id": f"{campaign}-{person}",
                    "type": "clicked",
                    "url": f"https://shop.example/?c=kunde-{person}",
                    "occurred_at": f"{year}-04-14T10:01:30Z",
                    "event_id": f"{campaign}-{person}",
                },
                {
                    "campaign_id": campaign,
                    "recipient": f"{person}@{person}.example",
                    "type": "delivered",
                    "occurred_at": f"{year}-04-14T09:00:09Z",
                },
            ]
    # Bob opens the old one again.
    events.append(
        {
            "campaign_id": "old",
            "customer_id": "kunde-bob",
            "type": "opened",
            "occurred_at": "2026-05-01T10:00:30Z",
        }
    )
    files: dict[str, str | bytes] = {
        "mail.html": '<a href="https://shop.example/?c={{id}}">A</a>',
        "campaigns.ndjson": ndjson(
            *(
                {"campaign_id": each, "template": "mail.html", "sent_at": f"{year}-04-14T09:00:00Z"}
                for each, year in years.items()
            )
        ),
        "customers.ndjson": ndjson(
            *(
                {
                    "customer_id": f"kunde-{each}",
                    "email": f"{each}@{each}.example",
                    "name": f"{each.title()} Quast",
                    "country": "NL",
                }
                for each in ("ann", "bob")
            )
        ),
        "messages.ndjson": ndjson(*messages),
        "events.ndjson": ndjson(*events),
    }
    source = bundle(tmp_path / "bundle", files)
    database = tmp_path / "data" / "mailsight.duckdb"
    bundles.load(database, [source])
    return database, source


def test_old_messages_lose_their_person_and_figures_stay(loaded: tuple[Path, Path]) -> None:
    database, source = loaded
    before = all_figures(database)

    assert retention.run(database, Keep(events=26), now=NOW)["messages"] == 1

    with Warehouse(database).snapshot() as data:
        rows = {
            (row["campaign_id"], row["customer_id"])
            for row in data.rows("known_recipients", customer_ids=["kunde-ann", "kunde-bob"])
        }
    assert rows == {("old", "kunde-bob"), ("new", "kunde-ann"), ("new", "kunde-bob")}
    assert leaks(database.parent, ["old-ann"]) == []
    assert all_figures(database) == before
    assert not bundles.load(database, [source]).changed
    assert all_figures(database) == before
    assert not any(retention.run(database, Keep(events=26), now=NOW).values())


def test_what_happens_to_an_old_message_later_is_nobodys(loaded: tuple[Path, Path], tmp_path: Path) -> None:
    database, _ = loaded
    retention.run(database, Keep(events=26), now=NOW)
    opened = all_figures(database)["old, all"]["page"]["counts"]["opens"]
    later = {"type": "opened", "occurred_at": "2026-07-01T10:00:30Z"}
    events = ndjson(
        later | {"campaign_id": "old", "customer_id": "kunde-ann"},
        later | {"campaign_id": "old", "recipient": "ann@ann.example", "occurred_at": "2026-07-02T10:00:30Z"},
        later | {"message_id": "old-ann", "occurred_at": "2026-07-03T10:00:30Z"},
    )

    bundles.load(database, [bundle(tmp_path / "later", {"events.ndjson": events})])

    counts = all_figures(database)["old, all"]["page"]["counts"]
    assert (counts["opens"], counts["selected"]) == (opened + 3, 2)
    assert leaks(database.parent, ["old-ann"]) == []


def test_the_server_finishes_an_erasure_that_was_interrupted(loaded: tuple[Path, Path]) -> None:
    database, _ = loaded
    done: list[str] = []
    daily = Retention(database, Keep(), work=lambda: done.append("worked"))

    assert daily.step() == EVERY_SECONDS
    assert done == []

    with (
        patch("mailsight.privacy.erasure.finish", side_effect=LoadBroken("killed")),
        pytest.raises(LoadBroken),
    ):
        erasure.erase(database, ["kunde-ann"])
    daily.step()
    assert done == ["worked"]
    erasure.finish(database)
    daily.step()
    assert done == ["worked"]


def test_a_failure_is_a_problem_until_it_succeeds(loaded: tuple[Path, Path]) -> None:
    full: list[Exception] = [NotStored("No space left on device.")]

    def work() -> None:
        if full:
            raise full.pop()

    daily = Retention(loaded[0], Keep(events=1), work=work)
    steps = [(daily.step(), bool(daily.problem)) for _ in range(2)]
    assert steps == [(RETRY_SECONDS, True), (EVERY_SECONDS, False)]


def test_people_of_whom_nothing_was_heard_become_nobody(loaded: tuple[Path, Path], tmp_path: Path) -> None:
    database, source = loaded
    files = {
        "customers.ndjson": ndjson(
            {
                "customer_id": "kunde-zoe",
                "email": "zoe@quagmire.example",
                "name": "Zoe Quagmire",
                "shoe": "size 41",
            },
            {"customer_id": "kunde-new", "email": "new@quagmire.example", "name": "Zora Newcomer"},
        ),
        "messages.ndjson": ndjson(
            {"campaign_id": "old", "customer_id": "kunde-zoe", "sent_at": "2023-04-14T09:00:00Z"}
        ),
    }
    old = bundle(tmp_path / "zoe", files)
    bundles.load(database, [old])
    before = all_figures(database)
    later = datetime.now(UTC) + timedelta(days=3 * 365)
    news = ndjson(
        *(
            {"campaign_id": "new", "customer_id": each, "type": "opened", "occurred_at": later.isoformat()}
            for each in ("kunde-ann", "kunde-bob", "kunde-new")
        )
    )
    bundles.load(database, [bundle(tmp_path / "news", {"events.ndjson": news})])
    before = all_figures(database)

    done = retention.run(database, Keep(customers=26), now=later)

    assert (done["customers"], done["messages"]) == (1, 1)
    assert leaks(database.parent, ["zoe@quagmire", "Zoe Quagmire", "kunde-zoe", "size 41"]) == []
    assert leaks(database.parent, ["Zora Newcomer", "Ann Quast"])
    after = all_figures(database)
    before["tables"]["customers"] -= 1
    assert after == before
    assert not bundles.load(database, [old, source]).changed
    # Then something is sent to her again.
    message = {"campaign_id": "newer", "customer_id": "kunde-zoe", "sent_at": later.isoformat()}
    again = files | {"messages.ndjson": ndjson(message)}
    bundles.load(database, [bundle(tmp_path / "again", again)])
    assert leaks(database.parent, ["Zoe Quagmire"])


def test_old_unmatched_events_and_rejected_rows_are_removed(
    loaded: tuple[Path, Path], tmp_path: Path
) -> None:
    database, _ = loaded
    stray = {"recipient": "zoe@quagmire.example", "type": "opened", "payload": {"name": "Zoe Quagmire"}}
    events = ndjson(
        stray | {"occurred_at": "2023-04-14T09:00:00Z"},
        stray | {"occurred_at": "2026-04-14T09:00:00Z", "recipient": "bob@new.example", "payload": {}},
        stray | {"type": "nothing"},
    )
    bundles.load(database, [bundle(tmp_path / "stray", {"events.ndjson": events})])
    assert retention.run(database, Keep(unmatched=26), now=NOW)["unmatched events"] == 1
    with Warehouse(database).snapshot() as data:
        assert data.row("unattributed_count") == {"events": 1}

    later = datetime.now(UTC) + timedelta(days=3 * 365)
    assert retention.run(database, Keep(unmatched=26), now=later)["rejected rows"] == 1

    assert leaks(database.parent, ["zoe@quagmire", "Zoe Quagmire", "bob@new.example"]) == []
    assert not any(retention.run(database, Keep(unmatched=26), now=later).values())

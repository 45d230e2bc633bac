"""Whole databases of other senders with known truth, imported, changed and imported again."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailsight.errors import ImportFailed
from mailsight.importing import engine
from mailsight.importing.databases import mailtrain, mautic, phplist
from mailsight.importing.sources import Source
from tests.support import sender_tables
from tests.support.examples import thorough
from tests.support.kills import KILLS, importing
from tests.support.mariadb import Database, cut_after
from tests.support.sender_tables import serialised
from tests.support.tables import table

START = datetime(2026, 5, 2, 10)  # noqa: DTZ001  # as databases store it
COUNTS = (
    "selected",
    "sent",
    "not_sent",
    "undeliverable",
    "delivered",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
    "opens",
    "clicks",
)


@dataclass
class Message:
    """What happened to a message. `clicks`: the number of the click, its link (1 to 3) and its minute."""

    campaign: int
    person: int
    is_sent: bool = True
    fate: str = ""
    opens: list[int] = field(default_factory=list)
    clicks: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class World:
    """Campaigns 1 to 3, each sent to some of fifty people, of whom some are deleted later."""

    seed: int
    messages: dict[tuple[int, int], Message] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    clicks: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.grow()

    def grow(self) -> None:
        """More messages; and more opens, clicks, bounces and opt-outs of old and new ones."""
        for campaign in (1, 2, 3):
            for person in self.random.sample(range(1, 51), 15):
                is_sent = self.random.random() < 0.8
                self.messages.setdefault((campaign, person), Message(campaign, person, is_sent))
        for message in self.messages.values():
            if message.is_sent and not message.fate:
                self._happen(message)

    def _happen(self, message: Message) -> None:
        minute = max([0, *message.opens, *(click[2] for click in message.clicks)]) + self.random.randint(
            1, 90
        )
        chance = self.random.random()
        if chance < 0.1 and not message.opens:
            message.fate = "bounced"
        elif chance < 0.2:
            message.fate = self.random.choice(["unsubscribed", "complained"])
        elif chance < 0.7:
            message.opens += range(minute, minute + self.random.randint(1, 3))
            for _ in range(self.random.choice([0, 0, 1, 4])):
                self.clicks += 1
                message.clicks.append((self.clicks, self.random.randint(1, 3), minute + self.clicks))

    def expected(
        self,
        opens: Callable[[Message], int] = lambda message: len(message.opens),
        clicks: Callable[[Message], int] = lambda message: len(message.clicks),
        fates: Iterable[str] = ("unsubscribed", "complained"),
        selects: Callable[[Message], bool] = lambda message: True,
    ) -> dict[str, dict[str, int]]:
        """Each campaign's counts, for what a source keeps of the truth."""
        known = set(fates)
        counts = {}
        for campaign in (1, 2, 3):
            selected = [m for m in self.messages.values() if m.campaign == campaign and selects(m)]
            sent = [m for m in selected if m.is_sent]
            delivered = [m for m in sent if m.fate != "bounced"]
            counts[str(campaign)] = {
                "selected": len(selected),
                "sent": len(sent),
                "not_sent": len(selected) - len(sent),
                "undeliverable": len(sent) - len(delivered),
                "delivered": len(delivered),
                "opened": sum(bool(opens(m) or clicks(m)) for m in delivered),
                "clicked": sum(bool(clicks(m)) for m in delivered),
                "unsubscribed": sum(
                    m.fate == "unsubscribed" in known and "unsubscribed" in known for m in sent
                ),
                "complained": sum(m.fate == "complained" and "complained" in known for m in sent),
                "opens": sum(map(opens, sent)),
                "clicks": sum(map(clicks, sent)),
            }
        return counts


def _at(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat(" ")


def write_mautic(database: Database, world: World) -> None:
    if not _ids(database, "information_schema.tables where table_schema = database()", "1"):
        database.run(sender_tables.MAUTIC.format(p=""))
        database.insert("emails", *({"id": c, "name": f"Campaign {c}"} for c in (1, 2, 3)))
        database.insert("page_redirects", *({"id": n, "redirect_id": n, "url": _url(n)} for n in (1, 2, 3)))
    database.run(
        "delete from leads; delete from email_stats; delete from page_hits; delete from lead_donotcontact"
    )
    people = [person for person in range(1, 51) if person not in world.deleted]
    database.insert("leads", *({"id": p, "email": f"{p}@example.com", "date_added": _at(0)} for p in people))
    hits = {}
    for message in world.messages.values():
        if not message.is_sent:
            continue
        number = message.campaign * 100 + message.person
        lead = None if message.person in world.deleted else message.person
        details: dict[object, object] = {n: {"datetime": _at(m)} for n, m in enumerate(message.opens)}
        if message.fate == "bounced":
            details["bounces"] = {0: {"datetime": _at(1), "type": "hard"}}
        database.insert(
            "email_stats",
            {"id": number, "email_id": message.campaign, "lead_id": lead, "date_sent": _at(0),
             "email_address": f"{message.person}@example.com", "is_failed": message.fate == "bounced",
             "is_read": bool(message.opens), "open_details": serialised(details),
             "last_opened": _at(message.opens[-1]) if message.opens else None},
        )  # fmt: skip
        if message.fate == "unsubscribed" and lead:
            database.insert(
                "lead_donotcontact",
                {"id": number, "lead_id": lead, "date_added": _at(5_000), "reason": 1, "channel": "email",
                 "channel_id": message.campaign},
            )  # fmt: skip
        for click, link, minute in message.clicks:
            hits[click] = {"id": click, "email_id": message.campaign, "lead_id": lead, "redirect_id": link,
                           "date_hit": _at(minute)}  # fmt: skip
    database.insert("page_hits", *(hits[click] for click in sorted(hits)))


def write_phplist(database: Database, world: World) -> None:
    if not _ids(database, "information_schema.tables where table_schema = database()", "1"):
        database.run(sender_tables.PHPLIST.format(p="phplist_", u="phplist_user_"))
        database.insert("phplist_linktrack_forward", *({"id": n, "url": _url(n)} for n in (1, 2, 3)))
        database.insert(
            "phplist_message",
            *({"id": c, "subject": "Hi", "status": "sent", "sendstart": _at(0)} for c in (1, 2, 3)),
        )
    database.run(
        "delete from phplist_usermessage; delete from phplist_linktrack_uml_click; delete from phplist_user_user;"
    )
    people = [person for person in range(1, 51) if person not in world.deleted]
    database.insert("phplist_user_user", *({"id": p, "email": f"{p}@example.com"} for p in people))
    kept = _ids(database, "phplist_user_message_view", "messageid", "userid", "viewed")
    for message in world.messages.values():
        both = {"messageid": message.campaign, "userid": message.person}
        status = "sent" if message.is_sent else "excluded"
        database.insert("phplist_usermessage", both | {"entered": _at(0), "status": status})
        views = [both | {"viewed": _at(m)} for m in message.opens]
        database.insert(
            "phplist_user_message_view", *(v for v in views if tuple(map(str, v.values())) not in kept)
        )
        if message.fate == "bounced" and not _ids(
            database,
            f"phplist_user_message_bounce where user = {message.person} and message = {message.campaign}",
            "id",
        ):
            database.insert(
                "phplist_user_message_bounce",
                {"user": message.person, "message": message.campaign, "bounce": 0, "time": _at(1)},
            )
        for link in {click[1] for click in message.clicks}:
            minutes = [minute for _, other, minute in message.clicks if other == link]
            database.insert(
                "phplist_linktrack_uml_click",
                both | {"id": message.campaign * 1_000 + message.person * 10 + link, "forwardid": link,
                        "firstclick": _at(minutes[0]), "latestclick": _at(minutes[-1]), "clicked": len(minutes)},
            )  # fmt: skip


def _ids(database: Database, rows: str, *columns: str) -> set[tuple[str, ...]]:
    with database.connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(columns)} from {rows}")
        return {tuple(map(str, row)) for row in cursor.fetchall()}


def write_mailtrain(database: Database, world: World) -> None:
    if not _ids(database, "information_schema.tables where table_schema = database()", "1"):
        database.run(sender_tables.MAILTRAIN)
        database.insert("campaigns", *({"id": c, "name": f"Campaign {c}", "status": 3} for c in (1, 2, 3)))
        database.insert(
            "links",
            *({"id": c * 10 + n, "campaign": c, "url": _url(n)} for c in (1, 2, 3) for n in (1, 2, 3)),
        )
    database.run("delete from campaign_messages; delete from campaign_links; delete from subscription__1")
    people = [person for person in range(1, 51) if person not in world.deleted]
    database.insert("subscription__1", *({"id": p, "cid": p, "email": f"{p}@example.com"} for p in people))
    statuses = {"": 1, "unsubscribed": 2, "bounced": 3, "complained": 4}
    for message in world.messages.values():
        about = {"campaign": message.campaign, "list": 1, "subscription": message.person}
        status = statuses[message.fate] if message.is_sent else 6
        database.insert(
            "campaign_messages",
            about | {"id": message.campaign * 100 + message.person, "status": status, "created": _at(0),
                     "updated": _at(5_000) if message.fate else _at(0)},
        )  # fmt: skip
        counts = {-1: [*message.opens, *(minute for _, _, minute in message.clicks)]}
        for _, link, minute in message.clicks:
            counts.setdefault(0, [minute])
            counts.setdefault(message.campaign * 10 + link, []).append(minute)
        for link, minutes in counts.items():
            if minutes:
                database.insert(
                    "campaign_links",
                    about | {"link": link, "count": len(minutes), "created": _at(minutes[0])},
                )


def _url(number: int) -> str:
    return f"https://shop.example/{number}"


class Phplist:
    """The clicks that phpList had a time of at one of the imports."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, int, int, int]] = set()

    def expected(self, world: World) -> dict[str, dict[str, int]]:
        for message in world.messages.values():
            for link in (1, 2, 3):
                minutes = [minute for _, other, minute in message.clicks if other == link]
                self.seen |= {(message.campaign, message.person, link, m) for m in minutes[:1] + minutes[-1:]}
        return world.expected(
            clicks=lambda m: sum(seen[:2] == (m.campaign, m.person) for seen in self.seen), fates=()
        )


def _mautic(world: World) -> dict[str, dict[str, int]]:
    return world.expected(fates=["unsubscribed"], selects=lambda message: message.is_sent)


def _mailtrain(world: World) -> dict[str, dict[str, int]]:
    return world.expected(opens=lambda message: len(message.opens) + len(message.clicks))


Write = Callable[[Database, World], None]
Expected = Callable[[World], dict[str, dict[str, int]]]
SOURCES: dict[str, tuple[Source, Write, Callable[[], Expected]]] = {
    "mautic": (mautic.SOURCE, write_mautic, lambda: _mautic),
    "phplist": (phplist.SOURCE, write_phplist, lambda: Phplist().expected),
    "mailtrain": (mailtrain.SOURCE, write_mailtrain, lambda: _mailtrain),
}


def _counted(database: Path, source: str) -> dict[str, dict[str, int]]:
    return {
        row.pop("campaign_id").removeprefix(f"{source}-"): row
        for row in table(
            database, "campaign_totals where audience = 'all'", f"campaign_id, {', '.join(COUNTS)}"
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_every_figure_is_the_truth_twice_and_after_changes(
    mariadb: Database, tmp_path: Path, name: str
) -> None:
    source, write, truth = SOURCES[name]
    expected, world = truth(), World(seed=7)
    database = tmp_path / "m.duckdb"
    write(mariadb, world)
    engine.run(database, source, mariadb.address())
    assert _counted(database, name) == expected(world)
    assert not engine.run(database, source, mariadb.address()).changed
    world.grow()
    write(mariadb, world)
    engine.run(database, source, mariadb.address())
    assert _counted(database, name) == expected(world)
    world.deleted = {person for _, person in world.messages if person % 5 == 0}
    write(mariadb, world)
    for full in (False, True):
        engine.run(database, source, mariadb.address(), full=full)
        assert _counted(database, name) == expected(world)


@pytest.mark.slow
@pytest.mark.skipif(KILLS < 1, reason="MAILSIGHT_KILLS is 0")
@pytest.mark.parametrize("name", [*list(SOURCES)[:1], *thorough(list(SOURCES)[1:])])
def test_kills_at_any_moment_lose_nothing_and_count_nothing_twice(
    mariadb: Database, tmp_path: Path, name: str
) -> None:
    _, write, truth = SOURCES[name]
    expected, world = truth(), World(seed=KILLS)
    database = tmp_path / "m.duckdb"
    write(mariadb, world)
    with importing(name, database, mariadb.address(), seed=KILLS) as imports:
        imports.complete()
        loaded = expected(world)
        for _ in range(KILLS):
            before = database.resolve()
            world.grow()
            write(mariadb, world)
            imports.killed()
            if database.resolve() != before:  # it was killed a moment too late, or had ended
                loaded = expected(world)
            assert _counted(database, name) == loaded
        imports.complete()
    assert _counted(database, name) == expected(world)
    assert not engine.run(database, SOURCES[name][0], mariadb.address()).changed


@pytest.mark.slow
def test_a_database_that_was_restored_and_has_grown_since_is_read_from_the_beginning(
    mariadb: Database, tmp_path: Path
) -> None:
    """Its ids went on from those of the backup, so rows that were never read have the ids of others."""
    world, database = World(seed=3), tmp_path / "m.duckdb"
    write_mautic(mariadb, world)
    engine.run(database, mautic.SOURCE, mariadb.address())
    before = _counted(database, "mautic")
    mariadb.run(
        "update page_hits set date_hit = date_add(date_hit, interval 1 day);"
        "update email_stats set lead_id = lead_id + 1000, date_sent = date_add(date_sent, interval 1 day)"
    )
    mariadb.run("update leads set id = id + 1000, email = concat('new', email)")
    mariadb.run("update page_hits set lead_id = lead_id + 1000")
    engine.run(database, mautic.SOURCE, mariadb.address())
    after = _counted(database, "mautic")
    assert {number: each["sent"] for number, each in after.items()} == {
        number: 2 * each["sent"] for number, each in before.items()
    }


@pytest.mark.slow
def test_a_connection_that_breaks_loads_nothing(mariadb: Database, tmp_path: Path) -> None:
    world, database = World(seed=1), tmp_path / "m.duckdb"
    write_mailtrain(mariadb, world)
    engine.run(database, mailtrain.SOURCE, mariadb.address())
    before = database.resolve()
    world.grow()
    write_mailtrain(mariadb, world)
    for limit_bytes in (2_000, 6_000, 9_000):
        with cut_after(mariadb.server.port, limit_bytes) as port:
            address = mariadb.address(ssl_mode="disabled").replace(str(mariadb.server.port), str(port))
            with pytest.raises(ImportFailed):
                engine.run(database, mailtrain.SOURCE, address)
    assert database.resolve() == before
    engine.run(database, mailtrain.SOURCE, mariadb.address())
    assert _counted(database, "mailtrain") == _mailtrain(world)


@pytest.mark.slow
def test_rows_without_a_valid_time_are_rejected_and_the_rest_is_loaded(
    mariadb: Database, tmp_path: Path
) -> None:
    world, database = World(seed=1), tmp_path / "m.duckdb"
    write_mautic(mariadb, world)
    mariadb.insert(
        "page_hits",
        {"id": 90_000, "email_id": 1, "lead_id": 1, "redirect_id": 1, "date_hit": "0000-00-00 00:00:00"},
    )
    opened = [stat for (stat,) in _ids(mariadb, "email_stats where is_read = 1 and email_id = 1", "id")]
    broken = serialised({0: {"datetime": "yesterday"}})
    mariadb.run(f"update email_stats set open_details = '{broken}' where id = {opened[0]}")
    summary = engine.run(database, mautic.SOURCE, mariadb.address())
    assert {kind.kind: kind.refused for kind in summary.kinds if kind.refused} == {"events": 2}
    assert _counted(database, "mautic")["2"] == _mautic(world)["2"]

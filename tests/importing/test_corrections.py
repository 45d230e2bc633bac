"""A file that is imported again with other settings replaces what it gave, as if it had been read so at first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from mailsight.importing import engine, registry, schedule
from mailsight.importing.columns import csv
from mailsight.importing.columns.fields import ATTRIBUTE, Kind
from mailsight.importing.columns.mapping import Column, TableMapping, to_toml
from mailsight.importing.dates import Order
from mailsight.importing.files.values import zone
from mailsight.importing.sources import Item, Position, Request, Row, Rows, Source
from mailsight.loading import bundles
from mailsight.loading.merge import LoadSummary
from mailsight.privacy import erasure
from tests.support.exported import MAILCHIMP_EXPORT
from tests.support.exports import written
from tests.support.kills import KILLS, importing
from tests.support.tables import table

DAY_FIRST = Column("occurred_at", Order.DAY_FIRST)
AMSTERDAM, UTC = {"timezone": "Europe/Amsterdam"}, {"timezone": "UTC"}
# What is stored, without what tells when and in which order.
STORED = {
    "campaigns": "*",
    "customers": "* exclude (known_since)",
    "messages": "*",
    "events": "* exclude (event_number)",
    "reported_totals": "*",
    "message_events": "* exclude (event_number)",
    "recipients": "*",
    "link_clicks": "*",
    "campaign_totals": "*",
    "campaign_hours": "*",
    "machine_counts": "*",
    "event_counts": "*",
    "unattributed": "count(*) as events",
}
LOG = """\
Campaign;E-mail;Name;Event;Time
Spring;ann@example.com;Ann;Opened;04/05/2026 10:00
Spring;bob@example.com;Bob;Clicked;04/05/2026 11:00
Summer;ann@example.com;Ann;Opened;07/08/2026 12:00
"""


def stored(database: Path) -> dict[str, object]:
    return {name: table(database, name, columns) for name, columns in STORED.items()}


def imported(database: Path, source: str, where: Path, options: Mapping[str, str]) -> LoadSummary:
    return engine.run(database, registry.source(source), str(where), options=options)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return written(tmp_path / "export", MAILCHIMP_EXPORT)


def test_another_time_zone_replaces_what_an_export_gave(tmp_path: Path, export: Path) -> None:
    database, expected = tmp_path / "m.duckdb", tmp_path / "expected.duckdb"
    imported(expected, "mailchimp", export, AMSTERDAM)

    imported(database, "mailchimp", export, {})
    before = stored(database)
    summary = imported(database, "mailchimp", export, AMSTERDAM)

    assert stored(database) == stored(expected) != before
    assert {kind.kind: (kind.new, kind.withdrawn) for kind in summary.kinds} == {
        "campaigns": (0, 1),
        "customers": (0, 5),
        "messages": (0, 5),
        "events": (0, 8),
        "totals": (0, 0),
    }
    assert summary.notes[-1].endswith("replaced: 1 campaign, 5 customers, 5 messages and 8 events.")
    assert not imported(database, "mailchimp", export, AMSTERDAM).changed
    imported(database, "mailchimp", export, UTC)
    assert stored(database) == before


def test_another_mapping_replaces_what_a_table_gave(tmp_path: Path) -> None:
    database, expected, file = tmp_path / "m.duckdb", tmp_path / "expected.duckdb", tmp_path / "log.csv"
    file.write_text(LOG)
    suggested = csv.suggest(file, database).mapping
    time = suggested.columns["Time"]
    right = replace(
        suggested,
        columns={**suggested.columns, "Time": replace(time, order=Order.DAY_FIRST)},
        timezone="Asia/Tokyo",
    )
    wrong = replace(
        suggested,
        columns={
            **suggested.columns,
            "Campaign": Column("customer_id"),
            "Name": Column("campaign_name"),
            "Time": replace(time, order=Order.MONTH_FIRST),
        },
    )
    csv.load(expected, file, right)

    csv.load(database, file, wrong)
    summary = csv.load(database, file, right)

    assert stored(database) == stored(expected)
    assert {kind.kind: kind.withdrawn for kind in summary.kinds if kind.withdrawn} == {
        "campaigns": 2,
        "events": 3,
    }
    assert not csv.load(database, file, right).changed


EVERYTHING_IGNORED = {"Opened": "ignore", "Clicked": "ignore"}


@pytest.mark.parametrize("types", [EVERYTHING_IGNORED, {}])
def test_a_correction_without_usable_rows_withdraws_what_the_table_gave(
    tmp_path: Path, types: Mapping[str, str]
) -> None:
    database, file = tmp_path / "m.duckdb", tmp_path / "log.csv"
    file.write_text(LOG)
    first = in_zone(file, database, "UTC")
    columns = {**first.columns, "Time": Column("occurred_at", Order.DAY_FIRST)}
    csv.load(database, file, replace(first, columns=columns))
    with_names_as_times = {**columns, "Time": Column(), "Name": Column("occurred_at")}
    csv.load(database, file, replace(first, columns=columns if types else with_names_as_times, types=types))
    assert table(database, "events") == []
    assert not any(row["sent"] for row in table(database, "campaign_totals"))


def test_a_changed_mapping_of_a_scheduled_import_replaces_what_the_table_gave(tmp_path: Path) -> None:
    """Even if the table has grown since. The import names the file of the mapping, as the schedule does."""
    database, expected, file = tmp_path / "m.duckdb", tmp_path / "expected.duckdb", tmp_path / "log.csv"
    file.write_text(IDENTIFIED)
    path = tmp_path / "map.toml"
    options = {"map": str(path)}
    wrong, right = (in_zone(file, database, name) for name in ("UTC", "Asia/Tokyo"))
    path.write_text(to_toml(wrong))
    imported(database, "csv", file, options)
    path.write_text(f"# checked\n{to_toml(wrong)}")
    assert not imported(database, "csv", file, options).changed
    file.write_text(IDENTIFIED + "Spring,cid@example.com,Cid,opened,2026-05-04 12:00,third,sendgrid\n")
    path.write_text(to_toml(right))
    summary = imported(database, "csv", file, options)
    assert {kind.kind: kind.withdrawn for kind in summary.kinds if kind.withdrawn} == {"events": 2}
    csv.load(expected, file, right)
    assert stored(database) == stored(expected)
    assert imported(database, "csv", file, {**options, "timezone": "UTC"}).changed


@pytest.mark.parametrize("has_all_columns", [True, False])
def test_imports_on_a_schedule_that_read_one_table_by_two_mappings_keep_each_others_rows(
    tmp_path: Path, has_all_columns: bool
) -> None:
    """The rows of each are replaced only if its own mapping changes."""
    database, file = tmp_path / "m.duckdb", tmp_path / "log.csv"
    file.write_text(LOG.replace("Name", "City").replace("Ann;", "Rome;").replace("Bob;", "Oslo;"))
    events = csv.suggest(file, database).mapping
    events = replace(events, columns={**events.columns, "Time": DAY_FIRST})
    people = TableMapping(Kind.CUSTOMERS, {"E-mail": Column("email"), "City": Column(ATTRIBUTE)})
    if has_all_columns:
        people = people.for_header(list(events.columns))
    paths = [tmp_path / f"{name}.toml" for name in ("events", "people")]
    for path, mapping in zip(paths, (events, people), strict=True):
        path.write_text(to_toml(mapping))
    jobs = [schedule.Job(path.stem, "csv", str(file), options={"map": str(path)}) for path in paths]

    for job in jobs:
        assert schedule.imported(database, job, jobs).changed
    for job in jobs:
        assert not schedule.imported(database, job, jobs).changed
    assert len(table(database, "events")) == 3
    assert len(table(database, "customers", "customer_id")) == 2

    paths[1].write_text(to_toml(replace(people, columns={**people.columns, "City": Column("name")})))
    events_before = table(database, "events")
    schedule.imported(database, jobs[1], jobs)
    assert table(database, "customers", "name, attributes") == [
        {"name": "Oslo", "attributes": None},
        {"name": "Rome", "attributes": None},
    ]
    assert table(database, "events") == events_before


def test_a_correction_is_made_once(tmp_path: Path) -> None:
    """Even if the corrected encoding gives the columns other names."""
    database, file = tmp_path / "m.duckdb", tmp_path / "log.csv"
    file.write_bytes(LOG.replace("Name", "Größe").encode("cp1252"))
    wrong, right = (
        csv.suggest(file, database, encoding=encoding).mapping for encoding in ("iso8859-5", "cp1252")
    )
    steps: list[str] = []
    for mapping in (wrong, right, right):
        steps.clear()
        chosen = replace(mapping, columns={**mapping.columns, "Time": DAY_FIRST})
        csv.load(database, file, chosen, progress=lambda done, doing: steps.append(doing))
    assert steps
    assert "Reading with the earlier settings" not in steps


def test_each_table_of_a_folder_has_a_mapping_of_its_own(tmp_path: Path) -> None:
    """Importing one replaces nothing of another, and each may be corrected."""
    database, expected = tmp_path / "m.duckdb", tmp_path / "expected.duckdb"
    folder = written(
        tmp_path / "tables",
        {"opens.csv": LOG, "sent.csv": "Campaign,E-mail,Sent\nSpring,ann@example.com,2026-05-04 08:00\n"},
    )
    paths = {name: tmp_path / f"{name}.toml" for name in ("opens", "sent")}

    def load(into: Path, name: str, zone_name: str) -> LoadSummary:
        mapping = in_zone(folder / f"{name}.csv", into, zone_name)
        columns = {
            column: replace(each, order=Order.DAY_FIRST) if column == "Time" else each
            for column, each in mapping.columns.items()
        }
        paths[name].write_text(to_toml(replace(mapping, columns=columns)))
        return imported(into, "csv", folder, {"map": str(paths[name])})

    for name in ("opens", "sent"):
        load(expected, name, "Asia/Tokyo")
    for zone_name in ("UTC", "Asia/Tokyo"):
        for name in ("sent", "opens"):
            load(database, name, zone_name)
    assert stored(database) == stored(expected)
    assert len(table(database, "messages")) == 1
    for name in ("sent", "opens"):
        assert not load(database, name, "Asia/Tokyo").changed


def test_another_encoding_replaces_what_a_table_gave_even_if_its_columns_change(tmp_path: Path) -> None:
    database, expected, file = tmp_path / "m.duckdb", tmp_path / "expected.duckdb", tmp_path / "log.csv"
    text = LOG.replace("Name", "Größe").replace("Time", "Übermittelt").replace("Spring", "Frühling")
    file.write_bytes(text.encode("cp1252"))
    wrong, right = (
        csv.suggest(file, tmp_path / "none.duckdb", encoding=encoding).mapping
        for encoding in ("iso8859-5", "cp1252")
    )
    assert wrong.columns.keys() != right.columns.keys()
    time = Column("occurred_at", Order.DAY_FIRST)
    wrong, right = (
        replace(each, columns={**each.columns, list(each.columns)[-1]: time}) for each in (wrong, right)
    )
    for mapping in (wrong, right):
        csv.load(database, file, mapping)
    csv.load(expected, file, right)
    assert stored(database) == stored(expected)


def test_what_can_no_longer_be_read_as_before_stays_with_a_note(tmp_path: Path) -> None:
    database, file = tmp_path / "m.duckdb", tmp_path / "log.csv"
    file.write_text(IDENTIFIED)
    csv.load(database, file, in_zone(file, database, "UTC"))
    file.write_text(IDENTIFIED.replace("Time", "Moment"))
    summary = csv.load(database, file, in_zone(file, database, "Asia/Tokyo"))
    assert summary.notes == (
        "The source can no longer be read with the earlier settings, so what they gave stays.",
    )


@pytest.mark.slow
@pytest.mark.skipif(KILLS < 1, reason="MAILSIGHT_KILLS is 0")
def test_a_correction_killed_at_any_moment_changes_everything_or_nothing(
    tmp_path: Path, export: Path
) -> None:
    database = tmp_path / "m.duckdb"
    states = {}
    for zone_name in (UTC, AMSTERDAM):
        imported(tmp_path / "expected.duckdb", "mailchimp", export, zone_name)
        states[zone_name["timezone"]] = stored(tmp_path / "expected.duckdb")
    with importing("mailchimp", database, str(export), seed=KILLS) as imports:
        imports.complete(**UTC)
        imports.complete(**AMSTERDAM)
        for _ in range(KILLS):
            for zone_name in (UTC, AMSTERDAM):
                imports.killed(**zone_name)
                assert stored(database) in states.values()
                imports.complete(**zone_name)
                assert stored(database) == states[zone_name["timezone"]]


# What came from elsewhere: live events, and more of the same people and campaigns.
BUNDLE = {
    "campaigns.csv": "campaign_id,name,preheader\nSpring,Spring,Warm days\n",
    "customers.csv": "customer_id,email,name,country\nann@example.com,ann@example.com,Ann,NL\n",
    "messages.csv": (
        "campaign_id,customer_id,email,sent_at\nSpring,ann@example.com,ann@example.com,2026-05-04T08:00:00Z\n"
    ),
    "events.ndjson": (
        '{"event_id": "live", "provider": "sendgrid", "campaign_id": "Spring", "customer_id": "ann@example.com",'
        '"recipient": "ann@example.com", "type": "opened", "occurred_at": "2026-05-04T10:00:00Z",'
        ' "payload": {"sg_event_id": "live"}}\n'
    ),
}
IDENTIFIED = """\
Campaign,E-mail,Name,Event,Time,Event ID,Provider
Spring,ann@example.com,Ann,opened,2026-05-04 10:00,live,sendgrid
Spring,bob@example.com,Bob,opened,2026-05-04 11:00,exported,sendgrid
"""


def in_zone(file: Path, database: Path, name: str) -> TableMapping:
    return replace(csv.suggest(file, database).mapping, timezone=name)


def test_what_came_from_elsewhere_stays(tmp_path: Path) -> None:
    database, expected, file = tmp_path / "m.duckdb", tmp_path / "expected.duckdb", tmp_path / "log.csv"
    file.write_text(IDENTIFIED)
    bundle = written(tmp_path / "bundle", BUNDLE)
    for path in (expected, database):
        bundles.load(path, [bundle])
    csv.load(expected, file, in_zone(file, expected, "Asia/Tokyo"))
    csv.load(database, file, in_zone(file, database, "UTC"))
    summary = csv.load(database, file, in_zone(file, database, "Asia/Tokyo"))
    assert {kind.kind: kind.withdrawn for kind in summary.kinds if kind.withdrawn} == {"events": 1}
    assert stored(database) == stored(expected)
    [live, exported] = table(database, "events", "event_id, payload is not null as is_live")
    assert (live, exported) == (
        {"event_id": "exported", "is_live": False},
        {"event_id": "live", "is_live": True},
    )


def test_the_same_people_may_be_imported_for_several_campaigns(tmp_path: Path) -> None:
    database, expected, file = tmp_path / "m.duckdb", tmp_path / "expected.duckdb", tmp_path / "people.csv"
    file.write_text("E-mail,Sent\nann@example.com,2026-05-04 10:00\nbob@example.com,2026-05-04 10:01\n")
    suggested = csv.suggest(file, database).mapping
    spring, summer = (replace(suggested, fixed={"campaign_id": name}) for name in ("Spring", "Summer"))
    later_summer, later_spring = (replace(mapping, timezone="Asia/Tokyo") for mapping in (summer, spring))
    for mapping in (spring, summer, later_summer, later_spring):
        csv.load(database, file, mapping)
    for mapping in (later_summer, later_spring):
        csv.load(expected, file, mapping)
    assert stored(database) == stored(expected)
    assert len(table(database, "messages")) == 4


def test_another_file_with_fewer_values_replaces_nothing(tmp_path: Path) -> None:
    database, file = tmp_path / "m.duckdb", tmp_path / "log.csv"
    file.write_text(IDENTIFIED)
    csv.load(database, file, in_zone(file, database, "UTC"))
    before = stored(database)
    file = tmp_path / "other.csv"
    file.write_text(IDENTIFIED.replace(",Ann,", ",,").replace(",Bob,", ",,"))
    assert not csv.load(database, file, in_zone(file, database, "Asia/Tokyo")).kinds[-1].withdrawn
    assert table(database, "customers", STORED["customers"]) == before["customers"]


def test_another_time_zone_replaces_what_a_database_gave(tmp_path: Path) -> None:
    """Ids of a database's rows don't depend on the time zone."""

    def read(request: Request) -> Iterator[Item]:
        at = datetime(2026, 5, 4, 10, tzinfo=zone(request.options))
        opened: Row = {
            "event_id": "1",
            "provider": "x",
            "type": "opened",
            "campaign_id": "x-1",
            "customer_id": "1",
            "payload": {"clicked": 2},
        }
        yield Rows("events", "views", [{**opened, "occurred_at": at}])

    source = Source("x", "X", "an address", (), read)
    database = tmp_path / "m.duckdb"
    for options in ({}, AMSTERDAM):
        engine.run(database, source, "mysql://me@db.example/news?ssl=true&prefix=n_", options=options)
    assert [row["occurred_at"].hour for row in table(database, "events")] == [8]


def test_a_database_is_read_from_the_beginning_if_its_time_zone_changes_back(tmp_path: Path) -> None:
    def read(request: Request) -> Iterator[Item]:
        known = int(request.positions.get("views", 0))
        rows: list[Row] = [
            {
                "event_id": str(number),
                "provider": "x",
                "type": "opened",
                "campaign_id": "x-1",
                "customer_id": str(number),
                "occurred_at": datetime(2026, 5, 4, 10, tzinfo=zone(request.options)),
            }
            for number in range(known + 1, 4)
        ]
        yield Rows("events", "views", rows)
        yield Position("views", "3")

    source, database = Source("x", "X", "an address", (), read), tmp_path / "m.duckdb"
    for options, hour in ((UTC, 10), (AMSTERDAM, 8), (UTC, 10)):
        engine.run(database, source, "mysql://me@db.example/news", options=options)
        assert [row["occurred_at"].hour for row in table(database, "events")] == [hour] * 3
        assert not engine.run(database, source, "mysql://me@db.example/news", options=options).changed


def test_people_who_were_erased_stay_erased(tmp_path: Path, export: Path) -> None:
    database, expected = tmp_path / "m.duckdb", tmp_path / "expected.duckdb"
    imported(expected, "mailchimp", export, AMSTERDAM)
    imported(database, "mailchimp", export, {})
    erasure.erase(database, ["ann@example.com"])
    imported(database, "mailchimp", export, AMSTERDAM)
    for name in ("campaign_totals", "campaign_hours", "event_counts"):
        assert table(database, name) == table(expected, name)
    assert "ann@example.com" not in str(stored(database))

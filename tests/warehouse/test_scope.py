"""Scopes: every table has a view, limited to some campaigns, and without people for readers."""

import json
from pathlib import Path

import pytest

from mailsight.loading import bundles
from mailsight.warehouse.reader import Source, Warehouse
from mailsight.warehouse.scope import EVERYTHING, Scope, narrowed

PERSONAL = ("anna", "Birch", "@home.example", "10.1.2.3", "secret-club", "Mrs")
SCOPES = [
    Scope(customers=False),
    Scope(tags=frozenset({"brand a"})),
    Scope(sender_domains=frozenset({"brand-a.example"})),
    Scope(customers=False, tags=frozenset({"brand a", "none"})),
]


@pytest.fixture(scope="module")
def brands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two brands' campaigns. Anna got one of each, Ben only that of brand B."""
    folder = tmp_path_factory.mktemp("brands")
    texts = {
        "campaigns.csv": "campaign_id,name,subject,from_email,tags,sent_at\n"
        'a,A,"Hello {{name}}",news@mail.brand-a.example,"[""brand a""]",2026-04-14\n'
        'b,B,Hello,news@xbrand-a.example,"[""brand b""]",2026-04-14\n',
        "customers.ndjson": '{"customer_id": "1", "email": "anna@home.example", "name": "Anna Birch", '
        '"club": "secret-club", "city": "Rome", "pet": null, "time_zone": "Europe/Rome"}\n'
        '{"customer_id": "2", "email": "ben@home.example", "name": "Ben Ash"}\n',
        "messages.csv": "campaign_id,customer_id,message_id,sent_at,merge_fields\n"
        'a,1,m1,2026-04-14,"{""name"": ""Mrs Birch""}"\nb,1,m2,2026-04-14,\nb,2,m3,2026-04-14,\nc,,,,\n',
        "events.csv": "type,occurred_at,campaign_id,customer_id,recipient,url,ip,diagnostic\n"
        "clicked,2026-04-15,a,1,anna@home.example,https://x.example/?to=anna@home.example,10.1.2.3,\n"
        "bounced,2026-04-15,b,2,ben@home.example,,,550 unknown user anna@home.example\n"
        "opened,2026-04-15,,,anna@home.example,,,\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    database = folder / "data" / "mailsight.duckdb"
    bundles.load(database, [folder])
    changed = folder / "changed"
    changed.mkdir()
    (changed / "customers.csv").write_text(
        "customer_id,name,club,city,pet,it's\n1,Ann Birch,golf,Milan,cat,3\n"
    )
    bundles.load(database, [changed])
    return database


@pytest.fixture(scope="module")
def source(brands: Path) -> Source:
    return Source(max(brands.parent.glob("mailsight.0*.duckdb")))


def rows(source: Source, scope: Scope) -> dict[str, list[tuple[object, ...]]]:
    """All rows that a scope can read, by table."""
    tables = source.cursor(EVERYTHING).execute(
        "select table_name from duckdb_tables() where database_name = 'served' and not temporary"
    )
    names = [name for (name,) in tables.fetchall()]
    return {name: source.cursor(scope).execute(f"from {name}").fetchall() for name in names}


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_every_table_has_a_view(source: Source, scope: Scope) -> None:
    assert len(rows(source, scope)) > 20


@pytest.mark.parametrize(
    "scope", [scope for scope in SCOPES if not scope.customers], ids=lambda scope: scope.name
)
def test_without_customers_nothing_names_one(source: Source, scope: Scope) -> None:
    everything = str(rows(source, EVERYTHING))
    assert all(word in everything for word in PERSONAL)
    named = {
        name: word for name, kept in rows(source, scope).items() for word in PERSONAL if word in str(kept)
    }
    assert named == {"recipients": "@home.example"}  # the mailbox provider


@pytest.mark.parametrize(
    "scope", [scope for scope in SCOPES if scope.is_limited], ids=lambda scope: scope.name
)
def test_only_campaigns_of_the_scope_and_their_customers(source: Source, scope: Scope) -> None:
    kept = rows(source, scope)
    assert [row[0] for row in kept["campaigns"]] == ["a"]
    assert [row[0] for row in kept["customers"]] == ["1"]
    for name in ("messages", "recipients", "message_events", "campaign_totals", "link_clicks"):
        assert {campaign for row in kept[name] for campaign in row if campaign in ("a", "b")} == {"a"}
    assert [row[0] for row in kept["events"]] == [1]
    assert kept["refused"] == kept["unattributed"] == []


@pytest.mark.parametrize(
    ("names", "attributes", "earlier"),
    [
        (
            None,
            {"club": "golf", "city": "Milan", "pet": "cat", "it's": "3", "time_zone": "Europe/Rome"},
            {
                "name": "Anna Birch",
                "club": "secret-club",
                "city": "Rome",
                "pet": None,
                "it's": None,
                "": ["pet"],
            },
        ),
        (
            {"city", "pet", "unknown"},
            {"city": "Milan", "pet": "cat", "time_zone": "Europe/Rome"},
            {"name": "Anna Birch", "city": "Rome", "pet": None, "": ["pet"]},
        ),
        ({"it's"}, {"it's": "3", "time_zone": "Europe/Rome"}, {"name": "Anna Birch", "it's": None, "": []}),
        (set(), {"time_zone": "Europe/Rome"}, {"name": "Anna Birch", "": []}),
    ],
    ids=["all", "some", "an odd one", "none"],
)
def test_a_scope_shows_the_attributes_that_it_names(
    source: Source, names: set[str] | None, attributes: dict[str, object], earlier: dict[str, object]
) -> None:
    scope = Scope(tags=frozenset({"brand a"}), attributes=None if names is None else frozenset(names))
    shown = source.cursor(scope).execute(
        "select attributes, earlier from customers join customer_changes using (customer_id) where customer_id = '1'"
    )
    assert [tuple(map(json.loads, row)) for row in shown.fetchall()] == [(attributes, earlier)]


def test_a_snapshot_reads_its_scope_and_shares_nothing_cached(brands: Path) -> None:
    warehouse = Warehouse(brands)
    everything, limited = warehouse.snapshot(), warehouse.snapshot(SCOPES[1])
    assert len({everything.generation, limited.generation, warehouse.snapshot(SCOPES[0]).generation}) == 3
    assert limited.generation == warehouse.snapshot(SCOPES[1]).generation
    counted = {row["name"]: row["rows"] for row in limited.rows("table_rows")}
    assert (counted["campaigns"], counted["customers"]) == (1, 1)
    assert {row["name"]: row["rows"] for row in everything.rows("table_rows")}["campaigns"] == 2


A, B, AB = (Scope(tags=frozenset(tags)) for tags in ("a", "b", "ab"))
DOMAIN = Scope(sender_domains=frozenset({"x.example"}))
FIGURES = Scope(customers=False)
CITY, CITY_AND_CLUB = (Scope(attributes=frozenset(each)) for each in (("city",), ("city", "club")))


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (EVERYTHING, EVERYTHING, EVERYTHING),
        (EVERYTHING, A, A),
        (A, AB, A),
        (A, B, None),
        (A, DOMAIN, None),
        (Scope(tags=frozenset("ab"), sender_domains=DOMAIN.sender_domains), DOMAIN, DOMAIN),
        (FIGURES, EVERYTHING, FIGURES),
        (FIGURES, A, Scope(customers=False, tags=A.tags)),
        (A, CITY, Scope(tags=A.tags, attributes=CITY.attributes)),
        (CITY, CITY_AND_CLUB, CITY),
    ],
)
def test_two_scopes_include_what_both_include(first: Scope, second: Scope, both: Scope | None) -> None:
    assert narrowed(first, second) == narrowed(second, first) == both

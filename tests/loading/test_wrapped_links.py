"""Wrapped links through a whole load: in the mail, in clicks, among other links, and for machine detection."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from mailsight.loading import bundles
from mailsight.reports import campaign as campaign_reports
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support import old_databases
from tests.support.bundles import bundle, ndjson

SALE, UNSUBSCRIBE, GONE = (f"https://shop.example/{page}" for page in ("sale", "unsubscribe?u=1", "gone"))


def safe_links(url: str, recipient: str) -> str:
    return f"https://nam02.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05%7C{recipient}"


def sophos(url: str) -> str:
    encoded = urlsafe_b64encode(url.encode()).decode()
    return f"https://eu-west-1.protection.sophos.com/?d=shop.example&u={encoded}&i=N&h=1"


def load(folder: Path, mail: list[str], *events: Mapping[str, object]) -> Path:
    links = "".join(f'<a href="{url.replace("&", "&amp;")}">link</a>' for url in mail)
    default = {"campaign_id": "spring", "occurred_at": "2026-04-14T10:00:00Z"}
    rows = [{**default, **event} for event in events]
    campaign = {"campaign_id": "spring", "template": "mail.html", "sent_at": "2026-04-14T09:00:00Z"}
    files = {"mail.html": links, "campaigns.ndjson": ndjson(campaign), "events.ndjson": ndjson(*rows)}
    database = folder / "mailsight.duckdb"
    bundles.load(database, [bundle(folder / "bundle", files)])
    return database


def test_wrapped_clicks_count_at_their_link_or_once_among_the_others(tmp_path: Path) -> None:
    database = load(
        tmp_path,
        ["https://other.example/", safe_links(SALE, "sender")],
        {"customer_id": "1", "type": "clicked", "url": SALE},
        {"customer_id": "2", "type": "clicked", "url": safe_links(SALE, "two")},
        {"customer_id": "3", "type": "clicked", "url": sophos(safe_links(SALE, "three"))},
        {"customer_id": "4", "type": "clicked", "url": safe_links(GONE, "four")},
        {"customer_id": "5", "type": "clicked", "url": safe_links(GONE, "five")},
        {"customer_id": "6", "type": "clicked", "url": GONE},
    )
    with Warehouse(database).snapshot() as data:
        clicked = campaign_reports.all_links(data, "spring", Audience.ALL)
    assert [(link.link_position, link.url, link.clicks) for link in clicked] == [
        (0, "https://other.example/", 0),
        (1, SALE, 3),
        (None, GONE, 3),
    ]


def test_links_from_before_a_way_of_wrapping_was_known_are_unwrapped_by_the_next_load(tmp_path: Path) -> None:
    clicks = [{"customer_id": str(number), "type": "clicked", "url": SALE} for number in (1, 2)]
    database = load(tmp_path, [sophos(SALE)], clicks[0])
    old_databases.wrap_links(database, sophos(SALE))
    load(tmp_path, [sophos(SALE)], *clicks)
    with Warehouse(database).snapshot() as data:
        clicked = campaign_reports.all_links(data, "spring", Audience.ALL)
    assert [(link.link_position, link.url, link.clicks) for link in clicked] == [(0, SALE, 2)]


def test_a_gateway_that_visits_wrapped_links_opts_nobody_out(tmp_path: Path) -> None:
    ann = {"customer_id": "ann", "user_agent": "Mozilla/5.0 Chrome/120.0 Safari/537.36", "ip": "203.0.113.5"}
    moments = [f"2026-04-14T09:00:{second}Z" for second in ("05.0", "06.0", "06.1", "06.2")]
    database = load(
        tmp_path,
        [sophos("https://shop.example/a"), sophos(UNSUBSCRIBE)],
        ann | {"type": "delivered", "occurred_at": moments[0]},
        ann | {"type": "clicked", "occurred_at": moments[1], "url": "https://shop.example/a"},
        ann | {"type": "clicked", "occurred_at": moments[2], "url": sophos(UNSUBSCRIBE)},
        ann | {"type": "unsubscribed", "occurred_at": moments[3]},
    )
    with Warehouse(database).snapshot() as data:
        people, everybody = (
            campaign_reports.report(data, "spring", audience).counts
            for audience in (Audience.HUMAN, Audience.ALL)
        )
    assert (people.unsubscribed, people.clicks) == (0, 0)
    assert (everybody.unsubscribed, everybody.clicks) == (1, 2)

"""The sample data: reproducible, valid, realistic, and with e-mails in all four designs."""

import datetime
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from selectolax.lexbor import LexborHTMLParser

from mailsight.mail.links import links
from mailsight.merging.languages import Language
from mailsight.merging.rendering import render
from mailsight.mime.files import read
from mailsight.sample import bundle as sample_bundle
from mailsight.vocabulary import EventType, NotSentReason

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 48 campaigns with 1,500 customers, with the true verdicts of opens and clicks next to the bundle."""
    folder = tmp_path_factory.mktemp("sample")
    sample_bundle.write_bundle(folder / "bundle", customers=1_500, truth=folder / "truth.parquet")
    return folder / "bundle"


@pytest.fixture(scope="module")
def campaigns(bundle: Path) -> Rows:
    return [json.loads(line) for line in (bundle / "campaigns.ndjson").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def customers(bundle: Path) -> Rows:
    return _rows(bundle / "customers.parquet")


@pytest.fixture(scope="module")
def messages(bundle: Path) -> Rows:
    return _rows(bundle / "messages.parquet")


@pytest.fixture(scope="module")
def events(bundle: Path) -> Rows:
    return [event for path in sorted(bundle.glob("events-*.parquet")) for event in _rows(path)]


def _rows(path: Path) -> Rows:
    rows: Rows = pq.read_table(path).to_pylist()
    return rows


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        sample_bundle.write_bundle(tmp_path / name, campaigns=6, customers=300, seed=7)
    sample_bundle.write_bundle(tmp_path / "other", campaigns=6, customers=300, seed=8)
    assert _files(tmp_path / "first") == _files(tmp_path / "second")
    assert _files(tmp_path / "first") != _files(tmp_path / "other")


@pytest.mark.parametrize(("campaigns", "customers"), [(1, 10), (2, 1), (3, 40), (60, 50)])
def test_a_bundle_can_have_any_size(tmp_path: Path, campaigns: int, customers: int) -> None:
    reported: list[float] = []
    sample_bundle.write_bundle(
        tmp_path, campaigns=campaigns, customers=customers, progress=lambda share, _: reported.append(share)
    )
    rows = [json.loads(line) for line in (tmp_path / "campaigns.ndjson").read_text("utf-8").splitlines()]
    assert len({row["campaign_id"] for row in rows}) == campaigns
    assert len(_rows(tmp_path / "customers.parquet")) == customers
    assert reported == sorted(reported)
    assert reported[-1] == 1


def test_there_are_48_campaigns_in_two_years_and_the_last_is_planned(campaigns: Rows, messages: Rows) -> None:
    sent_at = [row["sent_at"] for row in campaigns]
    assert len(sent_at) == 48
    assert sent_at[-1] is None
    assert sent_at[:-1] == sorted(sent_at[:-1])
    assert sent_at[0].startswith("2024-11")
    assert sent_at[-2].startswith("2026-11-05")
    planned = [message for message in messages if message["campaign_id"] == campaigns[-1]["campaign_id"]]
    assert planned
    assert {message["sent_at"] for message in planned} == {None}


def test_every_referenced_file_exists(bundle: Path, campaigns: Rows, messages: Rows) -> None:
    named = {row["template"] for row in campaigns} | {row["content"] for row in messages if row["content"]}
    assert {path for path in named if not (bundle / path).is_file()} == set()
    assert {Path(path).suffix for path in named} == {".html", ".eml"}
    written = {str(path.relative_to(bundle)) for path in (bundle / "contents").rglob("*") if path.is_file()}
    assert written == named


def test_every_key_refers_to_a_row(campaigns: Rows, customers: Rows, messages: Rows, events: Rows) -> None:
    keys = [(row["campaign_id"], row["customer_id"]) for row in messages]
    assert len(keys) == len(set(keys))
    assert {key for key, _ in keys} == {row["campaign_id"] for row in campaigns}
    assert {key for _, key in keys} <= {row["customer_id"] for row in customers}
    assert {(row["campaign_id"], row["customer_id"]) for row in events} <= set(keys)
    by_id = {row["message_id"]: row["customer_id"] for row in messages if row["message_id"]}
    assert all(by_id[row["message_id"]] == row["customer_id"] for row in events)


# A second implementation of selections, to check the first.
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    "<": lambda have, want: have is not None and have < want,
    "<=": lambda have, want: have is not None and have <= want,
    ">=": lambda have, want: have is not None and have >= want,
    "in": lambda have, want: have in want,
    "not in": lambda have, want: have not in want,
    "contains": lambda have, want: want in (have or ""),
    "between": lambda have, want: want[0] <= have <= want[1],
    "is empty": lambda have, want: have is None,
    "is not empty": lambda have, want: have is not None,
}


def _matches(selection: dict[str, Any], customer: dict[str, Any], at: datetime.datetime) -> bool:
    if "all" in selection:
        return all(_matches(part, customer, at) for part in selection["all"])
    if "any" in selection:
        return any(_matches(part, customer, at) for part in selection["any"])
    if "not" in selection:
        return not _matches(selection["not"], customer, at)
    have: Any = customer[selection["field"]]
    want: Any = selection.get("value")
    if isinstance(have, datetime.datetime):
        have = have.date()
    if selection["op"] == "within last":
        return have is not None and datetime.timedelta(0) <= at.date() - have <= datetime.timedelta(days=want)
    if isinstance(have, datetime.date):
        have = have.isoformat()
    return _OPERATORS[selection["op"]](have, want)


def test_exactly_the_customers_who_match_a_selection_are_selected(
    campaigns: Rows, customers: Rows, messages: Rows
) -> None:
    selected: dict[str, set[str]] = {row["campaign_id"]: set() for row in campaigns}
    for message in messages:
        selected[message["campaign_id"]].add(message["customer_id"])
    checked = [row for row in campaigns if row["sent_at"] and isinstance(row["selection"], dict)]
    for row in checked:
        at = datetime.datetime.fromisoformat(row["sent_at"])
        known = [customer for customer in customers if customer["created_at"] < at]
        want = {customer["customer_id"] for customer in known if _matches(row["selection"], customer, at)}
        # For customers who joined on the day of the send, the minutes matter.
        assert selected[row["campaign_id"]] == want, row["name"]
    assert len(checked) == 46


def test_selections_use_many_operators_and_one_is_a_sentence(campaigns: Rows) -> None:
    text = json.dumps([row["selection"] for row in campaigns])
    used = set(re.findall(r'"op": "([^"]+)"', text))
    assert used >= {
        "=",
        "!=",
        "in",
        "not in",
        "contains",
        "between",
        "within last",
        "is empty",
        "is not empty",
    }
    assert all(word in text for word in ('"all"', '"any"', '"not"'))
    assert sum(isinstance(row["selection"], str) for row in campaigns) == 1


def test_every_reason_for_not_sending_occurs(messages: Rows) -> None:
    reasons = Counter(row["not_sent_reason"] for row in messages)
    assert {reason for reason in NotSentReason if reason not in reasons} == {NotSentReason.OTHER}
    assert all(row["sent_at"] is None for row in messages if row["not_sent_reason"])
    with_detail = {row["not_sent_reason"] for row in messages if row["not_sent_detail"]}
    assert {"opted_out", "bounced_before", "duplicate_address"} <= with_detail


def test_customers_who_opted_out_or_complained_get_no_further_messages(
    campaigns: Rows, messages: Rows, events: Rows
) -> None:
    sent_at = {row["campaign_id"]: row["sent_at"] for row in campaigns}
    gone = {
        row["customer_id"]: row["occurred_at"].isoformat()
        for row in reversed(events)
        if row["type"] in ("unsubscribed", "complained")
    }
    again = [
        row
        for row in messages
        if row["sent_at"]
        and row["customer_id"] in gone
        and sent_at[row["campaign_id"]] > gone[row["customer_id"]]
    ]
    assert gone
    assert again == []


def test_events_use_the_vocabulary_and_come_after_sending(messages: Rows, events: Rows) -> None:
    kinds = Counter(row["type"] for row in events)
    assert set(kinds) <= set(EventType)
    assert {"sent", "delivered", "deferred", "bounced", "opened", "clicked", "unsubscribed"} <= set(kinds)
    sent_at = {row["message_id"]: row["sent_at"] for row in messages if row["sent_at"]}
    assert all(row["occurred_at"] >= sent_at[row["message_id"]] for row in events)
    ids = [row["event_id"] for row in events if row["event_id"]]
    assert len(ids) == len(set(ids))
    assert 0.8 * len(events) < len(ids) < len(events)


def test_clicked_urls_are_links_of_the_mail_with_merge_fields_filled_in(
    bundle: Path, campaigns: Rows, messages: Rows, events: Rows
) -> None:
    fields = {row["message_id"]: json.loads(row["merge_fields"]) for row in messages if row["message_id"]}
    urls = {
        row["campaign_id"]: [link.url for link in links((bundle / row["template"]).read_text("utf-8"))]
        for row in campaigns
    }
    clicks = [row for row in events if row["type"] == "clicked"]
    placed = [row for row in clicks if row["link_position"] is not None]
    assert 0.6 < len(placed) / len(clicks) < 0.8
    for click in placed:
        url = urls[click["campaign_id"]][click["link_position"]]
        assert click["url"] == render(url, fields[click["message_id"]], Language.PLAIN).text
    assert not any(mark in row["url"] for row in clicks for mark in ("{{", "*|", "%c", "%b"))


def test_rates_are_realistic(events: Rows) -> None:
    def people(kind: str) -> int:
        return len({row["message_id"] for row in events if row["type"] == kind})

    delivered = people("delivered")
    assert 0.25 < people("opened") / delivered < 0.47
    assert 0.02 < people("clicked") / delivered < 0.07
    assert 0.004 < people("bounced") / delivered < 0.02
    assert 0.001 < people("unsubscribed") / delivered < 0.005
    hours = Counter(row["occurred_at"].hour for row in events if row["type"] == "opened")
    assert sum(hours[hour] for hour in range(1, 4)) < 0.1 * sum(hours[hour] for hour in range(8, 11))


def test_verdicts_are_in_the_truth_file_only(bundle: Path, events: Rows) -> None:
    truth = _rows(bundle.parent / "truth.parquet")
    assert "machine" not in events[0]
    assert len(truth) == sum(row["type"] in ("opened", "clicked") for row in events)
    machines = Counter((row["type"], row["machine"]) for row in truth)
    assert all(machines[kind, machine] for kind in ("opened", "clicked") for machine in (True, False))


MARKS = {
    "newsletter": r"\{\{(\w+)\}\}",
    "offer": r"\{\{(\w+)\}\}",
    "map": r"\*\|(\w+)\|\*",
    "letter": r"%([a-z]\w+)%",
}
DESIGN = {
    "Winter light": "newsletter",
    "Sun for two": "offer",
    "The wine map": "map",
    "Before you leave": "letter",
}


@pytest.mark.parametrize("name", DESIGN)
def test_every_merge_field_of_a_mail_has_a_value(
    bundle: Path, campaigns: Rows, messages: Rows, name: str
) -> None:
    row = next(row for row in campaigns if row["name"] == name)
    html = (bundle / row["template"]).read_text("utf-8")
    mark = MARKS[DESIGN[name]]
    used = set(re.findall(mark, html + row["subject"]))
    message = next(message for message in messages if message["campaign_id"] == row["campaign_id"])
    fields = json.loads(message["merge_fields"])
    assert used == set(fields)
    assert re.search(mark, render(html, fields, Language.PLAIN, is_html=True).text) is None


def _mail(bundle: Path, campaigns: Rows, name: str) -> LexborHTMLParser:
    row = next(row for row in campaigns if row["name"] == name)
    return LexborHTMLParser((bundle / row["template"]).read_text("utf-8"))


def test_picture_headline_and_button_of_the_newsletter_share_a_link(bundle: Path, campaigns: Rows) -> None:
    mail = _mail(bundle, campaigns, "Winter light")
    stories = Counter(a.attributes["href"] for a in mail.css("a[href*='/trips/']"))
    assert sorted(stories.values()) == [3] * 6
    for url in stories:
        own = mail.css(f"a[href='{url}']")
        assert [bool(a.css_first("img")) for a in own] == [True, False, False]
        assert own[1].parent is not None
        assert own[1].parent.tag == "h2"
        assert own[2].attributes["class"] == "button"


def test_the_offer_is_a_grid_of_products(bundle: Path, campaigns: Rows) -> None:
    tiles = _mail(bundle, campaigns, "Sun for two").css(".tile")
    assert len(tiles) == 6
    for tile in tiles:
        assert len({a.attributes["href"] for a in tile.css("a")}) == 1
        assert "€" in tile.text()


def test_the_image_map_has_regions_of_every_shape_inside_the_picture(bundle: Path, campaigns: Rows) -> None:
    mail = _mail(bundle, campaigns, "The wine map")
    picture = mail.css_first("img[usemap]")
    assert picture is not None
    assert picture.attributes["usemap"] == "#places"
    areas = mail.css("map[name=places] area")
    assert Counter(area.attributes["shape"] for area in areas) == {"poly": 3, "circle": 1, "rect": 2}
    for area in areas:
        numbers = [int(number) for number in (area.attributes["coords"] or "").split(",")]
        assert area.attributes["alt"]
        assert all(0 <= number <= 600 for number in numbers)
        assert max(numbers[1::2]) <= int(picture.attributes["height"] or 0)


def test_the_letter_has_few_links_and_all_mails_embed_their_pictures(bundle: Path, campaigns: Rows) -> None:
    assert 5 < len(_mail(bundle, campaigns, "Before you leave").css("a")) < 12
    for row in campaigns:
        html = (bundle / row["template"]).read_text("utf-8")
        mail = LexborHTMLParser(html)
        assert all((img.attributes["src"] or "").startswith("data:image/svg+xml,") for img in mail.css("img"))
        assert "[[" not in html
        assert all(word in html for word in ("/view/", "/preferences?", "/unsubscribe?", "Zonnekade 12"))
        assert len(html.encode()) < 64_000, row["name"]


def test_links_are_counted_as_the_heatmap_counts_them(bundle: Path, campaigns: Rows) -> None:
    for row in campaigns[-8:]:
        html = (bundle / row["template"]).read_text("utf-8")
        nodes = LexborHTMLParser(html).css("a[href], area[href]")
        assert [node.attributes["href"] for node in nodes] == [link.url for link in links(html)]


def test_archived_copies_are_personal(bundle: Path, messages: Rows) -> None:
    archived = [row for row in messages if row["content"]]
    raw = [row for row in archived if row["content"].endswith(".eml")]
    assert len(archived) == 16
    assert len(raw) == 8
    for row in archived:
        content = (bundle / row["content"]).read_bytes()
        html = content.decode() if row not in raw else read(content, "1.eml").html or ""
        assert row["customer_id"] in html
        assert "is still free, by the way" in html
    shown = [read((bundle / row["content"]).read_bytes(), "1.eml") for row in raw]
    assert sum("data:image/png;base64," in (mail.html or "") for mail in shown) == 4
    assert all(mail.text for mail in shown)

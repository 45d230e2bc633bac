"""Clicks on links that are nothing but a field, through a whole load: the values sent with the message have the URL."""

from pathlib import Path

from mailsight.loading import bundles
from mailsight.reports import campaign as campaign_reports
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson

MAIL = """
    <a href="https://shop.example/">Shop</a>
    {% for item in items %}<a href="{{ item.url }}">{{ item.name }}</a>{% endfor %}
    <a href="*|SALE|*">Sale</a>
"""


def test_a_click_counts_at_the_link_that_the_messages_values_fill(tmp_path: Path) -> None:
    sent = {"campaign_id": "spring", "sent_at": "2026-04-14T09:00:00Z"}
    clicked = {"campaign_id": "spring", "occurred_at": "2026-04-14T10:00:00Z", "type": "clicked"}
    tea, cup, sale = (f"https://shop.example/{page}" for page in ("p/tea", "p/cup", "sale"))
    files = {
        "mail.html": MAIL,
        "campaigns.ndjson": ndjson({**sent, "template": "mail.html"}),
        "messages.ndjson": ndjson(
            {**sent, "customer_id": "1", "merge_fields": {"items": [{"url": tea}, {"url": cup}]}},
            {**sent, "customer_id": "2", "merge_fields": {"items": [{"url": cup}], "sale": sale}},
            {**sent, "customer_id": "3"},
        ),
        "events.ndjson": ndjson(
            {**clicked, "customer_id": "1", "url": f"{tea}?utm_source=mail"},
            {**clicked, "customer_id": "1", "url": cup},
            {**clicked, "customer_id": "2", "url": cup},
            {**clicked, "customer_id": "2", "url": sale},
            # Not among the values of their messages
            {**clicked, "customer_id": "2", "url": tea},
            {**clicked, "customer_id": "3", "url": f"{sale}/2"},
        ),
    }
    database = tmp_path / "mailsight.duckdb"
    bundles.load(database, [bundle(tmp_path / "bundle", files)])
    with Warehouse(database).snapshot() as data:
        links = campaign_reports.all_links(data, "spring", Audience.ALL)
    assert [(link.link_position, link.url, link.clicks) for link in links] == [
        (0, "https://shop.example/", 0),
        (1, "{{ item.url }}", 3),
        (2, "*|SALE|*", 1),
        (None, tea, 1),
        (None, f"{sale}/2", 1),
    ]

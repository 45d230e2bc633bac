"""Whatever was loaded: an erasure changes no figure, leaves no trace, and loading everything again changes nothing."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from mailsight.loading import bundles
from mailsight.privacy import erasure, people
from mailsight.warehouse.reader import Warehouse
from tests.support.all_figures import all_figures
from tests.support.bundles import bundle, ndjson
from tests.support.leaks import leaks

MAIL = """<p>Hi {{first_name}} <a href="https://shop.example/sale">Sale</a> <a href="https://shop.example/sale">Again</a>
<a href="https://shop.example/item?c={{customer_id}}&utm_source=mail">Item</a> <a href="{{offer_url}}">Offer</a>
<a href="https://shop.example/unsubscribe?u={{customer_id}}">Unsubscribe</a>"""
PEOPLE = 5
CAMPAIGNS = ("spring", "summer", "never listed")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.60.71",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0",
    "GoogleImageProxy",
    "python-requests/2.31.0",
)
REPLIES = ("550 5.1.1 <{0}>: no such user", "452 4.2.2 mailbox of {0} is full", "rejected by policy")


def address(person: int) -> str:
    return f"qwerty.{person}@{('gmail.com', 'rare-domain.example', 'shared-domain.example')[person % 3]}"


def customer_id(person: int) -> str:
    return address(person) if person == PEOPLE - 1 else f"kunde-{person}47{person}"


def name(person: int) -> str:
    return f"Xaver Quast{person}"


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    person = draw(st.integers(0, PEOPLE - 1))
    kind = draw(
        st.sampled_from(
            (
                "delivered",
                "opened",
                "clicked",
                "clicked",
                "bounced",
                "complained",
                "unsubscribed",
                "sent",
                "failed",
            )
        )
    )
    campaign = draw(st.sampled_from((*CAMPAIGNS, None)))
    named = draw(st.sets(st.sampled_from(("customer", "recipient", "message")), min_size=1))
    url = draw(
        st.sampled_from(
            (
                "https://shop.example/sale",
                f"https://shop.example/item?c={customer_id(person)}&utm_source=mail",
                f"https://shop.example/offers/{person}",
                f"https://shop.example/unsubscribe?u={customer_id(person)}",
                f"https://elsewhere.example/{address(person)}",
                "https://elsewhere.example/all",
            )
        )
    )
    row: dict[str, Any] = {
        "type": kind,
        "campaign_id": campaign,
        "occurred_at": f"2026-04-14T1{draw(st.integers(0, 3))}:00:0{draw(st.integers(0, 2))}Z",
        "event_id": draw(st.none() | st.integers(0, 9).map(lambda number: f"event-{person}-{number}")),
        "provider": draw(st.sampled_from(("sendgrid", "postmark", None))),
        "user_agent": draw(st.none() | st.sampled_from(AGENTS)) if kind in ("opened", "clicked") else None,
        "ip": draw(
            st.none() | st.sampled_from(("203.0.113.7", "203.0.113.8", "198.51.100.9", "2001:db8:1:2::3"))
        ),
        "url": url if kind == "clicked" else None,
        "link_position": draw(st.none() | st.integers(0, 4)) if kind == "clicked" else None,
        "diagnostic": draw(st.sampled_from(REPLIES)).format(address(person)) if kind == "bounced" else None,
        "payload": {
            "email": address(person),
            "custom": {"customer": customer_id(person)},
            "smtp-id": f"<m{person}{campaign}@mta>",
        },
    }
    if "customer" in named:
        row["customer_id"] = customer_id(person)
    if "recipient" in named:
        row["recipient"] = draw(st.sampled_from((address(person), address(person).upper())))
    if "message" in named:
        row["message_id"] = f"m{person}-{campaign or 'spring'}"
    return row


@st.composite
def _messages(draw: st.DrawFn) -> dict[str, Any]:
    person, campaign = draw(st.integers(0, PEOPLE - 1)), draw(st.sampled_from(CAMPAIGNS))
    return {
        "campaign_id": campaign,
        "customer_id": customer_id(person),
        "email": draw(st.none() | st.just(address(person))),
        "message_id": draw(st.none() | st.just(f"m{person}-{campaign}")),
        "sent_at": draw(st.none() | st.just("2026-04-14T09:59:58Z")),
        "not_sent_detail": draw(st.none() | st.just(f"{name(person)} is blocked")),
        "merge_fields": {"first_name": name(person), "offer_url": f"https://shop.example/offers/{person}"},
    }


@st.composite
def _customers(draw: st.DrawFn) -> dict[str, Any]:
    person = draw(st.integers(0, PEOPLE - 1))
    return {
        "customer_id": customer_id(person),
        "email": draw(st.none() | st.just(address(person))),
        "name": name(person),
        "country": draw(st.none() | st.sampled_from(("NL", "US"))),
        "timezone": draw(st.none() | st.just("Europe/Paris")),
        "suppressed": draw(st.none() | st.just("bounced_before")),
        "suppressed_at": "2026-01-01T00:00:00Z",
    }


@pytest.mark.hypothesis
@pytest.mark.thorough
@settings(
    max_examples=max(settings().max_examples // 25, 4), phases=(Phase.generate,), report_multiple_bugs=False
)
@given(
    st.lists(_customers(), max_size=5, unique_by=lambda row: row["customer_id"]),
    st.lists(_messages(), max_size=10, unique_by=lambda row: (row["campaign_id"], row["customer_id"])),
    st.lists(_events(), min_size=1, max_size=25),
    st.lists(_events(), min_size=1, max_size=4),
    st.sets(st.integers(0, PEOPLE - 1), min_size=1, max_size=2),
)
def test_an_erasure_changes_no_figure(
    customers: list[dict[str, Any]],
    messages: list[dict[str, Any]],
    events: list[dict[str, Any]],
    later: list[dict[str, Any]],
    whom: set[int],
) -> None:
    with TemporaryDirectory(prefix="mailsight-test-") as folder:
        database, twin = (
            Path(folder) / "data" / "mailsight.duckdb",
            Path(folder) / "twin" / "mailsight.duckdb",
        )
        files: dict[str, str | bytes] = {
            "mail.html": MAIL,
            "campaigns.ndjson": ndjson(
                *(
                    {
                        "campaign_id": each,
                        "name": each,
                        "sent_at": "2026-04-14T09:59:00Z",
                        "template": "mail.html",
                    }
                    for each in CAMPAIGNS[:2]
                )
            ),
            "customers.ndjson": ndjson(*customers),
            "messages.ndjson": ndjson(*messages),
            "events.ndjson": ndjson(*events),
        }
        loaded = bundle(Path(folder) / "bundle", files)
        bundles.load(database, [loaded])
        shutil.copytree(database.parent, twin.parent, symlinks=True)
        before = all_figures(database)
        with Warehouse(database).snapshot() as data:
            persons = [people.find(data, address(person), may_share=True) for person in whom]
        # Who is known under another id without an address is not found by it.
        traces = {value for person in persons for _, value in person.values}

        erasure.erase(database, [address(person) for person in sorted(whom)], may_share=True)

        assert all_figures(database) == before
        assert leaks(database.parent, sorted(traces)) == []
        again = bundles.load(database, [loaded])
        assert [(kind.new, kind.changed) for kind in again.kinds] == [(0, 0)] * len(again.kinds)
        assert all_figures(database) == before
        # Later events count as if nobody had been erased.
        more = bundle(Path(folder) / "later", {"events.ndjson": ndjson(*later)})
        bundles.load(database, [more])
        event(f"new events: {bundles.load(twin, [more]).changed}")
        assert leaks(database.parent, sorted(traces)) == []
        assert all_figures(database) == all_figures(twin)

"""listmonk, from its PostgreSQL database or the CSV files that it exports (`listmonk_files`).

Tables and columns: knadh/listmonk, schema.sql. A person is known by the uuid, which the exports have too.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mailsight.importing.files import listmonk_files
from mailsight.importing.sources import Gap, Item, Mail, Position, Request, Row, Rows, Source

from .changes import event_id
from .markdown import as_html
from .postgresql import Database, Reached, Record, is_address, opened

NAME = "listmonk"
REQUIRED = ("campaigns", "subscribers", "campaign_views.id", "link_clicks.id", "links", "lists")

GAPS = (
    Gap(
        ("selected", "sent", "not_sent", "delivered"),
        "listmonk doesn't keep whom it mailed: Sent is its own number, and who was not sent a campaign is unknown.",
    ),
    Gap(
        ("opened", "opens", "clicked", "clicks"),
        "listmonk names nobody with its opens and clicks unless individual tracking is on, and forgets the names of "
        "deleted subscribers. Such opens and clicks are only in its totals.",
    ),
    Gap(("unsubscribed", "opted_out"), "listmonk doesn't keep by which campaign somebody unsubscribed."),
)

_CONTENT = re.compile(r"\{\{-?\s*template\s+\"content\"\s+\.\s*-?\}\}")
_STATUSES = ("running", "paused", "cancelled", "finished")
# Opens and clicks, by the table that has them.
_EVENTS = {"campaign_views": "opened", "link_clicks": "clicked"}


def read(request: Request) -> Iterator[Item]:
    if not is_address(request.where):
        yield from listmonk_files.read(request)
        return
    with opened(request, "listmonk", REQUIRED, since="2.0") as database:
        yield from _read_database(request, database)


def _read_database(request: Request, database: Database) -> Iterator[Item]:
    reached = Reached(database)
    request = database.current(request, (*_EVENTS, "bounces"))
    request.report(0.0, "Reading campaigns")
    yield from _campaigns(database, request.positions)
    request.report(0.1, "Reading subscribers")
    yield from _subscribers(database, request.positions)
    for place, table in enumerate(_EVENTS):
        request.report(0.4 + 0.25 * place, f"Reading {table}")
        yield from _events(database, table, request.positions, reached)
    request.report(0.9, "Reading bounces")
    if "bounces" in database.tables:
        yield from _bounces(database, request.positions, reached)
    yield from _totals(database, request.positions)
    yield from reached.positions()


def _campaigns(database: Database, positions: Mapping[str, str]) -> Iterator[Item]:
    """All campaigns if any has changed: listmonk doesn't note each change of a campaign or its template."""
    default = "(select body from templates where is_default order by id limit 1)"
    has_templates = "templates" in database.tables
    names = (
        "(select array_agg(list_name order by id) from campaign_lists as l where l.campaign_id = campaigns.id)"
        if "campaign_lists" in database.tables
        else "null"
    )
    query = f"""
        select
            campaigns.id, campaigns.name, campaigns.subject, campaigns.from_email, campaigns.body,
            campaigns.content_type::text as content_type,
            campaigns.status::text as status, campaigns.tags,
            coalesce(campaigns.started_at, campaigns.send_at) as sent_at, {names} as lists,
            {f"coalesce(templates.body, {default})" if has_templates else "null"} as template
        from campaigns
        {"left join templates on templates.id = campaigns.template_id" if has_templates else ""}
        order by campaigns.id
    """
    digest = database.digest(query)
    if digest == positions.get("campaigns"):
        return
    for batch in database.rows(query):
        rows: list[Row] = []
        for campaign in batch:
            mail = _mail(campaign)
            if mail:
                yield mail
            rows.append(_campaign(campaign, mail))
        yield Rows("campaigns", "campaigns", rows)
    yield Position("campaigns", digest)


def _campaign(campaign: Record, mail: Mail | None) -> Row:
    lists = [name for name in campaign["lists"] or () if name]
    name, address = _sender(campaign["from_email"] or "")
    return {
        "campaign_id": _campaign_id(campaign["id"]),
        "name": campaign["name"],
        "subject": campaign["subject"],
        "from_name": name,
        "from_email": address,
        # A draft has no time, and a scheduled campaign is planned.
        "sent_at": campaign["sent_at"] if campaign["status"] in _STATUSES else None,
        "tags": campaign["tags"] or None,
        "selection": {"field": "list", "op": "in", "value": lists} if lists else None,
        "template": mail.name if mail else None,
    }


def _mail(campaign: Record) -> Mail | None:
    """The e-mail: the campaign's text in its template, with fields and links as they are written there."""
    body, kind = campaign["body"] or "", campaign["content_type"]
    if not body.strip():
        return None
    if kind == "plain":
        return Mail(f"{campaign['id']}.txt", body)
    if kind == "markdown":
        body = as_html(body)
    template = campaign["template"] if kind != "visual" else None
    whole, places = _CONTENT.subn(lambda _: body, template or "")
    return Mail(f"{campaign['id']}.html", whole if places else body)


def _subscribers(database: Database, positions: Mapping[str, str]) -> Iterator[Item]:
    """Those that changed. listmonk doesn't set `updated_at` when it blocks people who bounce or ask for it."""
    query = """
        select s.id, s.uuid::text as uuid, s.email, s.name, s.attribs, s.status::text as status, s.created_at
        from subscribers as s
        where s.id between %(first)s and %(last)s
        order by s.id
    """
    columns = ("uuid", "email", "name", "attribs", "status", "created_at")
    for ids, following in database.changed_blocks("subscribers", columns, positions):
        for batch in database.rows(query, ids):
            yield Rows("customers", "subscribers", [_subscriber(subscriber) for subscriber in batch])
        yield from following
    if "subscriber_lists" in database.tables:
        yield from _opt_outs(database, positions)


def _subscriber(subscriber: Mapping[str, Any]) -> Row:
    return {
        **listmonk_files.attributes(subscriber["attribs"]),
        "customer_id": subscriber["uuid"],
        "email": subscriber["email"],
        "name": subscriber["name"],
        "created_at": subscriber["created_at"],
        "status": subscriber["status"],
    }


def _opt_outs(database: Database, positions: Mapping[str, str]) -> Iterator[Item]:
    """Who left a list. listmonk doesn't set `updated_at` here either when a bounce is the reason.

    No campaign can be named, so the customer has an attribute with the lists and the days.
    """
    created_at = database.column("subscriber_lists", "created_at", "sl")
    has_names = "name" in database.tables.get("lists", ())
    query = f"""
        select
            s.uuid::text as uuid, s.email, sl.subscriber_id, sl.list_id, {"l.name" if has_names else "null"} as list,
            coalesce(sl.updated_at, {created_at}) as left_at
        from subscriber_lists as sl join subscribers as s on s.id = sl.subscriber_id
        {"left join lists as l on l.id = sl.list_id" if has_names else ""}
        where sl.status::text = 'unsubscribed' and coalesce(sl.updated_at, {created_at}) is not null
            and sl.subscriber_id between %(first)s and %(last)s
        order by sl.subscriber_id, sl.list_id
    """
    changed = database.changed_blocks(
        "subscriber_lists",
        ("list_id", "updated_at"),
        positions,
        key="subscriber_id",
        where="status::text = 'unsubscribed'",
    )
    for ids, following in changed:
        for batch in database.rows(query, ids):
            yield Rows("customers", "subscriber_lists", [_left(row) for row in batch])
            yield Rows("events", "subscriber_lists", [_opt_out(row) for row in batch])
        yield from following


def _left(row: Record) -> Row:
    name = row["list"] or f"list {row['list_id']}"
    return {"customer_id": row["uuid"], "unsubscribed_from": {name: f"{row['left_at']:%Y-%m-%d}"}}


def _opt_out(row: Record) -> Row:
    return {
        "event_id": f"unsubscribed-{row['subscriber_id']}-{row['list_id']}",
        "provider": NAME,
        "customer_id": row["uuid"],
        "recipient": row["email"],
        "type": "unsubscribed",
        "occurred_at": row["left_at"],
    }


def _events(database: Database, table: str, positions: Mapping[str, str], reached: Reached) -> Iterator[Item]:
    """The opens or clicks of known people. The others are only counted (`_totals`)."""
    is_click = table == "link_clicks"
    query = f"""
        select
            t.id, t.campaign_id, t.created_at, s.uuid::text as uuid, s.email,
            {"l.url" if is_click else "null"} as url
        from {table} as t
        join subscribers as s on s.id = t.subscriber_id
        {"left join links as l on l.id = t.link_id" if is_click else ""}
        where t.id > %(after)s
        order by t.id
    """
    kind = _EVENTS[table]
    for batch in database.rows(query, {"after": int(positions.get(table, 0))}):
        events: list[Row] = []
        for row in batch:
            reached.note(table, row["id"], row["created_at"])
            events.append(
                {
                    "event_id": event_id(kind, row["id"], row["created_at"]),
                    "provider": NAME,
                    "campaign_id": None if row["campaign_id"] is None else _campaign_id(row["campaign_id"]),
                    "customer_id": row["uuid"],
                    "recipient": row["email"],
                    "type": kind,
                    "occurred_at": row["created_at"],
                    "url": row["url"],
                }
            )
        yield Rows("events", table, events)


def _campaign_id(number: object) -> str:
    return f"{NAME}-{number}"


def _sender(text: str) -> tuple[str | None, str]:
    """`News <news@shop.example>` as name and address."""
    match = re.fullmatch(r"\s*\"?(.*?)\"?\s*<([^<>]+)>\s*", text)
    return (match[1] or None, match[2].strip()) if match else (None, text.strip())


def _bounces(database: Database, positions: Mapping[str, str], reached: Reached) -> Iterator[Item]:
    query = """
        select
            b.id, b.campaign_id, b.created_at, b.type::text as type, b.source, b.meta, s.uuid::text as uuid, s.email
        from bounces as b join subscribers as s on s.id = b.subscriber_id
        where b.id > %(after)s
        order by b.id
    """
    for batch in database.rows(query, {"after": int(positions.get("bounces", 0))}):
        events: list[Row] = []
        for row in batch:
            reached.note("bounces", row["id"], row["created_at"])
            is_bounce = row["type"] != "complaint"
            events.append(
                {
                    "event_id": event_id("bounce", row["id"], row["created_at"]),
                    "provider": NAME,
                    "campaign_id": None if row["campaign_id"] is None else _campaign_id(row["campaign_id"]),
                    "customer_id": row["uuid"],
                    "recipient": row["email"],
                    "type": "bounced" if is_bounce else "complained",
                    "occurred_at": row["created_at"],
                    "bounce_type": row["type"] if is_bounce else None,
                    "payload": {"source": row["source"], "meta": row["meta"]},
                }
            )
        yield Rows("events", "bounces", events)


def _totals(database: Database, positions: Mapping[str, str]) -> Iterator[Item]:
    """Each campaign's numbers, with the opens and clicks of nobody in particular, which listmonk counts too.

    Bounces and complaints are people here, as everywhere: listmonk has a row for each attempt.
    """
    bounces = (
        "left join (select campaign_id, "
        "count(distinct subscriber_id) filter (where type::text in ('hard', 'soft')) as bounces, "
        "count(distinct subscriber_id) filter (where type::text = 'hard') as hard, "
        "count(distinct subscriber_id) filter (where type::text = 'soft') as soft, "
        "count(distinct subscriber_id) filter (where type::text = 'complaint') as complained "
        "from bounces group by campaign_id) as b on b.campaign_id = c.id"
    )
    has_bounces = "bounces" in database.tables
    query = f"""
        select
            c.id, c.to_send, c.sent, coalesce(v.opens, 0) as opens, coalesce(k.clicks, 0) as clicks,
            {
        "coalesce(b.bounces, 0) as bounces, coalesce(b.hard, 0) as hard, coalesce(b.soft, 0) as soft, "
        "coalesce(b.complained, 0) as complained"
        if has_bounces
        else "null as bounces, null as hard, null as soft, null as complained"
    }
        from campaigns as c
        left join (select campaign_id, count(*) as opens from campaign_views group by campaign_id) as v
            on v.campaign_id = c.id
        left join (select campaign_id, count(*) as clicks from link_clicks group by campaign_id) as k
            on k.campaign_id = c.id
        {bounces if has_bounces else ""}
        where c.status::text = any(%(statuses)s)
        order by c.id
    """
    parameters = {"statuses": list(_STATUSES)}
    digest = database.digest(query, parameters)
    if digest == positions.get("totals"):
        return
    for batch in database.rows(query, parameters):
        yield Rows(
            "totals",
            "campaigns",
            [
                {
                    "campaign_id": _campaign_id(row["id"]),
                    "recipients": row["to_send"],
                    "sent": row["sent"],
                    "bounces": row["bounces"],
                    "hard_bounces": row["hard"],
                    "soft_bounces": row["soft"],
                    "opens": row["opens"],
                    "clicks": row["clicks"],
                    "complained": row["complained"],
                }
                for row in batch
            ],
        )
    yield Position("totals", digest)


SOURCE = Source(
    NAME,
    "listmonk",
    "the address of its PostgreSQL database, postgresql://user:password@host:5432/listmonk, or its CSV exports",
    GAPS,
    read,
    listmonk_files.KINDS,
    recipients="listmonk's database, with individual tracking turned on",
)

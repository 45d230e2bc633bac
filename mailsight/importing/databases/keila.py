"""Keila, from its PostgreSQL database: `messages`, or `mailings_recipients` before version 0.20 (February 2026).

Tables and columns: pentacent/keila, priv/repo/migrations; what sets each time is in lib/keila/mailings/message_actions.
Its times have no zone and are in UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mailsight.importing.sources import Gap, Item, Mail, Position, Request, Row, Rows, Source

from . import keila_blocks, keila_mjml
from .changes import event_id
from .markdown import as_html
from .postgresql import Database, Reached, Record, opened

NAME = "keila"
REQUIRED = ("mailings_campaigns", "contacts", "tracking_links", "tracking_clicks")
# The position with the highest id of a message. It is known by its contact, who may be deleted before the next import.
LAST_MESSAGE = "last message"
# E-mails as received are read so many at a time.
BATCH_MAILS = 500

GAPS = (
    Gap(
        ("opens",),
        "Keila keeps the first open of each message, and nothing by which machines could be recognised but the time.",
    ),
    Gap(("delivered",), "Keila counts a message as delivered unless it bounced."),
)

STATUSES = {0: "active", 1: "unsubscribed", 2: "unreachable"}
UNSUBSCRIBED = 3  # a type of contacts_events
# What happened to a message, by the column with its time.
EVENTS: Mapping[str, tuple[str, str | None]] = {
    "opened_at": ("opened", None),
    "soft_bounce_received_at": ("bounced", "soft"),
    "hard_bounce_received_at": ("bounced", "hard"),
    "complaint_received_at": ("complained", None),
    "unsubscribed_at": ("unsubscribed", None),
}
_TIMES = ("inserted_at", "updated_at", "queued_at", "sent_at", "clicked_at", "failed_at", *EVENTS)


def read(request: Request) -> Iterator[Item]:
    with opened(request, "Keila", REQUIRED, since="0.5") as database:
        reached = Reached(database)
        request = database.current(request, ("tracking_clicks", "contacts_events"))
        request.report(0.0, "Reading campaigns")
        yield from _campaigns(database, request.positions)
        request.report(0.05, "Reading contacts")
        yield from _contacts(database, request.positions)
        request.report(0.3, "Reading messages")
        yield from _messages(database, request, reached)
        request.report(0.7, "Reading clicks")
        yield from _clicks(database, request.positions, reached)
        if "contacts_events" in database.tables:
            yield from _opt_outs(database, request.positions, reached)
        yield from reached.positions()


def _campaigns(database: Database, positions: Mapping[str, str]) -> Iterator[Item]:
    """All campaigns if any of them, its sender or its segment has changed."""
    column = database.column
    has_segments = "contacts_segments" in database.tables
    has_templates = "template_id" in database.tables["mailings_campaigns"] and "templates" in database.tables
    bodies = ", ".join(
        f"coalesce(nullif({column('mailings_campaigns', f'{form}_body', 'c')}, ''), "
        f"{column('templates', f'{form}_body', 't') if has_templates else 'null'}) as {form}_body, "
        f"{column('mailings_campaigns', f'{form}_content', 'c')} as {form}_content"
        for form in ("html", "text", "mjml")
    )
    query = f"""
        select
            c.id, c.subject, {column("mailings_campaigns", "preview_text", "c")} as preview_text,
            {bodies},
            {column("mailings_campaigns", "json_body", "c")} as json_body,
            c.settings ->> 'type' as type, c.sent_at, s.from_name, s.from_email,
            {"g.name" if has_segments else "null"} as segment
        from mailings_campaigns as c
        left join mailings_senders as s on s.id = c.sender_id
        {"left join templates as t on t.id = c.template_id" if has_templates else ""}
        {"left join contacts_segments as g on g.id = c.segment_id" if has_segments else ""}
        order by c.id
    """
    digest = database.digest(query)
    if digest == positions.get("campaigns"):
        return
    for batch in database.rows(query, batch_rows=BATCH_MAILS):
        rows: list[Row] = []
        for campaign in batch:
            mail = _mail(campaign)
            if mail:
                yield mail
            rows.append(
                {
                    "campaign_id": f"{NAME}-{campaign['id']}",
                    "name": campaign["subject"],
                    "subject": campaign["subject"],
                    "preheader": campaign["preview_text"],
                    "from_name": campaign["from_name"],
                    "from_email": campaign["from_email"],
                    "sent_at": campaign["sent_at"],
                    "selection": campaign["segment"] and f"Segment {campaign['segment']}",
                    "template": mail.name if mail else None,
                }
            )
        yield Rows("campaigns", "mailings_campaigns", rows)
    yield Position("campaigns", digest)


def _mail(campaign: Record) -> Mail | None:
    """The e-mail as it was written, in its template if that has places for it."""
    html, text = _filled(campaign, "html"), _filled(campaign, "text")
    match campaign["type"]:
        case "text" if text:
            return Mail(f"{campaign['id']}.txt", text)
        case "markdown" if text:
            return Mail(f"{campaign['id']}.html", as_html(text))
        case "block" if not html and (rendered := keila_blocks.as_html(campaign["json_body"])):
            return Mail(f"{campaign['id']}.html", rendered)
        case "mjml" if rendered := keila_mjml.as_html(_filled(campaign, "mjml")):
            return Mail(f"{campaign['id']}.html", rendered)
        case _ if html:
            return Mail(f"{campaign['id']}.html", html)
    return None


def _filled(campaign: Record, form: str) -> str:
    return keila_mjml.filled(campaign[f"{form}_body"] or "", campaign[f"{form}_content"])


def _contacts(database: Database, positions: Mapping[str, str]) -> Iterator[Item]:
    query = f"""
        select
            c.id, c.email, c.first_name, c.last_name, {database.column("contacts", "status", "c")} as status,
            {database.column("contacts", "data", "c")} as data, c.inserted_at
        from contacts as c
        where c.id between %(first)s and %(last)s
        order by c.id
    """
    columns = ("email", "first_name", "last_name", "status", "data", "inserted_at")
    for ids, following in database.changed_blocks("contacts", columns, positions):
        for batch in database.rows(query, ids):
            yield Rows("customers", "contacts", [_contact(contact) for contact in batch])
        yield from following


def _contact(contact: Record) -> Row:
    data = contact["data"]
    return {
        **({f"data.{key}": value for key, value in data.items()} if isinstance(data, dict) else {}),
        "customer_id": _customer_id(contact["id"]),
        "email": contact["email"],
        "first_name": contact["first_name"],
        "last_name": contact["last_name"],
        "name": " ".join(part for part in (contact["first_name"], contact["last_name"]) if part) or None,
        "created_at": contact["inserted_at"],
        "status": STATUSES.get(contact["status"]),
    }


def _messages(database: Database, request: Request, reached: Reached) -> Iterator[Item]:
    """Messages of campaigns that changed: an open or a click doesn't set `updated_at`.

    E-mails don't change, so those of the last import are not read again with the rows beside a changed one.
    """
    table = _messages_table(database)
    known = database.tables[table]
    times = [time for time in _TIMES if time in known]
    bodies = [name for name in ("html_body", "text_body") if name in known]
    newest = f"greatest({', '.join(f'm.{time}' for time in times)}) at time zone 'UTC'"
    is_new = f"%(after)s::timestamptz is null or {newest} > %(after)s::timestamptz"

    def body(name: str) -> str:
        return f"case when {is_new} then m.{name} end" if name in bodies else "null"

    query = f"""
        select
            m.id, m.campaign_id, m.contact_id, {", ".join(f"m.{time}" for time in times)},
            {database.column(table, "status", "m")} as status,
            {body("html_body")} as html_body,
            {body("text_body")} as text_body,
            coalesce({database.column(table, "recipient_email", "m")}::text, c.email::text) as email,
            m.clicked_at is not null and not exists (
                select from tracking_clicks as t where t.{_message_column(database)} = m.id
            ) as has_lost_clicks,
            {newest} as changed_at
        from {table} as m
        left join contacts as c on c.id = m.contact_id
        where m.campaign_id is not null and m.id between %(first)s and %(last)s
        order by m.id
    """
    after = request.positions.get("messages")
    batch_rows = min(BATCH_MAILS, database.batch_rows) if bodies else database.batch_rows
    columns = ("campaign_id", "contact_id", *times, "status", "recipient_email")
    changed = database.changed_blocks(table, columns, request.positions, where="campaign_id is not null")
    for ids, following in changed:
        for batch in database.rows(query, {"after": after, **ids}, batch_rows=batch_rows):
            yield from _read_messages(table, batch, request.earlier, reached)
        yield from following
    [last] = database.all(f"select coalesce(max(id), 0) as id from {table}")
    yield Position(LAST_MESSAGE, str(max(last["id"], int(request.earlier.get(LAST_MESSAGE, 0)))))


def _read_messages(
    table: str, batch: Sequence[Record], earlier: Mapping[str, str], reached: Reached
) -> Iterator[Item]:
    before = _time(earlier.get("messages"))
    rows: list[Row] = []
    events: list[Row] = []
    for message in batch:
        reached.note("messages", message["changed_at"], message["changed_at"])
        events += _message_events(message)
        if message["contact_id"] is None and _was_read(message, earlier):
            # It is known by the contact that was deleted since, and may have been waiting.
            events += _outcome(message, before)
            continue
        mail = _copy(message)
        if mail:
            yield mail
        rows.append(_message(message, mail))
    yield Rows("messages", table, rows)
    yield Rows("events", table, events)


def _was_read(message: Record, earlier: Mapping[str, str]) -> bool:
    if LAST_MESSAGE in earlier:
        return int(message["id"]) <= int(earlier[LAST_MESSAGE])
    # The last import was by a version that kept only its time, if there was one.
    return bool(message["inserted_at"] <= _time(earlier.get("messages")))


def _time(written: str | None) -> datetime:
    """The time at which an import ended, as Keila writes it."""
    return datetime.fromisoformat(written).replace(tzinfo=None) if written else datetime.min  # noqa: DTZ901


def _outcome(message: Record, before: datetime) -> Iterator[Row]:
    """What became of a message, unless it was so before."""
    for column, kind in (("sent_at", "sent"), ("failed_at", "failed")):
        at = message.get(column)
        if at and at > before:
            yield _event(message, f"{kind}-{message['id']}", kind, at)


def _copy(message: Record) -> Mail | None:
    """The e-mail as the recipient received it, as long as Keila keeps it."""
    if message["html_body"]:
        return Mail(f"messages/{message['id']}.html", message["html_body"])
    return Mail(f"messages/{message['id']}.txt", message["text_body"]) if message["text_body"] else None


def _message(message: Record, mail: Mail | None) -> Row:
    has_failed = message["sent_at"] is None and (message["status"] == -1 or message.get("failed_at"))
    contact_id = message["contact_id"]
    return {
        "campaign_id": f"{NAME}-{message['campaign_id']}",
        # A contact that was deleted is nobody's but this message's.
        "customer_id": f"{NAME}-message-{message['id']}" if contact_id is None else _customer_id(contact_id),
        "message_id": f"{NAME}-{message['id']}",
        "email": message["email"],
        "sent_at": message["sent_at"],
        "not_sent_reason": "failed" if has_failed else None,
        "content": mail.name if mail else None,
    }


def _message_events(message: Record) -> Iterator[Row]:
    for column, (kind, bounce_type) in EVENTS.items():
        at = message.get(column)
        # A click without an open sets both times, in one step.
        if at is None or (column == "opened_at" and at == message["clicked_at"]):
            continue
        yield _event(
            message, f"{column.removesuffix('_at')}-{message['id']}", kind, at, bounce_type=bounce_type
        )
    if message["has_lost_clicks"]:
        yield _event(message, f"clicked-{message['id']}", "clicked", message["clicked_at"])


def _event(message: Record, event_id: str, kind: str, at: datetime, **more: Any) -> Row:
    return {
        "event_id": event_id,
        "provider": NAME,
        "campaign_id": f"{NAME}-{message['campaign_id']}",
        "message_id": f"{NAME}-{message['id']}",
        "type": kind,
        "occurred_at": at,
        **more,
    }


def _clicks(database: Database, positions: Mapping[str, str], reached: Reached) -> Iterator[Item]:
    query = f"""
        select
            t.id as click_id, t.{_message_column(database)} as id, t.inserted_at at time zone 'UTC' as at, l.url,
            l.campaign_id
        from tracking_clicks as t join tracking_links as l on l.id = t.link_id
        where t.id > %(after)s
        order by t.id
    """
    for batch in database.rows(query, {"after": int(positions.get("tracking_clicks", 0))}):
        rows = [
            _event(row, event_id("click", row["click_id"], row["at"]), "clicked", row["at"], url=row["url"])
            for row in batch
        ]
        yield Rows("events", "tracking_clicks", rows)
        for row in batch:
            reached.note("tracking_clicks", row["click_id"], row["at"])


def _opt_outs(database: Database, positions: Mapping[str, str], reached: Reached) -> Iterator[Item]:
    """Those that came from no message, such as by a form or the API."""
    has_messages = {"message_id", "recipient_id"} & database.tables["contacts_events"]
    query = f"""
        select e.id, e.contact_id, e.inserted_at at time zone 'UTC' as at
        from contacts_events as e
        where e.type = %(type)s and e.id > %(after)s
            {"".join(f"and e.{name} is null" for name in has_messages)}
        order by e.id
    """
    parameters = {"type": UNSUBSCRIBED, "after": int(positions.get("contacts_events", 0))}
    for batch in database.rows(query, parameters):
        rows: list[Row] = [
            {
                "event_id": event_id("event", row["id"], row["at"]),
                "provider": NAME,
                "customer_id": _customer_id(row["contact_id"]),
                "type": "unsubscribed",
                "occurred_at": row["at"],
            }
            for row in batch
        ]
        yield Rows("events", "contacts_events", rows)
        for row in batch:
            reached.note("contacts_events", row["id"], row["at"])


def _messages_table(database: Database) -> str:
    return "messages" if "messages" in database.tables else "mailings_recipients"


def _message_column(database: Database) -> str:
    return "message_id" if "message_id" in database.tables["tracking_clicks"] else "recipient_id"


def _customer_id(number: object) -> str:
    return f"{NAME}-{number}"


SOURCE = Source(
    NAME,
    "Keila",
    "the address of its PostgreSQL database, postgresql://user:password@host:5432/keila",
    GAPS,
    read,
)

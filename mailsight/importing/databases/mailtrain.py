"""Mailtrain 2, from its MySQL or MariaDB database.

Tables and columns: Mailtrain-org/mailtrain, server/setup/sql/mailtrain.sql and setup/knex/migrations; what the numbers
mean is in shared/campaigns.js, models/links.js and lib/message-sender.js. Its times are of type TIMESTAMP, so they know
their zone.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailsight.importing.sources import Gap, Item, Mail, Position, Request, Row, Rows, Source

from . import mailtrain_rows
from .mailtrain_rows import AFTERWARDS, SENT
from .mysql import Database, Record, in_steps, opened

PAGE_ROWS = 20_000

CAMPAIGNS = ("id", "cid", "type", "name", "subject", "subject_override", "from_name_override",
             "from_email_override", "status", "scheduled", "start_at", "data", "source",
             "send_configuration", "channel", "delivered", "opened", "clicks", "unsubscribed",
             "bounced", "complained")  # fmt: skip
MESSAGES = ("id", "campaign", "list", "subscription", "status", "response", "response_id", "updated",
            "created")  # fmt: skip
LINKS = ("campaign", "list", "subscription", "link", "ip", "device_type", "country", "count", "created")
SENDERS = ("id", "from_name", "from_name_overridable", "from_email", "from_email_overridable", "subject")
# What campaigns say beside their own rows.
NAMES = {"lists": ("id", "name"), "segments": ("id", "name"), "channels": ("id", "name"),
         "custom_fields": ("id", "key", "column"), "send_configurations": SENDERS,
         "templates": ("id", "html", "text")}  # fmt: skip
RECIPIENT = ("campaign", "list", "subscription")
# The position with the time, in seconds, up to which the ids of opens and clicks hold no time. Earlier versions gave
# such ids, and left `campaign_links` positions of one word.
UNTIMED = "ids without times"
SUBSCRIPTIONS = ("id", "cid", "email", "tz", "opt_in_country", "status", "created", "updated", "unsubscribed")

FEED = 2  # CampaignType.RSS: only its entries are sent
UNFINISHED = (1, 5)  # CampaignStatus.IDLE and INACTIVE
FROM_TEMPLATE, FROM_URL = 1, 5  # CampaignSource; the others keep the e-mail in the campaign

# `[MERGE_CITY/there]` or, in Handlebars, `{{MERGE_CITY}}`.
_TAG = re.compile(r"\[(\w{1,100})(?:/([^\]]{0,200}))?\]|\{\{\s*(\w{1,100})\s*\}\}")

# What those who got only a test did is counted in Mailtrain, but they are no recipients.
_SAME = " and ".join(f"x.{column} = t.{column}" for column in RECIPIENT)
_NO_TEST = (
    f"not exists (select 1 from {{test_messages}} as x where {_SAME})"
    f" or exists (select 1 from {{campaign_messages}} as x where {_SAME})"
)

GAPS = (
    Gap(
        ("opens", "clicks"),
        "Mailtrain keeps when a message was opened and each link clicked for the first time, and how often. All of "
        "them are counted at that time. A click also counts as an open there.",
    ),
    Gap(
        ("undeliverable", "unsubscribed", "complained", "opted_out"),
        "Mailtrain keeps the first of these that happened to a message: who unsubscribed and complained counts once.",
    ),
    Gap(
        ("selected", "not_sent"),
        "Mailtrain keeps no row for subscribers who had left a list before the campaign was sent, and doesn't say "
        "which messages its blacklist held back.",
    ),
)


def read(request: Request) -> Iterator[Item]:
    """Everything of the database that changed since the request's positions."""
    with opened(request, "campaign_messages", program="Mailtrain 2") as database:
        yield from _Import(database, request).items()


SOURCE = Source("mailtrain", "Mailtrain 2", "mysql://user:password@host/database", GAPS, read)


@dataclass
class _Import:
    """Few of Mailtrain's rows say when they changed, so a position is a checksum: of a list or of a campaign."""

    database: Database
    request: Request
    _fields: dict[int, list[Record]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.database.rows("custom_fields", ["id", "list", "name", "key", "type", "column"]):
            if row["column"]:
                self._fields.setdefault(row["list"], []).append(row)

    def items(self) -> Iterator[Item]:
        steps = (
            ("Subscribers", self._subscribers),
            ("Campaigns", self._campaigns),
            ("Messages", self._messages),
            ("Opens and clicks", self._links),
        )
        return in_steps(self.request, steps)

    @property
    def _size(self) -> int:
        return min(PAGE_ROWS, self.request.batch_rows)

    def _changed(
        self, table: str, columns: Sequence[str], by: str, *beside: Mapping[Any, str]
    ) -> Iterator[tuple[Any, Position]]:
        """The values of a column whose rows changed, with their new positions.

        `beside`: checksums of other rows with the same value, which count as well.
        """
        for value, checksum in self.database.fingerprints(table, columns, by).items():
            others = [str(other.get(value)) for other in beside]
            position = Position(f"{table} {value}", " ".join([checksum, *others]))
            if self.request.positions.get(position.name) != position.value:
                yield value, position

    def _subscribers(self) -> Iterator[Item]:
        for table in self.database.tables("subscription__"):
            number = table.removeprefix("subscription__")
            if not number.isdecimal():
                continue
            fields = self._fields.get(int(number), [])
            columns = [*SUBSCRIPTIONS, *(row["column"] for row in fields)]
            checksum = self.database.fingerprints(table, columns).get(0, "")
            if self.request.positions.get(table) == checksum:
                continue
            names = {row["column"]: mailtrain_rows.attribute(row["key"]) for row in fields}
            for page in self.database.pages(table, columns, where="t.email <> ''", size=self._size):
                yield Rows(
                    "customers", table, [mailtrain_rows.subscriber(int(number), row, names) for row in page]
                )
            yield Position(table, checksum)

    def _campaigns(self) -> Iterator[Item]:
        lists = self.database.fingerprints(
            "campaign_lists", ["id", "campaign", "list", "segment"], "campaign"
        )
        messages = self.database.fingerprints("campaign_messages", MESSAGES, "campaign")
        names = [self.database.fingerprints(table, columns).get(0) for table, columns in NAMES.items()]
        beside = dict.fromkeys(self.database.fingerprints("campaigns", CAMPAIGNS, "id"), str(names))
        for number, position in self._changed("campaigns", CAMPAIGNS, "id", lists, messages, beside):
            for campaign in self.database.chosen("campaigns", CAMPAIGNS, "id", [number]):
                is_draft = campaign["status"] in UNFINISHED and number not in messages
                if campaign["type"] != FEED and not is_draft:
                    yield from self._campaign(campaign)
            yield position

    def _campaign(self, campaign: Record) -> Iterator[Item]:
        sender = next(
            iter(
                self.database.chosen(
                    "send_configurations",
                    SENDERS,
                    "id",
                    [campaign["send_configuration"]],
                )
            ),
            {},
        )
        channels = self.database.chosen("channels", ["name"], "id", [campaign["channel"]])
        template = self._template(campaign)
        if template:
            yield template
        subject = campaign["subject"] or campaign["subject_override"] or sender.get("subject")
        row: Row = {
            "campaign_id": mailtrain_rows.campaign_id(campaign["id"]),
            "name": campaign["name"] or subject,
            "subject": self._with_fields(subject),
            **{name: _overridden(name, campaign, sender) for name in ("from_name", "from_email")},
            "sent_at": self._first_sent(campaign),
            "tags": [channel["name"] for channel in channels if channel["name"]] or None,
            "selection": self._selection(campaign["id"]),
            "template": template.name if template else None,
        }
        yield Rows("campaigns", "campaigns", [row])
        if campaign["delivered"]:
            yield Rows("totals", "campaigns", [mailtrain_rows.totals(campaign)])

    def _first_sent(self, campaign: Record) -> datetime | None:
        time = f"if(t.status = {SENT}, coalesce(t.updated, t.created), t.created)"
        statuses = ", ".join(map(str, (SENT, *AFTERWARDS)))
        rows = self.database.rows(
            "campaign_messages",
            [],
            joined={"first": f"min({time})"},
            where=f"t.campaign = %s and t.status in ({statuses})",
            parameters=[campaign["id"]],
        )
        return rows[0]["first"] if rows else None

    def _template(self, campaign: Record) -> Mail | None:
        """The e-mail. One that is fetched from a URL isn't stored."""
        data = mailtrain_rows.data(campaign["data"])
        custom = data.get("sourceCustom")
        if campaign["source"] == FROM_TEMPLATE:
            rows = self.database.chosen("templates", ["html", "text"], "id", [data.get("sourceTemplate")])
            custom = rows[0] if rows else None
        if campaign["source"] == FROM_URL or not isinstance(custom, Mapping):
            return None
        for kind, end in (("html", "html"), ("text", "txt")):
            body = custom.get(kind)
            if isinstance(body, str) and body.strip():
                return Mail(f"campaigns/{campaign['id']}.{end}", self._with_fields(body) or "")
        return None

    def _with_fields(self, text: str | None) -> str | None:
        """A text with its fields named as the attributes: `{{city}}`, or phpList's `[city%%there]` with a default.

        Mailtrain's links stay as they are.
        """
        keys = {"EMAIL"} | {row["key"] for rows in self._fields.values() for row in rows}

        def named(tag: re.Match[str]) -> str:
            key, default = tag[1] or tag[3], tag[2]
            if key not in keys:
                return tag[0]
            name = mailtrain_rows.attribute(key)
            return f"{{{{{name}}}}}" if default is None else f"[{name}%%{default}]"

        return _TAG.sub(named, text) if text else None

    def _selection(self, campaign: int) -> str | None:
        rows = self.database.rows(
            "campaign_lists",
            [],
            joins="join {lists} as l on l.id = t.list left join {segments} as s on s.id = t.segment",
            joined={"list": "l.name", "segment": "s.name"},
            where="t.campaign = %s",
            rest="order by t.id",
            parameters=[campaign],
        )
        conditions = []
        for row in rows:
            whole = {"field": "list", "op": "=", "value": row["list"]}
            part = {"field": "segment", "op": "=", "value": row["segment"]}
            conditions.append({"all": [whole, part]} if row["segment"] else whole)
        if not conditions:
            return None
        return json.dumps(conditions[0] if len(conditions) == 1 else {"any": conditions}, ensure_ascii=False)

    def _messages(self) -> Iterator[Item]:
        for campaign, position in self._changed("campaign_messages", MESSAGES, "campaign"):
            for number in self._lists_of("campaign_messages", campaign):
                for page in self._of_list("campaign_messages", MESSAGES, ("subscription",), campaign, number):
                    yield Rows("messages", "campaign_messages", [mailtrain_rows.message(row) for row in page])
                    events = [mailtrain_rows.afterwards(row) for row in page if row["status"] in AFTERWARDS]
                    yield Rows("events", "campaign_messages", events)
            yield position

    def _links(self) -> Iterator[Item]:
        tests = self.database.fingerprints("test_messages", RECIPIENT, "campaign")
        messages = self.database.fingerprints("campaign_messages", MESSAGES, "campaign")
        tested = {campaign: f"{tests[campaign]} {messages.get(campaign)}" for campaign in tests}
        if untimed := self._untimed():
            yield Position(UNTIMED, str(untimed))
        for campaign, position in self._changed("campaign_links", LINKS, "campaign", tested):
            urls = {
                row["id"]: row["url"]
                for row in self.database.rows(
                    "links", ["id", "url"], where="t.campaign = %s", parameters=[campaign]
                )
            }
            for number in self._lists_of("campaign_links", campaign):
                pages = self._of_list(
                    "campaign_links",
                    LINKS,
                    ("subscription", "link"),
                    campaign,
                    number,
                    where=_NO_TEST if campaign in tests else "true",
                )
                rows = itertools.chain.from_iterable(pages)
                events: list[Row] = []
                for _, same in itertools.groupby(rows, key=lambda row: row["subscription"]):
                    events += mailtrain_rows.opens_and_clicks(list(same), urls, untimed)
                    if len(events) >= self._size:
                        yield Rows("events", "campaign_links", events)
                        events = []
                yield Rows("events", "campaign_links", events)
            yield position

    def _untimed(self) -> int:
        """Up to when opens and clicks may be loaded by ids that hold no time."""
        earlier = self.request.earlier
        if UNTIMED in earlier:
            return int(earlier[UNTIMED])
        if all(" " in value for name, value in earlier.items() if name.startswith("campaign_links ")):
            return 0
        [row] = self.database.rows("campaign_links", [], joined={"last": "max(t.created)"})
        return int(row["last"].timestamp()) if row["last"] else 0

    def _lists_of(self, table: str, campaign: int) -> list[int]:
        rows = self.database.rows(
            table, [], joined={"list": "distinct t.list"}, where="t.campaign = %s", parameters=[campaign]
        )
        return sorted(row["list"] for row in rows)

    def _of_list(
        self,
        table: str,
        columns: Sequence[str],
        key: Sequence[str],
        campaign: int,
        number: int,
        *,
        where: str = "true",
    ) -> Iterator[list[Record]]:
        """The rows of one campaign and list, with the subscribers' addresses as far as they are still there."""
        subscribers = f"subscription__{number}"
        known = bool(self.database.columns(subscribers))
        return self.database.pages(
            table,
            columns,
            key=key,
            joins=f"left join {{{subscribers}}} as s on s.id = t.subscription" if known else "",
            joined={"email": "s.email" if known else "null"},
            where=f"t.campaign = %s and t.list = %s and ({where})",
            parameters=[campaign, number],
            size=self._size,
        )


def _overridden(name: str, campaign: Record, sender: Record) -> str | None:
    """The campaign's own name or address of the sender, if its send configuration allows it."""
    own = campaign[f"{name}_override"]
    return own if own and sender.get(f"{name}_overridable") != 0 else sender.get(name)

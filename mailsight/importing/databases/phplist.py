"""phpList, from its MySQL or MariaDB database.

Tables and columns: phpList/phplist3, public_html/lists/admin/structure.php (3.6); what the columns mean is in
admin/actions/processqueue.php (statuses), ut.php (views), lt.php (clicks) and admin/processbounces.php. Columns of type
DATETIME hold the server's time: the option `timezone` names its zone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailsight.importing.sources import Gap, Item, Mail, Position, Request, Row, Rows, Source

from . import php, phplist_rows
from .mysql import Database, Record, in_steps, new_events, opened

PAGE_ROWS = 5_000
BOUNCE_CHARACTERS = 20_000

CAMPAIGNS = ("id", "subject", "fromfield", "message", "textmessage", "footer", "status",
             "userselection", "sent", "sendstart", "htmlformatted", "template")  # fmt: skip
USERS = ("id", "email", "confirmed", "blacklisted", "entered", "modified", "htmlemail", "disabled",
         "foreignkey")  # fmt: skip

# The columns of the tables of clicks, the key first.
CLICKS = {
    "linktrack_uml_click": ("id", "messageid", "userid", "forwardid", "firstclick", "latestclick", "clicked"),
    "linktrack": ("linkid", "messageid", "userid", "url", "forward", "firstclick", "latestclick", "clicked"),
}

# Campaigns that are still being written.
UNFINISHED = {"draft", "prepared"}
_REMOTE = re.compile(r"\[URL:[^\]]{1,2000}\]", re.IGNORECASE)

GAPS = (
    Gap(
        ("clicks",),
        "phpList keeps the first and the last click of each link and subscriber, and how many there were. The clicks "
        "in between have no time and are not counted.",
    ),
    Gap(
        ("unsubscribed", "opted_out", "complained"),
        "phpList doesn't keep by which campaign somebody unsubscribed or complained. Customers who are on its "
        "blacklist have the attribute blacklisted.",
    ),
    Gap(
        ("not_sent",),
        "phpList has no row for subscribers who were unconfirmed or on the blacklist when it began to send, and "
        "removes those to whom sending failed.",
    ),
    Gap(("undeliverable",), "phpList recognises bounces only if it is set up to fetch them."),
)


def read(request: Request) -> Iterator[Item]:
    """Everything of the database that is newer than the request's positions."""
    with opened(request, "usermessage", program="phpList 3") as database:
        database.times = {"user_message_view": "viewed"}
        yield from _Import(database, database.current(request)).items()


SOURCE = Source(
    "phplist",
    "phpList",
    "mysql://user:password@host/database (and --option timezone=..., that of its server)",
    GAPS,
    read,
)


@dataclass
class _Import:
    database: Database
    request: Request
    _attributes: dict[int, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The tables of subscribers have a prefix of their own.
        prefix = self.database.options.get("user_prefix", f"{self.database.prefix}user_")
        self.database.full_names = {
            table: prefix + table for table in ("user", "attribute", "user_attribute")
        }
        attributes = self.database.rows("attribute", ["id", "name", "type", "tablename"])
        self._attributes = {row["id"]: row for row in attributes if row["name"]}
        self._choices = {number: self._choices_of(row) for number, row in self._attributes.items()}

    def items(self) -> Iterator[Item]:
        steps = (
            ("Subscribers", self._subscribers),
            ("Campaigns", self._campaigns),
            ("Messages", self._messages),
            ("Opens", self._views),
            ("Clicks", self._clicks),
            ("Bounces", self._bounces),
            ("Forwards", self._forwards),
        )
        return in_steps(self.request, steps)

    @property
    def _size(self) -> int:
        return min(PAGE_ROWS, self.request.batch_rows)

    def _choices_of(self, attribute: Record) -> dict[str, str]:
        """The names of an attribute's values, which are stored in a table of its own."""
        if attribute["type"] not in ("select", "radio", "checkboxgroup") or not attribute["tablename"]:
            return {}
        rows = self.database.rows(f"listattr_{attribute['tablename']}", ["id", "name"])
        return {str(row["id"]): row["name"] for row in rows}

    def _subscribers(self) -> Iterator[Item]:
        for condition, positions in self.database.changed_blocks("user", USERS, self.request.positions):
            for page in self.database.pages(
                "user", USERS, where=f"{condition} and t.email <> ''", size=self._size
            ):
                values = self._values([user["id"] for user in page])
                rows = [phplist_rows.subscriber(user, values.get(user["id"], {})) for user in page]
                yield Rows("customers", "user", rows)
            yield from positions

    def _values(self, users: Sequence[int]) -> dict[int, dict[str, str]]:
        """The attributes of subscribers, by their names."""
        values: dict[int, dict[str, str]] = {}
        for row in self.database.chosen(
            "user_attribute", ["userid", "attributeid", "value"], "userid", users
        ):
            attribute, choices = (kept.get(row["attributeid"]) for kept in (self._attributes, self._choices))
            if not attribute or not row["value"]:
                continue
            parts = row["value"].split(",") if choices else [row["value"]]
            named = [choices.get(part.strip(), "") if choices else part for part in parts]
            if text := ", ".join(name for name in named if name):
                values.setdefault(row["userid"], {})[attribute["name"]] = text
        return values

    def _campaigns(self) -> Iterator[Item]:
        """The campaigns that changed. Some have no time of change, so a checksum of their columns tells."""
        kept = self.request.positions
        prints = self.database.fingerprints("message", CAMPAIGNS, "id")
        lists = self.database.fingerprints("listmessage", ["id", "messageid", "listid"], "messageid")
        texts = self.database.fingerprints("messagedata", ["id", "name", "data"], "id")
        for number in sorted(prints):
            value = f"{prints[number]} {lists.get(number)} {texts.get(number)}"
            if kept.get(f"message {number}") == value:
                continue
            for campaign in self.database.chosen("message", CAMPAIGNS, "id", [number]):
                if (campaign["status"] or "").lower() not in UNFINISHED:
                    yield from self._campaign(campaign)
            yield Position(f"message {number}", value)

    def _campaign(self, campaign: Record) -> Iterator[Item]:
        number = campaign["id"]
        data = {
            row["name"]: row["data"]
            for row in self.database.rows(
                "messagedata",
                ["name", "data"],
                where="t.id = %s and t.name in ('campaigntitle', 'excludelist')",
                parameters=[number],
            )
        }
        sender, address = phplist_rows.sender(campaign["fromfield"])
        template = self._template(campaign)
        if template:
            yield template
        row: Row = {
            "campaign_id": phplist_rows.campaign_id(number),
            "name": data.get("campaigntitle") or campaign["subject"],
            "subject": self._fields(campaign["subject"]),
            "from_name": sender,
            "from_email": address,
            "sent_at": campaign["sendstart"] or campaign["sent"],
            "selection": self._selection(campaign, data.get("excludelist")),
            "template": template.name if template else None,
        }
        yield Rows("campaigns", "message", [row])

    def _selection(self, campaign: Record, excluded: str | None) -> str | None:
        lists = self.database.rows(
            "listmessage",
            [],
            joins="join {list} as l on l.id = t.listid",
            joined={"name": "l.name"},
            where="t.messageid = %s",
            rest="order by l.id",
            parameters=[campaign["id"]],
        )
        parts = []
        if lists:
            parts.append(f"On the lists: {', '.join(row['name'] for row in lists)}.")
        numbers = php.read_array((excluded or "").removeprefix("SER:")).values()
        left_out = self.database.chosen("list", ["name"], "id", [n for n in numbers if str(n).isdecimal()])
        if left_out:
            parts.append(f"Not on: {', '.join(row['name'] for row in left_out)}.")
        if campaign["userselection"]:
            parts.append(f"And selected by: {campaign['userselection']}")
        return " ".join(parts) or None

    def _template(self, campaign: Record) -> Mail | None:
        """The e-mail: the template with the campaign's text in it. A page that is fetched when sending isn't known."""
        text = campaign["message"] or ""
        if _REMOTE.search(text):
            return None
        rows = self.database.chosen("template", ["template"], "id", [campaign["template"] or None])
        is_html = bool(campaign["htmlformatted"]) or bool(rows) or "<" in text
        if not is_html:
            text = text or campaign["textmessage"] or ""
            return Mail(f"messages/{campaign['id']}.txt", self._fields(text) or "") if text else None
        whole = rows[0]["template"] if rows else None
        filled = re.sub(r"\[CONTENT\]", lambda _: text, whole, flags=re.IGNORECASE) if whole else text
        footer = (campaign["footer"] or "").replace("\n", "<br>\n")
        filled = re.sub(r"\[FOOTER\]", lambda _: footer, filled, flags=re.IGNORECASE)
        return Mail(f"messages/{campaign['id']}.html", self._fields(filled) or "") if filled.strip() else None

    def _fields(self, text: str | None) -> str | None:
        """phpList's `[FIRST NAME]` as `{{First name}}`, because only its own names are fields.

        With a default value, as in `[FIRST NAME%%there]`, they can be nothing else.
        """
        if not text:
            return None
        names = ["email", *(row["name"] for row in self._attributes.values())]
        spelled = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        field_ = re.compile(rf"\[({spelled})\]", re.IGNORECASE)
        return field_.sub(lambda match: f"{{{{{match[1]}}}}}", text)

    def _messages(self) -> Iterator[Item]:
        """The messages of campaigns in which any changed."""
        columns = ["userid", "messageid", "entered", "viewed", "status"]
        for number, value in self.database.fingerprints("usermessage", columns, "messageid").items():
            if self.request.positions.get(f"usermessage {number}") == value:
                continue
            for page in self.database.pages(
                "usermessage",
                columns,
                key=("userid",),
                joins="left join {user} as u on u.id = t.userid",
                joined={"email": "u.email", "has_view": self._has_view()},
                where="t.messageid = %s",
                parameters=[number],
                size=self._size,
            ):
                blacklist = self._blacklist([row["email"] for row in page if row["status"] == "not sent"])
                yield Rows("messages", "usermessage", [phplist_rows.message(row, blacklist) for row in page])
                first_views = [
                    phplist_rows.first_view(row) for row in page if row["viewed"] and not row["has_view"]
                ]
                yield Rows("events", "usermessage", first_views)
            yield Position(f"usermessage {number}", value)

    def _has_view(self) -> str:
        if not self.database.columns("user_message_view"):
            return "0"
        return "exists (select 1 from {user_message_view} as v where v.userid = t.userid and v.messageid = t.messageid)"

    def _blacklist(self, addresses: Sequence[str | None]) -> dict[str, datetime]:
        rows = self.database.chosen("user_blacklist", ["email", "added"], "email", addresses)
        return {row["email"].lower(): row["added"] for row in rows if row["added"]}

    def _views(self) -> Iterator[Item]:
        columns = ["id", "messageid", "userid", "viewed", "ip", "data"]
        return self._new("user_message_view", columns, phplist_rows.view)

    def _new(
        self, table: str, columns: Sequence[str], as_event: Callable[[Record], Row | None]
    ) -> Iterator[Item]:
        return new_events(self.database, self.request, table, columns, as_event, size=self._size)

    def _clicks(self) -> Iterator[Item]:
        """The first and last clicks. Those of old versions stay in `linktrack` until somebody converts them."""
        changed: set[int] = set()
        for table, columns in CLICKS.items():
            key = columns[0]
            for number, value in self.database.fingerprints(table, columns, "messageid").items():
                if self.request.positions.get(f"{table} {number}") == value:
                    continue
                changed.add(number)
                has_forwards = "forwardid" in columns
                for page in self.database.pages(
                    table,
                    columns,
                    key=(key,),
                    joins="left join {linktrack_forward} as f on f.id = t.forwardid" if has_forwards else "",
                    joined={"link": "f.url" if has_forwards else "coalesce(t.forward, t.url)"},
                    where="t.messageid = %s and (t.clicked > 0 or t.firstclick is not null)",
                    parameters=[number],
                    size=self._size,
                ):
                    clicks = [click for row in page for click in phplist_rows.first_and_last(row, key)]
                    yield Rows("events", table, clicks)
                yield Position(f"{table} {number}", value)
        totals = [self._all_clicks(number) for number in sorted(changed)]
        yield Rows("totals", "linktrack_uml_click", totals)

    def _all_clicks(self, number: int) -> Row:
        """How many clicks there were, in both tables: more than those with a time."""
        sums = [
            row["clicks"] or 0
            for table in CLICKS
            for row in self.database.rows(
                table,
                [],
                joined={"clicks": "cast(sum(t.clicked) as signed)"},
                where="t.messageid = %s",
                parameters=[number],
            )
        ]
        return {"campaign_id": phplist_rows.campaign_id(number), "clicks": sum(sums)}

    def _bounces(self) -> Iterator[Item]:
        return new_events(
            self.database,
            self.request,
            "user_message_bounce",
            ["id", "user", "message", "time"],
            # Bounces of phpList's own e-mails, such as requests to confirm, have the message -1.
            lambda row: phplist_rows.bounce(row) if row["message"] > 0 else None,
            joins="left join {bounce} as b on b.id = t.bounce",
            joined={"date": "b.date", "report": f"left(b.data, {BOUNCE_CHARACTERS})"},
            size=min(500, self.request.batch_rows),
        )

    def _forwards(self) -> Iterator[Item]:
        columns = ["id", "user", "message", "status", "time"]
        return self._new("user_message_forward", columns, phplist_rows.forward)

"""Mautic, from its MySQL or MariaDB database.

Tables and columns: mautic/mautic, app/bundles/{Email,Lead,Page}Bundle/Entity (2.16 to 5.1). All its times are UTC.
Bounces lie in the same serialised column as opens (MonitoredEmail/Processor/Bounce.php, Model/TransportCallback.php).
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailsight.importing.sources import Gap, Item, Mail, Position, Request, Row, Rows, Source

from . import mautic_rows
from .mysql import Database, Mark, Record, in_steps, new_events, opened

# A page of `email_stats` brings its serialised tokens, some kilobytes a row.
PAGE_ROWS = 2_000
MAX_COPIES = 50_000
MAX_REDIRECTS = 200_000

STATS = ("id", "email_id", "lead_id", "email_address", "date_sent", "is_read", "is_failed", "date_read",
         "retry_count", "tokens", "copy_id", "open_count", "last_opened", "open_details")  # fmt: skip
TIMES = {"email_stats": "date_sent", "page_hits": "date_hit"}
# What changes in a message after it was sent.
CHANGING = ("id", "is_read", "is_failed", "date_read", "retry_count", "open_count", "last_opened",
            "open_details")  # fmt: skip
EMAILS = ("id", "name", "subject", "preheader_text", "from_address", "from_name", "custom_html", "plain_text",
          "email_type", "variant_parent_id", "translation_parent_id", "publish_up", "date_added",
          "date_modified", "lang", "category_id")  # fmt: skip
HITS = ("id", "date_hit", "email_id", "lead_id", "country", "region", "city", "url", "user_agent", "source",
        "source_id")  # fmt: skip
OPT_OUTS = ("id", "lead_id", "date_added", "reason", "channel_id", "comments")

# Mautic's own columns of `leads` that say nothing about the customer; those not listed become attributes.
LEAD_FIELDS = {"id", "email", "firstname", "lastname", "country", "preferred_locale", "date_added"}
INTERNAL = {
    "owner_id", "stage_id", "is_published", "created_by", "created_by_user", "date_modified", "modified_by",
    "modified_by_user", "checked_out", "checked_out_by", "checked_out_by_user", "internal", "social_cache",
    "date_identified", "generated_email_domain", "preferred_profile_image", "color", "uuid",
}  # fmt: skip

GAPS = (
    Gap(
        ("selected", "not_sent"),
        "Mautic keeps no row for contacts of a segment to whom it sent nothing, so only those whose address was "
        "invalid count as not sent.",
    ),
    Gap(
        ("sent",),
        "A contact who got the same e-mail several times counts once. E-mails that were written to a single contact, "
        "and those that were deleted in Mautic, belong to no campaign and are left out.",
    ),
    Gap(("opens",), "Mautic keeps the times of up to 1,000 opens of a message."),
    Gap(
        ("clicks",),
        "Clicks of contacts who were deleted in Mautic before the import name nobody and are left out.",
    ),
    Gap(
        ("unsubscribed", "opted_out"),
        "Mautic keeps one opt-out per contact, and names no e-mail in those entered by hand or through a form.",
    ),
    Gap(("complained",), "Mautic doesn't tell spam complaints from other opt-outs."),
)


def read(request: Request) -> Iterator[Item]:
    """Everything of the database that is newer than the request's positions."""
    with opened(request, "email_stats", program="Mautic 2.16 or later") as database:
        database.times = TIMES
        yield from _Import(database, database.current(request)).items()


SOURCE = Source(
    "mautic", "Mautic", "mysql://user:password@host/database (add ?prefix=... if there is more than one)", GAPS, read
)  # fmt: skip


@dataclass
class _Import:
    database: Database
    request: Request
    _emails: set[int] = field(default_factory=set)
    _present: set[int] = field(default_factory=set)
    _copies: OrderedDict[str, tuple[str, str]] = field(default_factory=OrderedDict)

    def items(self) -> Iterator[Item]:
        steps = (
            ("Contacts", self._contacts),
            ("Messages", self._messages),
            ("Campaigns", self._campaigns),
            ("Clicks", self._clicks),
            ("Opt-outs", self._opt_outs),
        )
        return in_steps(self.request, steps)

    def _contacts(self) -> Iterator[Item]:
        columns = [column for column in self.database.columns("leads") if column not in INTERNAL]
        attributes = [column for column in columns if column not in LEAD_FIELDS]
        for condition, positions in self.database.changed_blocks("leads", columns, self.request.positions):
            for page in self.database.pages(
                "leads",
                columns,
                where=f"{condition} and t.email <> ''",
                size=min(PAGE_ROWS, self.request.batch_rows),
            ):
                yield Rows("customers", "leads", [mautic_rows.contact(lead, attributes) for lead in page])
            yield from positions

    def _messages(self) -> Iterator[Item]:
        mark = Mark(self.request.positions.get("email_stats"))
        earlier = Mark(self.request.earlier.get("email_stats"))
        first_copy = self._first_copy()
        redirects = self._redirects() if first_copy is not None else {}
        for condition, positions in self.database.changed_blocks(
            "email_stats", CHANGING, self.request.positions
        ):
            for page in self.database.pages(
                "email_stats",
                STATS,
                joins="left join {ip_addresses} as i on i.id = t.ip_id",
                joined={"ip": "i.ip_address"},
                where=condition,
                size=min(PAGE_ROWS, self.request.batch_rows),
            ):
                for stat in page:
                    mark.saw(stat["id"], stat["date_sent"])
                stats = [stat for stat in page if stat["email_id"] is not None]
                new = [stat for stat in stats if mark.is_new(stat["id"])]
                self._emails.update(stat["email_id"] for stat in new)
                archived = [stat for stat in new if first_copy is not None and stat["id"] >= first_copy]
                copies = {stat["id"]: mail for stat, mail in self._archived(archived, redirects)}
                yield from copies.values()
                messages = [
                    mautic_rows.message(stat, copies.get(stat["id"]))
                    for stat in new
                    if not mautic_rows.has_lost_contact(stat, earlier)
                ]
                yield Rows("messages", "email_stats", messages)
                devices = self._devices(stats)
                events = [
                    event
                    for stat in stats
                    for event in mautic_rows.events(stat, devices.get(stat["id"], ()), earlier)
                ]
                yield Rows("events", "email_stats", events)
            yield from positions
        yield Position("email_stats", mark.position)

    def _archived(
        self, stats: Sequence[Record], redirects: Mapping[str, str]
    ) -> Iterator[tuple[Record, Mail]]:
        bodies = self._bodies(stats)
        for stat in stats:
            if mail := mautic_rows.copy(stat, bodies.get(stat["copy_id"]), redirects):
                yield stat, mail

    def _first_copy(self) -> int | None:
        """The first message whose copy is archived: only the newest, because each is some kilobytes."""
        wanted = self.request.options.get("copies", str(MAX_COPIES))
        if wanted == "all":
            return 0
        count = int(wanted) if wanted.isdecimal() else MAX_COPIES
        if not count or not self.database.columns("email_copies"):
            return None
        newest = self.database.rows(
            "email_stats", ["id"], rest="order by t.id desc limit 1 offset %s", parameters=[count - 1]
        )
        return int(newest[0]["id"]) if newest else 0

    def _redirects(self) -> dict[str, str]:
        rows = self.database.rows(
            "page_redirects", ["redirect_id", "url"], rest=f"order by t.id desc limit {MAX_REDIRECTS}"
        )
        return {row["redirect_id"]: row["url"] for row in rows if row["redirect_id"]}

    def _bodies(self, stats: Sequence[Record]) -> Mapping[str, tuple[str, str]]:
        """The bodies (HTML and text) of the messages' copies. A copy belongs to many messages, so some are kept."""
        wanted = {stat["copy_id"] for stat in stats if stat["copy_id"]}
        by_number = {number: self._copies[number] for number in wanted if number in self._copies}
        for row in self.database.chosen(
            "email_copies", ["id", "body", "body_text"], "id", wanted - by_number.keys()
        ):
            by_number[row["id"]] = self._copies[row["id"]] = (row["body"] or "", row["body_text"] or "")
        while len(self._copies) > 50:
            self._copies.popitem(last=False)
        return by_number

    def _devices(self, stats: Sequence[Record]) -> dict[int, list[Record]]:
        if not self.database.columns("email_stats_devices"):
            return {}
        opened_stats = [stat["id"] for stat in stats if stat["is_read"]]
        by_stat: dict[int, list[Record]] = {}
        for row in self.database.chosen(
            "email_stats_devices",
            ["id", "stat_id", "date_opened"],
            "stat_id",
            opened_stats,
            joins="left join {lead_devices} as d on d.id = t.device_id left join {ip_addresses} as i on i.id = t.ip_id",
            joined={
                "ip": "i.ip_address",
                "device": "d.device",
                "system": "d.device_os_name",
                "brand": "d.device_brand",
                "model": "d.device_model",
            },
            rest="order by t.stat_id, t.id",
        ):
            by_stat.setdefault(row["stat_id"], []).append(row)
        return by_stat

    def _campaigns(self) -> Iterator[Item]:
        """The e-mails that changed, and those with new messages, the first of which says when sending began."""
        emails = {
            row["id"]: row
            for row in self.database.rows(
                "emails", ["id", "name", "variant_parent_id", "sent_count", "read_count"]
            )
        }
        yield Rows(
            "totals",
            "emails",
            [mautic_rows.totals(email) for email in emails.values() if email["sent_count"]],
        )
        self._present = set(emails)
        parents = {email["variant_parent_id"] for email in emails.values()}
        positions = {
            number: Position(f"emails {number}", checksum)
            for number, checksum in self.database.fingerprints("emails", EMAILS, "id").items()
        }
        changed = {
            number
            for number, position in positions.items()
            if self.request.positions.get(position.name) != position.value
        }
        segments = self._segments("email_list_xref")
        excluded = self._segments("email_list_excluded")
        categories = {row["id"]: row["title"] for row in self.database.rows("categories", ["id", "title"])}
        for number in sorted((changed | self._emails) & positions.keys()):
            for email in self.database.chosen("emails", EMAILS, "id", [number]):
                variant = email["variant_parent_id"] or (email["id"] if email["id"] in parents else None)
                parent = emails[variant]["name"] if variant in emails else None
                template = mautic_rows.template(email)
                if template:
                    yield template
                tags = [categories.get(email["category_id"]), parent and f"A/B test: {parent}"]
                row: Row = {
                    "campaign_id": mautic_rows.campaign(email["id"]),
                    "name": mautic_rows.name(email, parent),
                    "subject": email["subject"],
                    "preheader": email["preheader_text"],
                    "from_name": email["from_name"],
                    "from_email": email["from_address"],
                    "sent_at": self._first_sent(email["id"]) if email["id"] in self._emails else None,
                    "tags": [tag for tag in tags if tag] or None,
                    "selection": mautic_rows.selection(segments.get(number, []), excluded.get(number, [])),
                    "template": template.name if template else None,
                }
                yield Rows("campaigns", "emails", [row])
            yield positions[number]

    def _first_sent(self, email_id: int) -> datetime | None:
        rows = self.database.rows(
            "email_stats",
            [],
            joined={"first": "min(t.date_sent)"},
            where="t.email_id = %s",
            parameters=[email_id],
        )
        return rows[0]["first"] if rows else None

    def _segments(self, table: str) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        for row in self.database.rows(
            table,
            ["email_id"],
            joins="join {lead_lists} as l on l.id = t.leadlist_id",
            joined={"name": "l.name"},
            rest="order by t.email_id, l.id",
        ):
            names.setdefault(row["email_id"], []).append(row["name"])
        return names

    def _is_campaign(self, email_id: int | None) -> bool:
        """Whether an e-mail is in Mautic, or was at an earlier import. Clicks and opt-outs name deleted ones, too."""
        return email_id in self._present or f"emails {email_id}" in self.request.earlier

    def _click(self, hit: Record) -> Row | None:
        email_id = hit["email_id"] or (hit["source_id"] if hit["source"] == "email" else None)
        if email_id is None or hit["lead_id"] is None or not self._is_campaign(email_id):
            return None
        return mautic_rows.click(hit, email_id)

    def _clicks(self) -> Iterator[Item]:
        return new_events(
            self.database,
            self.request,
            "page_hits",
            HITS,
            self._click,
            joins="left join {page_redirects} as r on r.id = t.redirect_id "
            "left join {ip_addresses} as i on i.id = t.ip_id",
            joined={
                "link": "r.url",
                "ip": "i.ip_address",
                "stat_id": _STAT_OF_CONTACT.format(email="t.email_id"),
            },
            where="t.redirect_id is not null and (t.email_id is not null or t.source = 'email')",
            size=self.request.batch_rows,
        )

    def _opt_outs(self) -> Iterator[Item]:
        for condition, positions in self.database.changed_blocks(
            "lead_donotcontact", OPT_OUTS, self.request.positions
        ):
            for page in self.database.pages(
                "lead_donotcontact",
                OPT_OUTS,
                joined={"stat_id": _STAT_OF_CONTACT.format(email="t.channel_id")},
                where=f"{condition} and t.channel = 'email' and t.lead_id is not null",
                size=min(PAGE_ROWS, self.request.batch_rows),
            ):
                yield from self._opt_out_rows(page)
            yield from positions

    def _opt_out_rows(self, page: Sequence[Record]) -> Iterator[Rows]:
        yield Rows("customers", "lead_donotcontact", [mautic_rows.do_not_contact(row) for row in page])
        named = [row for row in page if self._is_campaign(row["channel_id"])]
        refused = [
            mautic_rows.refused(row)
            for row in named
            if mautic_rows.is_refused(row) and row["channel_id"] in self._present
        ]
        yield Rows("messages", "lead_donotcontact", refused)
        stats = self.database.chosen(
            "email_stats",
            ["id"],
            "id",
            [row["stat_id"] for row in named],
            rest="and t.open_details like '%%\"bounces\"%%'",
        )
        bounced = {row["id"] for row in stats}
        events = [
            mautic_rows.opt_out(row) for row in named if row["stat_id"] not in bounced or row["reason"] == 1
        ]
        yield Rows("events", "lead_donotcontact", [event for event in events if event])


# A contact that was merged into another has its messages, but they were imported under the other one's id.
_STAT_OF_CONTACT = (
    "(select min(s.id) from {{email_stats}} as s where s.email_id = {email} and s.lead_id = t.lead_id)"
)

"""SendGrid: the CSV of the email activity, and the statistics of Marketing Campaigns.

https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/email-activity-feed and
https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/marketing-campaigns-stats-overview
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import tzinfo
from functools import partial

from mailsight.importing.headers import Kind
from mailsight.importing.sources import Gap, Item, Request, Source, Unusable, Value
from mailsight.loading.json_files import BadRecord
from mailsight.providers.meanings import plain
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import BOUNCE_TYPES, EventType

from . import exports, total_names, totals, values
from .exports import Entry, ExportFile, Reading, TableRow, by_row
from .happened import Happened, Log

NAME = "sendgrid"

ACTIVITY = Kind(
    "activity",
    fields={
        "occurred_at": ("processed", "timestamp", "date"),
        "message_id": ("message_id", "sg_message_id", "msg_id"),
        "event": ("event", "event_name"),
        "event_id": ("sg_event_id", "event_id"),
        "api_key": ("api_key_id",),
        "received_id": ("recv_message_id",),
        "subject": ("subject",),
        "from": ("from", "from_email"),
        "email": ("email", "to_email", "to"),
        "group": ("asm_group_id",),
        "template": ("template_id",),
        "ip": ("originating_ip", "ip"),
        "reason": ("reason", "response"),
        "outbound_ip": ("outbound_ip",),
        "mx": ("mx",),
        "url": ("url",),
        "attempt": ("attempt",),
        "user_agent": ("user_agent", "useragent", "http_user_agent"),
        "type": ("type", "bounce_type"),
        "is_unique": ("is_unique",),
        "categories": ("categories", "category"),
        "campaign": ("marketing_campaign_id", "singlesend_id"),
        "campaign_name": ("marketing_campaign_name", "singlesend_name"),
        "split": ("marketing_campaign_split_id",),
        "version": ("marketing_campaign_version",),
        "arguments": ("unique_args", "custom_args"),
        "machine": ("sg_machine_open", "machine_open"),
    },
    needs=frozenset({"occurred_at", "event", "email"}),
    marks=tuple(
        frozenset({"occurred_at", "event", "email", field})
        for field in ("api_key", "received_id", "group", "campaign", "outbound_ip", "arguments")
    ),
)
STATS = Kind(
    "stats",
    fields={
        **total_names.NAMES,
        "id": ("Single Send ID", "singlesend_id", "Automation ID", "id"),
        "name": ("Single Send Name", "Single Send", "Automation Name", "name", "Campaign Name", "title"),
        "variant": ("ab_variation", "Variation", "A/B Variation", "variation_id"),
        "phase": ("ab_phase", "A/B Phase"),
        "aggregation": ("aggregation", "Date", "day"),
        "sent": ("requests", "Emails Requested", "triggered", *total_names.NAMES["sent"]),
        "sent_at": ("Send At", "sent_at", "Send Date", "Sent Date"),
        "bounces": ("bounces", "Bounced", *total_names.NAMES["bounces"]),
        "bounce_drops": ("bounce_drops", "Bounce Drops"),
        "spam_drops": ("spam_report_drops", "Spam Report Drops"),
        "invalid": ("invalid_emails", "Invalid Emails"),
        "complained": ("spam_reports", "Spam Reports", *total_names.NAMES["complained"]),
    },
    needs=frozenset({"delivered", "opened"}),
    marks=tuple(
        frozenset({"delivered", "opened", field})
        for field in ("variant", "bounce_drops", "spam_drops", "invalid")
    ),
)
# The words of the activity feed beside those of the webhook.
_WORDS = {
    "bounced": "bounce",
    "opened": "open",
    "clicked": "click",
    "drop": "dropped",
    "spam_report": "spamreport",
    "spam report": "spamreport",
    "unsubscribed": "unsubscribe",
    "group unsubscribe": "group_unsubscribe",
    "group resubscribe": "group_resubscribe",
    "block": "blocked",
    "blocked": "bounce",
}
_TYPES, _REASONS = PROVIDERS[NAME].words
_SOFT = frozenset(("soft", "blocked", "block", "expired"))
_NO_VARIANT = frozenset(("all", "none", "0"))


def read(request: Request) -> Iterator[Item]:
    """The events of the activity feed, and the totals of campaigns."""
    readings = (by_row(ACTIVITY, "events", partial(_activity, Log(NAME))), Reading(STATS, _statistics))
    return exports.read_tables(request, "SendGrid", readings)


def _activity(log: Log, file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    email = values.address(row.get("email"))
    at = exports.moment(file, zone)(row.get("occurred_at"))
    word = plain(row.get("event") or "")
    meaning = _TYPES.meaning([_WORDS.get(word, word)])
    if not email or not at or (meaning and not meaning.is_event):
        reason = (
            "no e-mail address"
            if not email
            else "no time"
            if not at
            else f"not an event of a message: {word}"
        )
        yield Unusable("events", file.name, row.line, reason, row.text)
        return
    kind = (meaning.type if meaning else None) or EventType.UNKNOWN
    campaign_id, names = _campaign(row)
    if campaign_id:
        yield from log.campaign(campaign_id, file.name, row.line, **names)
    details: dict[str, Value] = {
        "url": row.get("url"),
        "user_agent": row.get("user_agent"),
        "ip": row.get("ip") if kind in (EventType.OPENED, EventType.CLICKED) else None,
        "diagnostic": row.get("reason"),
        "provider_machine": _verdict(row.get("machine")),
    }
    if kind is EventType.BOUNCED:
        details["bounce_type"] = _bounce_type(word, plain(row.get("type") or ""))
    if kind is EventType.REJECTED:
        known = _REASONS.meaning(filter(None, (row.get("reason"), row.get("type"))))
        details["reject_reason"] = (known.reason if known else None) or "other"
    if kind is EventType.UNKNOWN:
        details["payload"] = {"event": word}
    happened = Happened(
        kind=kind,
        email=email,
        at=at,
        campaign_id=campaign_id,
        message_id=row.get("message_id"),
        event_id=row.get("event_id"),
        details=details,
    )
    yield from log.entries(happened, file.name, row.line)


def _campaign(row: TableRow) -> tuple[str | None, dict[str, str | None]]:
    """The campaign's id and what it is called. A sender's own id for it, if it sent one along, comes first."""
    arguments = _arguments(row.get("arguments"))
    own = arguments.get("campaign_id") or arguments.get("campaign")
    name, version = row.get("campaign_name"), row.get("version")
    if isinstance(own, str | int) and own:
        return str(own), {"name": name, "subject": row.get("subject")}
    if not (key := row.get("campaign")):
        return None, {}
    called = f"{name or key} ({version})" if version else name or key
    return "-".join(filter(None, (NAME, key, version))), {"name": called, "subject": row.get("subject")}


def _arguments(text: str | None) -> Mapping[str, object]:
    with suppress(ValueError, RecursionError):
        arguments = json.loads(text or "{}")
        return arguments if isinstance(arguments, dict) else {}
    return {}


def _verdict(text: str | None) -> bool | None:
    """Whether SendGrid says that a machine opened the e-mail."""
    return None if text is None else text.lower() in ("true", "1", "yes", "t")


def _bounce_type(word: str, kind: str) -> str | None:
    if word in _SOFT or kind in _SOFT:
        return "soft"
    return kind if kind in BOUNCE_TYPES else "hard" if kind in ("bounce", "") else None


def _statistics(file: ExportFile, zone: tzinfo) -> Iterator[Entry | Unusable]:
    """The totals of campaigns, and of their variations. Exports have a row per day: only first opens are unique."""
    days: defaultdict[str, Counter[str]] = defaultdict(Counter)
    firsts: dict[str, Entry] = {}
    for row in exports.rows(file, STATS):
        if isinstance(row, BadRecord):
            yield Unusable("totals", file.name, row.line, row.reason, row.text)
            continue
        for entry in _of_day(file, zone, row):
            if isinstance(entry, Unusable):
                yield entry
                continue
            campaign_id = str(entry.row["campaign_id"])
            if entry.kind == "totals":
                days[campaign_id].update(
                    {name: number for name, number in entry.row.items() if isinstance(number, int)}
                )
            else:
                firsts.setdefault(campaign_id, entry)
    for campaign_id, entry in firsts.items():
        yield entry
        figures: dict[str, Value] = {"campaign_id": campaign_id, "source": NAME}
        yield Entry("totals", file.name, entry.line, figures | days[campaign_id])


def _of_day(file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    """The campaign or variation in a row, and its totals. A file without names and ids is about one."""
    name, variant = row.get("name"), row.get("variant")
    key = row.get("id") or (values.row_id(name) if name else file.stem)
    variant = None if not variant or variant.lower() in _NO_VARIANT else variant
    campaign_id = "-".join(filter(None, (NAME, key, variant)))
    called = name or key
    varied = {"name": f"{called} ({variant})" if variant else called}
    return totals.entries(NAME, campaign_id, file.name, row, totals.sent_at(file, row, zone), **varied)


SOURCE = Source(
    name=NAME,
    label="SendGrid",
    where="the CSV of the email activity feed, or of the statistics of Marketing Campaigns; a folder or zip of both",
    gaps=(
        Gap(
            ("sent", "delivered", "opened", "clicked"),
            "The activity feed goes back 30 days at most, and a download has up to a million events.",
        ),
        Gap(
            ("opened", "clicked"),
            "E-mails that name neither a Marketing Campaign nor a campaign_id stay unmatched.",
        ),
    ),
    read=read,
    kinds=(ACTIVITY, STATS),
    recipients="the download of SendGrid's activity feed",
)

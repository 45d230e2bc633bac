"""Mailchimp's tables: what their columns are, and what their rows mean."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from mailsight.importing.headers import EMAIL, FIRST_NAME, LAST_NAME, Kind, folded
from mailsight.importing.sources import Row, Unusable, Value
from mailsight.vocabulary import BOUNCE_TYPES, EventType

from . import total_names, values
from .exports import Entry, Moment, TableRow
from .mailchimp_campaigns import NAME, Campaign, Campaigns

MAX_REPORT_LENGTH = 2**20
_AGGREGATE = r"(?:^|/)aggregate_activity/"

CAMPAIGNS = Kind(
    "campaigns",
    fields={
        **total_names.NAMES,
        "sent_at": (*total_names.NAMES["sent_at"], "Delivery Date/Time"),
        "id": ("Unique Id", "Campaign Id"),
        "weekday": ("Send Weekday",),
        "folder": ("Folder Id",),
        "abuse": ("Abuse Complaints",),
        "forwarded": ("Times Forwarded",),
        "orders": ("Total Orders",),
    },
    needs=frozenset({"name"}),
    marks=(
        frozenset({"name", "id", "weekday"}),
        frozenset({"name", "forwarded", "opened"}),
        frozenset({"name", "folder", "opened"}),
    ),
)
_PERSON = {"email": EMAIL, "first_name": FIRST_NAME, "last_name": LAST_NAME}
AUDIENCE = Kind(
    "audience",
    fields={
        **_PERSON,
        "full_name": ("Name", "Full Name"),
        "rating": ("MEMBER_RATING",),
        "created_at": ("OPTIN_TIME",),
        "confirmed_at": ("CONFIRM_TIME",),
        "country": ("CC",),
        "language": ("LANG", "LANGUAGE", "MC_LANGUAGE"),
        "changed_at": ("LAST_CHANGED",),
        "contact_id": ("EUID",),
        "unsubscribed_at": ("UNSUB_TIME",),
        "campaign_title": ("UNSUB_CAMPAIGN_TITLE",),
        "campaign_id": ("UNSUB_CAMPAIGN_ID",),
        "reason": ("UNSUB_REASON",),
        "reason_other": ("UNSUB_REASON_OTHER",),
        "cleaned_at": ("CLEAN_TIME",),
        "clean_title": ("CLEAN_CAMPAIGN_TITLE",),
        "clean_id": ("CLEAN_CAMPAIGN_ID",),
    },
    needs=frozenset({"email"}),
    marks=tuple(
        frozenset({"email", field})
        for field in ("rating", "created_at", "contact_id", "unsubscribed_at", "cleaned_at")
    ),
)
# An audience from which the addresses were removed.
ANONYMOUS = Kind(
    "audience",
    AUDIENCE.fields,
    frozenset({"contact_id", "created_at", "rating"}),
    (frozenset({"contact_id", "created_at", "rating"}),),
)
_ACTIVITY = {"email": EMAIL, "occurred_at": ("Timestamp", "Time", "Date"), "ip": ("IP", "IP Address")}
OPENS = Kind("opens", _ACTIVITY, frozenset({"email", "occurred_at"}))
CLICKS = Kind("clicks", {**_ACTIVITY, "url": ("Url", "Link")}, frozenset({"email", "occurred_at", "url"}))
# What contacts did on a website or in an app. This kind keeps it from being taken for opens; it is left out.
CONTACT_EVENTS = Kind(
    "contact events",
    {**_ACTIVITY, "event": ("Event", "Event Name", "Event Type")},
    frozenset({"email", "occurred_at", "event"}),
)
BOUNCES = Kind("bounces", {**_PERSON, "bounce": ("Bounce Type",)}, frozenset({"email", "bounce"}))
UNSUBSCRIBES = Kind(
    "unsubscribes",
    fields={
        **_PERSON,
        "occurred_at": ("Unsubscribe Time", "Unsubscribed At", "UNSUB_TIME", "Timestamp", "Date"),
        "reason": ("Unsubscribe Reason", "UNSUB_REASON", "Reason"),
        "reason_other": ("UNSUB_REASON_OTHER",),
    },
    needs=frozenset({"email"}),
    place=re.compile(_AGGREGATE + "unsub", re.IGNORECASE),
)
COMPLAINTS = Kind(
    "complaints",
    {**_PERSON, "occurred_at": ("Timestamp", "Date")},
    frozenset({"email"}),
    place=re.compile(_AGGREGATE + "(abuse|complain|spam)", re.IGNORECASE),
)
# All others that a campaign was sent to: `opened`, `not_opened`, `click_activity`.
RECIPIENTS = Kind(
    "recipients",
    _PERSON,
    frozenset({"email"}),
    place=re.compile(_AGGREGATE + "(?!unsub|abuse|complain|spam|bounce)", re.IGNORECASE),
)
# One row per open, click and bounce: the API's e-mail activity, as tools write it into tables.
FLAT = Kind(
    "activity",
    fields={
        "email": ("email_address",),
        "campaign": ("campaign_id",),
        "action": ("action",),
        "type": ("type",),
        "occurred_at": ("timestamp",),
        "ip": ("ip",),
        "url": ("url",),
        "contact": ("email_id",),
    },
    needs=frozenset({"email", "campaign", "action", "occurred_at"}),
    marks=(frozenset({"email", "campaign", "action", "occurred_at", "contact"}),),
)
# The report of one campaign: a name and a value per line, under this heading.
REPORT = Kind(
    "report",
    {"heading": ("Email Campaign Report", "Campaign Report")},
    frozenset({"heading"}),
    (frozenset({"heading"}),),
)
KINDS = (
    REPORT,
    CAMPAIGNS,
    AUDIENCE,
    ANONYMOUS,
    OPENS,
    CLICKS,
    CONTACT_EVENTS,
    BOUNCES,
    UNSUBSCRIBES,
    COMPLAINTS,
    RECIPIENTS,
    FLAT,
)
LOADS_AS = {
    "audience": "customers",
    "opens": "events",
    "clicks": "events",
    "bounces": "events",
    "unsubscribes": "events",
    "complaints": "events",
    "recipients": "messages",
    "activity": "events",
}
# What becomes columns of customers or events. Everything else in an audience becomes an attribute.
_ATTRIBUTES = {"rating": "member_rating", "changed_at": "last_changed", "contact_id": "euid"}
_FIXED = frozenset(AUDIENCE.fields) - _ATTRIBUTES.keys()
_STATISTICS = re.compile(r"(Overall|Combination \d+) Stats", re.IGNORECASE)
STATUSES = re.compile(r"(unsubscribed|cleaned|non-?_?subscribed|transactional|archived)", re.IGNORECASE)


def report(path: Path) -> list[TableRow]:
    """The report of a campaign as a row of the list of campaigns, or that of a test as a row for each combination."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = list(csv.reader(io.StringIO(file.read(MAX_REPORT_LENGTH))))
    # What is before the first heading goes for all parts. The clicked links come last.
    parts: list[tuple[int, str, dict[str, str]]] = [(1, "", {})]
    for number, line in enumerate(lines, start=1):
        if len(line) == 1 and (heading := _STATISTICS.fullmatch(line[0].strip())):
            parts.append((number, heading[1], {}))
        elif len(line) == 2 and line[0].endswith(":"):
            parts[-1][2].setdefault(line[0], line[1])
    combinations = [part for part in parts if part[1].startswith("Combination")]
    if len(combinations) < 2:
        combinations = [(1, "", {name: text for part in reversed(parts) for name, text in part[2].items()})]
    return [_part(number, heading, parts[0][2] | pairs) for number, heading, pairs in combinations]


def _part(number: int, heading: str, pairs: Mapping[str, str]) -> TableRow:
    fields = dict(zip(CAMPAIGNS.column_names(list(pairs)), pairs.values(), strict=True))
    if heading:
        fields["name"] = f"{fields.get('name') or fields.get('subject') or ''} ({heading})"
    return TableRow(number, fields, str(pairs))


def audience(row: TableRow, file: str, campaigns: Campaigns, moment: Moment) -> Iterator[Entry | Unusable]:
    """A person of an audience, and how they left it, if they did."""
    email, contact_id = values.address(row.get("email")), row.get("contact_id")
    if not email and not contact_id:
        yield Unusable("customers", file, row.line, "no e-mail address", row.text)
        return
    status = STATUSES.search(file)
    attributes = {
        _ATTRIBUTES.get(name, name.lower()): value
        for name in row.values
        if name and name not in _FIXED and (value := row.get(name)) is not None
    }
    fixed: dict[str, Value] = {
        "customer_id": email or f"{NAME}-{contact_id}",
        "email": email,
        "name": name_of(row),
        "language": row.get("language"),
        "country": (row.get("country") or "").upper() or None,
        "created_at": moment(row.get("created_at") or row.get("confirmed_at")),
    }
    kept = {name if name not in fixed else f"{NAME} {name}": value for name, value in attributes.items()}
    state = {"status": status[1].lower()} if status and "status" not in kept else {}
    yield Entry("customers", file, row.line, kept | state | fixed)
    if email:
        yield from _opt_out(row, file, email, campaigns, moment)
        yield from _cleaned(row, file, email, campaigns, moment)


def _opt_out(row: TableRow, file: str, email: str, campaigns: Campaigns, moment: Moment) -> Iterator[Entry]:
    if at := moment(row.get("unsubscribed_at")):
        campaign = campaigns.named(row.get("campaign_id"), row.get("campaign_title"))
        yield Entry("events", file, row.line, opt_out(row, email, campaign, at))


def _cleaned(row: TableRow, file: str, email: str, campaigns: Campaigns, moment: Moment) -> Iterator[Entry]:
    if at := moment(row.get("cleaned_at")):
        campaign = campaigns.named(row.get("clean_id"), row.get("clean_title"))
        yield Entry("events", file, row.line, bounce(email, campaign, at, "hard"))


def opt_out(row: TableRow, email: str, campaign: Campaign | None, at: datetime) -> Row:
    """An unsubscription with its reason, or a complaint if that is the reason."""
    reason = " – ".join(filter(None, (row.get("reason"), row.get("reason_other")))) or None
    kind = EventType.COMPLAINED if "abuse" in folded(row.get("reason") or "") else EventType.UNSUBSCRIBED
    return {**once(kind, email, campaign, at), "diagnostic": reason}


def bounce(email: str, campaign: Campaign | None, at: datetime, bounce_type: str | None) -> Row:
    """A bounce. Several files may tell of the same one."""
    return {**once(EventType.BOUNCED, email, campaign, at), "bounce_type": bounce_type}


def once(kind: EventType, email: str, campaign: Campaign | None, at: datetime) -> Row:
    """An event that happens once per campaign and person, whichever file tells of it and of its time."""
    about = campaign.campaign_id if campaign else at.isoformat()
    return event(kind, email, campaign, at) | {"event_id": values.row_id(kind, about, email)}


def event(
    kind: EventType, email: str, campaign: Campaign | None, at: datetime, url: str | None = None
) -> dict[str, Value]:
    """An event, known again by what all exports tell of it."""
    campaign_id = campaign.campaign_id if campaign else None
    return {
        "event_id": values.row_id(kind, campaign_id, email, at.isoformat(), url),
        "provider": NAME,
        "campaign_id": campaign_id,
        "customer_id": email,
        "recipient": email,
        "type": kind,
        "occurred_at": at,
    }


def name_of(row: TableRow) -> str | None:
    """A person's name, in one column or two."""
    return " ".join(filter(None, (row.get("first_name"), row.get("last_name")))) or row.get("full_name")


def of_campaign(
    kind: Kind, row: TableRow, file: str, campaign: Campaign, moment: Moment
) -> Iterator[Entry | Unusable]:
    """What a row of one of a campaign's files means: a recipient, or something that happened to one."""
    loads_as = LOADS_AS[kind.name]
    email = values.address(row.get("email"))
    at = moment(row.get("occurred_at")) if "occurred_at" in kind.needs else campaign.sent_at
    if not email or not at:
        reason = "no e-mail address" if not email else _no_time(kind, row, campaign)
        yield Unusable(loads_as, file, row.line, reason, row.text)
        return
    match kind.name:
        case "opens" | "clicks":
            url = row.get("url")
            what = EventType.CLICKED if kind is CLICKS else EventType.OPENED
            happened = event(what, email, campaign, at, url) | {"url": url, "ip": row.get("ip")}
            yield Entry("events", file, row.line, happened)
            return
        case "unsubscribes":
            known = moment(row.get("occurred_at"))
            yield Entry("events", file, row.line, opt_out(row, email, campaign, known or at))
        case "complaints":
            known = moment(row.get("occurred_at"))
            yield Entry("events", file, row.line, once(EventType.COMPLAINED, email, campaign, known or at))
        case "bounces":
            word = (row.get("bounce") or "").lower()
            yield Entry(
                "events", file, row.line, bounce(email, campaign, at, word if word in BOUNCE_TYPES else None)
            )
    if campaign.sent_at:
        yield Entry("messages", file, row.line, message(row, email, campaign))


def message(row: TableRow, email: str, campaign: Campaign) -> Row:
    """A message that was sent, with the values of the merge fields that the file has."""
    fields = {"EMAIL": email, "FNAME": row.get("first_name"), "LNAME": row.get("last_name")}
    return {
        "campaign_id": campaign.campaign_id,
        "customer_id": email,
        "email": email,
        "sent_at": campaign.sent_at,
        "merge_fields": {name: value for name, value in fields.items() if value},
    }


def _no_time(kind: Kind, row: TableRow, campaign: Campaign) -> str:
    if "occurred_at" in kind.needs:
        return f"unreadable time: {row.get('occurred_at') or ''}".rstrip(": ")
    return (
        f"nothing tells when its campaign {(campaign.title or campaign.id)!r} was sent. Import it together with the "
        "campaigns.csv that has this title and its time"
    )


def activity(row: TableRow, file: str, campaigns: Campaigns, moment: Moment) -> Iterator[Entry | Unusable]:
    """A row of the API's e-mail activity."""
    email, key = values.address(row.get("email")), row.get("campaign")
    at = moment(row.get("occurred_at"))
    if not email or not key or not at:
        yield Unusable("events", file, row.line, "no e-mail address, campaign or time", row.text)
        return
    campaign = campaigns.named(key, None) or Campaign(key)
    yield from acted(row.get, email, campaign, at, file, row.line, row.text)


def acted(
    get: Callable[[str], str | None],
    email: str,
    campaign: Campaign,
    at: datetime,
    file: str,
    line: int,
    text: str,
) -> Iterator[Entry | Unusable]:
    """An action of the API's e-mail activity: `get` gives its action, type, url and ip."""
    url, ip = get("url"), get("ip")
    match get("action"):
        case "open":
            yield Entry("events", file, line, event(EventType.OPENED, email, campaign, at) | {"ip": ip})
        case "click":
            clicked = event(EventType.CLICKED, email, campaign, at, url)
            yield Entry("events", file, line, clicked | {"url": url, "ip": ip})
        case "bounce":
            word = (get("type") or "").lower()
            yield Entry(
                "events", file, line, bounce(email, campaign, at, word if word in BOUNCE_TYPES else None)
            )
        case other:
            yield Unusable("events", file, line, f"unknown action: {other or ''}".rstrip(": "), text)

"""Suggests what the columns of a table hold, by their names and by what is in them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from mailsight.importing.dates import Order
from mailsight.importing.words import Word, folded, type_in, words
from mailsight.loading.bundle_files import COLUMNS, column_names
from mailsight.vocabulary import EventType

from .fields import ATTRIBUTE, FIELDS, HAPPENED, LEFT_OUT, OTHERS, Kind
from .mapping import Column, TableMapping, types_of
from .profiles import Profile, Survey

_KNOWN = dict.fromkeys(name for columns in COLUMNS.values() for name in columns)
# What every table has, so that it says nothing of a column.
_GENERAL = frozenset(
    ("name", "email", "type", "source", "sent", "opened", "clicked", "unsubscribed", "complained")
)
# Events that only mails have: the others are also told of contacts.
_OF_MAILS = frozenset((EventType.DELIVERED, EventType.OPENED, EventType.CLICKED, EventType.BOUNCED))
# Nouns for all opens or clicks, where participles count the people.
_ALL = re.compile(
    r"\b(opens?|openings?|\w*offnung\w*|ouvertures?|apertur[aei]s?|abertur\w*|otwar(cia|c)|oppning\w*|abning\w*|otevreni|kliknuti"
    r"|clicks?|clics?|klicks?|kliks?|cliques?|klikniec\w*|klikken)\b"
)
# A number or code of anything else, such as a postal code, is no id.
_ID = re.compile(
    r"(\w+ )*(ids?|uuid|guid|uid|identif\w*|kennung)( \w+)*"
    r"|nr|no|number|num|nummer|numero|numer|cislo|code|codigo|codice|key|klucz|ref\w*"
)


@dataclass(frozen=True, slots=True)
class Role:
    """What a column seems to hold, whatever its table is. Events have a type, and a form: time, flag or count."""

    name: str
    event: EventType | None = None
    form: str = ""
    is_unique: bool | None = None

    def is_event(self, *kinds: EventType) -> bool:
        return self.event in kinds


def suggest(file: str, survey: Survey, kind: Kind | None = None) -> TableMapping:
    """A mapping for a table of this file, of a kind if that is known. What it can't tell is left to ask."""
    profiles = survey.profiles
    roles = _with_halves({name: _role(profile) for name, profile in profiles.items()}, profiles)
    of_file = type_in(name_of(file))
    kind = kind or _kind(list(roles.values()), of_file)
    chosen = _fields(kind, roles, profiles)
    order = _common_order(profiles, chosen)
    columns = {name: _column(profiles[name], kind, chosen[name], order) for name in profiles}
    types = {}
    for name, held in chosen.items():
        if held == "type":
            types = types_of(profiles[name].words)
    return TableMapping(
        kind, columns, _fixed(kind, file, set(chosen.values()), _only_event(roles.values()) or of_file), types
    )


def _column(profile: Profile, kind: Kind, held: str, order: Order) -> Column:
    form = FIELDS[kind][held].form if held in FIELDS[kind] else "text"
    if form in ("time", "happened"):
        own = profile.order
        return Column(held, order if own is Order.ASK and order is not Order.CLEAR else own)
    return Column(held, decimal=profile.decimal) if form == "amount" else Column(held)


def _common_order(profiles: Mapping[str, Profile], chosen: Mapping[str, str]) -> Order:
    """The order that the other dates of a table prove: one program wrote them all."""
    proved = {
        profile.order for name, profile in profiles.items() if chosen[name] or profile.mostly("date")
    } & {Order.DAY_FIRST, Order.MONTH_FIRST}
    return proved.pop() if len(proved) == 1 else Order.CLEAR


def name_of(file: str) -> str:
    """What a file is called: the name of its campaign, if it has one that no column names."""
    return PurePath(file).name.partition(".")[0]


def _fixed(kind: Kind, file: str, held: set[str], of_file: EventType | None) -> dict[str, str]:
    fixed = {}
    if kind in (Kind.EVENTS, Kind.MESSAGES, Kind.PEOPLE) and not held & {
        *("campaign_id", "campaign_name", "subject", *(["message_id"] if kind is Kind.EVENTS else []))
    }:
        fixed["campaign_id"] = name_of(file)
    if kind is Kind.EVENTS and "type" not in held and of_file:
        fixed["type"] = str(of_file)
    return fixed


def _with_halves(roles: Mapping[str, Role], profiles: Mapping[str, Profile]) -> dict[str, Role]:
    """The roles, where a name beside a last name is the first name, and the other way round: "Nome; Cognome"."""
    names = {role.name for role in roles.values()}
    halves = {frozenset(("last_name",)): "first_name", frozenset(("first_name",)): "last_name"}
    half = halves.get(frozenset(names & {"first_name", "last_name"}))
    return {
        name: Role(half) if half and role.name == "name" and not profiles[name].mostly("words") else role
        for name, role in roles.items()
    }


# The rules for what a column holds, in order: the first that fits decides.


def _role(profile: Profile) -> Role:
    named = words(profile.name)
    for rule in (_by_address, _by_own_name, _by_event, _by_content, _by_name, _by_time):
        if role := rule(profile, named):
            return role
    return Role("")


Named = frozenset[Word | EventType]
Rule = Callable[[Profile, Named], Role | None]


def _by_address(profile: Profile, named: Named) -> Role | None:
    if profile.mostly("address") or (not profile.filled and Word.EMAIL in named):
        return Role("from_email" if Word.SENDER in named else "email")
    return None


def _by_own_name(profile: Profile, _: Named) -> Role | None:
    """A name of Mailsight's own, such as `occurred_at`."""
    [name] = column_names([profile.name], _KNOWN)
    if name not in _KNOWN or name in _GENERAL:
        return None
    names = {"recipient": "email", "occurred_at": "time", "diagnostic": "reason", "not_sent_reason": "reason"}
    return (
        Role(names.get(name, name))
        if name not in COLUMNS["totals"] or name in ("campaign_id", "as_of")
        else None
    )


def _by_event(profile: Profile, named: Named) -> Role | None:
    """Times, yes or no, or counts of events: "Geöffnet am", "Opened", "Clics uniques"."""
    kind = type_in(profile.name)
    is_rate = Word.RATE in named and (kind is not None or profile.mostly("amount"))
    if is_rate or profile.share("percent") > 0.3:
        return Role("")
    if kind is None:
        return None
    is_bounce_type = Word.TYPE in named or profile.mostly("bounce")
    is_reason = kind is EventType.SENT and not profile.mostly("flag")
    return _first(
        (Word.REASON in named, Role("reason")),
        (profile.mostly("url"), Role("url")),
        (kind is EventType.BOUNCED and is_bounce_type and not profile.share("date"), Role("bounce_type")),
        (Word.NOT in named, Role("reason" if is_reason else "")),
    ) or _event(profile, named, kind)


def _first(*roles: tuple[bool, Role]) -> Role | None:
    """The first role whose condition holds."""
    return next((role for holds, role in roles if holds), None)


def _event(profile: Profile, named: Named, kind: EventType) -> Role | None:
    is_time = profile.mostly("date") or (profile.mostly("number_date") and Word.TIME in named)
    is_flag = profile.share("date") + profile.share("flag") + profile.share("bounce") >= 0.7
    return _first(
        (is_time or (not profile.filled and Word.TIME in named), Role("event", kind, "time")),
        (profile.mostly("flag") and len(profile.words) <= 2, Role(_of_bounces(named), kind, "flag")),
        (profile.mostly("count"), Role(_of_bounces(named), kind, "count", _is_unique(profile.name, named))),
        (not profile.filled or is_flag, Role("event", kind, "flag")),
    )


def _of_bounces(named: Named) -> str:
    return "hard_bounces" if Word.HARD in named else "soft_bounces" if Word.SOFT in named else "event"


def _is_unique(name: str, named: Named) -> bool | None:
    """Whether a count is one of people; None if the name doesn't say."""
    if Word.UNIQUE in named:
        return True
    if Word.TOTAL in named or _ALL.search(folded(name)):
        return False
    return None


# Columns in which the words of events happen to occur.
_FREE_TEXTS = {Word.SUBJECT, Word.PREHEADER, Word.CAMPAIGN, Word.REASON, Word.TAGS, Word.SENDER, Word.NAME}


def _by_content(profile: Profile, named: Named) -> Role | None:
    for form, name in (("url", "url"), ("agent", "user_agent"), ("ip", "ip")):
        if profile.mostly(form):
            return Role(name)
    if profile.mostly("bounce"):
        return Role("bounce_type")
    about_type = named & {Word.TYPE, Word.STATUS}
    enough = 0.3 if about_type else 0.6
    if profile.is_of_words and profile.share("type") >= enough and not named & _FREE_TEXTS:
        return Role("type")
    if profile.mostly("clock"):
        return Role("clock")
    return None


_NAMES: Sequence[tuple[frozenset[Word], str]] = (
    (frozenset((Word.FIRST_NAME,)), "first_name"),
    (frozenset((Word.LAST_NAME,)), "last_name"),
    (frozenset((Word.PREHEADER,)), "preheader"),
    (frozenset((Word.SUBJECT,)), "subject"),
    (frozenset((Word.SENDER,)), "from_name"),
    (frozenset((Word.MESSAGE, Word.ID)), "message_id"),
    (frozenset((Word.CAMPAIGN, Word.ID)), "campaign_id"),
    (frozenset((Word.CUSTOMER, Word.ID)), "customer_id"),
    (frozenset((Word.USER_AGENT,)), "user_agent"),
    (frozenset((Word.IP,)), "ip"),
    (frozenset((Word.LANGUAGE,)), "language"),
    (frozenset((Word.CURRENCY,)), "currency"),
    (frozenset((Word.PROVIDER,)), "provider"),
    (frozenset((Word.COUNTRY,)), "country"),
    (frozenset((Word.TAGS,)), "tags"),
    (frozenset((Word.REASON,)), "reason"),
)


def _by_name(profile: Profile, named: Named) -> Role | None:
    is_date, is_count = profile.mostly("date"), profile.mostly("count")
    is_number_of_people = Word.CUSTOMER in named and Word.ID not in named and is_count
    return _first(
        (Word.CREATED in named and (is_date or not profile.filled), Role("created_at")),
        (Word.REVENUE in named and (profile.mostly("amount") or is_count), Role("revenue")),
        (Word.ORDERS in named and is_count and Word.ID not in named, Role("orders")),
        (is_number_of_people, Role("recipients")),
        *((about <= named and not is_date, Role(name)) for about, name in _NAMES),
        (Word.URL in named and not is_date, Role("url")),
    ) or (None if is_date else _by_noun(profile, named))


def _by_noun(profile: Profile, named: Named) -> Role | None:
    is_person = Word.NAME in named or profile.filled != len(profile.words)
    is_of_campaign = Word.CAMPAIGN in named or {Word.EMAIL, Word.NAME} <= named  # "Email name"
    return _first(
        (Word.TYPE in named and profile.is_of_words and profile.share("type") > 0, Role("type")),
        (is_of_campaign, Role("campaign_id" if profile.mostly("count") else "campaign_name")),
        (Word.CUSTOMER in named, Role("name" if is_person else "person")),
        (_ID.fullmatch(folded(profile.name)) is not None, Role("id")),
        (Word.NAME in named and not profile.mostly("count"), Role("name")),
    )


def _by_time(profile: Profile, named: Named) -> Role | None:
    if profile.mostly("date") or (
        Word.TIME in named and (profile.mostly("number_date") or not profile.filled)
    ):
        if Word.CAMPAIGN in named:
            return Role("event", EventType.SENT, "time")
        return Role("time" if Word.TIME in named else "date")
    return None


# What a table is, judging by the roles of its columns.


def _kind(roles: Sequence[Role], of_file: EventType | None) -> Kind:
    names = {role.name for role in roles}
    events = {role.event for role in roles if role.event}
    if "sent_at" in names:
        events.add(EventType.SENT)
    has_campaign = bool(names & {"campaign_id", "campaign_name", "subject"})
    if not names & {"email", "customer_id", "person"}:
        return _kind_without_people(names, has_campaign or bool(events))
    has_time = bool(names & {"time", "date"})
    of_mails = events & _OF_MAILS
    # A list of customers may have the time of the last open.
    is_report = has_campaign or EventType.SENT in events or not names & {"created_at", "country", "language"}
    of_links = bool(names & {"url", "user_agent", "ip"})
    only = _only_event(roles)
    kinds = (
        (only is not None and (of_links or only is of_file), Kind.EVENTS),
        (bool(of_mails) and is_report, Kind.PEOPLE),
        ("type" in names and (has_time or EventType.SENT in events), Kind.EVENTS),
        (has_time and not of_mails and (of_links or of_file not in (None, EventType.SENT)), Kind.EVENTS),
        (has_campaign or events == {EventType.SENT}, Kind.MESSAGES),
    )
    return next((kind for fits, kind in kinds if fits), Kind.CUSTOMERS)


def _only_event(roles: Iterable[Role]) -> EventType | None:
    """The type of all rows, if a single column says when it happened: "Clicked at"."""
    roles = list(roles)
    events = [role for role in roles if role.event]
    is_only = len(events) == 1 and events[0].form == "time" and not any(role.name == "type" for role in roles)
    return events[0].event if is_only and events[0].event is not EventType.SENT else None


def _kind_without_people(names: set[str], is_about_campaigns: bool) -> Kind:
    if {"type", "message_id"} <= names and names & {"time", "date"}:
        return Kind.EVENTS
    is_about_people = names & {"first_name", "last_name"} or (
        "created_at" in names and not is_about_campaigns
    )
    return Kind.CUSTOMERS if is_about_people else Kind.CAMPAIGNS


# What a column may be that could be several things, the likelier first. All others are the field of their role's name.
_TIMES = dict.fromkeys(("time", "date", "clock"), ("sent_at",))
_PERSON = {"id": ("customer_id",), "person": ("customer_id",)}
_FIELDS: Mapping[Kind, Mapping[str, Sequence[str]]] = {
    Kind.CAMPAIGNS: _TIMES | {"id": ("campaign_id",), "campaign_name": ("name",)},
    Kind.CUSTOMERS: _PERSON | {"time": ("created_at",)},
    Kind.MESSAGES: _TIMES
    | _PERSON
    | {"id": ("message_id",), "reason": ("not_sent_reason", "not_sent_detail")},
    Kind.PEOPLE: _TIMES | _PERSON | {"id": ("customer_id", "message_id"), "reason": ("diagnostic",)},
    Kind.EVENTS: _PERSON
    | dict.fromkeys(("time", "date", "clock"), ("occurred_at",))
    | {"id": ("event_id",), "reason": ("diagnostic",)},
}


# The fields that the roles have in a table of each kind, the likelier first.


def _fields(kind: Kind, roles: Mapping[str, Role], profiles: Mapping[str, Profile]) -> dict[str, str]:
    """The field that each column holds: no field twice, unless a row may have several."""
    taken: dict[str, list[str]] = {}
    chosen: dict[str, str] = {}
    for name, role in roles.items():
        is_total = kind is Kind.CAMPAIGNS and role.event is not None and profiles[name].mostly("count")
        wanted = _count_field(role) if is_total else _field(kind, role)
        for field in wanted:
            if field in FIELDS[kind] and _is_free(kind, field, role, taken.get(field, ())):
                taken.setdefault(field, []).append(role.name)
                chosen[name] = field
                break
        else:
            is_detail = ATTRIBUTE in OTHERS[kind] and profiles[name].filled and role.name != "email"
            chosen[name] = ATTRIBUTE if is_detail else LEFT_OUT
    if kind is Kind.CAMPAIGNS and "sent" not in taken:
        # The only number of recipients in a report is of those to whom it was sent.
        return {name: "sent" if field == "recipients" else field for name, field in chosen.items()}
    return chosen


def _is_free(kind: Kind, field: str, role: Role, taken: Sequence[str]) -> bool:
    if not taken:
        return True
    if FIELDS[kind][field].form == "happened":
        return True
    # A day and a time of day in columns of their own make one time.
    are_halves = len(taken) == 1 and (role.name == "clock") != ("clock" in taken)
    return FIELDS[kind][field].several and are_halves


def _field(kind: Kind, role: Role) -> Sequence[str]:
    if role.event:
        return _event_field(kind, role)
    return _FIELDS[kind].get(role.name, (role.name,))


def _event_field(kind: Kind, role: Role) -> Sequence[str]:
    event, is_time = role.event, role.form == "time"
    match kind:
        case Kind.PEOPLE if event in HAPPENED:
            return (str(event),)
        case Kind.PEOPLE | Kind.MESSAGES if event is EventType.SENT:
            return ("sent_at",) if is_time else ("sent",)
        case Kind.CAMPAIGNS if event is EventType.SENT and is_time:
            return ("sent_at",)
        case Kind.EVENTS if is_time:
            return ("occurred_at",)
        case Kind.CUSTOMERS if event is EventType.SUBSCRIBED and is_time:
            return ("created_at",)
        case _:
            return ()


def _count_field(role: Role) -> Sequence[str]:
    match role.event:
        case EventType.OPENED:
            return ("opens", "opened") if role.is_unique is False else ("opened", "opens")
        case EventType.CLICKED:
            return ("clicks", "clicked") if role.is_unique is False else ("clicked", "clicks")
        case EventType.BOUNCED:
            return ("bounces",) if role.name == "event" else (role.name,)
        case EventType.SENT | EventType.DELIVERED | EventType.UNSUBSCRIBED | EventType.COMPLAINED:
            return (str(role.event),)
        case _:
            return ()

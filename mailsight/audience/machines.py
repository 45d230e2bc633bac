"""What tells a machine from a person: every rule in one table, and the one file that can change them.

An opened, clicked or unsubscribed event gets one reason (`events.machine`) or none: the first rule below that holds.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from string import Formatter
from typing import Any

from mailsight import settings
from mailsight.errors import BadSetting

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers in the rules. Each can be set under its name in the table `[thresholds]` of the file."""

    told_agents_percent: float = 50
    burst_links: int = 3
    burst_links_seconds: float = 2
    whole_mail_links: int = 3
    whole_mail_seconds: float = 30
    unknown_mail_messages: int = 25
    burst_networks: int = 3
    burst_networks_seconds: float = 30
    burst_pause_seconds: float = 2
    across_messages: int = 5
    across_percent: float = 50
    across_seconds: float = 60
    burst_open_seconds: float = 10
    burst_open_network_seconds: float = 60
    unsubscribe_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `name` is the reason in `events.machine`; the names in the braces of `threshold` are `Thresholds`."""

    name: str
    label: str
    looks_at: str
    threshold: str
    source: str
    can_get_wrong: str

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The names of the thresholds it uses."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.threshold) if name)


# In order: where several hold, the first is the reason. What one event tells by itself stands before what needs others.
RULES = (
    Rule(
        "apple_privacy",
        "Apple's privacy proxy",
        "Opens whose user agent is exactly `Mozilla/5.0`; and where Apple's ranges are given, opens from them that "
        "no browser made.",
        "",
        "Apple, Mail Privacy Protection (2021): pictures are loaded by a proxy whether or not the mail is read. "
        "Ranges: mask-api.icloud.com/egress-ip-ranges.csv",
        "The customer may have opened the mail as well. An open by another program, or a click, shows it.",
    ),
    Rule(
        "gmail_prefetch",
        "Gmail, in advance",
        "The user agent with which Gmail loads pictures before anybody opens the mail: `Chrome/42.0.2311.135` "
        "together with `Edge/12.246`.",
        "",
        "Observed by senders since 2021; no browser of that version is in use any more.",
        "Somebody who really reads mail with Edge 12, of 2015.",
    ),
    Rule(
        "head_request",
        "Asked for the headers only",
        "The request's method, where the events tell it (`method`): HEAD.",
        "",
        "RFC 9110, section 9.3.2: HEAD asks whether something is there without fetching it. Browsers use GET.",
        "Office programs ask so before they open a link that a person clicked; the GET follows and counts.",
    ),
    Rule(
        "scanner_agent",
        "Scanner, crawler or program",
        "The user agent: a crawler on a maintained list, a security product for mail, a library, a browser without "
        "a screen; a click by `Mozilla/5.0` alone, which is no browser.",
        "",
        "crawler-user-agents (monperrus/crawler-user-agents), and the words in mailsight/audience/agents.py.",
        "A mail program that says it is a library. Name it in `people_agents`.",
    ),
    Rule(
        "own_network",
        "A network you named",
        "The address from which it came, against `machine_networks` of the file.",
        "",
        "You.",
        "People behind the same network.",
    ),
    Rule(
        "provider",
        "The provider says so",
        "The provider's own verdict: `provider_machine`.",
        "",
        "SendGrid sg_machine_open, Mailgun client-info.bot, Brevo proxy_open, SparkPost is_prefetched.",
        "Whatever the provider gets wrong; most do not say how they know.",
    ),
    Rule(
        "burst_links",
        "Many links at once",
        "Different links of one message, clicked one right after the other; clicks that follow without a pause "
        "belong to it.",
        "{burst_links} different links within {burst_links_seconds:g} s; a pause is {burst_pause_seconds:g} s",
        "The pace of link scanners, which follow links in parallel or milliseconds apart.",
        "Somebody who opens three links in new tabs within two seconds.",
    ),
    Rule(
        "burst_whole_mail",
        "Every link of the mail",
        "All links of the mail clicked in one message, however long after delivery it begins. Where the mail is not "
        "known: all that were clicked in more than one message of the campaign.",
        "all of at least {whole_mail_links} links within {whole_mail_seconds:g} s; an unknown mail: once "
        "{unknown_mail_messages} messages of the campaign were clicked",
        "836 bursts that a sender looked at began 43 s after sending at the median: a window after delivery finds "
        "next to none of them.",
        "A thorough reader of a mail with three links.",
    ),
    Rule(
        "burst_networks",
        "From many networks at once",
        "Opens and clicks of one message from different networks (/24, /48), picture proxies left out.",
        "{burst_networks} networks within {burst_networks_seconds:g} s; a pause is {burst_pause_seconds:g} s",
        "Cloud scanners spread their requests over many addresses; a person has one or two at a time.",
        "A mail forwarded to a group that opens it in the same half minute.",
    ),
    Rule(
        "network_across",
        "One network, many messages",
        "A network (/24, /48) that opens or clicks many messages of a campaign right at their delivery, and seldom "
        "at another time. Only what it does at delivery.",
        "{across_messages} messages within {across_seconds:g} s of their delivery, and at least {across_percent:g} % "
        "of the messages that it opened or clicked",
        "A company's gateway opens every mail for every employee, each when it arrives.",
        "Colleagues behind one address who all read at once.",
    ),
    Rule(
        "burst_open",
        "Opened by a scanner",
        "Opens beside a machine's click on the same message, picture proxies left out.",
        "within {burst_open_seconds:g} s of it, or from its network within {burst_open_network_seconds:g} s",
        "Scanners that render the mail load its pictures too.",
        "A customer who opens the mail in the very moment it is scanned.",
    ),
    Rule(
        "unsubscribe_in_burst",
        "Unsubscribed by a scanner",
        "Unsubscriptions beside clicks of which every one was a machine's. One by POST, as mail programs' own "
        "buttons do it, counts always.",
        "within {unsubscribe_seconds:g} s of them",
        "RFC 8058: a scanner that follows the unsubscribe link must not unsubscribe anybody, hence the POST.",
        "A customer who unsubscribes in the very moment the mail is scanned.",
    ),
    Rule(
        "empty_agent",
        "No user agent",
        "A request without a user agent, where the other opens or clicks of the campaign have one.",
        "at least {told_agents_percent:g} % of those by the same provider tell theirs",
        "Every browser and mail program says what it is; scripts often don't.",
        "A customer behind a proxy that removes it.",
    ),
)
REASONS: Mapping[str, Rule] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules as they are set: what the file says, else the defaults."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    off: frozenset[str] = frozenset()
    machine_agents: tuple[str, ...] = ()
    people_agents: tuple[str, ...] = ()
    machine_networks: tuple[Network, ...] = ()
    apple_networks: tuple[Network, ...] = ()
    apple_networks_file: str = ""  # beside the file of the rules

    def parameters(self, rule: Rule) -> dict[str, float]:
        """The rule's thresholds under their names."""
        return {name: getattr(self.thresholds, name) for name in rule.thresholds}

    def threshold(self, rule: Rule) -> str:
        """The rule's threshold in words."""
        return rule.threshold.format(**self.parameters(rule))


def parse(text: str, file: str) -> Rules:
    """The rules that a TOML file sets (docs/machines.md). Raises `BadSetting`, naming `file` and what can't be used."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(file, f"is not TOML: {error}") from error
    known = {one.name for one in fields(Rules)}
    for name in told:
        if name not in known:
            raise _bad(file, f"sets {name!r}, which is none of {', '.join(sorted(known))}")
    return Rules(
        thresholds=_thresholds(file, told.get("thresholds", {})),
        off=_off(file, told),
        machine_agents=_words(file, told, "machine_agents"),
        people_agents=_words(file, told, "people_agents"),
        machine_networks=_networks(file, told, "machine_networks"),
        apple_networks=_networks(file, told, "apple_networks"),
        apple_networks_file=_text(file, told, "apple_networks_file"),
    )


def networks(lines: list[str]) -> tuple[Network, ...]:
    """The networks of a list of ranges: one a line, at its beginning, as in Apple's file. Raises ValueError."""
    found = (line.split(",")[0].strip() for line in lines)
    return tuple(ip_network(text, strict=False) for text in found if text and not text.startswith("#"))


def _thresholds(file: str, told: object) -> Thresholds:
    if not isinstance(told, dict):
        raise _bad(file, "has no table [thresholds], but a value of that name")
    whole = {one.name for one in fields(Thresholds) if one.type is int}
    names = {one.name for one in fields(Thresholds)}
    for name, value in told.items():
        if name not in names:
            raise _bad(file, f"sets the threshold {name!r}, which is none of {', '.join(sorted(names))}")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1_000_000 or (name in whole and value != int(value)):
            kind = "a whole number" if name in whole else "a number"
            raise _bad(file, f"sets the threshold {name} to {value!r}, not to {kind} from 0")
    numbers: dict[str, Any] = {
        name: int(value) if name in whole else float(value) for name, value in told.items()
    }
    return Thresholds(**numbers)


def _off(file: str, told: Mapping[str, object]) -> frozenset[str]:
    off = _words(file, told, "off")
    for name in off:
        if name not in REASONS:
            raise _bad(file, f"switches off {name!r}, which is none of {', '.join(REASONS)}")
    return frozenset(off)


def _words(file: str, told: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = told.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise _bad(file, f"sets {name} to {value!r}, not to a list of texts")
    return tuple(value)


def _text(file: str, told: Mapping[str, object], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise _bad(file, f"sets {name} to {value!r}, not to a text")
    return value


def _networks(file: str, told: Mapping[str, object], name: str) -> tuple[Network, ...]:
    try:
        return networks(list(_words(file, told, name)))
    except ValueError as error:
        raise _bad(file, f"names a network in {name} that is none: {error}") from error


def _bad(file: str, problem: str) -> BadSetting:
    return BadSetting(f"{file} {problem}.", next_step="docs/machines.md shows what can stand there.")


def rules() -> Rules:
    """The rules as they are set: the file of the setting `machines`, else `data/machines.toml`, else the defaults.

    Raises `BadSetting`.
    """
    file = settings.from_environment().machines
    if file is None:
        return Rules()
    try:
        rules = parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{file}, which MAILSIGHT_MACHINES names, can't be read: {error}.") from error
    if not rules.apple_networks_file:
        return rules
    ranges = file.parent / rules.apple_networks_file
    try:
        listed = networks(ranges.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        problem = f"{ranges}, which {file} names, can't be used: {error}."
        raise BadSetting(problem, next_step="It has a network a line, as Apple's has.") from error
    return replace(rules, apple_networks=(*rules.apple_networks, *listed))

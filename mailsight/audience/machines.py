"""The rules that tell machines from people, and the file that configures them.

Each open, click or unsubscribe gets the first matching rule as its reason (`events.machine`), or none.
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
    """The thresholds of the rules. The `[thresholds]` table of the file can override each by name."""

    told_agents_percent: float = 50
    burst_links: int = 3
    burst_links_seconds: float = 2
    burst_pair_seconds: float = 0.8
    unsubscribe_pair_seconds: float = 1
    whole_mail_links: int = 3
    whole_mail_seconds: float = 30
    slow_links: int = 4
    slow_pause_seconds: float = 10
    unknown_mail_messages: int = 25
    burst_networks: int = 3
    burst_networks_seconds: float = 30
    burst_pause_seconds: float = 2
    across_messages: int = 5
    across_percent: float = 50
    across_seconds: float = 60
    arrival_seconds: float = 3
    before_arrival_seconds: float = 60
    all_links_seconds: float = 60
    first_links: int = 3
    first_links_seconds: float = 600
    visit_pause_seconds: float = 10
    visit_opened_seconds: float = 5
    burst_open_seconds: float = 10
    burst_open_network_seconds: float = 60
    unsubscribe_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `name` is stored in `events.machine`; the names in braces in `threshold` are fields of `Thresholds`."""

    name: str
    label: str
    looks_at: str
    threshold: str
    source: str
    can_get_wrong: str

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The names of the thresholds that the rule uses."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.threshold) if name)


# The first matching rule is the reason. Rules that need only the event itself come before rules that compare events.
RULES = (
    Rule(
        "apple_privacy",
        "Apple's privacy proxy",
        "Opens with exactly the user agent `Mozilla/5.0`. If Apple's IP ranges are configured, also opens from these "
        "ranges without a browser's user agent.",
        "",
        "Apple Mail Privacy Protection (2021): a proxy loads the images whether or not the e-mail is read. "
        "IP ranges: mask-api.icloud.com/egress-ip-ranges.csv",
        "The customer may have opened the e-mail too. An open in another program, or a click, shows that they did.",
    ),
    Rule(
        "gmail_prefetch",
        "Gmail prefetch",
        "The user agent that Gmail uses to load images before anyone opens the e-mail: `Chrome/42.0.2311.135` "
        "together with `Edge/12.246`.",
        "",
        "Observed by senders since 2021. That browser version is no longer in use.",
        "Someone who really does read e-mail in Edge 12, which dates from 2015.",
    ),
    Rule(
        "head_request",
        "Requested headers only",
        "The HTTP method HEAD, if the events include the method (`method`).",
        "",
        "RFC 9110, section 9.3.2: HEAD checks a page without downloading it. Browsers use GET.",
        "Office programs send HEAD before they open a link that a person clicked; the GET that follows counts.",
    ),
    Rule(
        "scanner_agent",
        "Scanner, crawler or script",
        "The user agent of a known crawler, e-mail security product, HTTP library or headless browser; also clicks "
        "with just `Mozilla/5.0`, which no browser sends.",
        "",
        "crawler-user-agents (monperrus/crawler-user-agents), CrawlerDetect (JayBizzle/Crawler-Detect), and the words "
        "in mailsight/audience/agents.py.",
        "A mail program that identifies itself as a library. Add it to `people_agents`.",
    ),
    Rule(
        "own_network",
        "A network you listed",
        "IP addresses in the `machine_networks` of your rules file.",
        "",
        "Your own list.",
        "People on the same network.",
    ),
    Rule(
        "provider",
        "The provider says so",
        "The provider's own verdict (`provider_machine`).",
        "",
        "SendGrid sg_machine_open, Mailgun client-info.bot, Brevo proxy_open, SparkPost is_prefetched.",
        "Whatever the provider gets wrong. Most don't say how they decide.",
    ),
    Rule(
        "burst_links",
        "Many links at once",
        "Clicks on different links of one message in quick succession, and all clicks that follow without a pause. Two "
        "links are enough if the e-mail has no others, or one of the two unsubscribes. Pairs count only in campaigns "
        "whose times have seconds.",
        "{burst_links} different links within {burst_links_seconds:g} s; two within {burst_pair_seconds:g} s "
        "in an e-mail with two links, or within {unsubscribe_pair_seconds:g} s if one unsubscribes; a pause is "
        "{burst_pause_seconds:g} s",
        "Link scanners follow links in parallel or milliseconds apart. People need about a second for the next link, "
        "and see the page of the first before they unsubscribe.",
        "Someone who opens three links in new tabs within two seconds.",
    ),
    Rule(
        "burst_whole_mail",
        "Every link in the e-mail",
        "Clicks on every link of one message, however long after delivery. With few links, only if nobody opened it "
        "before. If the e-mail's HTML wasn't loaded: on every link that was clicked in more than one message of the "
        "campaign.",
        "all links, and at least {whole_mail_links}, within {whole_mail_seconds:g} s, or at least {slow_links} without "
        "a pause of {slow_pause_seconds:g} s; fewer than {slow_links} only without an open more than "
        "{visit_opened_seconds:g} s before them, or within {arrival_seconds:g} s of delivery; without the HTML, only "
        "once {unknown_mail_messages} messages of the campaign were clicked",
        "836 bursts examined by a sender started a median of 43 s after sending, so a time window after delivery "
        "misses nearly all of them. Some gateways wait seconds between two links.",
        "A thorough reader of an e-mail with three links, whose mail program loads no images.",
    ),
    Rule(
        "burst_networks",
        "From many networks at once",
        "Opens and clicks of one message from different networks (/24 or /48), except those of image proxies.",
        "{burst_networks} networks within {burst_networks_seconds:g} s; a pause is {burst_pause_seconds:g} s",
        "Cloud scanners spread their requests over many addresses. A person uses one or two at a time.",
        "An e-mail forwarded to several people who open it within the same half minute.",
    ),
    Rule(
        "network_across",
        "One network, many messages",
        "Opens and clicks right after delivery from a network (/24 or /48) that does this for many messages of a "
        "campaign, and is rarely active at other times.",
        "{across_messages} messages within {across_seconds:g} s of their delivery, and at least {across_percent:g}% "
        "of the messages that the network opened or clicked",
        "A company's gateway opens every employee's e-mail as it arrives.",
        "Colleagues behind one address who all read the e-mail right away.",
    ),
    Rule(
        "agent_across",
        "One program, many colleagues",
        "Clicks right after delivery, before the message was opened, in many messages to one company's addresses with "
        "exactly the same user agent, which is rarely active at other times. Not for the domains of mailbox providers, "
        "nor for campaigns whose times have no seconds.",
        "{across_messages} messages within {across_seconds:g} s of their delivery, and at least {across_percent:g}% "
        "of the company's messages clicked with that user agent; no open more than {visit_opened_seconds:g} s before "
        "the click, other than within {arrival_seconds:g} s of delivery",
        "A gateway in a cloud uses many networks, but one browser for all employees of a company.",
        "Colleagues with the same browser whose mail program loads no images, and who all click right away.",
    ),
    Rule(
        "on_arrival",
        "Clicked on arrival",
        "Clicks and unsubscribes at the moment of delivery or just before it. Also for e-mails with a single link. A "
        "POST request that unsubscribes always counts as a person's. Not for campaigns whose times have no seconds.",
        "from {before_arrival_seconds:g} s before to {arrival_seconds:g} s after the delivered event; without one, up "
        "to {arrival_seconds:g} s after sending",
        "A mail program takes a moment to show a new e-mail, and a person takes seconds to open it, read it and click. "
        "Gateways that check an e-mail before they accept it click before it is delivered.",
        "A customer whose provider reports the delivery late.",
    ),
    Rule(
        "first_visit",
        "Visited before it was opened",
        "Clicks on every link of one message, or on its first links in the order of the e-mail, that begin soon after "
        "delivery, if nobody opened or clicked the message before. Not for campaigns whose times have no seconds.",
        "every link, and at least two, within {all_links_seconds:g} s of delivery, or the first {first_links} or more "
        "within {first_links_seconds:g} s; no pause of {visit_pause_seconds:g} s between them; no open or click more "
        "than {visit_opened_seconds:g} s before them, other than opens within {arrival_seconds:g} s of delivery",
        "A gateway that visits links slowly, or only the first few, reads the HTML from the top and doesn't need to "
        "open the e-mail. People open it first, and skip links.",
        "A customer whose mail program loads no images, and who clicks the first three links from the top within "
        "seconds of each other.",
    ),
    Rule(
        "burst_open",
        "Opened by a scanner",
        "Opens close to a machine's click on the same message, except those of image proxies.",
        "within {burst_open_seconds:g} s of the click, or within {burst_open_network_seconds:g} s from its network",
        "Scanners that render the e-mail load its images too.",
        "A customer who opens the e-mail at the very moment it is scanned.",
    ),
    Rule(
        "unsubscribe_in_burst",
        "Unsubscribed by a scanner",
        "Unsubscribes close to clicks that were all made by machines. A POST request, as sent by the unsubscribe "
        "button of a mail program, always counts as a person's.",
        "within {unsubscribe_seconds:g} s of the clicks",
        "RFC 8058 requires a POST so that a scanner that follows the unsubscribe link doesn't unsubscribe anyone.",
        "A customer who unsubscribes at the very moment the e-mail is scanned.",
    ),
    Rule(
        "empty_agent",
        "No user agent",
        "Requests without a user agent in a campaign where most opens or clicks have one.",
        "at least {told_agents_percent:g}% of those reported by the same provider have one",
        "Every browser and mail program identifies itself; scripts often don't.",
        "A customer behind a proxy that removes the user agent.",
    ),
)
REASONS: Mapping[str, Rule] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Rules:
    """The configured rules: the defaults with the file's changes."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    off: frozenset[str] = frozenset()
    machine_agents: tuple[str, ...] = ()
    people_agents: tuple[str, ...] = ()
    machine_networks: tuple[Network, ...] = ()
    apple_networks: tuple[Network, ...] = ()
    apple_networks_file: str = ""  # relative to the rules file

    def parameters(self, rule: Rule) -> dict[str, float]:
        """The rule's thresholds by name."""
        return {name: getattr(self.thresholds, name) for name in rule.thresholds}

    def threshold(self, rule: Rule) -> str:
        """The rule's threshold in words."""
        return rule.threshold.format(**self.parameters(rule))


def parse(text: str, file: str) -> Rules:
    """Parses a TOML rules file (docs/machines.md). Raises `BadSetting`, which names `file` and the problem."""
    try:
        options = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(file, f"is not TOML: {error}") from error
    known = {field.name for field in fields(Rules)}
    for name in options:
        if name not in known:
            raise _bad(file, f"sets {name!r}, which is not one of {', '.join(sorted(known))}")
    return Rules(
        thresholds=_thresholds(file, options.get("thresholds", {})),
        off=_off(file, options),
        machine_agents=_words(file, options, "machine_agents"),
        people_agents=_words(file, options, "people_agents"),
        machine_networks=_networks(file, options, "machine_networks"),
        apple_networks=_networks(file, options, "apple_networks"),
        apple_networks_file=_text(file, options, "apple_networks_file"),
    )


def networks(lines: list[str]) -> tuple[Network, ...]:
    """Parses a list of networks: one at the start of each line, as in Apple's file. Raises ValueError."""
    texts = (line.split(",")[0].strip() for line in lines)
    return tuple(ip_network(text, strict=False) for text in texts if text and not text.startswith("#"))


def _thresholds(file: str, options: object) -> Thresholds:
    if not isinstance(options, dict):
        raise _bad(file, "sets thresholds to a single value, not to a table [thresholds]")
    whole = {field.name for field in fields(Thresholds) if field.type is int}
    names = {field.name for field in fields(Thresholds)}
    for name, value in options.items():
        if name not in names:
            raise _bad(file, f"sets the threshold {name!r}, which is not one of {', '.join(sorted(names))}")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1_000_000 or (name in whole and value != int(value)):
            kind = "a whole number" if name in whole else "a number"
            raise _bad(
                file, f"sets the threshold {name} to {value!r}, which is not {kind} from 0 to 1,000,000"
            )
    numbers: dict[str, Any] = {
        name: int(value) if name in whole else float(value) for name, value in options.items()
    }
    return Thresholds(**numbers)


def _off(file: str, options: Mapping[str, object]) -> frozenset[str]:
    off = _words(file, options, "off")
    for name in off:
        if name not in REASONS:
            raise _bad(file, f"turns off {name!r}, which is not one of {', '.join(REASONS)}")
    return frozenset(off)


def _words(file: str, options: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = options.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise _bad(file, f"sets {name} to {value!r}, which is not a list of strings")
    return tuple(value)


def _text(file: str, options: Mapping[str, object], name: str) -> str:
    value = options.get(name, "")
    if not isinstance(value, str):
        raise _bad(file, f"sets {name} to {value!r}, which is not a string")
    return value


def _networks(file: str, options: Mapping[str, object], name: str) -> tuple[Network, ...]:
    try:
        return networks(list(_words(file, options, name)))
    except ValueError as error:
        raise _bad(file, f"has an invalid network in {name}: {error}") from error


def _bad(file: str, problem: str) -> BadSetting:
    return BadSetting(f"{file} {problem}.", next_step="docs/machines.md describes the file.")


def rules() -> Rules:
    """The configured rules: from the file of the setting `machines` or beside the database, else the defaults.

    Raises `BadSetting`.
    """
    file = settings.from_environment().machines
    if file is None:
        return Rules()
    try:
        rules = parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BadSetting(f"The rules file {file} can't be read: {reason}.") from error
    if not rules.apple_networks_file:
        return rules
    ranges = file.parent / rules.apple_networks_file
    try:
        apple_networks = networks(ranges.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        problem = f"{ranges}, the apple_networks_file of {file}, can't be used: {error}."
        raise BadSetting(problem, next_step="It needs one network per line, like Apple's file.") from error
    return replace(rules, apple_networks=(*rules.apple_networks, *apple_networks))

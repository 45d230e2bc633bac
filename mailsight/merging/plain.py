"""Plain merge fields, in the many ways that senders write them: {{name}}, *|NAME|*, %name%, [NAME], {$name} and others.

`SYNTAXES` is the table of them. Where a sender's conditions are as plain (Campaign Monitor's, MailerLite's), they are
read too.
"""

import html as entities
import re
from dataclasses import dataclass

from mailsight.mail.merge_fields import NAME

from .conditions import Role, Tag, chosen
from .expressions import holds
from .output import filled
from .php import compared, formatted_date, is_true
from .rendering import Notes, Rendered
from .usual_names import is_usual
from .values import MISSING, Json, Missing, Values, as_text, key

_SPACE = r"\s{0,9}"
_QUOTE = r"(?:[\"']|&quot;|&#39;)"
_WORD = r"[^\W\d][\w.-]{0,60}"
_QUOTED = rf"{_QUOTE}(?P<default>[^\"'{{}}\[\]&]{{0,200}}){_QUOTE}"


@dataclass(frozen=True, slots=True)
class Syntax:
    """How some senders write a field: an expression with the groups `name` and, if there may be one, `default`.

    `is_sure`: nothing else is written like this. Otherwise only names that have a value, or that are usual for fields,
    count: [SALE] may be text. `example` has the default value "there" if it can have one.
    """

    senders: str
    pattern: str
    example: str
    is_sure: bool = True


# An earlier one counts where two fit.
SYNTAXES = (
    Syntax(
        "Mustache, Handlebars", rf"\{{\{{\{{{_SPACE}\.?(?P<name>{NAME}){_SPACE}\}}\}}\}}", "{{{first_name}}}"
    ),
    Syntax(
        "Mustache, Marketo, Emailit, Plunk",
        rf"\{{\{{{_SPACE}\.?(?P<name>{NAME})(?::default=(?P<text>[^{{}}]{{0,200}})|{_SPACE}(?:\||\?\?){_SPACE}{_QUOTED})?"
        rf"{_SPACE}\}}\}}",
        '{{first_name|"there"}}',
    ),
    Syntax("Mailchimp", rf"\*\|(?P<name>{NAME})\|\*", "*|FIRST_NAME|*"),
    Syntax("Salesforce, Interspire", rf"%%(?P<name>{NAME})%%", "%%First Name%%"),
    Syntax(
        "Mailgun, ActiveCampaign",
        r"%(?![0-9A-Fa-f]{2}%)(?P<name>[^\W\d][\w.]{0,99})%",
        "%recipient.first_name%",
    ),
    Syntax(
        "MailerLite",
        rf"\{{\$(?P<name>{NAME})(?:\|default[(:]{_QUOTED}\)?)?\}}",
        "{$first_name|default('there')}",
    ),
    Syntax(
        "Constant Contact, GetResponse",
        rf"\[\[{_SPACE}(?P<name>{NAME})(?:\s{{1,9}}mode={_QUOTE}\w{{1,20}}{_QUOTE})?"
        rf"(?:\s{{1,9}}(?:OR\s{{1,9}}|fallback=){_QUOTED})?{_SPACE}\]\]",
        '[[FIRST_NAME OR "there"]]',
    ),
    Syntax("AWeber", r"\{!(?P<name>[^\W\d][\w.]{0,99})\}", "{!first_name}"),
    Syntax(
        "Campaign Monitor, Sendy",
        rf"\[(?P<name>{_WORD}),\s?fallback=(?P<default>[^\[\]]{{0,200}})\]",
        "[firstname,fallback=there]",
    ),
    Syntax(
        "MailPoet",
        r"\[(?:subscriber|user):(?P<name>\w{1,100})(?:\s?\|\s?default:(?P<default>[^\[\]]{0,200}))?\]",
        "[subscriber:firstname | default:there]",
    ),
    Syntax(
        "phpList", r"\[(?P<name>[^\W\d][\w .-]{0,60})%%(?P<default>[^\[\]]{0,200})\]", "[FIRST NAME%%there]"
    ),
    Syntax(
        "Mailtrain",
        r"\[(?P<name>[A-Z][A-Z0-9_]{1,60})/(?P<default>[^\[\]]{0,200})\]",
        "[FIRST_NAME/there]",
        is_sure=False,
    ),
    Syntax(
        "phpList, Mailtrain, Campaign Monitor",
        r"\[(?P<name>[^\W\d][\w .-]{0,60})\]",
        "[FIRSTNAME]",
        is_sure=False,
    ),
    Syntax(
        "Mailcoach",
        r"::(?:subscriber|list|campaign|send)\.(?P<name>[\w.]{1,100})::",
        "::subscriber.first_name::",
    ),
    Syntax("Emma", r"\[%\s?(?:member:)?(?P<name>\w{1,100})\s?%\]", "[% member:first_name %]"),
    Syntax(
        "Zoho Campaigns",
        r"\$\[(?:[A-Z]{1,10}:)?(?P<name>\w[\w ]{0,99})(?:\|(?P<default>[^\[\]|]{0,200}))?(?:\|[^\[\]]{0,200})?\]\$",
        "$[FIRSTNAME|there]$",
    ),
    Syntax("Velocity, FreeMarker", r"\$!?\{(?P<name>[^\W\d][\w.]{0,99})\}", "${first_name}", is_sure=False),
    Syntax(
        "AcyMailing",
        rf"(?<![\w{{$#])\{{(?:subtag:|user:)?(?P<name>{_WORD})\}}",
        "{first_name}",
        is_sure=False,
    ),
    Syntax(
        "TYPO3, Newsman", rf"(?<!#)\#{{2,3}}(?P<name>{_WORD})\#{{2,3}}(?!#)", "##first_name##", is_sure=False
    ),
    Syntax(
        "Eloqua, Interspire", r"(?:~~|@@)(?P<name>[^\W\d]\w{0,60})(?:~~|@@)", "~~first_name~~", is_sure=False
    ),
    Syntax("SendGrid", r"(?<![\w-])-(?P<name>[^\W\d]\w{0,60})-(?![\w-])", "-first_name-", is_sure=False),
)

# All syntaxes, and the tags of conditions, begin with one of these.
_OPENING = r"[{*%\[:$#~@-]|<%"


def fields(pattern: str) -> re.Pattern[str]:
    """Compile alternatives that begin as fields and tags do. Checking that first skips other text 50 times as fast."""
    return re.compile(f"(?={_OPENING})(?:{pattern})", re.DOTALL)


# Each syntax has groups of its own: the outermost, which ends last, is its position in the table.
ALTERNATIVES = "|".join(
    f"(?P<of{place}>" + re.sub(r"\(\?P<(name|default|text)>", rf"(?P<\g<1>{place}>", syntax.pattern) + ")"
    for place, syntax in enumerate(SYNTAXES)
)
FIELD = fields(ALTERNATIVES)


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it is written: its name, its default value, and whether it is one for sure."""

    name: str
    default: str | None
    is_sure: bool


def read(match: re.Match[str]) -> Field:
    """Reads a match of `FIELD`."""
    place = (match.lastgroup or "").removeprefix("of")
    groups = match.groupdict()
    default = groups.get(f"default{place}")
    return Field(
        groups[f"name{place}"].strip(),
        groups.get(f"text{place}") if default is None else default,
        SYNTAXES[int(place)].is_sure,
    )


_CONDITIONS = re.compile(
    r"(?=[\[{])(?:"
    r"\[(?P<if>if|elseif):\s?(?P<name>[^\[\]=!<>]{1,100}?)\s?(?:(?P<sign>!?=|[<>]=?)\s?(?P<value>[^\[\]]{0,200}))?\]"
    r"|(?<!<!)\[(?P<word>else|endif)\]"  # not Outlook's <![endif]
    r"|\{(?P<smarty>if|elseif)\s+(?P<condition>[^{}]{1,1000})\}|\{(?P<end>else|/if)\})",
    re.IGNORECASE,
)
_ROLES: dict[str, Role] = {"if": "if", "elseif": "elseif", "else": "else", "endif": "end", "/if": "end"}
_NAMES = {"fname": "first_name", "lname": "last_name", "fullname": "name", "emailaddr": "email"}
# The date of sending, in PHP's letters.
_DATES = {
    "currentyear": "Y", "currentmonth": "n", "currentmonthname": "F", "currentday": "j", "currentdayname": "l",
}  # fmt: skip


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Fill the fields, as `rendering.Renderer` says. Values are escaped for where they stand in HTML."""
    notes = Notes()

    def value(match: re.Match[str]) -> str | None:
        field = read(match)
        text = as_text(_value(values, field.name))
        if (
            not text
            and field.default is not None
            and (field.is_sure or text is not None or is_usual(field.name))
        ):
            return entities.unescape(field.default) if is_html else field.default
        if text is None and (field.is_sure or is_usual(field.name)):
            notes.unknown[field.name] = None
        return text

    text = _with_branches(template, values, notes, is_html=is_html)
    return filled(text, FIELD, value, values, notes, is_html=is_html)


def _value(values: Values, name: str) -> Json | Missing:
    candidates = [name.split("."), [name.lower().removeprefix("merge_")], [_NAMES.get(key(name), name)]]
    for path in candidates:
        if (value := values.value_at(*path)) is not MISSING:
            return value
    if name.endswith("_fix"):  # AWeber's: as a name is written
        text = as_text(values.lookup(name.removesuffix("_fix")))
        return MISSING if text is None else text.title()
    if values.sent_at and key(name) in _DATES:
        return formatted_date(values.sent_at, _DATES[key(name)])
    return MISSING


def _with_branches(template: str, values: Values, notes: Notes, *, is_html: bool) -> str:
    """The template with the branches of its conditions that hold."""

    def asked(name: str) -> Json:
        return notes.for_condition(name, _value(values, name))

    def is_chosen(tag: Tag) -> bool | None:
        match = tag.match
        if match["smarty"]:
            condition = match["condition"]
            return holds(entities.unescape(condition) if is_html else condition, asked)
        value = asked(match["name"].strip())
        return compared(value, match["sign"], match["value"].strip()) if match["sign"] else is_true(value)

    tags = [_tag(match) for match in _CONDITIONS.finditer(template)]
    if not any(tag.role == "if" for tag in tags):
        return template
    text, left = chosen(template, tags, is_chosen)
    notes.unsupported.update(dict.fromkeys(left))
    return text


def _tag(match: re.Match[str]) -> Tag:
    word = (match["if"] or match["word"] or match["smarty"] or match["end"]).lower()
    return Tag(match, _ROLES[word], "brackets" if match["if"] or match["word"] else "braces")

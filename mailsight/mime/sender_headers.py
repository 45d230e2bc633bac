"""The header fields in which senders name a mail's campaign, its customer or its own id.

Their values are the sender's: a campaign is meant by an id or a name that may or may not be known here, so they are
hints to look for, the most explicit first.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import unquote

from .facts import Fields
from .headers import decoded

Kind = Literal["id", "campaign", "customer", "recipient"]
Hint = tuple[Kind, str]
# Gets the end of a field's name, if a row is for all fields that start alike, and the value.
Reader = Callable[[str, str], Iterator[Hint]]

# Real values have up to a few hundred characters; JSON a few thousand.
_MAX_VALUE = 100_000
_MAX_HINT = 300
_MAX_HINTS = 60
_MAX_DEPTH = 6
# Fields in JSON and in metadata, without punctuation. Those of campaigns and customers as in `providers.fields`.
_KEYS: Mapping[str, Kind] = {
    **dict.fromkeys(
        (
            "campaignid",
            "campaign",
            "campaignname",
            "campaignkey",
            "mailingid",
            "newsletterid",
            "customcampaign",
        ),
        "campaign",
    ),
    **dict.fromkeys(
        ("customerid", "customer", "contactid", "subscriberid", "recipientid", "userid"), "customer"
    ),
    **dict.fromkeys(("category", "categories", "tag", "tags"), "campaign"),
    **dict.fromkeys(("messageid", "messageguid"), "id"),
    **dict.fromkeys(("recipient", "rcptto", "r"), "recipient"),
}
_PUNCTUATION = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Row:
    """A field that a sender writes, in lower case; with * at its end, all fields that start alike.

    `sender` is the word that imports put before the sender's ids, as in "mailchimp-a8d0ad03b7".
    """

    field: str
    reads: Reader
    source: str
    sender: str = ""


def _whole(*kinds: Kind) -> Reader:
    """The value as it is."""

    def read(_: str, value: str) -> Iterator[Hint]:
        for kind in kinds:
            yield kind, value

    return read


def _list(_: str, value: str) -> Iterator[Hint]:
    """Words or names of campaigns, separated by commas."""
    for name in value.split(","):
        yield "campaign", name


def _pattern(expression: str) -> Reader:
    """The groups of an expression, wherever it matches. Each is named for the kind of its hint."""
    pattern = re.compile(expression, re.IGNORECASE)

    def read(_: str, value: str) -> Iterator[Hint]:
        for match in pattern.finditer(value):
            for group, text in match.groupdict().items():
                if text:
                    yield cast(Kind, group), text

    return read


def _parts(separators: str, last: Kind | None = "campaign") -> Reader:
    """Parts of which any may be the campaign; the last one may be something else, or none of these."""

    def read(_: str, value: str) -> Iterator[Hint]:
        *parts, end = re.split(f"[{re.escape(separators)}]", value)
        for part in parts:
            yield "campaign", part
        if last:
            yield last, end

    return read


def _json(_: str, value: str) -> Iterator[Hint]:
    """The fields of an object that have names like campaign_id, however deep."""
    try:
        yield from _members(json.loads(value), 0)
    except (ValueError, RecursionError):
        return


def _members(value: object, depth: int) -> Iterator[Hint]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, member in value.items():
            kind = _KEYS.get(_PUNCTUATION.sub("", str(name).lower()))
            for text in member if isinstance(member, list) else [member]:
                if kind and isinstance(text, str | int) and not isinstance(text, bool):
                    yield kind, str(text)
                else:
                    yield from _members(text, depth + 1)


def _named(name: str, value: str) -> Iterator[Hint]:
    """The value, of the kind that the end of the field's name says."""
    if kind := _KEYS.get(_PUNCTUATION.sub("", name)):
        yield kind, value


def _custom(_: str, value: str) -> Iterator[Hint]:
    """Brevo: JSON, or name:value|name:value."""
    if value.startswith("{"):
        yield from _json("", value)
    for part in value.split("|"):
        name, _, text = part.partition(":")
        yield from _named(name.strip().lower(), text)


def _tags(_: str, value: str) -> Iterator[Hint]:
    """Amazon SES: name=value, name=value."""
    for tag in value.split(","):
        name, _, text = tag.partition("=")
        yield from _named(name.strip().lower(), text)


def _base64_json(_: str, value: str) -> Iterator[Hint]:
    """SparkPost: a signature, a bar, and JSON in Base64."""
    yield from _json("", _decoded(value.rpartition("|")[2]))


def _mailgun_sid(_: str, value: str) -> Iterator[Hint]:
    """A JSON list in Base64, with the recipient in the middle."""
    try:
        sid = json.loads(_decoded(value))
    except (ValueError, RecursionError):
        return
    for part in sid if isinstance(sid, list) else []:
        if isinstance(part, str) and "@" in part:
            yield "recipient", part


def _brevo_eid(_: str, value: str) -> Iterator[Hint]:
    """Base64, percent-encoded: account~recipient~<message id>~relay."""
    for part in _decoded(unquote(value)).split("~"):
        if "@" in part:
            yield ("id" if part.startswith("<") else "recipient"), part


def _decoded(base64: str) -> str:
    raw = re.sub(r"\s", "", base64)
    try:
        return b64decode(raw + "=" * (-len(raw) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _list_id(_: str, value: str) -> Iterator[Hint]:
    """RFC 2919: a description, and an id of which the first label names the list."""
    description, _, identifier = value.partition("<")
    yield "campaign", description.strip().strip('"')
    yield "campaign", identifier.strip().rstrip(">")
    yield "campaign", identifier.partition(".")[0]


_IN_MAILS = "seen in public mails, such as those of mailing lists"
_MANDRILL = "https://mailchimp.com/developer/transactional/docs/smtp-integration/"
_GENERIC = "in wide use; no standard"

# The most explicit first: of several campaigns that are known here, the first counts.
ROWS: Sequence[Row] = (
    Row("x-campaign-id", _whole("campaign"), _GENERIC),
    Row("x-campaignid", _pattern(r"(?:mailchimp[0-9a-f]+\.)?(?P<campaign>\S.*)"), _IN_MAILS, "mailchimp"),
    Row("x-campaign", _pattern(r"(?:mailchimp[0-9a-f]+\.)?(?P<campaign>\S.*)"), _IN_MAILS, "mailchimp"),
    Row("x-campaign-name", _whole("campaign"), _GENERIC),
    Row("x-campaign-uuid", _whole("campaign"), _GENERIC),
    Row("x-mailing-id", _whole("campaign"), _GENERIC),
    Row("x-newsletter-id", _whole("campaign"), _GENERIC),
    Row("x-customer-id", _whole("customer"), _GENERIC),
    Row("x-subscriber-id", _whole("customer"), _GENERIC),
    Row("x-contact-id", _whole("customer"), _GENERIC),
    Row("x-recipient-id", _whole("customer"), _GENERIC),
    Row(
        "x-mailgun-variables",
        _json,
        "https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-attachments: "
        "it reaches the recipient",
    ),
    Row("x-mailgun-sending-info", _json, "not documented; read if it holds JSON"),
    Row("x-mailgun-campaign-id", _whole("campaign"), "Mailgun's documentation of 2013", "mailgun"),
    Row("x-mailgun-sid", _mailgun_sid, _IN_MAILS),
    Row(
        "x-smtpapi",
        _json,
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/unique-arguments; SendGrid takes it out, "
        "copies in transit have it",
    ),
    Row("x-mc-metadata", _json, _MANDRILL),
    Row("x-pm-message-id", _whole("id"), _IN_MAILS),
    Row("x-pm-metadata-*", _named, "https://postmarkapp.com/updates/custom-metadata-for-your-emails"),
    Row("x-msys-api", _json, "https://developers.sparkpost.com/api/smtp/"),
    Row("x-msfbl", _base64_json, _IN_MAILS),
    Row(
        "x-ses-message-tags",
        _tags,
        "https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html; SES takes it out, copies in "
        "transit have it",
    ),
    Row("x-ses-*", _named, "https://docs.aws.amazon.com/ses/latest/dg/header-fields.html"),
    Row("x-mailjet-campaign", _whole("campaign"), "https://app.mailjet.com/docs/emails_headers"),
    Row("x-mj-customid", _whole("customer", "id"), "https://app.mailjet.com/docs/emails_headers"),
    Row("x-mj-eventpayload", _json, "https://app.mailjet.com/docs/emails_headers"),
    Row("x-mj-mid", _whole("id"), f"MessageID in its events; {_IN_MAILS}"),
    Row("x-mj-smtpguid", _whole("id"), f"Message_GUID in its events; {_IN_MAILS}"),
    Row("x-listmonk-campaign", _whole("campaign"), "knadh/listmonk: models/models.go", "listmonk"),
    Row("x-listmonk-subscriber", _whole("customer"), "knadh/listmonk: models/models.go", "listmonk"),
    Row("x-email-id", _whole("campaign"), "mautic/mautic: EmailBundle/Model/EmailModel.php", "mautic"),
    Row("x-mautic-*", _named, _GENERIC, "mautic"),
    Row("x-messageid", _whole("campaign"), "phpList/phplist3: class.phplistmailer.php", "phplist"),
    Row("x-listmember", _whole("recipient"), "phpList/phplist3: class.phplistmailer.php"),
    Row("x-fbl", _parts("."), "Mailtrain-org/mailtrain: campaign.list.subscription", "mailtrain"),
    Row("x-mailin-campaign", _whole("campaign"), _IN_MAILS, "brevo"),
    Row("x-mailin-custom", _custom, "Brevo: JSON, or name:value, separated by bars"),
    Row("x-mailin-tag", _list, "public code that sends with Brevo", "brevo"),
    Row("x-mailin-eid", _brevo_eid, _IN_MAILS),
    Row("x-kmail-message", _whole("campaign", "id"), _IN_MAILS, "klaviyo"),
    Row("x-klaviyo-*", _named, _GENERIC, "klaviyo"),
    Row("x-hubspot-*", _named, _GENERIC, "hubspot"),
    Row("x-sailthru-*", _named, _GENERIC),
    Row("x-roving-campaignid", _whole("campaign"), f"Constant Contact; {_IN_MAILS}"),
    Row("x-roving-id", _pattern(r"\.(?P<customer>[0-9]+)\s*$"), f"Constant Contact; {_IN_MAILS}"),
    Row("x-marketoid", _parts(":", last="customer"), f"Marketo; {_IN_MAILS}"),
    Row("x-mw-campaign-uid", _whole("campaign"), "MailWizz: its delivery servers' headers"),
    Row("x-mw-subscriber-uid", _whole("customer"), "MailWizz: its delivery servers' headers"),
    Row("x-mailer-sid", _whole("campaign"), f"Interspire; {_IN_MAILS}"),
    Row("x-mailer-recptid", _whole("customer"), f"Interspire; {_IN_MAILS}"),
    Row(
        "x-mailer",
        _pattern(r"\*\*CID(?P<campaign>[0-9a-f]{10})(?P<customer>[0-9a-f]{10})\*\*"),
        _IN_MAILS,
        "mailchimp",
    ),
    Row(
        "x-report-abuse",
        _pattern(
            r"mailchimp\.com/contact/abuse/?\?u=[0-9a-f]+&id=(?P<campaign>[0-9a-f]+)&e=(?P<customer>[0-9a-f]+)"
            r"|mandrillapp\.com/contact/abuse/?\?id=[0-9]+\.(?P<id>[0-9a-f]{32})"
        ),
        _IN_MAILS,
        "mailchimp",
    ),
    Row("x-mc-googleanalyticscampaign", _whole("campaign"), _MANDRILL),
    Row("x-job", _parts("_"), f"PowerMTA and senders that use it; {_IN_MAILS}"),
    Row(
        "x-mailgun-tag",
        _whole("campaign"),
        "https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/pass-sending-options",
    ),
    Row("x-pm-tag", _whole("campaign"), "ActiveCampaign/swiftmailer-postmark: issue 20"),
    Row("x-mc-tags", _list, _MANDRILL),
    Row("feedback-id", _parts(":", last=None), "https://support.google.com/mail/answer/6254652"),
    Row("x-feedback-id", _parts(":", last=None), f"where another sender wrote Feedback-ID; {_IN_MAILS}"),
    Row("list-id", _list_id, "https://www.rfc-editor.org/rfc/rfc2919"),
)
# Some fields name the sender's account only: X-MC-User, X-Mandrill-User, X-Kmail-Account, X-Mailin-Client.


def hints(header: Fields) -> dict[Kind, list[str]]:
    """What the fields of a header name, by kind: the most explicit first, each once."""
    found: dict[Kind, dict[str, None]] = {"id": {}, "campaign": {}, "customer": {}, "recipient": {}}
    values: dict[str, list[str]] = {}
    for name, value in header:
        values.setdefault(name.lower(), []).append(value[:_MAX_VALUE])
    for row in ROWS:
        for name in [row.field] if not row.field.endswith("*") else _starting(values, row.field[:-1]):
            for value in values.get(name, ()):
                for kind, text in row.reads(name.removeprefix(row.field[:-1]), decoded(value).strip()):
                    _add(found[kind], kind, text.strip().strip("\"'"), row.sender)
    return {kind: list(texts) for kind, texts in found.items()}


def _starting(values: Mapping[str, list[str]], prefix: str) -> list[str]:
    return [name for name in values if name.startswith(prefix)]


def _add(texts: dict[str, None], kind: Kind, text: str, sender: str) -> None:
    if kind == "id":
        text = text.strip("<>")
    if not 0 < len(text) <= _MAX_HINT or len(texts) >= _MAX_HINTS:
        return
    texts.setdefault(text)
    if sender and kind in ("campaign", "customer"):
        texts.setdefault(f"{sender}-{text}")

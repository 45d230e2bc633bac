"""Reports of Mailchimp's Marketing API that were saved as JSON: https://mailchimp.com/developer/marketing/api/reports/

Each answer is a page with a list, such as `{"emails": [...], "campaign_id": ...}`; its items on their own are read too.
"""

from collections.abc import Iterator, Mapping, Sequence

from mailsight.importing.headers import Kind
from mailsight.importing.sources import Row, Unusable, Value
from mailsight.loading import json_files
from mailsight.loading.json_files import BadRecord
from mailsight.loading.refusing import Failure, tried
from mailsight.vocabulary import EventType

from . import values
from .exports import Entry, ExportFile
from .mailchimp_campaigns import NAME, Campaign
from .mailchimp_tables import acted, bounce, event, once

Object = Mapping[str, object]

# The lists in answers.
LISTS = ("reports", "campaigns", "emails", "sent_to", "members", "unsubscribes", "abuse_reports")


def _answer(name: str, *keys: str) -> Kind:
    """An answer, or an item of one, with these keys."""
    return Kind(name, {key: (key,) for key in keys}, frozenset(keys), marks=(frozenset(keys),))


KINDS = (
    *(
        _answer(name, name, key)
        for name in LISTS
        for key in ("total_items", "_links", "campaign_id", "list_id")
    ),
    _answer("report", "campaign_title", "emails_sent"),
    _answer("campaign", "web_id", "settings"),
    _answer("recipient", "email_id", "email_address", "campaign_id"),
    _answer("member", "unique_email_id", "email_address"),
)


def campaigns(files: Sequence[ExportFile]) -> Iterator[tuple[Campaign, str | None]]:
    """The campaigns that the files list, each with its number in the app if it is there."""
    for file in files:
        for value in json_files.values(file.path):
            for item in _items(getattr(value, "value", None)):
                if _is_campaign(item):
                    yield _campaign(item), _text(item, "web_id")


def entries(
    file: ExportFile, listed: Mapping[str, Campaign], templates: Mapping[Campaign, str]
) -> Iterator[Entry | Unusable]:
    """What the file's answers say."""
    for value in json_files.values(file.path):
        if isinstance(value, BadRecord):
            yield Unusable("events", file.name, value.line, value.reason, value.text)
            continue
        items = list(_items(value.value))
        if not items:
            yield Unusable("events", file.name, value.line, "not an answer of Mailchimp's API", value.text)
        for item in items:
            outcome = tried(list[Entry | Unusable], _item(item, file.name, value.line, listed, templates))
            if isinstance(outcome, Failure):
                yield Unusable("events", file.name, value.line, outcome.reason, value.text)
            else:
                yield from outcome


def _items(value: object) -> Iterator[Object]:
    """The items of an answer, each with the campaign that the answer is about; or the value itself."""
    if not isinstance(value, dict):
        return
    lists = [value[name] for name in LISTS if isinstance(value.get(name), list)]
    if not lists:
        yield value
    about = {"campaign_id": value["campaign_id"]} if value.get("campaign_id") else {}
    for items in lists:
        yield from (about | item for item in items if isinstance(item, dict))


def _item(
    item: Object, file: str, line: int, listed: Mapping[str, Campaign], templates: Mapping[Campaign, str]
) -> Iterator[Entry | Unusable]:
    if _is_campaign(item):
        campaign = listed[_text(item, "id") or ""]
        yield Entry("campaigns", file, line, _campaign_row(item, campaign, templates.get(campaign)))
        if figures := _totals(item):
            yield Entry("totals", file, line, {"campaign_id": campaign.campaign_id, "source": NAME} | figures)
        return
    email, campaign_id = values.address(_text(item, "email_address")), _text(item, "campaign_id")
    campaign_of = listed.get(campaign_id, Campaign(campaign_id)) if campaign_id else None
    if email and campaign_of:
        yield from _of_recipient(item, email, campaign_of, file, line)
    elif email and ("unique_email_id" in item or "merge_fields" in item):
        yield Entry("customers", file, line, _customer(item, email))
    else:
        yield Unusable("events", file, line, "no e-mail address or campaign", str(dict(item)))


def _of_recipient(
    item: Object, email: str, campaign: Campaign, file: str, line: int
) -> Iterator[Entry | Unusable]:
    at = values.moment(_text(item, "timestamp") or _text(item, "date"))
    match item:
        case {"activity": [*actions]}:
            for action in actions:
                yield from _acted(action if isinstance(action, dict) else {}, email, campaign, file, line)
        case {"opens": [*opens]}:
            for opened in opens:
                yield from _opened(opened if isinstance(opened, dict) else {}, email, campaign, file, line)
        case {"action": _}:
            yield from _acted(item, email, campaign, file, line)
        case {"status": _}:
            yield from _sent(item, email, campaign, file, line)
        case {"reason": _} if at:
            left = once(EventType.UNSUBSCRIBED, email, campaign, at)
            yield Entry("events", file, line, {**left, "diagnostic": _text(item, "reason")})
        case _ if at:
            yield Entry("events", file, line, once(EventType.COMPLAINED, email, campaign, at))


def _opened(opened: Object, email: str, campaign: Campaign, file: str, line: int) -> Iterator[Entry]:
    """An open of the opens report, which knows the proxies of Apple's Mail Privacy Protection."""
    if at := values.moment(_text(opened, "timestamp")):
        proxied = {"provider_machine": True} if opened.get("is_proxy_open") else {}
        yield Entry("events", file, line, event(EventType.OPENED, email, campaign, at) | proxied)


def _acted(
    action: Object, email: str, campaign: Campaign, file: str, line: int
) -> Iterator[Entry | Unusable]:
    at = values.moment(_text(action, "timestamp"))
    if at:
        yield from acted(lambda name: _text(action, name), email, campaign, at, file, line, str(dict(action)))
    else:
        yield Unusable("events", file, line, "no time", str(dict(action)))


def _sent(item: Object, email: str, campaign: Campaign, file: str, line: int) -> Iterator[Entry | Unusable]:
    """A recipient, who may have bounced."""
    if not campaign.sent_at:
        reason = (
            "nothing tells when its campaign was sent. Import the campaign's report together with this file"
        )
        yield Unusable("messages", file, line, reason, str(dict(item)))
        return
    fields = item.get("merge_fields")
    merge_fields = {"EMAIL": email} | {
        name: value
        for name, value in (fields.items() if isinstance(fields, dict) else ())
        if isinstance(value, str | int | float)
    }
    message: Row = {
        "campaign_id": campaign.campaign_id,
        "customer_id": email,
        "email": email,
        "sent_at": campaign.sent_at,
        "merge_fields": merge_fields,
    }
    yield Entry("messages", file, line, message)
    if (status := _text(item, "status")) in ("hard", "soft"):
        yield Entry("events", file, line, bounce(email, campaign, campaign.sent_at, status))


def _is_campaign(item: Object) -> bool:
    return bool(_text(item, "id")) and ("settings" in item or "campaign_title" in item)


def _campaign(item: Object) -> Campaign:
    is_sent = _text(item, "status") in (None, "sent", "sending")
    sent_at = values.moment(_text(item, "send_time")) if is_sent else None
    return Campaign(
        _text(item, "id") or "",
        _text(_at(item, "settings"), "title") or _text(item, "campaign_title"),
        sent_at,
    )


def _campaign_row(item: Object, campaign: Campaign, template: str | None) -> Row:
    settings, recipients = _at(item, "settings"), _at(item, "recipients")
    row: dict[str, Value] = {
        "campaign_id": campaign.campaign_id,
        "name": campaign.title,
        "subject": _text(settings, "subject_line") or _text(item, "subject_line"),
        "preheader": _text(settings, "preview_text") or _text(item, "preview_text"),
        "from_name": _text(settings, "from_name"),
        "from_email": values.address(_text(settings, "reply_to")),
        "sent_at": campaign.sent_at,
        "selection": _text(recipients, "list_name") or _text(item, "list_name"),
        "template": template,
        "source": NAME,
    }
    return row


def _totals(item: Object) -> dict[str, Value]:
    """The totals in a report. Mailchimp counts as delivered what didn't bounce."""
    if "opens" not in item:
        return {}
    bounces, opens, clicks, shop = (_at(item, name) for name in ("bounces", "opens", "clicks", "ecommerce"))
    hard, soft, sent = (
        _number(bounces, "hard_bounces"),
        _number(bounces, "soft_bounces"),
        _number(item, "emails_sent"),
    )
    failed = None if hard is None and soft is None else (hard or 0) + (soft or 0)
    figures: dict[str, Value] = {
        "sent": sent,
        "delivered": None if sent is None or failed is None else sent - failed,
        "bounces": failed,
        "hard_bounces": hard,
        "soft_bounces": soft,
        "opened": _number(opens, "unique_opens"),
        "opens": _number(opens, "opens_total"),
        "clicked": _number(clicks, "unique_subscriber_clicks"),
        "clicks": _number(clicks, "clicks_total"),
        "unsubscribed": _number(item, "unsubscribed"),
        "complained": _number(item, "abuse_reports"),
        "orders": _number(shop, "total_orders"),
        "revenue": values.amount(_text(shop, "total_revenue")),
        "currency": _text(shop, "currency_code"),
    }
    return {name: value for name, value in figures.items() if value is not None}


def _customer(item: Object, email: str) -> Row:
    location, fields = _at(item, "location"), _at(item, "merge_fields")
    names = filter(None, (_text(fields, "FNAME"), _text(fields, "LNAME")))
    row: dict[str, Value] = {
        name.lower(): value
        for name, value in fields.items()
        if isinstance(value, str | int | float) and value != ""
    }
    return row | {
        "customer_id": email,
        "email": email,
        "name": _text(item, "full_name") or " ".join(names) or None,
        "language": _text(item, "language"),
        "country": _text(location, "country_code"),
        "timezone": _text(location, "timezone"),
        "created_at": values.moment(_text(item, "timestamp_opt") or _text(item, "timestamp_signup")),
        "status": _text(item, "status"),
    }


def _at(item: Object, name: str) -> Object:
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def _text(item: Object, name: str) -> str | None:
    value = item.get(name)
    return (
        values.known(str(value))
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else None
    )


def _number(item: Object, name: str) -> int | None:
    return values.count(_text(item, name))

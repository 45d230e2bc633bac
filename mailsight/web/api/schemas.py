"""The answers of the API as JSON schemas. Tests hold every answer to them."""

from collections.abc import Mapping
from typing import Any

from mailsight.figures.metrics import COUNT_NAMES, RATES
from mailsight.heatmap.badges import Show
from mailsight.reports import grid
from mailsight.vocabulary import SENT_STATES, Audience, NotSentReason, Status

Schema = Mapping[str, Any]


def _object(**properties: Schema) -> Schema:
    """An object with all of these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
RATE: Schema = _or_null({"type": "number", "minimum": 0, "maximum": 1})
AUDIENCE: Schema = {"type": "string", "enum": [*map(str, Audience)]}

_COUNTS = _object(**dict.fromkeys(COUNT_NAMES, _or_null(NUMBER)))
_RATES = _object(**{rate.key: {**RATE, "description": f"{rate.formula}. {rate.meaning}"} for rate in RATES})
_REPORTED = _object(
    source=TEXT, as_of=_or_null(MOMENT), figures=_list({"type": "string", "enum": list(COUNT_NAMES)})
)
_SALES = _object(
    source=TEXT,
    as_of=_or_null(MOMENT),
    orders=_or_null(NUMBER),
    revenue=_or_null({"type": "number"}),
    currency=_or_null(TEXT),
)
_DIFFERENCE = _object(
    figure=TEXT, source=TEXT, as_of=_or_null(MOMENT), reported=_or_null(NUMBER), counted=_or_null(NUMBER)
)
_LINK = {"link_position": _or_null(NUMBER), "url": TEXT, "clicks": NUMBER, "clickers": NUMBER}
_PAGE = {"total": NUMBER, "page": NUMBER, "size": NUMBER, "next_page": _or_null(NUMBER)}

CAMPAIGN = _object(
    campaign_id=TEXT,
    name=TEXT,
    subject=_or_null(TEXT),
    sent_at=_or_null(MOMENT),
    audience=AUDIENCE,
    verdict=TEXT,
    counts=_COUNTS,
    rates=_RATES,
    not_sent={
        "type": "object",
        "propertyNames": {"enum": [*map(str, NotSentReason)]},
        "additionalProperties": NUMBER,
    },
    status=_object(**{str(status): _or_null(NUMBER) for status in SENT_STATES}),
    reported=_or_null(_REPORTED),
    differences=_list(_DIFFERENCE),
    sales=_list(_SALES),
    links=_list(_object(**_LINK)),
    other_links=_list(_object(url=TEXT, clicks=NUMBER, clickers=NUMBER)),
)
CAMPAIGNS = _object(
    campaigns=_list(
        _object(
            campaign_id=TEXT,
            name=TEXT,
            subject=_or_null(TEXT),
            sent_at=_or_null(MOMENT),
            tags=_list(TEXT),
            planned={"type": "boolean"},
            counts=_COUNTS,
            rates=_RATES,
            reported=_or_null(_REPORTED),
            sales=_or_null(_SALES),
        )
    ),
    totals=_object(counts=_COUNTS, rates=_RATES),
    **_PAGE,
)
LINKS = _object(
    campaign_id=TEXT,
    audience=AUDIENCE,
    clicks=NUMBER,
    links=_list(_object(**_LINK, share=RATE)),
    **_PAGE,
)
TIMELINE = _object(
    campaign_id=TEXT,
    audience=AUDIENCE,
    hours=_list(_object(hour=NUMBER, opens=NUMBER, clicks=NUMBER, opened=NUMBER, clicked=NUMBER)),
)
# A link's clicks and customers are divided by the totals of all links, and by the delivered messages.
DIVIDED: tuple[Show, ...] = ("share", "rate")
HEATMAP = _object(
    campaign_id=TEXT,
    audience=AUDIENCE,
    clicks=NUMBER,
    clickers=NUMBER,
    delivered=_or_null(NUMBER),
    links=_list(
        _object(
            **_LINK,
            label=TEXT,
            links_with_this_url=NUMBER,
            clicks_share=RATE,
            clicks_rate=_or_null({"type": "number", "minimum": 0}),  # a customer may click often
            clickers_share=RATE,
            clickers_rate=RATE,
        )
    ),
    **_PAGE,
)
WEEK = _object(
    campaign_id=TEXT,
    audience=AUDIENCE,
    hours=_list(
        _object(
            weekday={"type": "integer", "minimum": 0, "maximum": 6, "description": "0 is Monday."},
            hour={"type": "integer", "minimum": 0, "maximum": 23},
            opens=NUMBER,
            clicks=NUMBER,
        )
    ),
    counted_in=_object(zone_of_customer=NUMBER, zone_of_country=NUMBER, given_zone=NUMBER),
)
MAILBOX_PROVIDERS = _object(
    campaign_id=TEXT,
    audience=AUDIENCE,
    providers=_list(
        _object(
            name=TEXT,
            domains=_list(TEXT),
            more_domains=NUMBER,
            counts=_COUNTS,
            rates=_RATES,
            status=_object(**{str(status): NUMBER for status in SENT_STATES}),
            hard=NUMBER,
            soft=NUMBER,
            bounces=_list(
                _object(reason=TEXT, customers=NUMBER, hard=NUMBER, soft=NUMBER, example=_or_null(TEXT))
            ),
        )
    ),
)
_USED = _list(_object(name=TEXT, events=NUMBER, customers=NUMBER))
_USAGE = _object(events=NUMBER, customers=NUMBER, programs=_USED, devices=_USED)
MAIL_PROGRAMS = _object(campaign_id=TEXT, audience=AUDIENCE, opens=_USAGE, clicks=_USAGE)
MACHINES = _object(
    campaign_id=TEXT,
    rules=_list(_object(reason=TEXT, label=TEXT, opens=NUMBER, clicks=NUMBER, unsubscribes=NUMBER)),
)
_KINDS: Mapping[str, Schema] = {"text": TEXT, "number": NUMBER, "moment": MOMENT, "state": TEXT}
CUSTOMERS = _object(
    campaign_id=TEXT,
    audience=AUDIENCE,
    customers=_list(
        _object(
            customer_id=TEXT,
            **{column.key: _or_null(_KINDS[column.kind]) for column in grid.COLUMNS}
            | {"status": {"type": "string", "enum": [*map(str, Status)]}},
        )
    ),
    **_PAGE,
)
ERROR = _object(error=_object(title=TEXT, message=TEXT, next_step=TEXT))

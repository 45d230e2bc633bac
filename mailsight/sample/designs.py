"""The sample's e-mails: four designs, filled with each campaign's texts, places and pictures."""

import datetime
import re
from pathlib import Path
from random import Random
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .maps import drawn_map
from .pictures import picture
from .plans import Plan, destinations, looks
from .shapes import data_uri, shape

# The templates use square brackets, because braces mark the e-mails' merge fields.
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    block_start_string="[%",
    block_end_string="%]",
    variable_start_string="[[",
    variable_end_string="]]",
    comment_start_string="[#",
    comment_end_string="#]",
    keep_trailing_newline=True,
)
Words = dict[str, Any]


def draw(plan: Plan, *, campaign_id: str, date: datetime.date) -> str:
    """The e-mail's HTML with unfilled merge fields."""
    look = next(colours for tag, colours in looks().items() if tag in plan.tags)
    marks = {field: plan.mark(name) for name, field in plan.fields.items()}
    customer = marks["customer_id"]
    words: Words = {
        **look,
        **marks,
        **{key: value for key, value in plan.copy.items() if isinstance(value, str | int)},
        "campaign_id": campaign_id,
        "date": date,
        "logo": data_uri(shape("logo", accent=look["accent"]), 28, 28),
        "view_url": f"https://mail.sunwise.example/view/{campaign_id}/{customer}",
        "list_url": f"https://www.sunwise.example/list/{campaign_id}?u={customer}&utm_source=mail",
        "preferences_url": f"https://www.sunwise.example/preferences?u={customer}",
        "unsubscribe_url": f"https://www.sunwise.example/unsubscribe?u={customer}&c={campaign_id}",
    }
    return _TEMPLATES.get_template(f"{plan.design}.html").render(words | _PARTS[plan.design](plan, words))


def _place(key: str, campaign_id: str, query: str, picture_height: int) -> Words:
    place = destinations()[key]
    return {
        **place,
        "url": f"https://www.sunwise.example/trips/{key}?{query}",
        "picture": picture(place["scene"], f"{key} {campaign_id}", height=picture_height),
    }


def _newsletter(plan: Plan, words: Words) -> Words:
    campaign_id = words["campaign_id"]
    query = f"utm_source=newsletter&utm_medium=email&utm_campaign={campaign_id}"
    heights = (330, 400, 400, 480, 480, 480)
    stories = [_place(key, campaign_id, query, high) for key, high in zip(plan.places, heights, strict=True)]
    return {
        "lead": stories[0],
        "pair": stories[1:3],
        "rows": stories[3:],
        "issue": words["date"].strftime("%B %Y"),
    }


def _offer(plan: Plan, words: Words) -> Words:
    campaign_id, discount = words["campaign_id"], plan.copy["discount"]
    random = Random(campaign_id)
    query = f"u={words['customer_id']}&utm_source=offer&utm_campaign={campaign_id}"
    tiles = [_place(key, campaign_id, query, 450) for key in plan.places]
    for tile in tiles:
        was = round(tile["price"] * 1.04)
        tile["was"] = was
        tile["price"] = round(was * (100 - discount + random.randrange(0, 7)) * 0.002) * 5 - 1
    date = words["date"]
    last = date + datetime.timedelta(days=(6 - date.weekday()) % 7 or 7)
    clock = [(f"{(last - date).days:02}", "DAYS"), (f"{random.randrange(9, 15):02}", "HOURS"), ("59", "MIN")]
    return {
        "hero": _place(plan.places[0], campaign_id + " hero", query, 290),
        "tiles": tiles,
        "clock": [{"count": count, "unit": unit} for count, unit in clock],
        "ends": f"Ends {last:%A} {last.day} {last:%B}, 23:59",
        "places": len(tiles),
    }


def _map(plan: Plan, words: Words) -> Words:
    campaign_id = words["campaign_id"]
    query = f"u={words['customer_id']}&utm_source=map&utm_campaign={campaign_id}"
    places = [_place(key, campaign_id, query, 320) for key in plan.places]
    image, areas = drawn_map(
        plan.copy["style"], [(place["name"], place["scene"]) for place in places], campaign_id
    )
    goals = [(place["url"], f"{place['name']}, from €{place['price']}") for place in places]
    goals.append((words["list_url"], "See all five places"))
    return {
        "map": image,
        "hero": _place(plan.places[0], campaign_id, query, 300),
        "areas": [
            {"shape": area.shape, "coords": area.coords, "url": url, "alt": alt}
            for area, (url, alt) in zip(areas, goals, strict=True)
        ],
        "places": [{**place, "number": number} for number, place in enumerate(places, start=1)],
        "names": ", ".join(place["name"] for place in places),
        "button": "Compare all five",
    }


def _letter(plan: Plan, words: Words) -> Words:
    link = f'<a href="\\2" style="color:{words["accent"]};">\\1</a>'
    paragraphs = [
        Markup(re.sub(r"\[([^]]+)\]\(([^)]+)\)", link, str(escape(paragraph))))  # noqa: S704 (escaped before)
        for paragraph in plan.copy["paragraphs"]
    ]
    face = shape("face") + shape(f"hair of {plan.who}") + shape("smile")
    return {"paragraphs": paragraphs, "portrait": data_uri(face, 72, 72)}


_PARTS = {"newsletter": _newsletter, "offer": _offer, "map": _map, "letter": _letter}

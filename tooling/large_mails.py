"""E-mails as large as they can be, of many kinds, and a bundle with a campaign for each."""

import csv
import json
from collections.abc import Iterable
from itertools import count
from pathlib import Path

LINK = '<a href="https://shop.example/{}">Offer {} for {{{{name}}}}</a>'


def _repeated(part: str, size: int) -> str:
    """The part again and again; `{}` in it is a number."""
    parts, length, numbers = [], 0, count()
    while length < size:
        number = next(numbers)
        parts.append(part.replace("{}", str(number)))
        length += len(parts[-1])
    return "".join(parts)


def mails(size: int) -> dict[str, str]:
    """An e-mail of each kind with about this many characters, and the same few links in each."""
    links = "".join(f"<p>{LINK.format(number, number)}</p>" for number in range(20))
    rules = "td.c{}:first-child > a, #i{} {color: #{}aa; background: url(https://shop.example/{}.png)} "
    area = '<area shape="rect" coords="{},{},600,600" href="https://shop.example/area/{}" alt="Area {}">'
    bodies = {
        "nested": "<div>" * (size // 5),
        "links": _repeated(LINK.replace("{{", "{").replace("}}", "}") + " ", size),
        "styles": f"<style>{_repeated(rules, size)}</style>",
        "attributes": f'<p title="{"x" * (size // 3)}" style="{_repeated("color:red;", size // 3)}" '
        f"{_repeated('data-a{}=1 ', size // 3)}>hello</p>",
        "pictures": f'<img alt="" src="data:image/png;base64,{"iVBORw0KGgo" * (size // 11)}">',
        "tables": _repeated("<table><tr><td style='width: 10px'>a<td bgcolor=red>{}", size),
        "formatting": _repeated("<b><i>x", size),
        "comments": _repeated("<!--[if mso]><v:rect href='https://shop.example/{}'><![endif]-->", size),
        "entities": "&amp;&#x41;&nbsp;&eacute;" * (size // 25),
        "image map": f'<img alt="" src="data:," usemap="#m" width=600 height=600><map name="m">'
        f"{_repeated(area, size)}</map>",
        "one letter": "a" * size,
    }
    page = "<!DOCTYPE html><html><head><title>Offers</title></head><body>{}{}</body></html>"
    return {kind: page.format(links, body) for kind, body in bodies.items()}


def write_bundle(folder: Path, size: int) -> Path:
    """Write a bundle: a campaign with an e-mail of each kind, sent to one customer who clicked its first link."""
    (folder / "contents").mkdir(parents=True)
    kinds = mails(size)
    for kind, html in kinds.items():
        (folder / "contents" / f"{kind}.html").write_text(html, encoding="utf-8")
    sent_at, clicked_at = "2026-04-14T09:00:00Z", "2026-04-14T10:00:00Z"
    tables: dict[str, tuple[str, Iterable[tuple[str, ...]]]] = {
        "campaigns": (
            "campaign_id,name,subject,sent_at,template",
            [(kind, f"Large: {kind}", "Offers", sent_at, f"contents/{kind}.html") for kind in kinds],
        ),
        "customers": ("customer_id,name,email", [("ann", "Ann", "ann@mail.example")]),
        "messages": (
            "campaign_id,customer_id,sent_at,merge_fields",
            [(kind, "ann", sent_at, json.dumps({"name": "Ann"})) for kind in kinds],
        ),
        "events": (
            "campaign_id,customer_id,type,occurred_at,url",
            [(kind, "ann", "clicked", clicked_at, "https://shop.example/0") for kind in kinds],
        ),
    }
    for name, (heading, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([heading.split(","), *rows])
    return folder

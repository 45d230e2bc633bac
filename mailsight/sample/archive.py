"""Archived copies in the sample: the e-mail exactly as a few customers received it, as HTML and as raw `.eml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from mailsight.merging.languages import Language
from mailsight.merging.rendering import render

from .campaigns import Campaign


@dataclass(frozen=True, slots=True)
class Copy:
    """The customer-specific parts of an archived copy."""

    customer_id: str
    email: str
    name: str
    message_id: str
    sent_at: datetime
    merge_fields: Mapping[str, str]


def write(folder: Path, campaign: Campaign, copy: Copy, *, raw: bool) -> str:
    """Writes the copy into the bundle, as `.eml` if `raw`; returns its path within the bundle.

    The copy contains a sentence that the template does not, like e-mails with customer-specific content.
    """
    opening = str(escape(campaign.plan.opening))
    extra = " The trip that you looked at last week is still free, by the way."
    template = campaign.html.replace(opening, opening + extra)
    personal = render(template, copy.merge_fields, Language.PLAIN, is_html=True).text
    path = f"contents/archive/{campaign.campaign_id}-{copy.customer_id}.{'eml' if raw else 'html'}"
    (folder / "contents" / "archive").mkdir(exist_ok=True)
    content = _eml(campaign, copy, personal) if raw else personal.encode()
    (folder / path).write_bytes(content)
    return path


def _eml(campaign: Campaign, copy: Copy, personal: str) -> bytes:
    """The raw message: plain text and HTML, with the first large image attached and referenced by Content-ID."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{campaign.row['from_name']} <{campaign.row['from_email']}>"
    message["To"] = f"{copy.name} <{copy.email}>"
    message["Subject"] = render(campaign.plan.subject, copy.merge_fields, Language.PLAIN).text
    message["Date"] = format_datetime(copy.sent_at)
    message["Message-ID"] = f"<{copy.message_id}@mail.sunwise.example>"
    message["List-Unsubscribe"] = f"<https://www.sunwise.example/unsubscribe?u={copy.customer_id}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    document = LexborHTMLParser(personal)
    large = [
        node for node in document.css("img:not([usemap])") if int(node.attributes.get("height") or 0) > 200
    ]
    for node in large[:1]:
        node.attrs["src"] = "cid:first@sunwise.example"
    body = document.body
    message.set_content(body.text(separator="\n", strip=True) if body else "", cte="quoted-printable")
    message.add_alternative(document.html or personal, subtype="html", cte="quoted-printable")
    shown = list(message.iter_parts())[1]
    if large and isinstance(shown, EmailMessage):
        shown.add_related(
            _sunset(600, 320), "image", "png", cid="<first@sunwise.example>", filename="first.png"
        )
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_sunwise_{copy.customer_id}_{number}")  # random by default
    return message.as_bytes()


def _sunset(width: int, height: int) -> bytes:
    """A PNG of a sunset over the sea, about 3 kB."""
    y, x = np.mgrid[0:height, 0:width]
    stops = np.array(
        [[47, 75, 143], [181, 100, 143], [247, 154, 107], [255, 217, 160], [109, 92, 147], [44, 60, 116]]
    )
    heights = np.array([0, 0.25, 0.45, 0.6, 0.601, 1]) * height
    rows = np.stack([np.interp(np.arange(height), heights, stops[:, colour]) for colour in range(3)], axis=1)
    pixels: NDArray[np.uint8] = np.repeat(rows.astype(np.uint8)[:, np.newaxis], width, axis=1)
    sun = ((x - width * 0.6) ** 2 + (y - height * 0.46) ** 2 < 900) & (y < height * 0.6)
    pixels[sun] = (255, 243, 214)
    png = BytesIO()
    Image.fromarray(pixels).save(png, "PNG", optimize=True)
    return png.getvalue()

"""The views of an e-mail in a dialog: as HTML, as plain text, its source and its headers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from mailsight.bounded import pool
from mailsight.components import address, tables
from mailsight.components.mail_frame import Target, mail_frame
from mailsight.errors import WorkFailed
from mailsight.figures import formats
from mailsight.mail import plain_text, views
from mailsight.mail.clipping import LIMIT_BYTES
from mailsight.mail.personal_links import Effect, Recipient
from mailsight.mail.removed import Unsafe
from mailsight.mail.trackers import host
from mailsight.mail.views import CLIPPED, ShownLink, ShownMail
from mailsight.reports.mails import MailView, Received
from mailsight.web import downloads
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import (
    DARK,
    DESKTOP,
    HEADERS,
    HTML,
    LIGHT,
    MAIL_COLOURS,
    MAIL_SCREEN,
    MAIL_VIEW,
    PHONE,
    PLAIN_TEXT,
    SOURCE,
    Parameter,
)

PHONE_WIDTH = 390  # pixels
PICTURES_HELP = (
    "The sender's server provides the images and may count loading them as an open. Off by default."
)
_NOTHING_LEFT = "This e-mail contains no text."
_MAX_TEXT = 50_000
_MAX_URL = 2_000
_WHY = {
    Effect.UNSUBSCRIBES: "it may unsubscribe {}",
    Effect.PREFERENCES: "it may open or change {}'s preferences",
    Effect.CONFIRMS: "it may confirm something in {}'s name",
    Effect.SHOWS_MAIL: "it opens {}'s own copy of the e-mail and may count as an open",
    Effect.COUNTS: "it counts as a click by {}",
    Effect.IDENTIFIES: "it identifies {}",
}
_OPENS = {"mailto": "It opens your mail program.", "tel": "It opens the program that you make calls with."}
_RESULTS = (("DKIM", "dkim"), ("SPF", "spf"), ("DMARC", "dmarc"))
_SIGNED = {"smime": "S/MIME", "pgp": "PGP"}


def chosen_view(key: str, received: Received | None) -> str:
    """The switch between the views. It is in the address. Headers are offered if there are any."""
    options = [HTML, PLAIN_TEXT, SOURCE, *([HEADERS] if received else [])]
    return _switch("View", options, MAIL_VIEW, f"{key}:view")


def _switch(label: str, options: Sequence[str], parameter: Parameter[Any], key: str) -> str:
    on_change = address.follow(
        parameter, key, shown=lambda value: value if value in options else parameter.default
    )
    chosen: str | None = st.segmented_control(
        label, options, required=True, label_visibility="collapsed", key=key, on_change=on_change
    )
    return chosen or parameter.default


@dataclass(frozen=True, slots=True)
class Look:
    """How an e-mail is shown: `width_px` (None: the available width), in dark mode, and with remote images."""

    width_px: int | None
    dark: bool
    pictures: bool


def chosen_look(key: str) -> Look:
    """The switches between desktop and phone, light and dark, and for images. All but the last are in the address."""
    screen = _switch("Screen", [DESKTOP, PHONE], MAIL_SCREEN, f"{key}:screen")
    colours = _switch("Colours", [LIGHT, DARK], MAIL_COLOURS, f"{key}:colours")
    pictures = st.toggle("Load images", key=f"{key}:pictures", help=PICTURES_HELP)
    return Look(PHONE_WIDTH if screen == PHONE else None, colours == DARK, pictures)


def html(mail: MailView, key: str, look: Look, *, recipient: Recipient, opens: bool, export: Export) -> None:
    """The e-mail as a mail program shows it, below notes about it.

    `opens`: links open when they are clicked, except those that are personal. `export`: what a download of it contains.
    """
    work = partial(
        views.shown,
        mail.html,
        recipient,
        opens=opens,
        pictures=look.pictures,
        dark=look.dark,
        embedded=mail.source == "archived",
    )
    try:
        with st.spinner("Reading the e-mail"):
            shown = pool.run(work)
    except WorkFailed as error:
        cannot_show(error)
        _download(mail.html, key, export)
        return
    framed(shown, mail, key, look, opens=opens)


def framed(shown: ShownMail, mail: MailView, key: str, look: Look, *, opens: bool) -> None:
    """An e-mail in its frame, below notes about it."""
    _notes(notes(shown, dark=look.dark))
    mail_frame(
        shown.html,
        key=f"{key}:frame",
        width=look.width_px,
        title=f"E-mail: {mail.subject or formats.NO_SUBJECT}",
        origins=shown.origins,
        links={
            position: target(link, "a customer" if opens else "this customer")
            for position, link in shown.links.items()
        },
        popups=opens,
        dark=look.dark and not shown.has_dark_styles,
        clipped=(CLIPPED, f"Gmail clips the message here ({_kilobytes(LIMIT_BYTES)})")
        if shown.is_clipped
        else None,
    )


def notes(shown: ShownMail, *, dark: bool) -> list[str]:
    """Notes about the e-mail as it is shown, a sentence or two each."""
    own = "own styles for dark mode apply" if shown.has_dark_styles else "colours are inverted"
    clipped = (
        f"Gmail clips this e-mail: its HTML is {_kilobytes(shown.size_bytes)}, and Gmail shows the first "
        f"{_kilobytes(LIMIT_BYTES)}."
    )
    possible = (
        made_safe(shown.unsafe),
        clipped if shown.is_clipped else "",
        f"This is an approximation of dark mode: the e-mail's {own}." if dark else "",
    )
    return [note for note in possible if note]


def _notes(notes: Iterable[str]) -> None:
    if text := "  \n".join(notes):
        st.caption(text)


def _kilobytes(size_bytes: int) -> str:
    return f"{formats.count(round(size_bytes / 1024))} KB"


def made_safe(unsafe: Mapping[Unsafe, int]) -> str:
    """What was changed to make an e-mail safe; empty if nothing was."""
    number = {kind: formats.things(times, kind.value) for kind, times in unsafe.items()}
    disabled = [number.pop(kind) for kind in (Unsafe.FORM, Unsafe.LINK) if kind in number]
    held_back = number.pop(Unsafe.PICTURE, "")
    changes = [
        f"{formats.listed(number.values())} removed" if number else "",
        f"{formats.listed(disabled)} disabled" if disabled else "",
        f"{held_back} not loaded" if held_back else "",
    ]
    listed = "; ".join(filter(None, changes))
    return f"Made safe: {listed}." if listed else ""


def target(link: ShownLink, who: str) -> Target:
    """What the frame says about a link that opens nothing by itself. `who` got the e-mail."""
    scheme, _, rest = link.url.partition(":")
    leads = {"mailto": "Writes to", "tel": "Calls"}.get(scheme.lower(), "Leads to")
    place = rest.partition("?")[0] if leads != "Leads to" else host(link.inside or link.url) or link.url
    by_way = f", by way of {host(link.url)}" if link.inside and host(link.inside) != host(link.url) else ""
    if link.effect is None:
        why, href = _OPENS.get(scheme.lower(), "It leads to the same page for everybody."), link.url
    else:
        why, href = f"It can't be opened here, because {_WHY[link.effect].format(who)}.", ""
    return Target(f"{leads} {formats.raw(place, 100)}{by_way}", formats.raw(link.url, _MAX_URL), why, href)


def plain(mail: MailView, key: str) -> None:
    """The e-mail's text part, or else its HTML as text."""
    if mail.text and mail.text.strip():
        st.caption("The e-mail's own text part, for mail programs that show no HTML.")
        _literal(mail.text, key)
        return
    try:
        with st.spinner("Reading the e-mail"):
            text = pool.run(partial(plain_text.from_html, mail.html))
    except WorkFailed as error:
        cannot_show(error)
        return
    st.caption(
        "This e-mail has no text part, or none was stored. The text is made from its HTML, as mail programs do."
    )
    _literal(text, key)


def source(mail: MailView, key: str, export: Export) -> None:
    """The e-mail's HTML as it is."""
    size = formats.size(len(mail.html.encode("utf-8", "replace")))
    st.caption(f"The HTML of the e-mail ({size}), with invisible characters spelled out.")
    _literal(mail.html, key)
    _download(mail.html, key, export)


def _literal(text: str, key: str) -> None:
    """The beginning of untrusted text, shown as it is."""
    shown = literal(text[:_MAX_TEXT])
    if not shown.strip():
        st.info(_NOTHING_LEFT, icon=":material/info:")
        return
    with st.container(key=f"literal:{key}"):
        st.code(shown, language=None, wrap_lines=True)
    if len(text) > _MAX_TEXT:
        st.caption(f"The first {formats.of(_MAX_TEXT, len(text))} characters.")


def literal(text: str) -> str:
    """The text with its invisible characters written as escapes, except line ends and tabs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        character if character.isprintable() or character in "\n\t" else _escape(character)
        for character in lines
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def headers(received: Received, key: str) -> None:
    """What the e-mail's header says, as facts and as it is."""
    tables.facts(
        [tables.Row(name, [name, value]) for name, value in header_facts(received)],
        key=f"{key}:facts",
        label="Facts from the headers",
    )
    st.caption(
        "All headers, in their order. Only those that the customer's own mail server added can be trusted."
    )
    tables.table(
        [tables.Column("Header", fit=True), tables.Column("Value", whole=True)],
        [
            tables.Row(str(number), [formats.raw(name, 100), formats.raw(value, _MAX_URL)])
            for number, (name, value) in enumerate(received.headers)
        ],
        key=f"{key}:headers",
        label="Headers",
    )


def header_facts(received: Received) -> list[tuple[str, str]]:
    """Names and values of what the header says; what it doesn't say is left out."""
    facts = received.facts
    results = [f"{name} {result}" for name, field in _RESULTS if (result := getattr(facts, field))]
    by = f" ({formats.raw(facts.checked_by, 100)})" if facts.checked_by and results else ""
    attachments = [
        f"{formats.raw(file.name or file.type, 100)} ({formats.size(file.size_bytes)})"
        for file in received.attachments
    ]
    named = [
        ("From", _raw(facts.sender)),
        ("To", _raw(facts.to)),
        ("Sent", facts.date and formats.precise_moment(facts.date, st.context.timezone)),
        ("Received", facts.received_at and formats.precise_moment(facts.received_at, st.context.timezone)),
        ("Message-ID", _raw(facts.message_id)),
        ("Unsubscribe header", _raw(", ".join(facts.unsubscribe))),
        ("One-click unsubscribe", "Yes" if facts.is_one_click else "No"),
        ("Authentication", ", ".join(results) + by if results else "No results in the headers"),
        ("Signed", received.signature and f"{_SIGNED[received.signature]}; the signature is not checked"),
        ("Character set", _raw(received.charset)),
        ("Size", formats.size(received.size_bytes)),
        ("Attachments", ", ".join(attachments) or "None"),
    ]
    return [(name, value) for name, value in named if value]


def _raw(text: str | None) -> str:
    return formats.raw(text or "", _MAX_URL)


def cannot_show(error: WorkFailed) -> None:
    """Say that an e-mail can't be shown, and why."""
    st.warning(f"This e-mail can't be shown. {formats.plain(error.message)}", icon=":material/block:")


def _download(html: str, key: str, export: Export) -> None:
    """Offer the e-mail as text, which no browser runs."""
    right = Right.CUSTOMERS if export.customer_id else Right.FIGURES
    st.download_button(
        "Download the HTML as text",
        downloads.later(right, lambda _: html.encode("utf-8", "replace"), export, "txt"),
        file_name="e-mail.txt",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}:raw",
    )

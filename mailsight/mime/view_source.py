"""Pages that were saved from a view of the source: they show the e-mail, or its HTML, as text."""

from mailsight.mail.documents import parse

_MARKS = ("line-content", "viewsource")


def message(html: str) -> str | None:
    """The source of the mail that a page of Gmail ("Show original") shows, or None for any other page."""
    source = parse(html).css_first("pre#raw_message_text") if "raw_message_text" in html else None
    return source.text(deep=True) if source else None


def original(html: str) -> str | None:
    """The HTML that the page shows the source of, or None for any other page."""
    if not any(mark in html for mark in _MARKS):
        return None
    document = parse(html)
    if lines := document.css("td.line-number + td.line-content"):
        return "\n".join(line.text(deep=True) for line in lines)
    if source := document.css("body#viewsource > pre"):
        return "\n".join(block.text(deep=True) for block in source)
    return None

"""Pages that were saved from a browser's view of a source: they show the e-mail's HTML as text, line by line."""

from mailsight.mail.documents import parse

_MARKS = ("line-content", "viewsource")


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

"""E-mails that were written in Markdown, with links and fields as they are written there."""

from mailsight.importing.registry import library


def as_html(text: str) -> str:
    """The HTML of a text in Markdown, in which HTML may stand."""
    return str(
        library("markdown_it").MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    )

"""The content of an e-mail: its HTML, made safe, and its id."""

import hashlib

from .safety import safe, safe_mail

__all__ = ["content_id", "safe", "safe_mail"]


def content_id(html: str, text: str | None = None) -> str:
    """The SHA-256 of the HTML, and of the text beside it, in hexadecimal, so that equal mails are stored once."""
    content = html if text is None else f"{html}\0{text}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

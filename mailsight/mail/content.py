"""The content of an e-mail: its HTML, made safe, and its id."""

import hashlib

from .safety import safe, safe_mail

__all__ = ["content_id", "safe", "safe_mail"]


def content_id(html: str) -> str:
    """The SHA-256 of the HTML in hexadecimal, so that equal mails are stored once."""
    return hashlib.sha256(html.encode("utf-8", "surrogatepass")).hexdigest()

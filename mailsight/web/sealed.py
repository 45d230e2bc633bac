"""Ids in addresses that would name somebody: where no customers were loaded, a customer's id is their e-mail address.

Such an id is encrypted with a key of this installation, always to the same text, so links and the browser's history
lead to the customer and name nobody.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from mailsight import settings
from mailsight.errors import StateUnreadable
from mailsight.state.store import Store

_KEY, _KEY_BYTES = "addresses", 32
_SEAL = "~"


def seal(text: str) -> str:
    """The id as it is in addresses: itself, unless it has an @."""
    if "@" not in text:
        return text
    content = _cipher().encrypt(text.encode("utf-8", "surrogatepass"), None)
    return _SEAL + urlsafe_b64encode(content).decode().rstrip("=")


def unsealed(text: str) -> str:
    """The id that was sealed to this text; any other text as it is."""
    if not text.startswith(_SEAL):
        return text
    try:
        content = urlsafe_b64decode(text.removeprefix(_SEAL) + "==")
        return _cipher().decrypt(content, None).decode("utf-8", "surrogatepass")
    except (InvalidTag, ValueError):
        return text


def _cipher() -> AESSIV:
    return AESSIV(_key(settings.from_environment().database))


@lru_cache(maxsize=8)
def _key(database: Path) -> bytes:
    try:
        return Store.of(database).key(_KEY)
    except StateUnreadable:  # as /healthz says: such links work until this process ends
        return secrets.token_bytes(_KEY_BYTES)

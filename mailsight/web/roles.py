"""Roles in the configuration: the entries `[[roles]]` of secrets.toml, and the lists in the environment."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mailsight.errors import BadSetting
from mailsight.settings import Settings
from mailsight.vocabulary import Role

from .access import Grant, people

KEYS = ("role", "people", "tags", "sender_domains", "attributes")
# The roles of people on other machines if nobody signs in. Nobody proves who they are, so none of them is an admin.
WITHOUT_SIGN_IN = (Role.READER, Role.MARKETER, Role.ANALYST)
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def grant(entry: Mapping[str, Any]) -> Grant:
    """The role that an entry gives. Raises `BadSetting`."""
    role = entry.get("role")
    if role not in list(Role):
        raise BadSetting(f"needs a role, one of {', '.join(Role)}.")
    domains = [domain.lower() for domain in _texts(entry, "sender_domains")]
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            raise BadSetting(f"lists the sender domain {domain!r}; write it as in brand.example.")
    granted = Grant(
        Role(role),
        people("people", _texts(entry, "people", required=True)),
        tags=frozenset(_texts(entry, "tags")),
        sender_domains=frozenset(domains),
        attributes=frozenset(_texts(entry, "attributes")),
    )
    if granted.role is Role.ADMIN and granted.is_limited:
        raise BadSetting(
            "limits admins, who upload and erase for everybody; leave out tags and sender_domains."
        )
    if granted.attributes and not granted.is_limited:
        raise BadSetting(
            "names attributes, but neither tags nor sender_domains: without these, it shows everything."
        )
    return granted


def listed(chosen: Settings) -> Iterable[Grant]:
    """The roles that the environment gives. Raises `BadSetting`."""
    for role in Role:
        if entries := getattr(chosen, f"{role}s"):
            yield Grant(role, people(f"MAILSIGHT_{role.upper()}S", entries))


def without_sign_in(chosen: Settings) -> Role:
    """The role of people on other machines if nobody signs in. Raises `BadSetting`."""
    given = chosen.without_sign_in.lower()
    if given and given not in WITHOUT_SIGN_IN:
        raise BadSetting(
            f"MAILSIGHT_WITHOUT_SIGN_IN is {given!r}; it must be one of {', '.join(WITHOUT_SIGN_IN)}."
        )
    return Role(given or Role.READER)


def _texts(entry: Mapping[str, Any], key: str, *, required: bool = False) -> list[str]:
    """The list under a key. An empty one is a mistake, because it could be taken for everything or for nothing."""
    if key not in entry and not required:
        return []
    texts = entry.get(key)
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise BadSetting(f'needs {key} as a list of texts, such as {key} = ["..."].')
    for text in texts:
        if not text.strip() or text != text.strip() or not text.isprintable():
            raise BadSetting(f"has an empty text in {key}, or one with spaces around it.")
    return texts

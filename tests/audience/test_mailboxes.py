"""The mailbox provider of a domain."""

import re

import pytest

from mailsight.audience import mailboxes

CASES = {
    "gmail.com": "Gmail",
    "googlemail.com": "Gmail",
    "GMAIL.COM ": "Gmail",
    "gmail.com.": "Gmail",
    "hotmail.com": "Outlook.com",
    "hotmail.co.uk": "Outlook.com",
    "live.nl": "Outlook.com",
    "msn.com": "Outlook.com",
    "outlook.com.br": "Outlook.com",
    "yahoo.fr": "Yahoo",
    "yahoo.co.jp": "Yahoo",
    "ymail.com": "Yahoo",
    "me.com": "iCloud",
    "gmx.net": "GMX",
    "gmx.at": "GMX",
    "web.de": "WEB.DE",
    # Typos, and domains of others.
    "hotmail.con": "hotmail.con",
    "gmail.co": "gmail.co",
    "notgmail.com": "notgmail.com",
    "mail.yahoo.com": "mail.yahoo.com",
    "live.myshop.example": "live.myshop.example",
    "northbank.example": "northbank.example",
    # As in the sample data.
    "gmail.example": "Gmail",
    "ziggo.example": "Ziggo",
    None: mailboxes.NO_ADDRESS,
    "": mailboxes.NO_DOMAIN,
    " ": mailboxes.NO_DOMAIN,
    "gmail..com": mailboxes.NO_DOMAIN,
    "gmail com": mailboxes.NO_DOMAIN,
    "x" * 300: mailboxes.NO_DOMAIN,
}


@pytest.mark.parametrize(("domain", "name"), CASES.items(), ids=str)
def test_a_domain_has_a_provider(domain: str | None, name: str) -> None:
    assert mailboxes.provider(domain) == name


def test_every_domain_is_listed_once_and_maps_to_its_provider() -> None:
    listed = [domain for domains in mailboxes.FAMILIES.values() for domain in domains]
    assert len(listed) == len(set(listed))
    for name, domains in mailboxes.FAMILIES.items():
        for domain in domains:
            assert re.fullmatch(r"[a-z0-9-]+\.(\*|[a-z.]+)", domain)
            assert mailboxes.provider(domain.replace("*", "com")) == name

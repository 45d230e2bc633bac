"""What the words of receiving servers come to. The words are such as servers write them, with other names."""

import pytest

from mailsight.audience import bounces

CASES = {
    "550-5.1.1 The email account that you tried to reach does not exist.": "Address doesn't exist",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup": "Address doesn't exist",
    "550 5.5.0 Requested action not taken: mailbox unavailable (user unknown)": "Address doesn't exist",
    "554 delivery error: dd This user doesn't have a yahoo.com account": "Address doesn't exist",
    "550 No such user here": "Address doesn't exist",
    "smtp; 550 #5.1.0 Address rejected.": "Address doesn't exist",
    "550 5.2.1 The email account that you tried to reach is disabled.": "Mailbox is disabled",
    "554 30 Sorry, your message to ann@x.example cannot be delivered. This mailbox is disabled (554.30).": (
        "Mailbox is disabled"
    ),
    "452 4.2.2 The recipient's inbox is out of storage space": "Mailbox is full",
    "552 Mailbox quota exceeded": "Mailbox is full",
    "552 1 Requested mail action aborted": "Mailbox is full",
    "550 5.1.2 Host unknown: domain of the recipient has no mail server": "Domain takes no mail",
    "DNS Error: NXDOMAIN, domain name not found": "Domain takes no mail",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.": "Sender isn't proved",
    "550 5.7.1 Rejected: DMARC policy of the sending domain": "Sender isn't proved",
    "421 4.7.0 Too many messages from this sender, slow down": "Too many mails at once",
    "552 5.3.4 Message size exceeds fixed limit": "Mail is too large",
    "550 5.7.1 Unfortunately, messages from 192.0.2.1 weren't sent: part of their network is on our block list": (
        "Taken for spam, or blocked"
    ),
    "550 5.7.1 Message refused: content looks like bulk mail, see postmaster page": "Taken for spam, or blocked",
    "554 5.7.1 Service unavailable": "Taken for spam, or blocked",
    "451 4.4.1 Connection timed out, gave up after 72 hours": "Server could not be reached",
    "451 4.4.1 [internal] No valid hosts": "Server could not be reached",
    "5.1.1": "Address doesn't exist",
    "4.2.2": "Mailbox is full",
    "550 Something that nobody has seen yet": "Another reason",
    "Sent from 10.5.1.1": "Another reason",
    "hard": "No reason told",
    "": "No reason told",
    None: "No reason told",
}


@pytest.mark.parametrize(("told", "label"), CASES.items(), ids=str)
def test_a_bounce_has_a_reason(told: str | None, label: str) -> None:
    assert bounces.reason(told).label == label


def test_no_code_has_two_reasons() -> None:
    codes = [code for reason in bounces.REASONS for code in reason.codes]
    assert len(codes) == len(set(codes))


def test_what_a_server_says_is_shown_without_the_name_in_an_address() -> None:
    told = "550 5.1.1 <ann.jansen+news@x.example>: no\n such user"
    assert bounces.without_addresses(told) == "550 5.1.1 <…@x.example>: no such user"
    assert bounces.without_addresses("x" * 500) == "x" * 160 + "…"


def test_hostile_words_cost_no_time() -> None:
    assert bounces.reason("user " * 100_000).label == "Another reason"

"""The bounce reasons of servers' replies. The replies are real, with the names changed."""

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
    "550 5.1.2 Host unknown: domain of the recipient has no mail server": "Domain doesn't accept mail",
    "DNS Error: NXDOMAIN, domain name not found": "Domain doesn't accept mail",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.": "Sender isn't authenticated",
    "550 5.7.1 Rejected: DMARC policy of the sending domain": "Sender isn't authenticated",
    "421 4.7.0 Too many messages from this sender, slow down": "Too many e-mails at once",
    "552 5.3.4 Message size exceeds fixed limit": "E-mail is too large",
    "550 5.7.1 Unfortunately, messages from 192.0.2.1 weren't sent: part of their network is on our block list": (
        "Treated as spam or blocked"
    ),
    "550 5.7.1 Message refused: content looks like bulk mail, see postmaster page": "Treated as spam or blocked",
    "554 5.7.1 Service unavailable": "Treated as spam or blocked",
    "451 4.4.1 Connection timed out, gave up after 72 hours": "Server couldn't be reached",
    "451 4.4.1 [internal] No valid hosts": "Server couldn't be reached",
    "5.1.1": "Address doesn't exist",
    "4.2.2": "Mailbox is full",
    "550 Something that nobody has seen yet": "Other reason",
    "Sent from 10.5.1.1": "Other reason",
    # Gmail
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n"
    "550-5.1.1 double-checking the recipient's email address for typos or\r\n"
    "550-5.1.1 unnecessary spaces. For more information, go to\r\n"
    "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser 5b1f17b1804b1-43161f5d6bfsi1 - gsmtp": (
        "Address doesn't exist"
    ),
    "450-4.2.1 The user you are trying to contact is receiving mail at a rate that 450-4.2.1 prevents additional "
    "messages from being delivered.": "Too many e-mails at once",
    "552-5.2.2 The recipient's inbox is out of storage space and inactive. 552 5.2.2 - gsmtp": "Mailbox is full",
    "550-5.7.26 Your email has been blocked because the sender is unauthenticated.": "Sender isn't authenticated",
    "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address.": (
        "Treated as spam or blocked"
    ),
    "550-5.7.1 [192.0.2.1      12] Our system has detected that this message is likely unsolicited mail.": (
        "Treated as spam or blocked"
    ),
    # Outlook and Exchange Online
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@x.example not found by SMTP address lookup": (
        "Address doesn't exist"
    ),
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [AM6EUR05FT012.eop-eur05.prod]": (
        "Address doesn't exist"
    ),
    "550 5.4.1 Recipient address rejected: Access denied. For more information see https://aka.ms/EXOSmtpErrors": (
        "Address doesn't exist"
    ),
    "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded": (
        "Mailbox is full"
    ),
    "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.": (
        "Too many e-mails at once"
    ),
    "550 5.7.515 Access denied, sending domain x.example does not meet the required authentication level.": (
        "Sender isn't authenticated"
    ),
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]": "Treated as spam or blocked",
    # Yahoo
    "554 delivery error: dd Sorry your message to ann@yahoo.example cannot be delivered. This account has been "
    "disabled or discontinued [#102]. - mta4123.mail.bf1.yahoo.com": "Mailbox is disabled",
    "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - "
    "4.16.55.1; see https://postmaster.yahooinc.com/error-codes": "Treated as spam or blocked",
    # iCloud
    "550 5.1.1 <ann@icloud.example>: user does not exist": "Address doesn't exist",
    "552 5.2.2 <ann@icloud.example>: user is over quota": "Mailbox is full",
    "550 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137": (
        "Treated as spam or blocked"
    ),
    # GMX and web.de
    "550-Requested action not taken: mailbox unavailable\n550 For explanation visit https://postmaster.gmx.net/": (
        "Address doesn't exist"
    ),
    "554-web.de (mxweb011) Nemesis ESMTP Service not available 554-No SMTP service 554-Bad DNS PTR resource record.": (
        "Sender isn't authenticated"
    ),
    "554-gmx.net (mxgmx016) Nemesis ESMTP Service not available 554-No SMTP service 554-IP address is black listed.": (
        "Treated as spam or blocked"
    ),
    # Postfix
    "550 5.1.1 <ann@x.example>: Recipient address rejected: User unknown in virtual mailbox table": (
        "Address doesn't exist"
    ),
    "450 4.2.0 <ann@x.example>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/": (
        "Too many e-mails at once"
    ),
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org": (
        "Treated as spam or blocked"
    ),
    "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]": "Sender isn't authenticated",
    "connect to mx.x.example[192.0.2.9]:25: Connection timed out": "Server couldn't be reached",
    "Host or domain name not found. Name service error for name=x.example type=MX: Host not found": (
        "Domain doesn't accept mail"
    ),
    # Exim
    "550 Unrouteable address": "Address doesn't exist",
    "550-JunkMail rejected - mail.y.example [192.0.2.1]:51234 is in an RBL on rbl.x.example": (
        "Treated as spam or blocked"
    ),
    "all relevant MX records point to non-existent hosts": "Domain doesn't accept mail",
    "Mailbox is full / Blocks limit exceeded: retry timeout exceeded": "Mailbox is full",
    # Proofpoint
    "550 5.1.1 User Unknown": "Address doesn't exist",
    "550 5.7.0 Local Policy Violation - 3f2a9c1e": "Treated as spam or blocked",
    "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1": "Treated as spam or blocked",
    # Mimecast
    "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [k3Qz.uk12]": "Address doesn't exist",
    "550 Rejected by header based Anti-Spoofing policy: news@shop.example - https://community.mimecast.com/": (
        "Sender isn't authenticated"
    ),
    "554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554": (
        "Treated as spam or blocked"
    ),
    "hard": "No reason given",
    "": "No reason given",
    None: "No reason given",
}


@pytest.mark.parametrize(("reply", "label"), CASES.items(), ids=str)
def test_a_bounce_has_a_reason(reply: str | None, label: str) -> None:
    assert bounces.reason(reply).label == label


def test_no_code_has_two_reasons() -> None:
    codes = [code for reason in bounces.REASONS for code in reason.codes]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("550 5.1.1 <ann.jansen+news@x.example>: no\n such user", "550 5.1.1 <…@x.example>: no such user"),
        (
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann.jansen@x.example not found by SMTP address",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient …@x.example not found by SMTP address",
        ),
        (
            "554 delivery error: dd This user doesn't have a yahoo.example account (ann_j@yahoo.example) [0]",
            "554 delivery error: dd This user doesn't have a yahoo.example account (…@yahoo.example) [0]",
        ),
        ("554 30 Sorry, your message to 600LONG@x.example cannot", "554 30 Sorry, your message to …@x.example cannot"),
        ("550 5.4.1 [ann@x.example]: Access denied", "550 5.4.1 […@x.example]: Access denied"),
        ("550 to=<ann@x.example>, orig=a=b=c@y.example", "550 to=<…@x.example>, …@y.example"),
        ('550 "Ann Jansen"@x.example: unknown, "ann"@x.example', "550 …@x.example: unknown, …@x.example"),
        ("550 ann&bo@x.example zoë@x.example o'neil@x.example", "550 …@x.example …@x.example …@x.example"),
        ("550-5.1.1 The account\r\n550 5.1.1 does not exist", "550-5.1.1 The account 550 5.1.1 does not exist"),
        ("450 @ here, and @there", "450 @ here, and @there"),
        ("x" * 500, "x" * 160 + "…"),
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_reply_is_shown_without_the_names_in_addresses(reply: str, shown: str) -> None:
    assert bounces.without_addresses(reply) == shown


def test_a_shortened_reply_is_shown_without_names() -> None:
    assert "ann" not in bounces.without_addresses("550 " + "ann@x.example, " * 60)


def test_hostile_replies_are_read_quickly() -> None:
    assert bounces.reason("user " * 100_000).label == "Other reason"
    for words in ("a" * 1_000_000, '"' * 1_000_000, "a@" * 500_000):
        assert len(bounces.without_addresses(words)) == 161

"""Figures as other programs report them: whose they are, and how they differ from those counted from events."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

# How programs write their own names. Any other name is shown as it was loaded.
LABELS = {
    "activecampaign": "ActiveCampaign",
    "braze": "Braze",
    "brevo": "Brevo",
    "csv": "your own table",
    "customerio": "Customer.io",
    "elasticemail": "Elastic Email",
    "hubspot": "HubSpot",
    "iterable": "Iterable",
    "keila": "Keila",
    "klaviyo": "Klaviyo",
    "listmonk": "listmonk",
    "mailchimp": "Mailchimp",
    "mailgun": "Mailgun",
    "mailtrain": "Mailtrain 2",
    "mautic": "Mautic",
    "phplist": "phpList",
    "sendgrid": "SendGrid",
    "smtp2go": "SMTP2GO",
    "zeptomail": "ZeptoMail",
}


def label(source: str) -> str:
    """A program's name: "mailchimp" -> "Mailchimp"."""
    return LABELS.get(source, source)


@dataclass(frozen=True, slots=True)
class Reported:
    """The figures of a campaign that are as `source` reports them, by key. `at`: when they were counted, if known."""

    source: str
    at: datetime | None
    figures: frozenset[str]

    @property
    def label(self) -> str:
        """The program's name."""
        return label(self.source)

    @property
    def words(self) -> str:
        """Marks a figure: "as reported by Mailchimp"."""
        return f"as reported by {self.label}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that a program reports otherwise than it was counted from messages and events."""

    figure: str
    source: str
    at: datetime | None
    reported: int
    counted: int


@dataclass(frozen=True, slots=True)
class Sales:
    """What a campaign sold as `source` reports it, at least one of both. `at`: when that was counted, if known."""

    source: str
    at: datetime | None
    orders: int | None
    revenue: float | None
    currency: str | None


def differences(reports: Iterable[Mapping[str, object]], counted: Mapping[str, int]) -> Iterator[Difference]:
    """Compare the counts of reports (rows with source, as_of and counts) with those counted, by key."""
    for report in reports:
        at = report["as_of"]
        for figure, number in counted.items():
            stated = report.get(figure)
            if isinstance(stated, int) and stated != number:
                source = str(report["source"])
                yield Difference(figure, source, at if isinstance(at, datetime) else None, stated, number)

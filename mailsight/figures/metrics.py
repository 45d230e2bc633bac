"""Defines every figure of a campaign once: its counts, rates and texts. No rate is divided elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import sqrt
from statistics import NormalDist
from typing import Any, Self

from mailsight.vocabulary import Audience

from .reported import Reported

# A rate over fewer messages isn't reliable. It is shown in grey, with its interval.
MIN_RELIABLE = 30


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one or several campaigns, in messages; `opens` and `clicks` count events.

    `unknown`: the counts that nobody knows, which are 0 here. `reported`: which of them another program reports.
    """

    selected: int = 0
    sent: int = 0
    not_sent: int = 0
    undeliverable: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    opted_out: int = 0
    opens: int = 0
    clicks: int = 0
    unknown: frozenset[str] = frozenset()
    reported: Reported | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read the counts from a row's columns of the same names, and who reports them. Other columns are ignored."""
        source = row.get("reported_by")
        return cls(
            **{name: int(row[name] or 0) for name in COUNT_NAMES},
            unknown=frozenset(name for name in COUNT_NAMES if row[name] is None),
            reported=Reported(source, row["reported_at"], frozenset(row["reported"])) if source else None,
        )

    def known(self, key: str) -> int | None:
        """The count with this key, or None if it is unknown."""
        return None if key in self.unknown else getattr(self, key)

    def known_by_key(self) -> dict[str, int | None]:
        """All counts, in order."""
        return {name: self.known(name) for name in COUNT_NAMES}

    def is_reported(self, key: str) -> bool:
        """Whether a count, or one of the two counts of a rate, is as another program reports it."""
        if self.reported is None:
            return False
        figure = FIGURES[key]
        keys = {figure.numerator, figure.denominator} if isinstance(figure, Rate) else {key}
        return bool(keys & self.reported.figures)

    @property
    def are_totals_only(self) -> bool:
        """Whether all counts are as another program reports them: no recipient is known."""
        return self.reported is not None and self.reported.figures >= set(COUNT_NAMES)


COUNT_NAMES = tuple(field.name for field in fields(Counts) if field.name not in ("unknown", "reported"))


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: its key in files, its label on screens, how it is calculated and what it means."""

    key: str
    label: str
    formula: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Rate(Figure):
    """A figure that divides one count by another. If the denominator is 0, the rate is None, never 0%.

    Neither is there a rate if a count is unknown, or reported counts contradict each other: a part exceeds its whole.
    """

    name: str
    numerator: str
    denominator: str

    def counts(self, counts: Counts) -> tuple[int | None, int | None]:
        """The numerator and the denominator; None if unknown."""
        return counts.known(self.numerator), counts.known(self.denominator)

    @property
    def sql(self) -> str:
        """The rate in SQL, from columns named like the counts; NULL if there is none."""
        known = f"{self.numerator} <= {self.denominator}"
        return f"(case when {known} then {self.numerator} / nullif({self.denominator}, 0) end)"

    def portion(self, counts: Counts) -> "Portion":
        """The rate with its two counts, or 0 of 0 if there is none."""
        return _part(*self.counts(counts))

    def rate(self, counts: Counts) -> float | None:
        """The rate, from 0 to 1."""
        return self.portion(counts).rate

    def interval(self, counts: Counts) -> tuple[float, float] | None:
        """The 95% Wilson interval of the rate: its likely range with other customers of the same kind."""
        return self.portion(counts).interval


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a whole: the two counts behind a rate, with the rate and its interval."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """The rate from 0 to 1, or None if the whole is 0."""
        return share(self.part, self.whole)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% Wilson interval, or None if the part exceeds the whole, as clicks may."""
        return wilson(self.part, self.whole) if self.part <= self.whole else None

    @property
    def is_small(self) -> bool:
        """Whether there is a rate, but over too few messages to be reliable."""
        return 0 < self.whole < MIN_RELIABLE


def share(part: float, whole: float) -> float | None:
    """The share of `part` in `whole`, or None if the whole is 0."""
    return part / whole if whole else None


def mean(values: list[float]) -> float | None:
    """The arithmetic mean, or None of an empty list."""
    return share(sum(values), len(values))


def wilson(part: int, whole: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """The Wilson score interval of a share, which stays between 0 and 1 even for small numbers. None if the whole is 0.

    statsmodels has it too, but takes half a second to import, and the first screen already shows intervals.
    Source: Brown, Cai, DasGupta, "Interval Estimation for a Binomial Proportion", Statistical Science 16 (2001).
    """
    if not whole:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, size = part / whole, 1 + z * z / whole
    center = (rate + z * z / (2 * whole)) / size
    margin = z * sqrt(rate * (1 - rate) / whole + z * z / (4 * whole * whole)) / size
    return max(center - margin, 0.0), min(center + margin, 1.0)


COR = Rate(
    key="cor",
    label="COR",
    formula="opened ÷ delivered",
    meaning="Of the customers who received the e-mail, the share who opened it.",
    name="Confirmed open ratio",
    numerator="opened",
    denominator="delivered",
)
CTO = Rate(
    key="cto",
    label="CTO",
    formula="clicked ÷ opened",
    meaning="Of the customers who opened the e-mail, the share who clicked a link in it.",
    name="Click to open rate",
    numerator="clicked",
    denominator="opened",
)
CTR = Rate(
    key="ctr",
    label="CTR",
    formula="clicked ÷ delivered",
    meaning="Of the customers who received the e-mail, the share who clicked a link in it.",
    name="Click through rate",
    numerator="clicked",
    denominator="delivered",
)
RATES = (COR, CTO, CTR)

COUNTS = (
    Figure("selected", "Selected", "sent + not sent", "Customers that the campaign selected."),
    Figure("sent", "Sent", "selected − not sent", "Customers to whom the e-mail was sent."),
    Figure(
        "not_sent",
        "Not sent",
        "no send time and no event that proves sending, or rejected by the provider",
        "Selected customers that nothing was sent to, each with a reason.",
    ),
    Figure(
        "undeliverable",
        "Undeliverable",
        "bounced, and not delivered, opened or clicked after the last bounce",
        "Customers whose e-mail bounced and was not delivered later.",
    ),
    Figure("delivered", "Delivered", "sent − undeliverable", "Customers who received the e-mail."),
    Figure(
        "opened",
        "Opened",
        "delivered, with an open or a click",
        "Customers who opened the e-mail. A click counts as an open.",
    ),
    Figure("clicked", "Clicked", "delivered, with a click", "Customers who clicked at least one link."),
    Figure(
        "unsubscribed",
        "Unsubscribed",
        "sent, with an unsubscription",
        "Customers who asked to receive no further e-mails.",
    ),
    Figure(
        "complained",
        "Marked as spam",
        "sent, with a spam complaint",
        "Customers who reported the e-mail as spam.",
    ),
    Figure("opted_out", "Opted out", "unsubscribed or marked as spam", "Customers lost through this e-mail."),
    Figure(
        "opens",
        "Opens",
        "all open events",
        "How often the e-mail was opened. One customer may open it many times.",
    ),
    Figure(
        "clicks",
        "Clicks",
        "all click events",
        "How often links were clicked. One customer may click many times.",
    ),
)
# The count that each count is a part of. Opens and clicks are events, so they have none.
WHOLES = {
    "sent": "selected",
    "not_sent": "selected",
    "undeliverable": "sent",
    "delivered": "sent",
    "opened": "delivered",
    "clicked": "delivered",
    "unsubscribed": "sent",
    "complained": "sent",
    "opted_out": "sent",
}
FIGURES: dict[str, Figure] = {figure.key: figure for figure in (*COUNTS, *RATES)}


# Not in FIGURES, because it is an estimate from some of the customers.
ESTIMATED_COR = Figure(
    "estimated_cor",
    "COR, estimated",
    "opened ÷ delivered, of customers whose opens can be seen",
    "Of the customers whose opens can be seen, the share who opened it.",
)
ESTIMATED_AMONG = "of customers whose opens can be seen"


@dataclass(frozen=True, slots=True)
class AppleOpens:
    """One campaign's delivered mails, split by whether Apple's proxy loaded their pictures.

    proxied: it did, so loaded images don't show whether the customer opened the e-mail; only other events can.
    unseen: proxied mails without such other events. unseen_in: how many of them are in the state Received if only
    people's opens count ("human"), and in the state Opened if all do ("all").
    seen_delivered, seen_opened: all other delivered mails, and those of them that a person opened.
    """

    proxied: int
    unseen: int
    seen_delivered: int
    seen_opened: int
    unseen_in: Mapping[Audience, int]

    @property
    def estimate(self) -> Portion:
        """The open rate among the customers whose opens can be seen."""
        return Portion(self.seen_opened, self.seen_delivered)


def portion(counts: Counts, key: str) -> Portion | None:
    """A rate with its two counts, or a count as a part of its whole; 0 of 0 if there is no rate.

    None for opens and clicks.
    """
    figure = FIGURES[key]
    if isinstance(figure, Rate):
        return figure.portion(counts)
    return _part(counts.known(key), counts.known(WHOLES[key])) if key in WHOLES else None


def _part(part: int | None, whole: int | None) -> Portion:
    return Portion(part, whole) if part is not None and whole is not None and part <= whole else Portion(0, 0)

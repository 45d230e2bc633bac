"""Every figure of a campaign, defined once: its counts, its rates, how to say it. The only division in Mailsight."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import sqrt
from statistics import NormalDist
from typing import Self

from mailsight.vocabulary import Audience

# A rate over fewer messages says little: it is shown greyed, with its interval.
SMALL = 30


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one campaign, or of several together, in messages; `opens` and `clicks` are events."""

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

    @classmethod
    def of(cls, row: Mapping[str, object]) -> Self:
        """The counts that stand in a row under their own names; other columns are passed over."""
        return cls(**{name: int(str(row[name])) for name in COUNT_NAMES})


COUNT_NAMES = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that people see: its key in files, its label on screens, how it is counted and what it means."""

    key: str
    label: str
    formula: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Rate(Figure):
    """A figure that divides one count by another. With a denominator of 0 there is no figure (None), never 0 %."""

    name: str
    numerator: str
    denominator: str

    def counts(self, counts: Counts) -> tuple[int, int]:
        """The two counts it is made of: numerator, denominator."""
        return getattr(counts, self.numerator), getattr(counts, self.denominator)

    @property
    def sql(self) -> str:
        """The rate in SQL, over columns that are named like the counts; NULL where there is no figure."""
        return f"({self.numerator} / nullif({self.denominator}, 0))"

    def portion(self, counts: Counts) -> "Portion":
        """The rate with what it is made of."""
        return Portion(*self.counts(counts))

    def rate(self, counts: Counts) -> float | None:
        """The rate, from 0 to 1."""
        return share(*self.counts(counts))

    def interval(self, counts: Counts) -> tuple[float, float] | None:
        """The 95 % Wilson interval of the rate: where it would likely lie with other customers of the same kind."""
        return wilson(*self.counts(counts))


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of a whole: the two counts behind a rate, and all that is said of them."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None where there is no whole."""
        return share(self.part, self.whole)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson interval; None where the part is more than the whole, as clicks may be."""
        return wilson(self.part, self.whole) if self.part <= self.whole else None

    @property
    def is_small(self) -> bool:
        """Whether there is a rate, over so few that it says little."""
        return 0 < self.whole < SMALL


def share(part: float, whole: float) -> float | None:
    """`part` of `whole` from 0 to 1; None where there is no whole."""
    return part / whole if whole else None


def mean(values: list[float]) -> float | None:
    """The plain average; None of nothing."""
    return share(sum(values), len(values))


def wilson(part: int, whole: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """The Wilson score interval of a share, which stays within 0 and 1 also for small numbers; None without a whole.

    statsmodels has it too, but takes half a second to import, and the first screen shows intervals.
    Source: Brown, Cai, DasGupta, "Interval Estimation for a Binomial Proportion", Statistical Science 16 (2001).
    """
    if not whole:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, size = part / whole, 1 + z * z / whole
    middle = (rate + z * z / (2 * whole)) / size
    reach = z * sqrt(rate * (1 - rate) / whole + z * z / (4 * whole * whole)) / size
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


COR = Rate(
    key="cor",
    label="COR",
    formula="opened ÷ delivered",
    meaning="Of the customers whom the mail reached, the share who opened it.",
    name="Confirmed open ratio",
    numerator="opened",
    denominator="delivered",
)
CTO = Rate(
    key="cto",
    label="CTO",
    formula="clicked ÷ opened",
    meaning="Of the customers who opened the mail, the share who clicked a link in it.",
    name="Click to open rate",
    numerator="clicked",
    denominator="opened",
)
CTR = Rate(
    key="ctr",
    label="CTR",
    formula="clicked ÷ delivered",
    meaning="Of the customers whom the mail reached, the share who clicked a link in it.",
    name="Click through rate",
    numerator="clicked",
    denominator="delivered",
)
RATES = (COR, CTO, CTR)

COUNTS = (
    Figure("selected", "Selected", "sent + not sent", "Customers whom the campaign selected."),
    Figure("sent", "Sent", "selected − not sent", "Customers to whom the mail was sent."),
    Figure(
        "not_sent",
        "Not sent",
        "no sending time and nothing that proves sending, or refused by the provider",
        "Selected customers to whom nothing was sent, each with a reason.",
    ),
    Figure(
        "undeliverable",
        "Undeliverable",
        "bounced, and not delivered, opened or clicked after the last bounce",
        "Customers whose mail came back and did not arrive later.",
    ),
    Figure("delivered", "Delivered", "sent − undeliverable", "Customers whom the mail reached."),
    Figure(
        "opened",
        "Opened",
        "delivered, with an open or a click",
        "Customers who opened; a click proves an open.",
    ),
    Figure("clicked", "Clicked", "delivered, with a click", "Customers who clicked at least one link."),
    Figure(
        "unsubscribed",
        "Unsubscribed",
        "sent, with an unsubscription",
        "Customers who asked for no more mail.",
    ),
    Figure(
        "complained", "Marked as spam", "sent, with a spam complaint", "Customers who reported it as spam."
    ),
    Figure("opted_out", "Opted out", "unsubscribed or marked as spam", "Customers lost through this mail."),
    Figure("opens", "Opens", "all open events", "How often it was opened; one customer may open many times."),
    Figure(
        "clicks",
        "Clicks",
        "all click events",
        "How often links were clicked; one customer may click many times.",
    ),
)
# What each count is a part of. Opens and clicks are events, and part of nothing.
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


# Not one of FIGURES: it is no count of all customers, but an estimate from some.
ESTIMATED_COR = Figure(
    "estimated_cor",
    "COR, estimated",
    "opened ÷ delivered, of customers whose opens can be seen",
    "Of the customers whose opens can be seen, the share who opened it.",
)
ESTIMATED_AMONG = "among customers whose opens can be seen"


@dataclass(frozen=True, slots=True)
class AppleOpens:
    """The delivered mails of one campaign whose pictures Apple's proxy loaded, and all others.

    proxied: those of them; nobody can see whether the customer opened the mail, unless something else shows it.
    unseen: those where nothing else does. `unseen_in`: how many of them are in the state Received when people's opens
    count ("human"), and in the state Opened when all do ("all").
    seen_delivered, seen_opened: all others, and those of them that a person opened.
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
    """A rate with its two counts, or a count as a part of its whole; None for counts that are part of nothing."""
    figure = FIGURES[key]
    if isinstance(figure, Rate):
        return figure.portion(counts)
    return Portion(getattr(counts, key), getattr(counts, WHOLES[key])) if key in WHOLES else None

"""What the list of campaigns is searched for and sorted by, in SQL: bound values and known columns only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mailsight.errors import BadRequest
from mailsight.figures.metrics import RATES
from mailsight.warehouse.selection import GridQuery

ROWS_A_PAGE = 25
# The columns that the list can be sorted by, each with what is compared.
SORTS = {
    "name": "lower(name)",
    "sent_at": "sent_at",
    "sent": "sent",
    "not_sent": "not_sent",
    **{rate.key: rate.key for rate in RATES},
    "opted_out": "opted_out",
}
# Planned campaigns before all that were sent. No two campaigns share an id, so the order is always the same.
_NEWEST_FIRST = "sent_at DESC NULLS FIRST, name, campaign_id"


@dataclass(frozen=True, slots=True)
class CampaignSearch:
    """Words of the name, the subject or the id; sent from `since` up to, not including, `until`; with all of `tags`."""

    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A column of SORTS and whether it goes down. What is missing stands last; equal ones come newest first."""

    key: str = "sent_at"
    down: bool = True

    @property
    def sql(self) -> str:
        """The order as SQL. Raises BadRequest for a column that the list can't be sorted by."""
        if self.key not in SORTS:
            raise BadRequest(f"The list can't be sorted by {self.key[:40]!r}.")
        if self == NEWEST_FIRST:
            return _NEWEST_FIRST
        return f"{SORTS[self.key]} {'DESC' if self.down else 'ASC'} NULLS LAST, {_NEWEST_FIRST}"


EVERYTHING = CampaignSearch()
NEWEST_FIRST = Order()


def selection(search: CampaignSearch, order: Order = NEWEST_FIRST) -> GridQuery:
    """The search and the order as fragments over the columns of the query `campaign_list`."""
    values = {
        "words": search.words.strip(),
        "since": _naive(search.since),
        "until": _naive(search.until),
        "tags": list(search.tags),
    }
    bound = {name: value for name, value in values.items() if value}
    conditions = tuple(_conditions(bound))
    return GridQuery(conditions, bound, order.sql, start=0, end=ROWS_A_PAGE)


def _conditions(bound: Mapping[str, object]) -> Iterator[str]:
    """Only what is asked for, so that a list of thousands is compared with nothing else."""
    if "words" in bound:
        found = (f"contains(lower({one}), lower($words))" for one in ("name", "subject", "campaign_id"))
        yield f"({' OR '.join(found)})"
    if "since" in bound:
        yield "sent_at >= $since"
    if "until" in bound:
        yield "sent_at < $until"
    if "tags" in bound:
        yield "list_has_all(tags, $tags)"


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None

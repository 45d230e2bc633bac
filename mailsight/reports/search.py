"""The search and sort order of the campaign list as SQL fragments, from bound values and known columns only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mailsight.errors import BadRequest
from mailsight.figures.metrics import RATES
from mailsight.warehouse.selection import GridQuery

ROWS_A_PAGE = 25
# The columns that the list can be sorted by, with the SQL expression for each.
SORTS = {
    "name": "lower(name)",
    "sent_at": "sent_at",
    "sent": "sent",
    "not_sent": "CASE WHEN NOT planned THEN not_sent END",
    **{rate.key: rate.key for rate in RATES},
    "opted_out": "opted_out",
}
# Planned campaigns come first. Campaign ids are unique, so the order is deterministic.
_NEWEST_FIRST = "sent_at DESC NULLS FIRST, name, campaign_id"


@dataclass(frozen=True, slots=True)
class CampaignSearch:
    """Words in the name, subject or id; a send time from `since` up to but not including `until`; all of `tags`."""

    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A column of `SORTS` and its direction. Missing values sort last; ties sort newest first."""

    key: str = "sent_at"
    down: bool = True

    @property
    def sql(self) -> str:
        """The ORDER BY clause. Raises `BadRequest` if `key` is not in `SORTS`."""
        if self.key not in SORTS:
            raise BadRequest(f"You can't sort the list by {self.key[:40]!r}.")
        if self == NEWEST_FIRST:
            return _NEWEST_FIRST
        return f"{SORTS[self.key]} {'DESC' if self.down else 'ASC'} NULLS LAST, {_NEWEST_FIRST}"


EVERYTHING = CampaignSearch()
NEWEST_FIRST = Order()


def selection(search: CampaignSearch, order: Order = NEWEST_FIRST) -> GridQuery:
    """Return the search and the order as SQL fragments over the columns of the query `campaign_list`."""
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
    """Yield a condition only for each bound value, so that an empty search costs nothing."""
    if "words" in bound:
        matches = (
            f"contains(lower({column}), lower($words))" for column in ("name", "subject", "campaign_id")
        )
        yield f"({' OR '.join(matches)})"
    if "since" in bound:
        yield "sent_at >= $since"
    if "until" in bound:
        yield "sent_at < $until"
    if "tags" in bound:
        yield "list_has_all(tags, $tags)"


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None

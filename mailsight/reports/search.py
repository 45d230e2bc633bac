"""The search and sort order of the campaign list as SQL fragments, from bound values and known columns only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mailsight.errors import BadRequest
from mailsight.figures.metrics import RATES
from mailsight.warehouse.selection import GridQuery, plain

ROWS_A_PAGE = 25
MAX_WORDS = 20
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
    """What to search for.

    `words`: each of them, in any order, in the name, subject, id or tags. `since` and `until`: the send time, `until`
    not included. `tags`: any of them, or with `all_tags` all.
    """

    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[str, ...] = ()
    all_tags: bool = False

    def described(self) -> list[str]:
        """What is given, for the audit, without the words: they may be of people."""
        return [
            *(["search"] if self.words.strip() else []),
            *([f"since {self.since:%Y-%m-%d}"] if self.since else []),
            *([f"until {self.until:%Y-%m-%d}"] if self.until else []),
            *(f"tag {tag}" for tag in self.tags),
        ]


@dataclass(frozen=True, slots=True)
class Order:
    """A column of `SORTS` and its direction. Missing values sort last; ties sort newest first."""

    key: str = "sent_at"
    down: bool = True

    @classmethod
    def of(cls, text: str) -> "Order":
        """The order that is written as a key, with a minus in front of it for the largest first."""
        return cls(text.removeprefix("-"), down=text.startswith("-"))

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


# Words have no spaces, so none is found across two of these.
_TEXT = plain("concat_ws(' ', name, subject, campaign_id, array_to_string(tags, ' '))")


def selection(search: CampaignSearch, order: Order = NEWEST_FIRST) -> GridQuery:
    """Return the search and the order as SQL fragments over the columns of the query `campaign_list`."""
    values = {
        "since": _naive(search.since),
        "until": _naive(search.until),
        "tags": list(search.tags),
    }
    words = search.words.split()[:MAX_WORDS]
    bound = {name: value for name, value in values.items() if value} | {
        f"word{place}": word for place, word in enumerate(words)
    }
    conditions = tuple(_conditions(bound, len(words), all_tags=search.all_tags))
    return GridQuery(conditions, bound, order.sql, start=0, end=ROWS_A_PAGE)


def _conditions(bound: Mapping[str, object], words: int, *, all_tags: bool) -> Iterator[str]:
    """Yield a condition only for each bound value, so that an empty search costs nothing."""
    for place in range(words):
        yield f"contains({_TEXT}, {plain(f'$word{place}')})"
    if "since" in bound:
        yield "sent_at >= $since"
    if "until" in bound:
        yield "sent_at < $until"
    if "tags" in bound:
        yield f"list_has_{'all' if all_tags else 'any'}(tags, $tags)"


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None

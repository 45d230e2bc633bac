"""The filters and sort order of the customers' grid as SQL, from bound values and known columns only.

The filter and sort models come from the browser in AG Grid's format
(https://www.ag-grid.com/javascript-data-grid/filter-api/), so nothing in them is trusted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from mailsight.errors import BadRequest
from mailsight.figures import formats
from mailsight.vocabulary import Stage, Status
from mailsight.warehouse.selection import GridQuery, plain

Kind = Literal["text", "number", "moment", "state"]
Bind = Callable[[object], str]
MAX_BLOCK_ROWS = 500
_MAX_CONDITIONS = 20
_MAX_VALUE_LENGTH = 500
_MAX_WORDS = 20  # of a search; further ones are ignored
_MAX_URL_LENGTH = 8_000


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column of the grid. `key` is its name in the rows of recipients."""

    key: str
    label: str
    kind: Kind


COLUMNS = (
    GridColumn("name", "Name", "text"),
    GridColumn("email", "E-mail", "text"),
    GridColumn("status", "Status", "state"),
    GridColumn("sent_at", "Sent", "moment"),
    GridColumn("first_opened_at", "Opened", "moment"),
    GridColumn("opens", "Opens", "number"),
    GridColumn("first_clicked_at", "Clicked", "moment"),
    GridColumn("clicks", "Clicks", "number"),
    GridColumn("links_clicked", "Links clicked", "number"),
    GridColumn("bounce_reason", "Bounce reason", "text"),
)
# The grid does not show the customer id, but can filter and sort by it.
_COLUMNS_BY_KEY = {column.key: column for column in (*COLUMNS, GridColumn("customer_id", "Customer", "text"))}


def grid_query(
    filter_model: Mapping[str, Any] | None = None,
    sort_model: Sequence[Mapping[str, Any]] | None = None,
    *,
    search: str = "",
    status: Sequence[str] = (),
    stage: str | None = None,
    link: int | str | None = None,
    variant: str = "",
    without: str | None = None,
    start: int = 0,
    end: int = 100,
    zone: str | None = None,
) -> GridQuery:
    """Build the query for customers who match all of: AG Grid's filters, the search, one of the states, the link.

    Each word of `search` must be in the name, e-mail or id. `stage` restricts to customers who got at least that far in
    the funnel. `link` restricts to customers who clicked it: a position in the e-mail, or the URL of a link that is not
    in the e-mail. `variant` restricts to customers who got this variant, and `without` is the id of a customer to leave
    out. Days in the filters are days in the time zone `zone`.

    Raises `BadRequest` for malformed models and unknown columns, states, stages or links.
    """
    if not (_is_int(start) and _is_int(end) and 0 <= start < end and end - start <= MAX_BLOCK_ROWS):
        raise BadRequest(f"Can't read rows {repr(start)[:40]} to {repr(end)[:40]} in one request.")
    values: dict[str, object] = {}

    def bind(value: object) -> str:
        name = f"f{len(values)}"
        values[name] = value
        return f"${name}"

    conditions = list(_filters(filter_model, bind, zone))
    if status:
        conditions.append(_one_of_states(status, bind))
    if stage is not None:
        conditions.append(_reached(stage))
    if link is not None:
        conditions.append(_CLICKED.format(link=_link(link, bind)))
    if without is not None:
        conditions.append(f"customer_id <> {bind(without)}")
    for word in map(bind, _text(search).split()[:_MAX_WORDS]):
        matches = (f"contains({plain(column)}, {plain(word)})" for column in ("name", "email", "customer_id"))
        conditions.append(f"({' OR '.join(matches)})")
    return GridQuery(tuple(conditions), values, _order(sort_model), start, end, variant)


def posted_query(posted: Mapping[str, Any], **page: Any) -> GridQuery:
    """Build the query for a grid view as the browser posts it: its filters, sort order and time zone.

    `page` holds the arguments of `grid_query` that don't come from the grid itself. Raises `BadRequest`.
    """
    zone = posted.get("zone")
    return grid_query(
        posted.get("filter"), posted.get("sort"), zone=zone if isinstance(zone, str) else None, **page
    )


def described(
    posted: Mapping[str, Any],
    *,
    search: str = "",
    status: Sequence[str] = (),
    stage: str | None = None,
    link: int | str | None = None,
    variant: str = "",
) -> list[str]:
    """A query's filters in words, for the audit: columns and comparisons. Texts, which may be of people, are left out.

    Call it with what `posted_query` has accepted.
    """
    words = ["search"] if _text(search).strip() else []
    words += [f"Status: {' or '.join(Status(state).label for state in status)}"] if status else []
    words += [f"Stage: {Stage(stage).label}"] if stage else []
    words += [f"Clicked link {link + 1}" if isinstance(link, int) else "Clicked a link"] * (link is not None)
    words += ["Got a variant of the e-mail"] if variant else []
    for key, model in (posted.get("filter") or {}).items():
        column = _column(key)
        members = [model] if model.get("operator") is None else _members(model)
        compared = [
            _COMPARED[column.kind][member["type"]].format(
                number=member.get("filter"),
                upper=member.get("filterTo"),
                day=str(member.get("dateFrom"))[:_DAY_LENGTH],
                last_day=str(member.get("dateTo"))[:_DAY_LENGTH],
            )
            for member in members
        ]
        joined = f" {str(model.get('operator')).lower()} ".join(compared)
        words.append(f"{column.label} {joined}")
    return words


_DAY_LENGTH = len("2026-01-31")
_EMPTY = {"blank": "is empty", "notBlank": "isn't empty"}
# Each comparison of `_FRAGMENTS` after the name of its column, without the texts it looks for.
_COMPARED: dict[Kind, dict[str, str]] = {
    "text": _EMPTY
    | {
        "contains": "contains …",
        "notContains": "doesn't contain …",
        "equals": "is …",
        "notEqual": "isn't …",
        "startsWith": "starts with …",
        "endsWith": "ends with …",
    },
    "number": _EMPTY
    | {
        "equals": "exactly {number}",
        "notEqual": "other than {number}",
        "lessThan": "less than {number}",
        "lessThanOrEqual": "at most {number}",
        "greaterThan": "more than {number}",
        "greaterThanOrEqual": "at least {number}",
        "inRange": "from {number} to {upper}",
    },
    "moment": _EMPTY
    | {
        "equals": "on {day}",
        "notEqual": "not on {day}",
        "lessThan": "before {day}",
        "lessThanOrEqual": "on {day} or before",
        "greaterThan": "after {day}",
        "greaterThanOrEqual": "on {day} or later",
        "inRange": "from {day} to {last_day}",
    },
    "state": {},
}


# $campaign_id and $audience are parameters of the query around these conditions.
_AMONG = "customer_id IN (SELECT customer_id FROM recipients WHERE campaign_id = $campaign_id AND {which})"
_REACHED = {
    Stage.SENT: _AMONG.format(which="sent"),
    Stage.RECEIVED: _AMONG.format(which="delivered"),
    Stage.OPENED: f"opens + clicks > 0 AND {_AMONG.format(which='delivered')}",
    Stage.CLICKED: f"clicks > 0 AND {_AMONG.format(which='delivered')}",
}
_CLICKED = """customer_id IN (
    SELECT customer_id FROM message_events
    WHERE campaign_id = $campaign_id AND type = 'clicked' AND ($audience = 'all' OR machine IS NULL) AND {link}
)"""


def _reached(stage: object) -> str:
    if stage not in tuple(Stage):
        raise BadRequest("There is no such stage.")
    return _REACHED[Stage(str(stage))]


def _link(link: object, bind: Bind) -> str:
    if isinstance(link, str) and len(link) <= _MAX_URL_LENGTH and _is_text(link):
        return f"link_position IS NULL AND coalesce(url, '') = {bind(link)}"
    if isinstance(link, int) and _is_int(link) and 0 <= link < 2**31:
        return f"link_position = {bind(link)}"
    raise BadRequest("There is no such link.")


def _filters(model: Mapping[str, Any] | None, bind: Bind, zone: str | None) -> Iterator[str]:
    if not isinstance(model or {}, Mapping):
        raise BadRequest("The filters have an unknown format.")
    for key, column_filter in (model or {}).items():
        column = _column(key)
        if not isinstance(column_filter, Mapping):
            raise _unknown_format(column)
        if column_filter.get("operator") is None:
            yield _condition(column, column_filter, bind, zone)
            continue
        join = {"AND": " AND ", "OR": " OR "}.get(str(column_filter["operator"]))
        members = _members(column_filter)
        if join is None or not isinstance(members, list) or not 0 < len(members) <= _MAX_CONDITIONS:
            raise _unknown_format(column)
        if not all(isinstance(member, Mapping) for member in members):
            raise _unknown_format(column)
        yield "(" + join.join(_condition(column, member, bind, zone) for member in members) + ")"


def _members(column_filter: Mapping[str, Any]) -> Any:
    """What a filter joins with its operator. Before version 29, AG Grid sent condition1 and condition2."""
    return column_filter.get("conditions") or [
        column_filter[key] for key in ("condition1", "condition2") if key in column_filter
    ]


def _unknown_format(column: GridColumn) -> BadRequest:
    return BadRequest(f"The filter on {column.label} has an unknown format.")


def _condition(column: GridColumn, model: Mapping[str, Any], bind: Bind, zone: str | None) -> str:
    kind = str(model.get("type"))
    # Customers are filtered by status with `status`, never in the grid's headings.
    fragment = _FRAGMENTS.get(column.kind, {}).get(kind)
    if fragment is None:
        raise BadRequest(f"{column.label} has no filter {kind[:40]!r}.")
    read: dict[str, Callable[[], object]] = {
        "text": lambda: _text(model.get("filter")),
        "number": lambda: _number(column, model.get("filter")),
        "upper": lambda: _number(column, model.get("filterTo")),
        "day": lambda: _midnight(column, model.get("dateFrom"), zone),
        "next_day": lambda: _midnight(column, model.get("dateFrom"), zone, days=1),
        "last_next_day": lambda: _midnight(column, model.get("dateTo"), zone, days=1),
    }
    # Read only what the fragment uses: the model may lack the rest.
    bound = {name: bind(value()) for name, value in read.items() if f"{{{name}}}" in fragment}
    if "text" in bound:
        bound["text"] = plain(bound["text"])
    return fragment.format(column=column.key, plain=plain(column.key), **bound)


_BLANK = {"blank": "{column} IS NULL", "notBlank": "{column} IS NOT NULL"}
# By AG Grid's names of the comparisons. Negations also match customers without a value.
_FRAGMENTS: dict[str, dict[str, str]] = {
    "text": {
        "contains": "contains({plain}, {text})",
        "notContains": "({column} IS NULL OR NOT contains({plain}, {text}))",
        "equals": "{plain} = {text}",
        "notEqual": "({column} IS NULL OR {plain} <> {text})",
        "startsWith": "starts_with({plain}, {text})",
        "endsWith": "ends_with({plain}, {text})",
        "blank": "({column} IS NULL OR trim({column}) = '')",
        "notBlank": "trim({column}) <> ''",
    },
    "number": _BLANK
    | {
        "equals": "{column} = {number}",
        "notEqual": "({column} IS NULL OR {column} <> {number})",
        "lessThan": "{column} < {number}",
        "lessThanOrEqual": "{column} <= {number}",
        "greaterThan": "{column} > {number}",
        "greaterThanOrEqual": "{column} >= {number}",
        "inRange": "({column} >= {number} AND {column} <= {upper})",
    },
    "moment": _BLANK
    | {
        "equals": "({column} >= {day} AND {column} < {next_day})",
        "notEqual": "({column} IS NULL OR {column} < {day} OR {column} >= {next_day})",
        "lessThan": "{column} < {day}",
        "lessThanOrEqual": "{column} < {next_day}",
        "greaterThan": "{column} >= {next_day}",
        "greaterThanOrEqual": "{column} >= {day}",
        "inRange": "({column} >= {day} AND {column} < {last_next_day})",
    },
}
# In the order in which the grid sorts them. A tuple: what the browser sends need not be hashable.
_STATES = tuple(Status)


def _one_of_states(states: object, bind: Bind) -> str:
    if (
        not isinstance(states, Sequence)
        or isinstance(states, str)
        or not all(state in _STATES for state in states)
    ):
        raise BadRequest("There is no such status.")
    return f"status IN ({', '.join(bind(str(state)) for state in dict.fromkeys(states))})"


def _order(model: Sequence[Mapping[str, Any]] | None) -> str:
    """Return the ORDER BY clause. Ties follow the table's row order, so the result is deterministic."""
    if not isinstance(model, list | tuple | None) or len(model or ()) > len(_COLUMNS_BY_KEY):
        raise BadRequest("The sort order has an unknown format.")
    order = []
    for column_sort in model or ():
        if not isinstance(column_sort, Mapping) or column_sort.get("sort") not in ("asc", "desc"):
            raise BadRequest("The sort order has an unknown format.")
        column, down = _column(column_sort.get("colId")), column_sort["sort"] == "desc"
        if column.kind == "state":
            places = ", ".join(f"'{state}'" for state in _STATES)
            order.append(f"list_position([{places}], status) {'DESC' if down else 'ASC'}")
        else:
            value = f"nullif(lower(trim({column.key})), '')" if column.kind == "text" else column.key
            order.append(f"{value} {'DESC' if down else 'ASC'} NULLS LAST")
    return ", ".join([*order, "row ASC"])


def _column(key: object) -> GridColumn:
    column = _COLUMNS_BY_KEY.get(key) if isinstance(key, str) else None
    if column is None:
        raise BadRequest(f"The grid has no column {str(key)[:40]!r}.")
    return column


def _is_int(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _text(value: object) -> str:
    if (
        not isinstance(value, str | int | float)
        or len(str(value)) > _MAX_VALUE_LENGTH
        or not _is_text(str(value))
    ):
        raise BadRequest("You can't search for this text.")
    return str(value)


def _is_text(value: str) -> bool:
    """Whether DuckDB accepts the text: it has no NUL and no lone surrogate, both of which JSON can express."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _number(column: GridColumn, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e15:
        raise BadRequest(f"The filter on {column.label} needs a number.")
    return value


def _midnight(column: GridColumn, value: object, zone: str | None, *, days: int = 0) -> datetime:
    """Return the start of the day, plus `days`, as a naive UTC time, like the columns it is compared with."""
    try:
        start = date.fromisoformat(str(value)[:10]) + timedelta(days=days)
        return datetime.combine(start, time(), formats.zone(zone)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"The filter on {column.label} needs a date.") from error


ALL_CUSTOMERS = grid_query()

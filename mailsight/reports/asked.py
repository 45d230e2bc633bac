"""Which values the conditions of a campaign's template ask for, and what they are for its customers.

The template itself says it: what conditions ask for in vain is listed as `assumed` (`merging.rendering.Rendered`). So
it is rendered without values first, then with those that it asked for, until it asks for nothing more.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from mailsight.bounded import pool
from mailsight.bounded.batches import first_results
from mailsight.merging.filled import together
from mailsight.merging.languages import Language
from mailsight.merging.outlines import Outline, assumed, literals, outline
from mailsight.merging.rendering import MailTemplate
from mailsight.merging.values import Json
from mailsight.warehouse.reader import Snapshot

#: A place in a customer's values: the names on the way to it.
Path = tuple[str, ...]
T = TypeVar("T")

MAX_COMBINATIONS = 2_000
MAX_CLICK_ROWS = 20_000
# Of two seconds each.
MAX_PIECES = 40
_PIECE = 50
_MAX_ROUNDS = 20
_MAX_NAMES = 300
_MAX_OBJECTS = 12
_MAX_DEPTH = 3
_MAX_LITERALS = 200
# A field that holds more different pieces of HTML than this was made for each customer.
_MAX_BLOCKS = 50
_COLUMNS = ("customer_id", "email", "name", "language", "country", "created_at")


@dataclass(frozen=True, slots=True)
class Combination:
    """Customers with the same values, or the same copy: a row of `variant_values`. `outline`: None if not rendered."""

    row: Mapping[str, Any]
    values: Mapping[str, Json]
    at: Mapping[Path, Json]
    outline: Outline | None


@dataclass(frozen=True, slots=True)
class Asked:
    """All combinations of values that the conditions of a template tell apart, the most frequent first.

    `by_example`: there were too many, so one was tried of those that the template's texts and numbers can't tell apart.
    """

    combinations: Sequence[Combination]
    by_example: bool


_progress = ContextVar[Callable[[float], object]]("progress", default=lambda _: None)


@contextmanager
def watching(progress: Callable[[float], object]) -> Iterator[None]:
    """Within the block, call `progress` with the share of the work that is done."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


def asked(
    data: Snapshot,
    campaign_id: str,
    mail: MailTemplate | None,
    language: Language | None = None,
    sent_at: datetime | None = None,
) -> Asked:
    """Read the combinations of a campaign. Without a template, these are its copies, and one for all other customers.

    Raises `WorkFailed` if the template can't be rendered.
    """
    return _Asking(data, campaign_id, mail, language, sent_at).asked()


class _Asking:
    def __init__(
        self,
        data: Snapshot,
        campaign_id: str,
        mail: MailTemplate | None,
        language: Language | None,
        sent_at: datetime | None,
    ) -> None:
        self._data = data
        self._campaign_id = campaign_id
        self._mail = mail
        self._language = language
        self._sent_at = sent_at
        self._pieces = MAX_PIECES
        self._outlines: dict[str, Outline] = {}
        self._places: list[Path] | None = None
        self._own: list[Path] = []
        self._known: list[Path] = []
        self._used: dict[Path, None] = {}
        self._tried: set[str] = set()

    def asked(self) -> Asked:
        base = self._outline([{}])
        if base:
            self._resolve({name: {} for name in base[0].assumed})
            if base[0].unknown:
                self._add_blocks(base[0])
        rows, by_example = self._rows()
        for _ in range(_MAX_ROUNDS):
            if self._mail is None or not self._render(rows):
                break
            rows, by_example = self._rows()
        return Asked([self._combination(row) for row in rows], by_example)

    def _run(self, work: Callable[..., T], several: Sequence[Mapping[str, Json]]) -> list[T]:
        """The results for several values; fewer if they take too long."""
        done: list[T] = []
        bound = partial(work, mail=self._mail, language=self._language, sent_at=self._sent_at)
        while self._mail and len(done) < len(several) and self._pieces:
            self._pieces -= 1
            done += pool.run(partial(first_results, bound, several[len(done) : len(done) + _PIECE]))
        return done

    def _outline(self, several: Sequence[Mapping[str, Json]]) -> list[Outline]:
        return self._run(outline, several)

    def _render(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Outlines all rows. Returns whether conditions asked for more on the way, so that there are other rows."""
        todo = {
            name: values for row in rows if (name := _name(values := self._values(row))) not in self._outlines
        }
        several = list(todo.items())
        for start in range(0, len(several), _PIECE):
            _progress.get()(start / len(several))
            piece = several[start : start + _PIECE]
            missing: dict[str, Mapping[str, Json]] = {}
            results = self._outline([values for _, values in piece])
            for (name, values), result in zip(piece, results, strict=False):
                self._outlines[name] = result
                missing |= {each: values for each in result.assumed if each not in self._tried}
            if missing and self._resolve(missing):
                return True
            if len(results) < len(piece):
                break
        return False

    def _resolve(self, missing: Mapping[str, Mapping[str, Json]]) -> bool:
        """Finds where the values of these names are: with a value there, conditions don't ask in vain any more.

        Returns whether there are such places that were not known to be asked for.
        """
        self._tried |= missing.keys()
        new = False
        for base in {_name(values): values for values in missing.values()}.values():
            names = {name for name, values in missing.items() if values == base}
            places = [place for place in self._all_places() if place not in self._used]
            tried = self._run(assumed, [_with(base, place, "x") for place in places])
            for place, still in zip(places, tried, strict=False):
                found = names - set(still)
                if found and not any(place[:length] in self._used for length in range(1, len(place))):
                    self._used[place] = None
                    new = True
        return new

    def _all_places(self) -> list[Path]:
        """Where the campaign's customers have values; those that hold others after these, unless they are asked for."""
        if self._places is None:
            self._own = self._names("own_names")
            self._known = self._names("known_names") + [(name,) for name in _COLUMNS]
            self._places = list(dict.fromkeys((*self._own, *self._known)))
        return self._places

    def _names(self, query: str) -> list[Path]:
        found: list[Path] = []
        objects: list[Path] = [()]
        for parent in objects:
            rows = self._data.rows(
                query, campaign_id=self._campaign_id, path=_json_path(parent), most=_MAX_NAMES
            )
            for row in rows:
                if not set('"\\\\*') & set(row["name"]):
                    place = (*parent, row["name"])
                    found.append(place)
                    if row["objects"] and len(place) < _MAX_DEPTH and len(objects) < _MAX_OBJECTS:
                        objects.append(place)
        return found[:_MAX_NAMES]

    def _add_blocks(self, base: Outline) -> None:
        """Adds fields that hold few different pieces of HTML: blocks that were chosen outside of the template."""
        places = self._all_places()
        own, known = ([_json_path(place) for place in some] for some in (self._own, self._known))
        rows = self._data.rows(
            "values_with_markup",
            campaign_id=self._campaign_id,
            own_paths=own,
            known_paths=known,
            most=_MAX_BLOCKS,
        )
        both = [*self._own, *self._known]
        candidates = [both[row["place"] - 1] for row in rows]
        candidates = [place for place in places if place in candidates]
        tried = self._outline([_with({}, place, "<p>x</p>") for place in candidates])
        for place, result in zip(candidates, tried, strict=False):
            if result.digest != base.digest:
                self._used[place] = None

    def _rows(self) -> tuple[list[dict[str, Any]], bool]:
        rows = self._query(None, None)
        exceeded = any(row["combinations"] > MAX_COMBINATIONS for row in rows)
        if exceeded and self._mail:
            texts, numbers = pool.run(partial(literals, self._mail, self._language))
            if len(texts) + len(numbers) <= _MAX_LITERALS:
                return self._query(texts, numbers), True
        return rows, False

    def _query(self, texts: list[str] | None, numbers: list[float] | None) -> list[dict[str, Any]]:
        own, known = (
            [_json_path(place) for place in self._used if place in some] for some in (self._own, self._known)
        )
        return self._data.rows(
            "variant_values",
            campaign_id=self._campaign_id,
            own_paths=own,
            known_paths=known,
            literals=texts,
            numbers=numbers,
            most=MAX_COMBINATIONS,
            most_clicks=MAX_CLICK_ROWS,
        )

    def _combination(self, row: Mapping[str, Any]) -> Combination:
        values = self._values(row)
        at = {**self._at(row["known"], self._known), **self._at(row["own"], self._own)}
        return Combination(row, values, at, self._outlines.get(_name(values)))

    def _values(self, row: Mapping[str, Any]) -> dict[str, Json]:
        own, known = (
            _nested(self._at(row[name], places))
            for name, places in (("own", self._own), ("known", self._known))
        )
        return together(own, known)

    def _at(self, texts: Sequence[str | None], places: Sequence[Path]) -> dict[Path, Json]:
        used = [place for place in self._used if place in places]
        return {place: json.loads(text) for place, text in zip(used, texts, strict=True) if text is not None}


def _nested(at: Mapping[Path, Json]) -> dict[str, Json]:
    values: dict[str, Json] = {}
    for place, value in at.items():
        values = _with(values, place, value)
    return values


def _with(values: Mapping[str, Json], place: Path, value: Json) -> dict[str, Json]:
    """The values with one more."""
    first, *rest = place
    if not rest:
        return {**values, first: value}
    inner = values.get(first)
    return {**values, first: _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}


def _name(values: Mapping[str, Json]) -> str:
    return json.dumps(values, sort_keys=True)


def _json_path(place: Path) -> str:
    return "".join(("$", *(f'."{name}"' for name in place)))

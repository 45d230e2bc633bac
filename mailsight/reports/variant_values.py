"""Which values the conditions of a campaign's template ask for, and what they are for its customers.

The template itself says so: what conditions ask for in vain is listed as `assumed` (`merging.rendering.Rendered`). So
it is rendered without values first, then with those that it asked for, until it asks for nothing more.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
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
from mailsight.warehouse.cache import Numbers
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
    """Customers with the same values, or the same copy: a row of `variant_values`. `outline`: None if not rendered.

    Erased customers have no values: the row has the variant that was kept for them.
    """

    row: Mapping[str, Any]
    values: Mapping[str, Json]
    at: Mapping[Path, Json]
    outline: Outline | None


@dataclass(frozen=True, slots=True)
class KeyParameters:
    """The parameters of the query `variant_keys`: they decide which customers have the same key."""

    own_paths: Sequence[str] = ()
    known_paths: Sequence[str] = ()
    literals: Sequence[str] | None = None
    numbers: Sequence[float] | None = None

    def rows(self, data: Snapshot, campaign_id: str, keys: Sequence[str]) -> Numbers:
        """The rows of the customers with these keys."""
        frame = data.frame("variant_rows", campaign_id=campaign_id, keys=list(keys), **asdict(self))
        return frame["row"].to_numpy()


@dataclass(frozen=True, slots=True)
class VariantValues:
    """The combinations of values that the conditions of a template ask for, the most frequent first.

    `everyone` has the counts of all customers to whom the campaign was sent. `by_example`: there are too many different
    values, so those that the template's texts and numbers don't distinguish are in one combination.
    `key_parameters`: what tells the combinations apart.
    """

    combinations: Sequence[Combination]
    everyone: Mapping[str, Any]
    by_example: bool
    key_parameters: KeyParameters


_progress = ContextVar[Callable[[float], object]]("progress", default=lambda _: None)


@contextmanager
def watching(progress: Callable[[float], object]) -> Iterator[None]:
    """Within the block, call `progress` with the share of the work that is done."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


def variant_values(
    data: Snapshot,
    campaign_id: str,
    mail: MailTemplate | None,
    language: Language | None = None,
    sent_at: datetime | None = None,
) -> VariantValues:
    """Read the combinations of a campaign. Without a template, these are its copies, and one for all other customers.

    Raises `WorkFailed` if the template can't be rendered.
    """
    return _Search(data, campaign_id, mail, language, sent_at).run()


class _Search:
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
        self._key_parameters = KeyParameters()

    def run(self) -> VariantValues:
        base = self._outline([{}])
        if base:
            self._resolve({name: {} for name in base[0].assumed})
            if base[0].unknown:
                self._add_blocks(base[0])
        everyone, rows, by_example = self._rows()
        for _ in range(_MAX_ROUNDS):
            if self._mail is None or not self._render(rows):
                break
            everyone, rows, by_example = self._rows()
        return VariantValues(
            [self._combination(row) for row in rows], everyone, by_example, self._key_parameters
        )

    def _each(self, work: Callable[..., T], several: Sequence[Mapping[str, Json]]) -> list[T]:
        """The results for several values; fewer if they take too long."""
        done: list[T] = []
        bound = partial(work, mail=self._mail, language=self._language, sent_at=self._sent_at)
        while self._mail and len(done) < len(several) and self._pieces:
            self._pieces -= 1
            done += pool.run(partial(first_results, bound, several[len(done) : len(done) + _PIECE]))
        return done

    def _outline(self, several: Sequence[Mapping[str, Json]]) -> list[Outline]:
        return self._each(outline, several)

    def _render(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Outline all rows. Returns whether conditions asked for more on the way, so that there are other rows."""
        todo = {
            text: values
            for row in rows
            if not row["is_erased"] and (text := _text(values := self._values(row))) not in self._outlines
        }
        several = list(todo.items())
        for start in range(0, len(several), _PIECE):
            _progress.get()(start / len(several))
            piece = several[start : start + _PIECE]
            missing: dict[str, Mapping[str, Json]] = {}
            results = self._outline([values for _, values in piece])
            for (text, values), result in zip(piece, results, strict=False):
                self._outlines[text] = result
                missing |= {each: values for each in result.assumed if each not in self._tried}
            if missing and self._resolve(missing):
                return True
            if len(results) < len(piece):
                break
        return False

    def _resolve(self, missing: Mapping[str, Mapping[str, Json]]) -> bool:
        """Find where the values of these names are: with a value there, conditions no longer ask in vain.

        Returns whether some of these places are new.
        """
        self._tried |= missing.keys()
        new = False
        for base in {_text(values): values for values in missing.values()}.values():
            names = {name for name, values in missing.items() if values == base}
            places = [place for place in self._all_places() if place not in self._used]
            tried = self._each(assumed, [_with(base, place, "x") for place in places])
            for place, still in zip(places, tried, strict=False):
                if names - set(still) and not any(
                    place[:length] in self._used for length in range(1, len(place))
                ):
                    self._used[place] = None
                    new = True
        return new

    def _all_places(self) -> list[Path]:
        """Where the campaign's customers have values, in their messages or among what is known of them."""
        if self._places is None:
            self._own = self._names(own=True)
            self._known = self._names(own=False) + [(name,) for name in _COLUMNS]
            self._places = list(dict.fromkeys((*self._own, *self._known)))
        return self._places

    def _names(self, *, own: bool) -> list[Path]:
        places: list[Path] = []
        objects: list[Path] = [()]
        for parent in objects:
            rows = self._data.rows(
                "value_names",
                campaign_id=self._campaign_id,
                path=_json_path(parent),
                own=own,
                most=_MAX_NAMES,
            )
            for row in rows:
                if not set('"\\\\*') & set(row["name"]):
                    place = (*parent, row["name"])
                    places.append(place)
                    if row["objects"] and len(place) < _MAX_DEPTH and len(objects) < _MAX_OBJECTS:
                        objects.append(place)
        return places[:_MAX_NAMES]

    def _add_blocks(self, base: Outline) -> None:
        """Add the fields that hold few different pieces of HTML: blocks that were chosen outside of the template."""
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
        with_markup = {both[row["place"] - 1] for row in rows}
        candidates = [place for place in places if place in with_markup]
        tried = self._outline([_with({}, place, "<p>x</p>") for place in candidates])
        for place, result in zip(candidates, tried, strict=False):
            if result.digest != base.digest:
                self._used[place] = None

    def _rows(self) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]], bool]:
        """The counts of everyone, those of each combination, and whether these are only examples."""
        everyone, *rows = self._query(None, None)
        if everyone["combinations"] > MAX_COMBINATIONS and self._mail:
            texts, numbers = pool.run(partial(literals, self._mail, self._language))
            if len(texts) + len(numbers) <= _MAX_LITERALS:
                everyone, *rows = self._query(texts, numbers)
                return everyone, rows, True
        return everyone, rows, False

    def _query(self, texts: list[str] | None, numbers: list[float] | None) -> list[dict[str, Any]]:
        own, known = (
            [_json_path(place) for place in self._used if place in some] for some in (self._own, self._known)
        )
        self._key_parameters = KeyParameters(own, known, texts, numbers)
        return self._data.rows(
            "variant_values",
            campaign_id=self._campaign_id,
            **asdict(self._key_parameters),
            most=MAX_COMBINATIONS,
            most_clicks=MAX_CLICK_ROWS,
        )

    def _combination(self, row: Mapping[str, Any]) -> Combination:
        values = self._values(row)
        at = {**self._at(row["known"], self._known), **self._at(row["own"], self._own)}
        return Combination(row, values, at, None if row["is_erased"] else self._outlines.get(_text(values)))

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
    """The values, with this one too."""
    first, *rest = place
    if not rest:
        return {**values, first: value}
    inner = values.get(first)
    return {**values, first: _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}


def _text(values: Mapping[str, Json]) -> str:
    return json.dumps(values, sort_keys=True)


def _json_path(place: Path) -> str:
    return "".join(("$", *(f'."{name}"' for name in place)))

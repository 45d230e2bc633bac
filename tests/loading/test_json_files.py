"""JSON is read value by value through a window, and each value comes with its line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsight.loading import json_files
from mailsight.loading.json_files import BadRecord, Value
from mailsight.providers.payload import parsed
from tests.support.examples import examples

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=6)
FORMS: dict[str, Callable[[list[object]], str]] = {
    "an array": lambda values: json.dumps(values),  # noqa: PLW0108 (it needs the same signature as the others)
    "an array over lines": lambda values: json.dumps(values, indent=1),
    "one per line": lambda values: "\n".join(map(json.dumps, values)),
    "without a separator": lambda values: "".join(map(json.dumps, values)),
    "not escaped": lambda values: json.dumps(values, ensure_ascii=False),
}


@pytest.mark.hypothesis
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("window", [1, 7, 2**20])
def test_values_are_read_as_they_were_written(
    form: str, window: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_files, "WINDOW", window)
    path = tmp_path_factory.mktemp("values") / "values.json"

    @settings(max_examples=examples(30))
    @given(OBJECTS)
    def values_survive(values: list[object]) -> None:
        path.write_text(FORMS[form](values), encoding="utf-8", newline="\n")
        assert [value.value for value in json_files.values(path) if isinstance(value, Value)] == values

    values_survive()


@pytest.mark.parametrize("window", [1, 64, 2**20])
def test_invalid_json_is_reported_by_line_and_column(
    window: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_files, "WINDOW", window)
    path = tmp_path / "values.json"
    path.write_bytes(
        b'[{"a": 1},\n {"b": "\xff"},\n  {"c": broken},\n {"d": "no end},\n {"e": 5}]\n\x00\x00\n{"f": 1e999}\n{"g": 7}'
    )
    records = [
        (record.line, record.reason if isinstance(record, BadRecord) else record.value)
        for record in json_files.values(path)
    ]
    assert records == [
        (1, {"a": 1}),
        (2, "not UTF-8"),
        (3, "not JSON: Expecting value at column 9"),
        (4, "not JSON: Invalid control character at column 17"),
        (5, {"e": 5}),
        (6, "not JSON: Expecting value at column 1"),
        (7, "a number that is too large"),
        (8, {"g": 7}),
    ]


def test_a_line_that_is_too_long_is_rejected_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_files, "MAX_VALUE_LENGTH", 100)
    path = tmp_path / "values.ndjson"
    path.write_text(json.dumps({"long": "x" * 500}) + '\n{"a": 1}\n')
    bad, good = json_files.lines(path)
    assert isinstance(bad, BadRecord)
    assert (bad.line, bad.reason) == (1, "a line that is too long")
    assert isinstance(good, Value)
    assert (good.line, good.value) == (2, {"a": 1})


def test_the_first_value_of_a_key_that_comes_twice_counts_as_in_webhooks(tmp_path: Path) -> None:
    text = '{"event": "opened", "event": ["x"], "b": {"c": null, "c": 1}}'
    path = tmp_path / "dump.json"
    path.write_text(f"{text}\n{text}\n", encoding="utf-8")
    for read in (json_files.lines, json_files.values):
        values = [record.value for record in read(path) if isinstance(record, Value)]
        assert values == [parsed(text)] * 2 == [{"event": "opened", "b": {"c": None}}] * 2

"""Whatever a request or line of any provider holds: it becomes events, or is rejected with its bytes."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from mailsight.loading import normalizing, payloads
from mailsight.loading.refusals import Refusal
from mailsight.loading.spool import Spool
from mailsight.providers.events import Request
from mailsight.providers.registry import PROVIDERS
from mailsight.warehouse.reader import Warehouse
from tests.support.faults import EACH, MARK, MECHANISM, failing, functions_called, name_of
from tests.support.providers.registry import SAMPLES

NESTED = [
    opening * depth + "1" + closing * depth
    for depth in (500, 950)
    for opening, closing in ("[]", ('{"a":', "}"))
]
PLACE = '"<here>"'


def nested_deliveries(provider: str) -> Iterator[str]:
    """The provider's sample with a deeply nested value as a new field of its objects, and in place of each value."""
    sample = SAMPLES[provider].delivery
    for path in _objects(sample):
        for key in ("extra", *_at(sample, path)):
            changed = deepcopy(sample)
            _at(changed, path)[key] = "<here>"
            for value in NESTED:
                yield json.dumps(changed).replace(PLACE, value)
    yield from NESTED


def _objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
        for key, part in value.items():
            yield from _objects(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _objects(part, (*path, place))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def request_with(provider: str, text: str) -> Request:
    """A request of the provider with this JSON, valid or not."""
    if field := PROVIDERS[provider].form_field:
        return Request("application/x-www-form-urlencoded", {}, urlencode({field: text}).encode())
    return Request("application/json", {}, text.encode())


def captured(request: Request) -> str:
    return json.dumps({"content_type": request.content_type, "headers": {}, "body": request.body.decode()})


@pytest.mark.slow
def test_a_nested_request_of_any_provider_is_loaded_or_rejected_with_its_bytes(tmp_path: Path) -> None:
    spool, lines = Spool(tmp_path / "m.spool"), []
    for name in PROVIDERS:
        for text in (*nested_deliveries(name), json.dumps(SAMPLES[name].delivery)):
            request = request_with(name, text)
            spool.append(name, request.body.decode(), content_type=request.content_type)
            lines.append((name, text))
    summary = payloads.ingest_spool(tmp_path / "m.duckdb", spool)
    assert (spool.state().requests, spool.state().set_aside) == (0, ())
    assert summary is not None
    [loaded] = [kind for kind in summary.kinds if kind.kind == "events"]
    assert loaded.rows >= len(lines)
    with Warehouse(tmp_path / "m.duckdb").snapshot() as data:
        rejected = {row["line"]: row for row in data.rows("refused_rows", search="")}
    assert len(rejected) == loaded.refused
    for line, (name, text) in enumerate(lines, start=1):
        if line in rejected:
            assert text != json.dumps(SAMPLES[name].delivery), rejected[line]["reason"]
            assert len(rejected[line]["row"]) > 500, rejected[line]["reason"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_nested_line_of_a_file_leaves_the_others_alone(provider: str, tmp_path: Path) -> None:
    texts = list(nested_deliveries(provider))[:8]
    good = json.dumps(SAMPLES[provider].delivery)
    requests, plain = tmp_path / "requests.ndjson", tmp_path / "plain.ndjson"
    requests.write_text("\n".join(captured(request_with(provider, text)) for text in (*texts, good)))
    plain.write_text("\n".join((*texts, good)))
    for file in (requests, plain):
        events = list(normalizing.normalize(provider, [file]))
        assert len(events) >= len(texts) + 1
        assert isinstance(events[-1], str)
        assert all(isinstance(event, str) or event.row for event in events)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if PROVIDERS[name].takes_forms])
def test_a_form_without_a_boundary_leaves_the_others_alone(provider: str, tmp_path: Path) -> None:
    file = tmp_path / "requests.ndjson"
    forms = [
        Request(f"multipart/form-data{end}", {}, body)
        for end in ("", "; boundary=", "; boundary=\x7f", f"; boundary={'x' * 300}", "; charset=x")
        for body in (b"[]", b"", b"--x\r\n")
    ]
    good = request_with(provider, json.dumps(SAMPLES[provider].delivery))
    file.write_text("\n".join(map(captured, (*forms, good))))
    results = list(normalizing.normalize(provider, [file]))
    assert [result.line for result in results[:-1] if isinstance(result, Refusal)] == list(
        range(1, len(forms) + 1)
    )
    assert isinstance(results[-1], str)


# They look at the beginning of a file.
OF_A_FILE = ("unpacking.parts_of", "unpacking._utf_16_without_mark")


def test_a_function_that_fails_for_a_file_leaves_only_that_out(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    text = json.dumps(SAMPLES["sendgrid"].delivery)
    good.write_text(text)
    bad.write_text(text.replace("ann@", f"{MARK}@"))

    def results() -> list[str | Refusal]:
        return list(normalizing.normalize("sendgrid", [bad, good]))

    codes = [code for code in functions_called(results, marked=True) if name_of(code) in OF_A_FILE]
    assert len(codes) == len(OF_A_FILE)
    for code in codes:
        with failing(code, marked=True):
            marked, last = results()
            summary = payloads.ingest(tmp_path / f"{name_of(code)}.duckdb", "sendgrid", [bad, good])
        assert isinstance(marked, Refusal)
        assert MARK in marked.row
        assert isinstance(last, str)
        assert (summary.kinds[-1].new, summary.rejected, summary.refusals) == (1, 1, [marked])


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PROVIDERS)))
def test_a_function_that_fails_for_a_request_leaves_only_that_out(number: int, tmp_path: Path) -> None:
    provider = list(PROVIDERS)[number]
    file, text = tmp_path / "requests.ndjson", json.dumps(SAMPLES[provider].delivery)
    texts = [text.replace("ann@", f"{who}@") for who in ("ann", MARK, "bob")]
    file.write_text("\n".join(captured(request_with(provider, text)) for text in texts))

    def results() -> list[str | Refusal]:
        return list(normalizing.normalize(provider, [file]))

    mechanism = {*MECHANISM, "normalizing._normalized", *OF_A_FILE}
    codes = [code for code in functions_called(results, marked=True) if name_of(code) not in mechanism]
    assert len(codes) >= 10
    # Providers share most functions, so each tries others, and `make thorough` all.
    for code in codes if EACH == 1 else codes[number :: len(PROVIDERS)]:
        with failing(code, marked=True):
            first, marked, last = results()
        assert isinstance(first, str), code.co_qualname
        assert isinstance(last, str), code.co_qualname
        assert MARK in (marked if isinstance(marked, str) else marked.row), code.co_qualname

"""No text in a file, webhook or user agent costs more than others of its length, whatever function reads it.

Every public function that takes text is listed here, or named with the reason why it needs no test.
"""

import gc
import inspect
import io
import pkgutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mailsight import audience, loading, providers
from mailsight.audience import agents, bounces, crawlers, mail_programs, mailboxes, programs, zones
from mailsight.errors import NotABundle
from mailsight.loading import (
    bundle_files,
    csv_files,
    file_checks,
    finding,
    folders,
    json_files,
    payload_files,
    recognition,
    refusals,
    unpacking,
    uploads,
)
from mailsight.loading.bundle_files import COLUMNS, BundleFile
from mailsight.providers import anymail, checking, fields, meanings, payload, reading
from mailsight.providers.events import Request
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import EventType
from tests.support.adversarial import KINDS as MAIL_KINDS
from tests.support.adversarial import LEAST_SECONDS, LONG, MOST, SHORT, repeated
from tests.support.faults import EACH
from tests.support.providers.registry import SAMPLES

pytestmark = pytest.mark.slow

_OWN_KINDS: Mapping[str, tuple[str, str]] = {
    "quotes": ("", '"'),
    "escaped quotes": ('["', '\\"'),
    "open strings": ("", '"a\n'),
    "commas": ("", ","),
    "separators": ("a", ";,\t"),
    "quoted values": ("", '"a",'),
    "rows": ("a,b\n", "1,2\n"),
    "rows of one value": ("a,b\n", "1\n"),
    "open quotes in rows": ("a,b\n", '1,"2\n'),
    "carriage returns": ("a,b\r", "1,2\r"),
    "open lists": ("", "["),
    "open objects": ("", '{"a":'),
    "empty objects": ("[", "{},"),
    "lists on lines": ("", "[1,\n"),
    "bad objects on lines": ("", '{"a": 1,,\n'),
    "half objects": ("[", '{"a": 1'),
    "numbers": ("[", "1e9,"),
    "a number": ("1", "0"),
    "minus signs": ("", "-"),
    "surrogates": ('["', "\\ud800"),
    "fields of a form": ("", "a=%41&"),
    "parts": ("", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
    "products": ("Mozilla/5.0 ", "Safari/537.36 "),
    "comments": ("Mozilla/5.0 ", "(Linux; "),
    "versions": ("Version/", "1."),
    "bots": ("", "bot "),
    "words before an address": ("", "http https:// +http "),
    "status codes": ("", "5.1.1"),
    "statuses": ("550 ", "5.1 "),
    "addresses": ("", "<a@b.example> "),
    "hosts": ("", "a-b."),
    "folders": ("", "../"),
    "dots": ("events", "."),
}
KINDS = {name: repeated(*parts) for name, parts in _OWN_KINDS.items()} | dict(MAIL_KINDS)
# `make thorough` tries every kind.
CHOSEN = KINDS if EACH == 1 else ("dots", "quotes", "half objects", "comments")

FORM = "application/x-www-form-urlencoded"
PHONE = PROVIDERS["sendgrid"]
PATHS = ("a.b", "a")
CUSTOMERS = COLUMNS["customers"]


def _used(results: Iterable[object]) -> None:
    for _ in results:
        pass


def _of_file(read: Callable[[Path], object], name: str = "events.csv") -> Callable[[str, Path], object]:
    """Reads a file with the text. Writing it is not measured."""

    def call(text: str, folder: Path) -> Callable[[], object]:
        path = folder / name
        path.write_text(text, errors="surrogatepass")
        return lambda: read(path)

    return call


def _of_text(read: Callable[[str], object]) -> Callable[[str, Path], object]:
    return lambda text, _: lambda: read(text)


def _of_provider(name: str) -> Callable[[str, Path], object]:
    """The text as each value of the provider's sample, and as the request's body."""
    provider = PROVIDERS[name]
    sample: Any = SAMPLES[name].delivery

    def everywhere(value: Any, text: str) -> Any:
        if isinstance(value, dict):
            return {key: everywhere(part, text) for key, part in value.items()}
        return [everywhere(part, text) for part in value] if isinstance(value, list) else text

    def call(text: str, _: Path) -> Callable[[], object]:
        values = [everywhere(sample, text), {"event": text, "signature": {text: text}}]
        bodies = [Request(kind, {}, text.encode()) for kind in ("application/json", FORM)]

        def read() -> None:
            for value in values:
                reading.events_of_value(provider, value)
            for body in bodies:
                reading.events_of_request(provider, body)

        return read

    return call


def _packed_names(text: str) -> None:
    for name in (text, f"a/{text[:1_000]}"):
        uploads.quoted(name)


CALLS: Mapping[str, Callable[[str, Path], Any]] = {
    "agents.kind": _of_text(lambda text: agents.kind(text, machines=["bot"], people=["phone"])),
    "agents.is_proxied": _of_text(agents.is_proxied),
    "bounces.reason": _of_text(bounces.reason),
    "bounces.without_addresses": _of_text(bounces.without_addresses),
    "crawlers.is_listed": _of_text(crawlers.is_listed),
    "mail_programs.image_proxy": _of_text(mail_programs.image_proxy),
    "mail_programs.mail_program": _of_text(mail_programs.mail_program),
    "mail_programs.is_image_proxy": _of_text(mail_programs.is_image_proxy),
    "mail_programs.is_mail_program": _of_text(mail_programs.is_mail_program),
    "mailboxes.provider": _of_text(mailboxes.provider),
    "programs.described": _of_text(programs.described),
    "programs.used": _of_text(programs.used),
    "zones.of_country": _of_text(zones.of_country),
    "zones.known": _of_text(zones.known),
    "anymail.form_fields": _of_text(
        lambda text: _refused(anymail.form_fields, Request(FORM, {}, text.encode()))
    ),
    "anymail.form_fields, parts": _of_text(
        lambda text: _refused(
            anymail.form_fields, Request("multipart/form-data; boundary=x", {}, text.encode())
        )
    ),
    "checking.check_password": _of_text(
        lambda text: _refused(checking.check_password, PHONE, {"basic_auth": "a:b"}, f"Basic {text}")
    ),
    "checking.check_shape": _of_text(
        lambda text: _refused(checking.check_shape, PHONE, Request("", {}, text.encode()))
    ),
    "checking.check_sender": _of_text(
        lambda text: _refused(
            checking.check_sender,
            PHONE,
            {"basic_auth": "a:b"},
            Request(text[:9_000].replace("\n", " "), {"a": text}, b""),
            "http://a.example/",
        )
    ),
    "checking.check_payload": _of_text(
        lambda text: _refused(checking.check_payload, PHONE, Request("", {}, text.encode()))
    ),
    "checking.candidates": _of_text(lambda text: checking.candidates({text: text})),
    "fields.value": _of_text(fields.value),
    "fields.first_value": _of_text(lambda text: fields.first_value({"a": text}, PATHS)),
    "fields.identifier": _of_text(fields.identifier),
    "fields.first_identifier": _of_text(lambda text: fields.first_identifier({"a": text}, PATHS)),
    "fields.says_nothing": _of_text(fields.says_nothing),
    "fields.metadata": _of_text(fields.metadata),
    "meanings.plain": _of_text(meanings.plain),
    "fields.message_id": _of_text(lambda text: fields.message_id(PHONE, text, {"sg_message_id": text})),
    "fields.event_id": _of_text(lambda text: fields.event_id(PHONE, EventType.OPENED, text, {})),
    "fields.smtp_status": _of_text(lambda text: fields.smtp_status(PHONE, {"status": text}, text)),
    "fields.campaign_id": _of_text(lambda text: fields.campaign_id(PHONE, {"campaign": text}, {}, [text])),
    "fields.customer_id": _of_text(lambda text: fields.customer_id(PHONE, {"customer": text}, {})),
    "payload.parsed": _of_text(lambda text: _refused(payload.parsed, text)),
    "payload.moment": _of_text(payload.moment),
    "payload.text": _of_text(lambda text: payload.text([text])),
    "payload.texts": _of_text(lambda text: payload.texts([text])),
    "payload.first": _of_text(lambda text: payload.first({"a": text}, PATHS)),
    "payload.first_time": _of_text(lambda text: payload.first_time({"a": text}, PATHS)),
    "file_checks.problem": _of_text(lambda text: file_checks.problem(Path(text))),
    "json_files.lines": _of_file(lambda path: _used(json_files.lines(path))),
    "json_files.values": _of_file(lambda path: _used(json_files.values(path))),
    "json_files.value": _of_text(partial(json_files.value, 1)),
    "json_files.items": _of_text(lambda text: _refused(json_files.items, text)),
    "json_files.has_too_many_parts": _of_text(json_files.has_too_many_parts),
    "json_files.is_text": _of_text(json_files.is_text),
    "json_files.as_text": _of_text(json_files.as_text),
    "bundle_files.records": _of_file(lambda path: _used(bundle_files.records(_table(path, "csv")))),
    "bundle_files.records, JSON": _of_file(lambda path: _used(bundle_files.records(_table(path, "json")))),
    "bundle_files.records, lines": _of_file(lambda path: _used(bundle_files.records(_table(path, "ndjson")))),
    "bundle_files.column_names": _of_text(lambda text: bundle_files.column_names([text], CUSTOMERS)),
    "bundle_files.column_names, many": _of_text(
        lambda text: bundle_files.column_names(text.split(","), CUSTOMERS)
    ),
    "csv_files.layout": _of_file(lambda path: csv_files.layout(path, list)),
    "csv_files.encoding_of": _of_file(csv_files.encoding_of),
    "csv_files.characters": _of_file(lambda path: csv_files.characters(path, "utf-16")),
    "csv_files.delimiter": _of_text(lambda text: csv_files.delimiter(text, list)),
    "csv_files.is_plain": _of_file(lambda path: csv_files.is_plain(path, csv_files.layout(path, list))),
    "csv_files.rows": _of_file(lambda path: _used(csv_files.rows(path, csv_files.layout(path, list)))),
    "folders.is_clutter": _of_text(folders.is_clutter),
    "finding.kind_of_name": _of_text(finding.kind_of_name),
    "finding.kind_of_columns": _of_text(lambda text: finding.kind_of_columns(text.split(","))),
    "finding.looks_like_table": _of_text(finding.looks_like_table),
    "finding.is_json": _of_text(lambda text: finding.is_json(text.encode())),
    "finding.looks_like_data": _of_text(finding.looks_like_data),
    "finding.opened": lambda text, folder: partial(_opened, _written(text, folder)),
    "bundle_files.content_path": _of_text(lambda text: _refused(bundle_files.content_path, Path(), text)),
    "payload_files.records": _of_file(
        lambda path: _used(payload_files.records(payload_files.ProviderFile("a", path)))
    ),
    "payload_files.holds_requests": _of_file(
        lambda path: payload_files.holds_requests(payload_files.ProviderFile("a", path))
    ),
    "payload_files.request": _of_text(
        lambda text: payload_files.request({"content_type": text, "headers": {text: text}, "body": text})
    ),
    "payload_files.items": _of_text(lambda text: _refused(payload_files.items, PHONE, text)),
    "payload_files.items_of_request": _of_text(
        lambda text: _refused(payload_files.items_of_request, PHONE, Request("", {}, text.encode()))
    ),
    "unpacking.unpack": lambda text, folder: partial(_unpacked, _written(text, folder)),
    "unpacking.beginning": _of_file(lambda path: unpacking.beginning(path, 2**16)),
    "unpacking.beginning_of": _of_text(lambda text: unpacking.beginning_of(io.BytesIO(text.encode()), 2**16)),
    "unpacking.parts_of": _of_text(lambda text: unpacking.parts_of(text.encode())),
    "unpacking.is_packed": _of_text(lambda text: unpacking.is_packed(text.encode())),
    "recognition.providers_of": _of_text(lambda text: recognition.providers_of([io.BytesIO(text.encode())])),
    "refusals.of_file": _of_file(lambda path: refusals.of_file("events", "a", path, "damaged")),
    "uploads.quoted": _of_text(_packed_names),
    "uploads.size_and_entries": _of_text(lambda text: uploads.size_and_entries(io.BytesIO(text.encode()))),
    "uploads.is_local": _of_text(lambda text: uploads.is_local(None, {"host": text, text: text}, False)),
    "uploads.save_files": lambda text, folder: partial(
        _refused, uploads.save_files, [_named(text)], folder / "saved"
    ),
    "uploads.save": lambda text, folder: partial(_refused, uploads.save, [_named(text)], folder / "saved"),
} | {f"events of {name}": _of_provider(name) for name in PROVIDERS}

# Public functions without a test of their own, and why.
ELSEWHERE: Mapping[str, set[str]] = {
    "their text is the operator's or ours": {
        *("machines.parse", "machines.networks", "machines.rules", "machines.thresholds", "patterns.any_of"),
        *(
            "patterns.any_line",
            "zones.countries",
            "payload.json_path",
            "checking.check_secrets",
            "checking.is_placeholder",
        ),
        *(
            "anymail.prepare",
            "anymail.view_class",
            "meanings.types",
            "meanings.reasons",
            "fields.bounce_words",
        ),
        *(
            "registry.provider_named",
            "registry.provider_headers",
            "registry.provider_ids",
            "registry.provider_words",
            "own_view.own_secret",
        ),
    },
    "events of every provider go through them": {
        *("anymail.read", "anymail.check", "reading.events_of_request", "reading.events_of_value"),
        *("reading.value_of_request", "reading.payload_count", "reading.unpacked", "fields.meaning"),
        *("fields.bounce_type", "fields.by_customer", "fields.link_position", "fields.by_machine"),
        *("payload.at", "payload.without", "payload.shaped", "payload.first_of_each", "anymail.form_or_json"),
        *("own_view.has_bearer_token", "own_view.hmac_sha256"),
    },
}


def _table(path: Path, form: str) -> BundleFile:
    return BundleFile("customers", path, path.parent, path, form)


def _written(text: str, folder: Path) -> Path:
    path = folder / "table"
    path.write_text(text, errors="surrogatepass")
    return path


def _opened(path: Path) -> None:
    with TemporaryDirectory() as folder, suppress(NotABundle):
        finding.opened(finding.candidates([path])[0], Path(folder))


def _unpacked(path: Path) -> None:
    with TemporaryDirectory() as folder:
        unpacking.unpack(path, Path(folder))


def _named(name: str) -> io.BytesIO:
    file = io.BytesIO(b"x")
    file.name = name
    return file


def _refused(step: Callable[..., object], *args: object) -> None:
    """Calls the function, which may refuse what it gets."""
    with suppress(Exception):
        step(*args)


def _public(package: Any) -> Iterator[str]:
    for module in pkgutil.iter_modules(package.__path__):
        loaded = import_module(f"{package.__name__}.{module.name}")
        for name, value in vars(loaded).items():
            function = inspect.unwrap(value) if callable(value) else None
            if inspect.isfunction(function) and name[0] != "_" and value.__module__ == loaded.__name__:
                yield f"{module.name}.{name}"


def test_every_function_that_reads_text_is_listed() -> None:
    listed = {name.partition(",")[0] for name in CALLS}.union(*ELSEWHERE.values())
    assert {*_public(audience), *_public(providers)} <= listed
    reads_files = {
        *("bundle_files", "csv_files", "file_checks", "finding", "folders", "json_files", "payload_files"),
        *("recognition", "unpacking", "uploads"),
    }
    rest = {name for name in _public(loading) if name.partition(".")[0] in reads_files} - listed
    assert rest == {
        *(
            "bundle_files.check_columns",
            "finding.candidates",
            "finding.payload_files",
            "finding.tables_folder",
        ),
        *(
            "finding.files_below",
            "folders.files_below",
            "finding.is_workbook",
            "finding.sheets_of",
            "uploads.unzip",
            "uploads.unpacked",
            "uploads.temporary_folder",
        ),
        *("payload_files.unpack", "payload_files.line_numbers", "uploads.start", "uploads.remove_leftovers"),
    }


@pytest.mark.parametrize("kind", CHOSEN)
def test_the_time_of_every_function_grows_with_the_text(kind: str, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    grown = {}
    for name, prepare in CALLS.items():
        short, long = (_seconds(prepare(KINDS[kind](length), tmp_path)) for length in (SHORT, LONG))
        if long > MOST * max(short, LEAST_SECONDS):
            grown[name] = short, long
    assert grown == {}


def _seconds(call: Callable[[], object]) -> float:
    """The processor's time for one call, whatever else the machine does."""
    gc.disable()
    try:
        start = time.thread_time()
        call()
        return time.thread_time() - start
    finally:
        gc.enable()

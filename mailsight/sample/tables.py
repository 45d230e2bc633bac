"""Writes the sample's large files: messages, events and customers as Parquet."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .campaigns import Campaign
from .crowd import AGENTS, END, NEVER, NOTES, TYPES, Crowd
from .customers import PEOPLE, Customers, Ints
from .traffic import Traffic

_TIME = pa.timestamp("ms", tz="UTC")
_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)


class Tables:
    """Writes simulated traffic to `folder`, campaign by campaign to save memory."""

    def __init__(self, folder: Path, crowd: Crowd, rng: np.random.Generator, truth: Path | None) -> None:
        self._folder, self._crowd, self._rng, self._truth = folder, crowd, rng, truth
        self._fields = _merge_fields(crowd.customers, rng)
        self._recipients = pa.array(crowd.customers.columns["email"].astype(object), pa.string())
        self._open_files = ExitStack()
        self._writers: dict[Path, pq.ParquetWriter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is None:
            self._append(self._folder / "customers.parquet", _customers(self._crowd))
        self._open_files.close()

    def messages(self, campaign: Campaign, traffic: Traffic) -> pa.Table:
        """The campaign's messages; only sent messages have a `message_id`."""
        count, unsent = len(traffic.customer), traffic.sent_at == NEVER
        customer = pa.array(traffic.customer)
        parts: list[Any] = ["{"]
        for name, field in campaign.plan.fields.items():
            parts += [f'"{name}":"', self._fields[field].take(customer), '",']
        parts[-1] = '"}'
        email = self._crowd.customers.columns["email"][traffic.customer]
        return pa.table(
            {
                "campaign_id": _same(campaign.campaign_id, count),
                "customer_id": self._fields["customer_id"].take(customer),
                "message_id": pc.if_else(
                    pa.array(~unsent), _tokens(count, self._rng), pa.scalar(None, pa.string())
                ),
                "email": pa.array(email.astype(object), pa.string(), mask=email == ""),
                "sent_at": pa.array(np.where(unsent, 0, traffic.sent_at), _TIME, mask=unsent),
                "not_sent_reason": _nullable(traffic.reason),
                "not_sent_detail": _nullable(traffic.detail),
                "merge_fields": pc.binary_join_element_wise(*parts, ""),
                "content": pa.nulls(count, pa.string()),
            }
        )

    def write_messages(self, messages: pa.Table) -> None:
        self._append(self._folder / "messages.parquet", messages)

    def write_events(self, campaign: Campaign, traffic: Traffic, messages: pa.Table) -> None:
        """Writes events to a file per quarter, and the verdicts of opens and clicks to the truth file."""
        table = self._events(campaign, traffic, messages)
        if self._truth is not None:
            seen = table.filter(pc.is_in(table["type"], pa.array(["opened", "clicked"])))
            columns = ["event_id", "campaign_id", "customer_id", "type", "occurred_at", "url", "machine"]
            self._append(self._truth, seen.select(columns))
        table = table.drop_columns(["machine"])
        quarter = pc.add(pc.multiply(pc.year(table["occurred_at"]), 4), pc.quarter(table["occurred_at"]))
        for number in sorted(pc.unique(quarter).to_pylist()):
            name = f"events-{(number - 1) // 4}-q{(number - 1) % 4 + 1}.parquet"
            self._append(self._folder / name, table.filter(pc.equal(quarter, number)))

    def _events(self, campaign: Campaign, traffic: Traffic, messages: pa.Table) -> pa.Table:
        kind, row, at, link, agent, ip, note, machine = traffic.events
        customer, count = traffic.customer[row], len(kind)
        # In the first two months, the provider reported deliveries without an event id.
        early = at < _EARLY
        has_id = ~early | (kind >= TYPES.index("autoresponded"))
        has_position = (link >= 0) & (self._rng.random(count) < 0.7)
        return pa.table(
            {
                "event_id": pc.if_else(
                    pa.array(has_id), _tokens(count, self._rng), pa.scalar(None, pa.string())
                ),
                "provider": _same("sendgrid", count),
                "campaign_id": _same(campaign.campaign_id, count),
                "customer_id": self._fields["customer_id"].take(pa.array(customer)),
                "message_id": messages["message_id"].combine_chunks().take(pa.array(row)),
                "recipient": self._recipients.take(pa.array(customer)),
                "type": _words(kind, TYPES),
                "occurred_at": pa.array(at, _TIME),
                "url": self._urls(campaign, link, customer),
                "link_position": pa.array(link, pa.int32(), mask=~has_position),
                **{name: _words(note, [words.get(name) for words in NOTES]) for name in _NOTED},
                "user_agent": _words(agent, AGENTS),
                "ip": _words(ip, self._crowd.ips),
                "machine": pa.array(machine.astype(bool)),
            }
        )

    def _urls(self, campaign: Campaign, link: Ints, customer: Ints) -> pa.Array:
        """The clicked URLs with each customer's merge fields filled in; null for other events."""
        urls = _words(link, campaign.links.urls)
        for name, field in campaign.plan.fields.items():
            mark = campaign.plan.mark(name)
            has_mark = pc.fill_null(pc.match_substring(urls, mark), False)
            rows = np.flatnonzero(has_mark.to_numpy(zero_copy_only=False))
            if len(rows):
                around = pc.split_pattern(urls.take(pa.array(rows)), mark, max_splits=1)
                value = self._fields[field].take(pa.array(customer[rows]))
                filled = [pc.list_element(around, 0), value, pc.list_element(around, 1)]
                urls = pc.replace_with_mask(urls, has_mark, pc.binary_join_element_wise(*filled, ""))
        return urls

    def _append(self, path: Path, table: pa.Table) -> None:
        if path not in self._writers:
            writer = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
            self._writers[path] = self._open_files.enter_context(writer)
        self._writers[path].write_table(table)


_NOTED = ("bounce_type", "reject_reason", "smtp_status", "diagnostic")
_EARLY = int(np.datetime64("2025-01-15", "ms").astype(np.int64))


def _same(word: str, count: int) -> pa.Array:
    return pa.array([word]).take(pa.array(np.zeros(count, np.int64)))


def _nullable(words: NDArray[Any]) -> pa.Array:
    """The words as an array, with null for empty ones."""
    return pa.array(words.astype(object), pa.string(), mask=words == "")


def _words(codes: NDArray[Any], words: Sequence[str | None]) -> pa.Array:
    """The words at the given indexes; -1 becomes null."""
    return pa.array(words, pa.string()).take(pa.array(codes, pa.int64(), mask=codes < 0))


def _tokens(count: int, rng: np.random.Generator) -> pa.Array:
    """Random ids of 20 characters, like those of a provider."""
    text = _LETTERS[rng.integers(0, 64, count * 20, dtype=np.uint8)]
    offsets = np.arange(count + 1, dtype=np.int32) * 20
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.tobytes()))


def _merge_fields(who: Customers, rng: np.random.Generator) -> dict[str, pa.Array]:
    """The values of each merge field, one per customer."""
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
    code = np.full(len(who), "SW", dtype="U8")
    for _ in range(5):
        code = np.strings.add(code, letters[rng.integers(0, len(letters), len(who))])
    cities: dict[str, str] = PEOPLE["airports"]
    return {
        "first_name": pa.array(who.first_name.astype(object), pa.string()),
        "customer_id": pa.array(who.columns["customer_id"].astype(object), pa.string()),
        "booking_code": pa.array(code.astype(object), pa.string()),
        "home_airport": pa.array(
            [cities[airport] for airport in who.columns["home_airport"].tolist()], pa.string()
        ),
    }


def _customers(crowd: Crowd) -> pa.Table:
    columns = dict(crowd.customers.columns)
    created_at = columns["created_at"].astype("datetime64[ms]").astype(np.int64)
    table = {name: _nullable(column) for name, column in columns.items() if column.dtype.kind == "U"}
    table |= {name: pa.array(column) for name, column in columns.items() if column.dtype.kind not in "UM"}
    table["created_at"] = pa.array(created_at, _TIME)
    table["last_booking_on"] = pa.array(columns["last_booking_on"], pa.date32())
    left = np.minimum(crowd.opted_out_at, END).astype("datetime64[ms]").astype("datetime64[D]")
    table["opted_out_on"] = pa.array(left, pa.date32(), mask=crowd.opted_out_at > END)
    known = pa.table(table)
    return known.select([*columns, "opted_out_on"])

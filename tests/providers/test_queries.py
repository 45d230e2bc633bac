"""A provider's mapping in SQL and its record in Python read equal events from equal payloads."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from random import Random

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mailsight.providers.events import Event, Unreadable
from mailsight.providers.meanings import plain
from mailsight.providers.payload import parsed
from mailsight.providers.reading import events_of_value
from mailsight.providers.registry import PROVIDERS, provider_words
from mailsight.warehouse import queries
from tests.support.examples import examples
from tests.support.odd_values import bent
from tests.support.providers.registry import SAMPLES
from tests.support.providers.spellings import SPELLINGS, respelled

MAPPED = [name for name, provider in PROVIDERS.items() if provider.mapped]
COLUMNS = ["place", "refusal", *(field.name for field in fields(Event) if field.name != "provider")]
# Payloads that Hypothesis generates, mapped in a single query.
EXAMPLES = examples(150)

Row = dict[str, object]
Map = Callable[[str, Sequence[object]], list[Row]]


@pytest.fixture
def mapped() -> Iterator[Map]:
    """The rows that a provider's mapping reads from JSON values."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(queries.statement("set_provider_words"), {"words": json.dumps(provider_words())})
    connection.execute(queries.statement("create_value_macros"))
    connection.execute(queries.statement("create_provider_words"))

    def rows(name: str, values: Sequence[object]) -> list[Row]:
        connection.execute("create or replace temp table records (place bigint, record json)")
        connection.executemany(
            "insert into records values (?, ?)",
            [
                (place, value if isinstance(value, Doubled) else json.dumps(value))
                for place, value in enumerate(values)
            ],
        )
        connection.execute(queries.statement(f"map_{name}"))
        normalized = connection.execute("select * from normalized order by place")
        columns = [column[0] for column in normalized.description or []]
        assert columns == COLUMNS
        return [dict(zip(columns, row, strict=True)) for row in normalized.fetchall()]

    yield rows
    connection.close()


def by_sql(rows: Sequence[Row]) -> list[Row]:
    """Rows with their JSON parsed; of rejected rows, only the reason."""
    found = [
        {"place": row["place"], "refusal": row["refusal"]}
        if row["refusal"]
        else row
        | {"metadata": parsed(str(row["metadata"])), "payload": parsed(str(row["payload"] or "null"))}
        for row in rows
    ]
    return sorted(found, key=in_order)


def by_library(name: str, values: Sequence[object]) -> list[Row]:
    rows: list[Row] = []
    for place, value in enumerate(values):
        for event in events_of_value(PROVIDERS[name], value):
            row: Row = {"place": place, "refusal": None}
            if isinstance(event, Unreadable):
                row["refusal"] = event.reason
            else:
                row |= asdict(event) | {"tags": list(event.tags)}
                row["occurred_at"] = event.occurred_at and event.occurred_at.replace(tzinfo=None)
                del row["provider"]
            rows.append(row)
    return sorted(rows, key=in_order)


def assert_equal(name: str, values: Sequence[object], mapped: Map) -> None:
    for row, expected in zip(by_sql(mapped(name, values)), by_library(name, values), strict=True):
        assert row == expected, values[int(str(row["place"]))]


def in_order(row: Row) -> tuple[int, str]:
    """The events of one payload have no order in SQL."""
    return int(str(row["place"])), json.dumps(row, default=str, sort_keys=True)


def generated(payloads: st.SearchStrategy[object]) -> list[object]:
    """Examples of payloads, the same in every run."""
    values: list[object] = []

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(payloads)
    def keep(value: object) -> None:
        values.append(value)

    keep()
    return values


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", MAPPED)
def test_generated_payloads_give_equal_events(name: str, mapped: Map) -> None:
    payloads = SAMPLES[name].generated
    assert payloads is not None, "a provider with a mapping needs generated payloads"
    assert_equal(name, generated(payloads), mapped)


@pytest.mark.parametrize("name", MAPPED)
def test_typical_payloads_give_equal_events(name: str, mapped: Map) -> None:
    assert_equal(name, [payload for payload, _ in SAMPLES[name].typical], mapped)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", MAPPED)
def test_words_in_other_spellings_give_equal_events(name: str, spelling: str, mapped: Map) -> None:
    payloads = [payload for payload, _ in SAMPLES[name].typical]
    assert_equal(
        name,
        [respelled(PROVIDERS[name], payload, SPELLINGS[spelling]) for payload in payloads],
        mapped,
    )


@pytest.mark.parametrize("name", MAPPED)
def test_other_peoples_payloads_give_equal_events(name: str, mapped: Map, samples: Path) -> None:
    paths = list((samples / "webhooks").glob(f"{name}*.jsonl"))
    if not paths:
        pytest.skip(f"no samples of {name}")
    lines = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    values = [
        sample["payload"] if "payload" in sample else json.loads(sample["raw"])
        for sample in lines
        if not sample["content_type"].startswith("multipart")
    ]
    assert values
    assert_equal(name, values, mapped)


def either(rows: Sequence[Row]) -> dict[object, list[object]]:
    """What a reader makes of each value: events, or "rejected" for whatever reason."""
    found: dict[object, list[object]] = {}
    for row in rows:
        found.setdefault(row["place"], []).append("rejected" if row["refusal"] else row)
    return found


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", MAPPED)
def test_both_readers_agree_on_anything(name: str, mapped: Map) -> None:
    samples = SAMPLES[name]
    assert samples.generated is not None
    typical = st.one_of([bent(payload) for payload, _ in samples.typical]) | samples.generated.flatmap(bent)
    values = [value for value in generated(typical) if _is_json(value)]
    values += [None, 5, "x", [], {}, [[]], [None, 5, "x", {}, [{}]], [[[[[[{}]]]]]]]
    by_mapping, by_record = either(by_sql(mapped(name, values))), either(by_library(name, values))
    for place, value in enumerate(values):
        assert by_mapping.get(place) == by_record.get(place), json.dumps(value)


@pytest.mark.hypothesis
@pytest.mark.parametrize("name", MAPPED)
def test_both_readers_agree_on_keys_that_come_twice(name: str, mapped: Map) -> None:
    samples = SAMPLES[name]
    assert samples.generated is not None
    texts = generated(
        st.tuples(samples.generated, st.randoms(use_true_random=False)).map(lambda pair: doubled(*pair))
    )
    by_mapping = either(by_sql(mapped(name, texts)))
    by_record = either(by_library(name, [parsed(str(text)) for text in texts]))
    for place, text in enumerate(texts):
        assert by_mapping.get(place) == by_record.get(place), text


class Doubled(str):
    """JSON text in which objects may have a key twice."""


def doubled(value: object, random: Random) -> Doubled:
    match value:
        case dict():
            pairs = [f"{json.dumps(key)}: {doubled(part, random)}" for key, part in value.items()]
            again = [
                f"{json.dumps(key)}: {json.dumps(random.choice(_OTHERS))}"
                for key in value
                if random.random() < 0.3
            ]
            for pair in again:
                pairs.insert(random.randint(0, len(pairs)), pair)
            return Doubled(f"{{{', '.join(pairs)}}}")
        case list():
            return Doubled(f"[{', '.join(doubled(part, random) for part in value)}]")
    return Doubled(json.dumps(value))


_OTHERS = [None, "open", 1776160800, {"a": 1}, ["spring"], True, "", [], {}, [None], [{"a": 1}], 0, 1.5]


NO_OBJECTS: list[object] = [None, 5, 1.5, True, "x"]


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_what_is_not_an_object_is_rejected_with_one_sentence(name: str, mapped: Map) -> None:
    """Alone and in a batch, where it may be a list, too."""
    reason = f"not an event of {PROVIDERS[name].label}: it is not a JSON object"
    batch = [*NO_OBJECTS, [], [{"event": "open"}]]
    for values, count in ((NO_OBJECTS, len(NO_OBJECTS)), ([batch], len(batch))):
        assert [row["refusal"] for row in by_library(name, values)] == [reason] * count
        if name in MAPPED:
            assert [row["refusal"] for row in by_sql(mapped(name, values))] == [reason] * count


@pytest.mark.hypothesis
def test_both_readers_make_any_word_plain_in_the_same_way() -> None:
    odd = st.sampled_from("\t\n\v\f\r \x1c\x85\xa0\u2003.\0AZΣςİıßK")
    words = generated(st.text(st.one_of(odd, st.characters(exclude_categories=["Cs"]))))
    words += [f"A{chr(code)}" for code in range(0x3000)]
    connection = duckdb.connect()
    connection.execute(queries.statement("create_value_macros"))
    connection.execute(queries.statement("set_provider_words"), {"words": json.dumps(provider_words())})
    connection.execute(queries.statement("create_provider_words"))
    rows = connection.execute("select word, plain_word(word) from (select unnest(?) as word)", [words])
    assert dict(rows.fetchall()) == {word: plain(str(word)) for word in words}


OPEN = {"eventType": "Open", "mail": {"destination": ["a@x.example"], "messageId": "m"}}

ODD_ENVELOPES: list[tuple[str, object]] = [
    (
        "mailgun",
        {"items": [{"event": "opened", "event-data": "[]"}, {"items": [{"event": "opened"}]}, None, 5]},
    ),
    ("mailgun", {"items": [{"event-data": {"event": "opened"}}]}),
    ("mailgun", {"signature": {"token": "t"}, "event": "opened"}),
    ("mailgun", {"event-data": {"event-data": {"event": "opened"}}}),
    (
        "amazon_ses",
        {"eventType": "Open", "mail": {"destination": ["a@x.example", "b@x.example"]}, "Type": "New"},
    ),
    ("amazon_ses", {"Messages": [None, 5, {}, {"Body": "no JSON"}, {"Body": "null"}, {"Body": {"mail": 1}}]}),
    ("amazon_ses", {"Messages": [{"body": '{"Sns": {"eventType": "Open"}}'}]}),
    *(
        (
            "amazon_ses",
            {"Records": [{"kinesis": {"data": data}}, {"Data": data}, {"data": data, "mail": None}, data]},
        )
        for data in (
            *("%%", "e30", "e30=", "e30=\n", "4pyT", "/w==", "NQ==", "bnVsbA==", "", None, 5, {"a": 1}),
            b64encode(b"[" * 300 + b"]" * 300).decode(),
            b64encode(b"[" * 301 + b"]" * 301).decode(),
            b64encode(b"\xef\xbb\xbf{}").decode(),
            b64encode(b'{"a": NaN}').decode(),
            b64encode(b'{"a": 1,}').decode(),
            *(
                b64encode(json.dumps({**OPEN, "open": {"userAgent": agent}}).encode()).decode()
                for agent in ("\ud800", "\U0001f600")
            ),
            b64encode(b"{} {}").decode(),
            b64encode(b'{"kinesis": {"data": "e30="}}').decode(),
        )
    ),
    ("amazon_ses", {"eventType": "Open", "mail": {"destination": ["a@x.example"]}, "MessageId": "m"}),
]


@pytest.mark.parametrize(("name", "value"), ODD_ENVELOPES)
def test_both_readers_agree_on_odd_envelopes(name: str, value: object, mapped: Map) -> None:
    assert either(by_sql(mapped(name, [value]))) == either(by_library(name, [value]))


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True

"""Measure how fast a provider's events are read, normalized and loaded, and with how much memory: `make bench`.

Compares the mapping in SQL with DuckDB just reading the same file, and with django-anymail reading the same payloads.
Then measures whole loads, including publishing, each in a separate process.
"""

import glob
import json
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import duckdb

from benchmarks import small_files
from mailsight.loading import normalizing, payloads
from mailsight.providers import anymail
from mailsight.providers.events import Request
from mailsight.providers.registry import PROVIDERS
from mailsight.warehouse import draft

MILLION = 1_000_000
LOADS = (MILLION, 10 * MILLION)
# Events for anymail, which is slow, and events per request, as SendGrid sends them.
ANYMAIL_EVENTS, REQUEST_EVENTS = 50_000, 500
REPEATS = 3
AGENTS = (
    "Mozilla/5.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as name:
        folder = Path(name)
        dumps = {count: dump(folder / f"{count}.ndjson", count) for count in LOADS}
        smallest = dumps[MILLION]
        reading = [seconds(lambda: read(smallest)) for _ in range(REPEATS)]
        mapping = [seconds(lambda: map_in_sql(smallest)) for _ in range(REPEATS)]
        scanning = [seconds(lambda: map_without_storing(smallest)) for _ in range(REPEATS)]
        anymail = [seconds(lambda: map_in_python(smallest)) for _ in range(REPEATS)]
        sql_event = statistics.median(mapping) / MILLION
        anymail_event = statistics.median(anymail) / ANYMAIL_EVENTS
        results: dict[str, float] = {
            "mapping in SQL: times DuckDB reading the file": statistics.median(mapping)
            / statistics.median(reading),
            "mapping in SQL: times as fast as django-anymail": anymail_event / sql_event,
            "mapping in SQL, without storing: times as fast as django-anymail": anymail_event
            / (statistics.median(scanning) / MILLION),
            "mapping in SQL: events a second": 1 / sql_event,
            small_files.LABEL: load_small_files(smallest, folder),
        }
        for count, path in dumps.items():
            spent, megabytes = load_apart(path)
            label = f"load of {count:,} events"
            results[f"{label}: times the mapping in SQL"] = spent / count / sql_event
            results[f"{label}: seconds"] = spent
            results[f"{label}: events a second"] = count / spent
            results[f"{label}: MB of memory at its peak"] = megabytes
    for label, value in results.items():
        print(f"{value:>14,.2f}  {label}")
    print(json.dumps(results))


def dump(path: Path, count: int) -> Path:
    """Write this many SendGrid events, one per line, for a hundred campaigns with three events per message."""
    print(f"generating {count:,} events", file=sys.stderr)
    dice = random.Random(1)  # noqa: S311
    with path.open("w") as file:
        for number in range(count):
            file.write(json.dumps(event(number, count, dice)) + "\n")
    return path


def event(number: int, count: int, dice: random.Random) -> dict[str, object]:
    mail = number // 3
    kind = dice.choice(("processed", "delivered", "delivered", "open", "open", "click", "bounce"))
    payload: dict[str, object] = {
        "email": f"customer{mail % 500_000}@example.com",
        "timestamp": 1_700_000_000 + number // 10,
        "smtp-id": f"<m{mail:012d}@mail.example.com>",
        "event": kind,
        "category": ["newsletter", "spring"],
        "sg_event_id": f"event{number:020d}",
        "sg_message_id": f"m{mail:012d}.filter0001.16648.5515E0B88.0",
        "campaign_id": f"c{100 * number // count:03d}",
    }
    match kind:
        case "open" | "click":
            payload |= {"useragent": dice.choice(AGENTS), "ip": f"198.51.100.{mail % 256}"}
            if kind == "open":
                payload["sg_machine_open"] = mail % 3 == 0
            else:
                payload |= {
                    "url": f"https://example.com/{number % 30}",
                    "url_offset": {"index": 1, "type": "html"},
                }
        case "delivered":
            payload["response"] = "250 2.0.0 OK"
        case "bounce":
            payload |= {"reason": "550 5.1.1 no such user", "status": "5.1.1", "type": "bounce"}
    return payload


def read(path: Path) -> None:
    """Read every value of the file into a table."""
    with duckdb.connect() as connection:
        connection.execute("create temp table read as from read_ndjson_objects($path)", {"path": str(path)})


def map_in_sql(path: Path) -> None:
    """Read the file and map it into the table of staged events, as a load does."""
    with draft.scratch() as work:
        work.run("create_staging")
        normalizing.prepare_mappings(work)
        work.run("read_from", path=str(path), pattern=glob.escape(str(path)))
        for name in ("view_lines", "map_sendgrid"):
            work.run(name)
        work.run("stage_normalized", provider="sendgrid")


def map_without_storing(path: Path) -> None:
    """Map the file to the same columns without storing them, comparable to what anymail does."""
    with duckdb.connect() as connection:
        work = draft.Draft(connection, path.parent)
        work.run("set_up")
        normalizing.prepare_mappings(work)
        work.run("read_from", path=str(path), pattern=glob.escape(str(path)))
        for name in ("view_lines", "map_sendgrid"):
            work.run(name)
        connection.execute(
            "select bit_xor(hash(event)) from (select * exclude (tags, metadata) from normalized) as event"
        )


def map_in_python(path: Path) -> None:
    """Read the same payloads with django-anymail, as webhook requests."""
    for body in bodies(path):
        anymail.read(PROVIDERS["sendgrid"], Request("application/json", {}, body))


def bodies(path: Path) -> Iterator[bytes]:
    with path.open() as file:
        events = (line.strip() for line in islice(file, ANYMAIL_EVENTS))
        while batch := list(islice(events, REQUEST_EVENTS)):
            yield f"[{','.join(batch)}]".encode()


def load_small_files(dumped: Path, folder: Path) -> float:
    with dumped.open(encoding="utf-8") as file:
        lines = list(islice(file, small_files.EVENTS))
    return small_files.times_a_single_file(
        lines, folder, "#.json", lambda database, exported: payloads.ingest(database, "sendgrid", [exported])
    )


def load_apart(path: Path) -> tuple[float, float]:
    """Return the seconds and megabytes of a load into a new database, in a separate process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(load, [path])


def load(path: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        spent = seconds(lambda: payloads.ingest(Path(folder) / "mailsight.duckdb", "sendgrid", [path]))
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

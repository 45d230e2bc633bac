"""How fast a provider's events are read, normalised and loaded, and in how much memory: `make bench`.

Ratios first, all in one run: the mapping in SQL beside DuckDB merely reading the same file, and beside django-anymail
reading the same payloads; then whole loads, publishing included, each in a process of its own.
"""

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

from mailsight.loading import payloads
from mailsight.providers import anymail
from mailsight.providers.events import Request
from mailsight.providers.registry import PROVIDERS
from mailsight.warehouse import draft

MILLION = 1_000_000
LOADS = (MILLION, 10 * MILLION)
# What anymail reads, in requests as SendGrid sends them; it is the slow one.
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
        looking = [seconds(lambda: map_and_keep_nothing(smallest)) for _ in range(REPEATS)]
        anymail = [seconds(lambda: map_in_python(smallest)) for _ in range(REPEATS)]
        sql_event = statistics.median(mapping) / MILLION
        anymail_event = statistics.median(anymail) / ANYMAIL_EVENTS
        found: dict[str, float] = {
            "mapping in SQL: times DuckDB reading the file": statistics.median(mapping)
            / statistics.median(reading),
            "mapping in SQL: times as fast as django-anymail": anymail_event / sql_event,
            "mapping in SQL, nothing kept: times as fast as django-anymail": anymail_event
            / (statistics.median(looking) / MILLION),
            "mapping in SQL: events a second": 1 / sql_event,
        }
        for count, path in dumps.items():
            spent, megabytes = load_apart(path)
            words = f"load of {count:,} events"
            found[f"{words}: times the mapping in SQL"] = spent / count / sql_event
            found[f"{words}: seconds"] = spent
            found[f"{words}: events a second"] = count / spent
            found[f"{words}: MB of memory at its peak"] = megabytes
    for words, value in found.items():
        print(f"{value:>14,.2f}  {words}")
    print(json.dumps(found))


def dump(path: Path, count: int) -> Path:
    """Writes so many SendGrid events, one a line: a hundred campaigns, three events a mail."""
    print(f"making {count:,} events", file=sys.stderr)
    dice = random.Random(1)  # noqa: S311
    with path.open("w") as file:
        for number in range(count):
            file.write(json.dumps(event(number, count, dice)) + "\n")
    return path


def event(number: int, count: int, dice: random.Random) -> dict[str, object]:
    mail = number // 3
    kind = dice.choice(("processed", "delivered", "delivered", "open", "open", "click", "bounce"))
    told: dict[str, object] = {
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
            told |= {"useragent": dice.choice(AGENTS), "ip": f"198.51.100.{mail % 256}"}
            if kind == "open":
                told["sg_machine_open"] = mail % 3 == 0
            else:
                told |= {
                    "url": f"https://example.com/{number % 30}",
                    "url_offset": {"index": 1, "type": "html"},
                }
        case "delivered":
            told["response"] = "250 2.0.0 OK"
        case "bounce":
            told |= {"reason": "550 5.1.1 no such user", "status": "5.1.1", "type": "bounce"}
    return told


def read(path: Path) -> None:
    """DuckDB reads every value of the file into a table, and does nothing else with it."""
    with duckdb.connect() as connection:
        connection.execute("create temp table read as from read_ndjson_objects($path)", {"path": str(path)})


def map_in_sql(path: Path) -> None:
    """The same, mapped into a table: the events that a load stages."""
    with draft.scratch() as work:
        work.run("create_staging")
        payloads.prepare_mappings(work)
        work.run("read_from", path=str(path))
        for name in ("view_lines", "map_sendgrid"):
            work.run(name)
        work.run("stage_normalised", file="", provider="sendgrid")


def map_and_keep_nothing(path: Path) -> None:
    """The same columns, looked at and not kept: what anymail does below."""
    with duckdb.connect() as connection:
        work = draft.Draft(connection, path.parent)
        work.run("set_up")
        payloads.prepare_mappings(work)
        work.run("read_from", path=str(path))
        for name in ("view_lines", "map_sendgrid"):
            work.run(name)
        connection.execute(
            "select bit_xor(hash(event)) from (select * exclude (tags, metadata) from normalised) as event"
        )


def map_in_python(path: Path) -> None:
    """django-anymail reads the same payloads, as the webhooks that they were."""
    for body in bodies(path):
        anymail.read(PROVIDERS["sendgrid"], Request("application/json", {}, body))


def bodies(path: Path) -> Iterator[bytes]:
    with path.open() as file:
        events = (line.strip() for line in islice(file, ANYMAIL_EVENTS))
        while batch := list(islice(events, REQUEST_EVENTS)):
            yield f"[{','.join(batch)}]".encode()


def load_apart(path: Path) -> tuple[float, float]:
    """Seconds and megabytes that a load into a new database takes, in a process of its own."""
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

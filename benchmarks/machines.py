"""Measure how accurately the rules detect machines, on the sample data, where the truth is known: `make bench`.

Precision is the share of a rule's verdicts that are right. Recall is the share of machine events that a rule detects.
All rules together are compared with two that other tools use: everything within 2 s, or 10 s, of delivery. Opens by
Apple's proxy are left out there and have a separate row: it also opens when people do, and no rule can tell which.
"""

import json
import tempfile
from pathlib import Path

import duckdb

from mailsight.audience.machines import RULES
from mailsight.loading import bundles
from mailsight.sample import bundle

CAMPAIGNS, CUSTOMERS = 24, 10_000
BASELINES = (2, 10)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as name:
        folder = Path(name)
        bundle.write_bundle(
            folder / "bundle", campaigns=CAMPAIGNS, customers=CUSTOMERS, truth=folder / "truth.parquet"
        )
        bundles.load(folder / "mailsight.duckdb", [folder / "bundle"])
        with duckdb.connect() as connection:
            gather(connection, folder)
            results = [row for kind in ("opened", "clicked") for row in measure(connection, kind)]
    print(f"{'':44}{'events':>9}{'precision':>11}{'recall':>9}{'lost':>8}")
    for row in results:
        precision, recall, lost = (percent(row[name]) for name in ("precision", "recall", "lost"))
        print(f"{row['type']:<9}{row['by']:<35}{row['events']:>9,}{precision:>11}{recall:>9}{lost:>8}")
    print(json.dumps(results))


def percent(share: object) -> str:
    return f"{100 * share:.2f} %" if isinstance(share, float) else "-"


def gather(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Create the table `judged`: each open and click with its truth, its verdict and the time since delivery."""
    connection.execute(f"attach '{(folder / 'mailsight.duckdb').resolve()}' as mailsight (read_only)")
    connection.execute(
        """
        create table judged as
        with delivered as (
            select campaign_id, customer_id, min(occurred_at) as at
            from mailsight.message_events where type = 'delivered' group by all
        )
        select
            t.type, t.machine as truth, e.machine as verdict,
            epoch_ms(e.occurred_at) - epoch_ms(d.at) as after_ms
        from read_parquet($truth) as t
        join mailsight.events as e using (event_id)
        left join delivered as d on d.campaign_id = e.campaign_id and d.customer_id = e.customer_id
        """,
        {"truth": str(folder / "truth.parquet")},
    )


def measure(connection: duckdb.DuckDBPyConnection, kind: str) -> list[dict[str, object]]:
    """Return a row per rule, then one for all rules together, then the baselines."""
    apple = "verdict = 'apple_privacy'"
    guesses = {rule.name: (f"verdict = '{rule.name}'", "true") for rule in RULES}
    guesses["all rules"] = "verdict is not null", f"({apple}) is distinct from true"
    for seconds in BASELINES:
        guesses[f"within {seconds} s of delivery"] = (
            f"coalesce(after_ms <= {1000 * seconds}, false)",
            f"({apple}) is distinct from true",
        )
    rows = []
    for by, (guess, among) in guesses.items():
        [[events, right, machines, people]] = connection.execute(
            f"""
            select
                count(*) filter ({guess}), count(*) filter ({guess} and truth), count(*) filter (truth),
                count(*) filter (not truth)
            from judged where type = $kind and {among}
            """,  # noqa: S608
            {"kind": kind},
        ).fetchall()
        if events or by not in {rule.name for rule in RULES}:
            rows.append(
                {
                    "type": kind,
                    "by": by,
                    "events": events,
                    "precision": right / events if events else None,
                    "recall": right / machines if machines else None,
                    "lost": (events - right) / people if people else None,
                }
            )
    return rows


if __name__ == "__main__":
    main()

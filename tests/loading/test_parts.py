"""A load whose campaigns are judged and counted one after the other gives the same figures."""

from pathlib import Path

import pytest

from mailsight.loading import bundles, classify, parts
from tests.support.bundles import bundle, ndjson
from tests.support.tables import table

pytestmark = pytest.mark.slow

AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "curl/8.0", "Barracuda Sentinel (EE)")


def loaded(folder: Path) -> Path:
    """Three campaigns; machines made some of their opens and clicks."""
    events = [
        {
            "campaign_id": f"c{place % 3}",
            "customer_id": str(place % 7),
            "type": kind,
            "user_agent": AGENTS[place % 3 if place % 2 else 0],
            "occurred_at": f"2026-04-14T{10 + place % 12}:{place % 60:02d}:01Z",
            "url": "https://a.example/" if kind == "clicked" else None,
        }
        for place in range(60)
        for kind in ("opened", "clicked")
    ]
    listed = [
        {"campaign_id": f"c{number}", "name": f"C{number}", "sent_at": "2026-04-14T09:00:00Z"}
        for number in range(3)
    ]
    files = {"campaigns.ndjson": ndjson(*listed), "events.ndjson": ndjson(*events)}
    bundles.load(folder / "m.duckdb", [bundle(folder / "b", files)])
    return folder / "m.duckdb"


def test_parts_change_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = loaded(tmp_path / "whole")
    monkeypatch.setattr(parts, "PART_EVENTS", 1)
    in_parts = loaded(tmp_path / "parts")
    for name in ("machine_counts", "campaign_totals", "recipients", "link_clicks", "message_events"):
        assert table(whole, name) == table(in_parts, name)
    assert table(whole, "machine_counts"), "there are machines to find"
    assert {change.after - change.before for change in classify.classify(in_parts)} == {0}

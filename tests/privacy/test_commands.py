"""The commands say how much was erased, and name nobody."""

from pathlib import Path

from typer.testing import CliRunner

from mailsight.__main__ import app
from mailsight.state import audit
from mailsight.state.audit import Action
from tests.support.leaks import leaks, spellings
from tests.support.zoe import ZOE


def _run(shop: Path, *arguments: str) -> tuple[int, str]:
    run = CliRunner().invoke(app, ["--database", str(shop), *arguments])
    assert not [trace for trace in spellings(ZOE) if trace in run.output.lower()]
    return run.exit_code, run.stdout


def test_people_are_erased_by_a_command(shop: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text(f"\ufeff{ZOE[0]}\r\n\r\n", encoding="utf-8")
    counts = "customers: 1, messages: 2, events: 8, e-mails: 1"

    assert _run(shop, "erase", "--file", str(people), "--dry-run") == (
        0,
        f"Would erase 1 person ({counts}).\n",
    )
    assert leaks(shop.parent, ZOE)
    code, output = _run(shop, "erase", "--file", str(people))
    assert (code, output) == (0, f"Erased 1 person ({counts}, rejected rows: 2, other mentions: 2).\n")
    assert leaks(shop.parent, ZOE) == []
    assert _run(shop, "erase", "--finish") == (0, "Erased what was left (nothing was stored).\n")
    assert _run(shop, "erase", "--forget", ZOE[0])[0] == 0
    entries = audit.beside(shop, 0).entries(size=9)
    assert [(entry.action, entry.details.get("people")) for entry in entries] == [
        (Action.UNLISTED, "1"),
        (Action.ERASURE_DONE, None),
        (Action.ERASURE_DONE, None),
        (Action.ERASED, "1"),
    ]

"""What a database takes on the disk."""

from pathlib import Path

from mailsight.backups import making, space
from mailsight.loading import spool
from tests.support import generations


def test_each_file_beside_the_database_counts_once(tmp_path: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    generations.load(database, 1)
    generations.load(database, 2)
    first, second = tmp_path / "mailsight.000001.duckdb", tmp_path / "mailsight.000002.duckdb"
    (tmp_path / "mailsight.version-6.duckdb").hardlink_to(first)
    replaced = tmp_path / "mailsight.replaced-2026-11-23T16-34-23Z" / "mailsight.000009.duckdb"
    replaced.parent.mkdir()
    replaced.write_bytes(b"x" * 1_000)
    waiting = spool.beside(database)
    waiting.loaded.start()
    waiting.append("sendgrid", "[]")
    waiting.remove(waiting.seal())
    waiting.append("sendgrid", "[1]")
    loaded, current = waiting.loaded.files()[0], waiting.folder / "current.ndjson"
    taken = space.space(database)
    assert taken == space.Space(
        database_bytes=second.stat().st_size,
        earlier_bytes=first.stat().st_size,
        webhooks_bytes=current.stat().st_size,
        loaded_bytes=loaded.stat().st_size,
        kept_bytes=1_000,
        free_bytes=taken.free_bytes,
        last_backup_at=None,
    )
    made = making.make(database, tmp_path / "backups")
    assert space.space(database).last_backup_at == made.manifest.created_at


def test_nothing_takes_nothing(tmp_path: Path) -> None:
    taken = space.space(tmp_path / "mailsight.duckdb")
    assert taken == space.Space(0, 0, 0, 0, 0, taken.free_bytes)

"""Loads what was uploaded: another sender's export, recognised by its columns, e-mails, or a bundle."""

from collections.abc import Mapping
from pathlib import Path

from mailsight.figures import formats
from mailsight.loading import archive_files, archives, bundles, finding, uploads
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary, silent

from . import engine, recognition, registry
from .columns import csv
from .columns.csv import Suggestion
from .recognition import Export

# The senders whose exports are recognised, as a sentence lists them.
SENDERS = formats.listed((registry.source(name).label for name in registry.WITH_FILES), " or ")


def inspected(
    saved: Path,
    database: Path,
    max_bytes: int | None = None,
    encoding: str | None = None,
    progress: Progress = silent,
) -> Export | Suggestion | None:
    """What to ask people about files before they are loaded: what an export leaves open, or an unknown table's columns.

    `saved` is what `uploads.save` saved; `encoding` is that of CSV files, if it is not to be recognised. Raises
    `BadUpload` for a zip that looks malicious.
    """
    progress(0.0, "Looking at the files")
    folder = uploads.unpacked(saved)
    if archive_files.holds_mails(folder):
        return None
    export = recognition.export_at(folder, max_bytes, encoding)
    return export or csv.suggest_unknown(folder, database, max_bytes, encoding)


def load(
    database: Path,
    saved: Path,
    *,
    names: str,
    options: Mapping[str, str] | None = None,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
) -> LoadSummary:
    """Loads what `uploads.save` saved. `names` are those of the files, as the list of loads shows them.

    `options` are those of an export: `timezone` and `encoding`. `max_bytes` limits what a packed file
    unpacks to, in addition to the general limits. Raises `LoadRefused`; the database is then unchanged.
    """
    folder = uploads.unpacked(saved)
    if archive_files.holds_mails(folder):
        return archives.load(
            database,
            _without_copies(folder),
            progress=progress,
            wait_seconds=wait_seconds,
            max_bytes=max_bytes,
            names=[names],
        )
    if source := recognition.recognise(folder, max_bytes):
        return engine.run(
            database,
            source,
            str(folder),
            options=options,
            progress=progress,
            wait_seconds=wait_seconds,
            max_bytes=max_bytes,
            place=names,
        )
    return bundles.load(
        database,
        [finding.tables_folder(folder)],
        progress=progress,
        wait_seconds=wait_seconds,
        max_bytes=max_bytes,
    )


def _without_copies(folder: Path) -> list[Path]:
    """What is in the folder, without the copies of single e-mails that `uploads.save` made for bundles."""
    inside = sorted(folder.iterdir())
    names = {path.name for path in inside}
    copies = folder / uploads.CONTENTS
    is_copy = copies.is_dir() and all(path.name in names for path in copies.iterdir())
    return [path for path in inside if not (is_copy and path == copies)]

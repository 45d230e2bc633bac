"""Loads what was uploaded: another sender's export, recognised by its columns, or a bundle."""

from pathlib import Path

from mailsight.loading import bundles, finding, uploads
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary, silent

from . import engine, recognition, registry

_LABELS = [registry.source(name).label for name in registry.WITH_FILES]
# The senders whose exports are recognised, as a sentence lists them.
SENDERS = f"{', '.join(_LABELS[:-1])} or {_LABELS[-1]}"


def load(
    database: Path,
    saved: Path,
    *,
    names: str,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
) -> LoadSummary:
    """Loads what `uploads.save` saved. `names` are those of the files, as the list of loads shows them.

    `max_bytes` limits what a packed file unpacks to, in addition to the general limits. Raises `LoadRefused`; the
    database is then unchanged.
    """
    folder = uploads.unpacked(saved)
    if source := recognition.recognise(folder, max_bytes):
        return engine.run(
            database,
            source,
            str(folder),
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

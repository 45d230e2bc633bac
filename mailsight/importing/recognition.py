"""Which sender files were exported from, judging by the names of their columns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailsight.errors import ImportFailed
from mailsight.mime.text_encodings import UTF_8

from . import registry
from .files import exports
from .files.exports import ExportFile
from .sources import Request, Source


def recognise(where: Path, max_bytes: int | None = None) -> Source | None:
    """The source that a file, a folder or a zip was exported from. None if it is not clear, or no export of any.

    `max_bytes` limits what a packed file unpacks to. Raises `BadUpload` for a zip that looks malicious.
    """
    try:
        with exports.opened(Request(str(where), max_bytes=max_bytes)) as files:
            return source_of(files)
    except ImportFailed:
        return None


@dataclass(frozen=True, slots=True)
class Export:
    """An export of a sender: whether its times lack a time zone, and the encoding of a file of it that isn't UTF-8."""

    label: str
    lacks_zone: bool
    encoding: str | None


def export_at(where: Path, max_bytes: int | None = None, encoding: str | None = None) -> Export | None:
    """What is to be asked about an export, a file, folder or zip; None as for `recognise`."""
    options = {"encoding": encoding} if encoding else {}
    try:
        with exports.opened(Request(str(where), options=options, max_bytes=max_bytes)) as files:
            source = source_of(files)
            if source is None:
                return None
            kinds = exports.kinds_of(files, source.kinds)
            return Export(
                source.label,
                any(exports.lacks_zone(file, kind) for file, kind in kinds.items()),
                next((file.encoding for file in kinds if file.encoding not in (None, UTF_8)), None),
            )
    except ImportFailed:
        return None


def source_of(files: Sequence[ExportFile]) -> Source | None:
    """The source that most of the files come from."""
    names = Counter(name for file in files if (name := _name(file)))
    return registry.source(names.most_common(1)[0][0]) if names else None


def _name(file: ExportFile) -> str | None:
    """The source that a file comes from: the one that knows the most of its columns."""
    fits = {
        source.name: max(kind.fit(file.columns, file.name) for kind in source.kinds)
        for source in map(registry.source, registry.WITH_FILES)
        if any(kind.is_marked(file.columns, file.name) for kind in source.kinds)
    }
    return max(fits, key=lambda name: fits[name], default=None)

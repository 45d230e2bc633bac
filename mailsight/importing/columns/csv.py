"""Any CSV, Excel or JSON file: its columns are suggested, corrected, and mapped to rows of a bundle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from mailsight.errors import ImportFailed
from mailsight.importing import engine
from mailsight.importing.dates import Order
from mailsight.importing.files import values
from mailsight.importing.sources import Gap, Item, Request, Source, watched
from mailsight.loading import bundle_files, finding
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary, silent
from mailsight.loading.recognition import providers_of

from . import guessing, kept_mappings, mapping, profiles, tables
from .conversion import NAME, Conversion, Converted, items
from .fields import Kind
from .mapping import Column, TableMapping
from .profiles import Survey
from .tables import Table

_KNOWN = dict.fromkeys(name for columns in bundle_files.COLUMNS.values() for name in columns)
_REQUIRED: Mapping[str, set[str]] = {
    "campaigns": {"campaign_id"},
    "customers": {"customer_id"},
    "messages": {"campaign_id", "customer_id"},
    "events": {"type", "occurred_at"},
    "totals": {"campaign_id", "source"},
}
_PREFIX = "mailsight-import-"


def resolve(options: Mapping[str, str]) -> dict[str, str]:
    """The options, with the mapping itself instead of `map`, the path of its file. Raises `ImportFailed`."""
    if "map" not in options:
        return dict(options)
    chosen = with_options(read_mapping(Path(options["map"])), options)
    others = {name: value for name, value in options.items() if name not in ("map", *engine.READINGS)}
    return others | _options(chosen)


def _options(chosen: TableMapping) -> dict[str, str]:
    campaign = chosen.fixed.get("campaign_id") or chosen.fixed.get("campaign_name") or ""
    # Several imports may map a table to rows of different kinds.
    table = mapping.key([chosen.kind, *(f"{name}={column.field}" for name, column in chosen.columns.items())])
    return {engine.MAPPING: mapping.to_toml(chosen), engine.CAMPAIGN: campaign, engine.TABLE: table}


def with_options(chosen: TableMapping, options: Mapping[str, str]) -> TableMapping:
    """The mapping with the time zone and the encoding that options name. Raises `ImportFailed`."""
    return replace(
        chosen,
        timezone=options.get("timezone", chosen.timezone),
        encoding=values.encoding(options) or chosen.encoding,
    )


def read(request: Request) -> Iterator[Item]:
    """What the tables are loaded as. Raises `ImportFailed`, also if the mapping leaves a question open."""
    yield from _read([], request)


def _read(headers: list[Sequence[str]], request: Request) -> Iterator[Item]:
    """What the tables with the columns of the mapping are loaded as.

    Their headers are added to `headers`, unless the tables are only read again for what is replaced.
    """
    options = resolve(request.options)
    if engine.MAPPING not in options:
        raise ImportFailed(
            "A table needs a mapping, which says what its columns are.",
            next_step="`mailsight import csv FILE` prints one. Save it, check it, and name it with --map.",
        )
    chosen = mapping.from_toml(options[engine.MAPPING])
    if questions := mapping.questions(chosen):
        raise ImportFailed(
            f"The mapping leaves a question open. {questions[0].text}", next_step="Answer it there."
        )
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        opened = tables.opened(Path(request.where), Path(folder), request.max_bytes, chosen.encoding)
        fitting = matching(opened, chosen)
        if request.replaced_by:
            replaced = _names(request, mapping.from_toml(request.replaced_by[engine.MAPPING]))
            fitting = [table for table in fitting if table.name in replaced]
        reports = request.reports([(table.name, table.path) for table in fitting])
        for table, report in zip(fitting, reports, strict=True):
            conversion = Conversion(chosen.for_header(table.header))
            if table.has_header and not request.replaced_by:
                headers.append(table.header)
            rows = watched(tables.rows(table), table.characters, report)
            yield from items(conversion, table.name, rows, request.batch_rows)


def _names(request: Request, chosen: TableMapping) -> set[str]:
    """What the tables with the columns of a mapping are called."""
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        opened = tables.opened(Path(request.where), Path(folder), request.max_bytes, chosen.encoding)
        return {table.name for table in matching(opened, chosen)}


def matching(all_tables: Sequence[Table], chosen: TableMapping) -> list[Table]:
    """The tables that have the columns of a mapping. Raises `ImportFailed`, which names what they lack."""
    columns = {name for name, column in chosen.columns.items() if column.field}
    fitting = [table for table in all_tables if columns <= set(table.header)]
    if not fitting:
        chosen.for_header(max(all_tables, key=lambda table: len(columns & set(table.header))).header)
    return fitting


def read_mapping(path: Path) -> TableMapping:
    """The mapping in a file. Raises `ImportFailed`."""
    try:
        return mapping.from_toml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ImportFailed(f"The mapping {path} can't be read: {reason}.") from error


def load(
    database: Path,
    where: Path,
    chosen: TableMapping,
    *,
    place: str | None = None,
    batch_rows: int = engine.BATCH_ROWS,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
) -> LoadSummary:
    """Loads the tables in a file or folder, and keeps the mapping for others like them. `place` is what people call it.

    Raises `ImportFailed` and `LoadRefused`.
    """
    headers: list[Sequence[str]] = []
    summary = engine.run(
        database,
        replace(SOURCE, read=partial(_read, headers)),
        str(where),
        options=_options(chosen),
        place=place,
        batch_rows=batch_rows,
        strict=strict,
        progress=progress,
        wait_seconds=wait_seconds,
        max_bytes=max_bytes,
    )
    for header in headers:
        kept_mappings.keep(database, header, chosen.for_header(header))
    return summary


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A table with the mapping that is suggested for it. `is_kept`: an earlier file with the same header had it.

    `encoding` is Python's name for that of the file, if it is CSV.
    """

    table: str
    header: Sequence[str]
    survey: Survey
    mapping: TableMapping
    is_kept: bool
    encoding: str | None = None

    def toml(self) -> str:
        """The mapping as a file to edit, with examples of each column's values."""
        examples = {name: profile.examples for name, profile in self.survey.profiles.items()}
        return mapping.to_toml(self.mapping, examples, self.encoding)

    def as_kind(self, kind: Kind) -> TableMapping:
        """The mapping that is suggested if a row is of this kind."""
        if kind is self.mapping.kind:
            return self.mapping
        return replace(guessing.suggest(self.table, self.survey, kind), encoding=self.mapping.encoding)

    def preview(self, chosen: TableMapping) -> list[Converted]:
        """The first rows as they would be loaded with a mapping."""
        return list(Conversion(chosen).convert(self.survey.first))


def suggest(
    where: Path,
    database: Path,
    *,
    sheet: str | None = None,
    max_bytes: int | None = None,
    encoding: str | None = None,
) -> Suggestion:
    """What the columns of a file seem to be. Of a workbook, the sheet, or else that with the most columns known.

    `encoding` is that of a CSV file, if it is not to be recognised. Raises `ImportFailed`.
    """
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        opened = tables.opened(where, Path(folder), max_bytes, encoding)
        chosen = [table for table in opened if sheet is None or table.name.endswith(f"[{sheet}]")]
        if not chosen:
            names = ", ".join(table.name for table in opened)
            raise ImportFailed(f"There is no sheet {sheet!r}.", next_step=f"Choose one of {names}.")
        return _best(chosen, database, encoding)


def suggest_unknown(
    folder: Path, database: Path, max_bytes: int | None = None, encoding: str | None = None
) -> Suggestion | None:
    """What the columns of uploaded files seem to be, if they are tables of one header and no bundle.

    `folder` has the files. Raises `BadUpload` for a zip that looks malicious.
    """
    with TemporaryDirectory(prefix=_PREFIX) as temporary:
        try:
            opened = tables.opened(folder, Path(temporary), max_bytes, encoding)
        except ImportFailed:
            return None
        files = {table.name.partition(" [")[0] for table in opened}
        headers = {frozenset(table.header) for table in opened}
        is_of_tables = all(finding.looks_like_data(file.name) for file in finding.files_below(folder))
        is_known = any(_is_of_bundle(table) or _holds_payloads(table) for table in opened)
        if not is_of_tables or is_known or (len(files) > 1 and len(headers) > 1):
            return None
        return _best(opened, database, encoding)


def _is_of_bundle(table: Table) -> bool:
    """Whether a table has the columns of a bundle's, so that it needs no mapping."""
    names = set(bundle_files.column_names(table.header, _KNOWN))
    sheet = table.name.rpartition("[")[2]
    kind = finding.kind_of_name(sheet) or finding.kind_of_name(table.name) or finding.kind_of_columns(names)
    return kind is not None and _REQUIRED[kind] <= names


def _holds_payloads(table: Table) -> bool:
    """Whether a JSON file looks like a provider's payloads, which are loaded as such, rather than like a table."""
    if not table.is_json:
        return False
    with table.path.open("rb") as file:
        return len(table.header) <= 1 or bool(providers_of([file]))


def _best(opened: Sequence[Table], database: Path, encoding: str | None) -> Suggestion:
    def number_known(suggestion: Suggestion) -> int:
        return sum(bool(column.field) for column in suggestion.mapping.columns.values())

    different = {frozenset(table.header): table for table in reversed(opened)}
    return max((_suggested(table, database, encoding) for table in different.values()), key=number_known)


def _suggested(table: Table, database: Path, encoding: str | None) -> Suggestion:
    survey = profiles.survey(table.header, tables.rows(table))
    suggested = guessing.suggest(table.name, survey)
    kept = kept_mappings.find(database, table.header) if table.has_header else None
    if kept:
        # Values that are new are asked about, and what all rows share is suggested for each file.
        types = {**suggested.types, **kept.types} if kept.kind is suggested.kind else kept.types
        fixed = {
            name: suggested.fixed[name] for name in mapping.fixed_fields(kept) if name in suggested.fixed
        }
        if "campaign_id" in mapping.fixed_fields(kept):
            fixed["campaign_id"] = guessing.name_of(table.name)
        columns = {name: _as_written(kept.columns[name], suggested.columns[name]) for name in kept.columns}
        suggested = replace(kept, columns=columns, fixed={**kept.fixed, **fixed}, types=types)
    return Suggestion(
        table.name,
        table.header,
        survey,
        replace(suggested, encoding=encoding),
        is_kept=kept is not None,
        encoding=table.layout.encoding if table.layout else None,
    )


def _as_written(kept: Column, suggested: Column) -> Column:
    """A column as it was mapped before, with the order that the dates of this file prove."""
    proved = suggested.order in (Order.DAY_FIRST, Order.MONTH_FIRST)
    return replace(kept, order=suggested.order) if proved and kept.field == suggested.field else kept


GAPS = (
    Gap(
        ("opens", "clicks"),
        "Opens and clicks for which a table has no time are shown a minute after sending, other events at sending.",
    ),
)
SOURCE = Source(
    NAME, "your own table", "a CSV, Excel or JSON file, with --map MAP.toml", GAPS, read, resolve=resolve
)

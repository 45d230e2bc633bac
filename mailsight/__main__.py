"""The command line: `python -m mailsight COMMAND`. Results go to standard output, everything else to standard error.

Exit status: 0 all went well, 1 something was refused, 2 the command was not understood.
"""

import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from mailsight.audience.machines import REASONS
from mailsight.commands.files import List
from mailsight.heatmap.badges import Measure, Show
from mailsight.loading.merge import LoadSummary
from mailsight.mail.links import LinkClicks, Matcher, links, shared
from mailsight.warehouse.reader import Warehouse, draft

from . import settings
from .commands import files as export_command
from .errors import LoadRefused, MailsightError, NoDatabase
from .exports import heatmap as heatmap_file
from .loading import bundle_files as bundles
from .loading import bundles as load
from .loading import classify
from .loading import payloads as ingest
from .mail import content as contents
from .reports import campaign as reports
from .sample import bundle as sample
from .vocabulary import Audience

MOST_REFUSALS_SHOWN = 1_000

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
messages = Console(stderr=True, highlight=False, soft_wrap=True)

Database = Annotated[
    Path | None,
    typer.Option(help="The database. [default: $MAILSIGHT_DATABASE or data/mailsight.duckdb]"),
]
Strict = Annotated[bool, typer.Option("--strict", help="Load nothing when a single row is refused.")]
PayloadFiles = Annotated[
    list[Path], typer.Argument(help="Files of JSON, NDJSON or captured requests; .gz, .zst.")
]
FromProvider = Annotated[str, typer.Option("--provider", help="Who sent them, for instance sendgrid.")]
Counted = Annotated[
    Audience, typer.Option(help="Whose opens and clicks count: everyone's, or people's only.")
]


@app.callback()
def main(context: typer.Context, database: Database = None) -> None:
    """How did this mailing do?"""
    context.obj = database


def _database(context: typer.Context, database: Path | None) -> Path:
    """The database that the command names, else the one named before the command, else the setting's."""
    chosen = database or context.obj or settings.from_environment().database
    return Path(chosen).expanduser().absolute()


@app.command("load")
def load_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Bundles: folders, or single files of one.")],
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Load campaigns, customers, messages and events; print what was new, known and refused."""
    summary = _load(_database(context, database), paths, strict=strict)
    _print_summary(summary)
    if summary.refusals:
        raise typer.Exit(1)


@app.command("ingest")
def ingest_(
    context: typer.Context,
    paths: PayloadFiles,
    provider: FromProvider,
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Load a provider's events: files of its webhooks' JSON, plain or packed, or of captured requests."""
    wait_seconds = settings.from_environment().load_wait_seconds
    with _progress("Loading") as progress:
        summary = ingest.ingest(
            _database(context, database),
            provider,
            paths,
            strict=strict,
            progress=progress,
            wait_seconds=wait_seconds,
        )
    _print_summary(summary)
    if summary.refusals:
        raise typer.Exit(1)


@app.command()
def normalize(paths: PayloadFiles, provider: FromProvider) -> None:
    """Print a provider's events in Mailsight's words, a JSON object a line; nothing is loaded."""
    refused = 0
    for event in ingest.normalise(provider, paths):
        if isinstance(event, str):
            print(event)
        else:
            refused += 1
            messages.print(f"refused {event}", markup=False)
    if refused:
        raise typer.Exit(1)


@app.command()
def content(
    context: typer.Context,
    campaign_id: str,
    mail: Annotated[Path, typer.Argument(help="The mail as it was sent: its HTML, or the raw mail as .eml.")],
    database: Database = None,
) -> None:
    """Give a campaign its e-mail, for the heatmap and the previews."""
    load.load_content(
        _existing(_database(context, database)),
        campaign_id,
        mail,
        wait_seconds=settings.from_environment().load_wait_seconds,
    )
    messages.print(f"Campaign {campaign_id} has its e-mail.", markup=False)


@app.command("sample")
def sample_(
    context: typer.Context,
    campaigns: Annotated[int, typer.Option(min=1, help="How many mailings.")] = 48,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 1,
    bundle: Annotated[
        Path | None, typer.Option(help="Write the bundle into this folder and load nothing.")
    ] = None,
    database: Database = None,
) -> None:
    """Make sample data: two years of mailings of a travel company."""
    if bundle is not None:
        with _progress("Making sample data") as progress:
            sample.write_bundle(
                bundle, campaigns=campaigns, customers=customers, seed=seed, progress=progress
            )
        return
    with tempfile.TemporaryDirectory(prefix="mailsight-") as folder:
        with _progress("Making sample data") as progress:
            sample.write_bundle(
                Path(folder), campaigns=campaigns, customers=customers, seed=seed, progress=progress
            )
        _print_summary(_load(_database(context, database), [Path(folder)]))


@app.command()
def report(
    context: typer.Context,
    campaign_id: str,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the page into this file: .html or .pdf.")
    ] = None,
    audience: Counted = Audience.HUMAN,
    database: Database = None,
) -> None:
    """Print the figures of a campaign's page as JSON, or write the page into a file to take along."""
    warehouse = Warehouse(_database(context, database))
    if output is not None:
        note = export_command.write_report(warehouse, campaign_id, audience, output)
        messages.print(f"The report is in {output}. {note}".strip(), markup=False)
        return
    found = reports.campaign(warehouse, campaign_id, audience)
    print(json.dumps(reports.figures(found), ensure_ascii=False, indent=2))


@app.command("heatmap")
def heatmap_(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    campaign_id: Annotated[
        str | None, typer.Argument(help="The campaign whose mail and clicks are drawn.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(help="An e-mail's HTML, instead of a campaign.", exists=True, dir_okay=False),
    ] = None,
    clicks: Annotated[
        Path | None,
        typer.Option(
            help="Its clicks as CSV: url, link_position (may be empty), clicks, clickers (may be missing).",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    audience: Counted = Audience.HUMAN,
    measure: Annotated[Measure, typer.Option(help="Count clicks, or customers who clicked.")] = "clicks",
    show: Annotated[
        Show, typer.Option(help="As a count, as a share of all, or as a rate of delivered mails.")
    ] = "count",
    database: Database = None,
) -> None:
    """Write an e-mail with a badge of clicks on every link as one HTML file."""
    if campaign_id is not None and html is None and clicks is None:
        warehouse = Warehouse(_database(context, database))
        mail = reports.campaign_mail(warehouse, campaign_id)
        if mail is None:
            raise MailsightError(
                f"Campaign {campaign_id!r} has no HTML.", next_step="Load it with its template."
            )
        found = reports.campaign(warehouse, campaign_id, audience)
        drawn = heatmap_file.of_campaign(found, mail.html, measure=measure, show=show)
    elif campaign_id is None and html is not None and clicks is not None:
        text = contents.decode(html.read_bytes())
        drawn = heatmap_file.of_mail(
            text, _clicks_from_file(text, clicks), title=html.stem, measure=measure, show=show
        )
    else:
        raise typer.BadParameter("name a campaign, or give both --html and --clicks")
    output.write_text(drawn, encoding="utf-8")


@app.command()
def export(
    context: typer.Context,
    what: Annotated[List, typer.Argument(help="The list.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file: .csv, .xlsx or .parquet.")],
    one_id: Annotated[
        str | None,
        typer.Argument(metavar="[CAMPAIGN_ID|CUSTOMER_ID]", help="Whose, of all lists but campaigns."),
    ] = None,
    audience: Counted = Audience.HUMAN,
    database: Database = None,
) -> None:
    """Write a list into a file: CSV, Excel or Parquet by its ending."""
    warehouse = Warehouse(_database(context, database))
    with _progress("Reading") as progress:
        rows, note = export_command.write_list(warehouse, what, one_id, audience, output, progress)
    messages.print(f"{rows:,} rows are in {output}. {note}".strip(), markup=False)


@app.command()
def check(context: typer.Context, database: Database = None) -> None:
    """Print what is loaded, what was refused, and which events found no campaign."""
    warehouse = Warehouse(_database(context, database))
    state = reports.database_state(warehouse)
    table = Table("table", "rows")
    for name, rows in state.rows.items():
        table.add_row(name, f"{rows:,}")
    Console().print(table)
    print(f"events whose campaign can't be told: {state.unattributed:,}")
    for refused in state.refused:
        print(
            f"refused {refused['file']}:{refused['first_line']}: {refused['reason']} (rows: {refused['rows']:,})"
        )


@app.command("classify")
def classify_(context: typer.Context, database: Database = None) -> None:
    """Tell people from machines anew, by the rules as they are set now; print what changed by rule."""
    wait_seconds = settings.from_environment().load_wait_seconds
    with _progress("Classifying") as progress:
        changes = classify.classify(
            _existing(_database(context, database)), progress=progress, wait_seconds=wait_seconds
        )
    table = Table("rule", "", "event", "before", "after", "change")
    for change in changes:
        if change.before or change.after:
            label = REASONS[change.reason].label if change.reason in REASONS else ""
            counts = f"{change.before:,}", f"{change.after:,}", f"{change.after - change.before:+,}"
            table.add_row(change.reason, label, change.type.label.lower(), *counts)
    Console().print(table)
    if all(change.before == change.after for change in changes):
        messages.print("No rule finds more or fewer events than before.")


@app.command()
def migrate(context: typer.Context, database: Database = None) -> None:
    """Bring a database that an older Mailsight made up to date; every load does this too."""
    wait_seconds = settings.from_environment().load_wait_seconds
    with draft(_existing(_database(context, database)), wait_seconds=wait_seconds) as work:
        messages.print("Brought up to date." if work.migrated else "Nothing to do: it is up to date.")
        work.discard()


def _existing(database: Path) -> Path:
    if not database.exists():
        raise NoDatabase(f"There is no database at {database}.")
    return database


def _load(database: Path, paths: list[Path], *, strict: bool = False) -> LoadSummary:
    wait_seconds = settings.from_environment().load_wait_seconds
    with _progress("Loading") as progress:
        return load.load(database, paths, strict=strict, progress=progress, wait_seconds=wait_seconds)


def _print_summary(summary: LoadSummary) -> None:
    table = Table("", "rows", "new", "known", "refused")
    for kind in summary.kinds:
        table.add_row(kind.kind, *(f"{count:,}" for count in (kind.rows, kind.new, kind.known, kind.refused)))
    Console().print(table)
    for file, columns in summary.ignored_columns.items():
        messages.print(f"{file}: columns that are not known were ignored: {', '.join(columns)}", markup=False)
    for refusal in summary.refusals[:MOST_REFUSALS_SHOWN]:
        print(f"refused {refusal}")
    if (more := len(summary.refusals) - MOST_REFUSALS_SHOWN) > 0:
        print(f"... and {more:,} more; the table refused holds them all")
    if not summary.changed:
        messages.print("Everything was known already; nothing has changed.")


@contextmanager
def _progress(title: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on a terminal; elsewhere nothing is shown."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda done, doing: bar.update(task, completed=done, description=doing)


def _clicks_from_file(html: str, path: Path) -> list[LinkClicks]:
    """The clicks of a CSV file at the links of the mail; what leads nowhere in it comes last, as other links.

    Customers of several rows for one link are added up: the file can't tell who is the same.
    """
    found = links(html)
    matcher = Matcher(found)
    same = shared(found)
    counted = {link.link_position: [0, 0] for link in found}
    unplaced: set[int] = set()
    others: dict[str, list[int]] = {}
    text = io.StringIO(contents.decode(path.read_bytes()), newline="")
    for line, row in enumerate(csv.DictReader(text, delimiter=bundles.delimiter(path)), start=2):
        try:
            url, place = row.get("url") or "", row.get("link_position") or None
            clicks, clickers = int(row["clicks"]), int(row.get("clickers") or 0)
            told = int(place) if place is not None else None
        except (KeyError, TypeError, ValueError) as error:
            raise LoadRefused(f"{path.name}:{line}: this row can't be read: {error}.") from error
        if clicks < 0 or clickers < 0:
            raise LoadRefused(f"{path.name}:{line}: there are no negative clicks.")
        position = told if told in counted else matcher.position(url)
        if position is not None and position != told:
            unplaced.add(position)
        counts = counted[position] if position is not None else others.setdefault(url, [0, 0])
        counts[0] += clicks
        counts[1] += clickers
    sizes = Counter(same.values())
    on_mail = [
        LinkClicks(
            link.link_position,
            link.url,
            link.label,
            clicks,
            clickers,
            sizes[same[link.link_position]] if link.link_position in unplaced else 1,
        )
        for link, (clicks, clickers) in zip(found, counted.values(), strict=True)
    ]
    return on_mail + [
        LinkClicks(None, url, url, clicks, clickers, 1) for url, (clicks, clickers) in others.items()
    ]


def run() -> None:
    """Runs the command line; an error that people can mend is told in a line, without a traceback."""
    try:
        app()
    except MailsightError as error:
        messages.print(f"{error.title}: {error}", markup=False, style="red")
        raise SystemExit(1) from None


if __name__ == "__main__":
    run()

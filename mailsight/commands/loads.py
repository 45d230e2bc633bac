"""Commands that write the database: load, ingest, content, sample, classify, migrate; and the ones that look at it."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mailsight import settings
from mailsight.audience.machines import REASONS
from mailsight.errors import NoDatabase
from mailsight.loading import bundles, classify, payloads
from mailsight.loading.merge import LoadSummary
from mailsight.reports import data
from mailsight.sample import bundle as sample_bundle
from mailsight.warehouse.draft import draft
from mailsight.warehouse.reader import Warehouse

from .console import (
    Database,
    FromProvider,
    PayloadFiles,
    Strict,
    app,
    database_path,
    messages,
    print_summary,
    progress_bar,
)


@app.command("load")
def load_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Bundles: folders, or single files of one.")],
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Load campaigns, customers, messages and events; print what was new, known and refused."""
    summary = _load(database_path(context, database), paths, strict=strict)
    print_summary(summary)
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
    with progress_bar("Loading") as progress:
        summary = payloads.ingest(
            database_path(context, database),
            provider,
            paths,
            strict=strict,
            progress=progress,
            wait_seconds=wait_seconds,
        )
    print_summary(summary)
    if summary.refusals:
        raise typer.Exit(1)


@app.command()
def normalize(paths: PayloadFiles, provider: FromProvider) -> None:
    """Print a provider's events in Mailsight's words, a JSON object a line; nothing is loaded."""
    refused = 0
    for event in payloads.normalise(provider, paths):
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
    bundles.load_content(
        _existing(database_path(context, database)),
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
        with progress_bar("Making sample data") as progress:
            sample_bundle.write_bundle(
                bundle, campaigns=campaigns, customers=customers, seed=seed, progress=progress
            )
        return
    with tempfile.TemporaryDirectory(prefix="mailsight-") as folder:
        with progress_bar("Making sample data") as progress:
            sample_bundle.write_bundle(
                Path(folder), campaigns=campaigns, customers=customers, seed=seed, progress=progress
            )
        print_summary(_load(database_path(context, database), [Path(folder)]))


@app.command()
def check(context: typer.Context, database: Database = None) -> None:
    """Print what is loaded, what was refused, and which events found no campaign."""
    with Warehouse(database_path(context, database)).snapshot() as snapshot:
        state = data.database_state(snapshot)
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
    with progress_bar("Classifying") as progress:
        changes = classify.classify(
            _existing(database_path(context, database)), progress=progress, wait_seconds=wait_seconds
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
    with draft(_existing(database_path(context, database)), wait_seconds=wait_seconds) as work:
        messages.print("Brought up to date." if work.migrated else "Nothing to do: it is up to date.")
        work.discard()


def _existing(database: Path) -> Path:
    if not database.exists():
        raise NoDatabase(f"There is no database at {database}.")
    return database


def _load(database: Path, paths: list[Path], *, strict: bool = False) -> LoadSummary:
    wait_seconds = settings.from_environment().load_wait_seconds
    with progress_bar("Loading") as progress:
        return bundles.load(database, paths, strict=strict, progress=progress, wait_seconds=wait_seconds)

"""Commands that load data or change the database, and commands that inspect events and the database."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mailsight import settings
from mailsight.audience.machines import REASONS
from mailsight.errors import CantWrite, NoDatabase, NotABundle
from mailsight.figures import formats
from mailsight.importing import recognition, schedule
from mailsight.loading import archives, bundles, child, classify, health, normalizing, payloads, spool
from mailsight.loading.merge import LoadSummary
from mailsight.loading.refusals import Refusal
from mailsight.loading.segments import MAX_ATTEMPTS
from mailsight.privacy import erasure
from mailsight.reports import data
from mailsight.sample import bundle as sample_bundle
from mailsight.state.audit import Action
from mailsight.warehouse.draft import draft
from mailsight.warehouse.files import unfinished_folder
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
    recorded,
)


@app.command("load")
def load_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Bundles: folders or single files.")],
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Load campaigns, customers, messages and events; print how many rows were new, known and rejected."""
    try:
        summary = _run(context, partial(bundles.load, strict=strict), database, paths)
    except NotABundle as error:
        if len(paths) == 1 and (source := recognition.recognise(paths[0])):
            step = f"It is an export of {source.label}: `python -m mailsight import {source.name} {paths[0]}` loads it."
            raise NotABundle(error.message, next_step=step) from error
        raise
    _finish(summary)


@app.command("ingest")
def ingest_(
    context: typer.Context,
    paths: PayloadFiles,
    provider: FromProvider,
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Load a provider's events from files with webhook JSON (plain or compressed) or captured requests."""
    _finish(_run(context, partial(payloads.ingest, strict=strict), database, provider, paths))


@app.command()
def retry(context: typer.Context, database: Database = None) -> None:
    """Load the webhooks again that were set aside because they could not be loaded."""
    path = database_path(context, database)
    webhooks = spool.beside(path)
    segments = webhooks.put_back(attempts=MAX_ATTEMPTS)
    if not segments:
        messages.print("Nothing is set aside.")
        return
    messages.print(f"Put {formats.things(len(segments), 'file')} back into {webhooks.folder}.", markup=False)
    summary = payloads.ingest_spool(
        path, webhooks, wait_seconds=settings.from_environment().load_wait_seconds
    )
    recorded(path, Action.LOADED, command="retry")
    if summary is not None:
        print_summary(summary)
    if still := webhooks.state().set_aside:
        messages.print(f"Set aside again: {still[-1].reason}", markup=False)
        raise typer.Exit(1)


@app.command()
def normalize(paths: PayloadFiles, provider: FromProvider) -> None:
    """Print a provider's events in Mailsight's format, one JSON object per line. Loads nothing."""
    refused = 0
    for event in normalizing.normalize(provider, paths):
        if isinstance(event, str):
            print(event)
        else:
            refused += 1
            messages.print(f"rejected {event}", markup=False)
    if refused:
        raise typer.Exit(1)


@app.command()
def content(
    context: typer.Context,
    campaign_id: str,
    mail: Annotated[Path, typer.Argument(help="The e-mail as sent: .html, .eml, .msg, .mht or .emlx.")],
    database: Database = None,
) -> None:
    """Add a campaign's e-mail, for the heatmap and the previews."""
    path = _existing(database_path(context, database))
    bundles.load_content(
        path,
        campaign_id,
        mail,
        wait_seconds=settings.from_environment().load_wait_seconds,
    )
    recorded(path, Action.LOADED, command="content")
    messages.print(f"Added the e-mail to campaign {campaign_id}.", markup=False)


@app.command("archive")
def archive_(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="E-mails (.eml), mailboxes (mbox, Maildir), zip or tar files or folders of them."
        ),
    ],
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Add the e-mails that customers received, each to its message; print those without one."""
    _finish(_run(context, partial(archives.load, strict=strict), database, paths))


@app.command("sample")
def sample_(
    context: typer.Context,
    campaigns: Annotated[int, typer.Option(min=1, help="How many campaigns.")] = 48,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 1,
    bundle: Annotated[
        Path | None, typer.Option(help="Write the bundle to this folder instead of loading it.")
    ] = None,
    database: Database = None,
) -> None:
    """Create sample data: two years of campaigns from a fictional travel company."""
    if bundle is not None:
        try:
            with unfinished_folder(bundle), progress_bar("Creating sample data") as progress:
                sample_bundle.write_bundle(
                    bundle, campaigns=campaigns, customers=customers, seed=seed, progress=progress
                )
        except OSError as error:
            raise CantWrite(f"{bundle} can't be written: {error.strerror}.") from error
        messages.print(f"Wrote the bundle to {bundle}.", markup=False)
        return
    with tempfile.TemporaryDirectory(prefix="mailsight-") as folder:
        with progress_bar("Creating sample data") as progress:
            sample_bundle.write_bundle(
                Path(folder), campaigns=campaigns, customers=customers, seed=seed, progress=progress
            )
        print_summary(_run(context, bundles.load, database, [Path(folder)]))


@app.command()
def check(context: typer.Context, database: Database = None) -> None:
    """Print the number of loaded rows and of unmatched events, and the rejected rows."""
    with Warehouse(database_path(context, database)).snapshot() as snapshot:
        state = data.database_state(snapshot)
    table = Table("table", "rows")
    for name, rows in state.rows.items():
        table.add_row(name, formats.count(rows))
    Console().print(table)
    print(f"unmatched events: {formats.count(state.unattributed)}")
    for refused in state.refused:
        refusal = Refusal("", refused["file"], refused["first_line"], refused["reason"], "")
        print(f"rejected {refusal} (rows: {formats.count(refused['rows'])})")


@app.command("health")
def health_(context: typer.Context, database: Database = None) -> None:
    """Check database, spool, disk, imports and erasures; print what doesn't work. Exit status 1 if anything doesn't."""
    path = database_path(context, database)
    interval = settings.from_environment().webhook_load_seconds
    problems = health.problems(
        Warehouse(path), spool.beside(path), interval, takes_webhooks=bool(settings.webhook_secrets())
    )
    problems += schedule.problems(path)
    if interrupted := erasure.problem(path):
        problems.append(interrupted)
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    for warning in health.warnings(path):
        print(warning)
    print("ok")


@app.command("classify")
def classify_(context: typer.Context, database: Database = None) -> None:
    """Reapply the current machine rules to all events; print the changes by rule."""
    path, wait_seconds = database_path(context, database), settings.from_environment().load_wait_seconds
    with progress_bar("Classifying") as progress:
        changes = classify.classify(_existing(path), progress=progress, wait_seconds=wait_seconds)
    recorded(path, Action.LOADED, command="classify")
    table = Table("rule", "", "event", "before", "after", "change")
    for change in changes:
        if change.before or change.after:
            label = REASONS[change.reason].label if change.reason in REASONS else ""
            more = change.after - change.before
            counts = [
                *map(formats.count, (change.before, change.after)),
                f"{'+' * (more >= 0)}{formats.count(more)}",
            ]
            table.add_row(change.reason, label, change.type.label.lower(), *counts)
    Console().print(table)
    if all(change.before == change.after for change in changes):
        messages.print("No rule matches more or fewer events than before.")


@app.command()
def migrate(context: typer.Context, database: Database = None) -> None:
    """Upgrade a database from an older version of Mailsight. Every load does this too."""
    wait_seconds = settings.from_environment().load_wait_seconds
    with draft(_existing(database_path(context, database)), wait_seconds=wait_seconds) as work:
        messages.print("Database upgraded." if work.migrated else "The database is already up to date.")
        work.discard()


def _existing(database: Path) -> Path:
    if not Warehouse(database).exists:
        raise NoDatabase(f"There is no database at {database}.")
    return database


def _run(
    context: typer.Context, load: Callable[..., LoadSummary], database: Path | None, *given: object
) -> LoadSummary:
    """Run a load of what is given in a process of its own, with a progress bar."""
    path, wait_seconds = database_path(context, database), settings.from_environment().load_wait_seconds
    with progress_bar("Loading") as progress:
        summary = child.load(partial(load, path, *given, wait_seconds=wait_seconds), progress)
    recorded(path, Action.LOADED, command=context.info_name or "")
    return summary


def _finish(summary: LoadSummary) -> None:
    """Print what a load did. Exit status 1 if it left anything out."""
    print_summary(summary)
    if summary.rejected or summary.passed_over:
        raise typer.Exit(1)

"""Commands that write lists, reports and heatmaps to files, with the same rows and writers as the pages."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from mailsight.bounded import pool
from mailsight.errors import CantWrite, LoadRefused, MailsightError, WrongUsage
from mailsight.exports import heatmap, mail_pages, pdf, writers
from mailsight.exports import report as report_export
from mailsight.exports import rows as export_rows
from mailsight.exports.lists import LIST_FORMATS, REPORT_FORMATS, Format
from mailsight.exports.writers import Rows
from mailsight.figures import formats, locales
from mailsight.figures.metrics import share
from mailsight.heatmap.badges import Measure, Show
from mailsight.loading import csv_files
from mailsight.loading.contents import read_mail
from mailsight.loading.derive import Progress
from mailsight.mail.links import LinkClicks, Matcher, links, shared
from mailsight.mime.charsets import decode
from mailsight.reports import campaign, customer, grid, mails
from mailsight.state import audit
from mailsight.state.audit import Action
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot, Warehouse

from .console import Counted, Database, app, database_path, messages, progress_bar, recorded


class List(StrEnum):
    """The lists that can be exported: of all campaigns, of a campaign, or (the last two) of a customer."""

    CAMPAIGNS = "campaigns"
    CUSTOMERS = "customers"
    NOT_SENT = "not-sent"
    LINKS = "links"
    EVENTS = "events"
    CUSTOMER_EVENTS = "customer-events"
    HISTORY = "history"

    @property
    def owner(self) -> str:
        """What the list belongs to, if not to all campaigns."""
        return "customer" if self in (List.CUSTOMER_EVENTS, List.HISTORY) else "campaign"


def write_list(
    data: Snapshot, kind: List, item_id: str | None, audience: Audience, output: Path, progress: Progress
) -> tuple[int, str]:
    """Writes a list in the format of the file's extension. Returns the number of rows and a note, often empty.

    Raises `WrongUsage` for an unknown extension or a missing or unexpected id, `CantWrite`, `UnknownCampaign` and
    `UnknownCustomer`.
    """
    form = form_of(output, LIST_FORMATS)
    if kind is List.CAMPAIGNS and item_id is not None:
        raise WrongUsage("The list of campaigns takes no id.", next_step="Leave out the id.")
    if kind is not List.CAMPAIGNS and item_id is None:
        raise WrongUsage(
            f"The list {kind.value} needs a {kind.owner}.", next_step=f"Add the {kind.owner}'s id."
        )
    rows = _rows(data, kind, item_id or "", audience)

    def report_rows(done: int) -> None:
        progress(share(done, rows.total) or 0.0, f"Writing {output.name}")

    with replacing(output) as file:
        note = writers.write(rows, form, file, report_rows)
    return rows.total, note


def write_report(data: Snapshot, campaign_id: str, audience: Audience, output: Path) -> str:
    """Writes a campaign's page as HTML or PDF, depending on the file's extension. Returns a note, often empty.

    Raises `WrongUsage` for another extension, `CantWrite`, `NoPdf`, and `UnknownCampaign`.
    """
    form = form_of(output, REPORT_FORMATS)
    page = report_export.read(data, campaign_id, audience)
    with replacing(output) as file:
        if form is Format.PDF:
            return pdf.write_pdf(page, file)
        html, note = report_export.as_html(page)
        file.write(html.encode())
        return note


def _rows(data: Snapshot, kind: List, item_id: str, audience: Audience) -> Rows:
    if kind in (List.CUSTOMERS, List.NOT_SENT, List.EVENTS):
        campaign.report(data, item_id, audience)  # raises UnknownCampaign
    if kind is List.CUSTOMER_EVENTS:
        customer.report(data, item_id, audience)  # raises UnknownCustomer
    read: dict[List, Callable[[], Rows]] = {
        List.CAMPAIGNS: lambda: export_rows.campaigns(data, audience),
        List.CUSTOMERS: lambda: export_rows.customers(data, item_id, audience, grid.grid_query()),
        List.NOT_SENT: lambda: export_rows.not_sent(data, item_id),
        List.LINKS: lambda: export_rows.links(data, item_id, audience),
        List.EVENTS: lambda: export_rows.events(data, item_id),
        List.CUSTOMER_EVENTS: lambda: export_rows.customer_events(data, item_id),
        List.HISTORY: lambda: export_rows.history(data, item_id, audience),
    }
    return read[kind]()


def form_of(output: Path, forms: Sequence[Format]) -> Format:
    """The format for a file's extension. Raises `WrongUsage`."""
    for form in forms:
        if output.suffix.lower() == f".{form}":
            return form
    *others, last = (f".{form}" for form in forms)
    extensions = f"{', '.join(others)} or {last}" if others else last
    raise WrongUsage(
        f"{output.name} must end in {extensions}.",
        next_step="The extension determines the format.",
    )


@contextmanager
def replacing(output: Path) -> Iterator[BinaryIO]:
    """Yields a temporary file that replaces `output` once it is complete.

    A link stays a link: the file it points to is replaced. Pipes and devices (`/dev/stdout`) are written directly.
    """
    is_stream = output.exists() and not (output.is_file() or output.is_dir())
    target = output if is_stream else output.resolve()
    part = target.with_name(f".{target.name}.part")
    try:
        with output.open("wb") if is_stream else part.open("w+b") as file:
            yield file
        if not is_stream:
            part.replace(target)
    except OSError as error:
        raise CantWrite(f"{output} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):  # such as a folder that is a file
            if not is_stream:
                part.unlink(missing_ok=True)


@app.command()
def report(
    context: typer.Context,
    campaign_id: str,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the page to this .html or .pdf file.")
    ] = None,
    audience: Counted = Audience.HUMAN,
    database: Database = None,
) -> None:
    """Print a campaign's figures as JSON, or write its report to an HTML or PDF file."""
    path = database_path(context, database)
    with Warehouse(path).snapshot() as data:
        if output is not None:
            note = write_report(data, campaign_id, audience, output)
            form = form_of(output, REPORT_FORMATS)
            recorded(path, Action.EXPORTED, campaign_id=campaign_id, list="report", format=form)
            messages.print(f"Wrote the report to {output}. {note}".strip(), markup=False)
            return
        figures = campaign.figures(data, campaign_id, audience)
    print(json.dumps(figures, ensure_ascii=False, indent=2))


@app.command("heatmap")
def heatmap_(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    campaign_id: Annotated[str | None, typer.Argument(help="The campaign to draw.")] = None,
    html: Annotated[
        Path | None,
        typer.Option(help="An e-mail's HTML, instead of a campaign.", exists=True, dir_okay=False),
    ] = None,
    clicks: Annotated[
        Path | None,
        typer.Option(
            help="The clicks as CSV: url, link_position (may be empty), clicks, clickers (optional).",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    audience: Counted = Audience.HUMAN,
    measure: Annotated[Measure, typer.Option(help="Count clicks, or customers who clicked.")] = "clicks",
    show: Annotated[
        Show, typer.Option(help="Show counts, shares of all clicks, or rates per delivered message.")
    ] = "count",
    database: Database = None,
) -> None:
    """Write an e-mail with a click badge on every link to an HTML file."""
    path = database_path(context, database)
    if campaign_id is not None and html is None and clicks is None:
        with Warehouse(path).snapshot() as data:
            report = campaign.report(data, campaign_id, audience)
            mail = mails.of_campaign(data, campaign_id)
            values = mails.first_values(data, campaign_id)
        if mail is None:
            raise MailsightError(
                f"Campaign {campaign_id!r} has no HTML.",
                next_step="Add it with `python -m mailsight content`.",
            )
        drawn = heatmap.of_campaign(report, mail.html, values, measure=measure, show=show)
    elif campaign_id is None and html is not None and clicks is not None:
        text = read_mail(html).html
        counted = pool.run(partial(_read_clicks, text, clicks.resolve()))
        draw = partial(mail_pages.heatmap, text, counted, title=html.stem, measure=measure, show=show)
        drawn = pool.run(locales.keeping(draw))
    else:
        raise typer.BadParameter("give a campaign, or both --html and --clicks")
    with replacing(output) as file:
        file.write(drawn.encode())
    if campaign_id is not None:
        recorded(path, Action.EXPORTED, campaign_id=campaign_id, list="heatmap", format="html")
    messages.print(f"Wrote the heatmap to {output}.", markup=False)


@app.command()
def export(
    context: typer.Context,
    kind: Annotated[List, typer.Argument(help="The list.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file: .csv, .xlsx or .parquet.")],
    item_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[CAMPAIGN_ID|CUSTOMER_ID]", help="The campaign or customer; not for the list campaigns."
        ),
    ] = None,
    audience: Counted = Audience.HUMAN,
    database: Database = None,
) -> None:
    """Write a list to a CSV, Excel or Parquet file, depending on the file's extension."""
    path, form = database_path(context, database), form_of(output, LIST_FORMATS)
    with Warehouse(path).snapshot() as data, progress_bar("Reading") as progress:
        # First, because nobody's data leaves without a trace.
        audit.by_command(path, Action.EXPORTED, list=kind, format=form, **{f"{kind.owner}_id": item_id or ""})
        rows, note = write_list(data, kind, item_id, audience, output, progress)
    messages.print(f"Wrote {formats.count(rows)} rows to {output}. {note}".strip(), markup=False)


def _read_clicks(html: str, path: Path) -> list[LinkClicks]:
    """The clicks of a CSV file, matched to the links of the e-mail; unmatched URLs come last, as other links.

    Customers are added up over the rows of a link, since the file doesn't identify them.
    """
    mail_links = links(html)
    matcher = Matcher(mail_links)
    same = shared(mail_links)
    counted = {link.link_position: [0, 0] for link in mail_links}
    unplaced: set[int] = set()
    others: dict[str, list[int]] = {}
    text = decode(path.read_bytes())
    delimiter = csv_files.delimiter(text.partition("\n")[0], list)
    for line, row in enumerate(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter), start=2):
        try:
            url, given = row.get("url") or "", row.get("link_position") or None
            clicks, clickers = int(row["clicks"]), int(row.get("clickers") or 0)
            given_position = int(given) if given is not None else None
        except (KeyError, TypeError, ValueError) as error:
            raise LoadRefused(f"{path.name}:{line}: this row can't be read: {error}.") from error
        if clicks < 0 or clickers < 0:
            raise LoadRefused(f"{path.name}:{line}: clicks can't be negative.")
        position = given_position if given_position in counted else matcher.position(url)
        if position is not None and position != given_position:
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
        for link, (clicks, clickers) in zip(mail_links, counted.values(), strict=True)
    ]
    return on_mail + [
        LinkClicks(None, url, url, clicks, clickers, 1) for url, (clicks, clickers) in others.items()
    ]

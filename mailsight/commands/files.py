"""Lists and reports into files from the command line: the same rows, the same writers as those of the pages."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from mailsight.errors import CantWrite, LoadRefused, MailsightError
from mailsight.exports import heatmap, pdf, writers
from mailsight.exports import report as report_export
from mailsight.exports import rows as export_rows
from mailsight.exports.lists import LIST_FORMATS, REPORT_FORMATS, Format
from mailsight.exports.writers import Rows
from mailsight.figures.metrics import share
from mailsight.heatmap.badges import Measure, Show
from mailsight.loading import bundle_files
from mailsight.loading.derive import Progress
from mailsight.mail import content
from mailsight.mail.links import LinkClicks, Matcher, links, shared
from mailsight.reports import campaign, customer, grid, mails
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot, Warehouse

from .console import Counted, Database, app, database_path, messages, progress_bar


class List(StrEnum):
    """What can be exported: the first as a whole, the others of a campaign, the last two of a customer."""

    CAMPAIGNS = "campaigns"
    CUSTOMERS = "customers"
    NOT_SENT = "not-sent"
    LINKS = "links"
    EVENTS = "events"
    CUSTOMER_EVENTS = "customer-events"
    HISTORY = "history"


def write_list(
    data: Snapshot, what: List, one_id: str | None, audience: Audience, output: Path, progress: Progress
) -> tuple[int, str]:
    """Writes a list into a file by its ending; how many rows it has, and what there is to know of it.

    Raises `CantWrite` for another ending or an id that is missing or too much, and as reading it does.
    """
    form = form_of(output, LIST_FORMATS)
    if what is List.CAMPAIGNS and one_id is not None:
        raise CantWrite("The list of campaigns takes no id.", next_step="Leave the id out.")
    if what is not List.CAMPAIGNS and one_id is None:
        of = "customer" if what in (List.CUSTOMER_EVENTS, List.HISTORY) else "campaign"
        raise CantWrite(f"The list {what.value} is one {of}'s.", next_step=f"Name the {of}'s id.")
    rows = _rows(data, what, one_id or "", audience)

    def told(done: int) -> None:
        progress(share(done, rows.total) or 0.0, f"Writing {output.name}")

    with whole(output) as file:
        note = writers.write(rows, form, file, told)
    return rows.total, note


def write_report(data: Snapshot, campaign_id: str, audience: Audience, output: Path) -> str:
    """Writes a campaign's page as HTML or PDF, by the file's ending; what there is to know of it.

    Raises `CantWrite` for another ending, `NoPdf`, and `UnknownCampaign`.
    """
    form = form_of(output, REPORT_FORMATS)
    taken = report_export.read(data, campaign_id, audience)
    with whole(output) as file:
        if form is Format.PDF:
            return pdf.write_pdf(taken, file, lambda: None)
        file.write(report_export.as_html(taken).encode())
        return ""


def _rows(data: Snapshot, what: List, one_id: str, audience: Audience) -> Rows:
    if what in (List.CUSTOMERS, List.NOT_SENT, List.EVENTS):
        campaign.report(data, one_id, audience)  # raises UnknownCampaign
    if what is List.CUSTOMER_EVENTS:
        customer.report(data, one_id, audience)  # raises UnknownCustomer
    read: dict[List, Callable[[], Rows]] = {
        List.CAMPAIGNS: lambda: export_rows.campaigns(data, audience),
        List.CUSTOMERS: lambda: export_rows.customers(data, one_id, audience, grid.grid_query()),
        List.NOT_SENT: lambda: export_rows.not_sent(data, one_id),
        List.LINKS: lambda: export_rows.links(data, one_id, audience),
        List.EVENTS: lambda: export_rows.events(data, one_id),
        List.CUSTOMER_EVENTS: lambda: export_rows.customer_events(data, one_id),
        List.HISTORY: lambda: export_rows.history(data, one_id, audience),
    }
    return read[what]()


def form_of(output: Path, forms: Sequence[Format]) -> Format:
    """The format that a file's ending asks for. Raises `CantWrite`."""
    for form in forms:
        if output.suffix.lower() == f".{form}":
            return form
    endings = ", ".join(f".{form}" for form in forms)
    raise CantWrite(
        f"{output.name} ends in none of {endings}.", next_step="The file's ending says what to write."
    )


@contextmanager
def whole(output: Path) -> Iterator[BinaryIO]:
    """A file that stands under its name only when all of it is written."""
    written = output.with_name(f".{output.name}.part")
    try:
        with written.open("w+b") as file:
            yield file
        written.replace(output)
    except OSError as error:
        raise CantWrite(f"{output} can't be written: {error.strerror}.") from error
    finally:
        written.unlink(missing_ok=True)


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
    with Warehouse(database_path(context, database)).snapshot() as data:
        if output is not None:
            note = write_report(data, campaign_id, audience, output)
            messages.print(f"The report is in {output}. {note}".strip(), markup=False)
            return
        figures = campaign.figures(campaign.report(data, campaign_id, audience))
    print(json.dumps(figures, ensure_ascii=False, indent=2))


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
        with Warehouse(database_path(context, database)).snapshot() as data:
            report = campaign.report(data, campaign_id, audience)
            mail = mails.of_campaign(data, campaign_id)
        if mail is None:
            raise MailsightError(
                f"Campaign {campaign_id!r} has no HTML.", next_step="Load it with its template."
            )
        drawn = heatmap.of_campaign(report, mail.html, measure=measure, show=show)
    elif campaign_id is None and html is not None and clicks is not None:
        text = content.decode(html.read_bytes())
        drawn = heatmap.of_mail(
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
    with Warehouse(database_path(context, database)).snapshot() as data, progress_bar("Reading") as progress:
        rows, note = write_list(data, what, one_id, audience, output, progress)
    messages.print(f"{rows:,} rows are in {output}. {note}".strip(), markup=False)


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
    text = io.StringIO(content.decode(path.read_bytes()), newline="")
    for line, row in enumerate(csv.DictReader(text, delimiter=bundle_files.delimiter(path)), start=2):
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

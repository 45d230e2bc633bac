"""Lists and reports into files from the command line: the same rows, the same writers as those of the pages."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from mailsight.errors import MailsightError
from mailsight.exports import pdf as report_pdf
from mailsight.exports import report as report_file
from mailsight.exports import rows as export_reads
from mailsight.exports import writers as export_files
from mailsight.exports.lists import LIST_FORMATS, REPORT_FORMATS, Format
from mailsight.exports.writers import Rows
from mailsight.figures.metrics import share
from mailsight.loading.derive import Progress
from mailsight.reports import campaign as reports
from mailsight.reports import grid as grids
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse


class List(StrEnum):
    """What can be exported: the first as a whole, the others of a campaign, the last two of a customer."""

    CAMPAIGNS = "campaigns"
    CUSTOMERS = "customers"
    NOT_SENT = "not-sent"
    LINKS = "links"
    EVENTS = "events"
    CUSTOMER_EVENTS = "customer-events"
    HISTORY = "history"


class CantWrite(MailsightError):
    title = "This can't be written"


def write_list(
    warehouse: Warehouse, what: List, one_id: str | None, audience: Audience, output: Path, progress: Progress
) -> tuple[int, str]:
    """Writes a list into a file by its ending; how many rows it has, and what there is to know of it.

    Raises `CantWrite` for another ending or an id that is missing or too much, and as reading it does.
    """
    form = form_of(output, LIST_FORMATS)
    if what is List.CAMPAIGNS and one_id is not None:
        raise CantWrite("The list of campaigns takes no id.")
    if what is not List.CAMPAIGNS and one_id is None:
        of = "customer" if what in (List.CUSTOMER_EVENTS, List.HISTORY) else "campaign"
        raise CantWrite(f"The list {what.value} is one {of}'s.", next_step=f"Name the {of}'s id.")
    rows = _rows(warehouse, what, one_id or "", audience)

    def told(done: int) -> None:
        progress(share(done, rows.total) or 0.0, f"Writing {output.name}")

    with whole(output) as file:
        note = export_files.write(rows, form, file, told)
    return rows.total, note


def write_report(warehouse: Warehouse, campaign_id: str, audience: Audience, output: Path) -> str:
    """Writes a campaign's page as HTML or PDF, by the file's ending; what there is to know of it.

    Raises `CantWrite` for another ending, `NoPdf`, and `UnknownCampaign`.
    """
    form = form_of(output, REPORT_FORMATS)
    taken = report_file.read(warehouse, campaign_id, audience)
    with whole(output) as file:
        if form is Format.PDF:
            return report_pdf.write_pdf(taken, file, lambda: None)
        file.write(report_file.as_html(taken).encode())
        return ""


def _rows(warehouse: Warehouse, what: List, one_id: str, audience: Audience) -> Rows:
    if what in (List.CUSTOMERS, List.NOT_SENT, List.EVENTS):
        reports.campaign(warehouse, one_id, audience)  # raises UnknownCampaign
    if what is List.CUSTOMER_EVENTS:
        reports.customer(warehouse, one_id, audience)  # raises UnknownCustomer
    read: dict[List, Callable[[], Rows]] = {
        List.CAMPAIGNS: lambda: export_reads.campaigns(warehouse, audience),
        List.CUSTOMERS: lambda: export_reads.customers(warehouse, one_id, audience, grids.grid_query()),
        List.NOT_SENT: lambda: export_reads.not_sent(warehouse, one_id),
        List.LINKS: lambda: export_reads.links(warehouse, one_id, audience),
        List.EVENTS: lambda: export_reads.events(warehouse, one_id),
        List.CUSTOMER_EVENTS: lambda: export_reads.customer_events(warehouse, one_id),
        List.HISTORY: lambda: export_reads.history(warehouse, one_id, audience),
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

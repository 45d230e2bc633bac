"""Mailchimp: the export of an account (a zip) or parts of it, exports of audiences, and saved reports of the API.

https://mailchimp.com/help/export-and-back-up-account-data/ describes the export of an account.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from itertools import islice

from mailsight.errors import ImportFailed
from mailsight.importing.headers import Kind
from mailsight.importing.sources import Gap, Item, Mail, Request, Source, Unusable
from mailsight.loading.json_files import BadRecord

from . import exports, mailchimp_reports, totals, values
from . import mailchimp_tables as tables
from .exports import Entry, ExportFile, TableRow
from .mailchimp_campaigns import NAME, Campaign, Campaigns, key_and_slug

# The e-mails of campaigns. Templates are in another folder.
_CONTENT = re.compile(r"(?:^|/)campaigns?[^/]*/[^/]*$", re.IGNORECASE)
_FIRST_ROWS = 500
# People before what happened to them, so that the first rows say who they are.
_ORDER = (
    *(
        tables.AUDIENCE,
        tables.ANONYMOUS,
        tables.RECIPIENTS,
        tables.BOUNCES,
        tables.UNSUBSCRIBES,
        tables.COMPLAINTS,
    ),
    *(tables.OPENS, tables.CLICKS, tables.FLAT),
)
_PER_CAMPAIGN = frozenset(_ORDER) - {tables.AUDIENCE, tables.ANONYMOUS, tables.FLAT}


def read(request: Request) -> Iterator[Item]:
    """The campaigns with their totals and e-mails, then the people, then what happened."""
    with exports.opened(request) as files:
        kinds = exports.kinds_of((file for file in files if file.form in ("csv", "ndjson")), tables.KINDS)
        yield from exports.batches(_entries(files, kinds, request), request.batch_rows)
        yield from exports.notes(kinds, request.options)


def _entries(
    files: Sequence[ExportFile], kinds: Mapping[ExportFile, Kind], request: Request
) -> Iterator[Entry | Item]:
    zone = values.zone(request.options)
    saved = [file for file in files if file.form == "json"]
    listed = [
        (file, row)
        for file, kind in kinds.items()
        if kind in (tables.CAMPAIGNS, tables.REPORT)
        for row in (tables.report(file.path) if kind is tables.REPORT else exports.rows(file, kind))
    ]
    if not saved and not kinds:
        raise ImportFailed(
            f"{request.where} holds nothing that Mailchimp exports.",
            next_step="Name the zip or CSV file as you downloaded it from Mailchimp.",
        )
    campaigns = _campaigns(listed, saved, files, kinds, zone)
    templates: dict[Campaign, str] = {}
    for file in files:
        if file.form == "mail" and _CONTENT.search(file.name):
            campaign = campaigns.of_file(file.stem)
            mail = Mail(f"{NAME}/{campaign.id}.html", file.path.read_bytes())
            templates[campaign] = mail.name
            yield mail
    yield from _listed(listed, templates, zone)
    for campaign in campaigns.unlisted:
        row = {"campaign_id": campaign.campaign_id, "name": campaign.title, "source": NAME}
        yield Entry("campaigns", NAME, 0, row | {"template": templates.get(campaign)})
    for file in exports.tracked(saved, request):
        yield from mailchimp_reports.entries(file, campaigns.listed, templates)
    rest = [file for file, kind in kinds.items() if kind in _ORDER]
    rest.sort(key=lambda file: _place(file, kinds[file]))
    for file in exports.tracked(rest, request):
        yield from _table(file, kinds[file], campaigns, zone)


def _place(file: ExportFile, kind: Kind) -> tuple[int, bool, str]:
    """The place of a file in the order of reading. Of a person in several audiences, the subscription counts."""
    return _ORDER.index(kind), not tables.STATUSES.search(file.name), file.name


def _campaigns(
    listed: Sequence[tuple[ExportFile, TableRow | BadRecord]],
    saved: Sequence[ExportFile],
    files: Sequence[ExportFile],
    kinds: Mapping[ExportFile, Kind],
    zone: tzinfo,
) -> Campaigns:
    """The campaigns of the export, and which files are about which."""
    campaigns = Campaigns()
    for file, row in listed:
        if isinstance(row, TableRow) and (campaign := _campaign(row, file, zone)):
            campaigns.listed[campaign.id] = campaign
    for campaign, number in mailchimp_reports.campaigns(saved):
        campaigns.listed.setdefault(campaign.id, campaign)
        if number:
            campaigns.of_keys[number] = campaigns.listed[campaign.id]
    about = [
        file
        for file in files
        if kinds.get(file) in _PER_CAMPAIGN or (file.form == "mail" and _CONTENT.search(file.name))
    ]
    campaigns.link(
        [file.stem for file in about],
        partial(_first_activity, about, kinds, frozenset(campaigns.listed), zone),
    )
    return campaigns


def _campaign(row: TableRow, file: ExportFile, zone: tzinfo) -> Campaign | None:
    """The campaign in a row of the list. Without an id, it is known again by its title, subject and time."""
    title, subject, sent = row.get("name"), row.get("subject"), row.get("sent_at")
    if not (row.get("id") or title or subject):
        return None
    return Campaign(
        row.get("id") or values.row_id(title, subject, sent),
        title or subject,
        totals.sent_at(file, row, zone),
    )


def _first_activity(
    files: Sequence[ExportFile],
    kinds: Mapping[ExportFile, Kind],
    ids: Container[str],
    zone: tzinfo,
    key: str,
) -> datetime | None:
    """The earliest open or click at the beginning of a campaign's files."""
    times = [
        exports.moment(file, zone)(row.get("occurred_at"))
        for file in files
        if (kind := kinds.get(file)) in (tables.OPENS, tables.CLICKS)
        and key_and_slug(file.stem, ids)[0] == key
        for row in islice(exports.rows(file, kind), _FIRST_ROWS)
        if isinstance(row, TableRow)
    ]
    return min(filter(None, times), default=None)


def _listed(
    listed: Sequence[tuple[ExportFile, TableRow | BadRecord]], templates: Mapping[Campaign, str], zone: tzinfo
) -> Iterator[Entry | Unusable]:
    """The rows of the list, as campaigns with their totals."""
    for file, row in listed:
        campaign = _campaign(row, file, zone) if isinstance(row, TableRow) else None
        if isinstance(row, TableRow) and campaign:
            yield from totals.entries(
                NAME, campaign.campaign_id, file.name, row, campaign.sent_at, template=templates.get(campaign)
            )
        else:
            reason = row.reason if isinstance(row, BadRecord) else "no title, subject or id"
            yield Unusable("campaigns", file.name, row.line, reason, row.text)


def _table(file: ExportFile, kind: Kind, campaigns: Campaigns, zone: tzinfo) -> Iterator[Entry | Unusable]:
    moment = exports.moment(file, zone)
    if kind.name == "audience":
        read = partial(tables.audience, file=file.name, campaigns=campaigns, moment=moment)
    elif kind is tables.FLAT:
        read = partial(tables.activity, file=file.name, campaigns=campaigns, moment=moment)
    else:
        campaign = campaigns.of_file(file.stem)
        read = partial(tables.of_campaign, kind, file=file.name, campaign=campaign, moment=moment)
    return exports.entries(file, kind, tables.LOADS_AS[kind.name], read)


SOURCE = Source(
    name=NAME,
    label="Mailchimp",
    where="the zip of an account export, a folder or file of it, an exported audience, or reports saved from the API",
    gaps=(
        Gap(
            ("sent", "not_sent", "undeliverable", "delivered"),
            "Account exports name a campaign's recipients only in aggregate_activity. Without that folder, only "
            "recipients who opened, clicked or opted out are known.",
        ),
        Gap(("not_sent",), "Mailchimp doesn't export whom it left out of a campaign, or why."),
        Gap(
            ("opened", "opens", "cor"),
            "Exports don't tell with which program an e-mail was opened, so few opens by machines are recognised.",
        ),
        Gap(
            ("undeliverable",), "Bounces have no time: they are shown at the time when the campaign was sent."
        ),
    ),
    read=read,
    kinds=(*tables.KINDS, *mailchimp_reports.KINDS),
    recipients="a Mailchimp account export that has the folder *aggregate_activity*",
)

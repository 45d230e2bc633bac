"""The name, subject and sender of campaigns that are not listed, as their events say (`queries/derive.sql`)."""

import json
from collections.abc import Mapping

import pyarrow as pa

from mailsight.mime.headers import Header, decoded
from mailsight.providers.registry import provider_headers
from mailsight.warehouse.draft import Draft

from .refusing import Failure, tried

# So many events of each type show what a campaign's mails have in common.
SAMPLE_EVENTS = 200
_HEADERS = pa.schema(
    [(name, pa.string()) for name in ("campaign_id", "name", "subject", "from_name", "from_email")]
)


def replace(work: Draft) -> None:
    """Replaces what the events of touched campaigns say, wherever at least two customers' do."""
    work.run("create_header_macros")
    work.run("set_header_paths", paths=json.dumps(provider_headers()))
    said: dict[str, dict[str, str]] = {}
    for row in work.rows("said_in_events", sample=SAMPLE_EVENTS):
        said.setdefault(str(row["campaign_id"]), {})[str(row["what"])] = row["value"] or ""
    if said:
        rows = [(campaign_id, *_header(values)) for campaign_id, values in said.items()]
        with work.table("headers", rows, _HEADERS):
            work.run("replace_campaign_headers")


def _header(values: Mapping[str, str]) -> tuple[str | None, ...]:
    sender = tried(_sender, values.get("sender", ""))
    from_name, from_email = ("", "") if isinstance(sender, Failure) else sender
    subject = tried(decoded, values.get("subject", ""))
    return tuple(
        text if isinstance(text, str) and text else None
        for text in (values.get("name"), subject, from_name, from_email)
    )


def _sender(field: str) -> tuple[str, str]:
    return Header((("from", field.encode()),)).sender

"""The name, subject and sender of campaigns that are not listed, from their events (`queries/derive.sql`)."""

import json
from collections.abc import Mapping

import pyarrow as pa

from mailsight.mime.headers import Header, decoded
from mailsight.providers.registry import provider_headers
from mailsight.warehouse.draft import Draft

from .refusing import Failure, tried

# How many events of each type are read for what a campaign's e-mails have in common.
SAMPLE_EVENTS = 200
_HEADERS = pa.schema(
    [(name, pa.string()) for name in ("campaign_id", "name", "subject", "from_name", "from_email")]
)


def replace(work: Draft) -> None:
    """Replaces the headers of touched campaigns for which events of at least two customers have some."""
    work.run("create_header_macros")
    work.run("set_header_paths", paths=json.dumps(provider_headers()))
    shared: dict[str, dict[str, str]] = {}
    for row in work.rows("shared_headers", sample=SAMPLE_EVENTS):
        shared.setdefault(str(row["campaign_id"]), {})[str(row["field"])] = row["value"] or ""
    if shared:
        rows = [(campaign_id, *_header(fields)) for campaign_id, fields in shared.items()]
        with work.table("headers", rows, _HEADERS):
            work.run("replace_campaign_headers")


def _header(fields: Mapping[str, str]) -> tuple[str | None, ...]:
    sender = tried(_sender, fields.get("sender", ""))
    from_name, from_email = ("", "") if isinstance(sender, Failure) else sender
    subject = tried(decoded, fields.get("subject", ""))
    return tuple(
        text if isinstance(text, str) and text else None
        for text in (fields.get("name"), subject, from_name, from_email)
    )


def _sender(field: str) -> tuple[str, str]:
    return Header((("from", field.encode()),)).sender

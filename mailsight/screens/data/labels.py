"""What several sections share: names of sources, ages, and tables with pages."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mailsight.components import tables
from mailsight.components.paging import Paging
from mailsight.importing import registry
from mailsight.providers.registry import PROVIDERS
from mailsight.reports import data
from mailsight.web.parameters import Parameter

LIVE_WEBHOOKS = "Live webhooks"
_NO_PROVIDER = "Provider not specified"
ROWS_PER_PAGE = 10


def provider_label(name: str) -> str:
    """A provider's display name. Names that come from files may be anything, so unknown ones are shown as they are."""
    if name == data.OTHERS:
        return "Other providers"
    return PROVIDERS[name].label if name in PROVIDERS else name or _NO_PROVIDER


def source_label(name: str) -> str:
    return registry.source(name).label if name in registry.NAMES else name


def age_seconds(at: datetime) -> float:
    return (datetime.now(UTC) - at).total_seconds()


def paged(
    columns: Sequence[tables.Column],
    rows: Sequence[tables.Row],
    *,
    key: str,
    page: Parameter[int],
    label: str,
    empty: str,
    footer: str,
) -> None:
    paging = Paging(f"{key}:page", ROWS_PER_PAGE, narrow=True, parameter=page)
    first = paging.first(len(rows))
    shown = rows[first : first + ROWS_PER_PAGE]
    tables.table(columns, shown, key=key, label=label, empty=empty, first=first)
    paging.footer(footer, len(rows))

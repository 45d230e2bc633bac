"""Tables to take along as CSV."""

import csv
import io

import pandas as pd

from . import formats
from .metrics import COUNT_NAMES, RATES
from .vocabulary import Audience


def as_csv(rows: pd.DataFrame) -> str:
    """The rows as CSV that spreadsheets read as text: with a mark of UTF-8, and no cell that is taken for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(rows.columns)
    writer.writerows(
        [formats.spreadsheet_safe(cell) for cell in row] for row in without_nan(rows).itertuples(index=False)
    )
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + written.getvalue()


def campaigns(found: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """The list of campaigns as a table: times in ISO 8601, counts and rates under their keys, whose they are."""
    table = found[["campaign_id", "name", "subject"]].copy()
    table["sent_at"] = [None if pd.isna(at) else at.isoformat() for at in found["sent_at"]]
    table["tags"] = [", ".join(tags) for tags in found["tags"]]
    table["audience"] = audience.value
    return table.join(found[[*COUNT_NAMES, *(rate.key for rate in RATES)]])


def without_nan(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with None where something is missing, which pandas says in several ways."""
    return frame.astype(object).where(frame.notna(), None)

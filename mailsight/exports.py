"""Tables to take along as CSV."""

import csv
import io

import pandas as pd

from . import formats


def as_csv(rows: pd.DataFrame) -> str:
    """The rows as CSV that spreadsheets read as text: with a mark of UTF-8, and no cell that is taken for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(rows.columns)
    writer.writerows(
        [formats.spreadsheet_safe(cell) for cell in row] for row in without_nan(rows).itertuples(index=False)
    )
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + written.getvalue()


def without_nan(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with None where something is missing, which pandas says in several ways."""
    return frame.astype(object).where(frame.notna(), None)

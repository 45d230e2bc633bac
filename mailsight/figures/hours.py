"""Hours since send: fills gaps, and places the ticks of the axis."""

import pandas as pd

from . import formats

# The periods since sending that a screen offers, in hours.
PERIODS = {"First day": 24, "First 3 days": 72, "First 2 weeks": 336, "All": None}
DEFAULT_PERIOD = "First 3 days"


def dense_hours(hours: pd.DataFrame, until_hour: int | None = None) -> pd.DataFrame:
    """The rows with every hour from 0 on. Events dated before the send, due to a wrong clock, count in hour 0."""
    if hours.empty:
        return pd.DataFrame({column: range(0) for column in hours.columns})
    summed = hours.assign(hour=hours["hour"].clip(lower=0).astype(int)).groupby("hour").sum()
    last = int(summed.index.max()) if until_hour is None else until_hour - 1
    return summed.reindex(range(last + 1), fill_value=0).rename_axis("hour").reset_index()


def hour_ticks(hours: int) -> tuple[list[int], list[str]]:
    """Positions and labels of the axis ticks: every few hours for short periods, every few days for longer ones."""
    step = next((step for step in (2, 4, 6, 12, 24, 48, 96, 168, 336) if hours <= step * 12), 672)
    ticks = list(range(0, hours + 1, step))
    return ticks, [formats.since(tick) if tick else "sent" for tick in ticks]

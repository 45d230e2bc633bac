"""Dates in templates."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailsight.merging.dates import read, written

NOW = datetime(2026, 8, 29, 10, tzinfo=UTC)
TIME = datetime(2026, 3, 9, 7, 5, 2, 123_456, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("now", NOW),
        ("Today", NOW),
        ("2026-03-09", datetime(2026, 3, 9, tzinfo=UTC)),
        ("9 March, 14:30", datetime(2026, 3, 9, 14, 30, tzinfo=UTC)),
        ("2026-03-09T07:05:00Z", datetime(2026, 3, 9, 7, 5, tzinfo=UTC)),
        ("Mon, 09 Mar 2026 07:05:00 +0200", datetime(2026, 3, 9, 5, 5, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1700000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (TIME, TIME),
        (TIME.date(), datetime(2026, 3, 9, tzinfo=UTC)),
        ("soon", None),
        ("", None),
        ("1" * 200, None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_a_date_is_read(value: object, time: datetime | None) -> None:
    assert read(value, NOW) == time


@pytest.mark.parametrize("value", ["now", "9 March", "14:30", "Monday"])
def test_a_date_that_needs_the_time_of_sending_needs_it(value: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        read(value, None)


def test_a_complete_date_does_not_need_the_time_of_sending() -> None:
    assert read("9 March 2026 14:30", None) == datetime(2026, 3, 9, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%A, %-d %B %Y", "Monday, 9 March 2026"),
        ("%a %e %b %y", "Mon  9 Mar 26"),
        ("%d/%m %H:%M:%S", "09/03 07:05:02"),
        ("%I %l %k %p %P", "07  7  7 AM am"),
        ("%F %T %R %D", "2026-03-09 07:05:02 07:05 03/09/26"),
        ("%j %U %V %u %w %C", "068 10 11 1 1 20"),
        ("%L %N %3N %s", "123 123456000 123 1773020102"),
        ("%z %:z %Z", "+0530 +05:30 UTC+05:30"),
        ("%^a %^B %#p %010d %_m %-m", "MON MARCH am 0000000009  3 3"),
        ("%d%q %% %n %Q %", "9th".rjust(4, "0") + " % \n %Q %"),
        ("%c|%x|%X|%r|%v", "Mon Mar  9 07:05:02 2026|03/09/26|07:05:02|07:05:02 AM| 9-MAR-2026"),
    ],
)
def test_a_date_is_written(pattern: str, text: str) -> None:
    assert written(TIME, pattern) == text

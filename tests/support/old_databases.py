"""Turns databases into those of older versions of Mailsight."""

from pathlib import Path

import duckdb

from mailsight.figures.metrics import COUNT_NAMES
from mailsight.vocabulary import SENT_STATES

_COUNTED = (*COUNT_NAMES, *(f"status_{state}" for state in SENT_STATES))


def forget_since(database: Path) -> None:
    """Forget since when customers are known, which no migration can find out."""
    _run(database, "update customers set known_since = null")


def wrap_links(database: Path, url: str) -> None:
    """Give all links this URL, as before Mailsight could unwrap it."""
    _run(database, f"update links set url = '{url}'")


def as_version_7(database: Path) -> None:
    """Remove everything that version 8 added."""
    _run(
        database,
        "drop macro table known_campaigns",
        "drop table campaign_headers",
        "drop table kept_variants",
        "update schema_version set version = 7",
    )


def as_version_6(database: Path) -> None:
    """Remove everything that versions 7 and 8 added."""
    as_version_7(database)
    _run(
        database,
        "alter table campaigns drop column merge_language",
        "alter table customers drop column known_since",
        "drop table customer_changes",
        r"update recipients set subject_fields = null from campaigns as c where recipients.campaign_id = c.campaign_id "
        r"and not regexp_matches(c.subject, '\{\{|\*\||%.+%')",
        "drop table archived_mails",
        "update schema_version set version = 6",
    )


def as_version_5(database: Path) -> None:
    """Remove everything that versions 6 to 8 added."""
    as_version_6(database)
    _run(
        database,
        *(f"alter table campaign_totals alter column {column} set not null" for column in _COUNTED),
        "alter table campaign_totals drop column reported_by",
        "alter table campaign_totals drop column reported_at",
        "alter table campaign_totals drop column reported",
        "drop macro table reported_counts",
        "update schema_version set version = 5",
    )


def as_version_4(database: Path) -> None:
    """Remove everything that versions 5 to 8 added."""
    as_version_5(database)
    _run(
        database,
        "alter table campaigns drop column source",
        "drop table reported_totals",
        "drop table imports",
        "update schema_version set version = 4",
    )


def as_version_3(database: Path) -> None:
    """Remove everything that versions 4 to 8 added."""
    as_version_4(database)
    _run(database, "drop table message_aliases", "update schema_version set version = 3")


def as_version_2(database: Path) -> None:
    """Remove everything that versions 3 to 8 added."""
    as_version_3(database)
    _run(
        database,
        "drop table campaign_hours",
        "drop table apple_opens",
        "drop macro customer_hash",
        "alter table recipients drop column customer_hash",
        "alter table recipients drop column subject_fields",
        "alter table recipients drop column is_archived",
        "alter table recipients drop column name",
        "alter table recipients drop column known_email",
        "update schema_version set version = 2",
    )


def as_version_1(database: Path) -> None:
    """Remove everything that versions 2 to 8 added."""
    as_version_2(database)
    _run(
        database,
        "alter table events drop column provider_machine",
        "alter table events drop column method",
        "alter table recipients drop column human_unsubscribed",
        "drop table machine_counts",
        "alter table campaign_totals drop column sent_at",
        "drop table loads",
        "drop table event_counts",
        "drop table unattributed",
        "update schema_version set version = 1",
    )


def _run(database: Path, *statements: str) -> None:
    database.resolve().chmod(0o600)  # generations are read-only
    with duckdb.connect(str(database.resolve())) as connection:
        for statement in statements:
            connection.execute(statement)

"""Tells errors of the machine (disk, memory, locks) from errors that the data causes."""

import errno

import duckdb

from mailsight.errors import DatabaseUnreadable, LoadBroken, MailsightError

_MACHINE = (
    duckdb.ConnectionException,
    duckdb.InterruptException,
    duckdb.IOException,
    duckdb.PermissionException,
    duckdb.ResourceInUseException,
    duckdb.TransactionException,
)
_MEMORY = (MemoryError, duckdb.OutOfMemoryException)
# After these, DuckDB refuses every further statement of the connection.
_FATAL = (duckdb.FatalException, duckdb.InternalException)
# Functions on plain values raise OSError too, such as `datetime.fromtimestamp` for a year that can't be.
_VALUES = (None, errno.EDOM, errno.EILSEQ, errno.EINVAL, errno.EOVERFLOW, errno.ERANGE)
# DuckDB reports a full disk as out of memory or as fatal, depending on what it was writing.
_DISK = ("no space left", "disk quota", "could not write", "io error", "max_temp_directory_size")
# In every class of error, when DuckDB reads a block whose checksum doesn't match.
_DAMAGED = "corrupt database file"


def stops_load(error: BaseException) -> bool:
    """Whether a load can't go on after this error, not even without the item that it happened to."""
    if isinstance(error, LoadBroken):
        return is_machines(error)
    # DuckDB limits its own memory, and fewer rows need less of it.
    return isinstance(error, (MemoryError, *_FATAL, MailsightError)) or is_machines(error)


def ends_process(error: BaseException) -> bool:
    """Whether the process can't go on after this error, but another one may without the item that it happened to."""
    return isinstance(error, (MemoryError, *_FATAL)) and not is_machines(error)


def is_damage(error: BaseException) -> bool:
    """Whether a database file is damaged."""
    return isinstance(error, duckdb.Error) and _DAMAGED in str(error).lower()


def is_machines(error: BaseException) -> bool:
    """Whether the machine or its configuration is the reason, so that the same data may load later."""
    if isinstance(error, LoadBroken):
        return error.__cause__ is not None and is_machines(error.__cause__)
    if isinstance(error, DatabaseUnreadable):
        return True
    if isinstance(error, MailsightError):
        # Without a cause, it says itself what the machine lacks.
        return error.__cause__ is None or is_machines(error.__cause__)
    if isinstance(error, OSError):
        return error.errno not in _VALUES
    if isinstance(error, (*_MEMORY, *_FATAL)):
        return any(words in str(error).lower() for words in (*_DISK, _DAMAGED))
    return isinstance(error, _MACHINE) or is_damage(error)

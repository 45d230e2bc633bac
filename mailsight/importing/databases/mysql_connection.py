"""Connections to MySQL and MariaDB: their addresses, encryption, and values of any type, zone and character set."""

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailsight.errors import ImportFailed
from mailsight.importing.registry import library

SCHEMES = {"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"}
_PARAMETERS = {
    "prefix",
    "user_prefix",
    "unix_socket",
    "ssl",
    "ssl_mode",
    "ssl_ca",
    "ssl_cert",
    "ssl_key",
}
_WHOLE = ("TINY", "SHORT", "LONG", "INT24", "LONGLONG", "YEAR")
_FRACTIONS = ("DECIMAL", "NEWDECIMAL", "FLOAT", "DOUBLE")
_TEXTS = ("VARCHAR", "VAR_STRING", "STRING", "TINY_BLOB", "MEDIUM_BLOB", "LONG_BLOB", "BLOB", "JSON", "ENUM", "SET",
          "TIME")  # fmt: skip
# Times of type TIMESTAMP arrive in UTC, and strings in UTF-8, whatever the server's defaults are.
SESSION = (
    "set session time_zone = '+00:00', sql_mode = '', wait_timeout = 28800, net_write_timeout = 600",
    "set session transaction isolation level repeatable read",
    "start transaction with consistent snapshot, read only",
)


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportFailed(
            f"There is no time zone {name!r}.", next_step="Use a name such as Europe/Amsterdam."
        ) from error


def address(where: str) -> tuple[SplitResult, dict[str, str]]:
    not_valid = ImportFailed(
        "This is not the address of a MySQL or MariaDB database.",
        next_step="Write it as mysql://user:password@host:3306/database, with special characters as %40.",
    )
    try:
        address = urlsplit(where)
        _ = address.port
    except ValueError as error:
        raise not_valid from error
    if address.scheme not in SCHEMES or not address.path.strip("/"):
        raise not_valid
    parameters = dict(parse_qsl(address.query, keep_blank_values=True))
    parameters = {name.replace("-", "_").lower(): value for name, value in parameters.items()}
    if unknown := sorted(set(parameters) - _PARAMETERS):
        raise ImportFailed(
            f"The database's address has an unknown parameter: {unknown[0]}.",
            next_step=f"Known are {', '.join(sorted(_PARAMETERS))}.",
        )
    return address, parameters


def connect(address: SplitResult, parameters: Mapping[str, str], zone: ZoneInfo) -> Any:
    """Connects. A user or password that the address doesn't have comes from the user's own `.my.cnf`."""
    own_file = Path("~/.my.cnf").expanduser()
    return library("pymysql").connect(
        read_default_file=str(own_file) if not address.password and own_file.is_file() else None,
        host=address.hostname or "localhost",
        port=address.port or 3306,
        user=unquote(address.username or ""),
        password=unquote(address.password or ""),
        database=unquote(address.path.strip("/")),
        unix_socket=parameters.get("unix_socket") or None,
        charset="utf8mb4",
        use_unicode=False,
        conv=_converters(zone),
        cursorclass=library("pymysql.cursors").DictCursor,
        connect_timeout=20,
        read_timeout=1_800,
        **_tls(parameters),
    )


def _tls(parameters: Mapping[str, str]) -> dict[str, Any]:
    """How to encrypt the connection, by the parameters of MySQL's own clients. By default, it is encrypted if the
    server can, without a look at its certificate."""
    mode = parameters.get("ssl_mode", "").upper().replace("-", "_")
    switch = parameters.get("ssl", "").lower()
    authorities, certificate = parameters.get("ssl_ca"), parameters.get("ssl_cert")
    if mode == "DISABLED" or switch in ("0", "false", "off", "no"):
        return {"ssl_disabled": True}
    if not switch and not authorities and not certificate and mode in ("", "PREFERRED"):
        return {}
    context = ssl.create_default_context(cafile=authorities)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # what MySQL and MariaDB generate doesn't pass
    context.check_hostname = mode in ("", "VERIFY_IDENTITY")
    if mode == "REQUIRED":
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate, parameters.get("ssl_key"))
    return {"ssl": context}


def _converters(zone: ZoneInfo) -> dict[Any, Callable[..., Any]]:
    def local(value: bytes) -> datetime | None:
        time = _naive(value)
        return time and time.replace(tzinfo=zone).astimezone(UTC)

    def utc(value: bytes) -> datetime | None:
        time = _naive(value)
        return time and time.replace(tzinfo=UTC)

    by_type: dict[str, Callable[..., Any]] = {
        **dict.fromkeys(_WHOLE, int),
        **dict.fromkeys(_FRACTIONS, float),
        **dict.fromkeys(_TEXTS, _text),
        "DATETIME": utc if zone.key == "UTC" else local,
        "TIMESTAMP": utc,
        "DATE": _date,
        "NEWDATE": _date,
        "BIT": lambda value: int.from_bytes(value, "big"),
    }
    numbers = vars(library("pymysql.constants.FIELD_TYPE"))
    encoders: dict[Any, Callable[..., Any]] = library("pymysql.converters").encoders
    return encoders | {numbers[name]: convert for name, convert in by_type.items()}


def _naive(value: bytes) -> datetime | None:
    """MySQL also stores days that don't exist, such as 0000-00-00."""
    try:
        return datetime.fromisoformat(value.decode("ascii"))
    except ValueError:
        return None


def _date(value: bytes) -> str | None:
    return value.decode("ascii") if _naive(value) else None


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("windows-1252", "replace")
    return text.replace("\0", "")


def reason(error: Exception) -> str:
    """The server's own words, without the number before them. They name no password."""
    message = str(error.args[-1] if error.args else error).strip() or type(error).__name__
    return message.rstrip(".")

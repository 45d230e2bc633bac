"""secrets.toml: reads the files and checks them, so that a mistake stops the server instead of opening it.

Mailsight reads `[auth]`, with which people sign in, `[[roles]]`, `[webhooks]` and `[import]`. The files may also hold
sections of other programs, but nothing that looks like a misspelt or misplaced one of these.
"""

import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from mailsight.errors import BadSetting
from mailsight.importing import schedule
from mailsight.importing.schedule import Job
from mailsight.providers import checking
from mailsight.providers.registry import PROVIDERS

from . import roles
from .access import Grant
from .hosts import LOOPBACK

Section = Mapping[str, Any]

MAX_FILE_BYTES = 1_000_000
MIN_COOKIE_SECRET_LENGTH = 16
MAX_TIMEOUT = 60
PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
_SHARED_KEYS = ("redirect_uri", "cookie_secret")
_OPTIONAL_KEYS = ("client_kwargs", "expose_tokens")
_AUTH_KEYS = (*_SHARED_KEYS, *PROVIDER_KEYS, *_OPTIONAL_KEYS)
# What people call `[auth]`, or start the names of its keys with.
_AUTH_NAMES = (
    "oauth",
    "oauth2",
    "oidc",
    "openid",
    "openidconnect",
    "signin",
    "signon",
    "login",
    "sso",
    "saml",
)
# Keys that no other program's section has.
_OUR_KEYS = ("cookiesecret", "servermetadataurl")
# The settings in client_kwargs that Authlib reads; it ignores a misspelt one. `timeout` is in seconds.
_CLIENT_KEYS = (
    "scope",
    "prompt",
    "login_hint",
    "proxy",
    "response_mode",
    "code_challenge_method",
    "token_endpoint_auth_method",
)
_CALLBACK = "/oauth2callback"
# Such files, secrets.toml.example for one, may lie beside secrets.toml.
_EXAMPLE = re.compile(r"example|sample|template|dist$")


class Sections(NamedTuple):
    """What Mailsight reads of the files; empty if there is none."""

    auth: Section
    webhooks: Section
    imports: tuple[Job, ...]
    grants: tuple[Grant, ...]


def contents(paths: Iterable[Path], *, required: bool) -> dict[Path, str]:
    """The texts of the files that exist, by path. Raises `BadSetting` for one that exists but can't be read.

    `required`: whether the files must exist, because the operator named them. A folder stands for the files in it, as
    Kubernetes mounts secrets.
    """
    texts: dict[Path, str] = {}
    for path in paths:
        if required and _mode(path) == stat.S_IFDIR:
            texts |= {file: _text(file) for file in sorted(path.glob("[!.]*/[!.]*")) if not file.is_dir()}
            if not texts:
                _refuse(path, "the folder holds no secrets")
        elif _exists(path, required=required):
            if path.suffix != ".toml":
                _refuse(path, "the name of the file must end in .toml")
            texts[path] = _text(path)
    return texts


def sections(texts: Mapping[Path, str]) -> Sections:
    """The sections of the files; of a section in several files, or of a provider's webhook, the last counts.

    Raises `BadSetting`.
    """
    auth: Section = {}
    webhooks: Section = {}
    imports: tuple[Job, ...] = ()
    grants: tuple[Grant, ...] = ()
    for path, tables in _tables(texts):
        text = texts.get(path, "")
        for name, value in tables.items():
            if name == "auth":
                _check_auth(path, text, value)
                auth = value
            elif name == "webhooks":
                _check_webhooks(path, text, value)
                webhooks = {**webhooks, **value}
            elif name == "import":
                imports = _imports(path, text, value)
            elif name == "roles":
                grants = _roles(path, text, value)
            else:
                _check_stranger(path, text, name, value)
    return Sections(auth, webhooks, imports, grants)


def providers(auth: Section) -> tuple[str, ...]:
    """The names of the identity providers in `[auth]`; "default" for the one without a name."""
    named = [
        name for name, value in auth.items() if isinstance(value, Mapping) and name not in _OPTIONAL_KEYS
    ]
    return (*(["default"] if "client_id" in auth else []), *named)


def _exists(path: Path, *, required: bool) -> bool:
    mode = _mode(path)
    if mode is None:
        for place in (path.parent, path):
            if place.is_symlink() and not place.exists():
                _refuse(place, "the link points to a file that does not exist")
        if required:
            _refuse(path, "the file does not exist")
        if similar := [name for name in _names_beside(path) if _is_near_name(name)]:
            _refuse(path.parent / similar[0], "the file is not read under this name; call it secrets.toml")
        outside = path.parent.parent / "secrets.toml"
        is_home = str(outside.parent) == os.path.expanduser("~")  # noqa: PTH111  # never raises
        if not is_home and os.path.isfile(outside):  # noqa: PTH113  # never raises
            _refuse(outside, f"the file is not read here; move it into the folder {path.parent.name}")
        return False
    return True


def _mode(path: Path) -> int | None:
    """Whether there is a file, a folder or something else: a constant of `stat`, or None for nothing."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(path, f"the file can't be read ({error.strerror})", error)


def _names_beside(path: Path) -> list[str]:
    try:
        return sorted(file.name for file in path.parent.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        _refuse(path.parent, f"the folder can't be read ({error.strerror})", error)


def _is_near_name(name: str) -> bool:
    """Whether a file looks like secrets.toml, misspelt or as an interrupted editor or copy leaves it."""
    plain = _plain(name)
    return plain.startswith("secret") and not _EXAMPLE.search(plain)


def _text(path: Path) -> str:
    if (mode := _mode(path)) not in (None, stat.S_IFREG):  # opening a pipe would block
        _refuse(path, "it is a folder" if mode == stat.S_IFDIR else "it is not a file")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        _refuse(path, f"the file can't be read ({error.strerror})", error)
    if len(content) > MAX_FILE_BYTES:
        _refuse(path, "the file is larger than a megabyte")
    if not content.strip():  # as after an editor or a copy that met a full disk
        _refuse(path, "the file is empty")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(path, "the file is not UTF-8 text", error)


def _tables(texts: Mapping[Path, str]) -> Iterator[tuple[Path, Section]]:
    folders: dict[Path, dict[str, Any]] = {}
    for path, text in texts.items():
        if path.suffix == ".toml":
            try:
                tables = tomllib.loads(text)
            except (ValueError, RecursionError) as error:
                _refuse(path, f"the file is not valid TOML: {error}", error)
            if not tables:  # as when it was cut off after its first comments
                _refuse(path, "nothing is set in the file")
            yield path, tables
        else:  # FOLDER/SECTION/KEY
            folders.setdefault(path.parent, {})[path.name] = text.strip()
    for folder, values in folders.items():
        yield folder, {folder.name: values}


def _check_auth(path: Path, text: str, auth: Any) -> None:
    if not isinstance(auth, Mapping):
        _refuse(path, "auth must be a section, [auth]", line=_line(text, "auth"))
    for name, value in auth.items():
        if isinstance(value, Mapping) and name not in _OPTIONAL_KEYS:
            _check_provider(path, text, name, value)
        elif name not in _AUTH_KEYS:
            _refuse(path, _unknown(name, "[auth]", _AUTH_KEYS), line=_line(text, name))
    for name in _SHARED_KEYS:
        _check_text(path, text, auth, name, "[auth]")
    named = providers(auth)
    if "default" in named or not named or any(name in auth for name in PROVIDER_KEYS):
        for name in PROVIDER_KEYS:
            _check_text(path, text, auth, name, "[auth]")
        _check_metadata_url(path, text, auth)
    _check_redirect_uri(path, text, auth["redirect_uri"])
    if len(secret := auth["cookie_secret"]) < MIN_COOKIE_SECRET_LENGTH or len(set(secret)) < 5:
        _refuse(
            path,
            f"cookie_secret is too easy to guess; use {MIN_COOKIE_SECRET_LENGTH} random characters or more",
            line=_line(text, "cookie_secret"),
        )
    _check_options(path, text, auth)


def _check_provider(path: Path, text: str, name: str, section: Section) -> None:
    where, line = f"[auth.{name}]", _line(text, name)
    if not re.fullmatch(r"[A-Za-z0-9-]+", name) or name == "default":
        _refuse(path, f"{where} needs another name, of letters, digits and hyphens", line=line)
    allowed = (*PROVIDER_KEYS, "client_kwargs")
    for key in section:
        if key not in allowed:
            _refuse(path, _unknown(key, where, allowed), line=_line(text, key))
    for key in PROVIDER_KEYS:
        _check_text(path, text, section, key, where)
    _check_metadata_url(path, text, section)
    _check_options(path, text, section)


def _check_text(path: Path, text: str, section: Section, key: str, where: str) -> None:
    line = _line(text, key)
    if key not in section:
        _refuse(path, f"{where} needs {key}")
    value = section[key]
    if not isinstance(value, str):
        _refuse(path, f"{key} in {where} must be text in quotes", line=line)
    if not value.strip():
        _refuse(path, f"{key} in {where} is empty", line=line)
    if value != value.strip() or not value.isprintable():
        _refuse(path, f"{key} in {where} has spaces around it, or characters that can't be seen", line=line)
    if checking.is_placeholder(value.replace("{port}", "")):
        _refuse(path, f"{key} in {where} is still a placeholder; put your own value there", line=line)


def _check_redirect_uri(path: Path, text: str, value: str) -> None:
    line = _line(text, "redirect_uri")
    url = value.replace("{port}", "8501")
    if not _is_safe_url(url):
        _refuse(
            path,
            "redirect_uri must start with https:// (or http://localhost, on your own machine)",
            line=line,
        )
    parts = urlsplit(url)
    if not parts.path.endswith(_CALLBACK) or parts.query or parts.fragment:
        _refuse(path, f"redirect_uri must end in {_CALLBACK}", line=line)


def _check_metadata_url(path: Path, text: str, section: Section) -> None:
    if not _is_safe_url(section["server_metadata_url"]):
        _refuse(path, "server_metadata_url must start with https://", line=_line(text, "server_metadata_url"))


def _check_options(path: Path, text: str, section: Section) -> None:
    line = _line(text, "client_kwargs")
    options = section.get("client_kwargs", {})
    if not isinstance(options, Mapping):
        _refuse(path, 'client_kwargs must be a table: { prompt = "login" }', line=line)
    if "verify" in options:
        _refuse(path, "client_kwargs must not change how certificates are checked (verify)", line=line)
    _check_client(path, line, options)
    tokens = section.get("expose_tokens", [])
    names = [tokens] if isinstance(tokens, str) else tokens
    if not isinstance(names, list) or not all(name in ("id", "access") for name in names):
        _refuse(path, 'expose_tokens must be "id" or "access", or a list', line=_line(text, "expose_tokens"))


def _check_client(path: Path, line: int | None, options: Section) -> None:
    for name, value in options.items():
        if name == "timeout":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_TIMEOUT:
                _refuse(path, f"timeout in client_kwargs must be seconds, up to {MAX_TIMEOUT}", line=line)
        elif name not in _CLIENT_KEYS:
            _refuse(path, _unknown(name, "client_kwargs", (*_CLIENT_KEYS, "timeout")), line=line)
        elif not isinstance(value, str) or not value.strip():
            _refuse(path, f"{name} in client_kwargs must be text in quotes", line=line)
    if options.get("code_challenge_method", "S256") != "S256":
        _refuse(path, 'code_challenge_method in client_kwargs must be "S256"', line=line)
    scope = options.get("scope", "openid")
    if "openid" not in scope.split():
        _refuse(path, "scope in client_kwargs must contain openid", line=line)


def _is_safe_url(value: str) -> bool:
    """Whether it is an https:// URL, or an http:// URL of this machine."""
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port  # raises ValueError for an invalid one
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or re.search(r"\s|\\", value):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def _check_webhooks(path: Path, text: str, webhooks: Any) -> None:
    """Checks the types; names and forms of the secrets are checked together with those from the environment."""
    if not isinstance(webhooks, Mapping):
        _refuse(path, "webhooks must be a section, [webhooks.PROVIDER]", line=_line(text, "webhooks"))
    for provider, secrets in webhooks.items():
        where = f"[webhooks.{provider}]"
        if provider not in PROVIDERS:
            _refuse(path, _unknown(provider, "[webhooks]", PROVIDERS), line=_line(text, provider))
        if not isinstance(secrets, Mapping) or not secrets:
            _refuse(
                path, f"{where} must be a section with this provider's secrets", line=_line(text, provider)
            )
        names = [secret.name for secret in PROVIDERS[provider].secrets]
        for name, value in secrets.items():
            if name not in names:
                _refuse(path, _unknown(name, where, names), line=_line(text, name))
            if not isinstance(value, str) or not value.strip():
                problem = "is empty" if isinstance(value, str) else "must be text in quotes"
                _refuse(path, f"{name} in {where} {problem}", line=_line(text, name))


def _imports(path: Path, text: str, imports: Any) -> tuple[Job, ...]:
    if not isinstance(imports, Mapping) or not all(isinstance(each, Mapping) for each in imports.values()):
        _refuse(path, "import must be sections, [import.NAME]", line=_line(text, "import"))
    jobs = []
    for name, section in imports.items():
        for key in section:
            if key not in schedule.KEYS:
                _refuse(path, _unknown(key, f"[import.{name}]", schedule.KEYS), line=_line(text, key))
        try:
            jobs.append(schedule.job(name, section))
        except BadSetting as error:
            _refuse(path, f"[import.{name}] {error.message}", line=_line(text, name))
    return tuple(jobs)


def _roles(path: Path, text: str, entries: Any) -> tuple[Grant, ...]:
    line = _line(text, "roles")
    is_array = isinstance(entries, list) and all(isinstance(entry, Mapping) for entry in entries)
    if not is_array or not entries:
        _refuse(path, "roles must be entries, each below a line [[roles]]", line=line)
    grants = []
    for number, entry in enumerate(entries, 1):
        for key in entry:
            if key not in roles.KEYS:
                _refuse(path, _unknown(key, "[[roles]]", roles.KEYS), line=_line(text, key))
        try:
            grants.append(roles.grant(entry))
        except BadSetting as error:
            _refuse(path, f"[[roles]] entry {number} {error.message.removesuffix('.')}", line=line)
    return tuple(grants)


def _check_stranger(path: Path, text: str, name: str, value: Any) -> None:
    """Refuses what looks like a misspelt or misplaced part of our sections, so that it doesn't go unnoticed."""
    line = _line(text, name)
    plain = _plain(name)
    if isinstance(value, Mapping | list):
        if meant := _meant(plain):
            _refuse(path, f"[{name}] is not read; {meant}", line=line)
    elif plain.startswith(("auth", *_AUTH_NAMES)) or any(
        _edits(plain, _plain(key)) <= 2 for key in _AUTH_KEYS
    ):
        _refuse(path, f"{name} is outside [auth]; move it there", line=line)
    for inner, content in _items(value):
        if _is_of_auth(_plain(inner), content):
            _refuse(path, f"{inner} is in [{name}]; move it to [auth]", line=_line(text, inner))
        provider = PROVIDERS.get(inner.lower())
        if (
            provider
            and isinstance(content, Mapping)
            and any(each.name in content for each in provider.secrets)
        ):
            _refuse(path, f"[{name}.{inner}] is not read; write [webhooks.{provider.name}]", line=line)
    if isinstance(value, list) and any(isinstance(entry, Mapping) and "role" in entry for entry in value):
        _refuse(path, f"[[{name}]] is not read; write [[roles]]", line=line)


def _is_of_auth(plain: str, value: Any) -> bool:
    is_callback = isinstance(value, str) and value.endswith(_CALLBACK)
    return is_callback or plain == "auth" or any(_edits(plain, key) <= 2 for key in _OUR_KEYS)


def _meant(plain: str) -> str:
    """What to do instead of a section whose name looks like one of ours; empty for others."""
    if plain.startswith("auth") or plain in _AUTH_NAMES or _edits(plain, "auth") <= 1:
        return "write [auth]"
    for start, name, edits, written in (
        ("webhook", "webhooks", 2, "[webhooks.PROVIDER]"),
        ("import", "import", 1, "[import.NAME]"),
        ("role", "roles", 1, "[[roles]]"),
    ):
        if plain.startswith(start) or _edits(plain, name) <= edits:
            return f"write {written}"
    if plain in PROVIDERS:
        return f"write [webhooks.{plain}]"
    return "set the MAILSIGHT_... variables instead" if _edits(plain, "mailsight") <= 2 else ""


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key, inner
            yield from _items(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _items(inner)


def _unknown(name: str, where: str, known: Iterable[str]) -> str:
    nearest = min(known, key=lambda key: _edits(_plain(name), _plain(key)))
    meant = f"; did you mean {nearest}?" if _edits(_plain(name), _plain(nearest)) <= 3 else ""
    return f"{where} has no setting {name}{meant}"


def _plain(name: str) -> str:
    """Letters and digits only, in lower case, so that `cookie-secret` and `cookieSecret` are the same."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _edits(name: str, other: str) -> int:
    """How many letters differ, are missing, are too many or are swapped with the next one."""
    if abs(len(name) - len(other)) > 3:
        return 4
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(name, 1):
        before, last, row = row, before, [i]
        for j, expected in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != expected))
            if last and j > 1 and letter == other[j - 2] and name[i - 2] == expected:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _line(text: str, name: str) -> int | None:
    """The number of the first line that mentions the name, comments aside."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line.split("#")[0].split("=")[0]):
            return number
    return None


def _refuse(path: Path, problem: str, cause: Exception | None = None, *, line: int | None = None) -> NoReturn:
    place = f"{path}, line {line}" if line else str(path)
    raise BadSetting(
        f"{place}: {problem}.",
        next_step="Correct it, or remove the file if you want neither sign-in, webhooks nor imports, and start again.",
    ) from cause

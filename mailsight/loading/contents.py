"""Reads the e-mails that the rows of a bundle name, and stores each once, with its links."""

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from mailsight.errors import UnusableMail
from mailsight.figures.metrics import share
from mailsight.mail.content import content_id
from mailsight.mail.links import Link, links
from mailsight.mime import bodies
from mailsight.mime import files as mail_files
from mailsight.warehouse.draft import Draft

from . import arrivals, bundle_files
from .bundle_files import BundleFile
from .derive import Progress
from .refusals import Refusal, Refusals
from .refusing import Failure, atomic, isolated, tried, tried_bounded

BATCH_MAILS = 500
BATCH_CHARACTERS = 2**24
# Mail servers accept up to 25 MB, some up to 50.
MAX_MAIL_BYTES = 50 * 2**20


def read_contents(work: Draft, refusals: Refusals, files: Sequence[BundleFile], progress: Progress) -> None:
    """Reads every e-mail that staged rows refer to; rejects the rows with an unreadable e-mail."""
    by_path = {str(file.readable): file for file in files}
    read: dict[Path, Header] = {}
    [(total,)] = work.run("staged_path_count")
    if not total:
        return
    done, last = 0, ("", "")
    while page := work.run("staged_paths", file=last[0], path=last[1], most=BATCH_MAILS):
        progress(0.45 + 0.05 * (share(done, total) or 0.0), f"Reading e-mails, {done:,} of {total:,}")
        done, last = done + len(page), page[-1]
        mails = _Mails(work, refusals, read)
        for file, name in page:
            mails.add(by_path[file], name)
        mails.store()
    work.run("refuse_missing_contents")


@dataclass(frozen=True, slots=True)
class Received:
    """What a raw mail holds besides its contents. `attachments` are JSON. See the table archived_mails."""

    headers: str
    attachments: str
    charset: str | None
    signature: str | None
    size_bytes: int


def received(mail: bodies.Mail, size_bytes: int) -> Received | None:
    """What to keep of a raw mail besides its contents; None for other files."""
    if mail.headers is None:
        return None
    attachments = json.dumps([asdict(attachment) for attachment in mail.attachments], ensure_ascii=False)
    headers, attachments = (
        text.encode("utf-8", "replace").decode("utf-8") for text in (mail.headers, attachments)
    )
    return Received(headers, attachments, mail.charset, mail.signature, size_bytes)


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of an e-mail once it is stored. A field that its file doesn't have is None."""

    content_id: str
    subject: str | None = None
    from_name: str | None = None
    from_email: str | None = None
    received: Received | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail, with its links; a `Failure` if they could not be read."""

    header: Header
    html: str
    text: str | None
    links: list[Link] | Failure


class _Mails:
    """A batch of e-mails; `read` maps each path read so far to the header of its e-mail."""

    def __init__(self, work: Draft, refusals: Refusals, read: dict[Path, Header]) -> None:
        self._work = work
        self._refusals = refusals
        self._read = read
        self._files: list[tuple[str, str, Header | Failure]] = []
        self._mails: dict[str, Mail] = {}
        self._characters = 0

    def add(self, file: BundleFile, name: str) -> None:
        """Reads the e-mail that a row of the file names."""
        self._files.append((str(file.readable), name, tried(self._header, file, name)))
        if self._characters > BATCH_CHARACTERS:
            self.store()

    def _header(self, file: BundleFile, name: str) -> Header | Failure:
        try:
            path = bundle_files.content_path(file.root, name)
            if path in self._read:
                return self._read[path]
            mail = read_mail(path)
        except UnusableMail as error:
            return Failure(error.message)
        if isinstance(mail.links, Failure):
            reason = f"its links {mail.links.reason}; the e-mail was added without them"
            self._refusals.add(Refusal(file.kind, name, None, reason, ""))
        self._read[path] = mail.header
        self._mails.setdefault(mail.header.content_id, mail)
        self._characters += len(mail.html) + len(mail.text or "")
        return mail.header

    def store(self) -> None:
        """Stores the batch and empties it."""
        failures = {
            mail.header.content_id: failure
            for mail, failure in isolated(list(self._mails.values()), partial(store, self._work))
        }
        rows: list[tuple[object, ...]] = []
        for file, name, header in self._files:
            if isinstance(header, Failure):
                rows.append((file, name, header.reason, *_NOTHING))
            elif header.content_id in failures:
                rows.append((file, name, f"{name} {failures[header.content_id].reason}", *_NOTHING))
            else:
                known = (header.content_id, header.subject, header.from_name, header.from_email)
                kept = astuple(header.received) if header.received else _NOTHING[len(known) :]
                rows.append((file, name, None, *known, *kept))
        with self._work.table("files", rows, _FILES):
            self._work.run("add_content_files")
        self._files, self._mails, self._characters = [], {}, 0


def store(work: Draft, mails: Sequence[Mail]) -> None:
    """Stores the contents of e-mails that are not known yet, with their links."""
    contents = [(mail.header.content_id, mail.html, mail.text) for mail in mails]
    rows = [
        (mail.header.content_id, link.link_position, link.url, link.label)
        for mail in mails
        if not isinstance(mail.links, Failure)
        for link in mail.links
    ]
    with (
        work.table("read_contents", contents, _strings("content_id", "html", "text")),
        work.table("read_links", rows, _LINKS),
        atomic(work),
    ):
        arrivals.leave_out(work, "words_of_mails")
        work.run("merge_contents")


def _strings(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


_FILES = pa.schema(
    [
        *_strings("file", "path", "refusal", "content_id", "subject", "from_name", "from_email"),
        *_strings("headers", "attachments", "charset", "signature"),
        ("size_bytes", pa.int64()),
    ]
)
_NOTHING = (None,) * len(_FILES.names[3:])
_LINKS = pa.schema(
    [("content_id", pa.string()), ("link_position", pa.int32()), ("url", pa.string()), ("label", pa.string())]
)


def read_mail(path: Path) -> Mail:
    """Reads a file that holds an e-mail, of any kind that `mime.files` knows.

    Raises `UnusableMail`.
    """
    try:
        if path.stat().st_size > MAX_MAIL_BYTES:
            raise UnusableMail(f"{path.name} is larger than {MAX_MAIL_BYTES // 2**20} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableMail(f"{path.name} can't be read: {error.strerror}") from error
    mail = tried_bounded(_read, raw, path.name)
    if isinstance(mail, Failure):
        raise UnusableMail(f"{path.name} {mail.reason}")
    html = bodies.page(mail)
    kept = received(mail, len(raw))
    header = Header(content_id(html, mail.text), mail.subject, mail.from_name, mail.from_email, kept)
    return Mail(header, html, mail.text, tried_bounded(links, html))


def _read(raw: bytes, name: str) -> bodies.Mail | Failure:
    try:
        return mail_files.read(raw, name)
    except UnusableMail as error:
        return Failure(error.message)

"""The mails in archives of every kind, and archives that mean harm."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from mailsight.errors import NotABundle
from mailsight.loading import archive_files, archive_streams, unpacking
from mailsight.loading.archive_files import Archive
from tests.support.archives import mailbox, raw_mail

ONE, TWO = raw_mail(Subject="One"), raw_mail(Subject="Two")
BOX = mailbox(ONE, TWO)
HTML = b"<html><p>Hi</html>"


def zipped(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def read(path: Path, tmp_path: Path) -> tuple[list[tuple[str, int, str]], list[tuple[str, str]]]:
    """The mails by file, position and subject, and what was passed over."""
    folder = tmp_path / "temporary"
    folder.mkdir(exist_ok=True)
    archive = Archive([path], folder)
    mails = []
    for mail in archive.mails():
        assert 0 <= archive.done <= 1
        subject = mail.raw.partition(b"Subject: ")[2].partition(b"\n")[0].decode()
        mails.append((mail.file, mail.position, mail.problem or subject))
    assert not list(folder.iterdir())
    return mails, [(passed.name, passed.reason) for passed in archive.unread]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.eml", ONE, [("a.eml", 1, "One")]),
        ("a", ONE.replace(b"\n", b"\r\n"), [("a", 1, "One\r")]),
        ("a.emlx", b"%d\n" % len(ONE) + ONE, [("a.emlx", 1, "One")]),
        ("inbox", BOX, [("inbox", 1, "One"), ("inbox", 2, "Two")]),
        ("a.mbox.gz", gzip.compress(BOX), [("a.mbox.gz", 1, "One"), ("a.mbox.gz", 2, "Two")]),
        ("a.eml.zst", zstandard.compress(ONE), [("a.eml.zst", 1, "One")]),
        ("a.mbox.bz2", bz2.compress(BOX), [("a.mbox.bz2", 1, "One"), ("a.mbox.bz2", 2, "Two")]),
        ("a.mbox.xz", lzma.compress(BOX), [("a.mbox.xz", 1, "One"), ("a.mbox.xz", 2, "Two")]),
        ("a.zip", zipped({"x": BOX, "y.txt": HTML, "__MACOSX/y": ONE}), [("a.zip/x", 1, "One"), ("a.zip/x", 2, "Two")]),
        ("a.tar", tarred({"./y": ONE, "z/cur/1:2,S": TWO}), [("a.tar/./y", 1, "One"), ("a.tar/z/cur/1:2,S", 1, "Two")]),
        ("a.tgz", gzip.compress(tarred({"y.eml": ONE})), [("a.tgz/y.eml", 1, "One")]),
        ("a.zip", zipped({"b.zip": zipped({"x.gz": gzip.compress(ONE)})}), [("a.zip/b.zip/x.gz", 1, "One")]),
        ("a.zip", zipped({"b": tarred({"y": ONE}), "z": TWO}), [("a.zip/b/y", 1, "One"), ("a.zip/z", 1, "Two")]),
    ],
)  # fmt: skip
def test_an_archive_of_every_kind(
    name: str, content: bytes, expected: list[tuple[str, int, str]], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert read(tmp_path / name, tmp_path) == (expected, [])


def test_a_folder_with_maildir_and_what_programs_keep_beside(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    files = {
        "inbox": BOX,
        "inbox.msf": b"// index",
        "Maildir/cur/1:2,S": ONE,
        "Maildir/new/2": TWO,
        "Maildir/tmp/3": ONE,
        "Maildir/dovecot.index": b"\1\2",
        "Maildir/.Sent/cur/4": ONE,
        ".hidden/cache": ONE,
        ".git/x.eml": ONE,
        "Apple/INBOX.mbox/a/Data/1/2/Messages/5.emlx": b"%d\n" % len(TWO) + TWO,
        "report.pdf": b"%PDF-1.4",
        "page.html": HTML,
        "empty.eml": b"",
        "export.pst": b"!BDN" + bytes(100),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    mails, passed_over = read(folder, tmp_path)
    assert [(name, subject) for name, _, subject in mails] == [
        ("inbox", "One"),
        ("inbox", "Two"),
        ("Apple/INBOX.mbox/a/Data/1/2/Messages/5.emlx", "Two"),
        ("Maildir/.Sent/cur/4", "One"),
        ("Maildir/cur/1:2,S", "One"),
        ("Maildir/new/2", "Two"),
    ]
    assert [name for name, _ in passed_over] == ["empty.eml", "export.pst", "page.html"]


def test_links_out_of_a_folder_pipes_and_circles_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (tmp_path / "secret.eml").write_bytes(ONE)
    (tmp_path / "elsewhere").mkdir()
    (folder / "a.eml").symlink_to(tmp_path / "secret.eml")
    (folder / "b.eml").symlink_to(folder / "b.eml")
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    (folder / "d.eml").write_bytes(TWO)
    os.mkfifo(folder / "e.eml")
    mails, passed_over = read(folder, tmp_path)
    assert mails == [("d.eml", 1, "Two")]
    assert [name for name, _ in passed_over] == ["c/", "a.eml", "b.eml", "e.eml"]


@pytest.mark.parametrize("name", ["missing.mbox", "pipe"])
def test_a_path_that_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotABundle):
        Archive([tmp_path / name], tmp_path)


def link(name: str) -> bytes:
    member = zipfile.ZipInfo(name)
    member.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, "/etc/passwd")
        archive.writestr("a.eml", ONE)
    return buffer.getvalue()


def tar_links() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("../../x.eml")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("a.eml")
        member.size = len(ONE)
        archive.addfile(member, io.BytesIO(ONE))
    return buffer.getvalue()


def locked() -> bytes:
    """A zip whose first file says that it needs a password."""
    raw = bytearray(zipped({"b.eml": TWO, "a.eml": ONE}))
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        raw[raw.find(signature) + place] |= 1
    return bytes(raw)


def nested(levels: int) -> bytes:
    content = ONE
    for _ in range(levels):
        content = zipped({"a.zip": content})
    return content


PAX = tarfile.TarInfo("x")
PAX.type, PAX.size = tarfile.XHDTYPE, 10**12


@pytest.mark.parametrize(
    ("content", "mails", "passed_over"),
    [
        (link("b.eml"), 1, ["it is a link."]),
        (tar_links(), 1, ["it is a link, or no regular file."] * 4),
        (locked(), 1, ["it needs a password."]),
        (zipped({"b.eml": TWO}, zipfile.ZIP_LZMA), 0, ["it is packed in an unusual way."]),
        (nested(3), 1, []),
        (nested(5), 0, ["it is packed more than 4 times."]),
        (gzip.compress(BOX)[:-20], 1, ["it is damaged, and was read up to there: Compressed file ended"]),
        (
            zipped({"a.eml": ONE})[:-30],
            0,
            ["it is damaged, and was read up to there: File is not a zip file."],
        ),
        (zipped({"a.eml": ONE}).replace(ONE[:9], b"xxxxxxxxx"), 1, []),
        (PAX.tobuf(tarfile.PAX_FORMAT), 0, ["it is damaged"]),
        (PAX.tobuf(tarfile.GNU_FORMAT) + tarred({"a.eml": ONE}), 0, ["it is damaged"]),
    ],
)
def test_what_cant_be_read_is_passed_over(
    content: bytes, mails: int, passed_over: list[str], tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(content)
    found, unread = read(tmp_path / "x", tmp_path)
    assert len(found) >= mails
    assert [
        reason[: len(expected)] for (_, reason), expected in zip(unread, passed_over, strict=True)
    ] == passed_over


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(BOX + bytes(3_000_000)),
        zipped({"a.mbox": BOX + bytes(3_000_000), "b.eml": ONE}),
        zipped(
            {f"{number}.zip": zipped({"a": BOX + bytes(300_000)}) for number in range(10)} | {"b.eml": ONE}
        ),
        gzip.compress(tarred({"a": bytes(3_000_000)})),
        gzip.compress(gzip.compress(BOX + bytes(3_000_000))),
    ],
    ids=["gzip", "zip", "zips in a zip", "tar", "twice"],
)
def test_bombs_end_at_the_limit(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS_ALLOWED_BYTES", 1_000_000)
    monkeypatch.setattr(unpacking, "MAX_RATIO", 1)
    taken: list[int] = []
    take = archive_streams.Budget.take

    def noted(self: archive_streams.Budget, size: int) -> None:
        taken.append(size)
        take(self, size)

    monkeypatch.setattr(archive_streams.Budget, "take", noted)
    (tmp_path / "x").write_bytes(content)
    _, unread = read(tmp_path / "x", tmp_path)
    assert sum(taken) < 3_000_000
    assert [reason.partition(" MB")[0] for _, reason in unread] == ["it unpacks to more than 0"]


def test_a_large_mail_is_refused_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_files, "MAX_MAIL_BYTES", 1_000_000)
    (tmp_path / "a.eml").write_bytes(ONE + b"x" * 2_000_000)
    [mail] = Archive([tmp_path / "a.eml"], tmp_path).mails()
    assert mail.problem == "is larger than 50 MB"
    assert len(mail.raw) < 100_000


def test_names_of_files_are_fit_for_the_screen(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(zipped({"\x1b[31mred\n/../../a.eml": ONE}))
    [(name, _, _)], _ = read(tmp_path / "x", tmp_path)
    assert name.isprintable()

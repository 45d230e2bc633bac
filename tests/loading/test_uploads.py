"""Uploads: who may upload files, and that no file name or content does harm."""

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest

from mailsight.errors import BadUpload, LoadRefused, NotABundle
from mailsight.loading import bundles, finding, uploads
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary
from tests.support.uploaded import BUNDLE, CAMPAIGNS, MAIL, UploadedFile, zipped
from tests.support.waiting import PATIENCE_SECONDS

BROWSER = {
    "Host": "localhost:8501",
    "Connection": "Upgrade",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache",
    "User-Agent": "Mozilla/5.0",
    "Upgrade": "websocket",
    "Origin": "http://localhost:8501",
    "Sec-WebSocket-Version": "13",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB",
    "Cookie": "_streamlit_xsrf=2",
    "Sec-WebSocket-Key": "x",
    "Sec-WebSocket-Extensions": "permessage-deflate",
    "Sec-WebSocket-Protocol": "streamlit",
}


def save_bundle(files: Sequence[uploads.UploadedFile], folder: Path) -> Path:
    """Saves the files; returns the folder with the bundle's tables."""
    return finding.tables_folder(uploads.unpacked(uploads.save(files, folder / "files")))


def at(host: str, origin: str | None = None) -> dict[str, str]:
    return {"Host": host, "Origin": f"http://{host}" if origin is None else origin}


@pytest.mark.parametrize(
    ("ip", "headers"),
    [
        (None, {}),
        ("127.0.0.1", at("127.0.0.1:8501")),
        ("::1", at("[::1]:8501")),
        (None, at("localhost")),
        (None, at("localhost:443", "https://localhost:443")),
    ],
)
def test_a_browser_on_the_same_machine_is_local(ip: str | None, headers: dict[str, str]) -> None:
    assert uploads.is_local(ip, BROWSER | headers, False)
    assert not uploads.is_local(ip, BROWSER | headers, True), (
        "behind a public name, a proxy may be the client"
    )


@pytest.mark.parametrize(
    "ip",
    ["192.0.2.7", "::ffff:127.0.0.1", "::ffff:7f00:1", "127.0.0.2", "127.1", "0.0.0.0", "::", "localhost",  # noqa: S104
     "127.0.0.1.example", "unknown", ""],
)  # fmt: skip
def test_no_other_address_is_local(ip: str) -> None:
    assert not uploads.is_local(ip, BROWSER, False)


@pytest.mark.parametrize(
    "headers",
    [
        at("mailsight.example"),
        at("localhost.attacker.example:8501"),
        at("localhost@attacker.example"),
        at("127.0.0.2:8501"),
        at("127.1"),
        at("0.0.0.0:8501"),
        at("[::ffff:127.0.0.1]:8501"),
        at("localhost.:8501"),
        at("LOCALHOST:8501"),
        at(""),
        at("localhost:8501", "http://localhost:3000"),
        at("localhost:8501", "http://attacker.example"),
        at("localhost:8501", "null"),
        at("localhost:8501", ""),
        *(
            {name: "x"}
            for name in (
                "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP", "x-via",
                "CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Request-Id", "Proxy-Connection", "traceparent",
            )
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_proxy_or_a_forged_header_is_not_local(headers: dict[str, str]) -> None:
    assert not uploads.is_local(None, BROWSER | headers, False)


def test_a_client_without_an_origin_is_not_local() -> None:
    assert not uploads.is_local(None, {"Host": "localhost:8501"}, False)
    assert not uploads.is_local(None, {}, False)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    "files",
    [
        [UploadedFile("b.zip", zipped(BUNDLE))],
        [UploadedFile("b.ZIP", zipped({f"spring/{name}": content for name, content in BUNDLE.items()}))],
        [UploadedFile("b.zip", zipped({f"a\\b\\{name}": content for name, content in BUNDLE.items()}))],
        [
            UploadedFile(
                "b.zip",
                zipped(BUNDLE | {"__MACOSX/._campaigns.csv": b"", ".DS_Store": b"", "x/Thumbs.db": b""}),
            )
        ],
        [UploadedFile(f"spring/{name}", content) for name, content in BUNDLE.items()],
        [UploadedFile("campaigns.csv", CAMPAIGNS), UploadedFile("spring.html", MAIL)],
    ],
    ids=["zip", "zip of a folder", "zip from Windows", "zip from a Mac", "folder", "single files"],
)
def test_a_bundle_can_be_uploaded_in_any_form(files: list[UploadedFile], tmp_path: Path) -> None:
    root = save_bundle(files, tmp_path / "upload")
    summary = bundles.load(tmp_path / "mailsight.duckdb", [root])
    assert not summary.refusals
    assert contents(root).items() >= BUNDLE.items()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "a/../../evil.csv",
        "/etc/evil.csv",
        "\\\\server\\evil.csv",
        "..\\evil.csv",
        "C:\\evil.csv",
        "c:evil.csv",
        "evil\x01.csv",
        "evil\u202e.csv",
        "x" * 256 + ".csv",
        "d/" * 20 + "x.csv",
        "./.",
    ],
)
def test_a_name_that_points_outside_the_folder_is_rejected(name: str, tmp_path: Path) -> None:
    for files in ([UploadedFile("b.zip", zipped({name: b"x"}))], [UploadedFile(name)]):
        with pytest.raises(BadUpload):
            save_bundle(files, tmp_path / "deep" / "upload")
    assert contents(tmp_path).keys() <= {"deep/upload/packed/b.zip"}


def moved(content: bytes) -> bytes:
    """A zip whose directory says that it starts a byte later than it does."""
    (start,) = struct.unpack("<I", content[-6:-2])
    return content[:-6] + struct.pack("<I", start + 1) + content[-2:]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a zip"),
        (b"PK\x03\x04 not really", "is not a zip"),
        (zipped(BUNDLE)[:-30], "is not a zip"),
        (
            zipped({"campaigns.csv": CAMPAIGNS}).replace(b"campaigns.csv", b"pictures.cs\x00."),
            "contains nothing",
        ),
        (zipped({"campaigns.csv": b"/etc/passwd"}, link="campaigns.csv"), "is a link, not a file"),
        (zipped({"campaigns.csv": b"0" * 50_000_000}), "too large"),
        (zipped({"a": b"x", "a/b.csv": b"x"}), "two files"),
        (zipped({"one/campaigns.csv": CAMPAIGNS, "two/events.csv": b"x"}), "in several folders"),
        (zipped({"readme.md": b"x", "logo.png": b"x"}), "contains nothing that can be loaded"),
        (b"PK\x01\x02" * 50_001, "more than 50,000 files"),
        (moved(zipped({"campaigns.csv": CAMPAIGNS})), "is not a readable zip"),
    ],
    ids=[
        "empty",
        "no zip",
        "cut off",
        "NUL",
        "link",
        "bomb",
        "clash",
        "two bundles",
        "no table",
        "too many",
        "a place before its start",
    ],
)
def test_a_bad_zip_is_rejected_with_the_reason(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(LoadRefused, match=reason):
        save_bundle([UploadedFile("b.zip", content)], tmp_path)


def test_the_limit_applies_to_the_real_size_of_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UNPACKED_BYTES", 20_000_000)
    content = zipped({"campaigns.csv": b"0" * 30_000_000}, compression=zipfile.ZIP_STORED)
    lying = content.replace(struct.pack("<I", 30_000_000), struct.pack("<I", 10))
    for upload in (content, lying):
        with pytest.raises(BadUpload):
            save_bundle([UploadedFile("b.zip", upload)], tmp_path / str(len(list(tmp_path.iterdir()))))


def test_a_zip_with_a_password_is_rejected(tmp_path: Path) -> None:
    content = bytearray(zipped(BUNDLE))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    with pytest.raises(BadUpload, match="needs a password"):
        save_bundle([UploadedFile("b.zip", bytes(content))], tmp_path)


def test_a_zip_cannot_be_combined_with_other_files(tmp_path: Path) -> None:
    with pytest.raises(BadUpload, match="combined with other files"):
        save_bundle([UploadedFile("b.zip", zipped(BUNDLE)), UploadedFile("campaigns.csv")], tmp_path)


def test_files_without_a_table_are_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(NotABundle):
        save_bundle([UploadedFile("holiday.html", MAIL)], tmp_path)


def test_a_providers_files_lose_their_paths(tmp_path: Path) -> None:
    files = [UploadedFile("../../events.json"), UploadedFile("C:\\x\\more.json.gz")]
    assert uploads.save_files(files, tmp_path) == [tmp_path / "events.json", tmp_path / "more.json.gz"]
    with pytest.raises(BadUpload, match="two files"):
        uploads.save_files([UploadedFile("a.json"), UploadedFile("x/a.json")], tmp_path / "again")


def test_a_load_runs_in_the_background_and_leaves_no_files() -> None:
    may_go_on, folders = Event(), []

    def slowly(folder: Path, progress: Progress) -> LoadSummary:
        folders.append(folder)
        (folder / "x").write_bytes(b"x")
        progress(0.5, "Half")
        assert may_go_on.wait(PATIENCE_SECONDS)
        return LoadSummary([], [], 0, {}, changed=False)

    loading = uploads.start(slowly)
    assert not loading.ended.done()
    may_go_on.set()
    assert loading.ended.result(PATIENCE_SECONDS) == LoadSummary([], [], 0, {}, changed=False)
    assert (loading.done, loading.doing) == (0.5, "Half")
    assert not folders[0].exists()


def test_waiting_for_a_failed_load_raises_its_error() -> None:
    def fails(folder: Path, _: Progress) -> LoadSummary:
        raise BadUpload(f"No {folder.name}.")

    with pytest.raises(BadUpload):
        uploads.start(fails).ended.result(PATIENCE_SECONDS)

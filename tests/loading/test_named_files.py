"""Links, pipes and devices where files are expected: followed, or refused by name, and never a traceback."""

import gzip
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

import pandas as pd
import pytest

from mailsight.errors import LoadRefused, NotABundle, UnreadableFile
from mailsight.loading import bundles, finding, normalizing, payloads
from mailsight.loading.merge import LoadSummary
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few people make links")

LEADS_OUT = "is a link that leads out of the folder"
SECRET = ndjson(EVENT | {"customer_id": "secret"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle with one campaign, its mail and one event, beside a folder with files that belong to somebody else."""
    bundle(tmp_path / "elsewhere", {"events.ndjson": SECRET, "mails/mail.html": "<p>secret"})
    files = {"mail.html": "<p>Hi", "campaigns.ndjson": ndjson(CAMPAIGN), "events.ndjson": ndjson(EVENT)}
    return bundle(tmp_path / "bundle", files)


def link_to(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_a_pipe(path: Path) -> None:
    make_pipe(path.with_name("pipe"))
    path.symlink_to("pipe")


def link_through_a_folder(path: Path) -> None:
    path.with_name("more").symlink_to("../elsewhere")
    path.symlink_to("more/events.ndjson")


def open_socket(path: Path) -> None:
    """A socket's name may have a hundred characters, so it is made from within its folder."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(before)


# What is at `events-<kind>.ndjson`, and the reason why it is refused.
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "out": (link_to("../elsewhere/events.ndjson"), LEADS_OUT),
    "absolute": (link_to("/etc/passwd"), LEADS_OUT),
    "through-a-folder": (link_through_a_folder, LEADS_OUT),
    "device": (link_to("/dev/zero"), LEADS_OUT),
    "broken": (link_to("nothing.ndjson"), "is a link to a file that does not exist"),
    "circle": (link_to("events-circle.ndjson"), "is a link that leads in a circle"),
    "pipe": (make_pipe, "is not a regular file"),
    "to-a-pipe": (link_to_a_pipe, "is not a regular file"),
    "socket": (open_socket, "is not a regular file"),
}


def refused_file(folder: Path, kind: str) -> Path:
    path = folder / f"events-{kind}.ndjson"
    REFUSED[kind][0](path)
    return path


def events(summary: LoadSummary) -> tuple[int, int]:
    [kind] = [kind for kind in summary.kinds if kind.kind == "events"]
    return kind.new, kind.refused


def test_files_that_must_not_be_read_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    names = {kind: refused_file(folder, kind).name for kind in REFUSED}
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert events(summary) == (1, len(REFUSED))
    assert {(each.file, each.reason, each.row) for each in summary.refusals} == {
        (names[kind], f"{names[kind]} {reason}. Replace it with a copy of the file.", "")
        for kind, (_, reason) in REFUSED.items()
    }


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_somebody_names_may_be_anywhere(kind: str, folder: Path) -> None:
    path = refused_file(folder, kind)
    if path.is_file():
        assert [file.name for file in finding.candidates([path])[0]] == [path.name]
        assert list(normalizing.normalize("sendgrid", [path]))
        return
    with pytest.raises(NotABundle) as raised:
        finding.candidates([path])
    assert str(path) in raised.value.message
    with pytest.raises(UnreadableFile) as unreadable:
        list(normalizing.normalize("sendgrid", [path]))
    assert str(path) in unreadable.value.message


def test_links_within_the_folder_are_followed(folder: Path, tmp_path: Path) -> None:
    bundle(folder, {"data/2026.ndjson": ndjson(EVENT | {"customer_id": "2"}), "mails/a.html": "<p>a"})
    (folder / "events-b.ndjson").symlink_to("data/2026.ndjson")
    (folder / "events-again.ndjson").symlink_to("events.ndjson")
    os.link(folder / "data/2026.ndjson", folder / "events-hard.ndjson")
    (folder / "letters").symlink_to("mails")
    bundle(folder, {"campaigns-b.ndjson": ndjson({"campaign_id": "summer", "template": "letters/a.html"})})
    (tmp_path / "link").symlink_to(folder)
    summary = bundles.load(tmp_path / "m.duckdb", [tmp_path / "link"])
    assert (events(summary), summary.rejected) == ((2, 0), 0)


def test_a_file_that_is_read_by_a_link_is_not_passed_over(folder: Path, tmp_path: Path) -> None:
    bundle(folder, {"data/2026.ndjson": ndjson(EVENT | {"customer_id": "2"})})
    (folder / "events-b.ndjson").symlink_to("data/2026.ndjson")
    assert bundles.load(tmp_path / "m.duckdb", [folder]).passed_over == []


def test_links_to_folders_are_followed_within_the_folder(folder: Path, tmp_path: Path) -> None:
    bundle(
        folder,
        {
            "data/2026/part-0.ndjson": ndjson(EVENT | {"customer_id": "2"}),
            "data/2026/part-1.csv.gz": gzip.compress(as_csv(EVENT | {"customer_id": "3"}).encode()),
        },
    )
    (folder / "events").symlink_to("data/2026")
    (folder / "data/2026/events").symlink_to("..")
    (folder / "letters").symlink_to("../elsewhere/mails")
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert (events(summary), summary.passed_over) == ((3, 0), [])


def test_links_to_folders_elsewhere_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    (folder / "events-2026").symlink_to("../elsewhere")
    (folder / "customers").symlink_to("/dev")
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert events(summary) == (1, 1)
    assert {each.file: LEADS_OUT in each.reason for each in summary.refusals} == {
        "events-2026": True,
        "customers": True,
    }


def as_csv(row: Mapping[str, object]) -> str:
    return f"{','.join(row)}\n{','.join(map(str, row.values()))}\n"


# Files of every kind, whatever their names say; those without a kind in their name are passed over.
NAMES = (
    "events-a.csv",
    "events-b.csv.gz",
    "events-c.parquet",
    "events.xlsx",
    "events-d",
    "events/part-0",
    "log.csv",
)


@pytest.mark.parametrize("name", NAMES)
def test_no_file_is_read_through_a_link_that_leads_out(name: str, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "secret"
    row = EVENT | {"customer_id": "secret"}
    table = pd.DataFrame([row])
    match PurePath(name).suffix:
        case ".gz":
            secret.write_bytes(gzip.compress(as_csv(row).encode()))
        case ".parquet":
            table.to_parquet(secret)
        case ".xlsx":
            table.to_excel(secret, engine="xlsxwriter")
        case _:
            secret.write_text(as_csv(row))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(secret)
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert events(summary)[0] == 1
    [reason] = [(each.reason, each.row) for each in summary.refusals] or [
        (each.reason, "") for each in summary.passed_over
    ]
    assert reason == (f"{name} {LEADS_OUT}. Replace it with a copy of the file.", "")
    assert bundles.load(tmp_path / "n.duckdb", [folder / name]).rejected == 0


def test_payloads_in_a_folder_are_not_read_through_a_link_that_leads_out(
    folder: Path, tmp_path: Path
) -> None:
    names = {kind: refused_file(folder, kind).name for kind in REFUSED}
    summary = payloads.ingest(tmp_path / "m.duckdb", "sendgrid", [folder])
    assert {each.name: each.reason for each in summary.passed_over} == {
        "pipe": "it is not a regular file.",
        "more/": "this folder is a link. Load the folder that it leads to as well.",
    } | {names[kind]: f"it {reason}." for kind, (_, reason) in REFUSED.items()}


TEMPLATES = {
    "../elsewhere/mails/mail.html": "leads outside the bundle",
    "/etc/passwd": "leads outside the bundle",
    "mails/mail.html": "leads outside the bundle",
    "out.html": "leads outside the bundle",
    "circle.html": "leads in a circle",
    "broken.html": "there is no file",
    "pipe.html": "there is no file",
    "nul\0.html": "can't be used",
    f"{'long' * 100}.html": "can't be used",
    "mail.html/x": "there is no file",
}


def test_mails_are_only_read_from_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "mails").symlink_to("../elsewhere/mails")
    (folder / "out.html").symlink_to(tmp_path / "elsewhere/mails/mail.html")
    (folder / "circle.html").symlink_to("circle.html")
    (folder / "broken.html").symlink_to("nothing.html")
    make_pipe(folder / "pipe.html")
    rows = [{"campaign_id": f"c{number}", "template": name} for number, name in enumerate(TEMPLATES)]
    bundle(folder, {"campaigns-b.ndjson": ndjson(*rows)})
    refusals = bundles.load(tmp_path / "m.duckdb", [folder]).refusals
    assert [each.line for each in refusals] == list(range(1, len(TEMPLATES) + 1))
    for refusal, reason in zip(refusals, TEMPLATES.values(), strict=True):
        assert reason in refusal.reason


@pytest.mark.parametrize("kind", ["broken", "circle", "pipe"])
def test_an_e_mail_that_is_no_file_is_refused(kind: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LoadRefused, match=REFUSED[kind][1]):
        bundles.load_content(tmp_path / "m.duckdb", "spring", refused_file(folder, kind))

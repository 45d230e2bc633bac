"""Files for people are in the locale of whoever makes them; data is the same in every locale."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailsight.exports import report as report_export
from mailsight.exports.jobs import Jobs, State
from mailsight.exports.lists import Format
from mailsight.figures import formats, locales
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support import thousands
from tests.support.command_line import run
from tests.support.waiting import until

# A number with a British separator; but not a part of a version, a colour or a style.
BRITISH = re.compile(r"(?<![\w#.])(\d,\d{3}|\d+\.\d+(?=\s?%))(?![\w;])")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return thousands.load(tmp_path_factory.mktemp("locales"))


def test_a_report_and_its_heatmap_are_in_the_locale_of_whoever_makes_them(database: Path) -> None:
    def made(tag: str) -> str:
        with locales.using(locales.of(tag)):
            content = report_export.read(Warehouse(database).snapshot(), "spring", Audience.ALL)
            # The heatmap is escaped, in an attribute of its frame.
            return html.unescape(report_export.as_html(content, "UTC")[0])

    british, german, american = (made(tag) for tag in ("en-GB", "de-DE", "en-US"))
    for text in ("sent Tue 14 Apr 2026, 16:30", "1,000", "83.3%", "95% interval", "data-badge"):
        assert text in british
    for text in (
        "sent Tue 14. Apr 2026, 16:30",
        "1.000",
        "83,3\xa0%",
        "95\xa0% interval",
        "content:'1.000'",
    ):
        assert text in german
    assert "sent Tue, Apr 14, 2026, 4:30\xa0PM" in american
    assert BRITISH.findall(re.sub(r"(?s)<style>.*?</style>", "", german)) == []


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    started = Jobs()
    yield started
    started.close()


def test_an_export_runs_in_the_locale_of_whoever_starts_it(jobs: Jobs) -> None:
    with locales.using(locales.of("de-DE")):
        job = jobs.start("x.csv", Format.CSV, lambda *_: formats.count(1234))
    until(lambda: job.state is State.READY, "the file")
    assert job.note == "1.234"


def as_json(database: Path, _: Path) -> object:
    return run("report", "spring", "--database", database)


def as_list(database: Path, folder: Path, name: str = "list.csv") -> object:
    assert run("export", "customers", "spring", "-o", folder / name, "--database", database)[0] == 0
    return (folder / name).read_bytes()


def as_parquet(database: Path, folder: Path) -> object:
    return as_list(database, folder, "list.parquet")


@pytest.mark.parametrize("export", [as_json, as_list, as_parquet])
def test_data_is_the_same_in_every_locale(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: Callable[[Path, Path], object]
) -> None:
    exported = {}
    for tag in ("en-GB", "de-DE", "hi-IN"):
        monkeypatch.setenv("MAILSIGHT_LOCALE", tag)
        exported[tag] = export(database, tmp_path)
    assert exported["de-DE"] == exported["hi-IN"] == exported["en-GB"]


def test_commands_write_in_the_locale_of_the_settings(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILSIGHT_LOCALE", "de-DE")
    assert "1.200" in run("check", "--database", database)[1]
    assert run("heatmap", "spring", "-o", tmp_path / "map.html", "--database", database)[0] == 0
    drawn = (tmp_path / "map.html").read_text()
    assert "1.000 clicks by 1.000 customers" in drawn
    # The badge's number for machines has no separators.
    assert ">1000</mailsight-badge>" in drawn

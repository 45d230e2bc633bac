"""Whatever is in an export, an importer yields rows and rejected rows, or says why it can't read it."""

import random
import tempfile
import zlib
from pathlib import Path

import pytest

from mailsight.errors import MailsightError
from mailsight.importing import registry
from mailsight.importing.files import exports
from mailsight.importing.sources import Request
from mailsight.importing.written import Written
from tests.support.exported import (
    KLAVIYO_CAMPAIGNS,
    MAILCHIMP_EXPORT,
    MAILGUN_ITEM,
    brevo_log,
    mailgun_logs,
    sendgrid_activity,
)
from tests.support.exports import read, written, zipped

ODD = (
    *(
        "",
        " ",
        "NA",
        "NULL",
        "0",
        "-1",
        "9" * 40,
        "1e999",
        "nan",
        "\x00",
        "\ufeff",
        "\u202e",
        "é" * 300,
        '"',
        "'",
    ),
    *(
        "@",
        "a@b",
        "99/99/9999",
        "0001-01-01",
        "9999-12-31T23:59:59+14:00",
        "[[[[",
        '{"a": ',
        "../../x",
        "1234_x",
    ),
    *("\ud83d", "=cmd()", "a,b;c\td", "\r", "\n"),
)
SENDGRID = sendgrid_activity({"event": "open"}, {"event": "dropped", "reason": "x"})
SAMPLES: dict[str, dict[str, str | bytes]] = {
    "mailchimp": dict(MAILCHIMP_EXPORT),
    "klaviyo": {"campaigns.csv": KLAVIYO_CAMPAIGNS},
    "hubspot": {"x.csv": "Email,Sent,Open,Click,Dropped,Email Name\na@b.example,2024-01-01,1,TRUE,,Tulips\n"},
    "sendgrid": {"activity.csv": SENDGRID},
    "brevo": {"log.csv": brevo_log("Aperta", "Sent", "Kukucs")},
    "mailgun": {
        "logs.json": mailgun_logs(MAILGUN_ITEM),
        "b.csv": "address,code,error,created_at\na@b.example,1,x,y\n",
    },
}


def spoiled(text: str, chance: random.Random) -> str:
    """The text with some of its parts replaced by odd ones, and perhaps cut off."""
    for _ in range(chance.randint(1, 6)):
        parts = text.split(mark := chance.choice(',\n":'))
        place = chance.randrange(len(parts))
        parts[place] = chance.choice(ODD)
        text = mark.join(parts)
    return text[: chance.randrange(len(text) + 1)] if chance.random() < 0.2 and text else text


@pytest.mark.parametrize("name", SAMPLES)
def test_no_content_stops_an_importer(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    source = registry.source(name)
    for turn in range(25):
        files = {
            file: spoiled(content, chance).encode("utf-8", "surrogatepass")
            for file, content in SAMPLES[name].items()
            if isinstance(content, str)
        }
        folder = written(tmp_path / str(turn), files)
        try:
            imported = read(source, folder)
        except MailsightError:
            continue
        assert all(reason for _, _, reason in imported.unusable)
        (tmp_path / f"{turn}-bundle").mkdir()
        with Written(tmp_path / f"{turn}-bundle", name) as bundle:
            for item in source.read(Request(str(folder))):
                bundle.add(item)
        assert not any(event["occurred_at"] is None for event in imported.rows.get("events", []))


def test_zips_in_a_zip_that_break_off_leave_nothing_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are, they may not fill it together."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    large = zipped(tmp_path / "large.zip", {"large.csv": "a" * 2**20, "link.csv": "b"}).read_bytes()
    broken = large.replace(zlib.crc32(b"b").to_bytes(4, "little"), bytes(4))
    files = {f"{number}.zip": broken for number in range(20)}
    where = written(tmp_path / "export", files | {"campaigns.csv": KLAVIYO_CAMPAIGNS})
    with exports.opened(Request(str(where))) as opened:
        assert "campaigns.csv" in [file.name for file in opened]
        assert sum(path.stat().st_size for path in temporary.rglob("*")) < 2**20

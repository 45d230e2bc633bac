import json
import time
from typing import Any

import pytest

from mailsight import errors
from mailsight.exports.jobs import RETENTION_SECONDS, Job
from mailsight.exports.lists import Format
from mailsight.web import answers, downloads
from mailsight.web.downloads import Exported

NOW = 1_776_157_200.0


def test_a_token_carries_its_value_until_it_expires() -> None:
    token = answers.sign("one", ["spring", 1], expires=NOW)
    assert token == answers.sign("one", ["spring", 1], expires=NOW)
    assert answers.signed("one", token, now=NOW - 1) == ["spring", 1]
    assert answers.signed("one", token, now=NOW) is None
    assert answers.signed("one", token) is None  # NOW is in the past


def test_a_token_is_for_one_purpose() -> None:
    assert answers.signed("other", answers.sign("one", "spring", expires=NOW), now=NOW - 1) is None


@pytest.mark.parametrize("token", [None, "", "x", "W10.x", 7, ["x"], b"\xff", "\ud800"])
def test_an_unsigned_token_is_rejected(token: Any) -> None:
    assert answers.signed("one", token) is None


def test_a_files_token_is_valid_as_long_as_the_file_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    token = downloads.token(Exported(Job("id", "name.csv", Format.CSV), ["session", "figures", "bound"]))
    value = ["id", ["session", "figures", "bound"]]
    assert answers.signed("mailsight.export", token, now=NOW + RETENTION_SECONDS - 1) == value
    assert answers.signed("mailsight.export", token, now=NOW + RETENTION_SECONDS) is None


@pytest.mark.parametrize(
    ("error", "status_code"),
    [
        (errors.BadRequest, 400),
        (errors.NotThisProvider, 400),
        (errors.NotAllowed, 401),
        (errors.NotInRole, 403),
        (errors.NoPassword, 401),
        (errors.NotGenuine, 403),
        (errors.UnknownCampaign, 404),
        (errors.FileGone, 404),
        (errors.BodyTooSlow, 408),
        (errors.BodyTooLarge, 413),
        (errors.NoDatabase, 503),
        (errors.NotKept, 503),
        (errors.TooManyRequests, 503),
        (errors.DatabaseUnreadable, 500),
        (errors.MailsightError, 500),
    ],
)
def test_an_error_gives_a_status_code_and_a_message(
    error: type[errors.MailsightError], status_code: int
) -> None:
    answer = answers.error_answer(error("It happened.", next_step="Try again."))
    assert answer.status_code == status_code
    assert json.loads(bytes(answer.body)) == {
        "error": {"title": error.title, "message": "It happened.", "next_step": "Try again."}
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("spring-customers.csv", 'attachment; filename="spring-customers.csv"'),
        ("кот.csv", "attachment; filename=\"___.csv\"; filename*=UTF-8''%D0%BA%D0%BE%D1%82.csv"),
        ('a"\r\nX: y.csv', "attachment; filename=\"a___X__y.csv\"; filename*=UTF-8''a%22%0D%0AX%3A%20y.csv"),
        (
            "\N{LATIN SMALL LETTER A WITH DIAERESIS}.csv",
            "attachment; filename=\"_.csv\"; filename*=UTF-8''%C3%A4.csv",
        ),
    ],
)
def test_any_name_can_be_downloaded(name: str, header: str) -> None:
    assert downloads.attachment(name) == header
    assert header.isascii()

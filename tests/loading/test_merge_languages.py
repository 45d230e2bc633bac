"""The merge language of a campaign: named by the campaign, or by the program that it is from."""

import json
from pathlib import Path

import duckdb
import pytest

from mailsight.errors import LoadRefused
from mailsight.loading import bundles
from mailsight.loading.refusals import Refusal
from mailsight.warehouse.reader import Warehouse
from tests.support import old_databases
from tests.support.bundles import bundle, ndjson


def languages(database: Path) -> dict[str, str | None]:
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        return dict(connection.execute("select campaign_id, merge_language from campaigns").fetchall())


@pytest.mark.parametrize(
    ("row", "language"),
    [
        ({}, None),
        ({"merge_language": "liquid"}, "liquid"),
        ({"merge_language": " Go templates "}, "go"),
        ({"merge_language": "Klaviyo"}, "django"),
        ({"source": "listmonk"}, "go"),
        ({"source": "csv"}, None),
        ({"source": "listmonk", "merge_language": "plain"}, "plain"),
    ],
)
def test_a_campaign_has_the_language_that_it_names_or_that_of_its_source(
    tmp_path: Path, row: dict[str, object], language: str | None
) -> None:
    rows = ndjson({"campaign_id": "spring", **row})
    assert not bundles.load(
        tmp_path / "m.duckdb", [bundle(tmp_path / "b", {"campaigns.ndjson": rows})]
    ).refusals
    assert languages(tmp_path / "m.duckdb") == {"spring": language}


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_unknown_language_is_rejected_with_its_line_and_the_campaign_is_added(
    tmp_path: Path, form: str
) -> None:
    rows = [("1", ""), ("2", "Klingon"), ("3", "liquid")]
    text = {
        "csv": "campaign_id,merge_language\n" + "".join(f"{','.join(row)}\n" for row in rows),
        "ndjson": ndjson(*({"campaign_id": name, "merge_language": language} for name, language in rows)),
    }[form]
    files = bundle(tmp_path / "b", {f"campaigns.{form}": text})
    summary = bundles.load(tmp_path / "m.duckdb", [files])
    [refusal] = summary.refusals
    line, row = (
        (3, "2,Klingon")
        if form == "csv"
        else (2, json.dumps({"campaign_id": "2", "merge_language": "Klingon"}))
    )
    reason = "unknown merge_language: Klingon; the campaign was added without it"
    assert refusal == Refusal("campaigns", f"campaigns.{form}", line, reason, row)
    assert languages(tmp_path / "m.duckdb") == {"1": None, "2": None, "3": "liquid"}
    assert not bundles.load(tmp_path / "m.duckdb", [files]).changed
    with pytest.raises(LoadRefused, match="Klingon"):
        bundles.load(tmp_path / "strict.duckdb", [files], strict=True)


def test_a_language_that_a_campaign_names_stays_when_its_source_is_imported_again(tmp_path: Path) -> None:
    for number, row in enumerate(
        [{"source": "listmonk"}, {"merge_language": "liquid"}, {"source": "listmonk"}]
    ):
        files = bundle(tmp_path / str(number), {"campaigns.ndjson": ndjson({"campaign_id": "spring", **row})})
        bundles.load(tmp_path / "m.duckdb", [files])
    assert languages(tmp_path / "m.duckdb") == {"spring": "liquid"}


@pytest.mark.parametrize(
    "subject",
    ["[FIRSTNAME], hello", "{contactfield=firstname}, hello", "*|FNAME|*, hello", "::name::", "Hello"],
)
def test_a_migrated_database_has_the_fields_of_every_subject(tmp_path: Path, subject: str) -> None:
    database = tmp_path / "m.duckdb"
    files = {
        "campaigns.ndjson": ndjson({"campaign_id": "spring", "subject": subject}),
        "messages.ndjson": ndjson(
            {"campaign_id": "spring", "customer_id": "2"},
            {"campaign_id": "spring", "customer_id": "1", "merge_fields": {"firstname": "Ann"}},
        ),
    }
    bundles.load(database, [bundle(tmp_path / "b", files)])

    def stored() -> list[tuple[object, ...]]:
        with duckdb.connect(str(database.resolve()), read_only=True) as connection:
            return connection.execute(
                "select customer_id, subject_fields from recipients order by rowid"
            ).fetchall()

    expected = stored()
    assert [customer_id for customer_id, _ in expected] == ["1", "2"]
    assert (expected[0][1] is not None) == (subject != "Hello")
    old_databases.as_version_6(database)
    bundles.load(database, [bundle(tmp_path / "b", files)])
    assert stored() == expected
    assert Warehouse(database).snapshot().rows("schema_version") == [{"version": 8}]

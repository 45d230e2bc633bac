"""Customers are found by name, address and id."""

import json

import pytest

from mailsight.loading import bundles
from mailsight.reports.find_customers import MAX_CUSTOMERS, CustomerMatches, find
from mailsight.warehouse.reader import Warehouse

MANY = 30


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("customers")
    people = [
        ("7", "Ann Lee", "ann@mail.example"),
        ("ann", "Bob Stone", "bob@mail.example"),
        ("9", "Annabel Lee", "bel@mail.example"),
        ("10", "Joanna 100% O'Hara", None),
        ("11", "José Weiß", "jose@mail.example"),
        ("12", "Łucja Sørensen", None),
        *((f"m{number}", f"Many {number}", None) for number in range(MANY)),
    ]
    with (folder / "customers.ndjson").open("w", encoding="utf-8") as file:
        for customer_id, name, email in people:
            file.write(json.dumps({"customer_id": customer_id, "name": name, "email": email}) + "\n")
    (folder / "messages.csv").write_text(
        "campaign_id,customer_id,email\nspring,Only-Mailed,x@mail.example\nspring,7,\n"
    )
    bundles.load(folder / "mailsight.duckdb", [folder])
    return Warehouse(folder / "mailsight.duckdb")


def search(warehouse: Warehouse, text: str) -> CustomerMatches:
    return find(warehouse.snapshot(), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann", ["ann", "7", "9", "10"]),  # the exact id, then names that start with it
        ("LEE ann", ["7", "9"]),
        ("ann lee", ["7", "9"]),
        ("ann@mail.example", ["7"]),
        ("7", ["7", "m17", "m27", "m7"]),
        ("100%", ["10"]),
        ("o'hara", ["10"]),
        ("jose WEISS", ["11"]),
        ("josé weiß", ["11"]),
        ("lucja sorensen", ["12"]),
        ("Jose\u0301", ["11"]),
        ("Only-Mailed", ["Only-Mailed"]),
        ("only", []),
        ("  ", []),
        ("' OR 1=1 --", []),
        ("\0", []),
    ],
)
def test_words_match_in_any_order_and_the_best_matches_come_first(
    warehouse: Warehouse, text: str, expected: list[str]
) -> None:
    matches = search(warehouse, text)
    assert ([customer.customer_id for customer in matches.customers], matches.more) == (expected, 0)


def test_a_search_says_how_many_more_match(warehouse: Warehouse) -> None:
    matches = search(warehouse, "many")
    assert (len(matches.customers), matches.more) == (MAX_CUSTOMERS, MANY - MAX_CUSTOMERS)

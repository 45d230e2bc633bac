"""Finds customers by name, address or id."""

from dataclasses import dataclass

from mailsight.warehouse.reader import Snapshot

MAX_CUSTOMERS = 20
MAX_WORDS = 4  # further ones are ignored


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    customer_id: str
    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class CustomerMatches:
    """The customers that match best, and how many more match."""

    customers: tuple[CustomerMatch, ...]
    more: int


def find(data: Snapshot, text: str) -> CustomerMatches:
    """The customers with these words in their name, address or id, in any order.

    Exact matches come first, then those whose name or address starts with the text. A customer known only from messages
    or events matches by the complete id.
    """
    words = text.split()[:MAX_WORDS]
    if not words:
        return CustomerMatches((), 0)
    first, second, third, fourth = [*words, *[""] * (MAX_WORDS - len(words))]
    rows = list(
        data.rows(
            "find_customers",
            customer_id=text.strip(),
            text=" ".join(words),
            first=first,
            second=second,
            third=third,
            fourth=fourth,
            customers=MAX_CUSTOMERS,
        )
    )
    total = rows[0]["total"] if rows else 0
    return CustomerMatches(
        tuple(CustomerMatch(row["customer_id"], row["name"], row["email"]) for row in rows), total - len(rows)
    )

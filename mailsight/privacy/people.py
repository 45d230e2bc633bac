"""Finds out what identifies a person: all their ids and addresses, from one of these."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailsight.errors import SharedAddress
from mailsight.figures.formats import things
from mailsight.loading import spellings
from mailsight.loading.arrivals import nobody
from mailsight.state.erased import Erased, Kind
from mailsight.warehouse.reader import Snapshot

# A person may be several customers. More are probably several people with one address, such as a company's.
MAX_CUSTOMERS = 5


@dataclass(frozen=True, slots=True)
class Person:
    """What identifies a person: ids of customers, addresses in lower case, and full names."""

    customer_ids: Collection[str]
    addresses: Collection[str]
    names: Collection[str] = ()
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def values(self) -> Iterable[tuple[Kind, str]]:
        spelled = {each for address in self.addresses for each in spellings.of_address(address)}
        for kind, values in (
            (Kind.CUSTOMER, {*self.customer_ids, *self.addresses}),
            # Among addresses, ids are found in capitals and small letters. They are never a customer's address.
            (Kind.ADDRESS, {*self.customer_ids, *spelled}),
            (Kind.NAME, {each for name in self.names for each in spellings.names(name)}),
        ):
            yield from ((kind, value) for value in sorted(values))


def find(data: Snapshot, named: str, *, may_share: bool = False) -> Person:
    """The person with this address or customer id: all customers with their addresses, and all addresses of these.

    The person is known by what was given alone if the database has nothing of them. Raises `SharedAddress` if so many
    customers have one of the addresses that they can hardly be one person, unless the address `may_share`.
    """
    given = named.strip()
    ids = {row["customer_id"] for row in data.rows("known_customers", customer_ids=[given])}
    addresses = set(spellings.domains(given)) if "@" in given else set[str]()
    if not ids and not addresses:
        ids = {given}
    while True:
        more_ids = ids | {
            row["customer_id"] for row in data.rows("customers_at", addresses=sorted(addresses))
        }
        more = addresses | {
            row["address"] for row in data.rows("addresses_of", customer_ids=sorted(more_ids))
        }
        if (more_ids, more) == (ids, addresses):
            break
        ids, addresses = more_ids, more
        if len(ids - addresses) > MAX_CUSTOMERS and not may_share:
            raise SharedAddress(
                f"{things(len(ids - addresses), 'customer')} share addresses with this person."
            )
    names = {row["name"] for row in data.rows("names_of", customer_ids=sorted(ids))}
    return Person(ids, addresses, names)


def entries(
    data: Snapshot, people: Sequence[Person], key_hashes: Mapping[tuple[Kind, str], str], key: bytes
) -> list[Erased]:
    """The entries of the list of erased people for these people, each with a random value to stand for it."""
    theirs = sorted({address for person in people for address in person.addresses})
    domains = sorted({address.rpartition("@")[2] for address in theirs})
    kept = {row["domain"] for row in data.rows("domains_of_others", domains=domains, addresses=theirs)}
    nobodies: dict[str, str] = {}
    return [
        # An address that is a customer's id as well has one value for both.
        Erased(
            key_hashes[kind, value],
            kind,
            nobodies.setdefault(value, nobody(value, key, kept)),
            person.id,
            is_asked=True,
        )
        for person in people
        for kind, value in person.values
    ]

"""Which part of the data a person may read, enforced below every query.

A limited reader's queries find views in place of the tables: they hold the campaigns of the scope only, and without the
right to see customers, nothing that names one. So no page, export or route can forget to check, and sums and searches
cover what the person may see.
"""

import hashlib
import json
from dataclasses import dataclass

import duckdb

from .queries import statement


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be read. Campaigns are limited to those with one of the tags or sender domains, if any are given.

    `customers`: whether names, addresses and everything else about single people is included. `attributes`: the names
    of the customers' attributes that are included; None for all.
    """

    customers: bool = True
    tags: frozenset[str] = frozenset()
    sender_domains: frozenset[str] = frozenset()
    attributes: frozenset[str] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether it covers only some campaigns."""
        return bool(self.tags or self.sender_domains)

    @property
    def name(self) -> str:
        """A name for it, the same in every process; empty for everything."""
        if self == EVERYTHING:
            return ""
        attributes = None if self.attributes is None else sorted(self.attributes)
        parts = [self.customers, sorted(self.tags), sorted(self.sender_domains), attributes]
        return "scope_" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


EVERYTHING = Scope()


def narrowed(first: Scope, second: Scope) -> Scope | None:
    """What both include, or a part of it; None if that may be nothing. The rights to customers are those of both."""
    customers = first.customers and second.customers
    named = [each.attributes for each in (first, second) if each.attributes is not None]
    attributes = frozenset.intersection(*named) if named else None
    if not (first.is_limited and second.is_limited):
        limits = first if first.is_limited else second
        return Scope(customers, limits.tags, limits.sender_domains, attributes)
    tags, domains = first.tags & second.tags, first.sender_domains & second.sender_domains
    both = Scope(customers, tags, domains, attributes)
    return both if both.is_limited else None


def open_scope(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Makes a scope's views in the instance of `connection`, which has the served file attached."""

    def run(name: str, parameters: dict[str, list[str]] | None = None) -> None:
        cursor.execute(_text(name, scope), parameters)

    cursor = connection.cursor()
    run("create_scope")
    try:
        run("use_scope")
        if scope.is_limited:
            run(
                "scoped_campaigns",
                {"tags": sorted(scope.tags), "sender_domains": sorted(scope.sender_domains)},
            )
            run("scoped_customers")
        if scope.attributes is not None:
            run("scoped_macros")
            run("scoped_attributes", {"names": sorted(scope.attributes)})
        run("scoped_views")
        # The copies in the served file read its tables.
        run("create_macros")
    except BaseException:
        cursor.execute(statement("use_attached"))
        cursor.execute(_text("drop_scope", scope))
        raise


def use_scope(cursor: duckdb.DuckDBPyConnection, scope: Scope) -> duckdb.DuckDBPyConnection:
    """The cursor, whose queries read a scope that is open."""
    return cursor.execute(_text("use_scope", scope))


def _text(name: str, scope: Scope) -> str:
    text, catalog, names_some = statement(name), scope.name, scope.attributes is not None
    for field, value in {
        "scope": catalog,
        "of_campaigns": f"semi join {catalog}.campaign_ids using (campaign_id)" * scope.is_limited,
        "of_events": f"semi join {catalog}.message_events using (event_number)" * scope.is_limited,
        # An inner join, because DuckDB passes a condition on one customer on to both of its sides.
        "of_customers": f"join {catalog}.customer_ids using (customer_id)" * scope.is_limited,
        "customers": str(scope.customers).lower(),
        "attributes": f"{catalog}.fields_of(attributes, names)" if names_some else "attributes",
        "earlier": f"{catalog}.changed_of(earlier, names)" if names_some else "earlier",
        "with_names": f"cross join {catalog}.attribute_names" * names_some,
        "all": str(not scope.is_limited).lower(),
    }.items():
        text = text.replace(f"{{{field}}}", value)
    return text

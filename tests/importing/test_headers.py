"""Columns are known by their names, in any order, spelling and language."""

import pytest

from mailsight.importing.files import mailchimp_tables as mailchimp
from mailsight.importing.files import total_names
from mailsight.importing.headers import Kind, folded, kind_of


@pytest.mark.parametrize(
    "name", ["Adresse e-mail", "ADRESSE E-MAIL", "adresse_email", " Adresse  Email", "Adresse é-mail"]
)
def test_spelling_makes_no_difference(name: str) -> None:
    assert folded(name) == "adresseemail"


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (["Kampagnenname", "Betreff", "Empfänger", "Geöffnet"], ["name", "subject", "sent", "opened"]),
        (["Nom de la campagne", "Objet", "Destinataires"], ["name", "subject", "sent"]),
        (["Nombre de la campaña", "Asunto", "Entregados"], ["name", "subject", "delivered"]),
        (["Total Opens", "Unique Opens", "Open Rate"], ["opens", "opened", "Open Rate"]),
        (["Sent", "Total Recipients"], ["Sent", "sent"]),  # the more specific name counts
        (["\ufeffTitle", "title"], ["name", "name"]),
        ([], []),
    ],
)
def test_names_of_columns_are_fields(header: list[str], fields: list[str]) -> None:
    assert Kind("campaigns", total_names.NAMES, frozenset()).column_names(header) == fields


def test_no_two_fields_share_a_name() -> None:
    named: dict[str, str] = {}
    for field, names in total_names.NAMES.items():
        for name in names:
            assert named.setdefault(folded(name), field) == field, name


@pytest.mark.parametrize(
    ("columns", "path", "kind"),
    [
        (["Timestamp", "IP", "Email"], "granular_activity/opens/1234_sale.csv", "opens"),
        (["Email", "Url", "Timestamp"], "1234_sale.csv", "clicks"),
        (["Email Address", "Event Name", "Timestamp"], "events/events.csv", "contact events"),
        (["Email Address", "Bounce Type"], "x.csv", "bounces"),
        (["Email Address", "First Name"], "aggregate_activity/not_opened/1_x.csv", "recipients"),
        (
            ["Email Address", "First Name", "MEMBER_RATING"],
            "acme/aggregate_activity/opened/1_x.csv",
            "recipients",
        ),
        (["Email Address", "First Name"], "aggregate_activity/unsubscribes/1_x.csv", "unsubscribes"),
        (["Email Address", "MEMBER_RATING", "LEID"], "subscribed_members_export_a1.csv", "audience"),
        (["Title", "Subject", "Unique Opens"], "campaigns.csv", "campaigns"),
        (["Country", "Opens"], "geo_data/1_x.csv", None),
        ([], "empty.csv", None),
    ],
)
def test_a_table_is_known_by_its_columns_and_place(columns: list[str], path: str, kind: str | None) -> None:
    known = kind_of(mailchimp.KINDS, columns, path)
    assert (known.name if known else None) == kind

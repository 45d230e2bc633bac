"""URLs of the pages, for links that open in a new tab or are shared."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from mailsight.vocabulary import Audience

from . import parameters
from .answers import path
from .parameters import AUDIENCE, FROM_CAMPAIGN, ID, Parameter

MAX_ADDRESS_LENGTH = 2_000  # it is kept in a cookie


def query(*changes: tuple[Parameter[Any], Any]) -> dict[str, list[str]]:
    """The query of a page with these values; defaults are left out."""
    given = {parameter.name: parameter.texts(value) for parameter, value in changes}
    return {name: texts for name, texts in given.items() if texts}


def campaign(campaign_id: str, audience: Audience) -> str:
    """The URL of a campaign's page, relative to the list of campaigns."""
    return _page("campaign", (ID, campaign_id), (AUDIENCE, audience))


def customer(customer_id: str, audience: Audience, campaign_id: str = "") -> str:
    """The URL of a customer's page, relative to the list of campaigns. `campaign_id`: the campaign it leads back to."""
    return _page("customer", (ID, customer_id), (FROM_CAMPAIGN, campaign_id), (AUDIENCE, audience))


def _page(name: str, *changes: tuple[Parameter[Any], Any]) -> str:
    return f"{name}?{urlencode(query(*changes), doseq=True)}"


def own_page(page_path: str, query: str) -> str:
    """The address of a page of this dashboard, relative to the list of campaigns, with the parameters that it reads.

    Anything else is the list of campaigns, an empty string. So an address from outside can't lead anywhere else.
    """
    pages = {path(name): name for name in parameters.PAGES if name}
    name = pages.get(page_path.rstrip("/"), "")
    try:
        given = parse_qsl(query, max_num_fields=50)
    except ValueError:
        given = []
    known = [(key, value) for key, value in given if key in parameters.names(name)]
    address = f"{name}?{urlencode(known)}" if known else name
    return address if len(address) <= MAX_ADDRESS_LENGTH else name

"""URLs of the pages, for links that open in a new tab or are shared."""

from urllib.parse import parse_qsl, urlencode

from mailsight.vocabulary import Audience

from .answers import path

PAGES = ("campaign", "compare", "customer", "data")
# The parameters that pages read.
PARAMETERS = ("id", "audience", "campaign", "customer", "compare")
MAX_ADDRESS_LENGTH = 2_000  # it is kept in a cookie


def parameters(shown_id: str, audience: Audience) -> dict[str, str]:
    """The query parameters of the page that shows the campaign or customer `shown_id`."""
    return {"id": shown_id} | audience_parameter(audience)


def audience_parameter(audience: Audience) -> dict[str, str]:
    """The query parameter for whose opens and clicks count; none for the default, people's."""
    return {"audience": audience.value} if audience is Audience.ALL else {}


def campaign(campaign_id: str, audience: Audience) -> str:
    """The URL of a campaign's page, relative to the list of campaigns."""
    return f"campaign?{urlencode(parameters(campaign_id, audience))}"


def customer(customer_id: str, audience: Audience) -> str:
    """The URL of a customer's page, relative to the list of campaigns."""
    return f"customer?{urlencode(parameters(customer_id, audience))}"


def own_page(page_path: str, query: str) -> str:
    """The address of a page of this dashboard, relative to the list of campaigns, with the parameters that it reads.

    Anything else is the list of campaigns, an empty string. So an address from outside can't lead anywhere else.
    """
    pages = {path(name): name for name in PAGES}
    name = pages.get(page_path.rstrip("/"), "")
    try:
        given = parse_qsl(query, max_num_fields=50)
    except ValueError:
        given = []
    parameters = [(key, value) for key, value in given if key in PARAMETERS]
    address = f"{name}?{urlencode(parameters)}" if parameters else name
    return address if len(address) <= MAX_ADDRESS_LENGTH else name

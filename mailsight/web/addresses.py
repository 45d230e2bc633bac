"""URLs of the pages, for links that open in a new tab or are shared."""

from urllib.parse import urlencode

from mailsight.vocabulary import Audience


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

"""Campaigns: the main figures of every campaign at a glance."""

from mailsight.components import address
from mailsight.errors import NoDatabase
from mailsight.reports import campaigns
from mailsight.screens import campaigns as campaign_list
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.screens.frame import head
from mailsight.web import sessions

audience = navigation.audience()
if not read(campaigns.overview).campaigns:
    limited = " that your role covers" * sessions.current().scope.is_limited
    raise NoDatabase(f"No campaigns{limited} have been loaded yet.")

with head("Campaigns", trail=False):
    campaign_list.find_customer_button()
    campaign_list.tokens_button()
    navigation.data_link()
    address.copy_link()
    navigation.audience_switch()

campaign_list.campaigns(audience)

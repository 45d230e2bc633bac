"""The dialogs of the campaign page. The open one is in the page's address."""

from collections.abc import Callable

from mailsight.components import address
from mailsight.figures import explanations
from mailsight.figures.metrics import ESTIMATED_COR, FIGURES
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.cached import read
from mailsight.screens.dialogs import explained, machines, mail, not_sent, selection, share, variants
from mailsight.vocabulary import Audience
from mailsight.web import audit, parameters
from mailsight.web.access import Right
from mailsight.web.parameters import Dialog

# The sections of docs/metrics.md on the figures of a tab, as they are in the address.
SECTIONS = {
    parameters.slug(title): title
    for title in (
        "Opens and clicks over time",
        "Weekday and hour",
        "Mailbox providers",
        "Mail programs and devices",
    )
}


# What dialogs need that show more than figures, such as customers or how they were chosen.
RIGHTS = {
    "selection": Right.CUSTOMERS,
    "mail": Right.CUSTOMERS,
    "variants": Right.CUSTOMERS,
    "share": Right.SHARES,
}


def open_dialog(kind: str, item: str = "") -> None:
    """Open a dialog in this run, which calls `show` at its end."""
    address.change((parameters.CAMPAIGN_DIALOG, Dialog(kind, item)))


def opener(kind: str, item: str = "") -> Callable[[], None]:
    """The `on_click` of a button that opens a dialog."""
    return lambda: open_dialog(kind, item)


def show(report: CampaignReport) -> None:
    """Show the dialog in the address, if there is one for this campaign, and the viewer may see it."""
    campaign_id = report.campaign.campaign_id
    match _allowed_dialog():
        case Dialog("selection"):
            selection.show(report)
        case Dialog("preview"):
            mail.preview(campaign_id)
        case Dialog("not-sent") if report.not_sent:
            not_sent.show(report)
        case Dialog("machines") if report.machine_opens or report.machine_clicks:
            machines.show(report)
        case Dialog("counted", key):
            _counted(report, key)
        case Dialog("section", item) if item in SECTIONS:
            explained.section(SECTIONS[item])
        case Dialog("variants") if report.counts.sent:
            variants.show(report)
        case Dialog("share"):
            share.show(report)
        case Dialog("mail", customer_id) if customer_id:
            mail.customer_mail(campaign_id, customer_id)


def _allowed_dialog() -> Dialog | None:
    dialog = address.value(parameters.CAMPAIGN_DIALOG)
    if dialog and audit.may(RIGHTS.get(dialog.kind, Right.FIGURES), f"dialog {dialog.kind}"):
        return dialog
    return None


def _counted(report: CampaignReport, key: str) -> None:
    if key in FIGURES:
        explained.counted(key, explained.in_short(report, key), report.audience)
    elif key == ESTIMATED_COR.key:
        apple = read(campaign.apple_opens, report.campaign.campaign_id)
        explained.counted(key, explanations.estimate(apple), Audience.HUMAN)

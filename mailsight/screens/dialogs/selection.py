"""The dialogs: Selection, Preview e-mail, Not sent, and the mail of one customer."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from mailsight.audience import agents
from mailsight.audience.machines import REASONS, Rule
from mailsight.components import tables
from mailsight.components.export_button import export_button
from mailsight.components.mail_frame import mail_frame
from mailsight.exports import rows as export_reads
from mailsight.exports.lists import without_nan
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import FIGURES, Portion, share
from mailsight.loading import verdicts
from mailsight.mail import content as contents
from mailsight.reports import campaign as reports
from mailsight.reports import selection as selections
from mailsight.reports.campaign import CampaignReport, MailView
from mailsight.screens import frame as widgets
from mailsight.screens import navigation as screens
from mailsight.vocabulary import Audience, EventType, NotSentReason

PHONE_WIDTH = 390
ROWS_A_PAGE = 10
# The section of docs/metrics.md that tells when campaigns differ.
MORE_THAN_CHANCE = "More than chance"
_SOURCES = {
    "template": "As the campaign was written; each customer's own words stand in the places of the merge fields.",
    "archived": "The very copy that was kept of this customer's mail.",
    "filled": "No copy of this customer's mail was kept: this is the campaign's, with their merge fields filled in.",
}


@st.dialog("Selection", width="medium", icon=":material/filter_alt:")
def selection(report: CampaignReport) -> None:
    """The criteria that chose the customers, in sentences, and how many they chose."""
    st.markdown(f"**{formats.things(report.counts.selected, 'customer')}** selected")
    criterion = selections.read(report.campaign.selection)
    if criterion is None:
        st.info(
            "The criteria of this campaign were not loaded: its data has no selection.",
            icon=":material/info:",
        )
        return
    with st.container(border=True, key="selection"):
        st.markdown("\n".join(_bullets(criterion)))


@st.dialog("How is this counted?", width="medium", icon=":material/calculate:")
def counted(key: str, in_short: Sequence[str], audience: Audience) -> None:
    """A figure's formula and counts, as `in_short` says them, and what docs/metrics.md says about it."""
    section = explanations.of_figure(key)
    with st.container(border=True, gap="xsmall", key="counted"):
        formula, *lines = in_short
        st.markdown(f"**{explanations.without_key(section.title)}**")
        st.markdown(formula)
        st.markdown(" · ".join(lines))
    st.markdown(section.text)
    for title in section.see:
        with st.expander(explanations.without_key(title)):
            st.markdown(explanations.section(title).text)
    in_files = f" In files and on the command line this figure is called `{key}`." if key in FIGURES else ""
    st.caption(f"**{audience.label}**: {audience.meaning}{in_files}")


@st.dialog("How is this compared?", width="medium", icon=":material/compare_arrows:")
def compared(key: str, audience: Audience) -> None:
    """How a figure is counted, and when a difference of it is called more than chance."""
    section = explanations.of_figure(key)
    for title in (MORE_THAN_CHANCE, section.title, *section.see):
        with st.expander(explanations.without_key(title), expanded=title == MORE_THAN_CHANCE):
            st.markdown(explanations.section(title).text)
    st.caption(f"**{audience.label}**: {audience.meaning}")


def _bullets(criterion: selections.Criterion, depth: int = 0) -> list[str]:
    """The criteria as a Markdown list; what comes from outside is escaped."""
    says = formats.plain(criterion.says)
    if criterion.parts:
        own = f"{says}:"
    elif criterion.field:
        own = f"{formats.plain(criterion.field)} {says}" + (
            f" **{formats.plain(criterion.value)}**" if criterion.value else ""
        )
    else:
        own = says
    return [
        "    " * depth + f"- {own}",
        *(line for part in criterion.parts for line in _bullets(part, depth + 1)),
    ]


@st.dialog("Preview e-mail", width="large", icon=":material/visibility:")
def preview(campaign_id: str) -> None:
    """The campaign's e-mail on a desktop or a phone."""
    mail = widgets.read(reports.campaign_mail, campaign_id)
    if mail is None:
        st.info("The HTML of this e-mail was not loaded.", icon=":material/info:")
        st.caption("Name its file in the column `template` of campaigns, and load the bundle again.")
        return
    _mail(mail, key=f"preview:{campaign_id}")


@st.dialog("E-mail of this customer", width="large", icon=":material/mail:")
def customer_mail(campaign_id: str, customer_id: str) -> None:
    """The e-mail exactly as this customer received it."""
    mail = widgets.read(reports.customer_mail, campaign_id, customer_id)
    if mail is None:
        st.info(
            "There is no e-mail to show: neither a copy nor the campaign's HTML was loaded.",
            icon=":material/info:",
        )
        return
    customer = widgets.read(reports.customer, customer_id, Audience.ALL).customer
    _mail(mail, key=f"mail:{campaign_id}:{customer_id}", to=formats.sender(customer.name, customer.email))


def _mail(mail: MailView, key: str, to: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        width = width_switch(key)
        pictures = st.toggle("Load pictures", key=f"{key}:pictures", help=PICTURES_HELP)
    st.caption(_SOURCES[mail.source])
    subject = mail.subject or "No subject"
    widgets.inbox_lines(subject, mail.preheader, f"To {to}" if to else None)
    mail_frame(
        contents.safe(mail.html, pictures=pictures),
        key=f"{key}:frame",
        width=width,
        title=f"E-mail: {subject}",
    )


PICTURES_HELP = (
    "Pictures come from the sender's server, which may count that as an open: they load on demand only."
)


def width_switch(key: str) -> int | None:
    """Desktop or phone: the width in pixels, None for as wide as there is room."""
    shown = st.segmented_control(
        "Width",
        ["Desktop", "Phone"],
        default="Desktop",
        required=True,
        label_visibility="collapsed",
        key=f"{key}:width",
    )
    return PHONE_WIDTH if shown == "Phone" else None


@st.dialog("Not sent", width="large", icon=":material/warning:")
def not_sent(report: CampaignReport) -> None:
    """The customers to whom it was not sent, why, and how many for each reason."""
    counts, campaign_id = report.counts, report.campaign.campaign_id
    st.markdown(f"**{formats.of(counts.not_sent, counts.selected)}** selected customers were not mailed.")
    why, who = st.columns([5, 7], gap="medium")
    with why:
        chosen = _reasons(report)
        st.caption("Click a reason to see only its customers.")
    with who:
        with st.container(horizontal=True, vertical_alignment="center"):
            wanted = st.text_input(
                "Search",
                placeholder="Search name, e-mail or detail",
                icon=":material/search:",
                type="search",
                live=True,
                label_visibility="collapsed",
                key=f"not_sent:{campaign_id}:search",
            )
            export_button(
                f"not_sent:{campaign_id}",
                ("not-sent", campaign_id),
                partial(
                    export_reads.not_sent,
                    widgets.warehouse(),
                    campaign_id,
                    reason=chosen,
                    search=wanted or "",
                ),
            )
        _not_sent_customers(report, chosen, wanted or "")


def _not_sent_customers(report: CampaignReport, reason: NotSentReason | None, wanted: str) -> None:
    """A page of the customers. The switch of pages stands below, its value is needed above."""
    campaign_id = report.campaign.campaign_id
    key = f"not_sent:{campaign_id}:{reason}:{wanted}"
    first = (st.session_state.get(f"{key}:page", 1) - 1) * ROWS_A_PAGE
    found = widgets.read(reports.not_sent, campaign_id, reason, wanted, first, ROWS_A_PAGE)
    pages = -(-found.total // ROWS_A_PAGE)
    tables.table(
        [tables.Column("Customer"), tables.Column("Reason", whole=True)],
        [
            tables.Row(
                str(row["customer_id"]),
                [
                    tables.main(row["name"] or row["customer_id"], row["email"] or "no address"),
                    tables.noted(_why(report, NotSentReason(row["reason"])), row["detail"] or ""),
                ],
            )
            for row in found.customers
        ],
        key="not_sent_customers",
        label="Customers to whom it was not sent",
        empty="No customer matches.",
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(formats.things(found.total, "customer"), width="content")
        if pages > 1:
            st.pagination(pages, key=f"{key}:page", max_visible_pages=5)


def _reasons(report: CampaignReport) -> NotSentReason | None:
    """The reasons with their counts; a click chooses one, a second click lets it go."""
    key = f"not_sent:{report.campaign.campaign_id}:reason"
    numbers = sorted(report.not_sent.items(), key=lambda item: -item[1])
    most = share(max(report.not_sent.values(), default=0), report.counts.not_sent) or 1.0
    chosen: NotSentReason | None = st.session_state.get(key)
    rows = [
        tables.Row(
            reason.value,
            [
                tables.main(_why(report, reason), title=reason.meaning),
                tables.rate(
                    made_of := Portion(number, report.counts.not_sent),
                    of_largest=most,
                    colour="#B26A00",
                    text=f"{formats.count(number)} · {formats.percent(made_of.rate)}",
                ),
            ],
            chosen=reason is chosen,
        )
        for reason, number in numbers
        if number
    ]
    clicked = tables.table(
        [tables.Column("Reason", fit=True), tables.Column("Customers")],
        rows,
        key=f"{key}s",
        label="Reasons",
        opens=True,
    )
    if clicked.row:
        st.session_state[key] = None if chosen == clicked.row else NotSentReason(clicked.row)
        st.rerun(scope="fragment")
    return chosen


def _why(report: CampaignReport, reason: NotSentReason) -> str:
    return formats.NOT_SENT_YET if report.is_planned and reason is NotSentReason.OTHER else reason.label


@st.dialog("Made by machines", width="large", icon=":material/smart_toy:")
def machines(report: CampaignReport) -> None:
    """How many opens and clicks machines made by each rule, and examples of the chosen one."""
    campaign_id = report.campaign.campaign_id
    key = f"machines:{campaign_id}"
    found = widgets.read(reports.machines, campaign_id)
    st.markdown(
        f"**{formats.of(report.machine_opens, report.all_opens)} opens** and "
        f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** of this campaign were made by machines, "
        "as far as can be told. Nothing is thrown away: *All* counts them, *Human* leaves them out."
    )
    chosen = st.session_state.get(key, found[0].reason if found else None)
    unsubscribes = any(one.unsubscribes for one in found)
    rows = [
        tables.Row(
            one.reason,
            [
                tables.main(one.label, one.looks_at.replace("`", "")),
                formats.count(one.opens),
                formats.count(one.clicks),
                *([formats.count(one.unsubscribes)] if unsubscribes else []),
            ],
            chosen=one.reason == chosen,
        )
        for one in found
    ]
    columns = [
        tables.Column("How it was told"),
        tables.Column("Opens", right=True, fit=True),
        tables.Column("Clicks", right=True, fit=True),
        *([tables.Column("Unsubscribed", right=True, fit=True)] if unsubscribes else []),
    ]
    clicked = tables.table(columns, rows, key=f"{key}:rules", label="What machines did, by rule", opens=True)
    if clicked.row:
        st.session_state[key] = clicked.row
        st.rerun(scope="fragment")
    if chosen:
        _examples(campaign_id, REASONS[chosen])
    st.caption("Every rule, its threshold and how to change it: `docs/machines.md`.")


def _examples(campaign_id: str, rule: Rule) -> None:
    """Some of the events that one rule found, and how sure it is."""
    threshold = verdicts.rules().threshold(rule)
    st.markdown(f"**Examples: {rule.label}**")
    parts = [f"Threshold: {threshold}." if threshold else "", f"What it can get wrong: {rule.can_get_wrong}"]
    st.caption(" ".join(part for part in parts if part))
    rows = [
        tables.Row(
            str(event["customer_id"]),
            [
                formats.precise_moment(event["occurred_at"], screens.zone()),
                tables.main(
                    event["name"],
                    EventType(event["type"]).label.lower(),
                    href=screens.customer_address(event["customer_id"], Audience.ALL),
                ),
                tables.noted(
                    event["url"] or "", " · ".join(filter(None, (event["user_agent"], event["ip"])))
                ),
            ],
        )
        for event in without_nan(widgets.read(reports.machine_examples, campaign_id, rule.name)).to_dict(
            "records"
        )
    ]
    columns = [
        tables.Column("When", fit=True, whole=True),
        tables.Column("Customer"),
        tables.Column("What came", whole=True),
    ]
    clicked = tables.table(
        columns, rows, key=f"examples:{campaign_id}:{rule.name}", label=f"Examples: {rule.label}", opens=True
    )
    if clicked.row:
        screens.open_customer(clicked.row, campaign_id)


@st.dialog("What happened", width="large", icon=":material/history:")
def events(campaign_id: str, customer_id: str) -> None:
    """The events of one message, in order."""
    happened = widgets.read(reports.message_events, campaign_id, customer_id)
    rows = [
        tables.Row(
            str(place),
            [
                formats.precise_moment(event["occurred_at"], screens.zone()),
                tables.main(
                    EventType(event["type"]).label,
                    _by_whom(event),
                    title=EventType(event["type"]).meaning,
                ),
                tables.noted(_detail(event), event["user_agent"] or ""),
            ],
            quiet=bool(event["machine"]),
        )
        for place, event in enumerate(without_nan(happened).to_dict("records"))
    ]
    columns = [
        tables.Column("When", fit=True, whole=True),
        tables.Column("What", fit=True),
        tables.Column("Detail", whole=True),
    ]
    tables.table(
        columns, rows, key="events", label="Events", empty="Nothing is known to have happened to this mail."
    )
    if any(row.quiet for row in rows):
        st.caption("What machines did is greyed. *Human* figures leave it out.")
    export_button(
        f"events:{campaign_id}:{customer_id}",
        ("events", campaign_id, customer_id),
        partial(export_reads.customer_events, widgets.warehouse(), customer_id, campaign_id),
        disabled=not rows,
    )


def _detail(event: dict[Hashable, Any]) -> str:
    """What an event tells beside its type: the link, or the reason."""
    parts = [
        event["label"],
        event["url"],
        event["bounce_type"] and f"{event['bounce_type']} bounce",
        event["reject_reason"],
        event["smtp_status"],
        event["diagnostic"],
    ]
    return " · ".join(str(part) for part in dict.fromkeys(parts) if part)


def _by_whom(event: dict[Hashable, Any]) -> str:
    """That a machine did it, and how that was told; that a picture was fetched for a person; else nothing."""
    reason = event["machine"]
    if reason:
        # A rule that is no more has its name alone.
        return f"by a machine: {REASONS[reason].label if reason in REASONS else reason}"
    opened = event["type"] == EventType.OPENED
    return "through a picture proxy" if opened and agents.is_proxied(event["user_agent"]) else ""

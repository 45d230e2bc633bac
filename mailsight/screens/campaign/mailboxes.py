"""The Mailbox providers tab: how the mail did at each of them, and why it bounced."""

from collections.abc import Mapping, Sequence

import streamlit as st

from mailsight.charts import patterns as pattern_charts
from mailsight.components import tables
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import COR, CTR, Portion
from mailsight.reports import patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.patterns import BounceCount, MailboxProvider
from mailsight.screens.cached import read
from mailsight.vocabulary import Audience, Status

from .tabs import LEFT_OUT, STATIC, how_counted, nobody_selected


def show(report: CampaignReport) -> None:
    """How the mail fared at each mailbox provider; a click on one tells why mail to it bounced."""
    campaign_id = report.campaign.campaign_id
    found = read(patterns.mailbox_providers, campaign_id, report.audience)
    if not found:
        nobody_selected()
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            "How far the mails came at each provider. Click a provider to see why mail to it bounced.",
            width="content",
        )
        how_counted("Mailbox providers")
    sent = [one for one in found if one.counts.sent]
    if sent:
        st.plotly_chart(
            pattern_charts.providers([(one.name, dict(one.status)) for one in sent]),
            config=STATIC,
            alt="Status of messages by mailbox provider",
            key="mailboxes",
        )
    key = f"mailboxes:{campaign_id}"
    chosen = next((one for one in found if one.name == st.session_state.get(key)), None)
    largest = {
        rate.key: max((rate.rate(one.counts) or 0.0 for one in found), default=0.0) for rate in (COR, CTR)
    }
    clicked = tables.table(
        _MAILBOX_COLUMNS,
        [_mailbox_row(one, largest, chosen=one is chosen) for one in found],
        key="mailbox_providers",
        label="Mailbox providers",
        opens=True,
    )
    if clicked.row:
        st.session_state[key] = None if chosen and chosen.name == clicked.row else clicked.row
        st.rerun()
    if report.machine_opens and report.audience is Audience.HUMAN:
        st.caption(LEFT_OUT)
    if chosen:
        names = tuple(one.name for one in found)
        reasons = read(patterns.bounce_reasons, campaign_id, names).get(chosen.name, ())
        _bounces(chosen, reasons)


_MAILBOX_COLUMNS = [
    tables.Column("Provider", whole=True),
    tables.Column("Sent", right=True, fit=True),
    tables.Column("Delivered"),
    tables.Column("Hard bounces", right=True, fit=True, help="Undeliverable, for good"),
    tables.Column("Soft bounces", right=True, fit=True, help="Undeliverable, for now: worth another try"),
    tables.Column(Status.NOT_SENT.label, right=True, fit=True),
    tables.Column("COR", help=f"{COR.name}: {COR.formula}"),
    tables.Column("CTR", help=f"{CTR.name}: {CTR.formula}"),
]


def _mailbox_row(one: MailboxProvider, largest: Mapping[str, float], *, chosen: bool) -> tables.Row:
    counts, domains = one.counts, ", ".join(one.domains)
    more = f" and {formats.count(one.domains_more)} more" if one.domains_more else ""
    delivered = Portion(counts.delivered, counts.sent)
    return tables.Row(
        one.name,
        [
            tables.main(one.name, f"{domains}{more}" if domains != one.name else ""),
            formats.count(counts.sent),
            _rate(delivered, "delivered ÷ sent", Status.RECEIVED),
            formats.count(one.hard),
            formats.count(one.soft),
            formats.count(counts.not_sent),
            _rate(COR.portion(counts), COR.formula, Status.OPENED, largest["cor"]),
            _rate(CTR.portion(counts), CTR.formula, Status.CLICKED, largest["ctr"]),
        ],
        chosen=chosen,
    )


def _rate(made_of: Portion, formula: str, state: Status, largest: float = 1.0) -> tables.Cell:
    words = (formula, f"{formats.of(made_of.part, made_of.whole)} customers", *explanations.likely(made_of))
    return tables.rate(made_of, of_largest=largest, colour=state.colour, tip=words)


def _bounces(provider: MailboxProvider, reasons: Sequence[BounceCount]) -> None:
    """Why the mails to one provider bounced."""
    undeliverable = provider.counts.undeliverable
    st.markdown(f"**{formats.plain(provider.name)}: why {formats.things(undeliverable, 'mail')} bounced**")
    rows = [
        tables.Row(
            one.reason.label,
            [
                tables.main(one.reason.label, one.reason.meaning),
                tables.rate(
                    made_of := Portion(one.customers, undeliverable),
                    text=f"{formats.count(one.customers)} · {formats.percent(made_of.rate)}",
                    colour=Status.NOT_RECEIVED.colour,
                ),
                formats.count(one.hard),
                formats.count(one.soft),
                tables.noted("", one.example),
            ],
        )
        for one in reasons
    ]
    columns = [
        tables.Column("Reason", whole=True),
        tables.Column("Undeliverable"),
        tables.Column("Hard", right=True, fit=True),
        tables.Column("Soft", right=True, fit=True),
        tables.Column("For example", whole=True),
    ]
    tables.table(
        columns,
        rows,
        key="bounce_reasons",
        label=f"Bounces at {provider.name}",
        empty="No mail to this provider bounced.",
    )

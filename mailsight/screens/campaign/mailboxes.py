"""The Mailbox providers tab: the results at each provider, and why e-mails bounced there."""

from collections.abc import Mapping, Sequence

import streamlit as st

from mailsight.charts import patterns as pattern_charts
from mailsight.components import address, tables
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import COR, CTR, Portion
from mailsight.reports import patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.patterns import BounceCount, MailboxProvider
from mailsight.screens.cached import read
from mailsight.vocabulary import Audience, Status
from mailsight.web import sessions
from mailsight.web.access import Right
from mailsight.web.parameters import PROVIDER

from .tabs import LEFT_OUT, STATIC, how_counted, nobody_selected


def show(report: CampaignReport) -> None:
    """The results at each mailbox provider; a click on a provider shows why e-mails to it bounced."""
    if report.counts.is_reported("sent"):
        st.info(
            "Results by mailbox provider need all customers, and only some are known.", icon=":material/info:"
        )
        return
    campaign_id = report.campaign.campaign_id
    providers = read(patterns.mailbox_providers, campaign_id, report.audience)
    if not providers:
        nobody_selected()
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            "Results by mailbox provider. Click a provider to see why e-mails to it bounced.",
            width="content",
        )
        how_counted("Mailbox providers")
    sent = [provider for provider in providers if provider.counts.sent]
    if sent:
        st.plotly_chart(
            pattern_charts.providers([(provider.name, dict(provider.status)) for provider in sent]),
            config=STATIC,
            alt="Status of messages by mailbox provider",
            key="mailboxes",
        )
    shown = address.value(PROVIDER)
    chosen = next((provider for provider in providers if provider.name == shown), None)
    largest = {
        rate.key: max((rate.rate(provider.counts) or 0.0 for provider in providers), default=0.0)
        for rate in (COR, CTR)
    }
    clicked = tables.table(
        _mailbox_columns(report),
        [_mailbox_row(provider, largest, chosen=provider is chosen) for provider in providers],
        key="mailbox_providers",
        label="Mailbox providers",
        opens=True,
    )
    if clicked.row:
        address.change((PROVIDER, "" if clicked.row == shown else clicked.row))
        st.rerun()
    if report.machine_opens and report.audience is Audience.HUMAN:
        st.caption(LEFT_OUT)
    if chosen:
        names = tuple(provider.name for provider in providers)
        reasons = read(patterns.bounce_reasons, campaign_id, names).get(chosen.name, ())
        _bounces(chosen, reasons)


def _mailbox_columns(report: CampaignReport) -> list[tables.Column]:
    soft = "Temporarily undeliverable; a later attempt may succeed"
    return [
        tables.Column("Provider", whole=True),
        tables.Column("Sent", right=True, fit=True),
        tables.Column("Delivered"),
        tables.Column("Hard bounces", right=True, fit=True, help="Permanently undeliverable"),
        tables.Column("Soft bounces", right=True, fit=True, help=soft),
        tables.Column(report.unsent.label, right=True, fit=True),
        tables.Column("COR", help=f"{COR.name}: {COR.formula}"),
        tables.Column("CTR", help=f"{CTR.name}: {CTR.formula}"),
    ]


def _mailbox_row(provider: MailboxProvider, largest: Mapping[str, float], *, chosen: bool) -> tables.Row:
    counts, domains = provider.counts, ", ".join(provider.domains)
    more = f" and {formats.count(provider.domains_more)} more" if provider.domains_more else ""
    delivered = Portion(counts.delivered, counts.sent)
    return tables.Row(
        provider.name,
        [
            tables.main(provider.name, f"{domains}{more}" if domains != provider.name else ""),
            formats.count(counts.sent),
            _rate(delivered, "delivered ÷ sent", Status.RECEIVED),
            formats.count(provider.hard),
            formats.count(provider.soft),
            formats.count(counts.not_sent),
            _rate(COR.portion(counts), COR.formula, Status.OPENED, largest["cor"]),
            _rate(CTR.portion(counts), CTR.formula, Status.CLICKED, largest["ctr"]),
        ],
        chosen=chosen,
    )


def _rate(portion: Portion, formula: str, state: Status, largest: float = 1.0) -> tables.Cell:
    tip = (formula, f"{formats.of(portion.part, portion.whole)} customers", *explanations.likely(portion))
    return tables.rate(portion, of_largest=largest, colour=state.colour, tip=tip)


def _bounces(provider: MailboxProvider, reasons: Sequence[BounceCount]) -> None:
    """Why e-mails to one provider bounced."""
    undeliverable, has_examples = provider.counts.undeliverable, sessions.may(Right.CUSTOMERS)
    st.subheader(
        f"{formats.plain(provider.name)}: why {formats.things(undeliverable, 'e-mail')} bounced", anchor=False
    )
    rows = [
        tables.Row(
            bounces.reason.label,
            [
                tables.main(bounces.reason.label, bounces.reason.meaning),
                tables.rate(
                    portion := Portion(bounces.customers, undeliverable),
                    text=f"{formats.count(bounces.customers)} · {formats.percent(portion.rate)}",
                    colour=Status.NOT_RECEIVED.colour,
                ),
                formats.count(bounces.hard),
                formats.count(bounces.soft),
                *([tables.noted("", bounces.example)] if has_examples else []),
            ],
        )
        for bounces in reasons
    ]
    columns = [
        tables.Column("Reason", whole=True),
        tables.Column("Undeliverable"),
        tables.Column("Hard", right=True, fit=True),
        tables.Column("Soft", right=True, fit=True),
        *([tables.Column("Example", whole=True)] if has_examples else []),
    ]
    tables.table(
        columns,
        rows,
        key="bounce_reasons",
        label=f"Bounces at {provider.name}",
        empty="No e-mails to this provider bounced.",
    )

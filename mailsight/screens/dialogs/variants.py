"""The dialog with the variants of a campaign's e-mail, and the one that the heatmap shows."""

from collections.abc import Mapping

import streamlit as st

from mailsight.components import address, tables
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import COR, CTR, Counts, Portion
from mailsight.reports import variant_values, variants
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.variants import Variant
from mailsight.screens import cached
from mailsight.vocabulary import Audience, Status
from mailsight.web.parameters import CAMPAIGN_DIALOG, LINK, VARIANT

TITLE = "What differed between customers"
_BY_EXAMPLE = (
    "Customers have too many different values to try all. "
    "One stands for all that the e-mail's conditions treat alike."
)


@st.dialog(TITLE, width="large", icon=":material/alt_route:", on_dismiss=address.close_dialog)
@cached.one_generation()
def show(report: CampaignReport) -> None:
    """The variants, with the customers and the figures of each. A click shows its heatmap."""
    compared = read(report)
    if len(compared.variants) < 2 and not _sent(compared.more, report):
        st.info("All customers got the same e-mail, apart from values such as names.", icon=":material/info:")
        return
    st.caption(
        "What conditions, loops and chosen blocks made of the e-mail. Click a variant to see its heatmap and its "
        "customers."
    )
    largest = {
        rate.key: max(
            (rate.rate(each.counts[report.audience]) or 0.0 for each in compared.variants), default=0.0
        )
        for rate in (COR, CTR)
    }
    rows = [
        _row(each.variant_id, name(each), each.apart, each.counts[report.audience], report, largest)
        for each in compared.variants
    ]
    for label, note, counts in (
        ("Other variants", "Too many to list", compared.more),
        ("Could not be rebuilt", "The e-mail's HTML is missing or can't be filled in", compared.not_rebuilt),
        ("No longer known", "They were erased, and what they got was not kept", compared.forgotten),
    ):
        if _sent(counts, report):
            rows.append(_row("", label, (note,), counts[report.audience], report, largest, opens=False))
    clicked = tables.table(
        [
            tables.Column("Variant", whole=True),
            tables.Column("Customers", help="To whom it was sent, and their share of Sent"),
            tables.Column("Delivered"),
            tables.Column("COR", help=f"{COR.name}: {COR.formula}"),
            tables.Column("CTR", help=f"{CTR.name}: {CTR.formula}"),
        ],
        rows,
        key="variants",
        label=TITLE,
        opens=True,
    )
    if clicked.row:
        address.change((VARIANT, clicked.row), (LINK, ""), (CAMPAIGN_DIALOG, None))
        st.rerun()
    if compared.by_example:
        st.caption(_BY_EXAMPLE)


def read(report: CampaignReport) -> variants.Variants:
    """The variants of the campaign, with a progress bar while they are compared."""
    place = st.empty()
    with variant_values.watching(lambda done: place.progress(min(done, 1.0), "Comparing the e-mails")):
        compared = cached.read(variants.variants, report.campaign.campaign_id)
    place.empty()
    return compared


def name(variant: Variant) -> str:
    """A variant by its place in the list."""
    return f"Variant {formats.count(variant.number)}"


def _sent(counts: Mapping[Audience, Counts], report: CampaignReport) -> int:
    return counts[report.audience].sent


def _row(
    row_id: str,
    label: str,
    apart: tuple[str, ...],
    counts: Counts,
    report: CampaignReport,
    largest: Mapping[str, float],
    *,
    opens: bool = True,
) -> tables.Row:
    part = Portion(counts.sent, report.counts.sent)
    return tables.Row(
        row_id,
        [
            tables.main(label, "; ".join(apart)),
            tables.rate(
                part,
                text=f"{formats.count(counts.sent)} · {formats.percent(part.rate)}",
                colour=Status.RECEIVED.colour,
                interval=False,
            ),
            _rate(Portion(counts.delivered, counts.sent), "delivered ÷ sent", Status.RECEIVED),
            _rate(COR.portion(counts), COR.formula, Status.OPENED, largest["cor"]),
            _rate(CTR.portion(counts), CTR.formula, Status.CLICKED, largest["ctr"]),
        ],
        chosen=bool(row_id) and address.value(VARIANT) == row_id,
        opens=opens,
    )


def _rate(portion: Portion, formula: str, state: Status, largest: float = 1.0) -> tables.Cell:
    tip = (formula, f"{formats.of(portion.part, portion.whole)} customers", *explanations.likely(portion))
    return tables.rate(portion, of_largest=largest or 1.0, colour=state.colour, tip=tip)

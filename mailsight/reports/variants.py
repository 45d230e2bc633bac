"""What differed between customers: the variants of a campaign's e-mail, and how many customers got each.

Of customers without an archived copy, only those values are read that the template's conditions ask for. For each
different combination of them, the template is rendered once; combinations that show the same blocks are one variant.
A copy is the variant that has its texts. Copies of no such variant are compared by their structure. Which variant a
customer got is kept when the customer is erased.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mailsight.bounded import pool
from mailsight.bounded.batches import first_results
from mailsight.errors import WorkFailed
from mailsight.figures.metrics import COUNT_NAMES, Counts
from mailsight.heatmap.badges import LinkTotals, link_totals
from mailsight.mail.copies import Copied, compared, longest_first
from mailsight.mail.links import LinkClicks
from mailsight.mail.personal_links import Recipient
from mailsight.mail.variant_links import placed_clicks
from mailsight.merging.languages import Language, language_named
from mailsight.merging.outlines import assumed, outline
from mailsight.merging.rendering import MailTemplate, render_mail
from mailsight.merging.sample_values import SAMPLE, made_up
from mailsight.merging.values import Json
from mailsight.vocabulary import Audience
from mailsight.warehouse.cache import Numbers
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.selection import GridQuery

from . import mails
from .campaign import CampaignReport, campaign
from .distinctions import Case, distinctions
from .variant_values import MAX_PIECES, Combination, KeyParameters, variant_values

_ONLY_ERASED = "sent only to customers who have since been erased"
_MAX_COPIES = 500
_COPIES_A_TIME = 10
MAX_VARIANTS = 100


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of an e-mail. `number` is its place in the list, from 1.

    `customer_id` is a customer who got it; None if all of them were erased, so that nobody can see what it was.

    `apart` says what sets it apart.

    With `values`, the template shows it; None if it is known from copies only. `clicks` are those of its customers on
    the links of the template, and on other URLs. `keys`: those of its customers, with the
    `key_parameters` of all variants.
    """

    variant_id: str
    number: int
    customer_id: str | None
    apart: tuple[str, ...]
    values: Mapping[str, Json] | None
    counts: Mapping[Audience, Counts]
    clicks: Mapping[Audience, Sequence[LinkClicks]]
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Variants:
    """The variants of an e-mail, the most frequent first. All counts together add up to everyone it was sent to.

    `more`: variants beyond those listed, and customers with values beyond those compared. `not_rebuilt`: customers
    whose e-mail can't be rebuilt. `forgotten`: erased customers of whom no variant was kept. `key_parameters` and
    `by_example`: see `VariantValues`.
    """

    variants: Sequence[Variant]
    more: Mapping[Audience, Counts]
    not_rebuilt: Mapping[Audience, Counts]
    forgotten: Mapping[Audience, Counts]
    key_parameters: KeyParameters
    by_example: bool = False

    def variant(self, variant_id: str) -> Variant | None:
        return next((each for each in self.variants if each.variant_id == variant_id), None)


def may_differ(data: Snapshot, campaign_id: str) -> bool:
    """Whether a campaign's e-mail may have variants: its template has conditions, or copies were loaded. Quick."""
    row = data.row("has_copies", campaign_id=campaign_id)
    if row and row["has_copies"]:
        return True
    template, language = _template(data, campaign_id)
    if template is None:
        return False
    try:
        return bool(pool.run(partial(assumed, {}, template, language)))
    except WorkFailed:
        return False


def variants(data: Snapshot, campaign_id: str) -> Variants:
    """Compare the e-mails of a campaign's customers. Raises `UnknownCampaign`."""
    template, language = _template(data, campaign_id)
    try:
        values = variant_values(data, campaign_id, template, language, campaign(data, campaign_id).sent_at)
    except WorkFailed:
        template, values = None, variant_values(data, campaign_id, None)
    groups = _groups(data, values.combinations)
    listed = sorted(groups.values(), key=lambda group: (-group.sent, group.variant_id))[:MAX_VARIANTS]
    apart = distinctions([group.case for group in listed], by_example=values.by_example)
    # If the template can't be rendered, nobody's e-mail can be rebuilt, except from copies.
    without_copy = [each for each in values.combinations if not each.row["copy_id"]]
    forgotten = [each for each in without_copy if each.row["is_erased"] and not each.row["kept_variant"]]
    not_rebuilt = [] if template else [each for each in without_copy if not each.row["is_erased"]]
    counted = [*(each for group in listed for each in group.combinations), *not_rebuilt, *forgotten]
    return Variants(
        [
            _variant(group, number, words)
            for number, (group, words) in enumerate(zip(listed, apart, strict=True), 1)
        ],
        {each: _counts([values.everyone], each, less=counted) for each in Audience},
        {audience: _counts([each.row for each in not_rebuilt], audience) for audience in Audience},
        {audience: _counts([each.row for each in forgotten], audience) for audience in Audience},
        values.key_parameters,
        values.by_example,
    )


def among(data: Snapshot, campaign_id: str, query: GridQuery, compared: Variants | None = None) -> GridQuery:
    """The query, with the rows of its variant's customers; none for an unknown variant.

    `compared`: the variants, if they are known already. Raises `UnknownCampaign`.
    """

    def rows() -> Numbers:
        known = compared or variants(data, campaign_id)
        variant = known.variant(query.variant)
        return known.key_parameters.rows(data, campaign_id, variant.keys if variant else [])

    if not query.variant:
        return query
    return query.among(data.cached("variant", rows, campaign_id=campaign_id, variant=query.variant))


@dataclass(frozen=True, slots=True)
class _Group:
    """The customers with one variant, and its texts."""

    variant_id: str
    texts: Sequence[str]
    combinations: list[Combination]

    @property
    def sent(self) -> int:
        return sum(each.row["sent"] for each in self.combinations)

    @property
    def customer_id(self) -> str | None:
        first = self.combinations[0].row
        return None if first["is_erased"] else str(first["customer_id"])

    @property
    def case(self) -> Case:
        values = [{".".join(place): value for place, value in each.at.items()} for each in self.combinations]
        return Case(values, self.texts)


def _template(data: Snapshot, campaign_id: str) -> tuple[MailTemplate | None, Language | None]:
    mail = mails.of_campaign(data, campaign_id)
    language = language_named(campaign(data, campaign_id).merge_language)
    if mail is None:
        return None, language
    return MailTemplate(mail.html, mail.subject, mail.preheader, mail.from_name), language


def _groups(data: Snapshot, combinations: Sequence[Combination]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    texts: dict[str, Sequence[str]] = {}
    for each in combinations:
        if each.outline:
            digest, shown = each.outline.digest, each.outline.texts
            texts[digest] = shown
            if not each.row["copy_id"]:
                group = groups.setdefault(digest, _Group(digest, (*shown, *each.outline.others), []))
                group.combinations.append(each)
    copies = [each for each in combinations if each.row["copy_id"]][:_MAX_COPIES]
    for each, copied in zip(copies, _copied(data, copies, texts), strict=False):
        if copied:
            name = copied.variant or copied.digest
            group = groups.setdefault(name, _Group(name, copied.labels, []))
            group.combinations.append(each)
    for each in combinations:
        kept = each.row["kept_variant"]
        if kept and not each.row["copy_id"]:
            groups.setdefault(kept, _Group(kept, (), [])).combinations.append(each)
    return groups


def _copied(
    data: Snapshot, copies: Sequence[Combination], texts: Mapping[str, Sequence[str]]
) -> list[Copied | None]:
    """What each copy is; None for one that can't be read. Fewer if they take too long."""
    results: list[Copied | None] = []
    compare = partial(compared, variants=longest_first(texts))
    pieces = MAX_PIECES
    while len(results) < len(copies) and pieces:
        pieces -= 1
        ids = [each.row["copy_id"] for each in copies[len(results) : len(results) + _COPIES_A_TIME]]
        html = {row["content_id"]: row["html"] or "" for row in data.rows("copies", content_ids=ids)}
        try:
            results += pool.run(partial(first_results, compare, [html.get(each, "") for each in ids]))
        except WorkFailed:
            results += [None] * len(ids)
    return results


def _variant(group: _Group, number: int, apart: tuple[str, ...]) -> Variant:
    rebuilt = next((each for each in group.combinations if each.outline and not each.row["copy_id"]), None)
    rows = [each.row for each in group.combinations]
    return Variant(
        group.variant_id,
        number,
        group.customer_id,
        apart if group.customer_id else (_ONLY_ERASED,),
        rebuilt.values if rebuilt else None,
        {each: _counts(rows, each) for each in Audience},
        {each: _clicked(rows, each) for each in Audience},
        [row["key"] for row in rows],
    )


def _counts(
    rows: Iterable[Mapping[str, Any]], audience: Audience, less: Sequence[Combination] = ()
) -> Counts:
    """The counts of all rows together, without those of others."""
    total = dict.fromkeys(COUNT_NAMES, 0)
    signed = [*((row, 1) for row in rows), *((each.row, -1) for each in less)]
    for row, sign in signed:
        counts = {**row, **row[f"of_{audience}"], "selected": row["sent"], "not_sent": 0}
        for name in COUNT_NAMES:
            total[name] += sign * counts[name]
    return Counts.of(total)


def _clicked(rows: Iterable[Mapping[str, Any]], audience: Audience) -> list[LinkClicks]:
    totals: dict[tuple[int | None, str], list[int]] = defaultdict(lambda: [0, 0])
    for click in (click for row in rows for click in row["clicks"] or ()):
        total = totals[click["link_position"], click["url"] or ""]
        total[0] += click[f"{audience}_clicks"]
        total[1] += click[f"{audience}_clickers"]
    return [
        LinkClicks(position, url, url, clicks, clickers, 1)
        for (position, url), (clicks, clickers) in totals.items()
        if clicks
    ]


@dataclass(frozen=True, slots=True)
class VariantMail:
    """The e-mail of a variant for the heatmap, and the customer whose copy it is, or one who is made up.

    `positions`: where its links are in the template, if they are.
    """

    html: str
    recipient: Recipient
    links: Sequence[LinkClicks]
    other_links: Sequence[LinkClicks]
    link_totals: LinkTotals
    positions: Mapping[int, int]


def mail(data: Snapshot, variant: Variant, report: CampaignReport) -> VariantMail | None:
    """The e-mail of a variant with the clicks of its customers; None if it can't be shown.

    Fields that no condition asks for are left as they are, and names of persons made up. Of a variant that nobody can
    see any more, it is the template, with all fields left. Raises `WorkFailed`.
    """
    campaign_id = report.campaign.campaign_id
    template, language = _template(data, campaign_id)
    if variant.values is not None and template:
        values, sent_at = made_up(variant.values), report.campaign.sent_at
        # Conditions may ask for a person's own name.
        digest = pool.run(partial(outline, values, template, language, sent_at)).digest
        is_made_up = digest == variant.variant_id
        values = values if is_made_up else dict(variant.values)
        html = pool.run(partial(render_mail, template, values, language, sent_at=sent_at)).mail.html
        customer_id = None if is_made_up else variant.customer_id
    else:
        customer_id = variant.customer_id
        shown = mails.of_customer(data, campaign_id, customer_id) if customer_id else template
        html = shown.html if shown else None
    if html is None:
        return None
    recipient = mails.recipient(data, campaign_id, customer_id) if customer_id else SAMPLE
    placed, others, positions = pool.run(
        partial(placed_clicks, html, list(report.links), list(variant.clicks[report.audience]))
    )
    return VariantMail(html, recipient, placed, others, link_totals([*placed, *others]), positions)

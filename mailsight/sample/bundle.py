"""Writes the sample data: two years of campaigns of Sunwise Travel, a fictional company, as a bundle on disk.

It is seeded: the same arguments give the same data every time, on every machine. Tests, demo and benchmarks share it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from . import archive
from .campaigns import Campaign, calendar
from .crowd import TYPES, Crowd, gather
from .customers import matches, population
from .reading import CampaignProfile
from .tables import Tables
from .traffic import Traffic, send


def write_bundle(
    folder: Path,
    *,
    campaigns: int = 48,
    customers: int = 20_000,
    seed: int = 1,
    progress: Callable[[float, str], None] | None = None,
    truth: Path | None = None,
) -> None:
    """Writes a complete bundle (docs/data.md) to `folder`, which is created if needed.

    With three or more campaigns, the last is planned but not sent yet. `truth` is an additional Parquet file for tests
    and benchmarks: every open and click, and whether a machine made it.
    """
    report = progress or (lambda share, words: None)
    rng = np.random.Generator(np.random.PCG64(seed))
    (folder / "contents").mkdir(parents=True, exist_ok=True)
    report(0.0, "Inviting customers")
    crowd = gather(population(customers, rng), rng)

    report(0.05, "Designing e-mails")
    all_campaigns = list(calendar(campaigns))
    with (folder / "campaigns.ndjson").open("w", encoding="utf-8") as file:
        for campaign in all_campaigns:
            (folder / campaign.template).write_text(campaign.html, encoding="utf-8")
            file.write(json.dumps(campaign.row, ensure_ascii=False) + "\n")

    # Archive a few customers' copies of the last campaign of each design.
    archived = {
        campaign.plan.design: campaign.campaign_id for campaign in all_campaigns if not campaign.planned
    }
    with Tables(folder, crowd, rng, truth) as tables:
        for number, campaign in enumerate(all_campaigns):
            report(float(np.interp(number, [0, campaigns], [0.15, 1])), f"Sending “{campaign.plan.name}”")
            traffic = send(_profile(campaign, crowd, rng), crowd, rng)
            messages = tables.messages(campaign, traffic)
            if campaign.campaign_id in archived.values():
                messages = _archived(folder, campaign, crowd, traffic, messages)
            tables.write_messages(messages)
            tables.write_events(campaign, traffic, messages)
    report(1.0, "Done")


# How well each design works: log-odds of opening and of clicking, and the chance that a reader opts out.
_APPEAL = {
    "newsletter": (0.0, 0.05, 0.0065),
    "offer": (-0.12, 0.30, 0.0100),
    "map": (0.1, 0.15, 0.0060),
    "letter": (0.4, -0.25, 0.0050),
}


def _profile(campaign: Campaign, crowd: Crowd, rng: np.random.Generator) -> CampaignProfile:
    plan, columns = campaign.plan, crowd.customers.columns
    strength, pull, opt_outs = _APPEAL[plan.design]
    interested = [np.strings.find(columns["interests"], interest) >= 0 for interest in plan.interests]
    return CampaignProfile(
        name=plan.name,
        at=int(campaign.at.astype("datetime64[ms]").astype(np.int64)),
        planned=campaign.planned,
        selected=matches(plan.picked, columns, campaign.at.astype("datetime64[D]")),
        interested=np.any(interested, axis=0),
        strength=strength + rng.normal(-0.12, 0.28),
        pull=pull + rng.normal(0, 0.3),
        opt_outs=opt_outs * rng.uniform(0.7, 1.4),
        cancelled=plan.cancelled,
        link_weights=campaign.links.weights,
        unsubscribe_link=campaign.links.unsubscribe,
        web_links=campaign.links.web,
    )


def _archived(
    folder: Path, campaign: Campaign, crowd: Crowd, traffic: Traffic, messages: pa.Table
) -> pa.Table:
    """The messages with archived copies for the first four customers who clicked; two of the copies are raw."""
    kind, row = traffic.events[:2]
    clickers = np.unique(row[kind == TYPES.index("clicked")])[:4].tolist()
    content: list[str | None] = [None] * len(messages)
    for number, index in enumerate(clickers):
        message = messages.slice(index, 1).to_pylist()[0]
        copy = archive.Copy(
            customer_id=message["customer_id"],
            email=message["email"],
            name=str(crowd.customers.columns["name"][traffic.customer[index]]),
            message_id=message["message_id"],
            sent_at=message["sent_at"],
            merge_fields=json.loads(message["merge_fields"]),
        )
        content[index] = archive.write(folder, campaign, copy, raw=number % 2 == 1)
    column = messages.schema.get_field_index("content")
    return messages.set_column(column, "content", pa.array(content, pa.string()))

"""Sample data: two years of mailings of Sunwise Travel, a company that doesn't exist, as a bundle on disk.

Seeded: the same arguments give the same data every time, on every machine. Tests, demo and benchmarks use it alike.
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
from .reading import Mailing
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
    """Writes a whole bundle (docs/data.md) into `folder`, which is made when it does not exist.

    The last campaign is planned and not yet sent, when there are at least three. `truth` is a Parquet file to write
    beside it for tests and benchmarks: each open and click, and whether a machine made it.
    """
    tell = progress or (lambda share, words: None)
    rng = np.random.Generator(np.random.PCG64(seed))
    (folder / "contents").mkdir(parents=True, exist_ok=True)
    tell(0.0, "Inviting customers")
    crowd = gather(population(customers, rng), rng)

    tell(0.05, "Designing e-mails")
    mailings = list(calendar(campaigns))
    with (folder / "campaigns.ndjson").open("w", encoding="utf-8") as file:
        for campaign in mailings:
            (folder / campaign.template).write_text(campaign.html, encoding="utf-8")
            file.write(json.dumps(campaign.row, ensure_ascii=False) + "\n")

    # The last mailing of each design is kept as a few customers got it.
    kept = {campaign.plan.design: campaign.campaign_id for campaign in mailings if not campaign.planned}
    with Tables(folder, crowd, rng, truth) as tables:
        for number, campaign in enumerate(mailings):
            tell(float(np.interp(number, [0, campaigns], [0.15, 1])), f"Sending “{campaign.plan.name}”")
            happened = send(_mailing(campaign, crowd, rng), crowd, rng)
            messages = tables.messages(campaign, happened)
            if campaign.campaign_id in kept.values():
                messages = _archived(folder, campaign, crowd, happened, messages)
            tables.write_messages(messages)
            tables.write_events(campaign, happened, messages)
    tell(1.0, "Done")


# How subject and contents of each design do: log-odds of opening and clicking, and the chance that a reader leaves.
_APPEAL = {
    "newsletter": (0.0, 0.05, 0.0065),
    "offer": (-0.12, 0.30, 0.0100),
    "map": (0.1, 0.15, 0.0060),
    "letter": (0.4, -0.25, 0.0050),
}


def _mailing(campaign: Campaign, crowd: Crowd, rng: np.random.Generator) -> Mailing:
    plan, columns = campaign.plan, crowd.customers.columns
    strength, pull, opt_outs = _APPEAL[plan.design]
    interested = [np.strings.find(columns["interests"], interest) >= 0 for interest in plan.interests]
    return Mailing(
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
    folder: Path, campaign: Campaign, crowd: Crowd, happened: Traffic, messages: pa.Table
) -> pa.Table:
    """The messages, with the mail as it reached the first four customers who clicked in it; two of them raw."""
    kind, row = happened.events[:2]
    clickers = np.unique(row[kind == TYPES.index("clicked")])[:4].tolist()
    content: list[str | None] = [None] * len(messages)
    for number, place in enumerate(clickers):
        message = messages.slice(place, 1).to_pylist()[0]
        copy = archive.Copy(
            customer_id=message["customer_id"],
            email=message["email"],
            name=str(crowd.customers.columns["name"][happened.customer[place]]),
            message_id=message["message_id"],
            sent_at=message["sent_at"],
            merge_fields=json.loads(message["merge_fields"]),
        )
        content[place] = archive.write(folder, campaign, copy, raw=number % 2 == 1)
    place = messages.schema.get_field_index("content")
    return messages.set_column(place, "content", pa.array(content, pa.string()))

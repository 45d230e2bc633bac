"""Which variant of an e-mail people got: kept when the values that it depends on are erased, so its figures stay."""

import logging
from dataclasses import asdict

from mailsight.errors import UnknownCampaign, WorkFailed
from mailsight.figures.metrics import share
from mailsight.loading.derive import Progress
from mailsight.reports import variants
from mailsight.warehouse.draft import Draft
from mailsight.warehouse.reader import Snapshot, Warehouse

_log = logging.getLogger(__name__)


def keep(work: Draft, progress: Progress) -> None:
    """Adds to the new database which variants the people of the renamed messages got.

    A variant that can't be worked out, for example because an e-mail takes too long, is forgotten.
    """
    campaigns = [campaign_id for (campaign_id,) in work.run("renamed_campaigns")]
    if not campaigns or work.database is None:
        return
    with Warehouse(work.database).snapshot() as data:
        for place, campaign_id in enumerate(campaigns):
            progress(0.2 + 0.1 * (share(place, len(campaigns)) or 0.0), "Working out which variants they got")
            try:
                _keep(work, data, campaign_id)
            except (UnknownCampaign, WorkFailed):
                _log.warning("The variants of an e-mail that erased people got could not be worked out")


def _keep(work: Draft, data: Snapshot, campaign_id: str) -> None:
    if not variants.may_differ(data, campaign_id):
        return
    compared = variants.variants(data, campaign_id)
    ids = {key: variant.variant_id for variant in compared.variants for key in variant.keys}
    work.run(
        "keep_variants",
        campaign_id=campaign_id,
        keys=list(ids),
        variant_ids=list(ids.values()),
        **asdict(compared.key_parameters),
    )

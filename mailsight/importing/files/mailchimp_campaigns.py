"""Mailchimp's campaigns, and which files of an account's export are about which of them.

Files are named by the campaign's number in the app and its title: `granular_activity/opens/1234_summer-sale.csv`. The
list in `campaigns.csv` has another id and no number. So titles are compared, and times if several campaigns have the
same title.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NAME = "mailchimp"

_NUMBERED = re.compile(r"(\d+)_(.*)")
# Mailchimp shortens long titles in names of files.
_SHORTENED = 20
# The list is in the account's time zone, activity may be in another: it may seem to start before its campaign.
_ZONES = timedelta(hours=14)
_UMLAUTS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "æ": "ae",
        "ø": "oe",
        "å": "aa",
    }
)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign. Its id is the one in lists and in the API, or else what its files are named by."""

    id: str
    title: str | None = None
    sent_at: datetime | None = None

    @property
    def campaign_id(self) -> str:
        return f"{NAME}-{self.id}"


@dataclass(slots=True)
class Campaigns:
    """The campaigns that are listed, by id, and those that files are about, by the key in the files' names."""

    listed: dict[str, Campaign] = field(default_factory=dict)
    of_keys: dict[str, Campaign] = field(default_factory=dict)

    @property
    def unlisted(self) -> list[Campaign]:
        """The campaigns that only files tell of."""
        return [
            campaign for campaign in dict.fromkeys(self.of_keys.values()) if campaign.id not in self.listed
        ]

    def of_file(self, stem: str) -> Campaign:
        """The campaign that a file with this name is about."""
        key, _ = key_and_slug(stem, self.listed)
        return self.of_keys.get(key) or self.listed.get(key) or Campaign(key)

    def named(self, key: str | None, title: str | None) -> Campaign | None:
        """The campaign with this id or number, or else the only one with the title."""
        if key and (campaign := self.listed.get(key) or self.of_keys.get(key)):
            return campaign
        titled = [campaign for campaign in self.listed.values() if title and campaign.title == title]
        if len(titled) == 1:
            return titled[0]
        return Campaign(key, title) if key else None

    def link(self, stems: Iterable[str], first_activity: Callable[[str], datetime | None]) -> None:
        """Find out which campaigns files with these names are about.

        `first_activity` is asked for the earliest time in the files of a key, if titles don't decide.
        """
        by_slug: defaultdict[str, list[str]] = defaultdict(list)
        for key, name in dict(key_and_slug(stem, self.listed) for stem in stems).items():
            if key not in self.listed and key not in self.of_keys:
                by_slug[name].append(key)
        slugs: defaultdict[str, list[Campaign]] = defaultdict(list)
        joined: defaultdict[str, dict[str, Campaign]] = defaultdict(dict)
        for campaign in self.listed.values():
            for spelling in spellings(campaign.title or ""):
                slugs[spelling].append(campaign)
                joined[spelling.replace("-", "")][campaign.id] = campaign
        for name, keys in by_slug.items():
            # "A/B test" may also be "ab-test".
            alike = joined.get(name.replace("-", ""), {})
            candidates = (
                slugs.get(name)
                or list(alike.values())
                or list(
                    dict.fromkeys(
                        campaign
                        for longer, campaigns in slugs.items()
                        if len(name) >= _SHORTENED and longer.startswith(name)
                        for campaign in campaigns
                    )
                )
            )
            pairs = _paired(keys, candidates, first_activity)
            for key in keys:
                self.of_keys[key] = pairs.get(key) or Campaign(key, name.replace("-", " ").strip() or None)


def slug(title: str) -> str:
    """A title as it is in names of files: "Summer Sale (copy 01)" is "summer-sale-copy-01"."""
    return re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFC", title).lower()).strip("-")


def spellings(title: str) -> set[str]:
    """A title in all the ways that names of files may spell its accents: "ü" is "-", "u", "ue" or nothing."""
    whole = unicodedata.normalize("NFC", title)
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", title) if not unicodedata.combining(letter)
    )
    ascii_only = whole.encode("ascii", "ignore").decode()
    texts = (whole, plain, ascii_only, whole.translate(_UMLAUTS), plain.translate(_UMLAUTS))
    return {slug(text) for text in texts}


def key_and_slug(stem: str, listed: Container[str]) -> tuple[str, str]:
    """The campaign's id or number in the name of a file, and the title; the title for both if it has neither."""
    parts = re.split(r"[_.\s]", stem)
    for part in (stem, parts[0], parts[-1]):
        if part in listed:
            return part, slug(stem)
    if match := _NUMBERED.fullmatch(stem):
        return match[1], slug(match[2])
    return slug(stem) or stem, slug(stem)


def _paired(
    keys: Sequence[str], candidates: Sequence[Campaign], first_activity: Callable[[str], datetime | None]
) -> dict[str, Campaign]:
    """Which of several campaigns with the same title each key is. A key that could be several is none."""
    if len(keys) == len(candidates) == 1:
        return {keys[0]: candidates[0]}
    if not candidates:
        return {}
    numbered = sorted(keys, key=lambda key: (int(key) if key.isdigit() else 0, key))
    in_order = sorted(candidates, key=lambda campaign: campaign.sent_at or _LAST)
    firsts = {key: first_activity(key) for key in numbered}
    # Numbers rise with time, so in most accounts the campaigns have the order of their numbers.
    if len(numbered) == len(in_order) and all(
        _can_be(firsts[key], campaign) for key, campaign in zip(numbered, in_order, strict=True)
    ):
        return dict(zip(numbered, in_order, strict=True))
    pairs: dict[str, Campaign] = {}
    for key, first in sorted(firsts.items(), key=lambda pair: pair[1] or _LAST):
        left = [campaign for campaign in in_order if campaign not in pairs.values() and campaign.sent_at]
        before = [campaign for campaign in left if first and campaign.sent_at and campaign.sent_at <= first]
        soon = [campaign for campaign in left if first and _can_be(first, campaign)]
        if before or soon:
            pairs[key] = before[-1] if before else soon[0]
    return pairs


def _can_be(first: datetime | None, campaign: Campaign) -> bool:
    """Whether activity from this time on can be that of the campaign."""
    return first is None or campaign.sent_at is None or campaign.sent_at <= first + _ZONES

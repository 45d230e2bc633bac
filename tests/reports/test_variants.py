"""What differed between customers, compared with what a generator of plain Python wrote for a hundred of them."""

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from mailsight.exports import rows
from mailsight.loading import bundles
from mailsight.merging.sample_values import SAMPLE
from mailsight.privacy import erasure, retention
from mailsight.privacy.retention import Keep
from mailsight.reports import campaign, mails, recipients, variant_values, variants
from mailsight.reports.distinctions import Case, distinctions
from mailsight.reports.grid import grid_query
from mailsight.reports.variants import Variants
from mailsight.vocabulary import Audience, Stage
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support.bundles import bundle, ndjson

CITIES = ("Porto", "Lisbon", "Faro", "Braga")
SHOP, KETTLE, TEA, GOLD = (f"https://shop.example/{name}" for name in ("", "kettle", "tea", "gold"))


@dataclass(frozen=True)
class Person:
    """A customer of the generator, with what the template asks for."""

    number: int

    @property
    def customer_id(self) -> str:
        return f"c{self.number:03}"

    @property
    def first_name(self) -> str:
        return f"Name{self.number}" if self.number % 5 else ""

    @property
    def city(self) -> str:
        return CITIES[self.number % 4]

    @property
    def points(self) -> int:
        return self.number * 7

    @property
    def values(self) -> dict[str, object]:
        return {
            "first_name": self.first_name,
            "city": self.city,
            "points": self.points,
            "vip": self.number % 3 == 0,
        }


PEOPLE = [Person(number) for number in range(100)]


def mail(person: Person) -> tuple[str, tuple[object, ...], list[str]]:
    """A person's e-mail as their sender wrote it, which blocks it has, and its links."""
    name = person.first_name or "friend"
    in_porto, is_vip = person.city == "Porto", person.number % 3 == 0
    city = (
        f'<a href="{KETTLE}">Kettle offer in {person.city}</a>'
        if in_porto
        else f'<a href="{TEA}">Tea for {person.city}</a>'
    )
    gold = f'<a href="{GOLD}">Gold lounge</a>' if is_vip else ""
    html = f'<p>Dear {name},</p><a href="{SHOP}">Shop</a>{city}{gold}<p>{person.points} points</p>'
    links = [SHOP, KETTLE if in_porto else TEA, *([GOLD] if is_vip else [])]
    return html, (bool(person.first_name), in_porto, is_vip), links


def template(opened: Mapping[str, str]) -> str:
    return (
        f"<p>Dear {opened['if name']}{opened['first_name']}{opened['else']}friend{opened['end']},</p>"
        f'<a href="{SHOP}">Shop</a>'
        f'{opened["if city"]}<a href="{KETTLE}">Kettle offer in {opened["city"]}</a>'
        f'{opened["else"]}<a href="{TEA}">Tea for {opened["city"]}</a>{opened["end"]}'
        f'{opened["if vip"]}<a href="{GOLD}">Gold lounge</a>{opened["end vip"]}'
        f"<p>{opened['points']} points</p>"
    )


def _braces(prefix: str = "") -> dict[str, str]:
    return {name: f"{{{{ {prefix}{name} }}}}" for name in ("first_name", "city", "points")}


LANGUAGES = {
    "liquid": _braces()
    | {
        "if name": '{% if first_name and first_name != "" %}',
        "if city": '{% if city == "Porto" %}',
        "if vip": "{% if vip %}",
        "else": "{% else %}",
        "end": "{% endif %}",
        "end vip": "{% endif %}",
    },
    "handlebars": _braces()
    | {
        "if name": "{{#if first_name}}",
        "if city": '{{#if (eq city "Porto")}}',
        "if vip": "{{#if vip}}",
        "else": "{{else}}",
        "end": "{{/if}}",
        "end vip": "{{/if}}",
    },
    "django": _braces("person.")
    | {
        "if name": "{% if person.first_name %}",
        "if city": '{% if person.city == "Porto" %}',
        "if vip": "{% if person.vip %}",
        "else": "{% else %}",
        "end": "{% endif %}",
        "end vip": "{% endif %}",
    },
    "mailchimp": {
        "first_name": "*|FNAME|*",
        "city": "*|CITY|*",
        "points": "*|POINTS|*",
        "if name": "*|IF:FNAME|*",
        "if city": "*|IF:CITY=Porto|*",
        "if vip": "*|IF:VIP|*",
        "else": "*|ELSE:|*",
        "end": "*|END:IF|*",
        "end vip": "*|END:IF|*",
    },
    "go": {name: f"{{{{ .Subscriber.Attribs.{name} }}}}" for name in ("first_name", "city", "points")}
    | {
        "if name": "{{ if .Subscriber.Attribs.first_name }}",
        "if city": '{{ if eq .Subscriber.Attribs.city "Porto" }}',
        "if vip": "{{ if .Subscriber.Attribs.vip }}",
        "else": "{{ else }}",
        "end": "{{ end }}",
        "end vip": "{{ end }}",
    },
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same campaign in each language: half of the people have their values as merge fields, half as attributes.

    Returns a folder with the database and the bundle.
    """
    folder = tmp_path_factory.mktemp("variants")
    at = "2026-04-14T09:00:00Z"
    copied = {"copies": "liquid.html", "alone": None}
    files = {f"{name}.html": template(opened) for name, opened in LANGUAGES.items()}
    files["campaigns.ndjson"] = ndjson(
        *(
            {"campaign_id": name, "template": f"{name}.html", "merge_language": name, "sent_at": at}
            for name in LANGUAGES
        ),
        {"campaign_id": "same", "template": "same.html", "sent_at": at},
        *({"campaign_id": name, "template": each, "sent_at": at} for name, each in copied.items()),
    )
    files["same.html"] = "<p>Dear {{ first_name }}, {{ city }}</p>"
    files |= {f"{person.customer_id}.html": mail(person)[0] for person in PEOPLE}
    files["customers.ndjson"] = ndjson(
        *(
            {"customer_id": person.customer_id, **(person.values if person.number % 2 else {})}
            for person in PEOPLE
        )
    )
    files["messages.ndjson"] = ndjson(
        *(
            {"campaign_id": name, "customer_id": person.customer_id, "sent_at": at}
            | ({} if person.number % 2 else {"merge_fields": person.values})
            for name in LANGUAGES
            for person in PEOPLE
        ),
        *(
            {
                "campaign_id": name,
                "customer_id": person.customer_id,
                "sent_at": at,
                "merge_fields": person.values,
            }
            | ({"content": f"{person.customer_id}.html"} if name == "alone" or person.number < 50 else {})
            for name in copied
            for person in PEOPLE
        ),
    )
    files["events.ndjson"] = ndjson(*(event for name in LANGUAGES for event in _events(name)))
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return folder


@pytest.fixture(scope="module")
def data(loaded: Path) -> Snapshot:
    return Warehouse(loaded / "m.duckdb").snapshot()


@pytest.fixture
def database(loaded: Path, tmp_path: Path) -> Path:
    """A copy of the database to change, with the bundle beside it."""
    shutil.copytree(loaded, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "m.duckdb"


def _events(campaign_id: str) -> list[dict[str, object]]:
    """Every second person clicks the last link of their mail, and every seventh all of them; every ninth bounces."""
    events: list[dict[str, object]] = []
    for person in PEOPLE:
        _, _, links = mail(person)
        of = {
            "campaign_id": campaign_id,
            "customer_id": person.customer_id,
            "occurred_at": "2026-04-14T10:00:00Z",
        }
        if person.number % 9 == 8:
            events.append({**of, "type": "bounced", "bounce_type": "hard"})
        else:
            clicked = links if person.number % 7 == 0 else links[-1:] if person.number % 2 else []
            events += [{**of, "type": "clicked", "url": url} for url in clicked]
    return events


def _clicks(people: list[Person]) -> Counter[str]:
    ids = {person.customer_id for person in people}
    return Counter(
        str(event["url"])
        for event in _events("")
        if event["type"] == "clicked" and event["customer_id"] in ids
    )


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def compared(data: Snapshot, language: str) -> Variants:
    return variants.variants(data, language)


def test_each_rebuilt_mail_is_the_copy_that_its_generator_kept(data: Snapshot, language: str) -> None:
    for person in PEOPLE:
        rebuilt = mails.of_customer(data, language, person.customer_id)
        assert rebuilt
        assert (rebuilt.html, rebuilt.unknown) == (mail(person)[0], ())


def _generated() -> dict[tuple[object, ...], list[Person]]:
    groups = defaultdict(list)
    for person in PEOPLE:
        groups[mail(person)[1]].append(person)
    return groups


def test_the_variants_and_their_counts_are_those_of_the_generator(
    data: Snapshot, language: str, compared: Variants
) -> None:
    generated = _generated()
    by_id = {person.customer_id: person for person in PEOPLE}
    assert len(compared.variants) == len(generated)
    for variant in compared.variants:
        people = generated[mail(by_id[str(variant.customer_id)])[1]]
        counts = variant.counts[Audience.ALL]
        delivered = [person for person in people if person.number % 9 != 8]
        assert (counts.sent, counts.delivered) == (len(people), len(delivered))
        clickers = [person for person in delivered if person.number % 7 == 0 or person.number % 2]
        assert counts.clicked == counts.opened == len(clickers)
    assert compared.more[Audience.ALL].sent == compared.not_rebuilt[Audience.ALL].sent == 0
    report = campaign.report(data, language, Audience.ALL)
    for name in ("sent", "delivered", "opened", "clicked", "clicks", "undeliverable"):
        total = sum(getattr(variant.counts[Audience.ALL], name) for variant in compared.variants)
        assert total == getattr(report.counts, name)


def test_the_grid_lists_the_customers_of_a_variant(data: Snapshot, language: str, compared: Variants) -> None:
    by_id = {person.customer_id: person for person in PEOPLE}
    for variant in compared.variants:
        people = {person.customer_id for person in _generated()[mail(by_id[str(variant.customer_id)])[1]]}
        query = grid_query(variant=variant.variant_id)
        page = recipients.page(data, language, Audience.ALL, query)
        assert {row["customer_id"] for row in page.rows} == people
        assert recipients.count(data, language, Audience.ALL, query) == len(people)
        outsider = next(person.customer_id for person in PEOPLE if person.customer_id not in people)
        assert recipients.place(data, language, Audience.ALL, query, str(variant.customer_id))
        assert not recipients.place(data, language, Audience.ALL, query, outsider)
        assert rows.customers(data, language, Audience.ALL, query).total == len(people)
        clicked = grid_query(variant=variant.variant_id, stage=Stage.CLICKED)
        assert recipients.count(data, language, Audience.ALL, clicked) == variant.counts[Audience.ALL].clicked
        listed = {
            name
            for events in rows.events(data, language, Audience.ALL, query).batches
            for name in events["customer_id"].to_pylist()
        }
        assert listed <= people


def test_a_grid_of_copies_lists_those_who_got_the_variant(data: Snapshot) -> None:
    for variant in variants.variants(data, "copies").variants:
        query = grid_query(variant=variant.variant_id)
        total = recipients.count(data, "copies", Audience.ALL, query)
        assert total == variant.counts[Audience.ALL].sent
    assert recipients.count(data, "copies", Audience.ALL, grid_query(variant="unknown")) == 0


def test_the_clicks_of_all_variants_are_those_of_the_campaign(
    data: Snapshot, language: str, compared: Variants
) -> None:
    report = campaign.report(data, language, Audience.ALL)
    total: Counter[str] = Counter()
    by_id = {person.customer_id: person for person in PEOPLE}
    for variant in compared.variants:
        people = _generated()[mail(by_id[str(variant.customer_id)])[1]]
        shown = variants.mail(data, variant, report)
        assert shown
        assert not shown.other_links
        clicks = Counter({link.url: link.clicks for link in shown.links})
        assert set(clicks) == set(mail(people[0])[2])
        assert +clicks == _clicks(people)
        assert all(report.links[at].url == shown.links[own].url for own, at in shown.positions.items())
        total += clicks
    assert total == +Counter({link.url: link.clicks for link in report.links})


def test_values_that_a_variant_alone_has_set_it_apart(compared: Variants) -> None:
    by_id = {person.customer_id: person for person in PEOPLE}
    for variant in compared.variants:
        person = by_id[str(variant.customer_id)]
        said = "; ".join(variant.apart)
        assert ("Porto" in said) == (person.city == "Porto"), said
        assert ("yes" in said) == (person.number % 3 == 0), said


def test_copies_are_the_variants_whose_texts_they_have(data: Snapshot) -> None:
    compared = variants.variants(data, "copies")
    sizes = sorted(len(people) for people in _generated().values())
    assert sorted(variant.counts[Audience.ALL].sent for variant in compared.variants) == sizes


def test_without_a_template_copies_are_compared_by_their_structure(data: Snapshot) -> None:
    compared = variants.variants(data, "alone")
    links = Counter(tuple(re.sub("<.*?>", "", label) for label in _labels(person)) for person in PEOPLE)
    sizes = sorted(links.values())
    assert sorted(variant.counts[Audience.ALL].sent for variant in compared.variants) == sizes


def _labels(person: Person) -> list[str]:
    return re.findall("<a.*?</a>", mail(person)[0])


def test_values_that_conditions_treat_alike_are_tried_once_if_there_are_too_many(
    data: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variant_values, "MAX_COMBINATIONS", 30)
    compared = variants.variants(data, "liquid")
    assert compared.by_example
    sizes = sorted(len(people) for people in _generated().values())
    assert sorted(variant.counts[Audience.ALL].sent for variant in compared.variants) == sizes


def test_values_beyond_the_limit_are_counted_together(
    data: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variant_values, "MAX_COMBINATIONS", 3)
    compared = variants.variants(data, "liquid")
    listed = sum(variant.counts[Audience.ALL].sent for variant in compared.variants)
    assert 0 < listed < 100
    assert compared.more[Audience.ALL].sent == 100 - listed


def test_the_heatmap_of_a_variant_names_no_customer(data: Snapshot) -> None:
    report = campaign.report(data, "liquid", Audience.ALL)
    for variant in variants.variants(data, "liquid").variants:
        shown = variants.mail(data, variant, report)
        assert shown
        assert not re.search(r"Name\d", shown.html)
        assert shown.recipient is SAMPLE


def test_the_heatmap_of_copies_shows_the_copy_of_a_customer(data: Snapshot) -> None:
    variant = variants.variants(data, "alone").variants[0]
    shown = variants.mail(data, variant, campaign.report(data, "alone", Audience.ALL))
    assert shown
    assert shown.recipient.customer_id == variant.customer_id


def _figures(database: Path) -> dict[str, object]:
    """Of each campaign, the counts, clicks and listed customers of each variant."""
    with Warehouse(database).snapshot() as data:
        return {
            campaign_id: {
                variant.variant_id: (
                    variant.number,
                    variant.counts,
                    {audience: Counter(clicks) for audience, clicks in variant.clicks.items()},
                    recipients.count(data, campaign_id, Audience.ALL, grid_query(variant=variant.variant_id)),
                )
                for variant in variants.variants(data, campaign_id).variants
            }
            for campaign_id in ("liquid", "mailchimp", "copies", "alone")
        }


@pytest.mark.slow
def test_the_figures_of_variants_stay_when_people_are_erased(database: Path) -> None:
    before = _figures(database)
    everybody_in_a_variant = {person.customer_id for person in min(_generated().values(), key=len)}
    erased = everybody_in_a_variant | {person.customer_id for person in PEOPLE[40:60]}

    erasure.erase(database, sorted(erased))
    assert _figures(database) == before
    bundles.load(database, [database.parent / "bundle"])
    assert _figures(database) == before
    erasure.erase(database, [PEOPLE[5].customer_id, PEOPLE[98].customer_id])
    assert _figures(database) == before

    with Warehouse(database).snapshot() as data:
        unseen = [each for each in variants.variants(data, "alone").variants if each.customer_id is None]
        assert all(
            variants.mail(data, each, campaign.report(data, "alone", Audience.ALL)) is None for each in unseen
        )
        unseen = [each for each in variants.variants(data, "liquid").variants if each.customer_id is None]
        assert unseen
        report = campaign.report(data, "liquid", Audience.ALL)
        for variant in unseen:
            assert variant.apart == ("sent only to customers who have since been erased",)
            shown = variants.mail(data, variant, report)
            assert shown
            assert shown.recipient is SAMPLE
            assert sum(link.clicks for link in shown.links) == variant.counts[Audience.ALL].clicks


def test_erased_people_of_whom_no_variant_was_kept_are_counted_apart(database: Path) -> None:
    erasure.erase(database, [PEOPLE[40].customer_id])
    # As if they had been erased by an older version.
    with duckdb.connect(str(database.resolve())) as connection:
        connection.execute("delete from kept_variants")
    with Warehouse(database).snapshot() as data:
        compared = variants.variants(data, "liquid")
    assert compared.forgotten[Audience.ALL].sent == 1
    assert sum(each.counts[Audience.ALL].sent for each in compared.variants) == len(PEOPLE) - 1
    assert compared.more[Audience.ALL].sent == compared.not_rebuilt[Audience.ALL].sent == 0


def test_the_figures_of_variants_stay_when_messages_are_old(database: Path) -> None:
    before = _figures(database)
    assert retention.run(database, Keep(events=1), now=datetime(2028, 1, 1, tzinfo=UTC))["messages"]
    assert _figures(database) == before


@pytest.mark.parametrize(("campaign_id", "differs"), [("liquid", True), ("alone", True), ("same", False)])
def test_only_conditions_and_copies_can_make_a_mail_differ(
    data: Snapshot, campaign_id: str, *, differs: bool
) -> None:
    assert variants.may_differ(data, campaign_id) == differs


@pytest.mark.parametrize(
    ("lists", "says"),
    [
        ([[]], "orders is empty"),
        ([["a"]], "orders has 1 item"),
        ([["a", "b"], ["c", "d"]], "orders has 2 items"),
        ([[], ["a"], ["b", "c"]], "orders has 0 to 2 items"),
    ],
)
def test_variants_of_a_loop_are_told_apart_by_how_many_items_it_has(
    lists: list[list[str]], says: str
) -> None:
    cases = [Case([{"orders": each} for each in lists], ["Same"]), Case([{"orders": ["x"] * 9}], ["Same"])]
    assert distinctions(cases) == [(says,), ("orders has 9 items",)]

"""Files as other accounts and spreadsheets write them: every figure is right, or the summary says that it is missing.

Columns are in another order and language, some are missing and some unknown; delimiters, encodings, dates and numbers
differ; there are blank rows, and a row of totals at the end.
"""

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailsight.importing import registry
from mailsight.importing.columns import mapping
from mailsight.importing.columns.fields import Kind
from mailsight.importing.words import SUM, seems_sum
from mailsight.loading.bundle_files import COUNTS
from tests.support import exported
from tests.support.exports import Read, read
from tests.support.unknown_tables import loaded, suggested

FIELDS = (
    *("name", "subject", "sent_at", "sent", "delivered", "hard_bounces", "soft_bounces", "bounces"),
    *("opened", "opens", "clicked", "clicks", "unsubscribed", "complained", "revenue", "rate"),
)
TOTALS = {
    "English": (
        "Campaign name|Subject line|Send date|Recipients|Delivered|Hard bounces|Soft bounces|"
        "Bounces|Unique opens|Total opens|Unique clicks|Total clicks|Unsubscribes|"
        "Spam complaints|Revenue|Open rate"
    ),
    "German": (
        "Kampagnenname|Betreffzeile|Sendedatum|Empfänger|Zugestellt|Hard Bounces|"
        "Soft Bounces|Bounces|Eindeutige Öffnungen|Öffnungen gesamt|Eindeutige Klicks|"
        "Klicks gesamt|Abmeldungen|Spam-Beschwerden|Umsatz|Öffnungsrate"
    ),
    "French": (
        "Nom de la campagne|Objet|Date d'envoi|Destinataires|Délivrés|Hard bounces|"
        "Soft bounces|Rebonds|Ouvertures uniques|Ouvertures totales|Clics uniques|"
        "Clics totaux|Désabonnements|Plaintes pour spam|Revenus|Taux d'ouverture"
    ),
    "Spanish": (
        "Nombre de la campaña|Asunto|Fecha de envío|Destinatarios|Entregados|Rebotes duros|"
        "Rebotes suaves|Rebotes|Aperturas únicas|Aperturas totales|Clics únicos|Clics totales|"
        "Bajas|Quejas de spam|Ingresos|Tasa de apertura"
    ),
    "Italian": (
        "Nome campagna|Oggetto|Data di invio|Destinatari|Consegnati|Hard bounce|Soft bounce|"
        "Rimbalzi|Aperture uniche|Aperture totali|Clic unici|Clic totali|Disiscrizioni|"
        "Reclami spam|Ricavi|Tasso di apertura"
    ),
    "Dutch": (
        "Campagnenaam|Onderwerp|Verzenddatum|Ontvangers|Afgeleverd|Hard bounces|Soft bounces|"
        "Bounces|Unieke opens|Totaal aantal opens|Unieke kliks|Totaal aantal kliks|"
        "Uitschrijvingen|Spamklachten|Omzet|Openingspercentage"
    ),
    "Portuguese": (
        "Nome da campanha|Assunto|Data de envio|Destinatários|Entregues|"
        "Devoluções permanentes|Devoluções temporárias|Devoluções|Aberturas únicas|"
        "Total de aberturas|Cliques únicos|Total de cliques|Cancelamentos|Reclamações de spam|"
        "Receita|Taxa de abertura"
    ),
    "Polish": (
        "Nazwa kampanii|Temat|Data wysyłki|Odbiorcy|Dostarczone|Twarde odbicia|"
        "Miękkie odbicia|Odbicia|Unikalne otwarcia|Wszystkie otwarcia|Unikalne kliknięcia|"
        "Wszystkie kliknięcia|Wypisania|Skargi na spam|Przychód|Wskaźnik otwarć"
    ),
    "Swedish": (
        "Kampanjnamn|Ämnesrad|Sändningsdatum|Mottagare|Levererade|Hårda studsar|"
        "Mjuka studsar|Studsar|Unika öppningar|Totalt antal öppningar|Unika klick|"
        "Totalt antal klick|Avregistreringar|Spamanmälningar|Intäkter|Öppningsfrekvens"
    ),
}
CAMPAIGNS: Sequence[Mapping[str, Any]] = [
    {
        "name": f"Campaign {n}",
        "subject": f"Grüße, {n}",
        "sent_at": datetime(2026, 4, 11 + n, 10, tzinfo=UTC),
        "sent": 10_040 + n,
        "delivered": 10_000 + n,
        "hard_bounces": 16,
        "soft_bounces": 24,
        "bounces": 40,
        "opened": 4_120 + n,
        "opens": 6_500 * n,
        "clicked": 902 - n,
        "clicks": 1_100 + n,
        "unsubscribed": 21,
        "complained": n,
        "revenue": 3_120.5 * n,
        "rate": 0.412,
    }
    for n in (1, 2, 3)
]
SUMS = {"English": "Total", "German": "Gesamt", "French": "Total général", "Spanish": "Total", "Italian": "Totale",
        "Dutch": "Totaal", "Portuguese": "Total", "Polish": "Razem", "Swedish": "Summa"}  # fmt: skip
NEEDED = {"delivered", "opened", "sent_at"}


@dataclass
class Dialect:
    """How a file is written, chosen at random. The same seed gives the same choice."""

    language: str
    seed: int
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.language} {self.seed}")
        self.delimiter = self.dice.choice(",;\t")
        code_page = "windows-1250" if self.language == "Polish" else "windows-1252"
        self.encoding = self.dice.choice(["utf-8", "utf-8-sig", "utf-16", code_page])
        days = ["%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S"]
        months = ["%m/%d/%Y %I:%M %p", "%b %d, %Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ"]
        self.date = self.dice.choice(months if self.language == "English" else days)
        marks = (
            [("", "."), (",", ".")]
            if self.language == "English"
            else [("", ","), (".", ","), ("\u202f", ",")]
        )
        self.thousands, self.decimal = self.dice.choice(marks)
        if self.encoding == code_page and self.thousands == "\u202f":
            self.thousands = "\xa0"

    def cell(self, value: object) -> str:
        match value:
            case datetime():
                return value.strftime(self.date)
            case float() if value < 1:
                return f"{value * 100:.1f} %".replace(".", self.decimal)
            case float() | int():
                text = f"{value:,.2f} €" if isinstance(value, float) else f"{value:,}"
                return text.translate({ord(","): self.thousands, ord("."): self.decimal})
            case _:
                return str(value or "")

    def written(self, rows: Sequence[Sequence[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter).writerows(rows)
        return text.getvalue().encode(self.encoding)


def report(dialect: Dialect, **names: str) -> tuple[bytes, list[str]]:
    """A report with a row per campaign, and its fields in order. `names` are other names of columns."""
    names = dict(zip(FIELDS, TOTALS[dialect.language].split("|"), strict=True)) | names
    # The name comes first, so that the sum has a label.
    others = [name for name in FIELDS[1:] if name in NEEDED or dialect.dice.random() < 0.8]
    dialect.dice.shuffle(others)
    fields = [FIELDS[0], *others]
    rows = [[dialect.cell(campaign[name]) for name in fields] for campaign in CAMPAIGNS]
    sums = [
        dialect.cell(sum(campaign[name] for campaign in CAMPAIGNS)) if name in COUNTS else ""
        for name in others
    ]
    table = [[names[name] for name in fields], *rows, [SUMS[dialect.language], *sums]]
    place = dialect.dice.randrange(1, len(fields) + 1)
    for row, unknown in zip(table, ["Xyzzy", *["plugh"] * len(rows), ""], strict=True):
        row.insert(place, unknown)
    blank = [""] * len(table[0])
    return dialect.written([*table[:2], blank, *table[2:-1], blank, table[-1]]), fields


def expected(fields: Sequence[str]) -> list[dict[str, object]]:
    """The totals of the campaigns, as far as a report has them. Both kinds of bounces make up the bounces."""
    known = set(fields) - {"name", "subject", "sent_at", "rate"}
    return [{name: campaign[name] for name in known} for campaign in CAMPAIGNS]


def without_keys(rows: Sequence[Mapping[str, object]], fields: Sequence[str]) -> list[dict[str, object]]:
    left_out = {"campaign_id", "source", "currency"} | ({"bounces"} - set(fields))
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


@pytest.mark.parametrize("language", TOTALS)
@pytest.mark.parametrize("source", ["brevo", "klaviyo", "mailchimp", "hubspot"])
def test_totals_of_a_provider_are_read_in_any_layout(tmp_path: Path, source: str, language: str) -> None:
    # HubSpot calls its campaigns e-mails.
    names = {"name": "Email Name"} if source == "hubspot" else {}
    content, fields = report(Dialect(language, seed=len(source)), **names)
    path = tmp_path / "report.csv"
    path.write_bytes(content)
    found = read(registry.source(source), path)

    assert found.of("campaigns", "name", "sent_at") == [(each["name"], each["sent_at"]) for each in CAMPAIGNS]
    assert without_keys(found.rows["totals"], fields) == expected(fields)
    assert [reason for _, _, reason in found.unusable] == [SUM]
    assert not [note for note in found.notes if "doesn't know" in note]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("language", TOTALS)
def test_totals_of_an_unknown_table_are_suggested_in_any_layout(
    tmp_path: Path, language: str, seed: int
) -> None:
    content, fields = report(Dialect(language, seed))
    suggestion = suggested(tmp_path, content)
    assert suggestion.mapping.kind is Kind.CAMPAIGNS
    assert not mapping.questions(suggestion.mapping)
    rows = loaded(tmp_path, suggestion.mapping)
    assert [(row["name"], row["sent_at"]) for row in rows["campaigns"]] == [
        (each["name"], each["sent_at"]) for each in CAMPAIGNS
    ]
    assert without_keys(rows["totals"], fields) == expected(fields)
    assert [row["reason"] for row in rows["unusable"]] == [SUM]


def test_the_summary_names_unknown_columns_of_figures(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("Campaign Name;Delivered;Opened once;Klick-Summe;Klickrate\nSpring;10;4;2;20 %\n")
    found = read(registry.source("brevo"), path)
    assert [note for note in found.notes if "doesn't know" in note] == [
        "report.csv has columns that Mailsight doesn't know, so they were left out: 'Opened once' and 'Klick-Summe'."
    ]


@pytest.mark.parametrize(
    ("cells", "ids", "expected"),
    [
        (["Total", "10,040", "41.2 %", "€ 3.120,50"], [], True),
        (["TOTAL:"], [], True),
        (["Łącznie", "3"], [None], True),
        (["Total", "3"], ["Total"], True),
        (["Sum", "4711", "3"], ["4711"], False),
        (["Suma", "ann@example.com", "3"], [], False),
        (["Total", "2026-05-13", "3"], [], False),
        (["Total", "Apr 13, 2026", "3"], [], False),
        (["Total war", "3"], [], False),
        (["3", "Total"], [], False),
    ],
)
def test_a_row_of_totals_has_a_label_and_figures_but_no_id(
    cells: list[str], ids: list[str | None], expected: bool
) -> None:
    assert seems_sum(cells, ids) is expected


def test_people_and_campaigns_called_total_are_loaded(tmp_path: Path) -> None:
    people = suggested(tmp_path, "Last name,Customer ID,Points\nSum,4711,3\nJansen,4712,4\nTotal,,7\n")
    rows = loaded(tmp_path, people.mapping)
    assert [row["customer_id"] for row in rows["customers"]] == ["4711", "4712"]
    assert [row["reason"] for row in rows["unusable"]] == [SUM]
    path = tmp_path / "report.csv"
    path.write_text("Campaign Name,Campaign ID,Delivered,Unique Opens\nTotal,7,10,4\nTotal,,10,4\n")
    found = read(registry.source("brevo"), path)
    assert found.of("campaigns", "name") == [("Total",)]
    assert [reason for _, _, reason in found.unusable] == [SUM]


# Files with a row per event or person. What is read from them must not depend on how they are written.
ROWS = {
    "brevo": exported.brevo_log("Ouvert", "Geöffnet", "Aperta", "Clicked", "Hard Bounce"),
    "sendgrid": exported.sendgrid_activity(
        {"event": "delivered"},
        {"event": "open", "processed": "2023-05-04T10:05:00Z", "marketing_campaign_id": "7"},
        {"event": "click", "processed": "2023-05-04T10:06:00Z", "url": "https://green.example/a"},
    ),
    "mailchimp": exported.MAILCHIMP_UNSUBSCRIBED,
    "klaviyo": "Email,Metric,Timestamp,Campaign ID,Campaign Name,URL\n"
    "ann@example.com,Opened Email,2026-04-14 10:00:00,01H,Tulips,\n"
    "bob@example.com,Clicked Email,2026-04-14 10:01:00,01H,Tulips,https://green.example/a\n",
    "hubspot": "Email,First Name,Email Name,Sent,Delivered,Open,Click,Bounce,Dropped,Unsubscribed,SpamReport\n"
    "ann@example.com,Ann,Tulips,2026-04-14 10:00:00,2026-04-14 10:00:05,2026-04-14 11:00:00,,,,,\n"
    "bob@example.com,Bob,Tulips,2026-04-14 10:00:00,,,,2026-04-14 10:01:00,,,\n",
    "mailgun": "address,code,error,created_at\nann@example.com,550,No such user,2026-04-14 10:00:00\n",
    "listmonk": "campaign_id,campaign_uuid,campaign_name,subscriber_id,subscriber_uuid,email,subscriber_name,url"
    ",created_at\n3,c-3,Tulips,1,s-1,ann@example.com,Ann,https://green.example/a,2026-04-14 10:00:00+00\n",
}  # fmt: skip


def found_rows(everything: Read) -> dict[str, list[str]]:
    return {kind: sorted(map(repr, map(sorted_items, rows))) for kind, rows in everything.rows.items()}


def sorted_items(row: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted((name, value) for name, value in row.items() if value is not None and name != "xyzzy")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("source", ROWS)
def test_rows_of_a_provider_are_the_same_in_any_layout(tmp_path: Path, source: str, seed: int) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text(ROWS[source])
    header, *rows = csv.reader(io.StringIO(ROWS[source]))
    dialect = Dialect("English", seed)
    order = list(range(len(header)))
    dialect.dice.shuffle(order)
    written = [[row[place] for place in order] + ["plugh"] for row in rows]
    blank = [""] * (len(header) + 1)
    path = tmp_path / "other.csv"
    path.write_bytes(
        dialect.written([[*(header[place] for place in order), "xyzzy"], blank, *written, blank])
    )

    before, after = (read(registry.source(source), each) for each in (plain, path))
    assert found_rows(after) == found_rows(before) != {}
    assert [reason for _, _, reason in after.unusable] == [reason for _, _, reason in before.unusable]


def test_a_campaign_called_total_is_told_from_a_sum_by_its_figures(tmp_path: Path) -> None:
    """It needs no id or date then. The last row adds up more campaigns than the file has."""
    report = (
        "Campaign Name,Delivered,Unique Opens,Open Rate\nSpring,1000,400,40.0%\nSummer,2000,900,45.0%\n"
        'Total,1500,600,40.0%\nTotal,"10,040",4000,39.8%\n'
    )
    path = tmp_path / "report.csv"
    path.write_text(report)
    found = read(registry.source("brevo"), path)
    assert found.of("campaigns", "name") == [("Spring",), ("Summer",), ("Total",)]
    assert found.of("totals", "delivered") == [(1000,), (2000,), (1500,)]
    assert [(line, reason) for _, line, reason in found.unusable] == [(5, SUM)]
    rows = loaded(tmp_path, suggested(tmp_path, report).mapping)
    assert [row["name"] for row in rows["campaigns"]] == ["Spring", "Summer", "Total"]
    assert [row["reason"] for row in rows["unusable"]] == [SUM]

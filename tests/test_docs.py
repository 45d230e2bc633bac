"""The documentation covers every feature, and its examples work."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from mailsight.__main__ import app
from mailsight.figures import metrics
from mailsight.figures.metrics import Counts
from mailsight.heatmap.badges import MEASURES, SHOWS
from mailsight.loading import bundle_files, bundles
from mailsight.mail.link_fields import SYNTAXES, Syntax
from mailsight.mail.urls import RULES, Rule
from mailsight.mail.wrappers import WRAPPERS
from mailsight.merging import plain
from mailsight.merging.languages import Language
from mailsight.providers.events import Event
from mailsight.providers.record import Provider
from mailsight.providers.registry import PROVIDERS
from mailsight.reports import campaign, mails
from mailsight.settings import Settings
from mailsight.vocabulary import Audience, EventType, NotSentReason, Status
from mailsight.warehouse.reader import Warehouse
from mailsight.web.api.reports import REPORTS, Report
from tooling.servers import PROJECT

METRICS = (PROJECT / "docs" / "metrics.md").read_text(encoding="utf-8")
DATA = (PROJECT / "docs" / "data.md").read_text(encoding="utf-8")
ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
API = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
PROVIDERS_PAGE = (PROJECT / "docs" / "providers.md").read_text(encoding="utf-8")
HEATMAP = (PROJECT / "docs" / "heatmap.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    *(command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands),
    *(
        f"{group.name} {command.name}"
        for group in app.registered_groups
        for command in (group.typer_instance.registered_commands if group.typer_instance else [])
    ),
]
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])


@pytest.mark.parametrize("language", Language)
def test_every_merge_language_is_listed(language: Language) -> None:
    assert f"| `{language}` |" in DATA


@pytest.mark.parametrize("key", metrics.FIGURES)
def test_every_figure_has_a_heading(key: str) -> None:
    assert re.search(rf"^### .*: `{key}`$", METRICS, re.MULTILINE)


@pytest.mark.parametrize("rate", metrics.RATES, ids=lambda rate: rate.key)
def test_every_rate_is_explained_with_its_name_and_formula(rate: metrics.Rate) -> None:
    heading = f"### {rate.label}, {rate.name.lower()}: `{rate.key}`"
    assert f"{heading}\n\n**{rate.formula}.** {rate.meaning}" in METRICS


@pytest.mark.parametrize("status", Status)
def test_every_state_has_a_row(status: Status) -> None:
    assert f"| {status.label} | `{status}` |" in METRICS


@pytest.mark.parametrize("reason", NotSentReason)
def test_every_reason_has_a_row_with_its_meaning(reason: NotSentReason) -> None:
    assert f"| `{reason}` | {reason.meaning} |" in METRICS


@pytest.mark.parametrize("audience", Audience)
def test_every_audience_is_explained(audience: Audience) -> None:
    assert f"*{audience.label}*" in METRICS


@pytest.mark.parametrize("kind", EventType)
def test_every_type_of_event_has_a_row(kind: EventType) -> None:
    assert f"| `{kind}` |" in DATA


@pytest.mark.parametrize(
    ("kind", "column"),
    [(kind, column) for kind, columns in bundle_files.COLUMNS.items() for column in columns],
)
def test_every_column_of_the_bundle_has_a_row_in_its_table(kind: str, column: str) -> None:
    [table] = re.findall(rf"^## {kind}\n(.*?)(?=^## )", DATA, re.MULTILINE | re.DOTALL)
    assert f"| `{column}` |" in table


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_every_rule_for_matching_links_has_a_row(rule: Rule) -> None:
    assert f"| `{rule.link}` | `{rule.clicked}` | {rule.reason} |" in HEATMAP


@pytest.mark.parametrize("name", sorted({wrapper.name for wrapper in WRAPPERS}))
def test_everybody_who_wraps_links_is_listed(name: str) -> None:
    assert name in HEATMAP


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.example)
def test_every_syntax_of_merge_fields_is_listed(syntax: Syntax) -> None:
    assert re.search(f"`{re.escape(syntax.opening)}[^`]+{re.escape(syntax.closing)}`", HEATMAP)


@pytest.mark.parametrize("syntax", plain.SYNTAXES, ids=lambda syntax: syntax.example)
def test_every_syntax_of_plain_fields_is_listed(syntax: plain.Syntax) -> None:
    page = (PROJECT / "docs" / "merge-languages.md").read_text(encoding="utf-8").replace("\\|", "|")
    assert f"| {syntax.senders} | `{syntax.example}` |" in page


@pytest.mark.parametrize("label", [*SHOWS.values(), *MEASURES.values()])
def test_every_measure_of_the_badges_is_explained(label: str) -> None:
    assert re.search(rf"^\|.*\b{label}\b", HEATMAP, re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_every_provider_has_a_row_a_section_and_its_secrets(provider: Provider) -> None:
    way = "in SQL" if provider.mapped else "in Python"
    assert re.search(
        rf"^\| {provider.label} \| `{provider.name}` \| .* \| {way} \|$", PROVIDERS_PAGE, re.MULTILINE
    )
    assert f"\n## {provider.label}\n" in PROVIDERS_PAGE
    alone = ", ".join(f"`{secret.name}`" for secret in provider.secrets if secret.suffices)
    extra = "".join(
        f", optionally with `{secret.name}`" for secret in provider.secrets if not secret.suffices
    )
    assert f"| `{provider.name}` | {alone}{extra} |" in PROVIDERS_PAGE


@pytest.mark.parametrize("field", [field.name for field in fields(Event)])
def test_every_field_of_an_event_is_explained(field: str) -> None:
    assert f"`{field}`" in PROVIDERS_PAGE


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_the_readme_names_every_setting(setting: str) -> None:
    assert f"`MAILSIGHT_{setting.upper()}`" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_has_a_row_for_every_command(command: str) -> None:
    assert re.search(rf"^\| (`[^|]+`, )*`{command}[` ]", README, re.MULTILINE)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_every_report_of_the_api_has_a_row_and_its_parameters(report: Report) -> None:
    [row] = re.findall(rf"^\| `/api/v1/{re.escape(report.path)}` \|.*$", API, re.MULTILINE)
    for parameter in report.parameters:
        assert f"`{parameter.name}`" in row
        assert f"| `{parameter.name}` |" in API


@pytest.mark.parametrize(
    "module",
    [
        path.relative_to(PROJECT)
        for path in sorted((PROJECT / "mailsight").rglob("*.py"))
        if path.stem != "__init__"
    ],
    ids=str,
)
def test_the_architecture_page_lists_every_module_in_its_wing(module: Path) -> None:
    [row] = re.findall(rf"^\| `{module.parent}/` \|.*$", ARCHITECTURE, re.MULTILINE)
    assert f"`{module.stem}`" in row


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8"))
    for path, heading in targets:
        target = page.parent / path if path else page
        assert target.exists(), f"{path} is missing"
        if heading:
            assert heading in _headings(target), f"{path} has no heading {heading}"


def test_the_bundle_in_the_readme_gives_the_figures_in_the_readme(tmp_path: Path) -> None:
    files = dict(re.findall(r"^`([\w/.]+)`[^\n]*\n\n```\w+\n(.*?)```", README, re.MULTILINE | re.DOTALL))
    assert files.keys() == {
        "campaigns.csv",
        "customers.csv",
        "messages.csv",
        "events.csv",
        "contents/spring.html",
    }
    for name, text in files.items():
        (tmp_path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / name).write_text(text, encoding="utf-8")

    summary = bundles.load(tmp_path / "spring.duckdb", [tmp_path / "bundle"])

    warehouse = Warehouse(tmp_path / "spring.duckdb")
    report = campaign.report(warehouse.snapshot(), "spring", Audience.ALL)
    assert not summary.refusals
    assert report.counts == Counts(
        selected=5,
        sent=4,
        not_sent=1,
        undeliverable=1,
        delivered=3,
        opened=2,
        clicked=1,
        unsubscribed=1,
        opted_out=1,
        opens=2,
        clicks=1,
    )
    assert report.not_sent == {NotSentReason.NO_ADDRESS: 1}
    assert [(link.link_position, link.clicks) for link in report.links] == [(0, 1), (1, 0)]
    shown = [f"{rate.label} {100 * (rate.rate(report.counts) or 0):.1f}%" for rate in metrics.RATES]
    assert f"{', '.join(shown)}." in README
    mail = mails.of_customer(warehouse.snapshot(), "spring", "1")
    assert mail is not None
    assert (mail.subject, mail.source) == ("Ann Jansen, your garden wakes up", "filled")


def _headings(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

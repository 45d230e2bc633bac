"""Renders the HTML of exported files from Jinja2 templates that escape every value."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailsight.figures.formats import isolated

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["isolated"] = lambda value: isolated(str(value))


def render(template: str, **values: object) -> str:
    return _TEMPLATES.get_template(template).render(values)

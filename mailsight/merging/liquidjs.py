"""LiquidJS, as Knock and the newer messages of Customer.io use it: Liquid with JavaScript's numbers."""

from .liquid import template as liquid
from .rendering import Rendered
from .values import Values


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Render a template, as `rendering.Renderer` says."""
    return liquid.render(template, values, is_html=is_html, is_javascript=True)

"""Plain merge fields: {{name}}, *|NAME|*, %name%. Unknown ones are left in the text."""

from mailsight.mail.merge_fields import FIELD, fill

from .rendering import Rendered
from .values import Values, as_text


def render(template: str, values: Values, *, is_html: bool) -> Rendered:
    """Fill the fields, as `rendering.Renderer` says. Values are escaped for where they stand in HTML."""
    names = dict.fromkeys(next(filter(None, field.groups())) for field in FIELD.finditer(template))
    texts = {name: as_text(values.lookup(*name.split("."))) for name in names}
    known = {name: text for name, text in texts.items() if text is not None}
    return Rendered(
        fill(template, known, escape=is_html), unknown=tuple(name for name in names if name not in known)
    )

"""Renders templates with one customer's values, in the language of their sender."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from typing import Protocol

from .languages import Language
from .limits import Budget
from .pieces import listed
from .recognition import fitting, has_fields
from .values import Json, Missing, Values


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template with values, and what could not be filled in. Each name is listed once, in order of appearance.

    `unknown`: fields without a value, left in the text as the template has them. `assumed`: what conditions and loops
    ask for and nobody knows, so they took it as empty, as the sender's program does. `unsupported`: template code that
    is not run, left in the text as it is.
    """

    text: str
    unknown: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


@dataclass(slots=True)
class Notes:
    """What `Rendered` says of a template, collected while it is rendered."""

    unknown: dict[str, None] = field(default_factory=dict)
    assumed: dict[str, None] = field(default_factory=dict)
    unsupported: dict[str, None] = field(default_factory=dict)

    def for_condition(self, name: str, value: Json | Missing) -> Json:
        """A value that a condition asks for. An unknown one is taken as empty, and its name is noted."""
        if isinstance(value, Missing):
            self.assumed[name] = None
            return None
        return value

    def rendered(self, text: str) -> Rendered:
        return Rendered(text, *map(tuple, (self.unknown, self.assumed, self.unsupported)))


class Renderer(Protocol):
    """What each language's module has: `render`."""

    def render(self, template: str, values: Values, *, is_html: bool) -> Rendered:
        """Renders a template. With `is_html`, values are escaped where the language's own program escapes them.

        Never raises for a template or a value: template code that can't be read or run is `unsupported`.
        """


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """The texts of an e-mail that may hold merge fields; None for one that it doesn't have."""

    html: str | None
    subject: str | None = None
    preheader: str | None = None
    from_name: str | None = None
    text: str | None = None

    @property
    def texts(self) -> dict[str, str]:
        """Those that it has, by name, in the order in which they are rendered."""
        names = ("subject", "preheader", "from_name", "html", "text")
        return {name: text for name in names if (text := getattr(self, name))}

    @property
    def length(self) -> int:
        return sum(map(len, self.texts.values()))


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """An e-mail with one customer's values: its texts, and what `Rendered` says of all of them together."""

    mail: MailTemplate
    language: Language
    unknown: tuple[str, ...]
    assumed: tuple[str, ...]
    unsupported: tuple[str, ...]


# Imported when first used, since some of them need large libraries.
_MODULES = {
    Language.PLAIN: "plain",
    Language.HANDLEBARS: "handlebars.template",
    Language.MUSTACHE: "mustache",
    Language.MUSTACHIO: "mustachio",
    Language.SPARKPOST: "sparkpost",
    Language.MAILJET: "mailjet",
    Language.MAILCHIMP: "mailchimp",
    Language.ACTIVECAMPAIGN: "activecampaign",
    Language.AMPSCRIPT: "ampscript",
    Language.GO: "go.template",
    Language.MAUTIC: "mautic",
    Language.LIQUID: "liquid.template",
    Language.LIQUIDJS: "liquidjs",
    Language.DJANGO: "django.template",
    Language.HUBL: "hubl.template",
}


def render(
    template: str,
    values: Mapping[str, Json],
    language: Language | None = None,
    *,
    is_html: bool = False,
    sent_at: datetime | None = None,
) -> Rendered:
    """Render a template. Without a language that makes sense of it, its language is recognised.

    With `is_html`, the template is HTML, otherwise text. `sent_at`: when the e-mail was sent, for templates that show
    the date.

    Meant for a worker process, whose limits on time and memory bound what a hostile template can do.
    """
    prepared = Values(values, sent_at=sent_at, budget=Budget(len(template)))
    return _renderer(fitting(language, template)).render(template, prepared, is_html=is_html)


def render_mail(
    mail: MailTemplate,
    values: Mapping[str, Json],
    language: Language | None = None,
    *,
    sent_at: datetime | None = None,
) -> RenderedMail:
    """Render all texts of an e-mail, as `render` does. Its language is recognised from all of them."""
    return render_in(mail_language(mail, language), mail, values, sent_at=sent_at)


def mail_language(mail: MailTemplate, language: Language | None = None) -> Language:
    """The language of an e-mail: the one that its campaign is known for, or else the recognised one (`fitting`)."""
    return fitting(language, *mail.texts.values())


def render_in(
    language: Language,
    mail: MailTemplate,
    values: Mapping[str, Json],
    *,
    sent_at: datetime | None = None,
    budget: Budget | None = None,
) -> RenderedMail:
    """Render all texts of an e-mail in this language. Once they are too costly together, the rest stay as they are."""
    renderer = _renderer(language)
    finished: dict[str, str] = {}  # a text may show those before it, such as the subject
    prepared = Values(values, sent_at=sent_at, mail=finished, budget=budget or Budget(mail.length))
    parts: list[Rendered] = []
    for name, text in mail.texts.items():
        if prepared.budget.is_spent:
            parts.append(Rendered(text, unsupported=(listed(text),) if has_fields(text) else ()))
        else:
            parts.append(renderer.render(text, prepared, is_html=name == "html"))
        finished[name] = parts[-1].text

    def together(names: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in parts for name in getattr(part, names)))

    return RenderedMail(
        replace(mail, **finished),
        language,
        together("unknown"),
        together("assumed"),
        together("unsupported"),
    )


def _renderer(language: Language) -> Renderer:
    module: Renderer = import_module(f".{_MODULES[language]}", __package__)
    return module

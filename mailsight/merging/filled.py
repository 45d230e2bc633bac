"""E-mails filled in for one customer: with the values that were sent with them, or else with what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import process_time

from .languages import Language
from .limits import Budget
from .rendering import MailTemplate, RenderedMail, mail_language, render_in
from .values import Json, key

MAX_SUBJECT_CHARACTERS = 1_000
# With all values, with those sent with it, and with none.
_RENDERINGS = 3
# Subjects that people write take less than a millisecond each.
_MAX_SUBJECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class FilledMail:
    """An e-mail with one customer's values, and whose they are.

    `uses_own`: it shows values that were sent with the message. `uses_known`: it shows what is known of the customer.
    """

    rendered: RenderedMail
    uses_own: bool
    uses_known: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject in the language of its e-mail, with the values to fill it in, as for `together`."""

    template: str
    own: Mapping[str, Json]
    known: Mapping[str, Json]
    language: Language
    sent_at: datetime | None = None


def together(own: Mapping[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """The values of a message: its own, and what is known of the customer under other names."""
    names = {key(name) for name in own}
    return {**own, **{name: value for name, value in known.items() if key(name) not in names}}


def fill_mail(
    mail: MailTemplate,
    own: Mapping[str, Json],
    known: Mapping[str, Json],
    language: Language | None = None,
    sent_at: datetime | None = None,
    whole: MailTemplate | None = None,
) -> FilledMail:
    """Fill in an e-mail, or some texts of the `whole`. Meant for a worker process, as `rendering.render_mail` is."""
    language = mail_language(whole or mail, language)
    budget = Budget(_RENDERINGS * mail.length)
    render = partial(render_in, language, mail, sent_at=sent_at, budget=budget)
    rendered = render(together(own, known))
    with_own = render(own) if known else rendered
    with_none = render({}) if own else with_own
    # If that was too costly, not all of them are complete.
    return FilledMail(
        rendered,
        uses_own=with_own != with_none or (budget.is_spent and bool(own)),
        uses_known=rendered != with_own or (budget.is_spent and bool(known)),
    )


def fill_subjects(subjects: Sequence[Subject]) -> list[str]:
    """Fill in many subjects. Once they take longer than subjects do, the rest are left as they are.

    Meant for a worker process.
    """
    end = process_time() + _MAX_SUBJECT_SECONDS
    return [_filled(subject) if process_time() < end else subject.template for subject in subjects]


def _filled(subject: Subject) -> str:
    if len(subject.template) > MAX_SUBJECT_CHARACTERS:
        return subject.template
    mail = MailTemplate(None, subject.template)
    values = together(subject.own, subject.known)
    rendered = render_in(subject.language, mail, values, sent_at=subject.sent_at)
    return (rendered.mail.subject or "")[:MAX_SUBJECT_CHARACTERS]

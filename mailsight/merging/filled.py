"""E-mails filled in for one customer: with the values that were sent with them, or else with what is known of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import process_time

from .languages import Language
from .rendering import MailTemplate, RenderedMail, render, render_mail
from .values import Json, key

#: What the fields and code of every merge language hold. A text without it is the same for everyone.
TEMPLATE_MARKS = r"[{\[]|\*\||%.+%|::|##|~~|@@|(?:^|[^\w-])-[A-Za-z]\w*-"
_HAS_MARKS = re.compile(TEMPLATE_MARKS)

MAX_SUBJECT_CHARACTERS = 1_000
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
    """A subject with the values to fill it in, as for `together`."""

    template: str
    own: Mapping[str, Json]
    known: Mapping[str, Json]
    language: Language | None = None
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
) -> FilledMail:
    """Fill in an e-mail. Meant for a worker process, as `rendering.render_mail` is."""
    rendered = render_mail(mail, together(own, known), language, sent_at=sent_at)
    with_own = render_mail(mail, own, rendered.language, sent_at=sent_at) if known else rendered
    with_none = render_mail(mail, {}, rendered.language, sent_at=sent_at) if own else with_own
    return FilledMail(rendered, uses_own=with_own != with_none, uses_known=rendered != with_own)


def has_fields(subject: str) -> bool:
    """Whether a subject may hold merge fields."""
    return _HAS_MARKS.search(subject) is not None


def fill_subjects(subjects: Sequence[Subject]) -> list[str]:
    """Fill in many subjects. Once they take longer than subjects do, the rest are left as they are.

    Meant for a worker process.
    """
    end = process_time() + _MAX_SUBJECT_SECONDS
    return [_filled(subject) if process_time() < end else subject.template for subject in subjects]


def _filled(subject: Subject) -> str:
    if len(subject.template) > MAX_SUBJECT_CHARACTERS:
        return subject.template
    values = together(subject.own, subject.known)
    rendered = render(subject.template, values, subject.language, sent_at=subject.sent_at)
    return rendered.text[:MAX_SUBJECT_CHARACTERS]

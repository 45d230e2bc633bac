"""The words for events in Brevo's logs, in the language of the account: what they say besides the type of event."""

import re
from dataclasses import dataclass

from mailsight.importing import words
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import EventType

# A proxy loaded the pictures: "Loaded by proxy", "Caricata per procura".
_PROXY = re.compile(r"\b(proxy|procura)")
# The address is invalid: "Correo electrónico no válido", "Nieprawidłowy e-mail".
_INVALID = re.compile(
    r"\b((in|no |non |nao )v[ao]l[ia]d|ungultig|ongeldig|nieprawidlow|neplatn|ugyldig|ogiltig|ervenytelen|necorespunz)"
)
_SENT = ("request", "requests")
_REASONS = {EventType.BOUNCED: "bounced", EventType.REJECTED: "blocked", EventType.COMPLAINED: "spam"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word says: the type of an event, and what else is in it."""

    kind: EventType
    bounce_type: str | None = None
    reject_reason: str | None = None
    is_machine: bool = False


def meaning(word: str) -> Meaning | None:
    """What a word in a log means: a label of the app, or a word of Brevo's API; None if it is not known."""
    plain = words.folded(word)
    if _PROXY.search(plain):
        return Meaning(EventType.OPENED, is_machine=True)
    if _INVALID.search(plain):
        return Meaning(EventType.BOUNCED, "hard", "invalid")
    if plain in _SENT:
        return Meaning(EventType.SENT)
    of_api = PROVIDERS["brevo"].words[0].meaning([word])
    kind = words.type_of(word) or (of_api.type if of_api and of_api.is_event else None)
    return Meaning(kind, words.bounce_type_of(word), _REASONS.get(kind)) if kind else None

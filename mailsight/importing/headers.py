"""Finds the columns of an export by their names: in any order, any spelling and the most common languages."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

# The names that a field may have in a header, the most specific first.
Names = Mapping[str, Sequence[str]]

# What people are called in the files of all sources, in their most common languages.
EMAIL = (
    *("Email Address", "E-mail Address", "Email", "E-mail", "Mail", "Recipient", "Recipient Email", "To"),
    *("E-Mail-Adresse", "Empfänger", "Adresse e-mail", "Adresse email", "Courriel", "Destinataire"),
    *("Correo electrónico", "Dirección de correo electrónico", "Correo", "Destinatario"),
    *("Indirizzo email", "Indirizzo e-mail", "Endereço de e-mail", "Endereço de email", "Destinatário"),
    *("E-mailadres", "Mailadres", "Ontvanger", "Adres e-mail", "E-postadress", "E-mailadresse"),
)
FIRST_NAME = (
    *("First Name", "Firstname", "FNAME", "Vorname", "Prénom", "Nombre", "Nome", "Primeiro nome", "Voornaam"),
    *("Imię", "Förnamn", "Fornavn"),
)
LAST_NAME = (
    *(
        "Last Name",
        "Lastname",
        "Surname",
        "LNAME",
        "Nachname",
        "Nom",
        "Nom de famille",
        "Apellidos",
        "Apellido",
    ),
    *("Cognome", "Sobrenome", "Apelido", "Achternaam", "Nazwisko", "Efternamn", "Etternavn", "Efternavn"),
)

_NOT_LETTERS = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """A name without case, accents, blanks and punctuation: "Adresse e-mail" is "adresseemail"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return _NOT_LETTERS.sub("", "".join(letter for letter in plain if not unicodedata.combining(letter)))


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of table in a source's exports.

    `fields`: what its columns may be called. `needs`: the fields without which a table can't be of this kind. `marks`:
    sets of fields, each of which shows that the table comes from this source. `place` matches the path of its file, if
    the columns alone don't tell the kind.
    """

    name: str
    fields: Names
    needs: frozenset[str]
    marks: tuple[frozenset[str], ...] = ()
    place: re.Pattern[str] | None = None

    @cached_property
    def _fields(self) -> dict[str, tuple[int, str]]:
        known: dict[str, tuple[int, str]] = {}
        for field, names in self.fields.items():
            for rank, name in enumerate(names):
                known.setdefault(folded(name), (rank, field))
        return known

    def column_names(self, names: Sequence[str]) -> list[str]:
        """The fields that the names in a header spell; other names as they are, without blanks around them.

        If several name the same field, the most specific name counts.
        """
        plain = [name.strip().strip("\ufeff").strip('"').strip() for name in names]
        spelled = [self._fields.get(folded(name)) for name in plain]
        best: dict[str, int] = {}
        for match in spelled:
            if match:
                rank, field = match
                best[field] = min(rank, best.get(field, rank))
        return [
            match[1] if match and best[match[1]] == match[0] else name
            for match, name in zip(spelled, plain, strict=True)
        ]

    def fit(self, columns: Sequence[str], path: str) -> int:
        """How many fields a table with these columns has; 0 if it can't be of this kind. Its place outweighs them."""
        known = self.known(columns)
        if not self.needs <= known or (self.place and not self.place.search(path)):
            return 0
        return len(known) + (1_000 if self.place else 0)

    def is_marked(self, columns: Sequence[str], path: str) -> bool:
        """Whether a table is of this kind and comes from this source."""
        known = self.known(columns)
        return bool(self.fit(columns, path)) and any(mark <= known for mark in self.marks)

    def known(self, columns: Sequence[str]) -> set[str]:
        """The fields that a table with these columns has."""
        return {match[1] for name in columns if (match := self._fields.get(folded(name)))}


def kind_of(kinds: Sequence[Kind], columns: Sequence[str], path: str) -> Kind | None:
    """The kind of a table: the one with the most of its columns. Of equals, the first."""
    fits = [(kind.fit(columns, path), kind) for kind in kinds]
    fit, kind = max(fits, key=lambda pair: pair[0], default=(0, None))
    return kind if fit else None

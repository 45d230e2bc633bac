"""A provider's words in other spellings, as payloads that passed through other programs have them."""

from collections.abc import Callable, Mapping

from mailsight.providers.meanings import plain
from mailsight.providers.record import Provider

SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "lower case": str.lower,
    "capitalized": str.title,
    "blanks at the ends": lambda word: f"  {word}\t",
    "a new line": lambda word: f"{word}\r\n",
    "no-break spaces": lambda word: word.replace(" ", "\N{NO-BREAK SPACE}") + "\N{NO-BREAK SPACE}",
    "doubled blanks": lambda word: word.replace(" ", "  "),
    "a final dot": lambda word: f"{word}.",
    "all of them": lambda word: " " + word.upper().replace(" ", " \t ") + " . ",
}


def respelled(provider: Provider, payload: object, spell: Callable[[str], str]) -> object:
    """The payload with each of the provider's words spelled in another way."""
    known = {word for words in provider.words for word in words.means}
    known |= {plain(word) for word in (*provider.hard, *provider.soft, *(provider.machine_words or ()))}

    def written(value: object) -> object:
        match value:
            case dict():
                return {name: written(part) for name, part in value.items()}
            case list():
                return [written(part) for part in value]
            case str() if plain(value) in known:
                return spell(value)
        return value

    return written(payload)

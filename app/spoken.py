"""Words that can be said again in another language: they know what they translate. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Lookup = Callable[[str, str], str]
"""The translation of English words in a context."""

BETWEEN: Final = " "


class Spoken(str):
    """Words in the language that was in force when they were said.

    Parameters
    ----------
    said : the words then
    source : what they translate; the same whatever the language
    anew : says them in the language of a lookup
    """

    source: object
    anew: Callable[[Lookup], str]

    def __new__(cls, said: str, source: object, anew: Callable[[Lookup], str]) -> Spoken:
        """Words that keep what they are made of."""
        made = super().__new__(cls, said)
        made.source, made.anew = source, anew
        return made

    def format(self, *args: object, **named: object) -> Spoken:
        """Fill a template; it is filled again, with the same values, in another language."""
        values = (*args, *named.values())
        source = (self.source, *named, *map(source_of, values))

        def anew(lookup: Lookup) -> str:
            filled = {name: _again(value, lookup) for name, value in named.items()}
            return str.format(self.anew(lookup), *(_again(each, lookup) for each in args), **filled)

        return Spoken(str.format(self, *args, **named), source, anew)


def spoken(context: str, text: str, lookup: Lookup) -> Spoken:
    """English words in the language of a lookup."""
    return Spoken(lookup(context, text), (context, text), lambda other: other(context, text))


def joined(*parts: str) -> Spoken:
    """Sentences after one another; those that are empty are left out."""
    some = tuple(each for each in parts if each)

    def anew(lookup: Lookup) -> str:
        return BETWEEN.join(str(_again(each, lookup)) for each in some)

    return Spoken(BETWEEN.join(some), tuple(map(source_of, some)), anew)


def source_of(value: object) -> object:
    """What words translate; the value itself where it is not translated."""
    return value.source if isinstance(value, Spoken) else value


def _again(value: object, lookup: Lookup) -> object:
    return value.anew(lookup) if isinstance(value, Spoken) else value

"""What one cell of a clinical table may hold, and how it is read.

Decimals are written with a point or a comma. An empty cell, and the `MISSING`
marks, mean not recorded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from hipdesk.clinical import (
    Choice,
    PartialDate,
    Scale,
)
from hipdesk.errors import RefusedValue

MISSING: Final = frozenset(
    {"", "-", "–", "—", "--", ".", "na", "n/a", "nd", "null", "缺", "缺失", "未查", "未测"}
)
"""What stands for a value that was not recorded, whatever its case."""

YES: Final = frozenset({"yes", "y", "true", "1", "positive", "pos", "+", "是", "有", "阳性"})

NO: Final = frozenset({"no", "n", "false", "0", "negative", "neg", "否", "无", "阴性"})

_DASHES: Final = frozenset({"-", "–", "—", "--"})

_FIGURE: Final = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?")

_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)

_AS_FORMULA: Final = re.compile(r'="(.*)"')

_MIDNIGHT: Final = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")

_DATES: Final = (
    re.compile(r"(?P<y>[0-9]{4})([-/.])(?P<m>[0-9]{1,2})(?:\2(?P<d>[0-9]{1,2}))?"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
    re.compile(
        r"(?P<y>[0-9]{4})\s*年(?:\s*(?P<m>[0-9]{1,2})\s*月(?:\s*(?P<d>[0-9]{1,2})\s*[日号]?)?)?"
    ),
    re.compile(r"(?P<y>[0-9]{4})"),
)

ANY_DATE: Final = "a date such as 2024-03-05, 2024/3/5 or 2024年3月5日"

PART_OF_DATE: Final = f"{ANY_DATE}, or only its year and month, or its year"

YES_OR_NO: Final = "yes or no"


class Unread(Exception):
    """A cell that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    words : what it is
    expected : what its cells hold
    read : from a cell's text, without blanks around it, to its value
    required : in every line
    dash_is_missing : False where a dash may also be meant for "negative"
    """

    name: str
    words: str
    expected: str
    read: Callable[[str], Any] = field(repr=False)
    required: bool = False
    dash_is_missing: bool = True

    def is_missing(self, text: str) -> bool:
        """Whether a cell says that nothing was recorded."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        return plain in MISSING and (self.dash_is_missing or plain not in _DASHES)


def read_date(text: str) -> PartialDate | None:
    """A day, a month or a year; None where this cannot be read in one way only."""
    try:
        return partial_date(text.strip())
    except Unread:
        return None


def figure(text: str) -> float:
    """A number, its decimals behind a point or a comma."""
    plain = unicodedata.normalize("NFKC", text)
    if _FIGURE.fullmatch(plain) is None:
        raise Unread("this is not a number")
    return float(plain.replace(",", "."))


def whole(text: str) -> int:
    """A whole number."""
    value = figure(text)
    if value != int(value):
        raise Unread("this is not a whole number")
    return int(value)


def ordinal(text: str) -> int:
    """The number of a reading, from 1."""
    value = whole(text)
    if value < 1:
        raise Unread("readings are numbered from 1")
    return value


def scaled(scale: Scale) -> Callable[[str], float]:
    """Reads a number of a scale."""

    def read(text: str) -> float:
        value = figure(text)
        if not scale.low <= value <= scale.high:
            raise Unread("this is outside the range")
        return value

    return read


def total_to(highest: int) -> Callable[[str], int]:
    """Reads a whole number from 0 to the highest one."""

    def read(text: str) -> int:
        value = whole(text)
        if not 0 <= value <= highest:
            raise Unread("this is outside the range")
        return value

    return read


def chosen(choices: Sequence[Choice]) -> Callable[[str], int]:
    """Reads the points of one of the answers."""
    allowed = {choice.points for choice in choices}

    def read(text: str) -> int:
        value = figure(text)
        if value not in allowed:
            raise Unread("no answer earns these points")
        return int(value)

    return read


def one_of(meanings: Mapping[str, Any]) -> Callable[[str], Any]:
    """Reads one of the words that have a meaning, however it is cased; the keys are casefolded."""

    def read(text: str) -> Any:
        word = unicodedata.normalize("NFKC", text).casefold()
        if word not in meanings:
            raise Unread("this is none of the words that can stand here")
        return meanings[word]

    return read


def _date_of(parts: Mapping[str, str | None]) -> PartialDate:
    year, month, day = (int(part) if (part := parts.get(name)) else None for name in "ymd")
    try:
        return PartialDate(year or 0, month, day)
    except RefusedValue as error:
        raise Unread(clause(error)) from error


def partial_date(text: str) -> PartialDate:
    """A day, a month or a year; Unread where this cannot be read in one way only."""
    plain = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text))
    for form in _DATES:
        found = form.fullmatch(plain)
        if found is not None:
            return _date_of(found.groupdict())
    raise Unread("this is not a date that can be read in one way only")


def full_date(text: str) -> date:
    """A day."""
    known = partial_date(text)
    if known.day is None:
        raise Unread("the day is missing")
    return known.first


def identifier(text: str) -> str:
    """An ID, also as a spreadsheet's formula that keeps its zeros."""
    formula = _AS_FORMULA.fullmatch(text)
    plain = text if formula is None else formula[1].strip()
    if not plain:
        raise Unread("there is no ID")
    if _ROUNDED.fullmatch(plain):
        raise Unread("a spreadsheet has rounded this number")
    return plain


def crp_figure(text: str) -> tuple[float, bool]:
    """A figure, and whether the value lies below it."""
    plain = unicodedata.normalize("NFKC", text)
    below = plain.startswith("<")
    return figure(plain.removeprefix("<").strip()), below


def clause(error: RefusedValue) -> str:
    """A sentence as part of another."""
    words = str(error).rstrip(".")
    return words[:1].lower() + words[1:]


def listed(choices: Sequence[Choice]) -> str:
    """Every answer with its points, in words."""
    return ", ".join(f"{choice.points} ({choice.words})" for choice in choices)


yes_no: Final = one_of({**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)})

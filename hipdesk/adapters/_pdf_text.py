"""Text for the report: fonts for every script, shaping, measuring, wrapping.

A string is split into runs of one font and one direction. Right-to-left and
Indic or Thai runs are shaped by HarfBuzz; a character that no font has is
printed as a question mark, never as an empty box.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from reportlab.lib.abag import ABag
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import ShapedStr, TTFError, TTFont, shapeFragWord

from hipdesk.errors import BugError
from hipdesk.paths import resources_dir

REGULAR: Final = "NotoSans-Regular"
BOLD: Final = "NotoSans-Bold"
FALLBACKS: Final = (
    "NotoSansArabic-Regular",
    "NotoSansHebrew-Regular",
    "NotoSansThai-Regular",
    "NotoSansDevanagari-Regular",
    "DroidSansFallbackFull",
    "NanumSquareR",
)
SHAPED: Final = frozenset(FALLBACKS[:4])
"""Fonts whose scripts need HarfBuzz to place or join their letters."""

FEATURES: Final = {"kern": True, "liga": True}
"""No discretionary ligatures: they write vowels into Arabic names that had none."""

OPENING: Final = frozenset("([{\N{LEFT DOUBLE QUOTATION MARK}（［｛【《〈「『〔")
CLOSING: Final = frozenset(
    ")]},.;:!?%\N{RIGHT DOUBLE QUOTATION MARK}）］｝】》〉」』〕，。、；：？！％"
    "\N{HORIZONTAL ELLIPSIS}\N{EM DASH}"
)

MISSING: Final = "?"
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"

Canvas = Any
"""A ReportLab canvas; the library is untyped."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters of one font and direction, in reading order."""

    font: str
    text: str
    right_to_left: bool = False


@lru_cache
def covered(name: str) -> frozenset[int]:
    """Register a font of the program, once, when first needed; the code points it can show.

    Raises
    ------
    BugError
        The font is missing.
    """
    path = resources_dir() / "fonts" / f"{name}.ttf"
    try:
        font = TTFont(name, str(path), shapable=name in SHAPED)
    except (OSError, TTFError) as error:
        raise BugError(f"the font {name} did not come with the program") from error
    pdfmetrics.registerFont(font)
    return _visible(font.face)


def _visible(face: Any) -> frozenset[int]:
    """Code points whose glyph leaves a mark, and spaces; fonts map others to blanks."""
    start = face.glyphPos
    return frozenset(
        code
        for code, glyph in face.charToGlyph.items()
        if start[glyph] != start[glyph + 1] or unicodedata.category(chr(code)) == "Zs"
    )


def runs(text: str, bold: bool = False) -> tuple[Run, ...]:
    """Split a string into what one font can set in one direction, as seen from the left."""
    fonts = (BOLD if bold else REGULAR, *FALLBACKS)
    found: list[Run] = []
    for part, right_to_left in _directions(_clean(text)):
        pieces = list(_by_font(part, fonts, right_to_left))
        found += reversed(pieces) if right_to_left else pieces
    return tuple(found)


def lacks_letters(text: str) -> bool:
    """Whether a character is printed as `MISSING` because no font has it."""
    shown = "".join(run.text for run in runs(text))
    return shown.count(MISSING) > _clean(text).count(MISSING)


def width(text: str, size: float, bold: bool = False) -> float:
    """Width of a string in points."""
    return sum(_set(run, size)[1] for run in runs(text, bold))


def draw(
    canvas: Canvas, x: float, y: float, text: str, size: float, bold: bool = False, anchor: str = ""
) -> float:
    """Draw a string with its baseline at ``y``; the x where it ends.

    Parameters
    ----------
    anchor : empty to start at ``x``, ``middle`` to centre on it, ``end`` to end there
    """
    if anchor:
        x -= width(text, size, bold) / (2 if anchor == "middle" else 1)
    for run in runs(text, bold):
        glyphs, advance = _set(run, size)
        canvas.setFont(run.font, size)
        canvas.drawString(x, y, glyphs)
        x += advance
    return x


def fit(text: str, size: float, available: float, bold: bool = False) -> str:
    """The string, or as much of its beginning as fits, with an ellipsis."""
    if width(text, size, bold) <= available:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + ELLIPSIS, size, bold) <= available:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


@lru_cache(maxsize=1024)
def wrap(
    text: str, size: float, available: float, bold: bool = False, most_lines: int = 0
) -> tuple[str, ...]:
    """Break a string into lines; words wider than a line are broken anywhere.

    Parameters
    ----------
    most_lines : the last of so many lines ends in an ellipsis if text is left; 0 for no limit
    """
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest:
        if most_lines and len(lines) == most_lines - 1:
            return (*lines, fit(rest, size, available, bold))
        end = _line_end(rest, size, available, bold)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return tuple(lines) or ("",)


def _line_end(text: str, size: float, available: float, bold: bool) -> int:
    """Index after the last character of a line, where it may be broken if there is such a place."""
    most = _fitting(text, size, available, bold)
    if most == len(text):
        return most
    return next((end for end in range(most, 0, -1) if _may_break(text, end)), max(most, 1))


def _fitting(text: str, size: float, available: float, bold: bool) -> int:
    """How many of a string's first characters fit on a line."""
    high = 64
    while high < len(text) and width(text[:high], size, bold) <= available:
        high *= 2
    low, high = 0, min(high, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle], size, bold) <= available:
            low = middle
        else:
            high = middle - 1
    return low


def _may_break(text: str, end: int) -> bool:
    """Whether a line may end before the character at ``end``: a space, or beside an ideograph.

    Closing punctuation opens no line and opening punctuation ends none. Source:
    Unicode line breaking (UAX 14), classes ID, CL, EX, IS and OP.
    """
    before, after = text[end - 1], text[end]
    if after == " ":
        return True
    beside = _ideographic(before) or _ideographic(after)
    return beside and before not in OPENING and after not in CLOSING


def _ideographic(letter: str) -> bool:
    """Whether a character belongs to a script written without spaces, its punctuation included."""
    wide = unicodedata.east_asian_width(letter) in ("W", "F")
    return wide and not unicodedata.name(letter, "").startswith("HANGUL")


def _clean(text: str) -> str:
    """Composed characters, no control or formatting characters, plain spaces."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(c for c in composed if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def _directions(text: str) -> Iterator[tuple[str, bool]]:
    """Split into right-to-left stretches and the rest.

    A stretch runs from one strong right-to-left letter to the last before a
    left-to-right letter or a digit: the part of the Unicode bidirectional
    algorithm that names need on a left-to-right page.
    """
    start = 0
    while start < len(text):
        first = next((i for i in range(start, len(text)) if _strong(text[i]) == "R"), len(text))
        if first > start:
            yield text[start:first], False
        if first == len(text):
            return
        end = last = first
        while end < len(text) and _strong(text[end]) != "L":
            last = end if _strong(text[end]) == "R" else last
            end += 1
        last = _with_marks(text, last)
        yield text[first : last + 1], True
        start = last + 1


def _strong(letter: str) -> str:
    """``R``, ``L`` (digits included) or nothing for what takes its neighbours' direction."""
    kind = unicodedata.bidirectional(letter)
    if kind in ("R", "AL"):
        return "R"
    return "L" if kind in ("L", "EN", "AN") else ""


def _with_marks(text: str, last: int) -> int:
    """Index of the last combining mark on the letter at ``last``."""
    while last + 1 < len(text) and unicodedata.combining(text[last + 1]):
        last += 1
    return last


def _by_font(text: str, fonts: tuple[str, ...], right_to_left: bool) -> Iterator[Run]:
    """Runs of one font each, in reading order."""
    current, letters = "", ""
    for letter in text:
        font, shown = _font_for(letter, current, fonts)
        if font != current and letters:
            yield Run(current, letters, right_to_left)
            letters = ""
        current, letters = font, letters + shown
    if letters:
        yield Run(current, letters, right_to_left)


def _font_for(letter: str, current: str, fonts: tuple[str, ...]) -> tuple[str, str]:
    """The font for a character and what to print: itself, or the sign for a missing one."""
    keeps = current and (unicodedata.combining(letter) or current in SHAPED or letter == " ")
    if keeps and ord(letter) in covered(current):
        return current, letter
    for font in fonts:
        if ord(letter) in covered(font):
            return font, letter
    return fonts[0], MISSING


@lru_cache(maxsize=4096)
def _set(run: Run, size: float) -> tuple[str, float]:
    """A run's glyphs in visual order, and its width in points."""
    if run.font not in SHAPED:
        glyphs = run.text[::-1] if run.right_to_left else run.text
        return glyphs, float(pdfmetrics.stringWidth(glyphs, run.font, size))
    fragment = (ABag(fontName=run.font, fontSize=size), run.text)
    glyphs = shapeFragWord([0, fragment], features=FEATURES, force=True)[1][1]
    if isinstance(glyphs, ShapedStr):
        advance = sum(part.x_advance for part in glyphs.__shapeData__) * size / 1000
        return glyphs, float(advance)
    return glyphs, float(pdfmetrics.stringWidth(glyphs, run.font, size))

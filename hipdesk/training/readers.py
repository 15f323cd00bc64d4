"""Readers judge a model from pictures: the form they fill in, and what comes of it.

The source paper showed prediction and ground truth side by side as JPG to three
experts, who said whether the model had identified and outlined the lesions
rightly, and printed a sensitivity and a specificity of each (no formula is
given). Here a reader answers for every hip and lesion:

- ``present``: does this hip show the lesion, in your own judgement?
- ``shown``: does the prediction outline it?
- ``outlined_well``: where both are yes, is the outline right?

Sensitivity is the share of hips with ``shown`` yes among those with ``present``
yes; specificity the share with ``shown`` no among those with ``present`` no.
Rows without both answers are left out and counted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Final

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.records import LESIONS, SegmentClass, Side

COLUMNS: Final = ("set", "side", "lesion", "reader", "present", "shown", "outlined_well")
ANSWERS: Final = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}
Z_95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Answer:
    """One reader on one lesion of one hip; None where nothing was answered."""

    number: str
    side: Side
    lesion: SegmentClass
    reader: str = field(repr=False)
    present: bool | None
    shown: bool | None
    outlined_well: bool | None


@dataclass(frozen=True, slots=True)
class Share:
    """A proportion with its counts."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The proportion; NaN of nothing."""
        return self.count / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval (E. B. Wilson, J Am Stat Assoc 1927); NaN of nothing."""
        if not self.of:
            return float("nan"), float("nan")
        n, p, z = self.of, self.value, Z_95
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def words(self) -> str:
        """Value, counts and interval."""
        if not self.of:
            return "none to judge"
        low, high = self.interval
        return f"{self.value:.2f} ({self.count}/{self.of}; 95 % {low:.2f}-{high:.2f})"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader says of a model on one kind of lesion.

    Attributes
    ----------
    outlined_well : among hips where the lesion is present, shown and judged
    unanswered : rows without ``present`` or ``shown``
    """

    reader: str = field(repr=False)
    lesion: SegmentClass
    sensitivity: Share
    specificity: Share
    outlined_well: Share
    unanswered: int


def write_form(path: Path, hips: Iterable[tuple[str, Side]]) -> None:
    """An empty form: one row for every hip and lesion.

    Parameters
    ----------
    hips : number of the picture set, and side

    Raises
    ------
    OutputError
        It cannot be written.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for number, side in hips:
        for lesion in LESIONS:
            writer.writerow([number, side.value, lesion.value, "", "", "", ""])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The mark makes spreadsheets read it as UTF-8.
        path.write_text(stream.getvalue(), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise OutputError(f"{path} cannot be written; check space and permission.") from error


def read_form(path: Path) -> tuple[Answer, ...]:
    """The answers of a filled-in form; commas or semicolons, as spreadsheets save it.

    Raises
    ------
    UnreadableInput
        It cannot be read, lacks a column, or a row says something else than asked for.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UnreadableInput(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path} cannot be read; save the form as CSV in UTF-8.") from error
    first = text.splitlines()[0] if text else ""
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise UnreadableInput(f"{path} is no reader's form: it has no column '{missing[0]}'.")
    return tuple(_answer(row, number, path) for number, row in enumerate(rows, start=2))


def readings(answers: Sequence[Answer]) -> tuple[Reading, ...]:
    """One reading for each reader and lesion, in the order in which they come up.

    Raises
    ------
    UnreadableInput
        A reader judged the same lesion of the same hip twice.
    """
    seen: set[tuple[str, str, Side, SegmentClass]] = set()
    for each in answers:
        key = each.reader, each.number, each.side, each.lesion
        if key in seen:
            raise UnreadableInput(
                f"Set {each.number} {each.side.value} {each.lesion.value} is judged twice by one "
                "reader; give each form once, and each reader a name of their own."
            )
        seen.add(key)
    pairs = dict.fromkeys((each.reader, each.lesion) for each in answers)
    return tuple(
        _reading(reader, lesion, [a for a in answers if (a.reader, a.lesion) == (reader, lesion)])
        for reader, lesion in sorted(pairs, key=lambda pair: (pair[0], LESIONS.index(pair[1])))
    )


def reading_lines(found: Sequence[Reading]) -> Iterator[str]:
    """Readings in words."""
    for each in found:
        yield f"{each.reader}, {each.lesion.value}:"
        yield f"  sensitivity {each.sensitivity.words()}"
        yield f"  specificity {each.specificity.words()}"
        yield f"  outlined rightly where present and shown {each.outlined_well.words()}"
        if each.unanswered:
            yield f"  {each.unanswered} hips left out: not fully answered"


def _reading(reader: str, lesion: SegmentClass, answers: Sequence[Answer]) -> Reading:
    """Count one reader's answers."""
    full = [each for each in answers if each.present is not None and each.shown is not None]
    there = [each for each in full if each.present]
    absent = [each for each in full if not each.present]
    shown = [each for each in there if each.shown]
    judged = [each for each in shown if each.outlined_well is not None]
    return Reading(
        reader,
        lesion,
        Share(len(shown), len(there)),
        Share(sum(not each.shown for each in absent), len(absent)),
        Share(sum(bool(each.outlined_well) for each in judged), len(judged)),
        len(answers) - len(full),
    )


def _answer(row: dict[str, str | None], number: int, path: Path) -> Answer:
    """One row, or a sentence on what is wrong with it."""
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    try:
        side, lesion = Side(cells["side"].upper()), SegmentClass(cells["lesion"].lower())
    except ValueError as error:
        raise UnreadableInput(
            f"{path}, line {number}: side or lesion was changed; they must stay as they were."
        ) from error
    given = {name: _yes_or_no(cells[name], name, number, path) for name in COLUMNS[4:]}
    if not cells["reader"] and any(value is not None for value in given.values()):
        raise UnreadableInput(f"{path}, line {number}: the reader's name is missing.")
    reader = cells["reader"] or path.stem
    return Answer(cells["set"], side, lesion, reader, **given)


def _yes_or_no(text: str, name: str, number: int, path: Path) -> bool | None:
    """An answer; None where there is none."""
    if not text:
        return None
    if text.lower() not in ANSWERS:
        raise UnreadableInput(f"{path}, line {number}: '{name}' must be yes, no or empty.")
    return ANSWERS[text.lower()]

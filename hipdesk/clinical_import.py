"""Clinical facts, treatments and readings from a table, tried out before anything is kept.

A table is tried as a whole: every problem is named with its line and column,
what is wrong and what is expected. What comes of it is imported only where
there is no problem, or the lines with problems are skipped on request; a line
is never imported in part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeVar

from hipdesk.clinical_cells import Column
from hipdesk.clinical_columns import READING_COLUMNS, TREATMENT_COLUMNS, VISIT_COLUMNS, TableKind
from hipdesk.clinical_entries import (
    EntryT,
    ImportPlan,
    KnownPatient,
    Problem,
    ReadingEntry,
    TreatmentEntry,
    VisitEntry,
)
from hipdesk.clinical_lines import (
    Row,
    completed_treatment,
    completed_visit,
    known_reading,
    reading_entry,
    row_of,
    treatment_entry,
    visit_entry,
    without_gaps,
)
from hipdesk.clinical_table import header_of, read_table
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress

_STEP: Final = 200
"""Lines between two questions whether to stop."""

_NAMED_REPEATS: Final = 5
"""Of lines that speak of the same, so many are named."""


def plan_table(
    data: bytes,
    kind: TableKind,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[Any]:
    """Try out a table of this kind: `plan_visits`, `plan_treatments` or `plan_readings`.

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    plans: Mapping[TableKind, Callable[..., ImportPlan[Any]]] = {
        TableKind.VISITS: plan_visits,
        TableKind.TREATMENTS: plan_treatments,
        TableKind.READINGS: plan_readings,
    }
    return plans[kind](data, patients, today, progress, cancelled)


def plan_visits(
    data: bytes,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[VisitEntry]:
    """Try out a table with one line a visit.

    Parameters
    ----------
    data : the file's bytes
    patients : in the library
    today : no visit lies after it

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    return _plan(
        data,
        VISIT_COLUMNS,
        patients,
        lambda row: visit_entry(row, today),
        completed_visit,
        _Steps(progress, cancelled),
    )


def plan_treatments(
    data: bytes,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[TreatmentEntry]:
    """Try out a table with one line a treatment.

    Parameters
    ----------
    data : the file's bytes
    patients : in the library
    today : no treatment begins or ends after it

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    return _plan(
        data,
        TREATMENT_COLUMNS,
        patients,
        lambda row: treatment_entry(row, today),
        completed_treatment,
        _Steps(progress, cancelled),
    )


def plan_readings(
    data: bytes,
    patients: Sequence[KnownPatient],
    today: date,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> ImportPlan[ReadingEntry]:
    """Try out a table with one line a HIMRISS reading.

    Parameters
    ----------
    data : the file's bytes
    patients : in the library
    today : no reading was made after it

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    Cancelled
        The user asked to stop.
    """
    plan = _plan(
        data,
        READING_COLUMNS,
        patients,
        lambda row: reading_entry(row, today),
        known_reading,
        _Steps(progress, cancelled),
    )
    held = (each for known in patients for visit in known.visits for each in visit.readings)
    return without_gaps(plan, held)


ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class _Steps:
    """Tells progress, and stops where the user asked for it."""

    progress: Progress
    cancelled: Cancelled

    def over(self, items: Sequence[ItemT]) -> Iterator[ItemT]:
        """Each item, told how many went before it."""
        for at, item in enumerate(items):
            if at % _STEP == 0:
                self.progress(at / len(items), "")
                if self.cancelled():
                    raise CancelledByUser
            yield item


def _plan(
    data: bytes,
    columns: Sequence[Column],
    patients: Sequence[KnownPatient],
    entry_of: Callable[[Row], EntryT | None],
    completed: Callable[[Row, EntryT], EntryT],
    steps: _Steps,
) -> ImportPlan[EntryT]:
    table = read_table(data, columns)
    header, problems, usable = header_of(table, columns)
    if not usable:
        return ImportPlan(
            table.encoding,
            table.delimiter,
            max(len(table.lines) - 1, 0),
            (),
            tuple(problems),
            usable=False,
        )
    library = _Library(patients)

    def said_by(line: int, cells: tuple[str, ...]) -> _Said[EntryT]:
        row = row_of(line, cells, header)
        row.patient = library.patient_of(row)
        return _said(row, entry_of(row), completed)

    said = [said_by(line, cells) for line, cells in steps.over(table.lines[1:])]
    repeats = _repeats(said)
    problems += [problem for each in said for problem in each.told(repeats)]
    faulty = {each.line for each in said if each.told(repeats)}
    entries = [each.whole for each in said if each.whole is not None and each.line not in faulty]
    return ImportPlan(
        encoding=table.encoding,
        delimiter=table.delimiter,
        rows=len(said),
        entries=tuple(entry for entry in entries if not entry.unchanged),
        problems=tuple(sorted(problems, key=lambda each: each.line)),
        unchanged=tuple(entry.line for entry in entries if entry.unchanged),
        skipped=tuple(sorted(faulty)),
    )


@dataclass(frozen=True, slots=True)
class _Said(Generic[EntryT]):
    """What came of a line; its cells are let go of, since there may be very many lines.

    Attributes
    ----------
    problems : of the line by itself
    whole : the entry, completed from the library; None where the line has problems
    contradictions : between the line and the library
    """

    line: int
    problems: tuple[Problem, ...]
    entry: EntryT | None
    whole: EntryT | None
    contradictions: tuple[Problem, ...]

    def told(self, repeats: Mapping[int, Problem]) -> tuple[Problem, ...]:
        """Everything that is wrong; a repeat is not compared with the library."""
        if self.line in repeats:
            return (*self.problems, repeats[self.line])
        return self.problems or self.contradictions


def _said(
    row: Row, entry: EntryT | None, completed: Callable[[Row, EntryT], EntryT]
) -> _Said[EntryT]:
    """What came of a line, looked up in the library where it has no problem by itself."""
    own = tuple(row.problems)
    whole = None if entry is None or own else completed(row, entry)
    return _Said(row.line, own, entry, whole, tuple(row.problems[len(own) :]))


class _Library:
    """The patients of the library by their IDs."""

    def __init__(self, patients: Iterable[KnownPatient]) -> None:
        self._by_id: dict[str, list[KnownPatient]] = {}
        for patient in patients:
            self._by_id.setdefault(patient.patient_id, []).append(patient)
        self._without_zeros = {number.lstrip("0") for number in self._by_id}

    def patient_of(self, row: Row) -> KnownPatient | None:
        """The only patient whom a line can mean; else None and a problem of the line."""
        number, issuer = row.value("patient_id"), row.value("issuer")
        if number is None:
            return None
        same_id = self._by_id.get(number, [])
        found = [each for each in same_id if issuer is None or each.issuer == issuer]
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse("issuer", "several patients have this ID", "the issuer of the ID")
        elif same_id:
            row.refuse("issuer", "no patient has this ID from this issuer", "the issuer of the ID")
        else:
            row.refuse("patient_id", "no patient has this ID", self._expected(number))
        return None

    def _expected(self, number: str) -> str:
        expected = "the ID of a patient in the library"
        lost = number.lstrip("0") in self._without_zeros
        return f"{expected}; zeros at its start may have been lost" if lost else expected


def _repeats(said: Iterable[_Said[EntryT]]) -> dict[int, Problem]:
    """Problems of lines that speak of the same; of lines that agree, the first one stands."""
    groups: dict[Hashable, list[_Said[EntryT]]] = {}
    for each in said:
        if each.entry is not None:
            groups.setdefault(each.entry.key, []).append(each)
    together = (group for group in groups.values() if len(group) > 1)
    return {problem.line: problem for group in together for problem in _of_group(group)}


def _of_group(group: Sequence[_Said[EntryT]]) -> Iterator[Problem]:
    agree = len({each.entry.content for each in group if each.entry is not None}) == 1
    agree = agree and not any(each.problems for each in group)
    first = group[0].line
    for each in group[1:] if agree else group:
        wrong = f"line {_others(group, each.line)} speaks of the same"
        if agree:
            wrong = f"this repeats line {first}"
        yield Problem(each.line, "", wrong, "each visit or treatment once")


def _others(group: Sequence[_Said[EntryT]], line: int) -> str:
    """The other lines of a group, as a list that stays short however many there are."""
    named = group[: _NAMED_REPEATS + 1]
    others = [str(other.line) for other in named if other.line != line][:_NAMED_REPEATS]
    left = len(group) - 1 - len(others)
    return ", ".join([*others, "..."] if left else others)

"""What one line of a clinical table says, checked by itself and against the library.

What the library holds already is completed by a line, and never replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hipdesk.clinical import (
    SCALES,
    ClinicalFacts,
    Crp,
    Harris,
    Treatment,
)
from hipdesk.clinical_cells import Column, Unread, clause
from hipdesk.clinical_columns import VISIT_COLUMNS, facts_of, harris_of, values_of
from hipdesk.clinical_entries import (
    ImportPlan,
    KnownPatient,
    Problem,
    ReadingEntry,
    TreatmentEntry,
    VisitEntry,
    reading_values,
    same_treatment,
    whose,
)
from hipdesk.errors import RefusedValue
from hipdesk.himriss import Compartment, Reading
from hipdesk.records import Side


class Row:
    """One line, its values, and what is wrong with it."""

    def __init__(self, line: int, cells: Mapping[Column, str]) -> None:
        self.line = line
        self.texts = {column.name: text for column, text in cells.items()}
        self.problems: list[Problem] = []
        self.values = {column.name: self._read(column, text) for column, text in cells.items()}
        self.patient: KnownPatient | None = None

    def _read(self, column: Column, text: str) -> Any:
        if column.is_missing(text):
            if column.required:
                self.refuse(column.name, "this must not be empty", column.expected)
            return None
        try:
            return column.read(text)
        except Unread as unread:
            self.refuse(column.name, str(unread), column.expected)
            return None

    def refuse(self, column: str, wrong: str, expected: str) -> None:
        """Name a problem; of the whole line where no column is named."""
        self.problems.append(
            Problem(self.line, column, wrong, expected, self.texts.get(column, ""))
        )

    def attempt(self, column: str, expected: str, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, or None and a problem where the values do not fit together."""
        try:
            return make()
        except RefusedValue as error:
            self.refuse(column, clause(error), expected)
            return None

    def value(self, name: str) -> Any:
        """What a cell says; None where nothing or nothing that can be read."""
        return self.values.get(name)


def row_of(line: int, cells: Sequence[str], header: Sequence[Column | None]) -> Row:
    """The cells of a line under their columns."""
    padded = [*cells, *[""] * (len(header) - len(cells))]
    row = Row(line, {column: text for column, text in zip(header, padded, strict=False) if column})
    beyond = [text for text in cells[len(header) :] if text]
    if len(cells) < len(header) or beyond:
        row.refuse("", f"the line has {len(cells)} cells", f"{len(header)} cells, as in the header")
    return row


def read_facts(cells: Mapping[str, str]) -> tuple[ClinicalFacts, tuple[Problem, ...]]:
    """Facts written in the cells of one visit, as in a form, and what is wrong with any.

    Parameters
    ----------
    cells : text by names of `VISIT_COLUMNS`; what is empty or absent is not recorded

    Returns
    -------
    facts without the cells that have problems; the problems, all of line 1
    """
    known = [column for column in VISIT_COLUMNS if not column.required]
    row = Row(1, {column: cells.get(column.name, "").strip() for column in known})
    return facts_in(row), tuple(row.problems)


def visit_entry(row: Row, today: date) -> VisitEntry | None:
    """What a line says of a visit; None where it does not say which, with the problems in it."""
    day, patient = row.value("visit_date"), row.patient
    facts = facts_in(row)
    if facts.empty and not row.problems:
        row.refuse("", "the line holds nothing beside the patient and the date", "a value or more")
    if day is None or patient is None:
        return None
    _check_days(row, {"visit_date": day}, patient, today)
    onset = row.value("symptom_onset")
    if onset is not None and onset.first > day:
        row.refuse("symptom_onset", "this lies after the visit", "an earlier date")
    if onset is not None and patient.birth_date and onset.last < patient.birth_date:
        row.refuse("symptom_onset", "this lies before the patient's birth", "a later date")
    there = [visit.uid for visit in patient.visits if visit.day == day]
    if len(there) > 1:
        row.refuse("visit_date", "the patient has several visits on this day", "a day with one")
    return VisitEntry(row.line, patient.uid, there[0] if there else None, day, facts)


def treatment_entry(row: Row, today: date) -> TreatmentEntry | None:
    """What a line says of a treatment; None where that is none, with the problems in it."""
    kind, name = row.value("class"), row.value("name")
    if row.patient is None or kind is None or name is None:
        return None
    started, stopped = row.value("start"), row.value("stop")
    days = {"start": started, "stop": stopped}
    known = {column: each.first for column, each in days.items() if each is not None}
    _check_days(row, known, None, today)
    if started is not None and row.patient.birth_date and started.last < row.patient.birth_date:
        row.refuse("start", "this lies before the patient's birth", "a later date")
    treatment = row.attempt(
        "",
        "a drug with its start and end, or an injection or operation with one date",
        lambda: Treatment(kind, name, started, stopped, row.value("dose") or "", row.value("side")),
    )
    return None if treatment is None else TreatmentEntry(row.line, row.patient.uid, treatment)


def reading_entry(row: Row, today: date) -> ReadingEntry | None:
    """The reading of a line; None where that is none, with the problems in it."""
    day, patient, side = row.value("visit_date"), row.patient, row.value("side")
    reader, number = row.value("reader"), row.value("number") or 1
    if day is None or patient is None or side is None or reader is None:
        return None
    there = [visit for visit in patient.visits if visit.day == day]
    if not there:
        row.refuse("visit_date", "the patient has no visit on this day", "the day of a visit")
    if len(there) > 1:
        row.refuse("visit_date", "the patient has several visits on this day", "a day with one")
    read_on = row.value("read_date") or today
    _check_days(row, {"read_date": read_on}, None, today)
    if read_on < day:
        row.refuse("read_date", "this lies before the visit", "the visit's day or a later one")
    if len(there) != 1:
        return None
    made = row.attempt(
        "",
        "at least one total",
        lambda: Reading(
            there[0].uid,
            side,
            reader,
            number,
            datetime(read_on.year, read_on.month, read_on.day, tzinfo=UTC),
            bool(row.value("blinded_to_order")),
            *(row.value(name.value) for name in Compartment),
        ),
    )
    return ReadingEntry(row.line, patient.uid, made) if isinstance(made, Reading) else None


def known_reading(row: Row, entry: ReadingEntry) -> ReadingEntry:
    """The entry with the reading that the library holds, or a problem where the two differ."""
    visits = () if row.patient is None else row.patient.visits
    known = (each for visit in visits for each in visit.readings)
    same = (*whose(entry.reading), entry.reading.number)
    held = next((each for each in known if (*whose(each), each.number) == same), None)
    if held is None:
        return entry
    old, new = reading_values(held), reading_values(entry.reading)
    _refuse_differing(row, [name for name in new if new[name] != old[name]])
    return replace(entry, held=held)


def without_gaps(
    plan: ImportPlan[ReadingEntry], held: Iterable[Reading]
) -> ImportPlan[ReadingEntry]:
    """The plan without re-reads whose earlier readings are neither in it nor in the library."""
    known = {(*whose(each), each.number) for each in held}
    kept, lost = [], []
    for entry in sorted(plan.entries, key=lambda each: each.reading.number):
        before = (*whose(entry.reading), entry.reading.number - 1)
        if entry.reading.number == 1 or before in known:
            known.add((*before[:3], entry.reading.number))
            kept.append(entry)
        else:
            lost.append(entry)
    problems = [
        Problem(
            each.line,
            "number",
            f"this reader's reading {each.reading.number - 1} of this hip and visit is missing",
            "readings numbered from 1 without a gap",
            str(each.reading.number),
        )
        for each in lost
    ]
    return replace(
        plan,
        entries=tuple(sorted(kept, key=lambda each: each.line)),
        problems=tuple(sorted((*plan.problems, *problems), key=lambda each: each.line)),
        skipped=tuple(sorted((*plan.skipped, *(each.line for each in lost)))),
    )


def _check_days(
    row: Row, days: Mapping[str, date], patient: KnownPatient | None, today: date
) -> None:
    for column, day in days.items():
        if day > today:
            row.refuse(column, "this lies in the future", "today or an earlier date")
        if patient and patient.birth_date and day < patient.birth_date:
            row.refuse(column, "this lies before the patient's birth", "a later date")


def facts_in(row: Row) -> ClinicalFacts:
    """What a line says, without what does not fit together."""
    values = {**row.values, "crp": _crp_of(row)}
    answers = {side: _harris_in(row, values, side) for side in Side}
    return facts_of(values, answers)


def _harris_in(row: Row, values: Mapping[str, Any], side: Side) -> Harris:
    made = row.attempt(
        f"harris_deformity_{side.word}",
        "4 only where all four deformities are within their limits",
        lambda: harris_of(values, side),
    )
    return made if isinstance(made, Harris) else Harris()


def _crp_of(row: Row) -> Crp | None:
    stated, unit, limit = (row.value(n) for n in ("crp", "crp_unit", "crp_detection_limit"))
    if stated is None:
        return None
    figure, below = stated
    if unit is None:
        if not any(problem.column == "crp_unit" for problem in row.problems):
            row.refuse("crp_unit", "the CRP has no unit", "mg/L or mg/dL")
        return None
    if below and limit not in (None, figure):
        row.refuse("crp_detection_limit", "this is not the limit of the CRP", "the same figure")
        return None
    made = row.attempt(
        "crp",
        f"a number from 0 to {SCALES['crp_mg_l'].high:g} mg/L, its limit up to "
        f"{SCALES['crp_detection_limit_mg_l'].high:g} mg/L",
        lambda: Crp(None, unit, figure) if below else Crp(figure, unit, limit),
    )
    return made if isinstance(made, Crp) else None


def completed_visit(row: Row, entry: VisitEntry) -> VisitEntry:
    """The entry with what the library holds, or a problem where they contradict each other."""
    visits = () if row.patient is None else row.patient.visits
    held = next((visit.facts for visit in visits if visit.uid == entry.visit_uid), None)
    if held is None:
        return entry
    old, new = values_of(held), values_of(entry.facts)
    values = {**new, **old}
    _refuse_differing(row, [name for name in new if new[name] != values[name]])
    facts = row.attempt(
        "",
        "values that fit what the library holds",
        lambda: facts_of(values, {side: harris_of(values, side) for side in Side}),
    )
    return entry if facts is None else replace(entry, facts=facts, held=held)


def completed_treatment(row: Row, entry: TreatmentEntry) -> TreatmentEntry:
    """The entry with what the library holds, or a problem where they contradict each other."""
    known = () if row.patient is None else row.patient.treatments
    new, same = entry.treatment, same_treatment(entry.treatment)
    held = next((each for each in known if same_treatment(each) == same), None)
    if held is None:
        return entry
    pairs = {"stop": (held.stopped, new.stopped), "dose": (held.dose, new.dose)}
    _refuse_differing(row, [name for name, (a, b) in pairs.items() if a and b and a != b])
    both = replace(held, stopped=held.stopped or new.stopped, dose=held.dose or new.dose)
    return replace(entry, treatment=both, held=held)


def _refuse_differing(row: Row, columns: Iterable[str]) -> None:
    for column in columns:
        row.refuse(column, "the library holds another value", "the value that the library holds")

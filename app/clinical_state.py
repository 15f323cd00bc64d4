"""What the page of a visit's clinical record shows. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from hipdesk.clinical import (
    AsdasChange,
    AsdasState,
    ClinicalFacts,
    HarrisGrade,
    Index,
    IndexName,
    Treatment,
    TreatmentKind,
    asdas_crp,
    asdas_esr,
    asdas_shift,
    asdas_state,
    basdai,
    basdai50,
    basdai_active,
    basfi,
    harris,
    harris_grade,
    settled,
)
from hipdesk.clinical_columns import visit_cells
from hipdesk.clinical_trend import (
    IndexLine,
    Plotted,
    TreatmentBar,
    index_lines,
    recorded,
    treatment_bars,
)
from hipdesk.himriss import Reading
from hipdesk.ports import ClinicalHistory
from hipdesk.records import Patient, Side

Cells = Mapping[str, str]
"""Text of each field, by its name in tables to be imported."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An index of a visit, what it means, and how it moved since the visit before.

    Attributes
    ----------
    side : of a hip's index; None of the patient's
    missing : fields that it lacks; it then has no value
    meaning : ASDAS and Harris in words; of BASDAI, whether the disease is active
    change : later minus earlier
    turn : class of a change of ASDAS; of BASDAI, whether it fell by at least half
    """

    name: IndexName
    side: Side | None = None
    value: float | None = None
    missing: tuple[str, ...] = ()
    meaning: AsdasState | HarrisGrade | bool | None = None
    change: float | None = None
    turn: AsdasChange | bool | None = None


@dataclass(frozen=True, slots=True)
class ClinicalShown:
    """The record of one visit.

    Attributes
    ----------
    cells : as the library holds it
    before : day of the earlier visit to which changes refer; None without one
    reader : in whose name entries are made now; empty while it is not stated
    kept_by, kept_utc : who kept the cells and when; empty and None where nobody did
    """

    patient: Patient
    day: date | None = field(repr=False)
    cells: Cells = field(repr=False)
    before: date | None = field(default=None, repr=False)
    treatments: tuple[tuple[str, Treatment], ...] = field(default=(), repr=False)
    readings: tuple[Reading, ...] = ()
    reader: str = field(default="", repr=False)
    kept_by: str = field(default="", repr=False)
    kept_utc: datetime | None = None


@dataclass(frozen=True, slots=True)
class TreatmentDraft:
    """A treatment as it is typed.

    Attributes
    ----------
    uid : of the treatment that is changed; None for a new one
    """

    kind: TreatmentKind
    name: str = field(repr=False)
    dose: str = field(default="", repr=False)
    started: str = field(default="", repr=False)
    stopped: str = field(default="", repr=False)
    side: Side | None = None
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class ReadingDraft:
    """HIMRISS totals as they are entered; None is not read.

    Attributes
    ----------
    number : of the reader's own reading that is corrected; None for the next one
    """

    side: Side
    femoral: int | None = field(default=None, repr=False)
    acetabular: int | None = field(default=None, repr=False)
    effusion: int | None = field(default=None, repr=False)
    blinded_to_order: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ClinicalTrendShown:
    """Beside the scores over time: a clinical index and treatments.

    Attributes
    ----------
    choices : indices with at least one point
    plotted : the one that is drawn; None where there is none
    lines : of it, one of each hip or one
    bars : treatments, by their beginnings
    days : of every visit with anything recorded
    """

    choices: tuple[Plotted, ...] = ()
    plotted: Plotted | None = None
    lines: tuple[IndexLine, ...] = ()
    bars: tuple[TreatmentBar, ...] = ()
    days: tuple[date, ...] = field(default=(), repr=False)


def clinical_trend_of(history: ClinicalHistory, wanted: Plotted) -> ClinicalTrendShown:
    """What is drawn of a patient's record; another index where the wanted one has no point."""
    choices = recorded(history)
    plotted = wanted if wanted in choices else next(iter(choices), None)
    return ClinicalTrendShown(
        choices,
        plotted,
        () if plotted is None else index_lines(history, plotted),
        treatment_bars(history.treatments),
        tuple(sorted({visit.day for visit in history.visits})),
    )


def cells_of(facts: ClinicalFacts | None) -> Cells:
    """Facts as they stand in the fields."""
    if facts is None:
        return MappingProxyType({})
    return MappingProxyType({name: _text(cell) for name, cell in visit_cells(facts).items()})


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def figures_of(facts: ClinicalFacts, before: ClinicalFacts | None) -> tuple[Figure, ...]:
    """Every index of a visit, set against that of an earlier one."""
    earlier = before or ClinicalFacts()
    return (
        _basdai(basdai(earlier), basdai(facts)),
        _plain(basfi(earlier), basfi(facts)),
        _asdas(asdas_crp(earlier), asdas_crp(facts)),
        _asdas(asdas_esr(earlier), asdas_esr(facts)),
        *_harris(earlier, facts),
    )


def _basdai(before: Index, now: Index) -> Figure:
    response = basdai50(before, now)
    return Figure(
        now.name,
        value=now.value,
        missing=now.missing,
        meaning=None if now.value is None else basdai_active(now.value),
        change=_change(before, now),
        turn=response.reached,
    )


def _asdas(before: Index, now: Index) -> Figure:
    shift = asdas_shift(before, now)
    return Figure(
        now.name,
        value=now.value,
        missing=now.missing,
        meaning=None if now.value is None else asdas_state(now.value),
        change=shift.change,
        turn=shift.kind,
    )


def _plain(before: Index, now: Index) -> Figure:
    return Figure(now.name, value=now.value, missing=now.missing, change=_change(before, now))


def _harris(before: ClinicalFacts, now: ClinicalFacts) -> Iterator[Figure]:
    for side in Side:
        index = harris(now.hip(side))
        yield Figure(
            index.name,
            side,
            index.value,
            index.missing,
            None if index.value is None else harris_grade(index.value),
            _change(harris(before.hip(side)), index),
        )


def _change(before: Index, now: Index) -> float | None:
    if before.value is None or now.value is None:
        return None
    return settled(now.value - before.value)

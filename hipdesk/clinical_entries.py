"""What the library holds, as an import needs to know it, and what the lines of a table bring."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from hipdesk.clinical import (
    ClinicalFacts,
    Treatment,
)
from hipdesk.himriss import Reading, by_reader
from hipdesk.records import Side


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a table.

    Attributes
    ----------
    line : in the file, from 1
    column : its name; empty where the whole line is meant
    wrong, expected : for the reader; without full stop
    found : the cell's text
    """

    line: int
    column: str
    wrong: str
    expected: str
    found: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """A visit in the library, as an import needs to know it."""

    uid: str
    day: date | None = field(repr=False)
    facts: ClinicalFacts | None = field(default=None, repr=False)
    readings: tuple[Reading, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """A patient in the library, as an import needs to know one."""

    uid: str
    patient_id: str = field(repr=False)
    issuer: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    visits: tuple[KnownVisit, ...] = field(default=(), repr=False)
    treatments: tuple[Treatment, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """Clinical facts of one line.

    Attributes
    ----------
    visit_uid : of the visit on that day; None where the library has none yet
    facts : what the library holds for it, completed by the line
    held : what the library holds for it; None where nothing
    """

    line: int
    patient_uid: str
    visit_uid: str | None
    day: date = field(repr=False)
    facts: ClinicalFacts = field(repr=False)
    held: ClinicalFacts | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the library holds all of it already."""
        return self.held == self.facts

    @property
    def key(self) -> Hashable:
        """What only one line of a table may speak of."""
        return self.patient_uid, self.day

    @property
    def content(self) -> Hashable:
        """What the line says of it."""
        return self.facts


@dataclass(frozen=True, slots=True)
class TreatmentEntry:
    """The treatment of one line.

    Attributes
    ----------
    treatment : as the library holds it, completed by the line
    held : as the library holds it; None where it does not
    """

    line: int
    patient_uid: str
    treatment: Treatment = field(repr=False)
    held: Treatment | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the library holds all of it already."""
        return self.held == self.treatment

    @property
    def key(self) -> Hashable:
        """What only one line of a table may speak of."""
        return self.patient_uid, same_treatment(self.treatment)

    @property
    def content(self) -> Hashable:
        """What the line says of it."""
        return self.treatment


@dataclass(frozen=True, slots=True)
class ReadingEntry:
    """The HIMRISS reading of one line.

    Attributes
    ----------
    held : as the library holds it; None where it does not
    """

    line: int
    patient_uid: str
    reading: Reading = field(repr=False)
    held: Reading | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the library holds all of it already."""
        return self.held is not None

    @property
    def key(self) -> Hashable:
        """What only one line of a table may speak of."""
        return *whose(self.reading), self.reading.number

    @property
    def content(self) -> Hashable:
        """What the line says of it."""
        return reading_values(self.reading), self.reading.read_utc


class _Entry(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def key(self) -> Hashable: ...
    @property
    def content(self) -> Hashable: ...
    @property
    def unchanged(self) -> bool: ...


EntryT = TypeVar("EntryT", bound=_Entry)


@dataclass(frozen=True, slots=True)
class ImportPlan(Generic[EntryT]):
    """What a table would bring, tried out.

    Attributes
    ----------
    encoding, delimiter : as found
    rows : lines with anything on them, without the header
    entries : of the lines without a problem, in their order
    problems : in the order of the lines
    unchanged : lines that say what the library holds already
    skipped : lines that an import with ``skip`` leaves out
    usable : False where the header itself rules every line out
    """

    encoding: str
    delimiter: str
    rows: int
    entries: tuple[EntryT, ...]
    problems: tuple[Problem, ...]
    unchanged: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    usable: bool = True

    @property
    def clean(self) -> bool:
        """Whether everything can be imported."""
        return not self.problems

    def to_import(self, *, skip: bool = False) -> tuple[EntryT, ...]:
        """What may be kept: everything or nothing.

        Parameters
        ----------
        skip : leave out what has a problem and keep the rest
        """
        return self.entries if self.clean or skip else ()


def same_treatment(treatment: Treatment) -> Hashable:
    """What makes two records speak of one treatment."""
    name = " ".join(treatment.name.casefold().split())
    return treatment.kind, name, treatment.started, treatment.side


def reading_values(reading: Reading) -> dict[str, Any]:
    """What a reading says, by the names of its columns."""
    totals = {name.value: total for name, total in reading.totals.items()}
    return {"blinded_to_order": reading.blinded_to_order, **totals}


def whose(reading: Reading) -> tuple[str, Side, str]:
    """Visit, hip and reader, however the name is spaced or cased."""
    (reader,) = by_reader([reading])
    return reading.visit_uid, reading.side, reader

"""What the pages show that regroup patients, visits and studies. No Qt.

A plan is what the reader has chosen so far; `RegroupPlan.shown` is all that
follows of it: whom it concerns, what forbids it, whether it can be done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Final

from app.state import PatientRow
from hipdesk.ports import AnalysisEntry, AsideEntry, PatientEntry, Regrouping, VisitEntry
from hipdesk.records import Contrast, Patient, Side

OF_ITS_OWN: Final = ""
"""In place of a visit's uid: a visit that is begun for a study."""

PAIR: Final = 2
"""Scans that are repeats of each other."""


class Wish(StrEnum):
    """What a reader wants to regroup."""

    MERGE = "merge"
    MOVE = "move"
    SPLIT = "split"
    STUDY = "study"
    ASIDE = "aside"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Line:
    """A visit, study or analysis in a list.

    Attributes
    ----------
    words : what was examined; empty where not stated
    contrast, slices : of an analysis
    stated : whom a visit's images name, where that is not who has it
    sides : hips of an analysis
    """

    uid: str
    day: date | None = field(repr=False)
    time: time | None = field(default=None, repr=False)
    words: str = field(default="", repr=False)
    contrast: Contrast | None = None
    slices: int | None = None
    stated: Patient | None = field(default=None, repr=False)
    sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A patient with their visits, oldest first."""

    uid: str
    patient: Patient = field(repr=False)
    visits: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class RegroupShown:
    """The page of one wish.

    Attributes
    ----------
    here : of whom it was wished
    lines : what can be picked: visits, studies or analyses of a visit; none where all is meant
    picked : of these
    other : who was chosen to be merged with, or to be given a visit
    fresh : whom the images of parted visits name
    found : who can be chosen, those alike first where ``words`` are empty
    targets : visits that a study can be moved to
    target : the chosen one
    moved : number of visits that change their patient
    turned : of a merge, the visits of ``other`` come to ``here``
    unlike : fields of the two identities that differ and hardly may
    ready : something is chosen that can be done
    reasoned : a reason must be given
    named : the two picked scans are repeats already
    """

    wish: Wish
    here: Person
    lines: tuple[Line, ...] = ()
    picked: frozenset[str] = frozenset()
    other: Person | None = None
    fresh: Patient | None = field(default=None, repr=False)
    found: tuple[PatientRow, ...] = ()
    words: str = field(default="", repr=False)
    targets: tuple[Line, ...] = ()
    target: str | None = None
    moved: int = 0
    turned: bool = False
    unlike: tuple[str, ...] = ()
    ready: bool = False
    reasoned: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class AsideShown:
    """What was put aside, and what was regrouped; newest first."""

    aside: tuple[AsideEntry, ...] = ()
    regrouped: tuple[Regrouping, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RegroupPlan:
    """What a reader has chosen so far.

    Attributes
    ----------
    entries : visits of ``here``
    visit_uid : the visit whose studies or analyses are meant
    named : pairs of analyses that are repeats already
    """

    wish: Wish
    here: Person
    entries: tuple[VisitEntry, ...] = ()
    visit_uid: str | None = None
    picked: frozenset[str] = frozenset()
    other: Person | None = None
    found: tuple[PatientRow, ...] = ()
    words: str = field(default="", repr=False)
    target: str | None = None
    turned: bool = False
    named: frozenset[frozenset[str]] = frozenset()

    @property
    def entry(self) -> VisitEntry | None:
        """The visit that is meant."""
        return next((each for each in self.entries if each.visit.uid == self.visit_uid), None)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What can be picked."""
        entry = self.entry
        match self.wish:
            case Wish.SPLIT | Wish.MOVE | Wish.ASIDE:
                return self.here.visits
            case Wish.STUDY:
                studies = () if entry is None else entry.studies
                return tuple(Line(s.uid, s.day, s.time, s.description) for s in studies)
            case Wish.REPEAT:
                analyses = () if entry is None else entry.analyses
                return tuple(map(_analysis_line, analyses))
            case Wish.MERGE:
                return ()

    @property
    def targets(self) -> tuple[Line, ...]:
        """Visits for a study: the others, and one of its own if it is not alone in this one."""
        entry = self.entry
        if self.wish is not Wish.STUDY or entry is None:
            return ()
        others = tuple(each for each in self.here.visits if each.uid != self.visit_uid)
        own = (Line(OF_ITS_OWN, None),) if len(entry.studies) > 1 else ()
        return own + others

    @property
    def moving(self) -> tuple[Line, ...]:
        """Visits that will have another patient."""
        match self.wish:
            case Wish.MERGE if self.other is not None:
                return (self.other if self.turned else self.here).visits
            case Wish.MOVE | Wish.SPLIT:
                return tuple(each for each in self.here.visits if each.uid in self.picked)
            case _:
                return ()

    @property
    def into(self) -> Patient | None:
        """Who will have them."""
        if self.other is None:
            return None
        return self.here.patient if self.turned else self.other.patient

    @property
    def unlike(self) -> tuple[str, ...]:
        """Fields of the two identities that differ and hardly may."""
        into, giver = self.into, self.other if self.turned else self.here
        if into is None or giver is None or self.wish not in (Wish.MERGE, Wish.MOVE):
            return ()
        stated = (each.stated or giver.patient for each in self.moving)
        found = {name for each in stated for name in each.unlike(into)}
        return tuple(name for name in ("birth_date", "sex") if name in found)

    @property
    def common_sides(self) -> tuple[Side, ...]:
        """Hips that both picked scans show."""
        picked = [each for each in self.lines if each.uid in self.picked]
        if self.wish is not Wish.REPEAT or len(picked) != PAIR:
            return ()
        return tuple(side for side in Side if all(side in each.sides for each in picked))

    @property
    def ready(self) -> bool:
        """Whether something is chosen that can be done."""
        match self.wish:
            case Wish.MERGE:
                return self.other is not None
            case Wish.MOVE:
                return self.other is not None and bool(self.picked)
            case Wish.SPLIT:
                return 0 < len(self.picked) < len(self.here.visits)
            case Wish.STUDY:
                return len(self.picked) == 1 and self.target is not None
            case Wish.ASIDE:
                return bool(self.picked)
            case Wish.REPEAT:
                return bool(self.common_sides)

    @property
    def fresh(self) -> Patient | None:
        """Whom the images of the parted visits name."""
        if self.wish is not Wish.SPLIT or not self.moving:
            return None
        return self.moving[0].stated or self.here.patient

    @property
    def shown(self) -> RegroupShown:
        """The page of it."""
        return RegroupShown(
            wish=self.wish,
            here=self.here,
            lines=self.lines,
            picked=self.picked,
            other=self.other,
            fresh=self.fresh,
            found=self.found,
            words=self.words,
            targets=self.targets,
            target=self.target,
            moved=len(self.moving),
            turned=self.turned,
            unlike=self.unlike,
            ready=self.ready,
            reasoned=self.wish is Wish.ASIDE or bool(self.unlike),
            named=self.picked in self.named,
        )


def person_of(entry: PatientEntry, visits: Iterable[VisitEntry]) -> Person:
    """A patient with their visits."""
    lines = tuple(_visit_line(each, entry.patient) for each in visits)
    return Person(entry.uid, entry.patient, lines)


def _visit_line(entry: VisitEntry, owner: Patient) -> Line:
    visit, said = entry.visit, ", ".join(filter(None, entry.descriptions))
    stated = None if entry.stated in (owner, Patient()) else entry.stated
    return Line(visit.uid, visit.day, visit.time, said, stated=stated)


def _analysis_line(entry: AnalysisEntry) -> Line:
    made = entry.created_utc.astimezone()
    return Line(
        entry.uid,
        made.date(),
        made.time().replace(microsecond=0),
        entry.description,
        entry.contrast,
        entry.slices,
        sides=entry.hips,
    )

"""Clinical record -> what a chart over time shows of it: indices, and treatments as bars.

Beside the scores, on the same axis of dates. Nothing is imputed: a visit that
lacks an item of an index has no point. A fall or rise is put into words only
where the index has published classes (ASDAS; BASDAI 50).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from hipdesk.clinical import (
    BASDAI_ACTIVE,
    AsdasChange,
    AsdasState,
    ClinicalFacts,
    HarrisGrade,
    Index,
    IndexName,
    Treatment,
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
from hipdesk.himriss import HIGHEST_TOTAL, by_reader
from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.records import Side
from hipdesk.wording import day_of, number, signed_number


class Plotted(StrEnum):
    """What of the clinical record can be plotted over visits."""

    ASDAS_CRP = "asdas_crp"
    ASDAS_ESR = "asdas_esr"
    BASDAI = "basdai"
    BASFI = "basfi"
    CRP = "crp_mg_l"
    ESR = "esr_mm_h"
    HARRIS = "harris"
    PAIN = "hip_pain_vas"
    HIMRISS = "himriss"

    @property
    def per_hip(self) -> bool:
        """Whether each hip has its own."""
        return self in {Plotted.HARRIS, Plotted.PAIN, Plotted.HIMRISS}

    @property
    def digits(self) -> int:
        """Decimals of its figures."""
        return _DIGITS.get(self, 1)

    @property
    def unit(self) -> str:
        """Of its figures; empty for points of a questionnaire."""
        return {Plotted.CRP: "mg/L", Plotted.ESR: "mm/h"}.get(self, "")


_DIGITS: Final = MappingProxyType(
    {
        **dict.fromkeys((Plotted.ASDAS_CRP, Plotted.ASDAS_ESR), 3),
        **dict.fromkeys((Plotted.BASDAI, Plotted.BASFI), 2),
        **dict.fromkeys((Plotted.HARRIS, Plotted.ESR), 0),
    }
)

NAMES: Final[Mapping[Plotted, str]] = MappingProxyType(
    {
        Plotted.ASDAS_CRP: "ASDAS-CRP",
        Plotted.ASDAS_ESR: "ASDAS-ESR",
        Plotted.BASDAI: "BASDAI",
        Plotted.BASFI: "BASFI",
        Plotted.CRP: "CRP",
        Plotted.ESR: "ESR",
        Plotted.HARRIS: "Harris hip score",
        Plotted.PAIN: "Hip pain, VAS",
        Plotted.HIMRISS: "HIMRISS",
    }
)

SCALE_TOPS: Final[Mapping[Plotted, float]] = MappingProxyType(
    {
        **dict.fromkeys((Plotted.BASDAI, Plotted.BASFI, Plotted.PAIN), 10.0),
        **dict.fromkeys((Plotted.ASDAS_CRP, Plotted.ASDAS_ESR), 4.5),
        Plotted.HARRIS: 100.0,
        Plotted.HIMRISS: 40.0,
        Plotted.CRP: 10.0,
        Plotted.ESR: 20.0,
    }
)
"""An axis reaches at least so far, that small figures do not look large."""

_STEPS: Final[Mapping[Plotted, float]] = MappingProxyType(
    {
        **dict.fromkeys((Plotted.ASDAS_CRP, Plotted.ASDAS_ESR), 0.5),
        **dict.fromkeys((Plotted.CRP, Plotted.ESR, Plotted.HIMRISS), 10.0),
    }
)
"""By which an axis grows beyond that."""

_ASDAS_BANDS: Final = (
    (0.0, AsdasState.INACTIVE),
    (1.3, AsdasState.LOW),
    (2.1, AsdasState.HIGH),
    (3.5, AsdasState.VERY_HIGH),
)

BANDS: Final[Mapping[Plotted, tuple[tuple[float, AsdasState | HarrisGrade | bool], ...]]] = (
    MappingProxyType(
        {
            Plotted.ASDAS_CRP: _ASDAS_BANDS,
            Plotted.ASDAS_ESR: _ASDAS_BANDS,
            Plotted.BASDAI: ((0.0, False), (BASDAI_ACTIVE, True)),
            Plotted.HARRIS: (
                (0.0, HarrisGrade.POOR),
                (70.0, HarrisGrade.FAIR),
                (80.0, HarrisGrade.GOOD),
                (90.0, HarrisGrade.EXCELLENT),
            ),
        }
    )
)
"""From which value on an index means what, where that is published."""

Meaning = AsdasState | HarrisGrade | bool
"""ASDAS and Harris in words; of BASDAI, whether the disease is active."""


NO_HISTORY: Final = ClinicalHistory()
"""Nothing is recorded beside images."""


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """A figure of a visit.

    Attributes
    ----------
    below : the true figure lies below this one, the laboratory's limit
    meaning : what it means, where that is published
    readers : of HIMRISS, those whose complete readings it is the mean of
    """

    visit_uid: str
    day: date = field(repr=False)
    value: float
    below: bool = False
    meaning: Meaning | None = None
    readers: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class IndexChange:
    """From one point of a line to the next.

    Attributes
    ----------
    joined : whether a line may join them: HIMRISS of other readers is not compared
    change : later minus earlier; None where not joined, or one lies below a limit
    turn : class of a change of ASDAS; of BASDAI, whether it fell by at least half
    """

    before: IndexPoint
    after: IndexPoint
    joined: bool
    change: float | None
    turn: AsdasChange | bool | None = None


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One index over time, oldest point first.

    Attributes
    ----------
    side : None for what concerns the whole patient
    changes : one fewer than points
    """

    side: Side | None
    points: tuple[IndexPoint, ...]
    changes: tuple[IndexChange, ...]


def index_lines(history: ClinicalHistory, plotted: Plotted) -> tuple[IndexLine, ...]:
    """An index over the dated visits: one line, or one for each hip; empty lines left out."""
    dated = sorted(history.visits, key=lambda visit: (visit.day, visit.uid))
    found = (_line(dated, plotted, side) for side in _sides(plotted))
    return tuple(line for line in found if line.points)


def _sides(plotted: Plotted) -> tuple[Side | None, ...]:
    return tuple(Side) if plotted.per_hip else (None,)


def recorded(history: ClinicalHistory) -> tuple[Plotted, ...]:
    """What has at least one point."""
    return tuple(each for each in Plotted if _has_point(history, each))


def _has_point(history: ClinicalHistory, plotted: Plotted) -> bool:
    return any(
        _point(visit, plotted, side) is not None
        for side in _sides(plotted)
        for visit in history.visits
    )


def _line(dated: Sequence[ClinicalVisit], plotted: Plotted, side: Side | None) -> IndexLine:
    found = (_point(visit, plotted, side) for visit in dated)
    points = tuple(point for point in found if point is not None)
    changes = tuple(_change(plotted, *pair) for pair in pairwise(points))
    return IndexLine(side, points, changes)


_INDICES: Final[Mapping[Plotted, Callable[[ClinicalFacts], Index]]] = MappingProxyType(
    {
        Plotted.ASDAS_CRP: asdas_crp,
        Plotted.ASDAS_ESR: asdas_esr,
        Plotted.BASDAI: basdai,
        Plotted.BASFI: basfi,
    }
)


def _point(visit: ClinicalVisit, plotted: Plotted, side: Side | None) -> IndexPoint | None:
    if plotted is Plotted.CRP:
        return _crp_point(visit)
    if plotted is Plotted.HIMRISS:
        return _read_point(visit, side)
    value = _value(visit.facts, plotted, side)
    if value is None:
        return None
    return IndexPoint(visit.uid, visit.day, value, meaning=meaning_of(plotted, value))


def _value(facts: ClinicalFacts, plotted: Plotted, side: Side | None) -> float | None:
    if side is not None:
        hip = facts.hip(side)
        return harris(hip).value if plotted is Plotted.HARRIS else hip.pain_vas
    return facts.esr_mm_h if plotted is Plotted.ESR else _INDICES[plotted](facts).value


def _crp_point(visit: ClinicalVisit) -> IndexPoint | None:
    """In mg/L; at its limit where it is below detection."""
    crp = visit.facts.crp
    if crp is None:
        return None
    if not crp.below_detection:
        return IndexPoint(visit.uid, visit.day, crp.mg_per_l or 0.0)
    limit = settled((crp.detection_limit or 0.0) * crp.unit.in_mg_per_l)
    return IndexPoint(visit.uid, visit.day, limit, below=True)


def _read_point(visit: ClinicalVisit, side: Side | None) -> IndexPoint | None:
    """The mean of the readers; of each reader, the mean of what he read complete."""
    totals = {
        reader: [each.total for each in own if each.total is not None]
        for reader, own in by_reader(each for each in visit.readings if each.side is side).items()
    }
    means = {reader: sum(own) / len(own) for reader, own in totals.items() if own}
    if not means:
        return None
    value = settled(sum(means.values()) / len(means))
    return IndexPoint(visit.uid, visit.day, value, readers=frozenset(means))


def meaning_of(plotted: Plotted, value: float) -> Meaning | None:
    """What a value means, where that is published."""
    if plotted in {Plotted.ASDAS_CRP, Plotted.ASDAS_ESR}:
        return asdas_state(value)
    if plotted is Plotted.BASDAI:
        return basdai_active(value)
    return harris_grade(value) if plotted is Plotted.HARRIS else None


def _change(plotted: Plotted, before: IndexPoint, after: IndexPoint) -> IndexChange:
    joined = before.readers == after.readers
    if not joined or before.below or after.below:
        return IndexChange(before, after, joined, None)
    moved = settled(after.value - before.value)
    return IndexChange(before, after, True, moved, _turn(plotted, before.value, after.value))


def _turn(plotted: Plotted, before: float, after: float) -> AsdasChange | bool | None:
    if plotted in {Plotted.ASDAS_CRP, Plotted.ASDAS_ESR}:
        name = IndexName(plotted.value)
        return asdas_shift(Index(name, before), Index(name, after)).kind
    if plotted is Plotted.BASDAI:
        return basdai50(Index(IndexName.BASDAI, before), Index(IndexName.BASDAI, after)).reached
    return None


def axis_top(plotted: Plotted, lines: Iterable[IndexLine]) -> float:
    """How far the axis of an index reaches, from zero."""
    largest = max((point.value for line in lines for point in line.points), default=0.0)
    if plotted in {Plotted.BASDAI, Plotted.BASFI, Plotted.PAIN, Plotted.HARRIS}:
        return SCALE_TOPS[plotted]
    step = _STEPS[plotted]
    room = step * math.ceil(settled(1.1 * largest / step))
    most = HIGHEST_TOTAL if plotted is Plotted.HIMRISS else math.inf
    return max(min(room, most), SCALE_TOPS[plotted])


# Treatments


@dataclass(frozen=True, slots=True)
class TreatmentBar:
    """A treatment on an axis of dates.

    Attributes
    ----------
    words : name and dose; of one hip, its side
    dates : as exactly as they are known, with ``?`` for an unknown beginning and
        nothing for an end that has not come
    begin, end : of all that its dates allow; None where open
    sure : days between which it was surely given; None where its dates do not tell
    event : it happened on a day
    """

    words: str = field(repr=False)
    dates: str = field(repr=False)
    begin: date | None = field(repr=False)
    end: date | None = field(repr=False)
    sure: tuple[date, date | None] | None = field(default=None, repr=False)
    event: bool = False

    @property
    def label(self) -> str:
        """Name and dates."""
        return f"{self.words}, {self.dates}"

    def within(self, first: date, last: date) -> bool:
        """Whether any of it may lie between two days."""
        after = self.begin is not None and self.begin > last
        return not after and not (self.end is not None and self.end < first)


def treatment_bars(treatments: Iterable[Treatment]) -> tuple[TreatmentBar, ...]:
    """Treatments as bars, in the order of their beginnings; those without one first."""
    bars = [_bar(each) for each in treatments]
    return tuple(sorted(bars, key=lambda bar: (bar.begin or date.min, bar.label)))


def _bar(treatment: Treatment) -> TreatmentBar:
    started = treatment.started
    stopped = started if treatment.kind.single_event else treatment.stopped
    side = "" if treatment.side is None else f" ({treatment.side.value})"
    return TreatmentBar(
        words=" ".join(filter(None, (treatment.name.strip(), treatment.dose.strip()))) + side,
        dates=_dates(treatment),
        begin=None if started is None else started.first,
        end=None if stopped is None else stopped.last,
        sure=_sure(treatment),
        event=treatment.kind.single_event,
    )


def _dates(treatment: Treatment) -> str:
    begun = "?" if treatment.started is None else treatment.started.iso
    if treatment.kind.single_event:
        return begun
    end = "" if treatment.stopped is None else f" {treatment.stopped.iso}"
    return f"{begun} \N{EN DASH}{end}"


def _sure(treatment: Treatment) -> tuple[date, date | None] | None:
    started, stopped = treatment.started, treatment.stopped
    if started is None:
        return None
    if treatment.kind.single_event:
        return (started.first, started.first) if started.first == started.last else None
    if stopped is None:
        return started.last, None
    return (started.last, stopped.first) if started.last <= stopped.first else None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a bar and its label lie.

    Attributes
    ----------
    lane : 0 for the uppermost
    left, right : of the bar
    label_left, label_wide : of its label, which may have to be shortened to that
    """

    lane: int
    left: float
    right: float
    label_left: float
    label_wide: float

    @property
    def extent(self) -> tuple[float, float]:
        """Of bar and label together."""
        return min(self.left, self.label_left), max(self.right, self.label_left + self.label_wide)


def placed_bars(
    bars: Sequence[tuple[float, float, float]], room: tuple[float, float], gap: float
) -> tuple[Placed, ...]:
    """Bars with labels in as few lanes as they need, so that nothing lies on anything.

    Parameters
    ----------
    bars : left, right and width of the label, in one unit, such as pixels
    room : left and right of the plot; nothing leaves it
    gap : between neighbours in a lane
    """
    ends: list[float] = []
    found = []
    for left, right, wide in bars:
        here = _placed(left, right, wide, room)
        begin, end = here.extent
        lane = next((n for n, taken in enumerate(ends) if taken + gap <= begin), len(ends))
        ends[lane : lane + 1] = [end]
        found.append(Placed(lane, here.left, here.right, here.label_left, here.label_wide))
    return tuple(found)


def _placed(left: float, right: float, wide: float, room: tuple[float, float]) -> Placed:
    low, high = room
    left, right = (min(max(each, low), high) for each in (left, right))
    wide = min(wide, high - low)
    return Placed(0, left, right, max(min(left, high - wide), low), wide)


# Sentences

MEANING_WORDS: Final[Mapping[Meaning, str]] = MappingProxyType(
    {
        AsdasState.INACTIVE: "inactive disease",
        AsdasState.LOW: "low activity",
        AsdasState.HIGH: "high activity",
        AsdasState.VERY_HIGH: "very high activity",
        HarrisGrade.EXCELLENT: "excellent",
        HarrisGrade.GOOD: "good",
        HarrisGrade.FAIR: "fair",
        HarrisGrade.POOR: "poor",
        True: "active, 4 or more",
        False: "below 4",
    }
)

TURN_WORDS: Final[Mapping[AsdasChange | bool, str]] = MappingProxyType(
    {
        AsdasChange.MAJOR_IMPROVEMENT: "major improvement",
        AsdasChange.IMPORTANT_IMPROVEMENT: "clinically important improvement",
        AsdasChange.NO_IMPORTANT_CHANGE: "no important change",
        AsdasChange.WORSENING: "worsening",
        True: "BASDAI 50 reached",
        False: "BASDAI 50 not reached",
    }
)


def point_words(plotted: Plotted, point: IndexPoint) -> str:
    """A figure with its unit and what it means."""
    below = "<" if point.below else ""
    unit = f" {plotted.unit}" if plotted.unit else ""
    meant = "" if point.meaning is None else f" ({MEANING_WORDS[point.meaning]})"
    return f"{below}{number(point.value, plotted.digits)}{unit}{meant}"


def change_sentences(history: ClinicalHistory) -> tuple[str, ...]:
    """The last change of each index, as the report says it."""
    return tuple(
        _change_sentence(plotted, line.side, change)
        for plotted in Plotted
        for line in index_lines(history, plotted)
        for change in line.changes[-1:]
    )


def _change_sentence(plotted: Plotted, side: Side | None, change: IndexChange) -> str:
    hip = "" if side is None else f", {side.word} hip"
    span = f"{day_of(change.before.day)} to {day_of(change.after.day)}"
    figures = f"{point_words(plotted, change.before)} to {point_words(plotted, change.after)}"
    said = f"{NAMES[plotted]}{hip}, {span}: {figures}"
    if not change.joined:
        return f"{said}; other readers, so no change is given."
    if change.change is None:
        return f"{said}."
    moved = signed_number(change.change, plotted.digits)
    turn = "" if change.turn is None else f", {TURN_WORDS[change.turn]}"
    return f"{said}; {moved}{turn}."


def named_sentences(bars: Sequence[TreatmentBar]) -> tuple[str, ...]:
    """Treatments by name, where there is no axis to draw them on."""
    named = "; ".join(bar.label for bar in bars)
    return (f"Treatments: {named}.",) if bars else ()


def outside_sentences(bars: Sequence[TreatmentBar], days: tuple[date, date]) -> tuple[str, ...]:
    """Treatments that no axis between two days can show."""
    named = ", ".join(bar.label for bar in bars if not bar.within(*days))
    return (f"Treatments outside the time shown: {named}.",) if named else ()

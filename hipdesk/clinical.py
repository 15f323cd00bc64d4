"""Clinical facts of a visit, and the indices computed from them.

What a patient answered and a doctor found is kept as recorded; an index is
computed when asked for. Nothing is imputed: an index that lacks an item has no
value, and says which items it lacks.

Sources: BASDAI, Garrett 1994; BASFI, Calin 1994; ASDAS, Lukas and van der
Heijde 2009, its states and changes Machado 2011 and 2018, its CRP below 2 mg/L
Machado 2015; hip score, Harris 1969. Limits that only catch slips of the pen
(`SCALES` without a questionnaire behind them) are our choice.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hipdesk.errors import BugError, RefusedValue
from hipdesk.records import Side

DECIMALS: Final = 9
"""To which values are settled before a threshold: 2.4 - 1.3 is a fall of 1.1."""

BASDAI_ACTIVE: Final = 4.0
"""From here on the disease is active."""

BASDAI50_PERCENT: Final = 50.0
"""A fall of at least this much of the earlier BASDAI is a response."""

CRP_FLOOR_MG_L: Final = 2.0
"""Stands in ASDAS-CRP for what is lower or below detection (Machado 2015)."""

EARLIEST_YEAR: Final = 1900
"""Of any date in a clinical record; earlier ones are slips of the pen (our choice)."""


class CrpUnit(StrEnum):
    """What a C-reactive protein is counted in."""

    MG_PER_L = "mg/L"
    MG_PER_DL = "mg/dL"

    @property
    def in_mg_per_l(self) -> float:
        """How many mg/L one of it is."""
        return 1.0 if self is CrpUnit.MG_PER_L else 10.0


class Gap(StrEnum):
    """Why an index has no value."""

    NOT_RECORDED = "not_recorded"
    ITEMS_MISSING = "items_missing"
    EARLIER_MISSING = "earlier_missing"
    LATER_MISSING = "later_missing"
    EARLIER_ZERO = "earlier_zero"


GAP_SENTENCES: Final[Mapping[Gap, str]] = MappingProxyType(
    {
        Gap.NOT_RECORDED: "nothing was recorded for it",
        Gap.ITEMS_MISSING: "some of its items are missing",
        Gap.EARLIER_MISSING: "the earlier visit has no value",
        Gap.LATER_MISSING: "the later visit has no value",
        Gap.EARLIER_ZERO: "the earlier value is zero, which cannot fall",
    }
)
"""Why there is no value, as the end of a sentence."""


class IndexName(StrEnum):
    """Indices of disease activity and function."""

    BASDAI = "basdai"
    BASFI = "basfi"
    ASDAS_CRP = "asdas_crp"
    ASDAS_ESR = "asdas_esr"
    HARRIS = "harris"


class AsdasState(StrEnum):
    """Disease activity by ASDAS."""

    INACTIVE = "inactive"
    LOW = "low"
    HIGH = "high"
    VERY_HIGH = "very_high"


class AsdasChange(StrEnum):
    """What a change of ASDAS amounts to."""

    MAJOR_IMPROVEMENT = "major_improvement"
    IMPORTANT_IMPROVEMENT = "clinically_important_improvement"
    NO_IMPORTANT_CHANGE = "no_important_change"
    WORSENING = "worsening"


class HarrisGrade(StrEnum):
    """A Harris hip score in words."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class TreatmentKind(StrEnum):
    """Classes of treatment."""

    NSAID = "NSAID"
    CSDMARD = "csDMARD"
    BDMARD = "bDMARD"
    TSDMARD = "tsDMARD"
    STEROID = "steroid"
    INJECTION = "injection"
    SURGERY = "surgery"

    @property
    def single_event(self) -> bool:
        """Whether it happens on a day, and at a joint, rather than over a time."""
        return self in {TreatmentKind.INJECTION, TreatmentKind.SURGERY}


@dataclass(frozen=True, slots=True)
class Scale:
    """What a figure of a clinical record can be.

    Attributes
    ----------
    words : what it is, to open a sentence
    low, high : both allowed
    note : further help after a refusal
    """

    words: str
    low: float
    high: float
    unit: str = ""
    note: str = ""

    @property
    def expected(self) -> str:
        """The range in words, e.g. ``a number from 0 to 10``."""
        unit = f" {self.unit}" if self.unit else ""
        note = f"; {self.note}" if self.note else ""
        return f"a number from {self.low:g} to {self.high:g}{unit}{note}"

    def require(self, value: float | None) -> None:
        """Refuse what is outside; None is not recorded, and passes.

        Raises
        ------
        RefusedValue
            Outside the range, or not a number.
        """
        if value is not None and not self.low <= value <= self.high:
            raise RefusedValue(f"{self.words} must be {self.expected}.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to an item of the Harris hip score."""

    points: int
    words: str


HARRIS_CHOICES: Final[Mapping[str, tuple[Choice, ...]]] = MappingProxyType(
    {
        "pain": (
            Choice(44, "none, or ignored"),
            Choice(40, "slight, occasional"),
            Choice(30, "mild, average activities as before"),
            Choice(20, "moderate, tolerable, with concessions"),
            Choice(10, "marked, serious limitation"),
            Choice(0, "totally disabled, pain in bed"),
        ),
        "limp": (
            Choice(11, "none"),
            Choice(8, "slight"),
            Choice(5, "moderate"),
            Choice(0, "severe, or unable to walk"),
        ),
        "support": (
            Choice(11, "none"),
            Choice(7, "cane for long walks"),
            Choice(5, "cane most of the time"),
            Choice(3, "one crutch"),
            Choice(2, "two canes"),
            Choice(0, "two crutches, or unable to walk"),
        ),
        "distance": (
            Choice(11, "unlimited"),
            Choice(8, "30 minutes"),
            Choice(5, "10 to 15 minutes"),
            Choice(2, "indoors only"),
            Choice(0, "bed and chair"),
        ),
        "stairs": (
            Choice(4, "normally, without the railing"),
            Choice(2, "normally, with the railing"),
            Choice(1, "in any manner"),
            Choice(0, "unable"),
        ),
        "shoes_socks": (
            Choice(4, "with ease"),
            Choice(2, "with difficulty"),
            Choice(0, "unable"),
        ),
        "sitting": (
            Choice(5, "an ordinary chair for an hour"),
            Choice(3, "a high chair for half an hour"),
            Choice(0, "no chair in comfort"),
        ),
        "transport": (
            Choice(1, "able to use public transport"),
            Choice(0, "unable to use public transport"),
        ),
        "deformity": (
            Choice(4, "none of the four deformities"),
            Choice(0, "at least one of them"),
        ),
    }
)
"""Answers that earn points, best first. Deformity is all or none (our choice; sources differ)."""

DEFORMITY_LIMITS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "flexion_contracture_deg": 30.0,
        "adduction_deg": 10.0,
        "internal_rotation_deg": 10.0,
        "leg_length_difference_cm": 3.2,
    }
)
"""Fixed deformities of a hip; from these on it counts as one."""

BASDAI_TOPICS: Final = (
    "fatigue",
    "neck, back or hip pain",
    "pain or swelling of other joints",
    "discomfort on touch or pressure",
    "severity of morning stiffness",
    "duration of morning stiffness",
)
"""What the six questions ask; the sixth counts 0 for no stiffness to 10 for two hours or more."""

N_BASDAI: Final = len(BASDAI_TOPICS)
N_BASFI: Final = 10

SCALES: Final[Mapping[str, Scale]] = MappingProxyType(
    {
        **{
            f"basdai_q{i}": Scale(f"BASDAI question {i} ({topic})", 0, 10)
            for i, topic in enumerate(BASDAI_TOPICS, start=1)
        },
        **{f"basfi_q{i}": Scale(f"BASFI item {i}", 0, 10) for i in range(1, N_BASFI + 1)},
        "patient_global": Scale("The patient's global assessment", 0, 10),
        "esr_mm_h": Scale("The ESR", 0, 200, "mm/h"),
        "crp_mg_l": Scale("The CRP", 0, 1000, "mg/L"),
        "crp_detection_limit_mg_l": Scale("The CRP's detection limit", 0, 20, "mg/L"),
        "hip_pain_vas": Scale("Hip pain", 0, 10, note="millimetres of a 100 mm line divided by 10"),
        "harris_motion": Scale("The Harris points for range of motion", 0, 5),
        "flexion_contracture_deg": Scale("The flexion contracture", 0, 120, "degrees"),
        "adduction_deg": Scale("The fixed adduction", 0, 60, "degrees"),
        "internal_rotation_deg": Scale("The fixed internal rotation", 0, 90, "degrees"),
        "leg_length_difference_cm": Scale("The difference in leg length", 0, 20, "cm"),
    }
)
"""Ranges of every figure; keys are the names used in files."""


@dataclass(frozen=True, slots=True, repr=False)
class PartialDate:
    """A day, a month or a year, as exactly as it is known.

    Raises
    ------
    RefusedValue
        No such date, or before `EARLIEST_YEAR`.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise RefusedValue("A date with a day must have a month.")
        try:
            first = self.first
        except ValueError as error:
            raise RefusedValue("There is no such date in the calendar.") from error
        if first.year < EARLIEST_YEAR:
            raise RefusedValue(f"A date must not lie before {EARLIEST_YEAR}.")

    @property
    def first(self) -> date:
        """The earliest day it can mean."""
        return date(
            self.year,
            1 if self.month is None else self.month,
            1 if self.day is None else self.day,
        )

    @property
    def last(self) -> date:
        """The latest day it can mean."""
        if self.day is not None:
            return self.first
        month = self.month or 12
        return date(self.year, month, monthrange(self.year, month)[1])

    @property
    def iso(self) -> str:
        """``2024-03-05``, ``2024-03`` or ``2024``."""
        parts = [f"{self.year:04d}", *(f"{p:02d}" for p in (self.month, self.day) if p)]
        return "-".join(parts)


def exactly(day: date) -> PartialDate:
    """A date that is known to the day."""
    return PartialDate(day.year, day.month, day.day)


@dataclass(frozen=True, slots=True, repr=False)
class Crp:
    """A C-reactive protein as the laboratory states it.

    Attributes
    ----------
    value : in ``unit``; None where only "below detection" is stated
    detection_limit : in ``unit``; None where not stated

    Raises
    ------
    RefusedValue
        Neither a value nor a detection limit, or one outside its range.
    """

    value: float | None
    unit: CrpUnit
    detection_limit: float | None = None

    def __post_init__(self) -> None:
        if self.value is None and self.detection_limit is None:
            raise RefusedValue("A CRP must have a value or the limit that it is below.")
        SCALES["crp_mg_l"].require(self._mg_per_l(self.value))
        SCALES["crp_detection_limit_mg_l"].require(self._mg_per_l(self.detection_limit))

    @property
    def below_detection(self) -> bool:
        """Whether it is too low to be measured."""
        if self.value is None:
            return True
        return self.detection_limit is not None and self.value < self.detection_limit

    @property
    def mg_per_l(self) -> float | None:
        """The measured value; None where it is below detection."""
        return None if self.below_detection else self._mg_per_l(self.value)

    @property
    def for_asdas_mg_per_l(self) -> float:
        """The figure that enters ASDAS-CRP: `CRP_FLOOR_MG_L` where lower or undetected."""
        measured = self.mg_per_l
        return CRP_FLOOR_MG_L if measured is None else max(measured, CRP_FLOOR_MG_L)

    def _mg_per_l(self, figure: float | None) -> float | None:
        return None if figure is None else settled(figure * self.unit.in_mg_per_l)


def _require_choice(item: str, choices: Sequence[Choice], points: int | None) -> None:
    if points is None or points in {choice.points for choice in choices}:
        return
    *most, last = (str(choice.points) for choice in choices)
    words = item.replace("_", " and ")
    raise RefusedValue(f"The Harris points for {words} must be {', '.join(most)} or {last}.")


@dataclass(frozen=True, slots=True, repr=False)
class Harris:
    """Answers to the Harris hip score of one hip, in points.

    The four fixed deformities may be given as measured, as points, or both.
    Points for range of motion are entered: sources differ in how they follow
    from the arcs.

    Raises
    ------
    RefusedValue
        Points that no answer earns, a figure outside its range, or points for
        deformity that contradict the measured ones.
    """

    pain: int | None = None
    limp: int | None = None
    support: int | None = None
    distance: int | None = None
    stairs: int | None = None
    shoes_socks: int | None = None
    sitting: int | None = None
    transport: int | None = None
    deformity: int | None = None
    motion: float | None = None
    flexion_contracture_deg: float | None = None
    adduction_deg: float | None = None
    internal_rotation_deg: float | None = None
    leg_length_difference_cm: float | None = None

    def __post_init__(self) -> None:
        for item, choices in HARRIS_CHOICES.items():
            _require_choice(item, choices, getattr(self, item))
        for name in DEFORMITY_LIMITS:
            SCALES[name].require(getattr(self, name))
        SCALES["harris_motion"].require(self.motion)
        measured = self.measured_deformity
        if measured is not None and self.deformity not in (None, measured):
            raise RefusedValue(
                "The Harris points for absence of deformity contradict the measured deformities."
            )

    @property
    def measured_deformity(self) -> int | None:
        """Points that follow from the measurements: 4 or 0, None where they leave it open.

        One deformity settles it; its absence needs all four.
        """
        pairs = [(getattr(self, name), limit) for name, limit in DEFORMITY_LIMITS.items()]
        known = [(value, limit) for value, limit in pairs if value is not None]
        if any(value >= limit for value, limit in known):
            return 0
        return 4 if len(known) == len(pairs) else None

    @property
    def points(self) -> Mapping[str, float | None]:
        """Points of each item; None where not answered."""
        answered: dict[str, float | None] = {name: getattr(self, name) for name in HARRIS_CHOICES}
        if self.deformity is None:
            answered["deformity"] = self.measured_deformity
        return {**answered, "motion": self.motion}


@dataclass(frozen=True, slots=True, repr=False)
class HipFacts:
    """What is known of one hip at a visit.

    Attributes
    ----------
    pain_vas : 0-10
    prosthesis : whether the joint is artificial; such a hip has no score in any
        trend (`hipdesk.prosthesis`)
    """

    pain_vas: float | None = None
    prosthesis: bool | None = None
    harris: Harris = Harris()

    def __post_init__(self) -> None:
        SCALES["hip_pain_vas"].require(self.pain_vas)


@dataclass(frozen=True, slots=True, repr=False)
class ClinicalFacts:
    """What was asked, measured and found at one visit; None is not recorded.

    Attributes
    ----------
    basdai : answers to the six questions, each 0-10
    basfi : answers to the ten items, each 0-10
    patient_global : 0-10
    esr_mm_h : erythrocyte sedimentation rate
    hla_b27 : whether positive
    symptom_onset : as exactly as the patient remembers

    Raises
    ------
    RefusedValue
        A value outside its range; the text says which, and what it can be.
    """

    basdai: tuple[float | None, ...] = (None,) * N_BASDAI
    basfi: tuple[float | None, ...] = (None,) * N_BASFI
    patient_global: float | None = None
    esr_mm_h: float | None = None
    crp: Crp | None = None
    hla_b27: bool | None = None
    symptom_onset: PartialDate | None = None
    right: HipFacts = HipFacts()
    left: HipFacts = HipFacts()

    def __post_init__(self) -> None:
        if len(self.basdai) != N_BASDAI or len(self.basfi) != N_BASFI:
            raise BugError("a questionnaire has another number of items")
        for name, value in self.figures.items():
            SCALES[name].require(value)

    @property
    def figures(self) -> Mapping[str, float | None]:
        """Answers and measurements of the whole patient, by their names in files."""
        return {
            **{f"basdai_q{i}": value for i, value in enumerate(self.basdai, start=1)},
            **{f"basfi_q{i}": value for i, value in enumerate(self.basfi, start=1)},
            "patient_global": self.patient_global,
            "esr_mm_h": self.esr_mm_h,
        }

    @property
    def empty(self) -> bool:
        """Whether nothing at all is recorded."""
        return self == ClinicalFacts()

    def hip(self, side: Side) -> HipFacts:
        """The facts of one side."""
        return self.right if side is Side.RIGHT else self.left


@dataclass(frozen=True, slots=True, repr=False)
class Treatment:
    """A drug over a time, or an injection or operation on a day.

    Attributes
    ----------
    name : as the doctor writes it
    started : None where unknown; of an injection or operation, its day
    stopped : None while it goes on
    side : of an injection or operation at one hip

    Raises
    ------
    RefusedValue
        No name, an end before the start, an end of a single event, or a side of a drug.
    """

    kind: TreatmentKind
    name: str
    started: PartialDate | None = None
    stopped: PartialDate | None = None
    dose: str = ""
    side: Side | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise RefusedValue("A treatment must have a name.")
        if self.kind.single_event and self.stopped is not None:
            raise RefusedValue("An injection or operation has one date and no end.")
        if not self.kind.single_event and self.side is not None:
            raise RefusedValue("Only an injection or operation has a side.")
        if self.started and self.stopped and self.stopped.last < self.started.first:
            raise RefusedValue("A treatment must not end before it starts.")


@dataclass(frozen=True, slots=True)
class Index:
    """A computed index, or why there is none.

    Attributes
    ----------
    value : unrounded; None with ``gap``
    missing : names of the items that it lacks, as in files
    """

    name: IndexName
    value: float | None
    gap: Gap | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Basdai50:
    """Response by BASDAI between two visits.

    Attributes
    ----------
    fall_percent : of the earlier value, negative for a rise; None with ``gap``
    reached : a fall of at least `BASDAI50_PERCENT`
    """

    fall_percent: float | None
    reached: bool | None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class AsdasShift:
    """Change of ASDAS between two visits.

    Attributes
    ----------
    change : later minus earlier; None with ``gap``
    """

    change: float | None
    kind: AsdasChange | None
    gap: Gap | None = None


def settled(value: float) -> float:
    """A value without the rounding errors of its arithmetic."""
    return round(value, DECIMALS)


def basdai(facts: ClinicalFacts) -> Index:
    """BASDAI = (Q1 + Q2 + Q3 + Q4 + (Q5 + Q6) / 2) / 5, 0-10 (Garrett 1994)."""
    items = _numbered("basdai", facts.basdai)
    return _index(IndexName.BASDAI, items, lambda *q: (sum(q[:4]) + sum(q[4:]) / 2) / 5)


def basdai_active(value: float) -> bool:
    """Whether a BASDAI means active disease."""
    return settled(value) >= BASDAI_ACTIVE


def basdai50(before: Index, after: Index) -> Basdai50:
    """Whether BASDAI fell by at least half from one visit to a later one.

    Parameters
    ----------
    before, after : of `basdai`
    """
    pair = _pair(before, after, {IndexName.BASDAI})
    if isinstance(pair, Gap):
        return Basdai50(None, None, pair)
    earlier, later = pair
    if earlier == 0:
        return Basdai50(None, None, Gap.EARLIER_ZERO)
    fall = settled(100 * (earlier - later) / earlier)
    return Basdai50(fall, fall >= BASDAI50_PERCENT)


def basfi(facts: ClinicalFacts) -> Index:
    """BASFI: mean of its ten items, 0-10 (Calin 1994)."""
    return _index(IndexName.BASFI, _numbered("basfi", facts.basfi), lambda *q: sum(q) / N_BASFI)


def asdas_crp(facts: ClinicalFacts) -> Index:
    """ASDAS-CRP (Lukas 2009).

    0.121 back pain + 0.058 duration of stiffness + 0.110 patient global + 0.073
    peripheral pain + 0.579 ln(CRP in mg/L + 1); CRP as `Crp.for_asdas_mg_per_l`.
    """
    crp = None if facts.crp is None else facts.crp.for_asdas_mg_per_l
    return _index(
        IndexName.ASDAS_CRP,
        {**_asdas_items(facts), "crp": crp},
        lambda back, stiff, overall, peripheral, crp_mg_l: (
            0.121 * back
            + 0.058 * stiff
            + 0.110 * overall
            + 0.073 * peripheral
            + 0.579 * math.log(crp_mg_l + 1)
        ),
    )


def asdas_esr(facts: ClinicalFacts) -> Index:
    """ASDAS-ESR (Lukas 2009).

    0.079 back pain + 0.069 duration of stiffness + 0.113 patient global + 0.086
    peripheral pain + 0.293 sqrt(ESR in mm/h).
    """
    return _index(
        IndexName.ASDAS_ESR,
        {**_asdas_items(facts), "esr_mm_h": facts.esr_mm_h},
        lambda back, stiff, overall, peripheral, esr: (
            0.079 * back
            + 0.069 * stiff
            + 0.113 * overall
            + 0.086 * peripheral
            + 0.293 * math.sqrt(esr)
        ),
    )


def asdas_state(value: float) -> AsdasState:
    """Disease activity by an ASDAS of either kind (Machado 2011, 2018).

    Below 1.3 inactive, below 2.1 low, up to 3.5 high, above it very high.
    """
    figure = settled(value)
    if figure < 1.3:
        return AsdasState.INACTIVE
    if figure < 2.1:
        return AsdasState.LOW
    return AsdasState.HIGH if figure <= 3.5 else AsdasState.VERY_HIGH


def asdas_shift(before: Index, after: Index) -> AsdasShift:
    """What the change of ASDAS from one visit to a later one amounts to.

    A fall of at least 1.1 is clinically important, of at least 2.0 major; a
    rise of at least 0.9 is worsening (Machado 2011; Molto 2018).

    Parameters
    ----------
    before, after : both of `asdas_crp` or both of `asdas_esr`
    """
    pair = _pair(before, after, {IndexName.ASDAS_CRP, IndexName.ASDAS_ESR})
    if isinstance(pair, Gap):
        return AsdasShift(None, None, pair)
    change = settled(pair[1] - pair[0])
    return AsdasShift(change, _asdas_change(change))


def harris(hip: HipFacts) -> Index:
    """Harris hip score of one hip, 0-100, larger is better (Harris 1969)."""
    items = {f"harris_{name}": points for name, points in hip.harris.points.items()}
    return _index(IndexName.HARRIS, items, lambda *points: sum(points))


def harris_grade(value: float) -> HarrisGrade:
    """90 and more excellent, 80 and more good, 70 and more fair, below it poor."""
    figure = settled(value)
    if figure >= 90:
        return HarrisGrade.EXCELLENT
    if figure >= 80:
        return HarrisGrade.GOOD
    return HarrisGrade.FAIR if figure >= 70 else HarrisGrade.POOR


def indices(facts: ClinicalFacts) -> tuple[Index, ...]:
    """The indices that concern the whole patient."""
    return basdai(facts), basfi(facts), asdas_crp(facts), asdas_esr(facts)


def _asdas_change(change: float) -> AsdasChange:
    if change <= -2.0:
        return AsdasChange.MAJOR_IMPROVEMENT
    if change <= -1.1:
        return AsdasChange.IMPORTANT_IMPROVEMENT
    return AsdasChange.WORSENING if change >= 0.9 else AsdasChange.NO_IMPORTANT_CHANGE


def _asdas_items(facts: ClinicalFacts) -> dict[str, float | None]:
    """Back pain, stiffness, global and peripheral, in the order of the formulas."""
    return {
        "basdai_q2": facts.basdai[1],
        "basdai_q6": facts.basdai[5],
        "patient_global": facts.patient_global,
        "basdai_q3": facts.basdai[2],
    }


def _numbered(name: str, answers: Sequence[float | None]) -> dict[str, float | None]:
    return {f"{name}_q{i}": answer for i, answer in enumerate(answers, start=1)}


def _index(
    name: IndexName, items: Mapping[str, float | None], formula: Callable[..., float]
) -> Index:
    """Apply a formula to all items, in their order, or say which are missing."""
    given = [value for value in items.values() if value is not None]
    if len(given) == len(items):
        return Index(name, settled(formula(*given)))
    gap = Gap.ITEMS_MISSING if given else Gap.NOT_RECORDED
    return Index(name, None, gap, tuple(item for item, value in items.items() if value is None))


def _pair(before: Index, after: Index, allowed: set[IndexName]) -> tuple[float, float] | Gap:
    """Both values, or which one is absent."""
    if before.name is not after.name or before.name not in allowed:
        raise BugError("two different indices cannot be set against each other")
    if before.value is None:
        return Gap.EARLIER_MISSING
    if after.value is None:
        return Gap.LATER_MISSING
    return before.value, after.value

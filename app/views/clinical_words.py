"""The clinical record in words: fields, what they hold, indices and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.clinical_state import Figure
from app.views.hip_words import side_name
from app.views.person_words import BETWEEN
from hipdesk.clinical import (
    SCALES,
    AsdasChange,
    AsdasState,
    HarrisGrade,
    IndexName,
    TreatmentKind,
)
from hipdesk.clinical_trend import (
    NAMES,
    IndexChange,
    IndexPoint,
    Meaning,
    Plotted,
    TreatmentBar,
)
from hipdesk.records import Side
from hipdesk.wording import day_of, number, signed_number

translate = QCoreApplication.translate

DECIMALS = {IndexName.HARRIS: 0, IndexName.ASDAS_CRP: 3, IndexName.ASDAS_ESR: 3}
"""Of an index; two where nothing stands here."""


def field_name(name: str) -> str:
    """What a field holds, without its side."""
    number = name.rpartition("_q")[2]
    if name.startswith("basfi_q"):
        return f"BASFI {number}"
    if name.startswith("basdai_q"):
        topics = (
            translate("clinical_words", "fatigue"),
            translate("clinical_words", "neck, back or hip pain"),
            translate("clinical_words", "pain or swelling of other joints"),
            translate("clinical_words", "discomfort on touch or pressure"),
            translate("clinical_words", "severity of morning stiffness"),
            translate("clinical_words", "duration of morning stiffness"),
        )
        return f"{number}  {topics[int(number) - 1]}"
    return _NAMES[plain_name(name)]()


def plain_name(name: str) -> str:
    """The name of a field without the hip it is of."""
    for side in Side:
        name = name.removesuffix(f"_{side.word}")
    return name


_NAMES: Final[Mapping[str, Callable[[], str]]] = {
    "patient_global": lambda: translate("clinical_words", "Patient's global assessment"),
    "esr_mm_h": lambda: translate("clinical_words", "ESR (mm/h)"),
    "crp": lambda: "CRP",
    "crp_unit": lambda: translate("clinical_words", "Unit of the CRP"),
    "crp_detection_limit": lambda: translate("clinical_words", "Detection limit of the CRP"),
    "hla_b27": lambda: "HLA-B27",
    "symptom_onset": lambda: translate("clinical_words", "Symptoms since"),
    "hip_pain_vas": lambda: translate("clinical_words", "Hip pain (VAS, 0-10)"),
    "prosthesis": lambda: translate("clinical_words", "Prosthesis"),
    "harris_pain": lambda: translate("clinical_words", "Pain"),
    "harris_limp": lambda: translate("clinical_words", "Limp"),
    "harris_support": lambda: translate("clinical_words", "Support"),
    "harris_distance": lambda: translate("clinical_words", "Distance walked"),
    "harris_stairs": lambda: translate("clinical_words", "Stairs"),
    "harris_shoes_socks": lambda: translate("clinical_words", "Shoes and socks"),
    "harris_sitting": lambda: translate("clinical_words", "Sitting"),
    "harris_transport": lambda: translate("clinical_words", "Public transport"),
    "harris_deformity": lambda: translate("clinical_words", "Absence of deformity"),
    "harris_motion": lambda: translate("clinical_words", "Range of motion (points, 0-5)"),
    "flexion_contracture_deg": lambda: translate("clinical_words", "Flexion contracture (°)"),
    "adduction_deg": lambda: translate("clinical_words", "Fixed adduction (°)"),
    "internal_rotation_deg": lambda: translate("clinical_words", "Fixed internal rotation (°)"),
    "leg_length_difference_cm": lambda: translate("clinical_words", "Leg length difference (cm)"),
}


def expected(name: str) -> str:
    """What a field can hold."""
    plain = plain_name(name)
    if plain in SCALES:
        low, high = SCALES[plain].low, SCALES[plain].high
        return translate("clinical_words", "a number from {low} to {high}").format(
            low=f"{low:g}", high=f"{high:g}"
        )
    if plain == "crp":
        return translate("clinical_words", "a number, or < and the limit: 12.5 or <3")
    if plain == "crp_detection_limit":
        return translate("clinical_words", "the limit of this CRP, at most 20 mg/L")
    if plain == "symptom_onset":
        return translate("clinical_words", "a day, month or year not after today: 2015-07")
    return translate("clinical_words", "4 points only where no deformity is measured")


def index_name(figure: Figure) -> str:
    """Which index, and of which hip."""
    names = {
        IndexName.BASDAI: "BASDAI",
        IndexName.BASFI: "BASFI",
        IndexName.ASDAS_CRP: "ASDAS-CRP",
        IndexName.ASDAS_ESR: "ASDAS-ESR",
        IndexName.HARRIS: "Harris",
    }
    name = names[figure.name]
    return name if figure.side is None else BETWEEN.join((name, side_name(figure.side)))


def value_words(figure: Figure) -> str:
    """The value; a dash where there is none."""
    return "–" if figure.value is None else _number(figure, figure.value, "")


def meaning_words(figure: Figure, before: str) -> str:
    """What it means and how it moved, or what it lacks.

    Parameters
    ----------
    before : the day of the visit before
    """
    if figure.value is None:
        return _lacking(figure)
    parts = []
    if figure.meaning is not None:
        parts.append(_meaning(figure))
    if figure.change is not None:
        change = _number(figure, figure.change, "+")
        parts.append(
            translate("clinical_words", "{change} since {day}").format(change=change, day=before)
        )
    if figure.turn is not None:
        parts.append(_turn(figure.turn))
    return BETWEEN.join(parts)


def _number(figure: Figure, value: float, sign: str) -> str:
    places = DECIMALS.get(figure.name, 2)
    return signed_number(value, places) if sign else number(value, places)


def _lacking(figure: Figure) -> str:
    most = 4
    names = [field_name(name) for name in figure.missing if "_q" not in name]
    for asked in ("BASFI", "BASDAI"):
        numbers = [
            name.rpartition("_q")[2] for name in figure.missing if name.startswith(asked.lower())
        ]
        if numbers:
            names.insert(0, f"{asked} {', '.join(numbers)}")
    said = ", ".join(names[:most]) + ("…" if len(names) > most else "")
    return translate("clinical_words", "lacks {items}").format(items=said)


def _meaning(figure: Figure) -> str:
    return "" if figure.meaning is None else band_name(figure.meaning)


def band_name(meaning: Meaning) -> str:
    """What a value of ASDAS, BASDAI or Harris means."""
    words = {
        AsdasState.INACTIVE: translate("clinical_words", "inactive disease"),
        AsdasState.LOW: translate("clinical_words", "low activity"),
        AsdasState.HIGH: translate("clinical_words", "high activity"),
        AsdasState.VERY_HIGH: translate("clinical_words", "very high activity"),
        HarrisGrade.EXCELLENT: translate("clinical_words", "excellent"),
        HarrisGrade.GOOD: translate("clinical_words", "good"),
        HarrisGrade.FAIR: translate("clinical_words", "fair"),
        HarrisGrade.POOR: translate("clinical_words", "poor"),
        True: translate("clinical_words", "active (4 or more)"),
        False: translate("clinical_words", "below 4"),
    }
    return words[meaning]


def _turn(turn: AsdasChange | bool) -> str:
    words = {
        AsdasChange.MAJOR_IMPROVEMENT: translate("clinical_words", "major improvement"),
        AsdasChange.IMPORTANT_IMPROVEMENT: translate(
            "clinical_words", "clinically important improvement"
        ),
        AsdasChange.NO_IMPORTANT_CHANGE: translate("clinical_words", "no important change"),
        AsdasChange.WORSENING: translate("clinical_words", "worsening"),
        True: translate("clinical_words", "BASDAI 50 reached"),
        False: translate("clinical_words", "BASDAI 50 not reached"),
    }
    return words[turn]


def treatment_class(kind: TreatmentKind) -> str:
    """A class of treatment."""
    words = {
        TreatmentKind.STEROID: translate("clinical_words", "Steroid"),
        TreatmentKind.INJECTION: translate("clinical_words", "Injection"),
        TreatmentKind.SURGERY: translate("clinical_words", "Surgery"),
    }
    return words.get(kind, kind.value)


def plotted_name(plotted: Plotted) -> str:
    """An index as it is chosen, with its unit."""
    names = {
        Plotted.HARRIS: translate("clinical_words", "Harris hip score"),
        Plotted.PAIN: translate("clinical_words", "Hip pain, VAS"),
        Plotted.ESR: translate("clinical_words", "ESR"),
    }
    name = names.get(plotted, NAMES[plotted])
    return f"{name} ({plotted.unit})" if plotted.unit else name


def point_words(plotted: Plotted, side: Side | None, point: IndexPoint) -> str:
    """A figure of a visit: day, hip, value, meaning."""
    unit = f" {plotted.unit}" if plotted.unit else ""
    value = f"{'<' if point.below else ''}{number(point.value, plotted.digits)}{unit}"
    parts = [day_of(point.day), f"{NAMES[plotted]} {value}"]
    if side is not None:
        parts.insert(1, side_name(side))
    if point.meaning is not None:
        parts.append(band_name(point.meaning))
    if len(point.readers) > 1:
        words = translate("clinical_words", "mean of {n} readers")
        parts.append(words.format(n=len(point.readers)))
    return BETWEEN.join(parts)


def change_words(plotted: Plotted, change: IndexChange) -> str:
    """How a figure moved since the visit before, and what class that is."""
    day = day_of(change.before.day)
    if not change.joined:
        words = translate("clinical_words", "other readers than on {day}, so no change is given")
        return words.format(day=day)
    if change.change is None:
        return translate("clinical_words", "below the detection limit, so no change is given")
    moved = signed_number(change.change, plotted.digits)
    said = translate("clinical_words", "{change} since {day}").format(change=moved, day=day)
    return said if change.turn is None else BETWEEN.join((said, _turn(change.turn)))


def bar_words(bar: TreatmentBar) -> str:
    """A treatment: name, dose and dates."""
    return bar.label

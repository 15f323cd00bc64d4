"""The columns of tables of clinical facts, treatments and HIMRISS readings, and facts by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from hipdesk.clinical import (
    BASDAI_TOPICS,
    HARRIS_CHOICES,
    N_BASDAI,
    N_BASFI,
    SCALES,
    ClinicalFacts,
    CrpUnit,
    Harris,
    HipFacts,
    Treatment,
    TreatmentKind,
)
from hipdesk.clinical_cells import (
    ANY_DATE,
    PART_OF_DATE,
    YES_OR_NO,
    Column,
    chosen,
    crp_figure,
    figure,
    full_date,
    identifier,
    listed,
    one_of,
    ordinal,
    partial_date,
    scaled,
    total_to,
    yes_no,
)
from hipdesk.himriss import HIGHEST, Compartment
from hipdesk.records import Side


def _quantity(name: str, side: Side | None = None) -> Column:
    scale = SCALES[name]
    column = f"{name}_{side.word}" if side else name
    words = f"{scale.words}, {side.word} hip" if side else scale.words
    return Column(column, words, scale.expected, scaled(scale))


def _hip_columns(side: Side) -> Iterable[Column]:
    end, of = f"_{side.word}", f"of the {side.word} hip"
    yield _quantity("hip_pain_vas", side)
    yield Column(
        f"prosthesis{end}",
        f"Whether there is a prosthesis {of}",
        YES_OR_NO,
        yes_no,
        dash_is_missing=False,
    )
    for item, choices in HARRIS_CHOICES.items():
        words = f"Harris points for {item.replace('_', ' and ')} {of}"
        yield Column(f"harris_{item}{end}", words, listed(choices), chosen(choices))
    for name in _HARRIS_FIGURES:
        yield _quantity(name, side)


_HARRIS_FIGURES: Final = (
    "harris_motion",
    "flexion_contracture_deg",
    "adduction_deg",
    "internal_rotation_deg",
    "leg_length_difference_cm",
)

_SIDES: Final = {
    **dict.fromkeys(("r", "right", "右", "右侧"), Side.RIGHT),
    **dict.fromkeys(("l", "left", "左", "左侧"), Side.LEFT),
}

_PATIENT_COLUMNS: Final = (
    Column(
        "patient_id",
        "ID of the patient, as in the images",
        "the ID of a patient in the library",
        identifier,
        required=True,
    ),
    Column("issuer", "Who issued the ID", "the issuer of the ID", str),
)

VISIT_COLUMNS: Final[tuple[Column, ...]] = (
    *_PATIENT_COLUMNS,
    Column("visit_date", "Day of the visit", ANY_DATE, full_date, required=True),
    *(_quantity(f"basdai_q{i}") for i in range(1, len(BASDAI_TOPICS) + 1)),
    *(_quantity(f"basfi_q{i}") for i in range(1, N_BASFI + 1)),
    _quantity("patient_global"),
    _quantity("esr_mm_h"),
    Column("crp", "The CRP", "a number, or < and the detection limit", crp_figure),
    Column(
        "crp_unit",
        "The CRP's unit",
        "mg/L or mg/dL",
        one_of({unit.value.casefold(): unit for unit in CrpUnit}),
    ),
    Column(
        "crp_detection_limit",
        "The CRP's detection limit, in its unit",
        "a number in the unit of the CRP",
        figure,
    ),
    Column("hla_b27", "Whether HLA-B27 is positive", YES_OR_NO, yes_no, dash_is_missing=False),
    Column("symptom_onset", "When symptoms began", PART_OF_DATE, partial_date),
    *_hip_columns(Side.RIGHT),
    *_hip_columns(Side.LEFT),
)
"""One line a visit."""

TREATMENT_COLUMNS: Final[tuple[Column, ...]] = (
    *_PATIENT_COLUMNS,
    Column(
        "class",
        "Class of the treatment",
        ", ".join(TreatmentKind),
        one_of({kind.value.casefold(): kind for kind in TreatmentKind}),
        required=True,
    ),
    Column("name", "Name of the drug or operation", "a name", str, required=True),
    Column("dose", "Dose, as it is written", "any text", str),
    Column(
        "start", "When it began; the day of an injection or operation", PART_OF_DATE, partial_date
    ),
    Column("stop", "When it ended; empty while it goes on", PART_OF_DATE, partial_date),
    Column(
        "side",
        "Hip of an injection or operation",
        "right or left",
        one_of(_SIDES),
    ),
)
"""One line a treatment."""

READING_COLUMNS: Final[tuple[Column, ...]] = (
    *_PATIENT_COLUMNS,
    Column("visit_date", "Day of the visit", ANY_DATE, full_date, required=True),
    Column("side", "Which hip", "right or left", one_of(_SIDES), required=True),
    Column("reader", "Who read", "a name", str, required=True),
    Column(
        "number",
        "1 for the reader's first reading of this hip and visit, 2 for the next; empty means 1",
        "a whole number from 1, without a gap",
        ordinal,
    ),
    Column("read_date", "When it was read; empty means the day of the import", ANY_DATE, full_date),
    Column(
        "blinded_to_order",
        "Whether the reader did not know which visit came first; empty means no",
        YES_OR_NO,
        yes_no,
        dash_is_missing=False,
    ),
    *(
        Column(
            name.value,
            f"HIMRISS total: {name.words}",
            f"a whole number from 0 to {HIGHEST[name]}",
            total_to(HIGHEST[name]),
        )
        for name in Compartment
    ),
)
"""One line a HIMRISS reading of a hip."""


class TableKind(StrEnum):
    """What a table has one line of."""

    VISITS = "visits"
    TREATMENTS = "treatments"
    READINGS = "readings"


TABLE_COLUMNS: Final[Mapping[TableKind, tuple[Column, ...]]] = MappingProxyType(
    {
        TableKind.VISITS: VISIT_COLUMNS,
        TableKind.TREATMENTS: TREATMENT_COLUMNS,
        TableKind.READINGS: READING_COLUMNS,
    }
)
"""The columns of each kind of table."""


def template(columns: Sequence[Column]) -> str:
    """The first line of an empty table."""
    return ",".join(column.name for column in columns) + "\r\n"


def visit_cells(facts: ClinicalFacts) -> dict[str, Any]:
    """Facts by the names of their columns, as a table has them; what is not recorded is left out.

    A table of these cells says what the library holds already.
    """
    cells = values_of(facts)
    if facts.crp is not None:
        limit, value = facts.crp.detection_limit, facts.crp.value
        cells["crp"] = f"<{limit:.15g}" if value is None else value
        cells["crp_unit"] = facts.crp.unit.value
        if limit is not None:
            cells["crp_detection_limit"] = limit
    if facts.symptom_onset is not None:
        cells["symptom_onset"] = facts.symptom_onset.iso
    return cells


def treatment_cells(treatment: Treatment) -> dict[str, Any]:
    """A treatment by the names of its columns, likewise."""
    cells = {
        "class": treatment.kind.value,
        "name": treatment.name,
        "dose": treatment.dose,
        "start": treatment.started and treatment.started.iso,
        "stop": treatment.stopped and treatment.stopped.iso,
        "side": treatment.side and treatment.side.word,
    }
    return {name: cell for name, cell in cells.items() if cell}


def facts_of(values: Mapping[str, Any], harris: Mapping[Side, Harris]) -> ClinicalFacts:
    """Facts from values by the names of their columns."""
    right, left = (
        HipFacts(
            values.get(f"hip_pain_vas_{side.word}"),
            values.get(f"prosthesis_{side.word}"),
            harris[side],
        )
        for side in (Side.RIGHT, Side.LEFT)
    )
    return ClinicalFacts(
        basdai=tuple(values.get(f"basdai_q{i}") for i in range(1, N_BASDAI + 1)),
        basfi=tuple(values.get(f"basfi_q{i}") for i in range(1, N_BASFI + 1)),
        patient_global=values.get("patient_global"),
        esr_mm_h=values.get("esr_mm_h"),
        crp=values.get("crp"),
        hla_b27=values.get("hla_b27"),
        symptom_onset=values.get("symptom_onset"),
        right=right,
        left=left,
    )


def harris_of(values: Mapping[str, Any], side: Side) -> Harris:
    """A hip's Harris answers from values by the names of their columns; raises as `Harris`."""
    answers = {name: values.get(f"harris_{name}_{side.word}") for name in HARRIS_CHOICES}
    figures = {
        name.removeprefix("harris_"): values.get(f"{name}_{side.word}") for name in _HARRIS_FIGURES
    }
    return Harris(**answers, **figures)


def values_of(facts: ClinicalFacts) -> dict[str, Any]:
    """Values by the names of their columns; what is not recorded is left out."""
    names = ("crp", "hla_b27", "symptom_onset")
    values: dict[str, Any] = {**facts.figures, **{name: getattr(facts, name) for name in names}}
    for side in Side:
        hip, end = facts.hip(side), f"_{side.word}"
        values |= {f"hip_pain_vas{end}": hip.pain_vas, f"prosthesis{end}": hip.prosthesis}
        values |= {f"harris_{name}{end}": getattr(hip.harris, name) for name in HARRIS_CHOICES}
        for name in _HARRIS_FIGURES:
            values[f"{name}{end}"] = getattr(hip.harris, name.removeprefix("harris_"))
    return {name: value for name, value in values.items() if value is not None}

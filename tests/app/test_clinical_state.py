"""Indices of a visit as the page shows them: values, meanings and changes, by hand."""

from __future__ import annotations

import pytest

from app.clinical_state import Figure, cells_of, figures_of
from hipdesk.clinical import (
    AsdasChange,
    AsdasState,
    ClinicalFacts,
    Crp,
    CrpUnit,
    Harris,
    HarrisGrade,
    HipFacts,
    IndexName,
    PartialDate,
)
from hipdesk.clinical_lines import read_facts
from hipdesk.records import Side

AFTER = ClinicalFacts(
    basdai=(3.0, 5.0, 2.0, 3.0, 3.0, 4.0),
    patient_global=5.0,
    esr_mm_h=20.0,
    crp=Crp(10.0, CrpUnit.MG_PER_L),
)
BEFORE = ClinicalFacts(
    basdai=(6.0, 7.0, 5.0, 5.0, 6.0, 6.0),
    patient_global=7.0,
    esr_mm_h=40.0,
    crp=Crp(2.5, CrpUnit.MG_PER_DL),
)
BEST = Harris(
    pain=44,
    limp=11,
    support=11,
    distance=11,
    stairs=4,
    shoes_socks=4,
    sitting=5,
    transport=1,
    deformity=4,
    motion=5.0,
)


def figure(name: IndexName, after: ClinicalFacts, before: ClinicalFacts | None = None) -> Figure:
    return next(each for each in figures_of(after, before) if each.name is name)


@pytest.mark.parametrize(
    ("name", "value", "change"),
    [
        # 0.121*5 + 0.058*4 + 0.110*5 + 0.073*2 + 0.579*ln 11 = 1.533 + 1.3884 = 2.921;
        # before 0.847 + 0.348 + 0.770 + 0.365 + 0.579*ln 26 (1.8864) = 4.2164
        (IndexName.ASDAS_CRP, 2.921, -1.295),
        # 0.079*5 + 0.069*4 + 0.113*5 + 0.086*2 + 0.293*sqrt 20 = 1.408 + 1.3103 = 2.718;
        # before 0.553 + 0.414 + 0.791 + 0.430 + 0.293*sqrt 40 (1.8531) = 4.0411
        (IndexName.ASDAS_ESR, 2.718, -1.323),
    ],
)
def test_asdas(name: IndexName, value: float, change: float) -> None:
    got = figure(name, AFTER, BEFORE)
    assert got.value == pytest.approx(value, abs=5e-4)
    assert got.change == pytest.approx(change, abs=5e-4)
    assert (got.meaning, got.turn) == (AsdasState.HIGH, AsdasChange.IMPORTANT_IMPROVEMENT)


def test_basdai_and_its_response() -> None:
    got = figure(IndexName.BASDAI, AFTER, BEFORE)
    # (3 + 5 + 2 + 3 + 3.5) / 5; before (6 + 7 + 5 + 5 + 6) / 5
    assert (got.value, got.change) == (3.3, -2.5)
    assert (got.meaning, got.turn) == (False, False)
    low = ClinicalFacts(basdai=(2.9, 2.9, 2.9, 2.9, 2.9, 2.9))
    assert figure(IndexName.BASDAI, low, BEFORE).turn is True
    assert figure(IndexName.BASDAI, BEFORE).meaning is True


def test_basfi() -> None:
    facts = ClinicalFacts(basfi=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0))
    assert figure(IndexName.BASFI, facts) == Figure(IndexName.BASFI, value=5.5)


def test_harris_of_each_hip() -> None:
    facts = ClinicalFacts(right=HipFacts(harris=BEST))
    right, left = figures_of(facts, None)[-2:]
    assert (right.side, right.value, right.meaning) == (Side.RIGHT, 100.0, HarrisGrade.EXCELLENT)
    assert (left.side, left.value, len(left.missing)) == (Side.LEFT, None, 10)


def test_nothing_is_made_up() -> None:
    lacking = figure(IndexName.ASDAS_CRP, ClinicalFacts(patient_global=5.0), BEFORE)
    assert lacking.missing == ("basdai_q2", "basdai_q6", "basdai_q3", "crp")
    assert (lacking.value, lacking.meaning, lacking.change, lacking.turn) == (None,) * 4
    assert figure(IndexName.ASDAS_CRP, AFTER).change is None


def test_fields_say_what_is_held_and_are_read_back() -> None:
    facts = ClinicalFacts(
        esr_mm_h=22.5,
        crp=Crp(None, CrpUnit.MG_PER_DL, 0.3),
        hla_b27=False,
        symptom_onset=PartialDate(2015, 7),
        left=HipFacts(3.0, True, Harris(pain=40)),
    )
    cells = cells_of(facts)
    assert (cells["crp"], cells["crp_unit"], cells["hla_b27"]) == ("<0.3", "mg/dL", "no")
    assert (cells["symptom_onset"], cells["harris_pain_left"]) == ("2015-07", "40")
    assert read_facts(cells) == (facts, ())
    assert cells_of(None) == {}

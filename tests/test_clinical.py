"""Indices by hand, at their borders, and for every answer."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.clinical import (
    DEFORMITY_LIMITS,
    GAP_SENTENCES,
    HARRIS_CHOICES,
    SCALES,
    AsdasChange,
    AsdasShift,
    AsdasState,
    Basdai50,
    ClinicalFacts,
    Crp,
    CrpUnit,
    Gap,
    Harris,
    HarrisGrade,
    HipFacts,
    Index,
    IndexName,
    PartialDate,
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
    exactly,
    harris,
    harris_grade,
    indices,
)
from hipdesk.errors import BugError, RefusedValue
from hipdesk.records import Side

MG_L, MG_DL = CrpUnit.MG_PER_L, CrpUnit.MG_PER_DL
# Back pain 5, peripheral 2, stiffness duration 4, global 5, CRP 10 mg/L, ESR 20 mm/h.
CHECK = ClinicalFacts(
    basdai=(None, 5, 2, None, None, 4), patient_global=5, esr_mm_h=20, crp=Crp(10, MG_L)
)
NOTHING = ClinicalFacts(
    basdai=(0,) * 6, basfi=(0,) * 10, patient_global=0, esr_mm_h=0, crp=Crp(0, MG_L)
)
BEST = Harris(44, 11, 11, 11, 4, 4, 5, 1, 4, 5)
WORST = Harris(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
NO_DEFORMITY = {
    "flexion_contracture_deg": 29.9,
    "adduction_deg": 9.9,
    "internal_rotation_deg": 9.9,
    "leg_length_difference_cm": 3.1,
}
tenths = st.integers(0, 100).map(lambda n: n / 10)
six, ten = st.tuples(*[tenths] * 6), st.tuples(*[tenths] * 10)
whole = st.builds(
    ClinicalFacts,
    basdai=six,
    basfi=ten,
    patient_global=tenths,
    esr_mm_h=st.floats(0, 200),
    crp=st.floats(0, 1000).map(lambda value: Crp(value, MG_L)),
)


def answers(*values: float | None) -> ClinicalFacts:
    return ClinicalFacts(basdai=values)


def value_of(index: Index) -> float:
    assert index.value is not None
    assert index.gap is None
    return index.value


# BASDAI and BASFI


@pytest.mark.parametrize(
    ("items", "value"),
    [
        ((4, 5, 2, 3, 6, 4), 3.8),  # (4 + 5 + 2 + 3 + 5) / 5
        ((0, 0, 0, 0, 10, 0), 1.0),  # the two stiffness questions count half each
        ((0, 0, 0, 0, 0, 10), 1.0),
        ((10, 0, 0, 0, 0, 0), 2.0),
        ((10,) * 6, 10.0),
        ((0,) * 6, 0.0),
    ],
)
def test_basdai_by_hand(items: tuple[float, ...], value: float) -> None:
    assert value_of(basdai(answers(*items))) == value


@pytest.mark.parametrize(
    ("items", "active"),
    [((4,) * 6, True), ((4, 4, 4, 4, 4, 3.9), False), ((0.1, 7.6, 7.1, 2.9, 0.1, 4.5), True)],
)
def test_basdai_of_exactly_four_is_active(items: tuple[float, ...], active: bool) -> None:
    # The last: 0.1 + 7.6 + 7.1 + 2.9 + 2.3 = 20.0, a fifth of which is 4.
    assert basdai_active(value_of(basdai(answers(*items)))) is active


def test_basfi_is_the_mean_of_ten() -> None:
    facts = ClinicalFacts(basfi=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    assert value_of(basfi(facts)) == 5.5


def test_a_missing_item_is_never_imputed() -> None:
    assert basdai(answers(4, None, 2, 3, 6, None)) == Index(
        IndexName.BASDAI, None, Gap.ITEMS_MISSING, ("basdai_q2", "basdai_q6")
    )
    assert basfi(ClinicalFacts(basfi=(None, *[3] * 9))).missing == ("basfi_q1",)
    assert all(index.gap is Gap.NOT_RECORDED for index in indices(ClinicalFacts()))


@given(whole, st.integers(0, 5))
def test_every_question_of_basdai_is_needed(facts: ClinicalFacts, lost: int) -> None:
    left = tuple(None if i == lost else each for i, each in enumerate(facts.basdai))
    index = basdai(replace(facts, basdai=left))
    assert (index.value, index.missing) == (None, (f"basdai_q{lost + 1}",))


@given(whole)
def test_questionnaires_stay_on_their_scale(facts: ClinicalFacts) -> None:
    assert 0 <= value_of(basdai(facts)) <= 10
    assert min(facts.basfi) <= value_of(basfi(facts)) + 1e-9
    assert value_of(basfi(facts)) <= max(facts.basfi) + 1e-9


@given(whole, st.integers(0, 5), tenths)
def test_a_worse_answer_never_lowers_an_index(facts: ClinicalFacts, i: int, answer: float) -> None:
    worse = list(facts.basdai)
    worse[i] = max(worse[i] or 0, answer)
    after = replace(facts, basdai=tuple(worse))
    for index in (basdai, asdas_crp, asdas_esr):
        assert value_of(index(after)) >= value_of(index(facts))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (6.0, 3.0, Basdai50(50.0, True)),
        (6.0, 3.1, Basdai50(pytest.approx(48.3333333), False)),
        (0.6, 0.3, Basdai50(50.0, True)),
        (4.0, 5.0, Basdai50(-25.0, False)),
        (0.0, 0.0, Basdai50(None, None, Gap.EARLIER_ZERO)),
        (None, 3.0, Basdai50(None, None, Gap.EARLIER_MISSING)),
        (3.0, None, Basdai50(None, None, Gap.LATER_MISSING)),
    ],
)
def test_basdai50(before: float | None, after: float | None, expected: Basdai50) -> None:
    pair = (Index(IndexName.BASDAI, value) for value in (before, after))
    assert basdai50(*pair) == expected


# ASDAS


def test_asdas_check_values() -> None:
    # 0.605 + 0.232 + 0.550 + 0.146 + 0.579 ln 11 = 1.533 + 1.388381
    assert value_of(asdas_crp(CHECK)) == pytest.approx(2.921381, abs=1e-6)
    # 0.395 + 0.276 + 0.565 + 0.172 + 0.293 sqrt 20 = 1.408 + 1.310336
    assert value_of(asdas_esr(CHECK)) == pytest.approx(2.718336, abs=1e-6)


@pytest.mark.parametrize(
    ("item", "by_crp", "by_esr"),
    [
        ("back", 1.21, 0.79),
        ("stiffness", 0.58, 0.69),
        ("global", 1.10, 1.13),
        ("other", 0.73, 0.86),
    ],
)
def test_each_weight_of_asdas_alone(item: str, by_crp: float, by_esr: float) -> None:
    place = {"back": 1, "other": 2, "stiffness": 5}.get(item)
    asked = tuple(10.0 if i == place else 0.0 for i in range(6))
    facts = replace(NOTHING, basdai=asked, patient_global=10 if item == "global" else 0)
    # 0.579 ln 3 = 0.636096 is the least that ASDAS-CRP can be.
    assert value_of(asdas_crp(facts)) == pytest.approx(0.636096 + by_crp, abs=1e-6)
    assert value_of(asdas_esr(facts)) == pytest.approx(by_esr)


@pytest.mark.parametrize("question", [0, 3, 4])
def test_asdas_does_not_ask_the_other_questions(question: int) -> None:
    asked = list(CHECK.basdai)
    asked[question] = 9
    assert asdas_crp(replace(CHECK, basdai=tuple(asked))) == asdas_crp(CHECK)


def test_asdas_names_what_it_lacks() -> None:
    bare = replace(CHECK, crp=None, esr_mm_h=None, basdai=(None, 5, None, None, None, 4))
    assert asdas_crp(bare).missing == ("basdai_q3", "crp")
    assert asdas_esr(bare).missing == ("basdai_q3", "esr_mm_h")
    assert asdas_esr(bare).gap is Gap.ITEMS_MISSING


@pytest.mark.parametrize(
    ("crp", "below", "mg_l", "for_asdas"),
    [
        (Crp(10, MG_L), False, 10, 10),
        (Crp(1.0, MG_DL), False, 10, 10),
        (Crp(0.7, MG_DL), False, 7, 7),
        (Crp(None, MG_L, 5), True, None, 2),
        (Crp(None, MG_DL, 0.5), True, None, 2),
        (Crp(4.9, MG_L, 5), True, None, 2),
        (Crp(5, MG_L, 5), False, 5, 5),
        (Crp(0.5, MG_DL, 0.5), False, 5, 5),
        (Crp(1.9, MG_L, 0.2), False, 1.9, 2),
        (Crp(2.0, MG_L), False, 2, 2),
        (Crp(2.1, MG_L), False, 2.1, 2.1),
        (Crp(0, MG_L), False, 0, 2),
    ],
)
def test_crp(crp: Crp, below: bool, mg_l: float | None, for_asdas: float) -> None:
    assert (crp.below_detection, crp.mg_per_l, crp.for_asdas_mg_per_l) == (below, mg_l, for_asdas)


@given(whole, st.floats(0, 1000), st.floats(0, 200))
def test_more_inflammation_never_lowers_asdas(facts: ClinicalFacts, crp: float, esr: float) -> None:
    assert facts.crp is not None
    more = replace(
        facts,
        crp=Crp(max(crp, facts.crp.value or 0), MG_L),
        esr_mm_h=max(esr, facts.esr_mm_h or 0),
    )
    assert value_of(asdas_crp(more)) >= value_of(asdas_crp(facts)) >= 0.636
    assert value_of(asdas_esr(more)) >= value_of(asdas_esr(facts)) >= 0


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0.6, AsdasState.INACTIVE),
        (1.2999, AsdasState.INACTIVE),
        (1.3, AsdasState.LOW),
        (0.1 + 1.2, AsdasState.LOW),
        (2.0999, AsdasState.LOW),
        (2.1, AsdasState.HIGH),
        (3.5, AsdasState.HIGH),
        (3.5001, AsdasState.VERY_HIGH),
    ],
)
def test_states_of_asdas(value: float, state: AsdasState) -> None:
    assert asdas_state(value) is state


@pytest.mark.parametrize(
    ("before", "after", "change", "kind"),
    [
        (2.4, 1.3, -1.1, AsdasChange.IMPORTANT_IMPROVEMENT),  # 1.0999999999999999 in floats
        (2.4, 1.301, -1.099, AsdasChange.NO_IMPORTANT_CHANGE),
        (4.1, 2.1, -2.0, AsdasChange.MAJOR_IMPROVEMENT),
        (3.3, 1.301, -1.999, AsdasChange.IMPORTANT_IMPROVEMENT),
        (1.3, 2.2, 0.9, AsdasChange.WORSENING),
        (2.4, 3.3, 0.9, AsdasChange.WORSENING),  # 0.8999999999999999 in floats
        (1.3, 2.199, 0.899, AsdasChange.NO_IMPORTANT_CHANGE),
        (2.0, 2.0, 0.0, AsdasChange.NO_IMPORTANT_CHANGE),
    ],
)
def test_changes_of_asdas(before: float, after: float, change: float, kind: AsdasChange) -> None:
    pair = [Index(IndexName.ASDAS_CRP, value) for value in (before, after)]
    assert asdas_shift(*pair) == AsdasShift(change, kind)


def test_a_change_needs_both_visits_and_one_index() -> None:
    value, none = asdas_crp(CHECK), asdas_crp(ClinicalFacts())
    assert asdas_shift(none, value) == AsdasShift(None, None, Gap.EARLIER_MISSING)
    assert asdas_shift(value, none) == AsdasShift(None, None, Gap.LATER_MISSING)
    with pytest.raises(BugError):
        asdas_shift(value, asdas_esr(CHECK))
    with pytest.raises(BugError):
        basdai50(value, value)


# Harris


def test_harris_ends_of_the_scale() -> None:
    assert value_of(harris(HipFacts(harris=BEST))) == 100
    assert value_of(harris(HipFacts(harris=WORST))) == 0
    assert sum(choices[0].points for choices in HARRIS_CHOICES.values()) + 5 == 100


def test_harris_by_hand() -> None:
    # 30 + 8 + 7 + 8 + 2 + 2 + 5 + 1 + 4 + 3.5
    answered = Harris(30, 8, 7, 8, 2, 2, 5, 1, 4, 3.5)
    assert value_of(harris(HipFacts(harris=answered))) == 70.5


def test_harris_choices_are_the_published_points() -> None:
    points = {name: [c.points for c in choices] for name, choices in HARRIS_CHOICES.items()}
    assert points == {
        "pain": [44, 40, 30, 20, 10, 0],
        "limp": [11, 8, 5, 0],
        "support": [11, 7, 5, 3, 2, 0],
        "distance": [11, 8, 5, 2, 0],
        "stairs": [4, 2, 1, 0],
        "shoes_socks": [4, 2, 0],
        "sitting": [5, 3, 0],
        "transport": [1, 0],
        "deformity": [4, 0],
    }


@pytest.mark.parametrize("item", HARRIS_CHOICES)
def test_harris_refuses_points_that_no_answer_earns(item: str) -> None:
    allowed = {choice.points for choice in HARRIS_CHOICES[item]}
    for points in set(range(-1, 50)) - allowed:
        with pytest.raises(RefusedValue, match="Harris points"):
            Harris(**{item: points})


@pytest.mark.parametrize("points", [-0.1, 5.025, float("nan")])
def test_harris_motion_is_capped(points: float) -> None:
    with pytest.raises(RefusedValue, match="from 0 to 5"):
        Harris(motion=points)


def test_absence_of_deformity_is_all_or_none() -> None:
    assert Harris(**NO_DEFORMITY).points["deformity"] == 4
    for name, limit in DEFORMITY_LIMITS.items():
        assert Harris(**{**NO_DEFORMITY, name: limit}).points["deformity"] == 0
        assert Harris(**{name: limit}).points["deformity"] == 0, "one settles it"
        rest = {key: value for key, value in NO_DEFORMITY.items() if key != name}
        assert Harris(**rest).points["deformity"] is None, "absence needs all four"


def test_points_for_deformity_must_agree_with_its_measures() -> None:
    assert Harris(deformity=4, adduction_deg=9).points["deformity"] == 4
    assert Harris(deformity=4, **NO_DEFORMITY).points["deformity"] == 4
    with pytest.raises(RefusedValue, match="contradict"):
        Harris(deformity=4, adduction_deg=10)
    with pytest.raises(RefusedValue, match="contradict"):
        Harris(deformity=0, **NO_DEFORMITY)


@pytest.mark.parametrize("item", [*HARRIS_CHOICES, "motion"])
def test_every_item_of_harris_is_needed(item: str) -> None:
    index = harris(HipFacts(harris=replace(BEST, **{item: None})))
    assert (index.value, index.gap, index.missing) == (None, Gap.ITEMS_MISSING, (f"harris_{item}",))


@given(st.data())
def test_a_better_answer_never_lowers_harris(data: st.DataObject) -> None:
    drawn = {
        name: data.draw(st.sampled_from([c.points for c in choices]))
        for name, choices in HARRIS_CHOICES.items()
    }
    before = Harris(**drawn, motion=data.draw(st.floats(0, 5)))
    item = data.draw(st.sampled_from(sorted(HARRIS_CHOICES)))
    after = replace(before, **{item: HARRIS_CHOICES[item][0].points})
    low, high = (value_of(harris(HipFacts(harris=each))) for each in (before, after))
    assert 0 <= low <= high <= 100


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        (100, HarrisGrade.EXCELLENT),
        (90, HarrisGrade.EXCELLENT),
        (89.9, HarrisGrade.GOOD),
        (80, HarrisGrade.GOOD),
        (79.9, HarrisGrade.FAIR),
        (70, HarrisGrade.FAIR),
        (69.9, HarrisGrade.POOR),
        (0, HarrisGrade.POOR),
    ],
)
def test_harris_grades(value: float, grade: HarrisGrade) -> None:
    assert harris_grade(value) is grade


# Records


@pytest.mark.parametrize(
    "make",
    [
        lambda: answers(*[5] * 5, 10.1),
        lambda: answers(-0.1, *[5] * 5),
        lambda: answers(float("nan"), *[5] * 5),
        lambda: ClinicalFacts(basfi=(11, *[5] * 9)),
        lambda: ClinicalFacts(patient_global=45),
        lambda: ClinicalFacts(esr_mm_h=201),
        lambda: HipFacts(pain_vas=45),
        lambda: Crp(1001, MG_L),
        lambda: Crp(101, MG_DL),
        lambda: Crp(-1, MG_L),
        lambda: Crp(3, MG_L, 21),
        lambda: Crp(None, MG_L),
        lambda: Harris(flexion_contracture_deg=-1),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make) -> None:
    with pytest.raises(RefusedValue) as refused:
        make()
    words = str(refused.value)
    assert words.startswith(("The ", "BASDAI", "BASFI", "Hip pain", "A CRP"))
    assert words.endswith(".")
    assert "45" not in words, "the entered value is the patient's"


def test_a_refusal_says_what_is_expected() -> None:
    with pytest.raises(RefusedValue) as refused:
        HipFacts(pain_vas=45)
    assert str(refused.value) == (
        "Hip pain must be a number from 0 to 10; millimetres of a 100 mm line divided by 10."
    )


def test_questionnaires_have_all_their_places() -> None:
    with pytest.raises(BugError):
        ClinicalFacts(basdai=(1, 2))
    assert set(ClinicalFacts().figures) < set(SCALES)
    assert set(GAP_SENTENCES) == set(Gap)


def test_empty_means_nothing_at_all() -> None:
    assert ClinicalFacts().empty
    assert not ClinicalFacts(hla_b27=False).empty
    assert not ClinicalFacts(left=HipFacts(harris=Harris(pain=0))).empty


def test_records_show_nothing_of_a_patient() -> None:
    treatment = Treatment(TreatmentKind.NSAID, "sentinel", PartialDate(2011))
    for record in (CHECK, Crp(3.25, MG_L), BEST, PartialDate(2011), treatment, HipFacts(7.25)):
        shown = repr(record)
        assert not [field.name for field in fields(record) if f"{field.name}=" in shown]
        assert "sentinel" not in shown
        assert "2011" not in shown


# Dates and treatments


@pytest.mark.parametrize(
    ("known", "iso", "first", "last"),
    [
        (PartialDate(2024), "2024", date(2024, 1, 1), date(2024, 12, 31)),
        (PartialDate(2024, 2), "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (PartialDate(2024, 2, 29), "2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        (exactly(date(1999, 12, 31)), "1999-12-31", date(1999, 12, 31), date(1999, 12, 31)),
    ],
)
def test_partial_dates(known: PartialDate, iso: str, first: date, last: date) -> None:
    assert (known.iso, known.first, known.last) == (iso, first, last)


@pytest.mark.parametrize(
    "parts", [(2023, 2, 29), (2024, 13), (2024, 0), (2024, 1, 0), (1899,), (0,), (2024, None, 3)]
)
def test_dates_that_do_not_exist_are_refused(parts: tuple[int, ...]) -> None:
    with pytest.raises(RefusedValue):
        PartialDate(*parts)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Treatment(TreatmentKind.NSAID, " "),
        lambda: Treatment(TreatmentKind.NSAID, "a", PartialDate(2024, 3), PartialDate(2024, 2)),
        lambda: Treatment(TreatmentKind.NSAID, "a", side=Side.LEFT),
        lambda: Treatment(TreatmentKind.SURGERY, "a", PartialDate(2024), PartialDate(2025)),
    ],
)
def test_treatments_that_contradict_themselves_are_refused(make) -> None:
    with pytest.raises(RefusedValue):
        make()


def test_a_treatment_may_end_in_the_month_it_began() -> None:
    Treatment(TreatmentKind.NSAID, "a", PartialDate(2024, 3, 9), PartialDate(2024, 3))

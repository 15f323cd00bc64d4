"""Indices over visits and treatments as bars: figures by hand, order of no matter, no overlap."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.clinical import (
    AsdasChange,
    AsdasState,
    ClinicalFacts,
    Crp,
    CrpUnit,
    Harris,
    HarrisGrade,
    HipFacts,
    PartialDate,
    Treatment,
    TreatmentKind,
)
from hipdesk.clinical_trend import (
    BANDS,
    MEANING_WORDS,
    TURN_WORDS,
    Plotted,
    axis_top,
    change_sentences,
    index_lines,
    meaning_of,
    placed_bars,
    recorded,
    treatment_bars,
)
from hipdesk.himriss import Reading
from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.records import Side

FIRST, SECOND, THIRD = date(2023, 1, 10), date(2023, 7, 10), date(2024, 1, 10)
BEST = Harris(44, 11, 11, 11, 4, 4, 5, 1, 4, 5.0)


def facts(**changes: object) -> ClinicalFacts:
    """Back 5, stiffness 4, global 5, peripheral 2, CRP 10: the check values of ASDAS."""
    given = {
        "basdai": (4.0, 5.0, 2.0, 3.0, 6.0, 4.0),
        "patient_global": 5.0,
        "crp": Crp(10.0, CrpUnit.MG_PER_L),
        "esr_mm_h": 20.0,
    }
    return ClinicalFacts(**{**given, **changes})  # type: ignore[arg-type]


def read(uid: str, side: Side, reader: str, number: int, *totals: int | None) -> Reading:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return Reading(uid, side, reader, number, at, False, *totals)


def visit(uid: str, day: date, what: ClinicalFacts, *readings: Reading) -> ClinicalVisit:
    return ClinicalVisit(uid, day, what, readings)


def test_asdas_over_time_by_hand() -> None:
    mild = facts(
        basdai=(1.0, 1.0, 0.0, 1.0, 1.0, 1.0),
        patient_global=1.0,
        crp=Crp(None, CrpUnit.MG_PER_L, 3.0),
    )
    history = ClinicalHistory((visit("b", THIRD, mild), visit("a", FIRST, facts())))
    (line,) = index_lines(history, Plotted.ASDAS_CRP)
    assert [point.visit_uid for point in line.points] == ["a", "b"]
    assert line.points[0].value == pytest.approx(2.921, abs=5e-4)
    # 0.121 + 0.058 + 0.110 + 0.579 ln 3, a CRP below detection counting as 2 mg/L
    assert line.points[1].value == pytest.approx(0.9251, abs=5e-5)
    assert [point.meaning for point in line.points] == [AsdasState.HIGH, AsdasState.INACTIVE]
    (change,) = line.changes
    assert change.change == pytest.approx(-1.996, abs=5e-4)
    assert change.turn is AsdasChange.IMPORTANT_IMPROVEMENT
    (by_esr,) = index_lines(history, Plotted.ASDAS_ESR)
    assert by_esr.points[0].value == pytest.approx(2.718, abs=5e-4)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (1.299, AsdasState.INACTIVE),
        (1.3, AsdasState.LOW),
        (2.1, AsdasState.HIGH),
        (3.5, AsdasState.HIGH),
        (3.501, AsdasState.VERY_HIGH),
    ],
)
def test_meanings_at_the_borders(value: float, state: AsdasState) -> None:
    assert meaning_of(Plotted.ASDAS_CRP, value) is state


@given(st.sampled_from(sorted(BANDS)), st.floats(0, 100))
def test_bands_mean_what_the_index_means(plotted: Plotted, value: float) -> None:
    inside = [meaning for low, meaning in BANDS[plotted] if round(value, 9) >= low]
    at_end = plotted.value.startswith("asdas") and round(value, 9) == 3.5
    assert meaning_of(plotted, value) == (AsdasState.HIGH if at_end else inside[-1])


def test_crp_below_detection_is_drawn_at_its_limit_and_gives_no_change() -> None:
    low = Crp(None, CrpUnit.MG_PER_DL, 0.3)
    history = ClinicalHistory((visit("a", FIRST, facts()), visit("b", SECOND, facts(crp=low))))
    (line,) = index_lines(history, Plotted.CRP)
    assert [(point.value, point.below) for point in line.points] == [(10.0, False), (3.0, True)]
    assert line.changes[0].change is None
    assert line.changes[0].joined


def test_a_visit_that_lacks_an_item_has_no_point() -> None:
    lacking = facts(basdai=(4.0, None, 2.0, 3.0, 6.0, 4.0))
    history = ClinicalHistory(
        (visit("a", FIRST, facts()), visit("b", SECOND, lacking), visit("c", THIRD, facts()))
    )
    (line,) = index_lines(history, Plotted.BASDAI)
    assert [point.visit_uid for point in line.points] == ["a", "c"]
    assert line.changes[0].change == 0.0
    assert line.changes[0].turn is False


def test_basdai_by_hand() -> None:
    half = facts(basdai=(1.9, 1.9, 1.9, 1.9, 1.9, 1.9))
    history = ClinicalHistory((visit("a", FIRST, facts()), visit("b", SECOND, half)))
    (line,) = index_lines(history, Plotted.BASDAI)
    # (4 + 5 + 2 + 3 + (6 + 4) / 2) / 5 = 3.8, and half of it
    assert [point.value for point in line.points] == [3.8, 1.9]
    assert line.changes[0].turn is True


def test_hips_have_their_own_lines() -> None:
    right, left = HipFacts(3.0, harris=BEST), HipFacts(7.5)
    history = ClinicalHistory((visit("a", FIRST, facts(right=right, left=left)),))
    (score,) = index_lines(history, Plotted.HARRIS)
    assert score.side is Side.RIGHT
    assert (score.points[0].value, score.points[0].meaning) == (100.0, HarrisGrade.EXCELLENT)
    pains = index_lines(history, Plotted.PAIN)
    assert [(line.side, line.points[0].value) for line in pains] == [
        (Side.RIGHT, 3.0),
        (Side.LEFT, 7.5),
    ]


def test_himriss_is_the_mean_of_the_readers() -> None:
    twice = (
        read("a", Side.RIGHT, "A. Reader", 1, 10, 5, 5),
        read("a", Side.RIGHT, "a.  reader", 2, 12, 5, 5),
        read("a", Side.RIGHT, "B. Reader", 1, 20, 5, 6),
        read("a", Side.RIGHT, "C. Reader", 1, 20, None, 6),
    )
    (line,) = index_lines(ClinicalHistory((visit("a", FIRST, facts(), *twice),)), Plotted.HIMRISS)
    # ((20 + 22) / 2 + 31) / 2; the third reader's is not complete
    assert line.points[0].value == 26.0
    assert len(line.points[0].readers) == 2


def test_himriss_of_other_readers_is_not_joined() -> None:
    history = ClinicalHistory(
        (
            visit("a", FIRST, facts(), read("a", Side.LEFT, "A", 1, 10, 5, 5)),
            visit("b", SECOND, facts(), read("b", Side.LEFT, "B", 1, 5, 5, 5)),
        )
    )
    (line,) = index_lines(history, Plotted.HIMRISS)
    assert not line.changes[0].joined
    assert line.changes[0].change is None
    said = [each for each in change_sentences(history) if each.startswith("HIMRISS")]
    span = "2023-01-10 to 2023-07-10"
    figures = "20.0 to 15.0; other readers, so no change is given."
    assert said == [f"HIMRISS, left hip, {span}: {figures}"]


def test_sentences_name_states_and_classes() -> None:
    worse = facts(crp=Crp(100.0, CrpUnit.MG_PER_L))
    history = ClinicalHistory((visit("a", FIRST, facts()), visit("b", SECOND, worse)))
    # 0.579 (ln 101 - ln 11) = 1.2838
    assert change_sentences(history)[0] == (
        "ASDAS-CRP, 2023-01-10 to 2023-07-10: 2.921 (high activity) to 4.205 (very high "
        "activity); +1.284, worsening."
    )


def test_every_meaning_and_class_has_words() -> None:
    assert {*AsdasState, *HarrisGrade, True, False} == set(MEANING_WORDS)
    assert {*AsdasChange, True, False} == set(TURN_WORDS)


def test_the_order_of_visits_does_not_matter() -> None:
    visits = (visit("a", FIRST, facts()), visit("b", SECOND, facts()), visit("c", THIRD, facts()))
    found = {
        index_lines(ClinicalHistory(order), each)
        for order in permutations(visits)
        for each in (Plotted.CRP,)
    }
    assert len(found) == 1


def test_what_is_recorded() -> None:
    assert recorded(ClinicalHistory()) == ()
    some = ClinicalHistory((visit("a", FIRST, facts()),))
    assert recorded(some) == (
        Plotted.ASDAS_CRP,
        Plotted.ASDAS_ESR,
        Plotted.BASDAI,
        Plotted.CRP,
        Plotted.ESR,
    )


def test_axes_reach_far_enough() -> None:
    assert axis_top(Plotted.BASDAI, ()) == 10.0
    assert axis_top(Plotted.ASDAS_CRP, ()) == 4.5
    high = ClinicalHistory((visit("a", FIRST, facts(crp=Crp(100.0, CrpUnit.MG_PER_L))),))
    assert axis_top(Plotted.CRP, index_lines(high, Plotted.CRP)) == 110.0
    assert axis_top(Plotted.ASDAS_CRP, index_lines(high, Plotted.ASDAS_CRP)) == 5.0


def drug(start: PartialDate | None, stop: PartialDate | None = None, **more: object) -> Treatment:
    return Treatment(TreatmentKind.BDMARD, "Adalimumab", start, stop, **more)  # type: ignore[arg-type]


def test_bars_say_dates_as_exactly_as_they_are_known() -> None:
    bars = treatment_bars(
        [
            drug(PartialDate(2023, 5), PartialDate(2024), dose="40 mg"),
            drug(PartialDate(2022, 1, 3)),
            drug(None, PartialDate(2021)),
            Treatment(
                TreatmentKind.INJECTION, "Triamcinolone", PartialDate(2023, 6, 1), side=Side.LEFT
            ),
        ]
    )
    assert [bar.label for bar in bars] == [
        "Adalimumab, ? – 2021",
        "Adalimumab, 2022-01-03 –",
        "Adalimumab 40 mg, 2023-05 – 2024",
        "Triamcinolone (L), 2023-06-01",
    ]
    assert [bar.sure for bar in bars] == [
        None,
        (date(2022, 1, 3), None),
        (date(2023, 5, 31), date(2024, 1, 1)),
        (date(2023, 6, 1), date(2023, 6, 1)),
    ]
    assert (bars[0].begin, bars[0].end) == (None, date(2021, 12, 31))
    assert (bars[2].begin, bars[2].end) == (date(2023, 5, 1), date(2024, 12, 31))


def test_bars_outside_the_time_shown() -> None:
    (bar,) = treatment_bars([drug(PartialDate(2020), PartialDate(2021))])
    assert bar.within(date(2021, 12, 31), THIRD)
    assert not bar.within(date(2022, 1, 1), THIRD)
    assert not bar.within(date(2019, 1, 1), date(2019, 12, 31))


def test_bars_share_a_lane_where_there_is_room() -> None:
    found = placed_bars([(0, 10, 30), (40, 50, 30), (20, 90, 30), (95, 99, 30)], (0, 100), 4)
    assert [each.lane for each in found] == [0, 0, 1, 2]
    assert (found[3].label_left, found[3].left) == (70, 95)


@given(st.lists(st.tuples(st.floats(-50, 550), st.floats(0, 300), st.floats(0, 700)), max_size=12))
def test_nothing_lies_on_anything(spans: list[tuple[float, float, float]]) -> None:
    bars = [(left, left + long, wide) for left, long, wide in spans]
    found = placed_bars(bars, (0.0, 500.0), 4.0)
    for each in found:
        low, high = each.extent
        assert 0.0 <= low <= high <= 500.0 + 1e-9
    for one, other in combinations(found, 2):
        if one.lane == other.lane:
            (_, end), (begin, _) = sorted((one.extent, other.extent))
            assert begin >= end + 4.0
    lanes = sorted({each.lane for each in found})
    assert all(after - before == 1 for before, after in pairwise(lanes))

"""Order in time, what may be compared, and changes computed by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipdesk.errors import BugError
from hipdesk.records import (
    Acquisition,
    Compute,
    Contrast,
    HipScore,
    ModelRef,
    Origin,
    Reason,
    Side,
    Visit,
    VisitHip,
)
from hipdesk.report_trend import newest_scored
from hipdesk.timeline import (
    Basis,
    Comparability,
    Difference,
    build_timeline,
    change_between,
    compare,
    value_change,
)
from tests.visit_hips import placed_hip, score_of, slice_score

MODEL = ModelRef("segment", "1", "a" * 64, "segment", "simulated")
LOCATOR = ModelRef("locate", "1", "b" * 64, "locate", "simulated")
SCANNER = Acquisition(
    manufacturer="Maker",
    model="One",
    field_strength_t=1.5,
    sequence="SE/IR",
    tr_ms=3550,
    te_ms=51,
    ti_ms=145,
)


def make_score(u: float | None, n: int = 10, reason: Reason | None = None) -> HipScore:
    return HipScore(
        slices=(),
        n_counted=n,
        central_index=12,
        reason=reason,
        u_intensity=u,
        u_area=None if u is None else u / 2,
        by_lesion=None,
        bme_ml=1.0,
        effusion_ml=2.0,
        head_ml=50.0,
        bme_head_percent=2.0,
    )


def make_hip(score: HipScore, side: Side = Side.RIGHT, **changes: Any) -> VisitHip:
    hip = VisitHip(
        side=side,
        analysis_uid="analysis",
        series_uid="1.2.3",
        score=score,
        models=(MODEL, LOCATOR),
        compute=Compute("auto", "cpu"),
        contrast=Contrast.STIR,
        spacing_mm=(4.4, 0.78, 0.78),
        acquisition=SCANNER,
        definition="hipdesk.unet_score/1",
        origin=Origin.AI,
    )
    return replace(hip, **changes)


def make_visit(uid: str, day: date | None, *hips: VisitHip) -> Visit:
    return Visit(uid, day, hips)


def test_points_and_changes_by_hand() -> None:
    """U 5.0 over 10 slices, then 3.0 over 10, then 1.0 over 10: U/n falls by 0.2 twice."""
    visits = [
        make_visit("c", date(2025, 3, 1), make_hip(make_score(1.0))),
        make_visit("a", date(2024, 3, 1), make_hip(make_score(5.0))),
        make_visit("b", date(2024, 5, 24), make_hip(make_score(3.0))),
    ]
    right = build_timeline(visits).right
    assert [p.visit_uid for p in right.points] == ["a", "b", "c"]
    assert [p.u_intensity for p in right.points] == [5.0, 3.0, 1.0]
    assert [p.u_intensity_mean for p in right.points] == [0.5, 0.3, 0.1]
    assert [c.days for c in right.changes] == [84, 281]
    assert [c.u_intensity_mean for c in right.changes] == pytest.approx([-0.2, -0.2])
    assert [c.u_area_mean for c in right.changes] == pytest.approx([-0.1, -0.1])
    assert {c.comparability for c in right.changes} == {Comparability.COMPARABLE}
    assert {c.basis for c in right.changes} == {Basis.UNMATCHED_SLICES}


def test_sides_are_separate() -> None:
    visits = [
        make_visit("a", date(2024, 1, 1), make_hip(make_score(5.0), Side.LEFT)),
        make_visit(
            "b",
            date(2024, 2, 1),
            make_hip(make_score(1.0), Side.RIGHT),
            make_hip(make_score(4.0), Side.LEFT),
        ),
    ]
    timeline = build_timeline(visits)
    assert [p.u_intensity for p in timeline.side(Side.RIGHT).points] == [1.0]
    assert timeline.side(Side.RIGHT).changes == ()
    (change,) = timeline.side(Side.LEFT).changes
    assert change.u_intensity_mean == pytest.approx(-0.1)


def test_undated_visits_are_listed_apart() -> None:
    visits = [
        make_visit("a", date(2024, 1, 1), make_hip(make_score(5.0))),
        make_visit("lost", None, make_hip(make_score(9.0))),
    ]
    timeline = build_timeline(visits)
    assert [p.visit_uid for p in timeline.right.points] == ["a"]
    assert [(u.visit_uid, u.reason) for u in timeline.undated] == [("lost", "no_usable_date")]


def test_unscored_visit_keeps_its_point_and_is_stepped_over() -> None:
    visits = [
        make_visit("a", date(2024, 1, 1), make_hip(make_score(5.0))),
        make_visit("b", date(2024, 2, 1), make_hip(make_score(None, 4, Reason.TOO_FEW_SLICES))),
        make_visit("c", date(2024, 3, 1), make_hip(make_score(6.0))),
    ]
    right = build_timeline(visits).right
    assert [p.scored for p in right.points] == [True, False, True]
    assert right.points[1].reason is Reason.TOO_FEW_SLICES
    (change,) = right.changes
    assert (change.before.visit_uid, change.after.visit_uid) == ("a", "c")


def test_empty_history() -> None:
    timeline = build_timeline([])
    assert timeline.right.points == timeline.left.points == ()
    assert timeline.undated == ()


def acquired(**changes: Any) -> dict[str, Any]:
    return {"acquisition": replace(SCANNER, **changes)}


REFUSED: dict[str, dict[str, Any]] = {
    "definition": {"definition": "hipdesk.unet_score/2"},
    "model": {"models": (replace(MODEL, sha256="c" * 64), LOCATOR)},
    "contrast": {"contrast": Contrast.T2_FS},
    "slice_distance": {"spacing_mm": (4.9, 0.78, 0.78)},
}
CAUTIONED: dict[str, dict[str, Any]] = {
    "definition_unknown": {"definition": ""},
    "locator": {"models": (MODEL, replace(LOCATOR, sha256="c" * 64))},
    "pixel_size": {"spacing_mm": (4.4, 0.9, 0.9)},
    "scanner": acquired(model="Two"),
    "field_strength": acquired(field_strength_t=3.0),
    "field_strength_unknown": acquired(field_strength_t=None),
    "te": acquired(te_ms=60.0),
    "ti": acquired(ti_ms=220.0),
    "ti_unknown": acquired(ti_ms=None),
    "sequence": acquired(sequence="TSE/IR"),
    "sequence_unknown": acquired(sequence=""),
    "tr": acquired(tr_ms=5000.0),
    "provider": {"compute": Compute("auto", "cuda")},
    "origin": {"origin": Origin.AI_EDITED},
    "slice_count": {"score": make_score(5.0, n=9)},
}
ALIKE: dict[str, dict[str, Any]] = {
    "spacing_within_ten_percent": {"spacing_mm": (4.84, 0.8, 0.8)},
    "same_field_measured": acquired(field_strength_t=1.494),
    "rounded_te": acquired(te_ms=51.4),
    "sequence_spelling": acquired(sequence="se/ir "),
    "scanner_spelling": acquired(manufacturer="MAKER"),
    "model_version_of_the_same_file": {"models": (replace(MODEL, name="x"), LOCATOR)},
}


def codes(differences: Sequence[Difference]) -> list[str]:
    return [d.code for d in differences]


@pytest.mark.parametrize("code", REFUSED)
def test_unlike_results_are_not_compared(code: str) -> None:
    before = make_hip(make_score(5.0))
    after = replace(make_hip(make_score(3.0)), **REFUSED[code])
    verdict, differences = compare(before, after)
    assert verdict is Comparability.NOT_COMPARABLE
    assert codes(differences) == [code]
    visits = [make_visit("a", date(2024, 1, 1), before), make_visit("b", date(2024, 2, 1), after)]
    (change,) = build_timeline(visits).right.changes
    assert (change.u_intensity_mean, change.u_area_mean) == (None, None)
    assert change.after.u_intensity == 3.0


@pytest.mark.parametrize("code", CAUTIONED)
def test_what_may_move_a_score_calls_for_caution(code: str) -> None:
    before = make_hip(make_score(5.0))
    after = replace(make_hip(make_score(5.0)), **CAUTIONED[code])
    for pair in ((before, after), (after, before)):
        verdict, differences = compare(*pair)
        assert verdict is Comparability.WITH_CAUTION
        assert codes(differences) == [code]


def test_a_change_with_caution_is_still_given() -> None:
    visits = [
        make_visit("a", date(2024, 1, 1), make_hip(make_score(5.0))),
        make_visit("b", date(2024, 2, 1), make_hip(make_score(3.0), **CAUTIONED["te"])),
    ]
    (change,) = build_timeline(visits).right.changes
    assert change.comparability is Comparability.WITH_CAUTION
    assert change.u_intensity_mean == pytest.approx(-0.2)


@pytest.mark.parametrize("what", ALIKE)
def test_small_differences_do_not_matter(what: str) -> None:
    after = replace(make_hip(make_score(5.0)), **ALIKE[what])
    assert compare(make_hip(make_score(5.0)), after) == (Comparability.COMPARABLE, ())


def test_gravest_difference_comes_first() -> None:
    after = make_hip(make_score(5.0), **CAUTIONED["provider"], **REFUSED["contrast"])
    verdict, differences = compare(make_hip(make_score(5.0)), after)
    assert verdict is Comparability.NOT_COMPARABLE
    assert codes(differences) == ["contrast", "provider"]


def dated(*hips: VisitHip) -> list[Visit]:
    """Visits on the first day of 2024, a leap year, and of the years after."""
    return [make_visit(f"v{i}", date(2024 + i, 1, 1), hip) for i, hip in enumerate(hips)]


def test_a_change_by_hand() -> None:
    """U/n from 0.5 to 0.3 in 73 days, about a fifth of a year: -0.2, -40 %, about -1 a year."""
    moved = value_change(0.5, 0.3, 73)
    assert moved.absolute == pytest.approx(-0.2)
    assert moved.percent == pytest.approx(-40.0)
    assert moved.per_year == pytest.approx(-0.2 * 365.25 / 73)


@pytest.mark.parametrize(
    ("before", "percent"), [(0.0, None), (0.0099, None), (0.01, 900.0), (0.1, 0.0)]
)
def test_no_percentage_of_nearly_nothing(before: float, percent: float | None) -> None:
    found = value_change(before, 0.1, 365).percent
    assert found == (None if percent is None else pytest.approx(percent))
    assert value_change(0.0, 0.1, 365, floor=0.0).percent is None


@pytest.mark.parametrize(("days", "given"), [(0, False), (27, False), (28, True)])
def test_no_yearly_change_from_a_few_weeks(days: int, given: bool) -> None:
    assert (value_change(0.5, 0.3, days).per_year is not None) is given


def test_changes_run_forwards_in_time() -> None:
    with pytest.raises(BugError):
        value_change(0.5, 0.3, -1)


def test_matched_slices_by_hand() -> None:
    """-16 ... 16 and -8 ... 24 share [-10, 18]: 7 slices of 9 at each visit.

    The earlier terms there are 0.2 each, the later ones 0.1; what lies outside,
    0.9 at both visits, would hide half of the change.
    """
    before = placed_hip(-16.0, [0.9, 0.9, *[0.2] * 7])
    after = placed_hip(-8.0, [*[0.1] * 7, 0.9, 0.9])
    (change,) = build_timeline(dated(before, after)).right.changes
    assert change.basis is Basis.MATCHED_SLICES
    assert (change.n_matched, change.range_mm) == ((7, 7), (-10.0, 18.0))
    assert change.intensity is not None
    assert (change.intensity.before, change.intensity.after) == pytest.approx((0.2, 0.1))
    assert change.u_intensity_mean == change.intensity.absolute == pytest.approx(-0.1)
    assert change.intensity.percent == pytest.approx(-50.0)
    assert change.intensity.per_year == pytest.approx(-0.1 * 365.25 / 366)
    assert change.area is not None
    assert change.u_area_mean == change.area.absolute == pytest.approx(-0.05)
    assert change.comparability is Comparability.COMPARABLE
    assert not change.forced


def test_other_numbers_of_matched_slices_are_no_difference() -> None:
    hips = placed_hip(-16.0, [0.1] * 9), placed_hip(-14.0, [0.1] * 8)
    assert compare(*hips) == (Comparability.COMPARABLE, ())


def test_visits_that_share_little_of_the_hip() -> None:
    """6 of 9 slices are matched, below three quarters; 4 give no change."""
    before = placed_hip(-16.0, [0.1] * 9)
    verdict, differences = compare(before, placed_hip(-4.0, [0.1] * 9))
    assert (verdict, codes(differences)) == (Comparability.WITH_CAUTION, ["coverage"])
    assert "6 of 9 and 6 of 9" in differences[0].message
    apart = placed_hip(4.0, [0.1] * 9)
    verdict, differences = compare(before, apart)
    assert (verdict, codes(differences)) == (Comparability.NOT_COMPARABLE, ["matched_slices"])
    assert "only 4 and 4" in differences[0].message
    (change,) = build_timeline(dated(before, apart)).right.changes
    assert (change.u_intensity_mean, change.intensity, change.n_matched) == (None, None, None)


@pytest.mark.parametrize(
    ("angle", "verdict"),
    [
        (9.9, Comparability.COMPARABLE),
        (10.1, Comparability.WITH_CAUTION),
        (44.9, Comparability.WITH_CAUTION),
        (45.1, Comparability.NOT_COMPARABLE),
    ],
)
def test_tilted_slices(angle: float, verdict: Comparability) -> None:
    before = placed_hip(-16.0, [0.1] * 9)
    turned = (0.0, math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    found, differences = compare(before, replace(before, normal_lps=turned))
    assert found is verdict
    assert codes(differences) == ([] if verdict is Comparability.COMPARABLE else ["planes"])


def test_a_readers_exclusions_call_for_caution() -> None:
    slices = [slice_score(i, 0.1) for i in range(9)]
    slices[4] = slice_score(4, 0.1, counted=False, reason=Reason.EXCLUDED_BY_READER)
    before = placed_hip(-16.0, [0.1] * 9)
    verdict, differences = compare(before, replace(before, score=score_of(slices)))
    assert (verdict, codes(differences)) == (Comparability.WITH_CAUTION, ["exclusions"])


def test_a_change_across_not_comparable_is_computed_only_when_asked_and_marked() -> None:
    """U/n 0.2 by one model, 0.1 by another."""
    other = (replace(MODEL, sha256="c" * 64), LOCATOR)
    visits = dated(placed_hip(-16.0, [0.2] * 9), placed_hip(-16.0, [0.1] * 9, models=other))
    (unasked,) = build_timeline(visits).right.changes
    assert (unasked.u_intensity_mean, unasked.area, unasked.forced) == (None, None, False)
    (asked,) = build_timeline(visits, force=True).right.changes
    assert asked.u_intensity_mean == pytest.approx(-0.1)
    assert (asked.forced, asked.comparability) == (True, Comparability.NOT_COMPARABLE)
    assert asked.basis is Basis.MATCHED_SLICES
    assert codes(asked.differences) == ["model"]


def test_what_is_forced_without_matched_slices_says_so() -> None:
    visits = dated(placed_hip(-16.0, [0.2] * 9), placed_hip(-20.0, [0.1] * 9, step=5.0))
    (change,) = build_timeline(visits, force=True).right.changes
    assert (change.forced, change.basis) == (True, Basis.UNMATCHED_SLICES)
    assert change.u_intensity_mean == pytest.approx(-0.1)


def test_comparable_changes_are_not_marked_when_force_is_asked() -> None:
    visits = dated(placed_hip(-16.0, [0.2] * 9), placed_hip(-16.0, [0.1] * 9))
    assert build_timeline(visits, force=True) == build_timeline(visits)


def test_change_between_any_two_visits() -> None:
    first, middle, last = visits = dated(*(placed_hip(-16.0, [u] * 9) for u in (0.3, 0.2, 0.05)))
    change = change_between(last, first, Side.RIGHT)
    assert change is not None
    assert (change.before.visit_uid, change.days) == ("v0", 366 + 365)
    assert change.u_intensity_mean == pytest.approx(-0.25)
    assert change_between(first, last, Side.LEFT) is None
    assert change_between(first, replace(last, day=None), Side.RIGHT) is None
    assert change_between(first, middle, Side.RIGHT) == build_timeline(visits).right.changes[0]


days = st.dates(date(2000, 1, 1), date(2030, 1, 1))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(days, st.floats(0, 20)), unique_by=lambda v: v[0], max_size=6))
def test_order_of_input_never_matters_and_changes_add_up(
    history: list[tuple[date, float]],
) -> None:
    visits = [make_visit(day.isoformat(), day, make_hip(make_score(u))) for day, u in history]
    timeline = build_timeline(visits)
    assert timeline == build_timeline(visits[::-1])
    trend = timeline.right
    assert [p.day for p in trend.points] == sorted(day for day, _ in history)
    if len(trend.points) > 1:
        first, last = trend.points[0].u_intensity_mean, trend.points[-1].u_intensity_mean
        assert first is not None
        assert last is not None
        steps = [c.u_intensity_mean for c in trend.changes if c.u_intensity_mean is not None]
        assert sum(steps) == pytest.approx(last - first, abs=1e-9)


slice_terms = st.lists(st.floats(0, 2), min_size=5, max_size=15)


@settings(max_examples=40, deadline=None)
@given(slice_terms, slice_terms, st.floats(-8, 8), st.booleans())
def test_a_change_back_is_the_change_turned_round(
    one: list[float], other: list[float], first_mm: float, force: bool
) -> None:
    hips = placed_hip(-16.0, one), placed_hip(-16.0 + first_mm, other)
    (there,) = build_timeline(dated(*hips), force=force).right.changes
    (back,) = build_timeline(dated(*hips[::-1])[::-1], force=force).right.changes
    assert there.comparability is back.comparability
    assert (there.basis, there.range_mm, there.forced) == (back.basis, back.range_mm, back.forced)
    if there.intensity is None or back.intensity is None:
        assert there.comparability is Comparability.NOT_COMPARABLE
        assert (there.intensity, back.intensity, force) == (None, None, False)
    else:
        assert there.intensity.absolute == -back.intensity.absolute
        assert there.intensity.after == back.intensity.before
        assert 0 <= there.intensity.before <= 2


def test_a_hip_that_may_be_the_other_one_is_compared_with_nothing_even_if_asked() -> None:
    sound, doubtful = placed_hip(-16, [0.4] * 9), placed_hip(-16, [0.2] * 9, side_in_doubt=True)
    visits = [
        make_visit("a", date(2024, 1, 1), sound),
        make_visit("b", date(2024, 2, 1), doubtful),
        make_visit("c", date(2024, 3, 1), sound),
    ]
    for force in (False, True):
        changes = build_timeline(visits, force=force).right.changes
        assert [each.comparability for each in changes] == [Comparability.NOT_COMPARABLE] * 2
        assert {(each.intensity, each.area, each.forced) for each in changes} == {
            (None, None, False)
        }
        assert {each.differences[0].code for each in changes} == {"side_in_doubt"}


def test_two_visits_of_one_day_are_compared_as_given() -> None:
    day = date(2024, 1, 1)
    first = make_visit("b", day, placed_hip(-16, [0.4] * 9))
    second = make_visit("a", day, placed_hip(-16, [0.1] * 9))
    change = change_between(first, second, Side.RIGHT)
    assert change is not None
    assert change.before.visit_uid == "b"
    assert change.u_intensity_mean == pytest.approx(-0.3)


def test_visits_of_one_day_are_ordered_by_the_time_of_acquisition() -> None:
    """The uids, drawn by chance, would order them the other way round."""
    day = date(2024, 1, 1)
    early = replace(make_visit("z", day, make_hip(make_score(2.0))), time=time(8, 30))
    late = replace(make_visit("a", day, make_hip(make_score(5.0))), time=time(16, 5))
    untimed = make_visit("b", day, make_hip(make_score(7.0)))
    next_day = replace(make_visit("0", date(2024, 1, 2), make_hip(make_score(1.0))), time=time(1))
    visits = [next_day, untimed, late, early]
    points = build_timeline(visits).right.points
    assert [point.visit_uid for point in points] == ["z", "a", "b", "0"]
    for pair in ((early, late), (late, early)):
        change = change_between(*pair, Side.RIGHT, force=True)
        assert change is not None
        assert (change.before.visit_uid, change.after.visit_uid) == ("z", "a")
    assert newest_scored([late, early], Side.RIGHT) is late.hip(Side.RIGHT)

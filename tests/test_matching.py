"""Which slices of two visits show the same part of a hip, by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipdesk.errors import BugError
from hipdesk.matching import (
    Matching,
    Refusal,
    Weighted,
    lesion_area_mean,
    lesion_intensity_mean,
    match_slices,
    normal_of,
    offsets_of,
    placed,
    tilt_deg,
    u_area_mean,
    u_intensity_mean,
)
from hipdesk.records import Head, SegmentClass, Side, SliceScore, VisitHip
from tests.report_factory import as_visit, make_analysis
from tests.visit_hips import placed_hip, score_of, slice_score


def indices(matching: Matching) -> tuple[list[int], list[int]]:
    return [s.index for s in matching.before], [s.index for s in matching.after]


def test_common_range_by_hand() -> None:
    """-16 ... 16 covers [-18, 18], -10 ... 22 covers [-12, 24]; both cover [-12, 18]."""
    matching = match_slices(placed_hip(-16.0, [0.1] * 9), placed_hip(-10.0, [0.1] * 9))
    assert matching.range_mm == (-12.0, 18.0)
    assert indices(matching) == ([1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 2, 3, 4, 5, 6, 7])
    assert matching.refused is None


def test_another_slice_phase_keeps_every_slice() -> None:
    """-16 ... 16 and, half a step on, -14 ... 14: 9 and 8 slices; ends lie on the border."""
    matching = match_slices(placed_hip(-16.0, [0.1] * 9), placed_hip(-14.0, [0.1] * 8))
    assert matching.range_mm == (-16.0, 16.0)
    assert (len(matching.before), len(matching.after)) == (9, 8)


def test_only_counted_slices_are_matched_and_span_the_range() -> None:
    """The first slice at -16 does not count, so this visit covers [-14, 18] only."""
    slices = [slice_score(0, 9.0, counted=False), *(slice_score(i, 0.1) for i in range(1, 9))]
    before = placed_hip(-16.0, [0.1] * 9, score=score_of(slices))
    matching = match_slices(before, placed_hip(-16.0, [0.1] * 9))
    assert matching.range_mm == (-14.0, 18.0)
    assert indices(matching) == ([1, 2, 3, 4, 5, 6, 7, 8],) * 2


def evenly(slices: Sequence[SliceScore]) -> Weighted:
    """Every slice with the same weight."""
    return tuple((part, 1 / len(slices)) for part in slices)


def test_terms_run_straight_between_slices() -> None:
    """0 ... 16 and 1 ... 17 share [1, 16]: of the line through 0, 0, 0, 0, 3 from 1 to 16,
    only the last step rises, over 4 mm of 15, by 1.5 on average."""
    before = placed_hip(0.0, [0.0, 0.0, 0.0, 0.0, 3.0])
    after = placed_hip(1.0, [0.0, 0.0, 0.0, 3.0, 3.0])
    matching = match_slices(before, after)
    assert u_intensity_mean(matching.before_terms) == pytest.approx(4 / 15 * 1.5)
    # The same from 9 to 13, then 3 as far as 16.
    assert u_intensity_mean(matching.after_terms) == pytest.approx((4 * 1.5 + 3 * 3) / 15)
    for terms in (matching.before_terms, matching.after_terms):
        assert math.fsum(weight for _, weight in terms) == pytest.approx(1)


def test_a_steep_end_that_one_scan_just_misses_moves_little() -> None:
    """Term rises from 0.6 to 2 over the last 8 mm; half a step decides whether 2 is counted."""

    def term(offset: float) -> float:
        return 0.6 + 1.4 * max(0.0, (abs(offset) - 12) / 8) ** 2

    before = placed_hip(-19.0, [term(-19.0 + 4 * i) for i in range(10)])
    after = placed_hip(-17.0, [term(-17.0 + 4 * i) for i in range(9)])
    matching = match_slices(before, after)
    plain = [
        sum(part.u_intensity or 0.0 for part in each) / len(each)
        for each in (matching.before, matching.after)
    ]
    change = u_intensity_mean(matching.after_terms) - u_intensity_mean(matching.before_terms)
    assert abs(change) < 0.3 * abs(plain[1] - plain[0])


def test_means_by_hand() -> None:
    """U 0.1 + 0.2 + 0.6 over 3 slices; 10 and 20 of 100 px of each are lesions."""
    slices = evenly([slice_score(0, 0.1), slice_score(1, 0.2), slice_score(2, 0.6)])
    assert u_intensity_mean(slices) == pytest.approx(0.3)
    assert u_area_mean(slices) == pytest.approx(0.15)
    assert lesion_area_mean(slices, SegmentClass.BME) == pytest.approx(0.1)
    assert lesion_area_mean(slices, SegmentClass.EFFUSION_SYNOVITIS) == pytest.approx(0.2)


def test_mean_of_one_lesion_by_intensity() -> None:
    """(0.25 + 0.75) / 2; unknown as soon as one slice does not have it."""
    kept = evenly(
        [
            replace(slice_score(i, 1.0), bme_u_intensity=each, effusion_u_intensity=0.1)
            for i, each in enumerate([0.25, 0.75])
        ]
    )
    assert lesion_intensity_mean(kept, SegmentClass.BME) == 0.5
    assert lesion_intensity_mean(kept, SegmentClass.EFFUSION_SYNOVITIS) == pytest.approx(0.1)
    assert lesion_intensity_mean((*kept, (slice_score(2, 1.0), 0.5)), SegmentClass.BME) is None
    with pytest.raises(BugError):
        lesion_intensity_mean(kept, SegmentClass.ACETABULUM)


def test_means_need_slices_terms_and_lesions() -> None:
    with pytest.raises(BugError):
        u_intensity_mean(())
    with pytest.raises(BugError):
        u_area_mean(evenly([replace(slice_score(0, 0.1), u_area=None), slice_score(1, 0.1)]))
    with pytest.raises(BugError):
        lesion_area_mean(evenly([slice_score(0, 0.1)]), SegmentClass.FEMORAL_HEAD)


@pytest.mark.parametrize(("step", "refused"), [(4.4, None), (4.41, Refusal.SLICE_DISTANCE)])
def test_slice_distances_may_differ_by_a_tenth(step: float, refused: Refusal | None) -> None:
    other = placed_hip(-17.6, [0.1] * 9, step=step)
    assert match_slices(placed_hip(-16.0, [0.1] * 9), other).refused is refused
    assert match_slices(other, placed_hip(-16.0, [0.1] * 9)).refused is refused


@pytest.mark.parametrize(
    ("first", "refused", "numbers"),
    [
        (0.0, None, (5, 5)),  # 0 ... 32 and -16 ... 16 share [-2, 18]
        (2.0, None, (5, 5)),  # the slice at 0 lies on the border
        (2.1, Refusal.TOO_FEW_MATCHED_SLICES, (4, 4)),
        (19.9, Refusal.TOO_FEW_MATCHED_SLICES, (0, 0)),
        (20.1, Refusal.NO_COMMON_RANGE, (0, 0)),
    ],
)
def test_at_least_five_of_each_visit(
    first: float, refused: Refusal | None, numbers: tuple[int, int]
) -> None:
    matching = match_slices(placed_hip(-16.0, [0.1] * 9), placed_hip(first, [0.1] * 9))
    assert matching.refused is refused
    assert (len(matching.before), len(matching.after)) == numbers


def test_a_visit_without_counted_slices_shares_nothing() -> None:
    nothing = score_of([slice_score(i, 0.1, counted=False) for i in range(9)])
    empty = placed_hip(-16.0, [0.1] * 9, score=nothing)
    assert match_slices(empty, placed_hip(-16.0, [0.1] * 9)).refused is Refusal.NO_COMMON_RANGE


def test_unknown_positions_are_not_guessed() -> None:
    hip = placed_hip(-16.0, [0.1] * 9)
    unknown = replace(hip, offsets_mm=None)
    assert match_slices(hip, unknown).refused is Refusal.POSITIONS_UNKNOWN
    assert match_slices(unknown, hip).refused is Refusal.POSITIONS_UNKNOWN


def test_offsets_must_belong_to_the_slices() -> None:
    hip = placed_hip(-16.0, [0.1] * 9)
    with pytest.raises(BugError):
        match_slices(hip, replace(hip, offsets_mm=(0.0,)))


def coronal(step_y: float) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 0.5], [step_y, 0, 0], [0, -0.5, 0]])
    affine[:3, 3] = (-50.0, -20.0, 50.0)
    return affine


def test_offsets_of_a_score_by_hand() -> None:
    """Slices at y = -20, -16, ...; the head at y = -14; slices 2 to 4 were scored."""
    score = score_of([slice_score(index, 0.1) for index in (2, 3, 4)])
    head = Head(Side.RIGHT, True, 0.9, centre_lps_mm=(60.0, -14.0, 3.0), radius_mm=24.0)
    assert offsets_of(coronal(4.0), head, score) == pytest.approx((2.0, 6.0, 10.0))
    assert normal_of(coronal(4.0)) == pytest.approx((0.0, 1.0, 0.0))
    assert normal_of(coronal(-4.0)) == pytest.approx((0.0, 1.0, 0.0))
    assert offsets_of(coronal(4.0), Head(Side.RIGHT, False, 0.1), score) is None


@pytest.mark.parametrize("angle", [0.0, 12.0, 90.0])
def test_tilt_by_hand(angle: float) -> None:
    hip = placed_hip(-16.0, [0.1] * 9)
    turned = (0.0, math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    assert tilt_deg(hip, replace(hip, normal_lps=turned)) == pytest.approx(angle, abs=1e-9)
    assert tilt_deg(hip, replace(hip, normal_lps=(0.0, -turned[1], -turned[2]))) == pytest.approx(
        angle, abs=1e-9
    )
    assert tilt_deg(hip, replace(hip, normal_lps=None)) is None


def sliced(first_mm: float, n_slices: int, off_mm: float, lesion_mm: float) -> VisitHip:
    """A head of 24 mm with oedema of 9 mm in it, cut every 4 mm from an offset on.

    Parameters
    ----------
    off_mm : error of the head centre
    lesion_mm : offset of the oedema's centre
    """
    y, z = np.meshgrid(np.arange(-32, 32, 1.5), np.arange(-32, 32, 1.5), indexing="ij")
    slices = []
    offsets = first_mm + 4.0 * np.arange(n_slices)
    for index, offset in enumerate(offsets):
        head = int(np.count_nonzero(y**2 + z**2 + offset**2 < 24**2))
        oedema = int(
            np.count_nonzero((y - 8) ** 2 + (z - 8) ** 2 + (offset - lesion_mm) ** 2 < 9**2)
        )
        large = 4 * head >= np.pi * 24**2 / 1.5**2
        part = slice_score(index, 3 * oedema / head if large else 0.0, counted=large)
        slices.append(replace(part, u_area=oedema / head if large else None))
    at = tuple((offsets + off_mm).tolist())
    return placed_hip(0.0, [0.0] * n_slices, score=score_of(slices), offsets_mm=at)


def spread(first_mm: float, n_slices: int, lesion_mm: float) -> tuple[float, float]:
    """Root mean square change of U/n of an unchanged hip sliced anew: matched, not matched."""
    random = np.random.default_rng(3)
    matched, unmatched = [], []
    for _ in range(60):
        before = sliced(-34 + random.uniform(0, 4), 17, random.normal(0, 0.7), lesion_mm)
        after = sliced(first_mm + random.uniform(0, 4), n_slices, random.normal(0, 0.7), lesion_mm)
        found = match_slices(before, after)
        assert found.refused is None
        matched.append(u_intensity_mean(found.after_terms) - u_intensity_mean(found.before_terms))
        means = (after.score.u_intensity_mean or 0.0, before.score.u_intensity_mean or 0.0)
        unmatched.append(means[0] - means[1])
    rms = np.sqrt(np.mean(np.square([matched, unmatched]), axis=1))
    return float(rms[0]), float(rms[1])


@pytest.mark.parametrize("lesion_mm", [-10.0, 0.0, 6.0])
def test_an_unchanged_hip_sliced_anew_moves_less_on_matched_slices(lesion_mm: float) -> None:
    matched, unmatched = spread(-34.0, 17, lesion_mm)
    assert matched < 0.9 * unmatched


@pytest.mark.parametrize("lesion_mm", [2.0, 6.0])
def test_a_scan_that_starts_inside_the_head_moves_it_less_on_matched_slices(
    lesion_mm: float,
) -> None:
    """The slices it lacks show no oedema: without them the mean of all its own is larger."""
    matched, unmatched = spread(-14.0, 12, lesion_mm)
    assert matched < 0.5 * unmatched


def test_an_analysis_matches_itself() -> None:
    """Positions taken from an analysis, as a library gives them."""
    analysis, _ = make_analysis()
    series = analysis.series
    scored = as_visit(analysis).hips
    assert scored
    for unplaced in scored:
        score = unplaced.score
        hip = placed(unplaced, series.affine, analysis.hip(unplaced.side).head)
        assert hip.offsets_mm is not None
        steps = np.diff(hip.offsets_mm)
        assert steps == pytest.approx(np.full(len(steps), series.spacing_mm[0]))
        found = match_slices(hip, hip)
        assert len(found.before) == score.n_counted
        assert u_intensity_mean(found.before_terms) == pytest.approx(score.u_intensity_mean)
        assert u_area_mean(found.before_terms) == pytest.approx(score.u_area_mean)


terms = st.lists(st.floats(0, 2), min_size=1, max_size=15)
starts = st.floats(-40, 40)


@settings(max_examples=60, deadline=None)
@given(starts, terms, starts, terms)
def test_matching_is_fair(
    first: float, one: list[float], second: float, other: list[float]
) -> None:
    before, after = placed_hip(first, one), placed_hip(second, other)
    matching, swapped = match_slices(before, after), match_slices(after, before)
    assert indices(matching) == indices(swapped)[::-1]
    assert matching.refused is swapped.refused
    for matched, hip in ((matching.before, before), (matching.after, after)):
        assert set(matched) <= {part for part in hip.score.slices if part.counted}
        assert list(matched) == sorted(matched, key=lambda part: part.index)
    assert indices(match_slices(before, before))[0] == list(range(len(one)))

"""Each notice at, and not before, its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from hipdesk.quality import (
    age_at,
    coronal_tilt_deg,
    notices,
    unlinked,
)
from hipdesk.records import (
    Compute,
    GridBox,
    Head,
    HipResult,
    ModelRef,
    Patient,
    Reason,
    Segmentation,
    SegmentClass,
    Side,
    StudyInfo,
)
from hipdesk.sides import doubted_sides, misplaced_sides, side_evidence
from tests.stacks import series_of, stack_about, turned

SHAPE = (9, 320, 320)
CPU = Compute("auto", "cpu")


def _series(tilt=0.0, spacing=(4.0, 0.8, 0.8), birth=date(1980, 5, 2), day=date(2020, 5, 2)):
    series = series_of(stack_about(turned(tilt, 0, 0), spacing, SHAPE), SHAPE)
    return replace(
        series,
        patient=Patient(birth_date=birth),
        study=StudyInfo("1.2", day),
        acquisition=replace(series.acquisition, slice_thickness_mm=spacing[0]),
    )


def _codes(series, hips=(), models=(), compute=CPU):
    return {notice.code: notice for notice in notices(series, hips, models, compute)}


def test_a_usual_series_is_left_in_peace():
    assert _codes(_series()) == {}


@pytest.mark.parametrize(
    ("series", "code", "figure"),
    [
        (_series(spacing=(5.2, 0.8, 0.8)), "thick_slices", 5.2),
        (_series(spacing=(4.0, 0.8, 1.3)), "coarse_pixels", 1.3),
        (_series(tilt=25), "tilted_plane", 25.0),
        (_series(birth=date(2010, 1, 1)), "age_outside_range", 10.0),
        (_series(birth=date(1950, 1, 1)), "age_outside_range", 70.0),
    ],
)
def test_notices_carry_their_figure(series, code, figure):
    found = _codes(series)
    assert set(found) == {code}
    assert found[code].figure == pytest.approx(figure)


def test_limits_themselves_pass():
    assert _codes(_series(tilt=19.5, spacing=(5.0, 1.2, 1.2), birth=date(1954, 5, 3))) == {}


@pytest.mark.parametrize("series", [_series(birth=None), _series(day=None)])
def test_unknown_age_is_said(series):
    assert set(_codes(series)) == {"age_unknown"}


def test_age_counts_whole_years():
    assert age_at(date(1980, 5, 2), date(2020, 5, 1)) == 39
    assert age_at(date(1980, 5, 2), date(2020, 5, 2)) == 40


def test_tilt_does_not_depend_on_the_normals_sign():
    turned_over = stack_about(turned(12, 0, 0) * (-1, 1, -1), (4, 1, 1), SHAPE)
    assert coronal_tilt_deg(series_of(turned_over, SHAPE)) == pytest.approx(12)


def test_simulated_training_and_fallback_are_said():
    model = ModelRef("m", "1", "0" * 64, "segment", "Simulated hip MRI")
    found = _codes(_series(), models=(model,), compute=Compute("cuda", "cpu", "no driver."))
    assert set(found) == {"trained_on_simulated", "provider_fallback"}
    assert found["provider_fallback"].message == (
        "CUDA was asked for, but the CPU was used: no driver."
    )


def _hip(slices, confidence=0.9, first=1):
    mask = np.zeros((9, 4, 4), bool)
    mask[first : first + slices] = True
    box = GridBox((0, 0, 0), (9, 4, 4))
    segmentation = Segmentation(Side.LEFT, box, {SegmentClass.FEMORAL_HEAD: mask})
    head = Head(Side.LEFT, True, confidence, (80.0, 0.0, 0.0), 24.0)
    return HipResult(Side.LEFT, head, segmentation, None)


def test_hips_are_warned_of_by_side():
    lost = HipResult(
        Side.RIGHT, Head(Side.RIGHT, False, 0.2, reason=Reason.HEAD_NOT_FOUND), None, None
    )
    found = _codes(_series(), hips=(lost, _hip(6, confidence=0.6)))
    assert set(found) == {"hip_missing", "low_confidence", "few_head_slices"}
    assert "right" in found["hip_missing"].message
    assert found["few_head_slices"].figure == 6
    assert _codes(_series(), hips=(_hip(7),)) == {}


def test_a_label_that_contradicts_the_side_found_is_said():
    labelled = replace(_series(), laterality=Side.RIGHT)
    lost = HipResult(
        Side.RIGHT, Head(Side.RIGHT, False, 0.0, reason=Reason.HEAD_NOT_FOUND), None, None
    )
    assert "side_disagrees" in _codes(labelled, hips=(lost, _hip(8)))
    assert "side_disagrees" not in _codes(replace(labelled, laterality=Side.LEFT), hips=(_hip(8),))


def _found(side):
    return HipResult(side, Head(side, True, 0.9, (80.0, 0.0, 0.0), 24.0), None, None)


@pytest.mark.parametrize(
    ("description", "found", "disagrees"),
    [
        ("COR STIR LEFT HIP", [Side.RIGHT], True),
        ("COR STIR LEFT HIP", [Side.RIGHT, Side.LEFT], True),
        ("COR STIR LEFT HIP", [Side.LEFT], False),
        ("COR STIR R AND L HIP", [Side.LEFT], False),
        ("COR STIR", [Side.RIGHT, Side.LEFT], False),
    ],
)
def test_a_side_named_in_words_is_compared_with_the_hips_found(description, found, disagrees):
    described = replace(_series(), description=description)
    codes = _codes(described, hips=[_found(side) for side in found])
    assert ("side_disagrees" in codes) is disagrees


def test_a_one_sided_tag_with_two_hips_found_is_said():
    labelled = replace(_series(), laterality=Side.LEFT)
    said = _codes(labelled, hips=(_found(Side.RIGHT), _found(Side.LEFT)))["side_disagrees"]
    assert "labelled left, but both hips were found" in said.message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body_part": "KNEE"}, True),
        ({"body_part": "KNEE", "description": "COR STIR HIP"}, True),
        ({"description": "COR STIR KNIE"}, True),
        ({"study": StudyInfo("1.2", date(2020, 5, 2), description="MRI shoulder")}, True),
        ({"description": "STIR COR FEMORAL HEAD", "body_part": "HIP"}, False),
        ({"body_part": "PELVIS"}, False),
    ],
)
def test_a_name_that_speaks_of_another_region_is_said(changes, said):
    assert ("other_region" in _codes(replace(_series(), **changes))) is said


@pytest.mark.parametrize(("first", "slices", "cut"), [(0, 7, True), (2, 7, True), (1, 7, False)])
def test_a_head_on_the_series_first_or_last_slice_is_cut_off(first, slices, cut):
    found = _codes(_series(), hips=(_hip(slices, first=first),))
    assert ("head_cut_off" in found) is cut
    assert not cut or "left" in found["head_cut_off"].message


def test_a_head_at_the_edge_of_its_box_alone_is_not_cut_off():
    hip = _hip(9, first=0)
    inner = GridBox((1, 0, 0), (10, 4, 4))
    hip = replace(hip, segmentation=replace(hip.segmentation, box=inner))
    shape = (11, 40, 40)
    series = replace(series_of(stack_about(turned(0, 0, 0), (4.0, 0.8, 0.8), shape), shape))
    assert "head_cut_off" not in _codes(series, hips=(hip,))


def test_a_visit_that_cannot_be_joined_says_what_is_missing() -> None:
    whole = Patient("4711", "A", "Doe^Jane", date(1980, 5, 17), "F")
    assert unlinked(whole) == ()
    (one,) = unlinked(replace(whole, issuer=""))
    assert one.code == "not_joined"
    assert "do not state the issuer of the patient ID, so" in one.message
    (two,) = unlinked(replace(whole, issuer="", birth_date=None, sex=""))
    assert "the issuer of the patient ID, birth date and sex, so" in two.message
    assert two.figure == 3.0


def _head(side, x, *, placed=False, confidence=0.9, reason=None):
    head = Head(side, True, confidence, (x, 0.0, 0.0), 24.0, reason, placed)
    return HipResult(side, head, None, None)


def test_a_placed_head_is_said_to_be_one_and_not_doubted():
    placed = _head(Side.RIGHT, -90.0, placed=True, confidence=0.1)
    found = _codes(_series(), hips=(placed, _head(Side.LEFT, 90.0)))
    assert set(found) == {"head_placed"}
    assert found["head_placed"].message == "The right femoral head was placed by a reader."


def test_a_placed_head_is_measured_like_any_other():
    hip = _hip(6, confidence=0.1, first=0)
    placed = replace(hip, head=replace(hip.head, placed=True))
    labelled = replace(_series(), laterality=Side.RIGHT)
    codes = _codes(labelled, hips=(placed,))
    assert set(codes) == {"head_placed", "few_head_slices", "head_cut_off", "side_disagrees"}


@pytest.mark.parametrize(
    ("right", "left", "placed", "said"),
    [
        (-90.0, 90.0, (Side.RIGHT,), False),
        (130.0, 90.0, (Side.RIGHT,), True),
        (-90.0, -95.0, (Side.LEFT,), True),
        # On the other head, or nearer to it than any midline.
        (88.0, 90.0, (Side.RIGHT,), True),
        (40.0, 90.0, (Side.RIGHT,), True),
        (35.0, 90.0, (Side.RIGHT,), False),
        # The whole body may lie off the scanner's middle.
        (20.0, 200.0, (Side.LEFT,), False),
        (90.0, -90.0, (Side.RIGHT, Side.LEFT), True),
        # The locator's own order is its own affair.
        (90.0, -90.0, (), False),
    ],
)
def test_a_head_placed_beyond_the_midline_is_warned_of(right, left, placed, said):
    hips = (
        _head(Side.RIGHT, right, placed=Side.RIGHT in placed),
        _head(Side.LEFT, left, placed=Side.LEFT in placed),
    )
    found = _codes(_series(), hips=hips)
    assert ("side_order" in found) is said
    if said:
        assert found["side_order"].figure == left - right
    if said and len(placed) == 1:
        side = placed[0]
        assert found["side_order"].message == (
            f"The {side.word} femoral head was placed on the {side.other.word} side of the body; "
            "check the sides before using them."
        )


LOST = HipResult(Side.LEFT, Head(Side.LEFT, False, 0.1, reason=Reason.HEAD_NOT_FOUND), None, None)
NARROW = _series(spacing=(4.0, 0.7, 0.7))
"""224 mm wide: one hip."""


@pytest.mark.parametrize(
    ("series", "x", "said"),
    [
        (_series(), 90.0, True),
        (_series(), 21.0, True),
        (_series(), 19.0, False),
        (_series(), -90.0, False),
        # A picture of one hip has no midline.
        (NARROW, 90.0, False),
    ],
)
def test_a_lone_placed_head_is_held_against_the_middle_of_the_picture(series, x, said):
    placed = _head(Side.RIGHT, x, placed=True)
    assert misplaced_sides(side_evidence(series), (placed, LOST)) == (
        {Side.RIGHT} if said else set()
    )
    assert ("side_order" in _codes(series, hips=(placed, LOST))) is said
    left = HipResult(Side.LEFT, replace(placed.head, side=Side.LEFT), None, None)
    mirrored = _moved(left, -x)
    assert misplaced_sides(side_evidence(series), (mirrored,)) == ({Side.LEFT} if said else set())


def _moved(hip, x):
    return replace(hip, head=replace(hip.head, centre_lps_mm=(x, 0.0, 0.0)))


REJECTED_LEFT = _head(Side.LEFT, 85.0, reason=Reason.REJECTED_BY_READER)


@pytest.mark.parametrize("series", [_series(), NARROW])
def test_rejecting_the_other_hip_does_not_settle_a_head_placed_upon_it(series):
    located = (_head(Side.RIGHT, -85.0), _head(Side.LEFT, 85.0))
    upon = _head(Side.RIGHT, 85.0, placed=True)
    assert misplaced_sides(side_evidence(series), (upon, REJECTED_LEFT), located) == {Side.RIGHT}
    assert misplaced_sides(side_evidence(series), (upon, REJECTED_LEFT), located[1:]) == {
        Side.RIGHT
    }
    assert misplaced_sides(side_evidence(series), (upon, REJECTED_LEFT)) == {Side.RIGHT}
    anew = _head(Side.RIGHT, -80.0, placed=True)
    assert misplaced_sides(side_evidence(series), (anew, REJECTED_LEFT), located) == set()
    given_up = replace(upon, head=replace(upon.head, reason=Reason.REJECTED_BY_READER))
    assert misplaced_sides(side_evidence(series), (given_up, REJECTED_LEFT), located) == set()


def test_a_head_moved_far_across_is_doubted_by_where_it_was_found():
    located = (_head(Side.RIGHT, -85.0), LOST)
    for x, doubted in ((85.0, {Side.RIGHT}), (-31.0, set()), (-150.0, set())):
        hips = (_head(Side.RIGHT, x, placed=True), LOST)
        assert misplaced_sides(side_evidence(NARROW), hips, located) == doubted


def test_a_hip_found_as_the_other_one_is_named_right_by_rejecting_and_placing():
    astray = _head(Side.LEFT, -85.0)
    hips = (
        _head(Side.RIGHT, -85.0, placed=True),
        _head(Side.LEFT, -85.0, reason=Reason.REJECTED_BY_READER),
    )
    assert misplaced_sides(side_evidence(_series()), hips, (astray,)) == set()


def test_a_head_is_not_doubted_for_a_placed_one_that_was_rejected():
    located = (_head(Side.RIGHT, -85.0), _head(Side.LEFT, 85.0))
    hips = (
        _head(Side.RIGHT, -80.0, placed=True),
        _head(Side.LEFT, -85.0, placed=True, reason=Reason.REJECTED_BY_READER),
    )
    assert misplaced_sides(side_evidence(_series()), hips, located) == set()


def test_a_rejected_hip_is_only_said_to_be_rejected():
    rejected = _head(
        Side.RIGHT, 95.0, placed=True, confidence=0.1, reason=Reason.REJECTED_BY_READER
    )
    labelled = replace(_series(), laterality=Side.LEFT)
    found = _codes(labelled, hips=(rejected, _head(Side.LEFT, 90.0)))
    assert set(found) == {"hip_rejected"}
    assert "right" in found["hip_rejected"].message


def test_a_hip_of_another_series_is_not_missing():
    elsewhere = Head(Side.LEFT, False, 0.0, reason=Reason.SEPARATE_SERIES)
    assert _codes(_series(), hips=(HipResult(Side.LEFT, elsewhere, None, None),)) == {}


def _at(side, x=None, placed=False):
    centre = ((-85.0 if side is Side.RIGHT else 85.0) if x is None else x, 0.0, 0.0)
    return HipResult(side, Head(side, True, 0.9, centre, 24.0, placed=placed), None, None)


R, L = Side.RIGHT, Side.LEFT


@pytest.mark.parametrize(
    ("changes", "found", "doubted", "words"),
    [
        ({"protocol": "hip_left"}, [R, L], {R}, "labelled left, but both hips were found"),
        ({"body_part": "RIGHT HIP"}, [L], {L}, "labelled right, but the left hip was found"),
        ({"study": "MRI right hip"}, [R, L], set(), ""),
        ({"study": "MRI right hip"}, [L], {L}, "labelled right, but the left hip was found"),
        ({"study": "MRI right hip"}, [R], set(), ""),
        (
            {"laterality": R, "description": "COR STIR left"},
            [R, L],
            {R, L},
            "The laterality tag says right, but the series description says left",
        ),
        (
            {"description": "hip R", "protocol": "hip L"},
            [R],
            {R},
            "The series description says right, but the protocol name says left",
        ),
        ({"laterality": R, "description": "right hip"}, [R], set(), ""),
    ],
)
def test_whatever_names_a_side_must_agree_with_the_hips_found(changes, found, doubted, words):
    base = _series()
    series = replace(
        base,
        description=changes.get("description", ""),
        body_part=changes.get("body_part", ""),
        laterality=changes.get("laterality"),
        study=replace(base.study, description=changes.get("study", "")),
        acquisition=replace(base.acquisition, protocol=changes.get("protocol", "")),
    )
    hips = [_at(side) for side in found]
    said = _codes(series, hips=hips).get("side_disagrees")
    assert doubted_sides(side_evidence(series), hips) == doubted
    assert (words in said.message) if words else said is None


@pytest.mark.parametrize(
    ("hip", "across"),
    [
        (_at(R, 41.0), 41.0),
        (_at(R, 39.0), None),
        (_at(L, -60.0), 60.0),
        (_at(L, 60.0), None),
        (_at(L, -60.0, placed=True), None),
    ],
)
def test_a_lone_head_beyond_the_scanners_middle_is_doubted(hip, across):
    said = _codes(_series(), hips=[hip]).get("side_disagrees")
    assert (said.figure if said else None) == across
    assert doubted_sides(side_evidence(_series()), [hip]) == ({hip.side} if across else set())


def test_two_heads_off_centre_are_no_contradiction():
    hips = [_at(R, 45.0), _at(L, 215.0)]
    assert doubted_sides(side_evidence(_series()), hips) == set()


def _sliced(step, thickness):
    series = _series(spacing=(step, 0.8, 0.8))
    acquisition = replace(series.acquisition, slice_thickness_mm=thickness)
    return replace(series, acquisition=acquisition)


@pytest.mark.parametrize(
    ("step", "thickness", "said"),
    [
        (5.2, 4.0, {}),  # 30 % between slices
        (6.0, 4.0, {}),
        (6.4, 4.0, {"slice_gap": 60.0}),
        (6.0, 6.0, {"thick_slices": 6.0}),
        (9.0, 5.5, {"thick_slices": 5.5, "slice_gap": 63.6}),
        (2.0, 4.0, {}),  # overlapping slices
        (4.4, None, {"thickness_unstated": 4.4}),
        (4.4, 0.0, {"thickness_unstated": 4.4}),
        (5.2, None, {"thickness_unstated": 5.2, "thick_slices": 5.2}),
    ],
)
def test_thickness_and_gap_each_have_a_limit(step, thickness, said):
    found = _codes(_sliced(step, thickness))
    assert {code: round(notice.figure, 1) for code, notice in found.items()} == said


@pytest.mark.parametrize(("x", "cut"), [(100.0, False), (105.0, True), (-105.0, True)])
def test_a_head_at_the_pictures_edge_is_said(x, cut):
    # 320 columns of 0.8 mm: the last one ends 128 mm from the middle.
    codes = _codes(_series(), hips=[_at(L, x), _at(R, -85.0)])
    assert ("head_at_edge" in codes) is cut


def test_a_hip_hidden_by_metal_is_not_called_missing():
    head = Head(L, False, 0.4, reason=Reason.METAL)
    codes = _codes(_series(), hips=[_at(R), HipResult(L, head, None, None)])
    assert "hip_missing" not in codes

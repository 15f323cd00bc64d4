"""Alignments adjusted by a reader's hand: where the outline goes, what is kept, volumes anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hipdesk.adjusting import Fitting
from hipdesk.aligning import told
from hipdesk.alignment import Nudge, Refusal, hand_of, judged, nudge_of
from hipdesk.bone_surface import inverse, moved, rigid
from hipdesk.hip_alignment import ENGINE, ByHand, FollowedLesion, Hand, HipAlignment
from hipdesk.records import Point, SegmentClass, Side
from tests.test_alignment import FEMUR, ORIGIN, SOCKET, bone_request, scan, shift
from tests.test_bone_surface import bent_bone, coronal

BME = SegmentClass.BME
LEFT_1_5 = Hand(shift_mm=(1.5, 0.0, 0.0))

few = st.tuples(*[st.integers(-8, 8).map(lambda steps: steps / 2)] * 3)
angles = st.tuples(*[st.floats(-30, 30)] * 3)


@given(few, few, angles, angles, angles)
def test_the_outline_goes_where_the_hand_puts_it(
    way: Point, turn: Point, about: Point, start: Point, found_turn: Point
) -> None:
    found = rigid(Rotation.from_rotvec(found_turn, degrees=True).as_matrix(), start, about)
    nudge = nudge_of(Hand(way, turn), found)
    there = nudge.matrix(about) @ found
    head = moved(inverse(found), np.array([about]))[0]
    np.testing.assert_allclose(moved(inverse(there), np.array([about]))[0], head + way, atol=1e-9)
    beside = np.array([3.0, -4.0, 5.0])
    seen = moved(inverse(there), moved(found, (head + beside)[None]))[0]
    turned = Rotation.from_rotvec(turn, degrees=True).apply(beside)
    np.testing.assert_allclose(seen, head + way + turned, atol=1e-9)
    assert hand_of(nudge, found) == Hand(way, turn)


def fitting(later: np.ndarray, by_hand: ByHand | None = None) -> tuple[HipAlignment, Fitting]:
    """A femur that was moved so between the visits, found where it was before."""
    affine = coronal(4.0)
    lesion = np.zeros(bent_bone(affine, np.eye(4)).shape, dtype=bool)
    lesion[8:11, 35:45, 40:50] = True
    scans = [
        scan({FEMUR: bent_bone(affine, motion), BME: lesion}, affine=affine)
        for motion in (np.eye(4), later)
    ]
    request = bone_request(later)
    nudge = Nudge() if by_hand is None else Nudge(by_hand.shift_mm, by_hand.turn_deg)
    bones = [
        told(judged(replace(request, bone=bone), np.eye(4), nudge=each), *scans, "First")
        for bone, each in ((FEMUR, nudge), (SOCKET, Nudge()))
    ]
    kept = HipAlignment(
        Side.RIGHT, "v1", "v2", ("a", 0), ("b", 0), ENGINE, "0.1",
        datetime(2024, 6, 1, tzinfo=UTC), "First", tuple(bones),
    )  # fmt: skip
    return kept, Fitting(kept, *scans)


def test_the_residual_follows_the_hand() -> None:
    kept, fit = fitting(shift(x=1.5))
    before = kept.bone(FEMUR).median_mm
    there, away = fit.at(FEMUR, LEFT_1_5), fit.at(FEMUR, Hand(shift_mm=(-9.0, 0.0, 0.0)))
    assert before is not None
    assert there.residual is not None
    assert there.residual.median_mm < 0.3 < before
    assert there.refused is None
    np.testing.assert_allclose(moved(there.later_to_earlier, (1.5, 0, 0)), ORIGIN, atol=1e-9)
    assert away.refused is Refusal.RESIDUAL
    assert "mm apart" in away.reason


def test_what_is_kept_is_another_alignment_with_volumes_anew() -> None:
    kept, fit = fitting(shift())
    moved_on = fit.kept({FEMUR: Hand(shift_mm=(0.0, 0.0, 2.0))}, "Second")
    bone = moved_on.bone(FEMUR)
    assert bone.by_hand == ByHand((0.0, 0.0, -2.0), (0.0, 0.0, 0.0), "Second")
    assert bone.by_hand.length_mm == pytest.approx(2.0)
    assert bone.shift_mm == pytest.approx((0, 0, -2))
    assert moved_on.bone(SOCKET) is kept.bone(SOCKET)
    assert (moved_on.reader, moved_on.earlier, moved_on.later) == ("Second", ("a", 0), ("b", 0))
    assert moved_on.made_utc > kept.made_utc
    assert (kept.reader, kept.bone(FEMUR).by_hand) == ("First", None)
    # 3 x 10 x 10 pixels of 4 x 1 x 1 mm lie at the same place; moved down by 2 of 10 rows.
    before, after = (each.course(FollowedLesion.BME_FEMUR) for each in (kept, moved_on))
    assert before is not None
    assert after is not None
    assert (before.new_ml, before.persistent_ml) == pytest.approx((0.0, 1.2))
    assert (after.new_ml, after.resolved_ml, after.persistent_ml) == pytest.approx(
        (0.24, 0.24, 0.96)
    )


def test_it_goes_on_from_what_was_adjusted_before_and_back_to_what_was_found() -> None:
    """The later bone by 1.5 mm to the right is its outline by as much to the left."""
    done = ByHand((-1.5, 0.0, 0.0), (0.0, 0.0, 0.0), "First")
    kept, fit = fitting(shift(x=1.5), done)
    assert fit.hands == {FEMUR: LEFT_1_5, SOCKET: Hand()}
    same = fit.kept({FEMUR: LEFT_1_5}, "Second")
    assert same.bone(FEMUR) is kept.bone(FEMUR)
    further = fit.kept({FEMUR: Hand((1.0, 0.0, 0.0), (0.0, 0.0, 0.5))}, "Second").bone(FEMUR)
    assert further.by_hand is not None
    assert further.by_hand.reader == "Second"
    assert (further.by_hand.length_mm, further.by_hand.angle_deg) == pytest.approx((1.0, 0.5))
    found = fit.kept({FEMUR: Hand()}, "Second").bone(FEMUR)
    assert found.by_hand is None
    np.testing.assert_allclose(found.later_to_earlier, np.eye(4), atol=1e-12)


def test_a_bone_without_enough_surface_is_refused_as_before() -> None:
    _, fit = fitting(shift())
    assert fit.at(SOCKET, Hand()).refused is Refusal.TOO_LITTLE_BONE

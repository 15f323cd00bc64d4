"""Alignments: nudges by hand, verdicts, and lesions told apart in millilitres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hipdesk.alignment import (
    Alignment,
    AlignmentRequest,
    HipScan,
    Nudge,
    Refusal,
    differences,
    judged,
    nudged,
)
from hipdesk.bone_surface import inverse, moved, rigid
from hipdesk.errors import BugError
from hipdesk.records import GridBox, Segmentation, SegmentClass, Side
from tests.test_bone_surface import SHAPE, bent_bone, coronal

FEMUR, SOCKET = SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM
BME, FLUID = SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS
VOXEL_ML = 4.0 * 1.0 * 1.0 / 1000
ORIGIN = (0.0, 0.0, 0.0)
WHOLE = GridBox((0, 0, 0), SHAPE)


def scan(
    masks: dict[SegmentClass, np.ndarray] | None = None,
    *,
    affine: np.ndarray | None = None,
    side: Side = Side.RIGHT,
    box: GridBox = WHOLE,
) -> HipScan:
    empty = dict.fromkeys(SegmentClass, np.zeros(box.shape, dtype=bool))
    found = Segmentation(side, box, {**empty, **(masks or {})})
    return HipScan(
        np.zeros(SHAPE, np.float32), coronal(4.0) if affine is None else affine, found, ORIGIN
    )


def block(*bounds: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(slice(*pair) for pair in bounds)] = True
    return mask


def aligned(matrix: np.ndarray, bone: SegmentClass = FEMUR) -> Alignment:
    return Alignment(Side.RIGHT, bone, matrix, ORIGIN, None)


def shift(x: float = 0, y: float = 0, z: float = 0) -> np.ndarray:
    return rigid(np.eye(3), ORIGIN, (x, y, z))


def bone_request(later: np.ndarray) -> AlignmentRequest:
    affine = coronal(4.0)
    return AlignmentRequest(
        scan({FEMUR: bent_bone(affine, np.eye(4))}), scan({FEMUR: bent_bone(affine, later)})
    )


def test_a_nudge_turns_about_the_earlier_head_and_then_shifts() -> None:
    nudge = Nudge(shift_mm=(0, 0, 3), turn_deg=(0, 0, 90))
    matrix = nudge.matrix((10.0, 0.0, 0.0))
    np.testing.assert_allclose(moved(matrix, (10, 0, 0)), (10, 0, 3), atol=1e-12)
    np.testing.assert_allclose(moved(matrix, (12, 0, 0)), (10, 2, 3), atol=1e-12)


small = st.tuples(*[st.floats(-20, 20)] * 3)


@given(small, small, small, small, small)
def test_nudges_compose_as_their_matrices(
    a: tuple, b: tuple, c: tuple, d: tuple, about: tuple
) -> None:
    first, second = Nudge(a, b), Nudge(c, d)
    product = second.matrix(about) @ first.matrix(about)
    np.testing.assert_allclose(first.then(second).matrix(about), product, atol=1e-9)


def test_angles_are_those_about_the_patients_axes() -> None:
    turn = Rotation.from_euler("xyz", (4, -7, 11), degrees=True).as_matrix()
    assert aligned(rigid(turn, ORIGIN, ORIGIN)).angles_deg == pytest.approx((4, -7, 11))


def test_a_good_alignment_has_a_small_residual_and_is_used() -> None:
    motion = shift(3, -2, 5)
    alignment = judged(bone_request(motion), inverse(motion))
    assert alignment.refused is None
    assert alignment.reason == ""
    assert alignment.residual is not None
    assert alignment.residual.median_mm < 0.5
    np.testing.assert_allclose(moved(alignment.later_to_earlier, (3, -2, 5)), ORIGIN, atol=1e-12)


def test_surfaces_far_apart_are_refused_and_a_nudge_can_save_them() -> None:
    motion = shift(x=9)
    request = bone_request(motion)
    bad = judged(request, np.eye(4))
    assert bad.refused is Refusal.RESIDUAL
    assert f"{bad.residual.median_mm:.2f} mm apart" in bad.reason
    assert "no more than 1.5 mm and 8.0 mm are allowed" in bad.reason
    half = nudged(bad, request, Nudge(shift_mm=(-4, 0, 0)))
    saved = nudged(half, request, Nudge(shift_mm=(-5, 0, 0)))
    assert saved.refused is None
    assert saved.nudge == Nudge(shift_mm=(-9.0, 0.0, 0.0))
    assert np.array_equal(saved.found, np.eye(4))
    np.testing.assert_allclose(saved.later_to_earlier, shift(x=-9), atol=1e-12)


def test_a_large_turn_is_refused() -> None:
    turn = Rotation.from_rotvec((0, 45, 0), degrees=True).as_matrix()
    motion = rigid(turn, ORIGIN, ORIGIN)
    alignment = judged(bone_request(motion), inverse(motion))
    assert alignment.refused is Refusal.TURN
    assert "45.0 degrees, where no more than 40 are allowed" in alignment.reason


def test_a_head_far_from_where_it_was_found_is_refused() -> None:
    motion = shift(z=12)
    alignment = judged(bone_request(motion), inverse(motion))
    assert alignment.refused is Refusal.HEAD_ASTRAY
    assert "12.0 mm away from where it was found, where no more than 10 mm" in alignment.reason


def test_without_bone_nothing_is_measured() -> None:
    alignment = judged(AlignmentRequest(scan(), scan()), np.eye(4))
    assert alignment.refused is Refusal.TOO_LITTLE_BONE
    assert alignment.residual is None
    assert "0 points of its surface, where 300 are needed" in alignment.reason


def test_the_shift_is_that_of_the_later_head() -> None:
    turn = Rotation.from_rotvec((0, 0, 90), degrees=True).as_matrix()
    moved_head = aligned(rigid(turn, ORIGIN, (1, 2, 3))).shift_mm((10, 0, 0))
    assert moved_head == pytest.approx((1 - 10, 2 + 10, 3))


def test_requests_that_make_no_sense_are_bugs() -> None:
    with pytest.raises(BugError):
        AlignmentRequest(scan(), scan(side=Side.LEFT))
    with pytest.raises(BugError):
        AlignmentRequest(scan(), scan(), BME)
    with pytest.raises(BugError):
        differences(scan(), scan(), replace(aligned(np.eye(4)), refused=Refusal.TURN))


def test_lesions_of_unmoved_visits_are_counted_by_hand() -> None:
    earlier = scan({BME: block((5, 7), (20, 30), (40, 50)), FLUID: block((5, 6), (0, 2), (0, 5))})
    later = scan({BME: block((6, 9), (20, 30), (40, 50))})
    found = differences(earlier, later, aligned(np.eye(4)))
    oedema, fluid = found[BME], found[FLUID]
    assert oedema.resolved_ml == pytest.approx(100 * VOXEL_ML)
    assert oedema.persistent_ml == pytest.approx(100 * VOXEL_ML)
    assert oedema.new_ml == pytest.approx(200 * VOXEL_ML)
    assert (fluid.new_ml, fluid.persistent_ml) == (0, 0)
    assert fluid.resolved_ml == pytest.approx(10 * VOXEL_ML)
    assert oedema.uncompared_ml == fluid.uncompared_ml == 0


def test_a_moved_lesion_persists_where_it_is_aligned() -> None:
    earlier = scan({BME: block((5, 7), (20, 30), (40, 50))})
    later = scan({BME: block((6, 8), (17, 27), (44, 54))})
    # The later body lies one slice (4 mm) farther back, 3 mm higher, 4 mm to the left.
    found = differences(earlier, later, aligned(shift(-4, -4, -3)))[BME]
    assert found.persistent_ml == pytest.approx(200 * VOXEL_ML)
    assert found.new_ml == found.resolved_ml == 0
    apart = differences(earlier, later, aligned(np.eye(4)))[BME]
    assert apart.persistent_ml == pytest.approx(1 * 7 * 6 * VOXEL_ML)


def test_what_only_one_visit_shows_is_neither_new_nor_resolved() -> None:
    upper = GridBox((0, 0, 0), (20, 40, 90))
    earlier = scan({BME: block((5, 6), (35, 45), (0, 10))})
    later = scan({BME: block((5, 6), (0, 4), (0, 10))[:, :40]}, box=upper)
    found = differences(earlier, later, aligned(np.eye(4)))[BME]
    assert found.resolved_ml == pytest.approx(50 * VOXEL_ML)
    assert found.uncompared_ml == pytest.approx(50 * VOXEL_ML)
    assert found.new_ml == pytest.approx(40 * VOXEL_ML)
    up = differences(earlier, later, aligned(shift(z=2)))[BME]
    assert up.new_ml == pytest.approx(20 * VOXEL_ML)
    assert up.uncompared_ml == pytest.approx((20 + 70) * VOXEL_ML)


def test_oedema_follows_its_bone() -> None:
    socket, oedema = block((4, 9), (0, 10), (0, 90)), block((5, 6), (5, 15), (0, 10))
    both = scan({SOCKET: socket, BME: oedema, FLUID: block((5, 6), (30, 31), (0, 10))})
    of_femur = differences(both, both, aligned(np.eye(4)))
    of_socket = differences(both, both, aligned(np.eye(4), SOCKET))
    assert of_femur[BME].persistent_ml == pytest.approx(50 * VOXEL_ML)
    assert of_socket[BME].persistent_ml == pytest.approx(50 * VOXEL_ML)
    assert set(of_femur) == {BME, FLUID}
    assert set(of_socket) == {BME}


def test_without_lesion_masks_there_is_no_difference() -> None:
    bones = {name: np.zeros(SHAPE, dtype=bool) for name in (FEMUR, SOCKET)}
    plain = replace(scan(), segmentation=Segmentation(Side.RIGHT, WHOLE, bones))
    assert differences(plain, scan(), aligned(np.eye(4))) == {}

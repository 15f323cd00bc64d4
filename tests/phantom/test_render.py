"""Simulated patients: truth where it was put, joints that stay whole, seeds that repeat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hipdesk.geometry import to_index, to_lps
from hipdesk.phantom.anatomy import FEMUR, HIP_BONE
from hipdesk.phantom.deformation import Pose, patient_hips, random_pose, to_anatomy
from hipdesk.phantom.lesions import HipLesions, Oedema, no_lesions, oedema_fraction, treated
from hipdesk.phantom.noise import random_noise
from hipdesk.phantom.render import SliceGrid, Subject, random_textures, render
from hipdesk.phantom.samples import (
    HIP_CLASSES,
    SeriesPlan,
    hip_stack,
    pelvis_stack,
    random_subject,
    series_grid,
    simulate_series,
)
from hipdesk.phantom.signal import PAPER_STIR, T1_TSE, tissue_signals
from hipdesk.records import SegmentClass, Side
from tests.toy_anatomy import HEAD_MM, toy_anatomy, toy_prepared

PLAN = SeriesPlan(
    rows=110, columns=190, pixel_mm=1.25, slices=15, spacing_mm=4.5, centre_mm=(0, 0, 0)
)


def still() -> Pose:
    return random_pose(np.random.default_rng(0), strength=0.0)


def subject_with(lesions: dict[Side, HipLesions]) -> Subject:
    rng = np.random.default_rng(3)
    return Subject(toy_prepared(), still(), lesions, random_textures(rng))


def healthy(fluid_ml: float = 2.0) -> dict[Side, HipLesions]:
    return {side: no_lesions(np.random.default_rng(4), fluid_ml) for side in Side}


def rendered(subject: Subject, grid: SliceGrid):
    signals = tissue_signals(np.random.default_rng(5), PAPER_STIR, spread=0.0)
    return render(np.random.default_rng(6), subject, grid, signals), signals


def grid_of(plan: SeriesPlan = PLAN) -> SliceGrid:
    return series_grid(plan, patient_hips(toy_anatomy(), still()))


def millilitres(mask: np.ndarray) -> float:
    return float(mask.sum()) * PLAN.pixel_mm**2 * PLAN.spacing_mm / 1000


def test_an_unmoved_patient_is_the_anatomy() -> None:
    points = np.random.default_rng(1).uniform(-60, 60, (50, 3))
    np.testing.assert_allclose(to_anatomy(toy_anatomy(), still(), points), points, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_heads_are_where_the_map_back_says(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed), strength=1.4)
    for side, hip in patient_hips(toy_anatomy(), pose).items():
        back = to_anatomy(toy_anatomy(), pose, np.array([hip.centre_lps_mm]))[0]
        np.testing.assert_allclose(back, toy_anatomy().hips[side].centre_lps_mm, atol=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_a_turned_femur_stays_in_its_socket(seed: int) -> None:
    """No point of the socket's side of the head comes to lie on pelvic bone or in muscle."""
    pose = random_pose(np.random.default_rng(seed), strength=1.4)
    hips = patient_hips(toy_anatomy(), pose)
    anatomy = toy_anatomy()
    rng = np.random.default_rng(seed)
    for side, hip in hips.items():
        around = rng.normal(0, 1, (400, 3))
        around *= 0.85 * hip.radius_mm / np.linalg.norm(around, axis=1, keepdims=True)
        place = to_anatomy(anatomy, pose, around + hip.centre_lps_mm)
        cells = np.rint(to_index(anatomy.affine, place)).astype(int)
        assert np.mean(anatomy.labels[tuple(cells.T)] == FEMUR[side]) > 0.97


def test_the_right_hip_is_on_the_right() -> None:
    found, _ = rendered(subject_with(healthy()), grid_of())
    grid = grid_of()
    for side in Side:
        head = found.truth[side, SegmentClass.FEMORAL_HEAD]
        x = to_lps(grid.affine, np.argwhere(head).mean(axis=0))[0]
        assert (x < 0) == (side is Side.RIGHT)


def test_the_head_ends_at_three_quarters_of_a_radius_along_the_neck() -> None:
    found, _ = rendered(subject_with(healthy()), grid_of())
    grid = grid_of()
    hip = toy_anatomy().hips[Side.RIGHT]
    head = found.truth[Side.RIGHT, SegmentClass.FEMORAL_HEAD]
    femur = found.truth[Side.RIGHT, SegmentClass.PROXIMAL_FEMUR]
    assert not np.any(head & ~femur)
    points = to_lps(grid.affine, np.argwhere(head)) - hip.centre_lps_mm
    along = points @ np.asarray(hip.neck_axis)
    assert 0.75 * HEAD_MM - 1.0 < along.max() <= 0.75 * HEAD_MM
    # A ball cut at 0.75 R keeps pi R^3 (2/3 + 0.75 - 0.75^3/3) = 3.9993 R^3 = 42.58 mL,
    # and the neck within the same plane adds little.
    assert millilitres(head) == pytest.approx(42.58, rel=0.08)


@pytest.mark.parametrize("wanted", [2.0, 6.0, 12.0])
def test_the_joint_holds_the_fluid_it_was_given(wanted: float) -> None:
    found, signals = rendered(subject_with(healthy(wanted)), grid_of())
    for side in Side:
        fluid = found.truth[side, SegmentClass.EFFUSION_SYNOVITIS]
        assert millilitres(fluid) == pytest.approx(wanted, rel=0.3)
        assert np.median(found.signal[fluid]) > 0.5 * signals.fluid


def test_oedema_lies_in_bone_and_is_bright() -> None:
    lesions = healthy()
    centre = toy_anatomy().hips[Side.LEFT].centre_lps_mm
    patch = Oedema(centre, (10.0, 10.0, 10.0), 1.5, 2.0)
    sick = HipLesions(
        (patch,),
        (),
        2.0,
        random_noise(np.random.default_rng(8), 7.0),
        lesions[Side.LEFT].fluid_border,
    )
    found, signals = rendered(subject_with({**lesions, Side.LEFT: sick}), grid_of())
    bme = found.truth[Side.LEFT, SegmentClass.BME]
    # A ball of 10 mm holds 4.19 mL; its border is bent by a quarter of a radius.
    assert millilitres(bme) == pytest.approx(4.19, rel=0.35)
    assert not found.truth[Side.RIGHT, SegmentClass.BME].any()
    core = ndimage.binary_erosion(bme, np.ones((1, 3, 3)))
    assert np.median(found.signal[core]) == pytest.approx(2 * signals.marrow, rel=0.2)
    bone = np.isin(_labels_at(grid_of(), bme), [FEMUR[Side.LEFT], HIP_BONE[Side.LEFT]])
    assert np.mean(bone) > 0.97


def _labels_at(grid: SliceGrid, mask: np.ndarray) -> np.ndarray:
    anatomy = toy_anatomy()
    place = to_lps(grid.affine, np.argwhere(mask))
    cells = np.rint(to_index(anatomy.affine, place)).astype(int)
    return anatomy.labels[tuple(cells.T)]


def test_oedema_fades_from_one_through_its_border_to_none() -> None:
    flat = random_noise(np.random.default_rng(0), 7.0)
    patch = Oedema((0.0, 0.0, 0.0), (10.0, 10.0, 10.0), 2.0, 1.8)
    points = np.zeros((1, 3), dtype=np.float32)
    fraction, added = oedema_fraction((patch,), flat, points)
    assert fraction[0] > 0.9
    assert added[0] == pytest.approx(0.8 * fraction[0])
    far, nothing = oedema_fraction((patch,), flat, points + 40)
    assert far[0] < 1e-3
    assert nothing[0] < 1e-3


def test_treatment_shrinks_and_dims_oedema() -> None:
    patch = Oedema((0.0, 0.0, 0.0), (8.0, 8.0, 8.0), 2.0, 2.0)
    noise = random_noise(np.random.default_rng(0), 7.0)
    later = treated(HipLesions((patch,), (), 9.0, noise, noise), 0.125, 3.0)
    assert later.oedema[0].radius_mm == pytest.approx((4.0, 4.0, 4.0))
    assert later.oedema[0].contrast == pytest.approx(1 + 1.0 * 0.5625)
    assert later.fluid_ml == 3.0
    assert treated(later, 0.0, 1.0).oedema == ()


def test_a_seed_repeats_and_another_differs() -> None:
    def draw(seed: int) -> np.ndarray:
        return hip_stack(np.random.default_rng(seed), [toy_prepared()]).signal

    np.testing.assert_array_equal(draw(1), draw(1))
    assert draw(1).shape != draw(2).shape or not np.array_equal(draw(1), draw(2))


def test_a_crop_of_a_left_hip_looks_like_a_right_one() -> None:
    """The shaft's side, the patient's outside, is always on the picture's left."""
    for seed in range(4):
        stack = hip_stack(np.random.default_rng(seed), [toy_prepared()])
        femur = (stack.labels >> HIP_CLASSES.index(SegmentClass.PROXIMAL_FEMUR)) & 1 > 0
        head = (stack.labels >> HIP_CLASSES.index(SegmentClass.FEMORAL_HEAD)) & 1 > 0
        assert np.argwhere(femur & ~head)[:, 2].mean() < np.argwhere(head)[:, 2].mean()
        assert stack.marrow_median > 0


def test_a_pelvis_names_each_head_by_the_patients_side() -> None:
    seen = set()
    for seed in range(8):
        labels = pelvis_stack(np.random.default_rng(seed), [toy_prepared()]).labels
        right, left = (labels & 1) > 0, (labels & 2) > 0
        seen |= {name for name, mask in (("R", right), ("L", left)) if mask.any()}
        if right.any() and left.any():
            assert np.argwhere(right)[:, 2].mean() < np.argwhere(left)[:, 2].mean()
    assert seen == {"R", "L"}


def test_t1_shows_no_bright_oedema() -> None:
    rng = np.random.default_rng(2)
    subject = random_subject(rng, toy_prepared())
    series = simulate_series(rng, subject, SeriesPlan(T1_TSE, 110, 190, 1.25, 9, 6.0), None)
    assert series.voxels.min() >= 0
    assert series.voxels.max() <= 4095
    femur = series.truth[Side.RIGHT, SegmentClass.PROXIMAL_FEMUR]
    bme = series.truth[Side.RIGHT, SegmentClass.BME] & femur
    if bme.any():
        assert np.median(series.voxels[bme]) < np.median(series.voxels[femur & ~bme])

"""The procedural anatomy measured like a patient's scan: sizes, angles, sides, an intact joint."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hipdesk.geometry import to_index, to_lps
from hipdesk.phantom import procedural
from hipdesk.phantom.anatomy import CAPSULE, FEMUR, HIP_BONE, JOINT_SPACE, Anatomy, Structure
from hipdesk.records import Side

SIDES = list(Side)

CLEARANCE_MM = 1.3 + 1.1 + 1.2
"""Cartilage of head and socket with the gap between them."""


@pytest.fixture(scope="module")
def woman() -> Anatomy:
    return procedural.build(np.random.default_rng(11), "F")


def points_of(anatomy: Anatomy, label: int) -> np.ndarray:
    return np.asarray(to_lps(anatomy.affine, np.argwhere(anatomy.labels == label)))


def around(anatomy: Anatomy, side: Side, radius_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels and LPS offsets from the head centre of every voxel within a radius."""
    centre = np.asarray(anatomy.hips[side].centre_lps_mm)
    low = np.floor(to_index(anatomy.affine, centre) - radius_mm).astype(int)
    cells = np.stack(
        np.meshgrid(*[np.arange(n, n + 2 * int(radius_mm) + 2) for n in low], indexing="ij"), -1
    ).reshape(-1, 3)
    offsets = to_lps(anatomy.affine, cells) - centre
    near = np.linalg.norm(offsets, axis=1) <= radius_mm
    return anatomy.labels[tuple(cells[near].T)], offsets[near]


def fitted_sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Least-squares sphere: |p|^2 = 2 p.c + (r^2 - |c|^2)."""
    rows = np.column_stack([2 * points, np.ones(len(points))])
    answer, *_ = np.linalg.lstsq(rows, (points**2).sum(1), rcond=None)
    return answer[:3], float(np.sqrt(answer[3] + answer[:3] @ answer[:3]))


def shaft_direction(anatomy: Anatomy, side: Side) -> np.ndarray:
    """Unit vector down the shaft, from section centroids well below the trochanters."""
    femur = points_of(anatomy, FEMUR[side])
    heights = (-190.0, -120.0)
    ends = [femur[np.abs(femur[:, 2] - z) < 3].mean(0) for z in heights]
    return np.asarray((ends[0] - ends[1]) / np.linalg.norm(ends[0] - ends[1]))


def test_the_same_seed_gives_the_same_anatomy(woman: Anatomy) -> None:
    rng = np.random.default_rng(11)
    again = procedural._Body(procedural.draw_plan(rng, "F"), rng)
    for row in (60, 200, 230, 340):
        assert np.array_equal(again.layer(row), woman.labels[:, row])


def test_the_grid_is_the_canonical_one(woman: Anatomy) -> None:
    assert woman.labels.shape == (240, 400, 400)
    assert woman.labels.dtype == np.uint8
    assert not woman.labels.flags.writeable
    first, last = to_lps(woman.affine, [(0, 0, 0), (239, 399, 399)])
    assert first == pytest.approx((-199.5, -114.5, 199.5))
    assert last == pytest.approx((199.5, 124.5, -199.5))


@pytest.mark.parametrize("side", SIDES)
def test_labels_lie_on_the_patients_side(woman: Anatomy, side: Side) -> None:
    sign = -1 if side is Side.RIGHT else 1
    assert sign * woman.hips[side].centre_lps_mm[0] > 70
    for table in (FEMUR, HIP_BONE, CAPSULE, JOINT_SPACE):
        x = points_of(woman, table[side])[:, 0] * sign
        assert x.min() > 0


@pytest.mark.parametrize("side", SIDES)
def test_the_head_is_the_sphere_that_is_stated(woman: Anatomy, side: Side) -> None:
    hip = woman.hips[side]
    labels, offsets = around(woman, side, hip.radius_mm + 4)
    depth = np.linalg.norm(offsets, axis=1)
    assert np.all(labels[depth <= hip.radius_mm - 0.05] == FEMUR[side])
    away_from_neck = offsets @ np.asarray(hip.neck_axis) < 0
    shell = away_from_neck & (labels == FEMUR[side]) & (depth > hip.radius_mm - 1)
    centre, radius = fitted_sphere(offsets[shell])
    assert np.linalg.norm(centre) < 0.5
    assert radius == pytest.approx(hip.radius_mm - 0.5, abs=0.4)
    assert 20 <= hip.radius_mm <= 30


@pytest.mark.parametrize("side", SIDES)
def test_the_joint_is_intact(woman: Anatomy, side: Side) -> None:
    hip = woman.hips[side]
    labels, offsets = around(woman, side, hip.radius_mm + 12)
    bone = offsets[labels == HIP_BONE[side]]
    assert np.linalg.norm(bone, axis=1).min() >= hip.radius_mm + CLEARANCE_MM - 0.1
    touching = ndimage.binary_dilation(woman.labels == FEMUR[side], np.ones((3, 3, 3)))
    assert not np.any(touching & (woman.labels == HIP_BONE[side]))
    gap = (np.linalg.norm(offsets, axis=1) > hip.radius_mm) & (
        np.linalg.norm(offsets, axis=1) < hip.radius_mm + CLEARANCE_MM
    )
    within = {Structure.CARTILAGE, JOINT_SPACE[side], CAPSULE[side], FEMUR[side], Structure.FAT}
    assert set(np.unique(labels[gap])) <= within


@pytest.mark.parametrize("side", SIDES)
def test_the_socket_covers_the_head_from_above_and_medially(woman: Anatomy, side: Side) -> None:
    hip = woman.hips[side]
    out = -1 if side is Side.RIGHT else 1
    labels, offsets = around(woman, side, hip.radius_mm + 9)
    shell = np.linalg.norm(offsets, axis=1) > hip.radius_mm + CLEARANCE_MM + 0.5
    directions = offsets[shell] / np.linalg.norm(offsets[shell], axis=1)[:, None]
    bone = labels[shell] == HIP_BONE[side]
    coronal = np.abs(directions[:, 1]) < 0.1
    angle = np.rad2deg(np.arctan2(directions[:, 0] * out, directions[:, 2]))
    edge = angle[coronal & bone & (angle > -60) & (angle < 90)].max()
    assert 22 < edge < 52
    above = coronal & (np.abs(angle) < 15)
    assert bone[above].mean() > 0.95
    below = np.abs(angle) > 160
    assert bone[coronal & below].mean() < 0.1


@pytest.mark.parametrize("side", SIDES)
def test_neck_and_shaft_meet_at_a_normal_angle(woman: Anatomy, side: Side) -> None:
    axis = np.asarray(woman.hips[side].neck_axis)
    assert np.linalg.norm(axis) == pytest.approx(1)
    angle = 180 - np.rad2deg(np.arccos(shaft_direction(woman, side) @ axis))
    assert 115 < angle < 143
    assert axis[2] < 0
    assert axis[0] * (-1 if side is Side.RIGHT else 1) > 0


@pytest.mark.parametrize("side", SIDES)
def test_the_neck_lies_along_its_stated_axis(woman: Anatomy, side: Side) -> None:
    hip = woman.hips[side]
    labels, offsets = around(woman, side, 1.6 * hip.radius_mm)
    axis = np.asarray(hip.neck_axis)
    along = offsets @ axis
    slab = offsets[(labels == FEMUR[side]) & (np.abs(along - 1.3 * hip.radius_mm) < 1)]
    middle = slab.mean(0) - axis * (slab.mean(0) @ axis)
    assert np.linalg.norm(middle) < 3.5


def test_volumes_are_those_of_adults(woman: Anatomy) -> None:
    volume = np.bincount(woman.labels.ravel(), minlength=256) / 1000
    for side in SIDES:
        assert 5 < volume[JOINT_SPACE[side]] < 15
        assert 18 < volume[CAPSULE[side]] < 40
        assert 170 < volume[FEMUR[side]] < 330
        assert 240 < volume[HIP_BONE[side]] < 480
    assert 140 < volume[Structure.SACRUM] < 300
    assert 10_000 < volume[1:].sum() < 27_000
    first_muscle = int(Structure.MUSCLE)
    assert np.all(volume[first_muscle : procedural.NERVE] > 0.5)


def test_tissues_leave_fat_between_them(woman: Anatomy) -> None:
    muscle = np.where(woman.labels[:, 100:330:6] >= Structure.MUSCLE, woman.labels[:, 100:330:6], 0)
    left, right = muscle[..., :-1], muscle[..., 1:]
    touching = (left > 0) & (right > 0) & (left != right)
    border = ((left > 0) | (right > 0)) & (left != right)
    assert touching.sum() < 0.05 * border.sum()


def test_both_sexes_are_drawn_within_published_ranges() -> None:
    plans = [procedural.draw_plan(np.random.default_rng(seed)) for seed in range(200)]
    radius = {
        sex: np.mean([p.hips[Side.LEFT].radius_mm for p in plans if p.sex == sex]) for sex in "FM"
    }
    assert 2 * radius["M"] == pytest.approx(52, abs=1)
    assert 2 * radius["F"] == pytest.approx(46, abs=1)
    distance = [sum(p.hips[side].centre[0] for side in SIDES) for p in plans]
    assert min(distance) > 158
    assert max(distance) < 202
    angles = [p.hips[Side.RIGHT].neck_shaft_deg for p in plans]
    assert np.mean(angles) == pytest.approx(129, abs=2)
    assert min(angles) > 110
    assert max(angles) < 146


def test_hips_are_far_apart_as_planned(woman: Anatomy) -> None:
    plan = procedural.draw_plan(np.random.default_rng(11), "F")
    apart = woman.hips[Side.LEFT].centre_lps_mm[0] - woman.hips[Side.RIGHT].centre_lps_mm[0]
    assert apart == pytest.approx(sum(plan.hips[side].centre[0] for side in SIDES))


@pytest.mark.parametrize("side", SIDES)
def test_varied_joints_have_cartilage_and_clearance_as_planned(side: Side) -> None:
    usual = procedural.draw_plan(np.random.default_rng(11), "F")
    plan = procedural.with_varied_joints(usual, np.random.default_rng(11).spawn(1)[0])
    thick = plan.hips[side].femoral_cartilage_mm
    assert plan.hips[side].clearance_mm == pytest.approx(thick + 1.1 + 1.2)
    body = procedural.build(np.random.default_rng(11), "F", varied_joints=True)
    hip = body.hips[side]
    labels, offsets = around(body, side, hip.radius_mm + 8)
    beyond = np.linalg.norm(offsets, axis=1) - hip.radius_mm
    bone = beyond[labels == HIP_BONE[side]]
    assert bone.min() >= plan.hips[side].clearance_mm - 0.1
    front = (np.abs(offsets[:, 0]) < 2) & (np.abs(offsets[:, 2]) < 2) & (offsets[:, 1] < 0)
    lying = beyond[front & (labels == Structure.CARTILAGE)]
    assert lying.max() == pytest.approx(thick, abs=1.0)


def test_bodies_with_varied_joints_differ_in_cartilage_alone() -> None:
    usual = procedural.draw_plan(np.random.default_rng(4))
    drawn = [
        procedural.with_varied_joints(usual, np.random.default_rng(seed)) for seed in range(40)
    ]
    thick = [plan.hips[Side.LEFT].femoral_cartilage_mm for plan in drawn]
    assert min(thick) < 1.2
    assert max(thick) > 2.8
    assert 0 < sum(plan.hips[Side.LEFT].mantle_mm > 0 for plan in drawn) < 40
    for plan in drawn:
        left, right = plan.hips[Side.LEFT], plan.hips[Side.RIGHT]
        assert left.femoral_cartilage_mm == right.femoral_cartilage_mm
        assert left.centre == usual.hips[Side.LEFT].centre
        assert plan.fat_mm == usual.fat_mm

"""Surfaces between thick slices, and the motion that lays one on another."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hipdesk.bone_surface import (
    bone_surface,
    fit_surfaces,
    halfway,
    inverse,
    moved,
    rigid,
    surface_gaps,
)
from hipdesk.geometry import to_lps

SHAPE = (20, 80, 90)


def coronal(spacing_mm: float, pixel_mm: float = 1.0, phase_mm: float = 0.0) -> np.ndarray:
    """A coronal block with its middle at the origin, ``phase_mm`` farther back."""
    affine = np.eye(4)
    affine[:3, 0] = (0, spacing_mm, 0)
    affine[:3, 1] = (0, 0, -pixel_mm)
    affine[:3, 2] = (pixel_mm, 0, 0)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2) + (0, phase_mm, 0)
    return affine


def pixels(affine: np.ndarray) -> np.ndarray:
    return to_lps(affine, np.moveaxis(np.indices(SHAPE), 0, -1))


def ball(affine: np.ndarray, radius_mm: float = 25.0) -> np.ndarray:
    return np.linalg.norm(pixels(affine), axis=-1) < radius_mm


def bent_bone(affine: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A head with a shaft and a knob, at the place to which ``matrix`` takes it."""
    x, y, z = np.moveaxis(moved(inverse(matrix), pixels(affine)), -1, 0)
    head = x**2 + y**2 + z**2 < 18**2
    neck = (np.hypot(y, z + 0.5 * x) < 9) & (x > 0) & (x < 35)
    knob = (x - 30) ** 2 + (y - 10) ** 2 + (z + 4) ** 2 < 8**2
    return head | neck | knob


@pytest.mark.parametrize("spacing_mm", [3.0, 4.0])
def test_the_surface_of_a_ball_is_a_sphere(spacing_mm: float) -> None:
    affine = coronal(spacing_mm)
    surface = bone_surface(ball(affine), affine)
    radii = np.linalg.norm(surface.points, axis=1)
    assert len(surface.points) > 1000
    assert abs(np.median(radii) - 25.0) < 0.3
    # Outlines seen across slices 4 mm apart leave the poles flat: that far from the truth, no more.
    assert np.percentile(np.abs(radii - 25.0), 90) < 0.3 * spacing_mm


def test_distances_are_negative_inside_and_known_only_in_the_block() -> None:
    affine = coronal(3.0)
    surface = bone_surface(ball(affine), affine)
    points = np.array([[20.0, 0.0, 0.0], [0.0, 0.0, 30.0], [500.0, 0.0, 0.0]])
    distance, inside = surface.distances(points)
    np.testing.assert_allclose(distance[:2], (-5.0, 5.0), atol=0.5)
    assert inside.tolist() == [True, True, False]


def test_bone_cut_by_the_block_has_no_surface_there() -> None:
    affine = coronal(3.0)
    mask = np.zeros(SHAPE, dtype=bool)
    mask[:, 30:50, :] = True
    points = bone_surface(mask, affine).points
    assert len(points) > 300
    np.testing.assert_allclose(np.abs(points[:, 2]), 10.0, atol=0.3)


@pytest.mark.parametrize("filled", [True, False])
def test_a_block_without_outline_has_no_surface(filled: bool) -> None:
    affine = coronal(3.0)
    assert bone_surface(np.full(SHAPE, filled), affine).points.shape == (0, 3)


def test_a_single_slice_has_no_surface() -> None:
    affine = coronal(3.0)
    assert bone_surface(ball(affine)[10:11], affine).points.shape == (0, 3)


def test_gaps_are_the_difference_of_two_radii() -> None:
    affine = coronal(3.0)
    small, large = (bone_surface(ball(affine, radius), affine) for radius in (20.0, 23.0))
    assert abs(np.median(surface_gaps(small, large, np.eye(4))) - 3.0) < 0.3


@pytest.mark.parametrize("seed", range(3))
def test_a_known_motion_between_two_outlines_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    turn = Rotation.from_rotvec(12.0 * axis / np.linalg.norm(axis), degrees=True).as_matrix()
    motion = rigid(turn, (0, 0, 0), rng.uniform(-5, 5, 3))
    earlier, later = coronal(4.5), coronal(3.6, 0.9, 1.7)
    found = fit_surfaces(
        bone_surface(bent_bone(earlier, np.eye(4)), earlier),
        bone_surface(bent_bone(later, motion), later),
        rng.normal(0, 1.5, 3),
        motion[:3, 3] + rng.normal(0, 1.5, 3),
    )
    miss = moved(found @ motion, np.zeros(3))
    assert np.linalg.norm(miss) < 0.4
    assert np.rad2deg(Rotation.from_matrix((found @ motion)[:3, :3]).magnitude()) < 1.5


def test_halfway_is_half_the_shift_and_half_the_turn() -> None:
    turn = Rotation.from_rotvec((0, 0, 20), degrees=True).as_matrix()
    middle = halfway(np.eye(4), rigid(turn, (5, 0, 0), (9, 2, 0)), (5, 0, 0))
    np.testing.assert_allclose(moved(middle, (5, 0, 0)), (7, 1, 0), atol=1e-12)
    angle = Rotation.from_matrix(middle[:3, :3]).as_rotvec(degrees=True)
    np.testing.assert_allclose(angle, (0, 0, 10), atol=1e-9)

"""Outlines carried from one visit to another: circles and lines known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hipdesk.bone_surface import BoneSurface, inverse, moved, rigid
from hipdesk.display import DisplayStack, display_stack
from hipdesk.errors import Cancelled
from hipdesk.geometry import to_lps
from hipdesk.ghost import Ghost, ghost_of
from hipdesk.records import Volume
from tests.stacks import reordered, series_of

CENTRE = np.array([-60.0, 4.0, 10.0])
RADIUS_MM = 20.0
FIELD = (33, 49, 49)
STEP_MM = 1.25
LATER = (15, 220, 260)
SPACING = (4.0, 0.7, 0.9)


def field_of(shape: tuple[int, int, int], step_mm: float = STEP_MM) -> np.ndarray:
    """Coronal, its middle at the ball's centre."""
    affine = np.eye(4)
    affine[:3, 0] = (0, step_mm, 0)
    affine[:3, 1] = (0, 0, -step_mm)
    affine[:3, 2] = (step_mm, 0, 0)
    affine[:3, 3] = CENTRE - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine


def points(affine: np.ndarray) -> np.ndarray:
    return to_lps(affine, np.moveaxis(np.indices(FIELD), 0, -1))


def ball() -> BoneSurface:
    affine = field_of(FIELD)
    distance = np.linalg.norm(points(affine) - CENTRE, axis=-1) - RADIUS_MM
    return BoneSurface(distance.astype(np.float32), affine, np.empty((0, 3)))


def wall() -> BoneSurface:
    """All that lies to the patient's right of a plane through the centre."""
    affine = field_of(FIELD)
    distance = points(affine)[..., 0] - CENTRE[0]
    return BoneSurface(distance.astype(np.float32), affine, np.empty((0, 3)))


def later_visit(*order: bool) -> DisplayStack:
    """Coronal slices at y = -28, -24, ... 28 mm, of pixels that are not square."""
    affine = np.eye(4)
    affine[:3, 0] = (0, SPACING[0], 0)
    affine[:3, 1] = (0, 0, -SPACING[1])
    affine[:3, 2] = (SPACING[2], 0, 0)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(LATER) - 1) / 2)
    stored, shape = reordered(affine, LATER, *(order or (False, False, False)))
    return display_stack(Volume(series_of(stored, shape), np.zeros(shape, np.float32), ""), [])


def in_mm(stack: DisplayStack, ghost: Ghost, index: int) -> list[np.ndarray]:
    return [
        to_lps(stack.affine, [(index, y, x) for x, y in line.tolist()]) for line in ghost.on(index)
    ]


@pytest.mark.parametrize("order", [(False, False, False), (True, False, True), (True, True, True)])
def test_a_ball_is_a_circle_on_every_slice_that_cuts_it(order: tuple[bool, ...]) -> None:
    stack = later_visit(*order)
    ghost = ghost_of([(ball(), np.eye(4))], stack)
    assert len(ghost.lines) == stack.slices
    for index in range(stack.slices):
        away = float(to_lps(stack.affine, (index, 0, 0))[1]) - CENTRE[1]
        if abs(away) >= RADIUS_MM:
            assert ghost.on(index) == ()
            continue
        (circle,) = in_mm(stack, ghost, index)
        np.testing.assert_array_equal(circle[0], circle[-1])
        flat = math.sqrt(RADIUS_MM**2 - away**2)
        radii = np.linalg.norm((circle - CENTRE)[:, [0, 2]], axis=1)
        np.testing.assert_allclose(radii, flat, atol=0.3)
        assert abs(np.mean(radii) - flat) < 0.1


def test_it_lies_where_the_motion_says() -> None:
    stack = later_visit()
    turn = Rotation.from_euler("xyz", (5.0, 12.0, -8.0), degrees=True).as_matrix()
    motion = rigid(turn, (-50.0, 0.0, 20.0), (-57.0, 6.0, 12.0))
    there = moved(inverse(motion), CENTRE[None])[0]
    ghost = ghost_of([(ball(), motion)], stack)
    cut = [index for index in range(stack.slices) if ghost.on(index)]
    ys = [float(to_lps(stack.affine, (index, 0, 0))[1]) for index in range(stack.slices)]
    assert cut == [index for index, y in enumerate(ys) if abs(y - there[1]) < RADIUS_MM]
    circles = np.concatenate([line for index in cut for line in in_mm(stack, ghost, index)])
    np.testing.assert_allclose(np.linalg.norm(circles - there, axis=1), RADIUS_MM, atol=0.3)


def test_a_wall_turned_by_thirty_degrees_is_an_open_line_at_thirty_degrees() -> None:
    stack = later_visit()
    turn = Rotation.from_euler("y", 30.0, degrees=True).as_matrix()
    ghost = ghost_of([(wall(), rigid(turn, CENTRE, CENTRE))], stack)
    at = next(index for index in range(stack.slices) if ghost.on(index))
    (line,) = in_mm(stack, ghost, at)
    assert not np.allclose(line[0], line[-1])
    x, z = (line - CENTRE)[:, 0], (line - CENTRE)[:, 2]
    # The later visit is turned by 30 degrees to come to the earlier: x cos 30 + z sin 30 = 0.
    np.testing.assert_allclose(x * math.cos(math.pi / 6) + z * math.sin(math.pi / 6), 0, atol=0.01)
    assert np.hypot(x, z).max() <= math.dist((0, 0), (30, 30))
    assert np.ptp(np.hypot(x, z) * np.sign(z)) == pytest.approx(60.0, abs=2.5)


def test_several_bones_lie_on_the_same_slices() -> None:
    stack = later_visit()
    one, both = (ghost_of([(ball(), np.eye(4))] * times, stack) for times in (1, 2))
    assert [2 * len(each) for each in one.lines] == [len(each) for each in both.lines]
    assert ghost_of([], stack).lines == ((),) * stack.slices


def test_what_lies_beside_the_stack_is_not_drawn() -> None:
    stack = later_visit()
    away = rigid(np.eye(3), (0, 0, 0), (0, 200, 0))
    ghost = ghost_of([(ball(), away)], stack)
    assert not any(ghost.lines)
    assert ghost.on(-1) == ghost.on(stack.slices) == ()


def test_it_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        ghost_of([(ball(), np.eye(4))], later_visit(), lambda: True)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.display import DisplayStack, display_stack
from hipdesk.geometry import angle_deg, as_point, stack_normal, to_lps
from hipdesk.linking import (
    extent_of,
    in_plane_offset,
    index_at,
    linked_point,
    offset_of,
    offsets_along,
    plane_angle_deg,
    plane_notice,
    range_of,
    span_of,
)
from hipdesk.records import Volume
from tests.stacks import coronal_stacks, reordered, series_of, stack_about, turned

ORIGIN = (0.0, 0.0, 0.0)
points = st.tuples(*(st.floats(-60, 60) for _ in range(3)))


def coronal(first_y: float, step_y: float) -> np.ndarray:
    """Slices at y = first + index * step; rows to the feet, columns to the left, 0.5 mm."""
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 0.5], [step_y, 0, 0], [0, -0.5, 0]])
    affine[:3, 3] = (-50.0, first_y, 50.0)
    return affine


def shown(affine: np.ndarray, shape: tuple[int, int, int]) -> DisplayStack:
    return display_stack(Volume(series_of(affine, shape), np.zeros(shape, np.float32), ""), [])


def test_a_slice_has_one_offset_whatever_others_are_asked_for() -> None:
    affine, centre = coronal(-20.0, 4.1), (70.3, 2.7, -9.1)
    affine[:3, :3] = turned(17.0, 5.0, -3.0) * (4.1, 0.7, 0.6)
    indices = range(24)
    together = offsets_along(affine, centre, indices)
    assert together == tuple(offset_of(affine, centre, index) for index in indices)
    assert offsets_along(affine, centre, ()) == ()


def test_a_normal_is_that_of_rows_and_columns_turned_to_posterior() -> None:
    # Rows to the feet, columns to the left and 3:4 to posterior: a 3-4-5 triangle.
    affine = coronal(-20.0, 4.0)
    affine[:3, 2] = (0.4, 0.3, 0.0)
    assert stack_normal(affine).tolist() == pytest.approx([-0.6, 0.8, 0.0])
    affine[:3, 1] *= -1
    assert stack_normal(affine).tolist() == pytest.approx([-0.6, 0.8, 0.0])


@pytest.mark.parametrize(
    ("one", "other", "angle"),
    [
        ((0.0, 1.0, 0.0), (0.0, 1.0, 0.0), 0.0),
        ((0.0, 1.0, 0.0), (0.0, -2.0, 0.0), 0.0),
        ((0.0, 1.0, 0.0), (0.0, 1.0, 1.0), 45.0),
        ((0.0, 1.0, 0.0), (0.0, -1.0, 3**0.5), 60.0),
        ((1.0, 0.0, 0.0), (0.0, 0.0, 5.0), 90.0),
    ],
)
def test_the_angle_between_two_lines(
    one: tuple[float, ...], other: tuple[float, ...], angle: float
) -> None:
    assert angle_deg(one, other) == pytest.approx(angle, abs=1e-12)


def test_offsets_are_counted_from_the_head_centre_to_posterior() -> None:
    # Slices at y = -20, -16, ..., 16; the head at y = 2.
    affine, centre = coronal(-20.0, 4.0), (70.0, 2.0, -9.0)
    assert offset_of(affine, centre, 0) == pytest.approx(-22.0)
    assert offset_of(affine, centre, 5) == pytest.approx(-2.0)
    assert offset_of(affine, centre, 5.5) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("offset", "forwards", "backwards"),
    # Ten slices 4 mm apart at -20 ... 16; stored the other way, index 9 - i.
    [
        (-20.0, 0, 9),
        (-18.1, 0, 9),
        (-18.0, 0, 8),  # as near to both: the lower index of either order
        (-17.9, 1, 8),
        (0.0, 5, 4),
        (16.0, 9, 0),
        (18.0, 9, 0),
        (18.001, None, None),
        (-22.0, 0, 9),
        (-22.001, None, None),
    ],
)
def test_the_slice_at_an_offset(offset: float, forwards: int | None, backwards: int | None) -> None:
    assert index_at(coronal(-20.0, 4.0), 10, ORIGIN, offset) == forwards
    assert index_at(coronal(16.0, -4.0), 10, ORIGIN, offset) == backwards


def test_the_same_offset_is_the_same_distance_in_another_visit() -> None:
    """Slices of 4 mm from a head at y = 10, and of 3 mm from the same head at y = -5."""
    first, second = coronal(-20.0, 4.0), coronal(-41.0, 3.0)
    offset = offset_of(first, (80.0, 10.0, 0.0), 9)
    assert offset == pytest.approx(6.0)
    # y = -5 + 6 = 1 = -41 + 14 * 3
    assert index_at(second, 30, (80.0, -5.0, 0.0), offset) == 14


@given(coronal_stacks(), points, st.data())
def test_a_slice_s_offset_leads_back_to_it(
    stack: tuple[np.ndarray, tuple[int, int, int]], centre: tuple, data: st.DataObject
) -> None:
    affine, shape = stack
    index = data.draw(st.integers(0, shape[0] - 1))
    nearby = data.draw(st.floats(-0.49, 0.49))
    offset = offset_of(affine, centre, index + nearby)
    assert index_at(affine, shape[0], centre, offset) == index


@given(coronal_stacks(), points, st.floats(-200, 200))
def test_a_slice_is_found_where_the_extent_says(
    stack: tuple[np.ndarray, tuple[int, int, int]], centre: tuple, offset: float
) -> None:
    affine, shape = stack
    low, high = extent_of(affine, shape[0], centre)
    step = float(np.linalg.norm(affine[:3, 0]))
    assert high - low == pytest.approx(shape[0] * step)
    if min(abs(offset - low), abs(offset - high)) > 1e-4:
        assert (index_at(affine, shape[0], centre, offset) is not None) == (low < offset < high)


@given(coronal_stacks(), points, st.floats(0, 1))
def test_file_order_changes_no_offset(
    stack: tuple[np.ndarray, tuple[int, int, int]], centre: tuple, share: float
) -> None:
    affine, shape = stack
    backwards = affine.copy()
    backwards[:3, 3] += affine[:3, 0] * (shape[0] - 1)
    backwards[:3, 0] *= -1
    low, high = extent_of(affine, shape[0], centre)
    assert extent_of(backwards, shape[0], centre) == pytest.approx((low, high))
    offset = low + share * (high - low)
    one = index_at(affine, shape[0], centre, offset)
    other = index_at(backwards, shape[0], centre, offset)
    assert one is not None
    assert other is not None
    chosen = offset_of(affine, centre, one), offset_of(backwards, centre, other)
    # The same slice, or its equally near neighbour.
    assert abs(chosen[0] - offset) == pytest.approx(abs(chosen[1] - offset), abs=1e-4)


def test_more_posterior_is_more_positive() -> None:
    for step in (4.0, -4.0):
        for axes in (turned(15, 0, 0), turned(-15, 10, 5)):
            affine = stack_about(axes, (step, 1.0, 1.0), (5, 10, 10))
            behind = as_point(np.add(ORIGIN, (0, 30, 0)))
            assert offset_of(affine, behind, 2) < offset_of(affine, ORIGIN, 2)


def test_ranges_of_two_stacks() -> None:
    # Half a step beyond the slices at -20 ... 16, and at -9 ... 51 from a head at y = 0.
    first = extent_of(coronal(-20.0, 4.0), 10, ORIGIN)
    second = extent_of(coronal(-9.0, 3.0), 21, ORIGIN)
    assert first == pytest.approx((-22.0, 18.0))
    assert second == pytest.approx((-10.5, 52.5))
    assert range_of(first, second) == range_of(second, first) == pytest.approx((-10.5, 18.0))
    assert span_of(first, second) == pytest.approx((-22.0, 52.5))
    assert span_of(first) == first
    assert range_of(first, (18.5, 30.0)) is None


def test_a_linked_point_lies_so_many_millimetres_away() -> None:
    stack = shown(coronal(-8.0, 4.0), (5, 200, 300))
    centre = stack.to_lps(2, 120.0, 60.0)
    # Pixels of 0.5 mm: 15 mm right are 30 columns, 5 mm up are 10 rows.
    assert linked_point(stack, centre, (15.0, -5.0)) == pytest.approx((150.0, 50.0))
    assert linked_point(stack, centre, (0.0, 0.0), 8.0) == pytest.approx((120.0, 60.0))
    assert in_plane_offset(stack, centre, 0, 150.0, 50.0) == pytest.approx((15.0, -5.0))


@given(coronal_stacks(), points, st.floats(-80, 80), st.floats(-80, 80), st.floats(-20, 20))
def test_in_plane_millimetres_go_to_a_point_and_back(
    stack: tuple[np.ndarray, tuple[int, int, int]],
    centre: tuple,
    right: float,
    down: float,
    offset: float,
) -> None:
    display = shown(*stack)
    x, y = linked_point(display, centre, (right, down), offset)
    back = in_plane_offset(display, centre, display.to_picture(centre)[0], x, y)
    np.testing.assert_allclose(back, (right, down), atol=1e-8)


def test_slices_shifted_against_each_other_are_followed() -> None:
    """A stack whose every slice lies 2 mm further to the feet, as gantry tilt gives."""
    affine = coronal(-8.0, 4.0)
    affine[2, 0] = -2.0
    stack = shown(affine, (5, 200, 300))
    centre = stack.to_lps(2, 120.0, 60.0)
    assert offset_of(affine, centre, 4) == pytest.approx(8.0)
    # Two slices on, the point straight behind the centre lies 4 mm = 8 rows higher up.
    assert linked_point(stack, centre, (0.0, 0.0), 8.0) == pytest.approx((120.0, 52.0))
    assert in_plane_offset(stack, centre, 4, 120.0, 52.0) == pytest.approx((0.0, 0.0))


def test_an_axial_stack_counts_towards_the_head() -> None:
    affine = np.diag([1.0, 1.0, 1.0, 1.0])[:, [2, 1, 0, 3]] * [3.0, 1.0, 1.0, 1.0]
    assert offset_of(affine, (0.0, 0.0, 30.0), 12) == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("tilt", "expected"), [(0.0, 0.0), (4.0, 4.0), (17.5, 17.5), (-17.5, 17.5)]
)
def test_the_angle_between_two_planes(tilt: float, expected: float) -> None:
    shape = (5, 10, 12)
    upright = stack_about(turned(0, 0, 0), (4.0, 1.0, 1.0), shape)
    tilted = stack_about(turned(tilt, 0, 30), (3.0, 0.8, 0.8), shape, (5.0, 6.0, 7.0))
    for order in ((False, False, False), (True, False, True), (False, True, False)):
        other, _ = reordered(tilted, shape, *order)
        assert plane_angle_deg(upright, other) == pytest.approx(expected, abs=1e-6)
        assert plane_angle_deg(other, upright) == pytest.approx(expected, abs=1e-6)


def test_differing_planes_are_told_beyond_ten_degrees() -> None:
    shape = (5, 10, 12)
    upright, little, much = (
        stack_about(turned(tilt, 0, 0), (4.0, 1.0, 1.0), shape) for tilt in (0.0, 9.9, 14.2)
    )
    assert plane_notice(upright, little) is None
    notice = plane_notice(upright, much)
    assert notice is not None
    assert notice.code == "planes_differ"
    assert notice.figure == pytest.approx(14.2)
    assert "14 degrees" in notice.message


def test_places_of_one_patient_agree_between_two_differently_stored_visits() -> None:
    """The same anatomy scanned twice, tilted alike but stored and sampled otherwise."""
    axes = turned(8, -3, 4)
    first = stack_about(axes, (4.0, 1.0, 1.0), (20, 180, 200))
    second, shape = reordered(
        stack_about(axes, (3.0, 0.7, 0.7), (30, 260, 280), (9.0, 4.0, -6.0)),
        (30, 260, 280),
        True,
        True,
        False,
    )
    one, other = shown(first, (20, 180, 200)), shown(second, shape)
    head = (88.0, -3.0, -2.0)
    spot = as_point(to_lps(first, (11, 100, 150)))
    index, x, y = one.to_picture(spot)
    offset = offset_of(first, head, index)
    in_plane = in_plane_offset(one, head, index, x, y)
    found = other.to_picture(spot)
    np.testing.assert_allclose(linked_point(other, head, in_plane, offset), found[1:], atol=1e-8)
    assert index_at(second, 30, head, offset) == round(found[0])

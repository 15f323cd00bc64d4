"""Resampling: places are kept whatever the pixel order, and what goes out comes home."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipdesk.crop import HEAD_COLUMN, HEAD_ROW, HIP_COLUMNS, HIP_ROWS, hip_grid
from hipdesk.errors import BugError
from hipdesk.geometry import canonical_affine, canonical_axes, spacing_of, to_lps
from hipdesk.grids import Grid, covered_box, distance_mm, locator_grid_of, resample, restore
from hipdesk.records import Head, Side
from tests.stacks import ball, coronal_stacks, places, reordered, stack_about, turned

STACK = stack_about(turned(0, 0, 0), (4.0, 0.8, 0.8), (9, 300, 400))


@settings(max_examples=15, deadline=None)
@given(coronal_stacks())
def test_canonical_rows_go_down_and_columns_to_the_patients_left(stack):
    affine, _ = stack
    rows, columns = canonical_axes(affine)
    assert rows[2] < -0.8
    assert columns[0] > 0.8


@settings(max_examples=15, deadline=None)
@given(coronal_stacks())
def test_locator_pixels_show_the_signal_of_their_place(stack):
    affine, shape = stack
    direction = np.array([0.3, 1.1, -0.7])
    signal = (places(affine, shape) @ direction + 1000).astype(np.float32)
    grid = locator_grid_of(affine, shape)
    found = resample(signal, affine, grid)
    expected = places(grid.affine, grid.shape) @ direction + 1000
    # Clear of the borders, where averaging has fewer pixels to average.
    assert np.allclose(found[:, 60:-60, 60:-60], expected[:, 60:-60, 60:-60], atol=0.02)


def test_locator_grid_has_the_series_centre_in_its_middle():
    grid = locator_grid_of(STACK, (9, 300, 400))
    assert grid.shape == (9, 192, 192)
    assert spacing_of(grid.affine) == pytest.approx((4.0, 2.0, 2.0))
    assert to_lps(grid.affine, (4, 95.5, 95.5)) == pytest.approx([0, 0, 0], abs=1e-9)


def test_beyond_the_field_of_view_there_is_no_signal():
    grid = locator_grid_of(STACK, (9, 300, 400))
    found = resample(np.ones((9, 300, 400), np.float32), STACK, grid)
    # 300 rows of 0.8 mm reach 120 mm from the centre, 400 columns 160 mm.
    assert found[0, 95 - 57, 95] == pytest.approx(1)
    assert found[0, 95 - 61, 95] == 0
    assert found[0, 95, 95 - 78] == pytest.approx(1)
    assert found[0, 95, 95 - 81] == 0


def test_fine_texture_is_averaged_not_skipped():
    checks = np.indices((9, 300, 400)).sum(axis=0) % 2
    grid = locator_grid_of(STACK, (9, 300, 400))
    found = resample(checks.astype(np.float32), STACK, grid)
    assert np.ptp(found[:, 60:130, 60:130]) < 0.05


@settings(max_examples=15, deadline=None)
@given(coronal_stacks(), st.sampled_from(Side), st.floats(-30, 30), st.floats(-20, 20))
def test_a_signal_cropped_and_brought_home_is_itself(stack, side, across, along):
    affine, shape = stack
    middle = to_lps(affine, (np.asarray(shape) - 1) / 2)
    head = Head(side, True, 1.0, tuple(np.add(middle, (across, 0, along))), 24.0)
    signal = (places(affine, shape) @ (0.5, -0.8, 1.3) + 500).astype(np.float32)
    grid, _ = hip_grid(affine, shape[0], head)
    # Sampled exactly, by place: the way home alone must be the inverse.
    crop = (places(grid.affine, grid.shape) @ (0.5, -0.8, 1.3) + 500).astype(np.float32)
    box, values = restore(crop[None], grid.affine, affine, shape)
    inner = tuple(slice(1, -1) if axis else slice(None) for axis in range(3))
    assert np.allclose(values[0][inner], signal[box.index][inner], atol=0.01)


@settings(max_examples=15, deadline=None)
@given(coronal_stacks(), st.sampled_from(Side))
def test_a_mask_cropped_and_brought_home_is_itself(stack, side):
    affine, shape = stack
    centre = to_lps(affine, (np.asarray(shape) - 1) / 2)
    mask = ball(places(affine, shape), centre, 24.0)
    head = Head(side, True, 1.0, tuple(centre), 24.0)
    grid, _ = hip_grid(affine, shape[0], head)
    crop = resample(mask.astype(np.float32), affine, grid)
    box, values = restore(crop[None], grid.affine, affine, shape)
    home = np.zeros(shape, bool)
    home[box.index] = values[0] > 0.5
    dice = 2 * np.count_nonzero(home & mask) / (home.sum() + mask.sum())
    assert dice > 0.97


@settings(max_examples=15, deadline=None)
@given(coronal_stacks(), st.sampled_from(Side), st.floats(-15, 15))
def test_the_head_centre_lies_at_its_pixel(stack, side, off):
    affine, shape = stack
    centre = np.add(to_lps(affine, (np.asarray(shape) - 1) / 2), (off, off / 3, -off))
    grid, slices = hip_grid(affine, shape[0], Head(side, True, 1.0, tuple(centre), 24.0))
    assert grid.shape == (len(slices), HIP_ROWS, HIP_COLUMNS)
    index = np.linalg.inv(grid.affine) @ (*centre, 1)
    assert index[1:3] == pytest.approx((HEAD_ROW, HEAD_COLUMN), abs=1e-6)
    toward_lateral = grid.affine[0, 2] * (1 if side is Side.LEFT else -1)
    assert toward_lateral < 0


def test_pixel_order_changes_nothing_on_the_crop():
    shape = (9, 300, 400)
    head = Head(Side.LEFT, True, 1.0, (12.0, 1.0, 5.0), 24.0)
    signal = np.sin(places(STACK, shape) / 9).sum(axis=-1).astype(np.float32)
    grid, _ = hip_grid(STACK, 9, head)
    other, other_shape = reordered(STACK, shape, True, False, True)
    stored = np.sin(places(other, other_shape) / 9).sum(axis=-1).astype(np.float32)
    other_grid, _ = hip_grid(other, 9, head)
    assert np.allclose(grid.affine, other_grid.affine)
    assert np.allclose(resample(signal, STACK, grid), resample(stored, other, grid), atol=1e-5)


def test_covered_box_of_a_hip_at_the_edge_stays_inside():
    head = Head(Side.RIGHT, True, 1.0, (-150.0, 0.0, -110.0), 24.0)
    grid, _ = hip_grid(STACK, 9, head)
    box = covered_box(grid, STACK, (9, 300, 400))
    assert box.start[2] == 0
    assert box.stop[1] == 300


def test_grids_that_share_no_axes_are_refused():
    other = canonical_affine(
        stack_about(turned(10, 0, 0), (4, 1, 1), (9, 9, 9)), 1.0, (0, 0, 0), (0, 0, 0)
    )
    with pytest.raises(BugError):
        resample(np.zeros((9, 300, 400), np.float32), STACK, Grid(other, (9, 9, 9)))


def test_distances_are_millimetres():
    grid = locator_grid_of(STACK, (9, 300, 400))
    expected = np.linalg.norm(places(grid.affine, grid.shape) - (3.0, -4.0, 5.0), axis=-1)
    assert np.allclose(distance_mm(grid, (3.0, -4.0, 5.0)), expected, atol=1e-3)

"""Normalisation: gain does not matter, background does not matter, marrow is one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipdesk.geometry import to_lps
from hipdesk.grids import locator_grid_of
from hipdesk.intensity import body_scale, by_body, by_marrow, femur_median, marrow_medians
from hipdesk.records import Head, Side
from tests.stacks import ball, places, stack_about, turned

SHAPE = (7, 192, 192)
GRID = locator_grid_of(stack_about(turned(0, 0, 0), (4.0, 2.0, 2.0), SHAPE), SHAPE)


def _body(air: float) -> np.ndarray:
    """A body of signal 0-400 in a quarter of the picture; air elsewhere."""
    stack = np.full((4, 100, 100), air, np.float32)
    stack[:, 25:75, 25:75] = np.linspace(80, 400, 2500, dtype=np.float32).reshape(50, 50)
    return stack


def test_body_scale_is_the_99th_percentile_of_the_body():
    assert body_scale(_body(0.0)) == pytest.approx(80 + 0.99 * 320, abs=1.0)


def test_background_noise_does_not_move_the_scale():
    assert body_scale(_body(20.0)) == body_scale(_body(0.0))


def test_one_bright_vessel_does_not_move_the_scale():
    stack = _body(0.0)
    stack[0, 30:33, 30:33] = 5000
    assert body_scale(stack) == pytest.approx(body_scale(_body(0.0)), rel=0.02)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100))
def test_gain_does_not_matter(gain):
    stack = _body(10.0)
    assert np.allclose(by_body(stack * np.float32(gain)), by_body(stack), atol=1e-4)


def test_an_empty_or_negative_stack_gives_zeros():
    assert not by_body(np.zeros((2, 8, 8), np.float32)).any()
    assert not by_body(np.full((2, 8, 8), -3, np.float32)).any()


def test_marrow_is_one_and_extremes_are_clipped():
    signal = np.array([-50, 0, 120, 360, 1e9], np.float32)
    assert by_marrow(signal, 120.0) == pytest.approx([0, 0, 1, 2, np.log2(31)])


def _hip(femur_mm: float) -> tuple[np.ndarray, np.ndarray, Head]:
    """A head of signal 150 with a bright rim, its femur probability, and the head."""
    centre = to_lps(GRID.affine, (3, 90, 60))
    where = places(GRID.affine, SHAPE)
    image = np.full(SHAPE, 40.0, np.float32)
    image[ball(where, centre, 24)] = 900
    image[ball(where, centre, 20)] = 150
    femur = ball(where, centre, femur_mm).astype(np.float32) * 0.9
    return image, femur, Head(Side.RIGHT, True, 0.9, tuple(centre), 24.0)


@pytest.mark.parametrize("femur_mm", [20.0, 0.0])
def test_femur_median_is_marrow_with_or_without_a_femur_map(femur_mm):
    image, femur, head = _hip(femur_mm)
    assert femur_median(image, femur, GRID.affine, head) == 150.0


def test_femur_of_the_other_side_is_not_asked():
    image, femur, head = _hip(20.0)
    far = places(GRID.affine, SHAPE)[..., 0] > head.centre_lps_mm[0] + 70
    image[far], femur[far] = 3000, 1.0
    assert femur_median(image, femur, GRID.affine, head) == 150.0


def test_no_signal_gives_no_median():
    image, femur, head = _hip(20.0)
    assert femur_median(np.zeros_like(image), femur, GRID.affine, head) is None
    assert femur_median(image, femur, GRID.affine, Head(Side.LEFT, False, 0.0)) is None


def _two_hips(right: float, left: float, shading: float = 1.0) -> tuple[np.ndarray, ...]:
    """Two femurs of given marrow in muscle of 100, the left side brighter by the coils."""
    where = places(GRID.affine, SHAPE)
    image = np.full(SHAPE, 100.0, np.float32)
    femur = np.zeros(SHAPE, np.float32)
    heads = []
    for side, column, signal in ((Side.RIGHT, 50, right), (Side.LEFT, 140, left)):
        centre = to_lps(GRID.affine, (3, 90, column))
        marrow = ball(where, centre, 22)
        image[marrow], femur[marrow] = signal, 0.9
        heads.append(Head(side, True, 0.9, tuple(centre), 24.0))
    image[..., 95:] *= shading
    return image, femur, heads


@pytest.mark.parametrize(
    ("right", "left", "shading", "expected"),
    [
        (150, 150, 1.0, (150, 150)),
        (150, 160, 1.0, (150, 160)),
        (150, 300, 1.0, (150, 180)),
        (330, 150, 1.0, (180, 150)),
        (150, 150, 1.6, (150, 240)),
        (150, 300, 1.6, (150, 288)),
        (20, 150, 1.0, (20, 150)),
    ],
)
def test_a_hip_full_of_oedema_is_compared_with_the_other_one(right, left, shading, expected):
    image, femur, heads = _two_hips(right, left, shading)
    assert marrow_medians(image, femur, GRID.affine, heads) == pytest.approx(expected, rel=1e-3)
    assert marrow_medians(image, femur, GRID.affine, heads[::-1]) == pytest.approx(
        expected[::-1], rel=1e-3
    )


def test_a_single_hip_keeps_its_own_median():
    image, femur, heads = _two_hips(150, 300)
    lone = [Head(Side.RIGHT, False, 0.1), heads[1]]
    assert marrow_medians(image, femur, GRID.affine, lone) == (None, 300.0)
    assert marrow_medians(np.zeros_like(image), femur, GRID.affine, heads) == (None, None)

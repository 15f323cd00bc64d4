"""One hip cut out: places, mirroring and reach."""

from __future__ import annotations

import numpy as np
import pytest

from hipdesk.crop import HEAD_COLUMN, HEAD_ROW, crop_hip, hip_grid
from hipdesk.errors import BugError
from hipdesk.geometry import spacing_of
from hipdesk.records import Head, Side
from tests.stacks import (
    HEAD_MM,
    MARROW,
    head_centre,
    patient_volume,
    places,
    reordered,
    stack_about,
    turned,
)

SHAPE = (25, 170, 260)
STACK = stack_about(turned(6, -4, 2), (4.0, 1.1, 1.1), SHAPE)


def _head(side: Side) -> Head:
    return Head(side, True, 1.0, tuple(head_centre(side)), HEAD_MM)


@pytest.fixture(scope="module")
def volume():
    return patient_volume(STACK, SHAPE)


@pytest.mark.parametrize("side", Side)
def test_lateral_is_on_the_left_of_the_picture(volume, side):
    crop = crop_hip(volume, _head(side), MARROW)
    where = places(crop.affine, crop.image.shape)
    outward = where[..., 0] * (-1 if side is Side.RIGHT else 1)
    assert (np.diff(outward, axis=2) < 0).all()
    assert (np.diff(where[..., 2], axis=1) < 0).all()
    assert crop.mirrored is (side is Side.LEFT)
    assert spacing_of(crop.affine) == pytest.approx((4.0, 0.78125, 0.78125))


@pytest.mark.parametrize("side", Side)
def test_signal_is_that_of_the_native_slices(volume, side):
    crop = crop_hip(volume, _head(side), MARROW)
    middle = min(
        range(len(crop.slice_indices)),
        key=lambda s: abs(places(crop.affine, crop.image.shape)[s, 0, 0, 1] - 0),
    )
    assert crop.image[middle, HEAD_ROW + 6, HEAD_COLUMN] == pytest.approx(MARROW, rel=0.01)
    assert not crop.image.flags.writeable


def test_slices_within_45_mm_belong_to_the_hip(volume):
    crop = crop_hip(volume, _head(Side.RIGHT), MARROW)
    centre = np.asarray(head_centre(Side.RIGHT))
    normal = np.cross(STACK[:3, 1], STACK[:3, 2])
    normal /= np.linalg.norm(normal)
    starts = np.array([STACK[:3, 3] + index * STACK[:3, 0] for index in range(SHAPE[0])])
    distance = np.abs((starts - centre) @ normal)
    assert crop.slice_indices == tuple(np.flatnonzero(distance <= 45))


def test_stored_pixel_order_changes_nothing(volume):
    other, shape = reordered(STACK, SHAPE, True, True, False)
    crop = crop_hip(volume, _head(Side.LEFT), MARROW)
    again = crop_hip(patient_volume(other, shape), _head(Side.LEFT), MARROW)
    assert np.allclose(crop.affine, again.affine)
    assert np.allclose(crop.image, again.image, atol=1e-3)


def test_a_head_outside_a_short_stack_keeps_the_nearest_slice():
    _, slices = hip_grid(STACK, 3, _head(Side.RIGHT))
    assert slices
    far = Head(Side.RIGHT, True, 1.0, (-90.0, 400.0, 0.0), HEAD_MM)
    assert hip_grid(STACK, 3, far)[1] == (2,)


def test_a_missing_head_is_our_bug(volume):
    with pytest.raises(BugError):
        crop_hip(volume, Head(Side.LEFT, False, 0.1), MARROW)

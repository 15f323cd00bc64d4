"""Metal, ghosts and uneven suppression on pictures whose faults are known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from hipdesk.image_quality import (
    GHOST_LIMIT,
    UNEVEN_LIMIT,
    VOID_NOTED,
    ghosting,
    head_void,
    image_notices,
    refused_for_metal,
    unevenness,
    void_share,
)
from hipdesk.records import Contrast, Head, HipResult, Reason, Side, Volume
from tests.stacks import series_of, stack_about, turned

SHAPE = (15, 100, 180)
SPACING = (5.0, 2.0, 2.0)
AFFINE = stack_about(turned(0, 0, 0), SPACING, SHAPE)
R, L = Side.RIGHT, Side.LEFT
CENTRES = {R: (-90.0, 0.0, 0.0), L: (90.0, 0.0, 0.0)}


def _apart(centre):
    index = np.moveaxis(np.indices(SHAPE), 0, -1)
    return np.linalg.norm(index @ AFFINE[:3, :3].T + AFFINE[:3, 3] - centre, axis=-1)


def _volume(voxels=None, contrast=Contrast.STIR):
    voxels = np.full(SHAPE, 100.0, np.float32) if voxels is None else voxels
    series = replace(series_of(AFFINE, SHAPE), contrast=contrast)
    return Volume(series, voxels.astype(np.float32), "0" * 64)


def _head(side, found=True, **changes):
    if not found:
        return Head(side, False, 0.2, reason=Reason.HEAD_NOT_FOUND)
    return Head(side, True, 0.9, CENTRES[side], 24.0, **changes)


def _textured(seed=1):
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(0, 1, SHAPE), (0, 1, 1))
    return (100 + 20 * noise / noise.std()).astype(np.float32)


def _with_void(side, radius):
    voxels = _textured()
    voxels[_apart(CENTRES[side]) < radius] = 2.0
    return _volume(voxels)


def _codes(volume, heads):
    hips = [HipResult(head.side, head, None, None) for head in heads]
    return {notice.code: notice for notice in image_notices(volume, hips)}


def test_a_whole_head_has_no_void():
    assert head_void(_volume(), _head(R)) == 0.0
    heads = (_head(R), _head(L))
    assert refused_for_metal(_volume(), heads) == heads
    assert _codes(_volume(), heads) == {}


def test_a_void_fills_its_share_of_the_ball():
    # A void of half the ball's radius holds an eighth of it.
    volume = _with_void(R, 0.5 * 0.8 * 24.0)
    assert head_void(volume, _head(R)) == pytest.approx(1 / 8, abs=0.03)
    heads = refused_for_metal(volume, (_head(R), _head(L)))
    assert all(head.found for head in heads)
    said = _codes(volume, heads)
    assert set(said) == {"signal_void"}
    assert said["signal_void"].figure > 100 * VOID_NOTED


def test_metal_at_a_found_head_refuses_that_hip_alone():
    right, left = refused_for_metal(_with_void(R, 30.0), (_head(R), _head(L)))
    assert (right.found, right.reason, right.centre_lps_mm) == (False, Reason.METAL, None)
    assert left == _head(L)
    assert set(_codes(_with_void(R, 30.0), (right, left))) == {"metal"}


def test_metal_where_no_head_was_found_is_named():
    right, left = refused_for_metal(_with_void(L, 30.0), (_head(R), _head(L, found=False)))
    assert (left.reason, right.found) == (Reason.METAL, True)


def test_a_head_that_is_merely_not_found_stays_so():
    _, left = refused_for_metal(_volume(), (_head(R), _head(L, found=False)))
    assert left.reason is Reason.HEAD_NOT_FOUND


def test_air_where_the_other_hip_would_be_is_no_metal():
    voxels = np.full(SHAPE, 100.0, np.float32)
    voxels[:, :, 115:] = 1.0
    _, left = refused_for_metal(_volume(voxels), (_head(R), _head(L, found=False)))
    assert left.reason is Reason.HEAD_NOT_FOUND


def test_a_head_that_a_reader_placed_is_kept():
    placed = _head(R, placed=True)
    assert refused_for_metal(_with_void(R, 30.0), (placed, _head(L)))[0] == placed


def test_a_ball_outside_the_picture_is_not_judged():
    assert void_share(_volume(), (180.0, 0.0, 0.0), 24.0, 0.0) is None


@pytest.mark.parametrize("strength", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("axis", [1, 2])
def test_a_ghost_is_as_strong_as_measured(strength, axis):
    voxels = _textured()
    shift = SHAPE[axis] // 4
    moved = voxels + strength * np.roll(voxels, shift, axis=axis)
    # The correlation of a + s b with itself displaced, b = a displaced: s / (1 + s^2),
    # over the share of the picture in which both copies were measured.
    want = strength / (1 + strength**2)
    assert ghosting(moved) == pytest.approx(want, abs=0.06)
    assert ("ghosting" in _codes(_volume(moved), ())) is (want > GHOST_LIMIT)


def test_an_empty_picture_measures_nothing():
    empty = np.zeros(SHAPE, np.float32)
    assert ghosting(empty) == 0.0
    assert unevenness(empty, SPACING) is None


@pytest.mark.parametrize(("factor", "said"), [(1.0, False), (1.7, False), (2.5, True)])
def test_a_brighter_side_is_measured(factor, said):
    voxels = _textured()
    voxels[:, :, 90:] *= factor
    assert unevenness(voxels, SPACING) == pytest.approx(factor, rel=0.05)
    assert ("uneven_suppression" in _codes(_volume(voxels), ())) is said
    assert said is (factor > UNEVEN_LIMIT)
    t1 = _codes(_volume(voxels, Contrast.T1), ())
    assert "uneven_suppression" not in t1


def test_gain_and_mirroring_change_no_figure():
    voxels = _textured()
    voxels[:, :, 100:] *= 1.5
    assert ghosting(3 * voxels) == pytest.approx(ghosting(voxels), rel=1e-3)
    assert unevenness(3 * voxels, SPACING) == pytest.approx(unevenness(voxels, SPACING), rel=1e-3)
    assert unevenness(voxels[:, :, ::-1], SPACING) == pytest.approx(
        unevenness(voxels, SPACING), rel=0.03
    )

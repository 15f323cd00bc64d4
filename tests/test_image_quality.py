"""Metal, ghosts and uneven suppression on pictures whose faults are known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.image_quality import (
    FAT_LIMIT,
    GHOST_LIMIT,
    VOID_NOTED,
    failed_suppression,
    ghosting,
    head_void,
    image_notices,
    refused_for_metal,
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
    assert failed_suppression(empty, SPACING) is None


def _limbs(bright, fat_from):
    """Muscles with sheets of fat between, as dark as they are, but bright from a column on."""
    voxels = _textured(2)
    voxels[:, :, :10] = 1.0
    voxels[:, :, -10:] = 1.0
    sheet = np.zeros(SHAPE, bool)
    sheet[:, ::10] = sheet[:, 1::10] = True
    sheet[:, :, ::10] = sheet[:, :, 1::10] = True
    sheet[:, :, : max(fat_from, 10)] = False
    sheet[:, :, -10:] = False
    voxels[sheet] *= bright
    return voxels


def test_bright_fat_in_a_part_of_the_body_is_told():
    told = failed_suppression(_limbs(4.0, 110), SPACING)
    assert told.log_odds > FAT_LIMIT
    assert 0.2 < told.share < 0.55
    said = _codes(_volume(_limbs(4.0, 110)), ())["uneven_suppression"]
    assert said.figure == pytest.approx(100 * told.share)
    assert "uneven_suppression" not in _codes(_volume(_limbs(4.0, 110), Contrast.T1), ())


def test_the_brighter_the_fat_the_likelier_its_failure():
    odds = [failed_suppression(_limbs(bright, 110), SPACING).log_odds for bright in (1, 2, 3, 4)]
    assert odds == sorted(odds)
    assert odds[0] < FAT_LIMIT - 2


@pytest.mark.parametrize("factor", [1.0, 1.7, 2.5])
def test_a_coil_that_brightens_one_side_is_no_failure(factor):
    voxels = _limbs(1.0, 10)
    voxels *= np.linspace(1, factor, SHAPE[2], dtype=np.float32)
    assert failed_suppression(voxels, SPACING).log_odds < FAT_LIMIT


def test_too_little_of_a_body_is_not_judged():
    voxels = np.zeros(SHAPE, np.float32)
    voxels[:, 40:60, 40:60] = 100.0
    assert failed_suppression(voxels, SPACING) is None


def test_gain_and_mirroring_change_no_figure():
    voxels = _limbs(3.0, 110)
    assert ghosting(3 * voxels) == pytest.approx(ghosting(voxels), rel=1e-3)
    odds = failed_suppression(voxels, SPACING).log_odds
    for other in (3 * voxels, voxels[:, :, ::-1], voxels[:, ::-1], voxels[::-1]):
        assert failed_suppression(other, SPACING).log_odds == pytest.approx(odds, abs=0.4)


def test_no_real_series_seems_to_fail_or_to_have_ghosts(shared_data):
    """T1 series: fat is bright everywhere, so even taken for another contrast it fails nowhere."""
    for folder in sorted((shared_data / "mr_coronal_t1").glob("images_*")):
        reader = DicomFolderReader()
        volume = reader.read(reader.scan(folder).series[0])
        as_stir = Volume(
            replace(volume.series, contrast=Contrast.STIR), volume.voxels, volume.pixel_sha256
        )
        assert _codes(as_stir, ()) == {}

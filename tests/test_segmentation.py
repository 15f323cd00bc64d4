"""Masks: home to native pixels, and made to agree with anatomy."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.crop import crop_hip
from hipdesk.errors import Cancelled, ModelError
from hipdesk.geometry import voxel_volume_ml
from hipdesk.grids import Grid
from hipdesk.inference import as_slices, in_layout, with_context
from hipdesk.manifest import Task
from hipdesk.ports import never_cancelled
from hipdesk.records import BONES, Contrast, Head, SegmentClass, Side
from hipdesk.segmentation import (
    LESION_MINIMUM_ML,
    clean,
    piece_at,
    segment_hip,
    without_small,
)
from tests.stacks import (
    FLUID,
    HEAD_MM,
    MARROW,
    OEDEMA,
    FakeLocator,
    FakeSegmenter,
    ball,
    head_centre,
    manifest_of,
    patient_volume,
    places,
    reordered,
    stack_about,
    turned,
)

SHAPE = (21, 170, 260)
STACK = stack_about(turned(6, -4, 2), (4.0, 1.1, 1.1), SHAPE)
HEAD, FEMUR, PELVIS = BONES
BME, EFFUSION = SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS


def _head(side: Side) -> Head:
    return Head(side, True, 1.0, tuple(head_centre(side)), HEAD_MM)


def _segment(volume, side, network=None):
    crop = crop_hip(volume, _head(side), MARROW)
    return segment_hip(crop, network or FakeSegmenter(), volume.series)


@pytest.fixture(scope="module")
def volume():
    return patient_volume(STACK, SHAPE)


def _share(mask, of):
    return np.count_nonzero(mask & of)


def _dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("side", Side)
def test_masks_lie_on_the_native_pixels_they_show(volume, side):
    found = _segment(volume, side)
    where = places(STACK, SHAPE)
    near = ball(where, head_centre(side), 45)
    marrow = (volume.voxels == MARROW) | (volume.voxels == OEDEMA)
    assert _dice(found.full(FEMUR, SHAPE) & near, marrow & near) > 0.95
    assert _dice(found.full(EFFUSION, SHAPE), (volume.voxels == FLUID) & near) > 0.8
    assert not (found.full(HEAD, SHAPE) & ~found.full(FEMUR, SHAPE)).any()
    assert not (found.full(PELVIS, SHAPE) & found.full(FEMUR, SHAPE)).any()


def test_oedema_is_found_on_its_own_side_only(volume):
    right, left = (_segment(volume, side).full(BME, SHAPE) for side in Side)
    assert _dice(right, volume.voxels == OEDEMA) > 0.8
    assert not left.any()


def test_stored_pixel_order_changes_nothing(volume):
    other, shape = reordered(STACK, SHAPE, True, False, True)
    again = _segment(patient_volume(other, shape), Side.LEFT)
    straight = _segment(volume, Side.LEFT)
    for name in SegmentClass:
        expected = straight.full(name, SHAPE)[:, :, ::-1].transpose(0, 2, 1)
        assert np.array_equal(again.full(name, shape), expected)


def test_without_fluid_sensitivity_there_are_no_lesion_masks():
    t1 = patient_volume(STACK, SHAPE, Contrast.T1)
    assert set(_segment(t1, Side.RIGHT).masks) == set(BONES)


def test_a_threshold_of_the_manifest_is_the_threshold(volume):
    strict = FakeSegmenter()
    thresholds = {channel.name: 0.5 for channel in strict.manifest.channels} | {"bme": 0.95}
    spec = strict.manifest.inputs[0]
    size = (spec.rows, spec.columns, spec.spacing_mm)
    strict.manifest = manifest_of(Task.SEGMENT, thresholds, size, k=3)
    found = _segment(volume, Side.RIGHT, strict)
    assert not found.masks[BME].any()
    assert found.masks[EFFUSION].any()


def test_a_lesion_ends_at_half_its_height_where_the_manifest_says_so(volume):
    fluid = volume.voxels == FLUID
    bright = fluid & (np.indices(SHAPE)[1] > np.median(np.argwhere(fluid)[:, 1]))
    dim = fluid & ~bright
    patchy = replace(volume, voxels=np.where(bright, 3 * volume.voxels, volume.voxels))
    halved = FakeSegmenter()
    channels = tuple(
        each.model_copy(update={"half_height": each.name == EFFUSION})
        for each in halved.manifest.channels
    )
    halved.manifest = halved.manifest.model_copy(update={"channels": channels})
    for side in Side:
        plain, ended = (
            _segment(patchy, side, network).full(EFFUSION, SHAPE) for network in (None, halved)
        )
        assert _share(plain, dim) > 50
        assert _share(ended, dim) < 0.3 * _share(plain, dim)
        assert _share(ended, bright) > 0.8 * _share(plain, bright) > 40


def test_channels_are_taken_by_name(volume):
    class Shuffled(FakeSegmenter):
        def __init__(self):
            super().__init__()
            channels = tuple(reversed(self.manifest.channels))
            self.manifest = self.manifest.model_copy(update={"channels": channels})

        def paint(self, picture):
            return super().paint(picture)[::-1]

    found, expected = _segment(volume, Side.RIGHT, Shuffled()), _segment(volume, Side.RIGHT)
    for name in SegmentClass:
        assert np.array_equal(found.masks[name], expected.masks[name])


def test_models_of_another_grid_or_task_are_refused(volume):
    wrong = FakeSegmenter()
    names = dict.fromkeys(wrong.manifest.channel_names, 0.5)
    wrong.manifest = manifest_of(Task.SEGMENT, names, (64, 64, 1.0))
    for network in (wrong, FakeLocator()):
        with pytest.raises(ModelError):
            _segment(volume, Side.RIGHT, network)


def test_a_volumetric_model_gets_the_whole_stack_at_once(volume):
    class Whole(FakeSegmenter):
        calls: ClassVar[list[int]] = []

        def __init__(self):
            super().__init__()
            changes = {"layout": "NCDHW", "context_slices": 1, "depth_multiple": 2}
            spec = self.manifest.inputs[0].model_copy(update=changes)
            self.manifest = self.manifest.model_copy(update={"inputs": (spec,)})

        def run(self, inputs, cancelled=never_cancelled):
            self.calls.append(len(next(iter(inputs.values()))))
            return super().run(inputs, cancelled)

    crop = crop_hip(volume, _head(Side.LEFT), MARROW)
    found = segment_hip(crop, Whole(), volume.series)
    expected = segment_hip(crop, FakeSegmenter(), volume.series)
    assert Whole.calls == [len(crop.image)] > [8]
    for name in SegmentClass:
        assert np.array_equal(found.masks[name], expected.masks[name])


@given(st.integers(1, 9), st.integers(1, 4))
def test_a_stack_becomes_one_sample_and_comes_back(slices, multiple):
    samples = np.arange(slices * 6, dtype=np.float32).reshape(slices, 1, 2, 3)
    spec = manifest_of(Task.SEGMENT, {"bme": 0.5}, (2, 3, 1.0)).inputs[0]
    assert in_layout(samples, spec) is samples
    deep = spec.model_copy(update={"layout": "NCDHW", "depth_multiple": multiple})
    stack = in_layout(samples, deep)
    assert stack.shape[:2] == (1, 1)
    assert stack.shape[2] % multiple == 0
    assert 0 <= stack.shape[2] - slices < multiple
    assert (stack[0, 0, slices:] == samples[-1]).all()
    assert np.array_equal(as_slices(stack, slices), samples)


def test_cancelling_stops(volume):
    crop = crop_hip(volume, _head(Side.LEFT), MARROW)
    with pytest.raises(Cancelled):
        segment_hip(crop, FakeSegmenter(), volume.series, cancelled=lambda: True)


def test_context_repeats_the_ends():
    stack = np.arange(4, dtype=np.float32).reshape(4, 1, 1)
    assert with_context(stack, 3)[:, :, 0, 0].tolist() == [
        [0, 0, 1],
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 3],
    ]


BLOCK = Grid(np.diag([4.0, 1.0, 1.0, 1.0]), (7, 80, 80))
LOCATED = Head(Side.RIGHT, True, 1.0, (12.0, 40.0, 40.0), 24.0)


def _masks(**painted):
    masks = {name: np.zeros(BLOCK.shape, bool) for name in SegmentClass}
    where = places(BLOCK.affine, BLOCK.shape)
    masks[HEAD] = ball(where, np.array([12.0, 40.0, 40.0]), 24)
    masks[FEMUR] = masks[HEAD].copy()
    for name, region in painted.items():
        masks[SegmentClass(name)][region] = True
    return masks


def test_islands_far_from_the_head_are_not_femur():
    island = (slice(0, 3), slice(2, 8), slice(2, 8))
    cleaned = clean(_masks(femoral_head=island, proximal_femur=island), LOCATED, BLOCK)
    assert not cleaned[FEMUR][island].any()
    assert not cleaned[HEAD][island].any()
    assert cleaned[HEAD].sum() == _masks()[HEAD].sum()


def test_oedema_outside_bone_and_effusion_inside_are_dropped():
    inside = (slice(2, 5), slice(35, 45), slice(35, 45))
    outside = (slice(2, 5), slice(2, 9), slice(2, 9))
    cleaned = clean(
        _masks(
            bme=(slice(2, 5), slice(2, 45), slice(35, 45)),
            effusion_synovitis=(slice(2, 5), slice(35, 45), slice(2, 45)),
        ),
        LOCATED,
        BLOCK,
    )
    assert cleaned[BME][inside].all()
    assert not cleaned[BME][outside].any()
    assert not cleaned[BME][3, :12].any()
    assert not cleaned[EFFUSION][inside].any()
    assert cleaned[EFFUSION][3, 40, 4:10].all()


def test_lesions_below_the_minimum_are_dropped_and_at_it_kept():
    smallest = int(np.ceil(LESION_MINIMUM_ML / voxel_volume_ml(BLOCK.affine)))
    small = (3, 40, slice(30, 30 + smallest - 1))
    enough = (3, 44, slice(30, 30 + smallest))
    cleaned = clean(_masks(bme=small), LOCATED, BLOCK)
    assert not cleaned[BME].any()
    cleaned = clean(_masks(bme=enough), LOCATED, BLOCK)
    assert cleaned[BME].sum() == smallest


def test_no_head_mask_leaves_the_femur_at_the_located_head():
    masks = _masks()
    masks[HEAD][:] = False
    cleaned = clean(masks, LOCATED, BLOCK)
    assert not cleaned[HEAD].any()
    assert cleaned[FEMUR].any()


def test_piece_at_an_empty_anchor_is_nothing():
    mask = np.ones((2, 3, 3), bool)
    assert not piece_at(mask, np.zeros((2, 3, 3), bool)).any()
    assert not piece_at(~mask, mask).any()


def test_without_small_counts_voxels():
    line = np.zeros((1, 1, 9), bool)
    line[0, 0, [0, 1, 3, 4, 5]] = True
    kept = without_small(line, 3, np.ones((3, 3, 3), bool))
    assert np.flatnonzero(kept).tolist() == [3, 4, 5]

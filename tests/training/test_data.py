from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.inference import with_context  # noqa: E402
from hipdesk.intensity import by_marrow  # noqa: E402
from hipdesk.training.data import training_batch, watching_batch  # noqa: E402
from hipdesk.training.recipes import LOCATE, Augmentation, Kind  # noqa: E402
from hipdesk.training.shards import Pool, Stack, read_pool, write_shards  # noqa: E402
from tests.training.tiny import TINY  # noqa: E402

STILL = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_the_network_sees_in_training_what_the_pipeline_gives_it(pools: tuple[Pool, Pool]) -> None:
    pool = pools[0]
    stack = pool.signal[pool.first == 0].astype(np.float32)
    wanted = with_context(by_marrow(stack, 1.0), 3)
    got = watching_batch(pool, TINY, np.arange(len(stack))).image.numpy()
    np.testing.assert_array_equal(got, wanted)


def test_truth_planes_are_the_label_bits(pools: tuple[Pool, Pool]) -> None:
    batch = watching_batch(pools[0], TINY, np.array([0]))
    np.testing.assert_array_equal(batch.truth[0, 0].numpy(), pools[0].labels[0] & 1)
    np.testing.assert_array_equal(batch.truth[0, 1].numpy(), pools[0].labels[0] >> 1)


def test_a_step_is_drawn_from_seed_and_number_alone(pools: tuple[Pool, Pool]) -> None:
    first, again = (training_batch(pools[0], TINY, 5, 17) for _ in range(2))
    assert torch.equal(first.image, again.image)
    assert torch.equal(first.truth, again.truth)
    assert not torch.equal(first.image, training_batch(pools[0], TINY, 5, 18).image)
    assert not torch.equal(first.image, training_batch(pools[0], TINY, 6, 17).image)


def test_image_and_truth_move_together(pools: tuple[Pool, Pool]) -> None:
    moved = replace(TINY, augmentation=replace(STILL, shift_px=5, rotation_deg=20, scale=0.1))
    for step in range(4):
        batch = training_batch(pools[0], moved, 1, step)
        ring = batch.truth[:, 1] > 0.9
        assert batch.image[:, 1][ring].min() > np.log2(1 + 1.8)
        assert batch.image[:, 1][(batch.truth.sum(1) == 0)].max() < np.log2(1 + 1.2)


def test_without_variation_a_batch_is_what_is_watched(pools: tuple[Pool, Pool]) -> None:
    still = replace(TINY, augmentation=STILL, batch=1)
    image = training_batch(pools[0], still, 1, 0).image
    watched = watching_batch(pools[0], still, np.arange(len(pools[0]))).image
    assert (watched - image).abs().amax(dim=(1, 2, 3)).min() < 1e-4


def test_every_variation_changes_the_picture_and_not_the_truth(pools: tuple[Pool, Pool]) -> None:
    still = replace(TINY, augmentation=STILL)
    base = training_batch(pools[0], still, 1, 0)
    for name in ("gamma", "gain", "coil", "noise", "blur"):
        how = replace(STILL, share=1.0, **{name: 0.3})
        batch = training_batch(pools[0], replace(TINY, augmentation=how), 1, 0)
        assert not torch.allclose(batch.image, base.image, atol=1e-3), name
        assert torch.equal(batch.truth, base.truth), name
        assert torch.isfinite(batch.image).all(), name


def test_mirroring_swaps_the_heads(tmp_path: Path) -> None:
    def make(rng: np.random.Generator) -> Stack:
        labels = np.zeros((1, 192, 192), np.uint8)
        labels[:, 80:100, 40:60] |= 1
        labels[:, 80:100, 130:150] |= 2
        return Stack((labels == 1).astype(np.float32), labels)

    write_shards(make, Kind.PELVIS, tmp_path, 1, seed=0)
    pool = read_pool(tmp_path)
    recipe = replace(LOCATE, augmentation=replace(STILL, mirrored_channels=(1, 0, 2)), batch=1)
    bright_side = set()
    for step in range(12):
        batch = training_batch(pool, recipe, 0, step)
        columns = torch.arange(192.0)
        right, left = (float((batch.truth[0, i].sum(0) * columns).sum()) for i in (0, 1))
        assert right < left
        bright_side.add(bool(batch.image[0, 0, :, :96].sum() > batch.image[0, 0, :, 96:].sum()))
    assert bright_side == {True, False}

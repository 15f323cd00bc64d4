from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.inference import with_context  # noqa: E402
from hipdesk.intensity import by_marrow  # noqa: E402
from hipdesk.training.data import training_batch, watching_batch  # noqa: E402
from hipdesk.training.recipes import LOCATE, Architecture, Augmentation, Kind  # noqa: E402
from hipdesk.training.shards import Pool, Stack, read_pool, write_shards  # noqa: E402
from tests.training.tiny import TINY, tiny  # noqa: E402

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


def test_a_volumetric_batch_is_windows_of_one_stack(pools: tuple[Pool, Pool]) -> None:
    recipe = replace(tiny(Architecture.UNET_3D), augmentation=STILL, batch=6)
    batch = training_batch(pools[0], recipe, 1, 0)
    assert batch.image.shape == (3, 1, 2, 32, 48)
    assert batch.truth.shape == (3, 2, 2, 32, 48)
    bright = batch.image[:, 0] > np.log2(1 + 1.8)
    ring = batch.truth[:, 1] > 0.5
    assert (bright == ring).float().mean() > 0.98


def test_a_volumetric_network_watches_whole_stacks_made_even(pools: tuple[Pool, Pool]) -> None:
    pool, recipe = pools[0], tiny(Architecture.UNET_3D)
    batch = watching_batch(pool, recipe, np.arange(3))
    assert batch.image.shape == (1, 1, 4, 32, 48)
    assert torch.equal(batch.image[:, :, 2], batch.image[:, :, 3])
    assert batch.truth.shape == (1, 2, 3, 32, 48)
    np.testing.assert_array_equal(batch.truth[0, 1].numpy(), pool.labels[:3] >> 1)


def test_slices_with_a_lesion_are_drawn_oftener(tmp_path: Path) -> None:
    def make(rng: np.random.Generator) -> Stack:
        labels = np.full((10, 4, 6), 1, np.uint8)
        labels[0, 1, 1] |= 2
        labels[9, 1, 1] |= 4
        return Stack(np.ones((10, 4, 6), np.float32), labels)

    write_shards(make, Kind.HIP, tmp_path, 8, seed=0)
    pool = read_pool(tmp_path)
    channels = ("femoral_head", "bme", "effusion_synovitis")
    recipe = replace(
        TINY, channels=channels, augmentation=STILL, batch=400, labelled=0.0, softening=0
    )
    for share, low, high in ((0.0, 0.05, 0.16), (0.5, 0.24, 0.36)):
        truth = training_batch(pool, replace(recipe, lesioned=share), 1, 0).truth
        shown = truth.amax(dim=(2, 3)).mean(dim=0)
        assert low < shown[1] < high
        assert low < shown[2] < high


def test_only_lesions_have_their_edges_softened(pools: tuple[Pool, Pool]) -> None:
    named = replace(TINY, channels=("femoral_head", "bme"), augmentation=STILL)
    hard = training_batch(pools[0], named, 1, 0).truth
    soft = training_batch(pools[0], replace(named, softening=1.0), 1, 0).truth
    assert torch.equal(soft[:, 0], hard[:, 0])
    assert 0 < soft[:, 1][hard[:, 1] < 0.01].max() <= 0.75
    assert soft[:, 1].sum() == pytest.approx(float(hard[:, 1].sum()), rel=1e-3)


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

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hipdesk.errors import UnreadableInput
from hipdesk.training.recipes import Kind
from hipdesk.training.shards import (
    STACKS_A_SHARD,
    Stack,
    as_measured,
    read_pool,
    split_pool,
    write_shards,
)


def random_stack(rng: np.random.Generator) -> Stack:
    n = int(rng.integers(1, 4))
    labels = rng.integers(0, 4, (n, 4, 6), dtype=np.uint8)
    return Stack(rng.random((n, 4, 6), dtype=np.float32), labels, known=0b01)


def refuse(rng: np.random.Generator) -> Stack:
    raise AssertionError("a shard that exists was made again")


def test_two_parts_give_what_one_gives(tmp_path: Path) -> None:
    stacks = 3 * STACKS_A_SHARD
    assert write_shards(random_stack, Kind.HIP, tmp_path / "whole", stacks, seed=3) == 3
    assert write_shards(random_stack, Kind.HIP, tmp_path / "parts", stacks, 3, part=(1, 2)) == 1
    assert write_shards(random_stack, Kind.HIP, tmp_path / "parts", stacks, 3, part=(0, 2)) == 2
    whole, parts = read_pool(tmp_path / "whole"), read_pool(tmp_path / "parts")
    np.testing.assert_array_equal(whole.signal, parts.signal)
    np.testing.assert_array_equal(whole.labels, parts.labels)


def test_existing_shards_are_kept_and_missing_ones_made_again(tmp_path: Path) -> None:
    write_shards(random_stack, Kind.HIP, tmp_path, 2 * STACKS_A_SHARD, seed=3)
    before = read_pool(tmp_path)
    assert write_shards(refuse, Kind.HIP, tmp_path, 2 * STACKS_A_SHARD, seed=3) == 0
    (tmp_path / "shard_00001.npz").unlink()
    assert write_shards(random_stack, Kind.HIP, tmp_path, 2 * STACKS_A_SHARD, seed=3) == 1
    np.testing.assert_array_equal(read_pool(tmp_path).signal, before.signal)


def test_another_seed_or_kind_gives_other_stacks(tmp_path: Path) -> None:
    pools = []
    for place, kind, seed in (("a", Kind.HIP, 1), ("b", Kind.HIP, 2), ("c", Kind.PELVIS, 1)):
        write_shards(random_stack, kind, tmp_path / place, 1, seed)
        pools.append(read_pool(tmp_path / place, limit=1).signal[0])
    assert not np.array_equal(pools[0], pools[1])
    assert not np.array_equal(pools[0], pools[2])


def test_neighbours_stop_at_the_ends_of_a_stack(tmp_path: Path) -> None:
    def make(rng: np.random.Generator) -> Stack:
        return Stack(np.zeros((3, 2, 2), np.float32), np.zeros((3, 2, 2), np.uint8))

    write_shards(make, Kind.HIP, tmp_path, 2, seed=0)
    pool = read_pool(tmp_path, limit=2)
    assert len(pool) == 6
    around = pool.neighbours(np.array([0, 1, 2, 3]), context=3)
    assert around.tolist() == [[0, 0, 1], [0, 1, 2], [1, 2, 2], [3, 3, 4]]


def test_held_out_stacks_are_whole_and_last(tmp_path: Path) -> None:
    write_shards(random_stack, Kind.HIP, tmp_path, STACKS_A_SHARD, seed=1)
    pool = read_pool(tmp_path)
    learn, watch = split_pool(pool, 0.25)
    assert len(np.unique(learn.first)) == 6
    assert len(np.unique(watch.first)) == 2
    np.testing.assert_array_equal(np.concatenate([learn.signal, watch.signal]), pool.signal)
    assert watch.first[0] == 0
    assert watch.last[-1] == len(watch) - 1


def test_only_labelled_slices_are_listed_as_such(tmp_path: Path) -> None:
    def make(rng: np.random.Generator) -> Stack:
        labels = np.zeros((3, 2, 2), np.uint8)
        labels[1, 0, 0] = 2
        return Stack(np.zeros((3, 2, 2), np.float32), labels)

    write_shards(make, Kind.HIP, tmp_path, 1, seed=0)
    assert read_pool(tmp_path, limit=2).labelled.tolist() == [1, 4]


def test_a_folder_without_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="generate"):
        read_pool(tmp_path)


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "shard_00000.npz").write_bytes(b"PK not a shard")
    with pytest.raises(UnreadableInput, match="shard_00000"):
        read_pool(tmp_path)


def test_a_simulated_hip_is_measured_as_the_pipeline_does() -> None:
    labels = np.full((2, 40, 40), 2, np.uint8)
    labels[:, :26] |= 8
    signal = np.where(labels & 8, 2.0, 1.0).astype(np.float32)
    full = [as_measured(signal, labels, 2.0, np.random.default_rng(seed)) for seed in range(200)]
    lone = np.array(full) == 2.0
    assert 0.1 < lone.mean() < 0.3
    held = np.array(full)[~lone]
    assert np.median(held) == pytest.approx(1.2, abs=0.04)
    assert 0.07 < np.log(held).std() < 0.13
    healthy = as_measured(np.ones_like(signal), labels & 2, 1.0, np.random.default_rng(0))
    assert healthy == 1.0

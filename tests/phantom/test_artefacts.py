"""The scanner's imperfections, one at a time, against what they must do to a plain picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hipdesk.phantom.artefacts import Scanner, acquire, random_scanner

SHAPE = (4, 48, 64)
IDEAL = Scanner(0.0, 20.0, (0.0, 0.0, 0.0), (1.0, 1.0), 0.0, 0.25, 0.0, 0.0)


def square() -> np.ndarray:
    picture = np.full(SHAPE, 1.0, dtype=np.float32)
    picture[:, 16:32, 20:40] = 3.0
    return picture


def taken(scanner: Scanner, picture: np.ndarray | None = None, **more) -> np.ndarray:
    picture = square() if picture is None else picture
    depth, fat = np.full(SHAPE, 30.0, np.float32), np.zeros(SHAPE, np.float32)
    return acquire(np.random.default_rng(1), picture, depth, fat, 1.0, scanner, **more)


def test_an_ideal_scanner_keeps_flat_parts() -> None:
    np.testing.assert_allclose(taken(IDEAL)[:, 20:28, 26:34], 3.0, rtol=0.06)


def test_noise_has_the_size_asked_for_whatever_the_resolution() -> None:
    flat = np.full(SHAPE, 5.0, dtype=np.float32)
    for keep in (0.5, 1.0):
        noisy = taken(replace(IDEAL, noise=0.2, resolution=(keep, keep)), flat)
        assert noisy.std() == pytest.approx(0.2, rel=0.15)


def test_lost_suppression_brightens_fat_at_one_place_only() -> None:
    fatty = np.full(SHAPE, 0.5, dtype=np.float32)
    flat = np.full(SHAPE, 1.0, dtype=np.float32)
    place = replace(IDEAL, fat_left=2.0, fat_left_at=(0.0, 1.0, 1.0), fat_left_reach=0.5)
    found = taken(place, flat, fatty=fatty)
    # 1 + 2 x 0.5 in the corner, 1 on the other side.
    assert found[2, -4:, -4:].mean() == pytest.approx(2.0, rel=0.05)
    assert found[2, :8, :8].mean() == pytest.approx(1.0, rel=0.05)


def test_a_wrap_lays_the_far_side_over_the_near_one() -> None:
    picture = np.full(SHAPE, 1.0, dtype=np.float32)
    picture[:, :, -8:] = 4.0
    found = taken(replace(IDEAL, wrap=8 / 64), picture)
    assert found[:, 10:38, 2:6].mean() > 2.5
    assert found[:, 10:38, 20:40].mean() == pytest.approx(1.0, rel=0.05)


def test_motion_smears_along_rows_and_keeps_the_sum() -> None:
    still, moved = taken(IDEAL), taken(replace(IDEAL, motion_px=1.0))
    assert moved.sum() == pytest.approx(still.sum(), rel=0.02)
    assert np.abs(moved - still)[:, 4:44].max() > 0.3


def test_every_second_slice_gets_its_own_gain() -> None:
    means = taken(replace(IDEAL, interleave=1.2)).mean(axis=(1, 2))
    np.testing.assert_allclose(means[1::2] / means[::2], 1.2, rtol=1e-3)


def test_scanners_differ_and_repeat() -> None:
    drawn = [random_scanner(np.random.default_rng(seed)) for seed in range(200)]
    assert random_scanner(np.random.default_rng(3)) == drawn[3]
    for name in ("motion_px", "fat_left", "wrap", "ghost"):
        assert 0.01 < np.mean([getattr(each, name) > 0 for each in drawn]) < 0.5

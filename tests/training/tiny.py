"""A small recipe and pools of bright discs with a thin ring, quick to learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hipdesk.training.recipes import SEGMENT, Architecture, Kind, Recipe, with_architecture
from hipdesk.training.shards import Pool, Stack, read_pool, split_pool, write_shards

ROWS, COLUMNS = 32, 48
STEPS_TO_KILL_IN = 12
TINY: Recipe = replace(
    SEGMENT,
    name="tiny",
    channels=("disc", "ring"),
    rows=ROWS,
    columns=COLUMNS,
    widths=(8, 8, 16, 16),
    points=(96, 384, 512),
    importance=(1.0, 1.0),
    batch=4,
    rate=1e-2,
    ema=0.9,
)
PLAIN: Recipe = replace(TINY, architecture=Architecture.UNET, points=())


def tiny(architecture: Architecture) -> Recipe:
    """The tiny recipe with another network."""
    changes = {"context": 1, "depth": 2, "widths": (8, 8, 16)} if architecture.volumetric else {}
    points = TINY.points if architecture is Architecture.POINT_RENDERING else ()
    return replace(TINY, architecture=architecture, **{"points": points, **changes})


def small(architecture: Architecture) -> Recipe:
    """The segmenter's own grid and channels, with hardly any features."""
    recipe = with_architecture(SEGMENT, architecture)
    return replace(recipe, widths=(4, 4, 6, 8), batch=2, depth=2, rate=1e-2)


def hip_stack(rng: np.random.Generator) -> Stack:
    """Three noisy slices of the size of a crop, every class somewhere."""
    signal = rng.random((3, SEGMENT.rows, SEGMENT.columns), np.float32)
    labels = np.zeros(signal.shape, np.uint8)
    for bit in range(len(SEGMENT.channels)):
        labels[:, 20 * bit : 20 * bit + 30, 40:90] |= 1 << bit
    return Stack(signal + labels / np.float32(16), labels)


def disc_stack(rng: np.random.Generator) -> Stack:
    """Three slices: a disc as bright as marrow, a ring two pixels wide around it."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    signal, labels = [], []
    for _ in range(3):
        centre, radius = rng.uniform(12, 20, 2), rng.uniform(5, 8)
        distance = np.hypot(y - centre[0], x - centre[1] - 8)
        disc, ring = distance < radius, np.abs(distance - radius - 2) < 1
        signal.append(0.4 + 0.6 * disc + 3.0 * ring)
        labels.append(disc.astype(np.uint8) | ring.astype(np.uint8) << 1)
    return Stack(np.asarray(signal, np.float32), np.asarray(labels, np.uint8))


def disc_pools(folder: Path) -> tuple[Pool, Pool]:
    """Slices to learn from and to watch."""
    write_shards(disc_stack, Kind.HIP, folder, 16, seed=1)
    return split_pool(read_pool(folder), 0.25)

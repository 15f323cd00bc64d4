"""A small recipe and pools of bright discs with a thin ring, quick to learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hipdesk.training.recipes import SEGMENT, Kind, Recipe
from hipdesk.training.shards import Pool, Stack, read_pool, split_pool, write_shards

ROWS, COLUMNS = 32, 48
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
PLAIN: Recipe = replace(TINY, points=())


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

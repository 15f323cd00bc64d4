"""Simulated stacks on disk: made once, resumable, in parts that may run side by side.

A shard is one ``.npz`` of `STACKS_A_SHARD` stacks. Stack ``i`` is drawn from the
generator ``(seed, i)``: which process makes a shard, or in which order, changes
nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.errors import UnreadableInput
from hipdesk.intensity import MARROW_MINIMUM_VOXELS, SIDE_RATIO, by_body
from hipdesk.phantom.prepared import PreparedAnatomy
from hipdesk.records import FloatArray, SegmentClass
from hipdesk.training.recipes import Kind

_log = logging.getLogger(__name__)

STACKS_A_SHARD: Final = 8
ALL_KNOWN: Final = 0xFF
KIND_KEY: Final = {Kind.HIP: 1, Kind.PELVIS: 2}
"""Keeps the generators of the two kinds apart under one seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Neighbouring slices of one subject with their truth.

    Attributes
    ----------
    signal : float32 (slices, rows, columns), 1 at normal marrow (hip) or at
        the body's 99th percentile (pelvis)
    labels : uint8, bit i set where channel i is
    known : bit i set where channel i's truth is known at all
    """

    signal: FloatArray
    labels: NDArray[np.uint8]
    known: int = ALL_KNOWN


OTHER_HIP_MISSING: Final = 0.2
"""Share of hips whose other one is outside the field of view, or as full of oedema."""

OTHER_HIP_ERROR: Final = 0.1
"""SD of the logarithm of one hip's marrow told from the other: 0.08 to 0.12 in two sets of
simulated patients."""

Maker = Callable[[np.random.Generator], Stack]


@dataclass(frozen=True, eq=False)
class Pool:
    """Slices of many stacks in memory.

    Attributes
    ----------
    signal : float16 (n, rows, columns)
    labels : uint8 (n, rows, columns)
    known : uint8 (n,)
    first, last : (n,) index of the first and last slice of the same stack
    """

    signal: NDArray[np.float16]
    labels: NDArray[np.uint8]
    known: NDArray[np.uint8]
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    @cached_property
    def labelled(self) -> NDArray[np.intp]:
        """Indices of the slices that show any channel."""
        return np.flatnonzero(self._shown)

    @cached_property
    def _shown(self) -> NDArray[np.uint8]:
        """Bits of the channels that each slice shows."""
        return np.asarray(np.bitwise_or.reduce(self.labels, axis=(1, 2)), dtype=np.uint8)

    def showing(self, channel: int) -> NDArray[np.intp]:
        """Indices of the slices that show a channel."""
        return np.flatnonzero(self._shown >> channel & 1)

    def __len__(self) -> int:
        return len(self.signal)

    def neighbours(self, chosen: NDArray[np.intp], context: int) -> NDArray[np.intp]:
        """Indices (n, context) of slices around the chosen ones, a stack's ends repeated."""
        around = chosen[:, None] + np.arange(context) - context // 2
        return np.clip(around, self.first[chosen, None], self.last[chosen, None])


def shard_count(stacks: int) -> int:
    """Shards that hold so many stacks."""
    return -(-stacks // STACKS_A_SHARD)


def write_shards(
    make: Maker, kind: Kind, folder: Path, stacks: int, seed: int, part: tuple[int, int] = (0, 1)
) -> int:
    """Make the shards that are missing in ``folder``; returns how many were made.

    Parameters
    ----------
    make : draws one stack from a generator
    stacks : in all parts together, rounded up to whole shards
    part : (k, n): only every n-th shard, from the k-th on
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = 0
    for number in range(part[0], shard_count(stacks), part[1]):
        path = folder / f"shard_{number:05d}.npz"
        if path.exists():
            continue
        first = number * STACKS_A_SHARD
        generators = (
            np.random.default_rng([seed, KIND_KEY[kind], index])
            for index in range(first, first + STACKS_A_SHARD)
        )
        _save(path, [make(rng) for rng in generators])
        made += 1
        _log.info("shard %d of %d made", number + 1, shard_count(stacks))
    return made


def read_pool(folder: Path, limit: int | None = None) -> Pool:
    """All slices of the shards in and below a folder, in order; at most ``limit`` stacks of them.

    Raises
    ------
    UnreadableInput
        The folder has no shards, or one of them is damaged.
    """
    paths = sorted(folder.rglob("shard_*.npz"))
    if not paths:
        raise UnreadableInput(f"There are no simulated stacks in {folder}; generate them first.")
    if limit is not None:
        paths = paths[: shard_count(limit)]
    parts = [_load(path) for path in paths]
    lengths = np.concatenate([part["lengths"] for part in parts])[:limit]
    n = int(lengths.sum())
    ends = np.cumsum(lengths)
    return Pool(
        signal=np.concatenate([part["signal"] for part in parts])[:n],
        labels=np.concatenate([part["labels"] for part in parts])[:n],
        known=np.repeat(np.concatenate([part["known"] for part in parts])[: len(lengths)], lengths),
        first=np.repeat(ends - lengths, lengths),
        last=np.repeat(ends - 1, lengths),
    )


def split_pool(pool: Pool, share: float) -> tuple[Pool, Pool]:
    """The pool without its last stacks, and those: ``share`` of all, at least one."""
    starts = np.unique(pool.first)
    kept = len(starts) - max(1, round(share * len(starts)))
    if kept < 1:
        raise UnreadableInput("One stack is too few to train and to watch; generate more.")
    cut = int(starts[kept])
    return _part(pool, 0, cut), _part(pool, cut, len(pool))


def hip_maker(anatomies: Sequence[PreparedAnatomy]) -> Maker:
    """Draws stacks of one hip, signal relative to the marrow median."""
    from hipdesk.phantom.samples import hip_stack

    def make(rng: np.random.Generator) -> Stack:
        made = hip_stack(rng, anatomies)
        reference = as_measured(made.signal, made.labels, made.marrow_median, rng)
        return Stack(made.signal / np.float32(reference), made.labels)

    return make


def as_measured(
    signal: FloatArray, labels: NDArray[np.uint8], own: float, rng: np.random.Generator
) -> float:
    """The marrow median that the pipeline would measure on a simulated hip.

    Only one hip is simulated, so the other one, that `hipdesk.intensity.marrow_medians`
    checks it against, is invented: mostly there and without oedema, its marrow
    told with the error measured there.

    Parameters
    ----------
    signal, labels : of a `hipdesk.phantom.samples.HipStack`
    own : median of the whole femur, oedema included
    """
    missing, error = rng.random() < OTHER_HIP_MISSING, np.exp(rng.normal(0, OTHER_HIP_ERROR))
    bits = {name: labels >> bit & 1 > 0 for bit, name in enumerate(SegmentClass)}
    femur = ndimage.binary_erosion(bits[SegmentClass.PROXIMAL_FEMUR], np.ones((1, 5, 5), bool))
    normal = signal[femur & ~bits[SegmentClass.BME]]
    if missing or normal.size < MARROW_MINIMUM_VOXELS:
        return own
    return min(own, SIDE_RATIO * float(np.median(normal)) * float(error))


def pelvis_maker(anatomies: Sequence[PreparedAnatomy]) -> Maker:
    """Draws coronal stacks of a pelvis, signal relative to the body's 99th percentile."""
    from hipdesk.phantom.samples import pelvis_stack

    def make(rng: np.random.Generator) -> Stack:
        made = pelvis_stack(rng, anatomies)
        return Stack(by_body(made.signal), made.labels)

    return make


def _part(pool: Pool, start: int, stop: int) -> Pool:
    """Slices ``start`` to ``stop``; both must be borders of stacks."""
    return Pool(
        pool.signal[start:stop],
        pool.labels[start:stop],
        pool.known[start:stop],
        pool.first[start:stop] - start,
        pool.last[start:stop] - start,
    )


def _save(path: Path, stacks: Sequence[Stack]) -> None:
    """Write a shard aside, then put it in place."""
    aside = path.with_name(f".{path.stem}.{os.getpid()}.tmp.npz")
    np.savez(
        aside,
        signal=np.concatenate([stack.signal for stack in stacks]).astype(np.float16),
        labels=np.concatenate([stack.labels for stack in stacks]),
        lengths=np.array([len(stack.signal) for stack in stacks]),
        known=np.array([stack.known for stack in stacks], dtype=np.uint8),
    )
    aside.replace(path)


def _load(path: Path) -> dict[str, NDArray[np.generic]]:
    """Arrays of one shard."""
    try:
        with np.load(path) as kept:
            return {name: kept[name] for name in ("signal", "labels", "lengths", "known")}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UnreadableInput(f"{path} is damaged; delete it and generate again.") from error

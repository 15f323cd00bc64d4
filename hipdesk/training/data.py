"""Batches drawn from a pool of simulated slices, varied each time.

Step ``i`` of a training is drawn from the generator ``(seed, i)``, so that a
resumed training goes on exactly as it would have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from hipdesk.intensity import BODY_CLIP, by_marrow
from hipdesk.manifest import Normalisation
from hipdesk.records import FloatArray
from hipdesk.training.recipes import Augmentation, Recipe
from hipdesk.training.shards import Pool


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step learns from.

    Attributes
    ----------
    image : (n, context, rows, columns)
    truth : (n, channels, rows, columns), 0-1
    known : (n, channels), 1 where the truth is known
    """

    image: Tensor
    truth: Tensor
    known: Tensor


def training_batch(pool: Pool, recipe: Recipe, seed: int, step: int) -> Batch:
    """A random, varied batch."""
    rng = np.random.default_rng([seed, step])
    chosen = _drawn(pool, recipe, rng)
    plain = _gather(pool, recipe, chosen, recipe.augmentation.lone_slice, rng)
    return _varied(plain, recipe, rng)


def watching_batch(pool: Pool, recipe: Recipe, chosen: NDArray[np.intp]) -> Batch:
    """The chosen slices as they are."""
    batch = _gather(pool, recipe, chosen)
    return Batch(_normalised(batch.image.numpy(), recipe), batch.truth, batch.known)


def _drawn(pool: Pool, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of a batch's slices, most of them showing something."""
    anywhere = rng.integers(0, len(pool), recipe.batch)
    if len(pool.labelled) == 0:
        return anywhere
    there = pool.labelled[rng.integers(0, len(pool.labelled), recipe.batch)]
    return np.where(rng.random(recipe.batch) < recipe.labelled, there, anywhere)


def _gather(
    pool: Pool,
    recipe: Recipe,
    chosen: NDArray[np.intp],
    lone_share: float = 0.0,
    rng: np.random.Generator | None = None,
) -> Batch:
    """Slices with context and truth, the signal not yet normalised."""
    around = pool.neighbours(chosen, recipe.context)
    if rng is not None:
        lone = rng.random(len(chosen)) < lone_share
        around[lone] = chosen[lone, None]
    bits = np.arange(len(recipe.channels), dtype=np.uint8)
    truth = (pool.labels[chosen, None] >> bits[:, None, None]) & 1
    known = (pool.known[chosen, None] >> bits) & 1
    return Batch(
        torch.from_numpy(pool.signal[around].astype(np.float32)),
        torch.from_numpy(truth.astype(np.float32)),
        torch.from_numpy(known.astype(np.float32)),
    )


def _varied(batch: Batch, recipe: Recipe, rng: np.random.Generator) -> Batch:
    """The batch, moved, mirrored and with other contrast, shading, blur and noise."""
    how = recipe.augmentation
    grid = _moves(batch, how, rng)
    image, truth = _resampled(batch.image, grid, how), _resampled(batch.truth, grid, how)
    known = batch.known
    if how.mirrored_channels and rng.random() < 0.5:
        order = list(how.mirrored_channels)
        image, truth, known = image.flip(3), truth[:, order].flip(3), known[:, order]
    signal = image.numpy()
    signal = _other_contrast(signal, how, rng)
    signal = _shaded(signal, how, rng)
    signal = _blurred(signal, how, rng)
    signal = _noisy(signal, how, rng)
    return Batch(_normalised(signal, recipe), truth, known)


def _moves(batch: Batch, how: Augmentation, rng: np.random.Generator) -> Tensor:
    """Sampling grid (n, rows, columns, 2) of random small similarity transforms."""
    n, _, rows, columns = batch.image.shape
    angle = np.deg2rad(rng.uniform(-how.rotation_deg, how.rotation_deg, n))
    scale = 1 + rng.uniform(-how.scale, how.scale, n)
    shift = rng.uniform(-how.shift_px, how.shift_px, (n, 2)) * 2 / (columns, rows)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    theta = np.zeros((n, 2, 3), dtype=np.float32)
    # Pixels are square, but the sampling grid's axes are both 2 long.
    theta[:, 0, 0], theta[:, 0, 1] = cosine, -sine * rows / columns
    theta[:, 1, 0], theta[:, 1, 1] = sine * columns / rows, cosine
    theta[:, :, 2] = shift
    return functional.affine_grid(
        torch.from_numpy(theta), [n, 1, rows, columns], align_corners=False
    )


def _resampled(x: Tensor, grid: Tensor, how: Augmentation) -> Tensor:
    """Bilinear values at the grid."""
    return functional.grid_sample(x, grid, padding_mode=how.outside, align_corners=False)


def _sometimes(rng: np.random.Generator, n: int, how: Augmentation) -> FloatArray:
    """1 for the samples that get a variation, 0 for the others; (n, 1, 1, 1)."""
    return (rng.random((n, 1, 1, 1)) < how.share).astype(np.float32)


def _other_contrast(signal: FloatArray, how: Augmentation, rng: np.random.Generator) -> FloatArray:
    """Gain for every sample, gamma for some."""
    n = len(signal)
    gamma = 1 + rng.uniform(-how.gamma, how.gamma, (n, 1, 1, 1)) * _sometimes(rng, n, how)
    gain = 1 + rng.uniform(-how.gain, how.gain, (n, 1, 1, 1))
    bent = np.power(np.maximum(signal, 0), gamma.astype(np.float32))
    return np.asarray(bent * gain.astype(np.float32), dtype=np.float32)


def _shaded(signal: FloatArray, how: Augmentation, rng: np.random.Generator) -> FloatArray:
    """A linear sensitivity profile over some pictures."""
    n, _, rows, columns = signal.shape
    slope = rng.uniform(-how.coil, how.coil, (2, n, 1, 1, 1)) * _sometimes(rng, n, how)
    y = np.linspace(-1, 1, rows)[:, None]
    x = np.linspace(-1, 1, columns)[None, :]
    field = 1 + (slope[0] * y + slope[1] * x) / math.sqrt(2)
    return np.asarray(signal * field.astype(np.float32), dtype=np.float32)


def _blurred(signal: FloatArray, how: Augmentation, rng: np.random.Generator) -> FloatArray:
    """Some pictures mixed with their 3 x 3 binomial blur."""
    n = len(signal)
    share = (rng.uniform(0, how.blur, (n, 1, 1, 1)) * _sometimes(rng, n, how)).astype(np.float32)
    down = np.pad(signal, ((0, 0), (0, 0), (1, 1), (0, 0)), mode="edge")
    soft = (down[:, :, :-2] + 2 * signal + down[:, :, 2:]) / 4
    wide = np.pad(soft, ((0, 0), (0, 0), (0, 0), (1, 1)), mode="edge")
    soft = (wide[..., :-2] + 2 * soft + wide[..., 2:]) / 4
    return np.asarray(signal + share * (soft - signal), dtype=np.float32)


def _noisy(signal: FloatArray, how: Augmentation, rng: np.random.Generator) -> FloatArray:
    """Rician noise on some pictures."""
    n = len(signal)
    sigma = (rng.uniform(0, how.noise, (n, 1, 1, 1)) * _sometimes(rng, n, how)).astype(np.float32)
    for index in np.flatnonzero(sigma):
        real, imaginary = rng.standard_normal((2, *signal.shape[1:]), dtype=np.float32)
        signal[index] = np.hypot(signal[index] + sigma[index] * real, sigma[index] * imaginary)
    return signal


def _normalised(signal: FloatArray, recipe: Recipe) -> Tensor:
    """The network's input, made as the pipeline makes it."""
    if recipe.normalisation is Normalisation.MARROW:
        return torch.from_numpy(by_marrow(signal, 1.0))
    return torch.from_numpy(np.clip(signal, 0.0, BODY_CLIP).astype(np.float32))

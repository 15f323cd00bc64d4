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

from hipdesk.inference import in_layout
from hipdesk.intensity import BODY_CLIP, by_marrow
from hipdesk.manifest import InputSpec, Normalisation
from hipdesk.records import FloatArray
from hipdesk.training.networks import DEPTH_MULTIPLE
from hipdesk.training.recipes import Augmentation, Recipe
from hipdesk.training.shards import Pool


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step learns from.

    Attributes
    ----------
    image : (n, context, rows, columns), or (n, 1, depth, rows, columns) for a
        volumetric network
    truth : (n, channels, [depth,] rows, columns), 0-1
    known : (n, channels), 1 where the truth is known
    """

    image: Tensor
    truth: Tensor
    known: Tensor


def training_batch(pool: Pool, recipe: Recipe, seed: int, step: int) -> Batch:
    """A random, varied batch."""
    rng = np.random.default_rng([seed, step])
    chosen = _drawn(pool, recipe, rng)
    if recipe.architecture.volumetric:
        return _as_stacks(_varied(_windows(pool, recipe, chosen), recipe, rng), recipe)
    around = pool.neighbours(chosen, recipe.context)
    lone = rng.random(len(chosen)) < recipe.augmentation.lone_slice
    around[lone] = chosen[lone, None]
    return _varied(_gather(pool, recipe, chosen, around), recipe, rng)


def watching_batch(pool: Pool, recipe: Recipe, chosen: NDArray[np.intp]) -> Batch:
    """The chosen slices as they are; for a volumetric network the slices of one stack."""
    batch = _gather(pool, recipe, chosen, pool.neighbours(chosen, recipe.context))
    image = _normalised(batch.image.numpy(), recipe)
    if not recipe.architecture.volumetric:
        return Batch(image, batch.truth, batch.known)
    stack = torch.from_numpy(in_layout(image.numpy(), input_spec(recipe)))
    return Batch(stack, _one_sample(batch.truth), batch.known[:1])


def input_spec(recipe: Recipe) -> InputSpec:
    """What the recipe's network takes, as the manifest says it."""
    volumetric = recipe.architecture.volumetric
    return InputSpec(
        role=recipe.role,
        name=recipe.role,
        layout="NCDHW" if volumetric else "NCHW",
        context_slices=recipe.context,
        depth_multiple=DEPTH_MULTIPLE if volumetric else 1,
        rows=recipe.rows,
        columns=recipe.columns,
        spacing_mm=recipe.spacing_mm,
        normalisation=recipe.normalisation,
    )


def _drawn(pool: Pool, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of a batch's slices, or of its windows' middles, most of them showing something."""
    chosen = rng.integers(0, len(pool), recipe.samples)
    labelled = rng.random(recipe.samples) < recipe.labelled
    lesioned = rng.random(recipe.samples) < recipe.lesioned
    kinds = rng.integers(0, max(1, len(recipe.lesion_channels)), recipe.samples)
    for index, kind in enumerate(kinds):
        if lesioned[index] and recipe.lesion_channels:
            among = pool.showing(recipe.lesion_channels[kind])
        else:
            among = pool.labelled if labelled[index] else np.empty(0, dtype=np.intp)
        if len(among):
            chosen[index] = among[rng.integers(len(among))]
    return chosen


def _gather(
    pool: Pool, recipe: Recipe, chosen: NDArray[np.intp], around: NDArray[np.intp]
) -> Batch:
    """Slices with context and truth, the signal not yet normalised."""
    return Batch(
        torch.from_numpy(pool.signal[around].astype(np.float32)),
        _planes(pool.labels[chosen], recipe),
        _planes(pool.known[chosen], recipe),
    )


def _planes(bits: NDArray[np.uint8], recipe: Recipe) -> Tensor:
    """Bits (n, ...) as planes of 0 and 1 (n, channels, ...)."""
    numbers = np.arange(len(recipe.channels), dtype=np.uint8)
    numbers = numbers.reshape(-1, *[1] * (bits.ndim - 1))
    return torch.from_numpy(((bits[:, None] >> numbers) & 1).astype(np.float32))


def _windows(pool: Pool, recipe: Recipe, chosen: NDArray[np.intp]) -> Batch:
    """Windows of ``depth`` slices about the chosen ones, their slices and planes as channels."""
    around = pool.neighbours(chosen, recipe.depth)
    truth = _planes(pool.labels[around], recipe)
    return Batch(
        torch.from_numpy(pool.signal[around].astype(np.float32)),
        truth.flatten(1, 2),
        _planes(pool.known[chosen], recipe),
    )


def _as_stacks(batch: Batch, recipe: Recipe) -> Batch:
    """Windows as samples of a volumetric network."""
    return Batch(batch.image[:, None], _by_channel(batch.truth, recipe), batch.known)


def _by_channel(truth: Tensor, recipe: Recipe) -> Tensor:
    """Planes (n, channels x depth, rows, columns) as (n, channels, depth, rows, columns)."""
    n, _, rows, columns = truth.shape
    return truth.reshape(n, len(recipe.channels), -1, rows, columns)


def _one_sample(truth: Tensor) -> Tensor:
    """Planes (slices, channels, rows, columns) as one sample of a stack."""
    return truth.transpose(0, 1)[None]


def _varied(batch: Batch, recipe: Recipe, rng: np.random.Generator) -> Batch:
    """The batch, moved, mirrored and with other contrast, shading, blur and noise."""
    how = recipe.augmentation
    grid = _moves(batch, how, rng)
    image, truth = _resampled(batch.image, grid, how), _resampled(batch.truth, grid, how)
    known = batch.known
    if how.mirrored_channels and rng.random() < 0.5:
        order = list(how.mirrored_channels)
        image, truth, known = image.flip(3), truth[:, order].flip(3), known[:, order]
    truth = _softened(truth, recipe)
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


def _softened(truth: Tensor, recipe: Recipe) -> Tensor:
    """The truth, that of lesions partly replaced by its own blur."""
    if not recipe.softening or not recipe.lesion_channels:
        return truth
    planes = _by_channel(truth, recipe)
    lesions = planes[:, list(recipe.lesion_channels)].numpy()
    soft = lesions + np.float32(recipe.softening) * (_binomial(lesions) - lesions)
    planes[:, list(recipe.lesion_channels)] = torch.from_numpy(soft)
    return planes.flatten(1, 2)


def _binomial(pictures: FloatArray) -> FloatArray:
    """Pictures (..., rows, columns) blurred by [1 2 1] along both axes, edges repeated."""
    fixed = [(0, 0)] * (pictures.ndim - 2)
    tall = np.pad(pictures, [*fixed, (1, 1), (0, 0)], mode="edge")
    soft = (tall[..., :-2, :] + 2 * pictures + tall[..., 2:, :]) / 4
    wide = np.pad(soft, [*fixed, (0, 0), (1, 1)], mode="edge")
    return np.asarray((wide[..., :-2] + 2 * soft + wide[..., 2:]) / 4, dtype=np.float32)


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
    return np.asarray(signal + share * (_binomial(signal) - signal), dtype=np.float32)


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

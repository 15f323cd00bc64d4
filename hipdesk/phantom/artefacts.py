"""What the scanner adds: coil shading, blur and ringing, ghosts, motion, wrap, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.records import FloatArray


@dataclass(frozen=True, slots=True)
class Scanner:
    """The imperfections of one acquisition.

    Attributes
    ----------
    coil_gain, coil_reach_mm : surface brightness ``1 + gain exp(-depth / reach)``
    shading : relative change of gain over half the field along slice, row, column
    resolution : share of k-space kept along rows and columns
    ghost, ghost_shift : strength and distance (share of the field) of a motion ghost
    fat_shift_px : displacement of fat along columns (chemical shift)
    noise : standard deviation relative to ``reference`` signal
    """

    coil_gain: float
    coil_reach_mm: float
    shading: tuple[float, float, float]
    resolution: tuple[float, float]
    ghost: float
    ghost_shift: float
    fat_shift_px: float
    noise: float


def random_scanner(rng: np.random.Generator) -> Scanner:
    """Draw a scanner's imperfections."""
    shading = rng.normal(0, 0.14, 3)
    return Scanner(
        coil_gain=float(rng.exponential(0.5)),
        coil_reach_mm=float(rng.uniform(12, 40)),
        shading=(float(shading[0]), float(shading[1]), float(shading[2])),
        resolution=(float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.75, 1.0))),
        ghost=float(rng.uniform(0, 0.07)) if rng.random() < 0.3 else 0.0,
        ghost_shift=float(rng.uniform(0.05, 0.5)),
        fat_shift_px=float(rng.uniform(0, 1.5)) if rng.random() < 0.5 else 0.0,
        noise=float(np.exp(rng.uniform(np.log(0.03), np.log(0.16)))),
    )


def acquire(
    rng: np.random.Generator,
    signal: FloatArray,
    body_depth: FloatArray,
    fat_signal: FloatArray,
    reference: float,
    scanner: Scanner,
) -> FloatArray:
    """Turn a noise-free stack into what the scanner would store.

    Parameters
    ----------
    signal, body_depth, fat_signal : (slices, rows, columns); fat_signal is the
        part of the signal that chemical shift moves
    reference : signal of normal marrow, the unit of the noise
    """
    image = signal
    if scanner.fat_shift_px:
        moved = ndimage.shift(fat_signal, (0, 0, scanner.fat_shift_px), order=1, mode="nearest")
        image = image - fat_signal + moved
    image = image * _coil(signal.shape, body_depth, scanner)
    if scanner.ghost:
        distance = round(scanner.ghost_shift * signal.shape[1])
        image = image + scanner.ghost * np.roll(image, distance, axis=1)
    image = _band_limit(image, scanner.resolution)
    return _rician(rng, image, scanner.noise * reference)


def _coil(shape: tuple[int, ...], depth: FloatArray, scanner: Scanner) -> FloatArray:
    """Receive sensitivity: bright near the surface, a smooth slope across the field."""
    gain = 1 + scanner.coil_gain * np.exp(-depth / scanner.coil_reach_mm)
    slope = np.zeros(shape)
    for axis, amount in enumerate(scanner.shading):
        ramp = np.linspace(-1, 1, shape[axis]) if shape[axis] > 1 else np.zeros(1)
        slope = slope + amount * ramp.reshape([-1 if i == axis else 1 for i in range(3)])
    return np.asarray(gain * np.exp(slope), dtype=np.float32)


def _band_limit(image: FloatArray, keep: tuple[float, float]) -> FloatArray:
    """Drop high spatial frequencies with a mild filter, leaving some edge ringing."""
    rows, columns = image.shape[1:]
    pad = 8
    padded = np.pad(image, ((0, 0), (pad, pad), (pad, pad)), mode="reflect")
    down = _transfer(np.fft.fftfreq(rows + 2 * pad), keep[0])
    across = _transfer(np.fft.rfftfreq(columns + 2 * pad), keep[1])
    spectrum = np.fft.rfft2(padded) * (down[:, None] * across[None, :])
    limited = np.fft.irfft2(spectrum, s=padded.shape[1:])
    return np.asarray(limited[:, pad:-pad, pad:-pad], dtype=np.float32)


def _transfer(frequency: NDArray[np.floating], keep: float) -> NDArray[np.floating]:
    """Pass band of ``keep`` x Nyquist with a short roll-off."""
    relative = np.abs(frequency) / (0.5 * keep)
    return np.asarray((1.08 - relative) / 0.16).clip(0.0, 1.0)


def _rician(rng: np.random.Generator, image: FloatArray, sigma: float) -> FloatArray:
    """Magnitude of the signal with complex Gaussian noise."""
    real = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(sigma)
    imaginary = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(sigma)
    return np.asarray(np.hypot(real, imaginary), dtype=np.float32)

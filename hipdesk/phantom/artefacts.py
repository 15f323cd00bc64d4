"""What the scanner adds: coil shading, lost fat suppression, blur, ghosts, motion, wrap, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

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
    motion_px, motion_cycles : how far the patient moves along rows while k-space
        is filled, and how often
    fat_left, fat_left_at, fat_left_reach : signal of fat (relative to
        ``reference``) where its suppression fails: about a place, as (slice, row,
        column) from -1 to 1 over the field, up to a distance
    wrap : share of the field's width that the other side folds over
    interleave : gain of every second slice
    """

    coil_gain: float
    coil_reach_mm: float
    shading: tuple[float, float, float]
    resolution: tuple[float, float]
    ghost: float
    ghost_shift: float
    fat_shift_px: float
    noise: float
    motion_px: float = 0.0
    motion_cycles: float = 3.0
    fat_left: float = 0.0
    fat_left_at: tuple[float, float, float] = (0.0, 1.0, -1.0)
    fat_left_reach: float = 0.8
    wrap: float = 0.0
    interleave: float = 1.0


def random_scanner(rng: np.random.Generator) -> Scanner:
    """Draw a scanner's imperfections."""
    shading = rng.normal(0, 0.13, 3)
    return Scanner(
        coil_gain=float(rng.exponential(0.6)),
        coil_reach_mm=float(rng.uniform(12, 45)),
        shading=(float(shading[0]), float(shading[1]), float(shading[2])),
        resolution=(float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.7, 1.0))),
        ghost=float(rng.uniform(0, 0.08)) if rng.random() < 0.3 else 0.0,
        ghost_shift=float(rng.uniform(0.05, 0.5)),
        fat_shift_px=float(rng.uniform(0, 1.5)) if rng.random() < 0.5 else 0.0,
        noise=float(np.exp(rng.uniform(np.log(0.025), np.log(0.14)))),
        motion_px=float(rng.uniform(0.2, 1.4)) if rng.random() < 0.2 else 0.0,
        motion_cycles=float(rng.uniform(0.5, 9.0)),
        fat_left=float(rng.uniform(0.2, 1.5)) if rng.random() < 0.1 else 0.0,
        fat_left_at=_random_edge(rng),
        fat_left_reach=float(rng.uniform(0.4, 1.2)),
        wrap=float(rng.uniform(0.03, 0.2)) if rng.random() < 0.06 else 0.0,
        interleave=float(1 + rng.normal(0, 0.05)) if rng.random() < 0.25 else 1.0,
    )


def _random_edge(rng: np.random.Generator) -> tuple[float, float, float]:
    """A place at the rim of the field, where the magnet is least even."""
    angle = rng.uniform(0, 2 * np.pi)
    return float(rng.uniform(-1, 1)), float(np.sin(angle) * 1.2), float(np.cos(angle) * 1.2)


def acquire(
    rng: np.random.Generator,
    signal: FloatArray,
    body_depth: FloatArray,
    fat_signal: FloatArray,
    reference: float,
    scanner: Scanner,
    fatty: FloatArray | None = None,
) -> FloatArray:
    """Turn a noise-free stack into what the scanner would store.

    Parameters
    ----------
    signal, body_depth, fat_signal : (slices, rows, columns); fat_signal is the
        part of the signal that chemical shift moves
    reference : signal of normal marrow, the unit of the noise
    fatty : share of fat in each pixel, marrow's included, that failed
        suppression shows
    """
    image = signal
    if scanner.fat_left and fatty is not None:
        image = image + _unsuppressed(signal.shape, scanner) * fatty * np.float32(reference)
    if scanner.fat_shift_px:
        moved = ndimage.shift(fat_signal, (0, 0, scanner.fat_shift_px), order=1, mode="nearest")
        image = image - fat_signal + moved
    image = image * _coil(signal.shape, body_depth, scanner)
    if scanner.wrap:
        image = _folded(image, scanner.wrap)
    if scanner.ghost:
        distance = round(scanner.ghost_shift * signal.shape[1])
        image = image + np.float32(scanner.ghost) * np.roll(image, distance, axis=1)
    return _measured(rng, image, scanner.noise * reference, scanner)


def _unsuppressed(shape: tuple[int, ...], scanner: Scanner) -> FloatArray:
    """Signal of unsuppressed fat, strongest at one place."""
    axes = [_across(size) for size in shape]
    squares = [
        (axis - np.float32(at)) ** 2 * weight
        for axis, at, weight in zip(axes, scanner.fat_left_at, (0.25, 1.0, 1.0), strict=True)
    ]
    apart = np.sqrt(squares[0][:, None, None] + squares[1][:, None] + squares[2])
    share = np.clip((scanner.fat_left_reach - apart) / 0.35 + 0.5, 0, 1)
    return np.asarray(scanner.fat_left * share, dtype=np.float32)


def _folded(image: FloatArray, share: float) -> FloatArray:
    """The picture's far side laid over its near one."""
    n = max(1, round(share * image.shape[2]))
    folded = image.copy()
    folded[:, :, :n] += np.linspace(0.8, 0.0, n, dtype=np.float32) * image[:, :, -n:]
    return folded


def _coil(shape: tuple[int, ...], depth: FloatArray, scanner: Scanner) -> FloatArray:
    """Receive sensitivity: bright near the surface, a smooth slope across the field."""
    gain = 1 + scanner.coil_gain * np.exp(-depth / scanner.coil_reach_mm)
    lines = []
    for axis, amount in enumerate(scanner.shading):
        lines.append(np.exp(np.float32(amount) * _across(shape[axis])))
    lines[0][1::2] *= scanner.interleave
    gain *= lines[0][:, None, None] * lines[1][:, None] * lines[2]
    return np.asarray(gain, dtype=np.float32)


def _across(size: int) -> FloatArray:
    """-1 to 1 over an axis; 0 where it has one pixel."""
    return np.linspace(-1, 1, size, dtype=np.float32) if size > 1 else np.zeros(1, np.float32)


def _measured(
    rng: np.random.Generator, image: FloatArray, sigma: float, scanner: Scanner
) -> FloatArray:
    """Magnitude of what is kept of k-space: ringing, motion, and noise as coarse as the signal."""
    slices, rows, columns = image.shape
    pad = 8
    down = _transfer(fft.fftfreq(rows + 2 * pad), scanner.resolution[0])
    across = _transfer(fft.rfftfreq(columns + 2 * pad), scanner.resolution[1])
    kept = (down[:, None] * across[None, :]).astype(np.float32)
    # Noise loses power with the frequencies that are dropped; sigma is what remains.
    share = np.sqrt(np.mean(down**2) * np.mean(across**2))
    shape = (slices, rows + 2 * pad, columns + 2 * pad)
    scale = np.float32(sigma / share)
    padded = np.pad(image, ((0, 0), (pad, pad), (pad, pad)), mode="reflect")
    padded += rng.standard_normal(shape, dtype=np.float32) * scale
    spectrum = fft.rfft2(padded) * kept
    if scanner.motion_px:
        spectrum *= _motion(rng, slices, rows + 2 * pad, scanner)
    real = fft.irfft2(spectrum, s=shape[1:])
    other = fft.rfft2(rng.standard_normal(shape, dtype=np.float32) * scale) * kept
    imaginary = fft.irfft2(other, s=shape[1:])
    magnitude = np.hypot(real, imaginary)[:, pad:-pad, pad:-pad]
    return np.asarray(magnitude, dtype=np.float32)


def _motion(
    rng: np.random.Generator, slices: int, rows: int, scanner: Scanner
) -> NDArray[np.complex64]:
    """Phase of every line of k-space (slices, rows, 1) of a patient who sways meanwhile."""
    frequency = fft.fftfreq(rows)
    start = rng.uniform(0, 2 * np.pi, (slices, 1))
    # Positive and negative lines sway alike, so the picture stays nearly real.
    sway = np.sin(start + 4 * np.pi * scanner.motion_cycles * np.abs(frequency))
    turn = -2j * np.pi * frequency * scanner.motion_px * sway
    return np.asarray(np.exp(turn)[..., None], dtype=np.complex64)


def _transfer(frequency: NDArray[np.floating], keep: float) -> NDArray[np.floating]:
    """Pass band of ``keep`` x Nyquist with a short roll-off."""
    relative = np.abs(frequency) / (0.5 * keep)
    return np.asarray((1.08 - relative) / 0.16).clip(0.0, 1.0)

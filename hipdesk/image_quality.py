"""What is wrong with a series' pixels: metal, ghosts, uneven fat suppression.

Each measure is one figure, compared with a limit chosen on simulated series
with and without the fault; docs/validation.md has sensitivities and false
alarms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from hipdesk.geometry import spacing_of, to_index, to_lps
from hipdesk.records import (
    Affine,
    FloatArray,
    Head,
    HipResult,
    Notice,
    Point,
    Reason,
    Side,
    Volume,
)

VOID_NOTED: Final = 0.1
VOID_REFUSED: Final = 0.2
"""Share of a head without signal from which it is told, and from which the hip is refused."""

VOID_SIGNAL: Final = 0.15
"""Of the median of the tissue around; air, metal and compact bone are darker."""

VOID_CORE: Final = 0.8
"""Share of the head's radius that is looked at: its cortex lies outside."""

AROUND_MM: Final = (28.0, 70.0)
HEADS_APART_MM: Final = 180.0
EXPECTED_RADIUS_MM: Final = 24.0
EXPECTED_VOID: Final = 0.5
LEAST_AROUND: Final = 0.6
"""Where a head was not found, so much about its place must be tissue, or it lies in air."""

LEAST_INSIDE: Final = 0.8
"""Of a ball that must lie in the picture to be judged."""

GHOST_LIMIT: Final = 0.17
"""Likeness of the picture's detail to itself when displaced."""

GHOST_LAGS: Final = (0.05, 0.55)
"""Displacements looked at, in shares of the picture."""

DETAIL_PX: Final = (0.8, 3.0)
FAT_LIMIT: Final = 4.0
"""Mean log odds of the worst blocks from which failed fat suppression is told."""

CLEAR: Final = 2.0
"""Log odds of a block that is counted among those where fat is bright."""

LEVELS: Final = (10.0, 25.0, 50.0, 85.0)
FAT_WEIGHTS: Final = np.array([5.17, -1.79, -0.91, 4.94, 1.25, -0.89])
FAT_OFFSET: Final = -1.37
"""Of the percentiles `LEVELS`, thin bright over thin dark structure and thin bright structure,
each less the series' median. They give log odds."""

BLOCK_MM: Final = (15.0, 30.0, 30.0)
THINNED_MM: Final = (8.0, 1.2, 1.2)
SHEET_MM: Final = 10.0
"""Sheets of fat between muscles are thinner than this."""

NEIGHBOURS: Final = (0.5, 1.0, 0.5)
WORST_SHARE: Final = 0.06
"""Of the body: a failure that reaches less is seldom told."""

LEAST_BLOCKS: Final = 20
LEAST_CORE: Final = 50
BODY: Final = 0.06
BODY_SHARE: Final = 0.4
SLICE_STEP: Final = 3


@dataclass(frozen=True, slots=True)
class FailedSuppression:
    """How a series looks as to fat that was not suppressed.

    Attributes
    ----------
    log_odds : mean over the worst blocks
    share : of the body's blocks that look so clearly, 0-1
    """

    log_odds: float
    share: float


def refused_for_metal(volume: Volume, heads: Sequence[Head]) -> tuple[Head, ...]:
    """The heads, those that metal hides withdrawn with `Reason.METAL`.

    A found head is withdrawn where more than `VOID_REFUSED` of it gives no
    signal. One that was not found is called metal where a void lies at its
    place beside the found one.

    Parameters
    ----------
    heads : right, then left
    """
    return tuple(_refused(volume, head, heads) for head in heads)


def _refused(volume: Volume, head: Head, heads: Sequence[Head]) -> Head:
    lost = Head(head.side, found=False, confidence=head.confidence, reason=Reason.METAL)
    if head.placed:
        return head
    if head.found:
        return lost if (head_void(volume, head) or 0.0) > VOID_REFUSED else head
    place = _expected(head.side, heads)
    if place is None or head.reason is not Reason.HEAD_NOT_FOUND:
        return head
    void = void_share(volume, place, EXPECTED_RADIUS_MM, LEAST_AROUND)
    return lost if (void or 0.0) > EXPECTED_VOID else head


def _expected(side: Side, heads: Sequence[Head]) -> Point | None:
    """Where a head lies as the other one shows it."""
    other = next((head for head in heads if head.side is side.other), None)
    if other is None or other.centre_lps_mm is None:
        return None
    x, y, z = other.centre_lps_mm
    return x + (HEADS_APART_MM if side is Side.LEFT else -HEADS_APART_MM), y, z


def head_void(volume: Volume, head: Head) -> float | None:
    """Share of a found head without signal; None where there is nothing to measure."""
    if head.centre_lps_mm is None or head.radius_mm is None:
        return None
    return void_share(volume, head.centre_lps_mm, head.radius_mm, 0.0)


def void_share(
    volume: Volume, centre_lps_mm: Point, radius_mm: float, least_around: float
) -> float | None:
    """Share of a ball that gives no signal, as metal leaves it.

    Parameters
    ----------
    least_around : share of the tissue about it that must give signal

    Returns
    -------
    0-1, or None where the ball leaves the picture or lies in air.
    """
    affine = volume.series.affine
    bright = float(np.percentile(volume.voxels, 99.5))
    near, apart = voxels_near(volume.voxels, affine, centre_lps_mm)
    core = near[apart < VOID_CORE * radius_mm]
    full = 4 / 3 * np.pi * (VOID_CORE * radius_mm) ** 3 / abs(np.linalg.det(affine[:3, :3]))
    around = near[(apart > AROUND_MM[0]) & (apart < AROUND_MM[1])]
    tissue = around[around > 0.05 * bright]
    if core.size < LEAST_INSIDE * full or tissue.size < max(1.0, least_around * around.size):
        return None
    return float(np.mean(core < VOID_SIGNAL * np.median(tissue)))


def voxels_near(
    voxels: FloatArray, affine: Affine, centre_lps_mm: Point
) -> tuple[FloatArray, NDArray[np.float64]]:
    """The block of voxels within 70 mm of a place, and each one's distance from it in mm."""
    reach = AROUND_MM[1] / np.asarray(spacing_of(affine))
    middle = to_index(affine, centre_lps_mm)
    start = np.clip(np.floor(middle - reach), 0, voxels.shape).astype(int)
    stop = np.clip(np.ceil(middle + reach) + 1, 0, voxels.shape).astype(int)
    block = voxels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    index = np.moveaxis(np.indices(block.shape), 0, -1) + start
    apart = np.linalg.norm(to_lps(affine, index) - np.asarray(centre_lps_mm), axis=-1)
    return block, np.asarray(apart, dtype=np.float64)


def image_notices(volume: Volume, hips: Sequence[HipResult]) -> tuple[Notice, ...]:
    """What the reader must know of the pixels of one series."""
    return (*_of_metal(volume, hips), *_of_ghosts(volume), *_of_fat(volume))


def _of_metal(volume: Volume, hips: Sequence[HipResult]) -> Iterator[Notice]:
    for hip in hips:
        if hip.reason is Reason.METAL:
            yield Notice(
                "metal",
                f"The {hip.side.word} femoral head gives no signal, as metal or a prosthesis "
                "leaves it, so that hip has no result.",
            )
            continue
        void = head_void(volume, hip.head)
        if void is not None and void > VOID_NOTED:
            yield Notice(
                "signal_void",
                f"{100 * void:.0f} % of the {hip.side.word} femoral head gives no signal; look for "
                "metal or dead bone before using the result.",
                100 * void,
            )


def _of_ghosts(volume: Volume) -> Iterator[Notice]:
    ghost = ghosting(volume.voxels)
    if ghost > GHOST_LIMIT:
        yield Notice(
            "ghosting",
            f"The pictures repeat themselves displaced ({100 * ghost:.0f} % alike), as movement "
            "leaves them; look for ghosts over the hips.",
            100 * ghost,
        )


def _of_fat(volume: Volume) -> Iterator[Notice]:
    if not volume.series.contrast.fluid_sensitive:
        return
    failed = failed_suppression(volume.voxels, volume.series.spacing_mm)
    if failed is not None and failed.log_odds > FAT_LIMIT:
        share = 100 * failed.share
        yield Notice(
            "uneven_suppression",
            f"In {share:.0f} % of the pictured body fat looks brighter than elsewhere, as failed "
            "fat suppression leaves it; take no bright fat or marrow there for oedema.",
            share,
        )


def ghosting(voxels: FloatArray) -> float:
    """Likeness of the pictures' detail to itself when displaced along rows or columns.

    The autocorrelation of the band-passed, clipped pictures at displacements of
    5-55 % of their size, its peak over its median: about the strength of a
    ghost relative to the picture. Anatomy repeats itself hardly at all.
    """
    inner = voxels[2:-2:SLICE_STEP] if len(voxels) > 2 * SLICE_STEP else voxels
    details = [_detail(picture) for picture in inner]
    return max((_repeats(details, axis) for axis in (0, 1)), default=0.0)


def _detail(picture: FloatArray) -> FloatArray:
    """Fine structure, without its most extreme values."""
    flat = np.minimum(picture, np.percentile(picture, 99))
    fine, coarse = (ndimage.gaussian_filter(flat, sigma) for sigma in DETAIL_PX)
    band = fine - coarse
    limit = float(np.percentile(np.abs(band), 97))
    return np.asarray(np.clip(band, -limit, limit), dtype=np.float32)


def _repeats(details: Sequence[FloatArray], axis: int) -> float:
    """Highest peak of the autocorrelation along an axis."""
    size = details[0].shape[axis]
    total = np.zeros(size)
    for detail in details:
        spectrum = fft.rfft(detail, 2 * size, axis=axis)
        lags = fft.irfft(np.abs(spectrum) ** 2, 2 * size, axis=axis)
        total += lags.sum(axis=1 - axis)[:size] / (1 - np.arange(size) / size)
    low, high = (int(share * size) for share in GHOST_LAGS)
    if total[0] <= 0 or high - low < 2:
        return 0.0
    seen = total[low:high] / total[0]
    return float(seen.max() - np.median(seen))


def failed_suppression(
    voxels: FloatArray, spacing_mm: tuple[float, float, float]
) -> FailedSuppression | None:
    """How much a part of the body looks as if its fat were not suppressed.

    Where suppression fails, thin bright sheets and bright rims lie about darker
    muscle; elsewhere fat is as dark as muscle, or darker. Blocks of 30 mm are
    compared with the series' own median block in their percentiles of the
    logarithm of the signal and in their thin bright and thin dark structure, so
    that neither the gain nor a smooth coil decides. The weights are those of a
    logistic regression on simulated series (docs/validation.md).

    Parameters
    ----------
    voxels : (slices, rows, columns)

    Returns
    -------
    None where too little of a body is seen.
    """
    blocks = _blocks(voxels, spacing_mm)
    if blocks is None:
        return None
    seen = np.isfinite(blocks[0])
    if np.count_nonzero(seen) < LEAST_BLOCKS:
        return None
    odds = np.tensordot(FAT_WEIGHTS, _compared(blocks), axes=1)[seen] + FAT_OFFSET
    worst = max(3, int(WORST_SHARE * odds.size))
    return FailedSuppression(float(np.sort(odds)[-worst:].mean()), float(np.mean(odds > CLEAR)))


def _compared(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smoothed features of every block less the series' median."""
    smooth = np.stack([_smoothed(feature) for feature in blocks])
    return smooth - np.asarray(np.nanmedian(smooth, axis=(1, 2, 3), keepdims=True))


def _smoothed(feature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each block's feature averaged with its neighbours', nearer ones more; NaN stays."""
    seen = np.isfinite(feature)
    total, weight = np.where(seen, feature, 0.0), seen.astype(np.float64)
    for axis in range(3):
        total, weight = (
            ndimage.convolve1d(each, NEIGHBOURS, axis, mode="constant") for each in (total, weight)
        )
    return np.where(seen, total / np.maximum(weight, 1e-6), np.nan)


def _blocks(
    voxels: FloatArray, spacing_mm: tuple[float, float, float]
) -> NDArray[np.float64] | None:
    """Features of the blocks of a series (feature, slice, row, column), NaN outside the body."""
    thin, steps = _thinned(voxels, spacing_mm)
    if not (thin > 0).any():
        return None
    bright = float(np.percentile(thin[thin > 0], 99.5))
    signal = np.log(np.maximum(thin, 0.03 * bright) / bright)
    width = round(SHEET_MM / steps[1]) | 1
    sheets = signal - ndimage.grey_opening(signal, size=(1, width, width))
    gaps = ndimage.grey_closing(signal, size=(1, width, width)) - signal
    body = thin > BODY * bright
    inner = ndimage.binary_erosion(body, np.ones((1, width, width)))
    places, shape = _places(thin.shape, steps)
    found = np.full((len(LEVELS) + 2, *shape), np.nan)
    for place, block in places:
        here, within = body[block], inner[block]
        if here.mean() < BODY_SHARE:
            continue
        core = within if np.count_nonzero(within) > LEAST_CORE else here
        bright_sheets, dark_gaps = (float(each[block][core].mean()) for each in (sheets, gaps))
        found[:, place[0], place[1], place[2]] = (
            *np.percentile(signal[block][here], LEVELS),
            np.log((bright_sheets + 1e-3) / (dark_gaps + 1e-3)),
            np.log(bright_sheets + 0.01),
        )
    return found


def _thinned(
    voxels: FloatArray, spacing_mm: tuple[float, float, float]
) -> tuple[FloatArray, tuple[float, float, float]]:
    """The series smoothed, no finer than is needed, and the distances of its voxels in mm."""
    skip = [
        max(1, round(wanted / step)) for wanted, step in zip(THINNED_MM, spacing_mm, strict=True)
    ]
    smooth = ndimage.gaussian_filter(
        voxels[:: skip[0]], (0.0, *(1.0 / step for step in spacing_mm[1:]))
    )
    down, across, back = (n * step for n, step in zip(skip, spacing_mm, strict=True))
    return smooth[:, :: skip[1], :: skip[2]], (down, across, back)


def _places(
    shape: tuple[int, ...], steps: tuple[float, float, float]
) -> tuple[list[tuple[tuple[int, ...], tuple[slice, slice, slice]]], tuple[int, ...]]:
    """Where blocks lie about the middle of the series, and how many there are each way."""
    sizes = [max(1, round(wide / step)) for wide, step in zip(BLOCK_MM, steps, strict=True)]
    counts = [max(1, n // size) for n, size in zip(shape, sizes, strict=True)]
    starts = [(n - count * size) // 2 for n, count, size in zip(shape, counts, sizes, strict=True)]
    along = [
        [slice(max(0, start + at * size), start + (at + 1) * size) for at in range(count)]
        for start, count, size in zip(starts, counts, sizes, strict=True)
    ]
    places = [
        (place, (along[0][place[0]], along[1][place[1]], along[2][place[2]]))
        for place in np.ndindex(*counts)
    ]
    return places, tuple(counts)

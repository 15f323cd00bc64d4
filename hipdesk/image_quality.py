"""What is wrong with a series' pixels: metal, ghosts, uneven fat suppression.

Each measure is one figure, compared with a limit chosen on simulated series
with and without the fault; docs/validation.md has sensitivities and false
alarms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from hipdesk.geometry import spacing_of, to_index, to_lps
from hipdesk.records import (
    Affine,
    BoolArray,
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

GHOST_LIMIT: Final = 0.15
"""Likeness of the picture's detail to itself when displaced."""

GHOST_LAGS: Final = (0.05, 0.55)
"""Displacements looked at, in shares of the picture."""

DETAIL_PX: Final = (0.8, 3.0)
UNEVEN_LIMIT: Final = 2.0
"""Ratio of the two sides' brightness on a fluid-sensitive series."""

BLOCK_MM: Final = 30.0
UNEVEN_PERCENTILE: Final = 85.0
LEAST_BLOCKS: Final = 7
BODY: Final = 0.08
BODY_SHARE: Final = 0.6
SLICE_STEP: Final = 3


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
    ratio = unevenness(volume.voxels, volume.series.spacing_mm)
    if ratio is not None and ratio > UNEVEN_LIMIT:
        yield Notice(
            "uneven_suppression",
            f"One side of the pictures is {ratio:.1f} times as bright as the other, as failed fat "
            "suppression or a coil leaves it; compare the hips with care.",
            ratio,
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


def unevenness(voxels: FloatArray, spacing_mm: tuple[float, float, float]) -> float | None:
    """How differently bright the body is right and left of its middle, in blocks of 30 mm.

    The 85th percentile of the ratio of a block's median to that of its mirror
    image, the brighter over the darker; None where too little is seen of both
    sides.
    """
    body = voxels > BODY * np.percentile(voxels[voxels > 0], 99.5) if voxels.any() else voxels > 0
    quarter = len(voxels) // 4
    inner = slice(quarter, len(voxels) - quarter, 2)
    columns = body[inner].sum(axis=(0, 1))
    if not columns.any():
        return None
    middle = float(np.average(np.arange(columns.size), weights=columns))
    ratios = list(_mirror_ratios(voxels[inner], body[inner], middle, spacing_mm))
    if len(ratios) < LEAST_BLOCKS:
        return None
    return float(np.exp(np.percentile(ratios, UNEVEN_PERCENTILE)))


def _mirror_ratios(
    voxels: FloatArray, body: BoolArray, middle: float, spacing_mm: tuple[float, float, float]
) -> Iterator[float]:
    """Logarithm of the brightness of each block over its mirror image, without sign."""
    rows, columns = (max(1, int(BLOCK_MM / step)) for step in spacing_mm[1:])
    across = int(min(middle, voxels.shape[2] - middle) // columns)
    for top in range(0, voxels.shape[1] - rows + 1, rows):
        for out in range(across):
            near, far = out * columns, (out + 1) * columns
            sides = (
                slice(int(middle - far), int(middle - near)),
                slice(int(middle + near), int(middle + far)),
            )
            medians = [_median(voxels, body, slice(top, top + rows), side) for side in sides]
            if all(medians):
                yield abs(float(np.log(medians[0] / medians[1])))


def _median(voxels: FloatArray, body: BoolArray, rows: slice, columns: slice) -> float:
    """Median signal of the body in a block; 0 where that is mostly not body."""
    inside = body[:, rows, columns]
    if inside.size == 0 or inside.mean() <= BODY_SHARE:
        return 0.0
    return float(np.median(voxels[:, rows, columns][inside]))

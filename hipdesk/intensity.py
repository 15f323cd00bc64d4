"""Signal made comparable: between series for the locator, against marrow for lesions.

Training uses these same functions, so that a network sees at work what it saw
when it learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.grids import Grid, distance_mm, shape3
from hipdesk.records import Affine, BoolArray, FloatArray, Head

BACKGROUND_FRACTION: Final = 0.1
"""Share of the brightest tissue below which a voxel counts as background."""

BODY_CLIP: Final = 2.0
MARROW_CLIP: Final = 30.0

MARROW_REACH_MM: Final = 60.0
"""How far from the head centre femoral marrow belongs to the hip."""

MARROW_PROBABILITY: Final = 0.7
MARROW_MINIMUM_VOXELS: Final = 200
"""Fewer femur voxels on the locator's grid than this do not give a steady median."""

MARROW_DIGITS: Final = 4
"""Significant digits of the median, so that the last bits of a resampling never
reach a network."""

TISSUE_FROM_MM: Final = 28.0
TISSUE_REACH_MM: Final = 60.0
"""Between these distances from a head's centre lies mostly muscle, alike on both sides."""

TISSUE_FEMUR: Final = 0.3
"""Femur probability from which a voxel, and two pixels about it, is not called tissue."""

SIDE_RATIO: Final = 1.2
"""Marrow of one hip may exceed that of the other by this, once the coils' brightness is
divided out, which leaves 8-12 % (SD) between simulated sides; more is taken for oedema. Of
104 simulated hips, those less than 5 % full of oedema keep their own median; in those more
than 35 % full its mean error falls from 34 % to 14 %, the largest from 123 % to 36 %."""

SIDE_BELIEVED: Final = 2.5
"""No oedema makes marrow as much brighter as this; then the other hip shows no marrow, but
metal or a void."""

HEAD_CORE: Final = 0.7
"""Share of the head's radius inside which cortex and joint fluid do not reach."""


def body_scale(stack: NDArray[np.floating]) -> float:
    """99th percentile of the signal of the body in a stack; 0 for an empty one.

    The body is what exceeds `BACKGROUND_FRACTION` of the 99.5th percentile of
    all positive signal: air and padding stay out whatever their share of the
    field of view.
    """
    positive = stack[stack > 0]
    if positive.size == 0:
        return 0.0
    bright = float(np.percentile(positive, 99.5))
    body = positive[positive > BACKGROUND_FRACTION * bright]
    return float(np.percentile(body, 99.0))


def by_body(stack: NDArray[np.floating]) -> FloatArray:
    """Signal of a whole series on the locator's grid: 1 at the body's 99th percentile.

    Clipped to 0-2. `body_scale` says what the body is.
    """
    scale = body_scale(stack)
    if scale <= 0:
        return np.zeros(stack.shape, dtype=np.float32)
    return np.asarray(np.clip(stack / np.float32(scale), 0.0, BODY_CLIP), dtype=np.float32)


def by_marrow(signal: NDArray[np.floating], median: float) -> FloatArray:
    """``log2(1 + clip(signal / median, 0, 30))``: 1 is the patient's own normal marrow.

    Parameters
    ----------
    median : signal of normal femoral marrow, positive
    """
    relative = np.clip(signal / np.float32(median), 0.0, MARROW_CLIP)
    return np.asarray(np.log2(np.float32(1.0) + relative), dtype=np.float32)


def femur_median(image: FloatArray, femur: FloatArray, affine: Affine, head: Head) -> float | None:
    """Median signal of normal femoral marrow of one hip.

    Over voxels of likely femur, their rim taken off in-plane, within 60 mm of
    the head centre; where those are too few, over the core of the head.

    Parameters
    ----------
    image, femur : (slices, rows, columns) raw signal and femur probability,
        both on the locator's grid
    affine : of that grid
    head : a found head

    Returns
    -------
    A positive number, or None where there is no signal to measure.
    """
    if head.centre_lps_mm is None or head.radius_mm is None:
        return None
    distance = distance_mm(Grid(affine, shape3(image.shape)), head.centre_lps_mm)
    marrow = _eroded_in_plane(femur > MARROW_PROBABILITY) & (distance <= MARROW_REACH_MM)
    if np.count_nonzero(marrow) < MARROW_MINIMUM_VOXELS:
        marrow = distance <= HEAD_CORE * head.radius_mm
    values = image[marrow]
    median = _rounded(float(np.median(values))) if values.size else 0.0
    return median if np.isfinite(median) and median > 0 else None


def marrow_medians(
    image: FloatArray, femur: FloatArray, affine: Affine, heads: Sequence[Head]
) -> tuple[float | None, ...]:
    """Median signal of normal femoral marrow of each hip, each checked against the other.

    Oedema that fills head and neck raises a hip's own median, and would be
    compared with itself. So the median is at most `SIDE_RATIO` times what the
    other hip's would be here; how much brighter the coils make this side is
    told by the soft tissue around the two heads.

    Parameters
    ----------
    image, femur, affine : as for `femur_median`
    heads : found or not; of a single found one the median is its own

    Returns
    -------
    For each head, a positive number or None where there is no signal to measure.
    """
    own = [femur_median(image, femur, affine, head) for head in heads]
    soft = _soft_tissue(image, femur)
    tissue = [_tissue_median(image, soft, affine, head) for head in heads]
    relative = [m / t for m, t in zip(own, tissue, strict=True) if m and t]
    return tuple(
        _rounded(around * _checked(median / around, relative)) if median and around else median
        for median, around in zip(own, tissue, strict=True)
    )


def _checked(own: float, relative: Sequence[float]) -> float:
    """Marrow over soft tissue of one hip, at most a little more than that of the others."""
    believed = [other for other in relative if other >= own / SIDE_BELIEVED]
    return min(own, SIDE_RATIO * min(believed))


def _soft_tissue(image: FloatArray, femur: FloatArray) -> BoolArray:
    """The body without the femurs and their rims."""
    positive = image[image > 0]
    bright = float(np.percentile(positive, 99.5)) if positive.size else np.inf
    bone = ndimage.binary_dilation(femur > TISSUE_FEMUR, np.ones((1, 5, 5), dtype=np.bool_))
    return np.asarray((image > BACKGROUND_FRACTION * bright) & ~bone)


def _tissue_median(image: FloatArray, soft: BoolArray, affine: Affine, head: Head) -> float:
    """Median of the soft tissue around a head; 0 where there is none."""
    if head.centre_lps_mm is None:
        return 0.0
    distance = distance_mm(Grid(affine, shape3(image.shape)), head.centre_lps_mm)
    values = image[soft & (distance > TISSUE_FROM_MM) & (distance <= TISSUE_REACH_MM)]
    return float(np.median(values)) if values.size else 0.0


def _rounded(median: float) -> float:
    """A median to `MARROW_DIGITS` significant digits."""
    return float(f"{median:.{MARROW_DIGITS}g}")


def _eroded_in_plane(mask: BoolArray) -> BoolArray:
    """A mask less one pixel at its rim on every slice."""
    cross = ndimage.generate_binary_structure(2, 1)[None]
    return np.asarray(ndimage.binary_erosion(mask, cross))

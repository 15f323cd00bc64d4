"""Where the femoral heads are: locator input, its probabilities, two heads.

The side comes from the network and the geometry: canonical columns run from the
patient's right to left, whatever the order of the stored pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import ndimage

from hipdesk.geometry import as_point, spacing_of, to_lps, voxel_volume_ml
from hipdesk.grids import (
    LOCATOR_COLUMNS,
    LOCATOR_ROWS,
    LOCATOR_SPACING_MM,
    Grid,
    distance_mm,
    locator_grid,
    offsets_mm,
    resample,
    shape3,
)
from hipdesk.inference import check_manifest, run_batches, with_context
from hipdesk.intensity import by_body
from hipdesk.manifest import Task
from hipdesk.ports import Cancelled, Network, Progress, never_cancelled, no_progress
from hipdesk.records import Affine, BoolArray, FloatArray, Head, Point, Reason, Side, Volume

CHANNELS: Final = ("head_right", "head_left", "femur")
HEAD_CHANNEL: Final[Mapping[Side, int]] = {Side.RIGHT: 0, Side.LEFT: 1}
FEMUR_CHANNEL: Final = 2
MIRRORED_CHANNELS: Final = (1, 0, 2)
"""What each channel is called in the mirror."""

LOCATOR_SIZE: Final = (LOCATOR_ROWS, LOCATOR_COLUMNS, LOCATOR_SPACING_MM)

SMOOTHING_MM: Final = 6.0
"""Sigma of the Gaussian that turns a probability map into one peak a head."""

PEAK_MINIMUM: Final = 0.6
"""Smoothed probability below which nothing is called a head, unless the model's manifest has
a limit of its own."""

CENTROID_REACH_MM: Final = 36.0
"""Around the peak: one and a half radii of a large head."""

SPREAD_REACH_MM: Final = 54.0
"""Around the centre: a head leaves the outer part of this empty, a blob does not."""

CENTROID_PROBABILITY: Final = 0.3
CENTROID_ROUNDS: Final = 2
HEAD_PROBABILITY: Final = 0.5

EQUIVALENT_RADIUS_MM: Final = (15.0, 35.0)
"""Outside these, what was found is not one femoral head."""

RADIUS_MM: Final = (17.0, 33.0)
"""Adult femoral heads, with margin; reported radii are clipped to this."""

FEMUR_REACH_MM: Final = 80.0
FEMUR_MINIMUM_ML: Final = 3.0
"""A head has a neck and trochanter below and lateral of it."""

DISTANCE_MM: Final = (110.0, 240.0)
"""Plausible distance between the two head centres; 165-200 is usual. Two claims
closer than this are mostly one head claimed for both sides."""

CENTRE_DECIMALS: Final = 2
"""Centres are kept to 0.01 mm, so that rounding in the last bits of a network's
answer moves neither crop nor score."""

BATCH: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """The locator's answer on one series.

    Attributes
    ----------
    grid : the locator's grid
    image : raw signal on that grid
    femur : femur probability on that grid
    heads : right, then left
    """

    grid: Grid
    image: FloatArray
    femur: FloatArray
    heads: tuple[Head, Head]


def locate(
    volume: Volume,
    network: Network,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Located:
    """Find both femoral heads of a series.

    The network sees every slice and its mirror image, and the two answers are
    averaged: a mirrored patient then gives exactly the mirrored heads.

    Raises
    ------
    ModelError
        The model is not a locator of this program's form, or failed.
    Cancelled
        The user asked to stop.
    """
    check_manifest(network.manifest, Task.LOCATE, CHANNELS, LOCATOR_SIZE)
    grid = locator_grid(volume.series)
    image = resample(volume.voxels, volume.series.affine, grid)
    mean = both_ways(by_body(image), network, progress, cancelled)
    limit = network.manifest.confidence_limit
    heads = find_heads(mean, grid.affine, PEAK_MINIMUM if limit is None else limit)
    return Located(grid, image, np.ascontiguousarray(mean[:, FEMUR_CHANNEL]), heads)


def both_ways(
    stack: FloatArray,
    network: Network,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> FloatArray:
    """Mean of the network's answers on a stack and on its mirror image.

    Parameters
    ----------
    stack : on the locator's grid, as `hipdesk.intensity.by_body` gives it

    Returns
    -------
    (slices, 3, rows, columns), channels as in `CHANNELS`
    """
    straight = _probabilities(stack, network, _half(progress, 0.0), cancelled)
    mirrored = _probabilities(stack[..., ::-1], network, _half(progress, 0.5), cancelled)
    mean = (straight + mirrored[:, MIRRORED_CHANNELS, :, ::-1]) * np.float32(0.5)
    return np.asarray(mean, dtype=np.float32)


def find_heads(
    probabilities: FloatArray, affine: Affine, limit: float = PEAK_MINIMUM
) -> tuple[Head, Head]:
    """The two femoral heads, right then left, from the locator's probabilities.

    Each side: the maximum of the smoothed map, then the centre of probability
    about it; accepted where the peak is high, the volume that of a head and a
    femur goes on below. Both sides together must be a pelvis, else only the
    more confident one is kept.

    Parameters
    ----------
    probabilities : (slices, 3, rows, columns), channels as in `CHANNELS`; the
        target of a head is the full ball of its radius
    affine : of the locator's grid, (slice, row, column) to LPS mm
    limit : confidence below which there is no head
    """
    grid = Grid(affine, shape3(probabilities[:, 0].shape))
    femur = probabilities[:, FEMUR_CHANNEL] > HEAD_PROBABILITY
    right, left = (
        _find_head(probabilities[:, HEAD_CHANNEL[side]], femur, grid, side, limit)
        for side in (Side.RIGHT, Side.LEFT)
    )
    return _consistent(right, left)


def _half(progress: Progress, start: float) -> Progress:
    """Progress of one of two equal parts."""
    return lambda part, _: progress(start + part / 2, "Finding the femoral heads")


def _probabilities(
    stack: FloatArray, network: Network, progress: Progress, cancelled: Cancelled
) -> FloatArray:
    """The network's answer on a stack, its channels in the order of `CHANNELS`."""
    inputs: dict[str, FloatArray] = {
        spec.role: with_context(stack, spec.context_slices) for spec in network.manifest.inputs
    }
    answer = run_batches(network, inputs, BATCH, progress, cancelled)
    names = network.manifest.channel_names
    return answer[:, [names.index(name) for name in CHANNELS]]


def _find_head(
    probability: FloatArray, femur: BoolArray, grid: Grid, side: Side, limit: float
) -> Head:
    """One side's head, found or not."""
    peak, confidence = _peak(probability, grid)
    missing = Head(side, found=False, confidence=confidence, reason=Reason.HEAD_NOT_FOUND)
    if confidence < limit:
        return missing
    centre = _centroid(probability, grid, peak)
    distance = distance_mm(grid, centre)
    likely = probability > HEAD_PROBABILITY
    radius = _radius_mm(likely & (distance <= CENTROID_REACH_MM), grid)
    spread = _radius_mm(likely & (distance <= SPREAD_REACH_MM), grid)
    low, high = EQUIVALENT_RADIUS_MM
    below = _femur_below_ml(femur, grid, centre, radius, side)
    if radius < low or spread > high or below < FEMUR_MINIMUM_ML:
        return missing
    return Head(
        side,
        found=True,
        confidence=confidence,
        centre_lps_mm=centre,
        radius_mm=round(float(np.clip(radius, *RADIUS_MM)), CENTRE_DECIMALS),
    )


def _peak(probability: FloatArray, grid: Grid) -> tuple[Point, float]:
    """Place and height of the maximum of the smoothed map."""
    sigma = [SMOOTHING_MM / step for step in spacing_of(grid.affine)]
    # A head cut by the first or last slice must not fade towards that end.
    modes = ("nearest", "constant", "constant")
    smooth = ndimage.gaussian_filter(probability, sigma, mode=modes, truncate=3.0)
    index = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
    confidence = float(np.clip(smooth[index], 0.0, 1.0))
    return as_point(to_lps(grid.affine, index)), round(confidence, 4)


def _centroid(probability: FloatArray, grid: Grid, peak: Point) -> Point:
    """Centre of probability about a peak, taken again about itself."""
    weights = np.where(probability > CENTROID_PROBABILITY, probability, 0.0)
    centre = np.asarray(peak)
    for _ in range(CENTROID_ROUNDS):
        inside = weights * (distance_mm(grid, centre) <= CENTROID_REACH_MM)
        total = float(inside.sum(dtype=np.float64))
        if total <= 0:
            break
        index = [
            float(np.dot(inside.sum(axis=other, dtype=np.float64), np.arange(n))) / total
            for other, n in zip(((1, 2), (0, 2), (0, 1)), grid.shape, strict=True)
        ]
        centre = to_lps(grid.affine, index)
    return as_point(np.round(centre, CENTRE_DECIMALS))


def _radius_mm(ball: BoolArray, grid: Grid) -> float:
    """Radius of the ball of this volume, or of its widest section where a stack cuts it."""
    volume = np.count_nonzero(ball) * voxel_volume_ml(grid.affine) * 1000.0
    radius = float(np.cbrt(3.0 * volume / (4.0 * np.pi)))
    if ball[0].any() or ball[-1].any():
        _, rows, columns = spacing_of(grid.affine)
        area = float(ball.sum(axis=(1, 2)).max()) * rows * columns
        radius = max(radius, float(np.sqrt(area / np.pi)))
    return radius


def _femur_below_ml(
    femur: BoolArray, grid: Grid, centre: Point, radius_mm: float, side: Side
) -> float:
    """Volume of femur outside the head, lower than its centre and lateral of it."""
    x, _, z = offsets = offsets_mm(grid, centre)
    distance = np.linalg.norm(offsets, axis=0)
    lateral = x < 0 if side is Side.RIGHT else x > 0
    part = femur & lateral & (z < 0) & (distance > radius_mm) & (distance <= FEMUR_REACH_MM)
    return int(np.count_nonzero(part)) * voxel_volume_ml(grid.affine)


def _consistent(right: Head, left: Head) -> tuple[Head, Head]:
    """Both heads where together they are a pelvis, else the more confident one."""
    if right.centre_lps_mm is None or left.centre_lps_mm is None:
        return right, left
    apart = np.asarray(left.centre_lps_mm) - np.asarray(right.centre_lps_mm)
    low, high = DISTANCE_MM
    if apart[0] > 0 and low <= float(np.linalg.norm(apart)) <= high:
        return right, left
    if right.confidence >= left.confidence:
        return right, _withdrawn(left)
    return _withdrawn(right), left


def _withdrawn(head: Head) -> Head:
    """A head that cannot be one beside the other."""
    return Head(head.side, False, head.confidence, reason=Reason.HEAD_NOT_FOUND)

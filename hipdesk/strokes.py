"""A reader's brush: drags to pixels, and strokes laid on a hip's masks, scored again.

A stroke is kept as the pixels that it covered, not as the way of the hand, so that
it means the same in every later version. Strokes act in their order; each sets or
clears its pixels of its own class and nothing else, wherever they lie: oedema that
a reader paints outside the bones stays (and `hipdesk.quality` tells it).

The outlined femoral head is part of the femur and no part of the hip bone. Where
strokes add to it, the femur gains those pixels and the acetabulum loses them; what
is erased of it stays femur.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from hipdesk.errors import BugError
from hipdesk.records import (
    BoolArray,
    GridBox,
    HipResult,
    Segmentation,
    SegmentClass,
    Series,
    Volume,
)
from hipdesk.review import PAINTABLE, Stroke
from hipdesk.scoring import lesions_defined, rescored

LEAST_RADIUS_MM: Final = 0.5
LARGEST_RADIUS_MM: Final = 15.0
"""Radii of the brush that a reader may choose; the largest paints a whole head in a few strokes."""

Place = tuple[float, float]
"""(row, column) on a series' native grid, pixel centres at integers."""


def swept(
    path: Sequence[Place],
    radius_mm: float,
    pixel_mm: tuple[float, float],
    shape: tuple[int, int],
) -> tuple[tuple[int, int], BoolArray] | None:
    """Pixels under a disc that is dragged along a path, clipped to the image.

    A pixel is under it where its centre lies within the radius of the path,
    measured in millimetres. The disc is never smaller than reaches from any point
    to the nearest pixel centre (half a pixel's diagonal), so that every point of
    the path leaves a pixel.

    Parameters
    ----------
    path : (row, column) of each point, in order; at least one
    pixel_mm : millimetres between neighbouring (rows, columns)
    shape : (rows, columns) of the image

    Returns
    -------
    (row, column) of the first pixel, and bool (rows, columns) without empty edges;
    None where nothing of it is on the image.
    """
    if not path:
        raise BugError("a stroke of the brush has no point")
    reach = max(radius_mm, math.hypot(*pixel_mm) / 2)
    size = np.asarray(pixel_mm)
    points = np.asarray(path, dtype=np.float64) * size
    low = np.maximum(np.floor((points.min(axis=0) - reach) / size), 0).astype(int)
    high = np.minimum(np.ceil((points.max(axis=0) + reach) / size) + 1, shape).astype(int)
    if np.any(low >= high):
        return None
    bits = np.zeros(high - low, dtype=np.bool_)
    for first, last in pairwise(points) if len(points) > 1 else [(points[0], points[0])]:
        _sweep(bits, low, size, first, last, reach)
    return _trimmed(bits, (int(low[0]), int(low[1])))


def _sweep(
    bits: BoolArray,
    corner: np.ndarray,
    size: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    reach: float,
) -> None:
    """Set the pixels within reach of one straight piece; everything but ``corner`` in mm."""
    low = np.floor((np.minimum(first, last) - reach) / size).astype(int) - corner
    high = np.ceil((np.maximum(first, last) + reach) / size).astype(int) + 1 - corner
    low, high = np.maximum(low, 0), np.minimum(high, bits.shape)
    if np.any(low >= high):
        return
    rows, columns = (np.arange(low[axis], high[axis]) + corner[axis] for axis in (0, 1))
    down, across = (rows * size[0] - first[0])[:, None], (columns * size[1] - first[1])[None]
    along = last - first
    length = float(along @ along)
    share = np.clip((down * along[0] + across * along[1]) / length, 0, 1) if length else 0.0
    distance = np.hypot(down - share * along[0], across - share * along[1])
    # Distances are sums of products: what lies on the rim by arithmetic is taken.
    bits[low[0] : high[0], low[1] : high[1]] |= distance <= reach + 1e-9


def _trimmed(bits: BoolArray, corner: tuple[int, int]) -> tuple[tuple[int, int], BoolArray] | None:
    """Pixels without empty rows and columns about them; None where there are none."""
    rows, columns = (np.flatnonzero(bits.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return None
    inside = bits[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return (corner[0] + int(rows[0]), corner[1] + int(columns[0])), inside


def paintable(series: Series, hip: HipResult) -> tuple[SegmentClass, ...]:
    """Classes that may be painted on a hip; lesions only where they are defined."""
    if hip.segmentation is None:
        return ()
    if lesions_defined(series, hip.segmentation):
        return PAINTABLE
    return (SegmentClass.FEMORAL_HEAD,)


def with_strokes(volume: Volume, hip: HipResult, strokes: Sequence[Stroke]) -> HipResult:
    """A hip after strokes of the brush, scored as before: same centre, same exclusions.

    Parameters
    ----------
    volume : the series that ``hip`` is of
    strokes : in their order

    Returns
    -------
    The hip itself where there are none.

    Raises
    ------
    BugError
        The hip has no outlines, a stroke is not of the series or leaves it, or its
        class is not one that can be painted here.
    """
    if not strokes:
        return hip
    if hip.segmentation is None:
        raise BugError("a hip without outlines was painted on")
    series, allowed = volume.series, paintable(volume.series, hip)
    for stroke in strokes:
        _check(series, stroke, allowed)
    painted = replace(hip, segmentation=drawn(hip.segmentation, strokes))
    score = hip.score
    if score is None:
        return rescored(volume, painted)
    central = score.central_index if score.central_moved else None
    return rescored(volume, painted, central, score.excluded)


def drawn(segmentation: Segmentation, strokes: Iterable[Stroke]) -> Segmentation:
    """Masks after strokes; their box grows to what was painted outside it.

    The confidence was in the program's own lesions, so the new masks have none.
    """
    every = tuple(strokes)
    box = _grown(segmentation.box, [stroke for stroke in every if not stroke.erases])
    masks = {name: _moved(mask, segmentation.box, box) for name, mask in segmentation.masks.items()}
    before = masks[SegmentClass.FEMORAL_HEAD].copy()
    for stroke in every:
        _lay(masks[stroke.name], box, stroke)
    gained = masks[SegmentClass.FEMORAL_HEAD] & ~before
    for name, kept in ((SegmentClass.PROXIMAL_FEMUR, True), (SegmentClass.ACETABULUM, False)):
        if name in masks:
            masks[name][gained] = kept
    return Segmentation(segmentation.side, box, masks)


def _check(series: Series, stroke: Stroke, allowed: Sequence[SegmentClass]) -> None:
    slices, rows, columns = series.shape
    if not 0 <= stroke.index < slices or series.slices[stroke.index].key != stroke.key:
        raise BugError("a stroke of the brush is not of this series")
    inside = min(stroke.start) >= 0 and stroke.stop[0] <= rows and stroke.stop[1] <= columns
    if not inside or stroke.bits.size == 0:
        raise BugError("a stroke of the brush leaves the image")
    if stroke.name not in allowed:
        raise BugError("a stroke of the brush is of a class that cannot be painted here")


def _grown(box: GridBox, painted: Sequence[Stroke]) -> GridBox:
    """The smallest box about a box and all that was painted."""
    starts = [box.start, *((each.index, *each.start) for each in painted)]
    stops = [box.stop, *((each.index + 1, *each.stop) for each in painted)]
    first, last = np.min(starts, axis=0).tolist(), np.max(stops, axis=0).tolist()
    return GridBox((first[0], first[1], first[2]), (last[0], last[1], last[2]))


def _moved(mask: BoolArray, old: GridBox, new: GridBox) -> BoolArray:
    """A copy of a mask in a box that holds its own."""
    wider = np.zeros(new.shape, dtype=np.bool_)
    inside = GridBox(_less(old.start, new.start), _less(old.stop, new.start))
    wider[inside.index] = mask
    return wider


def _less(index: tuple[int, int, int], start: tuple[int, int, int]) -> tuple[int, int, int]:
    return index[0] - start[0], index[1] - start[1], index[2] - start[2]


def _lay(mask: BoolArray, box: GridBox, stroke: Stroke) -> None:
    """Set or clear a stroke's pixels; what is erased outside the box is empty already."""
    if not box.start[0] <= stroke.index < box.stop[0]:
        return
    low = np.maximum(stroke.start, box.start[1:])
    high = np.minimum(stroke.stop, box.stop[1:])
    if np.any(low >= high):
        return
    (top, left), (bottom, right) = low - stroke.start, high - stroke.start
    bits = stroke.bits[top:bottom, left:right]
    (top, left), (bottom, right) = low - box.start[1:], high - box.start[1:]
    mask[stroke.index - box.start[0], top:bottom, left:right][bits] = not stroke.erases


def stroke_along(
    series: Series,
    index: int,
    name: SegmentClass,
    path: Sequence[Place],
    radius_mm: float,
    *,
    erases: bool = False,
) -> Stroke | None:
    """The stroke of a drag over one slice; None where nothing of it is on the image.

    Parameters
    ----------
    index : 0-based slice of the series
    path, radius_mm : as `swept` takes them
    """
    _, rows, columns = series.shape
    _, row_mm, column_mm = series.spacing_mm
    found = swept(path, radius_mm, (row_mm, column_mm), (rows, columns))
    if found is None:
        return None
    return Stroke(name, series.slices[index].key, index, *found, erases=erases)

"""Two visits linked in millimetres from the head centre of one hip.

Nothing is registered: a place is given by its offset from the head centre
along the normal of the visit's own slices, and by millimetres to the right and
down on the upright picture. Offsets grow as stacks do, for coronal slices from
anterior to posterior, whichever way the files run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.display import DisplayStack
from hipdesk.geometry import angle_deg, as_point, normal_lps, stack_normal
from hipdesk.records import Affine, Notice, Point

PLANE_LIMIT_DEG: Final = 10.0
"""Beyond this, slices 24 mm from the centre of a head are 4 mm, a slice, apart (our choice)."""

INDEX_DECIMALS: Final = 6
"""Of a slice; keeps rounding errors from deciding which of two slices is nearer."""

Extent = tuple[float, float]
"""Least and largest offset in millimetres, ends included."""


def offset_of(affine: Affine, head_centre: Point, index: float) -> float:
    """Millimetres from a head centre to a slice along the stack's normal.

    Parameters
    ----------
    affine : of the stack, as stored or upright
    head_centre : LPS millimetres
    index : of the slice, may be fractional

    Returns
    -------
    positive behind the centre for coronal slices, above it for axial ones, on
    the patient's left of it for sagittal ones
    """
    return offsets_along(affine, head_centre, [index])[0]


def offsets_along(
    affine: Affine, head_centre: Point, indices: Iterable[float]
) -> tuple[float, ...]:
    """As `offset_of`, of several slices."""
    (a, b, c), (x, y, z) = affine[:3, 0].tolist(), affine[:3, 3].tolist()
    (right, front, feet), (u, v, w) = head_centre, normal_lps(affine)
    step = a * u + b * v + c * w
    start = (x - right) * u + (y - front) * v + (z - feet) * w
    return tuple([n * step + start for n in indices])


def index_at(affine: Affine, n_slices: int, head_centre: Point, offset_mm: float) -> int | None:
    """The slice nearest to an offset; of two equally near, the lower index.

    Parameters
    ----------
    affine, n_slices : of the stack
    head_centre : LPS millimetres
    offset_mm : as `offset_of` counts

    Returns
    -------
    None where the offset lies more than half a slice step outside the stack
    """
    step_mm = float(affine[:3, 0] @ stack_normal(affine))
    away = (offset_mm - offset_of(affine, head_centre, 0)) / step_mm
    fractional = round(away, INDEX_DECIMALS)
    if not -0.5 <= fractional <= n_slices - 0.5:
        return None
    return min(max(math.ceil(fractional - 0.5), 0), n_slices - 1)


def extent_of(affine: Affine, n_slices: int, head_centre: Point) -> Extent:
    """The offsets at which a stack has a slice, half a step beyond both ends included."""
    ends = (offset_of(affine, head_centre, end) for end in (-0.5, n_slices - 0.5))
    low, high = sorted(ends)
    return low, high


def range_of(first: Extent, second: Extent) -> Extent | None:
    """The offsets that two stacks have in common, or None."""
    low, high = max(first[0], second[0]), min(first[1], second[1])
    return (low, high) if low <= high else None


def span_of(first: Extent, *others: Extent) -> Extent:
    """From the least to the largest offset at which any of the stacks has a slice."""
    low, high = zip(first, *others, strict=True)
    return min(low), max(high)


def in_plane_offset(
    stack: DisplayStack, head_centre: Point, index: float, x: float, y: float
) -> tuple[float, float]:
    """Millimetres (right, down) from a head centre to a picture point.

    Right and down are the screen's: towards the patient's left, and the feet.

    Parameters
    ----------
    index : slice on which the point lies
    """
    away = np.subtract(stack.to_lps(index, x, y), head_centre)
    right, down = _screen_axes(stack)
    return float(away @ right), float(away @ down)


def linked_point(
    stack: DisplayStack, head_centre: Point, in_plane_mm: tuple[float, float], offset_mm: float = 0
) -> tuple[float, float]:
    """The picture point (x, y) at a place given in millimetres from a head centre.

    The inverse of `in_plane_offset`.

    Parameters
    ----------
    in_plane_mm : to the (right, down) of the screen
    offset_mm : of the slice on which the point is shown; matters only where a
        stack's slices are shifted against each other
    """
    right, down = _screen_axes(stack)
    across = in_plane_mm[0] * right + in_plane_mm[1] * down
    place = np.asarray(head_centre) + across + offset_mm * stack_normal(stack.affine)
    _, x, y = stack.to_picture(as_point(place))
    return x, y


def plane_angle_deg(first: Affine, second: Affine) -> float:
    """Angle between the slices of two stacks, 0-90 degrees."""
    return angle_deg(stack_normal(first).tolist(), stack_normal(second).tolist())


def plane_notice(first: Affine, second: Affine) -> Notice | None:
    """What a reader must know of slices that differ in direction, if they do."""
    angle = plane_angle_deg(first, second)
    if angle <= PLANE_LIMIT_DEG:
        return None
    return Notice(
        "planes_differ",
        f"The slices of the two visits are tilted by {angle:.0f} degrees against each other; away "
        "from the head centre, slices side by side do not show the same place.",
        angle,
    )


def _screen_axes(stack: DisplayStack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit LPS directions of the screen's right and down."""
    down_mm, right_mm = stack.pixel_mm
    return stack.affine[:3, 2] / right_mm, stack.affine[:3, 1] / down_mm

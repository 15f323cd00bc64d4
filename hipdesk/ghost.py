"""The outline of a bone of one visit on the slices of another, through a rigid motion.

It is the bone's surface, as its residual is measured, that is cut by the other
visit's slices. Where the slices of its own visit end it ends as well, open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from hipdesk.bone_surface import BoneSurface, inverse
from hipdesk.display import DisplayStack, Polyline
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.geometry import to_index
from hipdesk.ports import Cancelled, never_cancelled
from hipdesk.records import Affine

STEP_MM: Final = 1.0
"""Between the points of a slice at which a surface is looked for; it is linear between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """Another visit's outlines, slice by slice.

    Attributes
    ----------
    lines : one entry a slice; of each the outlines as picture points (x, y), closed
        where the first is repeated last
    """

    lines: tuple[tuple[Polyline, ...], ...]

    def on(self, index: int) -> tuple[Polyline, ...]:
        """The outlines on a slice; none on one that is not there."""
        return self.lines[index] if 0 <= index < len(self.lines) else ()


def ghost_of(
    bones: Iterable[tuple[BoneSurface, Affine]],
    stack: DisplayStack,
    cancelled: Cancelled = never_cancelled,
) -> Ghost:
    """Bones of an earlier visit as they lie on a later one's pictures.

    Parameters
    ----------
    bones : surface in the earlier visit's LPS mm, and the motion from the later to the
        earlier visit's LPS mm
    stack : the later visit

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    drawn: list[tuple[Polyline, ...]] = [()] * stack.slices
    for surface, later_to_earlier in bones:
        field = inverse(surface.affine) @ later_to_earlier @ stack.affine
        low, high = _bounds(field, surface.distance_mm.shape)
        for index in range(max(low[0], 0), min(high[0], stack.slices - 1) + 1):
            if cancelled():
                raise CancelledByUser
            drawn[index] += _cut(surface, field, index, (low[1:], high[1:]), stack.pixel_mm)
    return Ghost(tuple(drawn))


def _bounds(
    field: Affine, shape: tuple[int, ...]
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """First and last (slice, row, column) of the stack that a surface's block may reach.

    Parameters
    ----------
    field : from the stack's pixels to those of the surface
    """
    corners = to_index(field, list(itertools.product(*((0, size - 1) for size in shape))))
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    return _three(low), _three(high)


def _three(values: NDArray[np.float64]) -> tuple[int, int, int]:
    slices, rows, columns = values.astype(int).tolist()
    return slices, rows, columns


def _cut(
    surface: BoneSurface,
    field: Affine,
    index: int,
    box: tuple[tuple[int, int], tuple[int, int]],
    pixel_mm: tuple[float, float],
) -> tuple[Polyline, ...]:
    """Where one slice cuts a surface.

    Parameters
    ----------
    field : from the stack's pixels to those of the surface
    box : first and last (row, column) to be looked at
    """
    steps = [STEP_MM / size for size in pixel_mm]
    rows, columns = (
        np.arange(first, last + step, step) for first, last, step in zip(*box, steps, strict=True)
    )
    down, right = np.meshgrid(rows, columns, indexing="ij")
    at = np.tensordot(field[:3, 1:3], np.stack([down, right]), 1)
    at += (field[:3, 0] * index + field[:3, 3])[:, None, None]
    last = np.subtract(surface.distance_mm.shape, 1)[:, None, None]
    inside = np.all((at >= 0) & (at <= last), axis=0)
    if not inside.any():
        return ()
    values = ndimage.map_coordinates(
        surface.distance_mm, at, output=np.float64, order=1, mode="nearest"
    )
    found = measure.find_contours(values, 0.0, mask=inside)  # type: ignore[no-untyped-call]
    corner = np.array([box[0][0], box[0][1]])
    return tuple(_picture_points(corner + path * steps) for path in found)


def _picture_points(path: NDArray[np.float64]) -> Polyline:
    points = np.ascontiguousarray(path[:, ::-1], dtype=np.float32)
    points.setflags(write=False)
    return points

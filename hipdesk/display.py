"""A series with its outlines, slice by slice, ready for the screen.

Pictures are upright: head up, the patient's left on screen right. A picture
point is ``(x, y)``: fractional column and row of the upright picture, pixel
centres at integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk import errors
from hipdesk.crop import hip_grid
from hipdesk.geometry import Upright, as_point, to_index, to_lps, upright, upright_affine
from hipdesk.overlay import LINE_STYLES, Window, outlines, window_of
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress, one_of
from hipdesk.records import (
    Affine,
    BoolArray,
    FloatArray,
    GridBox,
    Head,
    Point,
    Segmentation,
    SegmentClass,
    Side,
    Volume,
)

Polyline = NDArray[np.float32]
"""Closed outline ``(points, 2)`` of picture points (x, y), the first repeated last."""

Outlines = Mapping[SegmentClass, tuple[Polyline, ...]]
"""In drawing order: lesions after bones."""

LIMIT_PERCENTILES: Final = (0.1, 99.9)
LIMIT_SAMPLES: Final = 96
"""Pixels along a slice's shorter side that the signal's limits are measured from, at least."""

OUTLINING: Final = "Drawing the outlines"

_NOTHING: Final[Outlines] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PictureBox:
    """A rectangle on an upright picture, in picture points: outer edges."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class SlicePicture:
    """One slice as it is shown.

    Attributes
    ----------
    index, of : 0-based slice index and number of slices
    image : float32 (rows, columns), upright, in the series' units, read-only
    pixel_mm : millimetres between (rows, columns) of ``image``
    edges : patient directions at (top, bottom, left, right)
    outlines : per hip; empty for a hip that is not on this slice
    """

    index: int
    of: int
    image: FloatArray
    pixel_mm: tuple[float, float]
    edges: tuple[str, str, str, str]
    outlines: Mapping[Side, Outlines]


@dataclass(frozen=True, slots=True, eq=False)
class DisplayStack:
    """A whole series ready to be scrolled through: made once, slices cost nothing.

    Attributes
    ----------
    images : float32 (slices, rows, columns), upright, read-only: a view of the
        volume's voxels. Drawing a turned view takes as long as copying it
        first would (measured: 0.3 to 0.7 ms at 512 x 512), so nothing is copied.
    affine : 4 x 4 from (slice, shown row, shown column) to LPS mm
    pixel_mm : millimetres between shown (rows, columns)
    turned : how slices were turned
    window : (centre, width) to begin with
    limits : (least, largest) signal that a window is worth setting to
    outlines : per hip, one entry a slice
    """

    images: FloatArray
    affine: Affine
    pixel_mm: tuple[float, float]
    turned: Upright
    window: Window
    limits: tuple[float, float]
    outlines: Mapping[Side, tuple[Outlines, ...]]

    @property
    def edges(self) -> tuple[str, str, str, str]:
        """Patient directions at (top, bottom, left, right)."""
        return self.turned.edges

    @property
    def slices(self) -> int:
        """Number of slices."""
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of every picture."""
        return self.images.shape[1], self.images.shape[2]

    def picture(self, index: int) -> SlicePicture:
        """One slice as it is shown; nothing is computed.

        Parameters
        ----------
        index : 0-based, in stack order
        """
        drawn = {
            side: self.outlines[side][index] if side in self.outlines else _NOTHING for side in Side
        }
        return SlicePicture(
            index, self.slices, self.images[index], self.pixel_mm, self.edges, drawn
        )

    def to_lps(self, index: float, x: float, y: float) -> Point:
        """LPS millimetres of a picture point on a (fractional) slice."""
        return as_point(to_lps(self.affine, (index, y, x)))

    def to_picture(self, point: Point) -> tuple[float, float, float]:
        """Fractional slice index and picture point ``(index, x, y)`` of an LPS point."""
        index, y, x = to_index(self.affine, point)
        return float(index), float(x), float(y)

    def box_of(self, hip: Segmentation | Head) -> PictureBox:
        """The frame of one hip's crop.

        Parameters
        ----------
        hip : a found head, for the 100 x 125 mm that `hipdesk.crop.hip_grid`
            lays about it; or masks, for the pixels that they cover

        Raises
        ------
        BugError
            The head was not found.
        """
        if isinstance(hip, Head):
            grid, _ = hip_grid(self.affine, self.slices, hip)
            inner = np.asarray(grid.shape[1:]) - 0.5
            corners = to_lps(grid.affine, [(0, -0.5, -0.5), (0, *inner)])
            return _box(to_index(self.affine, corners))
        shown = self.turned.turn_box(hip.box, self.shape)
        return _box(np.subtract([shown.start, shown.stop], 0.5))

    def with_hip(
        self,
        side: Side,
        segmentation: Segmentation | None,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> DisplayStack:
        """The same series with other outlines of one hip, or none; all else is shared.

        Raises
        ------
        Cancelled
            The user asked to stop.
        """
        others = {each: drawn for each, drawn in self.outlines.items() if each is not side}
        if segmentation is not None:
            others[side] = _outlines(self, segmentation, progress, cancelled)
        return replace(self, outlines=MappingProxyType(others))

    def with_changes(self, before: Segmentation, after: Segmentation) -> DisplayStack:
        """The same series with other outlines of one hip; those of like slices are shared.

        Parameters
        ----------
        before : the masks whose outlines this stack has
        after : of the same side
        """
        side = after.side
        if before.box != after.box or side not in self.outlines:
            return self.with_hip(side, after)
        drawn = list(self.outlines[side])
        box = self.turned.turn_box(after.box, self.shape)
        for done, index in enumerate(range(after.box.start[0], after.box.stop[0])):
            if not _same_slice(before, after, done):
                drawn[index] = _outlines_of(self, after, box, done)
        return replace(self, outlines=MappingProxyType({**self.outlines, side: tuple(drawn)}))


def display_stack(
    volume: Volume,
    segmentations: Sequence[Segmentation],
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> DisplayStack:
    """A series with the outlines of its hips on every slice, for the screen.

    ``progress`` is called for every slice of every hip, so that a window keeps
    its turn while this runs beside it.

    Parameters
    ----------
    segmentations : at most one a side

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    series = volume.series
    up = upright(series.affine)
    window = window_of(volume)
    stack = DisplayStack(
        images=_upright_view(volume.voxels, up),
        affine=upright_affine(series.affine, series.shape),
        pixel_mm=up.spacing(series.spacing_mm),
        turned=up,
        window=window,
        limits=signal_limits(volume.voxels, window),
        outlines=MappingProxyType({}),
    )
    for done, each in enumerate(segmentations):
        share = one_of(progress, done, len(segmentations))
        stack = stack.with_hip(each.side, each, share, cancelled)
    return stack


def signal_limits(voxels: FloatArray, window: Window) -> tuple[float, float]:
    """(least, largest) signal worth setting a window to.

    All but the thousandth part of the pixels at either end, and at least what
    ``window`` spans. Every few pixels are enough for a percentile.
    """
    stride = max(1, min(voxels.shape[1:]) // LIMIT_SAMPLES)
    low, high = np.percentile(voxels[:, ::stride, ::stride], LIMIT_PERCENTILES)
    centre, width = window
    return min(float(low), centre - width / 2), max(float(high), centre + width / 2)


def _upright_view(voxels: FloatArray, up: Upright) -> FloatArray:
    """A stack with every slice turned; read-only, sharing memory."""
    turned = up.turn(voxels).view()
    turned.setflags(write=False)
    return turned


def _outlines(
    stack: DisplayStack, segmentation: Segmentation, progress: Progress, cancelled: Cancelled
) -> tuple[Outlines, ...]:
    """Outlines of one hip on every slice of the stack."""
    box = stack.turned.turn_box(segmentation.box, stack.shape)
    drawn: list[Outlines] = [_NOTHING] * stack.slices
    for done, index in enumerate(range(box.start[0], box.stop[0])):
        if cancelled():
            raise errors.Cancelled
        progress(done / box.shape[0], OUTLINING)
        drawn[index] = _outlines_of(stack, segmentation, box, done)
    return tuple(drawn)


def _outlines_of(
    stack: DisplayStack, segmentation: Segmentation, box: GridBox, at: int
) -> Outlines:
    """Outlines of one hip on one slice.

    Parameters
    ----------
    box : the masks' own, as it lies on the pictures
    at : slice within the box
    """
    masks = ((name, segmentation.masks.get(name)) for name in LINE_STYLES)
    found = {
        name: _polylines(stack.turned.turn(mask[at]), box.start[1:])
        for name, mask in masks
        if mask is not None and mask[at].any()
    }
    return MappingProxyType(found) if found else _NOTHING


def _same_slice(first: Segmentation, second: Segmentation, at: int) -> bool:
    """Whether two sets of masks in one box are the same on one slice."""
    return first.masks.keys() == second.masks.keys() and all(
        np.array_equal(mask[at], second.masks[name][at]) for name, mask in first.masks.items()
    )


def _polylines(mask: BoolArray, corner: tuple[int, int]) -> tuple[Polyline, ...]:
    """Outlines of an upright mask whose first pixel is the picture's ``corner``."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    inside = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    first = np.add(corner, (rows[0], columns[0]))
    return tuple(_picture_points(path + first) for path in outlines(inside))


def _picture_points(path: NDArray[np.float64]) -> Polyline:
    points = np.ascontiguousarray(path[:, ::-1], dtype=np.float32)
    points.setflags(write=False)
    return points


def _box(corners: NDArray[np.float64]) -> PictureBox:
    """The rectangle between two opposite corners (slice, row, column)."""
    (_, top, left), (_, bottom, right) = corners.min(axis=0), corners.max(axis=0)
    return PictureBox(float(left), float(top), float(right - left), float(bottom - top))

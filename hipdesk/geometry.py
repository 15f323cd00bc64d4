"""Affines between array indices and LPS millimetres; the only place axes are reordered.

An affine is 4 x 4 float64 and maps ``(slice, row, column, 1)`` to
``(x, y, z, 1)``. Integer indices are pixel centres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipdesk.errors import BugError
from hipdesk.records import Affine, GridBox, Plane, Point, Spacing

OBLIQUE_LIMIT_DEG: Final = 35.0
"""Beyond this angle from every anatomical plane a stack is called oblique.

Hip and pelvis protocols tilt coronal stacks by up to about 20 degrees along
the femoral necks; half of the 45 degrees between two planes, with margin.
"""

GRID_TOLERANCE: Final = 1e-3
"""Pixels by which one step of a grid may leave the axis of another it shares."""

_PLANE_NORMALS: Final[dict[Plane, Point]] = {
    # Direction in which each plane's stacks are ordered.
    Plane.SAGITTAL: (1.0, 0.0, 0.0),  # right to left
    Plane.CORONAL: (0.0, 1.0, 0.0),  # anterior to posterior
    Plane.AXIAL: (0.0, 0.0, 1.0),  # feet to head
}


def slice_normal(image_orientation: Sequence[float]) -> NDArray[np.float64]:
    """Unit normal of an image plane, row direction x column direction.

    Parameters
    ----------
    image_orientation : ImageOrientationPatient (0020,0037), six cosines: the
        direction of increasing column index, then of increasing row index.

    Source: DICOM PS3.3 C.7.6.2.1.1.
    """
    along_columns = np.asarray(image_orientation[:3], dtype=np.float64)
    along_rows = np.asarray(image_orientation[3:], dtype=np.float64)
    normal = np.cross(along_columns, along_rows)
    return np.asarray(normal / np.linalg.norm(normal))


def plane_of(normal: ArrayLike) -> Plane:
    """Anatomical plane nearest to a slice normal, or oblique beyond the limit."""
    unit = np.asarray(normal, dtype=np.float64)
    unit = unit / np.linalg.norm(unit)
    plane, cosine = max(
        ((plane, abs(float(np.dot(unit, axis)))) for plane, axis in _PLANE_NORMALS.items()),
        key=lambda pair: pair[1],
    )
    return plane if cosine >= np.cos(np.deg2rad(OBLIQUE_LIMIT_DEG)) else Plane.OBLIQUE


def stack_direction(normal: ArrayLike) -> NDArray[np.float64]:
    """The normal, flipped so that its dominant component points along +x, +y or +z.

    Stacks sorted along it run right to left, anterior to posterior or feet to head.
    """
    unit = np.asarray(normal, dtype=np.float64)
    unit = unit / np.linalg.norm(unit)
    dominant = int(np.argmax(np.abs(unit)))
    return np.asarray(unit if unit[dominant] > 0 else -unit)


def stack_normal(affine: Affine) -> NDArray[np.float64]:
    """Unit LPS normal of a stack's rows and columns, turned by `stack_direction`."""
    return np.array(normal_lps(affine))


def normal_lps(affine: Affine) -> Point:
    """`stack_normal` as plain numbers, in a fraction of numpy's time for so few."""
    x, y, z = _across(affine[:3, 1].tolist(), affine[:3, 2].tolist())
    length = math.sqrt(x * x + y * y + z * z)
    length = length if max(x, y, z, key=abs) > 0 else -length
    return x / length, y / length, z / length


def _across(one: Sequence[float], other: Sequence[float]) -> Point:
    """Cross product; `numpy.cross` takes many times as long for a single pair."""
    (a, b, c), (d, e, f) = one, other
    return b * f - c * e, c * d - a * f, a * e - b * d


def angle_deg(one: Sequence[float], other: Sequence[float]) -> float:
    """Angle between two lines, 0-90 degrees, whichever way their directions point."""
    across = math.hypot(*_across(one, other))
    return math.degrees(math.atan2(across, abs(math.fsum(map(mul, one, other)))))


def stack_affine(
    image_orientation: Sequence[float],
    pixel_spacing_mm: Sequence[float],
    first_position_lps_mm: Sequence[float],
    last_position_lps_mm: Sequence[float],
    n_slices: int,
    single_slice_step_mm: float = 1.0,
) -> Affine:
    """Affine of an evenly spaced stack, its slice step measured from positions.

    Parameters
    ----------
    image_orientation : ImageOrientationPatient
    pixel_spacing_mm : PixelSpacing (0028,0030): between rows, between columns
    first_position_lps_mm, last_position_lps_mm : ImagePositionPatient of the
        first and last slice in stack order
    single_slice_step_mm : step along the stack direction where there is only
        one slice to measure

    Source: DICOM PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1.
    """
    along_columns = np.asarray(image_orientation[:3], dtype=np.float64)
    along_rows = np.asarray(image_orientation[3:], dtype=np.float64)
    first = np.asarray(first_position_lps_mm, dtype=np.float64)
    last = np.asarray(last_position_lps_mm, dtype=np.float64)
    affine = np.eye(4)
    if n_slices > 1:
        affine[:3, 0] = (last - first) / (n_slices - 1)
    else:
        affine[:3, 0] = stack_direction(slice_normal(image_orientation)) * single_slice_step_mm
    affine[:3, 1] = along_rows * float(pixel_spacing_mm[0])
    affine[:3, 2] = along_columns * float(pixel_spacing_mm[1])
    affine[:3, 3] = first
    return affine


def spacing_of(affine: Affine) -> Spacing:
    """Millimetres between (slices, rows, columns).

    Slices are measured along the normal, so a sheared stack gives the distance
    between planes.
    """
    rows, columns = affine[:3, 1], affine[:3, 2]
    normal = np.cross(rows, columns)
    normal = normal / np.linalg.norm(normal)
    return (
        float(abs(np.dot(affine[:3, 0], normal))),
        float(np.linalg.norm(rows)),
        float(np.linalg.norm(columns)),
    )


def image_orientation_of(affine: Affine) -> tuple[float, ...]:
    """ImageOrientationPatient of an affine: column direction, then row direction."""
    columns = affine[:3, 2] / np.linalg.norm(affine[:3, 2])
    rows = affine[:3, 1] / np.linalg.norm(affine[:3, 1])
    return tuple(float(value) for value in (*columns, *rows))


def to_lps(affine: Affine, index: ArrayLike) -> NDArray[np.float64]:
    """LPS millimetres of array indices ``(..., 3)`` as (slice, row, column)."""
    points = np.asarray(index, dtype=np.float64)
    return np.asarray(points @ affine[:3, :3].T + affine[:3, 3])


def to_index(affine: Affine, point: ArrayLike) -> NDArray[np.float64]:
    """Fractional (slice, row, column) of LPS points ``(..., 3)``."""
    points = np.asarray(point, dtype=np.float64)
    return np.asarray((points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T)


def as_point(values: ArrayLike) -> Point:
    """Three numbers as a plain tuple ``(x, y, z)``."""
    x, y, z = np.asarray(values, dtype=np.float64)
    return float(x), float(y), float(z)


def voxel_volume_ml(affine: Affine) -> float:
    """Millilitres of one voxel: pixel area x centre-to-centre slice distance.

    Gaps between slices therefore count.
    """
    slices, rows, columns = spacing_of(affine)
    return slices * rows * columns / 1000.0


def canonical_axes(affine: Affine) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit LPS directions of a stack's canonical rows and columns.

    Canonical rows run head to feet and canonical columns from the patient's
    right to left, as a coronal picture is shown. Both lie along the stack's own
    in-plane axes: they are flipped or exchanged, never rotated.

    Returns
    -------
    rows, columns : direction of increasing row index and of increasing column index
    """
    first = affine[:3, 1] / np.linalg.norm(affine[:3, 1])
    second = affine[:3, 2] / np.linalg.norm(affine[:3, 2])
    rows, columns = (first, second) if abs(first[2]) >= abs(second[2]) else (second, first)
    return (
        np.asarray(-rows if rows[2] > 0 else rows),
        np.asarray(-columns if columns[0] < 0 else columns),
    )


def canonical_affine(
    stack: Affine,
    spacing_mm: float,
    anchor_index: ArrayLike,
    anchor_lps_mm: ArrayLike,
    mirrored: bool = False,
) -> Affine:
    """Affine of a canonical grid on the slices of a stack.

    Parameters
    ----------
    stack : affine of the stack; its slice step is kept
    spacing_mm : between rows and between columns of the new grid
    anchor_index, anchor_lps_mm : a fractional (slice, row, column) of the new
        grid and the point it lies at
    mirrored : columns run from the patient's left to right instead
    """
    rows, columns = canonical_axes(stack)
    affine = np.eye(4)
    affine[:3, 0] = stack[:3, 0]
    affine[:3, 1] = rows * spacing_mm
    affine[:3, 2] = columns * (-spacing_mm if mirrored else spacing_mm)
    offset = affine[:3, :3] @ np.asarray(anchor_index, dtype=np.float64)
    affine[:3, 3] = np.asarray(anchor_lps_mm, dtype=np.float64) - offset
    return affine


@dataclass(frozen=True, slots=True)
class InPlaneMap:
    """How the pixels of one grid lie on another that shares its slices and axes.

    Attributes
    ----------
    first_slice : source slice under slice 0 of the target
    transposed : target rows run along source columns
    row, column : (scale, offset); target index times scale plus offset is the
        fractional index along the source axis it runs along
    """

    first_slice: int
    transposed: bool
    row: tuple[float, float]
    column: tuple[float, float]

    def aligned(self, stack: NDArray[np.float32]) -> NDArray[np.float32]:
        """View of a source stack with its axes in the target's order."""
        return stack.transpose(0, 2, 1) if self.transposed else stack


def in_plane_map(source: Affine, target: Affine) -> InPlaneMap:
    """Map from the indices of ``target`` to those of ``source``.

    Raises
    ------
    BugError
        The grids do not share slices and in-plane axes.
    """
    matrix = np.linalg.inv(source) @ target
    transposed = bool(abs(matrix[1, 1]) < abs(matrix[1, 2]))
    row, column = (2, 1) if transposed else (1, 2)
    first_slice = round(float(matrix[0, 3]))
    remainder = matrix[:3].copy()
    remainder[row, 1] = remainder[column, 2] = 0.0
    remainder[:, 3] = (matrix[0, 3] - first_slice, 0.0, 0.0)
    remainder[0, 0] -= 1.0
    if np.abs(remainder).max() > GRID_TOLERANCE:
        raise BugError("grids to be resampled onto each other differ in slices or axes")
    return InPlaneMap(
        first_slice,
        transposed,
        (float(matrix[row, 1]), float(matrix[row, 3])),
        (float(matrix[column, 2]), float(matrix[column, 3])),
    )


@dataclass(frozen=True, slots=True)
class Upright:
    """How a stack's slices are turned to be looked at; pixels are only reordered.

    Attributes
    ----------
    transposed : rows and columns change places, before any flip
    flip_rows, flip_columns : the order of rows or columns is reversed
    edges : patient directions at the picture's (top, bottom, left, right), each
        one of ``R L A P H F``
    """

    transposed: bool
    flip_rows: bool
    flip_columns: bool
    edges: tuple[str, str, str, str]

    def turn(self, picture: np.ndarray) -> np.ndarray:
        """View of a native ``(..., rows, columns)`` array as it is shown."""
        turned = picture.swapaxes(-1, -2) if self.transposed else picture
        turned = turned[..., ::-1, :] if self.flip_rows else turned
        return turned[..., ::-1] if self.flip_columns else turned

    def spacing(self, spacing_mm: Spacing) -> tuple[float, float]:
        """Millimetres between shown (rows, columns) of a stack's `spacing_of`."""
        _, rows, columns = spacing_mm
        return (columns, rows) if self.transposed else (rows, columns)

    def turn_box(self, box: GridBox, shape: tuple[int, int]) -> GridBox:
        """Where a block of the stored grid is shown.

        Parameters
        ----------
        shape : (rows, columns) of the picture as it is shown
        """
        stored = (2, 1) if self.transposed else (1, 2)
        start, stop = [box.start[0]], [box.stop[0]]
        for axis, count, flipped in zip(
            stored, shape, (self.flip_rows, self.flip_columns), strict=True
        ):
            first, last = box.start[axis], box.stop[axis]
            start.append(count - last if flipped else first)
            stop.append(count - first if flipped else last)
        return GridBox((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def upright(affine: Affine) -> Upright:
    """Head up and the patient's left on screen right, from the affine alone.

    Source: radiological display convention; the letters follow the direction's
    largest component (DICOM PS3.3 C.7.6.1.1.1, Patient Orientation).
    """
    rows, columns = canonical_axes(affine)
    first, second = affine[:3, 1], affine[:3, 2]
    transposed = abs(float(np.dot(first, rows))) < abs(float(np.dot(second, rows)))
    down, right = (second, first) if transposed else (first, second)
    flip_rows, flip_columns = np.dot(down, rows) < 0, np.dot(right, columns) < 0
    edges = (_letter(-rows), _letter(rows), _letter(-columns), _letter(columns))
    return Upright(transposed, bool(flip_rows), bool(flip_columns), edges)


def upright_affine(affine: Affine, shape: tuple[int, int, int]) -> Affine:
    """Affine of a stack after `Upright.turn` on each of its slices.

    Parameters
    ----------
    affine, shape : of the stack as it is stored

    Returns
    -------
    4 x 4 from (slice, shown row, shown column) to LPS mm
    """
    up = upright(affine)
    down, right = (2, 1) if up.transposed else (1, 2)
    turned = affine[:, [0, down, right, 3]]
    for axis, stored, flipped in ((1, down, up.flip_rows), (2, right, up.flip_columns)):
        if flipped:
            turned[:, 3] += turned[:, axis] * (shape[stored] - 1)
            turned[:, axis] *= -1
    return turned


def _letter(direction: NDArray[np.float64]) -> str:
    """Patient direction nearest to an LPS vector."""
    axis = int(np.argmax(np.abs(direction)))
    return ("RL", "AP", "FH")[axis][int(direction[axis] > 0)]


def coronal_from_right_front_up(stack: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A stack indexed (towards right, towards front, upwards) as (slice, row, column).

    Slices then run front to back, rows head to feet, columns right to left. A
    view, not a copy.
    """
    return stack[::-1, ::-1, ::-1].transpose(1, 2, 0)

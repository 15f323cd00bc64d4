"""Affines between array indices and LPS millimetres; the only place axes are reordered.

An affine is 4 x 4 float64 and maps ``(slice, row, column, 1)`` to
``(x, y, z, 1)``. Integer indices are pixel centres.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hipdesk.records import Affine, Plane, Point, Spacing

OBLIQUE_LIMIT_DEG: Final = 35.0
"""Beyond this angle from every anatomical plane a stack is called oblique.

Hip and pelvis protocols tilt coronal stacks by up to about 20 degrees along
the femoral necks; half of the 45 degrees between two planes, with margin.
"""

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

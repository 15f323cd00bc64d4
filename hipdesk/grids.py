"""Resampling between a series' own grid and the grids of the models.

Both grids share slices and in-plane axes (`geometry.canonical_affine`), so
resampling is one small matrix along rows and one along columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from hipdesk.geometry import InPlaneMap, canonical_affine, in_plane_map, to_lps
from hipdesk.records import Affine, FloatArray, GridBox, Series

LOCATOR_ROWS: Final = 192
LOCATOR_COLUMNS: Final = 192
LOCATOR_SPACING_MM: Final = 2.0

POSITION_DECIMALS: Final = 6
"""Of a pixel; far finer than any geometry is known."""


class Grid(NamedTuple):
    """A grid of pixels: affine to LPS mm, and (slices, rows, columns)."""

    affine: Affine
    shape: tuple[int, int, int]


def locator_grid(series: Series) -> Grid:
    """The locator's grid on a series: see `locator_grid_of`."""
    return locator_grid_of(series.affine, series.shape)


def locator_grid_of(affine: Affine, shape: tuple[int, int, int]) -> Grid:
    """Every slice of a stack, 192 x 192 pixels of 2 mm about its in-plane centre.

    Rows run head to feet and columns from the patient's right to left.
    """
    centre = to_lps(affine, (0.0, (shape[1] - 1) / 2, (shape[2] - 1) / 2))
    anchor = (0.0, (LOCATOR_ROWS - 1) / 2, (LOCATOR_COLUMNS - 1) / 2)
    target = canonical_affine(affine, LOCATOR_SPACING_MM, anchor, centre)
    return Grid(target, (shape[0], LOCATOR_ROWS, LOCATOR_COLUMNS))


def resample(stack: FloatArray, source: Affine, target: Grid) -> FloatArray:
    """Sample a stack on another grid that shares its slices and in-plane axes.

    Linear, after a Gaussian of ``0.5 * sqrt(ratio**2 - 1)`` source pixels along
    axes where target pixels are ``ratio`` > 1 times larger, so that fine
    texture is averaged and not skipped. Zero outside the source.

    Parameters
    ----------
    stack : (slices, rows, columns) on the source's grid
    source : affine of ``stack``

    Returns
    -------
    float32 of ``target.shape``
    """
    plan = in_plane_map(source, target.affine)
    return _apply(plan, stack[plan.first_slice : plan.first_slice + target.shape[0]], target.shape)


def restore(
    maps: FloatArray, source: Affine, native: Affine, shape: tuple[int, int, int]
) -> tuple[GridBox, FloatArray]:
    """Bring maps on a crop's grid home to the native grid of its series.

    Linear interpolation; zero where the crop has no pixel.

    Parameters
    ----------
    maps : (channels, slices, rows, columns) on the crop's grid
    source : affine of the crop
    native, shape : affine and shape of the series

    Returns
    -------
    box : the block of the native grid that the crop covers
    values : float32 (channels, *box.shape)
    """
    box = covered_box(Grid(source, shape3(maps.shape[1:])), native, shape)
    block = native.copy()
    block[:3, 3] = to_lps(native, box.start)
    target = Grid(block, box.shape)
    return box, np.stack([resample_points(channel, source, target) for channel in maps])


def resample_points(stack: FloatArray, source: Affine, target: Grid) -> FloatArray:
    """As `resample`, without averaging: each target pixel is one linear sample."""
    plan = in_plane_map(source, target.affine)
    part = stack[plan.first_slice : plan.first_slice + target.shape[0]]
    return _apply(plan, part, target.shape, average=False)


def covered_box(grid: Grid, native: Affine, shape: tuple[int, int, int]) -> GridBox:
    """The block of native pixels whose centres lie inside the pixels of ``grid``."""
    plan = in_plane_map(native, grid.affine)
    rows = _span(plan.row, grid.shape[1])
    columns = _span(plan.column, grid.shape[2])
    if plan.transposed:
        rows, columns = columns, rows
    row_start, row_stop = _clipped(rows, shape[1])
    column_start, column_stop = _clipped(columns, shape[2])
    return GridBox(
        (plan.first_slice, row_start, column_start),
        (plan.first_slice + grid.shape[0], row_stop, column_stop),
    )


def offsets_mm(grid: Grid, point_lps_mm: ArrayLike) -> FloatArray:
    """From a point to every pixel centre of a grid: (3, slices, rows, columns), LPS mm."""
    start = grid.affine[:3, 3] - np.asarray(point_lps_mm, dtype=np.float64)
    along = [
        np.multiply.outer(grid.affine[:3, axis], np.arange(n)).astype(np.float32)
        for axis, n in enumerate(grid.shape)
    ]
    slices, rows, columns = along
    first = slices + start.astype(np.float32)[:, None]
    return np.asarray(
        first[:, :, None, None] + rows[:, None, :, None] + columns[:, None, None, :],
        dtype=np.float32,
    )


def distance_mm(grid: Grid, point_lps_mm: ArrayLike) -> FloatArray:
    """Distance of every pixel centre of a grid from a point."""
    return np.asarray(np.linalg.norm(offsets_mm(grid, point_lps_mm), axis=0), dtype=np.float32)


def shape3(shape: Sequence[int]) -> tuple[int, int, int]:
    """A shape known to have three axes."""
    slices, rows, columns = shape
    return slices, rows, columns


def _span(line: tuple[float, float], n: int) -> tuple[int, int]:
    """Native indices, half-open, whose centres are inside ``n`` pixels on a line."""
    scale, offset = line
    low, high = sorted((-0.5 * scale + offset, (n - 0.5) * scale + offset))
    return int(np.ceil(low)), int(np.floor(high)) + 1


def _clipped(span: tuple[int, int], n: int) -> tuple[int, int]:
    """A half-open span inside ``0..n``; empty at an end where it lies outside."""
    start, stop = (min(max(value, 0), n) for value in span)
    return start, max(start, stop)


def _apply(
    plan: InPlaneMap,
    stack: FloatArray,
    shape: tuple[int, int, int],
    average: bool = True,
) -> FloatArray:
    """Carry out a plan: rows, then columns of each slice."""
    view = plan.aligned(stack)
    rows = _weights(plan.row, shape[1], view.shape[1], average)
    columns = _weights(plan.column, shape[2], view.shape[2], average)
    result = np.empty(shape, dtype=np.float32)
    for slot, picture in zip(result, view, strict=True):
        slot[:] = (columns @ (rows @ picture).T).T
    return result


def _weights(
    line: tuple[float, float], n_target: int, n_source: int, average: bool
) -> sparse.csr_array:
    """Matrix from source to target pixels along one axis.

    Positions up to half a pixel outside the outermost centres take their value;
    farther out the weight is zero.
    """
    scale, offset = line
    # Rounded, so that a mirrored or reordered stack gives the very same weights.
    positions = np.round(np.arange(n_target) * scale + offset, POSITION_DECIMALS)
    inside = (positions >= -0.5) & (positions <= n_source - 0.5)
    clamped = np.clip(positions, 0, n_source - 1)
    indices = np.arange(n_source)
    weights = np.maximum(0.0, 1.0 - np.abs(clamped[:, None] - indices)) * inside[:, None]
    matrix = sparse.csr_array(weights.astype(np.float32))
    ratio = abs(scale)
    if average and ratio > 1.0:
        matrix = matrix @ sparse.csr_array(_gaussian(n_source, 0.5 * np.sqrt(ratio**2 - 1.0)))
    return matrix


def _gaussian(n: int, sigma_px: float) -> FloatArray:
    """Smoothing matrix of ``n`` pixels, cut at 4 sigma, each row adding up to one."""
    distance = np.subtract.outer(np.arange(n), np.arange(n))
    kernel = np.exp(-0.5 * (distance / max(sigma_px, 1e-3)) ** 2)
    kernel[np.abs(distance) > max(1.0, 4.0 * sigma_px)] = 0.0
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), dtype=np.float32)

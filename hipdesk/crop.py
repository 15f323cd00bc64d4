"""A series and a located head become one hip on the segmenter's grid.

Every crop looks like a right hip seen from the front: head up, lateral on the
left of the picture. Its affine says where it came from, mirrored or not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hipdesk.errors import BugError
from hipdesk.geometry import canonical_affine, spacing_of, to_index
from hipdesk.grids import Grid, resample
from hipdesk.records import Affine, Head, HipCrop, Side, Volume

HIP_ROWS: Final = 128
HIP_COLUMNS: Final = 160
HIP_SPACING_MM: Final = 0.78125
"""The source paper's crops: 128 x 160 pixels of 400 mm / 512 (reference: clinical facts)."""

HEAD_ROW: Final = 56
HEAD_COLUMN: Final = 80
"""Pixel of the head centre: 44 mm of acetabulum above, 56 mm of femur below."""

REACH_MM: Final = 45.0
"""Slices this far from the head centre, along the normal, belong to the hip."""


def crop_hip(volume: Volume, head: Head, marrow_median: float) -> HipCrop:
    """Cut one hip out of a series.

    All native slices within 45 mm of the head centre; in-plane 128 x 160
    pixels of 0.78125 mm with the head centre at pixel (56, 80).

    Parameters
    ----------
    head : a found head
    marrow_median : signal of normal femoral marrow, in the series' units

    Raises
    ------
    BugError
        The head was not found.
    """
    series = volume.series
    grid, slices = hip_grid(series.affine, len(series.slices), head)
    image = resample(volume.voxels, series.affine, grid)
    image.setflags(write=False)
    return HipCrop(
        side=head.side,
        head=head,
        image=image,
        affine=grid.affine,
        slice_indices=slices,
        marrow_median=marrow_median,
        mirrored=head.side is Side.LEFT,
    )


def hip_grid(affine: Affine, n_slices: int, head: Head) -> tuple[Grid, tuple[int, ...]]:
    """The crop's grid about a head, and the slices of the stack it holds.

    Parameters
    ----------
    affine, n_slices : of the stack
    """
    if head.centre_lps_mm is None:
        raise BugError("a hip cannot be cropped without its head")
    middle = float(to_index(affine, head.centre_lps_mm)[0])
    slices = _slices_near(middle, spacing_of(affine)[0], n_slices)
    target = canonical_affine(
        affine,
        HIP_SPACING_MM,
        (middle - slices[0], HEAD_ROW, HEAD_COLUMN),
        head.centre_lps_mm,
        mirrored=head.side is Side.LEFT,
    )
    return Grid(target, (len(slices), HIP_ROWS, HIP_COLUMNS)), slices


def _slices_near(middle: float, step_mm: float, n_slices: int) -> tuple[int, ...]:
    """Slices of a stack within reach of a fractional slice index; at least the nearest."""
    indices = np.arange(n_slices)
    near = indices[np.abs(indices - middle) * step_mm <= REACH_MM]
    if near.size == 0:
        near = np.array([int(np.clip(round(middle), 0, n_slices - 1))])
    return tuple(int(index) for index in near)

"""A series with its outlines, slice by slice, ready for the screen.

Pictures are upright: head up, the patient's left on screen right. A picture
point is ``(x, y)``: fractional column and row of the upright picture, pixel
centres at integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipdesk.records import FloatArray, SegmentClass, Side

Polyline = NDArray[np.float32]
"""Closed outline ``(points, 2)`` of picture points (x, y), the first repeated last."""

Outlines = Mapping[SegmentClass, tuple[Polyline, ...]]


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

"""Tiny slices on which a wrong flip shows: nothing in them is symmetric."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from hipdesk.display import Outlines, SlicePicture
from hipdesk.overlay import outlines
from hipdesk.records import SegmentClass, Side

ROWS, COLUMNS = 24, 32
PIXEL_MM = (2.0, 1.0)
"""Rows lie twice as far apart as columns: a picture of 48 x 32 mm."""
BRIGHT, DARK = 900.0, 100.0


def letter_f(rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """The letter F in the upper left quarter."""
    shape = np.zeros((rows, columns), dtype=bool)
    shape[3:12, 4:6] = True
    shape[3:5, 4:11] = True
    shape[7:9, 4:9] = True
    return shape


def outlined(mask: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(path[:, ::-1].astype(np.float32) for path in outlines(mask))


def block(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = np.zeros((ROWS, COLUMNS), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


BME = block(2, 13, 3, 12)
"""Around the F, for the right hip (upper left of the picture)."""
EFFUSION = block(15, 20, 22, 29)
"""Lower right of the picture, for the left hip."""


def picture(index: int = 4, of: int = 31, masks: bool = True) -> SlicePicture:
    """A slice with a bright F at the upper left, BME there and an effusion at the lower right."""
    image = np.where(letter_f(), BRIGHT, DARK).astype(np.float32)
    drawn: dict[Side, Outlines] = {
        Side.RIGHT: MappingProxyType({SegmentClass.BME: outlined(BME)}),
        Side.LEFT: MappingProxyType({SegmentClass.EFFUSION_SYNOVITIS: outlined(EFFUSION)}),
    }
    empty: Outlines = MappingProxyType({})
    shown = drawn if masks else dict.fromkeys(Side, empty)
    return SlicePicture(index, of, image, PIXEL_MM, ("H", "F", "R", "L"), MappingProxyType(shown))

"""What hands do on a picture, as arithmetic: drags, wheels, thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QPoint, QPointF

from app.brush_state import PicturePoint
from app.state import CropFrame
from app.views._canvas_geometry import Sight
from hipdesk.overlay import Window

NOTCH: Final = 120
"""`QWheelEvent.angleDelta` of one notch of a wheel."""

TOUCH_STEP_PX: Final = 40
"""A finger's way on a touchpad that is one slice."""

ZOOM_NOTCH: Final = 1.15
ZOOM_PX: Final = 0.006
"""Natural logarithm of the zoom per pixel of a right drag."""

WINDOW_DRAG_PX: Final = 500.0
"""A drag so long changes the window by the whole range of the signal."""

LEAST_WIDTH: Final = 1e-3
"""Narrowest window, as a share of the range of the signal."""

CLICK_PX: Final = 4
"""A press that moved less is a click."""

TALLEST: Final = 8.0
LEAST_HEIGHT_MM: Final = 4.0


class Drag(StrEnum):
    """What a pressed button is doing."""

    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"
    FRAME = "frame"
    POINT = "point"
    PAINT = "paint"


@dataclass(slots=True)
class Held:
    """A pressed button, and what was on screen when it went down.

    Attributes
    ----------
    moved : it went further than a click may
    erases : the brush takes away
    path : picture points that the brush passed
    """

    drag: Drag
    start: QPointF
    window: Window
    sight: Sight
    frame: CropFrame | None = None
    moved: bool = False
    erases: bool = False
    path: list[PicturePoint] = field(default_factory=list)

    def way(self, at: QPointF) -> QPointF:
        """Canvas pixels from where it went down."""
        way = at - self.start
        self.moved = self.moved or way.manhattanLength() >= CLICK_PX
        return way


def dragged_window(window: Window, limits: tuple[float, float], way: QPointF) -> Window:
    """A window after a drag: to the right widens it, downwards raises its centre.

    Parameters
    ----------
    window : (centre, width) when the button went down
    limits : (least, largest) signal
    """
    span = max(limits[1] - limits[0], 1e-6)
    step = span / WINDOW_DRAG_PX
    width = min(max(window[1] + way.x() * step, span * LEAST_WIDTH), 2 * span)
    centre = min(max(window[0] + way.y() * step, limits[0]), limits[1])
    return centre, width


class Notches:
    """Collects small turns of fine wheels and touchpads into whole slices."""

    def __init__(self) -> None:
        self._rest = 0.0

    def steps(self, angle: QPoint, pixels: QPoint) -> int:
        """Slices to go on; downwards is forwards."""
        turned = -pixels.y() / TOUCH_STEP_PX if not pixels.isNull() else -angle.y() / NOTCH
        if turned * self._rest < 0:
            self._rest = 0.0
        self._rest += turned
        whole = int(self._rest)
        self._rest -= whole
        return whole


def wheel_zoom(angle: QPoint, pixels: QPoint) -> float:
    """Zoom factor of a turn of the wheel; upwards enlarges."""
    turned = pixels.y() / TOUCH_STEP_PX if not pixels.isNull() else angle.y() / NOTCH
    return float(ZOOM_NOTCH**turned)

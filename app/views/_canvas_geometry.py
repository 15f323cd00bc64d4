"""Between picture points and the canvas' pixels: pure arithmetic, no widget.

A picture point is ``(x, y)`` as in `hipdesk.display`: fractional column and row,
pixel centres at integers. Canvas pixels are device-independent, from the top left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from hipdesk.display import PictureBox


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a picture is looked at.

    Attributes
    ----------
    x, y : picture point in the middle of the canvas
    height_mm : from the canvas' top to its bottom
    """

    x: float
    y: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A canvas looking at a picture.

    Attributes
    ----------
    width, height : of the canvas, in its pixels
    pixel_mm : millimetres between the picture's (rows, columns)
    mirrored : right and left change places on screen
    """

    sight: Sight
    width: float
    height: float
    pixel_mm: tuple[float, float]
    mirrored: bool = False

    @property
    def px_per_mm(self) -> float:
        """Canvas pixels to a millimetre of the patient, both ways."""
        return self.height / self.sight.height_mm

    @property
    def scale(self) -> tuple[float, float]:
        """Canvas pixels to a picture pixel along (x, y); x is negative where mirrored."""
        across = -self.px_per_mm if self.mirrored else self.px_per_mm
        return across * self.pixel_mm[1], self.px_per_mm * self.pixel_mm[0]

    def transform(self) -> QTransform:
        """From picture points to canvas pixels."""
        across, down = self.scale
        return QTransform(
            across,
            0.0,
            0.0,
            down,
            self.width / 2 - across * self.sight.x,
            self.height / 2 - down * self.sight.y,
        )

    def to_canvas(self, x: float, y: float) -> QPointF:
        """Canvas pixel of a picture point."""
        return self.transform().map(QPointF(x, y))

    def to_picture(self, pixel: QPointF) -> tuple[float, float]:
        """Picture point under a canvas pixel."""
        across, down = self.scale
        return (
            self.sight.x + (pixel.x() - self.width / 2) / across,
            self.sight.y + (pixel.y() - self.height / 2) / down,
        )

    def rect(self, box: PictureBox) -> QRectF:
        """A picture's rectangle on the canvas."""
        return self.transform().mapRect(QRectF(box.x, box.y, box.width, box.height))

    def visible(self, rows: int, columns: int) -> tuple[int, int, int, int]:
        """Pixels that can be seen: first and last + 1 (row, row, column, column).

        One more on each side, so that interpolation at the canvas' edge is right.
        """
        across, down = (abs(each) for each in self.scale)
        half = self.width / 2 / across, self.height / 2 / down
        return (
            min(max(math.floor(self.sight.y - half[1]) - 1, 0), rows),
            min(max(math.ceil(self.sight.y + half[1]) + 2, 0), rows),
            min(max(math.floor(self.sight.x - half[0]) - 1, 0), columns),
            min(max(math.ceil(self.sight.x + half[0]) + 2, 0), columns),
        )

    def zoomed(self, factor: float, about: QPointF) -> Sight:
        """The sight enlarged by ``factor`` with what lies under ``about`` kept there."""
        x, y = self.to_picture(about)
        height = self.sight.height_mm / factor
        return Sight(x + (self.sight.x - x) / factor, y + (self.sight.y - y) / factor, height)

    def panned(self, dx: float, dy: float) -> Sight:
        """The sight after dragging the picture by canvas pixels."""
        across, down = self.scale
        return replace(self.sight, x=self.sight.x - dx / across, y=self.sight.y - dy / down)


def whole(rows: int, columns: int) -> PictureBox:
    """The box of a whole picture."""
    return PictureBox(-0.5, -0.5, columns, rows)


def fitted(box: PictureBox, width: float, height: float, pixel_mm: tuple[float, float]) -> Sight:
    """The sight that shows all of a box as large as a canvas can."""
    wanted = box.height * pixel_mm[0], box.width * pixel_mm[1]
    tallest = max(wanted[0], wanted[1] * height / max(width, 1.0), 1e-3)
    return Sight(box.x + box.width / 2, box.y + box.height / 2, tallest)

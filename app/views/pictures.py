"""Grey pictures of the core on the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame

from app.theme import current, icon


def grey_image(pixels: NDArray[np.uint8]) -> QImage:
    """A picture of its own memory from grey levels (rows, columns)."""
    levels = np.ascontiguousarray(pixels, dtype=np.uint8)
    rows, columns = levels.shape
    shape = QImage.Format.Format_Grayscale8
    return QImage(levels.data, columns, rows, columns, shape).copy()


class Thumbnail(QFrame):
    """A small picture on black, whole and not distorted; a sign where there is none."""

    def __init__(self, pixels: NDArray[np.uint8] | None, px: int) -> None:
        super().__init__()
        self._image = None if pixels is None or pixels.size == 0 else grey_image(pixels)
        self.setFixedSize(px, px)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), current().colour("image"))
        if self._image is None:
            middle = QRect(QPoint(0, 0), QSize(32, 32))
            middle.moveCenter(self.rect().center())
            # On black in every theme, so not in the theme's colour for letters.
            icon("image-off-outline", "border").paint(painter, middle)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            shown = QRect(QPoint(0, 0), size)
            shown.moveCenter(self.rect().center())
            painter.drawImage(shown, self._image)
        painter.end()

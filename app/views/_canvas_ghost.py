"""Another visit's outlines on a picture: thin and dashed, in a colour that no mask has."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)

if TYPE_CHECKING:
    from hipdesk.display import Polyline
    from hipdesk.ghost import Ghost

GHOST_INK: Final = QColor(0xCC, 0x79, 0xA7)
"""Reddish purple, of the same palette as the masks' colours."""

WIDTH_PX: Final = 1.25
DASH_PX: Final = (5.0, 3.0)
SEAM_PX: Final = 3.0
SEAM_OPACITY: Final = 0.5
"""Of the dark line below, on bright fluid."""

SHARP: Final = 2


class GhostPaths:
    """The paths of one `Ghost`, each made when its slice is first drawn."""

    def __init__(self, ghost: Ghost) -> None:
        self.ghost = ghost
        self._paths: dict[int, QPainterPath] = {}

    def draw(self, painter: QPainter, index: int, transform: QTransform) -> None:
        """Draw one slice's lines.

        Parameters
        ----------
        painter : in canvas pixels
        transform : from picture points to canvas pixels
        """
        path = self._paths.get(index)
        if path is None:
            path = self._paths[index] = _path(self.ghost.on(index))
        placed = transform.map(path)
        for pen in ghost_pens():
            painter.strokePath(placed, pen)


def _path(lines: tuple[Polyline, ...]) -> QPainterPath:
    """All lines of a slice; open ones stay open."""
    path = QPainterPath()
    for line in lines:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line.tolist()]))
    return path


@lru_cache(maxsize=1)
def ghost_pens() -> tuple[QPen, ...]:
    """Pens that draw it one after the other: its dark seam, its line."""
    seam = QPen(QColor.fromRgbF(0.0, 0.0, 0.0, SEAM_OPACITY), SEAM_PX)
    line = QPen(GHOST_INK, WIDTH_PX)
    line.setDashPattern([each / WIDTH_PX for each in DASH_PX])
    line.setCapStyle(Qt.PenCapStyle.FlatCap)
    return seam, line


def ghost_icon(size: QSize) -> QIcon:
    """A piece of the line on black, sharp on screens of twice the density as well."""
    picture = QPixmap(size * SHARP)
    picture.setDevicePixelRatio(SHARP)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.black)
    painter.drawRoundedRect(QRectF(0.0, 0.0, size.width(), size.height()), 3, 3)
    middle = size.height() / 2
    line = QPainterPath(QPointF(3.0, middle))
    line.lineTo(size.width() - 3.0, middle)
    painter.strokePath(line, ghost_pens()[-1])
    painter.end()
    return QIcon(picture)

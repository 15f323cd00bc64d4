"""What the brush shows on a picture before the outlines follow: its ring, its strokes."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.brush_state import Brush, FreshStroke, PicturePoint
from app.views import _canvas_labels as labels
from app.views._canvas_geometry import Frame
from hipdesk.overlay import LINE_STYLES

PAINT_OPACITY: Final = 0.45
ERASE_INK: Final = QColor(255, 255, 255, 90)


def draw_strokes(painter: QPainter, frame: Frame, strokes: tuple[FreshStroke, ...]) -> None:
    """Draw strokes as wide as the brush is, in millimetres.

    Parameters
    ----------
    painter : in canvas pixels
    strokes : of the slice on screen
    """
    for stroke in strokes:
        ink = _ink(stroke.brush)
        width = max(2.0 * stroke.brush.radius_mm * frame.px_per_mm, 1.0)
        round_ = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.strokePath(
            _path(frame, stroke.path), QPen(ink, width, Qt.PenStyle.SolidLine, *round_)
        )


def _path(frame: Frame, points: tuple[PicturePoint, ...]) -> QPainterPath:
    found = QPainterPath(frame.to_canvas(*points[0]))
    for x, y in points[1:]:
        found.lineTo(frame.to_canvas(x, y))
    if len(points) == 1:  # a line without length has no ends to be rounded
        found.lineTo(found.currentPosition() + QPointF(0.01, 0.0))
    return found


def draw_ring(painter: QPainter, frame: Frame, at: QPointF, brush: Brush) -> None:
    """The brush's edge under the pointer; dashed where it erases."""
    radius = brush.radius_mm * frame.px_per_mm
    ink = QColor(*LINE_STYLES[brush.name].colour)
    line = QPen(ink, 1.5)
    if brush.erases:
        line.setStyle(Qt.PenStyle.DashLine)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(labels.HALO, 3.0), line):
        painter.setPen(pen)
        painter.drawEllipse(at, radius, radius)


def _ink(brush: Brush) -> QColor:
    if brush.erases:
        return ERASE_INK
    ink = QColor(*LINE_STYLES[brush.name].colour)
    ink.setAlphaF(PAINT_OPACITY)
    return ink

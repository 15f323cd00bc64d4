"""Masks as vector paths: the same width at any zoom, made once a slice."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.state import Drawing, Overlay
from hipdesk.display import Outlines, Polyline
from hipdesk.overlay import FILL_OPACITY, LINE_STYLES, SEAM_OPACITY, LineStyle
from hipdesk.records import SegmentClass

KEPT: Final = 192
"""Paths of so many slices' hips are kept."""

THIN_FROM: Final = 48
THIN_BY: Final = 3
"""Outlines come with four points a pixel; stroking every third takes a third of the
time, and no chord leaves the curve by more than 0.04 pixels where it bends as
tightly as two pixels."""

Paths = tuple[tuple[SegmentClass, QPainterPath], ...]


class OutlinePaths:
    """Paths of outlines that were drawn before; shared by the canvases of a window."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Outlines, Paths]] = OrderedDict()

    def of(self, outlines: Outlines) -> Paths:
        """The paths of one hip on one slice, in drawing order.

        The outlines are kept beside their paths, so that their identity cannot
        be taken over by others.
        """
        found = self._kept.get(id(outlines))
        if found is None:
            found = outlines, tuple((name, _path(drawn)) for name, drawn in outlines.items())
            self._kept[id(outlines)] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(id(outlines))
        return found[1]

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()


def _path(drawn: tuple[Polyline, ...]) -> QPainterPath:
    """One path of all closed outlines of a class; holes stay holes."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for line in drawn:
        points = _thinned(line).tolist()
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
        path.closeSubpath()
    return path


def _thinned(line: Polyline) -> Polyline:
    """A closed line with fewer points, where it has many."""
    if len(line) < THIN_FROM:
        return line
    return np.concatenate([line[:-1:THIN_BY], line[:1]])


def draw_outlines(painter: QPainter, paths: Paths, transform: QTransform, overlay: Overlay) -> None:
    """Draw one hip's visible classes.

    Parameters
    ----------
    painter : in canvas pixels
    transform : from picture points to canvas pixels
    """
    for name, path in paths:
        if not overlay.draws(name):
            continue
        placed = transform.map(path)
        if overlay.drawing is Drawing.FILL:
            painter.fillPath(placed, _colour(LINE_STYLES[name], FILL_OPACITY * overlay.opacity))
        for pen in pens(name, overlay.opacity):
            painter.strokePath(placed, pen)


@lru_cache(maxsize=256)
def pens(name: SegmentClass, opacity: float = 1.0) -> tuple[QPen, ...]:
    """Pens that draw a class' outline one after the other: its dark seam, its line."""
    line = LINE_STYLES[name]
    found = [_dashed(QPen(_colour(line, opacity), line.width_px), line)]
    if line.seam_px > 0:
        width = line.width_px + 2 * line.seam_px
        found.insert(0, QPen(QColor.fromRgbF(0.0, 0.0, 0.0, SEAM_OPACITY * opacity), width))
    return tuple(found)


def _dashed(pen: QPen, line: LineStyle) -> QPen:
    """A pen with the line's pattern; Qt counts dashes in pen widths."""
    if line.dash_px is not None:
        pen.setDashPattern([each / line.width_px for each in line.dash_px])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _colour(line: LineStyle, opacity: float) -> QColor:
    colour = QColor(*line.colour)
    colour.setAlphaF(opacity)
    return colour

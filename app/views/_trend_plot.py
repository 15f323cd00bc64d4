"""What the trend chart asks of pyqtgraph: a plot that holds still, ISO dates, signs."""

from __future__ import annotations

from math import inf
from typing import Any, Final, NamedTuple

import pyqtgraph as pg
from pyqtgraph.graphicsItems.DateAxisItem import (
    DAY_SPACING,
    MONTH_SPACING,
    YEAR_SPACING,
    TickSpec,
    ZoomLevel,
    makeSStepper,
)
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath, QPolygonF

from app import theme
from app.theme import HALF, SMALL_PX, SPACE
from app.views._trend_layout import next_months

SHORTEST: Final = 14 * DAY_SPACING
"""Time that the axis spans at least."""

ROOM: Final = 0.08
"""Of the time between first and last visit, left free at both ends."""


def _strokes(*ends: tuple[float, float, float, float]) -> QPainterPath:
    path = QPainterPath()
    for x1, y1, x2, y2 in ends:
        path.moveTo(x1, y1)
        path.lineTo(x2, y2)
    return path


def _warning() -> QPainterPath:
    path = _strokes((0, -0.2, 0, 0.1), (0, 0.25, 0, 0.26))
    path.addPolygon(QPolygonF([QPointF(0, -0.5), QPointF(0.5, 0.4), QPointF(-0.5, 0.4)]))
    path.closeSubpath()
    return path


class Sign(NamedTuple):
    """A symbol of a given size and thickness of line, in pixels."""

    path: QPainterPath
    size: float
    width: float

    def look(self, ink: str, fill: str) -> dict[str, Any]:
        """What `pyqtgraph.ScatterPlotItem` wants to be told."""
        pen = pg.mkPen(ink, width=self.width / self.size, cosmetic=False)
        return {"symbol": self.path, "size": self.size, "pen": pen, "brush": pg.mkBrush(fill)}

    def on_line(self, far: float, near: float = 0.5) -> Sign:
        """With a piece of line at either side, for the legend; in sizes of the sign."""
        path = _strokes((-far, 0, -near, 0), (near, 0, far, 0))
        path.addPath(self.path)
        return self._replace(path=path)


DISC: Final = Sign(Symbols["o"], 9.0, 1.75)
SQUARE: Final = Sign(Symbols["s"], 7.0, 1.25)
CROSS: Final = Sign(Symbols["x"], 14.0, 1.25)
CAUTION: Final = Sign(_warning(), 11.0, 1.25)
GAP: Final = Sign(_strokes((-0.45, 0.5, -0.05, -0.5), (0.05, 0.5, 0.45, -0.5)), 11.0, 1.5)


def _date_axis() -> Any:
    """Days, months or years, as the time shown needs; ISO 8601, as short as can be."""

    def months(step: int) -> Any:
        return lambda seconds, count, first: next_months(seconds, step * count)

    years = TickSpec(YEAR_SPACING, months(12), "%Y", autoSkip=[1, 2, 5, 10])
    quarters = TickSpec(MONTH_SPACING, months(1), "%Y-%m", autoSkip=[1, 3, 6])
    days = TickSpec(DAY_SPACING, makeSStepper(DAY_SPACING), "%Y-%m-%d", autoSkip=[1, 2, 7, 14])
    axis = pg.DateAxisItem(utcOffset=0)
    axis.zoomLevels = {
        inf: ZoomLevel([years], "0000-00"),
        5 * MONTH_SPACING: ZoomLevel([quarters], "0000-00-00"),
        10 * DAY_SPACING: ZoomLevel([days], "0000-00-00-00"),
    }
    return axis


class Plot(NamedTuple):
    """pyqtgraph's parts; without its ``PlotItem``, whose hidden menus outlive their window."""

    view: Any
    box: Any
    values: Any
    grid: Any
    dates: Any

    def show_range(self, days: tuple[float, float], top: float) -> None:
        """Set both axes; as wide on the left as the figures need."""
        self.box.setXRange(*days, padding=ROOM)
        self.box.setYRange(0.0, top, padding=0.0)
        (step, ticks), *_ = self.values.tickValues(0.0, top, self.box.height())
        words = self.values.tickStrings(ticks, 1, step)
        metrics = QFontMetricsF(theme.font(SMALL_PX))
        self.values.setWidth(max(map(metrics.horizontalAdvance, words)) + SPACE)

    def follow_theme(self) -> None:
        """Draw ground, grid and letters in the colours in force."""
        palette = theme.current()
        dotted = (1.0, 5.0) if palette.line == palette.text else None
        self.view.setBackground(palette.panel)
        self.grid.setTickPen(pg.mkPen(palette.line, dash=dotted, cosmetic=False))
        self.dates.setPen(pg.mkPen(palette.border, cosmetic=False))
        self.values.setTextPen(palette.muted)
        self.dates.setTextPen(palette.muted)


def still_plot() -> Plot:
    """A plot that is only looked at: the widget around it knows all gestures."""
    view = pg.GraphicsLayoutWidget()
    view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.ci.layout.setSpacing(0)
    box = view.addViewBox(0, 1, enableMenu=False, enableMouse=False)
    box.setFlag(box.GraphicsItemFlag.ItemClipsChildrenToShape, False)
    box.setZValue(1)
    box.setLimits(minXRange=SHORTEST)
    values, grid, dates = pg.AxisItem("left"), pg.AxisItem("right"), _date_axis()
    for axis, row, place in ((values, 0, 0), (grid, 0, 2), (dates, 1, 1)):
        axis.linkToView(box)
        axis.setStyle(tickFont=theme.font(SMALL_PX), tickLength=0, maxTickLevel=0, tickAlpha=255)
        view.addItem(axis, row, place)
    for axis in (values, grid):
        axis.enableAutoSIPrefix(False)
        axis.setPen(None)
    values.setStyle(tickAlpha=0)
    grid.setStyle(showValues=False)
    grid.setGrid(255)
    grid.setWidth(SPACE)
    dates.setStyle(tickLength=HALF, hideOverlappingLabels=SPACE)
    dates.setHeight(3 * SPACE)
    return Plot(view, box, values, grid, dates)

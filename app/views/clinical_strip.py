"""Under the chart of scores, on its axis of dates: a clinical index, and treatments as bars.

Drawn by hand, so that nothing lies on anything: labels that would touch are left
out and told in tips. Bands are named where an index has published ones; no
colour says how grave a value is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.clinical_state import ClinicalTrendShown
from app.theme import HALF, SMALL_PX, SPACE
from app.views.clinical_words import band_name, bar_words, change_words, point_words
from app.views.labels import plain_tip
from hipdesk.clinical_trend import (
    BANDS,
    IndexLine,
    IndexPoint,
    Placed,
    Plotted,
    TreatmentBar,
    axis_top,
    placed_bars,
)
from hipdesk.records import Side
from hipdesk.wording import number

PLOT: Final = 16 * SPACE
"""Height of the plot of an index."""

LANE: Final = 3 * SPACE
"""Height of a treatment with its label."""

BAR: Final = 4.0
REACH_PX: Final = 8.0
BESIDE: Final = 12.0
"""Between labels in a lane, at least."""

Across = Callable[[date], float]


@dataclass(frozen=True, slots=True)
class StripAxis:
    """The chart's axis of dates, in the strip's pixels.

    Attributes
    ----------
    across : horizontal place of a day
    """

    left: float
    right: float
    first: date
    last: date
    across: Across


@dataclass(frozen=True, slots=True)
class _Dot:
    line: IndexLine
    point: IndexPoint
    at: QPointF


class ClinicalStrip(QWidget):
    """Shows a `ClinicalTrendShown` on the axis that it is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ClinicalTrendShown()
        self._side = Side.RIGHT
        self._axis: StripAxis | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.on_change(self._follow_theme)

    # What is shown

    def show_trend(self, shown: ClinicalTrendShown) -> None:
        """Another index, other treatments."""
        if shown != self._shown:
            self._shown = shown
            self._fit()

    def show_side(self, side: Side) -> None:
        """Which hip is drawn strongly."""
        self._side = side
        self.update()

    def show_axis(self, axis: StripAxis) -> None:
        """The chart's axis of dates as it is now."""
        self._axis = axis
        self._fit()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _follow_theme(self, _palette: theme.Palette) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        """As high as what it holds."""
        return QSize(44 * SPACE, self._height())

    def minimumSizeHint(self) -> QSize:
        """Likewise, and narrow."""
        return QSize(24 * SPACE, self._height())

    def _fit(self) -> None:
        self.setAccessibleName(self.tr("Clinical index and treatments over time"))
        self.setAccessibleDescription(" ".join(self._spoken()))
        self.updateGeometry()
        self.update()

    def _height(self) -> int:
        lanes = 1 + max((lane.lane for _, lane in self.bars), default=-1)
        plot = PLOT + SPACE if self._shown.lines else 0
        return plot + lanes * LANE

    def _spoken(self) -> Iterator[str]:
        plotted = self._shown.plotted
        if plotted is not None:
            for line in self._shown.lines:
                for point in line.points:
                    yield f"{point_words(plotted, line.side, point)}."
        for bar in self._shown.bars:
            yield f"{bar_words(bar)}."

    # Where things lie

    @property
    def bars(self) -> tuple[tuple[TreatmentBar, Placed], ...]:
        """Treatments of the time shown, and where they lie."""
        axis = self._axis
        if axis is None:
            return ()
        metrics = QFontMetricsF(theme.font(SMALL_PX))
        shown = [bar for bar in self._shown.bars if bar.within(axis.first, axis.last)]
        spans = [
            (
                axis.left if bar.begin is None else axis.across(bar.begin),
                axis.right if bar.end is None else axis.across(bar.end),
                metrics.horizontalAdvance(bar_words(bar)) + 1,
            )
            for bar in shown
        ]
        places = placed_bars(spans, (axis.left, axis.right), BESIDE)
        return tuple(zip(shown, places, strict=True))

    @property
    def _top(self) -> float:
        return float(PLOT + SPACE if self._shown.lines else 0)

    def _up(self, value: float) -> float:
        plotted = self._shown.plotted
        top = 1.0 if plotted is None else axis_top(plotted, self._shown.lines)
        return SPACE + (PLOT - SPACE) * (1.0 - value / top)

    def _dots(self) -> list[_Dot]:
        """Every point, those of the chosen hip last: on top."""
        axis = self._axis
        if axis is None:
            return []
        lines = sorted(self._shown.lines, key=lambda line: line.side in (None, self._side))
        return [
            _Dot(line, point, QPointF(axis.across(point.day), self._up(point.value)))
            for line in lines
            for point in line.points
        ]

    @property
    def value_labels(self) -> tuple[tuple[QRectF, str], ...]:
        """Figures over the points, newest first, those that would touch left out."""
        axis, plotted = self._axis, self._shown.plotted
        if axis is None or plotted is None:
            return ()
        metrics = QFontMetricsF(theme.font(SMALL_PX))
        found: list[tuple[QRectF, str]] = []
        taken = list(self._taken())
        for dot in sorted(self._dots(), key=lambda each: each.point.day, reverse=True):
            words = ("<" if dot.point.below else "") + number(dot.point.value, plotted.digits)
            size = QSizeF(metrics.horizontalAdvance(words) + HALF, metrics.ascent())
            box = _free(_around(dot.at, size, axis), taken)
            if box is not None:
                found.append((box, words))
                taken.append(box.adjusted(-2, -1, 2, 1))
        return tuple(found)

    @property
    def band_labels(self) -> tuple[tuple[QRectF, str], ...]:
        """Names of bands at either end of the plot, where nothing is in their way."""
        axis, plotted = self._axis, self._shown.plotted
        if axis is None or plotted is None:
            return ()
        metrics = QFontMetricsF(theme.font(SMALL_PX))
        bands = BANDS.get(plotted, ())
        ends = (*(low for low, _ in bands[1:]), axis_top(plotted, self._shown.lines))
        taken = [*self._taken(), *(box for box, _ in self.value_labels)]
        found = []
        for (low, meaning), high in zip(bands, ends, strict=False):
            words = band_name(meaning)
            size = QSize(round(metrics.horizontalAdvance(words)) + HALF, round(metrics.ascent()))
            middle = (self._up(low) + self._up(high)) / 2
            if self._up(low) - self._up(high) < size.height():
                continue
            top = middle - size.height() / 2
            ends_of_plot = (axis.right - size.width(), axis.left + HALF)
            places = (QRectF(left, top, size.width(), size.height()) for left in ends_of_plot)
            box = _free(places, taken)
            if box is not None:
                found.append((box, words))
        return tuple(found)

    def _taken(self) -> Iterator[QRectF]:
        """What lines and points cover."""
        for line in self._shown.lines:
            own = [dot for dot in self._dots() if dot.line is line]
            for dot in own:
                yield QRectF(dot.at.x() - 5, dot.at.y() - 5, 10, 10)
            for (one, other), change in zip(pairwise(own), line.changes, strict=True):
                for step in range(33 if change.joined else 0):
                    at = one.at + (other.at - one.at) * (step / 32)
                    yield QRectF(at.x() - 3, at.y() - 3, 6, 6)

    # What is told

    def tip_at(self, at: QPointF) -> str:
        """What the pointer is told here; empty where there is nothing."""
        plotted = self._shown.plotted
        for dot in reversed(self._dots()):
            far = dot.at - at
            if plotted is not None and max(abs(far.x()), abs(far.y())) <= REACH_PX:
                return "\n".join(self._dot_words(plotted, dot))
        for bar, place in self.bars:
            low, high = place.extent
            top = self._top + place.lane * LANE
            if low <= at.x() <= high and top <= at.y() < top + LANE:
                return bar_words(bar)
        return ""

    def _dot_words(self, plotted: Plotted, dot: _Dot) -> Iterator[str]:
        yield point_words(plotted, dot.line.side, dot.point)
        for change in dot.line.changes:
            if change.after is dot.point:
                yield change_words(plotted, change)

    def event(self, event: QEvent) -> bool:
        """Tips."""
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return super().event(event)
        QToolTip.showText(event.globalPos(), plain_tip(self.tip_at(QPointF(event.pos()))), self)
        return True

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Index above, treatments below."""
        axis = self._axis
        if axis is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(SMALL_PX))
        if self._shown.plotted is not None and self._shown.lines:
            self._draw_grid(painter, axis, self._shown.plotted)
            self._draw_lines(painter)
            self._draw_words(painter)
        for bar, place in self.bars:
            self._draw_bar(painter, bar, place)
        painter.end()

    def _draw_grid(self, painter: QPainter, axis: StripAxis, plotted: Plotted) -> None:
        """Zero, the top, and where bands begin, with their figures."""
        palette = theme.current()
        top = axis_top(plotted, self._shown.lines)
        borders = [low for low, _ in BANDS.get(plotted, ())[1:]]
        free = float(PLOT + SPACE)
        for value in sorted({0.0, *borders, *([] if borders else [top / 2]), top}):
            y = self._up(value)
            inside = value in borders
            style = Qt.PenStyle.DashLine if inside else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(palette.line), 1.0, style))
            painter.drawLine(QPointF(axis.left, y), QPointF(axis.right, y))
            if y + SMALL_PX / 2 <= free:
                painter.setPen(QColor(palette.muted))
                box = QRectF(0.0, y - SPACE, axis.left - HALF, 2.0 * SPACE)
                painter.drawText(box, RIGHT, f"{value:.3g}")
                free = y - SMALL_PX / 2 - 1

    def _draw_lines(self, painter: QPainter) -> None:
        dots = self._dots()
        for line in self._shown.lines:
            own = [dot for dot in dots if dot.line is line]
            painter.setPen(QPen(self._ink(line.side), 2.0 if self._strong(line.side) else 1.25))
            for (one, other), change in zip(pairwise(own), line.changes, strict=True):
                if change.joined:
                    painter.drawLine(one.at, other.at)
        for dot in dots:
            ink = self._ink(dot.line.side)
            painter.setPen(QPen(ink, 1.75))
            painter.setBrush(QColor(theme.current().panel) if dot.point.below else ink)
            if self._strong(dot.line.side):
                painter.drawEllipse(dot.at, 4.0, 4.0)
            else:
                painter.drawRect(QRectF(dot.at.x() - 3, dot.at.y() - 3, 6, 6))

    def _draw_words(self, painter: QPainter) -> None:
        painter.setPen(QColor(theme.current().muted))
        for box, words in self.band_labels:
            painter.drawText(box, WHOLE, words)
        for box, words in self.value_labels:
            painter.setPen(QColor(theme.current().text))
            painter.drawText(box, WHOLE, words)

    def _draw_bar(self, painter: QPainter, bar: TreatmentBar, place: Placed) -> None:
        """Filled while surely given, hollow where its dates leave that open."""
        palette, axis = theme.current(), self._axis
        if axis is None:
            return
        top = self._top + place.lane * LANE
        ink = QColor(palette.muted)
        bar_top = top + LANE - BAR - 3
        painter.setPen(QColor(palette.text))
        box = QRectF(place.label_left, top, place.label_wide, LANE - BAR - 4)
        metrics = QFontMetricsF(painter.font())
        words = metrics.elidedText(bar_words(bar), Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, LEFT, words)
        painter.setPen(QPen(ink, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if bar.event and bar.sure is not None:
            painter.setBrush(ink)
            painter.drawPolygon(_diamond(QPointF(place.left, bar_top + BAR / 2)))
            return
        whole = QRectF(place.left, bar_top, max(place.right - place.left, 2.0), BAR)
        painter.drawRect(whole)
        if bar.sure is not None:
            begun, ended = bar.sure
            left = max(axis.across(begun), axis.left)
            right = axis.right if ended is None else min(axis.across(ended), axis.right)
            if right > left:
                painter.fillRect(QRectF(left, bar_top, right - left, BAR), ink)
        painter.setBrush(ink)
        for open_end, at, way in (
            (bar.begin is None or axis.across(bar.begin) < axis.left, whole.left(), -1.0),
            (bar.end is None or axis.across(bar.end) > axis.right, whole.right(), 1.0),
        ):
            if open_end:
                painter.drawPolygon(_arrow(QPointF(at, bar_top + BAR / 2), way))

    def _strong(self, side: Side | None) -> bool:
        return side in (None, self._side)

    def _ink(self, side: Side | None) -> QColor:
        palette = theme.current()
        return QColor(palette.text if self._strong(side) else palette.muted)


LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
WHOLE: Final = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextDontClip.value


def _free(places: Iterable[QRectF], taken: Sequence[QRectF]) -> QRectF | None:
    """The first place inside the plot that nothing covers."""
    for box in places:
        inside = box.top() >= 0 and box.bottom() <= PLOT
        if inside and not any(box.intersects(each) for each in taken):
            return box
    return None


def _around(at: QPointF, size: QSizeF, axis: StripAxis) -> Iterator[QRectF]:
    """Places of a label at a point, the best first; none leaves the plot sideways."""
    wide, high = size.width(), size.height()
    for left, top in (
        (at.x() - wide / 2, at.y() - high - 7),
        (at.x() - wide / 2, at.y() + 7),
        (at.x() + 3, at.y() - high - 7),
        (at.x() - wide - 3, at.y() + 7),
        (at.x() - wide - 3, at.y() - high - 7),
        (at.x() + 3, at.y() + 7),
    ):
        yield QRectF(min(max(left, axis.left), axis.right - wide), top, wide, high)


def _diamond(at: QPointF) -> QPolygonF:
    ends: Sequence[tuple[float, float]] = ((0, -5), (5, 0), (0, 5), (-5, 0))
    return QPolygonF([at + QPointF(x, y) for x, y in ends])


def _arrow(at: QPointF, way: float) -> QPolygonF:
    """Points inwards from the edge, so that nothing leaves the plot."""
    return QPolygonF([at, at + QPointF(-7 * way, -5), at + QPointF(-7 * way, 5)])

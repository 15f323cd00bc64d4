"""Under the chart of scores, on its axis of dates: a clinical index, and treatments as bars.

Drawn by hand, so that nothing lies on anything: labels that would touch are left
out and told in tips. Bands are named where an index has published ones; no
colour says how grave a value is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.clinical_state import ClinicalTrendShown
from app.theme import HALF, SMALL_PX, SPACE
from app.views._strip_layout import (
    PLOT,
    StripAxis,
    StripDot,
    StripLayout,
    StripRun,
    Words,
    laid_out,
    up,
)
from app.views.clinical_words import bar_words, change_words, point_words
from app.views.labels import plain_tip
from hipdesk.clinical_trend import BANDS, Placed, Plotted, TreatmentBar
from hipdesk.records import Side

LANE: Final = 3 * SPACE
"""Height of a treatment with its label."""

BAR: Final = 4.0
FINE: Final = 2.5
"""Points that reach no farther are drawn with fine lines."""

REACH_PX: Final = 8.0


class ClinicalStrip(QWidget):
    """Shows a `ClinicalTrendShown` on the axis that it is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ClinicalTrendShown()
        self._side = Side.RIGHT
        self._axis: StripAxis | None = None
        self._laid: StripLayout | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.on_change(self._follow_theme)
        self.retranslate()

    # What is shown

    def show_trend(self, shown: ClinicalTrendShown) -> None:
        """Another index, other treatments."""
        if shown != self._shown:
            self._shown = shown
            self.retranslate()

    def show_side(self, side: Side) -> None:
        """Which hip is drawn strongly."""
        if side is not self._side:
            self._side = side
            self._fit()

    def show_axis(self, axis: StripAxis) -> None:
        """The chart's axis of dates as it is now."""
        if axis != self._axis:
            self._axis = axis
            self._fit()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setAccessibleName(self.tr("Clinical index and treatments over time"))
        self.setAccessibleDescription(" ".join(self._spoken()))
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _follow_theme(self, _palette: theme.Palette) -> None:
        self._fit()

    def sizeHint(self) -> QSize:
        """As high as what it holds."""
        return QSize(44 * SPACE, self._height())

    def minimumSizeHint(self) -> QSize:
        """Likewise, and narrow."""
        return QSize(24 * SPACE, self._height())

    def _fit(self) -> None:
        """Lay everything out anew when it is wanted next."""
        self._laid = None
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
    def layout_now(self) -> StripLayout:
        """Where everything lies; laid out once for what is shown."""
        if self._axis is None:
            return StripLayout()
        if self._laid is None:
            self._laid = laid_out(self._shown, self._side, self._axis)
        return self._laid

    @property
    def bars(self) -> tuple[tuple[TreatmentBar, Placed], ...]:
        """Treatments of the time shown, and where they lie."""
        return self.layout_now.bars

    @property
    def value_labels(self) -> Words:
        """Figures over the points, those that would touch left out."""
        return self.layout_now.value_labels

    @property
    def band_labels(self) -> Words:
        """Names of bands at either end of the plot, where nothing is in their way."""
        return self.layout_now.band_labels

    @property
    def dots(self) -> tuple[StripDot, ...]:
        """Every point, those of the chosen hip last: on top."""
        return self.layout_now.dots

    @property
    def _top(self) -> float:
        return float(PLOT + SPACE if self._shown.lines else 0)

    # What is told

    def tip_at(self, at: QPointF) -> str:
        """What the pointer is told here; empty where there is nothing."""
        plotted, dot = self._shown.plotted, self._dot_at(at)
        if plotted is not None and dot is not None:
            return "\n".join(self._dot_words(plotted, dot))
        for bar, place in self.bars:
            low, high = place.extent
            top = self._top + place.lane * LANE
            if low <= at.x() <= high and top <= at.y() < top + LANE:
                return bar_words(bar)
        return ""

    def _dot_at(self, at: QPointF) -> StripDot | None:
        """The nearest point within reach; of equals the one on top."""

        def far(dot: StripDot) -> float:
            away = dot.at - at
            return max(abs(away.x()), abs(away.y()))

        nearest = min(reversed(self.dots), key=far, default=None)
        return nearest if nearest is not None and far(nearest) <= REACH_PX else None

    def _dot_words(self, plotted: Plotted, dot: StripDot) -> Iterator[str]:
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
        top = self.layout_now.top
        borders = [low for low, _ in BANDS.get(plotted, ())[1:]]
        free = float(PLOT + SPACE)
        for value in sorted({0.0, *borders, *([] if borders else [top / 2]), top}):
            y = up(value, top)
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
        runs = self.layout_now.runs
        for run in runs:
            wide = 2.0 if self._strong(run.line.side) and run.reach > FINE else 1.25
            painter.setPen(QPen(self._ink(run.line.side), wide))
            painter.drawLines(run.joints)
        for run in runs:
            self._draw_dots(painter, run)

    def _draw_dots(self, painter: QPainter, run: StripRun) -> None:
        ink, strong = self._ink(run.line.side), self._strong(run.line.side)
        fills = {False: ink, True: QColor(theme.current().panel)}
        painter.setPen(QPen(ink, 1.75 if run.reach > FINE else 1.0))
        round_by, square_by = run.reach, 0.75 * run.reach
        for dot in run.dots:
            painter.setBrush(fills[dot.point.below])
            if strong:
                painter.drawEllipse(dot.at, round_by, round_by)
            else:
                painter.drawRect(
                    QRectF(
                        dot.at - QPointF(square_by, square_by), QSizeF(2 * square_by, 2 * square_by)
                    )
                )

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


def _diamond(at: QPointF) -> QPolygonF:
    ends: Sequence[tuple[float, float]] = ((0, -5), (5, 0), (0, 5), (-5, 0))
    return QPolygonF([at + QPointF(x, y) for x, y in ends])


def _arrow(at: QPointF, way: float) -> QPolygonF:
    """Points inwards from the edge, so that nothing leaves the plot."""
    return QPolygonF([at, at + QPointF(-7 * way, -5), at + QPointF(-7 * way, 5)])

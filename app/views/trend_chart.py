"""A hip's figures over its visits: small, calm, and without a line where none may be drawn.

The chart paints by itself, as the canvas does: a dozen marks need no plotting
library, and loading one would cost the start of the window a third of a second.
Hips are told apart by shape, weight and words, never by colour alone. No
colour says how grave a value or a change is: no cut-off is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme
from app.state import Measure, Panel, TrendShown
from app.theme import HALF, SMALL_PX, SPACE
from app.views._trend_layout import Axes, Dot, Join, axes_of, dots_of, joins_of
from app.views.labels import core_words
from hipdesk.records import Side
from hipdesk.timeline import Comparability
from hipdesk.wording import day_of

REACH_PX: Final = 12.0
"""A pointer so near a mark means it."""

JOIN_REACH_PX: Final = 8.0
DOT_PX: Final = 4.5
CROSS_PX: Final = 4.5
CHOSEN_PX: Final = 2.0
OTHER_PX: Final = 1.25
DASHES: Final = (5.0, 4.0)
LINE_HEIGHT: Final = 2 * SPACE + HALF
SAMPLE_PX: Final = 3 * SPACE
DIGITS: Final = {
    Measure.U_MEAN: 3,
    Measure.A_MEAN: 3,
    Measure.BME_ML: 1,
    Measure.EFFUSION_ML: 1,
}
"""As in the table of figures."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A sample of the legend with its words; ``drawn`` names what is drawn."""

    drawn: str
    words: str


class TrendChart(QWidget):
    """Shows a `TrendShown`; tells which visit was asked for."""

    visitChosen = Signal(str, object)
    """A mark's visit, and the `Panel` that it is wanted in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trend: TrendShown | None = None
        self._side = Side.RIGHT
        self._pair: dict[Panel, str | None] = dict.fromkeys(Panel)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(24 * SPACE, 26 * SPACE)
        self.setMaximumHeight(44 * SPACE)
        theme.on_change(self._follow_theme)

    # What is shown

    def show_trend(self, trend: TrendShown) -> None:
        """Both hips over time."""
        if trend != self._trend:
            self._trend = trend
            self._changed()

    def show_side(self, side: Side) -> None:
        """Which hip is drawn strongly."""
        if side is not self._side:
            self._side = side
            self._changed()

    def show_pair(self, earlier_uid: str | None, later_uid: str | None) -> None:
        """The visits in the panels."""
        pair = {Panel.EARLIER: earlier_uid, Panel.LATER: later_uid}
        if pair != self._pair:
            self._pair = pair
            self._changed()

    def sizeHint(self) -> QSize:
        """A small chart."""
        return QSize(44 * SPACE, 27 * SPACE)

    # What is asked

    @property
    def axes(self) -> Axes | None:
        """Where dates and values lie; None before anything is shown."""
        return None if self._trend is None else axes_of(self._trend, self._plot())

    @property
    def dots(self) -> tuple[Dot, ...]:
        """Every mark."""
        axes = self.axes
        return () if self._trend is None or axes is None else dots_of(self._trend, self._side, axes)

    @property
    def joins(self) -> tuple[Join, ...]:
        """Every line and gap."""
        axes = self.axes
        if self._trend is None or axes is None:
            return ()
        return joins_of(self._trend, self._side, axes)

    def tip_at(self, at: QPointF) -> str:
        """What the pointer is told here; empty where there is nothing."""
        dot = self._dot_at(at)
        if dot is not None:
            return self._dot_words(dot)
        near = [join for join in self.joins if join.distance(at) <= JOIN_REACH_PX]
        near = [join for join in near if join.verdict is not Comparability.COMPARABLE]
        return self._join_words(min(near, key=lambda each: each.distance(at))) if near else ""

    def _dot_at(self, at: QPointF) -> Dot | None:
        """The nearest mark within reach; of equals the one on top."""
        near = [(QLineF(at, dot.at).length(), -n, dot) for n, dot in enumerate(self.dots)]
        near = [each for each in near if each[0] <= REACH_PX]
        return min(near, key=lambda each: each[:2])[2] if near else None

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._changed()

    def _changed(self) -> None:
        self.setAccessibleName(self._title())
        joins = [each for each in self.joins if each.verdict is not Comparability.COMPARABLE]
        spoken = [self._dot_words(dot) for dot in self.dots]
        spoken += [" ".join(self._join_words(join).split("\n")) for join in joins]
        self.setAccessibleDescription(" ".join(spoken))
        self.update()

    def _title(self) -> str:
        match self._trend.measure if self._trend is not None else None:
            case Measure.U_MEAN:
                return self.tr("UNet-score per slice, U/n")
            case Measure.A_MEAN:
                return self.tr("Area score per slice, A/n")
            case Measure.BME_ML:
                return self.tr("BME volume, mL")
            case Measure.EFFUSION_ML:
                return self.tr("Effusion/synovitis volume, mL")
        return ""

    def _hip_words(self, side: Side) -> str:
        return self.tr("Right hip") if side is Side.RIGHT else self.tr("Left hip")

    def _dot_words(self, dot: Dot) -> str:
        mark = dot.mark
        where = f"{day_of(mark.day)}, {self._hip_words(dot.side)}"
        if mark.value is None:
            reason = core_words(mark.reason)
            return self.tr("{where}: no score, because {reason}.").format(
                where=where, reason=reason
            )
        told = self.tr("accepted") if mark.accepted else self.tr("not accepted by a reader")
        return f"{where}: {self._value_words(mark.value)} ({told})."

    def _hint(self) -> str:
        return self.tr("Click: show it as the later visit; with Shift, as the earlier one.")

    def _value_words(self, value: float) -> str:
        measure = self._trend.measure if self._trend is not None else Measure.U_MEAN
        unit = " mL" if measure in (Measure.BME_ML, Measure.EFFUSION_ML) else ""
        return f"{value:.{DIGITS[measure]}f}{unit}"

    def _join_words(self, join: Join) -> str:
        broken = join.verdict is Comparability.NOT_COMPARABLE
        words = self.tr("Not comparable") if broken else self.tr("Compare with caution")
        first, last = (day_of(day) for day in join.days)
        span = self.tr("{first} to {last}").format(first=first, last=last)
        head = f"{words}, {self._hip_words(join.side)}, {span}:"
        return "\n".join([head, *(core_words(reason) for reason in join.reasons)])

    # Hands

    def event(self, event: QEvent) -> bool:
        """Tips."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.tip_at(QPointF(event.pos()))
            if self._dot_at(QPointF(event.pos())) is not None:
                words = f"{words}\n{self._hint()}"
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
                event.ignore()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cursor says what can be clicked."""
        over = self._dot_at(event.position()) is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click puts a visit on the right, with Shift on the left."""
        dot = self._dot_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or dot is None:
            event.ignore()
            return
        earlier = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.visitChosen.emit(dot.mark.visit_uid, Panel.EARLIER if earlier else Panel.LATER)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _follow_theme(self, _palette: theme.Palette) -> None:
        self.update()

    # Painting

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(theme.font(SMALL_PX))

    def _plot(self) -> QRectF:
        """Inside the axes: what title, dates and legend leave."""
        metrics = self._metrics()
        trend = self._trend
        words = () if trend is None else axes_of(trend, QRectF(0, 0, 1, 1)).values
        left = max((metrics.horizontalAdvance(tick.words) for tick in words), default=0.0) + SPACE
        legend = LINE_HEIGHT * len(self._legend_rows())
        above, below = 2 * LINE_HEIGHT + HALF, LINE_HEIGHT + SPACE + legend
        height = max(self.height() - above - below, 1.0)
        return QRectF(left, above, max(self.width() - left - HALF, 1.0), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, pair, lines, marks, legend: from the back to the front."""
        if self._trend is None or self.axes is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(SMALL_PX))
        self._paint_axes(painter, self.axes)
        self._paint_pair(painter, self.axes)
        for join in self.joins:
            self._paint_join(painter, join)
        for dot in self.dots:
            self._paint_dot(painter, dot)
        self._paint_legend(painter)
        painter.end()

    def _paint_axes(self, painter: QPainter, axes: Axes) -> None:
        palette, plot = theme.current(), axes.plot
        painter.setPen(palette.colour("text"))
        painter.drawText(QPointF(0.0, float(SMALL_PX)), self._title())
        for tick in axes.values:
            y = axes.y_of(tick.at)
            painter.setPen(_grid_pen(palette, tick.at == 0))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(palette.colour("muted"))
            room = QRectF(0, y - LINE_HEIGHT / 2, plot.left() - SPACE, LINE_HEIGHT)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, int(flags), tick.words)
        for tick in axes.days:
            self._paint_date(painter, axes, axes.x_of(tick.at), tick.words)

    def _paint_date(self, painter: QPainter, axes: Axes, x: float, words: str) -> None:
        palette, bottom = theme.current(), axes.plot.bottom()
        painter.setPen(QPen(palette.colour("border"), 1.0))
        painter.drawLine(QPointF(x, bottom), QPointF(x, bottom + HALF))
        painter.setPen(palette.colour("muted"))
        width = self._metrics().horizontalAdvance(words)
        at = min(max(x - width / 2, 0.0), self.width() - width)
        painter.drawText(QPointF(at, bottom + SPACE + SMALL_PX), words)

    def _paint_pair(self, painter: QPainter, axes: Axes) -> None:
        """Upright lines at the visits in the panels, named."""
        found = {dot.mark.visit_uid: dot.mark.day for dot in self.dots}
        words = {Panel.EARLIER: self.tr("Earlier"), Panel.LATER: self.tr("Later")}
        link, free = theme.current().colour("link"), 0.0
        for panel, uid in self._pair.items():
            if uid is None or uid not in found:
                continue
            x = axes.x_of(found[uid].toordinal())
            painter.setPen(QPen(link, 1.0))
            painter.drawLine(QPointF(x, axes.plot.top() - HALF), QPointF(x, axes.plot.bottom()))
            width = self._metrics().horizontalAdvance(words[panel])
            wanted = x - width - HALF if panel is Panel.EARLIER else x + HALF
            left = max(min(wanted, self.width() - width), free)
            painter.drawText(QPointF(left, axes.plot.top() - SPACE), words[panel])
            free = left + width + SPACE

    def _ink(self, side: Side) -> QColor:
        return theme.current().colour("text" if side is self._side else "muted")

    def _paint_join(self, painter: QPainter, join: Join) -> None:
        pen = QPen(self._ink(join.side), CHOSEN_PX if join.side is self._side else OTHER_PX)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if join.verdict is Comparability.NOT_COMPARABLE:
            self._paint_gap(painter, join.line.center(), pen)
            return
        if join.verdict is Comparability.WITH_CAUTION:
            pen.setDashPattern([each / pen.widthF() for each in DASHES])
        painter.setPen(pen)
        painter.drawLine(join.line)
        if join.verdict is Comparability.WITH_CAUTION:
            self._paint_caution(painter, join.line.center(), self._ink(join.side))

    def _paint_gap(self, painter: QPainter, at: QPointF, pen: QPen) -> None:
        """Two strokes where a line would have been."""
        painter.setPen(QPen(pen.color(), max(pen.widthF(), 1.5)))
        for shift in (-2.5, 2.5):
            slant = QPointF(2.0, -6.0)
            middle = at + QPointF(shift, 0.0)
            painter.drawLine(middle - slant, middle + slant)

    def _paint_caution(self, painter: QPainter, at: QPointF, ink: QColor) -> None:
        """A small sign on a line to be read with caution."""
        tip, half, foot = QPointF(0, -5.5), 5.5, 4.0
        corners = [at + tip, at + QPointF(half, foot), at + QPointF(-half, foot)]
        painter.setPen(QPen(ink, 1.25))
        painter.setBrush(self._ground())
        painter.drawPolygon(QPolygonF(corners))
        painter.drawLine(at + QPointF(0, -2.0), at + QPointF(0, 1.0))
        painter.drawPoint(at + QPointF(0, 2.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _ground(self) -> QColor:
        return theme.current().colour("panel")

    def _paint_dot(self, painter: QPainter, dot: Dot) -> None:
        chosen = dot.side is self._side
        if not dot.scored:
            self._paint_cross(painter, dot.at, self._ink(dot.side))
            return
        self._paint_mark(painter, dot.at, chosen, dot.mark.accepted, self._ink(dot.side))

    def _paint_mark(
        self, painter: QPainter, at: QPointF, chosen: bool, full: bool, ink: QColor
    ) -> None:
        """A disc for the chosen hip, a square for the other; hollow until accepted."""
        painter.setPen(QPen(ink, 1.75 if chosen else 1.25))
        painter.setBrush(ink if full else self._ground())
        if chosen:
            painter.drawEllipse(at, DOT_PX, DOT_PX)
        else:
            side = 0.8 * DOT_PX
            painter.drawRect(QRectF(at.x() - side, at.y() - side, 2 * side, 2 * side))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_cross(self, painter: QPainter, at: QPointF, ink: QColor) -> None:
        """A hollow cross: a wide one with a narrow one of the ground in it."""
        for colour, width in ((ink, 4.5), (self._ground(), 2.0)):
            pen = QPen(colour, width)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            for slope in (1, -1):
                reach = QPointF(CROSS_PX, slope * CROSS_PX)
                painter.drawLine(at - reach, at + reach)

    # The legend

    def _keys(self) -> list[_Key]:
        """What needs words: both hips, and what is special about marks and lines."""
        if self._trend is None:
            return []
        other = Side.LEFT if self._side is Side.RIGHT else Side.RIGHT
        keys = [_Key("chosen", self._hip_words(self._side)), _Key("other", self._hip_words(other))]
        marks = [mark for line in self._trend.lines for mark in line.marks]
        verdicts = {verdict for line in self._trend.lines for verdict, _ in line.joined}
        if any(mark.value is not None and not mark.accepted for mark in marks):
            keys.append(_Key("open", self.tr("not accepted")))
        if any(mark.value is None for mark in marks):
            keys.append(_Key("cross", self.tr("no score")))
        if Comparability.WITH_CAUTION in verdicts:
            keys.append(_Key("caution", self.tr("with caution")))
        if Comparability.NOT_COMPARABLE in verdicts:
            keys.append(_Key("gap", self.tr("not comparable")))
        return keys

    def _legend_rows(self) -> list[list[tuple[float, _Key]]]:
        """The samples with their x, in as many rows as this width needs."""
        rows: list[list[tuple[float, _Key]]] = [[]]
        x, metrics = 0.0, self._metrics()
        for key in self._keys():
            width = SAMPLE_PX + HALF + metrics.horizontalAdvance(key.words)
            if rows[-1] and x + width > self.width():
                rows.append([])
                x = 0.0
            rows[-1].append((x, key))
            x += width + 2 * SPACE
        return rows

    def _paint_legend(self, painter: QPainter) -> None:
        rows = self._legend_rows()
        top = self.height() - LINE_HEIGHT * len(rows)
        for at, each in enumerate(rows):
            baseline = top + LINE_HEIGHT * at + SMALL_PX
            for x, key in each:
                self._paint_sample(painter, QPointF(x, baseline - HALF), key.drawn)
                painter.setPen(theme.current().colour("muted"))
                painter.drawText(QPointF(x + SAMPLE_PX + HALF, baseline), key.words)

    def _paint_sample(self, painter: QPainter, at: QPointF, drawn: str) -> None:
        """A piece of line or a mark, as on the chart."""
        chosen = drawn != "other"
        ink = theme.current().colour("text" if chosen else "muted")
        middle = at + QPointF(SAMPLE_PX / 2, 0)
        line = QLineF(at, at + QPointF(SAMPLE_PX, 0))
        pen = QPen(ink, CHOSEN_PX if chosen else OTHER_PX)
        if drawn == "gap":
            self._paint_gap(painter, middle, pen)
        elif drawn == "cross":
            self._paint_cross(painter, middle, ink)
        elif drawn == "open":
            self._paint_mark(painter, middle, chosen, False, ink)
        elif drawn == "caution":
            pen.setDashPattern([each / pen.widthF() for each in DASHES])
            painter.setPen(pen)
            painter.drawLine(line)
            self._paint_caution(painter, middle, ink)
        else:
            painter.setPen(pen)
            painter.drawLine(line)
            self._paint_mark(painter, middle, chosen, True, ink)


def _grid_pen(palette: theme.Palette, zero: bool) -> QPen:
    """Behind everything, also where the theme knows no faint colour."""
    pen = QPen(palette.colour("border" if zero else "line"), 1.0)
    if palette.line == palette.text and not zero:
        pen.setDashPattern([1.0, 5.0])
    return pen

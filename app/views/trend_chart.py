"""A hip's figures over its visits: small, calm, and without a line where none may be drawn.

pyqtgraph draws; nothing of it moves, zooms or opens a menu. Hips are told apart
by shape, weight and words, never by colour alone. No colour says how grave a
value or a change is: no cut-off is published.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPen, QShowEvent
from PySide6.QtWidgets import QGraphicsRectItem, QLabel, QSizePolicy, QToolTip, QWidget

from app import theme
from app.state import Measure, Panel, TrendShown
from app.theme import HALF, SMALL_PX, SPACE
from app.views._trend_layout import Dot, Join, dots_of, joins_of, seconds_of
from app.views._trend_plot import CAUTION, CROSS, DISC, GAP, SQUARE, still_plot
from app.views.labels import core_words
from app.views.layouts import column
from hipdesk.records import Side
from hipdesk.timeline import Comparability
from hipdesk.wording import day_of

REACH_PX: Final = 7.0
"""A pointer so near a mark's edge means it."""

BESIDE_PX: Final = 15.0
"""A cross of the other hip stands so far beside that of the chosen hip."""

HEADROOM: Final = 1.1
LEGEND: Final = ("text", "muted", "panel")
DASHES: Final = (5.0, 4.0)
FIGURES: Final = {
    Measure.U_MEAN: "{:.3f}",
    Measure.A_MEAN: "{:.3f}",
    Measure.BME_ML: "{:.1f} mL",
    Measure.EFFUSION_ML: "{:.1f} mL",
}
"""As in the table of figures."""


class TrendChart(QWidget):
    """Shows a `TrendShown`; tells which visit was asked for."""

    visitChosen = Signal(str, object)
    """A mark's visit, and the `Panel` that it is wanted in."""

    axisDrawn = Signal()
    """The axis of dates may have changed; see `span` and `across`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trend = TrendShown(Measure.U_MEAN, (), ())
        self._side = Side.RIGHT
        self._pair: dict[Panel, str | None] = dict.fromkeys(Panel)
        self._other_days: tuple[date, ...] = ()
        self._cautions: list[tuple[Any, Join]] = []
        self._stale = False
        self._title = QLabel()
        self._title.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._plot = still_plot()
        self._plot.follow_theme()
        self._box = self._plot.box
        self._marks, self._signs = (
            pg.ScatterPlotItem(useCache=False, antialias=True) for _ in range(2)
        )
        self._noise = QGraphicsRectItem()
        self._noise.setPen(QPen(Qt.PenStyle.NoPen))
        self._noise.setZValue(-1)
        self._legend = pg.LegendItem(
            frame=False, horSpacing=HALF, verSpacing=-SPACE, labelTextSize=f"{SMALL_PX}px"
        )
        self._legend.layout.setContentsMargins(0, 0, 0, 0)
        self._legend.setParentItem(self._plot.view.ci)
        self.setLayout(column(self._title, self._plot.view, gap=0))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(24 * SPACE, 26 * SPACE)
        self.setMaximumHeight(44 * SPACE)
        self._box.sigResized.connect(self._draw)
        theme.on_change(self._follow_theme)

    # What is shown

    def show_trend(self, trend: TrendShown) -> None:
        """Both hips over time."""
        if trend != self._trend:
            self._trend = trend
            self.retranslate()

    def show_side(self, side: Side) -> None:
        """Which hip is drawn strongly."""
        if side is not self._side:
            self._side = side
            self.retranslate()

    def show_pair(self, earlier_uid: str | None, later_uid: str | None) -> None:
        """The visits in the panels."""
        pair = {Panel.EARLIER: earlier_uid, Panel.LATER: later_uid}
        if pair != self._pair:
            self._pair = pair
            self._draw()

    def show_days(self, days: tuple[date, ...]) -> None:
        """Days without a mark that the axis reaches all the same."""
        if days != self._other_days:
            self._other_days = days
            self._draw()

    def sizeHint(self) -> QSize:
        """A small chart."""
        return QSize(44 * SPACE, 27 * SPACE)

    # What is asked

    @property
    def dots(self) -> tuple[Dot, ...]:
        """Every mark, in this widget's pixels."""
        return tuple(replace(dot, at=self.pixel_of(dot.at)) for dot in self._dots())

    def _dots(self) -> tuple[Dot, ...]:
        second_px = self._box.viewRect().width() / max(self._box.width(), 1.0)
        return dots_of(self._trend, self._side, BESIDE_PX * second_px)

    def pixel_of(self, at: QPointF) -> QPointF:
        """Where seconds and a value lie in this widget."""
        return QPointF(self._plot.view.pos()) + QPointF(self._box.mapViewToScene(at))

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day on the axis; None where there is none."""
        days = self._days()
        return (min(days), max(days)) if days else None

    def _days(self) -> list[date]:
        return [*self._other_days, *(dot.mark.day for dot in self._dots())]

    @property
    def span(self) -> tuple[float, float]:
        """Left and right end of the plot in this widget's pixels."""
        shown = self._box.viewRect()
        return (
            self.pixel_of(QPointF(shown.left(), 0.0)).x(),
            self.pixel_of(QPointF(shown.right(), 0.0)).x(),
        )

    def across(self, day: date) -> float:
        """Where a day lies from left to right in this widget's pixels."""
        return self.pixel_of(QPointF(seconds_of(day), 0.0)).x()

    def tip_at(self, at: QPointF) -> str:
        """What the pointer is told here; empty where there is nothing."""
        if (dot := self._dot_at(at)) is not None:
            return self._dot_words(dot)
        scene = at - QPointF(self._plot.view.pos())
        joins = self._spots_at(self._signs, at)
        for line, join in self._cautions:
            joins += [join] if line.mouseShape().contains(line.mapFromScene(scene)) else []
        return self._join_words(joins[0]) if joins else ""

    def _dot_at(self, at: QPointF) -> Dot | None:
        """The nearest mark within reach; of equals the one on top."""

        def distance(dot: Dot) -> float:
            return QLineF(at, self.pixel_of(dot.at)).length()

        return min(self._spots_at(self._marks, at), key=distance, default=None)

    def _spots_at(self, spots: Any, at: QPointF) -> list[Any]:
        """What the spots within reach stand for, that on top first."""
        reach, scene = QPointF(REACH_PX, REACH_PX), at - QPointF(self._plot.view.pos())
        found = spots.pointsAt(spots.mapRectFromScene(QRectF(scene - reach, scene + reach)))
        return [spot.data() for spot in found]

    # Words

    def retranslate(self) -> None:
        """Write and draw in the language in force."""
        joins = joins_of(self._trend, self._side)
        told = [each for each in joins if each.verdict is not Comparability.COMPARABLE]
        spoken = [self._dot_words(dot) for dot in self._dots()]
        spoken += [self._join_words(join).replace("\n", " ") for join in told]
        self._title.setText(self._title_words())
        self.setAccessibleName(self._title_words())
        self.setAccessibleDescription(" ".join(spoken))
        self._draw_all()

    def _title_words(self) -> str:
        return {
            Measure.U_MEAN: self.tr("UNet-score per slice, U/n"),
            Measure.A_MEAN: self.tr("Area score per slice, A/n"),
            Measure.BME_ML: self.tr("BME volume, mL"),
            Measure.EFFUSION_ML: self.tr("Effusion/synovitis volume, mL"),
        }[self._trend.measure]

    def _hip_words(self, side: Side) -> str:
        return self.tr("Right hip") if side is Side.RIGHT else self.tr("Left hip")

    def _dot_words(self, dot: Dot) -> str:
        mark, where = dot.mark, f"{day_of(dot.mark.day)}, {self._hip_words(dot.side)}"
        if mark.value is None:
            words = self.tr("{where}: no score, because {reason}.")
            return words.format(where=where, reason=core_words(mark.reason))
        told = self.tr("accepted") if mark.accepted else self.tr("not accepted by a reader")
        return f"{where}: {FIGURES[self._trend.measure].format(mark.value)} ({told})."

    def _join_words(self, join: Join) -> str:
        broken = join.verdict is Comparability.NOT_COMPARABLE
        words = self.tr("Not comparable") if broken else self.tr("Compare with caution")
        first, last = (day_of(day) for day in join.days)
        span = self.tr("{first} to {last}").format(first=first, last=last)
        head = f"{words}, {self._hip_words(join.side)}, {span}:"
        return "\n".join([head, *(core_words(reason) for reason in join.reasons)])

    # Hands

    def event(self, event: QEvent) -> bool:
        """Tips, and screens with other pixels: pyqtgraph's lines are as wide as theirs."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._draw()
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return super().event(event)
        words = self.tip_at(QPointF(event.pos()))
        if self._dot_at(QPointF(event.pos())) is not None:
            hint = self.tr("Click: show it as the later visit; with Shift, as the earlier one.")
            words = f"{words}\n{hint}"
        QToolTip.showText(event.globalPos(), words, self)
        return True

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
        self._plot.follow_theme()
        self.retranslate()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed out of sight."""
        super().showEvent(event)
        if self._stale:
            self._draw_all()

    # Drawing

    def _draw_all(self) -> None:
        """Draw with a new legend; out of sight, when it comes into sight."""
        self._stale = not self.isVisible()
        if not self._stale:
            self._draw_legend()
            self._draw()

    def _draw(self, *_changed: object) -> None:
        """Axes, pair, lines, signs, marks, legend: from the back to the front."""
        if self._stale or not self.isVisible():
            self._stale = True
            return
        self._box.clear()
        self._draw_axes()
        self._draw_band()
        self._draw_pair()
        self._cautions = []
        signs = []
        for join in joins_of(self._trend, self._side):
            if join.verdict is not Comparability.NOT_COMPARABLE:
                self._draw_line(join)
            if join.verdict is not Comparability.COMPARABLE:
                sign = GAP if join.verdict is Comparability.NOT_COMPARABLE else CAUTION
                look = sign.look(self._ink(join.side), theme.current().panel)
                signs.append({"pos": join.middle, "data": join, **look})
        self._signs.setData(signs)
        self._marks.setData([self._spot_of(dot) for dot in self._dots()])
        self._box.addItem(self._signs)
        self._box.addItem(self._marks)
        self._fit_legend()
        self.axisDrawn.emit()

    def _draw_axes(self) -> None:
        """Both hips on one scale, from zero."""
        marks = [dot.mark for dot in self._dots()]
        days = [seconds_of(day) for day in self._days()] or [0.0]
        top = max((mark.value or 0.0 for mark in marks), default=0.0) or 1.0
        self._plot.show_range((min(days), max(days)), HEADROOM * top)

    @property
    def band(self) -> tuple[float, float] | None:
        """The chosen hip's figure at the earlier visit, less and more by the noise."""
        line = next((each for each in self._trend.lines if each.side is self._side), None)
        marks = () if line is None else line.marks
        earlier = self._pair[Panel.EARLIER]
        mark = next((mark for mark in marks if mark.visit_uid == earlier), None)
        if mark is None or mark.value is None or mark.noise is None:
            return None
        return max(mark.value - mark.noise, 0.0), mark.value + mark.noise

    def _draw_band(self) -> None:
        """A change that stays within is not told from noise.

        A plain rectangle: pyqtgraph's own raises while it is taken from its plot,
        where Qt cannot have that, which ends the program.
        """
        band = self.band
        if band is not None:
            whole, (low, high) = self._box.viewRect(), band
            self._noise.setBrush(QColor(theme.current().colour("hover")))
            self._noise.setRect(whole.left(), low, whole.width(), high - low)
            self._box.addItem(self._noise)

    def _draw_pair(self) -> None:
        """Upright lines at the visits in the panels, named outwards where there is room."""
        days = {dot.mark.visit_uid: seconds_of(dot.mark.day) for dot in self._dots()}
        words = {Panel.EARLIER: self.tr("Earlier"), Panel.LATER: self.tr("Later")}
        found = [(days[uid], words[panel]) for panel, uid in self._pair.items() if uid in days]
        link = theme.current().link
        pen = pg.mkPen(link, width=self.devicePixelRatioF())
        for n, (at, name) in enumerate(sorted(found, key=lambda each: each[0])):
            line = pg.InfiniteLine(at, pen=pen, label=name, labelOpts={"color": link})
            line.label.setFont(theme.font(SMALL_PX))
            x, width = self.pixel_of(QPointF(at, 0.0)).x(), line.label.boundingRect().width()
            before = min(x / width, 1.0) if n == 0 else max(1.0 - (self.width() - x) / width, 0.0)
            line.label.anchors = [(before, 1.0)] * 2
            line.label.setPosition(1.0)
            self._box.addItem(line)

    def _draw_line(self, join: Join) -> None:
        """Dashed, and with a tip, where it is to be read with caution."""
        caution, ends = join.verdict is Comparability.WITH_CAUTION, join.ends
        width = 2.0 if join.side is self._side else 1.25
        dashes = [each / width for each in DASHES] if caution else None
        pen = pg.mkPen(self._ink(join.side), width=width * self.devicePixelRatioF(), dash=dashes)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        xs, ys = [at.x() for at in ends], [at.y() for at in ends]
        line = pg.PlotCurveItem(xs, ys, pen=pen, antialias=True)
        line.setClickable(caution, 2 * REACH_PX)
        self._cautions += [(line, join)] if caution else []
        self._box.addItem(line)

    def _spot_of(self, dot: Dot) -> dict[str, Any]:
        ink, sign = self._ink(dot.side), DISC if dot.side is self._side else SQUARE
        if dot.mark.value is None:
            sign = CROSS
        look = sign.look(ink, ink if dot.mark.accepted else theme.current().panel)
        return {"pos": dot.at, "data": dot, **look}

    def _ink(self, side: Side) -> str:
        return theme.current().text if side is self._side else theme.current().muted

    def _draw_legend(self) -> None:
        """Both hips, and what is special about the marks and lines that there are."""
        text, muted, ground = (getattr(theme.current(), name) for name in LEGEND)
        other = Side.LEFT if self._side is Side.RIGHT else Side.RIGHT
        marks = [dot.mark for dot in self._dots()]
        scored = [mark for mark in marks if mark.value is not None]
        verdicts = {join.verdict for join in joins_of(self._trend, self._side)}
        keys = [
            (DISC.on_line(1.1).look(text, text), self._hip_words(self._side)),
            (SQUARE.on_line(1.4).look(muted, muted), self._hip_words(other)),
        ]
        if not all(mark.accepted for mark in scored):
            keys.append((DISC.look(text, ground), self.tr("not accepted")))
        if len(scored) < len(marks):
            keys.append((CROSS.look(text, ground), self.tr("no score")))
        if Comparability.WITH_CAUTION in verdicts:
            dashed = CAUTION.on_line(0.9, 0.65).look(text, ground)
            keys.append((dashed, self.tr("with caution")))
        if Comparability.NOT_COMPARABLE in verdicts:
            keys.append((GAP.look(text, ground), self.tr("not comparable")))
        self._legend.clear()
        self._legend.setLabelTextColor(muted)
        for look, words in keys:
            self._legend.addItem(pg.ScatterPlotItem(antialias=True, **look), words)

    def _fit_legend(self) -> None:
        """As few rows of equal length as this width allows, below the dates."""
        legend, inside, count = self._legend, self._legend.layout, len(self._legend.items)
        for rows in range(1, count + 1):
            legend.setColumnCount(ceil(count / rows))
            for words in range(1, inside.columnCount() - 1, 2):
                inside.setColumnSpacing(words, 1.5 * SPACE)
            if inside.preferredWidth() <= self._plot.view.width():
                break
        legend.resize(inside.preferredWidth(), inside.preferredHeight())
        above = 2 * SPACE + HALF
        self._plot.view.ci.layout.setContentsMargins(0, above, 0, legend.height())
        legend.anchor(itemPos=(0, 1), parentPos=(0, 1))

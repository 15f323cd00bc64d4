"""Lesions slice by slice, and the scroll bar of the slices.

The right hip grows upwards from the middle line, the left hip downwards, both
on one scale. BME stands on the line, effusion on top of it. Slices that do not
count are hatched and lie on a plain ground.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QLineF, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from app import theme
from app.state import SliceDeed, SliceWish
from app.theme import HALF, SPACE, mask_colour
from app.views._canvas_gestures import Notches
from app.views.labels import core_words
from app.views.translated import TranslatedWidget
from hipdesk.records import HipScore, SegmentClass, Side, SliceScore
from hipdesk.wording import EXCLUSION_WORDS, REASON_SENTENCES

MARGIN_LEFT: Final = 8 * SPACE
MARGIN_RIGHT: Final = SPACE
TOP: Final = 3 * SPACE
BOTTOM: Final = 2 * SPACE
SQUARE: Final = float(SPACE + 2)
"""Of the legend."""

LEAST_MM2: Final = 50.0
"""The scale reaches at least so far, so that little disease looks little."""

STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
LEAST_HALF: Final = 2.0
"""The smaller half of the scale is at least so many times smaller than the larger."""

GAP: Final = 0.12
"""Share of a slice's width that stays free at each side of its bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hip on one slice.

    Attributes
    ----------
    bme_mm2, effusion_mm2 : None where lesions are undefined
    counted : part of the score
    reason : why it does not count, as the end of a sentence
    note : a reader's words on why it should not
    """

    bme_mm2: float | None
    effusion_mm2: float | None
    counted: bool
    reason: str
    note: str = ""

    @property
    def total_mm2(self) -> float:
        """Height of the bar."""
        return (self.bme_mm2 or 0.0) + (self.effusion_mm2 or 0.0)


def bars_of(score: HipScore, pixel_mm2: float) -> dict[int, Bar]:
    """Bars of one hip by slice index."""
    return {entry.index: _bar(entry, pixel_mm2) for entry in score.slices}


def _bar(entry: SliceScore, pixel_mm2: float) -> Bar:
    def area(pixels: int | None) -> float | None:
        return None if pixels is None else pixels * pixel_mm2

    reason = "" if entry.reason is None else REASON_SENTENCES[entry.reason]
    return Bar(area(entry.bme_px), area(entry.effusion_px), entry.counted, reason, entry.note)


def scale_top(largest_mm2: float) -> float:
    """End of the scale: the next round number."""
    wanted = max(largest_mm2, LEAST_MM2)
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in STEPS if step * power >= wanted)


def scale_tops(right_mm2: float, left_mm2: float) -> tuple[float, float]:
    """Ends of one scale upwards and downwards: neither hip is squeezed to nothing."""
    right, left = scale_top(right_mm2), scale_top(left_mm2)
    return max(right, left / LEAST_HALF), max(left, right / LEAST_HALF)


def _counted_ground() -> QColor:
    """Under slices that count; never the ground of those that do not."""
    colours = theme.current()
    return colours.colour("raised" if colours.raised != colours.window else "hover")


class StripChart(TranslatedWidget):
    """Bars of both hips over the slices; click and drag scroll."""

    sliceChosen = Signal(int)
    sliceStepped = Signal(int)
    wished = Signal(SliceWish)
    """A slice is to count otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slices = 0
        self._index = 0
        self._bars: Mapping[Side, Mapping[int, Bar]] = {}
        self._shown: tuple[object, float] = (None, 0.0)
        self._central: Mapping[Side, tuple[int | None, bool]] = {}
        self._tops = dict.fromkeys(Side, scale_top(0.0))
        self._notches = Notches()
        self._told: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(14 * SPACE)
        self.retranslate()

    # What is shown

    def show_slices(self, slices: int, index: int) -> None:
        """How many slices there are, and the one on screen."""
        if (slices, index) != (self._slices, self._index):
            self._slices, self._index = slices, index
            self.update()

    def show_strips(self, strips: Mapping[Side, HipScore], pixel_mm2: float) -> None:
        """Bars per hip; none before the analysis."""
        if self._shown == (strips, pixel_mm2):
            return
        self._shown = strips, pixel_mm2
        self._central = {
            side: (score.central_index, score.central_moved) for side, score in strips.items()
        }
        self._bars = {side: bars_of(score, pixel_mm2) for side, score in strips.items()}
        right, left = (self._largest(side) for side in (Side.RIGHT, Side.LEFT))
        self._tops = dict(zip((Side.RIGHT, Side.LEFT), scale_tops(right, left), strict=True))
        self.update()

    def _largest(self, side: Side) -> float:
        bars = self._bars.get(side, {}).values()
        return max((bar.total_mm2 for bar in bars), default=0.0)

    @property
    def _has_lesions(self) -> bool:
        """Whether lesions are defined on this series at all."""
        return any(bar.bme_mm2 is not None for bars in self._bars.values() for bar in bars.values())

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.setAccessibleName(self.tr("Slices, with the lesions on each"))
        self.update()

    def sizeHint(self) -> QSize:
        """As low as the bars allow."""
        return QSize(60 * SPACE, 16 * SPACE)

    # Where things are

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(MARGIN_LEFT, TOP, -MARGIN_RIGHT, -BOTTOM)

    def column(self, index: int) -> QRectF:
        """The ground of one slice."""
        area = self._area()
        step = area.width() / max(self._slices, 1)
        return QRectF(area.left() + index * step, area.top(), step, area.height())

    def index_at(self, x: float) -> int:
        """The slice under a pixel, the nearest beyond the ends."""
        area = self._area()
        share = (x - area.left()) / max(area.width(), 1.0)
        return min(max(int(share * self._slices), 0), max(self._slices - 1, 0))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grounds, bars, axis, cursor: from the back to the front."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL_PX))
        if self._slices:
            self._paint_grounds(painter)
            for side, bars in self._bars.items():
                for index, bar in bars.items():
                    self._paint_bar(painter, side, index, bar)
            self._paint_axis(painter)
            self._paint_cursor(painter)
            self._paint_legend(painter)
        painter.end()

    def _paint_grounds(self, painter: QPainter) -> None:
        colours = theme.current()
        painter.fillRect(self._area(), colours.colour("window"))
        for index in range(self._slices):
            for side in Side:
                bar = self._bars.get(side, {}).get(index)
                if bar is not None and bar.counted:
                    painter.fillRect(self._half(index, side), _counted_ground())

    def _middle(self) -> float:
        """Where both hips' bars begin."""
        area, tops = self._area(), self._tops
        return area.top() + area.height() * tops[Side.RIGHT] / sum(tops.values())

    def _half(self, index: int, side: Side) -> QRectF:
        """The part of a slice's ground that a hip's bar grows over."""
        column, middle = self.column(index), self._middle()
        if side is Side.RIGHT:
            return QRectF(column.left(), column.top(), column.width(), middle - column.top())
        return QRectF(column.left(), middle, column.width(), column.bottom() - middle)

    def _paint_bar(self, painter: QPainter, side: Side, index: int, bar: Bar) -> None:
        half = self._half(index, side)
        inset = half.width() * GAP
        px_per_mm2 = half.height() / self._tops[side]
        base = 0.0
        for name, area in (
            (SegmentClass.BME, bar.bme_mm2),
            (SegmentClass.EFFUSION_SYNOVITIS, bar.effusion_mm2),
        ):
            height = (area or 0.0) * px_per_mm2
            up = side is Side.RIGHT
            top = half.bottom() - base - height if up else half.top() + base
            rect = QRectF(half.left() + inset, top, half.width() - 2 * inset, height)
            if height > 0:
                self._fill_bar(painter, rect, mask_colour(name), bar.counted)
            base += height

    def _fill_bar(self, painter: QPainter, rect: QRectF, colour: QColor, counted: bool) -> None:
        if counted:
            painter.fillRect(rect, colour)
            return
        painter.setPen(QPen(colour, 1.0))
        painter.setBrush(QBrush(colour, Qt.BrushStyle.BDiagPattern))
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_axis(self, painter: QPainter) -> None:
        area, colours = self._area(), theme.current()
        middle = self._middle()
        painter.setPen(QPen(colours.colour("border"), 1.0))
        painter.drawLine(QLineF(area.left(), middle, area.right(), middle))
        if not self._has_lesions:
            return
        ends = {
            Side.RIGHT: (
                QRectF(0, area.top() - HALF, MARGIN_LEFT - HALF, middle - area.top()),
                "R",
            ),
            Side.LEFT: (QRectF(0, middle + HALF, MARGIN_LEFT - HALF, area.bottom() - middle), "L"),
        }
        for side, (room, letter) in ends.items():
            end = Qt.AlignmentFlag.AlignTop if side is Side.RIGHT else Qt.AlignmentFlag.AlignBottom
            painter.setFont(theme.font(theme.SMALL_PX))
            painter.setPen(colours.colour("muted"))
            figure = f"{self._tops[side]:g}"
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | end, figure)
            painter.setFont(theme.font(theme.BODY_PX, bold=True))
            painter.setPen(colours.colour("text"))
            place = room.adjusted(SPACE, 0, 0, 0)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, letter
            )

    def _paint_cursor(self, painter: QPainter) -> None:
        colours, column = theme.current(), self.column(self._index)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.colour("focus"), 2.0))
        painter.drawRoundedRect(column.adjusted(-1, -1, 1, 1), 2.0, 2.0)
        words = f"{self._index + 1}"
        width = QFontMetricsF(theme.font(theme.SMALL_PX, bold=True)).horizontalAdvance(words)
        at = min(max(column.center().x() - width / 2, 0.0), self.width() - width)
        painter.setPen(colours.colour("text"))
        painter.setFont(theme.font(theme.SMALL_PX, bold=True))
        place = QRectF(at, column.bottom(), width + 1, BOTTOM)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
        painter.setFont(theme.font(theme.SMALL_PX))

    def _paint_legend(self, painter: QPainter) -> None:
        """What the colours and grounds mean, above the bars."""
        if not any(
            bar.bme_mm2 is not None for bars in self._bars.values() for bar in bars.values()
        ):
            return
        colours, metrics = theme.current(), QFontMetricsF(theme.font(theme.SMALL_PX))
        x, square = float(MARGIN_LEFT), SQUARE
        y = (TOP - square) / 2
        brushes = (
            QBrush(mask_colour(SegmentClass.BME)),
            QBrush(mask_colour(SegmentClass.EFFUSION_SYNOVITIS)),
            QBrush(_counted_ground()),
            QBrush(colours.colour("muted"), Qt.BrushStyle.BDiagPattern),
        )
        for words, brush in zip(self.legend(), brushes, strict=True):
            width = metrics.horizontalAdvance(words)
            painter.setPen(QPen(colours.colour("border"), 1.0))
            painter.setBrush(brush)
            painter.drawRect(QRectF(x, y, square, square))
            painter.setPen(colours.colour("muted"))
            place = QRectF(x + square + HALF, 0.0, width + 1, TOP)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
            x += square + HALF + width + 2 * SPACE

    def legend(self) -> tuple[str, ...]:
        """What colours and grounds mean, in as many words as there is room for."""
        whole = (
            self.tr("BME, mm²"),
            self.tr("Effusion/synovitis, mm²"),
            self.tr("Counted slices"),
            self.tr("Not counted"),
        )
        metrics = QFontMetricsF(theme.font(theme.SMALL_PX))
        each = SQUARE + HALF + 2 * SPACE
        wide = MARGIN_LEFT + sum(metrics.horizontalAdvance(words) + each for words in whole)
        if wide <= self.width():
            return whole
        return self.tr("BME"), self.tr("Effusion"), self.tr("Counted"), self.tr("Not counted")

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the slice under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self._slices:
            self._told = self._index
            self._tell(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the drag."""
        if self._told is not None:
            self._tell(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag is over."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._told = None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What may be said of the slice under the pointer; by key, of the one on screen."""
        event.accept()
        keyed = event.reason() == QContextMenuEvent.Reason.Keyboard
        if not keyed and not self._over(event.pos()):
            return
        index = self._index if keyed else self.index_at(event.pos().x())
        shown = [side for side in Side if index in self._bars.get(side, {})]
        under = Side.RIGHT if event.pos().y() < self._middle() else Side.LEFT
        sides = [under] if not keyed and under in shown else shown
        if sides:
            menu = self.menu(index, sides)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            middle = self.column(index).center().toPoint()
            menu.popup(self.mapToGlobal(middle if keyed else event.pos()))

    def menu(self, index: int, sides: Sequence[Side]) -> QMenu:
        """Which slices count, for one slice and some hips."""
        menu = QMenu(self)
        for side in sides:
            self._add_central(menu, index, side)
            self._add_exclusion(menu, index, side)
        return menu

    def _add_central(self, menu: QMenu, index: int, side: Side) -> None:
        right, (central, moved) = side is Side.RIGHT, self._central[side]
        if central != index:
            words = (
                self.tr("Make this slice the central one of the right hip")
                if right
                else self.tr("Make this slice the central one of the left hip")
            )
            self._add(menu, words, SliceWish(side, index, SliceDeed.CENTRAL))
        if moved:
            words = (
                self.tr("Central slice of the right hip as the program chose")
                if right
                else self.tr("Central slice of the left hip as the program chose")
            )
            self._add(menu, words, SliceWish(side, index, SliceDeed.PROGRAMS_CENTRAL))

    def _add_exclusion(self, menu: QMenu, index: int, side: Side) -> None:
        right = side is Side.RIGHT
        if self._bars[side][index].note:
            words = (
                self.tr("Count this slice of the right hip again")
                if right
                else self.tr("Count this slice of the left hip again")
            )
            self._add(menu, words, SliceWish(side, index, SliceDeed.COUNT_AGAIN))
            return
        reasons = menu.addMenu(
            self.tr("Leave this slice of the right hip out")
            if right
            else self.tr("Leave this slice of the left hip out")
        )
        for words in EXCLUSION_WORDS:
            wish = SliceWish(side, index, SliceDeed.LEAVE_OUT, words)
            self._add(reasons, core_words(words), wish)

    def _add(self, menu: QMenu, words: str, wish: SliceWish) -> None:
        menu.addAction(words).triggered.connect(lambda: self.wished.emit(wish))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Slices, as over the picture."""
        event.accept()
        steps = self._notches.steps(event.angleDelta(), event.pixelDelta())
        if steps and self._slices:
            self.sliceStepped.emit(steps)

    def event(self, event: QEvent) -> bool:
        """The tip tells the figures of the slice under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos()
            tip = self.tip(self.index_at(at.x())) if self._over(at) else ""
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def _over(self, at: QPoint) -> bool:
        return bool(self._slices) and self._area().contains(at)

    def tip(self, index: int) -> str:
        """What is known of a slice, in words."""
        lines = [self.tr("Slice {0}").format(index + 1)]
        for side in Side:
            bars = self._bars.get(side)
            if bars is not None:
                name = self.tr("Right") if side is Side.RIGHT else self.tr("Left")
                said = (self._bar_words(bars.get(index)), *self._central_words(index, side))
                lines.append(f"{name}: {', '.join(said)}")
        return "\n".join(lines)

    def _central_words(self, index: int, side: Side) -> list[str]:
        central, moved = self._central[side]
        if central != index:
            return []
        return [self.tr("central slice, chosen by a reader") if moved else self.tr("central slice")]

    def _bar_words(self, bar: Bar | None) -> str:
        if bar is None:
            return self.tr("not part of the hip")
        said = []
        if bar.bme_mm2 is not None:
            said.append(self.tr("BME {0} mm²").format(f"{bar.bme_mm2:.0f}"))
        if bar.effusion_mm2 is not None:
            said.append(self.tr("effusion {0} mm²").format(f"{bar.effusion_mm2:.0f}"))
        if bar.counted:
            said.append(self.tr("counted"))
        elif bar.reason:
            said.append(self.tr("not counted: {0}").format(core_words(bar.reason)))
        else:
            said.append(self.tr("not counted"))
        if bar.note:
            said.append(core_words(bar.note))
        return ", ".join(said)

    def _tell(self, x: float) -> None:
        """Ask for the slice there, once for each slice of a drag."""
        index = self.index_at(x)
        if index != self._told:
            self._told = index
            self.sliceChosen.emit(index)

"""The slider that moves both visits, in millimetres from the head centre."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QWidget

from app import theme
from app.state import Link
from app.theme import SPACE
from app.views.labels import label
from app.views.layouts import row
from app.views.place_words import Edges, direction_words, offset_words
from app.views.translated import TranslatedWidget

PER_MM: Final = 10
"""Positions of the slider to a millimetre."""

PAGE_STEPS: Final = 10
WORDS_WIDTH: Final = 34 * SPACE


class _Track(QSlider):
    """A slider with a mark where the head centre is."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(16 * SPACE)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it: Qt's slider turns the other way than the pictures do."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right move the slider; Up and Down go the way they go everywhere."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mark below the handle."""
        if self.minimum() <= 0 <= self.maximum():
            painter = QPainter(self)
            painter.setPen(QPen(theme.current().colour("muted"), 2.0))
            x, middle = self.x_of(0), self.height() / 2
            painter.drawLine(QPointF(x, middle - SPACE), QPointF(x, middle + SPACE))
            painter.end()
        super().paintEvent(event)

    def x_of(self, value: int) -> float:
        """Where the handle's middle is at a value."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self)
        room = self.width() - handle
        at = QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), value, room)
        return at + handle / 2


class LinkSlider(TranslatedWidget):
    """Shows a `Link`; tells where the reader wants to go."""

    slid = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link: Link | None = None
        self._edges: Edges | None = None
        self.track = _Track()
        self._low, self._high = label(kind="small"), label(kind="small")
        self.words = label(kind="strong")
        self.words.setMinimumWidth(WORDS_WIDTH)
        self.words.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.track.valueChanged.connect(self._slide)
        across = row(self._low, self.track, self._high, self.words)
        across.setStretchFactor(self.track, 1)
        self.setLayout(across)
        self.retranslate()
        self._sync()

    def show_link(self, link: Link | None) -> None:
        """Where both panels are; None where nothing can be moved."""
        if link != self._link:
            self._link = link
            self._sync()

    def show_edges(self, edges: Edges | None) -> None:
        """Patient directions of the pictures, by which the ends of the slider are named."""
        if edges != self._edges:
            self._edges = edges
            self._sync()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.track.setToolTip(self.tr("Both visits, from the head centre (wheel, Up, Down)"))
        self._sync()

    def _sync(self) -> None:
        link = self._link
        self.track.setEnabled(link is not None)
        low, high = direction_words(self._edges)
        self._low.setText(low)
        self._high.setText(high)
        if link is None:
            self.words.setText("")
        else:
            self._show(link)
        self.track.setAccessibleName(self.tr("Slice, millimetres from the head centre"))
        self.track.setAccessibleDescription(self.words.text())

    def _show(self, link: Link) -> None:
        with QSignalBlocker(self.track):
            self.track.setRange(*(round(end * PER_MM) for end in link.range_mm))
            step = max(round(link.step_mm * PER_MM), 1)
            self.track.setSingleStep(step)
            self.track.setPageStep(PAGE_STEPS * step)
            self.track.setValue(round(link.offset_mm * PER_MM))
        self.words.setText(offset_words(link.offset_mm, self._edges))

    def _slide(self, value: int) -> None:
        self.slid.emit(value / PER_MM)

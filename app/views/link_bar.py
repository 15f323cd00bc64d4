"""Below the pair: the slider of both visits, and what holds for both pictures."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.theme import SPACE, icon
from app.views.layouts import row
from app.views.link_slider import LinkSlider
from app.views.translated import TranslatedWidget

BUTTON: Final = 6 * SPACE
"""Width of a button beside its words."""


class LinkBar(TranslatedWidget):
    """Slider, fit and lock; where there is no room for the buttons' words, their icons speak."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = LinkSlider()
        self.fit = QPushButton()
        self.fit.setIcon(icon("fit-to-screen-outline"))
        self.lock = QPushButton()
        self.lock.setCheckable(True)
        for button in (self.fit, self.lock):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        across = row(self.slider, self.fit, self.lock)
        across.setStretchFactor(self.slider, 1)
        self.setLayout(across)
        self.retranslate()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._words = {self.fit: self.tr("Fit"), self.lock: self.tr("Lock windows")}
        for button, words in self._words.items():
            button.setAccessibleName(words)
        self.fit.setToolTip(self.tr("Both hips as at the beginning (Esc)"))
        self.lock.setToolTip(
            self.tr("A window set in one picture counts for both, each by its own signal")
        )
        self._choose_style()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the room there is."""
        super().resizeEvent(event)
        self._choose_style()

    def event(self, event: QEvent) -> bool:
        """Follow the words beside the buttons, which need more room or less."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._choose_style()
        return super().event(event)

    def minimumSizeHint(self) -> QSize:
        """That of the slider with two icons."""
        return QSize(self._room(), super().minimumSizeHint().height())

    def _choose_style(self) -> None:
        for button, words in self._words.items():
            button.setText(words if self.width() >= self._room(words=True) else "")

    def _room(self, words: bool = False) -> int:
        metrics = self.fontMetrics()
        letters = sum(map(metrics.horizontalAdvance, self._words.values())) if words else 0
        return self.slider.minimumSizeHint().width() + 2 * (BUTTON + SPACE) + letters

"""Width and centre of the window, typed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QLabel, QWidget

from app.theme import SPACE
from app.views._canvas_gestures import LEAST_WIDTH
from app.views.translated import TranslatedWidget
from hipdesk.overlay import Window

FINE_SPAN: Final = 100.0
"""Signals that span less are typed with decimals."""

STEPS: Final = 100


class WindowFields(TranslatedWidget):
    """Two fields; what is typed is told when it is done, by Enter or by leaving."""

    windowTyped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.width_field = _field()
        self.centre_field = _field()
        self._labels = QLabel(), QLabel()
        layout = QFormLayout()
        layout.setContentsMargins(3 * SPACE, SPACE, 3 * SPACE, SPACE)
        for words, field in zip(self._labels, (self.width_field, self.centre_field), strict=True):
            words.setBuddy(field)
            layout.addRow(words, field)
            field.valueChanged.connect(self._tell)
        self.setLayout(layout)
        self.retranslate()

    def show_window(self, window: Window, limits: tuple[float, float]) -> None:
        """The window in force, and the signal's limits."""
        centre, width = window
        span = max(limits[1] - limits[0], 1e-6)
        decimals = 0 if span >= FINE_SPAN else 3
        with QSignalBlocker(self.width_field), QSignalBlocker(self.centre_field):
            for field in (self.width_field, self.centre_field):
                field.setDecimals(decimals)
                field.setSingleStep(span / STEPS)
            self.width_field.setRange(span * LEAST_WIDTH, 2 * span)
            self.centre_field.setRange(*limits)
            self.width_field.setValue(width)
            self.centre_field.setValue(centre)

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self._labels[0].setText(self.tr("Width"))
        self._labels[1].setText(self.tr("Centre"))
        self.width_field.setAccessibleName(self.tr("Width of the window"))
        self.centre_field.setAccessibleName(self.tr("Centre of the window"))

    def _tell(self) -> None:
        self.windowTyped.emit((self.centre_field.value(), self.width_field.value()))


def _field() -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setKeyboardTracking(False)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setMinimumWidth(14 * SPACE)
    return field

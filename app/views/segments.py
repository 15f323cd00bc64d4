"""A row of buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from app.theme import HALF, SPACE
from app.views.layouts import row

PADDING: Final = f"QPushButton {{ padding: 0 {SPACE}px; }}"


class Segments(QWidget):
    """Choices side by side; by keyboard they are one stop, and arrows go on.

    Parameters
    ----------
    keys : stable identifiers, from left to right
    """

    chosen = Signal(str)
    """The key of a segment that the reader chose; never that of the one in force."""

    def __init__(self, keys: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: str | None = None
        self._group = QButtonGroup(self)
        self.buttons = {key: QPushButton() for key in keys}
        for key, button in self.buttons.items():
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button)
            button.clicked.connect(lambda _checked=False, key=key: self._choose(key))
        self.setStyleSheet(PADDING)
        self.setLayout(row(*self.buttons.values(), gap=HALF / SPACE))

    def show_words(self, name: str, words: Sequence[str]) -> None:
        """Name the choice for screen readers, and each of its segments."""
        self.setAccessibleName(name)
        for button, word in zip(self.buttons.values(), words, strict=True):
            button.setText(word)
            button.setAccessibleName(f"{name}: {word}")

    def show_chosen(self, key: str) -> None:
        """Which one is in force."""
        self._shown = key
        self.buttons[key].setChecked(True)

    def _choose(self, key: str) -> None:
        """Ask for it; the segment in force stays so until it is shown otherwise."""
        if key == self._shown:
            return
        if self._shown is not None:
            self.buttons[self._shown].setChecked(True)
        self.chosen.emit(key)

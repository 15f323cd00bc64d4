"""A question on the spot, in place of a dialog: why, go on, or not."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton, QWidget

from app.theme import SPACE, icon
from app.views.layouts import row

LONGEST = 200
"""Letters of a note."""


class NoteRow(QWidget):
    """A field for an optional note, and two buttons; Enter goes on, Esc does not."""

    confirmed = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.setMaxLength(LONGEST)
        self.field.setMinimumWidth(8 * SPACE)
        self.confirm = QPushButton()
        self.dismiss = QToolButton()
        self.dismiss.setIcon(icon("close"))
        layout = row(self.field, self.confirm, self.dismiss)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.field.returnPressed.connect(self._confirm)
        self.confirm.clicked.connect(self._confirm)
        self.dismiss.clicked.connect(self.dismissed)
        self.setFocusProxy(self.field)

    def show_words(self, question: str, confirm: str, dismiss: str) -> None:
        """Name what is asked and what the buttons do."""
        self.field.setPlaceholderText(question)
        self.field.setAccessibleName(question)
        self.confirm.setText(confirm)
        self.dismiss.setAccessibleName(dismiss)
        self.dismiss.setToolTip(dismiss)

    def begin(self) -> None:
        """Ask, from an empty field."""
        self.field.clear()
        self.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves things as they are."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            event.ignore()

    def _confirm(self) -> None:
        self.confirmed.emit(self.field.text().strip())

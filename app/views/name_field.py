"""Where a reader's name is asked for because none is known: one sentence and a field."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.theme import SPACE
from app.views.labels import label
from app.views.layouts import row
from app.views.translated import TranslatedWidget
from hipdesk.review import LONGEST_NAME


class NameField(TranslatedWidget):
    """Seen only while a name is asked for."""

    typed = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked = False
        self.line = label(kind="small", wrap=True)
        self.field = QLineEdit()
        self.field.setMaxLength(LONGEST_NAME)
        self.field.setMinimumWidth(14 * SPACE)
        self.field.textChanged.connect(self.typed)
        self.field.returnPressed.connect(self.entered)
        layout = row(self.line, self.field)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.setFocusProxy(self.field)
        self.retranslate()
        self.hide()

    def ask(self, asked: bool) -> None:
        """Show it, or take it away; the keyboard then goes on to what holds it."""
        if asked == self._asked:
            return
        self._asked = asked
        had = self.field.hasFocus()
        self.setVisible(asked)
        above = self.parentWidget()
        if had and not asked and above is not None:
            above.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def missing(self) -> bool:
        """Whether a name is asked for and none stands here."""
        return self._asked and not self.name

    @property
    def name(self) -> str:
        """What was typed; empty where no name is asked for."""
        return self.field.text().strip() if self._asked else ""

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.line.setText(self.tr("Enter your name first: what you keep is kept in your name."))
        self.field.setPlaceholderText(self.tr("Your name"))
        self.field.setAccessibleName(self.tr("Name to keep it with"))

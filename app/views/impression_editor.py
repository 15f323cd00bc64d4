"""The reader's own words for the report."""

from __future__ import annotations

from collections import deque
from typing import Final

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.theme import SPACE, set_role
from app.views.labels import label
from app.views.layouts import STRETCH, column, row
from app.views.translated import TranslatedWidget

ECHOES: Final = 256
"""States of the text, while it is typed, of which the library may answer late."""


LOCKED: Final = 'QPlainTextEdit[locked="true"] { background: transparent; }'


class ImpressionEditor(TranslatedWidget):
    """Plain text that is kept by itself; once signed, or without a library, cannot be changed."""

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editable = True
        self._reason = ""
        self._known = ""
        self._told: deque[str] = deque(maxlen=ECHOES)
        self._title = label(kind="section")
        self._state = label(kind="small")
        self._why = label(kind="small", wrap=True)
        self.editor = QPlainTextEdit()
        self.editor.setTabChangesFocus(True)
        self.editor.setMinimumHeight(14 * SPACE)
        self.editor.setStyleSheet(LOCKED)
        self.editor.textChanged.connect(self._tell)
        inside = column(row(self._title, STRETCH, self._state), self.editor, self._why)
        inside.setStretchFactor(self.editor, 1)
        self.setLayout(inside)
        self.retranslate()

    def show_impression(self, text: str, editable: bool, why: str = "") -> None:
        """The reader's words; what is being typed is left alone.

        Parameters
        ----------
        why : the words cannot be changed; empty where they are signed
        """
        if (editable, why) != (self._editable, self._reason):
            self._editable, self._reason = editable, why
            self.editor.setReadOnly(not editable)
            set_role(self.editor, "locked", not editable)
            self._say_state()
        if text != self.text and not self._is_echo(text):
            self._replace(text)

    def begin_anew(self) -> None:
        """Another report comes: what was typed for this one cannot be brought back there."""
        self._told.clear()
        self.editor.document().clearUndoRedoStacks()

    @property
    def text(self) -> str:
        """What stands in the editor."""
        return self.editor.toPlainText()

    def _is_echo(self, text: str) -> bool:
        """Whether this is what was told a moment ago, while the reader types on.

        An empty text never is: it may be another report's, whose editor must
        not keep these words.
        """
        return self._editable and bool(text) and self.editor.hasFocus() and text in self._told

    def _replace(self, text: str) -> None:
        """Put in other words; those before cannot be brought back by undoing."""
        self._known = text
        self._told.clear()
        at = self.editor.textCursor().position()
        with QSignalBlocker(self.editor):
            self.editor.setPlainText(text)
        cursor = self.editor.textCursor()
        cursor.setPosition(min(at, len(self.editor.toPlainText())))
        self.editor.setTextCursor(cursor)

    def _tell(self) -> None:
        """Say what stands here now; letters that are still being composed do not."""
        text = self.text
        if text != self._known:
            self._known = text
            self._told.append(text)
            self.edited.emit(text)

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._title.setText(self.tr("Reader's impression"))
        self.editor.setAccessibleName(self.tr("Reader's impression"))
        self.editor.setPlaceholderText(
            self.tr("Your own words for the report. Nothing is written here by the program.")
        )
        self._say_state()

    def _say_state(self) -> None:
        self._state.setText(self.tr("saved by itself") if self._editable else self.tr("read only"))
        signed = self.tr("The report is signed: withdraw the signature to change these words.")
        self._why.setText(self._reason or signed)
        self._why.setVisible(not self._editable)
        self.editor.setAccessibleDescription("" if self._editable else self._why.text())

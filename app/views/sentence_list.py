"""Sentences below each other; labels are used again, so that nothing flickers."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.views.labels import Kind, core_words, label
from app.views.layouts import column


class SentenceList(QWidget):
    """Words of the core, one label each, in the language in force.

    Parameters
    ----------
    bullet : stands before every sentence
    """

    def __init__(self, kind: Kind, bullet: str = "") -> None:
        super().__init__()
        self._kind: Kind = kind
        self._bullet = f"{bullet} " if bullet else ""
        self._sentences: tuple[str, ...] = ()
        self._labels: list[QLabel] = []
        self._column = column(gap=1 / 2)
        self.setLayout(self._column)
        self.hide()

    def show_sentences(self, sentences: tuple[str, ...]) -> None:
        """Say these and no others."""
        if sentences != self._sentences:
            self._sentences = sentences
            self._say()

    @property
    def words(self) -> tuple[str, ...]:
        """What is said."""
        return tuple(each.text() for each in self._labels[: len(self._sentences)])

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()

    def _say(self) -> None:
        while len(self._labels) < len(self._sentences):
            self._labels.append(label(kind=self._kind, wrap=True))
            self._column.addWidget(self._labels[-1])
        for at, each in enumerate(self._labels):
            used = at < len(self._sentences)
            each.setText(self._bullet + core_words(self._sentences[at]) if used else "")
            each.setVisible(used)
        self.setVisible(bool(self._sentences))

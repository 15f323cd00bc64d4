"""What is remembered for scanners' protocols, a line each, with a button to forget it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.views.labels import core_words, label
from app.views.layouts import column, emptied, row
from hipdesk.ports import ProtocolChoice
from hipdesk.series_choice import said_of


class ChoiceList(QWidget):
    """The choices that stand, newest first."""

    forgotten = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[ProtocolChoice, ...] = ()
        self._lines = column(gap=1)
        self.setLayout(self._lines)
        self.retranslate()

    def show_choices(self, choices: tuple[ProtocolChoice, ...]) -> None:
        """Show other ones."""
        if choices != self._choices:
            self._choices = choices
            self.retranslate()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        emptied(self._lines)
        if not self._choices:
            words = self.tr(
                "Nothing is remembered. Where you choose another series than the program, or say "
                "what it is weighted for, that holds for the scanner's protocol from then on."
            )
            self._lines.addWidget(label(words, "small", wrap=True))
        for choice in self._choices:
            self._add(choice)

    def _add(self, choice: ProtocolChoice) -> None:
        made = choice.protocol
        scanner = " ".join(filter(None, (made.manufacturer, made.model)))
        named = f"{made.description or made.protocol}, {scanner}"
        since = self.tr("{what}, since {day}").format(
            what=core_words(said_of(choice)), day=choice.at_utc.date().isoformat()
        )
        words = column(label(named, wrap=True), label(since, "small", wrap=True), gap=0)
        forget = QPushButton(self.tr("Forget"))
        forget.setAccessibleName(self.tr("Forget: {named}").format(named=named))
        forget.clicked.connect(lambda: self.forgotten.emit(choice.uid))
        line = row(words, forget, gap=2)
        line.setStretch(0, 1)
        self._lines.addLayout(line)

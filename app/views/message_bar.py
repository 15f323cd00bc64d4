"""What must be read: up to three messages, and a way to the others."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from app.messages import Message, Severity
from app.theme import SPACE, icon, set_role
from app.views.icon_label import IconLabel
from app.views.labels import Tone, core_words, label
from app.views.layouts import STRETCH, column, holding, row

SHOWN: Final = 3
"""Messages shown at once, before the reader asks for all of them."""

TALLEST: Final = 30 * SPACE
"""Where all are shown, they scroll beyond this height."""

_GRAVITY: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_ICONS: Final[dict[Severity, tuple[str, str]]] = {
    Severity.ERROR: ("close-octagon-outline", "danger"),
    Severity.WARNING: ("alert-outline", "caution"),
    Severity.INFO: ("information-outline", "link"),
}
_TONES: Final[dict[Severity, Tone]] = {
    Severity.ERROR: "danger",
    Severity.WARNING: "caution",
    Severity.INFO: "note",
}


def ordered(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Gravest first; of equals the newest."""
    return tuple(sorted(messages, key=lambda each: (_GRAVITY[each.severity], -each.number)))


class MessageRow(QFrame):
    """One message: how grave in a word and an icon, the sentence, its button, a cross."""

    dismissed = Signal(int)
    acted = Signal(int)

    def __init__(self, message: Message) -> None:
        super().__init__()
        self._message = message
        name, role = _ICONS[message.severity]
        set_role(self, "ground", _TONES[message.severity])
        self._grave = label(kind="strong")
        self._text = label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._act = QPushButton()
        self._act.clicked.connect(lambda: self.acted.emit(self._message.number))
        self._close = QToolButton()
        set_role(self._close, "quiet")
        self._close.setIcon(icon("close"))
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(lambda: self.dismissed.emit(self._message.number))
        across = row(IconLabel(name, 20, role), self._grave, self._text, self._act, self._close)
        across.setContentsMargins(2 * SPACE, SPACE // 2, SPACE, SPACE // 2)
        across.setStretchFactor(self._text, 1)
        self.setLayout(across)
        self.retranslate()

    def show_message(self, message: Message) -> None:
        """The same message, said again."""
        if message != self._message:
            self._message = message
            self.retranslate()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        message = self._message
        self._grave.setText(self._gravity())
        again = f" (\N{MULTIPLICATION SIGN}{message.times})" if message.times > 1 else ""
        self._text.setText(core_words(message.text) + again)
        self._act.setVisible(message.action is not None)
        if message.action is not None:
            self._act.setText(core_words(message.action.title))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.setAccessibleName(self.tr("Dismiss this message"))
        self.setAccessibleName(f"{self._gravity()}: {self._text.text()}")

    def _gravity(self) -> str:
        match self._message.severity:
            case Severity.ERROR:
                return self.tr("Error")
            case Severity.WARNING:
                return self.tr("Warning")
            case Severity.INFO:
                return self.tr("Note")


class MessageBar(QWidget):
    """All messages; empty and without height where nothing is to be said."""

    dismissed = Signal(int)
    acted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._messages: tuple[Message, ...] = ()
        self._rows: dict[int, MessageRow] = {}
        self._all = False
        self._list: QVBoxLayout = column(gap=1 / 8)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(holding(self._list))
        self._more = QPushButton()
        set_role(self._more, "quiet")
        set_role(self._more, "compact")
        self._more.clicked.connect(self._toggle)
        below = row(STRETCH, self._more)
        below.setContentsMargins(0, SPACE // 2, SPACE, SPACE // 2)
        self._below = holding(below, panel=True)
        self.setLayout(column(self._scroll, self._below, gap=0))
        self._arrange()

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """What must be read, oldest first."""
        if messages == self._messages:
            return
        self._messages = messages
        if len(messages) <= SHOWN:
            self._all = False
        self._arrange()

    @property
    def rows(self) -> tuple[MessageRow, ...]:
        """Rows on screen, from above."""
        found = (self._list.itemAt(at) for at in range(self._list.count()))
        widgets = (item.widget() for item in found if item is not None)
        return tuple(each for each in widgets if isinstance(each, MessageRow))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            for each in self._rows.values():
                each.retranslate()
            self._say_more()

    def resizeEvent(self, event: object) -> None:
        """Fit the words to the new width."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _arrange(self) -> None:
        chosen = ordered(self._messages)
        chosen = chosen if self._all else chosen[:SHOWN]
        kept = {message.number: message for message in chosen}
        for number in set(self._rows) - set(kept):
            gone = self._rows.pop(number)
            self._list.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for at, (number, message) in enumerate(kept.items()):
            each = self._rows.get(number) or self._made(message)
            each.show_message(message)
            if self._list.indexOf(each) != at:
                self._list.removeWidget(each)
                self._list.insertWidget(at, each)
        self._say_more()
        self.setVisible(bool(self._messages))
        self._fit()

    def _made(self, message: Message) -> MessageRow:
        made = MessageRow(message)
        made.dismissed.connect(self.dismissed)
        made.acted.connect(self.acted)
        self._rows[message.number] = made
        return made

    def _say_more(self) -> None:
        left = len(self._messages) - SHOWN
        words = self.tr("Show fewer") if self._all else self.tr("and {n} more").format(n=left)
        self._more.setText(words)
        self._below.setVisible(left > 0)

    def _toggle(self) -> None:
        self._all = not self._all
        self._arrange()

    def _fit(self) -> None:
        """Be as tall as the sentences need at this width, up to `TALLEST`."""
        width = self._scroll.viewport().width()
        height = self._list.heightForWidth(width) if self._rows else 0
        if height < 0:
            height = self._list.sizeHint().height()
        self._scroll.setFixedHeight(min(height, TALLEST))


class ProblemLine(QFrame):
    """A page cannot do all it should: why, and a button to try again."""

    retried = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "ground", "caution")
        self._text = label(wrap=True)
        self._retry = QPushButton()
        self._retry.clicked.connect(self.retried)
        across = row(IconLabel("alert-outline", 20, "caution"), self._text, self._retry)
        across.setContentsMargins(2 * SPACE, SPACE // 2, 2 * SPACE, SPACE // 2)
        across.setStretchFactor(self._text, 1)
        self.setLayout(across)
        self.retranslate()
        self.hide()

    def show_problem(self, sentence: str) -> None:
        """Say why."""
        self._text.setText(sentence)
        self.setAccessibleName(sentence)

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._retry.setText(self.tr("Try again"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

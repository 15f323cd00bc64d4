"""What must be read: messages over the page, and a way to those that are not in sight.

They lie above the page's lower left corner, so that nothing moves when one comes
or goes; and one that comes under the pointer lets the next press through to
what was there before. After the time that they take to read they leave the page:
the bell counts them, and the gravest one that is no note stays beside it in one
line, below all pages, until it is dismissed. Both bring them back.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QCursor, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.messages import SHOWN, Message, Severity, in_sight, ordered
from app.theme import HALF, SPACE, icon, set_role
from app.views.icon_label import IconLabel
from app.views.labels import Tone, in_force, label, plain_tip
from app.views.layouts import STRETCH, column, holding, row

TALLEST: Final = 30 * SPACE
"""They scroll beyond this height."""

WIDEST: Final = 72 * SPACE
"""Longer sentences have more lines."""

LINE: Final = 1
"""Around them all."""

LETS_THROUGH_MS: Final = 700
"""So long after they came under the pointer, presses are for what lies below."""

STAYS_MS: Final = 12_000
"""Messages lie over the page for at least so long,"""

READING_MS: Final = 75
"""and for so long a letter: as long as a note of two short lines stays."""

SEEN_MS: Final = 6_000
"""They go with their page once they were there for so long."""

LINE_ROOM: Final = 11 * SPACE
"""What is left of the gravest message in a narrow window."""

BESIDE_WORDS: Final = 5 * SPACE
"""Icon and margins of that line."""

WIDTH: Final = 8 * SPACE
"""Of the bell, whatever it counts."""

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


def gravity_words(severity: Severity) -> str:
    """How grave a message is, in a word."""
    match severity:
        case Severity.ERROR:
            return QCoreApplication.translate("MessageRow", "Error")
        case Severity.WARNING:
            return QCoreApplication.translate("MessageRow", "Warning")
        case Severity.INFO:
            return QCoreApplication.translate("MessageRow", "Note")


def sentence(message: Message) -> str:
    """What a message says, how often it was said, and whether of somebody else."""
    again = f" (\N{MULTIPLICATION SIGN}{message.times})" if message.times > 1 else ""
    said = in_force(message.text) + again
    if not message.elsewhere:
        return said
    words = QCoreApplication.translate("MessageRow", "Before this patient was opened: {sentence}")
    return words.format(sentence=said)


def line_of(message: Message) -> str:
    """All of a message in one line."""
    return f"{gravity_words(message.severity)}: {sentence(message)}"


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
        self._grave.setText(gravity_words(message.severity))
        self._text.setText(sentence(message))
        self._act.setVisible(message.action is not None)
        if message.action is not None:
            self._act.setText(in_force(message.action.title))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.setAccessibleName(self.tr("Dismiss this message"))
        self.setAccessibleName(line_of(message))


class MessageBar(QFrame):
    """All messages, above a page; invisible where nothing is to be said.

    Parameters
    ----------
    over : the page; messages are its sibling, and follow its place

    Attributes
    ----------
    bell : says how many there are, puts them away and brings them back
    line : the gravest one of those that are away
    """

    dismissed = Signal(int)
    acted = Signal(int)

    def __init__(self, over: QWidget) -> None:
        super().__init__(over.parentWidget())
        self._over = over
        self._messages: tuple[Message, ...] = ()
        self._rows: dict[int, MessageRow] = {}
        self._all = False
        self._away: frozenset[tuple[int, int]] = frozenset()
        self._newest = 0
        set_role(self, "messages")
        self.bell = MessageBell()
        self.bell.clicked.connect(self._ring)
        self.line = MessageLine()
        self.line.clicked.connect(self._bring_back)
        self._list: QVBoxLayout = column(gap=1 / 8)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(holding(self._list))
        self._scroll.verticalScrollBar().rangeChanged.connect(self._reveal)
        self._more = QPushButton()
        set_role(self._more, "quiet")
        set_role(self._more, "compact")
        self._more.clicked.connect(self._toggle)
        below = row(STRETCH, self._more)
        below.setContentsMargins(0, SPACE // 2, SPACE, SPACE // 2)
        self._below = holding(below, panel=True)
        self.setLayout(column(self._scroll, self._below, gap=0))
        self._guard = QTimer(self)
        self._guard.setSingleShot(True)
        self._guard.setInterval(LETS_THROUGH_MS)
        self._guard.timeout.connect(lambda: self._let_through(False))
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.timeout.connect(self._leave_page)
        over.installEventFilter(self)
        self.hide()

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """What must be read, what was said last at the end."""
        if messages == self._messages:
            return
        before = {each.said for each in self._messages}
        come = {each.said for each in messages} - before
        over = _elsewhere(messages) - _elsewhere(self._messages)
        self._away = (self._away | over) & {each.said for each in messages}
        self._messages = messages
        if len(self._present) <= SHOWN:
            self._all = False
        self._newest = messages[-1].number if come else 0
        self.bell.show_messages(messages)
        place = self.geometry() if self.isVisible() else QRect()
        self._arrange()
        if come:
            self._leave.start(reading_ms(self._present))
            if not place.contains(self._pointer()) and self._under_pointer():
                self._let_through(True)

    @property
    def _present(self) -> tuple[Message, ...]:
        """Those that are not away."""
        return tuple(each for each in self._messages if each.said not in self._away)

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

    def event(self, event: QEvent) -> bool:
        """Fit the words once their type is known, and whenever it changes."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
        return done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner of what lies below."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Move}:
            self._place()
        return False

    def _arrange(self) -> None:
        present = self._present
        self.bell.setChecked(bool(present))
        self.line.show_messages(tuple(each for each in self._messages if each.said in self._away))
        chosen = ordered(present) if self._all else in_sight(present)
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
        self.setVisible(bool(present))
        self._place()
        self.raise_()

    def _made(self, message: Message) -> MessageRow:
        made = MessageRow(message)
        made.dismissed.connect(self.dismissed)
        made.acted.connect(self.acted)
        self._rows[message.number] = made
        return made

    def _say_more(self) -> None:
        left = len(self._present) - SHOWN
        words = self.tr("Show fewer") if self._all else self.tr("and {n} more").format(n=left)
        self._more.setText(words)
        self._below.setVisible(left > 0)

    def _toggle(self) -> None:
        self._all, self._newest = not self._all, 0
        self._arrange()

    def _ring(self) -> None:
        """Put them away, or bring them back; none is dismissed."""
        if self._present:
            self._put_away()
        else:
            self._bring_back()

    def _put_away(self) -> None:
        self._leave.stop()
        self._away = frozenset(each.said for each in self._messages)
        self._arrange()

    def _bring_back(self) -> None:
        """They stay then, until the reader puts them away."""
        self._leave.stop()
        self._away = frozenset()
        self._arrange()

    def turn_page(self) -> None:
        """Another page comes to the front: put away what was there long enough to be seen."""
        since = self._leave.interval() - self._leave.remainingTime()
        if not self._leave.isActive() or since >= SEEN_MS:
            self._put_away()

    def _leave_page(self) -> None:
        """Put away what has been read; not under the reader's pointer or keys."""
        focus = QApplication.focusWidget()
        if self._under_pointer() or (focus is not None and self.isAncestorOf(focus)):
            self._leave.start(STAYS_MS)
        else:
            self._put_away()

    def _place(self) -> None:
        """Be as tall as the sentences need, up to `TALLEST`, in the page's lower left corner."""
        page = self._over.geometry()
        width = min(WIDEST, page.width() - 2 * SPACE)
        height = self._list.heightForWidth(width - 2 * LINE) if self._rows else 0
        if height < 0:
            height = self._list.sizeHint().height()
        tallest = max(min(TALLEST, page.height() - 8 * SPACE), 0)
        # Left to itself, a bar that was needed for a moment makes room for itself for ever.
        self._scroll.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if height <= tallest
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        )
        self._scroll.setFixedHeight(min(height, tallest))
        tall = self._scroll.minimumHeight() + 2 * LINE
        if self._below.isVisibleTo(self):
            tall += self._below.sizeHint().height()
        left, bottom = page.left() + SPACE, page.bottom() + 1 - SPACE
        self.setGeometry(left, bottom - tall, width, tall)

    def _reveal(self) -> None:
        """Have what was said last in sight, however much there is above it."""
        newest = self._rows.get(self._newest)
        if newest is not None:
            self._scroll.verticalScrollBar().setValue(newest.y())

    def _pointer(self) -> QPoint:
        return self.mapToParent(self.mapFromGlobal(QCursor.pos()))

    def _under_pointer(self) -> bool:
        return self.isVisible() and self.geometry().contains(self._pointer())

    def _let_through(self, through: bool) -> None:
        """Whether presses are for what lies below."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, through)
        if through:
            self._guard.start()


def _elsewhere(messages: tuple[Message, ...]) -> set[tuple[int, int]]:
    return {each.said for each in messages if each.elsewhere}


def reading_ms(messages: tuple[Message, ...]) -> int:
    """How long messages stay over the page."""
    return max(STAYS_MS, READING_MS * sum(len(sentence(each)) for each in in_sight(messages)))


class MessageLine(QPushButton):
    """The gravest of the messages that are away, in one line that leaves out its end.

    Notes are left to the bell.
    """

    def __init__(self) -> None:
        super().__init__()
        self._message: Message | None = None
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(LINE_ROOM)
        for role in ("quiet", "compact", "line"):
            set_role(self, role)
        self.hide()

    @property
    def message(self) -> Message | None:
        """The one that is told."""
        return self._message

    def show_messages(self, away: tuple[Message, ...]) -> None:
        """Tell the gravest of these; of equals what was said last.

        What was said of somebody else, and offers nothing, is left to the bell.
        """
        here = tuple(each for each in away if each.action is not None or not each.elsewhere)
        gravest = ordered(here)[:1]
        alike = (each for each in reversed(here) if each.severity is gravest[0].severity)
        said = next(alike, None) if gravest else None
        self._message = None if said is None or said.severity is Severity.INFO else said
        self._say()

    def sizeHint(self) -> QSize:
        """All of it takes what room there is; it asks for little."""
        return QSize(LINE_ROOM, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.LanguageChange, QEvent.Type.FontChange}:
            self._say()

    def _say(self) -> None:
        message = self._message
        self.setVisible(message is not None)
        if message is None:
            return
        self.setIcon(icon(*_ICONS[message.severity]))
        set_role(self, "tone", _TONES[message.severity])
        self.setAccessibleName(line_of(message))
        self.setToolTip(plain_tip(line_of(message)))
        self.ensurePolished()
        words = self.fontMetrics().horizontalAdvance(line_of(message))
        self.setMaximumWidth(max(LINE_ROOM, words + BESIDE_WORDS + HALF))
        self._fit()

    def _fit(self) -> None:
        if self._message is not None:
            room = self.width() - BESIDE_WORDS
            words, end = line_of(self._message), Qt.TextElideMode.ElideRight
            shown = self.fontMetrics().elidedText(words, end, room)
            self.setText(shown.replace("&", "&&"))


class MessageBell(QToolButton):
    """How many messages there are; keeps its room where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: tuple[Message, ...] = ()
        for role in ("quiet", "small", "bell"):
            set_role(self, role)
        self.setCheckable(True)
        self.setIconSize(QSize(16, 16))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedWidth(WIDTH)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self._say()

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """Count these."""
        self._messages = messages
        self._say()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._say()

    def _say(self) -> None:
        self.setVisible(bool(self._messages))
        gravest = ordered(self._messages)[:1]
        self.setIcon(icon("bell-outline", _ICONS[gravest[0].severity][1] if gravest else "muted"))
        self.setText(f" {len(self._messages)}")
        self.setAccessibleName(self.tr("Messages: {n}").format(n=len(self._messages)))
        self.setToolTip(self.tr("Messages: put them away, or bring them back"))


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

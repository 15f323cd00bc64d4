"""The table of commands: name, title, keys; and what the mouse does.

Menus, shortcuts and the page "Keyboard and mouse" are all made from it. A view
binds a command to what it does; titles are translated when they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

CONTEXT: Final = "actions"


def QT_TRANSLATE_NOOP(_context: str, words: str) -> str:
    """Mark words for the translators' tool, which looks for this name; PySide6's has no type."""
    return words


class Place(StrEnum):
    """Where a command belongs: a menu, or the workspace in which its keys work."""

    FILE = "file"
    VIEW = "view"
    HELP = "help"
    REVIEW = "review"
    FOLLOW_UP = "follow_up"


PLACE_TITLES: Final = {
    Place.FILE: QT_TRANSLATE_NOOP("actions", "File"),
    Place.VIEW: QT_TRANSLATE_NOOP("actions", "View"),
    Place.HELP: QT_TRANSLATE_NOOP("actions", "Help"),
    Place.REVIEW: QT_TRANSLATE_NOOP("actions", "Review"),
    Place.FOLLOW_UP: QT_TRANSLATE_NOOP("actions", "Follow-up"),
}


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    Attributes
    ----------
    name : stable identifier
    title : English; translated when shown
    keys : portable key sequences, the first is shown in menus
    """

    name: str
    place: Place
    title: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MouseHabit:
    """What a movement of the mouse does, and where; English, translated when shown."""

    place: Place
    movement: str
    effect: str


COMMANDS: Final = (
    Command("open_folder", Place.FILE, QT_TRANSLATE_NOOP("actions", "Open folder..."), ("Ctrl+O",)),
    Command(
        "open_file", Place.FILE, QT_TRANSLATE_NOOP("actions", "Open file..."), ("Ctrl+Shift+O",)
    ),
    Command(
        "close_patient", Place.FILE, QT_TRANSLATE_NOOP("actions", "Close patient"), ("Ctrl+W",)
    ),
    Command("settings", Place.FILE, QT_TRANSLATE_NOOP("actions", "Settings"), ("Ctrl+,",)),
    Command("quit", Place.FILE, QT_TRANSLATE_NOOP("actions", "Quit"), ("Ctrl+Q",)),
    Command("library", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Library"), ("Ctrl+1",)),
    Command("review", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Review"), ("Ctrl+2",)),
    Command("follow_up", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Follow-up"), ("Ctrl+3",)),
    Command("report", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Report"), ("Ctrl+4",)),
    Command("full_screen", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Full screen"), ("F11",)),
    Command("keyboard", Place.HELP, QT_TRANSLATE_NOOP("actions", "Keyboard and mouse"), ("F1",)),
    Command("about", Place.HELP, QT_TRANSLATE_NOOP("actions", "About HipDesk")),
    Command("slice_back", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Slice before"), ("Up",)),
    Command("slice_on", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Slice after"), ("Down",)),
    Command("slice_first", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "First slice"), ("Home",)),
    Command("slice_last", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Last slice"), ("End",)),
    Command("window_1", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "First window preset"), ("1",)),
    Command("window_2", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Second window preset"), ("2",)),
    Command("window_3", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Third window preset"), ("3",)),
    Command("window_4", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Fourth window preset"), ("4",)),
    Command("window_5", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Fifth window preset"), ("5",)),
    Command("masks", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Show or hide all masks"), ("S",)),
    Command(
        "peek", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Hide all masks while held"), ("Space",)
    ),
    Command("fill", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Outline or fill"), ("O",)),
    Command("fainter", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Fainter masks"), ("[",)),
    Command("stronger", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Stronger masks"), ("]",)),
    Command(
        "reset",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Put the tool away, then reset"),
        ("Esc",),
    ),
    Command(
        "pair_back", Place.FOLLOW_UP, QT_TRANSLATE_NOOP("actions", "Both pictures back"), ("Up",)
    ),
    Command(
        "pair_on", Place.FOLLOW_UP, QT_TRANSLATE_NOOP("actions", "Both pictures on"), ("Down",)
    ),
)

MOUSE: Final = (
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Wheel"),
        QT_TRANSLATE_NOOP("actions", "Slice before or after"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Ctrl + wheel"),
        QT_TRANSLATE_NOOP("actions", "Zoom"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Left button, drag"),
        QT_TRANSLATE_NOOP("actions", "Window"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Middle button, drag"),
        QT_TRANSLATE_NOOP("actions", "Move picture"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Right button, drag"),
        QT_TRANSLATE_NOOP("actions", "Zoom"),
    ),
    MouseHabit(
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Wheel"),
        QT_TRANSLATE_NOOP("actions", "Both pictures, in millimetres"),
    ),
)

_BY_NAME: Final = {command.name: command for command in COMMANDS}


def shown(words: str) -> str:
    """Words of this table in the reader's language."""
    return QCoreApplication.translate(CONTEXT, words)


def keys_of(command: Command) -> str:
    """A command's keys as this system writes them."""
    system = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(system) for key in command.keys)


class Actions(QObject):
    """Commands that are bound to what they do.

    Parameters
    ----------
    owner : the window; its commands' keys work everywhere in it
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._bound: dict[str, QAction] = {}

    def bind(self, name: str, run: Callable[[], object], scope: QWidget | None = None) -> QAction:
        """Have a command do something.

        Parameters
        ----------
        scope : the keys work only while the keyboard is inside this widget
        """
        command = _BY_NAME[name]
        action = QAction(shown(command.title), self)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.triggered.connect(lambda _checked=False: run())
        if scope is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        (scope or self._owner).addAction(action)
        self._bound[name] = action
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._bound[name]

    @property
    def names(self) -> frozenset[str]:
        """Commands that are bound."""
        return frozenset(self._bound)

    def retranslate(self) -> None:
        """Write the titles in the language in force."""
        for name, action in self._bound.items():
            action.setText(shown(_BY_NAME[name].title))

"""The table of commands: name, title, keys; and what the mouse does.

Menus, their shortcuts and the page "Keyboard and mouse" are made from it. The
workspaces take their keys themselves; tests hold them to the table. Titles are
translated when they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

CONTEXT: Final = "actions"


def QT_TRANSLATE_NOOP(_context: str, words: str) -> str:
    """Mark words for the translators' tool, which looks for this name; PySide6's has no type."""
    return words


class Place(StrEnum):
    """Where a command belongs: a menu, or the workspace or tool in which its keys work."""

    FILE = "file"
    EDIT = "edit"
    VIEW = "view"
    HELP = "help"
    REVIEW = "review"
    BRUSH = "brush"
    FOLLOW_UP = "follow_up"
    REPORT = "report"


PLACE_TITLES: Final = {
    Place.FILE: QT_TRANSLATE_NOOP("actions", "File"),
    Place.EDIT: QT_TRANSLATE_NOOP("actions", "Edit"),
    Place.VIEW: QT_TRANSLATE_NOOP("actions", "View"),
    Place.HELP: QT_TRANSLATE_NOOP("actions", "Help"),
    Place.REVIEW: QT_TRANSLATE_NOOP("actions", "Review"),
    Place.BRUSH: QT_TRANSLATE_NOOP("actions", "Review, brush in hand"),
    Place.FOLLOW_UP: QT_TRANSLATE_NOOP("actions", "Follow-up"),
    Place.REPORT: QT_TRANSLATE_NOOP("actions", "Report"),
}


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    Attributes
    ----------
    name : stable identifier
    title : English; translated when shown
    keys : portable key sequences, the first is shown in menus
    standard : the system's own keys for it work too
    """

    name: str
    place: Place
    title: str
    keys: tuple[str, ...] = ()
    standard: QKeySequence.StandardKey | None = None

    @property
    def sequences(self) -> tuple[QKeySequence, ...]:
        """All keys, the first of which is shown in menus."""
        own = [] if self.standard is None else QKeySequence.keyBindings(self.standard)
        every = [*(QKeySequence(key) for key in self.keys), *own]
        return tuple(each for at, each in enumerate(every) if each not in every[:at])


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
        "opened_folder",
        Place.FILE,
        QT_TRANSLATE_NOOP("actions", "Series of the opened folder"),
        ("Ctrl+Shift+F",),
    ),
    Command(
        "close_patient", Place.FILE, QT_TRANSLATE_NOOP("actions", "Close patient"), ("Ctrl+W",)
    ),
    Command(
        "import_table", Place.FILE, QT_TRANSLATE_NOOP("actions", "Import clinical table (CSV)...")
    ),
    Command("back_up_library", Place.FILE, QT_TRANSLATE_NOOP("actions", "Back up the library...")),
    Command("check_library", Place.FILE, QT_TRANSLATE_NOOP("actions", "Check the library")),
    Command("restore_library", Place.FILE, QT_TRANSLATE_NOOP("actions", "Restore the library...")),
    Command("settings", Place.FILE, QT_TRANSLATE_NOOP("actions", "Settings"), ("Ctrl+,",)),
    Command("quit", Place.FILE, QT_TRANSLATE_NOOP("actions", "Quit"), ("Ctrl+Q",)),
    Command(
        "undo",
        Place.EDIT,
        QT_TRANSLATE_NOOP("actions", "Undo"),
        ("Ctrl+Z",),
        QKeySequence.StandardKey.Undo,
    ),
    Command(
        "redo",
        Place.EDIT,
        QT_TRANSLATE_NOOP("actions", "Redo"),
        (
            "Ctrl+Shift+Z",
            "Ctrl+Y",
        ),
        QKeySequence.StandardKey.Redo,
    ),
    Command(
        "restore_right",
        Place.EDIT,
        QT_TRANSLATE_NOOP("actions", "Right hip: program's own result again"),
    ),
    Command(
        "restore_left",
        Place.EDIT,
        QT_TRANSLATE_NOOP("actions", "Left hip: program's own result again"),
    ),
    Command("library", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Library"), ("Ctrl+1",)),
    Command("review", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Review"), ("Ctrl+2",)),
    Command("follow_up", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Follow-up"), ("Ctrl+3",)),
    Command("report", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Report"), ("Ctrl+4",)),
    Command("full_screen", Place.VIEW, QT_TRANSLATE_NOOP("actions", "Full screen"), ("F11",)),
    Command("keyboard", Place.HELP, QT_TRANSLATE_NOOP("actions", "Keyboard and mouse"), ("F1",)),
    Command("about", Place.HELP, QT_TRANSLATE_NOOP("actions", "About HipDesk")),
    Command(
        "slice",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Slice before, slice after"),
        (
            "Up",
            "Down",
        ),
    ),
    Command(
        "slices",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Ten slices before, after"),
        (
            "PgUp",
            "PgDown",
        ),
    ),
    Command(
        "ends",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "First slice, last slice"),
        (
            "Home",
            "End",
        ),
    ),
    Command(
        "window",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Window presets"),
        (
            "1",
            "2",
            "3",
            "4",
            "5",
        ),
    ),
    Command("masks", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Show or hide all masks"), ("S",)),
    Command(
        "peek", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Hide all masks while held"), ("Space",)
    ),
    Command("drawing", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Outline or fill"), ("O",)),
    Command(
        "opacity",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Fainter masks, stronger masks"),
        (
            "[",
            "]",
        ),
    ),
    Command("run", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Run through the slices"), ("C",)),
    Command("move", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Move the crops"), ("M",)),
    Command("brush", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Brush for the outlines"), ("B",)),
    Command(
        "brush_class",
        Place.BRUSH,
        QT_TRANSLATE_NOOP("actions", "With the brush: oedema, effusion, head"),
        (
            "1",
            "2",
            "3",
        ),
    ),
    Command(
        "brush_size",
        Place.BRUSH,
        QT_TRANSLATE_NOOP("actions", "With the brush: smaller, larger"),
        (
            "-",
            "+",
        ),
    ),
    Command(
        "brush_erase",
        Place.BRUSH,
        QT_TRANSLATE_NOOP("actions", "With the brush: erase, or paint again"),
        ("E",),
    ),
    Command(
        "brush_finish",
        Place.BRUSH,
        QT_TRANSLATE_NOOP("actions", "With the brush: finish"),
        ("Return",),
    ),
    Command(
        "accept",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Accept the right hip, the left hip"),
        (
            "A",
            "Shift+A",
        ),
    ),
    Command(
        "reject",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Reject the right hip, the left hip"),
        (
            "X",
            "Shift+X",
        ),
    ),
    Command("sign", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Sign"), ("Ctrl+Return",)),
    Command("fit", Place.REVIEW, QT_TRANSLATE_NOOP("actions", "Fit the pictures"), ("R",)),
    Command(
        "back",
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Put the tool away, then fit the pictures"),
        ("Esc",),
    ),
    Command(
        "pair_slice",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Both pictures before, after"),
        (
            "Up",
            "Down",
        ),
    ),
    Command(
        "pair_slices",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Ten steps before, after"),
        (
            "PgUp",
            "PgDown",
        ),
    ),
    Command(
        "pair_ends",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "First place, last place"),
        (
            "Home",
            "End",
        ),
    ),
    Command(
        "later_visit",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Right picture: visit before, after"),
        (
            "Left",
            "Right",
        ),
    ),
    Command(
        "earlier_visit",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Left picture: visit before, after"),
        (
            "Shift+Left",
            "Shift+Right",
        ),
    ),
    Command(
        "pair_masks",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Show or hide all masks"),
        ("S",),
    ),
    Command(
        "pair_peek",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Hide all masks while held"),
        ("Space",),
    ),
    Command(
        "pair_drawing", Place.FOLLOW_UP, QT_TRANSLATE_NOOP("actions", "Outline or fill"), ("O",)
    ),
    Command(
        "pair_opacity",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Fainter masks, stronger masks"),
        (
            "[",
            "]",
        ),
    ),
    Command(
        "pair_back",
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Both pictures, then fit"),
        ("Esc",),
    ),
    Command("larger", Place.REPORT, QT_TRANSLATE_NOOP("actions", "Larger pages"), ("Ctrl++",)),
    Command("smaller", Place.REPORT, QT_TRANSLATE_NOOP("actions", "Smaller pages"), ("Ctrl+-",)),
    Command(
        "page_width",
        Place.REPORT,
        QT_TRANSLATE_NOOP("actions", "Pages as wide as there is room"),
        ("Ctrl+0",),
    ),
    Command(
        "page_ends",
        Place.REPORT,
        QT_TRANSLATE_NOOP("actions", "Beginning, end of the report"),
        (
            "Home",
            "End",
        ),
    ),
)

MOUSE: Final = (
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Wheel"),
        QT_TRANSLATE_NOOP("actions", "Slice before, slice after"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Ctrl + wheel"),
        QT_TRANSLATE_NOOP("actions", "Zoom"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Left button, drag"),
        QT_TRANSLATE_NOOP("actions", "Window; with a tool, move a crop"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "With the brush: left button, drag"),
        QT_TRANSLATE_NOOP("actions", "Paint; with Shift, erase; with Alt, window"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Middle button, drag"),
        QT_TRANSLATE_NOOP("actions", "Move the picture"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Right button, drag"),
        QT_TRANSLATE_NOOP("actions", "Zoom"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Right button, click"),
        QT_TRANSLATE_NOOP("actions", "Menu"),
    ),
    MouseHabit(
        Place.REVIEW,
        QT_TRANSLATE_NOOP("actions", "Double click"),
        QT_TRANSLATE_NOOP("actions", "One picture large, and back"),
    ),
    MouseHabit(
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Wheel"),
        QT_TRANSLATE_NOOP("actions", "Both pictures, in millimetres"),
    ),
    MouseHabit(
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Ctrl + wheel"),
        QT_TRANSLATE_NOOP("actions", "Zoom of both pictures"),
    ),
    MouseHabit(
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Left button, drag"),
        QT_TRANSLATE_NOOP("actions", "Window"),
    ),
    MouseHabit(
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Click on the chart"),
        QT_TRANSLATE_NOOP("actions", "This visit on the right"),
    ),
    MouseHabit(
        Place.FOLLOW_UP,
        QT_TRANSLATE_NOOP("actions", "Shift + click on the chart"),
        QT_TRANSLATE_NOOP("actions", "This visit on the left"),
    ),
    MouseHabit(
        Place.REPORT,
        QT_TRANSLATE_NOOP("actions", "Ctrl + wheel"),
        QT_TRANSLATE_NOOP("actions", "Larger or smaller pages"),
    ),
)

_BY_NAME: Final = {command.name: command for command in COMMANDS}


def shown(words: str) -> str:
    """Words of this table in the reader's language."""
    return QCoreApplication.translate(CONTEXT, words)


def command_named(name: str) -> Command:
    """A command of the table."""
    return _BY_NAME[name]


def keys_of(command: Command) -> str:
    """A command's keys as this system writes them."""
    system = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(system) for key in command.keys)


class Actions(QObject):
    """Commands that are bound to what they do.

    Parameters
    ----------
    owner : the window or a part of it; its commands' keys work everywhere in the window
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._bound: dict[str, QAction] = {}

    def bind(self, name: str, run: Callable[[], object]) -> QAction:
        """Have a command do something."""
        command = _BY_NAME[name]
        action = QAction(shown(command.title), self)
        action.setObjectName(name)
        action.setShortcuts(command.sequences)
        action.triggered.connect(lambda _checked=False: run())
        self._owner.addAction(action)
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

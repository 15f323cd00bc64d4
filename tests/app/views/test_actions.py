"""The table of commands says what the workspaces do, no more and no less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.actions import COMMANDS, Place
from app.state import SeriesFacts, Tool
from app.views.follow_up_view import FollowUpView
from app.views.report_pages import ReportPages
from app.views.review_view import ReviewView
from hipdesk.records import Contrast
from hipdesk.settings import Theme
from tests.app.views.recorder import Recorder

NAMES = (
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789[]+-",
    *("Up", "Down", "Left", "Right", "Home", "End", "PgUp", "PgDown", "Esc", "Space", "Return"),
    *("Shift+Left", "Shift+Right", "Ctrl++", "Ctrl+-", "Ctrl+0"),
    *("Shift+A", "Shift+X", "Ctrl+A", "Ctrl+Return"),
)
FACTS = SeriesFacts("COR STIR", Contrast.STIR, 9, (4.0, 0.8, 0.8), True)


def in_table(place: Place) -> set[str]:
    return {key for command in COMMANDS if command.place is place for key in command.keys}


def taken(keys: Iterable[str], press: Any) -> set[str]:
    """Keys that somebody wanted."""
    found = set()
    for name in keys:
        combination = QKeySequence(name)[0]
        event = QKeyEvent(QEvent.Type.KeyPress, combination.key(), combination.keyboardModifiers())
        if press(event):
            found.add(name)
    return found


def pressing(view: QWidget) -> Any:
    def press(event: QKeyEvent) -> bool:
        event.accept()
        view.keyPressEvent(event)
        return event.isAccepted()

    return press


@pytest.fixture(autouse=True)
def _dark(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK)


def test_the_table_has_the_keys_of_the_review(qtbot: QtBot) -> None:
    view = ReviewView()
    qtbot.addWidget(view)
    view.listen(Recorder())  # type: ignore[arg-type]
    view.show_series(FACTS, ())
    assert taken(NAMES, pressing(view)) == in_table(Place.REVIEW)
    view.show_tool(Tool.BRUSH)
    assert in_table(Place.BRUSH) <= taken(NAMES, pressing(view))


def test_the_table_has_the_keys_of_the_follow_up(qtbot: QtBot) -> None:
    view = FollowUpView()
    qtbot.addWidget(view)
    view.listen(Recorder())  # type: ignore[arg-type]
    view.show_gap(None)
    assert taken(NAMES, pressing(view)) == in_table(Place.FOLLOW_UP)


def test_the_table_has_the_keys_of_the_report(qtbot: QtBot) -> None:
    pages = ReportPages()
    qtbot.addWidget(pages)
    assert taken(NAMES, pages._press) == in_table(Place.REPORT)


def test_names_are_unique() -> None:
    names = [command.name for command in COMMANDS]
    assert len(names) == len(set(names))


def test_every_key_can_be_pressed() -> None:
    for command in COMMANDS:
        for key in command.keys:
            assert QKeySequence(key)[0].key() != Qt.Key.Key_unknown, key


@pytest.mark.parametrize(
    ("name", "standard"),
    [("undo", QKeySequence.StandardKey.Undo), ("redo", QKeySequence.StandardKey.Redo)],
)
def test_the_systems_own_keys_work_too(
    qtbot: QtBot, name: str, standard: QKeySequence.StandardKey
) -> None:
    view = ReviewView()
    qtbot.addWidget(view)
    (action,) = (a for group in view.edit_groups for a in group if a.objectName() == name)
    (command,) = (each for each in COMMANDS if each.name == name)
    assert action.shortcut() == QKeySequence(command.keys[0])
    assert set(QKeySequence.keyBindings(standard)) <= set(action.shortcuts())
    assert len(set(action.shortcuts())) == len(action.shortcuts())

"""Nothing stays behind when the window is closed: no threads, processes, widgets or pictures."""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from tests.app.path.window_driver import SIZE, Driver

WARM, ROUNDS = 2, 3
MANY = 20

Counts = Counter[str]


def once(qapp: QApplication, qtbot: QtBot, library: Path) -> None:
    """Open the program, look at a visit in every workspace, and close it."""
    program = Program(qapp, str(library))
    desk = Driver(program, qtbot)
    program.begin((), latest=True)
    desk.window.resize(*SIZE)
    desk.wait(lambda: desk.analysed)
    for workspace in ("Follow-up", "Report", "Library", "Review"):
        desk.go(workspace)
        desk.wait_idle()
    desk.close()
    desk.window.deleteLater()


def settled(qtbot: QtBot) -> None:
    """Let go of everything that can be let go of."""
    for _ in range(3):
        gc.collect()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qtbot.wait(20)


def objects() -> Counts:
    """Living Qt objects that Python knows, by kind; none is asked anything."""
    kinds = map(type, gc.get_objects())
    return Counter(kind.__name__ for kind in kinds if issubclass(kind, QObject))


def assert_flat(qapp: QApplication, qtbot: QtBot, library: Path, rounds: int) -> None:
    for _ in range(WARM):
        once(qapp, qtbot, library)
    settled(qtbot)
    before, threads = objects(), threading.active_count()
    widgets = len(QApplication.allWidgets())
    for _ in range(rounds):
        once(qapp, qtbot, library)
    settled(qtbot)
    grown = {kind: more for kind, more in (objects() - before).items() if more >= rounds}
    assert not grown
    assert len(QApplication.allWidgets()) <= widgets
    assert threading.active_count() <= threads
    assert not multiprocessing.active_children()
    assert not [each for each in QApplication.topLevelWidgets() if each.isVisible()]


def test_opening_and_closing_leaves_nothing(
    qapp: QApplication, qtbot: QtBot, library: Path
) -> None:
    assert_flat(qapp, qtbot, library, ROUNDS)


@pytest.mark.slow
def test_opening_and_closing_often_leaves_nothing(
    qapp: QApplication, qtbot: QtBot, library: Path
) -> None:
    assert_flat(qapp, qtbot, library, MANY)


def test_no_thread_of_the_program_outlives_it(start: Callable[..., Driver], library: Path) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    assert any(each.name == "hipdesk-jobs" for each in threading.enumerate())
    desk.close()
    assert not any(each.name == "hipdesk-jobs" for each in threading.enumerate())

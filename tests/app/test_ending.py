"""A signal closes the window; where that takes too long, or it comes again, the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bootstrap.ending import EndingSignals

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")

LIMITS_S = (0.3, 0.9)
LONGEST_S = 4.0


class Ending:
    """Signals to this process, and what came of them."""

    def __init__(self) -> None:
        self.posted: list[Callable[[], None]] = []
        self.closed = 0
        self.writing = False
        self.left = threading.Event()
        self.signals = EndingSignals(
            self._close, self.posted.append, lambda: self.writing, self.left.set, LIMITS_S
        )

    def _close(self) -> None:
        self.closed += 1

    def send(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)


@pytest.fixture
def ending() -> Iterator[Ending]:
    made = Ending()
    yield made
    made.signals.remove()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_signal_has_the_window_closed_from_the_event_loop(ending: Ending) -> None:
    ending.send()
    assert ending.closed == 0
    (close,) = ending.posted
    close()
    assert ending.closed == 1
    assert not ending.left.is_set()


def test_a_second_signal_ends_the_program_at_once(ending: Ending) -> None:
    ending.writing = True
    ending.send()
    assert not ending.left.is_set()
    ending.send()
    assert ending.left.wait(0.2)


def test_a_window_that_does_not_close_in_time_is_left(ending: Ending) -> None:
    ending.send()
    assert not ending.left.is_set()
    assert ending.left.wait(3 * LIMITS_S[0])


def test_what_is_being_written_has_more_time(ending: Ending) -> None:
    ending.writing = True
    ending.send()
    assert not ending.left.wait(2 * LIMITS_S[0])
    assert ending.left.wait(2 * LIMITS_S[1])


def test_a_program_that_ended_in_time_is_not_left() -> None:
    ending = Ending()
    ending.send()
    ending.signals.remove()
    assert not ending.left.wait(2 * LIMITS_S[0])


HELD_UP = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QMessageBox
from app.bootstrap import running
from app.bootstrap.program import Program
from app.controllers.study import StudyController

StudyController.unsaved = property(lambda self: 1)
begin = Program.begin

def saving(program):
    def words():
        print("ready", flush=True)
        if sys.argv[2] == "stuck":
            time.sleep(60)
        QMessageBox.question(program.window, "", "")
    QTimer.singleShot(200, words)
    plain = QFileDialog.Option.DontUseNativeDialog
    QFileDialog.getSaveFileName(program.window, "", "", "", options=plain)

def begun(program, *values, **named):
    begin(program, *values, **named)
    program.keeper.begin((Path("study"),))
    QTimer.singleShot(300, lambda: saving(program))

Program.begin = begun
sys.exit(running.run((), sys.argv[1], False))
"""


@pytest.mark.parametrize(("how", "status"), [("dialogs", 0), ("stuck", 1)])
def test_an_unsaved_result_and_open_dialogs_do_not_keep_the_program(
    repository: Path, user_home: Path, tmp_path: Path, how: str, status: int
) -> None:
    """Beside a dialog over a dialog, or with the GUI thread held up; it is offered again."""
    program = subprocess.Popen(
        [sys.executable, "-c", HELD_UP, str(tmp_path / "library"), how],
        cwd=repository,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        time.sleep(0.3)
        asked = time.monotonic()
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == status
        assert time.monotonic() - asked < LONGEST_S
    finally:
        program.kill()
        program.communicate()
    assert "study" in (user_home / "hipdesk" / "unfinished.json").read_text("utf-8")

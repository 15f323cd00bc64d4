"""What nobody caught is told in one sentence, logged without texts, and never a traceback."""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6.QtCore", reason="Qt is not installed")

from PySide6.QtCore import qWarning

from app.hooks import CRASH_FILE, PREVIOUS_CRASH_FILE, Hooks
from app.messages import OUR_FAULT, Message, Messages
from hipdesk import logs
from hipdesk.errors import OutputError

SENTINEL = "SENTINEL^NAME"


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(90, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "logs" / "hipdesk.log"
    logs.configure("DEBUG", file)
    yield file
    logs.configure("WARNING")


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture
def hooks(qapp: object, messages: Messages, log_file: Path) -> Iterator[Hooks]:
    hooks = Hooks(messages)
    hooks.install()
    yield hooks
    hooks.remove()


def events(log_file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_file.read_text(encoding="utf-8").splitlines()]


def raised(error: BaseException) -> BaseException:
    """An error with a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


def call(error: BaseException) -> None:
    sys.excepthook(type(error), error, error.__traceback__)


def test_an_unexpected_error_is_one_sentence_and_a_log_line(
    hooks: Hooks, messages: Messages, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    call(raised(KeyError(SENTINEL)))
    assert [each.text for each in messages.present] == [OUR_FAULT]
    (event,) = events(log_file)
    assert event["level"] == "error"
    assert event["error"][0]["type"] == "KeyError"
    assert "test_hooks.py" in event["error"][0]["at"][0]
    assert SENTINEL not in log_file.read_text(encoding="utf-8")
    assert capfd.readouterr() == ("", "")


def test_a_known_error_that_nobody_caught_still_has_its_sentence(
    hooks: Hooks, messages: Messages
) -> None:
    call(raised(OutputError("The disk is full; free some space.")))
    assert [each.text for each in messages.present] == ["The disk is full; free some space."]


def test_an_error_in_another_thread_is_told(
    hooks: Hooks, messages: Messages, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError(SENTINEL)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert [each.text for each in messages.present] == [OUR_FAULT]
    assert events(log_file)[0]["error"][0]["type"] == "ValueError"
    assert capfd.readouterr() == ("", "")


def test_the_end_of_a_thread_by_its_own_wish_is_no_error(hooks: Hooks, messages: Messages) -> None:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert messages.present == ()


def test_an_error_in_a_destructor_is_told(
    hooks: Hooks, messages: Messages, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def __del__(self) -> None:
            raise RuntimeError(SENTINEL)

        def __repr__(self) -> str:
            return SENTINEL

    Broken()
    assert [each.text for each in messages.present] == [OUR_FAULT]
    assert SENTINEL not in log_file.read_text(encoding="utf-8")
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_ends_the_program_without_a_word(
    hooks: Hooks, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("app.hooks.QCoreApplication.quit", lambda: asked.append(1))
    call(raised(KeyboardInterrupt()))
    assert asked == [1]
    assert messages.present == ()


def test_an_error_at_every_repaint_does_not_fill_the_log(
    hooks: Hooks, messages: Messages, log_file: Path
) -> None:
    for _ in range(1000):
        call(raised(ValueError("x")))
    assert len(events(log_file)) == 10  # 1, 2, 4 … 512
    assert messages.present[0].times == 1000


def test_an_error_while_showing_a_message_is_logged_and_not_shown_again(
    hooks: Hooks, messages: Messages, log_file: Path
) -> None:
    def broken(_messages: tuple[Message, ...]) -> None:
        raise ValueError(SENTINEL)

    with pytest.raises(ValueError) as caught:
        messages.attach(broken)
    messages.attach(None)
    call(caught.value)
    assert messages.present == ()
    assert len(events(log_file)) == 1


def test_qt_is_logged_by_function_and_not_by_text(
    hooks: Hooks, messages: Messages, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    qWarning(f"QPixmap::load: cannot read /home/{SENTINEL}.png")
    qWarning(f"cannot read {SENTINEL}.png")
    first, second = events(log_file)
    assert (first["level"], first["code"], first["step"]) == ("warning", "default", "QPixmap.load")
    assert "QPixmap" not in str(second)
    assert SENTINEL not in log_file.read_text(encoding="utf-8")
    assert messages.present == ()
    assert capfd.readouterr() == ("", "")


def test_removing_gives_everything_back(qapp: object, messages: Messages) -> None:
    def state() -> tuple[object, ...]:
        return sys.excepthook, threading.excepthook, sys.unraisablehook, logging.raiseExceptions

    before = state()
    hooks = Hooks(messages)
    hooks.install()
    assert all(now is not then for now, then in zip(state()[:3], before[:3], strict=True))
    hooks.remove()
    assert state() == before


PROGRAM = """
    import gc, os, sys, threading
    from pathlib import Path
    from PySide6.QtCore import QCoreApplication, QTimer, qWarning
    from app import hooks as hooks_module
    from app.jobs import GuiThread
    from app.messages import Messages
    from hipdesk import logs

    folder = Path(sys.argv[1])
    if len(sys.argv) > 3:
        logs.configure("DEBUG", folder / "hipdesk.log")
    app = QCoreApplication([])
    gui = GuiThread()
    messages = Messages(gui.post, gui.later)
    shown = []
    messages.attach(lambda present: shown.append(present))
    hooks_module.install(messages, folder)

    class Broken:
        def __del__(self):
            raise RuntimeError("SENTINEL^NAME")

    def fail():
        raise LookupError("SENTINEL^NAME")

    def everything():
        Broken()
        gc.collect()
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        qWarning("SENTINEL^NAME")
        fail()

    def crash():
        secret = "SENTINEL^NAME"
        os.abort()

    QTimer.singleShot(0, everything if sys.argv[2] == "errors" else crash)
    QTimer.singleShot(100, app.quit)
    app.exec()
    print("shown:", len(shown[-1]), shown[-1][0].times, flush=True)
"""


def run(folder: Path, what: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder), what, *more]
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"}
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )


@pytest.mark.parametrize("logged", [(), ("logged",)])
def test_a_running_program_survives_and_quotes_nothing(
    tmp_path: Path, logged: tuple[str, ...]
) -> None:
    done = run(tmp_path, "errors", *logged)
    assert done.returncode == 0
    assert "shown: 1 3" in done.stdout
    assert done.stderr == ""
    written = "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())
    assert "SENTINEL" not in done.stdout + written
    assert written.count("LookupError") == (2 if logged else 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows shows a dialog on abort")
def test_a_crash_leaves_places_without_values_and_is_noticed_next_time(tmp_path: Path) -> None:
    done = run(tmp_path, "crash")
    assert done.returncode != 0
    crash = (tmp_path / CRASH_FILE).read_text(encoding="utf-8")
    assert "Fatal Python error: Aborted" in crash
    assert "in crash" in crash
    assert "SENTINEL" not in crash
    for _ in ("noticed", "noticed once"):
        run(tmp_path, "errors", "logged")
        assert (tmp_path / PREVIOUS_CRASH_FILE).read_text(encoding="utf-8") == crash
        assert (tmp_path / CRASH_FILE).read_text(encoding="utf-8") == ""
        log = (tmp_path / "hipdesk.log").read_text(encoding="utf-8")
        assert log.count("an earlier run of the program ended in a crash") == 1


def test_a_folder_that_cannot_be_written_is_no_error(
    qapp: object, messages: Messages, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with caplog.at_level("WARNING", "app.hooks"):
        hooks = Hooks(messages, tmp_path / "file" / "below")
        hooks.install()
        hooks.remove()
    assert caplog.messages == ["crashes cannot be written to a file"]

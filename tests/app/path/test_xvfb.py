"""The program as a process on a real X display: it opens, shows itself, and ends when asked to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from hipdesk.adapters.store import SqlVisitStore

SIZE = "1366x768"
LIMIT_S = 60.0
LEAST_COLOURS = 200
"""An empty screen has one, an empty window a few dozen, a picture of a hip hundreds."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual screen of one's own."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed, so the window is not seen on a real display")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    if not number:
        server.wait(60)
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.wait(60)


def started(repository: Path, library: Path, **variables: str) -> subprocess.Popen[bytes]:
    """The program with the newest visit, as a process."""
    command = [sys.executable, "-m", "app", "--library", str(library), "--latest"]
    environment = {**os.environ, **variables}
    return subprocess.Popen(command, cwd=repository, env=environment)


def wait_until(ready: Callable[[], bool], program: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + LIMIT_S
    while not ready():
        assert program.poll() is None, "the program ended by itself"
        assert time.monotonic() < ends
        time.sleep(0.2)


def unlocked(library: Path) -> bool:
    """Whether another program can write in the library."""
    SqlVisitStore.open(library).close()
    return True


def ended_by(program: subprocess.Popen[bytes], number: signal.Signals) -> int:
    """Exit status after a signal."""
    program.send_signal(number)
    try:
        return program.wait(20)
    finally:
        program.kill()


def colours(picture: Path) -> int:
    """How many colours a screenshot has; 0 where there is none yet."""
    image = QImage(str(picture))
    if image.isNull():
        return 0
    step = 3
    return len(
        {
            image.pixel(x, y)
            for x in range(0, image.width(), step)
            for y in range(0, image.height(), step)
        }
    )


def test_the_window_is_seen_on_a_display_and_ends_when_asked_to(
    repository: Path, display: str, library: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "screen.png"
    snapshot = [sys.executable, "-m", "tests.app.path.snapshot", str(picture)]
    on_display = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    program = started(repository, library, **on_display)

    def seen() -> bool:
        subprocess.run(
            snapshot, cwd=repository, env={**os.environ, **on_display}, check=True, timeout=30
        )
        return colours(picture) >= LEAST_COLOURS

    try:
        wait_until(seen, program)
        assert ended_by(program, signal.SIGTERM) == 0
    finally:
        program.kill()
    assert unlocked(library)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_program_as_its_window_does(
    repository: Path, library: Path, user_home: Path, number: signal.Signals
) -> None:
    program = started(repository, library, QT_QPA_PLATFORM="offscreen")
    log = user_home / "hipdesk" / "logs" / "hipdesk.log"
    try:
        wait_until(lambda: log.is_file() and "started" in log.read_text("utf-8"), program)
        time.sleep(1.0)
        assert ended_by(program, number) == 0
    finally:
        program.kill()
    assert (user_home / "hipdesk" / "window.json").is_file()
    assert unlocked(library)

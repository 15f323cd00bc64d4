"""Qt's application from start to end: hooks, log, window, event loop."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from app import hooks
from app.bootstrap.ending import EndingSignals
from app.bootstrap.program import Program
from app.garbage import GuiCollector
from app.jobs import GuiThread
from app.messages import Messages
from hipdesk import __version__
from hipdesk.logs import configure
from hipdesk.paths import user_data_dir

log = logging.getLogger(__name__)

LOG_FILE: Final = Path("logs", "hipdesk.log")
"""Below the user's data."""


def run(paths: Sequence[Path], library: str, latest: bool) -> int:
    """Run the program until its window is closed; the exit status."""
    with suppress(OSError):  # without a log the program still works
        configure("INFO", user_data_dir() / LOG_FILE)
    application = started(sys.argv[:1])
    gui = GuiThread(application)
    messages = Messages(gui.post, gui.later)
    hooks.install(messages, user_data_dir())
    program = Program(application, library, messages, gui)
    log.info("started", extra={"version": __version__})
    signals = EndingSignals(lambda: end(program), gui.post, lambda: is_writing(program))
    program.begin(paths, latest)
    settle()
    collector = GuiCollector(application)
    status = application.exec()
    program.close()
    collector.stop()
    signals.remove()
    return status


def settle() -> None:
    """Leave what the start has made, and nothing will free, to no later round of the collector.

    A full round stops every thread for as long as it looks at objects: 0.08 s for
    the 160,000 of the program's modules, 0.01 s for the rest.
    """
    gc.collect()
    gc.freeze()


def end(program: Program) -> None:
    """Close the window because the system ends the program: nobody can be asked.

    What could not be saved is offered again at the next start. Dialogs that are
    open end with the window.
    """
    if not program.window.close():
        program.window.close()
    QCoreApplication.exit(0)


def is_writing(program: Program) -> bool:
    """Whether the library or a file is being written."""
    return any(job.awaited for job in program.services.jobs.running)


def started(words: list[str]) -> QApplication:
    """Qt's application with the program's name."""
    QCoreApplication.setApplicationName("HipDesk")
    QCoreApplication.setApplicationVersion(__version__)
    application = QApplication(words)
    application.setDesktopFileName("hipdesk")
    return application

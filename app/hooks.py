"""What nobody caught: one sentence for the user, types and places for the log.

Texts of exceptions and of Qt may quote a file or a patient, so they go nowhere;
tracebacks are logged without them, see `hipdesk.logs`. Crashes of native code
leave the places of all threads in a file of their own.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import logging
import re
import sys
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QMessageLogContext, QtMsgType, qInstallMessageHandler

from app.messages import Messages

log = logging.getLogger(__name__)

CRASH_FILE: Final = "crash.log"
PREVIOUS_CRASH_FILE: Final = "crash-previous.log"

MOST_KINDS: Final = 500
"""Different errors that are counted; beyond it all are logged."""

_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_QT_FUNCTION: Final = re.compile(r"Q[A-Za-z0-9]{1,20}(?:::[A-Za-z0-9]{1,20})?(?=\W)")


def install(messages: Messages, folder: Path | None = None) -> Hooks:
    """Take over until the program ends.

    Parameters
    ----------
    messages : tells the user
    folder : for the file of crashes; None for no such file
    """
    hooks = Hooks(messages, folder)
    hooks.install()
    # Qt must not call into a Python that is already being taken down.
    atexit.register(hooks.remove)
    return hooks


class Hooks:
    """Takes over every way by which errors leave Python and Qt, until removed.

    Parameters
    ----------
    messages : tells the user
    folder : for the file of crashes; None for no such file
    """

    def __init__(self, messages: Messages, folder: Path | None = None) -> None:
        self._messages = messages
        self._folder = folder
        self._counts: Counter[object] = Counter()
        self._undo = contextlib.ExitStack()

    def install(self) -> None:
        """Take over."""
        undo = self._undo
        undo.callback(setattr, sys, "excepthook", sys.excepthook)
        undo.callback(setattr, threading, "excepthook", threading.excepthook)
        undo.callback(setattr, sys, "unraisablehook", sys.unraisablehook)
        undo.callback(setattr, logging, "raiseExceptions", logging.raiseExceptions)
        undo.callback(qInstallMessageHandler, qInstallMessageHandler(self._on_qt))
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable
        logging.raiseExceptions = False  # a full disk would put tracebacks on the terminal
        if self._folder is not None:
            self._catch_crashes(self._folder)

    def remove(self) -> None:
        """Give everything back."""
        self._undo.close()

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """`sys.excepthook`: errors of the main thread, slots and events among them."""
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        self._report(error, trace, "main")

    def _on_thread(self, args: Any) -> None:
        """`threading.excepthook`."""
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._report(args.exc_value, args.exc_traceback, "thread")

    def _on_unraisable(self, args: Any) -> None:
        """`sys.unraisablehook`: errors in destructors and callbacks of C code."""
        if args.exc_value is not None:
            self._report(args.exc_value, args.exc_traceback, "destructor")

    def _report(self, error: BaseException, trace: TracebackType | None, step: str) -> None:
        """Log an error and tell the user; ``step`` is where nobody caught it."""
        count = self._counted((type(error), *_place(trace)))
        if _is_power_of_two(count):
            seen = {"count": count, "step": step}
            log.error(
                "nobody caught an exception", exc_info=(type(error), error, trace), extra=seen
            )
        if not _while_showing(trace):  # or the next message would fail the same way, for ever
            self._messages.tell(error)

    def _on_qt(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        """Qt's own messages: category and function, never the text."""
        count = self._counted((kind, context.category, text))
        if _is_power_of_two(count):
            function = _QT_FUNCTION.match(text + " ")
            fields = {
                "code": context.category or "default",
                "step": function.group().replace("::", ".") if function else "",
                "count": count,
            }
            log.log(_LEVELS.get(kind, logging.WARNING), "Qt has something to say", extra=fields)

    def _counted(self, what: object) -> int:
        """How often this has happened; what happens at every repaint must not fill the log."""
        if what not in self._counts and len(self._counts) >= MOST_KINDS:
            return 1
        self._counts[what] += 1
        return self._counts[what]

    def _catch_crashes(self, folder: Path) -> None:
        """Have native crashes written to a file; what an earlier one left is set aside."""
        crash = folder / CRASH_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            crashed_before = crash.exists() and crash.stat().st_size > 0
            if crashed_before:
                crash.replace(folder / PREVIOUS_CRASH_FILE)
            file = crash.open("a", encoding="utf-8")
        except OSError:
            log.warning("crashes cannot be written to a file")
            return
        if crashed_before:
            log.warning("an earlier run of the program ended in a crash")
        self._undo.callback(file.close)
        faulthandler.enable(file)
        self._undo.callback(faulthandler.disable)


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """File and line where an error was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return ("", 0) if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)


def _while_showing(trace: TracebackType | None) -> bool:
    """Whether an error came up while messages were being shown."""
    while trace is not None:
        if trace.tb_frame.f_code is Messages._refresh.__code__:
            return True
        trace = trace.tb_next
    return False


def _is_power_of_two(count: int) -> bool:
    """True for 1, 2, 4, 8 and so on."""
    return count & (count - 1) == 0

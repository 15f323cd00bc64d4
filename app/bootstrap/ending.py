"""The system asks the program to end: the window is closed as by its cross, or the program left.

Python runs its own handlers of signals only between two of its instructions, and
while Qt waits for events, or something holds the GUI thread up, there are none. A
signal therefore also writes its number into a socket, which a thread reads. It has
the window closed, and leaves where that takes too long or another signal comes.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

ENDING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)

LIMIT_S: Final = 2.0
"""So long the window may take to close."""

WRITING_LIMIT_S: Final = 8.0
"""So long while something is written; the system kills after ten seconds at the earliest."""

BETWEEN_S: Final = 0.1
"""So often it is seen whether the time is over."""

_LET_GO: Final = b"\0"
"""No signal has this number."""


def leave() -> None:
    """End the process at once. What is not saved yet is noted already, and offered again."""
    log.warning("ended before the window was closed")
    logging.shutdown()
    os._exit(1)


def never() -> bool:
    """Nothing is written."""
    return False


class EndingSignals:
    """Has something called on the GUI thread when a signal asks the program to end.

    Only one can be in force at a time, and only in the main thread.

    Parameters
    ----------
    end : closes the window
    post : has a function called soon, from the event loop
    writing : whether what readers did is being written; asked in another thread
    leave : ends the process, where the window is not closed in time or a second signal comes
    limits_s : how long the window may take to close, and how long while something is written
    """

    def __init__(
        self,
        end: Callable[[], object],
        post: Callable[[Callable[[], None]], None],
        writing: Callable[[], bool] = never,
        leave: Callable[[], object] = leave,
        limits_s: tuple[float, float] = (LIMIT_S, WRITING_LIMIT_S),
    ) -> None:
        self._end = end
        self._post = post
        self._writing = writing
        self._leave = leave
        self._limit_s, self._writing_limit_s = limits_s
        self._here, self._there = socket.socketpair()
        self._there.setblocking(False)
        self._thread = threading.Thread(target=self._watch, name="signals", daemon=True)
        self._thread.start()
        self._woken_before = signal.set_wakeup_fd(self._there.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _ignore) for number in ENDING}

    def remove(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        self._there.send(_LET_GO)
        self._thread.join()
        for end_of_pair in (self._here, self._there):
            end_of_pair.close()

    def _watch(self) -> None:
        """Wait for a signal, then for the end."""
        if self._told(None):
            began = time.monotonic()
            self._post(self._close)
            while time.monotonic() - began < self._patience():
                told = self._told(BETWEEN_S)
                if told is False:
                    return
                if told:
                    break
            self._leave()

    def _patience(self) -> float:
        return self._writing_limit_s if self._writing() else self._limit_s

    def _told(self, seconds: float | None) -> bool | None:
        """Whether a signal asks to end; False to watch no longer, None where nothing comes."""
        self._here.settimeout(seconds)
        began = time.monotonic()
        while seconds is None or time.monotonic() - began < seconds:
            try:
                numbers = self._here.recv(4096)
            except TimeoutError:
                return None
            if _LET_GO in numbers:
                return False
            if set(numbers) & set(ENDING):
                return True
        return None

    def _close(self) -> None:
        self._end()


def _ignore(_number: int, _frame: object) -> None:
    """Not here: any instruction may have been interrupted."""

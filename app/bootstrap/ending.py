"""The system asks the program to end: the window is closed as by its cross.

Python runs its own handlers of signals only between two of its instructions, and
while Qt waits for events there are none. A signal therefore also writes a byte
into a socket, which wakes Qt's event loop.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QSocketNotifier

ENDING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class EndingSignals(QObject):
    """Has something called on the GUI thread when a signal asks the program to end.

    Only one can be in force at a time, and only in the main thread.

    Parameters
    ----------
    end : closes the window
    post : has a function called soon, from the event loop
    """

    def __init__(
        self,
        end: Callable[[], object],
        post: Callable[[Callable[[], None]], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._end = end
        self._post = post
        self._here, self._there = socket.socketpair()
        for end_of_pair in (self._here, self._there):
            end_of_pair.setblocking(False)
        self._notifier = QSocketNotifier(self._here.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._woken_before = signal.set_wakeup_fd(self._there.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._take) for number in ENDING}

    def remove(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        self._notifier.setEnabled(False)
        for end_of_pair in (self._here, self._there):
            end_of_pair.close()

    def _wake(self) -> None:
        """Empty the socket; Python calls its handlers by itself now that it runs."""
        self._here.recv(4096)

    def _take(self, _number: int, _frame: object) -> None:
        """Not here: any instruction may have been interrupted."""
        self._post(self._close)

    def _close(self) -> None:
        self._end()

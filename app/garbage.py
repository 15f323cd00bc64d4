"""Cyclic garbage is freed by the GUI thread alone.

Python's collector runs in whichever thread happens to make an object. Widgets,
timers and pictures that another thread frees can lock the program up, or end it.
"""

from __future__ import annotations

import gc
import time
from typing import Final

from PySide6.QtCore import QObject, QTimer

OFTEN_MS: Final = 250
"""So often it is seen whether there is something to collect."""


FULL: Final = 2
"""The oldest generation."""

PATIENCE: Final = 50
"""A full collection is not repeated before so many times as long as the last one took.

It looks at every object that is alive, and holds the window up meanwhile: half a second
where a table of 100,000 lines is tried out. Python itself repeats it as objects grow by a
quarter, which cannot be asked for.
"""


class GuiCollector(QObject):
    """Takes the place of Python's own collector until it is stopped.

    Parameters
    ----------
    parent : lives as long as the program, in the GUI thread
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._next_full = 0.0
        self._timer = QTimer(self, interval=OFTEN_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due, a full one not too often."""
        began = time.monotonic()
        most = FULL if began >= self._next_full else FULL - 1
        due = [n for n in range(most + 1) if gc.get_count()[n] > gc.get_threshold()[n]]
        if due:
            gc.collect(due[-1])
        if due and due[-1] == FULL:
            ended = time.monotonic()
            self._next_full = ended + PATIENCE * (ended - began)

    def stop(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.enable()

"""Cyclic garbage is freed by the GUI thread alone.

Python's collector runs in whichever thread happens to make an object. Widgets,
timers and pictures that another thread frees can lock the program up, or end it.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

OFTEN_MS: Final = 250
"""So often it is seen whether there is something to collect."""


class GuiCollector(QObject):
    """Takes the place of Python's own collector until it is stopped.

    Parameters
    ----------
    parent : lives as long as the program, in the GUI thread
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=OFTEN_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due, as Python itself would choose."""
        due = [n for n in range(3) if gc.get_count()[n] > gc.get_threshold()[n]]
        if due:
            gc.collect(due[-1])

    def stop(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.enable()

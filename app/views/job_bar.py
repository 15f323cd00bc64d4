"""What runs in the background: what, how far, how long, and a way to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QMenu, QProgressBar, QPushButton, QWidget

from app.background import JobStatus
from app.theme import SPACE, set_role
from app.views.labels import ElidedLabel, core_words, label
from app.views.layouts import row

PATIENCE_S: Final = 0.3
"""What is done sooner is not announced."""

TICK_MS: Final = 100
KNOWN_FROM: Final = 0.05
"""Before this fraction is done, the time that is left is a guess and not told."""

KNOWN_AFTER_S: Final = 2.0
STEPS: Final = 1000


def duration(seconds: float) -> str:
    """A time as a clock shows it: ``0:07``, ``1:02:03``."""
    whole = max(int(seconds), 0)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def time_left(fraction: float, elapsed_s: float) -> float | None:
    """Seconds until the end at the same pace; None while that cannot be known."""
    if fraction < KNOWN_FROM or elapsed_s < KNOWN_AFTER_S:
        return None
    return elapsed_s * (1.0 - fraction) / fraction


class JobBar(QWidget):
    """The running job, and how many wait; invisible where nothing takes long.

    Parameters
    ----------
    clock : `time.monotonic`
    """

    stopped = Signal(int)

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._jobs: tuple[JobStatus, ...] = ()
        self._what = ElidedLabel()
        self._what.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._progress = QProgressBar()
        self._progress.setRange(0, STEPS)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(12 * SPACE)
        self._time = label(kind="small")
        self._time.setFixedWidth(13 * SPACE)
        self._queue = QPushButton()
        self._stop = QPushButton()
        for button in (self._queue, self._stop):
            set_role(button, "compact")
        set_role(self._queue, "menu")
        self._menu = QMenu(self)
        self._queue.setMenu(self._menu)
        self._stop.clicked.connect(self._ask_to_stop)
        across = row(self._what, self._progress, self._time, self._queue, self._stop)
        across.setStretchFactor(self._what, 1)
        self.setLayout(across)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.hide()

    def show_jobs(self, jobs: tuple[JobStatus, ...]) -> None:
        """What runs and waits, the running one first."""
        if jobs == self._jobs:
            return
        self._jobs = jobs
        if jobs and not self._timer.isActive():
            self._timer.start()
        if not jobs:
            self._timer.stop()
        self._tick()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._tick()

    def _tick(self) -> None:
        """Show the jobs as they are now."""
        long = bool(self._jobs) and self._clock() - self._jobs[0].began >= PATIENCE_S
        self.setVisible(long)
        if long:
            self._show(self._jobs[0], self._jobs[1:])

    def _show(self, job: JobStatus, others: tuple[JobStatus, ...]) -> None:
        detail = f": {core_words(job.detail)}" if job.detail else ""
        self._what.show_words(core_words(job.what) + detail)
        self._progress.setValue(round(job.fraction * STEPS))
        self._progress.setAccessibleName(f"{core_words(job.what)}, {job.fraction:.0%}")
        self._time.setText(self._time_words(job))
        self._stop.setVisible(job.cancellable or job.stopping)
        self._stop.setEnabled(not job.stopping)
        self._stop.setText(self.tr("Stopping...") if job.stopping else self.tr("Stop"))
        self._stop.setAccessibleName(self.tr("Stop: {what}").format(what=core_words(job.what)))
        self._show_queue(others)

    def _time_words(self, job: JobStatus) -> str:
        elapsed = self._clock() - job.began
        left = time_left(job.fraction, elapsed)
        if left is None:
            return duration(elapsed)
        return self.tr("{elapsed}, {left} left").format(
            elapsed=duration(elapsed), left=duration(left)
        )

    def _show_queue(self, others: tuple[JobStatus, ...]) -> None:
        self._queue.setVisible(bool(others))
        self._queue.setText(self.tr("{n} waiting").format(n=len(others)))
        wanted = [(job.number, job.what, job.cancellable) for job in others]
        if wanted == self._queue.property("told"):
            return
        self._queue.setProperty("told", wanted)
        self._menu.clear()
        for number, what, cancellable in wanted:
            words = self.tr("Stop: {what}").format(what=core_words(what))
            entry = self._menu.addAction(words.replace("&", "&&"))
            entry.setEnabled(cancellable)
            entry.triggered.connect(lambda _checked=False, n=number: self.stopped.emit(n))

    def _ask_to_stop(self) -> None:
        if self._jobs:
            self.stopped.emit(self._jobs[0].number)

"""The one exam that is open, and everyone who shows a part of it.

Never two patients at once: what is opened takes the place of what was open.
"""

from __future__ import annotations

from collections.abc import Callable

from app.state import Exam, OpenSeries, PatientHeader

Watcher = Callable[[Exam | None], None]


class Desk:
    """Holds the open exam; watchers are told of every change, in order of joining."""

    def __init__(self) -> None:
        self._exam: Exam | None = None
        self._watchers: list[Watcher] = []

    @property
    def exam(self) -> Exam | None:
        """What is open."""
        return self._exam

    @property
    def header(self) -> PatientHeader | None:
        """Who is on screen."""
        exam = self._exam
        return None if exam is None else PatientHeader(exam.patient, exam.day)

    def watch(self, watcher: Watcher) -> None:
        """Tell this one of changes from now on."""
        self._watchers.append(watcher)

    def put(self, exam: Exam | None) -> None:
        """Open an exam in place of the last one, or clear the desk."""
        if exam is self._exam:
            return
        self._exam = exam
        for watcher in tuple(self._watchers):
            if self._exam is not exam:  # a watcher put another one, and everybody knows
                return
            watcher(exam)

    def change(self, series: OpenSeries) -> None:
        """Put a series' newer self in its place; nothing where it is not open any more."""
        exam = self._exam
        if exam is not None and any(each.key == series.key for each in exam.series):
            self.put(exam.with_series(series))

"""Opening a folder or a stored visit: from the gesture to the exam on the desk.

The newest thing that was opened has the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from app.background import Job
from app.controllers import opening
from app.controllers.analyses import Analyses, Run
from app.controllers.desk import Desk
from app.controllers.opening import Found
from app.controllers.showing import Translate
from app.controllers.watching import StudyWatcher
from app.messages import Action, Severity
from app.services import Services
from app.state import Exam
from hipdesk.ports import Cancelled, Progress
from hipdesk.series_choice import choose

T = TypeVar("T")

OPENING: Final = "open"
"""Topic of every job that ends with another exam on the desk: the newest wins."""


class StudyController:
    """Opens studies, has them analysed and saved.

    Parameters
    ----------
    translate : words of the user's language
    """

    def __init__(self, services: Services, desk: Desk, translate: Translate) -> None:
        self._services = services
        self._desk = desk
        self.translate = translate
        self._watchers: list[StudyWatcher] = []
        self._found: Found | None = None
        self._analyses = Analyses(services, desk, translate, self._watchers, self)

    def watch(self, watcher: StudyWatcher) -> None:
        """Tell this one from now on."""
        self._watchers.append(watcher)

    @property
    def unsaved(self) -> int:
        """How many results could not be saved, and would be lost with the program."""
        return self._analyses.unsaved

    def save_again(self) -> None:
        """Try again to save every result that could not be saved."""
        self._analyses.save_again()

    def begin(self) -> None:
        """Offer again what an earlier run of the program did not finish."""
        paths = self._services.keeper.interrupted()
        if not paths:
            return
        self._services.keeper.end()
        self._say(
            Severity.WARNING,
            self.translate("Study", "The program ended before an analysis was finished."),
            self._again(paths),
        )

    def close(self) -> None:
        """Stop everything but saves and corrections; an analysis cut short is offered again."""
        self._analyses.close()
        for status in self._services.jobs.running:
            if not status.awaited:
                self._services.jobs.cancel(status.number)

    def close_patient(self) -> None:
        """Clear the screen; an analysis that has begun goes on and is announced."""
        self._services.jobs.cancel_topic(OPENING)
        self.close_found()
        self._desk.put(None)
        for watcher in self._watchers:
            watcher.patient_closed()

    # Folders

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Look for series in folders or files; analyse what suits."""
        if not paths:
            return
        reader, wanted = self._services.reader, tuple(paths)

        def work(progress: Progress, cancelled: Cancelled) -> Found:
            return opening.find(reader, wanted, progress, cancelled)

        self._get(self.translate("Study", "Looking for images"), work, self._take_found)

    def close_found(self) -> None:
        """Forget the folder that was found."""
        self._found = None
        self._tell_found()

    def analyse_series(self, uid: str) -> None:
        """Open one series of the found folder and analyse it, whatever its contrast."""
        found = self._found
        if found is not None and uid in {series.uid for series in found.scan.series}:
            self._read(found, uid)

    def _take_found(self, found: Found) -> None:
        self._found = found
        exam = self._desk.exam
        people = {series.patient for series in found.scan.series}
        if exam is not None and people - {exam.patient}:  # never two patients on screen
            self._desk.put(None)
        self._tell_found()
        if found.choice.chosen:
            self._read(found)

    def _tell_found(self) -> None:
        found = None if self._found is None else opening.shown(self._found)
        for watcher in self._watchers:
            watcher.found_changed(found)

    def _read(self, found: Found, uid: str | None = None) -> None:
        """Read what was chosen, or the series that was asked for."""
        reader, now = self._services.reader, self._services.now()

        def work(progress: Progress, cancelled: Cancelled) -> Run:
            choice = found.choice if uid is None else choose(found.scan, uid)
            series = opening.read(reader, choice.chosen, progress, cancelled)
            return Run(found.paths, series, choice, uid is not None, now)

        self._get(self.translate("Study", "Reading the images"), work, self._put)

    def _get(
        self, what: str, work: Callable[[Progress, Cancelled], T], done: Callable[[T], None]
    ) -> None:
        """Do something for the screen: the newest wins, and no analysis holds it up."""
        urgent = self._analyses.running  # else not, so that searches need not wait for a long scan
        self._services.jobs.start(Job(what, work, done, urgent=urgent, topic=OPENING))

    def _put(self, run: Run) -> None:
        """Show images at once; they can be scrolled through while they are analysed."""
        info = run.series[0].volume.series
        if run.asked_for:
            self._mark(run)
        self._open(Exam(info.patient, info.study.date, run.series))
        self._analyses.start(run)

    def _mark(self, run: Run) -> None:
        """Say on the found page which series was asked for."""
        found = self._found
        if found is not None and found.paths == run.paths:
            choice = replace(found.choice, chosen=run.choice.chosen)
            self._found = replace(found, choice=choice)
            self._tell_found()

    def put_again(self, run: Run) -> None:
        """Show images again, and analyse them again."""
        self._services.jobs.cancel_topic(OPENING)
        if self._found is not None and self._found.paths != run.paths:
            self.close_found()
        self._put(run)

    def run_done(self, run: Run) -> None:
        """Leave the found folder, unless the reader chose in it and may choose again."""
        found = self._found
        if found is not None and found.paths == run.paths and not run.asked_for:
            self.close_found()

    def _open(self, exam: Exam) -> None:
        self._desk.put(exam)
        for watcher in self._watchers:
            watcher.exam_opened()

    def _again(self, paths: tuple[Path, ...]) -> Action:
        return Action(self.translate("Study", "Analyse again"), lambda: self.open_paths(paths))

    def _say(self, severity: Severity, text: str, action: Action | None = None) -> None:
        self._services.messages.say(severity, text, action)

    # Stored visits

    def open_visit(self, uid: str) -> None:
        """Show a visit from the library."""
        exam = self._desk.exam
        if exam is not None and exam.visit_uid == uid:
            self._services.jobs.cancel_topic(OPENING)
            for watcher in self._watchers:
                watcher.exam_opened()
            return
        self.show_stored(uid)

    def show_stored(self, visit_uid: str, analyses: tuple[str, ...] = ()) -> None:
        """Show a visit from the library at these analyses; at those that count if empty."""
        store = self._services.library.store
        if store is None:
            self._say(Severity.ERROR, self._services.library.problem or self._shut())
            return
        reader = self._services.reader

        def work(progress: Progress, cancelled: Cancelled) -> Exam:
            return opening.reopen(store, reader, visit_uid, analyses, progress, cancelled)

        what = self.translate("Study", "Opening the visit")
        self._services.jobs.start(Job(what, work, self._take_visit, urgent=True, topic=OPENING))

    def _take_visit(self, exam: Exam) -> None:
        if self._found is not None:
            self.close_found()
        self._open(exam)

    def _shut(self) -> str:
        return self.translate("Study", "The patient library is not open yet.")

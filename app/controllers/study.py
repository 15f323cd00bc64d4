"""Opening a folder or a stored visit: from the gesture to the exam on the desk.

The newest thing that was opened has the screen. An analysis that has begun
goes on unless the user stops it; if its images are not on screen any more when
it ends, its result is kept and announced, never shown by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from app.background import Job
from app.controllers import opening
from app.controllers.desk import Desk
from app.controllers.opening import Analysed, Found, Key, Saved, key_of
from app.controllers.showing import Translate
from app.messages import Action, Severity
from app.services import Services
from app.state import Exam, FoundStudy, OpenSeries
from hipdesk.errors import KnownError
from hipdesk.ports import Cancelled, Progress
from hipdesk.quality import unlinked
from hipdesk.records import Compute, Notice
from hipdesk.series_choice import choose

T = TypeVar("T")

log = logging.getLogger(__name__)

OPENING: Final = "open"
"""Topic of every job that ends with another exam on the desk: the newest wins."""


class StudyWatcher:
    """Told of what happens to studies; whoever watches overrides what matters to it."""

    def found_changed(self, found: FoundStudy | None) -> None:
        """Another folder was found, or none is any more."""

    def exam_opened(self) -> None:
        """The exam on the desk was opened just now, and wants to be read."""

    def result_saved(self, saved: Saved) -> None:
        """An analysis is in the library."""

    def analysis_done(self, compute: Compute, seconds: float) -> None:
        """The networks have run."""

    def patient_closed(self) -> None:
        """Nobody is to be on screen."""


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """One analysis on its way.

    Attributes
    ----------
    paths : what to open again if the program ends meanwhile
    told : what the choice has to say
    asked_for : the reader chose the series; the found folder stays in sight
    began : when it was opened, by which it is named once it is off the screen
    """

    paths: tuple[Path, ...] = field(repr=False)
    series: tuple[OpenSeries, ...]
    told: tuple[Notice, ...]
    asked_for: bool
    began: datetime

    @property
    def key(self) -> Key:
        """Which images are analysed."""
        return key_of(self.series)


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
        self._runs: dict[Key, _Run] = {}
        self._unsaved: dict[Key, tuple[_Run, Analysed, int]] = {}
        self._closing = False

    def watch(self, watcher: StudyWatcher) -> None:
        """Tell this one from now on."""
        self._watchers.append(watcher)

    @property
    def unsaved(self) -> int:
        """How many results could not be saved, and would be lost with the program."""
        return len(self._unsaved)

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
        """Stop everything but saves; an analysis that is cut short is offered again."""
        self._closing = True
        for status in self._services.jobs.running:
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

        def work(progress: Progress, cancelled: Cancelled) -> _Run:
            choice = found.choice if uid is None else choose(found.scan, uid)
            series = opening.read(reader, choice.chosen, progress, cancelled)
            return _Run(found.paths, series, choice.notices, uid is not None, now)

        self._get(self.translate("Study", "Reading the images"), work, self._put)

    def _get(
        self, what: str, work: Callable[[Progress, Cancelled], T], done: Callable[[T], None]
    ) -> None:
        """Do something for the screen: the newest wins, and no analysis holds it up."""
        urgent = bool(self._runs)  # else not, so that searches need not wait for a long scan
        self._services.jobs.start(Job(what, work, done, urgent=urgent, topic=OPENING))

    def _put(self, run: _Run) -> None:
        """Show images at once; they can be scrolled through while they are analysed."""
        info = run.series[0].volume.series
        self._open(Exam(info.patient, info.study.date, run.series))
        self._analyse(run)

    def _open(self, exam: Exam) -> None:
        self._desk.put(exam)
        for watcher in self._watchers:
            watcher.exam_opened()

    # The analysis

    def _analyse(self, run: _Run) -> None:
        if run.key in self._runs:  # the same images were opened before, and are on their way
            return
        self._runs[run.key] = run
        self._remember()
        store = self._services.library.store
        lacking = () if store is None else unlinked(run.series[0].volume.series.patient)
        networks = self._services.networks

        def work(progress: Progress, cancelled: Cancelled) -> Analysed:
            told = (*run.told, *lacking)
            return opening.analysed(run.series, networks, told, progress, cancelled)

        self._services.jobs.start(
            Job(
                self.translate("Study", "Analysing the hips"),
                work,
                partial(self._take_results, run),
                failed=partial(self._analysis_failed, run),
                stopped=partial(self._analysis_stopped, run),
            )
        )

    def _take_results(self, run: _Run, results: Analysed) -> None:
        log.info("analysis done", extra={"series": len(results.series)})
        for watcher in self._watchers:
            watcher.analysis_done(results.compute, results.seconds)
        found = self._found
        if not run.asked_for and found is not None and found.paths == run.paths:
            self.close_found()
        self._save(run, results)

    def _analysis_failed(self, run: _Run, error: Exception) -> None:
        self._end(run)
        if not isinstance(error, KnownError):
            return
        if self._on_screen(run):
            self._say(Severity.ERROR, str(error))
            return
        words = self.translate("Study", "The analysis of the study opened at {time} failed: {why}")
        self._say(Severity.ERROR, words.format(time=_clock(run), why=error))

    def _analysis_stopped(self, run: _Run) -> None:
        if self._closing:
            return
        self._end(run)
        words = self.translate("Study", "The analysis was stopped; nothing of it was kept.")
        again = Action(self.translate("Study", "Analyse again"), partial(self._put_again, run))
        self._say(Severity.WARNING, words, again)

    def _put_again(self, run: _Run) -> None:
        self._services.jobs.cancel_topic(OPENING)
        self._put(run)

    def _end(self, run: _Run) -> None:
        self._runs.pop(run.key, None)
        self._remember()

    def _remember(self) -> None:
        """Have what has no saved result yet offered again if the program ends now."""
        runs = (*self._runs.values(), *(run for run, _, _ in self._unsaved.values()))
        paths = dict.fromkeys(path for run in runs for path in run.paths)
        if paths:
            self._services.keeper.begin(tuple(paths))
        else:
            self._services.keeper.end()

    # Saving

    def _save(self, run: _Run, results: Analysed, index: int = 0) -> None:
        """Save the results from one on, one after the other: each is all or nothing."""
        store = self._services.library.store
        if store is None:
            problem = self._services.library.problem
            self._not_saved(run, results, index, problem or self._no_library())
            return

        def work(_progress: object, _cancelled: object) -> Saved:
            return opening.save(store, results, index)

        def done(saved: Saved) -> None:
            self._take_saved(run, results, index, saved)

        def failed(error: Exception) -> None:
            sentence = str(error) if isinstance(error, KnownError) else self._no_library()
            self._not_saved(run, results, index, sentence)

        what = self.translate("Study", "Saving the result")
        self._services.jobs.start(Job(what, work, done, failed, urgent=True, keep=True))

    def _take_saved(self, run: _Run, results: Analysed, index: int, saved: Saved) -> None:
        if index + 1 < len(results.series):
            self._save(run, results, index + 1)
            return
        self._unsaved.pop(run.key, None)
        self._end(run)
        if not self._show_results(run, results, saved):
            words = self.translate("Study", "The study opened at {time} is analysed.")
            self._say(Severity.INFO, words.format(time=_clock(run)), self._showing(saved, results))
        for watcher in self._watchers:
            watcher.result_saved(saved)

    def _not_saved(self, run: _Run, results: Analysed, index: int, sentence: str) -> None:
        """Show results all the same; the user may try again."""
        self._unsaved[run.key] = (run, results, index)
        self._end(run)
        self._show_results(run, results, None)
        again = Action(self.translate("Study", "Save again"), self.save_again)
        self._say(Severity.ERROR, sentence, again)

    def save_again(self) -> None:
        """Try again to save every result that could not be saved."""
        if self._services.library.store is not None:
            self._save_all()
            return

        def retry(_progress: object, _cancelled: object) -> None:
            self._services.library.retry()

        what = self.translate("Study", "Opening the patient library")
        self._services.jobs.start(Job(what, retry, lambda _: self._save_all(), urgent=True))

    def _save_all(self) -> None:
        waiting, self._unsaved = self._unsaved, {}
        for run, results, index in waiting.values():
            self._save(run, results, index)

    def _no_library(self) -> str:
        return self.translate("Study", "The result could not be saved in the patient library.")

    # The screen

    def _on_screen(self, run: _Run) -> bool:
        """Whether the images are on the desk and wait for this result."""
        exam = self._desk.exam
        return exam is not None and not exam.analysed and key_of(exam.series) == run.key

    def _show_results(self, run: _Run, results: Analysed, saved: Saved | None) -> bool:
        """Put results on the desk if they are waited for or there already; whether they are."""
        exam = self._desk.exam
        shown = self._shown_as(results)
        if exam is None or (not shown and not self._on_screen(run)):
            return False
        if not shown:
            exam = replace(exam, series=results.series)
        if saved is not None:
            exam = replace(exam, visit_uid=saved.visit_uid, patient_uid=saved.patient_uid)
        self._desk.put(exam)
        return True

    def _shown_as(self, results: Analysed) -> bool:
        """Whether these very results are on the desk."""
        exam = self._desk.exam
        return exam is not None and _analyses(exam.series) == _analyses(results.series)

    def _showing(self, saved: Saved, results: Analysed) -> Action:
        uids = _analyses(results.series)
        return Action(self.translate("Study", "Show"), lambda: self._reopen(saved.visit_uid, uids))

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
        self._reopen(uid)

    def _reopen(self, uid: str, analyses: tuple[str, ...] = ()) -> None:
        store = self._services.library.store
        if store is None:
            self._say(Severity.ERROR, self._services.library.problem or self._shut())
            return
        reader = self._services.reader

        def work(progress: Progress, cancelled: Cancelled) -> Exam:
            return opening.reopen(store, reader, uid, analyses, progress, cancelled)

        what = self.translate("Study", "Opening the visit")
        self._services.jobs.start(Job(what, work, self._take_visit, urgent=True, topic=OPENING))

    def _take_visit(self, exam: Exam) -> None:
        if self._found is not None:
            self.close_found()
        self._open(exam)

    def _shut(self) -> str:
        return self.translate("Study", "The patient library is not open yet.")


def _clock(run: _Run) -> str:
    return run.began.strftime("%H:%M")


def _analyses(series: Sequence[OpenSeries]) -> tuple[str, ...]:
    """Uids of the analyses that are open; empty before."""
    return tuple(each.reviewed.analysis.uid for each in series if each.reviewed is not None)

"""Analyses on their way: run, saved, shown where their images wait for them.

What has begun goes on whatever is on screen; only the user stops it. A result
whose images are not on the desk any more is kept and announced, never shown by
itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from app.background import Job
from app.controllers import opening
from app.controllers.desk import Desk
from app.controllers.namesakes import new_with_known_id
from app.controllers.opening import Analysed, Key, Known, Saved, key_of
from app.controllers.showing import Translate
from app.controllers.watching import StudyWatcher
from app.messages import Action, Severity
from app.services import Services
from app.state import OpenSeries
from hipdesk.errors import KnownError
from hipdesk.ports import Cancelled, Progress
from hipdesk.quality import unlinked
from hipdesk.records import SeriesChoice

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One analysis on its way.

    Attributes
    ----------
    paths : what to open again if the program ends meanwhile
    choice : of the series; what it has to say stands first in the results
    asked_for : the reader chose the series; the found folder stays in sight
    began : when it was opened, by which it is named once it is off the screen
    anew : even where the library has an analysis of the same images
    spelt : a reader has chosen the character set in which the names are read
    early : before everything is found; it must not wait for the rest
    """

    paths: tuple[Path, ...] = field(repr=False)
    series: tuple[OpenSeries, ...]
    choice: SeriesChoice
    asked_for: bool
    began: datetime
    anew: bool = False
    spelt: bool = False
    early: bool = False

    @property
    def key(self) -> Key:
        """Which images are analysed."""
        return key_of(self.series)


class Opener(Protocol):
    """Has the screen: brings to it what the messages' buttons offer."""

    def put_again(self, run: Run) -> None:
        """Show images again, and analyse them again."""
        ...

    def choosing(self, run: Run) -> Action | None:
        """The way to choose another series; None where what it was opened from is gone."""
        ...

    def run_done(self, run: Run) -> None:
        """The networks have done their part of this one."""
        ...

    def show_stored(self, visit_uid: str, analyses: tuple[str, ...]) -> None:
        """Open a visit at these analyses."""
        ...


class Analyses:
    """Every analysis that has begun and is not in the library yet.

    Parameters
    ----------
    watchers : told of results; may grow
    opener : brings things to the screen
    """

    def __init__(
        self,
        services: Services,
        desk: Desk,
        translate: Translate,
        watchers: Sequence[StudyWatcher],
        opener: Opener,
    ) -> None:
        self._services = services
        self._desk = desk
        self.translate = translate
        self._watchers = watchers
        self._opener = opener
        self._runs: dict[Key, Run] = {}
        self._unsaved: dict[Key, tuple[Run, Analysed, int]] = {}
        self._told: set[int] = set()
        self._closing = False

    @property
    def running(self) -> bool:
        """Whether any analysis runs or waits."""
        return bool(self._runs)

    @property
    def unsaved(self) -> int:
        """How many results could not be saved."""
        return len(self._unsaved)

    def close(self) -> None:
        """Keep in mind what is cut short from now on, so that it is offered again."""
        self._closing = True

    def start(self, run: Run) -> None:
        """Analyse and save, unless the same images are on their way already."""
        if run.key in self._runs:
            return
        self._runs[run.key] = run
        self._remember()
        store = self._services.library.store
        lacking = () if store is None else unlinked(run.series[0].volume.series.patient)
        networks, reader = self._services.networks, self._services.reader
        spelt_by = self._services.keeper.settings.reader_name if run.spelt else None

        def work(progress: Progress, cancelled: Cancelled) -> Analysed | Known:
            if store is not None and not run.anew:
                models = tuple(network.reference for network in networks(cancelled))
                kept = opening.known(
                    store, reader, run.series, models, spelt_by, progress, cancelled
                )
                if kept is not None:
                    return kept
            told = (*run.choice.notices, *lacking)
            return opening.analysed(run.series, networks, told, progress, cancelled)

        self._services.jobs.start(
            Job(
                self.translate("Study", "Analysing the hips"),
                work,
                partial(self._take_results, run),
                failed=partial(self._analysis_failed, run),
                stopped=partial(self._analysis_stopped, run),
                urgent=run.early,
            )
        )

    def _take_results(self, run: Run, results: Analysed | Known) -> None:
        if isinstance(results, Known):
            self._take_known(run, results)
            return
        log.info("analysis done", extra={"series": len(results.series)})
        for watcher in self._watchers:
            watcher.analysis_done(_uids(results.series), results.seconds)
        self._opener.run_done(run)
        self._save(run, results)

    def _take_known(self, run: Run, known: Known) -> None:
        """Show what the library keeps of the images, if they are waited for."""
        shown = self._on_screen(run)
        self._end(run)
        self._opener.run_done(run)
        if run.spelt:
            for watcher in self._watchers:
                watcher.names_changed()
        if not shown:
            words = self.translate(
                "Study", "The images opened at {time} are in the library already."
            )
            show = partial(self._opener.show_stored, known.visit_uid, known.analyses)
            action = Action(self.translate("Study", "Show"), show)
            self._say(Severity.INFO, words.format(time=_clock(run)), action)
            return
        self._desk.put(known.exam)
        words = self.translate(
            "Study",
            "These images are in the library already; what was kept of them is shown.",
        )
        anew = partial(self._opener.put_again, replace(run, anew=True))
        self._say(Severity.INFO, words, Action(self.translate("Study", "Analyse again"), anew))

    def _analysis_failed(self, run: Run, error: Exception) -> None:
        self._end(run)
        self._give_up(run)
        if not isinstance(error, KnownError):
            return
        if self._on_screen(run):
            self._say(Severity.ERROR, str(error), self._opener.choosing(run))
            return
        words = self.translate("Study", "The analysis of the study opened at {time} failed: {why}")
        why = self.translate("core", str(error))
        self._say(Severity.ERROR, words.format(time=_clock(run), why=why))

    def _analysis_stopped(self, run: Run) -> None:
        if self._closing:
            return
        self._end(run)
        self._give_up(run)
        words = self.translate("Study", "The analysis was stopped; nothing of it was kept.")
        again = Action(
            self.translate("Study", "Analyse again"), partial(self._opener.put_again, run)
        )
        self._say(Severity.WARNING, words, again)

    def _give_up(self, run: Run) -> None:
        """Let the images on screen say that no result of them is on its way."""
        exam = self._desk.exam
        if exam is not None and self._on_screen(run):
            self._desk.put(replace(exam, given_up=True))

    def _end(self, run: Run) -> None:
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

    def _save(self, run: Run, results: Analysed, index: int = 0) -> None:
        """Save the results from one on, one after the other: each is all or nothing."""
        store = self._services.library.store
        if store is None:
            problem = self._services.library.problem
            self._not_saved(run, results, index, problem or self._no_library())
            return

        def work(_progress: object, _cancelled: object) -> tuple[Saved, bool]:
            saved = opening.save(store, results, index)
            return saved, new_with_known_id(store, saved.visit_uid)

        def done(answer: tuple[Saved, bool]) -> None:
            saved, known_id = answer
            self._take_saved(run, results, index, saved)
            if known_id and index + 1 == len(results.series):
                self._tell_of_known_id(run)

        def failed(error: Exception) -> None:
            sentence = str(error) if isinstance(error, KnownError) else self._no_library()
            self._not_saved(run, results, index, sentence)

        what = self.translate("Study", "Saving the result")
        self._services.jobs.start(Job(what, work, done, failed, urgent=True, keep=True))

    def _take_saved(self, run: Run, results: Analysed, index: int, saved: Saved) -> None:
        if index + 1 < len(results.series):
            self._save(run, results, index + 1)
            return
        self._unsaved.pop(run.key, None)
        self._end(run)
        self._forget_failures()
        if not self._show_results(run, results, saved):
            words = self.translate("Study", "The study opened at {time} is analysed.")
            self._say(Severity.INFO, words.format(time=_clock(run)), self._showing(saved, results))
        for watcher in self._watchers:
            watcher.result_saved(saved)

    def _tell_of_known_id(self, run: Run) -> None:
        words = self.translate(
            "Study",
            "The study opened at {time} is of a new patient whose patient ID another patient in "
            "the library has, too; name and birth date do not agree, so the two are kept apart.",
        )
        self._say(Severity.WARNING, words.format(time=_clock(run)))

    def _forget_failures(self) -> None:
        """Take away what was said of failed saving, once everything is saved."""
        if not self._unsaved:
            numbers, self._told = self._told, set()
            for number in numbers:
                self._services.messages.dismiss(number)

    def _not_saved(self, run: Run, results: Analysed, index: int, sentence: str) -> None:
        """Show results all the same; the user may try again."""
        self._unsaved[run.key] = (run, results, index)
        self._end(run)
        self._show_results(run, results, None)
        again = Action(self.translate("Study", "Save again"), self.save_again)
        self._told.add(self._services.messages.say(Severity.ERROR, sentence, again))

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

    def _on_screen(self, run: Run) -> bool:
        """Whether the images are on the desk and wait for this result."""
        exam = self._desk.exam
        return exam is not None and not exam.analysed and key_of(exam.series) == run.key

    def _show_results(self, run: Run, results: Analysed, saved: Saved | None) -> bool:
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
        return exam is not None and _uids(exam.series) == _uids(results.series)

    def _showing(self, saved: Saved, results: Analysed) -> Action:
        show = partial(self._opener.show_stored, saved.visit_uid, _uids(results.series))
        return Action(self.translate("Study", "Show"), show)

    def _say(self, severity: Severity, text: str, action: Action | None = None) -> None:
        self._services.messages.say(severity, text, action)


def _clock(run: Run) -> str:
    return run.began.strftime("%H:%M")


def _uids(series: Sequence[OpenSeries]) -> tuple[str, ...]:
    """Uids of the analyses that are open; empty before."""
    return tuple(each.reviewed.analysis.uid for each in series if each.reviewed is not None)

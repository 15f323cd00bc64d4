"""Opening a folder or a stored visit: from the gesture to the exam on the desk.

The newest thing that was opened has the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from app.background import Job
from app.controllers import opening
from app.controllers.analyses import Analyses, Run
from app.controllers.choices import Choices
from app.controllers.desk import Desk
from app.controllers.opening import Found, SoFar, Source
from app.controllers.showing import Translate
from app.controllers.watching import StudyWatcher
from app.messages import Action, Severity
from app.services import Services
from app.state import Exam
from hipdesk.errors import KnownError, NoSuitableSeries
from hipdesk.ports import Cancelled, Progress
from hipdesk.records import Contrast, Series
from hipdesk.scanner_protocol import protocol_of
from hipdesk.series_choice import choose, worth_remembering

T = TypeVar("T")

OPENING: Final = "open"
"""Topic of every job that ends with another exam on the desk: the newest wins."""

EARLY: Final = "open early"
"""Topic of reading a series while the rest of its folder is still looked through."""

SHOWN_AFTER: Final = timedelta(seconds=0.5)
"""What takes longer is shown as far as it is known; sooner the whole is there."""

SHOWN_EVERY: Final = timedelta(seconds=0.1)
"""So often at most."""


class StudyController:
    """Opens studies, has them analysed and saved.

    Parameters
    ----------
    translate : words of the user's language
    choices : remembers what is chosen
    """

    def __init__(
        self, services: Services, desk: Desk, translate: Translate, choices: Choices
    ) -> None:
        self._services = services
        self._desk = desk
        self.translate = translate
        self._choices = choices
        self._watchers: list[StudyWatcher] = []
        self._found: Found | None = None
        self._last: Found | None = None
        self._taken: Series | None = None
        self._told: tuple[tuple[Series, ...], datetime] | None = None
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
        self._stop_opening()
        self.close_found()
        self._last = None
        self._desk.put(None)
        for watcher in self._watchers:
            watcher.patient_closed()

    # Folders

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Look for series in folders or files; analyse what suits."""
        if paths:
            own = {path: self._services.keeper.charset_of((path,)) for path in paths}
            charset = next(filter(None, own.values()), "")
            self._look(Source(tuple(paths), charset, bool(charset), own))

    def choose_charset(self, charset: str) -> None:
        """Open the found folder again, its names read in another character set, now and later.

        Of several folders, those whose names look garbled.
        """
        if self._found is not None:
            source, spelt = self._found.source, self._found.to_spell
            self._services.keeper.keep_charset(spelt, charset)
            own = {**source.own, **dict.fromkeys(spelt, charset)}
            self._look(Source(source.paths, charset, True, own))

    def show_found(self) -> None:
        """Show the folder that was opened last again, to choose in it."""
        if self._last is None:
            self._say(Severity.INFO, self.translate("Study", "No folder is open."))
        self._show_again(self._last)

    def _show_again(self, found: Found | None) -> None:
        exam = self._desk.exam
        if found is None or not (exam is None or _is_in(exam, found)):
            return
        self._found = found
        self._tell_found()
        for watcher in self._watchers:
            watcher.choice_wanted()

    def close_found(self) -> None:
        """Forget the folder that was found."""
        self._found = None
        self._tell_found()

    def _look(self, source: Source) -> None:
        """Scan; what takes a while is shown as far as it is known."""
        reader, choices = self._services.reader, self._services.library.choices
        so_far, began = SoFar(), self._services.now()
        self._taken, self._told = None, None

        def work(progress: Progress, cancelled: Cancelled) -> Found:
            return opening.find(reader, choices, source, so_far, progress, cancelled)

        def progressed(_fraction: float, _what: str) -> None:
            self._show_so_far(source, so_far.series, began)

        def failed(error: Exception) -> None:
            self._close_unfinished()
            if isinstance(error, KnownError):
                self._services.messages.tell(error)

        self._stop_opening()
        urgent = self._analyses.running  # else not, so that searches need not wait for a long scan
        job = Job(
            self.translate("Study", "Looking for images"),
            work,
            self._take_found,
            failed=failed,
            stopped=self._close_unfinished,
            progressed=progressed,
            urgent=urgent,
            topic=OPENING,
        )
        self._services.jobs.start(job)

    def _stop_opening(self) -> None:
        for topic in (OPENING, EARLY):
            self._services.jobs.cancel_topic(topic)

    def _show_so_far(self, source: Source, series: tuple[Series, ...], began: datetime) -> None:
        """Show what is found so far, unless another patient is read or nothing has changed."""
        now, exam, shown = self._services.now(), self._desk.exam, self._found
        told, at = self._told or ((), began)
        soon = now - began < SHOWN_AFTER or (bool(told) and now - at < SHOWN_EVERY)
        again = shown is not None and shown.complete and shown.source.paths == source.paths
        if not series or series is told or soon or again:
            return
        if exam is not None and {each.patient for each in series} - {exam.patient}:
            return
        self._told = series, now
        found = opening.unfinished(source, series, (now - began).total_seconds())
        if found.analysable:
            self._found = _with_chosen(found, self._taken)
            self._tell_found()

    def _close_unfinished(self) -> None:
        """The rest is not looked for: nothing is offered that may not be whole."""
        if self._found is not None and not self._found.complete:
            self.close_found()

    def analyse_series(self, uid: str) -> None:
        """Open one series of the found folder and analyse it, whatever its contrast."""
        found = self._found
        series = None if found is None else found.series(uid)
        if found is None or series is None:
            return
        self._read(found, uid)
        if found.complete:
            self._remember(found, uid)
        else:
            self._taken = series

    def state_contrast(self, uid: str, contrast: Contrast) -> None:
        """Say what a series of the found folder is weighted for, now and for its protocol."""
        found = self._found
        series = None if found is None else found.series(uid)
        if found is None or series is None or not found.complete:
            return
        before = found.said
        self._judge(found, replace(before, stated={**before.stated, uid: contrast}))
        protocol = protocol_of(series)
        if protocol is not None:
            undo = partial(self._unsay, found.files, before)
            self._choices.weigh(protocol, contrast, undo)

    def _judge(self, found: Found, said: opening.Said) -> None:
        judged = opening.judged(found.source, found.files, said)
        self._found = self._last = replace(judged, spelt=found.spelt)
        self._tell_found()

    def _unsay(self, files: object, said: opening.Said) -> None:
        """Judge the folder as before, if it is still the one on the page."""
        if self._found is not None and self._found.files is files:
            self._judge(self._found, said)

    def _take_found(self, found: Found) -> None:
        taken, self._taken = self._taken, None
        self._found = self._last = _with_chosen(found, taken)
        if taken is not None:
            self._tell_found()
            self._see_whether_whole(found, taken)
            return
        exam = self._desk.exam
        people = {series.patient for series in found.scan.series}
        if exam is not None and people - {exam.patient}:  # never two patients on screen
            self._desk.put(None)
        self._tell_found()
        if found.choice.chosen:
            self._read(found)
            self._say_of(found)

    def _say_of(self, found: Found) -> None:
        """Say what the reader may want otherwise, with the way to the page where it is chosen."""
        change = partial(self._show_again, found)
        if found.applied is not None:
            action = Action(self.translate("Study", "Change..."), change)
            self._say(Severity.INFO, found.choice.reason, action)
        if found.doubtful:
            words = self.translate(
                "Study", "Names in these images look garbled: choose their character set."
            )
            self._say(Severity.WARNING, words, Action(self.translate("Study", "Choose..."), change))

    def _see_whether_whole(self, found: Found, taken: Series) -> None:
        """Read a series again of which more turned up after it was taken; remember the choice."""
        whole = found.whole(taken)
        if whole is None:
            return
        name = found.name(whole)
        if len(whole.slices) != len(taken.slices):
            words = self.translate(
                "Study", "More images of the series turned up; it is analysed again as a whole."
            )
            self._say(Severity.WARNING, words)
            self._read(found, name)
        self._remember(found, name)

    def _remember(self, found: Found, uid: str) -> None:
        """Choose alike at the next study of this protocol, where that makes a difference."""
        if found.people != 1:
            return
        protocol = worth_remembering(found.scan, uid)
        series = found.series(uid)
        if protocol is not None and series is not None:
            self._choices.prefer(protocol, series.contrast.fluid_sensitive)
        elif found.applied is not None and uid in _own_choice(found):
            self._choices.forget(found.applied.uid)

    def _tell_found(self) -> None:
        found = None if self._found is None else opening.shown(self._found)
        for watcher in self._watchers:
            watcher.found_changed(found)

    def _read(self, found: Found, uid: str | None = None) -> None:
        """Read what was chosen, or the series that was asked for."""
        reader, now = self._services.reader, self._services.now()
        early = not found.complete

        def work(progress: Progress, cancelled: Cancelled) -> Run:
            choice = found.choice if uid is None else choose(found.scan, uid)
            series = opening.read(reader, choice.chosen, progress, cancelled)
            source = found.source
            return Run(
                source.paths,
                series,
                choice,
                uid is not None,
                now,
                spelt=source.spelt,
                early=early,
            )

        what = self.translate("Study", "Reading the images")
        if early:  # beside the scan, which goes on
            job = Job(what, work, self._put, urgent=True, topic=EARLY)
            self._services.jobs.start(job)
        else:
            self._get(what, work, self._put)

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
        if found is not None and found.source.paths == run.paths:
            choice = replace(found.choice, chosen=run.choice.chosen)
            self._found = replace(found, choice=choice)
            self._tell_found()

    def put_again(self, run: Run) -> None:
        """Show images again, and analyse them again."""
        self._stop_opening()
        if self._found is not None and self._found.source.paths != run.paths:
            self.close_found()
        self._put(run)

    def choosing(self, run: Run) -> Action | None:
        """The way to the page of the folder where another series can be chosen."""
        found = self._last
        if found is None or found.source.paths != run.paths:
            return None
        return Action(self.translate("Study", "Choose..."), partial(self._show_again, found))

    def run_done(self, run: Run) -> None:
        """Leave the found folder, unless the reader chose in it and may choose again."""
        found = self._found
        if found is not None and found.source.paths == run.paths and not run.asked_for:
            self.close_found()

    def _open(self, exam: Exam) -> None:
        if self._last is not None and not _is_in(exam, self._last):
            self._last = None
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
            self._stop_opening()
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

        self._services.jobs.cancel_topic(EARLY)
        what = self.translate("Study", "Opening the visit")
        self._services.jobs.start(Job(what, work, self._take_visit, urgent=True, topic=OPENING))

    def _take_visit(self, exam: Exam) -> None:
        if self._found is not None:
            self.close_found()
        self._open(exam)

    def _shut(self) -> str:
        return self.translate("Study", "The patient library is not open yet.")


def _is_in(exam: Exam, found: Found) -> bool:
    """Whether the patient on screen is the one of a found folder, or one of several."""
    return exam.patient in {series.patient for series in found.scan.series}


def _with_chosen(found: Found, series: Series | None) -> Found:
    """The found folder with a series marked that the reader took."""
    whole = None if series is None else found.whole(series)
    if whole is None:
        return found
    return replace(found, choice=replace(found.choice, chosen=(whole,)))


def _own_choice(found: Found) -> frozenset[str]:
    """Names of the series that the program would choose by itself."""
    try:
        chosen = choose(found.scan).chosen
    except NoSuitableSeries:
        chosen = ()
    return frozenset(map(found.name, chosen))

"""The library's page: patients, their visits, the found folder, who may be one person.

Answers that were overtaken by a newer question never arrive: every question
has its topic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.opening import Saved
from app.controllers.regrouping import RegroupController
from app.controllers.showing import Shown, Translate
from app.controllers.study import StudyController
from app.controllers.watching import StudyWatcher
from app.messages import Severity
from app.regroup_state import Wish
from app.services import Services
from app.state import Exam, FoundStudy, Likeness, LikenessOffer, PatientRow, VisitRow
from app.views.protocols import LibraryView
from hipdesk.ports import PatientEntry, VisitEntry, VisitStore
from hipdesk.records import Contrast, Patient

T = TypeVar("T")

SEARCH: Final = "library.search"
VISITS: Final = "library.visits"
LIKENESS: Final = "library.likeness"
LATEST: Final = "library.latest"
DOOR: Final = "library.door"

NO_LIKENESS: Final = Likeness()


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What the page shows.

    Attributes
    ----------
    asked : words of the latest search
    words : of the search that gave ``patients``
    entries : visits of the chosen patient, oldest first
    aside : number of visits that were put aside
    """

    asked: str = ""
    words: str = ""
    patients: tuple[PatientRow, ...] = ()
    chosen_uid: str | None = None
    entries: tuple[VisitEntry, ...] = ()
    likeness: Likeness = NO_LIKENESS
    found: FoundStudy | None = None
    problem: str | None = None
    aside: int = 0


class LibraryController(StudyWatcher):
    """Hears the library's page, and keeps it up to date.

    Parameters
    ----------
    study : opens what is chosen here
    translate : words of the user's language
    show_clinical : brings up the clinical record of a visit
    regroup : the page on which patients, visits and studies are regrouped
    show_aside : brings up what was put aside and regrouped
    """

    def __init__(
        self,
        services: Services,
        desk: Desk,
        study: StudyController,
        view: LibraryView,
        translate: Translate,
        show_clinical: Callable[[str], None],
        regroup: RegroupController,
        show_aside: Callable[[], None],
    ) -> None:
        self._services = services
        self._desk = desk
        self._study = study
        self._view = view
        self.translate = translate
        self.show_clinical = show_clinical
        self._regroup = regroup
        self.regroup_patient = regroup.of_patient
        self.show_aside = show_aside
        self._state = _State()
        self._shown = Shown()
        self._here: tuple[str | None, str | None] = None, None
        self._listed: tuple[tuple[VisitEntry, ...], tuple[str | None, Patient | None]] | None = None
        view.listen(self)
        study.watch(self)
        desk.watch(self._follow)

    def begin(self) -> None:
        """Open the library if it is not open, and show what is in it."""
        self._show()
        if self._services.library.store is None:
            self.retry_library()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Ask the library anew for what is on the page."""
        self._ask_patients()
        if self._state.chosen_uid is not None:
            self._ask_visits(self._state.chosen_uid)

    # Patients and visits

    def search(self, words: str) -> None:
        """Show the patients whom these words describe."""
        self._state = replace(self._state, asked=words)
        self._ask_patients()

    def choose_patient(self, uid: str) -> None:
        """Show one patient's visits."""
        if uid != self._state.chosen_uid:
            self._change(chosen_uid=uid, entries=())
        self._ask_visits(uid)

    def open_visit(self, uid: str) -> None:
        """Open a stored visit."""
        self._study.open_visit(uid)

    def open_latest(self) -> None:
        """Open the latest visit in the library, if there is one."""

        def done(uid: str | None) -> None:
            if uid is not None:
                self._study.open_visit(uid)

        what = self.translate("Library", "Looking for the latest visit")
        self._ask(what, LATEST, _latest, done)

    def date_visit(self, uid: str, day: date) -> None:
        """Give a visit the date that its study lacks."""
        if day > self._services.now().date():
            words = self.translate("Library", "A visit cannot lie in the future.")
            self._services.messages.say(Severity.ERROR, words)
            return

        def done(_nothing: None) -> None:
            self._dated(uid, day)

        what = self.translate("Library", "Dating the visit")
        reader = self._reader
        self._write(what, lambda store: store.date_visit(uid, day, reader), done)

    def _dated(self, uid: str, day: date) -> None:
        exam = self._desk.exam
        if exam is not None and exam.visit_uid == uid:
            self._desk.put(replace(exam, day=day))
        self.refresh()

    def _ask_patients(self) -> None:
        words = self._state.asked

        def ask(store: VisitStore) -> tuple[tuple[PatientEntry, ...], int]:
            return store.patients(words), len(store.visits_aside())

        def done(answer: tuple[tuple[PatientEntry, ...], int]) -> None:
            found, aside = answer
            self._change(patients=tuple(map(_row, found)), words=words, aside=aside)

        what = self.translate("Library", "Searching the library")
        self._ask(what, SEARCH, ask, done)

    def _ask_visits(self, uid: str) -> None:
        def done(entries: tuple[VisitEntry, ...]) -> None:
            self._change(entries=entries, chosen_uid=uid if entries else None)

        what = self.translate("Library", "Reading the visits")
        self._ask(what, VISITS, lambda store: store.entries(uid), done)

    # The found folder

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open folders or files."""
        self._study.open_paths(paths)

    def analyse_series(self, uid: str) -> None:
        """Analyse this series of the found folder."""
        self._study.analyse_series(uid)

    def state_contrast(self, uid: str, contrast: Contrast) -> None:
        """Say what a series of the found folder is weighted for."""
        self._study.state_contrast(uid, contrast)

    def choose_charset(self, charset: str) -> None:
        """Read the names in the found folder in another character set."""
        self._study.choose_charset(charset)

    def close_found(self) -> None:
        """Back to the patients."""
        self._study.close_found()

    def found_changed(self, found: FoundStudy | None) -> None:
        """Show what a folder holds."""
        self._change(found=found)

    # One person or two

    def join_offered(self) -> None:
        """Give the visit to the patient who was offered; not unasked if the identities differ."""
        offer = self._state.likeness.offer
        if offer is not None and offer.here.unlike(offer.other.patient):
            self._regroup.of_visit(Wish.MOVE, offer.visit_uid, offer.other.uid)
        elif offer is not None:
            what = self.translate("Library", "Joining the patients")
            self._move(what, offer, offer.other.uid, Likeness(joined=offer))

    def take_back_joining(self) -> None:
        """Give the visit back; the likeness is offered again."""
        offer = self._state.likeness.joined
        if offer is not None:
            what = self.translate("Library", "Taking the joining back")
            self._move(what, offer, offer.here_uid, Likeness(offer=offer))

    def keep_apart(self) -> None:
        """Record that they are two people."""
        offer = self._state.likeness.offer
        if offer is None:
            return

        def done(_nothing: None) -> None:
            if self._state.likeness.offer == offer:
                self._change(likeness=NO_LIKENESS)
                self._ask_likeness(offer.visit_uid)

        what = self.translate("Library", "Keeping the patients apart")
        first, second, reader = offer.here_uid, offer.other.uid, self._reader
        self._write(what, lambda store: store.keep_apart(first, second, reader), done)

    def _move(self, what: str, offer: LikenessOffer, uid: str, after: Likeness) -> None:
        visit_uid, reader = offer.visit_uid, self._reader

        def done(_before: str) -> None:
            exam = self._desk.exam
            if exam is not None and exam.visit_uid == visit_uid:
                self._change(likeness=after)
                self._desk.put(replace(exam, patient_uid=uid))
            self.refresh()

        self._write(what, lambda store: store.move_visit(visit_uid, uid, reader), done)

    def _ask_likeness(self, visit_uid: str) -> None:
        def done(offer: LikenessOffer | None) -> None:
            self._change(likeness=Likeness(offer=offer))

        what = self.translate("Library", "Looking for the same person")
        self._ask(what, LIKENESS, partial(_likeness, visit_uid), done)

    def regroup_visit(self, wish: Wish, uid: str) -> None:
        """Bring up the page for moving, parting or putting aside a visit."""
        self._regroup.of_visit(wish, uid)

    def regrouped(self, patient_uid: str | None) -> None:
        """Show the library as it is after visits were regrouped or put aside.

        Parameters
        ----------
        patient_uid : who is to be chosen; None where that stays
        """
        if patient_uid is not None and patient_uid != self._state.chosen_uid:
            self._change(chosen_uid=patient_uid, entries=())
        self.refresh()
        if self._here[0] is not None:
            self._change(likeness=NO_LIKENESS)
            self._ask_likeness(self._here[0])

    # What happens elsewhere

    def result_saved(self, saved: Saved) -> None:
        """Show the new result if its patient is on the page."""
        self.refresh()

    def names_changed(self) -> None:
        """Show names as they are read now."""
        self.refresh()

    def patient_closed(self) -> None:
        """Show no one's visits."""
        self._services.jobs.cancel_topic(VISITS)
        self._change(chosen_uid=None, entries=())

    def _follow(self, exam: Exam | None) -> None:
        """Mark the visit on screen, choose its patient, and look for the same person."""
        visit_uid = None if exam is None else exam.visit_uid
        patient_uid = None if exam is None else exam.patient_uid
        before, self._here = self._here, (visit_uid, patient_uid)
        if visit_uid != before[0]:
            self._services.jobs.cancel_topic(LIKENESS)
            self._change(likeness=NO_LIKENESS)
            if visit_uid is not None:
                self._ask_likeness(visit_uid)
        if patient_uid not in (None, before[1]):
            self.choose_patient(patient_uid)

    # The door

    def retry_library(self) -> None:
        """Try again to open the library."""

        def work(_progress: object, _cancelled: object) -> None:
            self._services.library.retry()

        what = self.translate("Library", "Opening the patient library")
        job = Job(what, work, lambda _: self._opened(), urgent=True, topic=DOOR)
        self._services.jobs.start(job)

    def _opened(self) -> None:
        self._change(problem=self._services.library.problem)
        if self._services.library.store is not None:
            self.refresh()

    # Asking and writing

    @property
    def _reader(self) -> str:
        """Who is written into the record of changes."""
        return self._services.keeper.settings.reader_name

    def _ask(
        self, what: str, topic: str, ask: Callable[[VisitStore], T], done: Callable[[T], None]
    ) -> None:
        """Have the library asked; a newer question of the topic drops the answer."""
        store = self._store()
        if store is not None:
            job = Job(what, _bound(ask, store), done, urgent=True, topic=topic)
            self._services.jobs.start(job)

    def _write(
        self, what: str, write: Callable[[VisitStore], T], done: Callable[[T], None]
    ) -> None:
        """Have the library changed; never given up."""
        store = self._store()
        if store is not None:
            job = Job(what, _bound(write, store), done, urgent=True, keep=True)
            self._services.jobs.start(job)

    def _store(self) -> VisitStore | None:
        """The library, or its problem on the page."""
        library = self._services.library
        self._change(problem=library.problem)
        return library.store

    # The view

    def _change(self, **parts: object) -> None:
        self._state = replace(self._state, **parts)  # type: ignore[arg-type]
        self._show()

    def _show(self) -> None:
        """Hand the view what differs."""
        state, tell = self._state, self._shown.tell
        tell("problem", self._view.show_problem, state.problem)
        tell("patients", self._view.show_patients, state.patients, state.chosen_uid, state.words)
        self._show_visits()
        tell("found", self._view.show_found, state.found)
        tell("likeness", self._view.show_likeness, state.likeness)
        tell("aside", self._view.show_aside_count, state.aside)

    def _show_visits(self) -> None:
        """Newest first; made anew only where an entry or the visit on screen is another."""
        entries, of = self._state.entries, (self._here[0], self._owner)
        if self._listed is None or self._listed[0] is not entries or self._listed[1] != of:
            self._listed = entries, of
            here, owner = of
            self._view.show_visits(
                tuple(_visit_row(each, here, owner) for each in reversed(entries))
            )

    @property
    def _owner(self) -> Patient | None:
        """The chosen patient, if the list has them."""
        uid = self._state.chosen_uid
        return next((each.patient for each in self._state.patients if each.uid == uid), None)


def _bound(call: Callable[[VisitStore], T], store: VisitStore) -> Callable[..., T]:
    """A question to the library as a job's work."""
    return lambda _progress, _cancelled: call(store)


def _visit_row(entry: VisitEntry, here: str | None, owner: Patient | None) -> VisitRow:
    foreign = owner is not None and entry.stated not in (owner, Patient())
    return VisitRow(
        entry.visit,
        entry.descriptions,
        entry.analyses,
        entry.visit.uid == here,
        entry.dated_by,
        entry.stated if foreign else None,
    )


def _row(entry: PatientEntry) -> PatientRow:
    return PatientRow(entry.uid, entry.patient, entry.visits, entry.last_day)


def _likeness(visit_uid: str, store: VisitStore) -> LikenessOffer | None:
    """The first patient who may be the person of this visit."""
    here = store.patient_of(visit_uid)
    alike = store.lookalikes(here.uid)
    return LikenessOffer(visit_uid, here.uid, here.patient, _row(alike[0])) if alike else None


def _latest(store: VisitStore) -> str | None:
    """The newest visit with an analysis, of the patient who was here last."""
    for patient in store.patients():
        shown = [entry.visit for entry in store.entries(patient.uid) if entry.analyses]
        if shown:
            return max(shown, key=lambda visit: visit.day or date.min).uid
    return None

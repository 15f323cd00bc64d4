"""Changes to the order of the library, each with its way back. No Qt.

Whatever is on screen follows: a visit that was given to another patient, or
whose images were moved, stays open as what it is now; one put aside is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import reviews_of
from app.controllers.showing import Translate
from app.messages import Action, Severity
from app.services import Services
from hipdesk.errors import StoreError
from hipdesk.ports import Cancelled, Progress, RegroupKind, VisitStore

Write = Callable[[VisitStore], None]
"""Changes the library."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the library has what is on screen now."""

    visit_uid: str
    patient_uid: str
    day: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Done:
    """A change that was made.

    Attributes
    ----------
    undo : None where nothing can be undone
    place : None where what was on screen is in no list any more
    """

    undo: Write | None
    place: _Place | None


class Deeds:
    """Has the library changed, says so with a button to undo it, and keeps the screen true.

    Parameters
    ----------
    close_patient : clears the screen
    changed : called after every change with the patient to be chosen, if another one
    """

    def __init__(
        self,
        services: Services,
        desk: Desk,
        translate: Translate,
        close_patient: Callable[[], None],
        changed: Callable[[str | None], None],
    ) -> None:
        self._services = services
        self._desk = desk
        self.translate = translate
        self._close_patient = close_patient
        self._changed = changed

    @property
    def reader(self) -> str:
        """Who is written into the record of changes."""
        return self._services.keeper.settings.reader_name

    def regroup(
        self,
        said: str,
        kind: RegroupKind,
        write: Callable[[VisitStore], Sequence[str]],
        then: str | None = None,
    ) -> None:
        """Regroup; undone by taking it back.

        Parameters
        ----------
        said : what was done, as a sentence
        write : gives the uids of what it moved
        then : patient to be chosen
        """
        reader = self.reader

        def work(store: VisitStore) -> Write | None:
            number = _number_of(store, kind, tuple(write(store)))
            return None if number is None else lambda s: s.take_back(number, reader)

        self._do(said, work, then)

    def put_aside(self, said: str, visits: Sequence[str], reason: str) -> None:
        """Put visits aside; undone by bringing them back."""
        reader = self.reader

        def work(store: VisitStore) -> Write:
            store.put_aside(visits, reason, reader)
            return lambda s: s.bring_back(visits, reader)

        self._do(said, work)

    def simply(self, said: str, write: Write, undo: Write | None = None) -> None:
        """Change the library."""

        def work(store: VisitStore) -> Write | None:
            write(store)
            return undo

        self._do(said, work)

    def _do(
        self, said: str, work: Callable[[VisitStore], Write | None], then: str | None = None
    ) -> None:
        library = self._services.library
        store, exam = library.store, self._desk.exam
        if store is None:
            sentence = library.problem or self.translate(
                "Regroup", "The patient library is not open yet."
            )
            self._services.messages.say(Severity.ERROR, sentence)
            return
        visit = None if exam is None else exam.visit_uid
        open_now = () if exam is None else tuple(each.analysis.uid for each in reviews_of(exam))

        def run(_progress: Progress, _cancelled: Cancelled) -> _Done:
            undo = work(store)
            return _Done(undo, None if visit is None else _place_of(store, visit, open_now))

        def done(made: _Done) -> None:
            self._say(said, made.undo)
            self._follow(visit, made.place)
            self._changed(then)

        what = self.translate("Regroup", "Changing the library")
        self._services.jobs.start(Job(what, run, done, urgent=True, keep=True))

    def _say(self, said: str, undo: Write | None) -> None:
        action = None
        if undo is not None:
            undone = self.translate("Regroup", "It was undone.")
            action = Action(self.translate("Regroup", "Undo"), partial(self.simply, undone, undo))
        self._services.messages.say(Severity.INFO, said, action)

    def _follow(self, visit_uid: str | None, place: _Place | None) -> None:
        """Keep what is on screen as the library has it."""
        exam = self._desk.exam
        if exam is None or visit_uid is None or exam.visit_uid != visit_uid:
            return
        if place is None:
            self._close_patient()
            return
        now = replace(exam, visit_uid=place.visit_uid, patient_uid=place.patient_uid, day=place.day)
        if (now.visit_uid, now.patient_uid, now.day) != (visit_uid, exam.patient_uid, exam.day):
            self._desk.put(now)


def _number_of(store: VisitStore, kind: RegroupKind, things: tuple[str, ...]) -> int | None:
    """The entry of what was just done."""
    for each in store.regroupings():
        if each.kind is kind and each.things == things and each.standing:
            return each.number
    return None


def _place_of(store: VisitStore, visit_uid: str, analyses: Sequence[str]) -> _Place | None:
    """The visit under which the library lists what is on screen."""
    try:
        owner = store.patient_of(visit_uid).uid
        entries = store.entries(owner)
    except StoreError:
        return None
    for entry in entries:
        if any(each.uid in analyses for each in entry.analyses):
            return _Place(entry.visit.uid, owner, entry.visit.day)
    return None

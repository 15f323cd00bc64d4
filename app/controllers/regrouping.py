"""The page on which patients are merged and parted, visits and studies moved, or put aside.

Nothing is done before the reader has seen both identities side by side; where
birth date or sex differ, not without a reason and a second look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from app.background import Job
from app.controllers.deeds import Deeds
from app.controllers.showing import Translate
from app.messages import Severity
from app.regroup_state import (
    OF_ITS_OWN,
    Person,
    RegroupPlan,
    Wish,
    person_of,
)
from app.services import Services
from app.state import PatientRow
from app.views.protocols import RegroupView
from hipdesk.ports import PatientEntry, RegroupKind, VisitEntry, VisitStore
from hipdesk.records import Side
from hipdesk.review import PairKind

T = TypeVar("T")

PLAN: Final = "regroup.plan"
SEARCH: Final = "regroup.search"
OTHER: Final = "regroup.other"

MOST_FOUND: Final = 50
"""Patients offered at once; a search finds others."""

_TO_OTHERS: Final = (Wish.MERGE, Wish.MOVE)
"""Wishes for which another patient is chosen."""


class RegroupController:
    """Hears the page, and has done what was decided on it."""

    def __init__(
        self, view: RegroupView, services: Services, translate: Translate, deeds: Deeds
    ) -> None:
        self._view = view
        self._services = services
        self.translate = translate
        self._deeds = deeds
        self._plan: RegroupPlan | None = None
        view.listen(self)

    # What is wished

    def of_patient(self, wish: Wish, patient_uid: str) -> None:
        """A patient is to be merged with another, parted, or put aside with all visits."""
        self._begin(wish, lambda store: _of_patient(store, patient_uid))

    def of_visit(self, wish: Wish, visit_uid: str, other_uid: str | None = None) -> None:
        """A visit is to be moved, parted or put aside, its studies moved, its scans paired.

        Parameters
        ----------
        other_uid : a patient who is proposed to have it
        """
        self._begin(wish, lambda store: _of_visit(store, visit_uid), visit_uid, other_uid)

    def _begin(
        self,
        wish: Wish,
        ask: Callable[[VisitStore], tuple[PatientEntry, tuple[VisitEntry, ...]]],
        visit_uid: str | None = None,
        other_uid: str | None = None,
    ) -> None:
        def read(store: VisitStore) -> RegroupPlan:
            entry, entries = ask(store)
            plan = _begun(wish, person_of(entry, entries), entries, visit_uid)
            if wish in _TO_OTHERS:
                plan = replace(plan, found=_offered(store, entry.uid, ""))
            if wish is Wish.REPEAT:
                plan = replace(plan, named=_named(store))
            if other_uid is not None:
                plan = replace(plan, other=_person(store, other_uid))
            return plan

        self._ask(PLAN, read, self._show)

    # Gestures

    def search(self, words: str) -> None:
        """Offer patients whom these words describe."""
        plan = self._plan
        if plan is None or plan.wish not in _TO_OTHERS:
            return
        uid = plan.here.uid

        def done(found: tuple[PatientRow, ...]) -> None:
            self._change(found=found, words=words)

        self._ask(SEARCH, lambda store: _offered(store, uid, words), done)

    def choose_other(self, patient_uid: str) -> None:
        """Show this patient beside."""
        plan = self._plan
        if plan is None or plan.wish not in _TO_OTHERS:
            return
        here = plan.here.patient

        def done(other: Person) -> None:
            better = here.matchable and not other.patient.matchable
            self._change(other=other, turned=plan.wish is Wish.MERGE and better)

        self._ask(OTHER, lambda store: _person(store, patient_uid), done)

    def choose_again(self) -> None:
        """Back to the patients who can be chosen."""
        self._services.jobs.cancel_topic(OTHER)
        self._change(other=None, turned=False)

    def pick(self, uid: str, picked: bool) -> None:
        """A visit, study or analysis is meant, or not; of studies one at a time."""
        plan = self._plan
        if plan is None:
            return
        before = frozenset[str]() if plan.wish is Wish.STUDY else plan.picked
        self._change(picked=before | {uid} if picked else before - {uid})

    def choose_target(self, visit_uid: str) -> None:
        """The visit to which the study is to belong."""
        self._change(target=visit_uid)

    def turn(self, turned: bool) -> None:
        """Whose name and number the merged patient keeps."""
        self._change(turned=turned)

    def confirm(self, reason: str, sure: bool) -> None:
        """Do it: not without a reason where one is needed, nor unsure where identities differ."""
        plan = self._plan
        if plan is None or not plan.ready:
            return
        shown = plan.shown
        if (shown.reasoned and not reason.strip()) or (shown.unlike and not sure):
            return
        self.leave()
        self._do(plan, reason.strip())

    def leave(self) -> None:
        """Leave everything as it is."""
        for topic in (PLAN, SEARCH, OTHER):
            self._services.jobs.cancel_topic(topic)
        if self._plan is not None:
            self._plan = None
            self._view.show_plan(None)

    # Doing it

    def _do(self, plan: RegroupPlan, reason: str) -> None:
        match plan.wish:
            case Wish.MERGE:
                self._merge(plan, reason)
            case Wish.MOVE:
                self._move(plan, reason)
            case Wish.SPLIT:
                self._split(plan, reason)
            case Wish.STUDY:
                self._move_study(plan, reason)
            case Wish.ASIDE:
                said = self.translate("Regroup", "Put aside; nothing was deleted.")
                self._deeds.put_aside(said, _picked(plan), reason)
            case Wish.REPEAT:
                self._name(plan)

    def _merge(self, plan: RegroupPlan, reason: str) -> None:
        if plan.other is None:
            return
        pair = plan.here.uid, plan.other.uid
        gone, kept = reversed(pair) if plan.turned else pair
        reader = self._deeds.reader
        self._deeds.regroup(
            self.translate("Regroup", "The two patients are one in the library now."),
            RegroupKind.MERGED,
            lambda store: store.merge_patients(gone, kept, reader, reason),
            kept,
        )

    def _move(self, plan: RegroupPlan, reason: str) -> None:
        if plan.other is None:
            return
        (visit,), into, reader = _picked(plan), plan.other.uid, self._deeds.reader

        def write(store: VisitStore) -> Sequence[str]:
            store.move_visit(visit, into, reader, reason)
            return (visit,)

        said = self.translate("Regroup", "The visit belongs to the other patient now.")
        alone = len(plan.here.visits) == 1
        self._deeds.regroup(said, RegroupKind.MOVED, write, into if alone else None)

    def _split(self, plan: RegroupPlan, reason: str) -> None:
        visits, reader = _picked(plan), self._deeds.reader

        def write(store: VisitStore) -> Sequence[str]:
            store.split_visits(visits, reader, reason)
            return visits

        said = self.translate("Regroup", "The visits are a patient of their own now.")
        self._deeds.regroup(said, RegroupKind.SPLIT, write)

    def _move_study(self, plan: RegroupPlan, reason: str) -> None:
        (study,), reader = _picked(plan), self._deeds.reader
        target = None if plan.target == OF_ITS_OWN else plan.target

        def write(store: VisitStore) -> Sequence[str]:
            store.move_study(study, target, reader, reason)
            return (study,)

        said = self.translate("Regroup", "The images belong to the other visit now.")
        self._deeds.regroup(said, RegroupKind.STUDY_MOVED, write)

    def _name(self, plan: RegroupPlan) -> None:
        """Name two scans as repeats, or take that back."""
        entry = plan.entry
        if entry is None:
            return
        first, second = (each for each in reversed(entry.analyses) if each.uid in plan.picked)
        reader, kind = self._deeds.reader, PairKind.SCAN_RESCAN

        def each_named(store: VisitStore) -> None:
            for side in plan.common_sides:
                one, other = ((each.uid, each.newest.get(side, 0)) for each in (first, second))
                store.name_repeat(kind, one, other, side, reader)

        def each_withdrawn(store: VisitStore) -> None:
            _withdraw(store, plan.picked, reader)

        if plan.picked in plan.named:
            said = self.translate("Regroup", "The two scans are not repeats any more.")
            self._deeds.simply(said, each_withdrawn, each_named)
        else:
            said = self.translate("Regroup", "The two scans are repeats of an unchanged hip now.")
            self._deeds.simply(said, each_named, each_withdrawn)

    # Asking, and the view

    def _ask(self, topic: str, ask: Callable[[VisitStore], T], done: Callable[[T], None]) -> None:
        library = self._services.library
        store = library.store
        if store is None:
            said = library.problem or self.translate(
                "Regroup", "The patient library is not open yet."
            )
            self._services.messages.say(Severity.ERROR, said)
            return
        what = self.translate("Regroup", "Reading the library")
        job = Job(what, lambda _progress, _cancelled: ask(store), done, urgent=True, topic=topic)
        self._services.jobs.start(job)

    def _change(self, **parts: object) -> None:
        if self._plan is not None:
            self._show(replace(self._plan, **parts))  # type: ignore[arg-type]

    def _show(self, plan: RegroupPlan) -> None:
        self._plan = plan
        self._view.show_plan(plan.shown)


def _begun(
    wish: Wish, here: Person, entries: tuple[VisitEntry, ...], visit_uid: str | None
) -> RegroupPlan:
    """A wish with what it can only mean picked already."""
    plan = RegroupPlan(wish, here, entries, visit_uid)
    match wish:
        case Wish.MOVE | Wish.SPLIT | Wish.ASIDE if visit_uid is not None:
            picked = {visit_uid}
        case Wish.ASIDE:
            picked = {each.uid for each in here.visits}
        case Wish.STUDY if len(plan.lines) == 1:
            picked = {plan.lines[0].uid}
        case Wish.REPEAT if len(plan.lines) == len(Side):
            picked = {each.uid for each in plan.lines}
        case _:
            picked = set()
    return replace(plan, picked=frozenset(picked))


def _picked(plan: RegroupPlan) -> tuple[str, ...]:
    """What was picked, in the order of the list."""
    return tuple(each.uid for each in plan.lines if each.uid in plan.picked)


def _of_patient(store: VisitStore, uid: str) -> tuple[PatientEntry, tuple[VisitEntry, ...]]:
    entries = store.entries(uid)
    return store.patient_of(entries[0].visit.uid), entries


def _of_visit(store: VisitStore, uid: str) -> tuple[PatientEntry, tuple[VisitEntry, ...]]:
    entry = store.patient_of(uid)
    return entry, store.entries(entry.uid)


def _person(store: VisitStore, uid: str) -> Person:
    return person_of(*_of_patient(store, uid))


def _offered(store: VisitStore, uid: str, words: str) -> tuple[PatientRow, ...]:
    """Other patients whom the words describe; without words those alike come first."""
    alike = () if words.strip() else store.lookalikes(uid)
    every = dict.fromkeys((*alike, *store.patients(words, MOST_FOUND)))
    return tuple(
        PatientRow(each.uid, each.patient, each.visits, each.last_day)
        for each in every
        if each.uid != uid
    )


def _named(store: VisitStore) -> frozenset[frozenset[str]]:
    """Pairs of analyses that are named as scanned twice."""
    return frozenset(
        frozenset((pair.first.hip.analysis_uid, pair.second.hip.analysis_uid))
        for pair in store.repeat_pairs()
        if pair.kind is PairKind.SCAN_RESCAN
    )


def _withdraw(store: VisitStore, analyses: frozenset[str], reader: str) -> None:
    """Take back that these two are repeats, of every hip for which that was said."""
    for pair in store.repeat_pairs():
        hips = pair.first.hip, pair.second.hip
        if pair.kind is PairKind.SCAN_RESCAN and {hip.analysis_uid for hip in hips} == analyses:
            first, second = ((hip.analysis_uid, hip.revision) for hip in hips)
            store.withdraw_repeat(pair.kind, first, second, hips[0].side, reader)

"""A visit's clinical record: entered in forms, checked as it is typed, kept by the library.

Nothing that can be read is lost: what was typed is kept when the page goes away,
and a field that cannot be read keeps what the library holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from types import MappingProxyType
from typing import Final, TypeVar

from app.background import Job
from app.clinical_state import (
    Cells,
    ClinicalShown,
    ReadingDraft,
    TreatmentDraft,
    cells_of,
    figures_of,
)
from app.controllers.desk import Desk
from app.controllers.showing import Translate, tell_known
from app.messages import Severity
from app.services import Services
from app.state import Exam
from app.views.protocols import ClinicalView
from hipdesk.clinical import ClinicalFacts, PartialDate, Treatment
from hipdesk.clinical_cells import read_date
from hipdesk.clinical_lines import read_facts
from hipdesk.errors import RefusedValue
from hipdesk.himriss import Reading, next_number
from hipdesk.ports import ClinicalRecord, VisitStore
from hipdesk.records import Patient

T = TypeVar("T")

TOPIC: Final = "clinical"


@dataclass(frozen=True, slots=True)
class _Open:
    """The record on the page.

    Attributes
    ----------
    cells : as they are typed
    """

    patient: Patient
    record: ClinicalRecord
    cells: Cells = field(repr=False)

    @property
    def held(self) -> ClinicalFacts | None:
        return _facts_in(self.record)


class ClinicalController:
    """Hears the page of the clinical record."""

    def __init__(
        self, view: ClinicalView, desk: Desk, services: Services, translate: Translate
    ) -> None:
        self._view = view
        self._desk = desk
        self._services = services
        self.translate = translate
        self._open: _Open | None = None
        self._watchers: list[Callable[[], None]] = []
        self._begin_blinded: Callable[[Sequence[str]], None] | None = None
        view.listen(self)
        desk.watch(self._follow)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call this whenever something was kept."""
        self._watchers.append(watcher)

    def show(self, visit_uid: str) -> None:
        """Bring up the record of a visit, never beside another patient."""
        self.leave()

        def ask(store: VisitStore) -> tuple[Patient, ClinicalRecord]:
            return store.patient_of(visit_uid).patient, store.clinical_record(visit_uid)

        self._read(ask, lambda found: self._take(*found))

    def _take(self, patient: Patient, record: ClinicalRecord) -> None:
        exam = self._desk.exam
        if exam is not None and exam.patient_uid != record.patient_uid:
            said = self.translate(
                "Clinical",
                "Another patient is on screen: close that one first (Ctrl+W), then open the "
                "clinical record again.",
            )
            self._services.messages.say(Severity.WARNING, said)
            return
        self._open = _Open(patient, record, cells_of(_facts_in(record)))
        self._show()

    def refresh(self) -> None:
        """The library got more than was typed here; what is being typed stays."""
        self._again(None)

    # Facts

    def edit(self, cells: Cells) -> None:
        """Something was typed: say what it comes to."""
        if self._open is not None:
            self._open = _Open(self._open.patient, self._open.record, MappingProxyType(dict(cells)))
            self._check()

    def keep(self) -> None:
        """Keep the facts; not while a field cannot be read."""
        if self._open is not None and not self._problems(self._open):
            self._keep(self._open, self._again)

    def leave(self) -> None:
        """The page goes away: what was typed and can be read is kept."""
        opened, self._open = self._open, None
        if opened is None:
            return
        problems = self._problems(opened)
        if problems and self._facts(opened) != opened.held:
            said = self.translate(
                "Clinical",
                "Fields of the clinical record that could not be read were left as they were.",
            )
            self._services.messages.say(Severity.WARNING, said)
        self._keep(opened, lambda _nothing: None)
        self._view.show_record(None)

    def _keep(self, opened: _Open, done: Callable[[None], None]) -> None:
        facts, reader, uid = self._facts(opened), self._reader, opened.record.visit_uid
        if facts != (opened.held or ClinicalFacts()):
            self._write(lambda store: store.keep_facts(uid, facts, reader), done)

    def _facts(self, opened: _Open) -> ClinicalFacts:
        """What is typed; where that cannot be read, what the library holds."""
        wrong, held = self._problems(opened), cells_of(opened.held)
        kept = {name: held.get(name, "") for name in wrong}
        facts, unread = read_facts({**opened.cells, **kept})
        return facts if not unread else opened.held or ClinicalFacts()

    def _problems(self, opened: _Open) -> tuple[str, ...]:
        facts, problems = read_facts(opened.cells)
        wrong = [each.column for each in problems]
        if facts.symptom_onset is not None and self._future(facts.symptom_onset):
            wrong.append("symptom_onset")
        return tuple(dict.fromkeys(wrong))

    def _future(self, day: PartialDate) -> bool:
        return day.first > self._services.now().date()

    # Treatments

    def keep_treatment(self, draft: TreatmentDraft) -> None:
        """Keep a treatment, or a new state of one."""
        opened = self._open
        if opened is None:
            return
        made = self._treatment(draft)
        if isinstance(made, str):
            self._view.show_refusal(made)
            return
        patient, reader = opened.record.patient_uid, self._reader
        self._add(lambda store: store.keep_treatment(patient, made, reader, uid=draft.uid))

    def withdraw_treatment(self, uid: str) -> None:
        """It was recorded by mistake."""
        opened = self._open
        known = {} if opened is None else dict(opened.record.treatments)
        if opened is not None and uid in known:
            patient, reader = opened.record.patient_uid, self._reader
            self._add(
                lambda store: store.keep_treatment(
                    patient, known[uid], reader, uid=uid, withdrawn=True
                )
            )

    def _treatment(self, draft: TreatmentDraft) -> Treatment | str:
        """The treatment, or why there is none."""
        if not draft.name.strip():
            return self.translate("Clinical", "Enter the name of the drug or operation.")
        days: list[PartialDate | None] = []
        for text in (draft.started, "" if draft.kind.single_event else draft.stopped):
            day = read_date(text) if text.strip() else None
            if text.strip() and day is None:
                return self.translate(
                    "Clinical", "Dates are written as 2024-03-05, 2024-03 or 2024."
                )
            days.append(day)
        if days[0] is not None and draft.kind.single_event and self._future(days[0]):
            return self.translate("Clinical", "This day lies in the future.")
        side = draft.side if draft.kind.single_event else None
        try:
            return Treatment(
                draft.kind, draft.name.strip(), days[0], days[1], draft.dose.strip(), side
            )
        except RefusedValue:
            return self.translate("Clinical", "A treatment must not end before it starts.")

    # HIMRISS

    def keep_reading(self, draft: ReadingDraft) -> None:
        """Keep a reading of a hip in the reader's name."""
        opened, reader = self._open, self._reader
        if opened is None:
            return
        if not reader:
            self._view.show_refusal(
                self.translate(
                    "Clinical",
                    "Enter your name in the settings first: readings are kept by reader.",
                )
            )
            return
        try:
            reading = self._reading(opened.record, draft, reader)
        except RefusedValue:
            self._view.show_refusal(self.translate("Clinical", "Enter at least one total."))
            return
        self._add(lambda store: store.keep_reading(reading, correcting=draft.number is not None))

    def offer_blinded(self, begin: Callable[[Sequence[str]], None]) -> None:
        """Call this with patients whose visits are to be read without their order."""
        self._begin_blinded = begin

    def read_blinded(self, everyone: bool) -> None:
        """Put the page away and read every visit of this patient, or of all, blinded."""
        opened = self._open
        if opened is not None and self._begin_blinded is not None:
            self.leave()
            self._begin_blinded(() if everyone else (opened.record.patient_uid,))

    def _reading(self, record: ClinicalRecord, draft: ReadingDraft, reader: str) -> Reading:
        number = next_number(record.readings, record.visit_uid, draft.side, reader)
        return Reading(
            visit_uid=record.visit_uid,
            side=draft.side,
            reader=reader,
            number=number if draft.number is None else draft.number,
            read_utc=self._services.now().astimezone(UTC),
            blinded_to_order=draft.blinded_to_order,
            femoral=draft.femoral,
            acetabular=draft.acetabular,
            effusion=draft.effusion,
        )

    # The library

    @property
    def _reader(self) -> str:
        return self._services.keeper.settings.reader_name

    def _add(self, write: Callable[[VisitStore], object]) -> None:
        """Have something added beside the facts, which stay as they are typed."""
        self._view.show_refusal("")
        self._write(write, self._again)

    def _again(self, _kept: object) -> None:
        """Read the record anew; what is being typed stays."""
        opened = self._open
        if opened is None:
            return

        def done(record: ClinicalRecord) -> None:
            now = self._open
            if now is not None and now.record.visit_uid == record.visit_uid:
                self._open = _Open(now.patient, record, _merged(now, record))
                self._show()

        uid = opened.record.visit_uid
        self._read(lambda store: store.clinical_record(uid), done)

    def _read(self, ask: Callable[[VisitStore], T], done: Callable[[T], None]) -> None:
        what, store = self.translate("Clinical", "Reading the clinical record"), self._store()
        if store is not None:
            job = Job(what, lambda _p, _c: ask(store), done, urgent=True, topic=TOPIC)
            self._services.jobs.start(job)

    def _write(self, write: Callable[[VisitStore], T], done: Callable[[T], None]) -> None:
        what, store = self.translate("Clinical", "Keeping the clinical record"), self._store()

        def kept(found: T) -> None:
            done(found)
            for watcher in self._watchers:
                watcher()

        if store is not None:
            self._services.jobs.start(
                Job(
                    what,
                    lambda _p, _c: write(store),
                    kept,
                    failed=lambda error: tell_known(self._services.messages, error),
                    urgent=True,
                    keep=True,
                )
            )

    def _store(self) -> VisitStore | None:
        library = self._services.library
        if library.store is None and library.problem:
            self._services.messages.say(Severity.WARNING, library.problem)
        return library.store

    # The view

    def _follow(self, exam: Exam | None) -> None:
        """Leave the page when another patient comes on screen."""
        opened = self._open
        if opened is None or exam is None:
            return
        if exam.patient_uid != opened.record.patient_uid:
            self.leave()

    def _show(self) -> None:
        opened = self._open
        if opened is None:
            return
        record, held = opened.record, opened.record.held
        self._view.show_record(
            ClinicalShown(
                opened.patient,
                record.day,
                opened.cells,
                None if record.before is None else record.before.day,
                record.treatments,
                record.readings,
                self._reader,
                "" if held is None else held.reader,
                None if held is None else held.at_utc,
            )
        )
        self._check()

    def _check(self) -> None:
        opened = self._open
        if opened is None:
            return
        before = opened.record.before
        facts, _ = read_facts(opened.cells)
        changed = self._facts(opened) != (opened.held or ClinicalFacts())
        self._view.show_checked(
            self._problems(opened), figures_of(facts, before.facts if before else None), changed
        )


def _merged(opened: _Open, record: ClinicalRecord) -> Cells:
    """Cells as the library holds them by now, but those that were typed meanwhile."""
    before = cells_of(opened.held)
    typed = {
        name: text for name, text in opened.cells.items() if text.strip() != before.get(name, "")
    }
    return MappingProxyType({**cells_of(_facts_in(record)), **typed})


def _facts_in(record: ClinicalRecord) -> ClinicalFacts | None:
    return None if record.held is None else record.held.facts

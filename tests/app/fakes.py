"""Everything outside the controllers, in memory: jobs, library, reader, networks, views."""

from __future__ import annotations

import inspect
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.background import Job, JobStatus
from app.messages import Messages
from app.services import Services
from hipdesk.alignment import Alignment, AlignmentRequest, judged
from hipdesk.amendment import unsettled
from hipdesk.bone_surface import rigid
from hipdesk.clinical import ClinicalFacts, Treatment
from hipdesk.errors import BugError, Cancelled, KnownError, StoreError
from hipdesk.himriss import BlindedOrder, Reading, standing
from hipdesk.hip_alignment import HipAlignment
from hipdesk.matching import placed
from hipdesk.ports import (
    AnalysisEntry,
    AsideEntry,
    ClinicalHistory,
    ClinicalRecord,
    ClinicalVisit,
    DatedFacts,
    PatientEntry,
    ProtocolChoice,
    Regrouping,
    RegroupKind,
    ScannerProtocol,
    StoredVisit,
    StudyEntry,
    VisitEntry,
    never_cancelled,
)
from hipdesk.ports import Cancelled as CancelledAsk
from hipdesk.records import (
    Analysis,
    Contrast,
    HipResult,
    ModelRef,
    Origin,
    Patient,
    Scan,
    Series,
    Side,
    SkippedFile,
    Visit,
    VisitHip,
    Volume,
)
from hipdesk.review import (
    BrushAct,
    BrushEntry,
    PairKind,
    RepeatPair,
    Review,
    Reviewed,
    ReviewKind,
    Revision,
    Stroke,
    Take,
    current_revision,
    open_entries,
    standing_of,
    strokes_of,
)
from hipdesk.scanner_protocol import same_protocol
from hipdesk.settings import Charsets, Settings
from tests.stacks import FakeLocator, FakeSegmenter, patient_volume, stack_about, turned

NOW = datetime(2024, 5, 6, 14, 30, tzinfo=UTC)

SHAPE = (9, 100, 160)
"""Slices, rows, columns of `make_volume`: small, but both hips are found and scored on it."""

STACK = stack_about(turned(0, 0, 0), (5.0, 2.0, 2.0), SHAPE)


def make_volume(
    patient: Patient | None = None,
    *,
    number: int = 1,
    study: int = 1,
    day: date | None = date(2024, 3, 1),
    contrast: Contrast = Contrast.STIR,
    sides: tuple[Side, ...] = tuple(Side),
    description: str = "cor STIR",
) -> Volume:
    """A simulated series that `FakeLocator` and `FakeSegmenter` can read.

    Its hash and UIDs follow from ``study`` and ``number``.
    """
    volume = _simulated(contrast, sides)
    uid = f"1.2.{study}.{number}"
    slices = tuple(
        replace(each, key=each.key._replace(sop_instance_uid=f"{uid}.{index + 1}"))
        for index, each in enumerate(volume.series.slices)
    )
    series = replace(
        volume.series,
        uid=uid,
        patient=patient or make_patient(),
        study=replace(volume.series.study, uid=f"1.2.{study}", date=day),
        description=description,
        number=number,
        slices=slices,
    )
    return Volume(series, volume.voxels, f"{study:032x}{number:032x}")


@lru_cache
def _simulated(contrast: Contrast, sides: tuple[Side, ...]) -> Volume:
    volume = patient_volume(STACK, SHAPE, contrast, sides)
    volume.voxels.setflags(write=False)
    return volume


def make_patient(identifier: str = "4711", name: str = "Doe^Jane", issuer: str = "C") -> Patient:
    """A patient who can be matched, unless ``issuer`` is empty."""
    return Patient(identifier, issuer, name, date(1980, 5, 17), "F")


@dataclass
class _Begun:
    """A job whose work has been done and whose answer is held back."""

    job: Job[Any]
    result: Any = None
    error: BaseException | None = None


class FakeJobs:
    """`app.background.Jobs` without threads.

    ``at_once`` does a job when it is started. Otherwise it waits: `run` does the
    next one, `work` and `deliver` its two halves, `run_all` everything.
    An error that is neither known nor a cancellation is raised into the test,
    unless ``forgiving``.

    Attributes
    ----------
    on_progress : called at every progress of the running job; may cancel it
    closing : only saves are done
    """

    def __init__(self, messages: Messages | None = None, *, at_once: bool = False) -> None:
        self.messages = messages or Messages()
        self.at_once = at_once
        self.forgiving = False
        self.closing = False
        self.on_progress: Callable[[int, float, str], None] | None = None
        self.started: list[Job[Any]] = []
        self._waiting: dict[int, Job[Any]] = {}
        self._running: dict[int, Job[Any]] = {}
        self._held: dict[int, _Begun] = {}
        self._cancelled: set[int] = set()
        self._stale: set[int] = set()
        self._watchers: list[Callable[[tuple[JobStatus, ...]], None]] = []

    def start(self, job: Job[Any]) -> int:
        number = len(self.started) + 1
        self.started.append(job)
        self._supersede(job)
        if self.closing and not job.keep:
            if job.stopped is not None:
                job.stopped()
            return number
        self._waiting[number] = job
        self._tell()
        if self.at_once:
            self.run(number)
        return number

    def cancel(self, number: int) -> None:
        job = self._known().get(number)
        if job is None or job.keep:
            return
        self._cancelled.add(number)
        if self._waiting.pop(number, None) is not None and job.stopped is not None:
            job.stopped()
        self._tell()

    def cancel_topic(self, topic: str) -> None:
        for number, job in self._known().items():
            if job.topic == topic:
                self.cancel(number)

    @property
    def running(self) -> tuple[JobStatus, ...]:
        every = {**self._running, **{n: held.job for n, held in self._held.items()}}
        return tuple(
            JobStatus(
                number=number,
                what=job.what,
                fraction=0.0,
                detail="",
                waiting=number in self._waiting,
                cancellable=not job.keep and number not in self._cancelled,
                began=0.0,
                stopping=number in self._cancelled,
                awaited=job.keep or job.awaited,
            )
            for number, job in {**every, **self._waiting}.items()
        )

    def watch(self, watcher: Callable[[tuple[JobStatus, ...]], None]) -> None:
        self._watchers.append(watcher)

    @property
    def waiting(self) -> tuple[str, ...]:
        """What waits, in the order in which it will be done."""
        return tuple(self._waiting[number].what for number in self._order())

    def work(self, number: int | None = None) -> int:
        """Do the next waiting job's work, holding its answer back; its number."""
        number = self._order()[0] if number is None else number
        job = self._waiting.pop(number)
        self._running[number] = job
        self._tell()
        held = _Begun(job)
        try:
            held.result = job.work(
                lambda fraction, what: self._progress(number, fraction, what),
                lambda: number in self._cancelled,
            )
        except Exception as error:
            held.error = error
        del self._running[number]
        self._held[number] = held
        return number

    def deliver(self, number: int) -> None:
        """Give the answer that was held back."""
        held = self._held.pop(number)
        self._tell()
        job, error = held.job, held.error
        if number in self._stale:
            return
        if number in self._cancelled or isinstance(error, Cancelled):
            if job.stopped is not None:
                job.stopped()
        elif error is None:
            job.done(held.result)
        else:
            self._fail(job, error)

    def run(self, number: int | None = None) -> None:
        """Do the next waiting job, or this one."""
        self.deliver(self.work(number))

    def run_all(self) -> None:
        """Do everything that waits, and what that starts."""
        while self._waiting:
            self.run()

    def _order(self) -> list[int]:
        return sorted(self._waiting, key=lambda number: (not self._waiting[number].urgent, number))

    def _known(self) -> dict[int, Job[Any]]:
        held = {number: begun.job for number, begun in self._held.items()}
        return {**self._waiting, **self._running, **held}

    def _supersede(self, newer: Job[Any]) -> None:
        if not newer.topic:
            return
        for number, job in self._known().items():
            if job.topic == newer.topic and not job.keep:
                self._stale.add(number)
                self._cancelled.add(number)
                self._waiting.pop(number, None)

    def _progress(self, number: int, fraction: float, what: str) -> None:
        job = self._running[number]
        if job.progressed is not None and number not in self._cancelled:
            job.progressed(fraction, what)
        if self.on_progress is not None:
            self.on_progress(number, fraction, what)

    def _fail(self, job: Job[Any], error: BaseException) -> None:
        known = isinstance(error, KnownError)
        if not known and not self.forgiving:
            raise error
        if job.failed is None or not known:
            self.messages.tell(error)
        if job.failed is not None:
            job.failed(error)  # type: ignore[arg-type]

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher(self.running)


class FakeReader:
    """A `hipdesk.ports.StudyReader` of folders that tests fill.

    Attributes
    ----------
    damaged : series that cannot be read, by uid
    names : the patient's, by the character set in which they are read
    """

    def __init__(self) -> None:
        self.folders: dict[Path, Scan | Exception] = {}
        self.volumes: dict[tuple[str, Path | None], Volume] = {}
        self.damaged: dict[str, Exception] = {}
        self.scanned: list[Path] = []
        self.names: dict[str, str] = {}

    def put(
        self, root: str | Path, *volumes: Volume, skipped: Sequence[SkippedFile] = ()
    ) -> tuple[Path, ...]:
        """Fill a folder; the folder as `open_paths` takes it."""
        root = Path(root)
        placed = tuple(replace(each, series=_under(root, each.series)) for each in volumes)
        for volume in placed:
            self.volumes[volume.series.uid, root] = volume
        self.folders[root] = Scan(root, tuple(v.series for v in placed), tuple(skipped), 0.5)
        return (root,)

    def scan(
        self,
        root: Path,
        progress: Any = None,
        cancelled: Any = None,
        found: Any = None,
        charset: str = "",
    ) -> Scan:
        self.scanned.append(root)
        _step(progress, cancelled, "Reading headers")
        held = self.folders[root]
        if isinstance(held, Exception):
            raise held
        series = tuple(self._spelt(each, charset) for each in held.series)
        for each in series:
            if found is not None:
                found(each)
            _step(progress, cancelled, "Reading headers")
        return replace(held, series=series)

    def _spelt(self, series: Series, charset: str) -> Series:
        name = self.names.get(charset, series.patient.name)
        return replace(series, patient=replace(series.patient, name=name), charset=charset)

    def spellings(self, series: Series) -> Mapping[str, str]:
        return dict(self.names)

    def read(self, series: Series, progress: Any = None, cancelled: Any = None) -> Volume:
        _step(progress, cancelled, "Reading images")
        if series.uid in self.damaged:
            raise self.damaged[series.uid]
        held = self.volumes[series.uid, series.slices[0].path.parent]
        return replace(held, series=replace(series, slices=held.series.slices))


def _under(root: Path, series: Series) -> Series:
    slices = tuple(replace(each, path=root / each.path.name) for each in series.slices)
    return replace(series, slices=slices)


def _step(progress: Any, cancelled: Any, what: str) -> None:
    if progress is not None:
        progress(0.5, what)
    if cancelled is not None and cancelled():
        raise Cancelled


@dataclass
class _Visit:
    uid: str
    patient: str
    day: date | None
    study: str
    saved: datetime
    analyses: list[str] = field(default_factory=list)
    stated: str = ""
    dated_by: str | None = None
    aside: AsideEntry | None = None


@dataclass
class _Kept:
    reviewed: Reviewed
    visit: str
    thumbnail: np.ndarray | None
    brushed: list[BrushEntry] = field(default_factory=list)


class FakeStore:
    """A `hipdesk.ports.VisitStore` in memory, with the rules of the real one.

    Parameters
    ----------
    reader : gets the copies of saved series, so that they can be opened again

    Attributes
    ----------
    failing : method name to the error that it raises from now on
    calls : names of the methods that were called
    """

    def __init__(self, reader: FakeReader | None = None) -> None:
        self.reader = reader
        self.failing: dict[str, Exception] = {}
        self.calls: Counter[str] = Counter()
        self.people: dict[str, Patient] = {}
        self.kept: dict[str, _Kept] = {}
        self.orders: list[BlindedOrder | None] = []
        self.reports: list[tuple[str, str, bool, str]] = []
        self.apart: set[frozenset[str]] = set()
        self.pairs: list[RepeatPair] = []
        self.closed = False
        self.charsets: dict[str, str] = {}
        self._visits: dict[str, _Visit] = {}
        self.facts: dict[str, list[DatedFacts]] = {}
        self.treatments: dict[str, dict[str, Treatment]] = {}
        self.readings: list[Reading] = []
        self.aligned: list[HipAlignment] = []
        self._regrouped: list[Regrouping] = []
        self._moved_studies: dict[str, str] = {}

    def add(
        self, analysis: Analysis, source_files: Sequence[Path], thumbnail: np.ndarray | None = None
    ) -> str:
        self._called("add")
        series = analysis.series
        assert {each.path for each in series.slices} <= set(source_files)
        visit = self._visit_for(series)
        visit.analyses.insert(0, analysis.uid)
        self.kept[analysis.uid] = _Kept(Reviewed(analysis), visit.uid, thumbnail)
        self.charsets[analysis.uid] = series.charset
        if self.reader is not None:
            self.reader.put(self._folder(analysis.uid), self.reader.read(series))
        return visit.uid

    def analysed(
        self, series: Series, pixel_sha256: str, models: Sequence[ModelRef], definition: str
    ) -> tuple[str, str] | None:
        self._called("analysed")
        wanted = sorted((model.name, model.sha256) for model in models)
        found = []
        for age, (uid, kept) in enumerate(self.kept.items()):
            of = kept.reviewed.analysis
            same = (
                of.series.uid == series.uid
                and _unnamed(of.series.patient) == _unnamed(series.patient)
                and of.pixel_sha256 == pixel_sha256
                and of.definition == definition
                and sorted((model.name, model.sha256) for model in of.models) == wanted
            )
            if same:
                stands = [kept.reviewed.standing(hip.side) for hip in of.hips]
                rank = (
                    any(each.signed for each in stands),
                    any(each.verdict is not None for each in stands),
                    bool(kept.reviewed.revisions),
                    age,
                )
                found.append((rank, (uid, kept.visit)))
        return max(found)[1] if found else None

    def visits(self, patient: Patient) -> tuple[StoredVisit, ...]:
        self._called("visits")
        owner = self._person(patient) if patient.matchable else None
        return tuple(
            StoredVisit(self._record(each), each.saved) for each in self._of(owner or "nobody")
        )

    def patients(self, words: str = "", limit: int = 200) -> tuple[PatientEntry, ...]:
        self._called("patients")
        wanted = words.casefold().split()
        found = [
            self._entry(uid)
            for uid, who in self.people.items()
            if all(word in f"{who.name} {who.patient_id}".casefold() for word in wanted)
        ]
        listed = [each for each in found if each.visits]
        return tuple(sorted(listed, key=lambda each: each.last_day or date.min, reverse=True))[
            :limit
        ]

    def patient_of(self, visit_uid: str) -> PatientEntry:
        self._called("patient_of")
        return self._entry(self._known_visit(visit_uid).patient)

    def entries(self, patient_uid: str) -> tuple[VisitEntry, ...]:
        self._called("entries")
        return tuple(
            VisitEntry(
                self._record(each),
                patient_uid,
                ("Hips",),
                tuple(self._analysis_entry(uid) for uid in each.analyses),
                self.people[each.stated],
                self._studies(each),
                each.dated_by,
            )
            for each in self._of(patient_uid)
        )

    def lookalikes(self, patient_uid: str) -> tuple[PatientEntry, ...]:
        self._called("lookalikes")
        here = self.people[patient_uid]
        alike = [
            uid
            for uid, who in self.people.items()
            if uid != patient_uid
            and frozenset((uid, patient_uid)) not in self.apart
            and who.resembles(here)
        ]
        return tuple(each for each in map(self._entry, alike) if each.visits)

    def move_visit(self, visit_uid: str, patient_uid: str, reader: str, reason: str = "") -> str:
        self._called("move_visit")
        before = self._known_visit(visit_uid).patient
        self._refuse_unlike([visit_uid], patient_uid, reason)
        self._give(RegroupKind.MOVED, (visit_uid,), before, patient_uid, reader, reason)
        return before

    def merge_patients(
        self, patient_uid: str, into_uid: str, reader: str, reason: str = ""
    ) -> tuple[str, ...]:
        self._called("merge_patients")
        visits = tuple(each.uid for each in self._visits.values() if each.patient == patient_uid)
        self._refuse_unlike(visits, into_uid, reason)
        self._give(RegroupKind.MERGED, visits, patient_uid, into_uid, reader, reason)
        return visits

    def split_visits(self, visit_uids: Sequence[str], reader: str, reason: str = "") -> str:
        self._called("split_visits")
        first = self._known_visit(visit_uids[0])
        before, new = first.patient, f"patient-{len(self.people) + 1}"
        self.people[new] = self.people[first.stated]
        self.apart.add(frozenset((before, new)))
        self._give(RegroupKind.SPLIT, tuple(visit_uids), before, new, reader, reason)
        return new

    def move_study(
        self, study_uid: str, visit_uid: str | None, reader: str, reason: str = ""
    ) -> str:
        """A visit of the fake has one study, named after it."""
        self._called("move_study")
        source = self._known_visit(study_uid.removeprefix("study of "))
        if visit_uid is None:
            raise BugError("the only study of a visit needs no visit of its own")
        target = self._known_visit(visit_uid)
        target.analyses += source.analyses
        source.aside = self._aside(source, "emptied", reader)
        self._moved_studies[source.uid] = target.uid
        self._tell(RegroupKind.STUDY_MOVED, (study_uid,), source.patient, reader, reason)
        return visit_uid

    def regroupings(self) -> tuple[Regrouping, ...]:
        self._called("regroupings")
        last: dict[str, int] = {}
        for each in self._regrouped:
            last.update(dict.fromkeys(each.things, each.number))
        return tuple(
            replace(each, standing=all(last[thing] == each.number for thing in each.things))
            for each in reversed(self._regrouped)
        )

    def take_back(self, number: int, reader: str) -> None:
        self._called("take_back")
        deed = next((each for each in self.regroupings() if each.number == number), None)
        if deed is None or not deed.standing:
            raise StoreError("Nothing was saved: it was regrouped again since.")
        self._regrouped = [each for each in self._regrouped if each.number != number]
        for thing in deed.things:
            if deed.kind is RegroupKind.STUDY_MOVED:
                source = self._known_visit(thing.removeprefix("study of "))
                target = self._known_visit(self._moved_studies.pop(source.uid))
                target.analyses = [a for a in target.analyses if a not in source.analyses]
                source.aside = None
            else:
                self._known_visit(thing).patient = deed.before_uid

    def put_aside(self, visit_uids: Sequence[str], reason: str, reader: str) -> None:
        self._called("put_aside")
        for uid in visit_uids:
            visit = self._known_visit(uid)
            visit.aside = self._aside(visit, reason, reader)

    def bring_back(self, visit_uids: Sequence[str], reader: str) -> None:
        self._called("bring_back")
        for uid in visit_uids:
            self._known_visit(uid).aside = None

    def visits_aside(self) -> tuple[AsideEntry, ...]:
        self._called("visits_aside")
        return tuple(each.aside for each in self._visits.values() if each.aside is not None)

    def _aside(self, visit: _Visit, reason: str, reader: str) -> AsideEntry:
        whose = self.people[visit.patient]
        return AsideEntry(visit.uid, visit.patient, whose, visit.day, reason, reader, NOW)

    def _refuse_unlike(self, visits: Sequence[str], into_uid: str, reason: str) -> None:
        into = self.people[into_uid]
        stated = (self.people[self._known_visit(uid).stated] for uid in visits)
        if not reason.strip() and any(each.unlike(into) for each in stated):
            raise StoreError("Nothing was saved: birth date or sex of the two differ.")

    def _give(
        self,
        kind: RegroupKind,
        visits: tuple[str, ...],
        before: str,
        into: str,
        reader: str,
        reason: str,
    ) -> None:
        for uid in visits:
            self._known_visit(uid).patient = into
        self._tell(kind, visits, before, reader, reason, into)

    def _tell(
        self,
        kind: RegroupKind,
        things: tuple[str, ...],
        before: str,
        reader: str,
        reason: str,
        into: str | None = None,
    ) -> None:
        after = into or before
        self._regrouped.append(
            Regrouping(
                next(_numbers),
                kind,
                things,
                before,
                after,
                self.people[before],
                self.people[after],
                tuple(self._visits[uid].day for uid in things if uid in self._visits),
                reason,
                reader,
                NOW,
                True,
            )
        )

    def _studies(self, visit: _Visit) -> tuple[StudyEntry, ...]:
        into = [uid for uid, target in self._moved_studies.items() if target == visit.uid]
        held = ([] if visit.uid in self._moved_studies else [visit.uid]) + into
        return tuple(
            StudyEntry(f"study of {uid}", self._visits[uid].day, None, "Hips", "") for uid in held
        )

    def keep_apart(self, first_uid: str, second_uid: str, reader: str) -> None:
        self._called("keep_apart")
        self.apart.add(frozenset((first_uid, second_uid)))

    def date_visit(self, visit_uid: str, day: date, reader: str) -> None:
        self._called("date_visit")
        visit = self._known_visit(visit_uid)
        visit.day, visit.dated_by = day, reader

    def name_repeat(
        self,
        kind: PairKind,
        first: tuple[str, int],
        second: tuple[str, int],
        side: Side,
        reader: str,
    ) -> None:
        self._called("name_repeat")
        takes = []
        for uid, revision in (first, second):
            of = self._known(uid).reviewed
            hip = _visit_hip(of.analysis, of.hip_at(side, revision), revision)
            takes.append(Take(hip, of.analysis.pixel_sha256, f"{uid} {revision}"))
        self.pairs.append(RepeatPair(kind, *takes))

    def withdraw_repeat(
        self,
        kind: PairKind,
        first: tuple[str, int],
        second: tuple[str, int],
        side: Side,
        reader: str,
    ) -> None:
        self._called("withdraw_repeat")
        ends = {first, second}

        def same(pair: RepeatPair) -> bool:
            hips = (pair.first.hip, pair.second.hip)
            return pair.kind is kind and {(h.analysis_uid, h.revision) for h in hips} == ends

        self.pairs = [pair for pair in self.pairs if not same(pair)]

    def repeat_pairs(self) -> tuple[RepeatPair, ...]:
        self._called("repeat_pairs")
        return tuple(self.pairs)

    def keep_alignment(self, alignment: HipAlignment) -> None:
        self._called("keep_alignment")
        for uid, _ in (alignment.earlier, alignment.later):
            self._known(uid)
        self.aligned.append(alignment)

    def alignments(self, patient_uid: str) -> tuple[HipAlignment, ...]:
        self._called("alignments")
        own = {each.uid for each in self._of(patient_uid)}
        return tuple(each for each in self.aligned if {each.earlier_visit, each.later_visit} <= own)

    def clinical_record(self, visit_uid: str) -> ClinicalRecord:
        self._called("clinical_record")
        visit = self._known_visit(visit_uid)
        dated = [each for each in self._of(visit.patient) if each.day is not None]
        before = [
            self.facts[each.uid][-1]
            for each in dated
            if visit.day is not None and each.day < visit.day and each.uid in self.facts
        ]
        here = self.facts.get(visit_uid)
        return ClinicalRecord(
            visit_uid,
            visit.patient,
            visit.day,
            None if here is None else here[-1],
            before[-1] if before else None,
            tuple(self.treatments.get(visit.patient, {}).items()),
            standing(each for each in self.readings if each.visit_uid == visit_uid),
        )

    def clinical_history(self, patient_uid: str) -> ClinicalHistory:
        self._called("clinical_history")
        found = []
        for visit in self._of(patient_uid):
            read = standing(each for each in self.readings if each.visit_uid == visit.uid)
            held = self.facts.get(visit.uid)
            if visit.day is not None and (read or held):
                facts = held[-1].facts if held else ClinicalFacts()
                found.append(ClinicalVisit(visit.uid, visit.day, facts, read))
        own = self.treatments.get(patient_uid, {})
        return ClinicalHistory(tuple(found), tuple(own.values()))

    def keep_facts(self, visit_uid: str, facts: ClinicalFacts, reader: str) -> None:
        self._called("keep_facts")
        day = self._known_visit(visit_uid).day
        kept = DatedFacts(visit_uid, day, facts, reader, NOW)
        self.facts.setdefault(visit_uid, []).append(kept)

    def keep_treatment(
        self,
        patient_uid: str,
        treatment: Treatment,
        reader: str,
        *,
        uid: str | None = None,
        withdrawn: bool = False,
    ) -> str:
        self._called("keep_treatment")
        own = self.treatments.setdefault(patient_uid, {})
        name = uid or f"treatment-{next(_numbers)}"
        own.pop(name, None)
        if not withdrawn:
            own[name] = treatment
        return name

    def keep_reading(
        self, reading: Reading, *, correcting: bool = False, order: BlindedOrder | None = None
    ) -> None:
        self._called("keep_reading")
        self.orders.append(order)
        self.readings.append(reading)

    def load(self, analysis_uid: str, series: Series) -> Reviewed:
        self._called("load")
        reviewed = self._known(analysis_uid).reviewed
        return replace(reviewed, analysis=replace(reviewed.analysis, series=series))

    def charset(self, analysis_uid: str) -> str:
        self._called("charset")
        return self.charsets[analysis_uid]

    def respell(self, analysis_uid: str, series: Series, reader: str) -> None:
        self._called("respell")
        self.charsets[analysis_uid] = series.charset
        owner = self._visits[self.kept[analysis_uid].visit].patient
        named = replace(self.people[owner], name=series.patient.name)
        self.people[owner] = named

    def series_folder(self, analysis_uid: str) -> Path:
        self._called("series_folder")
        self._known(analysis_uid)
        return self._folder(analysis_uid)

    def revise(
        self,
        analysis_uid: str,
        hip: HipResult,
        origin: Origin,
        reader: str,
        last_stroke: int | None = None,
    ) -> Revision:
        self._called("revise")
        kept = self._known(analysis_uid)
        before = kept.reviewed
        if before.standing(hip.side).signed:
            raise StoreError("Nothing was saved: the hip is signed; withdraw the signature first.")
        number = len(before.revisions) + 1
        entries = open_entries(kept.brushed, hip.side)
        if last_stroke is None and strokes_of(entries).standing:
            raise StoreError("Nothing was saved: strokes are neither finished nor discarded.")
        if last_stroke is not None:
            assert entries[-1].number == last_stroke
            self._brush(kept, hip.side, BrushAct.FINISHED, None, reader, number)
        revision = Revision(number, origin, NOW + timedelta(seconds=number), reader, hip)
        kept.reviewed = replace(before, revisions=(*before.revisions, revision))
        return revision

    def journal_stroke(
        self,
        analysis_uid: str,
        side: Side,
        base: int,
        act: BrushAct,
        stroke: Stroke | None,
        reader: str,
    ) -> BrushEntry:
        self._called("journal_stroke")
        kept = self._known(analysis_uid)
        if kept.reviewed.standing(side).signed:
            raise StoreError("Nothing was saved: the hip is signed; withdraw the signature first.")
        if base != kept.reviewed.working(side):
            raise StoreError("Nothing was saved: the hip was changed meanwhile; look at it again.")
        return self._brush(kept, side, act, stroke, reader)

    def _brush(
        self,
        kept: _Kept,
        side: Side,
        act: BrushAct,
        stroke: Stroke | None,
        reader: str,
        made: int | None = None,
    ) -> BrushEntry:
        number, base = len(kept.brushed) + 1, kept.reviewed.working(side)
        at = NOW + timedelta(seconds=number)
        entry = BrushEntry(number, side, base, act, reader, at, stroke, made)
        kept.brushed.append(entry)
        return entry

    def open_strokes(self, analysis_uid: str, side: Side) -> tuple[BrushEntry, ...]:
        self._called("open_strokes")
        return open_entries(self._known(analysis_uid).brushed, side)

    def review(self, analysis_uid: str, reviews: Sequence[Review]) -> None:
        self._called("review")
        kept = self._known(analysis_uid)
        after = kept.reviewed
        for each in reviews:
            _check(after, each)
            after = replace(after, reviews=(*after.reviews, each))
        kept.reviewed = after

    def write_impression(self, analysis_uid: str, text: str, reader: str) -> None:
        self._called("write_impression")
        kept = self._known(analysis_uid)
        kept.reviewed = replace(kept.reviewed, impression=text)

    def record_report(self, analysis_uid: str, pdf_sha256: str, final: bool, reader: str) -> None:
        self._called("record_report")
        self._known(analysis_uid)
        self.reports.append((analysis_uid, pdf_sha256, final, reader))

    def close(self) -> None:
        self.closed = True

    def reviewed(self, analysis_uid: str) -> Reviewed:
        """What is kept of an analysis, for tests."""
        return self.kept[analysis_uid].reviewed

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        if name in self.failing:
            raise self.failing[name]

    def _folder(self, analysis_uid: str) -> Path:
        return Path("library") / analysis_uid

    def _known(self, analysis_uid: str) -> _Kept:
        if analysis_uid not in self.kept:
            raise StoreError("The patient library has no such analysis.")
        return self.kept[analysis_uid]

    def _known_visit(self, uid: str) -> _Visit:
        if uid not in self._visits:
            raise StoreError("The patient library has no such visit.")
        return self._visits[uid]

    def _person(self, patient: Patient) -> str | None:
        def key(who: Patient) -> tuple[object, ...]:
            return who.issuer, who.patient_id, who.birth_date, who.sex

        same = (uid for uid, who in self.people.items() if key(who) == key(patient))
        return next(same, None)

    def _visit_for(self, series: Series) -> _Visit:
        """The visit of the same study, else of the same day of the same patient, else new."""
        patient, study = series.patient, series.study
        for each in self._visits.values():
            if each.study == study.uid and self.people[each.patient] == patient:
                return each
        owner = self._person(patient) if patient.matchable else None
        if owner is None:
            owner = f"patient-{len(self.people) + 1}"
            self.people[owner] = patient
        for each in self._of(owner):
            if study.date is not None and each.day == study.date:
                return each
        number = len(self._visits) + 1
        saved = NOW + timedelta(minutes=number)
        visit = _Visit(f"visit-{number}", owner, study.date, study.uid, saved, stated=owner)
        self._visits[visit.uid] = visit
        return visit

    def _of(self, patient_uid: str) -> list[_Visit]:
        every = (each for each in self._visits.values() if each.aside is None)
        own = [each for each in every if each.patient == patient_uid]
        return sorted(own, key=lambda each: (each.day is None, each.day or date.min))

    def _entry(self, uid: str) -> PatientEntry:
        own = self._of(uid)
        last = max((each.day for each in own if each.day), default=None)
        return PatientEntry(uid, self.people[uid], len(own), last)

    def _analysis_entry(self, uid: str) -> AnalysisEntry:
        kept = self.kept[uid]
        reviewed = kept.reviewed
        analysis = reviewed.analysis
        return AnalysisEntry(
            uid=uid,
            created_utc=analysis.created_utc,
            description=analysis.series.description,
            contrast=analysis.series.contrast,
            slices=len(analysis.series.slices),
            hips=reviewed.sides,
            verdicts={side: reviewed.standing(side).verdict for side in reviewed.sides},
            signed=reviewed.signed,
            thumbnail=kept.thumbnail,
            revised=bool(reviewed.revisions),
            newest={side: reviewed.working(side) for side in reviewed.sides},
            unfinished=frozenset(
                side for side in Side if strokes_of(open_entries(kept.brushed, side)).standing
            ),
        )

    def _record(self, visit: _Visit) -> Visit:
        hips = (self._current(visit, side) for side in Side)
        return Visit(visit.uid, visit.day, tuple(hip for hip in hips if hip is not None))

    def _current(self, visit: _Visit, side: Side) -> VisitHip | None:
        """Signed, accepted, revised, newest; among equals one with a score first."""
        found = []
        for age, uid in enumerate(visit.analyses):
            reviewed = self.kept[uid].reviewed
            number = current_revision(reviewed.reviews, side, reviewed.numbers(side))
            hip = None if number is None else reviewed.hip_at(side, number)
            if hip is not None and hip.score is not None and number is not None:
                stands = standing_of(reviewed.reviews, side, number)
                rank = (
                    not stands.signed,
                    stands.verdict is None,
                    number == 0,
                    hip.reason is not None,
                    age,
                )
                doubted = side in unsettled(reviewed)
                given = _visit_hip(reviewed.analysis, hip, number)
                found.append((rank, replace(given, side_in_doubt=doubted)))
        return min(found, key=lambda each: each[0])[1] if found else None


def _visit_hip(of: Analysis, hip: HipResult, revision: int) -> VisitHip:
    assert hip.score is not None
    given = VisitHip(
        side=hip.side,
        analysis_uid=of.uid,
        series_uid=of.series.uid,
        score=hip.score,
        models=of.models,
        compute=of.compute,
        contrast=of.series.contrast,
        spacing_mm=of.series.spacing_mm,
        acquisition=of.series.acquisition,
        definition=of.definition,
        origin=of.origin if revision == 0 else Origin.AI_EDITED,
        revision=revision,
    )
    return placed(given, of.series.affine, hip.head)


def _check(reviewed: Reviewed, event: Review) -> None:
    """The rules of reviewing, as the library enforces them."""
    standing = reviewed.standing(event.side)
    if event.revision != reviewed.working(event.side):
        raise StoreError("Nothing was saved: the hip was changed meanwhile; look at it again.")
    if event.kind is ReviewKind.SIGNED and standing.verdict is None:
        raise StoreError("Nothing was saved: a hip must be judged before it is signed.")
    if standing.signed and event.kind is not ReviewKind.WITHDRAWN:
        raise StoreError("Nothing was saved: the hip is signed.")


def _unnamed(patient: Patient) -> Patient:
    """What the library knows a person by."""
    return replace(patient, name="")


class FakeChoices:
    """A `hipdesk.ports.ProtocolChoices` in memory."""

    def __init__(self) -> None:
        self.standing: list[ProtocolChoice] = []
        self.error: Exception | None = None

    def all(self) -> tuple[ProtocolChoice, ...]:
        if self.error is not None:
            raise self.error
        return tuple(self.standing)

    def remember(
        self, protocol: ScannerProtocol, contrast: Contrast | None, reader: str
    ) -> ProtocolChoice:
        same = [
            each
            for each in self.all()
            if (each.contrast is None) is (contrast is None)
            and same_protocol(each.protocol, protocol)
        ]
        if same and same[0].contrast is contrast:
            return same[0]
        for each in same:
            self.standing.remove(each)
        made = ProtocolChoice(f"choice-{next(_numbers)}", protocol, contrast, reader, NOW)
        self.standing.insert(0, made)
        return made

    def forget(self, uid: str, reader: str) -> None:
        self.standing = [each for each in self.all() if each.uid != uid]


_numbers = itertools.count(1)


class FakeOpened:
    """An `app.services.OpenedFolders` that counts."""

    def __init__(self) -> None:
        self.kept = True
        self.forgotten = 0

    def remember(self, on: bool) -> None:
        self.kept = on

    def forget(self) -> None:
        self.forgotten += 1


class FakeLibrary:
    """An `app.services.Library`; ``problem`` takes its store away until `retry` succeeds."""

    def __init__(self, store: FakeStore | None, problem: str | None = None) -> None:
        self.kept_choices = FakeChoices()
        self._store = store
        self.problem = problem
        self.damaged = False
        self.keeping: Any = None
        self.kept_tables: Any = None
        self.table_files: dict[Path, bytes] = {}
        self.lent = False
        self.retried = 0
        self.mended = False

    @property
    def store(self) -> FakeStore | None:
        return None if self.problem or self.lent else self._store

    @property
    def choices(self) -> FakeChoices | None:
        return None if self.problem else self.kept_choices

    @property
    def tables(self) -> Any:
        return None if self.problem or self.lent else self.kept_tables

    def lend(self) -> None:
        self.lent = True

    def retry(self) -> None:
        self.retried += 1
        self.lent = False
        if self.mended:
            self.problem = None


class FakeNetworks:
    """An `app.services.Networks` that reads the signals of `make_volume`."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.loaded = 0

    def __call__(
        self, cancelled: CancelledAsk = never_cancelled
    ) -> tuple[FakeLocator, FakeSegmenter]:
        self.loaded += 1
        if self.error is not None:
            raise self.error
        return FakeLocator(), FakeSegmenter()


class FakeKeeper:
    """An `app.services.Keeper` in memory."""

    def __init__(
        self, settings: Settings | None = None, interrupted: tuple[Path, ...] = ()
    ) -> None:
        self.settings = settings or Settings()
        self._begun = interrupted
        self._charsets = Charsets()
        self.history: list[str] = []

    def charset_of(self, paths: Sequence[Path]) -> str:
        return self._charsets.of(paths)

    def keep_charset(self, paths: Sequence[Path], charset: str) -> None:
        self._charsets = self._charsets.with_choice(paths, charset)

    def keep(self, settings: Settings) -> None:
        self.settings = settings
        self.history.append("keep")

    def begin(self, paths: tuple[Path, ...]) -> None:
        self._begun = paths
        self.history.append("begin")

    def end(self) -> None:
        self._begun = ()
        self.history.append("end")

    def interrupted(self) -> tuple[Path, ...]:
        return self._begun


class FakeView:
    """Any view of `app.views.protocols`: remembers what it was told to show.

    Attributes
    ----------
    calls : (setter, arguments) in order
    gestures : who listens
    """

    def __init__(self, protocol: type) -> None:
        self._protocol = protocol
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.gestures: Any = None

    def listen(self, gestures: Any) -> None:
        assert self.gestures is None, "a view has one listener"
        self.gestures = gestures

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self._protocol, name):
            raise AttributeError(name)
        signature = inspect.signature(getattr(self._protocol, name))

        def record(*args: Any, **named: Any) -> None:
            bound = signature.bind(self, *args, **named)
            self.calls.append((name, bound.args[1:]))

        return record

    def every(self, setter: str) -> list[Any]:
        """What one setter was given, in order: its argument, or the tuple of several."""
        given = [args for name, args in self.calls if name == setter]
        return [args[0] if len(args) == 1 else args for args in given]

    def last(self, setter: str) -> Any:
        """What one setter was given last."""
        every = self.every(setter)
        assert every, f"{setter} was never called"
        return every[-1]

    def forget(self) -> None:
        """Begin remembering anew."""
        self.calls.clear()


def by_heads(request: AlignmentRequest, progress: Any = None, cancelled: Any = None) -> Alignment:
    """Lay hips on each other by their heads alone."""
    _step(progress, cancelled, "Laying the surfaces on each other")
    later, earlier = request.later.head_lps_mm, request.earlier.head_lps_mm
    return judged(request, rigid(np.eye(3), later, earlier))


def translate(context: str, text: str) -> str:
    """The source text: what a user reads in English."""
    return text


@dataclass
class Clock:
    """What time it is: it stands still until a test moves it on."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Bench:
    """One set of fakes that belong together, and the services made of them.

    Attributes
    ----------
    written : path to bytes of every file that was written
    printed : reports that became PDFs
    clock : what time it is
    """

    jobs: FakeJobs
    messages: Messages
    reader: FakeReader
    store: FakeStore
    library: FakeLibrary
    networks: FakeNetworks
    keeper: FakeKeeper
    written: dict[Path, bytes]
    printed: list[Any]
    services: Services
    opened: FakeOpened
    clock: Clock

    @property
    def said(self) -> list[str]:
        """Texts of the messages that are present."""
        return [message.text for message in self.messages.present]


def make_bench(
    *,
    at_once: bool = False,
    problem: str | None = None,
    interrupted: tuple[Path, ...] = (),
    settings: Settings | None = None,
    folders: Mapping[str, Sequence[Volume]] | None = None,
) -> Bench:
    """Services on fakes.

    Parameters
    ----------
    at_once : jobs are done when they are started
    problem : why the library cannot be used
    folders : what the reader finds
    """
    messages = Messages()
    jobs = FakeJobs(messages, at_once=at_once)
    reader = FakeReader()
    for root, volumes in (folders or {}).items():
        reader.put(root, *volumes)
    store = FakeStore(reader)
    library, networks = FakeLibrary(store, problem), FakeNetworks()
    keeper = FakeKeeper(settings, interrupted)
    written: dict[Path, bytes] = {}
    printed: list[Any] = []

    def pdf(report: Any) -> bytes:
        printed.append(report)
        return b"%PDF-1.7 " + str(len(printed)).encode()

    def rasterise(data: bytes, dpi: float) -> tuple[np.ndarray, ...]:
        if not data.startswith(b"%PDF"):
            raise BugError("not a PDF")
        return (np.full((round(dpi), round(dpi), 3), 255, np.uint8),)

    opened, clock = FakeOpened(), Clock()
    services = Services(
        reader=reader,
        opened=opened,
        library=library,
        networks=networks,
        jobs=jobs,
        messages=messages,
        keeper=keeper,
        pdf=pdf,
        rasterise=rasterise,
        write_file=written.__setitem__,
        read_table=lambda path: library.table_files[path],
        now=clock,
        register=by_heads,
    )
    return Bench(
        jobs=jobs,
        messages=messages,
        reader=reader,
        store=store,
        library=library,
        networks=networks,
        keeper=keeper,
        written=written,
        printed=printed,
        services=services,
        opened=opened,
        clock=clock,
    )

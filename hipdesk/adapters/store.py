"""The patient library: visits, scores, masks, reviews and copies of the analysed series.

A library is a folder: ``hipdesk.sqlite3``, ``library/`` with the copied
series, ``backups/`` made before each change of schema, and the lock of the
one program that may write. For several workstations the database can be a
server's, given by its SQLAlchemy URL, with a shared folder for the series.

Results and reviews are appended and never changed. Faults of disk and database leave as
`StoreError`, one sentence without any patient data.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, Connection, Engine, func, select

from hipdesk.adapters import _store_alignments as aligning
from hipdesk.adapters import _store_audit as audit
from hipdesk.adapters import _store_clinical as clinical
from hipdesk.adapters import _store_database as database
from hipdesk.adapters import _store_pairs as pairing
from hipdesk.adapters import _store_people as people
from hipdesk.adapters import _store_reading as reading
from hipdesk.adapters import _store_readings as himriss
from hipdesk.adapters import _store_regrouping as regrouping
from hipdesk.adapters import _store_reviews as reviewing
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import visits_aside
from hipdesk.adapters._store_brush import open_strokes
from hipdesk.adapters._store_entries import entries
from hipdesk.adapters._store_errors import FAULTS, OPENING, READING, SAVING, translated
from hipdesk.adapters._store_files import SeriesLibrary, WriterLock, file_sha256, random_name
from hipdesk.adapters._store_known import analysed
from hipdesk.adapters._store_loading import load
from hipdesk.adapters._store_saving import identity, save_analysis
from hipdesk.adapters._store_spelling import charset_of, respell
from hipdesk.adapters.protocol_choices import SqlProtocolChoices
from hipdesk.clinical import ClinicalFacts, Treatment
from hipdesk.clinical_entries import KnownPatient, ReadingEntry, TreatmentEntry
from hipdesk.clinical_entries import VisitEntry as FactsEntry
from hipdesk.errors import BugError, StoreError
from hipdesk.himriss import BlindedOrder, Reading
from hipdesk.hip_alignment import HipAlignment
from hipdesk.ports import (
    AsideEntry,
    ClinicalHistory,
    ClinicalRecord,
    PatientEntry,
    Regrouping,
    RevisionKey,
    StoredVisit,
    VisitEntry,
)
from hipdesk.records import (
    Analysis,
    HipResult,
    ModelRef,
    Origin,
    Patient,
    Segmentation,
    Series,
    Side,
)
from hipdesk.review import (
    BrushAct,
    BrushEntry,
    PairKind,
    RepeatPair,
    Review,
    Reviewed,
    Revision,
    Stroke,
)

log = logging.getLogger(__name__)

DATABASE: Final = "hipdesk.sqlite3"
LIBRARY: Final = "library"
BACKUPS: Final = "backups"
LOCK: Final = "hipdesk.lock"


class SqlVisitStore:
    """A `hipdesk.ports.VisitStore` on SQLAlchemy; made by `open`, ended by `close`.

    May be used from any thread.
    """

    def __init__(
        self, engine: Engine, library: SeriesLibrary, resources: ExitStack, *, read_only: bool
    ) -> None:
        self._engine: Engine | None = engine
        self._library = library
        self._resources = resources
        self._read_only = read_only
        self._writer = Lock()
        self.choices = SqlProtocolChoices(self._looking, self._changing)
        """What readers chose for scanners' protocols."""

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        library: Path | None = None,
        read_only: bool = False,
    ) -> SqlVisitStore:
        """Open a library, or begin one; an older schema is backed up and migrated.

        Parameters
        ----------
        location : the library's folder, or the URL of a database server, in which
            ``?series=FOLDER`` names the folder that all workstations share
        library : folder of the copied series where the URL names none
        read_only : look only; possible while another program writes

        Raises
        ------
        StoreTooNew
            A newer version of the program has changed its schema.
        StoreError
            It is in use, damaged, not a library, or cannot be written.
        """
        with translated(OPENING), ExitStack() as stack:
            if isinstance(location, str) and "://" in location:
                url, copies_named = database.server_address(location)
                engine, copies = _open_server(stack, url, copies_named or library, read_only)
            else:
                engine, copies = _open_folder(stack, Path(location), library, read_only)
            log.info("library opened, read only: %s", read_only)
            return cls(engine, copies, stack.pop_all(), read_only=read_only)

    def add(
        self,
        analysis: Analysis,
        source_files: Sequence[Path],
        thumbnail: NDArray[np.uint8] | None = None,
    ) -> str:
        """Save one analysis and copies of its files, all or nothing.

        Parameters
        ----------
        source_files : the series' files, every slice's among them
        thumbnail : (rows, columns) small picture of the series

        Returns
        -------
        uid of the visit it belongs to

        Raises
        ------
        StoreError
            Nothing was saved.
        """
        self._refuse_when_reading_only()
        sources = _checked_sources(analysis.series, source_files)
        series_folder = random_name()
        with translated(SAVING):
            try:
                copied = self._library.stage(series_folder, sources)
                with self._writing() as connection:
                    visit = save_analysis(
                        connection,
                        analysis,
                        copied,
                        series_folder,
                        thumbnail,
                        lambda study: self._library.settle(study, series_folder),
                    )
            finally:
                self._close_addition(series_folder)
        log.info("analysis saved: %d hips, %d files", len(analysis.hips), len(copied))
        return visit

    def analysed(
        self, series: Series, pixel_sha256: str, models: Sequence[ModelRef], definition: str
    ) -> tuple[str, str] | None:
        """An analysis of these very images with the same models and definition, and its visit.

        Signed before judged before revised before newest.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return analysed(connection, series, pixel_sha256, models, definition)

    def visits(self, patient: Patient) -> tuple[StoredVisit, ...]:
        """All visits of the matching patient, oldest first; undated last.

        Empty for a patient who lacks issuer, ID, birth date or sex: nobody
        can be matched with them. `history` finds their visits by any one.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        if not patient.matchable:
            return ()
        same = select(func.min(schema.patient.c.id)).where(identity(patient)).scalar_subquery()
        with translated(READING), self._reading() as connection:
            return reading.stored_visits(
                connection, reading.visits_where(schema.patient.c.id == same)
            )

    def history(self, visit_uid: str) -> tuple[StoredVisit, ...]:
        """All visits of the patient to whom one visit belongs, ordered as in `visits`."""
        owner = select(schema.visit.c.patient_id).where(schema.visit.c.uid == visit_uid)
        with translated(READING), self._reading() as connection:
            return reading.stored_visits(
                connection, reading.visits_where(schema.patient.c.id.in_(owner))
            )

    def patients(self, words: str = "", limit: int = 200) -> tuple[PatientEntry, ...]:
        """Patients with a visit whom every word describes, last visit first.

        Each word is found inside name, patient ID or accession numbers,
        whatever its case, accents and width.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return people.patients(connection, words, limit)

    def patient_of(self, visit_uid: str) -> PatientEntry:
        """The patient to whom a visit belongs.

        Raises
        ------
        StoreError
            The library has no such visit.
        """
        with translated(READING), self._reading() as connection:
            return people.patient_of(connection, visit_uid)

    def entries(self, patient_uid: str) -> tuple[VisitEntry, ...]:
        """One patient's visits, oldest first; undated last.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return entries(connection, patient_uid)

    def lookalikes(self, patient_uid: str) -> tuple[PatientEntry, ...]:
        """Other patients who may be the same person, unless a reader kept them apart.

        Raises
        ------
        StoreError
            The library has no such patient.
        """
        with translated(READING), self._reading() as connection:
            return people.lookalikes(connection, patient_uid)

    def move_visit(self, visit_uid: str, patient_uid: str, reader: str, reason: str = "") -> str:
        """Give a visit with its studies to another patient; who had it.

        Two visits of one day stay two, so that moving back restores exactly.

        Raises
        ------
        StoreError
            The library has no such visit or patient, or birth date or sex differ and
            no reason is given; nothing was changed.
        """
        with self._changing() as connection:
            before = regrouping.move_visit(connection, visit_uid, patient_uid, reader, reason)
        log.info("visit moved")
        return before

    def merge_patients(
        self, patient_uid: str, into_uid: str, reader: str, reason: str = ""
    ) -> tuple[str, ...]:
        """Give every visit of a patient to another; undone by `take_back`.

        Returns
        -------
        uids of the visits that were moved

        Raises
        ------
        StoreError
            The library has no such patient, or birth date or sex differ and no reason
            is given; nothing was changed.
        """
        with self._changing() as connection:
            visits = regrouping.merge_patients(connection, patient_uid, into_uid, reader, reason)
        log.info("patients merged: %d visits", len(visits))
        return visits

    def split_visits(self, visit_uids: Sequence[str], reader: str, reason: str = "") -> str:
        """Part visits from the others of their patient; uid of the new patient who has them.

        The new one has the identity that their images state and is kept apart
        from the one who had them; undone by `take_back`.

        Raises
        ------
        StoreError
            There is no such visit, or they are not of one patient; nothing was changed.
        """
        with self._changing() as connection:
            patient = regrouping.split_visits(connection, visit_uids, reader, reason)
        log.info("visits parted: %d", len(visit_uids))
        return patient

    def move_study(
        self, study_uid: str, visit_uid: str | None, reader: str, reason: str = ""
    ) -> str:
        """Have a study belong to another visit of its patient; uid of that visit.

        Raises
        ------
        StoreError
            There is no such study or visit, they are of different patients, or the
            visit lacks a date that the study has; nothing was changed.
        """
        with self._changing() as connection:
            visit = regrouping.move_study(connection, study_uid, visit_uid, reader, reason)
        log.info("study moved")
        return visit

    def regroupings(self) -> tuple[Regrouping, ...]:
        """What readers moved, merged and parted and did not take back, newest first.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return regrouping.regroupings(connection)

    def take_back(self, number: int, reader: str) -> None:
        """Undo a regrouping.

        Raises
        ------
        StoreError
            There is no such one, or what it moved was moved again since; nothing was changed.
        """
        with self._changing() as connection:
            regrouping.take_back(connection, number, reader)
        log.info("regrouping taken back")

    def put_aside(self, visit_uids: Sequence[str], reason: str, reader: str) -> None:
        """Take visits out of every list, trend and pair; nothing is deleted.

        Raises
        ------
        StoreError
            The library has no such visit; nothing was changed.
        """
        with self._changing() as connection:
            people.put_visits_aside(connection, visit_uids, True, reason, reader)
        log.info("visits put aside: %d", len(visit_uids))

    def bring_back(self, visit_uids: Sequence[str], reader: str) -> None:
        """Undo `put_aside`.

        Raises
        ------
        StoreError
            The library has no such visit; nothing was changed.
        """
        with self._changing() as connection:
            people.put_visits_aside(connection, visit_uids, False, "", reader)
        log.info("visits brought back: %d", len(visit_uids))

    def visits_aside(self) -> tuple[AsideEntry, ...]:
        """Visits that were put aside, the last one first.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return visits_aside(connection)

    def name_repeat(
        self, kind: PairKind, first: RevisionKey, second: RevisionKey, side: Side, reader: str
    ) -> None:
        """Name two results as repeats of one hip between which nothing can have changed.

        Parameters
        ----------
        first, second : uid of the analysis and number of the revision, in the order
            in which they were made

        Raises
        ------
        StoreError
            There is no such result, or the two say nothing on noise; nothing was changed.
        """
        with self._changing() as connection:
            pairing.name_repeat(connection, kind, first, second, side, reader)
        log.info("repeat named")

    def withdraw_repeat(
        self, kind: PairKind, first: RevisionKey, second: RevisionKey, side: Side, reader: str
    ) -> None:
        """Take back that two results are repeats.

        Raises
        ------
        StoreError
            They are not named as such; nothing was changed.
        """
        with self._changing() as connection:
            pairing.withdraw_repeat(connection, kind, first, second, side, reader)
        log.info("repeat withdrawn")

    def repeat_pairs(self) -> tuple[RepeatPair, ...]:
        """Results that readers named as repeats of an unchanged hip, oldest naming first.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return pairing.repeat_pairs(connection)

    def keep_alignment(self, alignment: HipAlignment) -> None:
        """Keep how a hip's later visit lies on an earlier one; earlier ones stay in the record.

        Raises
        ------
        StoreError
            The library has no such result; nothing was saved.
        """
        with self._changing() as connection:
            aligning.keep_alignment(connection, alignment)
        log.info("alignment kept")

    def alignments(self, patient_uid: str) -> tuple[HipAlignment, ...]:
        """Alignments between a patient's visits, in the order in which they were made.

        Raises
        ------
        StoreError
            The library cannot be read, or is damaged.
        """
        with translated(READING), self._reading() as connection:
            return aligning.alignments(connection, schema.patient.c.uid == patient_uid)

    def known_patients(self) -> tuple[KnownPatient, ...]:
        """Every patient with visits, facts, treatments and readings, as an import needs them.

        Raises
        ------
        StoreError
            The library cannot be read, or is damaged.
        """
        with translated(READING), self._reading() as connection:
            return himriss.known_patients(connection)

    def facts(self, visit_uid: str) -> ClinicalFacts | None:
        """What was asked, measured and found at a visit; None where nothing is recorded.

        Raises
        ------
        StoreError
            The library has no such visit.
        """
        with translated(READING), self._reading() as connection:
            visit = people.visit_row(connection, visit_uid)
            found = clinical.facts_by_visit(connection, schema.clinical.c.visit_id == visit["id"])
            return clinical.facts_of(found[visit["id"]]["facts"]) if found else None

    def keep_facts(self, visit_uid: str, facts: ClinicalFacts, reader: str) -> None:
        """Keep what was asked, measured and found at a visit; earlier facts stay in the record.

        Raises
        ------
        StoreError
            The library has no such visit; nothing was saved.
        """
        with self._changing() as connection:
            visit = people.visit_row(connection, visit_uid)
            clinical.keep_facts(connection, visit, facts, reader)
        log.info("clinical facts kept")

    def treatments(self, patient_uid: str) -> tuple[tuple[str, Treatment], ...]:
        """Name and newest state of each treatment of a patient, in the order of recording.

        Those of another patient who was merged into this one are among them.

        Raises
        ------
        StoreError
            The library has no such patient.
        """
        with translated(READING), self._reading() as connection:
            patient = people.patient_row(connection, patient_uid)
            return tuple(clinical.treatments(connection, patient["id"]))

    def keep_treatment(
        self,
        patient_uid: str,
        treatment: Treatment,
        reader: str,
        *,
        uid: str | None = None,
        withdrawn: bool = False,
    ) -> str:
        """Keep a treatment; its name.

        Parameters
        ----------
        uid : of the treatment whose new state this is; None for a new one
        withdrawn : it was recorded by mistake

        Raises
        ------
        StoreError
            The library has no such patient or treatment; nothing was saved.
        """
        with self._changing() as connection:
            patient = people.patient_row(connection, patient_uid)
            name = clinical.keep_treatment(
                connection, patient, treatment, reader, uid=uid, withdrawn=withdrawn
            )
        log.info("treatment kept, withdrawn: %s", withdrawn)
        return name

    def keep_reading(
        self, reading: Reading, *, correcting: bool = False, order: BlindedOrder | None = None
    ) -> None:
        """Keep a HIMRISS reading of a visit's hip; a corrected one stays in the record.

        Raises
        ------
        StoreError
            The library has no such visit, or not the reading that is to be corrected;
            its number is taken, or leaves a gap; nothing was saved.
        """
        with self._changing() as connection:
            himriss.keep_reading(connection, reading, correcting=correcting, order=order)
        log.info("HIMRISS kept, correcting: %s", correcting)

    def clinical_record(self, visit_uid: str) -> ClinicalRecord:
        """What is known of a patient at a visit, and the facts of the visit before it.

        Raises
        ------
        StoreError
            The library has no such visit, or is damaged.
        """
        with translated(READING), self._reading() as connection:
            return himriss.clinical_record(connection, visit_uid)

    def import_readings(self, entries: Sequence[ReadingEntry]) -> None:
        """Keep the HIMRISS readings of a table's lines, all or nothing, each in its reader's name.

        Raises
        ------
        StoreError
            The library has changed since the table was tried out; nothing was saved.
        """
        with translated(SAVING), self._writing() as connection:
            himriss.import_readings(connection, entries)
        log.info("HIMRISS readings imported: %d", len(entries))

    def clinical_history(self, patient_uid: str) -> ClinicalHistory:
        """The clinical record of a patient over the whole time.

        Raises
        ------
        StoreError
            The library has no such patient, or cannot be read.
        """
        with translated(READING), self._reading() as connection:
            return himriss.clinical_history(connection, patient_uid)

    def import_visits(self, entries: Sequence[FactsEntry], reader: str) -> int:
        """Keep the facts of a table's lines, all or nothing; how many visits were begun.

        Raises
        ------
        StoreError
            The library has changed since the table was tried out; nothing was saved.
        """
        with self._changing() as connection:
            begun = clinical.import_visits(connection, entries, reader)
        log.info("clinical facts imported: %d, visits begun: %d", len(entries), begun)
        return begun

    def import_treatments(self, entries: Sequence[TreatmentEntry], reader: str) -> None:
        """Keep the treatments of a table's lines, all or nothing.

        Raises
        ------
        StoreError
            The library has changed since the table was tried out; nothing was saved.
        """
        with self._changing() as connection:
            clinical.import_treatments(connection, entries, reader)
        log.info("treatments imported: %d", len(entries))

    def keep_apart(self, first_uid: str, second_uid: str, reader: str) -> None:
        """Record that two patients are not one person.

        Raises
        ------
        StoreError
            The library has no such patient; nothing was changed.
        """
        with self._changing() as connection:
            people.keep_apart(connection, first_uid, second_uid, reader)
        log.info("patients kept apart")

    def date_visit(self, visit_uid: str, day: date, reader: str) -> None:
        """Give a visit whose images state no date its day, or correct that.

        Raises
        ------
        StoreError
            There is no such visit, or its images state a date; nothing was changed.
        """
        with self._changing() as connection:
            people.date_visit(connection, visit_uid, day, reader)
        log.info("visit dated")

    def load(self, analysis_uid: str, series: Series) -> Reviewed:
        """An analysis with its revisions, reviews and impression, as it was saved.

        Parameters
        ----------
        series : as read from `series_folder`; contrast and notices are taken
            as they were when it was analysed

        Raises
        ------
        StoreError
            There is no such analysis, ``series`` is not what was analysed, or
            the library is damaged.
        """
        with translated(READING), self._reading() as connection:
            return load(connection, analysis_uid, series)

    def revise(
        self,
        analysis_uid: str,
        hip: HipResult,
        origin: Origin,
        reader: str,
        last_stroke: int | None = None,
    ) -> Revision:
        """Append a revision of one hip.

        Parameters
        ----------
        last_stroke : number of the last act with the brush where open strokes made it

        Raises
        ------
        StoreError
            The hip is signed, or there is no such analysis, or strokes of the brush
            are open that did not make it; nothing was saved.
        """
        with self._changing() as connection:
            revision = reviewing.revise(connection, analysis_uid, hip, origin, reader, last_stroke)
        log.info("hip revised")
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
        """Append an act with the brush; when this returns it is on the disk.

        Raises
        ------
        StoreError
            The hip is signed or was changed meanwhile, or there is no such
            analysis; nothing was saved.
        """
        with self._changing() as connection:
            entry = reviewing.journal_stroke(
                connection, analysis_uid, side, base, act, stroke, reader
            )
        log.info("brush used: %s", act.value)
        return entry

    def open_strokes(self, analysis_uid: str, side: Side) -> tuple[BrushEntry, ...]:
        """Acts with the brush that are neither finished nor discarded, in their order.

        Raises
        ------
        StoreError
            There is no such analysis, or a stroke is damaged.
        """
        with translated(READING), self._reading() as connection:
            return open_strokes(connection, analysis_uid, side)

    def review(self, analysis_uid: str, reviews: Sequence[Review]) -> None:
        """Append what a reader did, all or nothing.

        Raises
        ------
        StoreError
            A signed hip would be judged anew, an unjudged one signed, a
            signature withdrawn that does not stand, or a revision that is not
            the newest is meant; nothing was saved.
        """
        with self._changing() as connection:
            reviewing.review(connection, analysis_uid, reviews)
        log.info("hips reviewed: %d acts", len(reviews))

    def write_impression(self, analysis_uid: str, text: str, reader: str) -> None:
        """Keep the reader's words for the report; earlier words stay in the record.

        Raises
        ------
        StoreError
            There is no such analysis; nothing was saved.
        """
        with self._changing() as connection:
            reviewing.write_impression(connection, analysis_uid, text, reader)
        log.info("impression written")

    def record_report(self, analysis_uid: str, pdf_sha256: str, final: bool, reader: str) -> None:
        """Record that a report was saved or printed.

        Raises
        ------
        StoreError
            There is no such analysis; nothing was saved.
        """
        with self._changing() as connection:
            reviewing.record_report(connection, analysis_uid, pdf_sha256, final, reader)
        log.info("report recorded, final: %s", final)

    def charset(self, analysis_uid: str) -> str:
        """The character set in which names of an analysed series are read; empty for its own.

        Raises
        ------
        StoreError
            The library has no such analysis.
        """
        with translated(READING), self._reading() as connection:
            return charset_of(connection, analysis_uid)

    def respell(self, analysis_uid: str, series: Series, reader: str) -> None:
        """Read names of an analysed series in another character set; audited.

        Raises
        ------
        StoreError
            The library has no such analysis; nothing was changed.
        """
        with self._changing() as connection:
            respell(connection, analysis_uid, series, reader)
        log.info("names read in another character set")

    def analyses(self) -> tuple[str, ...]:
        """Uids of every analysis, in the order of saving."""
        with translated(READING), self._reading() as connection:
            return reading.analysis_uids(connection)

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        with translated(READING), self._reading() as connection:
            tables = schema.metadata.sorted_tables
            return {table.name: audit.count_rows(connection, table) for table in tables}

    def load_segmentation(self, analysis_uid: str, side: Side) -> Segmentation:
        """The newest masks of one hip of an analysis.

        Raises
        ------
        StoreError
            There are none, or they are damaged.
        """
        with translated(READING), self._reading() as connection:
            return reading.segmentation(connection, analysis_uid, side)

    def series_folder(self, analysis_uid: str) -> Path:
        """Folder with the library's copy of the series that was analysed.

        Raises
        ------
        StoreError
            The library has no such analysis.
        """
        with translated(READING), self._reading() as connection:
            return self._library.folder(*reading.series_place(connection, analysis_uid))

    def verify_audit(self) -> int:
        """Check the record of changes and every result against it; its length.

        Raises
        ------
        StoreError
            Something was changed outside the program.
        """
        with translated(READING), self._reading() as connection:
            return audit.verify(connection)

    def verify_files(self) -> int:
        """Check every copied file against its hash; their number.

        Raises
        ------
        StoreError
            A file is missing or not what was copied.
        """
        with translated(READING), self._reading() as connection:
            files = reading.stored_files(connection)
            damaged = sum(not self._intact(file) for file in files)
        if damaged:
            raise StoreError(
                f"{damaged} of {len(files)} image files in the patient library are missing "
                "or damaged; restore the library from a copy."
            )
        return len(files)

    def close(self) -> None:
        """Release the library; closing twice does no harm."""
        self._engine = None
        with translated("The patient library could not be closed"):
            self._resources.close()

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def _intact(self, file: dict[str, str]) -> bool:
        path = self._library.folder(file["study"], file["series"]) / file["file"]
        return path.is_file() and file_sha256(path) == file["sha256"]

    def _open_engine(self) -> Engine:
        if self._engine is None:
            raise BugError("the library was used after it was closed")
        return self._engine

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One state of the library, whoever writes meanwhile."""
        options = database.one_state(self._open_engine())
        with self._open_engine().connect().execution_options(**options) as connection:
            yield connection

    def _refuse_when_reading_only(self) -> None:
        if self._read_only:
            raise StoreError(f"{SAVING}: it was opened for reading only.")

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        with translated(READING), self._reading() as connection:
            yield connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        self._refuse_when_reading_only()
        with translated(SAVING), self._writing() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction that excludes every other writer until it ends."""
        # Our own threads queue here without limit; other programs make us wait seconds at most.
        with (
            self._writer,
            self._open_engine()
            .connect()
            .execution_options(**{database.WRITING: True}) as connection,
            connection.begin(),
        ):
            database.exclude_writers(connection)
            yield connection

    def _close_addition(self, series_folder: str) -> None:
        """Drop the copied files unless the database has them; else the next opening does."""
        try:
            with self._reading() as connection:
                keep = reading.has_series(connection, series_folder)
            self._library.forget(series_folder, keep)
        except FAULTS:
            log.warning("copied files stay aside until the library is opened again")


def _open_folder(
    stack: ExitStack, folder: Path, library: Path | None, read_only: bool
) -> tuple[Engine, SeriesLibrary]:
    path, copies = folder / DATABASE, SeriesLibrary(library or folder / LIBRARY)
    if read_only and not path.is_file():
        raise StoreError(f"{OPENING}: there is none in this folder.")
    if not read_only:
        folder.mkdir(parents=True, exist_ok=True)
        stack.callback(WriterLock(folder / LOCK).release)
        copies.create()
    checked = database.check_at_start(path)
    if not read_only:
        stack.callback(database.note_checked, path, checked)  # once the engine has let it go
    engine = database.sqlite_engine(path, read_only=read_only)
    stack.callback(engine.dispose)
    revision = database.schema_revision(engine)
    if database.needs_migration(revision):
        _refuse_if(read_only)
        if revision is not None:
            database.back_up(path, folder / BACKUPS, revision)
        database.migrate(engine)
    if not read_only:
        _sweep(engine, copies)
    return engine, copies


def _refuse_if(read_only: bool) -> None:
    if read_only:
        raise StoreError(
            f"{OPENING}: an older version wrote it; open it once in the window, which keeps a "
            "copy and brings it up to date."
        )


def _open_server(
    stack: ExitStack, url: URL, library: Path | None, read_only: bool
) -> tuple[Engine, SeriesLibrary]:
    if library is None:
        raise BugError("a library on a database server needs a folder for its series")
    engine, copies = database.server_engine(url), SeriesLibrary(library)
    stack.callback(engine.dispose)
    if database.needs_migration(database.schema_revision(engine)):
        _refuse_if(read_only)
        database.migrate(engine)
    if not read_only:
        copies.create()
    return engine, copies


def series_named(url: str) -> Path | None:
    """The folder of series that a server's address names.

    Raises
    ------
    StoreError
        It is no such address.
    """
    return database.server_address(url)[1]


def _checked_sources(series: Series, source_files: Sequence[Path]) -> list[Path]:
    """Each file once; all of them or a `BugError`."""
    sources = list(dict.fromkeys(path.absolute() for path in source_files))
    if not {part.path.absolute() for part in series.slices} <= set(sources):
        raise BugError("the files to be copied do not include every slice")
    return sources


def _sweep(engine: Engine, copies: SeriesLibrary) -> None:
    """Remove copies that interrupted additions left."""
    with engine.connect() as connection:
        removed = copies.sweep(lambda name: reading.has_series(connection, name))
    if removed:
        log.warning("left-overs of %d interrupted additions removed", removed)

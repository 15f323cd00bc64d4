"""What the core asks of the outside world, in its own vocabulary.

Adapters implement these; tests implement them as fakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hipdesk.clinical import ClinicalFacts, Treatment
from hipdesk.himriss import BlindedOrder, Reading
from hipdesk.hip_alignment import HipAlignment
from hipdesk.manifest import Manifest
from hipdesk.records import (
    Analysis,
    Compute,
    Contrast,
    HipResult,
    ModelRef,
    Origin,
    Patient,
    Plane,
    Scan,
    Series,
    Side,
    Visit,
    Volume,
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
    Verdict,
)

Progress = Callable[[float, str], None]
"""Called with the fraction done (0-1) and what is being done."""

Cancelled = Callable[[], bool]
"""Whether the user has asked to stop; checked between steps."""

Found = Callable[[Series], None]
"""Called with a series as soon as it seems complete, before a scan ends."""

CHARSETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ISO_IR 192": "Unicode (UTF-8)",
        "GB18030": "Chinese (GB 18030)",
        "GBK": "Chinese (GBK)",
        "\\ISO 2022 IR 58": "Chinese (GB 2312 with escape sequences)",
        "Big5": "Chinese (Big5)",
        "Shift_JIS": "Japanese (Shift JIS)",
        "EUC-JP": "Japanese (EUC)",
        "ISO_IR 13": "Japanese (half-width)",
        "\\ISO 2022 IR 87": "Japanese (with escape sequences)",
        "ISO 2022 IR 149": "Korean",
        "ISO_IR 144": "Cyrillic (ISO 8859-5)",
        "windows-1251": "Cyrillic (Windows)",
        "KOI8-R": "Cyrillic (KOI8-R)",
        "ISO_IR 126": "Greek (ISO 8859-7)",
        "windows-1253": "Greek (Windows)",
        "ISO_IR 127": "Arabic (ISO 8859-6)",
        "windows-1256": "Arabic (Windows)",
        "ISO_IR 138": "Hebrew (ISO 8859-8)",
        "windows-1255": "Hebrew (Windows)",
        "ISO_IR 166": "Thai",
        "ISO_IR 100": "Western European (ISO 8859-1)",
        "ISO_IR 203": "Western European (ISO 8859-15)",
        "ISO_IR 101": "Central European (ISO 8859-2)",
        "windows-1250": "Central European (Windows)",
        "ISO_IR 109": "South European (ISO 8859-3)",
        "ISO_IR 110": "North European (ISO 8859-4)",
        "ISO_IR 148": "Turkish (ISO 8859-9)",
        "windows-1254": "Turkish (Windows)",
    }
)
"""Character sets that a user can choose for images that state a wrong one, and their languages.

DICOM's defined terms, and sets that DICOM never allowed but files are written in.
"""


POLL_S: Final = 0.03
"""While others work, the wish to stop is asked for this often."""


def no_progress(fraction: float, what: str) -> None:
    """Ignore progress."""


def share_of(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of one share of a longer job, told as progress of the whole."""
    return lambda done, what: progress(start + done * (stop - start), what)


def one_of(progress: Progress, index: int, count: int) -> Progress:
    """Progress of the job ``index`` (from 0) of ``count`` equal ones, told as that of all."""
    return share_of(progress, index / count, (index + 1) / count)


def never_cancelled() -> bool:
    """Never stop."""
    return False


def no_matter(series: Series) -> None:
    """Ignore what is found early."""


class StudyReader(Protocol):
    """Opens folders of images."""

    def scan(
        self,
        root: Path | Sequence[Path],
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
        found: Found = no_matter,
        charset: str = "",
    ) -> Scan:
        """Find every series in folders and below, in archives or files; headers only.

        Every file is either part of a series or listed with the reason why
        not; a damaged one never loses the rest. A folder without images gives
        a scan without series.

        Parameters
        ----------
        root : folder, file or zip archive, or several of them
        found : told of each series early; again, should more of it turn up.
            What is returned holds.
        charset : one of `CHARSETS`, to be used instead of what the files state

        Raises
        ------
        UnreadableInput
            There is no such folder, or it cannot be opened; an archive that is
            damaged, protected or absurdly large; no such character set.
        Cancelled
            The user asked to stop.
        """
        ...

    def spellings(self, series: Series) -> Mapping[str, str]:
        """The patient's name as it reads in each of `CHARSETS`, and under "" as the files state.

        Sets in which it cannot be read are left out; nothing of a file that cannot
        be read any more.
        """
        ...

    def read(
        self,
        series: Series,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Volume:
        """Decode one series' pixels, rescaled.

        Raises
        ------
        DamagedImage
            A slice cannot be decoded.
        Cancelled
            The user asked to stop.
        """
        ...


class Network(Protocol):
    """A loaded model that turns input arrays into probabilities."""

    @property
    def manifest(self) -> Manifest:
        """What the model expects and gives."""
        ...

    @property
    def reference(self) -> ModelRef:
        """Name, version and hash, for the record."""
        ...

    @property
    def compute(self) -> Compute:
        """Where it runs, as read back from the session."""
        ...

    def run(
        self,
        inputs: Mapping[str, NDArray[np.float32]],
        cancelled: Cancelled = never_cancelled,
    ) -> NDArray[np.float32]:
        """Probabilities ``(n, channels, rows, columns)`` of a batch.

        Parameters
        ----------
        inputs : manifest role to float32 array ``(n, k, rows, columns)``; for a
            volumetric model the n slices are one whole stack, in order

        Raises
        ------
        ModelError
            The network failed on this machine.
        """
        ...


class TestedNetwork(Network, Protocol):
    """A network that knows what it answered where it was made."""

    def self_test(self) -> bool | None:
        """Whether it answers the probe here as it did there; None where that is not known.

        Raises
        ------
        ModelError
            The network failed on this machine.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """A visit as listed for one patient: the visit and when it was saved."""

    visit: Visit
    saved_utc: datetime


@dataclass(frozen=True, slots=True)
class PatientEntry:
    """A patient as listed in the library.

    Attributes
    ----------
    visits : number of visits
    last_day : of the latest dated visit
    """

    uid: str
    patient: Patient = field(repr=False)
    visits: int
    last_day: date | None = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisEntry:
    """An analysis as listed under its visit.

    Attributes
    ----------
    hips : sides that have a result
    verdicts : of the newest revision of each of those sides; None where open
    signed : every one of those sides is signed
    thumbnail : uint8 (rows, columns) of the middle slice; None where none was kept
    revised : a reader did one of those sides again
    newest : number of the newest revision of each of those sides
    unfinished : sides with brush strokes that stand and are in no revision
    """

    uid: str
    created_utc: datetime
    description: str = field(repr=False)
    contrast: Contrast
    slices: int
    hips: tuple[Side, ...]
    verdicts: Mapping[Side, Verdict | None]
    signed: bool
    thumbnail: NDArray[np.uint8] | None
    revised: bool = False
    newest: Mapping[Side, int] = field(default_factory=dict)
    unfinished: frozenset[Side] = frozenset()


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """A study as listed under its visit.

    Attributes
    ----------
    uid : the library's own name of it
    day, time : as its images state them
    """

    uid: str
    day: date | None = field(repr=False)
    time: time | None = field(repr=False)
    description: str = field(repr=False)
    accession: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class VisitEntry:
    """A visit with its studies and analyses, the newest analysis first.

    Attributes
    ----------
    visit : as the timeline needs it: the current result of each hip
    descriptions : StudyDescription of each of its studies
    stated : whom its images name, whoever has the visit now
    studies : in the order in which they were added
    dated_by : the reader who gave the day that its images do not state; None where they do
    """

    visit: Visit
    patient_uid: str
    descriptions: tuple[str, ...] = field(repr=False)
    analyses: tuple[AnalysisEntry, ...]
    stated: Patient = field(default=Patient(), repr=False)
    studies: tuple[StudyEntry, ...] = ()
    dated_by: str | None = field(default=None, repr=False)


class RegroupKind(StrEnum):
    """What a reader did to the order of patients, visits and studies."""

    MOVED = "visit_moved"
    MERGED = "patients_merged"
    SPLIT = "visits_parted"
    STUDY_MOVED = "study_moved"


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Visits given to another patient, or a study to another visit; can be taken back.

    Attributes
    ----------
    number : of its entry in the record of changes
    things : uids of the visits that were moved, or of the study
    before_uid, into_uid : patients who had them and who have them; of a study its patient twice
    before, into : the same in words
    days : of the visits that were moved; of a study, of the visits before and after
    reason : the reader's words; empty where none were needed
    standing : nothing that it moved was moved again since, so that it can be taken back
    """

    number: int
    kind: RegroupKind
    things: tuple[str, ...]
    before_uid: str
    into_uid: str
    before: Patient = field(repr=False)
    into: Patient = field(repr=False)
    days: tuple[date | None, ...] = field(repr=False)
    reason: str = field(repr=False)
    reader: str = field(repr=False)
    at_utc: datetime
    standing: bool


@dataclass(frozen=True, slots=True)
class AsideEntry:
    """A visit that was taken out of every list, and by whom.

    Attributes
    ----------
    patient : to whom it belongs
    reason : the reader's words
    """

    visit_uid: str
    patient_uid: str
    patient: Patient = field(repr=False)
    day: date | None = field(repr=False)
    reason: str = field(repr=False)
    reader: str = field(repr=False)
    at_utc: datetime


@dataclass(frozen=True, slots=True)
class DatedFacts:
    """Clinical facts of a visit, as they were kept last, and by whom."""

    visit_uid: str
    day: date | None = field(repr=False)
    facts: ClinicalFacts
    reader: str = field(repr=False)
    at_utc: datetime


@dataclass(frozen=True, slots=True)
class ClinicalRecord:
    """What is known of a patient at one visit beside the images.

    Attributes
    ----------
    held : of this visit; None where nothing is recorded
    before : of the last earlier visit with any; None without one, or without a day
    treatments : name and newest state of each, of the whole time
    readings : HIMRISS of this visit, in the order in which they were entered
    """

    visit_uid: str
    patient_uid: str
    day: date | None = field(repr=False)
    held: DatedFacts | None = None
    before: DatedFacts | None = None
    treatments: tuple[tuple[str, Treatment], ...] = field(default=(), repr=False)
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class ClinicalVisit:
    """A dated visit with what is recorded of it beside images.

    Attributes
    ----------
    readings : HIMRISS as they stand
    """

    uid: str
    day: date = field(repr=False)
    facts: ClinicalFacts = field(default_factory=ClinicalFacts, repr=False)
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class ClinicalHistory:
    """One patient's clinical record over the whole time.

    Attributes
    ----------
    visits : dated ones with anything recorded, in any order
    treatments : as they stand
    """

    visits: tuple[ClinicalVisit, ...] = ()
    treatments: tuple[Treatment, ...] = field(default=(), repr=False)


RevisionKey = tuple[str, int]
"""UID of an analysis, and the number of a revision; 0 is the analysis itself."""


class VisitStore(Protocol):
    """Keeps patients, visits, analyses, revisions and reviews; appends only.

    Every method may raise StoreError; one that writes has then changed nothing.
    """

    def analysed(
        self, series: Series, pixel_sha256: str, models: Sequence[ModelRef], definition: str
    ) -> tuple[str, str] | None:
        """An analysis of these very images with the same models and score definition.

        Parameters
        ----------
        series : whose uid and patient are those of the images
        models : compared by name and hash
        definition : identifier of the score's formulas

        Returns
        -------
        uids of the analysis and of its visit, signed before judged before
        revised before newest; None where there is none
        """
        ...

    def add(
        self,
        analysis: Analysis,
        source_files: Sequence[Path],
        thumbnail: NDArray[np.uint8] | None = None,
    ) -> str:
        """Save one analysis with masks and scores in one transaction.

        The series' files are copied into the library. Returns the visit's uid.

        Parameters
        ----------
        thumbnail : (rows, columns) small picture of the series

        Raises
        ------
        StoreError
            Nothing was saved.
        """
        ...

    def visits(self, patient: Patient) -> tuple[StoredVisit, ...]:
        """All visits of the matching patient, oldest first; undated last."""
        ...

    def patients(self, words: str = "", limit: int = 200) -> tuple[PatientEntry, ...]:
        """Patients whose name, ID or accession numbers hold every word, last visit first."""
        ...

    def patient_of(self, visit_uid: str) -> PatientEntry:
        """The patient to whom a visit belongs."""
        ...

    def entries(self, patient_uid: str) -> tuple[VisitEntry, ...]:
        """One patient's visits, oldest first; undated last."""
        ...

    def lookalikes(self, patient_uid: str) -> tuple[PatientEntry, ...]:
        """Other patients who may be the same person, unless a reader kept them apart.

        Alike: two of patient ID, name and birth date are stated and the same. The
        rest may differ: another hospital's number, or a typing error.
        """
        ...

    def move_visit(self, visit_uid: str, patient_uid: str, reader: str, reason: str = "") -> str:
        """Give a visit to another patient; audited, undone by `take_back`.

        Returns the uid of the patient who had it. A patient left without visits
        stays in the library, unlisted.

        Raises
        ------
        StoreError
            Birth date or sex differ (`Patient.unlike`) from what the visit's images
            state, and no reason is given.
        """
        ...

    def merge_patients(
        self, patient_uid: str, into_uid: str, reader: str, reason: str = ""
    ) -> tuple[str, ...]:
        """Give every visit of a patient to another; their uids. As `move_visit`."""
        ...

    def split_visits(self, visit_uids: Sequence[str], reader: str, reason: str = "") -> str:
        """Part visits of one patient from the others; audited, undone by `take_back`.

        Returns the uid of the new patient who has them: of the identity that their
        images state, and kept apart from the one who had them.
        """
        ...

    def move_study(
        self, study_uid: str, visit_uid: str | None, reader: str, reason: str = ""
    ) -> str:
        """Have a study belong to another visit of its patient; audited, undone by `take_back`.

        Returns the visit's uid. A visit left with neither images nor clinical record
        is put aside.

        Parameters
        ----------
        visit_uid : None for a visit of its own
        """
        ...

    def regroupings(self) -> tuple[Regrouping, ...]:
        """What readers moved, merged and parted and did not take back, newest first."""
        ...

    def take_back(self, number: int, reader: str) -> None:
        """Undo a regrouping; audited.

        Raises
        ------
        StoreError
            There is no such one, or what it moved was moved again since.
        """
        ...

    def put_aside(self, visit_uids: Sequence[str], reason: str, reader: str) -> None:
        """Take visits out of every list, trend and pair; audited, undone by `bring_back`."""
        ...

    def bring_back(self, visit_uids: Sequence[str], reader: str) -> None:
        """Undo `put_aside`; audited."""
        ...

    def visits_aside(self) -> tuple[AsideEntry, ...]:
        """Visits that were put aside, the last one first."""
        ...

    def keep_apart(self, first_uid: str, second_uid: str, reader: str) -> None:
        """Record that two patients are not one person; audited."""
        ...

    def date_visit(self, visit_uid: str, day: date, reader: str) -> None:
        """Give a visit without a usable date its day; audited."""
        ...

    def name_repeat(
        self, kind: PairKind, first: RevisionKey, second: RevisionKey, side: Side, reader: str
    ) -> None:
        """Name two results as repeats of one hip between which nothing can have changed.

        Audited, undone by `withdraw_repeat`.

        Raises
        ------
        StoreError
            The two say nothing on noise.
        """
        ...

    def withdraw_repeat(
        self, kind: PairKind, first: RevisionKey, second: RevisionKey, side: Side, reader: str
    ) -> None:
        """Take back that two results are repeats; audited."""
        ...

    def repeat_pairs(self) -> tuple[RepeatPair, ...]:
        """Results that readers named as repeats of an unchanged hip, oldest naming first."""
        ...

    def keep_alignment(self, alignment: HipAlignment) -> None:
        """Keep how a hip's later visit lies on an earlier one; audited.

        Raises
        ------
        StoreError
            The library has no such result.
        """
        ...

    def alignments(self, patient_uid: str) -> tuple[HipAlignment, ...]:
        """Alignments between a patient's visits, in the order in which they were made."""
        ...

    def clinical_record(self, visit_uid: str) -> ClinicalRecord:
        """What is known of a patient at a visit, and the facts of the visit before it."""
        ...

    def clinical_history(self, patient_uid: str) -> ClinicalHistory:
        """The clinical record of a patient over the whole time."""
        ...

    def keep_facts(self, visit_uid: str, facts: ClinicalFacts, reader: str) -> None:
        """Keep the facts of a visit; earlier facts stay in the record; audited."""
        ...

    def keep_treatment(
        self,
        patient_uid: str,
        treatment: Treatment,
        reader: str,
        *,
        uid: str | None = None,
        withdrawn: bool = False,
    ) -> str:
        """Keep a treatment, or a new state of one; its name; audited."""
        ...

    def keep_reading(
        self, reading: Reading, *, correcting: bool = False, order: BlindedOrder | None = None
    ) -> None:
        """Keep a HIMRISS reading of a visit's hip; audited.

        Parameters
        ----------
        correcting : it corrects the one of the same hip, reader and number, which
            stays in the record
        order : of the sitting in which it was read without dates; audited with it
        """
        ...

    def load(self, analysis_uid: str, series: Series) -> Reviewed:
        """An analysis with its revisions, reviews and impression, as it was saved.

        Parameters
        ----------
        series : as read from `series_folder`

        Raises
        ------
        StoreError
            The library has no such analysis, or it is damaged.
        """
        ...

    def charset(self, analysis_uid: str) -> str:
        """The character set in which names of an analysed series are read; empty for its own."""
        ...

    def respell(self, analysis_uid: str, series: Series, reader: str) -> None:
        """Read an analysed series' names, its patient's too, in another character set; audited.

        Parameters
        ----------
        series : the same images, opened in ``series.charset``
        """
        ...

    def series_folder(self, analysis_uid: str) -> Path:
        """Folder with the library's copy of the series that was analysed."""
        ...

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
        last_stroke : number of the last act with the brush where the open strokes
            made this revision; they are finished by it

        Raises
        ------
        StoreError
            The hip is signed, or strokes of the brush are open that did not make this
            revision.
        """
        ...

    def journal_stroke(
        self,
        analysis_uid: str,
        side: Side,
        base: int,
        act: BrushAct,
        stroke: Stroke | None,
        reader: str,
    ) -> BrushEntry:
        """Append an act with the brush on one hip; audited. What is given back is kept.

        Parameters
        ----------
        base : number of the hip's newest revision, which is painted on
        act : anything but finishing, which `revise` does
        stroke : of what was painted or erased; None of every other act

        Raises
        ------
        StoreError
            The hip is signed, or was changed meanwhile.
        """
        ...

    def open_strokes(self, analysis_uid: str, side: Side) -> tuple[BrushEntry, ...]:
        """Acts with the brush on one hip that are neither finished nor discarded, in order."""
        ...

    def review(self, analysis_uid: str, reviews: Sequence[Review]) -> None:
        """Append what a reader did, all in one transaction; audited.

        Raises
        ------
        StoreError
            A signed hip would be judged anew, an unjudged one signed, or a
            revision that is not the newest is meant.
        """
        ...

    def write_impression(self, analysis_uid: str, text: str, reader: str) -> None:
        """Keep the reader's words for the report; earlier words stay in the record."""
        ...

    def record_report(self, analysis_uid: str, pdf_sha256: str, final: bool, reader: str) -> None:
        """Record that a report was saved or printed."""
        ...

    def close(self) -> None:
        """Release the library."""
        ...


@dataclass(frozen=True, slots=True)
class ScannerProtocol:
    """What tells one protocol of a scanner from another; nothing of it is a patient's.

    Words are lower-case, without what names a patient or a day; times are None
    where the files are silent. See `hipdesk.scanner_protocol`.

    Attributes
    ----------
    protocol, description : ProtocolName and SeriesDescription
    image_type : all values, divided by backslashes
    """

    manufacturer: str
    model: str
    protocol: str
    description: str
    sequence: str
    image_type: str
    plane: Plane
    tr_ms: float | None = None
    te_ms: float | None = None
    ti_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ProtocolChoice:
    """What a reader chose for every series of a scanner's protocol.

    Attributes
    ----------
    contrast : what its series are weighted for, whatever their headers say; None
        where its series are preferred to those that the program would choose
    """

    uid: str
    protocol: ScannerProtocol
    contrast: Contrast | None
    reader: str = field(repr=False)
    at_utc: datetime


class ProtocolChoices(Protocol):
    """Keeps what readers chose for scanners' protocols.

    Every method may raise StoreError; one that writes has then changed nothing.
    """

    def all(self) -> tuple[ProtocolChoice, ...]:
        """What stands, newest first."""
        ...

    def remember(
        self, protocol: ScannerProtocol, contrast: Contrast | None, reader: str
    ) -> ProtocolChoice:
        """Choose from now on; an earlier contrast of the same protocol is withdrawn.

        What is in force already is given back as it was made.
        """
        ...

    def forget(self, uid: str, reader: str) -> None:
        """Withdraw a choice; nothing where it does not stand."""
        ...

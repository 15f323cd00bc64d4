"""De-identified cases: series, outlines and scores, for another library or for training.

A bundle is a folder, or the same as a ZIP archive: ``bundle.json`` with the SHA-256
of every file, and a folder a case with ``series/*.dcm``, ``segmentation.dcm``,
``result.json`` for other programs, and ``case.json`` from which this one rebuilds the
result exactly. `hipdesk.training.cases` reads the folders as they are.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydicom import dcmread

from hipdesk import __version__
from hipdesk.adapters._store_files import file_sha256, random_name
from hipdesk.adapters.backup import KEY
from hipdesk.adapters.deidentify import Disguise, Pseudonyms, deidentify_file, mark_deidentified
from hipdesk.adapters.deidentify import refusal as why_not
from hipdesk.adapters.dicom_output import SEGMENTATION, write_segmentation
from hipdesk.adapters.segmentation_file import read_outlines
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.adapters.whole_file import OWNER_ONLY, replacing, write_file
from hipdesk.amendment import effective
from hipdesk.errors import Cancelled, KnownError, OutputError, StoreError, UnreadableInput
from hipdesk.image_quality import image_notices
from hipdesk.overlay import thumbnail
from hipdesk.ports import Cancelled as Asked
from hipdesk.ports import Progress, StudyReader, VisitStore, never_cancelled, no_progress
from hipdesk.quality import notices
from hipdesk.records import (
    Analysis,
    Compute,
    Contrast,
    GridBox,
    Head,
    HipResult,
    HipScore,
    ModelRef,
    Origin,
    PatientTotal,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    Volume,
)
from hipdesk.result import RESULT, result_json

log = logging.getLogger(__name__)

SCHEMA: Final = "hipdesk.cases/1"
CASE_SCHEMA: Final = "hipdesk.case/1"

INDEX: Final = "bundle.json"
SERIES: Final = "series"
CASE: Final = "case.json"
EXCLUDED: Final = "excluded by a reader"
"""Stands for the reader's own words."""

_NAME: Final = re.compile(
    rf"[A-Za-z0-9-]{{1,60}}/({SERIES}/[0-9]{{1,9}}\.dcm|{SEGMENTATION}|{RESULT}|{CASE})"
)
_LARGEST_TEXT: Final = 1 << 28
_LARGEST_NUMBER: Final = (1 << 31) - 1
_EXACT: Final = ConfigDict(strict=True, allow_inf_nan=False)
_FORMAT_FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A result that was left out.

    Attributes
    ----------
    visit_uid : random name of its visit in the library
    why : the end of a sentence
    """

    visit_uid: str
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    cases : names of the cases' folders
    """

    cases: tuple[str, ...]
    patients: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a bundle's cases.

    Attributes
    ----------
    added, known : numbers of cases; known ones were in the library before
    """

    added: int
    known: int


def pseudonyms_of(place: Path) -> Pseudonyms:
    """The pseudonyms of a library, which stay the same from one export to the next.

    Raises
    ------
    OutputError
        The library's folder cannot be written, and it has no secret yet.
    """
    path = place / KEY
    try:
        if not path.is_file():
            with replacing(path, OWNER_ONLY) as file:
                file.write(Pseudonyms.new_key())
        return Pseudonyms(path.read_bytes())
    except OSError as error:
        raise OutputError(
            "The secret from which pseudonyms are made cannot be kept in the library's folder; "
            "check that it may be written to and that its disk is not full."
        ) from error


def export_cases(
    store: VisitStore,
    reader: StudyReader,
    target: Path,
    pseudonyms: Pseudonyms,
    progress: Progress = no_progress,
    cancelled: Asked = never_cancelled,
) -> Exported:
    """Write the result that counts of every hip in a library, without its patient.

    Parameters
    ----------
    target : a new folder, or a new file whose name ends with ``.zip``

    Raises
    ------
    OutputError
        It exists already or cannot be written; then nothing is there.
    StoreError
        The library is damaged, or nothing in it can be exported.
    Cancelled
        The user asked to stop.
    """
    if target.exists():
        raise OutputError(f"{target} exists already; name a new folder or file.")
    with _explained(target), _staging(target) as folder:
        job = _Export(store, reader, folder, pseudonyms)
        for number, (patient, wanted) in enumerate(plan := _wanted(store), 1):
            for position, (visit, day, analysis) in enumerate(wanted, 1):
                if cancelled():
                    raise Cancelled
                job.add(patient, position, visit, day, analysis)
            progress(number / len(plan), "Exporting cases")
        if not job.cases:
            reason = f": {job.refused[0].why}" if job.refused else ""
            raise StoreError(f"No case was exported; no result can be{reason}.")
        _write_index(folder, job.patients)
        if target.suffix.lower() == ".zip":
            _write_archive(folder, target)
        else:
            folder.rename(target)
    log.info("cases exported: %d, refused: %d", len(job.cases), len(job.refused))
    return Exported(tuple(job.cases), len(job.patients), tuple(job.refused))


_Wanted = list[tuple[str, date | None, str]]
"""Visit, its day and analysis."""


def _wanted(store: VisitStore) -> list[tuple[str, _Wanted]]:
    """By patient, every analysis with a result that counts, in the order of the visits."""
    found = []
    for patient in store.patients(limit=2**31):
        analyses = {
            hip.analysis_uid: (entry.visit.uid, entry.visit.day)
            for entry in store.entries(patient.uid)
            for hip in entry.visit.hips
        }
        found.append((patient.uid, [(*where, uid) for uid, where in analyses.items()]))
    return found


class _Export:
    """Writes cases one after the other below a folder."""

    def __init__(
        self, store: VisitStore, reader: StudyReader, folder: Path, pseudonyms: Pseudonyms
    ) -> None:
        self._store, self._reader = store, reader
        self._folder, self._pseudonyms = folder, pseudonyms
        self.cases: list[str] = []
        self.patients: set[str] = set()
        self.refused: list[Refused] = []

    def add(self, patient: str, position: int, visit: str, day: date | None, analysis: str) -> None:
        """One analysis as a case, or why not."""
        disguise = Disguise.of(self._pseudonyms, patient)
        name = f"{disguise.patient}-{position:02d}"
        try:
            result, volume = self._loaded(analysis)
            why = why_not(volume.series, volume)
            if not why:
                self._write(self._folder / name, result, volume, disguise, day)
        except (StoreError, UnreadableInput) as error:
            why = str(error).rstrip(".")
        if why:
            shutil.rmtree(self._folder / name, ignore_errors=True)
            self.refused.append(Refused(visit, why))
        else:
            self.cases.append(name)
            self.patients.add(disguise.patient)

    def _loaded(self, uid: str) -> tuple[Analysis, Volume]:
        """An analysis as its readers left it, and its images."""
        scan = self._reader.scan(self._store.series_folder(uid))
        refusal: StoreError | None = None
        for series in scan.series:
            try:
                reviewed = self._store.load(uid, series)
            except StoreError as error:
                refusal = error
                continue
            volume = self._reader.read(series)
            if volume.pixel_sha256 == reviewed.analysis.pixel_sha256:
                return effective(reviewed), replace(volume, series=reviewed.analysis.series)
        raise refusal or StoreError("The images in the library are not those that were analysed.")

    def _write(
        self,
        folder: Path,
        result: Analysis,
        volume: Volume,
        disguise: Disguise,
        day: date | None,
    ) -> None:
        (folder / SERIES).mkdir(parents=True)
        paths = dict.fromkeys(source.path for source in volume.series.slices)
        for number, path in enumerate(paths, 1):
            target = folder / SERIES / f"{number:06d}.dcm"
            deidentify_file(path, target, disguise, volume.series, day)
        clean = _read_back(self._reader, folder / SERIES, volume)
        anonymous = _disguised(result, clean, disguise)
        if any(hip.segmentation is not None for hip in anonymous.hips):
            write_segmentation(anonymous, folder / SEGMENTATION)
            _date_segmentation(folder / SEGMENTATION, anonymous.created_utc)
        write_file(folder / RESULT, result_json(anonymous).encode("utf-8"))
        write_file(folder / CASE, json.dumps(_case_document(anonymous), indent=1).encode("ascii"))


def _read_back(reader: StudyReader, folder: Path, volume: Volume) -> Volume:
    """The de-identified series, proven to show the same.

    Raises
    ------
    StoreError
        It is understood otherwise without its patient.
    """
    found = reader.scan(folder).series
    if len(found) == 1:
        clean, series = reader.read(found[0]), volume.series
        same = (
            clean.pixel_sha256 == volume.pixel_sha256
            and clean.series.shape == series.shape
            and clean.series.plane is series.plane
        )
        if same:
            # What the pixels or a reader said of it outranks the words of a header.
            return replace(clean, series=replace(clean.series, contrast=series.contrast))
    raise StoreError("The images cannot be understood without what names their patient.")


def _disguised(result: Analysis, clean: Volume, disguise: Disguise) -> Analysis:
    """The same result on the de-identified series, with no moment and no word of a reader."""
    keys = {
        old.key: new.key for old, new in zip(result.series.slices, clean.series.slices, strict=True)
    }
    hips = tuple(_rekeyed(hip, keys) for hip in result.hips)
    return replace(
        result,
        uid=disguise.pseudonyms.name("analysis", result.uid),
        created_utc=result.created_utc + disguise.shift,
        series=clean.series,
        hips=hips,
        notices=_notices(clean, hips, result.models, result.compute),
    )


def _notices(
    volume: Volume, hips: tuple[HipResult, ...], models: tuple[ModelRef, ...], compute: Compute
) -> tuple[Any, ...]:
    """What must be said of a result, said anew: what was said may quote the original."""
    return (*notices(volume.series, hips, models, compute), *image_notices(volume, hips))


def _rekeyed(hip: HipResult, keys: Mapping[SliceKey, SliceKey]) -> HipResult:
    if hip.score is None:
        return hip
    slices = tuple(
        replace(part, key=keys[part.key], note=EXCLUDED if part.note else "")
        for part in hip.score.slices
    )
    return replace(hip, score=replace(hip.score, slices=slices))


def _date_segmentation(path: Path, moment: datetime) -> None:
    """Give the outlines the moved moment of the analysis; say what was done to them."""
    file = dcmread(path)
    for name in ("ContentDate", "InstanceCreationDate", "SeriesDate"):
        if name in file:
            setattr(file, name, moment.strftime("%Y%m%d"))
    for name in ("ContentTime", "InstanceCreationTime", "SeriesTime"):
        if name in file:
            setattr(file, name, moment.strftime("%H%M%S"))
    mark_deidentified(file)
    with replacing(path) as target:
        file.save_as(target, enforce_file_format=True)


def _case_document(result: Analysis) -> dict[str, Any]:
    """Everything of a result but images and outlines, exactly."""
    return {
        "schema": CASE_SCHEMA,
        "uid": result.uid,
        "program_version": result.program_version,
        "created_utc": result.created_utc.isoformat(),
        "definition": result.definition,
        "origin": result.origin.value,
        "contrast": result.series.contrast.value,
        "series_uid": result.series.uid,
        "pixel_sha256": result.pixel_sha256,
        "models": [dataclasses.asdict(model) for model in result.models],
        "compute": dataclasses.asdict(result.compute),
        "total": dataclasses.asdict(result.total),
        "hips": [_hip_document(hip) for hip in result.hips],
    }


def _hip_document(hip: HipResult) -> dict[str, Any]:
    masks = hip.segmentation
    return {
        "side": hip.side.value,
        "origin": None if hip.origin is None else hip.origin.value,
        "head": dataclasses.asdict(hip.head),
        "box": None if masks is None else [*masks.box.start, *masks.box.stop],
        "classes": None if masks is None else [name.value for name in masks.masks],
        "score": None if hip.score is None else _score_document(hip.score),
    }


def _score_document(score: HipScore) -> dict[str, Any]:
    lesions = score.by_lesion
    return {
        **dataclasses.asdict(replace(score, by_lesion=None)),
        "by_lesion": None
        if lesions is None
        else {name.value: dataclasses.asdict(part) for name, part in lesions.items()},
    }


def _write_index(folder: Path, patients: set[str]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    document = {
        "schema": SCHEMA,
        "program_version": __version__,
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "patients": len(patients),
        "files": [
            {
                "name": path.relative_to(folder).as_posix(),
                "sha256": file_sha256(path),
                "bytes": path.stat().st_size,
            }
            for path in files
        ],
    }
    write_file(folder / INDEX, json.dumps(document, indent=1).encode("ascii"))


def _write_archive(folder: Path, target: Path) -> None:
    with replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written; check that the disk is not full and that you may write "
            "there."
        ) from error


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """A folder beside the target, gone afterwards unless it was renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_name(f".{random_name()}.part")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def import_cases(
    bundle: Path,
    store: SqlVisitStore,
    reader: StudyReader,
    progress: Progress = no_progress,
    cancelled: Asked = never_cancelled,
) -> Imported:
    """Add the cases of a bundle to a library; those it has already are left.

    Every file is checked before the first case is added; each case is then added
    whole or not at all, so that what was interrupted can be done again.

    Parameters
    ----------
    bundle : folder or ZIP archive

    Raises
    ------
    UnreadableInput
        It is no bundle, damaged, or made by a newer program; nothing was added.
    StoreError
        A case cannot be saved.
    Cancelled
        The user asked to stop.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_unpacked(bundle)) if bundle.is_file() else bundle
        names = _checked(folder)
        known = set(store.analyses())
        added = 0
        for number, name in enumerate(names, 1):
            if cancelled():
                raise Cancelled
            analysis, volume = _read_case(folder / name, reader)
            if analysis.uid not in known:
                files = [source.path for source in analysis.series.slices]
                store.add(analysis, files, thumbnail(volume))
                added += 1
            progress(number / len(names), "Importing cases")
    log.info("cases imported: %d, known: %d", added, len(names) - added)
    return Imported(added, len(names) - added)


def _damaged() -> UnreadableInput:
    return UnreadableInput(
        "Nothing was imported: this is not a bundle of HipDesk cases, or it was cut off or "
        "altered; have it sent again."
    )


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The files of an archive that its index lists, nothing else, in a folder of their own."""
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)
        try:
            with zipfile.ZipFile(path) as archive:
                for name, size in [(INDEX, _LARGEST_TEXT), *_listed_in(archive)]:
                    if archive.getinfo(name).file_size > size:
                        raise _damaged()
                    archive.extract(name, folder)
        except _FORMAT_FAULTS as error:
            raise _damaged() from error
        yield folder


def _listed_in(archive: zipfile.ZipFile) -> list[tuple[str, int]]:
    if archive.getinfo(INDEX).file_size > _LARGEST_TEXT:
        raise _damaged()
    return [(each["name"], each["bytes"]) for each in _index(archive.read(INDEX))]


def _index(text: bytes) -> list[dict[str, Any]]:
    """The files of a bundle's index, their names checked."""
    document = json.loads(text)
    if document["schema"] != SCHEMA:
        raise UnreadableInput(
            "Nothing was imported: a newer version of the program made this bundle."
        )
    files: list[dict[str, Any]] = document["files"]
    if not files or not all(_NAME.fullmatch(each["name"]) for each in files):
        raise _damaged()
    return files


def _checked(folder: Path) -> list[str]:
    """Names of the cases of a bundle, every file compared with its hash."""
    try:
        files = _index((folder / INDEX).read_bytes())
        for each in files:
            if file_sha256(folder / each["name"]) != each["sha256"]:
                raise _damaged()
    except (*_FORMAT_FAULTS, OSError) as error:
        raise _damaged() from error
    return sorted({PurePosixPath(each["name"]).parts[0] for each in files})


class _HipFile(BaseModel):
    """One hip of ``case.json``, every value of its kind."""

    model_config = _EXACT

    side: Side
    origin: Origin | None
    head: Head
    box: tuple[int, int, int, int, int, int] | None
    classes: tuple[SegmentClass, ...] | None
    score: HipScore | None


class _CaseFile(BaseModel):
    """``case.json``, every value of its kind."""

    model_config = _EXACT

    uid: str = Field(pattern=r"^[A-Za-z0-9.-]{1,64}$")
    program_version: str
    created_utc: datetime
    definition: str
    origin: Origin
    contrast: Contrast
    pixel_sha256: str
    models: tuple[ModelRef, ...]
    compute: Compute
    total: PatientTotal
    hips: tuple[_HipFile, ...]


def _read_case(folder: Path, reader: StudyReader) -> tuple[Analysis, Volume]:
    """One case as an analysis on its own images, and these."""
    try:
        case = _case_file((folder / CASE).read_bytes())
        (series,) = reader.scan(folder / SERIES).series
        volume = reader.read(series)
        if volume.pixel_sha256 != case.pixel_sha256:
            raise _damaged()
        return _analysis(case, volume, _outlines(folder)), volume
    except KnownError:
        raise
    except (*_FORMAT_FAULTS, OSError) as error:
        raise _damaged() from error


def _case_file(text: bytes) -> _CaseFile:
    """``case.json``, no number larger and no text other than a library can keep."""
    if json.loads(text, parse_int=_whole)["schema"] != CASE_SCHEMA:
        raise UnreadableInput(
            "Nothing was imported: a newer version of the program made this bundle."
        )
    if b"\\u0000" in text:
        raise _damaged()
    return _CaseFile.model_validate_json(text)


def _whole(digits: str) -> int:
    number = int(digits)
    if abs(number) > _LARGEST_NUMBER:
        raise ValueError("a number is too large")
    return number


_Outlines = dict[tuple[Side, SegmentClass], Mapping[SliceKey, Any]]


def _outlines(folder: Path) -> _Outlines:
    path = folder / SEGMENTATION
    found = (read_outlines(path) or ()) if path.is_file() else ()
    return {
        (each.side, SegmentClass(each.label)): each.slices
        for each in found
        if each.side is not None
    }


def _analysis(case: _CaseFile, volume: Volume, outlines: _Outlines) -> Analysis:
    volume = replace(volume, series=replace(volume.series, contrast=case.contrast))
    hips = tuple(_hip(each, volume.series, outlines) for each in case.hips)
    return Analysis(
        uid=case.uid,
        program_version=case.program_version,
        created_utc=case.created_utc,
        definition=case.definition,
        origin=case.origin,
        series=volume.series,
        pixel_sha256=volume.pixel_sha256,
        models=case.models,
        compute=case.compute,
        hips=hips,
        total=case.total,
        notices=_notices(volume, hips, case.models, case.compute),
    )


def _hip(hip: _HipFile, series: Series, outlines: _Outlines) -> HipResult:
    """One hip; its slices must be those of the series."""
    slices = () if hip.score is None else hip.score.slices
    keys = [source.key for source in series.slices]
    if hip.head.side is not hip.side or any(part.key not in keys for part in slices):
        raise _damaged()
    masks = None if hip.box is None else _masks(hip, hip.box, series, outlines)
    return HipResult(hip.side, hip.head, masks, hip.score, hip.origin)


def _masks(
    hip: _HipFile, corners: tuple[int, ...], series: Series, outlines: _Outlines
) -> Segmentation:
    a, b, c, d, e, f = corners
    box = GridBox((a, b, c), (d, e, f))
    index = {source.key: number for number, source in enumerate(series.slices)}
    masks = {}
    for name in hip.classes or ():
        whole = np.zeros(series.shape, dtype=np.bool_)
        for key, plane in outlines[hip.side, name].items():
            whole[index[key]] = plane
        masks[name] = whole[box.index]
        if min(box.start) < 0 or masks[name].shape != box.shape:
            raise _damaged()
    return Segmentation(hip.side, box, masks)

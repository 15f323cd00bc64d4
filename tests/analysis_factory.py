"""Small complete analyses of a made-up series, for tests that store, print or export them.

The numbers are arbitrary but of the right kinds; nothing is measured from the masks.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from hipdesk.records import (
    BONES,
    LESIONS,
    Acquisition,
    Analysis,
    Compute,
    Contrast,
    GridBox,
    Head,
    HipResult,
    HipScore,
    LesionScore,
    ModelRef,
    Notice,
    Patient,
    Reason,
    Segmentation,
    Series,
    Side,
    SliceKey,
    SliceScore,
    SliceSource,
    StudyInfo,
)
from tests.record_builders import build_analysis, build_series

SPACING_MM = (4.4, 0.78125, 0.78125)
ROWS, COLUMNS = 24, 32
LOCATOR = ModelRef("locate", "1", "b" * 64, "locate", "simulated")
SEGMENTER = ModelRef("segment", "1", "a" * 64, "segment", "simulated")


def make_patient(identifier: str = "4711", *, issuer: str = "Clinic A") -> Patient:
    """A patient who can be matched, unless ``issuer`` is empty."""
    return Patient(identifier, issuer, "Doe^Jane", date(1980, 5, 17), "F")


def make_series(
    patient: Patient | None = None,
    *,
    day: date | None = date(2024, 3, 1),
    slices: int = 7,
    contrast: Contrast = Contrast.STIR,
    study_uid: str | None = None,
    folder: Path = Path("absent"),
) -> Series:
    """A coronal series of ``slices`` files that lie, or would lie, in ``folder``."""
    between, row_mm, column_mm = SPACING_MM
    affine = np.array(
        [
            [0.0, 0.0, column_mm, -12.5],
            [between, 0.0, 0.0, -14.0],
            [0.0, -row_mm, 0.0, 9.0],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
    sources = tuple(
        SliceSource(
            SliceKey(str(generate_uid())),
            folder / f"IM{index:04d}.dcm",
            (-12.5, -14.0 + between * index, 9.0),
            None if day is None else datetime.combine(day, time(9, 30, index)),
        )
        for index in range(slices)
    )
    return build_series(
        affine,
        (slices, ROWS, COLUMNS),
        uid=str(generate_uid()),
        patient=make_patient() if patient is None else patient,
        study=StudyInfo(study_uid or str(generate_uid()), day, time(9, 15), "A1", "Hips"),
        acquisition=Acquisition(
            manufacturer="Maker",
            model="Magnet",
            field_strength_t=1.5,
            sequence="SE",
            tr_ms=3550.0,
            te_ms=51.0,
            ti_ms=145.0,
            slice_thickness_mm=4.0,
        ),
        description="cor STIR",
        number=3,
        frame_of_reference_uid=str(generate_uid()),
        contrast=contrast,
        slices=sources,
        window=(300.0, 600.0),
        notices=(Notice("uneven_spacing", "The slices are unevenly spaced.", 0.4),),
    )


def make_segmentation(series: Series, side: Side, seed: int = 0) -> Segmentation:
    """Random masks in one half of the series; no lesions unless it is fluid-sensitive."""
    slices, rows, columns = series.shape
    first = 0 if side is Side.RIGHT else columns // 2
    box = GridBox((0, 2, first), (slices, rows - 1, first + columns // 2 - 1))
    random = np.random.default_rng(seed)
    names = BONES + (LESIONS if series.contrast.fluid_sensitive else ())
    return Segmentation(side, box, {name: random.random(box.shape) < 0.3 for name in names})


def make_score(series: Series, level: float = 1.0) -> HipScore:
    """A score of ``level`` times arbitrary numbers, or a null one with its reason."""
    reason = None if series.contrast.fluid_sensitive else Reason.NOT_FLUID_SENSITIVE
    if reason is None and len(series.slices) < 5:
        reason = Reason.TOO_FEW_SLICES
    scored = reason is None
    parts = tuple(
        _slice_score(index, source.key, series.contrast.fluid_sensitive, level)
        for index, source in enumerate(series.slices)
    )
    total = sum(part.u_intensity or 0.0 for part in parts)
    share = LesionScore(total / 3.0, level * 0.1)
    lesions = series.contrast.fluid_sensitive
    return HipScore(
        slices=parts,
        n_counted=len(parts),
        central_index=len(parts) // 2,
        reason=reason,
        u_intensity=total if scored else None,
        u_area=level / 7.0 if scored else None,
        by_lesion=dict.fromkeys(LESIONS, share) if scored else None,
        bme_ml=level * 1.1 if lesions else None,
        effusion_ml=level * 2.3 if lesions else None,
        head_ml=47.1,
        bme_head_percent=level * 3.3 if lesions else None,
    )


def _slice_score(index: int, key: SliceKey, lesions: bool, level: float) -> SliceScore:
    return SliceScore(
        index=index,
        key=key,
        counted=True,
        reason=None,
        head_px=100 + index,
        bme_px=index if lesions else None,
        effusion_px=2 * index if lesions else None,
        u_intensity=level * (index + 1) / 3.0 if lesions else None,
        u_area=level * index / 7.0 if lesions else None,
    )


def make_hip(series: Series, side: Side, *, found: bool = True, level: float = 1.0) -> HipResult:
    """One hip of a series, or a head that was not found."""
    if not found:
        head = Head(side, found=False, confidence=0.12, reason=Reason.HEAD_NOT_FOUND)
        return HipResult(side, head, None, None)
    x = -90.25 if side is Side.RIGHT else 90.75
    head = Head(side, True, 0.97, (x, 1.0 / 3.0, -4.5), 23.4)
    return HipResult(side, head, make_segmentation(series, side), make_score(series, level))


def make_analysis(
    series: Series | None = None,
    *,
    found: Sequence[Side] = tuple(Side),
    level: float = 1.0,
    created: datetime = datetime(2024, 3, 2, 10, 0, tzinfo=UTC),
    uid: str | None = None,
) -> Analysis:
    """A whole analysis of ``series``.

    Parameters
    ----------
    found : sides whose head was found
    level : multiplies every score
    """
    of = make_series() if series is None else series
    hips = tuple(make_hip(of, side, found=side in found, level=level) for side in Side)
    return build_analysis(
        of,
        hips,
        uid=uid or uuid.uuid4().hex,
        created_utc=created,
        definition="unet-score/1",
        pixel_sha256="c" * 64,
        models=(LOCATOR, SEGMENTER),
        compute=Compute("auto", "cpu", "no graphics card"),
        notices=(Notice("provider_fallback", "The processor was used."),),
    )


def write_files(series: Series, folder: Path) -> Series:
    """Write one small DICOM file a slice; the series that points at them."""
    folder.mkdir(parents=True, exist_ok=True)
    placed = tuple(
        replace(source, path=folder / f"IM{index:04d}.dcm")
        for index, source in enumerate(series.slices)
    )
    for source in placed:
        pydicom.dcmwrite(source.path, _file(series, source), enforce_file_format=True)
    return replace(series, slices=placed)


def _file(series: Series, source: SliceSource) -> Dataset:
    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = MRImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = source.key.sop_instance_uid
    file.SOPClassUID = MRImageStorage
    file.SOPInstanceUID = source.key.sop_instance_uid
    file.StudyInstanceUID, file.SeriesInstanceUID = series.study.uid, series.uid
    file.Modality = "MR"
    file.PatientName, file.PatientID = series.patient.name, series.patient.patient_id
    file.Rows, file.Columns = series.rows, series.columns
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit = 16, 12, 11
    file.PixelRepresentation = 0
    file.ImagePositionPatient = [round(part, 6) for part in source.position_lps_mm]
    file.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    file.PixelSpacing = list(series.spacing_mm[1:])
    pixels = np.arange(series.rows * series.columns, dtype=np.uint16)
    file.PixelData = pixels.tobytes()
    return file

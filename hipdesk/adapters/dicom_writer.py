"""Simulated series written as classic DICOM MR images, and their truth beside them.

Every file says that it is simulated: in ManufacturerModelName, PatientComments,
ImageComments and, where the writer of the record kept to it, SeriesDescription.
Attributes follow the MR Image IOD (PS3.3 A.4); `dciodvfy` finds no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from hipdesk.errors import OutputError
from hipdesk.geometry import image_orientation_of, slice_normal, to_lps
from hipdesk.records import (
    Acquisition,
    BoolArray,
    Contrast,
    SegmentClass,
    Series,
    Side,
    SliceSource,
    Volume,
)

SIMULATED: Final = "HipDesk simulated MRI"
MODEL_NAME: Final = "HipDesk phantom (simulated)"

_IMPLEMENTATION_UID: Final = generate_uid(entropy_srcs=["hipdesk", "dicom_writer"])
_PROTON_MHZ_PER_TESLA: Final = 42.577
_FAT_SUPPRESSED: Final = frozenset({Contrast.T2_FS, Contrast.PD_FS, Contrast.T1_FS})


def write_series(folder: Path, volume: Volume, first_instance: int = 1) -> tuple[Path, ...]:
    """Write one file a slice, named after the slices' sources.

    Parameters
    ----------
    folder : made where it is missing
    volume : voxels (slices, rows, columns) in stored values 0-65535; identity,
        geometry and acquisition come from its series, UIDs included
    first_instance : InstanceNumber of the first slice; a localizer's planes
        are stacks of one series and count on

    Returns
    -------
    tuple of Path
        In stack order.

    Raises
    ------
    ValueError
        The voxels do not fit the series or 16 bits.
    OutputError
        The folder cannot be written.
    """
    pixels = _stored(volume)
    common = _common(volume.series, pixels)
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for index, source in enumerate(volume.series.slices):
            path = folder / source.path.name
            file = _instance(common, volume.series, index, pixels[index])
            file.InstanceNumber = first_instance + index
            file.save_as(path, enforce_file_format=True)
            paths.append(path)
    except OSError as error:
        raise OutputError(
            f"The simulated series cannot be written to {folder}; check space and permission."
        ) from error
    return tuple(paths)


def write_truth(path: Path, truth: Mapping[tuple[Side, SegmentClass], BoolArray]) -> Path:
    """Write ground-truth masks as ``.npz``: ``R_bme``, ``L_femoral_head`` ... to bool arrays.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    named: dict[str, NDArray[np.bool_]] = {
        f"{side.value}_{name.value}": np.asarray(mask, dtype=np.bool_)
        for (side, name), mask in truth.items()
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **named)
    except OSError as error:
        raise OutputError(
            f"The true outlines cannot be written to {path}; check space and permission."
        ) from error
    return path


def _stored(volume: Volume) -> NDArray[np.uint16]:
    """The voxels as unsigned 16-bit numbers."""
    voxels = volume.voxels
    if voxels.shape != volume.series.shape:
        raise ValueError("voxels and series differ in shape")
    if not np.isfinite(voxels).all() or voxels.min() < 0 or voxels.max() > np.iinfo(np.uint16).max:
        raise ValueError("voxels do not fit unsigned 16 bits")
    return np.rint(voxels).astype("<u2")


def _instance(
    common: Dataset, series: Series, index: int, pixels: NDArray[np.uint16]
) -> FileDataset:
    """One slice's file."""
    source = series.slices[index]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = UID(source.key.sop_instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION_UID
    meta.ImplementationVersionName = "HIPDESK"
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    file.update(common)
    file.SOPInstanceUID = source.key.sop_instance_uid
    position = to_lps(series.affine, (index, 0, 0))
    file.ImagePositionPatient = [_decimal(value) for value in position]
    normal = slice_normal(image_orientation_of(series.affine))
    file.SliceLocation = _decimal(float(position @ normal))
    _add_moment(file, source)
    file.SmallestImagePixelValue = int(pixels.min())
    file.LargestImagePixelValue = int(pixels.max())
    file.PixelData = pixels.tobytes()
    return file


def _add_moment(file: FileDataset, source: SliceSource) -> None:
    """When the slice was acquired, where stated."""
    if source.acquired is not None:
        file.AcquisitionDate = file.ContentDate = _date(source.acquired.date())
        file.AcquisitionTime = file.ContentTime = _time(source.acquired.time())


def _common(series: Series, pixels: NDArray[np.uint16]) -> Dataset:
    """What all slices of a series share."""
    shared = Dataset()
    shared.SpecificCharacterSet = "ISO_IR 192"
    shared.SOPClassUID = MRImageStorage
    shared.ImageType = list(series.image_type or ("ORIGINAL", "PRIMARY", "OTHER"))
    _add_patient(shared, series)
    _add_study(shared, series)
    _add_series(shared, series)
    _add_equipment(shared, series.acquisition)
    _add_acquisition(shared, series)
    _add_pixels(shared, series, pixels)
    shared.ImageComments = f"{SIMULATED}: not a patient"
    return shared


def _add_patient(shared: Dataset, series: Series) -> None:
    patient = series.patient
    shared.PatientName = patient.name
    shared.PatientID = patient.patient_id
    if patient.issuer:
        shared.IssuerOfPatientID = patient.issuer
    shared.PatientBirthDate = _date(patient.birth_date)
    shared.PatientSex = patient.sex
    shared.PatientComments = f"{SIMULATED}: no such person exists"
    if patient.birth_date and series.study.date:
        years = (series.study.date - patient.birth_date).days // 365.25
        shared.PatientAge = f"{int(years):03d}Y"


def _add_study(shared: Dataset, series: Series) -> None:
    study = series.study
    shared.StudyInstanceUID = study.uid
    shared.StudyDate = _date(study.date)
    shared.StudyTime = _time(study.time)
    shared.StudyID = "1"
    shared.AccessionNumber = study.accession
    shared.ReferringPhysicianName = ""
    shared.StudyDescription = study.description


def _add_series(shared: Dataset, series: Series) -> None:
    first = min((s.acquired for s in series.slices if s.acquired), default=None)
    shared.Modality = "MR"
    shared.SeriesInstanceUID = series.uid
    shared.SeriesNumber = series.number
    shared.SeriesDescription = series.description
    shared.ProtocolName = series.acquisition.protocol or series.description
    if first:
        shared.SeriesDate, shared.SeriesTime = _date(first.date()), _time(first.time())
    shared.BodyPartExamined = series.body_part or ("HIP" if series.laterality else "PELVIS")
    if series.laterality:
        shared.Laterality = series.laterality.value
    shared.PatientPosition = "HFS"
    shared.FrameOfReferenceUID = series.frame_of_reference_uid
    shared.PositionReferenceIndicator = ""


def _add_equipment(shared: Dataset, acquisition: Acquisition) -> None:
    shared.Manufacturer = acquisition.manufacturer or "HipDesk"
    shared.ManufacturerModelName = acquisition.model or MODEL_NAME
    shared.InstitutionName = acquisition.institution
    shared.SoftwareVersions = "phantom"
    shared.DeviceSerialNumber = "simulated"


def _add_acquisition(shared: Dataset, series: Series) -> None:
    acquisition = series.acquisition
    ti = _ti(series)
    shared.ScanningSequence = "SE" if ti is None else ["SE", "IR"]
    shared.SequenceVariant = "SK"
    shared.ScanOptions = "FS" if series.contrast in _FAT_SUPPRESSED else ""
    shared.MRAcquisitionType = "2D"
    if acquisition.sequence:
        shared.SequenceName = acquisition.sequence
    shared.RepetitionTime = _optional(acquisition.tr_ms)
    shared.EchoTime = _optional(acquisition.te_ms)
    if ti is not None:
        shared.InversionTime = _decimal(ti)
    shared.EchoTrainLength = 1
    shared.NumberOfAverages = 1
    shared.FlipAngle = 90
    shared.AcquisitionNumber = 1
    shared.SliceThickness = _optional(acquisition.slice_thickness_mm)
    shared.SpacingBetweenSlices = _decimal(series.spacing_mm[0])
    if acquisition.field_strength_t is not None:
        shared.MagneticFieldStrength = _decimal(acquisition.field_strength_t)
        shared.ImagingFrequency = _decimal(acquisition.field_strength_t * _PROTON_MHZ_PER_TESLA)


def _add_pixels(shared: Dataset, series: Series, pixels: NDArray[np.uint16]) -> None:
    bits = 12 if int(pixels.max()) < 1 << 12 else 16
    shared.SamplesPerPixel = 1
    shared.PhotometricInterpretation = "MONOCHROME2"
    shared.Rows, shared.Columns = series.rows, series.columns
    shared.PixelSpacing = [_decimal(value) for value in series.spacing_mm[1:]]
    shared.ImageOrientationPatient = [
        _decimal(value) for value in image_orientation_of(series.affine)
    ]
    shared.BitsAllocated, shared.BitsStored, shared.HighBit = 16, bits, bits - 1
    shared.PixelRepresentation = 0
    centre, width = series.window or _window(pixels)
    shared.WindowCenter, shared.WindowWidth = _decimal(centre), _decimal(width)


def _window(pixels: NDArray[np.uint16]) -> tuple[float, float]:
    """Centre and width that show the brightest percent just saturated."""
    top = max(2.0, float(np.percentile(pixels, 99.0)))
    return top / 2, top


def _ti(series: Series) -> float | None:
    return series.acquisition.ti_ms


def _optional(value: float | None) -> str:
    return "" if value is None else _decimal(value)


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters (VR DS)."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text if text not in {"-0", ""} else "0"


def _date(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""


def _time(moment: time | None) -> str:
    return datetime.combine(date.min, moment).strftime("%H%M%S") if moment else ""

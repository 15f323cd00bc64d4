"""DICOM images without their patient: the basic profile of PS3.15 Annex E, more strictly.

The profile lists what must go; this keeps only what is listed here, which an MR
image needs to be read, and writes everything else anew or not at all. Options of
the profile that are used: Retain Longitudinal Temporal Information with Modified
Dates (113107; one shift a patient, so that intervals stay), and Clean Descriptors
(113105; descriptions are the program's own words, never the operator's). All UIDs
are new. Private attributes, overlays and curves are gone.

What is burned into the pixels is not removed: such images are refused, where they
say so themselves or bear marks that stand still through the whole stack.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import warnings
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import DataElement, Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian

from hipdesk.adapters.whole_file import output_file
from hipdesk.errors import OutputError
from hipdesk.records import Contrast, Plane, Series, Volume

ISSUER: Final = "HipDesk de-identified"
BIRTH_DATE: Final = "19700101"
SEX: Final = "O"
"""Dummies, since patients are matched only where both are stated (profile action Z)."""

METHOD: Final = "HipDesk: PS3.15 Annex E basic profile; only listed tags kept"
METHOD_CODES: Final = (
    Code("113100", "DCM", "Basic Application Confidentiality Profile"),
    Code("113105", "DCM", "Clean Descriptors Option"),
    Code("113107", "DCM", "Retain Longitudinal Temporal Information Modified Dates Option"),
)

CONTRAST_NAMES: Final = {
    Contrast.STIR: "STIR",
    Contrast.T2_FS: "T2 FS",
    Contrast.PD_FS: "PD FS",
    Contrast.DIXON_WATER: "T2 Dixon water",
    Contrast.T1: "T1",
    Contrast.T1_FS: "T1 FS",
    Contrast.T2: "T2",
    Contrast.PD: "PD",
    Contrast.DWI: "DWI",
}

_SHIFT_DAYS: Final = (365, 3650)
"""Into the past, so that no date lies in the future."""

_DATES: Final = frozenset({"StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"})
_MOMENTS: Final = frozenset(
    {"AcquisitionDateTime", "FrameAcquisitionDateTime", "FrameReferenceDateTime"}
)
_UIDS: Final = frozenset(
    {
        "SOPInstanceUID",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "FrameOfReferenceUID",
        "DimensionOrganizationUID",
        "ConcatenationUID",
    }
)
_SEQUENCES: Final = frozenset(
    {
        "AnatomicRegionSequence",
        "CardiacSynchronizationSequence",
        "DimensionIndexSequence",
        "DimensionOrganizationSequence",
        "FrameAnatomySequence",
        "FrameContentSequence",
        "FrameVOILUTSequence",
        "MRAveragesSequence",
        "MRDiffusionSequence",
        "MREchoSequence",
        "MRFOVGeometrySequence",
        "MRImageFrameTypeSequence",
        "MRImagingModifierSequence",
        "MRModifierSequence",
        "MRTimingAndRelatedParametersSequence",
        "PerFrameFunctionalGroupsSequence",
        "PixelMeasuresSequence",
        "PixelValueTransformationSequence",
        "PlaneOrientationSequence",
        "PlanePositionSequence",
        "SharedFunctionalGroupsSequence",
        "UnassignedPerFrameConvertedAttributesSequence",
        "UnassignedSharedConvertedAttributesSequence",
    }
)
_KEPT_WORDS: Final = """
    SOPClassUID Modality ImageType Manufacturer ManufacturerModelName
    StudyTime SeriesTime AcquisitionTime ContentTime
    BodyPartExamined Laterality ImageLaterality FrameLaterality
    CodeValue CodingSchemeDesignator CodeMeaning
    ScanningSequence SequenceVariant ScanOptions MRAcquisitionType SequenceName AngioFlag
    SliceThickness RepetitionTime EchoTime InversionTime NumberOfAverages ImagingFrequency
    ImagedNucleus EchoNumbers MagneticFieldStrength SpacingBetweenSlices
    NumberOfPhaseEncodingSteps EchoTrainLength PercentSampling PercentPhaseFieldOfView
    PixelBandwidth TriggerTime AcquisitionMatrix InPlanePhaseEncodingDirection FlipAngle
    VariableFlipAngleFlag PatientPosition
    PulseSequenceName EchoPulseSequence InversionRecovery InversionTimes
    SpectrallySelectedSuppression SpectrallySelectedExcitation EffectiveEchoTime
    DiffusionBValue DiffusionDirectionality AcquisitionContrast FrameType ComplexImageComponent
    PixelPresentation VolumetricProperties VolumeBasedCalculationTechnique
    FrameAcquisitionDuration FrameAcquisitionNumber StackID InStackPositionNumber
    DimensionIndexValues DimensionIndexPointer FunctionalGroupPointer DimensionOrganizationType
    TemporalPositionIdentifier TemporalPositionIndex NumberOfTemporalPositions
    NominalCardiacTriggerDelayTime RFEchoTrainLength GradientEchoTrainLength
    SeriesNumber AcquisitionNumber InstanceNumber
    PatientOrientation ImagePositionPatient ImageOrientationPatient SliceLocation
    SamplesPerPixel PhotometricInterpretation NumberOfFrames Rows Columns PixelSpacing
    BitsAllocated BitsStored HighBit PixelRepresentation
    SmallestImagePixelValue LargestImagePixelValue PixelPaddingValue
    WindowCenter WindowWidth VOILUTFunction RescaleIntercept RescaleSlope RescaleType
    LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod
    """
_KEPT: Final = frozenset(_KEPT_WORDS.split())
"""What stays as it is: numbers and coded words of the measurement."""

_STILL_SHARE: Final = 0.5
_STILL_PIXELS: Final = 20
_STILL_SLICES: Final = 3
"""Marks are pixels at least half as bright as the brightest that are the same on every slice,
where noise alone makes anatomy differ; a letter has some 20."""


class Pseudonyms:
    """Names, days and UIDs that stand for the real ones; the same for the same key.

    Parameters
    ----------
    key : secret of a library; without it nothing leads back
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @staticmethod
    def new_key() -> bytes:
        """A key nobody knows."""
        return secrets.token_bytes(32)

    def patient(self, uid: str) -> str:
        """What stands for a patient's number and name."""
        return "HD-" + base64.b32encode(self._digest("patient", uid))[:10].decode("ascii")

    def shift(self, uid: str) -> timedelta:
        """By how much a patient's days are moved: whole days, into the past."""
        low, high = _SHIFT_DAYS
        number = int.from_bytes(self._digest("shift", uid)[:8], "big")
        return -timedelta(days=low + number % (high - low + 1))

    def uid(self, original: str) -> UID:
        """What stands for a UID (2.25 form, PS3.5 B.2)."""
        return UID(f"2.25.{int.from_bytes(self._digest('uid', original)[:16], 'big')}")

    def name(self, kind: str, original: str) -> str:
        """What stands for a random name of the library."""
        return self._digest(kind, original).hex()[:32]

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}/{text}".encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Disguise:
    """What one patient's images say instead.

    Attributes
    ----------
    patient : number and name
    shift : added to every date
    """

    pseudonyms: Pseudonyms = field(repr=False)
    patient: str
    shift: timedelta = field(repr=False)

    @classmethod
    def of(cls, pseudonyms: Pseudonyms, patient_uid: str) -> Disguise:
        """The disguise of a patient of the library."""
        return cls(pseudonyms, pseudonyms.patient(patient_uid), pseudonyms.shift(patient_uid))

    def day(self, day: date | None) -> date | None:
        """A day, moved."""
        return None if day is None else day + self.shift


def refusal(series: Series, volume: Volume) -> str:
    """Why a series cannot be de-identified; empty where nothing was found.

    Marks that differ from slice to slice, or that are faint, are not found: someone
    must look at the images before they are given away.
    """
    paths = dict.fromkeys(source.path for source in series.slices)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        headers = [dcmread(path, stop_before_pixels=True) for path in paths]
    for header in headers:
        if header.get("BurnedInAnnotation", "NO") == "YES":
            return "its files say that words are burned into the images"
        if header.get("RecognizableVisualFeatures", "NO") == "YES":
            return "its files say that the person can be recognised"
    return "marks are burned into the images" if has_still_marks(volume.voxels) else ""


def has_still_marks(voxels: NDArray[np.float32]) -> bool:
    """Whether bright pixels are the same on every slice of (slices, rows, columns)."""
    if len(voxels) < _STILL_SLICES:
        return False
    still = (voxels == voxels[0]).all(axis=0)
    low, high = float(voxels.min()), float(voxels.max())
    bright = voxels[0] >= low + _STILL_SHARE * (high - low)
    return high > low and int(np.count_nonzero(still & bright)) >= _STILL_PIXELS


def deidentify_file(
    source: Path, target: Path, disguise: Disguise, series: Series, day: date | None = None
) -> None:
    """Write one image file without its patient, its pixels uncompressed and unchanged.

    Parameters
    ----------
    series : to which it belongs; its plane and contrast become the description
    day : of its visit, where its files state none

    Raises
    ------
    OutputError
        The image cannot be read or written.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom quotes values
            original = dcmread(source)
            pixels = np.asarray(original.pixel_array)
            clean = _cleaned(original, disguise)
    # What pydicom raises on damaged files has no common base but this one.
    except Exception as error:
        raise OutputError("An image cannot be read; check the library first.") from error
    _identify(clean, disguise, disguise.day(day))
    _describe(clean, series)
    _put_pixels(clean, pixels)
    clean.file_meta = _file_meta(clean)
    clean.preamble = b"\0" * 128
    with output_file(target) as file:
        clean.save_as(file, enforce_file_format=True)


def _cleaned(item: Dataset, disguise: Disguise) -> Dataset:
    """What stays of a data set or an item of a sequence."""
    clean = Dataset()
    for element in item:
        kept = None if element.tag.is_private else _kept(element, disguise)
        if kept is not None:
            clean.add(kept)
    return clean


def _kept(element: DataElement, disguise: Disguise) -> DataElement | None:
    name, value = element.keyword, element.value
    if name in _SEQUENCES:
        value = [_cleaned(item, disguise) for item in value]
    elif name in _UIDS:
        value = disguise.pseudonyms.uid(str(value)) if value else ""
    elif name in _DATES or name in _MOMENTS:
        value = _shifted(str(value or ""), disguise.shift)
    elif name not in _KEPT:
        return None
    return DataElement(element.tag, element.VR, value)


def _shifted(text: str, shift: timedelta) -> str:
    """A DA or DT with its day moved; empty where it states no whole day."""
    found = re.match(r"(\d{4})[.:-]?(\d{2})[.:-]?(\d{2})", text)
    if found is None:
        return ""
    try:
        day = datetime(*(int(part) for part in found.groups())).date() + shift  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return ""
    return day.strftime("%Y%m%d") + text[found.end() :].strip()


def mark_deidentified(file: Dataset) -> None:
    """State what was done, as the profile wants it (PS3.15 E.1.1)."""
    file.PatientIdentityRemoved = "YES"
    file.DeidentificationMethod = METHOD
    file.DeidentificationMethodCodeSequence = [_code(code) for code in METHOD_CODES]
    file.LongitudinalTemporalInformationModified = "MODIFIED"


def _code(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code[:3]
    return item


def _identify(file: Dataset, disguise: Disguise, day: date | None) -> None:
    file.SpecificCharacterSet = "ISO_IR 192"
    file.PatientName = file.PatientID = disguise.patient
    file.IssuerOfPatientID = ISSUER
    file.PatientBirthDate, file.PatientSex = BIRTH_DATE, SEX
    file.StudyID = file.AccessionNumber = file.ReferringPhysicianName = ""
    file.PositionReferenceIndicator = ""
    if not file.get("StudyDate"):
        file.StudyDate = "" if day is None else day.strftime("%Y%m%d")
    if "StudyTime" not in file:
        file.StudyTime = ""
    file.BurnedInAnnotation = "NO"
    mark_deidentified(file)


def _describe(file: Dataset, series: Series) -> None:
    """Descriptions in the program's own words, from which it reads the same again."""
    plane = "" if series.plane is Plane.MIXED else series.plane.value
    contrast = CONTRAST_NAMES.get(series.contrast, "")
    file.SeriesDescription = f"{plane} {contrast}".strip()
    file.StudyDescription = "MRI of the hips"


def _put_pixels(file: Dataset, pixels: NDArray[Any]) -> None:
    """Stored values, little endian, nothing hidden in the bits above those that count."""
    if file.get("PixelRepresentation", 0) == 0 and file.BitsStored < file.BitsAllocated:
        pixels = pixels & ((1 << int(file.BitsStored)) - 1)
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    file.PixelData = data + b"\0" * (len(data) % 2)
    file["PixelData"].VR = "OB" if file.BitsAllocated <= 8 else "OW"


def _file_meta(file: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = file.SOPClassUID
    meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta

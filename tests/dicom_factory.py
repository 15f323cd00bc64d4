"""Small synthetic MR DICOM files for tests; nothing in them is a person's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

ORIENTATIONS: Final[Mapping[str, tuple[float, ...]]] = {
    "coronal": (1, 0, 0, 0, 0, -1),
    "sagittal": (0, 1, 0, 0, 0, -1),
    "axial": (1, 0, 0, 0, 1, 0),
}

STIR: Final[Mapping[str, Any]] = {
    "SeriesDescription": "COR STIR",
    "ScanningSequence": ["SE", "IR"],
    "RepetitionTime": 3550,
    "EchoTime": 51,
    "InversionTime": 145,
}
T1: Final[Mapping[str, Any]] = {
    "SeriesDescription": "COR T1",
    "ScanningSequence": "SE",
    "RepetitionTime": 579,
    "EchoTime": 6.2,
}
T2_FS: Final[Mapping[str, Any]] = {
    "SeriesDescription": "COR T2 FS",
    "ScanningSequence": "SE",
    "ScanOptions": "FS",
    "RepetitionTime": 3800,
    "EchoTime": 70,
}
LOCALIZER: Final[Mapping[str, Any]] = {
    "SeriesDescription": "localizer",
    "ScanningSequence": "GR",
    "RepetitionTime": 8,
    "EchoTime": 4,
    "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"],
}


def uid(*parts: object) -> str:
    """A UID that is the same for the same parts."""
    return str(generate_uid(entropy_srcs=[str(part) for part in parts]))


def pattern(slices: int, rows: int, columns: int) -> NDArray[np.uint16]:
    """Stored values that differ in every direction."""
    s, r, c = np.indices((slices, rows, columns))
    return np.asarray(100 * s + 7 * r + 3 * c, dtype=np.uint16)


def slice_positions(
    orientation: Sequence[float],
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    centre: Sequence[float],
    reverse: bool = False,
) -> NDArray[np.float64]:
    """ImagePositionPatient of each slice of a stack centred on ``centre``."""
    columns, rows = np.array(orientation[:3], float), np.array(orientation[3:], float)
    normal = np.cross(columns, rows)
    normal *= 1 if normal[np.argmax(np.abs(normal))] > 0 else -1
    steps = np.arange(shape[0]) - (shape[0] - 1) / 2
    corner = (
        np.array(centre, float)
        - rows * spacing_mm[1] * (shape[1] - 1) / 2
        - columns * spacing_mm[2] * (shape[2] - 1) / 2
    )
    positions = corner + steps[:, None] * spacing_mm[0] * normal
    return positions[::-1] if reverse else positions


def base_dataset(
    study: str, series: str, instance: str, sop_class: UID, syntax: UID
) -> FileDataset:
    """Identity and meta information common to all files made here."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = syntax
    dataset = FileDataset(
        "",
        {},
        file_meta=meta,
        preamble=b"\0" * 128,
        is_implicit_VR=syntax.is_implicit_VR,
        is_little_endian=syntax.is_little_endian,
    )
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = instance
    dataset.Modality = "MR"
    dataset.PatientName = "Test^Phantom"
    dataset.PatientID = "T-1"
    dataset.IssuerOfPatientID = "TEST"
    dataset.PatientBirthDate = "19900203"
    dataset.PatientSex = "F"
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = series
    dataset.StudyDate = "20240506"
    dataset.StudyTime = "101112.5"
    dataset.AccessionNumber = "A1"
    dataset.FrameOfReferenceUID = uid(study, "frame of reference")
    dataset.Manufacturer = "ACME"
    dataset.MagneticFieldStrength = 1.5
    dataset.SliceThickness = 4
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    return dataset


def write_series(
    folder: Path,
    *,
    slices: int = 12,
    rows: int = 64,
    columns: int = 64,
    spacing_mm: tuple[float, float, float] = (5.0, 5.0, 5.0),
    orientation: str | Sequence[float] = "coronal",
    centre: Sequence[float] = (0.0, 0.0, 0.0),
    reverse: bool = False,
    voxels: NDArray[np.integer[Any]] | None = None,
    study: str = "study",
    series: str = "series",
    names: Sequence[str] | None = None,
    syntax: UID = ExplicitVRLittleEndian,
    tags: Mapping[str, Any] = STIR,
    each: Callable[[int, FileDataset], None] | None = None,
) -> list[Path]:
    """Write one classic series, one file a slice; returns the paths in slice order.

    ``study`` and ``series`` name UIDs (the same name gives the same UID),
    ``tags`` sets attributes by keyword in all files, ``each`` edits one file
    last. ``reverse`` writes the stack from its far end.
    """
    cosines = ORIENTATIONS[orientation] if isinstance(orientation, str) else orientation
    pixels = pattern(slices, rows, columns) if voxels is None else voxels
    shape = (len(pixels), pixels.shape[1], pixels.shape[2])
    positions = slice_positions(cosines, shape, spacing_mm, centre, reverse)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, position in enumerate(positions):
        dataset = base_dataset(
            uid(study), uid(study, series), uid(study, series, index), MRImageStorage, syntax
        )
        dataset.SeriesNumber = 3
        dataset.InstanceNumber = index + 1
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
        dataset.ImagePositionPatient = [f"{value:.6f}"[:16] for value in position]
        dataset.ImageOrientationPatient = [f"{value:.9f}"[:16] for value in cosines]
        dataset.PixelSpacing = [spacing_mm[1], spacing_mm[2]]
        set_pixels(dataset, pixels[index])
        for keyword, value in tags.items():
            setattr(dataset, keyword, value)
        if each is not None:
            each(index, dataset)
        name = names[index] if names else f"{series}-{index:03d}.dcm".replace(" ", "_")
        save(dataset, folder / name)
        paths.append(folder / name)
    return paths


def set_pixels(dataset: Dataset, pixels: NDArray[np.integer[Any]]) -> None:
    """Store 16-bit pixels, uncompressed."""
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    big = dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
    dataset.PixelData = pixels.astype(">u2" if big else "<u2").tobytes()
    dataset["PixelData"].VR = "OW"


def save(dataset: FileDataset, path: Path) -> None:
    """Write a file in its own transfer syntax."""
    dataset.save_as(path, enforce_file_format=True)


def _item(**values: Any) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _one(**values: Any) -> DicomSequence:
    return DicomSequence([_item(**values)])


def enhanced_dataset(
    *,
    positions: NDArray[np.float64],
    voxels: NDArray[np.uint16],
    orientations: Sequence[Sequence[float]] | None = None,
    stacks: Sequence[str] | None = None,
    slopes: Sequence[float] | None = None,
    echo_ms: Sequence[float] | None = None,
    pixel_spacing_mm: tuple[float, float] = (5.0, 5.0),
    syntax: UID = ExplicitVRLittleEndian,
) -> FileDataset:
    """An enhanced multi-frame STIR file, one frame a position."""
    count = len(positions)
    dataset = base_dataset(
        uid("enhanced"), uid("enhanced", 1), uid("enhanced", 1, 1), EnhancedMRImageStorage, syntax
    )
    dataset.SeriesDescription = "COR STIR"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    dataset.EchoPulseSequence = "SPIN"
    dataset.InversionRecovery = "YES"
    dataset.NumberOfFrames = count
    dataset.SharedFunctionalGroupsSequence = _one(
        PixelMeasuresSequence=_one(PixelSpacing=list(pixel_spacing_mm), SliceThickness=4),
        MRTimingAndRelatedParametersSequence=_one(RepetitionTime=3550),
        MRModifierSequence=_one(InversionRecovery="YES", InversionTimes=[145.0]),
    )
    frames = []
    for index in range(count):
        orientation = orientations[index] if orientations else ORIENTATIONS["coronal"]
        frames.append(
            _item(
                PlanePositionSequence=_one(ImagePositionPatient=list(positions[index])),
                PlaneOrientationSequence=_one(ImageOrientationPatient=list(orientation)),
                FrameContentSequence=_one(
                    StackID=stacks[index] if stacks else "1",
                    InStackPositionNumber=index + 1,
                    FrameAcquisitionDateTime="20240506101500.25",
                ),
                PixelValueTransformationSequence=_one(
                    RescaleSlope=slopes[index] if slopes else 1,
                    RescaleIntercept=0,
                    RescaleType="US",
                ),
                MREchoSequence=_one(EffectiveEchoTime=float(echo_ms[index] if echo_ms else 51)),
            )
        )
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(frames)
    set_pixels(dataset, voxels)
    return dataset


def enhanced_copy(files: Sequence[Path], syntax: UID = ExplicitVRLittleEndian) -> FileDataset:
    """An Enhanced MR Image of the same pictures and facts as classic files.

    What is the same for all frames is in the shared functional groups, the
    rest in those of each frame, in the order of ``files``.
    """
    slices = [dcmread(file) for file in files]
    first = slices[0]
    dataset = base_dataset(
        first.StudyInstanceUID,
        first.SeriesInstanceUID,
        uid(first.SOPInstanceUID, "enhanced"),
        EnhancedMRImageStorage,
        syntax,
    )
    for element in first:
        if element.keyword not in _PER_FRAME and not element.tag.is_private:
            dataset[element.tag] = element
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.SOPInstanceUID = uid(first.SOPInstanceUID, "enhanced")
    sequences = first.get("ScanningSequence", [])
    inverted = "IR" in sequences
    dataset.EchoPulseSequence = "SPIN" if "SE" in sequences else "GRADIENT"
    dataset.PulseSequenceName = first.get("SequenceName", "")
    dataset.NumberOfFrames = len(slices)
    modifier = {"InversionRecovery": "YES" if inverted else "NO"}
    times = {"InversionTimes": [float(first.InversionTime)]} if "InversionTime" in first else {}
    region = _one(CodeValue="29836001", CodingSchemeDesignator="SCT",
                  CodeMeaning=first.get("BodyPartExamined", "HIP"))  # fmt: skip
    dataset.SharedFunctionalGroupsSequence = _one(
        PixelMeasuresSequence=_one(
            PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness
        ),
        PlaneOrientationSequence=_one(ImageOrientationPatient=first.ImageOrientationPatient),
        MRTimingAndRelatedParametersSequence=_one(RepetitionTime=first.RepetitionTime),
        MRModifierSequence=_one(**modifier, **times),
        MREchoSequence=_one(EffectiveEchoTime=float(first.EchoTime)),
        MRImageFrameTypeSequence=_one(FrameType=first.ImageType),
        FrameAnatomySequence=_one(
            AnatomicRegionSequence=region, FrameLaterality=first.get("Laterality", "U")
        ),
    )
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(
        _enhanced_frame(index, one) for index, one in enumerate(slices)
    )
    set_pixels(dataset, np.stack([one.pixel_array for one in slices]))
    return dataset


_PER_FRAME: Final = frozenset(
    {"ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
     "RepetitionTime", "EchoTime", "InversionTime", "ScanningSequence", "SequenceName",
     "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth", "Laterality",
     "AcquisitionDate", "AcquisitionTime", "BodyPartExamined", "PixelData", "InstanceNumber"}
)  # fmt: skip


def _enhanced_frame(index: int, one: Dataset) -> Dataset:
    """Functional groups of a frame, from a classic image."""
    item = _item(
        PlanePositionSequence=_one(ImagePositionPatient=one.ImagePositionPatient),
        FrameContentSequence=_one(
            StackID="1",
            InStackPositionNumber=index + 1,
            FrameAcquisitionDateTime=one.get("AcquisitionDate", "")
            + one.get("AcquisitionTime", ""),
        ),
        PixelValueTransformationSequence=_one(
            RescaleSlope=one.get("RescaleSlope", 1),
            RescaleIntercept=one.get("RescaleIntercept", 0),
            RescaleType="US",
        ),
    )
    if "WindowCenter" in one:
        item.FrameVOILUTSequence = _one(WindowCenter=one.WindowCenter, WindowWidth=one.WindowWidth)
    return item

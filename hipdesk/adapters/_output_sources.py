"""Headers of the analysed series' files, made good enough to derive objects from.

Files in the wild lack attributes that the standard wants present, or hold
values it forbids. What identifies the patient and study is copied as it is;
what cannot be copied is left empty, never guessed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from pydicom import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID
from pydicom.valuerep import DA, TM, DSfloat

from hipdesk.adapters._dicom_walk import (
    MOST_READS,
    Meter,
    TooManyPartsError,
    read_description,
)
from hipdesk.errors import OutputError
from hipdesk.records import Series

CHARACTER_SET: Final = "ISO_IR 192"
"""Everything is written in UTF-8, whatever the images use."""

ORIENTATION_TOLERANCE: Final = 1e-3
"""Direction cosines closer than this are one direction (0.06 degrees)."""

READS_A_SLICE: Final = 2000
"""Pieces of a file more that pydicom may ask for with each slice: scanners' files have up to
450 a slice, and may hold other stacks beside the analysed one."""

_MAY_BE_EMPTY: Final = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)


def read_headers(series: Series) -> list[Dataset]:
    """Headers of the series' files in stack order, one a file.

    Raises
    ------
    OutputError
        A file cannot be read any more, or holds more than any image needs.
    """
    paths = dict.fromkeys(source.path for source in series.slices)
    meter = Meter(MOST_READS + READS_A_SLICE * len(series.slices))
    try:
        headers = [_description(path, meter) for path in paths]
    except TooManyPartsError as error:
        raise OutputError(
            "The images hold more elements than any image needs, so the DICOM results were not "
            "written; the other results are complete."
        ) from error
    except (OSError, InvalidDicomError) as error:
        raise OutputError(
            "The images cannot be read again, so the DICOM results were not written; "
            "check that their folder or disc is still there."
        ) from error
    for header in headers:
        _complete(header, series)
    _share_orientation(headers)
    return headers


def _description(path: Path, meter: Meter) -> Dataset:
    with path.open("rb") as stream:
        return read_description(stream, meter)


def stable_uid(*parts: str) -> UID:
    """A UID that is the same whenever the same parts are given (2.25 form, PS3.5 B.2)."""
    return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join(parts)).int}")


def new_uid() -> UID:
    """A UID nobody has used."""
    return UID(f"2.25.{uuid.uuid4().int}")


def is_multiframe(headers: Sequence[Dataset]) -> bool:
    """Whether the series is stored as frames rather than one classic file a slice."""
    return any("PerFrameFunctionalGroupsSequence" in header for header in headers)


def _complete(header: Dataset, series: Series) -> None:
    """Fill absent attributes with nothing, and empty those that no object may hold."""
    for keyword in _MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, "")
    if header.PatientSex not in {"M", "F", "O"}:
        header.PatientSex = ""
    for keyword, kind in (("PatientBirthDate", DA), ("StudyDate", DA), ("StudyTime", TM)):
        if not _valid(header[keyword].value, kind):
            setattr(header, keyword, "")
    if not header.get("FrameOfReferenceUID"):
        frame = series.frame_of_reference_uid or stable_uid("frame-of-reference", series.uid)
        header.FrameOfReferenceUID = frame
    if "PerFrameFunctionalGroupsSequence" in header:
        _share_frame_geometry(header)
        for measures in header.SharedFunctionalGroupsSequence[0].get("PixelMeasuresSequence", ()):
            _complete_measures(measures, series)
    else:
        _complete_measures(header, series)


def thickness_mm(series: Series) -> float:
    """What is written where a thickness must be: the stated one, else the measured spacing."""
    stated = series.acquisition.slice_thickness_mm
    return stated if stated is not None and stated > 0 else series.spacing_mm[0]


def _complete_measures(item: Dataset, series: Series) -> None:
    """Give slices without a usable thickness one, and drop a distance that is no number.

    Objects cannot be derived from images without a thickness; the distance
    written is always the measured one.
    """
    if not _is_length(item, "SliceThickness"):
        item.SliceThickness = DSfloat(thickness_mm(series), auto_format=True)
    if "SpacingBetweenSlices" in item and not _is_length(item, "SpacingBetweenSlices"):
        del item.SpacingBetweenSlices


def _is_length(item: Dataset, keyword: str) -> bool:
    """Whether an attribute is there and holds one positive number."""
    try:
        return 0 < float(item.get(keyword)) < np.inf
    except (TypeError, ValueError, OverflowError):
        return False


def _share_frame_geometry(header: Dataset) -> None:
    """State the first frame's orientation and pixel size for all where each states its own."""
    if not header.get("SharedFunctionalGroupsSequence"):
        header.SharedFunctionalGroupsSequence = [Dataset()]
    shared = header.SharedFunctionalGroupsSequence[0]
    frame = header.PerFrameFunctionalGroupsSequence[0]
    for keyword in ("PlaneOrientationSequence", "PixelMeasuresSequence"):
        if keyword not in shared and keyword in frame:
            setattr(shared, keyword, frame[keyword].value)


def _share_orientation(headers: Sequence[Dataset]) -> None:
    """Give every slice the first one's orientation where they differ by rounding only.

    Some scanners round the cosines anew on each slice; an object derived from
    the stack has one orientation.
    """
    first = headers[0].get("ImageOrientationPatient")
    for header in headers[1:]:
        own = header.get("ImageOrientationPatient")
        if first and own and np.allclose(own, first, rtol=0.0, atol=ORIENTATION_TOLERANCE):
            header.ImageOrientationPatient = first


def _valid(text: object, kind: type[DA] | type[TM]) -> bool:
    try:
        kind(str(text or ""))
    except ValueError:
        return False
    return True

"""DICOM Segmentation objects read back: each segment's class, side and frames."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import SegmentationStorage

from hipdesk.adapters._output_codes import LEFT, RIGHT
from hipdesk.errors import UnreadableInput
from hipdesk.records import BoolArray, Outline, Side, SliceKey

_SIDES: Final = {RIGHT.value: Side.RIGHT, LEFT.value: Side.LEFT}


def read_outlines(path: Path) -> tuple[Outline, ...] | None:
    """Every segment of a Segmentation object; None where the file is something else.

    Raises
    ------
    UnreadableInput
        It is such an object, but damaged, fractional or without frames.
    """
    try:
        header = dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True)
    except (OSError, InvalidDicomError):
        return None
    if header.get("SOPClassUID") != SegmentationStorage:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom quotes values
            return tuple(_outlines(dcmread(path)))
    # What pydicom raises on damaged files has no common base but this one.
    except Exception as error:
        raise UnreadableInput(
            f"The DICOM segmentation {path.name} is damaged or not binary; write it again."
        ) from error


def _outlines(file: Dataset) -> Iterator[Outline]:
    """The segments in the file's order."""
    if file.SegmentationType != "BINARY":
        raise ValueError("not binary")
    planes = np.asarray(file.pixel_array, dtype=np.bool_)
    planes = planes.reshape(-1, file.Rows, file.Columns)
    frames = list(file.PerFrameFunctionalGroupsSequence)
    series_uid = _series_uid(file)
    for segment in file.SegmentSequence:
        own = [
            (_slice_key(frame), plane)
            for frame, plane in zip(frames, planes, strict=True)
            if _segment_number(frame) == segment.SegmentNumber
        ]
        yield Outline(
            label=str(segment.SegmentLabel),
            side=_side(segment),
            series_uid=series_uid,
            slices=MappingProxyType(_merged(own)),
            placed=bool(own) and all(key is not None for key, _ in own),
            edited=segment.SegmentAlgorithmType != "AUTOMATIC",
        )


def _merged(frames: Sequence[tuple[SliceKey | None, BoolArray]]) -> dict[SliceKey, BoolArray]:
    """One mask a slice."""
    masks: dict[SliceKey, BoolArray] = {}
    for key, plane in frames:
        if key is not None:
            masks[key] = masks[key] | plane if key in masks else plane
    return masks


def _series_uid(file: Dataset) -> str:
    """The series that was segmented."""
    return str(file.ReferencedSeriesSequence[0].SeriesInstanceUID)


def _segment_number(frame: Dataset) -> int:
    return int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)


def _slice_key(frame: Dataset) -> SliceKey | None:
    """The image a frame lies on, where it names exactly one."""
    sources = [
        source
        for derivation in frame.get("DerivationImageSequence", ())
        for source in derivation.get("SourceImageSequence", ())
    ]
    if len(sources) != 1:
        return None
    number = sources[0].get("ReferencedFrameNumber")
    return SliceKey(str(sources[0].ReferencedSOPInstanceUID), _frame_number(number))


def _frame_number(value: Any) -> int | None:
    """ReferencedFrameNumber, which may be one number, several or none."""
    if value is None:
        return None
    return int(value) if isinstance(value, int | str) else int(value[0])


def _side(segment: Dataset) -> Side | None:
    """Laterality of the region or of the property, else as this program's tracking ID says."""
    modifiers = [
        code.CodeValue
        for holder, name in (
            ("AnatomicRegionSequence", "AnatomicRegionModifierSequence"),
            (
                "SegmentedPropertyTypeCodeSequence",
                "SegmentedPropertyTypeModifierCodeSequence",
            ),
        )
        for item in segment.get(holder, ())
        for code in item.get(name, ())
    ]
    sides = {_SIDES[value] for value in modifiers if value in _SIDES}
    if not sides:
        tracking = str(segment.get("TrackingID", ""))
        sides = {side for side in Side if tracking.startswith(f"{side.word} hip ")}
    return sides.pop() if len(sides) == 1 else None

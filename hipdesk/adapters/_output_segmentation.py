"""Analysis -> DICOM Segmentation object (PS3.3 A.51) on the series' native grid.

One segment a hip and class. A segment's label is the class name; its side is
in the modifier of its anatomic region and in its tracking identifier. Every
slice has a frame for every segment, empty ones too, since some viewers place
masks wrongly otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from highdicom import (
    AlgorithmIdentificationSequence,
    ContentQualificationValues,
    CoordinateSystemNames,
    PixelMeasuresSequence,
    PlaneOrientationSequence,
    PlanePositionSequence,
)
from highdicom.color import CIELabColor
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from highdicom.sr import CodedConcept
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from hipdesk.adapters._output_codes import ARTIFICIAL_INTELLIGENCE, CLASSES, ClassCodes, laterality
from hipdesk.adapters._output_sources import (
    CHARACTER_SET,
    is_multiframe,
    new_uid,
    stable_uid,
    thickness_mm,
)
from hipdesk.errors import OutputError
from hipdesk.geometry import image_orientation_of
from hipdesk.manifest import Task
from hipdesk.records import (
    BONES,
    LESIONS,
    Analysis,
    BoolArray,
    HipResult,
    ModelRef,
    Origin,
    Reason,
    SegmentClass,
    Series,
    Side,
)
from hipdesk.report import ReportReview

MANUFACTURER: Final = "HipDesk"
SERIES_NUMBER: Final = 9001
"""Far above what scanners count to, so the list of series shows it last."""

_ALGORITHM_TYPES: Final = {
    Origin.AI: SegmentAlgorithmTypeValues.AUTOMATIC,
    Origin.AI_EDITED: SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
    Origin.MANUAL: SegmentAlgorithmTypeValues.MANUAL,
}


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One segment to be: the mask of one class of one hip."""

    side: Side
    name: SegmentClass
    hip: HipResult

    @property
    def tracking_id(self) -> str:
        """Names the side and the class."""
        return f"{self.side.word} hip {self.name.value}"

    def tracking_uid(self, analysis: Analysis) -> UID:
        """Unique to this analysis, side and class, and the same every time."""
        return stable_uid(analysis.uid, self.side.value, self.name.value)

    def mask(self, shape: tuple[int, int, int]) -> BoolArray:
        """On the whole native grid."""
        if self.hip.segmentation is None:
            raise OutputError("There is no mask to write for this hip.")
        return self.hip.segmentation.full(self.name, shape)


def segments_of(analysis: Analysis) -> tuple[Segment, ...]:
    """Every mask of the analysis, right hip first; lesions only where they mean anything."""
    fluid_sensitive = analysis.series.contrast.fluid_sensitive
    names = (*BONES, *LESIONS) if fluid_sensitive else BONES
    return tuple(
        Segment(hip.side, name, hip)
        for hip in analysis.hips
        if hip.segmentation is not None
        for name in names
        if name in hip.segmentation.masks
    )


def build_segmentation(
    analysis: Analysis, headers: Sequence[Dataset], review: ReportReview | None = None
) -> Segmentation:
    """The Segmentation object of one analysis.

    Parameters
    ----------
    analysis : as its readers left it (`hipdesk.amendment.effective`)
    headers : the series' files without pixels, in stack order
    review : what readers have added; None where nobody was asked

    Raises
    ------
    OutputError
        No femoral head was found, or readers rejected every hip, so there is no mask.
    """
    segments = segments_of(analysis)
    if not segments:
        raise OutputError(f"{_nothing(analysis)}, so there is no mask to write as DICOM.")
    return Segmentation(
        **_sources(headers),
        pixel_array=_pixels(analysis.series, segments),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _describe(analysis, segment, number) for number, segment in enumerate(segments, 1)
        ],
        series_instance_uid=new_uid(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name="HipDesk",
        software_versions=analysis.program_version,
        device_serial_number=f"HipDesk-{analysis.program_version}",
        content_label="HIPDESK",
        content_description=_description(analysis, review),
        series_description=_description(analysis, review),
        transfer_syntax_uid=ExplicitVRLittleEndian,
        omit_empty_frames=False,
        content_qualification=ContentQualificationValues.RESEARCH,
        specific_character_set=CHARACTER_SET,
        **_geometry(analysis.series, headers),
    )


def _sources(headers: Sequence[Dataset]) -> Mapping[str, Any]:
    """Highdicom derives from many classic files or from one file of frames."""
    if not is_multiframe(headers):
        return {"source_images": list(headers)}
    return {"source_images": [headers[0]], "further_source_images": list(headers[1:]) or None}


def _pixels(series: Series, segments: Sequence[Segment]) -> NDArray[np.uint8]:
    """(slices, rows, columns, segments), 0 or 1."""
    pixels = np.zeros((*series.shape, len(segments)), dtype=np.uint8)
    for position, segment in enumerate(segments):
        pixels[..., position] = segment.mask(series.shape)
    return pixels


def _geometry(series: Series, headers: Sequence[Dataset]) -> Mapping[str, Any]:
    """Places the frames; files of one frame each place them already.

    The distance between slices is always the measured one.
    """
    between = series.spacing_mm[0] if len(series.slices) > 1 else None
    thickness = thickness_mm(series)
    if not is_multiframe(headers):
        spacing = [float(value) for value in headers[0].PixelSpacing]
        return {"pixel_measures": PixelMeasuresSequence(spacing, thickness, between)}
    return {
        "pixel_measures": PixelMeasuresSequence(series.spacing_mm[1:], thickness, between),
        "plane_orientation": PlaneOrientationSequence(
            CoordinateSystemNames.PATIENT, _writable(image_orientation_of(series.affine))
        ),
        "plane_positions": [
            PlanePositionSequence(CoordinateSystemNames.PATIENT, _writable(source.position_lps_mm))
            for source in series.slices
        ],
    }


def _writable(values: Sequence[float]) -> list[float]:
    """The nearest numbers that fit the 16 characters of a decimal string (PS3.5 6.2)."""
    return [float(format_number_as_ds(float(value))) for value in values]


def _description(analysis: Analysis, review: ReportReview | None) -> str:
    """What a list of series shows; at most 64 characters (LO)."""
    state = "" if review is None else ", signed" if review.final else ", draft"
    if analysis.series.contrast.fluid_sensitive:
        return f"HipDesk masks{state} (research use only)"
    return f"HipDesk bones{state}; lesions null: {Reason.NOT_FLUID_SENSITIVE.value}"


def _nothing(analysis: Analysis) -> str:
    """Why an analysis has no masks."""
    if any(hip.reason is Reason.REJECTED_BY_READER for hip in analysis.hips):
        return "A reader rejected the outlines of every hip"
    return "No femoral head was found"


def _describe(analysis: Analysis, segment: Segment, number: int) -> SegmentDescription:
    codes = CLASSES[segment.name]
    origin = analysis.origin_of(segment.side)
    manual = origin is Origin.MANUAL
    item = SegmentDescription(
        segment_number=number,
        segment_label=segment.name.value,
        segmented_property_category=codes.category,
        segmented_property_type=codes.kind,
        algorithm_type=_ALGORITHM_TYPES[origin],
        algorithm_identification=None if manual else _algorithm(model_of(analysis, segment.name)),
        tracking_uid=segment.tracking_uid(analysis),
        tracking_id=segment.tracking_id,
        anatomic_regions=[codes.region],
        primary_anatomic_structures=[codes.structure] if codes.structure else None,
        display_color=CIELabColor.from_rgb(*codes.colour_rgb),
    )
    item.SegmentDescription = codes.description.format(side=segment.side.word)
    _add_side(item, codes, segment.side)
    return item


def _add_side(item: Dataset, codes: ClassCodes, side: Side) -> None:
    """Laterality of the region and, for a bone, of the property itself (PS3.3 C.8.20.4)."""
    item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [
        CodedConcept.from_code(laterality(side))
    ]
    if codes.anatomical:
        item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
            CodedConcept.from_code(laterality(side))
        ]


def model_of(analysis: Analysis, name: SegmentClass) -> ModelRef:
    """The model that drew a class.

    Raises
    ------
    OutputError
        The analysis names none.
    """
    tasks = {Task.SEGMENT.value, Task.LESIONS.value if name in LESIONS else Task.BONES.value}
    for model in analysis.models:
        if model.task in tasks:
            return model
    raise OutputError("The analysis does not name the model that drew its masks.")


def _algorithm(model: ModelRef) -> AlgorithmIdentificationSequence:
    return AlgorithmIdentificationSequence(
        name=model.name,
        family=ARTIFICIAL_INTELLIGENCE,
        version=model.version,
        source=MANUFACTURER,
        parameters={"sha256": model.sha256, "trained_on": model.trained_on},
    )

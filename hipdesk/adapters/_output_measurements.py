"""Analysis -> Comprehensive 3D SR with TID 1500, referring to its Segmentation.

Each mask has a volumetric group (TID 1411): volume, largest area and, for a
lesion, its share of the UNet-score. Each hip has a group of its own (TID 1501)
with the score over both lesions, or the reason why there is none; so has each
lesion that is undefined, and the patient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from highdicom import ContentQualificationValues
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    ReferencedSegment,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom import Dataset
from pydicom.sr.coding import Code

from hipdesk.adapters import _output_codes as codes
from hipdesk.adapters._output_review import add_words, verdict_of, verify
from hipdesk.adapters._output_segmentation import (
    MANUFACTURER,
    Segment,
    model_of,
    segments_of,
)
from hipdesk.adapters._output_sources import CHARACTER_SET, new_uid, stable_uid
from hipdesk.errors import OutputError
from hipdesk.geometry import voxel_volume_ml
from hipdesk.records import (
    LESIONS,
    Analysis,
    HipResult,
    LesionScore,
    Origin,
    Reason,
    SegmentClass,
)
from hipdesk.report import ReportReview

SERIES_NUMBER: Final = 9002

_Group = VolumetricROIMeasurementsAndQualitativeEvaluations | MeasurementsAndQualitativeEvaluations


def build_measurements(
    analysis: Analysis,
    headers: Sequence[Dataset],
    segmentation: Dataset | None,
    review: ReportReview | None = None,
    clinic: str = "",
) -> Comprehensive3DSR:
    """The measurement report of one analysis.

    Parameters
    ----------
    analysis : as its readers left it (`hipdesk.amendment.effective`)
    headers : the series' files without pixels
    segmentation : the Segmentation object of the same analysis; None where it
        has no masks
    review : what readers have added; None where nobody was asked
    clinic : for which its readers sign

    Raises
    ------
    OutputError
        The segmentation belongs to another analysis.
    """
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_observer(analysis)),
        procedure_reported=codes.MR_IMAGING,
        imaging_measurements=list(_groups(analysis, segmentation, review)),
        title=codes.MEASUREMENT_REPORT,
    )
    add_words(report[0], review)
    document = Comprehensive3DSR(
        evidence=[*headers, *([] if segmentation is None else [segmentation])],
        content=report,
        series_instance_uid=new_uid(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name="HipDesk",
        software_versions=analysis.program_version,
        series_description=_description(analysis),
        is_complete=True,
        content_qualification=ContentQualificationValues.RESEARCH,
        coding_schemes=[codes.coding_scheme()],
        specific_character_set=CHARACTER_SET,
    )
    verify(document, review, clinic)
    return document


def _description(analysis: Analysis) -> str:
    if analysis.series.contrast.fluid_sensitive:
        return "HipDesk measurements (research use only)"
    return f"HipDesk measurements; scores null: {Reason.NOT_FLUID_SENSITIVE.value}"


def _observer(analysis: Analysis) -> ObserverContext:
    return ObserverContext(
        observer_type=CodedConcept.from_code(codes.DEVICE),
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=stable_uid("observer", MANUFACTURER, analysis.program_version),
            name="HipDesk",
            manufacturer_name=MANUFACTURER,
            model_name=f"HipDesk {analysis.program_version}",
        ),
    )


def _groups(
    analysis: Analysis, segmentation: Dataset | None, review: ReportReview | None
) -> Iterator[_Group]:
    for segment in segments_of(analysis):
        yield _mask_group(analysis, segment, segmentation)
    for hip in analysis.hips:
        yield _hip_group(analysis, hip, review)
        yield from _undefined_lesions(analysis, hip)
    yield _patient_group(analysis)


def _mask_group(
    analysis: Analysis, segment: Segment, segmentation: Dataset | None
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    tracking_uid = segment.tracking_uid(analysis)
    numbers = _numbers(segmentation)
    if segmentation is None or tracking_uid not in numbers:
        raise OutputError("The DICOM segmentation belongs to another analysis; write it again.")
    concept = codes.CLASSES[segment.name]
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=tracking_uid, identifier=segment.tracking_id),
        referenced_segment=ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=numbers[tracking_uid],
            # The series, not each image: the segmentation's frames name those.
            source_series=SourceSeriesForSegmentation(analysis.series.uid),
        ),
        finding_type=concept.kind,
        finding_category=concept.category,
        finding_sites=[FindingSite(concept.region, laterality=codes.laterality(segment.side))],
        method=codes.definition_code(analysis.definition),
        algorithm_id=_algorithm(analysis, segment),
        measurements=[*_size(analysis, segment), *_share(segment)],
        qualitative_evaluations=_remarks(segment) or None,
    )


def _numbers(segmentation: Dataset | None) -> Mapping[str, int]:
    """Tracking UIDs of segments and their numbers."""
    items = [] if segmentation is None else segmentation.SegmentSequence
    return {item.get("TrackingUID"): int(item.SegmentNumber) for item in items}


def _size(analysis: Analysis, segment: Segment) -> list[Measurement]:
    """Volume (area x slice distance) and the largest area on one slice."""
    series = analysis.series
    pixels = np.count_nonzero(segment.mask(series.shape), axis=(1, 2))
    pixel_mm2 = series.spacing_mm[1] * series.spacing_mm[2]
    return [
        _measure(codes.VOLUME, pixels.sum() * voxel_volume_ml(series.affine), codes.MILLILITRE),
        Measurement(
            name=codes.AREA,
            value=float(pixels.max() * pixel_mm2),
            unit=codes.SQUARE_MILLIMETRE,
            derivation=codes.MAXIMUM,
        ),
    ]


def _share(segment: Segment) -> list[Measurement]:
    """A lesion's own part of the hip's score, and how much of the head it fills."""
    score = segment.hip.score
    if score is None:
        return []
    found = []
    share = (score.by_lesion or {}).get(segment.name)
    if share is not None:
        found += _unet(share, score.n_counted)
    if segment.name is SegmentClass.BME and score.bme_head_percent is not None:
        found.append(_measure(codes.BME_HEAD_PERCENT, score.bme_head_percent, codes.PERCENT))
    return found


def _unet(score: LesionScore, n_counted: int) -> list[Measurement]:
    """Both definitions, with the number of slices they grow with and the mean per slice."""
    return [
        _measure(codes.UNET_INTENSITY, score.u_intensity, codes.RATIO),
        _measure(codes.UNET_AREA, score.u_area, codes.RATIO),
        _measure(codes.COUNTED_SLICES, n_counted, codes.SLICE_COUNT),
        _measure(codes.UNET_INTENSITY_MEAN, score.u_intensity / n_counted, codes.RATIO),
        _measure(codes.UNET_AREA_MEAN, score.u_area / n_counted, codes.RATIO),
    ]


def _measure(name: Code, value: float, unit: Code) -> Measurement:
    return Measurement(name=name, value=float(value), unit=unit)


_CROPPED: Final = (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM)
"""Bones that reach beyond the block about the head which the networks see."""


def _remarks(segment: Segment) -> list[QualitativeEvaluation]:
    """What a reader of a mask's volume must know: what is missing, or that it is a part."""
    if segment.name in _CROPPED:
        return [QualitativeEvaluation(name=codes.EXTENT, value=codes.ANALYSED_FIELD)]
    return _absent(segment.hip.reason) if segment.name in LESIONS else []


def _absent(reason: Reason | None) -> list[QualitativeEvaluation]:
    """The reason why a value is missing, as a coded statement."""
    if reason is None:
        return []
    return [QualitativeEvaluation(name=codes.NULL_REASON, value=codes.REASONS[reason])]


def _algorithm(analysis: Analysis, segment: Segment) -> AlgorithmIdentification | None:
    origin = analysis.origin_of(segment.side)
    if origin is Origin.MANUAL:
        return None
    model = model_of(analysis, segment.name)
    return AlgorithmIdentification(
        name=model.name,
        version=model.version,
        parameters=[
            f"sha256={model.sha256}",
            f"trained_on={model.trained_on}",
            f"origin={origin.value}",
            f"provider={analysis.compute.provider}",
        ],
    )


def _hip_group(
    analysis: Analysis, hip: HipResult, review: ReportReview | None
) -> MeasurementsAndQualitativeEvaluations:
    """The hip's score over both lesions, or why it has none, and what its reader made of it."""
    score = hip.score
    measurements = []
    if score is not None and score.u_intensity is not None and score.u_area is not None:
        measurements = _unet(LesionScore(score.u_intensity, score.u_area), score.n_counted)
    return _plain_group(
        analysis,
        f"{hip.side.word} hip UNet-score",
        codes.laterality(hip.side),
        codes.UNET_SCORE,
        measurements,
        [*_absent(hip.reason), *_placed(hip), *verdict_of(hip.side, review)],
    )


def _placed(hip: HipResult) -> list[QualitativeEvaluation]:
    """That a reader put the head where it is."""
    if not hip.head.placed:
        return []
    return [QualitativeEvaluation(name=codes.HEAD_POSITION, value=codes.PLACED_BY_READER)]


_NO_LESION_MASKS: Final = (
    Reason.NOT_FLUID_SENSITIVE,
    Reason.HEAD_NOT_FOUND,
    Reason.NO_HEAD_SIGNAL,
    Reason.METAL,
    Reason.SEPARATE_SERIES,
    Reason.REJECTED_BY_READER,
)


def _undefined_lesions(
    analysis: Analysis, hip: HipResult
) -> Iterator[MeasurementsAndQualitativeEvaluations]:
    """A statement for each lesion that has no mask because none can be drawn."""
    if hip.reason not in _NO_LESION_MASKS:
        return
    why = _absent(hip.reason)
    for lesion in LESIONS:
        name = f"{hip.side.word} hip {lesion.value}"
        kind = codes.CLASSES[lesion].kind
        yield _plain_group(analysis, name, codes.laterality(hip.side), kind, [], why)


def _patient_group(analysis: Analysis) -> MeasurementsAndQualitativeEvaluations:
    """The sum over both hips, or why there is none."""
    total = analysis.total
    measurements = []
    if total.u_intensity is not None and total.u_area is not None and total.n_counted:
        measurements = _unet(LesionScore(total.u_intensity, total.u_area), total.n_counted)
    return _plain_group(
        analysis,
        "both hips UNet-score",
        codes.RIGHT_AND_LEFT,
        codes.UNET_SCORE,
        measurements,
        _absent(total.reason),
    )


def _plain_group(
    analysis: Analysis,
    name: str,
    side: Code,
    finding: Code,
    measurements: Sequence[Measurement],
    remarks: Sequence[QualitativeEvaluation],
) -> MeasurementsAndQualitativeEvaluations:
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=stable_uid(analysis.uid, name), identifier=name),
        finding_type=finding,
        finding_sites=[FindingSite(codes.HIP_JOINT, laterality=side)],
        method=codes.definition_code(analysis.definition),
        measurements=measurements or None,
        qualitative_evaluations=remarks or None,
    )

"""Coded concepts of the DICOM outputs: standard codes, and our own scheme.

Standard codes are SNOMED CT and DICOM (PS3.16); the UNet-score has no standard
code, so `PRIVATE_SCHEME` names it. Meanings of private codes never change: a
new meaning takes a new value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.coding import Code

from hipdesk.records import Reason, SegmentClass, Side
from hipdesk.review import Verdict

PRIVATE_SCHEME: Final = "99HIPDESK"


def _private(value: str, meaning: str) -> Code:
    return Code(value, PRIVATE_SCHEME, meaning)


RIGHT: Final = Code("24028007", "SCT", "Right")
LEFT: Final = Code("7771000", "SCT", "Left")
RIGHT_AND_LEFT: Final = Code("51440002", "SCT", "Right and left")
BONE_MARROW: Final = Code("14016003", "SCT", "Bone marrow")
HIP_JOINT: Final = Code("24136001", "SCT", "Hip joint")
ANATOMICAL_STRUCTURE: Final = Code("91723000", "SCT", "Anatomical Structure")
ABNORMAL_STRUCTURE: Final = Code("49755003", "SCT", "Morphologically Abnormal Structure")
MR_IMAGING: Final = Code("113091000", "SCT", "Magnetic resonance imaging")
ARTIFICIAL_INTELLIGENCE: Final = Code("123110", "DCM", "Artificial Intelligence")
DEVICE: Final = Code("121007", "DCM", "Device")
MEASUREMENT_REPORT: Final = Code("126000", "DCM", "Imaging Measurement Report")
VOLUME: Final = Code("118565006", "SCT", "Volume")
AREA: Final = Code("42798000", "SCT", "Area")
MAXIMUM: Final = Code("56851009", "SCT", "Maximum")

MILLILITRE: Final = Code("ml", "UCUM", "milliliter")
SQUARE_MILLIMETRE: Final = Code("mm2", "UCUM", "square millimeter")
PERCENT: Final = Code("%", "UCUM", "Percent")
RATIO: Final = Code("1", "UCUM", "no units")
SLICE_COUNT: Final = Code("{slices}", "UCUM", "slices")

UNET_SCORE: Final = _private("UNET-SCORE", "UNet-score")
UNET_INTENSITY: Final = _private("UNET-INT", "UNet-score, intensity definition")
UNET_AREA: Final = _private("UNET-AREA", "UNet-score, area definition")
UNET_INTENSITY_MEAN: Final = _private("UNET-INT-MEAN", "UNet-score per slice, intensity definition")
UNET_AREA_MEAN: Final = _private("UNET-AREA-MEAN", "UNet-score per slice, area definition")
COUNTED_SLICES: Final = _private("UNET-SLICES", "Slices counted in the UNet-score")
BME_HEAD_PERCENT: Final = _private("BME-HEAD-PCT", "Edema within the head, % of head volume")
NULL_REASON: Final = _private("NULL-REASON", "Reason for absent values")
EXTENT: Final = _private("MASK-EXTENT", "Extent of mask and volume")
HEAD_POSITION: Final = _private("HEAD-POSITION", "Origin of the femoral head's position")
PLACED_BY_READER: Final = _private("HEAD-PLACED", "Placed by a reader")
ANALYSED_FIELD: Final = _private("ANALYSED-FIELD", "Within the analysed field around the head only")

VERDICT: Final = _private("READER-VERDICT", "Reader's verdict")
SIGNATURE: Final = _private("READER-SIGNATURE", "Reader's signature")
VERDICTS: Final[dict[Verdict | None, Code]] = {
    Verdict.ACCEPTED: _private("VERDICT-ACCEPTED", "Accepted"),
    Verdict.REJECTED: _private("VERDICT-REJECTED", "Rejected"),
    None: _private("VERDICT-OPEN", "Not judged"),
}
IMPRESSION: Final = Code("121073", "DCM", "Impression")
QUALITATIVE: Final = Code("C0034375", "UMLS", "Qualitative Evaluations")

REASONS: Final[dict[Reason, Code]] = {
    Reason.NOT_FLUID_SENSITIVE: _private("NULL-CONTRAST", "not_fluid_sensitive"),
    Reason.HEAD_NOT_FOUND: _private("NULL-NO-HEAD", "head_not_found"),
    Reason.NO_HEAD_SIGNAL: _private("NULL-NO-SIGNAL", "no_head_signal"),
    Reason.METAL: _private("NULL-METAL", "metal"),
    Reason.TOO_FEW_SLICES: _private("NULL-FEW-SLICES", "too_few_slices"),
    Reason.OTHER_HIP_NOT_SCORED: _private("NULL-OTHER-HIP", "other_hip_not_scored"),
    Reason.SEPARATE_SERIES: _private("NULL-OTHER-SERIES", "separate_series"),
    Reason.REJECTED_BY_READER: _private("NULL-REJECTED", "rejected_by_reader"),
}
"""Why a value is absent; the meaning is the code used in every other file."""


def definition_code(definition: str) -> Code:
    """A score definition as a measurement method."""
    return _private("UNET-DEF", definition)


def coding_scheme() -> CodingSchemeIdentificationItem:
    """What `PRIVATE_SCHEME` is, for readers that do not know it."""
    return CodingSchemeIdentificationItem(
        designator=PRIVATE_SCHEME,
        name="HipDesk concepts",
        version="1",
        responsible_organization="HipDesk",
    )


def laterality(side: Side) -> Code:
    """The patient's side."""
    return RIGHT if side is Side.RIGHT else LEFT


@dataclass(frozen=True, slots=True)
class ClassCodes:
    """What one segment class is, in codes.

    Attributes
    ----------
    kind : the structure or abnormality itself
    region : where it lies
    colour_rgb : recommended colour, 0-255 (the program's palette)
    description : one sentence; ``{side}`` is the patient's side
    structure : what it affects, where that is not the region itself
    """

    category: Code
    kind: Code
    region: Code
    colour_rgb: tuple[int, int, int]
    description: str
    structure: Code | None = None

    @property
    def anatomical(self) -> bool:
        """A normal structure rather than an abnormality."""
        return self.category is ANATOMICAL_STRUCTURE


def _bone(value: str, meaning: str, rgb: tuple[int, int, int], description: str) -> ClassCodes:
    code = Code(value, "SCT", meaning)
    return ClassCodes(ANATOMICAL_STRUCTURE, code, code, rgb, description)


def _lesion(
    value: str,
    meaning: str,
    rgb: tuple[int, int, int],
    description: str,
    structure: Code | None = None,
) -> ClassCodes:
    code = Code(value, "SCT", meaning)
    return ClassCodes(ABNORMAL_STRUCTURE, code, HIP_JOINT, rgb, description, structure)


CLASSES: Final[dict[SegmentClass, ClassCodes]] = {
    SegmentClass.FEMORAL_HEAD: _bone(
        "2812003", "Femoral head", (0, 158, 115), "Femoral head, {side} hip"
    ),
    SegmentClass.PROXIMAL_FEMUR: _bone(
        "310651003", "Proximal femur", (150, 150, 150), "Femur, head included, {side} hip"
    ),
    SegmentClass.ACETABULUM: _bone(
        "37783008", "Acetabulum", (110, 110, 110), "Hip bone around the joint, {side} hip"
    ),
    SegmentClass.BME: _lesion(
        "79654002", "Edema", (230, 159, 0), "Bone marrow edema, {side} hip", BONE_MARROW
    ),
    SegmentClass.EFFUSION_SYNOVITIS: _lesion(
        "41699000",
        "Effusion",
        (86, 180, 233),
        "Effusion/synovitis inside the capsule, physiological fluid included, {side} hip",
    ),
}

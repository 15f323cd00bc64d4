"""The DICOM tags that a folder's scan reads, and how their binary values are stored."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Tag(IntEnum):
    """Tags by what they mean to us."""

    STORAGE_CLASS = 0x00020002
    TRANSFER_SYNTAX = 0x00020010
    CHARACTER_SET = 0x00080005
    IMAGE_TYPE = 0x00080008
    SOP_CLASS = 0x00080016
    SOP_INSTANCE = 0x00080018
    STUDY_DATE = 0x00080020
    ACQUISITION_DATE = 0x00080022
    ACQUISITION_DATETIME = 0x0008002A
    STUDY_TIME = 0x00080030
    ACQUISITION_TIME = 0x00080032
    ACCESSION = 0x00080050
    MODALITY = 0x00080060
    MANUFACTURER = 0x00080070
    INSTITUTION = 0x00080080
    STUDY_DESCRIPTION = 0x00081030
    SERIES_DESCRIPTION = 0x0008103E
    MODEL = 0x00081090
    REGION = 0x00080104
    FRAME_TYPE = 0x00089007
    COMPLEX_COMPONENT = 0x00089208
    ACQUISITION_CONTRAST = 0x00089209
    PATIENT_NAME = 0x00100010
    PATIENT_ID = 0x00100020
    PATIENT_ISSUER = 0x00100021
    BIRTH_DATE = 0x00100030
    SEX = 0x00100040
    BODY_PART = 0x00180015
    SCANNING_SEQUENCE = 0x00180020
    SEQUENCE_VARIANT = 0x00180021
    SCAN_OPTIONS = 0x00180022
    SEQUENCE_NAME = 0x00180024
    THICKNESS = 0x00180050
    TR = 0x00180080
    TE = 0x00180081
    TI = 0x00180082
    FIELD_STRENGTH = 0x00180087
    PROTOCOL = 0x00181030
    TRIGGER_TIME = 0x00181060
    FLIP_ANGLE = 0x00181314
    PATIENT_POSITION = 0x00185100
    PULSE_SEQUENCE = 0x00189005
    ECHO_PULSE = 0x00189008
    INVERSION_RECOVERY = 0x00189009
    FAT_SUPPRESSION = 0x00189025
    FRAME_DATETIME = 0x00189074
    INVERSION_TIMES = 0x00189079
    EFFECTIVE_TE = 0x00189082
    B_VALUE = 0x00189087
    STUDY_UID = 0x0020000D
    SERIES_UID = 0x0020000E
    SERIES_NUMBER = 0x00200011
    ACQUISITION_NUMBER = 0x00200012
    PATIENT_ORIENTATION = 0x00200020
    POSITION = 0x00200032
    ORIENTATION = 0x00200037
    FRAME_OF_REFERENCE = 0x00200052
    LATERALITY = 0x00200060
    IMAGE_LATERALITY = 0x00200062
    TEMPORAL_POSITION = 0x00200100
    STACK = 0x00209056
    FRAME_LATERALITY = 0x00209072
    TEMPORAL_INDEX = 0x00209128
    TRIGGER_DELAY = 0x00209153
    FRAME_ACQUISITION = 0x00209156
    DIMENSIONS = 0x00209157
    TIME_OFFSET = 0x0020930D
    SAMPLES = 0x00280002
    PHOTOMETRIC = 0x00280004
    FRAMES = 0x00280008
    ROWS = 0x00280010
    COLUMNS = 0x00280011
    PIXEL_SPACING = 0x00280030
    BITS_ALLOCATED = 0x00280100
    BITS_STORED = 0x00280101
    WINDOW_CENTRE = 0x00281050
    WINDOW_WIDTH = 0x00281051
    INTERCEPT = 0x00281052
    SLOPE = 0x00281053
    LOSSY = 0x00282110
    SHARED_GROUPS = 0x52009229
    PER_FRAME_GROUPS = 0x52009230


DESCENDED: Final = frozenset(
    {
        0x00082218,  # AnatomicRegionSequence
        0x00189112,  # MRTimingAndRelatedParametersSequence
        0x00189114,  # MREchoSequence
        0x00189115,  # MRModifierSequence
        0x00189117,  # MRDiffusionSequence
        0x00189118,  # CardiacSynchronizationSequence
        0x00189226,  # MRImageFrameTypeSequence
        0x00209071,  # FrameAnatomySequence
        0x00209111,  # FrameContentSequence
        0x00209113,  # PlanePositionSequence
        0x00209116,  # PlaneOrientationSequence
        0x00209310,  # TemporalPositionSequence
        0x00289110,  # PixelMeasuresSequence
        0x00289132,  # FrameVOILUTSequence
        0x00289145,  # PixelValueTransformationSequence
    }
)
"""Functional groups of enhanced files that hold wanted values."""

CONVERTED: Final = frozenset(
    {
        0x00209170,  # UnassignedSharedConvertedAttributesSequence
        0x00209171,  # UnassignedPerFrameConvertedAttributesSequence
    }
)
"""Functional groups that hold whatever a classic file said and no other group has."""

PHILIPS_FRAME: Final = 0x2005140F
"""Private sequence (2005,xx0F) of "Philips MR Imaging DD 005": the frame as a classic image."""

PHILIPS_VALUES: Final = frozenset(
    {
        int(Tag.SCANNING_SEQUENCE),
        int(Tag.SEQUENCE_VARIANT),
        int(Tag.SCAN_OPTIONS),
        int(Tag.TI),
        int(Tag.ACQUISITION_NUMBER),
    }
)
"""What is taken from it; its positions are those of pixel corners, not of centres."""

WANTED: Final[frozenset[int]] = frozenset(int(tag) for tag in Tag)

BINARY: Final[Mapping[int, str]] = MappingProxyType(
    {
        Tag.SAMPLES: "H",
        Tag.ROWS: "H",
        Tag.COLUMNS: "H",
        Tag.BITS_ALLOCATED: "H",
        Tag.BITS_STORED: "H",
        Tag.INVERSION_TIMES: "d",
        Tag.EFFECTIVE_TE: "d",
        Tag.B_VALUE: "d",
        Tag.TEMPORAL_INDEX: "I",
        Tag.TRIGGER_DELAY: "d",
        Tag.FRAME_ACQUISITION: "H",
        Tag.DIMENSIONS: "I",
        Tag.TIME_OFFSET: "d",
    }
)
"""`struct` codes of the values that are not stored as text (VR US, FD, UL)."""

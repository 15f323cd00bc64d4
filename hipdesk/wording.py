"""Words and figures as a doctor reads them, on paper and on screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from hipdesk.records import Contrast, Origin, Reason, SegmentClass
from hipdesk.review import Verdict

NO_VALUE: Final = "\N{EM DASH}"
"""Printed where a value is null; never a zero."""

MINUS: Final = "\N{MINUS SIGN}"

FIRST_UNCASED: Final = 0x0590
"""From here on come scripts whose names are written without a comma: Hebrew and after."""

REASON_SENTENCES: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NOT_FLUID_SENSITIVE: "the series is not fluid-sensitive (STIR or fat-suppressed), "
        "so oedema and fluid are neither outlined nor scored",
        Reason.HEAD_NOT_FOUND: "the femoral head was not found on this series",
        Reason.TOO_FEW_SLICES: "fewer than 5 slices count",
        Reason.SMALL_HEAD_AREA: "the head's area is below a quarter of its largest",
        Reason.OUTSIDE_CHOSEN_SLICES: "outside the central, anterior and posterior five",
        Reason.NO_HEAD_ON_SLICE: "the head is not on this slice",
        Reason.NO_HEAD_SIGNAL: "the head gives no signal to relate the lesions to",
        Reason.METAL: "metal or a prosthesis hides the head",
        Reason.OTHER_HIP_NOT_SCORED: "not both hips are scored",
        Reason.SEPARATE_SERIES: "the hips were measured in separate series",
        Reason.REJECTED_BY_READER: "a reader rejected the outlines",
        Reason.EXCLUDED_BY_READER: "a reader excluded this slice",
        Reason.PROSTHESIS: "by the clinical record this hip is a prosthesis",
    }
)
"""Why a value is missing, as the end of a sentence."""

REASON_WORDS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NOT_FLUID_SENSITIVE: "not fluid-sensitive",
        Reason.HEAD_NOT_FOUND: "head not found",
        Reason.TOO_FEW_SLICES: "too few slices",
        Reason.SMALL_HEAD_AREA: "small head area",
        Reason.OUTSIDE_CHOSEN_SLICES: "not chosen",
        Reason.NO_HEAD_ON_SLICE: "no head",
        Reason.NO_HEAD_SIGNAL: "no head signal",
        Reason.METAL: "metal",
        Reason.OTHER_HIP_NOT_SCORED: "other hip not scored",
        Reason.SEPARATE_SERIES: "other series",
        Reason.REJECTED_BY_READER: "rejected",
        Reason.EXCLUDED_BY_READER: "excluded by a reader",
        Reason.PROSTHESIS: "prosthesis",
    }
)
"""The same, for a table's cell."""

CONTRAST_WORDS: Final[Mapping[Contrast, str]] = MappingProxyType(
    {
        Contrast.STIR: "STIR",
        Contrast.T2_FS: "T2 fat-suppressed",
        Contrast.PD_FS: "PD fat-suppressed",
        Contrast.DIXON_WATER: "Dixon water",
        Contrast.T1: "T1",
        Contrast.T1_FS: "T1 fat-suppressed",
        Contrast.T2: "T2",
        Contrast.PD: "PD",
        Contrast.DWI: "diffusion",
        Contrast.OTHER: "other",
        Contrast.UNKNOWN: "unknown",
    }
)

ORIGIN_WORDS: Final[Mapping[Origin, str]] = MappingProxyType(
    {
        Origin.AI: "AI",
        Origin.AI_EDITED: "AI + edited",
        Origin.MANUAL: "manual",
    }
)

VERDICT_WORDS: Final[Mapping[Verdict | None, str]] = MappingProxyType(
    {Verdict.ACCEPTED: "accepted", Verdict.REJECTED: "rejected", None: "not reviewed"}
)
"""What a reader made of one hip's outlines and score."""

EXCLUSION_WORDS: Final = (
    "motion or ghosts",
    "failed fat suppression",
    "metal or signal void",
    "another disease on this slice",
)
"""Why a reader may leave a slice out of the score; kept as the reader's words."""

CLASS_WORDS: Final[Mapping[SegmentClass, str]] = MappingProxyType(
    {
        SegmentClass.FEMORAL_HEAD: "Femoral head",
        SegmentClass.PROXIMAL_FEMUR: "Proximal femur",
        SegmentClass.ACETABULUM: "Acetabulum",
        SegmentClass.BME: "Bone marrow oedema (BME)",
        SegmentClass.EFFUSION_SYNOVITIS: "Effusion/synovitis",
    }
)


def person_name(value: str) -> str:
    """A DICOM person name as read: every representation, components in order.

    ``YAMADA^TAROU=山田^太郎`` becomes ``YAMADA, TAROU / 山田 太郎``.

    Source: DICOM PS3.5 6.2.1.2.
    """
    return " / ".join(name for group in value.split("=") if (name := _representation(group)))


def _representation(group: str) -> str:
    """One representation; a comma follows the family name in alphabetic ones."""
    family, *given = (part.strip() for part in group.split("^"))
    rest = " ".join(part for part in given if part)
    between = " " if any(ord(letter) >= FIRST_UNCASED for letter in group) else ", "
    return between.join(part for part in (family, rest) if part)


def number(value: float | None, digits: int) -> str:
    """A figure with fixed decimals, or the sign for no value."""
    return NO_VALUE if value is None else f"{value:.{digits}f}"


def signed_number(value: float, digits: int) -> str:
    """A change with its sign; none where it rounds to zero."""
    text = number(abs(value), digits)
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def day_of(day: date | None) -> str:
    """A date in ISO 8601, or the sign for no value."""
    return NO_VALUE if day is None else day.isoformat()


def capital(text: str) -> str:
    """A phrase with its first letter large, as a sentence begins."""
    return text[:1].upper() + text[1:]

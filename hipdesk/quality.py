"""What a reader must know about a series and a result: notices with their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np

from hipdesk.geometry import image_orientation_of, slice_normal
from hipdesk.records import (
    Compute,
    HipResult,
    ModelRef,
    Notice,
    Patient,
    Segmentation,
    SegmentClass,
    Series,
)
from hipdesk.series_words import any_names_other_region, labelled_side

SLICE_STEP_LIMIT_MM: Final = 5.0
"""The source paper's slices are 4 mm; beyond this an oedema can fall between two."""

PIXEL_LIMIT_MM: Final = 1.2
"""Half as large again as the model's 0.78 mm pixels (our choice)."""

TILT_LIMIT_DEG: Final = 20.0
"""Coronal hip protocols tilt by about this at most (our choice)."""

FEW_HEAD_SLICES: Final = 7
"""A usual 4 mm series shows 8 to 11 counted slices of a head."""

LOW_CONFIDENCE: Final = 0.7
"""Locator confidence below which its answer should be looked at (our choice)."""

AGE_RANGE: Final = (18, 65)
"""Ages of the source paper's patients."""


def notices(
    series: Series,
    hips: Sequence[HipResult],
    models: Sequence[ModelRef],
    compute: Compute,
) -> tuple[Notice, ...]:
    """Everything to be said about one analysis, most general first."""
    return (
        *_of_models(models, compute),
        *series.notices,
        *_of_geometry(series),
        *_of_patient(series),
        *_of_region(series),
        *_of_sides(series, hips),
        *(notice for hip in hips for notice in _of_hip(hip, len(series.slices))),
    )


def unlinked(patient: Patient) -> tuple[Notice, ...]:
    """Why a visit kept in a library is not joined to earlier ones, if it cannot be.

    Visits are joined on issuer, patient ID, birth date and sex, none of them
    empty; any other likeness is for the reader to judge.
    """
    lacking = patient.unstated
    if not lacking:
        return ()
    words = " and ".join(filter(None, (", ".join(lacking[:-1]), lacking[-1])))
    return (
        Notice(
            "not_joined",
            f"The images do not state the {words}, so this visit was not joined to earlier ones of "
            "the same person in the library.",
            float(len(lacking)),
        ),
    )


def coronal_tilt_deg(series: Series) -> float:
    """Angle between a series' slices and the patient's coronal plane."""
    normal = slice_normal(image_orientation_of(series.affine))
    return float(np.degrees(np.arccos(np.clip(abs(normal[1]), 0.0, 1.0))))


def age_at(birth: date, day: date) -> int:
    """Whole years between two dates."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _is_cut_off(segmentation: Segmentation, slices: int) -> bool:
    """Whether the femoral head lies on the first or last of a series' slices."""
    head, box = segmentation.masks[SegmentClass.FEMORAL_HEAD], segmentation.box
    first = box.start[0] == 0 and bool(head[0].any())
    return first or (box.stop[0] == slices and bool(head[-1].any()))


def _of_models(models: Sequence[ModelRef], compute: Compute) -> Iterator[Notice]:
    if any("simulated" in model.trained_on.lower() for model in models):
        yield Notice(
            "trained_on_simulated",
            "The models were trained on simulated MRI only; their accuracy on patients is not "
            "known, so look at every outline.",
        )
    if compute.fell_back:
        why = f": {compute.reason.rstrip('.')}" if compute.reason else ""
        yield Notice("provider_fallback", f"CUDA was asked for, but the CPU was used{why}.")


def _of_geometry(series: Series) -> Iterator[Notice]:
    step, rows, columns = series.spacing_mm
    if step > SLICE_STEP_LIMIT_MM:
        yield Notice(
            "thick_slices",
            f"Slices lie {step:.1f} mm apart; small lesions can fall between them.",
            step,
        )
    pixel = max(rows, columns)
    if pixel > PIXEL_LIMIT_MM:
        yield Notice(
            "coarse_pixels",
            f"Pixels measure {pixel:.2f} mm; outlines are less exact than on usual hip MRI.",
            pixel,
        )
    tilt = coronal_tilt_deg(series)
    if tilt > TILT_LIMIT_DEG:
        yield Notice(
            "tilted_plane",
            f"Slices are tilted {tilt:.0f} degrees off the coronal plane; scores may differ from "
            "those of coronal slices.",
            tilt,
        )


def _of_patient(series: Series) -> Iterator[Notice]:
    birth, day = series.patient.birth_date, series.study.date
    if birth is None or day is None:
        yield Notice("age_unknown", "The patient's age is unknown; the score was made for adults.")
        return
    age = age_at(birth, day)
    low, high = AGE_RANGE
    if not low <= age <= high:
        yield Notice(
            "age_outside_range",
            f"The patient is {age} years old; the score was studied from {low} to {high} years.",
            float(age),
        )


def _of_sides(series: Series, hips: Sequence[HipResult]) -> Iterator[Notice]:
    """Say where the side the file names, by tag or in words, is not just what was found."""
    found = {hip.side for hip in hips if hip.head.found}
    side = labelled_side(series)
    if side is None or not found - {side}:
        return
    shown = f"the {side.other.word} hip was" if found == {side.other} else "both hips were"
    yield Notice(
        "side_disagrees",
        f"The images are labelled {side.word}, but {shown} found; check the side before using "
        "the result.",
    )


def _of_region(series: Series) -> Iterator[Notice]:
    if any_names_other_region(series):
        yield Notice(
            "other_region",
            "The series' name or body part speaks of another region than the hip; check that "
            "these are the images you meant.",
        )


def _of_hip(hip: HipResult, slices: int) -> Iterator[Notice]:
    side = hip.side.word
    if not hip.head.found:
        yield Notice(
            "hip_missing", f"The {side} femoral head was not found, so that hip has no result."
        )
        return
    if hip.head.confidence < LOW_CONFIDENCE:
        yield Notice(
            "low_confidence",
            f"The {side} femoral head was found with low confidence; check its outline.",
            hip.head.confidence,
        )
    if hip.segmentation is None:
        return
    head = hip.segmentation.masks[SegmentClass.FEMORAL_HEAD]
    shown = int(head.any(axis=(1, 2)).sum())
    if shown < FEW_HEAD_SLICES:
        yield Notice(
            "few_head_slices", f"Only {shown} slices show the {side} femoral head.", float(shown)
        )
    if _is_cut_off(hip.segmentation, slices):
        yield Notice(
            "head_cut_off",
            f"The {side} femoral head reaches the first or last slice of the series, so part of "
            "it may be missing; its volumes and shares cover the imaged part only.",
        )

"""What a reader must know about a series and a result: notices with their figures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np
from scipy import ndimage

from hipdesk.geometry import image_orientation_of, slice_normal, to_index, voxel_volume_ml
from hipdesk.records import (
    BONES,
    Compute,
    Head,
    HipResult,
    ModelRef,
    Notice,
    Patient,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
)
from hipdesk.series_words import StatedSide, any_names_other_region, stated_sides
from hipdesk.sides import across_mm, astray, in_use, misplaced_sides, side_evidence

SIDE_DISAGREES: Final = "side_disagrees"
"""Code of the notices that block a signature until a reader settled the hips in doubt."""

OTHER_REGION: Final = "other_region"
"""Code of the notice that the series may show something else than hips."""

THICKNESS_LIMIT_MM: Final = 5.0
"""The source paper's slices are 4 mm; thicker ones hide small oedema."""

GAP_LIMIT: Final = 0.5
"""Share of a slice's thickness that may lie unseen between two (our choice)."""

PIXEL_LIMIT_MM: Final = 1.2
"""Half as large again as the model's 0.78 mm pixels (our choice)."""

TILT_LIMIT_DEG: Final = 20.0
"""Coronal hip protocols tilt by about this at most (our choice)."""

FEW_HEAD_SLICES: Final = 7
"""A usual 4 mm series shows 8 to 11 counted slices of a head."""

LOW_CONFIDENCE: Final = 0.7
"""Locator confidence below which its answer should be looked at (our choice)."""

SIDE_ORDER: Final = "side_order"
"""Code of the notice that a reader put a head on the other side of the body; it blocks a
signature until that head is placed anew or its hip rejected."""

ALARMS: Final = frozenset({SIDE_DISAGREES, SIDE_ORDER, OTHER_REGION})
"""Codes of notices that come before any figure: it may be another hip's, or no hip's."""

OUTSIDE_BONE_ML: Final = 0.03
"""Oedema outside the bones that is told: as much as the smallest island of a lesion that
`hipdesk.segmentation` keeps."""

_RIM: Final = ndimage.generate_binary_structure(3, 1) & (np.arange(3) == 1)[:, None, None]
"""A bone with its edge pixels in plane: there `hipdesk.segmentation` leaves oedema, too."""

AGE_RANGE: Final = (18, 65)
"""Ages of the source paper's patients."""


def notices(
    series: Series,
    hips: Sequence[HipResult],
    models: Sequence[ModelRef],
    compute: Compute,
    located: Sequence[HipResult] = (),
) -> tuple[Notice, ...]:
    """Everything to be said about one analysis, most general first.

    Parameters
    ----------
    located : the hips as the models found them, where readers changed ``hips``
    """
    return (
        *_of_models(models, compute),
        *series.notices,
        *_of_geometry(series),
        *_of_patient(series),
        *_of_region(series),
        *_of_sides(series, hips),
        *_of_order(series, hips, located),
        *(notice for hip in hips for notice in _of_hip(hip, series)),
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


def _is_at_edge(head: Head, series: Series) -> bool:
    """Whether a head reaches beyond the picture's rows or columns."""
    if head.centre_lps_mm is None or head.radius_mm is None:
        return False
    index = to_index(series.affine, head.centre_lps_mm)[1:]
    size = np.asarray(series.shape[1:])
    rim_mm = np.minimum(index + 0.5, size - 0.5 - index) * series.spacing_mm[1:]
    return bool(rim_mm.min() < head.radius_mm)


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
    yield from _of_slices(step, series.acquisition.slice_thickness_mm)
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


def _of_slices(step: float, thickness: float | None) -> Iterator[Notice]:
    """Say where slices are thick, far apart, or unstated; then their distance counts."""
    if thickness is None or thickness <= 0:
        yield Notice(
            "thickness_unstated",
            "The images do not state how thick the slices are, so thickness and gaps were not "
            f"checked; slices lie {step:.1f} mm apart.",
            step,
        )
        if step > THICKNESS_LIMIT_MM:
            yield Notice(
                "thick_slices",
                f"Slices lie {step:.1f} mm apart; small lesions can fall between them.",
                step,
            )
        return
    if thickness > THICKNESS_LIMIT_MM:
        yield Notice(
            "thick_slices",
            f"Slices are {thickness:.1f} mm thick; small lesions can be lost in them.",
            thickness,
        )
    gap = (step - thickness) / thickness
    if gap > GAP_LIMIT:
        yield Notice(
            "slice_gap",
            f"Between slices {100 * gap:.0f} % of their thickness is not imaged; small lesions can "
            "fall between them.",
            100 * gap,
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
    """Say where what the file says of the side, the heads found and their place differ."""
    found = frozenset(hip.side for hip in hips if in_use(hip))
    stated = stated_sides(series)
    words = [each for each in stated if each.of_series or found == {each.side.other}]
    sides = {each.side for each in words}
    if len(sides) > 1 and found:
        yield _conflict(words)
    elif sides and found - sides:
        (side,) = sides
        shown = f"the {side.other.word} hip was" if found == {side.other} else "both hips were"
        yield Notice(
            SIDE_DISAGREES,
            f"The images are labelled {side.word}, but {shown} found; check the side before using "
            "the result.",
        )
    for hip in astray(hips):
        across = abs(across_mm(hip))
        yield Notice(
            SIDE_DISAGREES,
            f"The {hip.side.word} femoral head lies {across:.0f} mm to the {hip.side.other.word} "
            "of the scanner's middle; check the side before using the result.",
            across,
        )


def _conflict(words: Sequence[StatedSide]) -> Notice:
    """Two parts of the header that name different sides."""
    first = words[0]
    other = next(each for each in words if each.side is not first.side)
    return Notice(
        SIDE_DISAGREES,
        f"The {first.source} says {first.side.word}, but the {other.source} says "
        f"{other.side.word}; check the side before using the result.",
    )


def _of_order(
    series: Series, hips: Sequence[HipResult], located: Sequence[HipResult]
) -> Iterator[Notice]:
    """Say where a placed head lies on the other side of the body."""
    sides = misplaced_sides(side_evidence(series), hips, located)
    if not sides:
        return
    kept = {hip.side: across_mm(hip) for hip in hips if in_use(hip)}
    apart = kept[Side.LEFT] - kept[Side.RIGHT] if len(kept) == len(Side) else None
    yield Notice(SIDE_ORDER, f"{_misplaced(sides)}; check the sides before using them.", apart)


def _misplaced(sides: Collection[Side]) -> str:
    """Which heads a reader put where they cannot be."""
    if len(sides) > 1:
        return "The femoral heads were placed the wrong way round, or on one side of the body"
    (side,) = sides
    return f"The {side.word} femoral head was placed on the {side.other.word} side of the body"


def _of_region(series: Series) -> Iterator[Notice]:
    if any_names_other_region(series):
        yield Notice(
            OTHER_REGION,
            "The series' name or body part speaks of another region than the hip; check that "
            "these are the images you meant.",
        )


def _of_chosen_slices(hip: HipResult) -> Iterator[Notice]:
    """Say where a reader chose the slices that count."""
    score, side = hip.score, hip.side.word
    if score is None:
        return
    if score.central_moved and score.central_index is not None:
        number = score.central_index + 1
        yield Notice(
            "central_moved",
            f"A reader made slice {number} the central one of the {side} hip.",
            float(number),
        )
    out = len(score.excluded)
    if out:
        slices = "one slice" if out == 1 else f"{out} slices"
        yield Notice(
            "slices_excluded",
            f"A reader left {slices} of the {side} hip out of the score.",
            float(out),
        )


def _of_hip(hip: HipResult, series: Series) -> Iterator[Notice]:
    """What is to be said of one hip: why it is not used, or what its head and masks show."""
    side = hip.side.word
    if in_use(hip):
        yield from _of_head(hip, series)
        yield from _of_masks(hip, series)
        yield from _of_painted(hip, series)
        yield from _of_chosen_slices(hip)
    elif hip.reason is Reason.REJECTED_BY_READER:
        yield Notice(
            "hip_rejected", f"A reader rejected the outlines of the {side} hip; it has no result."
        )
    elif hip.reason not in (Reason.SEPARATE_SERIES, Reason.METAL):
        yield Notice(
            "hip_missing", f"The {side} femoral head was not found, so that hip has no result."
        )


def _of_head(hip: HipResult, series: Series) -> Iterator[Notice]:
    side = hip.side.word
    if hip.head.placed:
        yield Notice("head_placed", f"The {side} femoral head was placed by a reader.")
    elif hip.head.confidence < LOW_CONFIDENCE:
        yield Notice(
            "low_confidence",
            f"The {side} femoral head was found with low confidence; check its outline.",
            hip.head.confidence,
        )
    if _is_at_edge(hip.head, series):
        yield Notice(
            "head_at_edge",
            f"The {side} femoral head reaches the edge of the picture, so part of the hip is "
            "missing from the result.",
        )


def _of_masks(hip: HipResult, series: Series) -> Iterator[Notice]:
    """Say where few slices show the head, or not all of it."""
    if hip.segmentation is None:
        return
    side, head = hip.side.word, hip.segmentation.masks[SegmentClass.FEMORAL_HEAD]
    shown = int(head.any(axis=(1, 2)).sum())
    if shown < FEW_HEAD_SLICES:
        yield Notice(
            "few_head_slices", f"Only {shown} slices show the {side} femoral head.", float(shown)
        )
    if _is_cut_off(hip.segmentation, len(series.slices)):
        yield Notice(
            "head_cut_off",
            f"The {side} femoral head reaches the first or last slice of the series, so part of "
            "it may be missing; its volumes and shares cover the imaged part only.",
        )


def _of_painted(hip: HipResult, series: Series) -> Iterator[Notice]:
    """Say where oedema was painted outside the bones; the program itself draws none there."""
    masks = {} if hip.segmentation is None else hip.segmentation.masks
    if SegmentClass.BME not in masks:
        return
    bones = [masks[name] for name in BONES if name in masks]
    bone = ndimage.binary_dilation(np.logical_or.reduce(bones), _RIM)
    outside = np.count_nonzero(masks[SegmentClass.BME] & ~bone) * voxel_volume_ml(series.affine)
    if outside >= OUTSIDE_BONE_ML:
        yield Notice(
            "bme_outside_bone",
            f"{outside:.1f} mL of the {hip.side.word} hip's oedema lies outside the outlined "
            "bones; check it.",
            outside,
        )

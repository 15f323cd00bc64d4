"""Models measured on cases with known outlines, hip by hip.

With a locator a case goes through the whole pipeline; without one its crops are
laid about the true heads, so that segmenters alone are compared. Lesions are
compared on the whole series, bones inside the hip's field: a crop ends in the
shaft and in the ilium, and bone beyond it is not asked for. Beside every figure
of oedema stands that of a plain rule: bone brighter than 1.6 times the median
of the femur found. That factor was fixed before anything was measured here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from hipdesk.crop import crop_hip
from hipdesk.errors import NothingSuitable
from hipdesk.manifest import Metric
from hipdesk.pipeline import analyze, request_analysis
from hipdesk.ports import Network
from hipdesk.records import (
    LESIONS,
    BoolArray,
    HipScore,
    Segmentation,
    SegmentClass,
    Side,
    Spacing,
    Volume,
)
from hipdesk.scoring import score_hip
from hipdesk.segmentation import segment_hip
from hipdesk.training.cases import Case, marrows_of
from hipdesk.training.metrics import (
    LesionHits,
    MaskFigures,
    agreement_of_pairs,
    compare,
    pixel_accuracy,
)
from hipdesk.training.tables import OVER_HIPS, comparison

log = logging.getLogger(__name__)

LESION_ML: Final = 0.3
"""Lesion Dice, IoU and distance are taken over hips with more than this much true lesion."""

THRESHOLD: Final = 1.6
"""The plain rule that a network must beat: so many times the median of the marrow."""

RULE: Final = f"a threshold at {THRESHOLD} x marrow in the bones found"
"""The plain rule in words."""

FALSE: Final = "false bme in hips without, median mL"

_NAN: Final = float("nan")

Found = Mapping[Side, Segmentation]
Look = Callable[[Case, Found], None]
"""Is shown every case with what was found on it."""


@dataclass(frozen=True, slots=True)
class HipFigures:
    """One hip, found against true.

    Attributes
    ----------
    centre_mm : distance of the found head centre from the true one; NaN if not
        found, None where no locator was asked
    classes : figures of every class whose truth is known
    plain : oedema by the plain rule; None without a femur or without known oedema
    u_intensity, u_area : (found, true); NaN where there is none
    """

    case: str = field(repr=False)
    subject: str = field(repr=False)
    side: Side
    centre_mm: float | None
    classes: dict[SegmentClass, MaskFigures]
    plain: MaskFigures | None
    u_intensity: tuple[float, float]
    u_area: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PatientFigures:
    """One case: the hips and the (found, true) totals; NaN unless both hips have a score."""

    hips: tuple[HipFigures, ...]
    u_intensity: tuple[float, float]
    u_area: tuple[float, float]


def nothing_shown(case: Case, found: Found) -> None:
    """Show nobody."""


def measure(
    cases: Iterable[Case],
    segmenter: Network,
    locator: Network | None = None,
    look: Look = nothing_shown,
) -> list[PatientFigures]:
    """Analyse every case and compare it with its truth."""
    figures = []
    for case in cases:
        figures.append(measure_case(case, segmenter, locator, look))
        log.info("case %d measured", len(figures))
    return figures


def measure_case(
    case: Case, segmenter: Network, locator: Network | None = None, look: Look = nothing_shown
) -> PatientFigures:
    """Analyse one case and compare it with its truth."""
    if locator is None:
        found, offsets = _cropped(case, segmenter), dict[Side, float]()
    else:
        found, offsets = _analysed(case, segmenter, locator)
    look(case, found)
    hips = tuple(_hip(case, side, found.get(side), offsets.get(side)) for side in case.truth)
    return PatientFigures(
        hips,
        _total([hip.u_intensity for hip in hips]),
        _total([hip.u_area for hip in hips]),
    )


def summary(figures: Sequence[PatientFigures], test_set: str) -> tuple[Metric, ...]:
    """The figures a model card prints, each with its test set."""
    hips = [hip for patient in figures for hip in patient.hips]
    values = {
        **_located(hips),
        **class_means(hips),
        **{
            f"{key} of a patient, ICC(2,1)": agreement_of_pairs(
                getattr(patient, key) for patient in figures
            ).icc
            for key in ("u_intensity", "u_area")
        },
        **hip_agreement(hips),
        FALSE: false_ml(masks_of(hips, SegmentClass.BME)),
        comparison(FALSE, RULE): false_ml(plain_of(hips)),
    }
    return tuple(
        Metric(name=name, value=round(value, 4), test_set=test_set)
        for name, value in values.items()
        if np.isfinite(value)
    )


def _located(hips: Sequence[HipFigures]) -> dict[str, float]:
    """How well heads were found; nothing where no locator was asked."""
    asked = [hip.centre_mm for hip in hips if hip.centre_mm is not None]
    found = [distance for distance in asked if np.isfinite(distance)]
    if not asked:
        return {}
    return {
        "heads found, share": len(found) / len(asked),
        "head centre error, median mm": float(np.median(found)) if found else _NAN,
        "head centre error, largest mm": max(found, default=_NAN),
    }


def class_means(hips: Sequence[HipFigures]) -> dict[str, float]:
    """Mean figures of every class over the hips, the plain rule's beside the oedema's."""
    values: dict[str, float] = {}
    for name in SegmentClass:
        own = _means(masks_of(hips, name), name)
        values |= own
        if name is SegmentClass.BME:
            plain = _means(plain_of(hips), name)
            values |= {comparison(key, RULE): value for key, value in plain.items()}
    return values


def masks_of(hips: Iterable[HipFigures], name: SegmentClass) -> list[MaskFigures]:
    """Figures of one class over the hips where it is known."""
    return [hip.classes[name] for hip in hips if name in hip.classes]


def plain_of(hips: Iterable[HipFigures]) -> list[MaskFigures]:
    """Figures of the plain rule over the hips that have them."""
    return [hip.plain for hip in hips if hip.plain is not None]


FIGURES: Final[Mapping[str, Callable[[MaskFigures], float]]] = {
    "Dice": lambda mask: mask.dice,
    "IoU": lambda mask: mask.iou,
    "pixel accuracy": lambda mask: mask.pixel_accuracy,
    "95 % Hausdorff distance, mm": lambda mask: mask.hausdorff_mm,
}
"""Figures of one mask by name; means are over hips with more than `LESION_ML` of truth,
but that of pixel accuracy is over all."""


def mean_of(masks: Iterable[MaskFigures], figure: str) -> float:
    """Mean over the hips where the figure is defined; NaN where it never is."""
    every = figure == "pixel accuracy"
    values = [FIGURES[figure](mask) for mask in masks if every or mask.true_ml > LESION_ML]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else _NAN


def lesions_of(masks: Iterable[MaskFigures]) -> LesionHits:
    """Lesions counted over all hips."""
    return sum((mask.lesions for mask in masks), LesionHits())


def hip_agreement(hips: Sequence[HipFigures]) -> dict[str, float]:
    """Agreement of the UNet-score of a hip: ICC, bias and limits (Bland and Altman)."""
    found = agreement_of_pairs(hip.u_intensity for hip in hips)
    return {
        "u_intensity of a hip, ICC(2,1)": found.icc,
        "u_intensity of a hip, bias": found.bias,
        "u_intensity of a hip, lower 95 % limit of agreement": found.limits[0],
        "u_intensity of a hip, upper 95 % limit of agreement": found.limits[1],
    }


def false_ml(masks: Iterable[MaskFigures]) -> float:
    """Median volume found in hips that have none; NaN where every hip has some."""
    false = [mask.found_ml for mask in masks if mask.true_ml == 0]
    return float(np.median(false)) if false else _NAN


def figures_json(figures: Sequence[PatientFigures]) -> str:
    """Figures as a file keeps them."""
    return json.dumps(_adapter().dump_python(tuple(figures), mode="json"))


def figures_from_json(text: str) -> list[PatientFigures]:
    """What `figures_json` wrote; ValueError where it is something else."""
    return list(_adapter().validate_python(json.loads(text)))


@cache
def _adapter() -> TypeAdapter[tuple[PatientFigures, ...]]:
    return TypeAdapter(tuple[PatientFigures, ...])


def _means(masks: Sequence[MaskFigures], name: SegmentClass) -> dict[str, float]:
    """Means of the figures, and the lesions' shares."""
    values = {f"{name.value} {figure}{OVER_HIPS}": mean_of(masks, figure) for figure in FIGURES}
    if name in LESIONS:
        hits = lesions_of(masks)
        values[f"{name.value} lesions found, share"] = hits.sensitivity
        values[f"{name.value} found lesions that are true, share"] = hits.precision
    return values


def _cropped(case: Case, segmenter: Network) -> dict[Side, Segmentation]:
    """Outlines of crops about the true heads."""
    found = {}
    for side, median in marrows_of(case).items():
        if median is not None:
            crop = crop_hip(case.volume, case.head(side), median)
            found[side] = segment_hip(crop, segmenter, case.volume.series)
    return found


def _analysed(
    case: Case, segmenter: Network, locator: Network
) -> tuple[dict[Side, Segmentation], dict[Side, float]]:
    """Outlines of the whole pipeline, and how far off the heads are."""
    offsets = dict.fromkeys(case.truth, _NAN)
    try:
        analysis = analyze(request_analysis(case.volume), locator, segmenter)
    except NothingSuitable:
        return {}, offsets
    found = {}
    for side in case.truth:
        hip = analysis.hip(side)
        if hip.head.centre_lps_mm is not None:
            true = np.asarray(case.head(side).centre_lps_mm, dtype=np.float64)
            offsets[side] = float(np.linalg.norm(hip.head.centre_lps_mm - true))
        if hip.segmentation is not None:
            found[side] = hip.segmentation
    return found, offsets


def _hip(case: Case, side: Side, found: Segmentation | None, offset: float | None) -> HipFigures:
    """Compare one hip with its truth."""
    shape, spacing = case.volume.series.shape, case.volume.series.spacing_mm
    truth = case.truth[side]
    nothing = np.zeros(shape, dtype=np.bool_)
    masks = {} if found is None else {name: found.full(name, shape) for name in found.masks}
    box = (slice(None),) * 3 if found is None else found.box.index
    figures = {
        name: _figures(name, masks.get(name, nothing), true, box, spacing)
        for name, true in truth.items()
    }
    bright = bright_bone(case.volume, masks)
    oedema = truth.get(SegmentClass.BME)
    plain = None
    if bright is not None and oedema is not None:
        plain = _figures(SegmentClass.BME, bright, oedema, box, spacing)
    intensity, area = _scores(case, side, found)
    return HipFigures(case.name, case.subject, side, offset, figures, plain, intensity, area)


def _figures(
    name: SegmentClass,
    mask: BoolArray,
    true: BoolArray,
    box: tuple[slice, ...],
    spacing_mm: Spacing,
) -> MaskFigures:
    """Compare two masks: bones and pixels inside the hip's field, the rest everywhere."""
    if name in (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM):
        return compare(mask[box], true[box], spacing_mm)
    accuracy = pixel_accuracy(mask[box], true[box])
    return replace(compare(mask, true, spacing_mm), pixel_accuracy=accuracy)


def bright_bone(volume: Volume, masks: Mapping[SegmentClass, BoolArray]) -> BoolArray | None:
    """Bone brighter than `THRESHOLD` times the median of the femur found; None without one."""
    femur = masks.get(SegmentClass.PROXIMAL_FEMUR)
    if femur is None or not femur.any():
        return None
    level = THRESHOLD * float(np.median(volume.voxels[femur]))
    bone = femur | masks[SegmentClass.ACETABULUM]
    return np.asarray(bone & (volume.voxels > level))


def _scores(
    case: Case, side: Side, found: Segmentation | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    """UNet-score by intensity and by area, each (found, true)."""
    ours = None if found is None else score_hip(case.volume, found)
    theirs = score_hip(case.volume, case.segmentation(side))

    def pair(key: str) -> tuple[float, float]:
        return _number(ours, key), _number(theirs, key)

    return pair("u_intensity"), pair("u_area")


def _number(score: HipScore | None, key: str) -> float:
    value = None if score is None else getattr(score, key)
    return _NAN if value is None else float(value)


def _total(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Sum over both hips; NaN unless both are there."""
    if len(pairs) != len(Side):
        return _NAN, _NAN
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)

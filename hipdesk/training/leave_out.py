"""How good a pair of models is on simulated patients of an anatomy it never saw.

Every patient is a whole native series that goes through the whole pipeline;
what comes out is compared with the simulation's truth.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hipdesk.errors import NothingSuitable
from hipdesk.manifest import Metric
from hipdesk.phantom.patients import random_patient
from hipdesk.phantom.prepared import PreparedAnatomy
from hipdesk.phantom.samples import SimulatedSeries
from hipdesk.phantom.volumes import as_volume, true_segmentation
from hipdesk.pipeline import analyze, request_analysis
from hipdesk.ports import Network
from hipdesk.records import Analysis, BoolArray, HipResult, SegmentClass, Side, Volume
from hipdesk.scoring import patient_total, score_hip
from hipdesk.training.evaluate import dice, icc_2_1

log = logging.getLogger(__name__)

LESION_ML: Final = 0.3
"""Lesion Dice is taken over hips with more than this volume of true lesion."""


THRESHOLD: Final = 1.6
"""The plain rule that a network must beat: so many times the median of the marrow."""


@dataclass(frozen=True, slots=True)
class HipFigures:
    """One hip, found against true.

    Attributes
    ----------
    centre_mm : distance of the found head centre from the true one; NaN if not found
    dices : class to Dice; NaN where there is nothing to find
    bme_ml, effusion_ml : (found, true)
    threshold_dice : BME Dice of a plain threshold inside the found bones
    """

    centre_mm: float
    dices: dict[SegmentClass, float]
    bme_ml: tuple[float, float]
    effusion_ml: tuple[float, float]
    threshold_dice: float = float("nan")


@dataclass(frozen=True, slots=True)
class PatientFigures:
    """One patient: the hips and the (found, true) totals; NaN where there is none."""

    hips: tuple[HipFigures, ...]
    u_intensity: tuple[float, float]
    u_area: tuple[float, float]


def patients(
    prepared: PreparedAnatomy, count: int, seed: int
) -> Iterator[tuple[Volume, SimulatedSeries]]:
    """Simulated patients of one anatomy, each from its own generator ``(seed, index)``."""
    for index in range(count):
        simulated = random_patient(np.random.default_rng([seed, index]), prepared)
        yield as_volume(simulated, f"patient {seed} {index}"), simulated


def description(anatomy: str, count: int, seed: int) -> str:
    """The test set in words, as a model card prints it."""
    return (
        f"{count} simulated patients (seed {seed}) of label map {anatomy}, both hips, whole "
        "coronal fluid-sensitive series of random protocol, pose, lesions and artefacts"
    )


def measure(
    cases: Iterator[tuple[Volume, SimulatedSeries]], locator: Network, segmenter: Network
) -> list[PatientFigures]:
    """Analyse every case and compare it with its truth."""
    figures = []
    for volume, simulated in cases:
        try:
            analysis = analyze(request_analysis(volume), locator, segmenter)
        except NothingSuitable:
            analysis = None
        figures.append(_patient(volume, simulated, analysis))
        log.info("patient %d measured", len(figures))
    return figures


def summary(figures: Sequence[PatientFigures], test_set: str) -> tuple[Metric, ...]:
    """The figures a model card prints, each with its test set."""
    hips = [hip for patient in figures for hip in patient.hips]
    found = [hip.centre_mm for hip in hips if np.isfinite(hip.centre_mm)]
    values = {
        "heads found, share": len(found) / len(hips),
        "head centre error, median mm": float(np.median(found)) if found else float("nan"),
        "head centre error, largest mm": max(found, default=float("nan")),
    }
    for name in SegmentClass:
        scores = np.array([hip.dices[name] for hip in hips])
        values[f"{name.value} Dice, mean over hips"] = float(np.nanmean(scores))
    plain = np.array([hip.threshold_dice for hip in hips])
    if np.isfinite(plain).any():
        rule = f"for comparison: bme Dice of a threshold at {THRESHOLD} x marrow in the bones found"
        values[rule] = float(np.nanmean(plain))
    for key in ("u_intensity", "u_area"):
        pairs = np.array([getattr(patient, key) for patient in figures])
        pairs = pairs[np.isfinite(pairs).all(axis=1)]
        values[f"{key} of a patient, ICC(2,1)"] = icc_2_1(pairs)
    healthy = [hip.bme_ml[0] for hip in hips if hip.bme_ml[1] == 0]
    if healthy:
        values["false bme in hips without, median mL"] = float(np.median(healthy))
    return tuple(Metric(name=n, value=round(v, 4), test_set=test_set) for n, v in values.items())


def _patient(
    volume: Volume, simulated: SimulatedSeries, analysis: Analysis | None
) -> PatientFigures:
    """Compare one analysis with the truth."""
    truths = {side: true_segmentation(simulated, side) for side in Side}
    scores = {side: score_hip(volume, truths[side]) for side in Side}
    results = {side: None if analysis is None else analysis.hip(side) for side in Side}
    hips = tuple(_hip(volume, simulated, results[side], side) for side in Side)
    perfect = patient_total(
        [
            HipResult(side, analysis.hip(side).head, truths[side], scores[side])
            for side in Side
            if analysis is not None
        ]
    )
    total = None if analysis is None else analysis.total

    def pair(key: str) -> tuple[float, float]:
        return _number(getattr(total, key, None)), _number(getattr(perfect, key))

    return PatientFigures(hips, pair("u_intensity"), pair("u_area"))


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _hip(
    volume: Volume, simulated: SimulatedSeries, result: HipResult | None, side: Side
) -> HipFigures:
    """Compare one hip with the truth."""
    shape = volume.series.shape
    millilitre = float(np.prod(volume.series.spacing_mm)) / 1000.0
    truth = simulated.hips[side]
    centre, masks = float("nan"), {}
    if result is not None and result.head.centre_lps_mm is not None:
        offset = np.subtract(result.head.centre_lps_mm, truth.centre_lps_mm)
        centre = float(np.linalg.norm(offset))
    if result is not None and result.segmentation is not None:
        masks = {name: result.segmentation.full(name, shape) for name in SegmentClass}
    dices, volumes = {}, {}
    for name in SegmentClass:
        true = simulated.truth[side, name]
        mask = masks.get(name, np.zeros(shape, dtype=np.bool_))
        volumes[name] = (float(mask.sum()) * millilitre, float(true.sum()) * millilitre)
        enough = volumes[name][1] > LESION_ML
        near = _near(name, mask, true)
        dices[name] = dice(mask & near, true & near) if enough else float("nan")
    plain = float("nan")
    if masks and volumes[SegmentClass.BME][1] > LESION_ML:
        plain = dice(_bright_bone(volume, masks), simulated.truth[side, SegmentClass.BME])
    return HipFigures(
        centre, dices, volumes[SegmentClass.BME], volumes[SegmentClass.EFFUSION_SYNOVITIS], plain
    )


def _bright_bone(volume: Volume, masks: dict[SegmentClass, BoolArray]) -> BoolArray:
    """Bone brighter than `THRESHOLD` times the median of the femur found."""
    femur = masks[SegmentClass.PROXIMAL_FEMUR]
    level = THRESHOLD * float(np.median(volume.voxels[femur])) if femur.any() else np.inf
    bone = femur | masks[SegmentClass.ACETABULUM]
    return np.asarray(bone & (volume.voxels > level))


def _near(name: SegmentClass, mask: BoolArray, true: BoolArray) -> BoolArray:
    """Where the comparison is made: bones only inside the hip's field, the rest everywhere.

    A crop ends in the shaft and in the ilium; bone beyond it is not asked for.
    """
    near = np.ones(true.shape, dtype=np.bool_)
    if name not in (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM) or not mask.any():
        return near
    inside = [np.flatnonzero(mask.any(axis=tuple(set(range(3)) - {axis}))) for axis in range(3)]
    near[:] = False
    near[tuple(slice(hits[0], hits[-1] + 1) for hits in inside)] = True
    return near

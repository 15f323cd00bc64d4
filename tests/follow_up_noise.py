"""Simulated patients scanned again and again, unchanged or with a lesion truly grown.

A patient keeps body, disease, tissue and scanner; every scan has its own noise,
coil shading, place on the table, turn of the hips, bladder and slice phase.
"""

from __future__ import annotations

import copyreg
import hashlib
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hipdesk.geometry import as_point
from hipdesk.matching import placed
from hipdesk.phantom import procedural
from hipdesk.phantom.anatomy import CANONICAL_AXES, label_map_names, load_label_map
from hipdesk.phantom.artefacts import Scanner, random_scanner
from hipdesk.phantom.deformation import patient_hips
from hipdesk.phantom.lesions import HipLesions, Oedema, random_lesions
from hipdesk.phantom.prepared import PreparedAnatomy, prepare
from hipdesk.phantom.render import SliceGrid, Subject, render
from hipdesk.phantom.samples import (
    SeriesPlan,
    centred_affine,
    random_subject,
    simulate_series,
)
from hipdesk.phantom.signal import PAPER_STIR, TissueSignals, tissue_signals
from hipdesk.phantom.volumes import as_volume
from hipdesk.pipeline import analyze, request_analysis
from hipdesk.ports import Network
from hipdesk.records import LESIONS, Analysis, Point, SegmentClass, Side, Visit, VisitHip
from hipdesk.review import Take
from hipdesk.scoring import SMALL_HEAD_DIVISOR, slice_term
from hipdesk.sdc import masks_sha256

SPACING_MM = 4.8
PLAN = SeriesPlan(
    PAPER_STIR,
    rows=224,
    columns=320,
    pixel_mm=0.9375,
    slices=17,
    spacing_mm=SPACING_MM,
    thickness_mm=4.0,
    samples=(1, 4),
)


def _fixed(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def _reduced(mapping: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _fixed, (dict(mapping),)


copyreg.pickle(MappingProxyType, _reduced)


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """One simulated patient and the scanner that follows him."""

    name: str
    seed: int
    subject: Subject
    signals: TissueSignals
    scanner: Scanner
    tilt_deg: Point


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What the program makes of one scan."""

    visit: Visit
    takes: Mapping[Side, Take]


def followed_patients(seed: int, maps: Path | None) -> Iterator[Followed]:
    """Two invented bodies, and each label map of a folder, all with disease of one hip at least."""
    sexes: tuple[procedural.Sex, ...] = ("F", "M")
    for number, sex in enumerate(sexes):
        body = procedural.build(np.random.default_rng([seed, number]), sex)
        yield _followed(f"invented {sex}", seed + number, prepare(body))
    if maps is not None:
        for number, name in enumerate(label_map_names(maps), start=2):
            yield _followed(name, seed + number, prepare(load_label_map(maps, name)))


def _followed(name: str, seed: int, prepared: PreparedAnatomy) -> Followed:
    rng = np.random.default_rng([seed, 1])
    hip = prepared.anatomy.hips[Side.RIGHT]
    plain = random_subject(rng, prepared)
    ill = {**plain.lesions, Side.RIGHT: random_lesions(rng, hip, Side.RIGHT, healthy=0.0)}
    scanner = replace(
        random_scanner(rng), ghost=0.0, motion_px=0.0, fat_left=0.0, wrap=0.0, interleave=1.0
    )
    tilt = as_point(rng.normal(0, 1, 3) * (6, 2, 4))
    signals = tissue_signals(rng, PAPER_STIR)
    subject = replace(plain, lesions=ill, implants=())
    return Followed(name, seed, subject, signals, scanner, tilt)


class Clinic:
    """Scans patients and analyses the scans, once each where a folder keeps what was found."""

    def __init__(self, locator: Network, segmenter: Network, kept: Path | None) -> None:
        self._locator, self._segmenter, self._kept = locator, segmenter, kept
        self._models = locator.reference.sha256 + segmenter.reference.sha256

    def scan(
        self, patient: Followed, occasion: Sequence[int], lesions: Mapping[Side, HipLesions]
    ) -> Scan:
        """One scan on one occasion; the same numbers give the same scan."""
        if self._kept is None:
            return self._scan(patient, occasion, lesions)
        sizes = [(p.radius_mm, p.contrast) for side in Side for p in lesions[side].oedema]
        fluid = [lesions[side].fluid_ml for side in Side]
        name = repr((self._models, patient.name, patient.seed, *occasion, sizes, fluid))
        path = self._kept / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.pickle"
        if not path.is_file():
            aside = path.with_suffix(f".{os.getpid()}")
            aside.write_bytes(pickle.dumps(self._scan(patient, occasion, lesions)))
            aside.replace(path)
        found = pickle.loads(path.read_bytes())
        assert isinstance(found, Scan)
        return found

    def _scan(
        self, patient: Followed, occasion: Sequence[int], lesions: Mapping[Side, HipLesions]
    ) -> Scan:
        rng = np.random.default_rng([patient.seed, 2, *occasion])
        made = simulate_series(
            rng,
            replace(_positioned(rng, patient.subject), lesions=lesions),
            _planned(rng, patient),
            patient.signals,
            _today(rng, patient.scanner),
        )
        volume = as_volume(made, "-".join([patient.name, *map(str, occasion)]))
        analysis = analyze(request_analysis(volume), self._locator, self._segmenter)
        visit = _as_visit(analysis)
        takes = {
            hip.side: Take(own, volume.pixel_sha256, masks_sha256(hip.segmentation))
            for hip in analysis.hips
            if hip.segmentation is not None and (own := visit.hip(hip.side)) is not None
        }
        return Scan(visit, takes)


def _as_visit(analysis: Analysis) -> Visit:
    """The analysis alone, its slices placed."""
    series = analysis.series
    hips = tuple(
        placed(
            VisitHip(
                side=hip.side,
                analysis_uid=analysis.uid,
                series_uid=series.uid,
                score=hip.score,
                models=analysis.models,
                compute=analysis.compute,
                contrast=series.contrast,
                spacing_mm=series.spacing_mm,
                acquisition=series.acquisition,
                definition=analysis.definition,
                origin=analysis.origin_of(hip.side),
            ),
            series.affine,
            hip.head,
        )
        for hip in analysis.hips
        if hip.score is not None
    )
    return Visit(analysis.uid, series.study.date, hips)


def _positioned(rng: np.random.Generator, subject: Subject) -> Subject:
    """The patient put on the table anew."""
    pose = subject.pose
    turn = Rotation.from_euler("xyz", rng.normal(0, 1.2, 3), degrees=True).as_matrix()
    moved = replace(
        pose,
        linear=turn @ pose.linear,
        shift_mm=pose.shift_mm + rng.normal(0, 3.0, 3),
        hip_turn_deg={
            side: as_point(np.asarray(pose.hip_turn_deg[side]) + rng.normal(0, 1.5, 3))
            for side in Side
        },
    )
    return replace(subject, pose=moved, bladder=subject.bladder * float(np.exp(rng.normal(0, 0.1))))


def _planned(rng: np.random.Generator, patient: Followed) -> SeriesPlan:
    """Slices planned anew: their phase is anywhere."""
    phase = rng.uniform(-0.5, 0.5) * SPACING_MM
    return replace(
        PLAN,
        centre_mm=(float(rng.normal(0, 2)), float(phase), float(rng.normal(-8, 2))),
        tilt_deg=as_point(np.asarray(patient.tilt_deg) + rng.normal(0, 1.0, 3)),
    )


def _today(rng: np.random.Generator, scanner: Scanner) -> Scanner:
    shading = np.asarray(scanner.shading) + rng.normal(0, 0.04, 3)
    return replace(scanner, shading=as_point(shading))


class Growth(StrEnum):
    """What grows."""

    PATCH = "oedema grows"
    NEW = "new oedema"
    FLUID = "effusion grows"


AMOUNTS: Mapping[Growth, tuple[float, ...]] = {
    Growth.PATCH: (0.0, 0.3, 0.7, 1.5, 3.0, 6.0, 12.0),
    Growth.NEW: (0.0, 0.1, 0.3, 0.7, 1.5, 3.0, 6.0),
    Growth.FLUID: (0.0, 1.0, 2.5, 5.0, 9.0, 15.0, 24.0),
}
"""By which a patch's volume grows; the volume of a new one relative to a usual one; mL."""


def grown(lesions: HipLesions, growth: Growth, amount: float, new: Oedema) -> HipLesions:
    """The same hip with one lesion larger; all else stays."""
    if amount == 0.0:
        return lesions
    match growth:
        case Growth.FLUID:
            return replace(lesions, fluid_ml=lesions.fluid_ml + amount)
        case Growth.NEW:
            return replace(lesions, oedema=(*lesions.oedema, _swollen(new, amount)))
        case Growth.PATCH:
            largest = max(lesions.oedema, key=lambda patch: float(np.prod(patch.radius_mm)))
            others = (patch for patch in lesions.oedema if patch is not largest)
            return replace(lesions, oedema=(*others, _swollen(largest, 1.0 + amount)))


def _swollen(patch: Oedema, volume: float) -> Oedema:
    return replace(patch, radius_mm=as_point(np.asarray(patch.radius_mm) * volume ** (1 / 3)))


@dataclass(frozen=True, slots=True, eq=False)
class GrowthCurve:
    """True change of a hip's U/n by what grows, and how much of it gives a wanted change."""

    new: Oedema
    changes: Mapping[Growth, NDArray[np.float64]]

    def amount(self, growth: Growth, change: float) -> float | None:
        """How much of a growth changes the score so; None where it cannot."""
        changes = self.changes.get(growth)
        if changes is None or not changes[0] <= change <= changes[-1]:
            return None
        return float(np.interp(change, changes, AMOUNTS[growth]))


def growth_curve(patient: Followed, side: Side) -> GrowthCurve:
    """Measure the true change of one hip for each growth."""
    rng = np.random.default_rng([patient.seed, 3, side is Side.LEFT])
    hip, lesions = patient.subject.prepared.anatomy.hips[side], patient.subject.lesions[side]
    patches: tuple[Oedema, ...] = ()
    while not patches:
        patches = random_lesions(rng, hip, side, healthy=0.0).oedema
    start = true_score(patient, side, lesions)
    kinds = [kind for kind in Growth if kind is not Growth.PATCH or lesions.oedema]
    changes = {
        kind: np.maximum.accumulate(
            [
                true_score(patient, side, grown(lesions, kind, amount, patches[0])) - start
                for amount in AMOUNTS[kind]
            ]
        )
        for kind in kinds
    }
    return GrowthCurve(patches[0], changes)


def true_score(patient: Followed, side: Side, lesions: HipLesions) -> float:
    """U/n of one hip by true outlines, without noise or shading, over all slice phases."""
    subject = replace(patient.subject, lesions={**patient.subject.lesions, side: lesions})
    hip = patient_hips(subject.prepared.anatomy, subject.pose)[side]
    tilt = Rotation.from_euler("xyz", patient.tilt_deg, degrees=True).as_matrix()
    shape, steps = (28, 88, 100), (2.0, 1.25, 1.25)
    affine = centred_affine(tilt @ CANONICAL_AXES, steps, shape, np.asarray(hip.centre_lps_mm))
    grid = SliceGrid(affine, shape, PLAN.thickness_mm, 1, 4)
    seen = render(np.random.default_rng(0), subject, grid, patient.signals, (side,))
    heads = seen.truth[side, SegmentClass.FEMORAL_HEAD]
    lesion = np.logical_or(*(seen.truth[side, name] for name in LESIONS))
    areas = np.count_nonzero(heads, axis=(1, 2))
    counted = np.flatnonzero(SMALL_HEAD_DIVISOR * areas >= areas.max())
    terms = [slice_term(seen.signal[k], heads[k], lesion[k])[0] for k in counted]
    return float(np.mean([term for term in terms if term is not None]))

"""Simulated examples: whole series, stacks of one hip, stacks of a whole pelvis.

Everything is drawn from one random generator, so a seed gives the same example
on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from hipdesk.crop import (
    HEAD_COLUMN,
    HEAD_ROW,
    HIP_COLUMNS,
    HIP_ROWS,
    HIP_SPACING_MM,
    REACH_MM,
)
from hipdesk.geometry import spacing_of, to_lps
from hipdesk.grids import LOCATOR_COLUMNS, LOCATOR_ROWS, LOCATOR_SPACING_MM
from hipdesk.phantom.anatomy import CANONICAL_AXES, HipGeometry
from hipdesk.phantom.artefacts import Scanner, acquire, random_scanner
from hipdesk.phantom.deformation import Pose, patient_hips, random_pose
from hipdesk.phantom.knee import APART_MM, build_knees
from hipdesk.phantom.lesions import HipLesions, no_lesions, random_lesions
from hipdesk.phantom.mimics import Implant, hip_replacement, random_metal
from hipdesk.phantom.prepared import PreparedAnatomy, prepare
from hipdesk.phantom.render import Rendering, SliceGrid, Subject, random_textures, render
from hipdesk.phantom.shape_model import random_shape
from hipdesk.phantom.signal import (
    PAPER_STIR,
    T1_TSE,
    T2_FS,
    Protocol,
    TissueSignals,
    free_signals,
    measured_stir_signals,
    tissue_signals,
    varied_stir_signals,
)
from hipdesk.records import Affine, BoolArray, FloatArray, SegmentClass, Side

HIP_CLASSES: Final = tuple(SegmentClass)
"""Bit order of `HipStack.labels`."""

PELVIS_CLASSES: Final = ("head_right", "head_left", "femur")
"""Bit order of `PelvisStack.labels`."""

VARIED_SHARE: Final = 0.3
"""Hips whose contrast is drawn at random instead of from physics or measurement."""

SHAPE_SHARE: Final = 0.7
"""Patients of a label map that get the bones of a shape model drawn beside it."""

REPLACED_SHARE: Final = 0.015
METAL_SHARE: Final = 0.05
KNEE_SHARE: Final = 0.05
"""Stacks for the locator that show knees."""

FAR_MM: Final = 170.0
"""From the hips to the middle of a field that shows them at its edge, if at all."""

AWAY_MM: Final = 240.0
"""From the hips to the middle of a field that shows none."""


@dataclass(frozen=True, slots=True, eq=False)
class HipStack:
    """One hip on the segmenter's grid, a left one mirrored to look like a right one.

    Attributes
    ----------
    signal : float32 (slices, 128, 160)
    labels : uint8, bit i set where class i of `HIP_CLASSES` is
    marrow_median : median signal of the proximal femur
    spacing_mm : (between slices, between rows, between columns)
    replaced : the hip is a prosthesis: nothing is labelled
    """

    signal: FloatArray
    labels: NDArray[np.uint8]
    marrow_median: float
    spacing_mm: tuple[float, float, float] = (4.0, HIP_SPACING_MM, HIP_SPACING_MM)
    replaced: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PelvisStack:
    """Coronal slices on the locator's grid.

    Attributes
    ----------
    signal : float32 (slices, 192, 192)
    labels : uint8, bit i set where class i of `PELVIS_CLASSES` is
    affine : 4 x 4 to LPS mm
    """

    signal: FloatArray
    labels: NDArray[np.uint8]
    affine: Affine


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """Field of view and slices of a whole coronal series.

    Attributes
    ----------
    centre_mm : offset of the stack's centre from the midpoint of the heads
    tilt_deg : rotation of the stack about x, y, z
    """

    protocol: Protocol = PAPER_STIR
    rows: int = 384
    columns: int = 384
    pixel_mm: float = 1.0
    slices: int = 24
    spacing_mm: float = 4.8
    thickness_mm: float = 4.0
    centre_mm: tuple[float, float, float] = (0.0, 8.0, -10.0)
    tilt_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    axes: tuple[int, int, int] = (0, 1, 2)
    samples: tuple[int, int] = (2, 3)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSeries:
    """A simulated acquisition with its truth.

    Attributes
    ----------
    voxels : float32 (slices, rows, columns), stored values (0-4095)
    affine : 4 x 4 to LPS mm
    truth : (side, class) to bool arrays of the same shape; empty masks for a
        hip that is a prosthesis
    hips : true head centres and radii
    replaced : hips that are prostheses, and must be refused
    """

    voxels: FloatArray
    affine: Affine
    thickness_mm: float
    protocol: Protocol
    truth: Mapping[tuple[Side, SegmentClass], BoolArray]
    hips: Mapping[Side, HipGeometry] = field(repr=False)
    replaced: frozenset[Side] = frozenset()


def random_subject(
    rng: np.random.Generator,
    prepared: PreparedAnatomy,
    strength: float = 1.0,
    replaced: float = 0.0,
) -> Subject:
    """A patient with a pose, lesions in each hip and textures of its own.

    Parameters
    ----------
    replaced : how often each hip is a prosthesis
    """
    lesions = {side: random_lesions(rng, prepared.anatomy.hips[side], side) for side in Side}
    pose = random_pose(rng, strength)
    shapes = prepared.anatomy.shapes
    if shapes is not None and rng.random() < SHAPE_SHARE:
        pose = replace(pose, shape=random_shape(rng, shapes))
    subject = make_subject(rng, prepared, lesions, pose)
    return replace(
        subject,
        implants=tuple(_random_implants(rng, prepared, replaced)),
        bladder=float(np.exp(np.clip(rng.normal(0.0, 0.25), -0.5, 0.3))),
        cortex=float(rng.uniform(0.55, 1.35)),
    )


def _random_implants(
    rng: np.random.Generator, prepared: PreparedAnatomy, replaced: float
) -> Iterator[Implant]:
    """Prostheses, and now and then metal beside a hip."""
    for side, hip in prepared.anatomy.hips.items():
        if rng.random() < replaced:
            yield hip_replacement(rng, hip, side)
        elif rng.random() < METAL_SHARE:
            yield random_metal(rng, hip)


def make_subject(
    rng: np.random.Generator,
    prepared: PreparedAnatomy,
    lesions: Mapping[Side, HipLesions],
    pose: Pose,
) -> Subject:
    """A patient with given lesions and pose."""
    return Subject(prepared, pose, lesions, random_textures(rng))


def random_stir_signals(rng: np.random.Generator) -> TissueSignals:
    """Signals of a fluid-sensitive sequence: by the equations, by measured ratios, or any."""
    kind = rng.random()
    if kind < VARIED_SHARE:
        return varied_stir_signals(rng)
    if kind < 0.5 + VARIED_SHARE / 2:
        return measured_stir_signals(rng)
    field_t = float(rng.choice([1.5, 3.0]))
    centre_ti = 155.0 if field_t < 2 else 200.0
    protocol = replace(
        PAPER_STIR,
        tr_ms=float(rng.uniform(3000, 6000)),
        te_ms=float(rng.uniform(25, 75)),
        ti_ms=float(centre_ti + rng.normal(0, 14)),
        field_t=field_t,
    )
    if rng.random() < 0.2:
        protocol = replace(
            T2_FS, te_ms=float(rng.uniform(35, 85)), suppression_left=float(rng.uniform(0.05, 0.3))
        )
    return tissue_signals(rng, protocol, spread=0.18)


def random_pelvis_signals(rng: np.random.Generator) -> TissueSignals:
    """Signals of any coronal sequence: half fluid-sensitive, a third T1, the rest free."""
    kind = rng.random()
    if kind < 0.5:
        return random_stir_signals(rng)
    if kind < 0.82:
        protocol = replace(
            T1_TSE, tr_ms=float(rng.uniform(400, 800)), te_ms=float(rng.uniform(8, 20))
        )
        return tissue_signals(rng, protocol, spread=0.2)
    if kind < 0.92:
        protocol = Protocol(T2_FS.contrast, 4000.0, float(rng.uniform(20, 100)), None)
        return tissue_signals(rng, protocol, spread=0.25)
    return free_signals(rng)


def hip_stack(rng: np.random.Generator, anatomies: Sequence[PreparedAnatomy]) -> HipStack:
    """A random hip of a random patient, as the segmenter will see it."""
    prepared = anatomies[int(rng.integers(len(anatomies)))]
    subject = random_subject(rng, prepared, replaced=REPLACED_SHARE)
    side = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    hip = patient_hips(prepared.anatomy, subject.pose)[side]
    grid = _hip_grid(rng, hip, side)
    signals = random_stir_signals(rng)
    rendering = render(rng, subject, grid, signals, (side,))
    image = _acquired(rng, rendering, signals, random_scanner(rng))
    labels = np.zeros(image.shape, dtype=np.uint8)
    for bit, name in enumerate(HIP_CLASSES):
        labels |= rendering.truth[side, name].astype(np.uint8) << bit
    return HipStack(
        image,
        labels,
        _marrow_median(image, labels),
        spacing_of(grid.affine),
        side in subject.replaced,
    )


@cache
def _knees() -> PreparedAnatomy:
    """One invented pair of knees; poses make others of it."""
    return prepare(build_knees(np.random.default_rng(11)))


def _knee_stack(rng: np.random.Generator) -> PelvisStack:
    """Coronal slices through knees: femurs, and no head."""
    prepared = _knees()
    lesions = {side: no_lesions(rng) for side in Side}
    straight = dict.fromkeys(Side, (0.0, 0.0, 0.0))
    pose = replace(
        random_pose(rng), hip_turn_deg=straight, neck_bend_deg=straight, breadth=1.0, depth=1.0
    )
    subject = make_subject(rng, prepared, lesions, pose)
    centre = rng.normal(0, 1, 3) * (15, 12, 25)
    if rng.random() < 0.6:
        centre[0] += rng.choice([-1.0, 1.0]) * APART_MM
    grid = _coronal_grid(rng, centre, rng.normal(0, 1, 3) * (5, 4, 8))
    return _seen(rng, subject, grid, heads=False)


def pelvis_stack(rng: np.random.Generator, anatomies: Sequence[PreparedAnatomy]) -> PelvisStack:
    """Random coronal slices of a random patient: both hips, one, none in view, or knees."""
    if rng.random() < KNEE_SHARE:
        return _knee_stack(rng)
    prepared = anatomies[int(rng.integers(len(anatomies)))]
    subject = random_subject(rng, prepared, strength=1.4, replaced=2 * REPLACED_SHARE)
    hips = patient_hips(prepared.anatomy, subject.pose)
    return _seen(rng, subject, _pelvis_grid(rng, hips))


def hipless_stack(rng: np.random.Generator, anatomies: Sequence[PreparedAnatomy]) -> PelvisStack:
    """Random coronal slices of knees, thighs or an abdomen: no head."""
    if rng.random() < 0.5:
        return _knee_stack(rng)
    prepared = anatomies[int(rng.integers(len(anatomies)))]
    subject = random_subject(rng, prepared, strength=1.4)
    hips = patient_hips(prepared.anatomy, subject.pose)
    middle = np.mean([hip.centre_lps_mm for hip in hips.values()], axis=0)
    centre = middle + _along_body(rng, AWAY_MM)
    return _seen(rng, subject, _coronal_grid(rng, centre, rng.normal(0, 1, 3) * (5, 3, 3)))


def _seen(
    rng: np.random.Generator, subject: Subject, grid: SliceGrid, *, heads: bool = True
) -> PelvisStack:
    """Picture and labels of a patient in any contrast, in a field of view of any size."""
    hips = patient_hips(subject.prepared.anatomy, subject.pose)
    signals = random_pelvis_signals(rng)
    rendering = render(rng, subject, grid, signals)
    image = _acquired(rng, rendering, signals, random_scanner(rng))
    window = _random_window(rng)
    points = to_lps(grid.affine, np.moveaxis(np.indices(grid.shape), 0, -1))
    labels = np.zeros(image.shape, dtype=np.uint8)
    for bit, side in enumerate(Side):
        hip = hips[side]
        distance = np.linalg.norm(points - hip.centre_lps_mm, axis=-1)
        there = heads and side not in subject.replaced
        labels |= ((distance <= hip.radius_mm) & there).astype(np.uint8) << bit
        labels |= rendering.truth[side, SegmentClass.PROXIMAL_FEMUR].astype(np.uint8) << 2
    return PelvisStack(image * window, labels * window.astype(np.uint8), grid.affine)


def simulate_series(
    rng: np.random.Generator,
    subject: Subject,
    plan: SeriesPlan,
    signals: TissueSignals | None = None,
    scanner: Scanner | None = None,
) -> SimulatedSeries:
    """A whole series of one patient with stored values and truth."""
    hips = patient_hips(subject.prepared.anatomy, subject.pose)
    grid = series_grid(plan, hips)
    signals = tissue_signals(rng, plan.protocol) if signals is None else signals
    scanner = random_scanner(rng) if scanner is None else scanner
    rendering = render(rng, subject, grid, signals)
    image = _acquired(rng, rendering, signals, scanner)
    stored = np.clip(image / np.percentile(image, 99.9) * 1800, 0, 4095)
    return SimulatedSeries(
        np.rint(stored).astype(np.float32),
        grid.affine,
        plan.thickness_mm,
        plan.protocol,
        rendering.truth,
        hips,
        subject.replaced,
    )


def series_grid(plan: SeriesPlan, hips: Mapping[Side, HipGeometry]) -> SliceGrid:
    """The slices of a plan, placed on a patient; ``plan.axes`` picks the plane.

    Axes (0, 1, 2) stack front to back (coronal), (1, 0, 2) gives axial slices
    and (2, 1, 0) sagittal ones.
    """
    middle = np.mean([hip.centre_lps_mm for hip in hips.values()], axis=0)
    tilt = Rotation.from_euler("xyz", plan.tilt_deg, degrees=True).as_matrix()
    shape = (plan.slices, plan.rows, plan.columns)
    steps = (plan.spacing_mm, plan.pixel_mm, plan.pixel_mm)
    axes = tilt @ CANONICAL_AXES[:, list(plan.axes)]
    affine = centred_affine(axes, steps, shape, middle + plan.centre_mm)
    return SliceGrid(affine, shape, plan.thickness_mm, *plan.samples)


def centred_affine(
    axes: NDArray[np.float64],
    steps_mm: Sequence[float],
    shape: Sequence[int],
    centre_lps_mm: NDArray[np.float64],
) -> Affine:
    """Affine of a grid whose middle lies at a point.

    Parameters
    ----------
    axes : 3 x 3, columns are the LPS directions of slice, row and column
    """
    affine = np.eye(4)
    affine[:3, :3] = axes * np.asarray(steps_mm)
    affine[:3, 3] = centre_lps_mm - affine[:3, :3] @ ((np.asarray(shape) - 1) / 2)
    return affine


def _acquired(
    rng: np.random.Generator, rendering: Rendering, signals: TissueSignals, scanner: Scanner
) -> FloatArray:
    """The rendering through the scanner."""
    fat = rendering.fat * np.float32(signals.fat)
    fatty = rendering.fat + np.float32(0.7) * rendering.marrow
    return acquire(rng, rendering.signal, rendering.body_depth, fat, signals.marrow, scanner, fatty)


def _hip_grid(rng: np.random.Generator, hip: HipGeometry, side: Side) -> SliceGrid:
    """A crop around a head, found a few millimetres off, slices slightly tilted."""
    spacing = float(rng.uniform(3.3, 6.0))
    thickness = float(rng.uniform(0.75, 1.0) * spacing)
    slices = 2 * int(REACH_MM / spacing) + 1
    tilt = _random_tilt(rng)
    mirror = np.diag([1.0, 1.0, -1.0 if side is Side.LEFT else 1.0])
    axes = tilt @ CANONICAL_AXES @ mirror
    affine = np.eye(4)
    affine[:3, :3] = axes * (spacing, HIP_SPACING_MM, HIP_SPACING_MM)
    phase = (slices - 1) / 2 + rng.uniform(-0.5, 0.5)
    found = np.asarray(hip.centre_lps_mm) + rng.normal(0, 1.6, 3)
    affine[:3, 3] = found - affine[:3, :3] @ (phase, HEAD_ROW, HEAD_COLUMN)
    return SliceGrid(affine, (slices, HIP_ROWS, HIP_COLUMNS), thickness, 2, 3)


def _random_tilt(rng: np.random.Generator) -> NDArray[np.float64]:
    """Slices as planned by hand; some along the neck, up to about 20 degrees off."""
    angles = np.clip(rng.normal(0, 1, 3) * (5, 3, 5), -20, 20)
    if rng.random() < 0.2:
        angles += (rng.uniform(-14, 14), 0, rng.uniform(-18, 18))
    turn: NDArray[np.float64] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    return turn


def _pelvis_grid(rng: np.random.Generator, hips: Mapping[Side, HipGeometry]) -> SliceGrid:
    """Slices somewhere in the pelvis, most of them through the heads."""
    middle = np.mean([hip.centre_lps_mm for hip in hips.values()], axis=0)
    centre = middle + rng.normal(0, 1, 3) * (12, 10, 28)
    view = rng.random()
    if view < 0.22:
        side = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
        centre = np.asarray(hips[side].centre_lps_mm) + rng.normal(0, 14, 3)
        centre[0] += rng.choice([-1.0, 1.0]) * rng.uniform(0, 40)
    elif view < 0.28:
        return _sacroiliac_grid(rng, middle)
    elif view < 0.40:
        centre = middle + _along_body(rng, FAR_MM)
    return _coronal_grid(rng, centre, rng.normal(0, 1, 3) * (8, 4, 4))


def _along_body(rng: np.random.Generator, distance_mm: float) -> NDArray[np.float64]:
    """From the hips to the abdomen or the thighs."""
    return np.array([rng.normal(0, 40), rng.normal(0, 40), rng.choice([-1, 1]) * distance_mm])


def _coronal_grid(
    rng: np.random.Generator, centre: NDArray[np.float64], angles_deg: NDArray[np.float64]
) -> SliceGrid:
    """A few slices on the locator's grid."""
    tilt = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    spacing = float(rng.uniform(6.0, 11.0))
    shape = (9, LOCATOR_ROWS, LOCATOR_COLUMNS)
    steps = (spacing, LOCATOR_SPACING_MM, LOCATOR_SPACING_MM)
    affine = centred_affine(tilt @ CANONICAL_AXES, steps, shape, centre)
    return SliceGrid(affine, shape, float(rng.uniform(3.0, 6.0)), 2, 2)


def _sacroiliac_grid(rng: np.random.Generator, middle: NDArray[np.float64]) -> SliceGrid:
    """Oblique slices along the sacrum, where heads lie at most in a corner."""
    away = np.array([rng.normal(0, 6), rng.uniform(40, 75), rng.uniform(55, 100)])
    angles = (rng.uniform(10, 45), *rng.normal(0, 3, 2))
    tilt = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    shape = (9, LOCATOR_ROWS, LOCATOR_COLUMNS)
    steps = (float(rng.uniform(3.5, 6.0)), LOCATOR_SPACING_MM, LOCATOR_SPACING_MM)
    affine = centred_affine(tilt @ CANONICAL_AXES, steps, shape, middle + away)
    return SliceGrid(affine, shape, float(rng.uniform(3.0, 4.5)), 2, 2)


def _random_window(rng: np.random.Generator) -> FloatArray:
    """1 inside the acquired field of view, 0 in the border around a smaller one."""
    window = np.zeros((LOCATOR_ROWS, LOCATOR_COLUMNS), dtype=np.float32)
    if rng.random() < 0.55:
        window[:] = 1
        return window
    rows, columns = rng.integers(90, LOCATOR_ROWS + 1, 2)
    if rng.random() < 0.6:
        columns = rows
    top = (LOCATOR_ROWS - rows) // 2
    left = (LOCATOR_COLUMNS - columns) // 2
    window[top : top + rows, left : left + columns] = 1
    return window


def _marrow_median(image: FloatArray, labels: NDArray[np.uint8]) -> float:
    """Median signal of the eroded proximal femur."""
    femur = (labels & (1 << HIP_CLASSES.index(SegmentClass.PROXIMAL_FEMUR))) > 0
    core = ndimage.binary_erosion(femur, np.ones((1, 5, 5), dtype=bool))
    values = image[core if core.any() else femur]
    return float(np.median(values)) if values.size else float(np.median(image))

"""The same simulated body scanned twice, with a known motion between the scans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from hipdesk.alignment import Alignment, HipScan
from hipdesk.bone_surface import inverse, moved, rigid
from hipdesk.crop import hip_grid
from hipdesk.geometry import as_point, to_lps
from hipdesk.grids import covered_box
from hipdesk.phantom.anatomy import FEMUR, HIP_BONE
from hipdesk.phantom.deformation import patient_hips
from hipdesk.phantom.prepared import PreparedAnatomy, prepare
from hipdesk.phantom.render import Subject
from hipdesk.phantom.samples import (
    SeriesPlan,
    SimulatedSeries,
    random_stir_signals,
    simulate_series,
)
from hipdesk.records import Affine, Head, Point, Segmentation, SegmentClass, Side
from tests.toy_anatomy import toy_anatomy

MOST_MM, MOST_DEG = 15.0, 12.0
LOCATOR_ERROR_MM = 1.5
"""Standard deviation along each axis by which a head is found beside its place."""


@dataclass(frozen=True)
class TwoScans:
    """Both scans of one hip and what lies between them.

    Attributes
    ----------
    later_to_earlier : the true motion, LPS mm
    heads : true head centres at the earlier and the later scan
    """

    side: Side
    earlier: SimulatedSeries
    later: SimulatedSeries
    later_to_earlier: Affine
    heads: tuple[Point, Point]


@cache
def stepped_body() -> PreparedAnatomy:
    """The toy body with shafts, trochanters and iliac wings: no bone looks alike when turned."""
    toy = toy_anatomy()
    points = to_lps(toy.affine, np.moveaxis(np.indices(toy.labels.shape), 0, -1))
    labels = toy.labels.copy()
    for side in Side:
        x = points[..., 0] * (-1.0 if side is Side.RIGHT else 1.0)
        y, z = points[..., 1], points[..., 2]
        shaft = (np.hypot(x - 84, y - 4) < 12) & (z < -8)
        greater = (x - 86) ** 2 + (y - 12) ** 2 + (z + 4) ** 2 < 11**2
        lesser = (x - 74) ** 2 + (y - 12) ** 2 + (z + 34) ** 2 < 9**2
        labels[shaft | greater | lesser] = FEMUR[side]
        wing = (np.abs(x - 52) < 16) & (np.abs(y + 4) < 8) & (z > 42)
        labels[wing] = HIP_BONE[side]
    return prepare(replace(toy, labels=labels))


def random_motion(rng: np.random.Generator, pivot: Point) -> Affine:
    """A turn of up to 12 degrees about a point that moves by up to 15 mm."""
    axis, way = rng.normal(size=(2, 3))
    turn = Rotation.from_rotvec(
        axis / np.linalg.norm(axis) * rng.uniform(0, MOST_DEG), degrees=True
    )
    shift = way / np.linalg.norm(way) * rng.uniform(0, MOST_MM)
    return rigid(turn.as_matrix(), pivot, np.asarray(pivot) + shift)


def scan_twice(
    rng: np.random.Generator,
    subject: Subject,
    side: Side,
    *,
    pixel_mm: float = 0.9,
    field_mm: float = 195.0,
    turned: Subject | None = None,
) -> TwoScans:
    """Scan a hip, move the body, scan it again with slices at another phase and tilt.

    The body stays where it is simulated and the slices are placed as the moved
    body would have them, so that the motion is exactly rigid.

    Parameters
    ----------
    turned : the body at the second scan, where more than its place differs
    """
    hip = patient_hips(subject.prepared.anatomy, subject.pose)
    head = hip[side].centre_lps_mm
    motion = random_motion(rng, head)
    spacing = float(rng.uniform(3.3, 5.2))
    size = int(field_mm / pixel_mm)
    plan = SeriesPlan(
        rows=size,
        columns=size,
        pixel_mm=pixel_mm,
        slices=int(95 / spacing),
        spacing_mm=spacing,
        thickness_mm=float(np.clip(rng.uniform(0.8, 1) * spacing, 3, 5)),
        samples=(1, 3),
    )
    outwards = -12.0 if side is Side.RIGHT else 12.0
    focus = np.add(head, (outwards, 4.0, -12.0))
    tilt = Rotation.from_euler("xyz", rng.normal(0, 3, 3), degrees=True)
    again = Rotation.from_euler("xyz", rng.normal(0, 1, 3), degrees=True) * tilt
    phase = rng.uniform(-0.5, 0.5) * spacing
    aside = np.add(focus, (rng.normal(0, 3), phase, rng.normal(0, 3)))
    back = inverse(motion)
    turn = Rotation.from_matrix(back[:3, :3])
    signals = random_stir_signals(rng)
    first = simulate_series(rng, subject, _placed(plan, subject, focus, tilt), signals)
    other = turned or subject
    moved_plan = _placed(plan, other, moved(back, aside), turn * again)
    second = simulate_series(rng, other, moved_plan, signals)
    second = replace(second, affine=motion @ second.affine)
    return TwoScans(side, first, second, back, (head, as_point(moved(motion, head))))


def _placed(
    plan: SeriesPlan, subject: Subject, centre_lps_mm: np.ndarray, tilt: Rotation
) -> SeriesPlan:
    hips = patient_hips(subject.prepared.anatomy, subject.pose)
    middle = np.mean([hip.centre_lps_mm for hip in hips.values()], axis=0)
    angles = tilt.as_euler("xyz", degrees=True)
    return replace(plan, centre_mm=as_point(centre_lps_mm - middle), tilt_deg=as_point(angles))


def true_scans(
    rng: np.random.Generator, scans: TwoScans, error_mm: float = LOCATOR_ERROR_MM
) -> tuple[HipScan, HipScan]:
    """Both scans with true masks inside the crop, and heads found a little beside their place."""
    earlier, later = (
        _true_scan(rng, series, scans.side, head, error_mm)
        for series, head in zip((scans.earlier, scans.later), scans.heads, strict=True)
    )
    return earlier, later


def _true_scan(
    rng: np.random.Generator, series: SimulatedSeries, side: Side, head: Point, error_mm: float
) -> HipScan:
    found = as_point(np.asarray(head) + rng.normal(0, error_mm, 3))
    shape = series.truth[side, SegmentClass.BME].shape
    crop, _ = hip_grid(series.affine, shape[0], Head(side, True, 1.0, found, 24.0))
    box = covered_box(crop, series.affine, (shape[0], shape[1], shape[2]))
    masks = {name: series.truth[side, name][box.index] for name in SegmentClass}
    return HipScan(series.voxels, series.affine, Segmentation(side, box, masks), found)


def errors(alignment: Alignment, scans: TwoScans) -> tuple[float, float, np.ndarray]:
    """Millimetres at the head within and across slices, degrees about x, y and z."""
    matrix, true = alignment.later_to_earlier, scans.later_to_earlier
    miss = moved(matrix, scans.heads[1]) - moved(true, scans.heads[1])
    affine = scans.earlier.affine
    normal = np.cross(affine[:3, 1], affine[:3, 2])
    normal = normal / np.linalg.norm(normal)
    across = float(miss @ normal)
    turn = Rotation.from_matrix(matrix[:3, :3] @ true[:3, :3].T).as_rotvec(degrees=True)
    return float(np.linalg.norm(miss - across * normal)), abs(across), np.abs(turn)

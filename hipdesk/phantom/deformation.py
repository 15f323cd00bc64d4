"""From one anatomy to many patients: pose, size, shape, and hips that turn in their sockets.

Every map runs backwards, from a point of the simulated patient to the point of
the anatomy that lies there, both in LPS mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hipdesk.geometry import as_point
from hipdesk.phantom.anatomy import Anatomy, HipGeometry
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.phantom.shape_model import ShapeWarp, displacement
from hipdesk.records import Point, Side


def _unbent() -> Mapping[Side, Point]:
    """Femurs as they are."""
    return MappingProxyType(dict.fromkeys(Side, (0.0, 0.0, 0.0)))


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """How one simulated patient differs from the anatomy.

    Attributes
    ----------
    linear, shift_mm : the whole body: ``anatomy = linear @ patient + shift``
    hip_turn_deg : rotation vector of each femur about its head centre, in degrees
    head_scale : size of each head with its socket
    warp : three smooth fields that bend everything
    warp_mm : standard deviation of the bend
    neck_bend_deg : rotation vector of each femur about its neck's root: another
        angle between neck and shaft, another version
    breadth, depth : how much thicker the body is beside the hips, and in front of
        and behind them; above 1 mostly more fat
    shape : another body's bones, from a shape model
    """

    linear: NDArray[np.float64]
    shift_mm: NDArray[np.float64]
    hip_turn_deg: Mapping[Side, Point]
    head_scale: Mapping[Side, float]
    warp: tuple[Noise, Noise, Noise]
    warp_mm: float
    neck_bend_deg: Mapping[Side, Point] = field(default_factory=_unbent)
    breadth: float = 1.0
    depth: float = 1.0
    shape: ShapeWarp | None = None


def random_pose(rng: np.random.Generator, strength: float = 1.0) -> Pose:
    """Draw a pose; ``strength`` 0 leaves the anatomy as it is."""
    angles = rng.normal(0, 1, 3) * (3.0, 2.0, 2.5) * strength
    scale = 1 + rng.normal(0, 1) * 0.05 * strength + rng.normal(0, 0.025 * strength, 3)
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    linear = rotation @ np.diag(1 / np.clip(scale, 0.85, 1.16))
    turns, heads = {}, {}
    for side in Side:
        outwards = -1 if side is Side.RIGHT else 1
        flexion = rng.normal(0, 4)
        abduction = np.clip(rng.normal(2, 3), -4, 9)
        torsion = rng.normal(0, 9)
        turn = np.array([flexion, outwards * abduction, outwards * torsion]) * strength
        turns[side] = (float(turn[0]), float(turn[1]), float(turn[2]))
        heads[side] = float(np.clip(1 + rng.normal(0, 0.04) * strength, 0.9, 1.1))
    warp = (random_noise(rng, 45.0), random_noise(rng, 45.0), random_noise(rng, 45.0))
    shift = rng.normal(0, 6, 3) * strength
    warp_mm = float(rng.uniform(0.5, 3.0)) * strength
    return _built(rng.spawn(1)[0], Pose(linear, shift, turns, heads, warp, warp_mm), strength)


def _built(rng: np.random.Generator, pose: Pose, strength: float) -> Pose:
    """The pose with necks, thickness and, now and then, far-turned hips of its own."""
    mild = min(strength, 1.0)
    bends = {side: as_point(rng.normal(0, 1, 3) * (1.5, 3.5, 4.0) * mild) for side in Side}
    breadth, depth = np.exp(np.clip(rng.normal(0.12, 0.3, 2), -0.35, 0.8) * mild)
    turns = dict(pose.hip_turn_deg)
    if rng.random() < 0.25 and strength >= 1.0:
        turns = {side: as_point(turns[side] + rng.normal(0, 1, 3) * (6, 2, 12)) for side in Side}
    return replace(
        pose,
        hip_turn_deg=turns,
        neck_bend_deg=bends,
        breadth=float(breadth),
        depth=float(depth),
    )


def patient_hips(anatomy: Anatomy, pose: Pose) -> Mapping[Side, HipGeometry]:
    """Where the hips are in the simulated patient, for planning a field of view and truth."""
    inverse = np.linalg.inv(pose.linear)
    size = float(np.cbrt(np.abs(np.linalg.det(inverse))))
    hips = {}
    for side, hip in anatomy.hips.items():
        target = np.asarray(hip.centre_lps_mm)
        guess = inverse @ (target - pose.shift_mm)
        for _ in range(12):
            miss = target - to_anatomy(anatomy, pose, guess[None])[0]
            guess = guess + inverse @ miss
        turn = Rotation.from_rotvec(np.deg2rad(pose.hip_turn_deg[side])).as_matrix()
        axis = inverse @ turn.T @ np.asarray(hip.neck_axis)
        axis = axis / np.linalg.norm(axis)
        hips[side] = HipGeometry(
            (float(guess[0]), float(guess[1]), float(guess[2])),
            hip.radius_mm * size * pose.head_scale[side],
            (float(axis[0]), float(axis[1]), float(axis[2])),
        )
    return hips


def to_anatomy(anatomy: Anatomy, pose: Pose, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Anatomy points (LPS mm) shown at patient points ``(..., 3)`` (LPS mm)."""
    bent = points.astype(np.float64)
    if pose.warp_mm:
        as_float32 = points.astype(np.float32)
        bend = [field.smooth_at(as_float32) for field in pose.warp]
        bent = bent + pose.warp_mm * np.stack(bend, axis=-1)
    placed = bent @ pose.linear.T + pose.shift_mm
    if pose.shape is not None:
        placed = _reshaped(placed, anatomy, pose.shape)
    placed = _slimmed(placed, anatomy, pose.breadth, pose.depth)
    for side, hip in anatomy.hips.items():
        placed = _swell(placed, hip, pose.head_scale[side])
        placed = _bend(placed, hip, pose.neck_bend_deg[side])
        placed = _turn(placed, hip, pose.hip_turn_deg[side])
    return np.asarray(placed)


def _smoothstep(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x))


def _swell(points: NDArray[np.float64], hip: HipGeometry, scale: float) -> NDArray[np.float64]:
    """Enlarge the head and its socket about the head centre, fading out over two radii."""
    offset = points - hip.centre_lps_mm
    distance = np.linalg.norm(offset, axis=-1) / hip.radius_mm
    weight = 1 - _smoothstep((distance - 1.2) / 1.6)
    return np.asarray(hip.centre_lps_mm + offset * (1 + (1 / scale - 1) * weight)[..., None])


def _reshaped(
    points: NDArray[np.float64], anatomy: Anatomy, shape: ShapeWarp
) -> NDArray[np.float64]:
    """Move each side of the body as the shape model says."""
    middle = float(np.mean([hip.centre_lps_mm[0] for hip in anatomy.hips.values()]))
    moved = points.copy()
    for side, hip in anatomy.hips.items():
        head = hip.centre_lps_mm, hip.radius_mm
        moved += displacement(shape, head, side, middle, points)
    return moved


def _slimmed(
    points: NDArray[np.float64], anatomy: Anatomy, breadth: float, depth: float
) -> NDArray[np.float64]:
    """Take back the extra thickness of the body beyond the hips' bones."""
    if breadth == depth == 1.0:
        return points
    hips = list(anatomy.hips.values())
    centres = np.array([hip.centre_lps_mm for hip in hips])
    radius = float(np.mean([hip.radius_mm for hip in hips]))
    middle = centres.mean(axis=0)
    reach = (np.ptp(centres[:, 0]) / 2 + 2.6 * radius, 2.4 * radius)
    slim = points.copy()
    for axis, (inner, factor) in enumerate(zip(reach, (breadth, depth), strict=True)):
        offset = points[..., axis] - middle[axis]
        beyond = np.maximum(np.abs(offset) - inner, 0.0)
        slim[..., axis] -= np.sign(offset) * beyond * (1 - 1 / factor)
    return np.asarray(slim)


def _bend(points: NDArray[np.float64], hip: HipGeometry, bend_deg: Point) -> NDArray[np.float64]:
    """Turn what lies beyond the neck about the neck's root; head and socket stay."""
    if not any(bend_deg):
        return points
    along = _along_neck(points, hip)
    root = np.asarray(hip.centre_lps_mm) + np.asarray(hip.neck_axis) * hip.radius_mm * 1.6
    weight = _smoothstep((along - 0.8) / 1.2)[..., None]
    return _rotated(points, root, np.deg2rad(bend_deg) * weight)


def _turn(points: NDArray[np.float64], hip: HipGeometry, turn_deg: Point) -> NDArray[np.float64]:
    """Turn the femur and the thigh about the head centre; the pelvis stays.

    The angle grows with the distance along the neck, so head and socket,
    spheres about the same centre, stay concentric.
    """
    centre = np.asarray(hip.centre_lps_mm)
    along = _along_neck(points, hip)
    weight = _smoothstep((along + 0.4) / 1.6)[..., None]
    return _rotated(points, centre, np.deg2rad(turn_deg) * weight)


def _along_neck(points: NDArray[np.float64], hip: HipGeometry) -> NDArray[np.float64]:
    """Distance along the neck in head radii; far from the head, rather a direction.

    Far away the same step spreads over more tissue, so that nothing folds.
    """
    offset = (points - hip.centre_lps_mm) / hip.radius_mm
    far = np.maximum(np.linalg.norm(offset, axis=-1) / 2.4, 1.0)
    return np.asarray(offset @ np.asarray(hip.neck_axis) / far)


def _rotated(
    points: NDArray[np.float64], pivot: NDArray[np.float64], vectors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Points turned about a pivot, each by its own rotation vector (Rodrigues)."""
    offset = points - pivot
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    axis = vectors / np.maximum(angle, 1e-12)
    cosine, sine = np.cos(angle), np.sin(angle)
    along = np.sum(axis * offset, axis=-1, keepdims=True) * (1 - cosine)
    return np.asarray(pivot + offset * cosine + np.cross(axis, offset) * sine + axis * along)

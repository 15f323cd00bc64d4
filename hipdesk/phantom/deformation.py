"""From one anatomy to many patients: pose, size, shape, and hips that turn in their sockets.

Every map runs backwards, from a point of the simulated patient to the point of
the anatomy that lies there, both in LPS mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hipdesk.phantom.anatomy import Anatomy, HipGeometry
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.records import Point, Side


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
    """

    linear: NDArray[np.float64]
    shift_mm: NDArray[np.float64]
    hip_turn_deg: Mapping[Side, Point]
    head_scale: Mapping[Side, float]
    warp: tuple[Noise, Noise, Noise]
    warp_mm: float


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
    return Pose(linear, shift, turns, heads, warp, float(rng.uniform(0.5, 3.0)) * strength)


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
    for side, hip in anatomy.hips.items():
        placed = _swell(placed, hip, pose.head_scale[side])
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


def _turn(points: NDArray[np.float64], hip: HipGeometry, turn_deg: Point) -> NDArray[np.float64]:
    """Turn the femur and the thigh about the head centre; the pelvis stays.

    The angle grows with the distance along the neck, so head and socket,
    spheres about the same centre, stay concentric.
    """
    offset = points - hip.centre_lps_mm
    along = offset @ np.asarray(hip.neck_axis) / hip.radius_mm
    weight = _smoothstep((along + 0.4) / 1.6)
    vectors = np.deg2rad(turn_deg) * weight[..., None]
    flat = vectors.reshape(-1, 3)
    turned = Rotation.from_rotvec(flat).apply(offset.reshape(-1, 3)).reshape(offset.shape)
    return np.asarray(turned + hip.centre_lps_mm)

"""A pair of knees, all from code: round bones with cartilage and fluid that are no hips.

Only for teaching a locator what not to find. The heads of the same femurs lie
outside the anatomy, 40 cm above.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import as_point
from hipdesk.phantom.anatomy import CANONICAL_AXES, Anatomy, HipGeometry, Structure
from hipdesk.records import Side, read_only

SHAPE: Final = (150, 260, 340)
HEAD_ABOVE_MM: Final = 400.0
APART_MM: Final = 85.0

Field = NDArray[np.float32]
Place = tuple[float, float, float]


def build_knees(rng: np.random.Generator) -> Anatomy:
    """Both knees on a 1 mm canonical coronal grid, the joint line at z = 0."""
    affine = np.eye(4)
    affine[:3, :3] = CANONICAL_AXES
    affine[:3, 3] = -(CANONICAL_AXES @ ((np.asarray(SHAPE) - 1) / 2))
    y = (np.arange(SHAPE[0]) - (SHAPE[0] - 1) / 2).astype(np.float32)[:, None, None]
    z = ((SHAPE[1] - 1) / 2 - np.arange(SHAPE[1])).astype(np.float32)[:, None]
    labels = np.zeros(SHAPE, dtype=np.uint8)
    half = SHAPE[2] // 2
    u = (np.arange(half) + 0.5).astype(np.float32) - np.float32(APART_MM)
    size = float(rng.uniform(0.88, 1.12))
    for outwards, part in ((-1, labels[..., :half][..., ::-1]), (1, labels[..., half:])):
        varied = size * float(np.exp(rng.normal(0, 0.01)))
        _draw_leg(rng, part, u / varied, y / varied, z / varied, outwards)
    hips = {
        side: HipGeometry(as_point((out * 90.0, 0.0, HEAD_ABOVE_MM)), 24.0, (out * 0.7, 0.0, -0.7))
        for side, out in ((Side.RIGHT, -1), (Side.LEFT, 1))
    }
    return Anatomy("knees", read_only(labels), affine, MappingProxyType(hips))


def _draw_leg(
    rng: np.random.Generator, labels: NDArray[np.uint8], u: Field, y: Field, z: Field, outwards: int
) -> None:
    """One leg: u counts outwards from its axis, y to the back, z up."""
    wide = 52 + 0.1 * np.abs(z) + np.float32(rng.uniform(0, 12))
    skin = np.hypot(u, y * 0.95) - wide
    labels[skin < 0] = Structure.FAT
    labels[(skin < 0) & (skin > -2)] = Structure.SKIN
    first = Structure.MUSCLE + (0 if outwards < 0 else 8)
    for number, (mu, my, above, below) in enumerate(_MUSCLES):
        reach = np.where(z > 0, above, below) * np.clip(np.abs(z) / 90, 0, 1)
        belly = np.hypot(u - mu, y - my) < reach
        labels[np.broadcast_to(belly & (skin < -6), labels.shape)] = first + number
    femur = _bone(u, y, z, ((-24, 4, 22), (23, 4, 22)), shaft=14.5, up=True)
    tibia = _bone(u, y, z, ((-19, 2, -22), (19, 2, -22)), shaft=14.0, up=False)
    fibula = np.where(z < -18, np.hypot(u - 34, y - 18) - 6.5, 99.0)
    patella = _ball(u, y, z, (2, -34, 24), (20, 10, 21))
    near = (np.minimum(femur, tibia) < 4) & (np.abs(z) < 32)
    labels[near] = Structure.CAPSULE_RIGHT
    labels[(np.minimum(femur, tibia) < 2.2) & (np.abs(z) < 26)] = Structure.CARTILAGE
    wet = (np.minimum(femur, patella) < float(rng.uniform(2, 7))) & (y < -12) & (z > 0) & (z < 60)
    labels[wet] = Structure.BLADDER if rng.random() < 0.5 else Structure.FAT
    # The long bone of the thigh carries the femur's label here too.
    labels[femur < 0] = Structure.FEMUR_RIGHT if outwards < 0 else Structure.FEMUR_LEFT
    for bone in (tibia, fibula, patella):
        labels[np.broadcast_to(bone < 0, labels.shape)] = Structure.VERTEBRA
    vessel = np.hypot(u, y - 34) < 4.0
    labels[np.broadcast_to(vessel, labels.shape)] = Structure.VESSEL


def _bone(
    u: Field,
    y: Field,
    z: Field,
    ends: tuple[tuple[float, float, float], ...],
    shaft: float,
    up: bool,
) -> Field:
    """Distance to a long bone with two rounded condyles at the joint."""
    ahead = z if up else -z
    radius = shaft + 20 * np.exp(-np.clip(ahead - 18, 0, None) / 22)
    found = np.where(ahead > 16, np.hypot(u, y * 1.25) - radius, np.float32(99))
    for place in ends:
        half = (23, 28, 21) if up else (22, 26, 20)
        found = np.minimum(found, _ball(u, y, z, place, half))
    return np.asarray(found, dtype=np.float32)


def _ball(u: Field, y: Field, z: Field, place: Place, half: Place) -> Field:
    """About the distance to an egg."""
    level = np.sqrt(
        ((u - place[0]) / half[0]) ** 2
        + ((y - place[1]) / half[1]) ** 2
        + ((z - place[2]) / half[2]) ** 2
    )
    return np.asarray((level - 1) * min(half), dtype=np.float32)


_MUSCLES: Final = (
    # (outwards, back) of each belly's axis; its radius above and below the joint.
    (-26.0, -18.0, 22.0, 0.0),
    (26.0, -16.0, 24.0, 0.0),
    (0.0, -34.0, 17.0, 0.0),
    (-24.0, 28.0, 18.0, 24.0),
    (24.0, 28.0, 17.0, 22.0),
    (26.0, -14.0, 0.0, 16.0),
    (0.0, 20.0, 0.0, 18.0),
)

"""Bones of the procedural anatomy: femur, hip bone, sacrum and lowest vertebrae.

The femur and the socket are laid out in millimetres from the numbers of a
`HipPlan`. The rest of the pelvis is drawn for a reference with heads of 25 mm
radius 180 mm apart and scaled to the plan (`PelvisScale`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.phantom._shapes import (
    OUTSIDE,
    Field,
    Loft,
    Section,
    Tube,
    Vector,
    ball,
    ellipsoid,
    smooth_max,
    smooth_min,
)

REFERENCE_RADIUS_MM: Final = 25.0
REFERENCE_HIP_U_MM: Final = 90.0

FEMORAL_CARTILAGE_MM: Final = 1.3
JOINT_GAP_MM: Final = 1.1
ACETABULAR_CARTILAGE_MM: Final = 1.2
"""Together 3.6 mm from head to subchondral bone of the socket, a normal radiographic
joint space of 3-5 mm (Lequesne et al. 2004, doi 10.1136/ard.2003.018424)."""

_SOCKET_WALL_MM: Final = 7.5
_RIM_TAPER_MM: Final = 4.5
_NECK_CLEARANCE_MM: Final = 9.0


@dataclass(frozen=True, slots=True)
class HipPlan:
    """Measures of one hip.

    Attributes
    ----------
    centre : head centre (u, a, z) in mm
    neck_mm : head centre to the shaft's axis, along the neck
    edge_deg : lateral centre-edge angle
    version_deg : anteversion of the socket
    deficit_deg : by how much the socket falls short of a hemisphere, at its rim
    femoral_cartilage_mm : thickness on the head
    mantle_mm : joint space about the head's inner half, outside the socket too
    """

    centre: tuple[float, float, float]
    radius_mm: float
    neck_shaft_deg: float
    anteversion_deg: float
    neck_mm: float
    shaft_radius_mm: float
    valgus_deg: float
    edge_deg: float
    version_deg: float
    deficit_deg: float
    femoral_cartilage_mm: float = FEMORAL_CARTILAGE_MM
    mantle_mm: float = 0.0

    @property
    def clearance_mm(self) -> float:
        """Head to subchondral bone of the socket."""
        return self.femoral_cartilage_mm + JOINT_GAP_MM + ACETABULAR_CARTILAGE_MM


@dataclass(frozen=True, slots=True)
class PelvisScale:
    """Maps body positions to the reference that pelvis and muscles are drawn for."""

    across: float
    size: float
    centre_a: float
    centre_z: float

    def u(self, u: Field) -> Field:
        """Reference lateral position."""
        return u / np.float32(self.across)

    def a(self, a: Field) -> Field:
        """Reference anterior position."""
        return (a - np.float32(self.centre_a)) / np.float32(self.size)

    def z(self, z: float) -> float:
        """Reference height."""
        return (z - self.centre_z) / self.size


class Femur:
    """Proximal femur: ball, tapered oval neck, trochanters and shaft."""

    def __init__(self, plan: HipPlan) -> None:
        self.plan = plan
        self.centre = np.asarray(plan.centre)
        self._lay_axes()
        k = plan.radius_mm / REFERENCE_RADIUS_MM
        root = self.neck * plan.neck_mm
        self._tubes = (
            (self._shaft(root, k), 6.0),
            (self._tube(root, k, _GREATER_TROCHANTER), 9.0),
            (self._tube(root, k, _LESSER_TROCHANTER), 8.0),
            (self._tube(root, k, _CREST), 6.0),
        )

    def _lay_axes(self) -> None:
        """Directions of shaft and neck from neck-shaft angle and anteversion."""
        plan = self.plan
        lean, climb = np.deg2rad(plan.valgus_deg), np.deg2rad(180 - plan.neck_shaft_deg)
        turn = np.deg2rad(plan.anteversion_deg)
        self.shaft = _unit(np.array([-np.sin(lean), 0.06, -np.cos(lean)]))
        self.lateral = _unit(np.array([1.0, 0, 0]) - self.shaft * self.shaft[0])
        self.posterior = _unit(np.cross(self.lateral, self.shaft))
        self.posterior *= -np.sign(self.posterior[1])
        level = np.cos(turn) * self.lateral + np.sin(turn) * self.posterior
        self.neck: Vector = np.sin(climb) * level + np.cos(climb) * self.shaft
        self.below = _unit(self.shaft - self.neck * (self.shaft @ self.neck))
        self.beside = np.cross(self.neck, self.below)

    def _tube(self, root: Vector, k: float, table: NDArray[np.float64]) -> Tube:
        """A table of (lateral, posterior, down, radius) as a tube, head centre at 0."""
        frame = np.stack([self.lateral, self.posterior, self.shaft])
        return Tube(root + (table[:, :3] * k) @ frame, table[:, 3] * k)

    def _shaft(self, root: Vector, k: float) -> Tube:
        down = np.array([-4.0, 16, 42, 85, 260])
        r = self.plan.shaft_radius_mm
        radii = np.array([15.5 * k, 17 * k, max(15.5 * k, r), r, r])
        return Tube(root + down[:, None] * self.shaft, radii)

    def relative(self, u: Field, a: Field, z: float) -> tuple[Field, Field, float]:
        """Offsets from the head centre."""
        c = self.centre
        return u - np.float32(c[0]), a - np.float32(c[1]), z - float(c[2])

    def along_neck(self, u: Field, a: Field, z: float) -> Field:
        """Distance from the head centre along the neck axis."""
        du, da, dz = self.relative(u, a, z)
        n = self.neck.astype(np.float32)
        return np.asarray(du * n[0] + da * n[1] + np.float32(dz * n[2]))

    def head(self, u: Field, a: Field, z: float) -> Field:
        """Signed distance to the ball."""
        return ball(u, a, z, self.centre, self.plan.radius_mm)

    def inside_capsule(self, u: Field, a: Field, z: float) -> Field:
        """Signed distance to the part that the capsule surrounds: head and neck."""
        return smooth_min(self.head(u, a, z), self._neck(*self.relative(u, a, z)), 5.0)

    def distance(self, u: Field, a: Field, z: float) -> Field:
        """Signed distance to the whole bone."""
        du, da, dz = self.relative(u, a, z)
        body = self._neck(du, da, dz)
        for tube, blend in self._tubes:
            rods = tube.rods_at(dz, 25)
            if rods:
                body = smooth_min(body, tube.distance(rods, du, da, dz), blend)
        return smooth_min(self.head(u, a, z), body, 5.0)

    def _neck(self, du: Field, da: Field, dz: float) -> Field:
        """Signed distance to the neck, an oval rod that widens towards its base."""
        radius, length = self.plan.radius_mm, self.plan.neck_mm

        def along(axis: Vector) -> Field:
            e = axis.astype(np.float32)
            return np.asarray(du * e[0] + da * e[1] + np.float32(dz * e[2]))

        t, down, side = along(self.neck), along(self.below), along(self.beside)
        share = np.clip((t - 0.9 * radius) / (length - 0.9 * radius), 0, 1)
        tall = radius * (0.66 + 0.16 * share * share)
        deep = radius * (0.52 + 0.08 * share)
        p, q = down / tall, side / deep
        level = np.sqrt(p * p + q * q)
        steep = np.sqrt((p / tall) ** 2 + (q / deep) ** 2) + 1e-6
        rod = (level * (level - 1) / steep).astype(np.float32)
        ends = np.maximum(t - np.float32(length), np.float32(0.35 * radius) - t)
        return smooth_max(rod, ends, 4.0)


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))


# (lateral, posterior, down the shaft, radius), from where neck and shaft axes meet.
_GREATER_TROCHANTER: Final = np.array(
    [[10.0, 9, -30, 8], [12, 5, -14, 13], [8, 1, 8, 15.0], [1, 0, 32, 14]]
)
_LESSER_TROCHANTER: Final = np.array([[-3.0, 4, 20, 11], [-17, 13, 33, 7]])
_CREST: Final = np.array([[6.0, 13, -20, 6], [-4, 14, 5, 6], [-13, 13, 28, 6]])


class HipBone:
    """Hip bone with its socket: ilium, ischium, pubis."""

    def __init__(self, plan: HipPlan, scale: PelvisScale) -> None:
        self.plan, self.scale = plan, scale
        self.socket_radius = plan.radius_mm + plan.clearance_mm
        tilt = np.deg2rad(90 - plan.deficit_deg - plan.edge_deg)
        version = np.deg2rad(plan.version_deg)
        self.opening: Vector = np.array(
            [
                np.sin(tilt) * np.cos(version),
                np.sin(version),
                -np.cos(tilt) * np.cos(version),
            ]
        )
        self._rim = self.socket_radius * float(np.sin(np.deg2rad(plan.deficit_deg)))

    @cached_property
    def _fossa(self) -> Vector:
        """Centre of the acetabular fossa, medially and down in the socket's floor."""
        towards = _unit(-0.75 * self.opening + np.array([-0.15, -0.05, -0.75]))
        return np.asarray(self.plan.centre) + towards * (self.socket_radius - 4.0)

    def inside_rim(self, u: Field, a: Field, z: float) -> Field:
        """Signed distance to the plane of the rim, negative on the socket's side."""
        c, n = self.plan.centre, self.opening.astype(np.float32)
        height = (u - c[0]) * n[0] + (a - c[1]) * n[1] + np.float32((z - c[2]) * n[2])
        return np.asarray(height + self._rim, dtype=np.float32)

    def fossa(self, u: Field, a: Field, z: float) -> Field:
        """Signed distance to the fat-filled fossa and the notch below it."""
        hollow = ball(u, a, z, self._fossa, 0.52 * self.socket_radius)
        notch = Tube(
            [self._fossa, self._fossa + self.opening * 24 + np.array([-3.0, 0, -8.0])],
            [0.38 * self.socket_radius, 0.30 * self.socket_radius],
        )
        return smooth_min(hollow, notch.distance([0], u, a, z), 4.0)

    def distance(self, u: Field, a: Field, z: float) -> Field:
        """Signed distance to the bone."""
        bone = self._pelvis(u, a, z)
        centre = np.asarray(self.plan.centre)
        head = ball(u, a, z, centre, 0.0)
        rim = self.inside_rim(u, a, z)
        wall = ball(
            u, a, z, centre + np.array([-1.5, -1.0, 1.0]), self.socket_radius + _SOCKET_WALL_MM
        )
        taper = np.float32(_RIM_TAPER_MM) * np.exp(np.minimum(rim, 0) / np.float32(8))
        wall = np.asarray(wall + taper, dtype=np.float32)
        bone = smooth_min(bone, smooth_max(wall, rim, 5.0), 12.0)
        clear = np.maximum(head - np.float32(self.socket_radius + _NECK_CLEARANCE_MM), -rim)
        bone = smooth_max(bone, -clear, 3.0)
        bone = np.maximum(bone, np.float32(self.socket_radius) - head)
        return np.asarray(np.maximum(bone, -self.fossa(u, a, z)))

    def _pelvis(self, u: Field, a: Field, z: float) -> Field:
        """The bone without its socket, in the reference's frame."""
        scale = self.scale
        ru, ra, rz = scale.u(u), scale.a(a), scale.z(z)
        found = np.full(np.broadcast_shapes(u.shape, a.shape), OUTSIDE, dtype=np.float32)
        for loft in (_ILIUM_AND_ISCHIUM, _PUBIC_BODY):
            section = loft.at(rz)
            if section is not None:
                found = smooth_min(found, loft.distance(section, ru, ra), 7.0)
        for tube in _PELVIC_TUBES:
            rods = tube.rods_at(rz, 12)
            if rods:
                found = smooth_min(found, tube.distance(rods, ru, ra, rz), 7.0)
        found = np.maximum(found, np.float32(2.6) - ru)
        return np.asarray(found * np.float32((scale.across + scale.size) / 2))


def _sections(*rows: tuple[float, ...]) -> tuple[Section, ...]:
    return tuple(Section(*row) for row in rows)


_ILIUM_AND_ISCHIUM: Final = Loft(
    _sections(
        (153, 80, -36, 8, 2.5, 42),
        (146, 85, -33, 26, 5.0, 42),
        (132, 87, -26, 47, 6.5, 42, 0.0008),
        (115, 85, -22, 62, 6.0, 47, 0.0010),
        (100, 82, -19, 69, 6.0, 53, 0.0010),
        (82, 79, -17, 69, 7.0, 60, 0.0006),
        (66, 78, -12, 59, 10.5, 65),
        (52, 83, -1, 41, 14, 73),
        (36, 83, -2, 36, 18, 80),
        (24, 76, -5, 36, 17, 84),
        (8, 66, -16, 30, 13, 76),
        (-8, 66, -28, 22, 12, 62),
        (-30, 64, -38, 20, 12, 50),
        (-50, 62, -46, 18, 12, 42),
        (-66, 60, -46, 14, 9, 40),
        (-77, 59, -44, 4, 3, 40),
    ),
    power=2.6,
)
_PUBIC_BODY: Final = Loft(
    _sections(
        (-2, 14, 31, 6, 4, 0),
        (-14, 13, 28, 12, 8, 40),
        (-30, 10, 21, 16, 7, 66),
        (-48, 13, 9, 11, 5, 70),
        (-54, 15, 5, 4, 2, 70),
    )
)
_PELVIC_TUBES: Final = (
    # Superior ramus, inferior ramus, anterior inferior spine, ischial spine.
    Tube([[72, 16, 8], [54, 30, 6], [30, 34, -6], [11, 29, -14]], [12, 8.5, 7, 8]),
    Tube([[12, 14, -43], [25, -3, -53], [42, -25, -63], [56, -40, -65]], [6, 5.5, 6, 8]),
    Tube([[94, 37, 44], [86, 24, 30]], [6.5, 9]),
    Tube([[62, -38, 6], [47, -52, 3]], [6, 3]),
)

SACRUM: Final = Loft(
    _sections(
        (110, 0, -12, 22, 12),
        (103, 0, -19, 40, 19, 0, -0.002),
        (96, 0, -30, 56, 25, 0, -0.003),
        (84, 0, -43, 56, 27, 0, -0.003),
        (72, 0, -56, 51, 26, 0, -0.002),
        (58, 0, -72, 42, 20),
        (42, 0, -84, 32, 13),
        (25, 0, -91, 23, 8),
        (10, 0, -93, 13, 6),
        (4, 0, -93, 8, 4),
    ),
    power=2.5,
)
COCCYX: Final = Loft(
    _sections((2, 0, -93, 8, 4), (-10, 0, -88, 7, 4), (-20, 0, -80, 5, 3.5), (-27, 0, -74, 2, 2))
)
VERTEBRAE: Final = (
    Loft(_sections((116, 0, -8, 25, 17), (128, 0, -5, 22, 15), (141, 0, -4, 25, 17)), power=2.5),
    Loft(_sections((152, 0, -3, 25, 17), (164, 0, -2, 22, 15), (178, 0, -2, 25, 17)), power=2.5),
    Loft(_sections((188, 0, -2, 25, 17), (200, 0, -3, 22, 15), (216, 0, -4, 25, 17)), power=2.5),
)
DISCS: Final = (
    Loft(_sections((109, 0, -10, 24, 16), (117, 0, -8, 24, 16)), power=2.5),
    Loft(_sections((140, 0, -4, 24, 16), (153, 0, -3, 24, 16)), power=2.5),
    Loft(_sections((177, 0, -2, 24, 16), (189, 0, -2, 24, 16)), power=2.5),
)


_ARCH: Final = (
    # Spinous process, facets and transverse process: centre from the vertebra's middle, half.
    ((0.0, -62.0, -8.0), (3.5, 17.0, 9.0)),
    ((15.0, -36.0, -6.0), (7.0, 8.0, 14.0)),
    ((30.0, -24.0, 2.0), (17.0, 4.5, 5.0)),
)
_ARCH_HEIGHTS_MM: Final = (128.0, 165.0, 202.0)


def vertebral_arch(u: Field, a: Field, z: float) -> Field:
    """Signed distance to the arches and processes of the vertebrae, reference frame."""
    found = np.full(np.broadcast_shapes(u.shape, a.shape), OUTSIDE, dtype=np.float32)
    for height in _ARCH_HEIGHTS_MM:
        for (cu, ca, cz), half in _ARCH:
            if abs(z - height - cz) < half[2] + 1:
                part = ellipsoid(u, a, z, (cu, ca, height + cz), half)
                found = smooth_min(found, part, 4.0)
    return found


def sacral_foramen(u: Field, a: Field, z: float) -> Field:
    """Signed distance to the foramina and the canal, in the reference's frame."""
    rows = ((86.0, 20.0, -46.0), (66, 18, -64), (50, 15, -79))
    found = np.full(np.broadcast_shapes(u.shape, a.shape), OUTSIDE, dtype=np.float32)
    for height, at_u, at_a in rows:
        hole = ellipsoid(u, a, z, (at_u, at_a, height), (4.5, 12.0, 5.0))
        np.minimum(found, hole, out=found)
    return found

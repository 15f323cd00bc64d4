"""Implicit shapes that the procedural anatomy is assembled from, one axial layer at a time.

Every shape answers with a signed distance in millimetres, negative inside,
exact for balls and close near the surface for the rest. Positions are
``(u, a, z)``: u lateral from the midline on the side in question, a anterior,
z up, all in millimetres. A layer is one plane of constant z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

Field = NDArray[np.float32]
"""Signed distances, or one coordinate, over a patch of a layer."""

Vector = NDArray[np.float64]
"""A point or direction (u, a, z)."""

OUTSIDE: Final = 1e3
"""Distance where a shape is not near at all."""


@dataclass(frozen=True, slots=True)
class Section:
    """One axial cross-section of a loft: a bent superellipse.

    Attributes
    ----------
    z, u, a : centre
    length, width : half-axes along and across
    angle : degrees from lateral towards anterior of the long axis
    bend : curvature of the long axis, mm of offset per mm squared
    """

    z: float
    u: float
    a: float
    length: float
    width: float
    angle: float = 0.0
    bend: float = 0.0


class Loft:
    """A solid through axial sections, interpolated monotonically between them.

    Parameters
    ----------
    power : exponent of the superellipse, 2 for ellipses, more for bars
    """

    def __init__(self, sections: Sequence[Section], power: float = 2.0) -> None:
        ordered = sorted(sections, key=lambda section: section.z)
        heights = [section.z for section in ordered]
        rows = [(s.u, s.a, s.length, s.width, np.deg2rad(s.angle), s.bend) for s in ordered]
        self.bottom, self.top = heights[0], heights[-1]
        self._sections = tuple(ordered)
        self._power = power
        self._curve = PchipInterpolator(heights, np.asarray(rows, dtype=np.float64))

    def varied(self, size: float, shift: Vector) -> Loft:
        """A copy with its sections scaled and moved by (u, a) mm."""
        sections = [
            replace(
                s,
                u=s.u + float(shift[0]),
                a=s.a + float(shift[1]),
                length=s.length * size,
                width=s.width * size,
            )
            for s in self._sections
        ]
        return Loft(sections, self._power)

    def at(self, z: float) -> Vector | None:
        """The section's six numbers at a height, None above and below the solid."""
        if not self.bottom <= z <= self.top:
            return None
        return np.asarray(self._curve(z))

    def distance(self, section: Vector, u: Field, a: Field) -> Field:
        """Signed distance of points of one layer to its section."""
        centre_u, centre_a, length, width, angle, bend = (np.float32(v) for v in section)
        cos, sin = np.cos(angle), np.sin(angle)
        du, da = u - centre_u, a - centre_a
        along = du * cos + da * sin
        across = da * cos - du * sin - bend * along * along
        along, across = np.abs(along) / length, np.abs(across) / width
        if self._power == 2.0:
            level = np.sqrt(along * along + across * across)
        else:
            p = np.float32(self._power)
            level = np.power(np.power(along, p) + np.power(across, p), 1 / p)
        steep = np.sqrt((along / length) ** 2 + (across / width) ** 2) + np.float32(1e-6)
        return np.asarray(level * (level - 1) / steep, dtype=np.float32)


def reach(section: Vector, margin: float) -> tuple[float, float, float, float]:
    """Box (u low, u high, a low, a high) around a loft's section."""
    u, a, length, width, angle, bend = section
    sag = abs(bend) * length * length
    half_u = abs(length * np.cos(angle)) + abs((width + sag) * np.sin(angle)) + margin
    half_a = abs(length * np.sin(angle)) + abs((width + sag) * np.cos(angle)) + margin
    return u - half_u, u + half_u, a - half_a, a + half_a


def ball(u: Field, a: Field, z: float, centre: ArrayLike, radius: float) -> Field:
    """Signed distance to a ball."""
    cu, ca, cz = (np.float32(v) for v in np.asarray(centre))
    squared = (u - cu) ** 2 + (a - ca) ** 2 + (np.float32(z) - cz) ** 2
    return np.asarray(np.sqrt(squared) - np.float32(radius), dtype=np.float32)


def ellipsoid(u: Field, a: Field, z: float, centre: ArrayLike, half: ArrayLike) -> Field:
    """Approximate signed distance to an upright ellipsoid."""
    c, h = np.asarray(centre, dtype=np.float32), np.asarray(half, dtype=np.float32)
    parts = [(u - c[0]) / h[0], (a - c[1]) / h[1], (np.float32(z) - c[2]) / h[2]]
    level = np.sqrt(parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2)
    steep = np.sqrt(sum((part / size) ** 2 for part, size in zip(parts, h, strict=True)))
    return np.asarray(level * (level - 1) / (steep + np.float32(1e-6)), dtype=np.float32)


class Tube:
    """A chain of tapered round rods through points.

    Parameters
    ----------
    points : (n, 3) as (u, a, z)
    radii : n, or one for all
    """

    def __init__(self, points: ArrayLike, radii: ArrayLike) -> None:
        self.points = np.asarray(points, dtype=np.float64)
        self.radii = np.broadcast_to(np.asarray(radii, dtype=np.float64), len(self.points))
        self.bottom = float(np.min(self.points[:, 2] - self.radii))
        self.top = float(np.max(self.points[:, 2] + self.radii))

    def rods_at(self, z: float, margin: float) -> list[int]:
        """Numbers of the rods that come within ``margin`` of a layer."""
        height, wide = self.points[:, 2], self.radii + margin
        low = np.minimum(height[:-1] - wide[:-1], height[1:] - wide[1:])
        high = np.maximum(height[:-1] + wide[:-1], height[1:] + wide[1:])
        return [int(i) for i in np.flatnonzero((low <= z) & (z <= high))]

    def reach(self, rods: Sequence[int], margin: float) -> tuple[float, float, float, float]:
        """Box (u low, u high, a low, a high) around some rods."""
        ends = sorted({i + k for i in rods for k in (0, 1)})
        points, wide = self.points[ends], self.radii[ends, None] + margin
        low, high = (points[:, :2] - wide).min(0), (points[:, :2] + wide).max(0)
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])

    def distance(self, rods: Sequence[int], u: Field, a: Field, z: float) -> Field:
        """Signed distance to the nearest of some rods."""
        found = np.full(np.broadcast_shapes(u.shape, a.shape), OUTSIDE, dtype=np.float32)
        for i in rods:
            np.minimum(found, self._rod(i, u, a, z), out=found)
        return found

    def _rod(self, i: int, u: Field, a: Field, z: float) -> Field:
        start, end = self.points[i], self.points[i + 1]
        step = (end - start).astype(np.float32)
        du, da, dz = u - np.float32(start[0]), a - np.float32(start[1]), np.float32(z - start[2])
        share = (du * step[0] + da * step[1] + dz * step[2]) / np.float32(step @ step)
        share = np.clip(share, 0, 1)
        away = (
            (du - share * step[0]) ** 2 + (da - share * step[1]) ** 2 + (dz - share * step[2]) ** 2
        )
        radius = self.radii[i] + share * np.float32(self.radii[i + 1] - self.radii[i])
        return np.asarray(np.sqrt(away) - radius, dtype=np.float32)


def smooth_min(first: Field, second: Field, blend: float) -> Field:
    """Union of two shapes with a fillet of about ``blend`` mm.

    Polynomial smooth minimum, Quilez (iquilezles.org/articles/smin).
    """
    share = np.maximum(np.float32(blend) - np.abs(first - second), 0) / np.float32(blend)
    return np.asarray(np.minimum(first, second) - share * share * np.float32(blend / 4))


def smooth_max(first: Field, second: Field, blend: float) -> Field:
    """Intersection of two shapes with a rounded edge."""
    return -smooth_min(-first, -second, blend)


class Waves:
    """A smooth random field over a box, evaluated layer by layer.

    Random heights on a coarse lattice of ``cell_mm``, joined by cubic B-splines.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        axes: tuple[Vector, Vector, Vector],
        cell_mm: float,
        height_mm: float,
    ) -> None:
        u, a, z = axes
        along_u, along_a, self._along_z = (_spline_weights(axis, cell_mm) for axis in (u, a, z))
        counts = (self._along_z.shape[1], along_a.shape[1], along_u.shape[1])
        # A cubic B-spline averages its nodes; 1.5 a dimension restores the height.
        nodes = rng.normal(0, height_mm * 1.5**3, counts).astype(np.float32)
        self._planes = [along_a @ plane @ along_u.T for plane in nodes]

    def layer(self, index: int) -> Field:
        """The field over layer number ``index``: (a, u)."""
        weights = self._along_z[index]
        used = np.flatnonzero(weights)
        found = weights[used[0]] * self._planes[used[0]]
        for node in used[1:]:
            found += weights[node] * self._planes[node]
        return np.asarray(found, dtype=np.float32)


def _spline_weights(axis: Vector, cell_mm: float) -> Field:
    """Cubic B-spline weights (positions, nodes) of a lattice along one axis."""
    place = (axis - axis.min()) / cell_mm + 1
    nodes = np.arange(int(place.max()) + 3)
    far = np.abs(place[:, None] - nodes[None])
    near = 2 / 3 - far**2 + far**3 / 2
    tail = np.clip(2 - far, 0, None) ** 3 / 6
    return np.asarray(np.where(far < 1, near, tail), dtype=np.float32)

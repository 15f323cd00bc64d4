"""What looks like disease beside the hip and in its bones, and is not labelled as such.

Red marrow, growth-plate scars, double lines of osteonecrosis, cysts, bursitis,
strained muscle, nodes, metal. Places are in the anatomy's LPS frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import as_point
from hipdesk.phantom.anatomy import HipGeometry
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.records import FloatArray, Point, Side

Points = NDArray[np.float32]
"""Anatomy points (n, 3) in LPS mm."""


@dataclass(frozen=True, slots=True)
class MarrowZones:
    """Normal marrow is not the same everywhere: fat in the head, blood-forming beyond it.

    Attributes
    ----------
    head, neck, socket : signal relative to normal marrow
    border : where along the neck, in head radii, the head's marrow ends
    """

    head: float = 1.0
    neck: float = 1.0
    socket: float = 1.0
    border: float = 0.8


@dataclass(frozen=True, slots=True)
class SoftSpot:
    """Something wet in the soft tissue: a bursa, a node, an oedematous muscle.

    Attributes
    ----------
    radius_mm : half-axes along x, y, z
    amount : how far its signal is from the tissue's towards fluid, 0-1
    """

    centre_lps_mm: Point
    radius_mm: Point
    feather_mm: float
    amount: float


@dataclass(frozen=True, slots=True)
class Cyst:
    """A round hole in bone filled with fluid, dark at its rim."""

    centre_lps_mm: Point
    radius_mm: float
    amount: float
    rim: float


@dataclass(frozen=True, slots=True)
class Scar:
    """The closed growth plate: a thin curved sheet across the head.

    Attributes
    ----------
    along_mm : where it crosses the neck's axis
    bow : how far it bends towards the neck at the head's edge, in head radii
    factor : of the signal on the sheet
    """

    along_mm: float
    bow: float
    width_mm: float
    factor: float


@dataclass(frozen=True, slots=True)
class DoubleLine:
    """The border of an old osteonecrosis: dark outside, bright inside, marrow within."""

    centre_lps_mm: Point
    radius_mm: Point
    width_mm: float
    dark: float
    bright: float


@dataclass(frozen=True, slots=True)
class Implant:
    """Metal: no signal around a chain of points, a bright rim beyond.

    Attributes
    ----------
    side : of the hip that it replaces; None where it only lies nearby
    """

    points: tuple[Point, ...]
    radius_mm: tuple[float, ...]
    rim: float
    side: Side | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mimics:
    """All of it for one hip; `wobble` bends sheets and lines."""

    zones: MarrowZones
    soft: tuple[SoftSpot, ...]
    cysts: tuple[Cyst, ...]
    scar: Scar | None
    line: DoubleLine | None
    wobble: Noise


def random_mimics(rng: np.random.Generator, hip: HipGeometry, side: Side) -> Mimics:
    """Draw what imitates disease in and around one hip."""
    soft = [_random_bursa(rng, hip, side) for _ in range(int(rng.random() < 0.3))]
    soft += [_random_strain(rng, hip, side) for _ in range(int(rng.random() < 0.3))]
    soft += [_random_node(rng, hip, side) for _ in range(int(rng.poisson(0.8)))]
    return Mimics(
        zones=random_zones(rng),
        soft=tuple(soft),
        cysts=tuple(_random_cyst(rng, hip, side) for _ in range(_few(rng, 0.16))),
        scar=_random_scar(rng, hip) if rng.random() < 0.55 else None,
        line=_random_line(rng, hip) if rng.random() < 0.07 else None,
        wobble=random_noise(rng, 7.0),
    )


def random_zones(rng: np.random.Generator) -> MarrowZones:
    """Fatty heads; neck and socket between as fatty and clearly brighter."""
    neck = float(np.clip(rng.normal(1.05, 0.09), 0.88, 1.3))
    return MarrowZones(
        head=float(np.clip(rng.normal(0.97, 0.05), 0.82, 1.1)),
        neck=neck,
        socket=float(np.clip(0.4 + 0.6 * neck + rng.normal(0, 0.1), 0.8, 1.45)),
        border=float(rng.uniform(0.45, 1.2)),
    )


def marrow_change(
    mimics: Mimics, hip: HipGeometry, points: Points, in_femur: NDArray[np.bool_]
) -> FloatArray:
    """Signal added to normal marrow (in its units) by zones, scar and double line."""
    zones = mimics.zones
    offset = points - np.asarray(hip.centre_lps_mm, dtype=np.float32)
    along = offset @ np.asarray(hip.neck_axis, dtype=np.float32)
    step = np.clip((along / hip.radius_mm - zones.border) / 0.6 + 0.5, 0, 1)
    femur = zones.head + (zones.neck - zones.head) * step * step * (3 - 2 * step)
    level = np.where(in_femur, femur, np.float32(zones.socket)).astype(np.float32)
    head = np.flatnonzero(in_femur & (np.linalg.norm(offset, axis=-1) < hip.radius_mm))
    if head.size and (mimics.scar or mimics.line):
        factor = _sheets(mimics, hip, points[head], offset[head], along[head])
        level[head] *= factor
    return np.asarray(level - 1, dtype=np.float32)


def _sheets(
    mimics: Mimics, hip: HipGeometry, points: Points, offset: Points, along: FloatArray
) -> FloatArray:
    """Factor on the marrow of a head from its growth plate and a double line."""
    factor = np.ones(len(points), dtype=np.float32)
    wobble = mimics.wobble.smooth_at(points)
    if mimics.scar is not None:
        scar = mimics.scar
        across = (np.einsum("ij,ij->i", offset, offset) - along**2) / hip.radius_mm
        distance = along - scar.along_mm - scar.bow * across + 0.8 * wobble
        # It shows in places only.
        seen = np.clip(0.6 + 0.7 * mimics.wobble.smooth_at(points * np.float32(1.7)), 0, 1)
        factor *= 1 + np.float32(scar.factor - 1) * seen * _sheet(distance, scar.width_mm)
    if mimics.line is not None:
        line = mimics.line
        axes = np.asarray(line.radius_mm, dtype=np.float32)
        apart = (points - np.asarray(line.centre_lps_mm, dtype=np.float32)) / axes
        distance = (np.linalg.norm(apart, axis=-1) - 1) * axes.mean() + 1.6 * wobble
        factor *= 1 + np.float32(line.dark - 1) * _sheet(distance - line.width_mm, line.width_mm)
        factor *= 1 + np.float32(line.bright - 1) * _sheet(distance, line.width_mm)
    return factor


def _sheet(distance: FloatArray, width_mm: float) -> FloatArray:
    """1 in the middle of a sheet, 0 beyond its width."""
    return np.asarray(np.clip(1.5 - 2 * np.abs(distance) / width_mm, 0, 1), dtype=np.float32)


def soft_amount(spot: SoftSpot, points: Points) -> FloatArray:
    """How far the signal moves towards fluid at each point, 0-1."""
    axes = np.asarray(spot.radius_mm, dtype=np.float32)
    apart = (points - np.asarray(spot.centre_lps_mm, dtype=np.float32)) / axes
    depth = (1 - np.linalg.norm(apart, axis=-1)) * float(np.mean(axes))
    share = np.clip(depth / spot.feather_mm + 0.5, 0, 1)
    return np.asarray(spot.amount * share, dtype=np.float32)


def cyst_change(cyst: Cyst, points: Points) -> tuple[FloatArray, FloatArray]:
    """(share of fluid, share of dark rim) at each point."""
    centre = np.asarray(cyst.centre_lps_mm, dtype=np.float32)
    depth = cyst.radius_mm - np.linalg.norm(points - centre, axis=-1)
    inside = np.clip(depth + 0.5, 0, 1) * cyst.amount
    rim = np.clip(1.5 - np.abs(depth + 0.5), 0, 1) * cyst.rim * (depth < 0.5)
    return np.asarray(inside, dtype=np.float32), np.asarray(rim, dtype=np.float32)


def metal(implant: Implant, points: Points) -> tuple[FloatArray, FloatArray]:
    """(signal kept, bright rim) around metal at each point."""
    depth = np.full(points.shape[:-1], -1e3, dtype=np.float32)
    places = [np.asarray(point, dtype=np.float32) for point in implant.points]
    ends = list(zip(places, implant.radius_mm, strict=True))
    for (start, first), (end, last) in zip(ends, ends[1:] or ends, strict=False):
        step = end - start
        share = np.clip((points - start) @ step / max(float(step @ step), 1e-6), 0, 1)
        apart = np.linalg.norm(points - start - share[..., None] * step, axis=-1)
        np.maximum(depth, first + share * (last - first) - apart, out=depth)
    kept = np.clip(0.5 - depth / 5.0, 0, 1)
    rim = implant.rim * np.exp(-(((depth + 5.0) / 2.5) ** 2))
    return np.asarray(kept, dtype=np.float32), np.asarray(rim, dtype=np.float32)


def hip_replacement(rng: np.random.Generator, hip: HipGeometry, side: Side) -> Implant:
    """A prosthesis: cup and ball, neck, stem down the shaft, with the void around them."""
    centre = np.asarray(hip.centre_lps_mm)
    root = centre + np.asarray(hip.neck_axis) * hip.radius_mm * 1.7
    out = -1.0 if side is Side.RIGHT else 1.0
    tip = root + np.array([-out * 6.0, 4.0, -float(rng.uniform(95, 140))])
    ball = hip.radius_mm * float(rng.uniform(1.15, 1.7))
    stem = float(rng.uniform(13, 22))
    points = (as_point(centre), as_point(root), as_point(tip))
    return Implant(points, (ball, stem + 4, stem), float(rng.uniform(0.5, 2.5)), side)


def random_metal(rng: np.random.Generator, hip: HipGeometry) -> Implant:
    """A clip or screw beside a hip, at least its void's radius away from the head."""
    radius = float(rng.uniform(4, 14))
    direction = rng.normal(0, 1, 3)
    direction /= np.linalg.norm(direction)
    apart = hip.radius_mm + radius + rng.uniform(12, 40)
    place = np.asarray(hip.centre_lps_mm) + direction * apart
    return Implant((as_point(place),), (radius,), float(rng.uniform(0.3, 2.0)))


_BURSAE: Final = (
    # (lateral, posterior, up) from the head centre in head radii; half-axes in mm.
    ((2.6, 0.35, -0.85), (2.6, 9.0, 13.0)),  # trochanteric
    ((2.35, 0.1, -0.35), (2.5, 8.0, 8.0)),  # subgluteus medius
    ((-0.3, -1.75, 0.25), (6.0, 3.5, 12.0)),  # iliopsoas
    ((0.2, 1.95, -1.7), (4.0, 3.0, 7.0)),  # ischiogluteal
)


def _few(rng: np.random.Generator, share: float) -> int:
    """0 mostly, else 1 to 3."""
    return int(rng.integers(1, 4)) if rng.random() < share else 0


def _at(hip: HipGeometry, side: Side, place: NDArray[np.floating]) -> NDArray[np.float64]:
    """A place given in head radii (lateral, posterior, up) from the head centre."""
    out = -1.0 if side is Side.RIGHT else 1.0
    away = place * np.array([out, 1, 1]) * hip.radius_mm
    return np.asarray(hip.centre_lps_mm + away, dtype=np.float64)


def _random_bursa(rng: np.random.Generator, hip: HipGeometry, side: Side) -> SoftSpot:
    """Fluid in one of the bursae about the hip."""
    place, axes = _BURSAE[int(rng.choice(4, p=(0.45, 0.15, 0.25, 0.15)))]
    centre = _at(hip, side, np.asarray(place) + rng.normal(0, 0.12, 3))
    size = np.asarray(axes) * np.exp(rng.normal(0, 0.3, 3)) * rng.uniform(0.6, 1.5)
    return SoftSpot(as_point(centre), as_point(size), 1.5, float(rng.uniform(0.55, 1.0)))


def _random_strain(rng: np.random.Generator, hip: HipGeometry, side: Side) -> SoftSpot:
    """Oedema of muscle or tendon: gluteal insertion, adductors, hamstrings, anywhere."""
    places = ((2.4, 0.2, -0.2), (-0.9, -0.8, -1.7), (0.0, 1.9, -1.6), (0.9, -1.6, -0.6))
    centre = _at(hip, side, np.asarray(places[int(rng.integers(4))]) + rng.normal(0, 0.5, 3))
    size = rng.uniform(5, 22, 3)
    feather = float(rng.uniform(4, 10))
    return SoftSpot(as_point(centre), as_point(size), feather, float(rng.uniform(0.08, 0.4)))


def _random_node(rng: np.random.Generator, hip: HipGeometry, side: Side) -> SoftSpot:
    """A lymph node in the groin or along the iliac vessels."""
    place = np.array([rng.uniform(-1.3, 0.2), -rng.uniform(1.5, 2.6), rng.uniform(-1.6, 0.6)])
    if rng.random() < 0.4:
        place = np.array([-rng.uniform(1.2, 1.9), -rng.uniform(-0.6, 1.2), rng.uniform(0.6, 2)])
    size = rng.uniform(2, 5) * np.exp(rng.normal(0, 0.25, 3))
    centre = as_point(_at(hip, side, place))
    return SoftSpot(centre, as_point(size), 1.5, float(rng.uniform(0.25, 0.8)))


def _random_cyst(rng: np.random.Generator, hip: HipGeometry, side: Side) -> Cyst:
    """Below the weight-bearing cartilage of head or socket, or at the neck's junction (pit)."""
    direction = rng.normal(0, 1, 3) * (0.5, 0.6, 0.3) + (0, 0, 0.9)
    direction /= np.linalg.norm(direction)
    radius = float(np.clip(np.exp(rng.normal(np.log(2.3), 0.4)), 1.2, 6.0))
    kind = rng.random()
    if kind < 0.35:
        place = hip.centre_lps_mm + direction * (hip.radius_mm - 2.0 - radius)
    elif kind < 0.75:
        place = hip.centre_lps_mm + direction * (hip.radius_mm + 5.5 + radius)
    else:
        place = _at(hip, side, np.array([0.95, -0.55, 0.15]) + rng.normal(0, 0.12, 3))
    return Cyst(as_point(place), radius, float(rng.uniform(0.5, 1.0)), float(rng.uniform(0, 0.9)))


def _random_scar(rng: np.random.Generator, hip: HipGeometry) -> Scar:
    """Mostly dark, now and then a little bright."""
    factor = rng.uniform(0.5, 0.9) if rng.random() < 0.8 else rng.uniform(1.1, 1.35)
    return Scar(
        along_mm=hip.radius_mm * float(rng.uniform(0.15, 0.5)),
        bow=float(rng.uniform(-0.35, 0.1)),
        width_mm=float(rng.uniform(1.0, 3.0)),
        factor=float(factor),
    )


def _random_line(rng: np.random.Generator, hip: HipGeometry) -> DoubleLine:
    """A wedge below the weight-bearing surface."""
    direction = rng.normal(0, 1, 3) * (0.4, 0.5, 0.2) + (0, -0.3, 0.9)
    centre = hip.centre_lps_mm + direction / np.linalg.norm(direction) * hip.radius_mm * 0.75
    size = hip.radius_mm * rng.uniform(0.4, 0.8, 3)
    return DoubleLine(
        as_point(centre),
        as_point(size),
        float(rng.uniform(1.2, 2.2)),
        float(rng.uniform(0.2, 0.6)),
        float(rng.uniform(1.3, 2.3)),
    )

"""Bone marrow oedema and joint fluid of a simulated hip, and what imitates them.

Places are given in the anatomy's LPS frame, so a lesion stays on its bone when
the patient is bent into another shape, and in the same spot at every visit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.phantom.anatomy import HipGeometry
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.records import Point, Side

OEDEMA_BORDER: Final = 0.5
"""Oedema fraction from which a reader would outline it: half of its peak signal."""

PHYSIOLOGICAL_ML: Final = (0.7, 5.6)
"""Fluid of symptom-free hips: mean 2.7 mL, range 0.7-5.6 (reference in docs/models.md)."""


@dataclass(frozen=True, slots=True)
class Oedema:
    """One patch of bone marrow oedema, or of red marrow that imitates it.

    Attributes
    ----------
    centre_lps_mm : in the anatomy's frame
    radius_mm : half-axes along x, y, z
    feather_mm : distance over which it fades
    contrast : peak signal relative to normal marrow
    """

    centre_lps_mm: Point
    radius_mm: Point
    feather_mm: float
    contrast: float


@dataclass(frozen=True, slots=True, eq=False)
class HipLesions:
    """Everything abnormal, and a few normal distractors, of one hip.

    Attributes
    ----------
    oedema : labelled as lesion
    red_marrow : brighter marrow that is not a lesion
    fluid_ml : fluid in the joint, the physiological amount included
    bursae : (centre, radius) of fluid outside the capsule, not a lesion
    border : bends the lesions' borders
    fluid_border : makes the fluid's layer uneven
    """

    oedema: tuple[Oedema, ...]
    red_marrow: tuple[Oedema, ...]
    fluid_ml: float
    bursae: tuple[tuple[Point, float], ...]
    border: Noise
    fluid_border: Noise


def random_lesions(
    rng: np.random.Generator, hip: HipGeometry, side: Side, healthy: float = 0.3
) -> HipLesions:
    """Draw a hip's lesions; ``healthy`` is the share of hips without any."""
    well = rng.random() < healthy
    count = 0 if well or rng.random() < 0.15 else int(rng.integers(1, 5))
    effusion = not well and rng.random() < 0.7
    fluid = rng.uniform(6.0, 26.0) if effusion else rng.uniform(*PHYSIOLOGICAL_ML)
    patches = tuple(_random_oedema(rng, hip, side) for _ in range(count))
    red = tuple(_random_red_marrow(rng, hip) for _ in range(int(rng.integers(0, 3))))
    bursae = tuple(_random_bursa(rng, hip, side) for _ in range(int(rng.random() < 0.25)))
    return HipLesions(
        patches, red, float(fluid), bursae, random_noise(rng, 7.0), random_noise(rng, 6.0)
    )


def no_lesions(rng: np.random.Generator, fluid_ml: float = 2.7) -> HipLesions:
    """A healthy hip with the given physiological fluid."""
    return HipLesions((), (), fluid_ml, (), random_noise(rng, 7.0), random_noise(rng, 6.0))


def treated(lesions: HipLesions, activity: float, fluid_ml: float) -> HipLesions:
    """The same hip later: oedema shrunk and dimmed to ``activity`` (0-1), fluid set."""
    patches = tuple(
        replace(
            patch,
            radius_mm=_scaled(patch.radius_mm, activity ** (1 / 3)),
            contrast=1 + (patch.contrast - 1) * (0.5 + 0.5 * activity),
        )
        for patch in lesions.oedema
        if activity > 0.05
    )
    return replace(lesions, oedema=patches, fluid_ml=fluid_ml)


def oedema_fraction(
    patches: tuple[Oedema, ...], border: Noise, points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(fraction, added contrast) of the strongest patch at anatomy points ``(n, 3)``.

    The fraction is 1 inside, `OEDEMA_BORDER` on the border, 0 outside; the added
    contrast is in units of normal marrow signal.
    """
    fraction = np.zeros(points.shape[:-1], dtype=np.float32)
    added = np.zeros_like(fraction)
    if not patches:
        return fraction, added
    uneven = border.smooth_at(points)
    for patch in patches:
        centre = np.asarray(patch.centre_lps_mm, dtype=np.float32)
        offset = (points - centre) / np.asarray(patch.radius_mm, dtype=np.float32)
        mean_radius = float(np.mean(patch.radius_mm))
        distance = np.linalg.norm(offset, axis=-1) + 0.25 * uneven
        sharpness = mean_radius / patch.feather_mm
        own = 1 / (1 + np.exp(np.clip((distance - 1) * sharpness * 2, -30, 30)))
        np.maximum(fraction, own, out=fraction)
        np.maximum(added, own * np.float32(patch.contrast - 1), out=added)
    return fraction, added


def _scaled(point: Point, factor: float) -> Point:
    return point[0] * factor, point[1] * factor, point[2] * factor


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def _weight_bearing(rng: np.random.Generator) -> NDArray[np.float64]:
    """A direction on the upper half of a head, front to back."""
    direction = rng.normal(0, 1, 3) * (0.8, 0.8, 0.5) + (0, 0, 0.8)
    return _unit(direction)


def _random_oedema(rng: np.random.Generator, hip: HipGeometry, side: Side) -> Oedema:
    """A patch under the cartilage of head or acetabulum, in the neck, or diffuse."""
    centre = np.asarray(hip.centre_lps_mm)
    radius = hip.radius_mm
    kind = rng.choice(["head", "acetabulum", "neck", "diffuse"], p=[0.42, 0.26, 0.17, 0.15])
    medial = np.array([1.0 if side is Side.RIGHT else -1.0, 0, 0])
    size = float(np.exp(rng.normal(np.log(8.5), 0.4)))
    if kind == "head":
        place = centre + _weight_bearing(rng) * (radius - rng.uniform(1, 6))
    elif kind == "acetabulum":
        direction = _unit(_weight_bearing(rng) + medial * rng.uniform(0, 0.8))
        place = centre + direction * (radius + rng.uniform(5, 12))
    elif kind == "neck":
        place = centre + np.asarray(hip.neck_axis) * radius * rng.uniform(0.9, 1.7)
    else:
        place = centre + np.asarray(hip.neck_axis) * radius * rng.uniform(0, 0.8)
        size = float(rng.uniform(17, 32))
    axes = size * np.exp(rng.normal(0, 0.25, 3))
    return Oedema(
        (float(place[0]), float(place[1]), float(place[2])),
        (float(axes[0]), float(axes[1]), float(axes[2])),
        float(rng.uniform(1.2, 5.0)),
        float(np.clip(np.exp(rng.normal(np.log(1.95), 0.28)), 1.3, 3.6)),
    )


def _random_red_marrow(rng: np.random.Generator, hip: HipGeometry) -> Oedema:
    """A broad, faint patch in neck, shaft or acetabulum."""
    centre = np.asarray(hip.centre_lps_mm) + rng.normal(0, 1, 3) * 8
    place = centre + np.asarray(hip.neck_axis) * hip.radius_mm * rng.uniform(0.8, 3.0)
    if rng.random() < 0.35:
        place = centre + np.array([0, 0, rng.uniform(1.6, 3.0) * hip.radius_mm])
    size = rng.uniform(9, 28, 3)
    return Oedema(
        (float(place[0]), float(place[1]), float(place[2])),
        (float(size[0]), float(size[1]), float(size[2])),
        float(rng.uniform(4, 9)),
        float(rng.uniform(1.08, 1.35)),
    )


def _random_bursa(rng: np.random.Generator, hip: HipGeometry, side: Side) -> tuple[Point, float]:
    """Fluid beside the greater trochanter or in front of the joint (iliopsoas)."""
    out = -1.0 if side is Side.RIGHT else 1.0
    centre = np.asarray(hip.centre_lps_mm)
    if rng.random() < 0.6:
        place = centre + np.array([out * 2.75, rng.uniform(-0.2, 0.6), -0.9]) * hip.radius_mm
    else:
        place = centre + np.array([-out * 0.35, -1.6, rng.uniform(-0.3, 0.8)]) * hip.radius_mm
    return (float(place[0]), float(place[1]), float(place[2])), float(rng.uniform(3, 9))

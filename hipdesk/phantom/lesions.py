"""Bone marrow oedema and joint fluid of a simulated hip, and what imitates them.

Places are given in the anatomy's LPS frame, so a lesion stays on its bone when
the patient is bent into another shape, and in the same spot at every visit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import as_point
from hipdesk.phantom.anatomy import HipGeometry
from hipdesk.phantom.mimics import Mimics, random_mimics
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.records import Point, Side

OEDEMA_BORDER: Final = 0.5
"""Oedema fraction from which a reader would outline it: half of its peak signal."""

MOTTLE: Final = np.float32(2.7)
"""How much finer the inside of a lesion is than its border's bends."""

SMALL_MM: Final = 6.0
"""Half-axis below which a patch is only seen if it is not faint."""

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
    away : unit vector from the joint's surface into the bone
    fade : share of the contrast lost from the joint's end to the other
    mottle : how uneven its brightness is inside
    ragged : how uneven its outline is, beyond the bends of all
    """

    centre_lps_mm: Point
    radius_mm: Point
    feather_mm: float
    contrast: float
    away: Point = (0.0, 0.0, 0.0)
    fade: float = 0.0
    mottle: float = 0.0
    ragged: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class HipLesions:
    """Everything abnormal, and a few normal distractors, of one hip.

    Attributes
    ----------
    oedema : labelled as lesion
    red_marrow : brighter marrow that is not a lesion
    fluid_ml : fluid in the joint, the physiological amount included
    border : bends the lesions' borders
    fluid_border : makes the fluid's layer uneven
    fluid_tone : signal of this joint's fluid relative to free fluid; synovitis is darker
    mimics : what looks like disease and is not
    """

    oedema: tuple[Oedema, ...]
    red_marrow: tuple[Oedema, ...]
    fluid_ml: float
    border: Noise
    fluid_border: Noise
    fluid_tone: float = 1.0
    mimics: Mimics | None = None


def random_lesions(
    rng: np.random.Generator, hip: HipGeometry, side: Side, healthy: float = 0.3
) -> HipLesions:
    """Draw a hip's lesions; ``healthy`` is the share of hips without any."""
    well = rng.random() < healthy
    count = 0 if well or rng.random() < 0.12 else 1 + min(3, int(rng.poisson(0.7)))
    effusion = not well and rng.random() < 0.6
    fluid = _random_effusion_ml(rng) if effusion else _random_physiological_ml(rng)
    patches = tuple(_random_oedema(rng, hip, side) for _ in range(count))
    red = tuple(_random_red_marrow(rng, hip) for _ in range(int(rng.integers(0, 4))))
    return HipLesions(
        patches,
        red,
        fluid,
        random_noise(rng, 7.0),
        random_noise(rng, 6.0),
        fluid_tone=float(rng.uniform(0.7, 1.1)),
        mimics=random_mimics(rng, hip, side),
    )


def _random_physiological_ml(rng: np.random.Generator) -> float:
    """Fluid of a healthy joint."""
    return float(np.clip(np.exp(rng.normal(np.log(2.4), 0.5)), *PHYSIOLOGICAL_ML))


def _random_effusion_ml(rng: np.random.Generator) -> float:
    """From just too much to a tense joint."""
    return float(np.clip(np.exp(rng.normal(np.log(9.5), 0.45)), 5.6, 30.0))


def no_lesions(rng: np.random.Generator, fluid_ml: float = 2.7) -> HipLesions:
    """A healthy hip with the given physiological fluid."""
    return HipLesions((), (), fluid_ml, random_noise(rng, 7.0), random_noise(rng, 6.0))


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
    fine = border.smooth_at(points * MOTTLE) if any(p.mottle or p.ragged for p in patches) else None
    for patch in patches:
        bends = uneven if fine is None else uneven + 4 * patch.ragged * fine
        own = _profile(patch, points, bends)
        np.maximum(fraction, own, out=fraction)
        excess = own * np.float32(patch.contrast - 1)
        if fine is not None:
            excess *= np.clip(1 + patch.mottle * fine, 0.2, 1.6)
        np.maximum(added, excess, out=added)
    return fraction, added


def _profile(
    patch: Oedema, points: NDArray[np.float32], uneven: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Share of a patch's peak signal at each point."""
    axes = np.asarray(patch.radius_mm, dtype=np.float32)
    offset = (points - np.asarray(patch.centre_lps_mm, dtype=np.float32)) / axes
    distance = np.linalg.norm(offset, axis=-1) + 0.25 * uneven
    sharpness = float(np.mean(patch.radius_mm)) / patch.feather_mm
    own = 1 / (1 + np.exp(np.clip((distance - 1) * sharpness * 2, -30, 30)))
    if patch.fade:
        depth = np.clip(0.5 + 0.5 * (offset @ np.asarray(patch.away, dtype=np.float32)), 0, 1)
        own *= 1 - np.float32(patch.fade) * depth
    return np.asarray(own, dtype=np.float32)


def _scaled(point: Point, factor: float) -> Point:
    return point[0] * factor, point[1] * factor, point[2] * factor


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def _weight_bearing(rng: np.random.Generator) -> NDArray[np.float64]:
    """A direction on the upper half of a head, front to back."""
    direction = rng.normal(0, 1, 3) * (0.8, 0.8, 0.5) + (0, 0, 0.8)
    return _unit(direction)


def _random_oedema(rng: np.random.Generator, hip: HipGeometry, side: Side) -> Oedema:
    """A patch under the cartilage of head or socket, in the neck, or through most of the femur."""
    kind = rng.choice(["head", "socket", "neck", "extensive"], p=[0.47, 0.33, 0.15, 0.05])
    if kind in {"head", "socket"}:
        return _subchondral(rng, hip, side, kind == "socket")
    centre = np.asarray(hip.centre_lps_mm)
    along = np.asarray(hip.neck_axis) * hip.radius_mm
    if kind == "neck":
        place = centre + along * rng.uniform(0.7, 2.1) + rng.normal(0, 0.25, 3) * hip.radius_mm
        size = _random_size_mm(rng)
        return _patch(rng, place, size * np.exp(rng.normal(0, 0.25, 3)), np.zeros(3))
    size = hip.radius_mm * float(rng.uniform(0.6, 1.1))
    place = centre + along * rng.uniform(0, 0.9)
    return _patch(rng, place, size * np.exp(rng.normal(0, 0.2, 3)), np.asarray(hip.neck_axis))


def _subchondral(rng: np.random.Generator, hip: HipGeometry, side: Side, socket: bool) -> Oedema:
    """A patch that lies against the joint, wider than deep, brightest at the joint."""
    medial = np.array([1.0 if side is Side.RIGHT else -1.0, 0, 0])
    direction = _unit(_weight_bearing(rng) + medial * rng.uniform(0, 0.8) * socket)
    size = _random_size_mm(rng)
    flat = float(rng.uniform(0.5, 1.0))
    # Axes are upright: the one closest to the surface's normal is the short one.
    lean = np.abs(direction) / np.abs(direction).max()
    axes = size * (1.15 - (1.15 - flat) * lean**2) * np.exp(rng.normal(0, 0.18, 3))
    inwards = direction if socket else -direction
    surface = hip.radius_mm + (4.5 if socket else -1.0)
    deep = float(np.linalg.norm(axes * direction)) * float(rng.uniform(0.2, 1.1))
    place = np.asarray(hip.centre_lps_mm) + direction * surface + inwards * deep
    return _patch(rng, place, axes, inwards)


def _random_size_mm(rng: np.random.Generator) -> float:
    """Mean half-axis of a patch: small ones are the most frequent."""
    return float(np.clip(np.exp(rng.normal(np.log(8.0), 0.36)), 4.0, 18.0))


def _patch(
    rng: np.random.Generator,
    place: NDArray[np.float64],
    axes: NDArray[np.float64],
    away: NDArray[np.float64],
) -> Oedema:
    """A patch of random brightness; a small one has a short border."""
    size = float(np.mean(axes))
    faintest = 1.35 if size > SMALL_MM else 1.5
    contrast = float(np.clip(np.exp(rng.normal(np.log(2.05), 0.3)), faintest, 3.8))
    return Oedema(
        as_point(place),
        as_point(axes),
        feather_mm=float(min(rng.uniform(0.8, 4.5), 0.4 * size)),
        contrast=contrast,
        away=as_point(away),
        fade=float(rng.uniform(0.0, 0.4)),
        mottle=float(rng.uniform(0.0, 0.22)),
        ragged=float(rng.uniform(0.0, 0.16)),
    )


def _random_red_marrow(rng: np.random.Generator, hip: HipGeometry) -> Oedema:
    """A broad, faint patch in neck, shaft or acetabulum."""
    centre = np.asarray(hip.centre_lps_mm) + rng.normal(0, 1, 3) * 8
    place = centre + np.asarray(hip.neck_axis) * hip.radius_mm * rng.uniform(0.8, 3.0)
    if rng.random() < 0.35:
        place = centre + np.array([0, 0, rng.uniform(1.6, 3.0) * hip.radius_mm])
    if rng.random() < 0.3:
        medial = np.sign(-np.asarray(hip.neck_axis)[0])
        place = centre + np.array([medial * 0.5, 0.2, rng.uniform(1.5, 2.6)]) * hip.radius_mm
    size = rng.uniform(5, 26, 3)
    return Oedema(
        as_point(place),
        as_point(size),
        float(rng.uniform(4, 9)),
        float(rng.uniform(1.06, 1.32)),
        mottle=float(rng.uniform(0, 0.4)),
    )

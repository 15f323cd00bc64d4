"""How pelves and femurs of real adults differ: a statistical shape model as a smooth warp.

The model is a file beside the label maps (mean shape of pelvis and left femur,
modes, variances); without it patients differ by pose, size and random bends
alone. Warped with it as it is, a label map tears at the joint. So the modes are
damped, the displacement is smoothed over neighbouring nodes of both bones, and
within the joint it is one shift: head and socket stay concentric.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hipdesk.errors import UnreadableInput
from hipdesk.geometry import as_point
from hipdesk.records import Point, Side

SHAPE_FILE: Final = "llp26_pelvis_femurL.npz"
"""Name of the model in a folder of label maps: 26 adults, of musculoskeletal-models (MPL-2.0)."""

DAMPING: Final = 0.7
LIMIT: Final = 2.0
"""Modes are drawn at 0.7 of their spread, and no farther than two of it."""

_NEIGHBOURS: Final = 12
_SMOOTH_MM: Final = 14.0
_SYMPHYSIS_MM: Final = 25.0
_JOINT: Final = (1.3, 2.6)
"""Head radii within which the warp is a shift, and beyond which it is free."""


@dataclass(frozen=True, slots=True, eq=False)
class ShapeModel:
    """Left half of pelvis and femur, relative to the left head, in head radii.

    Attributes
    ----------
    nodes : (n, 3), x lateral (left), y posterior, z up
    modes : (n, 3, m), displacement of one standard deviation, in head radii
    head : (n,) nodes on the femoral head
    """

    nodes: NDArray[np.float64]
    modes: NDArray[np.float64]
    head: NDArray[np.bool_]
    tree: cKDTree = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class ShapeWarp:
    """One drawn shape: displacement of every node, in head radii, the head's taken off."""

    model: ShapeModel
    displacement: NDArray[np.float64]


def load_shape_model(path: Path) -> ShapeModel:
    """Read a model's mean, modes and variances.

    Raises
    ------
    UnreadableInput
        The file is missing or not of this form.
    """
    try:
        with np.load(path) as stored:
            mean = stored["mean"].astype(np.float64)
            modes = stored["modes"].astype(np.float64)
            spread = np.sqrt(stored["variances"].astype(np.float64))
            first = int(stored["n_pelvis"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UnreadableInput(f"The shape model {path.name} cannot be read.") from error
    femur = mean[first:]
    centre, radius = _head_sphere(femur)
    middle = float(mean[:first, 0].min() + mean[:first, 0].max()) / 2
    left = mean[:, 0] > middle
    nodes = (mean[left] - centre) / radius
    on_head = np.arange(len(mean))[left] >= first
    on_head &= np.abs(np.linalg.norm(nodes, axis=1) - 1) < 0.12
    return ShapeModel(nodes, modes[left] * spread / radius, on_head, cKDTree(nodes))


def random_shape(rng: np.random.Generator, model: ShapeModel) -> ShapeWarp:
    """Draw one body's shape."""
    share = DAMPING * np.clip(rng.normal(0, 1, model.modes.shape[2]), -LIMIT, LIMIT)
    moved = model.modes @ share
    return ShapeWarp(model, moved - moved[model.head].mean(axis=0))


def displacement(
    warp: ShapeWarp,
    head: tuple[Point, float],
    side: Side,
    middle_x: float,
    points: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Displacement (LPS mm) of points of one side of the body; the other side's get zero.

    Parameters
    ----------
    head : its centre (LPS mm) and radius
    middle_x : of the sagittal plane between the sides, where nothing moves sideways
    """
    centre, radius = head
    mirror = np.array([-1.0 if side is Side.RIGHT else 1.0, 1.0, 1.0])
    moved = np.zeros_like(points)
    own = (points[..., 0] - middle_x) * mirror[0] > 0
    place = points[own]
    if not len(place):
        return moved
    offset = (place - centre) * mirror / radius
    distance, near = warp.model.tree.query(offset, _NEIGHBOURS)
    width = _SMOOTH_MM / radius
    weight = np.exp(-((distance - distance[:, :1]) * (distance + distance[:, :1])) / width**2)
    weight /= weight.sum(axis=1, keepdims=True)
    bend = np.einsum("nk,nkd->nd", weight, warp.displacement[near])
    free = np.clip((np.linalg.norm(offset, axis=1) - _JOINT[0]) / (_JOINT[1] - _JOINT[0]), 0, 1)
    bend *= (free * free * (3 - 2 * free))[:, None]
    # Far from any bone nothing is known; the warp ends there.
    bend *= np.exp(-((distance[:, :1] * radius / 80) ** 2))
    bend[:, 0] *= np.clip(np.abs(place[:, 0] - middle_x) / _SYMPHYSIS_MM, 0, 1)
    moved[own] = bend * mirror * radius
    return moved


def _head_sphere(femur: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Centre and radius of the ball at a left femur's upper inner end."""
    upper = femur[femur[:, 2] > femur[:, 2].max() - 60]
    ball = upper[upper[:, 0] < upper[:, 0].min() + 22]
    for _ in range(6):
        centre, radius = _sphere(ball)
        apart = np.linalg.norm(upper - centre, axis=1)
        along = upper[:, 0] - centre[0]
        ball = upper[(np.abs(apart - radius) < 0.08 * radius) & (along < 0.5 * radius)]
    return np.asarray(centre), radius


def _sphere(points: NDArray[np.float64]) -> tuple[Point, float]:
    """Least-squares sphere through points."""
    system = np.column_stack([2 * points, np.ones(len(points))])
    found = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=None)[0]
    return as_point(found[:3]), float(np.sqrt(found[3] + found[:3] @ found[:3]))

"""A body small enough for tests: a slab of muscle with two ball-and-socket hips."""

from __future__ import annotations

from functools import cache

import numpy as np

from hipdesk.geometry import to_lps
from hipdesk.phantom.anatomy import (
    CANONICAL_AXES,
    CAPSULE,
    FEMUR,
    HIP_BONE,
    JOINT_SPACE,
    Anatomy,
    HipGeometry,
    Structure,
)
from hipdesk.phantom.prepared import PreparedAnatomy, prepare
from hipdesk.records import Side

SHAPE = (66, 108, 200)
HEAD_MM = 22.0


@cache
def toy_anatomy() -> Anatomy:
    affine = np.eye(4)
    affine[:3, :3] = CANONICAL_AXES
    affine[:3, 3] = -(CANONICAL_AXES @ ((np.asarray(SHAPE) - 1) / 2))
    points = to_lps(affine, np.moveaxis(np.indices(SHAPE), 0, -1))
    labels = np.full(SHAPE, Structure.MUSCLE, dtype=np.uint8)
    labels[:4] = labels[-4:] = Structure.AIR
    labels[4:10] = labels[-10:-4] = Structure.FAT
    hips = {}
    for side in Side:
        out = -1.0 if side is Side.RIGHT else 1.0
        centre = np.array([out * 55.0, 0.0, 10.0])
        axis = np.array([out * 0.8, 0.0, -0.6])
        offset = points - centre
        distance = np.linalg.norm(offset, axis=-1)
        along = offset @ axis
        across = np.linalg.norm(offset - along[..., None] * axis, axis=-1)
        own = points[..., 0] * out > 0
        labels[own & (distance < 38) & (along < 12)] = HIP_BONE[side]
        labels[own & (distance < 30) & (along < 45)] = CAPSULE[side]
        labels[own & (distance < HEAD_MM + 4) & (along < 8)] = JOINT_SPACE[side]
        femur = (distance < HEAD_MM) | ((across < 13) & (along > 0) & (along < 50))
        labels[own & femur] = FEMUR[side]
        hips[side] = HipGeometry(
            (float(centre[0]), 0.0, 10.0), HEAD_MM, (float(axis[0]), 0.0, float(axis[2]))
        )
    return Anatomy("toy", labels, affine, hips)


@cache
def toy_prepared() -> PreparedAnatomy:
    return prepare(toy_anatomy())

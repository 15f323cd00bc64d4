"""An anatomy with the distance fields that rendering needs, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.geometry import as_point, to_lps
from hipdesk.phantom.anatomy import (
    CAPSULE,
    FEMUR,
    HIP_BONE,
    JOINT_SPACE,
    Anatomy,
    Structure,
)
from hipdesk.phantom.noise import Noise
from hipdesk.records import Point, Side

DEPTH_STEP_MM: Final = 0.2
"""Resolution of the stored bone depth and fluid potential."""

_BONES: Final = (
    *FEMUR.values(),
    *HIP_BONE.values(),
    Structure.SACRUM,
    Structure.COCCYX,
    Structure.VERTEBRA,
)
_FLUID_REACH_MM: Final = 9.0
"""How far beyond the joint space a distended capsule may bulge."""

NO_FLUID: Final = 127
"""Potential where fluid cannot be."""


@dataclass(frozen=True, eq=False)
class PreparedAnatomy:
    """An anatomy and its fields, all on the anatomy's 1 mm grid.

    Attributes
    ----------
    bone_depth : uint8, distance to the bone's surface in `DEPTH_STEP_MM`, 0 outside bone
    body_depth : uint8, distance to the air in mm
    fluid_potential : int8, order in which joint fluid fills space, in
        `DEPTH_STEP_MM`: negative inside the joint space, positive where the
        capsule bulges, 127 where fluid cannot be
    """

    anatomy: Anatomy
    bone_depth: NDArray[np.uint8]
    body_depth: NDArray[np.uint8]
    fluid_potential: NDArray[np.int8]

    @cached_property
    def to_cells(self) -> NDArray[np.float32]:
        """3 x 4 matrix from LPS mm to fractional (slice, row, column)."""
        return np.linalg.inv(self.anatomy.affine)[:3].astype(np.float32)

    @cached_property
    def _fluid_places(self) -> dict[Side, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Points (LPS mm) that fluid may reach, one a cubic millimetre, and their order."""
        middle = _midline_column(self.anatomy)
        index = np.argwhere(self.fluid_potential < NO_FLUID)
        order = self.fluid_potential[tuple(index.T)] * np.float32(DEPTH_STEP_MM)
        points = to_lps(self.anatomy.affine, index).astype(np.float32)
        right = index[:, 2] < middle
        return {
            Side.RIGHT: (points[right], order[right]),
            Side.LEFT: (points[~right], order[~right]),
        }

    @cached_property
    def bladder(self) -> tuple[Point, Point] | None:
        """Middle and half-axes of the bladder in LPS mm; None where there is none."""
        box = _bounding(self.anatomy.labels == Structure.BLADDER, 0)
        start = np.array([part.start for part in box], dtype=np.float64)
        stop = np.array([part.stop for part in box], dtype=np.float64)
        if not (stop > start).all():
            return None
        half = np.abs(self.anatomy.affine[:3, :3] @ (stop - start)) / 2
        return as_point(to_lps(self.anatomy.affine, (start + stop - 1) / 2)), as_point(half)

    def fluid_level_mm(
        self, side: Side, volume_ml: float, uneven: Noise, uneven_mm: float
    ) -> float:
        """Level that fluid reaches when ``volume_ml`` of it is in a joint.

        Parameters
        ----------
        uneven : delays or hastens the fluid by ``uneven_mm`` (standard deviation)
        """
        points, order = self._fluid_places[side]
        reached = np.sort(order + uneven_mm * uneven.smooth_at(points))
        return float(reached[min(len(reached) - 1, round(volume_ml * 1000))])


def prepare(anatomy: Anatomy) -> PreparedAnatomy:
    """Compute the fields; seconds for a whole pelvis."""
    return PreparedAnatomy(
        anatomy, _bone_depth(anatomy.labels), _body_depth(anatomy.labels), _potential(anatomy)
    )


def _midline_column(anatomy: Anatomy) -> int:
    """Column halfway between the two head centres."""
    x = np.mean([hip.centre_lps_mm[0] for hip in anatomy.hips.values()])
    return round(float(x - anatomy.affine[0, 3]))


def _bounding(mask: NDArray[np.bool_], margin: int) -> tuple[slice, ...]:
    """Subscript of a mask's bounding box with a margin."""
    found = []
    for axis in range(3):
        other = tuple(i for i in range(3) if i != axis)
        hits = np.flatnonzero(mask.any(axis=other))
        if hits.size == 0:
            return (slice(0, 0),) * 3
        found.append(slice(max(0, hits[0] - margin), min(mask.shape[axis], hits[-1] + margin + 1)))
    return tuple(found)


def _bone_depth(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Depth inside each bone; neighbouring bones do not merge."""
    depth = np.zeros(labels.shape, dtype=np.uint8)
    for bone in _BONES:
        mask = labels == bone
        box = _bounding(mask, 1)
        distance = ndimage.distance_transform_edt(mask[box]).astype(np.float32)
        steps = np.clip(distance / DEPTH_STEP_MM, 0, 255).astype(np.uint8)
        np.maximum(depth[box], steps, out=depth[box])
    return depth


def _body_depth(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Depth below the skin, measured on a 4 mm grid."""
    body = ndimage.binary_fill_holes(labels[::4, ::4, ::4] != Structure.AIR)
    padded = np.pad(body, ((1, 1), (0, 0), (1, 1)))
    distance = ndimage.distance_transform_edt(padded)[1:-1, :, 1:-1] * 4.0
    fine = np.repeat(np.repeat(np.repeat(distance, 4, 0), 4, 1), 4, 2)
    cut = fine[: labels.shape[0], : labels.shape[1], : labels.shape[2]]
    return np.asarray(np.clip(cut, 0, 255), dtype=np.uint8)


def _potential(anatomy: Anatomy) -> NDArray[np.int8]:
    """Order in which fluid fills each joint: recesses along the neck, then the bulge.

    Beside the femur inside the capsule it collects first; between the two
    cartilages there is room only for a thin film; last the capsule bulges into
    the soft tissue around it.
    """
    labels = anatomy.labels
    potential = np.full(labels.shape, NO_FLUID, dtype=np.int8)
    for side in Side:
        capsule = labels == CAPSULE[side]
        space = labels == JOINT_SPACE[side]
        box = _bounding(capsule | space, int(_FLUID_REACH_MM) + 2)
        to_femur = ndimage.distance_transform_edt(labels[box] != FEMUR[side])
        to_socket = ndimage.distance_transform_edt(labels[box] != HIP_BONE[side])
        beyond = ndimage.distance_transform_edt(~(capsule | space)[box])
        film = 1.5 * np.abs(to_femur - to_socket) - 1.2
        order = np.where(space[box], film, to_femur - 3.5)
        order = np.where((capsule | space)[box], order, 2.0 + beyond)
        free = _can_hold_fluid(labels[box]) & (beyond < _FLUID_REACH_MM)
        smooth = ndimage.gaussian_filter(order, 1.2)
        steps = np.clip(smooth / DEPTH_STEP_MM, -120, 120).astype(np.int8)
        potential[box] = np.where(free, steps, potential[box])
    return potential


def _can_hold_fluid(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Soft tissue beside a joint that a distended capsule displaces."""
    soft = (labels >= Structure.MUSCLE) | (labels == Structure.FAT)
    joint = np.isin(labels, [*CAPSULE.values(), *JOINT_SPACE.values()])
    return np.asarray(soft | joint)

"""The surface of a bone outlined on thick slices, and the rigid motion between two of them.

Outlines are interpolated between slices by their signed distance (Raya and
Udupa, IEEE Trans Med Imaging 1990;9:32-42), so that a surface does not step
from slice to slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, optimize
from scipy.spatial.transform import Rotation

from hipdesk.geometry import spacing_of, to_index, to_lps
from hipdesk.records import Affine, BoolArray, FloatArray

Points = NDArray[np.float64]
"""(n, 3) LPS millimetres."""

STEP_MM: Final = 1.25
"""Of the grid on which distances are kept; they are linear between its points."""

REACH_MM: Final = 15.0
"""Distances are cut here; farther away a surface pulls with the same force."""

POINTS: Final = 2500
"""On each surface; more change the motion found by less than 0.01 mm."""

MINIMUM_POINTS: Final = 300
"""Fewer lie on less than a tenth of a femoral head."""

_SMOOTHING: Final = 0.6
_EDGE: Final = 2
_LEVER_MM: Final = 30.0
"""Distance from the head at which a turn weighs as much as a shift: a neck's length."""

_COARSE_MM: Final = 1.5
_FINE_MM: Final = 0.7
_EVALUATIONS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class BoneSurface:
    """A bone's surface within the block of slices on which it was outlined.

    Attributes
    ----------
    distance_mm : float32 (slices, rows, columns) on a grid of `STEP_MM`,
        negative inside the bone
    affine : of that grid
    points : on the surface, away from the block's faces, where it is only cut off
    """

    distance_mm: FloatArray
    affine: Affine
    points: Points

    def distances(self, points: Points) -> tuple[NDArray[np.float64], BoolArray]:
        """Signed distance of LPS points from the surface, and which lie in the block."""
        index = to_index(self.affine, points)
        inside = np.all((index >= 0) & (index <= np.subtract(self.distance_mm.shape, 1)), axis=1)
        values = ndimage.map_coordinates(
            self.distance_mm, index.T, output=np.float64, order=1, mode="nearest"
        )
        return values, inside


def bone_surface(mask: BoolArray, affine: Affine) -> BoneSurface:
    """The surface of an outlined bone.

    Parameters
    ----------
    mask : (slices, rows, columns) a block of native pixels
    affine : of the block
    """
    spacing = spacing_of(affine)
    outlines = np.stack([_outline_distance(picture, spacing[1:]) for picture in mask])
    zoom = STEP_MM / np.asarray(spacing)
    shape = tuple(int((n - 1) / z) + 1 for n, z in zip(mask.shape, zoom, strict=True))
    between = ndimage.affine_transform(outlines, zoom, output_shape=shape, order=1, mode="nearest")
    distance = ndimage.gaussian_filter(_signed_distance(between < 0) * STEP_MM, _SMOOTHING)
    distance = np.clip(distance, -REACH_MM, REACH_MM).astype(np.float32)
    fine = affine.copy()
    fine[:3, :3] *= zoom
    return BoneSurface(distance, fine, _surface_points(distance, fine))


def moved(matrix: Affine, points: ArrayLike) -> Points:
    """Points carried by a 4 x 4 matrix."""
    return np.asarray(np.asarray(points) @ matrix[:3, :3].T + matrix[:3, 3])


def rigid(turn: NDArray[np.float64], pivot: ArrayLike, target: ArrayLike) -> Affine:
    """The matrix that turns about ``pivot`` and carries it to ``target``.

    Parameters
    ----------
    turn : 3 x 3 rotation
    """
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = np.asarray(target) - turn @ np.asarray(pivot)
    return matrix


def inverse(matrix: Affine) -> Affine:
    """The motion back."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def halfway(first: Affine, second: Affine, pivot: ArrayLike) -> Affine:
    """The motion midway between two, by the path of ``pivot`` and by their turns."""
    turn = Rotation.from_matrix(np.stack([first[:3, :3], second[:3, :3]])).mean().as_matrix()
    at = np.asarray(pivot)[None]
    return rigid(turn, pivot, (moved(first, at)[0] + moved(second, at)[0]) / 2)


def fit_surfaces(
    earlier: BoneSurface, later: BoneSurface, earlier_head: ArrayLike, later_head: ArrayLike
) -> Affine:
    """The rigid motion that lays a later surface on an earlier one.

    Starts from the shift between the head centres and minimises the distances
    of each one's points from the other's surface, far ones counting less.

    Parameters
    ----------
    earlier_head, later_head : LPS millimetres

    Returns
    -------
    4 x 4, later LPS mm to earlier LPS mm
    """
    scale = np.repeat((1 / _LEVER_MM, 1.0), 3)

    def motion(state: NDArray[np.float64]) -> Affine:
        turn = Rotation.from_rotvec(state[:3] * scale[:3]).as_matrix()
        return rigid(turn, later_head, np.asarray(earlier_head) + state[3:])

    def misses(state: NDArray[np.float64]) -> NDArray[np.float64]:
        values, inside = _gaps(earlier, later, motion(state))
        return np.asarray(values * inside)

    state = np.zeros(6)
    for loss, width_mm in (("soft_l1", _COARSE_MM), ("cauchy", _FINE_MM)):
        found = optimize.least_squares(
            misses, state, loss=loss, f_scale=width_mm, max_nfev=_EVALUATIONS
        )
        state = found.x
    return motion(state)


def surface_gaps(
    earlier: BoneSurface, later: BoneSurface, later_to_earlier: Affine
) -> NDArray[np.float64]:
    """Millimetres between two surfaces, from the points of each to the other.

    Points that the other block does not show are left out.
    """
    values, inside = _gaps(earlier, later, later_to_earlier)
    return np.abs(values[inside])


def _gaps(
    earlier: BoneSurface, later: BoneSurface, matrix: Affine
) -> tuple[NDArray[np.float64], BoolArray]:
    """Signed distances both ways, and which count."""
    there, there_inside = earlier.distances(moved(matrix, later.points))
    back, back_inside = later.distances(moved(inverse(matrix), earlier.points))
    return np.concatenate([there, back]), np.concatenate([there_inside, back_inside])


def _outline_distance(picture: BoolArray, spacing_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Signed distance from one slice's outline, negative inside."""
    if picture.any() and not picture.all():
        outside = ndimage.distance_transform_edt(~picture, sampling=spacing_mm)
        inside = ndimage.distance_transform_edt(picture, sampling=spacing_mm)
        return np.asarray(np.clip(outside - inside, -REACH_MM, REACH_MM))
    return np.full(picture.shape, -REACH_MM if picture.any() else REACH_MM)


def _signed_distance(inside: BoolArray) -> NDArray[np.float64]:
    """Voxels from the face between bone and not bone, negative inside."""
    if inside.all() or not inside.any():
        return np.full(inside.shape, -REACH_MM if inside.any() else REACH_MM)
    outward = ndimage.distance_transform_edt(~inside)
    inward = ndimage.distance_transform_edt(inside)
    return np.asarray(outward - inward + np.where(inside, 0.5, -0.5))


def _surface_points(distance: FloatArray, affine: Affine) -> Points:
    """Evenly chosen points where the distance is zero, faces of the block left out."""
    index = np.argwhere(np.abs(distance) < 0.8 * STEP_MM)
    away = np.all((index >= _EDGE) & (index < np.subtract(distance.shape, _EDGE)), axis=1)
    index = index[away]
    if min(distance.shape) < 2 or not len(index):
        return np.empty((0, 3))
    slopes = np.asarray(np.gradient(distance, STEP_MM))
    slope = slopes[(slice(None), *index.T)].T
    steepness = np.sum(slope**2, axis=1)
    clear = steepness > 0.25
    index, slope, steepness = index[clear], slope[clear], steepness[clear]
    back = distance[tuple(index.T)][:, None] * slope / steepness[:, None] / STEP_MM
    return to_lps(affine, (index - back)[:: max(1, len(index) // POINTS)])

"""One hip at two visits laid on each other, and what became of its lesions.

An alignment maps the later visit's LPS millimetres to the earlier's. The femur
(with neck and trochanter) and the hip bone move separately, so each has its
own; oedema in the acetabulum follows the hip bone, everything else the femur.
Scores are never measured here: they stay on each visit's own pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from hipdesk.bone_surface import (
    MINIMUM_POINTS,
    BoneSurface,
    bone_surface,
    inverse,
    moved,
    rigid,
    surface_gaps,
)
from hipdesk.errors import BugError
from hipdesk.geometry import as_point, to_index, to_lps, voxel_volume_ml
from hipdesk.grids import Grid
from hipdesk.hip_alignment import Hand
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import (
    Affine,
    BoolArray,
    FloatArray,
    HipResult,
    Point,
    Segmentation,
    SegmentClass,
    Side,
    Volume,
    read_only,
)

MEDIAN_LIMIT_MM: Final = 1.5
"""Farther apart, surfaces are not the same bone or not aligned.

Of 40 simulated pairs outlined by the bundled models none lies above 1.2 mm; most
pairs of two different people do, though not all: this is no proof of identity.
"""

FAR_LIMIT_MM: Final = 8.0
"""The same for 95 % of the surface: two slices, which outlines differ by at their ends.

One pair in 20 of the same simulated person lies above, aligned well by its signal.
"""

TURN_LIMIT_DEG: Final = 40.0
"""A leg turns less between the two feet's extremes when it lies in a scanner (our choice)."""

HEAD_LIMIT_MM: Final = 10.0
"""From where a head was found to where the alignment takes it (our choice)."""

HAND_DECIMALS: Final = 6
"""Of a hand's millimetres and degrees: far finer than its steps."""


class Refusal(StrEnum):
    """Why two visits' bones cannot be laid on each other."""

    TOO_LITTLE_BONE = "too_little_bone"
    RESIDUAL = "residual"
    TURN = "turn"
    HEAD_ASTRAY = "head_astray"


@dataclass(frozen=True, slots=True, eq=False)
class HipScan:
    """One hip on one visit's series.

    Attributes
    ----------
    voxels : float32 (slices, rows, columns), the whole series
    affine : of the series
    segmentation : masks on the series' native grid
    head_lps_mm : head centre
    """

    voxels: FloatArray
    affine: Affine
    segmentation: Segmentation
    head_lps_mm: Point

    @property
    def side(self) -> Side:
        """Which hip it is."""
        return self.segmentation.side

    @property
    def grid(self) -> Grid:
        """The block of native pixels that the masks cover."""
        block = self.affine.copy()
        block[:3, 3] = to_lps(self.affine, self.segmentation.box.start)
        return Grid(block, self.segmentation.box.shape)

    def surface(self, bone: SegmentClass) -> BoneSurface:
        """The surface of one of its bones."""
        return bone_surface(self.segmentation.masks[bone], self.grid.affine)


def hip_scan(volume: Volume, hip: HipResult) -> HipScan:
    """A hip of an analysis with the pixels it was found on.

    Raises
    ------
    BugError
        The hip has no masks.
    """
    if hip.segmentation is None or hip.head.centre_lps_mm is None:
        raise BugError("a hip without masks cannot be aligned")
    return HipScan(volume.voxels, volume.series.affine, hip.segmentation, hip.head.centre_lps_mm)


@dataclass(frozen=True, slots=True, eq=False)
class AlignmentRequest:
    """Two visits of one hip, and the bone to be laid on itself.

    Attributes
    ----------
    bone : ``proximal_femur`` or ``acetabulum``
    """

    earlier: HipScan
    later: HipScan
    bone: SegmentClass = SegmentClass.PROXIMAL_FEMUR

    def __post_init__(self) -> None:
        if self.earlier.side is not self.later.side:
            raise BugError("a right hip cannot be aligned with a left one")
        if self.bone not in (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM):
            raise BugError("only femur and acetabulum are aligned")


@dataclass(frozen=True, slots=True)
class Residual:
    """Distance between the bone's two surfaces after alignment, in millimetres.

    Attributes
    ----------
    median_mm, p95_mm : over the points of both surfaces that both visits show
    """

    median_mm: float
    p95_mm: float


@dataclass(frozen=True, slots=True)
class Nudge:
    """A reader's correction, made in the earlier visit's frame after the alignment.

    Attributes
    ----------
    shift_mm : along LPS x, y, z
    turn_deg : rotation vector about the earlier head centre, in degrees
    """

    shift_mm: Point = (0.0, 0.0, 0.0)
    turn_deg: Point = (0.0, 0.0, 0.0)

    def then(self, other: Nudge) -> Nudge:
        """Both corrections, this one first."""
        first, second = (_turn(nudge.turn_deg) for nudge in (self, other))
        shift = second.apply(self.shift_mm) + np.asarray(other.shift_mm)
        turn = (second * first).as_rotvec(degrees=True)
        return Nudge(as_point(shift), as_point(turn))

    def matrix(self, about: Point) -> Affine:
        """4 x 4 in the earlier visit's LPS millimetres."""
        return rigid(_turn(self.turn_deg).as_matrix(), about, np.add(about, self.shift_mm))


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a later visit's bone lies on the earlier one.

    Attributes
    ----------
    found : 4 x 4 as found, later LPS mm to earlier LPS mm
    about : earlier head centre, about which a nudge turns
    residual : None where too little bone is in common to measure it
    refused : why it must not be used; None where it may
    reason : the same as a sentence for the reader; empty where it may be used
    refined : the signal around the bone agreed with its outlines and was used
    """

    side: Side
    bone: SegmentClass
    found: Affine
    about: Point
    residual: Residual | None
    refused: Refusal | None = None
    reason: str = ""
    nudge: Nudge = field(default_factory=Nudge)
    refined: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", read_only(self.found))

    @property
    def later_to_earlier(self) -> Affine:
        """4 x 4, later LPS mm to earlier LPS mm, the reader's nudge included."""
        return np.asarray(self.nudge.matrix(self.about) @ self.found)

    def shift_mm(self, later_head_mm: Point) -> Point:
        """By how much the later head centre is moved along x, y and z, in millimetres."""
        return as_point(moved(self.later_to_earlier, later_head_mm) - np.asarray(later_head_mm))

    @property
    def angles_deg(self) -> Point:
        """Turns about the patient's x, y and z axes, carried out in this order."""
        turn = Rotation.from_matrix(self.later_to_earlier[:3, :3])
        return as_point(turn.as_euler("xyz", degrees=True))


class Registrar(Protocol):
    """Lays a later visit's bone on the earlier one."""

    def __call__(
        self,
        request: AlignmentRequest,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Alignment:
        """Align; the same request gives the same alignment.

        Raises
        ------
        Cancelled
            The user asked to stop.
        """
        ...


def judged(
    request: AlignmentRequest,
    found: Affine,
    surfaces: tuple[BoneSurface, BoneSurface] | None = None,
    nudge: Nudge | None = None,
) -> Alignment:
    """An alignment with its residual, refused where that or the motion is out of bounds.

    Parameters
    ----------
    found : 4 x 4, later LPS mm to earlier LPS mm
    surfaces : of the earlier and the later bone, where they are known already
    """
    earlier, later = surfaces or (
        request.earlier.surface(request.bone),
        request.later.surface(request.bone),
    )
    about = request.earlier.head_lps_mm
    plain = Alignment(
        request.earlier.side, request.bone, found, about, None, nudge=nudge or Nudge()
    )
    gaps = surface_gaps(earlier, later, plain.later_to_earlier)
    shared = min(len(gaps), len(earlier.points), len(later.points))
    if shared < MINIMUM_POINTS:
        return replace(
            plain,
            refused=Refusal.TOO_LITTLE_BONE,
            reason=f"The two visits have too little of the {_WORDS[request.bone]} in common: "
            f"{shared} points of its surface, where {MINIMUM_POINTS} are needed; compare them "
            "side by side.",
        )
    residual = Residual(float(np.median(gaps)), float(np.percentile(gaps, 95)))
    refused, reason = _verdict(request, plain.later_to_earlier, residual)
    return replace(plain, residual=residual, refused=refused, reason=reason)


def nudged(
    alignment: Alignment,
    request: AlignmentRequest,
    nudge: Nudge,
    surfaces: tuple[BoneSurface, BoneSurface] | None = None,
) -> Alignment:
    """The alignment with one more correction by a reader, measured and judged anew.

    Parameters
    ----------
    surfaces : of the earlier and the later bone, where they are known already
    """
    anew = judged(request, alignment.found, surfaces, alignment.nudge.then(nudge))
    return replace(anew, refined=alignment.refined)


def nudge_of(hand: Hand, found: Affine) -> Nudge:
    """The correction that puts the earlier outline where a reader wants it.

    A motion of the outline on the later visit's pictures is the inverse motion of
    the later bone in the earlier visit's frame.

    Parameters
    ----------
    found : 4 x 4, later LPS mm to earlier LPS mm
    """
    axes = found[:3, :3]
    turn = as_point(-(axes @ np.asarray(hand.turn_deg)))
    shift = as_point(-_turn(turn).apply(axes @ np.asarray(hand.shift_mm)))
    return Nudge(shift, turn)


def hand_of(nudge: Nudge, found: Affine) -> Hand:
    """Where a correction puts the earlier outline; the inverse of `nudge_of`."""
    axes = found[:3, :3]
    shift = axes.T @ _turn(nudge.turn_deg).inv().apply(nudge.shift_mm)
    return Hand(_settled(-shift), _settled(-(axes.T @ np.asarray(nudge.turn_deg))))


@dataclass(frozen=True, slots=True, eq=False)
class LesionDifference:
    """What became of one lesion class between two visits.

    Attributes
    ----------
    new, resolved, persistent : bool masks on the block of the earlier visit's
        masks (`HipScan.grid`); only where both visits have pixels
    voxel_ml : of that block
    uncompared_ml : lesion of either visit where the other has no pixels
    """

    new: BoolArray
    resolved: BoolArray
    persistent: BoolArray
    voxel_ml: float
    uncompared_ml: float

    @property
    def new_ml(self) -> float:
        """Lesion at the later visit alone."""
        return float(self.new.sum()) * self.voxel_ml

    @property
    def resolved_ml(self) -> float:
        """Lesion at the earlier visit alone."""
        return float(self.resolved.sum()) * self.voxel_ml

    @property
    def persistent_ml(self) -> float:
        """Lesion at both."""
        return float(self.persistent.sum()) * self.voxel_ml


def differences(
    earlier: HipScan, later: HipScan, alignment: Alignment
) -> Mapping[SegmentClass, LesionDifference]:
    """New, resolved and persistent lesions that follow the aligned bone.

    The later masks are sampled linearly on the earlier visit's pixels and cut at
    one half, so volumes are those of the earlier grid and differ a little from
    the later visit's own.

    Returns
    -------
    with the acetabulum: its oedema; with the femur: all other oedema, and
    effusion with synovitis. Nothing where a visit has no lesion masks.

    Raises
    ------
    BugError
        The alignment was refused.
    """
    if alignment.refused is not None:
        raise BugError("lesions compared through a refused alignment")
    if not (earlier.segmentation.has_lesions and later.segmentation.has_lesions):
        return {}
    matrix = alignment.later_to_earlier
    before, after = (_followers(scan.segmentation, alignment.bone) for scan in (earlier, later))
    index, common = _seen(earlier.grid, later.grid, inverse(matrix))
    lost = ~_seen(later.grid, earlier.grid, matrix)[1]
    return {
        name: _difference(
            before[name],
            _sampled(after[name], index),
            common,
            voxel_volume_ml(earlier.affine),
            float((after[name] & lost).sum()) * voxel_volume_ml(later.affine),
        )
        for name in before
    }


_WORDS: Final[Mapping[SegmentClass, str]] = {
    SegmentClass.PROXIMAL_FEMUR: "femur",
    SegmentClass.ACETABULUM: "hip bone",
}

ASK: Final = "check the outlines of both visits."


def _settled(values: NDArray[np.float64]) -> Point:
    """Millimetres or degrees without rounding errors, nor a minus before zero."""
    return as_point(np.round(values, HAND_DECIMALS) + 0.0)


def _turn(vector_deg: Point) -> Rotation:
    return Rotation.from_rotvec(vector_deg, degrees=True)


def _verdict(
    request: AlignmentRequest, matrix: Affine, residual: Residual
) -> tuple[Refusal | None, str]:
    """Why an alignment must not be used, worst first."""
    bone = _WORDS[request.bone]
    turn = math.degrees(Rotation.from_matrix(matrix[:3, :3]).magnitude())
    head = moved(matrix, request.later.head_lps_mm)
    astray = float(np.linalg.norm(head - np.asarray(request.earlier.head_lps_mm)))
    if residual.median_mm > MEDIAN_LIMIT_MM or residual.p95_mm > FAR_LIMIT_MM:
        return Refusal.RESIDUAL, (
            f"After alignment the surfaces of the {bone} lie {residual.median_mm:.2f} mm apart, "
            f"95 % within {residual.p95_mm:.2f} mm, where no more than {MEDIAN_LIMIT_MM:.1f} mm "
            f"and {FAR_LIMIT_MM:.1f} mm are allowed; {ASK}"
        )
    if turn > TURN_LIMIT_DEG:
        return Refusal.TURN, (
            f"The {bone} would be turned by {turn:.1f} degrees, where no more than "
            f"{TURN_LIMIT_DEG:.0f} are allowed; {ASK}"
        )
    if astray > HEAD_LIMIT_MM:
        return Refusal.HEAD_ASTRAY, (
            f"The {bone} would take the head {astray:.1f} mm away from where it was found, where "
            f"no more than {HEAD_LIMIT_MM:.0f} mm are allowed; {ASK}"
        )
    return None, ""


def _followers(found: Segmentation, bone: SegmentClass) -> Mapping[SegmentClass, BoolArray]:
    """Lesion masks that move with a bone."""
    oedema, socket = found.masks[SegmentClass.BME], found.masks[SegmentClass.ACETABULUM]
    if bone is SegmentClass.ACETABULUM:
        return {SegmentClass.BME: oedema & socket}
    return {
        SegmentClass.BME: oedema & ~socket,
        SegmentClass.EFFUSION_SYNOVITIS: found.masks[SegmentClass.EFFUSION_SYNOVITIS],
    }


def _seen(here: Grid, there: Grid, matrix: Affine) -> tuple[NDArray[np.float64], BoolArray]:
    """Fractional index on the other grid of every pixel here, and whether it is on it.

    Parameters
    ----------
    matrix : from LPS mm here to LPS mm there
    """
    pixels = np.moveaxis(np.indices(here.shape), 0, -1)
    index = to_index(there.affine, moved(matrix, to_lps(here.affine, pixels)))
    inside = np.all((index >= -0.5) & (index <= np.subtract(there.shape, 0.5)), axis=-1)
    return index, inside


def _sampled(mask: BoolArray, index: NDArray[np.float64]) -> BoolArray:
    """A mask at fractional indices (..., 3): linear, cut at one half."""
    values = ndimage.map_coordinates(
        mask.astype(np.float32), np.moveaxis(index, -1, 0), order=1, mode="nearest"
    )
    return np.asarray(values >= 0.5)


def _difference(
    before: BoolArray, after: BoolArray, common: BoolArray, voxel_ml: float, lost_ml: float
) -> LesionDifference:
    """One class's masks, told apart where both visits have pixels."""
    return LesionDifference(
        new=read_only(after & ~before & common),
        resolved=read_only(before & ~after & common),
        persistent=read_only(before & after & common),
        voxel_ml=voxel_ml,
        uncompared_ml=float((before & ~common).sum()) * voxel_ml + lost_ml,
    )

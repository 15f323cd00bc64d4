"""A simulated patient, seen through a stack of slices: signal and ground truth.

Each pixel averages several points spread over its area and the slice's
thickness, so borders have the partial volume of a real scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import to_lps
from hipdesk.phantom.anatomy import FEMUR, HIP_BONE, HipGeometry, Structure
from hipdesk.phantom.deformation import Pose, to_anatomy
from hipdesk.phantom.lesions import OEDEMA_BORDER, HipLesions, oedema_fraction
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.phantom.prepared import DEPTH_STEP_MM, NO_FLUID, PreparedAnatomy
from hipdesk.phantom.signal import TissueSignals
from hipdesk.records import Affine, BoolArray, FloatArray, SegmentClass, Side

LATTICE_MM: Final = 6.0
"""Spacing of the points at which the deformation is computed; linear between."""

FLUID_UNEVEN_MM: Final = 1.1
"""How much sooner or later fluid reaches one place than another."""

HEAD_PLANE: Final = 0.75
"""The femoral head ends at this many radii along the neck (see DESIGN: classes)."""

_HEAD_TO_FEET: Final = 1
_SOFT_MM: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Textures:
    """The fine structure of one patient's tissues."""

    marrow: Noise
    marrow_coarse: Noise
    muscle: Noise
    fat: Noise
    bowel: Noise
    vessels: tuple[Noise, Noise]
    strength: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Everything that makes one simulated patient, whatever the sequence."""

    prepared: PreparedAnatomy
    pose: Pose
    lesions: Mapping[Side, HipLesions]
    textures: Textures


@dataclass(frozen=True, slots=True)
class SliceGrid:
    """Where to look: the affine (slice, row, column) to LPS mm, shape and slice thickness."""

    affine: Affine
    shape: tuple[int, int, int]
    thickness_mm: float
    in_plane: int = 2
    through_plane: int = 3


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """Noise-free signal and truth on a `SliceGrid`.

    Attributes
    ----------
    signal : float32 (slices, rows, columns)
    truth : (side, class) to bool masks of the same shape
    body_depth : float32, mm below the skin
    fat : share of fat in each pixel
    """

    signal: FloatArray
    truth: Mapping[tuple[Side, SegmentClass], BoolArray]
    body_depth: FloatArray
    fat: FloatArray


def random_textures(rng: np.random.Generator) -> Textures:
    """Draw the textures of one patient."""
    strength = {
        "marrow": float(rng.uniform(0.03, 0.12)),
        "marrow_coarse": float(rng.uniform(0.02, 0.10)),
        "muscle": float(rng.uniform(0.05, 0.16)),
        "fat": float(rng.uniform(0.05, 0.2)),
        "bowel": float(rng.uniform(0.2, 0.7)),
        "vessels": float(rng.uniform(0.04, 0.14)),
    }
    return Textures(
        marrow=random_noise(rng, 1.4),
        marrow_coarse=random_noise(rng, 9.0),
        muscle=random_noise(rng, 1.6, (1.2, 1.2, 7.0)),
        fat=random_noise(rng, 2.5, (2.0, 2.0, 1.0)),
        bowel=random_noise(rng, 9.0),
        vessels=(random_noise(rng, 12.0), random_noise(rng, 12.0)),
        strength=strength,
    )


def render(
    rng: np.random.Generator,
    subject: Subject,
    grid: SliceGrid,
    signals: TissueSignals,
    sides: tuple[Side, ...] = tuple(Side),
) -> Rendering:
    """Compute a stack slice by slice; ``rng`` only jitters the sample points."""
    painter = _Painter(subject, grid, signals, sides)
    slices = [painter.paint(rng, index) for index in range(grid.shape[0])]
    truth = {
        (side, name): np.stack([part.truth[side, name] for part in slices])
        for side in sides
        for name in SegmentClass
    }
    return Rendering(
        np.stack([part.signal for part in slices]),
        truth,
        np.stack([part.body_depth for part in slices]),
        np.stack([part.fat for part in slices]),
    )


class _Painter:
    """Paints the slices of one stack."""

    def __init__(
        self,
        subject: Subject,
        grid: SliceGrid,
        signals: TissueSignals,
        sides: tuple[Side, ...],
    ) -> None:
        self.subject = subject
        self.grid = grid
        self.signals = signals
        self.sides = sides
        self.anatomy = subject.prepared.anatomy
        self.lattice = _Lattice(subject, grid)
        self._uneven = subject.lesions[Side.RIGHT].fluid_border
        self.levels = {
            side: subject.prepared.fluid_level_mm(
                side, lesions.fluid_ml, self._uneven, FLUID_UNEVEN_MM
            )
            for side, lesions in subject.lesions.items()
        }
        lookup = np.arange(256)
        self.is_bone = np.isin(lookup, [*FEMUR.values(), *HIP_BONE.values(), 9, 10, 11])
        self.is_muscle = lookup >= Structure.MUSCLE
        self.is_soft = self.is_muscle | (lookup == Structure.FAT)

    def paint(self, rng: np.random.Generator, index: int) -> Rendering:
        """One slice, its arrays without the slice axis."""
        rows, columns = self.grid.shape[1:]
        sums = _Sums(rows, columns, self.grid.in_plane)
        centres = self.lattice.plane(float(index), rows, columns, 1)
        uneven = self._fluid_unevenness(centres)
        for points in self._samples(index):
            self._add(rng, points, uneven, sums)
        mean = sums.mean()
        vessel = self._vessels(centres, mean)
        signal = mean["signal"] * self._texture(centres, mean)
        signal = signal + vessel * (self.signals.vessel - signal)
        fraction, extra = self._oedema(centres)
        signal = signal + self.signals.marrow * mean["marrow"] * extra
        return Rendering(
            signal.astype(np.float32),
            self._truth(centres, mean, fraction),
            self._body_depth(centres),
            mean["fat"],
        )

    def _samples(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Anatomy points of each sub-plane through the slice's thickness."""
        count = self.grid.through_plane
        step = float(np.linalg.norm(self.grid.affine[:3, 0]))
        reach = self.grid.thickness_mm / step
        rows, columns = self.grid.shape[1:]
        for k in range(count):
            offset = ((k + 0.5) / count - 0.5) * reach
            yield self.lattice.plane(index + offset, rows, columns, self.grid.in_plane)

    def _fluid_unevenness(self, centres: NDArray[np.float32]) -> FloatArray:
        """How much sooner or later fluid reaches a place, in mm, one value a sample."""
        noise = FLUID_UNEVEN_MM * self._uneven.smooth_at(centres)
        n = self.grid.in_plane
        return np.repeat(np.repeat(noise, n, axis=0), n, axis=1)

    def _add(
        self,
        rng: np.random.Generator,
        points: NDArray[np.float32],
        uneven: FloatArray,
        sums: _Sums,
    ) -> None:
        """Label one sub-plane's points and add their signal and shares."""
        prepared = self.subject.prepared
        jitter = rng.random(points.shape, dtype=np.float32) - np.float32(0.5)
        flat, inside = self._cells(points, jitter)
        labels = np.where(inside, prepared.anatomy.labels.ravel()[flat], np.uint8(0))
        value = self.signals.by_label[labels]
        marrow = self.is_bone[labels].astype(np.float32)
        self._cortex(points, flat, labels, marrow, value)
        fluid = self._fluid(points, flat, inside, labels, uneven, value)
        sums.add("signal", value)
        sums.add("marrow", marrow)
        sums.add("fat", labels == Structure.FAT)
        sums.add("muscle", self.is_muscle[labels])
        sums.add("bowel", (labels == Structure.COLON) | (labels == Structure.SMALL_BOWEL))
        for side in self.sides:
            right = points[..., 0] < self._middle()
            sums.add(f"femur{side}", labels == FEMUR[side])
            sums.add(f"hip{side}", labels == HIP_BONE[side])
            sums.add(f"fluid{side}", fluid * (right if side is Side.RIGHT else ~right))

    def _middle(self) -> float:
        """X halfway between the heads, in the anatomy's frame."""
        return float(np.mean([hip.centre_lps_mm[0] for hip in self.anatomy.hips.values()]))

    def _cells(
        self, points: NDArray[np.float32], jitter: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Flat label index of points, and whether they are on the grid.

        Above and below the anatomy its last sections continue, as a body does.
        """
        matrix = self.subject.prepared.to_cells
        cells = points @ matrix[:, :3].T + matrix[:, 3]
        if jitter is not None:
            cells += jitter
        nearest = np.rint(cells).astype(np.int32)
        shape = self.anatomy.labels.shape
        inside = np.ones(points.shape[:-1], dtype=np.bool_)
        for axis, size in enumerate(shape):
            if axis != _HEAD_TO_FEET:
                inside &= (nearest[..., axis] >= 0) & (nearest[..., axis] < size)
            np.clip(nearest[..., axis], 0, size - 1, out=nearest[..., axis])
        flat = (nearest[..., 0] * shape[1] + nearest[..., 1]) * shape[2] + nearest[..., 2]
        return flat, inside

    def _cortex(
        self,
        points: NDArray[np.float32],
        flat: NDArray[np.int64],
        labels: NDArray[np.uint8],
        marrow: FloatArray,
        value: FloatArray,
    ) -> None:
        """Blacken compact bone: thin at the joint, thick along the shaft."""
        bone = np.flatnonzero(marrow)
        depth = self.subject.prepared.bone_depth.ravel()[flat.ravel()[bone]] * DEPTH_STEP_MM
        place = points.reshape(-1, 3)[bone]
        thickness = np.full(bone.shape, 1.5, dtype=np.float32)
        for side, hip in self.anatomy.hips.items():
            below = (hip.centre_lps_mm[2] - place[:, 2]) - 2.7 * hip.radius_mm
            shaft = 1.5 + 3.5 * np.clip(below / 60.0, 0.0, 1.0)
            own = labels.ravel()[bone] == FEMUR[side]
            thickness = np.where(own, shaft, thickness)
        compact = _soft_step((thickness - depth) / _SOFT_MM)
        tissue = value.ravel()[bone]
        value.ravel()[bone] = tissue + compact * (self.signals.cortex - tissue)
        marrow.ravel()[bone] = 1 - compact

    def _fluid(
        self,
        points: NDArray[np.float32],
        flat: NDArray[np.int64],
        inside: BoolArray,
        labels: NDArray[np.uint8],
        uneven: FloatArray,
        value: FloatArray,
    ) -> FloatArray:
        """Fill the joints and any bursae; the share of fluid that is inside a capsule."""
        order = self.subject.prepared.fluid_potential.ravel()[flat]
        fluid = np.zeros(labels.shape, dtype=np.float32)
        candidates = np.flatnonzero(inside & (order < NO_FLUID))
        place = points.reshape(-1, 3)[candidates]
        right = place[:, 0] < self._middle()
        level = np.where(right, self.levels[Side.RIGHT], self.levels[Side.LEFT])
        reached = order.ravel()[candidates] * DEPTH_STEP_MM + uneven.ravel()[candidates]
        fluid.ravel()[candidates] = _soft_step((level - reached) / _SOFT_MM)
        value += fluid * (self.signals.fluid - value)
        for lesions in self.subject.lesions.values():
            for centre, radius in lesions.bursae:
                axes = np.asarray((radius * 0.5, radius, radius), dtype=np.float32)
                offset = (points - np.asarray(centre, dtype=np.float32)) / axes
                near = (np.einsum("...i,...i", offset, offset) < 1) & self.is_soft[labels]
                value[near & (fluid < 0.5)] = self.signals.fluid
        return fluid

    def _vessels(self, points: NDArray[np.float32], share: Mapping[str, FloatArray]) -> FloatArray:
        """Share of each pixel that is vessel: tubes where two smooth fields cross zero."""
        textures = self.subject.textures
        first, second = (field.smooth_at(points) for field in textures.vessels)
        width = textures.strength["vessels"]
        distance = np.hypot(first, second) / width
        tube = np.clip(1.5 - distance, 0, 1)
        soft = share["muscle"] + share["fat"] + 0.35 * share["marrow"] * (first > 0)
        return np.asarray(tube * soft, dtype=np.float32)

    def _texture(self, points: NDArray[np.float32], share: Mapping[str, FloatArray]) -> FloatArray:
        """Factor on the signal from the fine structure of each tissue."""
        textures = self.subject.textures
        strength = textures.strength
        marrow = strength["marrow"] * textures.marrow.at(points)
        marrow += strength["marrow_coarse"] * textures.marrow_coarse.smooth_at(points)
        factor = 1 + share["marrow"] * marrow
        factor += share["muscle"] * strength["muscle"] * textures.muscle.at(points)
        factor += share["fat"] * strength["fat"] * textures.fat.at(points)
        factor += share["bowel"] * strength["bowel"] * textures.bowel.smooth_at(points)
        return np.asarray(np.clip(factor, 0.2, 3.0), dtype=np.float32)

    def _oedema(self, points: NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
        """(lesion fraction, added marrow contrast with red marrow) at pixel centres."""
        fraction = np.zeros(points.shape[:-1], dtype=np.float32)
        extra = np.zeros_like(fraction)
        for lesions in self.subject.lesions.values():
            own, added = oedema_fraction(lesions.oedema, lesions.border, points)
            _, red = oedema_fraction(lesions.red_marrow, lesions.border, points)
            np.maximum(fraction, own, out=fraction)
            np.maximum(extra, np.maximum(added, red), out=extra)
        if not self.signals.fluid_sensitive:
            extra = np.float32(-0.4) * np.clip(extra, 0, 1)
        return fraction, extra

    def _truth(
        self,
        points: NDArray[np.float32],
        share: Mapping[str, FloatArray],
        fraction: FloatArray,
    ) -> dict[tuple[Side, SegmentClass], BoolArray]:
        """Masks of one slice by majority share."""
        truth = {}
        for side in self.sides:
            femur = share[f"femur{side}"] >= 0.5
            socket = share[f"hip{side}"] >= 0.5
            truth[side, SegmentClass.PROXIMAL_FEMUR] = femur
            truth[side, SegmentClass.FEMORAL_HEAD] = femur & on_head_side(
                points, self.anatomy.hips[side]
            )
            truth[side, SegmentClass.ACETABULUM] = socket
            truth[side, SegmentClass.BME] = (femur | socket) & (fraction >= OEDEMA_BORDER)
            truth[side, SegmentClass.EFFUSION_SYNOVITIS] = share[f"fluid{side}"] >= 0.5
        return truth

    def _body_depth(self, points: NDArray[np.float32]) -> FloatArray:
        """Depth below the skin in mm."""
        flat, inside = self._cells(points, None)
        depth = self.subject.prepared.body_depth.ravel()[flat]
        return np.where(inside, depth, 0).astype(np.float32)


def on_head_side(points: NDArray[np.float32], hip: HipGeometry) -> BoolArray:
    """Whether anatomy points lie on the head's side of the plane across the neck."""
    offset = points - np.asarray(hip.centre_lps_mm, dtype=np.float32)
    along = offset @ np.asarray(hip.neck_axis, dtype=np.float32)
    return np.asarray(along < HEAD_PLANE * hip.radius_mm)


def _soft_step(x: NDArray[np.floating]) -> FloatArray:
    """0 below -1/2, 1 above 1/2, a ramp between: half a voxel's partial volume each way."""
    return np.asarray(np.clip(x + 0.5, 0.0, 1.0), dtype=np.float32)


class _Sums:
    """Running sums of point values over each pixel's samples."""

    def __init__(self, rows: int, columns: int, in_plane: int) -> None:
        self._shape = (rows, in_plane, columns, in_plane)
        self._totals: dict[str, FloatArray] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, values: NDArray[np.float32] | BoolArray) -> None:
        """Add one sub-plane's values, ``(rows x n, columns x n)``."""
        blocks = values.reshape(self._shape)
        total = self._totals.setdefault(
            name, np.zeros((self._shape[0], self._shape[2]), dtype=np.float32)
        )
        for i in range(self._shape[1]):
            for j in range(self._shape[3]):
                total += blocks[:, i, :, j]
        self._counts[name] = self._counts.get(name, 0) + self._shape[1] * self._shape[3]

    def mean(self) -> dict[str, FloatArray]:
        """Mean of each quantity over the samples of each pixel."""
        return {
            name: total / np.float32(self._counts[name]) for name, total in self._totals.items()
        }


class _Lattice:
    """The deformation on a coarse grid, interpolated linearly to any plane."""

    def __init__(self, subject: Subject, grid: SliceGrid) -> None:
        steps = [float(np.linalg.norm(grid.affine[:3, axis])) for axis in range(3)]
        self._nodes = [
            np.linspace(-1.0, size, 2 + max(1, round((size + 1) * step / LATTICE_MM)))
            for size, step in zip(grid.shape, steps, strict=True)
        ]
        index = np.stack(np.meshgrid(*self._nodes, indexing="ij"), axis=-1)
        anatomy = subject.prepared.anatomy
        moved = to_anatomy(anatomy, subject.pose, to_lps(grid.affine, index))
        self._points = moved.astype(np.float32)

    def plane(
        self, slice_index: float, rows: int, columns: int, in_plane: int
    ) -> NDArray[np.float32]:
        """Anatomy points ``(rows x in_plane, columns x in_plane, 3)`` of one plane."""
        along = _weights(self._nodes[0], np.array([slice_index]))[0]
        nodes = np.tensordot(along, self._points, axes=1)
        down = _weights(self._nodes[1], _sub_pixels(rows, in_plane))
        across = _weights(self._nodes[2], _sub_pixels(columns, in_plane))
        partial = np.tensordot(down, nodes, axes=1)
        return np.ascontiguousarray(np.einsum("cn,rnk->rck", across, partial, optimize=True))


def _sub_pixels(size: int, in_plane: int) -> NDArray[np.float64]:
    """Index positions of the samples along one axis."""
    return (np.arange(size * in_plane) + 0.5) / in_plane - 0.5


def _weights(nodes: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Matrix of linear interpolation from lattice nodes to positions."""
    place = np.clip((positions - nodes[0]) / (nodes[1] - nodes[0]), 0, len(nodes) - 1 - 1e-9)
    base = place.astype(int)
    weights = np.zeros((len(positions), len(nodes)), dtype=np.float32)
    weights[np.arange(len(positions)), base] = 1 - (place - base)
    weights[np.arange(len(positions)), base + 1] = place - base
    return weights

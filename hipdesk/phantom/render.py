"""A simulated patient, seen through a stack of slices: signal and ground truth.

Each pixel averages several points spread over its area and the slice's
thickness, so borders have the partial volume of a real scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import to_lps
from hipdesk.phantom.anatomy import FEMUR, HIP_BONE, HipGeometry, Structure
from hipdesk.phantom.deformation import Pose, to_anatomy
from hipdesk.phantom.lesions import OEDEMA_BORDER, HipLesions, oedema_fraction
from hipdesk.phantom.mimics import (
    Implant,
    Mimics,
    cyst_change,
    marrow_change,
    metal,
    soft_amount,
)
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

OEDEMA_MARROW: Final = 0.25
"""Share of marrow that a pixel of oedema has at least: compact bone is not oedema."""

_HEAD_TO_FEET: Final = 1
_SOFT_MM: Final = 1.0
_COARSE_MM: Final = 3.2
"""Smooth fields over whole slices are computed at points this far apart."""

_LESION_PLANES: Final = (-0.27, 0.27)
"""Where through a slice's thickness oedema is looked at, in thicknesses."""

_SHARES: Final = ("fat", "muscle", "bowel", "bladder", "femurR", "femurL", "hipR", "hipL")


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
    """Everything that makes one simulated patient, whatever the sequence.

    Attributes
    ----------
    implants : metal; a side that it replaces has no truth
    bladder : filling relative to the anatomy's, by length
    cortex : thickness of compact bone relative to the usual
    """

    prepared: PreparedAnatomy
    pose: Pose
    lesions: Mapping[Side, HipLesions]
    textures: Textures
    implants: tuple[Implant, ...] = ()
    bladder: float = 1.0
    cortex: float = 1.0

    @property
    def replaced(self) -> frozenset[Side]:
        """Hips that are prostheses."""
        return frozenset(part.side for part in self.implants if part.side is not None)


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
    marrow : share of marrow in each pixel
    """

    signal: FloatArray
    truth: Mapping[tuple[Side, SegmentClass], BoolArray]
    body_depth: FloatArray
    fat: FloatArray
    marrow: FloatArray


def random_textures(rng: np.random.Generator) -> Textures:
    """Draw the textures of one patient."""
    strength = {
        "marrow": float(rng.uniform(0.03, 0.10)),
        "marrow_coarse": float(rng.uniform(0.02, 0.08)),
        "muscle": float(rng.uniform(0.05, 0.16)),
        "fat": float(rng.uniform(0.05, 0.2)),
        "bowel": float(rng.uniform(0.2, 0.7)),
        "vessels": float(rng.uniform(0.04, 0.14)),
        "streaks": float(rng.spawn(1)[0].uniform(0.0, 0.5)),
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
        np.stack([part.marrow for part in slices]),
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
        self._middle = float(np.mean([hip.centre_lps_mm[0] for hip in self.anatomy.hips.values()]))
        self._step = max(1, int(_COARSE_MM / float(np.linalg.norm(grid.affine[:3, 2]))))
        rows, columns = grid.shape[1:]
        n = grid.in_plane
        pixels = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
        self._pixel = np.repeat(np.repeat(pixels, n, axis=0), n, axis=1).ravel()

    def paint(self, rng: np.random.Generator, index: int) -> Rendering:
        """One slice, its arrays without the slice axis."""
        centres = self.lattice.points(float(index), 1)
        film = self._film(centres)
        sums = _Sums(*self.grid.shape[1:], self.grid.in_plane)
        for k in range(self.grid.through_plane):
            offset = (k + 0.5) / self.grid.through_plane - 0.5
            self._add(rng, index + offset * self._reach, film, sums)
        share = sums.mean()
        signal = share["signal"] * self._texture(centres, share)
        signal = self._soft_tissue(centres, share, signal)
        fraction = self._marrow(index, centres, share, signal)
        signal = self._metal(centres, signal)
        return Rendering(
            signal.astype(np.float32),
            self._truth(centres, share, fraction),
            self._body_depth(index),
            share["fat"],
            share["marrow"],
        )

    @property
    def _reach(self) -> float:
        """Slice thickness in steps between slices."""
        return self.grid.thickness_mm / float(np.linalg.norm(self.grid.affine[:3, 0]))

    def _film(self, centres: FloatArray) -> _Film:
        """How high the fluid stands at each pixel, and how bright it is."""
        right = centres[0] < self._middle
        uneven = _coarsely(self._uneven, centres, self._step)
        level = np.where(right, self.levels[Side.RIGHT], self.levels[Side.LEFT])
        lesions = self.subject.lesions
        tone = np.where(right, lesions[Side.RIGHT].fluid_tone, lesions[Side.LEFT].fluid_tone)
        return _Film(
            (level - FLUID_UNEVEN_MM * uneven).astype(np.float32).ravel(),
            (self.signals.fluid * tone).astype(np.float32).ravel(),
        )

    def _add(self, rng: np.random.Generator, index: float, film: _Film, sums: _Sums) -> None:
        """Label one sub-plane's samples and add their signal and shares."""
        cells = self.lattice.cells(index, self.grid.in_plane)
        cells += rng.random(cells.shape, dtype=np.float32) - np.float32(0.5)
        flat, inside = self._cells(cells)
        labels = self.subject.prepared.anatomy.labels.ravel()[flat] * inside
        value = self.signals.by_label[labels]
        marrow = np.zeros(labels.shape, dtype=np.float32)
        bone = np.flatnonzero(_bone_table()[labels])
        marrow.ravel()[bone] = 1 - self._cortex(cells, flat, labels, bone, value)
        fluid = self._fluid(flat, inside, film, value)
        sums.add("signal", value)
        sums.add("marrow", marrow)
        sums.add("fluid", fluid)
        sums.count(_share_table()[labels])

    def _cells(self, cells: FloatArray) -> tuple[NDArray[np.int32], BoolArray]:
        """Flat label index of fractional cells (3, ...), and whether they are on the grid.

        Above and below the anatomy its last sections continue, as a body does.
        """
        shape = self.anatomy.labels.shape
        inside = np.ones(cells.shape[1:], dtype=np.bool_)
        flat = np.zeros(cells.shape[1:], dtype=np.int32)
        for axis, size in enumerate(shape):
            nearest = np.floor(cells[axis] + np.float32(0.5)).astype(np.int32)
            if axis != _HEAD_TO_FEET:
                inside &= (nearest >= 0) & (nearest < size)
            np.clip(nearest, 0, size - 1, out=nearest)
            flat *= size
            flat += nearest
        return flat, inside

    def _cortex(
        self,
        cells: FloatArray,
        flat: NDArray[np.int32],
        labels: NDArray[np.uint8],
        bone: NDArray[np.intp],
        value: FloatArray,
    ) -> FloatArray:
        """Blacken compact bone, thin at the joints, thick along the shaft; its share."""
        depth = self.subject.prepared.bone_depth.ravel()[flat.ravel()[bone]] * DEPTH_STEP_MM
        matrix = self.anatomy.affine[2]
        height = matrix[3] + sum(
            np.float32(matrix[axis]) * cells[axis].ravel()[bone]
            for axis in range(3)
            if matrix[axis]
        )
        own = labels.ravel()[bone]
        thickness = np.full(bone.shape, 1.5, dtype=np.float32)
        for side, hip in self.anatomy.hips.items():
            below = (hip.centre_lps_mm[2] - height) - 2.7 * hip.radius_mm
            thick = np.clip(below / 60.0, 0.0, 1.0) * np.clip((300.0 - below) / 40.0, 0.0, 1.0)
            shaft = 1.5 + 3.5 * thick
            thickness = np.where(own == FEMUR[side], shaft, thickness)
        compact = _soft_step((thickness * self.subject.cortex - depth) / _SOFT_MM)
        tissue = value.ravel()[bone]
        value.ravel()[bone] = tissue + compact * (self.signals.cortex - tissue)
        return compact

    def _fluid(
        self, flat: NDArray[np.int32], inside: BoolArray, film: _Film, value: FloatArray
    ) -> FloatArray:
        """Fill the joints; the share of fluid that is inside a capsule."""
        order = self.subject.prepared.fluid_potential.ravel()[flat]
        fluid = np.zeros(flat.shape, dtype=np.float32)
        places = np.flatnonzero(inside & (order < NO_FLUID))
        pixel = self._pixel[places]
        reached = order.ravel()[places] * np.float32(DEPTH_STEP_MM)
        share = _soft_step((film.level[pixel] - reached) / _SOFT_MM)
        fluid.ravel()[places] = share
        value.ravel()[places] += share * (film.signal[pixel] - value.ravel()[places])
        return fluid

    def _texture(self, centres: FloatArray, share: Mapping[str, FloatArray]) -> FloatArray:
        """Factor on the signal from the fine structure of each tissue."""
        textures = self.subject.textures
        strength = textures.strength
        factor = np.ones(centres.shape[1:], dtype=np.float32)
        for tissue in ("marrow", "muscle", "fat", "bowel"):
            here = share[tissue] > 0
            points = centres[:, here].T
            noise: Noise = getattr(textures, tissue)
            fine = noise.smooth_at(points) if tissue == "bowel" else noise.at(points)
            grain = strength[tissue] * fine
            if tissue == "marrow":
                grain += strength["marrow_coarse"] * textures.marrow_coarse.smooth_at(points)
            factor[here] += share[tissue][here] * grain
        return np.asarray(np.clip(factor, 0.2, 3.0), dtype=np.float32)

    def _soft_tissue(
        self, centres: FloatArray, share: Mapping[str, FloatArray], signal: FloatArray
    ) -> FloatArray:
        """Fatty streaks in muscle, the bladder's filling, vessels, bursae and the like."""
        signals, textures = self.signals, self.subject.textures
        muscle = np.flatnonzero(share["muscle"])
        grain = textures.muscle.at(centres.reshape(3, -1)[:, muscle].T)
        streak = np.clip(grain - 1.2, 0, 1) * textures.strength.get("streaks", 0.0)
        signal.ravel()[muscle] += (
            streak * share["muscle"].ravel()[muscle] * (signals.fat - signal.ravel()[muscle])
        )
        if self.subject.bladder != 1.0:
            self._fill_bladder(centres, share, signal)
        vessel = self._vessels(centres, share)
        signal += vessel * (signals.vessel - signal)
        soft = share["muscle"] + share["fat"]
        for lesions in self.subject.lesions.values():
            for spot in lesions.mimics.soft if lesions.mimics else ():
                near = np.flatnonzero(_near(centres, spot.centre_lps_mm, spot.radius_mm))
                amount = soft_amount(spot, centres.reshape(3, -1)[:, near].T)
                old = signal.ravel()[near]
                signal.ravel()[near] += amount * soft.ravel()[near] * (signals.fluid - old)
        return signal

    def _fill_bladder(
        self, centres: FloatArray, share: Mapping[str, FloatArray], signal: FloatArray
    ) -> None:
        """Replace the bladder by an egg of another size; fat takes what it leaves."""
        place = self.subject.prepared.bladder
        if place is None:
            return
        half = np.asarray(place[1]) * self.subject.bladder
        egg = (centres - _column(place[0])) / _column(half)
        depth = (1 - np.sqrt(np.einsum("i...,i...", egg, egg))) * float(np.mean(half))
        inside = _soft_step(depth)
        urine = self.signals.by_label[Structure.BLADDER]
        left = share["bladder"] * (1 - inside)
        room = inside * np.clip(1 - share["bone"] - share["muscle"] - share["fluid"], 0, 1)
        signal += left * (self.signals.fat - urine)
        np.maximum(signal, 0, out=signal)
        signal += room * (urine - signal)

    def _vessels(self, centres: FloatArray, share: Mapping[str, FloatArray]) -> FloatArray:
        """Share of each pixel that is vessel: tubes where two smooth fields cross zero."""
        textures = self.subject.textures
        first, second = (_coarsely(field, centres, self._step) for field in textures.vessels)
        distance = np.hypot(first, second) / np.float32(textures.strength["vessels"])
        tube = np.clip(1.5 - distance, 0, 1)
        soft = share["muscle"] + share["fat"] + 0.35 * share["marrow"] * (first > 0)
        return np.asarray(tube * soft, dtype=np.float32)

    def _marrow(
        self,
        index: int,
        centres: FloatArray,
        share: Mapping[str, FloatArray],
        signal: FloatArray,
    ) -> FloatArray:
        """Paint oedema, red marrow, sheets and cysts; the oedema's fraction."""
        fraction = np.zeros(signal.shape, dtype=np.float32)
        bone = share["femurR"] + share["femurL"] + share["hipR"] + share["hipL"]
        for side, lesions in self.subject.lesions.items():
            own = (centres[0] < self._middle) == (side is Side.RIGHT)
            here = np.flatnonzero((bone > 0) & own)
            if here.size == 0:
                continue
            points = np.ascontiguousarray(centres.reshape(3, -1)[:, here].T)
            found, extra = self._oedema(index, here, lesions)
            fraction.ravel()[here] = found
            if lesions.mimics is not None:
                femur = share[f"femur{side}"].ravel()[here] > share[f"hip{side}"].ravel()[here]
                change = marrow_change(lesions.mimics, self.anatomy.hips[side], points, femur)
                extra += change if self.signals.fluid_sensitive else -0.5 * change
            marrow = share["marrow"].ravel()[here]
            values = signal.ravel()[here] + self.signals.marrow * marrow * extra
            signal.ravel()[here] = self._with_cysts(lesions.mimics, points, marrow, values)
        return fraction

    def _oedema(
        self, index: int, here: NDArray[np.intp], lesions: HipLesions
    ) -> tuple[FloatArray, FloatArray]:
        """(lesion fraction, added marrow contrast with red marrow) through the slice."""
        fraction = np.zeros(here.shape, dtype=np.float32)
        extra = np.zeros_like(fraction)
        if not (lesions.oedema or lesions.red_marrow):
            return fraction, extra
        for offset in _LESION_PLANES:
            plane = self.lattice.points(index + offset * self._reach, 1)
            points = np.ascontiguousarray(plane.reshape(3, -1)[:, here].T)
            own, added = oedema_fraction(lesions.oedema, lesions.border, points)
            _, red = oedema_fraction(lesions.red_marrow, lesions.border, points)
            fraction += own / len(_LESION_PLANES)
            extra += np.maximum(added, red) / len(_LESION_PLANES)
        if not self.signals.fluid_sensitive:
            extra = np.float32(-0.4) * np.clip(extra, 0, 1)
        return fraction, extra

    def _with_cysts(
        self, mimics: Mimics | None, points: FloatArray, marrow: FloatArray, values: FloatArray
    ) -> FloatArray:
        """Marrow with its cysts."""
        for cyst in mimics.cysts if mimics else ():
            inside, rim = cyst_change(cyst, points)
            values = values + rim * marrow * (self.signals.cortex - values)
            values = values + inside * marrow * (self.signals.fluid - values)
        return values

    def _metal(self, centres: FloatArray, signal: FloatArray) -> FloatArray:
        """The void and the bright rim of implants."""
        for implant in self.subject.implants:
            kept, rim = metal(implant, np.moveaxis(centres, 0, -1))
            signal = signal * (kept * (1 + rim))
        return signal

    def _truth(
        self,
        centres: FloatArray,
        share: Mapping[str, FloatArray],
        fraction: FloatArray,
    ) -> dict[tuple[Side, SegmentClass], BoolArray]:
        """Masks of one slice by majority share; none of a hip that is a prosthesis."""
        truth = {}
        right = centres[0] < self._middle
        fluid = share["fluid"] >= 0.5
        wet = (fraction >= OEDEMA_BORDER) & (share["marrow"] >= OEDEMA_MARROW)
        for side in self.sides:
            there = side not in self.subject.replaced
            femur = (share[f"femur{side}"] >= 0.5) & there
            socket = (share[f"hip{side}"] >= 0.5) & there
            own = right if side is Side.RIGHT else ~right
            points = np.moveaxis(centres, 0, -1)
            head = femur & on_head_side(points, self.anatomy.hips[side])
            truth[side, SegmentClass.PROXIMAL_FEMUR] = femur
            truth[side, SegmentClass.FEMORAL_HEAD] = head
            truth[side, SegmentClass.ACETABULUM] = socket
            truth[side, SegmentClass.BME] = (femur | socket) & wet
            truth[side, SegmentClass.EFFUSION_SYNOVITIS] = fluid & own & there
        return truth

    def _body_depth(self, index: int) -> FloatArray:
        """Depth below the skin in mm."""
        flat, inside = self._cells(self.lattice.cells(float(index), 1))
        depth = self.subject.prepared.body_depth.ravel()[flat]
        return np.where(inside, depth, 0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Film:
    """Joint fluid of one slice: up to which order it reaches, and its signal, by pixel."""

    level: FloatArray
    signal: FloatArray


@cache
def _bone_table() -> NDArray[np.bool_]:
    """Which labels have marrow and cortex."""
    others = (Structure.VERTEBRA, Structure.SACRUM, Structure.COCCYX)
    return np.isin(np.arange(256), [*FEMUR.values(), *HIP_BONE.values(), *others])


@cache
def _share_table() -> NDArray[np.uint64]:
    """For every label a one in the byte of each of `_SHARES` that it counts for."""
    lookup = np.arange(256)
    members = {
        "fat": lookup == Structure.FAT,
        "muscle": lookup >= Structure.MUSCLE,
        "bowel": (lookup == Structure.COLON) | (lookup == Structure.SMALL_BOWEL),
        "bladder": lookup == Structure.BLADDER,
    }
    for side in Side:
        members[f"femur{side}"] = lookup == FEMUR[side]
        members[f"hip{side}"] = lookup == HIP_BONE[side]
    table = np.zeros(256, dtype=np.uint64)
    for place, name in enumerate(_SHARES):
        table |= members[name].astype(np.uint64) << np.uint64(8 * place)
    return table


def _column(point: NDArray[np.floating] | tuple[float, float, float]) -> FloatArray:
    """A point to be broadcast over planes (3, rows, columns)."""
    return np.asarray(point, dtype=np.float32)[:, None, None]


def _near(
    centres: FloatArray, place: tuple[float, float, float], half: tuple[float, float, float]
) -> BoolArray:
    """Pixels within a box a little larger than a spot."""
    wide = 1.2 * np.asarray(half) + 6.0
    return np.asarray((np.abs(centres - _column(place)) < _column(wide)).all(axis=0))


def _coarsely(field: Noise, centres: FloatArray, step: int) -> FloatArray:
    """A smooth field over a slice, computed at every ``step`` pixels, linear between."""
    lines = [_spaced(size, step) for size in centres.shape[1:]]
    picked = centres[:, lines[0]][:, :, lines[1]]
    values = field.smooth_at(np.moveaxis(picked, 0, -1))
    down, across = (
        _Line.through(nodes, np.arange(size))
        for nodes, size in zip(lines, centres.shape[1:], strict=True)
    )
    return across.along(down.along(values, 0), 1)


def _spaced(size: int, step: int) -> NDArray[np.intp]:
    """Every ``step``-th index, the last one included."""
    return np.unique(np.append(np.arange(0, size, step), size - 1))


def on_head_side(points: NDArray[np.float32], hip: HipGeometry) -> BoolArray:
    """Whether anatomy points lie on the head's side of the plane across the neck."""
    offset = points - np.asarray(hip.centre_lps_mm, dtype=np.float32)
    along = offset @ np.asarray(hip.neck_axis, dtype=np.float32)
    return np.asarray(along < HEAD_PLANE * hip.radius_mm)


def _soft_step(x: NDArray[np.floating]) -> FloatArray:
    """0 below -1/2, 1 above 1/2, a ramp between: half a voxel's partial volume each way."""
    return np.asarray(np.clip(x + 0.5, 0.0, 1.0), dtype=np.float32)


class _Sums:
    """Running sums of sample values over each pixel."""

    def __init__(self, rows: int, columns: int, in_plane: int) -> None:
        self._split = (rows, in_plane, columns, in_plane)
        self._totals: dict[str, FloatArray] = {}
        self._counts = np.zeros((rows, columns), dtype=np.uint64)
        self._samples = 0

    def add(self, name: str, values: FloatArray) -> None:
        """Add one sub-plane's values, ``(rows x n, columns x n)``."""
        found = self._totals.get(name)
        block = self._block(values)
        self._totals[name] = block if found is None else found + block

    def count(self, packed: NDArray[np.uint64]) -> None:
        """Count one sub-plane's labels, packed as in `_share_table`."""
        self._counts += self._block(packed)
        self._samples += self._split[1] ** 2

    def _block(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sum of each pixel's samples."""
        blocks = values.reshape(self._split)
        total = np.zeros((self._split[0], self._split[2]), dtype=values.dtype)
        for i in range(self._split[1]):
            for j in range(self._split[3]):
                total += blocks[:, i, :, j]
        return total

    def mean(self) -> dict[str, FloatArray]:
        """Mean of each quantity over the samples of each pixel."""
        per = np.float32(1 / self._samples)
        found = {name: total * per for name, total in self._totals.items()}
        counts = self._counts.view(np.uint8).reshape(*self._counts.shape, 8)
        for place, name in enumerate(_SHARES):
            found[name] = counts[..., place] * per
        bones = [found[f"{bone}{side}"] for bone in ("femur", "hip") for side in Side]
        found["bone"] = np.sum(bones, axis=0)
        return found


class _Lattice:
    """The deformation on a coarse grid, interpolated linearly to any plane."""

    def __init__(self, subject: Subject, grid: SliceGrid) -> None:
        steps = [float(np.linalg.norm(grid.affine[:3, axis])) for axis in range(3)]
        self._shape = grid.shape
        self._nodes = [
            np.linspace(-1.0, size, 2 + max(1, round((size + 1) * step / LATTICE_MM)))
            for size, step in zip(grid.shape, steps, strict=True)
        ]
        index = np.stack(np.meshgrid(*self._nodes, indexing="ij"), axis=-1)
        moved = to_anatomy(subject.prepared.anatomy, subject.pose, to_lps(grid.affine, index))
        matrix = subject.prepared.to_cells
        cells = moved.astype(np.float32) @ matrix[:, :3].T + matrix[:, 3]
        self._points, self._cells = (
            np.ascontiguousarray(np.moveaxis(part.astype(np.float32), -1, 0))
            for part in (moved, cells)
        )
        self._lines: dict[int, tuple[_Line, _Line]] = {}

    def points(self, slice_index: float, in_plane: int) -> FloatArray:
        """Anatomy points in LPS mm ``(3, rows x in_plane, columns x in_plane)`` of one plane."""
        return self._plane(self._points, slice_index, in_plane)

    def cells(self, slice_index: float, in_plane: int) -> FloatArray:
        """The same in fractional cells of the anatomy's grid."""
        return self._plane(self._cells, slice_index, in_plane)

    def _plane(self, nodes: FloatArray, slice_index: float, in_plane: int) -> FloatArray:
        if in_plane not in self._lines:
            self._lines[in_plane] = (
                _Line.through(self._nodes[1], _sub_pixels(self._shape[1], in_plane)),
                _Line.through(self._nodes[2], _sub_pixels(self._shape[2], in_plane)),
            )
        down, across = self._lines[in_plane]
        here = _Line.through(self._nodes[0], np.array([slice_index]))
        return across.along(down.along(here.along(nodes, 1)[:, 0], 1), 2)


def _sub_pixels(size: int, in_plane: int) -> NDArray[np.float64]:
    """Index positions of the samples along one axis."""
    return (np.arange(size * in_plane) + 0.5) / in_plane - 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Linear interpolation along one axis: node below each position, and the share of the next.

    Plain look-ups: matrices this small would wake the threads of a BLAS library.
    """

    base: NDArray[np.intp]
    share: FloatArray

    @classmethod
    def through(cls, nodes: NDArray[Any], positions: NDArray[Any]) -> _Line:
        """From values at ``nodes`` to values at ``positions``."""
        base = np.clip(np.searchsorted(nodes, positions, side="right") - 1, 0, len(nodes) - 2)
        share = (positions - nodes[base]) / (nodes[base + 1] - nodes[base])
        return cls(base, np.clip(share, 0, 1).astype(np.float32))

    def along(self, values: FloatArray, axis: int) -> FloatArray:
        """Interpolated values; the axis takes the positions' length."""
        shape = [1] * values.ndim
        shape[axis] = -1
        share = self.share.reshape(shape)
        low = values.take(self.base, axis=axis)
        step = values.take(self.base + 1, axis=axis)
        step -= low
        step *= share
        step += low
        return np.asarray(step, dtype=np.float32)

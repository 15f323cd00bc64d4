"""A pelvis with both hips, all from code: no scan, no label map.

Measures are drawn from published adult ranges:

- femoral head diameter 52 +- 3 mm in men, 46 +- 3 mm in women (compare the 51
  and 48 mm of Abdulai et al. 2024, Can Soc Forensic Sci J, on radiographs, and the
  sexes in Wang et al. 2004, Annu Proc Assoc Adv Automot Med 48:287);
- neck-shaft angle and neck version: Toogood et al. 2009, 129.2 and 9.7 degrees
  (doi 10.1007/s11999-008-0473-3); Jiang et al. 2015, women more anteverted
  (doi 10.1097/MD.0000000000000891);
- lateral centre-edge angle 34 +- 6, anteversion of the socket 18 +- 5, anterior
  and posterior sector angles 58 and 94 degrees, hence a rim about 14 degrees
  short of a hemisphere: Mechlenburg et al. 2019 (doi 10.1177/0284185119831688);
- head diameter to pelvic height 0.21-0.22 (doi 10.1007/s00590-013-1298-7), which
  the reference pelvis keeps.

Sections of muscles and organs were drawn by hand (`hipdesk.phantom._soft_tissue`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import as_point
from hipdesk.phantom._shapes import (
    OUTSIDE,
    Field,
    Loft,
    Tube,
    Waves,
    ellipsoid,
    reach,
    smooth_min,
)
from hipdesk.phantom._skeleton import (
    COCCYX,
    DISCS,
    JOINT_GAP_MM,
    REFERENCE_HIP_U_MM,
    REFERENCE_RADIUS_MM,
    SACRUM,
    VERTEBRAE,
    Femur,
    HipBone,
    HipPlan,
    PelvisScale,
    sacral_foramen,
    vertebral_arch,
)
from hipdesk.phantom._soft_tissue import (
    ARTERIES,
    GROOVE_WIDTH_MM,
    MUSCLES,
    NERVES,
    THIGH,
    TRUNK,
    VEINS,
)
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
from hipdesk.records import Affine, Side, read_only

Sex = Literal["F", "M"]

SHAPE: Final = (240, 400, 400)
FRONT_MM: Final = 114.5
TOP_MM: Final = 199.5

NERVE: Final = Structure.MUSCLE + 2 * len(MUSCLES)
DISC: Final = NERVE + 1
"""Nerve and intervertebral disc give about the signal of muscle."""

VARIED_CARTILAGE_MM: Final = (0.8, 3.2)
"""Femoral cartilage: that of adults is 1-2 mm, less in arthritis."""

VARIED_MANTLE_MM: Final = (0.0, 3.5)
"""Joint space beyond it, about the inner half of the head."""

MANTLED: Final = 0.7
"""Share of the bodies that have any."""

_FAT_PLANE_MM: Final = 1.1
_SKIN_MM: Final = 1.8
_SIGN: Final = MappingProxyType({Side.RIGHT: -1, Side.LEFT: 1})


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """Everything that is drawn at random before a body is built.

    Attributes
    ----------
    fat_mm : subcutaneous fat beyond the reference's
    muscle : size of the muscles, 1 for the reference
    bladder_half_mm : half-axes across, front to back, up
    """

    sex: Sex
    hips: Mapping[Side, HipPlan]
    fat_mm: float
    muscle: float
    bladder_half_mm: tuple[float, float, float]

    def scale(self, side: Side) -> PelvisScale:
        """How the reference pelvis is fitted to one hip."""
        hip = self.hips[side]
        u, a, z = hip.centre
        size = 0.4 + 0.6 * hip.radius_mm / REFERENCE_RADIUS_MM
        return PelvisScale(u / REFERENCE_HIP_U_MM, size, a, z)

    @property
    def middle_scale(self) -> PelvisScale:
        """The mean of both sides, for what lies in the midline."""
        both = [self.scale(side) for side in Side]
        across, size, a, z = np.mean(
            [(s.across, s.size, s.centre_a, s.centre_z) for s in both], axis=0
        )
        return PelvisScale(float(across), float(size), float(a), float(z))


def draw_plan(rng: np.random.Generator, sex: Sex | None = None) -> BodyPlan:
    """Draw a body's measures; sources in the module's docstring."""
    drawn: Sex = sex or ("F" if rng.random() < 0.5 else "M")
    woman = drawn == "F"
    radius = _normal(rng, 23.0 if woman else 26.0, 1.5, 20.5, 29.5)
    distance = _normal(rng, 182.0 if woman else 178.0, 7.0, 162.0, 198.0)
    common = {
        "neck_shaft_deg": _normal(rng, 129.0, 5.5, 117.0, 141.0),
        "anteversion_deg": _normal(rng, 13.0 if woman else 10.0, 6.0, -3.0, 27.0),
        "edge_deg": _normal(rng, 34.0, 5.0, 24.0, 45.0),
        "version_deg": _normal(rng, 19.0 if woman else 17.0, 4.0, 8.0, 28.0),
        "neck_mm": radius * _normal(rng, 2.05, 0.1, 1.85, 2.3),
        "shaft_radius_mm": radius * _normal(rng, 0.56, 0.025, 0.5, 0.62),
        "valgus_deg": _normal(rng, 5.0, 1.2, 2.0, 8.0),
    }
    hips = {side: _draw_hip(rng, radius, distance, common) for side in Side}
    return BodyPlan(
        sex=drawn,
        hips=MappingProxyType(hips),
        fat_mm=float(rng.uniform(-2.0, 10.0)) + (3.0 if woman else 0.0),
        muscle=_normal(rng, 0.97 if woman else 1.02, 0.03, 0.9, 1.08),
        bladder_half_mm=(
            float(rng.uniform(24, 40)),
            float(rng.uniform(20, 30)),
            float(rng.uniform(13, 29)),
        ),
    )


def _draw_hip(
    rng: np.random.Generator, radius: float, distance: float, common: Mapping[str, float]
) -> HipPlan:
    """One side: the body's measures with a small difference between the sides."""
    return HipPlan(
        centre=(
            distance / 2 + float(rng.normal(0, 0.7)),
            float(rng.normal(0, 1.5)),
            float(rng.normal(0, 1.5)),
        ),
        radius_mm=radius + float(rng.normal(0, 0.2)),
        neck_shaft_deg=common["neck_shaft_deg"] + float(rng.normal(0, 1.0)),
        anteversion_deg=common["anteversion_deg"] + float(rng.normal(0, 2.0)),
        neck_mm=common["neck_mm"] + float(rng.normal(0, 0.6)),
        shaft_radius_mm=common["shaft_radius_mm"],
        valgus_deg=common["valgus_deg"] + float(rng.normal(0, 0.6)),
        edge_deg=common["edge_deg"] + float(rng.normal(0, 1.0)),
        version_deg=common["version_deg"] + float(rng.normal(0, 1.0)),
        deficit_deg=_normal(rng, 14.0, 1.5, 10.0, 18.0),
    )


def _normal(rng: np.random.Generator, mean: float, spread: float, low: float, high: float) -> float:
    """A normal draw kept within limits."""
    return float(np.clip(rng.normal(mean, spread), low, high))


def with_varied_joints(plan: BodyPlan, rng: np.random.Generator) -> BodyPlan:
    """The plan with cartilage from thin to thicker than people's, and joint space about it.

    Slices that cut cartilage face on show a plate of it, whose size and brightness
    a network must not take for fluid. Both sides are alike.
    """
    thick = float(rng.uniform(*VARIED_CARTILAGE_MM))
    mantle = thick + float(rng.uniform(*VARIED_MANTLE_MM)) if rng.random() < MANTLED else 0.0
    hips = {
        side: replace(hip, femoral_cartilage_mm=thick, mantle_mm=mantle)
        for side, hip in plan.hips.items()
    }
    return replace(plan, hips=MappingProxyType(hips))


def build(
    rng: np.random.Generator, sex: Sex | None = None, *, varied_joints: bool = False
) -> Anatomy:
    """Build a pelvis with both hips on a 1 mm canonical coronal grid.

    Parameters
    ----------
    rng : the same state gives the same anatomy, bit for bit
    sex : drawn where None
    varied_joints : draw the cartilage too (`with_varied_joints`), else it is usual

    Returns
    -------
    Anatomy
        240 x 400 x 400 labels; muscles of the right side are
        ``MUSCLE + k``, those of the left ``MUSCLE + n + k``.
    """
    plan = draw_plan(rng, sex)
    if varied_joints:
        plan = with_varied_joints(plan, rng.spawn(1)[0])
    affine = _affine()
    body = _Body(plan, rng)
    labels = np.empty(SHAPE, dtype=np.uint8)
    for row in range(SHAPE[1]):
        labels[:, row] = body.layer(row)
    hips = {side: _hip_geometry(body.femurs[side], side) for side in Side}
    return Anatomy("procedural", read_only(labels), affine, MappingProxyType(hips))


def _affine() -> Affine:
    affine = np.eye(4)
    affine[:3, :3] = CANONICAL_AXES
    affine[:3, 3] = (-(SHAPE[2] - 1) / 2, -FRONT_MM, TOP_MM)
    return affine


def _hip_geometry(femur: Femur, side: Side) -> HipGeometry:
    flip = np.array([_SIGN[side], -1, 1])
    return HipGeometry(
        as_point(femur.centre * flip), femur.plan.radius_mm, as_point(femur.neck * flip)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Patch:
    """A rectangle of a layer: where it is, and its positions on one side."""

    index: tuple[slice, slice]
    u: Field
    a: Field


class _Contest:
    """Soft tissues claim a layer; where two nearly meet, fat stays between them."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._first = np.full(shape, OUTSIDE, dtype=np.float32)
        self._second = np.full(shape, OUTSIDE, dtype=np.float32)
        self._owner = np.zeros(shape, dtype=np.uint8)

    def enter(self, index: tuple[slice, slice], distance: Field, label: int) -> None:
        """Let one structure claim what lies deepest inside it."""
        first, second = self._first[index], self._second[index]
        wins = distance < first
        np.minimum(second, np.where(wins, first, distance), out=second)
        same = wins & (self._owner[index] == label)
        second[same] = np.maximum(second[same], first[same] + OUTSIDE)
        first[wins] = distance[wins]
        self._owner[index][wins] = label

    def settle(self, labels: NDArray[np.uint8], inside: NDArray[np.bool_]) -> None:
        """Write the winners over fat."""
        held = (self._first < 0) & (self._second - self._first > _FAT_PLANE_MM) & inside
        labels[held] = self._owner[held]


class _Body:
    """Paints axial layers of one planned body."""

    def __init__(self, plan: BodyPlan, rng: np.random.Generator) -> None:
        self._plan = plan
        self._x = np.arange(SHAPE[2], dtype=np.float64) - (SHAPE[2] - 1) / 2
        self._a = FRONT_MM - np.arange(SHAPE[0], dtype=np.float64)
        self._z = TOP_MM - np.arange(SHAPE[1], dtype=np.float64)
        self.femurs = {side: Femur(plan.hips[side]) for side in Side}
        self._bones = {side: HipBone(plan.hips[side], plan.scale(side)) for side in Side}
        self._middle = plan.middle_scale
        axes = (self._x, self._a, self._z)
        self._sway = tuple(Waves(rng, axes, 34.0, 1.8) for _ in range(2))
        self._fat_waves = Waves(rng, axes, 90.0, 2.0)
        self._muscles = {side: _varied_muscles(rng, plan.muscle) for side in Side}
        self._organs = tuple(_organs(rng, plan))

    def layer(self, row: int) -> NDArray[np.uint8]:
        """Labels (a, x) of one layer."""
        z = float(self._z[row])
        sway_u, sway_a = (waves.layer(row) for waves in self._sway)
        skin = self._outline(z, row)
        labels = np.where(skin < 0, np.uint8(Structure.FAT), np.uint8(Structure.AIR))
        labels[(skin < 0) & (skin > -_SKIN_MM)] = Structure.SKIN
        contest = _Contest(labels.shape)
        self._enter_muscles(contest, z, (sway_u, sway_a))
        self._enter_midline(contest, z, (sway_u, sway_a))
        self._enter_vessels(contest, z)
        contest.settle(labels, skin < -(_SKIN_MM + 1.2))
        self._draw_spine(labels, z)
        for side in Side:
            self._draw_hip(labels, z, side)
        return labels

    def _patch(self, side: Side, box: tuple[float, float, float, float]) -> _Patch | None:
        """The part of a layer within (u low, u high, a low, a high) on a side."""
        sign = _SIGN[side]
        x_low, x_high = sorted((sign * box[0], sign * box[1]))
        columns = _span(x_low - self._x[0], x_high - self._x[0], SHAPE[2])
        rows = _span(self._a[0] - box[3], self._a[0] - box[2], SHAPE[0])
        if columns.start >= columns.stop or rows.start >= rows.stop:
            return None
        u = (sign * self._x[columns]).astype(np.float32)[None, :]
        return _Patch((rows, columns), u, self._a[rows].astype(np.float32)[:, None])

    def _reference_patch(
        self, side: Side, scale: PelvisScale, box: tuple[float, float, float, float]
    ) -> _Patch | None:
        """A patch from a box in the reference's frame, its positions in that frame."""
        low_u, high_u = box[0] * scale.across, box[1] * scale.across
        low_a, high_a = (a * scale.size + scale.centre_a for a in box[2:])
        patch = self._patch(side, (low_u, high_u, low_a, high_a))
        if patch is None:
            return None
        return _Patch(patch.index, scale.u(patch.u), scale.a(patch.a))

    def _outline(self, z: float, row: int) -> Field:
        """Signed distance to the skin."""
        scale = self._middle
        ru = np.abs(scale.u(self._x.astype(np.float32)))[None, :]
        ra, rz = scale.a(self._a.astype(np.float32))[:, None], scale.z(z)
        found = np.full((SHAPE[0], SHAPE[2]), OUTSIDE, dtype=np.float32)
        for loft, blend in ((TRUNK, 10.0), (THIGH, 26.0)):
            section = loft.at(rz)
            if section is not None:
                found = smooth_min(found, loft.distance(section, ru, ra), blend)
        cleft = np.exp(-((ru / GROOVE_WIDTH_MM) ** 2)) * np.clip((-70 - ra) / 12, 0, 1)
        depth = 22 * np.clip((75 - rz) / 40, 0, 1)
        swell = np.float32(self._plan.fat_mm) * np.where(np.abs(ra) < 60, 1.0, 0.8)
        return np.asarray(found + depth * cleft - swell + self._fat_waves.layer(row))

    def _enter_muscles(self, contest: _Contest, z: float, sway: tuple[Field, Field]) -> None:
        for side in Side:
            scale = self._plan.scale(side)
            first = Structure.MUSCLE + (len(MUSCLES) if side is Side.LEFT else 0)
            for number, loft in enumerate(self._muscles[side]):
                self._enter_loft(contest, loft, side, scale, z, first + number, sway)

    def _enter_loft(
        self,
        contest: _Contest,
        loft: Loft,
        side: Side,
        scale: PelvisScale,
        z: float,
        label: int,
        sway: tuple[Field, Field],
    ) -> None:
        section = loft.at(scale.z(z))
        if section is None:
            return
        patch = self._reference_patch(side, scale, reach(section, 5.0))
        if patch is None:
            return
        u, a = patch.u + sway[0][patch.index], patch.a + sway[1][patch.index]
        distance = loft.distance(section, u, a) * np.float32(scale.size)
        contest.enter(patch.index, distance, label)

    def _enter_midline(self, contest: _Contest, z: float, sway: tuple[Field, Field]) -> None:
        """Bladder, bowel, uterus or prostate; u counts to the left."""
        scale = self._middle
        rz = scale.z(z)
        for label, shape in self._organs:
            box = shape.reach(rz)
            patch = box and self._reference_patch(Side.LEFT, scale, box)
            if patch:
                u, a = patch.u + sway[0][patch.index], patch.a + sway[1][patch.index]
                contest.enter(patch.index, shape.distance(u, a, rz), label)

    def _enter_vessels(self, contest: _Contest, z: float) -> None:
        for side in Side:
            scale = self._plan.scale(side)
            for label, tubes in ((Structure.VESSEL, ARTERIES + VEINS), (NERVE, NERVES)):
                for tube in tubes:
                    self._enter_tube(contest, tube, side, scale, z, label)

    def _enter_tube(
        self,
        contest: _Contest,
        tube: Tube,
        side: Side,
        scale: PelvisScale,
        z: float,
        label: int,
    ) -> None:
        rods = tube.rods_at(scale.z(z), 3.0)
        patch = rods and self._reference_patch(side, scale, tube.reach(rods, 3.0))
        if patch:
            distance = tube.distance(rods, patch.u, patch.a, scale.z(z))
            contest.enter(patch.index, np.where(distance < 1, distance * 8, distance), label)

    def _draw_spine(self, labels: NDArray[np.uint8], z: float) -> None:
        scale = self._middle
        rz = scale.z(z)
        whole = self._reference_patch(Side.LEFT, scale, (-60.0, 60.0, -112.0, 30.0))
        assert whole is not None
        u, a, cut = np.abs(whole.u), whole.a, labels[whole.index]
        parts = [(DISC, DISCS), (Structure.VERTEBRA, VERTEBRAE), (Structure.SACRUM, (SACRUM,))]
        for label, lofts in [*parts, (Structure.COCCYX, (COCCYX,))]:
            for loft in lofts:
                section = loft.at(rz)
                if section is not None:
                    cut[loft.distance(section, u, a) < 0] = label
        cut[vertebral_arch(u, a, rz) < 0] = Structure.VERTEBRA
        if SACRUM.at(rz) is not None:
            hole = (sacral_foramen(u, a, rz) < 0) & (cut == Structure.SACRUM)
            cut[hole] = Structure.FAT

    def _draw_hip(self, labels: NDArray[np.uint8], z: float, side: Side) -> None:
        """Hip bone, femur and the joint between them."""
        u, a, height = self._plan.hips[side].centre
        box = (0.0, min(u + 95, 199.0), a - 100, a + 75)
        patch = self._patch(side, box)
        assert patch is not None
        cut = labels[patch.index]
        bone = self._bones[side].distance(patch.u, patch.a, z)
        cut[(bone < 2.0) & (cut == Structure.SACRUM)] = Structure.FAT
        cut[bone < 0] = HIP_BONE[side]
        if z > height + 45:
            return
        if z > height - 75:
            self._draw_joint(cut, patch, z, side)
        cut[self.femurs[side].distance(patch.u, patch.a, z) < 0] = FEMUR[side]

    def _draw_joint(self, cut: NDArray[np.uint8], patch: _Patch, z: float, side: Side) -> None:
        """Cartilage, joint space, fossa and capsule; the bones are drawn over them."""
        shape, bone = self.femurs[side], self._bones[side]
        thick = shape.plan.femoral_cartilage_mm
        femur = shape.inside_capsule(patch.u, patch.a, z)
        free = cut != HIP_BONE[side]
        along = shape.along_neck(patch.u, patch.a, z) / np.float32(shape.plan.radius_mm)
        head = shape.head(patch.u, patch.a, z)
        rim = bone.inside_rim(patch.u, patch.a, z)
        socket = (rim < 0) & (head < bone.socket_radius - shape.plan.radius_mm)
        end = shape.plan.neck_mm / shape.plan.radius_mm - 0.42
        sleeve = along < end - 0.12 * np.clip((femur - 2) / 4, 0, 1)
        recess = 0.9 + 1.1 * np.exp(-(((along - 1.15) / 0.22) ** 2))
        cut[free & sleeve & (femur < recess + 4.0) & (rim > -6)] = CAPSULE[side]
        cut[free & sleeve & (femur < recess)] = JOINT_SPACE[side]
        cut[free & (head < shape.plan.mantle_mm) & (along < 0)] = JOINT_SPACE[side]
        cut[free & socket] = Structure.CARTILAGE
        fossa = bone.fossa(patch.u, patch.a, z) < 0
        cut[free & fossa & (rim < 2) & (head > thick)] = Structure.FAT
        gap = (head > thick) & (head < thick + JOINT_GAP_MM)
        cut[free & (rim < 0) & gap] = JOINT_SPACE[side]
        cut[free & (head < thick) & (along < 0.3)] = Structure.CARTILAGE


def _span(low: float, high: float, count: int) -> slice:
    """Indices between two places on an axis, cut to its length."""
    return slice(max(0, int(np.floor(low))), min(count, int(np.ceil(high)) + 1))


def _varied_muscles(rng: np.random.Generator, size: float) -> tuple[Loft, ...]:
    """The muscles of one side, each a little different from the reference."""
    return tuple(
        loft.varied(size * float(np.exp(rng.normal(0, 0.025))), rng.normal(0, 0.8, 2))
        for loft in MUSCLES.values()
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Egg:
    """An ellipsoid organ."""

    centre: tuple[float, float, float]
    half: tuple[float, float, float]

    def reach(self, z: float) -> tuple[float, float, float, float] | None:
        if abs(z - self.centre[2]) > self.half[2] + 4:
            return None
        (u, a, _), (p, q, _) = self.centre, self.half
        return u - p - 4, u + p + 4, a - q - 4, a + q + 4

    def distance(self, u: Field, a: Field, z: float) -> Field:
        return ellipsoid(u, a, z, self.centre, self.half)


@dataclass(frozen=True, slots=True, eq=False)
class _Gut:
    """A tube of bowel."""

    tube: Tube

    def reach(self, z: float) -> tuple[float, float, float, float] | None:
        rods = self.tube.rods_at(z, 3.0)
        return self.tube.reach(rods, 3.0) if rods else None

    def distance(self, u: Field, a: Field, z: float) -> Field:
        return self.tube.distance(self.tube.rods_at(z, 3.0), u, a, z)


def _organs(rng: np.random.Generator, plan: BodyPlan) -> Iterator[tuple[int, _Egg | _Gut]]:
    """Organs of the midline in the reference's frame, u to the left."""
    across, deep, up = plan.bladder_half_mm
    aside = float(rng.normal(0, 3))
    yield Structure.BLADDER, _Egg((aside, 16.0, up + 1.0), (across, deep, up))
    if plan.sex == "F":
        fundus = (float(rng.normal(0, 6)), -2.0, 2 * up + 15.0)
        yield Structure.UTERUS, _Egg(fundus, (24.0, 26.0, 16.0))
        yield Structure.UTERUS, _Egg((0.0, -24.0, up + 4.0), (11.0, 11.0, 20.0))
    else:
        yield Structure.PROSTATE, _Egg((0.0, -2.0, -22.0), (21.0, 14.0, 15.0))
    yield Structure.COLON, _Gut(_rectum(rng))
    yield Structure.COLON, _Gut(_flank_colon(rng, 1))
    yield Structure.COLON, _Gut(_flank_colon(rng, -1))
    for start in ((-50.0, 30.0, 190.0), (20.0, 40.0, 150.0), (-30.0, 45.0, 105.0)):
        yield Structure.SMALL_BOWEL, _Gut(_loops(rng, start))


def _rectum(rng: np.random.Generator) -> Tube:
    """Anal canal, rectum and sigmoid."""
    points = np.array(
        [
            (0, -66, -48), (0, -56, -28), (2, -60, -8), (-3, -66, 14), (4, -60, 40),
            (-8, -44, 62), (10, -26, 78), (36, -4, 84), (58, 20, 96),
        ]
    )  # fmt: skip
    radii = np.array([7, 8, 14, 16, 14, 12, 12, 12, 12]) * rng.uniform(0.85, 1.15, 9)
    return Tube(points + rng.normal(0, 2.5, points.shape) * [1, 1, 0.5], radii)


def _flank_colon(rng: np.random.Generator, sign: int) -> Tube:
    """Descending (left) or ascending colon with the caecum (right)."""
    points = np.array([(58.0, 22, 98), (80, 26, 118), (98, 16, 150), (104, 6, 185), (104, 2, 215)])
    if sign < 0:
        points[:2] = [(66, 26, 92), (82, 24, 112)]
    wide = 15 if sign > 0 else 23
    radii = wide * rng.uniform(0.8, 1.15, len(points))
    return Tube((points + rng.normal(0, 3, points.shape)) * [sign, 1, 1], radii)


def _loops(rng: np.random.Generator, start: tuple[float, float, float]) -> Tube:
    """Small bowel wandering through the front of the belly."""
    points = [np.asarray(start)]
    heading = rng.normal(0, 1, 3)
    low, high = np.array([-62.0, 12.0, 52.0]), np.array([62.0, 66.0, 210.0])
    for _ in range(26):
        heading = 0.55 * heading + rng.normal(0, 1, 3)
        heading += 0.8 * ((points[-1] < low).astype(float) - (points[-1] > high).astype(float)) * 3
        points.append(points[-1] + 17 * heading / np.linalg.norm(heading))
    return Tube(np.stack(points), rng.uniform(8.5, 12.5, len(points)))

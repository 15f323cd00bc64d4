"""Subjects with known outlines: a site's corrected cases, or simulated patients.

A case is one native series with the true masks of one or both hips. Networks
learn from its crops and are measured on it; both see it through the functions
that the program works with. `read_cases` lists everything that is wrong with a
folder of corrected cases; what is listed is never used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.crop import crop_hip
from hipdesk.errors import KnownError, UnreadableInput
from hipdesk.geometry import as_point, to_lps, voxel_volume_ml
from hipdesk.grids import Grid, locator_grid, resample, resample_points, shape3
from hipdesk.intensity import marrow_medians
from hipdesk.ports import StudyReader
from hipdesk.records import (
    LESIONS,
    Affine,
    BoolArray,
    GridBox,
    Head,
    Outline,
    Patient,
    Plane,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    Volume,
)
from hipdesk.training.shards import Pool, Stack

Truth = Mapping[Side, Mapping[SegmentClass, BoolArray]]
"""True masks on the native grid; a class that is missing is unknown."""

REQUIRED: Final = (
    SegmentClass.FEMORAL_HEAD,
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
)
"""Classes every case must state; an empty lesion mask states that there is none."""

HEAD_SHARE: Final = 0.957
"""Volume of a ball less its cap beyond 0.75 radii: what ``femoral_head`` is of the head."""

HEAD_RADIUS_MM: Final = (15.0, 35.0)
"""An adult's lies within; women's are about 23 mm and men's 26 mm."""

MIN_HEAD_SLICES: Final = 5
"""A hip on fewer slices has no score."""

NIFTI: Final = (".nii", ".nii.gz")
GRID_TOLERANCE: Final = 0.2
"""Pixels by which a mask's grid may leave that of its series anywhere."""

_BONE: Final = (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One series with the truth of its hips.

    Attributes
    ----------
    name : tells cases apart; a folder's name
    subject : tells patients apart: series of one subject are never split
    truth : hips without an entry are unknown
    heads : true centres where they are known better than by the masks
    """

    name: str = field(repr=False)
    subject: str = field(repr=False)
    volume: Volume
    truth: Truth
    heads: Mapping[Side, Head] = field(default_factory=lambda: MappingProxyType({}))

    def head(self, side: Side) -> Head:
        """The true head of a hip."""
        if side in self.heads:
            return self.heads[side]
        return head_of(self.truth[side][SegmentClass.FEMORAL_HEAD], self.volume.series.affine, side)

    def segmentation(self, side: Side) -> Segmentation:
        """The truth of one hip as a perfect model would return it."""
        return Segmentation(side, GridBox((0, 0, 0), self.volume.series.shape), self.truth[side])


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a case from being used.

    Attributes
    ----------
    case : name of the case's folder
    code : stable identifier
    message : a sentence that says what to do
    """

    case: str = field(repr=False)
    code: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class CaseSet:
    """What a folder of corrected cases holds.

    Attributes
    ----------
    cases : those without any problem
    problems : everything that is wrong, in the order of the folders
    notes : what is unusual but usable
    """

    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Doors:
    """How files are read; only the command line knows the adapters behind.

    Attributes
    ----------
    reader : of DICOM series
    outlines : the segments of a DICOM Segmentation object; None for another file.
        Raises UnreadableInput where it is damaged.
    """

    reader: StudyReader
    outlines: Callable[[Path], tuple[Outline, ...] | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is accepted beyond the usual.

    Attributes
    ----------
    one_hip : cases that show or outline one hip only
    unedited : outlines that the program drew and nobody changed
    """

    one_hip: bool = False
    unedited: bool = False


def head_of(mask: BoolArray, affine: Affine, side: Side) -> Head:
    """Centre and radius of the head of a mask (slices, rows, columns).

    The mask lacks a cap of the ball on the neck's side, which moves its centroid
    by less than a millimetre.
    """
    centre = to_lps(affine, np.argwhere(mask).mean(axis=0))
    volume_mm3 = np.count_nonzero(mask) * voxel_volume_ml(affine) * 1000
    radius = (3 * volume_mm3 / (4 * np.pi * HEAD_SHARE)) ** (1 / 3)
    return Head(side, True, 1.0, as_point(centre), float(radius))


def marrows_of(case: Case) -> dict[Side, float | None]:
    """Median of normal marrow of each hip, measured as at work, but on the true femurs.

    Hips are checked against each other as `hipdesk.intensity.marrow_medians`
    does it; one without outlines cannot be, though the program would find it.
    """
    series = case.volume.series
    grid = locator_grid(series)
    image = resample(case.volume.voxels, series.affine, grid)
    femurs = [
        truth.get(SegmentClass.PROXIMAL_FEMUR, truth[SegmentClass.FEMORAL_HEAD])
        for truth in case.truth.values()
    ]
    likely = resample(np.logical_or.reduce(femurs).astype(np.float32), series.affine, grid)
    heads = [case.head(side) for side in case.truth]
    medians = marrow_medians(image, likely, grid.affine, heads)
    return dict(zip(case.truth, medians, strict=True))


def stacks_of(
    cases: Sequence[Case], channels: Sequence[SegmentClass] = tuple(SegmentClass)
) -> tuple[Stack, ...]:
    """Every hip of the cases: the pipeline's crops, signal relative to marrow.

    Raises
    ------
    UnreadableInput
        A femur has no signal.
    """
    return tuple(
        _stack_of(case, side, median, channels)
        for case in cases
        for side, median in marrows_of(case).items()
    )


def _stack_of(
    case: Case, side: Side, median: float | None, channels: Sequence[SegmentClass]
) -> Stack:
    """One hip: the pipeline's crop, signal relative to marrow."""
    if median is None:
        raise UnreadableInput("A femur among the cases has no signal; check its series.")
    crop = crop_hip(case.volume, case.head(side), median)
    grid = Grid(crop.affine, shape3(crop.image.shape))
    labels = np.zeros(grid.shape, dtype=np.uint8)
    known = 0
    for bit, name in enumerate(channels):
        mask = case.truth[side].get(name)
        if mask is not None:
            known |= 1 << bit
            on_grid = resample_points(mask.astype(np.float32), case.volume.series.affine, grid)
            labels |= (on_grid > 0.5).astype(np.uint8) << bit
    return Stack(crop.image / np.float32(median), labels, known)


def pool_of(stacks: Sequence[Stack]) -> Pool:
    """The slices of stacks in memory.

    Raises
    ------
    UnreadableInput
        There is none.
    """
    if not stacks:
        raise UnreadableInput("There is no case to learn from; check the folder of cases.")
    lengths = np.array([len(stack.signal) for stack in stacks])
    ends = np.cumsum(lengths)
    return Pool(
        signal=np.concatenate([stack.signal for stack in stacks]).astype(np.float16),
        labels=np.concatenate([stack.labels for stack in stacks]),
        known=np.repeat(np.array([stack.known for stack in stacks], dtype=np.uint8), lengths),
        first=np.repeat(ends - lengths, lengths),
        last=np.repeat(ends - 1, lengths),
    )


def read_cases(root: Path, doors: Doors, rules: Rules | None = None) -> CaseSet:
    """Read and check the corrected cases below a folder, one sub-folder each.

    A case's folder holds, at any depth, the DICOM series and its outlines: a
    DICOM Segmentation as this program exports it, or NIfTI masks on the series'
    grid named ``R_bme.nii.gz``, ``L_femoral_head.nii.gz`` and so on.

    Raises
    ------
    UnreadableInput
        The folder is missing or has no sub-folder.
    """
    rules = rules or Rules()
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir())
    except OSError as error:
        raise UnreadableInput(f"{root} cannot be opened; name a folder of cases.") from error
    if not folders:
        raise UnreadableInput(f"{root} holds no case; give each case a folder of its own in it.")
    cases: list[Case] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    seen: dict[str, str] = {}
    for folder in folders:
        check = _Check(folder.name)
        case = _read_case(folder, doors, rules, check)
        if case is not None and case.volume.pixel_sha256 in seen:
            check.wrong(
                "same_images", f"It shows the same images as {seen[case.volume.pixel_sha256]}."
            )
        elif case is not None:
            seen[case.volume.pixel_sha256] = folder.name
        if case is not None and not check.problems:
            cases.append(case)
        problems += check.problems
        notes += check.notes
    return CaseSet(tuple(cases), tuple(problems), tuple(notes))


def case_lines(found: CaseSet) -> list[str]:
    """The result of checking cases, in words."""
    subjects = {case.subject for case in found.cases}
    hips = sum(len(case.truth) for case in found.cases)
    lines = [f"{len(found.cases)} cases can be used: {len(subjects)} patients, {hips} hips."]
    wrong = {problem.case for problem in found.problems}
    if wrong:
        lines.append(f"{len(wrong)} cases cannot be used:")
        lines += [f"  {each.case}: {each.message}" for each in found.problems]
    if found.notes:
        lines.append("Please note:")
        lines += [f"  {each.case}: {each.message}" for each in found.notes]
    return lines


class _Check:
    """Gathers what is wrong with one case."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []

    def wrong(self, code: str, message: str) -> None:
        """Something keeps the case from being used."""
        self.problems.append(Problem(self.name, code, message))

    def note(self, code: str, message: str) -> None:
        """Something is unusual."""
        self.notes.append(Problem(self.name, code, message))


def _read_case(folder: Path, doors: Doors, rules: Rules, check: _Check) -> Case | None:
    """One case, or None where it cannot even be put together."""
    try:
        scan = doors.reader.scan(folder)
        outlines = _dicom_outlines(sorted(file.path for file in scan.skipped), doors, check)
    except KnownError as error:
        check.wrong("unreadable", str(error))
        return None
    pictures = sorted(path for path in folder.rglob("*") if path.name.lower().endswith(NIFTI))
    if outlines and pictures:
        check.wrong("two_kinds", "It has both a DICOM segmentation and NIfTI masks; keep one.")
        return None
    if not outlines and not pictures:
        check.wrong("no_outlines", "It has no outlines: no DICOM segmentation, no NIfTI mask.")
        return None
    series = _outlined_series(scan.series, outlines, check)
    if series is None:
        return None
    _check_series(series, check)
    try:
        volume = doors.reader.read(series)
    except KnownError as error:
        check.wrong("unreadable", str(error))
        return None
    masks = _dicom_masks(outlines, series, check) if outlines else _nifti(pictures, series, check)
    _check_edited(outlines, rules, check)
    truth = _checked(masks, series, rules, check)
    if not truth:
        return None
    return Case(check.name, _subject(series.patient, check), volume, truth)


def _dicom_outlines(paths: Sequence[Path], doors: Doors, check: _Check) -> tuple[Outline, ...]:
    """Segments of the one Segmentation object among the files that are no images."""
    found = [outlines for path in paths if (outlines := doors.outlines(path)) is not None]
    if len(found) > 1:
        check.wrong("two_segmentations", "It has more than one DICOM segmentation; keep one.")
    return found[0] if found else ()


def _outlined_series(
    every: Sequence[Series], outlines: Sequence[Outline], check: _Check
) -> Series | None:
    """The series that the outlines belong to."""
    wanted = {outline.series_uid for outline in outlines}
    named = [series for series in every if not wanted or series.uid in wanted]
    if len(named) > 1 and not wanted:
        sensitive = [series for series in named if series.contrast.fluid_sensitive]
        named = [series for series in sensitive if series.plane is Plane.CORONAL]
    if len(named) == 1:
        return named[0]
    if named:
        check.wrong("several_series", "It has several series; keep the one that was outlined.")
    else:
        check.wrong("series_missing", "The series that was outlined is not in its folder.")
    return None


def _check_series(series: Series, check: _Check) -> None:
    """Whether the series shows what can be outlined."""
    if not series.contrast.fluid_sensitive:
        check.wrong(
            "not_fluid_sensitive",
            f"Its series is not fluid-sensitive ({series.contrast.value}), so it shows no lesion.",
        )
    if series.plane is not Plane.CORONAL:
        check.wrong("not_coronal", f"Its series is {series.plane.value}, not coronal.")


def _check_edited(outlines: Sequence[Outline], rules: Rules, check: _Check) -> None:
    """A network does not learn from what it drew itself, unless a reader said so."""
    if outlines and not rules.unedited and not any(outline.edited for outline in outlines):
        check.wrong(
            "not_corrected",
            "Its outlines are the program's own and nobody changed them; correct them, or pass "
            "--accept-unedited where a reader has accepted all such cases as they are.",
        )


def _subject(patient: Patient, check: _Check) -> str:
    """Who the patient is, as far as the files say."""
    if patient.patient_id:
        return repr((patient.issuer, patient.patient_id, patient.birth_date, patient.sex))
    check.note("patient_unknown", "It names no patient ID and is taken for a patient of its own.")
    return f"folder {check.name}"


Masks = dict[tuple[Side, SegmentClass], BoolArray]


def _dicom_masks(outlines: Sequence[Outline], series: Series, check: _Check) -> Masks:
    """Segments on the native grid."""
    masks: Masks = {}
    index = {source.key: number for number, source in enumerate(series.slices)}
    for outline in outlines:
        name = _class_named(outline.label, check)
        if name is None:
            continue
        if outline.side is None:
            check.wrong("side_unknown", f"Its segment '{name.value}' states no side.")
            continue
        shapes = {mask.shape for mask in outline.slices.values()}
        if not outline.placed or shapes - {(series.rows, series.columns)}:
            check.wrong("wrong_grid", f"Its segment '{name.value}' is not on the series' grid.")
        elif set(outline.slices) - set(index):
            check.wrong("wrong_grid", f"Its segment '{name.value}' is on slices of other images.")
        else:
            mask = np.zeros(series.shape, dtype=np.bool_)
            for key, plane in outline.slices.items():
                mask[index[key]] |= plane
            _put(masks, (outline.side, name), mask, check)
    return masks


def _nifti(paths: Sequence[Path], series: Series, check: _Check) -> Masks:
    """NIfTI masks on the native grid."""
    masks: Masks = {}
    for path in paths:
        side, label = _side_and_label(path)
        if side is None:
            check.wrong(
                "side_unknown", f"{path.name} states no side; call it R_... or L_..., as R_bme.nii."
            )
            continue
        name = _class_named(label, check)
        if name is None:
            continue
        try:
            values, affine = read_nifti(path)
        except UnreadableInput as error:
            check.wrong("unreadable", str(error))
            continue
        mask = on_grid_of(series, values != 0, affine)
        if mask is None:
            check.wrong("wrong_grid", f"{path.name} is not on the series' grid.")
        else:
            _put(masks, (side, name), mask, check)
    return masks


def _put(masks: Masks, key: tuple[Side, SegmentClass], mask: BoolArray, check: _Check) -> None:
    """Keep a mask; two of one kind are one too many."""
    if key in masks:
        check.wrong("twice", f"The {key[0].word} hip has two masks '{key[1].value}'; keep one.")
    masks[key] = mask


def _class_named(label: str, check: _Check) -> SegmentClass | None:
    """The class of a label, or a problem."""
    try:
        return SegmentClass(label)
    except ValueError:
        known = ", ".join(SegmentClass)
        check.wrong("unknown_class", f"'{label}' is no class of outlines; these are: {known}.")
        return None


def _side_and_label(path: Path) -> tuple[Side | None, str]:
    """``R_bme.nii.gz`` is the right hip's ``bme``."""
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    word, _, label = stem.partition("_")
    sides = {"r": Side.RIGHT, "right": Side.RIGHT, "l": Side.LEFT, "left": Side.LEFT}
    return sides.get(word.lower()), label.lower()


def read_nifti(path: Path) -> tuple[NDArray[Any], Affine]:
    """Values (k, j, i) of a NIfTI file and the affine of those indices to LPS mm.

    Raises
    ------
    UnreadableInput
        It cannot be read or is not three-dimensional.
    """
    try:
        import SimpleITK
    except ModuleNotFoundError as error:
        raise UnreadableInput(
            f"{path.name} needs SimpleITK to be read; install hipdesk[train]."
        ) from error
    try:
        image: Any = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise UnreadableInput(f"{path.name} is no NIfTI file that can be read.") from error
    if image.GetDimension() != 3:
        raise UnreadableInput(f"{path.name} is not three-dimensional.")
    direction = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    affine = np.eye(4)
    affine[:3, :3] = direction[:, ::-1]
    affine[:3, 3] = image.GetOrigin()
    return SimpleITK.GetArrayFromImage(image), affine


def on_grid_of(series: Series, mask: BoolArray, affine: Affine) -> BoolArray | None:
    """A mask whose axes may run otherwise, on the series' grid; None where it does not fit.

    Parameters
    ----------
    affine : of the mask's own indices to LPS mm
    """
    link = np.linalg.inv(series.affine) @ affine
    turn = np.rint(link[:3, :3])
    fits = np.abs(turn).sum(axis=0).tolist() == np.abs(turn).sum(axis=1).tolist() == [1, 1, 1]
    far = np.max(mask.shape) * np.abs(link[:3, :3] - turn).max()
    if not fits or far > GRID_TOLERANCE:
        return None
    order = np.abs(turn).argmax(axis=1)
    turned = mask.transpose(order)
    flips = [turn[axis, order[axis]] < 0 for axis in range(3)]
    turned = turned[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    first = [-(turned.shape[axis] - 1) if flip else 0 for axis, flip in enumerate(flips)]
    offset = link[:3, 3] + np.array(first)
    if turned.shape != series.shape or np.abs(offset).max() > GRID_TOLERANCE:
        return None
    return np.ascontiguousarray(turned)


def _checked(masks: Masks, series: Series, rules: Rules, check: _Check) -> Truth:
    """The masks by side, everything wrong with them listed."""
    truth: dict[Side, Mapping[SegmentClass, BoolArray]] = {}
    for side in Side:
        own = {name: mask for (where, name), mask in masks.items() if where is side}
        if own:
            truth[side] = MappingProxyType(own)
            for code, message in _hip_problems(side, own, series):
                check.wrong(code, message)
        elif rules.one_hip:
            check.note("side_missing", f"Its {side.word} hip has no outlines.")
        else:
            check.wrong(
                "side_missing",
                f"Its {side.word} hip has no outlines; draw them, or pass --accept-one-hip where "
                "the series show one hip.",
            )
    heads = {
        side: head_of(own[SegmentClass.FEMORAL_HEAD], series.affine, side).centre_lps_mm
        for side, own in truth.items()
        if SegmentClass.FEMORAL_HEAD in own and own[SegmentClass.FEMORAL_HEAD].any()
    }
    right, left = heads.get(Side.RIGHT), heads.get(Side.LEFT)
    if right is not None and left is not None and right[0] > left[0]:
        check.wrong("sides_swapped", "Its right hip lies to the left of its left one.")
    return MappingProxyType(truth)


def _hip_problems(
    side: Side, own: Mapping[SegmentClass, BoolArray], series: Series
) -> Iterator[tuple[str, str]]:
    """What is wrong with one hip's masks."""
    yield from _mask_problems(side, own)
    head = own.get(SegmentClass.FEMORAL_HEAD)
    if head is not None and head.any():
        yield from _head_problems(side, head, series.affine)
        yield from _oedema_problems(side, own)


def _mask_problems(side: Side, own: Mapping[SegmentClass, BoolArray]) -> Iterator[tuple[str, str]]:
    """Masks that are missing, or empty where none may be."""
    for name in REQUIRED:
        if name not in own:
            yield (
                "class_missing",
                (
                    f"Its {side.word} hip has no mask '{name.value}'; give an empty one where "
                    "there is no such lesion."
                ),
            )
    for name, mask in own.items():
        if not mask.any() and name not in LESIONS:
            yield "empty_mask", f"The mask '{name.value}' of its {side.word} hip is empty."


def _head_problems(side: Side, head: BoolArray, affine: Affine) -> Iterator[tuple[str, str]]:
    """A head on too few slices, or of a size that no adult has."""
    count = int(np.count_nonzero(head.any(axis=(1, 2))))
    if count < MIN_HEAD_SLICES:
        yield (
            "few_slices",
            (
                f"Its {side.word} femoral head is outlined on {count} slices; at least "
                f"{MIN_HEAD_SLICES} are needed."
            ),
        )
        return
    radius = head_of(head, affine, side).radius_mm or 0.0
    if not HEAD_RADIUS_MM[0] <= radius <= HEAD_RADIUS_MM[1]:
        yield (
            "head_size",
            (
                f"Its {side.word} femoral head is outlined with a radius of {radius:.0f} mm, which "
                "no adult has; check outlines and pixel size."
            ),
        )


def _oedema_problems(
    side: Side, own: Mapping[SegmentClass, BoolArray]
) -> Iterator[tuple[str, str]]:
    """Oedema where there is no bone."""
    oedema = own.get(SegmentClass.BME)
    bone = [own[name] for name in own if name in _BONE]
    if oedema is not None and oedema.any() and len(bone) == len(_BONE):
        outside = np.count_nonzero(oedema & ~(bone[0] | bone[1])) / np.count_nonzero(oedema)
        if outside > 0.5:
            yield "oedema_outside", f"Most of the oedema of its {side.word} hip lies outside bone."

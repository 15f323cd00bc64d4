"""Slices of a folder, sorted into stacks of parallel, evenly sized slices.

Nothing here looks at file names or InstanceNumbers: membership comes from
UIDs, order from positions along the normal (DICOM PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.adapters._dicom_elements import Elements
from hipdesk.adapters._dicom_headers import (
    Frame,
    acquisition_of,
    contradicts_letters,
    cues_of,
    is_inverted,
    is_lossy,
    kind_of,
    laterality_of,
    patient_of,
    region_of,
    study_of,
    window_of,
)
from hipdesk.adapters._dicom_phases import split_words, stacks_by_phase
from hipdesk.adapters._dicom_tags import Tag
from hipdesk.contrast import SequenceCues, contradiction, weighting
from hipdesk.geometry import (
    as_point,
    plane_of,
    slice_normal,
    spacing_of,
    stack_affine,
    stack_direction,
)
from hipdesk.records import (
    Affine,
    Notice,
    Patient,
    Plane,
    Series,
    SkippedFile,
    SliceSource,
    read_only,
)

ORIENTATION_TOLERANCE: Final = 0.01
"""Largest difference of a direction cosine within one stack, about half a degree."""

SPACING_TOLERANCE: Final = 1e-3
ECHO_TOLERANCE_MS: Final = 0.5

OFFSET_TOLERANCE_MM: Final = 10.0
"""Largest sideways step between neighbours of one stack; side-by-side stacks lie farther apart."""

SAME_POSITION_MM: Final = 0.1

IRREGULAR_FRACTION: Final = 0.05
MISSING_FACTOR: Final = 1.5

SMALL_STACK: Final = 5
MOST_ORIENTATIONS: Final = 6
"""More orientations with fewer slices each are a radial series or a turning projection."""

_COMPONENTS: Final = frozenset(
    {"M", "P", "R", "I", "MAGNITUDE", "PHASE", "PHASE MAP", "REAL", "IMAGINARY",
     "W", "F", "IP", "OP", "FF", "WATER", "FAT", "IN_PHASE", "OUT_PHASE", "OPP_PHASE",
     "FAT_FRACTION", "R2_STAR", "T2_STAR", "ADC", "TRACEW", "DIFFUSION"}
)  # fmt: skip

_REPEATED = "It repeats a slice position of its series; the first acquisition is used."


def sort_into_series(
    frames: Iterable[Frame],
) -> tuple[tuple[Series, ...], tuple[SkippedFile, ...]]:
    """Series found among the frames, and the files left out of them.

    The order of ``frames`` does not matter.
    """
    by_uid: dict[tuple[str, str], list[Frame]] = defaultdict(list)
    for frame in sorted(frames, key=_identity):
        by_uid[frame.elements.string(Tag.STUDY_UID), frame.series_uid].append(frame)
    series: list[Series] = []
    skipped: list[SkippedFile] = []
    for members in (part for group in by_uid.values() for part in _by_patient(group)):
        stacks = _stacks(members)
        words = split_words(stacks)
        for number, stack in enumerate(stacks, start=1):
            kept, repeated = _first_acquisitions(stack)
            series.append(_series(kept, len(repeated), number, words))
            used = {frame.path for frame in kept}
            skipped += [SkippedFile(f.path, _REPEATED) for f in repeated if f.path not in used]
    return tuple(series), tuple(skipped)


def _by_patient(frames: Sequence[Frame]) -> list[list[Frame]]:
    """One list of frames for each patient; one UID may be given to several by mistake."""
    groups: list[tuple[set[Patient], list[Frame]]] = []
    stated: dict[Path, Patient] = {}
    for frame in frames:
        if frame.path not in stated:
            stated[frame.path] = patient_of(frame.elements)
        patient = stated[frame.path]
        known, members = next(
            (group for group in groups if not any(map(patient.contradicts, group[0]))),
            (set[Patient](), list[Frame]()),
        )
        if not members:
            groups.append((known, members))
        known.add(patient)
        members.append(frame)
    return [members for _, members in groups]


def _identity(frame: Frame) -> tuple[str, int]:
    return frame.key.sop_instance_uid, frame.key.frame_number or 0


def _stacks(frames: Sequence[Frame]) -> list[list[Frame]]:
    """One list of frames for each stack.

    A group of very many small orientations stays together: a radial series or
    a turning projection is one thing to a reader, and none of its parts can be
    analysed.
    """
    stacks: list[list[Frame]] = []
    for alike in _clusters(frames, kind_of, _alike):
        turned = _clusters(alike, _directions, _parallel)
        small = all(_distinct_positions(part) < SMALL_STACK for part in turned)
        if len(turned) > MOST_ORIENTATIONS and small:
            stacks.append(alike)
        else:
            stacks += [stack for part in turned for stack in _parallel_stacks(part)]
    return stacks


def _parallel_stacks(frames: list[Frame]) -> list[list[Frame]]:
    """Stacks among parallel frames: beside each other, named, or measured again and again."""
    return [
        stack
        for beside in _side_by_side(frames)
        for named in _by_stack_id(beside)
        for stack in stacks_by_phase(named, _distinct_positions)
    ]


def _clusters(
    frames: Sequence[Frame],
    key: Callable[[Frame], Hashable],
    same: Callable[[Frame, Frame], bool] | None = None,
) -> list[list[Frame]]:
    """Group frames with the first one that they are the same as.

    Parameters
    ----------
    key : frames with equal keys are the same, and need not be compared
    same : whether frames with different keys are; they are not where none is given
    """
    groups: list[list[Frame]] = []
    known: dict[Hashable, list[Frame]] = {}
    for frame in frames:
        group = known.get(kind := key(frame))
        if group is None and same is not None:
            group = next((group for group in groups if same(group[0], frame)), None)
        if group is None:
            group = []
            groups.append(group)
        known[kind] = group
        group.append(frame)
    return groups


def _directions(frame: Frame) -> Hashable:
    return frame.orientation


def _alike(a: Frame, b: Frame) -> bool:
    """Same matrix, pixel size, echo and kind of image."""
    return (
        (a.rows, a.columns) == (b.rows, b.columns)
        and all(
            math.isclose(x, y, rel_tol=SPACING_TOLERANCE)
            for x, y in zip(a.spacing_mm, b.spacing_mm, strict=True)
        )
        and _same_echo(a.echo_ms, b.echo_ms)
        and _components(a) == _components(b)
    )


def _same_echo(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= ECHO_TOLERANCE_MS


def _components(frame: Frame) -> frozenset[str]:
    return frozenset(frame.image_type[2:]) & _COMPONENTS


def _by_stack_id(frames: list[Frame]) -> list[list[Frame]]:
    """Split parallel frames by the file's own StackID where that names whole stacks.

    It does not where a maker counts slices, packages or time points with it:
    each stack holds several positions and no other stack's, and stacks that
    together are one evenly spaced stack lie one behind the other.
    """
    named = sorted(_clusters(frames, lambda frame: frame.stack), key=lambda s: _span(s)[0])
    if len(named) == 1:
        return [frames]
    spans = [_span(stack) for stack in named]
    apart = all(a[1] + SAME_POSITION_MM < b[0] for a, b in itertools.pairwise(spans))
    counts = [_distinct_positions(stack) for stack in named]
    if min(counts) < 2 or sum(counts) != _distinct_positions(frames):
        return [frames]
    whole = (apart and min(counts) >= SMALL_STACK) or not _evenly_spaced(frames)
    return named if whole else [frames]


def _span(frames: Sequence[Frame]) -> tuple[float, float]:
    """Extent along the stack's direction, mm."""
    direction = stack_direction(slice_normal(frames[0].orientation))
    depths = np.array([frame.position for frame in frames]) @ direction
    return float(depths.min()), float(depths.max())


def _parallel(a: Frame, b: Frame) -> bool:
    pairs = zip(a.orientation, b.orientation, strict=True)
    return all(abs(x - y) <= ORIENTATION_TOLERANCE for x, y in pairs)


def _evenly_spaced(frames: Sequence[Frame]) -> bool:
    """Whether the frames are one stack without a gap, whatever they are called."""
    gaps = np.diff(np.sort(_depths(frames)))
    gaps = gaps[gaps > SAME_POSITION_MM]
    return gaps.size > 0 and float(np.ptp(gaps)) <= IRREGULAR_FRACTION * float(np.median(gaps))


def _distinct_positions(frames: Sequence[Frame]) -> int:
    depths = np.sort(_depths(frames))
    return 1 + int(np.sum(np.diff(depths) > SAME_POSITION_MM))


def _depths(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Position of each frame along the stack's direction, mm."""
    direction = stack_direction(slice_normal(frames[0].orientation))
    return np.array([frame.position for frame in frames]) @ direction


def _side_by_side(frames: list[Frame]) -> list[list[Frame]]:
    """Split parallel frames whose pictures lie beside each other.

    Neighbours in one stack step sideways by little or nothing, sheared stacks
    included; a step farther than the tolerance begins another stack.
    """
    parts = [frames]
    for axis in (frames[0].orientation[:3], frames[0].orientation[3:]):
        parts = [piece for part in parts for piece in _split_at_gaps(part, np.array(axis))]
    return parts


def _split_at_gaps(frames: list[Frame], axis: NDArray[np.float64]) -> list[list[Frame]]:
    offsets = np.array([frame.position for frame in frames]) @ axis
    order = np.argsort(offsets, kind="stable")
    cuts = np.flatnonzero(np.diff(offsets[order]) > OFFSET_TOLERANCE_MM) + 1
    return [[frames[i] for i in sorted(part)] for part in np.split(order, cuts)]


def _first_acquisitions(frames: list[Frame]) -> tuple[list[Frame], list[Frame]]:
    """Frames in stack order, one a position, and the repeated ones."""
    if _orientations(frames) > 1:
        return [frame for group in _clusters(frames, _directions, _parallel) for frame in group], []
    depths = _depths(frames)
    kept: list[Frame] = []
    repeated: list[Frame] = []
    for place in _places(depths):
        first, *others = sorted(
            (frames[i] for i in place), key=lambda frame: (frame.order, _identity(frame))
        )
        kept.append(first)
        repeated += others
    return kept, repeated


def _places(depths: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Indices of frames at each distinct position, in stack order."""
    order = np.argsort(depths, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(depths[order]) > SAME_POSITION_MM) + 1)


def _orientations(frames: Sequence[Frame]) -> int:
    return len(_clusters(frames, _directions, _parallel))


def _series(frames: list[Frame], repeated: int, number: int, words: Sequence[str]) -> Series:
    """The record of one sorted stack, the ``number``-th of those that ``words`` tell apart."""
    middle = frames[len(frames) // 2]
    elements = frames[0].elements
    orientations = _orientations(frames)
    affine, notices = (
        (_loose_affine(frames[0]), [_mixed_notice(orientations)])
        if orientations > 1
        else _measured_affine(frames)
    )
    cues = cues_of(middle)
    notices += [
        *_contrast_notices(cues),
        *_provenance_notices(repeated, number, len(words)),
        *_picture_notices(frames),
        *_orientation_notices(frames),
    ]
    series_number = elements.number(Tag.SERIES_NUMBER)
    return Series(
        uid=frames[0].series_uid,
        patient=patient_of(elements),
        study=study_of(elements),
        acquisition=acquisition_of(middle),
        description=_description(elements, words[number - 1]),
        number=None if series_number is None else int(series_number),
        frame_of_reference_uid=elements.string(Tag.FRAME_OF_REFERENCE),
        plane=Plane.MIXED if orientations > 1 else plane_of(slice_normal(middle.orientation)),
        contrast=weighting(cues),
        slices=tuple(SliceSource(f.key, f.path, f.position, f.acquired) for f in frames),
        rows=middle.rows,
        columns=middle.columns,
        affine=read_only(affine),
        spacing_mm=spacing_of(affine),
        window=window_of(middle.elements),
        notices=tuple(notices),
        image_type=middle.image_type,
        laterality=laterality_of(middle.elements),
        body_part=region_of(elements),
    )


def _description(elements: Elements, words: str) -> str:
    """The series' name, with what tells this stack from the others of the series."""
    name = elements.text(Tag.SERIES_DESCRIPTION) or elements.text(Tag.PROTOCOL)
    return f"{name} ({words})".strip() if words else name


def _loose_affine(frame: Frame) -> Affine:
    """Affine of a lone slice, or of the first of several that are not parallel."""
    step = frame.elements.number(Tag.THICKNESS) or 0.0
    return stack_affine(
        frame.orientation,
        frame.spacing_mm,
        frame.position,
        frame.position,
        1,
        step if step > 0 else 1.0,
    )


def _measured_affine(frames: list[Frame]) -> tuple[Affine, list[Notice]]:
    """Affine of a sorted stack, and what is uneven about it."""
    if len(frames) == 1:
        return _loose_affine(frames[0]), []
    gaps = np.diff(_depths(frames))
    median = float(np.median(gaps))
    deviation = float(np.max(np.abs(gaps - median)) / median)
    first, last = np.array(frames[0].position), np.array(frames[-1].position)
    if deviation <= IRREGULAR_FRACTION:
        return _affine(frames, first, last), []
    # The step is the usual one and most slices lie exactly; those beyond a gap
    # do not, but every slice keeps its own position.
    step = (last - first) / float(gaps.sum()) * median
    index = np.arange(len(frames))[:, None]
    origin = np.median(np.array([f.position for f in frames]) - index * step, axis=0)
    affine = _affine(frames, origin, origin + step * (len(frames) - 1))
    return affine, _gap_notices(gaps, median, deviation)


def _affine(frames: list[Frame], first: NDArray[np.float64], last: NDArray[np.float64]) -> Affine:
    return stack_affine(
        frames[0].orientation, frames[0].spacing_mm, as_point(first), as_point(last), len(frames)
    )


MISSING_SLICES: Final = (
    "Slices are missing from the series; volumes and scores may be too low for it."
)


def _gap_notices(gaps: NDArray[np.float64], median: float, deviation: float) -> list[Notice]:
    missing = int(sum(round(gap / median) - 1 for gap in gaps if gap >= MISSING_FACTOR * median))
    if missing:
        return [Notice("missing_slices", MISSING_SLICES, float(missing))]
    return [
        Notice(
            "irregular_spacing",
            "The slices are unevenly spaced; the figure is the largest deviation in percent.",
            round(100 * deviation, 1),
        )
    ]


def _mixed_notice(orientations: int) -> Notice:
    return Notice("mixed_planes", "The slices lie in different directions.", float(orientations))


def _contrast_notices(cues: SequenceCues) -> list[Notice]:
    sentence = contradiction(cues)
    return [Notice("contrast_contradicts", sentence)] if sentence else []


def _provenance_notices(repeated: int, number: int, stacks: int) -> list[Notice]:
    notices = []
    if repeated:
        notices.append(
            Notice(
                "repeated_positions",
                "Slice positions were measured more than once; the first acquisition is used.",
                float(repeated),
            )
        )
    if stacks > 1:
        notices.append(
            Notice(
                "split_series",
                f"The series holds {stacks} stacks of slices; this is number {number}.",
                float(stacks),
            )
        )
    return notices


def _picture_notices(frames: Sequence[Frame]) -> list[Notice]:
    """What compression and grey scale mean for the reader."""
    notices = []
    lossy = sum(is_lossy(frame.elements) for frame in frames)
    if lossy:
        notices.append(
            Notice(
                "lossy_compressed",
                "Images were compressed with loss; fine detail and measured values are altered.",
                float(lossy),
            )
        )
    inverted = sum(is_inverted(frame.elements) for frame in frames)
    if inverted:
        notices.append(
            Notice(
                "inverted_picture",
                "The images are stored as negatives and were turned back.",
                float(inverted),
            )
        )
    return notices


def _orientation_notices(frames: Sequence[Frame]) -> list[Notice]:
    """Where words on the patient's orientation contradict the geometry or one another."""
    stated = {frame.elements.string(Tag.PATIENT_POSITION) for frame in frames} - {""}
    contradicting = sum(map(contradicts_letters, frames))
    if len(stated) < 2 and not contradicting:
        return []
    return [
        Notice(
            "orientation_contradicts",
            "The files contradict themselves on how the patient lay; sides follow the slices' "
            "geometry: make sure that right and left are right.",
            float(contradicting) if contradicting else None,
        )
    ]

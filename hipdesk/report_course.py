"""What became of a hip's lesions since an earlier visit, as the report prints it.

Only alignments of the results that count now are printed, for those that are
reported: of each hip the one with the visit that lies nearest before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hipdesk.hip_alignment import (
    BONE_OF,
    ENGINE,
    BoneAlignment,
    ByHand,
    FollowedLesion,
    HipAlignment,
    is_current,
)
from hipdesk.records import Analysis, SegmentClass, Side, Visit
from hipdesk.wording import NO_VALUE, capital, day_of, number

LESION_WORDS: Final[Mapping[FollowedLesion, str]] = MappingProxyType(
    {
        FollowedLesion.BME_FEMUR: "BME of the femur",
        FollowedLesion.BME_ACETABULUM: "BME of the hip bone",
        FollowedLesion.EFFUSION_SYNOVITIS: "Effusion/synovitis",
    }
)
BONE_WORDS: Final[Mapping[SegmentClass, str]] = MappingProxyType(
    {SegmentClass.PROXIMAL_FEMUR: "femur", SegmentClass.ACETABULUM: "hip bone"}
)

COURSE_BASIS: Final = (
    "The later visit was laid on the earlier one, bone on bone; volumes are counted on the earlier "
    "visit's pixels. Residual: the median distance left between the bone's surfaces of both "
    "visits, in parentheses that below which 95 % lie. Scores stay in native space: each is "
    "measured on its own visit's pixels."
)
DIGITS: Final = 1
SHOWN_ML: Final = 0.05


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One lesion between two visits, as printed; volumes in millilitres."""

    lesion: str
    new: str
    resolved: str
    persistent: str
    residual: str


@dataclass(frozen=True, slots=True)
class HipCourse:
    """The lesions of one hip.

    Attributes
    ----------
    title : which hip, and since which visit
    sentences : what must be read with the figures
    """

    title: str
    rows: tuple[CourseRow, ...]
    sentences: tuple[str, ...] = ()


def courses_of(
    analyses: Sequence[Analysis], visits: Sequence[Visit], alignments: Sequence[HipAlignment]
) -> tuple[HipCourse, ...]:
    """The course of each reported hip's lesions, right first; nothing where none is known.

    Parameters
    ----------
    analyses : that are reported
    visits : the patient's, with the results that count
    alignments : between them, in the order in which they were made
    """
    uids = {analysis.uid for analysis in analyses}
    found = (_newest(side, uids, visits, alignments) for side in Side)
    return tuple(_course(*each) for each in found if each is not None)


def _newest(
    side: Side, uids: set[str], visits: Sequence[Visit], alignments: Sequence[HipAlignment]
) -> tuple[HipAlignment, Visit] | None:
    """The alignment with the nearest earlier visit, and that visit."""
    known = {visit.uid: visit for visit in visits}
    found = []
    for order, each in enumerate(alignments):
        earlier, later = known.get(each.earlier_visit), known.get(each.later_visit)
        if each.side is not side or each.later[0] not in uids or earlier is None or later is None:
            continue
        if is_current(each, earlier.hip(side), later.hip(side), ENGINE):
            found.append(((str(earlier.day), order), each, earlier))
    if not found:
        return None
    _, alignment, visit = max(found, key=lambda each: each[0])
    return alignment, visit


def _course(alignment: HipAlignment, earlier: Visit) -> HipCourse:
    title = f"{capital(alignment.side.word)} hip, since {day_of(earlier.day)}"
    rows = tuple(_row(alignment, lesion) for lesion in FollowedLesion)
    shown = alignment.usable and alignment.fluid_sensitive
    return HipCourse(title, rows if shown else (), tuple(_sentences(alignment, title)))


def _row(alignment: HipAlignment, lesion: FollowedLesion) -> CourseRow:
    bone, course = alignment.bone(BONE_OF[lesion]), alignment.course(lesion)
    words = LESION_WORDS[lesion]
    if course is None:
        return CourseRow(words, NO_VALUE, NO_VALUE, NO_VALUE, "not aligned")
    return CourseRow(
        words,
        number(course.new_ml, DIGITS),
        number(course.resolved_ml, DIGITS),
        number(course.persistent_ml, DIGITS),
        _residual(bone),
    )


def _residual(bone: BoneAlignment) -> str:
    marked = "" if bone.by_hand is None else ", by hand"
    return f"{number(bone.median_mm, DIGITS)} ({number(bone.p95_mm, DIGITS)}) mm{marked}"


def _by_hand(hand: ByHand) -> str:
    who = f" by {hand.reader}" if hand.reader else ""
    length, angle = number(hand.length_mm, DIGITS), number(hand.angle_deg, DIGITS)
    return f"the alignment was adjusted by hand{who}, by {length} mm and {angle} degrees."


def _sentences(alignment: HipAlignment, title: str) -> Iterator[str]:
    """Refusals, and what else limits the figures."""
    for bone in alignment.bones:
        if bone.refused:
            yield f"{title}, {BONE_WORDS[bone.bone]} not aligned: {bone.reason}"
        if bone.by_hand is not None:
            yield f"{title}, {BONE_WORDS[bone.bone]}: {_by_hand(bone.by_hand)}"
    if not alignment.fluid_sensitive:
        yield f"{title}: one of the series does not show lesions, so no volumes are given."
    if alignment.not_comparable:
        yield f"{title}: the two may not be compared; this was asked for all the same."
    courses = (alignment.course(lesion) for lesion in FollowedLesion)
    lost = sum(course.uncompared_ml for course in courses if course is not None)
    if lost >= SHOWN_ML:
        yield (
            f"{title}: {number(lost, DIGITS)} mL lie where only one visit has slices, and are not "
            "compared."
        )

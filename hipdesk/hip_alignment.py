"""What came of laying one hip's later visit on an earlier one, as it is kept and told.

The femur and the hip bone move separately, so each has its own motion. Oedema of
the hip bone follows that bone; the other oedema, and effusion with synovitis,
follow the femur. Nothing here replaces a score: scores are measured on each
visit's own pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hipdesk.records import Affine, Point, SegmentClass, Side, Visit, VisitHip

Key = tuple[str, int]
"""UID of an analysis, and the number of the revision that was aligned; 0 is the analysis."""


ENGINE: Final = "1"
"""Version of the registration; another one's alignments are not current."""


class FollowedLesion(StrEnum):
    """A lesion class with the bone that it is followed on."""

    BME_FEMUR = "bme_femur"
    BME_ACETABULUM = "bme_acetabulum"
    EFFUSION_SYNOVITIS = "effusion_synovitis"


BONE_OF: Final[Mapping[FollowedLesion, SegmentClass]] = MappingProxyType(
    {
        FollowedLesion.BME_FEMUR: SegmentClass.PROXIMAL_FEMUR,
        FollowedLesion.BME_ACETABULUM: SegmentClass.ACETABULUM,
        FollowedLesion.EFFUSION_SYNOVITIS: SegmentClass.PROXIMAL_FEMUR,
    }
)
"""The bone whose alignment tells a lesion's course."""

CLASS_OF: Final[Mapping[FollowedLesion, SegmentClass]] = MappingProxyType(
    {
        FollowedLesion.BME_FEMUR: SegmentClass.BME,
        FollowedLesion.BME_ACETABULUM: SegmentClass.BME,
        FollowedLesion.EFFUSION_SYNOVITIS: SegmentClass.EFFUSION_SYNOVITIS,
    }
)
"""The masks in which a lesion is drawn."""


@dataclass(frozen=True, slots=True)
class PairOfVisits:
    """One hip of two visits of one patient that are to be aligned.

    Attributes
    ----------
    reader : who asks
    anyway : also where the two results may not be compared; the answer is then marked
    """

    patient_uid: str
    earlier_visit: str
    later_visit: str
    side: Side
    reader: str = field(default="", repr=False)
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class LesionCourse:
    """Millilitres of a lesion between two visits, on the earlier visit's pixels.

    Attributes
    ----------
    new_ml, resolved_ml, persistent_ml : at the later visit alone, at the earlier
        alone, at both
    uncompared_ml : at either visit, where the other has no pixels
    """

    new_ml: float
    resolved_ml: float
    persistent_ml: float
    uncompared_ml: float


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a reader added to the motion that the registration found.

    Attributes
    ----------
    shift_mm : of the later head centre, along the earlier visit's LPS x, y, z
    turn_deg : rotation vector about the earlier head centre
    reader : who kept it; empty where nobody is named
    """

    shift_mm: Point
    turn_deg: Point
    reader: str = field(default="", repr=False)

    @property
    def length_mm(self) -> float:
        """How far the head was shifted."""
        return math.hypot(*self.shift_mm)

    @property
    def angle_deg(self) -> float:
        """How far the bone was turned."""
        return math.hypot(*self.turn_deg)


@dataclass(frozen=True, slots=True)
class Hand:
    """Where a reader puts the earlier visit's outline on the later one's pictures.

    Attributes
    ----------
    shift_mm : of its head centre from where the registration takes it, along the later
        visit's LPS x, y, z
    turn_deg : rotation vector about that centre
    """

    shift_mm: Point = (0.0, 0.0, 0.0)
    turn_deg: Point = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class BoneAlignment:
    """How a bone of the later visit lies on that of the earlier one.

    Attributes
    ----------
    later_to_earlier : 4 x 4, later LPS mm to earlier LPS mm
    shift_mm : of the head centre, along the patient's x (left), y (back), z (up)
    turn_deg : about these axes, carried out in this order
    median_mm, p95_mm : between the bone's two surfaces; None where it was not measured
    refined : the signal around the bone agreed with its outlines and was used
    refused : code of why the alignment must not be used; empty where it may
    reason : the same as a sentence; empty where it may be used
    courses : of the lesions that follow this bone; empty where the alignment was
        refused, or a visit has no lesion masks
    by_hand : what of the motion is a reader's; None where it is all as found
    """

    bone: SegmentClass
    later_to_earlier: Affine
    shift_mm: Point
    turn_deg: Point
    median_mm: float | None
    p95_mm: float | None
    refined: bool = False
    refused: str = ""
    reason: str = ""
    courses: Mapping[FollowedLesion, LesionCourse] = field(
        default_factory=lambda: MappingProxyType({})
    )
    by_hand: ByHand | None = None


@dataclass(frozen=True, slots=True, eq=False)
class HipAlignment:
    """One hip's two results laid on each other; appended, never changed.

    Attributes
    ----------
    earlier_visit, later_visit : uids of the visits
    earlier, later : the results that were aligned
    engine : version of the registration
    made_utc : when
    reader : who asked for it, or adjusted it; empty where nobody is named
    bones : femur, then hip bone
    fluid_sensitive : both series show lesions; else there are no courses
    not_comparable : the two may not be compared, and a reader asked all the same
    """

    side: Side
    earlier_visit: str
    later_visit: str
    earlier: Key = field(repr=False)
    later: Key = field(repr=False)
    engine: str
    program_version: str
    made_utc: datetime
    reader: str = field(repr=False)
    bones: tuple[BoneAlignment, ...]
    fluid_sensitive: bool = True
    not_comparable: bool = False

    def bone(self, bone: SegmentClass) -> BoneAlignment:
        """The alignment of one bone."""
        return next(each for each in self.bones if each.bone is bone)

    def course(self, lesion: FollowedLesion) -> LesionCourse | None:
        """What became of a lesion; None where its bone could not be aligned."""
        return self.bone(BONE_OF[lesion]).courses.get(lesion)

    @property
    def usable(self) -> bool:
        """Whether any of its bones could be aligned."""
        return any(not each.refused for each in self.bones)


def result_key(hip: VisitHip) -> Key:
    """The result of a hip that counts at a visit."""
    return hip.analysis_uid, hip.revision


def is_current(
    alignment: HipAlignment, earlier: VisitHip | None, later: VisitHip | None, engine: str
) -> bool:
    """Whether it is of the results that count now, by this version of the registration."""
    if earlier is None or later is None or alignment.engine != engine:
        return False
    return (alignment.earlier, alignment.later) == (result_key(earlier), result_key(later))


def standing_of(
    alignments: Iterable[HipAlignment], earlier: Visit, later: Visit, side: Side, engine: str
) -> tuple[HipAlignment, bool] | None:
    """What is known of one hip's alignment between two visits, and whether it is current.

    Parameters
    ----------
    alignments : in the order in which they were made
    engine : version of the registration in use

    Returns
    -------
    the newest that is current, else the newest; None where there is none
    """
    visits, hips = (earlier.uid, later.uid), (earlier.hip(side), later.hip(side))
    found = [
        (each, is_current(each, *hips, engine))
        for each in alignments
        if each.side is side and (each.earlier_visit, each.later_visit) == visits
    ]
    current = [each for each in found if each[1]]
    return next(reversed(current or found), None)

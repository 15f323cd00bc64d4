"""Two stored visits of one hip laid on each other: motion, residual, and what became of lesions.

Read are the library's copies of both series and the results that count, a
reader's corrections included. Each bone is aligned by itself; where one cannot
be, the other still tells the course of the lesions that follow it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

from hipdesk import __version__
from hipdesk.alignment import (
    Alignment,
    AlignmentRequest,
    HipScan,
    Nudge,
    Registrar,
    differences,
    hip_scan,
)
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import NothingSuitable
from hipdesk.hip_alignment import (
    BONE_OF,
    CLASS_OF,
    ENGINE,
    BoneAlignment,
    ByHand,
    FollowedLesion,
    HipAlignment,
    LesionCourse,
    PairOfVisits,
    result_key,
)
from hipdesk.ports import (
    Cancelled,
    Progress,
    StudyReader,
    VisitEntry,
    VisitStore,
    never_cancelled,
    no_progress,
    one_of,
    share_of,
)
from hipdesk.records import SegmentClass, Side, VisitHip
from hipdesk.stored_series import read_stored
from hipdesk.timeline import Comparability, compare
from hipdesk.wording import day_of

log = logging.getLogger(__name__)

ALIGNED_BONES: Final = (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM)

READING: Final = "Reading both visits"

_READ: Final = 0.1
"""Share of the work that is done once both series are read."""

SO: Final = "the hip is not aligned"


def align_visits(
    store: VisitStore,
    reader: StudyReader,
    registrar: Registrar,
    pair: PairOfVisits,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> HipAlignment:
    """Lay a hip's later visit on the earlier one, by what counts at both now.

    Parameters
    ----------
    pair : in the order of their days

    Raises
    ------
    NothingSuitable
        A visit has no date or no outlines of this hip, the later one comes first,
        the hip may be the other one, or the two may not be compared.
    StoreError
        The library cannot be read, or its copy of a series is gone.
    DamagedImage
        A slice cannot be decoded.
    Cancelled
        The user asked to stop.
    """
    entries = _entries(store, pair)
    earlier, later = (_hip(entry, pair.side) for entry in entries)
    comparable = _comparable(earlier, later)
    if not comparable and not pair.anyway:
        raise NothingSuitable(
            f"The two results may not be compared, so {SO} unless you ask for it anyway: "
            f"{_unlike(earlier, later)}"
        )
    progress(0.0, READING)
    scans = []
    for hip in (earlier, later):
        scans.append(_scan(store, reader, hip, cancelled))
        if cancelled():
            raise CancelledByUser
    bones = _aligned(registrar, scans[0], scans[1], progress, cancelled)
    log.info("hip aligned", extra={"usable": sum(not bone.refused for bone in bones)})
    return HipAlignment(
        side=pair.side,
        earlier_visit=pair.earlier_visit,
        later_visit=pair.later_visit,
        earlier=result_key(earlier),
        later=result_key(later),
        engine=ENGINE,
        program_version=__version__,
        made_utc=datetime.now(UTC),
        reader=pair.reader,
        bones=bones,
        fluid_sensitive=all(scan.segmentation.has_lesions for scan in scans),
        not_comparable=not comparable,
    )


def _entries(store: VisitStore, pair: PairOfVisits) -> tuple[VisitEntry, VisitEntry]:
    """Both visits, the earlier one first."""
    known = {entry.visit.uid: entry for entry in store.entries(pair.patient_uid)}
    uids = pair.earlier_visit, pair.later_visit
    found = [known[uid] for uid in uids if uid in known]
    if len(set(uids)) != 2 or len(found) != 2:
        raise NothingSuitable(f"These are not two visits of this patient, so {SO}.")
    earlier, later = found
    if _day(earlier) > _day(later):
        raise NothingSuitable(f"The visit given as the later one comes first, so {SO}.")
    return earlier, later


def _day(entry: VisitEntry) -> date:
    if entry.visit.day is None:
        raise NothingSuitable(f"A visit has no date, so {SO}; give it its date first.")
    return entry.visit.day


def _hip(entry: VisitEntry, side: Side) -> VisitHip:
    """The result of the hip that counts at a visit."""
    hip = entry.visit.hip(side)
    if hip is None:
        raise NothingSuitable(
            f"The visit of {day_of(entry.visit.day)} has no result of the {side.word} hip, so {SO}."
        )
    if hip.side_in_doubt:
        raise NothingSuitable(
            f"At the visit of {day_of(entry.visit.day)} this may be the other hip, so {SO}; settle "
            "that in the review first."
        )
    return hip


def _comparable(earlier: VisitHip, later: VisitHip) -> bool:
    """Whether lesions may be set against each other; where there are none, bones may."""
    if not (earlier.contrast.fluid_sensitive and later.contrast.fluid_sensitive):
        return True
    return compare(earlier, later)[0] is not Comparability.NOT_COMPARABLE


def _unlike(earlier: VisitHip, later: VisitHip) -> str:
    """Why the two may not be compared: the gravest difference."""
    return compare(earlier, later)[1][0].message


def _scan(store: VisitStore, reader: StudyReader, hip: VisitHip, cancelled: Cancelled) -> HipScan:
    """A hip as it counts, with its pixels."""
    found = read_stored(store, reader, hip.analysis_uid, SO, cancelled)
    result = found.reviewed.hip_at(hip.side, hip.revision)
    if result.segmentation is None or result.head.centre_lps_mm is None:
        raise NothingSuitable(f"A visit has no outlines of the {hip.side.word} hip, so {SO}.")
    return hip_scan(found.volume, result)


def _aligned(
    registrar: Registrar,
    earlier: HipScan,
    later: HipScan,
    progress: Progress,
    cancelled: Cancelled,
) -> tuple[BoneAlignment, ...]:
    """Every bone, one after the other."""
    aligning = share_of(progress, _READ, 1.0)
    bones = []
    for number, bone in enumerate(ALIGNED_BONES):
        part = one_of(aligning, number, len(ALIGNED_BONES))
        alignment = registrar(AlignmentRequest(earlier, later, bone), part, cancelled)
        bones.append(told(alignment, earlier, later))
    return tuple(bones)


def told(alignment: Alignment, earlier: HipScan, later: HipScan, reader: str = "") -> BoneAlignment:
    """An alignment in figures, with the lesions that follow its bone.

    Parameters
    ----------
    reader : who nudged it, if anybody did
    """
    refused, residual, nudge = alignment.refused, alignment.residual, alignment.nudge
    return BoneAlignment(
        bone=alignment.bone,
        later_to_earlier=alignment.later_to_earlier,
        shift_mm=alignment.shift_mm(later.head_lps_mm),
        turn_deg=alignment.angles_deg,
        median_mm=None if residual is None else residual.median_mm,
        p95_mm=None if residual is None else residual.p95_mm,
        refined=alignment.refined,
        refused="" if refused is None else refused.value,
        reason=alignment.reason,
        courses=_courses(alignment, earlier, later) if refused is None else MappingProxyType({}),
        by_hand=None if nudge == Nudge() else ByHand(nudge.shift_mm, nudge.turn_deg, reader),
    )


def _courses(
    alignment: Alignment, earlier: HipScan, later: HipScan
) -> Mapping[FollowedLesion, LesionCourse]:
    found = differences(earlier, later, alignment)
    return MappingProxyType(
        {
            lesion: LesionCourse(
                each.new_ml, each.resolved_ml, each.persistent_ml, each.uncompared_ml
            )
            for lesion, bone in BONE_OF.items()
            if bone is alignment.bone and (each := found.get(CLASS_OF[lesion])) is not None
        }
    )

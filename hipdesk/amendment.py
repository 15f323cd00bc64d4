"""An analysis as its readers left it: newest revisions, rejected hips without result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hipdesk.quality import notices
from hipdesk.records import Analysis, HipResult, Notice, Origin, PatientTotal, Reason, Side
from hipdesk.review import Reviewed, Verdict
from hipdesk.scoring import patient_total
from hipdesk.sides import SideDoubts, side_doubts, side_evidence


def effective(reviewed: Reviewed) -> Analysis:
    """The analysis as its readers left it, for report and files.

    Newest revision of each hip; a rejected hip has neither masks nor score and
    says so; totals, notices and origin follow. The analysis itself where no
    reader changed anything.
    """
    base = reviewed.analysis
    hips = tuple(_as_judged(reviewed, hip.side) for hip in base.hips)
    if all(new is old for new, old in zip(hips, base.hips, strict=True)):
        return base
    origin = _origin(reviewed, hips)
    return replace(
        base,
        hips=tuple(_drawn_by(hip, reviewed.origin(hip.side), origin) for hip in hips),
        origin=origin,
        total=_total(base, hips),
        notices=_notices(base, hips),
    )


def _as_judged(reviewed: Reviewed, side: Side) -> HipResult:
    hip = reviewed.hip_at(side, reviewed.working(side))
    if hip.segmentation is None or reviewed.standing(side).verdict is not Verdict.REJECTED:
        return hip
    head = replace(hip.head, reason=Reason.REJECTED_BY_READER)
    return replace(hip, head=head, segmentation=None, score=None)


def _origin(reviewed: Reviewed, hips: Sequence[HipResult]) -> Origin:
    """Who drew the masks that are left: one origin, or edited where they differ."""
    drawn = [hip.side for hip in hips if hip.segmentation is not None]
    origins = {reviewed.origin(side) for side in drawn or [hip.side for hip in hips]}
    return origins.pop() if len(origins) == 1 else Origin.AI_EDITED


def _drawn_by(hip: HipResult, own: Origin, common: Origin) -> HipResult:
    """A hip that says who drew its masks where the analysis' own word is another."""
    return replace(hip, origin=own) if hip.segmentation is not None and own != common else hip


def _total(base: Analysis, hips: Sequence[HipResult]) -> PatientTotal:
    """Sum over both hips; signals of two series are never added."""
    apart = any(hip.reason is Reason.SEPARATE_SERIES for hip in hips)
    return base.total if apart else patient_total(hips)


def _notices(base: Analysis, hips: tuple[HipResult, ...]) -> tuple[Notice, ...]:
    """What was said of the choice stays; what depends on the hips is said anew."""
    before = {notice.code for notice in notices(base.series, base.hips, base.models, base.compute)}
    kept = [notice for notice in base.notices if notice.code not in before]
    return (*kept, *notices(base.series, hips, base.models, base.compute, base.hips))


def standing_doubts(reviewed: Reviewed) -> SideDoubts:
    """Of which hips the side is in doubt, as their readers see and sign them."""
    hips = effective(reviewed).hips
    return _doubts(reviewed, [(reviewed.working(hip.side), hip) for hip in hips])


def counting_doubts(reviewed: Reviewed) -> SideDoubts:
    """The same of the results that count, which may be older."""
    numbers = ((hip.side, reviewed.current(hip.side)) for hip in reviewed.analysis.hips)
    counting = [(n, reviewed.hip_at(side, n)) for side, n in numbers if n is not None]
    return _doubts(reviewed, counting)


def unsettled(reviewed: Reviewed) -> frozenset[Side]:
    """Hips whose result counts though they may be the other one, and nobody settled that."""
    return counting_doubts(reviewed).open


def _doubts(reviewed: Reviewed, standing: Sequence[tuple[int, HipResult]]) -> SideDoubts:
    base = reviewed.analysis
    return side_doubts(side_evidence(base.series), standing, base.hips, reviewed.reviews)

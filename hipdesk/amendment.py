"""An analysis as its readers left it: newest revisions, rejected hips without result."""

from __future__ import annotations

from dataclasses import replace

from hipdesk.quality import notices
from hipdesk.records import Analysis, HipResult, Notice, Origin, Reason, Side
from hipdesk.review import Reviewed, Verdict
from hipdesk.scoring import patient_total


def effective(reviewed: Reviewed) -> Analysis:
    """The analysis as its readers left it, for report and files.

    Newest revision of each hip; a rejected hip has neither masks nor score and
    says so; totals and notices follow.
    """
    base = reviewed.analysis
    hips = tuple(_as_judged(reviewed, hip.side) for hip in base.hips)
    if all(new is old for new, old in zip(hips, base.hips, strict=True)):
        return base
    edited = any(reviewed.working(hip.side) > 0 for hip in hips)
    return replace(
        base,
        hips=hips,
        origin=Origin.AI_EDITED if edited else base.origin,
        total=patient_total(hips),
        notices=_notices(base, hips),
    )


def _as_judged(reviewed: Reviewed, side: Side) -> HipResult:
    hip = reviewed.hip_at(side, reviewed.working(side))
    if reviewed.standing(side).verdict is not Verdict.REJECTED:
        return hip
    head = replace(hip.head, reason=Reason.REJECTED_BY_READER)
    return replace(hip, head=head, segmentation=None, score=None)


def _notices(base: Analysis, hips: tuple[HipResult, ...]) -> tuple[Notice, ...]:
    """What was said of the choice stays; what depends on the hips is said anew."""
    before = notices(base.series, base.hips, base.models, base.compute)
    kept = [notice for notice in base.notices if notice not in before]
    return (*kept, *notices(base.series, hips, base.models, base.compute))

"""An analysis as its readers left it: newest revisions, rejected hips without result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hipdesk.quality import SideEvidence, doubted_by, misplaced_by, notices, side_evidence
from hipdesk.records import Analysis, HipResult, Notice, Origin, PatientTotal, Reason, Side
from hipdesk.review import Review, Reviewed, ReviewKind, Verdict
from hipdesk.scoring import patient_total


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


def side_settled(reviews: Iterable[Review], hip: HipResult, revision: int) -> bool:
    """Whether a reader placed a hip's head, rejected the hip or accepted it with a note."""
    if hip.head.placed:
        return True
    verdicts = (ReviewKind.ACCEPTED, ReviewKind.REJECTED, ReviewKind.REOPENED)
    said = [
        each
        for each in reviews
        if (each.side, each.revision) == (hip.side, revision) and each.kind in verdicts
    ]
    return bool(said) and (said[-1].kind is ReviewKind.REJECTED or bool(said[-1].note.strip()))


def unsettled_by(
    evidence: SideEvidence,
    counting: Sequence[tuple[int, HipResult]],
    located: Sequence[HipResult],
    reviews: Sequence[Review],
) -> frozenset[Side]:
    """Hips that may be the other one, from what was kept of an analysis.

    Parameters
    ----------
    counting : the result of each hip that counts, with its revision's number
    located : the hips as the models found them
    """
    hips = tuple(hip for _, hip in counting)
    settled = {hip.side for number, hip in counting if side_settled(reviews, hip, number)}
    return misplaced_by(evidence, hips, located) | (doubted_by(evidence, hips) - settled)


def unsettled(reviewed: Reviewed) -> frozenset[Side]:
    """Hips whose result counts though they may be the other one, and nobody settled that."""
    base = reviewed.analysis
    numbers = ((hip.side, reviewed.current(hip.side)) for hip in base.hips)
    counting = [(n, reviewed.hip_at(side, n)) for side, n in numbers if n is not None]
    return unsettled_by(side_evidence(base.series), counting, base.hips, reviewed.reviews)

"""Prostheses by the clinical record -> visits without scores of artificial hips.

A prosthesis that the images show is found there (`hipdesk.image_quality`); this is
what a doctor recorded. The score is one of native joints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.records import Reason, Side, Visit, VisitHip


def without_prosthetic_hips(visits: Iterable[Visit], history: ClinicalHistory) -> tuple[Visit, ...]:
    """The visits; a hip that the record calls artificial by then has no score and says why.

    What was stated last on or before a visit's day counts; a visit without a day
    stays as it is.
    """
    stated = sorted(filter(_states_one, history.visits), key=lambda each: each.day)
    return tuple(_native_alone(visit, stated) for visit in visits)


def _states_one(visit: ClinicalVisit) -> bool:
    """Whether anything is said of a prosthesis."""
    return any(visit.facts.hip(side).prosthesis is not None for side in Side)


def _native_alone(visit: Visit, stated: Sequence[ClinicalVisit]) -> Visit:
    sides = () if visit.day is None else _artificial(stated, visit.day)
    if not any(hip.side in sides for hip in visit.hips):
        return visit
    hips = (_unscored(hip) if hip.side in sides else hip for hip in visit.hips)
    return replace(visit, hips=tuple(hips))


def _artificial(stated: Sequence[ClinicalVisit], day: date) -> Sequence[Side]:
    """Sides with a prosthesis on a day; what was stated last by then counts."""
    known = {
        side: each.facts.hip(side).prosthesis
        for each in stated
        for side in Side
        if each.day <= day and each.facts.hip(side).prosthesis is not None
    }
    return tuple(side for side in Side if known.get(side))


def _unscored(hip: VisitHip) -> VisitHip:
    score = replace(
        hip.score,
        reason=Reason.PROSTHESIS,
        u_intensity=None,
        u_area=None,
        by_lesion=None,
        bme_ml=None,
        effusion_ml=None,
        bme_head_percent=None,
    )
    return replace(hip, score=score)

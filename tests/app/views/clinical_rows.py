"""A made-up patient's clinical record over the visits of `follow_up_rows`."""

from __future__ import annotations

from datetime import UTC, datetime

from hipdesk.clinical import (
    ClinicalFacts,
    Crp,
    CrpUnit,
    Harris,
    HipFacts,
    PartialDate,
    Treatment,
    TreatmentKind,
)
from hipdesk.himriss import Reading
from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.records import Side
from tests.app.views.follow_up_rows import DAYS, UIDS

_ANSWERS = ((7.0, 8.0, 6.0, 5.0, 7.0, 6.0), (5.0,) * 6, (3.0, 2.0, 2.0, 3.0, 2.0, 2.0), (1.0,) * 6)
_CRP = (28.0, 12.0, 4.0, None)
_PAIN = (7.0, 5.0, 3.0, 2.0)


def history(names: tuple[str, str] = ("Adalimumab", "Celecoxib")) -> ClinicalHistory:
    """Four visits under treatment: everything falls; the last CRP is below detection."""
    visits = tuple(_visit(n) for n in range(4))
    drug, relief = names
    return ClinicalHistory(
        visits,
        (
            Treatment(
                TreatmentKind.NSAID, relief, PartialDate(2022), PartialDate(2024, 6), "200 mg"
            ),
            Treatment(TreatmentKind.BDMARD, drug, PartialDate(2024, 3, 11), None, "40 mg / 14 d"),
            Treatment(
                TreatmentKind.INJECTION, "Triamcinolone", PartialDate(2024, 6, 3), side=Side.RIGHT
            ),
            Treatment(
                TreatmentKind.CSDMARD, "Sulfasalazine", PartialDate(2023, 10), PartialDate(2024, 3)
            ),
        ),
    )


def _visit(n: int) -> ClinicalVisit:
    crp = _CRP[n]
    facts = ClinicalFacts(
        basdai=_ANSWERS[n],
        basfi=_ANSWERS[n] + _ANSWERS[n][:4],
        patient_global=_ANSWERS[n][1],
        esr_mm_h=(40.0, 22.0, 12.0, 6.0)[n],
        crp=Crp(crp, CrpUnit.MG_PER_L, 3.0),
        right=HipFacts(_PAIN[n], harris=Harris((10, 20, 30, 44)[n], 8, 7, 8, 2, 2, 3, 1, 4, 3.0)),
        left=HipFacts(_PAIN[n] / 2, harris=Harris(40, 11, 11, 11, 4, 4, 5, 1, 4, 5.0)),
    )
    at = datetime(2025, 4, 1, tzinfo=UTC)
    readings = (
        Reading(UIDS[n], Side.RIGHT, "A. Reader", 1, at, True, 30 - 6 * n, 10 - 2 * n, 12 - 3 * n),
        Reading(UIDS[n], Side.LEFT, "A. Reader", 1, at, True, 6, 3, 4),
    )
    return ClinicalVisit(UIDS[n], DAYS[n], facts, readings)

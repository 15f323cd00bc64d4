"""Hips that the clinical record calls artificial have no score in a trend."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from hipdesk.clinical import ClinicalFacts, HipFacts
from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.prosthesis import without_prosthetic_hips
from hipdesk.records import Reason, Side, Visit
from hipdesk.timeline import build_timeline
from tests.visit_hips import placed_hip

DAYS = (date(2023, 1, 10), date(2023, 7, 10), date(2024, 1, 10))


def visits() -> tuple[Visit, ...]:
    """Three of them; U/n of both hips 0.1, 0.2 and 0.3."""
    return tuple(
        Visit(f"v{n}", day, tuple(placed_hip(-16.0, [0.1 * n] * 9, side=side) for side in Side))
        for n, day in enumerate(DAYS, start=1)
    )


def said(day: date, right: bool | None = None, left: bool | None = None) -> ClinicalVisit:
    facts = ClinicalFacts(right=HipFacts(prosthesis=right), left=HipFacts(prosthesis=left))
    return ClinicalVisit(f"on {day}", day, facts)


def scored(found: tuple[Visit, ...], side: Side) -> list[bool]:
    hips = (visit.hip(side) for visit in found)
    return [hip is not None and hip.score.u_intensity is not None for hip in hips]


@pytest.mark.parametrize(
    ("record", "left"),
    [
        ((), [True, True, True]),
        ((said(DAYS[1], right=False, left=True),), [True, False, False]),
        ((said(DAYS[0], left=True), said(DAYS[2], left=False)), [False, False, True]),
        ((said(DAYS[2]), said(DAYS[1], left=True)), [True, False, False]),
        ((said(date(2024, 1, 11), left=True),), [True, True, True]),
    ],
    ids=["none", "from_a_visit_on", "taken_back", "not_asked_later", "after_all_visits"],
)
def test_an_artificial_hip_has_no_score_from_then_on(
    record: tuple[ClinicalVisit, ...], left: list[bool]
) -> None:
    found = without_prosthetic_hips(visits(), ClinicalHistory(record))
    assert scored(found, Side.LEFT) == left
    assert scored(found, Side.RIGHT) == [True, True, True]


def test_the_timeline_says_why_and_computes_no_change() -> None:
    history = ClinicalHistory((said(DAYS[1], left=True),))
    found = build_timeline(without_prosthetic_hips(visits(), history))
    assert [point.reason for point in found.left.points][1:] == [Reason.PROSTHESIS] * 2
    assert {point.bme_ml for point in found.left.points[1:]} == {None}
    assert found.left.changes == ()
    assert [change.u_intensity_mean for change in found.right.changes] == pytest.approx([0.1] * 2)


def test_a_visit_without_a_day_stays_as_it_is() -> None:
    undated = Visit("undated", None, visits()[0].hips)
    history = ClinicalHistory((said(DAYS[0], left=True),))
    assert without_prosthetic_hips([undated], history) == (undated,)


def test_a_long_record_that_says_nothing_of_prostheses_costs_visits_nothing() -> None:
    def spent(days: int) -> float:
        record = tuple(said(date(2015, 1, 1) + timedelta(n)) for n in range(days))
        dated = [Visit(f"v{n}", each.day, ()) for n, each in enumerate(record)]
        begun = time.thread_time()
        without_prosthetic_hips(dated, ClinicalHistory(record))
        return time.thread_time() - begun

    few = min(spent(100) for _ in range(3))
    assert spent(2000) < 100 * few  # 20 times the days; each with each would be 400 times

"""One exam at a time, and everybody who shows it knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.controllers.desk import Desk
from app.state import Exam, OpenSeries, PatientHeader
from hipdesk.display import display_stack
from hipdesk.review import Reviewed
from tests.analysis_factory import make_analysis
from tests.app.fakes import make_patient, make_volume


def opened(number: int = 1) -> OpenSeries:
    volume = make_volume(number=number)
    return OpenSeries(volume, display_stack(volume, ()))


@pytest.fixture(scope="module", params=["two series", "two stacks of one series"])
def exam(request: pytest.FixtureRequest) -> Exam:
    first, second = opened(1), opened(2)
    if request.param != "two series":
        named = replace(second.volume.series, uid=first.volume.series.uid)
        second = replace(second, volume=replace(second.volume, series=named))
    return Exam(make_patient(), date(2024, 3, 1), (first, second))


def test_an_empty_desk_names_nobody():
    assert Desk().exam is None
    assert Desk().header is None


def test_watchers_are_told_in_order_of_joining(exam: Exam):
    desk, told = Desk(), []
    desk.watch(lambda _: told.append("first"))
    desk.watch(told.append)
    desk.put(exam)
    desk.put(exam)
    assert told == ["first", exam]
    assert desk.header == PatientHeader(exam.patient, exam.day)
    desk.put(None)
    assert told == ["first", exam, "first", None]
    assert desk.header is None


def test_a_changed_series_takes_its_older_self_place_only(exam: Exam):
    desk = Desk()
    desk.put(exam)
    newer = replace(exam.series[1], reviewed=Reviewed(make_analysis()))
    desk.change(newer)
    assert desk.exam.series == (exam.series[0], newer)
    assert not desk.exam.analysed
    assert exam.series[1].reviewed is None


def test_a_series_that_is_not_open_any_more_changes_nothing(exam: Exam):
    desk, told = Desk(), []
    desk.change(exam.series[0])
    assert desk.exam is None
    desk.put(exam)
    desk.watch(told.append)
    desk.change(opened(3))
    assert told == []


def test_who_is_told_may_put_something_else(exam: Exam):
    desk, seen = Desk(), []
    named = replace(exam, visit_uid="visit-1")

    def name_it(now: Exam | None) -> None:
        if now is exam:
            desk.put(named)

    desk.watch(name_it)
    desk.watch(seen.append)
    desk.put(exam)
    assert desk.exam is named
    assert seen[-1] is named

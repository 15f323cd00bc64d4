"""Strokes left open on an analysis that is not on screen are told of, with the way to them."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from app.controllers.unfinished import UnfinishedStrokes
from app.messages import Message, Severity
from hipdesk.errors import StoreError
from hipdesk.records import SegmentClass, Side
from hipdesk.review import BrushAct, Stroke
from tests.app.fakes import make_patient, make_volume, translate
from tests.app.window_factory import Window, make_window

RIGHT, LEFT = Side
JANE = make_patient()
JOHN = make_patient("0815", "Roe^John")
LOOKING = "Looking for unfinished brush strokes"


class Room(Window):
    """A window that looks for unfinished strokes."""

    unfinished: UnfinishedStrokes

    @property
    def uid(self) -> str:
        """The analysis on screen."""
        assert self.exam is not None
        reviewed = self.exam.series[0].reviewed
        assert reviewed is not None
        return reviewed.analysis.uid

    @property
    def told(self) -> list[Message]:
        """What is said of such strokes."""
        return [each for each in self.bench.messages.present if "Brush strokes" in each.text]

    def brush(self, act: BrushAct, uid: str = "", side: Side = RIGHT) -> None:
        """An act with the brush, kept by the library."""
        store = self.bench.store
        analysis = store.reviewed(uid or self.uid).analysis
        key = analysis.series.slices[4].key
        drag = Stroke(SegmentClass.BME, key, 4, (5, 5), np.ones((2, 2), np.bool_))
        painted = drag if act is BrushAct.PAINTED else None
        store.journal_stroke(analysis.uid, side, 0, act, painted, "Dr A")

    def run(self) -> None:
        self.bench.jobs.run_all()

    def analyse_again(self) -> None:
        """Have what is on screen analysed anew, as another folder of the same images would."""
        self.analyse("jane")
        self.act("Analyse again")
        self.run()

    def show(self, *analyses: str) -> None:
        self.study.show_stored("visit-1", analyses)
        self.run()


@pytest.fixture
def room() -> Room:
    """A window with an analysed study on screen."""
    window = make_window({"jane": [make_volume(JANE)], "john": [make_volume(JOHN, study=2)]})
    made = Room(**vars(window))
    made.unfinished = UnfinishedStrokes(
        made.bench.services, made.desk, translate, made.study.show_stored
    )
    made.analyse("jane")
    return made


def test_nothing_is_said_of_strokes_on_screen_or_of_none(room: Room) -> None:
    room.analyse_again()
    assert room.told == []
    room.brush(BrushAct.PAINTED)
    room.unfinished.look_again()
    room.run()
    assert room.told == []


def test_what_was_painted_before_a_new_analysis_is_told_and_shown(room: Room) -> None:
    older = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    assert room.uid != older
    (told,) = room.told
    assert (told.severity, told.times) == (Severity.WARNING, 1)
    assert "another analysis of this visit are not finished" in told.text
    assert "part of no result" in told.text
    room.act("Show them")
    room.run()
    assert room.uid == older
    assert room.exam is not None
    assert [each.act for each in room.exam.series[0].brushed] == [BrushAct.PAINTED]
    assert room.told == []


def test_a_visit_that_is_opened_tells_of_them(room: Room) -> None:
    older = room.uid
    room.analyse_again()
    newer = room.uid
    room.brush(BrushAct.PAINTED, older, LEFT)
    room.shell.close_patient()
    room.study.open_visit("visit-1")
    room.run()
    assert room.uid == newer
    assert len(room.told) == 1


@pytest.mark.parametrize("end", [BrushAct.UNDONE, BrushAct.DISCARDED])
def test_strokes_that_were_let_go_are_not_told_of(room: Room, end: BrushAct) -> None:
    room.brush(BrushAct.PAINTED)
    room.brush(end)
    room.analyse_again()
    assert room.told == []


def test_the_same_is_not_said_twice(room: Room) -> None:
    older = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    (told,) = room.told
    room.bench.messages.dismiss(told.number)
    assert room.exam is not None
    room.desk.change(room.exam.series[0])
    room.unfinished.look_again()
    room.run()
    assert room.told == []
    room.brush(BrushAct.PAINTED, older)  # one more on the same analysis is nothing new
    room.unfinished.look_again()
    room.run()
    assert room.told == []


def test_it_is_said_again_when_the_visit_is_opened_again(room: Room) -> None:
    older = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    newer = room.uid
    room.show(older)
    room.show(newer)
    (told,) = room.told
    assert told.times == 1


def test_it_is_over_once_they_are_finished_or_the_visit_is_left(room: Room) -> None:
    older = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    newer = room.uid
    room.analyse("john")
    assert room.told == []
    room.show(newer)
    assert len(room.told) == 1
    room.shell.close_patient()
    assert room.told == []
    room.show(newer)
    room.brush(BrushAct.DISCARDED, older)
    room.unfinished.look_again()
    room.run()
    assert room.told == []


def test_of_several_the_newest_is_shown_and_then_the_next_is_told_of(room: Room) -> None:
    oldest = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    middle = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    assert room.uid not in {oldest, middle}
    room.act("Show them")
    room.run()
    assert room.uid == middle
    assert len(room.told) == 1
    room.brush(BrushAct.DISCARDED)
    room.act("Show them")
    room.run()
    assert room.uid == oldest
    assert room.told == []


def test_an_answer_that_comes_too_late_is_not_said(room: Room) -> None:
    older = room.uid
    room.brush(BrushAct.PAINTED)
    room.analyse_again()
    newer = room.uid
    room.shell.close_patient()
    room.study.show_stored("visit-1", (newer,))
    room.run_until(LOOKING)
    late = room.bench.jobs.work()
    room.study.show_stored("visit-1", (older,))
    while room.uid != older:
        room.bench.jobs.run()
    room.bench.jobs.deliver(late)
    room.run()
    assert room.told == []


def test_a_library_that_cannot_say_is_only_logged(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    older = room.uid
    room.analyse_again()
    room.brush(BrushAct.PAINTED, older)
    before = room.said
    room.unfinished.look_again()
    room.bench.store.failing["entries"] = StoreError("The library is in use.")
    with caplog.at_level(logging.WARNING, "app.controllers.unfinished"):
        room.run()
    assert room.said == before
    assert [each.message for each in caplog.records] == ["unfinished brush strokes not looked for"]
    room.bench.store.failing.clear()
    room.unfinished.look_again()
    room.run()
    assert len(room.told) == 1


def test_a_closed_library_is_not_asked(room: Room) -> None:
    older = room.uid
    room.analyse_again()
    room.brush(BrushAct.PAINTED, older)
    before = room.said
    room.bench.library.lend()
    room.unfinished.look_again()
    room.run()
    assert room.said == before
    room.bench.library.retry()
    room.unfinished.look_again()
    room.run()
    assert len(room.told) == 1

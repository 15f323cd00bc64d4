"""Visits aligned from the follow-up: kept by the library, told when stale, stopped, refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.alignment_state import AlignmentShown
from hipdesk.errors import StoreError
from hipdesk.records import Contrast, Origin, Side
from tests.alignment_factory import make_alignment
from tests.app.controllers.test_follow_up import DAYS, EARLIER, LEFT, RIGHT, Room
from tests.app.review_fakes import analysed, exam_of


def shown(room: Room) -> AlignmentShown | None:
    given: AlignmentShown | None = room.view.last("show_alignment")
    return given


def known(room: Room) -> AlignmentShown:
    given = shown(room)
    assert given is not None
    return given


def revise(room: Room, number: int, side: Side = RIGHT) -> None:
    series = room.exams[number].series[0]
    assert series.reviewed is not None
    hip = series.reviewed.analysis.hip(side)
    uid = series.reviewed.analysis.uid
    room.bench.store.revise(uid, hip, Origin.AI_EDITED, "Reader")


def test_nothing_is_known_before_it_is_asked_for() -> None:
    assert known(Room(2).entered()) == AlignmentShown()


def test_the_pair_and_hip_on_screen_are_aligned_and_kept() -> None:
    room = Room(3).entered()
    room.controller.choose_side(LEFT)
    room.controller.align()
    assert known(room).running == 0.0
    room.run()
    (kept,) = room.bench.store.aligned
    assert (kept.side, kept.earlier_visit, kept.later_visit) == (LEFT, room.uid(1), room.uid(2))
    assert kept.reader == room.bench.services.keeper.settings.reader_name
    assert known(room).alignment is kept
    assert known(room).current
    assert known(room).running is None
    room.controller.choose_side(RIGHT)
    assert known(room).alignment is None
    room.controller.choose_side(LEFT)
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.run()
    assert known(room).alignment is None


def test_progress_is_told_of_the_pair_that_is_aligned_alone() -> None:
    room = Room(2).entered()
    room.controller.align()
    told: list[tuple[float | None, str]] = []

    def watch(_number: int, _fraction: float, _what: str) -> None:
        told.append((known(room).running, known(room).step))

    room.bench.jobs.on_progress = watch
    room.controller.choose_side(LEFT)
    assert known(room).running is None
    room.controller.choose_side(RIGHT)
    room.run()
    steps = [step for fraction, step in told if fraction is not None]
    assert "Reading both visits" in steps
    assert "Laying the surfaces on each other" in steps
    assert known(room).running is None


def test_it_can_be_stopped_and_nothing_is_kept() -> None:
    room = Room(2).entered()
    room.controller.align()
    room.bench.jobs.on_progress = lambda *_: room.controller.stop_aligning()
    room.run()
    assert room.bench.store.aligned == []
    assert known(room) == AlignmentShown()


def test_others_are_told_of_what_was_kept_alone() -> None:
    room = Room(2).entered()
    told: list[int] = []
    room.controller.watch(lambda: told.append(len(room.bench.store.aligned)))
    room.controller.align()
    room.controller.stop_aligning()
    room.run()
    assert told == []
    room.controller.align()
    room.run()
    assert told == [1]


def test_a_failure_is_one_sentence_and_it_may_be_asked_again() -> None:
    room = Room(2).entered()
    room.bench.store.failing["keep_alignment"] = StoreError("Nothing was saved: the disk is full.")
    room.controller.align()
    room.run()
    assert room.bench.said == ["Nothing was saved: the disk is full."]
    assert known(room) == AlignmentShown()


def test_a_new_result_makes_it_stale_until_it_is_done_again() -> None:
    room = Room(2).entered()
    room.controller.align()
    room.run()
    revise(room, 1)
    room.controller.enter()
    room.run()
    assert not known(room).current
    assert known(room).alignment is not None
    room.controller.align()
    room.run()
    assert known(room).current
    assert len(room.bench.store.aligned) == 2


def test_what_the_library_has_is_shown_at_once() -> None:
    room = Room(2)
    first, second = (
        entry.visit for entry in room.bench.store.entries(room.exams[0].patient_uid or "")
    )
    hips: list[Any] = [visit.hip(RIGHT) for visit in (first, second)]
    kept = make_alignment(first.uid, second.uid, *hips)
    room.bench.store.keep_alignment(kept)
    assert known(room.entered()) == AlignmentShown(kept, True, ghost=False)


def test_what_may_not_be_compared_is_aligned_once_it_was_asked_for() -> None:
    room = Room(0)
    room.exams = [
        exam_of(room.bench, analysed(study=1, day=DAYS[0])),
        exam_of(room.bench, analysed(study=2, day=DAYS[1], contrast=Contrast.T2_FS)),
    ]
    room.opened.desk.put(room.exams[1])
    room.entered()
    assert known(room).barred
    room.controller.align()
    room.run()
    assert room.bench.store.aligned == []
    room.controller.ask_change()
    assert not known(room).barred
    room.controller.align()
    room.run()
    (kept,) = room.bench.store.aligned
    assert kept.not_comparable


@pytest.mark.parametrize("which", ["side", "date"])
def test_a_pair_without_both_hips_or_dates_has_no_alignment(which: str) -> None:
    room = Room(0)
    second: dict[str, Any] = {"sides": (RIGHT,)} if which == "side" else {}
    first_day = None if which == "date" else DAYS[0]
    room.exams = [
        exam_of(room.bench, analysed(study=1, day=first_day)),
        exam_of(room.bench, analysed(study=2, day=DAYS[1], **second)),
    ]
    room.opened.desk.put(room.exams[1])
    room.entered()
    room.controller.choose_side(LEFT)
    room.run()
    assert shown(room) is None
    room.controller.align()
    room.run()
    assert room.bench.store.aligned == []

"""An alignment adjusted by hand: measured step by step, kept beside the old one, or left."""

from __future__ import annotations

import numpy as np
import pytest

from app.alignment_state import AdjustingShown
from app.controllers.adjusting import ADJUST_TOPIC
from hipdesk.errors import StoreError
from hipdesk.hip_alignment import Hand
from hipdesk.records import SegmentClass
from tests.app.controllers.test_follow_up import LEFT, Room
from tests.app.controllers.test_follow_up_alignment import known, revise
from tests.app.controllers.test_ghosts import aligned, drawings, ghost
from tests.app.review_fakes import READER

FEMUR, SOCKET = SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM
UP = Hand(shift_mm=(0.0, 0.0, 0.5))
FAR = Hand(shift_mm=(14.0, 0.0, 0.0))


def held(room: Room) -> AdjustingShown:
    shown = known(room).adjusting
    assert shown is not None
    return shown


def in_hand(bone: SegmentClass = FEMUR) -> Room:
    room = aligned()
    room.controller.adjust(bone)
    room.run()
    return room


def heights(room: Room) -> float:
    """Mean height of the drawn outline, in LPS millimetres."""
    drawn, stack = ghost(room), room.exams[1].series[0].stack
    assert drawn is not None
    return float(
        np.mean(
            [
                stack.to_lps(index, x, y)[2]
                for index in range(stack.slices)
                for line in drawn.on(index)
                for x, y in line.tolist()
            ]
        )
    )


def trials(room: Room) -> int:
    return sum(job.topic == ADJUST_TOPIC for job in room.bench.jobs.started)


def test_the_outline_is_drawn_and_measured_at_once() -> None:
    room = aligned()
    room.controller.adjust(FEMUR)
    assert held(room) == AdjustingShown(FEMUR, Hand(), named=False)
    room.run()
    shown = held(room)
    assert shown.ready
    assert shown.median_mm == pytest.approx(known(room).alignment.bones[0].median_mm, abs=1e-6)  # type: ignore[union-attr]
    assert not shown.keepable
    assert ghost(room) is not None
    assert known(room).ghost is None
    assert drawings(room) == 0


def test_a_step_moves_the_outline_and_tells_the_residual() -> None:
    room = in_hand()
    before, residual = heights(room), held(room).median_mm
    room.controller.move_outline(Hand(shift_mm=(0.0, 0.0, 3.0)))
    assert held(room).hand.shift_mm == (0.0, 0.0, 3.0)
    assert not held(room).keepable
    room.run()
    assert heights(room) == pytest.approx(before + 3.0, abs=0.2)
    assert held(room).median_mm is not None
    assert held(room).median_mm > (residual or 0.0)  # type: ignore[operator]
    assert room.bench.store.aligned == [room.bench.store.aligned[0]]


def test_steps_asked_for_meanwhile_are_done_together() -> None:
    room = in_hand()
    before = trials(room)
    for step in range(1, 9):
        room.controller.move_outline(Hand(shift_mm=(0.0, 0.0, step / 2)))
    room.run()
    assert trials(room) == before + 2
    assert held(room).hand.shift_mm == (0.0, 0.0, 4.0)
    room.controller.step(1)
    room.controller.zoom(90.0, (0.0, 0.0))
    assert trials(room) == before + 2


def test_what_is_kept_is_another_alignment_in_the_readers_name() -> None:
    room = in_hand()
    (found,) = room.bench.store.aligned
    told: list[int] = []
    room.controller.watch(lambda: told.append(len(room.bench.store.aligned)))
    room.controller.move_outline(UP)
    room.run()
    assert held(room).keepable
    room.controller.keep_adjusted(READER)
    assert held(room).keeping
    room.run()
    first, kept = room.bench.store.aligned
    assert first is found
    by_hand = kept.bone(FEMUR).by_hand
    assert by_hand is not None
    assert by_hand.reader == READER
    assert (by_hand.length_mm, by_hand.angle_deg) == pytest.approx((0.5, 0.0))
    assert kept.bone(SOCKET).by_hand is None
    assert known(room).alignment is kept
    assert known(room).current
    assert known(room).adjusting is None
    assert told == [2]
    room.controller.adjust(FEMUR)
    room.run()
    assert held(room).hand == UP
    room.controller.move_outline(Hand())
    room.run()
    room.controller.keep_adjusted(READER)
    room.run()
    assert room.bench.store.aligned[-1].bone(FEMUR).by_hand is None


def test_nothing_is_kept_without_a_name_and_the_name_is_remembered() -> None:
    room = in_hand()
    room.controller.move_outline(UP)
    room.run()
    assert (held(room).keepable, held(room).named) == (True, False)
    room.controller.keep_adjusted("  ")
    room.run()
    assert room.bench.said == ["Enter your name first."]
    assert len(room.bench.store.aligned) == 1
    room.controller.keep_adjusted(f" {READER} ")
    room.run()
    assert room.bench.store.aligned[-1].bone(FEMUR).by_hand.reader == READER  # type: ignore[union-attr]
    assert room.bench.keeper.settings.reader_name == READER
    assert room.opened.signing.signing.reader == READER
    room.controller.adjust(FEMUR)
    assert held(room).named
    room.run()
    room.controller.move_outline(Hand())
    room.run()
    room.controller.keep_adjusted()
    room.run()
    assert len(room.bench.store.aligned) == 3


def test_both_bones_are_adjusted_and_kept_together() -> None:
    room = in_hand()
    room.controller.move_outline(UP)
    room.controller.adjust(SOCKET)
    room.run()
    assert held(room).bone is SOCKET
    assert held(room).hand == Hand()
    room.controller.move_outline(Hand(turn_deg=(0.0, 0.5, 0.0)))
    room.controller.adjust(FEMUR)
    assert held(room).hand == UP
    assert not held(room).keepable
    room.run()
    assert held(room).keepable
    room.controller.keep_adjusted(READER)
    room.run()
    kept = room.bench.store.aligned[-1]
    figures = [(each.by_hand.length_mm, each.by_hand.angle_deg) for each in kept.bones]  # type: ignore[union-attr]
    np.testing.assert_allclose(figures, [(0.5, 0.0), (0.0, 0.5)], atol=1e-9)


def test_what_is_refused_is_told_and_not_kept() -> None:
    room = in_hand()
    room.controller.move_outline(FAR)
    room.run()
    assert "mm apart" in held(room).reason
    assert not held(room).keepable
    room.controller.keep_adjusted(READER)
    room.run()
    assert len(room.bench.store.aligned) == 1
    room.controller.move_outline(UP)
    room.run()
    assert held(room).reason == ""
    assert held(room).keepable


def test_leaving_changes_nothing() -> None:
    room = in_hand()
    room.controller.move_outline(UP)
    room.controller.leave_adjusting()
    room.run()
    assert known(room).adjusting is None
    assert known(room).ghost is False
    assert ghost(room) is None
    assert len(room.bench.store.aligned) == 1


@pytest.mark.parametrize("how", ["side", "visit", "result"])
def test_another_pair_or_result_ends_it(how: str) -> None:
    room = aligned(3)
    room.controller.adjust(FEMUR)
    room.run()
    room.controller.move_outline(UP)
    if how == "side":
        room.controller.choose_side(LEFT)
    elif how == "visit":
        room.controller.choose_visit(next(iter(room.controller._following.chosen)), room.uid(0))  # type: ignore[union-attr]
    else:
        revise(room, 2)
        room.controller.enter()
    room.run()
    assert known(room).adjusting is None
    assert ghost(room) is None
    assert len(room.bench.store.aligned) == 1


@pytest.mark.parametrize("how", ["side", "visit", "exam"])
def test_what_was_begun_is_there_when_the_pair_comes_back(how: str) -> None:
    room = aligned(3)
    room.controller.adjust(SOCKET)
    room.run()
    room.controller.move_outline(UP)
    following = room.controller._following
    assert following is not None
    (panel, uid), *_ = following.chosen.items()
    if how == "side":
        room.controller.choose_side(LEFT)
    elif how == "visit":
        room.controller.choose_visit(panel, room.uid(0))
    else:
        room.opened.desk.put(None)
    room.run()
    if how == "side":
        room.controller.choose_side(following.side)
    elif how == "visit":
        room.controller.choose_visit(panel, uid)
    else:
        room.opened.desk.put(room.exams[-1])
    room.run()
    shown = held(room)
    assert (shown.bone, shown.hand) == (SOCKET, UP)
    assert shown.keepable
    assert ghost(room) is not None
    room.controller.leave_adjusting()
    room.controller.choose_side(LEFT)
    room.run()
    room.controller.choose_side(following.side)
    room.run()
    assert known(room).adjusting is None


def test_an_outline_that_nobody_moved_is_not_taken_up_again() -> None:
    room = in_hand()
    side = room.controller._following.side  # type: ignore[union-attr]
    room.controller.choose_side(LEFT)
    room.run()
    room.controller.choose_side(side)
    room.run()
    assert known(room).adjusting is None


def test_what_could_not_be_kept_is_there_when_the_pair_comes_back() -> None:
    room = in_hand()
    side = room.controller._following.side  # type: ignore[union-attr]
    room.controller.move_outline(UP)
    room.run()
    room.bench.store.failing["keep_alignment"] = StoreError("Nothing was saved: the disk is full.")
    room.controller.keep_adjusted(READER)
    room.controller.choose_side(LEFT)
    room.run()
    assert room.bench.said == ["Nothing was saved: the disk is full."]
    room.controller.choose_side(side)
    room.run()
    assert held(room).hand == UP


def test_it_stays_in_hand_while_the_reader_looks_elsewhere() -> None:
    room = in_hand()
    room.controller.move_outline(UP)
    room.controller.leave()
    room.run()
    room.controller.enter()
    room.run()
    assert held(room).hand == UP
    assert held(room).keepable


def test_stopping_the_measuring_ends_it() -> None:
    room = in_hand()
    room.controller.move_outline(UP)
    room.bench.jobs.cancel_topic(ADJUST_TOPIC)
    room.run()
    assert known(room).adjusting is None
    assert known(room).ghost is False


def test_a_full_disk_is_one_sentence_and_the_outline_stays_where_it_was_put() -> None:
    room = in_hand()
    room.controller.move_outline(UP)
    room.run()
    room.bench.store.failing["keep_alignment"] = StoreError("Nothing was saved: the disk is full.")
    room.controller.keep_adjusted(READER)
    room.controller.leave_adjusting()
    room.run()
    assert room.bench.said == ["Nothing was saved: the disk is full."]
    assert held(room).hand == UP
    assert held(room).keepable


def test_nothing_is_adjusted_before_the_visits_are_aligned() -> None:
    room = Room(2).entered()
    room.controller.adjust(FEMUR)
    room.controller.move_outline(UP)
    room.controller.keep_adjusted(READER)
    room.run()
    assert known(room).adjusting is None
    assert room.bench.store.aligned == []

"""The way back through what readers did: from the record, and since the exam was opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.controllers.history import (
    HipState,
    Past,
    Way,
    content_of,
    restorable,
    same_result,
)
from app.state import Act, Deed, Exam
from hipdesk.records import HipResult, Origin, Segmentation, SegmentClass, Side
from hipdesk.review import Review, Reviewed, ReviewKind, Revision, Verdict
from tests.app.fakes import NOW
from tests.app.review_fakes import READER, opened

RIGHT, LEFT = Side.RIGHT, Side.LEFT
NOBODY: frozenset[tuple[str, Side]] = frozenset()
VERDICTS = {Verdict.ACCEPTED: ReviewKind.ACCEPTED, Verdict.REJECTED: ReviewKind.REJECTED}


class Record:
    """An exam to which a reader's acts are added, a minute apart."""

    def __init__(self) -> None:
        self.exam: Exam = opened().exam
        self.minutes = 0

    @property
    def reviewed(self) -> Reviewed:
        found = self.exam.series[0].reviewed
        assert found is not None
        return found

    def key(self, side: Side) -> tuple[str, Side]:
        return self.reviewed.analysis.uid, side

    def move(self, side: Side, mm: float, found: HipResult | None = None) -> None:
        """A new revision, about another head or with another's result."""
        reviewed, number = self.reviewed, len(self.reviewed.revisions) + 1
        own = reviewed.analysis.hip(side)
        x, y, z = own.head.centre_lps_mm  # type: ignore[misc]
        head = replace(own.head, centre_lps_mm=(x + mm, y, z), placed=True)
        hip, origin = found or replace(own, head=head), Origin.AI_EDITED
        if found is not None and found.head == own.head:
            origin = Origin.AI
        made = Revision(number, origin, self._at(), READER, hip)
        self._change(replace(reviewed, revisions=(*reviewed.revisions, made)))

    def judge(self, side: Side, kind: ReviewKind, note: str = "", reader: str = READER) -> None:
        reviewed = self.reviewed
        act = Review(side, reviewed.working(side), kind, reader, self._at(), note)
        self._change(replace(reviewed, reviews=(*reviewed.reviews, act)))

    def reach(self, side: Side, state: HipState) -> None:
        """What the program adds to bring a hip into a state."""
        content = content_of(self.reviewed, side, self.reviewed.working(side))
        if state.content != content:
            self.move(side, 0.0, self.reviewed.hip_at(side, state.content))
            if state.verdict is not None:
                self.judge(side, VERDICTS[state.verdict], state.note, state.reader)
        elif state.verdict is None:
            self.judge(side, ReviewKind.REOPENED)
        else:
            self.judge(side, VERDICTS[state.verdict], state.note, state.reader)

    def _at(self):  # type: ignore[no-untyped-def]
        self.minutes += 1
        return NOW + timedelta(minutes=self.minutes)

    def _change(self, reviewed: Reviewed) -> None:
        series = replace(self.exam.series[0], reviewed=reviewed)
        self.exam = replace(self.exam, series=(series,))


def followed(record: Record) -> Past:
    past = Past()
    past.follow(record.exam)
    return past


def go(past: Past, record: Record, way: Way) -> None:
    going = past.go(way)
    assert going is not None
    (_, side), state = going
    record.reach(side, state)
    past.follow(record.exam)
    assert past.settle(NOBODY)


def states(past: Past, record: Record) -> dict[Side, HipState]:
    return {side: past.now(record.key(side)) for side in Side}


def act(past: Past, way: Way) -> Act | None:
    step = past.back if way is Way.BACK else past.on
    return None if step is None else step.act


def test_an_untouched_exam_has_no_way_back() -> None:
    past = followed(Record())
    assert (past.back, past.on, past.go(Way.BACK)) == (None, None, None)
    past.follow(None)
    assert not past.settle(NOBODY)


def test_the_record_tells_the_steps_of_both_hips_by_time() -> None:
    record = Record()
    record.move(LEFT, 1.0)
    record.judge(RIGHT, ReviewKind.ACCEPTED)
    record.move(RIGHT, 2.0)
    record.judge(LEFT, ReviewKind.REJECTED, "blurred")
    past = followed(record)
    told = []
    while past.back is not None:
        told.append(act(past, Way.BACK))
        go(past, record, Way.BACK)
    assert told == [
        Act(LEFT, Deed.REJECTED),
        Act(RIGHT, Deed.MOVED),
        Act(RIGHT, Deed.ACCEPTED),
        Act(LEFT, Deed.MOVED),
    ]
    assert states(past, record) == dict.fromkeys(Side, HipState())


def test_a_record_that_went_back_is_read_as_having_gone_back() -> None:
    record = Record()
    own = record.reviewed.analysis.hip(RIGHT)
    record.move(RIGHT, 1.0)
    record.move(RIGHT, 0.0, own)
    past = followed(record)
    assert (act(past, Way.BACK), act(past, Way.ON)) == (None, Act(RIGHT, Deed.MOVED))
    assert not restorable(record.reviewed, RIGHT)


def test_going_to_the_same_place_by_hand_is_a_step_of_its_own() -> None:
    record = Record()
    past = followed(record)
    record.move(RIGHT, 1.0)
    past.follow(record.exam)
    record.move(RIGHT, 0.0, record.reviewed.analysis.hip(RIGHT))
    past.follow(record.exam)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.RESTORED)
    go(past, record, Way.BACK)
    assert past.now(record.key(RIGHT)) == HipState(1)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.MOVED)


def test_signatures_are_no_steps() -> None:
    record = Record()
    record.judge(RIGHT, ReviewKind.ACCEPTED)
    record.judge(RIGHT, ReviewKind.SIGNED)
    record.judge(RIGHT, ReviewKind.REJECTED)
    record.judge(RIGHT, ReviewKind.WITHDRAWN)
    past = followed(record)
    assert past.now(record.key(RIGHT)) == HipState(0, Verdict.ACCEPTED, reader=READER)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.ACCEPTED)


def test_another_exam_begins_anew() -> None:
    record = Record()
    record.move(RIGHT, 1.0)
    past = followed(record)
    other = opened(study=2).exam
    past.follow(other)
    assert past.back is None
    past.follow(record.exam)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.MOVED)


def test_a_step_that_was_not_made_is_there_again() -> None:
    record = Record()
    record.move(RIGHT, 1.0)
    past = followed(record)
    assert past.go(Way.BACK) is not None
    assert past.moving
    assert past.go(Way.BACK) is None
    assert act(past, Way.ON) == Act(RIGHT, Deed.MOVED)
    assert not past.settle(frozenset({record.key(RIGHT)}))
    assert not past.settle(NOBODY)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.MOVED)
    assert past.on is None


MOVES = st.tuples(st.just("move"), st.sampled_from(Side), st.floats(1.0, 9.0))
JUDGEMENTS = st.tuples(
    st.sampled_from([ReviewKind.ACCEPTED, ReviewKind.REJECTED, ReviewKind.REOPENED]),
    st.sampled_from(Side),
    st.sampled_from(["", "note"]),
)
WAYS = st.sampled_from(Way)


@given(st.lists(MOVES | JUDGEMENTS | WAYS, max_size=25))
def test_the_way_back_is_as_in_any_program(acts: list[object]) -> None:
    """Against a plain list of states and a place in it."""
    record = Record()
    past = followed(record)
    timeline, place = [states(past, record)], 0
    for each in acts:
        if isinstance(each, Way):
            there = place + (1 if each is Way.ON else -1)
            possible = 0 <= there < len(timeline)
            assert (past.back if each is Way.BACK else past.on) is None or possible
            if not possible:
                continue
            place = there
            go(past, record, each)
        else:
            kind, side, value = each  # type: ignore[misc]
            before = states(past, record)
            if kind == "move":
                record.move(side, value + record.minutes * 10)
            else:
                record.judge(side, kind, value)
            past.follow(record.exam)
            if states(past, record) == before:
                continue
            timeline[place + 1 :] = [states(past, record)]
            place += 1
        assert states(past, record) == timeline[place]
    _every_step_fits(followed(record), record)


def _every_step_fits(past: Past, record: Record) -> None:
    """What a record tells after opening anew can be gone back step by step."""
    for _ in range(100):
        step = past.back
        if step is None:
            return
        assert past.now(step.hip) == step.after
        go(past, record, Way.BACK)
        assert past.now(step.hip) == step.before
    pytest.fail("there is no end of the way back")


def test_results_are_the_same_where_head_score_and_masks_are() -> None:
    hip = Record().reviewed.analysis.hip(RIGHT)
    drawn = hip.segmentation
    assert drawn is not None
    copied = Segmentation(RIGHT, drawn.box, dict(drawn.masks))
    assert same_result(hip, replace(hip, segmentation=copied))
    name = next(iter(drawn.masks))
    changed = drawn.masks[name].copy()
    changed.flat[0] = ~changed.flat[0]
    other = Segmentation(RIGHT, drawn.box, {**drawn.masks, name: changed})
    assert not np.array_equal(other.masks[name], drawn.masks[name])
    assert not same_result(hip, replace(hip, segmentation=other))
    assert not same_result(hip, replace(hip, segmentation=None))
    assert not same_result(hip, replace(hip, head=replace(hip.head, placed=True)))


def test_other_outlines_about_the_same_head_are_brush_strokes() -> None:
    record = Record()
    own = record.reviewed.analysis.hip(RIGHT)
    assert own.segmentation is not None
    masks = {name: mask.copy() for name, mask in own.segmentation.masks.items()}
    masks[SegmentClass.BME][2, :3, :3] ^= True
    painted = replace(own, segmentation=replace(own.segmentation, masks=masks))
    record.move(RIGHT, 0.0, painted)
    past = followed(record)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.PAINTED)
    record.move(RIGHT, 3.0)
    past.follow(record.exam)
    assert act(past, Way.BACK) == Act(RIGHT, Deed.MOVED)
    go(past, record, Way.BACK)
    assert past.now(record.key(RIGHT)) == HipState(1)

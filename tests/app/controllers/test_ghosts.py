"""The earlier visit's outlines on the later picture: drawn once a pair, beside the window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.controllers.ghosts import GHOST_TOPIC
from hipdesk.alignment import hip_scan
from hipdesk.bone_surface import BoneSurface, moved
from hipdesk.errors import StoreError
from hipdesk.ghost import Ghost
from hipdesk.records import SegmentClass
from tests.alignment_factory import femur, make_alignment, socket
from tests.app.controllers.test_follow_up import LEFT, RIGHT, Room
from tests.app.controllers.test_follow_up_alignment import known, revise


def drawings(room: Room) -> int:
    return sum(job.topic == GHOST_TOPIC for job in room.bench.jobs.started)


def ghost(room: Room) -> Ghost | None:
    given: Ghost | None = room.view.last("show_ghost")
    return given


def aligned(visits: int = 2) -> Room:
    room = Room(visits).entered()
    room.controller.align()
    room.run()
    return room


def test_it_is_offered_where_the_visits_are_aligned_and_drawn_when_it_is_wanted() -> None:
    room = Room(2).entered()
    assert known(room).ghost is None
    room.controller.align()
    room.run()
    assert known(room).ghost is False
    assert ghost(room) is None
    room.controller.want_ghost(True)
    assert known(room).ghost is True
    assert ghost(room) is None
    room.run()
    drawn = ghost(room)
    assert drawn is not None
    assert len(drawn.lines) == room.exams[1].series[0].stack.slices
    room.controller.want_ghost(False)
    assert known(room).ghost is False
    assert ghost(room) is None


def test_the_lines_lie_where_the_alignment_takes_the_bone() -> None:
    room = aligned()
    room.controller.want_ghost(True)
    room.run()
    drawn, kept = ghost(room), room.bench.store.aligned[0]
    assert drawn is not None
    stack = room.exams[1].series[0].stack
    points = np.concatenate(
        [
            [stack.to_lps(index, x, y) for x, y in line.tolist()]
            for index in range(stack.slices)
            for line in drawn.on(index)
        ]
    )
    bone = kept.bones[0]
    there = moved(bone.later_to_earlier, points)
    surface = surface_of(room, bone.bone)
    distances, inside = surface.distances(there)
    other, _ = surface_of(room, kept.bones[1].bone).distances(there)
    assert inside.mean() > 0.99
    nearest = np.minimum(np.abs(distances), np.abs(other))
    assert np.percentile(nearest, 95) < 0.3


def surface_of(room: Room, bone: SegmentClass) -> BoneSurface:
    series = room.exams[0].series[0]
    assert series.reviewed is not None
    return hip_scan(series.volume, series.reviewed.analysis.hip(RIGHT)).surface(bone)


def test_scrolling_draws_nothing_anew() -> None:
    room = aligned()
    room.controller.want_ghost(True)
    room.run()
    drawn, before = ghost(room), len(room.bench.jobs.started)
    told = len(room.view.every("show_ghost"))
    for step in (1, 1, -1, -1, -1):
        room.controller.step(step)
    room.controller.zoom(90.0, (3.0, 2.0))
    assert len(room.bench.jobs.started) == before
    assert len(room.view.every("show_ghost")) == told
    assert ghost(room) is drawn


def test_it_is_kept_for_each_pair() -> None:
    room = aligned()
    room.controller.choose_side(LEFT)
    room.controller.align()
    room.run()
    room.controller.want_ghost(True)
    room.run()
    left = ghost(room)
    room.controller.choose_side(RIGHT)
    assert ghost(room) is None
    room.run()
    right = ghost(room)
    assert right is not None
    assert right is not left
    room.controller.choose_side(LEFT)
    assert ghost(room) is left
    assert drawings(room) == 2


def test_another_pair_stops_the_drawing() -> None:
    room = aligned(3)
    room.controller.want_ghost(True)
    room.controller.choose_side(LEFT)
    room.run()
    assert ghost(room) is None
    assert known(room).ghost is None
    room.controller.choose_side(RIGHT)
    assert known(room).ghost is True
    room.run()
    assert ghost(room) is not None
    assert drawings(room) == 2


def test_it_waits_until_the_workspace_is_in_front_again() -> None:
    room = aligned()
    room.controller.want_ghost(True)
    room.controller.leave()
    room.run()
    room.controller.enter()
    room.run()
    assert known(room).ghost is True
    assert ghost(room) is not None


def test_a_result_that_changed_has_none() -> None:
    room = aligned()
    room.controller.want_ghost(True)
    room.run()
    revise(room, 1)
    room.controller.enter()
    room.run()
    assert known(room).ghost is None
    assert ghost(room) is None


@pytest.mark.parametrize("how", ["stopped", "failed"])
def test_what_was_stopped_or_failed_is_not_tried_again_by_itself(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = aligned()
    if how == "failed":

        def refuse(*_: object) -> Ghost:
            raise StoreError("Too little memory.")

        monkeypatch.setattr("hipdesk.ghost.ghost_of", refuse)
    room.controller.want_ghost(True)
    if how == "stopped":
        room.bench.jobs.cancel_topic(GHOST_TOPIC)
    room.run()
    assert known(room).ghost is False
    assert ghost(room) is None
    assert room.bench.said == (["Too little memory."] if how == "failed" else [])
    room.controller.step(1)
    assert drawings(room) == 1


def test_a_refused_bone_is_not_drawn() -> None:
    counts = []
    for refused in (False, True):
        room = Room(2)
        entries = room.bench.store.entries(room.exams[0].patient_uid or "")
        first, second = (entry.visit for entry in entries)
        hips: list[Any] = [visit.hip(RIGHT) for visit in (first, second)]
        bones = tuple(
            replace(bone, later_to_earlier=np.eye(4)) for bone in (femur(), socket(refused))
        )
        room.bench.store.keep_alignment(make_alignment(first.uid, second.uid, *hips, bones=bones))
        room.entered().controller.want_ghost(True)
        room.run()
        drawn = ghost(room)
        assert drawn is not None
        counts.append(sum(map(len, drawn.lines)))
    both, one = counts
    assert 0 < one < both

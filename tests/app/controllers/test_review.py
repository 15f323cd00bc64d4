"""The review's controller against a fake view."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import numpy as np
import pytest

from app.controllers.review import ReviewController
from app.state import Act, Deed, Drawing, Edits, Overlay, SliceDeed, SliceWish, Tool
from app.views.protocols import ReviewView
from hipdesk.errors import ModelError, StoreError
from hipdesk.linking import offset_of
from hipdesk.overlay import body_window
from hipdesk.records import Contrast, Origin, SegmentClass, Side
from hipdesk.review import Verdict
from tests.app.fakes import NOW, FakeView, make_patient, translate
from tests.app.review_fakes import (
    READER,
    Opened,
    analysed,
    at_desk,
    before_analysis,
    exam_of,
    opened,
    opened_pair,
)

RIGHT, LEFT = Side.RIGHT, Side.LEFT


class Room:
    """The review of an exam with everything around it."""

    def __init__(self, exam: Opened) -> None:
        self.exam = exam
        self.view = FakeView(ReviewView)
        self.written: list[str] = []
        self.controller = ReviewController(
            self.view,  # type: ignore[arg-type]
            exam.desk,
            exam.bench.services,
            translate,
            exam.signing,
            lambda: self.written.append("report"),
            lambda: None,
        )

    @property
    def index(self) -> int:
        return self.view.last("show_slice")[0].index

    def panel(self, side: Side):  # type: ignore[no-untyped-def]
        right, left = self.view.last("show_hips")
        return right if side is RIGHT else left

    def crop(self, side: Side):  # type: ignore[no-untyped-def]
        right, left = self.view.last("show_crops")
        return right if side is RIGHT else left

    def run(self) -> None:
        self.exam.bench.jobs.run_all()


@pytest.fixture
def room() -> Room:
    return Room(opened())


def lesion_px(room: Room, index: int) -> int:
    hips = room.exam.reviewed().analysis.hips
    slices = (each for hip in hips if hip.score for each in hip.score.slices)
    return sum((s.bme_px or 0) + (s.effusion_px or 0) for s in slices if s.index == index)


def test_an_empty_desk_shows_the_empty_state() -> None:
    room = Room(at_desk())
    assert room.view.last("show_series") == (None, ())
    assert room.view.last("show_scores") is None
    assert not room.view.every("show_slice")
    for gesture in (
        lambda c: c.step_slice(1),
        lambda c: c.choose_slice(3),
        lambda c: c.set_window((1.0, 2.0)),
        lambda c: c.choose_preset(1),
        lambda c: c.set_overlay(Overlay()),
        lambda c: c.toggle_class(SegmentClass.BME),
        lambda c: c.choose_tool(Tool.MOVE_CROP),
        lambda c: c.move_crop(RIGHT, 1.0, 1.0),
        lambda c: c.place_head(RIGHT, 1.0, 1.0),
        lambda c: c.mirror_crop(RIGHT, True),
        lambda c: c.accept(RIGHT),
        lambda c: c.reject(RIGHT, ""),
        lambda c: c.reopen(RIGHT),
        lambda c: c.undo(),
        lambda c: c.redo(),
        lambda c: c.restore(RIGHT),
        lambda c: c.sign(READER),
        lambda c: c.withdraw(""),
        lambda c: c.write_report(),
        lambda c: c.choose_series("1.2.3"),
    ):
        gesture(room.controller)
    assert not room.exam.bench.jobs.started
    assert not room.written


def test_an_analysed_exam_opens_at_its_worst_slice_with_masks_on(room: Room) -> None:
    worst = lesion_px(room, room.index)
    assert worst > 0
    assert worst == max(lesion_px(room, index) for index in range(room.exam.series().stack.slices))
    assert room.view.last("show_overlay") == Overlay()
    window, limits, presets = room.view.last("show_window")
    assert window == room.exam.series().stack.window == presets[0].window
    assert limits == room.exam.series().stack.limits
    assert room.view.every("fit_view")


def test_facts_tabs_scores_and_verdicts_are_shown(room: Room) -> None:
    facts, tabs = room.view.last("show_series")
    assert (facts.contrast, facts.slices, facts.analysed) == (Contrast.STIR, 9, True)
    assert [(tab.sides, tab.shown) for tab in tabs] == [((RIGHT, LEFT), True)]
    scores = room.view.last("show_scores")
    rows = {row.label: row for row in scores.findings}
    analysis = room.exam.reviewed().analysis
    score = analysis.hip(RIGHT).score
    assert score is not None
    assert rows["UNet-score U, intensity"].right == f"{score.u_intensity:.2f}"
    assert dict(scores.strips) == {hip.side: hip.score for hip in analysis.hips}
    assert scores.pixel_mm2 == pytest.approx(4.0)
    panel = room.panel(RIGHT)
    assert (panel.found, panel.revision, panel.current, panel.origin) == (True, 0, True, Origin.AI)
    assert panel.standing.verdict is None
    signing = room.view.last("show_signing")
    assert (signing.possible, signing.obstacle) == (False, "Accept or reject both hips first.")


def test_scrolling_shows_the_slice_and_the_crops_only(room: Room) -> None:
    room.controller.choose_slice(0)
    room.view.forget()
    room.controller.step_slice(2)
    assert room.index == 2
    assert {name for name, _ in room.view.calls} == {"show_slice", "show_crops"}
    assert room.crop(RIGHT).picture is room.crop(LEFT).picture
    assert room.crop(RIGHT).picture.index == 2
    assert room.crop(RIGHT).box == room.exam.series().stack.box_of(
        room.exam.reviewed().analysis.hip(RIGHT).head
    )


@pytest.mark.parametrize(("asked", "shown"), [(-5, 0), (99, 8)])
def test_scrolling_stops_at_the_ends(room: Room, asked: int, shown: int) -> None:
    room.controller.choose_slice(asked)
    assert room.index == shown
    room.view.forget()
    room.controller.step_slice(1 if asked > 0 else -1)
    assert not room.view.calls


def test_setters_are_called_with_differences_only(room: Room) -> None:
    room.view.forget()
    room.controller.choose_slice(room.exam.series().stack.slices // 2)
    room.view.forget()
    room.controller.choose_slice(room.exam.series().stack.slices // 2)
    room.controller.choose_preset(1)
    room.controller.set_overlay(Overlay())
    room.controller.choose_tool(Tool.WINDOW)
    assert not room.view.calls


def test_frames_lie_on_covered_slices_and_move_with_the_tool_only(room: Room) -> None:
    room.controller.choose_slice(4)
    frames = room.view.last("show_slice")[1]
    assert [(frame.side, frame.movable) for frame in frames] == [(RIGHT, False), (LEFT, False)]
    room.controller.choose_tool(Tool.MOVE_CROP)
    assert [frame.movable for frame in room.view.last("show_slice")[1]] == [True, True]
    assert room.view.last("show_tool") is Tool.MOVE_CROP


def test_the_five_windows_come_from_the_series_own_signal(room: Room) -> None:
    stack = room.exam.series().stack
    _, limits, presets = room.view.last("show_window")
    own, body, wide, marrow, fluid = (preset.window for preset in presets)
    assert [preset.number for preset in presets] == [1, 2, 3, 4, 5]
    assert own == stack.window
    assert body == body_window(stack.images)
    assert wide == pytest.approx(((limits[0] + limits[1]) / 2, limits[1] - limits[0]))
    tissue = stack.images[stack.images > 0.1 * np.percentile(stack.images[stack.images > 0], 99.5)]
    assert marrow[0] + marrow[1] / 2 == pytest.approx(np.median(tissue), rel=0.2)
    assert fluid[0] - fluid[1] / 2 == pytest.approx(marrow[0] + marrow[1] / 2)
    room.controller.choose_preset(3)
    assert room.view.last("show_window")[0] == wide
    room.controller.choose_preset(9)
    assert room.view.last("show_window")[0] == wide


def test_a_window_keeps_a_width(room: Room) -> None:
    room.controller.set_window((40.0, -3.0))
    centre, width = room.view.last("show_window")[0]
    assert centre == 40.0
    assert 0 < width < 0.01


def test_overlay_gestures(room: Room) -> None:
    room.controller.set_overlay(Overlay(Drawing.FILL, opacity=3.0))
    assert room.view.last("show_overlay") == Overlay(Drawing.FILL, opacity=1.0)
    room.controller.toggle_class(SegmentClass.BME)
    assert not room.view.last("show_overlay").draws(SegmentClass.BME)
    room.controller.toggle_class(SegmentClass.BME)
    assert room.view.last("show_overlay").draws(SegmentClass.BME)


def test_a_crop_can_be_mirrored_and_back(room: Room) -> None:
    room.controller.mirror_crop(LEFT, True)
    assert (room.crop(RIGHT).mirrored, room.crop(LEFT).mirrored) == (False, True)
    room.controller.mirror_crop(LEFT, False)
    assert not room.crop(LEFT).mirrored


def test_before_the_analysis_slices_scroll_and_nothing_is_scored() -> None:
    exam = opened()
    analysed_exam = exam.exam
    exam.desk.put(replace(analysed_exam, series=(before_analysis(exam.series()),)))
    room = Room(exam)
    assert room.index == 4
    assert room.view.last("show_scores") is None
    assert not room.view.last("show_series")[0].analysed
    assert room.view.last("show_slice")[1] == ()
    assert room.crop(RIGHT).box is None
    assert room.crop(RIGHT).reason == room.panel(RIGHT).reason
    assert not room.panel(RIGHT).found
    assert room.view.last("show_signing").obstacle == "There is no analysis to sign yet."
    room.controller.choose_tool(Tool.PLACE_LEFT)
    assert room.view.last("show_tool") is Tool.WINDOW
    assert exam.bench.said == ["Analyse the series first."]
    room.controller.choose_slice(0)
    room.controller.toggle_class(SegmentClass.BME)
    overlay = room.view.last("show_overlay")
    room.controller.set_overlay(replace(overlay, shown=False))
    exam.desk.put(analysed_exam)
    assert room.index == Room(opened()).index
    assert room.view.last("show_overlay").shown
    assert room.view.last("show_scores") is not None


def test_not_fluid_sensitive_shows_heads_and_says_why_there_is_no_score() -> None:
    room = Room(opened(contrast=Contrast.T1))
    analysis = room.exam.reviewed().analysis
    score = analysis.hip(RIGHT).score
    assert score is not None
    assert room.index == score.central_index
    assert "fluid-sensitive" in room.panel(RIGHT).reason
    assert room.panel(RIGHT).found
    assert any("not fluid-sensitive" in reason for reason in room.view.last("show_scores").reasons)


def test_a_missing_hip_has_no_crop_and_says_why() -> None:
    room = Room(opened(sides=(LEFT,)))
    assert room.crop(RIGHT).box is None
    assert room.crop(RIGHT).reason == "the femoral head was not found on this series"
    assert not room.panel(RIGHT).found
    assert [frame.side for frame in room.view.last("show_slice")[1]] == [LEFT]
    room.controller.accept(RIGHT)
    assert not room.exam.bench.jobs.started
    room.controller.accept(LEFT)
    room.run()
    assert room.view.last("show_signing").possible


# Verdicts


def test_a_verdict_counts_when_the_library_has_kept_it(room: Room) -> None:
    room.controller.choose_slice(1)
    room.controller.accept(RIGHT)
    assert room.panel(RIGHT).busy
    assert room.panel(RIGHT).standing.verdict is None
    (job,) = room.exam.bench.jobs.started
    assert (job.keep, job.urgent) == (True, True)
    room.run()
    assert not room.panel(RIGHT).busy
    assert room.panel(RIGHT).standing.verdict is Verdict.ACCEPTED
    assert room.exam.kept().reviews == room.exam.reviewed().reviews
    assert room.index == 1
    room.controller.reject(LEFT, " blurred ")
    room.run()
    assert room.exam.reviewed().reviews[-1].note == "blurred"
    assert room.view.last("show_signing").possible
    assert LEFT not in room.view.last("show_scores").strips
    room.controller.reopen(LEFT)
    room.run()
    assert room.panel(LEFT).standing.verdict is None


def test_a_second_press_while_it_is_kept_does_nothing(room: Room) -> None:
    room.controller.accept(RIGHT)
    room.controller.accept(RIGHT)
    assert len(room.exam.bench.jobs.started) == 1


def test_a_verdict_that_cannot_be_kept_changes_nothing(room: Room) -> None:
    room.exam.bench.store.failing["review"] = StoreError("The disk is full.")
    before = room.exam.exam
    room.controller.accept(RIGHT)
    room.run()
    assert room.exam.exam is before
    assert not room.panel(RIGHT).busy
    assert room.exam.bench.said == ["The disk is full."]


def test_without_a_library_nothing_can_be_judged() -> None:
    exam = opened()
    exam.bench.library.problem = "The library is in use."
    room = Room(exam)
    room.controller.accept(RIGHT)
    assert exam.bench.said == ["The library is in use."]
    assert not exam.bench.jobs.started


def test_the_answer_for_an_exam_that_was_closed_changes_nothing_on_screen(room: Room) -> None:
    room.controller.accept(RIGHT)
    number = room.exam.bench.jobs.work()
    bench = room.exam.bench
    stranger = exam_of(bench, analysed(study=2, patient=make_patient("9", "Roe^Max")))
    room.exam.desk.put(stranger)
    bench.jobs.deliver(number)
    assert room.exam.desk.exam is stranger
    assert room.panel(RIGHT).standing.verdict is None


# Signing


def test_signing_locks_and_withdrawing_unlocks(room: Room) -> None:
    room.controller.accept(RIGHT)
    room.controller.accept(LEFT)
    room.run()
    room.controller.choose_tool(Tool.MOVE_CROP)
    room.controller.sign("  Dr Reader ")
    room.run()
    reviewed = room.exam.reviewed()
    assert reviewed.signed
    assert [s.reader for s in reviewed.signatures] == [READER, READER]
    assert {s.at_utc for s in reviewed.signatures} == {NOW.astimezone(UTC)}
    assert room.exam.bench.keeper.settings.reader_name == READER
    signing = room.view.last("show_signing")
    assert (signing.possible, signing.obstacle, len(signing.signatures)) == (False, "", 2)
    assert room.view.last("show_tool") is Tool.WINDOW
    started = len(room.exam.bench.jobs.started)
    room.controller.choose_tool(Tool.MOVE_CROP)
    room.controller.move_crop(RIGHT, 3.0, 0.0)
    room.controller.place_head(RIGHT, 30.0, 30.0)
    room.controller.reject(RIGHT, "")
    room.controller.sign(READER)
    assert len(room.exam.bench.jobs.started) == started
    assert any("withdraw" in said for said in room.exam.bench.said)
    room.controller.withdraw("mistaken")
    room.run()
    assert not room.exam.reviewed().signatures
    assert room.exam.reviewed().reviews[-1].note == "mistaken"
    room.controller.choose_tool(Tool.MOVE_CROP)
    assert room.view.last("show_tool") is Tool.MOVE_CROP


def test_signing_needs_a_name(room: Room) -> None:
    room.exam.judge_all()
    room.controller.sign("   ")
    assert room.exam.bench.said == ["Enter your name to sign."]
    room.run()
    assert not room.exam.reviewed().signatures


def test_a_signature_that_cannot_be_kept_does_not_stand(room: Room) -> None:
    room.exam.judge_all()
    room.exam.bench.store.failing["review"] = StoreError("The disk is full.")
    room.controller.sign(READER)
    room.run()
    assert not room.exam.reviewed().signatures
    assert room.view.last("show_signing").possible


# A hip done again


def head_of(room: Room, side: Side):  # type: ignore[no-untyped-def]
    reviewed = room.exam.reviewed()
    return reviewed.hip_at(side, reviewed.working(side)).head


def test_moving_a_crop_does_that_hip_again(room: Room) -> None:
    room.controller.choose_slice(4)
    room.controller.choose_tool(Tool.MOVE_CROP)
    old, before = head_of(room, RIGHT), room.exam.series()
    room.controller.move_crop(RIGHT, 2.0, -1.0)
    assert room.panel(RIGHT).busy
    assert not room.panel(LEFT).busy
    assert not room.view.last("show_slice")[1][0].movable
    outlining, *_ = room.exam.bench.jobs.started
    assert not outlining.keep
    room.run()
    after = room.exam.series()
    reviewed = room.exam.reviewed()
    assert reviewed.numbers(RIGHT) == (0, 1)
    assert reviewed.revisions == room.exam.kept().revisions
    head = head_of(room, RIGHT)
    assert np.subtract(head.centre_lps_mm, old.centre_lps_mm) == pytest.approx(
        (4.0, 0.0, 2.0), abs=0.01
    )
    assert head.placed
    assert head.radius_mm == old.radius_mm
    assert after.stack.outlines[LEFT] is before.stack.outlines[LEFT]
    assert after.stack.outlines[RIGHT] is not before.stack.outlines[RIGHT]
    panel = room.panel(RIGHT)
    assert (panel.busy, panel.revision, panel.origin) == (False, 1, Origin.AI_EDITED)
    assert room.index == 4
    assert room.view.last("show_tool") is Tool.MOVE_CROP


def test_an_accepted_revision_counts_until_the_new_one_is_judged(room: Room) -> None:
    room.controller.accept(RIGHT)
    room.run()
    room.controller.move_crop(RIGHT, 1.0, 0.0)
    room.run()
    panel = room.panel(RIGHT)
    assert (panel.revision, panel.current, panel.standing.verdict) == (1, False, None)
    room.controller.accept(RIGHT)
    room.run()
    assert room.panel(RIGHT).current


def test_a_rejection_counts_until_a_newer_revision_is_judged(room: Room) -> None:
    room.controller.reject(RIGHT, "")
    room.run()
    assert room.panel(RIGHT).current
    room.controller.move_crop(RIGHT, 1.0, 0.0)
    room.run()
    assert not room.panel(RIGHT).current
    room.controller.reject(RIGHT, "")
    room.run()
    assert room.panel(RIGHT).current


def test_both_hips_done_again_at_once_keep_both_outlines(room: Room) -> None:
    before = room.exam.series().stack
    room.controller.move_crop(RIGHT, 1.0, 0.0)
    room.controller.move_crop(LEFT, 1.0, 0.0)
    room.run()
    after = room.exam.series().stack
    for side in Side:
        assert after.outlines[side] is not before.outlines[side]
        assert room.exam.reviewed().working(side) > 0


def test_a_head_is_placed_where_none_was_found() -> None:
    room = Room(opened(sides=(LEFT,)))
    room.controller.choose_slice(4)
    room.controller.choose_tool(Tool.PLACE_RIGHT)
    room.controller.place_head(RIGHT, 35.0, 48.0)
    assert room.view.last("show_tool") is Tool.WINDOW
    assert room.panel(RIGHT).busy
    room.run()
    head = head_of(room, RIGHT)
    expected = room.exam.series().stack.to_lps(4, 35.0, 48.0)
    assert head.centre_lps_mm == pytest.approx(expected, abs=0.01)
    assert room.crop(RIGHT).box is not None


@pytest.mark.parametrize("stage", ["networks", "place", "revise"])
def test_a_failure_leaves_everything_as_it_was_and_says_why(room: Room, stage: str) -> None:
    room.controller.choose_slice(4)
    room.controller.choose_tool(Tool.MOVE_CROP)
    before, bench = room.exam.exam, room.exam.bench
    frames = room.view.last("show_slice")[1]
    if stage == "networks":
        bench.networks.error = ModelError("A model is missing.")
    if stage == "revise":
        bench.store.failing["revise"] = StoreError("The disk is full.")
    room.view.forget()
    room.controller.move_crop(RIGHT, 5000.0 if stage == "place" else 2.0, 0.0)
    room.run()
    assert room.exam.exam is before
    assert len(bench.said) == 1
    assert not room.panel(RIGHT).busy
    assert room.view.last("show_slice")[1] == frames


def test_a_refused_move_shows_the_frame_where_it_was(room: Room) -> None:
    room.controller.choose_slice(4)
    room.controller.choose_tool(Tool.MOVE_CROP)
    room.exam.bench.library.problem = "The library is in use."
    room.view.forget()
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    assert room.view.every("show_slice")
    assert room.exam.bench.said == ["The library is in use."]
    assert not room.exam.bench.jobs.started


def test_stopping_leaves_everything_as_it_was(room: Room) -> None:
    before = room.exam.exam
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    room.exam.bench.jobs.cancel(1)
    room.run()
    assert room.exam.exam is before
    assert not room.panel(RIGHT).busy
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    assert room.panel(RIGHT).busy


def test_the_revision_of_an_exam_that_was_closed_is_kept_but_not_shown(room: Room) -> None:
    bench, uid = room.exam.bench, room.exam.reviewed().analysis.uid
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    number = bench.jobs.work()
    stranger = exam_of(bench, analysed(study=2, patient=make_patient("9", "Roe^Max")))
    room.exam.desk.put(stranger)
    bench.jobs.deliver(number)
    room.run()
    assert room.exam.desk.exam is stranger
    assert bench.store.reviewed(uid).working(RIGHT) == 1
    assert not room.panel(RIGHT).busy


def test_a_hip_being_done_again_cannot_be_judged_or_signed(room: Room) -> None:
    room.exam.judge_all()
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    started = len(room.exam.bench.jobs.started)
    room.controller.reopen(RIGHT)
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    room.controller.sign(READER)
    assert len(room.exam.bench.jobs.started) == started
    assert "Wait until the hip is done." in room.exam.bench.said


# Another exam, and a pair


def test_another_patient_begins_anew_but_masks_are_drawn_as_the_reader_likes(room: Room) -> None:
    room.controller.set_overlay(
        Overlay(Drawing.FILL, 0.5, frozenset({SegmentClass.BME}), shown=False)
    )
    room.controller.set_window((1.0, 2.0))
    room.controller.choose_tool(Tool.MOVE_CROP)
    room.controller.mirror_crop(LEFT, True)
    room.view.forget()
    bench = room.exam.bench
    stranger = exam_of(bench, analysed(study=2, patient=make_patient("9", "Roe^Max")))
    room.exam.desk.put(stranger)
    assert room.view.last("show_overlay") == Overlay(Drawing.FILL, 0.5)
    assert room.view.last("show_window")[0] == stranger.series[0].stack.window
    assert room.view.last("show_tool") is Tool.WINDOW
    assert not room.crop(LEFT).mirrored
    assert len(room.view.every("fit_view")) == 1


def test_closing_the_patient_empties_the_room(room: Room) -> None:
    again = room.exam.exam
    room.exam.desk.put(None)
    assert room.view.last("show_series") == (None, ())
    assert room.view.last("show_scores") is None
    room.view.forget()
    room.exam.desk.put(again)
    shown = {name for name, _ in room.view.calls}
    assert {"show_series", "show_slice", "show_crops", "show_window", "show_hips"} <= shown


EITHER_PAIR = pytest.mark.parametrize("stacks", [False, True], ids=["series", "stacks"])
"""Of two series, or of two stacks under one UID."""


@EITHER_PAIR
def test_a_pair_shows_each_hip_from_its_own_series(stacks: bool) -> None:
    room = Room(opened_pair(stacks=stacks))
    first, second = room.exam.exam.series
    _, tabs = room.view.last("show_series")
    assert [(tab.sides, tab.shown) for tab in tabs] == [((RIGHT,), True), ((LEFT,), False)]
    room.controller.choose_slice(4)
    right, left = room.crop(RIGHT), room.crop(LEFT)
    assert (right.elsewhere, left.elsewhere) == (False, True)
    right_head = room.exam.reviewed(0).analysis.hip(RIGHT).head.centre_lps_mm
    left_head = room.exam.reviewed(1).analysis.hip(LEFT).head.centre_lps_mm
    asked = offset_of(first.stack.affine, right_head, 4)
    got = offset_of(second.stack.affine, left_head, left.picture.index)
    assert abs(got - asked) <= 2.5
    scores = room.view.last("show_scores")
    rows = {row.label: row for row in scores.findings}
    assert "—" not in (rows["U per slice, U/n"].right, rows["U per slice, U/n"].left)
    assert set(scores.strips) == {RIGHT}
    assert (room.panel(RIGHT).found, room.panel(LEFT).found) == (True, True)


@EITHER_PAIR
def test_a_pair_is_judged_and_signed_together(stacks: bool) -> None:
    room = Room(opened_pair(stacks=stacks))
    room.controller.accept(LEFT)
    room.run()
    assert room.exam.reviewed(1).standing(LEFT).verdict is Verdict.ACCEPTED
    assert room.view.last("show_signing").obstacle == "Accept or reject the right hip first."
    room.controller.accept(RIGHT)
    room.run()
    room.controller.sign(READER)
    room.run()
    assert room.exam.reviewed(0).signed
    assert room.exam.reviewed(1).signed
    assert len(room.view.last("show_signing").signatures) == 2


@EITHER_PAIR
def test_each_series_of_a_pair_keeps_its_slice_and_window(stacks: bool) -> None:
    room = Room(opened_pair(stacks=stacks))
    keys = [each.key for each in room.exam.exam.series]
    room.controller.choose_slice(2)
    room.controller.set_window((50.0, 80.0))
    room.controller.choose_series(keys[1])
    assert room.index != 2
    assert room.view.last("show_window")[0] == room.exam.series(1).stack.window
    assert [tab.shown for tab in room.view.last("show_series")[1]] == [False, True]
    assert room.crop(RIGHT).elsewhere
    room.controller.choose_series(keys[0])
    assert room.index == 2
    assert room.view.last("show_window")[0] == (50.0, 80.0)
    room.view.forget()
    room.controller.choose_series("unknown")
    assert not room.view.calls


def test_a_hip_of_the_other_series_is_not_placed_here() -> None:
    room = Room(opened_pair())
    room.controller.choose_tool(Tool.PLACE_LEFT)
    assert room.exam.bench.said == ["This hip is on the other series: change it there."]
    room.controller.place_head(LEFT, 10.0, 10.0)
    assert not room.exam.bench.jobs.started


def test_on_to_the_report(room: Room) -> None:
    room.controller.write_report()
    assert room.written == ["report"]


def test_the_answer_of_an_old_library_read_is_not_needed_twice(room: Room) -> None:
    """A revision that a reload already brought is not added again."""
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    bench = room.exam.bench
    bench.jobs.run()
    number = bench.jobs.work()
    series = room.exam.series()
    room.exam.desk.change(replace(series, reviewed=room.exam.kept()))
    bench.jobs.deliver(number)
    assert room.exam.reviewed().numbers(RIGHT) == (0, 1)


def test_words_are_said_anew_in_another_language(room: Room) -> None:
    room.controller.translate = lambda _context, text: f"<{text}>"
    room.controller.retranslate()
    presets = room.view.last("show_window")[2]
    assert presets[0].name == "<As the images state>"


# The crop stays where it was put


def frame_of(room: Room, side: Side):  # type: ignore[no-untyped-def]
    (frame,) = (each for each in room.view.last("show_slice")[1] if each.side is side)
    return frame


def test_a_moved_crop_stays_where_it_was_put_while_the_hip_is_done(room: Room) -> None:
    room.controller.choose_slice(4)
    room.controller.choose_tool(Tool.MOVE_CROP)
    before = frame_of(room, RIGHT).box
    room.view.forget()
    room.controller.move_crop(RIGHT, 2.0, -1.0)
    frame = frame_of(room, RIGHT)
    assert (frame.box.x, frame.box.y) == pytest.approx((before.x + 2.0, before.y - 1.0), abs=0.01)
    assert (frame.working, frame.movable) == (True, False)
    assert not frame_of(room, LEFT).working
    assert (room.panel(RIGHT).stale, room.panel(LEFT).stale) == (True, False)
    assert room.crop(RIGHT).box == frame.box
    room.run()
    assert not room.panel(RIGHT).stale
    boxes = [frames[0].box for _, frames in room.view.every("show_slice")]
    assert all((box.x, box.y) == pytest.approx((frame.box.x, frame.box.y)) for box in boxes)
    assert (frame_of(room, RIGHT).working, frame_of(room, RIGHT).movable) == (False, True)


def test_a_head_being_placed_has_its_crop_at_once() -> None:
    room = Room(opened(sides=(LEFT,)))
    room.controller.choose_slice(4)
    room.controller.place_head(RIGHT, 35.0, 48.0)
    frame = frame_of(room, RIGHT)
    assert frame.working
    assert not room.panel(RIGHT).stale  # nothing was outlined before
    assert room.crop(RIGHT).box == frame.box
    room.exam.bench.jobs.cancel(1)
    assert [each.side for each in room.view.last("show_slice")[1]] == [LEFT]
    assert room.crop(RIGHT).box is None
    assert room.exam.bench.said == ["Outlining was stopped. The right hip stays without a crop."]


def test_a_stopped_hip_has_its_crop_back_and_says_so(room: Room) -> None:
    room.controller.choose_slice(4)
    before = frame_of(room, LEFT)
    room.controller.move_crop(LEFT, 2.0, 0.0)
    room.exam.bench.jobs.cancel(1)
    assert frame_of(room, LEFT) == before
    assert room.exam.bench.said == [
        "Outlining was stopped. The crop of the left hip is back where it was."
    ]


def test_a_failed_hip_has_its_crop_back_and_says_why(room: Room) -> None:
    room.controller.choose_slice(4)
    before = frame_of(room, RIGHT)
    room.exam.bench.networks.error = ModelError("A model is missing.")
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    room.run()
    assert frame_of(room, RIGHT) == before
    assert room.exam.bench.said == [
        "A model is missing. The crop of the right hip is back where it was."
    ]


def test_a_fault_of_ours_leaves_the_crop_where_it_was_too(room: Room) -> None:
    bench = room.exam.bench
    bench.jobs.forgiving = True
    bench.networks.error = RuntimeError("unexpected")
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    room.run()
    assert bench.said[-1] == "The crop of the right hip is back where it was."
    assert not room.panel(RIGHT).busy


# The way back


def edits(room: Room) -> Edits:
    found: Edits = room.view.last("show_edits")
    return found


def moved(room: Room, side: Side = RIGHT, dx: float = 2.0) -> None:
    room.controller.move_crop(side, dx, 0.0)
    room.run()


def undo(room: Room) -> None:
    room.controller.undo()
    room.run()


def redo(room: Room) -> None:
    room.controller.redo()
    room.run()


def verdict(room: Room, side: Side = RIGHT) -> Verdict | None:
    found: Verdict | None = room.panel(side).standing.verdict
    return found


def test_nothing_can_be_taken_back_of_what_nobody_touched(room: Room) -> None:
    assert edits(room) == Edits()
    room.controller.undo()
    room.controller.redo()
    room.controller.restore(RIGHT)
    assert not room.exam.bench.jobs.started
    assert not room.exam.bench.said


def test_a_moved_crop_goes_back_and_on_without_a_network(room: Room) -> None:
    first = room.exam.series().stack.outlines[RIGHT]
    head = head_of(room, RIGHT)
    moved(room)
    second, after = room.exam.series().stack.outlines[RIGHT], head_of(room, RIGHT)
    assert edits(room) == Edits(Act(RIGHT, Deed.MOVED), None, frozenset({RIGHT}))
    room.exam.bench.networks.error = ModelError("No network may run.")
    undo(room)
    assert head_of(room, RIGHT) == head
    assert room.exam.series().stack.outlines[RIGHT] is first
    assert edits(room) == Edits(None, Act(RIGHT, Deed.MOVED), frozenset())
    assert room.panel(RIGHT).origin is Origin.AI
    redo(room)
    assert head_of(room, RIGHT) == after
    assert room.exam.series().stack.outlines[RIGHT] is second
    assert room.panel(RIGHT).origin is Origin.AI_EDITED
    assert edits(room) == Edits(Act(RIGHT, Deed.MOVED), None, frozenset({RIGHT}))
    assert room.exam.reviewed().numbers(RIGHT) == (0, 1, 2, 3)
    assert room.exam.reviewed().revisions == room.exam.kept().revisions
    assert not room.exam.bench.said


def test_several_moves_go_back_one_by_one(room: Room) -> None:
    heads = [head_of(room, RIGHT)]
    for dx in (1.0, 2.0, 3.0):
        moved(room, dx=dx)
        heads.append(head_of(room, RIGHT))
    for wanted in reversed(heads[:-1]):
        undo(room)
        assert head_of(room, RIGHT) == wanted
    assert edits(room).undo is None
    redo(room)
    assert head_of(room, RIGHT) == heads[1]
    moved(room, dx=-1.0)
    assert edits(room).redo is None


def test_steps_of_both_hips_go_back_in_their_order(room: Room) -> None:
    moved(room, RIGHT)
    moved(room, LEFT)
    room.controller.accept(RIGHT)
    room.run()
    told = []
    while (act := edits(room).undo) is not None:
        told.append(act)
        undo(room)
    assert told == [Act(RIGHT, Deed.ACCEPTED), Act(LEFT, Deed.MOVED), Act(RIGHT, Deed.MOVED)]
    for act in reversed(told):
        assert edits(room).redo == act
        redo(room)
    assert verdict(room) is Verdict.ACCEPTED
    assert edits(room).restorable == {RIGHT, LEFT}


def test_verdicts_go_back_and_on(room: Room) -> None:
    room.controller.reject(RIGHT, "blurred")
    room.run()
    room.controller.reopen(RIGHT)
    room.run()
    room.controller.accept(RIGHT)
    room.run()
    assert edits(room).undo == Act(RIGHT, Deed.ACCEPTED)
    undo(room)
    assert verdict(room) is None
    assert edits(room).undo == Act(RIGHT, Deed.REOPENED)
    undo(room)
    assert verdict(room) is Verdict.REJECTED
    assert room.exam.reviewed().reviews[-1].note == "blurred"
    undo(room)
    assert (verdict(room), edits(room).undo) == (None, None)
    for expected in (Verdict.REJECTED, None, Verdict.ACCEPTED):
        redo(room)
        assert verdict(room) is expected
    assert edits(room).redo is None


def test_a_verdict_comes_back_with_the_outlines_it_was_on(room: Room) -> None:
    room.controller.accept(RIGHT, "seen with a colleague")
    room.run()
    moved(room)
    assert (verdict(room), room.panel(RIGHT).current) == (None, False)
    undo(room)
    assert verdict(room) is Verdict.ACCEPTED
    assert room.panel(RIGHT).current
    review = room.exam.kept().reviews[-1]
    assert (review.revision, review.note) == (2, "seen with a colleague")
    assert edits(room).undo == Act(RIGHT, Deed.ACCEPTED)


def test_nobodys_verdict_is_given_again_in_anothers_name(room: Room) -> None:
    keeper = room.exam.bench.keeper
    keeper.keep(keeper.settings.model_copy(update={"reader_name": "Dr Before"}))
    room.controller.accept(RIGHT)
    room.run()
    keeper.keep(keeper.settings.model_copy(update={"reader_name": READER}))
    moved(room)
    undo(room)
    assert verdict(room) is None
    assert not head_of(room, RIGHT).placed
    assert room.exam.bench.said == [
        "The earlier verdict was another reader's: judge this hip yourself."
    ]
    assert edits(room).redo == Act(RIGHT, Deed.MOVED)


def test_undo_stops_a_hip_that_is_being_done_again(room: Room) -> None:
    room.controller.choose_slice(4)
    before = frame_of(room, RIGHT)
    room.controller.move_crop(RIGHT, 2.0, 0.0)
    assert edits(room) == Edits(Act(RIGHT, Deed.MOVED))
    room.controller.undo()
    assert frame_of(room, RIGHT) == before
    assert edits(room) == Edits()
    assert room.exam.reviewed().numbers(RIGHT) == (0,)


def test_a_step_that_cannot_be_kept_can_be_tried_again(room: Room) -> None:
    moved(room)
    head = head_of(room, RIGHT)
    for method in ("revise", "review"):
        room.exam.bench.store.failing[method] = StoreError("The disk is full.")
    undo(room)
    assert head_of(room, RIGHT) == head
    assert "The disk is full." in room.exam.bench.said[0]
    assert edits(room).undo == Act(RIGHT, Deed.MOVED)
    room.exam.bench.store.failing.clear()
    undo(room)
    assert edits(room).undo is None
    assert not head_of(room, RIGHT).placed


def test_outlines_go_back_even_where_their_verdict_cannot_be_kept(room: Room) -> None:
    room.controller.accept(RIGHT)
    room.run()
    moved(room)
    room.exam.bench.store.failing["review"] = StoreError("The disk is full.")
    undo(room)
    assert (verdict(room), head_of(room, RIGHT).placed) == (None, False)
    assert room.exam.bench.said == ["The disk is full."]
    assert room.exam.reviewed().reviews == room.exam.kept().reviews


def test_quick_presses_go_back_one_after_the_other(room: Room) -> None:
    for dx in (1.0, 2.0, 3.0):
        moved(room, dx=dx)
    head = head_of(room, RIGHT)
    for _ in range(3):
        assert edits(room).undo == Act(RIGHT, Deed.MOVED)
        room.controller.undo()
    room.run()
    assert not head_of(room, RIGHT).placed
    assert edits(room).undo is None
    for _ in range(3):
        assert edits(room).redo == Act(RIGHT, Deed.MOVED)
        room.controller.redo()
    room.run()
    assert head_of(room, RIGHT) == head
    room.controller.undo()
    room.controller.redo()
    room.run()
    assert head_of(room, RIGHT) == head
    assert edits(room) == Edits(Act(RIGHT, Deed.MOVED), None, frozenset({RIGHT}))


def test_quick_presses_end_with_the_first_step_that_cannot_be_kept(room: Room) -> None:
    room.controller.accept(RIGHT)
    room.run()
    for dx in (1.0, 2.0):
        moved(room, dx=dx)
    for _ in range(3):
        room.controller.undo()
    room.exam.bench.store.failing["revise"] = StoreError("The disk is full.")
    room.run()
    assert len(room.exam.bench.said) == 1
    assert edits(room).undo == Act(RIGHT, Deed.MOVED)
    room.exam.bench.store.failing.clear()
    for _ in range(3):
        room.controller.undo()
    room.run()
    assert verdict(room) is None
    assert edits(room).undo is None
    assert edits(room).redo == Act(RIGHT, Deed.ACCEPTED)


def test_another_exam_ends_quick_presses(room: Room) -> None:
    for dx in (1.0, 2.0):
        moved(room, dx=dx)
    uid = room.exam.reviewed().analysis.uid
    room.controller.undo()
    room.controller.undo()
    bench = room.exam.bench
    room.exam.desk.put(exam_of(bench, analysed(study=2, patient=make_patient("9", "Roe^Max"))))
    room.run()
    assert bench.store.reviewed(uid).working(RIGHT) == 3
    assert edits(room) == Edits()


def test_the_programs_own_result_comes_back_at_once(room: Room) -> None:
    head, score = head_of(room, RIGHT), room.exam.reviewed().analysis.hip(RIGHT).score
    moved(room, dx=1.0)
    moved(room, dx=1.0)
    room.exam.bench.networks.error = ModelError("No network may run.")
    room.controller.restore(RIGHT)
    room.run()
    assert head_of(room, RIGHT) == head
    assert room.view.last("show_scores").strips[RIGHT] == score
    assert not room.exam.bench.said
    assert edits(room) == Edits(Act(RIGHT, Deed.RESTORED), None, frozenset())
    undo(room)
    assert head_of(room, RIGHT).placed
    assert edits(room).undo == Act(RIGHT, Deed.MOVED)
    assert edits(room).redo == Act(RIGHT, Deed.RESTORED)


def test_a_verdict_that_would_be_lost_is_named_first(room: Room) -> None:
    moved(room)
    room.controller.accept(RIGHT)
    room.run()
    started = len(room.exam.bench.jobs.started)
    room.controller.restore(RIGHT)
    assert len(room.exam.bench.jobs.started) == started
    (message,) = room.exam.bench.messages.present
    assert "The verdict on the right hip" in message.text
    assert "judged again" in message.text
    room.exam.bench.messages.act(message.number)
    room.run()
    assert not head_of(room, RIGHT).placed
    assert verdict(room) is None
    undo(room)
    assert head_of(room, RIGHT).placed
    assert verdict(room) is Verdict.ACCEPTED


@pytest.mark.parametrize("change", ["moved", "reopened", "closed"])
def test_a_question_goes_with_what_it_was_about(room: Room, change: str) -> None:
    moved(room)
    room.controller.accept(RIGHT)
    room.run()
    room.controller.restore(RIGHT)
    room.controller.accept(LEFT)
    room.run()
    (message,) = room.exam.bench.messages.present
    if change == "moved":
        moved(room, dx=1.0)
    elif change == "reopened":
        room.controller.reopen(RIGHT)
        room.run()
    else:
        room.exam.desk.put(None)
    assert not room.exam.bench.messages.present
    assert message.action is not None
    message.action.run()
    room.run()
    assert room.exam.bench.store.calls["revise"] == (2 if change == "moved" else 1) + (
        change == "reopened"
    )


def test_signed_hips_stay_and_say_why(room: Room) -> None:
    moved(room)
    room.exam.sign_all()
    before, messages = room.exam.exam, room.exam.bench.messages
    for gesture in (room.controller.undo, lambda: room.controller.restore(RIGHT)):
        gesture()
        room.run()
        assert room.exam.exam is before
        (message,) = messages.present
        assert "withdraw the signature" in message.text
        messages.dismiss(message.number)
    room.controller.withdraw("")
    room.run()
    undo(room)
    assert verdict(room, LEFT) is None


def test_a_placed_head_goes_back_to_none() -> None:
    room = Room(opened(sides=(LEFT,)))
    room.controller.choose_slice(4)
    room.controller.place_head(RIGHT, 35.0, 48.0)
    room.run()
    undo(room)
    assert room.crop(RIGHT).box is None
    assert not room.panel(RIGHT).found
    assert (
        RIGHT not in room.view.last("show_slice")[0].outlines
        or not (room.view.last("show_slice")[0].outlines[RIGHT])
    )
    redo(room)
    assert room.crop(RIGHT).box is not None


def test_the_way_back_is_found_again_after_opening_anew(room: Room) -> None:
    room.controller.accept(LEFT)
    room.run()
    moved(room)
    head = head_of(room, RIGHT)
    kept, bench = room.exam.kept(), room.exam.bench
    series = replace(room.exam.series(), reviewed=kept)
    again = Room(at_desk(bench, replace(room.exam.exam, series=(series,))))
    assert edits(again) == Edits(Act(RIGHT, Deed.MOVED), None, frozenset({RIGHT}))
    bench.networks.error = ModelError("No network may run.")
    undo(again)
    assert not head_of(again, RIGHT).placed
    assert edits(again).redo == Act(RIGHT, Deed.MOVED)
    third = replace(again.exam.series(), reviewed=again.exam.kept())
    reopened = Room(at_desk(bench, replace(again.exam.exam, series=(third,))))
    assert edits(reopened).redo == Act(RIGHT, Deed.MOVED)
    redo(reopened)
    assert head_of(reopened, RIGHT) == head


def test_a_hip_of_a_pair_goes_back_on_its_own_series() -> None:
    room = Room(opened_pair())
    room.controller.choose_series(room.exam.exam.series[1].key)
    moved(room, LEFT)
    room.controller.choose_series(room.exam.exam.series[0].key)
    assert edits(room).restorable == {LEFT}
    room.controller.restore(LEFT)
    room.run()
    assert room.exam.reviewed(1).numbers(LEFT) == (0, 1, 2)
    assert not edits(room).restorable
    undo(room)
    assert edits(room).restorable == {LEFT}


def test_closing_the_patient_leaves_nothing_to_take_back(room: Room) -> None:
    moved(room)
    room.exam.desk.put(None)
    assert edits(room) == Edits()
    room.controller.undo()
    room.controller.restore(RIGHT)
    assert not room.exam.bench.said


def score_of(room: Room, side: Side = RIGHT):  # type: ignore[no-untyped-def]
    reviewed = room.exam.reviewed()
    return reviewed.hip_at(side, reviewed.working(side)).score


def wish(deed: SliceDeed, index: int, words: str = "") -> SliceWish:
    return SliceWish(RIGHT, index, deed, words)


def test_a_reader_chooses_the_slices_that_count_and_goes_back(room: Room) -> None:
    before = score_of(room)
    index = next(part.index for part in before.slices if part.counted)
    outlines = room.exam.series().stack.outlines
    room.controller.choose_slices(wish(SliceDeed.LEAVE_OUT, index, "motion or ghosts"))
    assert (room.panel(RIGHT).busy, room.panel(RIGHT).stale) == (True, False)
    room.run()
    after = score_of(room)
    left_out = next(part for part in after.slices if part.index == index)
    assert (left_out.counted, left_out.note) == (False, "motion or ghosts")
    assert after.n_counted == before.n_counted - 1
    panel = room.panel(RIGHT)
    assert (panel.busy, panel.revision, panel.origin) == (False, 1, Origin.AI)
    assert room.exam.series().stack.outlines[RIGHT] is outlines[RIGHT]
    assert room.exam.kept().revisions == room.exam.reviewed().revisions
    assert room.view.last("show_edits").undo == Act(RIGHT, Deed.CHOSE_SLICES)
    moved = before.central_index + 1
    room.controller.choose_slices(wish(SliceDeed.CENTRAL, moved))
    room.run()
    assert (score_of(room).central_index, score_of(room).central_moved) == (moved, True)
    assert score_of(room).excluded == after.excluded
    room.controller.choose_slices(wish(SliceDeed.PROGRAMS_CENTRAL, moved))
    room.run()
    assert score_of(room) == after
    room.controller.choose_slices(wish(SliceDeed.COUNT_AGAIN, index))
    room.run()
    assert score_of(room) == before
    room.controller.undo()
    room.run()
    assert score_of(room) == after


def test_a_wish_that_changes_nothing_keeps_nothing(room: Room) -> None:
    central = score_of(room).central_index
    room.controller.choose_slices(wish(SliceDeed.COUNT_AGAIN, central))
    room.controller.choose_slices(wish(SliceDeed.PROGRAMS_CENTRAL, central))
    room.controller.choose_slices(wish(SliceDeed.LEAVE_OUT, 10_000, "motion or ghosts"))
    room.run()
    assert room.exam.reviewed().revisions == ()


def test_slices_of_a_signed_hip_stay_as_they_are(room: Room) -> None:
    for side in Side:
        room.controller.accept(side)
        room.run()
    room.controller.sign(READER)
    room.run()
    room.controller.choose_slices(wish(SliceDeed.CENTRAL, score_of(room).central_index + 1))
    room.run()
    assert room.exam.reviewed().revisions == ()
    assert any("signed" in said for said in room.exam.bench.said)


def test_slices_that_cannot_be_kept_stay_as_they_were(room: Room) -> None:
    room.exam.bench.store.failing["revise"] = StoreError("The disk is full.")
    room.controller.choose_slices(wish(SliceDeed.CENTRAL, score_of(room).central_index + 1))
    room.run()
    assert (room.panel(RIGHT).busy, room.exam.reviewed().revisions) == (False, ())
    assert "The disk is full." in room.exam.bench.said

"""The brush in the review: shown at once, journalled, scored, finished, found again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.brush_state import Brush
from app.controllers import opening
from app.controllers.review import ReviewController
from app.state import Act, Deed, Tool
from app.views.protocols import ReviewView
from hipdesk.errors import StoreError
from hipdesk.ports import never_cancelled, no_progress
from hipdesk.records import Contrast, HipResult, Origin, SegmentClass, Side
from hipdesk.review import BrushAct, ReviewKind
from tests.app.fakes import FakeView, translate
from tests.app.review_fakes import READER, Opened, at_desk, before_analysis, opened

RIGHT, LEFT = Side
BME, FLUID, HEAD = (
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
    SegmentClass.FEMORAL_HEAD,
)


class Room:
    """A review with an open exam."""

    def __init__(self, of: Opened | None = None) -> None:
        self.of = of or opened()
        self.view = FakeView(ReviewView)
        self.came: list[str] = []
        self.review = ReviewController(
            self.view,
            self.of.desk,
            self.of.bench.services,
            translate,
            self.of.signing,
            lambda: None,
            lambda: self.came.append("review"),
        )
        self.jobs = self.of.bench.jobs

    @property
    def uid(self) -> str:
        return self.of.reviewed().analysis.uid

    @property
    def painting(self) -> Any:
        return self.view.last("show_painting")

    @property
    def journal(self) -> list[tuple[BrushAct, Side]]:
        kept = self.of.bench.store.kept[self.uid].brushed
        return [(each.act, each.side) for each in kept]

    def hip(self, side: Side = RIGHT) -> HipResult:
        reviewed = self.of.reviewed()
        return reviewed.hip_at(side, reviewed.working(side))

    def spot(self, side: Side = RIGHT, away: float = 0.0) -> tuple[float, float]:
        """A picture point on the hip's central slice, some pixels beside the head's centre."""
        centre = self.hip(side).head.centre_lps_mm
        assert centre is not None
        index, x, y = self.of.series().stack.to_picture(centre)
        self.review.choose_slice(round(index))
        return x + away, y

    def middle(self, side: Side = RIGHT) -> tuple[float, float]:
        """The hip's centre on the picture of any slice."""
        centre = self.hip(side).head.centre_lps_mm
        assert centre is not None
        _, x, y = self.of.series().stack.to_picture(centre)
        return x, y

    def paint(self, away: float = 0.0, side: Side = RIGHT, erases: bool = False) -> None:
        self.review.paint(None, (self.spot(side, away),), erases)

    def table(self) -> str:
        """The whole table: it follows the oedema."""
        return str(self.view.last("show_scores").findings)


@pytest.fixture
def room() -> Room:
    made = Room()
    made.review.choose_tool(Tool.BRUSH)
    return made


def test_a_stroke_is_shown_before_anything_is_kept(room: Room) -> None:
    room.paint()
    (fresh,) = room.painting.fresh
    assert (fresh.brush.name, fresh.brush.erases, room.painting.open) == (BME, False, 1)
    assert room.journal == []
    assert room.view.last("show_edits").undo == Act(RIGHT, Deed.PAINTED)


def test_it_is_journalled_and_then_outlines_and_scores_follow(room: Room) -> None:
    picture = room.view.last("show_slice")[0]
    before = room.table()
    room.paint()
    room.jobs.run()
    assert room.journal == [(BrushAct.PAINTED, RIGHT)]
    assert len(room.painting.fresh) == 1  # until the outlines have it
    room.jobs.run()
    assert room.painting.fresh == ()
    drawn = room.view.last("show_slice")[0]
    assert drawn is not picture
    assert BME in drawn.outlines[RIGHT]
    assert room.table() != before
    right, left = room.view.last("show_hips")
    assert (right.origin, left.origin) == (Origin.AI_EDITED, Origin.AI)
    assert room.of.reviewed().revisions == ()


def test_the_hip_whose_head_is_nearest_is_painted(room: Room) -> None:
    room.paint(side=LEFT)
    room.review.paint(RIGHT, (room.spot(LEFT),), False)  # on the right hip's own crop
    room.jobs.run_all()
    assert room.journal == [(BrushAct.PAINTED, LEFT), (BrushAct.PAINTED, RIGHT)]


def test_finishing_makes_a_revision_of_exactly_what_was_shown(room: Room) -> None:
    room.review.choose_brush(Brush(FLUID, 6.0))
    room.paint()
    room.paint(3.0, erases=True)
    room.jobs.run_all()
    shown = room.view.last("show_slice")[0]
    scores = room.view.last("show_scores")
    room.review.finish_painting(READER)
    assert room.painting.ending
    room.jobs.run_all()
    (made,) = room.of.kept().revisions
    assert made.origin is Origin.AI_EDITED
    assert [act for act, _ in room.journal] == [
        BrushAct.PAINTED,
        BrushAct.ERASED,
        BrushAct.FINISHED,
    ]
    assert room.of.reviewed().revisions[0].hip is made.hip
    assert (room.painting.open, room.painting.ending) == (0, False)
    after = room.view.last("show_slice")[0]
    for name, lines in shown.outlines[RIGHT].items():
        for one, other in zip(lines, after.outlines[RIGHT][name], strict=True):
            assert np.array_equal(one, other)
    assert room.view.last("show_scores").findings == scores.findings
    assert room.view.last("show_edits").undo == Act(RIGHT, Deed.PAINTED)
    assert RIGHT in room.view.last("show_edits").restorable
    room.review.undo()
    room.jobs.run_all()
    assert len(room.of.kept().revisions) == 2  # the way back is a revision of its own


def test_undo_and_redo_are_acts(room: Room) -> None:
    room.paint()
    room.paint(4.0)
    room.jobs.run_all()
    two = room.table()
    room.review.undo()
    room.jobs.run_all()
    assert room.table() != two
    assert room.painting.open == 1
    assert room.view.last("show_edits").redo == Act(RIGHT, Deed.PAINTED)
    room.review.redo()
    room.jobs.run_all()
    assert room.table() == two
    assert [act.value for act, _ in room.journal] == ["painted", "painted", "undone", "redone"]


def test_taking_all_back_leaves_the_base(room: Room) -> None:
    before = room.table()
    room.paint()
    room.review.undo()
    room.jobs.run_all()
    assert room.table() == before
    assert room.painting.open == 0
    assert room.view.last("show_hips")[0].origin is Origin.AI
    room.of.judge_all()  # nothing stands in the way any more
    assert room.of.reviewed().judged


def test_discarding_can_be_taken_back(room: Room) -> None:
    before = room.table()
    room.paint()
    room.jobs.run_all()
    painted = room.table()
    room.review.discard_painting()
    room.jobs.run_all()
    assert (room.table(), room.painting.open) == (before, 0)
    (message,) = room.of.bench.messages.present
    assert message.action is not None
    room.of.bench.messages.act(message.number)
    room.jobs.run_all()
    assert (room.table(), room.painting.open) == (painted, 1)
    assert [act.value for act, _ in room.journal] == ["painted", "discarded", "painted"]


def test_what_is_brought_back_on_a_hip_that_is_not_open_is_told(room: Room) -> None:
    room.paint()
    room.jobs.run_all()
    room.review.discard_painting()
    room.jobs.run_all()
    uid, (message,) = room.uid, room.of.bench.messages.present
    room.of.desk.put(None)
    heard: list[int] = []
    store = room.of.bench.store
    room.of.signing.watch(lambda: heard.append(len(store.open_strokes(uid, RIGHT))))
    room.of.bench.messages.act(message.number)
    room.jobs.run_all()
    assert heard == [1]


def test_whoever_hears_of_strokes_asks_the_library_after_them(room: Room) -> None:
    asked: list[tuple[str, ...]] = []
    room.of.signing.watch(lambda: asked.append(room.jobs.waiting))
    room.paint()
    assert asked == [("Keeping the stroke",)]
    room.jobs.run_all()
    room.review.undo()
    assert asked[1:] == [("Keeping the stroke",)]


def test_nothing_is_judged_signed_or_moved_while_strokes_are_open(room: Room) -> None:
    room.of.judge_all()
    room.paint()
    room.jobs.run_all()
    assert not room.of.signing.signing.possible
    assert "brush strokes" in room.of.signing.signing.obstacle
    for deed in (
        lambda: room.review.reopen(RIGHT),
        lambda: room.review.move_crop(RIGHT, 5.0, 0.0),
        lambda: room.of.signing.sign("Dr A"),
    ):
        deed()
        room.jobs.run_all()
        assert "Finish or discard" in room.of.bench.said[-1]
    assert room.of.kept().revisions == ()
    room.review.reopen(LEFT)  # the other hip is free
    room.jobs.run_all()
    assert room.of.reviewed().standing(LEFT).verdict is None


def test_a_signed_hip_refuses(room: Room) -> None:
    room.of.sign_all()
    room.paint()
    assert "withdraw the signature" in room.of.bench.said[-1]
    assert room.painting.open == 0
    assert room.view.last("show_tool") is Tool.WINDOW


def test_the_brush_waits_for_an_analysis() -> None:
    of = opened()
    bare = before_analysis(of.series())
    room = Room(at_desk(of.bench, replace(of.exam, series=(bare,))))
    room.review.choose_tool(Tool.BRUSH)
    assert room.of.bench.said == ["Analyse the series first."]


def test_what_is_not_in_the_library_cannot_be_painted_on() -> None:
    of = opened()
    of.desk.put(replace(of.exam, visit_uid=None))
    room = Room(of)
    room.paint()
    assert room.painting.open == 0
    assert "not in the library" in room.of.bench.said[-1]


def test_only_the_head_on_other_contrasts() -> None:
    room = Room(opened(contrast=Contrast.T1))
    room.review.choose_tool(Tool.BRUSH)
    assert (room.painting.classes, room.painting.brush.name) == ((HEAD,), HEAD)
    room.paint(30.0)
    room.jobs.run_all()
    (entry,) = room.of.bench.store.kept[room.uid].brushed
    assert entry.stroke is not None
    assert entry.stroke.name is HEAD


def test_a_stroke_that_cannot_be_kept_goes_and_says_so(room: Room) -> None:
    room.paint()
    room.jobs.run_all()
    room.of.bench.store.failing["journal_stroke"] = StoreError("The disk is full.")
    room.paint(8.0)
    assert room.painting.open == 2
    room.jobs.run_all()
    assert room.of.bench.said == ["The disk is full."]
    assert (room.painting.open, room.painting.fresh) == (1, ())


def test_beside_the_image_nothing_is_kept(room: Room) -> None:
    room.spot()
    room.review.paint(RIGHT, ((-500.0, -500.0),), False)
    room.jobs.run_all()
    assert (room.journal, room.painting.open, room.painting.fresh) == ([], 0, ())


@pytest.mark.parametrize("before", [0, 1])
def test_what_missed_the_image_may_be_taken_back_before_that_is_known(
    room: Room, before: int
) -> None:
    """What stands is then what the library says: taking back is an act of its own."""
    for _ in range(before):
        room.paint()
        room.jobs.run_all()
    room.spot()
    room.review.paint(RIGHT, ((-500.0, -500.0),), False)
    room.review.undo()
    room.jobs.run_all()
    assert (room.painting.open, room.painting.fresh) == (0, ())
    assert (room.view.last("show_edits").redo is None) is (before == 0)
    room.paint(2.0)
    room.jobs.run_all()
    assert room.painting.open == 1


def test_what_is_painted_while_the_library_is_asked_is_shown(room: Room) -> None:
    room.spot()
    room.review.paint(RIGHT, ((-500.0, -500.0),), False)
    room.jobs.run()
    room.paint()
    room.jobs.run_all()
    assert room.journal == [(BrushAct.PAINTED, RIGHT)]
    assert (room.painting.open, room.painting.fresh) == (1, ())
    assert room.view.last("show_hips")[0].origin is Origin.AI_EDITED


def test_strokes_are_there_when_the_visit_is_opened_again(room: Room) -> None:
    room.paint()
    room.jobs.run_all()
    painted = room.table()
    bench, visit = room.of.bench, room.of.exam.visit_uid
    assert visit is not None
    room.of.desk.put(None)
    exam = opening.reopen(bench.store, bench.reader, visit, (), no_progress, never_cancelled)
    again = Room(at_desk(bench, exam))
    assert any("were not finished" in said for said in bench.said)
    bench.jobs.run_all()
    assert (again.table(), again.painting.open) == (painted, 1)
    again.review.finish_painting(READER)
    bench.jobs.run_all()
    assert len(again.of.kept().revisions) == 1


def test_what_is_said_of_them_leads_to_the_slice_of_the_last_one(room: Room) -> None:
    room.paint()
    middle = room.view.last("show_slice")[0].index
    for index in (middle + 1, middle + 2):
        room.review.choose_slice(index)
        room.review.paint(RIGHT, (room.middle(),), False)
    room.review.undo()
    room.jobs.run_all()
    bench, visit = room.of.bench, room.of.exam.visit_uid
    assert visit is not None
    room.of.desk.put(None)
    exam = opening.reopen(bench.store, bench.reader, visit, (), no_progress, never_cancelled)
    again = Room(at_desk(bench, exam))
    (message,) = bench.messages.present
    bench.jobs.run_all()
    again.review.choose_slice(0)
    assert message.action is not None
    assert message.action.title == "Show"
    message.action.run()
    assert again.view.last("show_slice")[0].index == middle + 1
    assert again.came == ["review"]
    again.of.desk.put(None)
    message.action.run()
    assert again.came == ["review"]


@pytest.mark.parametrize("end", ["finished", "discarded", "closed"])
def test_what_was_said_of_strokes_that_were_found_again_ends_with_them(
    room: Room, end: str
) -> None:
    room.paint()
    room.jobs.run_all()
    bench, visit = room.of.bench, room.of.exam.visit_uid
    assert visit is not None
    room.of.desk.put(None)
    exam = opening.reopen(bench.store, bench.reader, visit, (), no_progress, never_cancelled)
    again = Room(at_desk(bench, exam))
    bench.jobs.run_all()
    assert sum("were not finished" in said for said in bench.said) == 1
    if end == "finished":
        again.review.finish_painting(READER)
    elif end == "discarded":
        again.review.discard_painting()
    else:
        again.of.desk.put(None)
    bench.jobs.run_all()
    assert not any("were not finished" in said for said in bench.said)


def test_strokes_on_their_way_are_kept_when_the_patient_is_closed(room: Room) -> None:
    room.paint()
    room.paint(6.0)
    kept = room.of.bench.store.kept[room.uid].brushed
    room.of.desk.put(None)
    room.jobs.closing = True
    room.jobs.run_all()
    assert [each.act for each in kept] == [BrushAct.PAINTED] * 2


def test_nothing_is_finished_without_a_name_and_the_name_is_remembered(room: Room) -> None:
    room.paint()
    room.jobs.run_all()
    assert not room.painting.named
    room.review.finish_painting(" ")
    room.jobs.run_all()
    assert room.of.bench.said == ["Enter your name first."]
    assert (room.painting.open, room.of.kept().revisions) == (1, ())
    room.review.finish_painting(f" {READER} ")
    assert room.painting.named
    room.jobs.run_all()
    (made,) = room.of.kept().revisions
    assert made.reader == READER
    assert room.of.bench.keeper.settings.reader_name == READER
    assert room.view.last("show_signing").reader == READER
    room.paint()
    room.review.finish_painting()
    room.jobs.run_all()
    assert [each.reader for each in room.of.kept().revisions] == [READER, READER]


def test_a_finish_that_fails_leaves_the_strokes(room: Room) -> None:
    room.paint()
    room.jobs.run_all()
    room.of.bench.store.failing["revise"] = StoreError("The disk is full.")
    room.review.finish_painting(READER)
    room.jobs.run_all()
    assert (room.painting.open, room.painting.ending) == (1, False)
    assert room.of.signing.busy == frozenset()
    del room.of.bench.store.failing["revise"]
    room.review.finish_painting(READER)
    room.jobs.run_all()
    assert len(room.of.kept().revisions) == 1


def test_verdicts_of_the_base_stay_with_it(room: Room) -> None:
    room.of.judge_all(ReviewKind.ACCEPTED)
    room.paint()
    room.jobs.run_all()
    assert room.view.last("show_hips")[0].standing.verdict is None
    room.review.finish_painting(READER)
    room.jobs.run_all()
    assert room.of.reviewed().standing(RIGHT).verdict is None
    assert room.of.reviewed().standing(LEFT).verdict is not None

"""A reader paints with the mouse, closes, finds the strokes again, and finishes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLineEdit, QToolButton

from app.brush_state import Painting
from app.views.brush_bar import BrushBar
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.records import Origin, SegmentClass, Side
from hipdesk.review import BrushAct, strokes_of
from hipdesk.strokes import drawn
from tests.app.path.window_driver import CTRL, Driver

RIGHT, BME = Side.RIGHT, SegmentClass.BME
TAKE_UP = "Paint and erase outlines with a brush (B)"
FINISH = "Keep the strokes as a new revision of the hip (Enter)"

Start = Callable[..., Driver]


def painting(desk: Driver) -> Painting:
    """What the window shows of the brush."""
    (bar,) = desk.window.findChildren(BrushBar)
    return bar._painting


def over_head(desk: Driver) -> QPointF:
    """Where the right hip's centre is on the large picture, on its own slice."""
    centre = desk.hip(RIGHT).head.centre_lps_mm
    assert centre is not None
    index, x, y = desk.series.stack.to_picture(centre)
    desk.go_to(round(index))
    return desk.canvas.to_canvas(x, y)


def settled(desk: Driver, strokes: int) -> bool:
    """Whether the outlines on screen have everything that was painted."""
    return (painting(desk).open, painting(desk).fresh) == (strokes, ())


def test_strokes_are_painted_kept_found_again_and_finished(start: Start, library: Path) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    before = desk.hip(RIGHT)
    assert before.segmentation is not None
    desk.click(QToolButton, TAKE_UP)
    middle = over_head(desk)
    desk.drag(desk.canvas, middle, QPointF(24.0, 12.0))
    assert painting(desk).open == 1
    assert len(painting(desk).fresh) == 1  # on screen before anything was kept
    desk.drag(desk.canvas, middle + QPointF(0.0, 30.0), QPointF(20.0, 0.0))
    desk.wait(lambda: settled(desk, 2))
    desk.wait_idle()
    assert desk.says("AI + edited, revision 1")
    desk.key(Qt.Key.Key_Z, CTRL)
    desk.wait(lambda: settled(desk, 1))
    desk.wait_idle()
    assert desk.reviewed.revisions == ()
    desk.close()

    with SqlVisitStore.open(library) as store:
        uid = desk.reviewed.analysis.uid
        kept = store.open_strokes(uid, RIGHT)
        assert [each.act for each in kept] == [BrushAct.PAINTED, BrushAct.PAINTED, BrushAct.UNDONE]

    again = start(library, latest=True)
    again.wait(lambda: again.analysed)
    again.wait(lambda: settled(again, 1))
    again.wait_idle()
    assert any("were not finished" in said for said in again.messages)
    centre = again.hip(RIGHT).head.centre_lps_mm
    assert centre is not None
    painted = round(again.series.stack.to_picture(centre)[0])
    again.go_to(0 if painted else 1)
    again.go("Library")
    again.act("Show")
    again.wait(lambda: (again.workspace, again.index) == ("Review", painted))
    again.type(again.see(QLineEdit, "Name to keep it with"), "Dr Reader")
    again.click(QToolButton, FINISH)
    again.wait(lambda: again.reviewed.working(RIGHT) == 1)
    again.wait_idle()
    hip = again.hip(RIGHT)
    assert hip.segmentation is not None
    wanted = drawn(before.segmentation, strokes_of(kept).standing)
    for name, mask in wanted.masks.items():
        assert np.array_equal(mask, hip.segmentation.masks[name])
    assert np.count_nonzero(wanted.masks[BME]) > np.count_nonzero(before.segmentation.masks[BME])
    assert again.reviewed.revisions[0].origin is Origin.AI_EDITED
    assert again.reviewed.revisions[0].reader == "Dr Reader"
    assert painting(again).open == 0
    again.close()

    with SqlVisitStore.open(library) as store:
        assert store.open_strokes(uid, RIGHT) == ()
        assert store.verify_audit() == store.counts()["audit"]


def test_strokes_are_told_of_and_shown_again_after_a_new_analysis(
    start: Start, library: Path, visits: tuple[Path, ...]
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    older = desk.reviewed.analysis.uid
    desk.click(QToolButton, TAKE_UP)
    desk.drag(desk.canvas, over_head(desk), QPointF(24.0, 12.0))
    desk.wait(lambda: settled(desk, 1))
    desk.wait_idle()
    desk.drop(visits[-1])
    desk.act("Analyse again")
    desk.wait(lambda: desk.analysed and desk.reviewed.analysis.uid != older)
    desk.wait_idle()
    assert painting(desk).open == 0
    assert sum("another analysis of this visit" in said for said in desk.messages) == 1
    desk.go("Library")
    assert desk.says("Brush strokes not finished")
    desk.act("Show them")
    desk.wait(lambda: desk.analysed and desk.reviewed.analysis.uid == older)
    desk.wait(lambda: settled(desk, 1))
    desk.wait_idle()
    assert not any("another analysis of this visit" in said for said in desk.messages)
    desk.type(desk.see(QLineEdit, "Name to keep it with"), "Dr Reader")
    desk.click(QToolButton, FINISH)
    desk.wait(lambda: desk.reviewed.working(RIGHT) == 1)
    desk.wait_idle()
    desk.go("Library")
    desk.wait(lambda: not desk.says("Brush strokes not finished"))

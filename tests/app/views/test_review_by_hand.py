"""The review's page with its controller behind it: what a reader does, and what is then seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.controllers.review import ReviewController
from app.state import Tool
from app.views.review_view import ReviewView
from hipdesk.records import Contrast, Side
from hipdesk.settings import Theme
from tests.app.fakes import translate
from tests.app.review_fakes import Opened, opened, opened_pair

LEFT = Qt.MouseButton.LeftButton


@dataclass
class Desk:
    """A page, its exam, and what was asked of the report."""

    exam: Opened
    view: ReviewView
    written: list[str] = field(default_factory=list)

    def run(self) -> None:
        self.exam.bench.jobs.run_all()


def sit_down(qtbot: QtBot, qapp: QApplication, exam: Opened) -> Desk:
    theme.apply(qapp, Theme.DARK)
    view = ReviewView()
    qtbot.addWidget(view)
    desk = Desk(exam, view)
    controller = ReviewController(
        view,
        exam.desk,
        exam.bench.services,
        translate,
        exam.signing,
        lambda: desk.written.append("report"),
        lambda: None,
    )
    assert controller is not None
    view.resize(1366, 620)
    with qtbot.waitExposed(view):
        view.show()
    return desk


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication) -> Desk:
    return sit_down(qtbot, qapp, opened())


def shown(desk: Desk) -> int:
    picture = desk.view.main.picture
    assert picture is not None
    return picture.index


def test_slices_are_scrolled_by_keys_and_by_the_chart(qtbot: QtBot, desk: Desk) -> None:
    view = desk.view
    qtbot.keyClick(view.main, Qt.Key.Key_Home)
    assert shown(desk) == 0
    qtbot.keyClick(view.main, Qt.Key.Key_Up)
    assert shown(desk) == 0
    qtbot.keyClick(view.main, Qt.Key.Key_End)
    assert shown(desk) == 8
    qtbot.mouseClick(view.strip, LEFT, pos=view.strip.column(3).center().toPoint())
    assert shown(desk) == 3
    assert {canvas.picture.index for canvas in view.canvases if canvas.picture} == {3}


def test_the_window_is_dragged_and_reset_by_its_key(qtbot: QtBot, desk: Desk) -> None:
    view, before = desk.view, desk.view.main.window_levels
    qtbot.mousePress(view.main, LEFT, pos=QPoint(60, 60))
    qtbot.mouseMove(view.main, QPoint(160, 60))
    qtbot.mouseRelease(view.main, LEFT, pos=QPoint(160, 60))
    assert view.main.window_levels[1] > before[1]
    assert len({canvas.window_levels for canvas in view.canvases}) == 1
    qtbot.keyClick(view.main, Qt.Key.Key_1)
    assert view.main.window_levels == before


def test_masks_and_tools_follow_their_keys_and_buttons(qtbot: QtBot, desk: Desk) -> None:
    view = desk.view
    qtbot.keyClick(view.main, Qt.Key.Key_S)
    assert not view.masks.masks.isChecked()
    qtbot.mouseClick(view.masks.masks, LEFT)
    assert view.masks.masks.isChecked()
    for name, button in view.masks.classes.items():
        qtbot.mouseClick(button, LEFT)
        assert not button.isChecked(), name
    qtbot.keyClick(view.main, Qt.Key.Key_M)
    assert view.reading.tools[Tool.MOVE_CROP].isChecked()
    qtbot.keyClick(view.main, Qt.Key.Key_Escape)
    assert view.reading.tools[Tool.WINDOW].isChecked()


def test_a_crop_that_is_moved_is_done_again(qtbot: QtBot, desk: Desk) -> None:
    view = desk.view
    qtbot.keyClick(view.main, Qt.Key.Key_M)
    part = view.hips[Side.RIGHT].canvas.sight
    start = view.main.to_canvas(part.x, part.y).toPoint()
    there = view.main.to_canvas(part.x + 4.0, part.y - 2.0).toPoint()
    qtbot.mousePress(view.main, LEFT, pos=start)
    qtbot.mouseMove(view.main, there)
    qtbot.mouseRelease(view.main, LEFT, pos=there)
    verdict = view.hips[Side.RIGHT].verdict
    assert verdict.standing_label.text() == "Being done again…"
    assert not verdict.accept_button.isEnabled()
    desk.run()
    assert verdict.standing_label.text() == "Not reviewed"
    assert verdict.origin_label.text() == "AI + edited, revision 1"
    moved = view.hips[Side.RIGHT].canvas.sight
    assert (moved.x, moved.y) == pytest.approx((part.x + 4.0, part.y - 2.0), abs=0.5)


def test_both_hips_are_judged_signed_and_reported(qtbot: QtBot, desk: Desk) -> None:
    view = desk.view
    qtbot.mouseClick(view.hips[Side.RIGHT].verdict.accept_button, LEFT)
    desk.run()
    assert view.signing.line.text() == "Accept or reject the left hip first."
    verdict = view.hips[Side.LEFT].verdict
    qtbot.mouseClick(verdict.reject_button, LEFT)
    qtbot.keyClicks(verdict.note.field, "motion")
    qtbot.keyClick(verdict.note.field, Qt.Key.Key_Return)
    desk.run()
    assert verdict.standing_label.text() == "Rejected"
    view.signing.name.clear()
    qtbot.keyClicks(view.signing.name, "Dr Hand")
    qtbot.mouseClick(view.signing.sign, LEFT)
    desk.run()
    assert view.signing.line.text().startswith("Signed by Dr Hand, ")
    assert verdict.standing_label.text() == "Rejected, signed"
    assert not verdict.reopen_button.isEnabled()
    qtbot.mouseClick(view.signing.report, LEFT)
    assert desk.written == ["report"]
    qtbot.mouseClick(view.signing.withdraw, LEFT)
    qtbot.mouseClick(view.signing.note.confirm, LEFT)
    desk.run()
    assert view.signing.sign.isVisible()
    assert verdict.reopen_button.isEnabled()


def test_a_pair_is_read_by_its_tabs(qtbot: QtBot, qapp: QApplication) -> None:
    view = sit_down(qtbot, qapp, opened_pair()).view
    tabs = [view.reading.series.itemAt(at).widget() for at in range(view.reading.series.count())]
    assert [tab.text() for tab in tabs] == ["Right hip", "Left hip"]
    qtbot.mouseClick(tabs[1], LEFT)
    now = [view.reading.series.itemAt(at).widget() for at in range(view.reading.series.count())]
    assert [tab.isChecked() for tab in now[-2:]] == [False, True]


def test_a_t1_series_says_why_there_are_no_lesions(qtbot: QtBot, qapp: QApplication) -> None:
    view = sit_down(qtbot, qapp, opened(contrast=Contrast.T1)).view
    assert len(view.scores.reasons.sentences) == 1
    assert "not fluid-sensitive" in view.scores.reasons.sentences[0]
    assert view.scores.table.item(0, 1).text() == "—"

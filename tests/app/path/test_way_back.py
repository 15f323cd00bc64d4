"""A reader moves a crop and goes back, by mouse and keys, in the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton, QToolButton

from app.state import CropFrame
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.records import HipResult, Side
from hipdesk.review import Verdict
from tests.app.path.window_driver import CTRL, MOVE, Driver

SHIFT = Qt.KeyboardModifier.ShiftModifier
RIGHT = Side.RIGHT
OWN = "Right hip: program's own result again"
OUTLINING = "Outlining the right hip"

Start = Callable[..., Driver]


def frame(desk: Driver) -> CropFrame:
    """The right hip's frame on the large picture."""
    (found,) = (each for each in desk.canvas._frames if each.side is RIGHT)
    return found


def edit(desk: Driver, beginning: str) -> QAction:
    """The command of the menu Edit that begins so."""
    (menu,) = (each for each in desk.window.menuBar().actions() if each.text() == "&Edit")
    (found,) = (each for each in desk._menu(menu).actions() if each.text().startswith(beginning))
    return found


def drag_crop(desk: Driver, by_mm: float) -> CropFrame:
    """Drag the right hip's frame and let go; where it was then."""
    stack, canvas = desk.series.stack, desk.canvas
    index, x, y = stack.to_picture(desk.hip(RIGHT).head.centre_lps_mm)
    desk.go_to(round(index))
    desk.click(QToolButton, MOVE)
    start = canvas.to_canvas(x, y)
    dx = by_mm / canvas.picture.pixel_mm[1]
    desk.drag(canvas, start, canvas.to_canvas(x + dx, y) - start)
    desk.click(QToolButton, MOVE)
    return frame(desk)


def middle(shown: CropFrame) -> tuple[float, float]:
    return shown.box.x + shown.box.width / 2, shown.box.y + shown.box.height / 2


def same(desk: Driver, hip: HipResult) -> bool:
    now = desk.hip(RIGHT)
    return (now.head, now.score) == (hip.head, hip.score)


def popup(desk: Driver) -> QMenu:
    """The menu of the right hip's frame, by a right click into it."""
    where = desk.canvas.to_canvas(*middle(frame(desk))).toPoint()
    desk.bot.mouseClick(desk.canvas, Qt.MouseButton.RightButton, pos=where)
    desk.wait(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_a_moved_crop_goes_back_and_on_by_keys_and_menu(start: Start, library: Path) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    own = desk.hip(RIGHT)
    assert not edit(desk, "Undo").isEnabled()
    assert not edit(desk, OWN).isEnabled()

    put = drag_crop(desk, 6.0)
    assert put.working
    desk.wait(lambda: desk.runs(OUTLINING), timeout=2000)
    assert middle(frame(desk)) == pytest.approx(middle(put))
    desk.wait(lambda: desk.reviewed.working(RIGHT) == 1)
    desk.wait_idle()
    assert middle(frame(desk)) == pytest.approx(middle(put), abs=0.01)
    assert not frame(desk).working
    moved = desk.hip(RIGHT)
    assert edit(desk, "Undo").text() == "Undo: right crop moved"

    desk.key(Qt.Key.Key_Z, CTRL)
    desk.wait(lambda: desk.reviewed.working(RIGHT) == 2, timeout=2000)
    desk.wait_idle()
    assert same(desk, own)
    assert edit(desk, "Redo").text() == "Redo: right crop moved"
    desk.key(Qt.Key.Key_Z, CTRL | SHIFT)
    desk.wait(lambda: same(desk, moved), timeout=2000)
    desk.wait_idle()
    desk.key(Qt.Key.Key_Z, CTRL)
    desk.wait(lambda: same(desk, own), timeout=2000)
    desk.wait_idle()
    desk.key(Qt.Key.Key_Y, CTRL)
    desk.wait(lambda: same(desk, moved), timeout=2000)
    desk.wait_idle()

    desk.click(QPushButton, "Accept the right hip")
    desk.wait_idle()
    menu = popup(desk)
    (again,) = (each for each in menu.actions() if each.text() == OWN)
    where = menu.actionGeometry(again).center()
    desk.bot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=where)
    desk.wait(lambda: desk.says("judged again"))
    assert same(desk, moved)
    desk.act("Program's own result")
    desk.wait(lambda: same(desk, own), timeout=2000)
    desk.wait_idle()
    assert desk.reviewed.standing(RIGHT).verdict is None
    assert not edit(desk, OWN).isEnabled()
    desk.close()

    again_open = start(library, latest=True)
    again_open.wait(lambda: again_open.analysed)
    again_open.wait_idle()
    assert same(again_open, own)
    assert not edit(again_open, OWN).isEnabled()
    assert edit(again_open, "Undo").text() == "Undo: program's own result of the right hip"
    again_open.close()
    store = SqlVisitStore.open(library, read_only=True)
    try:
        assert store.verify_audit() > 0
    finally:
        store.close()


def test_the_programs_own_result_comes_back_after_opening_anew(
    start: Start, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    own = desk.hip(RIGHT)
    drag_crop(desk, 5.0)
    desk.wait(lambda: desk.reviewed.working(RIGHT) == 1)
    desk.close()

    again = start(library, latest=True)
    again.wait(lambda: again.analysed)
    again.wait_idle()
    assert again.hip(RIGHT).head.placed

    def none(*_: object, **__: object) -> None:
        raise AssertionError("no network is needed")

    monkeypatch.setattr("app.controllers.redoing.analyze_placed", none)
    again.choose(OWN, "Edit")
    again.wait(lambda: same(again, own), timeout=2000)
    again.wait_idle()
    outlines = again.series.stack.outlines[RIGHT]
    again.key(Qt.Key.Key_Z, CTRL)
    again.wait(lambda: again.hip(RIGHT).head.placed, timeout=2000)
    again.wait_idle()
    assert again.series.stack.outlines[RIGHT] is not outlines
    again.go("Library")
    assert not edit(again, "Undo").isEnabled()
    again.key(Qt.Key.Key_Z, CTRL)
    again.wait_idle()
    assert again.hip(RIGHT).head.placed
    again.close()


def test_undo_while_the_hip_is_done_puts_the_crop_back(start: Start, library: Path) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    index, *_ = desk.series.stack.to_picture(desk.hip(RIGHT).head.centre_lps_mm)
    desk.go_to(round(index))
    before = frame(desk)
    put = drag_crop(desk, 8.0)
    assert middle(put) != pytest.approx(middle(before), abs=1.0)
    desk.key(Qt.Key.Key_Z, CTRL)
    desk.wait_idle()
    assert frame(desk) == before
    assert desk.reviewed.working(RIGHT) == 0
    assert any("back where it was" in each for each in desk.messages)
    desk.close()


def test_signed_hips_stay_and_fields_keep_their_own_undo(start: Start, library: Path) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    for side in ("right", "left"):
        desk.click(QPushButton, f"Accept the {side} hip")
        desk.wait_idle()
    name = desk.see(QLineEdit, "Name to sign with")
    desk.type(name, "Dr. R. Reader")
    desk.key(Qt.Key.Key_Z, CTRL)
    assert name.text() != "Dr. R. Reader"
    desk.wait_idle()
    assert desk.reviewed.standing(Side.LEFT).verdict is Verdict.ACCEPTED
    name.clear()
    desk.type(name, "Dr. R. Reader")
    desk.click(QPushButton, "Sign")
    desk.wait_idle()
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_Z, CTRL)
    desk.wait_idle()
    assert any("withdraw the signature" in each for each in desk.messages)
    assert desk.reviewed.signed
    desk.close()

"""The brush on the picture: what it shows, what a hand does with it, what the keys do."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.brush_state import RADII_MM, Brush, FreshStroke, Painting
from app.state import Tool
from app.views.review_view import ReviewView
from app.views.slice_canvas import SliceCanvas
from hipdesk.records import SegmentClass
from hipdesk.settings import Settings, Theme
from tests.app.review_fakes import READER, opened
from tests.app.views.test_review_by_hand import Desk, sit_down

LEFT = Qt.MouseButton.LeftButton
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
BME, FLUID = SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication) -> Desk:
    exam = opened()
    exam.bench.keeper.keep(Settings(reader_name=READER))
    made = sit_down(qtbot, qapp, exam)
    qtbot.keyClick(made.view.main, Qt.Key.Key_B)
    return made


def drag(qtbot: QtBot, canvas: SliceCanvas, way: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
    start = canvas.rect().center() + QPoint(-60, 20)
    qtbot.mousePress(canvas, LEFT, held, start)
    qtbot.mouseMove(canvas, start + way / 2)
    qtbot.mouseMove(canvas, start + way)
    qtbot.mouseRelease(canvas, LEFT, held, start + way)


def test_idle_there_is_nothing_but_the_button(qtbot: QtBot, qapp: QApplication) -> None:
    view = sit_down(qtbot, qapp, opened()).view
    assert not view.brush.isVisible()
    assert view.brush.take_up.isVisible()
    before = view.main.geometry()
    qtbot.mouseClick(view.brush.take_up, LEFT)
    assert view.brush.isVisible()
    assert view.brush.take_up.isChecked()
    assert view.main.geometry() == before
    qtbot.keyClick(view.main, Qt.Key.Key_Escape)
    assert not view.brush.isVisible()


def test_keys_choose_class_size_and_way(qtbot: QtBot, desk: Desk) -> None:
    bar, canvas = desk.view.brush, desk.view.main
    for key in (Qt.Key.Key_2, Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_E):
        qtbot.keyClick(canvas, key)
    assert bar._painting.brush == Brush(FLUID, 4.0, erases=True)
    assert bar.classes[FLUID].isChecked()
    assert bar.erase.isChecked()
    assert "8 mm" in bar.size_words.text()
    for _ in RADII_MM:
        qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert bar._painting.brush.radius_mm == RADII_MM[0]
    assert not bar.smaller.isEnabled()


def test_a_drag_is_painted_and_shift_erases(qtbot: QtBot, desk: Desk) -> None:
    drag(qtbot, desk.view.main, QPoint(20, 10))
    drag(qtbot, desk.view.main, QPoint(0, 30), SHIFT)
    first, second = desk.view.brush._painting.fresh
    assert (first.brush.erases, second.brush.erases) == (False, True)
    assert len(first.path) >= 3
    assert desk.view.brush.count_words.text() == "2 strokes"
    desk.run()
    assert desk.view.brush._painting.fresh == ()
    qtbot.keyClick(desk.view.main, Qt.Key.Key_Return)
    desk.run()
    assert len(desk.exam.kept().revisions) == 1
    assert desk.view.brush._painting.open == 0


def test_a_name_is_asked_for_beside_finish_where_none_is_known(
    qtbot: QtBot, qapp: QApplication
) -> None:
    desk = sit_down(qtbot, qapp, opened())
    bar, canvas = desk.view.brush, desk.view.main
    qtbot.keyClick(canvas, Qt.Key.Key_B)
    assert not bar.name.isVisible()
    drag(qtbot, canvas, QPoint(20, 10))
    desk.run()
    assert bar.name.field.isVisible()
    assert bar.rect().contains(bar.name.geometry())
    assert canvas.rect().contains(bar.geometry())
    assert bar.name.line.text().startswith("Enter your name first")
    assert not bar.finish.isEnabled()
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert bar.name.field.hasFocus()
    qtbot.keyClicks(bar.name.field, "Dr Beb")
    assert bar.finish.isEnabled()
    assert desk.view._tool is Tool.BRUSH
    assert not bar._painting.brush.erases
    qtbot.keyClick(bar.name.field, Qt.Key.Key_Return)
    desk.run()
    (made,) = desk.exam.kept().revisions
    assert made.reader == "Dr Beb"
    assert desk.view.signing.name.text() == "Dr Beb"
    assert not bar.name.isVisible()
    drag(qtbot, canvas, QPoint(20, 10))
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    desk.run()
    assert len(desk.exam.kept().revisions) == 2


def test_with_alt_the_window_is_dragged(qtbot: QtBot, desk: Desk) -> None:
    window = desk.view.main.window_levels
    drag(qtbot, desk.view.main, QPoint(40, 0), ALT)
    assert desk.view.main.window_levels != window
    assert desk.view.brush._painting.open == 0


def test_escape_drops_the_stroke_under_way(qtbot: QtBot, desk: Desk) -> None:
    canvas = desk.view.main
    start = canvas.rect().center()
    qtbot.mousePress(canvas, LEFT, NONE, start)
    qtbot.mouseMove(canvas, start + QPoint(10, 0))
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(canvas, LEFT, NONE, start + QPoint(10, 0))
    assert desk.view.brush._painting.open == 0


def test_a_hips_own_crop_is_painted_too(qtbot: QtBot, desk: Desk) -> None:
    drag(qtbot, desk.view.hips[desk.exam.reviewed().sides[1]].canvas, QPoint(9, 0))
    desk.run()
    (entry,) = desk.exam.bench.store.kept[desk.exam.reviewed().analysis.uid].brushed
    assert entry.side is desk.exam.reviewed().sides[1]


def test_the_bar_stays_while_strokes_are_open(qtbot: QtBot, desk: Desk) -> None:
    drag(qtbot, desk.view.main, QPoint(20, 10))
    desk.run()
    qtbot.keyClick(desk.view.main, Qt.Key.Key_Escape)
    bar = desk.view.brush
    assert bar.isVisible()
    assert not bar.erase.isVisible()
    qtbot.mouseClick(bar.discard, LEFT)
    desk.run()
    assert not bar.isVisible()


def test_nothing_is_painted_through_the_bar(qtbot: QtBot, desk: Desk) -> None:
    bar = desk.view.brush
    qtbot.mousePress(bar, LEFT, NONE, QPoint(1, 1))
    qtbot.mouseRelease(bar, LEFT, NONE, QPoint(1, 1))
    assert bar._painting.open == 0


def test_a_stroke_is_as_wide_as_the_brush(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK)
    view: ReviewView = sit_down(qtbot, qapp, opened()).view
    canvas = view.main
    picture = canvas.picture
    assert picture is not None
    plain = canvas.grab().toImage()
    x, y = canvas.to_picture(canvas.rect().center().toPointF())
    stroke = FreshStroke(picture.index, ((x, y),), Brush(BME, 8.0))
    canvas.show_painting(Painting(fresh=(stroke,)))
    painted = canvas.grab().toImage()
    middle, px_per_mm = canvas.rect().center(), canvas._frame().px_per_mm
    ratio = painted.devicePixelRatio()
    changed = [
        dx
        for dx in range(-canvas.width() // 2 + 2, canvas.width() // 2 - 2)
        if painted.pixel((middle + QPoint(dx, 0)) * ratio)
        != plain.pixel((middle + QPoint(dx, 0)) * ratio)
    ]
    assert max(changed) - min(changed) == pytest.approx(16.0 * px_per_mm, abs=2.5)
    elsewhere = FreshStroke(picture.index + 1, ((x, y),), Brush(BME, 8.0))
    canvas.show_painting(Painting(fresh=(elsewhere,)))
    assert canvas.grab().toImage() == plain
    assert view._tool is Tool.WINDOW

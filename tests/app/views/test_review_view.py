"""The review's page: one gesture, one call; setters are silent; nothing is left behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.state import (
    Act,
    CropFrame,
    CropView,
    Deed,
    Drawing,
    Edits,
    HipPanel,
    Overlay,
    Scores,
    SeriesFacts,
    SeriesTab,
    Signing,
    Tool,
    WindowPreset,
)
from app.views.review_view import ReviewView
from app.views.score_table import ScorePanel, cells
from hipdesk.display import PictureBox
from hipdesk.records import Contrast, Origin, Side
from hipdesk.report import FindingRow
from hipdesk.review import Review, ReviewKind, Standing, Verdict
from hipdesk.settings import Theme
from hipdesk.wording import NO_VALUE, REASON_SENTENCES, Reason
from tests.analysis_factory import make_score, make_series
from tests.app.views.pictures import picture

if TYPE_CHECKING:
    from app.views import protocols

    def _is_a_review_view(view: ReviewView) -> protocols.ReviewView:
        return view


LEFT = Qt.MouseButton.LeftButton
FACTS = SeriesFacts("STIR cor", Contrast.STIR, 31, (4.4, 2.0, 1.0), analysed=True)
LIMITS = (0.0, 1000.0)
WINDOW = (500.0, 1000.0)
PRESETS = tuple(
    WindowPreset(number, f"preset {number}", (100.0 * number, 300.0)) for number in range(1, 6)
)
BOXES = {
    Side.RIGHT: PictureBox(1.0, 1.0, 14.0, 14.0),
    Side.LEFT: PictureBox(16.0, 8.0, 14.0, 14.0),
}
FINDINGS = (
    FindingRow("UNet-score U, intensity", "", "11.63", "3.48", "15.11", main=True),
    FindingRow("BME volume", "mL", "29.0", NO_VALUE),
)
SCORES = Scores(
    findings=FINDINGS,
    reasons=("Left hip: no score, because fewer than 5 slices count (here 3).",),
    notices=("The slices are unevenly spaced.", "Trained on simulated MRI only."),
    strips={side: make_score(make_series(slices=31)) for side in Side},
    pixel_mm2=2.0,
)
AT = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
SIGNATURE = Review(Side.RIGHT, 0, ReviewKind.SIGNED, "Dr Test", AT)


class Listener:
    """Keeps every gesture as (name, arguments)."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *values: self.calls.append((name, *values))


def panel(side: Side, **changes: object) -> HipPanel:
    plain = HipPanel(side, True, Standing(), 0, True, Origin.AI)
    return replace(plain, **changes)


def fill(view: ReviewView, index: int = 4) -> None:
    """A visit as it is after its analysis."""
    shown = picture(index)
    view.show_series(FACTS, ())
    view.show_overlay(Overlay())
    view.show_tool(Tool.WINDOW)
    view.show_slice(shown, tuple(CropFrame(side, BOXES[side], False) for side in Side))
    view.show_crops(*(CropView(side, shown, BOXES[side]) for side in Side))
    view.show_window(WINDOW, LIMITS, PRESETS)
    view.show_scores(SCORES)
    view.show_hips(*(panel(side) for side in Side))
    view.show_signing(Signing("Dr Test", False, "Accept or reject both hips first."))


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, listener: Listener) -> ReviewView:
    theme.apply(qapp, Theme.DARK)
    shown = ReviewView()
    qtbot.addWidget(shown)
    shown.listen(listener)
    shown.resize(1366, 620)
    fill(shown)
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


# Setters


def test_showing_a_visit_calls_nobody(view: ReviewView, listener: Listener) -> None:
    view.show_overlay(Overlay(Drawing.FILL, 0.4))
    view.show_tool(Tool.PLACE_LEFT)
    view.show_window((300.0, 200.0), LIMITS, PRESETS[:2])
    view.show_signing(Signing("Dr Other", True, ""))
    view.show_hips(*(panel(side, standing=Standing(Verdict.ACCEPTED)) for side in Side))
    view.show_series(FACTS, (SeriesTab("1.1", "a", (Side.RIGHT,), True),) * 2)
    view.fit_view()
    view.show_scores(None)
    view.show_series(None, ())
    view.retranslate()
    assert listener.calls == []


def test_an_empty_desk_says_what_to_do(qtbot: QtBot, view: ReviewView) -> None:
    view.show_series(None, ())
    assert view.empty.isVisible()
    assert not view.main.isVisible()
    assert view.empty.accessibleName() == "No visit open"
    assert "library" in view.empty.accessibleDescription()
    assert all(canvas.picture is None for canvas in view.canvases)


def test_before_the_analysis_slices_can_be_scrolled(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    reason = "the series has not been analysed yet"
    view.show_series(replace(FACTS, analysed=False), ())
    view.show_scores(None)
    view.show_crops(*(CropView(side, None, None, reason=reason) for side in Side))
    view.show_hips(*(panel(side, found=False, reason=reason) for side in Side))
    assert view.scores.waiting_title.isVisible()
    assert not view.scores.table.isVisible()
    for hip in view.hips.values():
        assert hip.verdict.standing_label.text() == "No result yet"
        assert not hip.verdict.place_button.isVisible()
        assert not hip.verdict.accept_button.isVisible()
    qtbot.keyClick(view.main, Qt.Key.Key_Down)
    assert listener.calls == [("step_slice", 1)]


def test_the_slice_says_how_deep_it_lies(view: ReviewView) -> None:
    assert view.main._place == "17.6 mm"


# Keys


@pytest.mark.parametrize(
    ("key", "call"),
    [
        (Qt.Key.Key_Up, ("step_slice", -1)),
        (Qt.Key.Key_Down, ("step_slice", 1)),
        (Qt.Key.Key_PageUp, ("step_slice", -10)),
        (Qt.Key.Key_PageDown, ("step_slice", 10)),
        (Qt.Key.Key_Home, ("choose_slice", 0)),
        (Qt.Key.Key_End, ("choose_slice", 30)),
        (Qt.Key.Key_1, ("choose_preset", 1)),
        (Qt.Key.Key_5, ("choose_preset", 5)),
        (Qt.Key.Key_S, ("set_overlay", Overlay(shown=False))),
        (Qt.Key.Key_O, ("set_overlay", Overlay(Drawing.FILL))),
        (Qt.Key.Key_BracketLeft, ("set_overlay", Overlay(opacity=0.9))),
        (Qt.Key.Key_M, ("choose_tool", Tool.MOVE_CROP)),
    ],
)
def test_every_key_is_one_gesture(
    qtbot: QtBot, view: ReviewView, listener: Listener, key: Qt.Key, call: tuple[object, ...]
) -> None:
    qtbot.keyClick(view.main, key)
    assert listener.calls == [call]


def test_opacity_ends_at_its_limits(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    qtbot.keyClick(view.main, Qt.Key.Key_BracketRight)
    view.show_overlay(Overlay(opacity=0.1))
    qtbot.keyClick(view.main, Qt.Key.Key_BracketLeft)
    assert listener.calls == []


def test_keys_with_ctrl_are_others(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    qtbot.keyClick(view.main, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert listener.calls == []


def test_a_name_is_typed_not_obeyed(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    view.signing.name.clear()
    qtbot.keyClicks(view.signing.name, "S 1 com[]")
    assert view.signing.name.text() == "S 1 com[]"
    assert listener.calls == []


def test_space_hides_masks_while_held(
    qtbot: QtBot, qapp: QApplication, view: ReviewView, listener: Listener
) -> None:
    qtbot.keyPress(view.main, Qt.Key.Key_Space)
    assert all(canvas._masks_held for canvas in view.canvases)
    qtbot.keyRelease(view.main, Qt.Key.Key_Space)
    assert not any(canvas._masks_held for canvas in view.canvases)
    qtbot.keyPress(view.main, Qt.Key.Key_Space)
    qapp.sendEvent(view, QEvent(QEvent.Type.WindowDeactivate))
    assert not any(canvas._masks_held for canvas in view.canvases)
    assert listener.calls == []


def test_escape_puts_down_first_the_tool_then_the_zoom(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    fitted = view.main.sight
    view.main.show_sight(replace(fitted, height_mm=fitted.height_mm / 2))
    view.show_tool(Tool.MOVE_CROP)
    qtbot.keyClick(view.main, Qt.Key.Key_Escape)
    assert listener.calls == [("choose_tool", Tool.WINDOW)]
    assert view.main.sight != fitted
    view.show_tool(Tool.WINDOW)
    qtbot.keyClick(view.main, Qt.Key.Key_Escape)
    assert view.main.sight == fitted
    assert len(listener.calls) == 1


def test_r_resets_zoom_and_pan(qtbot: QtBot, view: ReviewView) -> None:
    fitted = view.main.sight
    view.main.show_sight(replace(fitted, x=3.0))
    qtbot.keyClick(view.main, Qt.Key.Key_R)
    assert view.main.sight == fitted


def test_cine_goes_on_and_around(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    qtbot.keyClick(view.main, Qt.Key.Key_C)
    assert view.reading.cine.isChecked()
    qtbot.waitUntil(lambda: len(listener.calls) >= 1)
    assert listener.calls[0] == ("step_slice", 1)
    listener.calls.clear()
    view.show_slice(picture(30), ())
    qtbot.waitUntil(lambda: len(listener.calls) >= 1)
    assert listener.calls[0] == ("choose_slice", 0)
    qtbot.keyClick(view.main, Qt.Key.Key_C)
    assert not view.reading.cine.isChecked()
    view.show_series(None, ())
    assert not view._cine.isActive()


# Pictures


def test_the_left_button_windows_every_picture(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    for canvas in view.canvases:
        listener.calls.clear()
        qtbot.mousePress(canvas, LEFT, pos=QPoint(60, 60))
        qtbot.mouseMove(canvas, QPoint(110, 60))
        qtbot.mouseRelease(canvas, LEFT, pos=QPoint(110, 60))
        ((name, window),) = listener.calls
        assert name == "set_window"
        assert window == pytest.approx((500.0, 1100.0))


@pytest.mark.parametrize(
    ("tool", "side"), [(Tool.PLACE_RIGHT, Side.RIGHT), (Tool.PLACE_LEFT, Side.LEFT)]
)
def test_a_head_is_placed_on_the_slice_or_on_its_crop(
    qtbot: QtBot, view: ReviewView, listener: Listener, tool: Tool, side: Side
) -> None:
    view.show_tool(tool)
    for canvas in (view.main, view.hips[side].canvas):
        listener.calls.clear()
        x, y = BOXES[side].x + 5.0, BOXES[side].y + 6.0
        qtbot.mouseClick(canvas, LEFT, pos=canvas.to_canvas(x, y).toPoint())
        ((name, placed, *point),) = listener.calls
        assert (name, placed) == ("place_head", side)
        assert point == pytest.approx((x, y), abs=0.1)


def test_no_head_is_placed_on_another_series_crop(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    view.show_tool(Tool.PLACE_LEFT)
    right, left = (CropView(side, picture(2), BOXES[side], elsewhere=True) for side in Side)
    view.show_crops(right, left)
    qtbot.mouseClick(view.hips[Side.LEFT].canvas, LEFT, pos=QPoint(80, 80))
    assert listener.calls == []


def test_a_crops_frame_is_dragged(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    view.show_tool(Tool.MOVE_CROP)
    view.show_slice(picture(4), tuple(CropFrame(side, BOXES[side], True) for side in Side))
    start = view.main.to_canvas(8.0, 8.0).toPoint()
    there = view.main.to_canvas(11.0, 7.0).toPoint()
    qtbot.mousePress(view.main, LEFT, pos=start)
    qtbot.mouseMove(view.main, there)
    qtbot.mouseRelease(view.main, LEFT, pos=there)
    ((name, side, dx, dy),) = listener.calls
    assert (name, side) == ("move_crop", Side.RIGHT)
    assert (dx, dy) == pytest.approx((3.0, -1.0), abs=0.2)


def test_both_crops_show_their_part_of_the_slice(view: ReviewView) -> None:
    for side, hip in view.hips.items():
        middle = BOXES[side].x + 7.0, BOXES[side].y + 7.0
        assert (hip.canvas.sight.x, hip.canvas.sight.y) == pytest.approx(middle)
        assert hip.canvas.picture is view.main.picture
    assert (
        view.hips[Side.RIGHT].canvas.x() < view.hips[Side.LEFT].canvas.mapTo(view, QPoint(0, 0)).x()
    )


def test_a_mirrored_crop_is_mirrored_alone(view: ReviewView) -> None:
    right, left = (CropView(side, picture(4), BOXES[side]) for side in Side)
    view.show_crops(right, replace(left, mirrored=True))
    assert view.hips[Side.LEFT].canvas.edges == ("H", "F", "L", "R")
    assert view.hips[Side.RIGHT].canvas.edges == ("H", "F", "R", "L")
    assert not view.main.mirrored


def actions(view: ReviewView, canvas: QWidget) -> dict[str, QAction]:
    menu = view.menu_for(canvas)
    return {action.text().strip(): action for action in menu.actions() if action.text()}


def test_the_menu_mirrors_a_crop_and_sets_windows(view: ReviewView, listener: Listener) -> None:
    crop = actions(view, view.hips[Side.LEFT].canvas)
    crop["Mirrored"].trigger()
    crop["3   preset 3"].trigger()
    assert listener.calls == [("mirror_crop", Side.LEFT, True), ("choose_preset", 3)]
    assert "Mirrored" not in actions(view, view.main)


def commands(view: ReviewView) -> dict[str, QAction]:
    return {action.objectName(): action for group in view.edit_groups for action in group}


def test_the_way_back_is_named_and_open_only_where_there_is_one(
    view: ReviewView, listener: Listener
) -> None:
    assert not any(action.isEnabled() for action in commands(view).values())
    acts = Act(Side.RIGHT, Deed.MOVED), Act(Side.LEFT, Deed.REJECTED)
    view.show_edits(Edits(*acts, frozenset({Side.LEFT})))
    found = commands(view)
    assert found["undo"].text() == "Undo: right crop moved"
    assert found["redo"].text() == "Redo: left hip rejected"
    assert [name for name, action in found.items() if action.isEnabled()] == [
        "undo",
        "redo",
        "restore_left",
    ]
    for action in found.values():
        action.trigger()
    assert listener.calls == [("undo",), ("redo",), ("restore", Side.LEFT)]
    view.show_edits(Edits())
    assert [found[name].text() for name in ("undo", "redo")] == ["Undo", "Redo"]


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("deed", Deed)
def test_every_deed_has_words_of_its_side(view: ReviewView, side: Side, deed: Deed) -> None:
    view.show_edits(Edits(Act(side, deed)))
    assert side.word in commands(view)["undo"].text()


def test_keys_go_back_only_while_the_review_is_seen(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    view.show_edits(Edits(Act(Side.RIGHT, Deed.MOVED), Act(Side.RIGHT, Deed.MOVED)))
    held = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(view.main, Qt.Key.Key_Z, held)
    qtbot.keyClick(view.main, Qt.Key.Key_Z, held | Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view.main, Qt.Key.Key_Y, held)
    assert listener.calls == [("undo",), ("redo",), ("redo",)]
    view.hide()
    assert not any(action.isEnabled() for action in commands(view).values())
    view.show()
    assert commands(view)["undo"].isEnabled()


def test_the_menu_of_a_frame_brings_the_programs_result_back(view: ReviewView) -> None:
    own = {side: commands(view)[f"restore_{side.word}"] for side in Side}
    for side, hip in view.hips.items():
        assert own[side] in view.menu_for(hip.canvas).actions()
        middle = BOXES[side].x + 7.0, BOXES[side].y + 7.0
        at = view.main.mapToGlobal(view.main.to_canvas(*middle)).toPoint()
        shown = view.menu_for(view.main, at).actions()
        assert [each for each in own.values() if each in shown] == [own[side]]
    corner = view.main.mapToGlobal(view.main.to_canvas(1.0, 25.0)).toPoint()
    assert not set(own.values()) & set(view.menu_for(view.main, corner).actions())


def test_a_double_click_enlarges_and_brings_back(qtbot: QtBot, view: ReviewView) -> None:
    before = [canvas.isVisible() for canvas in view.canvases]
    for canvas in view.canvases:
        size = canvas.size()
        qtbot.mouseDClick(canvas, LEFT, pos=QPoint(80, 80))
        assert [each.isVisible() for each in view.canvases] == [
            each is canvas for each in view.canvases
        ]
        qtbot.waitUntil(lambda: canvas.width() > 1.3 * size.width())  # noqa: B023
        qtbot.mouseDClick(canvas, LEFT, pos=QPoint(80, 80))
        assert [each.isVisible() for each in view.canvases] == before
    qtbot.mouseDClick(view.main, LEFT, pos=QPoint(80, 80))
    qtbot.keyClick(view.main, Qt.Key.Key_Escape)
    assert [each.isVisible() for each in view.canvases] == before


# Bars


def test_tools_are_taken_up_and_put_down(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    button = view.reading.tools[Tool.MOVE_CROP]
    qtbot.mouseClick(button, LEFT)
    assert listener.calls == [("choose_tool", Tool.MOVE_CROP)]
    assert not button.isChecked()
    view.show_tool(Tool.MOVE_CROP)
    assert button.isChecked()
    qtbot.mouseClick(button, LEFT)
    assert listener.calls[1:] == [("choose_tool", Tool.WINDOW)]


def test_masks_are_drawn_as_wished(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    for name, button in view.masks.classes.items():
        listener.calls.clear()
        qtbot.mouseClick(button, LEFT)
        assert listener.calls == [("toggle_class", name)]
    listener.calls.clear()
    qtbot.mouseClick(view.masks.masks, LEFT)
    qtbot.mouseClick(view.masks.fill, LEFT)
    view.masks.opacity.setValue(40)
    assert listener.calls == [
        ("set_overlay", Overlay(shown=False)),
        ("set_overlay", Overlay(Drawing.FILL)),
        ("set_overlay", Overlay(opacity=0.4)),
    ]
    # Nobody showed anything else, so the bar still says what is drawn.
    assert view.masks.opacity.value() == 100
    assert view.masks.masks.isChecked()


def test_the_presets_are_in_a_menu(view: ReviewView, listener: Listener) -> None:
    view.reading.preset_menu.actions()[1].trigger()
    assert listener.calls == [("choose_preset", 2)]


def test_a_window_can_be_typed(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    fields = view.reading.window_fields
    assert (fields.centre_field.value(), fields.width_field.value()) == WINDOW
    view.reading.preset_menu.popup(QPoint(0, 0))
    fields.width_field.selectAll()
    qtbot.keyClicks(fields.width_field, "640")
    assert listener.calls == []
    qtbot.keyClick(fields.width_field, Qt.Key.Key_Return)
    view.reading.preset_menu.close()
    assert listener.calls == [("set_window", (500.0, 640.0))]
    listener.calls.clear()
    view.show_window((300.0, 200.0), LIMITS, PRESETS)
    assert fields.width_field.value() == 200.0
    assert listener.calls == []


def test_tabs_only_where_there_is_a_choice(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    tabs = (
        SeriesTab("1.1", "STIR R", (Side.RIGHT,), True),
        SeriesTab("1.2", "STIR L", (Side.LEFT,), False),
    )
    view.show_series(FACTS, tabs[:1])
    assert view.reading.series.count() == 0
    view.show_series(FACTS, tabs)
    buttons = [view.reading.series.itemAt(at).widget() for at in range(2)]
    assert [button.text() for button in buttons] == ["Right hip", "Left hip"]
    assert [button.isChecked() for button in buttons] == [True, False]
    qtbot.mouseClick(buttons[1], LEFT)
    assert listener.calls == [("choose_series", "1.2")]
    assert [button.isChecked() for button in buttons] == [True, False]


def test_the_strip_chart_scrolls(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    qtbot.mouseClick(view.strip, LEFT, pos=view.strip.column(20).center().toPoint())
    assert listener.calls == [("choose_slice", 20)]


# Verdicts


@pytest.mark.parametrize(
    ("side", "held"),
    [(Side.RIGHT, Qt.KeyboardModifier.NoModifier), (Side.LEFT, Qt.KeyboardModifier.ShiftModifier)],
)
def test_a_hip_is_judged_by_keys(
    qtbot: QtBot, view: ReviewView, listener: Listener, side: Side, held: Qt.KeyboardModifier
) -> None:
    bar = view.hips[side].verdict
    qtbot.keyClick(view.main, Qt.Key.Key_A, held)
    assert listener.calls == [("accept", side)]
    qtbot.keyClick(view.main, Qt.Key.Key_X, held)
    qtbot.keyClicks(bar.note.field, "aX")
    qtbot.keyClick(bar.note.field, Qt.Key.Key_Return)
    assert listener.calls[1:] == [("reject", side, "aX")]


@pytest.mark.parametrize(
    "changes",
    [{"busy": True}, {"found": False}, {"standing": Standing(Verdict.ACCEPTED)}],
)
def test_no_key_judges_what_no_button_does(
    qtbot: QtBot, view: ReviewView, listener: Listener, changes: dict[str, object]
) -> None:
    view.show_hips(*(panel(side, **changes) for side in Side))
    for key in (Qt.Key.Key_A, Qt.Key.Key_X):
        for held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            qtbot.keyClick(view.main, key, held)
    assert listener.calls == []
    assert not any(hip.verdict.note.isVisible() for hip in view.hips.values())


@pytest.mark.parametrize("focus", ["main", "name"])
def test_ctrl_enter_signs_once(
    qtbot: QtBot, view: ReviewView, listener: Listener, focus: str
) -> None:
    at = {"main": view.main, "name": view.signing.name}[focus]
    ctrl = Qt.KeyboardModifier.ControlModifier
    at.setFocus()
    qtbot.keyClick(at, Qt.Key.Key_Return, ctrl)
    assert listener.calls == []
    view.show_signing(Signing("Dr Test", True, ""))
    qtbot.keyClick(at, Qt.Key.Key_Return, ctrl)
    assert listener.calls == [("sign", "Dr Test")]
    view.signing.name.clear()
    qtbot.keyClick(at, Qt.Key.Key_Return, ctrl)
    assert len(listener.calls) == 1
    assert view.signing.name.hasFocus()


def test_the_focus_goes_from_a_verdict_to_the_hip_that_is_next(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    right, left = (view.hips[side] for side in Side)
    accepted = panel(Side.RIGHT, standing=Standing(Verdict.ACCEPTED))
    right.verdict.accept_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(right.verdict.accept_button, Qt.Key.Key_Space)
    view.show_hips(panel(Side.RIGHT, busy=True), panel(Side.LEFT))
    view.show_hips(accepted, panel(Side.LEFT))
    assert left.canvas.hasFocus()
    left.verdict.accept_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(left.verdict.accept_button, Qt.Key.Key_Space)
    view.show_hips(accepted, panel(Side.LEFT, busy=True))
    view.show_hips(accepted, panel(Side.LEFT, standing=Standing(Verdict.ACCEPTED)))
    assert left.canvas.hasFocus()
    assert left.canvas._by_keyboard
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_M)
    assert listener.calls[-1] == ("choose_tool", Tool.MOVE_CROP)


def test_a_verdict_by_mouse_leaves_the_keyboard_where_it_was(
    qtbot: QtBot, view: ReviewView
) -> None:
    view.main.setFocus()
    qtbot.mouseClick(view.hips[Side.RIGHT].verdict.accept_button, LEFT)
    assert view.main.hasFocus()


def test_the_table_swallows_no_tools_key(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    view.scores.table.setFocus()
    qtbot.keyClick(view.scores.table, Qt.Key.Key_M)
    assert listener.calls == [("choose_tool", Tool.MOVE_CROP)]
    qtbot.keyClick(view.scores.table, Qt.Key.Key_Down)
    assert len(listener.calls) == 1


@pytest.mark.parametrize("side", list(Side))
def test_a_hip_is_accepted_rejected_and_reopened(
    qtbot: QtBot, view: ReviewView, listener: Listener, side: Side
) -> None:
    bar = view.hips[side].verdict
    qtbot.mouseClick(bar.accept_button, LEFT)
    qtbot.mouseClick(bar.reject_button, LEFT)
    assert listener.calls == [("accept", side)]
    qtbot.keyClicks(bar.note.field, " wrong bone ")
    qtbot.mouseClick(bar.note.confirm, LEFT)
    panels = [
        panel(each, standing=Standing(Verdict.REJECTED if each is side else None)) for each in Side
    ]
    view.show_hips(*panels)
    assert not bar.accept_button.isVisible()
    qtbot.mouseClick(bar.reopen_button, LEFT)
    assert listener.calls == [
        ("accept", side),
        ("reject", side, "wrong bone"),
        ("reopen", side),
    ]


def test_a_hip_of_doubtful_side_is_accepted_with_a_note(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    view.show_hips(*(panel(each, side_in_doubt=each is Side.LEFT) for each in Side))
    bar = view.hips[Side.LEFT].verdict
    qtbot.mouseClick(bar.accept_button, LEFT)
    assert listener.calls == []
    assert bar.note.confirm.text() == "Accept"
    qtbot.keyClicks(bar.note.field, "marker seen")
    qtbot.mouseClick(bar.note.confirm, LEFT)
    assert listener.calls == [("accept", Side.LEFT, "marker seen")]
    qtbot.mouseClick(bar.reject_button, LEFT)
    assert bar.note.confirm.text() == "Reject"
    qtbot.keyClick(bar.note.field, Qt.Key.Key_Escape)
    qtbot.mouseClick(view.hips[Side.RIGHT].verdict.accept_button, LEFT)
    assert listener.calls[1:] == [("accept", Side.RIGHT)]


def test_a_rejection_can_be_thought_over(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    bar = view.hips[Side.RIGHT].verdict
    qtbot.mouseClick(bar.reject_button, LEFT)
    qtbot.keyClick(bar.note.field, Qt.Key.Key_Escape)
    assert listener.calls == []
    assert bar.reject_button.isVisible()
    assert not bar.note.isVisible()


@pytest.mark.parametrize(
    ("changes", "words", "origin"),
    [
        ({}, "Not reviewed", "AI"),
        ({"standing": Standing(Verdict.ACCEPTED)}, "Accepted", "AI"),
        (
            {"standing": Standing(Verdict.REJECTED), "revision": 3, "origin": Origin.AI_EDITED},
            "Rejected",
            "AI + edited, revision 3",
        ),
        ({"standing": Standing(Verdict.ACCEPTED, SIGNATURE)}, "Accepted, signed", "AI"),
        ({"busy": True}, "Being done again…", "AI"),
        ({"found": False, "reason": "the head was not found"}, "No result", ""),
    ],
)
def test_a_hip_says_where_it_stands(
    view: ReviewView, changes: dict[str, object], words: str, origin: str
) -> None:
    view.show_hips(panel(Side.RIGHT, **changes), panel(Side.LEFT))
    bar = view.hips[Side.RIGHT].verdict
    assert bar.standing_label.text() == words
    assert bar.origin_label.text() == origin
    judged = changes.get("standing", Standing()).verdict is not None
    found = changes.get("found", True)
    assert bar.accept_button.isVisible() == (found and not judged)
    assert bar.reopen_button.isVisible() == judged
    free = not changes.get("busy") and words not in ("Accepted, signed", "No result")
    assert bar.accept_button.isEnabled() == bar.reopen_button.isEnabled() == free


def test_earlier_outlines_are_dimmed_in_every_picture_and_named(view: ReviewView) -> None:
    right = view.hips[Side.RIGHT].canvas
    view.show_hips(panel(Side.RIGHT, busy=True, stale=True), panel(Side.LEFT))
    for canvas in (view.main, *(hip.canvas for hip in view.hips.values())):
        assert canvas._stale == {Side.RIGHT}
    assert right._caption == ("Right hip", "dimmed: earlier outlines")
    view.show_hips(panel(Side.RIGHT), panel(Side.LEFT))
    assert not view.main._stale
    assert right._caption == ("Right hip", "")


def test_an_earlier_result_that_counts_is_told(view: ReviewView) -> None:
    view.show_hips(panel(Side.RIGHT, revision=2, current=False), panel(Side.LEFT))
    assert view.hips[Side.RIGHT].verdict.hint_label.text() == (
        "An earlier accepted result still counts."
    )
    assert view.hips[Side.LEFT].verdict.hint_label.text() == ""


def test_a_head_that_was_missed_can_be_placed(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    reason = "the femoral head was not found on this series"
    view.show_crops(CropView(Side.RIGHT, picture(), None), CropView(Side.LEFT, picture(), None))
    view.show_hips(*(panel(side, found=False, reason=reason) for side in Side))
    assert view.hips[Side.LEFT].canvas.picture is None
    assert view.hips[Side.LEFT].canvas._sentence == (
        "The femoral head was not found on this series."
    )
    qtbot.mouseClick(view.hips[Side.LEFT].verdict.place_button, LEFT)
    assert listener.calls == [("choose_tool", Tool.PLACE_LEFT)]


# Signing


def test_signing_needs_a_way_and_a_name(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    assert not view.signing.sign.isEnabled()
    assert view.signing.line.text() == "Accept or reject both hips first."
    view.show_signing(Signing("", True, ""))
    assert not view.signing.sign.isEnabled()
    qtbot.keyClicks(view.signing.name, "  Dr Test ")
    qtbot.mouseClick(view.signing.sign, LEFT)
    assert listener.calls == [("sign", "Dr Test")]


def test_a_name_is_no_longer_than_its_place_in_a_report(qtbot: QtBot, view: ReviewView) -> None:
    view.signing.name.setText("x" * 65)
    assert view.signing.name.text() == "x" * 64


def test_enter_signs(qtbot: QtBot, view: ReviewView, listener: Listener) -> None:
    view.show_signing(Signing("Dr Test", True, ""))
    qtbot.keyClick(view.signing.sign, Qt.Key.Key_Return)
    assert listener.calls == [("sign", "Dr Test")]


def test_a_name_being_typed_survives_news(qtbot: QtBot, view: ReviewView) -> None:
    view.signing.name.clear()
    qtbot.keyClicks(view.signing.name, "Dr New")
    view.show_signing(Signing("Dr Test", True, ""))
    assert view.signing.name.text() == "Dr New"


def test_a_signature_is_shown_and_can_be_withdrawn(
    qtbot: QtBot, view: ReviewView, listener: Listener
) -> None:
    signed = tuple(replace(SIGNATURE, side=side) for side in Side)
    view.show_signing(Signing("Dr Test", False, "", signed))
    line = view.signing.line.text()
    assert line == f"Signed by Dr Test, {AT.astimezone():%Y-%m-%d %H:%M}"
    assert not view.signing.sign.isVisible()
    qtbot.mouseClick(view.signing.withdraw, LEFT)
    qtbot.keyClicks(view.signing.note.field, "too early")
    qtbot.keyClick(view.signing.note.field, Qt.Key.Key_Return)
    qtbot.mouseClick(view.signing.report, LEFT)
    assert listener.calls == [("withdraw", "too early"), ("write_report",)]


def test_there_is_one_primary_button(view: ReviewView) -> None:
    def primary() -> list[QWidget]:
        return [each for each in view.findChildren(QWidget) if each.property("primary")]

    assert primary() == [view.signing.sign]
    view.show_signing(Signing("Dr Test", False, "", (SIGNATURE,)))
    assert primary() == [view.signing.report]


# Figures


def test_every_figure_has_its_unit() -> None:
    assert cells(FINDINGS[1]) == ("BME volume", "29.0 mL", NO_VALUE, "")
    assert cells(FINDINGS[0])[1:] == ("11.63", "3.48", "15.11")


def test_the_table_shows_headlines_and_missing_values(view: ReviewView) -> None:
    table = view.scores.table
    assert table.item(0, 1).text() == "11.63"
    assert table.item(0, 1).font().bold()
    assert not table.item(1, 1).font().bold()
    assert table.item(1, 2).text() == NO_VALUE
    assert "fewer than 5 slices" in table.item(1, 2).toolTip()
    assert table.height() >= table.horizontalHeader().height() + 2 * table.rowHeight(0)


@pytest.mark.parametrize("px", [theme.BODY_PX, 2 * theme.BODY_PX])
def test_the_last_line_of_the_table_is_in_sight(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, px: int
) -> None:
    made = theme.font(px)
    monkeypatch.setattr(theme, "font", lambda *_, **__: made)
    panel = ScorePanel()
    qtbot.addWidget(panel)
    panel.show_scores(replace(SCORES, findings=7 * FINDINGS))
    panel.resize(700, 1200)
    panel.show()
    qtbot.waitExposed(panel)
    table = panel.table
    panel.setStyleSheet(f"QHeaderView::section {{ font-size: {px}px; }}")
    QApplication.processEvents()
    last = table.visualItemRect(table.item(table.rowCount() - 1, 0))
    assert last.height() >= table.fontMetrics().height() * px / theme.BODY_PX
    assert 0 < last.bottom() <= table.viewport().rect().bottom()
    assert table.verticalScrollBar().maximum() == 0


def test_tab_leaves_the_table(qtbot: QtBot, view: ReviewView) -> None:
    table = view.scores.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Tab)
    assert not table.hasFocus()


def test_notices_are_counted_and_folded(qtbot: QtBot, view: ReviewView) -> None:
    notices = view.scores.notices
    assert notices.title.text() == "Notices (2)"
    assert notices.sentences == SCORES.notices
    before = notices.sizeHint().height()
    notices.title.click()
    assert notices.sizeHint().height() < before


def test_without_contrast_for_fluid_the_reason_is_said_once(view: ReviewView) -> None:
    told = REASON_SENTENCES[Reason.NOT_FLUID_SENSITIVE]
    reasons = tuple(f"{side} hip: no score, because {told}." for side in ("Right", "Left"))
    view.show_series(replace(FACTS, contrast=Contrast.T1), ())
    view.show_scores(replace(SCORES, reasons=reasons))
    (sentence,) = view.scores.reasons.sentences
    assert sentence.startswith("This series is not fluid-sensitive")


# The page


def test_everything_that_takes_the_keyboard_has_a_name(view: ReviewView) -> None:
    nameless = [
        each
        for each in view.findChildren(QWidget)
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not each.isHidden()
        and not each.accessibleName()
        and not getattr(each, "text", str)()
        and each.objectName() != "qt_scrollarea_viewport"
    ]
    assert [type(each).__name__ for each in nameless] == []


def test_the_keyboard_reaches_pictures_verdicts_and_signing_in_order(view: ReviewView) -> None:
    view.show_signing(Signing("Dr Test", True, ""))
    wanted = [
        view.main,
        view.masks.opacity,
        view.hips[Side.RIGHT].canvas,
        view.hips[Side.RIGHT].verdict.accept_button,
        view.hips[Side.LEFT].canvas,
        view.scores.table,
        view.signing.name,
        view.signing.sign,
    ]
    chain, at = [], view.main
    for _ in range(200):
        chain.append(at)
        at = at.nextInFocusChain()
    places = [chain.index(each) for each in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize("size", [(1366, 600), (2560, 1300)])
def test_the_page_fits(view: ReviewView, size: tuple[int, int]) -> None:
    view.resize(*size)
    assert (view.width(), view.height()) == size
    assert view.minimumSizeHint().width() <= 1366
    assert view.minimumSizeHint().height() <= 600
    assert view.main.width() > 0.5 * size[0]


def test_pixels_on_screen_follow_the_window(view: ReviewView) -> None:
    view.show_window((50.0, 100.0), LIMITS, PRESETS)
    assert all(canvas.window_levels == (50.0, 100.0) for canvas in view.canvases)
    at = view.main.to_canvas(20.0, 4.0).toPoint()
    assert view.main.grab().toImage().pixelColor(at).red() == 255


def test_a_page_can_be_forgotten(qapp: QApplication, listener: Listener) -> None:
    view = ReviewView()
    view.listen(listener)
    fill(view)
    view.grab()
    gone, canvas = weakref.ref(view), weakref.ref(view.main)
    view.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del view
    gc.collect()
    assert gone() is None
    assert canvas() is None

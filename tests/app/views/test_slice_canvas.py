"""The canvas: where things are drawn, what hands do, and that setters are silent."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.state import CropFrame, Drawing, Overlay, Tool
from app.views import slice_canvas
from app.views._canvas_geometry import Frame, Sight, fitted
from app.views._canvas_labels import BAR_SHARE, bar_for
from app.views._canvas_outlines import OutlinePaths, pens
from app.views.slice_canvas import SliceCanvas, grey_levels
from hipdesk.display import PictureBox
from hipdesk.overlay import LINE_STYLES, windowed
from hipdesk.records import SegmentClass, Side
from hipdesk.settings import Theme
from tests.app.views.golden import assert_golden, rgb
from tests.app.views.pictures import BRIGHT, COLUMNS, DARK, PIXEL_MM, ROWS, picture

WIDTH, HEIGHT = 320, 240
LIMITS = (0.0, 1000.0)
WINDOW = (500.0, 1000.0)
LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> SliceCanvas:
    theme.apply(qapp, Theme.DARK)
    shown = SliceCanvas()
    qtbot.addWidget(shown)
    shown.resize(WIDTH, HEIGHT)
    shown.show_window(WINDOW, LIMITS)
    shown.show_picture(picture())
    shown.show()
    return shown


class Told:
    """Everything a canvas told, in order."""

    def __init__(self, canvas: SliceCanvas) -> None:
        self.calls: list[tuple[object, ...]] = []
        for name in (
            "sliceStepped",
            "windowDragged",
            "sightChanged",
            "pointed",
            "frameMoved",
            "doubleClicked",
            "menuAsked",
        ):
            getattr(canvas, name).connect(self._keeper(name))

    def _keeper(self, name: str) -> Callable[..., None]:
        return lambda *values: self.calls.append((name, *values))

    @property
    def names(self) -> list[object]:
        return [call[0] for call in self.calls]


@pytest.fixture
def told(canvas: SliceCanvas) -> Told:
    return Told(canvas)


def drag(
    qtbot: QtBot, canvas: SliceCanvas, button: Qt.MouseButton, start: QPoint, way: QPoint
) -> None:
    qtbot.mousePress(canvas, button, pos=start)
    qtbot.mouseMove(canvas, start + way / 2)
    qtbot.mouseMove(canvas, start + way)
    qtbot.mouseRelease(canvas, button, pos=start + way)


def turn(
    canvas: SliceCanvas,
    angle: int = 0,
    pixels: int = 0,
    at: QPointF | None = None,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    where = at or QPointF(WIDTH / 2, HEIGHT / 2)
    event = QWheelEvent(
        where,
        canvas.mapToGlobal(where),
        QPoint(0, pixels),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def shot(canvas: SliceCanvas) -> np.ndarray:
    return rgb(canvas.grab().toImage())


def middle_of(canvas: SliceCanvas, mask: np.ndarray) -> tuple[float, float]:
    """Middle of the pixels of a colour-mask on screen, as a picture point."""
    rows, columns = np.nonzero(mask)
    return canvas.to_picture(QPointF(columns.mean() + 0.5, rows.mean() + 0.5))


def near(image: np.ndarray, colour: tuple[int, int, int], reach: int = 60) -> np.ndarray:
    return np.abs(image.astype(int) - colour).max(axis=-1) < reach


# Where things are


def test_pixels_are_square_in_millimetres(canvas: SliceCanvas) -> None:
    right = canvas.to_canvas(10, 0).x() - canvas.to_canvas(0, 0).x()
    down = canvas.to_canvas(0, 10).y() - canvas.to_canvas(0, 0).y()
    assert down / right == pytest.approx(PIXEL_MM[0] / PIXEL_MM[1])


def test_a_picture_is_fitted_and_in_the_middle(canvas: SliceCanvas) -> None:
    # 48 mm of rows fill 240 pixels: 5 pixels a millimetre; 32 mm of columns are 160 of 320.
    corner, opposite = canvas.to_canvas(-0.5, -0.5), canvas.to_canvas(31.5, 23.5)
    assert (corner.x(), corner.y()) == pytest.approx((80.0, 0.0))
    assert (opposite.x(), opposite.y()) == pytest.approx((240.0, 240.0))


@given(
    x=st.floats(-50, 50),
    y=st.floats(-50, 50),
    height=st.floats(5, 400),
    mirrored=st.booleans(),
    factor=st.floats(0.2, 5),
)
def test_zooming_keeps_what_lies_under_the_pointer(
    x: float, y: float, height: float, mirrored: bool, factor: float
) -> None:
    frame = Frame(Sight(10.0, 12.0, height), 300.0, 200.0, (0.8, 0.6), mirrored)
    at = frame.to_canvas(x, y)
    assert frame.to_picture(at) == pytest.approx((x, y), abs=1e-6)
    after = Frame(frame.zoomed(factor, at), 300.0, 200.0, (0.8, 0.6), mirrored)
    assert after.to_picture(at) == pytest.approx((x, y), abs=1e-6)
    assert after.px_per_mm == pytest.approx(factor * frame.px_per_mm)


def test_a_wide_part_is_fitted_by_its_width() -> None:
    sight = fitted(PictureBox(0, 0, 40, 10), 200.0, 200.0, (1.0, 1.0))
    assert sight == Sight(20.0, 5.0, 40.0)


def test_only_what_is_seen_is_windowed() -> None:
    frame = Frame(Sight(100.0, 50.0, 20.0), 40.0, 20.0, (1.0, 1.0))
    # 20 mm of rows about 50 and 40 mm of columns about 100, and one more on each side.
    assert frame.visible(200, 200) == (39, 62, 79, 122)
    assert frame.visible(45, 100) == (39, 45, 79, 100)


def test_image_and_outlines_lie_on_each_other(canvas: SliceCanvas) -> None:
    image = shot(canvas)
    white = middle_of(canvas, _in(near(image, (230, 230, 230), 26), 30, 210, 85, 235))
    orange = middle_of(canvas, near(image, LINE_STYLES[SegmentClass.BME].colour))
    blue = middle_of(canvas, near(image, LINE_STYLES[SegmentClass.EFFUSION_SYNOVITIS].colour))
    assert white == pytest.approx((6.0, 6.2), abs=0.8)
    assert orange == pytest.approx((7.0, 7.0), abs=0.8)
    assert blue == pytest.approx((25.0, 17.0), abs=0.8)


def _in(mask: np.ndarray, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    inside = np.zeros_like(mask)
    inside[top:bottom, left:right] = mask[top:bottom, left:right]
    return inside


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_canvas_looks_as_it_was_seen(
    canvas: SliceCanvas, mirrored: bool, tmp_path: Path
) -> None:
    canvas.set_mirrored(mirrored)
    # Without the words: letters differ between machines.
    inside = shot(canvas)[28:200, 90:230]
    assert_golden(inside, f"canvas{'_mirrored' if mirrored else ''}", tmp_path)


def test_fill_is_drawn_inside_and_outline_is_not(canvas: SliceCanvas) -> None:
    at = canvas.to_canvas(25.0, 17.0).toPoint()
    bare = shot(canvas)[at.y(), at.x()]
    canvas.show_overlay(Overlay(drawing=Drawing.FILL))
    filled = shot(canvas)[at.y(), at.x()]
    grey = windowed(np.float32([DARK]), WINDOW)[0]
    assert bare == pytest.approx(float(grey), abs=1)
    colour = np.array(LINE_STYLES[SegmentClass.EFFUSION_SYNOVITIS].colour)
    assert filled == pytest.approx(grey + 0.3 * (colour - float(grey)), abs=2)


def test_hidden_classes_and_hidden_masks_are_not_drawn(canvas: SliceCanvas) -> None:
    orange, blue = (
        LINE_STYLES[name].colour for name in (SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS)
    )
    canvas.show_overlay(Overlay(hidden=frozenset({SegmentClass.BME})))
    assert not near(shot(canvas), orange).any()
    assert near(shot(canvas), blue).any()
    canvas.show_overlay(Overlay(shown=False))
    assert not near(shot(canvas), blue).any()


def test_masks_are_hidden_while_held(canvas: SliceCanvas) -> None:
    before = shot(canvas)
    canvas.hold_masks(True)
    assert not near(shot(canvas), LINE_STYLES[SegmentClass.BME].colour).any()
    canvas.hold_masks(False)
    assert (shot(canvas) == before).all()


def test_opacity_fades_lines(canvas: SliceCanvas) -> None:
    canvas.show_overlay(Overlay(opacity=0.3))
    assert not near(shot(canvas), LINE_STYLES[SegmentClass.BME].colour, 30).any()


@pytest.mark.parametrize("zoom", [1, 6])
def test_lines_are_as_wide_at_any_zoom(canvas: SliceCanvas, zoom: int) -> None:
    sight = canvas.sight
    canvas.show_sight(Sight(2.5, 7.0, sight.height_mm / zoom))
    # The BME's left side crosses the middle row of the canvas once, near the middle.
    row = near(shot(canvas)[HEIGHT // 2], LINE_STYLES[SegmentClass.BME].colour, 110)
    assert 1 <= row[150:170].sum() <= 3


def test_pens_are_those_of_the_report() -> None:
    seam, line = pens(SegmentClass.EFFUSION_SYNOVITIS)
    style = LINE_STYLES[SegmentClass.EFFUSION_SYNOVITIS]
    assert seam.widthF() == style.width_px + 2 * style.seam_px
    assert line.widthF() == style.width_px
    assert [dash * line.widthF() for dash in line.dashPattern()] == pytest.approx(style.dash_px)
    assert line.color().getRgb()[:3] == style.colour
    assert len(pens(SegmentClass.FEMORAL_HEAD)) == 1


def test_levels_are_those_of_dicom() -> None:
    image = np.random.default_rng(1).uniform(-200, 1500, (64, 48)).astype(np.float32)
    for window in ((500.0, 1000.0), (30.0, 1.0), (700.0, 33.3)):
        difference = grey_levels(image, window).astype(int) - windowed(image, window)
        assert np.abs(difference).max() <= 1
        assert (difference != 0).mean() < 0.01


def test_the_window_changes_the_image_only(canvas: SliceCanvas) -> None:
    at = canvas.to_canvas(4.5, 5.0).toPoint()
    assert shot(canvas)[at.y(), at.x(), 0] == pytest.approx(255 * BRIGHT / 1000, abs=1)
    canvas.show_window((900.0, 400.0), LIMITS)
    assert shot(canvas)[at.y(), at.x(), 0] == pytest.approx(127.5, abs=1)


def test_outlines_become_paths_once() -> None:
    paths, shown = OutlinePaths(), picture()
    first = paths.of(shown.outlines[Side.RIGHT])
    assert paths.of(shown.outlines[Side.RIGHT]) is first
    assert [name for name, _ in first] == [SegmentClass.BME]
    box = first[0][1].boundingRect()
    assert (box.center().x(), box.center().y()) == pytest.approx((7.0, 7.0), abs=0.1)


def test_the_scale_bar_is_5_cm_long_where_it_fits() -> None:
    assert bar_for(2.0, 800.0) == (100.0, "5 cm")
    assert bar_for(10.0, 800.0) == (100.0, "1 cm")


def test_canvases_beside_each_other_show_the_same_scale_bar(
    canvas: SliceCanvas, qtbot: QtBot
) -> None:
    other = SliceCanvas()
    qtbot.addWidget(other)
    canvas.share_bar((other,))
    other.share_bar((canvas,))
    other.show_picture(picture())
    px_per_mm = BAR_SHARE * (WIDTH - 2 * theme.SPACE) / 50.0  # 5 cm fit, not a pixel less wide
    for each in (canvas, other):
        each.show_sight(Sight(10.0, 10.0, HEIGHT / px_per_mm))
    other.resize(WIDTH - 1, HEIGHT)
    assert canvas.bar[1] == "5 cm"
    assert other.bar[1] == "1 cm"  # the first is not beside it yet, or no longer
    other.show()
    assert canvas.bar == other.bar == (pytest.approx(10.0 * px_per_mm), "1 cm")
    other.resize(WIDTH, HEIGHT)
    assert canvas.bar == other.bar == (pytest.approx(50.0 * px_per_mm), "5 cm")


def test_outlines_of_a_hip_that_is_done_again_are_dimmed(canvas: SliceCanvas) -> None:
    orange = LINE_STYLES[SegmentClass.BME].colour
    plain = shot(canvas)
    outlined = near(plain, orange)
    assert outlined.sum() > 20
    canvas.show_stale(frozenset({Side.LEFT}))
    assert np.array_equal(near(shot(canvas), orange), outlined)
    canvas.show_stale(frozenset({Side.RIGHT}))
    dimmed = shot(canvas)
    assert not near(dimmed, orange).any()
    canvas.show_overlay(Overlay(shown=False))
    assert (dimmed != shot(canvas))[outlined].any()
    canvas.show_overlay(Overlay())
    canvas.show_stale(frozenset())
    assert np.array_equal(shot(canvas), plain)


def test_earlier_outlines_are_named_on_the_frame(canvas: SliceCanvas) -> None:
    working = replace(FRAMES[0], movable=False, working=True)
    assert canvas.frame_lines(working) == ("R hip: being done again…",)
    canvas.show_stale(frozenset({Side.RIGHT}))
    assert canvas.frame_lines(working) == ("R hip: being done again…", "dimmed: earlier outlines")
    assert canvas.frame_lines(FRAMES[0]) == ("R hip",)


# Sides


def test_letters_change_places_with_the_image(canvas: SliceCanvas) -> None:
    assert canvas.edges == ("H", "F", "R", "L")
    orange = LINE_STYLES[SegmentClass.BME].colour
    assert np.nonzero(near(shot(canvas), orange))[1].mean() < WIDTH / 2
    canvas.set_mirrored(True)
    assert canvas.edges == ("H", "F", "L", "R")
    assert np.nonzero(near(shot(canvas), orange))[1].mean() > WIDTH / 2


def test_what_is_written_follows(canvas: SliceCanvas, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, float, float]] = []
    real = slice_canvas.labels.write

    def spy(painter, at, text, px, bold=False, ink=slice_canvas.labels.INK) -> None:
        written.append((text, at.x(), at.y()))
        real(painter, at, text, px, bold, ink)

    monkeypatch.setattr(slice_canvas.labels, "write", spy)
    canvas.set_caption("Left hip", "other series")
    canvas.set_place("22.0 mm")
    canvas.grab()
    places = {text: (x, y) for text, x, y in written}
    assert places["R"][0] < 20
    assert places["L"][0] > WIDTH - 30
    assert places["H"][1] < 30
    assert places["F"][1] > HEIGHT - 20
    assert {"5 / 31", "22.0 mm", "Left hip", "other series"} <= set(places)
    assert "W 1000  C 500" not in places
    canvas.resize(2 * WIDTH, HEIGHT)
    canvas.grab()
    assert "W 1000  C 500" in {text for text, *_ in written}
    canvas.resize(WIDTH, HEIGHT)
    written.clear()
    canvas.set_mirrored(True)
    canvas.grab()
    places = {text: (x, y) for text, x, y in written}
    assert places["L"][0] < 20
    assert places["R"][0] > WIDTH - 30


# Hands


def test_the_wheel_steps_downwards_to_the_next_slice(canvas: SliceCanvas, told: Told) -> None:
    turn(canvas, -120)
    turn(canvas, 240)
    assert told.calls == [("sliceStepped", 1), ("sliceStepped", -2)]


def test_fine_wheels_add_up(canvas: SliceCanvas, told: Told) -> None:
    for _ in range(8):
        turn(canvas, -30)
    assert told.calls == [("sliceStepped", 1)] * 2


def test_a_touchpad_steps_by_its_way(canvas: SliceCanvas, told: Told) -> None:
    for _ in range(8):
        turn(canvas, angle=-7, pixels=-10)
    assert told.calls == [("sliceStepped", 1)] * 2


def test_ctrl_and_wheel_zoom_about_the_pointer(canvas: SliceCanvas, told: Told) -> None:
    at = QPointF(100.0, 60.0)
    under, before = canvas.to_picture(at), canvas.sight
    turn(canvas, 120, at=at, keys=Qt.KeyboardModifier.ControlModifier)
    assert told.calls == [("sightChanged", canvas.sight)]
    assert canvas.sight.height_mm == pytest.approx(before.height_mm / 1.15)
    assert canvas.to_picture(at) == pytest.approx(under)


def test_left_drag_windows_by_the_signals_range(
    qtbot: QtBot, canvas: SliceCanvas, told: Told
) -> None:
    drag(qtbot, canvas, LEFT, QPoint(100, 100), QPoint(50, 20))
    # 500 pixels are the whole range of 1000: 50 pixels wider by 100, 20 down by 40.
    assert set(told.names) == {"windowDragged"}
    assert told.calls[-1][1] == pytest.approx((540.0, 1100.0))
    assert canvas.window_levels == WINDOW


def test_a_window_never_closes(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    drag(qtbot, canvas, LEFT, QPoint(300, 100), QPoint(-4000, 0))
    assert told.calls[-1][1] == pytest.approx((500.0, 1.0))


def test_middle_drag_pans(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    before = canvas.to_canvas(3.0, 4.0)
    drag(qtbot, canvas, MIDDLE, QPoint(100, 100), QPoint(30, -12))
    assert set(told.names) == {"sightChanged"}
    moved = canvas.to_canvas(3.0, 4.0) - before
    assert (moved.x(), moved.y()) == pytest.approx((30.0, -12.0))


def test_right_drag_zooms_and_asks_for_no_menu(
    qtbot: QtBot, canvas: SliceCanvas, told: Told
) -> None:
    before = canvas.sight.height_mm
    drag(qtbot, canvas, RIGHT, QPoint(100, 100), QPoint(0, -40))
    assert set(told.names) == {"sightChanged"}
    assert canvas.sight.height_mm < before


def test_a_right_click_asks_for_the_menu(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    qtbot.mouseClick(canvas, RIGHT, pos=QPoint(50, 60))
    assert told.calls == [("menuAsked", canvas.mapToGlobal(QPoint(50, 60)))]


def test_a_double_click_asks_for_room(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    qtbot.mouseDClick(canvas, LEFT, pos=QPoint(50, 60))
    assert told.calls == [("doubleClicked",)]


def test_placing_tells_the_point_under_the_cross(
    qtbot: QtBot, canvas: SliceCanvas, told: Told
) -> None:
    canvas.show_tool(Tool.PLACE_LEFT)
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    qtbot.mouseClick(canvas, LEFT, pos=canvas.to_canvas(20.0, 6.0).toPoint())
    ((name, x, y),) = told.calls
    assert name == "pointed"
    assert (x, y) == pytest.approx((20.0, 6.0), abs=0.2)


def test_a_drag_places_nothing(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    canvas.show_tool(Tool.PLACE_RIGHT)
    drag(qtbot, canvas, LEFT, QPoint(100, 100), QPoint(30, 0))
    assert told.calls == []


FRAMES = (
    CropFrame(Side.RIGHT, PictureBox(2.0, 2.0, 12.0, 12.0), movable=True),
    CropFrame(Side.LEFT, PictureBox(18.0, 8.0, 12.0, 12.0), movable=False),
)


@pytest.mark.parametrize(("mirrored", "sign"), [(False, 1), (True, -1)])
def test_a_frame_is_told_once_when_let_go(
    qtbot: QtBot, canvas: SliceCanvas, told: Told, mirrored: bool, sign: int
) -> None:
    canvas.set_mirrored(mirrored)
    canvas.show_frames(FRAMES)
    canvas.show_tool(Tool.MOVE_CROP)
    start = canvas.to_canvas(8.0, 8.0).toPoint()
    qtbot.mouseMove(canvas, start)
    assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    qtbot.mousePress(canvas, LEFT, pos=start)
    still = shot(canvas)
    qtbot.mouseMove(canvas, start + QPoint(20, 30))
    assert canvas.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    assert told.calls == []
    assert (shot(canvas) != still).any()
    qtbot.mouseRelease(canvas, LEFT, pos=start + QPoint(20, 30))
    # 5 pixels a millimetre: 20 pixels are 4 columns of 1 mm, 30 are 3 rows of 2 mm.
    ((name, side, dx, dy),) = told.calls
    assert (name, side) == ("frameMoved", Side.RIGHT)
    assert (dx, dy) == pytest.approx((sign * 4.0, 3.0))


def test_a_slice_without_a_crop_says_so_to_who_would_move_it(canvas: SliceCanvas) -> None:
    canvas.show_frames(())
    plain = shot(canvas)
    canvas.show_tool(Tool.MOVE_CROP)
    assert (shot(canvas) != plain).any()
    canvas.show_tool(Tool.WINDOW)
    assert (shot(canvas) == plain).all()


def test_a_frame_being_worked_on_is_marked(canvas: SliceCanvas) -> None:
    right = FRAMES[0]
    canvas.show_frames((right,))
    plain = shot(canvas)
    working = replace(right, movable=False, working=True)
    canvas.show_frames((working,))
    assert not np.array_equal(shot(canvas), plain)
    assert canvas.frame_words(right) == "R hip"
    assert canvas.frame_words(working) == "R hip: being done again…"
    caution = theme.DARK.colour("caution").getRgb()[:3]
    marked = np.all(shot(canvas).astype(int) == caution, axis=-1)
    edge = canvas.to_canvas(right.box.x, right.box.y).toPoint()
    assert marked[:, max(edge.x() - 1, 0) : edge.x() + 2].sum() > 10


def test_the_hip_under_a_pixel_is_known(canvas: SliceCanvas) -> None:
    canvas.show_frames(FRAMES)
    for each in FRAMES:
        box = each.box
        at = canvas.to_canvas(box.x + box.width / 2, box.y + box.height / 2)
        assert canvas.hip_at(at) is each.side
    canvas.show_frames(())
    assert canvas.hip_at(QPointF(10.0, 10.0)) is None


def test_a_signed_hips_frame_does_not_move(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    canvas.show_frames(FRAMES)
    canvas.show_tool(Tool.MOVE_CROP)
    drag(qtbot, canvas, LEFT, canvas.to_canvas(24.0, 14.0).toPoint(), QPoint(20, 20))
    assert told.calls == []


def test_a_gesture_can_be_dropped(qtbot: QtBot, canvas: SliceCanvas, told: Told) -> None:
    canvas.show_frames(FRAMES)
    canvas.show_tool(Tool.MOVE_CROP)
    start = canvas.to_canvas(8.0, 8.0).toPoint()
    qtbot.mousePress(canvas, LEFT, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(20, 0))
    assert canvas.cancel_gesture()
    qtbot.mouseRelease(canvas, LEFT, pos=start + QPoint(20, 0))
    assert told.calls == []
    assert not canvas.cancel_gesture()


def test_an_empty_canvas_says_so_and_does_nothing(
    qtbot: QtBot, canvas: SliceCanvas, told: Told
) -> None:
    canvas.show_picture(None)
    canvas.set_sentence("No visit open")
    drag(qtbot, canvas, LEFT, QPoint(50, 50), QPoint(20, 20))
    turn(canvas, -120)
    qtbot.mouseClick(canvas, RIGHT, pos=QPoint(50, 60))
    assert told.calls == []
    assert shot(canvas).any()


# Setters


def test_setters_tell_nothing(canvas: SliceCanvas, told: Told) -> None:
    canvas.show_picture(picture(7))
    canvas.show_window((300.0, 200.0), LIMITS)
    canvas.show_overlay(Overlay(opacity=0.4))
    canvas.show_part(PictureBox(0, 0, 10, 10))
    canvas.show_sight(Sight(3.0, 4.0, 20.0))
    canvas.set_mirrored(True)
    canvas.show_frames(FRAMES)
    canvas.show_tool(Tool.MOVE_CROP)
    canvas.fit_view()
    canvas.grab()
    assert told.calls == []


@pytest.fixture
def paints(canvas: SliceCanvas, qapp: QApplication) -> Iterator[list[int]]:
    seen: list[int] = []

    class Watch(slice_canvas.QWidget):
        def eventFilter(self, watched, event) -> bool:
            if event.type() == QEvent.Type.Paint:
                seen.append(1)
            return False

    watch = Watch()
    qapp.processEvents()
    canvas.installEventFilter(watch)
    yield seen
    canvas.removeEventFilter(watch)
    watch.deleteLater()


def test_an_equal_value_paints_nothing(
    canvas: SliceCanvas, qapp: QApplication, paints: list[int]
) -> None:
    canvas.show_window(tuple(WINDOW), tuple(LIMITS))
    canvas.show_overlay(Overlay())
    canvas.show_part(None)
    canvas.set_mirrored(False)
    canvas.show_frames(())
    canvas.show_tool(Tool.WINDOW)
    canvas.fit_view()
    canvas.show_picture(canvas.picture)
    qapp.processEvents()
    assert paints == []


def test_zoom_stays_between_slices_and_goes_with_the_series(canvas: SliceCanvas) -> None:
    canvas.show_sight(Sight(3.0, 4.0, 20.0))
    canvas.show_picture(picture(9))
    assert canvas.sight == Sight(3.0, 4.0, 20.0)
    canvas.fit_view()
    assert canvas.sight.height_mm == pytest.approx(ROWS * PIXEL_MM[0])
    assert canvas.sight.x == pytest.approx((COLUMNS - 1) / 2)


def test_a_canvas_can_be_forgotten(qtbot: QtBot, qapp: QApplication) -> None:
    canvas = SliceCanvas()
    canvas.show_picture(picture())
    canvas.grab()
    gone = weakref.ref(canvas)
    canvas.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del canvas
    gc.collect()
    assert gone() is None

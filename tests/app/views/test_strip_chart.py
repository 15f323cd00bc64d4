"""The strip chart: its figures, its reasons, and that it scrolls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app import theme
from app.state import SliceDeed, SliceWish
from app.theme import HALF, SPACE
from app.views.strip_chart import (
    MARGIN_LEFT,
    SQUARE,
    StripChart,
    bars_of,
    scale_top,
    scale_tops,
)
from hipdesk.overlay import LINE_STYLES
from hipdesk.records import HipScore, Reason, SegmentClass, Side
from hipdesk.settings import Theme
from hipdesk.wording import EXCLUSION_WORDS
from tests.analysis_factory import make_score, make_series
from tests.app.views.golden import rgb

PIXEL_MM2 = 0.5
LEFT_BUTTON = Qt.MouseButton.LeftButton


def score(
    bme: tuple[int, ...], effusion: tuple[int, ...], uncounted: int | None = None
) -> HipScore:
    """A hip with so many pixels of lesion on each slice."""
    whole = make_score(make_series(slices=len(bme)))
    slices = [
        replace(entry, bme_px=pixels, effusion_px=other)
        for entry, pixels, other in zip(whole.slices, bme, effusion, strict=True)
    ]
    if uncounted is not None:
        slices[uncounted] = replace(slices[uncounted], counted=False, reason=Reason.SMALL_HEAD_AREA)
    return replace(whole, slices=tuple(slices))


RIGHT = score((0, 400, 0, 0, 0, 0), (0, 0, 0, 200, 0, 0), uncounted=3)
LEFT = score((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 600, 0))


@pytest.fixture
def chart(qtbot: QtBot, qapp: QApplication) -> StripChart:
    theme.apply(qapp, Theme.DARK)
    shown = StripChart()
    qtbot.addWidget(shown)
    shown.resize(680, 140)
    shown.show_slices(6, 2)
    shown.show_strips({Side.RIGHT: RIGHT, Side.LEFT: LEFT}, PIXEL_MM2)
    shown.show()
    return shown


def coloured(chart: StripChart, name: SegmentClass) -> np.ndarray:
    """Where a class' colour is, below the legend."""
    found = np.abs(rgb(chart.grab().toImage()).astype(int) - LINE_STYLES[name].colour)
    mask = found.max(axis=-1) < 12
    mask[:24] = False
    return mask


def test_pixels_become_square_millimetres() -> None:
    bars = bars_of(RIGHT, PIXEL_MM2)
    assert bars[1].bme_mm2 == 200.0
    assert bars[3].effusion_mm2 == 100.0
    assert bars[3].total_mm2 == 100.0
    assert not bars[3].counted
    assert "quarter" in bars[3].reason


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 50), (49, 50), (51, 60), (100, 100), (101, 150), (1320, 1500)]
)
def test_the_scale_ends_at_a_round_number(largest: float, top: float) -> None:
    assert scale_top(largest) == top


def test_both_hips_are_on_one_scale_and_both_are_seen() -> None:
    assert scale_tops(1400.0, 700.0) == (1500.0, 800.0)
    assert scale_tops(1400.0, 10.0) == (1500.0, 750.0)


def test_the_right_hip_grows_upwards_and_the_left_downwards(chart: StripChart) -> None:
    orange = np.nonzero(coloured(chart, SegmentClass.BME))
    blue = np.nonzero(coloured(chart, SegmentClass.EFFUSION_SYNOVITIS))
    first, fifth = chart.column(1), chart.column(4)
    assert first.left() <= orange[1].min()
    assert orange[1].max() <= first.right()
    in_fifth = (blue[1] > fifth.left()) & (blue[1] < fifth.right())
    assert orange[0].max() < blue[0][in_fifth].min() + 3
    # 200 mm2 up and 300 mm2 down on one scale.
    up = np.ptp(orange[0]) + 1
    down = np.ptp(blue[0][in_fifth]) + 1
    assert down / up == pytest.approx(1.5, rel=0.1)


def test_slices_that_do_not_count_are_hatched(chart: StripChart) -> None:
    blue = coloured(chart, SegmentClass.EFFUSION_SYNOVITIS)
    shares = []
    for index in (3, 4):
        column = chart.column(index)
        part = blue[:, round(column.left()) : round(column.right())]
        rows, columns = np.nonzero(part)
        box = part[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        shares.append(box.mean())
    hatched, filled = shares
    assert filled > 0.95
    assert 0.05 < hatched < 0.7


def test_the_tip_tells_figures_and_reasons(chart: StripChart) -> None:
    why = "the head's area is below a quarter of its largest"
    assert chart.tip(3).splitlines() == [
        "Slice 4",
        f"Right: BME 0 mm², effusion 100 mm², not counted: {why}, central slice",
        "Left: BME 0 mm², effusion 0 mm², counted, central slice",
    ]


def test_a_click_goes_to_a_slice(qtbot: QtBot, chart: StripChart) -> None:
    told: list[int] = []
    chart.sliceChosen.connect(told.append)
    qtbot.mouseClick(chart, LEFT_BUTTON, pos=chart.column(4).center().toPoint())
    assert told == [4]


def test_a_drag_scrolls_slice_by_slice_and_stops_at_the_ends(
    qtbot: QtBot, chart: StripChart
) -> None:
    told: list[int] = []
    chart.sliceChosen.connect(told.append)
    qtbot.mousePress(chart, LEFT_BUTTON, pos=chart.column(3).center().toPoint())
    for x in (chart.column(3).right() - 2, chart.column(4).center().x(), 5000.0):
        qtbot.mouseMove(chart, QPoint(round(x), 60))
    qtbot.mouseRelease(chart, LEFT_BUTTON, pos=QPoint(670, 60))
    qtbot.mouseMove(chart, chart.column(0).center().toPoint())
    assert told == [3, 4, 5]


def test_setters_tell_nothing(chart: StripChart) -> None:
    told: list[int] = []
    chart.sliceChosen.connect(told.append)
    chart.sliceStepped.connect(told.append)
    chart.show_slices(20, 7)
    chart.show_strips({}, 0.0)
    chart.grab()
    assert told == []


def test_without_slices_nothing_can_be_chosen(qtbot: QtBot, chart: StripChart) -> None:
    told: list[int] = []
    chart.sliceChosen.connect(told.append)
    chart.show_slices(0, 0)
    qtbot.mouseClick(chart, LEFT_BUTTON, pos=QPoint(300, 60))
    chart.grab()
    assert told == []


@pytest.mark.parametrize(("width", "first"), [(376, "BME"), (640, "BME, mm²")])
def test_the_legend_is_whole_at_any_width(chart: StripChart, width: int, first: str) -> None:
    chart.resize(width, 110)
    words = chart.legend()
    assert (len(words), words[0]) == (4, first)
    metrics = QFontMetricsF(theme.font(theme.SMALL_PX))
    each = SQUARE + HALF + 2 * SPACE
    taken = MARGIN_LEFT + sum(metrics.horizontalAdvance(said) + each for said in words)
    assert taken - 2 * SPACE <= width


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def test_the_menu_offers_what_may_be_said_of_a_slice(qtbot: QtBot, chart: StripChart) -> None:
    wishes: list[SliceWish] = []
    chart.wished.connect(wishes.append)
    menu = chart.menu(1, [Side.RIGHT])
    assert entries(menu) == [
        "Make this slice the central one of the right hip",
        "Leave this slice of the right hip out",
    ]
    menu.actions()[0].trigger()
    reasons = menu.actions()[1].menu()
    assert isinstance(reasons, QMenu)
    assert entries(reasons) == list(EXCLUSION_WORDS)
    reasons.actions()[0].trigger()
    assert wishes == [
        SliceWish(Side.RIGHT, 1, SliceDeed.CENTRAL),
        SliceWish(Side.RIGHT, 1, SliceDeed.LEAVE_OUT, EXCLUSION_WORDS[0]),
    ]
    assert entries(chart.menu(3, [Side.LEFT])) == ["Leave this slice of the left hip out"]


def test_what_was_chosen_can_be_taken_back(chart: StripChart) -> None:
    slices = list(RIGHT.slices)
    slices[1] = replace(
        slices[1], counted=False, reason=Reason.EXCLUDED_BY_READER, note=EXCLUSION_WORDS[0]
    )
    chosen = replace(RIGHT, slices=tuple(slices), central_index=2, central_moved=True)
    chart.show_strips({Side.RIGHT: chosen, Side.LEFT: LEFT}, PIXEL_MM2)
    assert entries(chart.menu(1, [Side.RIGHT])) == [
        "Make this slice the central one of the right hip",
        "Central slice of the right hip as the program chose",
        "Count this slice of the right hip again",
    ]
    assert "not counted: a reader excluded this slice, motion or ghosts" in chart.tip(1)
    assert "central slice, chosen by a reader" in chart.tip(2)
    assert chart.tip(3).endswith("central slice")


def test_the_menu_comes_for_the_hip_under_the_pointer(chart: StripChart) -> None:
    column = chart.column(1)
    for y, word in ((column.top() + 2, "right"), (column.bottom() - 2, "left")):
        at = QPoint(int(column.center().x()), int(y))
        where = chart.mapToGlobal(at)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where)
        QApplication.sendEvent(chart, event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert all(word in text for text in entries(menu))
        menu.close()

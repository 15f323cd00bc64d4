"""The bar of the masks where there is little room: names come before a wide slider."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.state import Overlay
from app.theme import SPACE
from app.views.layouts import holding, row
from app.views.overlay_bar import OverlayBar, line_icon
from hipdesk.records import SegmentClass
from hipdesk.settings import Theme

WORDS = Qt.ToolButtonStyle.ToolButtonTextBesideIcon


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> QWidget:
    theme.apply(qapp, Theme.DARK)
    made = holding(row(OverlayBar()))
    qtbot.addWidget(made)
    made.resize(1000, 40)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def bar(page: QWidget) -> OverlayBar:
    return page.findChild(OverlayBar)


def sized(bar: OverlayBar, width: int) -> None:
    bar.window().resize(width, 40)
    QApplication.processEvents()
    assert bar.width() == width


def says(bar: OverlayBar) -> bool:
    styles = {button.toolButtonStyle() for button in bar.classes.values()}
    assert len(styles) == 1
    return styles == {WORDS}


def test_the_slider_gives_way_before_any_name_does(bar: OverlayBar) -> None:
    assert bar.opacity.width() == 20 * SPACE
    widths = range(1000, bar.minimumSizeHint().width(), -1)
    width = next(each for each in widths if not says_at(bar, each))
    assert bar.opacity.width() > 10 * SPACE
    sized(bar, width + 1)
    assert says(bar)
    assert bar.opacity.width() <= 6 * SPACE
    assert whole(bar)


def says_at(bar: OverlayBar, width: int) -> bool:
    sized(bar, width)
    return says(bar)


def whole(bar: OverlayBar) -> bool:
    """No button is clipped."""
    return all(
        button.width() >= button.sizeHint().width() and bar.rect().contains(button.geometry())
        for button in bar.findChildren(QToolButton)
    )


@pytest.mark.parametrize("width", [420, 500, 560, 620, 680, 760, 1000])
def test_no_button_is_clipped(bar: OverlayBar, width: int) -> None:
    sized(bar, width)
    assert whole(bar)


def test_the_sample_of_a_line_is_one_object_whoever_asks(bar: OverlayBar) -> None:
    """Qt deletes a Python engine with the last icon that has it; Python would free it again."""
    once = line_icon(SegmentClass.BME)
    bar.show_overlay(Overlay(hidden=frozenset({SegmentClass.BME})))
    bar.show_overlay(Overlay())
    assert line_icon(SegmentClass.BME) is once

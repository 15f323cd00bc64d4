"""The bar above the slice where there is little room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app import theme
from app.state import SeriesFacts, SeriesTab
from app.views.reading_bar import ReadingBar
from hipdesk.records import Contrast, Side
from hipdesk.settings import Theme

FACTS = SeriesFacts("STIR coronal right hip", Contrast.STIR, 24, (4.8, 0.94, 0.94), True)
PAIR = (
    SeriesTab("1.1", "STIR right", (Side.RIGHT,), True),
    SeriesTab("1.2", "STIR left", (Side.LEFT,), False),
)


@pytest.fixture
def bar(qtbot: QtBot, qapp: QApplication) -> ReadingBar:
    theme.apply(qapp, Theme.DARK)
    made = ReadingBar()
    qtbot.addWidget(made)
    made.show_series(FACTS, PAIR)
    made.resize(600, 40)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_with_little_room_the_window_button_gives_way_to_the_series(bar: ReadingBar) -> None:
    words = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    assert bar.presets.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly
    assert bar.presets.accessibleName() == "Window"
    bar.resize(900, 40)
    QApplication.processEvents()
    assert bar.presets.toolButtonStyle() is words
    bar.resize(720, 40)
    assert bar.presets.toolButtonStyle() is not words
    bar.show_series(FACTS, PAIR[:1])
    QApplication.processEvents()
    assert bar.presets.toolButtonStyle() is words


@pytest.mark.parametrize("width", [570, 600, 900])
def test_nothing_in_it_is_clipped_and_the_series_is_told_whole_in_a_tip(
    bar: ReadingBar, width: int
) -> None:
    bar.resize(width, 40)
    QApplication.processEvents()
    for button in (*bar.findChildren(QPushButton), *bar.findChildren(QToolButton)):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width()
            assert bar.rect().contains(button.geometry())
    shown = bar.facts.text() == bar.facts.whole
    assert shown or bar.facts.toolTip() == bar.facts.whole


@pytest.mark.parametrize("width", [600, 650, 900])
def test_contrast_and_spacing_are_told_before_a_long_description(
    bar: ReadingBar, width: int
) -> None:
    bar.show_series(replace(FACTS, description="STIR coronal of a very long name " * 4), PAIR[:1])
    bar.resize(width, 40)
    QApplication.processEvents()
    assert bar.facts.text().startswith("STIR · 24 slices, 0.94 × 0.94 × 4.8 mm")
    assert bar.facts.text().endswith("…")
    assert bar.facts.toolTip() == bar.facts.whole

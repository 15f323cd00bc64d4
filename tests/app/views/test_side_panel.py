"""What stands beside pictures or pages: never narrower than its content."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from app.views.layouts import column
from app.views.side_panel import Beside, SidePanel, beside, left_at, put_back

ROOM = 600
SHORT, LONG = "Per year", "Per year, with the days in between and what they mean"


@pytest.fixture
def words() -> QLabel:
    return QLabel(SHORT)


@pytest.fixture
def parts(qtbot: QtBot, words: QLabel) -> Beside:
    made = beside("page", QWidget(), SidePanel(column(words), 100), 3)
    qtbot.addWidget(made)
    made.resize(ROOM, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_it_grows_with_its_content_while_it_is_shown(
    parts: Beside, words: QLabel, qtbot: QtBot
) -> None:
    words.setText(LONG)
    qtbot.waitUntil(
        lambda: words.visibleRegion().boundingRect().width() >= words.sizeHint().width()
    )
    assert sum(parts.sizes()) + parts.handleWidth() == ROOM


def test_it_grows_with_what_came_while_it_was_hidden(parts: Beside, words: QLabel) -> None:
    parts.hide()
    words.setText(LONG)
    parts.show()
    QApplication.processEvents()
    assert words.visibleRegion().boundingRect().width() >= words.sizeHint().width()


def page(qtbot: QtBot) -> Beside:
    made = beside("page", QWidget(), SidePanel(column(QLabel(SHORT)), 100), 3)
    qtbot.addWidget(made)
    return made


def test_a_border_that_nobody_dragged_is_not_remembered(parts: Beside) -> None:
    assert left_at(parts) == ()
    fresh = parts.sizes()
    put_back(parts, (300, 299))
    assert parts.sizes() == fresh


@pytest.mark.parametrize("width", [500, 900])
def test_a_dragged_panel_is_as_wide_in_another_window(
    parts: Beside, qtbot: QtBot, width: int
) -> None:
    parts.moveSplitter(400, 1)
    assert left_at(parts) == (199,)
    again = page(qtbot)
    put_back(again, left_at(parts))
    again.resize(width, 300)
    again.show()
    qtbot.waitExposed(again)
    assert again.sizes() == [width - 200, 199]
    again.resize(width + 100, 300)
    assert again.sizes() == [width - 100, 199]
    assert left_at(again) == (199,)


def test_other_splitters_are_put_back_once_they_were_seen(qtbot: QtBot) -> None:
    def made() -> QSplitter:
        splitter = QSplitter()
        qtbot.addWidget(splitter)
        splitter.addWidget(QWidget())
        splitter.addWidget(QWidget())
        splitter.resize(ROOM, 300)
        return splitter

    assert left_at(QSplitter()) == ()
    first = made()
    first.show()
    first.setSizes([200, 400])
    second = made()
    put_back(second, left_at(first))
    second.show()
    assert second.sizes() == first.sizes()

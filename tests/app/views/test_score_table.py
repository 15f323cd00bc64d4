"""What stands first beside the figures of both hips."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.state import Scores
from app.views.score_table import CELL_PADDING, LABEL, ROW_PX, ScorePanel
from hipdesk.report import FindingRow
from hipdesk.settings import Theme

ALARM = "The right femoral head was placed on the left side of the body; check the sides."
ROWS = tuple(FindingRow(f"Figure {at}", "", "1", "2", "3") for at in range(12))


def scores(*alarms: str) -> Scores:
    return Scores(ROWS, ("Left hip: no score.",), ("Slices are thick.",), {}, 1.0, alarms)


def test_alarms_stand_above_everything_else(qtbot: QtBot) -> None:
    panel = ScorePanel()
    qtbot.addWidget(panel)
    panel.resize(480, 300)
    panel.show_scores(scores(ALARM))
    panel.show()
    qtbot.waitExposed(panel)
    assert panel.alarms.sentences == (ALARM,)
    assert panel.alarms.isVisible()
    assert panel.alarms.property("ground") == "caution"
    bottom = panel.alarms.geometry().bottom()
    others = (panel.reasons, panel.table, panel.notices)
    assert all(bottom < part.geometry().top() for part in others)
    assert panel.notices.sentences == ("Slices are thick.",)


def test_without_alarms_nothing_is_said(qtbot: QtBot) -> None:
    panel = ScorePanel()
    qtbot.addWidget(panel)
    panel.show_scores(scores(ALARM))
    panel.show_scores(scores())
    assert not panel.alarms.isVisibleTo(panel)
    panel.show_scores(scores(ALARM))
    panel.show_scores(None)
    assert not panel.alarms.isVisibleTo(panel)


@pytest.mark.parametrize("width", [400, 440, 900])
def test_words_of_a_figure_are_whole_in_a_narrow_table(
    qtbot: QtBot, qapp: QApplication, width: int
) -> None:
    theme.apply(qapp, Theme.DARK)
    panel = ScorePanel()
    qtbot.addWidget(panel)
    long = FindingRow("BME within the head, of head volume", "%", "6.5", "0.3", "", main=True)
    band = FindingRow("Band", "", "1 (below 15 %)", "1 (below 15 %)", "")
    panel.show_scores(Scores((long, band), (), (), {}, 1.0))
    panel.resize(width, 400)
    panel.show()
    qtbot.waitExposed(panel)
    table = panel.table
    item = table.item(0, LABEL)
    metrics, room = QFontMetrics(item.font()), table.columnWidth(LABEL) - 2 * CELL_PADDING
    lines = table.rowHeight(0) // metrics.lineSpacing()
    assert metrics.horizontalAdvance(item.text()) <= lines * room
    assert (table.rowHeight(0) > ROW_PX) is (width < 900)
    assert table.height() >= sum(table.rowHeight(at) for at in range(2))
    assert table.rowHeight(1) == ROW_PX


def test_nothing_is_promised_once_the_analysis_was_given_up(qtbot: QtBot) -> None:
    panel = ScorePanel()
    qtbot.addWidget(panel)
    panel.show_scores(None)
    assert "appear here" in panel.waiting_words.text()
    panel.show_given_up(True)
    assert (panel.waiting_title.text(), "appear here" in panel.waiting_words.text()) == (
        "No result",
        False,
    )
    panel.show_given_up(False)
    assert panel.waiting_title.text() == "No result yet"

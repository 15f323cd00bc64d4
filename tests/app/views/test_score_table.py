"""What stands first beside the figures of both hips."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.state import Scores
from app.views.score_table import ScorePanel
from hipdesk.report import FindingRow

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

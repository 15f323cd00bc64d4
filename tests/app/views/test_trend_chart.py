"""The chart: round axes, broken lines, reasons in tips, clicks that name a visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app import theme
from app.state import Measure, Panel, TrendLine, TrendMark, TrendShown
from app.views._trend_layout import Dot, Join
from app.views._trend_scale import SHORTEST_DAYS, day_range, day_ticks, value_ticks
from app.views.trend_chart import TrendChart
from hipdesk.records import Side
from hipdesk.settings import Theme
from hipdesk.timeline import Comparability
from tests.app.views.follow_up_rows import CAUTION, DAYS, REASON, REFUSED, trend
from tests.app.views.golden import rgb


@pytest.fixture
def chart(qtbot: QtBot, qapp: QApplication) -> Iterator[TrendChart]:
    theme.apply(qapp, Theme.DARK)
    made = TrendChart()
    qtbot.addWidget(made)
    made.resize(400, 240)
    made.show_trend(trend())
    made.show()
    yield made
    QToolTip.hideText()


@pytest.fixture
def clicks(chart: TrendChart) -> list[tuple[str, Panel]]:
    told: list[tuple[str, Panel]] = []
    chart.visitChosen.connect(lambda uid, panel: told.append((uid, panel)))
    return told


def dot(chart: TrendChart, side: Side, uid: str) -> Dot:
    return next(d for d in chart.dots if (d.side, d.mark.visit_uid) == (side, uid))


def join(chart: TrendChart, verdict: Comparability) -> Join:
    return next(each for each in chart.joins if each.verdict is verdict)


def shot(chart: TrendChart) -> np.ndarray:
    return rgb(chart.grab().toImage())


# Axes


@pytest.mark.parametrize(
    ("largest", "words"),
    [
        (1.2, ("0.0", "0.5", "1.0", "1.5")),
        (8.0, ("0", "2", "4", "6", "8")),
        (0.0, ("0.00", "0.25", "0.50", "0.75", "1.00")),
        (0.037, ("0.00", "0.01", "0.02", "0.03", "0.04")),
    ],
)
def test_values_are_round_and_begin_at_zero(largest: float, words: tuple[str, ...]) -> None:
    assert tuple(tick.words for tick in value_ticks(largest)) == words


@given(st.floats(1e-6, 1e6))
def test_every_value_fits_on_the_axis(largest: float) -> None:
    ticks = value_ticks(largest)
    assert ticks[0].at == 0
    assert ticks[-1].at >= largest * (1 - 1e-6)
    assert 2 <= len(ticks) <= 6
    assert len({tick.words for tick in ticks}) == len(ticks)


@given(
    first=st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    days=st.integers(0, 20000),
    most=st.integers(1, 8),
)
def test_dates_fit_and_are_told_apart(first: date, days: int, most: int) -> None:
    span = day_range([first, first + timedelta(days)])
    ticks = day_ticks(span, most)
    assert len(ticks) <= most
    assert len({tick.words for tick in ticks}) == len(ticks)
    assert all(span[0] - 1 <= tick.at <= span[1] + 1 for tick in ticks)
    assert span[1] - span[0] >= min(days, SHORTEST_DAYS)


def test_a_year_is_told_in_quarters() -> None:
    span = float(date(2024, 2, 20).toordinal()), float(date(2025, 3, 20).toordinal())
    quarters = ["2024-04", "2024-07", "2024-10", "2025-01"]
    assert [tick.words for tick in day_ticks(span, 4)] == quarters
    assert [tick.words for tick in day_ticks(span, 3)] == ["2024-07", "2025-01"]


def test_both_hips_share_one_scale_from_zero(chart: TrendChart) -> None:
    axes = chart.axes
    assert axes is not None
    assert axes.top == 1.5
    right, left = dot(chart, Side.RIGHT, "v1"), dot(chart, Side.LEFT, "v1")
    per_unit = axes.plot.height() / 1.5
    assert left.at.y() - right.at.y() == pytest.approx((1.2 - 0.2) * per_unit)
    assert axes.y_of(0) == axes.plot.bottom()


# Lines


def test_lines_step_over_a_visit_without_a_score(chart: TrendChart) -> None:
    joins = [each for each in chart.joins if each.side is Side.RIGHT]
    assert [each.days for each in joins] == [(DAYS[0], DAYS[2]), (DAYS[2], DAYS[3])]
    assert joins[0].line.p1() == dot(chart, Side.RIGHT, "v1").at
    assert joins[0].line.p2() == dot(chart, Side.RIGHT, "v3").at


def _ink_along(chart: TrendChart, line: Join, shares: np.ndarray) -> np.ndarray:
    """Brightness at places of a line, away from the marks at its ends."""
    image = shot(chart).max(axis=-1)
    points = [line.line.pointAt(float(share)) for share in shares]
    return np.array(
        [image[round(p.y()) - 1 : round(p.y()) + 2, round(p.x())].max() for p in points]
    )


def test_no_line_is_drawn_where_none_may_be(chart: TrendChart) -> None:
    broken = join(chart, Comparability.NOT_COMPARABLE)
    ink = _ink_along(chart, broken, np.r_[np.linspace(0.2, 0.4, 20), np.linspace(0.6, 0.8, 20)])
    assert (ink < 80).mean() > 0.85  # a grid line may be crossed
    assert _ink_along(chart, broken, np.linspace(0.46, 0.54, 9)).max() > 150  # the gap's mark


def test_a_line_with_caution_is_dashed_and_marked(chart: TrendChart) -> None:
    line = join(chart, Comparability.WITH_CAUTION)
    ink = _ink_along(chart, line, np.linspace(0.1, 0.4, 60)) > 120
    assert 0.2 < ink.mean() < 0.9
    assert np.count_nonzero(np.diff(ink.astype(int))) >= 4


def test_a_line_between_comparable_visits_is_whole(chart: TrendChart) -> None:
    marks = tuple(
        TrendMark(uid, day, value) for uid, day, value in zip("ab", DAYS, (1.0, 0.5), strict=False)
    )
    joined = ((Comparability.COMPARABLE, ()),)
    line = TrendLine(Side.RIGHT, marks, joined)
    chart.show_trend(TrendShown(Measure.U_MEAN, (line,), ()))
    whole = join(chart, Comparability.COMPARABLE)
    assert (_ink_along(chart, whole, np.linspace(0.1, 0.9, 60)) > 120).all()
    assert chart.tip_at(whole.line.center()) == ""


def test_marks_of_an_empty_patient_are_no_crash(chart: TrendChart) -> None:
    chart.show_trend(TrendShown(Measure.BME_ML, (TrendLine(Side.RIGHT, (), ()),), ()))
    chart.grab()
    assert chart.dots == ()


# Tips


def test_tips_say_value_and_acceptance(chart: TrendChart) -> None:
    assert (
        chart.tip_at(dot(chart, Side.RIGHT, "v4").at) == "2025-03-03, Right hip: 0.400 (accepted)."
    )
    told = chart.tip_at(dot(chart, Side.LEFT, "v1").at)
    assert told == "2024-03-04, Left hip: 0.200 (not accepted by a reader)."


def test_a_visit_without_a_score_is_a_cross_on_the_axis_with_its_reason(chart: TrendChart) -> None:
    axes = chart.axes
    right, left = (dot(chart, side, "v2") for side in Side)
    assert axes is not None
    assert right.at.y() == left.at.y() == axes.plot.bottom()
    assert right.at != left.at
    assert chart.tip_at(right.at) == f"2024-05-27, Right hip: no score, because {REASON}."
    assert chart.tip_at(left.at).startswith("2024-05-27, Left hip")


def test_a_gap_says_all_its_reasons(chart: TrendChart) -> None:
    told = chart.tip_at(join(chart, Comparability.NOT_COMPARABLE).line.center()).split("\n")
    assert told == ["Not comparable, Right hip, 2024-08-19 to 2025-03-03:", REFUSED, CAUTION]
    told = chart.tip_at(join(chart, Comparability.WITH_CAUTION).line.pointAt(0.3)).split("\n")
    assert told == ["Compare with caution, Right hip, 2024-03-04 to 2024-08-19:", CAUTION]
    assert chart.tip_at(QPointF(1, 1)) == ""


def test_the_tip_is_shown(chart: TrendChart, qtbot: QtBot) -> None:
    at = dot(chart, Side.RIGHT, "v4").at.toPoint()
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, chart.mapToGlobal(at))
    QApplication.sendEvent(chart, event)
    assert QToolTip.text().startswith("2025-03-03")


def test_screen_readers_get_it_all(chart: TrendChart) -> None:
    told = chart.accessibleDescription()
    for words in (REASON, REFUSED, CAUTION, "0.400 (accepted)"):
        assert words in told
    assert chart.accessibleName() == "UNet-score per slice, U/n"
    chart.show_trend(trend(Measure.BME_ML))
    assert chart.accessibleName() == "BME volume, mL"
    assert "0.4 mL" in chart.accessibleDescription()


# Hands


def test_a_click_puts_a_visit_on_the_right_with_shift_on_the_left(
    chart: TrendChart, clicks: list[tuple[str, Panel]], qtbot: QtBot
) -> None:
    at = dot(chart, Side.RIGHT, "v3").at.toPoint() + QPoint(4, 3)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=at)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, shift, at)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    qtbot.mouseClick(chart, Qt.MouseButton.RightButton, pos=at)
    assert clicks == [("v3", Panel.LATER), ("v3", Panel.EARLIER)]


def test_the_hand_points_at_marks_only(chart: TrendChart, qtbot: QtBot) -> None:
    qtbot.mouseMove(chart, dot(chart, Side.RIGHT, "v3").at.toPoint())
    qtbot.waitUntil(lambda: chart.cursor().shape() == Qt.CursorShape.PointingHandCursor)
    qtbot.mouseMove(chart, QPoint(3, 3))
    qtbot.waitUntil(lambda: chart.cursor().shape() == Qt.CursorShape.ArrowCursor)


def test_setters_are_silent_and_the_chosen_hip_is_strong(
    chart: TrendChart, clicks: list[tuple[str, Panel]]
) -> None:
    right = shot(chart)
    chart.show_side(Side.LEFT)
    assert (shot(chart) != right).any()
    chart.show_side(Side.RIGHT)
    chart.show_trend(trend())
    assert (shot(chart) == right).all()
    assert not clicks


def test_the_visits_in_the_panels_are_marked(chart: TrendChart) -> None:
    bare = shot(chart)
    chart.show_pair("v3", "v4")
    marked = shot(chart)
    columns = np.nonzero((bare != marked).any(axis=(0, 2)))[0]
    axes = chart.axes
    assert axes is not None
    for day in DAYS[2:]:
        assert np.abs(columns - axes.x_of(day.toordinal())).min() <= 1


def test_the_theme_is_followed(chart: TrendChart, qapp: QApplication) -> None:
    dark = shot(chart).mean()
    theme.apply(qapp, Theme.LIGHT)
    assert shot(chart).mean() > dark + 50
    theme.apply(qapp, Theme.DARK)

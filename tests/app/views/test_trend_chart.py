"""The chart: days in words that fit, broken lines, reasons in tips, clicks that name a visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyqtgraph import InfiniteLine
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app import theme
from app.state import Measure, Panel, TrendLine, TrendMark, TrendShown
from app.views._trend_layout import Dot, Join, dots_of, joins_of, next_months, seconds_of
from app.views._trend_plot import SHORTEST, still_plot
from app.views.trend_chart import TrendChart
from hipdesk.records import Side
from hipdesk.settings import Theme
from hipdesk.timeline import Comparability
from tests.app.views.follow_up_rows import CAUTION, DAYS, REASON, REFUSED, trend
from tests.app.views.golden import rgb

YEAR = 365.25 * 86400


@pytest.fixture
def chart(qtbot: QtBot, qapp: QApplication) -> Iterator[TrendChart]:
    theme.apply(qapp, Theme.DARK)
    made = TrendChart()
    qtbot.addWidget(made)
    made.resize(400, 240)
    made.show_trend(trend())
    made.show()
    qtbot.waitExposed(made)
    yield made
    QToolTip.hideText()


@pytest.fixture
def clicks(chart: TrendChart) -> list[tuple[str, Panel]]:
    told: list[tuple[str, Panel]] = []
    chart.visitChosen.connect(lambda uid, panel: told.append((uid, panel)))
    return told


def dot(chart: TrendChart, side: Side, uid: str) -> Dot:
    return next(d for d in chart.dots if (d.side, d.mark.visit_uid) == (side, uid))


def join(verdict: Comparability, shown: TrendShown | None = None) -> Join:
    joins = joins_of(shown or trend(), Side.RIGHT)
    return next(each for each in joins if each.verdict is verdict)


def along(chart: TrendChart, line: Join, share: float) -> QPointF:
    """A pixel on the way from one end to the other."""
    first, last = line.ends
    return chart.pixel_of(first + share * (last - first))


def shot(chart: TrendChart) -> np.ndarray:
    return rgb(chart.grab().toImage())


# What is drawn where


def test_it_is_drawn_when_it_comes_into_sight(chart: TrendChart) -> None:
    shown = shot(chart)
    chart.hide()
    chart.show_trend(TrendShown(Measure.BME_ML, (), ()))
    chart.show_side(Side.LEFT)
    drawn = list(chart._box.addedItems)
    chart.show_trend(trend())
    chart.show_side(Side.RIGHT)
    chart.show_pair(None, None)
    assert list(chart._box.addedItems) == drawn
    chart.show()
    assert list(chart._box.addedItems) != drawn
    assert np.array_equal(shot(chart), shown)


def test_marks_lie_on_their_days_and_the_chosen_hip_on_top() -> None:
    dots = dots_of(trend(), Side.RIGHT, beside=5.0)
    assert [(dot.side, dot.mark.visit_uid) for dot in dots] == [
        (Side.LEFT, "v1"),
        (Side.LEFT, "v2"),
        *((Side.RIGHT, uid) for uid in ("v1", "v2", "v3", "v4")),
    ]
    days = [datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() for day in DAYS]
    assert [dot.at.toTuple() for dot in dots[2:]] == list(
        zip(days, (1.2, 0, 0.8, 0.4), strict=True)
    )
    assert dots[1].at.toTuple() == (days[1] + 5.0, 0)


def test_a_mark_without_a_value_steps_aside_only_for_another() -> None:
    line = TrendLine(Side.LEFT, (TrendMark("a", DAYS[0], None, REASON),), ())
    (dot,) = dots_of(TrendShown(Measure.U_MEAN, (line,), ()), Side.RIGHT, beside=5.0)
    assert dot.at.x() == seconds_of(DAYS[0])


def test_lines_step_over_a_visit_without_a_score() -> None:
    joins = joins_of(trend(), Side.RIGHT)
    assert [each.days for each in joins] == [(DAYS[0], DAYS[2]), (DAYS[2], DAYS[3])]
    assert joins[0].ends[1] == joins[1].ends[0] == QPointF(seconds_of(DAYS[2]), 0.8)
    assert joins[0].middle.y() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2024, 2, 20), 3, date(2024, 4, 1)),
        (date(2024, 4, 1), 3, date(2024, 7, 1)),
        (date(2024, 12, 1), 1, date(2025, 1, 1)),
        (date(2024, 12, 31), 12, date(2025, 1, 1)),
        (date(1969, 5, 5), 24, date(1970, 1, 1)),
    ],
)
def test_months_are_counted_from_january(day: date, months: int, wanted: date) -> None:
    assert next_months(seconds_of(day), months) == seconds_of(wanted)


def words_on(first: float, span: float, width: int) -> tuple[list[float], list[str]]:
    """Where an axis of dates has words, and which."""
    theme.load_fonts()
    axis = still_plot().dates
    axis.fontMetrics = QFontMetrics(theme.font(theme.SMALL_PX))
    ((spacing, ticks),) = axis.tickValues(first, first + span, width)
    return ticks, axis.tickStrings(ticks, 1, spacing)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.floats(-20 * YEAR, 130 * YEAR),
    span=st.floats(SHORTEST, 60 * YEAR),
    width=st.integers(200, 900),
)
def test_dates_fit_and_are_told_apart(
    qapp: QApplication, first: float, span: float, width: int
) -> None:
    ticks, words = words_on(first, span, width)
    metrics = QFontMetrics(theme.font(theme.SMALL_PX))
    assert words
    assert len(set(words)) == len(words)
    assert all(first <= tick <= first + span for tick in ticks)
    between = np.diff(ticks) * width / span
    assert (between > metrics.horizontalAdvance(words[0])).all()


@pytest.mark.parametrize(
    ("first", "last", "width", "wanted"),
    [
        (date(2025, 2, 24), date(2025, 3, 10), 340, ["2025-02-27", "2025-03-06"]),
        (date(2024, 2, 20), date(2025, 3, 20), 300, ["2024-07", "2025-01"]),
        (date(2024, 2, 20), date(2025, 3, 20), 600, ["2024-04", "2024-07", "2024-10", "2025-01"]),
        (date(2015, 1, 10), date(2024, 6, 1), 340, ["2016", "2018", "2020", "2022", "2024"]),
    ],
)
def test_dates_are_round_and_iso(
    qapp: QApplication, first: date, last: date, width: int, wanted: list[str]
) -> None:
    begin = seconds_of(first)
    assert words_on(begin, seconds_of(last) - begin, width)[1] == wanted


def test_both_hips_share_one_scale_from_zero(chart: TrendChart) -> None:
    right, left = (dot(chart, side, "v1").at.y() for side in (Side.RIGHT, Side.LEFT))
    zero = chart.pixel_of(QPointF(0.0, 0.0)).y()
    assert (zero - right) / (zero - left) == pytest.approx(1.2 / 0.2)
    assert dot(chart, Side.RIGHT, "v2").at.y() == pytest.approx(zero)


# Lines


def _ink_along(chart: TrendChart, line: Join, shares: np.ndarray) -> np.ndarray:
    """Brightness at places of a line, away from the marks at its ends."""
    image = shot(chart).max(axis=-1)
    points = [along(chart, line, float(share)) for share in shares]
    return np.array(
        [image[round(p.y()) - 1 : round(p.y()) + 2, round(p.x())].max() for p in points]
    )


def test_no_line_is_drawn_where_none_may_be(chart: TrendChart) -> None:
    broken = join(Comparability.NOT_COMPARABLE)
    ink = _ink_along(chart, broken, np.r_[np.linspace(0.2, 0.4, 20), np.linspace(0.6, 0.8, 20)])
    assert (ink < 80).mean() > 0.85  # a grid line may be crossed
    assert _ink_along(chart, broken, np.linspace(0.46, 0.54, 9)).max() > 150  # the gap's mark


def test_a_line_with_caution_is_dashed_and_marked(chart: TrendChart) -> None:
    line = join(Comparability.WITH_CAUTION)
    ink = _ink_along(chart, line, np.linspace(0.1, 0.4, 60)) > 120
    assert 0.2 < ink.mean() < 0.9
    assert np.count_nonzero(np.diff(ink.astype(int))) >= 4


def test_a_line_between_comparable_visits_is_whole(chart: TrendChart) -> None:
    marks = tuple(
        TrendMark(uid, day, value) for uid, day, value in zip("ab", DAYS, (1.0, 0.5), strict=False)
    )
    joined = ((Comparability.COMPARABLE, ()),)
    line = TrendLine(Side.RIGHT, marks, joined)
    shown = TrendShown(Measure.U_MEAN, (line,), ())
    chart.show_trend(shown)
    whole = join(Comparability.COMPARABLE, shown)
    assert (_ink_along(chart, whole, np.linspace(0.1, 0.9, 60)) > 120).all()
    assert chart.tip_at(along(chart, whole, 0.5)) == ""


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
    right, left = (dot(chart, side, "v2") for side in (Side.RIGHT, Side.LEFT))
    assert right.at.y() == left.at.y()
    assert left.at.x() - right.at.x() == pytest.approx(15, abs=0.5)
    assert chart.tip_at(right.at) == f"2024-05-27, Right hip: no score, because {REASON}."
    assert chart.tip_at(left.at).startswith("2024-05-27, Left hip")


def test_a_gap_says_all_its_reasons(chart: TrendChart) -> None:
    told = chart.tip_at(along(chart, join(Comparability.NOT_COMPARABLE), 0.5)).split("\n")
    assert told == ["Not comparable, Right hip, 2024-08-19 to 2025-03-03:", REFUSED, CAUTION]
    told = chart.tip_at(along(chart, join(Comparability.WITH_CAUTION), 0.3)).split("\n")
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


def test_nothing_can_be_dragged_or_opened(chart: TrendChart, qtbot: QtBot) -> None:
    before = shot(chart)
    assert chart.childAt(chart.rect().center()) is None  # all gestures are the chart's own
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(200, 120))
    qtbot.mouseMove(chart, QPoint(260, 80))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(260, 80))
    qtbot.mouseClick(chart, Qt.MouseButton.RightButton, pos=QPoint(200, 120))
    assert QApplication.activePopupWidget() is None
    assert (shot(chart) == before).all()


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
    for day in DAYS[2:]:
        assert np.abs(columns - chart.pixel_of(QPointF(seconds_of(day), 0.0)).x()).min() <= 1


@pytest.mark.parametrize("pair", [("v1", "v2"), ("v1", "v4"), ("v3", "v4"), ("v4", "v3")])
def test_the_names_of_the_panels_stay_inside_and_apart(
    chart: TrendChart, pair: tuple[str, str]
) -> None:
    chart.resize(200, 220)
    chart.show_pair(*pair)
    QApplication.processEvents()
    lines = [each for each in chart._box.addedItems if isinstance(each, InfiniteLine)]
    first, last = (line.label.sceneBoundingRect() for line in lines)
    assert first.left() >= -1
    assert last.right() <= chart.width() + 1
    assert not first.adjusted(4, 0, -4, 0).intersects(last.adjusted(4, 0, -4, 0))


def test_the_theme_is_followed(chart: TrendChart, qapp: QApplication) -> None:
    dark = shot(chart).mean()
    theme.apply(qapp, Theme.LIGHT)
    assert shot(chart).mean() > dark + 50
    theme.apply(qapp, Theme.DARK)


def with_noise(noise: float | None) -> TrendShown:
    """The same, with the noise of the right hip."""
    right, left = trend().lines
    marks = tuple(replace(mark, noise=noise) for mark in right.marks)
    return replace(trend(), lines=(replace(right, marks=marks), left))


def test_the_band_lies_about_the_earlier_visit_of_the_chosen_hip(chart: TrendChart) -> None:
    """v3 is 0.8; a change of 0.25 is not told from noise."""
    assert chart.band is None
    plain = shot(chart)
    chart.show_trend(with_noise(0.25))
    assert chart.band is None
    chart.show_pair("v3", "v4")
    assert chart.band == pytest.approx((0.55, 1.05))
    at = chart.pixel_of(QPointF(seconds_of(DAYS[3]) - YEAR / 12, 0.7)).toPoint()
    outside = chart.pixel_of(QPointF(seconds_of(DAYS[3]) - YEAR / 12, 0.3)).toPoint()
    drawn = shot(chart)
    assert tuple(drawn[at.y(), at.x()]) != tuple(plain[at.y(), at.x()])
    assert tuple(drawn[outside.y(), outside.x()]) == tuple(plain[outside.y(), outside.x()])
    chart.show_trend(with_noise(1.0))
    assert chart.band == pytest.approx((0.0, 1.8))
    chart.show_pair("v2", "v4")
    assert chart.band is None
    chart.show_pair("v3", "v4")
    chart.show_side(Side.LEFT)
    assert chart.band is None


def test_the_band_comes_and_goes_in_many_charts(chart: TrendChart, qtbot: QtBot) -> None:
    """Bands that were freed were painted once more, and ended the program."""
    for _ in range(30):
        other = TrendChart()
        qtbot.addWidget(other)
        other.resize(420, 260)
        other.show_trend(with_noise(0.25))
        other.show()
        for uid in ("v3", "v2", "v3"):
            other.show_pair(uid, "v4")
            QApplication.processEvents()
        other.show_side(Side.LEFT)
        QApplication.processEvents()
        assert other.band is None
        other.hide()

"""Index and treatments under the chart: one axis of dates, nothing on anything, all of it told."""

from __future__ import annotations

import time
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.clinical_state import ClinicalTrendShown, clinical_trend_of
from app.state import Measure, TrendShown
from app.views import clinical_strip
from app.views._strip_layout import PLOT, StripAxis, StripLayout, laid_out
from app.views.follow_up_view import FollowUpView
from hipdesk.clinical import ClinicalFacts, Crp, CrpUnit
from hipdesk.clinical_trend import IndexChange, IndexLine, IndexPoint, Plotted
from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.records import Side
from tests.app.views.clinical_rows import history
from tests.app.views.follow_up_rows import CHOICES, DAYS, trend
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, staged


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, told: Recorder) -> FollowUpView:
    dark()
    return staged(qtbot, FollowUpView(), told, (1366, 720), fill)


def fill(view: FollowUpView) -> None:
    view.show_gap(None)
    view.show_visits(CHOICES, "v3", "v4")
    view.show_side(Side.RIGHT)
    view.show_trend(trend())
    view.show_clinical_trend(clinical_trend_of(history(), Plotted.ASDAS_CRP))


def drawn(view: FollowUpView, plotted: Plotted) -> None:
    view.show_clinical_trend(clinical_trend_of(history(), plotted))
    QApplication.processEvents()


def test_points_stand_below_the_marks_of_their_visits(view: FollowUpView) -> None:
    strip, chart = view.clinical_trend.strip, view.chart
    below = [dot.at.x() for dot in strip.dots]
    marks = {dot.mark.day: dot.at.x() for dot in chart.dots if dot.side is Side.RIGHT}
    assert below == pytest.approx([marks[day] for day in DAYS], abs=0.5)
    assert strip.mapTo(view, strip.rect().topLeft()).x() == pytest.approx(
        chart.mapTo(view, chart.rect().topLeft()).x()
    )


@pytest.mark.parametrize("wide", [1366, 2560])
def test_no_label_lies_on_another(view: FollowUpView, wide: int) -> None:
    view.resize(wide, 1300)
    for plotted in Plotted:
        drawn(view, plotted)
        strip = view.clinical_trend.strip
        boxes = [box for box, _ in (*strip.value_labels, *strip.band_labels)]
        assert boxes
        assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
        assert all(box.left() >= 0 and box.right() <= strip.width() for box in boxes)
        assert strip.height() >= strip.sizeHint().height()
    for one, other in combinations((place for _, place in strip.bars), 2):
        if one.lane == other.lane:
            assert one.extent[1] < other.extent[0] or other.extent[1] < one.extent[0]


def test_states_and_classes_of_asdas_are_named(view: FollowUpView) -> None:
    strip = view.clinical_trend.strip
    named = [words for _, words in strip.band_labels]
    assert {"inactive disease", "high activity", "very high activity"} <= set(named)
    assert "no important change" in view.clinical_trend.said.text()
    dot = strip.dots[1]
    assert strip.tip_at(dot.at) == (
        "2024-05-27 · ASDAS-CRP 3.295 · high activity\n\N{MINUS SIGN}1.289 since 2024-03-04 · "
        "clinically important improvement"
    )


def test_treatments_are_named_with_their_dates(view: FollowUpView) -> None:
    strip = view.clinical_trend.strip
    shown = {bar.label: place for bar, place in strip.bars}
    assert list(shown) == [
        "Celecoxib 200 mg, 2022 – 2024-06",
        "Sulfasalazine, 2023-10 – 2024-03",
        "Adalimumab 40 mg / 14 d, 2024-03-11 –",
        "Triamcinolone (R), 2024-06-03",
    ]
    begun = shown["Adalimumab 40 mg / 14 d, 2024-03-11 –"]
    assert begun.left == pytest.approx(view.chart.across(date(2024, 3, 11)))
    assert begun.right == pytest.approx(view.chart.span[1])
    at = QPointF(begun.left + 5, strip._top + begun.lane * 24 + 10)
    assert strip.tip_at(at) == "Adalimumab 40 mg / 14 d, 2024-03-11 –"
    assert "Triamcinolone (R), 2024-06-03" in strip.accessibleDescription()


def test_an_index_is_chosen(view: FollowUpView, told: Recorder) -> None:
    choice = view.clinical_trend.choice
    names = [choice.itemText(at) for at in range(choice.count())]
    assert names[:5] == ["ASDAS-CRP", "ASDAS-ESR", "BASDAI", "BASFI", "CRP (mg/L)"]
    choice.setCurrentIndex(names.index("BASDAI"))
    choice.activated.emit(names.index("BASDAI"))
    assert told.told == [("choose_index", Plotted.BASDAI)]


def test_per_hip_indices_follow_the_chosen_hip(view: FollowUpView) -> None:
    drawn(view, Plotted.PAIN)
    assert view.clinical_trend.said.text().startswith("2025-03-03 · Right · Hip pain, VAS 2.0")
    view.show_side(Side.LEFT)
    assert view.clinical_trend.said.text().startswith("2025-03-03 · Left · Hip pain, VAS 1.0")


def test_days_without_a_score_are_on_the_axis(view: FollowUpView) -> None:
    only = clinical_trend_of(history(), Plotted.CRP)
    view.show_trend(TrendShown(Measure.U_MEAN, (), ()))
    view.show_clinical_trend(only)
    QApplication.processEvents()
    assert view.chart.days == (DAYS[0], DAYS[-1])


def test_nothing_is_shown_where_nothing_is_recorded(view: FollowUpView) -> None:
    view.show_clinical_trend(ClinicalTrendShown())
    assert not view.clinical_trend.isVisible()
    drugs = ClinicalHistory(treatments=history().treatments)
    view.show_clinical_trend(clinical_trend_of(drugs, Plotted.CRP))
    assert view.clinical_trend.isVisible()
    assert not view.clinical_trend.choice.isVisible()
    assert view.clinical_trend.strip.value_labels == ()


def test_an_index_without_points_gives_way() -> None:
    drugs = ClinicalHistory(visits=history().visits)
    assert clinical_trend_of(drugs, Plotted.HIMRISS).plotted is Plotted.HIMRISS
    assert clinical_trend_of(ClinicalHistory(), Plotted.HIMRISS).plotted is None


def test_words_follow_the_language(view: FollowUpView) -> None:
    QApplication.sendEvent(view.clinical_trend, QEvent(QEvent.Type.LanguageChange))
    assert view.clinical_trend.choice.currentData() == "asdas_crp"


# Many dates

BEGUN = date(2015, 1, 1)
LEFT_PX, RIGHT_PX = 40.0, 440.0


def often(days: int) -> ClinicalHistory:
    """CRP on so many days running: up and down between 5 and 21, and once 60."""
    figures = [5.0 + 4.0 * (n * n % 5) for n in range(days)]
    figures[days // 2] = 60.0
    return ClinicalHistory(
        tuple(
            ClinicalVisit(
                f"c{n}", BEGUN + timedelta(n), ClinicalFacts(crp=Crp(figure, CrpUnit.MG_PER_L))
            )
            for n, figure in enumerate(figures)
        )
    )


def laid(shown: ClinicalTrendShown) -> StripLayout:
    """On an axis of 400 pixels."""
    first, last = shown.days[0], shown.days[-1]
    pace = (RIGHT_PX - LEFT_PX) / (last - first).days
    axis = StripAxis(
        LEFT_PX, RIGHT_PX, first, last, lambda day: LEFT_PX + pace * (day - first).days
    )
    return laid_out(shown, Side.RIGHT, axis)


def test_the_work_of_laying_out_grows_with_the_points_and_no_faster(view: FollowUpView) -> None:
    def spent(days: int) -> float:
        shown = clinical_trend_of(often(days), Plotted.CRP)
        begun = time.thread_time()
        laid(shown)
        return time.thread_time() - begun

    few = min(spent(200) for _ in range(3))
    assert spent(2000) < 30 * few


def test_drawing_again_lays_nothing_out(
    view: FollowUpView, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def counted(*given: object) -> StripLayout:
        done.append(given)
        return laid_out(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(clinical_strip, "laid_out", counted)
    view.show_clinical_trend(clinical_trend_of(often(2000), Plotted.CRP))
    QApplication.processEvents()
    strip, before = view.clinical_trend.strip, len(done)
    assert before > 0
    for _ in range(3):
        strip.repaint()
        assert strip.tip_at(strip.dots[0].at).startswith("2015-01-01 · CRP 5.0 mg/L")
        assert strip.value_labels
    assert len(done) == before
    view.show_side(Side.LEFT)
    strip.repaint()
    assert len(done) == before + 1


def test_few_points_have_all_their_figures(view: FollowUpView) -> None:
    drawn(view, Plotted.CRP)
    strip = view.clinical_trend.strip
    assert [words for _, words in strip.value_labels] == ["<3.0", "4.0", "12.0", "28.0"]
    for (box, _), dot in zip(strip.value_labels, reversed(strip.dots), strict=True):
        assert abs(box.center().y() - dot.at.y()) < 20
        assert box.left() - 5 <= dot.at.x() <= box.right() + 5


@pytest.mark.parametrize("days", [60, 200, 2000])
def test_of_many_points_the_greatest_change_has_its_figure(view: FollowUpView, days: int) -> None:
    found = laid(clinical_trend_of(often(days), Plotted.CRP))
    boxes = [box for box, _ in found.value_labels]
    assert "60.0" in [words for _, words in found.value_labels]
    assert sum(box.width() for box in boxes) <= RIGHT_PX - LEFT_PX
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    assert all(box.top() >= 0 and box.bottom() <= PLOT for box in boxes)
    covered = [dot.at for run in found.runs for dot in run.dots]
    assert not any(box.contains(at) for box in boxes for at in covered)


def test_points_in_one_column_of_pixels_are_thinned_out_but_never_a_peak(
    view: FollowUpView,
) -> None:
    found = laid(clinical_trend_of(often(2000), Plotted.CRP))
    (run,) = found.runs
    assert len(found.dots) == 2000
    assert len(run.dots) <= 4 * (RIGHT_PX - LEFT_PX + 1)
    assert {dot.point.value for dot in run.dots} >= {5.0, 21.0, 60.0}
    assert (run.dots[0], run.dots[-1]) == (found.dots[0], found.dots[-1])
    assert len(run.joints) == len(run.dots) - 1
    (seldom,) = laid(clinical_trend_of(often(60), Plotted.CRP)).runs
    assert len(seldom.dots) == 60


def test_thinning_out_joins_nothing_that_is_not_joined(view: FollowUpView) -> None:
    points = tuple(
        IndexPoint(f"c{n}", BEGUN + timedelta(n), 10.0 if n == 0 else 5.0) for n in range(4000)
    )
    changes = tuple(
        IndexChange(one, other, at != 2, None) for at, (one, other) in enumerate(pairwise(points))
    )
    line = IndexLine(Side.RIGHT, points, changes)
    days = tuple(point.day for point in points)
    shown = ClinicalTrendShown((Plotted.HIMRISS,), Plotted.HIMRISS, (line,), (), days)
    (run,) = laid(shown).runs
    assert len(run.joints) == len(run.dots) - 2


def test_many_points_are_small_and_few_are_not(view: FollowUpView) -> None:
    reaches = [laid(clinical_trend_of(often(n), Plotted.CRP)).runs[0].reach for n in (4, 60, 2000)]
    assert reaches == [4.0, pytest.approx(400 / 120), 1.5]


def test_points_of_one_day_alone_stand_at_that_day(view: FollowUpView) -> None:
    shown = clinical_trend_of(often(1), Plotted.CRP)
    found = laid_out(shown, Side.RIGHT, StripAxis(40.0, 440.0, BEGUN, BEGUN, lambda _day: 240.0))
    assert [dot.at.x() for dot in found.dots] == [240.0]
    assert [words for _, words in found.value_labels] == ["60.0"]

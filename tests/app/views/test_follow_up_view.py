"""The follow-up: two visits linked, each gesture told once, gaps that say what to do."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTranslator
from PySide6.QtGui import QFontMetrics, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import theme
from app.state import Comparison, Drawing, FollowUpGap, Link, Measure, Overlay, Panel
from app.views._canvas_geometry import Sight
from app.views.comparison_table import LABEL_ROOM
from app.views.follow_up_view import FITTED_MM, FollowUpView
from app.views.place_words import direction_words, normal_axis, offset_words, short_offset_words
from app.views.visit_panel import neighbour, within
from hipdesk.records import SegmentClass, Side
from hipdesk.settings import Theme
from hipdesk.timeline import Comparability
from tests.app.views.follow_up_rows import (
    CAUTION,
    CHOICES,
    LINK,
    LONG,
    MOVED,
    NOISE,
    comparison,
    shown,
    trend,
)
from tests.app.views.golden import rgb
from tests.app.views.pictures import PIXEL_MM, picture
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, primaries, staged, words_of

CORONAL = ("H", "F", "R", "L")


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, told: Recorder) -> FollowUpView:
    dark()
    return staged(qtbot, FollowUpView(), told, (1366, 660), fill)


def fill(view: FollowUpView) -> None:
    view.show_gap(None)
    view.show_visits(CHOICES, "v3", "v4")
    view.show_side(Side.RIGHT)
    view.show_trend(trend())
    view.show_panel(Panel.EARLIER, shown("v3", offset_mm=3.5))
    view.show_panel(Panel.LATER, shown("v4"))
    view.show_link(LINK, True)
    view.show_overlay(Overlay())
    view.show_comparison(comparison())


def wheel(widget: QWidget, notches: int) -> None:
    at = QPointF(widget.width() / 2, widget.height() / 2)
    event = QWheelEvent(
        at,
        widget.mapToGlobal(at),
        QPoint(),
        QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


# Where a slice lies


@pytest.mark.parametrize(
    ("edges", "mm", "words"),
    [
        (CORONAL, 12.0, "12.0 mm posterior of the head centre"),
        (CORONAL, -4.04, "4.0 mm anterior of the head centre"),
        (("A", "P", "R", "L"), 3.0, "3.0 mm superior of the head centre"),
        (("H", "F", "A", "P"), -3.0, "3.0 mm to the patient's right of the head centre"),
        (CORONAL, 0.01, "through the head centre"),
        (None, -2.0, "\N{MINUS SIGN}2.0 mm from the head centre"),
    ],
)
def test_offsets_are_told_as_doctors_do(
    edges: tuple[str, str, str, str] | None, mm: float, words: str
) -> None:
    assert offset_words(mm, edges) == words
    assert short_offset_words(mm, edges) == words.replace(" of the head centre", "").replace(
        "the patient's", "the"
    )


def test_the_normal_is_what_the_edges_leave_out() -> None:
    assert normal_axis(CORONAL) == "AP"
    assert normal_axis(("", "", "", "")) == ""
    assert direction_words(CORONAL) == ("anterior", "posterior")


# What is shown


def test_each_panel_shows_its_visit(view: FollowUpView) -> None:
    earlier, later = view.panels[Panel.EARLIER], view.panels[Panel.LATER]
    assert earlier.x() < later.x()
    assert earlier.visits.currentText() == "2024-08-19 · STIR"
    assert later.visits.currentText() == "2025-03-03 · STIR"
    assert later.canvas.accessibleDescription() == (
        "2025-03-03, Right hip, 4.0 mm posterior of the head centre"
    )
    assert "3.5 mm posterior" in earlier.canvas.accessibleDescription()
    for panel in view.panels.values():
        assert panel.canvas.sight == Sight(10.0, 12.0, 40.0)
        assert panel.canvas.window_levels == (500.0, 1000.0)
        assert panel.canvas.edges == CORONAL


def test_sentences_verdict_and_figures_are_read(view: FollowUpView) -> None:
    said = words_of(view)
    for words in (NOISE, "Compare with caution", CAUTION, "196 days apart"):
        assert words in said
    head, first, second = view.table.cells
    assert head == ("", "Earlier", "Later", "Change", "Percent", "Per year")
    assert first == ("U per slice, U/n", "0.800", "0.400", *MOVED)
    assert second == ("BME volume, mL", "\N{EM DASH}", "3.1", "", "", "")
    table = view.table
    assert table.accessibleDescription().startswith("U per slice, U/n: Earlier 0.800, Later 0.400")
    assert [table._labels[at, 0].height() for at in (1, 2)] == 2 * [table._labels[1, 1].height()]
    for judging in ("better", "worse", "improve", "progress", "severe"):
        assert judging not in said.lower()


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Comparability.COMPARABLE, "Comparable"),
        (Comparability.NOT_COMPARABLE, "Not comparable, so no change is given"),
        (None, "No comparison: not both visits have a score of this hip"),
    ],
)
def test_the_verdict_is_in_words(
    view: FollowUpView, verdict: Comparability | None, words: str
) -> None:
    view.show_comparison(comparison(verdict))
    assert view.table.verdict.text() == words


def test_changes_can_be_asked_for_where_they_are_not_given(
    view: FollowUpView, told: Recorder
) -> None:
    refused = replace(comparison(Comparability.NOT_COMPARABLE), askable=True)
    view.show_comparison(refused)
    assert view.table.ask.isVisible()
    view.table.ask.click()
    assert told.told[-1] == ("ask_change",)
    view.show_comparison(replace(refused, askable=False, forced=True))
    assert not view.table.ask.isVisible()
    assert view.table.verdict.text() == (
        "Not comparable; the changes are given because you asked for them"
    )


def test_two_scans_of_an_unchanged_hip_are_named(view: FollowUpView, told: Recorder) -> None:
    view.show_comparison(comparison())
    assert not view.table.repeat.isVisible()
    view.show_comparison(replace(comparison(), repeat=False))
    assert (view.table.repeat.isVisible(), view.table.repeat.isChecked()) == (True, False)
    view.table.repeat.click()
    assert told.told[-1] == ("name_repeat", True)
    view.show_comparison(replace(comparison(), repeat=True))
    view.table.repeat.click()
    assert told.told[-1] == ("name_repeat", False)


def test_another_analysis_is_offered_where_models_differ(
    view: FollowUpView, told: Recorder
) -> None:
    assert not view.again.isVisible()
    view.show_trend(replace(trend(), mixed=True))
    assert view.again.isVisible()
    view.again.click()
    assert told.told[-1] == ("reanalyse",)


def test_a_panel_without_a_picture_says_why(view: FollowUpView) -> None:
    panel = view.panels[Panel.EARLIER]
    bare = replace(shown("v3"), picture=None, reason="this visit has no slice here")
    view.show_panel(Panel.EARLIER, bare)
    assert "This visit has no slice here." in panel.canvas.accessibleDescription()
    assert panel.canvas.picture is None
    view.show_panel(Panel.EARLIER, None)
    assert panel.canvas.accessibleDescription() == "This visit is being read…"
    assert (rgb(panel.canvas.grab().toImage()) > 100).any()  # the sentence itself


@pytest.mark.parametrize("gap", list(FollowUpGap))
def test_gaps_say_what_to_do(view: FollowUpView, gap: FollowUpGap) -> None:
    view.show_gap(gap)
    assert not view.chart.isVisible()
    assert "library (Ctrl+1)" in words_of(view)
    view.show_gap(None)
    assert view.chart.isVisible()


def test_the_slider_tells_where_it_is(view: FollowUpView) -> None:
    slider = view.slider
    assert (slider.track.minimum(), slider.track.maximum(), slider.track.value()) == (-440, 360, 40)
    assert slider.words.text() == "4.0 mm posterior of the head centre"
    assert {"anterior", "posterior"} <= set(words_of(slider).split("\n"))
    view.show_link(None, True)
    assert not slider.track.isEnabled()


# Setters


def test_setters_tell_nothing(view: FollowUpView, told: Recorder) -> None:
    for _ in range(2):
        fill(view)
        view.show_link(Link(-4.0, (-40.0, 32.0), 4.0), False)
        view.show_side(Side.LEFT)
        view.show_trend(trend(Measure.A_MEAN))
        view.show_visits(CHOICES, "v1", "v2")
        view.show_overlay(Overlay(opacity=0.5, drawing=Drawing.FILL))
        view.show_comparison(None)
        view.show_gap(FollowUpGap.ONE_VISIT)
    assert told.told == []


def test_the_same_again_changes_no_widget(view: FollowUpView) -> None:
    before = set(map(id, view.table.findChildren(QLabel)))
    painted = rgb(view.grab().toImage())
    view.show_comparison(comparison())
    fill(view)
    assert set(map(id, view.table.findChildren(QLabel))) == before
    assert (rgb(view.grab().toImage()) == painted).all()


# Gestures


def test_hips_and_measures_are_asked_for_once(view: FollowUpView, told: Recorder) -> None:
    view.sides.buttons[Side.LEFT.value].click()
    assert told.told == [("choose_side", Side.LEFT)]
    assert view.sides.buttons[Side.RIGHT.value].isChecked()  # until it is shown otherwise
    view.show_side(Side.LEFT)
    view.sides.buttons[Side.LEFT.value].click()
    view.measures.buttons[Measure.BME_ML.value].click()
    assert told.told[1:] == [("choose_measure", Measure.BME_ML)]


def test_a_visit_is_chosen_in_its_panel(view: FollowUpView, told: Recorder, qtbot: QtBot) -> None:
    field = view.panels[Panel.EARLIER].visits
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert told.told == [("choose_visit", Panel.EARLIER, "v2")]
    assert field.currentData() == "v3"
    wheel(field, 1)
    assert len(told.told) == 1


def test_marks_choose_visits(view: FollowUpView, told: Recorder, qtbot: QtBot) -> None:
    dots = {(dot.side, dot.mark.visit_uid): dot.at.toPoint() for dot in view.chart.dots}
    click = Qt.MouseButton.LeftButton
    qtbot.mouseClick(view.chart, click, pos=dots[Side.RIGHT, "v4"])  # is there already
    qtbot.mouseClick(view.chart, click, pos=dots[Side.RIGHT, "v3"])
    qtbot.mouseClick(view.chart, click, Qt.KeyboardModifier.ShiftModifier, dots[Side.RIGHT, "v1"])
    assert told.told == [
        ("choose_visit", Panel.LATER, "v3"),
        ("choose_visit", Panel.EARLIER, "v1"),
    ]


def test_wheels_over_either_panel_step_both(view: FollowUpView, told: Recorder) -> None:
    for panel in Panel:
        wheel(view.panels[panel].canvas, 2)
    assert told.told == [("step", 2), ("step", 2)]


def test_keys_go_through_slices_and_visits(
    view: FollowUpView, told: Recorder, qtbot: QtBot
) -> None:
    canvas = view.panels[Panel.LATER].canvas
    view.show_visits(CHOICES, "v2", "v3")
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_End):
        qtbot.keyClick(canvas, key)
    assert told.told == [("step", -1), ("step", 1), ("step", 10), ("slide", 36.0)]
    told.told.clear()
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(canvas, Qt.Key.Key_Left)  # the earlier visit lies there
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Left, shift)
    qtbot.keyClick(canvas, Qt.Key.Key_Right, shift)
    assert told.told == [
        ("choose_visit", Panel.LATER, "v4"),
        ("choose_visit", Panel.EARLIER, "v1"),
    ]


def test_neighbours_keep_the_earlier_on_the_left() -> None:
    pair = {Panel.EARLIER: "v1", Panel.LATER: "v4"}
    assert neighbour(CHOICES, Panel.LATER, pair, -1) == "v3"
    assert neighbour(CHOICES, Panel.LATER, pair, 1) is None
    assert neighbour(CHOICES, Panel.EARLIER, pair, 1) == "v2"
    assert neighbour(CHOICES, Panel.EARLIER, {**pair, Panel.LATER: None}, 1) is None


def test_the_slider_slides(view: FollowUpView, told: Recorder, qtbot: QtBot) -> None:
    view.slider.track.setFocus()
    qtbot.keyClick(view.slider.track, Qt.Key.Key_Right)
    qtbot.keyClick(view.slider.track, Qt.Key.Key_Up)  # as over the pictures
    wheel(view.slider.track, 1)
    assert told.told == [("slide", 8.0), ("step", -1)]


def test_a_zoom_is_told_in_millimetres_from_the_head(view: FollowUpView, told: Recorder) -> None:
    panel = view.panels[Panel.EARLIER]
    panel.canvas.sightChanged.emit(Sight(14.0, 11.0, 20.0))
    ((name, height, shift),) = told.told
    # 4 columns of 1 mm to the right and 1 row of 2 mm up from where the view was 5 mm right.
    assert (name, height) == ("zoom", 20.0)
    assert shift == (5.0 + 4.0 * PIXEL_MM[1], -1.0 * PIXEL_MM[0])


def test_a_zoom_that_is_refused_is_taken_back(view: FollowUpView) -> None:
    canvas = view.panels[Panel.LATER].canvas
    canvas.show_sight(Sight(10.0, 12.0, 4.0))
    canvas.sightChanged.emit(canvas.sight)
    assert canvas.sight == view.panels[Panel.EARLIER].canvas.sight == Sight(10.0, 12.0, 40.0)


def test_a_zoom_at_its_end_stays_where_it_is() -> None:
    before = Sight(10.0, 12.0, 30.0)
    # From 30 mm to 10 mm about the point (40, 12); 20 mm is half of the way.
    assert within(before, Sight(30.0, 12.0, 10.0)) == Sight(20.0, 12.0, 20.0)
    assert within(Sight(1.0, 2.0, 20.0), Sight(9.0, 9.0, 15.0)) == Sight(1.0, 2.0, 20.0)
    assert within(before, Sight(11.0, 12.0, 30.0)) == Sight(11.0, 12.0, 30.0)
    assert within(before, Sight(12.0, 13.0, 25.0)) == Sight(12.0, 13.0, 25.0)


def test_panels_zoom_together(view: FollowUpView, told: Recorder) -> None:
    for panel, uid in zip(Panel, ("v3", "v4"), strict=True):
        view.show_panel(panel, shown(uid, height_mm=25.0, centre=(12.0, 10.0)))
    earlier, later = (view.panels[panel].canvas for panel in Panel)
    assert earlier.sight == later.sight == Sight(12.0, 10.0, 25.0)
    assert earlier.height() == later.height()
    assert earlier.to_canvas(3, 4).y() == later.to_canvas(3, 4).y()
    assert told.told == []


def test_dragging_pans_both_through_the_gesture(
    view: FollowUpView, told: Recorder, qtbot: QtBot
) -> None:
    canvas = view.panels[Panel.LATER].canvas
    per_mm = canvas.height() / 40.0
    middle = canvas.rect().center()
    qtbot.mousePress(canvas, Qt.MouseButton.MiddleButton, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(40, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.MiddleButton, pos=middle + QPoint(40, 0))
    name, height, shift = told.told[-1]
    assert (name, height) == ("zoom", 40.0)
    assert shift == pytest.approx((5.0 - 40 / per_mm, 0.0))


def test_windows_are_dragged_and_locked(view: FollowUpView, told: Recorder) -> None:
    view.panels[Panel.EARLIER].canvas.windowDragged.emit((400.0, 900.0))
    assert told.told == [("set_window", Panel.EARLIER, (400.0, 900.0))]
    view.lock.click()
    assert told.told[1:] == [("lock_windows", False)]
    assert view.lock.isChecked()
    view.show_link(LINK, False)
    assert not view.lock.isChecked()


def test_masks_are_drawn_as_asked_in_both(view: FollowUpView, told: Recorder, qtbot: QtBot) -> None:
    canvas = view.panels[Panel.LATER].canvas
    view.overlay_bar.classes[SegmentClass.BME].click()
    for key in (Qt.Key.Key_S, Qt.Key.Key_O, Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
        qtbot.keyClick(canvas, key)
    assert told.told == [
        ("set_overlay", Overlay(hidden=frozenset({SegmentClass.BME}))),
        ("set_overlay", Overlay(shown=False)),
        ("set_overlay", Overlay(drawing=Drawing.FILL)),
        ("set_overlay", Overlay(opacity=0.9)),
    ]


def test_space_hides_masks_while_held(view: FollowUpView, told: Recorder, qtbot: QtBot) -> None:
    canvases = [panel.canvas for panel in view.panels.values()]
    before = [rgb(each.grab().toImage()) for each in canvases]
    qtbot.keyPress(canvases[1], Qt.Key.Key_Space)
    during = [rgb(each.grab().toImage()) for each in canvases]
    qtbot.keyRelease(canvases[1], Qt.Key.Key_Space)
    after = [rgb(each.grab().toImage()) for each in canvases]
    assert all((a != b).any() for a, b in zip(before, during, strict=True))
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert told.told == []


def test_a_double_click_gives_one_panel_all_the_room(
    view: FollowUpView, told: Recorder, qtbot: QtBot
) -> None:
    earlier, later = (view.panels[panel] for panel in Panel)
    half = later.canvas.width()
    qtbot.mouseDClick(later.canvas, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: later.canvas.width() > 1.8 * half)
    assert not earlier.isVisible()
    qtbot.keyClick(later.canvas, Qt.Key.Key_Escape)
    assert earlier.isVisible()
    assert told.told == []
    qtbot.keyClick(later.canvas, Qt.Key.Key_Escape)
    assert told.told == [("zoom", FITTED_MM, (0.0, 0.0))]


def test_the_way_to_the_review(view: FollowUpView, told: Recorder) -> None:
    view.panels[Panel.EARLIER].review.click()
    assert told.told == [("open_visit", "v3")]


def test_the_report_of_the_later_visit_is_the_one_main_action(
    view: FollowUpView, told: Recorder
) -> None:
    assert primaries(view) == [view.report.text()] == ["Report of 2025-03-03"]
    view.report.click()
    assert told.told == [("write_report", "v4")]
    view.show_visits((), None, None)
    assert not view.report.isEnabled()


def test_the_clinical_record_of_the_later_visit(view: FollowUpView, told: Recorder) -> None:
    view.clinical.click()
    assert told.told == [("show_clinical", "v4")]
    view.show_visits((), None, None)
    assert not view.clinical.isEnabled()


@pytest.mark.parametrize("width", [1120, 1366, 2560])
def test_the_report_stays_in_sight_and_nothing_below_the_pair_is_clipped(
    view: FollowUpView, width: int, qtbot: QtBot
) -> None:
    view.show_link(None, True)
    view.slider.show_edges(None)
    view.resize(width, 515)
    QApplication.processEvents()
    view.show_link(LINK, True)
    view.slider.show_edges(CORONAL)
    QApplication.processEvents()
    corner = view.report.mapTo(view, view.report.rect().bottomRight())
    assert view.rect().contains(corner)
    words = view.slider.words
    assert words.width() >= words.sizeHint().width()
    for button in (view.fit, view.lock, view.report):
        assert button.width() >= button.sizeHint().width()
        assert button.accessibleName() or button.text()
    assert bool(view.lock.text()) is (width > 1120)


def test_keys_mean_nothing_where_there_is_nothing(
    view: FollowUpView, told: Recorder, qtbot: QtBot
) -> None:
    view.show_gap(FollowUpGap.NO_PATIENT)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert told.told == []


@pytest.mark.parametrize("width", [1120, 1366])
def test_a_visit_that_is_cut_has_an_ellipsis_and_a_tip(
    view: FollowUpView, width: int, qtbot: QtBot
) -> None:
    view.resize(width, 515)
    QApplication.processEvents()
    for panel in view.panels.values():
        shown, whole = panel.visits.painted, panel.visits.currentText()
        assert shown == whole or shown.endswith("…")
        assert whole in panel.visits.toolTip()
        panel.visits.resize(128, panel.visits.height())
        assert panel.visits.painted.endswith("…")
        assert panel.visits.fontMetrics().horizontalAdvance(panel.visits.painted) < 120
        panel.visits.repaint()


# Words and names


def test_everything_can_be_reached_and_has_a_name(view: FollowUpView) -> None:
    controls = [
        each
        for kind in (QAbstractButton, QComboBox, QSlider)
        for each in view.findChildren(kind)
        if each.isVisible()
    ]
    assert len(controls) > 12
    for each in controls:
        name = each.accessibleName() or (each.text() if isinstance(each, QAbstractButton) else "")
        assert name, each
        # Of a row of choices only the one in force is a stop; arrows lead to the others.
        chosen = isinstance(each, QAbstractButton) and each.group() is not None
        assert chosen or each.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_language_is_followed(
    view: FollowUpView, qapp: QApplication, marking: QTranslator
) -> None:
    qapp.installTranslator(marking)
    QApplication.processEvents()
    said = words_of(view)
    for words in ("«Right hip»", "«Lock windows»", f"«{NOISE}»", "«Compare with caution»"):
        assert words in said
    assert "«" in view.slider.words.text()
    assert view.panels[Panel.EARLIER].visits.accessibleName() == "«Earlier visit»"
    assert view.chart.accessibleName() == "«UNet-score per slice, U/n»"
    assert view.panels[Panel.LATER].visits.currentData() == "v4"


def test_names_of_figures_are_squeezed_into_no_column(view: FollowUpView, qtbot: QtBot) -> None:
    qtbot.wait(0)
    view.resize(view.minimumSizeHint().width(), 640)
    view.show_comparison(comparison())
    QApplication.processEvents()
    line = QFontMetrics(theme.font()).height()
    names = [view.table._labels[at, 0] for at in range(1, len(comparison().rows) + 1)]
    wide = {each.text(): each.fontMetrics().horizontalAdvance(each.text()) for each in names}
    assert any(width <= LABEL_ROOM for width in wide.values())
    for each in names:
        assert each.heightForWidth(each.width()) <= 2 * line + 2
        if wide[each.text()] <= LABEL_ROOM - 4:
            assert each.heightForWidth(each.width()) <= line + 2


def test_long_sentences_wrap_and_widen_nothing(view: FollowUpView, qtbot: QtBot) -> None:
    width = view.minimumSizeHint().width()
    many = Comparison(comparison().rows, Comparability.NOT_COMPARABLE, (LONG, LONG), 196)
    view.show_trend(replace(trend(), sentences=(LONG, NOISE)))
    view.show_comparison(many)
    view.show_panel(Panel.LATER, replace(shown("v4"), picture=None, reason=LONG))
    QApplication.processEvents()
    assert view.minimumSizeHint().width() == width
    wrapped = [each for each in view.findChildren(QLabel) if each.wordWrap()]
    assert len(wrapped) > 5
    qtbot.waitUntil(
        lambda: all(
            each.height() >= each.heightForWidth(each.width())
            for each in wrapped
            if each.isVisible()
        )
    )


def test_nothing_is_left_behind(view: FollowUpView) -> None:
    counts = set()
    for _ in range(5):
        for verdict in [*Comparability, None]:
            view.show_comparison(comparison(verdict))
            view.show_trend(replace(trend(), sentences=(str(verdict), NOISE)))
        counts.add(len(view.findChildren(QWidget)))
    assert len(counts) == 1


def test_a_picture_is_let_go(view: FollowUpView) -> None:
    image = picture(index=7)
    kept = weakref.ref(image.image)
    view.show_panel(Panel.LATER, shown("v4", image))
    view.grab()
    view.show_panel(Panel.LATER, shown("v4"))
    view.grab()
    del image
    gc.collect()
    assert kept() is None


def test_it_is_the_same_in_every_theme(view: FollowUpView, qapp: QApplication) -> None:
    canvas = view.panels[Panel.LATER].canvas
    dark, whole = rgb(canvas.grab().toImage()), rgb(view.grab().toImage())
    theme.apply(qapp, Theme.LIGHT)
    assert (rgb(canvas.grab().toImage()) == dark).all()
    assert np.abs(rgb(view.grab().toImage()).astype(int) - whole).mean() > 20
    theme.apply(qapp, Theme.DARK)


def test_a_closed_view_is_gone_whole(qapp: QApplication) -> None:
    before = set(QApplication.allWidgets())
    made = FollowUpView()
    fill(made)
    made.show()
    made.grab()
    assert len(QApplication.allWidgets()) > len(before) + 20
    made.close()
    made.deleteLater()
    qapp.sendPostedEvents(made, QEvent.Type.DeferredDelete.value)
    assert set(QApplication.allWidgets()) == before

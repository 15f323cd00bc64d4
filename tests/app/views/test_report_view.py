"""The report: the pages as printed, words that typing never loses, signing, giving it out."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTranslator
from PySide6.QtGui import QInputMethodEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import theme
from app.state import Pages, ReportStatus, SeriesTab, Signing
from app.views import report_view
from app.views.report_pages import GAP, SCREEN_DPI, WIDEST_FIT, ZOOM_STEP, ZOOMS
from app.views.report_view import ReportView
from hipdesk.records import Side
from hipdesk.review import Review, ReviewKind
from hipdesk.settings import Theme
from tests.app.views.follow_up_rows import LONG
from tests.app.views.golden import rgb
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, primaries, staged, words_of

NOW = datetime(2025, 3, 4, 10, 12, tzinfo=UTC)
DPI = 96.0
A4_PX = (1123, 794)
DRAFT = ReportStatus(False, "Draft - not reviewed", False)
FINAL = ReportStatus(True, "Final - signed by Dr Wei, 2025-03-04", False)
OPEN = Signing("Dr Wei", False, "Accept or reject both hips first.")
READY = Signing("Dr Wei", True, "")
SIGNED = Signing("Dr Wei", False, "", (Review(Side.RIGHT, 0, ReviewKind.SIGNED, "Dr Wei", NOW),))
PAIR = (
    SeriesTab("s1", "cor STIR right", (Side.RIGHT,), True),
    SeriesTab("s2", "cor STIR left", (Side.LEFT,), False),
)


def some_pages(count: int = 3, dpi: float = DPI) -> Pages:
    """A4 pages, each in a grey of its own."""
    shape = tuple(round(each * dpi / DPI) for each in A4_PX)
    pictures = [np.full((*shape, 3), 250 - 40 * n, np.uint8) for n in range(count)]
    return Pages(tuple(pictures), NOW, dpi)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, told: Recorder) -> ReportView:
    dark()
    return staged(qtbot, ReportView(), told, (1366, 660), fill)


def fill(view: ReportView) -> None:
    view.show_pages(some_pages())
    view.show_status(DRAFT, OPEN)
    view.show_impression("", True)


def editor_of(view: ReportView) -> QPlainTextEdit:
    return view.impression.editor


def edits(told: Recorder) -> list[str]:
    return [call[1] for call in told.told if call[0] == "edit_impression"]


# Pages


def test_pages_are_below_each_other_as_wide_as_there_is_room(view: ReportView) -> None:
    pages = view.pages
    room = pages.area.viewport().width() - 2 * GAP
    rects = pages.area.widget().rects()
    assert len(rects) == 3
    assert rects[0].width() == pytest.approx(min(room, A4_PX[1] * WIDEST_FIT), abs=1)
    assert rects[0].height() / rects[0].width() == pytest.approx(297 / 210, abs=0.01)
    assert all(a.bottom() < b.top() for a, b in pairwise(rects))
    assert pages.fit.isChecked()


def test_the_pages_themselves_are_drawn(view: ReportView) -> None:
    image = rgb(view.pages.area.viewport().grab().toImage())
    assert (image[image.shape[0] // 2, image.shape[1] // 2] == 250).all()


def greys_of(view: ReportView) -> list[int]:
    """Of the middle of each page as it is painted now."""
    area = view.pages.area
    image = rgb(area.viewport().grab().toImage())
    middles = (rect.center() for rect in area.widget().rects())
    return [int(image[at.y(), at.x()].max()) for at in middles if at.y() < image.shape[0]]


def test_pages_are_scaled_one_a_turn_and_seen_at_once(view: ReportView) -> None:
    sheet = view.pages.area.widget()
    view.resize(1366, 1100)
    view.pages.zoom_by(0.01)
    sheet._drawn.clear()
    for number in range(1, 4):
        assert greys_of(view) == [250, 210, 170]
        assert len(sheet._drawn) == number
    assert not sheet._plain


def test_enlarged_pages_are_painted_without_large_copies(view: ReportView) -> None:
    view.pages.zoom_by(100.0)
    image = rgb(view.pages.area.viewport().grab().toImage())
    assert (image[image.shape[0] // 2, image.shape[1] // 2] >= 170).all()
    assert view.pages.area.widget()._drawn == {}


def test_pages_follow_the_width_until_zoomed(view: ReportView) -> None:
    wide = view.pages.zoom
    view.resize(1100, 660)
    QApplication.processEvents()
    assert view.pages.zoom < wide
    view.pages.larger.click()
    kept = view.pages.zoom
    assert not view.pages.fit.isChecked()
    view.resize(1366, 660)
    QApplication.processEvents()
    assert view.pages.zoom == kept
    view.pages.fit.click()
    assert view.pages.zoom == pytest.approx(wide)


def test_fitted_pages_stay_readable_on_a_wide_screen(view: ReportView) -> None:
    view.resize(2560, 1300)
    QApplication.processEvents()
    assert view.pages.zoom == WIDEST_FIT
    rect = view.pages.area.widget().rects()[0]
    assert rect.center().x() == pytest.approx(view.pages.area.viewport().width() / 2, abs=2)


def test_the_top_stays_the_top_while_the_window_grows(view: ReportView) -> None:
    for width in (1100, 1800, 2560, 1366):
        view.resize(width, 900)
        QApplication.processEvents()
        assert view.pages.area.verticalScrollBar().value() == 0


def test_zoom_has_ends_and_is_told(view: ReportView) -> None:
    for _ in range(30):
        view.pages.larger.click()
    assert view.pages.zoom == ZOOMS[1]
    assert "400 %" in words_of(view)
    for _ in range(60):
        view.pages.smaller.click()
    assert view.pages.zoom == ZOOMS[0]


def test_zoom_by_keys_and_wheel(view: ReportView, qtbot: QtBot) -> None:
    area, before = view.pages.area, view.pages.zoom
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(area, Qt.Key.Key_Minus, control)
    assert view.pages.zoom == pytest.approx(before / ZOOM_STEP)
    at = QPointF(50, 50)
    event = QWheelEvent(
        at,
        area.viewport().mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        control,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(area.viewport(), event)
    assert view.pages.zoom == pytest.approx(before)
    qtbot.keyClick(area, Qt.Key.Key_0, control)
    assert view.pages.fit.isChecked()


def test_the_page_in_sight_is_told(view: ReportView, qtbot: QtBot) -> None:
    assert "Page 1 of 3" in words_of(view)
    qtbot.keyClick(view.pages.area, Qt.Key.Key_End)
    assert "Page 3 of 3" in words_of(view)
    qtbot.keyClick(view.pages.area, Qt.Key.Key_Home)
    assert "Page 1 of 3" in words_of(view)


def test_new_pages_stay_where_the_reader_was(view: ReportView) -> None:
    bar = view.pages.area.verticalScrollBar()
    bar.setValue(900)
    view.show_pages(some_pages())
    QApplication.processEvents()
    assert bar.value() == 900
    assert "Page 2 of 3" in words_of(view) or view.pages.page == 0


def test_a_page_is_as_large_whatever_its_resolution(view: ReportView) -> None:
    view.pages.larger.click()
    coarse = view.pages.area.widget().rects()
    view.show_pages(some_pages(dpi=200.0))
    fine = view.pages.area.widget().rects()
    assert fine[0].width() == pytest.approx(coarse[0].width(), abs=2)
    assert fine[0].width() == pytest.approx(A4_PX[1] / DPI * SCREEN_DPI * view.pages.zoom, abs=2)


def test_stale_pages_are_marked(view: ReportView) -> None:
    assert not view.pages.stale.isVisible()
    view.show_status(ReportStatus(False, DRAFT.line, True), OPEN)
    assert view.pages.stale.isVisible()
    assert "Being made anew" in words_of(view)


def test_old_pages_are_let_go(view: ReportView) -> None:
    pages = some_pages()
    kept = weakref.ref(pages.pictures[0])
    view.show_pages(pages)
    view.grab()
    view.show_pages(some_pages())
    view.grab()
    del pages
    gc.collect()
    assert kept() is None


def test_without_pages_it_says_what_to_do(view: ReportView) -> None:
    view.show_pages(None)
    assert "No report yet" in words_of(view)
    assert "library (Ctrl+1)" in words_of(view)
    assert not editor_of(view).isVisible()


def test_pages_that_are_not_there_yet_leave_the_words_in_reach(view: ReportView) -> None:
    view.show_pages(None)
    view.show_status(ReportStatus(False, DRAFT.line, True), OPEN)
    assert "The pages are not ready yet" in words_of(view)
    assert editor_of(view).isVisible()
    view.show_status(DRAFT, OPEN)
    assert "No report yet" in words_of(view)


# The reader's words


def test_typing_is_told_letter_by_letter_once(
    view: ReportView, told: Recorder, qtbot: QtBot
) -> None:
    qtbot.keyClicks(editor_of(view), "BME")
    assert edits(told) == ["B", "BM", "BME"]


def test_an_answer_never_disturbs_typing(view: ReportView, told: Recorder, qtbot: QtBot) -> None:
    editor = editor_of(view)
    view.show_impression("no BME", True)
    editor.setFocus()
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClicks(editor, "ab")
    for answer in ("abno BME", "ano BME", "abno BME"):  # the second comes late
        view.show_impression(answer, True)
    assert editor.toPlainText() == "abno BME"
    assert editor.textCursor().position() == 2
    editor.undo()
    assert editor.toPlainText() == "no BME"
    assert edits(told) == ["ano BME", "abno BME", "no BME"]


def test_selection_is_kept_while_the_same_is_shown(view: ReportView) -> None:
    editor = editor_of(view)
    view.show_impression(LONG, True)
    cursor = editor.textCursor()
    cursor.setPosition(3)
    cursor.setPosition(9, QTextCursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)
    view.show_impression(LONG, True)
    assert editor.textCursor().selectedText() == LONG[3:9]


def test_letters_being_composed_survive_an_answer(view: ReportView, told: Recorder) -> None:
    editor = editor_of(view)
    editor.setFocus()
    QApplication.sendEvent(editor, QInputMethodEvent("gu", []))
    view.show_impression("", True)
    composed = QInputMethodEvent("", [])
    composed.setCommitString("骨")
    QApplication.sendEvent(editor, composed)
    assert editor.toPlainText() == "骨"
    assert edits(told) == ["骨"]


def test_another_reports_words_replace_these_for_good(
    view: ReportView, told: Recorder, qtbot: QtBot
) -> None:
    editor = editor_of(view)
    editor.setFocus()
    qtbot.keyClicks(editor, "first patient")
    told.told.clear()
    for text in ("", "other patient", ""):
        view.show_impression(text, True)
        assert editor.toPlainText() == text
        editor.undo()
        assert editor.toPlainText() == text
    assert edits(told) == []


def test_words_typed_for_one_report_cannot_be_brought_back_in_another(
    view: ReportView, told: Recorder, qtbot: QtBot
) -> None:
    editor = editor_of(view)
    view.show_series(PAIR)
    qtbot.keyClicks(editor, "x")
    qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    told.told.clear()
    view.show_series(tuple(replace(tab, shown=not tab.shown) for tab in PAIR))
    view.show_impression("", True)
    editor.undo()
    assert editor.toPlainText() == ""
    assert edits(told) == []


def test_a_signed_report_says_why_it_cannot_be_changed(
    view: ReportView, told: Recorder, qtbot: QtBot
) -> None:
    assert "saved by itself" in words_of(view)
    view.show_impression("BME", False)
    qtbot.keyClicks(editor_of(view), "x")
    assert editor_of(view).toPlainText() == "BME"
    assert "read only" in words_of(view)
    assert "withdraw the signature" in words_of(view)
    assert edits(told) == []
    view.show_impression("BME", False, "Save it first.")
    assert "Save it first." in words_of(view)
    assert "withdraw the signature" not in words_of(view)
    assert editor_of(view).accessibleDescription() == "Save it first."
    view.show_impression("BME", True)
    assert not editor_of(view).isReadOnly()


def test_long_words_wrap(view: ReportView) -> None:
    view.show_impression(LONG * 3, True)
    view.show_status(ReportStatus(False, LONG, False), Signing("", False, LONG))
    QApplication.processEvents()
    assert not editor_of(view).horizontalScrollBar().isVisible()
    assert view.minimumSizeHint().width() < 1024


# Draft, final, signing


def test_the_line_is_that_of_the_pages(view: ReportView) -> None:
    assert DRAFT.line in words_of(view)
    view.show_status(FINAL, SIGNED)
    assert FINAL.line in words_of(view)
    assert "Signed by Dr Wei" in words_of(view)


def test_there_is_one_primary_button(view: ReportView) -> None:
    assert primaries(view) == ["Sign"]
    view.show_status(DRAFT, READY)
    assert primaries(view) == ["Sign"]
    view.show_status(FINAL, SIGNED)
    assert primaries(view) == ["Save PDF..."]
    view.show_status(DRAFT, READY)
    assert primaries(view) == ["Sign"]


def test_signing_and_withdrawing_are_told(view: ReportView, told: Recorder) -> None:
    view.signing.sign.click()  # something stands in the way
    view.show_status(DRAFT, READY)
    view.signing.sign.click()
    view.show_status(FINAL, SIGNED)
    view.signing.withdraw.click()
    view.signing.note.confirm.click()
    assert told.told == [("sign", "Dr Wei"), ("withdraw", "")]


def test_the_report_does_not_lead_to_itself(view: ReportView) -> None:
    for status, signing in ((DRAFT, READY), (FINAL, SIGNED)):
        view.show_status(status, signing)
        assert not view.signing.report.isVisible()


# Giving it out


def answering(monkeypatch: pytest.MonkeyPatch, chosen: str) -> list[str]:
    starts: list[str] = []

    def answer(_parent: QWidget, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        starts.append(start)
        return chosen, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return starts


def test_saving_asks_where_to(
    view: ReportView, told: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    view.suggest_name("hip_2025-03-03.pdf")
    monkeypatch.setattr(report_view, "documents", lambda: tmp_path / "documents")
    starts = answering(monkeypatch, str(tmp_path / "mine"))
    view.save.click()
    view.save.click()
    assert told.told == 2 * [("save_pdf", tmp_path / "mine.pdf")]
    assert starts == [str(tmp_path / each / "hip_2025-03-03.pdf") for each in ("documents", "")]


def test_a_name_that_is_taken_is_offered_with_a_number(
    view: ReportView, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(report_view, "documents", lambda: tmp_path)
    starts = answering(monkeypatch, "")
    view.suggest_name("hip.pdf")
    for taken in ("hip.pdf", "hip-2.pdf", "hip-4.pdf"):
        view.save.click()
        (tmp_path / taken).touch()
    view.save.click()
    offered = [Path(start).name for start in starts]
    assert offered == ["hip.pdf", "hip-2.pdf", "hip-3.pdf", "hip-3.pdf"]


def test_thinking_better_of_saving_saves_nothing(
    view: ReportView, told: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "")
    view.save.click()
    assert told.told == []


def test_printing_is_asked_for_and_then_done(
    view: ReportView, told: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[tuple[Pages, QWidget]] = []
    monkeypatch.setattr(report_view, "ask_and_print", lambda *given: printed.append(given))
    view.print.click()
    assert told.told == [("print_pages",)]
    pages = some_pages(1)
    view.print_out(pages)
    assert printed == [(pages, view)]


# A separate right and left pair


def test_a_pair_has_tabs(view: ReportView, told: Recorder) -> None:
    assert not view.series.isVisible()
    view.show_series(PAIR)
    assert [view.series.tabText(at) for at in range(2)] == ["Right hip", "Left hip"]
    view.series.setCurrentIndex(1)
    assert told.told == [("choose_series", "s2")]
    assert view.series.currentIndex() == 0  # until it is shown otherwise
    view.show_series(PAIR[:1])
    assert not view.series.isVisible()


# Silence, words, names


def test_setters_tell_nothing(view: ReportView, told: Recorder) -> None:
    for _ in range(2):
        view.show_pages(some_pages(1))
        view.show_status(FINAL, SIGNED)
        view.show_impression("other words", False)
        view.show_series(PAIR)
        view.suggest_name("a.pdf")
        view.show_status(DRAFT, READY)
        view.show_impression("", True)
        view.show_pages(None)
    assert told.told == []


def test_everything_can_be_reached_and_has_a_name(view: ReportView) -> None:
    view.show_status(DRAFT, READY)
    view.show_series(PAIR)
    kinds = (QAbstractButton, QPlainTextEdit, QLineEdit)
    controls = [each for kind in kinds for each in view.findChildren(kind) if each.isVisible()]
    controls = [each for each in controls if not each.objectName().startswith("Scroll")]
    for each in controls:
        name = each.accessibleName() or (each.text() if isinstance(each, QAbstractButton) else "")
        assert name, each
        assert each.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert len(controls) >= 8


def test_tab_leaves_the_editor(view: ReportView, told: Recorder, qtbot: QtBot) -> None:
    editor = editor_of(view)
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert not editor.hasFocus()
    assert edits(told) == []


def test_the_language_is_followed(
    view: ReportView, qapp: QApplication, marking: QTranslator
) -> None:
    view.show_series(PAIR)
    qapp.installTranslator(marking)
    QApplication.processEvents()
    said = words_of(view)
    for words in ("«Save PDF...»", "«Reader's impression»", f"«{DRAFT.line}»", "«Page 1 of 3»"):
        assert words in said
    assert view.series.tabText(0) == "«Right hip»"


def test_paper_is_white_in_every_theme(view: ReportView, qapp: QApplication) -> None:
    shots = []
    for choice in (Theme.LIGHT, Theme.DARK):
        theme.apply(qapp, choice)
        image = rgb(view.pages.area.viewport().grab().toImage())
        shots.append(image[100:300, 100:300])
    assert (shots[0] == shots[1]).all()


def test_nothing_is_left_behind(view: ReportView) -> None:
    counts = set()
    for _ in range(5):
        for pages, status, signing in (
            (some_pages(2), FINAL, SIGNED),
            (None, DRAFT, OPEN),
            (some_pages(3), DRAFT, READY),
        ):
            view.show_pages(pages)
            view.show_status(status, signing)
            view.show_series(PAIR)
            view.show_series(())
        counts.add(len(view.findChildren(QWidget)))
    assert len(counts) == 1


def test_a_closed_view_is_gone_whole(qapp: QApplication) -> None:
    before = set(QApplication.allWidgets())
    made = ReportView()
    made.show_pages(some_pages(1))
    made.show()
    made.grab()
    assert len(QApplication.allWidgets()) > len(before) + 20
    made.close()
    made.deleteLater()
    qapp.sendPostedEvents(made, QEvent.Type.DeferredDelete.value)
    assert set(QApplication.allWidgets()) == before

"""The library workspace: shows what it is given, tells each gesture once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, QEvent, QModelIndex, Qt, QTranslator
from PySide6.QtGui import QAction, QContextMenuEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDateEdit,
    QLabel,
    QMenu,
    QPushButton,
    QStyleOptionViewItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.regroup_state import Wish
from app.state import FoundStudy, Likeness, VisitRow
from app.views.file_choice import FileChoice
from app.views.library_view import MOST_LISTED, PAUSE_MS, LibraryView
from app.views.patient_list import PatientDelegate, PatientList
from app.views.person_words import identity_of
from app.views.visit_card import VisitCard
from app.views.window_place import SMALLEST
from hipdesk.records import Reason, Side
from hipdesk.review import Verdict
from tests.app.views.library_rows import (
    LEFT,
    LONG_NAME,
    RIGHT,
    entry,
    found_study,
    hip,
    offer,
    patient,
    patient_rows,
    series_row,
    visit_row,
)
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, primaries, staged
from tests.app.views.stage import spoken_of as words


class FixedChoice(FileChoice):
    """Answers without a dialog."""

    def folder(self, parent: QWidget) -> tuple[Path, ...]:
        return (Path("study"),)

    def files(self, parent: QWidget) -> tuple[Path, ...]:
        return (Path("one.dcm"), Path("two.dcm"))


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, told: Recorder) -> LibraryView:
    dark()
    return staged(qtbot, LibraryView(FixedChoice()), told, (1280, 640))


def button(widget: QWidget, text: str) -> QAbstractButton:
    """The one visible button with these words."""
    buttons = widget.findChildren(QAbstractButton)
    found = [each for each in buttons if each.isVisible() and each.text() == text]
    assert len(found) == 1, text
    return found[0]


def show_visits(view: LibraryView, *rows: VisitRow) -> None:
    """Let the page be laid out as well."""
    view.show_visits(rows)
    QApplication.processEvents()


def press(qtbot: QtBot, widget: QWidget, text: str) -> None:
    qtbot.mouseClick(button(widget, text), Qt.MouseButton.LeftButton)


def test_an_empty_library_says_what_to_do(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    assert "Drop a folder with hip MRI here" in words(view)
    assert primaries(view) == ["Open a folder"]
    press(qtbot, view, "Open a folder")
    press(qtbot, view, "Open files")
    assert told.told == [
        ("open_paths", (Path("study"),)),
        ("open_paths", (Path("one.dcm"), Path("two.dcm"))),
    ]


def test_setters_tell_nobody(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    for _ in range(2):
        view.show_patients(patient_rows(5), "p3", "fam")
        view.show_visits((visit_row(), visit_row("v2", None)))
        view.show_found(found_study(series_row("s1", chosen=True, usable=True)))
        view.show_likeness(Likeness(offer=offer()))
        view.show_problem("The library is in use.")
        view.show_problem(None)
        view.show_found(None)
        view.show_patients(patient_rows(3), None, "")
    qtbot.wait(2 * PAUSE_MS)
    assert told.told == []


def test_choosing_a_patient_is_told_once(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    view.show_patients(patient_rows(5), "p0", "")
    view._list.setFocus()
    qtbot.keyClick(view._list, Qt.Key.Key_Down)
    assert told.told == [("choose_patient", "p1")]
    middle = view._list.visualRect(view._list.model().index(3, 0)).center()
    qtbot.mouseClick(view._list.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert told.told[1:] == [("choose_patient", "p3")]
    view.show_patients(patient_rows(5), "p3", "")
    assert len(told.told) == 2


def test_a_search_waits_until_the_reader_pauses(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(5), None, "")
    qtbot.keyClicks(view._field, "fam")
    assert told.told == []
    qtbot.waitUntil(lambda: told.told != [], timeout=2000)
    assert told.told == [("search", "fam")]
    qtbot.keyClicks(view._field, "i")
    qtbot.keyClick(view._field, Qt.Key.Key_Return)
    assert told.told[1:] == [("search", "fami")]
    qtbot.wait(2 * PAUSE_MS)
    assert len(told.told) == 2


def test_an_answer_does_not_overwrite_what_is_being_typed(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(5), None, "")
    qtbot.keyClicks(view._field, "fam")
    view.show_patients(patient_rows(2), None, "fa")
    assert view._field.text() == "fam"


def test_nobody_found_offers_all_patients(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    view.show_patients((), None, "nobody")
    assert "Nobody found" in words(view)
    assert "Choose a patient" not in words(view)
    press(qtbot, view, "Show all patients")
    assert told.told == [("search", "")]
    qtbot.wait(2 * PAUSE_MS)
    assert len(told.told) == 1


def test_down_leads_from_the_search_to_the_list(qtbot: QtBot, view: LibraryView) -> None:
    view.show_patients(patient_rows(5), None, "")
    view._field.setFocus()
    qtbot.keyClick(view._field, Qt.Key.Key_Down)
    assert view._list.hasFocus()


def test_a_card_tells_scores_verdicts_and_what_is_missing(view: LibraryView) -> None:
    scored = hip(RIGHT, 2.2, 11)
    short = hip(LEFT, None, 4, Reason.TOO_FEW_SLICES)
    rows = (
        visit_row("v2", hips=(scored, short), verdicts={RIGHT: Verdict.ACCEPTED, LEFT: None}),
        visit_row("v1", None, (), {RIGHT: Verdict.REJECTED}, on_screen=True),
        visit_row("v0", hips=(scored,), verdicts={RIGHT: Verdict.ACCEPTED}, signed=True),
    )
    view.show_patients(patient_rows(2), "p0", "")
    show_visits(view, *rows)
    newest, undated, signed = (words(card) for card in view.findChildren(VisitCard))
    assert "2026-05-01" in newest
    assert "U/n 0.200  (n 11)" in newest
    assert "too few slices" in newest
    assert "Accepted" in newest
    assert "Not reviewed" in newest
    assert "Date missing" in undated
    assert "On screen" in undated
    assert "rejected by a reader" in undated
    assert "Accepted, signed" in signed
    assert "no result" in signed


def test_only_the_newest_visit_has_the_primary_button(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(2), "p0", "")
    show_visits(view, visit_row("v2"), visit_row("v1"))
    assert primaries(view) == ["Open"]
    second = view.findChildren(VisitCard)[1]
    press(qtbot, second, "Open")
    assert told.told == [("open_visit", "v1")]


def test_the_clinical_record_of_each_visit(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    view.show_patients(patient_rows(2), "p0", "")
    show_visits(view, visit_row("v2"), visit_row("v1"))
    press(qtbot, view.findChildren(VisitCard)[1], "Clinical...")
    assert told.told == [("show_clinical", "v1")]


def test_a_missing_date_is_given_in_the_card(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(2), "p0", "")
    show_visits(view, visit_row("v1", None))
    card = view.findChildren(VisitCard)[0]
    press(qtbot, card, "Give the date...")
    field = card.findChild(QDateEdit)
    assert field.isVisible()
    assert field.maximumDate() == QDate.currentDate()
    field.setDate(QDate(2024, 2, 29))
    assert told.told == []
    press(qtbot, card, "Keep this date")
    assert told.told == [("date_visit", "v1", date(2024, 2, 29))]


def test_the_found_folder_shows_every_series_and_offers_what_can_be_done(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    rows = (
        series_row("s1", chosen=True, usable=True, forced=True),
        series_row("s2", usable=True, forced=True, description="SECOND"),
        series_row("s3", forced=True, description="COR T1"),
        series_row("s4", description="AX"),
    )
    skipped = {"It is not a DICOM file.": 12, "It is damaged.": 1}
    view.show_found(found_study(*rows, skipped=skipped, who=patient()))
    text = words(view)
    for part in (
        "YAMADA, TAROU / 山田 太郎",
        "It is the only usable series.",
        "read in 0.8 s",
        "0.78 × 0.78 × 4.4",
        "13 files left out",
        "It is damaged.",
    ):
        assert part in text
    assert primaries(view) == ["Analyse"]
    for words_on_it in ("Analyse", "Analyse this one", "Heads only", "Patients"):
        press(qtbot, view, words_on_it)
    assert told.told == [
        ("analyse_series", "s1"),
        ("analyse_series", "s2"),
        ("analyse_series", "s3"),
        ("close_found",),
    ]


def test_a_separate_pair_has_one_button(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    pair = tuple(series_row(uid, chosen=True, usable=True) for uid in ("s1", "s2"))
    view.show_found(found_study(*pair))
    assert primaries(view) == ["Analyse both"]
    press(qtbot, view, "Analyse both")
    assert told.told == [("analyse_series", "s1")]


def several_people() -> FoundStudy:
    ada, bob = patient(1, "ADA^A"), patient(2, "BOB^B")
    rows = (
        replace(series_row("s1", usable=True), patient=ada, day=date(2025, 1, 2)),
        replace(series_row("s2", usable=True), patient=bob, day=date(2025, 3, 4)),
        replace(series_row("s3", forced=True), patient=ada, day=date(2025, 1, 2)),
        replace(series_row("s4", forced=True), patient=ada, day=None),
    )
    several = "Images of 2 patients were found; choose one."
    return replace(found_study(*rows), people=2, several=several)


def test_series_of_several_patients_stand_under_patient_and_study(view: LibraryView) -> None:
    view.show_found(several_people())
    text = words(view)
    assert "Images of 2 patients\n" in text
    assert "Images of 2 patients were found; choose one." in text
    whose = "ID HD-00001 · born 1980-02-03 · male · study 2025-01-02"
    places = [text.index(each) for each in ("ADA, A", whose, "study without a date", "BOB, B")]
    assert places[0] < places[1]
    assert text.count(whose) == 1
    assert text.count("ADA, A") == 2
    undated = whose.replace("study 2025-01-02", "study without a date")
    other = whose.replace("00001", "00002").replace("2025-01-02", "2025-03-04")
    buttons = [each for each in view.findChildren(QPushButton) if ": COR STIR" in spoken(each)]
    assert [spoken(each) for each in buttons] == [
        f"Analyse this one: COR STIR, ADA, A · {whose}",
        f"Heads only: COR STIR, ADA, A · {whose}",
        f"Analyse this one: COR STIR, BOB, B · {other}",
        f"Heads only: COR STIR, ADA, A · {undated}",
    ]


def test_the_series_of_one_study_need_no_heading(view: LibraryView) -> None:
    rows = (series_row("s1", usable=True), series_row("s2", usable=True))
    view.show_found(found_study(*rows, who=patient()))
    assert words(view).count("born 1980-02-03") == 1
    assert words(view).count("study 2026-05-01") == 1


def test_an_empty_folder_is_not_one_of_several_patients(view: LibraryView) -> None:
    view.show_found(replace(found_study(), people=0))
    assert "No series of images was found" in words(view)
    assert "several" not in words(view)


def spoken(button: QPushButton) -> str:
    return button.accessibleName()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_presses_what_a_click_would(
    qtbot: QtBot, view: LibraryView, told: Recorder, key: Qt.Key
) -> None:
    view.show_found(found_study(series_row("s1", usable=True), who=patient()))
    button = next(
        each for each in view.findChildren(QPushButton) if spoken(each).startswith("Analyse")
    )
    qtbot.keyClick(button, key)
    assert told.told == [("analyse_series", "s1")]


def test_enter_on_a_row_chooses_it(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    view.show_patients(patient_rows(3), "p1", "")
    qtbot.keyClick(view.findChildren(PatientList)[0], Qt.Key.Key_Return)
    assert told.told == [("choose_patient", "p1")]


@pytest.mark.parametrize(
    ("text", "gesture"), [("Same person", "join_offered"), ("Two people", "keep_apart")]
)
def test_a_likeness_is_decided_by_the_reader(
    qtbot: QtBot, view: LibraryView, told: Recorder, text: str, gesture: str
) -> None:
    view.show_likeness(Likeness(offer=offer()))
    assert "HD-00001" in words(view)
    assert "HD-00002" in words(view)
    press(qtbot, view, text)
    assert told.told == [(gesture,)]


def test_a_joining_can_be_taken_back(qtbot: QtBot, view: LibraryView, told: Recorder) -> None:
    view.show_likeness(Likeness(joined=offer()))
    press(qtbot, view, "Take back")
    assert told.told == [("take_back_joining",)]
    view.show_likeness(Likeness())
    assert not view._likeness.isVisible()


def test_a_half_typed_date_survives_news_of_other_visits(qtbot: QtBot, view: LibraryView) -> None:
    view.show_patients(patient_rows(2), "p0", "")
    show_visits(view, visit_row("v2"), visit_row("v1", None))
    undated = view.findChildren(VisitCard)[1]
    press(qtbot, undated, "Give the date...")
    show_visits(view, visit_row("v2", on_screen=True), visit_row("v1", None))
    field = undated.findChild(QDateEdit)
    assert field.isVisible()
    assert "On screen" in words(view)


def test_visits_never_stand_under_another_patients_name(view: LibraryView) -> None:
    view.show_patients(patient_rows(2), "p0", "")
    show_visits(view, visit_row("v1"))
    assert "FAMILY0" in view._name.whole
    view.show_patients(patient_rows(1), "elsewhere", "")
    assert view._name.whole == ""
    view.show_patients((), "p1", "nobody")
    assert view._name.whole == ""


def test_the_list_says_when_it_may_not_be_whole(view: LibraryView) -> None:
    view.show_patients(patient_rows(MOST_LISTED), None, "")
    assert "search to find others" in view._count.text()
    view.show_patients(patient_rows(1), None, "x")
    assert view._count.text() == "1 patient"


def test_a_problem_takes_the_librarys_place_but_not_the_folders(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(2), None, "")
    view.show_problem("Another HipDesk is using the library.")
    assert "Another HipDesk is using the library." in words(view)
    assert primaries(view) == ["Try again"]
    press(qtbot, view, "Try again")
    view.show_found(found_study(series_row("s1", chosen=True, usable=True)))
    assert "Another HipDesk is using the library." in words(view)
    assert primaries(view) == ["Analyse"]
    press(qtbot, view, "Try again")
    assert told.told == [("retry_library",)] * 2


def test_names_are_no_markup(view: LibraryView) -> None:
    sly = patient(1, "<b>BOLD</b>^<img>")
    view.show_found(found_study(series_row("s", description="<i>COR</i>"), who=sly))
    assert "<b>BOLD</b>, <img>" in words(view)
    assert "<i>COR</i>" in words(view)
    formats = {label.textFormat() for label in view.findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}
    tips = [each.toolTip() for each in view.findChildren(QWidget)]
    assert not any("<img>" in tip for tip in tips)


def test_a_long_name_leaves_room_for_both_its_ends(view: LibraryView) -> None:
    named = patient_rows(1)[0]
    view.show_patients((type(named)("p0", patient(1, LONG_NAME), 1, None),), "p0", "")
    view.show_visits((visit_row(),))
    view._name.resize(300, view._name.height())
    assert view._name.text().startswith("Müller")
    assert view._name.text().endswith("振华")
    assert "欧阳 振华" in view._name.toolTip()


def drawn_rows(monkeypatch: pytest.MonkeyPatch, shown: Callable[[], object]) -> int:
    """How many rows are drawn while something is shown."""
    counted = 0
    paint = PatientDelegate.paint

    def count(
        self: PatientDelegate, painter: QPainter, option: QStyleOptionViewItem, index: Any
    ) -> None:
        nonlocal counted
        counted += 1
        paint(self, painter, option, index)

    monkeypatch.setattr(PatientDelegate, "paint", count)
    shown()
    QApplication.processEvents()
    return counted


def test_only_rows_in_sight_are_drawn(monkeypatch: pytest.MonkeyPatch, view: LibraryView) -> None:
    rows = patient_rows(10_000)
    drawn = drawn_rows(monkeypatch, lambda: view.show_patients(rows, "p0", ""))
    assert 0 < drawn <= 60
    assert view._list.model().rowCount(QModelIndex()) == 10_000


def best_seconds(act: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        before = time.perf_counter()
        act()
        taken.append(time.perf_counter() - before)
    return min(taken)


def test_ten_thousand_patients_are_shown_sooner_than_put_into_words(
    qtbot: QtBot, view: LibraryView
) -> None:
    rows = patient_rows(10_000)

    def show() -> None:
        view.show_patients((), None, "x")
        view.show_patients(rows, "p50", "")
        QApplication.processEvents()

    words_of_all = best_seconds(lambda: [identity_of(row.patient) for row in rows])
    assert best_seconds(show) < 2 * words_of_all


def test_pages_made_again_leave_nothing_behind(qtbot: QtBot, view: LibraryView) -> None:
    def fill() -> int:
        view.show_patients(patient_rows(3), "p0", "")
        view.show_visits((visit_row("v1"), visit_row("v2", None)))
        view.show_found(found_study(series_row("s1", chosen=True), skipped={"Why": 2}))
        view.show_found(found_study(series_row("s2")))
        view.show_visits((visit_row("v3"),))
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return len(view.findChildren(QWidget))

    first = fill()
    assert [fill() for _ in range(3)] == [first] * 3


def test_everything_can_be_reached_and_has_a_name(view: LibraryView) -> None:
    view.show_patients(patient_rows(3), "p0", "")
    show_visits(view, visit_row("v1", None))
    controls = [view._field, view._list, *view.findChildren(QAbstractButton)]
    for control in controls:
        own = isinstance(control, QAbstractButton) and control.text()
        if control.isVisible() and not control.objectName().startswith("qt_"):
            assert own or control.accessibleName(), control
    for control in (view._field, view._list, button(view, "Open")):
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_new_language_writes_every_word_anew(
    view: LibraryView, marking: QTranslator, qapp: QApplication
) -> None:
    view.show_patients(patient_rows(3), "p0", "")
    view.show_visits((visit_row("v1", None, hips=(hip(RIGHT, 1.0, 10),)),))
    view.show_likeness(Likeness(offer=offer()))
    qapp.installTranslator(marking)
    QApplication.processEvents()
    shown = words(view).splitlines()
    data = {"FAMILY0, GIVEN", "MR hip"}
    assert [each for each in shown if "«" not in each and each not in data] == []
    unmarked = [
        each.text()
        for each in view.findChildren(QAbstractButton)
        if each.isVisible() and each.text() and "«" not in each.text()
    ]
    assert unmarked == []


def test_the_list_tells_nothing_when_it_is_filled(qtbot: QtBot, qapp: QApplication) -> None:
    listed = PatientList()
    qtbot.addWidget(listed)
    with qtbot.assertNotEmitted(listed.chosen):
        listed.show_rows(patient_rows(4), "p2")
        listed.show_rows(patient_rows(2), None)


def entries_of(menu: QMenu) -> dict[str, QAction]:
    return {each.text(): each for each in menu.actions() if each.text()}


def test_a_patients_menu_leads_to_each_regrouping(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(3), "p1", "")
    entries = entries_of(view._list.menu("p2"))
    assert [each.removesuffix("...") for each in entries] == [
        "Merge with another patient",
        "Split off visits",
        "Put the patient aside",
        "Show what was put aside or regrouped",
    ]
    for each in entries.values():
        each.trigger()
    view._list.setFocus()
    qtbot.keyClick(view._list, Qt.Key.Key_Delete)
    assert told.told == [
        ("regroup_patient", Wish.MERGE, "p2"),
        ("regroup_patient", Wish.SPLIT, "p2"),
        ("regroup_patient", Wish.ASIDE, "p2"),
        ("show_aside",),
        ("regroup_patient", Wish.ASIDE, "p1"),
    ]


@pytest.mark.parametrize("keyed", [True, False])
def test_the_menus_key_and_a_right_click_open_it(
    qtbot: QtBot, view: LibraryView, keyed: bool
) -> None:
    view.show_patients(patient_rows(3), "p1", "")
    place = view._list.visualRect(view._list.model().index(1, 0)).center()
    kind = QContextMenuEvent.Reason.Keyboard if keyed else QContextMenuEvent.Reason.Mouse
    view._list.contextMenuEvent(QContextMenuEvent(kind, place, view.mapToGlobal(place)))
    (menu,) = view._list.findChildren(QMenu)
    assert menu.isVisible()
    menu.close()


def test_a_visits_menu_holds_what_can_be_done_to_it(view: LibraryView, told: Recorder) -> None:
    two = replace(visit_row("v1", verdicts={RIGHT: None}), analyses=(entry({RIGHT: None}),) * 2)
    show_visits(view, two, visit_row("v0"))
    full, bare = (entries_of(card.menu()) for card in view._shown_cards)
    assert "Two scans of an unchanged hip..." in full
    assert "Two scans of an unchanged hip..." not in bare
    assert "Move images to another visit..." not in bare, "there are none"
    for each in full.values():
        each.trigger()
    assert told.told == [
        ("regroup_visit", Wish.MOVE, "v1"),
        ("regroup_visit", Wish.SPLIT, "v1"),
        ("regroup_visit", Wish.STUDY, "v1"),
        ("regroup_visit", Wish.REPEAT, "v1"),
        ("regroup_visit", Wish.ASIDE, "v1"),
        ("show_aside",),
    ]


def test_a_day_that_a_reader_gave_says_so_and_can_be_corrected(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_patients(patient_rows(2), "p1", "")
    given = date(2024, 2, 29)
    show_visits(view, replace(visit_row("v1", given), dated_by="Dr A"), visit_row("v0"))
    (chip,) = (each for each in view.findChildren(QLabel) if each.text() == "Date entered")
    assert "Dr A" in chip.toolTip()
    press(qtbot, view, "Correct the date...")
    (field,) = view.findChildren(QDateEdit)
    assert field.date() == QDate(2024, 2, 29)
    field.setDate(QDate(2024, 2, 28))
    press(qtbot, view, "Keep this date")
    assert told.told == [("date_visit", "v1", date(2024, 2, 28))]


def test_a_visit_says_that_strokes_on_any_of_its_analyses_are_not_finished(
    view: LibraryView,
) -> None:
    view.show_patients(patient_rows(2), "p1", "")
    newer, older = entry({RIGHT: None, LEFT: None}), entry({RIGHT: None, LEFT: None})
    row = replace(visit_row(), analyses=(newer, replace(older, uid="b")))
    show_visits(view, row)
    assert "Brush strokes not finished" not in words(view)
    painted = replace(older, uid="b", unfinished=frozenset({LEFT}))
    show_visits(view, replace(row, analyses=(newer, painted)))
    assert "Brush strokes not finished" in words(view)
    (said,) = (
        each for each in view.findChildren(QLabel) if each.text() == "Brush strokes not finished"
    )
    assert said.property("tone") == "caution"
    assert "part of no result" in said.toolTip()
    show_visits(view, row)
    assert "Brush strokes not finished" not in words(view)


def test_the_smallest_window_has_room_for_all_that_a_card_says(view: LibraryView) -> None:
    view.resize(SMALLEST)
    view.show_patients(patient_rows(2), "p1", "")
    painted = replace(entry({RIGHT: None, LEFT: None}, signed=True), unfinished=frozenset(Side))
    hips = (hip(RIGHT, 0.123, 9), hip(LEFT, 0.123, 9))
    full = replace(visit_row(hips=hips, on_screen=True), analyses=(painted,), dated_by="Dr A")
    show_visits(view, full, replace(full, visit=replace(full.visit, uid="v2", day=None)))
    cards = view.findChildren(VisitCard)
    assert len(cards) == 2
    assert all(each.width() >= each.minimumSizeHint().width() for each in cards)
    assert "Brush strokes not finished" in words(view)


def test_a_card_names_whom_the_images_state(view: LibraryView) -> None:
    view.show_patients(patient_rows(2), "p1", "")
    show_visits(view, replace(visit_row("v1"), stated=patient(7, "Roe^John")), visit_row("v0"))
    assert words(view).count("Its images name Roe, John (ID HD-00007") == 1


def test_what_is_put_aside_can_be_reached_from_the_page(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    view.show_aside_count(1)
    QApplication.processEvents()
    press(qtbot, view, "1 visit is put aside")
    view.show_patients(patient_rows(2), None, "")
    view.show_aside_count(3)
    QApplication.processEvents()
    press(qtbot, view, "3 visits put aside")
    assert told.told == [("show_aside",), ("show_aside",)]
    view.show_aside_count(0)
    assert not any(each.isVisible() for each in (view._aside_small, view._aside_big))

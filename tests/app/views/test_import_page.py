"""The page of a table: what is counted, every problem, and when it can be imported."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.import_state import Stage, TableShown
from app.views import import_menu
from app.views.import_menu import ImportMenu
from app.views.import_page import ImportPage
from app.views.library_view import LibraryView
from hipdesk.clinical_columns import TableKind
from hipdesk.clinical_entries import Problem
from tests.app.views.library_rows import found_study, patient
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, primaries, spoken_of, staged, words_of

PROBLEMS = (
    Problem(3, "esr_mm_h", "this is not a number", "a number from 0 to 200 mm/h", "x"),
    Problem(4, "", "the line has 2 cells", "3 cells, as in the header"),
)
CLEAN = TableShown(
    "t.csv", Stage.TRIED, 1.0, "", TableKind.VISITS, "UTF-8", 1200, 1199, 1, usable=True
)
WRONG = replace(CLEAN, faulty=2, problems=PROBLEMS)


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, told: Recorder) -> ImportPage:
    dark()
    return staged(qtbot, ImportPage(), told, (1280, 640))


def test_a_clean_table_can_be_imported(page: ImportPage, told: Recorder) -> None:
    page.show_table(replace(CLEAN, reader="Dr. A"))
    said = spoken_of(page)
    assert "Import of t.csv" in said
    assert "Clinical facts, one line a visit · 1,200 lines · UTF-8" in said
    assert "Lines that add something: 1,199. In the library already: 1. With problems: 0." in said
    assert "in the name of Dr. A." in said
    assert primaries(page) == ["Import 1,199 lines"]
    assert not page.problems.isVisible()
    assert not page.skip.isVisible()
    page.deed.click()
    assert told.told == [("keep",)]


def test_with_problems_it_cannot_unless_they_are_left_out(page: ImportPage, told: Recorder) -> None:
    page.show_table(WRONG)
    assert not page.deed.isEnabled()
    assert page.deed.text() == "Import"
    assert "Nothing is imported while there is a problem" in words_of(page)
    page.skip.click()
    assert told.told == [("skip_problems", True)]
    page.show_table(replace(WRONG, skip=True))
    assert page.deed.isEnabled()
    assert page.deed.text() == "Import 1,199 lines"
    assert page.skip.isChecked()


def test_every_problem_stands_in_the_list_and_whole_below(page: ImportPage) -> None:
    page.show_table(WRONG)
    model = page.problems.model()
    cells = [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]
    assert cells == [
        ["3", "esr_mm_h", "this is not a number", "x", "a number from 0 to 200 mm/h"],
        ["4", "–", "the line has 2 cells", "", "3 cells, as in the header"],
    ]
    assert page.detail.text() == (
        "Line 3, column esr_mm_h: this is not a number (“x”); expected: a number from 0 to 200 "
        "mm/h."
    )
    page.problems.setFocus()
    QTest.keyClick(page.problems, Qt.Key.Key_Down)
    assert (
        page.detail.text() == "Line 4: the line has 2 cells; expected: 3 cells, as in the header."
    )
    assert page.detail.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


def test_problems_can_be_copied(page: ImportPage) -> None:
    page.show_table(WRONG)
    page.problems.selectAll()
    page.problems.copy()
    assert QGuiApplication.clipboard().text().splitlines() == [
        "3\tesr_mm_h\tthis is not a number\tx\ta number from 0 to 200 mm/h",
        "4\t–\tthe line has 2 cells\t\t3 cells, as in the header",
    ]


def test_a_table_that_was_refused_can_be_read_again(page: ImportPage, told: Recorder) -> None:
    page.show_table(TableShown("t.csv", Stage.REFUSED, fault="t.csv cannot be read."))
    assert "t.csv cannot be read." in words_of(page)
    assert primaries(page) == []
    page.again.click()
    page.away.click()
    page.back.click()
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert told.told == [("try_again",), *[("leave",)] * 3]


def test_a_fault_of_the_import_stands_above_the_table(page: ImportPage) -> None:
    page.show_table(replace(CLEAN, fault="Nothing was saved: the disk is full."))
    said = words_of(page)
    assert said.index("Nothing was saved") < said.index("Lines that add something")
    assert page.deed.isEnabled()


def test_progress_is_told(page: ImportPage) -> None:
    page.show_table(TableShown("t.csv", Stage.READING, 0.25))
    (bar,) = (each for each in page.findChildren(QWidget) if each.accessibleName() == "Progress")
    assert bar.isVisible()
    assert bar.value() == 250  # type: ignore[attr-defined]
    assert not page.deed.isVisible()
    assert page.away.isEnabled()


def test_while_it_is_imported_it_can_only_be_stopped(page: ImportPage, told: Recorder) -> None:
    page.show_table(replace(WRONG, skip=True, stage=Stage.KEEPING, done=0.5))
    assert "being imported" in words_of(page)
    for button in (page.deed, page.skip):
        assert not button.isEnabled()
    assert not page.again.isVisible()
    page.away.click()
    assert told.told == [("leave",)]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"kind": TableKind.READINGS}, "in the name of the reader in its line"),
        ({"reader": ""}, "The settings hold no name"),
        ({"fresh": 0, "lines": 1, "unchanged": 1}, "There is nothing to be imported."),
        ({"usable": False, "problems": PROBLEMS}, "cannot be imported as it is"),
        ({"fresh": 0, "problems": PROBLEMS}, "mend the file and read it again."),
        ({"problems": PROBLEMS, "skip": True}, "The lines with problems stay out"),
    ],
)
def test_what_else_is_said(page: ImportPage, facts: dict[str, object], words: str) -> None:
    page.show_table(replace(CLEAN, **facts))  # type: ignore[arg-type]
    assert words in words_of(page)


def test_a_hundred_thousand_problems_hold_nothing_up(page: ImportPage) -> None:
    many = tuple(replace(PROBLEMS[0], line=line) for line in range(2, 100_002))
    began = time.perf_counter()
    page.show_table(replace(WRONG, problems=many))
    page.grab()
    page.problems.scrollToBottom()
    page.grab()
    assert time.perf_counter() - began < 1.0
    assert page.problems.model().rowCount() == 100_000


def test_every_word_is_translated(
    page: ImportPage, qapp: QApplication, marking: QTranslator
) -> None:
    page.show_table(WRONG)
    qapp.installTranslator(marking)
    qapp.processEvents()
    assert page.deed.text() == "«Import»"
    assert page.detail.text().startswith("«")
    assert page.problems.model().index(0, 2).data().startswith("«")
    assert page.problems.model().headerData(2, Qt.Orientation.Horizontal) == "«What is wrong»"
    qapp.removeTranslator(marking)
    qapp.processEvents()
    assert page.deed.text() == "Import"


# In the library


def test_the_page_takes_the_librarys_place_until_it_is_left(
    qtbot: QtBot, qapp: QApplication, told: Recorder
) -> None:
    dark()
    view = staged(qtbot, LibraryView(), told, (1280, 640))
    hearing = Recorder()
    view.tables.listen(hearing)  # type: ignore[arg-type]
    assert not view.tables.isVisible()
    view.tables.show_table(CLEAN)
    assert view.tables.isVisible()
    assert view.tables.deed.hasFocus() or not view.isActiveWindow()
    view.show_found(found_study(who=patient()))
    assert hearing.told == [("leave",)]
    view.tables.show_table(None)
    assert not view.tables.isVisible()


class TestMenu:
    @pytest.fixture
    def menu(self, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportMenu:
        monkeypatch.setattr(import_menu, "documents", lambda: tmp_path)
        window = QWidget()
        qtbot.addWidget(window)
        return ImportMenu(window)

    def test_a_table_is_asked_for_where_the_last_one_lay(
        self, menu: ImportMenu, told: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[str] = []

        def asked(_parent: QWidget, _title: str, start: str, kinds: str) -> tuple[str, str]:
            assert "*.csv" in kinds
            begun.append(start)
            return str(tmp_path / "in" / "t.csv"), kinds

        menu.listen(told)  # type: ignore[arg-type]
        monkeypatch.setattr(QFileDialog, "getOpenFileName", asked)
        menu.choose()
        menu.choose()
        assert told.told == [("try_out", tmp_path / "in" / "t.csv")] * 2
        assert begun == [str(tmp_path), str(tmp_path / "in")]

    def test_thinking_better_of_it_tells_nobody(
        self, menu: ImportMenu, told: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        menu.listen(told)  # type: ignore[arg-type]
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
        menu.choose()
        assert told.told == []

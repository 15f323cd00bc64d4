"""The found folder's page: contrast and names put right, and what is found so far."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.state import FoundStudy
from app.views.charset_menu import CharsetButton
from app.views.found_page import FoundPage
from app.views.library_view import LibraryView
from hipdesk.records import Contrast
from tests.app.views.library_rows import found_study, patient, series_row
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, staged
from tests.app.views.stage import spoken_of as words

USABLE = series_row("s1", chosen=True, usable=True)
OTHER = series_row("s2", usable=True, description="COR T2 FS")
AXIAL = series_row("s3", description="AX STIR")
SPELT = {"": "\u00cd\u00f5", "GB18030": "\u738b^\u5c0f\u4e1c", "KOI8-R": "\u043c\u0443"}


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, told: Recorder) -> LibraryView:
    dark()
    return staged(qtbot, LibraryView(), told, (1280, 640))


def study(*rows: object, **facts: object) -> FoundStudy:
    return replace(found_study(*rows, who=patient()), **facts)  # type: ignore[arg-type]


def spoken(view: LibraryView, beginning: str) -> list[QPushButton]:
    return [
        each
        for each in view.findChildren(QPushButton)
        if each.accessibleName().startswith(beginning)
    ]


def entries(button: QPushButton) -> list[QAction]:
    return [each for each in button.menu().actions() if not each.isSeparator()]


# What a series is weighted for


def test_the_contrast_is_a_menu_where_it_makes_a_difference(view: LibraryView) -> None:
    view.show_found(study(USABLE, OTHER, AXIAL))
    assert [each.accessibleName() for each in spoken(view, "Contrast of")] == [
        "Contrast of COR STIR: STIR",
        "Contrast of COR T2 FS: STIR",
    ]


def test_a_contrast_is_told_once(view: LibraryView, told: Recorder) -> None:
    view.show_found(study(USABLE, OTHER))
    menu = entries(spoken(view, "Contrast of COR T2")[0])
    assert [each.text() for each in menu] == [
        "STIR",
        "T2 fat-suppressed",
        "PD fat-suppressed",
        "Dixon water",
        "not fluid-sensitive",
    ]
    menu[2].trigger()
    menu[4].trigger()
    assert told.told == [
        ("state_contrast", "s2", Contrast.PD_FS),
        ("state_contrast", "s2", Contrast.OTHER),
    ]


def test_a_contrast_by_a_reader_is_marked(view: LibraryView) -> None:
    view.show_found(study(replace(USABLE, said=True)))
    assert "Contrast by a reader" in words(view)


# Names


def charset(view: LibraryView) -> CharsetButton:
    return view.findChildren(CharsetButton)[0]


def test_each_language_stands_beside_the_name_as_it_reads_in_it(
    view: LibraryView, told: Recorder
) -> None:
    view.show_found(study(USABLE, spelt=SPELT, doubtful=True))
    assert charset(view).isVisible()
    assert "Names look garbled. “Names look wrong?”, above at the right" in words(view)
    menu = entries(charset(view))
    assert [each.text() for each in menu] == [
        "As the files state\t\u00cd\u00f5",
        "Chinese (GB 18030)\t\u738b \u5c0f\u4e1c",
        "Cyrillic (KOI8-R)\t\u043c\u0443",
    ]
    assert [each.isChecked() for each in menu] == [True, False, False]
    menu[1].trigger()
    menu[0].trigger()
    assert told.told == [("choose_charset", "GB18030")]


def test_the_set_in_force_is_marked_and_can_be_given_up(view: LibraryView, told: Recorder) -> None:
    view.show_found(study(USABLE, spelt=SPELT, charset="GB18030"))
    menu = entries(charset(view))
    assert [each.isChecked() for each in menu] == [False, True, False]
    menu[0].trigger()
    assert told.told == [("choose_charset", "")]


@pytest.mark.parametrize("spelt", [{}, {"": "Doe^Jane", "GB18030": "Doe^Jane"}])
def test_where_every_set_reads_alike_there_is_nothing_to_choose(
    view: LibraryView, spelt: dict[str, str]
) -> None:
    view.show_found(study(USABLE, spelt=spelt, doubtful=True))
    assert not charset(view).isVisible()
    assert "Names or descriptions look garbled." in words(view)
    assert "above" not in words(view)


# Before the end


def test_what_is_found_so_far_can_be_chosen(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    row = replace(USABLE, chosen=False)
    view.show_found(study(row, searching=True, reason=""))
    assert "Still looking for images" in words(view)
    assert "read in" not in words(view)
    assert spoken(view, "Contrast of") == [], "more of the series may turn up"
    qtbot.mouseClick(spoken(view, "Analyse this one")[0], Qt.MouseButton.LeftButton)
    assert told.told == [("analyse_series", "s1")]


def test_nothing_moves_under_a_pressed_button(
    qtbot: QtBot, view: LibraryView, told: Recorder
) -> None:
    first, more = replace(USABLE, chosen=False), replace(OTHER, chosen=False)
    view.show_found(study(first, searching=True))
    button = spoken(view, "Analyse this one")[0]
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    page = view.findChildren(FoundPage)[0]
    page.show_found(study(first, more, searching=True))
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert told.told == [("analyse_series", "s1")]


def test_what_turns_up_while_nobody_looks_is_laid_out_when_somebody_does(
    view: LibraryView,
) -> None:
    page = view.findChildren(FoundPage)[0]
    view.show_found(study(USABLE, searching=True))
    view.hide()
    view.show_found(study(USABLE, OTHER, searching=True))
    assert list(page._actions) == ["s1"]
    view.show()
    assert list(page._actions) == ["s1", "s2"]
    view.hide()
    view.show_found(study(USABLE))
    assert list(page._actions) == ["s1"], "the whole is always laid out"


def test_the_focus_stays_with_its_series(view: LibraryView) -> None:
    first, more = replace(USABLE, chosen=False), replace(OTHER, chosen=False)
    view.show_found(study(first, searching=True))
    view.activateWindow()
    spoken(view, "Analyse this one: COR STIR")[0].setFocus()
    view.show_found(study(more, first, searching=True))
    page = view.findChildren(FoundPage)[0]
    assert page._actions["s1"].hasFocus()

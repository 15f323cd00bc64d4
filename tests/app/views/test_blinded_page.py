"""The page of blinded reading: three totals, no date, and in the end the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.blinded_state import BlindedShown, Unblinded
from app.clinical_state import ReadingDraft
from app.views.blinded_page import BlindedPage
from hipdesk.himriss import Compartment
from hipdesk.records import Side
from tests.app.views.pictures import picture
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, primaries, staged, words_of

SHOWN = BlindedShown(
    "B", 2, 4, Side.RIGHT, tuple(Side), frozenset(), picture(masks=False), (500, 1000), (0, 1000)
)


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, told: Recorder) -> BlindedPage:
    dark()
    return staged(qtbot, BlindedPage(), told, (1366, 740), lambda page: page.show_visit(SHOWN))


def enter(page: BlindedPage, *totals: int) -> None:
    for name, total in zip(Compartment, totals, strict=True):
        page.totals[name].setValue(total)


def test_a_visit_is_a_letter(page: BlindedPage) -> None:
    said = words_of(page)
    assert "Visit B" in said
    assert "2 of 4" in said
    assert primaries(page) == ["Save reading"]
    assert not page.keep.isEnabled()


def test_totals_are_saved_for_the_hip_on_the_page(page: BlindedPage, told: Recorder) -> None:
    enter(page, 12, 4, 9)
    assert page.sum.text() == "25"
    page.keep.click()
    draft = ReadingDraft(Side.RIGHT, 12, 4, 9, blinded_to_order=True)
    assert told.told == [("keep_reading", draft)]


def test_the_next_hip_begins_empty_and_scrolling_keeps_what_is_typed(page: BlindedPage) -> None:
    enter(page, 12, 4, 9)
    page.show_visit(replace(SHOWN, picture=picture(5, masks=False)))
    assert page.sum.text() == "25"
    page.show_visit(replace(SHOWN, side=Side.LEFT, read=frozenset({Side.RIGHT})))
    assert page.sum.text() == "–"


def test_a_hip_that_was_read_is_corrected(page: BlindedPage) -> None:
    page.show_visit(replace(SHOWN, read=frozenset({Side.RIGHT})))
    assert page.keep.text() == "Save correction"
    page.show_refusal("Enter at least one total.")
    assert "Enter at least one total." in words_of(page)


def test_keys_and_buttons(page: BlindedPage, told: Recorder, qtbot: QtBot) -> None:
    qtbot.keyClick(page, Qt.Key.Key_Down)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    page.after.click()
    page.before.click()
    page.sides.buttons["L"].click()
    page.finish.click()
    assert page.isVisible()
    assert told.told == [
        ("step", 1),
        ("go_on", 1),
        ("go_on", -1),
        ("choose_side", Side.LEFT),
        ("finish",),
    ]


def test_the_first_and_last_have_no_neighbour(page: BlindedPage) -> None:
    page.show_visit(replace(SHOWN, place=1))
    assert not page.before.isEnabled()
    page.show_visit(replace(SHOWN, place=4))
    assert not page.after.isEnabled()


def test_images_still_being_read(page: BlindedPage) -> None:
    page.show_visit(replace(SHOWN, picture=None))
    enter(page, 1, 1, 1)
    assert not page.keep.isEnabled()


def test_the_truth(page: BlindedPage, told: Recorder) -> None:
    truth = (
        Unblinded("A", date(2024, 9, 1), "", ((Side.RIGHT, 18), (Side.LEFT, None))),
        Unblinded("B", date(2023, 9, 1), "Doe, Jane", ()),
    )
    page.show_unblinded(truth)
    QApplication.processEvents()
    said = words_of(page)
    for words in ("Which visit was which", "2024-09-01", "18", "2023-09-01 · Doe, Jane"):
        assert words in said
    page.close_button.click()
    assert told.told == [("leave",)]
    assert not page.isVisible()

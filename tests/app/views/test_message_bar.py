"""Messages over the page: nothing moves, none is lost, none takes a press meant for the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app import language, theme
from app.messages import SHOWN, Action, Message, Severity
from app.spoken import spoken
from app.theme import SPACE
from app.views.labels import translated
from app.views.message_bar import READING_MS, SEEN_MS, STAYS_MS, MessageBar
from hipdesk.settings import Language, Theme

LONG = "A sentence of the kind that has to be read, with what happened and what to do. " * 3


def message(number: int, severity: Severity = Severity.ERROR, text: str = "") -> Message:
    return Message(number, severity, text or f"Sentence {number}.")


class Page(QWidget):
    """A page with a button in its lower left corner, and messages above it."""

    def __init__(self) -> None:
        super().__init__()
        self.page = QWidget()
        self.button = QPushButton("Next", self.page)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 40, 0, 40)
        outside.addWidget(self.page)
        self.bar = MessageBar(self.page)
        self.bar.bell.setParent(self)
        self.bar.line.setParent(self)
        self.resize(1120, 640)

    def place_button(self) -> None:
        self.button.setGeometry(2 * SPACE, self.page.height() - 60, 120, 40)

    @property
    def receiver(self) -> QWidget | None:
        """Who gets a press on the page's button."""
        return self.childAt(self.button.mapTo(self, self.button.rect().center()))


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> Page:
    theme.apply(qapp, Theme.DARK)
    made = Page()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.place_button()
    return made


@pytest.mark.parametrize("count", [1, 3, 7])
def test_nothing_moves_when_messages_come_and_go(page: Page, count: int) -> None:
    before = page.page.geometry(), page.button.geometry()
    page.bar.show_messages(tuple(message(n, text=LONG) for n in range(count)))
    QApplication.processEvents()
    assert page.bar.isVisible()
    assert (page.page.geometry(), page.button.geometry()) == before
    page.bar.show_messages(())
    assert not page.bar.isVisible()
    assert (page.page.geometry(), page.button.geometry()) == before


@pytest.mark.parametrize("size", [(1120, 640), (2560, 1440), (400, 300)])
def test_messages_stay_within_the_page(page: Page, size: tuple[int, int], qtbot: QtBot) -> None:
    page.bar.show_messages(tuple(message(n, text=LONG) for n in range(9)))
    page.bar._more.click()
    page.resize(*size)
    QApplication.processEvents()
    assert page.page.geometry().contains(page.bar.geometry())
    assert page.bar.geometry().left() == SPACE
    assert page.bar.geometry().bottom() == page.page.geometry().bottom() - SPACE


def test_every_message_can_be_reached(page: Page) -> None:
    page.bar.show_messages(tuple(message(n) for n in range(SHOWN + 2)))
    assert len(page.bar.rows) == SHOWN
    assert page.bar._more.text() == "and 2 more"
    page.bar._more.click()
    assert [row._text.text() for row in page.bar.rows] == [
        f"Sentence {n}." for n in range(SHOWN + 2)
    ]
    page.bar._more.click()
    assert len(page.bar.rows) == SHOWN


def test_a_message_under_the_pointer_lets_the_press_through(
    page: Page, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    middle = page.button.mapToGlobal(page.button.rect().center())
    monkeypatch.setattr(QCursor, "pos", lambda: middle)
    page.bar._guard.setInterval(50)
    page.bar.show_messages((message(1),))
    assert page.bar.geometry().contains(page.mapFromGlobal(middle))
    assert page.receiver is page.button
    qtbot.waitUntil(lambda: page.receiver is not page.button, timeout=2000)
    page.bar.show_messages((message(1), message(2)))  # they were being read there
    assert page.receiver is not page.button


def test_a_message_elsewhere_can_be_pressed_at_once(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QCursor, "pos", lambda: page.mapToGlobal(QPoint(1000, 60)))
    page.bar.show_messages((message(1),))
    assert page.receiver is not page.button


def test_messages_are_put_away_and_come_back(page: Page) -> None:
    bar = page.bar
    assert not bar.bell.isVisible()
    bar.show_messages((message(1), message(2, Severity.WARNING)))
    assert (bar.bell.isVisible(), bar.bell.isChecked(), bar.bell.text()) == (True, True, " 2")
    bar.bell.click()
    assert (bar.isVisible(), bar.bell.text()) == (False, " 2")
    bar.show_messages((message(1),))
    assert not bar.isVisible()
    bar.bell.click()
    assert bar.isVisible()
    bar.bell.click()
    bar.show_messages((message(1), message(3)))
    assert bar.isVisible()
    bar.show_messages(())
    assert (bar.isVisible(), bar.bell.isVisible()) == (False, False)


def test_messages_leave_the_page_when_read_and_none_is_lost(page: Page) -> None:
    bar = page.bar
    bar.show_messages((message(1, Severity.WARNING), message(2, text="The disk is full.")))
    assert (bar._leave.isActive(), bar._leave.interval()) == (True, STAYS_MS)
    assert not bar.line.isVisible()
    bar._leave.timeout.emit()
    assert not bar.isVisible()
    assert (bar.bell.text(), bar.bell.isChecked()) == (" 2", False)
    assert bar.line.isVisible()
    assert bar.line.accessibleName() == "Error: The disk is full."
    bar.line.click()
    assert bar.isVisible()
    assert [row._text.text() for row in bar.rows] == ["The disk is full.", "Sentence 1."]
    assert not bar._leave.isActive()  # the reader asked for them
    assert not bar.line.isVisible()


def test_a_message_that_comes_brings_back_none_that_was_read(page: Page) -> None:
    bar = page.bar
    bar.show_messages((message(1),))
    bar._leave.timeout.emit()
    note = message(2, Severity.INFO)
    bar.show_messages((message(1), note))
    assert [row._text.text() for row in bar.rows] == ["Sentence 2."]
    assert (bar.isVisible(), bar.line.isVisible(), bar.bell.text()) == (True, True, " 2")
    bar.show_messages((message(1),))
    assert (bar.isVisible(), bar.line.isVisible()) == (False, True)
    again = replace(message(1), times=2)
    bar.show_messages((again,))
    assert (bar.isVisible(), bar.line.isVisible()) == (True, False)
    bar.show_messages(())
    assert (bar.isVisible(), bar.line.isVisible(), bar.bell.isVisible()) == (False, False, False)


def test_notes_are_left_to_the_bell(page: Page) -> None:
    action = Action("Analyse again", lambda: None)
    page.bar.show_messages((Message(1, Severity.INFO, "It was cut short.", action),))
    page.bar._leave.timeout.emit()
    assert (page.bar.isVisible(), page.bar.line.isVisible()) == (False, False)
    assert page.bar.bell.isVisible()


def test_messages_that_are_being_read_stay(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    bar = page.bar
    bar.show_messages((message(1),))
    inside = bar.mapToGlobal(bar.rect().center())
    monkeypatch.setattr(QCursor, "pos", lambda: inside)
    bar._leave.timeout.emit()
    assert bar.isVisible()
    assert bar._leave.isActive()
    monkeypatch.setattr(QCursor, "pos", lambda: QPoint(-100, -100))
    bar._leave.timeout.emit()
    assert not bar.isVisible()


def test_long_messages_stay_as_long_as_they_take_to_read(page: Page) -> None:
    page.bar.show_messages((message(1, text=LONG),))
    assert page.bar._leave.interval() == READING_MS * len(LONG) > STAYS_MS


def test_the_line_leaves_out_what_there_is_no_room_for(page: Page) -> None:
    line = page.bar.line
    page.bar.show_messages((message(1, text=f"A & B. {LONG}"),))
    page.bar._leave.timeout.emit()
    line.resize(240, line.height())
    assert line.text().startswith("Error: A && B.")
    assert line.text().endswith("\N{HORIZONTAL ELLIPSIS}")
    assert line.toolTip() == f"Error: A & B. {LONG}"
    assert line.sizeHint().width() <= 240


def test_the_bell_is_as_wide_whatever_it_counts(page: Page) -> None:
    page.bar.show_messages((message(1),))
    width = page.bar.bell.width()
    page.bar.show_messages(tuple(message(n) for n in range(50)))
    assert page.bar.bell.width() == width
    bell, edges = page.bar.bell, 2 * (SPACE + 1)
    words = bell.fontMetrics().horizontalAdvance(bell.text())
    assert bell.iconSize().width() + words + edges <= width


def test_a_long_sentence_and_a_button_are_not_clipped(page: Page) -> None:
    action = Action("Analyse the study once again", lambda: None)
    page.bar.show_messages((Message(1, Severity.WARNING, LONG, action),))
    QApplication.processEvents()
    (row,) = page.bar.rows
    assert row._text.height() >= row._text.heightForWidth(row._text.width())
    assert row._act.width() >= row._act.sizeHint().width()
    assert page.bar._scroll.viewport().height() >= row.height()


def test_a_press_on_the_cross_dismisses(page: Page, qtbot: QtBot) -> None:
    page.bar.show_messages((message(7),))
    with qtbot.waitSignal(page.bar.dismissed) as told:
        page.bar.rows[0]._close.click()
    assert told.args == [7]


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    yield
    language.apply(qapp, Language.ENGLISH)


@pytest.mark.usefixtures("chinese")
def test_what_was_said_follows_the_language(page: Page, qapp: QApplication) -> None:
    saved = spoken("Report", "Saved as {name}.", translated).format(name="a.pdf")
    again = Action(spoken("Study", "Save again", translated), lambda: None)
    page.bar.show_messages((Message(1, Severity.WARNING, saved, again),))
    (row,) = page.bar.rows
    assert (row._text.text(), row._act.text()) == ("Saved as a.pdf.", "Save again")
    language.apply(qapp, Language.CHINESE)
    QApplication.processEvents()
    assert not re.search("Saved|Save again", row._text.text() + row._act.text())
    assert "a.pdf" in row._text.text()
    page.bar._leave.timeout.emit()
    assert "Saved" not in page.bar.line.accessibleName()
    language.apply(qapp, Language.ENGLISH)
    QApplication.processEvents()
    assert page.bar.line.accessibleName() == "Warning: Saved as a.pdf."


@pytest.mark.parametrize("size", [(1120, 640), (500, 320)])
def test_the_newest_message_is_in_sight_at_once(
    page: Page, size: tuple[int, int], qtbot: QtBot
) -> None:
    page.resize(*size)
    action = Action("Save again", lambda: None)
    old = [Message(n, Severity.ERROR, f"{n} {LONG}", action) for n in range(3)]
    for count in (1, 2, 3):
        page.bar.show_messages(tuple(old[:count]))
    QApplication.processEvents()
    new = message(9, text="The folder may not be written to.")
    page.bar.show_messages((*old, new))
    QApplication.processEvents()
    (row,) = (each for each in page.bar.rows if each._text.text() == new.text)
    top = row.mapTo(page.bar, QPoint(0, 0)).y()
    assert page.bar._scroll.geometry().contains(QRect(1, top, 10, row.height()))


def test_a_new_error_is_in_sight_though_the_others_were_put_away(page: Page) -> None:
    old, new = message(1), message(2)
    page.bar.show_messages((old,))
    page.bar.bell.click()
    page.bar.show_messages((old, new))
    assert [row._text.text() for row in page.bar.rows] == ["Sentence 2."]
    page.bar.show_messages((replace(old, times=2), new))
    assert page.bar.isVisible()


def test_the_line_tells_the_newest_of_the_gravest(page: Page) -> None:
    warning = message(3, Severity.WARNING)
    page.bar.show_messages((message(1), message(2), warning))
    page.bar._leave.timeout.emit()
    assert page.bar.line.accessibleName() == "Error: Sentence 2."


def test_the_cross_is_drawn_when_it_has_the_keys(page: Page, qtbot: QtBot) -> None:
    page.bar.show_messages((message(1),))
    (row,) = page.bar.rows
    row._close.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    assert row._close.hasFocus()
    inked = row._close.grab().toImage()
    x, y = inked.width() // 2, inked.height() // 2
    ground = inked.pixelColor(x, y // 2)
    cross = {(dx, dy) for dx in range(-5, 6) for dy in range(-5, 6)}
    drawn = [at for at in cross if inked.pixelColor(x + at[0], y + at[1]) != ground]
    assert len(drawn) > len(cross) // 5, "an empty box"


def test_messages_go_with_their_page_once_they_were_seen(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = page.bar
    action = Action("Save again", lambda: None)
    bar.show_messages((Message(1, Severity.ERROR, "Nothing was saved.", action),))
    bar.turn_page()
    assert bar.isVisible()
    monkeypatch.setattr(bar._leave, "remainingTime", lambda: STAYS_MS - SEEN_MS)
    bar.turn_page()
    assert (bar.isVisible(), bar.line.isVisible(), bar.bell.text()) == (False, True, " 1")
    bar.line.click()
    bar.turn_page()
    assert not bar.isVisible()


def test_messages_of_somebody_else_are_put_away_and_say_so(page: Page) -> None:
    bar = page.bar
    action = Action("Save again", lambda: None)
    saving = Message(1, Severity.ERROR, "Nothing was saved.", action)
    reading = message(2)
    bar.show_messages((saving, reading))
    theirs = tuple(replace(each, elsewhere=True) for each in (saving, reading))
    bar.show_messages(theirs)
    assert (bar.isVisible(), bar.bell.text()) == (False, " 2")
    said = "Before this patient was opened: Nothing was saved."
    assert bar.line.accessibleName() == f"Error: {said}"
    bar.bell.click()
    assert bar.rows[0]._text.text() == said
    bar.show_messages((*theirs, message(3)))
    assert bar.isVisible()
    bar.bell.click()
    bar.show_messages((saving, reading, message(3)))
    assert not bar.isVisible()
    bar.bell.click()
    assert bar.rows[0]._text.text() == "Nothing was saved."


def test_what_offers_nothing_and_is_of_somebody_else_is_left_to_the_bell(page: Page) -> None:
    page.bar.show_messages((message(1),))
    page.bar.show_messages((replace(message(1), elsewhere=True),))
    assert (page.bar.line.isVisible(), page.bar.bell.text()) == (False, " 1")

"""Every word that can be read goes through translation, or is the patient's, or the core's.

The translator of these tests brackets what it is asked for; what then stands
outside brackets was never asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTableWidget,
    QWidget,
)

from app.views.labels import ElidedLabel
from tests.app.path.window_driver import Driver

DATA = {
    *("Demo", "Simulated", "Patient", "DEMO", "Both", "hips", "STIR", "coronal", "simulated"),
    *("images", "tse", "cor", "limf", "nodes", "CM"),
    *("HipDesk", "Ctrl", "Shift", "Alt", "SHA", "locate", "segment", "English", "中文"),
}
"""The patient's words, descriptions in the images, names of program, keys, models, languages."""

NO_WORDS = re.compile(r"/\S+|[0-9a-f]{8,}")
"""Places of files, and hashes."""

UNITS = {"mm", "mL"}
WORD = re.compile(r"[^\W\d_]{2,}")

Start = Callable[..., Driver]


class Marking(QTranslator):
    """Brackets everything that is translated."""

    def translate(
        self, context: str, words: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"«{words}»" if words else ""

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def marking(qapp: QApplication) -> Iterator[None]:
    translator = Marking()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def bare(words: str) -> str:
    """What stands outside brackets."""
    depth, outside = 0, []
    for letter in words:
        if letter == "«":
            depth += 1
        elif letter == "»":
            depth -= 1
        elif depth == 0:
            outside.append(letter)
    return "".join(outside)


def untranslated(words: str) -> list[str]:
    read = NO_WORDS.sub("", bare(words.replace("\u200b", "")))
    return [each for each in WORD.findall(read) if each not in DATA | UNITS]


def texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """Kind and words of everything that can be read below a widget, or heard of it."""
    for widget in (root, *root.findChildren(QWidget)):
        if not widget.isVisible():
            continue
        name = type(widget).__name__
        yield f"{name} tip", widget.toolTip()
        yield f"{name} name", widget.accessibleName()
        yield f"{name} description", widget.accessibleDescription()
        if isinstance(widget, ElidedLabel):
            yield name, widget.whole
        elif isinstance(widget, QLabel | QAbstractButton):
            yield name, widget.text()
        elif isinstance(widget, QLineEdit | QPlainTextEdit):
            yield f"{name} placeholder", widget.placeholderText()
        elif isinstance(widget, QTabBar):
            for at in range(widget.count()):
                yield name, widget.tabText(at)
        elif isinstance(widget, QComboBox):
            for at in range(widget.count()):
                yield name, widget.itemText(at)
        elif isinstance(widget, QTableWidget):
            yield from _cells(widget)
    for action in root.findChildren(QAction):
        yield "action", action.text()


def _cells(table: QTableWidget) -> Iterator[tuple[str, str]]:
    items = [
        table.item(row, column)
        for row in range(table.rowCount())
        for column in range(table.columnCount())
    ]
    items += [table.horizontalHeaderItem(at) for at in range(table.columnCount())]
    items += [table.verticalHeaderItem(at) for at in range(table.rowCount())]
    for item in items:
        if item is not None:
            yield "cell", item.text()
            yield "cell tip", item.toolTip()


def check(desk: Driver, where: str, root: QWidget | None = None) -> list[str]:
    """What was not translated."""
    return [
        f"{where}: {kind}: {words!r}"
        for kind, words in texts(root or desk.window)
        if untranslated(words)
    ]


def ways_in(desk: Driver) -> list[QPushButton]:
    return [each for each in desk.all(QPushButton) if each.text() == "«Open»"]


def test_every_word_is_translated(
    start: Start, marking: None, library: Path, shared_or_none: Path | None
) -> None:
    desk = start(library)
    desk.wait_idle()
    found = check(desk, "library")
    desk.choose_row(0)
    desk.wait(lambda: ways_in(desk))
    found += check(desk, "visits")
    desk.press(ways_in(desk)[0])
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    found += check(desk, "review")
    desk.click(QPushButton, "«Reject the right hip»")
    found += check(desk, "review, rejecting")
    found += [
        f"strip chart: {words!r}"
        for words in map(desk.strip.tip, range(desk.series.stack.slices))
        if untranslated(words)
    ]
    for name, workspace in (("follow-up", "«Follow-up»"), ("report", "«Report»")):
        desk.go(workspace)
        desk.spin(0.3)
        desk.wait_idle()
        found += check(desk, name)
    found += _pages(desk)
    if shared_or_none is not None:
        desk.drop(shared_or_none / "mr_coronal_t1" / "images_01")
        desk.wait(lambda: any(each.text() == "«Heads only»" for each in desk.all(QPushButton)))
        found += check(desk, "found page")
    desk.close()
    assert not found, "\n".join(dict.fromkeys(found))


def _pages(desk: Driver) -> list[str]:
    found = []
    for title, menu in (
        ("«Settings»", "«File»"),
        ("«Keyboard and mouse»", "«Help»"),
        ("«About HipDesk»", "«Help»"),
    ):
        desk.choose(title, menu)
        desk.spin(0.1)
        page = QApplication.activeWindow()
        assert page is not None
        assert page is not desk.window
        found += check(desk, title, page)
        found += [f"{title}: {page.windowTitle()}"] if untranslated(page.windowTitle()) else []
        page.close()
    return found

"""Qt's own dialogs speak the window's language, whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QGroupBox,
    QLabel,
    QMessageBox,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import language
from app.qt_words import LACKING
from app.views.printing import lay_out
from hipdesk.settings import Language

ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = {"PDF", "Alt", "mm"}
"""Latin letters that stay in Chinese."""


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    language.apply(qapp, Language.CHINESE)
    yield
    language.apply(qapp, Language.ENGLISH)


def texts_of(widget: QWidget) -> list[str]:
    """What a widget says, itself and in its tips; places and printers are names."""
    said = [widget.toolTip()]
    match widget:
        case QLabel() | QAbstractButton():
            said.append(widget.text())
        case QGroupBox():
            said.append(widget.title())
        case QComboBox() if widget.objectName() not in {"lookInCombo", "printers"}:
            said += [widget.itemText(at) for at in range(widget.count())]
        case QTabWidget():
            said += [widget.tabText(at) for at in range(widget.count())]
    return said


def english_in(dialog: QDialog) -> set[str]:
    said = {text for each in dialog.findChildren(QWidget) for text in texts_of(each)}
    return {text for text in said if set(ENGLISH.findall(text)) - NAMES}


def test_choosing_a_file_is_chinese_throughout(chinese: None, qtbot: QtBot) -> None:
    dialog = QFileDialog()
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    qtbot.addWidget(dialog)
    dialog.show()
    assert english_in(dialog) == set()


def test_printing_is_chinese_throughout(chinese: None, qtbot: QtBot) -> None:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    lay_out(printer)
    dialog = QPrintDialog(printer)
    qtbot.addWidget(dialog)
    dialog.setOption(QPrintDialog.PrintDialogOption.PrintPageRange)
    dialog.setMinMax(1, 3)
    dialog.show()
    assert english_in(dialog) == set()


def test_standard_buttons_are_chinese(chinese: None, qtbot: QtBot) -> None:
    buttons = QMessageBox.StandardButton
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setStandardButtons(buttons.Ok | buttons.Cancel | buttons.Save | buttons.Discard)
    box.show()
    assert english_in(box) == set()


@pytest.mark.parametrize(("context", "words"), LACKING)
def test_what_qt_lacks_is_said(chinese: None, context: str, words: str) -> None:
    assert not ENGLISH.search(QCoreApplication.translate(context, words))

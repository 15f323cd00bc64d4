"""The settings' page: shows what is in force, tells every change once and at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app import language, theme
from app.state import ComputeBadge
from app.views.about import ProgramFacts
from app.views.settings_dialog import SettingsDialog
from hipdesk.ports import ProtocolChoice, ScannerProtocol
from hipdesk.records import Compute, Contrast, ModelRef, Plane, Provider
from hipdesk.settings import Language, Settings, Theme

FACTS = ProgramFacts(
    "0.2.0", (ModelRef("segment", "0.1.0", "cd" * 32, "segment", "simulated MRI"),), "/default"
)
SETTINGS = Settings(reader_name="Dr A", institution="Clinic", provider=Provider.CPU)


@pytest.fixture
def changes() -> list[Settings]:
    return []


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, changes: list[Settings]) -> SettingsDialog:
    theme.apply(qapp, Theme.DARK)
    made = SettingsDialog(FACTS, ask_folder=lambda _parent: Path("/elsewhere"))
    made.changed.connect(changes.append)
    qtbot.addWidget(made)
    made.show_settings(SETTINGS)
    made.show()
    return made


def test_it_shows_what_is_in_force_and_tells_nobody(
    page: SettingsDialog, changes: list[Settings]
) -> None:
    assert page._reader.text() == "Dr A"
    assert page._institution.text() == "Clinic"
    assert page._provider.currentData() == "cpu"
    assert page._place.whole == "/default"
    page.show_settings(Settings(library="/mine"))
    assert page._place.whole == "/mine"
    assert page._default.isEnabled()
    assert changes == []


def test_it_does_not_block_the_window(page: SettingsDialog) -> None:
    assert not page.isModal()


@pytest.mark.parametrize(
    ("box", "value", "field"),
    [("_theme", Theme.LIGHT, "theme"), ("_provider", Provider.CUDA, "provider")],
)
def test_a_choice_is_told_once(
    page: SettingsDialog, changes: list[Settings], box: str, value: str, field: str
) -> None:
    combo = getattr(page, box)
    combo.setCurrentIndex(combo.findData(value))
    assert changes == [SETTINGS.model_copy(update={field: value})]


def test_a_name_is_told_when_it_is_whole(
    page: SettingsDialog, changes: list[Settings], qtbot: QtBot
) -> None:
    page._reader.clear()
    qtbot.keyClicks(page._reader, " Dr B ")
    assert changes == []
    qtbot.keyClick(page._reader, Qt.Key.Key_Return)
    assert changes == [SETTINGS.model_copy(update={"reader_name": "Dr B"})]
    page.show_settings(changes[-1])
    page.hide()
    assert len(changes) == 1


def test_closing_keeps_a_name_that_was_still_being_typed(
    page: SettingsDialog, changes: list[Settings]
) -> None:
    page._institution.setText("Hospital")
    page.close()
    assert [each.institution for each in changes] == ["Hospital"]


def test_the_library_moves_at_the_next_start(
    page: SettingsDialog, changes: list[Settings], qtbot: QtBot
) -> None:
    qtbot.mouseClick(page._choose, Qt.MouseButton.LeftButton)
    assert changes[-1].library == "/elsewhere"
    assert "when HipDesk starts again" in page._notes["place"].text()
    page.show_settings(changes[-1])
    qtbot.mouseClick(page._default, Qt.MouseButton.LeftButton)
    assert changes[-1].library == ""
    assert len(changes) == 2


def test_a_change_that_was_refused_is_shown_as_it_was(page: SettingsDialog) -> None:
    page._theme.setCurrentIndex(page._theme.findData(Theme.LIGHT))
    page.show_settings(SETTINGS)
    assert page._theme.currentData() == Theme.SYSTEM.value


def test_it_says_what_the_networks_run_on(page: SettingsDialog) -> None:
    page.show_badge(ComputeBadge(Compute("cuda", "cpu", "There is no CUDA driver."), 2.0, True))
    note = page._notes["provider"]
    assert "There is no CUDA driver." in note.text()
    assert "CPU" in note.text()


def test_models_stand_with_their_hashes(page: SettingsDialog) -> None:
    names = [label.accessibleName() for label in page.findChildren(QLabel)]
    assert f"SHA-256 {'cd' * 32}" in names


def test_fields_are_named_for_screen_readers(page: SettingsDialog) -> None:
    for field in (page._theme, page._language, page._provider, page._reader, page._institution):
        assert field.accessibleName()


@pytest.mark.parametrize(
    ("choice", "system", "code"),
    [
        (Language.SYSTEM, "zh_CN", "zh_CN"),
        (Language.SYSTEM, "zh_TW", "zh_CN"),
        (Language.SYSTEM, "de_DE", "en"),
        (Language.ENGLISH, "zh_CN", "en"),
        (Language.CHINESE, "en_US", "zh_CN"),
    ],
)
def test_the_language_follows_the_choice_then_the_system(
    choice: Language, system: str, code: str
) -> None:
    assert language.code_for(choice, system) == code


def test_english_needs_no_translation(qapp: QApplication) -> None:
    assert language.apply(qapp, Language.ENGLISH) == "en"
    assert {Language.SYSTEM, Language.ENGLISH} <= set(language.available())


# What is remembered

CHOICE = ProtocolChoice(
    "c1",
    ScannerProtocol("siemens", "aera", "t2", "cor t2 fs", "*tse", "", Plane.CORONAL),
    None,
    "Dr A",
    datetime(2026, 11, 1, tzinfo=UTC),
)


def test_remembering_folders_is_switched_off(
    page: SettingsDialog, changes: list[Settings], qtbot: QtBot
) -> None:
    assert page._keep_index.isChecked()
    page._keep_index.click()
    assert changes == [SETTINGS.model_copy(update={"keep_index": False})]
    page.show_settings(changes[-1])
    assert not page._keep_index.isChecked()
    assert not page._forget_folders.isEnabled()
    assert len(changes) == 1


def test_remembered_folders_are_forgotten_once(page: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.folders_forgotten):
        page._forget_folders.click()


def test_choices_are_listed_and_forgotten(page: SettingsDialog, qtbot: QtBot) -> None:
    said = "\n".join(label.text() for label in page.findChildren(QLabel))
    assert "Nothing is remembered." in said
    weighed = replace(CHOICE, uid="c2", contrast=Contrast.OTHER)
    page.show_choices((CHOICE, weighed))
    said = "\n".join(label.text() for label in page.findChildren(QLabel))
    preferred = "preferred, unless only another series shows lesions, since 2026-11-01"
    assert f"cor t2 fs, siemens aera\n{preferred}" in said
    assert "not fluid-sensitive, since 2026-11-01" in said
    buttons = [each for each in page.findChildren(QPushButton) if each.text() == "Forget"]
    assert buttons[0].accessibleName() == "Forget: cor t2 fs, siemens aera"
    with qtbot.waitSignal(page.forgotten) as forgotten:
        buttons[1].click()
    assert forgotten.args == ["c2"]

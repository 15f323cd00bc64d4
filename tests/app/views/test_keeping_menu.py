"""The File menu's dialogs on backups: what is asked and told, and what a refusal does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.views import keeping_menu
from app.views.keeping_menu import KeepingMenu
from tests.app.views.recorder import Recorder


class Asked:
    """Answers the system's dialogs; keeps where they began."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.begun: list[str] = []

    def __call__(self, _parent: QWidget, _title: str, start: str, kind: str) -> tuple[str, str]:
        assert "*.zip" in kind
        self.begun.append(start)
        return self.answer, kind


@pytest.fixture
def menu(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeepingMenu:
    monkeypatch.setattr(keeping_menu, "documents", lambda: tmp_path)
    window = QWidget()
    qtbot.addWidget(window)
    return KeepingMenu(window)


@pytest.fixture
def told(menu: KeepingMenu) -> Recorder:
    recorder = Recorder()
    menu.listen(recorder)  # type: ignore[arg-type]
    return recorder


def test_a_backup_is_asked_for_under_the_days_name(
    menu: KeepingMenu, told: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(str(tmp_path / "stick" / "mine"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", asked)
    menu.back_up()
    menu.back_up()
    assert told.told == [("back_up", tmp_path / "stick" / "mine.zip")] * 2
    first, second = map(Path, asked.begun)
    assert first.parent == tmp_path
    assert first.name.startswith("hipdesk-20")
    assert second.parent == tmp_path / "stick"


def test_no_other_backup_is_replaced_unasked(
    menu: KeepingMenu, told: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.zip").write_bytes(b"earlier")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", Asked(str(tmp_path / "mine")))
    menu.back_up()
    assert told.told == [("back_up", tmp_path / "mine")]


def test_a_backup_to_be_restored_is_read_first(
    menu: KeepingMenu, told: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", Asked(str(tmp_path / "b.zip")))
    menu.restore()
    menu.check()
    assert told.told == [("look_through", tmp_path / "b.zip"), ("check",)]


def test_thinking_better_of_it_tells_nobody(
    menu: KeepingMenu, told: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, Asked(""))
    menu.back_up()
    menu.restore()
    assert told.told == []

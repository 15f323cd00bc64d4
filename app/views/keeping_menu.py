"""The File menu's part on the library's keeping: asks where a backup is, or shall be."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.views.file_choice import documents, free_path

if TYPE_CHECKING:
    from app.views.protocols import KeepingGestures

translate = QCoreApplication.translate

SUFFIX: Final = ".zip"


class KeepingMenu:
    """A `KeepingView`: three commands, and the dialogs that two of them need.

    Parameters
    ----------
    window : parent of the dialogs
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._gestures: KeepingGestures | None = None
        self._folder = documents()

    def listen(self, gestures: KeepingGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def back_up(self) -> None:
        """Ask for a file, and have the library written into it."""
        wanted = free_path(self._folder, f"hipdesk-{date.today():%Y-%m-%d}{SUFFIX}")
        title = translate("keeping_menu", "Back up the library")
        name, _ = QFileDialog.getSaveFileName(self._window, title, str(wanted), self._kind())
        if name and self._gestures is not None:
            target = Path(name)
            self._folder = target.parent
            self._gestures.back_up(_with_suffix(target))

    def check(self) -> None:
        """Have the library read through."""
        if self._gestures is not None:
            self._gestures.check()

    def restore(self) -> None:
        """Ask for a backup, and have it read through."""
        title = translate("keeping_menu", "Restore the library from a backup")
        name, _ = QFileDialog.getOpenFileName(self._window, title, str(self._folder), self._kind())
        if name and self._gestures is not None:
            self._folder = Path(name).parent
            self._gestures.look_through(Path(name))

    def _kind(self) -> str:
        return translate("keeping_menu", "Backups of HipDesk (*.zip)")


def _with_suffix(target: Path) -> Path:
    """The file that is meant; never one about whose replacement the dialog did not ask."""
    whole = target.with_suffix(SUFFIX)
    return target if target.suffix or whole.exists() else whole

"""The File menu's command to import a table: asks which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.views.file_choice import documents

if TYPE_CHECKING:
    from app.views.table_protocols import TableGestures

translate = QCoreApplication.translate


class ImportMenu:
    """One command, and the system's dialog that it needs.

    Parameters
    ----------
    window : parent of the dialog
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._gestures: TableGestures | None = None
        self._folder = documents()

    def listen(self, gestures: TableGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def choose(self) -> None:
        """Ask for a table, and have it tried out."""
        title = translate("import_menu", "Import a clinical table")
        kinds = ";;".join(
            (
                translate("import_menu", "Tables saved as CSV (*.csv *.tsv *.txt)"),
                translate("import_menu", "All files (*)"),
            )
        )
        name, _ = QFileDialog.getOpenFileName(self._window, title, str(self._folder), kinds)
        if name and self._gestures is not None:
            self._folder = Path(name).parent
            self._gestures.try_out(Path(name))

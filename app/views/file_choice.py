"""Asking for a folder or files with the system's own dialog."""

from __future__ import annotations

import itertools
import os.path
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

translate = QCoreApplication.translate


class FileChoice:
    """Asks where the images are, beginning where something was found last.

    Attributes
    ----------
    last_folder : from which something was opened; None before
    """

    def __init__(self, last_folder: Path | None = None) -> None:
        self.last_folder = last_folder

    def folder(self, parent: QWidget) -> tuple[Path, ...]:
        """One folder; nothing where the reader thought better of it."""
        name = QFileDialog.getExistingDirectory(
            parent, translate("file_choice", "Open a folder with hip MRI"), self._start()
        )
        return self._remembered([name] if name else [])

    def files(self, parent: QWidget) -> tuple[Path, ...]:
        """One or more files; nothing where the reader thought better of it."""
        names, _ = QFileDialog.getOpenFileNames(
            parent, translate("file_choice", "Open files of a hip MRI"), self._start()
        )
        return self._remembered(names)

    def _start(self) -> str:
        known = self.last_folder is not None and self.last_folder.is_dir()
        return str(self.last_folder) if known else ""

    def _remembered(self, names: list[str]) -> tuple[Path, ...]:
        paths = tuple(Path(name) for name in names)
        if paths:
            self.last_folder = paths[0].parent
        return paths


def documents() -> Path:
    """Where the user's documents are."""
    kind = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(kind) or Path.home())


def free_path(folder: Path, name: str) -> Path:
    """The name in a folder, with -2, -3, ... before its suffix where it is taken."""
    wanted = folder / name
    numbered = (wanted.with_stem(f"{wanted.stem}-{n}") for n in itertools.count(2))
    return next(path for path in itertools.chain([wanted], numbered) if not os.path.lexists(path))


def local_paths(data: QMimeData) -> tuple[Path, ...]:
    """Folders and files of this machine that are dragged; other things are left out."""
    return tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())

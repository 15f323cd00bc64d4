"""A pytest plugin, ``-p tests.no_qt``: as if Qt and everything upon it were not installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

WINDOW_LIBRARIES = frozenset({"PySide6", "shiboken6", "pyqtgraph", "superqt", "qtawesome", "qtpy"})


class Absent(MetaPathFinder):
    """Says of the window's libraries that there are none."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse what belongs to the window; leave the rest to others."""
        if name.split(".", maxsplit=1)[0] in WINDOW_LIBRARIES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


sys.meta_path.insert(0, Absent())

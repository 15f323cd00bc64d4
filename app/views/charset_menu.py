"""Choosing the character set of names by looking at how a name reads in each."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton

from app.state import FoundStudy
from app.theme import set_role
from app.views.labels import core_words
from hipdesk.ports import CHARSETS
from hipdesk.wording import person_name


class CharsetButton(QPushButton):
    """Opens a menu of languages, each with the patient's name as it reads in it."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "quiet")
        set_role(self, "menu")
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._found: FoundStudy | None = None
        self.show_found(None)

    def show_found(self, found: FoundStudy | None) -> None:
        """Offer the sets in which this folder's names can be read; nothing where all are alike."""
        self._found = found
        self.setText(self.tr("Names look wrong?"))
        self._menu.clear()
        spelt = {} if found is None else found.spelt
        charset = "" if found is None else found.charset
        # The page is shown later: its own visibility would not tell.
        self.setVisible(bool(charset) or len(set(spelt.values())) > 1)
        together = QActionGroup(self._menu)
        for name in ("", *CHARSETS):
            if name in spelt or name == charset:
                action = self._menu.addAction(self._entry(name, spelt.get(name, "")))
                action.setCheckable(True)
                action.setChecked(name == charset)
                action.triggered.connect(partial(self._choose, name))
                together.addAction(action)
            if not name:
                self._menu.addSeparator()

    def _entry(self, name: str, spelt: str) -> str:
        """A language, and the name in the column of shortcuts."""
        language = core_words(CHARSETS[name]) if name else self.tr("As the files state")
        return "\t".join(part.replace("&", "&&") for part in (language, person_name(spelt)))

    def _choose(self, name: str, _checked: bool = False) -> None:
        if self._found is not None and name != self._found.charset:
            self.chosen.emit(name)

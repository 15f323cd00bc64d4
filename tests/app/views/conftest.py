"""What tests of widgets share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication


class Marking(QTranslator):
    """Puts «» around everything that is translated."""

    def translate(
        self, context: str, words: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"«{words}»"

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def marking(qapp: QApplication) -> Iterator[QTranslator]:
    """A translator that leaves no word as it was; not yet installed."""
    translator = Marking()
    yield translator
    qapp.removeTranslator(translator)

"""What tests of widgets share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QTranslator
from PySide6.QtWidgets import QApplication

from tests.app.views.recorder import Recorder


class Marking(QTranslator):
    """Puts «» around everything that is translated."""

    def translate(
        self, context: str, words: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"«{words}»"

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def told() -> Recorder:
    """Who listens to the view, and what was told."""
    return Recorder()


@pytest.fixture
def marking(qapp: QApplication) -> Iterator[QTranslator]:
    """A translator that leaves no word as it was; not yet installed."""
    translator = Marking()
    yield translator
    qapp.removeTranslator(translator)


@pytest.fixture(autouse=True)
def _gone_widgets(qapp: QApplication) -> Iterator[None]:
    """Delete what a test closed: else every later change of theme styles it again."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

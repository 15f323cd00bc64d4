"""A view on the stage: made as the window makes it, filled, shown, and what can be read on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from hipdesk.settings import Theme
from tests.app.views.recorder import Recorder

ViewT = TypeVar("ViewT", bound=QWidget)


def staged(
    qtbot: QtBot,
    view: ViewT,
    told: Recorder,
    size: tuple[int, int],
    fill: Callable[[ViewT], None] = lambda _view: None,
) -> ViewT:
    """A view in the dark theme that tells its gestures, shown as large as asked for."""
    view.listen(told)  # type: ignore[attr-defined]
    qtbot.addWidget(view)
    view.resize(*size)
    fill(view)
    view.show()
    qtbot.waitExposed(view)
    return view


def dark() -> None:
    """The theme that views are tested in; before they are made."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, Theme.DARK)


def words_of(widget: QWidget) -> str:
    """Everything that can be read on screen, buttons last."""
    labels = (each.text() for each in widget.findChildren(QLabel) if each.isVisible())
    buttons = (each.text() for each in widget.findChildren(QAbstractButton) if each.isVisible())
    return "\n".join([*labels, *buttons])


def spoken_of(widget: QWidget) -> str:
    """The labels in sight, a shortened one in full, in the order of the widgets."""
    labels = (each for each in widget.findChildren(QLabel) if each.isVisible())
    return "\n".join(each.accessibleName() or each.text() for each in labels)


def primaries(widget: QWidget) -> list[str]:
    """Words of the main buttons in sight: there should be one."""
    buttons = widget.findChildren(QAbstractButton)
    return [each.text() for each in buttons if each.isVisible() and each.property("primary")]

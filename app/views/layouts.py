"""Rows and columns on the 8-pixel grid."""

from __future__ import annotations

from typing import Final, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from app.theme import SPACE, set_role


class Stretch:
    """Takes the room that is left."""


STRETCH: Final = Stretch()

Part = QWidget | QLayout | Stretch
BoxT = TypeVar("BoxT", bound=QBoxLayout)


def row(*parts: Part, gap: float = 1, margin: float = 0) -> QHBoxLayout:
    """Parts side by side, centred on one line.

    Parameters
    ----------
    gap, margin : in units of `SPACE`
    """
    return _filled(QHBoxLayout(), parts, gap, margin)


def column(*parts: Part, gap: float = 1, margin: float = 0) -> QVBoxLayout:
    """Parts below each other.

    Parameters
    ----------
    gap, margin : in units of `SPACE`
    """
    return _filled(QVBoxLayout(), parts, gap, margin)


def _filled(box: BoxT, parts: tuple[Part, ...], gap: float, margin: float) -> BoxT:
    box.setSpacing(round(gap * SPACE))
    box.setContentsMargins(*[round(margin * SPACE)] * 4)
    for part in parts:
        if isinstance(part, Stretch):
            box.addStretch(1)
        elif isinstance(part, QWidget):
            box.addWidget(part)
        else:
            box.addLayout(part)
    return box


def holding(layout: QLayout, panel: bool = False) -> QWidget:
    """A widget that holds a layout, on the panels' ground where asked for."""
    widget = QWidget()
    widget.setLayout(layout)
    if panel:
        widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(widget, "panel")
    return widget


def rule(vertical: bool = False) -> QFrame:
    """A thin line between two areas."""
    line = QFrame()
    set_role(line, "rule")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


def emptied(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            emptied(inner)
            inner.deleteLater()

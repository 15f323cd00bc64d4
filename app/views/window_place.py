"""Where a window is put: never where no screen is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QSize

SMALLEST: Final = QSize(1120, 640)
"""Smaller than this the pages do not fit; a screen of 1366 x 768 has room for more."""

SHARE: Final = 0.85
"""Part of the screen that a window takes which was never placed."""


def clamped(wanted: QRect, screens: Sequence[QRect]) -> QRect:
    """A window's place, moved and shrunk so that it lies on one screen that exists.

    Parameters
    ----------
    screens : available area of each screen, the main one first; not empty
    """
    home = max(screens, key=lambda screen: _area(screen.intersected(wanted)))
    width = min(max(wanted.width(), SMALLEST.width()), home.width())
    height = min(max(wanted.height(), SMALLEST.height()), home.height())
    x = min(max(wanted.x(), home.x()), home.x() + home.width() - width)
    y = min(max(wanted.y(), home.y()), home.y() + home.height() - height)
    return QRect(x, y, width, height)


def first_place(screen: QRect) -> QRect:
    """Where a window goes that was never placed: the middle of the main screen."""
    width, height = round(screen.width() * SHARE), round(screen.height() * SHARE)
    size = QSize(width, height).expandedTo(SMALLEST)
    middle = QRect(screen.topLeft(), size)
    middle.moveCenter(screen.center())
    return clamped(middle, [screen])


def _area(rect: QRect) -> int:
    return max(rect.width(), 0) * max(rect.height(), 0)

"""An icon that stands alone, in the colours of the theme in force."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme import icon


class IconLabel(QWidget):
    """Draws an icon in the middle of itself; says nothing to a screen reader.

    Parameters
    ----------
    role : name of a colour of `app.theme.Palette`
    """

    def __init__(self, name: str, px: int, role: str = "muted") -> None:
        super().__init__()
        self._px = px
        self._shown = ("", "")
        self.setFixedSize(px, px)
        self.show_icon(name, role)

    def show_icon(self, name: str, role: str) -> None:
        """Show another icon, or the same in another colour."""
        if (name, role) != self._shown:
            self._shown = (name, role)
            self._icon = icon(name, role)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        self._icon.paint(painter, QRect(self.rect().topLeft(), QSize(self._px, self._px)))
        painter.end()

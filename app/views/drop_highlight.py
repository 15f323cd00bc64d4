"""The page answers when folders are dragged over the window; patient and banner stay in sight.

What is dropped is read, never taken: whatever the source proposes, it is told of a copy.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.theme import LARGE_PX, SPACE, current, font


def take_copy(event: QDropEvent) -> bool:
    """Accept as a copy, so that no file manager removes what was dropped; whether it could be.

    Where the source offers nothing but to move, it is refused.
    """
    possible = bool(event.possibleActions() & Qt.DropAction.CopyAction)
    event.setDropAction(Qt.DropAction.CopyAction if possible else Qt.DropAction.IgnoreAction)
    event.setAccepted(possible)
    return possible


class DropHighlight(QWidget):
    """A frame over the page with words in it; lets every event through."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over.installEventFilter(self)
        self.hide()

    def show_over(self, shown: bool) -> None:
        """Appear above everything, or go."""
        self.setGeometry(self._over.rect())
        self.setVisible(shown)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what lies below."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        colours = current()
        ground = colours.colour("panel")
        ground.setAlphaF(0.88)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), ground)
        pen = QPen(colours.colour("link"), 3.0, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        frame = QRectF(self.rect()).adjusted(*[2.0 * SPACE] * 2, *[-2.0 * SPACE] * 2)
        painter.drawRoundedRect(frame, SPACE, SPACE)
        painter.setPen(colours.colour("text"))
        painter.setFont(font(LARGE_PX, bold=True))
        words = self.tr("Drop to open")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

"""What stands where there is nothing yet: what this is for, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.theme import SPACE, set_role
from app.views.icon_label import IconLabel
from app.views.labels import label
from app.views.layouts import STRETCH, column, holding, row

ICON_PX = 6 * SPACE
WIDEST = 70 * SPACE
MOST_OF_IT = 100


class EmptyState(QFrame):
    """An icon, a title, a sentence, and buttons, in the middle of a page.

    Parameters
    ----------
    drop_area : framed as a place where folders can be dropped
    """

    def __init__(
        self,
        icon_name: str,
        *buttons: QPushButton,
        drop_area: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = label(kind="title", wrap=True)
        self._sentence = label(kind="muted", wrap=True)
        self._picture = IconLabel(icon_name, ICON_PX)
        for each in (self._title, self._sentence):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if drop_area:
            set_role(self, "drop")
        self._lay_out(buttons)

    def show_words(self, title: str, sentence: str) -> None:
        """Say what is missing, and what to do."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)

    def _lay_out(self, buttons: tuple[QPushButton, ...]) -> None:
        picture = row(STRETCH, self._picture, STRETCH)
        inner: QVBoxLayout = column(picture, self._title, self._sentence, gap=2)
        if buttons:
            inner.addSpacing(SPACE)
            inner.addLayout(row(STRETCH, *buttons, STRETCH, gap=2))
        middle = holding(inner)
        middle.setMaximumWidth(WIDEST)
        across = row(STRETCH, middle, STRETCH)
        across.setStretch(1, MOST_OF_IT)
        self.setLayout(column(STRETCH, across, STRETCH, margin=4))

"""What stands beside the pictures or pages of a workspace, and scrolls by itself."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QSplitter, QWidget

from app.theme import SPACE, set_role
from app.views.layouts import column, holding, rule

HEIGHT = 40 * SPACE


class SidePanel(QWidget):
    """A column on the panels' ground.

    Parameters
    ----------
    content : what it holds
    wide : to begin with; never narrower than its content and a scroll bar
    below : what stays in sight below what scrolls
    """

    def __init__(self, content: QLayout, wide: int, below: QLayout | None = None) -> None:
        super().__init__()
        self._wide = wide
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self, "panel")
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = holding(content)
        self.area.setWidget(self._inside)
        parts = [self.area] if below is None else [self.area, rule(), holding(below)]
        self.setLayout(column(*parts, gap=0))

    def sizeHint(self) -> QSize:
        """The width to begin with."""
        return QSize(max(self._wide, self.minimumSizeHint().width()), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The width of what stands here and cannot be broken, in any language."""
        bar = self.area.verticalScrollBar().sizeHint().width()
        return QSize(self._inside.minimumSizeHint().width() + bar, HEIGHT // 2)


def beside(name: str, main: QWidget, side: SidePanel, share: int) -> QSplitter:
    """A workspace's main part with its side panel, whose border can be dragged.

    Parameters
    ----------
    name : under which the place of the border is remembered
    share : of a wide window, how many times as wide the main part is
    """
    parts = QSplitter(Qt.Orientation.Horizontal)
    parts.setObjectName(name)
    parts.setChildrenCollapsible(False)
    parts.setHandleWidth(1)
    parts.addWidget(main)
    parts.addWidget(side)
    parts.setStretchFactor(0, share)
    parts.setStretchFactor(1, 1)
    return parts

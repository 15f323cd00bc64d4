"""What stands beside the pictures or pages of a workspace, and scrolls by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
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
        self._inside.installEventFilter(self)
        self.area.setWidget(self._inside)
        parts = [self.area] if below is None else [self.area, rule(), holding(below)]
        self.setLayout(column(*parts, gap=0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for more room, or less, whenever the content does."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """The width to begin with."""
        return QSize(max(self._wide, self.minimumSizeHint().width()), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The width of what stands here and cannot be broken, in any language."""
        bar = self.area.verticalScrollBar().sizeHint().width()
        return QSize(self._inside.minimumSizeHint().width() + bar, HEIGHT // 2)


class Beside(QSplitter):
    """A main part and its side panel; the width that a reader gave the panel is kept.

    Until it is dragged, both parts follow the window by their shares, and there
    is nothing to remember.
    """

    def __init__(self, main: QWidget, side: SidePanel) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._kept: int | None = None
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.addWidget(main)
        self.addWidget(side)
        self.splitterMoved.connect(self._dragged)

    @property
    def kept(self) -> int | None:
        """The panel's width as it was dragged; None where it never was."""
        return self._kept

    def keep(self, side: int) -> None:
        """Give the panel so many pixels, now and in a window of any other size."""
        self._kept = side
        self._give()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The panel stays as wide as it was dragged, where there is room."""
        super().resizeEvent(event)
        self._give()

    def showEvent(self, event: QShowEvent) -> None:
        """The same in a page that was never laid out before."""
        super().showEvent(event)
        self._give()

    def _dragged(self, _position: int, _handle: int) -> None:
        self._kept = self.sizes()[1]

    def _give(self) -> None:
        if self._kept is not None and self.isVisible():
            self.setSizes([max(self.width() - self.handleWidth() - self._kept, 0), self._kept])


def beside(name: str, main: QWidget, side: SidePanel, share: int) -> Beside:
    """A workspace's main part with its side panel, whose border can be dragged.

    Parameters
    ----------
    name : under which the width of the panel is remembered
    share : of a wide window, how many times as wide the main part is
    """
    parts = Beside(main, side)
    parts.setObjectName(name)
    parts.setStretchFactor(0, share)
    parts.setStretchFactor(1, 1)
    return parts


def left_at(splitter: QSplitter) -> tuple[int, ...]:
    """What to remember of a splitter: a dragged panel's width, or both parts'; often nothing."""
    if isinstance(splitter, Beside):
        return () if splitter.kept is None else (splitter.kept,)
    sizes = splitter.sizes()
    return tuple(sizes) if any(sizes) else ()


def put_back(splitter: QSplitter, left: tuple[int, ...]) -> None:
    """Put a splitter where `left_at` found it; what does not fit it is passed over."""
    if isinstance(splitter, Beside):
        if len(left) == 1:
            splitter.keep(left[0])
    elif len(left) == splitter.count():
        splitter.setSizes(list(left))

"""The pages of the real PDF, below each other, at any size."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QStackedWidget, QWidget

from app import theme
from app.state import Pages
from app.theme import SPACE, icon, set_role
from app.views._canvas_gestures import NOTCH
from app.views.empty_state import EmptyState
from app.views.labels import chip, label
from app.views.layouts import STRETCH, column, row
from app.views.printing import image_of
from app.views.translated import TranslatedWidget

GAP: Final = 2 * SPACE
"""Around and between pages."""

ZOOM_STEP: Final = 1.25
ZOOMS: Final = (0.25, 4.0)
SCREEN_DPI: Final = 96.0
"""Device-independent pixels to an inch: at 100 % a page is about as large as on paper."""

WIDEST_FIT: Final = 1.5
"""Fitted pages are no larger than this: on a wide screen lines would be too long to be read."""


class _Sheet(QWidget):
    """All pages at one zoom; only what is in sight is drawn.

    Pages that are made smaller are scaled well, one a turn of the event loop, since
    each takes 0.02 s and more; until then, and where they are made larger, they are
    painted straight from their pictures.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pages: Pages | None = None
        self._zoom = 1.0
        self._drawn: dict[int, tuple[float, QPixmap]] = {}
        self._plain: dict[int, QImage] = {}
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self.update)
        theme.on_change(self._follow_theme)

    def show_pages(self, pages: Pages | None) -> None:
        self._pages = pages
        self._drawn.clear()
        self._plain.clear()
        self._fit()

    def show_zoom(self, zoom: float) -> None:
        if zoom != self._zoom:
            self._zoom = zoom
            self._drawn.clear()
            self._fit()

    @property
    def zoom(self) -> float:
        return self._zoom

    def page_size(self, number: int) -> QSize:
        """Of a page, in device-independent pixels."""
        if self._pages is None:
            return QSize()
        rows, columns = self._pages.pictures[number].shape[:2]
        scale = self._zoom * SCREEN_DPI / self._pages.dpi
        return QSize(max(round(columns * scale), 1), max(round(rows * scale), 1))

    def rects(self) -> list[QRect]:
        """Where every page lies."""
        rects, top = [], GAP
        for number in range(0 if self._pages is None else len(self._pages.pictures)):
            size = self.page_size(number)
            left = max((self.width() - size.width()) // 2, GAP)
            rects.append(QRect(left, top, size.width(), size.height()))
            top += size.height() + GAP
        return rects

    def _fit(self) -> None:
        """Be as large as the pages are."""
        sizes = [self.page_size(n) for n in range(len(self._pages.pictures) if self._pages else 0)]
        width = max((size.width() for size in sizes), default=0) + 2 * GAP
        height = sum(size.height() + GAP for size in sizes) + GAP
        self.setMinimumSize(width, height)
        self.resize(max(self.width(), width), height)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(theme.current().colour("line"))
        seen = [each for each in enumerate(self.rects()) if each[1].intersects(event.rect())]
        self._scale_one(seen)
        for number, rect in seen:
            if self._is_scaled(number):
                painter.drawPixmap(rect, self._drawn[number][1])
            else:
                painter.drawImage(rect, self._plain_page(number))
            painter.drawRect(rect.adjusted(-1, -1, 0, 0))
        painter.end()

    def _scale_one(self, seen: list[tuple[int, QRect]]) -> None:
        """Scale the first of the pages in sight that is to be, and come again for the next."""
        ratio = self.devicePixelRatioF()
        wanted = [each for each in seen if self._shrinks(each[1].size() * ratio, each[0])]
        if wanted:
            number, rect = wanted[0]
            self._drawn[number] = ratio, self._scaled(number, rect.size(), ratio)
            self._plain.pop(number, None)
        if len(wanted) > 1:
            self._next.start()

    def _shrinks(self, size: QSize, number: int) -> bool:
        """Whether a page is still to be made smaller, to so many pixels of the screen."""
        if self._pages is None or self._is_scaled(number):
            return False
        return bool(size.width() < self._pages.pictures[number].shape[1])

    def _is_scaled(self, number: int) -> bool:
        """Whether a page is there at the screen's own resolution."""
        known = self._drawn.get(number)
        return known is not None and known[0] == self.devicePixelRatioF()

    def _plain_page(self, number: int) -> QImage:
        """A page's picture in the form that is painted fastest."""
        if self._pages is None:
            return QImage()
        if number not in self._plain:
            whole = image_of(self._pages.pictures[number])
            self._plain[number] = whole.convertToFormat(QImage.Format.Format_RGB32)
        return self._plain[number]

    def _scaled(self, number: int, size: QSize, ratio: float) -> QPixmap:
        if self._pages is None:
            return QPixmap()
        scaled = image_of(self._pages.pictures[number]).scaled(
            size * ratio,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        made = QPixmap.fromImage(scaled)
        made.setDevicePixelRatio(ratio)
        return made

    def _follow_theme(self, _palette: theme.Palette) -> None:
        self.update()


class ReportPages(TranslatedWidget):
    """Pages in a scroll area, with their number and zoom above them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages: Pages | None = None
        self._fitting = True
        self._sheet = _Sheet()
        self._waiting = EmptyState("file-clock-outline")
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self._sheet)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.number = label(kind="small")
        self.stale = chip()
        self.smaller = _button("magnify-minus-outline")
        self.larger = _button("magnify-plus-outline")
        self.fit = _button("arrow-expand-horizontal")
        self.fit.setCheckable(True)
        self.percent = label(kind="small")
        self._lay_out()
        self._connect()
        self.retranslate()
        self.show_stale(False)

    def _lay_out(self) -> None:
        self.percent.setMinimumWidth(6 * SPACE)
        self.percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        policy = self.stale.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.stale.setSizePolicy(policy)
        top = row(
            self.number, self.stale, STRETCH, self.smaller, self.percent, self.larger, self.fit
        )
        top.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self.area)
        inside = column(top, self._stack, gap=0)
        inside.setStretchFactor(self._stack, 1)
        self.setLayout(inside)

    def _connect(self) -> None:
        self.smaller.clicked.connect(lambda: self.zoom_by(1 / ZOOM_STEP))
        self.larger.clicked.connect(lambda: self.zoom_by(ZOOM_STEP))
        self.fit.clicked.connect(self.fit_width)
        self.area.verticalScrollBar().valueChanged.connect(self._say_number)
        self.area.verticalScrollBar().rangeChanged.connect(self._say_number)
        self.area.viewport().installEventFilter(self)
        self.area.installEventFilter(self)

    # What is shown

    def show_pages(self, pages: Pages | None) -> None:
        """Other pages; what is in sight stays in sight."""
        if pages is self._pages:
            return
        bar = self.area.verticalScrollBar()
        before = bar.value() if self._pages is not None else 0
        self._pages = pages
        self._sheet.show_pages(pages)
        self._stack.setCurrentIndex(0 if pages is None else 1)
        for button in (self.smaller, self.larger, self.fit):
            button.setEnabled(pages is not None)
        self._refit()
        bar.setValue(before)
        self._say_number()

    def show_stale(self, stale: bool) -> None:
        """Whether the pages are being made anew."""
        self.stale.setVisible(stale)

    @property
    def zoom(self) -> float:
        """1 is about as large as on paper."""
        return self._sheet.zoom

    @property
    def page(self) -> int:
        """0-based number of the page in the middle of what is in sight."""
        middle = self.area.verticalScrollBar().value() + self.area.viewport().height() // 2
        rects = self._sheet.rects()
        return next(
            (n for n, each in enumerate(rects) if middle <= each.bottom() + GAP), len(rects) - 1
        )

    # Hands

    def fit_width(self) -> None:
        """Make pages as wide as there is room."""
        self._fitting = True
        self._refit()

    def zoom_by(self, factor: float) -> None:
        """Make pages larger or smaller, keeping the same place in the middle."""
        if self._pages is None:
            return
        self._fitting = False
        low, high = ZOOMS
        self._set_zoom(min(max(self.zoom * factor, low), high), anchor=0.5)

    def _refit(self) -> None:
        """Keep to the width, where that is wanted."""
        self.fit.setChecked(self._fitting)
        if self._pages is not None and self._fitting:
            room = self.area.viewport().width() - 2 * GAP
            widest = max(picture.shape[1] for picture in self._pages.pictures)
            low, high = ZOOMS[0], WIDEST_FIT
            wanted = room / (widest * SCREEN_DPI / self._pages.dpi)
            self._set_zoom(min(max(wanted, low), high))
        self._say_percent()

    def _set_zoom(self, zoom: float, anchor: float = 0.0) -> None:
        """Zoom, keeping what lies at a share of the height in sight, from its top."""
        bar = self.area.verticalScrollBar()
        above = anchor * self.area.viewport().height()
        share = (bar.value() + above) / max(self._sheet.height(), 1)
        self._sheet.show_zoom(zoom)
        self.fit.setChecked(self._fitting)
        bar.setValue(round(share * self._sheet.height() - above))
        self._say_percent()
        self._say_number()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._refit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Zoom by wheel and keys; follow the room there is."""
        if event.type() == QEvent.Type.Resize and watched is self.area.viewport():
            self._refit()
        if isinstance(event, QWheelEvent) and event.type() == QEvent.Type.Wheel:
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / NOTCH))
                return True
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._press(event)
        return super().eventFilter(watched, event)

    def _press(self, event: QKeyEvent) -> bool:
        """Do what a key means here; whether it means anything."""
        bar = self.area.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.ZoomIn):
            self.zoom_by(ZOOM_STEP)
        elif event.matches(QKeySequence.StandardKey.ZoomOut):
            self.zoom_by(1 / ZOOM_STEP)
        elif (
            event.key() == Qt.Key.Key_0 and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.fit_width()
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(bar.minimum())
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        else:
            return False
        return True

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.stale.setText(self.tr("Being made anew…"))
        self._waiting.show_words(
            self.tr("The pages are not ready yet"),
            self.tr("They are being made, or a message above says why they cannot be."),
        )
        self.area.setAccessibleName(self.tr("Pages of the report"))
        for button, words in (
            (self.smaller, self.tr("Smaller (Ctrl+-)")),
            (self.larger, self.tr("Larger (Ctrl++)")),
            (self.fit, self.tr("As wide as there is room (Ctrl+0)")),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
        self._say_number()

    def _say_number(self) -> None:
        pages = self._pages
        words = ""
        if pages is not None:
            of = len(pages.pictures)
            words = self.tr("Page {number} of {of}").format(number=self.page + 1, of=of)
        self.number.setText(words)

    def _say_percent(self) -> None:
        self.percent.setText("" if self._pages is None else f"{100 * self.zoom:.0f} %")


def _button(icon_name: str) -> QPushButton:
    button = QPushButton()
    button.setIcon(icon(icon_name))
    button.setFixedWidth(5 * SPACE)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    set_role(button, "quiet")
    button.setStyleSheet("QPushButton { padding: 0; }")
    return button

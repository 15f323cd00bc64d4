"""How masks are drawn: all of them, each class with a sample of its line, opacity, fill."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from PySide6.QtCore import QPointF, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPainterPath, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSlider, QToolButton, QWidget

from app.state import OPACITIES, OPACITY_STEP, Drawing, Overlay
from app.theme import HALF, SPACE, icon, set_role
from app.views._canvas_outlines import pens
from app.views.labels import label
from app.views.layouts import STRETCH, row
from app.views.translated import TranslatedWidget
from hipdesk.records import SegmentClass

SAMPLE = QSize(3 * SPACE, 2 * SPACE)
ORDER = (
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
    SegmentClass.FEMORAL_HEAD,
    SegmentClass.PROXIMAL_FEMUR,
    SegmentClass.ACETABULUM,
)
PERCENT = 100
SHORTEST = 5 * SPACE
"""Of the slider: names come first."""

WORDS_GAP = 4
"""Between a button's picture and its words, as Qt draws them."""


class _LineSample(QIconEngine):
    """A piece of a class' line on black, as it looks on the picture."""

    def __init__(self, name: SegmentClass) -> None:
        super().__init__()
        self._name = name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.black)
        painter.drawRoundedRect(rect, 3, 3)
        line = QPainterPath(QPointF(rect.left() + 3.0, rect.center().y() + 0.5))
        line.lineTo(rect.right() - 2.0, rect.center().y() + 0.5)
        for pen in pens(self._name):
            painter.strokePath(line, pen)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _LineSample(self._name)


@cache
def line_icon(name: SegmentClass) -> QIcon:
    """A sample of a class' line; one object kept for ever, as `app.theme.icon` explains."""
    return QIcon(_LineSample(name))


class OverlayBar(TranslatedWidget):
    """Shows an `Overlay` and tells what the reader wants instead."""

    overlayChosen = Signal(object)
    classToggled = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._overlay = Overlay()
        self.masks = _toggle(icon("eye-outline"))
        self.classes = {name: _toggle(line_icon(name)) for name in ORDER}
        self.fill = _toggle(icon("format-color-fill"))
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity_words = label(kind="small")
        self._lay_out()
        self._connect()
        self.retranslate()
        self._sync()

    def _lay_out(self) -> None:
        low, high = OPACITIES
        self.opacity.setRange(round(low * PERCENT), round(high * PERCENT))
        self.opacity.setSingleStep(round(OPACITY_STEP * PERCENT))
        self.opacity.setPageStep(round(OPACITY_STEP * PERCENT))
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opacity.setMinimumWidth(SHORTEST)
        self.opacity.setMaximumWidth(20 * SPACE)
        for button in self.classes.values():
            set_role(button, "quiet")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(SAMPLE)
        layout = row(
            self.masks,
            *self.classes.values(),
            self.fill,
            self.opacity,
            self._opacity_words,
            STRETCH,
            gap=HALF / SPACE,
        )
        layout.setStretchFactor(self.opacity, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        self.masks.clicked.connect(lambda: self._choose(shown=not self._overlay.shown))
        self.fill.clicked.connect(self._change_drawing)
        self.opacity.valueChanged.connect(lambda value: self._choose(opacity=value / PERCENT))
        for name, button in self.classes.items():
            button.clicked.connect(lambda _checked=False, name=name: self._toggle_class(name))

    def show_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn now."""
        if overlay != self._overlay:
            self._overlay = overlay
            self._sync()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.setAccessibleName(self.tr("Masks"))
        self.masks.setAccessibleName(self.tr("All masks"))
        self.masks.setToolTip(self.tr("Show or hide all masks (S; hold Space to look below)"))
        self.fill.setAccessibleName(self.tr("Fill masks"))
        self.fill.setToolTip(self.tr("Fill the masks besides their outlines (O)"))
        self.opacity.setAccessibleName(self.tr("Opacity of the masks"))
        self.opacity.setToolTip(self.tr("Opacity of the masks ([ and ])"))
        for name, button in self.classes.items():
            short, whole = self._words_of(name)
            button.setText(short)
            button.setAccessibleName(whole)
            button.setToolTip(whole)
        self._choose_style()
        self._sync()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for words, the lines speak."""
        super().resizeEvent(event)
        self._choose_style()

    def _choose_style(self) -> None:
        """Names come before a wide slider; they go where its shortest leaves them no room."""
        words = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        icons = Qt.ToolButtonStyle.ToolButtonIconOnly
        style = icons if self.width() < self._room_for_words() else words
        for button in self.classes.values():
            button.setToolButtonStyle(style)

    def _room_for_words(self) -> int:
        named = sum(
            button.sizeHint().width() + (0 if _says(button) else self._words_width(button))
            for button in self.classes.values()
        )
        others = self.masks.sizeHint().width() + self.fill.sizeHint().width()
        least = self.opacity.minimumWidth() + self._opacity_words.minimumWidth()
        return named + others + least + (len(self.classes) + 4) * HALF

    def _words_width(self, button: QToolButton) -> int:
        """What its words add to a button, as `QToolButton.sizeHint` counts."""
        metrics = button.fontMetrics()
        words = metrics.size(Qt.TextFlag.TextShowMnemonic, button.text()).width()
        return WORDS_GAP + words + 2 * metrics.horizontalAdvance(" ")

    def _words_of(self, name: SegmentClass) -> tuple[str, str]:
        """A class in a word, and in full."""
        return {
            SegmentClass.BME: (self.tr("BME"), self.tr("Bone marrow oedema (BME)")),
            SegmentClass.EFFUSION_SYNOVITIS: (self.tr("Effusion"), self.tr("Effusion/synovitis")),
            SegmentClass.FEMORAL_HEAD: (self.tr("Head"), self.tr("Femoral head")),
            SegmentClass.PROXIMAL_FEMUR: (self.tr("Femur"), self.tr("Proximal femur")),
            SegmentClass.ACETABULUM: (self.tr("Acetabulum"), self.tr("Acetabulum")),
        }[name]

    def _choose(self, *, shown: bool | None = None, opacity: float | None = None) -> None:
        wanted = replace(
            self._overlay,
            shown=self._overlay.shown if shown is None else shown,
            opacity=self._overlay.opacity if opacity is None else opacity,
        )
        self._tell(wanted)

    def _change_drawing(self) -> None:
        filled = self._overlay.drawing is Drawing.FILL
        self._tell(replace(self._overlay, drawing=Drawing.OUTLINE if filled else Drawing.FILL))

    def _tell(self, wanted: Overlay) -> None:
        self.overlayChosen.emit(wanted)
        self._sync()

    def _toggle_class(self, name: SegmentClass) -> None:
        self.classToggled.emit(name)
        self._sync()

    def _sync(self) -> None:
        """Buttons and slider say what is shown, whatever was clicked."""
        overlay = self._overlay
        self.masks.setChecked(overlay.shown)
        self.masks.setIcon(icon("eye-outline" if overlay.shown else "eye-off-outline"))
        self.fill.setChecked(overlay.drawing is Drawing.FILL)
        for name, button in self.classes.items():
            drawn = name not in overlay.hidden
            button.setChecked(drawn)
            button.setIcon(line_icon(name) if drawn else icon("eye-off-outline", "muted"))
            button.setEnabled(overlay.shown)
        percent = round(overlay.opacity * PERCENT)
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(percent)
        self._opacity_words.setText(f"{percent} %")
        self._opacity_words.setMinimumWidth(5 * SPACE)


def _says(button: QToolButton) -> bool:
    """Whether a button shows its words."""
    return button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon


def _toggle(picture: QIcon) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setIcon(picture)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button

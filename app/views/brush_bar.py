"""The brush in hand: class, size, painting or erasing, and how it ends.

It lies on the picture and is there only while it is needed, so nothing moves when the
brush is taken up, by the button in the picture's corner.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.brush_state import RADII_MM, Painting
from app.theme import HALF, SPACE, icon
from app.views.labels import label
from app.views.layouts import column, row
from app.views.name_field import NameField
from app.views.overlay_bar import SAMPLE, line_icon
from app.views.translated import TranslatedWidget
from hipdesk.records import SegmentClass
from hipdesk.review import PAINTABLE

EDGE: Final = 1


class BrushBar(TranslatedWidget):
    """Shows a `Painting`, and tells what the reader wants instead."""

    brushChosen = Signal(object)
    finishAsked = Signal(str)
    """With the name that was typed, empty where none was asked for."""

    discardAsked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painting = Painting()
        self._in_hand = False
        self.take_up = _button("brush", checkable=True)
        self.take_up.setParent(parent)
        self.take_up.setCursor(Qt.CursorShape.ArrowCursor)
        self.take_up.clicked.connect(self._sync)
        self.classes = {name: _button(checkable=True) for name in PAINTABLE}
        self.smaller = _button("minus")
        self.larger = _button("plus")
        self.size_words = label(kind="small")
        self.erase = _button("eraser", checkable=True)
        self.count_words = label(kind="small")
        self.finish = _button("check", words=True)
        self.discard = _button("close", words=True)
        for name, button in self.classes.items():
            button.setIcon(line_icon(name))
            button.setIconSize(SAMPLE)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.clicked.connect(lambda _checked=False, name=name: self.choose_class(name))
        self.smaller.clicked.connect(lambda: self.resize_brush(-1))
        self.larger.clicked.connect(lambda: self.resize_brush(1))
        self.erase.clicked.connect(self.toggle_erasing)
        self.name = NameField()
        self.name.typed.connect(self._able)
        self.name.entered.connect(self.finish.click)
        self.finish.clicked.connect(lambda: self.finishAsked.emit(self.name.name))
        self.discard.clicked.connect(self.discardAsked)
        tools = row(
            *self.classes.values(),
            self.smaller,
            self.size_words,
            self.larger,
            self.erase,
            self.count_words,
            self.finish,
            self.discard,
            gap=HALF / SPACE,
        )
        self.setLayout(column(tools, self.name, gap=HALF / SPACE, margin=0.5))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.retranslate()
        self.hide()

    # What is shown

    def show_painting(self, painting: Painting) -> None:
        """The brush as it is, and how much was done with it."""
        if painting != self._painting:
            self._painting = painting
            self._sync()

    def show_in_hand(self, in_hand: bool) -> None:
        """Whether the left button paints."""
        if in_hand != self._in_hand:
            self._in_hand = in_hand
            self._sync()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.setAccessibleName(self.tr("Brush"))
        for name, (words, whole) in {
            SegmentClass.BME: (self.tr("BME"), self.tr("Paint bone marrow oedema (1)")),
            SegmentClass.EFFUSION_SYNOVITIS: (
                self.tr("Effusion"),
                self.tr("Paint effusion/synovitis (2)"),
            ),
            SegmentClass.FEMORAL_HEAD: (self.tr("Head"), self.tr("Paint the femoral head (3)")),
        }.items():
            self.classes[name].setText(words)
            _name(self.classes[name], whole)
        _name(self.take_up, self.tr("Paint and erase outlines with a brush (B)"))
        _name(self.smaller, self.tr("Smaller brush (-)"))
        _name(self.larger, self.tr("Larger brush (+)"))
        _name(self.erase, self.tr("Erase instead of painting (E; or hold Shift)"))
        self.finish.setText(self.tr("Finish"))
        _name(self.finish, self.tr("Keep the strokes as a new revision of the hip (Enter)"))
        self.discard.setText(self.tr("Discard"))
        _name(self.discard, self.tr("Let go of all strokes that are not finished"))
        self._sync()

    def _sync(self) -> None:
        painting = self._painting
        brush, free = painting.brush, not painting.ending
        self.take_up.setChecked(self._in_hand)
        for name, button in self.classes.items():
            button.setVisible(self._in_hand)
            button.setEnabled(free and name in painting.classes)
            button.setChecked(name is brush.name)
        for each in (self.smaller, self.size_words, self.larger, self.erase):
            each.setVisible(self._in_hand)
        at = RADII_MM.index(brush.radius_mm)
        self.smaller.setEnabled(at > 0)
        self.larger.setEnabled(at + 1 < len(RADII_MM))
        self.size_words.setText(self.tr("{0} mm").format(f"{2 * brush.radius_mm:g}"))
        self.erase.setChecked(brush.erases)
        count = painting.open
        self.count_words.setText(
            self.tr("1 stroke") if count == 1 else self.tr("{0} strokes").format(count)
        )
        self.name.ask(not painting.named and count > 0)
        self._able()
        self.discard.setEnabled(free and count > 0)
        self.setVisible(self._in_hand or count > 0)
        self.place()

    def _able(self) -> None:
        """Finish what is open, once it is known in whose name."""
        open_ = self._painting.open > 0 and not self._painting.ending
        self.finish.setEnabled(open_ and not self.name.missing)

    def place(self) -> None:
        """Stand at the top of the picture, in its middle; the button in its corner."""
        above = self.parentWidget()
        if above is None:
            return
        self.take_up.adjustSize()
        self.take_up.move(above.width() - self.take_up.width() - SPACE, SPACE)
        if self.isVisibleTo(above):
            self.adjustSize()
            self.move(max((above.width() - self.width()) // 2, 0), 4 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground of its own, so that its words are read on any picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.palette().mid().color())
        ground = QColor(self.palette().window().color())
        painter.setBrush(ground)
        inside = self.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        painter.drawRoundedRect(inside, HALF, HALF)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Nothing is painted through it."""
        event.accept()

    # What is asked

    def choose_class(self, name: SegmentClass) -> None:
        """Paint another class, where it can be painted."""
        if name in self._painting.classes:
            self.brushChosen.emit(replace(self._painting.brush, name=name))
        self._sync()

    def resize_brush(self, steps: int) -> None:
        """The next size."""
        at = RADII_MM.index(self._painting.brush.radius_mm) + steps
        if 0 <= at < len(RADII_MM):
            self.brushChosen.emit(replace(self._painting.brush, radius_mm=RADII_MM[at]))

    def toggle_erasing(self) -> None:
        """Erase instead of painting, or the reverse."""
        brush = self._painting.brush
        self.brushChosen.emit(replace(brush, erases=not brush.erases))
        self._sync()

    def press_finish(self) -> None:
        """By key: as the button, or to the name where that is all that is missing.

        While the name is typed, Enter finishes there already.
        """
        if self.name.field.hasFocus():
            return
        if self.name.missing and not self._painting.ending:
            self.name.field.setFocus(Qt.FocusReason.TabFocusReason)
        elif self.finish.isEnabled():
            self.finishAsked.emit(self.name.name)


def _name(button: QToolButton, words: str) -> None:
    button.setAccessibleName(words)
    button.setToolTip(words)


def _button(icon_name: str = "", checkable: bool = False, words: bool = False) -> QToolButton:
    button = QToolButton()
    if icon_name:
        button.setIcon(icon(icon_name))
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if words:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button

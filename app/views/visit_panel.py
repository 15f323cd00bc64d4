"""One visit of the pair: which it is, its picture, and the way to its review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.state import HEIGHTS_MM, Panel, PanelShown, VisitChoice
from app.theme import SPACE, icon
from app.views._canvas_geometry import Sight
from app.views._canvas_outlines import OutlinePaths
from app.views.labels import core_sentence, core_words, label, plain_tip
from app.views.layouts import column, row
from app.views.person_words import BETWEEN
from app.views.place_words import offset_words, short_offset_words
from app.views.slice_canvas import SliceCanvas
from app.views.translated import TranslatedWidget
from hipdesk.records import Side
from hipdesk.wording import CONTRAST_WORDS, day_of

if TYPE_CHECKING:
    from hipdesk.ghost import Ghost

NARROWEST: Final = 16 * SPACE
LETTERS: Final = 12
EDGES: Final = 2
"""Pixels that Qt leaves free beside the words of a choice."""


class VisitCombo(QComboBox):
    """A choice that no turn of the wheel changes, and that says where its words are cut."""

    @property
    def painted(self) -> str:
        """The words there is room for."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return self._fitted(option)

    def _fitted(self, option: QStyleOptionComboBox) -> str:
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        return self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room.width() - EDGES
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt does, but with an ellipsis where words are cut, which style sheets forget."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self._fitted(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what lies below."""
        event.ignore()


class VisitPanel(TranslatedWidget):
    """Shows a `PanelShown`; tells gestures by signals, which no setter sends."""

    visitChosen = Signal(str)
    windowDragged = Signal(object)
    zoomed = Signal(float, object)
    """Height of the view, and (right, down) of its middle from the head centre, in mm."""
    stepped = Signal(int)
    reviewAsked = Signal(str)
    enlarged = Signal()

    def __init__(self, panel: Panel, paths: OutlinePaths, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._shown: PanelShown | None = None
        self._visits: tuple[VisitChoice, ...] = ()
        self._uid: str | None = None
        self._tip = ""
        self._ghost: Ghost | None = None
        self._ghost_day: date | None = None
        self._title = label(kind="section")
        self.visits = VisitCombo()
        self.review = QPushButton()
        self.canvas = SliceCanvas(paths)
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        self.visits.setMinimumWidth(NARROWEST)
        self.visits.setMinimumContentsLength(LETTERS)
        self.visits.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.visits.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.visits.setMaximumWidth(40 * SPACE)
        self.visits.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.review.setIcon(icon("image-search-outline"))
        self.review.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.review.setAutoDefault(True)
        head = row(self._title, self.visits, self.review)
        head.addStretch(1)
        head.setStretchFactor(self.visits, 8)
        inside = column(head, self.canvas)
        inside.setStretchFactor(self.canvas, 1)
        self.setLayout(inside)

    def _connect(self) -> None:
        self.visits.activated.connect(self._choose)
        self.review.clicked.connect(self._ask_review)
        self.canvas.sliceStepped.connect(self.stepped)
        self.canvas.windowDragged.connect(self.windowDragged)
        self.canvas.sightChanged.connect(self._look)
        self.canvas.doubleClicked.connect(self.enlarged)

    # What is shown

    def show_visits(self, visits: tuple[VisitChoice, ...], uid: str | None) -> None:
        """What can be chosen, and what is."""
        if visits != self._visits:
            self._visits = visits
            self._fill()
        self._uid = uid
        self._sync()

    def show_panel(self, shown: PanelShown | None) -> None:
        """One picture; None while it is being read."""
        if shown is not self._shown:
            self._shown = shown
            self._draw()

    def show_ghost(self, ghost: Ghost | None, day: date | None) -> None:
        """Outlines of the other visit, which is of this day; None for none."""
        self._ghost, self._ghost_day = ghost, day
        self._say_ghost()

    @property
    def shown(self) -> PanelShown | None:
        """What is on screen."""
        return self._shown

    def _fill(self) -> None:
        self.visits.clear()
        for each in self._visits:
            self.visits.addItem(self._visit_words(each), each.uid)

    def _sync(self) -> None:
        """The field names the visit in force, whatever was picked."""
        self.visits.setCurrentIndex(-1 if self._uid is None else self.visits.findData(self._uid))
        said = (self.visits.currentText(), self._tip)
        self.visits.setToolTip(plain_tip("\n".join(each for each in said if each)))
        self.review.setEnabled(self._uid is not None)

    def _draw(self) -> None:
        shown, canvas = self._shown, self.canvas
        if shown is None:
            canvas.show_picture(None)
            canvas.set_caption("")
            canvas.set_sentence(self.tr("This visit is being read…"))
            canvas.setAccessibleDescription(self.tr("This visit is being read…"))
            return
        canvas.show_picture(shown.picture)
        canvas.show_window(shown.window, shown.limits or _limits(shown))
        canvas.set_caption(day_of(shown.day), self._hip_words(shown.side))
        canvas.set_sentence(core_sentence(shown.reason))
        place = spoken_place = ""
        if shown.picture is not None:
            canvas.show_sight(Sight(*shown.centre, shown.height_mm))
            place = short_offset_words(shown.offset_mm, shown.picture.edges)
            spoken_place = offset_words(shown.offset_mm, shown.picture.edges)
        canvas.set_place(place)
        spoken = (
            day_of(shown.day),
            self._hip_words(shown.side),
            spoken_place or core_sentence(shown.reason),
        )
        canvas.setAccessibleDescription(", ".join(spoken))

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        earlier = self._panel is Panel.EARLIER
        self._title.setText(self.tr("Earlier") if earlier else self.tr("Later"))
        name = self.tr("Earlier visit") if earlier else self.tr("Later visit")
        keys = self.tr("Shift+Left, Shift+Right") if earlier else self.tr("Left, Right")
        self.visits.setAccessibleName(name)
        self._tip = f"{name} ({keys})"
        self.canvas.setAccessibleName(name)
        self.review.setText(self.tr("Review"))
        self.review.setToolTip(self.tr("Open this visit in the review"))
        self.review.setAccessibleName(
            self.tr("Review the earlier visit") if earlier else self.tr("Review the later visit")
        )
        self._fill()
        self._sync()
        self._draw()
        self._say_ghost()

    def _say_ghost(self) -> None:
        words = self.tr("Dashed: outlines of {day}").format(day=day_of(self._ghost_day))
        self.canvas.show_ghost(self._ghost, "" if self._ghost is None else words)

    def _visit_words(self, visit: VisitChoice) -> str:
        parts = [day_of(visit.day) if visit.day is not None else self.tr("no date")]
        if visit.contrast is not None:
            parts.append(core_words(CONTRAST_WORDS[visit.contrast]))
        if len(visit.sides) == 1:
            parts.append(self._hip_words(visit.sides[0]))
        return BETWEEN.join(parts)

    def _hip_words(self, side: Side) -> str:
        return self.tr("Right hip") if side is Side.RIGHT else self.tr("Left hip")

    # Hands

    def _choose(self, index: int) -> None:
        uid = self.visits.itemData(index)
        self._sync()
        if uid != self._uid:
            self.visitChosen.emit(uid)

    def _ask_review(self) -> None:
        if self._uid is not None:
            self.reviewAsked.emit(self._uid)

    def _look(self, sight: Sight) -> None:
        """Tell a zoom or a pan in millimetres from the head centre."""
        shown = self._shown
        if shown is None or shown.picture is None:
            return
        sight = within(Sight(*shown.centre, shown.height_mm), sight)
        down_mm, right_mm = shown.picture.pixel_mm
        right = shown.shift_mm[0] + (sight.x - shown.centre[0]) * right_mm
        down = shown.shift_mm[1] + (sight.y - shown.centre[1]) * down_mm
        self.zoomed.emit(sight.height_mm, (right, down))
        if self._shown is not None:  # the answer, which may be less than was asked for
            self.canvas.show_sight(Sight(*self._shown.centre, self._shown.height_mm))


def within(before: Sight, after: Sight) -> Sight:
    """A zoom that goes no further than it may, and where it ends does not wander on."""
    low, high = HEIGHTS_MM
    height = min(max(after.height_mm, low), high)
    if after.height_mm in (height, before.height_mm):
        return after
    share = (height - before.height_mm) / (after.height_mm - before.height_mm)
    x, y = (a + share * (b - a) for a, b in ((before.x, after.x), (before.y, after.y)))
    return Sight(x, y, height)


def neighbour(
    visits: Sequence[VisitChoice], panel: Panel, uids: dict[Panel, str | None], steps: int
) -> str | None:
    """The visit before or after a panel's that keeps the earlier one on the left; or None."""
    order = [visit.uid for visit in visits]
    if any(uid not in order for uid in uids.values()):
        return None
    earlier, later = (order.index(str(uids[each])) for each in Panel)
    wanted = (earlier if panel is Panel.EARLIER else later) + steps
    allowed = range(later) if panel is Panel.EARLIER else range(earlier + 1, len(order))
    return order[wanted] if wanted in allowed else None


def _limits(shown: PanelShown) -> tuple[float, float]:
    """Of the slice's own signal, where the series' are not told."""
    if shown.picture is None:
        return 0.0, 1.0
    image = shown.picture.image
    return float(np.min(image)), float(np.max(image))

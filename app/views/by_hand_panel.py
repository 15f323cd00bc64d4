"""The alignment in the reader's hand: six ways to move the outline, and how well it then fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QToolButton, QWidget

from app.alignment_state import STEP_DEG, STEP_MM, AdjustingShown
from app.theme import HALF, SPACE, icon
from app.views.labels import core_words, label
from app.views.layouts import STRETCH, column, row
from app.views.name_field import NameField
from app.views.segments import Segments
from app.views.translated import TranslatedWidget
from hipdesk.hip_alignment import Hand
from hipdesk.records import Point, SegmentClass
from hipdesk.wording import number, signed_number

BONES: Final = (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM)
DIGITS: Final = 1
RESIDUAL_DIGITS: Final = 2
"""Steps of half a millimetre change a residual by less than a tenth."""

AXES: Final = 3
FIGURE: Final = 8 * SPACE
"""Width of a figure between its two buttons."""


class ByHandPanel(TranslatedWidget):
    """Shows an `AdjustingShown`; what the reader's hand does is told, never done here."""

    adjusted = Signal(object)
    """A bone is to be taken into the hand: `SegmentClass`."""

    moved = Signal(object)
    """The outline is to be put there: `Hand`."""

    kept = Signal(str)
    """It is to be kept: with the name that was typed, empty where none was asked for."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: AdjustingShown | None = None
        self.begin = QPushButton()
        self.bones = Segments([bone.value for bone in BONES])
        self._names = [label() for _ in range(2 * AXES)]
        self.less = [_arrow("chevron-left") for _ in range(2 * AXES)]
        self.more = [_arrow("chevron-right") for _ in range(2 * AXES)]
        self.figures = [_figure() for _ in range(2 * AXES)]
        self.fit = label(wrap=True)
        self.refusal = label(kind="small", wrap=True)
        self.name = NameField()
        self.reset, self.cancel, self.keep = QPushButton(), QPushButton(), QPushButton()
        for button in (self.begin, self.reset, self.cancel, self.keep):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lay_out()
        self._connect()
        self.retranslate()
        self.show_adjusting(None, False)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(HALF)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(0, 1)
        for at in range(2 * AXES):
            parts = (self._names[at], self.less[at], self.figures[at], self.more[at])
            for place, part in enumerate(parts):
                grid.addWidget(part, at, place)
        self._hand = QWidget()
        self._hand.setLayout(
            column(
                row(self.bones, STRETCH),
                grid,
                self.fit,
                self.refusal,
                self.name,
                row(self.reset, STRETCH, self.cancel, self.keep),
            )
        )
        self.setLayout(column(row(self.begin, STRETCH), self._hand))

    def _connect(self) -> None:
        self.begin.clicked.connect(lambda: self.adjusted.emit(BONES[0]))
        self.bones.chosen.connect(lambda key: self.adjusted.emit(SegmentClass(key)))
        for at in range(2 * AXES):
            self.less[at].clicked.connect(lambda _checked=False, at=at: self._step(at, -1))
            self.more[at].clicked.connect(lambda _checked=False, at=at: self._step(at, 1))
        self.reset.clicked.connect(lambda: self.moved.emit(Hand()))
        self.cancel.clicked.connect(self.left)
        self.keep.clicked.connect(lambda: self.kept.emit(self.name.name))
        self.name.typed.connect(self._able)
        self.name.entered.connect(self.keep.click)

    def show_adjusting(self, shown: AdjustingShown | None, offered: bool) -> None:
        """What the hand holds; None where nothing, and then whether it could."""
        self._shown = shown
        self.begin.setVisible(shown is None and offered)
        self._hand.setVisible(shown is not None)
        self.setVisible(shown is not None or offered)
        if shown is not None:
            self._fill(shown)

    def _fill(self, shown: AdjustingShown) -> None:
        self.bones.show_chosen(shown.bone.value)
        values = (*shown.hand.shift_mm, *shown.hand.turn_deg)
        free = shown.ready and not shown.keeping
        for at, value in enumerate(values):
            unit = " mm" if at < AXES else "°"
            self.figures[at].setText(signed_number(value, DIGITS) + unit)
            self.less[at].setEnabled(free)
            self.more[at].setEnabled(free)
        self.bones.setEnabled(not shown.keeping)
        self.reset.setEnabled(free and shown.hand != Hand())
        self.cancel.setEnabled(not shown.keeping)
        self.name.ask(not shown.named)
        self._able()
        self.fit.setText(self._fit_words(shown))
        self.refusal.setText(core_words(shown.reason))
        self.refusal.setVisible(bool(shown.reason))

    def _able(self) -> None:
        """Keep what may be kept, once it is known in whose name."""
        shown = self._shown
        self.keep.setEnabled(shown is not None and shown.keepable and not self.name.missing)

    def _step(self, at: int, steps: int) -> None:
        shown = self._shown
        if shown is not None:
            hand = shown.hand
            self.moved.emit(
                replace(hand, shift_mm=_stepped(hand.shift_mm, at, steps * STEP_MM))
                if at < AXES
                else replace(hand, turn_deg=_stepped(hand.turn_deg, at - AXES, steps * STEP_DEG))
            )

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.begin.setText(self.tr("Adjust by hand..."))
        self.begin.setToolTip(
            self.tr("Move the earlier visit's outline until it lies on the later picture's bone")
        )
        self.bones.show_words(self.tr("Bone"), (self.tr("Femur"), self.tr("Hip bone")))
        for at, (name, less, more) in enumerate(self._directions()):
            self._names[at].setText(name)
            for button, words in ((self.less[at], less), (self.more[at], more)):
                button.setAccessibleName(words)
                button.setToolTip(words)
        self.reset.setText(self.tr("Reset"))
        self.reset.setToolTip(self.tr("The outline as the program laid it"))
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Leave the alignment as it was"))
        self.keep.setText(self.tr("Keep"))
        self.keep.setToolTip(
            self.tr("Keep a new alignment in your name, and count the volumes anew")
        )
        if self._shown is not None:
            self._fill(self._shown)

    def _directions(self) -> tuple[tuple[str, str, str], ...]:
        """Of each control its name, and what either button does."""
        return (
            (
                self.tr("Right, left"),
                self.tr("Outline to the patient's right by 0.5 mm"),
                self.tr("Outline to the patient's left by 0.5 mm"),
            ),
            (
                self.tr("Front, back"),
                self.tr("Outline to the front by 0.5 mm"),
                self.tr("Outline to the back by 0.5 mm"),
            ),
            (
                self.tr("Down, up"),
                self.tr("Outline down by 0.5 mm"),
                self.tr("Outline up by 0.5 mm"),
            ),
            (
                self.tr("Tip back, forward"),
                self.tr("Tip the outline's top to the back by 0.5°"),
                self.tr("Tip the outline's top to the front by 0.5°"),
            ),
            (
                self.tr("Tip right, left"),
                self.tr("Tip the outline's top to the patient's right by 0.5°"),
                self.tr("Tip the outline's top to the patient's left by 0.5°"),
            ),
            (
                self.tr("Turn right, left"),
                self.tr("Turn the outline's front to the patient's right by 0.5°"),
                self.tr("Turn the outline's front to the patient's left by 0.5°"),
            ),
        )

    def _fit_words(self, shown: AdjustingShown) -> str:
        if shown.keeping:
            return self.tr("Being kept…")
        if not shown.ready:
            return self.tr("Being measured…")
        if shown.median_mm is None:
            return self.tr("The residual cannot be measured.")
        words = self.tr("Residual {median} mm; 95 % within {far} mm.")
        said = words.format(
            median=number(shown.median_mm, RESIDUAL_DIGITS),
            far=number(shown.p95_mm, RESIDUAL_DIGITS),
        )
        return self.tr("{figures} Refused:").format(figures=said) if shown.reason else said


def _stepped(point: Point, at: int, by: float) -> Point:
    x, y, z = (value + by * (place == at) for place, value in enumerate(point))
    return x, y, z


def _arrow(name: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setAutoRepeat(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _figure() -> QLabel:
    made = label()
    made.setMinimumWidth(FIGURE)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made

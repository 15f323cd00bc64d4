"""The page of blinded reading: a visit's slices without date, score or masks, and three totals.

It lies over the whole window and takes its place until it is closed, since the
window names the patient and the days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from app.blinded_state import BlindedShown, Unblinded
from app.clinical_state import ReadingDraft
from app.state import Overlay
from app.theme import SPACE, make_primary, set_role
from app.views._canvas_outlines import OutlinePaths
from app.views.clinical_lists import NOT_READ, compartment_name, total_field
from app.views.hip_words import side_name
from app.views.labels import core_sentence, label
from app.views.layouts import STRETCH, column, emptied, holding, row, rule
from app.views.person_words import BETWEEN
from app.views.segments import Segments
from app.views.slice_canvas import SliceCanvas
from hipdesk.himriss import HIGHEST, HIGHEST_TOTAL, Compartment
from hipdesk.records import Side
from hipdesk.report import RESEARCH_ONLY
from hipdesk.wording import day_of

if TYPE_CHECKING:
    from app.views.protocols import BlindedGestures

BESIDE: Final = 48 * SPACE
LEAST: Final = (100 * SPACE, 70 * SPACE)
_STEPS: Final = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -5,
    Qt.Key.Key_PageDown: 5,
}


class BlindedPage(QDialog):
    """Shows a `BlindedShown`, and in the end which visit was which."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: BlindedGestures | None = None
        self._shown: BlindedShown | None = None
        self._unblinded: tuple[Unblinded, ...] = ()
        self._refusal = ""
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(*LEAST)
        self._build()
        self._connect()
        self.retranslate()

    # What controllers ask for

    def listen(self, gestures: BlindedGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_visit(self, shown: BlindedShown | None) -> None:
        """Bring the page to the front with this visit; None puts it away."""
        before, self._shown, self._unblinded = self._shown, shown, ()
        if shown is None:
            self.hide()
            return
        if before is None or (before.label, before.side) != (shown.label, shown.side):
            self._clear()
        self._stack.setCurrentIndex(0)
        self._refusal = ""
        self._draw(shown)
        self._come()

    def show_refusal(self, sentence: str) -> None:
        """Why a reading was not kept."""
        self._refusal = sentence
        self._say()

    def show_unblinded(self, visits: tuple[Unblinded, ...]) -> None:
        """The sitting is over: which visit was which."""
        self._unblinded = visits
        self._stack.setCurrentIndex(1)
        self._list()

    def _come(self) -> None:
        window = self.parentWidget()
        if not self.isVisible():
            if window is not None:
                self.setGeometry(window.window().geometry())
            self.show()
            self.raise_()
            self.activateWindow()
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    # How it is built

    def _build(self) -> None:
        self.canvas = SliceCanvas(OutlinePaths())
        self.canvas.show_overlay(Overlay(shown=False))
        self.sides = Segments([side.value for side in Side])
        self.totals = {name: total_field(name) for name in Compartment}
        self._names = {name: label(kind="muted") for name in Compartment}
        self._title = label(kind="title")
        self._progress = label(kind="muted")
        self._hidden = label(kind="small", wrap=True)
        self._research = label(kind="small", wrap=True)
        self._sum_name, self.sum = label(kind="muted"), label(kind="strong")
        self._note = label(kind="small", wrap=True)
        self.keep, self.finish = QPushButton(), QPushButton()
        self.before, self.after, self.away = QPushButton(), QPushButton(), QPushButton()
        make_primary(self.keep)
        for button in (self.keep, self.finish, self.before, self.after, self.away):
            button.setAutoDefault(False)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._reading())
        self._stack.addWidget(self._ended())
        self.setLayout(column(self._stack))

    def _reading(self) -> QWidget:
        grid = QGridLayout()
        grid.setVerticalSpacing(SPACE)
        for at, name in enumerate(Compartment):
            grid.addWidget(self._names[name], at, 0)
            grid.addWidget(self.totals[name], at, 1)
        grid.addWidget(self._sum_name, len(Compartment), 0)
        grid.addWidget(self.sum, len(Compartment), 1)
        panel = holding(
            column(
                self._title,
                self._progress,
                row(self.sides, STRETCH),
                rule(),
                grid,
                row(self.keep, STRETCH),
                self._note,
                STRETCH,
                self._hidden,
                self._research,
                rule(),
                row(self.before, self.after, STRETCH),
                row(self.finish, STRETCH, self.away),
                gap=1.5,
                margin=2,
            ),
            panel=True,
        )
        panel.setFixedWidth(BESIDE)
        inside = row(self.canvas, panel, gap=0)
        inside.setStretchFactor(self.canvas, 1)
        return holding(inside)

    def _ended(self) -> QWidget:
        self._end_title, self._end_note = label(kind="title"), label(kind="small", wrap=True)
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(3 * SPACE)
        self._table.setVerticalSpacing(SPACE)
        self.close_button = QPushButton()
        table = row(self._table, STRETCH)
        below = row(self.close_button, STRETCH)
        return holding(
            column(self._end_title, self._end_note, rule(), table, below, STRETCH, gap=2, margin=3)
        )

    def _connect(self) -> None:
        self.canvas.sliceStepped.connect(lambda steps: self._tell("step", steps))
        self.canvas.windowDragged.connect(lambda window: self._tell("set_window", window))
        self.sides.chosen.connect(lambda key: self._tell("choose_side", Side(key)))
        self.before.clicked.connect(lambda: self._tell("go_on", -1))
        self.after.clicked.connect(lambda: self._tell("go_on", 1))
        self.finish.clicked.connect(lambda: self._tell("finish"))
        self.keep.clicked.connect(self._keep)
        for button in (self.away, self.close_button):
            button.clicked.connect(self.close)
        for field in self.totals.values():
            field.valueChanged.connect(lambda _value: self._say())

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setWindowTitle(self.tr("Blinded reading"))
        self.sides.show_words(self.tr("Hip"), [side_name(side) for side in Side])
        for name, title in self._names.items():
            title.setText(f"{compartment_name(name)} (0-{HIGHEST[name]})")
            self.totals[name].setAccessibleName(compartment_name(name))
        self._sum_name.setText(self.tr("Total of the hip (0-{n})").format(n=HIGHEST_TOTAL))
        self._hidden.setText(
            self.tr(
                "The visits come in an order drawn by lot. Dates, scores, outlines and earlier "
                "readings are hidden until you finish."
            )
        )
        self._research.setText(core_sentence(RESEARCH_ONLY))
        self.before.setText(self.tr("Back"))
        self.after.setText(self.tr("Next"))
        self.finish.setText(self.tr("Finish and unblind"))
        self.away.setText(self.tr("Stop"))
        self.away.setToolTip(self.tr("What you saved is kept; the order stays hidden"))
        self.close_button.setText(self.tr("Close"))
        self._end_title.setText(self.tr("Which visit was which"))
        self._end_note.setText(
            self.tr(
                "Every reading was kept in your name as read without knowing the order, with the "
                "lot that drew it."
            )
        )
        self.canvas.setAccessibleName(self.tr("Slices of the visit"))
        if self._shown is not None:
            self._draw(self._shown)
        self._say()
        self._list()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _draw(self, shown: BlindedShown) -> None:
        self._title.setText(self.tr("Visit {letter}").format(letter=shown.label))
        place = self.tr("{place} of {of}").format(place=shown.place, of=shown.of)
        self._progress.setText(place)
        self.sides.show_chosen(shown.side.value)
        for side, button in zip(Side, self.sides.buttons.values(), strict=True):
            button.setEnabled(side in shown.sides)
        self.before.setEnabled(shown.place > 1)
        self.after.setEnabled(shown.place < shown.of)
        self.canvas.show_picture(shown.picture)
        self.canvas.set_caption(self._title.text(), side_name(shown.side))
        waiting = shown.reason or self.tr("This visit is being read…")
        self.canvas.set_sentence("" if shown.picture is not None else core_sentence(waiting))
        if shown.picture is not None:
            self.canvas.show_window(shown.window, shown.limits)
        self._say()

    def _say(self) -> None:
        found = [field.value() for field in self.totals.values()]
        self.sum.setText("–" if NOT_READ in found else str(sum(found)))
        shown = self._shown
        again = shown is not None and shown.side in shown.read
        self.keep.setText(self.tr("Save correction") if again else self.tr("Save reading"))
        self.keep.setEnabled(
            shown is not None and shown.picture is not None and set(found) != {NOT_READ}
        )
        said = self.tr("Saved.") if again else ""
        self._note.setText(self._refusal or said)
        set_role(self._note, "tone", "caution" if self._refusal else "")

    def _list(self) -> None:
        emptied(self._table)
        heads = (self.tr("Visit"), self.tr("Day"), *(side_name(side) for side in Side))
        for place, words in enumerate(heads):
            self._table.addWidget(label(words, "small"), 0, place)
        for at, each in enumerate(self._unblinded, 1):
            totals = dict(each.totals)
            words_of = (
                each.label,
                BETWEEN.join(filter(None, (day_of(each.day), each.whose))),
                *(_total_words(totals.get(side)) for side in Side),
            )
            for place, words in enumerate(words_of):
                self._table.addWidget(label(words), at, place)

    # Hands

    def _clear(self) -> None:
        for field in self.totals.values():
            field.setValue(NOT_READ)

    def _keep(self) -> None:
        if self._shown is not None:
            self._tell(
                "keep_reading",
                ReadingDraft(
                    self._shown.side,
                    femoral=self._entered(Compartment.FEMORAL),
                    acetabular=self._entered(Compartment.ACETABULAR),
                    effusion=self._entered(Compartment.EFFUSION),
                    blinded_to_order=True,
                ),
            )

    def _entered(self, name: Compartment) -> int | None:
        value = self.totals[name].value()
        return None if value == NOT_READ else value

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None:
            getattr(self._gestures, gesture)(*facts)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Slices by the arrow keys; Escape does not end a sitting."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._tell("step", _STEPS[key])
        elif key != Qt.Key.Key_Escape:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that the page went away."""
        super().hideEvent(event)
        if self._shown is not None and not event.spontaneous():
            self._shown = None
            self._tell("leave")


def _total_words(total: int | None) -> str:
    return "–" if total is None else str(total)

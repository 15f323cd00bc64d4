"""Treatments and HIMRISS readings: what is on record, and the fields for another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.clinical_state import ReadingDraft, TreatmentDraft
from app.theme import SPACE, set_role
from app.views.clinical_fields import NARROW, Answers
from app.views.clinical_words import treatment_class
from app.views.hip_words import side_name
from app.views.labels import ElidedLabel, label
from app.views.layouts import STRETCH, column, emptied, row, rule
from app.views.person_words import BETWEEN
from hipdesk.clinical import Treatment, TreatmentKind
from hipdesk.himriss import HIGHEST, HIGHEST_TOTAL, Compartment, Reading
from hipdesk.records import Side

NOT_READ: Final = -1
DATE_WIDTH: Final = 13 * SPACE


class TreatmentTab(QWidget):
    """Treatments of the patient over the whole time."""

    kept = Signal(object)
    withdrawn = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[tuple[str, Treatment], ...] = ()
        self._changed: str | None = None
        self.kinds, self.sides = Answers(), Answers()
        for kind in TreatmentKind:
            self.kinds.addItem("", kind.value)
        for value in ("", *(side.value for side in Side)):
            self.sides.addItem("", value)
        self.name, self.dose = QLineEdit(), QLineEdit()
        self.started, self.stopped = QLineEdit(), QLineEdit()
        self.keep, self.leave = QPushButton(), QPushButton()
        self.list = column(gap=0.5)
        self._titles = [label(kind="small") for _ in range(6)]
        self._lay_out()
        self.kinds.activated.connect(lambda _at: self._offer())
        self.keep.clicked.connect(self._keep)
        self.leave.clicked.connect(lambda: self._fill(None))
        self._offer()

    def show_treatments(self, treatments: tuple[tuple[str, Treatment], ...]) -> None:
        """What is on record; the fields are emptied once it holds something new."""
        if treatments == self._shown:
            return
        self._shown = treatments
        self._list()
        self._fill(None)

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        words = (
            self.tr("Class"),
            self.tr("Name"),
            self.tr("Dose"),
            self.tr("From (2024-03-05, 2024-03 or 2024)"),
            self.tr("Until; empty while it goes on"),
            self.tr("Hip"),
        )
        fields = (self.kinds, self.name, self.dose, self.started, self.stopped, self.sides)
        for title, word, field in zip(self._titles, words, fields, strict=True):
            title.setText(word)
            field.setAccessibleName(word)
        for at, kind in enumerate(TreatmentKind):
            self.kinds.setItemText(at, treatment_class(kind))
        for at, word in enumerate(("–", *map(side_name, Side))):
            self.sides.setItemText(at, word)
        self.leave.setText(self.tr("Cancel"))
        self._say_keep()
        self._list()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        fields = (self.kinds, self.name, self.dose, self.started, self.stopped, self.sides)
        for at, (title, field) in enumerate(zip(self._titles, fields, strict=True)):
            grid.addWidget(title, 2 * (at // 3), at % 3)
            grid.addWidget(field, 2 * (at // 3) + 1, at % 3)
            grid.setColumnStretch(at % 3, 1)
        buttons = row(self.keep, self.leave, STRETCH)
        self.setLayout(column(grid, buttons, rule(), self.list, STRETCH, gap=1.5, margin=2))

    def _offer(self) -> None:
        """A drug has an end and no side; an injection or operation the reverse."""
        single = TreatmentKind(self.kinds.currentData()).single_event
        self.stopped.setEnabled(not single)
        self.sides.setEnabled(single)

    def _fill(self, uid: str | None) -> None:
        """Put a treatment into the fields to be changed; None to enter a new one."""
        self._changed = uid
        treatment = dict(self._shown).get(uid or "")
        if treatment is not None:
            self.kinds.setCurrentIndex(self.kinds.findData(treatment.kind.value))
        self.name.setText("" if treatment is None else treatment.name)
        self.dose.setText("" if treatment is None else treatment.dose)
        days = (None, None) if treatment is None else (treatment.started, treatment.stopped)
        for field, day in zip((self.started, self.stopped), days, strict=True):
            field.setText("" if day is None else day.iso)
        side = None if treatment is None else treatment.side
        self.sides.setCurrentIndex(self.sides.findData("" if side is None else side.value))
        self._offer()
        self._say_keep()

    def _say_keep(self) -> None:
        new = self._changed is None
        self.keep.setText(self.tr("Add treatment") if new else self.tr("Save change"))
        self.leave.setVisible(not new)

    def _keep(self) -> None:
        side = self.sides.currentData()
        self.kept.emit(
            TreatmentDraft(
                TreatmentKind(self.kinds.currentData()),
                self.name.text(),
                self.dose.text(),
                self.started.text(),
                self.stopped.text(),
                Side(side) if side else None,
                self._changed,
            )
        )

    def _list(self) -> None:
        emptied(self.list)
        if not self._shown:
            self.list.addWidget(label(self.tr("No treatment is on record."), "muted"))
        for uid, treatment in self._shown:
            self.list.addLayout(self._line(uid, treatment))

    def _line(self, uid: str, treatment: Treatment) -> QHBoxLayout:
        words = ElidedLabel(_treatment_words(treatment, self.tr("from {day}"), self.tr("to {day}")))
        change = _small(self.tr("Change"), lambda: self._fill(uid))
        remove = _small(self.tr("Remove"), lambda: self.withdrawn.emit(uid))
        for button in (change, remove):
            button.setAccessibleName(f"{button.text()}: {treatment.name}")
        remove.setToolTip(self.tr("It was recorded by mistake; it stays in the record of changes"))
        line = row(words, change, remove)
        line.setStretchFactor(words, 1)
        return line


def _treatment_words(treatment: Treatment, since: str, until: str) -> str:
    parts = [treatment_class(treatment.kind), treatment.name, treatment.dose]
    if treatment.side is not None:
        parts.append(side_name(treatment.side))
    if treatment.started is not None:
        single = treatment.kind.single_event
        day = treatment.started.iso
        parts.append(day if single else since.format(day=day))
    if treatment.stopped is not None:
        parts.append(until.format(day=treatment.stopped.iso))
    return BETWEEN.join(part for part in parts if part)


def _small(words: str, pressed: Callable[[], None]) -> QPushButton:
    button = QPushButton(words)
    set_role(button, "quiet")
    button.clicked.connect(pressed)
    return button


class ReadingTab(QWidget):
    """HIMRISS totals per hip, entered by the reader."""

    kept = Signal(object)
    blindAsked = Signal(bool)
    """All visits of the patient, or of every patient, are to be read without their order."""

    def __init__(self) -> None:
        super().__init__()
        self._readings: tuple[Reading, ...] = ()
        self._reader = ""
        self._corrected: dict[Side, int | None] = dict.fromkeys(Side)
        self.totals = {(side, name): total_field(name) for side in Side for name in Compartment}
        self.sums = {side: label(kind="strong") for side in Side}
        self.keep = {side: QPushButton() for side in Side}
        self.blinded = QCheckBox()
        self.read_blinded, self.read_all = QPushButton(), QPushButton()
        self.read_blinded.clicked.connect(lambda _checked=False: self.blindAsked.emit(False))
        self.read_all.clicked.connect(lambda _checked=False: self.blindAsked.emit(True))
        self.list = column(gap=0.5)
        self._names = {name: label(kind="muted") for name in Compartment}
        self._heads = {side: label(kind="section") for side in Side}
        self._whole = label(kind="muted")
        self._note = label(kind="small", wrap=True)
        self._lay_out()
        for (side, _), field in self.totals.items():
            field.valueChanged.connect(lambda _value, side=side: self._say_sum(side))
        for side, button in self.keep.items():
            button.clicked.connect(lambda _checked=False, side=side: self._keep(side))

    def show_readings(self, readings: tuple[Reading, ...], reader: str) -> None:
        """What is on record; the fields are emptied once it holds something new."""
        if (readings, reader) == (self._readings, self._reader):
            return
        fresh = readings != self._readings
        self._readings, self._reader = readings, reader
        if fresh:
            for side in Side:
                self._fill(side, None)
        self._list()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        names = {name: compartment_name(name) for name in Compartment}
        for name, title in self._names.items():
            title.setText(f"{names[name]} (0-{HIGHEST[name]})")
        for side, head in self._heads.items():
            head.setText(side_name(side))
            self._say_sum(side)
            self._say_keep(side)
            for name in Compartment:
                words = BETWEEN.join((side_name(side), names[name]))
                self.totals[side, name].setAccessibleName(words)
        self._whole.setText(self.tr("Total of the hip (0-{n})").format(n=HIGHEST_TOTAL))
        self.read_blinded.setText(self.tr("Read blinded..."))
        self.read_blinded.setToolTip(
            self.tr("All visits of this patient in random order, without dates or earlier readings")
        )
        self.read_all.setText(self.tr("Read all patients blinded..."))
        self.read_all.setToolTip(
            self.tr("All visits in the library in random order, one at a time, without names")
        )
        self.blinded.setText(self.tr("Read without knowing which visit came first"))
        self._note.setText(
            self.tr(
                "HIMRISS totals as you read them. The program draws no region map and fills "
                "nothing in. A second reading of the same hip counts as a re-read."
            )
        )
        self._list()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACE)
        for at, side in enumerate(Side, 1):
            grid.addWidget(self._heads[side], 0, at)
            grid.addWidget(self.sums[side], len(Compartment) + 1, at)
            grid.addWidget(self.keep[side], len(Compartment) + 2, at)
        for at, (name, title) in enumerate(self._names.items(), 1):
            grid.addWidget(title, at, 0)
            for place, side in enumerate(Side, 1):
                grid.addWidget(self.totals[side, name], at, place)
        grid.addWidget(self._whole, len(Compartment) + 1, 0)
        grid.setColumnStretch(3, 1)
        inside = column(
            self._note,
            row(self.read_blinded, self.read_all, STRETCH),
            grid,
            self.blinded,
            rule(),
            self.list,
            STRETCH,
            gap=1.5,
            margin=2,
        )
        self.setLayout(inside)

    def _say_sum(self, side: Side) -> None:
        found = [self.totals[side, name].value() for name in Compartment]
        self.sums[side].setText("–" if NOT_READ in found else str(sum(found)))
        self.keep[side].setEnabled(any(value != NOT_READ for value in found))

    def _say_keep(self, side: Side) -> None:
        new = self._corrected[side] is None
        self.keep[side].setText(self.tr("Add reading") if new else self.tr("Save correction"))
        self.keep[side].setAccessibleName(BETWEEN.join((self.keep[side].text(), side_name(side))))

    def _fill(self, side: Side, reading: Reading | None) -> None:
        """Put a reading into the fields to be corrected; None to enter the next one."""
        self._corrected[side] = None if reading is None else reading.number
        for name in Compartment:
            total = None if reading is None else reading.totals[name]
            self.totals[side, name].setValue(NOT_READ if total is None else total)
        if reading is not None:
            self.blinded.setChecked(reading.blinded_to_order)
        self._say_sum(side)
        self._say_keep(side)

    def _keep(self, side: Side) -> None:
        self.kept.emit(
            ReadingDraft(
                side,
                femoral=self._entered(side, Compartment.FEMORAL),
                acetabular=self._entered(side, Compartment.ACETABULAR),
                effusion=self._entered(side, Compartment.EFFUSION),
                blinded_to_order=self.blinded.isChecked(),
                number=self._corrected[side],
            )
        )

    def _entered(self, side: Side, name: Compartment) -> int | None:
        value = self.totals[side, name].value()
        return None if value == NOT_READ else value

    def _list(self) -> None:
        emptied(self.list)
        if not self._readings:
            self.list.addWidget(label(self.tr("Nobody has read this visit yet."), "muted"))
        for reading in self._readings:
            self.list.addLayout(self._line(reading))

    def _line(self, reading: Reading) -> QHBoxLayout:
        totals = ["–" if total is None else str(total) for total in reading.totals.values()]
        total = "–" if reading.total is None else str(reading.total)
        parts = [
            side_name(reading.side),
            reading.reader,
            self.tr("reading {n}").format(n=reading.number),
            f"{' + '.join(totals)} = {total}",
            reading.read_utc.astimezone().date().isoformat(),
        ]
        if reading.blinded_to_order:
            parts.append(self.tr("order not known"))
        words = ElidedLabel(BETWEEN.join(parts))
        line = row(words)
        line.setStretchFactor(words, 1)
        if reading.reader == self._reader:
            button = _small(self.tr("Correct"), lambda: self._fill(reading.side, reading))
            line.addWidget(button)
        return line


def compartment_name(name: Compartment) -> str:
    """What is counted apart."""
    translate = QCoreApplication.translate
    return {
        Compartment.FEMORAL: translate("ReadingTab", "Femoral bone marrow lesion"),
        Compartment.ACETABULAR: translate("ReadingTab", "Acetabular bone marrow lesion"),
        Compartment.EFFUSION: translate("ReadingTab", "Effusion and synovitis"),
    }[name]


def total_field(name: Compartment) -> QSpinBox:
    """A field for a total; below zero it is not read."""
    field = _Total()
    field.setRange(NOT_READ, HIGHEST[name])
    field.setSpecialValueText("–")
    field.setValue(NOT_READ)
    field.setFixedWidth(NARROW + 2 * SPACE)
    return field


class _Total(QSpinBox):
    """A number that a turn of the wheel over it does not change."""

    def wheelEvent(self, event: object) -> None:
        """Leave the wheel to what lies below."""
        event.ignore()  # type: ignore[attr-defined]

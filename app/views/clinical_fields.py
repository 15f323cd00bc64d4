"""Fields of the clinical record: numbers, answers and the frames around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QWidget

from app.clinical_state import Cells
from app.theme import SPACE
from app.views.clinical_words import expected, field_name, plain_name
from app.views.hip_words import side_name
from app.views.labels import core_words, label, plain_tip
from app.views.layouts import column, row
from app.views.person_words import BETWEEN
from hipdesk.clinical import HARRIS_CHOICES, N_BASDAI, N_BASFI, Choice, CrpUnit
from hipdesk.records import Side

NARROW: Final = 9 * SPACE
DATE: Final = 13 * SPACE
WIDE: Final = 30 * SPACE

Words = Callable[[], str]
FieldT = TypeVar("FieldT", QLineEdit, "Answers")


class Answers(QComboBox):
    """A choice that a turn of the wheel over it does not change."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what lies below."""
        event.ignore()


class ClinicalFields(QWidget):
    """Fields by their names in tables; tells `edited` whenever one of them changes.

    Parameters
    ----------
    edited : called after the reader changed a field
    """

    def __init__(self, edited: Callable[[], None]) -> None:
        super().__init__()
        self._edited = edited
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self._said: list[Callable[[], None]] = []

    def cells(self) -> dict[str, str]:
        """What stands in the fields; empty ones are left out."""
        found = {name: _text_of(field) for name, field in self.fields.items()}
        return {name: text for name, text in found.items() if text}

    def show_cells(self, cells: Cells) -> None:
        """Fill the fields; one that says the same already is left alone."""
        for name, field in self.fields.items():
            text = cells.get(name, "")
            if _text_of(field) != text:
                with QSignalBlocker(field):
                    _put(field, text)

    def show_problems(self, names: Sequence[str]) -> None:
        """Mark fields that cannot be read."""
        for name, field in self.fields.items():
            wrong = name in names
            field.setToolTip(plain_tip(expected(name)) if wrong else "")
            field.setAccessibleDescription(expected(name) if wrong else "")
            field.setStyleSheet(WRONG if wrong else "")

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        for say in self._said:
            say()

    # How it is built

    def number(self, name: str) -> QLineEdit:
        """A field for a number or a date."""
        field = QLineEdit()
        field.setFixedWidth(DATE if name == "symptom_onset" else NARROW)
        field.textEdited.connect(lambda _text: self._edited())
        return self._named(name, field)

    def choice(self, name: str, answers: Sequence[tuple[str, Words]]) -> Answers:
        """A choice of answers, the first of which is none."""
        box = Answers()
        for text, _ in answers:
            box.addItem("", text)
        box.activated.connect(lambda _at: self._edited())

        def say() -> None:
            for at, (_, words) in enumerate(answers):
                box.setItemText(at, words())

        self._said.append(say)
        return self._named(name, box)

    def _named(self, name: str, field: FieldT) -> FieldT:
        self.fields[name] = field
        side = side_of(name)

        def say() -> None:
            words = field_name(name)
            field.setAccessibleName(
                words if side is None else BETWEEN.join((words, side_name(side)))
            )

        self._said.append(say)
        return field

    def heading(self, words: Words, kind: str = "section") -> QWidget:
        """A title that follows the language."""
        made = label(kind="section" if kind == "section" else "small", wrap=kind == "small")
        self._said.append(lambda: made.setText(words()))
        return made

    def line(self, grid: QGridLayout, at: int, name: str, *fields: QWidget, first: int = 0) -> None:
        """Name and fields in a row of a grid, from a column on."""
        title = label(kind="muted")
        self._said.append(lambda: title.setText(field_name(name)))
        grid.addWidget(title, at, first)
        for place, field in enumerate(fields, first + 1):
            grid.addWidget(field, at, place)


WRONG: Final = "border: 2px solid #D55E00;"
"""Vermilion of the Okabe-Ito palette, on either ground."""


def _text_of(field: QLineEdit | QComboBox) -> str:
    return field.text().strip() if isinstance(field, QLineEdit) else str(field.currentData() or "")


def _put(field: QLineEdit | QComboBox, text: str) -> None:
    if isinstance(field, QLineEdit):
        field.setText(text)
    else:
        field.setCurrentIndex(max(field.findData(text), 0))


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE)
    grid.setVerticalSpacing(SPACE // 2)
    return grid


class PatientFields(ClinicalFields):
    """Questionnaires and laboratory."""

    def __init__(self, edited: Callable[[], None]) -> None:
        super().__init__(edited)
        parts = (self._asked(), self._abilities(), self._measured())
        across = row(gap=3, margin=2)
        for part in parts:
            across.addLayout(part)
        across.addStretch(1)
        self.setLayout(across)

    def _asked(self) -> QGridLayout:
        grid = _grid()
        grid.addWidget(self.heading(lambda: self.tr("BASDAI, each 0-10")), 0, 0, 1, 2)
        names = [f"basdai_q{at}" for at in range(1, N_BASDAI + 1)]
        for at, name in enumerate((*names, "patient_global"), 1):
            self.line(grid, at, name, self.number(name))
        grid.setRowStretch(N_BASDAI + 2, 1)
        return grid

    def _abilities(self) -> QGridLayout:
        grid = _grid()
        grid.addWidget(self.heading(lambda: self.tr("BASFI, each 0-10")), 0, 0, 1, 4)
        half = N_BASFI // 2
        for at in range(N_BASFI):
            name = f"basfi_q{at + 1}"
            self.line(grid, at % half + 1, name, self.number(name), first=2 * (at // half))
        grid.setRowStretch(half + 1, 1)
        return grid

    def _measured(self) -> QGridLayout:
        grid = _grid()
        grid.addWidget(self.heading(lambda: self.tr("Laboratory and history")), 0, 0, 1, 3)
        self.line(grid, 1, "esr_mm_h", self.number("esr_mm_h"))
        units = [(unit.value, partial(str, unit.value)) for unit in CrpUnit]
        self.line(grid, 2, "crp", self.number("crp"), self.choice("crp_unit", units))
        self.line(grid, 3, "crp_detection_limit", self.number("crp_detection_limit"))
        self.line(grid, 4, "symptom_onset")
        grid.addWidget(self.number("symptom_onset"), 4, 1, 1, 2)
        result = self.choice(
            "hla_b27",
            (
                ("", lambda: "–"),
                ("yes", lambda: self.tr("positive")),
                ("no", lambda: self.tr("negative")),
            ),
        )
        self.line(grid, 5, "hla_b27")
        grid.addWidget(result, 5, 1, 1, 2)
        grid.setRowStretch(6, 1)
        return grid

    def cells(self) -> dict[str, str]:
        """What stands in the fields; a unit alone is nothing."""
        found = super().cells()
        if "crp" not in found:
            found.pop("crp_unit", None)
        return found


class HipFields(ClinicalFields):
    """Pain, prosthesis and the Harris score of each hip."""

    def __init__(self, edited: Callable[[], None]) -> None:
        super().__init__(edited)
        grid = _grid()
        for at, side in enumerate(Side, 1):
            grid.addWidget(self.heading(partial(side_name, side)), 0, at)
        yes_no = (
            ("", lambda: "–"),
            ("no", lambda: self.tr("no")),
            ("yes", lambda: self.tr("yes: this hip is not scored")),
        )
        self._both(grid, 1, "hip_pain_vas")
        pair = [self.choice(f"prosthesis_{side.word}", yes_no) for side in Side]
        self.line(grid, 2, "prosthesis", *pair)
        grid.addWidget(self.heading(lambda: self.tr("Harris hip score")), 3, 0, 1, 3)
        at = 4
        for name, answers in HARRIS_CHOICES.items():
            offered: list[tuple[str, Words]] = [("", lambda: "–")]
            offered += [(str(each.points), partial(_answer_words, each)) for each in answers]
            boxes = [self.choice(f"harris_{name}_{side.word}", offered) for side in Side]
            for box in boxes:
                box.setFixedWidth(WIDE)
            self.line(grid, at, f"harris_{name}", *boxes)
            at += 1
        for name in ("harris_motion", *_MEASURED):
            self._both(grid, at, name)
            at += 1
        note = self.heading(
            lambda: self.tr(
                "Measured deformities give the points for their absence; all four are needed."
            ),
            "small",
        )
        grid.addWidget(note, at, 0, 1, 3)
        grid.setColumnStretch(3, 1)
        inside = column(grid, margin=2)
        inside.addStretch(1)
        self.setLayout(inside)

    def _both(self, grid: QGridLayout, at: int, name: str) -> None:
        self.line(grid, at, name, *(self.number(f"{name}_{side.word}") for side in Side))


_MEASURED: Final = (
    "flexion_contracture_deg",
    "adduction_deg",
    "internal_rotation_deg",
    "leg_length_difference_cm",
)


def _answer_words(answer: Choice) -> str:
    return f"{answer.points}  {core_words(answer.words)}"


def side_of(name: str) -> Side | None:
    """The hip that a field is of."""
    return next((each for each in Side if name.endswith(f"_{each.word}")), None)


def words_of(names: Sequence[str]) -> str:
    """Fields and what they can hold, one after another."""
    said = []
    for name in names:
        side = side_of(name)
        whose = "" if side is None else f" ({side_name(side)})"
        said.append(f"{_short(name)}{whose}: {expected(name)}")
    return "; ".join(said)


def _short(name: str) -> str:
    plain = plain_name(name)
    number = plain.rpartition("_q")[2]
    return f"BASDAI {number}" if plain.startswith("basdai") else field_name(name)

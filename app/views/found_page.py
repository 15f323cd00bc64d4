"""What opening a folder brought: every series, the one chosen, and why."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.state import FoundStudy, SeriesRow
from app.theme import BESIDE_WORDS, SPACE, icon, make_primary, set_role
from app.views.charset_menu import CharsetButton
from app.views.icon_label import IconLabel
from app.views.labels import ElidedLabel, chip, core_words, label
from app.views.layouts import column, emptied, holding, row, rule
from app.views.person_words import BETWEEN, identity_of, name_of
from app.views.translated import TranslatedWidget
from hipdesk.records import Contrast, Patient, Plane
from hipdesk.series_choice import NOT_SENSITIVE
from hipdesk.wording import CONTRAST_WORDS

WIDEST: Final = 160 * SPACE
COLUMNS: Final = 6
ACTION_WIDTH: Final = 18 * SPACE

SAYABLE: Final = (
    Contrast.STIR,
    Contrast.T2_FS,
    Contrast.PD_FS,
    Contrast.DIXON_WATER,
    Contrast.OTHER,
)
"""What a reader may say that a series is weighted for; the last, that it shows no fluid."""


class FoundPage(TranslatedWidget):
    """A folder's series in a table, the chosen one first to be read."""

    closed = Signal()
    wanted = Signal(str)
    weighed = Signal(str, object)
    spelt = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._found: FoundStudy | None = None
        self._actions: dict[str, QPushButton] = {}
        self._stale = False
        self._charset = CharsetButton()
        self._charset.chosen.connect(self.spelt)
        self._back = QPushButton()
        self._back.setIcon(icon("arrow-left"))
        self._back.setIconSize(QSize(*BESIDE_WORDS))
        set_role(self._back, "quiet")
        self._back.clicked.connect(self.closed)
        self._title = ElidedLabel(kind="title")
        self._who = ElidedLabel(kind="muted", mode=Qt.TextElideMode.ElideRight)
        self._inner: QVBoxLayout = column(gap=2, margin=0)
        content = holding(self._inner)
        content.setMaximumWidth(WIDEST)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        scroll.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        head = row(self._back, column(self._title, self._who, gap=0), self._charset, gap=2)
        head.setStretch(1, 1)
        self.setLayout(column(head, scroll, gap=2, margin=2))

    def show_found(self, found: FoundStudy) -> None:
        """Show another folder, or more of it; under a pressed button nothing moves meanwhile."""
        pressed = any(each.isDown() for each in self._actions.values())
        if found == self._found or (found.searching and pressed):
            return
        if found.searching and self._found is not None and not self.isVisible():
            self._found, self._stale = found, True
            return
        focused = next((uid for uid, each in self._actions.items() if each.hasFocus()), None)
        self._found = found
        self.retranslate()
        if focused in self._actions:
            self._actions[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        found = self._found
        self._back.setText(self.tr("Patients"))
        self._back.setAccessibleName(self.tr("Back to the patients"))
        emptied(self._inner)
        self._actions = {}
        self._stale = False
        self._charset.show_found(found)
        if found is None:
            return
        self._title.show_words(found.name)
        self._who.show_words(self._who_words(found))
        self._inner.addWidget(self._reason(found))
        if found.rows:
            self._inner.addWidget(self._table(found.rows))
        if found.skipped:
            self._inner.addLayout(self._skipped(found))
        self._inner.addStretch(1)

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out what came while nobody looked."""
        if self._stale:
            self.retranslate()
        super().showEvent(event)

    def _who_words(self, found: FoundStudy) -> str:
        if found.patient is None:
            if found.people > 1:
                words = self.tr("Images of {n} patients")
                return words.format(n=found.people)
            return self.tr("No series of images was found")
        parts = [name_of(found.patient), identity_of(found.patient)]
        if found.day is not None and len(_studies(found.rows)) <= 1:
            parts.append(self.tr("study {day}").format(day=found.day.isoformat()))
        return BETWEEN.join(parts)

    def _reason(self, found: FoundStudy) -> QFrame:
        chosen = any(each.chosen for each in found.rows)
        calm = chosen or found.searching
        frame = QFrame()
        set_role(frame, "ground", "note" if calm else "caution")
        sign = IconLabel(
            "magnify" if found.searching else _sign(chosen), 20, "link" if calm else "caution"
        )
        seconds = self.tr("read in {s} s").format(s=f"{found.seconds:.1f}")
        said = column(*(label(each, wrap=True) for each in self._sentences(found)), gap=0.5)
        across = row(sign, said, label("" if found.searching else seconds, "small"))
        across.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        across.setStretch(1, 1)
        frame.setLayout(across)
        return frame

    def _sentences(self, found: FoundStudy) -> list[str]:
        """What is to be said of the whole folder."""
        words = [core_words(each) for each in (found.several, found.reason) if each]
        if found.searching:
            words.append(
                self.tr(
                    "Still looking for images. Of the series found so far, those that can be "
                    "analysed are listed: you can choose now, else the program does at the end."
                )
            )
        if found.doubtful:
            words.append(self._doubt())
        return words

    def _doubt(self) -> str:
        """That names look garbled, with the way to mend it where there is one."""
        if not self._charset.isVisibleTo(self):
            return self.tr("Names or descriptions look garbled.")
        return self.tr(
            "Names look garbled. “{button}”, above at the right, shows how the patient's name "
            "reads in other character sets."
        ).format(button=self._charset.text())

    def _table(self, rows: tuple[SeriesRow, ...]) -> QFrame:
        frame = QFrame()
        set_role(frame, "card")
        grid = QGridLayout()
        grid.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(SPACE)
        titles = (
            self.tr("Series"),
            self.tr("Plane"),
            self.tr("Contrast"),
            self.tr("Slices"),
            self.tr("Spacing, mm"),
        )
        for at, title in enumerate(titles):
            grid.addWidget(label(title, "small"), 0, at, _align(at))
        studies = _studies(rows)
        for (patient, day), own in studies.items():
            whose = self._study_words(patient, day) if len(studies) > 1 else ()
            if whose:
                self._head(grid, whose)
            for each in own:
                self._fill(grid, each, rows, BETWEEN.join(whose))
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(COLUMNS - 1, ACTION_WIDTH)
        frame.setLayout(grid)
        return frame

    def _study_words(self, patient: Patient, day: date | None) -> tuple[str, str, str]:
        when = self.tr("study without a date")
        if day is not None:
            when = self.tr("study {day}").format(day=day.isoformat())
        return name_of(patient), identity_of(patient), when

    def _head(self, grid: QGridLayout, whose: tuple[str, ...]) -> None:
        """Whose series follow, and of which study."""
        line = grid.rowCount()
        name, *facts = whose
        who = column(
            label(name, "section", wrap=True),
            label(BETWEEN.join(facts), wrap=True),
            gap=0,
        )
        who.setContentsMargins(0, 2 * SPACE, 0, 0)
        grid.addWidget(rule(), line, 0, 1, COLUMNS)
        grid.addLayout(who, line + 1, 0, 1, COLUMNS)

    def _fill(
        self, grid: QGridLayout, each: SeriesRow, rows: tuple[SeriesRow, ...], whose: str
    ) -> None:
        line = grid.rowCount()
        grid.addWidget(rule(), line, 0, 1, COLUMNS)
        grid.addLayout(self._series(each), line + 1, 0)
        slices, rows_mm, columns_mm = each.spacing_mm
        spacing = (f"{rows_mm:.2f}", f"{columns_mm:.2f}", f"{slices:.1f}")
        facts = (
            label(self._plane(each.plane)),
            self._contrast(each),
            label(str(each.slices)),
            label(" \N{MULTIPLICATION SIGN} ".join(spacing)),
        )
        for at, fact in enumerate(facts, start=1):
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(fact, line + 1, at, _align(at) | top)
        action = self._action(each, rows, whose)
        if action is not None:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            grid.addWidget(action, line + 1, COLUMNS - 1, right)

    def _contrast(self, each: SeriesRow) -> QWidget:
        """What a series is weighted for; a menu where that makes a difference."""
        words = core_words(CONTRAST_WORDS[each.contrast])
        searching = self._found is not None and self._found.searching
        if searching or not (each.chosen or each.usable or each.forced):
            return label(words)
        button = QPushButton(words)
        set_role(button, "compact")
        set_role(button, "menu")
        name = each.description or self.tr("Series without a description")
        button.setAccessibleName(
            self.tr("Contrast of {name}: {words}").format(name=name, words=words)
        )
        button.setToolTip(self.tr("Say what the series is weighted for"))
        menu = QMenu(button)
        for contrast in SAYABLE:
            menu.addAction(self._saying(contrast), partial(self._weigh, each.uid, contrast))
        button.setMenu(menu)
        return button

    def _saying(self, contrast: Contrast) -> str:
        if contrast.fluid_sensitive:
            return core_words(CONTRAST_WORDS[contrast])
        return core_words(NOT_SENSITIVE)

    def _weigh(self, uid: str, contrast: Contrast) -> None:
        self.weighed.emit(uid, contrast)

    def _series(self, each: SeriesRow) -> QVBoxLayout:
        number = label("" if each.number is None else str(each.number), "muted")
        number.setMinimumWidth(2 * SPACE)
        name = each.description or self.tr("Series without a description")
        title = row(number, ElidedLabel(name, "strong"))
        if each.chosen:
            title.addWidget(chip(self.tr("Chosen"), "note"))
        if each.said:
            title.addWidget(chip(self.tr("Contrast by a reader"), "caution"))
        title.addStretch(1)
        reasons = " ".join(core_words(reason) for reason in each.reasons)
        return column(title, label(reasons, "small", wrap=True), gap=0.5)

    def _action(self, each: SeriesRow, rows: tuple[SeriesRow, ...], whose: str) -> QWidget | None:
        chosen = [other.uid for other in rows if other.chosen]
        if each.chosen and each.uid != chosen[0]:
            return label(self.tr("together with the other"), "small")
        if not (each.chosen or each.usable or each.forced):
            return None
        button = QPushButton(self._action_words(each, len(chosen)))
        button.setMinimumWidth(ACTION_WIDTH)
        name = each.description or self.tr("Series without a description")
        of = f", {whose}" if whose else ""
        button.setAccessibleName(f"{button.text()}: {name}{of}")
        button.setAutoDefault(True)
        make_primary(button, each.chosen)
        button.clicked.connect(lambda: self.wanted.emit(each.uid))
        self._actions[each.uid] = button
        return button

    def _action_words(self, each: SeriesRow, chosen: int) -> str:
        if each.chosen:
            return self.tr("Analyse") if chosen == 1 else self.tr("Analyse both")
        if each.usable:
            return self.tr("Analyse this one")
        return self.tr("Heads only")

    def _plane(self, plane: Plane) -> str:
        words = {
            Plane.CORONAL: self.tr("coronal"),
            Plane.SAGITTAL: self.tr("sagittal"),
            Plane.AXIAL: self.tr("axial"),
            Plane.OBLIQUE: self.tr("oblique"),
            Plane.MIXED: self.tr("mixed"),
        }
        return words[plane]

    def _skipped(self, found: FoundStudy) -> QVBoxLayout:
        total = sum(found.skipped.values())
        words = self.tr("1 file left out") if total == 1 else self.tr("{n} files left out")
        lines = column(label(words.format(n=total), "section"), gap=0.5)
        for reason, count in sorted(found.skipped.items(), key=lambda each: -each[1]):
            many = label(str(count), "muted")
            many.setMinimumWidth(5 * SPACE)
            many.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            line = row(many, label(core_words(reason), "muted", wrap=True), gap=2)
            line.setStretch(1, 1)
            lines.addLayout(line)
        return lines


def _sign(chosen: bool) -> str:
    return "check-circle-outline" if chosen else "alert-outline"


def _studies(
    rows: tuple[SeriesRow, ...],
) -> dict[tuple[Patient, date | None], list[SeriesRow]]:
    """The series of each patient's each day, in the order in which they come."""
    studies: dict[tuple[Patient, date | None], list[SeriesRow]] = {}
    for each in rows:
        studies.setdefault((each.patient, each.day), []).append(each)
    return studies


def _align(at: int) -> Qt.AlignmentFlag:
    """Numbers to the right, words to the left."""
    return Qt.AlignmentFlag.AlignRight if at in {3, 4} else Qt.AlignmentFlag.AlignLeft

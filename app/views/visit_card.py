"""One visit of the library as a card."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDate, QEvent, Qt, Signal
from PySide6.QtWidgets import QDateEdit, QFrame, QGridLayout, QHBoxLayout, QPushButton, QWidget

from app.state import VisitRow
from app.theme import SPACE, make_primary, set_role
from app.views.hip_words import score_words, side_name, standing_chip
from app.views.labels import ElidedLabel, chip, core_words, label
from app.views.layouts import STRETCH, column, emptied, holding, row
from app.views.person_words import BETWEEN
from app.views.pictures import Thumbnail
from hipdesk.records import Side
from hipdesk.wording import CONTRAST_WORDS

PICTURE_PX = 12 * SPACE
SIDE_WIDTH = 6 * SPACE


CardFacts = tuple[tuple[object, ...], bool]
"""All that a card shows, and whether its button is the primary one."""


def facts_of(visit: VisitRow) -> tuple[object, ...]:
    """All that a card shows, to be compared."""
    hips = tuple(
        (hip.side, hip.analysis_uid, hip.score.u_intensity, hip.score.n_counted, hip.score.reason)
        for hip in visit.visit.hips
    )
    analyses = tuple(
        (each.uid, tuple(each.verdicts.items()), each.signed) for each in visit.analyses
    )
    seen = visit.visit
    return seen.uid, seen.day, visit.descriptions, visit.on_screen, hips, analyses


class VisitCard(QFrame):
    """Picture, date, what was examined, a line per hip, and the way in.

    Parameters
    ----------
    primary : its button is the one that the page is about

    Attributes
    ----------
    facts : all that it shows
    """

    opened = Signal(str)
    dated = Signal(str, object)
    clinicalAsked = Signal(str)

    def __init__(self, visit: VisitRow, primary: bool) -> None:
        super().__init__()
        self.facts: CardFacts = facts_of(visit), primary
        self._visit = visit
        self._primary = primary
        set_role(self, "card")
        set_role(self, "current", visit.on_screen)
        self._words = column(gap=0.5)
        self._buttons = column()
        picture = column(Thumbnail(_picture(visit), PICTURE_PX), STRETCH, gap=0)
        across = row(picture, gap=2, margin=2)
        across.addLayout(self._words, 1)
        across.addLayout(self._buttons)
        self.setLayout(across)
        self.retranslate()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        emptied(self._words)
        emptied(self._buttons)
        self._words.addLayout(self._title())
        self._words.addWidget(ElidedLabel(self._descriptions(), mode=Qt.TextElideMode.ElideRight))
        self._words.addWidget(ElidedLabel(self._series(), kind="small"))
        self._words.addSpacing(SPACE // 2)
        self._words.addLayout(self._hips())
        if self._visit.visit.day is None:
            self._words.addSpacing(SPACE // 2)
            self._words.addWidget(self._date_line())
        self._words.addStretch(1)
        self._buttons.addWidget(self._open_button())
        self._buttons.addWidget(self._clinical_button())
        self._buttons.addStretch(1)
        self.setAccessibleName(self._name())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _name(self) -> str:
        day = self._visit.visit.day
        return day.isoformat() if day is not None else self.tr("No date")

    def _title(self) -> QHBoxLayout:
        title = row(label(self._name(), "title"))
        if self._visit.visit.day is None:
            title.addWidget(chip(self.tr("Date missing"), "caution"))
        if self._visit.on_screen:
            title.addWidget(chip(self.tr("On screen"), "note"))
        title.addStretch(1)
        return title

    def _descriptions(self) -> str:
        words = [each for each in self._visit.descriptions if each]
        return ", ".join(words) or self.tr("Study without a description")

    def _series(self) -> str:
        if not self._visit.analyses:
            return self.tr("Nothing analysed yet")
        newest = self._visit.analyses[0]
        slices = self.tr("{n} slices").format(n=newest.slices)
        contrast = core_words(CONTRAST_WORDS[newest.contrast])
        parts = [contrast, slices, newest.description]
        if len(self._visit.analyses) > 1:
            parts.append(self.tr("{n} analyses").format(n=len(self._visit.analyses)))
        return BETWEEN.join(part for part in parts if part)

    def _hips(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        for at, side in enumerate(Side):
            name = label(side_name(side), "muted")
            name.setFixedWidth(SIDE_WIDTH)
            grid.addWidget(name, at, 0)
            grid.addWidget(label(score_words(self._visit, side)), at, 1)
            standing = standing_chip(self._visit, side)
            if standing is not None:
                grid.addWidget(standing, at, 2)
        grid.setColumnMinimumWidth(1, 20 * SPACE)
        grid.setColumnStretch(3, 1)
        return grid

    def _open_button(self) -> QPushButton:
        button = QPushButton(self.tr("Open"))
        button.setAccessibleName(self.tr("Open the visit: {day}").format(day=self._name()))
        button.setAutoDefault(True)
        make_primary(button, self._primary)
        button.clicked.connect(lambda: self.opened.emit(self._visit.visit.uid))
        return button

    def _clinical_button(self) -> QPushButton:
        button = QPushButton(self.tr("Clinical..."))
        button.setToolTip(self.tr("Questionnaires, laboratory, treatments and HIMRISS"))
        words = self.tr("Clinical record of the visit: {day}").format(day=self._name())
        button.setAccessibleName(words)
        button.setAutoDefault(True)
        button.clicked.connect(lambda: self.clinicalAsked.emit(self._visit.visit.uid))
        return button

    def _date_line(self) -> QWidget:
        line = DateLine()
        line.given.connect(lambda day: self.dated.emit(self._visit.visit.uid, day))
        return line


class DateLine(QWidget):
    """Gives a visit the date that its study lacks: a button that becomes a field."""

    given = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        why = self.tr("Without a date it stays out of the trend.")
        self._ask = QPushButton(self.tr("Give the date..."))
        self._ask.clicked.connect(self._edit)
        self._field = QDateEdit(QDate.currentDate())
        self._field.setDisplayFormat("yyyy-MM-dd")
        self._field.setCalendarPopup(True)
        self._field.setMaximumDate(QDate.currentDate())
        self._field.setMinimumWidth(16 * SPACE)
        self._field.setAccessibleName(self.tr("Date of the visit"))
        keep = QPushButton(self.tr("Keep this date"))
        keep.clicked.connect(self._keep)
        leave = QPushButton(self.tr("Cancel"))
        set_role(leave, "quiet")
        leave.clicked.connect(self._leave)
        asking = row(self._ask, label(why, "small"), STRETCH)
        self._asking = holding(asking)
        self._editing = holding(row(self._field, keep, leave, STRETCH))
        self._editing.hide()
        self.setLayout(column(self._asking, self._editing, gap=0))

    def _edit(self) -> None:
        self._asking.hide()
        self._editing.show()
        self._field.setFocus()

    def _leave(self) -> None:
        self._editing.hide()
        self._asking.show()
        self._ask.setFocus()

    def _keep(self) -> None:
        day = self._field.date()
        self.given.emit(date(day.year(), day.month(), day.day()))


def _picture(visit: VisitRow) -> NDArray[np.uint8] | None:
    pictures = (each.thumbnail for each in visit.analyses)
    return next((each for each in pictures if each is not None), None)

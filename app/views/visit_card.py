"""One visit of the library as a card."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDate, QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QDateEdit,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.state import VisitRow
from app.theme import SPACE, icon, make_primary, set_role
from app.views.hip_words import score_words, side_name, standing_chip
from app.views.labels import ElidedLabel, chip, core_words, label, plain_tip
from app.views.layouts import STRETCH, column, emptied, holding, row
from app.views.person_words import BETWEEN, identity_of, name_of
from app.views.pictures import Thumbnail
from app.views.regroup_menu import fill_visit_menu
from hipdesk.records import Patient, Side
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
        (each.uid, tuple(each.verdicts.items()), each.signed, each.unfinished)
        for each in visit.analyses
    )
    seen = visit.visit
    said = (visit.descriptions, visit.on_screen, visit.dated_by, visit.stated)
    return seen.uid, seen.day, seen.time, *said, hips, analyses


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
    wished = Signal(object, str)
    """A `Wish`, and the visit."""
    asideAsked = Signal()

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
        if any(each.unfinished for each in self._visit.analyses):
            self._words.addSpacing(SPACE // 2)
            self._words.addLayout(row(self._unfinished_chip(), STRETCH))
        if self._visit.stated is not None:
            self._words.addWidget(self._stated_line(self._visit.stated))
        if self._visit.visit.day is None or self._visit.dated_by is not None:
            self._words.addSpacing(SPACE // 2)
            self._words.addWidget(self._date_line())
        self._words.addStretch(1)
        self._buttons.addWidget(self._open_button())
        self._buttons.addWidget(self._clinical_button())
        self._buttons.addWidget(self._more_button(), 0, Qt.AlignmentFlag.AlignRight)
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
        if self._visit.dated_by is not None:
            title.addWidget(self._entered_chip(self._visit.dated_by))
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

    def _entered_chip(self, reader: str) -> QLabel:
        """That a reader gave the day, and who."""
        made = chip(self.tr("Date entered"), "note")
        said = self.tr("Entered by {name}; the images state no date.")
        made.setToolTip(plain_tip(said.format(name=reader or "\N{EN DASH}")))
        return made

    def _unfinished_chip(self) -> QLabel:
        """That something was painted which counts nowhere yet."""
        made = chip(self.tr("Brush strokes not finished"), "caution")
        said = self.tr("They are part of no result. Open the visit to finish or discard them.")
        made.setToolTip(plain_tip(said))
        return made

    def _stated_line(self, stated: Patient) -> QLabel:
        """Whom the images name, where a reader gave the visit to this patient."""
        who = f"{name_of(stated)} ({identity_of(stated)})"
        made = label(self.tr("Its images name {who}").format(who=who), "small", wrap=True)
        set_role(made, "tone", "caution")
        return made

    def _more_button(self) -> QToolButton:
        """What else can be done to the visit."""
        button = QToolButton()
        set_role(button, "quiet")
        button.setIcon(icon("dots-horizontal"))
        words = self.tr("More: {day}").format(day=self._name())
        button.setAccessibleName(words)
        button.setToolTip(self.tr("Move, split off, pair, put aside"))
        button.clicked.connect(lambda: self._pop_up(button.mapToGlobal(button.rect().bottomLeft())))
        return button

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What else can be done to the visit; by the menu's key, too."""
        self._pop_up(event.globalPos())

    def _pop_up(self, at: QPoint) -> None:
        self.menu().popup(at)

    def menu(self) -> QMenu:
        """What can be done to the visit beside opening it."""
        uid, menu = self._visit.visit.uid, QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_visit_menu(
            menu,
            self._visit,
            lambda wish: self.wished.emit(wish, uid),
            self.asideAsked.emit,
        )
        return menu

    def _date_line(self) -> QWidget:
        line = DateLine(self._visit.visit.day)
        line.given.connect(lambda day: self.dated.emit(self._visit.visit.uid, day))
        return line


class DateLine(QWidget):
    """Gives a visit the date that its study lacks: a button that becomes a field.

    Parameters
    ----------
    day : that a reader gave already
    """

    given = Signal(object)

    def __init__(self, day: date | None = None) -> None:
        super().__init__()
        why = self.tr("Without a date it stays out of the trend.") if day is None else ""
        ask = self.tr("Give the date...") if day is None else self.tr("Correct the date...")
        self._ask = QPushButton(ask)
        self._ask.clicked.connect(self._edit)
        known = QDate.currentDate() if day is None else QDate(day.year, day.month, day.day)
        self._field = QDateEdit(known)
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

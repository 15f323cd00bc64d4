"""The page beside the window of what was put aside and regrouped, with the way back of each."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QScrollArea, QWidget

from app.regroup_state import AsideShown
from app.theme import SPACE
from app.views.labels import core_words, label
from app.views.layouts import STRETCH, column, emptied, holding, row, rule
from app.views.person_words import BETWEEN, identity_of, name_of
from app.views.regroup_words import kind_words
from hipdesk.ports import AsideEntry, Regrouping, RegroupKind
from hipdesk.wording import day_of

if TYPE_CHECKING:
    from app.views.protocols import AsideGestures

SIZE: Final = (104, 76)
ARROW: Final = " \N{RIGHTWARDS ARROW} "


class AsidePage(QDialog):
    """A window beside the main one; it never blocks that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: AsideGestures | None = None
        self._shown: AsideShown | None = None
        self.setModal(False)
        self.resize(SIZE[0] * SPACE, SIZE[1] * SPACE)
        self._list = column(gap=1.5)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setWidget(holding(column(self._list, STRETCH, margin=3)))
        self.away = QPushButton()
        self.away.clicked.connect(self.close)
        below = row(STRETCH, self.away, margin=2)
        self.setLayout(column(scroll, rule(), below, gap=0))
        self.retranslate()

    # What controllers ask for

    def listen(self, gestures: AsideGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_aside(self, shown: AsideShown | None) -> None:
        """Bring the page to the front; None puts it away."""
        self._shown = shown
        if shown is None:
            self.hide()
            return
        self._say()
        if not self.isVisible():
            self.show()
            self.raise_()
            self.activateWindow()

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setWindowTitle(self.tr("Put aside and regrouped"))
        self.away.setText(self.tr("Close"))
        self._say()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _say(self) -> None:
        emptied(self._list)
        if self._shown is None:
            return
        self._list.addWidget(label(self.tr("Put aside"), "section"))
        if not self._shown.aside:
            self._list.addWidget(label(self.tr("Nothing is put aside."), "muted"))
        for _, entries in groupby(self._shown.aside, lambda each: each.patient_uid):
            self._add_patient(list(entries))
        self._list.addWidget(rule())
        self._list.addWidget(label(self.tr("Merged, split off and moved"), "section"))
        if not self._shown.regrouped:
            self._list.addWidget(label(self.tr("Nothing was regrouped."), "muted"))
        for each in self._shown.regrouped:
            self._list.addLayout(self._regrouped(each))

    def _add_patient(self, entries: list[AsideEntry]) -> None:
        """Visits of one patient that were put aside one after the other."""
        first = entries[0]
        head = row(_words(name_of(first.patient), identity_of(first.patient)), gap=2)
        head.setStretch(0, 1)
        if len(entries) > 1:
            uids = tuple(each.visit_uid for each in entries)
            head.addWidget(self._back(self.tr("Bring all back"), uids, name_of(first.patient)))
        self._list.addLayout(head)
        for each in entries:
            self._list.addLayout(self._visit(each))

    def _visit(self, entry: AsideEntry) -> QHBoxLayout:
        day = self.tr("No date") if entry.day is None else day_of(entry.day)
        said = self._who(entry.reader, entry.at_utc, entry.reason)
        line = row(_words(day, said), gap=2)
        line.setStretch(0, 1)
        line.setContentsMargins(2 * SPACE, 0, 0, 0)
        line.addWidget(self._back(self.tr("Bring back"), (entry.visit_uid,), day))
        return line

    def _regrouped(self, deed: Regrouping) -> QHBoxLayout:
        people = dict.fromkeys((deed.before, deed.into))
        names = ARROW.join(f"{name_of(who)} ({identity_of(who)})" for who in people)
        arrow = ARROW if deed.kind is RegroupKind.STUDY_MOVED else ", "
        days = arrow.join(self.tr("no date") if day is None else day_of(day) for day in deed.days)
        words = column(
            label(f"{kind_words(deed.kind, len(deed.things))}{BETWEEN}{days}", "strong", wrap=True),
            label(names, wrap=True),
            label(self._who(deed.reader, deed.at_utc, deed.reason), "small", wrap=True),
            gap=0,
        )
        line = row(holding(words), gap=2)
        line.setStretch(0, 1)
        line.addWidget(self._take_back(deed))
        return line

    def _take_back(self, deed: Regrouping) -> QPushButton:
        button = QPushButton(self.tr("Take back"))
        button.setAutoDefault(False)
        button.setEnabled(deed.standing)
        if not deed.standing:
            button.setToolTip(
                self.tr("Regrouped again since: take that back first, it stands further up.")
            )
        button.setAccessibleName(f"{button.text()}: {kind_words(deed.kind, len(deed.things))}")
        button.clicked.connect(lambda: self._tell("take_back", deed.number))
        return button

    def _back(self, words: str, visits: tuple[str, ...], what: str) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.setAccessibleName(f"{words}: {what}")
        button.clicked.connect(lambda: self._tell("bring_back", visits))
        return button

    def _who(self, reader: str, at: datetime, reason: str) -> str:
        """Who did it, when, and why."""
        day = f"{at.astimezone():%Y-%m-%d %H:%M}"
        said = self.tr("{name} on {day}").format(name=reader or "\N{EN DASH}", day=day)
        if not reason:
            return said
        return self.tr("{who}: {reason}").format(who=said, reason=core_words(reason))

    # Hands

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None:
            getattr(self._gestures, gesture)(*facts)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that the page went away."""
        super().hideEvent(event)
        if self._shown is not None and not event.spontaneous():
            self._shown = None
            self._tell("leave")


def _words(first: str, second: str) -> QWidget:
    return holding(column(label(first, wrap=True), label(second, "small", wrap=True), gap=0))

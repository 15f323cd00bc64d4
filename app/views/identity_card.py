"""A patient in full beside another one: every form of the name, number, birth date, sex, visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QFrame,
    QRadioButton,
    QScrollArea,
    QWidget,
)

from app.regroup_state import Line
from app.theme import SPACE, set_role
from app.views.labels import ElidedLabel, chip, label
from app.views.layouts import STRETCH, column, emptied, holding, row
from app.views.person_words import identity_of, name_of
from app.views.regroup_words import about, facts_of, moment_of
from hipdesk.records import Patient

INDENT: Final = 3
SHORTEST: Final = 12 * SPACE


class IdentityCard(QFrame):
    """Who it is; what differs from the other one is marked.

    Parameters
    ----------
    one : of the lines one is chosen; else any number is picked
    """

    picked = Signal(str, bool)

    def __init__(self, one: bool = False) -> None:
        super().__init__()
        self._one = one
        set_role(self, "card")
        self._caption = label(kind="section")
        self._facts = column(gap=0.5)
        self._head = label(kind="small")
        self._lines = column(gap=0.5)
        # All of it scrolls: a name must never be squeezed.
        inner = column(self._facts, self._head, self._lines, STRETCH)
        scroll = QScrollArea()
        scroll.setMinimumHeight(SHORTEST)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holding(inner))
        self.below = column(gap=1)
        whole = column(self._caption, scroll, self.below, gap=1, margin=2)
        whole.setStretchFactor(scroll, 1)
        self.setLayout(whole)
        self.buttons: dict[str, QAbstractButton] = {}

    def show_words(self, caption: str, head: str) -> None:
        """Name the card and its list."""
        self._caption.setText(caption)
        self._head.setText(head)
        self.setAccessibleName(caption)

    def show_patient(self, patient: Patient, beside: Patient | None) -> None:
        """Whom it shows, and beside whom."""
        emptied(self._facts)
        for name in name_of(patient).split(" / "):
            self._facts.addWidget(label(name, "title", wrap=True))
        other = {} if beside is None else dict(facts_of(beside))
        unlike = () if beside is None else patient.unlike(beside)
        for field, words in facts_of(patient):
            line = row(label(words, wrap=True), gap=1)
            line.setStretch(0, 1)
            if field in unlike:
                line.addWidget(chip(self.tr("differs"), "danger"))
            elif other and other[field] != words:
                line.addWidget(chip(self.tr("not the same"), "caution"))
            self._facts.addLayout(line)

    def show_lines(
        self, lines: Sequence[Line], picked: frozenset[str], pickable: Sequence[str]
    ) -> None:
        """Visits, studies or analyses; of some it can be said that they are meant."""
        emptied(self._lines)
        self.buttons = {}
        for line in lines:
            self._add(line, line.uid in picked, line.uid in pickable)

    def _add(self, line: Line, picked: bool, pickable: bool) -> None:
        when, what = moment_of(line), ElidedLabel(about(line), "muted")
        first: QWidget = label(when, "strong" if picked else "")
        if pickable:
            first = self._button(line.uid, when, picked)
            first.setAccessibleName(f"{when}, {about(line)}")
        across = row(first, what, gap=1)
        across.setStretchFactor(what, 1)
        self._lines.addLayout(across)
        if line.stated is not None:
            said = self.tr("Its images name {who}").format(
                who=f"{name_of(line.stated)} ({identity_of(line.stated)})"
            )
            stated = label(said, "small", wrap=True)
            set_role(stated, "tone", "caution")
            stated.setContentsMargins(INDENT * SPACE, 0, 0, 0)
            self._lines.addWidget(stated)

    def _button(self, uid: str, words: str, picked: bool) -> QAbstractButton:
        made: QAbstractButton = QRadioButton(words) if self._one else QCheckBox(words)
        made.setChecked(picked)
        made.clicked.connect(lambda checked: self.picked.emit(uid, checked))
        self.buttons[uid] = made
        return made

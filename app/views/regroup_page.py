"""The page before the window on which patients, visits and studies are regrouped.

Both identities stand side by side. Cancel is what Enter does; where birth date or
sex differ, the other button needs a reason and a mark that both were looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFrame,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.regroup_state import OF_ITS_OWN, RegroupShown, Wish
from app.theme import SPACE, set_role
from app.views.identity_card import IdentityCard
from app.views.labels import label
from app.views.layouts import STRETCH, column, holding, row, rule
from app.views.library_view import PAUSE_MS, SearchField
from app.views.note_row import LONGEST
from app.views.patient_list import PatientList
from app.views.regroup_words import deed_of, outcome_of, title_of, warning_of

if TYPE_CHECKING:
    from app.views.protocols import RegroupGestures

SIZE: Final = (124, 82)

_PICKED_BY_VISIT: Final = (Wish.SPLIT, Wish.ASIDE)
"""Wishes for which visits of the patient are picked."""


class RegroupPage(QDialog):
    """What is wished, what it does, the reason, and the way out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: RegroupGestures | None = None
        self._shown: RegroupShown | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.resize(SIZE[0] * SPACE, SIZE[1] * SPACE)
        self._build()
        self._connect()
        self.retranslate()

    # What controllers ask for

    def listen(self, gestures: RegroupGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_plan(self, shown: RegroupShown | None) -> None:
        """Bring the page to the front; None puts it away."""
        before, self._shown = self._shown, shown
        if shown is None:
            self.hide()
            return
        if before is None or (before.wish, before.here.uid) != (shown.wish, shown.here.uid):
            self.reason.clear()
            self.sure.setChecked(False)
            self._field.clear()
            self._pause.stop()
        if before is None or before.unlike != shown.unlike or before.other != shown.other:
            self.sure.setChecked(False)
        self._say()
        if not self.isVisible():
            self.show()
            self.raise_()
            self.activateWindow()
            self.away.setFocus()

    # How it is built

    def _build(self) -> None:
        self._title = label(kind="title", wrap=True)
        self.here, self.other, self.fresh = IdentityCard(), IdentityCard(), IdentityCard()
        self.studies, self.targets = IdentityCard(one=True), IdentityCard(one=True)
        self._left, self._right = QStackedWidget(), QStackedWidget()
        for card in (self.here, self.studies):
            self._left.addWidget(card)
        for part in (self._chooser(), self.other, self.fresh, self.targets):
            self._right.addWidget(part)
        self._kept = QButtonGroup(self)
        self.stays, self.keeps = QRadioButton(), QRadioButton()
        for button in (self.stays, self.keeps):
            self._kept.addButton(button)
        self.again = QPushButton()
        self.here.below.addWidget(self.stays)
        self.other.below.addLayout(row(self.keeps, STRETCH, self.again))
        self._warned = QFrame()
        set_role(self._warned, "ground", "danger")
        self._warning = label(kind="strong", wrap=True)
        self.sure = QCheckBox()
        self._warned.setLayout(column(self._warning, self.sure, gap=1, margin=1.5))
        self._outcome = label(wrap=True)
        self._why = label()
        self.reason = QLineEdit()
        self.reason.setMaxLength(LONGEST)
        asked = row(self._why, self.reason)
        asked.setStretchFactor(self.reason, 1)
        self._asked = holding(asked)
        self.deed, self.away = QPushButton(), QPushButton()
        self.away.setDefault(True)
        self.setLayout(self._whole())

    def _chooser(self) -> QWidget:
        self.list = PatientList()
        self._field = SearchField(self.list)
        self._caption = label(kind="section")
        self._hint = label(kind="small", wrap=True)
        made = QFrame()
        set_role(made, "card")
        inside = column(self._caption, self._field, self._hint, self.list, margin=2)
        inside.setStretchFactor(self.list, 1)
        made.setLayout(inside)
        return made

    def _whole(self) -> QVBoxLayout:
        pair = row(self._left, self._right, gap=2)
        for side in (self._left, self._right):
            side.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            pair.setStretchFactor(side, 1)
        content = column(
            self._title, pair, self._warned, self._outcome, self._asked, gap=1.5, margin=2
        )
        content.setStretchFactor(pair, 1)
        buttons = row(STRETCH, self.deed, self.away, margin=2)
        whole = column(content, rule(), buttons, gap=0)
        whole.setStretchFactor(content, 1)
        return whole

    def _connect(self) -> None:
        self.away.clicked.connect(self.close)
        self.deed.clicked.connect(self._confirm)
        self.again.clicked.connect(lambda: self._tell("choose_again"))
        self.list.picked.connect(lambda uid: self._tell("choose_other", uid))
        self._field.textChanged.connect(lambda _words: self._pause.start())
        self._pause.timeout.connect(lambda: self._tell("search", self._field.text().strip()))
        self.reason.textChanged.connect(lambda _words: self._allow())
        self.sure.clicked.connect(lambda _on: self._allow())
        self.stays.clicked.connect(lambda _on: self._tell("turn", True))
        self.keeps.clicked.connect(lambda _on: self._tell("turn", False))
        for card in (self.here, self.studies):
            card.picked.connect(lambda uid, on: self._tell("pick", uid, on))
        self.targets.picked.connect(lambda uid, _on: self._tell("choose_target", uid))

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._field.setPlaceholderText(self.tr("Name, ID, accession"))
        self._field.setAccessibleName(self.tr("Search patients"))
        self._field.name_cross(self.tr("Clear the search"))
        self.list.setAccessibleName(self.tr("Patients"))
        self._caption.setText(self.tr("The other patient"))
        self._hint.setText(self.tr("Those who may be the same person come first."))
        self.again.setText(self.tr("Somebody else..."))
        for button in (self.stays, self.keeps):
            button.setText(self.tr("Keep this name and number"))
        self.sure.setText(self.tr("I have looked at both: this is one person"))
        self.away.setText(self.tr("Cancel"))
        if self._shown is not None:
            self._say()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _say(self) -> None:
        """Write everything that follows of the plan."""
        shown = self._shown
        if shown is None:
            return
        self.setWindowTitle(title_of(shown))
        self._title.setText(title_of(shown))
        self._say_left(shown)
        self._say_right(shown)
        self._warning.setText(warning_of(shown.unlike))
        self._warned.setVisible(bool(shown.unlike))
        self._outcome.setText(outcome_of(shown))
        self._why.setText(
            self.tr("Reason (required)") if shown.reasoned else self.tr("Reason (optional)")
        )
        self.reason.setAccessibleName(self._why.text())
        self._asked.setVisible(shown.wish is not Wish.REPEAT)
        self.deed.setText(deed_of(shown))
        self._allow()

    def _say_left(self, shown: RegroupShown) -> None:
        card = self.studies if shown.wish is Wish.STUDY else self.here
        self._left.setCurrentWidget(card)
        beside = shown.fresh if shown.other is None else shown.other.patient
        card.show_words(self.tr("This patient"), self._list_name(shown))
        card.show_patient(shown.here.patient, beside)
        lines = shown.lines or shown.here.visits
        free = shown.wish in (*_PICKED_BY_VISIT, Wish.STUDY, Wish.REPEAT)
        card.show_lines(lines, shown.picked, [each.uid for each in lines] if free else ())
        self.stays.setVisible(shown.wish is Wish.MERGE and shown.other is not None)
        self.stays.setChecked(shown.turned)
        self.keeps.setChecked(not shown.turned)

    def _list_name(self, shown: RegroupShown) -> str:
        match shown.wish:
            case Wish.STUDY:
                return self.tr("Studies of the visit")
            case Wish.REPEAT:
                return self.tr("Results of the visit, with the time of analysis")
            case _:
                return self.tr("Visits")

    def _say_right(self, shown: RegroupShown) -> None:
        self._right.setVisible(shown.wish not in (Wish.ASIDE, Wish.REPEAT))
        self.keeps.setVisible(shown.wish is Wish.MERGE)
        if shown.wish is Wish.SPLIT:
            self._say_fresh(shown)
        elif shown.wish is Wish.STUDY:
            self._say_targets(shown)
        elif shown.other is not None:
            self._right.setCurrentWidget(self.other)
            self.other.show_words(self.tr("The other patient"), self.tr("Visits"))
            self.other.show_patient(shown.other.patient, shown.here.patient)
            self.other.show_lines(shown.other.visits, frozenset(), ())
        else:
            self._right.setCurrentIndex(0)
            self.list.show_rows(shown.found, None)

    def _say_fresh(self, shown: RegroupShown) -> None:
        self._right.setCurrentWidget(self.fresh)
        lines = [each for each in shown.lines if each.uid in shown.picked]
        head = self.tr("Visits") if lines else self.tr("Mark visits on the left.")
        self.fresh.show_words(self.tr("A patient of their own"), head)
        self.fresh.setEnabled(bool(lines))
        self.fresh.show_patient(shown.fresh or shown.here.patient, shown.here.patient)
        self.fresh.show_lines(lines, frozenset(), ())

    def _say_targets(self, shown: RegroupShown) -> None:
        self._right.setCurrentWidget(self.targets)
        self.targets.show_words(self.tr("The other visit"), self.tr("Visits"))
        self.targets.show_patient(shown.here.patient, None)
        chosen = frozenset[str]() if shown.target is None else frozenset({shown.target})
        self.targets.show_lines(shown.targets, chosen, [each.uid for each in shown.targets])
        own = self.targets.buttons.get(OF_ITS_OWN)
        if own is not None:
            own.setText(self.tr("A visit of its own"))
            own.setAccessibleName(own.text())

    # Hands

    def _allow(self) -> None:
        """The deed is possible once everything is said that must be."""
        shown = self._shown
        if shown is None:
            return
        said = not shown.reasoned or bool(self.reason.text().strip())
        sure = not shown.unlike or self.sure.isChecked()
        self.deed.setEnabled(shown.ready and said and sure)

    def _confirm(self) -> None:
        self._tell("confirm", self.reason.text().strip(), self.sure.isChecked())

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None and self._shown is not None:
            getattr(self._gestures, gesture)(*facts)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field is no answer."""
        typing = isinstance(self.focusWidget(), QLineEdit)
        if typing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that the page went away; nothing is done."""
        super().hideEvent(event)
        if self._shown is not None and not event.spontaneous():
            self._tell("leave")
            self._shown = None

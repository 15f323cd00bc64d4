"""The page of a visit's clinical record: forms, and the indices that come of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.clinical_state import ClinicalShown, Figure
from app.theme import SPACE, make_primary, set_role
from app.views.clinical_fields import ClinicalFields, HipFields, PatientFields, words_of
from app.views.clinical_lists import ReadingTab, TreatmentTab
from app.views.clinical_words import index_name, meaning_words, value_words
from app.views.labels import ElidedLabel, core_sentence, label
from app.views.layouts import STRETCH, column, emptied, holding, row, rule
from app.views.person_words import BETWEEN, identity_of, name_of, visited
from app.views.segments import Segments
from hipdesk.wording import day_of

if TYPE_CHECKING:
    from app.views.protocols import ClinicalGestures

SIZE: Final = (130, 84)
TABS: Final = ("patient", "hips", "treatments", "himriss")


class ClinicalPage(QDialog):
    """A window beside the main one; it never blocks that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: ClinicalGestures | None = None
        self._shown: ClinicalShown | None = None
        self._figures: tuple[Figure, ...] = ()
        self._problems: tuple[str, ...] = ()
        self._changed = False
        self._refusal = ""
        self.setModal(False)
        self.resize(SIZE[0] * SPACE, SIZE[1] * SPACE)
        self._build()
        self._connect()
        self.retranslate()

    # What controllers ask for

    def listen(self, gestures: ClinicalGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_record(self, shown: ClinicalShown | None) -> None:
        """Bring the page to the front with this record; None puts it away."""
        self._shown = shown
        self._refusal = ""
        if shown is None:
            self.hide()
            return
        for form in self.forms:
            form.show_cells(shown.cells)
        self.treatments.show_treatments(shown.treatments)
        self.readings.show_readings(shown.readings, shown.reader)
        self._say_record()
        if not self.isVisible():
            self.show()
            self.raise_()
            self.activateWindow()

    def show_checked(
        self, problems: tuple[str, ...], figures: tuple[Figure, ...], changed: bool
    ) -> None:
        """Fields that cannot be read, the indices, and whether the library lacks something."""
        self._problems, self._figures, self._changed = problems, figures, changed
        for form in self.forms:
            form.show_problems(problems)
        self._say_checked()

    def show_refusal(self, sentence: str) -> None:
        """Why a treatment or reading was not kept; empty where nothing stands in the way."""
        self._refusal = sentence
        self._say_checked()

    # How it is built

    def _build(self) -> None:
        self.forms: tuple[ClinicalFields, ...] = (
            PatientFields(self._edit),
            HipFields(self._edit),
        )
        self.treatments, self.readings = TreatmentTab(), ReadingTab()
        self.tabs = Segments(TABS)
        self.tabs.show_chosen(TABS[0])
        self._stack = QStackedWidget()
        for part in (*self.forms, self.treatments, self.readings):
            scroll = QScrollArea()
            scroll.setWidgetResizable(True)
            scroll.setWidget(part)
            self._stack.addWidget(scroll)
        self._name = ElidedLabel(kind="title")
        self._whose = ElidedLabel(kind="muted", mode=Qt.TextElideMode.ElideRight)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * SPACE)
        self._grid.setVerticalSpacing(SPACE // 2)
        self._grid.setColumnStretch(2, 1)
        self._note = label(kind="small", wrap=True)
        self.keep, self.away = QPushButton(), QPushButton()
        make_primary(self.keep)
        head = column(self._name, self._whose, row(self.tabs, STRETCH), margin=2)
        self._indices = holding(column(rule(), column(self._grid, margin=2), gap=0))
        below = row(self._note, self.keep, self.away, margin=2)
        below.setStretchFactor(self._note, 1)
        whole = column(head, rule(), self._stack, self._indices, rule(), below, gap=0)
        whole.setStretchFactor(self._stack, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.tabs.chosen.connect(self._choose)
        self.keep.clicked.connect(lambda: self._tell("keep"))
        self.away.clicked.connect(self.close)
        self.treatments.kept.connect(lambda draft: self._tell("keep_treatment", draft))
        self.treatments.withdrawn.connect(lambda uid: self._tell("withdraw_treatment", uid))
        self.readings.kept.connect(lambda draft: self._tell("keep_reading", draft))
        self.readings.blindAsked.connect(lambda everyone: self._tell("read_blinded", everyone))

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setWindowTitle(self.tr("Clinical record"))
        self.tabs.show_words(
            self.tr("Clinical record"),
            (self.tr("Patient"), self.tr("Hips"), self.tr("Treatments"), "HIMRISS"),
        )
        self.keep.setText(self.tr("Save"))
        self.away.setText(self.tr("Close"))
        for form in self.forms:
            form.retranslate()
        self.treatments.retranslate()
        self.readings.retranslate()
        self._say_record()
        self._say_checked()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _say_record(self) -> None:
        shown = self._shown
        if shown is not None:
            self._name.show_words(name_of(shown.patient))
            self._whose.show_words(BETWEEN.join((identity_of(shown.patient), visited(shown.day))))

    def _say_checked(self) -> None:
        before = None if self._shown is None else self._shown.before
        emptied(self._grid)
        for at, figure in enumerate(self._figures):
            words = (
                label(index_name(figure), "muted"),
                label(value_words(figure), "strong"),
                ElidedLabel(meaning_words(figure, "" if before is None else day_of(before))),
            )
            for place, each in enumerate(words):
                self._grid.addWidget(each, at, place)
        self.keep.setEnabled(self._changed and not self._problems)
        self._note.setText(self._note_words())
        set_role(self._note, "tone", "caution" if self._problems or self._refusal else "")

    def _note_words(self) -> str:
        """What stands in the way, or how things stand."""
        if self._refusal:
            return self._refusal
        if self._problems:
            return core_sentence(words_of(self._problems))
        if self._changed:
            return self.tr("Not saved yet.")
        if self._shown is None or self._shown.kept_utc is None:
            return self.tr("Nothing is recorded for this visit yet. Empty means not recorded.")
        day = self._shown.kept_utc.astimezone().date().isoformat()
        name = self._shown.kept_by or "–"
        return self.tr("Saved by {name} on {day}.").format(name=name, day=day)

    # Hands

    def _choose(self, key: str) -> None:
        self.tabs.show_chosen(key)
        self._stack.setCurrentIndex(TABS.index(key))
        self._indices.setVisible(key in TABS[: len(self.forms)])

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None:
            getattr(self._gestures, gesture)(*facts)

    def _edit(self) -> None:
        if self._shown is not None:
            found: dict[str, str] = {}
            for form in self.forms:
                found |= form.cells()
            self._tell("edit", found)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that the page went away; what was typed is kept."""
        super().hideEvent(event)
        if self._shown is not None and not event.spontaneous():
            self._shown = None
            self._tell("leave")

"""Who is on screen, and when: always in sight."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from app.state import PatientHeader
from app.views.labels import ElidedLabel, label
from app.views.layouts import STRETCH, column, row
from app.views.person_words import BETWEEN, birth_and_sex_of, name_of, number_of, visited
from app.views.translated import TranslatedWidget


class PatientHeaderLine(TranslatedWidget):
    """Name above number, birth date, sex and the visit's date; a long number gives way."""

    def __init__(self) -> None:
        super().__init__()
        self._header: PatientHeader | None = None
        self._name = ElidedLabel(kind="strong")
        self._number = ElidedLabel(kind="small")
        self._facts = ElidedLabel(kind="small", mode=Qt.TextElideMode.ElideRight)
        self._between = label(kind="small")
        self._day = label(kind="small")
        for whole in (self._between, self._day):
            whole.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        below = row(self._number, self._between, self._facts, self._day, STRETCH, gap=0)
        self.setLayout(column(STRETCH, self._name, below, STRETCH, gap=0))
        self.retranslate()

    def show_patient(self, header: PatientHeader | None) -> None:
        """Name the patient on screen, or nobody."""
        if header != self._header:
            self._header = header
            self.retranslate()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        header = self._header
        if header is None:
            self._name.show_words(self.tr("No patient open"))
            self._number.show_words(self.tr("Open a folder, or a visit of the library"))
            self._facts.show_words("")
            self._day.setText("")
        else:
            self._name.show_words(name_of(header.patient))
            self._number.show_words(number_of(header.patient))
            self._facts.show_words(birth_and_sex_of(header.patient))
            self._day.setText(f"{BETWEEN}{visited(header.day)}")
        self._between.setText("" if header is None else BETWEEN)
        facts = f"{self._number.whole}{self._between.text()}{self._facts.whole}{self._day.text()}"
        self.setAccessibleName(f"{self._name.whole}, {facts}")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the number before anything else."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        whole = sum(each.sizeHint().width() for each in (self._between, self._facts, self._day))
        least = self._number.minimumSizeHint().width()
        self._number.setMaximumWidth(max(least, self.width() - whole))

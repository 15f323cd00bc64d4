"""Who is on screen, and when: always in sight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.state import PatientHeader
from app.views.labels import ElidedLabel, label
from app.views.layouts import STRETCH, column, row
from app.views.person_words import BETWEEN, identity_of, name_of, visited


class PatientHeaderLine(QWidget):
    """Name above number, birth date and sex, which give way to the visit's date."""

    def __init__(self) -> None:
        super().__init__()
        self._header: PatientHeader | None = None
        self._name = ElidedLabel(kind="strong")
        self._facts = ElidedLabel(kind="small", mode=Qt.TextElideMode.ElideRight)
        self._day = label(kind="small")
        self._day.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        below = row(self._facts, self._day, STRETCH, gap=0)
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
            self._facts.show_words(self.tr("Open a folder, or a visit of the library"))
            self._day.setText("")
        else:
            self._name.show_words(name_of(header.patient))
            self._facts.show_words(identity_of(header.patient))
            self._day.setText(f"{BETWEEN}{visited(header.day)}")
        self.setAccessibleName(f"{self._name.whole}, {self._facts.whole}{self._day.text()}")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

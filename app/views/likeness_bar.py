"""Somebody in the library may be the same person: the reader decides, and may take it back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QPushButton

from app.state import Likeness, LikenessOffer
from app.theme import SPACE, set_role
from app.views.icon_label import IconLabel
from app.views.labels import label
from app.views.layouts import column, row
from app.views.person_words import BETWEEN, identity_of, name_of


class LikenessBar(QFrame):
    """The question with both people in words; or what was joined, and the way back."""

    joined = Signal()
    kept_apart = Signal()
    taken_back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._likeness = Likeness()
        set_role(self, "ground", "note")
        self._title = label(kind="strong", wrap=True)
        self._sentence = label(wrap=True)
        self._join, self._apart, self._back = QPushButton(), QPushButton(), QPushButton()
        self._join.clicked.connect(self.joined)
        self._apart.clicked.connect(self.kept_apart)
        self._back.clicked.connect(self.taken_back)
        words = column(self._title, self._sentence, gap=0)
        across = row(IconLabel("account-question-outline", 24, "link"), gap=2)
        across.addLayout(words, 1)
        for button in (self._join, self._apart, self._back):
            across.addWidget(button)
        across.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        self.setLayout(across)
        self.retranslate()

    def show_likeness(self, likeness: Likeness) -> None:
        """Offer a likeness, or the way back, or nothing."""
        if likeness != self._likeness:
            self._likeness = likeness
            self.retranslate()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        offer, joined = self._likeness.offer, self._likeness.joined
        self._join.setText(self.tr("Same person"))
        self._apart.setText(self.tr("Two people"))
        self._back.setText(self.tr("Take back"))
        self._join.setVisible(offer is not None)
        self._apart.setVisible(offer is not None)
        self._back.setVisible(offer is None and joined is not None)
        if offer is not None:
            self._title.setText(self.tr("Is this the same person?"))
            self._sentence.setText(self._offer_words(offer))
        elif joined is not None:
            self._title.setText(self.tr("The visit was given to the patient of the library."))
            self._sentence.setText(self._joined_words(joined))
        self.setAccessibleName(f"{self._title.text()} {self._sentence.text()}")
        self.setVisible(offer is not None or joined is not None)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _offer_words(self, offer: LikenessOffer) -> str:
        words = self.tr(
            "The visit belongs to {here}. The library also has {other}, with {visits}. "
            "Their visits are compared only if you say that they are one person."
        )
        other = offer.other
        return words.format(
            here=f"{name_of(offer.here)} ({identity_of(offer.here)})",
            other=f"{name_of(other.patient)} ({identity_of(other.patient)})",
            visits=self._visits(other.visits, other.last_day),
        )

    def _visits(self, count: int, last: object) -> str:
        words = self.tr("1 visit") if count == 1 else self.tr("{n} visits").format(n=count)
        return (
            words
            if last is None
            else self.tr("{visits}, last {day}").format(visits=words, day=last)
        )

    def _joined_words(self, offer: LikenessOffer) -> str:
        other = offer.other.patient
        words = self.tr("It now belongs to {other}. This can be taken back.")
        return words.format(other=f"{name_of(other)}{BETWEEN}{identity_of(other)}")

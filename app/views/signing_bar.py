"""Signing: with which name, what stands in the way, who signed; and on to the report."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from app.state import Signing
from app.theme import SPACE, icon, make_primary
from app.views.icon_label import IconLabel
from app.views.labels import label
from app.views.layouts import STRETCH, column, row
from app.views.note_row import NoteRow
from app.views.translated import TranslatedWidget
from hipdesk.review import LONGEST_NAME, Review


class SigningBar(TranslatedWidget):
    """Shows a `Signing`; tells who wants to sign or to withdraw."""

    signed = Signal(str)
    withdrawn = Signal(str)
    reportAsked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._signing = Signing("", False, "")
        self._told = False
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setMinimumWidth(12 * SPACE)
        self.name.setMaximumWidth(36 * SPACE)
        self.sign = QPushButton()
        self.sign.setIcon(icon("draw-pen", "on_accent"))
        self.withdraw = QPushButton()
        self.report = QPushButton()
        self.report.setIcon(icon("file-document-outline"))
        for button in (self.sign, self.withdraw, self.report):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(True)
        self._icon = IconLabel("information-outline", 2 * SPACE)
        self.line = label(kind="muted", wrap=True)
        self.note = NoteRow()
        self._lay_out()
        self._connect()
        self.retranslate()
        self._sync()

    def _lay_out(self) -> None:
        self._buttons = QWidget()
        buttons = row(self.name, self.sign, self.withdraw, STRETCH, self.report)
        buttons.setStretchFactor(self.name, 3)
        self._buttons.setLayout(buttons)
        self._said = QWidget()
        said = row(self._icon, self.line)
        said.setStretch(1, 1)
        said.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        self._said.setLayout(said)
        self.setLayout(column(self._said, self._buttons, self.note))

    def _connect(self) -> None:
        self.name.textChanged.connect(self._able)
        self.name.returnPressed.connect(self.sign.click)
        self.sign.clicked.connect(self._sign)
        self.withdraw.clicked.connect(self._ask)
        self.report.clicked.connect(self.reportAsked)
        self.note.confirmed.connect(self._withdraw)
        self.note.dismissed.connect(self._sync)

    def show_signing(self, signing: Signing) -> None:
        """Where signing stands; a name that is being typed is kept."""
        if signing == self._signing:
            return
        before, self._signing = self._signing, signing
        told = self._told and not before.reader
        self._told = False
        if signing.reader != before.reader and not told:
            self.name.setText(signing.reader)
        self._sync()

    def take_name(self, name: str) -> None:
        """The name as it is being typed into another bar."""
        self._told = True
        self.name.setText(name)

    def press_sign(self) -> None:
        """Sign, or ask for the name where that is all that is missing.

        While the name is typed, Enter signs there already.
        """
        if self.name.hasFocus() or not self.sign.isVisibleTo(self):
            return
        if self._signing.possible and not self.name.text().strip():
            self.name.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.sign.click()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.name.setPlaceholderText(self.tr("Your name"))
        self.name.setAccessibleName(self.tr("Name to sign with"))
        self.sign.setText(self.tr("Sign"))
        self.withdraw.setText(self.tr("Withdraw"))
        self.withdraw.setToolTip(self.tr("Withdraw the signature, to change a verdict"))
        self.report.setText(self.tr("Report"))
        self.report.setToolTip(self.tr("On to the report"))
        self.note.show_words(self.tr("Reason (optional)"), self.tr("Withdraw"), self.tr("Cancel"))
        self.setAccessibleName(self.tr("Signing"))
        self._sync()

    def _sync(self) -> None:
        """Show what is known and nothing else."""
        signing = self._signing
        done = bool(signing.signatures)
        self.note.hide()
        self._buttons.show()
        self.name.setVisible(not done)
        self.sign.setVisible(not done)
        self.withdraw.setVisible(done)
        make_primary(self.sign, not done)
        make_primary(self.report, done)
        self.report.setIcon(icon("file-document-outline", "on_accent" if done else "text"))
        self._say()
        self._able()

    def _say(self) -> None:
        signing = self._signing
        if signing.signatures:
            words, picture, tone = self._signed_words(signing.signatures), "check-decagram", "good"
        else:
            words, picture, tone = signing.obstacle, "information-outline", "muted"
        if signing.signatures and signing.obstacle:
            words = f"{words} {signing.obstacle}"
        self.line.setText(words)
        self._icon.show_icon(picture, tone)
        self._said.setVisible(bool(words))

    def _signed_words(self, signatures: tuple[Review, ...]) -> str:
        """Every reader once, with the time of their last signature."""
        latest = {each.reader: each.at_utc for each in sorted(signatures, key=lambda s: s.at_utc)}
        return "; ".join(
            self.tr("Signed by {0}, {1}").format(reader, local_minute(at))
            for reader, at in latest.items()
        )

    def _able(self) -> None:
        named = bool(self.name.text().strip())
        self.sign.setEnabled(self._signing.possible and named)

    def _sign(self) -> None:
        if self._signing.possible and self.name.text().strip():
            self.signed.emit(self.name.text().strip())

    def _ask(self) -> None:
        self._buttons.hide()
        self.note.begin()

    def _withdraw(self, note: str) -> None:
        self._sync()
        self.withdrawn.emit(note)


def share_name(*bars: SigningBar) -> None:
    """Have a name that is typed into one bar stand in all of them."""
    for bar in bars:
        for other in bars:
            if other is not bar:
                bar.name.textEdited.connect(other.take_name)


def local_minute(at_utc: datetime) -> str:
    """A time as the wall clock here showed it, to the minute."""
    return at_utc.astimezone().strftime("%Y-%m-%d %H:%M")

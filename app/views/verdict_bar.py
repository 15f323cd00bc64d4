"""A reader's judgement of one hip: where it stands, and the buttons that change it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.actions import command_named, keys_of
from app.state import HipPanel
from app.theme import HALF, ROW, SPACE, icon, set_role
from app.views.icon_label import IconLabel
from app.views.labels import Tone, chip, core_words, label
from app.views.layouts import STRETCH, column, row
from app.views.note_row import NoteRow
from app.views.translated import TranslatedWidget
from hipdesk.records import Side
from hipdesk.review import Verdict
from hipdesk.wording import ORIGIN_WORDS

ICON_PX = 2 * SPACE


class VerdictBar(TranslatedWidget):
    """Accept, reject or reopen one hip; tells gestures only."""

    accepted = Signal(str)
    rejected = Signal(str)
    reopened = Signal()
    placeAsked = Signal()

    def __init__(self, side: Side, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._panel: HipPanel | None = None
        self._analysed = False
        self._accepting = False
        self._icon = IconLabel("circle-outline", ICON_PX)
        self.standing_label = chip()
        self.origin_label = label(kind="small")
        self.hint_label = label(kind="small", wrap=True)
        self.hint_label.setMaximumHeight(ROW)
        self.accept_button = _button("check")
        self.reject_button = _button("close")
        self.reopen_button = _button("undo-variant")
        self.place_button = _button("crosshairs-gps")
        self.note = NoteRow()
        self._buttons = QWidget()
        self._lay_out()
        self._connect()
        self.retranslate()
        self._sync()

    def _lay_out(self) -> None:
        buttons = row(
            self.accept_button,
            self.reject_button,
            self.reopen_button,
            self.place_button,
            self.hint_label,
        )
        buttons.setStretchFactor(self.hint_label, 1)
        self._buttons.setLayout(buttons)
        self._buttons.setMinimumHeight(ROW)
        head = row(self._icon, self.standing_label, self.origin_label, STRETCH)
        layout = column(head, self._buttons, self.note)
        layout.setContentsMargins(0, SPACE, 0, HALF)
        self.setLayout(layout)

    def _connect(self) -> None:
        self.accept_button.clicked.connect(self._accept)
        self.reject_button.clicked.connect(lambda: self._ask(accepting=False))
        self.reopen_button.clicked.connect(self.reopened)
        self.place_button.clicked.connect(self.placeAsked)
        self.note.confirmed.connect(self._confirmed)
        self.note.dismissed.connect(self._sync)

    def show_hip(self, panel: HipPanel) -> None:
        """Where the hip stands now; a question that was open is dropped."""
        if panel != self._panel:
            self._panel = panel
            self._sync()

    def show_analysed(self, analysed: bool) -> None:
        """Whether there is an analysis at all: a head that it missed can be placed."""
        if analysed != self._analysed:
            self._analysed = analysed
            self._sync()

    @property
    def unjudged(self) -> bool:
        """Whether there is a result that nobody has judged."""
        return self._panel is not None and self._panel.found and not self._panel.standing.verdict

    @property
    def has_keyboard(self) -> bool:
        """Whether the focus is on one of its buttons."""
        buttons = (self.accept_button, self.reject_button, self.reopen_button)
        return any(button.hasFocus() for button in buttons)

    def press(self, button: QPushButton) -> None:
        """Do what a button does, where it is in sight and enabled."""
        if button.isVisibleTo(self) and button.isEnabled():
            button.click()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        right = self._side is Side.RIGHT
        self.accept_button.setText(self.tr("Accept"))
        self.reject_button.setText(self.tr("Reject"))
        self.reopen_button.setText(self.tr("Reopen"))
        self.place_button.setText(self.tr("Place the head"))
        for button, name in (
            (
                self.accept_button,
                self.tr("Accept the right hip") if right else self.tr("Accept the left hip"),
            ),
            (
                self.reject_button,
                self.tr("Reject the right hip") if right else self.tr("Reject the left hip"),
            ),
            (
                self.reopen_button,
                self.tr("Reopen the right hip") if right else self.tr("Reopen the left hip"),
            ),
            (
                self.place_button,
                self.tr("Place the right femoral head")
                if right
                else self.tr("Place the left femoral head"),
            ),
        ):
            button.setAccessibleName(name)
            button.setToolTip(name)
        self._name_keys()
        self.setAccessibleName(self.tr("Right hip") if right else self.tr("Left hip"))
        self._name_question()
        self._sync()

    def _name_keys(self) -> None:
        """The first key of a command is the right hip's, the second the left one's."""
        for button, name in ((self.accept_button, "accept"), (self.reject_button, "reject")):
            key = keys_of(command_named(name)).split(", ")[list(Side).index(self._side)]
            button.setToolTip(f"{button.accessibleName()} ({key})")

    def _accept(self) -> None:
        """Accept at once, or ask first how the side is known where it is in doubt."""
        if self._panel is not None and self._panel.side_in_doubt:
            self._ask(accepting=True)
        else:
            self.accepted.emit("")

    def _ask(self, accepting: bool) -> None:
        self._accepting = accepting
        self._name_question()
        self._buttons.hide()
        self.note.begin()

    def _name_question(self) -> None:
        question, act = self.tr("Reason (optional)"), self.tr("Reject")
        if self._accepting:
            question, act = self.tr("How the side is known"), self.tr("Accept")
        self.note.show_words(question, act, self.tr("Cancel"))

    def _confirmed(self, note: str) -> None:
        told = self.accepted if self._accepting else self.rejected
        self._sync()
        told.emit(note)

    def _sync(self) -> None:
        """Show what the panel says and nothing else."""
        panel = self._panel
        self.note.hide()
        self._show_standing(panel)
        self.origin_label.setText(
            "" if panel is None or not panel.found else self._origin_of(panel)
        )
        found = panel is not None and panel.found
        free = found and panel is not None and not panel.busy and not panel.standing.signed
        verdict = None if panel is None else panel.standing.verdict
        self.accept_button.setVisible(found and verdict is None)
        self.reject_button.setVisible(found and verdict is None)
        self.reopen_button.setVisible(found and verdict is not None)
        self.place_button.setVisible(self._analysed and panel is not None and not found)
        for button in (self.accept_button, self.reject_button, self.reopen_button):
            button.setEnabled(free)
        self.place_button.setEnabled(panel is not None and not panel.busy)
        self._buttons.show()
        hint = self._hint_of(panel)
        self.hint_label.setText(hint)
        self.hint_label.setToolTip(hint)

    def _show_standing(self, panel: HipPanel | None) -> None:
        name, tone, words = self._standing_of(panel)
        self._icon.show_icon(name, tone or "muted")
        self.standing_label.setText(words)
        set_role(self.standing_label, "tone", tone)

    def _standing_of(self, panel: HipPanel | None) -> tuple[str, Tone, str]:
        """Icon, tone and words of where a hip stands."""
        if panel is None or not self._analysed:
            return "circle-outline", "", self.tr("No result yet")
        if panel.busy:
            return "progress-clock", "caution", self.tr("Being done again…")
        if not panel.found:
            return "minus-circle-outline", "", self.tr("No result")
        verdict, signed = panel.standing.verdict, panel.standing.signed
        if verdict is Verdict.ACCEPTED:
            words = self.tr("Accepted, signed") if signed else self.tr("Accepted")
            return "check-circle", "good", words
        if verdict is Verdict.REJECTED:
            words = self.tr("Rejected, signed") if signed else self.tr("Rejected")
            return "close-circle", "danger", words
        return "circle-outline", "caution", self.tr("Not reviewed")

    def _origin_of(self, panel: HipPanel) -> str:
        drawn = core_words(ORIGIN_WORDS[panel.origin])
        if panel.revision == 0:
            return drawn
        return self.tr("{0}, revision {1}").format(drawn, panel.revision)

    def _hint_of(self, panel: HipPanel | None) -> str:
        if panel is None or not panel.found:
            return ""
        if panel.standing.signed:
            return self.tr("Withdraw the signature to change it.")
        return "" if panel.current else self.tr("An earlier accepted result still counts.")


def _button(icon_name: str) -> QPushButton:
    """A button that leaves the keyboard to the pictures when it is clicked."""
    button = QPushButton()
    button.setIcon(icon(icon_name))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAutoDefault(True)
    return button

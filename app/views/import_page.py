"""What trying out a table brought: how much of it is new, every problem, and the way to import.

The page stands in the library's place until the table is imported or left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QProgressBar, QPushButton

from app.import_state import Stage, TableShown
from app.theme import BESIDE_WORDS, SPACE, icon, make_primary, set_role
from app.views.icon_label import IconLabel
from app.views.labels import ElidedLabel, core_words, label
from app.views.layouts import STRETCH, column, holding, row, rule
from app.views.person_words import BETWEEN
from app.views.problem_table import ProblemTable
from app.views.table_words import kind_words, problem_sentence
from app.views.translated import TranslatedWidget
from hipdesk.clinical_columns import TableKind
from hipdesk.clinical_entries import Problem

if TYPE_CHECKING:
    from app.views.table_protocols import TableGestures

WIDEST: Final = 176 * SPACE
DETAIL: Final = 8 * SPACE
"""Room for the longest problem in words, so that nothing moves from one to the next."""

MOST_SAID: Final = 3
"""Sentences on the whole table: a fault, what was counted, what follows."""

_SIGNS: Final = {
    "note": ("check-circle-outline", "link"),
    "caution": ("alert-outline", "caution"),
    "danger": ("close-octagon-outline", "danger"),
}


class ImportPage(TranslatedWidget):
    """Shows a `TableShown`; a `TableView`."""

    shownChanged = Signal()
    """The page wants to come to the front, or to go."""

    def __init__(self) -> None:
        super().__init__()
        self._gestures: TableGestures | None = None
        self._shown: TableShown | None = None
        self._looked: Problem | None = None
        self._build()
        self._connect()
        self.retranslate()

    # What controllers ask for

    def listen(self, gestures: TableGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_table(self, shown: TableShown | None) -> None:
        """Show a table; None puts the page away."""
        before, self._shown = self._shown, shown
        self.problems.show_problems(() if shown is None else shown.problems)
        if shown is not None:
            self._say(shown)
        if (before is None) is not (shown is None):
            self.shownChanged.emit()
        if shown is not None and (before is None or before.stage is not shown.stage):
            self._focus(shown)

    def make_way(self) -> None:
        """Something else was asked for that stands in this place; what is imported goes on."""
        self._tell("leave")

    @property
    def wanted(self) -> bool:
        """Whether there is something to be shown."""
        return self._shown is not None

    # How it is built

    def _build(self) -> None:
        self.back = QPushButton()
        self.back.setIcon(icon("arrow-left"))
        self.back.setIconSize(QSize(*BESIDE_WORDS))
        set_role(self.back, "quiet")
        self._title = ElidedLabel(kind="title")
        self._facts = ElidedLabel(kind="muted", mode=Qt.TextElideMode.ElideRight)
        self._said = tuple(label(wrap=True) for _ in range(MOST_SAID))
        for each in self._said:
            each.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._summary = QFrame()
        self._sign = IconLabel("table-search", 20, "link")
        across = row(self._sign, column(*self._said, gap=0.5), gap=1)
        across.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        across.setStretch(1, 1)
        self._summary.setLayout(across)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.problems = ProblemTable()
        self.detail = label(wrap=True)
        self.detail.setMinimumHeight(DETAIL)
        self.detail.setContentsMargins(SPACE, 0, SPACE, 0)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.detail.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        card = QFrame()
        set_role(card, "card")
        inside = column(self.problems, rule(), self.detail, margin=1)
        inside.setStretchFactor(self.problems, 1)
        card.setLayout(inside)
        self._card = card
        self.skip = QCheckBox()
        self._whose = label(kind="small", wrap=True)
        self.again, self.away, self.deed = QPushButton(), QPushButton(), QPushButton()
        for button in (self.again, self.away, self.deed):
            button.setAutoDefault(True)
        make_primary(self.deed)
        self._lay_out()

    def _lay_out(self) -> None:
        head = row(self.back, column(self._title, self._facts, gap=0), gap=2)
        head.setStretch(1, 1)
        below = row(self._whose, self.again, self.away, self.deed)
        below.setStretch(0, 1)
        self._rest = holding(column(STRETCH))
        inner = column(
            self._summary, self._bar, self._card, self._rest, self.skip, below, gap=2, margin=0
        )
        inner.setStretchFactor(self._card, 1)
        content = holding(inner)
        content.setMaximumWidth(WIDEST)
        self.setLayout(column(head, content, gap=2, margin=2))

    def _connect(self) -> None:
        self.back.clicked.connect(lambda: self._tell("leave"))
        self.away.clicked.connect(lambda: self._tell("leave"))
        self.again.clicked.connect(lambda: self._tell("try_again"))
        self.deed.clicked.connect(lambda: self._tell("keep"))
        self.skip.clicked.connect(lambda on: self._tell("skip_problems", on))
        self.problems.looked.connect(self._look)

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.back.setText(self.tr("Patients"))
        self.back.setAccessibleName(self.tr("Import nothing, back to the patients"))
        self.again.setText(self.tr("Read the file again"))
        self.away.setText(self.tr("Cancel"))
        self.skip.setText(self.tr("Leave the lines with problems out, and import the others"))
        self._bar.setAccessibleName(self.tr("Progress"))
        if self._shown is not None:
            self._say(self._shown)
        self._look(self._looked)

    def _say(self, shown: TableShown) -> None:
        """Write everything that follows of the table."""
        tried = shown.stage in (Stage.TRIED, Stage.KEEPING)
        keeping = shown.stage is Stage.KEEPING
        self._title.show_words(self.tr("Import of {name}").format(name=shown.name))
        self._facts.show_words(self._fact_words(shown) if tried else "")
        self._say_summary(shown)
        self._bar.setVisible(shown.stage is Stage.READING or keeping)
        self._bar.setValue(round(1000 * shown.done))
        self._card.setVisible(tried and bool(shown.problems))
        self._rest.setVisible(self._card.isHidden())
        self.skip.setVisible(tried and shown.skippable)
        self.skip.setChecked(shown.skip)
        self._whose.setText(self._whose_words(shown) if tried else "")
        self.deed.setText(self._deed_words(shown))
        self.deed.setVisible(tried)
        self.deed.setEnabled(shown.importable > 0)
        self.again.setVisible(shown.stage in (Stage.TRIED, Stage.REFUSED))
        self.skip.setEnabled(not keeping)

    def _fact_words(self, shown: TableShown) -> str:
        lines = self.tr("1 line") if shown.lines == 1 else self.tr("{n} lines")
        counted = lines.format(n=f"{shown.lines:,}")
        return BETWEEN.join((kind_words(shown.kind), counted, shown.encoding))

    def _say_summary(self, shown: TableShown) -> None:
        tone = self._tone(shown)
        set_role(self._summary, "ground", tone)
        name, colour = _SIGNS[tone]
        busy = shown.stage in (Stage.READING, Stage.KEEPING)
        self._sign.show_icon("table-search" if busy else name, colour)
        sentences = self._sentences(shown)
        for each, sentence in zip(self._said, (*sentences, *[""] * MOST_SAID), strict=False):
            each.setText(sentence)
            each.setVisible(bool(sentence))

    def _tone(self, shown: TableShown) -> str:
        if shown.fault:
            return "danger"
        return "caution" if shown.problems else "note"

    def _sentences(self, shown: TableShown) -> list[str]:
        """What is to be said of the whole table."""
        said = [core_words(shown.fault)] if shown.fault else []
        match shown.stage:
            case Stage.READING:
                said.append(self.tr("The table is being tried out; nothing is imported yet."))
            case Stage.KEEPING:
                said.append(
                    self.tr("The table is being imported; cancelled now, none of it is kept.")
                )
            case Stage.TRIED:
                said += self._outcome(shown)
            case Stage.REFUSED:
                pass
        return said

    def _outcome(self, shown: TableShown) -> list[str]:
        said = []
        if shown.usable:
            said.append(self._counted(shown))
        if shown.problems and not shown.usable:
            said.append(self.tr("The table cannot be imported as it is; its problems stand below."))
        elif shown.problems and shown.skip:
            said.append(self.tr("The lines with problems stay out; every problem stands below."))
        elif shown.problems and not shown.skippable:
            said.append(
                self.tr(
                    "Nothing is imported while there is a problem: mend the file and read it again."
                )
            )
        elif shown.problems:
            said.append(
                self.tr(
                    "Nothing is imported while there is a problem: mend the file and read it "
                    "again, or leave the lines with problems out."
                )
            )
        elif not shown.fresh:
            said.append(self.tr("There is nothing to be imported."))
        return said

    def _counted(self, shown: TableShown) -> str:
        words = self.tr(
            "Lines that add something: {fresh}. In the library already: {unchanged}. With "
            "problems: {faulty}."
        )
        return words.format(
            fresh=f"{shown.fresh:,}", unchanged=f"{shown.unchanged:,}", faulty=f"{shown.faulty:,}"
        )

    def _whose_words(self, shown: TableShown) -> str:
        if not shown.fresh:
            return ""
        if shown.kind is TableKind.READINGS:
            return self.tr("Each reading is kept in the name of the reader in its line.")
        if not shown.reader:
            return self.tr("The settings hold no name; what is imported is kept without one.")
        return self.tr("What is imported is kept in the name of {reader}.").format(
            reader=shown.reader
        )

    def _deed_words(self, shown: TableShown) -> str:
        count = shown.importable
        if not count:
            return self.tr("Import")
        words = self.tr("Import 1 line") if count == 1 else self.tr("Import {n} lines")
        return words.format(n=f"{count:,}")

    def _look(self, problem: Problem | None) -> None:
        """Say one problem whole."""
        self._looked = problem
        self.detail.setText("" if problem is None else problem_sentence(problem))

    # Hands

    def _focus(self, shown: TableShown) -> None:
        """The keyboard goes to what is likely wanted next."""
        if not self.isVisible():
            return
        first = (self.deed, self.problems, self.again, self.away)
        wanted = next((each for each in first if each.isVisible() and each.isEnabled()), self)
        wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None and self._shown is not None:
            getattr(self._gestures, gesture)(*facts)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self._tell("leave")
        else:
            super().keyPressEvent(event)

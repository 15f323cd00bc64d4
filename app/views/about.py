"""What the program is, which models it carries, and how it is operated."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QPushButton, QScrollArea, QWidget

from app.actions import COMMANDS, MOUSE, PLACE_TITLES, Place, keys_of, shown
from app.theme import SPACE
from app.views.labels import core_words, label
from app.views.layouts import STRETCH, column, emptied, holding, row, rule
from hipdesk.records import ModelRef
from hipdesk.report import LIMITS, RESEARCH_ONLY, SIMULATED_ONLY


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """What does not change while the program runs.

    Attributes
    ----------
    library : where the library in use is kept
    """

    version: str
    models: tuple[ModelRef, ...] = ()
    library: str = field(default="", repr=False)


class Page(QDialog):
    """A window beside the main one, with one column of words and a button to close it.

    It never blocks the main window.
    """

    def __init__(self, parent: QWidget | None, size: tuple[int, int]) -> None:
        super().__init__(parent)
        self.setModal(False)
        self.resize(size[0] * SPACE, size[1] * SPACE)
        self._inner = column(gap=1, margin=3)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setWidget(holding(self._inner))
        self._close = QPushButton()
        self._close.clicked.connect(self.close)
        below = row(STRETCH, self._close)
        below.setContentsMargins(*[2 * SPACE] * 4)
        self.setLayout(column(scroll, rule(), below, gap=0))

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._close.setText(self.tr("Close"))
        emptied(self._inner)
        self.fill()
        self._inner.addStretch(1)

    def fill(self) -> None:
        """Put the page's words into its column."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class AboutPage(Page):
    """Version, purpose, limits, models with their hashes."""

    def __init__(self, facts: ProgramFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent, (80, 72))
        self._facts = facts
        self.retranslate()

    def fill(self) -> None:
        """Put the page's words into its column."""
        self.setWindowTitle(self.tr("About HipDesk"))
        add = self._inner.addWidget
        add(label("HipDesk", "title"))
        add(label(self.tr("Version {v}").format(v=self._facts.version), "muted"))
        add(label(self.tr("Quantifies inflammation of the hip on MRI, for research."), wrap=True))
        add(label(core_words(RESEARCH_ONLY), "strong", wrap=True))
        self._section(self.tr("What it cannot tell"))
        for sentence in (SIMULATED_ONLY, *LIMITS):
            add(label(core_words(sentence), "muted", wrap=True))
        self._section(self.tr("Models"))
        if not self._facts.models:
            add(label(self.tr("No model was found."), "muted"))
        for model in self._facts.models:
            self._inner.addLayout(model_lines(model))

    def _section(self, words: str) -> None:
        self._inner.addSpacing(SPACE)
        self._inner.addWidget(label(words, "section"))


def model_lines(model: ModelRef) -> QGridLayout:
    """Name, version, training and the whole hash of one model."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * SPACE)
    grid.setVerticalSpacing(0)
    digest = label(model.sha256, "small", wrap=True)
    digest.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    digest.setText("\N{ZERO WIDTH SPACE}".join(_pieces(model.sha256)))
    digest.setAccessibleName(f"SHA-256 {model.sha256}")
    grid.addWidget(label(f"{model.name} {model.version}"), 0, 0)
    grid.addWidget(label(core_words(model.trained_on), "small"), 0, 1)
    grid.addWidget(label("SHA-256", "small"), 1, 0, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(digest, 1, 1)
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, 18 * SPACE)
    return grid


def _pieces(text: str) -> list[str]:
    """A long word in pieces between which a line may break."""
    return [text[at : at + 8] for at in range(0, len(text), 8)]


class KeyboardPage(Page):
    """Every command with its keys, and what the mouse does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, (64, 80))
        self.retranslate()

    def fill(self) -> None:
        """Put the page's words into its column."""
        self.setWindowTitle(self.tr("Keyboard and mouse"))
        self._inner.addWidget(label(self.tr("Keyboard and mouse"), "title"))
        for place in Place:
            entries = [(shown(c.title), keys_of(c)) for c in COMMANDS if c.place is place]
            habits = [(shown(h.effect), shown(h.movement)) for h in MOUSE if h.place is place]
            keyed = [entry for entry in entries if entry[1]]
            if keyed or habits:
                self._inner.addSpacing(SPACE)
                self._inner.addWidget(label(shown(PLACE_TITLES[place]), "section"))
                self._inner.addLayout(_table([*keyed, *habits]))


def _table(entries: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * SPACE)
    grid.setVerticalSpacing(SPACE // 2)
    for at, (effect, keys) in enumerate(entries):
        grid.addWidget(label(effect), at, 0)
        grid.addWidget(label(keys, "muted"), at, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return grid

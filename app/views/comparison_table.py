"""Two visits in numbers: figures beside each other, and whether they may be compared."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QWidget

from app.state import Comparison, ComparisonRow
from app.theme import HALF, SPACE, font, set_role
from app.views.icon_label import IconLabel
from app.views.labels import Kind, Tone, core_words, label
from app.views.layouts import STRETCH, column, row, rule
from app.views.sentence_list import SentenceList
from app.views.translated import TranslatedWidget
from hipdesk.timeline import Comparability

COLUMNS: Final = 6
FIGURES: Final = 1
"""From this column on there are figures."""

LABEL_ROOM: Final = 15 * SPACE
"""A figure's name of up to this width stays on one line."""

ICON_PX: Final = 2 * SPACE + HALF
BULLET: Final = "\N{EN DASH}"

_SIGNS: Final[dict[Comparability | None, tuple[str, Tone]]] = {
    None: ("minus-circle-outline", ""),
    Comparability.COMPARABLE: ("equal", ""),
    Comparability.WITH_CAUTION: ("alert-outline", "caution"),
    Comparability.NOT_COMPARABLE: ("not-equal-variant", "caution"),
}


class ComparisonTable(TranslatedWidget):
    """Shows a `Comparison`; says nothing on whether a change is good, bad or real."""

    changeAsked = Signal()
    """The changes are wanted though the two may not be compared."""

    repeatNamed = Signal(bool)
    """The two are scans of an unchanged hip, or are not after all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison: Comparison | None = None
        self._sign = IconLabel("equal", ICON_PX)
        self.verdict = label(kind="strong", wrap=True)
        self._apart = label(kind="small")
        self._differences = SentenceList("muted", BULLET)
        self.ask = QPushButton()
        self.ask.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ask.clicked.connect(self.changeAsked)
        self._labels: dict[tuple[int, int], QLabel] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(HALF)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 1)
        head = row(self._sign, self.verdict, self._apart)
        head.setStretchFactor(self.verdict, 1)
        self.repeat = QCheckBox()
        self.repeat.clicked.connect(self.repeatNamed)
        below = row(self.ask, STRETCH)
        self.setLayout(column(head, self._differences, below, rule(), self._grid, self.repeat))
        self.hide()

    def show_comparison(self, comparison: Comparison | None) -> None:
        """The pair in numbers; None where there is no pair."""
        if comparison != self._comparison:
            self._comparison = comparison
            self._fill()

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """What stands in the table, row by row, the head first."""
        rows = 0 if self._comparison is None else len(self._comparison.rows) + 1
        return tuple(
            tuple(self._labels[at, place].text() for place in range(COLUMNS)) for at in range(rows)
        )

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._fill()

    def _fill(self) -> None:
        comparison = self._comparison
        if comparison is None:
            self.hide()
            return
        self._say_verdict(comparison)
        self._differences.show_sentences(comparison.differences)
        self.ask.setText(self.tr("Give the changes all the same"))
        self.ask.setVisible(comparison.askable)
        self._show_repeat(comparison.repeat)
        self._put_head()
        for at, each in enumerate(comparison.rows, start=1):
            self._put_row(at, each)
        filled = self._filled(comparison)
        for (at, place), used in self._labels.items():
            used.setVisible(at <= len(comparison.rows) and place in filled)
        self.setAccessibleName(self.tr("The two visits in numbers"))
        self.setAccessibleDescription(self._spoken())
        self.show()  # last: what is put into a visible table is laid out piece by piece

    def _show_repeat(self, repeat: bool | None) -> None:
        self.repeat.setText(self.tr("Two scans of an unchanged hip"))
        self.repeat.setToolTip(
            self.tr(
                "Scanned twice within days, nothing treated between: such pairs tell how much the "
                "figures vary by themselves, the smallest detectable change of your site"
            )
        )
        self.repeat.setVisible(repeat is not None)
        self.repeat.setChecked(bool(repeat))

    def _filled(self, comparison: Comparison) -> set[int]:
        """The columns that say something; where no change is given, there is more room."""
        rows = range(1, len(comparison.rows) + 1)
        said = {place for place in range(COLUMNS) for at in rows if self._labels[at, place].text()}
        return said | {0}

    def _say_verdict(self, comparison: Comparison) -> None:
        name, tone = _SIGNS[comparison.verdict]
        self._sign.show_icon(name, tone or "muted")
        self.verdict.setText(
            self.tr("Not comparable; the changes are given because you asked for them")
            if comparison.forced
            else self._verdict_words(comparison.verdict)
        )
        set_role(self.verdict, "tone", tone)
        self._apart.setVisible(comparison.days is not None)
        if comparison.days is not None:
            self._apart.setText(self._days_words(comparison.days))

    def _verdict_words(self, verdict: Comparability | None) -> str:
        match verdict:
            case Comparability.COMPARABLE:
                return self.tr("Comparable")
            case Comparability.WITH_CAUTION:
                return self.tr("Compare with caution")
            case Comparability.NOT_COMPARABLE:
                return self.tr("Not comparable, so no change is given")
            case None:
                return self.tr("No comparison: not both visits have a score of this hip")

    def _days_words(self, days: int) -> str:
        if days == 1:
            return self.tr("1 day apart")
        return self.tr("{days} days apart").format(days=days)

    def _put_head(self) -> None:
        words = (
            *("", self.tr("Earlier"), self.tr("Later"), self.tr("Change")),
            *(self.tr("Percent"), self.tr("Per year")),
        )
        for place, word in enumerate(words):
            self._put(0, place, word, "small")

    def _put_row(self, at: int, each: ComparisonRow) -> None:
        unit = f", {each.unit}" if each.unit else ""
        self._put(at, 0, core_words(each.label) + unit, "", wrap=True)
        self._put(at, 1, each.earlier)
        self._put(at, 2, each.later)
        self._put(at, 3, each.change, "strong")
        self._put(at, 4, each.percent)
        self._put(at, 5, each.per_year)

    def _put(self, at: int, place: int, words: str, kind: Kind = "", wrap: bool = False) -> None:
        found = self._labels.get((at, place))
        if found is None:
            found = self._labels[at, place] = label(kind=kind, wrap=wrap)
            side = Qt.AlignmentFlag.AlignLeft if place < FIGURES else Qt.AlignmentFlag.AlignRight
            found.setAlignment(side | Qt.AlignmentFlag.AlignBottom)
            found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(found, at, place)
        found.setText(words)
        if wrap:
            found.setMinimumWidth(_room(words))

    def _spoken(self) -> str:
        """The table as sentences, for screen readers."""
        head, *rows = self.cells
        return "; ".join(_spoken_row(head, cells) for cells in rows)


def _room(words: str) -> int:
    """Width below which a figure's name is not squeezed: all of it, or what it wraps at."""
    return min(QFontMetrics(font()).horizontalAdvance(words) + HALF, LABEL_ROOM)


def _spoken_row(head: tuple[str, ...], cells: tuple[str, ...]) -> str:
    label_words, *figures = cells
    told = (f"{name} {figure}" for name, figure in zip(head[1:], figures, strict=True) if figure)
    return f"{label_words}: {', '.join(told)}"

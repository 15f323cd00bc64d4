"""The figures of both hips, with what must be known to read them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.state import Scores
from app.theme import SPACE, set_role
from app.views.labels import Tone, core_words, label
from app.views.layouts import column, emptied
from hipdesk.records import Reason
from hipdesk.report import FindingRow
from hipdesk.wording import NO_VALUE, REASON_SENTENCES

ROW_PX: Final = 3 * SPACE
LABEL, RIGHT, LEFT, BOTH = range(4)
VALUE_PX: Final = 9 * SPACE
CELL_PADDING: Final = SPACE + 3
WIDEST: Final = 90 * SPACE
"""Wider than this, the eye loses the line between words and figures."""


class ScoreTable(QTableWidget):
    """One line a figure, columns Right, Left and Both; as tall as its lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self._rows: tuple[FindingRow, ...] = ()
        self._why = ""
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._prepare_headers()
        self.retranslate()

    def _prepare_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(ROW_PX)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(VALUE_PX)
        # Cells keep 3 px more from their edge than titles do.
        header.setStyleSheet(f"QHeaderView::section {{ padding: 4px {CELL_PADDING}px; }}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go through the cells; letters are the workspace's: nothing is searched here."""
        if event.text().isprintable() and event.text():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def show_rows(self, rows: tuple[FindingRow, ...], why: str = "") -> None:
        """Other figures; ``why`` is the tip of those that are missing."""
        if (rows, why) == (self._rows, self._why):
            return
        self._rows, self._why = rows, why
        self._fill()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.setAccessibleName(self.tr("Scores of both hips"))
        for at, words in enumerate(
            (self.tr("Figure"), self.tr("Right"), self.tr("Left"), self.tr("Both"))
        ):
            title = QTableWidgetItem(words)
            title.setTextAlignment(_alignment(at))
            self.setHorizontalHeaderItem(at, title)
        self._fill()

    def _fill(self) -> None:
        self.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            for at, words in enumerate(cells(row)):
                self.setItem(number, at, self._cell(words, row.main, at))
        self.fit_height()

    def fit_height(self) -> None:
        """As high as header, lines and frame are; nothing scrolls."""
        line = max(ROW_PX, QFontMetrics(theme.font(bold=True)).height())
        if line != self.verticalHeader().defaultSectionSize():
            self.verticalHeader().setDefaultSectionSize(line)
        for at in range(self.rowCount()):
            self.setRowHeight(at, max(line, self._needed(at)))
        header = self.horizontalHeader()
        header.ensurePolished()
        titles = max(header.sizeHint().height(), header.minimumHeight())
        rows = sum(self.rowHeight(at) for at in range(self.rowCount()))
        height = titles + rows + 2 * self.frameWidth()
        if (self.minimumHeight(), self.maximumHeight()) != (height, height):
            self.setFixedHeight(height)

    def _needed(self, at: int) -> int:
        """Height of a line whose words do not fit beside the figures."""
        item = self.item(at, LABEL)
        if item is None:
            return 0
        metrics, room = QFontMetrics(item.font()), self.columnWidth(LABEL) - 2 * CELL_PADDING
        if metrics.horizontalAdvance(item.text()) <= room:
            return 0
        return self.sizeHintForRow(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the words anew."""
        super().resizeEvent(event)
        self.fit_height()

    def _cell(self, words: str, main: bool, at: int) -> QTableWidgetItem:
        item = QTableWidgetItem(core_words(words))
        item.setFont(theme.font(bold=main))
        item.setTextAlignment(_alignment(at))
        if words == NO_VALUE:
            item.setToolTip(self._why)
        return item


def _alignment(column: int) -> Qt.AlignmentFlag:
    """Words at the left, figures at the right."""
    side = Qt.AlignmentFlag.AlignLeft if column == LABEL else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def cells(row: FindingRow) -> tuple[str, str, str, str]:
    """A line's words, every figure with its unit."""
    values = (_with_unit(value, row.unit) for value in (row.right, row.left, row.both))
    right, left, both = values
    return row.label, right, left, both


def _with_unit(value: str, unit: str) -> str:
    return f"{value} {unit}" if unit and value not in ("", NO_VALUE) else value


class Remarks(QFrame):
    """Sentences on a coloured ground, foldable under a title with their number.

    Parameters
    ----------
    ground : ``note`` or ``caution``
    """

    def __init__(self, ground: Tone, folds: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "ground", ground)
        self._sentences: tuple[str, ...] = ()
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE)
        self._body = QWidget()
        self._list.setContentsMargins(SPACE if folds else 0, 0, 0, 0)
        self._body.setLayout(self._list)
        self.title = QToolButton()
        set_role(self.title, "quiet")
        self.title.setCheckable(True)
        self.title.setChecked(True)
        self.title.setVisible(folds)
        self.title.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.title.toggled.connect(self._fold)
        layout = column(self.title, self._body, gap=0.5)
        layout.setContentsMargins(SPACE + SPACE // 2, SPACE, SPACE + SPACE // 2, SPACE)
        self.setLayout(layout)
        self._fold(True)
        self.hide()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said."""
        return self._sentences

    def show_sentences(self, sentences: tuple[str, ...]) -> None:
        """Say these, or nothing at all."""
        if sentences == self._sentences:
            return
        self._sentences = sentences
        self.retranslate()
        self.setVisible(bool(sentences))

    def retranslate(self) -> None:
        """Say the sentences in the language in force."""
        emptied(self._list)
        for sentence in self._sentences:
            self._list.addWidget(label(core_words(sentence), wrap=True))

    def _fold(self, unfolded: bool) -> None:
        self._body.setVisible(unfolded)
        self.title.setIcon(theme.icon("chevron-down" if unfolded else "chevron-right"))


class ScorePanel(QWidget):
    """Alarms, table, missing scores with their reasons, notices; or that nothing is there yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: Scores | None = None
        self._fluid_sensitive = True
        self._given_up = False
        self.waiting_title = label(kind="section")
        self.waiting_words = label(kind="muted", wrap=True)
        self.alarms = Remarks("caution", folds=False)
        self.table = ScoreTable()
        self.reasons = Remarks("note", folds=False)
        self.notices = Remarks("caution", folds=True)
        layout = column(
            self.waiting_title,
            self.waiting_words,
            self.alarms,
            self.reasons,
            self.table,
            self.notices,
            margin=1,
        )
        layout.addStretch(1)
        for part in (self.waiting_words, self.alarms, self.reasons, self.table, self.notices):
            part.setMaximumWidth(WIDEST)
        self.setLayout(layout)
        self.retranslate()

    def show_scores(self, scores: Scores | None) -> None:
        """Other figures; None while there is no analysis."""
        if scores is not self._scores:
            self._scores = scores
            self._sync()

    def show_fluid_sensitive(self, fluid_sensitive: bool) -> None:
        """Whether the series can show lesions at all."""
        if fluid_sensitive != self._fluid_sensitive:
            self._fluid_sensitive = fluid_sensitive
            self._sync()

    def show_given_up(self, given_up: bool) -> None:
        """Whether the analysis was stopped or failed, so that no result is on its way."""
        if given_up != self._given_up:
            self._given_up = given_up
            self._say_what_is_missing()

    def _say_what_is_missing(self) -> None:
        title, words = self._over() if self._given_up else self._on_its_way()
        self.waiting_title.setText(title)
        self.waiting_words.setText(words)

    def _on_its_way(self) -> tuple[str, str]:
        return self.tr("No result yet"), self.tr(
            "Score and verdict appear here when the analysis is done. "
            "The slices can be read meanwhile."
        )

    def _over(self) -> tuple[str, str]:
        return self.tr("No result"), self.tr(
            "The analysis was stopped or failed. Open the folder again to have it done; "
            "the slices can be read without it."
        )

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self._say_what_is_missing()
        for part in (self.table, self.alarms, self.reasons, self.notices):
            part.retranslate()
        self._sync()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language and the theme."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self.table.fit_height()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the table to what is known of fonts only now."""
        super().showEvent(event)
        self.table.fit_height()

    def _sync(self) -> None:
        scores = self._scores
        for waiting in (self.waiting_title, self.waiting_words):
            waiting.setVisible(scores is None)
        self.alarms.show_sentences(() if scores is None else scores.alarms)
        self.table.setVisible(scores is not None)
        said = () if scores is None else self._reasons_of(scores)
        self.reasons.show_sentences(said)
        self.table.show_rows(
            () if scores is None else scores.findings, "\n".join(map(core_words, said))
        )
        notices = () if scores is None else scores.notices
        self.notices.show_sentences(notices)
        self.notices.title.setText(self.tr("Notices ({0})").format(len(notices)))

    def _reasons_of(self, scores: Scores) -> tuple[str, ...]:
        """Why figures are missing; what the contrast explains is said once."""
        if self._fluid_sensitive:
            return scores.reasons
        plain = self.tr(
            "This series is not fluid-sensitive: oedema and fluid cannot be told on it, so "
            "neither is outlined nor scored. Heads and bones are outlined."
        )
        told = REASON_SENTENCES[Reason.NOT_FLUID_SENSITIVE]
        totals = REASON_SENTENCES[Reason.OTHER_HIP_NOT_SCORED]
        rest = (said for said in scores.reasons if told not in said and totals not in said)
        return plain, *rest

"""Every problem of a table that is tried out, line by line, however many there are."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.theme import SPACE
from app.views.labels import plain_tip
from app.views.table_words import clause
from hipdesk.clinical_entries import Problem

Index = QModelIndex | QPersistentModelIndex

NOWHERE: Final = QModelIndex()
ROW_HEIGHT: Final = 4 * SPACE
WIDTHS: Final = (9 * SPACE, 26 * SPACE, 46 * SPACE, 18 * SPACE)
"""Of all columns but the last, which takes what is left."""

LONGEST: Final = 200
"""Letters of a cell that are shown."""


class ProblemModel(QAbstractTableModel):
    """Problems as rows; words are made when a row is looked at."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._problems: tuple[Problem, ...] = ()
        self._words = lru_cache(maxsize=512)(clause)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them."""
        return self._problems

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Put other problems in."""
        self.beginResetModel()
        self._problems = problems
        self.endResetModel()

    def say_anew(self) -> None:
        """The language has changed."""
        self._words.cache_clear()
        self.beginResetModel()
        self.endResetModel()

    def cells(self, at: int) -> tuple[str, ...]:
        """A row in words."""
        each = self._problems[at]
        found = each.found if len(each.found) <= LONGEST else f"{each.found[:LONGEST]}..."
        return (
            f"{each.line:,}",
            each.column or "\N{EN DASH}",
            self._words(each.wrong),
            found,
            self._words(each.expected),
        )

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Number of problems."""
        return 0 if parent.isValid() else len(self._problems)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Where, what, and what instead."""
        return 0 if parent.isValid() else len(WIDTHS) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            words = self.cells(index.row())[index.column()]
            return words if role == Qt.ItemDataRole.DisplayRole else plain_tip(words)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """What a column holds."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (
            self.tr("Line"),
            self.tr("Column"),
            self.tr("What is wrong"),
            self.tr("In the file"),
            self.tr("Expected"),
        )
        return titles[section]


class ProblemTable(QTableView):
    """The list; tells which problem is looked at, and copies rows as text."""

    looked = Signal(object)
    """A `Problem`; None where none is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._model = ProblemModel(self)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setHighlightSections(False)
        for at, width in enumerate(WIDTHS):
            self.setColumnWidth(at, width)
        self._copy = QAction(self)
        self._copy.setShortcut(QKeySequence.StandardKey.Copy)
        self._copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._copy.triggered.connect(self.copy)
        self.addAction(self._copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.retranslate()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that are listed."""
        return self._model.problems

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """List other problems, the first of them looked at."""
        if problems is self._model.problems:
            return
        self._model.show_problems(problems)
        if problems:
            self.selectRow(0)
        self.scrollToTop()

    def copy(self) -> None:
        """Put the chosen rows on the clipboard, cells parted by tabs."""
        chosen = self.selectionModel().selection()
        rows = sorted(
            row
            for span in map(chosen.at, range(chosen.count()))
            for row in range(span.top(), span.bottom() + 1)
        )
        lines = ("\t".join(self._model.cells(row)) for row in rows)
        QGuiApplication.clipboard().setText("\n".join(lines))

    def selectionChanged(self, chosen: QItemSelection, left: QItemSelection) -> None:
        """Tell which problem is looked at."""
        super().selectionChanged(chosen, left)
        now = self.currentIndex()
        self.looked.emit(self._model.problems[now.row()] if now.isValid() else None)

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setAccessibleName(self.tr("Problems of the table"))
        self._copy.setText(self.tr("Copy"))
        at = self.currentIndex().row()
        self._model.say_anew()
        if at >= 0:
            self.selectRow(at)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

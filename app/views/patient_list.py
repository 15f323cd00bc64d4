"""The patients: one short row each, however many there are."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.regroup_state import Wish
from app.state import PatientRow
from app.theme import BODY_PX, SMALL_PX, SPACE, current, font
from app.views.labels import plain_tip
from app.views.person_words import identity_of, name_of
from app.views.regroup_menu import fill_patient_menu
from hipdesk.wording import day_of

ROW_HEIGHT: Final = 7 * SPACE
ROW_ROLE: Final = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex

NOWHERE: Final = QModelIndex()


class PatientModel(QAbstractListModel):
    """Patients as a search gave them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: tuple[PatientRow, ...] = ()
        self._places: dict[str, int] = {}

    @property
    def rows(self) -> tuple[PatientRow, ...]:
        """All patients of the list."""
        return self._rows

    def show_rows(self, rows: tuple[PatientRow, ...]) -> None:
        """Put other patients in."""
        self.beginResetModel()
        self._rows = rows
        self._places = {row.uid: at for at, row in enumerate(rows)}
        self.endResetModel()

    def place_of(self, uid: str | None) -> QModelIndex:
        """Where a patient is; an invalid index where not in the list."""
        at = self._places.get(uid or "")
        return QModelIndex() if at is None else self.index(at)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Patients in the list."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words of one row, or the row itself."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return name_of(row.patient)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{name_of(row.patient)}\n{identity_of(row.patient)}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{name_of(row.patient)}, {identity_of(row.patient)}"
        return None


class PatientDelegate(QStyledItemDelegate):
    """Draws a row: name and last visit, below them identity and number of visits."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all rows."""
        return QSize(24 * SPACE, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, PatientRow):
            return
        colours = current()
        state, area = option.state, option.rect
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        pointed = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if chosen or pointed:
            painter.fillRect(area, colours.colour("selected" if chosen else "hover"))
        if chosen:
            mark = QRect(area.topLeft(), QSize(3, area.height()))
            painter.fillRect(mark, colours.colour("link"))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(colours.colour("focus"))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        inner = area.adjusted(2 * SPACE, SPACE, -2 * SPACE, -SPACE)
        upper = QRect(inner.topLeft(), QSize(inner.width(), inner.height() // 2))
        lower = upper.translated(0, inner.height() // 2)
        painter.setPen(colours.colour("text"))
        _line(painter, upper, BODY_PX, name_of(row.patient), day_of(row.last_day), bold=True)
        painter.setPen(colours.colour("muted"))
        _line(painter, lower, SMALL_PX, identity_of(row.patient), self._visits(row.visits))
        painter.restore()

    def _visits(self, count: int) -> str:
        return self.tr("1 visit") if count == 1 else self.tr("{n} visits").format(n=count)


def _line(
    painter: QPainter, area: QRect, px: int, left: str, right: str, bold: bool = False
) -> None:
    """Two texts on one line; the left one gives way, a name in its middle."""
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(font(px))
    taken = painter.fontMetrics().horizontalAdvance(right) + 2 * SPACE
    painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, right)
    painter.setFont(font(px, bold))
    room = area.adjusted(0, 0, -taken, 0)
    mode = Qt.TextElideMode.ElideMiddle if bold else Qt.TextElideMode.ElideRight
    short = painter.fontMetrics().elidedText(left, mode, room.width())
    painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, short)


class PatientList(QListView):
    """The list; tells when the reader chooses a row, not when it is told to.

    Parameters
    ----------
    menus : a right click, the menu's key and Delete say what else can be done to a patient
    """

    chosen = Signal(str)
    picked = Signal(str)
    """By a click or Enter: arrows alone pick nobody."""
    wished = Signal(object, str)
    """A `Wish`, and the patient."""
    asideAsked = Signal()

    def __init__(self, menus: bool = False) -> None:
        super().__init__()
        self._menus = menus
        self._patients = PatientModel(self)
        self._told = False
        self.setModel(self._patients)
        self.setItemDelegate(PatientDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.clicked.connect(lambda at: self.picked.emit(self._patients.rows[at.row()].uid))

    @property
    def rows(self) -> tuple[PatientRow, ...]:
        """All patients of the list."""
        return self._patients.rows

    def show_rows(self, rows: tuple[PatientRow, ...], chosen_uid: str | None) -> None:
        """Show patients with one of them chosen; tells nobody."""
        self._told = True
        try:
            if rows != self._patients.rows:
                self._patients.show_rows(rows)
            place = self._patients.place_of(chosen_uid)
            if place != self.currentIndex():
                self.setCurrentIndex(place)
            if place.isValid():
                self.scrollTo(place)
        finally:
            self._told = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses the row in focus, as a click does; Delete asks to put it aside."""
        now = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and now.isValid():
            self.chosen.emit(self._patients.rows[now.row()].uid)
            self.picked.emit(self._patients.rows[now.row()].uid)
        elif self._menus and event.key() == Qt.Key.Key_Delete and now.isValid():
            self.wished.emit(Wish.ASIDE, self._patients.rows[now.row()].uid)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What else can be done to the patient under the pointer, or in focus."""
        keyed = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.currentIndex() if keyed else self.indexAt(event.pos())
        if not self._menus or not place.isValid():
            return
        at = self.visualRect(place).center() if keyed else event.pos()
        self.menu(self._patients.rows[place.row()].uid).popup(self.viewport().mapToGlobal(at))

    def menu(self, uid: str) -> QMenu:
        """What can be done to a patient."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_patient_menu(menu, lambda wish: self.wished.emit(wish, uid), self.asideAsked.emit)
        return menu

    def _current_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not self._told and now.isValid():
            self.chosen.emit(self._patients.rows[now.row()].uid)

"""The library workspace: patients, their visits, and folders just opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.regroup_state import Wish
from app.state import FoundStudy, Likeness, PatientRow, VisitRow
from app.theme import BESIDE_WORDS, HALF, ICON_PX, SPACE, icon, make_primary, set_role
from app.views.empty_state import EmptyState
from app.views.file_choice import FileChoice
from app.views.found_page import FoundPage
from app.views.icon_label import IconLabel
from app.views.import_page import ImportPage
from app.views.labels import ElidedLabel, core_words, label
from app.views.layouts import column, holding, row
from app.views.likeness_bar import LikenessBar
from app.views.message_bar import ProblemLine
from app.views.patient_list import PatientList
from app.views.person_words import identity_of, name_of
from app.views.visit_card import CardFacts, VisitCard, facts_of

if TYPE_CHECKING:
    from app.views.protocols import LibraryGestures

PAUSE_MS: Final = 150
"""A search begins when the reader has not typed for so long."""

MOST_LISTED: Final = 200
"""The library gives so many patients at most, those seen last."""

LIST_WIDTH: Final = 48 * SPACE
NARROWEST_LIST: Final = 34 * SPACE
WIDEST_CARD: Final = 144 * SPACE


class SearchField(QLineEdit):
    """Typed words, and a cross; Down goes on to the list, Esc clears."""

    def __init__(self, list_below: QWidget) -> None:
        super().__init__()
        self._below = list_below
        self.setAcceptDrops(False)
        self._sign = IconLabel("magnify", ICON_PX)
        self._sign.setParent(self)
        # Qt's own signs inside a field stand too low under a style sheet.
        self._cross = QToolButton(self)
        set_role(self._cross, "quiet")
        set_role(self._cross, "tiny")
        self._cross.setIcon(icon("close-circle", "muted"))
        self._cross.setIconSize(QSize(ICON_PX, ICON_PX))
        self._cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cross.setCursor(Qt.CursorShape.ArrowCursor)
        self._cross.clicked.connect(self.clear)
        self._cross.hide()
        self.textChanged.connect(lambda words: self._cross.setVisible(bool(words)))
        self.setTextMargins(ICON_PX + SPACE, 0, ICON_PX + SPACE, 0)

    def name_cross(self, words: str) -> None:
        """Say what the cross does."""
        self._cross.setToolTip(words)
        self._cross.setAccessibleName(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the signs in their places."""
        super().resizeEvent(event)
        self._sign.move(SPACE, (self.height() - ICON_PX) // 2)
        cross = self._cross.sizeHint()
        middle = (self.height() - cross.height()) // 2
        self._cross.setGeometry(
            self.width() - cross.width() - HALF, middle, cross.width(), cross.height()
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down goes to the list, Esc clears."""
        if event.key() == Qt.Key.Key_Down:
            self._below.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class LibraryView(QWidget):
    """Patients on the left, the chosen one's visits on the right; or a folder just opened.

    Parameters
    ----------
    choice : asks for folders and files
    """

    def __init__(self, choice: FileChoice | None = None) -> None:
        super().__init__()
        self._gestures: LibraryGestures | None = None
        self._choice = choice or FileChoice()
        self._found: FoundStudy | None = None
        self._problem: str | None = None
        self._words = ""
        self._chosen: str | None = None
        self._visits: tuple[VisitRow, ...] = ()
        self._shown_cards: list[VisitCard] = []
        self._named: str | None = None
        self._aside = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._search)
        self._build()
        self.retranslate()
        self._arrange()

    # What controllers ask for

    def listen(self, gestures: LibraryGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_patients(
        self, rows: tuple[PatientRow, ...], chosen_uid: str | None, words: str
    ) -> None:
        """The list that a search gave; ``words`` is empty for all patients."""
        self._words = words
        self._chosen = chosen_uid
        if not self._pause.isActive() and self._field.text().strip() != words:
            self._field.setText(words)
            self._pause.stop()
        self._list.show_rows(rows, chosen_uid)
        self._say_count()
        self._say_nobody()
        self._show_head()
        self._arrange()

    def show_visits(self, rows: tuple[VisitRow, ...]) -> None:
        """Visits of the chosen patient, newest first."""
        wanted = [((facts_of(each), at == 0), each) for at, each in enumerate(rows)]
        if [facts for facts, _ in wanted] != [card.facts for card in self._shown_cards]:
            self._show_cards(wanted)
        self._visits = rows
        self._arrange()

    def show_found(self, found: FoundStudy | None) -> None:
        """What a folder holds, in place of the patients; None goes back."""
        before, self._found = self._found, found
        if found is not None:
            self._found_page.show_found(found)
            if before is None or before.name != found.name:
                self.tables.make_way()
        self._arrange()

    def show_likeness(self, likeness: Likeness) -> None:
        """Offer a likeness, or the way back."""
        self._likeness.show_likeness(likeness)

    def show_aside_count(self, visits: int) -> None:
        """How many visits are put aside."""
        self._aside = visits
        self._say_aside()

    def show_problem(self, sentence: str | None) -> None:
        """Why the library cannot be used; None where it can."""
        self._problem = sentence
        self._say_problem()
        self._arrange()

    # How it is built

    def _build(self) -> None:
        self._likeness = LikenessBar()
        self._likeness.joined.connect(lambda: self._tell(lambda g: g.join_offered()))
        self._likeness.kept_apart.connect(lambda: self._tell(lambda g: g.keep_apart()))
        self._likeness.taken_back.connect(lambda: self._tell(lambda g: g.take_back_joining()))
        self._found_page = FoundPage()
        self._found_page.closed.connect(lambda: self._tell(lambda g: g.close_found()))
        self._found_page.wanted.connect(lambda uid: self._tell(lambda g: g.analyse_series(uid)))
        self._found_page.weighed.connect(
            lambda uid, contrast: self._tell(lambda g: g.state_contrast(uid, contrast))
        )
        self._found_page.spelt.connect(
            lambda charset: self._tell(lambda g: g.choose_charset(charset))
        )
        self.tables = ImportPage()
        self.tables.shownChanged.connect(self._arrange)
        self._problem_line = ProblemLine()
        self._problem_line.retried.connect(lambda: self._tell(lambda g: g.retry_library()))
        self._stack = QStackedWidget()
        self._browser = self._made_browser()
        self._welcome = self._made_welcome()
        self._trouble = self._made_trouble()
        pages = (self._welcome, self._browser, self._found_page, self._trouble, self.tables)
        for page in pages:
            self._stack.addWidget(page)
        whole = column(self._problem_line, self._likeness, self._stack, gap=0)
        whole.setStretchFactor(self._stack, 1)
        self.setLayout(whole)

    def _made_browser(self) -> QSplitter:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setObjectName("library")
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self._made_list())
        split.addWidget(self._made_visits())
        split.setStretchFactor(1, 1)
        split.setSizes([LIST_WIDTH, 2 * LIST_WIDTH])
        return split

    def _made_list(self) -> QWidget:
        self._list = PatientList(menus=True)
        self._list.chosen.connect(self._choose)
        self._list.wished.connect(self._wish_of_patient)
        self._list.asideAsked.connect(lambda: self._tell(lambda g: g.show_aside()))
        self._field = SearchField(self._list)
        self._field.textChanged.connect(self._typed)
        self._field.returnPressed.connect(self._search)
        self._count = label(kind="small")
        self._open_small = self._folder_button()
        head = column(row(self._field, self._open_small), self._count, margin=2)
        head.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        self._nobody = EmptyState("account-search-outline", self._clear_button())
        self._lists = QStackedWidget()
        self._lists.addWidget(self._list)
        self._lists.addWidget(self._nobody)
        self._aside_small = self._aside_button()
        side = holding(column(head, self._lists, self._aside_small, gap=0), panel=True)
        side.setMinimumWidth(NARROWEST_LIST)
        return side

    def _made_visits(self) -> QWidget:
        self._name = ElidedLabel(kind="title")
        self._identity = ElidedLabel(kind="muted", mode=Qt.TextElideMode.ElideRight)
        self._cards: QVBoxLayout = column(gap=2)
        inner = column(self._name, self._identity, gap=0, margin=3)
        inner.addSpacing(2 * SPACE)
        inner.addLayout(self._cards)
        inner.addStretch(1)
        content = holding(inner)
        content.setMaximumWidth(WIDEST_CARD)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(content)
        self._choose_one = EmptyState("account-arrow-left-outline")
        self._bare = QWidget()
        self._right = QStackedWidget()
        for page in (self._bare, self._choose_one, self._scroll):
            self._right.addWidget(page)
        return self._right

    def _made_welcome(self) -> QWidget:
        self._open_big = self._folder_button(primary=True)
        self._open_file = QPushButton()
        self._open_file.clicked.connect(lambda: self._open(self._choice.files))
        self._aside_big = self._aside_button()
        self._drop_area = EmptyState(
            "folder-open-outline",
            self._open_big,
            self._open_file,
            self._aside_big,
            drop_area=True,
        )
        return holding(column(self._drop_area, margin=4))

    def _made_trouble(self) -> QWidget:
        self._retry = QPushButton()
        make_primary(self._retry)
        self._retry.clicked.connect(lambda: self._tell(lambda g: g.retry_library()))
        self._open_anyway = self._folder_button()
        self._trouble_state = EmptyState("database-alert-outline", self._retry, self._open_anyway)
        return holding(column(self._trouble_state, margin=4))

    def _folder_button(self, primary: bool = False) -> QPushButton:
        button = QPushButton()
        button.setAutoDefault(True)
        make_primary(button, primary)
        button.setIcon(icon("folder-open-outline", "on_accent" if primary else "text"))
        button.setIconSize(QSize(*BESIDE_WORDS))
        button.clicked.connect(lambda: self._open(self._choice.folder))
        return button

    def _aside_button(self) -> QPushButton:
        """The way to what was put aside; there while something is."""
        button = QPushButton()
        set_role(button, "quiet")
        button.clicked.connect(lambda: self._tell(lambda g: g.show_aside()))
        button.hide()
        return button

    def _clear_button(self) -> QPushButton:
        self._clear = QPushButton()
        self._clear.clicked.connect(self._clear_search)
        return self._clear

    # What is shown

    def _arrange(self) -> None:
        """Bring the page to the front that the state asks for."""
        nothing = not self._list.rows and not self._words
        if self.tables.wanted:
            self._stack.setCurrentWidget(self.tables)
        elif self._found is not None:
            self._stack.setCurrentWidget(self._found_page)
        elif self._problem is not None:
            self._stack.setCurrentWidget(self._trouble)
        elif nothing and not self._pause.isActive():
            self._stack.setCurrentWidget(self._welcome)
        else:
            self._stack.setCurrentWidget(self._browser)
        self._problem_line.setVisible(self._problem is not None and self._found is not None)
        self._lists.setCurrentWidget(self._list if self._list.rows else self._nobody)
        self._right.setCurrentWidget(self._right_page())

    def _right_page(self) -> QWidget:
        """The chosen patient's visits, or words that one can be chosen, or nothing."""
        if self._chosen is not None:
            return self._scroll
        return self._choose_one if self._list.rows else self._bare

    def _show_cards(self, wanted: list[tuple[CardFacts, VisitRow]]) -> None:
        """Lay the cards out, those that stay as they were: a date may be half typed in one."""
        kept = {card.facts: card for card in self._shown_cards}
        same = any(facts in kept for facts, _ in wanted)
        self._shown_cards = [
            kept.pop(facts) if facts in kept else self._made_card(visit, facts[1])
            for facts, visit in wanted
        ]
        for card in kept.values():
            self._cards.removeWidget(card)
            card.hide()
            card.deleteLater()
        for at, card in enumerate(self._shown_cards):
            self._cards.insertWidget(at, card)
        if not same:
            self._scroll.verticalScrollBar().setValue(0)

    def _made_card(self, visit: VisitRow, primary: bool) -> VisitCard:
        card = VisitCard(visit, primary)
        card.opened.connect(lambda uid: self._tell(lambda g: g.open_visit(uid)))
        card.dated.connect(lambda uid, day: self._tell(lambda g: g.date_visit(uid, day)))
        card.clinicalAsked.connect(lambda uid: self._tell(lambda g: g.show_clinical(uid)))
        card.wished.connect(lambda wish, uid: self._tell(lambda g: g.regroup_visit(wish, uid)))
        card.asideAsked.connect(lambda: self._tell(lambda g: g.show_aside()))
        return card

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._field.setPlaceholderText(self.tr("Name, ID, accession"))
        self._field.setAccessibleName(self.tr("Search patients"))
        self._field.name_cross(self.tr("Clear the search"))
        self._list.setAccessibleName(self.tr("Patients"))
        self._open_small.setText(self.tr("Open..."))
        self._open_small.setToolTip(self.tr("Open a folder with hip MRI"))
        self._open_small.setAccessibleName(self.tr("Open a folder with hip MRI"))
        self._open_big.setText(self.tr("Open a folder"))
        self._open_anyway.setText(self.tr("Open a folder"))
        self._open_file.setText(self.tr("Open files"))
        self._clear.setText(self.tr("Show all patients"))
        self._retry.setText(self.tr("Try again"))
        self._drop_area.show_words(
            self.tr("Drop a folder with hip MRI here"),
            self.tr(
                "HipDesk finds the coronal fluid-sensitive series by itself and says why it chose "
                "it. You check the outlines, accept or reject them, and sign; patients and visits "
                "then stand in this library."
            ),
        )
        self._choose_one.show_words(
            self.tr("Choose a patient"), self.tr("The visits are then listed here, newest first.")
        )
        self._say_count()
        self._say_aside()
        self._say_nobody()
        self._say_problem()
        self._show_head()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _say_count(self) -> None:
        count = len(self._list.rows)
        words = self.tr("1 patient") if count == 1 else self.tr("{n} patients")
        if count == MOST_LISTED:
            words = self.tr("The latest {n} patients; search to find others")
        self._count.setText(words.format(n=f"{count:,}"))

    def _say_aside(self) -> None:
        count = self._aside
        words = self.tr("1 visit is put aside") if count == 1 else self.tr("{n} visits put aside")
        for button in (self._aside_small, self._aside_big):
            button.setText(words.format(n=f"{count:,}"))
            button.setVisible(count > 0)

    def _say_nobody(self) -> None:
        self._nobody.show_words(
            self.tr("Nobody found"),
            self.tr("No patient has all of these words: {words}").format(words=self._words),
        )

    def _say_problem(self) -> None:
        sentence = core_words(self._problem or "")
        self._trouble_state.show_words(self.tr("The library cannot be used"), sentence)
        self._problem_line.show_problem(sentence)

    def _show_head(self) -> None:
        """Name the patient of the visits: never another, where the list has not this one."""
        chosen = next((each for each in self._list.rows if each.uid == self._chosen), None)
        if chosen is not None:
            self._named = chosen.uid
            self._name.show_words(name_of(chosen.patient))
            self._identity.show_words(identity_of(chosen.patient))
        elif self._named != self._chosen:
            self._named = None
            self._name.show_words("")
            self._identity.show_words("")

    # What the clinician does

    def _choose(self, uid: str) -> None:
        self._tell(lambda g: g.choose_patient(uid))

    def _wish_of_patient(self, wish: Wish, uid: str) -> None:
        self._tell(lambda g: g.regroup_patient(wish, uid))

    def _typed(self, _words: str) -> None:
        self._pause.start()

    def _search(self) -> None:
        self._pause.stop()
        words = self._field.text().strip()
        self._tell(lambda g: g.search(words))

    def _clear_search(self) -> None:
        self._field.clear()
        self._search()

    def _open(self, ask: Callable[[QWidget], tuple[Path, ...]]) -> None:
        paths = ask(self)
        if paths:
            self._tell(lambda g: g.open_paths(paths))

    def _tell(self, told: Callable[[LibraryGestures], None]) -> None:
        if self._gestures is not None:
            told(self._gestures)

"""The report: the pages as they are printed, the reader's words, signing, giving it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFileDialog, QPushButton, QStackedWidget, QTabBar, QWidget

from app.state import Pages, ReportStatus, SeriesTab, Signing
from app.theme import HALF, SPACE, icon, make_primary, set_role
from app.views.empty_state import EmptyState
from app.views.file_choice import documents, free_path
from app.views.icon_label import IconLabel
from app.views.impression_editor import ImpressionEditor
from app.views.labels import core_words, label
from app.views.layouts import column, row, rule
from app.views.printing import ask_and_print
from app.views.report_pages import ReportPages
from app.views.side_panel import SidePanel, beside
from app.views.signing_bar import SigningBar
from app.views.translated import TranslatedWidget
from hipdesk.records import Side

if TYPE_CHECKING:
    from app.views.protocols import ReportGestures

BESIDE: Final = 50 * SPACE
"""Width of what stands beside the pages to begin with."""

SHARE: Final = 3
"""In a wide window, the pages have so many times the width of what stands beside them."""
ICON_PX: Final = 2 * SPACE + HALF
SUFFIX: Final = ".pdf"
FIRST_NAME: Final = "report.pdf"


class ReportView(TranslatedWidget):
    """The report workspace."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: ReportGestures | None = None
        self._pages: Pages | None = None
        self._status: ReportStatus | None = None
        self._signing = Signing("", False, "")
        self._tabs: tuple[SeriesTab, ...] = ()
        self._name = FIRST_NAME
        self._folder: Path | None = None
        self._build()
        self._connect()
        self.setFocusProxy(self.pages.area)
        self.retranslate()
        self._show_parts()

    # What controllers ask for

    def listen(self, gestures: ReportGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_pages(self, pages: Pages | None) -> None:
        """The real PDF; None is the empty state."""
        if pages is not self._pages:
            self._pages = pages
            self.pages.show_pages(pages)
            self._show_parts()

    def show_status(self, status: ReportStatus, signing: Signing) -> None:
        """Draft or final, and what stands in the way of signing."""
        if signing != self._signing:
            self._signing = signing
            self.signing.show_signing(signing)
            make_primary(self.save, bool(signing.signatures))
            self._colour_save()
        if status != self._status:
            self._status = status
            self._say_status()
            self._show_parts()

    def show_impression(self, text: str, editable: bool, why: str = "") -> None:
        """The reader's words, or why they cannot be changed; if that is empty, they are signed."""
        self.impression.show_impression(text, editable, why)

    def show_series(self, tabs: tuple[SeriesTab, ...]) -> None:
        """The series of a separate right and left pair; one or none needs no tabs."""
        if tabs == self._tabs:
            return
        if _shown_key(tabs) != _shown_key(self._tabs):
            self.impression.begin_anew()
        self._tabs = tabs
        self._fill_tabs()

    def suggest_name(self, name: str) -> None:
        """File name offered when saving."""
        self._name = name

    def print_out(self, pages: Pages) -> None:
        """Send these pages (at printing resolution) to a printer the user chooses."""
        ask_and_print(pages, self)

    # How it is built

    def _build(self) -> None:
        self.pages = ReportPages()
        self.series = QTabBar()
        self.series.setDrawBase(False)
        self.series.setExpanding(False)
        self._sign = IconLabel("file-edit-outline", ICON_PX)
        self.line = label(kind="strong", wrap=True)
        self.impression = ImpressionEditor()
        self.signing = SigningBar()
        self.signing.report.hide()
        self.save = QPushButton()
        self.print = QPushButton()
        self.print.setIcon(icon("printer-outline"))
        for button in (self.save, self.print):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._colour_save()
        self._empty = EmptyState("file-document-outline")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._content())
        self.setLayout(column(self._stack))

    def _content(self) -> QWidget:
        return beside("report", self.pages, self._words(), SHARE)

    def _words(self) -> SidePanel:
        status = row(self._sign, self.line)
        status.setStretchFactor(self.line, 1)
        status.setAlignment(self._sign, Qt.AlignmentFlag.AlignTop)
        give = row(self.save, self.print)
        for at in range(2):
            give.setStretch(at, 1)
        inside = column(
            self.series,
            status,
            rule(),
            self.impression,
            rule(),
            self.signing,
            rule(),
            give,
            gap=2,
            margin=2,
        )
        inside.setStretchFactor(self.impression, 1)
        return SidePanel(inside, BESIDE)

    def _connect(self) -> None:
        self.series.currentChanged.connect(self._choose_series)
        self.impression.edited.connect(lambda text: self._tell("edit_impression", text))
        self.signing.signed.connect(lambda reader: self._tell("sign", reader))
        self.signing.withdrawn.connect(lambda note: self._tell("withdraw", note))
        self.save.clicked.connect(self._save)
        self.print.clicked.connect(lambda: self._tell("print_pages"))

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setAccessibleName(self.tr("Report"))
        self.save.setText(self.tr("Save PDF..."))
        self.print.setText(self.tr("Print..."))
        self.series.setAccessibleName(self.tr("Series"))
        self._empty.show_words(
            self.tr("No report yet"),
            self.tr(
                "Open a visit in the library (Ctrl+1) and have it analysed; its report is "
                "written here, page by page as it will be printed."
            ),
        )
        self._fill_tabs()
        self._say_status()

    def _say_status(self) -> None:
        status = self._status
        self.pages.show_stale(status is not None and status.stale)
        if status is None:
            return
        name, tone = (
            ("check-decagram", "good") if status.final else ("file-edit-outline", "caution")
        )
        self._sign.show_icon(name, tone)
        set_role(self.line, "tone", tone)
        self.line.setText(core_words(status.line))

    def _fill_tabs(self) -> None:
        with QSignalBlocker(self.series):
            while self.series.count():
                self.series.removeTab(0)
            for at, tab in enumerate(self._tabs):
                self.series.addTab(self._tab_words(tab))
                self.series.setTabToolTip(at, tab.description)
                if tab.shown:
                    self.series.setCurrentIndex(at)
        self.series.setVisible(len(self._tabs) > 1)

    def _tab_words(self, tab: SeriesTab) -> str:
        if len(tab.sides) != 1:
            return tab.description
        return self.tr("Right hip") if tab.sides[0] is Side.RIGHT else self.tr("Left hip")

    def _show_parts(self) -> None:
        """A report, or one whose pages are not there yet, or none."""
        coming = self._status is not None and self._status.stale
        self._stack.setCurrentIndex(1 if coming or self._pages is not None else 0)

    def _colour_save(self) -> None:
        done = bool(self._signing.signatures)
        self.save.setIcon(icon("content-save-outline", "on_accent" if done else "text"))

    # Hands

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None:
            getattr(self._gestures, gesture)(*facts)

    def _choose_series(self, at: int) -> None:
        """Ask for a series; the tab stays where the controller lets it."""
        wanted = self._tabs[at]
        self._fill_tabs()
        if not wanted.shown:
            self._tell("choose_series", wanted.key)

    def _save(self) -> None:
        """Ask where to, beginning where something was saved last."""
        start = free_path(self._folder or documents(), self._name)
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the report"), str(start), self.tr("PDF files (*.pdf)")
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() != SUFFIX:
            path = path.with_name(path.name + SUFFIX)
        self._folder = path.parent
        self._tell("save_pdf", path)


def _shown_key(tabs: tuple[SeriesTab, ...]) -> str | None:
    """Which series' report it is."""
    return next((tab.key for tab in tabs if tab.shown), None)

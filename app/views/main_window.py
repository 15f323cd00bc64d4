"""The window's frame: menus, workspaces, the patient, messages, jobs, the banner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QChildEvent, QEvent, QRect, QSignalBlocker, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTextEdit,
    QWidget,
)

from app import language, theme
from app.actions import PLACE_TITLES, Actions, Place, shown
from app.background import JobStatus
from app.messages import Message
from app.state import ComputeBadge, PatientHeader, Workspace
from app.theme import SPACE, icon, set_role
from app.views.about import AboutPage, KeyboardPage, Page, ProgramFacts
from app.views.compute_badge import ComputeBadgeButton
from app.views.drop_highlight import DropHighlight, take_copy
from app.views.file_choice import FileChoice, local_paths
from app.views.icon_label import IconLabel
from app.views.import_menu import ImportMenu
from app.views.job_bar import JobBar
from app.views.keeping_menu import KeepingMenu
from app.views.labels import ElidedLabel, core_sentence, label
from app.views.layouts import STRETCH, column, holding, row, rule
from app.views.message_bar import MessageBar
from app.views.patient_header import PatientHeaderLine
from app.views.settings_dialog import SettingsDialog
from app.views.side_panel import left_at, put_back
from app.views.window_place import SMALLEST, clamped, first_place
from hipdesk.ports import ProtocolChoice
from hipdesk.report import RESEARCH_ONLY
from hipdesk.settings import Geometry, Settings, Theme, WindowState

if TYPE_CHECKING:
    from app.views.protocols import ShellGestures

TITLE: Final = "HipDesk"
"""Of the operating system's window: it names no patient."""

TOP_HEIGHT: Final = 7 * SPACE
BOTTOM_HEIGHT: Final = 5 * SPACE

ICONS: Final = {
    Workspace.LIBRARY: "folder-account-outline",
    Workspace.REVIEW: "image-search-outline",
    Workspace.FOLLOW_UP: "chart-timeline-variant",
    Workspace.REPORT: "file-document-outline",
}


def always() -> bool:
    """Let the window be closed."""
    return True


class _Between(QWidget):
    """Asks for no more than it needs, so that the banner is whole, and takes what is left."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Of its contents at their narrowest."""
        return self.minimumSizeHint()


class MainWindow(QMainWindow):
    """The frame around the workspaces.

    Parameters
    ----------
    workspaces : a page for each
    facts : of the program, for its pages of information
    choice : asks for folders and files
    may_close : asked before the window closes; False keeps it open
    """

    def __init__(
        self,
        workspaces: Mapping[Workspace, QWidget],
        facts: ProgramFacts,
        choice: FileChoice | None = None,
        may_close: Callable[[], bool] = always,
    ) -> None:
        super().__init__()
        self._gestures: ShellGestures | None = None
        self._settings = Settings()
        self._choices: tuple[ProtocolChoice, ...] = ()
        self._workspace = Workspace.LIBRARY
        self._pages = dict(workspaces)
        self._facts = facts
        self._choice = choice or FileChoice()
        self._may_close = may_close
        self._beside: dict[type[Page], Page] = {}
        self._badge_shown = ComputeBadge()
        self.keeping = KeepingMenu(self)
        self.importing = ImportMenu(self)
        self.actions_table = Actions(self)
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self._build()
        self._bind()
        self._fill_menus()
        self.retranslate()
        self._mark_workspace()
        for part in self._parts():
            theme.dress(part)
        self._pages[Workspace.LIBRARY].setFocus()

    # What controllers ask for

    def listen(self, gestures: ShellGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_workspace(self, workspace: Workspace) -> None:
        """Bring a workspace to the front."""
        if workspace is not self._workspace:
            self._workspace = workspace
            self._stack.setCurrentWidget(self._pages[workspace])
            self._messages.turn_page()
            if not self._tabs.hasFocus():
                self._pages[workspace].setFocus()
        self._mark_workspace()

    def _mark_workspace(self) -> None:
        """Let tabs and menu say what is in front."""
        with QSignalBlocker(self._tabs):
            self._tabs.setCurrentIndex(list(Workspace).index(self._workspace))
        self.actions_table[self._workspace.value].setChecked(True)

    def show_patient(self, header: PatientHeader | None) -> None:
        """Name the patient on screen, or nobody."""
        self._patient.show_patient(header)
        self.actions_table["close_patient"].setEnabled(header is not None)

    def show_badge(self, badge: ComputeBadge) -> None:
        """Say where the networks run."""
        self._badge_shown = badge
        self._badge.show_badge(badge)
        page = self._beside.get(SettingsDialog)
        if isinstance(page, SettingsDialog):
            page.show_badge(badge)

    def show_jobs(self, jobs: tuple[JobStatus, ...]) -> None:
        """What runs and waits, the running one first."""
        self._jobs.show_jobs(jobs)

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """What must be read, oldest first."""
        self._messages.show_messages(messages)

    def show_settings(self, settings: Settings) -> None:
        """The settings in force: theme, language and the dialog's fields follow."""
        self._settings = settings
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.choose(settings.theme)
            language.apply(app, settings.language)
        self._themes[settings.theme].setChecked(True)
        page = self._beside.get(SettingsDialog)
        if isinstance(page, SettingsDialog):
            page.show_settings(settings)

    def show_choices(self, choices: tuple[ProtocolChoice, ...]) -> None:
        """What is remembered for scanners' protocols, newest first."""
        self._choices = choices
        page = self._beside.get(SettingsDialog)
        if isinstance(page, SettingsDialog):
            page.show_choices(choices)

    # How the window was left

    def restore(self, state: WindowState) -> None:
        """Put the window where it was left, if a screen is still there."""
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        kept = state.geometry
        if kept is None:
            place = first_place(screens[0])
        else:
            place = clamped(QRect(kept.x, kept.y, kept.width, kept.height), screens)
        self.setMinimumSize(SMALLEST.boundedTo(place.size()))
        self.setGeometry(place)
        if state.maximised:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)
        for splitter in self._splitters():
            put_back(splitter, state.splitters.get(splitter.objectName(), ()))
        self._choice.last_folder = state.last_folder

    def state(self) -> WindowState:
        """How the window is left."""
        filling = self.isMaximized() or self.isFullScreen()
        place = self.normalGeometry() if filling else self.geometry()
        geometry = Geometry(x=place.x(), y=place.y(), width=place.width(), height=place.height())
        return WindowState(
            geometry=geometry,
            maximised=self.isMaximized(),
            splitters={
                each.objectName(): left for each in self._splitters() if (left := left_at(each))
            },
            last_folder=self._choice.last_folder,
        )

    def _splitters(self) -> list[QSplitter]:
        return [each for each in self.findChildren(QSplitter) if each.objectName()]

    # How it is built

    def _build(self) -> None:
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        inner = column(self._top_bar(), rule(), self._stack, gap=0)
        inner.setStretchFactor(self._stack, 1)
        self.setCentralWidget(holding(inner))
        self._messages = MessageBar(self._stack)
        self._messages.dismissed.connect(lambda n: self._tell(lambda g: g.dismiss_message(n)))
        self._messages.acted.connect(lambda n: self._tell(lambda g: g.act_on_message(n)))
        inner.addWidget(rule())
        inner.addWidget(self._bottom_bar())
        self._drop = DropHighlight(self._stack)
        self._take_all_drops()

    def _parts(self) -> list[QWidget]:
        """Menus, bars, pages and the lines between them: together all of the window."""
        whole = self.centralWidget()
        inside = [each for each in self.findChildren(QWidget) if each.parent() is whole]
        bars = [each for each in inside if each is not self._stack]
        return [self.menuBar(), *bars, *self._pages.values()]

    def _take_all_drops(self) -> None:
        """Text fields would write a dropped folder's path instead of opening it."""
        fields = (QLineEdit, QPlainTextEdit, QTextEdit)
        for field in (each for kind in fields for each in self.findChildren(kind)):
            field.setAcceptDrops(False)
            if isinstance(field, QAbstractScrollArea):
                field.viewport().setAcceptDrops(False)

    def _top_bar(self) -> QWidget:
        self._name = label(TITLE, "title")
        self._tabs = QTabBar()
        self._tabs.setDrawBase(False)
        self._tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._tabs.setIconSize(QSize(20, 20))
        for workspace in Workspace:
            self._tabs.addTab(icon(ICONS[workspace]), "")
        self._tabs.currentChanged.connect(self._choose_tab)
        self._patient = PatientHeaderLine()
        self._badge = ComputeBadgeButton()
        across = row(self._name, self._tabs, rule(vertical=True), self._patient, self._badge, gap=2)
        across.setContentsMargins(2 * SPACE, 0, SPACE, 0)
        across.setStretchFactor(self._patient, 1)
        bar = holding(across, panel=True)
        bar.setFixedHeight(TOP_HEIGHT)
        return bar

    def _bottom_bar(self) -> QWidget:
        self._banner = ElidedLabel(kind="small", mode=Qt.TextElideMode.ElideRight)
        set_role(self._banner, "tone", "caution")
        self._jobs = JobBar()
        self._jobs.stopped.connect(lambda n: self._tell(lambda g: g.cancel_job(n)))
        sign = IconLabel("flask-outline", 16, "caution")
        news = row(STRETCH, self._jobs, self._messages.line)
        news.setStretchFactor(self._jobs, 3)
        news.setStretchFactor(self._messages.line, 1)
        between = _Between()
        between.setLayout(news)
        across = row(sign, self._banner, between, self._messages.bell)
        across.setContentsMargins(2 * SPACE, 0, 2 * SPACE, 0)
        across.setStretchFactor(between, 1)
        bar = holding(across, panel=True)
        bar.setFixedHeight(BOTTOM_HEIGHT)
        return bar

    def _bind(self) -> None:
        bind = self.actions_table.bind
        bind("open_folder", lambda: self._open(self._choice.folder(self)))
        bind("open_file", lambda: self._open(self._choice.files(self)))
        bind("opened_folder", lambda: self._tell(lambda g: g.show_found()))
        bind("close_patient", lambda: self._tell(lambda g: g.close_patient())).setEnabled(False)
        bind("import_table", self.importing.choose)
        bind("back_up_library", self.keeping.back_up)
        bind("check_library", self.keeping.check)
        bind("restore_library", self.keeping.restore)
        bind("settings", self.open_settings)
        bind("quit", self.close).setMenuRole(QAction.MenuRole.QuitRole)
        together = QActionGroup(self)
        for workspace in Workspace:
            action = bind(workspace.value, partial(self._choose, workspace))
            action.setCheckable(True)
            together.addAction(action)
        bind("full_screen", self._toggle_full_screen)
        bind("keyboard", lambda: self._open_page(KeyboardPage, lambda: KeyboardPage(self)))
        bind("about", lambda: self._open_page(AboutPage, lambda: AboutPage(self._facts, self)))
        self.actions_table["settings"].setMenuRole(QAction.MenuRole.PreferencesRole)
        self.actions_table["about"].setMenuRole(QAction.MenuRole.AboutRole)

    def _fill_menus(self) -> None:
        table = self.actions_table
        places = (Place.FILE, Place.EDIT, Place.VIEW, Place.HELP)
        self._menus = {place: self.menuBar().addMenu("") for place in places}
        file, edit, view, guide = (self._menus[place] for place in places)
        edit.menuAction().setVisible(False)
        for names in (
            ("open_folder", "open_file", "opened_folder", "close_patient"),
            ("import_table",),
            ("back_up_library", "check_library", "restore_library"),
        ):
            file.addActions([table[name] for name in names])
            file.addSeparator()
        file.addAction(table["settings"])
        file.addSeparator()
        file.addAction(table["quit"])
        view.addActions([table[workspace.value] for workspace in Workspace])
        view.addSeparator()
        self._theme_menu = view.addMenu("")
        self._themes = self._theme_actions(self._theme_menu)
        view.addAction(table["full_screen"])
        guide.addActions([table["keyboard"], table["about"]])

    def offer_edits(self, *groups: Sequence[QAction]) -> None:
        """Fill the menu of what can be taken back; groups are set apart."""
        menu = self._menus[Place.EDIT]
        for group in groups:
            menu.addSeparator()
            menu.addActions(list(group))
        menu.menuAction().setVisible(True)

    def _theme_actions(self, menu: QMenu) -> dict[Theme, QAction]:
        together = QActionGroup(self)
        made = {choice: menu.addAction("") for choice in Theme}
        for choice, action in made.items():
            action.setCheckable(True)
            together.addAction(action)
            action.triggered.connect(partial(self._choose_theme, choice))
        return made

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.actions_table.retranslate()
        for place, menu in self._menus.items():
            menu.setTitle(f"&{shown(PLACE_TITLES[place])}")
        self._theme_menu.setTitle(self.tr("Theme"))
        words = (self.tr("As the system"), self.tr("Dark"), self.tr("Light"))
        for action, word in zip(self._themes.values(), words, strict=True):
            action.setText(word)
        for at, workspace in enumerate(Workspace):
            action = self.actions_table[workspace.value]
            self._tabs.setTabText(at, action.text())
            keys = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
            self._tabs.setTabToolTip(at, keys)
        self._tabs.setAccessibleName(self.tr("Workspaces"))
        simulated = self.tr("Models trained on simulated MRI.")
        self._banner.show_words(f"{core_sentence(RESEARCH_ONLY)} {simulated}")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    # What the clinician does

    def open_settings(self) -> None:
        """Bring the settings' page to the front."""
        page = self._open_page(SettingsDialog, self._made_settings)
        if isinstance(page, SettingsDialog):
            page.show_settings(self._settings)
            page.show_badge(self._badge_shown)
            page.show_choices(self._choices)
            self._tell(lambda g: g.list_choices())

    def _made_settings(self) -> SettingsDialog:
        page = SettingsDialog(self._facts, self)
        page.changed.connect(lambda new: self._tell(lambda g: g.change_settings(new)))
        page.forgotten.connect(lambda uid: self._tell(lambda g: g.forget_choice(uid)))
        page.folders_forgotten.connect(lambda: self._tell(lambda g: g.forget_folders()))
        return page

    def _open_page(self, kind: type[Page], make: Callable[[], Page]) -> Page:
        page = self._beside.get(kind)
        if page is None:
            page = self._beside[kind] = make()
        page.show()
        page.raise_()
        page.activateWindow()
        return page

    def _choose_tab(self, at: int) -> None:
        self._choose(list(Workspace)[at])

    def _choose(self, workspace: Workspace) -> None:
        """Ask for a workspace; the tab stays where the controller lets it."""
        self._tell(lambda g: g.choose_workspace(workspace))
        self._mark_workspace()

    def _choose_theme(self, choice: Theme, _checked: bool = False) -> None:
        self._themes[self._settings.theme].setChecked(True)
        wanted = self._settings.model_copy(update={"theme": choice})
        self._tell(lambda g: g.change_settings(wanted))

    def _open(self, paths: Sequence[Path]) -> None:
        if paths:
            self._tell(lambda g: g.open_paths(paths))

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _tell(self, told: Callable[[ShellGestures], None]) -> None:
        if self._gestures is not None:
            told(self._gestures)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground behind everything."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().colour("window"))
        painter.end()

    def childEvent(self, event: QChildEvent) -> None:
        """Dress dialogs as the window, whoever makes them."""
        super().childEvent(event)
        if event.polished():
            child = event.child()
            if isinstance(child, QWidget) and child.isWindow():
                theme.dress(child)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show that folders and files may be dropped."""
        if local_paths(event.mimeData()) and take_copy(event):
            self._drop.show_over(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on saying so; the keys held, and with them the proposal, may change meanwhile."""
        if local_paths(event.mimeData()):
            take_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Show it no longer."""
        self._drop.show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self._drop.show_over(False)
        paths = local_paths(event.mimeData())
        if paths and take_copy(event):
            self._open(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close only where nothing would be lost."""
        for page in self._beside.values():
            page.close()  # what is still being typed there is kept
        if self._may_close():
            event.accept()
        else:
            event.ignore()

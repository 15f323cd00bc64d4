"""Above the picture: which series it is, what the left button does, windows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget, QWidgetAction

from app.state import SeriesFacts, SeriesTab, Tool, WindowPreset
from app.theme import HALF, SPACE, icon
from app.views.labels import ElidedLabel, core_words, plain_tip
from app.views.layouts import emptied, row
from app.views.person_words import BETWEEN
from app.views.translated import TranslatedWidget
from app.views.window_fields import WindowFields
from hipdesk.records import Side
from hipdesk.wording import CONTRAST_WORDS

LEAST_FACTS = 15 * SPACE
"""So much of the series, and its contrast and size, are shown before the windows' button has
words."""

TOOL_ICONS = {
    Tool.WINDOW: "contrast-circle",
    Tool.MOVE_CROP: "arrow-all",
    Tool.PLACE_RIGHT: "crosshairs",
    Tool.PLACE_LEFT: "crosshairs",
}


class ReadingBar(TranslatedWidget):
    """Series, tools, window presets; tells gestures only."""

    seriesChosen = Signal(str)
    toolChosen = Signal(object)
    presetChosen = Signal(int)
    fitAsked = Signal()
    cineToggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: SeriesFacts | None = None
        self._tabs: tuple[SeriesTab, ...] = ()
        self._main = ""
        self._tool = Tool.WINDOW
        self._presets: tuple[WindowPreset, ...] = ()
        self._running = False
        self.facts = ElidedLabel(kind="muted", mode=Qt.TextElideMode.ElideRight)
        self.series = QHBoxLayout()
        self.tools = {tool: _button(TOOL_ICONS[tool], checkable=True) for tool in TOOL_ICONS}
        for tool in (Tool.PLACE_RIGHT, Tool.PLACE_LEFT):
            self.tools[tool].setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.presets = _button("brightness-6")
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presets.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.preset_menu = QMenu(self)
        self.presets.setMenu(self.preset_menu)
        self.window_fields = WindowFields()
        self._typed = QWidgetAction(self)
        self._typed.setDefaultWidget(self.window_fields)
        self.cine = _button("play", checkable=True)
        self.fit = _button("fit-to-screen-outline")
        self._lay_out()
        self._connect()
        self._fill_menu()
        self.retranslate()

    def _lay_out(self) -> None:
        self.series.setSpacing(HALF)
        tools = row(*self.tools.values(), gap=HALF / SPACE)
        layout = row(self.series, self.facts, tools, self.presets, self.cine, self.fit)
        layout.setStretchFactor(self.facts, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        for tool, button in self.tools.items():
            button.clicked.connect(lambda _checked=False, tool=tool: self._choose(tool))
        self.cine.clicked.connect(self._run)
        self.fit.clicked.connect(self.fitAsked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the series could not be told, the windows' button speaks by its icon."""
        super().resizeEvent(event)
        self._choose_style()

    def _choose_style(self) -> None:
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        others = sum(
            each.sizeHint().width() + SPACE
            for each in (*self.findChildren(QPushButton), *self.findChildren(QToolButton))
            if each.isVisibleTo(self) and each is not self.presets
        )
        words = self.fontMetrics().horizontalAdvance(self.presets.text()) + 7 * SPACE
        facts = self.fontMetrics().horizontalAdvance(self._main) + SPACE
        if self.width() - others - words < max(facts, LEAST_FACTS):
            style = Qt.ToolButtonStyle.ToolButtonIconOnly
        self.presets.setToolButtonStyle(style)

    def show_series(self, facts: SeriesFacts, tabs: tuple[SeriesTab, ...]) -> None:
        """The series on screen, and those that could be."""
        if facts != self._facts:
            self._facts = facts
            self._say_facts()
            self._choose_style()
        if tabs != self._tabs:
            self._tabs = tabs
            self._fill_tabs()
            self._choose_style()

    def show_tool(self, tool: Tool) -> None:
        """What the left button does."""
        self._tool = tool
        self._sync()

    def show_presets(self, presets: tuple[WindowPreset, ...]) -> None:
        """The named windows."""
        if presets != self._presets:
            self._presets = presets
            self._fill_menu()

    def _fill_menu(self) -> None:
        self.preset_menu.clear()
        fill_presets(self.preset_menu, self._presets, self.presetChosen.emit)
        self.preset_menu.addSeparator()
        self.preset_menu.addAction(self._typed)

    def show_running(self, running: bool) -> None:
        """Whether slices go on by themselves."""
        self._running = running
        self._sync()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.presets.setText(self.tr("Window"))
        self.presets.setAccessibleName(self.tr("Window"))
        self.presets.setToolTip(self.tr("Window presets (keys 1 to 5)"))
        self.fit.setAccessibleName(self.tr("Reset zoom and pan"))
        self.fit.setToolTip(self.tr("Reset zoom and pan (R)"))
        self.cine.setAccessibleName(self.tr("Run through the slices"))
        self.cine.setToolTip(self.tr("Run through the slices (C)"))
        self.tools[Tool.PLACE_RIGHT].setText(self.tr("R"))
        self.tools[Tool.PLACE_LEFT].setText(self.tr("L"))
        for tool, words in (
            (Tool.WINDOW, self.tr("Set the window by dragging")),
            (Tool.MOVE_CROP, self.tr("Move a hip's crop by its frame (M)")),
            (Tool.PLACE_RIGHT, self.tr("Place the right femoral head by a click")),
            (Tool.PLACE_LEFT, self.tr("Place the left femoral head by a click")),
        ):
            self.tools[tool].setAccessibleName(words)
            self.tools[tool].setToolTip(words)
        self._say_facts()
        self._fill_tabs()
        self._choose_style()

    def _say_facts(self) -> None:
        facts = self._facts
        if facts is None:
            return
        between, rows, columns = facts.spacing_mm
        contrast = core_words(CONTRAST_WORDS[facts.contrast])
        size = self.tr("{0} slices, {1} × {2} × {3} mm").format(
            facts.slices, f"{rows:.2f}", f"{columns:.2f}", f"{between:.1f}"
        )
        self._main = f"{contrast}{BETWEEN}{size}"
        named = [facts.description] if facts.description else []
        self.facts.show_words(BETWEEN.join([self._main, *named]))

    def _fill_tabs(self) -> None:
        emptied(self.series)
        for tab in self._tabs if len(self._tabs) > 1 else ():
            button = QPushButton(self._hips_of(tab))
            button.setCheckable(True)
            button.setChecked(tab.shown)
            button.setToolTip(plain_tip(tab.description))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, key=tab.key: self._choose_series(key))
            self.series.addWidget(button)

    def _choose_series(self, key: str) -> None:
        self.seriesChosen.emit(key)
        for at, tab in enumerate(self._tabs):
            item = self.series.itemAt(at)
            button = None if item is None else item.widget()
            if isinstance(button, QPushButton):
                button.setChecked(tab.shown)

    def _hips_of(self, tab: SeriesTab) -> str:
        if tab.sides == (Side.RIGHT,):
            return self.tr("Right hip")
        if tab.sides == (Side.LEFT,):
            return self.tr("Left hip")
        return tab.description or self.tr("Series")

    def _choose(self, tool: Tool) -> None:
        """Take a tool up; the one in hand is put down."""
        self.toolChosen.emit(Tool.WINDOW if tool is self._tool else tool)
        self._sync()

    def _run(self) -> None:
        self.cineToggled.emit()
        self._sync()

    def _sync(self) -> None:
        for tool, button in self.tools.items():
            button.setChecked(tool is self._tool)
        self.cine.setChecked(self._running)
        self.cine.setIcon(icon("pause" if self._running else "play"))


def fill_presets(
    menu: QMenu, presets: tuple[WindowPreset, ...], choose: Callable[[int], None]
) -> None:
    """Add the named windows with their keys to a menu."""
    for preset in presets:
        action = menu.addAction(f"{preset.number}   {preset.name}")
        action.triggered.connect(lambda _checked=False, number=preset.number: choose(number))


def _button(icon_name: str, checkable: bool = False) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button

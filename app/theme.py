"""Colours, type, spacing and icons of the window.

A dark, neutral reading room by default; light where the system or the user
asks, high contrast where the system does. Image areas are black in all of them. Masks are drawn
in the colours of `hipdesk.overlay`, which no theme changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from string import Template
from typing import Final
from weakref import WeakSet

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from hipdesk.overlay import LINE_STYLES
from hipdesk.paths import resources_dir
from hipdesk.records import SegmentClass
from hipdesk.settings import Theme

SPACE: Final = 8
"""Every distance is a multiple of this, in device-independent pixels."""

HALF: Final = SPACE // 2
"""The one exception: between a mark and its word."""

SMALL_PX: Final = 12
BODY_PX: Final = 14
LARGE_PX: Final = 20

ICON_PX: Final = 16
BESIDE_WORDS: Final = (24, ICON_PX)
"""Size of an icon before a button's words: it carries its own distance from them."""

ROW: Final = 4 * SPACE
"""Height of buttons and fields."""

FAMILIES: Final = ("Noto Sans", "Droid Sans Fallback", "NanumSquare")
"""The report's type: one family, and the bundled letters that it lacks."""

FONT_FILES: Final = (
    "NotoSans-Regular.ttf",
    "NotoSans-Bold.ttf",
    "NanumSquareR.ttf",
    "DroidSansFallbackFull.ttf",
)

STYLE_SHEET: Final = "window.qss"
ICON_FONT: Final = "materialdesignicons6-webfont"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme, as ``#rrggbb``.

    Attributes
    ----------
    window, panel, raised, hover : grounds, from the back to the front
    image : behind pictures
    line : between areas; decoration only
    border : of controls, at least 3:1 against the grounds
    text, muted : letters, at least 4.5:1 against every ground
    accent, on_accent : ground and letters of the primary button
    accent_hover : the same under the pointer
    link : accent as letters or a thin mark on a ground
    selected : ground of the chosen row or tab, under ``text``
    focus : ring around what has the keyboard
    good, caution, danger : letters and icons
    good_ground, caution_ground, danger_ground, note_ground : behind ``text``
    """

    name: str
    dark: bool
    window: str
    panel: str
    raised: str
    hover: str
    image: str
    line: str
    border: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    link: str
    selected: str
    focus: str
    good: str
    caution: str
    danger: str
    good_ground: str
    caution_ground: str
    danger_ground: str
    note_ground: str

    @property
    def grounds(self) -> tuple[str, ...]:
        """Everything that ordinary letters may stand on."""
        return self.window, self.panel, self.raised, self.hover, self.selected

    def colour(self, role: str) -> QColor:
        """One of the colours by its attribute's name."""
        return QColor(getattr(self, role))


DARK: Final = Palette(
    name="dark",
    dark=True,
    window="#0d0e10",
    panel="#15171a",
    raised="#1e2125",
    hover="#272b30",
    image="#000000",
    line="#2a2e33",
    border="#737b85",
    text="#e9ebee",
    muted="#a9b0b8",
    accent="#5566d6",
    accent_hover="#4757c4",
    on_accent="#ffffff",
    link="#aab6ff",
    selected="#2a3052",
    focus="#aab6ff",
    good="#7fd1ae",
    caution="#f2bd55",
    danger="#ff9a8f",
    good_ground="#12291f",
    caution_ground="#30260f",
    danger_ground="#361a18",
    note_ground="#1e2340",
)

LIGHT: Final = Palette(
    name="light",
    dark=False,
    window="#e6e8eb",
    panel="#f3f4f6",
    raised="#ffffff",
    hover="#e9ebee",
    image="#000000",
    line="#d3d7dc",
    border="#767d87",
    text="#16181b",
    muted="#4d545d",
    accent="#4250b8",
    accent_hover="#36439f",
    on_accent="#ffffff",
    link="#36439f",
    selected="#dde1fb",
    focus="#4250b8",
    good="#0b5f45",
    caution="#7a4a00",
    danger="#a3211a",
    good_ground="#dff3ea",
    caution_ground="#fdf0d3",
    danger_ground="#fde4e1",
    note_ground="#e3e7fd",
)

HIGH_CONTRAST: Final = Palette(
    name="high_contrast",
    dark=True,
    window="#000000",
    panel="#000000",
    raised="#000000",
    hover="#262626",
    image="#000000",
    line="#ffffff",
    border="#ffffff",
    text="#ffffff",
    muted="#ffffff",
    accent="#ffe14d",
    accent_hover="#fff0a0",
    on_accent="#000000",
    link="#ffe14d",
    selected="#3d3400",
    focus="#ffe14d",
    good="#7dffc8",
    caution="#ffe14d",
    danger="#ffb3ab",
    good_ground="#000000",
    caution_ground="#000000",
    danger_ground="#000000",
    note_ground="#000000",
)

PALETTES: Final = (DARK, LIGHT, HIGH_CONTRAST)


_CHOSEN: Final = {Theme.DARK: DARK, Theme.LIGHT: LIGHT}

_SCHEMES: Final = {
    Theme.SYSTEM: Qt.ColorScheme.Unknown,
    Theme.DARK: Qt.ColorScheme.Dark,
    Theme.LIGHT: Qt.ColorScheme.Light,
}


def palette_for(choice: Theme, scheme: Qt.ColorScheme, high_contrast: bool) -> Palette:
    """Colours for a choice; the system's wish counts where the choice leaves it to it.

    Parameters
    ----------
    scheme : the system's; a reading room is dark where the system says nothing
    high_contrast : the system asks for it
    """
    if choice is not Theme.SYSTEM:
        return _CHOSEN[choice]
    if high_contrast:
        return HIGH_CONTRAST
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


class _Keeper(QObject):
    """Holds the theme in force as a child of the application.

    A new style sheet for the application makes Qt style each widget as often as it
    lies deep in its window: 0.25 s for 480 of them. Parts of a window with a sheet
    each are styled once, one part a turn of the event loop; what is in sight comes
    first, and is painted when all of it is done.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = Theme.SYSTEM
        self._whole = True
        self._sheet = ""
        self._parts: WeakSet[QWidget] = WeakSet()
        self._held: list[QWidget] = []
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._dress_next)
        self.palette: Palette | None = None
        load_fonts()
        _icons()
        app.setStyle("Fusion")
        app.setFont(font())
        app.styleHints().colorSchemeChanged.connect(self._follow)
        hints = _contrast_hints(app)
        if hints is not None:
            hints.contrastPreferenceChanged.connect(self._follow)  # type: ignore[attr-defined]

    def choose(self, choice: Theme) -> None:
        self._choice = choice
        self._app.styleHints().setColorScheme(_SCHEMES[self._choice])
        self._follow()

    def style(self, whole: bool) -> None:
        """Style the application, or only the parts."""
        self._whole = whole
        wanted = self._sheet if whole else ""
        if self._app.styleSheet() != wanted:
            self._app.setStyleSheet(wanted)

    def dress(self, part: QWidget) -> None:
        self._parts.add(part)
        if not self._whole and part.styleSheet() != self._sheet:
            part.setStyleSheet(self._sheet)

    def _follow(self) -> None:
        hints = self._app.styleHints()
        palette = palette_for(self._choice, hints.colorScheme(), _wants_contrast(self._app))
        if palette is self.palette:
            return
        self.palette = palette
        self._sheet = style_sheet(palette)
        self._app.setPalette(qt_palette(palette))
        self.style(self._whole)
        self._hold()
        self._later.start()
        self.changed.emit(palette)

    def _undressed(self) -> list[QWidget]:
        """Parts that are still in another theme."""
        living = [part for part in self._parts if isValid(part)]
        return [] if self._whole else [each for each in living if each.styleSheet() != self._sheet]

    def _dress_next(self) -> None:
        """One part a turn, so that the window answers in between."""
        waiting = self._undressed()
        seen = [part for part in waiting if part.isVisible()]
        if self._held and not seen:
            self._let_go()
        elif waiting:
            self.dress((seen or waiting)[0])
        else:
            return
        self._later.start()

    def _hold(self) -> None:
        """Paint no window that is partly in one theme and partly in the other."""
        seen = {part.window() for part in self._undressed() if part.isVisible()}
        for window in seen.difference(self._held):
            window.setUpdatesEnabled(False)
            self._held.append(window)

    def _let_go(self) -> None:
        """Paint again; Qt has dropped what it was asked for meanwhile, of a new size, too."""
        for window in filter(isValid, self._held):
            window.setUpdatesEnabled(True)
            window.repaint()
        self._held = []


def _contrast_hints(app: QApplication) -> QObject | None:
    """The system's wishes on contrast; Qt tells them from 6.10 on."""
    accessibility = getattr(app.styleHints(), "accessibility", None)
    return None if accessibility is None else accessibility()


def _wants_contrast(app: QApplication) -> bool:
    hints = _contrast_hints(app)
    if hints is None:
        return False
    return bool(hints.contrastPreference() == Qt.ContrastPreference.HighContrast)  # type: ignore[attr-defined]


def _keeper() -> _Keeper | None:
    app = QApplication.instance()
    return None if app is None else app.findChild(_Keeper)


def apply(app: QApplication, choice: Theme, whole: bool = True) -> None:
    """Show the program in a theme, and follow the system where it says so.

    Parameters
    ----------
    whole : style all that there is; False: only what is handed to `dress`
    """
    keeper = _keeper() or _Keeper(app)
    keeper.choose(choice)
    keeper.style(whole)


def choose(choice: Theme) -> None:
    """Show another theme; nothing before `apply`."""
    keeper = _keeper()
    if keeper is not None:
        keeper.choose(choice)


def dress(part: QWidget) -> None:
    """Style a part of a window with all that lies in it, now and in every new theme.

    Nothing above or in a part may be a part itself.
    """
    keeper = _keeper()
    if keeper is not None:
        keeper.dress(part)


def current() -> Palette:
    """The colours in force; dark before `apply`."""
    keeper = _keeper()
    return DARK if keeper is None or keeper.palette is None else keeper.palette


def on_change(slot: Callable[[Palette], object]) -> None:
    """Tell a slot of every new theme from now on; nothing before `apply`.

    For what paints itself: widgets that only use the style sheet need nothing,
    and get ``QEvent.StyleChange`` besides. Qt drops the slot with its object.
    """
    keeper = _keeper()
    if keeper is not None:
        keeper.changed.connect(slot)


def qt_palette(palette: Palette) -> QPalette:
    """The same colours for what Qt's own style draws."""
    roles = QPalette.ColorRole
    told = QPalette()
    for role, name in (
        (roles.Window, "panel"),
        (roles.WindowText, "text"),
        (roles.Base, "raised"),
        (roles.AlternateBase, "panel"),
        (roles.ToolTipBase, "raised"),
        (roles.ToolTipText, "text"),
        (roles.Text, "text"),
        (roles.Button, "raised"),
        (roles.ButtonText, "text"),
        (roles.BrightText, "on_accent"),
        (roles.PlaceholderText, "muted"),
        (roles.Highlight, "selected"),
        (roles.HighlightedText, "text"),
        (roles.Link, "link"),
        (roles.LinkVisited, "link"),
        (roles.Accent, "accent"),
        (roles.Mid, "line"),
        (roles.Dark, "border"),
    ):
        told.setColor(role, palette.colour(name))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        told.setColor(QPalette.ColorGroup.Disabled, role, palette.colour("border"))
    return told


def style_sheet(palette: Palette) -> str:
    """The window's style sheet in a theme's colours."""
    words = Template((resources_dir() / "style" / STYLE_SHEET).read_text(encoding="utf-8"))
    colours = {field.name: str(getattr(palette, field.name)) for field in fields(palette)}
    sizes = {
        "small_px": f"{SMALL_PX}px",
        "body_px": f"{BODY_PX}px",
        "large_px": f"{LARGE_PX}px",
        "icons": (resources_dir() / "icons").as_posix(),
        **_focus_sizes(3 if palette is HIGH_CONTRAST else 2),
    }
    return words.substitute(colours, **sizes)


def _focus_sizes(width: int) -> dict[str, str]:
    """A focus ring is wider than a border; what is inside gives way, so that nothing moves."""
    more = width - 1
    return {
        "focus_width": f"{width}px",
        "focused_x": f"{2 * SPACE - more}px",
        "focused_tool_x": f"{SPACE - 1 - more}px",
        "focused_text": f"{HALF - 1 - more}px",
        "focused_height": f"{ROW - 2 - 2 * more}px",
        "focused_compact": f"{3 * SPACE - 2 - 2 * more}px",
    }


# Type


@lru_cache(maxsize=1)
def load_fonts() -> tuple[str, ...]:
    """Register the bundled fonts; the families that came with them."""
    folder = resources_dir() / "fonts"
    numbers = (QFontDatabase.addApplicationFont(str(folder / name)) for name in FONT_FILES)
    return tuple(
        family
        for number in numbers
        if number >= 0
        for family in QFontDatabase.applicationFontFamilies(number)
    )


def font(px: int = BODY_PX, bold: bool = False) -> QFont:
    """The program's type in one of its three sizes, digits of equal width."""
    made = QFont(list(FAMILIES))
    made.setPixelSize(px)
    made.setBold(bold)
    if hasattr(made, "setFeature"):
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


# Masks


def mask_colour(name: SegmentClass) -> QColor:
    """A class' colour, the same on paper and in every theme."""
    return QColor(*LINE_STYLES[name].colour)


# Style sheet properties


def set_role(widget: QWidget, role: str, value: str | bool = True) -> None:
    """Give a widget a property that the style sheet knows, and style it anew.

    ``primary`` buttons (one a workspace), ``quiet``, ``compact`` buttons, those
    with a ``menu``, the ``line`` and the ``bell`` of messages; ``panel`` and ``card`` frames
    (``current`` marks one card), ``image`` areas, ``rule`` lines; labels with
    ``kind`` = ``title | section | strong | muted | small``, or ``chip``; labels with
    ``tone`` and frames with ``ground`` = ``good | caution | danger | note``.
    """
    if widget.property(role) == value:
        return
    widget.setProperty(role, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def make_primary(button: QWidget, primary: bool = True) -> None:
    """Make a button the one that a workspace is about, or an ordinary one."""
    set_role(button, "primary", primary)


# Icons


class _GlyphEngine(QIconEngine):
    """Draws an icon font's letter in the colours in force, so that icons follow the theme."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        letter, glyphs = _glyph(self._name)
        role = "border" if mode == QIcon.Mode.Disabled else self._role
        glyphs.setPixelSize(max(min(rect.width(), rect.height()), 1))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setPen(current().colour(role))
        painter.setFont(glyphs)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, letter)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._name, self._role)


@lru_cache(maxsize=1)
def _icons() -> tuple[str, dict[str, str]]:
    """Family of the icon font, and each icon's code in it; nothing is fetched.

    They come with qtawesome, which itself would first check and load all of its
    fonts, in the middle of the window's first picture.
    """
    import qtawesome

    folder, files = qtawesome.get_fonts_info()
    file = Path(folder, next(each for each in files if each.startswith(ICON_FONT)))
    codes = file.with_name(file.name.replace(ICON_FONT, f"{ICON_FONT}-charmap"))
    family, *_ = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))
    return family, json.loads(codes.with_suffix(".json").read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _glyph(name: str) -> tuple[str, QFont]:
    """An icon's letter and its font."""
    family, codes = _icons()
    made = QFont(family)
    made.setPixelSize(BODY_PX)
    return chr(int(codes[name], 16)), made


@cache
def icon(name: str, role: str = "text") -> QIcon:
    """An icon that follows the theme; one object for all who ask, kept for ever.

    Its engine is Python's, and Qt deletes it with the last copy of the icon:
    Python's collector, meeting it then, would free it a second time.

    Parameters
    ----------
    name : in the Material Design set of qtawesome, e.g. ``folder-open-outline``
    role : name of a colour of `Palette`
    """
    return QIcon(_GlyphEngine(name, role))

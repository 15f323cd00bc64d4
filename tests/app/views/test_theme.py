"""The theme: legible in every palette, one type, icons that follow."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
import qtawesome
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QRawFont
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from hipdesk.overlay import LINE_STYLES
from hipdesk.records import SegmentClass
from hipdesk.settings import Theme


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.1, definition of relative luminance."""
    rgb = QColor(colour)
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (rgb.redF(), rgb.greenF(), rgb.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0, abs=0.01)


@pytest.fixture(params=theme.PALETTES, ids=lambda palette: palette.name)
def palette(request: pytest.FixtureRequest) -> theme.Palette:
    return request.param


def test_letters_are_legible(palette: theme.Palette) -> None:
    for ground in palette.grounds:
        for letters in (palette.text, palette.muted, palette.link):
            assert contrast(letters, ground) >= 4.5, (letters, ground)
    for button in (palette.accent, palette.accent_hover):
        assert contrast(palette.on_accent, button) >= 4.5


def test_tones_are_legible_on_panels_and_on_their_own_ground(palette: theme.Palette) -> None:
    for tone in ("good", "caution", "danger"):
        letters, ground = getattr(palette, tone), getattr(palette, f"{tone}_ground")
        for behind in (palette.window, palette.panel, palette.raised, ground):
            assert contrast(letters, behind) >= 4.5, tone
        assert contrast(palette.text, ground) >= 4.5
    assert contrast(palette.text, palette.note_ground) >= 4.5


def test_controls_and_focus_stand_out(palette: theme.Palette) -> None:
    for ground in (palette.window, palette.panel, palette.raised):
        assert contrast(palette.border, ground) >= 3.0
        assert contrast(palette.focus, ground) >= 3.0


def test_images_lie_on_black_in_every_theme(palette: theme.Palette) -> None:
    assert palette.image == "#000000"


@pytest.mark.parametrize(
    ("choice", "scheme", "high_contrast", "expected"),
    [
        (Theme.SYSTEM, Qt.ColorScheme.Unknown, False, theme.DARK),
        (Theme.SYSTEM, Qt.ColorScheme.Dark, False, theme.DARK),
        (Theme.SYSTEM, Qt.ColorScheme.Light, False, theme.LIGHT),
        (Theme.SYSTEM, Qt.ColorScheme.Light, True, theme.HIGH_CONTRAST),
        (Theme.LIGHT, Qt.ColorScheme.Dark, True, theme.LIGHT),
        (Theme.DARK, Qt.ColorScheme.Light, False, theme.DARK),
    ],
)
def test_palette_follows_the_choice_then_the_system(
    choice: Theme, scheme: Qt.ColorScheme, high_contrast: bool, expected: theme.Palette
) -> None:
    assert theme.palette_for(choice, scheme, high_contrast) is expected


def test_style_sheet_has_every_colour_filled_in(palette: theme.Palette) -> None:
    sheet = theme.style_sheet(palette)
    assert "$" not in sheet
    assert palette.accent in sheet


def test_style_sheet_names_no_colour_of_its_own(palette: theme.Palette) -> None:
    known = {getattr(palette, field.name) for field in fields(palette)}
    assert set(re.findall(r"#[0-9a-f]{6}", theme.style_sheet(palette))) <= known


def test_masks_have_the_papers_colours() -> None:
    for name in SegmentClass:
        assert theme.mask_colour(name).getRgb()[:3] == LINE_STYLES[name].colour
    assert theme.mask_colour(SegmentClass.BME).name() == "#e69f00"


def test_choosing_a_theme_changes_the_application(qtbot: QtBot, qapp: QApplication) -> None:
    seen: list[theme.Palette] = []
    theme.apply(qapp, Theme.DARK)
    theme.on_change(seen.append)
    theme.apply(qapp, Theme.DARK)
    assert seen == []
    theme.apply(qapp, Theme.LIGHT)
    assert seen == [theme.LIGHT]
    assert theme.current() is theme.LIGHT
    assert qapp.palette().window().color().name() == theme.LIGHT.panel


# Parts of a window


class Restyled(QObject):
    """Counts how often a widget is styled anew."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.times = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.StyleChange
        return False


@pytest.fixture
def parted(qapp: QApplication) -> Iterator[None]:
    """Only parts are styled, as in the program."""
    theme.apply(qapp, Theme.DARK, whole=False)
    yield
    theme.apply(qapp, Theme.DARK)


def muted() -> QLabel:
    words = QLabel("Words")
    theme.set_role(words, "kind", "muted")
    return words


def letters(widget: QWidget) -> str:
    return widget.palette().windowText().color().name()


def test_parts_change_one_a_turn_what_is_in_sight_first_and_painted_when_done(
    qtbot: QtBot, qapp: QApplication, parted: None
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    parts = [muted() for _ in range(6)]
    for part in parts:
        part.setParent(window)
        theme.dress(part)
    seen, hidden = parts[:3], parts[3:]
    for part in hidden:
        part.hide()
    window.show()
    assert {letters(part) for part in seen} == {theme.DARK.muted}
    theme.choose(Theme.LIGHT)
    light, states = theme.style_sheet(theme.LIGHT), []
    while not states or states[-1][:2] != (3, 3):
        done = [sum(part.styleSheet() == light for part in kind) for kind in (seen, hidden)]
        states.append((*done, window.updatesEnabled()))
        qapp.processEvents()
    held = [(number, 0, False) for number in range(4)]
    assert list(dict.fromkeys(states)) == held + [(3, number, True) for number in range(4)]
    assert {letters(part) for part in seen} == {theme.LIGHT.muted}
    assert qapp.styleSheet() == ""


def test_a_window_is_painted_again_though_another_theme_comes_meanwhile(
    qtbot: QtBot, qapp: QApplication, parted: None
) -> None:
    words = muted()
    qtbot.addWidget(words)
    theme.dress(words)
    words.show()
    theme.choose(Theme.LIGHT)
    theme.choose(Theme.DARK)
    qtbot.waitUntil(words.updatesEnabled)
    assert letters(words) == theme.DARK.muted


def test_a_window_that_grows_as_the_theme_changes_is_painted_whole(
    qtbot: QtBot, parted: None
) -> None:
    part = QFrame(objectName="page")
    part.setAutoFillBackground(True)
    qtbot.addWidget(part)
    theme.dress(part)
    part.resize(300, 200)
    with qtbot.waitExposed(part):
        part.show()
    part.resize(600, 400)
    theme.choose(Theme.LIGHT)
    qtbot.waitUntil(lambda: corner(part) == theme.LIGHT.panel, timeout=2000)


def corner(part: QWidget) -> str:
    """Colour that the screen shows in a window's lower right corner."""
    shown = part.screen().grabWindow(part.winId()).toImage()
    return shown.pixelColor(part.rect().bottomRight() - QPoint(3, 3)).name()


def test_a_part_that_is_gone_is_not_styled(qtbot: QtBot, qapp: QApplication, parted: None) -> None:
    gone, kept = muted(), muted()
    qtbot.addWidget(kept)
    theme.dress(gone)
    theme.dress(kept)
    gone.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    kept.show()
    theme.choose(Theme.LIGHT)
    qtbot.waitUntil(lambda: letters(kept) == theme.LIGHT.muted)


def test_what_lies_deep_in_a_part_is_not_styled_for_every_layer_above_it(
    qtbot: QtBot, parted: None
) -> None:
    part = QFrame()
    inner: QWidget = part
    for _ in range(12):
        inner = QFrame(inner)
    words = QLabel("Words", inner)
    qtbot.addWidget(part)
    theme.dress(part)
    part.show()
    watch = Restyled(words)
    theme.choose(Theme.LIGHT)
    qtbot.waitUntil(lambda: letters(words) == theme.LIGHT.text)
    assert watch.times <= 2


def test_the_whole_application_can_be_styled_again(
    qtbot: QtBot, qapp: QApplication, parted: None
) -> None:
    words = muted()
    qtbot.addWidget(words)
    theme.apply(qapp, Theme.LIGHT, whole=True)
    words.ensurePolished()
    assert letters(words) == theme.LIGHT.muted


def test_type_is_the_bundled_one_with_equal_digits(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK)
    label = QLabel("0")
    qtbot.addWidget(label)
    label.ensurePolished()
    assert label.fontInfo().family() == "Noto Sans"
    metrics = QFontMetrics(label.font())
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
    assert all(QRawFont.fromFont(label.font()).supportsCharacter(ord(letter)) for letter in "Äжς")


def test_chinese_and_korean_letters_are_bundled(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK)
    for family, letters in (("Droid Sans Fallback", "张髋鑫"), ("NanumSquare", "김")):
        raw = QRawFont.fromFont(QFont(family))
        assert raw.familyName() == family
        assert all(raw.supportsCharacter(ord(letter)) for letter in letters)


def test_icons_are_drawn_offline_in_the_themes_colour(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK)
    drawn = theme.icon("folder-open-outline")
    dark = drawn.pixmap(QSize(24, 24)).toImage()
    theme.apply(qapp, Theme.LIGHT)
    light = drawn.pixmap(QSize(24, 24)).toImage()
    for image, palette in ((dark, theme.DARK), (light, theme.LIGHT)):
        inked = [
            image.pixelColor(x, y).name()
            for x in range(24)
            for y in range(24)
            if image.pixelColor(x, y).alpha() == 255
        ]
        assert len(inked) > 20
        assert set(inked) == {palette.text}


def test_no_other_font_of_qtawesome_is_loaded_for_an_icon(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_fonts() -> None:
        raise AssertionError

    monkeypatch.setattr(qtawesome, "_instance", all_fonts)
    theme._glyph.cache_clear()
    letter, letters = theme._glyph("folder-open-outline")
    assert letters.family() == "Material Design Icons"
    assert QRawFont.fromFont(letters).supportsCharacter(ord(letter))


def test_a_primary_button_is_marked_once(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK)
    button = QPushButton("Open")
    qtbot.addWidget(button)
    theme.make_primary(button)
    button.resize(button.sizeHint())
    picture = button.grab().toImage()
    assert picture.pixelColor(6, picture.height() // 2).name() == theme.DARK.accent


def test_replaced_icons_are_not_freed_twice(qapp: QApplication) -> None:
    """An icon's engine is Python's and Qt deletes it: the collector must never meet it too."""
    first = theme.icon("check", "good")
    for _ in range(20):
        shown = QPushButton()
        for name in ("check", "close", "undo-variant"):
            shown.setIcon(theme.icon(name, "good"))
        shown.icon().pixmap(16, 16)
        shown.deleteLater()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        del shown
        gc.collect()
    assert theme.icon("check", "good") is first

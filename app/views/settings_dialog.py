"""Preferences: every change applies at once and is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.language import available
from app.state import ComputeBadge
from app.theme import SPACE
from app.views.about import Page, ProgramFacts, model_lines
from app.views.choice_list import ChoiceList
from app.views.compute_badge import badge_details
from app.views.labels import ElidedLabel, label
from app.views.layouts import STRETCH, row
from hipdesk.ports import ProtocolChoice
from hipdesk.records import Provider
from hipdesk.review import LONGEST_NAME
from hipdesk.settings import Language, Settings, Theme

NAMES_WIDTH = 18 * SPACE
INDENT = NAMES_WIDTH + 2 * SPACE


class SettingsDialog(Page):
    """The settings in force, each in a field.

    Parameters
    ----------
    ask_folder : asks for the library's folder; None where the reader thought better of it
    """

    changed = Signal(object)
    forgotten = Signal(str)
    folders_forgotten = Signal()

    def __init__(
        self,
        facts: ProgramFacts,
        parent: QWidget | None = None,
        ask_folder: Callable[[QWidget], Path | None] | None = None,
    ) -> None:
        super().__init__(parent, (80, 80))
        self._facts = facts
        self._ask_folder = ask_folder or _ask_folder
        self._settings = Settings()
        self._badge = ComputeBadge()
        self._titles: dict[str, QLabel] = {}
        self._notes: dict[str, QLabel] = {}
        self._build()
        self.retranslate()

    def show_settings(self, settings: Settings) -> None:
        """Fill the fields; tells nobody."""
        self._settings = settings
        for box, value in (
            (self._theme, settings.theme),
            (self._language, settings.language),
            (self._provider, settings.provider),
        ):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value.value))
        self._reader.setText(settings.reader_name)
        self._institution.setText(settings.institution)
        self._place.show_words(settings.library or self._facts.library)
        self._default.setEnabled(bool(settings.library))
        with QSignalBlocker(self._keep_index):
            self._keep_index.setChecked(settings.keep_index)
        self._forget_folders.setEnabled(settings.keep_index)

    def show_choices(self, choices: tuple[ProtocolChoice, ...]) -> None:
        """Say what is remembered for scanners' protocols."""
        self._choices.show_choices(choices)

    def show_badge(self, badge: ComputeBadge) -> None:
        """Say where the networks run now."""
        self._badge = badge
        self._notes["provider"].setText(badge_details(badge))

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setWindowTitle(self.tr("Settings"))
        self._close.setText(self.tr("Close"))
        self._say_titles()
        self._say_notes()
        _name(self._theme, self._theme_words())
        _name(self._language, self._language_words())
        _name(self._provider, self._provider_words())
        self._choose.setText(self.tr("Choose..."))
        self._default.setText(self.tr("Use default"))
        self._keep_index.setText(self.tr("Remember opened folders, so that they open at once"))
        self._forget_folders.setText(self.tr("Forget opened folders"))
        self._choices.retranslate()

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what is still being typed."""
        self._names_edited()
        super().hideEvent(event)

    def fill(self) -> None:
        """Nothing: the fields are built once and filled by `show_settings`."""

    def _build(self) -> None:
        self._theme = self._box(Theme, "theme")
        self._language = self._box(Language, "language", available())
        self._provider = self._box(Provider, "provider")
        self._reader, self._institution = QLineEdit(), QLineEdit()
        for line in (self._reader, self._institution):
            line.setMaxLength(LONGEST_NAME)
            line.editingFinished.connect(self._names_edited)
        self._place = ElidedLabel()
        self._choose, self._default = QPushButton(), QPushButton()
        self._choose.clicked.connect(self._choose_library)
        self._default.clicked.connect(lambda: self._change({"library": ""}))
        self._keep_index = QCheckBox()
        self._keep_index.toggled.connect(lambda on: self._change({"keep_index": on}))
        self._forget_folders = QPushButton()
        self._forget_folders.clicked.connect(self.folders_forgotten)
        self._choices = ChoiceList()
        self._choices.forgotten.connect(self.forgotten)
        self._heading("settings", "title")
        self._heading("appearance")
        self._field("theme", self._theme)
        self._field("language", self._language)
        self._heading("reading")
        self._field("reader", self._reader)
        self._field("institution", self._institution)
        self._heading("computing")
        self._field("provider", self._provider)
        self._heading("library")
        self._field("place", self._place)
        buttons = row(self._choose, self._default, STRETCH)
        buttons.setContentsMargins(INDENT, 0, 0, 0)
        self._inner.addLayout(buttons)
        self._heading("folders")
        self._inner.addWidget(self._keep_index)
        self._note("folders", indent=0)
        self._inner.addLayout(row(self._forget_folders, STRETCH))
        self._heading("choices")
        self._inner.addWidget(self._choices)
        self._heading("models")
        for model in self._facts.models:
            self._inner.addLayout(model_lines(model))
        self._note("models", indent=0)
        self._inner.addStretch(1)

    def _box(
        self, kind: type[StrEnum], name: str, values: tuple[StrEnum, ...] | None = None
    ) -> QComboBox:
        box = QComboBox()
        for value in values if values is not None else tuple(kind):
            box.addItem("", value.value)
        box.currentIndexChanged.connect(
            lambda at: self._change({name: kind(box.itemData(at))}) if at >= 0 else None
        )
        return box

    def _heading(self, name: str, kind: str = "section") -> None:
        title = label(kind="title" if kind == "title" else "section")
        self._titles[name] = title
        if kind != "title":
            self._inner.addSpacing(2 * SPACE)
        self._inner.addWidget(title)

    def _field(self, name: str, field: QWidget) -> None:
        title = label(kind="muted")
        title.setFixedWidth(NAMES_WIDTH)
        title.setBuddy(field)
        self._titles[name] = title
        across = row(title, field, gap=2)
        across.setStretchFactor(field, 1)
        self._inner.addLayout(across)
        self._note(name)

    def _note(self, name: str, indent: int = INDENT) -> None:
        note = label(kind="small", wrap=True)
        self._notes[name] = note
        grid = QGridLayout()
        grid.setContentsMargins(indent, 0, 0, 0)
        grid.addWidget(note)
        self._inner.addLayout(grid)

    def _say_titles(self) -> None:
        words = {
            "settings": self.tr("Settings"),
            "appearance": self.tr("Appearance"),
            "theme": self.tr("Theme"),
            "language": self.tr("Language"),
            "reading": self.tr("Reading"),
            "reader": self.tr("Your name"),
            "institution": self.tr("Institution"),
            "computing": self.tr("Computing"),
            "provider": self.tr("Networks run on"),
            "library": self.tr("Library"),
            "place": self.tr("Place"),
            "folders": self.tr("Opened folders"),
            "choices": self.tr("Choices for scanners' protocols"),
            "models": self.tr("Models"),
        }
        for name, title in self._titles.items():
            title.setText(words[name])
            buddy = title.buddy()
            if buddy is not None:
                buddy.setAccessibleName(words[name])

    def _say_notes(self) -> None:
        words = {
            "language": self.tr("The report is written in English."),
            "reader": self.tr("Verdicts and signatures are made in this name."),
            "institution": self.tr("Printed at the head of reports."),
            "provider": badge_details(self._badge),
            "place": self.tr("A new place takes effect when HipDesk starts again."),
            "folders": self.tr(
                "What the images' headers say is kept in your user folder, names of patients "
                "included, readable by you alone."
            ),
            "models": "" if self._facts.models else self.tr("No model was found."),
        }
        for name, note in self._notes.items():
            note.setText(words.get(name, ""))
            note.setVisible(bool(words.get(name)))

    def _theme_words(self) -> Mapping[str, str]:
        return {
            Theme.SYSTEM: self.tr("As the system"),
            Theme.DARK: self.tr("Dark"),
            Theme.LIGHT: self.tr("Light"),
        }

    def _language_words(self) -> Mapping[str, str]:
        return {
            Language.SYSTEM: self.tr("As the system"),
            Language.ENGLISH: "English",
            Language.CHINESE: "\u4e2d\u6587",
        }

    def _provider_words(self) -> Mapping[str, str]:
        return {
            Provider.AUTO: self.tr("Whatever works (GPU where possible)"),
            Provider.CPU: self.tr("CPU"),
            Provider.CUDA: self.tr("GPU (CUDA)"),
        }

    def _names_edited(self) -> None:
        self._change(
            {
                "reader_name": self._reader.text().strip(),
                "institution": self._institution.text().strip(),
            }
        )

    def _choose_library(self) -> None:
        folder = self._ask_folder(self)
        if folder is not None:
            self._change({"library": str(folder)})

    def _change(self, update: Mapping[str, object]) -> None:
        wanted = self._settings.model_copy(update=dict(update))
        if wanted != self._settings:
            self._settings = wanted
            self.changed.emit(wanted)


def _name(box: QComboBox, words: Mapping[str, str]) -> None:
    """Write a box' entries in the language in force."""
    for at in range(box.count()):
        box.setItemText(at, words[box.itemData(at)])


def _ask_folder(parent: QWidget) -> Path | None:
    name = QFileDialog.getExistingDirectory(parent)
    return Path(name) if name else None

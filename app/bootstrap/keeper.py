"""Settings, the window's place and unfinished work, kept between starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.messages import Messages, Severity
from hipdesk.adapters.settings_file import (
    CharsetsFile,
    SettingsFile,
    UnfinishedFile,
    WindowFile,
)
from hipdesk.errors import SettingsError
from hipdesk.settings import Settings, Unfinished, WindowState


class FileKeeper:
    """An `app.services.Keeper` on the user's small files; faults become messages.

    Parameters
    ----------
    messages : takes a sentence on a file that cannot be read or written
    """

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._settings_file = SettingsFile()
        self._window_file = WindowFile()
        self._unfinished_file = UnfinishedFile()
        self._settings, settings_problem = self._settings_file.load()
        self._window, window_problem = self._window_file.load()
        self._unfinished, _ = self._unfinished_file.load()
        self._charsets_file = CharsetsFile()
        self._charsets, _ = self._charsets_file.load()
        for problem in filter(None, (settings_problem, window_problem)):
            messages.say(Severity.WARNING, problem)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def keep(self, settings: Settings) -> None:
        """Remember new settings; they are in force even where they cannot be written."""
        if settings == self._settings:
            return
        self._settings = settings
        self._save(lambda: self._settings_file.save(settings))

    def charset_of(self, paths: Sequence[Path]) -> str:
        """The character set that the reader chose for these; empty for what the files state."""
        return self._charsets.of(paths)

    def keep_charset(self, paths: Sequence[Path], charset: str) -> None:
        """Use a character set whenever these are opened again."""
        chosen = self._charsets.with_choice(paths, charset)
        if chosen != self._charsets:
            self._charsets = chosen
            self._save(lambda: self._charsets_file.save(chosen))

    @property
    def window(self) -> WindowState:
        """How the window was left."""
        return self._window

    def keep_window(self, window: WindowState) -> None:
        """Remember how the window is left."""
        if window != self._window:
            self._window = window
            self._save(lambda: self._window_file.save(window))

    def begin(self, paths: tuple[Path, ...]) -> None:
        """An analysis of these begins; if the program ends now, it is offered again."""
        self._save(lambda: self._unfinished_file.save(Unfinished(paths=paths)))

    def end(self) -> None:
        """It ended, one way or another."""
        self._save(lambda: self._unfinished_file.save(Unfinished()))

    def interrupted(self) -> tuple[Path, ...]:
        """What an earlier run of the program had begun and not ended."""
        return self._unfinished.paths

    def _save(self, save: Callable[[], None]) -> None:
        try:
            save()
        except SettingsError as error:
            self._messages.tell(error)

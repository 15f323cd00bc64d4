"""Settings, window places and unfinished work as small JSON files of the user.

A damaged file never stops the program: it is kept aside, said so, and the
defaults are used. Files are written aside and put in place once they are safely
on the disk, readable by their owner alone.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Generic

from hipdesk.adapters.whole_file import OWNER_ONLY, replacing
from hipdesk.errors import SettingsError, SettingsTooNew
from hipdesk.paths import user_data_dir
from hipdesk.settings import (
    Charsets,
    KeptT,
    Settings,
    Unfinished,
    WindowState,
    document_of,
    restored,
)

log = logging.getLogger(__name__)


class _KeptFile(Generic[KeptT]):
    """One record in one file.

    Parameters
    ----------
    path : of the file; it need not exist
    """

    kind: type[KeptT]
    default_name: ClassVar[str]
    subject: ClassVar[str]
    """Opens the sentences; a plural."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_data_dir() / self.default_name

    def load(self) -> tuple[KeptT, str | None]:
        """What was saved, or the defaults with a sentence on what was in the way.

        Raises nothing. The first start has no file and no problem.
        """
        try:
            return restored(self.kind, _parsed(self.path.read_bytes())), None
        except FileNotFoundError:
            return self.kind(), None
        except SettingsTooNew as error:
            _warn(error)
            return self.kind(), self._set_aside(
                "written by a newer version of the program", "newer"
            )
        except SettingsError as error:
            _warn(error)
            return self.kind(), self._set_aside("found damaged", "damaged")
        except OSError:
            log.warning("a file of settings cannot be read")
            return self.kind(), self._problem(
                "could not be read", f"check that you may read {self.path.name}"
            )

    def save(self, record: KeptT) -> None:
        """Replace what was saved.

        Raises
        ------
        SettingsError
            The file cannot be written; the older one is untouched.
        """
        content = json.dumps(document_of(record), indent=1).encode("ascii")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.path, OWNER_ONLY) as file:
                file.write(content)
        except OSError as error:
            raise SettingsError(
                f"{self.subject} cannot be saved; check that the disk is not full and that you may "
                f"write to {self.path.parent}."
            ) from error

    def _set_aside(self, what: str, word: str) -> str:
        """Keep the file under another name; the sentence that says so."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        kept = self.path.with_name(f"{self.path.stem}.{word}-{stamp}{self.path.suffix}")
        try:
            self.path.replace(kept)
        except OSError:
            return self._problem(f"were {what}", f"{self.path.name} could not be kept aside")
        return self._problem(f"were {what}", f"the file was kept as {kept.name}")

    def _problem(self, what: str, then: str) -> str:
        return f"{self.subject} {what} and start from the defaults; {then}."


class SettingsFile(_KeptFile[Settings]):
    """The user's settings; by default ``settings.json`` in the user's data folder."""

    kind = Settings
    default_name = "settings.json"
    subject = "The settings"


class WindowFile(_KeptFile[WindowState]):
    """How the window was left; by default ``window.json``."""

    kind = WindowState
    default_name = "window.json"
    subject = "The places of windows"


class CharsetsFile(_KeptFile[Charsets]):
    """Character sets of folders; by default ``charsets.json``."""

    kind = Charsets
    default_name = "charsets.json"
    subject = "The character sets of folders"


class UnfinishedFile(_KeptFile[Unfinished]):
    """What was being analysed; by default ``unfinished.json``."""

    kind = Unfinished
    default_name = "unfinished.json"
    subject = "The notes of unfinished analyses"


def _parsed(content: bytes) -> object:
    """JSON, or SettingsError."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SettingsError("The file is damaged.") from error


def _warn(error: SettingsError) -> None:
    log.warning("a file of settings cannot be used", extra={"code": error.code})

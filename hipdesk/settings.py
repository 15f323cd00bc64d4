"""What the program remembers between starts: settings, places of windows, unfinished work.

Each is a frozen record with a version number. Older documents are lifted one
version at a time by numbered migrations; newer ones are refused. Nothing here
does I/O, and no value may be logged: folders and names can tell of patients.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hipdesk.errors import SettingsError, SettingsTooNew
from hipdesk.records import Provider

Document = dict[str, Any]
"""A record as it is kept: what JSON can say."""

Migration = Callable[[Document], Document]
"""Lifts a document by one version; the number itself is taken care of."""

PIXELS_LIMIT = 100_000
"""Farther out than any desktop of screens reaches."""


class Theme(StrEnum):
    """Colours of the window."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class Language(StrEnum):
    """Language of the window."""

    SYSTEM = "system"
    ENGLISH = "en"
    CHINESE = "zh_CN"


class _Frozen(BaseModel):
    # What is wrong with a value may be told, the value not.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Kept(_Frozen):
    """A record that is remembered.

    Attributes
    ----------
    migrations : the first lifts version 1 to 2, and so on; the current version
        is one more than their number
    """

    migrations: ClassVar[tuple[Migration, ...]] = ()


def _with_index(document: Document) -> Document:
    """Version 2: opened folders were remembered before it could be switched off."""
    return {**document, "keep_index": True}


class Settings(Kept):
    """What the user has chosen.

    Attributes
    ----------
    reader_name : with which verdicts and signatures are made
    institution : for the reports' head
    library : folder or database URL of the library; empty for the default
    keep_index : opened folders are remembered, so that they open at once the next time
    """

    migrations: ClassVar[tuple[Migration, ...]] = (_with_index,)

    version: Literal[2] = 2
    theme: Theme = Theme.SYSTEM
    language: Language = Language.SYSTEM
    reader_name: str = Field(default="", repr=False)
    institution: str = Field(default="", repr=False)
    provider: Provider = Provider.AUTO
    library: str = Field(default="", repr=False)
    keep_index: bool = True


class Geometry(_Frozen):
    """Place and size of a window on the desktop, in logical pixels."""

    x: int = Field(ge=-PIXELS_LIMIT, le=PIXELS_LIMIT)
    y: int = Field(ge=-PIXELS_LIMIT, le=PIXELS_LIMIT)
    width: int = Field(gt=0, le=PIXELS_LIMIT)
    height: int = Field(gt=0, le=PIXELS_LIMIT)


class WindowState(Kept):
    """How the window was left.

    Attributes
    ----------
    geometry : before it was maximised; None before the first closing
    splitters : name of a splitter to the sizes of its parts
    last_folder : from which something was opened
    """

    version: Literal[1] = 1
    geometry: Geometry | None = None
    maximised: bool = False
    splitters: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    last_folder: Path | None = Field(default=None, repr=False)


class Unfinished(Kept):
    """What was being analysed; it is offered again where the program ended meanwhile.

    Attributes
    ----------
    paths : folders or files as they were opened; empty while nothing is analysed
    """

    version: Literal[1] = 1
    paths: tuple[Path, ...] = Field(default=(), repr=False)


MOST_SOURCES = 500
"""Folders and files whose character set is remembered; the newest."""


class Charsets(Kept):
    """Character sets that a reader chose for folders and files, to be used again.

    Attributes
    ----------
    by_source : `source_key` to one of `hipdesk.ports.CHARSETS`, the newest last
    """

    version: Literal[1] = 1
    by_source: dict[str, str] = Field(default_factory=dict, repr=False)

    def of(self, paths: Sequence[Path]) -> str:
        """The set chosen for the first of some paths that has one; empty for none."""
        chosen = (self.by_source.get(source_key(path), "") for path in paths)
        return next(filter(None, chosen), "")

    def with_choice(self, paths: Sequence[Path], charset: str) -> Charsets:
        """The same with a set for some paths; empty for what their files state."""
        keys = [source_key(path) for path in paths]
        kept = {key: each for key, each in self.by_source.items() if key not in keys}
        if charset:
            kept |= dict.fromkeys(keys, charset)
        return Charsets(by_source=dict(list(kept.items())[-MOST_SOURCES:]))


def source_key(path: Path) -> str:
    """What stands for a path without telling it."""
    named = os.path.normcase(os.path.normpath(path))
    return hashlib.blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


KeptT = TypeVar("KeptT", bound=Kept)


def migrate(document: Document, migrations: Sequence[Migration] = Settings.migrations) -> Document:
    """Lift a document to the current version.

    Parameters
    ----------
    migrations : see `Kept`

    Raises
    ------
    SettingsTooNew
        A newer version of the program wrote it.
    SettingsError
        It states no version.
    """
    version = document.get("version")
    if type(version) is not int or version < 1:
        raise SettingsError("The file does not say which version of the program wrote it.")
    if version > len(migrations) + 1:
        raise SettingsTooNew("The file was written by a newer version of the program; update it.")
    for number, step in enumerate(migrations[version - 1 :], start=version + 1):
        document = {**step(dict(document)), "version": number}
    return document


def restored(kind: type[KeptT], document: object) -> KeptT:
    """A record from a document of any version up to the current one.

    Raises
    ------
    SettingsTooNew
        A newer version of the program wrote it.
    SettingsError
        It is not such a record.
    """
    if not isinstance(document, dict):
        raise SettingsError("The file is damaged.")
    try:
        return kind.model_validate(migrate(document, kind.migrations))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SettingsError("The file is damaged.") from error


def document_of(record: Kept) -> Document:
    """A record as it is kept."""
    return record.model_dump(mode="json")

"""The patient library behind a door that may stay shut."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from app.bootstrap.keeping import LibraryKeeping
from app.services import Tables
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import KnownError, StoreDamaged
from hipdesk.paths import user_data_dir
from hipdesk.ports import ProtocolChoices, VisitStore

log = logging.getLogger(__name__)

FOLDER: Final = "patients"
"""The library's folder below the user's data, unless the settings name another place."""

COPIES: Final = "library"
"""Folder of the copied series where the library is a database server."""


class LibraryDoor:
    """An `app.services.Library`.

    Parameters
    ----------
    place : folder or URL; empty for the default
    """

    def __init__(self, place: str = "") -> None:
        self._place = place
        self._store: SqlVisitStore | None = None
        self._problem: str | None = None
        self._lent = False
        self.damaged = False
        self.keeping = LibraryKeeping(self)

    @property
    def store(self) -> VisitStore | None:
        """None while it cannot be used."""
        return None if self._lent else self._store

    @property
    def choices(self) -> ProtocolChoices | None:
        """None while it cannot be used."""
        return None if self._store is None or self._lent else self._store.choices

    @property
    def tables(self) -> Tables | None:
        """None while it cannot be used."""
        return None if self._lent else self._store

    @property
    def place(self) -> str:
        """Its folder or URL."""
        return self._place or str(user_data_dir() / FOLDER)

    @property
    def problem(self) -> str | None:
        """Why it cannot be used, in one sentence."""
        return self._problem

    @property
    def folder(self) -> Path | None:
        """Where it is; None on a server."""
        return None if "://" in self.place else Path(self.place)

    def lend(self) -> None:
        """Have it out of reach until `retry`."""
        self._lent = True

    def retry(self) -> None:
        """Open it unless it is open."""
        if self._store is None:
            try:
                self._store = self._opened()
                self._problem, self.damaged = None, False
            except KnownError as error:
                log.warning("the library cannot be used", extra={"code": error.code})
                self._problem, self.damaged = str(error), isinstance(error, StoreDamaged)
        self._lent = False

    def close(self) -> None:
        """Release it."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _opened(self) -> SqlVisitStore:
        if "://" in self.place:
            return SqlVisitStore.open(self.place, library=user_data_dir() / COPIES)
        return SqlVisitStore.open(Path(self.place))

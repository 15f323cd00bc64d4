"""Safe keeping of the library's folder: backup, check, repair, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from hipdesk.adapters import integrity
from hipdesk.adapters.backup import ON_A_SERVER, Backup, back_up, read_backup, restore
from hipdesk.errors import StoreError
from hipdesk.ports import Cancelled, Progress


class Door(Protocol):
    """What is closed while a library is repaired or replaced."""

    @property
    def folder(self) -> Path | None:
        """Where the library is; None on a server."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class LibraryKeeping:
    """An `app.services.Keeping`."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def back_up(self, target: Path, progress: Progress, cancelled: Cancelled) -> Backup:
        """Write it into one verified file, in place of one that is there."""
        return back_up(self._folder(), target, progress, cancelled, force=True)

    def check(self, progress: Progress, cancelled: Cancelled) -> integrity.Integrity:
        """Read it through."""
        return integrity.check(self._folder(), progress, cancelled)

    def repair(self, progress: Progress, cancelled: Cancelled) -> integrity.Repair:
        """Put what is damaged into quarantine; delete nothing."""
        folder = self._folder()
        self._door.close()
        return integrity.repair(folder, None, progress, cancelled)

    def look_through(self, backup: Path, cancelled: Cancelled) -> Backup:
        """Read a backup through and compare it with its hashes."""
        self._folder()
        return read_backup(backup, cancelled)

    def restore(self, backup: Path, progress: Progress, cancelled: Cancelled) -> Path | None:
        """Put a backup in its place; where the one that was there lies now."""
        folder = self._folder()
        self._door.close()
        return restore(backup, folder, progress, cancelled, force=True).earlier

    def _folder(self) -> Path:
        if self._door.folder is None:
            raise StoreError(ON_A_SERVER)
        return self._door.folder

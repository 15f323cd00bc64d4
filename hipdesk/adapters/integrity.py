"""A patient library looked through from end to end, and repaired without deleting anything.

Opening a library checks its database quickly; this reads all of it: pages and
indexes, the record of changes with every result against it, and each image file
against its hash. A repair moves what is damaged to ``quarantine/TIME/`` below the
library's folder, and puts something sound in its place only where that is proven
to be what was stored.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from hipdesk.adapters import _store_audit as audit
from hipdesk.adapters import _store_database as database
from hipdesk.adapters._store_errors import FAULTS, OPENING, translated
from hipdesk.adapters._store_files import WriterLock, file_sha256
from hipdesk.adapters.backup import image_files, read_members
from hipdesk.adapters.store import DATABASE, LIBRARY, LOCK
from hipdesk.adapters.whole_file import replacing, sync_folder
from hipdesk.errors import Cancelled, StoreError
from hipdesk.ports import Cancelled as Asked
from hipdesk.ports import Progress, never_cancelled, no_progress

log = logging.getLogger(__name__)

QUARANTINE: Final = "quarantine"

CHECKING: Final = "The patient library could not be checked"
REPAIRING: Final = "The patient library could not be repaired"
_REPAIRED: Final = ".hipdesk-repaired.sqlite3"
_LOGS: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database in use; a log left there would be played into another."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """What was found in a library.

    Attributes
    ----------
    database_sound : its pages, indexes and references are
    audit_entries : length of the record of changes; None where it could not be verified
    audit_problem : why not, or what is wrong with it
    images : files that the database names
    missing, damaged : of these; places below the library's folder
    unknown : files among the images that the database does not name
    """

    database_sound: bool
    audit_entries: int | None
    audit_problem: str
    images: int
    missing: tuple[str, ...] = field(repr=False)
    damaged: tuple[str, ...] = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; a file too many harms nothing."""
        return self.database_sound and not (self.audit_problem or self.missing or self.damaged)


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did.

    Attributes
    ----------
    before, after : as found, and as left
    quarantine : where the damaged parts lie; None where there were none
    """

    before: Integrity
    after: Integrity
    quarantine: Path | None = field(repr=False)


def check(
    place: Path, progress: Progress = no_progress, cancelled: Asked = never_cancelled
) -> Integrity:
    """Read a library through; nothing is changed, and it may be in use.

    Raises
    ------
    StoreError
        There is no library, or it is that of a newer program.
    Cancelled
        The user asked to stop.
    """
    if not (place / DATABASE).is_file():
        raise StoreError(f"{CHECKING}: there is none in {place}.")
    with translated(CHECKING):
        sound = _database_sound(place / DATABASE)
        entries, problem = _audit(place / DATABASE) if sound else (None, "")
        wanted = _wanted(place / DATABASE)
        missing, damaged = _image_faults(place, wanted, progress, cancelled)
        return Integrity(
            database_sound=sound,
            audit_entries=entries,
            audit_problem=problem,
            images=len(wanted),
            missing=missing,
            damaged=damaged,
            unknown=_unknown(place, wanted) if sound else (),
        )


def _database_sound(path: Path) -> bool:
    """Every page, index, value and reference of a database."""
    try:
        with closing(_reading(path)) as connection:
            pages = connection.execute("PRAGMA integrity_check(1)").fetchall()
            orphans = connection.execute("PRAGMA foreign_key_check").fetchone()
            return pages == [("ok",)] and orphans is None
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked or unreadable, not damaged
            raise
        return False


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _audit(path: Path) -> tuple[int | None, str]:
    """Length of the record of changes, or what is wrong with it."""
    with _engine(path) as engine:
        revision = database.schema_revision(engine)
        if revision is None:
            raise StoreError(f"{OPENING}: its database belongs to another program.")
        if database.needs_migration(revision):
            return None, "An older version wrote it; open it with this one, then check again."
        try:
            with engine.connect() as connection:
                return audit.verify(connection), ""
        except StoreError as error:
            return None, str(error)


@contextmanager
def _engine(path: Path) -> Iterator[Engine]:
    engine = database.sqlite_engine(path, read_only=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _wanted(path: Path) -> dict[str, str]:
    """Hash by place of every image file; none where the database cannot say."""
    try:
        return dict(image_files(path))
    except sqlite3.DatabaseError:
        return {}


def _image_faults(
    place: Path, wanted: Mapping[str, str], progress: Progress, cancelled: Asked
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Missing and damaged files."""
    missing, damaged = [], []
    for number, (name, sha256) in enumerate(wanted.items(), 1):
        if cancelled():
            raise Cancelled
        if not (place / name).is_file():
            missing.append(name)
        elif file_sha256(place / name) != sha256:
            damaged.append(name)
        progress(number / len(wanted), "Checking images")
    return tuple(missing), tuple(damaged)


def _unknown(place: Path, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Files among the images that nothing names; additions under way are none."""
    root = place / LIBRARY
    found = (path for path in root.glob("[!.]*/**/*") if path.is_file())
    names = (path.relative_to(place).as_posix() for path in found)
    return tuple(sorted(name for name in names if name not in wanted))


def repair(
    place: Path,
    backup: Path | None = None,
    progress: Progress = no_progress,
    cancelled: Asked = never_cancelled,
) -> Repair:
    """Put damaged parts into quarantine, and sound ones in their places where there are any.

    A database is replaced only by one that holds the same rows, all of them vouched
    for by the record of changes. Images are replaced from a backup, by their hashes.

    Parameters
    ----------
    backup : where images that are missing or damaged may be taken from

    Raises
    ------
    StoreError
        The library is in use, or its database cannot be repaired without loss; then
        nothing was changed.
    """
    with translated(REPAIRING):
        before = check(place, progress, cancelled)
        lock = WriterLock(place / LOCK)
        try:
            box = _Quarantine(place)
            found = before
            if not before.database_sound:
                _repair_database(place, box)
                found = replace(check(place, progress, cancelled), database_sound=False)
            for name in (*found.damaged, *found.unknown):
                box.move(name)
            if backup is not None:
                _refill(place, backup, {*found.missing, *found.damaged})
        finally:
            lock.release()
        after = check(place, progress, cancelled)
    log.warning("library repaired: %d files in quarantine", box.count)
    return Repair(found, after, box.folder if box.count else None)


class _Quarantine:
    """A folder for what is damaged, made with the first thing put there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.folder = place / QUARANTINE / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        self.count = 0

    def move(self, name: str) -> None:
        """Take a file out of the library."""
        (self._place / name).replace(self._place_of(name))

    def copy(self, name: str) -> None:
        """Keep a copy of a file that is about to be replaced."""
        with (self._place / name).open("rb") as source, replacing(self._place_of(name)) as target:
            shutil.copyfileobj(source, target)

    def _place_of(self, name: str) -> Path:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.count += 1
        return target


def _repair_database(place: Path, box: _Quarantine) -> None:
    """Replace a damaged database by a sound one with the same content, if there can be one."""
    path, repaired = place / DATABASE, place / _REPAIRED
    repaired.unlink(missing_ok=True)
    try:
        if not (_rebuilt(path, repaired) and _database_sound(repaired) and _vouched(repaired)):
            raise StoreError(
                f"{REPAIRING}: its database has lost something; restore a backup, which keeps "
                "this library aside."
            )
        for name in (DATABASE, *(DATABASE + ending for ending in _LOGS)):
            if (place / name).exists():
                box.copy(name)
        for ending in _LOGS:
            (place / (DATABASE + ending)).unlink(missing_ok=True)
        repaired.replace(path)
        sync_folder(place)
    finally:
        repaired.unlink(missing_ok=True)


def _rebuilt(path: Path, target: Path) -> bool:
    """Write the same tables anew, their indexes made from their rows; whether that worked."""
    work = target.with_suffix(".work")
    try:
        with suppress(sqlite3.DatabaseError), closing(_reading(path)) as damaged:
            with closing(sqlite3.connect(work)) as copy:
                damaged.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
                copy.execute("REINDEX")
                copy.execute("VACUUM INTO ?", (str(target),))
            with target.open("rb+") as file:
                os.fsync(file.fileno())
            return True
        return False
    finally:
        work.unlink(missing_ok=True)


def _vouched(path: Path) -> bool:
    """Whether the record of changes vouches for everything in a database."""
    with suppress(*FAULTS):
        return _audit(path)[1] == ""
    return False


def _refill(place: Path, backup: Path, lacking: set[str]) -> None:
    """Take images out of a backup that holds them as they were."""
    wanted = {name: sha for name, sha in image_files(place / DATABASE) if name in lacking}
    for name, data in read_members(backup, wanted):
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as file:
            file.write(data)

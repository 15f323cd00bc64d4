"""A whole patient library in one file, made while the program runs, and the way back.

The file is a ZIP archive, its members uncompressed: the database as SQLite's own
backup copies it, every image file the database names, and ``manifest.json`` with
the SHA-256 of each; the archive's comment holds the manifest's own. What is read
back is compared with these before anything is put in place.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import logging
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection

from hipdesk import __version__
from hipdesk.adapters import _store_audit as audit
from hipdesk.adapters import _store_database as database
from hipdesk.adapters._store_errors import translated
from hipdesk.adapters._store_files import WriterLock, copy_hashed, file_sha256, random_name
from hipdesk.adapters.store import DATABASE, LIBRARY, LOCK
from hipdesk.adapters.whole_file import OWNER_ONLY, replacing, sync_folder
from hipdesk.errors import Cancelled, StoreError
from hipdesk.ports import Cancelled as Asked
from hipdesk.ports import Progress, never_cancelled, no_progress

log = logging.getLogger(__name__)

SCHEMA: Final = "hipdesk.backup/1"
"""Identifier of the manifest's layout."""

MANIFEST: Final = "manifest.json"
KEY: Final = "pseudonyms.key"
"""A library's secret, beside its database: patients have the same pseudonyms in every export."""

ON_A_SERVER: Final = (
    "A library on a database server is backed up and repaired by the server's own tools, its "
    "folder of series beside it; name a folder here."
)

BACKING_UP: Final = "The backup was not made"
RESTORING: Final = "Nothing was restored"
_MEMBER: Final = re.compile(rf"{LIBRARY}/[0-9a-f]{{1,32}}/[0-9a-f]{{1,32}}/[0-9]{{1,9}}\.dcm")
_CHUNK: Final = 1 << 20
_LARGEST_MANIFEST: Final = 1 << 30
_FORMAT_FAULTS: Final = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What damaged archives and manifests raise."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup.

    Attributes
    ----------
    name : in the archive, with ``/``; the place below the library's folder
    """

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes
    ----------
    revision : of the database's schema
    members : the database first, the library's secret where it has one, then images
    lacking : image files that the library itself lacked, or had damaged
    problem : what was wrong with the library's record of changes; empty where it was
        intact, or of an older schema, in which it is verified once migrated
    """

    created_utc: datetime
    program_version: str
    revision: str
    members: tuple[Member, ...]
    lacking: int
    problem: str = ""

    @property
    def images(self) -> int:
        """Number of image files."""
        return sum(member.name not in (DATABASE, KEY) for member in self.members)

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members)


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring did.

    Attributes
    ----------
    earlier : where the library that was in its place lies now
    """

    backup: Backup
    earlier: Path | None = field(repr=False)


def back_up(
    place: Path,
    target: Path,
    progress: Progress = no_progress,
    cancelled: Asked = never_cancelled,
    *,
    force: bool = False,
) -> Backup:
    """Write a library into one file, which is there only once it was verified.

    The library may be in use, by a program that writes as well.

    Parameters
    ----------
    place : the library's folder
    force : replace a file that is there

    Raises
    ------
    StoreError
        There is no library, the file exists, or it cannot be written; what was there is
        as it was.
    StoreTooNew
        A newer version of the program has changed the library's schema.
    Cancelled
        The user asked to stop.
    """
    if target.exists() and not force:
        raise StoreError(
            f"{BACKING_UP}: {target} exists already; choose another name, or pass --force."
        )
    if not (place / DATABASE).is_file():
        raise StoreError(f"{BACKING_UP}: there is no patient library in {place}.")
    with (
        translated(BACKING_UP),
        _size_explained(),
        tempfile.TemporaryDirectory(dir=target.parent) as aside,
    ):
        snapshot = Path(aside) / DATABASE
        _copy_database(place / DATABASE, snapshot)
        state = _state(snapshot)
        with replacing(target, OWNER_ONLY) as file:
            made = _write(file, place, snapshot, state, progress, cancelled)
            file.flush()
            read_backup(Path(file.name), cancelled)
    log.info("library backed up: %d images, %d lacking", made.images, made.lacking)
    return made


@contextmanager
def _size_explained() -> Iterator[None]:
    """Say what a disk that takes no large files needs, such as many memory sticks."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise StoreError(
            f"{BACKING_UP}: the disk takes no file of this size; choose another disk, or have "
            "this one formatted for larger files."
        ) from error


def _copy_database(source: Path, target: Path) -> None:
    """One consistent state of a database, whoever writes to it meanwhile."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


def _state(path: Path) -> tuple[str, str]:
    """Schema of a sound database that this program knows, and what is wrong with its record.

    Raises
    ------
    StoreError
        It is damaged, or not a patient library's.
    """
    database.check_sqlite(path)
    engine = database.sqlite_engine(path, read_only=True)
    try:
        revision = database.schema_revision(engine)
        older = database.needs_migration(revision)
        if revision is None:
            raise StoreError("There is no patient library in this database.")
        with engine.connect() as connection:
            return revision, "" if older else _audit_problem(connection)
    finally:
        engine.dispose()


def _audit_problem(connection: Connection) -> str:
    try:
        audit.verify(connection)
    except StoreError as error:
        return str(error)
    return ""


def _write(
    file: BinaryIO,
    place: Path,
    snapshot: Path,
    state: tuple[str, str],
    progress: Progress,
    cancelled: Asked,
) -> Backup:
    wanted = image_files(snapshot)
    members: list[Member] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        members.append(_add(archive, snapshot, DATABASE))
        if (place / KEY).is_file():
            members.append(_add(archive, place / KEY, KEY))
        first = len(members)
        for number, (name, sha256) in enumerate(wanted, 1):
            if cancelled():
                raise Cancelled
            source = place / name
            # Read twice: what is damaged must not be in the archive at all.
            if source.is_file() and file_sha256(source) == sha256:
                members.append(_add(archive, source, name))
            progress(number / len(wanted), "Copying images")
        made = Backup(
            created_utc=datetime.now(UTC),
            program_version=__version__,
            revision=state[0],
            members=tuple(members),
            lacking=first + len(wanted) - len(members),
            problem=state[1],
        )
        text = _manifest(made)
        archive.writestr(_entry(MANIFEST), text)
        archive.comment = hashlib.sha256(text).hexdigest().encode("ascii")
    return made


def image_files(path: Path) -> list[tuple[str, str]]:
    """Place below the library's folder and hash of every image file a database names."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT study.folder, series.folder, instance.file, instance.sha256 FROM instance "
            "JOIN series ON instance.series_id = series.id "
            "JOIN study ON series.study_id = study.id ORDER BY instance.id"
        ).fetchall()
    return [(f"{LIBRARY}/{study}/{series}/{file}", sha) for study, series, file, sha in found]


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = OWNER_ONLY << 16
    return entry


def _add(archive: zipfile.ZipFile, source: Path, name: str) -> Member:
    with (
        source.open("rb") as reader,
        archive.open(_entry(name), "w", force_zip64=True) as writer,
    ):
        return Member(name, *copy_hashed(reader, writer))


def _manifest(made: Backup) -> bytes:
    document = {
        "schema": SCHEMA,
        "program_version": made.program_version,
        "created_utc": made.created_utc.isoformat(timespec="microseconds"),
        "revision": made.revision,
        "lacking": made.lacking,
        "problem": made.problem,
        "files": [
            {"name": each.name, "sha256": each.sha256, "bytes": each.size} for each in made.members
        ],
    }
    return json.dumps(document, indent=1).encode("ascii")


def read_backup(path: Path, cancelled: Asked = never_cancelled) -> Backup:
    """Read a backup through and compare every byte with its hash.

    Raises
    ------
    StoreError
        It is no backup, cut off or altered, or a newer program made it.
    Cancelled
        The user asked to stop.
    """
    with _archive(path) as archive:
        made = _contents(archive)
        for member in made.members:
            _check(archive, member, cancelled)
    return made


def read_members(path: Path, wanted: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Those of some image files that a backup holds as they were.

    Parameters
    ----------
    wanted : hash by name

    Raises
    ------
    StoreError
        It is no backup, cut off or altered, or a newer program made it.
    """
    with _archive(path) as archive:
        for member in _contents(archive).members:
            if wanted.get(member.name) == member.sha256:
                data = io.BytesIO()
                _check(archive, member, never_cancelled, data)
                yield member.name, data.getvalue()


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive to be read, whose faults leave as one sentence."""
    if not path.is_file():
        raise StoreError(f"{RESTORING}: {path} is no file; name a backup.")
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _FORMAT_FAULTS as error:
        raise _damaged() from error


def _damaged() -> StoreError:
    return StoreError(
        f"{RESTORING}: the file is not a HipDesk backup, or was cut off or altered; "
        "use another backup."
    )


def _contents(archive: zipfile.ZipFile) -> Backup:
    """The manifest, its hash and the list of members checked."""
    entry = archive.getinfo(MANIFEST)
    if entry.file_size > _LARGEST_MANIFEST:
        raise _damaged()
    text = archive.read(entry)
    if hashlib.sha256(text).hexdigest().encode("ascii") != archive.comment:
        raise _damaged()
    document: dict[str, Any] = json.loads(text)
    if document["schema"] != SCHEMA:
        raise StoreError(f"{RESTORING}: a newer version of the program made this backup.")
    made = Backup(
        created_utc=datetime.fromisoformat(document["created_utc"]),
        program_version=str(document["program_version"]),
        revision=str(document["revision"]),
        members=tuple(_member(each) for each in document["files"]),
        lacking=int(document["lacking"]),
        problem=str(document["problem"]),
    )
    _check_names(archive, made.members)
    return made


def _member(row: dict[str, Any]) -> Member:
    return Member(str(row["name"]), str(row["sha256"]), int(row["bytes"]))


def _check_names(archive: zipfile.ZipFile, members: Sequence[Member]) -> None:
    """The archive holds what its manifest lists, nothing else, under names that are ours."""
    names = [member.name for member in members]
    listed = sorted([*names, MANIFEST])
    ours = names[:1] == [DATABASE] and all(
        name == KEY or _MEMBER.fullmatch(name) for name in names[1:]
    )
    if not ours or sorted(archive.namelist()) != listed:
        raise _damaged()


def _check(
    archive: zipfile.ZipFile, member: Member, cancelled: Asked, target: BinaryIO | None = None
) -> None:
    """Read one member, compare it with its hash, and write it where it is wanted."""
    digest, size = hashlib.sha256(), 0
    with archive.open(member.name) as reader:
        while chunk := reader.read(_CHUNK):
            if cancelled():
                raise Cancelled
            size += len(chunk)
            if size > member.size:
                raise _damaged()
            digest.update(chunk)
            if target is not None:
                target.write(chunk)
    if (digest.hexdigest(), size) != (member.sha256, member.size):
        raise _damaged()


def restore(
    path: Path,
    place: Path,
    progress: Progress = no_progress,
    cancelled: Asked = never_cancelled,
    *,
    force: bool = False,
) -> Restored:
    """Put the library of a backup in place, once all of it was checked.

    Parameters
    ----------
    place : the library's folder; new or empty unless ``force``
    force : a library that is there is moved aside, whole, and never deleted

    Raises
    ------
    StoreError
        The backup is damaged, there is a library already, it is in use, or the disk
        cannot take it; what was there is as it was.
    StoreTooNew
        A newer version of the program made the backup.
    Cancelled
        The user asked to stop.
    """
    with translated(RESTORING):
        _refuse_occupied(place, force)
        with _archive(path) as archive:
            made = _contents(archive)
            place.parent.mkdir(parents=True, exist_ok=True)
            _check_room(place.parent, made.size)
            aside = place.with_name(f".{place.name}-{random_name()}")
            aside.mkdir()
            try:
                _extract(archive, made, aside, progress, cancelled)
                revision, problem = _state(aside / DATABASE)
                if revision != made.revision or problem not in ("", made.problem):
                    raise _damaged()
                earlier = _put_in_place(aside, place)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    log.info("library restored: %d images", made.images)
    return Restored(made, earlier)


def _refuse_occupied(place: Path, force: bool) -> None:
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not (place / DATABASE).is_file():
        raise StoreError(f"{RESTORING}: {place} holds something else; name another folder.")
    if not force:
        raise StoreError(
            f"{RESTORING}: there is a patient library in {place} already; name another folder, "
            "or pass --force to move it aside first."
        )


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(
            f"{RESTORING}: the disk is too full; {needed / 1e6:.0f} MB are needed, "
            f"{free / 1e6:.0f} MB are free."
        )


def _extract(
    archive: zipfile.ZipFile, made: Backup, folder: Path, progress: Progress, cancelled: Asked
) -> None:
    """Write every member, safe on the disk, below a new folder."""
    done = 0
    for member in made.members:
        target = folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            _check(archive, member, cancelled, file)
        done += member.size
        progress(done / made.size, "Restoring")
    _make_safe(folder)


def _make_safe(folder: Path) -> None:
    """Have everything below a folder on the disk."""
    if sys.platform == "linux":
        os.sync()  # waits; thousands of files one by one take minutes
    else:
        for path in [*folder.rglob("*"), folder]:
            _sync(path)


def _sync(path: Path) -> None:
    if path.is_dir():
        sync_folder(path)
    else:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _put_in_place(aside: Path, place: Path) -> Path | None:
    """Move the restored library to its place; where an earlier one lies now."""
    earlier = _move_away(place) if (place / DATABASE).exists() else None
    with suppress(OSError):
        place.rmdir()
    try:
        aside.rename(place)
    except OSError:
        if earlier is not None:
            earlier.rename(place)
        raise
    sync_folder(place.parent)
    return earlier


def _move_away(place: Path) -> Path:
    """Move a library that nobody writes to beside its place."""
    # Windows moves no folder in which a file is open, so the lock is not held meanwhile.
    WriterLock(place / LOCK).release()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 100):
        name = f"{place.name}-before-{stamp}" + (f"-{number}" if number > 1 else "")
        earlier = place.with_name(name)
        if not earlier.exists():
            place.rename(earlier)
            return earlier
    raise StoreError(f"{RESTORING}: the library in {place} cannot be moved aside.")

"""Faults of disks and databases as one sentence for a doctor.

Neither paths nor values enter the sentence: both may hold a patient's name.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from hipdesk.errors import StoreDamaged, StoreError

OPENING: Final = "The patient library could not be opened"
READING: Final = "The patient library could not be read"
SAVING: Final = "Nothing was saved in the patient library"

FAULTS: Final = (DBAPIError, sqlite3.Error, OSError)
"""What disks and databases raise; a wrongly built query is none of these."""

_FULL: Final = "the disk is full; free some space and try again."
_FORBIDDEN: Final = (
    "its folder or disk may not be written to; choose another folder or have it permitted."
)
_BUSY: Final = "another program is using it; close that program and try again."
_DAMAGED: Final = "its database is damaged; nothing was changed, restore it from a copy."
_MISSING: Final = "a folder or file is missing; check that its disk is connected and try again."
_NO_LIBRARY: Final = "the place named is not a HipDesk library; name its folder, or a new one."
_CONFLICT: Final = "the result contradicts what is already stored there."
_UNREACHABLE: Final = (
    "its database server does not answer, or refuses; check the network, and the address with "
    "name, password and database."
)
_OTHER: Final = "its disk or database server reported a fault; check both and try again."

_BY_ERRNO: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOENT: _MISSING,
    errno.ENOTDIR: _NO_LIBRARY,
    errno.EEXIST: _NO_LIBRARY,
}

_BY_SQLITE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _FORBIDDEN,
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: _FORBIDDEN,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CONSTRAINT: _CONFLICT,
}
_PRIMARY_CODE: Final = 0xFF  # The low byte; the rest refines it (sqlite.org/rescode.html).

_BY_FULL_CODE: Final = {sqlite3.SQLITE_IOERR_SHMSIZE: _FULL}
"""No room for the index of the log, which even reading needs."""

_BY_SQLSTATE: Final = {
    "53100": _FULL,
    "42501": _FORBIDDEN,
    "25006": _FORBIDDEN,
    "55P03": _BUSY,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
    "57P01": _UNREACHABLE,
    "57P02": _UNREACHABLE,
    "57P03": _UNREACHABLE,
}
"""PostgreSQL's codes (postgresql.org/docs/current/errcodes-appendix.html)."""

_BY_CLASS: Final = {"08": _UNREACHABLE, "23": _CONFLICT}
"""The first two characters of such codes, where the rest says nothing more."""


@contextmanager
def translated(outcome: str) -> Iterator[None]:
    """Raise every fault of disk or database as a `StoreError`.

    Parameters
    ----------
    outcome : what did not happen, the sentence's beginning
    """
    try:
        yield
    except FAULTS as error:
        cause = _cause(error)
        kind = StoreDamaged if cause == _DAMAGED else StoreError
        raise kind(f"{outcome}: {cause}") from error


def damaged(outcome: str) -> StoreError:
    """The error of a database that fails its integrity check."""
    return StoreDamaged(f"{outcome}: {_DAMAGED}")


def _cause(error: BaseException) -> str:
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, _OTHER)
    original = getattr(error, "orig", None) or error
    if hasattr(original, "sqlstate"):
        return _server_cause(original)
    code = getattr(original, "sqlite_errorcode", None)
    if code is None:
        return _OTHER
    return _BY_FULL_CODE.get(code) or _BY_SQLITE.get(code & _PRIMARY_CODE, _OTHER)


def _server_cause(error: BaseException) -> str:
    """What a database server says by its codes; without one nothing was heard of it."""
    code = error.sqlstate  # type: ignore[attr-defined]  # of each psycopg.Error
    if code is None:
        return _UNREACHABLE if type(error).__name__ == "OperationalError" else _OTHER
    return _BY_SQLSTATE.get(code) or _BY_CLASS.get(code[:2], _OTHER)

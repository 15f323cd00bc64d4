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

from hipdesk.errors import StoreError

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
        raise StoreError(f"{outcome}: {_cause(error)}") from error


def damaged(outcome: str) -> StoreError:
    """The error of a database that fails its integrity check."""
    return StoreError(f"{outcome}: {_DAMAGED}")


def _cause(error: BaseException) -> str:
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, _OTHER)
    original = getattr(error, "orig", None) or error
    code = getattr(original, "sqlite_errorcode", None)
    return _OTHER if code is None else _BY_SQLITE.get(code & _PRIMARY_CODE, _OTHER)

"""Files that are there whole or not at all: written aside, then put in place.

A fault on the way, a full disk or the end of the program leaves an older file of
that name as it was.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from hipdesk.errors import OutputError

EVERYONE: Final = 0o666
OWNER_ONLY: Final = 0o600
"""Permissions of a new file, from which the system takes what the user never gives."""


def write_file(path: Path, content: bytes) -> None:
    """Write a file; an older one of that name is replaced once the new one is whole.

    Raises
    ------
    OutputError
        It cannot be written; the older one is untouched.
    """
    with output_file(path) as file:
        file.write(content)


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """The same for what is written bit by bit, or by others.

    Raises
    ------
    OutputError
        It cannot be written; the older one is untouched.
    """
    try:
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written; check that the disk is not full, that you may write there, "
            "and that no other program has the file open."
        ) from error


@contextmanager
def replacing(path: Path, mode: int = EVERYONE) -> Iterator[BinaryIO]:
    """A new file, which takes the place of ``path`` once it is safely on the disk.

    Parameters
    ----------
    path : in a folder that exists
    mode : the new file's permissions

    Raises
    ------
    OSError
        It cannot be written or put in place; ``path`` is as it was, and nothing
        lies beside it.
    """
    # Hidden and short: the name itself may be as long as the disk allows.
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(aside, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
    with suppress(OSError):  # the file is in place; some network disks know no more than that
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have a folder's entries safely on the disk (Windows does so by itself)."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

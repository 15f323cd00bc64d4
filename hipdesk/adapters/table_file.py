"""A table to be imported, read from its file as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hipdesk.errors import UnreadableInput

MOST_MB: Final = 64
"""A hundred thousand lines with every column filled take less (our choice)."""


def read_table(path: Path) -> bytes:
    """The bytes of a table.

    Raises
    ------
    UnreadableInput
        It cannot be read, or is larger than any table of people.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableInput(f"{path} is no file; choose a table saved as CSV.")
        with path.open("rb") as file:
            data = file.read(MOST_MB * 2**20 + 1)
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be read; choose a table saved as CSV.") from error
    if len(data) > MOST_MB * 2**20:
        raise UnreadableInput(
            f"{path} is larger than {MOST_MB} MB; split the table into several files."
        )
    return data

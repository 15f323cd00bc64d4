"""Files that the user asks for, written all or nothing."""

from __future__ import annotations

from pathlib import Path

from hipdesk.errors import OutputError


def write_file(path: Path, content: bytes) -> None:
    """Write a file; an older one of that name is replaced once the new one is whole.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    aside = path.with_name(path.name + ".part")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written; check that the disk is not full, that you may write there, "
            "and that no other program has the file open."
        ) from error

"""The anatomies a training simulates from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipdesk.errors import UnreadableInput
from hipdesk.phantom.anatomy import label_map_names, load_label_map
from hipdesk.phantom.prepared import PreparedAnatomy, prepare


def load_anatomies(
    folder: Path | None, leave_out: Sequence[str] = (), only: Sequence[str] = ()
) -> tuple[PreparedAnatomy, ...]:
    """Every label map of a folder, less those left out, ready to simulate from.

    Parameters
    ----------
    only : where given, no other name is taken

    Raises
    ------
    UnreadableInput
        Nothing is left, or a map cannot be read.
    """
    names = label_map_names(folder) if folder is not None else ()
    kept = [name for name in names if name not in leave_out and (not only or name in only)]
    if folder is None or not kept:
        raise UnreadableInput("No anatomy is left to simulate from; name a folder of label maps.")
    return tuple(prepare(load_label_map(folder, name)) for name in kept)

"""The anatomies a training simulates from: label maps of a folder, invented bodies, or both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from hipdesk.errors import UnreadableInput
from hipdesk.phantom import procedural
from hipdesk.phantom.anatomy import Anatomy, label_map_names, load_label_map
from hipdesk.phantom.prepared import PreparedAnatomy, prepare

BODY_KEY: Final = 7
"""Keeps the generators of invented bodies apart from those of stacks."""


def load_anatomies(
    folder: Path | None,
    leave_out: Sequence[str] = (),
    only: Sequence[str] = (),
    bodies: int = 0,
    seed: int = 0,
) -> tuple[PreparedAnatomy, ...]:
    """Label maps of a folder and invented bodies, ready to simulate from.

    Parameters
    ----------
    leave_out : names of label maps not to take
    only : where given, no other label map is taken
    bodies : how many bodies to invent (`hipdesk.phantom.procedural`)
    seed : of the bodies

    Raises
    ------
    UnreadableInput
        Nothing is left, a name is not in the folder, or a map cannot be read.
    """
    kept = kept_names(folder, leave_out, only)
    maps = [load_label_map(folder, name) for name in kept] if folder is not None else []
    found = tuple(prepare(anatomy) for anatomy in (*maps, *_bodies(bodies, seed)))
    if not found:
        raise UnreadableInput(
            "No anatomy is left to simulate from; name a folder of label maps, or ask for bodies."
        )
    return found


def kept_names(
    folder: Path | None, leave_out: Sequence[str] = (), only: Sequence[str] = ()
) -> tuple[str, ...]:
    """Names of a folder's label maps, less those not wanted; none without a folder.

    Raises
    ------
    UnreadableInput
        A name is not in the folder.
    """
    names = label_map_names(folder) if folder is not None else ()
    unknown = sorted({*leave_out, *only} - set(names))
    if unknown:
        raise UnreadableInput(f"There is no label map called {unknown[0]}; check the folder.")
    return tuple(name for name in names if name not in leave_out and (not only or name in only))


def _bodies(count: int, seed: int) -> Iterator[Anatomy]:
    """Invented bodies with cartilage of any thickness, the same ones for the same seed."""
    return (
        procedural.build(np.random.default_rng([seed, BODY_KEY, index]), varied_joints=True)
        for index in range(count)
    )

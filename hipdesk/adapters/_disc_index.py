"""What the index of a disc lists: a hint for the order of reading, and nothing else.

Source: DICOM PS3.10, chapter 8, and PS3.3, annex F.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MOST_INDEX_BYTES: Final = 64 << 20
_INDEX_ENTRY: Final = re.compile(rb"\x04\x00(?:\x00\x15|\x30\x14)CS(..)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DiscIndex:
    """What a DICOMDIR lists; a hint for the order of reading and nothing else.

    Attributes
    ----------
    groups : for each series the names of its files, lower-case, ``/`` between the parts
    """

    groups: tuple[tuple[str, ...], ...] = field(repr=False)


def below(folder: Path, shown: Path) -> str:
    """Name of a file as the index of a disc in ``folder`` would have it, without its ending.

    Empty where the file is not on that disc.
    """
    whole, start = str(shown), f"{folder}{os.sep}"
    if not whole.startswith(start):
        return ""
    name = whole[len(start) :].replace(os.sep, "/").lower()
    return name.partition(";")[0].partition(".")[0]


def is_disc_index(path: Path) -> bool:
    """Whether a file is named as a disc's index must be (DICOM PS3.10, 8.6)."""
    return path.name.upper() == "DICOMDIR"


def disc_index(content: bytes) -> DiscIndex:
    """Files by series, in the order in which a DICOMDIR names them.

    The records are not followed, only their types (0004,1430) and file names
    (0004,1500) picked out, which takes a thousandth of a real reading: the
    answer only decides which files are looked into first.
    """
    groups: list[list[str]] = [[]]
    for match in _INDEX_ENTRY.finditer(content):
        length = int.from_bytes(match[1], "little")
        value = content[match.end() : match.end() + length].decode("latin-1").strip(" \0")
        if match[0][2:4] == b"\x00\x15":
            name = "/".join(part.strip() for part in value.split("\\")).lower()
            groups[-1].append(name.partition(";")[0].partition(".")[0])
        elif value == "SERIES":
            groups.append([])
    return DiscIndex(tuple(tuple(group) for group in groups if group))

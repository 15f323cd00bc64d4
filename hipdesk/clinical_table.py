"""The text of a clinical table as cells, and the columns that its first line names.

A table is text in UTF-8, UTF-16 or GB 18030 (which contains GBK), its cells
parted by commas, semicolons or tabs. Its first line holds names of the columns,
in any order.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hipdesk.clinical_cells import Column
from hipdesk.clinical_columns import TABLE_COLUMNS, TableKind
from hipdesk.clinical_entries import Problem
from hipdesk.errors import UnreadableInput

WORKBOOK_STARTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""Of spreadsheet files that are no text."""

DELIMITERS: Final = (",", ";", "\t")

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


def recognised(data: bytes) -> TableKind:
    """What a table is meant to hold: the kind most of whose columns its first line names.

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    """
    text, _ = _decoded(data)
    rest, told = _without_mark(text)
    known = {kind: {each.name for each in columns} for kind, columns in TABLE_COLUMNS.items()}
    delimiter = told or _delimiter(rest, set().union(*known.values()))
    first = next((line for line in io.StringIO(rest, newline="") if line.strip()), "")
    names = {_plain_name(cell.strip('" ')) for cell in first.split(delimiter)}
    return max(TableKind, key=lambda kind: len(names & known[kind]))


@dataclass(frozen=True, slots=True)
class Table:
    """Cells with the lines on which they begin."""

    encoding: str
    delimiter: str
    lines: tuple[tuple[int, tuple[str, ...]], ...]
    broken: Problem | None


def read_table(data: bytes, columns: Sequence[Column]) -> Table:
    """The cells of a table.

    Raises
    ------
    UnreadableInput
        It is no text, or none in an encoding that can be told.
    """
    text, encoding = _decoded(data)
    rest, told = _without_mark(text)
    delimiter = told or _delimiter(text, {column.name for column in columns})
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, strict=True)
    before = 1 if told else 0
    lines: list[tuple[int, tuple[str, ...]]] = []
    line = before + 1
    broken = None
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                lines.append((line, stripped))
            line = before + reader.line_num + 1
    except csv.Error:
        broken = Problem(
            line,
            "",
            "a quotation mark is not closed or stands inside a cell",
            'cells in quotation marks from end to end, "" for a mark within',
        )
    return Table(encoding, delimiter, tuple(lines), broken)


def header_of(
    table: Table, columns: Sequence[Column]
) -> tuple[list[Column | None], list[Problem], bool]:
    """Column of each cell of a line; None for those to be left out."""
    if not table.lines:
        empty = Problem(1, "", "the table is empty", "the names of the columns in the first line")
        return [], [table.broken or empty], False
    line, cells = table.lines[0]
    names = [_plain_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    by_name = {column.name: column for column in columns}
    fatal = [] if table.broken is None else [table.broken]
    fatal += [
        Problem(line, name, "the column is missing", "a column of this name")
        for name in (column.name for column in columns if column.required)
        if name not in names
    ]
    fatal += [
        Problem(line, name, "the column stands twice", "each column once")
        for name in dict.fromkeys(names)
        if name in by_name and names.count(name) > 1
    ]
    if len(table.lines) == 1:
        fatal.append(Problem(line, "", "no line follows the header", "a line or more"))
    unknown = [
        Problem(line, cell, "there is no column of this name", _meant(name, by_name), cell)
        for name, cell in zip(names, cells, strict=False)
        if name not in by_name
    ]
    return [by_name.get(name) for name in names], fatal + unknown, not fatal


def _decoded(data: bytes) -> tuple[str, str]:
    """Text and the name of its encoding."""
    if data.startswith(WORKBOOK_STARTS):
        raise UnreadableInput(
            "This is a spreadsheet's own file; save it as CSV (comma separated) and choose that."
        )
    boms = [(codec, name) for bom, codec, name in _BOMS if data.startswith(bom)]
    for codec, name in boms or [("utf-8", "UTF-8"), ("gb18030", "GB 18030")]:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, name
    raise UnreadableInput(
        "This file is not text in UTF-8 or GBK; save the table as CSV UTF-8 and choose that."
    )


def _without_mark(text: str) -> tuple[str, str]:
    """A text without the line that tells its delimiter, and that; empty where none is told."""
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?\r?', first)
    return (rest, told[1]) if told else (text, "")


def _delimiter(text: str, names: set[str]) -> str:
    """The mark that parts the first line into most known names, else into most cells."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")

    def parts(mark: str) -> tuple[int, int]:
        cells = [_plain_name(cell.strip('" ')) for cell in first.split(mark)]
        return len(names.intersection(cells)), len(cells)

    return max(DELIMITERS, key=parts)


def _plain_name(cell: str) -> str:
    """A column's name however it is cased, spaced or hyphenated."""
    return re.sub(r"[\s-]+", "_", unicodedata.normalize("NFKC", cell).strip().casefold())


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"perhaps {near[0]}" if near else "a documented column, or none"

"""What every command shares: the program, its options, words and progress on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hipdesk.records import Provider

USAGE_EXIT: Final = 2
"""Exit status of wrong usage."""

app = typer.Typer(
    name="hipdesk",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


UNSHOWN: Final[dict[int, str | None]] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), "\ufffd"),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"),
    **dict.fromkeys((0x061C, 0x200E, 0x200F), None),
}
"""What would steer a terminal: control characters, ends of lines, turns of the direction."""


def _charset(name: str) -> str:
    """The standard's name of a character set; refuse one that nobody knows."""
    from hipdesk.adapters.dicom_folder import is_charset
    from hipdesk.ports import CHARSETS

    if f"\\{name}" in CHARSETS:
        return f"\\{name}"
    if name and not is_charset(name):
        known = ", ".join(each.lstrip("\\") for each in CHARSETS)
        raise typer.BadParameter(f"There is no character set {name}; --charset takes {known}")
    return name


Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Folder, file or zip archive of DICOM images.")
]
Also = Annotated[
    list[Path] | None,
    typer.Option("--also", metavar="FOLDER", help="One more folder; may be given several times."),
]
Charset = Annotated[
    str,
    typer.Option(
        "--charset",
        metavar="NAME",
        callback=_charset,
        help="Character set of names, where the files state a wrong one, such as GB18030.",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
WhichProvider = Annotated[Provider, typer.Option("--provider", help="Where the networks run.")]


class ProgressLine:
    """One line on a terminal's stderr that tells how far a job is."""

    def __init__(self, aloud: bool) -> None:
        self._shown = aloud and sys.stderr.isatty()

    def __call__(self, fraction: float, what: str) -> None:
        """Show how far a job is."""
        if self._shown:
            print(f"\r{plain(what):<32} {fraction:4.0%}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            print(f"\r{'':<40}\r", end="", file=sys.stderr, flush=True)


def counted(number: int, what: str) -> str:
    """A number with its noun: ``1 case``, ``2 cases``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def plain(line: str) -> str:
    """A line in which nothing steers the terminal, wherever its words come from."""
    return line.translate(UNSHOWN)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on stdout."""
    for line in lines:
        print(plain(line))


def print_aside(line: str) -> None:
    """Print a line on stderr."""
    print(plain(line), file=sys.stderr)


def print_json(document: dict[str, Any]) -> None:
    """Print a document as JSON on stdout."""
    # ASCII, so that no terminal's character set can stop it.
    print(json.dumps(document, allow_nan=False, indent=2))

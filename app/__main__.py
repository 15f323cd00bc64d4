"""``hipdesk-app``: the desktop program's entry point."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import freeze_support
from pathlib import Path
from typing import Final

from hipdesk import __version__

NO_WINDOW: Final = 2


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the program was started with."""

    paths: tuple[Path, ...] = field(default=(), repr=False)
    library: str = field(default="", repr=False)
    latest: bool = False


def parse(words: Sequence[str]) -> Arguments:
    """The command line; ends the program where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="hipdesk-app",
        description="Find both hips on MRI, outline and score their inflammation. Research use "
        "only - not for diagnostic or treatment decisions.",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="FOLDER", help="images to open")
    parser.add_argument("--library", default="", metavar="DIR|URL", help="patient library to use")
    parser.add_argument(
        "--latest", action="store_true", help="show the newest visit of the library"
    )
    parser.add_argument("--version", action="version", version=f"hipdesk-app {__version__}")
    given = parser.parse_args(words)
    return Arguments(tuple(path.absolute() for path in given.paths), given.library, given.latest)


def main(words: Sequence[str] | None = None) -> int:
    """Run the desktop program; the exit status."""
    freeze_support()
    arguments = parse(sys.argv[1:] if words is None else words)
    try:
        import app.bootstrap.networks  # noqa: F401 - ONNX Runtime must be there before Qt
        from app.bootstrap.running import run
    except ImportError as error:
        missing = error.name or "a library"
        print(
            f"The window cannot open: {missing} is missing or does not load; "
            "'hipdesk analyze FOLDER --out DIR' analyses a folder from the command line.",
            file=sys.stderr,
        )
        return NO_WINDOW
    return run(arguments.paths, arguments.library, arguments.latest)


if __name__ == "__main__":
    sys.exit(main())

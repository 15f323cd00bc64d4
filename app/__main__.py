"""``hipdesk-app``: the desktop program's entry point."""

from __future__ import annotations

import sys
from multiprocessing import freeze_support

WRONG_USAGE = 2


def main() -> int:
    """Say that this version has no window, and what to use instead."""
    freeze_support()
    print(
        "This version of HipDesk has no window yet; "
        "'hipdesk analyze FOLDER --out DIR' analyses a folder from the command line.",
        file=sys.stderr,
    )
    return WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main())

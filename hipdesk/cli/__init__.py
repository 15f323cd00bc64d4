"""``hipdesk``: the command line; joins the core with its adapters.

Exit codes: 0 done; 2 wrong usage; 3 nothing suitable in the input; 4 input
unreadable; 5 our bug. An error is one sentence on stderr and, with ``--json``,
``{"error": {"code", "message"}}`` on stdout.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import typer

from hipdesk import __version__
from hipdesk.cli import (
    alignment,
    analysis,
    clinical,
    follow_up,
    library,
    models,
    regrouping,
    timeline,
    training,
)
from hipdesk.cli.terminal import USAGE_EXIT, app, print_aside, print_json, print_lines
from hipdesk.errors import Cancelled, KnownError
from hipdesk.records import Provider

__all__ = [
    "alignment",
    "analysis",
    "app",
    "clinical",
    "follow_up",
    "library",
    "main",
    "models",
    "regrouping",
    "timeline",
    "training",
]

log = logging.getLogger(__name__)

BUG_EXIT: Final = 5
STOPPED_EXIT: Final = 130
"""What shells report for a program ended by Ctrl-C."""

SENTENCES: Final = ("--", "There is no ")
"""How our own sentences on wrong usage begin."""

USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]
"""What typer raises on wrong usage; it has no public name, and moved from click into typer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status. Never raises for the world's faults.

    Parameters
    ----------
    arguments : without the program's name; the process's own by default
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    _quieten()
    try:
        with warnings.catch_warnings():
            # Libraries' warnings may quote the files.
            warnings.simplefilter("ignore")
            status = app(args=given or ["--help"], prog_name="hipdesk", standalone_mode=False)
    except KnownError as error:
        return _fail(given, error.code, str(error), error.exit_code)
    except USAGE_ERROR as error:
        return _fail(given, "usage", _usage(error), USAGE_EXIT)
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        status = STOPPED_EXIT
    except BrokenPipeError:
        return 0
    except Exception as error:  # the border: whatever is left is our fault
        return _fail(given, "bug", _bug(error), BUG_EXIT)
    if status == STOPPED_EXIT:  # typer's own answer to Ctrl-C, too
        return _fail(given, "stopped", _stopped(given), STOPPED_EXIT)
    return status if isinstance(status, int) else 0


def _stopped(arguments: Sequence[str]) -> str:
    """What Ctrl-C leaves behind, as a sentence."""
    if arguments and arguments[0] in training.RESUMED:
        return "Stopped; the same command goes on from here."
    return "Stopped; no result was written."


def _show_version(wanted: bool) -> None:
    if wanted:
        print_lines([f"hipdesk {__version__}"])
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Find both hips on MRI, outline and score their inflammation. Research use only."""


def _quieten() -> None:
    """Keep libraries' logs off stderr and names off a terminal that cannot show them."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _fail(arguments: Sequence[str], code: str, message: str, status: int) -> int:
    """Say what happened, in words and where asked for as JSON; the exit status."""
    with suppress(BrokenPipeError):
        if "--json" in arguments:
            print_json({"error": {"code": code, "message": message}})
        print_aside(message)
    return status


def _usage(error: Any) -> str:
    """A usage error as a sentence that says where help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "hipdesk"
    own = str(getattr(error, "message", ""))
    whole = own.startswith(SENTENCES)  # typer says before its own clauses what they are about
    message = (own if whole else error.format_message()).rstrip(".")
    if getattr(getattr(error, "param", None), "name", None) == "provider":
        message = f"--provider must be one of {', '.join(Provider)}"
    return f"{message}; '{command} --help' explains the command."


def _bug(error: Exception) -> str:
    """Keep the places in the log, never the texts; the sentence for the user."""
    from hipdesk.logs import configure
    from hipdesk.paths import user_data_dir

    file = user_data_dir() / "logs" / "hipdesk.log"
    with suppress(OSError):
        configure("ERROR", file)
    log.error("command failed", exc_info=error)
    return (
        f"HipDesk failed by a fault of its own ({type(error).__name__}); please report it "
        f"with {file}, which names no patient."
    )

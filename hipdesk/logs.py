"""Logging without patients.

Modules log through ``logging.getLogger(__name__)`` with a literal message, and
numbers or the fields in `FIELDS` as ``extra``. `EventFormatter` writes nothing
else: other arguments, unknown fields and the texts of exceptions, all of which
may quote a file, never reach a handler of ours. Nothing names a study.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final

ROOTS: Final = ("hipdesk", "app")
"""Loggers that `configure` opens; third parties' stay as they are."""

FIELDS: Final = frozenset(
    {
        "code",
        "contrast",
        "count",
        "files",
        "hips",
        "model",
        "plane",
        "provider",
        "seconds",
        "series",
        "skipped",
        "slices",
        "step",
        "version",
    }
)
"""Names of ``extra`` fields that are written; any other is dropped."""

_WORD: Final = re.compile(r"[A-Za-z0-9_.+-]{1,32}")
_MAX_BYTES: Final = 2_000_000

Simple = bool | int | float | str


class EventFormatter(logging.Formatter):
    """One JSON object a line: when, level, logger, event and allowed fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Format ``record`` without anything that could name a patient."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        line.update(allowed_fields(vars(record)))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(_causes(record.exc_info[1]))
        return json.dumps(line)


def allowed_fields(fields: dict[str, object]) -> dict[str, Simple]:
    """The part of ``fields`` that may be logged.

    Names must be in `FIELDS`; values must be numbers, or one short word.
    """
    return {
        name: value
        for name, value in sorted(fields.items())
        if name in FIELDS and isinstance(value, bool | int | float | str) and _harmless(value)
    }


def configure(level: str = "WARNING", file: Path | None = None) -> None:
    """Write the program's log to ``file``, or to stderr; replaces an earlier call's choice.

    Parameters
    ----------
    level : name of a `logging` level
    file : kept below 2 MB, with one older file beside it

    Raises
    ------
    OSError
        The file cannot be opened.
    """
    handler = _file_handler(file) if file else logging.StreamHandler()
    handler.setFormatter(EventFormatter())
    for name in ROOTS:
        logger = logging.getLogger(name)
        for old in [h for h in logger.handlers if isinstance(h.formatter, EventFormatter)]:
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
        logger.setLevel(level)


def _file_handler(file: Path) -> logging.Handler:
    """Handler that appends to ``file``, whose folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return RotatingFileHandler(file, maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8")


def _event(record: logging.LogRecord) -> str:
    """The message with its numbers; the bare template where arguments are not numbers."""
    args = record.args
    if isinstance(args, tuple) and args and all(isinstance(arg, int | float) for arg in args):
        return record.getMessage()
    return str(record.msg)


def _harmless(value: Simple) -> bool:
    """Whether a value is a number or one short word."""
    return not isinstance(value, str) or _WORD.fullmatch(value) is not None


def _causes(error: BaseException) -> Iterator[dict[str, object]]:
    """Type and code lines of an exception and of what caused it; never their texts."""
    seen: BaseException | None = error
    while seen is not None:
        yield {"type": type(seen).__name__, "at": _places(seen.__traceback__)}
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _places(trace: TracebackType | None) -> list[str]:
    """``file:line function`` of each frame, file names without their folders."""
    frames = traceback.extract_tb(trace)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]

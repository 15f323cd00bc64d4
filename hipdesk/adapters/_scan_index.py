"""What earlier scans found, so that an unchanged folder opens at once.

An entry holds for as long as path, size and time of change of every file of
its folders stay the same. It holds names of patients: it lies in the user's
own data folder, readable by the user only, under a name that says nothing,
within a fixed size, and can be left out altogether.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import operator
import os
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipdesk import __version__
from hipdesk.adapters._source_listing import SourceFolder
from hipdesk.paths import user_data_dir
from hipdesk.records import Series, SkippedFile, read_only

MOST_FILES: Final = 200
MOST_BYTES: Final = 64 << 20
"""Of all entries on the disc; the oldest are removed. A thousand images take 0.3 MB."""

MOST_ENTRY_BYTES: Final = 16 << 20
_MOST_REMEMBERED: Final = 8
_SCHEMA: Final = 2
_SUFFIX: Final = ".json"

Decode = Callable[[Any], Any]
Encode = Callable[[Any], Any]

_OWN: Final = frozenset({str, int, float, bool, type(None)})
"""What JSON writes as it is."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Folders that share no series with any other, and what was found in them.

    Attributes
    ----------
    folders : path and `fingerprint` of each
    instances : SOPInstanceUIDs of every file that was read, used or not
    """

    folders: tuple[tuple[str, str], ...] = field(repr=False)
    series: tuple[Series, ...] = field(repr=False)
    skipped: tuple[SkippedFile, ...] = field(repr=False)
    instances: tuple[str, ...] = field(repr=False)


def fingerprint(folder: SourceFolder) -> str:
    """What stands for names, sizes and times of change of a folder's files."""
    listed = "\0".join(f"{file.path.name}\0{file.size}\0{file.mtime_ns}" for file in folder.files)
    return hashlib.blake2b(listed.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class ScanIndex:
    """Earlier scans, in memory and, where a folder is given, on the disc.

    Parameters
    ----------
    folder : of the index' files, made when needed; None to keep nothing on the disc
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._remembered: dict[str, bytes] = {}

    @classmethod
    def of_user(cls) -> ScanIndex:
        """The index in the user's own data folder."""
        return cls(user_data_dir() / "scan-index")

    def load(self, roots: Sequence[Path], charset: str) -> tuple[Unit, ...]:
        """What an earlier scan of the same roots found; nothing where there is none."""
        name = _name(roots, charset)
        content = self._remembered.get(name) or self._read(name)
        try:
            return _decoded(content) if content else ()
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
            return ()  # damaged, or of another version

    def save(self, roots: Sequence[Path], charset: str, units: Iterable[Unit]) -> None:
        """Keep what a scan found, if anything. A full disc is no reason to fail."""
        name = _name(roots, charset)
        kept = tuple(units)
        if not kept and name not in self._remembered and not self._read(name):
            return
        try:
            content = _encoded(kept)
        except ValueError:  # a figure that JSON does not have
            return
        if len(content) > MOST_ENTRY_BYTES:
            return
        self._remembered.pop(name, None)
        self._remembered[name] = content
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        if self._folder is not None:
            with suppress(OSError):
                self._write(self._folder, name, content)

    def clear(self) -> None:
        """Forget everything, on the disc too."""
        self._remembered.clear()
        for path, _ in self._files():
            with suppress(OSError):
                path.unlink()

    def _read(self, name: str) -> bytes | None:
        if self._folder is None:
            return None
        path = self._folder / f"{name}{_SUFFIX}"
        try:
            if path.stat().st_size > MOST_ENTRY_BYTES:
                return None
            content = path.read_bytes()
            os.utime(path)  # used, so not among the oldest
        except OSError:
            return None
        return content

    def _write(self, folder: Path, name: str, content: bytes) -> None:
        """Write aside for the user alone, then put in place; then make room."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = folder / f"{name}.{os.getpid()}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(aside, flags, 0o600), "wb") as stream:
                stream.write(content)
            aside.replace(folder / f"{name}{_SUFFIX}")
        finally:
            aside.unlink(missing_ok=True)
        self._make_room()

    def _make_room(self) -> None:
        """Remove the entries that were not used for longest."""
        held = 0
        newest_first = sorted(self._files(), key=lambda each: each[1].st_mtime_ns, reverse=True)
        for number, (path, facts) in enumerate(newest_first, start=1):
            held += facts.st_size
            if number > MOST_FILES or held > MOST_BYTES:
                with suppress(OSError):
                    path.unlink()

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        files: list[tuple[Path, os.stat_result]] = []
        with suppress(OSError):
            for path in self._folder.iterdir() if self._folder else ():
                with suppress(OSError):
                    files.append((path, path.stat()))
        return files


def _name(roots: Sequence[Path], charset: str) -> str:
    """A file name that says nothing of what was scanned."""
    named = (each for root in roots for each in (os.fspath(root), os.fspath(root.absolute())))
    asked = "\0".join([charset, *named])
    return hashlib.blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


# Records as JSON, by their own fields, so that a new field is kept without a word here.


def _encoded(units: tuple[Unit, ...]) -> bytes:
    document = {"schema": _version(), "units": _plain(units)}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")


def _decoded(content: bytes) -> tuple[Unit, ...]:
    document = json.loads(content)
    if document["schema"] != _version():
        return ()
    decode = _decoder(tuple[Unit, ...])
    units: tuple[Unit, ...] = decode(document["units"])
    return units


@lru_cache(maxsize=1)
def _version() -> str:
    """Changes with the program and with every field of the records."""
    names = [_SCHEMA, __version__, *(f.name for kind in (Unit, Series) for f in _fields(kind))]
    return "/".join(map(str, names))


def _fields(kind: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)


def _plain(value: Any) -> Any:
    """A record as lists and JSON's own values."""
    kind: Any = type(value)
    return _encoder(kind)(value)


@lru_cache(maxsize=128)
def _encoder(kind: Any) -> Encode:
    """What makes JSON's values from one of a type."""
    if kind in _OWN:
        return _same
    if issubclass(kind, Enum):
        return operator.attrgetter("value")
    if issubclass(kind, tuple):
        return _list
    if issubclass(kind, Path):
        return os.fspath
    if issubclass(kind, (date, time)):
        return operator.methodcaller("isoformat")
    if issubclass(kind, np.ndarray):
        return _array_list
    values = operator.attrgetter(*(each.name for each in _fields(kind)))
    return lambda record: _list(values(record))


def _list(values: tuple[Any, ...]) -> list[Any]:
    return [value if type(value) in _OWN else _plain(value) for value in values]


def _array_list(array: NDArray[Any]) -> list[Any]:
    return [str(array.dtype), list(array.shape), array.ravel().tolist()]


@lru_cache(maxsize=128)
def _decoder(kind: Any) -> Decode:
    """What makes a value of one type from JSON's."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional([each for each in arguments if each is not type(None)])
    if origin is tuple:
        return _tuple(arguments)
    if origin is np.ndarray:
        return _array
    if isinstance(kind, type):
        if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
            return _record(kind)
        if issubclass(kind, (datetime, date, time)):
            return kind.fromisoformat
        if issubclass(kind, (Enum, Path)):
            return kind
        if kind in (str, int, float, bool):
            return _same
    raise TypeError(f"no decoder for {kind}")


def _same(value: Any) -> Any:
    return value


def _optional(kinds: list[Any]) -> Decode:
    if len(kinds) != 1:
        raise TypeError(f"no decoder for {kinds}")
    decode = _decoder(kinds[0])
    return lambda value: None if value is None else decode(value)


def _tuple(kinds: tuple[Any, ...]) -> Decode:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        each = _decoder(kinds[0])
        return tuple if each is _same else lambda values: tuple(map(each, values))
    decoders = [_decoder(kind) for kind in kinds]
    if all(decode is _same for decode in decoders):
        return tuple
    return lambda values: tuple(
        decode(value) for decode, value in zip(decoders, values, strict=True)
    )


def _record(kind: Any) -> Decode:
    """A dataclass or named tuple from the list of its fields."""
    hints = typing.get_type_hints(kind)
    names = getattr(kind, "_fields", None) or [each.name for each in _fields(kind)]
    decoders = [_decoder(hints[name]) for name in names]
    if all(decode is _same for decode in decoders):
        return lambda values: kind(*values)
    return lambda values: kind(
        *(decode(value) for decode, value in zip(decoders, values, strict=True))
    )


def _array(value: Any) -> NDArray[Any]:
    kind, shape, flat = value
    return read_only(np.array(flat, dtype=np.dtype(kind)).reshape(shape))

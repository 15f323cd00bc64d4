"""What runs inside the worker process: one request after another, within limits.

Requests come pickled from our own program. Answers go back as JSON and the raw
bytes of arrays, never pickled, because what a damaged file made of this process
is not to be trusted.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.errors import KnownError
from hipdesk.ports import Progress
from hipdesk.records import Series

IDLE_S: Final = 120.0
"""A worker that nobody needs ends itself, and gives its memory back."""

GRACE_S: Final = 10
"""The worker ends itself this long after its time limit, should nobody be left to end it."""

PROGRESS_INTERVAL_S: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a request gave.

    Attributes
    ----------
    facts : small JSON values
    array : float32 of at least one dimension, sent plane by plane
    """

    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    array: NDArray[np.float32] | None = None


Task = Callable[[Any, Progress], Answer]
"""Does one kind of request; a function at the top of a module, so that it can be named."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to do.

    Attributes
    ----------
    task : name of the task
    content : what it is given
    limit_s : time it may take
    memory_bytes : what it may use beyond what the process has already; None for no limit
    """

    task: str
    content: Any = field(repr=False)
    limit_s: float
    memory_bytes: int | None = None


def decode(series: Series, progress: Progress) -> Answer:
    """Pixels of a series, as `DicomFolderReader` reads them."""
    from hipdesk.adapters.dicom_folder import DicomFolderReader

    volume = DicomFolderReader().read(series, progress)
    return Answer({"pixel_sha256": volume.pixel_sha256}, volume.voxels)


def probe(folder: Path, _progress: Progress) -> Answer:
    """Whether a model answers on CUDA as on the processor; else why not."""
    from hipdesk.adapters.onnx_models import OTHER_RESULTS, OnnxNetwork, read_manifest, read_model

    manifest = read_manifest(folder)
    found = OnnxNetwork(manifest, read_model(folder, manifest), "cuda").compute
    lasting = found.reason == OTHER_RESULTS
    return Answer({"provider": found.provider, "reason": found.reason, "lasting": lasting})


def align(content: Any, progress: Progress) -> Answer:
    """How a later visit's bone lies on the earlier one."""
    from hipdesk.adapters._registration_packing import aligned

    return Answer(aligned(content, progress))


TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {"decode": decode, "probe": probe, "align": align}
)


def serve(connection: Connection, tasks: Mapping[str, Task]) -> None:
    """Answer requests until the other side is gone or nobody has asked for long."""
    _be_quiet()
    with contextlib.suppress(EOFError, OSError):
        _Line(connection).say("ready")
        while connection.poll(IDLE_S):
            request: Request = connection.recv()
            line = _Line(connection)
            line.say("began")
            with _limits(request):
                _answer(line, request, tasks[request.task])


class _Line:
    """The way back, for one request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = 0.0

    def say(self, kind: str, **facts: Any) -> None:
        """Send one small message."""
        self._connection.send_bytes(json.dumps({"kind": kind, **facts}).encode())

    def progress(self, fraction: float, what: str) -> None:
        """Send progress, now and then."""
        if time.monotonic() - self._told > PROGRESS_INTERVAL_S:
            self._told = time.monotonic()
            self.say("progress", fraction=fraction, what=what)

    def send(self, answer: Answer) -> None:
        """Send an answer, its array plane by plane: faster than whole, or in shared memory."""
        shape = None if answer.array is None else answer.array.shape
        self.say("answer", facts=dict(answer.facts), shape=shape)
        if answer.array is not None:
            array = np.ascontiguousarray(answer.array, dtype=np.float32)
            for at in range(len(array)):
                self._connection.send_bytes(array[at : at + 1].data.cast("B"))


def _answer(line: _Line, request: Request, task: Task) -> None:
    """Do one request and send what came of it; texts only of our own sentences."""
    try:
        answer = task(request.content, line.progress)
    except KnownError as error:
        line.say("known", code=error.code, text=str(error))
    except MemoryError:
        line.say("memory")
    except Exception as error:  # it must not end the process
        line.say("failed", type=type(error).__name__)
    else:
        line.send(answer)


@contextlib.contextmanager
def _limits(request: Request) -> Iterator[None]:
    """The time and memory that one request may take.

    Memory is limited on Linux alone: macOS does not enforce RLIMIT_AS and
    Windows has no such limit. The parent's own clock is the first guard of
    time; the alarm, which Windows lacks, ends what the parent left behind.
    """
    if sys.platform != "win32":
        signal.alarm(int(request.limit_s) + GRACE_S)
    try:
        with _memory_limit(request.memory_bytes):
            yield
    finally:
        if sys.platform != "win32":
            signal.alarm(0)


@contextlib.contextmanager
def _memory_limit(more_bytes: int | None) -> Iterator[None]:
    """Let the address space grow by so much and no more."""
    if sys.platform != "linux" or more_bytes is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([_address_space() + more_bytes, *bounds]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    """Bytes of address space that this process has now, on Linux."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _be_quiet() -> None:
    """Leave the terminal alone, and no picture of a patient's data on the disk.

    Decoders write file names to stderr, a dumped core holds the pixels, and
    Ctrl-C in a terminal is meant for the program, which ends this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for number in (1, 2):
            os.dup2(nowhere.fileno(), number)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

"""A process of our own that may crash, hang or run out of memory in our place.

Decoders of compressed pixels and GPU drivers are native code that damaged files
and old drivers bring down. They run in a *spawned* process, started when first
needed and again after each end. Every request has a limit of time, and on Linux
one of memory; on macOS and Windows, which enforce none, the time alone.

A frozen program must call `multiprocessing.freeze_support` first in its entry
points: the worker is the program itself, started with other arguments.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.adapters._worker_main import TASKS, Answer, Request, Task, serve
from hipdesk.errors import BugError, KnownError
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.ports import POLL_S, Cancelled, Progress, never_cancelled, no_progress

log = logging.getLogger(__name__)

START_LIMIT_S: Final = 60.0
END_LIMIT_S: Final = 2.0

_LARGEST_MESSAGE: Final = 1 << 20


class WorkerLostError(Exception):
    """The worker process ended before it answered; a new one starts at the next request."""


class WorkerTooSlowError(WorkerLostError):
    """The request took longer than its limit, and the process was ended."""


class WorkerOutOfMemoryError(WorkerLostError):
    """The request needed more memory than its limit."""


class WorkerProcess:
    """Answers requests in another process; for any thread.

    One process is kept. A request that comes while it is busy, as when an urgent
    job runs inside another, has a process of its own.

    Parameters
    ----------
    tasks : functions by the names that requests use, at the top of their modules
    """

    def __init__(self, tasks: Mapping[str, Task] = TASKS) -> None:
        self._tasks = dict(tasks)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False

    def ask(
        self,
        request: Request,
        shape: tuple[int, ...] | None = None,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Answer:
        """Have a request done.

        Parameters
        ----------
        shape : of the array that must come back; None for an answer without one

        Raises
        ------
        KnownError
            What the task raised.
        WorkerLostError
            The process crashed, or broke a limit.
        Cancelled
            The user asked to stop, or the worker was closed.
        """
        if cancelled():
            raise CancelledByUser
        try:
            return self._asked(request, shape, progress, cancelled)
        except WorkerLostError as error:
            if self._closed:
                raise CancelledByUser from error
            log.warning("the worker process was lost", extra={"code": type(error).__name__})
            raise

    def close(self) -> None:
        """End the process, a busy one too; whoever waits for it is told `Cancelled`."""
        with self._lock:
            self._closed = True
            idle, busy = tuple(self._idle), tuple(self._busy)
            self._idle.clear()
        for child in idle:
            child.kill()
        for child in busy:  # whoever waits for it cleans up
            child.stop()

    def _asked(
        self,
        request: Request,
        shape: tuple[int, ...] | None,
        progress: Progress,
        cancelled: Cancelled,
    ) -> Answer:
        child = self._begun(request, cancelled)
        try:
            answer = child.answer(request.limit_s, shape, progress, cancelled)
        except (KnownError, BugError, WorkerOutOfMemoryError):
            self._give_back(child)
            raise
        except BaseException:
            self._lose(child)
            raise
        self._give_back(child)
        return answer

    def _begun(self, request: Request, cancelled: Cancelled) -> _Child:
        """A process that has begun a request; one that had ended meanwhile is replaced."""
        with self._lock:
            child = self._idle.pop() if self._idle else None
            self._busy.update([child] if child else [])
        if child is not None:
            try:
                child.begin(request, cancelled)
            except WorkerLostError:
                self._lose(child)
            except BaseException:
                self._lose(child)
                raise
            else:
                return child
        return self._fresh(request, cancelled)

    def _fresh(self, request: Request, cancelled: Cancelled) -> _Child:
        """A new process that has begun a request."""
        with self._lock:
            if self._closed:
                raise CancelledByUser
            child = _Child(self._tasks)
            self._busy.add(child)
        try:
            child.wait_until_ready(cancelled)
            child.begin(request, cancelled)
        except BaseException:
            self._lose(child)
            raise
        return child

    def _give_back(self, child: _Child) -> None:
        """Keep one process for the next request."""
        with self._lock:
            self._busy.discard(child)
            kept = not self._closed and not self._idle
            if kept:
                self._idle.append(child)
        if not kept:
            child.kill()

    def _lose(self, child: _Child) -> None:
        with self._lock:
            self._busy.discard(child)
        child.kill()


class _Child:
    """One process and the pipe to it."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=serve, args=(other, tasks), name="hipdesk-worker", daemon=True
        )
        self._process.start()
        other.close()  # or its end would never be seen

    def wait_until_ready(self, cancelled: Cancelled) -> None:
        """Wait for its imports."""
        self._expect("ready", time.monotonic() + START_LIMIT_S, cancelled)

    def begin(self, request: Request, cancelled: Cancelled) -> None:
        """Hand over a request, and wait until it is begun."""
        try:
            self._pipe.send(request)
        except (OSError, ValueError) as error:
            raise WorkerLostError("the pipe is closed") from error
        self._expect("began", time.monotonic() + START_LIMIT_S, cancelled)

    def answer(
        self,
        limit_s: float,
        shape: tuple[int, ...] | None,
        progress: Progress,
        cancelled: Cancelled,
    ) -> Answer:
        """What comes back, with progress told on the way."""
        deadline = time.monotonic() + limit_s
        while (message := self._message(deadline, cancelled))["kind"] == "progress":
            progress(float(message["fraction"]), str(message["what"]))
        _raise_failure(message)
        if message["shape"] != (None if shape is None else list(shape)):
            raise WorkerLostError("the answer is not of the expected shape")
        array = None if shape is None else self._array(shape, deadline, cancelled)
        return Answer(message["facts"], array)

    def stop(self) -> None:
        """End the process, from any thread; whoever waits for it learns so."""
        with contextlib.suppress(ValueError):  # cleaned up already
            self._process.kill()

    def kill(self) -> None:
        """End the process and clean up; for whoever has the child."""
        self._process.kill()
        self._process.join(END_LIMIT_S)
        self._pipe.close()
        with contextlib.suppress(ValueError):  # stuck in the kernel, on a dead network share
            self._process.close()

    def _expect(self, kind: str, deadline: float, cancelled: Cancelled) -> None:
        if self._message(deadline, cancelled)["kind"] != kind:
            raise WorkerLostError("an answer came that nobody asked for")

    def _message(self, deadline: float, cancelled: Cancelled) -> dict[str, Any]:
        """The next small message."""
        self._wait(deadline, cancelled)
        try:
            message = json.loads(self._pipe.recv_bytes(_LARGEST_MESSAGE))
        except (EOFError, OSError, ValueError) as error:
            raise WorkerLostError("the process has ended") from error
        return dict(message)

    def _array(
        self, shape: tuple[int, ...], deadline: float, cancelled: Cancelled
    ) -> NDArray[np.float32]:
        """The array that follows an answer, plane by plane."""
        array = np.empty(shape, dtype=np.float32)
        for at in range(len(array)):
            self._wait(deadline, cancelled)
            self._receive_into(array[at : at + 1])
        return array

    def _receive_into(self, plane: NDArray[np.float32]) -> None:
        try:
            size = self._pipe.recv_bytes_into(plane.data.cast("B"))
        except (EOFError, OSError, ValueError, multiprocessing.BufferTooShort) as error:
            raise WorkerLostError("the process has ended") from error
        if size != plane.nbytes:
            raise WorkerLostError("a plane is not of the expected size")

    def _wait(self, deadline: float, cancelled: Cancelled) -> None:
        """Wait until something comes, or the end."""
        try:
            while not self._pipe.poll(POLL_S):
                if cancelled():
                    raise CancelledByUser
                if time.monotonic() > deadline:
                    raise WorkerTooSlowError("the time limit has passed")
        except OSError as error:
            raise WorkerLostError("the process has ended") from error


def _raise_failure(message: Mapping[str, Any]) -> None:
    """Raise what went wrong in the worker."""
    match message["kind"]:
        case "known":
            raise _known(KnownError, str(message["code"]))(str(message["text"]))
        case "memory":
            raise WorkerOutOfMemoryError("the memory limit was reached")
        case "failed":
            raise BugError("a task of the worker process failed: " + str(message["type"]))
        case "answer":
            return
    raise WorkerLostError("an answer came that nobody asked for")


def _known(family: type[KnownError], code: str) -> type[KnownError]:
    """The class of a code; the family's own where no class has it."""
    for kind in family.__subclasses__():
        found = kind if kind.code == code else _known(kind, code)
        if found.code == code:
            return found
    return family

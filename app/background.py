"""What controllers say of work that must not block the window. No Qt, no threads.

A job is a plain core function ``(progress, cancelled) -> result`` with the
functions that take its answer on the GUI thread. Its request is frozen and bound
to ``work`` when the job is made, so that nothing is shared with the screen.

One job runs at a time, so that library, networks and readers need no locks of
their own. An ``urgent`` job does not wait for the one that runs: it is done in
between, at that job's next call of ``progress`` or ``cancelled``. A job must
therefore call neither while it holds a transaction or a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from hipdesk.ports import Cancelled, Progress

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Something to do in the background, and who is told of its end.

    Exactly one of ``done``, ``failed`` and ``stopped`` is called, unless a newer
    job of the same topic took this one's place: then none is. All of them, and
    ``progressed``, are called on the GUI thread.

    Attributes
    ----------
    what : shown while it runs or waits, e.g. ``Reading headers``
    work : core function; raises `hipdesk.errors.Cancelled` once it has stopped
    done : takes the result
    failed : takes the error instead of the message that is otherwise shown; of a
        `BugError` or an unexpected error the user is told in any case
    stopped : after a cancellation, once the work has really ended
    progressed : fraction done (0-1) and what is being done; intermediate calls
        may be left out
    urgent : a short read or save: goes before waiting jobs, and in between a
        running one's steps
    keep : a save: never cancelled and never stale; closing waits for it
    awaited : what a reader has asked to have corrected: closing waits for it and for
        what comes of it, but the reader may stop it
    topic : a newer job of the same topic makes this one's answer stale: it is
        cancelled, and its answer dropped
    """

    what: str
    work: Callable[[Progress, Cancelled], T]
    done: Callable[[T], None]
    failed: Callable[[Exception], None] | None = None
    stopped: Callable[[], None] | None = None
    progressed: Callable[[float, str], None] | None = None
    urgent: bool = False
    keep: bool = False
    awaited: bool = False
    topic: str = ""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as the window shows it.

    Attributes
    ----------
    number : identifies the job; never used twice
    fraction : done, 0-1
    detail : what is being done at the moment; empty where not said
    waiting : not begun yet
    cancellable : whether a stop button makes sense; False once it was pressed
    began : `time.monotonic` seconds when it began, or was asked for while it waits
    stopping : was cancelled, and ends at its next step
    awaited : closing the program does not stop it
    """

    number: int
    what: str
    fraction: float
    detail: str
    waiting: bool
    cancellable: bool
    began: float
    stopping: bool = False
    awaited: bool = False


Watcher = Callable[[tuple[JobStatus, ...]], None]
"""Takes what runs and waits, the running one first."""


class Jobs(Protocol):
    """Does jobs in the background. All methods belong to the GUI thread."""

    def start(self, job: Job[Any]) -> int:
        """Do a job as soon as possible; its number.

        While the program closes, only ``keep`` jobs are done; others are
        stopped at once.
        """
        ...

    def cancel(self, number: int) -> None:
        """Stop one job; nothing where it has ended or is a save."""
        ...

    def cancel_topic(self, topic: str) -> None:
        """Stop every job of a topic but saves."""
        ...

    @property
    def running(self) -> tuple[JobStatus, ...]:
        """What runs and waits, the running one first."""
        ...

    def watch(self, watcher: Watcher) -> None:
        """Tell this one of changes from now on, at most ten times a second."""
        ...

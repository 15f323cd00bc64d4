"""Files looked into by a few threads, none of which can hold up the others.

One thread is enough while the disc is quick, since Python runs one at a time;
more are started where files are slow to come. A file that does not answer in
time is given up with its thread, which nothing can end: it goes with the
program.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

from hipdesk.adapters._source_listing import SourceFile
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.ports import Cancelled

T = TypeVar("T")

MOST_THREADS: Final = 6
PATIENCE_S: Final = 10.0
"""A header comes in milliseconds, from a sleeping optical drive in five seconds."""

MOST_GIVEN_UP: Final = 12
"""After so many silent files the rest of the source is not asked any more."""

TICK_S: Final = 0.04
"""The wish to stop is asked for at least this often."""

_SLOW_S: Final = 0.02
_TOLD_EVERY: Final = 16


def in_background(
    work: Callable[[], None],
    beat: Callable[[], float],
    patience_s: float,
    tick: Callable[[], None],
) -> bool:
    """Do something in a thread of its own; False where it has fallen silent.

    Parameters
    ----------
    beat : time of its last sign of life, `time.monotonic`
    tick : called many times a second while waiting; may raise to stop waiting

    Raises
    ------
    Exception
        Whatever ``work`` raised.
    """
    done = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # handed to who waits
            raised.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="hipdesk-list").start()
    while not done.wait(TICK_S):
        tick()
        if time.monotonic() - beat() > patience_s:
            return False
    if raised:
        raise raised[0]
    return True


class HeaderPool(Generic[T]):
    """Looks into files in order, several at a time where that helps.

    Parameters
    ----------
    look : reads one file; must not raise
    silent : what stands for a file that did not answer
    patience_s : time each file has
    """

    def __init__(
        self, look: Callable[[SourceFile], T], silent: T, patience_s: float = PATIENCE_S
    ) -> None:
        self._look = look
        self._silent = silent
        self._patience_s = patience_s

    def results(
        self, files: Sequence[SourceFile], cancelled: Cancelled
    ) -> Iterator[tuple[SourceFile, T]]:
        """Each file with what was found in it, in the order given.

        Raises
        ------
        Cancelled
            The user asked to stop.
        """
        work = _Work(self._look, files)
        try:
            for place, file in enumerate(files):
                if cancelled():
                    raise CancelledByUser
                yield file, self._waited(work, place, cancelled)
        finally:
            work.stop()

    def _waited(self, work: _Work[T], place: int, cancelled: Cancelled) -> T:
        """What was found in one file, once it is there or given up."""
        while place not in work.found:
            work.ready.wait(TICK_S)
            work.ready.clear()
            if place in work.found:
                break
            if cancelled():
                raise CancelledByUser
            work.hurry(self._patience_s, self._silent)
        return work.found.pop(place)


class _Work(Generic[T]):
    """The files, the threads at work on them and what they have found."""

    def __init__(self, look: Callable[[SourceFile], T], files: Sequence[SourceFile]) -> None:
        self._look = look
        self._files = files
        self._next = iter(range(len(files)))
        self._threads: list[_Thread] = []
        self._given_up = 0
        self._stopped = False
        self._all_begun = False
        self.found: dict[int, T] = {}
        self.ready = threading.Event()
        if files:
            self._start()

    def _start(self) -> None:
        thread = _Thread(self._run)
        self._threads.append(thread)
        thread.start()

    def _run(self, thread: _Thread) -> None:
        """Look into one file after another until none is left or nobody waits."""
        for place in self._next:
            thread.begin(place)
            found = self._look(self._files[place])
            if thread.given_up or self._stopped:
                return
            self.found[place] = found
            if place % _TOLD_EVERY == 0:
                self.ready.set()
        thread.ended = self._all_begun = True
        self.ready.set()

    def hurry(self, patience_s: float, silent: T) -> None:
        """Give up what is silent; bring help where files are slow."""
        now = time.monotonic()
        at_work = [thread for thread in self._threads if not thread.ended]
        for thread in at_work:
            if thread.place >= 0 and now - thread.began > patience_s:
                self._give_up(thread, silent)
        busy = [thread for thread in at_work if not thread.given_up]
        slow = all(max(now - thread.began, thread.took) > _SLOW_S for thread in busy)
        if slow and len(busy) < MOST_THREADS and not (self._stopped or self._all_begun):
            self._start()

    def _give_up(self, thread: _Thread, silent: T) -> None:
        thread.given_up = thread.ended = True
        self.found[thread.place] = silent
        self._given_up += 1
        if self._given_up >= MOST_GIVEN_UP:
            self._stopped = True
            for place in range(len(self._files)):
                self.found.setdefault(place, silent)

    def stop(self) -> None:
        """Let every thread end after its present file."""
        self._stopped = True


class _Thread:
    """One thread and the file it is at."""

    def __init__(self, run: Callable[[_Thread], None]) -> None:
        self.place = -1
        self.began = time.monotonic()
        self.took = 0.0
        self.given_up = False
        self.ended = False
        self._run = run

    def start(self) -> None:
        """Begin; a program may end without waiting for it."""
        threading.Thread(target=self._run, args=(self,), daemon=True, name="hipdesk-look").start()

    def begin(self, place: int) -> None:
        """Note which file is looked into, and since when."""
        now = time.monotonic()
        self.took = now - self.began if self.place >= 0 else 0.0
        self.place, self.began = place, now

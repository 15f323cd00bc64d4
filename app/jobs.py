"""The one worker thread, and the way from any thread to the window's.

Each job tells, on the GUI thread and in this order: ``started``, ``progressed``
any number of times, one of ``returned``, ``failed`` and ``cancelled``, and always
``finished``. A job that is cancelled while it waits is never started.

One thread, because library, readers and networks may then be used without locks,
and two cores are not worth more. So that opening a stored visit does not wait for
the end of an analysis, an urgent job is done inside the running job, at its next
call of ``progress`` or ``cancelled``, as in a coroutine.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QTimer, Signal, Slot

from app.background import Job, JobStatus, Watcher
from app.messages import Messages
from hipdesk.errors import BugError, KnownError
from hipdesk.errors import Cancelled as CancelledByUser

log = logging.getLogger(__name__)

WATCH_INTERVAL_MS: Final = 100
PROGRESS_INTERVAL_S: Final = 0.05
"""Progress told more often than this is remembered, not passed on: it would keep the
window busier than the work itself."""

SWITCH_S: Final = 0.001
"""How long a thread that wants Python waits at most. Painting a slice lets go of Python at each
of its hundred strokes, and would wait for it up to the usual 5 ms again and again."""

CLOSING_LIMIT_S: Final = 10.0
SAVING_LIMIT_S: Final = 120.0
"""How long closing waits for cancelled work, and for saves."""


class GuiThread(QObject):
    """Brings calls to the thread it was made in; the poster of `app.messages`."""

    _posted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: deque[Callable[[], None]] = deque()
        self._posted.connect(self._call_one, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have a function called there soon, in the order of posting; from any thread."""
        self._calls.append(call)
        # A thread that outlives the program finds the Qt object gone: nobody listens any more.
        with contextlib.suppress(RuntimeError):
            self._posted.emit()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Have a function called after some time; from the GUI thread only."""
        QTimer.singleShot(int(seconds * 1000), self, call)

    @Slot()
    def _call_one(self) -> None:
        """One call a signal, so that one that raises takes no other with it."""
        self._calls.popleft()()


class _Task:
    """A job on its way; ``stop`` and the fields of progress cross threads."""

    __slots__ = ("began", "detail", "fraction", "job", "number", "stale", "stop", "told", "waiting")

    def __init__(self, number: int, job: Job[Any]) -> None:
        self.number = number
        self.job = job
        self.began = time.monotonic()
        self.fraction = 0.0
        self.detail = ""
        self.waiting = True
        self.stale = False
        self.stop = threading.Event()
        self.told = 0.0

    def begin(self) -> None:
        """Its work begins now."""
        self.waiting = False
        self.began = time.monotonic()

    def advance(self, fraction: float, detail: str) -> bool:
        """Note progress; whether it is to be told."""
        self.fraction, self.detail = min(max(fraction, 0.0), 1.0), detail
        now = time.monotonic()
        due = now - self.told >= PROGRESS_INTERVAL_S or fraction >= 1.0
        if due:
            self.told = now
        return due and not self.stop.is_set()

    @property
    def status(self) -> JobStatus:
        """As the window shows it."""
        stopping = self.stop.is_set()
        return JobStatus(
            number=self.number,
            what=self.job.what,
            fraction=self.fraction,
            detail=self.detail,
            waiting=self.waiting,
            cancellable=not self.job.keep and not stopping,
            began=self.began,
            stopping=stopping,
            awaited=self.job.keep or self.job.awaited,
        )


class _Line:
    """Who waits: urgent tasks first, each kind in the order it came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: deque[_Task] = deque()
        self._others: deque[_Task] = deque()
        self._closed = False

    def put(self, task: _Task) -> None:
        """Join the line."""
        with self._changed:
            (self._urgent if task.job.urgent else self._others).append(task)
            self._changed.notify()

    def remove(self, task: _Task) -> bool:
        """Leave the line; whether it was still there."""
        with self._changed:
            for waiting in (self._urgent, self._others):
                if task in waiting:
                    waiting.remove(task)
                    return True
        return False

    def take(self) -> _Task | None:
        """The next task, waited for; None once the line is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._others or self._closed)
            waiting = self._urgent or self._others
            return waiting.popleft() if waiting else None

    def take_urgent(self) -> _Task | None:
        """The next urgent task, if one waits."""
        if not self._urgent:  # asked at every step of a job: no lock
            return None
        with self._changed:
            return self._urgent.popleft() if self._urgent else None

    def close(self) -> None:
        """Let whoever takes go home when the line is empty."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class JobThread(QObject):
    """Does jobs in one thread; implements `app.background.Jobs`.

    Parameters
    ----------
    messages : where errors go that no job takes itself
    """

    started = Signal(int)
    progressed = Signal(int, float, str)
    returned = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)
    finished = Signal(int)

    def __init__(self, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._gui = GuiThread(self)
        self._numbers = itertools.count(1)
        self._tasks: dict[int, _Task] = {}
        self._line = _Line()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._watchers: list[Watcher] = []
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tell_watchers)
        self._told = 0.0

    def start(self, job: Job[Any]) -> int:
        """Do a job as soon as possible; its number.

        While the program closes, only ``keep`` jobs are done; others are
        stopped at once.
        """
        if job.topic:
            self._make_stale(job.topic)
        task = _Task(next(self._numbers), job)
        self._tasks[task.number] = task
        if self._closing and not job.keep:
            self._stop_waiting(task)
        elif self._closing and not self._alive:
            raise BugError("a save was asked for after the worker thread had ended")
        else:
            self._line.put(task)
            self._have_thread()
        self._change()
        return task.number

    def cancel(self, number: int) -> None:
        """Stop one job; nothing where it has ended or is a save."""
        task = self._tasks.get(number)
        if task is None or task.job.keep or task.stop.is_set():
            return
        if self._line.remove(task):
            self._stop_waiting(task)
        task.stop.set()
        self._change()

    def cancel_topic(self, topic: str) -> None:
        """Stop every job of a topic but saves."""
        for task in self._of_topic(topic):
            self.cancel(task.number)

    @property
    def running(self) -> tuple[JobStatus, ...]:
        """What runs and waits, the running one first."""
        tasks = sorted(self._tasks.values(), key=lambda task: (task.waiting, not task.job.urgent))
        return tuple(task.status for task in tasks)

    def watch(self, watcher: Watcher) -> None:
        """Tell this one of changes from now on, at most ten times a second."""
        self._watchers.append(watcher)

    def close(self) -> bool:
        """Cancel all but saves and corrections, wait for these and for the thread; has it ended.

        Meanwhile answers are delivered, and what the user does is not. Work that
        does not end in time is left alone: it ends with the program.
        """
        self._closing = True
        for number, task in tuple(self._tasks.items()):
            if not task.status.awaited:
                self.cancel(number)
        began = time.monotonic()
        while self._tasks and time.monotonic() - began < self._patience():
            QCoreApplication.processEvents(
                QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, WATCH_INTERVAL_MS
            )
            time.sleep(0.005)
        self._line.close()
        self._timer.stop()
        self._watchers.clear()
        if self._thread is not None:
            self._thread.join(1.0 if not self._tasks else 0.0)
        if self._alive:
            log.warning("the worker thread did not end in time")
        return not self._alive

    # In the worker thread

    def _work(self) -> None:
        """Do one task after another."""
        while self._do_next():
            pass  # and no local name here keeps the last task's arrays while nothing is to do

    def _do_next(self) -> bool:
        """Do the next task; False once there will be none."""
        task = self._line.take()
        if task is not None:
            self._do(task)
        return task is not None

    def _do(self, task: _Task) -> None:
        """Do one task and send its answer home; nothing it raises goes further."""
        task.begin()
        self._gui.post(lambda: self._began(task))
        try:
            if task.stop.is_set():
                raise CancelledByUser
            result = task.job.work(*self._reins(task))
        except CancelledByUser:
            self._send(task, self._tell_cancelled)
        except Exception as error:
            # Bound outside this frame, which the error's traceback keeps alive.
            self._send(task, partial(self._tell_failed, error=error))
        else:
            self._send(task, partial(self._tell_returned, result=result))

    def _send(self, task: _Task, tell: Callable[[_Task], None]) -> None:
        """Have a task's end told on the GUI thread."""
        self._gui.post(lambda: self._end(task, tell))

    def _reins(self, task: _Task) -> tuple[Callable[[float, str], None], Callable[[], bool]]:
        """The functions by which a task tells progress and learns of cancellation."""

        def progress(fraction: float, detail: str) -> None:
            if task.advance(fraction, detail):
                self._gui.post(lambda: self._advanced(task))
            self._do_urgent(task)

        def cancelled() -> bool:
            self._do_urgent(task)
            return task.stop.is_set()

        return progress, cancelled

    def _do_urgent(self, task: _Task) -> None:
        """Do what must not wait, between two steps of a task that may wait."""
        if task.job.urgent or task.stop.is_set() or threading.current_thread() is not self._thread:
            return
        while (urgent := self._line.take_urgent()) is not None:
            self._do(urgent)

    # In the GUI thread

    @property
    def _alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _have_thread(self) -> None:
        """Start the thread when the first job comes."""
        if not self._alive:
            sys.setswitchinterval(SWITCH_S)
            # A daemon: work that cannot be stopped must not keep the program from ending.
            self._thread = threading.Thread(target=self._work, name="hipdesk-jobs", daemon=True)
            self._thread.start()

    def _patience(self) -> float:
        """Seconds that closing waits for what is left."""
        saving = any(task.status.awaited for task in self._tasks.values())
        return SAVING_LIMIT_S if saving else CLOSING_LIMIT_S

    def _of_topic(self, topic: str) -> tuple[_Task, ...]:
        return tuple(task for task in self._tasks.values() if task.job.topic == topic)

    def _make_stale(self, topic: str) -> None:
        """A newer job of the topic comes: nobody waits for the older ones' answers."""
        for task in self._of_topic(topic):
            task.stale = not task.job.keep
            self.cancel(task.number)

    def _stop_waiting(self, task: _Task) -> None:
        """End a task that never began; later, as a task's end never comes inside `start`."""
        task.stop.set()
        self._send(task, self._tell_cancelled)

    def _began(self, task: _Task) -> None:
        self.started.emit(task.number)
        self._change()

    def _advanced(self, task: _Task) -> None:
        if task.stop.is_set():
            return
        self.progressed.emit(task.number, task.fraction, task.detail)
        self._change()
        if task.job.progressed is not None:
            task.job.progressed(task.fraction, task.detail)

    def _end(self, task: _Task, tell: Callable[[_Task], None]) -> None:
        """Deliver a task's answer; ``finished`` comes even where a callback raises."""
        del self._tasks[task.number]
        self._change()
        try:
            tell(task)
        finally:
            self.finished.emit(task.number)

    def _tell_returned(self, task: _Task, result: object) -> None:
        """Hand over a result, unless it came after the user had stopped the job."""
        if task.stop.is_set():
            self._tell_cancelled(task)
            return
        self.returned.emit(task.number, result)
        task.job.done(result)

    def _tell_cancelled(self, task: _Task) -> None:
        self.cancelled.emit(task.number)
        if task.job.stopped is not None and not task.stale:
            task.job.stopped()

    def _tell_failed(self, task: _Task, error: Exception) -> None:
        known = isinstance(error, KnownError)
        if not known:
            log.error("a job failed unexpectedly", exc_info=error)
        if task.stop.is_set():
            self._tell_cancelled(task)
            return
        self.failed.emit(task.number, error)
        if not known or task.job.failed is None:
            self._messages.tell(error)
        if task.job.failed is not None:
            task.job.failed(error)

    def _change(self) -> None:
        """Have the watchers told soon."""
        if self._watchers and not self._timer.isActive():
            since_ms = int((time.monotonic() - self._told) * 1000)
            self._timer.start(max(0, WATCH_INTERVAL_MS - since_ms))

    @Slot()
    def _tell_watchers(self) -> None:
        self._told = time.monotonic()
        for watcher in self._watchers:
            watcher(self.running)

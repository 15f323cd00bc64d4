"""The worker thread: order of signals, cancellation, urgency, closing."""

from __future__ import annotations

import faulthandler
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("PySide6.QtCore", reason="Qt is not installed")

from PySide6.QtCore import QCoreApplication

from app import jobs as jobs_module
from app.background import Job, Jobs, JobStatus
from app.jobs import GuiThread, JobThread
from app.messages import OUR_FAULT, Messages
from hipdesk.errors import BugError, Cancelled, DamagedImage

LIMIT_MS = 5000


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture
def jobs(qtbot, messages: Messages) -> Iterator[JobThread]:
    thread = JobThread(messages)
    yield thread
    assert thread.close()
    assert not [each for each in threading.enumerate() if each.name == "hipdesk-jobs"]


class Told:
    """Callbacks that note what they are told, and on which thread."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def job(self, work: Callable[..., Any], what: str = "work", **fields: Any) -> Job[Any]:
        return Job(
            what,
            work,
            done=self._note(what, "done"),
            stopped=self._note(what, "stopped"),
            **fields,
        )

    def _note(self, what: str, kind: str) -> Callable[..., None]:
        def note(*values: Any) -> None:
            assert threading.current_thread() is threading.main_thread()
            self.calls.append((what, kind, *values))

        return note

    def failed(self, error: Exception) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.calls.append(("failed", type(error)))


def ignoring(_progress: object, _cancelled: object) -> None:
    """Work that is nothing."""


class Gate:
    """Work that goes on until it is let go or stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.opened = threading.Event()

    def __call__(self, progress: Callable[..., None], cancelled: Callable[[], bool]) -> str:
        self.begun.set()
        while not self.opened.wait(0.01):
            if cancelled():
                raise Cancelled
        return "through"

    def deaf(self, _progress: object, _cancelled: object) -> str:
        self.begun.set()
        assert self.opened.wait(10)
        return "too late"


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def signals_of(jobs: JobThread) -> list[tuple[Any, ...]]:
    seen: list[tuple[Any, ...]] = []
    for name in ("started", "progressed", "returned", "failed", "cancelled", "finished"):
        getattr(jobs, name).connect(lambda *values, name=name: seen.append((name, *values)))
    return seen


def wait_for_end(qtbot, jobs: JobThread) -> None:
    qtbot.waitUntil(lambda: not jobs.running, timeout=LIMIT_MS)


def test_a_job_tells_started_progressed_returned_finished(qtbot, jobs: JobThread) -> None:
    told, order = Told(), signals_of(jobs)

    def work(progress, _cancelled) -> int:
        progress(0.5, "half")
        return 42

    expected = [jobs.started, jobs.progressed, jobs.returned, jobs.finished]
    with qtbot.waitSignals(expected, order="strict", timeout=LIMIT_MS):
        number = jobs.start(told.job(work))
    assert order == [
        ("started", number),
        ("progressed", number, 0.5, "half"),
        ("returned", number, 42),
        ("finished", number),
    ]
    assert told.calls == [("work", "done", 42)]


@pytest.mark.parametrize("error", [DamagedImage, RuntimeError, NotImplementedError, StopIteration])
def test_a_failing_job_tells_started_failed_finished(
    qtbot, jobs: JobThread, error: type[Exception]
) -> None:
    told, order = Told(), signals_of(jobs)

    def work(_progress, _cancelled) -> None:
        raise error("why")

    with qtbot.waitSignals(
        [jobs.started, jobs.failed, jobs.finished], order="strict", timeout=LIMIT_MS
    ):
        jobs.start(told.job(work, failed=told.failed))
    assert [name for name, *_ in order] == ["started", "failed", "finished"]
    assert told.calls == [("failed", error)]


def test_a_cancelled_job_tells_started_cancelled_finished_within_half_a_second(
    qtbot, jobs: JobThread, gate: Gate
) -> None:
    told, order = Told(), signals_of(jobs)
    number = jobs.start(told.job(gate))
    assert gate.begun.wait(5)
    began = time.monotonic()
    with qtbot.waitSignals([jobs.cancelled, jobs.finished], order="strict", timeout=LIMIT_MS):
        jobs.cancel(number)
    assert time.monotonic() - began < 0.5
    assert [name for name, *_ in order] == ["started", "cancelled", "finished"]
    assert told.calls == [("work", "stopped")]


def test_a_job_that_is_stopped_says_so_at_once(jobs: JobThread, gate: Gate) -> None:
    number = jobs.start(Told().job(gate.deaf))
    assert gate.begun.wait(5)
    jobs.cancel(number)
    (status,) = jobs.running
    assert status.stopping
    assert not status.cancellable


def test_a_result_that_comes_after_the_stop_is_dropped(qtbot, jobs: JobThread, gate: Gate) -> None:
    told = Told()
    number = jobs.start(told.job(gate.deaf))
    assert gate.begun.wait(5)
    jobs.cancel(number)
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert told.calls == [("work", "stopped")]


def test_a_waiting_job_that_is_cancelled_never_begins(qtbot, jobs: JobThread, gate: Gate) -> None:
    told, order, ran = Told(), signals_of(jobs), []
    jobs.start(told.job(gate, "first"))
    second = jobs.start(told.job(lambda *_: ran.append(1), "second"))
    assert [status.waiting for status in jobs.running][-1]
    jobs.cancel(second)
    assert told.calls == []  # never from inside cancel()
    qtbot.waitUntil(lambda: told.calls == [("second", "stopped")], timeout=LIMIT_MS)
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert ran == []
    assert ("started", second) not in order
    assert order.count(("finished", second)) == 1


def test_jobs_are_done_one_after_another_in_order(qtbot, jobs: JobThread) -> None:
    told, inside = Told(), []

    def work(_progress, _cancelled) -> int:
        inside.append(1)
        time.sleep(0.01)
        return len(inside) - inside.pop()

    for name in "abc":
        jobs.start(told.job(work, name))
    wait_for_end(qtbot, jobs)
    assert told.calls == [("a", "done", 0), ("b", "done", 0), ("c", "done", 0)]


def test_a_newer_job_of_a_topic_makes_older_ones_stale(
    qtbot, jobs: JobThread, gate: Gate, messages: Messages
) -> None:
    told = Told()
    jobs.start(told.job(gate, "running", topic="series"))
    assert gate.begun.wait(5)
    jobs.start(told.job(ignoring, "waiting", topic="series"))
    jobs.start(told.job(ignoring, "other", topic="library"))
    jobs.start(told.job(lambda *_: "new", "newest", topic="series"))
    wait_for_end(qtbot, jobs)
    assert told.calls == [("other", "done", None), ("newest", "done", "new")]
    assert messages.present == ()


def test_a_stale_job_that_fails_says_nothing(
    qtbot, jobs: JobThread, gate: Gate, messages: Messages
) -> None:
    told = Told()

    def work(_progress, _cancelled) -> None:
        gate.deaf(None, None)
        raise DamagedImage("nobody waits for this")

    jobs.start(told.job(work, topic="series", failed=told.failed))
    assert gate.begun.wait(5)
    jobs.start(told.job(ignoring, "newer", topic="series"))
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert told.calls == [("newer", "done", None)]
    assert messages.present == ()


def test_saves_are_never_stale_nor_cancelled(qtbot, jobs: JobThread, gate: Gate) -> None:
    told = Told()
    first = jobs.start(told.job(gate, "first", topic="save", keep=True))
    assert gate.begun.wait(5)
    jobs.start(told.job(lambda *_: "second", "second", topic="save", keep=True))
    jobs.cancel(first)
    jobs.cancel_topic("save")
    assert not any(status.cancellable or status.stopping for status in jobs.running)
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert told.calls == [("first", "done", "through"), ("second", "done", "second")]


def test_cancelling_a_topic_leaves_others(qtbot, jobs: JobThread, gate: Gate) -> None:
    told = Told()
    jobs.start(told.job(gate, "running", topic="a"))
    jobs.start(told.job(ignoring, "other", topic="b"))
    assert gate.begun.wait(5)
    jobs.cancel_topic("a")
    wait_for_end(qtbot, jobs)
    assert told.calls == [("running", "stopped"), ("other", "done", None)]


@pytest.mark.parametrize("step", ["progress", "cancelled"])
def test_an_urgent_job_is_done_between_two_steps_of_a_running_one(
    qtbot, jobs: JobThread, step: str
) -> None:
    told, begun, order = Told(), threading.Event(), signals_of(jobs)
    ended = threading.Event()

    def long(progress, cancelled) -> str:
        begun.set()
        while not ended.wait(0.01):
            progress(0.1, "") if step == "progress" else cancelled()
        return "long"

    first = jobs.start(told.job(long, "long"))
    jobs.start(told.job(lambda *_: "later", "waiting"))
    assert begun.wait(5)
    urgent = jobs.start(told.job(lambda *_: "quick", "urgent", urgent=True))
    qtbot.waitUntil(lambda: told.calls == [("urgent", "done", "quick")], timeout=LIMIT_MS)
    assert ("finished", first) not in order
    ended.set()
    wait_for_end(qtbot, jobs)
    assert told.calls[1:] == [("long", "done", "long"), ("waiting", "done", "later")]
    assert order.index(("finished", urgent)) < order.index(("finished", first))


def test_an_urgent_job_that_fails_leaves_the_running_one_alone(
    qtbot, jobs: JobThread, gate: Gate, messages: Messages
) -> None:
    told = Told()

    def work(_progress, _cancelled) -> None:
        raise DamagedImage("The image is damaged.")

    jobs.start(told.job(gate, "long"))
    assert gate.begun.wait(5)
    jobs.start(told.job(work, "urgent", urgent=True))
    qtbot.waitUntil(lambda: len(messages.present) == 1, timeout=LIMIT_MS)
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert told.calls == [("long", "done", "through")]


def test_another_thread_of_a_job_never_does_urgent_jobs(qtbot, jobs: JobThread, gate: Gate) -> None:
    where: list[str] = []

    def work(_progress, cancelled) -> None:
        gate.begun.set()
        assert gate.opened.wait(5)
        helper = threading.Thread(target=cancelled)
        helper.start()
        helper.join()
        where.append("helper asked")

    jobs.start(Told().job(work))
    assert gate.begun.wait(5)
    jobs.start(Told().job(lambda *_: where.append(threading.current_thread().name), urgent=True))
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert where == ["helper asked", "hipdesk-jobs"]


def test_an_urgent_job_goes_before_waiting_ones(qtbot, jobs: JobThread, gate: Gate) -> None:
    told = Told()
    jobs.start(told.job(gate.deaf, "long"))
    jobs.start(told.job(ignoring, "waiting"))
    jobs.start(told.job(ignoring, "urgent", urgent=True))
    assert [status.what for status in jobs.running] == ["long", "urgent", "waiting"]
    gate.opened.set()
    wait_for_end(qtbot, jobs)
    assert [what for what, *_ in told.calls] == ["long", "urgent", "waiting"]


def test_a_known_error_without_a_taker_is_shown_as_its_sentence(
    qtbot, jobs: JobThread, messages: Messages
) -> None:
    def work(_progress, _cancelled) -> None:
        raise DamagedImage("The image is damaged; send it again.")

    jobs.start(Told().job(work))
    wait_for_end(qtbot, jobs)
    assert [each.text for each in messages.present] == ["The image is damaged; send it again."]


@pytest.mark.parametrize("error", [BugError, KeyError])
def test_an_unexpected_error_is_told_and_logged_without_its_text(
    qtbot,
    jobs: JobThread,
    messages: Messages,
    error: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told()

    def work(_progress, _cancelled) -> None:
        raise error("SENTINEL^NAME")

    jobs.start(told.job(work, failed=told.failed))
    wait_for_end(qtbot, jobs)
    assert [each.text for each in messages.present] == [OUR_FAULT]
    assert told.calls == [("failed", error)]
    (record,) = caplog.records
    assert "SENTINEL" not in record.getMessage()
    assert record.exc_info is not None


def test_an_error_in_a_callback_reaches_the_hook_and_the_job_still_finishes(
    qtbot, jobs: JobThread
) -> None:
    def broken(_result: object) -> None:
        raise LookupError("in the callback")

    order = signals_of(jobs)
    with qtbot.captureExceptions() as caught:
        jobs.start(Job("first", ignoring, broken))
        jobs.start(Job("second", lambda *_: 2, lambda _: None))
        wait_for_end(qtbot, jobs)
    assert [kind for kind, *_ in caught] == [LookupError]
    assert [name for name, *_ in order].count("finished") == 2


def test_progress_is_thinned_and_the_end_is_told(qtbot, jobs: JobThread) -> None:
    seen: list[float] = []

    def work(progress, _cancelled) -> None:
        for step in range(10_001):
            progress(step / 10_000, "")

    jobs.start(Job("count", work, lambda _: None, progressed=lambda done, _: seen.append(done)))
    wait_for_end(qtbot, jobs)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    assert len(seen) < 200


def test_watchers_are_told_at_most_ten_times_a_second_and_of_the_end(
    qtbot, jobs: JobThread
) -> None:
    shown: list[tuple[float, tuple[JobStatus, ...]]] = []
    jobs.watch(lambda statuses: shown.append((time.monotonic(), statuses)))

    def work(progress, _cancelled) -> None:
        for step in range(60):
            progress(step / 60, "counting")
            time.sleep(0.01)

    jobs.start(Told().job(work, "count"))
    wait_for_end(qtbot, jobs)
    qtbot.waitUntil(lambda: bool(shown) and shown[-1][1] == (), timeout=LIMIT_MS)
    times = [at for at, _ in shown]
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) > 0.09
    assert any(statuses and statuses[0].fraction > 0 for _, statuses in shown)


def test_watchers_are_told_nothing_more_once_it_is_closed(qtbot, jobs: JobThread) -> None:
    shown: list[tuple[JobStatus, ...]] = []
    jobs.watch(shown.append)
    jobs.start(Told().job(ignoring))
    assert jobs.close()
    told = len(shown)
    qtbot.wait(150)
    assert len(shown) == told


def test_status_says_what_runs_and_since_when(jobs: JobThread, gate: Gate) -> None:
    began = time.monotonic()
    number = jobs.start(Told().job(gate, "Reading headers"))
    assert gate.begun.wait(5)
    (status,) = jobs.running
    assert (status.number, status.what, status.waiting) == (number, "Reading headers", False)
    assert status.cancellable
    assert began <= status.began <= time.monotonic()


def test_nothing_of_a_job_is_kept_after_its_end(qtbot, jobs: JobThread, gate: Gate) -> None:
    class Arrays:
        pass

    def working_with(request: Arrays, error: Exception | None = None) -> Callable[..., Arrays]:
        def work(_progress, _cancelled) -> Arrays:
            if error is not None:
                raise error
            return request

        return work

    first, second = Arrays(), Arrays()
    alive = [weakref.ref(first), weakref.ref(second)]
    jobs.start(Job("good", working_with(first), lambda _: None))
    jobs.start(Job("bad", working_with(second, DamagedImage("x")), lambda _: None))
    del first, second
    wait_for_end(qtbot, jobs)
    gc.collect()
    assert [each() for each in alive] == [None, None]


def test_closing_cancels_work_and_waits_for_saves(qtbot, messages: Messages, gate: Gate) -> None:
    thread, told = JobThread(messages), Told()
    saved = threading.Event()

    def save(_progress, _cancelled) -> str:
        time.sleep(0.1)
        saved.set()
        return "saved"

    thread.start(told.job(gate, "long"))
    assert gate.begun.wait(5)
    thread.start(told.job(ignoring, "waiting"))
    thread.start(told.job(save, "save", keep=True))
    assert thread.close()
    assert saved.is_set()
    assert told.calls == [("waiting", "stopped"), ("long", "stopped"), ("save", "done", "saved")]


def test_closing_waits_for_a_correction_and_for_keeping_it(qtbot, messages: Messages) -> None:
    thread, kept = JobThread(messages), []
    begun = threading.Event()

    def correct(_progress, cancelled) -> int:
        begun.set()
        time.sleep(0.2)
        assert not cancelled()
        return 7

    def keep(made: int) -> None:
        thread.start(Job("Keeping", lambda _p, _c: made, kept.append, keep=True))

    thread.start(Job("Correcting", correct, keep, awaited=True))
    assert begun.wait(5)
    assert thread.close()
    assert kept == [7]


def test_a_correction_can_be_stopped(qtbot, jobs: JobThread, gate: Gate) -> None:
    number = jobs.start(Job("Correcting", gate, lambda _: None, awaited=True))
    assert gate.begun.wait(5)
    (status,) = jobs.running
    assert status.awaited
    assert status.cancellable
    with qtbot.waitSignal(jobs.cancelled):
        jobs.cancel(number)


def test_while_closing_only_saves_are_begun(qtbot, messages: Messages, gate: Gate) -> None:
    thread, told = JobThread(messages), Told()

    def on_stop() -> None:
        thread.start(told.job(ignoring, "new"))
        thread.start(told.job(lambda *_: "kept", "last save", keep=True))

    thread.start(Job("long", gate, lambda _: None, stopped=on_stop))
    assert gate.begun.wait(5)
    assert thread.close()
    assert sorted(told.calls) == [("last save", "done", "kept"), ("new", "stopped")]
    with pytest.raises(BugError):
        thread.start(told.job(ignoring, "after", keep=True))


def test_closing_does_not_wait_forever(
    qtbot, messages: Messages, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "CLOSING_LIMIT_S", 0.1)
    thread = JobThread(messages)
    thread.start(Told().job(gate.deaf))
    assert gate.begun.wait(5)
    began = time.monotonic()
    assert not thread.close()
    assert time.monotonic() - began < 1.0
    gate.opened.set()
    assert thread.close()


def test_closing_without_any_job_ends_at_once(qtbot, messages: Messages) -> None:
    assert JobThread(messages).close()


def test_messages_of_any_thread_are_shown_on_the_windows(qtbot) -> None:
    gui, shown = GuiThread(), []
    messages = Messages(gui.post, gui.later)
    messages.attach(lambda present: shown.append((threading.current_thread(), present)))
    thread = threading.Thread(target=messages.tell, args=(DamagedImage("It is damaged."),))
    thread.start()
    thread.join()
    assert all(not present for _, present in shown)
    QCoreApplication.processEvents()
    where, (message,) = shown[-1]
    assert where is threading.main_thread()
    assert message.text == "It is damaged."


def test_the_thread_does_what_the_protocol_asks(jobs: JobThread) -> None:
    protocol: Jobs = jobs
    assert protocol.running == ()

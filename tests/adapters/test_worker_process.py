"""The process that crashes, hangs and runs out of memory in the program's place."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hipdesk.adapters import _worker_main, worker_process
from hipdesk.adapters._worker_main import Answer, Request
from hipdesk.adapters.worker_process import (
    WorkerLostError,
    WorkerOutOfMemoryError,
    WorkerProcess,
    WorkerTooSlowError,
)
from hipdesk.errors import BugError, Cancelled, DamagedImage, OutputError
from tests.adapters.worker_tasks import TASKS


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(90, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    """One for all tests, each of which must leave it able to answer."""
    worker = WorkerProcess(TASKS)
    yield worker
    worker.close()
    assert multiprocessing.active_children() == []


def request(task: str, content: Any = None, limit_s: float = 30.0, **more: Any) -> Request:
    return Request(task, content, limit_s, **more)


def answers(worker: WorkerProcess) -> bool:
    return worker.ask(request("double", 21)).facts["doubled"] == 42


def test_answers_in_another_process_which_it_keeps(worker: WorkerProcess) -> None:
    told: list[tuple[float, str]] = []
    first = worker.ask(request("double", 4), progress=lambda *told_now: told.append(told_now))
    second = worker.ask(request("double", 5))
    assert (first.facts["doubled"], second.facts["doubled"]) == (8, 10)
    assert first.facts["pid"] == second.facts["pid"] != os.getpid()
    assert told == [(0.5, "doubling")]
    assert len(multiprocessing.active_children()) == 1


def test_no_process_before_the_first_request() -> None:
    before = multiprocessing.active_children()
    WorkerProcess(TASKS).close()
    assert multiprocessing.active_children() == before


@pytest.mark.parametrize("shape", [(7, 33, 21), (1, 1, 1), (5,)])
def test_arrays_come_back_whole(worker: WorkerProcess, shape: tuple[int, ...]) -> None:
    array = worker.ask(request("count", shape), shape).array
    assert array is not None
    np.testing.assert_array_equal(array, np.arange(np.prod(shape)).reshape(shape))


@pytest.mark.parametrize("task", ["abort", "abort_halfway"])
def test_a_crash_ends_the_request_and_not_the_program(worker: WorkerProcess, task: str) -> None:
    with pytest.raises(WorkerLostError):
        worker.ask(request(task), (3, 4, 5) if task == "abort_halfway" else None)
    assert answers(worker)


def test_an_array_of_another_shape_is_not_believed(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerLostError):
        worker.ask(request("count", (2, 3)), (2, 4))
    assert answers(worker)


def test_what_takes_too_long_is_ended(worker: WorkerProcess, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(WorkerTooSlowError):
        worker.ask(request("hang", tmp_path / "pid", limit_s=0.3))
    assert time.monotonic() - began < 5
    assert_gone(tmp_path / "pid")
    assert answers(worker)


def test_cancelling_ends_it_within_half_a_second(worker: WorkerProcess, tmp_path: Path) -> None:
    pid, asked = tmp_path / "pid", []

    def cancelled() -> bool:
        if pid.exists():
            asked.append(time.monotonic())
        return bool(asked)

    with pytest.raises(Cancelled):
        worker.ask(request("hang", pid), cancelled=cancelled)
    assert time.monotonic() - asked[0] < 0.5
    assert_gone(pid)
    assert answers(worker)


def test_cancelled_before_the_process_runs_starts_nothing_for_long(tmp_path: Path) -> None:
    worker = WorkerProcess(TASKS)
    with pytest.raises(Cancelled):
        worker.ask(request("hang", tmp_path / "pid"), cancelled=lambda: True)
    assert not (tmp_path / "pid").exists()
    worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_what_takes_too_much_memory_is_refused(worker: WorkerProcess) -> None:
    limit = 64 << 20
    with pytest.raises(WorkerOutOfMemoryError):
        worker.ask(request("gorge", 256 << 20, memory_bytes=limit))
    assert worker.ask(request("gorge", 8 << 20, memory_bytes=limit)).facts["bytes"] == 8 << 20
    assert worker.ask(request("gorge", 256 << 20)).facts["bytes"] == 256 << 20


def test_known_errors_come_back_as_themselves(worker: WorkerProcess) -> None:
    with pytest.raises(DamagedImage, match=r"^The image 7 is damaged; send it again\.$"):
        worker.ask(request("known"))
    with pytest.raises(OutputError, match="disk is full"):
        worker.ask(request("known_other"))
    assert answers(worker)


def test_other_errors_are_our_bug_and_quote_nothing(worker: WorkerProcess) -> None:
    with pytest.raises(BugError) as caught:
        worker.ask(request("bug"))
    assert "SENTINEL" not in str(caught.value)
    assert "RuntimeError" in str(caught.value)
    assert answers(worker)


def test_what_decoders_print_is_not_shown(
    worker: WorkerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    worker.ask(request("shout"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows dumps no cores")
def test_a_crash_leaves_no_picture_of_the_memory(worker: WorkerProcess) -> None:
    assert worker.ask(request("core_limit")).facts["core"] == 0


def test_a_process_that_ended_while_idle_is_replaced(worker: WorkerProcess) -> None:
    first = worker.ask(request("double", 1)).facts["pid"]
    os.kill(first, 9)
    wait_until(lambda: not running(first))
    assert worker.ask(request("double", 1)).facts["pid"] != first


def test_a_request_inside_a_request_has_a_process_of_its_own(
    worker: WorkerProcess, tmp_path: Path
) -> None:
    pid, inner = tmp_path / "pid", []

    def cancelled() -> bool:
        if pid.exists():
            inner.append(worker.ask(request("double", 3)).facts["doubled"])
        return bool(inner)

    with pytest.raises(Cancelled):
        worker.ask(request("hang", pid), cancelled=cancelled)
    assert inner == [6]
    assert answers(worker)
    assert len(multiprocessing.active_children()) <= 1


def test_closing_ends_a_busy_process_and_tells_whoever_waits(tmp_path: Path) -> None:
    worker, pid, told = WorkerProcess(TASKS), tmp_path / "pid", []

    def wait() -> None:
        try:
            worker.ask(request("hang", pid))
        except Cancelled:
            told.append("cancelled")

    thread = threading.Thread(target=wait)
    thread.start()
    wait_until(pid.exists)
    began = time.monotonic()
    worker.close()
    thread.join(5)
    assert time.monotonic() - began < 0.5
    assert told == ["cancelled"]
    assert_gone(pid)
    with pytest.raises(Cancelled):
        worker.ask(request("double", 1))


def test_a_worker_ends_itself_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_worker_main, "IDLE_S", 0.05)
    here, there = multiprocessing.Pipe()
    monkeypatch.setattr(_worker_main, "_be_quiet", lambda: None)
    _worker_main.serve(there, {})
    assert b"ready" in here.recv_bytes()
    assert not here.poll(0.05)
    here.close()
    there.close()


def test_a_worker_ends_when_the_program_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = multiprocessing.Pipe()
    monkeypatch.setattr(_worker_main, "_be_quiet", lambda: None)
    here.send(Request("double", 1, 5.0))
    here.close()
    _worker_main.serve(there, {"double": lambda *_: Answer()})
    there.close()


def test_both_entry_points_let_a_frozen_program_become_the_worker(repository: Path) -> None:
    for entry in ("hipdesk/__main__.py", "app/__main__.py"):
        assert "freeze_support()" in (repository / entry).read_text(encoding="utf-8")


def wait_until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def running(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    multiprocessing.active_children()  # waits for those that ended
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def assert_gone(pid_file: Path) -> None:
    pid = int(pid_file.read_text(encoding="ascii"))
    wait_until(lambda: not running(pid), limit_s=2.0)


def test_polls_often_enough_to_stop_within_half_a_second() -> None:
    assert worker_process.POLL_S <= 0.1

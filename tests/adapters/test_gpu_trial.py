"""CUDA is tried where a crash does no harm, and the verdict remembered."""

from __future__ import annotations

import ctypes
import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hipdesk.adapters import gpu_trial, onnx_models
from hipdesk.adapters._worker_main import TASKS, Answer, Request
from hipdesk.adapters.gpu_trial import CRASHED, TOO_SLOW, identity_from, tried
from hipdesk.adapters.worker_process import WorkerLostError, WorkerProcess, WorkerTooSlowError
from hipdesk.errors import BugError, Cancelled
from tests.adapters import worker_tasks

SHA = "a" * 64
FOLDER = Path("models/segment")


class Saying(WorkerProcess):
    """A worker that answers or ends as told."""

    def __init__(self, *outcomes: dict[str, Any] | Exception) -> None:
        super().__init__()
        self.outcomes = list(outcomes)
        self.asked: list[Request] = []

    def ask(self, request: Request, *_: Any, **__: Any) -> Answer:
        self.asked.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return Answer(outcome)


WORKS = {"provider": "cuda", "reason": "", "lasting": False}
DIFFERS = {"provider": "cpu", "reason": onnx_models.OTHER_RESULTS, "lasting": True}
NOT_STARTED = {"provider": "cpu", "reason": "CUDA could not be started.", "lasting": False}


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The driver and cards that this machine claims to have; to be changed by tests."""
    cards = ["575.51", "NVIDIA Test 1"]
    monkeypatch.setattr(gpu_trial, "gpu_identity", lambda: tuple(cards))
    return cards


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [1_000_000.0]
    monkeypatch.setattr(gpu_trial.time, "time", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def test_what_works_is_tried_once(card: list[str], clock: Callable[[float], None]) -> None:
    worker = Saying(WORKS)
    assert tried(FOLDER, SHA, worker) == ""
    clock(365 * 24 * 3600)
    assert tried(FOLDER, SHA, worker) == ""
    (request,) = worker.asked
    assert (request.task, request.content, request.memory_bytes) == ("probe", FOLDER, None)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (WorkerLostError("x"), CRASHED),
        (WorkerTooSlowError("x"), TOO_SLOW),
        (DIFFERS, onnx_models.OTHER_RESULTS),
    ],
)
def test_a_failure_is_remembered_for_a_day(
    card: list[str],
    clock: Callable[[float], None],
    outcome: dict[str, Any] | Exception,
    reason: str,
) -> None:
    worker = Saying(outcome, WORKS)
    assert tried(FOLDER, SHA, worker) == reason
    clock(23 * 3600)
    assert tried(FOLDER, SHA, worker) == reason
    assert len(worker.asked) == 1
    clock(2 * 3600)
    assert tried(FOLDER, SHA, worker) == ""


@pytest.mark.parametrize("outcome", [NOT_STARTED, BugError("x")])
def test_what_may_be_mended_at_any_time_is_tried_again(
    card: list[str], outcome: dict[str, Any] | Exception
) -> None:
    worker = Saying(outcome, WORKS)
    assert tried(FOLDER, SHA, worker) != ""
    assert tried(FOLDER, SHA, worker) == ""


@pytest.mark.parametrize("change", ["card", "driver", "library", "model", "visible"])
def test_a_verdict_holds_only_for_what_it_was_found_with(
    card: list[str], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Saying(WorkerLostError("x"), WORKS)
    assert tried(FOLDER, SHA, worker) == CRASHED
    if change == "visible":
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    elif change == "library":
        monkeypatch.setattr(gpu_trial, "_libraries", lambda: iter(["nvidia-cudnn-cu13 9.9"]))
    elif change != "model":
        card[1 if change == "card" else 0] = "another"
    assert tried(FOLDER, "b" * 64 if change == "model" else SHA, worker) == ""


def test_without_a_known_card_nothing_is_remembered(card: list[str], user_home: Path) -> None:
    card.clear()
    worker = Saying(WORKS, WORKS)
    assert tried(FOLDER, SHA, worker) == tried(FOLDER, SHA, worker) == ""
    assert len(worker.asked) == 2
    assert not (user_home / "hipdesk" / gpu_trial.FILE).exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"reason": ""}}', "\x00"])
def test_a_damaged_memory_costs_a_trial_and_nothing_else(
    card: list[str], user_home: Path, content: str
) -> None:
    file = user_home / "hipdesk" / gpu_trial.FILE
    file.parent.mkdir(parents=True)
    file.write_text(content, encoding="utf-8")
    worker = Saying(WORKS)
    assert tried(FOLDER, SHA, worker) == tried(FOLDER, SHA, worker) == ""
    assert len(json.loads(file.read_text(encoding="utf-8"))) == 1


def test_a_memory_that_cannot_be_written_is_no_error(card: list[str], user_home: Path) -> None:
    (user_home / "hipdesk").write_text("a file, not a folder", encoding="utf-8")
    assert tried(FOLDER, SHA, Saying(WORKS)) == ""


def test_few_verdicts_are_kept(
    card: list[str], user_home: Path, clock: Callable[[float], None]
) -> None:
    for number in range(gpu_trial.MOST_VERDICTS + 3):
        tried(FOLDER, str(number), Saying(WORKS))
        clock(1)
    file = user_home / "hipdesk" / gpu_trial.FILE
    assert len(json.loads(file.read_text(encoding="utf-8"))) == gpu_trial.MOST_VERDICTS
    assert tried(FOLDER, str(gpu_trial.MOST_VERDICTS), Saying()) == ""


def test_cancelling_is_passed_on(card: list[str]) -> None:
    with pytest.raises(Cancelled):
        tried(FOLDER, SHA, Saying(Cancelled()))


def test_a_driver_that_crashes_ends_the_worker_and_not_the_program(
    card: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(multiprocessing.active_children())
    worker = WorkerProcess({**TASKS, "probe": worker_tasks.abort})
    monkeypatch.setattr(gpu_trial, "WorkerProcess", lambda: worker)
    assert tried(FOLDER, SHA) == CRASHED
    assert set(multiprocessing.active_children()) <= before


def test_the_real_trial_answers_in_a_process_of_its_own(repository: Path) -> None:
    before = set(multiprocessing.active_children())
    reason = tried(repository / "models" / "segment", SHA)
    if onnx_models.cuda_obstacle():
        assert reason == onnx_models.cuda_obstacle()
    assert set(multiprocessing.active_children()) <= before


class FakeNvml:
    """NVIDIA's management library, as far as it is asked."""

    def __init__(self, names: list[bytes], failing: str = "") -> None:
        self._names = names
        self._failing = failing
        self.shut_down = False

    def _code(self, name: str) -> int:
        return 999 if name == self._failing else 0

    def nvmlInit_v2(self) -> int:
        return self._code("init")

    def nvmlShutdown(self) -> int:
        self.shut_down = True
        return 0

    def nvmlSystemGetDriverVersion(self, buffer: Any, _size: int) -> int:
        buffer.value = b"575.51.03"
        return self._code("driver")

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        ctypes.cast(count, ctypes.POINTER(ctypes.c_uint))[0] = len(self._names)
        return self._code("count")

    def nvmlDeviceGetHandleByIndex_v2(self, number: int, card: Any) -> int:
        ctypes.cast(card, ctypes.POINTER(ctypes.c_void_p))[0] = number + 1
        return 0

    def nvmlDeviceGetName(self, card: Any, buffer: Any, _size: int) -> int:
        buffer.value = self._names[card.value - 1]
        return self._code("name")


def test_cards_are_told_by_driver_and_name() -> None:
    nvml = FakeNvml([b"NVIDIA A", b"NVIDIA B"])
    assert identity_from(nvml) == ("575.51.03", "NVIDIA A", "NVIDIA B")
    assert nvml.shut_down


@pytest.mark.parametrize(
    ("failing", "expected"),
    [("init", ()), ("driver", ()), ("count", ()), ("name", ("575.51.03", "card 0"))],
)
def test_cards_that_do_not_answer(failing: str, expected: tuple[str, ...]) -> None:
    assert identity_from(FakeNvml([b"NVIDIA A"], failing)) == expected


def test_a_machine_without_a_card_has_none() -> None:
    assert identity_from(FakeNvml([])) == ()
    if onnx_models.cuda_obstacle():
        assert gpu_trial.gpu_identity() == ()

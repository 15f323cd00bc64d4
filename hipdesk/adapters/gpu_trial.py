"""CUDA is tried in the worker process before this one: an old driver can crash whoever asks it.

The verdict is remembered for the graphics cards, driver, libraries and model it
was found with, in ``gpu.json`` among the user's data.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import onnxruntime as ort

from hipdesk import paths
from hipdesk.adapters._worker_main import Request
from hipdesk.adapters.whole_file import replacing
from hipdesk.adapters.worker_process import WorkerLostError, WorkerProcess, WorkerTooSlowError
from hipdesk.errors import BugError, ModelError
from hipdesk.ports import Cancelled, never_cancelled

log = logging.getLogger(__name__)

FILE: Final = "gpu.json"

TRIAL_LIMIT_S: Final = 180.0
"""A card newer than the libraries compiles its kernels first, which takes minutes."""

FAILURE_HOLDS_S: Final = 24 * 3600.0
"""After a day CUDA gets another chance; something beside our key may have been mended."""

MOST_VERDICTS: Final = 32

CRASHED: Final = "CUDA crashed in the self-test, so it is not used."
TOO_SLOW: Final = "The self-test of CUDA did not end in time, so it is not used."

_TEXT_BYTES: Final = 96


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trial found.

    Attributes
    ----------
    reason : why CUDA is not used; empty where it works
    found : time of the trial, seconds since 1970
    """

    reason: str
    found: float

    def holds(self, now: float) -> bool:
        """Whether it need not be found again."""
        return not self.reason or 0 <= now - self.found < FAILURE_HOLDS_S


def tried(
    folder: Path,
    model_sha256: str,
    worker: WorkerProcess | None = None,
    cancelled: Cancelled = never_cancelled,
) -> str:
    """Why CUDA must not be used for a model in this process; empty where it may.

    Parameters
    ----------
    folder : of the model
    worker : tries it; one for this purpose alone where None

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    key = _key(model_sha256)
    known = _verdicts().get(key) if key else None
    if known is not None and known.holds(time.time()):
        return known.reason
    own = WorkerProcess() if worker is None else None
    try:
        reason, lasting = _trial(folder, worker or own, cancelled)
    finally:
        if own is not None:
            own.close()
    if key and lasting:
        _remember(key, Verdict(reason, time.time()))
    return reason


def _trial(folder: Path, worker: WorkerProcess | None, cancelled: Cancelled) -> tuple[str, bool]:
    """Why not, and whether that is worth remembering.

    That CUDA does not start costs little to find out again, and is mended by
    installing its libraries.
    """
    assert worker is not None
    try:
        answer = worker.ask(Request("probe", folder, TRIAL_LIMIT_S), cancelled=cancelled)
    except WorkerTooSlowError:
        return TOO_SLOW, True
    except WorkerLostError:
        return CRASHED, True
    except (BugError, ModelError):
        return CRASHED, False
    works = answer.facts["provider"] == "cuda"
    return ("" if works else str(answer.facts["reason"])), works or bool(answer.facts["lasting"])


def _key(model_sha256: str) -> str:
    """Everything that a verdict depends on, as one hash; empty where the cards are unknown."""
    cards = gpu_identity()
    if not cards:
        return ""
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    parts = [*cards, seen, ort.__version__, *sorted(_libraries()), model_sha256]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def gpu_identity() -> tuple[str, ...]:
    """Driver version and names of the graphics cards; empty where they cannot be asked."""
    try:
        nvml = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
        return identity_from(nvml)
    except (OSError, AttributeError):
        return ()


def identity_from(nvml: Any) -> tuple[str, ...]:
    """The same from NVIDIA's management library, or a stand-in of it."""
    if nvml.nvmlInit_v2() != 0:
        return ()
    try:
        driver, count = ctypes.create_string_buffer(_TEXT_BYTES), ctypes.c_uint()
        failed = nvml.nvmlSystemGetDriverVersion(driver, _TEXT_BYTES)
        failed = failed or nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
        names = [_name(nvml, number) for number in range(count.value)]
        return () if failed or not names else (_text(driver), *names)
    finally:
        nvml.nvmlShutdown()


def _name(nvml: Any, number: int) -> str:
    """One card's name; its number where it does not tell."""
    card, name = ctypes.c_void_p(), ctypes.create_string_buffer(_TEXT_BYTES)
    failed = nvml.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(card))
    failed = failed or nvml.nvmlDeviceGetName(card, name, _TEXT_BYTES)
    return f"card {number}" if failed else _text(name)


def _text(buffer: ctypes.Array[ctypes.c_char]) -> str:
    return buffer.value.decode("utf-8", "replace")


def _libraries() -> Iterator[str]:
    """Installed packages of CUDA's libraries, with their versions."""
    for package in metadata.distributions():
        name = package.name or ""
        if name.lower().startswith("nvidia-"):
            yield f"{name} {package.version}"


def _file() -> Path:
    return paths.user_data_dir() / FILE


def _verdicts() -> dict[str, Verdict]:
    """What earlier trials found; nothing where the file is missing or damaged."""
    try:
        stored = json.loads(_file().read_text(encoding="utf-8"))
        return {
            str(key): Verdict(str(each["reason"]), float(each["found"]))
            for key, each in stored.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _remember(key: str, verdict: Verdict) -> None:
    """Keep a verdict; that it cannot be kept costs another trial, nothing else."""
    kept = {**_verdicts(), key: verdict}
    newest = sorted(kept, key=lambda each: kept[each].found)[-MOST_VERDICTS:]
    content = json.dumps({each: asdict(kept[each]) for each in newest}, indent=1)
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        with replacing(_file()) as file:
            file.write(content.encode("ascii"))

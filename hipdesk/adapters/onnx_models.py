"""Models on ONNX Runtime: hash checked, run on the GPU or honestly on the CPU.

What a network ran on is read back from the session, never assumed. CUDA must
first repeat the CPU's answer on a probe, in the worker process and then here;
whatever fails there, the CPU goes on and says why. Nothing of ONNX Runtime
leaves this module.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from pydantic import ValidationError

from hipdesk.errors import BugError, ModelAltered, ModelError
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.inference import as_slices, in_layout
from hipdesk.manifest import Manifest
from hipdesk.ports import POLL_S, Cancelled, never_cancelled
from hipdesk.probe import as_expected, probe_inputs
from hipdesk.records import Compute, ModelRef

_log = logging.getLogger(__name__)

Arrays = dict[str, NDArray[np.float32]]
Start = Callable[[bytes, str], Any]
"""Makes a session of a model's bytes on ``cpu`` or ``cuda``."""

RUN_BATCH: Final = 16
"""Slices run at once."""

PROBE_TOLERANCE: Final = 0.01
PROBE_SHARE: Final = 0.002
"""CUDA may differ from the CPU by the tolerance anywhere, by more only in this share of
pixels: point rendering chooses other points where certainty ties."""

FATAL: Final = 4
"""ONNX Runtime's severity that keeps its own log off the user's terminal."""

OTHER_RESULTS: Final = "CUDA gave other results than the processor in the self-test."

_EXECUTION: Final = {"CPUExecutionProvider": "cpu", "CUDAExecutionProvider": "cuda"}
_CUDA_OPTIONS: Final = {
    # TensorFloat-32 rounds to 10 bits: scores would differ from the CPU's.
    "use_tf32": "0",
    "cudnn_conv_algo_search": "HEURISTIC",
    "arena_extend_strategy": "kSameAsRequested",
}


def read_manifest(folder: Path) -> Manifest:
    """``manifest.json`` of a model's folder.

    Raises
    ------
    ModelError
        It is missing or not of the expected form.
    """
    try:
        return Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"The description of the model '{folder.name}' cannot be read; install the model again."
        ) from error


def read_model(folder: Path, manifest: Manifest) -> bytes:
    """Bytes of ``model.onnx``, checked against the manifest.

    Raises
    ------
    ModelError
        The file cannot be read.
    ModelAltered
        Its SHA-256 is another.
    """
    try:
        content = (folder / "model.onnx").read_bytes()
    except OSError as error:
        raise ModelError(
            f"The file of the model '{folder.name}' cannot be read; install the model again."
        ) from error
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        raise ModelAltered(
            f"The file of the model '{folder.name}' differs from the one that was released "
            "and is not used; install the model again."
        )
    return content


class OnnxNetwork:
    """A `hipdesk.ports.Network` on ONNX Runtime.

    Parameters
    ----------
    content : the model's bytes, already checked
    requested : ``auto``, ``cpu`` or ``cuda``
    start, obstacle : how a session is made, and what speaks against CUDA before
        one is tried; replaced in tests
    trial : tries CUDA where a crash does no harm; why it failed, or empty
    expected : answer to the probe where the model was made, see `hipdesk.probe`

    Raises
    ------
    ModelError
        Not even the CPU can run it.
    """

    def __init__(
        self,
        manifest: Manifest,
        content: bytes,
        requested: str,
        start: Start | None = None,
        obstacle: Callable[[], str] | None = None,
        trial: Callable[[], str] | None = None,
        expected: NDArray[np.float32] | None = None,
    ) -> None:
        self._manifest = manifest
        self._expected = expected
        self._content = content
        self._requested = requested
        self._start = start or start_session
        self._lock = threading.RLock()
        self._options = ort.RunOptions()
        self._session = self._started("cpu")
        self._reason = ""
        self._check_names()
        if requested != "cpu":
            tried = (obstacle or cuda_obstacle)() or (trial() if trial else "")
            self._reason = tried or self._move_to_cuda()

    @property
    def manifest(self) -> Manifest:
        """What the model expects and gives."""
        return self._manifest

    @property
    def reference(self) -> ModelRef:
        """Name, version and hash, for the record."""
        about = self._manifest
        return ModelRef(about.name, about.version, about.sha256, about.task, about.trained_on)

    @property
    def compute(self) -> Compute:
        """Where it runs, as read back from the session."""
        return Compute(self._requested, provider_of(self._session), self._reason)

    def run(
        self,
        inputs: Mapping[str, NDArray[np.float32]],
        cancelled: Cancelled = never_cancelled,
    ) -> NDArray[np.float32]:
        """Probabilities ``(n, channels, rows, columns)`` of a batch of any size.

        Parameters
        ----------
        inputs : manifest role to float32 array ``(n, k, rows, columns)``; of a
            volumetric model, one whole stack

        Raises
        ------
        ModelError
            The network failed on this machine.
        Cancelled
            ``cancelled`` or `terminate` asked to stop.
        """
        feed = self._feed(inputs)
        samples = len(next(iter(feed.values())))
        parts = []
        with self._lock, self._stoppable():
            for first in range(0, samples, RUN_BATCH):
                if cancelled():
                    raise CancelledByUser
                part = {name: array[first : first + RUN_BATCH] for name, array in feed.items()}
                parts.append(self._answer(part, cancelled))
        return as_slices(np.concatenate(parts), len(next(iter(inputs.values()))))

    def self_test(self) -> bool | None:
        """Whether it answers the probe here as where it was made; None where that is not known.

        Raises
        ------
        ModelError
            The network failed on this machine.
        """
        if self._expected is None:
            return None
        return as_expected(self.run(probe_inputs(self._manifest)), self._expected)

    def terminate(self) -> None:
        """Stop the run under way, from another thread; it raises `Cancelled`."""
        self._options.terminate = True

    def _feed(self, inputs: Mapping[str, NDArray[np.float32]]) -> Arrays:
        """The session's input names with checked arrays."""
        feed = {}
        for spec in self._manifest.inputs:
            array = np.ascontiguousarray(inputs[spec.role], dtype=np.float32)
            if array.shape[1:] != (spec.context_slices, spec.rows, spec.columns):
                raise BugError("a network was given an input of another shape")
            feed[spec.name] = in_layout(array, spec)
        return feed

    @contextlib.contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Options of one run, by which it is stopped; a run within a run has its own."""
        outer, self._options = self._options, ort.RunOptions()
        self._options.log_severity_level = FATAL
        try:
            yield
        finally:
            self._options = outer

    def _answer(self, feed: Arrays, cancelled: Cancelled) -> NDArray[np.float32]:
        """One batch; where CUDA fails, on the CPU from now on."""
        try:
            return self._watched(feed, cancelled)
        except Exception as error:  # ONNX Runtime's own errors share no narrower base
            if self._options.terminate:
                raise CancelledByUser from error
            if provider_of(self._session) == "cpu":
                raise self._failure() from error
        _log.warning("CUDA failed while running; the CPU goes on")
        self._session = self._started("cpu")
        self._reason = "CUDA failed while running, so the rest ran on the processor."
        return self._answer(feed, cancelled)

    def _watched(self, feed: Arrays, cancelled: Cancelled) -> NDArray[np.float32]:
        """One batch in a thread of its own, while this one asks for the wish to stop.

        It is asked here, not there: what the caller does when asked, as a short
        job in between, belongs to its thread.
        """
        if cancelled is never_cancelled:
            return self._once(feed)
        options, answer = self._options, Future[NDArray[np.float32]]()
        threading.Thread(target=_resolve, args=(answer, lambda: self._once(feed, options))).start()
        while not wait([answer], POLL_S).done:
            if not options.terminate and cancelled():
                options.terminate = True
        return answer.result()

    def _once(self, feed: Arrays, options: Any = None) -> NDArray[np.float32]:
        """One batch on the present session."""
        found = self._session.run([self._manifest.output], feed, options or self._options)[0]
        return np.asarray(found, dtype=np.float32)

    def _started(self, provider: str) -> Any:
        """A session on the CPU, or a sentence why there is none."""
        try:
            return self._start(self._content, provider)
        except Exception as error:  # as above
            raise self._failure() from error

    def _move_to_cuda(self) -> str:
        """Go over to CUDA if it repeats the CPU's answer; else why not."""
        on_cpu = self._session
        try:
            on_cuda = self._start(self._content, "cuda")
            if provider_of(on_cuda) != "cuda":
                return "CUDA could not be started: its libraries are missing or do not match."
            probe = self._probe()
            expected = self._once(probe)
            self._session = on_cuda
            if agrees(self._once(probe), expected):
                return ""
            reason = OTHER_RESULTS
        except Exception:  # whatever CUDA does, the CPU is there
            _log.info("CUDA could not be used", exc_info=False)
            reason = "CUDA could not be started on this machine."
        self._session = on_cpu
        return reason

    def _probe(self) -> Arrays:
        """A fixed input."""
        return self._feed(probe_inputs(self._manifest))

    def _check_names(self) -> None:
        """Whether the graph has the inputs and the output that the manifest names."""
        inputs = {each.name for each in self._session.get_inputs()}
        outputs = {each.name for each in self._session.get_outputs()}
        if inputs != {spec.name for spec in self._manifest.inputs} or (
            self._manifest.output not in outputs
        ):
            raise ModelError(
                f"The model '{self._manifest.name}' does not fit its description; "
                "install the model again."
            )

    def _failure(self) -> ModelError:
        """The network cannot be run at all."""
        return ModelError(
            f"The model '{self._manifest.name}' cannot be run on this machine; "
            "close other programs to free memory, or install the model again."
        )


def _resolve(future: Future[NDArray[np.float32]], call: Callable[[], NDArray[np.float32]]) -> None:
    """Put what a call gives or raises into a future."""
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)


def start_session(content: bytes, provider: str) -> Any:
    """An ONNX Runtime session on ``cpu``, or on ``cuda`` with the CPU behind it.

    Raises whatever ONNX Runtime raises.
    """
    options = ort.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = physical_cores()
    # Threads that spin between operators slow everything else on a busy machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    ort.set_default_logger_severity(FATAL)
    if provider != "cuda":
        return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    with contextlib.redirect_stdout(io.StringIO()):
        ort.preload_dlls()
        return ort.InferenceSession(
            content,
            options,
            providers=[("CUDAExecutionProvider", _CUDA_OPTIONS), "CPUExecutionProvider"],
            enable_fallback=0,
        )


def provider_of(session: Any) -> str:
    """``cpu`` or ``cuda``, as the session itself says."""
    return _EXECUTION.get(session.get_providers()[0], "cpu")


def agrees(found: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    """Whether two answers to the probe are the same within `PROBE_TOLERANCE`."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return False
    return float(np.mean(np.abs(found - expected) > PROBE_TOLERANCE)) <= PROBE_SHARE


def cuda_obstacle() -> str:
    """Why CUDA need not even be tried; empty where it may work."""
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        return "This installation of ONNX Runtime has no CUDA."
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return "This machine has no NVIDIA driver."
    return ""


def physical_cores() -> int:
    """Cores this process may use, threads of one core counted once; 0 where unknown."""
    if not hasattr(os, "sched_getaffinity"):
        return 0
    cores = set(_siblings(os.sched_getaffinity(0)))
    return len(cores)


def _siblings(processors: set[int]) -> Iterator[str]:
    """For each logical processor, the list of those on the same core."""
    for number in processors:
        place = Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list")
        try:
            yield place.read_text(encoding="ascii").strip()
        except OSError:
            yield str(number)

"""What networks cost on a processor, measured in turn so that their ratios hold in one run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from hipdesk.inference import in_layout
from hipdesk.training.data import input_spec
from hipdesk.training.export import write_onnx
from hipdesk.training.networks import Supervised
from hipdesk.training.recipes import Recipe

SLICES: Final = 8
"""Slices of one hip that a network is timed on; what the program runs at once."""

ROUNDS: Final = 7
THREADS: Final = 2
"""One pair of cores."""

Name = TypeVar("Name", bound=Hashable)
Run = Callable[[], object]
"""Sends `SLICES` slices through a network once."""


def milliseconds(runs: Mapping[Name, Run], rounds: int = ROUNDS) -> dict[Name, float]:
    """Time of one slice of each network: the fastest of several rounds, all in turn in each.

    A round before them, which is not counted, warms up.
    """
    fastest = dict.fromkeys(runs, float("inf"))
    for number in range(rounds + 1):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            if number:
                fastest[name] = min(fastest[name], time.perf_counter() - began)
    return {name: 1000 * seconds / SLICES for name, seconds in fastest.items()}


def exported_run(network: Supervised, recipe: Recipe) -> Run:
    """The network in ONNX Runtime on two threads."""
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "model.onnx"
        write_onnx(network, recipe, path)
        return session_run(path.read_bytes(), recipe)


def session_run(content: bytes, recipe: Recipe) -> Run:
    """An exported network in ONNX Runtime on two threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 4
    session: Any = onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )
    feed = {recipe.role: samples(recipe)}
    return lambda: session.run(None, feed)


def samples(recipe: Recipe) -> NDArray[np.float32]:
    """`SLICES` slices of noise in the layout that the network takes, values 0-1."""
    size = (SLICES, recipe.context, recipe.rows, recipe.columns)
    noise = np.random.default_rng(1).random(size, dtype=np.float32)
    return in_layout(noise, input_spec(recipe))

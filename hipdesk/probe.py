"""A fixed input for a model, and the answer it gave where it was made.

``self_test.json`` lies beside ``model.onnx`` and holds some of the probabilities
that the model answered to the probe when it was exported. A machine on which it
answers otherwise must not be trusted with patients.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.manifest import Manifest
from hipdesk.records import FloatArray

FILE: Final = "self_test.json"
SCHEMA: Final = "hipdesk.self_test/1"

SAMPLED: Final = 512
"""Pixels whose probabilities are kept; the same ones of each channel."""

TOLERANCE: Final = 0.01
"""Processors round differently; a probability may differ by this."""

DIFFERING: Final = 0.01
"""Share of the probabilities that may differ by more: point rendering chooses other
points where certainty ties."""


def probe_inputs(manifest: Manifest) -> dict[str, FloatArray]:
    """Role to float32 ``(2, k, rows, columns)``: the same numbers everywhere.

    A bright disc, and two thighs with dark heads and shafts, both with noise:
    every model has an opinion on one of them.
    """
    rng = np.random.default_rng(0)
    return {
        spec.role: _pictures(rng, spec.context_slices, spec.rows, spec.columns)
        for spec in manifest.inputs
    }


def _pictures(rng: np.random.Generator, slices: int, rows: int, columns: int) -> FloatArray:
    plain = np.stack([_disc(rows, columns), _thighs(rows, columns)])[:, np.newaxis]
    return np.asarray(plain + 0.1 * rng.random((2, slices, rows, columns)), dtype=np.float32)


def _disc(rows: int, columns: int) -> NDArray[np.float64]:
    row, column = np.mgrid[:rows, :columns]
    from_middle = np.hypot(row - 0.45 * rows, column - 0.5 * columns) / rows
    return np.where(from_middle < 0.25, 1.0, 0.3) + np.where(from_middle < 0.1, 0.8, 0.0)


def _thighs(rows: int, columns: int) -> NDArray[np.float64]:
    row, column = np.mgrid[:rows, :columns]
    lateral, down = np.abs(column / columns - 0.5), row / rows
    head = np.hypot(lateral - 0.24, down - 0.45) < 0.065
    shaft = (np.abs(lateral - 0.255 - 0.1 * down) < 0.04) & (down > 0.45)
    flesh = np.where(lateral < 0.42, 0.35, 0.15)
    return np.where(head | shaft, 0.15, flesh)


def sampled(answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Some of an answer's probabilities, ``(channels, SAMPLED)``.

    Parameters
    ----------
    answer : ``(2, channels, rows, columns)``
    """
    flat = answer.swapaxes(0, 1).reshape(answer.shape[1], -1)
    at = np.random.default_rng(1).integers(0, flat.shape[1], SAMPLED)
    return np.asarray(flat[:, at], dtype=np.float32)


def write_expected(folder: Path, answer: NDArray[np.float32]) -> None:
    """Keep what a model answered to the probe beside it."""
    values = [[round(float(value), 5) for value in row] for row in sampled(answer)]
    document = {"schema": SCHEMA, "probabilities": values}
    (folder / FILE).write_text(json.dumps(document) + "\n", encoding="utf-8")


def read_expected(folder: Path) -> NDArray[np.float32] | None:
    """What a model answered to the probe where it was made; None where that was not kept."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return np.asarray(document["probabilities"], dtype=np.float32)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def as_expected(answer: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    """Whether a model answers the probe as it did where it was made."""
    found = sampled(answer)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return False
    return float(np.mean(np.abs(found - expected) > TOLERANCE)) <= DIFFERING

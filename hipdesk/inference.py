"""Feeding stacks of slices to a network, in batches that can be stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import ModelError
from hipdesk.manifest import InputSpec, Manifest, Task
from hipdesk.ports import Cancelled, Network, Progress, never_cancelled, no_progress
from hipdesk.records import FloatArray


def with_context(stack: FloatArray, k: int) -> FloatArray:
    """Each slice with its neighbours as channels; the stack's ends are repeated.

    Parameters
    ----------
    stack : (slices, rows, columns)
    k : odd number of channels, the slice itself in the middle

    Returns
    -------
    float32 (slices, k, rows, columns)
    """
    n = stack.shape[0]
    offsets = np.arange(k) - k // 2
    neighbours = np.clip(np.arange(n)[:, None] + offsets, 0, n - 1)
    return np.ascontiguousarray(stack[neighbours], dtype=np.float32)


def in_layout(samples: FloatArray, spec: InputSpec) -> FloatArray:
    """Slices as the network takes them.

    Parameters
    ----------
    samples : (slices, k, rows, columns)

    Returns
    -------
    The same for ``NCHW``; (1, k, depth, rows, columns) for ``NCDHW``, the last
    slice repeated until the depth divides by ``spec.depth_multiple``.
    """
    if spec.layout == "NCHW":
        return samples
    missing = -len(samples) % spec.depth_multiple
    whole = np.concatenate([samples, *[samples[-1:]] * missing])
    return np.ascontiguousarray(whole.swapaxes(0, 1)[np.newaxis])


def as_slices(answer: FloatArray, n: int) -> FloatArray:
    """A network's answer as (n, channels, rows, columns), whatever its layout."""
    return answer if answer.ndim == 4 else np.ascontiguousarray(answer[0].swapaxes(0, 1)[:n])


def run_batches(
    network: Network,
    inputs: Mapping[str, FloatArray],
    batch: int,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> FloatArray:
    """Probabilities of a whole stack: (slices, channels, rows, columns).

    Parameters
    ----------
    inputs : manifest role to (slices, k, rows, columns)
    batch : slices a call; a network that takes whole stacks gets them all at once

    Raises
    ------
    ModelError
        The network failed.
    Cancelled
        The user asked to stop.
    """
    n = next(iter(inputs.values())).shape[0]
    batch = n if network.manifest.volumetric else batch
    parts = []
    for start in range(0, n, batch):
        if cancelled():
            raise CancelledByUser
        part = {role: array[start : start + batch] for role, array in inputs.items()}
        parts.append(network.run(part, cancelled))
        progress(min(1.0, (start + batch) / n), "")
    return np.concatenate(parts)


def check_manifest(
    manifest: Manifest, task: Task, channels: Sequence[str], grid: tuple[int, int, float]
) -> None:
    """Refuse a model whose task, channels or grid this program does not feed.

    Parameters
    ----------
    channels : names the model must give, in any order
    grid : (rows, columns, spacing in mm) of the pipeline's input

    Raises
    ------
    ModelError
        It differs.
    """
    sizes = {(spec.rows, spec.columns, spec.spacing_mm) for spec in manifest.inputs}
    suits = (
        manifest.task is task
        and set(channels) <= set(manifest.channel_names)
        and sizes == {grid}
        and all(spec.context_slices % 2 == 1 for spec in manifest.inputs)
    )
    if not suits:
        raise ModelError(
            f"The model {manifest.name} cannot be used for the task '{task}'; "
            "choose another model or install the one delivered with the program."
        )

"""A network by the name of its model or by its task; CUDA is tried in another process first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from hipdesk import paths
from hipdesk.adapters.gpu_trial import tried
from hipdesk.adapters.onnx_models import OnnxNetwork, read_manifest, read_model
from hipdesk.adapters.worker_process import WorkerProcess
from hipdesk.errors import BugError, ModelError
from hipdesk.ports import Cancelled, never_cancelled
from hipdesk.probe import read_expected
from hipdesk.records import Provider


def load_network(
    name_or_task: str,
    provider: str = Provider.AUTO.value,
    folders: Sequence[Path] | None = None,
    worker: WorkerProcess | None = None,
    cancelled: Cancelled = never_cancelled,
) -> OnnxNetwork:
    """Load a model by name, or the first one for a task.

    Parameters
    ----------
    provider : ``auto`` (CUDA where it works), ``cpu`` or ``cuda``
    folders : folders of models to search; those of `hipdesk.paths` if None
    worker : where CUDA is tried first; a process for this purpose alone if None

    Raises
    ------
    ModelError
        There is no such model, or it cannot be read or run.
    ModelAltered
        Its file differs from its manifest.
    Cancelled
        The user asked to stop while CUDA was tried.
    """
    if provider not in list(Provider):
        raise BugError(f"provider is none of {', '.join(Provider)}")
    folder = find_model(name_or_task, paths.models_dirs() if folders is None else folders)
    manifest = read_manifest(folder)

    def trial() -> str:
        return tried(folder, manifest.sha256, worker, cancelled)

    content, expected = read_model(folder, manifest), read_expected(folder)
    return OnnxNetwork(manifest, content, provider, trial=trial, expected=expected)


def find_model(name_or_task: str, folders: Sequence[Path]) -> Path:
    """Folder of a model by name, else of the first model for a task.

    Raises
    ------
    ModelError
        No folder has it.
    """
    try:
        return paths.model_folder(name_or_task, folders)
    except ModelError:
        for_task = next(_for_task(name_or_task, folders), None)
        if for_task is None:
            raise
    return for_task


def _for_task(task: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Folders of the models for a task; damaged ones are passed over."""
    for path in (path for folder in folders for path in sorted(folder.glob("*/manifest.json"))):
        with contextlib.suppress(ModelError):
            if read_manifest(path.parent).task == task:
                yield path.parent

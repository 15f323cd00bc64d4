"""The two models of the window, loaded when first needed, on the provider of the settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from hipdesk.adapters.network_loading import find_model, load_network
from hipdesk.adapters.onnx_models import read_manifest
from hipdesk.adapters.worker_process import WorkerProcess
from hipdesk.errors import ModelError
from hipdesk.paths import LOCATOR, SEGMENTER, models_dirs
from hipdesk.ports import Cancelled, TestedNetwork, never_cancelled
from hipdesk.records import ModelRef


class LazyNetworks:
    """Locator and segmenter; an `app.services.Networks`. Called in the job thread only.

    Parameters
    ----------
    provider : asked at each call; another answer loads the models anew
    worker : where CUDA is tried before it is trusted
    """

    def __init__(self, provider: Callable[[], str], worker: WorkerProcess) -> None:
        self._provider = provider
        self._worker = worker
        self._loaded: tuple[str, tuple[TestedNetwork, TestedNetwork]] | None = None

    def __call__(
        self, cancelled: Cancelled = never_cancelled
    ) -> tuple[TestedNetwork, TestedNetwork]:
        """Locator and segmenter.

        Raises
        ------
        ModelError
            A model is missing or altered.
        Cancelled
            The user asked to stop while CUDA was tried.
        """
        provider = self._provider()
        if self._loaded is None or self._loaded[0] != provider:
            locator = self._load(LOCATOR, provider, cancelled)
            segmenter = self._load(SEGMENTER, provider, cancelled)
            self._loaded = provider, (locator, segmenter)
        return self._loaded[1]

    def _load(self, name: str, provider: str, cancelled: Cancelled) -> TestedNetwork:
        return load_network(name, provider, worker=self._worker, cancelled=cancelled)


def shipped_models() -> tuple[ModelRef, ...]:
    """What the models' manifests say of them, for the page about the program."""
    found = []
    for name in (LOCATOR, SEGMENTER):
        with suppress(ModelError):
            about = read_manifest(find_model(name, models_dirs()))
            found.append(
                ModelRef(about.name, about.version, about.sha256, about.task, about.trained_on)
            )
    return tuple(found)

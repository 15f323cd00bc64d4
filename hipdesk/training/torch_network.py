"""A network in training as the pipeline wants it, without the way over a file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from hipdesk.inference import as_slices, in_layout
from hipdesk.manifest import Manifest
from hipdesk.ports import Cancelled, never_cancelled
from hipdesk.records import Compute, ModelRef
from hipdesk.training.data import input_spec
from hipdesk.training.networks import Supervised
from hipdesk.training.recipes import Recipe


class TorchNetwork:
    """A `hipdesk.ports.Network` on PyTorch and the processor."""

    def __init__(self, network: Supervised, recipe: Recipe) -> None:
        self._network = network.eval()
        self._spec = input_spec(recipe)
        self._manifest = Manifest(
            schema="hipdesk.model/1",
            name=recipe.name,
            version="0",
            task=recipe.task,
            inputs=(self._spec,),
            output="probability",
            channels=recipe.outputs,
            opset=0,
            sha256="",
            trained_on="",
            training_data=(),
            metrics=(),
            licence="",
            intended_use="",
        )

    @property
    def manifest(self) -> Manifest:
        """What it expects and gives."""
        return self._manifest

    @property
    def reference(self) -> ModelRef:
        """It has no file and so no hash."""
        return ModelRef(self._manifest.name, "0", "", self._manifest.task, "")

    @property
    def compute(self) -> Compute:
        """Always the processor."""
        return Compute("cpu", "cpu")

    def run(
        self,
        inputs: Mapping[str, NDArray[np.float32]],
        cancelled: Cancelled = never_cancelled,
    ) -> NDArray[np.float32]:
        """Probabilities (slices, channels, rows, columns)."""
        samples = inputs[self._spec.role]
        with torch.inference_mode():
            image = torch.from_numpy(np.ascontiguousarray(in_layout(samples, self._spec)))
            answer = torch.sigmoid(self._network(image)).numpy()
        return as_slices(answer, len(samples))

"""What the networks cost on one pair of cores, as ratios to the shipped segmenter in one run."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="the export needs onnxscript")

import torch

from hipdesk.adapters.onnx_models import read_manifest, read_model
from hipdesk.training.cost import (
    THREADS,
    Run,
    exported_run,
    milliseconds,
    samples,
    session_run,
)
from hipdesk.training.loop import build
from hipdesk.training.networks import Supervised, parameter_count
from hipdesk.training.recipes import SEGMENT, Architecture, Recipe, with_architecture

SHIPPED = "as shipped"
ROUNDS = 20
"""Many, since other programs may be at work."""

MOST_OF_EAGER = 0.6
"""ONNX Runtime against the same network in PyTorch, one operator after the other."""

MOST_OF_SHIPPED = 3.5
"""A compared network against the shipped one: beyond this it would be no choice."""


@pytest.mark.bench
def test_networks_against_the_shipped_one(repository: Path) -> None:
    folder = repository / "models" / "segment"
    runs = {SHIPPED: session_run(read_model(folder, read_manifest(folder)), SEGMENT)}
    parameters = {}
    for architecture in Architecture:
        recipe = with_architecture(SEGMENT, architecture)
        network = build(recipe)
        parameters[architecture.value] = parameter_count(network)
        runs[architecture.value] = exported_run(network, recipe)
    gc.collect()
    found = milliseconds(runs, ROUNDS)
    for name, value in found.items():
        size = f", {parameters[name]:,} parameters" if name in parameters else ""
        print(f"{name}: {value:.1f} ms a crop, {value / found[SHIPPED]:.2f} x{size}")
    assert all(found[name] <= MOST_OF_SHIPPED * found[SHIPPED] for name in parameters)


@pytest.mark.bench
def test_the_exported_segmenter_against_pytorch() -> None:
    network = build(SEGMENT)
    found = milliseconds(
        {"ONNX Runtime": exported_run(network, SEGMENT), "PyTorch": eager_run(network, SEGMENT)},
        ROUNDS,
    )
    ratio = found["ONNX Runtime"] / found["PyTorch"]
    print(", ".join(f"{name}: {ms:.1f} ms a crop" for name, ms in found.items()), f"{ratio:.2f} x")
    assert ratio <= MOST_OF_EAGER


def eager_run(network: Supervised, recipe: Recipe) -> Run:
    """The network in PyTorch as it is, on two threads."""
    sample = torch.from_numpy(samples(recipe))
    network.eval()

    def run() -> None:
        torch.set_num_threads(THREADS)
        with torch.inference_mode():
            torch.sigmoid(network(sample))

    return run

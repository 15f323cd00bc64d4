"""The self-test of a model: the same answer here as where it was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hipdesk.adapters.network_loading import load_network
from hipdesk.manifest import Manifest
from hipdesk.probe import (
    FILE,
    SAMPLED,
    as_expected,
    probe_inputs,
    read_expected,
    sampled,
    write_expected,
)


@pytest.fixture(params=["locate", "segment"])
def folder(request: pytest.FixtureRequest, repository: Path) -> Path:
    return repository / "models" / str(request.param)


def test_delivered_models_answer_as_where_they_were_made(folder: Path) -> None:
    network = load_network(folder.name, "cpu", [folder.parent])
    expected = read_expected(folder)
    assert expected is not None
    assert expected.shape == (len(network.manifest.channels), SAMPLED)
    assert expected.max() > 0.8  # a probe on which a model has no opinion tests nothing
    assert network.self_test() is True


def test_the_probe_never_changes(folder: Path) -> None:
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    spec = manifest.inputs[0]
    first, again = probe_inputs(manifest)[spec.role], probe_inputs(manifest)[spec.role]
    assert first.shape == (2, spec.context_slices, spec.rows, spec.columns)
    assert first.dtype == np.float32
    assert np.array_equal(first, again)


def answer(value: float) -> np.ndarray:
    return np.full((2, 3, 8, 8), value, dtype=np.float32)


def test_small_differences_are_rounding_and_large_ones_are_not(tmp_path: Path) -> None:
    write_expected(tmp_path, answer(0.5))
    expected = read_expected(tmp_path)
    assert expected is not None
    assert as_expected(answer(0.505), expected)
    assert not as_expected(answer(0.52), expected)
    assert not as_expected(answer(np.nan), expected)
    assert not as_expected(np.zeros((2, 2, 8, 8), np.float32), expected)


def test_one_pixel_in_a_hundred_may_differ(tmp_path: Path) -> None:
    write_expected(tmp_path, answer(0.5))
    expected = read_expected(tmp_path)
    assert expected is not None
    count = expected.size // 100
    expected.flat[:count] = 1.0
    assert as_expected(answer(0.5), expected)
    expected.flat[: count + 1] = 1.0
    assert not as_expected(answer(0.5), expected)


@pytest.mark.parametrize("text", [None, "", "{}", '{"probabilities": "x"}', "[1]"])
def test_without_a_kept_answer_nothing_is_known(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text)
    assert read_expected(tmp_path) is None


def test_the_samples_are_of_every_channel() -> None:
    layered = np.arange(3, dtype=np.float32)[None, :, None, None] * np.ones((2, 1, 8, 8), "f4")
    assert (sampled(layered) == np.arange(3)[:, None]).all()

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hipdesk.adapters import onnx_models
from hipdesk.adapters.network_loading import load_network
from hipdesk.adapters.onnx_models import OnnxNetwork, agrees, start_session
from hipdesk.errors import BugError, Cancelled, ModelAltered, ModelError
from hipdesk.manifest import Manifest

# The whole network is a sigmoid of an input ("n", 1, 4, 4); opset 18.
SIGMOID = base64.b64decode(
    "CAgSADpsCh0KBWltYWdlEgtwcm9iYWJpbGl0eSIHU2lnbW9pZBIBZ1ogCgVpbWFnZRIXChUIARIRCgMSAW4KAggBCgII"
    "BAoCCARiJgoLcHJvYmFiaWxpdHkSFwoVCAESEQoDEgFuCgIIAQoCCAQKAggEQgQKABAS"
)


def manifest_of(content: bytes, **other: Any) -> dict[str, Any]:
    spec = {
        "role": "image",
        "name": "image",
        "context_slices": 1,
        "rows": 4,
        "columns": 4,
        "spacing_mm": 2.0,
        "normalisation": "body_percentile",
    }
    return {
        "schema": "hipdesk.model/1",
        "name": "tiny",
        "version": "1.2.3",
        "task": "locate",
        "inputs": [spec],
        "output": "probability",
        "channels": [{"name": "femur", "threshold": 0.5}],
        "opset": 18,
        "sha256": hashlib.sha256(content).hexdigest(),
        "trained_on": "nothing",
        "training_data": [],
        "metrics": [],
        "licence": "Apache-2.0",
        "intended_use": "test",
        **other,
    }


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(SIGMOID)
    (folder / "manifest.json").write_text(json.dumps(manifest_of(SIGMOID)), encoding="utf-8")
    return tmp_path


def images(n: int) -> dict[str, np.ndarray]:
    return {"image": np.linspace(-3, 3, n * 16, dtype=np.float32).reshape(n, 1, 4, 4)}


def network(start: Any = None, requested: str = "cuda", obstacle: str = "") -> OnnxNetwork:
    manifest = Manifest.model_validate(manifest_of(SIGMOID))
    return OnnxNetwork(manifest, SIGMOID, requested, start, lambda: obstacle)


class OnCuda:
    """A session that says it runs on CUDA and answers through the real CPU one."""

    def __init__(self, content: bytes, offset: float = 0.0, fails_from: int | None = None) -> None:
        self._real = start_session(content, "cpu")
        self._offset = offset
        self._fails_from = fails_from
        self._runs = 0

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def run(self, names: list[str], feed: dict[str, np.ndarray], options: object) -> list[Any]:
        self._runs += 1
        if self._fails_from is not None and self._runs >= self._fails_from:
            raise RuntimeError("CUDA failure 2: out of memory")
        return [array + self._offset for array in self._real.run(names, feed)]


def with_cuda(**how: Any) -> Any:
    def start(content: bytes, provider: str) -> Any:
        return OnCuda(content, **how) if provider == "cuda" else start_session(content, "cpu")

    return start


def test_gives_the_networks_probabilities_for_any_batch(models: Path) -> None:
    loaded = load_network("tiny", "cpu", [models])
    for n in (1, onnx_models.RUN_BATCH + 1):
        x = images(n)["image"]
        np.testing.assert_allclose(loaded.run({"image": x}), 1 / (1 + np.exp(-x)), atol=1e-6)
    assert loaded.compute.provider == "cpu"
    assert loaded.compute.reason == ""
    assert loaded.reference.sha256 == hashlib.sha256(SIGMOID).hexdigest()
    assert (loaded.reference.name, loaded.reference.version) == ("tiny", "1.2.3")


def test_is_found_by_its_task_too(models: Path) -> None:
    assert load_network("locate", "cpu", [models]).manifest.name == "tiny"


def test_a_missing_model_is_named(models: Path) -> None:
    with pytest.raises(ModelError, match="segment"):
        load_network("segment", "cpu", [models])


@pytest.mark.parametrize("place", [0, len(SIGMOID) // 2, len(SIGMOID) - 1])
def test_one_changed_byte_is_refused(models: Path, place: int) -> None:
    altered = bytearray(SIGMOID)
    altered[place] ^= 1
    (models / "tiny" / "model.onnx").write_bytes(altered)
    with pytest.raises(ModelAltered, match="'tiny' differs from the one that was released"):
        load_network("tiny", "cpu", [models])


def test_a_missing_model_file_is_an_error_of_the_model(models: Path) -> None:
    (models / "tiny" / "model.onnx").unlink()
    with pytest.raises(ModelError, match="install the model again"):
        load_network("tiny", "cpu", [models])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "hipdesk.model/2"}', "\x00"])
def test_a_bad_manifest_is_an_error_of_the_model(models: Path, text: str) -> None:
    (models / "tiny" / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="description"):
        load_network("tiny", "cpu", [models])


def test_a_manifest_that_names_another_output_is_refused(models: Path) -> None:
    wrong = json.dumps(manifest_of(SIGMOID, output="mask"))
    (models / "tiny" / "manifest.json").write_text(wrong, encoding="utf-8")
    with pytest.raises(ModelError, match="does not fit its description"):
        load_network("tiny", "cpu", [models])


def test_a_file_that_is_no_network_is_refused_though_its_hash_fits(models: Path) -> None:
    (models / "tiny" / "model.onnx").write_bytes(b"no network")
    right = json.dumps(manifest_of(b"no network"))
    (models / "tiny" / "manifest.json").write_text(right, encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be run"):
        load_network("tiny", "cpu", [models])


@pytest.mark.parametrize("requested", ["auto", "cuda"])
def test_this_machine_runs_whatever_is_asked_for(
    models: Path, requested: str, capfd: pytest.CaptureFixture[str]
) -> None:
    loaded = load_network("tiny", requested, [models])
    assert loaded.compute.requested == requested
    if loaded.compute.provider == "cpu":
        assert loaded.compute.reason.endswith(".")
    assert loaded.compute.fell_back == (requested == "cuda" and loaded.compute.provider == "cpu")
    assert loaded.run(images(2)).shape == (2, 1, 4, 4)
    assert capfd.readouterr() == ("", "")


def test_without_a_driver_the_cpu_runs_and_says_why() -> None:
    loaded = network(obstacle="This machine has no NVIDIA driver.")
    assert loaded.compute.provider == "cpu"
    assert loaded.compute.fell_back
    assert loaded.compute.reason == "This machine has no NVIDIA driver."


def test_a_real_cuda_session_without_cuda_falls_back() -> None:
    if not onnx_models.cuda_obstacle():
        pytest.skip("this machine has an NVIDIA driver")
    loaded = network()
    assert loaded.compute.fell_back
    assert "CUDA could not be started" in loaded.compute.reason


def test_cuda_that_repeats_the_cpu_is_used() -> None:
    loaded = network(with_cuda())
    assert loaded.compute.provider == "cuda"
    assert loaded.compute.reason == ""
    assert not loaded.compute.fell_back


@pytest.mark.parametrize("offset", [0.02, float("nan")])
def test_cuda_that_gives_other_numbers_is_not_used(offset: float) -> None:
    loaded = network(with_cuda(offset=offset))
    assert loaded.compute.provider == "cpu"
    assert "self-test" in loaded.compute.reason
    x = images(1)["image"]
    np.testing.assert_allclose(loaded.run({"image": x}), 1 / (1 + np.exp(-x)), atol=1e-6)


def test_cuda_that_cannot_start_is_not_used() -> None:
    def start(content: bytes, provider: str) -> Any:
        if provider == "cuda":
            raise RuntimeError("libcudnn.so.9: cannot open shared object file")
        return start_session(content, provider)

    loaded = network(start)
    assert loaded.compute.fell_back
    assert loaded.compute.reason == "CUDA could not be started on this machine."


def test_cuda_that_fails_while_running_leaves_the_rest_to_the_cpu() -> None:
    loaded = network(with_cuda(fails_from=3))
    x = images(2 * onnx_models.RUN_BATCH)["image"]
    assert loaded.compute.provider == "cuda"
    np.testing.assert_allclose(loaded.run({"image": x}), 1 / (1 + np.exp(-x)), atol=1e-6)
    assert loaded.compute.fell_back
    assert "CUDA failed while running" in loaded.compute.reason


def test_stops_between_batches_when_asked() -> None:
    loaded = network(requested="cpu")
    with pytest.raises(Cancelled):
        loaded.run(images(2 * onnx_models.RUN_BATCH), lambda: True)
    assert loaded.run(images(1), lambda: False).shape == (1, 1, 4, 4)


class Slow:
    """A session whose run goes on until its options say stop, as ONNX Runtime's does."""

    def __init__(self, content: bytes) -> None:
        self._real = start_session(content, "cpu")
        self.threads: list[threading.Thread] = []
        self.get_providers = self._real.get_providers
        self.get_inputs = self._real.get_inputs
        self.get_outputs = self._real.get_outputs

    def run(self, names: list[str], feed: dict[str, np.ndarray], options: Any) -> list[Any]:
        self.threads.append(threading.current_thread())
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if options.terminate:
                raise RuntimeError("Exiting due to terminate flag being set to true.")
            time.sleep(0.005)
        raise AssertionError("nobody stopped the run")


def test_the_wish_to_stop_ends_a_run_in_the_middle_of_a_batch() -> None:
    loaded = network(lambda content, _: Slow(content), requested="cpu")
    began, asked = time.monotonic(), []

    def cancelled() -> bool:
        asked.append(threading.current_thread())
        return time.monotonic() - began > 0.1

    with pytest.raises(Cancelled):
        loaded.run(images(1), cancelled)
    assert time.monotonic() - began < 0.6
    assert len(asked) > 2
    assert set(asked) == {threading.main_thread()}


def test_a_watched_run_gives_what_an_unwatched_one_gives() -> None:
    loaded = network(requested="cpu")
    feed = images(onnx_models.RUN_BATCH + 3)
    np.testing.assert_array_equal(loaded.run(feed), loaded.run(feed, lambda: False))


def test_a_run_may_be_done_while_another_waits() -> None:
    loaded = network(requested="cpu")
    inner: list[np.ndarray] = []

    def cancelled() -> bool:
        if not inner:
            inner.append(loaded.run(images(2)))
        return False

    assert loaded.run(images(1), cancelled).shape == (1, 1, 4, 4)
    assert inner[0].shape == (2, 1, 4, 4)


def test_a_real_model_stops_within_half_a_second(repository: Path) -> None:
    loaded = load_network("segment", "cpu", [repository / "models"])
    feed = {
        spec.role: np.ones((64, spec.context_slices, spec.rows, spec.columns), np.float32)
        for spec in loaded.manifest.inputs
    }
    began = time.monotonic()
    with pytest.raises(Cancelled):
        loaded.run(feed, lambda: time.monotonic() - began > 0.2)
    assert time.monotonic() - began < 0.7


@pytest.mark.parametrize("reason", ["CUDA crashed in the self-test, so it is not used.", ""])
def test_cuda_is_used_here_only_after_a_trial_elsewhere(reason: str) -> None:
    manifest = Manifest.model_validate(manifest_of(SIGMOID))
    started: list[str] = []

    def start(content: bytes, provider: str) -> Any:
        started.append(provider)
        return with_cuda()(content, provider)

    loaded = OnnxNetwork(manifest, SIGMOID, "auto", start, lambda: "", lambda: reason)
    assert started == (["cpu"] if reason else ["cpu", "cuda"])
    assert loaded.compute.provider == ("cpu" if reason else "cuda")
    assert loaded.compute.reason == reason


def test_nothing_is_tried_where_there_is_no_driver_or_no_wish() -> None:
    manifest = Manifest.model_validate(manifest_of(SIGMOID))

    def trial() -> str:
        raise AssertionError("tried")

    for requested, obstacle in (("cpu", ""), ("cuda", "This machine has no NVIDIA driver.")):
        obstacles = {"cpu": lambda: "", "cuda": lambda: "This machine has no NVIDIA driver."}
        loaded = OnnxNetwork(manifest, SIGMOID, requested, None, obstacles[requested], trial)
        assert loaded.compute.reason == obstacle


def test_terminate_ends_the_run_under_way_and_no_later_one() -> None:
    loaded = network(requested="cpu")

    def ask() -> bool:
        loaded.terminate()
        return False

    with pytest.raises(Cancelled):
        loaded.run(images(1), ask)
    assert loaded.run(images(1)).shape == (1, 1, 4, 4)


def test_a_wrongly_shaped_input_is_our_bug() -> None:
    with pytest.raises(BugError):
        network(requested="cpu").run({"image": np.zeros((1, 3, 4, 4), np.float32)})


def test_an_unknown_provider_is_our_bug(models: Path) -> None:
    with pytest.raises(BugError):
        load_network("tiny", "tpu", [models])


def test_few_differing_pixels_agree_many_do_not() -> None:
    expected = np.zeros((1, 1, 100, 100), np.float32)
    found = expected.copy()
    found[0, 0, 0, :20] = 0.5
    assert agrees(found, expected)
    found[0, 0, 0, 20] = 0.5
    assert not agrees(found, expected)
    assert not agrees(found[..., 1:], expected)


def test_at_least_one_core_where_cores_are_counted() -> None:
    assert onnx_models.physical_cores() >= 0


def test_the_runtime_keeps_no_record_of_its_use(tmp_path: Path, repository: Path) -> None:
    """ONNX Runtime would note each use, with the kind of machine, for its maker."""
    shown = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    home = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path))
    code = "from hipdesk.adapters import network_loading as it; it.load_network('locate', 'cpu')"
    subprocess.run([sys.executable, "-c", code], cwd=repository, env=shown | home, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

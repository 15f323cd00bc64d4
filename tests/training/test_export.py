from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import hipdesk

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="the export needs onnxscript")

from hipdesk.adapters.onnx_models import load_network  # noqa: E402
from hipdesk.errors import OutputError, UnreadableInput  # noqa: E402
from hipdesk.manifest import Metric  # noqa: E402
from hipdesk.training import export, loop  # noqa: E402
from hipdesk.training.data import watching_batch  # noqa: E402
from hipdesk.training.export import (  # noqa: E402
    SOURCES,
    Provenance,
    export_model,
    read_metrics,
    run_settings,
)
from hipdesk.training.loop import Effort, build, train  # noqa: E402
from hipdesk.training.shards import Pool  # noqa: E402
from tests.training.tiny import PLAIN, TINY  # noqa: E402

METRIC = Metric(name="disc Dice", value=0.91, test_set="twelve discs")


def test_onnx_repeats_torch(
    tmp_path: Path, pools: tuple[Pool, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 4)
    network = train(TINY, *pools, tmp_path / "run", Effort(20), seed=1)
    export_model(network, TINY, tmp_path / "models" / "tiny", "1.0.0")
    loaded = load_network("tiny", "cpu", [tmp_path / "models"])
    image = watching_batch(pools[0], TINY, np.arange(len(pools[0]))).image
    found = loaded.run({"marrow_relative": image.numpy()})
    with torch.inference_mode():
        expected = torch.sigmoid(network(image)).numpy()
    differing = np.abs(found - expected) > 1e-4
    assert differing.mean() <= 0.001
    assert np.mean((found > 0.5) != (expected > 0.5)) <= 0.001
    assert expected.max() > 0.5
    single = loaded.run({"marrow_relative": image[:1].numpy()})
    np.testing.assert_allclose(single, found[:1], atol=1e-5)


def test_folder_holds_model_manifest_and_card(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    provenance = Provenance(SOURCES["procedural"], "Discs drawn anew.", ("3 steps.",))
    network = build(PLAIN).eval()
    manifest = export_model(network, PLAIN, folder, "2.0.0", [METRIC], provenance)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "MODEL_CARD.md",
        "manifest.json",
        "model.onnx",
    ]
    stated = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content = (folder / "model.onnx").read_bytes()
    assert stated["schema"] == "hipdesk.model/1"
    assert stated["sha256"] == manifest.sha256 == hashlib.sha256(content).hexdigest()
    assert str(tmp_path).encode() not in content
    assert str(Path(hipdesk.__file__).parent).encode() not in content
    assert b"stack_trace" not in content
    image = torch.rand(2, PLAIN.context, PLAIN.rows, PLAIN.columns)
    with torch.inference_mode():
        expected = torch.sigmoid(network(image)).numpy()
    found = load_network("tiny", "cpu", [tmp_path]).run({"marrow_relative": image.numpy()})
    np.testing.assert_allclose(found, expected, atol=1e-5)
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    for text in (
        "# tiny 2.0.0",
        "Research use only",
        "simulated",
        "Procedural anatomy",
        "Discs drawn anew.",
        "Test set 1: twelve discs.",
        "| disc Dice | 0.910 |",
        "3 steps.",
        manifest.sha256,
    ):
        assert text.lower() in card.lower(), text


def test_a_failed_export_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(export, "write_onnx", full)
    with pytest.raises(OutputError, match="disk"):
        export_model(build(PLAIN), PLAIN, folder, "2.0.0")
    assert (folder / "model.onnx").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_metrics_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps([METRIC.model_dump()]), encoding="utf-8")
    assert read_metrics(path) == (METRIC,)
    path.write_text('[{"name": "disc Dice", "value": 0.91}]', encoding="utf-8")
    with pytest.raises(UnreadableInput, match="test_set"):
        read_metrics(path)


def test_a_run_tells_its_length_and_seed(tmp_path: Path, pools: tuple[Pool, Pool]) -> None:
    train(PLAIN, *pools, tmp_path, Effort(2), seed=11)
    told = " ".join(run_settings(tmp_path))
    assert "2 steps" in told
    assert f"{len(pools[0])} simulated slices" in told
    assert "seed 11" in told
    with pytest.raises(UnreadableInput):
        run_settings(tmp_path / "nothing")

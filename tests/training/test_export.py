from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hipdesk

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="the export needs onnxscript")

from hipdesk.adapters.network_loading import load_network  # noqa: E402
from hipdesk.crop import crop_hip  # noqa: E402
from hipdesk.errors import OutputError, UnreadableInput  # noqa: E402
from hipdesk.inference import as_slices, in_layout  # noqa: E402
from hipdesk.manifest import Metric, Task  # noqa: E402
from hipdesk.records import Head, SegmentClass, Side  # noqa: E402
from hipdesk.segmentation import network_inputs, segment_hip  # noqa: E402
from hipdesk.training import export, loop  # noqa: E402
from hipdesk.training.data import watching_batch  # noqa: E402
from hipdesk.training.export import (  # noqa: E402
    SOURCES,
    Provenance,
    export_model,
    read_weights,
    recipe_of,
    run_settings,
)
from hipdesk.training.loop import (  # noqa: E402
    Effort,
    build,
    load_trained,
    train,
    watched_dice,
)
from hipdesk.training.recipes import (  # noqa: E402
    SEGMENT,
    Architecture,
    Kind,
    with_architecture,
)
from hipdesk.training.shards import Pool, read_pool, split_pool, write_shards  # noqa: E402
from tests.stacks import (  # noqa: E402
    HEAD_MM,
    MARROW,
    head_centre,
    manifest_of,
    patient_volume,
    stack_about,
    turned,
)
from tests.training.tiny import PLAIN, TINY, hip_stack, small  # noqa: E402

SHAPE = (9, 130, 210)
HIPS = stack_about(turned(3, -2, 1), (9.0, 1.4, 1.4), SHAPE)


@pytest.fixture(scope="module")
def hip_pools(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pool, Pool]:
    folder = tmp_path_factory.mktemp("hips")
    write_shards(hip_stack, Kind.HIP, folder, 8, seed=1)
    return split_pool(read_pool(folder), 0.25)


METRIC = Metric(name="disc Dice", value=0.91, test_set="twelve discs")


@pytest.mark.parametrize("architecture", Architecture)
def test_every_network_trains_exports_and_outlines_a_hip(
    architecture: Architecture,
    hip_pools: tuple[Pool, Pool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 2)
    recipe = small(architecture)
    trained = train(recipe, *hip_pools, tmp_path / "run", Effort(2), seed=1)
    manifest = export_model(trained, recipe, tmp_path / "models" / "small", "1.0.0")
    assert manifest.network.architecture == architecture.value
    again = recipe_of(manifest)
    assert (again.architecture, again.widths) == (architecture, recipe.widths)
    assert again.batch == with_architecture(SEGMENT, architecture).batch
    loaded = load_network("segment", "cpu", [tmp_path / "models"])
    assert loaded.self_test()

    volume = patient_volume(HIPS, SHAPE)
    head = Head(Side.LEFT, True, 1.0, tuple(head_centre(Side.LEFT)), HEAD_MM)
    crop = crop_hip(volume, head, MARROW)
    inputs = network_inputs(crop, manifest)
    sample = torch.from_numpy(in_layout(inputs["marrow_relative"], manifest.inputs[0]))
    with torch.inference_mode():
        answer = torch.sigmoid(load_trained(recipe, tmp_path / "run")(sample)).numpy()
    expected = as_slices(answer, len(crop.image))
    found = loaded.run(inputs)
    assert found.shape == (len(crop.image), 5, 128, 160)
    if architecture is Architecture.POINT_RENDERING:
        differing = np.abs(found - expected) > 1e-4
        assert differing.mean() <= 0.001
        assert np.mean((found > 0.5) != (expected > 0.5)) <= 0.001
    else:
        np.testing.assert_allclose(found, expected, atol=1e-4)

    outlined = segment_hip(crop, loaded, volume.series)
    assert set(outlined.masks) == set(SegmentClass)
    shape = outlined.box.shape
    assert all(mask.shape == shape for mask in outlined.masks.values())


def test_point_rendering_that_has_learned_repeats_torch(
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


def test_a_training_starts_from_an_exported_model(
    tmp_path: Path, pools: tuple[Pool, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "write_onnx", lambda _n, _r, path: path.write_bytes(b"any"))
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 4)
    learned = train(PLAIN, *pools, tmp_path / "first", Effort(40), seed=1)
    export_model(learned, PLAIN, tmp_path / "model", "1.0.0")
    start = read_weights(tmp_path / "model")
    assert start.keys() == learned.state_dict().keys()
    gently = replace(PLAIN, rate=1e-6)
    finer = train(gently, *pools, tmp_path / "next", Effort(1), seed=2, start=start)
    before, after = (watched_dice(each, PLAIN, pools[1])["ring"] for each in (learned, finer))
    fresh = watched_dice(build(PLAIN), PLAIN, pools[1])["ring"]
    assert after == pytest.approx(before, abs=0.1)
    assert after > fresh + 0.3
    other = replace(PLAIN, widths=(8, 8, 16, 24))
    with pytest.raises(UnreadableInput, match="architecture"):
        train(other, *pools, tmp_path / "other", Effort(1), seed=2, start=start)


def test_a_model_without_weights_or_network_starts_no_training(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="from scratch"):
        read_weights(tmp_path)
    (tmp_path / "weights.npz").write_bytes(b"PK not a zip")
    with pytest.raises(UnreadableInput, match="from scratch"):
        read_weights(tmp_path)
    old = manifest_of(Task.SEGMENT, dict.fromkeys(PLAIN.channels, 0.5), (32, 48, 1.0))
    with pytest.raises(UnreadableInput, match="which network"):
        recipe_of(old)


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
        "self_test.json",
        "weights.npz",
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


def test_a_run_tells_its_length_and_seed(tmp_path: Path, pools: tuple[Pool, Pool]) -> None:
    train(PLAIN, *pools, tmp_path, Effort(2), seed=11)
    told = " ".join(run_settings(tmp_path))
    assert "2 steps" in told
    assert f"{len(pools[0])} simulated slices" in told
    assert "seed 11" in told
    with pytest.raises(UnreadableInput):
        run_settings(tmp_path / "nothing")

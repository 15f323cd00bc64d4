"""``python -m hipdesk.training``: the network asked for is trained, kept, exported and named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="the export needs onnxscript")

from hipdesk.errors import UnreadableInput  # noqa: E402
from hipdesk.manifest import Manifest  # noqa: E402
from hipdesk.training import __main__ as commands  # noqa: E402
from hipdesk.training import loop  # noqa: E402
from hipdesk.training.export import recipe_of, run_settings  # noqa: E402
from hipdesk.training.loop import Effort, recipe_in  # noqa: E402
from hipdesk.training.recipes import (  # noqa: E402
    LOCATE,
    SEGMENT,
    Architecture,
    Kind,
    with_architecture,
    with_width,
)
from hipdesk.training.shards import write_shards  # noqa: E402
from tests.training.tiny import hip_stack  # noqa: E402


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    write_shards(hip_stack, Kind.HIP, tmp_path / "shards", 8, seed=1)
    return tmp_path / "shards"


@pytest.mark.parametrize("architecture", Architecture)
def test_the_network_asked_for_is_trained_and_kept(
    architecture, shards, tmp_path, monkeypatch
) -> None:
    seen = []

    def train(recipe, _learn, _watch, folder, effort, seed, _start) -> None:
        folder.mkdir()
        loop._write_settings(recipe, effort, seed, 1, folder)
        seen.append(recipe)

    monkeypatch.setattr(loop, "train", train)
    given = ["segment", "--data", str(shards), "--out", str(tmp_path / "run"), "--width", "0.5"]
    assert commands.main([*given, "--architecture", architecture.value]) == 0
    assert seen == [with_width(with_architecture(SEGMENT, architecture), 0.5)]
    assert recipe_in(tmp_path / "run", "segment") == seen[0]


def test_without_a_name_the_recipes_own_network_is_trained(shards, tmp_path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(loop, "train", lambda recipe, *_: seen.append(recipe))
    assert commands.main(["segment", "--data", str(shards), "--out", str(tmp_path)]) == 0
    assert commands.main(["locate", "--data", str(shards), "--out", str(tmp_path)]) == 0
    assert seen == [SEGMENT, LOCATE]


def test_no_other_network_and_no_other_locator_can_be_asked_for(tmp_path, capsys) -> None:
    for given in (["segment", "--architecture", "resnet"], ["locate", "--architecture", "unet"]):
        with pytest.raises(SystemExit):
            commands.main([*given, "--out", str(tmp_path)])
    assert "point_rendering" in capsys.readouterr().err


def test_a_trained_network_is_exported_as_what_it_is(shards, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 1)
    run, model = tmp_path / "run", tmp_path / "segment"
    given = ["segment", "--data", str(shards), "--out", str(run), "--steps", "1"]
    assert commands.main([*given, "--architecture", "hrnet", "--width", "0.25"]) == 0
    export = ["export", "--model", "segment", "--run-dir", str(run), "--out", str(model)]
    assert commands.main([*export, "--version", "3.0.0", "--confidence-repeats", "2"]) == 0
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["network"]["architecture"] == "hrnet"
    assert manifest["network"]["widths"] == [4, 4, 8, 20, 32]
    assert manifest["confidence_repeats"] == 2
    assert "HRNet" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    back = recipe_of(Manifest.model_validate(manifest))
    assert back.widths == recipe_in(run, "segment").widths
    assert commands.main(["export", "--model", "locate", *export[3:], "--version", "3"]) == 4


def test_a_training_goes_on_from_a_finished_one_with_other_stacks(
    shards, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 1)
    small = ["segment", "--data", str(shards), "--width", "0.25", "--steps"]
    first, second, third = (str(tmp_path / name) for name in ("first", "second", "third"))
    assert commands.main([*small, "2", "--out", first]) == 0
    assert commands.main([*small, "1", "--out", second, "--start", first, "--rate", "1e-12"]) == 0
    before, after = (
        torch.load(Path(run) / "network.pt", weights_only=True) for run in (first, second)
    )
    learned = [name for name in before if "running_" not in name and "num_batches" not in name]
    for name in learned:
        torch.testing.assert_close(after[name], before[name])
    assert commands.main([*small, "3", "--out", third, "--start", second]) == 0
    assert run_settings(Path(third))[0] == "Begun with a network of 3 steps; then"
    assert not run_settings(Path(first))[0].startswith("Begun")
    other = ["segment", "--data", str(shards), "--out", third, "--start", first]
    assert commands.main([*other, "--steps", "3"]) == 4


def test_a_folder_without_a_training_is_explained(tmp_path) -> None:
    with pytest.raises(UnreadableInput, match="not the folder of a training"):
        recipe_in(tmp_path, "segment")
    loop._write_settings(LOCATE, Effort(1), 1, 1, tmp_path)
    with pytest.raises(UnreadableInput, match="of 'locate', not of 'segment'"):
        recipe_in(tmp_path, "segment")
    earlier = '{"recipe": {"name": "segment", "steps": 7, "unknown": 1}}'
    (tmp_path / "recipe.json").write_text(earlier, encoding="utf-8")
    assert recipe_in(tmp_path, "segment") == replace(SEGMENT, steps=7)
    damaged = '{"recipe": {"name": "segment", "steps": "many"}}'
    (tmp_path / "recipe.json").write_text(damaged, encoding="utf-8")
    with pytest.raises(UnreadableInput, match="not the folder of a training"):
        recipe_in(tmp_path, "segment")

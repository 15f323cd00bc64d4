"""Retraining by a site: nothing bad learned from, nothing worse installed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="the export needs onnxscript")

from hipdesk.adapters.network_loading import load_network  # noqa: E402
from hipdesk.adapters.onnx_models import (  # noqa: E402
    OnnxNetwork,
    read_manifest,
    read_model,
)
from hipdesk.errors import OutputError, UnreadableInput  # noqa: E402
from hipdesk.manifest import Manifest  # noqa: E402
from hipdesk.records import Origin, SegmentClass, Side  # noqa: E402
from hipdesk.training import finetune, loop  # noqa: E402
from hipdesk.training.evaluate import HipFigures, PatientFigures  # noqa: E402
from hipdesk.training.export import export_model  # noqa: E402
from hipdesk.training.finetune import (  # noqa: E402
    Tuning,
    install,
    main,
    retrain,
    split_by_patient,
    what_is_worse,
)
from hipdesk.training.loop import build  # noqa: E402
from hipdesk.training.metrics import LesionHits, MaskFigures  # noqa: E402
from hipdesk.training.recipes import SEGMENT  # noqa: E402
from tests.training.case_factory import doors, make_case, write_case  # noqa: E402

SMALL = replace(SEGMENT, widths=(4, 4, 8, 8), points=(64, 64, 64))
QUICK = Tuning(steps=2, watch_every=1)
NAN = float("nan")


def load(folder: Path) -> OnnxNetwork:
    manifest = read_manifest(folder)
    return OnnxNetwork(manifest, read_model(folder, manifest), "cpu")


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A model that nobody has trained."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("models") / "segment"
    export_model(build(SMALL), SMALL, folder, "1.0.0")
    return folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 1)


@pytest.fixture
def light(base, monkeypatch) -> None:
    """Neither export nor measure, which take seconds: the new model is a copy of the old one."""

    def copied(_network, _recipe, folder: Path, *_: object) -> None:
        shutil.copytree(base, folder)

    monkeypatch.setattr(finetune, "export_model", copied)
    monkeypatch.setattr(finetune, "measure", lambda *_: figures(0.9, 0.6, 0.7))


CASES = [make_case(seed) for seed in range(5)]


def test_patients_are_in_one_part_only() -> None:
    cases = [make_case(seed) for seed in range(8)]
    cases.append(replace(make_case(8), subject=cases[0].subject))
    split = split_by_patient(cases, 1)
    parts = [{case.subject for case in part} for part in (split.learn, split.watch, split.test)]
    assert [len(part) for part in parts] == [5, 1, 2]
    assert len(set.union(*parts)) == 8
    assert sum(len(part) for part in (split.learn, split.watch, split.test)) == 9
    with pytest.raises(UnreadableInput, match="3 patients are too few"):
        split_by_patient(cases[:3], 1)


def test_a_model_is_trained_on_and_says_so(base, tmp_path) -> None:
    told: list[tuple[float, str]] = []
    new = retrain(CASES, base, tmp_path, load, QUICK, progress=lambda *each: told.append(each))
    assert [part for part, _ in told] == sorted(part for part, _ in told)
    assert [what.partition(":")[0] for _, what in told[-3:]] == [
        "training",
        "measuring both models",
        "",
    ]
    assert new.folder == tmp_path / "segment"
    manifest = Manifest.model_validate_json((new.folder / "manifest.json").read_bytes())
    assert manifest == new.manifest
    assert manifest.version.startswith("1.0.0+site.")
    assert manifest.trained_on == "simulated MRI, then corrected cases of a site"
    sets = {metric.test_set for metric in manifest.metrics}
    assert len(sets) == 2
    assert any("kept out" in each for each in sets)
    card = (new.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    for words in ("this site's own corrected cases", "3 patients to learn from", "Research use"):
        assert words in card
    assert "Trained on simulated images only" not in card
    assert (tmp_path / "training" / "curves.png").exists()
    # The weights differ from those it started with, but not by much.
    before = np.load(base / "weights.npz")
    after = np.load(new.folder / "weights.npz")
    name = next(name for name in before.files if name.endswith("encoder.0.0.weight"))
    moved = np.abs(before[name] - after[name]).max()
    assert 0 < moved < 0.01
    assert load_network("segment", "cpu", [tmp_path]).manifest.sha256 == manifest.sha256


def test_a_killed_training_goes_on_but_never_on_other_cases(
    base, light, tmp_path, monkeypatch
) -> None:
    class Killed(BaseException):
        pass

    finish = loop._finish

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(loop, "_finish", die)
    with pytest.raises(Killed):
        retrain(CASES, base, tmp_path, load, QUICK)
    with pytest.raises(UnreadableInput, match="other cases"):
        retrain([*CASES[:-1], make_case(9)], base, tmp_path, load, QUICK)
    monkeypatch.setattr(loop, "_finish", finish)
    monkeypatch.setattr(loop, "_step", None)  # both steps were done and kept
    assert retrain(CASES, base, tmp_path, load, QUICK).folder.is_dir()


def test_the_same_images_under_two_patients_are_refused(base, tmp_path) -> None:
    twins = [replace(make_case(1), subject=f"twin {number}") for number in range(5)]
    with pytest.raises(UnreadableInput, match="two patients"):
        retrain(twins, base, tmp_path, load, QUICK)


def figures(head: float, bme: float, fluid: float, false_ml: float = 0.0) -> list[PatientFigures]:
    def mask(dice: float, found: float, true: float) -> MaskFigures:
        return MaskFigures(dice, dice, 1.0, 1.0, found, true, LesionHits())

    def hip(oedema: MaskFigures) -> HipFigures:
        classes = {
            SegmentClass.FEMORAL_HEAD: mask(head, 30, 30),
            SegmentClass.BME: oedema,
            SegmentClass.EFFUSION_SYNOVITIS: mask(fluid, 3, 3),
        }
        return HipFigures("c", "s", Side.RIGHT, None, classes, None, (NAN, NAN), (NAN, NAN))

    hips = hip(mask(bme, 2, 2)), hip(mask(NAN, false_ml, 0.0))
    return [PatientFigures(hips, (NAN, NAN), (NAN, NAN))]


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        (figures(0.90, 0.60, 0.70), ()),
        (figures(0.92, 0.64, 0.69), ()),
        (figures(0.89, 0.60, 0.70), ("Mean Dice",)),
        (figures(0.90, 0.80, 0.65), ("Dice of effusion_synovitis",)),
        (figures(0.80, 0.50, 0.60), ("Mean", "femoral_head", "bme", "effusion")),
        (figures(0.95, 0.70, 0.80, false_ml=0.4), ("False oedema is 0.40 mL",)),
    ],
)
def test_worse_is_worse_in_the_mean_in_a_class_or_in_false_oedema(ours, words) -> None:
    found = what_is_worse(ours, figures(0.90, 0.60, 0.70))
    assert len(found) == len(words)
    for sentence, word in zip(found, words, strict=True):
        assert word in sentence


def test_nothing_to_compare_counts_as_worse() -> None:
    assert what_is_worse([], []) != ()


def test_installing_replaces_whole_folders(tmp_path, user_home) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_text(name)
    place = install(tmp_path / "one", "segment")
    assert place == user_home / "hipdesk" / "models" / "segment"
    assert install(tmp_path / "two", "segment") == place
    assert (place / "model.onnx").read_text() == "two"
    assert [path.name for path in place.parent.iterdir()] == ["segment"]
    with pytest.raises(OutputError):
        install(tmp_path / "absent", "segment")
    assert (place / "model.onnx").read_text() == "two"


@pytest.fixture
def site(tmp_path, base, monkeypatch) -> Path:
    """Four cases on disk, and the untrained model as the installed one."""
    for seed in range(4):
        write_case(make_case(seed), tmp_path / "cases" / f"case {seed}")
    monkeypatch.setenv("HIPDESK_MODELS", str(base.parent))
    return tmp_path


def given(site: Path, *more: str) -> list[str]:
    return ["--cases", str(site / "cases"), "--out", str(site / "out"), "--steps", "1", *more]


def test_checking_trains_nothing(site, capsys, monkeypatch) -> None:
    monkeypatch.setattr(finetune, "train", None)
    assert main(given(site, "--check"), doors(), load) == 0
    assert "4 cases can be used: 4 patients, 8 hips." in capsys.readouterr().out
    write_case(make_case(7), site / "cases" / "untouched", origin=Origin.AI)
    assert main(given(site, "--check"), doors(), load) == 4
    told = capsys.readouterr().out
    assert "1 cases cannot be used" in told
    assert "untouched: Its outlines are the program's own" in told
    assert not (site / "out").exists()


def test_problems_stop_the_training_unless_left_out(site, capsys, monkeypatch) -> None:
    write_case(make_case(7), site / "cases" / "untouched", origin=Origin.AI)
    used: list[int] = []

    def stop(cases, *_: object) -> None:
        used.append(len(cases))
        raise UnreadableInput("stopped here")

    monkeypatch.setattr(finetune, "retrain", stop)
    assert main(given(site), doors(), load) == 4
    assert "Nothing was trained" in capsys.readouterr().err
    assert main(given(site, "--skip-problems"), doors(), load) == 4
    assert main(given(site, "--accept-unedited"), doors(), load) == 4
    assert used == [4, 5]


def test_a_worse_model_is_installed_only_by_force(
    site, light, capsys, user_home, monkeypatch
) -> None:
    place = user_home / "hipdesk" / "models" / "segment"
    monkeypatch.setattr(finetune, "what_is_worse", lambda *_: ("Mean Dice is lower.",))
    assert main(given(site, "--install"), doors(), load) == 4
    shutil.rmtree(site / "out")
    told = capsys.readouterr()
    assert "does worse" in told.err
    assert "Mean Dice is lower." in told.out
    assert not place.exists()
    assert main(given(site, "--install", "--force"), doors(), load) == 0
    assert json.loads((place / "manifest.json").read_text())["trained_on"] == finetune.SITE


def test_without_install_nothing_is_installed(site, light, capsys, user_home, monkeypatch) -> None:
    monkeypatch.setattr(finetune, "what_is_worse", lambda *_: ())
    assert main(given(site), doors(), load) == 0
    told = capsys.readouterr().out
    assert "On 2 hips of patients kept out" in told
    assert "not installed" in told
    assert not (user_home / "hipdesk" / "models").exists()


def test_a_model_without_weights_is_refused(base, tmp_path) -> None:
    bare = tmp_path / "segment"
    bare.mkdir()
    for name in ("manifest.json", "model.onnx"):
        (bare / name).write_bytes((base / name).read_bytes())
    with pytest.raises(UnreadableInput, match="no weights"):
        retrain(CASES, bare, tmp_path / "out", load, QUICK)

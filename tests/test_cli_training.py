"""``hipdesk train --cases``, ``crossval`` and ``evaluate`` from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="training needs torch")

from hipdesk.cli import main, models
from hipdesk.cli.training import StageLine
from hipdesk.training import comparing, finetune, judging
from hipdesk.training.crossval import Plan
from hipdesk.training.evaluate import measure_case
from hipdesk.training.recipes import Architecture
from tests.training.case_factory import FixedNetwork, make_case, write_case


@pytest.fixture
def labelled(tmp_path):
    write_case(make_case(1), tmp_path / "cases" / "first one")
    return tmp_path


def evaluated(monkeypatch) -> None:
    """Models that know the truth stand for the installed ones."""
    monkeypatch.setattr(models, "load_model", lambda name, provider: name)

    def knowing(cases, segmenter, locator, look):
        assert (segmenter, locator) == ("segment", "locate")
        cases = list(cases)
        return [measure_case(case, FixedNetwork(case), None, look) for case in cases]

    monkeypatch.setattr(judging, "measure", knowing)


def test_evaluate_measures_labelled_cases_and_draws_them(
    labelled, tmp_path, capsys, monkeypatch
) -> None:
    evaluated(monkeypatch)
    out, album = tmp_path / "figures.json", tmp_path / "pictures"
    given = ["--cases", str(labelled / "cases"), "--out", str(out), "--pictures", str(album)]
    assert main(["evaluate", *given]) == 0
    figures = {each["name"]: each for each in json.loads(out.read_text())}
    head = figures["femoral_head Dice, mean over hips"]
    assert head["value"] > 0.95
    assert "1 patients with outlined hips (2)" in head["test_set"]
    plain = "for comparison: bme Dice of a threshold at 1.6 x marrow in the bones found"
    assert 0 < figures[plain]["value"] <= 1
    assert "femoral_head Dice" in capsys.readouterr().out
    pictures = sorted(path.name for path in album.glob("*.jpg"))
    assert "001_R_slice_007.jpg" in pictures
    assert "001_L_slice_007.jpg" in pictures
    assert not any("first" in name for name in pictures)
    picture = np.asarray(Image.open(album / "001_R_slice_007.jpg"))
    assert picture.shape[0] == 448
    assert "001,first one" in (album / "key.csv").read_text(encoding="utf-8-sig")
    rows = (album / "form.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + 2 * 2


def test_evaluate_counts_readers_forms(tmp_path, capsys) -> None:
    form = tmp_path / "ann.csv"
    form.write_text(
        "set,side,lesion,reader,present,shown,outlined_well\n"
        "001,R,bme,Ann,yes,yes,yes\n"
        "001,L,bme,Ann,no,yes,\n"
    )
    assert main(["evaluate", "--readers", str(form)]) == 0
    told = capsys.readouterr().out
    assert "sensitivity 1.00 (1/1" in told
    assert "specificity 0.00 (0/1" in told
    assert main(["evaluate", "--readers"]) == 4
    assert main(["evaluate", "--readers", str(tmp_path / "absent.csv")]) == 4


def test_evaluate_wants_something_to_measure_on(tmp_path, capsys) -> None:
    assert main(["evaluate"]) == 2
    assert "--cases" in capsys.readouterr().err
    assert main(["evaluate", "--anatomy", str(tmp_path), "--only", "X"]) == 4
    assert "no label map" in capsys.readouterr().err


def test_evaluate_refuses_cases_with_problems(labelled, capsys, monkeypatch) -> None:
    evaluated(monkeypatch)
    (labelled / "cases" / "first one" / "segmentation.dcm").unlink()
    assert main(["evaluate", "--cases", str(labelled / "cases")]) == 4
    assert "first one: It has no outlines" in capsys.readouterr().err


def test_crossval_passes_on_what_was_asked_for(tmp_path, capsys, monkeypatch) -> None:
    asked = {}

    def run(subjects, plan, folder, source, part, progress):
        asked.update(subjects=subjects.subjects, plan=plan, source=source, part=part)

    monkeypatch.setattr(comparing, "run", run)
    given = ["--out", str(tmp_path), "--subjects", "12", "--network", "hrnet", "--network", "unet"]
    assert main(["crossval", *given, "--steps", "7", "--width", "0.5", "--part", "1/2"]) == 0
    assert asked["plan"] == Plan(
        (Architecture.HRNET, Architecture.UNET), folds=5, steps=7, width=0.5
    )
    assert len(asked["subjects"]) == 12
    assert asked["part"] == (1, 2)
    assert "4 invented bodies" in asked["source"]
    assert "say nothing of an anatomy never seen" in asked["source"]
    assert "other parts" in capsys.readouterr().out


def test_crossval_takes_a_sites_cases(labelled, tmp_path, capsys, monkeypatch) -> None:
    asked = {}
    monkeypatch.setattr(comparing, "run", lambda subjects, *_: asked.update(s=subjects))
    given = ["crossval", "--out", str(tmp_path / "out"), "--cases", str(labelled / "cases")]
    assert main(given) == 0
    assert len(asked["s"].subjects) == 1
    (labelled / "cases" / "empty").mkdir()
    assert main(given) == 4
    assert "empty: It has no outlines" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["2/2", "x", "1", "-1/2"])
def test_crossval_refuses_odd_parts_and_names(part, tmp_path, capsys) -> None:
    assert main(["crossval", "--out", str(tmp_path), "--part", part]) == 2
    assert main(["crossval", "--out", str(tmp_path), "--network", "resnet"]) == 4
    assert "attention_unet" in capsys.readouterr().err


def test_train_with_cases_goes_to_the_site_training(tmp_path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(finetune, "main", lambda given, *_: seen.append(list(given)) or 4)
    assert main(["train", "--cases", str(tmp_path), "--check"]) == 4
    assert main(["train", f"--cases={tmp_path}"]) == 4
    assert seen == [["--cases", str(tmp_path), "--check"], [f"--cases={tmp_path}"]]
    assert main(["train", "--nonsense"]) == 2


def test_stages_are_told_once_each_where_there_is_no_terminal(capsys) -> None:
    line = StageLine()
    for fraction, what in (
        (0.0, "crops: patient 1 of 2"),
        (0.0, "crops: patient 2 of 2"),
        (0.25, "unet, fold 1 of 5: step 3, loss 1.0"),
        (0.5, "unet, fold 1 of 5: measuring"),
        (1.0, ""),
    ):
        line(fraction, what)
    line.close()
    assert capsys.readouterr().err == "  0% crops\n 25% unet, fold 1 of 5\n"


def test_a_terminal_is_told_everything_on_one_line_that_is_cleared(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    line = StageLine()
    line(0.25, "unet, fold 1 of 5: step 3")
    line(1.0, "")
    told = capsys.readouterr().err
    assert "\runet, fold 1 of 5: step 3" in told
    assert told.endswith("\r")
    assert "\n" not in told


def test_stopping_a_training_says_that_it_goes_on(tmp_path, capsys, monkeypatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "compare", stopped)
    assert main(["crossval", "--out", str(tmp_path)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr(finetune, "main", stopped)
    assert main(["train", "--cases", str(tmp_path)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr(judging, "readers_lines", stopped)
    assert main(["evaluate", "--readers"]) == 130
    assert "no result was written" in capsys.readouterr().err


def test_training_explains_itself_under_the_name_it_was_called_by(capsys) -> None:
    assert main(["train", "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: hipdesk train ")
    assert "--cases DIR" in told

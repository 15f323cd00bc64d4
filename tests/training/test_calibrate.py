"""Thresholds: chosen by what they are for, kept beside the training, written into the manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("onnxscript", reason="the export needs onnxscript")

from hipdesk.errors import OutputError, UnreadableInput  # noqa: E402
from hipdesk.manifest import Manifest  # noqa: E402
from hipdesk.records import BONES, SegmentClass, Side  # noqa: E402
from hipdesk.training import __main__ as commands  # noqa: E402
from hipdesk.training import anatomies, leave_out, loop  # noqa: E402
from hipdesk.training import calibrate as calibrating  # noqa: E402
from hipdesk.training.calibrate import (  # noqa: E402
    FILE,
    GRID,
    Calibration,
    Kept,
    calibrate,
    nearest_to_half,
    read_calibration,
    with_thresholds,
    write_calibration,
)
from hipdesk.training.cases import Case  # noqa: E402
from hipdesk.training.export import recipe_of  # noqa: E402
from hipdesk.training.leave_out import calibration_words  # noqa: E402
from hipdesk.training.loop import recipe_in  # noqa: E402
from hipdesk.training.shards import Kind, write_shards  # noqa: E402
from tests.training.case_factory import FixedNetwork, make_case  # noqa: E402
from tests.training.tiny import hip_stack  # noqa: E402

NAMES = tuple(SegmentClass)
BME, FLUID = NAMES.index(SegmentClass.BME), NAMES.index(SegmentClass.EFFUSION_SYNOVITIS)
HEAD = NAMES.index(SegmentClass.FEMORAL_HEAD)


class Shy(FixedNetwork):
    """Knows the truth, but says of oedema 0.4 at most and of a halo about fluid 0.6."""

    def __init__(self, cases: Sequence[Case]) -> None:
        super().__init__(cases[0])
        answers = np.concatenate([self._hip(case, side) for case in cases for side in Side])
        halo = ndimage.grey_dilation(answers[:, FLUID], (1, 7, 7))
        answers[:, FLUID] = np.maximum(answers[:, FLUID], np.float32(0.6) * halo)
        answers[:, BME] *= np.float32(0.4)
        wide = ndimage.grey_dilation(answers[:, HEAD], (1, 9, 9))
        answers[:, HEAD] = np.maximum(answers[:, HEAD], np.float32(0.7) * wide)
        self._answers = answers


def cases() -> list[Case]:
    """Hips with more and less oedema."""
    made = []
    for seed in range(5):
        case = make_case(seed)
        truth = {}
        for side in Side:
            own = dict(case.truth[side])
            fewer = own[SegmentClass.BME].copy()
            fewer[: 5 + seed] = False
            truth[side] = {**own, SegmentClass.BME: fewer}
        made.append(replace(case, truth=truth))
    return made


def test_every_channel_gets_the_threshold_that_serves_its_purpose() -> None:
    told = []
    made = cases()
    found = calibrate(made, Shy(made), "toys", lambda part, what: told.append((part, what)))
    assert 0.2 <= found.thresholds[SegmentClass.BME] < 0.4
    assert 0.6 <= found.thresholds[SegmentClass.EFFUSION_SYNOVITIS] <= 0.8
    assert found.thresholds[SegmentClass.FEMORAL_HEAD] >= 0.7
    for name in (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM):
        assert abs(found.thresholds[name] - 0.5) <= 0.15
    before, after = found.icc
    assert after > before
    assert "toys" in found.words
    assert f"from {before:.3f} at 0.5 to {after:.3f}" in found.words
    assert [part for part, _ in told] == sorted(part for part, _ in told)


def test_lesions_keep_one_half_where_the_score_would_not_gain(monkeypatch) -> None:
    made = cases()[:4]
    figures = iter([0.9, 0.8, 0.9])
    monkeypatch.setattr(calibrating, "_icc", lambda *_: next(figures))
    best_at_seven = [-abs(value - 0.7) for value in GRID]
    monkeypatch.setattr(calibrating, "_figures", lambda *_: best_at_seven)
    found = calibrate(made, Shy(made), "toys")
    assert {found.thresholds[name] for name in BONES} == {0.7}
    assert found.thresholds[SegmentClass.BME] == 0.5
    assert found.icc == (0.9, 0.9)


def test_too_few_hips_are_refused() -> None:
    made = cases()[:3]
    with pytest.raises(UnreadableInput, match="6 hips are too few"):
        calibrate(made, Shy(made), "toys")


def test_a_lesion_takes_the_best_overlap_among_those_that_serve_the_score(monkeypatch) -> None:
    judged = [(0.5, 0.99), (0.93, 0.6), (0.938, 0.8), (0.94, 0.7), (0.929, 0.9)]
    monkeypatch.setattr(calibrating, "_lesion", lambda _h, manifest, _n: judged[manifest])
    overlaps = calibrating._figures((), range(5), SegmentClass.BME)
    assert np.allclose(overlaps, [np.nan, 0.6, 0.8, 0.7, np.nan], equal_nan=True)


def test_where_no_score_agrees_no_threshold_is_chosen(monkeypatch) -> None:
    monkeypatch.setattr(calibrating, "_lesion", lambda *_: (float("nan"), 0.9))
    figures = calibrating._figures((), range(len(GRID)), SegmentClass.BME)
    assert nearest_to_half(figures) == 0.5


def test_chance_does_not_move_a_threshold() -> None:
    flat = [0.9] * len(GRID)
    assert nearest_to_half(flat) == 0.5
    flat[GRID.index(0.3)] = 0.9015
    assert nearest_to_half(flat) == 0.5
    flat[GRID.index(0.3)] = 0.91
    assert nearest_to_half(flat) == 0.3
    assert nearest_to_half([float("nan")] * len(GRID)) == 0.5


def test_a_calibration_is_kept_and_read_or_refused(tmp_path) -> None:
    assert read_calibration(tmp_path) == Kept()
    made = Calibration({SegmentClass.BME: 0.4}, "toys", (0.8, 0.9))
    write_calibration(made.kept, tmp_path)
    assert read_calibration(tmp_path) == Kept({"bme": 0.4}, None, made.words)
    (tmp_path / FILE).write_text('{"thresholds": 3}', encoding="utf-8")
    with pytest.raises(UnreadableInput, match="damaged"):
        read_calibration(tmp_path)
    with pytest.raises(OutputError):
        write_calibration(made.kept, tmp_path / "absent")


def test_what_was_calibrated_on_is_told() -> None:
    words = calibration_words("12 simulated patients", ("VHM",), 2, 7)
    assert words == (
        "12 simulated patients (seed 7) of label map VHM, 2 invented bodies, kept for this"
    )


def test_an_anatomy_left_out_is_not_calibrated_on(tmp_path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(anatomies, "load_anatomies", lambda *given: asked.append(given))
    given = ["calibrate", "--run-dir", "run", "--anatomy", str(tmp_path), "--leave-out", "VHF"]
    commands._anatomies(commands._parser().parse_args([*given, "--seed", "7"]))
    assert asked == [(tmp_path, ["VHF"], [], 0, 7)]


def test_trying_a_threshold_changes_nothing_else_of_a_channel() -> None:
    manifest = FixedNetwork(make_case(1)).manifest
    channels = tuple(each.model_copy(update={"half_height": True}) for each in manifest.channels)
    tried = with_thresholds(
        manifest.model_copy(update={"channels": channels}), dict.fromkeys(SegmentClass, 0.7)
    )
    assert [each.threshold for each in tried.channels] == [0.7] * len(channels)
    assert all(each.half_height for each in tried.channels)


def test_thresholds_reach_manifest_and_card(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 1)
    write_shards(hip_stack, Kind.HIP, tmp_path / "data", 8, seed=1)
    run, model = tmp_path / "run", tmp_path / "segment"
    given = ["--data", str(tmp_path / "data"), "--out", str(run), "--steps", "1"]
    assert commands.main(["segment", *given, "--width", "0.25"]) == 0
    made = cases()
    monkeypatch.setattr(commands, "_anatomies", lambda _: ())
    monkeypatch.setattr(leave_out, "calibration_cases", lambda *_: made)
    chosen = Calibration(dict.fromkeys(SegmentClass, 0.35), "toys", (0.8, 0.9))
    monkeypatch.setattr(calibrating, "calibrate", lambda *_: chosen)
    assert commands.main(["calibrate", "--run-dir", str(run)]) == 0
    assert "bme: 0.35" in capsys.readouterr().out
    assert recipe_in(run, "segment").threshold("bme") == 0.35
    export = ["export", "--model", "segment", "--run-dir", str(run), "--out", str(model)]
    assert commands.main([*export, "--version", "3.0.0"]) == 0
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    assert {each["threshold"] for each in manifest["channels"]} == {0.35}
    ended = [each["name"] for each in manifest["channels"] if each["half_height"]]
    assert ended == ["effusion_synovitis"]
    assert recipe_of(Manifest.model_validate(manifest)).half_height == ("effusion_synovitis",)
    card = (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "bme (threshold 0.35)" in card
    assert "effusion_synovitis (threshold 0.35, outlined at half its height" in card
    assert "- effusion_synovitis ends halfway from the signal around it to its full" in card
    assert chosen.words in card

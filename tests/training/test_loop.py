from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.errors import Cancelled, UnreadableInput  # noqa: E402
from hipdesk.training import loop  # noqa: E402
from hipdesk.training.curves import draw_curves  # noqa: E402
from hipdesk.training.loop import Effort, load_trained, train, watched_dice  # noqa: E402
from hipdesk.training.recipes import Architecture  # noqa: E402
from hipdesk.training.shards import Pool  # noqa: E402
from tests.training.tiny import STEPS_TO_KILL_IN, TINY, tiny  # noqa: E402


@pytest.fixture(autouse=True)
def _few_settling_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 8)


def _log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]


def test_learns_discs_and_thin_rings(tmp_path: Path, pools: tuple[Pool, Pool]) -> None:
    network = train(TINY, *pools, tmp_path / "run", Effort(80, watch_every=40), seed=1)
    found = watched_dice(network, TINY, pools[1])
    assert found["disc"] > 0.9
    assert found["ring"] > 0.85
    text = (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["step"] for line in lines] == [40, 80, 80]
    assert lines[1]["loss"] < lines[0]["loss"]
    assert lines[2]["dice"]["ring"] == pytest.approx(found["ring"], abs=1e-4)
    kept = load_trained(TINY, tmp_path / "run")
    assert watched_dice(kept, TINY, pools[1]) == found


def test_a_training_killed_hard_goes_on_as_if_it_had_not_been(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    effort = Effort(STEPS_TO_KILL_IN, watch_every=4, keep_every_s=0)
    whole = train(TINY, *pools, tmp_path / "whole", effort, seed=1)
    cut = tmp_path / "cut"
    killed = subprocess.Popen(
        [sys.executable, "-m", "tests.training.killed", str(tmp_path / "data"), str(cut)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )
    with killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"seven steps done\n"
        os.kill(killed.pid, signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    assert not (cut / "network.pt").exists()
    resumed = train(TINY, *pools, cut, effort, seed=1)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    steps = [[line["step"] for line in _log(folder)] for folder in (tmp_path / "whole", cut)]
    assert steps[0] == steps[1] == [4, 8, 12, 12]


def test_the_smallest_numbers_are_numbers_again_after_a_training(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    train(TINY, *pools, tmp_path, Effort(1), seed=1)
    assert np.nextafter(0.0, 1.0) * 2 > 0
    assert np.float32(1e-39) * np.float32(1) > 0


def test_half_a_line_and_lines_of_lost_steps_are_forgotten(tmp_path: Path) -> None:
    lines = [json.dumps({"step": step, "loss": 1.0, "dice": {}}) for step in (4, 8, 12)]
    finished = json.dumps({"step": 8, "loss": None, "dice": {}})
    text = "\n".join([*lines[:2], finished, lines[2], lines[0][:-1]])
    (tmp_path / "log.jsonl").write_text(text, encoding="utf-8")
    loop._forget_lines_after(8, tmp_path)
    assert [line["step"] for line in _log(tmp_path)] == [4, 8]


def test_a_folder_of_other_settings_is_refused(tmp_path: Path, pools: tuple[Pool, Pool]) -> None:
    train(TINY, *pools, tmp_path, Effort(1), seed=1)
    for recipe, seed in ((replace(TINY, rate=1e-3), 1), (TINY, 2)):
        with pytest.raises(UnreadableInput, match="other settings"):
            train(recipe, *pools, tmp_path, Effort(2), seed=seed)
    train(TINY, *pools, tmp_path, Effort(2), seed=1)
    settings = json.loads((tmp_path / "recipe.json").read_text("utf-8"))
    del settings["recipe"]["frozen_statistics"]  # as an earlier version left it
    (tmp_path / "recipe.json").write_text(json.dumps(settings), encoding="utf-8")
    train(TINY, *pools, tmp_path, Effort(3), seed=1)
    (tmp_path / "recipe.json").unlink()
    with pytest.raises(UnreadableInput, match="other settings"):
        train(TINY, *pools, tmp_path, Effort(3), seed=1)


def test_a_training_that_no_longer_gets_better_ends_with_its_best(
    tmp_path: Path, pools: tuple[Pool, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    course = iter([0.3, 0.6, 0.5, 0.55, 0.9])
    weights = []

    def watched(network: torch.nn.Module, *_: object) -> dict[str, float]:
        weights.append({name: value.clone() for name, value in network.state_dict().items()})
        return {"disc": next(course), "ring": float("nan")}

    monkeypatch.setattr(loop, "_watched", watched)
    monkeypatch.setattr(loop, "_settle", lambda *_: None)
    patient = replace(TINY, patience=2)
    best = train(patient, *pools, tmp_path, Effort(100, watch_every=1), seed=1)
    assert len(weights) == 4
    assert all(torch.equal(v, weights[1][k]) for k, v in best.state_dict().items())
    again = train(patient, *pools, tmp_path, Effort(100, watch_every=1), seed=1)
    assert len(weights) == 4
    assert all(torch.equal(v, weights[1][k]) for k, v in again.state_dict().items())


def test_the_score_weighs_channels_by_importance() -> None:
    recipe = replace(TINY, importance=(1.0, 3.0))
    assert loop._score(recipe, {"disc": 0.4, "ring": 0.8}) == pytest.approx(0.7)
    assert loop._score(recipe, {"disc": 0.4, "ring": float("nan")}) == pytest.approx(0.4)
    assert loop._score(recipe, {"disc": float("nan"), "ring": float("nan")}) == 0


def test_stopping_is_asked_for_and_the_training_goes_on_later(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    told: list[tuple[float, str]] = []

    def tell(share: float, what: str) -> None:
        told.append((share, what))

    with pytest.raises(Cancelled):
        train(TINY, *pools, tmp_path, Effort(4), 1, progress=tell, cancelled=lambda: len(told) == 2)
    train(TINY, *pools, tmp_path, Effort(4), 1, progress=tell)
    assert [share for share, _ in told] == [0.25, 0.5, 0.75, 1.0]
    assert told[0][1].startswith("step 1, loss ")


def test_curves_show_losses_and_every_channel(tmp_path: Path) -> None:
    log, picture = tmp_path / "log.jsonl", tmp_path / "curves.png"
    lines = [
        {"step": 100, "loss": 3.0, "dice": {"disc": 0.5, "ring": float("nan")}},
        {"step": 200, "loss": 1.0, "dice": {"disc": 0.9, "ring": 0.2}},
        {"step": 200, "loss": None, "dice": {"disc": 0.9, "ring": 0.3}},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    draw_curves(log, picture)
    with Image.open(picture) as image:
        assert image.format == "PNG"
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20)}
    assert {(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)} <= colours
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["curves.png", "log.jsonl"]


def test_a_3d_network_learns_from_stacks_and_is_watched_on_them(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    recipe = tiny(Architecture.UNET_3D)
    network = train(recipe, *pools, tmp_path, Effort(100), seed=1)
    assert watched_dice(network, recipe, pools[1])["disc"] > 0.8
    assert load_trained(recipe, tmp_path)


def test_time_ends_a_training_too(tmp_path: Path, pools: tuple[Pool, Pool]) -> None:
    train(TINY, *pools, tmp_path, Effort(10**9, minutes=1e-4), seed=1)
    last = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert 1 <= last["step"] < 1000


def test_the_rate_rises_then_falls_to_nothing() -> None:
    shares = [loop._rate_share(progress / 100, 0.05) for progress in range(101)]
    assert 0 < shares[0] < shares[4] < 1
    assert shares[5] == pytest.approx(1)
    assert shares[100] == pytest.approx(0, abs=1e-6)
    assert sorted(shares[5:], reverse=True) == shares[5:]


def test_an_unfinished_training_or_another_recipe_is_refused(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    with pytest.raises(UnreadableInput, match="train it first"):
        load_trained(TINY, tmp_path)
    train(TINY, *pools, tmp_path, Effort(1), seed=1)
    with pytest.raises(UnreadableInput):
        load_trained(replace(TINY, widths=(8, 8, 16, 32)), tmp_path)


def test_frozen_statistics_stay_those_it_began_with(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    first = train(TINY, *pools, tmp_path / "first", Effort(10), seed=1)
    start = {name: value.clone() for name, value in first.state_dict().items()}
    gently = replace(TINY, frozen_statistics=True, rate=1e-3)
    second = train(gently, *pools, tmp_path / "next", Effort(4), seed=2, start=start)
    for name, value in second.state_dict().items():
        counted = "running_" in name or "num_batches" in name
        assert torch.equal(value, start[name]) == counted, name
    looks = [line["dice"] for line in _log(tmp_path / "next")]
    assert looks[-1] == looks[-2]


def test_a_finished_training_from_other_weights_may_measure_statistics_anew(
    tmp_path: Path, pools: tuple[Pool, Pool]
) -> None:
    first = train(TINY, *pools, tmp_path / "first", Effort(10), seed=1)
    start = {name: value.clone() for name, value in first.state_dict().items()}
    second = train(TINY, *pools, tmp_path / "next", Effort(4), seed=2, start=start)
    moved = [n for n, v in second.state_dict().items() if "running_" in n and not v.equal(start[n])]
    assert moved

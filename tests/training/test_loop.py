from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.errors import UnreadableInput  # noqa: E402
from hipdesk.training import loop  # noqa: E402
from hipdesk.training.loop import Effort, load_trained, train, watched_dice  # noqa: E402
from hipdesk.training.shards import Pool  # noqa: E402
from tests.training.tiny import TINY  # noqa: E402


@pytest.fixture(autouse=True)
def _few_settling_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SETTLING_BATCHES", 8)


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


def test_a_killed_training_goes_on_as_if_it_had_not_been(
    tmp_path: Path, pools: tuple[Pool, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    effort = Effort(10, watch_every=100, keep_every_s=0)
    whole = train(TINY, *pools, tmp_path / "whole", effort, seed=1)

    class Killed(Exception):
        pass

    keep = loop._keep

    def keep_and_die(state: loop._State, folder: Path) -> None:
        keep(state, folder)
        if state.step == 4:
            raise Killed

    monkeypatch.setattr(loop, "_keep", keep_and_die)
    with pytest.raises(Killed):
        train(TINY, *pools, tmp_path / "cut", effort, seed=1)
    monkeypatch.setattr(loop, "_keep", keep)
    resumed = train(TINY, *pools, tmp_path / "cut", effort, seed=1)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


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

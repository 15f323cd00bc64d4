"""The limit of confidence: heads in view are found, absent ones are not claimed."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest

from hipdesk.adapters.network_loading import load_network
from hipdesk.errors import UnreadableInput
from hipdesk.grids import LOCATOR_COLUMNS, LOCATOR_ROWS
from hipdesk.intensity import by_body
from hipdesk.locating import PEAK_MINIMUM, both_ways, find_heads, locate
from hipdesk.manifest import Task
from hipdesk.phantom import procedural
from hipdesk.phantom.prepared import prepare
from hipdesk.phantom.samples import PelvisStack, hipless_stack
from hipdesk.records import Side
from hipdesk.training import presence as presences
from hipdesk.training.presence import (
    Answer,
    Presence,
    answered,
    choose_limit,
    presence,
    presence_stacks,
)
from tests.stacks import FakeLocator, ball, patient_volume, places, stack_about, turned

SHAPE = (13, 80, 130)
AFFINE = stack_about(turned(0, 0, 0), (6.0, 2.0, 2.0), SHAPE)
WHERE = places(AFFINE, SHAPE)
CENTRES = {Side.RIGHT: (-90.0, 0.0, 10.0), Side.LEFT: (90.0, 0.0, 10.0)}
BOTH = tuple(Side)


def answer(peaks: Mapping[Side, float], true: tuple[Side, ...] = ()) -> Answer:
    """Balls of a probability, each with a femur, and the true heads."""
    maps = np.zeros((SHAPE[0], 3, *SHAPE[1:]), np.float32)
    for channel, side in enumerate(Side):
        maps[:, channel][ball(WHERE, np.asarray(CENTRES[side]), 24)] = peaks.get(side, 0.0)
        outward = -30 if side is Side.RIGHT else 30
        maps[:, 2][ball(WHERE, np.add(CENTRES[side], (outward, 0, -35)), 16)] = 0.95
    volumes = {side: 57.9 if side in true else 0.0 for side in Side}
    return Answer(maps, AFFINE, volumes, {side: CENTRES[side] for side in true})


def test_heads_found_and_claimed_are_counted_by_hand() -> None:
    answers = [
        answer({Side.RIGHT: 0.9, Side.LEFT: 0.7}, BOTH),
        answer({Side.RIGHT: 0.9, Side.LEFT: 0.55}, BOTH),
        answer({Side.RIGHT: 0.65}),
    ]
    low, middle, high = (presence(answers, limit) for limit in (0.4, 0.6, 0.8))
    assert (low.found, low.there, low.claimed, low.absent) == (4, 4, 1, 2)
    assert (middle.found, middle.claimed) == (3, 1)
    assert (high.found, high.claimed) == (2, 0)
    assert low.merit == pytest.approx(1.0 - 0.5)


def test_a_head_that_is_hardly_in_view_is_not_judged() -> None:
    cut = answer({Side.RIGHT: 0.9}, BOTH)
    cut.volumes_ml[Side.RIGHT] = 12.0
    found = presence([cut], 0.5)
    assert (found.found, found.there, found.claimed, found.absent) == (0, 1, 0, 0)


def test_a_head_elsewhere_is_not_the_one_in_view() -> None:
    other = answer({Side.RIGHT: 0.9, Side.LEFT: 0.9}, BOTH)
    assert presence([other], 0.5).found == 2
    moved = {side: (x, y + 20.0, z) for side, (x, y, z) in other.centres.items()}
    other.centres.update(moved)
    assert presence([other], 0.5).found == 0


def test_the_limit_parts_the_two_and_stays_near_the_usual_one(monkeypatch) -> None:
    monkeypatch.setattr(presences, "answered", lambda stack, _: stack)

    def stacks(there: float, absent: float) -> list[Answer]:
        seen = answer(dict.fromkeys(Side, there), BOTH)
        return [seen] * 5 + [answer(dict.fromkeys(Side, absent))] * 5

    assert choose_limit(stacks(0.95, 0.1), None).limit == PEAK_MINIMUM
    low = choose_limit(stacks(0.6, 0.1), None)
    assert 0.4 <= low.limit <= 0.55
    high = choose_limit(stacks(0.97, 0.8), None)
    assert 0.7 <= high.limit <= 0.9
    assert (high.found, high.there, high.claimed, high.absent) == (10, 10, 0, 10)
    with pytest.raises(UnreadableInput, match="too few"):
        choose_limit(stacks(0.9, 0.1)[:6], None)


def test_true_heads_are_measured_from_their_labels() -> None:
    shape = (13, LOCATOR_ROWS, LOCATOR_COLUMNS)
    affine = stack_about(turned(5, 0, 0), (5.0, 2.0, 2.0), shape)
    left = ball(places(affine, shape), np.array([90.0, 2.0, 10.0]), 24)
    stack = PelvisStack(np.ones(shape, np.float32), left.astype(np.uint8) << 1, affine)
    made = answered(stack, FakeLocator())
    assert made.volumes_ml[Side.RIGHT] == 0
    assert made.volumes_ml[Side.LEFT] == pytest.approx(4 / 3 * np.pi * 2.4**3, rel=0.02)
    assert made.centres[Side.LEFT] == pytest.approx((90.0, 2.0, 10.0), abs=0.5)


def test_the_words_tell_what_the_limit_does() -> None:
    words = Presence(0.65, 98, 100, 1, 120).words("80 stacks")
    assert "0.65, was chosen on 80 stacks: 98 of 100 heads" in words
    assert "1 of 120" in words


def test_a_limit_of_the_manifest_is_the_limit() -> None:
    volume = patient_volume(
        stack_about(turned(0, 0, 0), (5.0, 1.5, 1.5), (25, 160, 230)), (25, 160, 230)
    )
    network = FakeLocator()
    assert all(head.found for head in locate(volume, network).heads)
    network.manifest = network.manifest.model_copy(update={"confidence_limit": 0.99})
    heads = locate(volume, network).heads
    assert not any(head.found for head in heads)
    assert all(head.confidence > PEAK_MINIMUM for head in heads)


def test_stacks_with_and_without_hips_take_turns(monkeypatch) -> None:
    monkeypatch.setattr("hipdesk.training.presence.pelvis_stack", lambda rng, _: "hips")
    monkeypatch.setattr("hipdesk.training.presence.hipless_stack", lambda rng, _: "none")
    assert list(presence_stacks([], 4, 1)) == ["hips", "none"] * 2


def test_knees_thighs_and_abdomens_show_no_head_and_the_bundled_locator_says_so() -> None:
    body = prepare(procedural.build(np.random.default_rng(3)))
    network = load_network("locate", "cpu")
    for seed in range(5):
        made = hipless_stack(np.random.default_rng([17, seed]), [body])
        assert not (made.labels & 0b11).any()
        heads = find_heads(both_ways(by_body(made.signal), network), made.affine)
        assert not any(head.found for head in heads), seed


def test_a_locators_limit_reaches_its_manifest(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("torch", reason="training needs torch")
    pytest.importorskip("onnxscript", reason="the export needs onnxscript")
    from hipdesk.training import __main__ as commands
    from hipdesk.training import loop
    from hipdesk.training.shards import Kind, Stack, write_shards

    monkeypatch.setattr(loop, "SETTLING_BATCHES", 1)
    noise = Stack(np.ones((2, 192, 192), np.float32), np.zeros((2, 192, 192), np.uint8))
    write_shards(lambda _: noise, Kind.PELVIS, tmp_path / "data", 8, seed=1)
    run, model = tmp_path / "run", tmp_path / "locate"
    given = ["--data", str(tmp_path / "data"), "--out", str(run), "--steps", "1"]
    assert commands.main(["locate", *given, "--width", "0.25"]) == 0
    chosen = Presence(0.7, 9, 10, 0, 10)
    monkeypatch.setattr(presences, "choose_limit", lambda *_: chosen)
    monkeypatch.setattr(commands, "_anatomies", lambda _: ())
    assert commands.main(["calibrate", "--model", "locate", "--run-dir", str(run)]) == 0
    assert "0.70, was chosen on 24 simulated" in capsys.readouterr().out
    export = ["export", "--model", "locate", "--run-dir", str(run), "--out", str(model)]
    assert commands.main([*export, "--version", "3.0.0"]) == 0
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["task"] == Task.LOCATE
    assert manifest["confidence_limit"] == 0.7
    assert "0.70, was chosen" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")

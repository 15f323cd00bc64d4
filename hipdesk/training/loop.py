"""The training loop: learn, average, watch, keep, and go on after a kill.

A training lives in one folder: ``checkpoint.pt`` (everything needed to go on),
``log.jsonl`` (one line each time it was watched), ``curves.png`` (that log as a
picture), ``network.pt`` (the finished, averaged weights) and ``recipe.json``
(the settings it was started with).
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import UnreadableInput
from hipdesk.inference import as_slices
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.training.calibrate import read_calibration
from hipdesk.training.curves import draw_curves
from hipdesk.training.data import training_batch, watching_batch
from hipdesk.training.losses import EVEN, supervised_loss
from hipdesk.training.metrics import Overlap
from hipdesk.training.networks import Supervised, build_network
from hipdesk.training.recipes import RECIPES, Recipe
from hipdesk.training.shards import Pool

_log = logging.getLogger(__name__)

WATCH_BATCH: Final = 16
WATCHED_SLICES: Final = 480
"""Held-out slices looked at each time, spread evenly over the stacks."""

SETTLING_BATCHES: Final = 60
"""Batches by which the averaged weights' batch statistics are measured at the end."""

CLIP_NORM: Final = 5.0
LOG: Final = "log.jsonl"

Weights = Mapping[str, Tensor]
"""Everything a network has learned, by name."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to train and with what.

    Attributes
    ----------
    steps : batches; the rate falls to zero over them
    minutes : instead of ``steps``: time spent in training, pauses not counted.
        Such a training cannot be repeated exactly.
    threads : of the processor; more than the free cores makes it slower
    watch_every : steps between looks at the held-out slices
    keep_every_s : seconds between checkpoints
    before : steps of the trainings that ``start`` comes from, for the record
    """

    steps: int
    minutes: float | None = None
    threads: int = 1
    device: str = "cpu"
    watch_every: int = 500
    keep_every_s: float = 60.0
    before: int = 0


@dataclass(slots=True)
class _State:
    """What changes during a training."""

    network: Supervised
    averaged: Supervised
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    best: float = -1.0
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    looks_since: int = 0


def build(recipe: Recipe) -> Supervised:
    """The recipe's network, freshly initialised."""
    channels = len(recipe.channels)
    return build_network(
        recipe.architecture, recipe.context, channels, recipe.widths, recipe.points
    )


def load_trained(recipe: Recipe, folder: Path) -> Supervised:
    """The finished network of a training's folder, ready to predict.

    Raises
    ------
    UnreadableInput
        The training is not finished, or was of another recipe.
    """
    network = build(recipe)
    try:
        weights = torch.load(folder / "network.pt", weights_only=True)
        network.load_state_dict(weights)
    except (OSError, RuntimeError, KeyError) as error:
        raise UnreadableInput(
            f"There is no finished network of '{recipe.name}' in {folder}; train it first."
        ) from error
    return network.eval()


def finished(recipe: Recipe, folder: Path) -> tuple[Weights, int]:
    """Weights of the finished training in a folder, and the steps that it took in all.

    Raises
    ------
    UnreadableInput
        The training is not finished, or was of another network.
    """
    weights = load_trained(recipe, folder).state_dict()
    settings, last = record_of(folder)
    return weights, last["step"] + settings["effort"]["before"]


def record_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a training was started with, and the last line of its log.

    Raises
    ------
    UnreadableInput
        The folder is not that of a training.
    """
    try:
        settings = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        settings["effort"].setdefault("before", 0)  # earlier versions began at random
        last = json.loads((folder / LOG).read_text(encoding="utf-8").splitlines()[-1])
        return settings, {"step": last["step"], "minutes": last["minutes"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableInput(f"{folder} is not the folder of a training.") from error


def recipe_in(folder: Path, name: str) -> Recipe:
    """What the training in a folder was started with, and the thresholds chosen since.

    What the folder does not tell, being of an earlier version, is as it is now.

    Parameters
    ----------
    name : of the model that is expected there

    Raises
    ------
    UnreadableInput
        The folder is not that of a training, or of another model.
    """
    try:
        kept = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        settings = {**as_json(RECIPES[name]), **kept["recipe"]}
        recipe = TypeAdapter(Recipe).validate_python(settings)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableInput(f"{folder} is not the folder of a training.") from error
    if recipe.name != name:
        raise UnreadableInput(f"{folder} holds a training of '{recipe.name}', not of '{name}'.")
    thresholds = read_calibration(folder).thresholds
    return replace(recipe, thresholds=thresholds or recipe.thresholds)


@contextmanager
def subnormals_as_zero() -> Iterator[None]:
    """Reckon the smallest numbers as zero, since some processors take long over them.

    This is a state of the thread, in which other code may need them, so it is put back.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@subnormals_as_zero()
def train(
    recipe: Recipe,
    learn: Pool,
    watch: Pool,
    folder: Path,
    effort: Effort,
    seed: int,
    start: Weights | None = None,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Supervised:
    """Train, or go on training, in ``folder``; returns the averaged network.

    With ``effort.steps`` the result depends on recipe, pools, seed, start and
    number of threads alone, however often the training was interrupted.

    Parameters
    ----------
    learn, watch : slices to learn from, and held-out ones to log Dice on; with
        ``recipe.patience`` their Dice also ends the training
    start : weights to begin with, as `hipdesk.training.export.read_weights`
        gives them; random ones if None

    Raises
    ------
    UnreadableInput
        The folder holds a training of other settings, or ``start`` does not fit.
    Cancelled
        The user asked to stop; the training goes on from here when called again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_other_settings(recipe, seed, folder)
    _write_settings(recipe, effort, seed, len(learn), folder)
    torch.set_num_threads(effort.threads)
    state = _start(recipe, effort, folder, seed, start)
    losses: list[float] = []
    began, kept = time.monotonic() - state.seconds, time.monotonic()
    while not _ended(state, recipe, effort):
        losses.append(_step(state, recipe, learn, effort, seed))
        state.seconds = time.monotonic() - began
        progress(_progress(state, effort), f"step {state.step}, loss {losses[-1]:.2f}")
        if _progress(state, effort) >= 1 or state.step % effort.watch_every == 0:
            found = _watched(state.averaged, recipe, watch, effort)
            _judge(state, recipe, found)
            _write_line(folder, state, losses, found)
            losses.clear()
        stop = cancelled()
        due = time.monotonic() - kept > effort.keep_every_s
        if due or stop or _ended(state, recipe, effort):
            _keep(state, recipe, folder)
            kept = time.monotonic()
        if stop:
            raise CancelledByUser
    return _finish(state, recipe, learn, watch, folder, effort, seed)


def watched_dice(
    network: Supervised, recipe: Recipe, pool: Pool, device: str = "cpu"
) -> dict[str, float]:
    """Pooled Dice of each channel over all slices of a pool, at the recipe's thresholds."""
    overlap = Overlap(len(recipe.channels))
    limits = torch.tensor([recipe.threshold(name) for name in recipe.channels])
    cut = torch.logit(limits)[:, None, None]
    network.eval()
    for chosen in _blocks(pool, recipe):
        batch = watching_batch(pool, recipe, chosen)
        with torch.inference_mode():
            answer = network(_image(batch.image, device)).float().cpu().numpy()
        found = torch.from_numpy(as_slices(answer, len(chosen))) > cut
        truth = as_slices(batch.truth.numpy(), len(chosen)) > 0.5
        known = np.broadcast_to(batch.known.numpy() > 0, truth.shape[:2])
        overlap.add(found.numpy(), truth, known)
    return dict(zip(recipe.channels, overlap.dice().tolist(), strict=True))


def _start(
    recipe: Recipe, effort: Effort, folder: Path, seed: int, start: Weights | None
) -> _State:
    """A fresh state, or the one last kept."""
    torch.manual_seed(seed)
    network = _placed(_begun(build(recipe), start), effort.device)
    averaged = _placed(build(recipe), effort.device)
    averaged.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(_decayed(network, recipe.weight_decay), lr=recipe.rate)
    state = _State(network, averaged, optimiser)
    path = folder / "checkpoint.pt"
    if path.exists():
        kept = torch.load(path, weights_only=True, map_location=effort.device)
        network.load_state_dict(kept["network"])
        averaged.load_state_dict(kept["averaged"])
        optimiser.load_state_dict(kept["optimiser"])
        state.step, state.seconds = kept["step"], kept["seconds"]
        state.best, state.best_weights = kept["best"], kept["best_weights"]
        state.looks_since = kept["looks_since"]
        _log.info("training goes on at step %d", state.step)
    _forget_lines_after(state.step, folder)
    return state


def _begun(network: Supervised, start: Weights | None) -> Supervised:
    """The network with the weights it is to begin with."""
    if start is None:
        return network
    try:
        network.load_state_dict(dict(start))
    except RuntimeError as error:
        raise UnreadableInput(
            "The model to start from is another network than the one to be trained; start "
            "from a model of the same architecture and widths."
        ) from error
    return network


def _placed(network: Supervised, device: str) -> Supervised:
    """The network on its device, convolutions with channels last: 1.3 x faster in bf16."""
    network.to(device)
    for parameter in network.parameters():
        parameter.data = _channels_last(parameter.data)
    return network


def _channels_last(x: Tensor) -> Tensor:
    """The same numbers, those of one pixel side by side, where there are pixels."""
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    return x.contiguous(memory_format=formats.get(x.ndim, torch.contiguous_format))


def _decayed(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameter groups: weights decay, biases and normalisation do not."""
    heavy = [p for p in network.parameters() if p.ndim > 1]
    light = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": heavy, "weight_decay": decay},
        {"params": light, "weight_decay": 0.0},
    ]


def _step(state: _State, recipe: Recipe, learn: Pool, effort: Effort, seed: int) -> float:
    """One batch; returns its loss."""
    torch.manual_seed(seed * 1_000_003 + state.step)
    rate = recipe.rate * _rate_share(_progress(state, effort), recipe.warm_up)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    batch = training_batch(learn, recipe, seed, state.step)
    state.network.train()
    if recipe.frozen_statistics:
        for layer in _normalisations(state.network):
            layer.eval()
    with torch.autocast(effort.device, torch.bfloat16):
        outputs = state.network.supervised(_image(batch.image, effort.device))
    loss = supervised_loss(
        outputs,
        batch.truth.to(effort.device),
        batch.known.to(effort.device),
        torch.tensor(recipe.importance, device=effort.device),
        recipe.side_weight,
        _miss_weights(recipe),
    )
    state.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(state.network.parameters(), CLIP_NORM)
    state.optimiser.step()
    state.step += 1
    _average(state, min(recipe.ema, state.step / (state.step + 10)))
    return float(loss.detach())


def _miss_weights(recipe: Recipe) -> tuple[float, ...]:
    """Weight of misses for each channel."""
    lesions = recipe.lesion_channels
    return tuple(recipe.miss_weight if i in lesions else EVEN for i in range(len(recipe.channels)))


def _ended(state: _State, recipe: Recipe, effort: Effort) -> bool:
    """Whether the training has run its length, or no longer gets better."""
    tired = recipe.patience is not None and state.looks_since >= recipe.patience
    return tired or _progress(state, effort) >= 1


def _judge(state: _State, recipe: Recipe, found: Mapping[str, float]) -> None:
    """Remember the best weights so far, where the training may end early."""
    if recipe.patience is None:
        return
    score = _score(recipe, found)
    state.looks_since += 1
    if score > state.best:
        state.best, state.looks_since = score, 0
        now = state.averaged.state_dict()
        state.best_weights = {name: value.clone() for name, value in now.items()}


def _score(recipe: Recipe, found: Mapping[str, float]) -> float:
    """Mean Dice by the channels' importance, over those that were to be found."""
    dice = np.array([found[name] for name in recipe.channels])
    there = np.isfinite(dice)
    if not there.any():
        return 0.0
    return float(np.average(dice[there], weights=np.array(recipe.importance)[there]))


def _average(state: _State, decay: float) -> None:
    """Move the averaged weights and statistics a little towards the present ones."""
    with torch.no_grad():
        mean = [*state.averaged.parameters(), *_statistics(state.averaged)]
        now = [*state.network.parameters(), *_statistics(state.network)]
        torch._foreach_lerp_(mean, now, 1 - decay)


def _statistics(network: nn.Module) -> list[Tensor]:
    """Running means and variances of batch normalisation."""
    return [buffer for buffer in network.buffers() if buffer.is_floating_point()]


def _progress(state: _State, effort: Effort) -> float:
    """Share of the training that is done."""
    if effort.minutes is not None:
        return state.seconds / (60 * effort.minutes)
    return state.step / effort.steps


def _rate_share(progress: float, warm_up: float) -> float:
    """Learning rate relative to its peak: linear rise, then half a cosine."""
    if progress < warm_up:
        return (progress + 0.02) / (warm_up + 0.02)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warm_up) / (1 - warm_up))))


def _finish(
    state: _State,
    recipe: Recipe,
    learn: Pool,
    watch: Pool,
    folder: Path,
    effort: Effort,
    seed: int,
) -> Supervised:
    """Settle the averaged network's batch statistics unless frozen, save and return it."""
    if state.best_weights:
        state.averaged.load_state_dict(state.best_weights)
    if not recipe.frozen_statistics:
        _settle(state, recipe, learn, effort, seed)
    network = state.averaged.to("cpu").eval()
    aside = folder / ".network.pt.tmp"
    torch.save(network.state_dict(), aside)
    aside.replace(folder / "network.pt")
    _write_line(folder, state, [], watched_dice(network, recipe, watch))
    return network


def _settle(state: _State, recipe: Recipe, learn: Pool, effort: Effort, seed: int) -> None:
    """Measure batch statistics anew with the averaged weights."""
    layers = _normalisations(state.averaged)
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    state.averaged.train()
    torch.manual_seed(seed)
    for index in range(SETTLING_BATCHES):
        batch = training_batch(learn, recipe, seed + 1, index)
        with torch.no_grad():
            state.averaged(_image(batch.image, effort.device))
    for layer in layers:
        layer.momentum = 0.1


def _normalisations(network: nn.Module) -> list[nn.BatchNorm2d | nn.BatchNorm3d]:
    """The layers that keep batch statistics."""
    kinds = (nn.BatchNorm2d, nn.BatchNorm3d)
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def _watched(network: Supervised, recipe: Recipe, pool: Pool, effort: Effort) -> dict[str, float]:
    """Dice over at most `WATCHED_SLICES` evenly chosen whole stacks."""
    starts = np.unique(pool.first)
    stride = max(1, len(pool) // WATCHED_SLICES)
    wanted = np.isin(pool.first, starts[::stride])
    part = Pool(
        pool.signal[wanted],
        pool.labels[wanted],
        pool.known[wanted],
        *_reindexed(pool.first[wanted]),
    )
    return watched_dice(network, recipe, part, effort.device)


def _reindexed(first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last index of each slice's stack after stacks were dropped."""
    _, start, inverse, count = np.unique(
        first, return_index=True, return_inverse=True, return_counts=True
    )
    return start[inverse], (start + count - 1)[inverse]


def _blocks(pool: Pool, recipe: Recipe) -> Iterator[np.ndarray]:
    """Runs of at most `WATCH_BATCH` slices, or the slices of one stack after the other."""
    if recipe.architecture.volumetric:
        starts = np.unique(pool.first)
        return (np.arange(start, pool.last[start] + 1) for start in starts)
    indices = np.arange(len(pool))
    return (indices[i : i + WATCH_BATCH] for i in range(0, len(indices), WATCH_BATCH))


def _image(image: Tensor, device: str) -> Tensor:
    """The batch where and how the network wants it."""
    return _channels_last(image.to(device))


def _keep(state: _State, recipe: Recipe, folder: Path) -> None:
    """Write the checkpoint aside, then put it in place."""
    aside = folder / ".checkpoint.pt.tmp"
    torch.save(
        {
            "architecture": recipe.architecture.value,
            "network": state.network.state_dict(),
            "averaged": state.averaged.state_dict(),
            "optimiser": state.optimiser.state_dict(),
            "step": state.step,
            "seconds": state.seconds,
            "best": state.best,
            "best_weights": state.best_weights,
            "looks_since": state.looks_since,
        },
        aside,
    )
    aside.replace(folder / "checkpoint.pt")


def _write_line(folder: Path, state: _State, losses: list[float], found: dict[str, float]) -> None:
    """One line of the log."""
    line = {
        "step": state.step,
        "minutes": round(state.seconds / 60, 2),
        "loss": round(float(np.mean(losses)), 4) if losses else None,
        "dice": {name: round(value, 4) for name, value in found.items()},
    }
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    draw_curves(folder / LOG, folder / "curves.png")
    _log.info("%s", line)


def _forget_lines_after(step: int, folder: Path) -> None:
    """Drop the log's lines that tell of steps lost by a kill, and of an earlier end."""
    path = folder / LOG
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if _told_before(line, step)]
    path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _told_before(line: str, step: int) -> bool:
    """Whether a line is whole, of a look while training, and not of a later step."""
    try:
        told = json.loads(line)
    except ValueError:
        return False
    return told["loss"] is not None and told["step"] <= step


def _refuse_other_settings(recipe: Recipe, seed: int, folder: Path) -> None:
    """Never go on with a training of another recipe or seed."""
    if not (folder / "checkpoint.pt").exists():
        return
    try:
        kept = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        # Settings that an earlier version did not know have their defaults.
        same = TypeAdapter(Recipe).validate_python(kept["recipe"]) == recipe
    except (OSError, ValueError, KeyError, TypeError):
        same, kept = False, {}
    if not same or kept.get("seed") != seed:
        raise UnreadableInput(
            f"{folder} holds a training of other settings; finish it with those, or choose "
            "another folder."
        )


def _write_settings(recipe: Recipe, effort: Effort, seed: int, slices: int, folder: Path) -> None:
    """What this training was started with, for the record."""
    settings = {
        "recipe": as_json(recipe),
        "effort": asdict(effort),
        "seed": seed,
        "slices": slices,
        "torch": torch.__version__,
    }
    (folder / "recipe.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")


def as_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON can hold it."""
    values = {each.name: getattr(recipe, each.name) for each in fields(recipe)}
    return {
        **values,
        "augmentation": asdict(recipe.augmentation),
        "thresholds": dict(recipe.thresholds),
    }

"""Networks compared by cross-validation: the same subjects, folds and budget for each.

A folder holds one cross-validation: ``plan.json`` (what was asked for),
``stacks/`` (crops, made once), ``NETWORK/fold_K/`` (a training, then
``figures.json``) and the tables. A fold with figures is never done again, a
training that was killed goes on, and several processes may share the folds.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hipdesk.errors import BugError, OutputError, UnreadableInput
from hipdesk.ports import Progress, no_progress
from hipdesk.training.cases import Case, pool_of, stacks_of
from hipdesk.training.cost import Run, exported_run, milliseconds
from hipdesk.training.evaluate import (
    HipFigures,
    PatientFigures,
    figures_from_json,
    figures_json,
    measure,
)
from hipdesk.training.loop import Effort, load_trained, train
from hipdesk.training.networks import parameter_count
from hipdesk.training.recipes import SEGMENT, Architecture, Recipe, with_architecture, with_width
from hipdesk.training.shards import Pool, Stack
from hipdesk.training.torch_network import TorchNetwork

log = logging.getLogger(__name__)

FOLDS: Final = 5

UNBOUND: Final = ("recipe", "threads", "device")
"""Settings of a plan that may change while it is carried out."""


class Subjects(Protocol):
    """Where the subjects of a cross-validation come from."""

    @property
    def subjects(self) -> Sequence[str]:
        """Their names, each once."""
        ...

    def cases(self, subject: str) -> Sequence[Case]:
        """All series of one subject."""
        ...


class GivenSubjects:
    """The subjects of cases already read."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = tuple(cases)
        self.subjects = tuple(dict.fromkeys(case.subject for case in cases))

    def cases(self, subject: str) -> tuple[Case, ...]:
        """All series of one subject."""
        return tuple(case for case in self._cases if case.subject == subject)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared, and how.

    Attributes
    ----------
    steps : batches of each training; the budget, the same for every network
    width : factor on every network's features
    """

    architectures: tuple[Architecture, ...] = tuple(Architecture)
    folds: int = FOLDS
    steps: int = 600
    width: float = 1.0
    seed: int = 1
    threads: int = 1
    device: str = "cpu"
    recipe: Recipe = field(default=SEGMENT, repr=False)

    def recipe_of(self, architecture: Architecture) -> Recipe:
        """The recipe with one of the networks; all else equal."""
        recipe = with_width(with_architecture(self.recipe, architecture), self.width)
        batch = self.recipe.batch  # as many slices a step for every network
        return replace(recipe, steps=self.steps, batch=batch, patience=None)


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """One network trained without one fold, measured on it."""

    architecture: Architecture
    fold: int
    figures: tuple[PatientFigures, ...]
    minutes: float
    parameters: int

    @property
    def hips(self) -> tuple[HipFigures, ...]:
        """Every hip of the fold."""
        return tuple(hip for patient in self.figures for hip in patient.hips)


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """A finished cross-validation.

    Attributes
    ----------
    milliseconds : CPU time of one slice of one hip in ONNX Runtime on two threads
    """

    plan: Plan
    subjects: int
    source: str
    folds: tuple[FoldResult, ...]
    milliseconds: Mapping[Architecture, float]


def assign_folds(subjects: Sequence[str], folds: int, seed: int) -> dict[str, int]:
    """Which fold each subject is tested in; folds differ by one subject at most.

    Raises
    ------
    UnreadableInput
        There are fewer subjects than folds need.
    """
    if len(set(subjects)) != len(subjects):
        raise BugError("a subject was named twice")
    if len(subjects) < 2 * folds:
        raise UnreadableInput(
            f"{len(subjects)} patients are too few for {folds} folds; give at least {2 * folds}."
        )
    order = np.random.default_rng(seed).permutation(sorted(subjects))
    return {str(subject): index % folds for index, subject in enumerate(order)}


def refuse_leak(learn: Pool, test: Sequence[Stack]) -> None:
    """Make sure that no slice to be tested on is among those learned from.

    Raises
    ------
    UnreadableInput
        The same picture comes up on both sides.
    """
    known = {_picture_hash(picture) for picture in learn.signal}
    signal = (np.asarray(stack.signal, dtype=np.float16) for stack in test)
    if any(_picture_hash(picture) in known for stack in signal for picture in stack):
        raise UnreadableInput(
            "The same images come up under two patients, so they would be learned from and "
            "tested on; remove the copies."
        )


def run(
    subjects: Subjects,
    plan: Plan,
    folder: Path,
    source: str,
    part: tuple[int, int] = (0, 1),
    progress: Progress = no_progress,
) -> Results | None:
    """Do the trainings of a part, or what is left of them.

    Parameters
    ----------
    source : what the subjects are, in words
    part : (k, n): only every n-th training, from the k-th on

    Returns
    -------
    None while trainings of other parts are missing.

    Raises
    ------
    UnreadableInput
        The folder holds a cross-validation of other settings, or there are too
        few subjects.
    OutputError
        The folder cannot be written.
    """
    folds = assign_folds(subjects.subjects, plan.folds, plan.seed)
    jobs = [(name, fold) for fold in range(plan.folds) for name in plan.architectures]
    try:
        _keep_plan(plan, sorted(folds), folder)
        own = sorted(folds)[part[0] :: part[1]]
        for number, subject in enumerate(own, start=1):
            progress(0.0, f"crops: patient {number} of {len(own)}")
            _stacks(subjects, subject, folder)
        for index, job in enumerate(jobs):
            if index % part[1] == part[0]:
                words = f"{job[0].value}, fold {job[1] + 1} of {plan.folds}"
                told = _within(progress, index / len(jobs), 1 / len(jobs), words)
                _run_fold(subjects, plan, folds, job, folder, told)
        return read_results(plan, len(folds), source, folder)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written; check space and permission.") from error


def read_results(plan: Plan, subjects: int, source: str, folder: Path) -> Results | None:
    """The results in a folder; None while some are missing."""
    found = []
    for architecture in plan.architectures:
        for fold in range(plan.folds):
            path = _fold_folder(folder, architecture, fold) / "figures.json"
            if not path.exists():
                return None
            found.append(_read_fold(path, architecture, fold))
    return Results(plan, subjects, source, tuple(found), _costs(plan, folder))


def _keep_plan(plan: Plan, subjects: Sequence[str], folder: Path) -> None:
    """Write what is asked for, or refuse to mix it with something else."""
    told = {key.name: getattr(plan, key.name) for key in fields(plan) if key.name not in UNBOUND}
    hashed = hashlib.sha256(json.dumps(subjects).encode()).hexdigest()
    wanted = json.loads(json.dumps({**told, "recipe": plan.recipe.name, "subjects": hashed}))
    path = folder / "plan.json"
    if path.exists():
        if json.loads(path.read_text(encoding="utf-8")) != wanted:
            raise UnreadableInput(
                f"{folder} holds a cross-validation of other settings or subjects; go on with "
                "those, or choose another folder."
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, json.dumps(wanted, indent=1))


def _run_fold(
    subjects: Subjects,
    plan: Plan,
    folds: Mapping[str, int],
    job: tuple[Architecture, int],
    folder: Path,
    progress: Progress,
) -> None:
    """Train one network without one fold and measure it there, unless that was done."""
    architecture, fold = job
    place = _fold_folder(folder, architecture, fold)
    if (place / "figures.json").exists():
        return
    test = [subject for subject in folds if folds[subject] == fold]
    others = [subject for subject in folds if folds[subject] != fold]
    watch, learn = others[:1], others[1:]
    if {*learn, *watch} & set(test):
        raise BugError("a subject would be learned from and tested on")
    recipe = plan.recipe_of(architecture)
    pool = pool_of([stack for name in learn for stack in _stacks(subjects, name, folder)])
    watched = pool_of(_stacks(subjects, watch[0], folder))
    for name in test:
        refuse_leak(pool, _stacks(subjects, name, folder))
    effort = Effort(
        plan.steps, threads=plan.threads, device=plan.device, watch_every=max(1, plan.steps)
    )
    network = train(recipe, pool, watched, place, effort, plan.seed, None, progress)
    progress(1.0, "measuring")
    seconds = json.loads((place / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    cases = (case for name in test for case in subjects.cases(name))
    figures = measure(cases, TorchNetwork(network, recipe))
    done = {
        "minutes": seconds["minutes"],
        "parameters": parameter_count(network),
        "figures": json.loads(figures_json(figures)),
    }
    _write(place / "figures.json", json.dumps(done))
    (place / "checkpoint.pt").unlink(missing_ok=True)
    log.info("%s, fold %d of %d measured", architecture.value, fold + 1, plan.folds)


def _within(progress: Progress, start: float, share: float, words: str) -> Progress:
    """Progress of one part of the whole, named before what it tells."""
    return lambda done, what: progress(start + done * share, f"{words}: {what}")


def _stacks(subjects: Subjects, subject: str, folder: Path) -> tuple[Stack, ...]:
    """A subject's crops, made once."""
    name = hashlib.sha256(subject.encode()).hexdigest()[:16]
    path = folder / "stacks" / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        stacks = stacks_of(subjects.cases(subject))
        aside = path.with_name(f".{name}.{os.getpid()}.npz")
        arrays: dict[str, Any] = {"known": np.array([stack.known for stack in stacks])}
        for number, stack in enumerate(stacks):
            arrays[f"signal_{number}"] = stack.signal.astype(np.float16)
            arrays[f"labels_{number}"] = stack.labels
        np.savez(aside, **arrays)
        aside.replace(path)
    with np.load(path) as kept:
        return tuple(
            Stack(kept[f"signal_{number}"].astype(np.float32), kept[f"labels_{number}"], int(known))
            for number, known in enumerate(kept["known"])
        )


def _picture_hash(picture: NDArray[np.float16]) -> bytes:
    return hashlib.sha1(np.ascontiguousarray(picture).tobytes(), usedforsecurity=False).digest()


def _fold_folder(folder: Path, architecture: Architecture, fold: int) -> Path:
    return folder / architecture.value / f"fold_{fold + 1}"


def _read_fold(path: Path, architecture: Architecture, fold: int) -> FoldResult:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        figures = figures_from_json(json.dumps(kept["figures"]))
        return FoldResult(
            architecture, fold, tuple(figures), float(kept["minutes"]), int(kept["parameters"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableInput(f"{path} is damaged; delete it and start again.") from error


def _costs(plan: Plan, folder: Path) -> dict[Architecture, float]:
    """Milliseconds of one slice of every network, measured once and all in one run."""
    path = folder / "cost.json"
    if not path.exists():
        runs = {name: _exported(plan, name, folder) for name in plan.architectures}
        found = milliseconds(runs)
        _write(path, json.dumps({name.value: value for name, value in found.items()}))
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {name: float(kept[name.value]) for name in plan.architectures}


def _exported(plan: Plan, architecture: Architecture, folder: Path) -> Run:
    """One network of the first fold, ready to be timed."""
    recipe = plan.recipe_of(architecture)
    return exported_run(load_trained(recipe, _fold_folder(folder, architecture, 0)), recipe)


def _write(path: Path, text: str) -> None:
    """Write aside, then put in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)

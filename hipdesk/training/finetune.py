"""A site trains the installed segmenter on with its own corrected cases.

``hipdesk train --cases DIR`` reads and checks the cases, keeps some patients
out, goes on training from the installed model's weights, measures both models
on the patients kept out, and writes a model's folder. It installs only when
told to, and never a model that does worse than the one in use, unless forced.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from hipdesk.errors import KnownError, OutputError, UnreadableInput
from hipdesk.manifest import Manifest
from hipdesk.paths import SEGMENTER, model_folder, user_data_dir
from hipdesk.ports import Network, Progress, no_progress
from hipdesk.records import SegmentClass
from hipdesk.training.cases import (
    Case,
    CaseSet,
    Doors,
    Rules,
    case_lines,
    pool_of,
    read_cases,
    stacks_of,
)
from hipdesk.training.crossval import refuse_leak
from hipdesk.training.evaluate import (
    PatientFigures,
    false_ml,
    masks_of,
    mean_of,
    measure,
    summary,
)
from hipdesk.training.export import Provenance, export_model, manifest_json, read_weights, recipe_of
from hipdesk.training.loop import Effort, train
from hipdesk.training.recipes import Recipe
from hipdesk.training.site_card import site_card

log = logging.getLogger(__name__)

Load = Callable[[Path], Network]
"""Loads a model's folder, its hash checked."""

TEST_SHARE: Final = 0.2
WATCH_SHARE: Final = 0.15
STEPS: Final = 600
MIN_PATIENTS: Final = 4
"""One to test on, one to watch, two to learn from; far more are needed for a good model."""

TRAINING_SHARE: Final = 0.8
"""Part of the whole time that the training takes, about."""

_PARTS: Final = ("learn", "watch", "test")

JUDGED: Final = (SegmentClass.FEMORAL_HEAD, SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS)
CLASS_TOLERANCE: Final = 0.02
"""A class may lose so much Dice where the others gain more."""

FALSE_ML_TOLERANCE: Final = 0.3
"""Median false oedema may rise by so much; the bound set for the shipped model."""

SITE: Final = "simulated MRI, then corrected cases of a site"


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the training goes on.

    Attributes
    ----------
    steps : batches at most
    rate : peak learning rate, a tenth of a training from scratch
    patience : looks at the watched patients without a gain before it stops
    """

    steps: int = STEPS
    rate: float = 2e-4
    patience: int = 6
    watch_every: int = 25
    threads: int = 1
    device: str = "cpu"
    seed: int = 1

    def recipe(self, base: Recipe) -> Recipe:
        """The installed model's recipe, changed for a short training."""
        return replace(
            base,
            rate=self.rate,
            steps=self.steps,
            patience=self.patience,
            ema=0.98,
            warm_up=0.1,
            frozen_statistics=True,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Cases by use; all series of a patient are in one part."""

    learn: tuple[Case, ...]
    watch: tuple[Case, ...]
    test: tuple[Case, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """A model made from a site's cases, beside the one it started from.

    Attributes
    ----------
    folder : of the new model
    ours, theirs : new and installed model on the patients kept out
    losses : what the new model does worse, in words; empty if nothing
    """

    folder: Path
    manifest: Manifest
    ours: tuple[PatientFigures, ...]
    theirs: tuple[PatientFigures, ...]
    losses: tuple[str, ...]


def split_by_patient(cases: Sequence[Case], seed: int) -> Split:
    """A fifth of the patients to test on, fewer to watch, the rest to learn from.

    Raises
    ------
    UnreadableInput
        There are too few patients.
    """
    subjects = sorted({case.subject for case in cases})
    if len(subjects) < MIN_PATIENTS:
        raise UnreadableInput(
            f"{len(subjects)} patients are too few to train on; give at least {MIN_PATIENTS}, "
            "better 20."
        )
    order = np.random.default_rng(seed).permutation(subjects).tolist()
    test = max(1, round(TEST_SHARE * len(order)))
    watch = max(1, round(WATCH_SHARE * len(order)))
    parts = order[:test], order[test : test + watch], order[test + watch :]
    tested, watched, learned = (
        tuple(case for case in cases if case.subject in part) for part in parts
    )
    return Split(learned, watched, tested)


def retrain(
    cases: Sequence[Case],
    base: Path,
    out: Path,
    load: Load,
    tuning: Tuning,
    version: str = "",
    progress: Progress = no_progress,
) -> Retrained:
    """Train the model in ``base`` on; the new one is in ``out`` under its name.

    A training that was stopped goes on when called again with the same cases.

    Parameters
    ----------
    version : of the new model; that of ``base`` with the day where empty

    Raises
    ------
    UnreadableInput
        There are too few patients, the same images under two of them, or
        ``base`` has no weights to start from.
    ModelError
        ``base`` cannot be run.
    OutputError
        ``out`` cannot be written.
    """
    installed = load(base)
    recipe = tuning.recipe(replace(recipe_of(installed.manifest), name=installed.manifest.name))
    split = split_by_patient(cases, tuning.seed)
    learn = pool_of(stacks_of(split.learn))
    watched = stacks_of(split.watch)
    refuse_leak(learn, [*watched, *stacks_of(split.test)])
    _same_cases(cases, base, out)
    effort = Effort(
        tuning.steps, None, tuning.threads, tuning.device, watch_every=tuning.watch_every
    )
    start = read_weights(base)
    network = train(
        recipe,
        learn,
        pool_of(watched),
        out / "training",
        effort,
        tuning.seed,
        start,
        lambda done, what: progress(TRAINING_SHARE * done, f"training: {what}"),
    )
    progress(TRAINING_SHARE, "measuring both models")
    folder = out / installed.manifest.name
    version = version or f"{installed.manifest.version}+site.{datetime.now(UTC):%Y%m%d}"
    export_model(network, recipe, folder, version, (), Provenance(()))
    ours, theirs = (tuple(measure(split.test, each)) for each in (load(folder), installed))
    losses = what_is_worse(ours, theirs)
    manifest = _describe(folder, installed.manifest, split, ours, theirs, tuning)
    progress(1.0, "")
    return Retrained(folder, manifest, ours, theirs, losses)


def what_is_worse(
    ours: Sequence[PatientFigures], theirs: Sequence[PatientFigures]
) -> tuple[str, ...]:
    """What a new model does worse than an old one on the same cases, in words.

    Worse is: a lower mean of the Dice of head, oedema and effusion; any of them
    lower by more than 0.02; a median false oedema higher by more than 0.3 mL.
    """
    new, old = _judged(ours), _judged(theirs)
    found = []
    both = [name for name in JUDGED if np.isfinite(new[name]) and np.isfinite(old[name])]
    if not both:
        return ("Nothing can be compared: the patients kept out show neither head nor lesion.",)
    ours_mean, theirs_mean = (float(np.mean([each[n] for n in both])) for each in (new, old))
    if ours_mean < theirs_mean:
        found.append(f"Mean Dice is {ours_mean:.3f} and was {theirs_mean:.3f}.")
    found += [
        f"Dice of {name.value} is {new[name]:.3f} and was {old[name]:.3f}."
        for name in both
        if new[name] < old[name] - CLASS_TOLERANCE
    ]
    false, before = (
        false_ml(masks_of([hip for patient in each for hip in patient.hips], SegmentClass.BME))
        for each in (ours, theirs)
    )
    if false > before + FALSE_ML_TOLERANCE:
        found.append(f"False oedema is {false:.2f} mL and was {before:.2f} mL.")
    return tuple(found)


def install(folder: Path, name: str) -> Path:
    """Copy a model's folder to the user's models, where it goes before the bundled one.

    Raises
    ------
    OutputError
        It cannot be written; what was there is still there.
    """
    place = user_data_dir() / "models" / name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".model-") as aside:
            new, old = Path(aside) / "new", Path(aside) / "old"
            shutil.copytree(folder, new)
            if place.exists():
                place.rename(old)
            try:
                new.rename(place)
            except OSError:
                if old.exists():
                    old.rename(place)
                raise
    except OSError as error:
        raise OutputError(
            f"The model cannot be installed in {place}; check space and permission."
        ) from error
    return place


def comparison_lines(found: Retrained) -> list[str]:
    """New and installed model side by side, in words."""
    new, old = _judged(found.ours), _judged(found.theirs)
    hips = sum(len(patient.hips) for patient in found.ours)
    lines = [f"On {hips} hips of patients kept out, Dice of the new and (the installed) model:"]
    lines += [f"  {name.value}: {new[name]:.3f} ({old[name]:.3f})" for name in JUDGED]
    if found.losses:
        lines += ["The new model does worse:", *(f"  {loss}" for loss in found.losses)]
    return [*lines, f"New model: {found.folder}"]


def main(
    arguments: Sequence[str], doors: Doors, load: Load, progress: Progress = no_progress
) -> int:
    """``hipdesk train --cases DIR``: check, train, compare, install; the exit status.

    2 for wrong usage, 4 where cases have problems or the model was not installed
    because it does worse.
    """
    given = _parser().parse_args(arguments)
    try:
        return _command(given, doors, load, progress)
    except KnownError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _command(given: argparse.Namespace, doors: Doors, load: Load, progress: Progress) -> int:
    """Carry out what was asked for."""
    rules = Rules(given.accept_one_hip, given.accept_unedited)
    found = read_cases(given.cases, doors, rules)
    for line in case_lines(found):
        print(line)
    if given.check:
        return UnreadableInput.exit_code if found.problems else 0
    _refuse_problems(found, given.skip_problems)
    tuning = Tuning(steps=given.steps, threads=given.threads, device=given.device, seed=given.seed)
    base = model_folder(given.model)
    new = retrain(found.cases, base, given.out, load, tuning, given.version, progress)
    for line in comparison_lines(new):
        print(line)
    if not given.install:
        print("It is not installed; add --install to use it.")
        return 0
    if new.losses and not given.force:
        print(
            "It is not installed because it does worse; add --force to use it all the same.",
            file=sys.stderr,
        )
        return UnreadableInput.exit_code
    print(f"Installed: {install(new.folder, new.manifest.name)}")
    return 0


def _refuse_problems(found: CaseSet, skip: bool) -> None:
    """Train on nothing that has a problem, and on the rest only when told to."""
    if found.problems and not skip:
        raise UnreadableInput(
            "Nothing was trained: correct the cases named above, or add --skip-problems to "
            "train without them."
        )


def _parser() -> argparse.ArgumentParser:
    """Options of ``hipdesk train --cases``."""
    parser = argparse.ArgumentParser(
        prog="hipdesk train",
        description="Train the installed model on with a site's corrected cases.",
    )
    parser.add_argument("--cases", type=Path, required=True, help="a folder for each case in it")
    parser.add_argument("--out", type=Path, default=Path("retrained"), help="results")
    parser.add_argument("--model", default=SEGMENTER, help="installed model to start from")
    parser.add_argument("--version", default="", help="of the new model")
    parser.add_argument(
        "--check", action="store_true", help="only say what is wrong with the cases"
    )
    parser.add_argument(
        "--skip-problems", action="store_true", help="train without cases that have problems"
    )
    parser.add_argument(
        "--accept-one-hip", action="store_true", help="cases may have one hip outlined only"
    )
    parser.add_argument(
        "--accept-unedited",
        action="store_true",
        help="a reader has accepted all outlines that nobody changed",
    )
    parser.add_argument("--install", action="store_true", help="use the new model from now on")
    parser.add_argument("--force", action="store_true", help="install it even if it does worse")
    parser.add_argument("--steps", type=int, default=STEPS, help="batches at most")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _same_cases(cases: Sequence[Case], base: Path, out: Path) -> None:
    """Never go on with a training on other cases or from another model."""
    digest = hashlib.sha256((base / "manifest.json").read_bytes())
    for case in sorted(cases, key=lambda each: each.volume.pixel_sha256):
        digest.update(case.volume.pixel_sha256.encode())
        for masks in case.truth.values():
            for mask in masks.values():
                digest.update(np.packbits(mask).tobytes())
    path = out / "cases.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if path.exists() and json.loads(path.read_text("utf-8")) != digest.hexdigest():
            raise UnreadableInput(
                f"{out} holds a training on other cases; choose another folder with --out."
            )
        path.write_text(json.dumps(digest.hexdigest()), "utf-8")
    except OSError as error:
        raise OutputError(f"{out} cannot be written; check space and permission.") from error


def _judged(figures: Sequence[PatientFigures]) -> dict[SegmentClass, float]:
    """Mean Dice of the classes by which models are judged."""
    hips = [hip for patient in figures for hip in patient.hips]
    return {name: mean_of(masks_of(hips, name), "Dice") for name in JUDGED}


def _describe(
    folder: Path,
    base: Manifest,
    split: Split,
    ours: Sequence[PatientFigures],
    theirs: Sequence[PatientFigures],
    tuning: Tuning,
) -> Manifest:
    """Write manifest and card that say where the model comes from and how good it is."""
    patients = {name: len({case.subject for case in getattr(split, name)}) for name in _PARTS}
    test_set = (
        f"{patients['test']} patients of this site kept out of the training, "
        f"{sum(len(patient.hips) for patient in ours)} hips, crops about the outlined heads"
    )
    before = f"{test_set}; the model before, {base.version}"
    metrics = (*summary(ours, test_set), *summary(theirs, before))
    used = (
        f"Corrected cases of one site: {patients['learn']} patients to learn from, "
        f"{patients['watch']} to decide when to stop."
    )
    data = (used, *(f"Before that: {line}" for line in base.training_data))
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
        manifest = manifest.model_copy(
            update={
                "trained_on": SITE,
                "training_data": data,
                "metrics": metrics,
                "confidence_repeats": base.confidence_repeats,
            }
        )
        (folder / "manifest.json").write_text(manifest_json(manifest), encoding="utf-8")
        how = f"at most {tuning.steps} batches, rate {tuning.rate}, seed {tuning.seed}"
        card = site_card(manifest, base, patients, how)
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written; check space and permission.") from error
    return manifest

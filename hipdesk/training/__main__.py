"""``python -m hipdesk.training COMMAND``: simulate, train, test, calibrate, export, make tables.

Each command can be killed and started again; it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hipdesk.errors import KnownError
from hipdesk.phantom.prepared import PreparedAnatomy
from hipdesk.training.recipes import (
    RECIPES,
    SEGMENT,
    Architecture,
    Kind,
    Recipe,
    with_architecture,
    with_width,
)
from hipdesk.training.shards import (
    Maker,
    Pool,
    hip_maker,
    pelvis_maker,
    read_pool,
    split_pool,
    write_shards,
)

BODIES: Final = 8
"""Anatomies invented where no label maps are given."""

CALIBRATION_SEED: Final = 900
"""Apart from those of trainings and of tests."""


PROGRAM: Final = "python -m hipdesk.training"

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run one command; the exit status."""
    given = _parser(program).parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("hipdesk").setLevel(logging.INFO)
    if hasattr(os, "nice"):
        os.nice(given.nice)
    try:
        given.run(given)
    except KnownError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Simulate, train, test and export models. Each command can be killed and "
        "started again; it goes on where it was.",
        epilog="With a site's own corrected cases: hipdesk train --cases DIR (--help for more).",
    )
    parser.add_argument("--nice", type=int, default=0, help="lower priority, 0-19")
    commands = parser.add_subparsers(required=True)
    for add in (
        _add_simulation,
        _add_trainings,
        _add_test,
        _add_calibration,
        _add_export,
        _add_figures,
    ):
        add(commands)
    return parser


def _add_simulation(commands: _Commands) -> None:
    """The simulation of training stacks."""
    make = commands.add_parser("generate", help="simulate training stacks")
    make.add_argument("--kind", type=Kind, choices=tuple(Kind), required=True)
    make.add_argument("--count", type=int, required=True, help="stacks in all parts together")
    make.add_argument("--part", default="0/1", help="k/n: only every n-th shard from k on")
    _simulation_options(make)
    make.add_argument("--out", type=Path, required=True)
    make.set_defaults(run=_generate)


def _add_trainings(commands: _Commands) -> None:
    """One command a model."""
    for recipe in RECIPES.values():
        learn = commands.add_parser(recipe.name, help=f"train the model '{recipe.name}'")
        _training_options(learn)
        if recipe.kind is Kind.HIP:
            learn.add_argument(
                "--architecture",
                type=Architecture,
                choices=tuple(Architecture),
                help=f"network; {recipe.architecture} if not given",
            )
        learn.set_defaults(run=_train, recipe=recipe, architecture=None)


def _add_test(commands: _Commands) -> None:
    """Figures of a finished training."""
    test = commands.add_parser("test", help="Dice of a finished training on other stacks")
    test.add_argument("--model", choices=tuple(RECIPES), required=True)
    test.add_argument("--run-dir", type=Path, required=True, help="folder of the training")
    test.add_argument("--data", type=Path, required=True, help="folder of shards")
    test.set_defaults(run=_test)


def _add_calibration(commands: _Commands) -> None:
    """Thresholds and limits."""
    limits = commands.add_parser(
        "calibrate", help="choose a segmenter's thresholds, or a locator's limit of confidence"
    )
    limits.add_argument("--model", choices=tuple(RECIPES), default=SEGMENT.name)
    limits.add_argument("--run-dir", type=Path, required=True, help="folder of the training")
    limits.add_argument("--patients", type=int, default=24, help="to simulate for this, or stacks")
    _simulation_options(limits)
    limits.set_defaults(run=_calibrate)


def _add_export(commands: _Commands) -> None:
    """A finished training as a model."""
    export = commands.add_parser("export", help="ONNX, manifest and card of a finished training")
    export.add_argument("--model", choices=tuple(RECIPES), required=True)
    export.add_argument("--run-dir", type=Path, required=True, help="folder of the training")
    export.add_argument("--out", type=Path, required=True, help="folder of the model")
    export.add_argument("--version", required=True)
    export.add_argument(
        "--metrics",
        type=Path,
        action="append",
        default=[],
        help="JSON list of {name, value, test_set}, as `hipdesk evaluate --out` writes it; those "
        "that are about the model's task are taken",
    )
    export.add_argument("--test-description", default="", help="of the metrics' test set")
    export.add_argument(
        "--source",
        action="append",
        choices=("label_maps", "own_label_maps", "procedural"),
        help="what was simulated from, for licence and attribution: the two label maps with their "
        "shape model, others of your own, or bodies the program invents; may be given twice",
    )
    export.add_argument(
        "--confidence-repeats",
        type=int,
        choices=range(5),
        default=0,
        help="outline each hip so often again, varied, to tell how steady its lesions are",
    )
    export.set_defaults(run=_export)


def _add_figures(commands: _Commands) -> None:
    """Tables of documents."""
    figures = commands.add_parser("figures", help="make a document's tables of figures anew")
    figures.add_argument("document", type=Path, nargs="+", help="Markdown with marked blocks")
    figures.set_defaults(run=_figures)


def _simulation_options(parser: argparse.ArgumentParser) -> None:
    """What may be simulated from."""
    parser.add_argument("--anatomy", type=Path, help="folder of label maps")
    parser.add_argument("--leave-out", action="append", default=[], metavar="NAME")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--bodies", type=int, help="invented anatomies")
    parser.add_argument("--seed", type=int, default=None)


def _training_options(parser: argparse.ArgumentParser) -> None:
    """What a training takes."""
    _simulation_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of the training")
    parser.add_argument("--data", type=Path, help="folder of shards; OUT/data if not given")
    parser.add_argument("--held-out", type=Path, help="shards to watch, else the last stacks")
    parser.add_argument("--stacks", type=int, help="stacks to simulate of each anatomy")
    parser.add_argument("--width", type=float, default=1.0, help="factor on the features")
    parser.add_argument("--start", type=Path, help="finished training to go on from, with others")
    parser.add_argument("--rate", type=float, help="highest learning rate")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, help="batches")
    length.add_argument("--minutes", type=float, help="time instead of batches")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--watch-every", type=int, default=500)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")


def _generate(given: argparse.Namespace) -> None:
    """Simulate stacks into shards."""
    k, n = (int(number) for number in given.part.split("/"))
    seed = 0 if given.seed is None else given.seed
    write_shards(_given_maker(given), given.kind, given.out, given.count, seed, (k, n))


def _train(given: argparse.Namespace) -> None:
    """Train one model, simulating its stacks first if none are there."""
    from hipdesk.training.loop import Effort, finished, train

    recipe = _recipe(given)
    start, before = (None, 0) if given.start is None else finished(recipe, given.start)
    seed = recipe.seed if given.seed is None else given.seed
    data = given.data or given.out / "data"
    if given.data is None:
        _simulate(given, recipe, data, seed)
    learn, watch = _pools(recipe, data, given.held_out)
    steps = given.steps or recipe.steps
    effort = Effort(
        steps,
        given.minutes,
        given.threads,
        given.device,
        watch_every=given.watch_every,
        before=before,
    )
    train(recipe, learn, watch, given.out, effort, seed, start)


def _recipe(given: argparse.Namespace) -> Recipe:
    """The recipe with the network, the width and the rate asked for."""
    recipe: Recipe = given.recipe
    if given.rate is not None:
        recipe = replace(recipe, rate=given.rate)
    if given.architecture is not None:
        recipe = with_architecture(recipe, given.architecture)
    return with_width(recipe, given.width)


def _simulate(given: argparse.Namespace, recipe: Recipe, data: Path, seed: int) -> None:
    """A recipe's stacks: a folder for each label map, and one for the invented bodies."""
    from hipdesk.training.anatomies import kept_names, load_anatomies

    names = kept_names(given.anatomy, given.leave_out, given.only)
    each = recipe.map_stacks if given.stacks is None else given.stacks
    for number, name in enumerate(names):
        maps = load_anatomies(given.anatomy, only=[name])
        write_shards(_maker(maps, recipe.kind), recipe.kind, data / name, each, seed + number)
    bodies = recipe.bodies if given.bodies is None else given.bodies
    count = recipe.body_stacks if given.stacks is None else given.stacks
    if not names:
        bodies, count = max(1, bodies), count + 2 * each
    if bodies:
        invented = load_anatomies(None, bodies=bodies, seed=seed)
        write_shards(_maker(invented, recipe.kind), recipe.kind, data / "bodies", count, seed + 100)


def _pools(recipe: Recipe, data: Path, held_out: Path | None) -> tuple[Pool, Pool]:
    """Slices to learn from and slices to watch."""
    pool = read_pool(data)
    if held_out is not None:
        return pool, read_pool(held_out)
    return split_pool(pool, recipe.held_out)


def _test(given: argparse.Namespace) -> None:
    """Print Dice of each channel on a folder of shards."""
    from hipdesk.training.loop import load_trained, recipe_in, watched_dice

    recipe = recipe_in(given.run_dir, given.model)
    network = load_trained(recipe, given.run_dir)
    print(json.dumps(watched_dice(network, recipe, read_pool(given.data)), indent=1))


def _calibrate(given: argparse.Namespace) -> None:
    """Choose thresholds or a limit on simulated patients; the training's folder keeps them."""
    from hipdesk.training.calibrate import Kept, calibrate, write_calibration
    from hipdesk.training.leave_out import calibration_cases, calibration_words
    from hipdesk.training.loop import load_trained, recipe_in
    from hipdesk.training.presence import choose_limit, presence_stacks
    from hipdesk.training.torch_network import TorchNetwork

    recipe = recipe_in(given.run_dir, given.model)
    network = TorchNetwork(load_trained(recipe, given.run_dir), recipe)
    seed, count = given.seed if given.seed is not None else CALIBRATION_SEED, given.patients
    what = (
        "simulated patients" if recipe.kind is Kind.HIP else "simulated stacks, half without hips"
    )
    words = calibration_words(f"{count} {what}", _names(given), _bodies(given), seed)
    if recipe.kind is Kind.HIP:
        kept = calibrate(calibration_cases(_anatomies(given), count, seed), network, words).kept
    else:
        limit = choose_limit(presence_stacks(_anatomies(given), count, seed), network)
        kept = Kept(limit=limit.limit, words=limit.words(words))
    write_calibration(kept, given.run_dir)
    for name, value in kept.thresholds.items():
        print(f"{name}: {value:.2f}")
    print(kept.words)


def _export(given: argparse.Namespace) -> None:
    """Write the model's folder."""
    from hipdesk.training.calibrate import read_calibration
    from hipdesk.training.export import (
        SOURCES,
        Confidence,
        Provenance,
        export_model,
        run_settings,
    )
    from hipdesk.training.loop import load_trained, recipe_in
    from hipdesk.training.tables import metrics_for, read_metrics

    recipe = recipe_in(given.run_dir, given.model)
    sources = [line for name in given.source or ["procedural"] for line in SOURCES[name]]
    provenance = Provenance(tuple(sources), given.test_description, run_settings(given.run_dir))
    every = [metric for path in given.metrics for metric in read_metrics(path)]
    metrics = metrics_for(recipe.task, every)
    network = load_trained(recipe, given.run_dir)
    limit = read_calibration(given.run_dir).limit
    confidence = Confidence(given.confidence_repeats, limit)
    export_model(network, recipe, given.out, given.version, metrics, provenance, confidence)


def _figures(given: argparse.Namespace) -> None:
    """Make the tables of documents anew from the files that they name."""
    from hipdesk.training.tables import fill

    for document in given.document:
        fill(document)


def _given_maker(given: argparse.Namespace) -> Maker:
    """Simulates stacks from the anatomies that were asked for."""
    return _maker(_anatomies(given), given.kind)


def _anatomies(given: argparse.Namespace) -> Sequence[PreparedAnatomy]:
    """The anatomies that were asked for."""
    from hipdesk.training.anatomies import load_anatomies

    seed = given.seed or 0
    return load_anatomies(given.anatomy, given.leave_out, given.only, _bodies(given), seed)


def _bodies(given: argparse.Namespace) -> int:
    """How many bodies to invent: some where no label maps are given."""
    return given.bodies if given.bodies is not None else 0 if given.anatomy else BODIES


def _names(given: argparse.Namespace) -> Sequence[str]:
    """Names of the label maps that were asked for."""
    from hipdesk.training.anatomies import kept_names

    return kept_names(given.anatomy, given.leave_out, given.only)


def _maker(anatomies: Sequence[PreparedAnatomy], kind: Kind) -> Maker:
    """Simulates stacks of a kind."""
    return hip_maker(anatomies) if kind is Kind.HIP else pelvis_maker(anatomies)


if __name__ == "__main__":
    sys.exit(main())

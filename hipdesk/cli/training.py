"""``train``, ``crossval`` and ``evaluate``: what needs PyTorch or labelled cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hipdesk.cli import models
from hipdesk.cli.terminal import USAGE_EXIT, Out, ProgressLine, app, print_lines
from hipdesk.errors import ModelError
from hipdesk.paths import LOCATOR, SEGMENTER
from hipdesk.records import Provider

if TYPE_CHECKING:
    from hipdesk.ports import Network
    from hipdesk.training.cases import Doors


RESUMED: Final = ("train", "crossval")
"""Commands that go on where they were stopped."""


class StageLine(ProgressLine):
    """Progress of work that takes minutes or hours: a line on a terminal, else one a stage.

    What is told before a colon is the stage.
    """

    def __init__(self) -> None:
        super().__init__(True)
        self._stage = ""

    def __call__(self, fraction: float, what: str) -> None:
        """Show how far a job is; at its end, clear the line."""
        if self._shown and fraction >= 1:
            self.close()
        elif self._shown:
            super().__call__(fraction, what)
        elif (stage := what.partition(":")[0]) and stage != self._stage:
            self._stage = stage
            print(f"{fraction:4.0%} {stage}", file=sys.stderr, flush=True)


Unedited = Annotated[
    bool,
    typer.Option("--accept-unedited", help="A reader has accepted outlines nobody changed."),
]


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def train(context: typer.Context) -> None:
    """Simulate training data, train, test and export models (needs PyTorch).

    With --cases DIR: train the installed model on with a site's corrected cases.
    """
    with _training_installed():
        from hipdesk.training import __main__ as training
        from hipdesk.training import finetune
    site = any(word.split("=")[0] == "--cases" for word in context.args)
    line = StageLine()
    try:
        if site:
            status = finetune.main(context.args, _doors(), _load_folder, line)
        else:
            status = training.main(context.args, "hipdesk train")
        raise typer.Exit(status)
    except SystemExit as stop:  # argparse has said why
        raise typer.Exit(stop.code if isinstance(stop.code, int) else USAGE_EXIT) from stop
    finally:
        line.close()


@app.command()
def crossval(
    out: Out,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="DIR", help="Corrected cases; simulated patients without."),
    ] = None,
    anatomy: Annotated[
        Path | None,
        typer.Option("--anatomy", metavar="DIR", help="Label maps to simulate from."),
    ] = None,
    bodies: Annotated[
        int, typer.Option("--bodies", min=0, help="Invented anatomies to simulate from.")
    ] = 4,
    subjects: Annotated[int, typer.Option("--subjects", min=4, help="Simulated patients.")] = 40,
    network: Annotated[
        list[str] | None,
        typer.Option("--network", metavar="NAME", help="Network to compare; all without."),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2)] = 5,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Batches of each training.")] = 600,
    width: Annotated[float, typer.Option("--width", min=0.05, help="Factor on features.")] = 1.0,
    part: Annotated[
        str, typer.Option("--part", metavar="K/N", help="Only every N-th training, from K on.")
    ] = "0/1",
    threads: Annotated[int, typer.Option("--threads", min=1)] = 1,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    accept_unedited: Unedited = False,
) -> None:
    """Compare networks by cross-validation, folds split by subject; go on where it stopped."""
    with _training_installed():
        from hipdesk.training import comparing

    asked = comparing.Comparison(
        out, cases, anatomy, bodies, subjects, network, folds, steps, width, threads, device, seed
    )
    rules = comparing.Rules(unedited=accept_unedited)
    line = StageLine()
    try:
        print_lines(comparing.compare(asked, _part(part), _doors(), line, rules))
    finally:
        line.close()


@app.command()
def evaluate(
    forms: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FORM.csv]...", help="With --readers: filled-in forms."),
    ] = None,
    anatomy: Annotated[
        Path | None,
        typer.Option("--anatomy", metavar="DIR", help="Label maps to simulate patients from."),
    ] = None,
    only: Annotated[str, typer.Option("--only", metavar="NAME", help="Label map to use.")] = "",
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="DIR", help="Labelled cases instead of simulated ones."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="JSON list of the figures.")
    ] = None,
    locator: Annotated[str, typer.Option("--locator", metavar="NAME")] = LOCATOR,
    model: Annotated[str, typer.Option("--model", metavar="NAME")] = SEGMENTER,
    patients: Annotated[int, typer.Option("--patients", min=2)] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--pictures", metavar="DIR", help="Truth beside prediction as JPG, and a reader's form."
        ),
    ] = None,
    readers: Annotated[
        bool, typer.Option("--readers", help="Sensitivity and specificity from readers' forms.")
    ] = False,
    note: Annotated[
        str,
        typer.Option("--note", metavar="TEXT", help="Kept with the figures: how trained."),
    ] = "",
    accept_unedited: Unedited = False,
) -> None:
    """Measure two models on labelled cases or simulated patients, whole series each.

    The figures can be called leave-one-anatomy-out only where neither model was
    trained on the label map: see `hipdesk train --leave-out`.
    """
    from hipdesk.adapters.comparison_pictures import write_comparison

    with _training_installed():
        from hipdesk.training import judging

    if readers:
        print_lines(judging.readers_lines(forms or []))
        return
    if forms or (cases is None and anatomy is None):
        raise typer.BadParameter("give --cases DIR, --anatomy DIR or --readers FORM.csv")
    asked = judging.Question(cases, anatomy, only, patients, seed, out, pictures, note)
    networks = models.load_model(model, Provider.CPU), models.load_model(locator, Provider.CPU)
    rules = judging.Rules(one_hip=True, unedited=accept_unedited)
    line = StageLine()
    try:
        lines = judging.judge(asked, *networks, _doors(), write_comparison, rules, line)
    finally:
        line.close()
    print_lines(lines)


@contextmanager
def _training_installed() -> Iterator[None]:
    """The packed program and a plain installation leave training out: say so."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModelError(
            f"Training needs {error.name}, which is not installed; install hipdesk[train]."
        ) from error


def _doors() -> Doors:
    """How training reads a site's cases."""
    from hipdesk.adapters.dicom_folder import DicomFolderReader
    from hipdesk.adapters.segmentation_file import read_outlines
    from hipdesk.training.cases import Doors

    return Doors(DicomFolderReader(), read_outlines)


def _load_folder(folder: Path) -> Network:
    """The model in a folder, its hash checked."""
    from hipdesk.adapters.onnx_models import OnnxNetwork, read_manifest, read_model

    manifest = read_manifest(folder)
    return OnnxNetwork(manifest, read_model(folder, manifest), Provider.CPU)


def _part(text: str) -> tuple[int, int]:
    """``K/N`` as numbers."""
    first, _, last = text.partition("/")
    if not (first.isdigit() and last.isdigit() and int(first) < int(last)):
        raise typer.BadParameter("--part must be K/N with K below N, as 0/2")
    return int(first), int(last)

"""The results of a cross-validation as tables: Markdown for people, CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from hipdesk.errors import OutputError
from hipdesk.records import LESIONS, SegmentClass
from hipdesk.training.crossval import FoldResult, Results
from hipdesk.training.evaluate import (
    FIGURES,
    THRESHOLD,
    HipFigures,
    false_ml,
    hip_agreement,
    lesions_of,
    masks_of,
    mean_of,
    plain_of,
)
from hipdesk.training.recipes import Architecture
from hipdesk.training.tables import table

NOTHING: Final = "–"
"""Where there is nothing to measure."""

RULE: Final = f"bme by a threshold at {THRESHOLD} x marrow in the bones found"

FALSE: Final = "false mL in hips without, median"

NAMES: Final[Mapping[Architecture, str]] = {
    Architecture.UNET: "U-Net",
    Architecture.POINT_RENDERING: "U-Net + three-step point rendering",
    Architecture.UNET_PLUS_PLUS: "UNet++",
    Architecture.ATTENTION_UNET: "Attention U-Net",
    Architecture.HRNET: "HRNet",
    Architecture.UNET_3D: "3-D U-Net",
}

PAPER_NOTE: Final = (
    'The last row is what the source paper prints for its U-Net: an "accuracy" of 88.48 % for the '
    "femoral head (folds 87.23-89.66 %) and of 69.36 % for both lesions together (folds "
    "66.63-69.36 %), on 195 patients (Zheng et al. 2023, doi 10.3389/fphys.2023.1132214). The "
    "paper does not define that accuracy: it may be an overlap, a share of pixels or something "
    "else. It stands here for orientation and cannot be compared with any figure above it."
)


def write_tables(results: Results, folder: Path) -> tuple[Path, Path]:
    """``crossval.md`` and ``crossval.csv``."""
    paths = folder / "crossval.md", folder / "crossval.csv"
    try:
        paths[0].write_text(markdown(results), encoding="utf-8")
        paths[1].write_text(comma_separated(results), encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written; check space and permission.") from error
    return paths


def fold_values(hips: Sequence[HipFigures]) -> dict[tuple[str, str], float]:
    """Every figure of one fold by (what, figure)."""
    values: dict[tuple[str, str], float] = {}
    for name in SegmentClass:
        masks = masks_of(hips, name)
        values |= {(name.value, figure): mean_of(masks, figure) for figure in FIGURES}
        if name in LESIONS:
            hits = lesions_of(masks)
            values[name.value, "lesion-wise sensitivity"] = hits.sensitivity
            values[name.value, "lesion-wise precision"] = hits.precision
    plain = plain_of(hips)
    values |= {(RULE, figure): mean_of(plain, figure) for figure in FIGURES}
    hits = lesions_of(plain)
    values[RULE, "lesion-wise sensitivity"] = hits.sensitivity
    values[RULE, "lesion-wise precision"] = hits.precision
    for words, value in hip_agreement(hips).items():
        values["UNet-score U of a hip", words.removeprefix("u_intensity of a hip, ")] = value
    values["bme", FALSE] = false_ml(masks_of(hips, SegmentClass.BME))
    values[RULE, FALSE] = false_ml(plain)
    return values


def comma_separated(results: Results) -> str:
    """Every figure of every fold, then mean and SD over the folds."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["network", "fold", "what", "figure", "value"])
    for architecture in results.plan.architectures:
        own = _own(results, architecture)
        by_fold = [fold_values(result.hips) for result in own]
        for result, values in zip(own, by_fold, strict=True):
            for (what, figure), value in values.items():
                writer.writerow([architecture.value, result.fold + 1, what, figure, _cell(value)])
            writer.writerow(
                [architecture.value, result.fold + 1, "training", "minutes", _cell(result.minutes)]
            )
        for what, figure in by_fold[0]:
            mean, spread = mean_and_sd([values[what, figure] for values in by_fold])
            writer.writerow([architecture.value, "mean", what, figure, _cell(mean)])
            writer.writerow([architecture.value, "SD", what, figure, _cell(spread)])
        cost = results.milliseconds[architecture]
        writer.writerow([architecture.value, "all", "network", "parameters", own[0].parameters])
        writer.writerow([architecture.value, "all", "network", "CPU ms a crop", _cell(cost)])
    return stream.getvalue()


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample SD of what is defined; NaN where too little is."""
    known = [value for value in values if np.isfinite(value)]
    mean = float(np.mean(known)) if known else float("nan")
    return mean, float(np.std(known, ddof=1)) if len(known) > 1 else float("nan")


def markdown(results: Results) -> str:
    """The tables as text for people."""
    plan = results.plan
    batch = f"{plan.steps} batches of {plan.recipe.batch} slices"
    narrow = f", features x {plan.width:g}" if plan.width != 1 else ""
    how = (
        f"{results.subjects} subjects: {results.source}. Folds are split by subject, never by "
        f"slice. Every network had the same subjects, augmentation and budget: {batch}{narrow}, "
        f"seed {plan.seed}. Mean ± SD over the folds; each fold's figure is a mean over its hips. "
        "Crops lie about the true heads, and everything is measured on the series' own pixels. "
        "Lesion overlap and distance are taken over hips with more than 0.3 mL of that lesion; a "
        "lesion counts as found, or as true, where a tenth of it is met. The threshold is the "
        f"plain rule that a network must beat: bone brighter than {THRESHOLD} times the marrow's "
        "median, inside the bones that the network found; it says nothing of fluid, which lies "
        "outside bone."
    )
    lines = [
        f"# {plan.folds}-fold cross-validation",
        "",
        how,
        "",
        *_main_table(results),
        "",
        PAPER_NOTE,
        *_class_tables(results),
        "",
        "## Each fold",
        "",
        *_fold_table(results),
        "",
    ]
    return "\n".join(lines)


def _main_table(results: Results) -> list[str]:
    """One row a network, and the paper's."""
    agreement = "UNet-score U of a hip"
    columns: dict[str, Callable[[Sequence[FoldResult]], str]] = {
        "Femoral head, Dice": lambda own: _spread(own, "femoral_head", "Dice"),
        "Oedema, Dice": lambda own: _spread(own, "bme", "Dice"),
        "Oedema by threshold, Dice": lambda own: _spread(own, RULE, "Dice"),
        "Effusion/synovitis, Dice": lambda own: _spread(own, "effusion_synovitis", "Dice"),
        "U of a hip, ICC(2,1)": lambda own: _spread(own, agreement, "ICC(2,1)"),
        "U, bias [95 % limits], all folds": _pooled_limits,
        "Parameters": lambda own: f"{own[0].parameters:,}",
        "CPU ms a crop": lambda own: f"{results.milliseconds[own[0].architecture]:.1f}",
        "Training, min a fold": lambda own: f"{np.mean([each.minutes for each in own]):.1f}",
    }
    rows = [
        [NAMES[name], *(show(_own(results, name)) for show in columns.values())]
        for name in results.plan.architectures
    ]
    paper = ["U-Net of the source paper", '"accuracy" 88.48 %', *['"accuracy" 69.36 %, both']]
    rows.append([*paper, *[NOTHING] * (len(columns) + 1 - len(paper))])
    return table(["Network", *columns], rows)


def _class_tables(results: Results) -> Iterator[str]:
    """One table for each class, and the plain rule's."""
    for what in (*(name.value for name in SegmentClass), RULE):
        lesion = what in {*LESIONS, RULE}
        figures = [*FIGURES, *(["lesion-wise sensitivity", "lesion-wise precision"] * lesion)]
        rows = [
            [NAMES[name], *(_spread(_own(results, name), what, figure) for figure in figures)]
            for name in results.plan.architectures
        ]
        yield from ("", f"## {what}", "", *table(["Network", *figures], rows))


def _fold_table(results: Results) -> list[str]:
    """Dice of head and lesions and the score's ICC in every fold."""
    wanted = (
        ("femoral_head", "Dice"),
        ("bme", "Dice"),
        ("effusion_synovitis", "Dice"),
        ("UNet-score U of a hip", "ICC(2,1)"),
    )
    rows = []
    for name in results.plan.architectures:
        by_fold = [fold_values(result.hips) for result in _own(results, name)]
        rows += [
            [NAMES[name], f"{what}, {figure}", *(_shown(v[what, figure]) for v in by_fold)]
            for what, figure in wanted
        ]
    folds = [str(number + 1) for number in range(results.plan.folds)]
    return table(["Network", "Figure", *folds], rows)


def _own(results: Results, architecture: Architecture) -> list[FoldResult]:
    return [result for result in results.folds if result.architecture is architecture]


def _spread(own: Sequence[FoldResult], what: str, figure: str) -> str:
    """Mean ± SD over the folds."""
    mean, spread = mean_and_sd([fold_values(result.hips)[what, figure] for result in own])
    return f"{_shown(mean)} ± {_shown(spread)}" if np.isfinite(mean) else NOTHING


def _pooled_limits(own: Sequence[FoldResult]) -> str:
    """Bias and limits of agreement over the hips of all folds."""
    values = list(hip_agreement([hip for result in own for hip in result.hips]).values())
    if not np.isfinite(values[1]):
        return NOTHING
    return f"{values[1]:+.2f} [{values[2]:.2f}, {values[3]:.2f}]"


def _shown(value: float) -> str:
    """A number of the text."""
    return f"{value:.3f}" if np.isfinite(value) else NOTHING


def _cell(value: float) -> str:
    """A number of the CSV; empty where undefined."""
    return f"{value:.5g}" if np.isfinite(value) else ""

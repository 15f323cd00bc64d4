"""``hipdesk evaluate``: figures, pictures and readers' forms of installed models."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.manifest import Metric
from hipdesk.phantom.anatomy import load_label_map
from hipdesk.phantom.prepared import prepare
from hipdesk.ports import Network, Progress, no_progress
from hipdesk.records import BoolArray, Segmentation, SegmentClass, Side, Volume
from hipdesk.training import leave_out
from hipdesk.training.anatomies import kept_names
from hipdesk.training.cases import Case, Doors, Rules, case_lines, read_cases
from hipdesk.training.evaluate import Found, measure, nothing_shown, summary
from hipdesk.training.readers import read_form, reading_lines, readings, write_form

Draw = Callable[
    [Volume, Side, Mapping[SegmentClass, BoolArray], Segmentation | None, Path, str], list[Path]
]
"""Writes one hip's pictures; see `hipdesk.adapters.comparison_pictures`."""

__all__ = ["Album", "Question", "Rules", "judge", "readers_lines"]

FORM = "form.csv"
KEY = "key.csv"


@dataclass(frozen=True, slots=True)
class Question:
    """What to measure models on, and where to write.

    Attributes
    ----------
    cases : labelled cases; None for simulated patients
    anatomy, only, patients, seed : of simulated patients; a label map by name,
        else the folder's first one
    note : words on the models' training, added to the test set's
    out : JSON list of the figures
    pictures : folder of truth beside prediction, with the readers' form
    """

    cases: Path | None
    anatomy: Path | None
    only: str
    patients: int
    seed: int
    out: Path | None
    pictures: Path | None
    note: str = ""


class Album:
    """Writes the pictures of every case, numbered, and at last form and key.

    Pictures and form carry a number instead of the case's name, which only
    ``key.csv`` tells.
    """

    def __init__(self, folder: Path, draw: Draw) -> None:
        self._folder, self._draw = folder, draw
        self._names: list[str] = []
        self._hips: list[tuple[str, Side]] = []

    def __call__(self, case: Case, found: Found) -> None:
        """Write one case's pictures."""
        self._names.append(case.name)
        number = f"{len(self._names):03d}"
        for side, truth in case.truth.items():
            self._draw(case.volume, side, truth, found.get(side), self._folder, number)
            self._hips.append((number, side))

    def finish(self) -> None:
        """Write the empty form, and which number is which case."""
        write_form(self._folder / FORM, self._hips)
        try:
            with (self._folder / KEY).open("w", encoding="utf-8-sig", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["set", "case"])
                rows.writerows((f"{n:03d}", name) for n, name in enumerate(self._names, 1))
        except OSError as error:
            raise OutputError(
                f"{self._folder} cannot be written; check space and permission."
            ) from error


def judge(
    asked: Question,
    segmenter: Network,
    locator: Network,
    doors: Doors,
    draw: Draw,
    rules: Rules | None = None,
    progress: Progress = no_progress,
) -> list[str]:
    """Measure two models; what to tell about them.

    Raises
    ------
    UnreadableInput
        Cases have problems, or there is no such label map.
    OutputError
        Something cannot be written.
    """
    cases, count, test_set = _cases(asked, doors, rules)
    album = None if asked.pictures is None else Album(asked.pictures, draw)
    told = _counted(cases, count, progress)
    figures = measure(told, segmenter, locator, album or nothing_shown)
    progress(1.0, "")
    metrics = summary(figures, "; ".join(filter(None, (test_set, asked.note))))
    if asked.out is not None:
        _write(asked.out, metrics)
    lines = [f"{metric.name}: {metric.value:.3f}" for metric in metrics]
    if album is not None:
        album.finish()
        lines.append(f"Pictures and the readers' form: {asked.pictures}")
    return lines


def readers_lines(forms: Sequence[Path]) -> Iterator[str]:
    """Sensitivity and specificity of every reader, in words.

    Raises
    ------
    UnreadableInput
        There is no form, or one is not filled in as asked for.
    """
    if not forms:
        raise UnreadableInput("Name the filled-in forms: hipdesk evaluate --readers FORM.csv ...")
    return reading_lines(readings([answer for path in forms for answer in read_form(path)]))


def _cases(asked: Question, doors: Doors, rules: Rules | None) -> tuple[Iterable[Case], int, str]:
    """Labelled cases, how many, and what they are, in words."""
    if asked.cases is not None:
        found = read_cases(asked.cases, doors, rules)
        if found.problems:
            raise UnreadableInput("\n".join(case_lines(found)))
        people = len({case.subject for case in found.cases})
        hips = sum(len(case.truth) for case in found.cases)
        words = f"{people} patients with outlined hips ({hips}), whole series"
        return found.cases, len(found.cases), words
    names = kept_names(asked.anatomy, only=[asked.only] if asked.only else [])
    if asked.anatomy is None or not names:
        raise UnreadableInput("There is no label map to simulate patients from; check the folder.")
    prepared = prepare(load_label_map(asked.anatomy, names[0]))
    words = leave_out.description(f"label map {names[0]}", asked.patients, asked.seed)
    return leave_out.patients(prepared, asked.patients, asked.seed), asked.patients, words


def _counted(cases: Iterable[Case], count: int, progress: Progress) -> Iterator[Case]:
    """The cases, each told of before it is made or measured."""
    source = iter(cases)
    for number in range(count):
        progress(number / count, f"patient {number + 1} of {count}")
        yield next(source)


def _write(path: Path, metrics: Sequence[Metric]) -> None:
    text = json.dumps([metric.model_dump() for metric in metrics], indent=1)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written; check space and permission.") from error

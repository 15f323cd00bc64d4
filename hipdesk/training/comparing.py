"""``hipdesk crossval``: from what was asked for to tables on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hipdesk.errors import UnreadableInput
from hipdesk.phantom.prepared import PreparedAnatomy
from hipdesk.ports import Progress
from hipdesk.training.anatomies import kept_names, load_anatomies
from hipdesk.training.cases import Doors, Rules, case_lines, read_cases
from hipdesk.training.crossval import GivenSubjects, Plan, Subjects, run
from hipdesk.training.crossval_tables import write_tables
from hipdesk.training.leave_out import SimulatedSubjects
from hipdesk.training.recipes import Architecture

__all__ = ["Comparison", "Rules", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to compare, on whom and where; see `hipdesk.training.crossval.Plan`.

    Attributes
    ----------
    cases : corrected cases; None for simulated patients
    anatomy, bodies, subjects : of simulated patients
    networks : their names; None for all
    """

    out: Path
    cases: Path | None
    anatomy: Path | None
    bodies: int
    subjects: int
    networks: Sequence[str] | None
    folds: int
    steps: int
    width: float
    threads: int
    device: str
    seed: int

    def plan(self) -> Plan:
        """The plan of the cross-validation.

        Raises
        ------
        UnreadableInput
            There is no such network.
        """
        names = self.networks or [each.value for each in Architecture]
        unknown = [name for name in names if name not in set(Architecture)]
        if unknown:
            known = ", ".join(Architecture)
            raise UnreadableInput(f"There is no network '{unknown[0]}'; these are: {known}.")
        return Plan(
            tuple(Architecture(name) for name in dict.fromkeys(names)),
            self.folds,
            self.steps,
            self.width,
            self.seed,
            self.threads,
            self.device,
        )


def compare(
    asked: Comparison,
    part: tuple[int, int],
    doors: Doors,
    progress: Progress,
    rules: Rules | None = None,
) -> list[str]:
    """Carry out a comparison or a part of it; what to tell about it."""
    plan = asked.plan()
    subjects, source = _subjects(asked, doors, rules)
    results = run(subjects, plan, asked.out, source, part, progress)
    if results is None:
        return ["This part is done; the tables follow when the other parts are."]
    paths = write_tables(results, asked.out)
    return [f"Tables: {', '.join(str(path) for path in paths)}"]


def _subjects(asked: Comparison, doors: Doors, rules: Rules | None) -> tuple[Subjects, str]:
    """Who is compared on, and in words."""
    if asked.cases is not None:
        found = read_cases(asked.cases, doors, rules)
        if found.problems:
            raise UnreadableInput("\n".join(case_lines(found)))
        hips = sum(len(case.truth) for case in found.cases)
        return GivenSubjects(found.cases), f"patients of one site, {hips} outlined hips"
    names = kept_names(asked.anatomy)
    make = partial(_anatomies, asked.anatomy, asked.bodies, asked.seed)
    subjects = SimulatedSubjects(asked.out / "subjects", make, asked.subjects, asked.seed)
    sources = [f"label maps {', '.join(names)}"] if names else []
    sources += [f"{asked.bodies} invented bodies (seed {asked.seed})"] if asked.bodies else []
    return subjects, (
        "simulated patients, both hips, of random protocol, pose, lesions and artefacts, from "
        f"{' and '.join(sources)}. Subjects of different folds "
        "share these anatomies, so the figures compare networks and say nothing of an anatomy "
        "never seen"
    )


def _anatomies(folder: Path | None, bodies: int, seed: int) -> Sequence[PreparedAnatomy]:
    return load_anatomies(folder, bodies=bodies, seed=seed)

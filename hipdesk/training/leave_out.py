"""Simulated patients as cases: of an anatomy that a model never saw, or of invented bodies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from hipdesk.errors import OutputError
from hipdesk.phantom.anatomy import HipGeometry
from hipdesk.phantom.patients import random_patient, random_plan
from hipdesk.phantom.prepared import PreparedAnatomy
from hipdesk.phantom.samples import (
    SeriesPlan,
    SimulatedSeries,
    random_stir_signals,
    random_subject,
    simulate_series,
)
from hipdesk.phantom.signal import PAPER_STIR
from hipdesk.phantom.volumes import as_volume
from hipdesk.records import Head, SegmentClass, Side
from hipdesk.training.cases import Case

HIPS_FIELD_MM: Final = (180.0, 330.0)
"""Rows and columns of a field that holds both crops: all that segmenters are compared on."""


def patients(prepared: PreparedAnatomy, count: int, seed: int) -> Iterator[Case]:
    """Simulated patients of one anatomy, each from its own generator ``(seed, index)``."""
    for index in range(count):
        simulated = random_patient(np.random.default_rng([seed, index]), prepared)
        yield as_case(simulated, f"patient {seed} {index}")


def description(anatomy: str, count: int, seed: int) -> str:
    """The test set in words, as a model card prints it."""
    return (
        f"{count} simulated patients (seed {seed}) of {anatomy}, both hips, whole "
        "coronal fluid-sensitive series of random protocol, pose, lesions and artefacts"
    )


def as_case(simulated: SimulatedSeries, name: str) -> Case:
    """A simulated series with its truth."""
    truth = {
        side: MappingProxyType({each: simulated.truth[side, each] for each in SegmentClass})
        for side in Side
    }
    heads = {
        side: Head(side, True, 1.0, hip.centre_lps_mm, hip.radius_mm)
        for side, hip in simulated.hips.items()
    }
    return Case(name, name, as_volume(simulated, name), truth, heads)


class SimulatedSubjects:
    """Simulated patients made once and kept on disk; see `patients` for whole series.

    The field is cut to the hips, which is enough where no head has to be found.

    Parameters
    ----------
    folder : where they are kept
    anatomies : makes the anatomies once they are needed; subject ``i`` has
        anatomy ``i`` modulo their number
    """

    def __init__(
        self,
        folder: Path,
        anatomies: Callable[[], Sequence[PreparedAnatomy]],
        count: int,
        seed: int,
    ) -> None:
        self._folder, self._seed = folder, seed
        self._anatomies = cache(lambda: tuple(anatomies()))
        self.subjects = tuple(f"simulated {index:03d}" for index in range(count))

    def case(self, subject: str) -> Case:
        """One subject, simulated now unless that was done before."""
        index = self.subjects.index(subject)
        path = self._folder / f"{index:03d}.npz"
        if not path.exists():
            rng = np.random.default_rng([self._seed, index])
            save_simulated(self._simulate(rng, index), path)
        return as_case(load_simulated(path), subject)

    def cases(self, subject: str) -> tuple[Case, ...]:
        """All series of one subject."""
        return (self.case(subject),)

    def _simulate(self, rng: np.random.Generator, index: int) -> SimulatedSeries:
        """A patient, both hips in view."""
        every = self._anatomies()
        prepared = every[index % len(every)]
        subject = random_subject(rng, prepared)
        return simulate_series(rng, subject, hips_plan(rng), random_stir_signals(rng))


def calibration_cases(
    anatomies: Sequence[PreparedAnatomy], count: int, seed: int
) -> Iterator[Case]:
    """Simulated patients to choose thresholds on, their fields cut to the hips."""
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        subject = random_subject(rng, anatomies[index % len(anatomies)])
        simulated = simulate_series(rng, subject, hips_plan(rng), random_stir_signals(rng))
        yield as_case(simulated, f"calibration {seed} {index}")


def calibration_words(what: str, names: Sequence[str], bodies: int, seed: int) -> str:
    """What something was chosen on, as a model card prints it.

    Parameters
    ----------
    what : how many of what, as ``24 simulated patients``
    names : of label maps
    """
    sources = [f"label map {name}" for name in names]
    sources += [f"{bodies} invented bodies"] if bodies else []
    return f"{what} (seed {seed}) of {', '.join(sources)}, kept for this"


def hips_plan(rng: np.random.Generator) -> SeriesPlan:
    """A clinic's protocol, its field cut to both hips."""
    plan = random_plan(rng)
    rows, columns = (int(size // plan.pixel_mm) for size in HIPS_FIELD_MM)
    centre = tuple(float(value) for value in rng.normal(0, 4, 3))
    return replace(
        plan, rows=rows, columns=columns, centre_mm=(centre[0], centre[1], centre[2] - 4)
    )


def save_simulated(simulated: SimulatedSeries, path: Path) -> None:
    """Write a series with its truth aside, then put it in place.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    bits = np.zeros(simulated.voxels.shape, dtype=np.uint16)
    for bit, key in enumerate(_keys()):
        bits |= simulated.truth[key].astype(np.uint16) << bit
    hips = [simulated.hips[side] for side in Side]
    aside = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            aside,
            voxels=simulated.voxels.astype(np.uint16),
            truth=bits,
            affine=simulated.affine,
            thickness_mm=simulated.thickness_mm,
            heads=np.array([[*hip.centre_lps_mm, hip.radius_mm, *hip.neck_axis] for hip in hips]),
        )
        aside.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path.parent} cannot be written; check space and permission."
        ) from error


def load_simulated(path: Path) -> SimulatedSeries:
    """What `save_simulated` wrote; the protocol's figures are the paper's."""
    with np.load(path, allow_pickle=False) as kept:
        bits, heads = kept["truth"], kept["heads"]
        return SimulatedSeries(
            kept["voxels"].astype(np.float32),
            kept["affine"],
            float(kept["thickness_mm"]),
            PAPER_STIR,
            {key: (bits >> bit) & 1 > 0 for bit, key in enumerate(_keys())},
            {
                side: HipGeometry(tuple(row[:3]), float(row[3]), tuple(row[4:]))
                for side, row in zip(Side, heads.tolist(), strict=True)
            },
        )


def _keys() -> tuple[tuple[Side, SegmentClass], ...]:
    """Bit order of the truth on disk."""
    return tuple((side, name) for side in Side for name in SegmentClass)

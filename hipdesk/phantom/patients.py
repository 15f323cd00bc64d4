"""Whole random patients: an anatomy, a disease, a clinic's protocol, one coronal series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hipdesk.errors import UnreadableInput
from hipdesk.phantom import procedural
from hipdesk.phantom.anatomy import label_map_names, load_label_map
from hipdesk.phantom.prepared import PreparedAnatomy, prepare
from hipdesk.phantom.samples import (
    SeriesPlan,
    SimulatedSeries,
    random_stir_signals,
    random_subject,
    simulate_series,
)
from hipdesk.phantom.signal import T1_TSE
from hipdesk.records import Contrast


def random_series(
    seed: int, contrast: str, anatomy: Path | None = None, name: str = ""
) -> SimulatedSeries:
    """One random patient's series; the same seed gives the same one.

    Parameters
    ----------
    contrast : ``stir`` or ``t1``
    anatomy : folder of label maps; an invented body without
    name : of the label map; the first one where empty

    Raises
    ------
    UnreadableInput
        There is no such label map.
    """
    rng = np.random.default_rng(seed)
    return random_patient(rng, _body(rng, anatomy, name), Contrast(contrast))


def random_patient(
    rng: np.random.Generator, prepared: PreparedAnatomy, contrast: Contrast = Contrast.STIR
) -> SimulatedSeries:
    """A coronal series of a random patient with this anatomy."""
    subject = random_subject(rng, prepared)
    plan = random_plan(rng)
    if contrast is Contrast.T1:
        return simulate_series(rng, subject, replace(plan, protocol=T1_TSE))
    return simulate_series(rng, subject, plan, random_stir_signals(rng))


def random_plan(rng: np.random.Generator) -> SeriesPlan:
    """A clinic's coronal protocol: resolution, slices and obliquity vary."""
    pixel = float(rng.uniform(0.7, 1.0))
    size = int(min(448, 380 // pixel // 16 * 16))
    spacing = float(rng.uniform(3.6, 5.5))
    tilt = rng.normal(0, 1, 3) * (5, 2, 3)
    return SeriesPlan(
        rows=size,
        columns=size,
        pixel_mm=pixel,
        slices=int(100 / spacing),
        spacing_mm=spacing,
        thickness_mm=float(rng.uniform(0.8, 1.0) * spacing),
        centre_mm=(float(rng.normal(0, 6)), float(rng.normal(0, 5)), float(rng.normal(-15, 15))),
        tilt_deg=(float(tilt[0]), float(tilt[1]), float(tilt[2])),
        samples=(1, 4),
    )


def _body(rng: np.random.Generator, folder: Path | None, name: str) -> PreparedAnatomy:
    """A label map, or an invented body."""
    if folder is None:
        return prepare(procedural.build(rng))
    names = label_map_names(folder)
    if not names or (name and name not in names):
        raise UnreadableInput(f"There is no such label map in {folder}; check folder and name.")
    return prepare(load_label_map(folder, name or names[0]))

"""Whole random patients: an anatomy, a disease, a clinic's protocol, one coronal series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hipdesk.errors import UnreadableInput
from hipdesk.geometry import as_point
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
from hipdesk.records import Contrast, Side


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
    rng: np.random.Generator,
    prepared: PreparedAnatomy,
    contrast: Contrast = Contrast.STIR,
    *,
    replaced: float = 0.0,
    one_hip: bool = False,
) -> SimulatedSeries:
    """A coronal series of a random patient with this anatomy.

    Parameters
    ----------
    replaced : how often each hip is a prosthesis, which has no truth and must be refused
    one_hip : a small field of view about one hip, in finer pixels
    """
    subject = random_subject(rng, prepared, replaced=replaced)
    plan = one_hip_plan(rng, prepared) if one_hip else random_plan(rng)
    if contrast is Contrast.T1:
        return simulate_series(rng, subject, replace(plan, protocol=T1_TSE))
    return simulate_series(rng, subject, plan, random_stir_signals(rng))


def random_plan(rng: np.random.Generator) -> SeriesPlan:
    """A clinic's coronal protocol of both hips: resolution, slices, gaps and obliquity vary."""
    pixel = float(rng.uniform(0.65, 1.0))
    size = int(min(512, 380 // pixel // 16 * 16))
    spacing = float(rng.uniform(3.3, 5.5))
    tilt = rng.normal(0, 1, 3) * (6, 2, 4)
    if rng.random() < 0.15:
        tilt += (rng.uniform(-14, 14), 0, rng.uniform(-8, 8))
    return SeriesPlan(
        rows=size,
        columns=size,
        pixel_mm=pixel,
        slices=int(100 / spacing),
        spacing_mm=spacing,
        thickness_mm=float(np.clip(rng.uniform(0.75, 1.0) * spacing, 3.0, 5.0)),
        centre_mm=(float(rng.normal(0, 6)), float(rng.normal(0, 5)), float(rng.normal(-15, 15))),
        tilt_deg=as_point(np.clip(tilt, -20, 20)),
        samples=(1, 4),
    )


def one_hip_plan(rng: np.random.Generator, prepared: PreparedAnatomy) -> SeriesPlan:
    """A protocol of one hip: 180-240 mm about its head, pixels of 0.5-0.65 mm."""
    right, left = (prepared.anatomy.hips[side].centre_lps_mm[0] for side in Side)
    apart = abs(left - right)
    out = -1.0 if rng.random() < 0.5 else 1.0
    plan, pixel = random_plan(rng), float(rng.uniform(0.5, 0.65))
    size = int(rng.uniform(180, 240) // pixel // 16 * 16)
    x = out * (apart / 2 + rng.normal(8, 6))
    return replace(
        plan,
        rows=size,
        columns=size,
        pixel_mm=pixel,
        centre_mm=(float(x), plan.centre_mm[1], float(rng.normal(-10, 10))),
    )


def _body(rng: np.random.Generator, folder: Path | None, name: str) -> PreparedAnatomy:
    """A label map, or an invented body."""
    if folder is None:
        return prepare(procedural.build(rng))
    names = label_map_names(folder)
    if not names or (name and name not in names):
        raise UnreadableInput(f"There is no such label map in {folder}; check folder and name.")
    return prepare(load_label_map(folder, name or names[0]))

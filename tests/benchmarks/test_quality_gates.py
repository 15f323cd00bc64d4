"""Sensitivity and false alarms of what is measured on pixels, on simulated series."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hipdesk.image_quality import (
    FAT_LIMIT,
    GHOST_LIMIT,
    failed_suppression,
    ghosting,
    refused_for_metal,
)
from hipdesk.phantom import procedural
from hipdesk.phantom.artefacts import Scanner, random_scanner
from hipdesk.phantom.mimics import hip_replacement
from hipdesk.phantom.prepared import prepare
from hipdesk.phantom.render import Subject
from hipdesk.phantom.samples import SeriesPlan, random_subject, simulate_series
from hipdesk.phantom.signal import PAPER_STIR, T1_TSE, T2_FS, Protocol
from hipdesk.phantom.volumes import as_volume
from hipdesk.pixel_contrast import Fat, judge_fat
from hipdesk.records import Contrast, Head, Reason, Side, Volume

PATIENTS = int(os.environ.get("HIPDESK_GATE_PATIENTS", "4"))

PROTOCOLS = (
    PAPER_STIR,
    T2_FS,
    T1_TSE,
    Protocol(Contrast.PD, 2600.0, 28.0, None),
    Protocol(Contrast.PD_FS, 2800.0, 32.0, None, fat_suppressed=True),
    replace(T2_FS, contrast=Contrast.T2, fat_suppressed=False, te_ms=85.0),
)


def _scanner(rng: np.random.Generator, fault: str) -> Scanner:
    """A usual scanner with one fault or none."""
    usual = replace(random_scanner(rng), ghost=0.0, motion_px=0.0, fat_left=0.0, wrap=0.0)
    if fault == "ghost":
        return replace(usual, ghost=float(rng.uniform(0.12, 0.35)))
    if fault == "fat":
        return replace(
            usual,
            fat_left=float(rng.uniform(1.2, 3)),
            fat_left_at=random_scanner(rng).fat_left_at,
            fat_left_reach=float(rng.uniform(0.6, 1.2)),
        )
    return usual


def _faulty(rng: np.random.Generator, subject: Subject, fault: str) -> Subject:
    if fault != "metal":
        return replace(subject, implants=())
    hip = subject.prepared.anatomy.hips[Side.RIGHT]
    return replace(subject, implants=(hip_replacement(rng, hip, Side.RIGHT),))


def _series() -> Iterator[tuple[str, Volume, tuple[Head, ...]]]:
    """(fault, series, its true heads) of every simulated patient."""
    for seed in range(PATIENTS):
        rng = np.random.default_rng(91_000 + seed)
        subject = random_subject(rng, prepare(procedural.build(rng)))
        plan = SeriesPlan(rows=288, columns=288, pixel_mm=1.25, slices=11, samples=(1, 2))
        for protocol in PROTOCOLS:
            faults = ("", "ghost", "fat", "metal") if protocol is PAPER_STIR else ("",)
            for fault in faults:
                made = simulate_series(
                    rng,
                    _faulty(rng, subject, fault),
                    replace(plan, protocol=protocol),
                    scanner=_scanner(rng, fault),
                )
                heads = tuple(
                    Head(side, True, 0.9, hip.centre_lps_mm, hip.radius_mm)
                    for side, hip in made.hips.items()
                )
                yield fault, as_volume(made, f"gate-{seed}-{protocol.contrast}-{fault}"), heads


@pytest.mark.bench
def test_faults_are_told_and_sound_series_left_in_peace() -> None:
    told: dict[str, list[bool]] = defaultdict(list)
    for fault, volume, heads in _series():
        contrast, name = volume.series.contrast, fault or "none"
        metal = any(head.reason is Reason.METAL for head in refused_for_metal(volume, heads))
        told[f"metal, fault {name}"].append(metal)
        told[f"ghosting, fault {name}"].append(ghosting(volume.voxels) > GHOST_LIMIT)
        if contrast.fluid_sensitive:
            failed = failed_suppression(volume.voxels, volume.series.spacing_mm)
            told[f"failed suppression, fault {name}"].append(
                failed is not None and failed.log_odds > FAT_LIMIT
            )
        if not fault:
            verdict = judge_fat(volume, heads)
            want = Fat.DARK if contrast.fluid_sensitive else Fat.BRIGHT
            told["fat decided"].append(verdict.fat is not None)
            told["fat decided wrongly"].append(verdict.fat not in (None, want))
            told["fat certain and wrong"].append(verdict.certain and verdict.fat is not want)
    for gate, each in sorted(told.items()):
        print(f"{gate}: {sum(each)} of {len(each)}")
    assert not any(told["metal, fault none"])
    assert np.mean(told["fat certain and wrong"]) <= 0.1
    assert np.mean(told["metal, fault metal"]) >= 0.75
    assert np.mean(told["ghosting, fault ghost"]) >= 0.75
    assert np.mean(told["ghosting, fault none"]) <= 0.25

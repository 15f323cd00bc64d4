"""Signals against the sequence equations worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hipdesk.phantom.anatomy import Structure
from hipdesk.phantom.signal import (
    PAPER_STIR,
    RELAXATION,
    T1_TSE,
    Protocol,
    Relaxation,
    Tissue,
    measured_stir_signals,
    signal,
    tissue_signals,
    varied_stir_signals,
)
from hipdesk.records import Contrast


def test_inversion_recovery_by_hand() -> None:
    # TI = T1 ln 2, TR endless, TE = T2 ln 4: 1 - 2 x 1/2 = 0, whatever the rest.
    nulled = Protocol(Contrast.STIR, 1e6, 100.0 * np.log(4), 300.0 * np.log(2))
    assert signal(Relaxation((300.0, 300.0), (100.0, 100.0), 1.0), nulled) == pytest.approx(0.0)
    # TI = T1 ln 4: 1 - 2/4 = 1/2; times exp(-ln 4) = 1/4; times density 0.8 = 0.1.
    half = Protocol(Contrast.STIR, 1e6, 100.0 * np.log(4), 300.0 * np.log(4))
    assert signal(Relaxation((300.0, 1.0), (100.0, 1.0), 0.8), half) == pytest.approx(0.1)


def test_magnitude_is_never_negative() -> None:
    early = Protocol(Contrast.STIR, 1e6, 0.0, 100.0)
    # 1 - 2 exp(-100/1000) = -0.8097 before the magnitude is taken.
    assert signal(Relaxation((1000.0, 1.0), (50.0, 1.0), 1.0), early) == pytest.approx(0.809675)


def test_saturation_recovery_by_hand() -> None:
    # TR = T1 ln 2 gives 1/2; TE = T2 ln 2 gives 1/2.
    protocol = Protocol(Contrast.T1, 500.0 * np.log(2), 40.0 * np.log(2), None)
    assert signal(Relaxation((500.0, 1.0), (40.0, 1.0), 1.0), protocol) == pytest.approx(0.25)


def test_the_field_strength_picks_its_own_times() -> None:
    tissue = Relaxation((500.0, 1000.0), (40.0, 40.0), 1.0)
    at_1_5 = Protocol(Contrast.T1, 500.0, 0.0, None, field_t=1.5)
    at_3 = Protocol(Contrast.T1, 500.0, 0.0, None, field_t=3.0)
    assert signal(tissue, at_1_5) == pytest.approx(1 - np.exp(-1))
    assert signal(tissue, at_3) == pytest.approx(1 - np.exp(-0.5))


def test_the_papers_sequence_darkens_fat_and_brightens_fluid() -> None:
    values = {tissue: signal(RELAXATION[tissue], PAPER_STIR) for tissue in RELAXATION}
    assert values[Tissue.FAT] < 0.75 * values[Tissue.MUSCLE]
    assert values[Tissue.FLUID] > 3.0 * values[Tissue.MUSCLE]


def test_t1_brightens_fat_and_darkens_fluid() -> None:
    values = {tissue: signal(RELAXATION[tissue], T1_TSE) for tissue in RELAXATION}
    assert values[Tissue.FAT] > 1.5 * values[Tissue.MUSCLE] > 1.5 * values[Tissue.FLUID]


def test_every_label_of_a_body_has_a_signal_and_air_has_none() -> None:
    signals = tissue_signals(np.random.default_rng(1), PAPER_STIR)
    assert signals.by_label[Structure.AIR] == 0.0
    assert np.all(signals.by_label[1:] > 0)
    assert signals.by_label[Structure.FEMUR_RIGHT] == pytest.approx(signals.marrow)


def test_measured_signals_stay_inside_the_measured_ranges() -> None:
    drawn = [measured_stir_signals(np.random.default_rng(seed)) for seed in range(200)]
    bladder = np.array([signals.by_label[Structure.BLADDER] for signals in drawn])
    muscle = np.array([np.median(signals.by_label[Structure.MUSCLE :]) for signals in drawn])
    assert 3.6 < np.median(bladder) < 10.0
    assert 0.71 < np.median(muscle) < 1.31


def test_varied_signals_keep_the_order_of_a_fat_suppressed_picture() -> None:
    for seed in range(200):
        signals = varied_stir_signals(np.random.default_rng(seed))
        assert signals.fluid_sensitive
        assert signals.marrow == 1.0
        assert signals.cortex <= 0.4
        # Synovitis of 0.7 times free fluid stays brighter than cartilage.
        assert 0.7 * signals.fluid > signals.by_label[Structure.CARTILAGE]
        assert signals.fluid > 1.35 * signals.fat
    fats = [varied_stir_signals(np.random.default_rng(seed)).fat for seed in range(200)]
    assert np.mean(np.greater(fats, 1.0)) == pytest.approx(0.33, abs=0.1)

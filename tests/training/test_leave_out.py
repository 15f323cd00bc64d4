"""Measuring models on an anatomy left out: figures worked by hand, and a perfect reader."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hipdesk.errors import HeadNotFound
from hipdesk.geometry import as_point
from hipdesk.phantom.samples import SeriesPlan, random_subject, simulate_series
from hipdesk.phantom.volumes import as_volume, true_segmentation
from hipdesk.records import Head, HipResult, SegmentClass, Side
from hipdesk.scoring import patient_total, score_hip
from hipdesk.training import leave_out
from hipdesk.training.leave_out import HipFigures, PatientFigures, measure, summary
from tests.analysis_factory import make_analysis
from tests.toy_anatomy import toy_prepared

NAN = float("nan")


def hip(centre: float, bme: float, found_ml: float, true_ml: float) -> HipFigures:
    dices = dict.fromkeys(SegmentClass, 0.5) | {SegmentClass.BME: bme}
    return HipFigures(centre, dices, (found_ml, true_ml), (1.0, 1.0))


def test_summary_by_hand() -> None:
    figures = [
        PatientFigures((hip(1.0, 0.8, 2.0, 2.0), hip(3.0, NAN, 0.2, 0.0)), (1.0, 1.0), (1.0, 2.0)),
        PatientFigures((hip(2.0, 0.6, 1.0, 2.0), hip(NAN, NAN, 0.4, 0.0)), (3.0, 3.0), (2.0, 4.0)),
        PatientFigures((hip(6.0, NAN, 0.0, 0.0), hip(2.0, 0.4, 1.0, 1.0)), (5.0, 5.0), (NAN, 1.0)),
    ]
    values = {metric.name: metric.value for metric in summary(figures, "by hand")}
    assert values["heads found, share"] == pytest.approx(5 / 6, abs=1e-4)
    assert values["head centre error, median mm"] == 2.0
    assert values["head centre error, largest mm"] == 6.0
    assert values["bme Dice, mean over hips"] == pytest.approx(0.6)
    assert values["femoral_head Dice, mean over hips"] == 0.5
    assert values["u_intensity of a patient, ICC(2,1)"] == 1.0
    # Pairs (1, 2) and (2, 4) have mean squares 2.25 (rows), 2.25 (columns), 0.25 (rest):
    # (2.25 - 0.25) / (2.25 + 0.25 + 2 / 2 * (2.25 - 0.25)).
    assert values["u_area of a patient, ICC(2,1)"] == pytest.approx(2 / 4.5, abs=1e-4)
    # Hips without true oedema were given 0.2, 0.4 and 0.0 mL.
    assert values["false bme in hips without, median mL"] == pytest.approx(0.2)


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(4)
    plan = SeriesPlan(
        rows=88, columns=152, pixel_mm=1.5, slices=12, spacing_mm=5.0, centre_mm=(0, 0, 0)
    )
    simulated = simulate_series(rng, random_subject(rng, toy_prepared()), plan)
    return as_volume(simulated, "1.2.3"), simulated


def test_a_perfect_reader_scores_perfectly(case, monkeypatch) -> None:
    volume, simulated = case

    def perfect(request, *_):
        hips = []
        for side in Side:
            truth = true_segmentation(simulated, side)
            head = Head(side, True, 1.0, as_point(simulated.hips[side].centre_lps_mm), 22.0)
            hips.append(HipResult(side, head, truth, score_hip(request.volume, truth)))
        return replace(make_analysis(volume.series), hips=tuple(hips), total=patient_total(hips))

    monkeypatch.setattr(leave_out, "analyze", perfect)
    (figures,) = measure(iter([case]), None, None)
    for found in figures.hips:
        assert found.centre_mm == 0.0
        assert {value for value in found.dices.values() if not math.isnan(value)} == {1.0}
        assert found.bme_ml[0] == found.bme_ml[1]
    assert figures.u_intensity[0] == figures.u_intensity[1]


def test_a_reader_that_finds_nothing_is_counted_as_such(case, monkeypatch) -> None:
    def blind(*_):
        raise HeadNotFound("No femoral head was found.")

    monkeypatch.setattr(leave_out, "analyze", blind)
    (figures,) = measure(iter([case]), None, None)
    assert all(math.isnan(found.centre_mm) for found in figures.hips)
    assert figures.hips[0].dices[SegmentClass.FEMORAL_HEAD] == 0.0
    assert math.isnan(figures.u_intensity[0])


def test_the_threshold_beside_the_network_by_hand(case) -> None:
    volume, _ = case
    voxels = np.full(volume.series.shape, 100.0, dtype=np.float32)
    voxels[0, 0, :3] = 159.0, 161.0, 161.0
    femur = np.zeros(voxels.shape, dtype=bool)
    femur[0, 0, :2] = True
    femur[1] = True
    masks = {
        SegmentClass.PROXIMAL_FEMUR: femur,
        SegmentClass.ACETABULUM: np.zeros(voxels.shape, dtype=bool),
    }
    found = leave_out._bright_bone(replace(volume, voxels=voxels), masks)
    np.testing.assert_array_equal(np.argwhere(found), [[0, 0, 1]])

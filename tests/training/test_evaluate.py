"""Summaries of hips worked by hand, and what is compared where."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hipdesk.records import GridBox, Segmentation, SegmentClass, Side
from hipdesk.training.evaluate import (
    HipFigures,
    PatientFigures,
    bright_bone,
    figures_from_json,
    figures_json,
    measure_case,
    summary,
)
from hipdesk.training.metrics import LesionHits, MaskFigures
from tests.training.case_factory import FixedNetwork, make_case

NAN = float("nan")


def mask(dice: float, found_ml: float, true_ml: float, hits: LesionHits | None = None):
    return MaskFigures(dice, dice / 2, 0.9, 3.0, found_ml, true_ml, hits or LesionHits())


def hip(centre: float, bme: float, found_ml: float, true_ml: float, u=(NAN, NAN)) -> HipFigures:
    classes = {name: mask(0.5, 1.0, 1.0) for name in SegmentClass}
    classes[SegmentClass.BME] = mask(bme, found_ml, true_ml, LesionHits(2, 1, 4, 3))
    plain = mask(bme / 2, found_ml, true_ml)
    return HipFigures("case", "subject", Side.RIGHT, centre, classes, plain, u, (NAN, NAN))


def test_summary_by_hand() -> None:
    figures = [
        PatientFigures((hip(1.0, 0.8, 2.0, 2.0), hip(3.0, NAN, 0.2, 0.0)), (1.0, 1.0), (1.0, 2.0)),
        PatientFigures((hip(2.0, 0.6, 1.0, 2.0), hip(NAN, NAN, 0.4, 0.0)), (3.0, 3.0), (2.0, 4.0)),
        PatientFigures((hip(6.0, 0.0, 0.0, 0.0), hip(2.0, 0.4, 1.0, 1.0)), (5.0, 5.0), (NAN, 1.0)),
    ]
    values = {metric.name: metric.value for metric in summary(figures, "by hand")}
    assert values["heads found, share"] == pytest.approx(5 / 6, abs=1e-4)
    assert values["head centre error, median mm"] == 2.0
    assert values["head centre error, largest mm"] == 6.0
    # The Dice of 0 belongs to a hip without true oedema: it is false volume, not overlap.
    assert values["bme Dice, mean over hips"] == pytest.approx(0.6)
    assert values["bme IoU, mean over hips"] == pytest.approx(0.3)
    assert values["femoral_head Dice, mean over hips"] == 0.5
    assert values["bme lesions found, share"] == 0.5
    assert values["bme found lesions that are true, share"] == 0.75
    rule = "for comparison: bme Dice of a threshold at 1.6 x marrow in the bones found"
    assert values[rule] == pytest.approx(0.3)
    assert values["u_intensity of a patient, ICC(2,1)"] == 1.0
    # Pairs (1, 2) and (2, 4) have mean squares 2.25 (rows), 2.25 (columns), 0.25 (rest):
    # (2.25 - 0.25) / (2.25 + 0.25 + 2 / 2 * (2.25 - 0.25)).
    assert values["u_area of a patient, ICC(2,1)"] == pytest.approx(2 / 4.5, abs=1e-4)
    # Hips without true oedema were given 0.2, 0.4 and 0.0 mL.
    assert values["false bme in hips without, median mL"] == pytest.approx(0.2)
    beside = "for comparison: false bme in hips without, median mL of a threshold at 1.6 x marrow"
    assert values[f"{beside} in the bones found"] == pytest.approx(0.2)


def test_agreement_of_hips_by_hand() -> None:
    hips = tuple(
        hip(0.0, 0.5, 1.0, 1.0, u) for u in ((2.0, 1.0), (4.0, 4.0), (6.0, 7.0), (NAN, 3.0))
    )
    values = {m.name: m.value for m in summary([PatientFigures(hips, (NAN,) * 2, (NAN,) * 2)], "")}
    assert values["u_intensity of a hip, bias"] == 0.0
    assert values["u_intensity of a hip, lower 95 % limit of agreement"] == pytest.approx(-1.96)
    assert values["u_intensity of a hip, upper 95 % limit of agreement"] == pytest.approx(1.96)
    assert "u_intensity of a patient, ICC(2,1)" not in values


def test_figures_survive_a_file() -> None:
    figures = [PatientFigures((hip(NAN, 0.8, 2.0, 2.0),), (1.0, NAN), (NAN, NAN))]
    back = figures_from_json(figures_json(figures))
    assert repr(back) == repr(figures)
    assert back[0].hips[0].classes[SegmentClass.BME].lesions == LesionHits(2, 1, 4, 3)
    with pytest.raises(ValueError):
        figures_from_json('[{"hips": 3}]')


def test_the_threshold_beside_the_network_by_hand() -> None:
    case = make_case()
    voxels = np.full(case.volume.series.shape, 100.0, dtype=np.float32)
    voxels[0, 0, :3] = 159.0, 161.0, 161.0
    femur = np.zeros(voxels.shape, dtype=bool)
    femur[0, 0, :2] = True
    femur[1] = True
    none = np.zeros(voxels.shape, dtype=bool)
    masks = {SegmentClass.PROXIMAL_FEMUR: femur, SegmentClass.ACETABULUM: none}
    volume = type(case.volume)(case.volume.series, voxels, "")
    np.testing.assert_array_equal(np.argwhere(bright_bone(volume, masks)), [[0, 0, 1]])
    assert bright_bone(volume, masks | {SegmentClass.PROXIMAL_FEMUR: none}) is None


def test_a_network_that_outlines_the_truth_is_nearly_perfect() -> None:
    case = make_case()
    figures = measure_case(case, FixedNetwork(case))
    assert {hip.side for hip in figures.hips} == set(Side)
    for each in figures.hips:
        assert each.centre_mm is None
        assert each.classes[SegmentClass.FEMORAL_HEAD].dice > 0.95
        assert each.classes[SegmentClass.BME].dice > 0.8
        assert each.u_intensity[0] == pytest.approx(each.u_intensity[1], rel=0.1)
        assert each.plain is not None


def test_without_a_locator_nothing_is_said_of_heads() -> None:
    figures = [measure_case(make_case(), FixedNetwork(make_case()))]
    assert not any("heads found" in metric.name for metric in summary(figures, ""))


def test_bone_beyond_the_field_is_not_asked_for(monkeypatch) -> None:
    case = make_case()
    shape = case.volume.series.shape
    box = GridBox((0, 0, 0), (shape[0], shape[1], shape[2] // 2))
    cut = {name: mask[box.index] & True for name, mask in case.truth[Side.RIGHT].items()}
    shaft = np.zeros(shape, dtype=bool)
    shaft[..., -2:] = True
    truth = {**case.truth[Side.RIGHT]}
    truth[SegmentClass.PROXIMAL_FEMUR] = truth[SegmentClass.PROXIMAL_FEMUR] | shaft
    longer = type(case)("long", "long", case.volume, {Side.RIGHT: truth})
    monkeypatch.setattr(
        "hipdesk.training.evaluate._cropped",
        lambda *_: {Side.RIGHT: Segmentation(Side.RIGHT, box, cut)},
    )
    (found,) = measure_case(longer, None).hips
    assert found.classes[SegmentClass.PROXIMAL_FEMUR].dice == 1.0
    assert math.isnan(measure_case(longer, None).u_intensity[0])

"""Whole random patients: repeatable, within a clinic's protocols, truth on the same grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import UID

from hipdesk.errors import UnreadableInput
from hipdesk.geometry import spacing_of, to_index
from hipdesk.phantom import patients
from hipdesk.phantom.patients import (
    one_hip_plan,
    random_patient,
    random_plan,
    random_series,
)
from hipdesk.phantom.samples import SeriesPlan
from hipdesk.phantom.volumes import as_volume
from hipdesk.records import Contrast, Plane, SegmentClass, Side
from tests.toy_anatomy import toy_prepared


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = SeriesPlan(rows=64, columns=96, pixel_mm=2.0, slices=8, spacing_mm=6.0, thickness_mm=5.0)
    monkeypatch.setattr(patients, "random_plan", lambda rng: plan)


def test_plans_stay_within_a_clinics_habits() -> None:
    for seed in range(50):
        plan = random_plan(np.random.default_rng(seed))
        assert 0.65 <= plan.pixel_mm <= 1.0
        assert plan.rows * plan.pixel_mm >= 290
        assert 3.0 <= plan.thickness_mm <= plan.spacing_mm <= 5.5
        assert max(map(abs, plan.tilt_deg)) <= 20
        assert plan.slices * plan.spacing_mm >= 90


def test_the_same_seed_gives_the_same_patient(small: None) -> None:
    first, again, other = (
        random_patient(np.random.default_rng(seed), toy_prepared()) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first.voxels, again.voxels)
    assert not np.array_equal(first.voxels, other.voxels)


def test_one_hip_fills_a_small_field() -> None:
    plans = [one_hip_plan(np.random.default_rng(seed), toy_prepared()) for seed in range(30)]
    assert {np.sign(plan.centre_mm[0]) for plan in plans} == {-1.0, 1.0}
    for plan in plans:
        assert 0.5 <= plan.pixel_mm <= 0.65
        assert 160 <= plan.rows * plan.pixel_mm <= 240
        # The heads are 110 mm apart; the far one lies outside.
        assert abs(plan.centre_mm[0]) > 35


def test_a_prosthesis_has_no_truth_and_no_signal(small: None) -> None:
    made = random_patient(np.random.default_rng(3), toy_prepared(), replaced=1.0)
    assert made.replaced == frozenset(Side)
    assert not any(mask.any() for mask in made.truth.values())
    for hip in made.hips.values():
        at = tuple(np.rint(to_index(made.affine, hip.centre_lps_mm)).astype(int))
        around = made.voxels[at[0], at[1] - 3 : at[1] + 4, at[2] - 3 : at[2] + 4]
        assert np.median(around) < 0.3 * np.median(made.voxels)


def test_t1_has_its_own_times(small: None) -> None:
    made = random_patient(np.random.default_rng(1), toy_prepared(), Contrast.T1)
    assert made.protocol.contrast is Contrast.T1
    assert made.protocol.ti_ms is None


def test_as_a_volume_it_is_a_coronal_series(small: None) -> None:
    made = random_patient(np.random.default_rng(2), toy_prepared())
    volume = as_volume(made, "1.2.3")
    assert volume.series.plane is Plane.CORONAL
    assert volume.series.shape == made.voxels.shape
    assert volume.series.spacing_mm == spacing_of(made.affine)
    assert volume.series.spacing_mm[0] == pytest.approx(6.0)
    assert made.truth[Side.LEFT, SegmentClass.FEMORAL_HEAD].shape == volume.series.shape


def test_its_identity_is_complete_and_its_uids_are_valid_and_its_own(small: None) -> None:
    made = random_patient(np.random.default_rng(2), toy_prepared())
    series, other = as_volume(made, "a").series, as_volume(made, "b").series
    assert series.patient.matchable
    assert series.patient != other.patient
    uids = [
        name
        for one in (series, other)
        for name in (
            one.uid,
            one.study.uid,
            one.frame_of_reference_uid,
            *(each.key.sop_instance_uid for each in one.slices),
        )
    ]
    assert len(set(uids)) == len(uids)
    assert all(len(name) <= 64 and UID(name).is_valid for name in uids)


def test_an_unknown_label_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no such label map"):
        random_series(1, "stir", tmp_path, "X")

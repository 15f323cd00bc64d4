"""Simulated patients as cases, and measuring on them: a perfect reader, and a blind one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hipdesk.errors import HeadNotFound, OutputError
from hipdesk.phantom.samples import SeriesPlan, random_subject, simulate_series
from hipdesk.records import HipResult, SegmentClass, Side
from hipdesk.scoring import patient_total, score_hip
from hipdesk.training import evaluate, leave_out
from hipdesk.training.evaluate import measure
from hipdesk.training.leave_out import SimulatedSubjects, as_case
from tests.analysis_factory import make_analysis
from tests.toy_anatomy import toy_prepared

PLAN = SeriesPlan(
    rows=88, columns=152, pixel_mm=1.5, slices=12, spacing_mm=5.0, centre_mm=(0, 0, 0)
)


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(4)
    simulated = simulate_series(rng, random_subject(rng, toy_prepared()), PLAN)
    return as_case(simulated, "1.2.3")


def test_a_perfect_reader_scores_perfectly(case, monkeypatch) -> None:
    def perfect(request, *_):
        hips = []
        for side in Side:
            truth = case.segmentation(side)
            score = score_hip(request.volume, truth)
            hips.append(HipResult(side, case.head(side), truth, score))
        analysis = make_analysis(case.volume.series)
        return replace(analysis, hips=tuple(hips), total=patient_total(hips))

    monkeypatch.setattr(evaluate, "analyze", perfect)
    (figures,) = measure([case], None, "a locator")
    for hip in figures.hips:
        assert hip.centre_mm == 0.0
        assert {f.dice for f in hip.classes.values() if not math.isnan(f.dice)} == {1.0}
        assert {f.pixel_accuracy for f in hip.classes.values()} == {1.0}
        lesions = hip.classes[SegmentClass.EFFUSION_SYNOVITIS].lesions
        assert lesions.true == lesions.hit == lesions.found == lesions.right > 0
        assert hip.u_intensity[0] == hip.u_intensity[1]
    assert figures.u_intensity[0] == figures.u_intensity[1]


def test_a_reader_that_finds_nothing_is_counted_as_such(case, monkeypatch) -> None:
    def blind(*_):
        raise HeadNotFound("No femoral head was found.")

    monkeypatch.setattr(evaluate, "analyze", blind)
    (figures,) = measure([case], None, "a locator")
    assert all(math.isnan(hip.centre_mm) for hip in figures.hips)
    assert figures.hips[0].classes[SegmentClass.FEMORAL_HEAD].dice == 0.0
    assert figures.hips[0].classes[SegmentClass.EFFUSION_SYNOVITIS].lesions.hit == 0
    assert figures.hips[0].plain is None
    assert math.isnan(figures.u_intensity[0])
    assert not math.isnan(figures.u_intensity[1])


@pytest.fixture
def toys(tmp_path, monkeypatch) -> SimulatedSubjects:
    monkeypatch.setattr(leave_out, "hips_plan", lambda rng: PLAN)
    return SimulatedSubjects(tmp_path / "cases", lambda: [toy_prepared()], 2, seed=3)


def test_subjects_are_made_once_and_read_back_the_same(toys, monkeypatch) -> None:
    first = toys.case(toys.subjects[1])
    monkeypatch.setattr(leave_out, "simulate_series", None)
    again = toys.case(toys.subjects[1])
    np.testing.assert_array_equal(first.volume.voxels, again.volume.voxels)
    assert first.head(Side.LEFT) == again.head(Side.LEFT)
    for side in Side:
        for name in SegmentClass:
            np.testing.assert_array_equal(first.truth[side][name], again.truth[side][name])
    assert again.truth[Side.LEFT][SegmentClass.FEMORAL_HEAD].any()


def test_subjects_differ_and_depend_on_their_seed(toys, tmp_path) -> None:
    one, two = (toys.case(subject) for subject in toys.subjects)
    assert one.volume.pixel_sha256 != two.volume.pixel_sha256
    other = SimulatedSubjects(tmp_path / "other", lambda: [toy_prepared()], 1, seed=4)
    assert other.case(other.subjects[0]).volume.pixel_sha256 != one.volume.pixel_sha256


def test_a_folder_that_cannot_be_written_is_explained(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    toys = SimulatedSubjects(tmp_path / "file", lambda: [toy_prepared()], 1, seed=3)
    with pytest.raises(OutputError, match="space"):
        toys.case(toys.subjects[0])

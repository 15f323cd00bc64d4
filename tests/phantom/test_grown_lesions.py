"""The patients of the noise measurement: what grows, grows truly and by what was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hipdesk.phantom.deformation import random_pose
from hipdesk.phantom.lesions import no_lesions, random_lesions
from hipdesk.phantom.samples import make_subject
from hipdesk.phantom.signal import PAPER_STIR, tissue_signals
from hipdesk.records import Side
from tests.follow_up_noise import AMOUNTS, Followed, Growth, GrowthCurve, grown, true_score
from tests.two_scans import stepped_body


@pytest.fixture(scope="module")
def patient() -> Followed:
    rng = np.random.default_rng(1)
    prepared = stepped_body()
    lesions = {side: no_lesions(rng) for side in Side}
    subject = make_subject(rng, prepared, lesions, random_pose(rng, 0.2))
    signals = tissue_signals(rng, PAPER_STIR)
    return Followed("toy", 1, subject, signals, None, (3.0, 0.0, 2.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("growth", [Growth.NEW, Growth.FLUID])
def test_the_true_score_grows_with_the_lesion(patient: Followed, growth: Growth) -> None:
    hip = patient.subject.prepared.anatomy.hips[Side.LEFT]
    start = patient.subject.lesions[Side.LEFT]
    ill = random_lesions(np.random.default_rng(2), hip, Side.LEFT, healthy=0.0)
    amounts = (0.0, AMOUNTS[growth][3], AMOUNTS[growth][5])
    scores = [
        true_score(patient, Side.LEFT, grown(start, growth, amount, ill.oedema[0]))
        for amount in amounts
    ]
    assert 0.0 < scores[0] < scores[1] < scores[2]


def test_a_patch_grows_by_its_volume_and_others_stay() -> None:
    rng = np.random.default_rng(3)
    hip = stepped_body().anatomy.hips[Side.RIGHT]
    small = random_lesions(rng, hip, Side.RIGHT, healthy=0.0).oedema[0]
    large = replace(small, radius_mm=(9.0, 9.0, 9.0))
    small = replace(small, radius_mm=(4.0, 4.0, 4.0))
    start = replace(no_lesions(rng, 3.0), oedema=(small, large))
    later = grown(start, Growth.PATCH, 1.0, small)
    assert later.fluid_ml == 3.0
    assert later.oedema[0] == small
    assert np.prod(later.oedema[1].radius_mm) == pytest.approx(2 * 9.0**3)


def test_the_amount_for_a_change() -> None:
    patch = random_lesions(
        np.random.default_rng(3), stepped_body().anatomy.hips[Side.RIGHT], Side.RIGHT, healthy=0.0
    ).oedema[0]
    curve = GrowthCurve(patch, {Growth.FLUID: np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])})
    assert curve.amount(Growth.FLUID, 0.15) == pytest.approx((1.0 + 2.5) / 2)
    assert curve.amount(Growth.FLUID, 0.7) is None
    assert curve.amount(Growth.PATCH, 0.1) is None

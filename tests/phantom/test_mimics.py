"""What imitates disease: seen in the picture, absent from the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hipdesk.phantom.deformation import patient_hips, random_pose
from hipdesk.phantom.lesions import HipLesions, no_lesions, random_lesions
from hipdesk.phantom.mimics import (
    Cyst,
    DoubleLine,
    Implant,
    MarrowZones,
    Mimics,
    Scar,
    SoftSpot,
    cyst_change,
    marrow_change,
    metal,
    random_mimics,
    soft_amount,
)
from hipdesk.phantom.noise import Noise, random_noise
from hipdesk.phantom.render import Rendering, Subject, random_textures, render
from hipdesk.phantom.samples import SeriesPlan, series_grid
from hipdesk.phantom.signal import PAPER_STIR, tissue_signals
from hipdesk.records import SegmentClass, Side
from tests.toy_anatomy import HEAD_MM, toy_anatomy, toy_prepared

HIP = toy_anatomy().hips[Side.LEFT]
PLAN = SeriesPlan(rows=88, columns=152, pixel_mm=1.5, slices=9, spacing_mm=6.0, centre_mm=(0, 0, 0))


def calm() -> Noise:
    """Nothing is bent."""
    noise = random_noise(np.random.default_rng(0), 7.0)
    return replace(noise, tile=np.zeros_like(noise.tile))


def mimics(**kinds) -> Mimics:
    none = Mimics(MarrowZones(), (), (), None, None, calm())
    return replace(none, **kinds)


def at(*offset: float) -> np.ndarray:
    return np.array([np.add(HIP.centre_lps_mm, offset)], dtype=np.float32)


def along(distance: float) -> np.ndarray:
    return at(*np.multiply(HIP.neck_axis, distance))


def change(found: Mimics, points: np.ndarray, femur: bool = True) -> float:
    return round(float(marrow_change(found, HIP, points, np.array([femur]))[0]), 6)


def test_zones_give_head_neck_and_socket_their_own_marrow() -> None:
    zones = mimics(zones=MarrowZones(head=0.9, neck=1.2, socket=1.3, border=0.8))
    assert change(zones, along(0.0)) == pytest.approx(-0.1)
    # Half-way through the border at 0.8 radii: the mean of 0.9 and 1.2.
    assert change(zones, along(0.8 * HEAD_MM)) == pytest.approx(0.05)
    assert change(zones, along(2 * HEAD_MM)) == pytest.approx(0.2)
    assert change(zones, at(0, 0, 30), femur=False) == pytest.approx(0.3)


def test_a_scar_darkens_a_sheet_across_the_neck_axis() -> None:
    scar = mimics(scar=Scar(along_mm=6.0, bow=0.0, width_mm=2.0, factor=0.5))
    # Seen to 0.6 where the wobble is zero: 1 + (0.5 - 1) x 0.6.
    assert change(scar, along(6.0)) == pytest.approx(-0.3)
    assert change(scar, along(8.0)) == pytest.approx(0.0)


def test_a_double_line_is_bright_inside_dark_outside_and_marrow_within() -> None:
    line = DoubleLine(tuple(HIP.centre_lps_mm), (10.0, 10.0, 10.0), 1.5, 0.4, 2.0)
    found = mimics(line=line)
    assert change(found, at(10.0, 0, 0)) == pytest.approx(1.0)
    assert change(found, at(11.5, 0, 0)) == pytest.approx(-0.6)
    assert change(found, at(2.0, 0, 0)) == pytest.approx(0.0)


def test_a_spot_fades_over_its_feather() -> None:
    spot = SoftSpot((0.0, 0.0, 0.0), (8.0, 8.0, 8.0), 4.0, 0.6)
    points = np.array([[0, 0, 0], [8, 0, 0], [9, 0, 0], [11, 0, 0]], dtype=np.float32)
    np.testing.assert_allclose(soft_amount(spot, points), (0.6, 0.3, 0.15, 0.0), atol=1e-6)


def test_a_cyst_is_full_inside_and_dark_at_its_rim() -> None:
    points = np.array([[0, 0, 0], [3, 0, 0], [3.5, 0, 0], [6, 0, 0]], dtype=np.float32)
    inside, rim = cyst_change(Cyst((0.0, 0.0, 0.0), 3.0, 0.8, 0.5), points)
    np.testing.assert_allclose(inside, (0.8, 0.4, 0.0, 0.0), atol=1e-6)
    np.testing.assert_allclose(rim, (0.0, 0.5, 0.5, 0.0), atol=1e-6)


def test_metal_leaves_no_signal_and_a_bright_rim() -> None:
    rod = Implant(((0.0, 0.0, 0.0), (0.0, 0.0, -50.0)), (10.0, 10.0), 1.5)
    points = np.array([[0, 0, -25], [15, 0, -25], [60, 0, -25]], dtype=np.float32)
    kept, rim = metal(rod, points)
    np.testing.assert_allclose(kept, (0, 1, 1), atol=1e-6)
    np.testing.assert_allclose(rim, (0, 1.5, 0), atol=1e-3)


def rendered(lesions: HipLesions, **more) -> Rendering:
    both = {side: no_lesions(np.random.default_rng(4)) for side in Side}
    rng = np.random.default_rng(3)
    pose = random_pose(rng, 0.0)
    both[Side.LEFT] = lesions
    subject = Subject(toy_prepared(), pose, both, random_textures(rng), **more)
    grid = series_grid(PLAN, patient_hips(toy_anatomy(), pose))
    signals = tissue_signals(np.random.default_rng(5), PAPER_STIR, spread=0.0)
    return render(np.random.default_rng(6), subject, grid, signals)


def test_cysts_and_spots_brighten_the_picture_and_leave_the_truth() -> None:
    plain = no_lesions(np.random.default_rng(4))
    cyst = Cyst(tuple(HIP.centre_lps_mm), 5.0, 1.0, 0.5)
    beside = tuple(np.add(HIP.centre_lps_mm, (0.0, 0.0, -60.0)))
    spot = SoftSpot(beside, (8.0, 8.0, 8.0), 2.0, 0.8)
    sick = replace(plain, mimics=mimics(cysts=(cyst,), soft=(spot,)))
    before, after = rendered(plain), rendered(sick)
    for key, mask in before.truth.items():
        np.testing.assert_array_equal(mask, after.truth[key])
    brighter = after.signal > 1.5 * before.signal
    assert 20 < brighter.sum() < 2000
    assert (brighter & after.truth[Side.LEFT, SegmentClass.FEMORAL_HEAD]).any()
    assert (brighter & ~after.truth[Side.LEFT, SegmentClass.PROXIMAL_FEMUR]).any()


def test_a_prosthesis_takes_one_hips_truth_and_leaves_the_others() -> None:
    cup = Implant((tuple(HIP.centre_lps_mm),), (HEAD_MM + 6,), 1.0, Side.LEFT)
    found = rendered(no_lesions(np.random.default_rng(4)), implants=(cup,))
    for (side, _), mask in found.truth.items():
        assert side is Side.RIGHT or not mask.any()
    assert found.truth[Side.RIGHT, SegmentClass.FEMORAL_HEAD].any()


def test_drawn_mimics_vary_and_repeat() -> None:
    drawn = [random_mimics(np.random.default_rng(seed), HIP, Side.LEFT) for seed in range(300)]
    again = random_mimics(np.random.default_rng(7), HIP, Side.LEFT)
    assert (again.soft, again.cysts, again.scar) == (drawn[7].soft, drawn[7].cysts, drawn[7].scar)
    shares = [
        np.mean([bool(getattr(each, kind)) for each in drawn])
        for kind in ("soft", "cysts", "scar", "line")
    ]
    assert all(np.subtract(shares, (0.5, 0.1, 0.45, 0.03)) > 0)
    assert shares[3] < 0.15


def test_most_lesions_are_small_and_fluid_follows_its_ranges() -> None:
    drawn = [random_lesions(np.random.default_rng(s), HIP, Side.LEFT) for s in range(400)]
    sick = np.array([bool(each.oedema) for each in drawn])
    assert 0.5 < sick.mean() < 0.75
    sizes = [np.mean(patch.radius_mm) for each in drawn for patch in each.oedema]
    assert 6.0 < np.median(sizes) < 10.0
    peaks = [patch.contrast for each in drawn for patch in each.oedema]
    assert min(peaks) >= 1.35
    assert np.mean(np.less(peaks, 1.7)) > 0.15
    fluid = np.array([each.fluid_ml for each in drawn])
    assert fluid.min() >= 0.7
    assert fluid.max() <= 30.0
    assert 0.45 < np.mean(fluid <= 5.6) < 0.75

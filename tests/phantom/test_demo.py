"""The demo patient: a complete study at every visit, disease that recedes, nothing invented."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series, write_truth
from hipdesk.errors import Cancelled
from hipdesk.geometry import voxel_volume_ml
from hipdesk.phantom import demo
from hipdesk.phantom.anatomy import (
    CANONICAL_AXES,
    CAPSULE,
    FEMUR,
    HIP_BONE,
    JOINT_SPACE,
    Anatomy,
    HipGeometry,
    Structure,
)
from hipdesk.phantom.samples import SeriesPlan
from hipdesk.records import Contrast, Plane, Scan, SegmentClass, Side, Volume, read_only
from hipdesk.series_choice import choose
from tests.truth_files import read_truth

RADIUS = 24.0
Files = dict[tuple[str, ...], bytes]


def ball_joints() -> Anatomy:
    """Two ball joints in a block of fat, quick to simulate."""
    shape = (110, 130, 300)
    affine = np.eye(4)
    affine[:3, :3] = CANONICAL_AXES
    affine[:3, 3] = (-149.5, -54.5, 64.5)
    labels = np.full(shape, Structure.FAT, dtype=np.uint8)
    labels[:4] = labels[-4:] = labels[..., :4] = labels[..., -4:] = Structure.AIR
    a, z, x = np.meshgrid(
        54.5 - np.arange(110), 64.5 - np.arange(130), np.arange(300) - 149.5, indexing="ij"
    )
    hips = {}
    for side, sign in ((Side.RIGHT, -1), (Side.LEFT, 1)):
        depth = np.sqrt((x - sign * 85) ** 2 + a**2 + z**2)
        labels[(depth < RADIUS + 16) & (z > -4)] = HIP_BONE[side]
        labels[depth < RADIUS + 8] = CAPSULE[side]
        labels[depth < RADIUS + 4] = JOINT_SPACE[side]
        neck = (np.hypot(x - sign * (85 + 0.8 * np.abs(z)), a) < 11) & (z < 0)
        labels[(depth < RADIUS) | neck] = FEMUR[side]
        hips[side] = HipGeometry((sign * 85.0, 0.0, 0.0), RADIUS, (sign * 0.6, 0.0, -0.8))
    return Anatomy("balls", read_only(labels), affine, MappingProxyType(hips))


def small_plans() -> demo.DemoPlans:
    def small(plan: SeriesPlan, pixels: int, slices: int) -> SeriesPlan:
        return replace(
            plan,
            rows=pixels,
            columns=pixels,
            pixel_mm=plan.pixel_mm * plan.columns / pixels,
            slices=slices,
            samples=(1, 1),
        )

    plans = demo.PLANS
    return demo.DemoPlans(
        stir=small(plans.stir, 112, 13),
        t1=small(plans.t1, 64, 4),
        axial=small(plans.axial, 64, 3),
        localizer=small(plans.localizer, 40, 2),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[demo.DemoVisit, ...]]:
    out = tmp_path_factory.mktemp("demo")
    visits = demo.make_demo(
        out, write_series, write_truth, anatomy=ball_joints(), plans=small_plans(), workers=1
    )
    return out, visits


@pytest.fixture(scope="module")
def scans(made: tuple[Path, tuple[demo.DemoVisit, ...]]) -> list[Scan]:
    return [DicomFolderReader().scan(visit.folder) for visit in made[1]]


def test_visits_follow_the_trials_weeks(made: tuple[Path, tuple[demo.DemoVisit, ...]]) -> None:
    visits = made[1]
    assert [visit.week for visit in visits] == [0, 12, 24, 52]
    assert [visit.number for visit in visits] == [1, 2, 3, 4]
    assert visits[3].day - visits[0].day == timedelta(days=364)


def test_every_visit_holds_a_real_studys_series(scans: list[Scan]) -> None:
    for scan in scans:
        assert scan.skipped == ()
        kinds = defaultdict(set)
        for series in scan.series:
            kinds[series.number].add((series.plane, series.contrast))
        assert {plane for plane, _ in kinds[1]} == {Plane.CORONAL, Plane.SAGITTAL, Plane.AXIAL}
        assert kinds[2] == {(Plane.CORONAL, Contrast.STIR)}
        assert kinds[3] == {(Plane.CORONAL, Contrast.T1)}
        assert kinds[4] == {(Plane.AXIAL, Contrast.T2_FS)}


def test_the_stir_series_is_chosen(
    made: tuple[Path, tuple[demo.DemoVisit, ...]], scans: list[Scan]
) -> None:
    for visit, scan in zip(made[1], scans, strict=True):
        (chosen,) = choose(scan).chosen
        assert chosen.uid == visit.stir_uid
        assert chosen.study.date == visit.day


def test_all_visits_are_one_matchable_patient(scans: list[Scan]) -> None:
    patients = {series.patient for scan in scans for series in scan.series}
    assert len(patients) == 1
    (patient,) = patients
    assert patient.matchable
    assert len({series.study.uid for scan in scans for series in scan.series}) == 4


def test_every_series_says_that_it_is_simulated(scans: list[Scan]) -> None:
    for series in (series for scan in scans for series in scan.series):
        assert "simulated" in series.description
        assert "simulated" in series.acquisition.model


def test_disease_recedes_from_visit_to_visit(
    made: tuple[Path, tuple[demo.DemoVisit, ...]], scans: list[Scan]
) -> None:
    volumes = defaultdict(list)
    for visit, scan in zip(made[1], scans, strict=True):
        series = next(series for series in scan.series if series.uid == visit.stir_uid)
        for key, mask in read_truth(visit.truth).items():
            assert mask.shape == series.shape
            volumes[key].append(mask.sum() * voxel_volume_ml(series.affine))
    for side in Side:
        for name in (SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS):
            course = volumes[side, name]
            assert all(np.diff(course) < 0), (side, name, course)
    right, left = (volumes[side, SegmentClass.BME] for side in (Side.RIGHT, Side.LEFT))
    assert right[0] > 2 * left[0]
    assert left[3] == 0
    heads = volumes[Side.RIGHT, SegmentClass.FEMORAL_HEAD]
    assert np.ptp(heads) < 0.1 * np.mean(heads)


def test_truth_is_where_the_picture_shows_it(
    made: tuple[Path, tuple[demo.DemoVisit, ...]], scans: list[Scan]
) -> None:
    visit, reader = made[1][0], DicomFolderReader()
    series = next(series for series in scans[0].series if series.uid == visit.stir_uid)
    voxels, truth = reader.read(series).voxels, read_truth(visit.truth)
    head = truth[Side.RIGHT, SegmentClass.FEMORAL_HEAD]
    oedema = truth[Side.RIGHT, SegmentClass.BME]
    fluid = truth[Side.RIGHT, SegmentClass.EFFUSION_SYNOVITIS]
    marrow = np.median(voxels[head & ~oedema])
    assert np.median(voxels[oedema & head]) > 1.3 * marrow
    assert np.median(voxels[fluid]) > 2 * marrow
    columns = np.nonzero(head)[2]
    assert columns.mean() < series.columns / 2


def test_repeats_lie_apart_and_are_labelled(
    made: tuple[Path, tuple[demo.DemoVisit, ...]],
) -> None:
    out, visits = made
    scan = DicomFolderReader().scan(out / "test-retest")
    assert sorted(series.description for series in scan.series) == [
        "STIR coronal hips TEST-RETEST pair 1a (simulated)",
        "STIR coronal hips TEST-RETEST pair 1b (simulated)",
    ]
    first, second = scan.series
    assert first.study.date == visits[demo.RETEST_VISIT].day
    assert first.frame_of_reference_uid != second.frame_of_reference_uid
    reader = DicomFolderReader()
    assert not np.array_equal(reader.read(first).voxels, reader.read(second).voxels)
    masks = [read_truth(out / "truth" / f"pair-1{repeat}_stir.npz") for repeat in "ab"]
    sizes = [mask[Side.RIGHT, SegmentClass.EFFUSION_SYNOVITIS].sum() for mask in masks]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.15)


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    plans = small_plans()
    tiny = demo.DemoPlans(*(replace(plans.localizer, slices=1) for _ in range(4)))
    anatomy = ball_joints()
    kept: list[Files] = []
    for workers in (1, 2):
        files: Files = {}

        def keep(
            folder: Path, volume: Volume, first_instance: int = 1, files: Files = files
        ) -> tuple[Path, ...]:
            uids = tuple(source.key.sop_instance_uid for source in volume.series.slices)
            files[(volume.series.uid, *uids)] = volume.voxels.tobytes()
            return tuple(source.path for source in volume.series.slices)

        demo.make_demo(
            tmp_path,
            keep,
            lambda path, truth: path,
            anatomy=anatomy,
            plans=tiny,
            retest_pairs=0,
            workers=workers,
        )
        kept.append(files)
    assert kept[0] == kept[1]
    assert len(kept[0]) == 4 * (3 + 3)


def test_it_stops_when_asked(tmp_path: Path) -> None:
    done: list[str] = []
    with pytest.raises(Cancelled):
        demo.make_demo(
            tmp_path,
            write_series,
            write_truth,
            anatomy=ball_joints(),
            plans=small_plans(),
            workers=1,
            progress=lambda fraction, what: done.append(what),
            cancelled=lambda: True,
        )
    assert len(done) == 2

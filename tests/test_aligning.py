"""Two stored visits aligned: what is read, what counts, volumes by hand, and every refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from hipdesk.aligning import align_visits
from hipdesk.alignment import Alignment, AlignmentRequest, Refusal, Residual
from hipdesk.bone_surface import rigid
from hipdesk.errors import Cancelled, KnownError, NothingSuitable, StoreError, UnreadableInput
from hipdesk.hip_alignment import (
    ENGINE,
    FollowedLesion,
    HipAlignment,
    LesionCourse,
    PairOfVisits,
    standing_of,
)
from hipdesk.pipeline import analyze, request_analysis
from hipdesk.ports import never_cancelled, no_progress
from hipdesk.records import (
    Affine,
    Contrast,
    GridBox,
    HipResult,
    Origin,
    Segmentation,
    SegmentClass,
    Side,
    Volume,
)
from tests.app.fakes import FakeReader, FakeStore, make_volume
from tests.stacks import FakeLocator, FakeSegmenter

R, L = Side.RIGHT, Side.LEFT
FEMUR, SOCKET = SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM
BME, FLUID = SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS
BOX = GridBox((1, 20, 10), (8, 60, 70))
VOXEL_ML = 5.0 * 2.0 * 2.0 / 1000
ORIGIN = (0.0, 0.0, 0.0)


def block(*bounds: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(BOX.shape, dtype=bool)
    mask[tuple(slice(*pair) for pair in bounds)] = True
    return mask


def drawn(hip: HipResult, **masks: np.ndarray) -> HipResult:
    """The hip with these masks and no others, its socket above row 10 of the box."""
    empty = dict.fromkeys(SegmentClass, np.zeros(BOX.shape, dtype=bool))
    given = {SegmentClass(name): mask for name, mask in masks.items()}
    bones = {FEMUR: block((0, 7), (10, 40), (0, 60)), SOCKET: block((0, 7), (0, 10), (0, 60))}
    return replace(hip, segmentation=Segmentation(hip.side, BOX, {**empty, **bones, **given}))


class Registrar:
    """Answers with a matrix a bone, and keeps what it was asked."""

    def __init__(
        self,
        matrices: Mapping[SegmentClass, Affine] | None = None,
        refused: tuple[SegmentClass, ...] = (),
    ) -> None:
        self.matrices = matrices or {}
        self.refused = refused
        self.asked: list[AlignmentRequest] = []

    def __call__(
        self,
        request: AlignmentRequest,
        progress: Callable[[float, str], None] = no_progress,
        cancelled: Callable[[], bool] = never_cancelled,
    ) -> Alignment:
        if cancelled():
            raise Cancelled
        self.asked.append(request)
        progress(0.5, "Halfway")
        no = request.bone in self.refused
        return Alignment(
            request.earlier.side,
            request.bone,
            self.matrices.get(request.bone, np.eye(4)),
            request.earlier.head_lps_mm,
            Residual(0.4, 1.9),
            Refusal.RESIDUAL if no else None,
            "Too far apart." if no else "",
        )


class Clinic:
    """One patient's visits in a library that holds their pixels."""

    def __init__(self) -> None:
        self.reader = FakeReader()
        self.store = FakeStore(self.reader)
        self.uids: list[str] = []

    def visit(self, study: int, **changes: object) -> str:
        volume = make_volume(study=study, day=date(2024, study, 1), **changes)  # type: ignore[arg-type]
        return self.keep(volume)

    def keep(self, volume: Volume) -> str:
        self.reader.put(f"in/{volume.series.uid}", volume)
        placed = self.reader.volumes[volume.series.uid, next(reversed(self.reader.folders))]
        analysis = analyze(request_analysis(placed), FakeLocator(), FakeSegmenter())
        analysis = replace(analysis, uid=f"analysis {placed.series.uid}")
        self.uids.append(analysis.uid)
        return self.store.add(analysis, [each.path for each in placed.series.slices])

    def draw(self, at: int, side: Side = R, **masks: np.ndarray) -> None:
        uid = self.uids[at]
        hip = drawn(self.store.reviewed(uid).analysis.hip(side), **masks)
        self.store.revise(uid, hip, Origin.AI_EDITED, "Reader")

    @property
    def patient(self) -> str:
        return self.store.patients()[0].uid

    def pair(self, side: Side = R, **changes: object) -> PairOfVisits:
        first, second = (entry.visit.uid for entry in self.store.entries(self.patient)[:2])
        return replace(PairOfVisits(self.patient, first, second, side, "Reader"), **changes)  # type: ignore[arg-type]

    def align(self, registrar: Registrar | None = None, **changes: object) -> HipAlignment:
        made = registrar or Registrar()
        return align_visits(self.store, self.reader, made, self.pair(**changes))  # type: ignore[arg-type]


@pytest.fixture
def clinic() -> Clinic:
    made = Clinic()
    made.visit(1)
    made.visit(2)
    return made


def shift(x: float = 0, y: float = 0, z: float = 0) -> Affine:
    return rigid(np.eye(3), ORIGIN, (x, y, z))


def test_volumes_by_hand_each_lesion_on_its_bone(clinic: Clinic) -> None:
    clinic.draw(
        0,
        bme=block((1, 3), (15, 20), (5, 15)) | block((3, 4), (2, 4), (5, 15)),
        effusion_synovitis=block((2, 4), (30, 33), (20, 30)),
    )
    clinic.draw(
        1,
        bme=block((2, 5), (15, 20), (5, 15)) | block((3, 4), (2, 4), (10, 20)),
        effusion_synovitis=block((2, 4), (30, 33), (25, 30)),
    )
    found = clinic.align()
    femur, socket, fluid = (found.course(lesion) for lesion in FollowedLesion)
    assert femur is not None
    assert socket is not None
    assert fluid is not None
    assert volumes(femur) == pytest.approx((100, 50, 50, 0))
    assert volumes(socket) == pytest.approx((10, 10, 10, 0))
    assert volumes(fluid) == pytest.approx((0, 30, 30, 0))


def volumes(course: LesionCourse) -> tuple[float, ...]:
    """In voxels."""
    millilitres = (course.new_ml, course.resolved_ml, course.persistent_ml, course.uncompared_ml)
    return tuple(each / VOXEL_ML for each in millilitres)


def test_each_bone_takes_its_own_lesions_along(clinic: Clinic) -> None:
    """The femur lies one slice farther back at the later visit, the hip bone where it was."""
    affine = clinic.reader.volumes["1.2.1.1", next(iter(clinic.reader.folders))].series.affine
    back = -affine[:3, 0]
    for at, first in ((0, 2), (1, 3)):
        clinic.draw(
            at,
            bme=block((first, first + 2), (15, 20), (5, 15)) | block((3, 4), (2, 4), (5, 15)),
        )
    found = clinic.align(Registrar({FEMUR: shift(*back)}))
    femur, socket = (
        found.course(each) for each in (FollowedLesion.BME_FEMUR, FollowedLesion.BME_ACETABULUM)
    )
    assert femur is not None
    assert socket is not None
    assert volumes(femur) == pytest.approx((0, 0, 100, 0))
    assert volumes(socket) == pytest.approx((0, 0, 20, 0))
    assert found.bone(FEMUR).shift_mm == pytest.approx(tuple(back))
    assert found.bone(SOCKET).shift_mm == pytest.approx(ORIGIN)
    assert found.bone(FEMUR).turn_deg == pytest.approx(ORIGIN)


def test_what_counts_is_aligned_and_named(clinic: Clinic) -> None:
    clinic.draw(1)
    registrar = Registrar()
    found = clinic.align(registrar)
    assert (found.earlier, found.later) == ((clinic.uids[0], 0), (clinic.uids[1], 1))
    assert (found.side, found.engine, found.reader) == (R, ENGINE, "Reader")
    assert [each.bone for each in found.bones] == [FEMUR, SOCKET]
    assert found.bone(FEMUR).median_mm == 0.4
    assert found.bone(FEMUR).p95_mm == 1.9
    assert not found.not_comparable
    assert [each.bone for each in registrar.asked] == [FEMUR, SOCKET]
    later = registrar.asked[0].later.segmentation
    assert later.box == BOX
    assert registrar.asked[0].later.voxels.shape == (9, 100, 160)


def test_a_refused_bone_leaves_the_other_ones_lesions(clinic: Clinic) -> None:
    found = clinic.align(Registrar(refused=(SOCKET,)))
    assert found.usable
    assert found.bone(SOCKET).reason == "Too far apart."
    assert found.bone(SOCKET).refused == "residual"
    assert found.course(FollowedLesion.BME_ACETABULUM) is None
    assert found.course(FollowedLesion.BME_FEMUR) is not None
    neither = clinic.align(Registrar(refused=(FEMUR, SOCKET)))
    assert not neither.usable


def test_without_lesion_masks_there_is_motion_but_no_course() -> None:
    clinic = Clinic()
    clinic.visit(1)
    clinic.visit(2, contrast=Contrast.T1)
    found = clinic.align()
    assert not found.fluid_sensitive
    assert found.bone(FEMUR).median_mm == 0.4
    assert all(found.course(lesion) is None for lesion in FollowedLesion)


def test_what_may_not_be_compared_is_aligned_only_when_asked() -> None:
    clinic = Clinic()
    clinic.visit(1)
    clinic.visit(2, contrast=Contrast.T2_FS)
    said = refusal(clinic)
    assert said.startswith("The two results may not be compared, so the hip is not aligned unless")
    assert "contrast" in said
    assert clinic.align(anyway=True).not_comparable


@pytest.mark.parametrize("gone", ["folder", "empty", "other"])
def test_images_that_are_gone_are_told_in_one_sentence(clinic: Clinic, gone: str) -> None:
    folder = clinic.store.series_folder(clinic.uids[0])
    match gone:
        case "folder":
            clinic.reader.folders[folder] = UnreadableInput("There is no folder.")
        case "empty":
            clinic.reader.put(folder)
        case "other":
            held = clinic.reader.volumes["1.2.1.1", folder]
            clinic.reader.put(folder, replace(held, pixel_sha256="f" * 64))
    with pytest.raises(StoreError) as caught:
        clinic.align()
    said = str(caught.value)
    assert ("missing" in said) == (gone != "other")
    assert said.endswith("so the hip is not aligned; restore the library from a copy.")
    assert said.count(".") == 1


def refusal(clinic: Clinic, **changes: object) -> str:
    with pytest.raises(NothingSuitable) as caught:
        clinic.align(**changes)  # type: ignore[arg-type]
    return str(caught.value)


def test_visits_that_make_no_pair(clinic: Clinic) -> None:
    pair = clinic.pair()
    swapped = {"earlier_visit": pair.later_visit, "later_visit": pair.earlier_visit}
    assert refusal(clinic, **swapped).startswith("The visit given as the later one comes first")
    assert "not two visits" in refusal(clinic, later_visit=pair.earlier_visit)
    assert "not two visits" in refusal(clinic, later_visit="nothing")


def test_a_visit_without_a_date_or_a_hip() -> None:
    clinic = Clinic()
    clinic.visit(1)
    clinic.visit(2, sides=(R,))
    assert "of the left hip, so the hip is not aligned" in refusal(clinic, side=L)
    undated = Clinic()
    undated.visit(1)
    undated.keep(make_volume(study=2, day=None))
    assert "has no date" in refusal(undated)


def test_a_hip_in_doubt_is_not_aligned(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.app.fakes.unsettled", lambda reviewed: {R})
    assert "may be the other hip" in refusal(clinic)


def test_progress_runs_from_nothing_to_all_and_it_can_be_stopped(clinic: Clinic) -> None:
    told: list[float] = []
    registrar = Registrar()
    align_visits(
        clinic.store,
        clinic.reader,
        registrar,
        clinic.pair(),
        lambda fraction, what: told.append(fraction),
    )
    assert told == [0.0, pytest.approx(0.325), pytest.approx(0.775)]
    with pytest.raises(Cancelled):
        align_visits(clinic.store, clinic.reader, registrar, clinic.pair(), cancelled=lambda: True)


def test_a_new_revision_or_engine_makes_an_alignment_stale(clinic: Clinic) -> None:
    def visits() -> tuple:
        return tuple(entry.visit for entry in clinic.store.entries(clinic.patient))

    first = clinic.align()
    assert standing_of([first], *visits(), R, ENGINE) == (first, True)
    assert standing_of([first], *visits(), L, ENGINE) is None
    assert standing_of([first], *reversed(visits()), R, ENGINE) is None
    assert standing_of([first], *visits(), R, "another") == (first, False)
    clinic.draw(1)
    assert standing_of([first], *visits(), R, ENGINE) == (first, False)
    second = clinic.align()
    assert standing_of([first, second], *visits(), R, ENGINE) == (second, True)
    assert standing_of([second, first], *visits(), R, ENGINE) == (second, True)


def test_errors_are_known(clinic: Clinic) -> None:
    clinic.reader.damaged["1.2.1.1"] = UnreadableInput("A slice cannot be decoded.")
    with pytest.raises(KnownError, match="decoded"):
        clinic.align()

"""A site's cases: read back exactly, and everything wrong with them named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from hipdesk.adapters.segmentation_file import read_outlines
from hipdesk.crop import HIP_COLUMNS, HIP_ROWS
from hipdesk.errors import UnreadableInput
from hipdesk.intensity import SIDE_RATIO
from hipdesk.phantom.signal import T1_TSE
from hipdesk.records import LESIONS, Contrast, Origin, SegmentClass, Side
from hipdesk.training.cases import (
    Rules,
    case_lines,
    head_of,
    marrows_of,
    on_grid_of,
    pool_of,
    read_cases,
    stacks_of,
)
from tests.training.case_factory import (
    CENTRES,
    RADIUS,
    SHAPE,
    affine_of,
    doors,
    make_case,
    write_case,
    write_images,
    write_nifti,
)


def codes(root: Path, rules: Rules | None = None) -> list[str]:
    """What is wrong with the cases in a folder."""
    return [problem.code for problem in read_cases(root, doors(), rules).problems]


def test_an_exported_case_comes_back_exactly(tmp_path) -> None:
    case = make_case(1)
    write_case(case, tmp_path / "one")
    found = read_cases(tmp_path, doors())
    assert found.problems == ()
    (back,) = found.cases
    np.testing.assert_array_equal(back.volume.voxels, case.volume.voxels)
    for side in Side:
        for name in SegmentClass:
            np.testing.assert_array_equal(back.truth[side][name], case.truth[side][name])
    assert case_lines(found)[0] == "1 cases can be used: 1 patients, 2 hips."


def test_a_lesion_free_case_is_known_to_be_so(tmp_path) -> None:
    write_case(make_case(1, oedema=False), tmp_path / "one")
    (back,) = read_cases(tmp_path, doors()).cases
    assert not back.truth[Side.RIGHT][SegmentClass.BME].any()


def test_nifti_masks_come_back_exactly_however_their_axes_run(tmp_path) -> None:
    case = make_case(1)
    write_images(case, tmp_path / "one")
    affine = affine_of()
    for side in Side:
        for name in SegmentClass:
            mask, own = case.truth[side][name], affine
            if name is SegmentClass.BME:  # another order of axes, one of them backwards
                mask = mask.transpose(2, 0, 1)[::-1]
                own = affine[:, [2, 0, 1, 3]].copy()
                own[:3, 3] += own[:3, 0] * (len(mask) - 1)
                own[:3, 0] *= -1
            write_nifti(mask, own, tmp_path / "one" / f"{side.value}_{name.value}.nii.gz")
    found = read_cases(tmp_path, doors())
    assert found.problems == ()
    for side in Side:
        for name in SegmentClass:
            np.testing.assert_array_equal(found.cases[0].truth[side][name], case.truth[side][name])


def test_grids_are_matched_or_refused() -> None:
    case = make_case(1)
    series, mask = case.volume.series, case.truth[Side.LEFT][SegmentClass.BME]
    np.testing.assert_array_equal(on_grid_of(series, mask, affine_of()), mask)
    shifted = affine_of()
    shifted[:3, 3] += shifted[:3, 1]
    assert on_grid_of(series, mask, shifted) is None
    coarser = affine_of()
    coarser[:3, 2] *= 1.01
    assert on_grid_of(series, mask, coarser) is None
    assert on_grid_of(series, mask[:-1], affine_of()) is None
    turned = affine_of()
    turned[:3, :3] = turned[:3, :3] @ np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    assert on_grid_of(series, mask, turned) is None


def test_the_programs_own_outlines_are_not_learned_from_unless_accepted(tmp_path) -> None:
    write_case(make_case(1), tmp_path / "one", origin=Origin.AI)
    assert codes(tmp_path) == ["not_corrected"]
    assert codes(tmp_path, Rules(unedited=True)) == []


def test_a_missing_hip_is_named_or_accepted(tmp_path) -> None:
    case = make_case(1)
    write_case(case, tmp_path / "one", truth={Side.LEFT: case.truth[Side.LEFT]})
    found = read_cases(tmp_path, doors())
    assert [(p.case, p.code) for p in found.problems] == [("one", "side_missing")]
    assert "right hip" in found.problems[0].message
    assert found.cases == ()
    one_sided = read_cases(tmp_path, doors(), Rules(one_hip=True))
    assert list(one_sided.cases[0].truth) == [Side.LEFT]
    assert [note.code for note in one_sided.notes] == ["side_missing"]


def test_empty_and_missing_masks_are_named(tmp_path) -> None:
    case = make_case(1)
    empty = np.zeros(SHAPE, dtype=bool)
    truth = {side: dict(case.truth[side]) for side in Side}
    truth[Side.RIGHT][SegmentClass.FEMORAL_HEAD] = empty
    for lesion in LESIONS:
        del truth[Side.LEFT][lesion]
    write_case(case, tmp_path / "one", truth=truth)
    found = codes(tmp_path)
    assert sorted(found) == ["class_missing", "class_missing", "empty_mask"]


def test_implausible_heads_are_named(tmp_path) -> None:
    case = make_case(1)
    truth = {side: dict(case.truth[side]) for side in Side}
    few = truth[Side.RIGHT][SegmentClass.FEMORAL_HEAD].copy()
    few[:7] = False
    few[9:] = False
    truth[Side.RIGHT][SegmentClass.FEMORAL_HEAD] = few
    big = truth[Side.LEFT][SegmentClass.FEMORAL_HEAD].copy()
    big[2:12, 10:50, 60:] = True
    truth[Side.LEFT][SegmentClass.FEMORAL_HEAD] = big
    write_case(case, tmp_path / "one", truth=truth)
    assert sorted(codes(tmp_path)) == ["few_slices", "head_size"]


def test_swapped_sides_and_oedema_in_the_air_are_named(tmp_path) -> None:
    case = make_case(1)
    truth = {side: dict(case.truth[side.other]) for side in Side}
    truth[Side.LEFT][SegmentClass.BME] = np.roll(case.truth[Side.RIGHT][SegmentClass.BME], 30, 2)
    write_case(case, tmp_path / "one", truth=truth)
    assert sorted(codes(tmp_path)) == ["oedema_outside", "sides_swapped"]


def test_a_series_without_lesions_contrast_is_refused(tmp_path) -> None:
    case = make_case(1)
    acquisition = replace(
        case.volume.series.acquisition, tr_ms=T1_TSE.tr_ms, te_ms=T1_TSE.te_ms, ti_ms=None
    )
    series = replace(case.volume.series, acquisition=acquisition, contrast=Contrast.T1)
    write_images(replace(case, volume=replace(case.volume, series=series)), tmp_path / "one")
    for side in Side:
        for name in SegmentClass:
            path = tmp_path / "one" / f"{side.value}_{name.value}.nii"
            write_nifti(case.truth[side][name], affine_of(), path)
    assert codes(tmp_path) == ["not_fluid_sensitive"]


def change(path: Path, **values: object) -> None:
    """Alter elements of a Segmentation's first segment, or of the file."""
    file = dcmread(path)
    for name, value in values.items():
        setattr(file.SegmentSequence[0] if name.startswith("Segment") else file, name, value)
    file.save_as(path)


def test_unknown_classes_and_sides_are_named(tmp_path) -> None:
    write_case(make_case(1), tmp_path / "one")
    change(tmp_path / "one" / "segmentation.dcm", SegmentLabel="cartilage")
    found = read_cases(tmp_path, doors()).problems
    assert [problem.code for problem in found] == ["unknown_class", "class_missing"]
    assert "'cartilage'" in found[0].message
    write_case(make_case(2), tmp_path / "two")
    file = dcmread(tmp_path / "two" / "segmentation.dcm")
    (segment,) = [s for s in file.SegmentSequence if s.TrackingID == "left hip bme"]
    del segment.AnatomicRegionSequence[0].AnatomicRegionModifierSequence
    segment.TrackingID = "bme"
    file.save_as(tmp_path / "two" / "segmentation.dcm")
    found = [p for p in read_cases(tmp_path, doors()).problems if p.case == "two"]
    assert [problem.code for problem in found] == ["side_unknown", "class_missing"]


def test_nifti_names_and_grids_are_checked(tmp_path) -> None:
    case = make_case(1)
    write_images(case, tmp_path / "one")
    head = case.truth[Side.RIGHT][SegmentClass.FEMORAL_HEAD]
    write_nifti(head, affine_of(), tmp_path / "one" / "bme.nii")
    write_nifti(head, affine_of(), tmp_path / "one" / "R_cyst.nii")
    write_nifti(head[1:], affine_of(), tmp_path / "one" / "right_bme.nii.gz")
    (tmp_path / "one" / "L_bme.nii").write_bytes(b"no picture")
    found = codes(tmp_path)
    assert sorted(set(found)) == [
        "side_missing",
        "side_unknown",
        "unknown_class",
        "unreadable",
        "wrong_grid",
    ]


def test_masks_of_other_images_are_refused(tmp_path) -> None:
    write_case(make_case(1), tmp_path / "one")
    write_case(make_case(2), tmp_path / "two")
    (tmp_path / "one" / "segmentation.dcm").unlink()
    (tmp_path / "two" / "segmentation.dcm").rename(tmp_path / "one" / "segmentation.dcm")
    assert codes(tmp_path) == ["series_missing", "no_outlines"]


def test_the_same_images_twice_are_refused(tmp_path) -> None:
    write_case(make_case(1), tmp_path / "one")
    write_case(make_case(1), tmp_path / "two")
    found = read_cases(tmp_path, doors())
    assert [(p.case, p.code) for p in found.problems] == [("two", "same_images")]
    assert [case.name for case in found.cases] == ["one"]


def test_a_damaged_segmentation_is_named_and_two_are_too_many(tmp_path) -> None:
    write_case(make_case(1), tmp_path / "one")
    content = (tmp_path / "one" / "segmentation.dcm").read_bytes()
    (tmp_path / "one" / "copy.dcm").write_bytes(content)
    assert "two_segmentations" in codes(tmp_path)
    (tmp_path / "one" / "copy.dcm").unlink()
    (tmp_path / "one" / "segmentation.dcm").write_bytes(content[: len(content) // 2])
    assert codes(tmp_path) == ["unreadable"]


def test_a_segmentation_reader_leaves_other_files_alone(tmp_path) -> None:
    write_images(make_case(1), tmp_path)
    assert read_outlines(next((tmp_path / "series").iterdir())) is None
    (tmp_path / "text.txt").write_text("nothing")
    assert read_outlines(tmp_path / "text.txt") is None


def test_folders_without_cases_are_explained(tmp_path) -> None:
    with pytest.raises(UnreadableInput, match="holds no case"):
        read_cases(tmp_path, doors())
    with pytest.raises(UnreadableInput, match="cannot be opened"):
        read_cases(tmp_path / "absent", doors())


def test_patients_without_an_id_are_noted(tmp_path) -> None:
    case = make_case(1)
    patient = replace(case.volume.series.patient, patient_id="")
    series = replace(case.volume.series, patient=patient)
    write_case(replace(case, volume=replace(case.volume, series=series)), tmp_path / "one")
    found = read_cases(tmp_path, doors())
    assert [note.code for note in found.notes] == ["patient_unknown"]
    assert found.cases[0].subject == "folder one"
    assert any("one: It names no patient ID" in line for line in case_lines(found))


def test_heads_are_measured_from_masks() -> None:
    case = make_case(1)
    for side in Side:
        head = head_of(case.truth[side][SegmentClass.FEMORAL_HEAD], affine_of(), side)
        np.testing.assert_allclose(head.centre_lps_mm, CENTRES[side], atol=1.0)
        assert head.radius_mm == pytest.approx(RADIUS, rel=0.04)


def test_stacks_are_the_pipelines_crops_of_the_truth() -> None:
    case = make_case(1)
    assert list(marrows_of(case).values()) == pytest.approx([100, 100], rel=0.05)
    right, left = stacks_of([case])
    assert right.signal.shape[1:] == (HIP_ROWS, HIP_COLUMNS)
    bit = tuple(SegmentClass).index(SegmentClass.EFFUSION_SYNOVITIS)
    fluid = (right.labels >> bit) & 1 > 0
    assert fluid.any()
    assert np.median(right.signal[fluid]) == pytest.approx(4.0, rel=0.1)
    # The toy is symmetric and a left hip is mirrored, so both look the same.
    assert (right.labels == left.labels).mean() > 0.97


def test_oedema_that_fills_a_femur_does_not_raise_what_it_is_compared_with() -> None:
    case = make_case(1)
    femur = case.truth[Side.LEFT][SegmentClass.PROXIMAL_FEMUR]
    voxels = np.where(femur, np.float32(2.0) * case.volume.voxels, case.volume.voxels)
    filled = replace(case, volume=replace(case.volume, voxels=voxels))
    medians = marrows_of(filled)
    assert medians[Side.RIGHT] == pytest.approx(100, rel=0.05)
    assert medians[Side.LEFT] == pytest.approx(SIDE_RATIO * 100, rel=0.05)
    alone = marrows_of(replace(filled, truth={Side.LEFT: filled.truth[Side.LEFT]}))
    assert alone[Side.LEFT] == pytest.approx(200, rel=0.1)


def test_unknown_classes_are_not_taught() -> None:
    case = make_case(1)
    own = {n: m for n, m in case.truth[Side.LEFT].items() if n is not SegmentClass.ACETABULUM}
    (stack,) = stacks_of([replace(case, truth={Side.LEFT: own})])
    bit = 1 << tuple(SegmentClass).index(SegmentClass.ACETABULUM)
    assert stack.known == 0b11111 & ~bit
    assert not (stack.labels & bit).any()


def test_pools_keep_stacks_apart() -> None:
    stacks = stacks_of([make_case(1), make_case(2)])
    pool = pool_of(stacks)
    assert len(np.unique(pool.first)) == 4
    assert len(pool) == sum(len(stack.signal) for stack in stacks)
    with pytest.raises(UnreadableInput, match="no case"):
        pool_of([])


def test_a_femur_without_signal_is_explained() -> None:
    case = make_case(1)
    dark = replace(case.volume, voxels=np.zeros(SHAPE, np.float32))
    with pytest.raises(UnreadableInput, match="no signal"):
        stacks_of([replace(case, volume=dark)])

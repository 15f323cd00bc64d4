"""The series to analyse is chosen for stated reasons, or refused in one sentence."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.errors import NoSuitableSeries
from hipdesk.geometry import plane_of, slice_normal, spacing_of, stack_affine
from hipdesk.records import (
    Acquisition,
    Contrast,
    Patient,
    Plane,
    Point,
    Scan,
    Series,
    Side,
    SkippedFile,
    SliceKey,
    SliceSource,
    StudyInfo,
)
from hipdesk.scan_result import scan_document
from hipdesk.series_choice import IN_WINDOW, analysable, as_said, choose, patients, rank
from tests.dicom_factory import uid

CORONAL = (1, 0, 0, 0, 0, -1)
AXIAL = (1, 0, 0, 0, 1, 0)


def series(
    uid: str = "1.1",
    contrast: Contrast = Contrast.STIR,
    slices: int = 20,
    side_px: int = 400,
    pixel_mm: float = 1.0,
    step_mm: float = 4.4,
    orientation: tuple[float, ...] = CORONAL,
    centre: Point = (0.0, 0.0, 0.0),
    **changes: object,
) -> Series:
    """A series record centred on a point, headers only."""
    columns, rows = np.array(orientation[:3], float), np.array(orientation[3:], float)
    normal = slice_normal(orientation)
    corner = np.array(centre) - (columns + rows) * pixel_mm * (side_px - 1) / 2
    half = normal * step_mm * (slices - 1) / 2
    affine = stack_affine(
        orientation, (pixel_mm, pixel_mm), corner - half, corner + half, slices, step_mm
    )
    base = Series(
        uid=uid,
        patient=Patient(),
        study=StudyInfo("1"),
        acquisition=Acquisition(),
        description="",
        number=None,
        frame_of_reference_uid="1.9",
        plane=plane_of(normal),
        contrast=contrast,
        slices=tuple(
            SliceSource(SliceKey(f"{uid}.{i}"), Path("x"), (0.0, 0.0, 0.0)) for i in range(slices)
        ),
        rows=side_px,
        columns=side_px,
        affine=affine,
        spacing_mm=spacing_of(affine),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def scan_of(*found: Series) -> Scan:
    return Scan(Path("root"), found, (), 0.1)


def chosen_uids(*found: Series, **options: object) -> list[str]:
    return [one.uid for one in choose(scan_of(*found), **options).chosen]  # type: ignore[arg-type]


def refusal(*found: Series, **options: object) -> str:
    with pytest.raises(NoSuitableSeries) as caught:
        choose(scan_of(*found), **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 3
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


STIR = series("1.1")
T1 = series("1.2", Contrast.T1, pixel_mm=0.6, side_px=640)
AXIAL_STIR = series("1.3", orientation=AXIAL)
LOCALIZER = series("1.4", Contrast.OTHER, slices=9, plane=Plane.MIXED)
ADC = series("1.5", Contrast.DWI)
MIP = series("1.6", image_type=("DERIVED", "SECONDARY", "MIP"))
CT = series("1.7", Contrast.OTHER, acquisition=Acquisition(modality="CT"))
SHORT = series("1.8", slices=2)
SMALL = series("1.9", side_px=100)


def test_the_coronal_stir_is_chosen_among_all_that_a_study_holds():
    every = (LOCALIZER, T1, AXIAL_STIR, ADC, MIP, CT, SHORT, SMALL, STIR)
    choice = choose(scan_of(*every))
    assert choice.chosen == (STIR,)
    assert choice.ranking[0].series is STIR
    assert [ranked.usable for ranked in choice.ranking] == [True] + [False] * 8
    assert "coronal" in choice.reason
    assert "STIR" in choice.reason


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (series("a"), series("b", Contrast.PD_FS)),
        (series("a", Contrast.T2_FS), series("b", Contrast.DIXON_WATER)),
        (series("a", pixel_mm=0.8, side_px=500), series("b", pixel_mm=1.6, side_px=250)),
        (series("a"), series("b", slices=4)),
        (series("a"), series("b", side_px=200)),
        (series("a"), series("b", image_type=("DERIVED", "SECONDARY", "MPR"))),
        (series("a"), series("b", description="STIR SI joints")),
        (series("a"), series("b", body_part="KNEE")),
        (series("a", description="hips STIR"), series("b", description="STIR")),
        (series("a"), series("b", orientation=(1, 0, 0, 0, 0.42262, -0.90631))),
        (series("a", number=9), series("b", number=4)),
        (
            series("a", study=StudyInfo("2", date(2024, 5, 1))),
            series("b", study=StudyInfo("1", date(2023, 5, 1)), number=9),
        ),
    ],
)
def test_the_better_of_two_usable_series_wins_in_either_order(better, worse):
    assert chosen_uids(better, worse) == ["a"]
    assert chosen_uids(worse, better) == ["a"]


def test_four_slices_alone_are_chosen_with_a_warning():
    choice = choose(scan_of(series(slices=4)))
    assert len(choice.chosen) == 1
    assert any("5 are needed" in reason for reason in choice.ranking[0].reasons)


# Both hips, one hip, pairs


def one_hip(uid: str, x: float, **changes: object) -> Series:
    return series(uid, side_px=180, centre=(x, 0.0, 0.0), **changes)  # type: ignore[arg-type]


RIGHT, LEFT = one_hip("right", -90), one_hip("left", 95)


def test_separate_right_and_left_series_are_chosen_together_right_first():
    assert chosen_uids(LEFT, RIGHT) == ["right", "left"]
    assert chosen_uids(RIGHT, LEFT) == ["right", "left"]


def test_a_series_of_both_hips_is_preferred_to_a_pair():
    assert chosen_uids(RIGHT, LEFT, STIR) == ["1.1"]


def test_position_outranks_the_label():
    assert chosen_uids(
        replace(RIGHT, description="STIR left"), replace(LEFT, description="STIR right")
    ) == ["right", "left"]


@pytest.mark.parametrize(
    ("right", "left"),
    [
        ({"laterality": Side.RIGHT}, {"laterality": Side.LEFT}),
        ({"description": "STIR_COR_R"}, {"description": "STIR_COR_L"}),
        ({"description": "Hüfte rechts"}, {"description": "Hüfte links"}),
        ({"description": "右髋 STIR"}, {"description": "左髋 STIR"}),
    ],
)
def test_labels_pair_series_measured_at_the_same_place(right, left):
    assert chosen_uids(one_hip("l", 0, **left), one_hip("r", 0, **right)) == ["r", "l"]


@pytest.mark.parametrize(
    "other",
    [
        one_hip("other", -88),
        one_hip("other", 90, contrast=Contrast.T2_FS),
        one_hip("other", 90, study=StudyInfo("2")),
        one_hip("other", 90, contrast=Contrast.T1),
    ],
)
def test_one_hip_without_a_true_counterpart_stays_alone(other):
    assert len(chosen_uids(RIGHT, other)) == 1


# Any contrast, and a series by name


def test_any_contrast_takes_what_there_is_but_prefers_fluid():
    assert chosen_uids(T1, any_contrast=True) == ["1.2"]
    assert chosen_uids(T1, STIR, any_contrast=True) == ["1.1"]


def test_any_contrast_still_wants_coronal_mr_that_is_no_localizer():
    for unfit in (AXIAL_STIR, LOCALIZER, CT, ADC, MIP):
        assert refusal(unfit, any_contrast=True)


def test_a_series_asked_for_is_taken_though_another_ranks_higher():
    assert chosen_uids(STIR, T1, series_uid="1.2") == ["1.2"]


@pytest.mark.parametrize(
    ("unfit", "words"),
    [(AXIAL_STIR, "axial, not coronal"), (CT, "CT, not MR"), (LOCALIZER, "localizer")],
)
def test_a_series_asked_for_must_be_coronal_mr(unfit, words):
    assert words in refusal(STIR, unfit, series_uid=unfit.uid)


def test_an_unknown_series_is_refused():
    assert "UID" in refusal(STIR, series_uid="9.9.9")


# Several patients

ONE = Patient("1", "Clinic", "Doe^Jane", date(1980, 5, 17), "F")
TWO = Patient("2", "Clinic", "Roe^Ann", date(1981, 5, 17), "F")


def test_several_patients_are_refused_unless_a_series_is_named():
    every = series("a", patient=ONE), series("b", Contrast.T1, patient=TWO)
    assert "Images of 2 patients" in refusal(*every)
    choice = choose(scan_of(*every), "a")
    assert [(notice.code, notice.figure) for notice in choice.notices] == [("several_patients", 2)]
    assert choose(scan_of(every[0])).notices == ()


def test_a_named_series_of_two_patients_is_refused():
    assert "under one UID" in refusal(
        series("a", patient=ONE), series("a", patient=TWO), series_uid="a"
    )


@pytest.mark.parametrize(
    ("others", "count"),
    [
        ((ONE,), 1),
        ((Patient(), ONE, Patient("1")), 1),
        ((Patient(), ONE, TWO), 2),
        ((replace(ONE, name="Doe-Roe^Jane"), replace(ONE, issuer="")), 1),
        ((replace(ONE, birth_date=None, name="DOE^JANE"),), 1),
        ((replace(ONE, birth_date=None, name="Roe^Ann"),), 2),
        ((replace(ONE, birth_date=date(1980, 5, 18)),), 2),
        ((replace(ONE, issuer="Elsewhere"),), 2),
    ],
)
def test_what_a_file_does_not_state_tells_no_patients_apart(others, count):
    every = [series(patient=patient) for patient in (*others, ONE)]
    assert patients(every) == patients(every[::-1]) == count


# Refusals


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((), ["No usable image was found"]),
        ((CT,), ["CT, not MR"]),
        ((LOCALIZER,), ["Only localizer images"]),
        ((AXIAL_STIR, LOCALIZER), ["No MR series found is coronal (axial only)"]),
        ((T1, AXIAL_STIR), ["is T1-weighted, not fluid-sensitive", "--any-contrast"]),
        ((SHORT, T1), ["(STIR) cannot be used", "too few slices (2)"]),
        ((SMALL,), ["field of view", "too small"]),
        ((MIP,), ["computed from other series"]),
        ((series("s", Contrast.OTHER, description="Scout coronal"),), ["Only localizer images"]),
    ],
)
def test_refusals_say_what_was_found_and_what_to_do(found, words):
    message = refusal(*found)
    assert all(word in message for word in words)
    assert "; " in message


def test_stacks_of_several_planes_in_one_series_are_a_localizer():
    planes = (series("same", slices=7), series("same", slices=7, orientation=AXIAL))
    assert "Only localizer images" in refusal(*planes)


def several_planes(coronal: int = 29, axial: int = 5, **changes: object) -> tuple[Series, Series]:
    planned = series("same", slices=axial, orientation=AXIAL, **changes)
    return series("same", slices=coronal, **changes), planned


def test_a_real_stack_beside_slices_of_another_plane_in_its_series_is_taken():
    whole, few = several_planes()
    assert choose(scan_of(few, whole)).chosen == (whole,)
    with pytest.raises(NoSuitableSeries, match="plane is axial"):
        choose(scan_of(few, whole), "same#1")


@pytest.mark.parametrize(
    "found",
    [
        several_planes(coronal=7, axial=7),
        several_planes(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")),
        several_planes(description="3-plane loc"),
        several_planes(coronal=16, step_mm=1.0),
    ],
    ids=["few slices", "type", "words", "thin"],
)
def test_localizers_in_one_series_stay_refused(found):
    assert "Only localizer images" in refusal(*found)


def test_where_asking_by_name_would_help_the_refusal_says_so():
    small = several_planes(coronal=7, axial=7)
    assert "; name the series with --series UID" in refusal(*small)
    assert "`hipdesk scan` lists them" in refusal(*small)
    assert refusal(*small, remedies=IN_WINDOW) == (
        "Only localizer images were found; analyse the coronal series if it shows the hips, or "
        "open another folder."
    )
    for bad in ((LOCALIZER,), several_planes(description="3-plane loc")):
        assert "--series" not in refusal(*bad)
        assert "hip study" in refusal(*bad, remedies=IN_WINDOW)


def test_a_small_stack_taken_for_a_localizer_is_analysed_where_it_is_asked_for():
    small, axial = several_planes(coronal=7, axial=7)
    scan = scan_of(axial, small)
    assert choose(scan, "same#2").chosen == choose(scan, "same").chosen == (small,)
    assert analysable(scan) == {"same#2"}


def test_a_named_localizer_is_refused_even_where_it_is_asked_for():
    with pytest.raises(NoSuitableSeries, match="localizer"):
        choose(scan_of(*several_planes(description="3-plane loc")), "same#1")


# Parts of one series


def echoes() -> tuple[Series, Series]:
    return (
        series("1.5", acquisition=Acquisition(te_ms=51)),
        series("1.5", acquisition=Acquisition(te_ms=90)),
    )


def test_every_part_of_a_series_can_be_named():
    first, second = echoes()
    scan = scan_of(first, STIR, second)
    assert choose(scan, "1.5").chosen == (first,)
    assert choose(scan, "1.5#1").chosen == (first,)
    assert choose(scan, "1.5#2").chosen == (second,)
    assert choose(scan, f"{STIR.uid}#1").chosen == (STIR,)
    assert analysable(scan) == {"1.5#1", "1.5#2", STIR.uid}


@pytest.mark.parametrize("name", ["1.5#3", "1.5#0", "1.5#", "1.5#x", "#1", "1.5#-1", "1.5#²"])
def test_a_part_that_is_not_there_is_refused(name):
    with pytest.raises(NoSuitableSeries, match="No series has the UID"):
        choose(scan_of(*echoes()), name)


def test_naming_a_part_does_not_get_round_two_patients_under_one_uid():
    mixed = (series("1.12", patient=Patient("1")), series("1.12", patient=Patient("2")))
    with pytest.raises(NoSuitableSeries, match="2 patients under one UID"):
        choose(scan_of(*mixed), "1.12#1")


def test_a_contrast_is_stated_of_one_part_or_of_all():
    scan = scan_of(*echoes())
    one = as_said(scan, (), {"1.5#2": Contrast.T1})
    assert [each.contrast for each in one.series] == [Contrast.STIR, Contrast.T1]
    every = as_said(scan, (), {"1.5": Contrast.T1})
    assert [each.contrast for each in every.series] == [Contrast.T1, Contrast.T1]


def test_the_document_of_a_scan_names_every_part():
    scan = scan_of(*echoes(), STIR)
    listed = scan_document(scan, choose(scan))["series"]
    assert {(each["uid"], each["part"], each["selector"]) for each in listed} == {
        ("1.5", 1, "1.5#1"),
        ("1.5", 2, "1.5#2"),
        (STIR.uid, 1, STIR.uid),
    }
    for each in listed:
        (chosen,) = choose(scan, each["selector"]).chosen
        assert chosen is next(one for one in scan.series if _is_listed(one, each, scan))


def _is_listed(one: Series, each: dict[str, object], scan: Scan) -> bool:
    same = [other for other in scan.series if other.uid == one.uid]
    return one.uid == each["uid"] and same.index(one) + 1 == each["part"]


def test_any_contrast_is_not_recommended_to_who_already_asked_for_it():
    assert "--any-contrast" not in refusal(ADC, any_contrast=True)


def test_a_window_is_not_told_of_command_line_options():
    several = series("1.10", patient=Patient("2")), series("1.11", patient=Patient("1"))
    for found in ((T1,), several):
        assert "`" not in refusal(*found, remedies=IN_WINDOW)
        assert "--" not in refusal(*found, remedies=IN_WINDOW)
    assert "analyse it for heads and bones" in refusal(T1, remedies=IN_WINDOW)
    assert "2 patients were found; choose the series" in refusal(*several, remedies=IN_WINDOW)


def test_series_that_can_be_asked_for_are_those_that_are_taken():
    every = (LOCALIZER, T1, AXIAL_STIR, ADC, MIP, CT, SHORT, SMALL, STIR)
    mixed = (series("1.12", patient=Patient("1")), series("1.12", patient=Patient("2")))
    scan = scan_of(*every, *mixed)
    assert analysable(scan) == {one.uid for one in (T1, ADC, MIP, SHORT, SMALL, STIR)}
    for one in (*every, *mixed):
        if one.uid in analysable(scan):
            assert choose(scan, one.uid).chosen == (one,)
        else:
            with pytest.raises(NoSuitableSeries):
                choose(scan, one.uid)


def test_every_series_has_reasons_worst_first():
    for ranked in rank(scan_of(STIR, T1, AXIAL_STIR, LOCALIZER, CT)):
        assert ranked.reasons
        if not ranked.usable:
            assert "not" in ranked.reasons[0] or "localizer" in ranked.reasons[0]


# The document


def test_the_document_of_a_scan():
    skipped = (SkippedFile(Path("root/notes.txt"), "It is not a DICOM file."),)
    scan = replace(scan_of(T1, STIR), skipped=skipped)
    document = json.loads(json.dumps(scan_document(scan, choose(scan))))
    assert document["schema"] == "hipdesk.scan/1"
    first, second = document["series"]
    assert first == {
        "uid": "1.1",
        "part": 1,
        "selector": "1.1",
        "patient": {
            "id": None,
            "name": None,
            "name_groups": {"alphabetic": None, "ideographic": None, "phonetic": None},
        },
        "study_date": None,
        "description": "",
        "plane": "coronal",
        "contrast": "stir",
        "slices": 20,
        "rows": 400,
        "columns": 400,
        "spacing_mm": [4.4, 1.0, 1.0],
        "chosen": True,
        "reasons": [
            "It is coronal.",
            "It is fluid-sensitive (STIR).",
            "It has 20 slices over 88 mm.",
            "Its field of view (400 x 400 mm) holds both hips.",
            "Its pixels measure 1 x 1 mm.",
        ],
    }
    assert second["chosen"] is False
    assert document["skipped"] == [
        {"path": str(Path("root/notes.txt")), "reason": "It is not a DICOM file."}
    ]
    assert document["seconds"] == 0.1


def test_the_document_of_a_refusal_lists_every_series_with_reasons():
    document = scan_document(scan_of(T1), "Nothing fits.")
    assert document["reason"] == "Nothing fits."
    assert [(one["chosen"], bool(one["reasons"])) for one in document["series"]] == [(False, True)]


# Real series


def tagged(source: Path, target: Path, count: int, **tags: object) -> None:
    """Copy part of a series with other tags, as a series of its own."""
    target.mkdir()
    for path in sorted(source.iterdir())[:count]:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid(dataset.SeriesInstanceUID)
        dataset.SOPInstanceUID = uid(dataset.SOPInstanceUID)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        for keyword, value in tags.items():
            setattr(dataset, keyword, value)
        dataset.save_as(target / path.name)


@pytest.mark.parametrize("name", ["images_01", "images_10", "images_23"])
def test_a_real_t1_series_is_refused_and_its_stir_tagged_copy_is_chosen(
    shared_data, tmp_path, name
):
    source = shared_data / "mr_coronal_t1" / name
    t1 = DicomFolderReader().scan(source)
    with pytest.raises(NoSuitableSeries, match="T1-weighted, not fluid-sensitive"):
        choose(t1)
    assert len(choose(t1, any_contrast=True).chosen) == 1
    stir = {"ScanningSequence": ["SE", "IR"], "InversionTime": 150, "SeriesDescription": "stir_cor"}
    tagged(source, tmp_path / "stir", 30, **stir)
    shutil.copytree(source, tmp_path / "t1")
    (chosen,) = choose(DicomFolderReader().scan(tmp_path)).chosen
    assert chosen.contrast is Contrast.STIR
    assert len(chosen.slices) == 30


def test_real_axial_and_sagittal_series_are_refused(shared_data):
    scan = DicomFolderReader().scan(shared_data / "dicom_samples" / "dcm_qa_frag")
    with pytest.raises(NoSuitableSeries, match=r"is coronal \(sagittal only\)"):
        choose(scan)


def test_a_folder_without_images_is_refused_with_the_most_frequent_cause():
    placeless, foreign = "It does not state the size of its pixels.", "It is not a DICOM file."
    skipped = [SkippedFile(Path(f"{i}"), placeless) for i in range(2)]
    skipped += [SkippedFile(Path(f"n{i}"), foreign) for i in range(5)]
    with pytest.raises(NoSuitableSeries) as caught:
        choose(Scan(Path(), (), tuple(skipped), 0.0))
    assert (
        "No usable image was found (2 of 7 files: it does not state the size of its pixels); "
        in str(caught.value)
    )
    with pytest.raises(NoSuitableSeries, match=r"\(5 of 5 files: it is not a DICOM file\)"):
        choose(Scan(Path(), (), tuple(skipped[2:]), 0.0))


def test_a_series_whose_contrast_is_unstated_is_chosen_last_and_its_pixels_decide():
    unstated = series("1.30", Contrast.UNKNOWN)
    assert chosen_uids(unstated) == ["1.30"]
    assert chosen_uids(unstated, STIR) == ["1.1"]
    assert chosen_uids(unstated, T1) == ["1.30"]
    choice = choose(scan_of(unstated))
    assert choice.reason.startswith("The files do not say its contrast, so its pixels decide")
    assert not choice.ranking[0].usable


def test_an_unstated_contrast_excuses_no_other_fault():
    assert refusal(replace(AXIAL_STIR, contrast=Contrast.UNKNOWN))
    assert refusal(replace(LOCALIZER, contrast=Contrast.UNKNOWN))

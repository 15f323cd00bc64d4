"""The folder of results of an analysis that readers changed: every file says the same."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import highdicom as hd
import numpy as np
import pypdfium2 as pdfium
import pytest
from pydicom import dcmread

from hipdesk.adapters import result_folder
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series
from hipdesk.adapters.result_folder import ENTRIES, write_result_folder
from hipdesk.amendment import effective
from hipdesk.errors import OutputError
from hipdesk.records import Analysis, HipResult, Origin, SegmentClass, Side, Volume
from hipdesk.report import report_review
from hipdesk.review import Review, Reviewed, ReviewKind, Revision
from hipdesk.scoring import patient_total, score_hip
from tests.report_factory import make_analysis

R, L = Side.RIGHT, Side.LEFT
NOW = datetime(2024, 5, 9, 12, 0, tzinfo=UTC)
AT = datetime(2024, 5, 8, 14, 30, tzinfo=UTC)
READER = "Dr. Anna Müller"
WORDS = "Right: little fluid.\nLeft: not judged by its outlines."

DRAWN_PX = 10
DRAWN_ML = DRAWN_PX * 2.0 * 2.0 * 4.4 / 1000
"""The factory's pixels are 2 mm wide and its slices 4.4 mm apart: 0.176 mL."""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Volume]:
    """An analysis of a series that lies on the disk."""
    made, volume = make_analysis()
    folder = tmp_path_factory.mktemp("series")
    write_series(folder, volume)
    with DicomFolderReader() as reader:
        (series,) = reader.scan(folder).series
        volume = reader.read(series)
    hips = [with_score(volume, hip) for hip in made.hips]
    return (
        replace(
            made,
            series=series,
            pixel_sha256=volume.pixel_sha256,
            hips=tuple(hips),
            total=patient_total(hips),
        ),
        volume,
    )


def with_score(volume: Volume, hip: HipResult) -> HipResult:
    assert hip.segmentation is not None
    return replace(hip, score=score_hip(volume, hip.segmentation))


def drawn_again(analysis: Analysis, volume: Volume) -> Revision:
    """The right hip with ten pixels of fluid on slice 10, and no oedema at all."""
    hip = analysis.hip(R)
    assert hip.segmentation is not None
    fluid = np.zeros(hip.segmentation.box.shape, dtype=bool)
    fluid[9, 4, 5 : 5 + DRAWN_PX] = True
    masks = {
        **hip.segmentation.masks,
        SegmentClass.BME: np.zeros_like(fluid),
        SegmentClass.EFFUSION_SYNOVITIS: fluid,
    }
    hip = replace(hip, segmentation=replace(hip.segmentation, masks=masks))
    return Revision(1, Origin.AI_EDITED, AT, READER, with_score(volume, hip))


def acts(side: Side, revision: int, *kinds: str) -> tuple[Review, ...]:
    return tuple(Review(side, revision, ReviewKind(kind), READER, AT) for kind in kinds)


def written(reviewed: Reviewed, volume: Volume, folder: Path) -> Path:
    review = report_review(reviewed)
    write_result_folder(
        effective(reviewed), volume, (), folder, NOW, review=review, clinic="Clinic One"
    )
    return folder


@pytest.fixture(scope="module")
def signed(read: tuple[Analysis, Volume], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right redrawn, accepted and signed; left rejected and signed."""
    analysis, volume = read
    reviews = (*acts(R, 1, "accepted", "signed"), *acts(L, 0, "rejected", "signed"))
    reviewed = Reviewed(analysis, (drawn_again(analysis, volume),), reviews, WORDS)
    return written(reviewed, volume, tmp_path_factory.mktemp("out") / "results")


def pages(folder: Path) -> str:
    document = pdfium.PdfDocument((folder / "report.pdf").read_bytes())
    try:
        texts = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(texts).split())


def test_everything_is_there_and_nothing_else(signed: Path) -> None:
    assert {path.name for path in signed.iterdir()} == set(ENTRIES)


def test_the_printed_report(signed: Path) -> None:
    said = pages(signed)
    assert f"Final - signed by {READER}, 2024-05-08 14:30 UTC" in said
    assert "Clinic One" in said
    assert "Reader's verdict accepted rejected" in said
    assert "Right: little fluid." in said
    assert "BME volume 0.0 mL — Effusion/synovitis volume 0.2 mL —" in said  # 0.176 mL


def test_the_document(signed: Path) -> None:
    document = json.loads((signed / "result.json").read_text("utf-8"))
    right, left = document["hips"]
    assert document["origin"] == "ai_edited"
    assert (right["bme_ml"], right["effusion_ml"]) == (0.0, pytest.approx(DRAWN_ML))
    assert sum(part["effusion_px"] for part in right["slices"]) == DRAWN_PX
    assert (left["reason"], left["u_area"], left["slices"]) == ("rejected_by_reader", None, [])
    assert document["review"] == {
        "final": True,
        "verdicts": {"R": "accepted", "L": "rejected"},
        "signatures": [
            {
                "side": side,
                "revision": revision,
                "reader": READER,
                "signed_utc": "2024-05-08T14:30:00Z",
            }
            for side, revision in (("R", 1), ("L", 0))
        ],
        "impression": WORDS,
    }


def test_the_table(signed: Path) -> None:
    with (signed / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = [row for row in rows if row["side"] == "R"]
    (left,) = (row for row in rows if row["side"] == "L")
    assert {row["bme_px"] for row in right} == {"0"}
    assert [int(row["effusion_px"]) for row in right].index(DRAWN_PX) == 9
    assert {row["hip_verdict"] for row in right} == {"accepted"}
    assert (left["hip_verdict"], left["hip_signed_by"]) == ("rejected", READER)
    assert left["hip_u_area"] == ""


def test_the_segmentation(signed: Path) -> None:
    seg = hd.seg.segread(signed / "segmentation.dcm")
    assert seg.ContentDescription == "HipDesk masks, signed (research use only)"
    assert {item.TrackingID.split()[0] for item in seg.SegmentSequence} == {"right"}
    assert {item.SegmentAlgorithmType for item in seg.SegmentSequence} == {"SEMIAUTOMATIC"}
    numbers = {item.SegmentLabel: int(item.SegmentNumber) for item in seg.SegmentSequence}
    sizes = {
        number: sum(
            int(plane.sum())
            for plane, frame in zip(
                seg.pixel_array, seg.PerFrameFunctionalGroupsSequence, strict=True
            )
            if frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number
        )
        for number in numbers.values()
    }
    assert sizes[numbers["bme"]] == 0
    assert sizes[numbers["effusion_synovitis"]] == DRAWN_PX


def test_the_measurements(signed: Path) -> None:
    report = dcmread(signed / "measurements.dcm")
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("FINAL", "VERIFIED")
    (observer,) = report.VerifyingObserverSequence
    assert (str(observer.VerifyingObserverName), observer.VerifyingOrganization) == (
        READER,
        "Clinic One",
    )
    texts = [str(element.value) for element in report.iterall() if element.VR in ("LO", "UT")]
    assert "right hip effusion_synovitis" in texts
    assert "left hip effusion_synovitis" in texts  # with the reason alone
    assert {"Accepted", "Rejected", "rejected_by_reader", WORDS} <= set(texts)
    values = [float(each.value) for each in report.iterall() if each.keyword == "NumericValue"]
    assert pytest.approx(DRAWN_ML) in values


def test_both_hips_rejected_leave_no_masks_of_an_earlier_result(
    read: tuple[Analysis, Volume], tmp_path: Path
) -> None:
    analysis, volume = read
    folder = written(Reviewed(analysis), volume, tmp_path / "results")
    assert (folder / "segmentation.dcm").exists()
    assert "review" in json.loads((folder / "result.json").read_text("utf-8"))
    none = Reviewed(analysis, reviews=(*acts(R, 0, "rejected"), *acts(L, 0, "rejected")))
    written(none, volume, folder)
    assert {path.name for path in folder.iterdir()} == {*ENTRIES} - {"segmentation.dcm"}
    assert list((folder / "overlays").iterdir()) == []
    assert "Draft - reviewed, not signed" in pages(folder)
    document = json.loads((folder / "result.json").read_text("utf-8"))
    assert [hip["reason"] for hip in document["hips"]] == ["rejected_by_reader"] * 2


def test_a_result_that_nobody_read_says_nothing_of_readers(
    read: tuple[Analysis, Volume], tmp_path: Path
) -> None:
    write_result_folder(*read, (), tmp_path, NOW)
    assert "review" not in json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert "Draft - not reviewed" in pages(tmp_path)
    assert dcmread(tmp_path / "measurements.dcm").VerificationFlag == "UNVERIFIED"


def test_images_no_dicom_can_be_made_from_still_give_the_rest(
    read: tuple[Analysis, Volume], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OutputError("The images lack something.")

    for name in ("write_segmentation", "write_measurements"):
        with monkeypatch.context() as patch:
            patch.setattr(result_folder, name, refused)
            with pytest.raises(OutputError, match="lack something"):
                write_result_folder(*read, (), tmp_path / name, NOW)
        kept = {path.name for path in (tmp_path / name).iterdir()}
        assert kept >= set(ENTRIES) - {"segmentation.dcm", "measurements.dcm"}
        assert "measurements.dcm" not in kept
        assert json.loads((tmp_path / name / "result.json").read_text("utf-8"))["hips"]

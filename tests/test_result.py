"""``result.json`` and ``scores.csv`` hold what their layout promises, and nothing is lost."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict

from hipdesk.amendment import effective
from hipdesk.records import (
    Analysis,
    Compute,
    Contrast,
    GridBox,
    Head,
    HipResult,
    ModelRef,
    Notice,
    Origin,
    Patient,
    Reason,
    Segmentation,
    SegmentClass,
    Side,
    StudyInfo,
    Volume,
)
from hipdesk.report import ReportReview, report_review
from hipdesk.result import CSV_COLUMNS, result_document, result_json, scores_csv
from hipdesk.review import Review, Reviewed, ReviewKind, Revision
from hipdesk.scoring import score_hip
from tests.record_builders import build_analysis, build_series

SLICES = 7


class Exact(BaseModel):
    """A part of the document: every key named here, and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PatientPart(Exact):
    id: str | None
    issuer: str | None
    name: str | None
    birth_date: str | None
    sex: str | None


class StudyPart(Exact):
    uid: str
    date: str | None
    time: str | None
    accession: str | None
    description: str | None


class ModelPart(Exact):
    name: str
    version: str
    sha256: str
    task: str
    trained_on: str


class ComputePart(Exact):
    requested: str
    provider: str
    reason: str | None


class SeriesPart(Exact):
    uid: str
    frame_of_reference_uid: str | None
    description: str | None
    plane: str
    contrast: str
    slices: int
    spacing_mm: list[float]
    rows: int
    columns: int
    pixel_sha256: str


class SlicePart(Exact):
    index: int
    sop_instance_uid: str
    frame_number: int | None
    counted: bool
    reason: str | None
    head_px: int
    bme_px: int | None
    effusion_px: int | None
    u_intensity: float | None
    u_area: float | None
    reader_note: str | None = None


class LesionPart(Exact):
    u_intensity: float
    u_area: float


class ByLesionPart(Exact):
    bme: LesionPart
    effusion_synovitis: LesionPart


class HipPart(Exact):
    side: Literal["R", "L"]
    found: bool
    reason: str | None
    head_centre_lps_mm: list[float] | None
    head_radius_mm: float | None
    confidence: float
    head_placed: Literal[True] | None = None
    origin: str | None = None
    slices: list[SlicePart]
    n_counted: int
    central_index: int | None
    u_intensity: float | None
    u_area: float | None
    u_intensity_mean: float | None
    u_area_mean: float | None
    by_lesion: ByLesionPart | None
    bme_ml: float | None
    effusion_ml: float | None
    head_ml: float | None
    bme_head_percent: float | None


class TotalPart(Exact):
    u_intensity: float | None
    u_area: float | None
    n_counted: int | None
    reason: str | None


class NoticePart(Exact):
    code: str
    message: str
    figure: float | None


class SignaturePart(Exact):
    side: str
    revision: int
    reader: str | None
    signed_utc: str


class ReviewPart(Exact):
    final: bool
    verdicts: dict[str, str | None]
    signatures: list[SignaturePart]
    impression: str | None


class Document(Exact):
    schema_: Literal["hipdesk.result/1"]
    program_version: str
    intended_use: str
    created_utc: str
    analysis_uid: str
    definition: str
    origin: str
    patient: PatientPart
    study: StudyPart
    models: list[ModelPart]
    provider: str
    compute: ComputePart
    series: SeriesPart
    hips: list[HipPart]
    patient_total: TotalPart
    warnings: list[NoticePart]
    review: ReviewPart | None = None


def parsed(analysis: Analysis, review: ReportReview | None = None) -> Document:
    """The document after a trip through JSON text, checked key by key."""
    document = json.loads(result_json(analysis, review))
    document["schema_"] = document.pop("schema")
    return Document.model_validate(document)


def make_volume(contrast: Contrast) -> Volume:
    affine = np.array([[0, 0, 1.0, 0], [4.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1]])
    series = build_series(
        affine,
        (SLICES, 8, 8),
        patient=Patient("P1", "Clinic", "Näme^Given", date(1990, 2, 3), "F"),
        study=StudyInfo("1.2", date(2024, 5, 6), time(7, 8, 9), "A1", "hip"),
        contrast=contrast,
    )
    rng = np.random.default_rng(1)
    voxels = rng.uniform(10, 90, size=series.shape).astype(np.float32)
    return Volume(series, voxels, "f" * 64)


def make_masks(lesions: bool) -> dict[SegmentClass, np.ndarray]:
    head = np.zeros((SLICES, 8, 8), dtype=bool)
    head[:, 2:6, 2:6] = True
    head[0] = False
    masks = {SegmentClass.FEMORAL_HEAD: head}
    if lesions:
        masks[SegmentClass.BME] = head & (np.arange(8) < 3)
        masks[SegmentClass.EFFUSION_SYNOVITIS] = np.roll(head, 4, axis=2)
    return masks


def make_hip(side: Side, volume: Volume) -> HipResult:
    box = GridBox((0, 0, 0), (SLICES, 8, 8))
    hip = Segmentation(side, box, make_masks(volume.series.contrast.fluid_sensitive))
    # The locator hands over array scalars; the document must hold plain numbers.
    radius: float = np.float32(23.5)  # type: ignore[assignment]
    return HipResult(
        side, Head(side, True, 0.9, (1.0, 2.0, 3.0), radius), hip, score_hip(volume, hip)
    )


def make_analysis(contrast: Contrast = Contrast.STIR, left: bool = True) -> Analysis:
    volume = make_volume(contrast)
    absent = HipResult(
        Side.LEFT, Head(Side.LEFT, False, 0.1, reason=Reason.HEAD_NOT_FOUND), None, None
    )
    hips = (make_hip(Side.RIGHT, volume), make_hip(Side.LEFT, volume) if left else absent)
    return build_analysis(
        volume.series,
        hips,
        created_utc=datetime(2024, 5, 7, 8, 9, 10, 111, UTC),
        models=(ModelRef("segment", "2", "a" * 64, "segment", "simulated MRI"),),
        compute=Compute("cuda", "cpu", "no driver"),
        notices=(Notice("provider_fallback", "Computed on the CPU."), Notice("n", "m", 2.5)),
    )


def test_scored_patient() -> None:
    analysis = make_analysis()
    document = parsed(analysis)
    right, left = document.hips
    assert (right.side, left.side) == ("R", "L")
    assert right.found
    assert right.reason is None
    assert right.head_centre_lps_mm == [1.0, 2.0, 3.0]
    assert right.head_radius_mm == 23.5
    assert right.n_counted == 6
    assert [s.index for s in right.slices] == list(range(SLICES))
    assert right.slices[0].reason == "no_head_on_slice"
    assert right.slices[1].sop_instance_uid == "1.2.3.2"
    terms = [s.u_intensity for s in right.slices if s.counted and s.u_intensity is not None]
    assert right.u_intensity == pytest.approx(sum(terms))
    assert right.u_area == pytest.approx(6 * 20 / 16)
    assert right.u_area_mean == pytest.approx(20 / 16)
    assert right.by_lesion is not None
    assert right.by_lesion.bme.u_area == 6 * 4 / 16
    assert document.patient_total.u_area == right.u_area + left.u_area  # type: ignore[operator]
    assert document.patient_total.n_counted == 12


def test_identity_and_provenance() -> None:
    document = parsed(make_analysis())
    assert document.patient == PatientPart(
        id="P1", issuer="Clinic", name="Näme^Given", birth_date="1990-02-03", sex="F"
    )
    assert (document.study.date, document.study.time) == ("2024-05-06", "07:08:09")
    assert document.created_utc == "2024-05-07T08:09:10Z"
    assert document.definition == "hipdesk.unet_score/1"
    assert document.provider == "cpu"
    assert document.compute == ComputePart(requested="cuda", provider="cpu", reason="no driver")
    assert document.models[0].sha256 == "a" * 64
    assert [(n.code, n.figure) for n in document.warnings] == [
        ("provider_fallback", None),
        ("n", 2.5),
    ]
    assert "Näme" in result_json(make_analysis())
    assert document.series.slices == SLICES
    assert document.series.spacing_mm == [4.0, 1.0, 1.0]


def test_time_is_given_in_utc_whatever_the_clock() -> None:
    clock = datetime(2024, 5, 7, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    assert parsed(replace(make_analysis(), created_utc=clock)).created_utc == "2024-05-07T02:00:00Z"


def test_empty_identity_is_null() -> None:
    analysis = make_analysis()
    series = replace(analysis.series, patient=Patient(), study=StudyInfo("1.2"))
    document = parsed(replace(analysis, series=series))
    assert set(document.patient.model_dump().values()) == {None}
    assert (document.study.date, document.study.time, document.study.accession) == (None,) * 3


def test_hip_that_was_not_found_has_an_entry() -> None:
    document = parsed(make_analysis(left=False))
    left = document.hips[1]
    assert (left.side, left.found, left.reason) == ("L", False, "head_not_found")
    assert (left.slices, left.u_intensity, left.head_ml) == ([], None, None)
    assert document.patient_total.reason == "other_hip_not_scored"
    assert document.patient_total.u_intensity is None


def test_other_contrasts_have_heads_and_no_lesions() -> None:
    document = parsed(make_analysis(Contrast.T1))
    assert document.patient_total.reason == "not_fluid_sensitive"
    for hip in document.hips:
        assert hip.reason == "not_fluid_sensitive"
        assert hip.head_ml == pytest.approx(6 * 16 * 4 / 1000)
        assert (hip.bme_ml, hip.effusion_ml, hip.by_lesion) == (None, None, None)
        assert {s.bme_px for s in hip.slices} == {None}
        assert {s.reason for s in hip.slices} == {"not_fluid_sensitive"}


MOMENT = datetime(2024, 5, 8, tzinfo=UTC)


def test_a_head_that_a_reader_placed_is_marked_and_warned_of() -> None:
    analysis = make_analysis()
    left = make_hip(Side.LEFT, make_volume(Contrast.STIR))
    left = replace(left, head=replace(left.head, centre_lps_mm=(181.0, 2.0, 3.0), placed=True))
    revision = Revision(1, Origin.AI_EDITED, MOMENT, "A. Reader", left)
    document = parsed(effective(Reviewed(analysis, (revision,))))
    assert document.origin == "ai_edited"
    assert [hip.head_placed for hip in document.hips] == [None, True]
    assert [hip.origin for hip in document.hips] == ["ai", None]
    rows = rows_of(effective(Reviewed(analysis, (revision,))))
    assert {(row["side"], row["origin"]) for row in rows} == {("R", "ai"), ("L", "ai_edited")}
    assert [w.code for w in document.warnings].count("head_placed") == 1
    assert document.patient_total.u_area == pytest.approx(analysis.total.u_area)
    assert "A. Reader" not in result_json(effective(Reviewed(analysis, (revision,))))
    assert '"head_placed"' not in result_json(analysis)


def test_a_rejected_hip_is_null_with_its_reason() -> None:
    reviews = (Review(Side.RIGHT, 0, ReviewKind.REJECTED, "A. Reader", MOMENT),)
    rejected = effective(Reviewed(make_analysis(), reviews=reviews))
    document = parsed(rejected)
    right, left = document.hips
    assert (right.found, right.reason, right.slices) == (True, "rejected_by_reader", [])
    figures = (right.u_intensity, right.u_area, right.bme_ml, right.head_ml, right.by_lesion)
    assert figures == (None,) * 5
    assert left.u_intensity is not None
    assert document.patient_total.u_intensity is None
    assert document.patient_total.reason == "other_hip_not_scored"
    assert "hip_rejected" in {warning.code for warning in document.warnings}
    first, *others = rows_of(rejected)
    assert (first["side"], first["index"], first["hip_reason"]) == ("R", "", "rejected_by_reader")
    assert {row["side"] for row in others} == {"L"}


def test_a_number_that_is_not_one_is_refused() -> None:
    analysis = make_analysis()
    broken = replace(analysis, notices=(Notice("n", "m", float("nan")),))
    with pytest.raises(ValueError, match="JSON"):
        result_json(broken)


def rows_of(analysis: Analysis, review: ReportReview | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(scores_csv(analysis, review))))


SIGNED_AT = datetime(2024, 5, 8, 16, 30, tzinfo=timezone(timedelta(hours=2)))


def signed_right() -> Reviewed:
    """The right hip without slice 3, accepted and signed; the left one accepted."""
    volume = make_volume(Contrast.STIR)
    hip = make_hip(Side.RIGHT, volume)
    assert hip.segmentation is not None
    excluded = {volume.series.slices[3].key: "moved; blurred"}
    hip = replace(hip, score=score_hip(volume, hip.segmentation, excluded=excluded))
    acts = ((Side.RIGHT, 1, "accepted"), (Side.RIGHT, 1, "signed"), (Side.LEFT, 0, "accepted"))
    return Reviewed(
        make_analysis(),
        (Revision(1, Origin.AI_EDITED, MOMENT, "Dr Ä", hip),),
        tuple(Review(s, n, ReviewKind(kind), "Dr Ä", SIGNED_AT) for s, n, kind in acts),
        "Right: oedema.\nLeft: none. ",
    )


def test_what_readers_have_added_stands_in_the_document() -> None:
    reviewed = signed_right()
    document = parsed(effective(reviewed), report_review(reviewed))
    assert document.review == ReviewPart(
        final=False,
        verdicts={"R": "accepted", "L": "accepted"},
        signatures=[
            SignaturePart(side="R", revision=1, reader="Dr Ä", signed_utc="2024-05-08T14:30:00Z")
        ],
        impression="Right: oedema.\nLeft: none.",
    )
    right = document.hips[0]
    assert (document.origin, right.n_counted, right.u_area) == ("ai_edited", 5, 5 * 20 / 16)
    assert [s.index for s in right.slices if s.reader_note] == [3]
    assert (right.slices[3].counted, right.slices[3].reader_note) == (False, "moved; blurred")
    assert parsed(effective(reviewed)).review is None


def test_the_table_says_how_each_hip_was_judged_and_who_signed_it() -> None:
    reviewed = signed_right()
    rows = rows_of(effective(reviewed), report_review(reviewed))
    names = ("side", "hip_verdict", "hip_signed_by", "hip_signed_utc", "hip_u_area")
    assert {tuple(row[name] for name in names) for row in rows} == {
        ("R", "accepted", "Dr Ä", "2024-05-08T14:30:00Z", str(5 * 20 / 16)),
        ("L", "accepted", "", "", str(6 * 20 / 16)),
    }
    notes = [(row["side"], row["index"], row["reader_note"]) for row in rows if row["reader_note"]]
    assert notes == [("R", "3", "moved; blurred")]


def test_the_table_of_what_nobody_read_has_no_verdicts() -> None:
    rows = rows_of(make_analysis())
    assert {row["hip_verdict"] + row["hip_signed_by"] + row["hip_signed_utc"] for row in rows} == {
        ""
    }


def test_csv_has_one_row_per_hip_and_slice() -> None:
    analysis = make_analysis()
    rows = rows_of(analysis)
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert [(row["side"], row["index"]) for row in rows] == [
        (side, str(index)) for side in "RL" for index in range(SLICES)
    ]
    for hip, part in zip(analysis.hips, (rows[:SLICES], rows[SLICES:]), strict=True):
        assert hip.score is not None
        counted = [row for row in part if row["counted"] == "true"]
        assert sum(float(row["u_intensity"]) for row in counted) == pytest.approx(
            hip.score.u_intensity
        )
        assert {row["hip_u_area"] for row in part} == {str(hip.score.u_area)}


def test_csv_leaves_undefined_values_empty_with_the_reason() -> None:
    rows = rows_of(make_analysis(Contrast.T1))
    assert {row["bme_px"] + row["u_intensity"] + row["hip_u_intensity"] for row in rows} == {""}
    assert {row["hip_reason"] for row in rows} == {"not_fluid_sensitive"}
    assert rows[1]["head_px"] == "16"


def test_csv_keeps_a_hip_that_was_not_found() -> None:
    last = rows_of(make_analysis(left=False))[-1]
    assert (last["side"], last["index"], last["hip_reason"]) == ("L", "", "head_not_found")
    assert last["models"] == f"segment 2 {'a' * 64}"


def test_document_is_plain_data() -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(type(k) is str and plain(v) for k, v in value.items())
        if isinstance(value, list):
            return all(plain(v) for v in value)
        return type(value) in {str, int, float, bool, type(None)}

    assert plain(result_document(make_analysis()))

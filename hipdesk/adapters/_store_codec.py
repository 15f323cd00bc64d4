"""Records to rows of the patient library and back, without loss.

Numbers come back bit for bit. A mask is kept as its pixels packed eight to a
byte in C order and compressed (zlib); its shape is that of the hip's box. A
thumbnail is kept as its compressed bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.errors import BugError, StoreError
from hipdesk.matching import placed
from hipdesk.records import (
    Acquisition,
    Analysis,
    BoolArray,
    Compute,
    Contrast,
    GridBox,
    Head,
    HipResult,
    HipScore,
    LesionScore,
    ModelRef,
    Notice,
    Origin,
    Patient,
    PatientTotal,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceScore,
    VisitHip,
)
from hipdesk.review import Review, ReviewKind
from hipdesk.series_words import StatedSide, sides_by_words, stated_sides
from hipdesk.sides import SideEvidence, middle_mm

Row = Mapping[str, Any]
"""Column name to value."""

_COMPRESSION: Final = 6
_BITS: Final = 8


def encode_mask(mask: BoolArray) -> bytes:
    """Pack a mask of any shape into bytes; the shape is kept elsewhere."""
    return zlib.compress(np.packbits(mask, axis=None).tobytes(), _COMPRESSION)


def decode_mask(packed: bytes, shape: tuple[int, ...]) -> BoolArray:
    """Unpack what `encode_mask` made of a mask of ``shape``.

    Raises
    ------
    StoreError
        The bytes are not a mask of this shape.
    """
    pixels = math.prod(shape)
    raw = _inflate(packed, -(-pixels // _BITS), "outline")
    bits = np.frombuffer(raw, dtype=np.uint8)
    return np.unpackbits(bits, count=pixels).reshape(shape).astype(np.bool_)


def _inflate(packed: bytes, size: int, what: str) -> bytes:
    """Decompress to exactly ``size`` bytes, never more, whatever the input claims."""
    damaged = f"A stored {what} in the patient library is damaged; restore the library from a copy."
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(packed, size + 1)
    except zlib.error as error:
        raise StoreError(damaged) from error
    if len(raw) != size or not stream.eof or stream.unused_data:
        raise StoreError(damaged)
    return raw


def thumbnail_row(picture: NDArray[np.uint8]) -> dict[str, Any]:
    """Columns of a thumbnail (rows, columns).

    Raises
    ------
    BugError
        It is not a grey picture of bytes.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or picture.size == 0:
        raise BugError("a thumbnail to be stored is not a grey picture of bytes")
    rows, columns = picture.shape
    packed = zlib.compress(picture.tobytes(), _COMPRESSION)
    return {"rows": rows, "columns": columns, "packed": packed}


def thumbnail(row: Row) -> NDArray[np.uint8]:
    """A thumbnail out of its row.

    Raises
    ------
    StoreError
        It is damaged.
    """
    shape = row["rows"], row["columns"]
    raw = _inflate(row["packed"], math.prod(shape), "picture")
    return np.frombuffer(raw, dtype=np.uint8).reshape(shape)


def plain(value: object) -> Any:
    """Value as a database driver takes it.

    Raises
    ------
    BugError
        A number is NaN, which a database would quietly turn into null.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and math.isnan(value):
        raise BugError("a result to be stored is not a number")
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _row(**columns: object) -> dict[str, Any]:
    return {name: plain(value) for name, value in columns.items()}


def series_row(series: Series) -> dict[str, Any]:
    """Columns of one series, its files and place excepted."""
    return _row(
        uid=series.uid,
        description=series.description,
        number=series.number,
        frame_of_reference_uid=series.frame_of_reference_uid,
        plane=series.plane,
        contrast=series.contrast,
        rows=series.rows,
        columns=series.columns,
        affine=np.asarray(series.affine, dtype=np.float64).tolist(),
        spacing_mm=series.spacing_mm,
        display_window=series.window,
        acquisition={
            name: plain(value) for name, value in dataclasses.asdict(series.acquisition).items()
        },
    )


def analysis_row(analysis: Analysis) -> dict[str, Any]:
    """Columns of one analysis."""
    return _row(
        uid=analysis.uid,
        program_version=analysis.program_version,
        created_utc=analysis.created_utc,
        definition=analysis.definition,
        origin=analysis.origin,
        pixel_sha256=analysis.pixel_sha256,
        compute_requested=analysis.compute.requested,
        compute_provider=analysis.compute.provider,
        compute_reason=analysis.compute.reason,
        total_u_intensity=analysis.total.u_intensity,
        total_u_area=analysis.total.u_area,
        total_n_counted=analysis.total.n_counted,
        total_reason=analysis.total.reason,
        stated_sides=[
            (each.side, each.source, each.of_series) for each in stated_sides(analysis.series)
        ],
    )


def model_rows(models: Sequence[ModelRef]) -> list[dict[str, Any]]:
    """Columns of an analysis' models, in order."""
    return [
        _row(position=position, **dataclasses.asdict(model))
        for position, model in enumerate(models)
    ]


def warning_rows(scope: str, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """Columns of the notices of ``scope`` (``series`` or ``analysis``), in order."""
    return [
        _row(scope=scope, position=position, **dataclasses.asdict(notice))
        for position, notice in enumerate(notices)
    ]


def hip_row(hip: HipResult) -> dict[str, Any]:
    """Columns of one hip: its head, its box, its sums."""
    head, score, masks = hip.head, hip.score, hip.segmentation
    return _row(
        side=hip.side,
        found=head.found,
        confidence=head.confidence,
        centre_lps_mm=head.centre_lps_mm,
        radius_mm=head.radius_mm,
        head_reason=head.reason,
        box=None if masks is None else (*masks.box.start, *masks.box.stop),
        n_counted=None if score is None else score.n_counted,
        central_index=None if score is None else score.central_index,
        reason=None if score is None else score.reason,
        u_intensity=None if score is None else score.u_intensity,
        u_area=None if score is None else score.u_area,
        bme_ml=None if score is None else score.bme_ml,
        effusion_ml=None if score is None else score.effusion_ml,
        head_ml=None if score is None else score.head_ml,
        bme_head_percent=None if score is None else score.bme_head_percent,
        placed=head.placed,
        central_moved=None if score is None else score.central_moved,
    )


def lesion_rows(score: HipScore) -> list[dict[str, Any]]:
    """Columns of a hip's scores by lesion."""
    return [
        _row(lesion=lesion, u_intensity=part.u_intensity, u_area=part.u_area)
        for lesion, part in (score.by_lesion or {}).items()
    ]


def slice_rows(score: HipScore) -> list[dict[str, Any]]:
    """Columns of a hip's slices, in order."""
    return [
        _row(
            position=position,
            slice_index=part.index,
            sop_instance_uid=part.key.sop_instance_uid,
            frame_number=part.key.frame_number,
            counted=part.counted,
            reason=part.reason,
            head_px=part.head_px,
            bme_px=part.bme_px,
            effusion_px=part.effusion_px,
            u_intensity=part.u_intensity,
            u_area=part.u_area,
            bme_u_intensity=part.bme_u_intensity,
            effusion_u_intensity=part.effusion_u_intensity,
            note=part.note or None,
        )
        for position, part in enumerate(score.slices)
    ]


def mask_rows(segmentation: Segmentation) -> list[dict[str, Any]]:
    """Columns of a hip's masks.

    Raises
    ------
    BugError
        A mask does not fill its box.
    """
    for mask in segmentation.masks.values():
        if mask.shape != segmentation.box.shape:
            raise BugError("a mask to be stored does not have the shape of its box")
    return [
        {"name": name.value, "packed": encode_mask(mask)}
        for name, mask in segmentation.masks.items()
    ]


def patient(row: Row) -> Patient:
    """Whom a patient's row names."""
    return Patient(row["identifier"], row["issuer"], row["name"], row["birth_date"], row["sex"])


def review_row(review: Review) -> dict[str, Any]:
    """Columns of what a reader did."""
    return _row(**dataclasses.asdict(review))


def review(row: Row) -> Review:
    """What a reader did, out of its row."""
    return Review(
        side=Side(row["side"]),
        revision=row["revision"],
        kind=ReviewKind(row["kind"]),
        reader=row["reader"],
        at_utc=row["at_utc"],
        note=row["note"],
    )


def segmentation(hip: Row, masks: Iterable[Row]) -> Segmentation:
    """A hip's masks out of its rows.

    Raises
    ------
    StoreError
        A stored mask is damaged.
    """
    a, b, c, d, e, f = hip["box"]
    box = GridBox((a, b, c), (d, e, f))
    return Segmentation(
        side=Side(hip["side"]),
        box=box,
        masks={
            SegmentClass(mask["name"]): decode_mask(mask["packed"], box.shape) for mask in masks
        },
    )


def hip_score(hip: Row, lesions: Iterable[Row], slices: Iterable[SliceScore]) -> HipScore:
    """A hip's numbers out of its rows."""
    by_lesion = {
        SegmentClass(row["lesion"]): LesionScore(row["u_intensity"], row["u_area"])
        for row in lesions
    }
    return HipScore(
        slices=tuple(slices),
        n_counted=hip["n_counted"],
        central_index=hip["central_index"],
        reason=_reason(hip["reason"]),
        u_intensity=hip["u_intensity"],
        u_area=hip["u_area"],
        by_lesion=None if hip["u_intensity"] is None else by_lesion,
        bme_ml=hip["bme_ml"],
        effusion_ml=hip["effusion_ml"],
        head_ml=hip["head_ml"],
        bme_head_percent=hip["bme_head_percent"],
        central_moved=bool(hip["central_moved"]),
    )


SLICE_COLUMNS: Final = (
    *("slice_index", "sop_instance_uid", "frame_number", "counted", "reason"),
    *("head_px", "bme_px", "effusion_px", "u_intensity", "u_area"),
    *("note", "bme_u_intensity", "effusion_u_intensity"),
)
"""What `slice_score` takes, in order."""


def slice_score(row: Sequence[Any]) -> SliceScore:
    """One slice's numbers out of its `SLICE_COLUMNS`."""
    index, uid, frame, counted, reason, head, bme, effusion, u, a, note, of_bme, of_effusion = row
    # By position and from columns without their names: a patient has hundreds of slices.
    return SliceScore(
        index,
        SliceKey(uid, frame),
        counted,
        None if reason is None else Reason(reason),
        head,
        bme,
        effusion,
        u,
        a,
        note or "",
        of_bme,
        of_effusion,
    )


def _reason(value: str | None) -> Reason | None:
    return None if value is None else Reason(value)


def hip_result(
    hip: Row, lesions: Iterable[Row], slices: Iterable[SliceScore], masks: Iterable[Row]
) -> HipResult:
    """Everything known of one hip, out of its rows.

    Raises
    ------
    StoreError
        A stored mask is damaged.
    """
    return HipResult(
        side=Side(hip["side"]),
        head=head_of(hip),
        segmentation=None if hip["box"] is None else segmentation(hip, masks),
        score=None if hip["n_counted"] is None else hip_score(hip, lesions, slices),
    )


def head_of(hip: Row) -> Head:
    """A hip's head out of its row."""
    centre = hip["centre_lps_mm"]
    return Head(
        side=Side(hip["side"]),
        found=hip["found"],
        confidence=hip["confidence"],
        centre_lps_mm=None if centre is None else (centre[0], centre[1], centre[2]),
        radius_mm=hip["radius_mm"],
        reason=_reason(hip["head_reason"]),
        placed=bool(hip["placed"]),
    )


def analysis(
    row: Row,
    series: Series,
    hips: Sequence[HipResult],
    models: Iterable[Row],
    warnings: Iterable[Row],
) -> Analysis:
    """An analysis out of its rows.

    Parameters
    ----------
    warnings : those of scope ``analysis``
    """
    return Analysis(
        uid=row["uid"],
        program_version=row["program_version"],
        created_utc=row["created_utc"],
        definition=row["definition"],
        origin=Origin(row["origin"]),
        series=series,
        pixel_sha256=row["pixel_sha256"],
        models=tuple(_model(model) for model in models),
        compute=_compute(row),
        hips=tuple(hips),
        total=PatientTotal(
            u_intensity=row["total_u_intensity"],
            u_area=row["total_u_area"],
            n_counted=row["total_n_counted"],
            reason=_reason(row["total_reason"]),
        ),
        notices=tuple(notice(warning) for warning in warnings),
    )


def _compute(row: Row) -> Compute:
    return Compute(row["compute_requested"], row["compute_provider"], row["compute_reason"])


def notice(row: Row) -> Notice:
    """A notice out of its row."""
    return Notice(row["code"], row["message"], row["figure"])


def visit_hip(
    hip: Row,
    models: Iterable[Row],
    lesions: Iterable[Row],
    slices: Iterable[SliceScore],
    side_in_doubt: bool = False,
) -> VisitHip:
    """A hip's result out of its row, joined with its analysis and series, its slices placed."""
    between_slices, between_rows, between_columns = hip["spacing_mm"]
    unplaced = VisitHip(
        side=Side(hip["side"]),
        analysis_uid=hip["analysis_uid"],
        series_uid=hip["series_uid"],
        score=hip_score(hip, lesions, slices),
        models=tuple(_model(row) for row in models),
        compute=_compute(hip),
        contrast=Contrast(hip["contrast"]),
        spacing_mm=(between_slices, between_rows, between_columns),
        acquisition=Acquisition(**hip["acquisition"]),
        definition=hip["definition"],
        origin=Origin(hip["origin"]),
        side_in_doubt=side_in_doubt,
        revision=hip["revision"],
    )
    return placed(unplaced, np.array(hip["affine"]), head_of(hip))


def side_evidence(row: Row) -> SideEvidence:
    """What a series says of its hips' sides, out of its row joined with analysis and study.

    Older versions kept no tag of the side and no body part; what the kept words
    say is then taken.
    """
    kept = row["stated_sides"]
    stated = (
        sides_by_words(
            row["description"], row["acquisition"].get("protocol", ""), row["study_description"]
        )
        if kept is None
        else tuple(StatedSide(Side(side), source, of) for side, source, of in kept)
    )
    # Without the number of slices, one will do: coronal slices do not move sideways.
    shape = (row["slices"] or 1, row["rows"], row["columns"])
    return SideEvidence(stated, middle_mm(np.array(row["affine"]), shape))


def _model(row: Row) -> ModelRef:
    return ModelRef(
        name=row["name"],
        version=row["version"],
        sha256=row["sha256"],
        task=row["task"],
        trained_on=row["trained_on"],
    )


def canonical(content: object) -> str:
    """Text that equal contents share: sorted keys, no spaces, exact numbers."""
    return json.dumps(
        content,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=True,
        default=_canonical_value,
    )


def canonical_sha256(content: object) -> str:
    """Hash of what is stored, by its canonical text."""
    return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()


def _canonical_value(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    raise BugError(f"{type(value).__name__} has no canonical text")


def content_sha256(series: Series, file_sha256: Iterable[str]) -> str:
    """Hash of a series as it was understood, with its files in any order."""
    return canonical_sha256({"series": series_row(series), "files": sorted(file_sha256)})

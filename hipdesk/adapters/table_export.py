"""Everything in a patient library as tables for other programs: CSV and JSON.

One row a visit, a hip (of each analysis and each revision), a slice, a warning, and an act of
a reader. `TABLES` documents every column; ``docs/export.md`` prints it.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection, select

from hipdesk import __version__
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_alignments import alignments
from hipdesk.adapters._store_aside import is_aside
from hipdesk.adapters._store_clinical import (
    facts_by_visit,
    facts_of,
    treatment_of,
    treatment_rows,
)
from hipdesk.adapters._store_current import chosen_hips, reviews_by_analysis
from hipdesk.adapters._store_database import grouped, many
from hipdesk.adapters._store_errors import READING, translated
from hipdesk.adapters._store_readings import readings
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.adapters.whole_file import output_file
from hipdesk.clinical_columns import TREATMENT_COLUMNS, VISIT_COLUMNS, treatment_cells, visit_cells
from hipdesk.errors import Cancelled, OutputError
from hipdesk.himriss import HIGHEST, HIGHEST_TOTAL, Reading
from hipdesk.hip_alignment import BONE_OF, ENGINE, ByHand, FollowedLesion, HipAlignment
from hipdesk.ports import Cancelled as Asked
from hipdesk.ports import Progress, never_cancelled, no_progress
from hipdesk.records import LESIONS, Reason, Side
from hipdesk.review import Review, standing_of

SCHEMA: Final = "hipdesk.export/1"
"""Identifier of the tables' layout; columns are added within a version, never renamed."""

Row = dict[str, Any]

_WHO: Final = {
    "patient_uid": "Random name of the patient in this library; the same in every table.",
    "visit_uid": "Random name of the visit.",
}
_KEPT: Final = {
    "reader": "Who entered or imported it last.",
    "at_utc": "When.",
}
_OF_ANALYSIS: Final = {
    **_WHO,
    "analysis_uid": "Name of the analysis.",
    "revision": "0: the analysis itself; 1 and up: a reader's revisions of one of its hips.",
    "side": "R or L, the patient's.",
    "current": "Whether this result counts for its hip at the visit, in trends and totals.",
}

VISITS: Final = "visits"
HIPS: Final = "hips"
SLICES: Final = "slices"
REVIEWS: Final = "reviews"
IMPRESSIONS: Final = "impressions"
REPORTS: Final = "reports"
STROKES: Final = "strokes"
REPEATS: Final = "repeats"
CLINICAL: Final = "clinical"
TREATMENTS: Final = "treatments"
READINGS: Final = "himriss"
ALIGNMENTS: Final = "alignments"
WARNINGS: Final = "warnings"

TABLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        VISITS: {
            **_WHO,
            "patient_id": "Number of the patient, as in the images.",
            "issuer": "Who issued the number.",
            "name": "Name, as in the images.",
            "birth_date": "Birth date.",
            "sex": "Sex, as in the images.",
            "day": "Day of the visit; empty where neither images nor a reader state it.",
            "saved_utc": "When the visit was first saved.",
            "put_aside": "Whether a reader took the visit out of lists and trends.",
            "study_uids": "StudyInstanceUID of each study, parted by semicolons.",
            "study_dates": "Date and time of each study, likewise.",
            "accessions": "Accession number of each study, likewise.",
            "study_descriptions": "Description of each study, likewise.",
            "total_u_intensity": "UNet-score U of both hips; empty unless both are scored in one "
            "series.",
            "total_u_area": "Area score A of both hips; empty likewise.",
            "total_n_counted": "Slices in these sums.",
            "total_reason": "Why there is no total.",
        },
        HIPS: {
            **_OF_ANALYSIS,
            "day": "Day of the visit.",
            "origin": "Who drew the outlines: ai, ai_edited or manual.",
            "created_utc": "When the result was made.",
            "reader": "Who made the revision.",
            "verdict": "A reader's judgement of this result: accepted, rejected or none.",
            "signed_by": "Whose signature of this result stands.",
            "signed_utc": "When it was signed.",
            "program_version": "Version of the program that analysed.",
            "definition": "Definition of the score.",
            "provider": "Where the networks ran: cpu or cuda.",
            "models": "Name, version and SHA-256 of each network, parted by semicolons.",
            "pixel_sha256": "Hash of the analysed pixels.",
            "study_uid": "StudyInstanceUID.",
            "series_uid": "SeriesInstanceUID.",
            "series_description": "Description of the series.",
            "plane": "Plane of the slices.",
            "contrast": "Kind of contrast.",
            "rows": "Pixels from top to bottom.",
            "columns": "Pixels from left to right.",
            "spacing_slices_mm": "Millimetres between slices, measured from their positions.",
            "spacing_rows_mm": "Millimetres between rows.",
            "spacing_columns_mm": "Millimetres between columns.",
            "manufacturer": "Of the scanner.",
            "model": "Of the scanner.",
            "institution": "As in the images.",
            "field_strength_t": "Field strength, tesla.",
            "sequence": "Sequence, as in the images.",
            "protocol": "Protocol, as in the images.",
            "tr_ms": "Repetition time, milliseconds.",
            "te_ms": "Echo time, milliseconds.",
            "ti_ms": "Inversion time, milliseconds.",
            "slice_thickness_mm": "Slice thickness, millimetres.",
            "found": "Whether the femoral head was found.",
            "confidence": "The locator's confidence, 0 to 1.",
            "head_placed": "Whether a reader placed the head.",
            "head_x_mm": "Head centre towards the patient's left (LPS), millimetres.",
            "head_y_mm": "Head centre towards the back (LPS), millimetres.",
            "head_z_mm": "Head centre towards the head (LPS), millimetres.",
            "head_radius_mm": "Head radius, millimetres.",
            "reason": "Why there is no score.",
            "n_counted": "Slices in the sums.",
            "central_index": "Central slice, from 0.",
            "central_moved": "Whether a reader chose it.",
            "u_intensity": "UNet-score U, sum over the counted slices.",
            "u_area": "Area score A, likewise.",
            "u_intensity_mean": "U divided by the number of counted slices.",
            "u_area_mean": "A divided by it.",
            "bme_u_intensity": "U of bone marrow oedema alone.",
            "bme_u_area": "A of bone marrow oedema alone.",
            "effusion_synovitis_u_intensity": "U of effusion and synovitis alone.",
            "effusion_synovitis_u_area": "A of effusion and synovitis alone.",
            "bme_ml": "Volume of bone marrow oedema, millilitres.",
            "effusion_ml": "Volume of effusion and synovitis, millilitres.",
            "head_ml": "Volume of the outlined femoral head, millilitres.",
            "bme_head_percent": "Oedema inside the head, percent of its volume.",
        },
        SLICES: {
            **_OF_ANALYSIS,
            "index": "Slice in the series, from 0.",
            "sop_instance_uid": "SOPInstanceUID of the image.",
            "frame_number": "Frame in the image, from 1; empty where the image is one slice.",
            "counted": "Whether the slice is in the sums.",
            "reason": "Why it is not.",
            "head_px": "Pixels of the femoral head.",
            "bme_px": "Pixels of bone marrow oedema.",
            "effusion_px": "Pixels of effusion and synovitis.",
            "u_intensity": "The slice's U.",
            "u_area": "The slice's A.",
            "bme_u_intensity": "The slice's U of bone marrow oedema alone.",
            "effusion_u_intensity": "The slice's U of effusion and synovitis alone.",
            "note": "A reader's words on why it should not count.",
        },
        WARNINGS: {
            **_WHO,
            "analysis_uid": "Name of the analysis.",
            "scope": "series: said of the images; analysis: said of the result.",
            "code": "What was said; the same in every language and version.",
            "message": "The sentence.",
            "figure": "The number it rests on, where it rests on one.",
        },
        REVIEWS: {
            **_WHO,
            "analysis_uid": "Name of the analysis.",
            "side": "R or L, the patient's.",
            "revision": "Which result was judged; see hips.",
            "kind": "accepted, rejected, reopened, signed or withdrawn.",
            "reader": "Who did it.",
            "at_utc": "When.",
            "note": "The reader's reason.",
        },
        IMPRESSIONS: {
            **_WHO,
            "analysis_uid": "Name of the analysis.",
            "words": "The reader's words for the report; the last row of an analysis counts.",
            "reader": "Who wrote them.",
            "at_utc": "When.",
        },
        REPORTS: {
            **_WHO,
            "analysis_uid": "Name of the analysis.",
            "pdf_sha256": "Hash of the report's file.",
            "final": "Whether it was final; else a draft.",
            "reader": "Who saved or printed it.",
            "at_utc": "When.",
        },
        STROKES: {
            **_WHO,
            "analysis_uid": "Name of the analysis.",
            "number": "Which act with the brush on this analysis, from 1.",
            "side": "R or L, the patient's.",
            "base": "Which result was painted on; see hips.",
            "act": "painted, erased, undone (the last stroke that stands), redone, discarded (all "
            "since the last end) or finished (they became a revision).",
            "class": "bme, effusion_synovitis or femoral_head, of what was painted or erased.",
            "index": "Slice in the series, from 0, likewise.",
            "sop_instance_uid": "SOPInstanceUID of the image.",
            "frame_number": "Frame in the image, from 1; empty where the image is one slice.",
            "packed_sha256": "Hash of the stroke's pixels as the library keeps them.",
            "made": "Revision that was made, where finished.",
            "reader": "Who did it.",
            "at_utc": "When.",
        },
        REPEATS: {
            **_WHO,
            "purpose": "What two results of an unchanged hip are repeats of.",
            "side": "R or L, the patient's.",
            "first_analysis_uid": "The one analysis, at this visit.",
            "first_revision": "Which of its results; see hips.",
            "second_analysis_uid": "The other one.",
            "second_revision": "Which of its results.",
            "withdrawn": "Whether this took the pair back; the last row of a pair counts.",
            "reader": "Who named them.",
            "at_utc": "When.",
        },
        CLINICAL: {
            **_WHO,
            **{column.name: f"{column.words}." for column in VISIT_COLUMNS},
            **_KEPT,
        },
        TREATMENTS: {
            "patient_uid": _WHO["patient_uid"],
            **{column.name: f"{column.words}." for column in TREATMENT_COLUMNS},
            **_KEPT,
        },
        READINGS: {
            **_WHO,
            "side": "R or L, the patient's.",
            "reader": "Who read.",
            "number": "1 for the reader's first reading of this hip and visit, 2 for the next.",
            "blinded_to_order": "Whether the reader did not know which visit came first.",
            **{
                name.value: f"HIMRISS total: {name.words}, 0-{most}."
                for name, most in HIGHEST.items()
            },
            "total": f"Of the hip, 0-{HIGHEST_TOTAL}; empty unless all three were read.",
            "at_utc": "When it was read, or corrected last.",
        },
        ALIGNMENTS: {
            "patient_uid": _WHO["patient_uid"],
            "earlier_visit_uid": "Random name of the visit that was laid under.",
            "later_visit_uid": "Random name of the visit that was laid on it.",
            "side": "R or L, the patient's.",
            "earlier_analysis_uid": "The analysis that was aligned, at the earlier visit.",
            "earlier_revision": "Which of its results; see hips.",
            "later_analysis_uid": "The analysis at the later visit.",
            "later_revision": "Which of its results.",
            "current": "Whether both results count now, and this program would align the same way; "
            "the last current row of a hip, pair and lesion counts.",
            "lesion": "bme_femur, bme_acetabulum or effusion_synovitis.",
            "bone": "The bone that it is followed on: proximal_femur or acetabulum.",
            "new_ml": "Millilitres at the later visit alone, on the earlier one's pixels.",
            "resolved_ml": "At the earlier visit alone.",
            "persistent_ml": "At both.",
            "uncompared_ml": "At either, where the other visit has no pixels.",
            "refused": "Why the bone's alignment must not be used: too_little_bone, residual, turn "
            "or head_astray; empty where it may.",
            "reason": "The same as a sentence.",
            "residual_median_mm": "Median distance between the bone's two surfaces after "
            "alignment, millimetres.",
            "residual_p95_mm": "95 % of these distances are smaller, millimetres.",
            "shift_x_mm": "Movement of the later head centre towards the patient's left, "
            "millimetres.",
            "shift_y_mm": "Towards the back.",
            "shift_z_mm": "Upwards.",
            "turn_x_deg": "Turn of the later bone about the patient's left, degrees.",
            "turn_y_deg": "About the back, carried out second.",
            "turn_z_deg": "About upwards, carried out last.",
            "refined_by_signal": "Whether the signal around the bone was used beside its outlines.",
            "fluid_sensitive": "Whether both series show lesions; without, there are no volumes.",
            "not_comparable": "Whether the two may not be compared, and a reader asked all the "
            "same.",
            "engine": "Version of the registration.",
            "program_version": "Version of the program.",
            "reader": "Who asked for it, or adjusted it.",
            "at_utc": "When.",
            "adjusted": "Whether a reader adjusted the bone's alignment by hand; shift and turn "
            "hold it.",
            "adjusted_by": "Who did; empty where nobody is named.",
            "adjusted_shift_mm": "How far the head was shifted by hand, millimetres.",
            "adjusted_turn_deg": "How far the bone was turned by hand, degrees.",
            "adjusted_x_mm": "Of the shift by hand, that towards the patient's left.",
            "adjusted_y_mm": "Towards the back.",
            "adjusted_z_mm": "Upwards.",
            "adjusted_x_deg": "Of the turn by hand, the rotation vector's part along the patient's "
            "left.",
            "adjusted_y_deg": "Along the back.",
            "adjusted_z_deg": "Along upwards.",
        },
    }
)
"""Columns of each table, in order, and what they hold."""

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""With which a text would be taken for a formula by a spreadsheet."""


class Format(StrEnum):
    """How tables are written."""

    CSV = "csv"
    JSON = "json"


def export_tables(
    store: SqlVisitStore,
    folder: Path,
    formats: Iterable[Format] = tuple(Format),
    progress: Progress = no_progress,
    cancelled: Asked = never_cancelled,
) -> dict[str, int]:
    """Write every table of `TABLES`; rows of each.

    Tables that are there are replaced, all of them or none.

    Raises
    ------
    OutputError
        They cannot be written.
    StoreError
        The library cannot be read.
    Cancelled
        The user asked to stop.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made; choose one you may write to."
        ) from error
    with ExitStack() as stack:
        tables = {
            name: [
                _WRITERS[kind](stack.enter_context(output_file(folder / f"{name}.{kind}")), name)
                for kind in formats
            ]
            for name in TABLES
        }
        counts = dict.fromkeys(TABLES, 0)
        with translated(READING), store._reading() as connection:
            for name, row in _rows(connection, progress, cancelled):
                counts[name] += 1
                for table in tables[name]:
                    table.write(row)
        for written in tables.values():
            for table in written:
                table.close()
    return counts


class _CsvTable:
    """A table with a header, in UTF-8 with the mark that spreadsheets look for."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._columns = list(TABLES[name])
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(self._columns)

    def write(self, row: Row) -> None:
        self._writer.writerow([_cell(row[name]) for name in self._columns])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class _JsonTable:
    """A document with the same rows; numbers are numbers, what is empty is null."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._first, self._columns = file, True, list(TABLES[name])
        head = {
            "schema": SCHEMA,
            "table": name,
            "program_version": __version__,
            "exported_utc": _plain(datetime.now(UTC)),
        }
        file.write(json.dumps(head)[:-1].encode("ascii") + b', "rows": [')

    def write(self, row: Row) -> None:
        text = json.dumps({name: _plain(row[name]) for name in self._columns}, allow_nan=False)
        self._file.write((b"\n" if self._first else b",\n") + text.encode("ascii"))
        self._first = False

    def close(self) -> None:
        self._file.write(b"\n]}\n")


_WRITERS: Final[Mapping[Format, type[_CsvTable] | type[_JsonTable]]] = {
    Format.CSV: _CsvTable,
    Format.JSON: _JsonTable,
}


def _plain(value: object) -> object:
    """A value as JSON has it; times are in UTC, with a Z."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date | time) else value


def _cell(value: object) -> str:
    """A value as text: empty for none, numbers unrounded, nothing that is taken for a formula."""
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, str) and plain.startswith(FORMULA_STARTS):
        return f"'{plain}"
    return str(plain)


def _rows(
    connection: Connection, progress: Progress, cancelled: Asked
) -> Iterator[tuple[str, Row]]:
    """Table and row of everything, patient by patient, visits in the order of their days."""
    patients = many(connection, select(schema.patient).order_by(schema.patient.c.id))
    for number, patient in enumerate(patients, 1):
        if cancelled():
            raise Cancelled
        yield from _patient_rows(connection, patient)
        progress(number / len(patients), "Exporting")


def _patient_rows(connection: Connection, patient: Row) -> Iterator[tuple[str, Row]]:
    visit = schema.visit
    wanted = select(visit).where(visit.c.patient_id == patient["id"])
    visits = many(connection, wanted.order_by(visit.c.day.is_(None), visit.c.day, visit.c.id))
    keys = [each["id"] for each in visits]
    study = schema.study
    studies: dict[int, list[Row]] = defaultdict(list)
    of_visits = select(study).where(study.c.visit_id.in_(keys)).order_by(study.c.id)
    for each in many(connection, of_visits):
        studies[each["visit_id"]].append(each)
    counting = chosen_hips(connection, keys)
    aside = set(connection.execute(select(visit.c.id).where(is_aside(visit.c.id))).scalars())
    for each in visits:
        chosen = {side: hip for (key, side), hip in counting.items() if key == each["id"]}
        row = _visit_row(patient, each, studies[each["id"]], chosen)
        yield VISITS, row | {"put_aside": each["id"] in aside}
    yield from _analysis_rows(connection, patient, keys, {hip["id"] for hip in counting.values()})
    yield from _clinical_rows(connection, patient, visits)
    yield from _treatment_rows(connection, patient)
    for reading in readings(connection, schema.reading.c.visit_id.in_(keys)):
        yield READINGS, _reading_row(patient, reading)
    now = {(hip["analysis_uid"], hip["revision"], side) for (_, side), hip in counting.items()}
    of_patient = schema.patient.c.id == patient["id"]
    for alignment in alignments(connection, of_patient, with_aside=True):
        for lesion in FollowedLesion:
            yield ALIGNMENTS, _alignment_row(patient, alignment, lesion, now)


def _visit_row(patient: Row, visit: Row, studies: Sequence[Row], hips: Mapping[Side, Row]) -> Row:
    return {
        "patient_uid": patient["uid"],
        "visit_uid": visit["uid"],
        "patient_id": patient["identifier"],
        "issuer": patient["issuer"],
        "name": patient["name"],
        "birth_date": patient["birth_date"],
        "sex": patient["sex"],
        "day": visit["day"],
        "saved_utc": visit["saved_utc"],
        "study_uids": ";".join(study["uid"] for study in studies),
        "study_dates": ";".join(_moment(study) for study in studies),
        "accessions": ";".join(study["accession"] for study in studies),
        "study_descriptions": ";".join(study["description"] for study in studies),
        **_total(hips),
    }


def _moment(study: Row) -> str:
    if study["date"] is None:
        return ""
    at = study["time"]
    return str(study["date"].isoformat() + ("" if at is None else f"T{at.isoformat()}"))


def _total(hips: Mapping[Side, Row]) -> Row:
    """Sums over both hips; signals of two series are never added."""
    found = [hips[side] for side in Side if side in hips]
    names = ("u_intensity", "u_area", "n_counted")
    reason = Reason.OTHER_HIP_NOT_SCORED
    if len(found) == len(Side):
        if len({hip["analysis_id"] for hip in found}) > 1:
            reason = Reason.SEPARATE_SERIES
        elif all(hip["u_intensity"] is not None for hip in found):
            sums = {f"total_{name}": sum(hip[name] for hip in found) for name in names}
            return {**sums, "total_reason": None}
    if any(hip["reason"] == Reason.NOT_FLUID_SENSITIVE for hip in found):
        reason = Reason.NOT_FLUID_SENSITIVE
    return {**dict.fromkeys(f"total_{name}" for name in names), "total_reason": reason.value}


def _analysis_rows(
    connection: Connection, patient: Row, visits: list[int], counting: set[int]
) -> Iterator[tuple[str, Row]]:
    """Hips, slices, what was said and what readers did, of every analysis of a patient."""
    hips = many(connection, _results(visits))
    analyses = {hip["analysis_id"]: hip for hip in hips}
    reviews = reviews_by_analysis(connection, analyses)
    models = grouped(connection, schema.analysis_model, analyses)
    keys = [hip["id"] for hip in hips]
    lesions = grouped(connection, schema.lesion_score, keys)
    slices = grouped(connection, schema.slice_score, keys)
    for hip in hips:
        events = reviews.get(hip["analysis_id"], ())
        shared = _shared(patient, hip, hip["id"] in counting)
        own = _hip_row(hip, events, models[hip["analysis_id"]], lesions[hip["id"]])
        yield HIPS, shared | own
        for part in slices[hip["id"]]:
            yield SLICES, shared | _slice_row(part)
    for name, table in _OF_EACH.items():
        found = grouped(connection, table, analyses)
        for key, hip in analyses.items():
            for act in found[key]:
                yield name, _act_row(name, act, patient, hip)
    strokes = grouped(connection, schema.stroke, analyses)
    for key, hip in analyses.items():
        for act in strokes[key]:
            named = act | {"class": act["name"], "index": act["slice_index"]}
            yield STROKES, _act_row(STROKES, named, patient, hip)
    yield from _repeat_rows(connection, patient, analyses)


def _reading_row(patient: Row, reading: Reading) -> Row:
    return {
        "patient_uid": patient["uid"],
        "visit_uid": reading.visit_uid,
        "side": reading.side.value,
        "reader": reading.reader,
        "number": reading.number,
        "blinded_to_order": reading.blinded_to_order,
        **{name.value: total for name, total in reading.totals.items()},
        "total": reading.total,
        "at_utc": reading.read_utc,
    }


def _alignment_row(
    patient: Row, found: HipAlignment, lesion: FollowedLesion, now: set[tuple[str, int, Side]]
) -> Row:
    """One lesion of an alignment.

    Parameters
    ----------
    now : analysis, revision and side of the results that count
    """
    bone, course = found.bone(BONE_OF[lesion]), found.course(lesion)
    ends = (found.earlier, found.later)
    volumes = ("new_ml", "resolved_ml", "persistent_ml", "uncompared_ml")
    return {
        "patient_uid": patient["uid"],
        "earlier_visit_uid": found.earlier_visit,
        "later_visit_uid": found.later_visit,
        "side": found.side.value,
        "earlier_analysis_uid": found.earlier[0],
        "earlier_revision": found.earlier[1],
        "later_analysis_uid": found.later[0],
        "later_revision": found.later[1],
        "current": found.engine == ENGINE and {(*end, found.side) for end in ends} <= now,
        "lesion": lesion.value,
        "bone": bone.bone.value,
        **{name: None if course is None else getattr(course, name) for name in volumes},
        "refused": bone.refused or None,
        "reason": bone.reason or None,
        "residual_median_mm": bone.median_mm,
        "residual_p95_mm": bone.p95_mm,
        **{f"shift_{axis}_mm": mm for axis, mm in zip("xyz", bone.shift_mm, strict=True)},
        **{f"turn_{axis}_deg": deg for axis, deg in zip("xyz", bone.turn_deg, strict=True)},
        "refined_by_signal": bone.refined,
        "fluid_sensitive": found.fluid_sensitive,
        "not_comparable": found.not_comparable,
        "engine": found.engine,
        "program_version": found.program_version,
        "reader": found.reader or None,
        "at_utc": found.made_utc,
        **_adjusted(bone.by_hand),
    }


def _adjusted(by_hand: ByHand | None) -> Row:
    """A reader's part of a bone's motion."""
    hand = by_hand or ByHand((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    return {
        "adjusted": by_hand is not None,
        "adjusted_by": hand.reader or None,
        "adjusted_shift_mm": hand.length_mm,
        "adjusted_turn_deg": hand.angle_deg,
        **{f"adjusted_{axis}_mm": mm for axis, mm in zip("xyz", hand.shift_mm, strict=True)},
        **{f"adjusted_{axis}_deg": deg for axis, deg in zip("xyz", hand.turn_deg, strict=True)},
    }


def _clinical_rows(
    connection: Connection, patient: Row, visits: Sequence[Row]
) -> Iterator[tuple[str, Row]]:
    """The facts that count, in the columns of a table to be imported."""
    of_visits = schema.clinical.c.visit_id.in_([visit["id"] for visit in visits])
    found = facts_by_visit(connection, of_visits)
    for visit in visits:
        if visit["id"] in found:
            row = found[visit["id"]]
            yield (
                CLINICAL,
                {
                    **dict.fromkeys(TABLES[CLINICAL]),
                    **visit_cells(facts_of(row["facts"])),
                    "patient_uid": patient["uid"],
                    "visit_uid": visit["uid"],
                    "patient_id": patient["identifier"],
                    "issuer": patient["issuer"],
                    "visit_date": visit["day"],
                    "reader": row["reader"],
                    "at_utc": row["at_utc"],
                },
            )


def _treatment_rows(connection: Connection, patient: Row) -> Iterator[tuple[str, Row]]:
    for row in treatment_rows(connection, schema.treatment.c.patient_id == patient["id"]):
        yield (
            TREATMENTS,
            {
                **dict.fromkeys(TABLES[TREATMENTS]),
                **treatment_cells(treatment_of(row["treatment"])),
                "patient_uid": patient["uid"],
                "patient_id": patient["identifier"],
                "issuer": patient["issuer"],
                "reader": row["reader"],
                "at_utc": row["at_utc"],
            },
        )


def _repeat_rows(
    connection: Connection, patient: Row, analyses: Mapping[int, Row]
) -> Iterator[tuple[str, Row]]:
    pair, other = schema.visit_pair, schema.analysis
    wanted = (
        select(pair, other.c.uid.label("second_analysis_uid"))
        .join(other, pair.c.second_analysis_id == other.c.id)
        .where(pair.c.first_analysis_id.in_(list(analyses)))
    )
    for row in many(connection, wanted.order_by(pair.c.id)):
        first = analyses[row["first_analysis_id"]]
        of = {
            "patient_uid": patient["uid"],
            "visit_uid": first["visit_uid"],
            "first_analysis_uid": first["analysis_uid"],
        }
        yield REPEATS, of | {name: row[name] for name in TABLES[REPEATS] if name not in of}


_OF_EACH: Final = {
    WARNINGS: schema.warning,
    REVIEWS: schema.review,
    IMPRESSIONS: schema.impression,
    REPORTS: schema.report,
}


def _act_row(name: str, act: Row, patient: Row, hip: Row) -> Row:
    of = {
        "patient_uid": patient["uid"],
        "visit_uid": hip["visit_uid"],
        "analysis_uid": hip["analysis_uid"],
    }
    return of | {column: act[column] for column in TABLES[name] if column not in of}


def _results(visits: list[int]) -> Any:
    """Every hip of every revision at some visits, with all it belongs to."""
    hip, revision, analysis = schema.hip_result, schema.revision, schema.analysis
    series, study, visit = schema.series, schema.study, schema.visit
    return (
        select(
            hip,
            revision.c.number.label("revision"),
            revision.c.origin,
            revision.c.created_utc,
            revision.c.reader,
            analysis.c.id.label("analysis_id"),
            analysis.c.uid.label("analysis_uid"),
            analysis.c.program_version,
            analysis.c.definition,
            analysis.c.compute_provider,
            analysis.c.pixel_sha256,
            series.c.uid.label("series_uid"),
            series.c.description,
            series.c.plane,
            series.c.contrast,
            series.c.rows,
            series.c.columns,
            series.c.spacing_mm,
            series.c.acquisition,
            study.c.uid.label("study_uid"),
            visit.c.uid.label("visit_uid"),
            visit.c.day,
        )
        .join(revision, hip.c.revision_id == revision.c.id)
        .join(analysis, revision.c.analysis_id == analysis.c.id)
        .join(series, analysis.c.series_id == series.c.id)
        .join(study, series.c.study_id == study.c.id)
        .join(visit, study.c.visit_id == visit.c.id)
        .where(visit.c.id.in_(visits))
        .order_by(visit.c.day.is_(None), visit.c.day, analysis.c.id, revision.c.number, hip.c.id)
    )


def _shared(patient: Row, hip: Row, counting: bool) -> Row:
    return {
        "patient_uid": patient["uid"],
        "visit_uid": hip["visit_uid"],
        "analysis_uid": hip["analysis_uid"],
        "revision": hip["revision"],
        "side": hip["side"],
        "current": counting,
    }


_OF_ACQUISITION: Final = (
    "manufacturer",
    "model",
    "institution",
    "field_strength_t",
    "sequence",
    "protocol",
    "tr_ms",
    "te_ms",
    "ti_ms",
    "slice_thickness_mm",
)
_SPACINGS: Final = ("spacing_slices_mm", "spacing_rows_mm", "spacing_columns_mm")
_CENTRE: Final = ("head_x_mm", "head_y_mm", "head_z_mm")
_AS_STORED: Final = (
    "day",
    "origin",
    "created_utc",
    "reader",
    "program_version",
    "definition",
    "pixel_sha256",
    "study_uid",
    "series_uid",
    "plane",
    "contrast",
    "rows",
    "columns",
    "found",
    "confidence",
    "n_counted",
    "central_index",
    "central_moved",
    "u_intensity",
    "u_area",
    "bme_ml",
    "effusion_ml",
    "head_ml",
    "bme_head_percent",
)


def _hip_row(
    hip: Row, events: Sequence[Review], models: Sequence[Row], lesions: Sequence[Row]
) -> Row:
    standing = standing_of(events, Side(hip["side"]), hip["revision"])
    signature = standing.signature
    spacing, centre = hip["spacing_mm"], hip["centre_lps_mm"] or (None, None, None)
    return {
        **{name: hip[name] for name in _AS_STORED},
        **{name: hip["acquisition"].get(name) for name in _OF_ACQUISITION},
        "verdict": None if standing.verdict is None else standing.verdict.value,
        "signed_by": None if signature is None else signature.reader,
        "signed_utc": None if signature is None else signature.at_utc,
        "provider": hip["compute_provider"],
        "models": ";".join(f"{each['name']} {each['version']} {each['sha256']}" for each in models),
        "series_description": hip["description"],
        **dict(zip(_SPACINGS, spacing, strict=True)),
        "head_placed": bool(hip["placed"]),
        **dict(zip(_CENTRE, centre, strict=True)),
        "head_radius_mm": hip["radius_mm"],
        "reason": hip["reason"] if hip["n_counted"] is not None else hip["head_reason"],
        "u_intensity_mean": _mean(hip["u_intensity"], hip["n_counted"]),
        "u_area_mean": _mean(hip["u_area"], hip["n_counted"]),
        **_by_lesion(lesions),
    }


def _mean(total: float | None, n: int | None) -> float | None:
    return None if total is None or not n else total / n


def _by_lesion(lesions: Sequence[Row]) -> Row:
    found: dict[str, Row] = defaultdict(dict)
    for each in lesions:
        found[each["lesion"]] = each
    return {
        f"{lesion.value}_{figure}": found[lesion.value].get(figure)
        for lesion in LESIONS
        for figure in ("u_intensity", "u_area")
    }


def _slice_row(part: Row) -> Row:
    own = [column for column in TABLES[SLICES] if column not in _OF_ANALYSIS]
    return {name: part["slice_index" if name == "index" else name] for name in own}

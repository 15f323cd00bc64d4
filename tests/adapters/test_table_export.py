"""Tables of everything: one row a visit, hip, slice and act, exact, documented."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hipdesk import cli
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.adapters.table_export import SCHEMA, TABLES, Format, export_tables
from hipdesk.clinical_import import plan_treatments, plan_visits
from hipdesk.errors import Cancelled, OutputError, StoreError
from hipdesk.himriss import Reading
from hipdesk.hip_alignment import ByHand, HipAlignment
from hipdesk.records import Analysis, Contrast, Origin, SegmentClass, Side
from hipdesk.review import BrushAct, ReviewKind, Stroke
from tests.adapters.library_tools import MORNING, act, add, tamper
from tests.adapters.test_store_clinical import DRUG, FACTS
from tests.alignment_factory import femur, make_alignment, socket
from tests.analysis_factory import make_analysis, make_hip, make_patient, make_series

BY_HAND = ByHand((0.3, 0.0, -0.4), (0.0, 1.5, 0.0), "Dr. Hand")


@pytest.fixture
def analyses(store: SqlVisitStore, incoming: Path) -> list[Analysis]:
    """Two visits of one patient, the first one edited and signed, and a T1 of another."""
    first, _ = add(store, incoming, make_analysis(make_series(day=date(2023, 1, 2)), level=1 / 3))
    second, _ = add(store, incoming, make_analysis(make_series(), found=[Side.LEFT]))
    other = replace(make_patient("=4712"), name="Müller^Jörg")
    third, _ = add(store, incoming, make_analysis(make_series(other, contrast=Contrast.T1)))
    edited = make_hip(first.series, Side.LEFT, level=2.0)
    revision = store.revise(first.uid, edited, Origin.AI_EDITED, "Dr. A")
    number = revision.number
    store.review(first.uid, [act(ReviewKind.ACCEPTED, Side.LEFT, number)])
    store.review(first.uid, [act(ReviewKind.SIGNED, Side.LEFT, number, 5)])
    store.write_impression(first.uid, "较前减少, less", "Dr. A")
    (visit,) = store.visits(third.series.patient)
    store.keep_facts(visit.visit.uid, FACTS, "Dr. A")
    patient = store.patient_of(visit.visit.uid)
    store.keep_treatment(patient.uid, DRUG, "Dr. A")
    store.keep_reading(Reading(visit.visit.uid, Side.LEFT, "Dr. A", 1, MORNING, False, 20, 5, 6))
    store.record_report(first.uid, "d" * 64, True, "Dr. A")
    key, bits = second.series.slices[2].key, np.ones((2, 3), dtype=np.bool_)
    stroke = Stroke(SegmentClass.BME, key, 2, (4, 5), bits)
    store.journal_stroke(second.uid, Side.LEFT, 0, BrushAct.PAINTED, stroke, "Dr. A")
    store.journal_stroke(second.uid, Side.LEFT, 0, BrushAct.UNDONE, None, "Dr. A")
    for each in aligned(store, first):
        store.keep_alignment(each)
    return [first, second, third]


def aligned(store: SqlVisitStore, analysis: Analysis) -> list[HipAlignment]:
    """The left hips of a patient's visits, before and after the correction of the first one."""
    one, other = (each.visit for each in store.visits(analysis.series.patient))
    hips = one.hip(Side.LEFT), other.hip(Side.LEFT)
    assert hips[0] is not None
    assert hips[1] is not None
    before = replace(hips[0], revision=0)
    bones = (femur(), socket(refused=True))
    return [
        make_alignment(one.uid, other.uid, before, hips[1], bones=bones),
        make_alignment(
            one.uid, other.uid, *hips, bones=(replace(femur(), by_hand=BY_HAND), socket())
        ),
    ]


def read_json(folder: Path, table: str) -> list[dict[str, Any]]:
    document = json.loads((folder / f"{table}.json").read_text("utf-8"))
    assert (document["schema"], document["table"]) == (SCHEMA, table)
    rows: list[dict[str, Any]] = document["rows"]
    return rows


def read_csv(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def out(store: SqlVisitStore, analyses: list[Analysis], tmp_path: Path) -> Path:
    counts = export_tables(store, tmp_path / "out")
    assert counts == {
        "visits": 3,
        "hips": 7,
        "slices": 6 * 7,
        "warnings": 6,
        "reviews": 2,
        "impressions": 1,
        "reports": 1,
        "strokes": 2,
        "repeats": 0,
        "clinical": 1,
        "treatments": 1,
        "himriss": 1,
        "alignments": 6,
    }
    return tmp_path / "out"


def test_every_row_has_every_column_in_order(out: Path) -> None:
    for name, columns in TABLES.items():
        for row in read_json(out, name):
            assert list(row) == list(columns)
        for line in read_csv(out, name):
            assert list(line) == list(columns)


def test_acts_with_the_brush_are_rows(out: Path, analyses: list[Analysis]) -> None:
    painted, undone = read_json(out, "strokes")
    wanted = {
        "analysis_uid": analyses[1].uid,
        "number": 1,
        "side": "L",
        "base": 0,
        "act": "painted",
        "class": "bme",
        "index": 2,
        "sop_instance_uid": analyses[1].series.slices[2].key.sop_instance_uid,
        "made": None,
        "reader": "Dr. A",
    }
    assert wanted.items() <= painted.items()
    assert len(painted["packed_sha256"]) == 64
    assert (undone["act"], undone["number"], undone["class"]) == ("undone", 2, None)


def test_both_formats_say_the_same(out: Path) -> None:
    for name in TABLES:
        for row, line in zip(read_json(out, name), read_csv(out, name), strict=True):
            for column, value in row.items():
                cell = line[column]
                if value is None:
                    assert cell == ""
                elif isinstance(value, bool):
                    assert cell == str(value).lower()
                elif isinstance(value, float):
                    assert float(cell) == value
                else:
                    assert cell.removeprefix("'") == str(value)


def test_hips_are_exact(out: Path, analyses: list[Analysis]) -> None:
    rows = read_json(out, "hips")
    first = [row for row in rows if row["analysis_uid"] == analyses[0].uid]
    assert [(row["side"], row["revision"], row["current"]) for row in first] == [
        ("R", 0, True),
        ("L", 0, False),
        ("L", 1, True),
    ]
    score = analyses[0].hip(Side.RIGHT).score
    assert score is not None
    assert first[0]["u_intensity"] == score.u_intensity
    assert first[0]["u_intensity_mean"] == score.u_intensity_mean
    assert first[0]["bme_ml"] == score.bme_ml
    assert (first[0]["head_x_mm"], first[0]["head_y_mm"]) == (-90.25, 1.0 / 3.0)
    assert (first[0]["spacing_slices_mm"], first[0]["te_ms"]) == (4.4, 51.0)
    assert (first[2]["origin"], first[2]["reader"]) == ("ai_edited", "Dr. A")
    assert (first[2]["verdict"], first[2]["signed_by"]) == ("accepted", "Reader")
    assert (first[1]["verdict"], first[1]["signed_by"]) == (None, None)
    second = [row for row in rows if row["analysis_uid"] == analyses[1].uid]
    assert [row["reason"] for row in second] == ["head_not_found", None]


def test_slices_are_exact(out: Path, analyses: list[Analysis]) -> None:
    rows = [
        row
        for row in read_json(out, "slices")
        if (row["analysis_uid"], row["side"]) == (analyses[0].uid, "R")
    ]
    score = analyses[0].hip(Side.RIGHT).score
    assert score is not None
    got = [(row["sop_instance_uid"], row["bme_px"], row["u_intensity"]) for row in rows]
    assert got == [
        (each.key.sop_instance_uid, each.bme_px, each.u_intensity) for each in score.slices
    ]


def test_warnings_are_those_of_each_analysis(out: Path, analyses: list[Analysis]) -> None:
    rows = read_json(out, "warnings")
    assert [(row["analysis_uid"], row["scope"], row["code"], row["message"]) for row in rows] == [
        (analysis.uid, scope, notice.code, notice.message)
        for analysis in analyses
        for scope, said in (("analysis", analysis.notices), ("series", analysis.series.notices))
        for notice in said
    ]


def test_totals_follow_the_current_results(out: Path, analyses: list[Analysis]) -> None:
    visits = read_json(out, "visits")
    right = analyses[0].hip(Side.RIGHT).score
    edited = make_hip(analyses[0].series, Side.LEFT, level=2.0).score
    assert right is not None
    assert edited is not None
    assert right.u_intensity is not None
    assert edited.u_intensity is not None
    assert visits[0]["total_u_intensity"] == right.u_intensity + edited.u_intensity
    assert (visits[0]["total_n_counted"], visits[0]["total_reason"]) == (14, None)
    assert visits[1]["total_u_intensity"] is None
    assert [row["total_reason"] for row in visits[1:]] == [
        "other_hip_not_scored",
        "not_fluid_sensitive",
    ]
    assert [row["day"] for row in visits] == ["2023-01-02", "2024-03-01", "2024-03-01"]


def test_hips_of_two_series_are_never_added(
    store: SqlVisitStore, incoming: Path, tmp_path: Path
) -> None:
    for side in Side:
        add(store, incoming, make_analysis(make_series(study_uid="1.2"), found=[side]))
    export_tables(store, tmp_path / "out", [Format.JSON])
    (visit,) = read_json(tmp_path / "out", "visits")
    assert (visit["total_u_intensity"], visit["total_reason"]) == (None, "separate_series")


def test_visits_put_aside_are_there_and_marked(
    store: SqlVisitStore, analyses: list[Analysis], tmp_path: Path
) -> None:
    (entry,) = store.visits(analyses[2].series.patient)
    store.put_aside([entry.visit.uid], "another's", "Dr. A")
    export_tables(store, tmp_path / "out", [Format.JSON])
    marks = [row["put_aside"] for row in read_json(tmp_path / "out", "visits")]
    assert marks == [False, False, True]


def test_text_is_neither_lost_nor_run_as_a_formula(out: Path) -> None:
    assert read_csv(out, "visits")[2]["patient_id"] == "'=4712"
    assert read_json(out, "visits")[2]["patient_id"] == "=4712"
    assert read_csv(out, "visits")[2]["name"] == "Müller^Jörg"
    assert read_csv(out, "impressions")[0]["words"] == "较前减少, less"


def test_a_fault_leaves_the_earlier_tables(store: SqlVisitStore, place: Path, out: Path) -> None:
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(Cancelled):
        export_tables(store, out, cancelled=lambda: True)
    tamper(place, "DROP TABLE report")
    with pytest.raises(StoreError):
        export_tables(store, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_place_that_cannot_be_written(store: SqlVisitStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot be made; choose one"):
        export_tables(store, tmp_path / "file")


def test_readings_have_their_totals(out: Path) -> None:
    (row,) = read_csv(out, "himriss")
    names = ("side", "reader", "number", "femoral_bml", "acetabular_bml", "effusion_synovitis")
    assert [row[name] for name in names] == ["L", "Dr. A", "1", "20", "5", "6"]
    assert (row["total"], row["blinded_to_order"]) == ("31", "false")


def test_alignments_have_a_row_a_lesion(out: Path, analyses: list[Analysis]) -> None:
    rows = read_json(out, "alignments")
    assert [(row["lesion"], row["bone"], row["current"]) for row in rows] == [
        ("bme_femur", "proximal_femur", False),
        ("bme_acetabulum", "acetabulum", False),
        ("effusion_synovitis", "proximal_femur", False),
        ("bme_femur", "proximal_femur", True),
        ("bme_acetabulum", "acetabulum", True),
        ("effusion_synovitis", "proximal_femur", True),
    ]
    names = ("new_ml", "resolved_ml", "persistent_ml", "uncompared_ml")
    volumes = [tuple(row[name] for name in names) for row in rows]
    assert volumes[0] == (0.5, 1.25, 2.0, 0.125)
    assert volumes[1] == (None,) * 4
    assert volumes[4] == (0.25, 0.0, 1.0, 0.0)
    refused, femur_row = rows[1], rows[3]
    assert (refused["refused"], refused["residual_median_mm"]) == ("residual", 2.21)
    assert (femur_row["earlier_analysis_uid"], femur_row["earlier_revision"]) == (
        analyses[0].uid,
        1,
    )
    assert [femur_row[f"shift_{axis}_mm"] for axis in "xyz"] == [1.5, -3.0, 0.25]
    assert femur_row["turn_z_deg"] == 1 / 3


def test_what_was_adjusted_by_hand_is_told_with_who_and_how_much(out: Path) -> None:
    rows = read_json(out, "alignments")
    assert [row["adjusted"] for row in rows] == [False, False, False, True, False, True]
    by_hand, untouched = rows[3], rows[4]
    assert by_hand["adjusted_by"] == "Dr. Hand"
    assert by_hand["adjusted_shift_mm"] == pytest.approx(0.5)
    assert by_hand["adjusted_turn_deg"] == 1.5
    assert [by_hand[f"adjusted_{axis}_mm"] for axis in "xyz"] == [0.3, 0.0, -0.4]
    assert [by_hand[f"adjusted_{axis}_deg"] for axis in "xyz"] == [0.0, 1.5, 0.0]
    assert (untouched["adjusted_by"], untouched["adjusted_shift_mm"]) == (None, 0.0)
    assert read_csv(out, "alignments")[3]["adjusted_by"] == "Dr. Hand"


def test_clinical_tables_can_be_imported_again(
    store: SqlVisitStore, analyses: list[Analysis], tmp_path: Path
) -> None:
    (row,) = store.visits(analyses[0].series.patient)[:1]
    patient = store.patient_of(row.visit.uid)
    store.keep_facts(row.visit.uid, FACTS, "Dr. A")
    store.keep_treatment(patient.uid, DRUG, "Dr. A")
    export_tables(store, tmp_path / "out", [Format.CSV])
    today = date(2024, 6, 1)
    plans = (
        (plan_visits, "clinical", ("patient_uid", "visit_uid", "reader", "at_utc")),
        (plan_treatments, "treatments", ("patient_uid", "reader", "at_utc")),
    )
    for plan, name, ours in plans:
        rows = [line for line in read_csv(tmp_path / "out", name) if line["patient_id"] == "4711"]
        assert len(rows) == 1
        text = io.StringIO()
        columns = [column for column in rows[0] if column not in ours]
        writer = csv.DictWriter(text, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        tried = plan(text.getvalue().encode(), store.known_patients(), today)
        assert (tried.problems, tried.entries, tried.unchanged) == ((), (), (2,))


def columns_text() -> str:
    """Every table and column as Markdown."""
    lines: list[str] = []
    for name, columns in TABLES.items():
        lines += [f"### {name}", "", "| Column | What it holds |", "|---|---|"]
        lines += [f"| `{column}` | {meaning} |" for column, meaning in columns.items()]
        lines.append("")
    return "\n".join(lines)


def test_the_manual_states_every_column(repository: Path) -> None:
    manual = (repository / "docs" / "export.md").read_text(encoding="utf-8")
    assert manual.split("<!-- columns -->\n\n")[1] == columns_text()


def test_command(
    store: SqlVisitStore,
    analyses: list[Analysis],
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "tables"
    assert cli.main(["export", "--out", str(out), "--store", str(place), "--csv"]) == 0
    assert "hips: 7 rows" in capsys.readouterr().out
    assert {path.suffix for path in out.iterdir()} == {".csv"}

"""Tables of clinical facts: what is read, what is refused, and that nothing comes in halves."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.clinical import (
    HARRIS_CHOICES,
    ClinicalFacts,
    Crp,
    CrpUnit,
    Harris,
    HipFacts,
    PartialDate,
    Treatment,
    TreatmentKind,
    asdas_crp,
    harris,
)
from hipdesk.clinical_cells import Column, read_date
from hipdesk.clinical_columns import (
    READING_COLUMNS,
    TABLE_COLUMNS,
    TREATMENT_COLUMNS,
    VISIT_COLUMNS,
    TableKind,
    template,
)
from hipdesk.clinical_entries import (
    ImportPlan,
    KnownPatient,
    KnownVisit,
    Problem,
    ReadingEntry,
    TreatmentEntry,
    VisitEntry,
)
from hipdesk.clinical_import import plan_readings, plan_table, plan_treatments, plan_visits
from hipdesk.clinical_lines import read_facts
from hipdesk.clinical_table import recognised
from hipdesk.errors import Cancelled, UnreadableInput
from hipdesk.himriss import Reading
from hipdesk.records import Side

TODAY = date(2026, 3, 5)
HELD = ClinicalFacts(esr_mm_h=20, hla_b27=True)
PATIENTS = (
    KnownPatient("p1", "P-1", birth_date=date(1990, 5, 1), visits=(
        KnownVisit("v1", date(2024, 3, 5)),
        KnownVisit("v2", date(2025, 3, 5), HELD),
        KnownVisit("v3", None),
    )),
    KnownPatient("p2", "00042", visits=(
        KnownVisit("v4", date(2024, 3, 5)), KnownVisit("v5", date(2024, 3, 5)),
    )),
    KnownPatient("p3", "SAME", "A"),
    KnownPatient("p4", "SAME", "B"),
)  # fmt: skip


def visits(text: str | bytes) -> ImportPlan[VisitEntry]:
    data = text if isinstance(text, bytes) else text.encode()
    return plan_visits(data, PATIENTS, TODAY)


def treatments(
    text: str, patients: Sequence[KnownPatient] = PATIENTS
) -> ImportPlan[TreatmentEntry]:
    return plan_treatments(text.encode(), patients, TODAY)


def one(**cells: str) -> ImportPlan[VisitEntry]:
    """A table of one line."""
    given = {"patient_id": "P-1", "visit_date": "2024-03-05", **cells}
    written = io.StringIO()
    csv.writer(written).writerows([given.keys(), given.values()])
    return visits(written.getvalue())


def facts_of(**cells: str) -> ClinicalFacts:
    plan = one(**cells)
    assert plan.problems == ()
    (entry,) = plan.to_import()
    return entry.facts


def only_problem(plan: ImportPlan[Any]) -> Problem:
    (problem,) = plan.problems
    assert plan.to_import() == ()
    return problem


# What is read


def test_a_whole_line() -> None:
    plan = visits(
        "patient_id,visit_date,basdai_q2,basdai_q3,basdai_q6,patient_global,crp,crp_unit,"
        "hla_b27,symptom_onset,hip_pain_vas_left,prosthesis_right\n"
        "P-1,2024-03-05,5,2,4,5,10,mg/L,positive,2015-08,7.5,no\n"
    )
    assert plan.problems == ()
    assert (plan.encoding, plan.delimiter, plan.rows) == ("UTF-8", ",", 1)
    (entry,) = plan.to_import()
    assert (entry.line, entry.patient_uid, entry.visit_uid, entry.day) == (
        2, "p1", "v1", date(2024, 3, 5),
    )  # fmt: skip
    assert entry.facts == ClinicalFacts(
        basdai=(None, 5, 2, None, None, 4),
        patient_global=5,
        crp=Crp(10, CrpUnit.MG_PER_L),
        hla_b27=True,
        symptom_onset=PartialDate(2015, 8),
        right=HipFacts(prosthesis=False),
        left=HipFacts(pain_vas=7.5),
    )
    assert asdas_crp(entry.facts).value == pytest.approx(2.921, abs=5e-4)


def test_harris_of_each_side() -> None:
    best = {f"harris_{item}_left": str(c[0].points) for item, c in HARRIS_CHOICES.items()}
    facts = facts_of(**best, harris_motion_left="4,5", harris_pain_right="30")
    assert harris(facts.left).value == 99.5
    assert facts.right.harris == Harris(pain=30)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("gbk", "GB 18030"),
        ("gb18030", "GB 18030"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_way_to_write_a_table(
    mark: str, decimal: str, codec: str, name: str, end: str
) -> None:
    figure = f'"3{decimal}5"' if mark == decimal else f"3{decimal}5"
    lines = [
        mark.join(["Patient ID", "visit-date", "BASDAI_Q1", "hla_b27"]),
        mark.join(["P-1", "2024年3月5日", figure, "阳性"]),
    ]
    plan = visits((end.join(lines) + end).encode(codec))
    assert plan.problems == ()
    assert (plan.encoding, plan.delimiter) == (name, mark)
    (entry,) = plan.to_import()
    assert (entry.facts.basdai[0], entry.facts.hla_b27) == (3.5, True)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05", "2024-3-5", "2024/3/5", "2024.3.5", "20240305", "2024年3月5日",
        "2024年03月05号", "2024 年 3 月 5 日", "2024年3月5", "２０２４-０３-０５",
        "2024-03-05 00:00:00", "2024-03-05T00:00", "2024/3/5 0:00",
    ],
)  # fmt: skip
def test_dates(text: str) -> None:
    (entry,) = one(visit_date=text, esr_mm_h="5").to_import()
    assert entry.day == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("05/03/2024", "one way only"),
        ("24-03-05", "one way only"),
        ("2024-03/05", "one way only"),
        ("2024-03-05 14:30", "one way only"),
        ("2024-02-30", "no such date"),
        ("2024-00-10", "no such date"),
        ("1824-03-05", "before 1900"),
        ("2024-03", "the day is missing"),
        ("2026-03-06", "future"),
        ("1990-04-30", "birth"),
        ("", "must not be empty"),
        ("n/a", "must not be empty"),
    ],
)
def test_dates_that_are_refused(text: str, wrong: str) -> None:
    problem = only_problem(one(visit_date=text, esr_mm_h="5"))
    assert (problem.line, problem.column) == (2, "visit_date")
    assert wrong in problem.wrong
    assert problem.found == text


@pytest.mark.parametrize(
    ("text", "onset"),
    [("2015", PartialDate(2015)), ("2015年", PartialDate(2015)), ("2015/8", PartialDate(2015, 8)),
     ("2015年8月", PartialDate(2015, 8)), ("2015-08-09", PartialDate(2015, 8, 9))],
)  # fmt: skip
def test_onset_as_exactly_as_known(text: str, onset: PartialDate) -> None:
    assert facts_of(symptom_onset=text).symptom_onset == onset


@pytest.mark.parametrize(
    ("cells", "crp"),
    [
        ({"crp": "12,4", "crp_unit": "mg/l"}, Crp(12.4, CrpUnit.MG_PER_L)),
        ({"crp": "1.2", "crp_unit": "MG/DL"}, Crp(1.2, CrpUnit.MG_PER_DL)),
        ({"crp": "<5", "crp_unit": "mg/L"}, Crp(None, CrpUnit.MG_PER_L, 5)),
        ({"crp": "＜ 0.5", "crp_unit": "mg/dL"}, Crp(None, CrpUnit.MG_PER_DL, 0.5)),
        (
            {"crp": "3", "crp_unit": "mg/L", "crp_detection_limit": "5"},
            Crp(3, CrpUnit.MG_PER_L, 5),
        ),
        (
            {"crp": "<5", "crp_unit": "mg/L", "crp_detection_limit": "5.0"},
            Crp(None, CrpUnit.MG_PER_L, 5),
        ),
        ({"crp": "", "crp_unit": "mg/L", "esr_mm_h": "4"}, None),
    ],
)
def test_crp(cells: dict[str, str], crp: Crp | None) -> None:
    assert facts_of(**cells).crp == crp


@pytest.mark.parametrize(
    ("cells", "column", "wrong"),
    [
        ({"crp": "5"}, "crp_unit", "no unit"),
        ({"crp": "5", "crp_unit": "NA"}, "crp_unit", "no unit"),
        ({"crp": "5", "crp_unit": "mg"}, "crp_unit", "none of the words"),
        ({"crp": "101", "crp_unit": "mg/dL"}, "crp", "0 to 1000 mg/L"),
        ({"crp": ">5", "crp_unit": "mg/L"}, "crp", "not a number"),
        (
            {"crp": "<5", "crp_unit": "mg/L", "crp_detection_limit": "3"},
            "crp_detection_limit",
            "not the limit",
        ),
        ({"basdai_q1": "11"}, "basdai_q1", "outside the range"),
        ({"basdai_q1": "-1"}, "basdai_q1", "outside the range"),
        ({"basdai_q1": "five"}, "basdai_q1", "not a number"),
        ({"basdai_q1": "nan"}, "basdai_q1", "not a number"),
        ({"basdai_q1": "1e0"}, "basdai_q1", "not a number"),
        ({"basdai_q1": "#N/A"}, "basdai_q1", "not a number"),
        ({"hip_pain_vas_left": "45"}, "hip_pain_vas_left", "outside the range"),
        ({"harris_pain_left": "43"}, "harris_pain_left", "no answer earns"),
        ({"harris_motion_left": "5.025"}, "harris_motion_left", "outside the range"),
        ({"hla_b27": "-"}, "hla_b27", "none of the words"),
        ({"hla_b27": "—"}, "hla_b27", "none of the words"),
        ({"symptom_onset": "2024-04"}, "symptom_onset", "after the visit"),
        ({"symptom_onset": "1989"}, "symptom_onset", "before the patient's birth"),
        (
            {"harris_deformity_left": "4", "adduction_deg_left": "12"},
            "harris_deformity_left",
            "contradict",
        ),
        ({"basdai_q1": ""}, "", "holds nothing"),
    ],
)
def test_cells_that_are_refused(cells: dict[str, str], column: str, wrong: str) -> None:
    problem = only_problem(one(**cells))
    assert (problem.line, problem.column) == (2, column)
    assert wrong in problem.wrong
    assert problem.expected


def test_what_is_expected_is_said() -> None:
    assert only_problem(one(basdai_q1="11")).expected == "a number from 0 to 10"
    expected = only_problem(one(harris_shoes_socks_left="3")).expected
    assert expected == "4 (with ease), 2 (with difficulty), 0 (unable)"


@pytest.mark.parametrize("mark", ["", "NA", "n/a", "-", "－", "—", "未查", "null", "."])
def test_marks_of_what_was_not_recorded(mark: str) -> None:
    facts = facts_of(basdai_q1=mark, esr_mm_h="0")
    assert (facts.basdai[0], facts.esr_mm_h) == (None, 0)


# Every problem, with its line


def test_every_problem_of_every_line_is_listed() -> None:
    plan = visits(
        "patient_id;visit_date;basdai_q1;esr_mm_h;remark\n"
        "P-1;2024-03-05;11;abc;\n"
        "\n"
        'P-1;2024-03-06;"4";5;"two\nlines"\n'
        "X-9;2024-03-07;4;5;\n"
        "P-1;2024-03-08;4;5;\n"
        "P-1;2024-03-09;4\n"
    )
    assert [(p.line, p.column, p.wrong) for p in plan.problems] == [
        (1, "remark", "there is no column of this name"),
        (2, "basdai_q1", "this is outside the range"),
        (2, "esr_mm_h", "this is not a number"),
        (6, "patient_id", "no patient has this ID"),
        (8, "", "the line has 3 cells"),
    ]
    assert (plan.rows, plan.skipped) == (5, (2, 6, 8))
    assert plan.to_import() == ()
    assert [entry.line for entry in plan.to_import(skip=True)] == [4, 7]


def test_a_decimal_comma_without_quotes_is_no_value_of_the_next_column() -> None:
    plan = visits("patient_id,visit_date,basdai_q1,basdai_q2\nP-1,2024-03-05,4,5,3\n")
    assert only_problem(plan).wrong == "the line has 5 cells"


def test_empty_columns_at_the_end_do_no_harm() -> None:
    plan = visits("patient_id;visit_date;esr_mm_h;;\nP-1;2024-03-05;4;;\n")
    assert plan.clean


def test_a_mistyped_column_is_named_with_the_nearest() -> None:
    problem = only_problem(one(badsai_q1="4", esr_mm_h="3"))
    assert (problem.line, problem.column, problem.expected) == (1, "badsai_q1", "perhaps basdai_q1")


@pytest.mark.parametrize(
    ("text", "line", "column", "wrong"),
    [
        ("", 1, "", "the table is empty"),
        ("\n\n", 1, "", "the table is empty"),
        ("patient_id,visit_date\n", 1, "", "no line follows the header"),
        ("\npatient_id,esr_mm_h\nP-1,4\n", 2, "visit_date", "the column is missing"),
        (
            "patient_id,visit_date,esr_mm_h,ESR mm h\nP-1,2024-03-05,4,5\n",
            1, "esr_mm_h", "the column stands twice",
        ),
        (
            'patient_id,visit_date,esr_mm_h\nP-1,2024-03-05,4\nP-1,2024-03-06,"4\n',
            3, "", "a quotation mark is not closed or stands inside a cell",
        ),
    ],
)  # fmt: skip
def test_headers_that_rule_everything_out(text: str, line: int, column: str, wrong: str) -> None:
    plan = visits(text)
    assert not plan.usable
    assert (line, column, wrong) in [(p.line, p.column, p.wrong) for p in plan.problems]
    assert plan.to_import(skip=True) == ()


def test_a_line_that_tells_the_delimiter_is_counted() -> None:
    plan = visits("sep=;\r\npatient_id;visit_date;esr_mm_h\r\nP-1;2024-03-05;x\r\n")
    assert (plan.delimiter, only_problem(plan).line) == (";", 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04rest", "spreadsheet's own file"),
        (b"\xd0\xcf\x11\xe0rest", "spreadsheet's own file"),
        (b"\xff\xff\xff", "not text"),
        (b"a\x00b\x00", "not text"),
        (b"\xef\xbb\xbf\xff", "not text"),
    ],
)
def test_what_is_no_text_is_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableInput, match=words):
        visits(data)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_trial(data: bytes) -> None:
    head = b"patient_id,visit_date,esr_mm_h,crp,crp_unit,symptom_onset\n"
    for each in (data, head + data, head + b"P-1,2024-03-05," + data):
        try:
            plan = visits(each)
        except UnreadableInput:
            continue
        assert plan.clean or plan.to_import() == ()


# Patients, visits and repetitions


def test_a_new_day_is_a_new_visit() -> None:
    (entry,) = one(visit_date="2024-06-05", esr_mm_h="5").to_import()
    assert (entry.patient_uid, entry.visit_uid) == ("p1", None)


@pytest.mark.parametrize(
    ("cells", "column", "wrong"),
    [
        ({"patient_id": "p-1"}, "patient_id", "no patient has this ID"),
        ({"patient_id": ""}, "patient_id", "must not be empty"),
        ({"patient_id": "1.23457E+11"}, "patient_id", "rounded"),
        ({"patient_id": "SAME"}, "issuer", "several patients"),
        ({"patient_id": "SAME", "issuer": "C"}, "issuer", "from this issuer"),
        ({"patient_id": "00042"}, "visit_date", "several visits"),
    ],
)
def test_patients_and_visits_are_never_guessed(
    cells: dict[str, str], column: str, wrong: str
) -> None:
    problem = only_problem(one(**cells, esr_mm_h="5"))
    assert problem.column == column
    assert wrong in problem.wrong


def test_lost_zeros_are_suspected_not_restored() -> None:
    problem = only_problem(one(patient_id="42", esr_mm_h="5"))
    assert "zeros at its start" in problem.expected


def test_an_issuer_tells_patients_apart() -> None:
    (entry,) = one(patient_id="SAME", issuer="B", esr_mm_h="5").to_import()
    assert entry.patient_uid == "p4"


def test_an_id_kept_as_text_by_a_spreadsheet() -> None:
    (entry,) = one(patient_id='="00042"', visit_date="2025-01-01", esr_mm_h="5").to_import()
    assert entry.patient_uid == "p2"


def test_what_the_library_holds_is_unchanged_or_contradicted() -> None:
    same = one(visit_date="2025-03-05", esr_mm_h="20")
    assert (same.problems, same.unchanged, same.to_import()) == ((), (2,), ())
    problem = only_problem(one(visit_date="2025-03-05", esr_mm_h="21", hla_b27="yes"))
    assert (problem.column, problem.wrong) == ("esr_mm_h", "the library holds another value")


def test_what_the_library_holds_is_completed() -> None:
    plan = one(
        visit_date="2025-03-05", hla_b27="yes", crp="<5", crp_unit="mg/L", harris_limp_left="8"
    )
    (entry,) = plan.to_import()
    assert (entry.visit_uid, entry.held) == ("v2", HELD)
    assert entry.facts == ClinicalFacts(
        esr_mm_h=20,
        hla_b27=True,
        crp=Crp(None, CrpUnit.MG_PER_L, 5),
        left=HipFacts(harris=Harris(limp=8)),
    )


def test_a_completion_must_fit_together() -> None:
    measured = ClinicalFacts(left=HipFacts(harris=Harris(adduction_deg=12)))
    patients = (KnownPatient("p1", "P-1", visits=(KnownVisit("v1", TODAY, measured),)),)
    table = f"patient_id,visit_date,harris_deformity_left\nP-1,{TODAY},4\n"
    problem = only_problem(plan_visits(table.encode(), patients, TODAY))
    assert "contradict" in problem.wrong


def plausible(column: Column) -> str:
    """A cell for any column of a visit that fits all the others."""
    exact = {"patient_id": "P-1", "visit_date": "2024-03-05", "issuer": "", "crp_unit": "mg/L"}
    if column.name in exact:
        return exact[column.name]
    if column.name.startswith("harris_deformity"):
        return "4"
    return {"crp": "12", "hla_b27": "yes", "symptom_onset": "2015"}.get(column.name, "1")


def test_every_column_is_kept_and_unchanged_the_next_time() -> None:
    columns = [column for column in VISIT_COLUMNS if not column.name.startswith("harris")]
    columns += [c for c in VISIT_COLUMNS if c.name.startswith(("harris_deform", "harris_motion"))]
    names = ",".join(column.name for column in columns)
    table = f"{names}\n{','.join(map(plausible, columns))}\n".encode()
    (entry,) = plan_visits(table, PATIENTS, TODAY).to_import()
    held = (KnownPatient("p1", "P-1", visits=(KnownVisit("v1", entry.day, entry.facts),)),)
    again = plan_visits(table, held, TODAY)
    assert (again.problems, again.unchanged, again.entries) == ((), (2,), ())
    for column in columns[3:]:
        if column.name in {"crp_unit", "crp_detection_limit"}:
            continue
        cells = {"patient_id": "P-1", "visit_date": "2024-03-05", column.name: plausible(column)}
        if column.name == "crp":
            cells["crp_unit"] = "mg/L"
        assert not facts_of(**cells).empty, column.name


HEAD = "patient_id,visit_date,esr_mm_h\n"


def test_lines_that_repeat_another() -> None:
    plan = visits(HEAD + "P-1,2024-03-05,4\nP-1,2024-03-06,4\nP-1,2024/3/5,4.0\n")
    assert only_problem(plan) == Problem(
        4, "", "this repeats line 2", "each visit or treatment once"
    )
    assert [entry.line for entry in plan.to_import(skip=True)] == [2, 3]


def test_of_lines_that_disagree_none_is_taken() -> None:
    plan = visits(HEAD + "P-1,2024-03-05,4\nP-1,2024-03-06,4\nP-1,2024-03-05,5\n")
    assert [(p.line, p.wrong) for p in plan.problems] == [
        (2, "line 4 speaks of the same"),
        (4, "line 2 speaks of the same"),
    ]
    assert [entry.line for entry in plan.to_import(skip=True)] == [3]


def test_however_many_lines_disagree_only_a_few_are_named() -> None:
    plan = visits(HEAD + "".join(f"P-1,2024-03-05,{esr}\n" for esr in range(100)))
    assert [p.wrong for p in plan.problems[:2]] == [
        "line 3, 4, 5, 6, 7, ... speaks of the same",
        "line 2, 4, 5, 6, 7, ... speaks of the same",
    ]
    assert plan.problems[-1].wrong == "line 2, 3, 4, 5, 6, ... speaks of the same"


def test_a_line_with_a_problem_still_claims_its_day() -> None:
    plan = visits(HEAD + "P-1,2024-03-05,4\nP-1,2024-03-05,x\n")
    assert plan.to_import(skip=True) == ()
    assert [p.line for p in plan.problems] == [2, 3, 3]


def test_a_line_that_cannot_be_read_in_full_agrees_with_none() -> None:
    plan = visits(
        "patient_id,visit_date,esr_mm_h,basdai_q1\nP-1,2024-03-05,4,\nP-1,2024-03-05,4,x\n"
    )
    assert plan.to_import(skip=True) == ()
    assert plan.skipped == (2, 3)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["4", "5", "x"])), max_size=12))
def test_every_line_is_taken_skipped_or_known(lines: list[tuple[int, str]]) -> None:
    body = "".join(f"P-1,2024-01-0{day},{esr}\n" for day, esr in lines)
    plan = visits(HEAD + body)
    if not lines:
        assert not plan.usable
        return
    taken = [entry.line for entry in plan.to_import(skip=True)]
    assert sorted([*taken, *plan.skipped, *plan.unchanged]) == list(range(2, len(lines) + 2))
    assert len({entry.key for entry in plan.entries}) == len(plan.entries)
    assert plan.to_import() == (plan.entries if not plan.problems else ())


# Treatments

COURSE = Treatment(
    TreatmentKind.BDMARD, "Adalimumab", PartialDate(2023, 4), None, "40 mg every 14 days"
)


def test_treatments() -> None:
    plan = treatments(
        "patient_id,class,name,dose,start,stop,side\n"
        "P-1,bdmard,Adalimumab,40 mg every 14 days,2023-04,,\n"
        "P-1,NSAID,双氯芬酸,,2020,2023年4月,\n"
        "P-1,injection,triamcinolone,40 mg,2024-01-10,,左\n"
    )
    assert plan.problems == ()
    assert [entry.treatment for entry in plan.to_import()] == [
        COURSE,
        Treatment(TreatmentKind.NSAID, "双氯芬酸", PartialDate(2020), PartialDate(2023, 4)),
        Treatment(
            TreatmentKind.INJECTION, "triamcinolone", PartialDate(2024, 1, 10), None, "40 mg",
            Side.LEFT,
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "wrong"),
    [
        ("TNF,a,2020,,", "class", "none of the words"),
        ("NSAID,,2020,,", "name", "must not be empty"),
        ("NSAID,a,2026-04,,", "start", "future"),
        ("NSAID,a,2020,2027,", "stop", "future"),
        ("NSAID,a,1989,,", "start", "birth"),
        ("NSAID,a,2020,2019,", "", "must not end before"),
        ("surgery,a,2020,2021,", "", "one date and no end"),
        ("NSAID,a,2020,,left", "", "has a side"),
        ("surgery,a,2020,,both", "side", "none of the words"),
    ],
)
def test_treatments_that_are_refused(cells: str, column: str, wrong: str) -> None:
    problem = only_problem(treatments(f"patient_id,class,name,start,stop,side\nP-1,{cells}\n"))
    assert (problem.line, problem.column) == (2, column)
    assert wrong in problem.wrong


def test_treatments_that_the_library_holds() -> None:
    held = (KnownPatient("p1", "P-1", treatments=(COURSE,)),)
    head = "patient_id,class,name,dose,start,stop\n"
    same = treatments(head + "P-1,bDMARD,adalimumab,,2023-04,\n", held)
    assert (same.unchanged, same.to_import()) == ((2,), ())
    (ended,) = treatments(head + "P-1,bDMARD,adalimumab,,2023-04,2025\n", held).to_import()
    assert ended.treatment == replace(COURSE, stopped=PartialDate(2025))
    assert ended.held == COURSE
    other = only_problem(treatments(head + "P-1,bDMARD,adalimumab,20 mg,2023-04,\n", held))
    assert (other.column, other.wrong) == ("dose", "the library holds another value")
    (later,) = treatments(head + "P-1,bDMARD,adalimumab,,2024,\n", held).to_import()
    assert later.held is None


# HIMRISS


HIMRISS_HEAD = (
    "patient_id,visit_date,side,reader,number,femoral_bml,acetabular_bml,effusion_synovitis\n"
)


def held_reading(number: int = 1, femoral: int = 10) -> Reading:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    return Reading("v1", Side.RIGHT, "Dr. A", number, at, False, femoral, 5, 3)


def readings(
    lines: str, held: Sequence[Reading] = (), head: str = HIMRISS_HEAD
) -> ImportPlan[ReadingEntry]:
    first = PATIENTS[0]
    visits = (replace(first.visits[0], readings=tuple(held)), *first.visits[1:])
    known = (replace(first, visits=visits), *PATIENTS[1:])
    return plan_readings((head + lines).encode(), known, TODAY)


def test_a_reading_of_a_table() -> None:
    head = HIMRISS_HEAD.strip() + ",blinded_to_order,read_date\n"
    plan = readings("P-1,2024-03-05,R,Dr. A,,12,4,9,yes,2024-04-01\n", head=head)
    (entry,) = plan.to_import()
    assert entry.reading == Reading(
        "v1", Side.RIGHT, "Dr. A", 1, datetime(2024, 4, 1, tzinfo=UTC), True, 12, 4, 9
    )
    assert entry.reading.total == 25


def test_a_compartment_may_be_missing_but_not_all() -> None:
    (entry,) = readings("P-1,2024-03-05,左,Dr. A,1,12,,\n").to_import()
    assert entry.reading.total is None
    assert entry.reading.read_utc == datetime(2026, 3, 5, tzinfo=UTC)
    problem = only_problem(readings("P-1,2024-03-05,L,Dr. A,1,,,\n"))
    assert "at least one total" in problem.wrong


@pytest.mark.parametrize(
    ("line", "column", "wrong"),
    [
        ("P-1,2024-03-05,R,Dr. A,1,66,4,9", "femoral_bml", "outside the range"),
        ("P-1,2024-03-05,R,Dr. A,1,6,36,9", "acetabular_bml", "outside the range"),
        ("P-1,2024-03-05,R,Dr. A,1,6,4,31", "effusion_synovitis", "outside the range"),
        ("P-1,2024-03-05,R,Dr. A,1,6.5,4,3", "femoral_bml", "not a whole number"),
        ("P-1,2024-03-05,R,Dr. A,0,6,4,3", "number", "numbered from 1"),
        ("P-1,2024-03-05,R,Dr. A,2,6,4,3", "number", "reading 1 of this hip and visit is missing"),
        ("P-1,2024-03-05,both,Dr. A,1,6,4,3", "side", "none of the words"),
        ("P-1,2024-03-05,R,,1,6,4,3", "reader", "must not be empty"),
        ("P-1,2024-03-06,R,Dr. A,1,6,4,3", "visit_date", "no visit on this day"),
        ("00042,2024-03-05,R,Dr. A,1,6,4,3", "visit_date", "several visits"),
        ("P-9,2024-03-05,R,Dr. A,1,6,4,3", "patient_id", "no patient has this ID"),
    ],
)
def test_readings_that_are_refused(line: str, column: str, wrong: str) -> None:
    problem = only_problem(readings(line + "\n"))
    assert problem.column == column
    assert wrong in problem.wrong


@pytest.mark.parametrize("ends", ["65,35,30", "0,0,0"])
def test_totals_at_their_ends(ends: str) -> None:
    assert readings(f"P-1,2024-03-05,R,Dr. A,1,{ends}\n").clean


def test_every_problem_of_readings_is_listed_line_by_line() -> None:
    plan = readings(
        "P-1,2024-03-05,R,Dr. A,1,66,36,9\n"
        "P-1,2024-03-05,R,Dr. B,3,1,1,1\n"
        "P-1,2024-03-05,L,Dr. B,1,1,1,1\n"
    )
    assert [(each.line, each.column) for each in plan.problems] == [
        (2, "femoral_bml"),
        (2, "acetabular_bml"),
        (3, "number"),
    ]
    assert plan.to_import() == ()
    assert [each.line for each in plan.to_import(skip=True)] == [4]
    assert plan.skipped == (2, 3)


def test_rereads_follow_what_they_repeat_in_any_order() -> None:
    lines = "P-1,2024-03-05,R,dr.  a,3,3,3,3\nP-1,2024-03-05,R,Dr. A,2,2,2,2\n"
    plan = readings(lines, [held_reading()])
    assert plan.problems == ()
    assert [each.reading.number for each in plan.to_import()] == [3, 2]


def test_readings_that_the_library_holds() -> None:
    line = "P-1,2024-03-05,R,dr. a,1,10,5,3\n"
    same = readings(line, [held_reading()])
    assert (same.unchanged, same.to_import()) == ((2,), ())
    other = only_problem(readings(line, [held_reading(femoral=11)]))
    assert (other.column, other.wrong) == ("femoral_bml", "the library holds another value")


def test_a_reading_before_its_visit_is_refused() -> None:
    head = HIMRISS_HEAD.strip() + ",read_date\n"
    early = only_problem(readings("P-1,2024-03-05,R,Dr. A,1,1,1,1,2024-03-04\n", head=head))
    assert (early.column, early.wrong) == ("read_date", "this lies before the visit")
    late = only_problem(readings("P-1,2024-03-05,R,Dr. A,1,1,1,1,2027-03-04\n", head=head))
    assert (late.column, late.wrong) == ("read_date", "this lies in the future")


# Documentation


def test_every_column_is_documented_and_fits_the_template() -> None:
    plans = (
        (VISIT_COLUMNS, visits),
        (TREATMENT_COLUMNS, treatments),
        (READING_COLUMNS, lambda text: readings("", head=text)),
    )
    for columns, plan in plans:
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        assert all(column.words and column.expected for column in columns)
        (problem,) = plan(template(columns)).problems
        assert problem.wrong == "no line follows the header"


@pytest.mark.parametrize("columns", [VISIT_COLUMNS, TREATMENT_COLUMNS, READING_COLUMNS])
def test_the_manual_has_every_column(repository: Path, columns: Sequence[Column]) -> None:
    manual = (repository / "docs" / "clinical-tables.md").read_text(encoding="utf-8")
    rows = (f"| `{each.name}` | {each.words} | {each.expected} |" for each in columns)
    assert "\n".join(rows) in manual


def test_problems_and_entries_show_nothing_of_a_patient() -> None:
    plan = one(patient_id="SENTINEL", esr_mm_h="5")
    assert "SENTINEL" not in repr(plan)
    assert "P-1" not in repr(one(esr_mm_h="5"))
    assert "P-1" not in repr(PATIENTS)


# One visit in a form


def test_cells_of_a_form() -> None:
    facts, problems = read_facts(
        {"basdai_q2": " 5 ", "crp": "<3", "crp_unit": "mg/L", "esr_mm_h": ""}
    )
    assert problems == ()
    assert (facts.basdai[1], facts.crp, facts.esr_mm_h) == (
        5.0,
        Crp(None, CrpUnit.MG_PER_L, 3.0),
        None,
    )


def test_cells_of_a_form_with_problems_are_left_out_and_named() -> None:
    facts, problems = read_facts({"basdai_q2": "11", "esr_mm_h": "20", "crp": "5"})
    assert [each.column for each in problems] == ["basdai_q2", "crp_unit"]
    assert (facts.basdai[1], facts.esr_mm_h, facts.crp) == (None, 20.0, None)


def test_dates_of_a_form() -> None:
    assert read_date(" 2024-03 ") == PartialDate(2024, 3)
    assert [read_date(text) for text in ("5/3", "", "2024-13")] == [None, None, None]


# Which table, and on the way


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (template(VISIT_COLUMNS), TableKind.VISITS),
        (template(TREATMENT_COLUMNS), TableKind.TREATMENTS),
        (template(READING_COLUMNS), TableKind.READINGS),
        ("patient_id;visit_date;crp;crp_unit\r\nP-1;2024-03-05;3,4;mg/L\r\n", TableKind.VISITS),
        ("sep=;\nPatient ID;Class;Name\n", TableKind.TREATMENTS),
        ("\n\npatient_id\tvisit_date\tside\treader\n", TableKind.READINGS),
        ('"patient_id","visit_date","side","reader"\r', TableKind.READINGS),
        ("", TableKind.VISITS),
        ("nothing,of,this", TableKind.VISITS),
    ],
)
def test_a_table_is_recognised_by_its_columns(head: str, kind: TableKind) -> None:
    assert recognised(head.encode()) is kind
    assert recognised(b"\xef\xbb\xbf" + head.encode()) is kind


@pytest.mark.parametrize("kind", TableKind)
def test_a_trial_tells_how_far_it_is_and_can_be_stopped(kind: TableKind) -> None:
    head = template(TABLE_COLUMNS[kind]).encode()
    data = head + b"P-1\n" * 1000
    told: list[float] = []
    plan = plan_table(data, kind, PATIENTS, TODAY, lambda done, _what: told.append(done))
    assert plan.rows == 1000
    assert told == sorted(told)
    assert told[0] == 0.0
    assert 0.5 < told[-1] < 1.0
    with pytest.raises(Cancelled):
        plan_table(data, kind, PATIENTS, TODAY, cancelled=lambda: True)

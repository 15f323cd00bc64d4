"""Names of files: safe everywhere, another for every visit, and nobody's name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.controllers.file_names import report_name, safe_id, visit_key
from hipdesk.errors import BugError
from hipdesk.records import Patient
from tests.app.fakes import make_patient
from tests.app.review_fakes import Opened, before_analysis, opened

FORBIDDEN = set('<>:"/\\|?*.\x00\n\t ')


def name_of(opened: Opened, patient: Patient, signed: bool = False) -> str:
    exam = replace(opened.exam, patient=patient)
    return report_name(exam, exam.series[0], signed)


def test_two_patients_of_one_day_have_two_names() -> None:
    exam = opened()
    names = {name_of(exam, make_patient(number)) for number in ("4711", "4712")}
    assert names == {
        "HipDesk report 4711 2024-03-01 draft.pdf",
        "HipDesk report 4712 2024-03-01 draft.pdf",
    }


def test_a_signed_report_is_told_from_a_draft() -> None:
    assert name_of(opened(), make_patient(), True) == "HipDesk report 4711 2024-03-01 signed.pdf"


def test_without_an_id_the_visit_has_a_key() -> None:
    exam = opened()
    key = visit_key(exam.exam.series[0].volume.series.study.uid)
    assert len(key) == len("visit-12345678")
    assert name_of(exam, make_patient("")) == f"HipDesk report {key} 2024-03-01 draft.pdf"
    assert name_of(exam, make_patient(" ")) == f"HipDesk report {key} 2024-03-01 draft.pdf"
    undated = replace(exam.exam, day=None, patient=make_patient(""))
    assert report_name(undated, undated.series[0], False) == f"HipDesk report {key} draft.pdf"


def test_without_a_day_the_visit_has_a_key() -> None:
    exam = replace(opened().exam, day=None, patient=make_patient())
    key = visit_key(exam.series[0].volume.series.study.uid)
    assert report_name(exam, exam.series[0], False) == f"HipDesk report 4711 {key} draft.pdf"


@pytest.mark.parametrize(
    ("identifier", "name"),
    [("DOE^JANE", "Doe^Jane"), ("jane-17", "Doe^Jane"), ("17王芳", "Wang^Fang=王^芳")],
)
def test_an_id_that_holds_the_name_is_not_used(identifier: str, name: str) -> None:
    assert safe_id(Patient(identifier, "C", name, date(1980, 5, 17), "F")) == ""


def test_ids_that_differ_in_forbidden_letters_only_stay_apart() -> None:
    ids = [safe_id(make_patient(each)) for each in ("A/1", "A:1", "A-1", "../..", "...")]
    assert len(set(ids)) == len(ids)
    assert ids[2] == "A-1"


@given(st.text(max_size=64))
def test_an_id_is_fit_for_every_file_system(identifier: str) -> None:
    safe = safe_id(make_patient(identifier, name=""))
    assert not FORBIDDEN & set(safe)
    assert len(safe) <= 45
    assert not safe.startswith("-")


def test_before_the_analysis_there_is_no_name() -> None:
    exam = opened()
    with pytest.raises(BugError):
        report_name(exam.exam, before_analysis(exam.series()), False)

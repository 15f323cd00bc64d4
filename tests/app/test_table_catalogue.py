"""Whatever can be wrong with a table is said in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app import language
from app.core_catalogue import SENTENCES
from app.views.table_words import clause, problem_sentence
from hipdesk.clinical import SCALES, TreatmentKind
from hipdesk.clinical_columns import TABLE_COLUMNS
from hipdesk.clinical_entries import Problem
from hipdesk.errors import RefusedValue
from hipdesk.settings import Language
from tests.app.test_translations import PART, phrases

CHINESE = re.compile(r"[\u4e00-\u9fff]")

OF_TABLES = (
    "hipdesk.clinical_cells",
    "hipdesk.clinical_columns",
    "hipdesk.clinical_entries",
    "hipdesk.clinical_import",
    "hipdesk.clinical_lines",
    "hipdesk.clinical_table",
)
"""Modules that say what is wrong with a table."""

NOT_PROBLEMS = frozenset(
    {
        "HIMRISS total: {}",
        "Harris points for {} {}",
        "Whether there is a prosthesis {}",
        "of the {} hip",
    }
)
"""What columns are: said in the manual only, like the words of each column."""


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    language.apply(qapp, Language.CHINESE)
    yield
    language.apply(qapp, Language.ENGLISH)


def test_every_problem_of_a_table_is_in_the_catalogue() -> None:
    columns = {each.words for every in TABLE_COLUMNS.values() for each in every}
    said = {PART.sub("{}", each) for each in SENTENCES}
    core = {each for module in OF_TABLES for each in phrases(module)}
    assert core - said - columns - NOT_PROBLEMS == set()


def test_what_each_column_expects_is_said(chinese: None) -> None:
    wanted = {each.expected for every in TABLE_COLUMNS.values() for each in every}
    wanted -= {", ".join(TreatmentKind)}  # what is to be written, whatever the language
    assert [each for each in wanted if not CHINESE.search(clause(each))] == []
    assert not any(" (none" in clause(each) for each in wanted)


def test_a_refused_crp_is_said(chinese: None) -> None:
    with pytest.raises(RefusedValue) as caught:
        SCALES["crp_detection_limit_mg_l"].require(21)
    words = str(caught.value)
    said = clause(f"the{words[3:-1]}")
    assert CHINESE.search(said)
    assert "must be" not in said
    assert "limit" not in said
    assert "0" in said
    assert "20 mg/L" in said


def test_a_problem_is_one_sentence() -> None:
    problem = Problem(12, "crp_unit", "the CRP has no unit", "mg/L or mg/dL")
    assert problem_sentence(problem) == (
        "Line 12, column crp_unit: the CRP has no unit; expected: mg/L or mg/dL."
    )
    whole = Problem(3, "", "the line has 2 cells", "5 cells, as in the header", "a,b")
    assert problem_sentence(whole) == (
        "Line 3: the line has 2 cells (“a,b”); expected: 5 cells, as in the header."
    )

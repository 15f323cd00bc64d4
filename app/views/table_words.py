"""Problems of a table in words: the core's, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.views.labels import core_words
from hipdesk.clinical_columns import TableKind
from hipdesk.clinical_entries import Problem
from hipdesk.wording import capital

translate = QCoreApplication.translate

_ANSWER: Final = re.compile(r"(\d+) \((.+?)\)(?=, \d|$)")
"""Points and what earns them, in a list of them."""

_ENDS: Final = ".\N{IDEOGRAPHIC FULL STOP}"


def clause(words: str) -> str:
    """A part of a sentence of the core; one that is a sentence elsewhere has no full stop here."""
    answers = _ANSWER.findall(words)
    if answers:
        return ", ".join(f"{points} ({core_words(said)})" for points, said in answers)
    whole = f"{capital(words)}."
    said = core_words(whole)
    return core_words(words) if said == whole else said.rstrip(_ENDS)


def problem_sentence(problem: Problem) -> str:
    """A problem whole: where, what is wrong, what stands there, what is expected."""
    where = translate("table_words", "Line {line}, column {column}")
    if not problem.column:
        where = translate("table_words", "Line {line}")
    words = translate("table_words", "{where}: {wrong}; expected: {expected}.")
    if problem.found:
        words = translate("table_words", "{where}: {wrong} (“{found}”); expected: {expected}.")
    return words.format(
        where=where.format(line=problem.line, column=problem.column),
        wrong=clause(problem.wrong),
        found=problem.found,
        expected=clause(problem.expected),
    )


def kind_words(kind: TableKind) -> str:
    """What a table has one line of."""
    words: Mapping[TableKind, str] = {
        TableKind.VISITS: translate("table_words", "Clinical facts, one line a visit"),
        TableKind.TREATMENTS: translate("table_words", "Treatments, one line each"),
        TableKind.READINGS: translate("table_words", "HIMRISS readings, one line each"),
    }
    return words[kind]

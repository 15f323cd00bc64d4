"""Names under which files are offered: they tell visits apart, and name nobody. No Qt."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from app.state import Exam, OpenSeries
from hipdesk.errors import BugError
from hipdesk.records import Patient

REPORT: Final = "HipDesk report"
LONGEST_ID: Final = 40
"""Letters of a patient's ID in a name; the standard allows 64."""

LEAST_NAME: Final = 3
"""A part of a name that is shorter may stand in an ID by chance."""

_UNSAFE: Final = re.compile(r"[^\w-]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")


def report_name(exam: Exam, series: OpenSeries, signed: bool) -> str:
    """What a report's PDF is offered as: ID, day, the side of half a pair, draft or signed.

    Where the patient has no ID or the visit no day, a key of the visit tells it
    apart that says nothing of the patient.

    Raises
    ------
    BugError
        The series is not analysed.
    """
    reviewed = series.reviewed
    if reviewed is None:
        raise BugError("there is no report before the analysis")
    number = safe_id(exam.patient)
    day = "" if exam.day is None else exam.day.isoformat()
    whose = [number, day] if number and day else [number, visit_key(_study(series)), day]
    halves = len(exam.series) > 1 and len(reviewed.sides) == 1
    side = reviewed.sides[0].word if halves else ""
    standing = "signed" if signed else "draft"
    return " ".join(filter(None, (REPORT, *whose, side, standing))) + ".pdf"


def safe_id(patient: Patient) -> str:
    """A patient's ID fit for every file system; empty where there is none or it holds the name.

    IDs that differ only in what no file name may hold stay apart by a check of
    the whole ID.
    """
    stated = patient.patient_id.strip()
    if _names(patient, stated):
        return ""
    safe = _UNSAFE.sub("-", stated)[:LONGEST_ID].strip("-")
    return safe if safe == stated else f"{safe}-{_digest(stated, 4)}".lstrip("-")


def visit_key(study_uid: str) -> str:
    """The same for the same study, and telling nothing of whose it is."""
    return f"visit-{_digest(study_uid, 8)}"


def _study(series: OpenSeries) -> str:
    return series.volume.series.study.uid


def _names(patient: Patient, stated: str) -> bool:
    """Whether an ID is none, or holds a part of the patient's name."""
    parts = _LETTERS.findall(" ".join((patient.name, *patient.name_groups)).casefold())
    told = stated.casefold()
    return not told or any(
        part in told for part in parts if len(part) >= LEAST_NAME or not part.isascii()
    )


def _digest(words: str, length: int) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:length]

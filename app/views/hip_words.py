"""A hip's standing at a visit in words: score per slice, verdict, signature."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from app.state import VisitRow
from app.views.labels import Tone, chip, core_words
from hipdesk.ports import AnalysisEntry
from hipdesk.records import Side
from hipdesk.review import Verdict
from hipdesk.wording import REASON_WORDS, number

translate = QCoreApplication.translate

MEAN_DIGITS = 3
"""Decimals of U/n, as in the report."""


def side_name(side: Side) -> str:
    """``Right`` or ``Left``."""
    return translate("hip_words", "Right") if side is Side.RIGHT else translate("hip_words", "Left")


def score_words(row: VisitRow, side: Side) -> str:
    """U/n with n, or why there is none."""
    hip = row.visit.hip(side)
    if hip is None:
        rejected = analysis_of(row, side, Verdict.REJECTED) is not None
        return (
            translate("hip_words", "rejected by a reader")
            if rejected
            else translate("hip_words", "no result")
        )
    if hip.score.u_intensity_mean is None:
        reason = hip.score.reason
        return core_words(REASON_WORDS[reason]) if reason else translate("hip_words", "no score")
    mean = number(hip.score.u_intensity_mean, MEAN_DIGITS)
    return translate("hip_words", "U/n {mean}  (n {n})").format(mean=mean, n=hip.score.n_counted)


def analysis_of(row: VisitRow, side: Side, verdict: Verdict | None) -> AnalysisEntry | None:
    """The newest analysis that has this verdict on a hip."""
    found = (each for each in row.analyses if each.verdicts.get(side) is verdict)
    return next((each for each in found if side in each.verdicts), None)


def standing_chip(row: VisitRow, side: Side) -> QLabel | None:
    """Verdict on the result that counts; None where there is no result to be judged."""
    hip = row.visit.hip(side)
    if hip is None:
        rejected = analysis_of(row, side, Verdict.REJECTED) is not None
        return verdict_chip(Verdict.REJECTED, False) if rejected else None
    entry = next((each for each in row.analyses if each.uid == hip.analysis_uid), None)
    if entry is None or side not in entry.verdicts:
        return None
    return verdict_chip(entry.verdicts[side], entry.signed)


def verdict_chip(verdict: Verdict | None, signed: bool) -> QLabel:
    """A verdict in words and a colour."""
    words, tone = _verdict_words(verdict)
    if signed:
        words = translate("hip_words", "{verdict}, signed").format(verdict=words)
    return chip(words, tone)


def _verdict_words(verdict: Verdict | None) -> tuple[str, Tone]:
    match verdict:
        case Verdict.ACCEPTED:
            return translate("hip_words", "Accepted"), "good"
        case Verdict.REJECTED:
            return translate("hip_words", "Rejected"), "danger"
        case None:
            return translate("hip_words", "Not reviewed"), ""

"""Two analyses of one study: a right and a left series that were measured apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hipdesk.records import Analysis, HipResult, Notice, PatientTotal, Reason, Side

LEFT_FOLDER: Final = "left"
"""Where the left series' results lie, inside the folder of the right series' ones."""

NOTICE: Final = "other_hip_in_other_series"

_IN_LEFT: Final = f"the folder '{LEFT_FOLDER}' beside this one's"
_ABOVE: Final = "the folder above"
_PLACED: Final = "; its results are in {place}"


def as_pair(right: Analysis, left: Analysis) -> tuple[Analysis, Analysis]:
    """The same two analyses, each naming the other for the hip that it does not show.

    A hip that neither series shows stays missing, and the totals stay null:
    signals of two series cannot be added.

    Parameters
    ----------
    right, left : of the right and of the left series, in this order
    """
    return (
        _pointing(right, left, _IN_LEFT),
        _pointing(left, right, _ABOVE),
    )


def without_folders(analysis: Analysis) -> Analysis:
    """The same analysis for a reader who has both series at hand, and no folders of results."""
    told = tuple(_without_folder(notice) for notice in analysis.notices)
    return analysis if told == analysis.notices else replace(analysis, notices=told)


def _without_folder(notice: Notice) -> Notice:
    if notice.code != NOTICE:
        return notice
    message = notice.message
    for place in (_IN_LEFT, _ABOVE):
        message = message.replace(_PLACED.format(place=place), "")
    return replace(notice, message=message)


def hips_of_both(analysis: Analysis, other: Analysis | None) -> tuple[HipResult, ...]:
    """Right, then left result, each from the series that shows that hip.

    Parameters
    ----------
    analysis : as `as_pair` gives it, or one that stands alone
    other : its counterpart, where there is one at hand
    """
    return tuple(
        other.hip(hip.side) if other and hip.reason is Reason.SEPARATE_SERIES else hip
        for hip in analysis.hips
    )


def _pointing(analysis: Analysis, other: Analysis, place: str) -> Analysis:
    """One analysis that names the series of the hip that only the other one shows."""
    sides = [side for side in Side if not _found(analysis, side) and _found(other, side)]
    if not sides:
        return analysis
    hips = tuple(_elsewhere(hip) if hip.side in sides else hip for hip in analysis.hips)
    named = f" ('{other.series.description}')" if other.series.description else ""
    told = tuple(
        Notice(
            NOTICE,
            f"The {side.word} hip was analysed from the other series{named}"
            f"{_PLACED.format(place=place)}.",
        )
        for side in sides
    )
    kept = tuple(notice for notice in analysis.notices if notice.code != "hip_missing")
    total = PatientTotal(None, None, None, Reason.SEPARATE_SERIES)
    return replace(analysis, hips=hips, total=total, notices=(*told, *kept))


def _found(analysis: Analysis, side: Side) -> bool:
    return any(hip.side is side and hip.head.found for hip in analysis.hips)


def _elsewhere(hip: HipResult) -> HipResult:
    return replace(hip, head=replace(hip.head, reason=Reason.SEPARATE_SERIES))

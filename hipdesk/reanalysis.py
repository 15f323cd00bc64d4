"""Visits of a library analysed again with the present models, beside what is there already.

Nothing is replaced: results are appended, and one that a reader signed, accepted
or corrected stays the one that counts until a reader judges the new one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import KnownError
from hipdesk.overlay import thumbnail
from hipdesk.pipeline import analyze_together
from hipdesk.ports import (
    Cancelled,
    Network,
    Progress,
    StudyReader,
    VisitEntry,
    VisitStore,
    never_cancelled,
    no_progress,
)
from hipdesk.records import Analysis, Contrast, Notice, Reason, Series, Volume
from hipdesk.scoring import DEFINITION
from hipdesk.stored_series import read_stored

log = logging.getLogger(__name__)

OF_THE_CHOICE: Final = frozenset({"not_joined", "several_patients"})
"""Codes of what was said when the series were chosen; it holds whatever model looks at them."""

FROM_PIXELS: Final = "contrast_from_pixels"
DISAGREES: Final = "contrast_disagrees"
"""Codes of what an analysis itself said of the contrast; the next one says it anew."""


NO_HIP: Final = "No hip that can be scored was found on this half of the study."


ANALYSING: Final = "Analysing visits again"


class Outcome(StrEnum):
    """What became of a series."""

    ANALYSED = "analysed"
    KNOWN = "known"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reanalysed:
    """One stored series after the present models were asked.

    Attributes
    ----------
    day : of its visit
    analysis_uid : the new result, or the one that these models gave before; where
        that failed, the one that was there
    reason : why it failed, as a sentence
    """

    visit_uid: str
    day: date | None
    analysis_uid: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A series of the library with its newest analysis."""

    analysis: Analysis
    volume: Volume


def reanalyse(
    store: VisitStore,
    reader: StudyReader,
    networks: tuple[Network, Network],
    patients: Sequence[str],
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> tuple[Reanalysed, ...]:
    """Analyse every stored series of some patients with the present models.

    A series that these very models gave a result for, by the same definition of
    the score, is left alone. Separate right and left series of one study are done
    together. A series that fails is told with its reason, and the rest is done.

    Parameters
    ----------
    networks : locator and segmenter
    patients : uids, as `PatientEntry` gives them

    Raises
    ------
    StoreError
        A result could not be saved; what was saved before it stays.
    Cancelled
        The user asked to stop; what was saved before it stays.
    """
    visits = [entry for uid in patients for entry in store.entries(uid)]
    found: list[Reanalysed] = []
    for number, visit in enumerate(visits):
        progress(number / max(len(visits), 1), ANALYSING)
        found += _of_visit(store, reader, networks, visit, cancelled)
    log.info("library analysed again", extra={"series": len(found)})
    return tuple(found)


def _of_visit(
    store: VisitStore,
    reader: StudyReader,
    networks: tuple[Network, Network],
    visit: VisitEntry,
    cancelled: Cancelled,
) -> Iterator[Reanalysed]:
    """Every series of a visit, pairs together."""
    kept: list[_Kept] = []
    for uid in _newest_of_each_series(store, visit):
        if cancelled():
            raise CancelledByUser
        try:
            kept.append(_read(store, reader, uid, cancelled))
        except CancelledByUser:
            raise
        except KnownError as error:
            yield _failed(visit, uid, error)
    for group in _together(kept):
        yield from _of_group(store, networks, visit, group, cancelled)


def _newest_of_each_series(store: VisitStore, visit: VisitEntry) -> list[str]:
    """UIDs of the newest analysis of each copied series; the oldest series first."""
    newest = {store.series_folder(each.uid): each.uid for each in reversed(visit.analyses)}
    return list(newest.values())


def _read(store: VisitStore, reader: StudyReader, uid: str, cancelled: Cancelled) -> _Kept:
    """The library's copy of what was analysed, as it was before its pixels were looked at."""
    found = read_stored(store, reader, uid, "they are not analysed again", cancelled)
    analysis = found.reviewed.analysis
    return _Kept(analysis, replace(found.volume, series=_before_pixels(analysis.series)))


def _before_pixels(series: Series) -> Series:
    """A series as it was chosen, before an analysis judged its contrast by the pixels."""
    guessed = any(notice.code == FROM_PIXELS for notice in series.notices)
    kept = tuple(n for n in series.notices if n.code not in (FROM_PIXELS, DISAGREES))
    return replace(series, notices=kept, contrast=Contrast.UNKNOWN if guessed else series.contrast)


def _together(kept: Sequence[_Kept]) -> Iterator[tuple[_Kept, ...]]:
    """Right and left series of one study as a pair, right first; others alone."""
    halves = [each for each in kept if _is_half(each.analysis)]
    done: set[str] = set()
    for each in kept:
        study = each.analysis.series.study.uid
        pair = [half for half in halves if half.analysis.series.study.uid == study]
        if each not in halves or len(pair) != 2:
            yield (each,)
        elif study not in done:
            done.add(study)
            yield tuple(sorted(pair, key=lambda half: _first_side(half.analysis), reverse=True))


def _is_half(analysis: Analysis) -> bool:
    """Whether the other hip was measured in a series of its own."""
    return any(hip.reason is Reason.SEPARATE_SERIES for hip in analysis.hips)


def _first_side(analysis: Analysis) -> str:
    """``R`` or ``L``: the hip that a half shows."""
    shown = (hip.side for hip in analysis.hips if hip.reason is not Reason.SEPARATE_SERIES)
    return next(shown, analysis.hips[0].side).value


def _of_group(
    store: VisitStore,
    networks: tuple[Network, Network],
    visit: VisitEntry,
    group: Sequence[_Kept],
    cancelled: Cancelled,
) -> Iterator[Reanalysed]:
    known = [_known(store, each, networks) for each in group]
    if all(known):
        yield from (_told(visit, uid, Outcome.KNOWN) for uid in known if uid is not None)
        return
    try:
        made = analyze_together(
            [each.volume for each in group], *networks, _said(group), cancelled=cancelled
        )
    except CancelledByUser:
        raise
    except KnownError as error:
        yield from (_failed(visit, each.analysis.uid, error) for each in group)
        return
    for analysis, volume in made:
        store.add(analysis, [part.path for part in volume.series.slices], thumbnail(volume))
        yield _told(visit, analysis.uid, Outcome.ANALYSED)
    shown = {volume.pixel_sha256 for _, volume in made}  # stacks may share a series' UID
    for each in group:
        if each.volume.pixel_sha256 not in shown:
            yield _told(visit, each.analysis.uid, Outcome.FAILED, NO_HIP)


def _known(store: VisitStore, kept: _Kept, networks: tuple[Network, Network]) -> str | None:
    """What these models gave for this series before."""
    models = [network.reference for network in networks]
    found = store.analysed(kept.analysis.series, kept.volume.pixel_sha256, models, DEFINITION)
    return None if found is None else found[0]


def _said(group: Sequence[_Kept]) -> tuple[Notice, ...]:
    """What the choice of the series had to say."""
    said = (n for each in group for n in each.analysis.notices if n.code in OF_THE_CHOICE)
    return tuple(dict.fromkeys(said))


def _told(visit: VisitEntry, uid: str, outcome: Outcome, reason: str = "") -> Reanalysed:
    return Reanalysed(visit.visit.uid, visit.visit.day, uid, outcome, reason)


def _failed(visit: VisitEntry, uid: str, error: KnownError) -> Reanalysed:
    return _told(visit, uid, Outcome.FAILED, str(error))

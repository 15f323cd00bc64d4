"""What jobs do with a study between a folder and the screen. No Qt, nothing shared.

Each is a function from ports and frozen records to frozen records, told of
progress and asked to stop between steps.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.services import Networks
from app.state import Exam, FoundStudy, OpenSeries, SeriesRow
from hipdesk.display import display_stack
from hipdesk.errors import BugError, DamagedImage, NoSuitableSeries, StoreError, UnreadableInput
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.overlay import thumbnail
from hipdesk.pipeline import analyze_together
from hipdesk.ports import (
    AnalysisEntry,
    Cancelled,
    Progress,
    ProtocolChoice,
    ProtocolChoices,
    StudyReader,
    VisitEntry,
    VisitStore,
    one_of,
    share_of,
)
from hipdesk.records import (
    Compute,
    Contrast,
    ModelRef,
    Notice,
    RankedSeries,
    Scan,
    Segmentation,
    Series,
    SeriesChoice,
    Side,
    SkippedFile,
    Volume,
)
from hipdesk.review import BrushEntry, Reviewed
from hipdesk.scoring import DEFINITION
from hipdesk.series_choice import (
    IN_WINDOW,
    analysable,
    applied,
    as_said,
    choose,
    named,
    patients,
    rank,
    selectors,
)

log = logging.getLogger(__name__)

Key = tuple[str, ...]
"""Which images are open: `OpenSeries.key` of each series."""

MOST_EARLY: Final = 20
"""So many series are listed before a scan ends: a page of more takes too long to be laid out
again and again."""

NAMES_SHOWN: Final = 3
"""Of several things opened together, so many are named."""

ANALYSIS_SHARE: Final = 0.95
"""Part of an analysis' whole time that the networks take, about; then outlines are drawn."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to open, and how.

    Attributes
    ----------
    paths : as the user gave them
    charset : in which names are read; empty for what the files state
    spelt : the reader has chosen it, now or before; the library is to read them so, too
    own : of several paths, the set of each
    """

    paths: tuple[Path, ...] = field(repr=False)
    charset: str = ""
    spelt: bool = False
    own: Mapping[Path, str] = field(default_factory=dict, repr=False)

    def charset_at(self, root: Path) -> str:
        """In which names are read at one of the places to be scanned."""
        below = (each for path, each in self.own.items() if root in path.parents)
        return self.own.get(root, next(below, self.charset))


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What readers say of series beside their files.

    Attributes
    ----------
    remembered : for scanners' protocols, newest first
    stated : what single series are weighted for, by uid or the name of a part
    """

    remembered: tuple[ProtocolChoice, ...] = ()
    stated: Mapping[str, Contrast] = field(default_factory=dict)


NOTHING_SAID: Final = Said()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A scan and what would be analysed of it.

    Attributes
    ----------
    files : the scan as the files have it
    scan : with series weighted as readers say
    people : number of patients
    analysable : names of the series that can be analysed on request
    applied : by which another series is chosen than the program would choose
    spelt : the patient's name in each character set; empty before it is asked for
    complete : nothing more will turn up
    """

    source: Source
    files: Scan
    said: Said
    scan: Scan
    choice: SeriesChoice
    people: int
    analysable: frozenset[str] = field(repr=False)
    applied: ProtocolChoice | None = None
    spelt: Mapping[str, str] = field(default_factory=dict, repr=False)
    complete: bool = True

    @property
    def doubtful(self) -> bool:
        """Whether names look garbled, and nobody has chosen their character set."""
        as_stated = self.source.spelt and not self.source.charset
        return not as_stated and any(map(_is_doubtful, self.files.series))

    @property
    def to_spell(self) -> tuple[Path, ...]:
        """Of the paths, those whose names are read in another set when one is chosen.

        Where there are several: those with garbled names, else those read in the
        set in force, which was chosen for them before.
        """
        source = self.source
        if len(source.paths) == 1:
            return source.paths
        wrong = {one.slices[0].path for one in self.files.series if _is_doubtful(one)}
        garbled = tuple(
            path for path in source.paths if any(_lies_in(file, path) for file in wrong)
        )
        alike = (path for path in source.paths if source.own.get(path, "") == source.charset)
        return garbled or tuple(alike) or source.paths

    def series(self, name: str) -> Series | None:
        """The most suitable of the series that a name stands for, a uid or that of a part."""
        meant = named(self.scan.series, name)
        return next((one.series for one in self.choice.ranking if one.series in meant), None)

    def name(self, series: Series) -> str:
        """By what name one of the series is asked for."""
        return selectors(self.scan.series)[series]

    def whole(self, taken: Series) -> Series | None:
        """What a series has become that was taken before all of it had turned up."""
        keys = {each.key for each in taken.slices}
        alike = (one.series for one in self.choice.ranking if one.series.uid == taken.uid)
        return max(
            alike, key=lambda one: len(keys & {each.key for each in one.slices}), default=None
        )


PUT_ASIDE: Final = "This visit was put aside; bring it back in the library to open it."

TEXT_DOUBTFUL: Final = "text_doubtful"
"""Code of the notice that names or descriptions look garbled."""


def _is_doubtful(series: Series) -> bool:
    """Whether names look garbled, and no character set was chosen for them."""
    return not series.charset and TEXT_DOUBTFUL in (notice.code for notice in series.notices)


def _lies_in(file: Path, place: Path) -> bool:
    return place in (file, *file.parents)


class SoFar:
    """Series that a scan has told of: filled in the job thread, looked at in the window's."""

    def __init__(self) -> None:
        self._found: dict[_Stack, Series] = {}
        self.series: tuple[Series, ...] = ()

    def __call__(self, series: Series) -> None:
        """Take a series, or what it has become, in the order of the first telling."""
        self._found[_stack_of(series)] = series
        self.series = tuple(self._found.values())


_Stack = tuple[object, ...]


def _stack_of(series: Series) -> _Stack:
    """What stays the same of a series while more of it turns up."""
    made = series.acquisition
    grid = (series.plane, series.rows, series.columns)
    return series.uid, *grid, series.image_type, made.te_ms


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """Every series that shows a hip, with its result and outlines.

    Attributes
    ----------
    series : right before left where there are two
    thumbnails : one a series
    seconds : that the networks took, loading them not counted
    """

    series: tuple[OpenSeries, ...]
    thumbnails: tuple[NDArray[np.uint8], ...]
    compute: Compute
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The very images were analysed before, in the same way: what the library keeps of them.

    Attributes
    ----------
    visit_uid : of ``exam``, which is this visit at the analyses of these images
    analyses : their uids
    """

    visit_uid: str
    analyses: tuple[str, ...]
    exam: Exam


@dataclass(frozen=True, slots=True)
class Saved:
    """Where results lie in the library."""

    visit_uid: str
    patient_uid: str


def key_of(series: Sequence[OpenSeries]) -> Key:
    """Which images these are."""
    return tuple(each.key for each in series)


def find(
    reader: StudyReader,
    choices: ProtocolChoices | None,
    source: Source,
    so_far: SoFar,
    progress: Progress,
    cancelled: Cancelled,
) -> Found:
    """What folders or files hold, and the choice made in it.

    Parameters
    ----------
    choices : what is remembered for scanners' protocols; None where nothing is
    so_far : told of each series early

    Raises
    ------
    UnreadableInput
        None of the paths can be opened.
    Cancelled
        The user asked to stop.
    """
    remembered = recalled(choices)
    scan = _scanned(reader, source, so_far, progress, cancelled)
    found = judged(source, scan, Said(remembered))
    named = _to_be_spelt(found)
    return found if named is None else replace(found, spelt=reader.spellings(named))


def _to_be_spelt(found: Found) -> Series | None:
    """The series by whose patient's name a character set is chosen: one with a garbled name."""
    every = [ranked.series for ranked in found.choice.ranking]
    charset = found.source.charset
    read_so = (series for series in every if charset and series.charset == charset)
    return next(iter((*filter(_is_doubtful, every), *read_so, *every)), None)


def recalled(choices: ProtocolChoices | None) -> tuple[ProtocolChoice, ...]:
    """What is remembered; a library that cannot give it keeps nobody from opening a folder."""
    if choices is None:
        return ()
    try:
        return choices.all()
    except StoreError:
        log.warning("choices for protocols not read")
        return ()


def judged(source: Source, files: Scan, said: Said) -> Found:
    """The choice made in a scan."""
    scan = as_said(files, said.remembered, said.stated)
    try:
        choice = choose(scan, remedies=IN_WINDOW, remembered=said.remembered)
    except NoSuitableSeries as error:
        choice = SeriesChoice(rank(scan), (), str(error))
    return Found(
        source,
        files,
        said,
        scan,
        choice,
        patients(scan.series),
        analysable(scan),
        applied(scan, said.remembered),
    )


def unfinished(source: Source, series: Sequence[Series], seconds: float) -> Found:
    """What a scan has found so far, in the order of finding; nothing is chosen yet."""
    scan = Scan(source.paths[0], tuple(series), (), seconds)
    ranked = {id(one.series): one for one in rank(scan)}
    ranking = tuple(ranked[id(each)] for each in series)
    choice = SeriesChoice(ranking, (), "")
    allowed = analysable(scan)
    return Found(
        source,
        scan,
        NOTHING_SAID,
        scan,
        choice,
        patients(series),
        allowed,
        complete=False,
    )


def _scanned(
    reader: StudyReader,
    source: Source,
    so_far: SoFar,
    progress: Progress,
    cancelled: Cancelled,
) -> Scan:
    """One scan of everything; a path that cannot be opened is skipped where another can."""
    roots = roots_of(source.paths)
    scans: list[Scan] = []
    refused: list[tuple[Path, UnreadableInput]] = []
    for index, root in enumerate(roots):
        part = one_of(progress, index, len(roots))
        try:
            charset = source.charset_at(root)
            scans.append(reader.scan(root, part, cancelled, so_far, charset))
        except UnreadableInput as error:
            refused.append((root, error))
    if not scans:
        raise refused[0][1]
    return Scan(
        root=roots[0],
        series=tuple(series for scan in scans for series in scan.series),
        skipped=(
            *(skipped for scan in scans for skipped in scan.skipped),
            *(SkippedFile(path, str(error)) for path, error in refused),
        ),
        seconds=sum(scan.seconds for scan in scans),
    )


def roots_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """What to scan so that a series is whole: for several files of a folder, the folder.

    Nothing is scanned twice where one path lies in another.
    """
    distinct = tuple(dict.fromkeys(paths))
    beside = Counter(path.parent for path in distinct if path.is_file())
    roots = dict.fromkeys(
        path.parent if path.is_file() and beside[path.parent] > 1 else path for path in distinct
    )
    return tuple(root for root in roots if not any(other in root.parents for other in roots))


def shown(found: Found) -> FoundStudy:
    """What the screen says of a scan."""
    choice = found.choice
    first = choice.chosen[0] if choice.chosen else _first(choice.ranking)
    alone = first if found.people == 1 else None
    names = [path.name or str(path) for path in found.source.paths]
    selected_by = selectors(found.scan.series)
    return FoundStudy(
        name=", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else ""),
        patient=None if alone is None else alone.patient,
        day=None if alone is None else alone.study.date,
        rows=tuple(_row(each, selected_by[each.series], found) for each in _listed(found)),
        reason=choice.reason,
        skipped=dict(Counter(file.reason for file in found.scan.skipped).most_common()),
        seconds=found.scan.seconds,
        people=found.people,
        several=_several(found),
        searching=not found.complete,
        charset=found.source.charset,
        spelt=found.spelt,
        doubtful=found.doubtful,
    )


def _listed(found: Found) -> Sequence[RankedSeries]:
    """The series that the page lists; while more turn up, a few that can be analysed."""
    ranking = found.choice.ranking
    if found.complete:
        return ranking
    names = selectors(found.scan.series)
    able = [one for one in ranking if one.usable or names[one.series] in found.analysable]
    return able[:MOST_EARLY]


def _several(found: Found) -> str:
    """That the folder holds several patients, where the reason of the choice does not say it."""
    remedy = IN_WINDOW.several_patients
    if not found.complete or found.people <= 1 or remedy in found.choice.reason:
        return ""
    return f"Images of {found.people} patients were found; {remedy}."


def _first(ranking: Sequence[RankedSeries]) -> Series | None:
    return ranking[0].series if ranking else None


def _row(ranked: RankedSeries, name: str, found: Found) -> SeriesRow:
    series = ranked.series
    return SeriesRow(
        uid=name,
        number=series.number,
        description=series.description,
        plane=series.plane,
        contrast=series.contrast,
        slices=len(series.slices),
        spacing_mm=series.spacing_mm,
        chosen=any(series is each for each in found.choice.chosen),
        usable=ranked.usable,
        forced=not ranked.usable and name in found.analysable,
        reasons=(*ranked.reasons, *(notice.message for notice in series.notices)),
        patient=series.patient,
        day=series.study.date,
        said=series.contrast is not _as_filed(series, found),
    )


def _as_filed(series: Series, found: Found) -> Contrast:
    """What the files say a series is weighted for."""
    return next(
        (filed.contrast for filed in found.files.series if filed.slices is series.slices),
        series.contrast,
    )


def read(
    reader: StudyReader, series: Sequence[Series], progress: Progress, cancelled: Cancelled
) -> tuple[OpenSeries, ...]:
    """Series ready to be scrolled through, not yet analysed.

    Raises
    ------
    DamagedImage
        A slice cannot be decoded.
    Cancelled
        The user asked to stop.
    """
    opened = []
    for index, each in enumerate(series):
        _go_on(index / len(series), progress, cancelled)
        volume = reader.read(each, one_of(progress, index, len(series)), cancelled)
        opened.append(OpenSeries(volume, display_stack(volume, (), cancelled=cancelled)))
    return tuple(opened)


def _go_on(fraction: float, progress: Progress, cancelled: Cancelled) -> None:
    """Tell progress, and stop where the user asked for it."""
    progress(fraction, "")
    if cancelled():
        raise CancelledByUser


def known(
    store: VisitStore,
    reader: StudyReader,
    series: Sequence[OpenSeries],
    models: Sequence[ModelRef],
    spelt_by: str | None,
    progress: Progress,
    cancelled: Cancelled,
) -> Known | None:
    """What the library keeps of these very images under these models; None without all of it.

    A library that cannot give it keeps nobody from analysing.

    Parameters
    ----------
    spelt_by : the reader who chose the character set of the images: the library
        reads their names in it from now on; None where nobody did

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    try:
        volumes = [each.volume for each in series]
        found = [store.analysed(v.series, v.pixel_sha256, models, DEFINITION) for v in volumes]
        every = [each for each in found if each is not None]
        visits = {visit_uid for _, visit_uid in every}
        if len(every) < len(series) or len(visits) != 1:
            return None
        visit_uid, uids = visits.pop(), tuple(uid for uid, _ in every)
        if spelt_by is not None:
            _respell(store, zip(uids, volumes, strict=True), spelt_by)
        exam = reopen(store, reader, visit_uid, uids, progress, cancelled)
    except (StoreError, UnreadableInput, DamagedImage):
        log.warning("earlier analysis of the same images not opened")
        return None
    return Known(visit_uid, uids, exam)


def _respell(store: VisitStore, opened: Iterable[tuple[str, Volume]], reader: str) -> None:
    """Have the library read names in the character set in which the images were opened."""
    for uid, volume in opened:
        series = volume.series
        if store.charset(uid) != series.charset:
            store.respell(uid, series, reader)


def analysed(
    series: Sequence[OpenSeries],
    networks: Networks,
    told: Sequence[Notice],
    progress: Progress,
    cancelled: Cancelled,
) -> Analysed:
    """Analyse what is open: one series, or a right and a left one.

    Parameters
    ----------
    told : what the choice has to say

    Raises
    ------
    HeadNotFound, NoScorableHip, ModelError, Cancelled
        As `hipdesk.pipeline.analyze_together`.
    """
    _go_on(0.0, progress, cancelled)
    locator, segmenter = networks(cancelled)
    began = time.perf_counter()
    results = analyze_together(
        [each.volume for each in series],
        locator,
        segmenter,
        told,
        share_of(progress, 0.0, ANALYSIS_SHARE),
        cancelled,
    )
    seconds = time.perf_counter() - began
    drawing = share_of(progress, ANALYSIS_SHARE, 1.0)
    opened = tuple(
        _opened(volume, Reviewed(analysis), one_of(drawing, index, len(results)), cancelled)
        for index, (analysis, volume) in enumerate(results)
    )
    return Analysed(
        series=opened,
        thumbnails=tuple(thumbnail(each.volume) for each in opened),
        compute=results[0][0].compute,
        seconds=seconds,
    )


def _opened(
    volume: Volume, reviewed: Reviewed, progress: Progress, cancelled: Cancelled
) -> OpenSeries:
    """An analysed series with the outlines of its working results."""
    stack = display_stack(volume, _working(reviewed), progress, cancelled)
    return OpenSeries(volume, stack, reviewed)


def _working(reviewed: Reviewed) -> tuple[Segmentation, ...]:
    """Masks of each hip as its newest revision has them."""
    sides = (hip.side for hip in reviewed.analysis.hips)
    hips = (reviewed.hip_at(side, reviewed.working(side)) for side in sides)
    return tuple(hip.segmentation for hip in hips if hip.segmentation is not None)


def save(store: VisitStore, results: Analysed, index: int) -> Saved:
    """Keep one of the results with copies of its images.

    Raises
    ------
    StoreError
        It was not saved.
    """
    series = results.series[index]
    if series.reviewed is None:
        raise BugError("only what is analysed can be saved")
    files = files_of(series.volume.series)
    visit_uid = store.add(series.reviewed.analysis, files, results.thumbnails[index])
    return Saved(visit_uid, store.patient_of(visit_uid).uid)


def files_of(series: Series) -> tuple[Path, ...]:
    """The files of a series, each once."""
    return tuple(dict.fromkeys(source.path for source in series.slices))


def reopen(
    store: VisitStore,
    reader: StudyReader,
    visit_uid: str,
    wanted: Sequence[str],
    progress: Progress,
    cancelled: Cancelled,
) -> Exam:
    """A visit from the library, as its readers left it.

    Parameters
    ----------
    wanted : uids of the analyses to open; those whose results count, if empty

    Raises
    ------
    StoreError
        There is nothing to show, it is damaged, or the images are not those
        that were analysed.
    Cancelled
        The user asked to stop.
    """
    owner = store.patient_of(visit_uid)
    every = store.entries(owner.uid)
    entry = next((each for each in every if each.visit.uid == visit_uid), None)
    if entry is None:
        raise StoreError(PUT_ASIDE)
    uids = tuple(wanted) or to_open(entry)
    opened = [
        stored(store, reader, uid, one_of(progress, index, len(uids)), cancelled)
        for index, uid in enumerate(uids)
    ]
    series = tuple(sorted(opened, key=_shows_only_left))
    patient = series[0].volume.series.patient
    return Exam(patient, entry.visit.day, series, visit_uid, owner.uid)


def to_open(entry: VisitEntry) -> tuple[str, ...]:
    """Uids of the analyses to show of a visit: of those whose result counts, the first.

    Signed goes before judged before revised by a reader before one with brush strokes
    that are not finished before newest.

    With it goes the newest of the other hip alone where it shows one hip only:
    they may be a separate right and left pair, also of two studies of the visit.

    Raises
    ------
    StoreError
        The visit has no analysis.
    """
    counting = {hip.analysis_uid for hip in entry.visit.hips}
    every = sorted(entry.analyses, key=lambda each: (each.uid not in counting, *_work(each)))
    if not every:
        raise StoreError("This visit has no analysis; open the folder of its images.")
    first = every[0]
    if len(first.hips) != 1:
        return (first.uid,)
    return first.uid, *(each.uid for each in _counterparts(first, every)[:1])


def _work(entry: AnalysisEntry) -> tuple[bool, bool, bool, bool]:
    """What readers have not done on an analysis; the one they did most on sorts first."""
    judged = any(entry.verdicts.values())
    return not entry.signed, not judged, not entry.revised, not entry.unfinished


def _counterparts(first: AnalysisEntry, every: Sequence[AnalysisEntry]) -> list[AnalysisEntry]:
    other = (first.hips[0].other,)
    return [each for each in every if each.hips == other and each.contrast is first.contrast]


def _brushed(store: VisitStore, reviewed: Reviewed) -> tuple[BrushEntry, ...]:
    """What was done with the brush on an analysis and is neither finished nor discarded."""
    uid = reviewed.analysis.uid
    return tuple(entry for side in reviewed.sides for entry in store.open_strokes(uid, side))


def _shows_only_left(series: OpenSeries) -> bool:
    return series.reviewed is not None and series.reviewed.sides == (Side.LEFT,)


def stored(
    store: VisitStore,
    reader: StudyReader,
    analysis_uid: str,
    progress: Progress,
    cancelled: Cancelled,
) -> OpenSeries:
    """One analysis, as its readers left it, with the library's copy of its images.

    Raises
    ------
    StoreError
        The library lacks it or is damaged, or the images are not those that
        were analysed.
    Cancelled
        The user asked to stop.
    """
    _go_on(0.0, progress, cancelled)
    folder, charset = store.series_folder(analysis_uid), store.charset(analysis_uid)
    scan = reader.scan(folder, cancelled=cancelled, charset=charset)
    refusal: StoreError | None = None
    for series in scan.series:  # one; several where a file holds stacks beside the analysed one
        try:
            reviewed = store.load(analysis_uid, series)
        except StoreError as error:
            refusal = error
            continue
        volume = reader.read(series, progress, cancelled)
        if volume.pixel_sha256 == reviewed.analysis.pixel_sha256:
            shown_as = replace(volume, series=reviewed.analysis.series)
            series_open = _opened(shown_as, reviewed, progress, cancelled)
            return replace(series_open, brushed=_brushed(store, reviewed))
    raise refusal or StoreError(
        "The images in the patient library are not those that were analysed, so they are not "
        "shown; restore the library from a copy, or open the folder of the images."
    )

"""Which series of a study to analyse, and why, in words a doctor can check.

A hip analysis needs a coronal, fluid-sensitive MR series that covers the hips
and is neither a localizer nor computed from other images. Plane and side come
from geometry; words only break ties and name what geometry cannot know.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np

from hipdesk.errors import NoSuitableSeries
from hipdesk.geometry import slice_normal, to_lps
from hipdesk.ports import ProtocolChoice, ScannerProtocol
from hipdesk.records import (
    Contrast,
    Notice,
    Patient,
    Plane,
    RankedSeries,
    Scan,
    Series,
    SeriesChoice,
    Side,
)
from hipdesk.scanner_protocol import is_of, protocol_of
from hipdesk.series_words import folded, labelled_side, names_hip, names_other_region

MIN_SCORED_SLICES: Final = 5
"""Below this many slices a hip gets no score (Zheng 2023, 10.3389/fphys.2023.1132214)."""

MIN_SLICES: Final = 3
MIN_FIELD_MM: Final = 120.0
"""Smallest field of view that can hold a hip: the crop is 100 x 125 mm."""

BOTH_HIPS_FIELD_MM: Final = 240.0
"""Femoral head centres lie 160-200 mm apart; both heads with their sockets need this width."""

PAIR_DISTANCE_MM: Final = 60.0
"""Centres of a right and a left field of view are at least this far apart."""

PLAUSIBLE_EXTENT_MM: Final = (25.0, 350.0)

MIN_OWN_SLICES: Final = 12
"""From so many slices on, a stack that shares its series with other planes is judged by itself:
localizers of several planes have fewer of each."""

NOT_DICOM: Final = "It is not a DICOM file."
"""The reason given for files that have no part in a study."""

CONTRAST_POINTS: Final = {
    Contrast.STIR: 100.0,
    Contrast.T2_FS: 95.0,
    Contrast.DIXON_WATER: 90.0,
    Contrast.PD_FS: 85.0,
    Contrast.T2: 40.0,
    Contrast.PD: 38.0,
    Contrast.T1: 36.0,
    Contrast.T1_FS: 30.0,
    Contrast.UNKNOWN: 20.0,
    Contrast.OTHER: 10.0,
    Contrast.DWI: 0.0,
}

CONTRAST_WORDS: Final = {
    Contrast.STIR: "STIR",
    Contrast.T2_FS: "fat-suppressed T2",
    Contrast.PD_FS: "fat-suppressed PD",
    Contrast.DIXON_WATER: "Dixon water",
    Contrast.T1: "T1-weighted",
    Contrast.T1_FS: "fat-suppressed T1",
    Contrast.T2: "T2-weighted without fat suppression",
    Contrast.PD: "PD-weighted without fat suppression",
    Contrast.DWI: "diffusion-weighted",
    Contrast.OTHER: "of another kind",
    Contrast.UNKNOWN: "of unknown contrast",
}


CONTRAST_BY_READER: Final = "contrast_by_reader"
"""Code of the notice that a reader, not the files, says what a series is weighted for."""

CHOSEN_AS_BEFORE: Final = "chosen_as_before"
"""Code of the notice that a reader once chose series of this protocol."""

NOT_SENSITIVE: Final = "not fluid-sensitive"

PREFERRED: Final = "preferred, unless only another series shows lesions"
"""What a choice does: `choose` takes no series for its heads where another shows lesions."""

NOTHING_STATED: Final[Mapping[str, Contrast]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing said for or against a series.

    ``forbids`` keeps it from being analysed unless the reader asks for it by
    name; ``bars`` keeps it from being analysed at all.
    """

    sentence: str
    points: float = 0.0
    forbids: bool = False
    bars: bool = False


@dataclass(frozen=True, slots=True)
class Remedies:
    """What to do where nothing can be chosen, as the end of a sentence.

    Attributes
    ----------
    other_contrast : the coronal series show no fluid
    several_patients : the folder holds images of several patients
    localizer : a coronal series is there, but lies among slices of other planes
    """

    other_contrast: str
    several_patients: str
    localizer: str


ON_COMMAND_LINE: Final = Remedies(
    "use --any-contrast to find the heads without lesion scores",
    "choose the folder of one patient, or name the series with --series UID "
    "(`hipdesk scan` lists them)",
    "name the series with --series UID if it shows the hips (`hipdesk scan` lists them), or choose "
    "the folder of a hip study",
)

IN_WINDOW: Final = Remedies(
    "analyse it for heads and bones without lesion scores, or open another folder",
    "choose the series to be analysed, or open the folder of one patient",
    "analyse the coronal series if it shows the hips, or open another folder",
)


def choose(
    scan: Scan,
    series_uid: str | None = None,
    any_contrast: bool = False,
    remedies: Remedies = ON_COMMAND_LINE,
    remembered: Sequence[ProtocolChoice] = (),
) -> SeriesChoice:
    """Pick the series to analyse: one, or a separate right and left pair.

    Parameters
    ----------
    scan : from `as_said`, where readers said anything
    series_uid : analyse this series, or this part of it (`selectors`); it must be
        coronal MR with a picture of at least one hip's size, of any contrast
    any_contrast : allow contrasts that show no oedema; fluid-sensitive ones
        are still preferred
    remembered : what readers chose for scanners' protocols, newest first

    Raises
    ------
    NoSuitableSeries
        With one sentence that says what was found and what to do; also where
        the folder holds several patients and no series is named.
    """
    ranking = rank(scan, any_contrast)
    people = patients(scan.series)
    if series_uid is not None:
        series = _asked_for(scan, series_uid)
        told = (_several_patients(people),) if people > 1 else ()
        return SeriesChoice(ranking, (series,), "This series was asked for.", told)
    usable = _usable(ranking, scan)
    best = _preferred(usable or _not_barred(ranking, scan), remembered)
    if not usable and best is None:
        raise NoSuitableSeries(_why_nothing(scan, any_contrast, remedies))
    if people > 1:
        raise NoSuitableSeries(
            f"Images of {people} patients were found; {remedies.several_patients}."
        )
    own = _pair_with(usable[0], usable[1:]) if usable else ()
    if best is None or best[0] in own:
        return SeriesChoice(ranking, own, _why(own, ranking))
    series, choice = best
    chosen = _pair_with(series, [each for each in usable if each is not series])
    why = _why_remembered(chosen, choice)
    return SeriesChoice(ranking, chosen, why, (Notice(CHOSEN_AS_BEFORE, why),))


def _usable(ranking: Sequence[RankedSeries], scan: Scan) -> list[Series]:
    """The series that may be chosen without being asked for, the best first."""
    usable = [ranked.series for ranked in ranking if ranked.usable]
    return usable or [one.series for one in ranking if _is_open(one.series, scan)]


def _not_barred(ranking: Sequence[RankedSeries], scan: Scan) -> list[Series]:
    """The series that may be analysed where they are asked for."""
    allowed, name = analysable(scan), selectors(scan.series)
    return [one.series for one in ranking if name[one.series] in allowed]


def _preferred(
    allowed: Sequence[Series], remembered: Sequence[ProtocolChoice]
) -> tuple[Series, ProtocolChoice] | None:
    """The series that the newest fitting choice prefers; of several the best."""
    found = (
        (series, choice)
        for choice in remembered
        if choice.contrast is None
        for series in allowed
        if is_of(series, choice)
    )
    return next(found, None)


def applied(scan: Scan, remembered: Sequence[ProtocolChoice]) -> ProtocolChoice | None:
    """The choice for a protocol by which `choose` takes another series than by itself."""
    ranking = rank(scan)
    usable = _usable(ranking, scan)
    best = _preferred(usable or _not_barred(ranking, scan), remembered)
    if best is None or best[0] in (_pair_with(usable[0], usable[1:]) if usable else ()):
        return None
    return best[1]


def worth_remembering(scan: Scan, series_uid: str) -> ScannerProtocol | None:
    """The protocol to be preferred from now on, where a reader asks for a series.

    None where `choose` takes the series by itself, where it shows no lesions and
    another one does, and where its files do not name scanner and protocol.

    Parameters
    ----------
    series_uid : or the name of a part, as for `choose`
    """
    ranking = rank(scan)
    usable = _usable(ranking, scan)
    own = _pair_with(usable[0], usable[1:]) if usable else ()
    meant = named(scan.series, series_uid)
    if any(each in meant for each in own):
        return None
    allowed = usable or _not_barred(ranking, scan)
    return next((protocol_of(each) for each in allowed if each in meant), None)


def as_said(
    scan: Scan,
    remembered: Sequence[ProtocolChoice] = (),
    stated: Mapping[str, Contrast] = NOTHING_STATED,
) -> Scan:
    """The scan with each series weighted as readers say, and told so.

    Parameters
    ----------
    scan : as the files have it
    remembered : for scanners' protocols, newest first
    stated : for single series, by uid or the name of a part; goes before what is remembered
    """
    said = [choice for choice in remembered if choice.contrast is not None]
    if not said and not stated:
        return scan
    every = numbered(scan.series).items()
    return replace(
        scan, series=tuple(_as_said(each, number, said, stated) for each, number in every)
    )


def _as_said(
    series: Series, number: int, said: Sequence[ProtocolChoice], stated: Mapping[str, Contrast]
) -> Series:
    own = next((stated[name] for name in _names(series.uid, number) if name in stated), None)
    if own is not None:
        return _weighted(series, own, None)
    choice = next((each for each in said if is_of(series, each)), None)
    if choice is None or choice.contrast is None:
        return series
    return _weighted(series, choice.contrast, choice.at_utc.date())


def said_of(choice: ProtocolChoice) -> str:
    """What was chosen for a protocol, in words."""
    if choice.contrast is None:
        return PREFERRED
    return CONTRAST_WORDS[choice.contrast] if choice.contrast.fluid_sensitive else NOT_SENSITIVE


def _weighted(series: Series, contrast: Contrast, said: date | None) -> Series:
    """The series with another contrast, unless its files say the same.

    Parameters
    ----------
    said : the day when a reader said so of its protocol; None where of the series itself
    """
    silent = series.contrast is Contrast.UNKNOWN
    same = not (contrast.fluid_sensitive or series.contrast.fluid_sensitive or silent)
    if same or contrast is series.contrast:
        return series
    words = CONTRAST_WORDS[contrast] if contrast.fluid_sensitive else NOT_SENSITIVE
    stated = f"by its files it is {CONTRAST_WORDS[series.contrast]}"
    stated = "its files do not say it" if silent else stated
    sentence = f"The reader says that this series is {words}; {stated}."
    if said is not None:
        when = said.isoformat()
        sentence = f"A reader said on {when} that series of this protocol are {words}; {stated}."
    notice = Notice(CONTRAST_BY_READER, sentence)
    return replace(series, contrast=contrast, notices=(*series.notices, notice))


def _is_open(series: Series, scan: Scan) -> bool:
    """Whether only its unstated contrast keeps a series from being analysed: its pixels tell."""
    if series.contrast is not Contrast.UNKNOWN:
        return False
    findings = _findings(series, scan, any_contrast=True)
    return not any(finding.forbids or finding.bars for finding in findings)


def analysable(scan: Scan) -> frozenset[str]:
    """Names of the series that `choose` takes where they are named, of whatever contrast.

    A series' name is its UID, or that of its part where several share the UID
    (`selectors`).
    """
    sharing: dict[str, list[Series]] = defaultdict(list)
    for each in scan.series:
        sharing[each.uid].append(each)
    return frozenset(
        name
        for each, name in selectors(scan.series).items()
        if not any(finding.bars for finding in _findings(each, scan, any_contrast=True))
        and patients(sharing[each.uid]) == 1
    )


def patients(series: Iterable[Series]) -> int:
    """How many patients the series are of; what a file does not state tells none apart."""
    known: list[Patient] = []
    for patient in sorted((one.patient for one in series), key=_silence):
        if all(patient.contradicts(other) for other in known):
            known.append(patient)
    return len(known)


def _silence(patient: Patient) -> int:
    """How many fields are not stated: those that state most can be told apart."""
    return sum(not value for value in astuple(patient))


def _several_patients(people: int) -> Notice:
    return Notice(
        "several_patients",
        f"Images of {people} patients were found; make sure that this result is of the "
        "patient you mean.",
        float(people),
    )


def rank(scan: Scan, any_contrast: bool = False) -> tuple[RankedSeries, ...]:
    """All series of a scan, the most suitable first, each with its reasons."""
    ranked = [_ranked(series, _findings(series, scan, any_contrast)) for series in scan.series]
    return tuple(sorted(ranked, key=_precedence))


def _ranked(series: Series, findings: Sequence[_Finding]) -> RankedSeries:
    usable = not any(finding.forbids or finding.bars for finding in findings)
    ordered = sorted(findings, key=lambda finding: not (finding.bars or finding.forbids))
    return RankedSeries(
        series=series,
        usable=usable,
        rank=round(sum(finding.points for finding in findings), 1),
        reasons=tuple(finding.sentence for finding in ordered if finding.sentence),
    )


def _precedence(ranked: RankedSeries) -> tuple[bool, float, int, int, str]:
    """Usable first, then rank; of equals the newest study and the latest repeat."""
    series = ranked.series
    day = series.study.date or date.min
    return (
        not ranked.usable, -ranked.rank, -day.toordinal(), -(series.number or 0), series.uid
    )  # fmt: skip


def _findings(series: Series, scan: Scan, any_contrast: bool) -> list[_Finding]:
    """Everything to be said about one series, most important first."""
    judged = (
        _on_modality(series),
        _on_localizer(series, scan),
        _on_plane(series),
        _on_contrast(series, any_contrast),
        _on_origin(series),
        _on_slices(series),
        _on_field(series),
        _on_resolution(series),
        _on_words(series),
    )
    return [finding for finding in judged if finding is not None]


def _on_modality(series: Series) -> _Finding | None:
    if series.acquisition.modality == "MR":
        return None
    return _Finding(f"It is {_modality(series)}, not MR.", -500, bars=True)


def _modality(series: Series) -> str:
    return series.acquisition.modality or "of unstated modality"


_LOCALIZER_WORDS: Final = re.compile(
    r"(?<![a-z])(?:loc|localizer|localiser|localisateur|lokali[sz]er|scout|survey|pilot|topogram"
    r"|3[ -]?pl(?:ane)?|plan[ -]?scan|calibration|asset|smartbrain)(?![a-z])"
    r"|定位|ロケータ|локал"
)


def _on_localizer(series: Series, scan: Scan) -> _Finding | None:
    sentence = "It is a localizer or lies in several planes."
    if "LOCALIZER" in series.image_type or _LOCALIZER_WORDS.search(folded(series.description)):
        return _Finding(sentence, -300, bars=True)
    if series.plane is Plane.MIXED:
        return _Finding(sentence, -300, bars=True)
    siblings = {other.plane for other in scan.series if other.uid == series.uid}
    if len(siblings) > 1 and not _stands_alone(series):
        return _Finding(sentence, -300, forbids=True)
    return None


def _stands_alone(series: Series) -> bool:
    """Whether a stack is large enough to be no part of a localizer."""
    count = len(series.slices)
    return count >= MIN_OWN_SLICES and count * series.spacing_mm[0] >= PLAUSIBLE_EXTENT_MM[0]


def _on_plane(series: Series) -> _Finding:
    if series.plane is not Plane.CORONAL:
        return _Finding(f"Its plane is {series.plane.value}, not coronal.", -200, bars=True)
    tilt = _tilt_deg(series)
    tilted = f", tilted by {tilt:.0f} degrees" if tilt >= 10 else ""
    return _Finding(f"It is coronal{tilted}.", -0.5 * tilt)


def _tilt_deg(series: Series) -> float:
    """Angle between the slices' normal and the front-to-back axis."""
    columns, rows = series.affine[:3, 2], series.affine[:3, 1]
    normal = slice_normal((*columns, *rows))
    return math.degrees(math.acos(min(1.0, abs(float(normal[1])))))


def _on_contrast(series: Series, any_contrast: bool) -> _Finding:
    contrast, points = series.contrast, CONTRAST_POINTS[series.contrast]
    words = CONTRAST_WORDS[contrast]
    if contrast.fluid_sensitive:
        return _Finding(f"It is fluid-sensitive ({words}).", points)
    if any_contrast and contrast is not Contrast.DWI:
        return _Finding(f"It is {words}, so lesions cannot be scored.", points)
    return _Finding(f"It is {words}, not fluid-sensitive.", points, forbids=True)


_COMPUTED_TYPES: Final = frozenset(
    {"MIP", "MINIP", "PROJECTION IMAGE", "SUBTRACT", "SUBTRACTION", "SUB", "MAXIMUM", "POSTPROC"}
)
_COMPUTED_WORDS: Final = re.compile(r"(?<![a-z])(?:mip|minip|sub|subtraction|subtr|map)(?![a-z])")


def _on_origin(series: Series) -> _Finding | None:
    types = {value.upper() for value in series.image_type}
    if types & _COMPUTED_TYPES or _COMPUTED_WORDS.search(folded(series.description)):
        return _Finding("It is computed from other series.", -150, forbids=True)
    if "SECONDARY" in types or "MPR" in types:
        return _Finding("It is a reformatted or secondary copy.", -25)
    return None


def _on_slices(series: Series) -> _Finding:
    count = len(series.slices)
    if count < MIN_SLICES:
        return _Finding(f"It has too few slices ({count}).", -100, forbids=True)
    if count < MIN_SCORED_SLICES:
        return _Finding(f"It has {count} slices; {MIN_SCORED_SLICES} are needed for a score.", -60)
    extent = count * series.spacing_mm[0]
    if not PLAUSIBLE_EXTENT_MM[0] <= extent <= PLAUSIBLE_EXTENT_MM[1]:
        return _Finding(f"Its {count} slices span {extent:.0f} mm, unlike a hip series.", -30)
    return _Finding(f"It has {count} slices over {extent:.0f} mm.", min(count, 20) * 0.5)


def _on_field(series: Series) -> _Finding:
    height, width = _field_mm(series)
    size = f"{height:.0f} x {width:.0f} mm"
    if min(height, width) < MIN_FIELD_MM:
        return _Finding(f"Its field of view ({size}) is too small for a hip.", -100, forbids=True)
    if _shows_both(series):
        return _Finding(f"Its field of view ({size}) holds both hips.", 15)
    return _Finding(f"Its field of view ({size}) holds one hip.")


def _field_mm(series: Series) -> tuple[float, float]:
    """Height and width of the picture."""
    return series.rows * series.spacing_mm[1], series.columns * series.spacing_mm[2]


def _shows_both(series: Series) -> bool:
    """Whether the picture is wide enough, from right to left, for both hips."""
    across = np.abs(series.affine[0, 1:3]) * (series.rows, series.columns)
    return float(across.max()) >= BOTH_HIPS_FIELD_MM


def _on_resolution(series: Series) -> _Finding:
    _, rows, columns = series.spacing_mm
    coarse = max(rows, columns)
    points = -10.0 * max(0.0, coarse - 0.8)
    return _Finding(f"Its pixels measure {rows:.2g} x {columns:.2g} mm.", max(points, -40))


def _on_words(series: Series) -> _Finding | None:
    """What the description and body part say of the region."""
    if names_other_region(series):
        return _Finding("Its name speaks of another region.", -35)
    return _Finding("Its name speaks of the hip or pelvis.", 10) if names_hip(series) else None


# Parts of one series


def numbered(series: Sequence[Series]) -> Mapping[Series, int]:
    """Of each series its number, from 1, among those with its UID."""
    seen: Counter[str] = Counter()
    numbers: dict[Series, int] = {}
    for each in series:
        seen[each.uid] += 1
        numbers[each] = seen[each.uid]
    return numbers


def selectors(series: Sequence[Series]) -> Mapping[Series, str]:
    """Of each series the shortest name that is no other's.

    That is its UID; where several stacks share it, their number follows behind ``#``,
    in the order of the scan, which the files' content decides.
    """
    shared = Counter(each.uid for each in series)
    return {
        each: f"{each.uid}#{number}" if shared[each.uid] > 1 else each.uid
        for each, number in numbered(series).items()
    }


def _names(uid: str, number: int) -> tuple[str, str]:
    """Everything that a series may be called: the most precise first."""
    return f"{uid}#{number}", uid


def named(series: Sequence[Series], name: str) -> tuple[Series, ...]:
    """The series that a name stands for: all with its UID where it has no number."""
    return tuple(
        each for each, number in numbered(series).items() if name in _names(each.uid, number)
    )


# Right and left pairs


def _pair_with(best: Series, others: Iterable[Series]) -> tuple[Series, ...]:
    """The best series, with its counterpart of the other side where it shows one hip."""
    if _shows_both(best):
        return (best,)
    for other in others:
        if _are_counterparts(best, other) and (ordered := _right_then_left(best, other)):
            return ordered
    return (best,)


def _are_counterparts(a: Series, b: Series) -> bool:
    return (
        a.study.uid == b.study.uid
        and a.contrast is b.contrast
        and a is not b
        and not _shows_both(b)
    )


def _right_then_left(a: Series, b: Series) -> tuple[Series, Series] | None:
    """The two in order of side, or None where they show the same side.

    Positions in the scanner decide where they differ enough; labels only
    where both fields of view lie at the same place.
    """
    across = _centre_x(b) - _centre_x(a)
    if abs(across) >= PAIR_DISTANCE_MM:
        return (a, b) if across > 0 else (b, a)
    sides = labelled_side(a), labelled_side(b)
    if sides == (Side.RIGHT, Side.LEFT):
        return a, b
    return (b, a) if sides == (Side.LEFT, Side.RIGHT) else None


def _centre_x(series: Series) -> float:
    """Left-right position of the middle of the stack, LPS mm."""
    return float(to_lps(series.affine, (np.array(series.shape) - 1) / 2)[0])


# Sentences


def _why(chosen: tuple[Series, ...], ranking: Sequence[RankedSeries]) -> str:
    words = CONTRAST_WORDS[chosen[0].contrast]
    if len(chosen) == 2:
        return f"They are the right and left coronal {words} series of one study."
    if chosen[0].contrast is Contrast.UNKNOWN and not ranking[0].usable:
        return (
            "The files do not say its contrast, so its pixels decide: coronal, "
            f"{len(chosen[0].slices)} slices."
        )
    usable = sum(ranked.usable for ranked in ranking)
    among = "the only usable series" if usable == 1 else f"the best of {usable} usable series"
    return f"It is {among}: coronal, {words}, {len(chosen[0].slices)} slices."


def _why_remembered(chosen: tuple[Series, ...], choice: ProtocolChoice) -> str:
    words, when = CONTRAST_WORDS[chosen[0].contrast], choice.at_utc.date().isoformat()
    what = f"{len(chosen[0].slices)} slices" if len(chosen) == 1 else "right and left series"
    return f"Chosen as on {when} for this protocol: coronal, {words}, {what}."


def _asked_for(scan: Scan, name: str) -> Series:
    """The best stack of the series named, if it is coronal MR at all."""
    meant = named(scan.series, name)
    if not meant:
        raise NoSuitableSeries(
            "No series has the UID asked for; run `hipdesk scan` to list the series."
        )
    if (people := patients(one for one in scan.series if one.uid == meant[0].uid)) > 1:
        raise NoSuitableSeries(
            f"The series asked for holds images of {people} patients under one UID; choose a "
            "folder with the images of one of them."
        )
    best = next(one.series for one in rank(scan, any_contrast=True) if one.series in meant)
    bars = [finding for finding in _findings(best, scan, any_contrast=True) if finding.bars]
    if bars:
        raise NoSuitableSeries(
            f"The series asked for cannot be analysed: {_clause(bars[0].sentence)}; "
            "choose a coronal MR series."
        )
    return best


def _clause(sentence: str) -> str:
    """A sentence as part of another one."""
    return sentence[0].lower() + sentence[1:].rstrip(".")


_REMEDY: Final = "choose the folder of a hip study with a coronal STIR or fat-suppressed T2 series"


def _why_nothing(scan: Scan, any_contrast: bool, remedies: Remedies) -> str:
    """One sentence on what the folder holds instead, and what to do."""
    every = scan.series
    magnetic = [series for series in every if _on_modality(series) is None]
    in_plane = [series for series in magnetic if _on_localizer(series, scan) is None]
    coronal = [series for series in in_plane if series.plane is Plane.CORONAL]
    if not every:
        return f"No usable image was found{_most_frequent_cause(scan)}; {_REMEDY}."
    if not magnetic:
        kinds = _listed(_modality(series) for series in every)
        return f"The images found are {kinds}, not MR; {_REMEDY}."
    if not in_plane:
        remedy = remedies.localizer if analysable(scan) else _REMEDY
        return f"Only localizer images were found; {remedy}."
    if not coronal:
        planes = _listed(series.plane.value for series in in_plane)
        return f"No MR series found is coronal ({planes} only); {_REMEDY}."
    return _why_no_coronal(coronal, _REMEDY if any_contrast else remedies.other_contrast)


def _most_frequent_cause(scan: Scan) -> str:
    """Why most files were left out, in brackets; that they are not DICOM only if none is."""
    causes = Counter(skipped.reason for skipped in scan.skipped)
    known = {cause: count for cause, count in causes.items() if cause != NOT_DICOM} or causes
    if not known:
        return ""
    cause = max(known, key=lambda reason: (known[reason], reason))
    return f" ({known[cause]} of {len(scan.skipped)} files: {_clause(cause)})"


def _why_no_coronal(coronal: Sequence[Series], remedy: str) -> str:
    """Why none of the coronal MR series will do."""
    sensitive = [series for series in coronal if series.contrast.fluid_sensitive]
    contrasts = _listed(CONTRAST_WORDS[series.contrast] for series in sensitive or coronal)
    obstacles = [_obstacle(series) for series in sensitive or coronal]
    if all(obstacles):
        return f"The coronal series found ({contrasts}) cannot be used: {obstacles[0]}; {_REMEDY}."
    return (
        f"The coronal series found is {contrasts}, not fluid-sensitive "
        f"(STIR or fat-suppressed T2); {remedy}."
    )


def _obstacle(series: Series) -> str:
    """What besides contrast keeps a coronal series from being used; empty if nothing."""
    findings = (_on_slices(series), _on_field(series), _on_origin(series))
    return next((_clause(f.sentence) for f in findings if f and f.forbids), "")


def _listed(words: Iterable[str]) -> str:
    """Distinct words, joined as in a sentence."""
    distinct = sorted(set(words))
    if len(distinct) == 1:
        return distinct[0]
    return f"{', '.join(distinct[:-1])} and {distinct[-1]}"

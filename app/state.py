"""What is on screen: frozen facts that controllers hold and views are shown.

No Qt here. A value a doctor reads comes from the core's records; words are made
by the views, so that they can be translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.display import DisplayStack, PictureBox, SlicePicture
from hipdesk.overlay import Window
from hipdesk.ports import AnalysisEntry
from hipdesk.records import (
    LESIONS,
    Compute,
    Contrast,
    HipScore,
    Origin,
    Patient,
    Plane,
    SegmentClass,
    Side,
    Spacing,
    Visit,
    Volume,
)
from hipdesk.report import FindingRow
from hipdesk.review import BrushEntry, Review, Reviewed, Standing
from hipdesk.timeline import Comparability


class Workspace(StrEnum):
    """The four rooms of the window."""

    LIBRARY = "library"
    REVIEW = "review"
    FOLLOW_UP = "follow_up"
    REPORT = "report"


# The frame


@dataclass(frozen=True, slots=True)
class PatientHeader:
    """Who and when, always in sight.

    Attributes
    ----------
    day : of the visit on screen; None where the study states none
    """

    patient: Patient = field(repr=False)
    day: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ComputeBadge:
    """Where the networks run, and how it went.

    Attributes
    ----------
    compute : None before anything was computed
    seconds : the analysis on screen took this long; None where that is not known
    tested : the self-test's verdict; None while it has not been run
    """

    compute: Compute | None = None
    seconds: float | None = None
    tested: bool | None = None


# The library


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient of the list."""

    uid: str
    patient: Patient = field(repr=False)
    visits: int
    last_day: date | None = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class VisitRow:
    """One visit of the chosen patient.

    Attributes
    ----------
    visit : with the current result of each hip
    analyses : newest first
    on_screen : it is the visit the other workspaces show
    dated_by : the reader who gave the day that its images do not state
    stated : whom its images name, where that is not the patient it belongs to
    """

    visit: Visit
    descriptions: tuple[str, ...] = field(repr=False)
    analyses: tuple[AnalysisEntry, ...]
    on_screen: bool = False
    dated_by: str | None = field(default=None, repr=False)
    stated: Patient | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series found in a folder.

    Attributes
    ----------
    uid : its SeriesInstanceUID; where several share it, with the number of the part
    chosen : it would be, or is being, analysed
    usable : fit for lesions and score
    forced : may be analysed on request, for heads and bones only
    reasons : most important first
    patient, day : whose it is, and when the study was made
    said : a reader, not the files, says what it is weighted for
    """

    uid: str = field(repr=False)
    number: int | None
    description: str = field(repr=False)
    plane: Plane
    contrast: Contrast
    slices: int
    spacing_mm: Spacing
    chosen: bool
    usable: bool
    forced: bool
    reasons: tuple[str, ...]
    patient: Patient = field(default=Patient(), repr=False)
    day: date | None = field(default=None, repr=False)
    said: bool = False


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """What opening a folder brought.

    Attributes
    ----------
    name : of the folder, for the screen only
    patient : None where the folder holds none or several
    reason : why this choice, or why nothing can be analysed
    skipped : reason to number of files
    people : number of patients
    several : that there are several, where the reason does not say it; else empty
    searching : more may turn up; series stand in the order of their finding
    charset : in which names are read; empty for what the files state
    spelt : the patient's name in each character set; empty where that is not in question
    doubtful : names look garbled
    """

    name: str = field(repr=False)
    patient: Patient | None = field(repr=False)
    day: date | None = field(repr=False)
    rows: tuple[SeriesRow, ...]
    reason: str
    skipped: Mapping[str, int]
    seconds: float
    people: int = 1
    several: str = ""
    searching: bool = False
    charset: str = ""
    spelt: Mapping[str, str] = field(default_factory=dict, repr=False)
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class LikenessOffer:
    """Somebody in the library may be the same person; the reader decides.

    Attributes
    ----------
    here : the patient to whom the new visit belongs now
    other : who may be the same
    """

    visit_uid: str
    here_uid: str
    here: Patient = field(repr=False)
    other: PatientRow = field(repr=False)


@dataclass(frozen=True, slots=True)
class Likeness:
    """The offer that is open, or the joining that can be taken back."""

    offer: LikenessOffer | None = None
    joined: LikenessOffer | None = None


# What is open


@dataclass(frozen=True, slots=True, eq=False)
class OpenSeries:
    """One series on screen.

    Attributes
    ----------
    reviewed : None until it is analysed
    stack : its pictures with the working outlines
    brushed : what was done with the brush and was open when the library gave it
    """

    volume: Volume
    stack: DisplayStack
    reviewed: Reviewed | None = None
    brushed: tuple[BrushEntry, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from all others that are open: stacks may share one SeriesInstanceUID."""
        return f"{self.volume.series.uid} {self.volume.pixel_sha256}"


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """One visit of one patient, open: a series, or a separate right and left pair.

    Attributes
    ----------
    visit_uid : None until it is in the library
    patient_uid : the library's, None until then
    given_up : its analysis was stopped or failed
    """

    patient: Patient = field(repr=False)
    day: date | None = field(repr=False)
    series: tuple[OpenSeries, ...]
    visit_uid: str | None = None
    patient_uid: str | None = None
    given_up: bool = False

    @property
    def analysed(self) -> bool:
        """Whether every series has its analysis."""
        return bool(self.series) and all(each.reviewed is not None for each in self.series)

    def with_series(self, changed: OpenSeries) -> Exam:
        """The same exam with one series replaced by its newer self."""
        series = tuple(changed if each.key == changed.key else each for each in self.series)
        return replace(self, series=series)


# The review


class Drawing(StrEnum):
    """How masks are drawn."""

    OUTLINE = "outline"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is drawn over the image; never changes a result.

    Attributes
    ----------
    opacity : 0-1, of lines and fill
    hidden : classes not drawn
    shown : whether any mask is drawn at all
    """

    drawing: Drawing = Drawing.OUTLINE
    opacity: float = 1.0
    hidden: frozenset[SegmentClass] = frozenset()
    shown: bool = True

    def draws(self, name: SegmentClass) -> bool:
        """Whether a class is visible."""
        return self.shown and name not in self.hidden


OPACITY_STEP: Final = 0.1
OPACITIES: Final = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class WindowPreset:
    """A named window; number 1-5 is its key."""

    number: int
    name: str
    window: Window


@dataclass(frozen=True, slots=True)
class SeriesTab:
    """A series of the exam that can be shown, by its hips.

    Attributes
    ----------
    key : `OpenSeries.key`
    """

    key: str = field(repr=False)
    description: str = field(repr=False)
    sides: tuple[Side, ...]
    shown: bool


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What is written beside the picture.

    Attributes
    ----------
    given_up : its analysis was stopped or failed
    """

    description: str = field(repr=False)
    contrast: Contrast
    slices: int
    spacing_mm: Spacing
    analysed: bool
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class CropFrame:
    """A hip's crop on the slice on screen.

    Attributes
    ----------
    box : in picture points of the slice
    movable : the hip is not signed and the tool is on
    working : the hip is being done about this place
    """

    side: Side
    box: PictureBox
    movable: bool
    working: bool = False


class Deed(StrEnum):
    """What a reader did to a hip."""

    MOVED = "moved"
    PAINTED = "painted"
    CHOSE_SLICES = "chose_slices"
    RESTORED = "restored"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be taken back or done again."""

    side: Side
    deed: Deed


@dataclass(frozen=True, slots=True)
class Edits:
    """The way back.

    Attributes
    ----------
    undo, redo : what would be taken back, and done again
    restorable : hips that show other outlines than the program's own
    """

    undo: Act | None = None
    redo: Act | None = None
    restorable: frozenset[Side] = frozenset()


class Tool(StrEnum):
    """What the left button does on the picture."""

    WINDOW = "window"
    BRUSH = "brush"
    MOVE_CROP = "move_crop"
    PLACE_RIGHT = "place_right"
    PLACE_LEFT = "place_left"


@dataclass(frozen=True, slots=True)
class CropView:
    """One hip beside the slice.

    Attributes
    ----------
    box : part of the upright picture to be shown; None where the hip has no head
    mirrored : shown as in a mirror, and labelled so
    reason : why there is nothing to show
    elsewhere : the hip is on the exam's other series, whose picture this is
    """

    side: Side
    picture: SlicePicture | None
    box: PictureBox | None
    mirrored: bool = False
    reason: str = ""
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class HipPanel:
    """Verdict bar of one hip.

    Attributes
    ----------
    found : there is a result to be judged
    revision : number of the working revision
    current : the working revision is the one that counts
    origin : who drew the working masks
    busy : it is being done again
    reason : why it has no result or no score, as the end of a sentence
    side_in_doubt : it can only be accepted with a note on its side
    stale : the outlines on screen are the earlier ones, and are about to be replaced
    """

    side: Side
    found: bool
    standing: Standing
    revision: int
    current: bool
    origin: Origin
    busy: bool = False
    reason: str = ""
    side_in_doubt: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The score table and the strip chart.

    Attributes
    ----------
    findings : the table, words and digits as on paper
    reasons : one sentence for every score that is missing
    notices : what else must be known of the result
    strips : per hip of the series on screen; absent without a score record
    pixel_mm2 : area of one pixel
    alarms : what must be known before the table is read: the hips' sides, the region
    """

    findings: tuple[FindingRow, ...]
    reasons: tuple[str, ...]
    notices: tuple[str, ...]
    strips: Mapping[Side, HipScore]
    pixel_mm2: float
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signing:
    """The signing bar.

    Attributes
    ----------
    reader : name it would be signed with
    possible : everything is judged and nothing stands in the way
    obstacle : what stands in the way, in words; empty where possible or done
    signatures : those that stand
    """

    reader: str = field(repr=False)
    possible: bool
    obstacle: str
    signatures: tuple[Review, ...] = ()


class SliceDeed(StrEnum):
    """What a reader may say of a slice and a hip's score."""

    CENTRAL = "central"
    PROGRAMS_CENTRAL = "programs_central"
    LEAVE_OUT = "leave_out"
    COUNT_AGAIN = "count_again"


@dataclass(frozen=True, slots=True)
class SliceWish:
    """A slice that is to count otherwise.

    Attributes
    ----------
    index : of the slice on screen, 0-based
    words : why it is left out
    """

    side: Side
    index: int
    deed: SliceDeed
    words: str = field(default="", repr=False)


# The follow-up


class Panel(StrEnum):
    """The two pictures of the follow-up; the prior is on the left."""

    EARLIER = "earlier"
    LATER = "later"


class Measure(StrEnum):
    """What is plotted over visits."""

    U_MEAN = "u_mean"
    A_MEAN = "a_mean"
    BME_ML = "bme_ml"
    EFFUSION_ML = "effusion_ml"


@dataclass(frozen=True, slots=True)
class TrendMark:
    """One visit on the chart of a hip.

    Attributes
    ----------
    value : None where there is no score, with its ``reason``
    accepted : a reader accepted the result
    noise : smallest detectable change about the value; None while not established
    """

    visit_uid: str
    day: date = field(repr=False)
    value: float | None
    reason: str = ""
    accepted: bool = False
    noise: float | None = None


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One hip over time.

    Attributes
    ----------
    joined : between neighbouring marks *with a value*: whether a line may join
        them, and why not or with what caution
    """

    side: Side
    marks: tuple[TrendMark, ...]
    joined: tuple[tuple[Comparability, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class TrendShown:
    """The chart: both hips on the same scale.

    Attributes
    ----------
    sentences : what must be read with it (the noise is not established, ...)
    mixed : lines are broken because the results come from different models
    """

    measure: Measure
    lines: tuple[TrendLine, ...]
    sentences: tuple[str, ...]
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class VisitChoice:
    """A visit that can be put into a panel."""

    uid: str
    day: date | None = field(repr=False)
    contrast: Contrast | None
    sides: tuple[Side, ...]


HEIGHTS_MM: Final = (20.0, 600.0)
"""Least and largest height of a panel's picture: some fluid beside a head, and a whole pelvis."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelShown:
    """One picture of the pair.

    Attributes
    ----------
    picture : None where this visit has no slice at the linked place
    centre : picture point (x, y) that is to lie in the middle of the panel
    offset_mm : of this slice from the head centre along the normal, signed
    reason : why there is no picture
    shift_mm : of ``centre`` from the head centre (right, down): what was zoomed to last
    limits : (least, largest) signal that a drag of the window is measured by
    """

    visit_uid: str
    day: date | None = field(repr=False)
    side: Side
    picture: SlicePicture | None
    window: Window
    centre: tuple[float, float]
    height_mm: float
    offset_mm: float
    reason: str = ""
    shift_mm: tuple[float, float] = (0.0, 0.0)
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The slider that moves both panels.

    Attributes
    ----------
    range_mm : where at least one visit has slices
    step_mm : one step of the wheel
    """

    offset_mm: float
    range_mm: tuple[float, float]
    step_mm: float


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One figure at both visits, as shown; the change is empty where not comparable.

    Attributes
    ----------
    percent : change of the earlier figure; empty where that is too small for it
    per_year : change; empty where the visits are too near to each other
    """

    label: str
    unit: str
    earlier: str
    later: str
    change: str
    percent: str = ""
    per_year: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The pair in numbers.

    Attributes
    ----------
    verdict : None where one of the two has no score
    differences : sentences, gravest first; then what the changes were computed from
    forced : changes are given because they were asked for, though not comparable
    askable : they are not given and may be asked for
    repeat : a reader named the two as scans of an unchanged hip; None where they
        cannot be that
    """

    rows: tuple[ComparisonRow, ...]
    verdict: Comparability | None
    differences: tuple[str, ...]
    days: int | None
    forced: bool = False
    askable: bool = False
    repeat: bool | None = None


class FollowUpGap(StrEnum):
    """Why there is nothing to follow."""

    NO_PATIENT = "no_patient"
    ONE_VISIT = "one_visit"
    NOTHING_DATED = "nothing_dated"


# The report


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Where the report stands.

    Attributes
    ----------
    final : signed by a reader
    line : as printed on the pages
    stale : the pages on screen are being made anew
    """

    final: bool
    line: str
    stale: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """The pages of the real PDF as pictures: uint8 (rows, columns, 3)."""

    pictures: tuple[NDArray[np.uint8], ...]
    made: datetime
    dpi: float


ALL_CLASSES: Final = tuple(SegmentClass)
LESION_CLASSES: Final = LESIONS

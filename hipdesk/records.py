"""The frozen records that travel the one way from folder to report.

``Study -> Series -> HipCrop -> Segmentation -> HipScore -> Analysis -> Visit -> Timeline``

Frames of reference, everywhere in the program: arrays are indexed
``(slice, row, column)``; points are ``(x, y, z)`` in DICOM's LPS patient
frame in millimetres; an integer index is a pixel's centre. `Side` is always
the patient's. Nothing in this module does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
"""A point or vector ``(x, y, z)`` in LPS millimetres."""

Spacing = tuple[float, float, float]
"""Millimetres between neighbouring (slices, rows, columns), centre to centre."""

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Affine = NDArray[np.float64]
"""4 x 4 matrix from ``(slice, row, column, 1)`` to LPS millimetres."""


class Side(StrEnum):
    """The patient's side."""

    RIGHT = "R"
    LEFT = "L"

    @property
    def word(self) -> str:
        """``right`` or ``left``, for sentences."""
        return "right" if self is Side.RIGHT else "left"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


class Plane(StrEnum):
    """Orientation of a series' slices, decided from ImageOrientationPatient."""

    CORONAL = "coronal"
    SAGITTAL = "sagittal"
    AXIAL = "axial"
    OBLIQUE = "oblique"
    MIXED = "mixed"


class Contrast(StrEnum):
    """Weighting of an MR series."""

    STIR = "stir"
    T2_FS = "t2_fs"
    PD_FS = "pd_fs"
    DIXON_WATER = "dixon_water"
    T1 = "t1"
    T1_FS = "t1_fs"
    T2 = "t2"
    PD = "pd"
    DWI = "dwi"
    OTHER = "other"
    UNKNOWN = "unknown"

    @property
    def fluid_sensitive(self) -> bool:
        """Whether oedema and fluid are bright against suppressed fat."""
        return self in FLUID_SENSITIVE


FLUID_SENSITIVE: Final = frozenset(
    {Contrast.STIR, Contrast.T2_FS, Contrast.PD_FS, Contrast.DIXON_WATER}
)


class SegmentClass(StrEnum):
    """What a mask shows; the values are the class names used in every file."""

    FEMORAL_HEAD = "femoral_head"
    PROXIMAL_FEMUR = "proximal_femur"
    ACETABULUM = "acetabulum"
    BME = "bme"
    EFFUSION_SYNOVITIS = "effusion_synovitis"


BONES: Final = (SegmentClass.FEMORAL_HEAD, SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM)
LESIONS: Final = (SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS)


class Origin(StrEnum):
    """Who drew the masks behind a result."""

    AI = "ai"
    AI_EDITED = "ai_edited"
    MANUAL = "manual"


class Reason(StrEnum):
    """Why a value that a reader would expect is null. Codes used in every file."""

    NOT_FLUID_SENSITIVE = "not_fluid_sensitive"
    HEAD_NOT_FOUND = "head_not_found"
    TOO_FEW_SLICES = "too_few_slices"
    SMALL_HEAD_AREA = "small_head_area"
    OUTSIDE_CHOSEN_SLICES = "outside_chosen_slices"
    NO_HEAD_ON_SLICE = "no_head_on_slice"
    NO_HEAD_SIGNAL = "no_head_signal"
    METAL = "metal"
    OTHER_HIP_NOT_SCORED = "other_hip_not_scored"
    SEPARATE_SERIES = "separate_series"
    REJECTED_BY_READER = "rejected_by_reader"
    EXCLUDED_BY_READER = "excluded_by_reader"
    PROSTHESIS = "prosthesis"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader must know about a result (``warnings`` in files).

    Attributes
    ----------
    code : stable identifier, e.g. ``provider_fallback``
    message : one sentence for the reader
    figure : the measured number behind it, where there is one
    """

    code: str
    message: str
    figure: float | None = None


class SliceKey(NamedTuple):
    """Identity of one slice, independent of file order.

    ``frame_number`` is 1-based and None for classic single-frame files.
    """

    sop_instance_uid: str
    frame_number: int | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """Identity as the files state it. Never logged.

    Attributes
    ----------
    name : for the screen
    name_groups : alphabetic, ideographic and phonetic, as stored with ``^`` between
        components; the same person without them is the same
    """

    patient_id: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    sex: str = field(default="", repr=False)
    name_groups: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def matchable(self) -> bool:
        """Whether every field of the matching rule is present."""
        return not self.unstated

    @property
    def unstated(self) -> tuple[str, ...]:
        """Words for the fields of the matching rule that the files leave empty."""
        fields = {
            "issuer of the patient ID": self.issuer,
            "patient ID": self.patient_id,
            "birth date": self.birth_date,
            "sex": self.sex,
        }
        return tuple(words for words, value in fields.items() if not value)

    def resembles(self, other: Patient) -> bool:
        """Whether a reader should be asked if these are one person.

        Two of number, name and birth date are stated and the same; the rest may
        differ, by another hospital's number or by a typing error.
        """
        same = (
            self.patient_id == other.patient_id != "",
            self.name.casefold() == other.name.casefold() != "",
            self.birth_date is not None and self.birth_date == other.birth_date,
        )
        return sum(same) >= 2

    def unlike(self, other: Patient) -> tuple[str, ...]:
        """Of ``birth_date`` and ``sex``, what both state and what differs.

        Numbers and names change with hospitals and marriages; these two hardly do.
        """
        return tuple(
            name
            for name in ("birth_date", "sex")
            if getattr(self, name) and getattr(other, name)
            if getattr(self, name) != getattr(other, name)
        )

    def contradicts(self, other: Patient) -> bool:
        """Whether something that both state differs, so that they are two people.

        A name may be spelt otherwise where number and birth date agree.
        """
        known = self.patient_id and self.birth_date
        same = known and (self.patient_id, self.birth_date) == (other.patient_id, other.birth_date)
        stated = [
            (self.patient_id, other.patient_id),
            (self.issuer, other.issuer),
            (self.birth_date, other.birth_date),
            (self.sex, other.sex),
            *([] if same else [(self.name.casefold(), other.name.casefold())]),
        ]
        return any(a and b and a != b for a, b in stated)


@dataclass(frozen=True, slots=True)
class StudyInfo:
    """The study a series belongs to."""

    uid: str = field(repr=False)
    date: date | None = field(default=None, repr=False)
    time: time | None = field(default=None, repr=False)
    accession: str = field(default="", repr=False)
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a series was measured; None where the file is silent."""

    modality: str = "MR"
    manufacturer: str = ""
    model: str = ""
    field_strength_t: float | None = None
    sequence: str = ""
    protocol: str = field(default="", repr=False)
    tr_ms: float | None = None
    te_ms: float | None = None
    ti_ms: float | None = None
    slice_thickness_mm: float | None = None
    institution: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SliceSource:
    """Where one slice's pixels are.

    Attributes
    ----------
    key : identity of the slice
    path : file holding it
    position_lps_mm : centre of the first pixel (ImagePositionPatient)
    acquired : acquisition date and time, where stated
    """

    key: SliceKey = field(repr=False)
    path: Path = field(repr=False)
    position_lps_mm: Point
    acquired: datetime | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One stack of parallel slices, sorted along its normal; headers only.

    Coronal stacks run anterior to posterior, axial ones feet to head,
    sagittal ones right to left.

    Attributes
    ----------
    slices : one entry a slice, in stack order
    affine : 4 x 4, (slice, row, column) to LPS mm
    spacing_mm : (between slices, rows, columns), slices measured from positions
    window : (centre, width) stated by the file, if any
    image_type : ImageType or FrameType, all values
    laterality : side stated by the file's tags, if one
    body_part : BodyPartExamined
    charset : character set in which a reader has the names read; empty for the files' own
    """

    uid: str = field(repr=False)
    patient: Patient = field(repr=False)
    study: StudyInfo = field(repr=False)
    acquisition: Acquisition
    description: str = field(repr=False)
    number: int | None
    frame_of_reference_uid: str = field(repr=False)
    plane: Plane
    contrast: Contrast
    slices: tuple[SliceSource, ...]
    rows: int
    columns: int
    affine: Affine
    spacing_mm: Spacing
    window: tuple[float, float] | None = None
    notices: tuple[Notice, ...] = ()
    image_type: tuple[str, ...] = ()
    laterality: Side | None = None
    body_part: str = ""
    charset: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return len(self.slices), self.rows, self.columns


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is not part of any series, and why."""

    path: Path = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Everything found in a folder."""

    root: Path = field(repr=False)
    series: tuple[Series, ...]
    skipped: tuple[SkippedFile, ...]
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class RankedSeries:
    """A series with the verdict on its use for hip analysis.

    Attributes
    ----------
    usable : coronal, fluid-sensitive, enough slices
    rank : larger is better; only comparable within one scan
    reasons : sentences a doctor can read, most important first
    """

    series: Series
    usable: bool
    rank: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesChoice:
    """All series best first, and the ones to analyse.

    Attributes
    ----------
    chosen : one series showing both hips, or a separate right and left pair;
        empty where nothing is suitable
    reason : why these, or why nothing
    notices : what a reader of the result must know of the choice
    """

    ranking: tuple[RankedSeries, ...]
    chosen: tuple[Series, ...]
    reason: str
    notices: tuple[Notice, ...] = ()


def read_only(array: np.ndarray) -> np.ndarray:
    """Return ``array`` as a contiguous copy that cannot be written to."""
    copy = np.array(array, order="C", copy=True)
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A series with its pixels.

    Attributes
    ----------
    voxels : float32, (slices, rows, columns); rescaled stored values, never
        windowed or filtered
    pixel_sha256 : hash of the voxels' bytes
    """

    series: Series
    voxels: FloatArray
    pixel_sha256: str


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model produced a result."""

    name: str
    version: str
    sha256: str
    task: str
    trained_on: str


class Provider(StrEnum):
    """Where the networks are to run; ``auto`` is CUDA where it works."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Compute:
    """Where the networks ran.

    Attributes
    ----------
    requested : a `Provider`
    provider : ``cpu`` or ``cuda``, as read back from the session
    reason : why it differs from what was requested or hoped for; empty if not
    """

    requested: str
    provider: str
    reason: str = ""

    @property
    def fell_back(self) -> bool:
        """Whether CUDA was asked for and the CPU answered."""
        return self.requested == "cuda" and self.provider != "cuda"


@dataclass(frozen=True, slots=True)
class Head:
    """A femoral head, found or not.

    Attributes
    ----------
    centre_lps_mm, radius_mm : None where not found
    confidence : 0-1, the locator's own
    reason : why it was not found
    placed : a reader put it here; the confidence stays the locator's own
    """

    side: Side
    found: bool
    confidence: float
    centre_lps_mm: Point | None = None
    radius_mm: float | None = None
    reason: Reason | None = None
    placed: bool = False


@dataclass(frozen=True, slots=True)
class GridBox:
    """A block of a series' native grid, half-open: ``start <= index < stop``."""

    start: tuple[int, int, int]
    stop: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        a, b = self.start, self.stop
        return b[0] - a[0], b[1] - a[1], b[2] - a[2]

    @property
    def index(self) -> tuple[slice, slice, slice]:
        """Subscript that cuts this block out of a full array."""
        a, b = self.start, self.stop
        return slice(a[0], b[0]), slice(a[1], b[1]), slice(a[2], b[2])


@dataclass(frozen=True, slots=True, eq=False)
class HipCrop:
    """One hip resampled to a model's grid.

    Attributes
    ----------
    image : float32 (slices, rows, columns); a left hip is mirrored so that
        every crop looks like a right hip
    affine : 4 x 4 from the crop's (slice, row, column) to LPS mm; carries the
        mirroring, so a mask goes home without knowing about it
    slice_indices : the series' slice index of each crop slice
    marrow_median : signal of normal femoral marrow, in the series' units
    """

    side: Side
    head: Head
    image: FloatArray
    affine: Affine
    slice_indices: tuple[int, ...]
    marrow_median: float
    mirrored: bool


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Masks of one hip on the series' native grid.

    Attributes
    ----------
    box : the block of the native grid that ``masks`` cover; False outside
    masks : class to bool array of ``box.shape``; lesions are absent where the
        series is not fluid-sensitive
    confidence : of the lesions on each slice of ``box``, 0-1
        (`hipdesk.confidence`); None where it was not asked for
    """

    side: Side
    box: GridBox
    masks: Mapping[SegmentClass, BoolArray]
    confidence: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        frozen = {name: read_only(mask) for name, mask in self.masks.items()}
        object.__setattr__(self, "masks", MappingProxyType(frozen))

    @property
    def has_lesions(self) -> bool:
        """Whether lesion masks exist at all (they may be empty)."""
        return all(name in self.masks for name in LESIONS)

    def full(self, name: SegmentClass, shape: tuple[int, int, int]) -> BoolArray:
        """The mask of one class on the whole series grid of ``shape``."""
        whole = np.zeros(shape, dtype=np.bool_)
        whole[self.box.index] = self.masks[name]
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One segment as a file states it, not yet matched with its series.

    Attributes
    ----------
    label : what it shows; not necessarily a `SegmentClass`
    side : None where the file states none
    series_uid : the series it was drawn on
    slices : bool (rows, columns) of each slice that has a frame, empty ones included
    placed : every frame names the slice it lies on
    edited : drawn or changed by a person
    """

    label: str
    side: Side | None
    series_uid: str = field(repr=False)
    slices: Mapping[SliceKey, BoolArray] = field(repr=False)
    placed: bool = True
    edited: bool = True


@dataclass(frozen=True, slots=True)
class SliceScore:
    """One slice's share of a hip's score.

    Attributes
    ----------
    index : 0-based slice index in the series
    counted : whether it is part of the sum
    reason : why not, where it is not
    u_intensity, u_area : this slice's term; None where lesions are undefined
        or the head is absent
    note : a reader's words on why this slice should not count; empty where none did
    bme_u_intensity, effusion_u_intensity : the term of each lesion alone; None where
        ``u_intensity`` is, and of results of versions that did not keep them
    """

    index: int
    key: SliceKey = field(repr=False)
    counted: bool
    reason: Reason | None
    head_px: int
    bme_px: int | None
    effusion_px: int | None
    u_intensity: float | None
    u_area: float | None
    note: str = field(default="", repr=False)
    bme_u_intensity: float | None = None
    effusion_u_intensity: float | None = None


@dataclass(frozen=True, slots=True)
class LesionScore:
    """UNet-score of one lesion class over a hip's counted slices."""

    u_intensity: float
    u_area: float


@dataclass(frozen=True, slots=True)
class HipScore:
    """The numbers of one hip.

    Attributes
    ----------
    n_counted : slices in the sum
    central_index : series index of the central slice; None without a head
    u_intensity, u_area : sums over the counted slices; None with ``reason``
    by_lesion : per class; None where the sums are
    bme_ml, effusion_ml : None where lesions are undefined
    bme_head_percent : BME inside the head as % of head volume
    central_moved : a reader chose the central slice
    """

    slices: tuple[SliceScore, ...]
    n_counted: int
    central_index: int | None
    reason: Reason | None
    u_intensity: float | None
    u_area: float | None
    by_lesion: Mapping[SegmentClass, LesionScore] | None
    bme_ml: float | None
    effusion_ml: float | None
    head_ml: float
    bme_head_percent: float | None
    central_moved: bool = False

    @property
    def excluded(self) -> Mapping[SliceKey, str]:
        """Slices that a reader took out, with the reader's words."""
        return MappingProxyType({part.key: part.note for part in self.slices if part.note})

    @property
    def u_intensity_mean(self) -> float | None:
        """Per-slice mean, U/n."""
        return None if self.u_intensity is None else self.u_intensity / self.n_counted

    @property
    def u_area_mean(self) -> float | None:
        """Per-slice mean, A/n."""
        return None if self.u_area is None else self.u_area / self.n_counted


@dataclass(frozen=True, slots=True)
class PatientTotal:
    """Sum over both hips; null with ``reason`` unless both are scored."""

    u_intensity: float | None
    u_area: float | None
    n_counted: int | None
    reason: Reason | None


@dataclass(frozen=True, slots=True, eq=False)
class HipResult:
    """Everything known of one hip in one analysis.

    ``segmentation`` and ``score`` are None where the head was not found.
    ``origin`` says who drew its masks where that differs from the analysis.
    """

    side: Side
    head: Head
    segmentation: Segmentation | None
    score: HipScore | None
    origin: Origin | None = None

    @property
    def reason(self) -> Reason | None:
        """Why this hip has no score, if it has none."""
        if self.score is not None:
            return self.score.reason
        return self.head.reason or Reason.HEAD_NOT_FOUND


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The immutable result of analysing one series.

    Attributes
    ----------
    uid : unique identifier of this analysis
    hips : right first, then left
    """

    uid: str
    program_version: str
    created_utc: datetime
    definition: str
    origin: Origin
    series: Series
    pixel_sha256: str
    models: tuple[ModelRef, ...]
    compute: Compute
    hips: tuple[HipResult, ...]
    total: PatientTotal
    notices: tuple[Notice, ...]

    def hip(self, side: Side) -> HipResult:
        """The result of one side."""
        return next(hip for hip in self.hips if hip.side is side)

    def origin_of(self, side: Side) -> Origin:
        """Who drew the masks of one side."""
        return self.hip(side).origin or self.origin


@dataclass(frozen=True, slots=True, eq=False)
class VisitHip:
    """The current result of one hip at a visit, as a timeline needs it.

    Attributes
    ----------
    definition : identifier of the score's formulas; empty where not recorded
    origin : who drew the masks; None where not recorded
    offsets_mm : of each slice of ``score.slices``, from the head centre along the
        stack's normal (`hipdesk.linking.offset_of`); None where not known
    normal_lps : unit normal of the slices, as the offsets grow; None where not known
    side_in_doubt : it may be the other hip, by what the images say or where its head
        was placed, and no reader has settled that
    revision : number of the revision of the analysis; 0 is the analysis itself
    """

    side: Side
    analysis_uid: str
    series_uid: str = field(repr=False)
    score: HipScore
    models: tuple[ModelRef, ...]
    compute: Compute
    contrast: Contrast
    spacing_mm: Spacing
    acquisition: Acquisition
    definition: str = ""
    origin: Origin | None = None
    offsets_mm: tuple[float, ...] | None = None
    normal_lps: Point | None = None
    side_in_doubt: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """A date in a patient's history with the results that belong to it.

    ``day`` is None until a usable date is given; such a visit stays out of
    every trend. ``time`` is that of its first study on that day, where stated:
    it orders the visits of one day.
    """

    uid: str
    day: date | None = field(repr=False)
    hips: tuple[VisitHip, ...]
    time: time | None = field(default=None, repr=False)

    def hip(self, side: Side) -> VisitHip | None:
        """The result of one side, where there is one."""
        return next((hip for hip in self.hips if hip.side is side), None)

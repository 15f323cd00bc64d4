"""What one DICOM file says of its slices, its patient and its measurement."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID
from pydicom.valuerep import PersonName

from hipdesk.adapters._dicom_elements import MOST_FRAMES, Elements, read_header
from hipdesk.adapters._dicom_tags import Tag
from hipdesk.contrast import SequenceCues
from hipdesk.records import Acquisition, Patient, Point, Side, SliceKey, StudyInfo

_NO_PICTURES: Final = {
    "SEG": "It is a segmentation, not an image.",
    "SR": "It is a structured report, not an image.",
    "PR": "It is a presentation state, not an image.",
    "KO": "It is a list of key images, not an image.",
    "DOC": "It is a document, not an image.",
    "RTSTRUCT": "It is a set of contours, not an image.",
    "RTDOSE": "It is a dose distribution, not an image.",
    "REG": "It is a registration, not an image.",
}
_DIRECTORY_CLASS: Final = "1.2.840.10008.1.3.10"
_SPECTRA_CLASS: Final = "1.2.840.10008.5.1.4.1.1.4.2"

COSINE_TOLERANCE: Final = 0.05
"""Rounding of direction cosines that is put right, up to 3 degrees; beyond it they are wrong."""

ORTHOGONAL: Final = 1e-4
"""Cosines as perpendicular as files with four digits write them are left as they are."""

MOST_PIXELS: Final = 1 << 25
"""Of one picture, 5,800 x 5,800; a larger claim is a damaged header."""

MOST_KINDS: Final = 1000
"""Of frames in one file that differ in size, echo, kind or direction; turning projections of
one degree have 180."""

FARTHEST_MM: Final = 1e4
LARGEST_PIXEL_MM: Final = 100.0


class UnusableError(Exception):
    """A file that cannot be part of a series; its text is the reason, one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One slice as its file describes it, before any sorting.

    Attributes
    ----------
    orientation : ImageOrientationPatient
    spacing_mm : (between rows, between columns)
    order : what was acquired first sorts first
    least_bytes : that the file has; compressed pixels included, others not
    """

    path: Path = field(repr=False)
    elements: Elements = field(repr=False)
    key: SliceKey = field(repr=False)
    rows: int
    columns: int
    orientation: tuple[float, ...]
    position: Point
    spacing_mm: tuple[float, float]
    echo_ms: float | None
    image_type: tuple[str, ...]
    stack: str
    acquired: datetime | None = field(repr=False)
    order: tuple[float, float, float]
    least_bytes: int = 0

    @property
    def series_uid(self) -> str:
        """SeriesInstanceUID."""
        return self.elements.string(Tag.SERIES_UID)


def frames_of(path: Path) -> tuple[Frame, ...]:
    """All slices of one file.

    Raises
    ------
    UnusableError
        The file is DICOM but holds no slice that can be placed in the patient.
    Exception
        Whatever the reading of a damaged file raises.
    """
    header = read_header(path)
    _check_image(header.elements)
    stated = int(header.elements.number(Tag.FRAMES) or 1)
    if stated > MOST_FRAMES:
        raise UnusableError("It claims more frames than any examination of a hip has.")
    if not header.frames:
        if stated > 1:
            raise UnusableError("It holds several frames but does not say where each lies.")
        return (_frame(path, header.elements, None, header.least_bytes),)
    if stated != len(header.frames):
        raise UnusableError(
            f"It states {stated} frames but describes {len(header.frames)}; it is damaged."
        )
    frames = tuple(
        _frame(path, header.elements.overlaid(values), number, header.least_bytes)
        for number, values in enumerate(header.frames, start=1)
    )
    if len({(kind_of(frame), frame.orientation) for frame in frames}) > MOST_KINDS:
        raise UnusableError("Its frames differ more than those of any examination; it is damaged.")
    return frames


def kind_of(frame: Frame) -> Hashable:
    """What frames of one stack have in common, but for their direction."""
    return frame.rows, frame.columns, frame.spacing_mm, frame.echo_ms, frame.image_type


def _check_image(elements: Elements) -> None:
    """Refuse what is not a grey image of a known series."""
    sop_class = elements.string(Tag.SOP_CLASS) or elements.string(Tag.STORAGE_CLASS)
    modality = elements.string(Tag.MODALITY)
    if sop_class == _DIRECTORY_CLASS:
        raise UnusableError("It is the index of a disc; the images it lists are read directly.")
    if sop_class == _SPECTRA_CLASS:
        raise UnusableError("It holds spectra, not an image.")
    if modality in _NO_PICTURES:
        raise UnusableError(_NO_PICTURES[modality])
    rows, columns = elements.number(Tag.ROWS), elements.number(Tag.COLUMNS)
    if not rows or not columns:
        raise UnusableError("It holds no image.")
    if rows * columns > MOST_PIXELS:
        raise UnusableError("It claims more pixels than any picture has; it is damaged.")
    if elements.number(Tag.SAMPLES) not in (1.0, None) or "PALETTE" in elements.string(
        Tag.PHOTOMETRIC
    ):
        raise UnusableError("It is a colour picture, not a measured image.")
    if not elements.string(Tag.SOP_INSTANCE) or not elements.string(Tag.SERIES_UID):
        raise UnusableError("It does not say which series it belongs to.")
    syntax, bits = elements.string(Tag.TRANSFER_SYNTAX), elements.number(Tag.BITS_STORED)
    if reason := undecodable(syntax, int(bits or 0)):
        raise UnusableError(reason)


_EXTENDED_JPEG: Final = "1.2.840.10008.1.2.4.51"


@lru_cache(maxsize=64)
def undecodable(syntax: str, bits: int = 0) -> str:
    """Why pixels of a transfer syntax cannot be read here; empty where they can, or none is stated.

    Parameters
    ----------
    bits : stored for each pixel, 0 where not stated; extended JPEG is read up to 8

    Source: DICOM PS3.5, annex A; PS3.6, annex A.
    """
    if not syntax:
        return ""
    try:
        available = get_decoder(UID(syntax)).is_available
    except NotImplementedError:
        available = False
    deep = syntax == _EXTENDED_JPEG and bits > 8
    if available and not deep:
        return ""
    name = UID(syntax).name
    known = f"as {name}" if name != syntax else "in a way unknown to the standard"
    known += f" with {bits} bits" if deep else ""
    return f"Its pixels are stored {known}, which this program cannot read."


def _frame(path: Path, elements: Elements, number: int | None, least_bytes: int) -> Frame:
    orientation, position, spacing = _geometry(elements)
    acquired = _acquired(elements)
    return Frame(
        path=path,
        elements=elements,
        key=SliceKey(elements.string(Tag.SOP_INSTANCE), number),
        rows=int(elements.number(Tag.ROWS) or 0),
        columns=int(elements.number(Tag.COLUMNS) or 0),
        orientation=orientation,
        position=position,
        spacing_mm=spacing,
        echo_ms=elements.number(Tag.EFFECTIVE_TE) or elements.number(Tag.TE),
        image_type=_image_type(elements),
        stack=elements.string(Tag.STACK),
        acquired=acquired,
        order=_order(elements, acquired),
        least_bytes=least_bytes,
    )


_COMPONENTS: Final = {"PHASE": "P", "REAL": "R", "IMAGINARY": "I"}


def _image_type(elements: Elements) -> tuple[str, ...]:
    """Kind of image; what an enhanced file calls no magnitude is none, whatever its type says.

    Source: DICOM PS3.3 C.8.13.3.1.1, Complex Image Component.
    """
    stated = elements.strings(Tag.FRAME_TYPE) or elements.strings(Tag.IMAGE_TYPE)
    letter = _COMPONENTS.get(elements.string(Tag.COMPLEX_COMPONENT))
    if letter is None or letter in stated:
        return stated
    return (*(letter if value == "M" else value for value in stated),)


def _geometry(elements: Elements) -> tuple[tuple[float, ...], Point, tuple[float, float]]:
    orientation = elements.numbers(Tag.ORIENTATION)
    position = elements.numbers(Tag.POSITION)
    spacing = elements.numbers(Tag.PIXEL_SPACING)
    if orientation is None or position is None or len(orientation) != 6 or len(position) != 3:
        raise UnusableError("It does not say where it lies in the patient.")
    if spacing is None or len(spacing) != 2 or min(spacing) <= 0:
        raise UnusableError("It does not state the size of its pixels.")
    if not _is_frame(orientation):
        raise UnusableError("Its stated orientation is not possible.")
    if max(map(abs, position)) > FARTHEST_MM or max(spacing) > LARGEST_PIXEL_MM:
        raise UnusableError("Its stated position or pixel size is not possible.")
    cosines = _perpendicular(_unit(orientation))
    return cosines, (position[0], position[1], position[2]), (spacing[0], spacing[1])


def _is_frame(orientation: tuple[float, ...]) -> bool:
    """Whether six cosines are two unit vectors at a right angle."""
    first, second = orientation[:3], orientation[3:]
    lengths = (math.hypot(*first), math.hypot(*second))
    dot = sum(a * b for a, b in zip(first, second, strict=True))
    return all(abs(length - 1) < COSINE_TOLERANCE for length in lengths) and (
        abs(dot) < COSINE_TOLERANCE
    )


def _unit(orientation: tuple[float, ...]) -> tuple[float, ...]:
    """Both directions at length one; files round them."""
    pairs = (orientation[:3], orientation[3:])
    return tuple(value / math.hypot(*vector) for vector in pairs for value in vector)


def _perpendicular(cosines: tuple[float, ...]) -> tuple[float, ...]:
    """Two unit vectors turned to a right angle, each by the same small amount."""
    first, second = cosines[:3], cosines[3:]
    half = sum(a * b for a, b in zip(first, second, strict=True)) / 2
    if abs(half) < ORTHOGONAL / 2:
        return cosines
    turned = (
        *(a - half * b for a, b in zip(first, second, strict=True)),
        *(b - half * a for a, b in zip(first, second, strict=True)),
    )
    return _unit(turned)


def _order(elements: Elements, acquired: datetime | None) -> tuple[float, float, float]:
    """Temporal position, acquisition number, acquisition time in seconds."""
    temporal = elements.number(Tag.TEMPORAL_INDEX) or elements.number(Tag.TEMPORAL_POSITION)
    seconds = (acquired - datetime.min).total_seconds() if acquired else 0.0
    return temporal or 0.0, elements.number(Tag.ACQUISITION_NUMBER) or 0.0, seconds


def parsed_date(text: str) -> date | None:
    """A DICOM date, the old form with dots included; None where it is not one."""
    digits = text.replace(".", "").replace("-", "")
    if len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def parsed_time(text: str) -> time | None:
    """A DICOM time of day, seconds and their fraction optional; None where it is not one."""
    match = re.fullmatch(r"(\d\d)(\d\d)?(\d\d)?(?:\.(\d{1,6}))?", text.replace(":", ""))
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    try:
        microsecond = int((fraction or "0").ljust(6, "0"))
        return time(int(hour), int(minute or 0), min(int(second or 0), 59), microsecond)
    except ValueError:
        return None


def _acquired(elements: Elements) -> datetime | None:
    """When the slice was measured, without time zone."""
    stamp = elements.string(Tag.FRAME_DATETIME) or elements.string(Tag.ACQUISITION_DATETIME)
    stamp = re.split(r"[+\-]\d{4}$", stamp)[0]
    day = parsed_date(stamp[:8] or elements.string(Tag.ACQUISITION_DATE))
    moment = parsed_time(stamp[8:] or elements.string(Tag.ACQUISITION_TIME))
    return datetime.combine(day, moment or time()) if day else None


def patient_of(elements: Elements) -> Patient:
    """Identity as the file states it."""
    return Patient(
        patient_id=elements.text(Tag.PATIENT_ID),
        issuer=elements.text(Tag.PATIENT_ISSUER),
        name=displayed_name(elements.person_name(Tag.PATIENT_NAME)),
        birth_date=parsed_date(elements.string(Tag.BIRTH_DATE)),
        sex=elements.string(Tag.SEX),
    )


def displayed_name(name: PersonName) -> str:
    """A person's name for the screen.

    The ideographic group comes first where there is one, with the alphabetic
    group in brackets: ``王小东 (Wang XiaoDong)``. Within a group family, given
    and other components keep their stored order; Latin ones are set apart by
    spaces, ideographs are not.
    """
    alphabetic, ideographic = _joined(name.alphabetic), _joined(name.ideographic)
    if alphabetic and ideographic:
        return f"{ideographic} ({alphabetic})"
    return ideographic or alphabetic


def _joined(group: str) -> str:
    parts = [part.strip() for part in group.split("^") if part.strip()]
    return ("" if all(map(_is_ideographic, parts)) else " ").join(parts)


def _is_ideographic(text: str) -> bool:
    return all(unicodedata.name(char, "").startswith(("CJK", "HANGUL")) for char in text)


def study_of(elements: Elements) -> StudyInfo:
    """The study a file belongs to."""
    return StudyInfo(
        uid=elements.string(Tag.STUDY_UID),
        date=parsed_date(elements.string(Tag.STUDY_DATE)),
        time=parsed_time(elements.string(Tag.STUDY_TIME)),
        accession=elements.text(Tag.ACCESSION),
        description=elements.text(Tag.STUDY_DESCRIPTION),
    )


def acquisition_of(frame: Frame) -> Acquisition:
    """How a slice was measured."""
    elements, cues = frame.elements, cues_of(frame)
    tesla = elements.number(Tag.FIELD_STRENGTH)
    return Acquisition(
        modality=cues.modality,
        manufacturer=elements.text(Tag.MANUFACTURER),
        model=elements.text(Tag.MODEL),
        field_strength_t=tesla / 10_000 if tesla and tesla > 100 else tesla,  # some state gauss
        sequence=cues.sequence_name or "/".join(cues.scanning_sequence),
        protocol=cues.protocol,
        tr_ms=cues.tr_ms,
        te_ms=cues.te_ms,
        ti_ms=cues.ti_ms,
        slice_thickness_mm=elements.number(Tag.THICKNESS),
        institution=elements.text(Tag.INSTITUTION),
    )


_ECHO_PULSES: Final = {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}


def cues_of(frame: Frame) -> SequenceCues:
    """What a slice's headers say of its weighting; enhanced and classic files alike."""
    elements = frame.elements
    sequences = elements.strings(Tag.SCANNING_SEQUENCE)
    if not sequences:
        inverted = elements.string(Tag.INVERSION_RECOVERY) == "YES"
        pulses = _ECHO_PULSES.get(elements.string(Tag.ECHO_PULSE), ())
        sequences = (*pulses, "IR") if inverted else pulses
    return SequenceCues(
        modality=elements.string(Tag.MODALITY),
        description=elements.text(Tag.SERIES_DESCRIPTION),
        protocol=elements.text(Tag.PROTOCOL),
        sequence_name=elements.text(Tag.SEQUENCE_NAME) or elements.text(Tag.PULSE_SEQUENCE),
        scanning_sequence=sequences,
        sequence_variant=elements.strings(Tag.SEQUENCE_VARIANT),
        scan_options=elements.strings(Tag.SCAN_OPTIONS),
        image_type=frame.image_type,
        acquisition_contrast=elements.string(Tag.ACQUISITION_CONTRAST),
        tr_ms=elements.number(Tag.TR),
        te_ms=frame.echo_ms,
        ti_ms=elements.number(Tag.INVERSION_TIMES) or elements.number(Tag.TI) or None,
        b_value=elements.number(Tag.B_VALUE),
        fat_suppressed="FAT" in elements.string(Tag.FAT_SUPPRESSION),
    )


def laterality_of(elements: Elements) -> Side | None:
    """Side stated by a tag; None where none or both."""
    for tag in (Tag.FRAME_LATERALITY, Tag.IMAGE_LATERALITY, Tag.LATERALITY):
        if (value := elements.string(tag)) in (Side.RIGHT.value, Side.LEFT.value):
            return Side(value)
    return None


def region_of(elements: Elements) -> str:
    """Body part examined; enhanced files name the anatomic region instead."""
    return elements.text(Tag.BODY_PART) or elements.text(Tag.REGION)


_ALWAYS_LOSSY: Final = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})
_MAYBE_LOSSY: Final = frozenset(
    {"1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"}
)


def is_lossy(elements: Elements) -> bool:
    """Whether pixels were compressed with loss, now or once before.

    A transfer syntax that allows loss counts where the file does not deny it.

    Source: DICOM PS3.3 C.7.6.1.1.5, Lossy Image Compression.
    """
    stated, syntax = elements.string(Tag.LOSSY), elements.string(Tag.TRANSFER_SYNTAX)
    return stated == "01" or syntax in _ALWAYS_LOSSY or (syntax in _MAYBE_LOSSY and stated != "00")


def is_inverted(elements: Elements) -> bool:
    """Whether the smallest stored value is white (MONOCHROME1)."""
    return elements.string(Tag.PHOTOMETRIC) == "MONOCHROME1"


_DIRECTIONS: Final = {
    "R": (-1, 0, 0), "L": (1, 0, 0),
    "A": (0, -1, 0), "P": (0, 1, 0),
    "F": (0, 0, -1), "H": (0, 0, 1),
}  # fmt: skip
_LEAST_AGREEMENT: Final = 0.3
"""Cosine between a direction's first letter and the direction; 0.58 at least where they agree."""


def contradicts_letters(frame: Frame) -> bool:
    """Whether the letters of PatientOrientation (0020,0020) contradict the direction cosines.

    Source: DICOM PS3.3 C.7.6.1.1.1.
    """
    letters = frame.elements.strings(Tag.PATIENT_ORIENTATION)
    cosines = (frame.orientation[:3], frame.orientation[3:])
    named = [
        (_DIRECTIONS[word[0]], cosine)
        for word, cosine in zip(letters, cosines, strict=False)
        if word[:1] in _DIRECTIONS
    ]
    return any(
        sum(a * b for a, b in zip(axis, cosine, strict=True)) < _LEAST_AGREEMENT
        for axis, cosine in named
    )


def window_of(elements: Elements) -> tuple[float, float] | None:
    """(centre, width) of the first window stated; none for negatives, which are turned."""
    if is_inverted(elements):
        return None
    centre, width = elements.number(Tag.WINDOW_CENTRE), elements.number(Tag.WINDOW_WIDTH)
    return (centre, width) if centre is not None and width and width > 0 else None


def rescale_of(elements: Elements) -> tuple[float, float]:
    """(slope, intercept) from stored to real values; (1, 0) where none is stated."""
    slope, intercept = elements.number(Tag.SLOPE), elements.number(Tag.INTERCEPT)
    return slope or 1.0, intercept or 0.0

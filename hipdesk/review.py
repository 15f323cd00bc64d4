"""What readers have said of an analysis: revisions, verdicts and signatures.

An analysis never changes. A reader's intervention appends a revision of one
hip; verdicts and signatures are events on a revision. Everything asked of them
is folded from the events, here and nowhere else. Pairs of results that readers
named as repeats of one unchanged hip tell a site its noise (`hipdesk.sdc`). Strokes of a
brush are acts too, undoing one of them included (`hipdesk.strokes` lays them on masks).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from hipdesk.errors import BugError
from hipdesk.records import (
    Analysis,
    BoolArray,
    HipResult,
    Origin,
    SegmentClass,
    Side,
    SliceKey,
    VisitHip,
    read_only,
)

LONGEST_NAME: Final = 64
"""Letters of a reader's name: as many as DICOM allows (PS3.5 6.2: PN, LO)."""


class Verdict(StrEnum):
    """A reader's judgement of one hip's outlines and score."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ReviewKind(StrEnum):
    """What a reader did."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REOPENED = "reopened"
    SIGNED = "signed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Review:
    """One act of a reader on one revision of one hip; appended, never changed.

    Attributes
    ----------
    revision : number of the revision; 0 is the analysis itself
    note : the reader's reason, where one was given
    """

    side: Side
    revision: int
    kind: ReviewKind
    reader: str = field(repr=False)
    at_utc: datetime
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """One hip after a reader's intervention.

    Attributes
    ----------
    number : 1 and up within the analysis, over both sides
    hip : the whole result of that side, with its own masks and score
    """

    number: int
    origin: Origin
    created_utc: datetime
    reader: str = field(repr=False)
    hip: HipResult


@dataclass(frozen=True, slots=True)
class Standing:
    """How one revision of one hip stands.

    Attributes
    ----------
    verdict : None while nobody has judged it
    signature : the signing that stands; None before, and after a withdrawal
    """

    verdict: Verdict | None = None
    signature: Review | None = None

    @property
    def signed(self) -> bool:
        """Whether a signature stands."""
        return self.signature is not None

    def allows(self, kind: ReviewKind) -> bool:
        """Whether a reader may do this now.

        Only what is judged is signed, and what is signed stays as it is until
        its signature is withdrawn.
        """
        match kind:
            case ReviewKind.ACCEPTED | ReviewKind.REJECTED:
                return not self.signed
            case ReviewKind.REOPENED | ReviewKind.SIGNED:
                return self.verdict is not None and not self.signed
            case ReviewKind.WITHDRAWN:
                return self.signed


def standing_of(reviews: Iterable[Review], side: Side, revision: int) -> Standing:
    """Fold the events on one revision of one hip, in their order.

    An event that was not allowed when it was made changes nothing.
    """
    standing = Standing()
    for review in reviews:
        if (review.side, review.revision) == (side, revision):
            standing = _after(standing, review)
    return standing


def _after(standing: Standing, review: Review) -> Standing:
    if not standing.allows(review.kind):
        return standing
    match review.kind:
        case ReviewKind.ACCEPTED | ReviewKind.REJECTED:
            return replace(standing, verdict=Verdict(review.kind.value))
        case ReviewKind.REOPENED:
            return Standing()
        case ReviewKind.SIGNED:
            return replace(standing, signature=review)
        case ReviewKind.WITHDRAWN:
            return replace(standing, signature=None)


@dataclass(frozen=True, slots=True, eq=False)
class Reviewed:
    """An analysis with everything readers have added to it.

    Attributes
    ----------
    revisions : by number
    reviews : in the order in which they were made
    impression : the reader's own words for the report
    """

    analysis: Analysis
    revisions: tuple[Revision, ...] = ()
    reviews: tuple[Review, ...] = ()
    impression: str = field(default="", repr=False)

    def numbers(self, side: Side) -> tuple[int, ...]:
        """Revision numbers of one hip, oldest first; 0 is the analysis itself."""
        return 0, *(each.number for each in self.revisions if each.hip.side is side)

    def working(self, side: Side) -> int:
        """Number of the newest revision of one hip: what a reader looks at."""
        return self.numbers(side)[-1]

    def hip_at(self, side: Side, revision: int) -> HipResult:
        """One hip as a revision has it."""
        if revision == 0:
            return self.analysis.hip(side)
        for each in self.revisions:
            if each.number == revision and each.hip.side is side:
                return each.hip
        raise BugError("there is no such revision of this hip")

    def origin(self, side: Side) -> Origin:
        """Who drew the newest masks of one hip."""
        number = self.working(side)
        drawn = (each.origin for each in self.revisions if each.number == number)
        return next(drawn, self.analysis.origin)

    def standing(self, side: Side) -> Standing:
        """How the newest revision of one hip stands."""
        return standing_of(self.reviews, side, self.working(side))

    def current(self, side: Side) -> int | None:
        """Revision whose result counts: signed, else newest judged, else newest.

        None where that one was rejected.
        """
        return current_revision(self.reviews, side, self.numbers(side))

    @property
    def sides(self) -> tuple[Side, ...]:
        """Hips that have a result to be judged."""
        every = (hip.side for hip in self.analysis.hips)
        return tuple(
            side for side in every if self.hip_at(side, self.working(side)).segmentation is not None
        )

    @property
    def judged(self) -> bool:
        """Whether every hip with a result has a verdict."""
        return bool(self.sides) and all(self.standing(side).verdict for side in self.sides)

    @property
    def signed(self) -> bool:
        """Whether every hip with a result is signed."""
        return bool(self.sides) and all(self.standing(side).signed for side in self.sides)

    @property
    def signatures(self) -> tuple[Review, ...]:
        """The signatures that stand, right first."""
        found = (self.standing(side).signature for side in self.sides)
        return tuple(signature for signature in found if signature is not None)


def current_revision(reviews: Iterable[Review], side: Side, numbers: Iterable[int]) -> int | None:
    """Revision of a hip whose result counts: signed, else newest judged, else newest.

    A revision that nobody has judged changes nothing while an older one was
    judged: an accepted result stays until a newer one is accepted, and a
    rejected hip has none until then.

    Parameters
    ----------
    numbers : the hip's revisions, oldest first

    Returns
    -------
    None where the revision that counts was rejected
    """
    events = tuple(reviews)
    newest_first = sorted(numbers, reverse=True)
    stands = {number: standing_of(events, side, number) for number in newest_first}
    signed = [number for number in newest_first if stands[number].signed]
    judged = [number for number in newest_first if stands[number].verdict is not None]
    chosen = (signed or judged or newest_first)[0]
    return None if stands[chosen].verdict is Verdict.REJECTED else chosen


PAINTABLE: Final = (
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
    SegmentClass.FEMORAL_HEAD,
)
"""Classes that a reader may paint and erase: the two lesions, and what their share is taken of."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Pixels of one slice that a reader painted or erased, on the series' native grid.

    Attributes
    ----------
    name : one of `PAINTABLE`
    key, index : the slice, by its identity and by its 0-based place in the series
    start : (row, column) of the first pixel of ``bits``
    bits : bool (rows, columns); True where the brush was
    erases : the pixels are taken out of the class
    """

    name: SegmentClass
    key: SliceKey = field(repr=False)
    index: int
    start: tuple[int, int]
    bits: BoolArray
    erases: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits", read_only(self.bits))

    @property
    def stop(self) -> tuple[int, int]:
        """(row, column) after the last pixel."""
        return self.start[0] + self.bits.shape[0], self.start[1] + self.bits.shape[1]


class BrushAct(StrEnum):
    """What a reader did with the brush."""

    PAINTED = "painted"
    ERASED = "erased"
    UNDONE = "undone"
    REDONE = "redone"
    DISCARDED = "discarded"
    FINISHED = "finished"


LAST_ACTS: Final = frozenset({BrushAct.DISCARDED, BrushAct.FINISHED})
"""After these nothing is open any more."""


@dataclass(frozen=True, slots=True, eq=False)
class BrushEntry:
    """One act with the brush on one hip; appended, never changed.

    Attributes
    ----------
    number : 1 and up within the analysis, over both sides
    base : number of the revision that is painted on
    stroke : of what was painted or erased; None of every other act
    made : number of the revision that the strokes became; None but where finished
    """

    number: int
    side: Side
    base: int
    act: BrushAct
    reader: str = field(repr=False)
    at_utc: datetime
    stroke: Stroke | None = None
    made: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Strokes on one revision of a hip as its journal leaves them.

    Attributes
    ----------
    standing : those that count, oldest first
    undone : those taken back that can be done again, the last one taken back last
    """

    standing: tuple[Stroke, ...] = ()
    undone: tuple[Stroke, ...] = ()

    def after(self, act: BrushAct, stroke: Stroke | None = None) -> Strokes:
        """The strokes after one more act; one that is not possible changes nothing."""
        match act:
            case BrushAct.PAINTED | BrushAct.ERASED:
                return self if stroke is None else Strokes((*self.standing, stroke))
            case BrushAct.UNDONE:
                return Strokes(self.standing[:-1], (*self.undone, *self.standing[-1:]))
            case BrushAct.REDONE:
                return Strokes((*self.standing, *self.undone[-1:]), self.undone[:-1])
            case BrushAct.DISCARDED | BrushAct.FINISHED:
                return Strokes()


def open_entries(entries: Iterable[BrushEntry], side: Side) -> tuple[BrushEntry, ...]:
    """Of a journal, what is neither finished nor discarded on one hip, in its order."""
    found: list[BrushEntry] = []
    for entry in entries:
        if entry.side is side:
            found = [] if entry.act in LAST_ACTS else [*found, entry]
    return tuple(found)


def strokes_of(entries: Iterable[BrushEntry]) -> Strokes:
    """Fold the acts on one hip, in their order."""
    strokes = Strokes()
    for entry in entries:
        strokes = strokes.after(entry.act, entry.stroke)
    return strokes


class PairKind(StrEnum):
    """What was repeated."""

    SCAN_RESCAN = "scan_rescan"
    READER_REEDIT = "reader_reedit"


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One of two measurements of a hip.

    Attributes
    ----------
    pixel_sha256 : of the series that was measured
    masks_sha256 : of its masks, as `hipdesk.sdc.masks_sha256` gives it
    """

    hip: VisitHip
    pixel_sha256: str = field(repr=False)
    masks_sha256: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class RepeatPair:
    """Two measurements of one unchanged hip, in the order in which they were made."""

    kind: PairKind
    first: Take
    second: Take

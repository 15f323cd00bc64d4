"""Whether a hip is the one it is taken for: one rule for all that show, compare or sign it.

A result may be the other hip's where the images name that one, where a lone head was
found beyond the scanner's middle, or where a reader put the head on the other side
of the body. The first two are doubts, which a hip's reader settles by placing its head
(who places it, says which side it is), by rejecting the hip, or by accepting it with
a note. The last is a mistake, settled only by placing the head anew or by rejecting
its own hip.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hipdesk.locating import DISTANCE_MM
from hipdesk.records import Affine, HipResult, Reason, Series, Side
from hipdesk.review import Review, ReviewKind
from hipdesk.series_choice import BOTH_HIPS_FIELD_MM
from hipdesk.series_words import StatedSide, stated_sides

ASTRAY_MM: Final = 40.0
"""How far beyond the scanner's middle a lone hip of the other side lies. Heads are 80-100 mm
off the body's midline, so the patient would lie this and that off centre: more than a bore
allows."""

MIDLINE_MM: Final = DISTANCE_MM[0] / 2
"""The body's midline lies at least this far from a head: half the least distance of two."""

BEYOND_MM: Final = 20.0
"""How far beyond the middle of a picture of both hips a placed head is surely the other
side's: heads lie 80-100 mm off the midline, and patients a few centimetres off centre
(our choice)."""


@dataclass(frozen=True, slots=True)
class SideEvidence:
    """What a series says of the sides of its hips, beside where their heads are.

    Attributes
    ----------
    stated : every part of the header that names just one side
    middle_mm : LPS x of the middle of a picture of both hips; None for one of a single hip
    """

    stated: tuple[StatedSide, ...]
    middle_mm: float | None


def side_evidence(series: Series) -> SideEvidence:
    """What one series says."""
    return SideEvidence(stated_sides(series), middle_mm(series.affine, series.shape))


@dataclass(frozen=True, slots=True)
class SideDoubts:
    """Hips of one analysis that may be the other one.

    Attributes
    ----------
    misplaced : a reader put their head on the other side of the body
    doubted : something in the images or their place says so
    settled : hips of which their reader said which side they are
    """

    misplaced: frozenset[Side]
    doubted: frozenset[Side]
    settled: frozenset[Side]

    @property
    def open(self) -> frozenset[Side]:
        """Hips that nobody may compare or sign as they are."""
        return self.misplaced | (self.doubted - self.settled)


def side_doubts(
    evidence: SideEvidence,
    standing: Sequence[tuple[int, HipResult]],
    located: Sequence[HipResult],
    reviews: Sequence[Review],
) -> SideDoubts:
    """What is to be said of the sides of an analysis' hips.

    Parameters
    ----------
    standing : each hip as it stands, with its revision's number
    located : the hips as the models found them
    """
    hips = tuple(hip for _, hip in standing)
    return SideDoubts(
        misplaced=misplaced_sides(evidence, hips, located),
        doubted=doubted_sides(evidence, hips),
        settled=frozenset(hip.side for n, hip in standing if side_settled(reviews, hip, n)),
    )


def side_settled(reviews: Iterable[Review], hip: HipResult, revision: int) -> bool:
    """Whether a reader placed a hip's head, rejected the hip or accepted it with a note."""
    if hip.head.placed:
        return True
    verdicts = (ReviewKind.ACCEPTED, ReviewKind.REJECTED, ReviewKind.REOPENED)
    said = [
        each
        for each in reviews
        if (each.side, each.revision) == (hip.side, revision) and each.kind in verdicts
    ]
    return bool(said) and (said[-1].kind is ReviewKind.REJECTED or bool(said[-1].note.strip()))


def doubted_sides(evidence: SideEvidence, hips: Sequence[HipResult]) -> frozenset[Side]:
    """Found hips that something in the file or their place says is the other one.

    What speaks of the series doubts every hip but the one it names; what speaks
    of the whole study only a lone hip of the other side; a place beyond the
    scanner's middle the lone hip that lies there.
    """
    found, stated = frozenset(hip.side for hip in hips if in_use(hip)), evidence.stated
    doubted = {side for each in stated if each.of_series for side in found - {each.side}}
    doubted |= {each.side.other for each in stated if found == {each.side.other}}
    return frozenset(doubted) | frozenset(hip.side for hip in astray(hips))


def misplaced_sides(
    evidence: SideEvidence, hips: Sequence[HipResult], located: Sequence[HipResult] = ()
) -> frozenset[Side]:
    """Hips in use whose head a reader put on the other side of the body.

    A head is held against the other one: as it stands, else as it was located,
    unless that was in doubt itself. Where none is known, the middle of a picture
    of both hips decides, at last a rejected head. A head that was located and
    then carried over the body's midline is misplaced whatever the other does.

    Parameters
    ----------
    located : the hips as the models found them
    """
    placed = [hip for hip in hips if in_use(hip) and hip.head.placed]
    return frozenset(
        hip.side
        for hip in placed
        if _excess_mm(hip, evidence, hips, located) > 0 or _was_carried(hip, evidence, located)
    )


def _outward(side: Side, x: float) -> float:
    """A lateral place, growing towards the patient's own side."""
    return x if side is Side.LEFT else -x


def _excess_mm(
    hip: HipResult,
    evidence: SideEvidence,
    hips: Sequence[HipResult],
    located: Sequence[HipResult],
) -> float:
    """How far a head lies beyond where its side ends; negative on its own side."""
    own = _outward(hip.side, across_mm(hip))
    other = _other_head(hip.side, evidence, hips, located)
    middle = evidence.middle_mm
    if other is not None and (in_use(other) or not other.head.placed or middle is None):
        return MIDLINE_MM - own + _outward(hip.side, across_mm(other))
    return -own + _outward(hip.side, middle) - BEYOND_MM if middle is not None else -MIDLINE_MM


def _other_head(
    side: Side,
    evidence: SideEvidence,
    hips: Sequence[HipResult],
    located: Sequence[HipResult],
) -> HipResult | None:
    """The best known place of the other head: in use, as located, or as rejected."""
    doubted = side.other in doubted_sides(evidence, located)
    known = [
        hip
        for hip in (*hips, *(() if doubted else located))
        if hip.side is side.other and hip.head.found
        if not doubted or in_use(hip) or hip.head.placed
    ]
    return min(known, key=lambda hip: not in_use(hip), default=None)


def _was_carried(hip: HipResult, evidence: SideEvidence, located: Sequence[HipResult]) -> bool:
    """Whether a reader moved a located head over the midline to the other side."""
    before = next((each for each in located if each.side is hip.side and each.head.found), None)
    if before is None or before.head.placed:
        return False
    here, there = (_outward(hip.side, across_mm(each)) for each in (hip, before))
    middle = _outward(hip.side, evidence.middle_mm or 0.0)
    return there - here > MIDLINE_MM and here < middle


def middle_mm(affine: Affine, shape: tuple[int, int, int]) -> float | None:
    """How far left the middle of a picture of both hips lies; None for one of a single hip.

    Parameters
    ----------
    affine, shape : of the series, (slices, rows, columns)
    """
    *steps, first = affine[0].tolist()
    _, down, along = (abs(step) * size for step, size in zip(steps, shape, strict=True))
    if max(down, along) < BOTH_HIPS_FIELD_MM:
        return None
    half = (step * (size - 1) / 2 for step, size in zip(steps, shape, strict=True))
    return float(first + sum(half))


def astray(hips: Sequence[HipResult]) -> tuple[HipResult, ...]:
    """A lone head that the locator found well beyond the scanner's middle."""
    found = [hip for hip in hips if in_use(hip)]
    if len(found) != 1 or found[0].head.placed:
        return ()
    return tuple(hip for hip in found if _outward(hip.side, across_mm(hip)) < -ASTRAY_MM)


def across_mm(hip: HipResult) -> float:
    """How far left of the scanner's middle a head lies."""
    return 0.0 if hip.head.centre_lps_mm is None else hip.head.centre_lps_mm[0]


def in_use(hip: HipResult) -> bool:
    """Whether a hip's head was found and no reader rejected it."""
    return hip.head.found and hip.reason is not Reason.REJECTED_BY_READER

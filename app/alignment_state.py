"""What the follow-up shows of one hip laid on itself between two visits. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipdesk.hip_alignment import Hand, HipAlignment
from hipdesk.records import SegmentClass

SHOWN_ML: Final = 0.05
"""Less that is not compared is not told: it would be written as 0.0 mL."""


STEP_MM: Final = 0.5
STEP_DEG: Final = 0.5
"""By how much one press moves or turns an outline."""


@dataclass(frozen=True, slots=True)
class AdjustingShown:
    """A bone under the reader's hand.

    Attributes
    ----------
    hand : where the outline is wanted
    median_mm, p95_mm : residual where it was measured last; None where it cannot be
    reason : why it must not be used there; empty where it may
    ready : it was measured at all
    keepable : it is measured where it is wanted, differs from what is kept, and may be used
    keeping : the library is keeping it
    named : it is known in whose name it would be kept
    """

    bone: SegmentClass
    hand: Hand
    median_mm: float | None = None
    p95_mm: float | None = None
    reason: str = ""
    ready: bool = False
    keepable: bool = False
    keeping: bool = False
    named: bool = True


@dataclass(frozen=True, slots=True)
class AlignmentShown:
    """What is known of the pair on screen, and what may be asked for.

    Attributes
    ----------
    alignment : the newest; None where the pair was never aligned
    current : it is of the results that count now, by this version of the program
    barred : the two may not be compared and nobody asked for it all the same
    running : fraction of the work that is done; None where nothing is being aligned
    step : what is being done, in words of the core
    ghost : the earlier visit's outlines are wanted on the later one's pictures; None where
        both visits are not at hand, or their results are not those that were aligned, and
        while one is adjusted
    adjusting : the bone under the reader's hand; None where nothing is adjusted
    """

    alignment: HipAlignment | None = None
    current: bool = False
    barred: bool = False
    running: float | None = None
    step: str = ""
    ghost: bool | None = None
    adjusting: AdjustingShown | None = None

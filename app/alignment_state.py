"""What the follow-up shows of one hip laid on itself between two visits. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipdesk.hip_alignment import HipAlignment

SHOWN_ML: Final = 0.05
"""Less that is not compared is not told: it would be written as 0.0 mL."""


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
        both visits are not at hand, or their results are not those that were aligned
    """

    alignment: HipAlignment | None = None
    current: bool = False
    barred: bool = False
    running: float | None = None
    step: str = ""
    ghost: bool | None = None

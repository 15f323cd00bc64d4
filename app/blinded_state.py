"""What the page of blinded reading shows. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from hipdesk.display import SlicePicture
from hipdesk.overlay import Window
from hipdesk.records import Side


@dataclass(frozen=True, slots=True, eq=False)
class BlindedShown:
    """One visit, of which the reader learns no more than its letter.

    Attributes
    ----------
    label : its letter, which follows the order drawn by lot
    place, of : 1-based place in that order, and how many there are
    sides : hips of the visit that can be read
    read : hips that the reader has read in this sitting
    picture : None while the images are read, or with ``reason``
    """

    label: str
    place: int
    of: int
    side: Side
    sides: tuple[Side, ...]
    read: frozenset[Side]
    picture: SlicePicture | None = None
    window: Window = (0.5, 1.0)
    limits: tuple[float, float] = (0.0, 1.0)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unblinded:
    """A visit once everything is read: which it was, and what was read of it.

    Attributes
    ----------
    whose : the patient's name, where there were several
    totals : per hip; None where a compartment was not read
    """

    label: str
    day: date | None = field(repr=False)
    whose: str = field(repr=False)
    totals: tuple[tuple[Side, int | None], ...] = field(repr=False)

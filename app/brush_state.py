"""The brush on screen: frozen facts, like those of `app.state`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipdesk.records import SegmentClass
from hipdesk.review import PAINTABLE

RADII_MM: Final = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0)
"""Sizes of the brush, each a step of a key or button."""

PicturePoint = tuple[float, float]
"""(x, y) on an upright picture, as in `hipdesk.display`."""


@dataclass(frozen=True, slots=True)
class Brush:
    """What the brush would do.

    Attributes
    ----------
    name : the class that it paints or erases
    radius_mm : one of `RADII_MM`
    erases : it takes away, without a key held
    """

    name: SegmentClass = SegmentClass.BME
    radius_mm: float = 3.0
    erases: bool = False


@dataclass(frozen=True, slots=True)
class FreshStroke:
    """A stroke that is not in the outlines on screen yet.

    Attributes
    ----------
    index : 0-based slice
    path : picture points, in the order of the hand; at least one
    """

    index: int
    path: tuple[PicturePoint, ...]
    brush: Brush


@dataclass(frozen=True, slots=True)
class Painting:
    """The brush, and what was done with it.

    Attributes
    ----------
    classes : that can be painted on the series on screen
    open : strokes that stand and are in no revision yet, over the whole exam
    fresh : of the series on screen, those that the outlines do not show yet
    ending : they are being finished or discarded
    named : it is known in whose name they would be finished
    """

    brush: Brush = Brush()
    classes: tuple[SegmentClass, ...] = PAINTABLE
    open: int = 0
    fresh: tuple[FreshStroke, ...] = ()
    ending: bool = False
    named: bool = True

"""HIMRISS as readers count it: totals per hip, entered by hand.

Coronal STIR, yes or no per subregion (ACR 2012, abstract 1033). Only totals
are kept: the overlay of subregions and its thresholds (Maksymowych 2014,
Jaremko 2016) are no part of the program. Readings are appended, never changed;
several readers may read a hip, and each may read it again. A hip without
disease does not read as zero but about 14 (Man 2021).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hipdesk.errors import BugError, RefusedValue
from hipdesk.records import Side


class Compartment(StrEnum):
    """What is counted apart."""

    FEMORAL = "femoral_bml"
    ACETABULAR = "acetabular_bml"
    EFFUSION = "effusion_synovitis"

    @property
    def words(self) -> str:
        """For sentences."""
        return _WORDS[self]


_WORDS: Final[Mapping[Compartment, str]] = MappingProxyType(
    {
        Compartment.FEMORAL: "femoral bone marrow lesion",
        Compartment.ACETABULAR: "acetabular bone marrow lesion",
        Compartment.EFFUSION: "effusion and synovitis",
    }
)

HIGHEST: Final[Mapping[Compartment, int]] = MappingProxyType(
    {Compartment.FEMORAL: 65, Compartment.ACETABULAR: 35, Compartment.EFFUSION: 30}
)
"""Most that each compartment of a hip can reach (ACR 2012, abstract 1033)."""

HIGHEST_TOTAL: Final = sum(HIGHEST.values())
"""Of a hip: our sum of its compartments."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's HIMRISS of one hip at one visit.

    Attributes
    ----------
    reader : who read
    number : 1 for the reader's first reading of this hip and visit, 2 for the next
    blinded_to_order : whether the reader did not know which visit came first
    femoral, acetabular, effusion : totals; None is not read

    Raises
    ------
    RefusedValue
        No reader, nothing read, a total outside its range, or one with decimals.
    """

    visit_uid: str
    side: Side
    reader: str = field(repr=False)
    number: int
    read_utc: datetime
    blinded_to_order: bool
    femoral: int | None = field(default=None, repr=False)
    acetabular: int | None = field(default=None, repr=False)
    effusion: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.reader.strip():
            raise RefusedValue("A HIMRISS reading must name its reader.")
        if self.number < 1:
            raise BugError("readings are numbered from 1")
        if all(total is None for total in self.totals.values()):
            raise RefusedValue("A HIMRISS reading must hold at least one total.")
        for compartment, total in self.totals.items():
            _require(compartment, total)

    @property
    def totals(self) -> Mapping[Compartment, int | None]:
        """The total of each compartment."""
        return {
            Compartment.FEMORAL: self.femoral,
            Compartment.ACETABULAR: self.acetabular,
            Compartment.EFFUSION: self.effusion,
        }

    @property
    def missing(self) -> tuple[Compartment, ...]:
        """Compartments that were not read."""
        return tuple(name for name, total in self.totals.items() if total is None)

    @property
    def total(self) -> int | None:
        """Of the hip, 0-130; None unless every compartment was read."""
        read = [total for total in self.totals.values() if total is not None]
        return None if self.missing else sum(read)


@dataclass(frozen=True, slots=True)
class BlindedVisit:
    """A visit under a label that does not tell its place in time."""

    label: str
    visit_uid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BlindedOrder:
    """The lot of one sitting; seed and visits give the same order and labels again.

    Attributes
    ----------
    visit_uids : of all visits of the sitting, sorted
    """

    seed: int
    visit_uids: tuple[str, ...] = field(repr=False)

    @property
    def visits(self) -> tuple[BlindedVisit, ...]:
        """In the order in which they are shown."""
        return blinded_visits(self.visit_uids, self.seed)


def drawn(visit_uids: Iterable[str], seed: int) -> BlindedOrder:
    """The order of a sitting."""
    return BlindedOrder(seed, tuple(sorted(set(visit_uids))))


def next_number(readings: Iterable[Reading], visit_uid: str, side: Side, reader: str) -> int:
    """Number of a reader's next reading of a hip at a visit."""
    wanted = (visit_uid, side, _name(reader))
    return 1 + max((each.number for each in readings if _whose(each) == wanted), default=0)


def with_reading(readings: Sequence[Reading], new: Reading) -> tuple[Reading, ...]:
    """Append a reading; nothing that was read before is replaced.

    Raises
    ------
    RefusedValue
        Another one has the same hip, visit, reader and number, or the number leaves a gap.
    """
    expected = next_number(readings, new.visit_uid, new.side, new.reader)
    if new.number < expected:
        raise RefusedValue(
            f"This reader has read this hip of this visit before; the next reading is {expected}."
        )
    if new.number > expected:
        raise RefusedValue(
            f"This reader's reading {expected} of this hip and visit must be entered first."
        )
    return *readings, new


def standing(states: Iterable[Reading]) -> tuple[Reading, ...]:
    """The newest state of each reading, in the order of their first ones.

    Parameters
    ----------
    states : oldest first; a later one of the same visit, hip, reader and number corrects
    """
    found: dict[tuple[tuple[str, Side, str], int], Reading] = {}
    for each in states:
        found[_whose(each), each.number] = each
    return tuple(found.values())


def by_reader(readings: Iterable[Reading]) -> dict[str, tuple[Reading, ...]]:
    """Readings of each reader, however the name is spaced or cased, in their order."""
    found: dict[str, tuple[Reading, ...]] = {}
    for each in readings:
        found[_name(each.reader)] = (*found.get(_name(each.reader), ()), each)
    return found


def blinded_visits(visit_uids: Iterable[str], seed: int) -> tuple[BlindedVisit, ...]:
    """Visits in an order drawn by lot, with labels that follow that order.

    Parameters
    ----------
    visit_uids : in any order, which changes nothing
    seed : of the lot; keep it with the session, so that labels can be resolved
    """
    drawn = sorted(set(visit_uids))
    random.Random(seed).shuffle(drawn)
    return tuple(BlindedVisit(_label(place), uid) for place, uid in enumerate(drawn))


def _label(place: int) -> str:
    """A, B ... Z, AA, AB ...: letters, since figures look like an order in time."""
    high, low = divmod(place, 26)
    return (_label(high - 1) if high else "") + chr(ord("A") + low)


def _require(compartment: Compartment, total: int | None) -> None:
    if total is None:
        return
    highest = HIGHEST[compartment]
    if isinstance(total, bool) or total != int(total) or not 0 <= total <= highest:
        raise RefusedValue(
            f"The {compartment.words} total of a hip must be a whole number from 0 to {highest}."
        )


def _name(reader: str) -> str:
    """A reader's name however it is spaced or cased."""
    return " ".join(reader.casefold().split())


def _whose(reading: Reading) -> tuple[str, Side, str]:
    return reading.visit_uid, reading.side, _name(reading.reader)

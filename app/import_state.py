"""What the page of a table to be imported shows. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hipdesk.clinical_columns import TableKind
from hipdesk.clinical_entries import Problem


class Stage(StrEnum):
    """How far a table is."""

    READING = "reading"
    REFUSED = "refused"
    TRIED = "tried"
    KEEPING = "keeping"


@dataclass(frozen=True, slots=True)
class TableShown:
    """A table and what came of trying it out.

    Attributes
    ----------
    name : of the file
    done : share of the trial, 0-1
    fault : why it was refused, or why nothing was imported; empty where nothing went wrong
    lines : with anything on them, without the header
    fresh : lines without a problem that would add something
    unchanged : lines that say what the library holds already
    faulty : lines with problems
    usable : False where the header itself rules every line out
    skip : lines with problems are to be left out
    reader : in whose name lines are kept; empty while it is not stated
    """

    name: str = field(repr=False)
    stage: Stage
    done: float = 0.0
    fault: str = field(default="", repr=False)
    kind: TableKind = TableKind.VISITS
    encoding: str = ""
    lines: int = 0
    fresh: int = 0
    unchanged: int = 0
    faulty: int = 0
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    usable: bool = False
    skip: bool = False
    reader: str = field(default="", repr=False)

    @property
    def skippable(self) -> bool:
        """Whether leaving out lines with problems would leave something to be imported."""
        return self.usable and bool(self.problems) and self.fresh > 0

    @property
    def importable(self) -> int:
        """How many lines would be imported now: all or none, unless some are left out."""
        sound = self.usable and (self.skip or not self.problems)
        return self.fresh if sound and self.stage is Stage.TRIED else 0

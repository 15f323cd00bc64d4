"""What controllers are given to work with: ports and plain functions, no adapter named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from app.background import Jobs
from app.messages import Messages
from hipdesk.ports import (
    Cancelled,
    Progress,
    ProtocolChoices,
    StudyReader,
    TestedNetwork,
    VisitStore,
    never_cancelled,
)
from hipdesk.report import Report
from hipdesk.settings import Settings

if TYPE_CHECKING:
    from hipdesk.alignment import Registrar
    from hipdesk.clinical_entries import KnownPatient, ReadingEntry, TreatmentEntry, VisitEntry


class Library(Protocol):
    """The patient library, which may be out of reach."""

    @property
    def store(self) -> VisitStore | None:
        """None while it cannot be used."""
        ...

    @property
    def choices(self) -> ProtocolChoices | None:
        """What readers chose for scanners' protocols; None while it cannot be used."""
        ...

    @property
    def tables(self) -> Tables | None:
        """What imports tables into it; None while it cannot be used."""
        ...

    @property
    def problem(self) -> str | None:
        """Why it cannot be used, in one sentence."""
        ...

    @property
    def damaged(self) -> bool:
        """Whether the problem is one that a repair may end."""
        ...

    @property
    def keeping(self) -> Keeping:
        """Safe keeping of what it is made of."""
        ...

    def lend(self) -> None:
        """Have it out of reach until `retry`, so that it can be repaired or replaced."""
        ...

    def retry(self) -> None:
        """Try again to open it; raises nothing."""
        ...


class Tables(Protocol):
    """Keeps the lines of tables, all or nothing; every method belongs to a job.

    All raise StoreError; those that write have then kept nothing.
    """

    def known_patients(self) -> tuple[KnownPatient, ...]:
        """Every patient, as a trial of a table needs to know them."""
        ...

    def import_visits(self, entries: Sequence[VisitEntry], reader: str) -> int:
        """Keep clinical facts; how many visits without images were begun for them."""
        ...

    def import_treatments(self, entries: Sequence[TreatmentEntry], reader: str) -> None:
        """Keep treatments."""
        ...

    def import_readings(self, entries: Sequence[ReadingEntry]) -> None:
        """Keep HIMRISS readings, each in its own reader's name."""
        ...


class MadeBackup(Protocol):
    """What a backup holds."""

    @property
    def created_utc(self) -> datetime:
        """When it was made."""
        ...

    @property
    def images(self) -> int:
        """Number of image files."""
        ...

    @property
    def lacking(self) -> int:
        """Image files that the library itself lacked or had damaged."""
        ...

    @property
    def problem(self) -> str:
        """What was wrong with the record of changes; empty where nothing was."""
        ...


class Condition(Protocol):
    """What was found in a library."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        ...

    @property
    def database_sound(self) -> bool:
        """Whether its pages, indexes and references are."""
        ...

    @property
    def audit_entries(self) -> int | None:
        """Length of the record of changes; None where it could not be verified."""
        ...

    @property
    def audit_problem(self) -> str:
        """What is wrong with that record."""
        ...

    @property
    def images(self) -> int:
        """Number of image files."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """Those that are not there."""
        ...

    @property
    def damaged(self) -> tuple[str, ...]:
        """Those that are not what was stored."""
        ...


class Repaired(Protocol):
    """What a repair did."""

    @property
    def after(self) -> Condition:
        """As it left the library."""
        ...

    @property
    def quarantine(self) -> Path | None:
        """Where the damaged parts lie; None where there were none."""
        ...


class Keeping(Protocol):
    """Safe keeping of the library; everything belongs to a job, and raises `StoreError`.

    `repair` and `restore` need it lent before.
    """

    def back_up(self, target: Path, progress: Progress, cancelled: Cancelled) -> MadeBackup:
        """Write it into one verified file, in place of one that is there."""
        ...

    def check(self, progress: Progress, cancelled: Cancelled) -> Condition:
        """Read it through."""
        ...

    def repair(self, progress: Progress, cancelled: Cancelled) -> Repaired:
        """Put what is damaged into quarantine; delete nothing."""
        ...

    def look_through(self, backup: Path, cancelled: Cancelled) -> MadeBackup:
        """Read a backup through and compare it with its hashes."""
        ...

    def restore(self, backup: Path, progress: Progress, cancelled: Cancelled) -> Path | None:
        """Put a backup in its place; where the one that was there lies now."""
        ...


class OpenedFolders(Protocol):
    """What is remembered of folders that were opened, so that they open at once."""

    def remember(self, on: bool) -> None:
        """Remember from now on, or not; what was remembered is then forgotten, too."""
        ...

    def forget(self) -> None:
        """Forget all of it."""
        ...


class Networks(Protocol):
    """The models; loaded when first asked for, in the job thread."""

    def __call__(
        self, cancelled: Cancelled = never_cancelled
    ) -> tuple[TestedNetwork, TestedNetwork]:
        """Locator and segmenter, on the provider of the settings.

        Raises
        ------
        ModelError
            A model is missing or altered.
        Cancelled
            The user asked to stop while CUDA was tried.
        """
        ...


class Keeper(Protocol):
    """What is remembered between starts, beside the library."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        ...

    def keep(self, settings: Settings) -> None:
        """Remember new settings."""
        ...

    def charset_of(self, paths: Sequence[Path]) -> str:
        """The character set that the reader chose for these; empty for what the files state."""
        ...

    def keep_charset(self, paths: Sequence[Path], charset: str) -> None:
        """Use a character set whenever these are opened again."""
        ...

    def begin(self, paths: tuple[Path, ...]) -> None:
        """An analysis of these begins; if the program ends now, it is offered again."""
        ...

    def end(self) -> None:
        """It ended, one way or another."""
        ...

    def interrupted(self) -> tuple[Path, ...]:
        """What an earlier run of the program had begun and not ended."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything outside the controllers.

    Attributes
    ----------
    pdf : pages of a report as a PDF file's bytes
    rasterise : those bytes at a resolution in dots per inch, as RGB pictures
    write_file : bytes to a place the user chose, all or nothing (OutputError)
    read_table : the bytes of a table to be imported (UnreadableInput)
    now : local time with its zone
    register : lays a later visit's bone on the earlier one
    """

    reader: StudyReader
    opened: OpenedFolders
    library: Library
    networks: Networks
    jobs: Jobs
    messages: Messages
    keeper: Keeper
    pdf: Callable[[Report], bytes]
    rasterise: Callable[[bytes, float], tuple[NDArray[np.uint8], ...]]
    write_file: Callable[[Path, bytes], None]
    read_table: Callable[[Path], bytes]
    now: Callable[[], datetime]
    register: Registrar

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
    def problem(self) -> str | None:
        """Why it cannot be used, in one sentence."""
        ...

    def retry(self) -> None:
        """Try again to open it; raises nothing."""
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
    now: Callable[[], datetime]
    register: Registrar

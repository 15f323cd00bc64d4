"""What the core asks of the outside world, in its own vocabulary.

Adapters implement these; tests implement them as fakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hipdesk.manifest import Manifest
from hipdesk.records import (
    Analysis,
    Compute,
    ModelRef,
    Patient,
    Scan,
    Series,
    Visit,
    Volume,
)

Progress = Callable[[float, str], None]
"""Called with the fraction done (0-1) and what is being done."""

Cancelled = Callable[[], bool]
"""Whether the user has asked to stop; checked between steps."""


def no_progress(fraction: float, what: str) -> None:
    """Ignore progress."""


def never_cancelled() -> bool:
    """Never stop."""
    return False


class StudyReader(Protocol):
    """Opens folders of images."""

    def scan(
        self,
        root: Path,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Scan:
        """Find every series below ``root``, headers only.

        Raises
        ------
        UnreadableInput
            The folder is missing or holds no readable image.
        Cancelled
            The user asked to stop.
        """
        ...

    def read(self, series: Series) -> Volume:
        """Decode one series' pixels, rescaled.

        Raises
        ------
        DamagedImage
            A slice cannot be decoded.
        """
        ...


class Network(Protocol):
    """A loaded model that turns input arrays into probabilities."""

    @property
    def manifest(self) -> Manifest:
        """What the model expects and gives."""
        ...

    @property
    def reference(self) -> ModelRef:
        """Name, version and hash, for the record."""
        ...

    @property
    def compute(self) -> Compute:
        """Where it runs, as read back from the session."""
        ...

    def run(
        self,
        inputs: Mapping[str, NDArray[np.float32]],
        cancelled: Cancelled = never_cancelled,
    ) -> NDArray[np.float32]:
        """Probabilities ``(n, channels, rows, columns)`` of a batch.

        Parameters
        ----------
        inputs : manifest role to float32 array ``(n, k, rows, columns)``

        Raises
        ------
        ModelError
            The network failed on this machine.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """A visit as listed for one patient: the visit and when it was saved."""

    visit: Visit
    saved_utc: datetime


class VisitStore(Protocol):
    """Keeps patients, visits, analyses and their masks; appends only."""

    def add(self, analysis: Analysis, source_files: Sequence[Path]) -> str:
        """Save one analysis with masks and scores in one transaction.

        The series' files are copied into the library. Returns the visit's uid.

        Raises
        ------
        StoreError
            Nothing was saved.
        """
        ...

    def visits(self, patient: Patient) -> tuple[StoredVisit, ...]:
        """All visits of the matching patient, oldest first; undated last."""
        ...

    def close(self) -> None:
        """Release the library."""
        ...

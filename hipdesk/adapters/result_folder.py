"""A folder with everything one analysis gives, put in place whole.

``result.json``, ``scores.csv``, ``report.pdf``, ``overlays/``,
``segmentation.dcm`` and ``measurements.dcm`` are made in a hidden folder beside
their places and moved at the end, ``result.json`` last: where it is, the rest
is, and all of one analysis.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from hipdesk.adapters.dicom_output import write_measurements, write_segmentation
from hipdesk.adapters.pictures import write_overlays
from hipdesk.adapters.report_pdf import write_pdf
from hipdesk.errors import OutputError
from hipdesk.records import Analysis, Visit, Volume
from hipdesk.report import build_report
from hipdesk.result import result_json, scores_csv

RESULT: Final = "result.json"
SCORES: Final = "scores.csv"
REPORT: Final = "report.pdf"
OVERLAYS: Final = "overlays"
SEGMENTATION: Final = "segmentation.dcm"
MEASUREMENTS: Final = "measurements.dcm"

ENTRIES: Final = (SCORES, REPORT, OVERLAYS, SEGMENTATION, MEASUREMENTS, RESULT)
"""In the order in which they are put in place."""

_STAGING: Final = ".hipdesk-unfinished-"


def check_writable(folder: Path) -> None:
    """Make sure, before any long work, that results can be written to ``folder``.

    Raises
    ------
    OutputError
        It cannot be made or written, or is a file.
    """
    with _explained(folder), _staging(folder):
        pass


def write_result_folder(
    analysis: Analysis,
    volume: Volume,
    visits: Sequence[Visit],
    folder: Path,
    now: datetime,
) -> None:
    """Write every file of one analysis; those of an earlier one are replaced.

    Parameters
    ----------
    volume : the analysed series with its pixels
    visits : the patient's visits, for the report's trend
    now : when the report is made, with its time zone

    Raises
    ------
    OutputError
        Something cannot be written; ``folder`` then holds no half result.
    """
    with _explained(folder), _staging(folder) as aside:
        segmentation = aside / SEGMENTATION
        write_segmentation(analysis, segmentation)
        write_measurements(analysis, aside / MEASUREMENTS, segmentation)
        write_overlays(analysis, volume, aside / OVERLAYS)
        write_pdf(build_report(analysis, volume, visits, now=now), aside / REPORT)
        (aside / SCORES).write_text(scores_csv(analysis), encoding="utf-8", newline="")
        (aside / RESULT).write_text(result_json(analysis), encoding="utf-8")
        _publish(aside, folder)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn a fault of the disk into a sentence."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"Results cannot be written to {folder}: {error.strerror or 'unknown fault'}; check "
            "that it is a folder you may write to and that the disk is not full."
        ) from error


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside ``folder``, gone afterwards; a folder made for it goes too."""
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=folder) as aside:
            yield Path(aside)
    finally:
        if made and not any(folder.iterdir()):
            folder.rmdir()


def _publish(aside: Path, folder: Path) -> None:
    """Move finished entries to their places; an old result goes first, the new one last."""
    (folder / RESULT).unlink(missing_ok=True)
    for name in ENTRIES:
        place = folder / name
        if place.is_dir():
            place.rename(aside / f"old-{name}")
        (aside / name).replace(place)

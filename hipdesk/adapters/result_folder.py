"""A folder with everything one analysis gives, put in place whole.

``result.json``, ``scores.csv``, ``report.pdf``, ``overlays/``,
``segmentation.dcm`` and ``measurements.dcm`` are made in a hidden folder beside
their places and moved at the end, ``result.json`` last: where it is, the rest
is, and all of one analysis. `set_aside` moves an earlier result out of the way
before, so that a folder never mixes two runs. The DICOM files alone may be
lacking, where nothing can be derived from the images: the rest is kept then.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hipdesk.adapters.dicom_output import (
    MEASUREMENTS,
    SEGMENTATION,
    write_measurements,
    write_segmentation,
)
from hipdesk.adapters.pictures import write_overlays
from hipdesk.adapters.report_pdf import write_pdf
from hipdesk.clinical_trend import NO_HISTORY
from hipdesk.errors import OutputError
from hipdesk.pair import LEFT_FOLDER
from hipdesk.ports import ClinicalHistory
from hipdesk.records import Analysis, Visit, Volume
from hipdesk.report import ReportReview, build_report
from hipdesk.result import RESULT, SCORES, result_json, scores_csv
from hipdesk.sdc import NO_PAIRS, Estimates

REPORT: Final = "report.pdf"
OVERLAYS: Final = "overlays"

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


def set_aside(folder: Path, now: datetime) -> Path | None:
    """Move whatever bears the name of a result, in ``left/`` too, to ``earlier-<UTC time>/``.

    Nothing is deleted; a fault on the way puts back what was moved.

    Parameters
    ----------
    now : with its time zone

    Returns
    -------
    The new folder inside ``folder``, or None where there was no result.

    Raises
    ------
    OutputError
        Something cannot be moved, because another program has it open, say.
    """
    names = (RESULT, *(name for name in ENTRIES if name != RESULT))
    every = [Path(part, name) for part in ("", LEFT_FOLDER) for name in names]
    with _explained(folder), ExitStack() as undo:
        old = [name for name in every if (folder / name).exists()]
        if not old:
            return None
        earlier = _new_folder(folder, f"earlier-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        undo.callback(earlier.rmdir)
        for name in old:
            source, target = folder / name, earlier / name
            if not target.parent.exists():
                target.parent.mkdir()
                undo.callback(target.parent.rmdir)
            source.rename(target)
            undo.callback(target.rename, source)
        undo.pop_all()
    with suppress(OSError):  # not empty: something of the user's is there
        (folder / LEFT_FOLDER).rmdir()
    return earlier


def _new_folder(parent: Path, name: str) -> Path:
    """A folder that was not there before."""
    for number in itertools.count(1):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            folder.mkdir()
            break
    return folder


def write_result_folder(
    analysis: Analysis,
    volume: Volume,
    visits: Sequence[Visit],
    folder: Path,
    now: datetime,
    other: Analysis | None = None,
    *,
    review: ReportReview | None = None,
    clinic: str = "",
    estimates: Estimates = NO_PAIRS,
    history: ClinicalHistory = NO_HISTORY,
) -> None:
    """Write every file of one analysis; those of an earlier one are replaced.

    What readers have added is the same in every file. Where no hip has masks,
    there is no ``segmentation.dcm``.

    Parameters
    ----------
    analysis : as its readers left it (`hipdesk.amendment.effective`)
    volume : the analysed series with its pixels
    visits : the patient's visits, for the report's trend
    now : when the report is made, with its time zone
    other : the analysis of the other hip's series, where there is one
    review : what readers have added (`hipdesk.report.report_review`); None where
        nobody was asked
    clinic : who gives the results out
    estimates : what the site's own pairs say of noise
    history : what is recorded of the patient beside images

    Raises
    ------
    OutputError
        Something cannot be written: where only DICOM files cannot be made, all
        the rest is in ``folder``; otherwise it holds no half result.
    """
    with _explained(folder), _staging(folder) as aside:
        problem = _dicom_problem(analysis, aside, review, clinic)
        write_overlays(analysis, volume, aside / OVERLAYS)
        report = build_report(
            analysis,
            volume,
            visits,
            now=now,
            other=other,
            review=review,
            clinic=clinic,
            estimates=estimates,
            history=history,
        )
        write_pdf(report, aside / REPORT)
        (aside / SCORES).write_text(scores_csv(analysis, review), encoding="utf-8", newline="")
        (aside / RESULT).write_text(result_json(analysis, review), encoding="utf-8")
        _publish(aside, folder)
    if problem is not None:
        raise problem


def _dicom_problem(
    analysis: Analysis, folder: Path, review: ReportReview | None, clinic: str
) -> OutputError | None:
    """Write the DICOM files; why one of them could not be written."""
    try:
        _write_dicom(analysis, folder, review, clinic)
    except OutputError as error:
        return error
    return None


def _write_dicom(
    analysis: Analysis, folder: Path, review: ReportReview | None, clinic: str
) -> None:
    """Masks, where there are any, and the measurements that refer to them."""
    masks = None
    if any(hip.segmentation is not None for hip in analysis.hips):
        masks = folder / SEGMENTATION
        write_segmentation(analysis, masks, review)
    write_measurements(analysis, folder / MEASUREMENTS, masks, review, clinic)


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
        if place.is_dir() or not (aside / name).exists():
            with suppress(FileNotFoundError):
                place.rename(aside / f"old-{name}")
        if (aside / name).exists():
            (aside / name).replace(place)

"""Writes an analysis as DICOM: the masks as a SEG, the numbers as a TID 1500 SR.

Both objects copy patient and study from the analysed images, carry content
qualification RESEARCH and no private attributes. Files are written aside and
put in place whole.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from hipdesk.adapters._output_measurements import build_measurements
from hipdesk.adapters._output_segmentation import build_segmentation
from hipdesk.adapters._output_sources import read_headers
from hipdesk.adapters.whole_file import output_file
from hipdesk.errors import OutputError
from hipdesk.records import Analysis
from hipdesk.report import ReportReview

SEGMENTATION: Final = "segmentation.dcm"
MEASUREMENTS: Final = "measurements.dcm"
"""Names of the files among those of a result."""

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())

# highdicom's own warnings quote the patient's name.
logging.getLogger("highdicom").setLevel(logging.CRITICAL)


def write_segmentation(analysis: Analysis, path: Path, review: ReportReview | None = None) -> None:
    """Write every mask of an analysis as one binary Segmentation object.

    Segment labels are the class names; a segment's side is in its anatomic
    region's modifier and its tracking identifier. Frames lie on the series'
    native grid, one for every slice and segment. On a series that is not
    fluid-sensitive there are bones only, and the description says why. Where
    there is a review, it says whether the masks are signed.

    Parameters
    ----------
    analysis : as its readers left it; its series' files must still be readable
    path : file to make or replace
    review : what readers have added; None where nobody was asked

    Raises
    ------
    OutputError
        There is no mask, the images cannot be read or lack what the object
        needs, or the file cannot be written.
    """
    headers = read_headers(analysis.series)
    with _deriving():
        dataset = build_segmentation(analysis, headers, review)
    _write(dataset, path)
    _log.info("segmentation written: %d segments", len(dataset.SegmentSequence))


def write_measurements(
    analysis: Analysis,
    path: Path,
    segmentation_path: Path | None,
    review: ReportReview | None = None,
    clinic: str = "",
) -> None:
    """Write the numbers of an analysis as a TID 1500 measurement report.

    A value that does not exist is absent from its group, which states the
    reason as a code whose meaning is the one used in ``result.json``. Verdicts,
    signatures and the reader's words are there as in the printed report; the
    object is verified once every hip is signed.

    Parameters
    ----------
    analysis : as its readers left it; its series' files must still be readable
    path : file to make or replace
    segmentation_path : what `write_segmentation` wrote for this analysis; None
        where no hip has masks
    review : what readers have added; None where nobody was asked
    clinic : for which its readers sign

    Raises
    ------
    OutputError
        The segmentation is missing or another's, the images cannot be read or
        lack what the object needs, or the file cannot be written.
    """
    headers = read_headers(analysis.series)
    segmentation = None if segmentation_path is None else _read_segmentation(segmentation_path)
    with _deriving():
        dataset = build_measurements(analysis, headers, segmentation, review, clinic)
    _write(dataset, path)
    _log.info("measurements written")


def _read_segmentation(path: Path) -> Dataset:
    try:
        return dcmread(path, stop_before_pixels=True)
    except (OSError, InvalidDicomError) as error:
        raise OutputError(
            "The DICOM segmentation cannot be read, so the measurements that refer to it "
            "were not written; write it again."
        ) from error


@contextmanager
def _deriving() -> Iterator[None]:
    """Turn what highdicom raises on images it cannot derive from into our error.

    It has no exception of its own: missing attributes, forbidden values and
    inconsistent geometry arrive as these four. Its warnings quote values.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OutputError(
            "The images lack something that a DICOM result must refer to, so it was not "
            "written; the other results are complete."
        ) from error


def _write(dataset: Dataset, path: Path) -> None:
    with output_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(file, enforce_file_format=True)

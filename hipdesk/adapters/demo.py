"""The demo patient as DICOM: joins the simulation to the writer of files."""

from __future__ import annotations

from pathlib import Path

from hipdesk.adapters.dicom_writer import write_series, write_truth
from hipdesk.phantom import demo
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress


def make_demo(
    out: Path, progress: Progress = no_progress, cancelled: Cancelled = never_cancelled
) -> tuple[Path, ...]:
    """Write the demo patient's visits below ``out``; their study folders, oldest first.

    Raises
    ------
    OutputError
        The folder cannot be written.
    Cancelled
        The user asked to stop.
    """
    visits = demo.make_demo(out, write_series, write_truth, progress=progress, cancelled=cancelled)
    return tuple(visit.folder for visit in visits)

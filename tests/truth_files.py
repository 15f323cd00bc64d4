"""Reading the true outlines that lie beside simulated series."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hipdesk.records import BoolArray, SegmentClass, Side


def read_truth(path: Path) -> dict[tuple[Side, SegmentClass], BoolArray]:
    """What `hipdesk.adapters.dicom_writer.write_truth` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        return {
            (Side(name[0]), SegmentClass(name[2:])): np.asarray(kept[name], dtype=np.bool_)
            for name in kept.files
        }

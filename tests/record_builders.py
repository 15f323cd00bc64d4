"""Whole records of plain values; a test names what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hipdesk.geometry import plane_of, spacing_of, to_lps
from hipdesk.records import (
    Acquisition,
    Analysis,
    Compute,
    Contrast,
    HipResult,
    ModelRef,
    Origin,
    Patient,
    Series,
    SliceKey,
    SliceSource,
    StudyInfo,
)
from hipdesk.scoring import DEFINITION, patient_total


def build_series(
    affine: NDArray[np.float64], shape: tuple[int, int, int], **changes: object
) -> Series:
    """A STIR series on a grid, one file a slice.

    Parameters
    ----------
    shape : (slices, rows, columns)
    changes : fields of the series that differ
    """
    uid = str(changes.get("uid", "1.2.3"))
    positions = to_lps(affine, [(index, 0, 0) for index in range(shape[0])])
    plain = Series(
        uid=uid,
        patient=Patient("P1", "clinic", "Test", date(1980, 1, 1), "M"),
        study=StudyInfo("1.2", date(2020, 1, 1)),
        acquisition=Acquisition(),
        description="cor stir",
        number=1,
        frame_of_reference_uid="1.2.4",
        plane=plane_of(np.cross(affine[:3, 1], affine[:3, 2])),
        contrast=Contrast.STIR,
        slices=tuple(
            SliceSource(SliceKey(f"{uid}.{index + 1}"), Path(f"{index}.dcm"), tuple(position))
            for index, position in enumerate(positions)
        ),
        rows=shape[1],
        columns=shape[2],
        affine=affine,
        spacing_mm=spacing_of(affine),
    )
    return replace(plain, **changes)


def build_analysis(series: Series, hips: Sequence[HipResult], **changes: object) -> Analysis:
    """An analysis of these hips by two models; its total is theirs.

    Parameters
    ----------
    changes : fields of the analysis that differ
    """
    plain = Analysis(
        uid="2.25.1",
        program_version="0.1.0",
        created_utc=datetime(2024, 5, 7, tzinfo=UTC),
        definition=DEFINITION,
        origin=Origin.AI,
        series=series,
        pixel_sha256="f" * 64,
        models=(
            ModelRef("locate", "1", "b" * 64, "locate", "simulated MRI"),
            ModelRef("segment", "2", "a" * 64, "segment", "simulated MRI"),
        ),
        compute=Compute("auto", "cpu"),
        hips=tuple(hips),
        total=patient_total(hips),
        notices=(),
    )
    return replace(plain, **changes)

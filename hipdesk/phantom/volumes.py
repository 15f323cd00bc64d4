"""A simulated acquisition as the records that the rest of the program works on."""

from __future__ import annotations

import hashlib
from datetime import date, time
from pathlib import Path

from hipdesk.geometry import as_point, plane_of, spacing_of, stack_direction, to_lps
from hipdesk.phantom.samples import SimulatedSeries
from hipdesk.records import (
    Acquisition,
    GridBox,
    Patient,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
    read_only,
)


def as_volume(
    simulated: SimulatedSeries,
    uid: str,
    patient: Patient | None = None,
    study: StudyInfo | None = None,
    description: str = "HipDesk simulated MRI",
) -> Volume:
    """The simulated series with its pixels, as if read from a folder.

    Parameters
    ----------
    uid : series instance UID; slices are numbered below it
    """
    affine = simulated.affine
    protocol = simulated.protocol
    positions = to_lps(affine, [(index, 0, 0) for index in range(len(simulated.voxels))])
    slices = tuple(
        SliceSource(
            SliceKey(f"{uid}.{index + 1}"), Path(f"{index + 1:03d}.dcm"), as_point(position)
        )
        for index, position in enumerate(positions)
    )
    series = Series(
        uid=uid,
        patient=patient or Patient(birth_date=date(1990, 1, 1)),
        study=study or StudyInfo(f"{uid}.0", date(2024, 1, 1), time(9)),
        acquisition=Acquisition(
            field_strength_t=protocol.field_t,
            sequence="simulated",
            tr_ms=protocol.tr_ms,
            te_ms=protocol.te_ms,
            ti_ms=protocol.ti_ms,
            slice_thickness_mm=simulated.thickness_mm,
        ),
        description=description,
        number=1,
        frame_of_reference_uid=f"{uid}.9",
        plane=plane_of(stack_direction(affine[:3, 0])),
        contrast=protocol.contrast,
        slices=slices,
        rows=simulated.voxels.shape[1],
        columns=simulated.voxels.shape[2],
        affine=affine,
        spacing_mm=spacing_of(affine),
    )
    voxels = read_only(simulated.voxels)
    return Volume(series, voxels, hashlib.sha256(voxels.tobytes()).hexdigest())


def true_segmentation(simulated: SimulatedSeries, side: Side) -> Segmentation:
    """The truth of one hip, as a perfect model would return it."""
    shape = simulated.voxels.shape
    box = GridBox((0, 0, 0), (shape[0], shape[1], shape[2]))
    return Segmentation(side, box, {name: simulated.truth[side, name] for name in SegmentClass})

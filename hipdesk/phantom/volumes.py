"""A simulated acquisition as the records that the rest of the program works on."""

from __future__ import annotations

import hashlib
from datetime import date, time
from pathlib import Path

from hipdesk.geometry import as_point, plane_of, spacing_of, stack_direction, to_lps
from hipdesk.phantom.samples import SimulatedSeries
from hipdesk.phantom.uids import simulated_uid
from hipdesk.records import (
    Acquisition,
    Patient,
    Series,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
    read_only,
)


def as_volume(
    simulated: SimulatedSeries,
    name: str,
    description: str = "HipDesk simulated MRI",
) -> Volume:
    """The simulated series with its pixels, as if read from a folder.

    Parameters
    ----------
    name : tells this acquisition from others; its UIDs and patient ID depend on it alone
    """
    voxels = read_only(simulated.voxels)
    digest = hashlib.sha256(voxels.tobytes()).hexdigest()
    return Volume(_series(simulated, name, description), voxels, digest)


def _series(simulated: SimulatedSeries, name: str, description: str) -> Series:
    affine = simulated.affine
    positions = to_lps(affine, [(index, 0, 0) for index in range(len(simulated.voxels))])
    slices = tuple(
        SliceSource(
            SliceKey(simulated_uid(name, "slice", index + 1)),
            Path(f"{index + 1:03d}.dcm"),
            as_point(position),
        )
        for index, position in enumerate(positions)
    )
    return Series(
        uid=simulated_uid(name, "series"),
        patient=_patient(name),
        study=StudyInfo(simulated_uid(name, "study"), date(2024, 1, 1), time(9)),
        acquisition=_acquisition(simulated),
        description=description,
        number=1,
        frame_of_reference_uid=simulated_uid(name, "frame"),
        plane=plane_of(stack_direction(affine[:3, 0])),
        contrast=simulated.protocol.contrast,
        slices=slices,
        rows=simulated.voxels.shape[1],
        columns=simulated.voxels.shape[2],
        affine=affine,
        spacing_mm=spacing_of(affine),
    )


def _acquisition(simulated: SimulatedSeries) -> Acquisition:
    protocol = simulated.protocol
    return Acquisition(
        field_strength_t=protocol.field_t,
        sequence="simulated",
        tr_ms=protocol.tr_ms,
        te_ms=protocol.te_ms,
        ti_ms=protocol.ti_ms,
        slice_thickness_mm=simulated.thickness_mm,
    )


def _patient(name: str) -> Patient:
    """Somebody who does not exist, with every field that visits are matched on."""
    return Patient(
        patient_id=f"SIM-{hashlib.sha256(name.encode()).hexdigest()[:8]}",
        issuer="HIPDESK-PHANTOM",
        name="Simulated^Patient",
        birth_date=date(1990, 1, 1),
        sex="O",
    )

"""Simulated patients for tests of the whole window, small but as a scanner delivers them."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.uid import generate_uid
from sqlalchemy import create_engine

from app.controllers import opening
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_search import search_text
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series
from hipdesk.adapters.network_loading import load_network
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.geometry import as_point, spacing_of, to_lps
from hipdesk.phantom.demo import PATIENT
from hipdesk.phantom.uids import simulated_uid
from hipdesk.ports import never_cancelled, no_progress
from hipdesk.records import (
    Acquisition,
    Affine,
    Contrast,
    FloatArray,
    Plane,
    Series,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
)

PELVIS = Path(__file__).parent / "pelvis"
"""Two visits of the simulated patient of `hipdesk.phantom.demo`, STIR: slices side by side in
rows of `ACROSS`, `geometry.json` tells their places. Kept, so that no test waits for a simulation
or depends on its details."""

ACROSS = 5
DAYS = (date(2024, 3, 4), date(2024, 8, 19))
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID")
STIR = Acquisition(tr_ms=4000.0, te_ms=50.0, ti_ms=140.0, field_strength_t=1.5)
T1 = Acquisition(tr_ms=500.0, te_ms=12.0, field_strength_t=1.5)


def simulated(out: Path) -> tuple[Path, ...]:
    """Study folders of two visits: coronal STIR, and a few slices of T1."""
    folders = []
    for number, day in enumerate(DAYS, start=1):
        folder = out / f"visit-{number}"
        voxels, affine = _pelvis(f"visit-{number}")
        stir = _series(number, day, 2, "STIR coronal hips (simulated)", STIR, voxels, affine)
        t1 = _series(number, day, 3, "T1 TSE coronal hips (simulated)", T1, voxels[8:12], affine)
        for volume in (stir, t1):
            write_series(folder / str(volume.series.number), volume)
        folders.append(folder)
    return tuple(folders)


def _pelvis(name: str) -> tuple[FloatArray, Affine]:
    """Kept slices and their places."""
    facts = json.loads((PELVIS / "geometry.json").read_text("utf-8"))[name]
    with Image.open(PELVIS / f"{name}.jpg") as image:
        mosaic = np.asarray(image, np.float32) * np.float32(facts["peak"] / 255)
    rows, columns = facts["rows"], facts["columns"]
    tiles = mosaic.reshape(-1, rows, ACROSS, columns).swapaxes(1, 2).reshape(-1, rows, columns)
    return np.round(tiles[: facts["slices"]]), np.array(facts["affine"])


def _series(
    visit: int,
    day: date,
    number: int,
    description: str,
    acquisition: Acquisition,
    voxels: FloatArray,
    affine: Affine,
) -> Volume:
    """The record that is written as files."""
    name = f"window test, visit {visit}, series {number}"
    slices, rows, columns = voxels.shape
    series = Series(
        uid=simulated_uid(name),
        patient=PATIENT,
        study=StudyInfo(
            simulated_uid("window test", visit), day, time(9, 12), f"DEMO{visit:04d}", "Both hips"
        ),
        acquisition=replace(acquisition, slice_thickness_mm=4.0, protocol=description),
        description=description,
        number=number,
        frame_of_reference_uid=simulated_uid("window test, frame", visit),
        plane=Plane.CORONAL,
        contrast=Contrast.STIR if acquisition is STIR else Contrast.T1,
        slices=tuple(
            SliceSource(
                SliceKey(simulated_uid(name, at)),
                Path(f"{at + 1:03d}.dcm"),
                as_point(to_lps(affine, (at, 0, 0))),
            )
            for at in range(slices)
        ),
        rows=rows,
        columns=columns,
        affine=affine,
        spacing_mm=spacing_of(affine),
    )
    return Volume(series, voxels, "")


def relabelled(study: Path, out: Path, **facts: str) -> Path:
    """The images of a study under another identity, with UIDs of their own."""
    for path in study.rglob("*.dcm"):
        file = pydicom.dcmread(path)
        for name in UIDS:
            old = file.get(name)
            if old:
                setattr(file, name, generate_uid(entropy_srcs=[str(out), str(old)]))
        file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID
        for name, value in facts.items():
            setattr(file, name, value)
        to = out / path.relative_to(study)
        to.parent.mkdir(parents=True, exist_ok=True)
        file.save_as(to, enforce_file_format=True)
    return out


def stored(folders: Sequence[Path], library: Path) -> Path:
    """A library with the analysed visits of these folders."""
    reader, seen = DicomFolderReader(), {"progress": no_progress, "cancelled": never_cancelled}
    networks = load_network("locate", "cpu"), load_network("segment", "cpu")
    store = SqlVisitStore.open(library)
    try:
        for folder in folders:
            source = opening.Source((folder,))
            found = opening.find(reader, None, source, opening.SoFar(), **seen)
            series = opening.read(reader, found.choice.chosen, **seen)
            told = found.choice.notices
            results = opening.analysed(series, lambda *_: networks, told, **seen)
            opening.save(store, results, 0)
    finally:
        store.close()
    return library


def copied(library: Path, to: Path) -> Path:
    """A library of one's own."""
    return Path(shutil.copytree(library, to))


def crowd(library: Path, people: int) -> None:
    """Put many patients with one visit each into a library, without any images."""
    patient, visit = schema.patient, schema.visit
    engine = create_engine(f"sqlite:///{library / 'hipdesk.sqlite3'}")
    at = datetime(2020, 1, 1, tzinfo=UTC)
    with engine.begin() as connection:
        for number in range(people):
            name, identifier = f"Patient^Number {number}", f"CROWD-{number:05d}"
            uid = uuid.uuid5(uuid.NAMESPACE_OID, identifier).hex
            row = connection.execute(
                patient.insert().values(
                    uid=uid,
                    identifier=identifier,
                    issuer="CROWD",
                    name=name,
                    birth_date=date(1950, 1, 1) + timedelta(days=number),
                    sex="F",
                    saved_utc=at,
                    search=search_text(name, (identifier,)),
                )
            )
            key = row.inserted_primary_key[0]
            connection.execute(
                visit.insert().values(
                    uid=uuid.uuid5(uuid.NAMESPACE_OID, uid).hex,
                    patient_id=key,
                    day=date(2015, 1, 1) + timedelta(days=number),
                    saved_utc=at,
                    stated_patient_id=key,
                )
            )
    engine.dispose()

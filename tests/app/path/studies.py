"""Simulated patients for tests of the whole window, small but as a scanner delivers them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import generate_uid

from app.controllers import opening
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series, write_truth
from hipdesk.adapters.onnx_models import load_network
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.phantom import demo
from hipdesk.phantom.samples import SeriesPlan
from hipdesk.ports import never_cancelled, no_progress
from tests.phantom.test_demo import ball_joints

WEEKS = (0, 24)
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID")


def simulated(out: Path) -> tuple[Path, ...]:
    """Study folders of two visits: localizer, coronal STIR and T1, axial series."""
    plans = demo.DemoPlans(
        stir=_small(demo.PLANS.stir, 256, 22),
        t1=_small(demo.PLANS.t1, 48, 3),
        axial=_small(demo.PLANS.axial, 48, 3),
        localizer=_small(demo.PLANS.localizer, 40, 2),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "WEEKS", WEEKS)
        visits = demo.make_demo(
            out, write_series, write_truth, anatomy=ball_joints(), plans=plans, retest_pairs=0
        )
    return tuple(visit.folder for visit in visits)


def _small(plan: SeriesPlan, pixels: int, slices: int) -> SeriesPlan:
    pixel_mm = plan.pixel_mm * plan.columns / pixels
    return replace(
        plan, rows=pixels, columns=pixels, pixel_mm=pixel_mm, slices=slices, samples=(1, 1)
    )


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
            found = opening.find(reader, [folder], **seen)
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

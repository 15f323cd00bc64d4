"""Two visits of a library aligned from the command line, by the real registration."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from hipdesk.adapters import registration
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.alignment import judged
from hipdesk.bone_surface import rigid
from tests.dicom_factory import STIR, T1
from tests.test_cli import _fakes, _sentence, _write, quick, run

__all__ = ["_fakes", "quick"]

pytestmark = pytest.mark.usefixtures("quick")
ID = "4711"


def visit(capsys, tmp_path, place, day, kind=STIR, **more):
    tags = {**kind, "PatientID": ID, "StudyDate": day}
    folder = _write(tmp_path / day, tags=tags, study=f"s {day}", series=f"r {day}", **more)
    options = ("--any-contrast",) if kind is T1 else ()
    done = run(
        capsys, "analyze", folder, "--out", tmp_path / f"out {day}", "--store", place, *options
    )
    assert done[0] == 0, done


@pytest.fixture
def library(capsys, tmp_path):
    """A patient scanned twice, the second time with the slices half a step farther back."""
    place = tmp_path / "library"
    visit(capsys, tmp_path, place, "20240301")
    visit(capsys, tmp_path, place, "20240302", centre=(0.0, 2.5, 0.0))
    return place


@pytest.fixture
def by_heads(monkeypatch):
    """Lay hips on each other by their heads alone, which is quick."""

    def quickly(request, progress, cancelled):
        return judged(
            request, rigid(np.eye(3), request.later.head_lps_mm, request.earlier.head_lps_mm)
        )

    monkeypatch.setattr(registration, "register", quickly)


def test_a_hip_of_the_last_two_visits(capsys, library):
    options = ("--patient", ID, "--side", "R", "--store", library, "--json")
    status, text, errors = run(capsys, "align", *options)
    assert (status, errors) == (0, "")
    document = json.loads(text)
    assert document["schema"] == "hipdesk.alignment/1"
    assert (document["earlier"]["day"], document["later"]["day"]) == ("2024-03-01", "2024-03-02")
    (right,) = document["hips"]
    assert (right["side"], right["aligned"]) == ("R", True)
    femur, socket = right["bones"]
    assert (femur["bone"], socket["bone"]) == ("proximal_femur", "acetabulum")
    assert femur["refused"] is None
    assert femur["residual_median_mm"] < 1.0
    assert max(map(abs, femur["shift_mm"])) < 1.5
    oedema = right["lesions"]["bme_femur"]
    assert oedema["persistent_ml"] > 3 * max(oedema["new_ml"], oedema["resolved_ml"])
    assert set(oedema) == {"new_ml", "resolved_ml", "persistent_ml", "uncompared_ml"}


@pytest.mark.usefixtures("by_heads")
def test_both_hips_in_words(capsys, library):
    options = ("--earlier", "2024-03-01", "--later", "2024-03-02")
    status, words, errors = run(capsys, "align", "--patient", ID, "--store", library, *options)
    assert (status, errors) == (0, "")
    assert words.startswith("2024-03-02 laid on 2024-03-01\n")
    assert words.index("Right hip") < words.index("Left hip")
    assert "Femur: surfaces" in words
    assert "degrees" in words
    assert "oedema of the hip bone" in words
    assert words.endswith("Scores are unchanged: they are measured on each visit's own pixels.\n")
    kept = run(capsys, "align", "--patient", ID, "--store", library, "--keep", "--reader", "Ann")
    assert kept == (0, words, "")
    with SqlVisitStore.open(library, read_only=True) as store:
        found = store.alignments(store.patients()[0].uid)
        assert [(each.side.value, each.reader) for each in found] == [("R", "Ann"), ("L", "Ann")]


def test_what_cannot_be_aligned_is_one_sentence(capsys, library):
    def said(*options):
        status, _, errors = run(capsys, "align", "--store", library, *options)
        assert status in (3, 4)
        return _sentence(errors)

    assert "no patient with this ID" in said("--patient", "nobody")
    assert "no visits of 2020-01-01" in said("--patient", ID, "--earlier", "2020-01-01")
    assert "no two dated visits" in said("--patient", ID, "--later", "2024-03-01")
    shutil.rmtree(library / "library")
    missing = said("--patient", ID, "--side", "R")
    assert "missing from the patient library, so the hip is not aligned" in missing


@pytest.mark.usefixtures("by_heads")
def test_a_pair_that_may_not_be_compared(capsys, tmp_path):
    place = tmp_path / "library"
    visit(capsys, tmp_path, place, "20240301")
    visit(capsys, tmp_path, place, "20240302", T1)
    status, words, _ = run(capsys, "align", "--patient", ID, "--store", place, "--side", "R")
    assert status == 0
    assert "does not show lesions, so no volumes are given" in words

"""``hipdesk phantom``: files that the program itself reads, and truth on their grid."""

from __future__ import annotations

import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.cli import main
from hipdesk.phantom import patients
from hipdesk.phantom.samples import SeriesPlan
from hipdesk.records import Contrast, SegmentClass, Side
from tests.toy_anatomy import toy_prepared
from tests.truth_files import read_truth

PLAN = SeriesPlan(rows=64, columns=96, pixel_mm=2.0, slices=8, spacing_mm=6.0, thickness_mm=5.0)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(patients, "random_plan", lambda rng: PLAN)
    monkeypatch.setattr(patients, "_body", lambda *_: toy_prepared())


@pytest.mark.parametrize("contrast", ["stir", "t1"])
def test_a_simulated_series_reads_back(small, tmp_path, capsys, contrast) -> None:
    assert main(["phantom", "--out", str(tmp_path), "--contrast", contrast, "--seed", "3"]) == 0
    (series,) = DicomFolderReader().scan(tmp_path / "series").series
    assert series.contrast is Contrast(contrast)
    assert series.shape == (8, 64, 96)
    truth = read_truth(tmp_path / "truth.npz")
    assert truth[Side.RIGHT, SegmentClass.FEMORAL_HEAD].shape == series.shape
    assert "8 slices" in capsys.readouterr().out


def test_an_unknown_label_map_is_unreadable_input(tmp_path, capsys) -> None:
    given = ["phantom", "--out", str(tmp_path), "--anatomy", str(tmp_path), "--only", "X"]
    assert main(given) == 4
    assert "no such label map" in capsys.readouterr().err

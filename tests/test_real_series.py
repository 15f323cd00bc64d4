"""The three real T1 series, headless from folder to files, with the models that ship."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hipdesk import cli
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.cli import models
from hipdesk.geometry import to_index, to_lps
from hipdesk.locating import locate
from hipdesk.paths import LOCATOR, SEGMENTER, model_names
from hipdesk.pipeline import PlacedHead, analyze, analyze_placed, request_analysis
from hipdesk.records import BONES, LESIONS, Contrast, Provider, SegmentClass, Side, Volume

NAMES = ("images_01", "images_10", "images_23")
CENTRES = json.loads((Path(__file__).parent / "real_head_centres.json").read_text("utf-8"))
TOLERANCE_MM = 8.0

needs_models = pytest.mark.skipif(
    not {LOCATOR, SEGMENTER} <= set(model_names()), reason="no trained models are installed"
)


@pytest.fixture(scope="module")
def t1(shared_data):
    return {name: shared_data / "mr_coronal_t1" / name for name in NAMES}


@pytest.fixture(scope="module")
def results(t1, tmp_path_factory):
    """What ``analyze --any-contrast`` wrote for each series."""
    folder = tmp_path_factory.mktemp("t1-results")
    for name, source in t1.items():
        arguments = ["analyze", source, "--any-contrast", "--out", folder / name]
        assert cli.main([*map(str, arguments), "--provider", "cpu"]) == 0
    return folder


@pytest.fixture(scope="module")
def networks():
    return models.load_model(LOCATOR, Provider.CPU), models.load_model(SEGMENTER, Provider.CPU)


def _volume(folder):
    reader = DicomFolderReader()
    return reader.read(reader.scan(folder).series[0])


@pytest.mark.parametrize("name", NAMES)
def test_t1_is_refused_without_any_contrast(t1, name, tmp_path, capsys):
    status = cli.main(["analyze", str(t1[name]), "--out", str(tmp_path / "out"), "--json"])
    captured = capsys.readouterr()
    assert status == 3
    assert json.loads(captured.out)["error"]["code"] == "no_suitable_series"
    assert "not fluid-sensitive" in captured.err


@needs_models
@pytest.mark.parametrize("name", NAMES)
def test_heads_lie_where_they_were_placed_by_hand(results, name):
    document = json.loads((results / name / "result.json").read_text("utf-8"))
    for hip in document["hips"]:
        assert hip["found"]
        offset = np.subtract(hip["head_centre_lps_mm"], CENTRES[name][hip["side"]])
        assert np.linalg.norm(offset) <= TOLERANCE_MM
        assert hip["head_radius_mm"] == pytest.approx(
            CENTRES[name]["radius_mm"][hip["side"]], rel=0.25
        )


@needs_models
@pytest.mark.parametrize("name", NAMES)
def test_on_t1_lesions_are_null_everywhere_and_say_why(results, name):
    document = json.loads((results / name / "result.json").read_text("utf-8"))
    for hip in document["hips"]:
        assert hip["reason"] == "not_fluid_sensitive"
        assert hip["head_ml"] > 15
        for key in ("u_intensity", "u_area", "by_lesion", "bme_ml", "effusion_ml"):
            assert hip[key] is None
    assert document["patient_total"]["reason"] == "not_fluid_sensitive"
    with (results / name / "scores.csv").open(encoding="utf-8") as rows:
        assert {row["hip_reason"] for row in csv.DictReader(rows)} == {"not_fluid_sensitive"}
    segments = pydicom.dcmread(results / name / "segmentation.dcm").SegmentSequence
    assert {segment.SegmentLabel for segment in segments} == {bone.value for bone in BONES}
    assert b"not_fluid_sensitive" in (results / name / "measurements.dcm").read_bytes()


@needs_models
def test_a_hip_done_again_in_its_place_is_the_same_to_the_last_pixel(t1, networks):
    volume = _volume(t1["images_10"])
    found = analyze(request_analysis(volume), *networks).hip(Side.LEFT)
    again = analyze_placed(PlacedHead(volume, Side.LEFT, found.head.centre_lps_mm), *networks)
    assert again.head == replace(found.head, placed=True)
    assert again.score == found.score
    assert again.segmentation.box == found.segmentation.box
    for name, mask in found.segmentation.masks.items():
        assert np.array_equal(again.segmentation.masks[name], mask)


@needs_models
def test_with_a_stir_tag_lesions_are_outlined_and_scored(t1, tmp_path):
    folder = tmp_path / "tagged"
    folder.mkdir()
    for path in t1["images_10"].iterdir():
        dataset = pydicom.dcmread(path)
        dataset.SeriesDescription = "COR STIR"
        dataset.ScanningSequence = ["SE", "IR"]
        dataset.InversionTime = 145
        dataset.save_as(folder / path.name)
    arguments = ["analyze", folder, "--out", tmp_path / "out", "--provider", "cpu"]
    assert cli.main([str(each) for each in arguments]) == 0
    document = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert all(hip["u_area"] is not None for hip in document["hips"])
    segments = pydicom.dcmread(tmp_path / "out" / "segmentation.dcm").SegmentSequence
    assert {lesion.value for lesion in LESIONS} <= {s.SegmentLabel for s in segments}


@needs_models
def test_mirroring_a_real_study_swaps_its_hips_and_nothing_else(t1, networks):
    volume = _volume(t1["images_23"])
    series = replace(volume.series, contrast=Contrast.STIR)
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    reflected = replace(series, affine=mirror @ series.affine)
    straight, mirrored = (
        analyze(request_analysis(Volume(one, volume.voxels, volume.pixel_sha256)), *networks)
        for one in (series, reflected)
    )
    for side in Side:
        hip, other = straight.hip(side), mirrored.hip(side.other)
        x, y, z = hip.head.centre_lps_mm
        assert other.head.centre_lps_mm == (-x, y, z)
        assert other.head.radius_mm == hip.head.radius_mm
        assert other.score == hip.score
        for name in SegmentClass:
            shape = volume.voxels.shape
            assert np.array_equal(
                other.segmentation.full(name, shape), hip.segmentation.full(name, shape)
            )


@needs_models
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", list(Side))
def test_a_field_of_view_with_one_hip_has_one_head(t1, networks, name, side):
    """90 pixels (82 mm) around one head, cut out of the series."""
    volume = _volume(t1[name])
    affine = volume.series.affine
    _, row, column = to_index(affine, CENTRES[name][side.value]).astype(int)
    top, left = max(0, row - 90), max(0, column - 90)
    cut = np.ascontiguousarray(volume.voxels[:, top : row + 90, left : column + 90])
    moved = affine.copy()
    moved[:3, 3] = to_lps(affine, (0, top, left))
    series = replace(volume.series, affine=moved, rows=cut.shape[1], columns=cut.shape[2])
    heads = {
        head.side: head
        for head in locate(replace(volume, series=series, voxels=cut), networks[0]).heads
    }
    assert heads[side].found
    offset = np.subtract(heads[side].centre_lps_mm, CENTRES[name][side.value])
    assert np.linalg.norm(offset) <= TOLERANCE_MM
    assert not heads[side.other].found

"""The command line: files written, words and JSON, exit codes; models are fakes."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import re
import shutil
import zipfile

import numpy as np
import pydicom
import pytest

from hipdesk import __version__, cli
from hipdesk.cli import models
from hipdesk.cli.terminal import print_lines
from hipdesk.errors import OutputError
from hipdesk.geometry import stack_affine
from hipdesk.paths import LOCATOR, SEGMENTER
from hipdesk.records import Compute, Provider, Side
from tests.dicom_factory import (
    LOCALIZER,
    ORIENTATIONS,
    STIR,
    T1,
    slice_positions,
    uid,
    write_series,
)
from tests.stacks import FakeLocator, FakeSegmenter, patient, places

SPACING = (5.0, 2.0, 2.0)
SHAPE = (17, 104, 150)
FILES = {
    "result.json",
    "scores.csv",
    "report.pdf",
    "overlays",
    "segmentation.dcm",
    "measurements.dcm",
}


def _voxels(shape=SHAPE, sides=tuple(Side), centre=(0.0, 0.0, 0.0)):
    cosines = ORIENTATIONS["coronal"]
    positions = slice_positions(cosines, shape, SPACING, centre)
    affine = stack_affine(cosines, SPACING[1:], positions[0], positions[-1], shape[0])
    return patient(places(affine, shape), sides).astype(np.uint16)


def _write(folder, tags=STIR, **more):
    voxels = more.pop("voxels", None)
    chosen = _voxels(
        **{key: more.pop(key) for key in ("shape", "sides") if key in more}
        | ({"centre": more["centre"]} if "centre" in more else {})
    )
    write_series(
        folder, voxels=chosen if voxels is None else voxels, spacing_mm=SPACING, tags=tags, **more
    )
    return folder


@pytest.fixture(autouse=True)
def _fakes(monkeypatch, tmp_path):
    made = {LOCATOR: FakeLocator, SEGMENTER: FakeSegmenter}

    def load(name, provider):
        network = made[name]()
        if provider is Provider.CUDA:
            network.compute = Compute("cuda", "cpu", "no CUDA device")
        return network

    monkeypatch.setattr(models, "load_model", load)
    monkeypatch.setenv("HIPDESK_DATA", str(tmp_path / "user"))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return _write(tmp_path_factory.mktemp("study"))


@pytest.fixture
def quick(monkeypatch):
    """Files without their content, where a test asks about something else."""
    from hipdesk.adapters import result_folder

    monkeypatch.setattr(result_folder, "write_segmentation", lambda _, path, *__: path.touch())
    monkeypatch.setattr(result_folder, "write_measurements", lambda _, path, *__: path.touch())
    monkeypatch.setattr(result_folder, "write_overlays", lambda _, __, folder: folder.mkdir())
    monkeypatch.setattr(result_folder, "build_report", lambda *_, **__: None)
    monkeypatch.setattr(result_folder, "write_pdf", lambda _, path: path.touch())


def run(capsys, *arguments):
    status = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def _sentence(text):
    """One line, one sentence."""
    assert text.endswith((".\n", "command.\n"))
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_analyze_writes_everything(capsys, study, tmp_path):
    out = tmp_path / "results"
    status, words, errors = run(capsys, "analyze", study, "--out", out)
    assert (status, errors) == (0, "")
    assert {entry.name for entry in out.iterdir()} == FILES
    document = json.loads((out / "result.json").read_text("utf-8"))
    assert document["schema"] == "hipdesk.result/1"
    assert [hip["side"] for hip in document["hips"]] == ["R", "L"]
    assert all(hip["u_intensity"] > 0 for hip in document["hips"])
    rows = list(csv.DictReader(io.StringIO((out / "scores.csv").read_text("utf-8"))))
    assert {row["side"] for row in rows} == {"R", "L"}
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert list((out / "overlays").glob("*.jpg"))
    assert pydicom.dcmread(out / "segmentation.dcm").Modality == "SEG"
    assert pydicom.dcmread(out / "measurements.dcm").Modality == "SR"
    assert "Right hip: UNet-score U" in words
    assert str(out) in words


@pytest.mark.usefixtures("quick")
def test_results_are_kept_where_no_dicom_can_be_made(capsys, study, tmp_path, monkeypatch):
    from hipdesk.adapters import result_folder

    def refused(*_):
        raise OutputError("The images lack something.")

    monkeypatch.setattr(result_folder, "write_segmentation", refused)
    status, words, errors = run(capsys, "analyze", study, "--out", tmp_path)
    assert status == 4
    assert "lack something" in _sentence(errors)
    assert {entry.name for entry in tmp_path.iterdir()} == FILES - {
        "segmentation.dcm",
        "measurements.dcm",
    }
    assert "Right hip: UNet-score U" in words
    assert ".dcm" not in words


@pytest.mark.usefixtures("quick")
def test_json_is_the_result_and_nothing_else(capsys, study, tmp_path):
    status, text, errors = run(capsys, "analyze", study, "--out", tmp_path, "--json")
    assert (status, errors) == (0, "")
    assert json.loads(text) == json.loads((tmp_path / "result.json").read_text("utf-8"))


def _earlier_results(out):
    """A folder with results of a pair of series, and a file of the user's."""
    for place in (out, out / "left"):
        (place / "overlays").mkdir(parents=True)
        (place / "overlays" / "stale.jpg").write_bytes(b"old")
        for name in ("result.json", "report.pdf", "segmentation.dcm"):
            (place / name).write_text("old")
    (out / "mine.txt").write_text("kept")
    return out


def _moved(out, errors):
    """The folder that earlier results were moved to, as the one sentence says."""
    (earlier,) = out.glob("earlier-*")
    assert f"The earlier results in {out} were moved to {earlier}." in errors.splitlines()
    for place in (earlier, earlier / "left"):
        assert (place / "result.json").read_text("utf-8") == "old"
        assert (place / "report.pdf").read_text("utf-8") == "old"
        assert (place / "overlays" / "stale.jpg").exists()
    return earlier


@pytest.mark.usefixtures("quick")
def test_results_of_an_earlier_run_are_kept_apart(capsys, study, tmp_path):
    out = _earlier_results(tmp_path / "out")
    status, _, errors = run(capsys, "analyze", study, "--out", out, "--json")
    assert status == 0
    earlier = _moved(out, errors)
    assert {entry.name for entry in out.iterdir()} == {*FILES, "mine.txt", earlier.name}
    assert list((out / "overlays").iterdir()) == []
    assert (out / "result.json").read_text("utf-8").startswith("{")


@pytest.mark.parametrize(("kind", "code"), [("text", 3), ("missing", 4), ("headless", 3)])
def test_a_refused_run_leaves_no_earlier_result_as_if_it_were_its_own(capsys, tmp_path, kind, code):
    folder = tmp_path / "in"
    if kind == "text":
        folder.mkdir()
        (folder / "notes.txt").write_text("no image")
    elif kind == "headless":
        _write(folder, sides=())
    out = _earlier_results(tmp_path / "out")
    status, _, errors = run(capsys, "analyze", folder, "--out", out)
    assert status == code
    assert len(errors.splitlines()) == 2
    assert {entry.name for entry in out.iterdir()} == {"mine.txt", _moved(out, errors).name}


@pytest.mark.usefixtures("quick")
def test_runs_within_one_second_do_not_share_a_place(capsys, study, tmp_path):
    for _ in range(3):
        assert run(capsys, "analyze", study, "--out", tmp_path / "out")[0] == 0
    earlier = list((tmp_path / "out").glob("earlier-*"))
    assert len(earlier) == 2
    assert all((folder / "result.json").exists() for folder in earlier)


def test_results_that_cannot_be_moved_stay_where_they_are(capsys, study, tmp_path, monkeypatch):
    out = _earlier_results(tmp_path / "out")
    rename = pathlib.Path.rename

    def held(path, target):
        if path.name == "report.pdf":
            raise PermissionError(13, "held open")
        return rename(path, target)

    monkeypatch.setattr(pathlib.Path, "rename", held)
    status, _, errors = run(capsys, "analyze", study, "--out", out)
    assert status == 4
    assert "held open" in _sentence(errors)
    assert not list(out.glob("earlier-*"))
    assert (out / "result.json").read_text("utf-8") == "old"


@pytest.mark.usefixtures("quick")
def test_a_store_keeps_each_visit_and_nothing_is_kept_without(capsys, study, tmp_path):
    store = tmp_path / "store"
    assert run(capsys, "analyze", study, "--out", tmp_path / "a")[0] == 0
    assert not store.exists()
    assert not (tmp_path / "user").exists()
    for name in ("b", "c"):
        status, _, errors = run(
            capsys, "analyze", study, "--out", tmp_path / name, "--store", store
        )
        assert (status, errors) == (0, "")
    from hipdesk.adapters.store import SqlVisitStore

    kept = SqlVisitStore.open(store, read_only=True)
    try:
        assert len(kept.analyses()) == 2
    finally:
        kept.close()


@pytest.mark.usefixtures("quick")
def test_cuda_that_does_not_work_is_said_and_exits_0(capsys, study, tmp_path):
    status, text, _ = run(
        capsys, "analyze", study, "--out", tmp_path, "--provider", "cuda", "--json"
    )
    document = json.loads(text)
    assert status == 0
    assert document["provider"] == "cpu"
    assert "provider_fallback" in {warning["code"] for warning in document["warnings"]}


def test_t1_needs_any_contrast_and_then_has_no_scores(capsys, tmp_path):
    folder = _write(tmp_path / "t1", T1)
    status, text, errors = run(capsys, "analyze", folder, "--out", tmp_path / "a", "--json")
    assert status == 3
    assert json.loads(text)["error"]["code"] == "no_suitable_series"
    assert "--any-contrast" in _sentence(errors)
    assert not (tmp_path / "a").exists()
    status, text, _ = run(
        capsys, "analyze", folder, "--out", tmp_path / "b", "--any-contrast", "--json"
    )
    assert status == 0
    for hip in json.loads(text)["hips"]:
        assert hip["found"]
        assert hip["reason"] == "not_fluid_sensitive"
        assert hip["u_intensity"] is None
    assert {entry.name for entry in (tmp_path / "b").iterdir()} == FILES


@pytest.mark.parametrize("kind", ["axial", "localizer", "ct", "empty", "text", "headless"])
def test_nothing_suitable_exits_3_with_a_sentence(capsys, tmp_path, kind):
    folder = tmp_path / "in"
    folder.mkdir()
    if kind == "axial":
        write_series(folder, orientation="axial")
    elif kind == "localizer":
        for plane in ORIENTATIONS:
            write_series(
                folder,
                slices=3,
                orientation=plane,
                tags=LOCALIZER,
                names=[f"{plane}{index}.dcm" for index in range(3)],
            )
    elif kind == "ct":
        write_series(folder, tags={"Modality": "CT"})
    elif kind == "text":
        (folder / "notes.txt").write_text("no image")
    elif kind == "headless":
        _write(folder, sides=())
    status, text, errors = run(capsys, "analyze", folder, "--out", tmp_path / "out", "--json")
    assert status == 3
    assert json.loads(text)["error"]["message"] == _sentence(errors).rstrip("\n")
    assert not (tmp_path / "out" / "result.json").exists()


@pytest.mark.usefixtures("quick")
def test_four_slices_are_written_and_exit_3(capsys, tmp_path):
    folder = _write(tmp_path / "in", shape=(4, *SHAPE[1:]))
    status, text, errors = run(capsys, "analyze", folder, "--out", tmp_path / "out", "--json")
    assert status == 3
    assert json.loads(text)["error"]["code"] == "no_scorable_hip"
    assert "no hip can be scored" in _sentence(errors)
    document = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert {hip["reason"] for hip in document["hips"]} == {"too_few_slices"}
    assert document["patient_total"]["u_intensity"] is None


@pytest.mark.usefixtures("quick")
def test_one_hip_is_scored_alone(capsys, tmp_path):
    folder = _write(tmp_path / "in", sides=(Side.LEFT,))
    status, text, _ = run(capsys, "analyze", folder, "--out", tmp_path / "out", "--json")
    right, left = json.loads(text)["hips"]
    assert status == 0
    assert (right["found"], right["reason"]) == (False, "head_not_found")
    assert left["u_area"] > 0


@pytest.mark.usefixtures("quick")
def test_separate_right_and_left_series_are_both_analysed(capsys, tmp_path):
    shape = (17, 104, 100)
    for number, (x, words) in enumerate(((-65.0, "right"), (65.0, "left"))):
        tags = {**STIR, "SeriesDescription": f"COR STIR {words} hip"}
        _write(tmp_path / "in", tags, shape=shape, centre=(x, 0.0, 0.0), series=f"s{number}")
    status, text, errors = run(
        capsys, "analyze", tmp_path / "in", "--out", tmp_path / "out", "--json"
    )
    assert (status, errors) == (0, "")
    right, left = json.loads(text)["results"]
    assert [hip["found"] for hip in right["hips"]] == [True, False]
    assert [hip["found"] for hip in left["hips"]] == [False, True]
    for document, missing, words in ((right, 1, "left"), (left, 0, "right")):
        assert document["hips"][missing]["reason"] == "separate_series"
        assert document["patient_total"]["u_intensity"] is None
        assert document["patient_total"]["reason"] == "separate_series"
        told = {warning["code"]: warning["message"] for warning in document["warnings"]}
        assert "hip_missing" not in told
        assert f"The {words} hip was analysed" in told["other_hip_in_other_series"]
        assert f"'COR STIR {words} hip'" in told["other_hip_in_other_series"]
    assert json.loads((tmp_path / "out" / "result.json").read_text("utf-8")) == right
    assert json.loads((tmp_path / "out" / "left" / "result.json").read_text("utf-8")) == left


def _two_patients(folder, **second):
    _write(folder / "a")
    other = {**STIR, "PatientID": "T-2", "PatientName": "Other^Phantom", "StudyDate": "20240506"}
    return _write(folder / "b", other, **({"study": "2", "series": "2"} | second))


@pytest.mark.usefixtures("quick")
def test_several_patients_in_one_folder_are_not_chosen_between(capsys, tmp_path):
    _two_patients(tmp_path / "in")
    status, text, errors = run(
        capsys, "analyze", tmp_path / "in", "--out", tmp_path / "out", "--json"
    )
    assert status == 3
    assert "Images of 2 patients" in _sentence(errors)
    assert "--series" in errors
    assert "Phantom" not in errors
    assert json.loads(text)["error"]["code"] == "no_suitable_series"
    assert not (tmp_path / "out").exists()
    _, words, _ = run(capsys, "scan", tmp_path / "in")
    assert "Nothing chosen: Images of 2 patients were found" in words
    assert re.search(r"^Other.* Phantom \(patient ID T-2\), study of 2024-05-06:$", words, re.M)
    _, text, _ = run(capsys, "scan", tmp_path / "in", "--json")
    found = {one["patient"]["id"]: one for one in json.loads(text)["series"]}
    assert set(found) == {"T-1", "T-2"}
    status, words, _ = run(
        capsys, "analyze", tmp_path / "in", "--out", tmp_path / "out", "--series",
        found["T-2"]["uid"],
    )  # fmt: skip
    assert status == 0
    assert "Warning: Images of 2 patients were found" in words
    document = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert document["patient"]["id"] == "T-2"
    assert "several_patients" in {warning["code"] for warning in document["warnings"]}


@pytest.mark.parametrize("study", ["2", "same"])
def test_two_patients_under_one_series_uid_are_refused_by_name_too(capsys, tmp_path, study):
    first = _write(tmp_path / "in" / "a", study="same", series="same")
    other = {**STIR, "PatientID": "T-2", "PatientName": "Other^Phantom"}
    second = _write(
        tmp_path / "in" / "b", other, study=study, series="same", centre=(0.0, 2.5, 0.0)
    )
    named = pydicom.dcmread(next(first.iterdir())).SeriesInstanceUID
    for path in second.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid(path.name)
        dataset.SeriesInstanceUID = named
        dataset.save_as(path)
    for more in ((), ("--series", named)):
        status, _, errors = run(
            capsys, "analyze", tmp_path / "in", "--out", tmp_path / "out", *more
        )
        assert status == 3
        assert "2 patients" in _sentence(errors)


def test_one_skipped_file_is_one_file(capsys, study, tmp_path):
    shutil.copytree(study, tmp_path / "in")
    (tmp_path / "in" / "notes.txt").write_text("no image")
    assert "1 series, 1 file skipped," in run(capsys, "scan", tmp_path / "in")[1]
    assert "1 series, 0 files skipped," in run(capsys, "scan", study)[1]


def test_unreadable_input_exits_4(capsys, tmp_path):
    status, text, errors = run(
        capsys, "analyze", tmp_path / "missing", "--out", tmp_path / "out", "--json"
    )
    assert status == 4
    assert json.loads(text)["error"]["code"] == "unreadable_input"
    _sentence(errors)


def test_a_file_in_the_results_place_is_no_folder(capsys, study, tmp_path):
    (tmp_path / "out").write_text("a file")
    status, _, errors = run(capsys, "analyze", study, "--out", tmp_path / "out")
    assert status == 4
    assert str(tmp_path / "out") in _sentence(errors)
    assert (tmp_path / "out").read_text() == "a file"


def test_a_failing_writer_leaves_no_half_result(capsys, study, tmp_path, monkeypatch):
    from hipdesk.adapters import result_folder

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(result_folder, "write_pdf", full)
    status, _, errors = run(capsys, "analyze", study, "--out", tmp_path / "out")
    assert status == 4
    assert "No space left on device" in _sentence(errors)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze", "folder"],
        ["analyze", "folder", "--out", "x", "--provider", "tpu"],
        ["nonsense"],
        ["scan", "a", "b"],
        ["scan", "a", "--colour"],
    ],
)
def test_wrong_usage_exits_2(capsys, arguments):
    status, text, errors = run(capsys, *arguments, "--json")
    assert status == 2
    assert json.loads(text)["error"]["code"] == "usage"
    assert "--help" in _sentence(errors)


def test_an_unknown_provider_is_answered_with_those_there_are(capsys):
    status, _, errors = run(capsys, "analyze", "folder", "--out", "x", "--provider", "tpu")
    assert status == 2
    assert _sentence(errors).startswith("--provider must be one of auto, cpu, cuda; ")


def test_our_own_fault_exits_5_without_a_traceback(capsys, study, tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("Test^Phantom")

    monkeypatch.setattr(models, "load_model", broken)
    status, text, errors = run(capsys, "analyze", study, "--out", tmp_path / "out", "--json")
    assert status == 5
    assert json.loads(text)["error"]["code"] == "bug"
    assert "RuntimeError" in _sentence(errors)
    logged = (tmp_path / "user" / "logs" / "hipdesk.log").read_text("utf-8")
    assert "RuntimeError" in logged
    assert "Phantom" not in logged + text + errors


def test_ctrl_c_stops_without_a_result(capsys, study, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "load_model", interrupted)
    status, _, errors = run(capsys, "analyze", study, "--out", tmp_path / "out")
    assert status == 130
    assert "Stopped" in _sentence(errors)
    assert not (tmp_path / "out").exists()


def test_scan_lists_and_marks_the_chosen(capsys, study, tmp_path):
    status, text, _ = run(capsys, "scan", study, "--json")
    document = json.loads(text)
    assert status == 0
    assert document["schema"] == "hipdesk.scan/1"
    assert [entry["chosen"] for entry in document["series"]] == [True]
    status, words, _ = run(capsys, "scan", study)
    assert status == 0
    assert "* COR STIR: coronal, STIR, 17 slices" in words


NASTY = "Doe\x1b[2J\x9b1m\u202ednuoH\u2066\r\n\x7f\u2028^\u200fJane"


def test_nothing_in_a_name_steers_the_terminal(capsys):
    print_lines([f"Name: {NASTY}"])
    shown = capsys.readouterr().out
    assert shown == ("Name: Doe\ufffd[2J\ufffd1m\ufffddnuoH\ufffd\ufffd\ufffd\ufffd\ufffd^Jane\n")


def test_a_name_is_whole_in_json_and_tame_in_words(capsys, study, tmp_path):
    for file in study.iterdir():
        image = pydicom.dcmread(file)
        image.PatientName = "Doe\u202e^J\x9b2Jane"
        image.SpecificCharacterSet = "ISO_IR 192"
        image.save_as(file)
    _, text, _ = run(capsys, "scan", study, "--no-index", "--json")
    assert "\\u202e" in text
    assert json.loads(text)["series"][0]["patient"]["name"] == "Doe\u202e J\x9b2Jane"
    _, words, _ = run(capsys, "scan", study, "--no-index")
    assert "\u202e" not in words
    assert "\x9b" not in words
    assert "Doe\ufffd" in words


def test_a_path_in_an_error_steers_no_terminal(capsys, tmp_path):
    status, _, errors = run(capsys, "scan", tmp_path / "a\x1b[2J\u202eb")
    assert status == 4
    assert "a\ufffd[2J\ufffdb" in _sentence(errors)


def test_an_unknown_character_set_is_answered_in_a_clean_sentence(capsys):
    status, _, errors = run(capsys, "scan", "folder", "--charset", "KLINGON")
    assert status == 2
    said = _sentence(errors)
    assert said.startswith("There is no character set KLINGON; --charset takes ISO_IR 192, GB18030")
    assert "\\" not in said
    assert "ISO 2022 IR 58," in said
    assert "Invalid value" not in said


@pytest.mark.parametrize("name", ["ISO 2022 IR 58", "\\ISO 2022 IR 58"])
def test_a_character_set_needs_no_backslash(capsys, study, name):
    status, _, errors = run(capsys, "scan", study, "--no-index", "--charset", name)
    assert (status, errors) == (0, "")


def test_an_empty_archive_is_named_as_such(capsys, tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.mkdir("nothing in it")
    for command in (["scan", archive], ["analyze", archive, "--out", tmp_path / "out"]):
        status, _, errors = run(capsys, *command)
        assert status == 4
        said = _sentence(errors).strip()
        assert said == f"The archive {archive} holds no file; copy it again or choose another."


def test_scan_of_nothing_usable_says_why(capsys, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    status, words, _ = run(capsys, "scan", tmp_path)
    assert status == 0
    assert "Nothing chosen: No usable image was found" in words
    assert "notes.txt" in words


def test_names_that_a_terminal_cannot_show_do_not_stop_it(study, tmp_path):
    folder = tmp_path / "髋"
    shutil.copytree(study, folder)
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-m", "hipdesk", "scan", str(tmp_path / "missing髋")],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 4
    assert b"Traceback" not in done.stderr


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"hipdesk {__version__}\n", "")


def test_no_command_shows_help(capsys):
    status, words, _ = run(capsys)
    assert status in (0, 2)
    assert "analyze" in words


def test_info_names_models_hashes_and_the_self_tests_verdict(capsys, monkeypatch):
    monkeypatch.setattr("hipdesk.paths.model_names", lambda: ("locate", "segment"))
    status, text, _ = run(capsys, "info", "--json")
    document = json.loads(text)
    assert status == 0
    assert document["version"] == __version__
    assert [model["task"] for model in document["models"]] == ["locate", "segment"]
    assert all(model["sha256"] == "0" * 64 for model in document["models"])
    assert document["providers"] == ["cpu"]
    assert document["self_test"][1] == {
        "provider": "cuda",
        "passed": False,
        "reason": "no CUDA device",
    }
    assert "numpy" in document["libraries"]
    status, words, _ = run(capsys, "info")
    assert status == 0
    assert "Self-test cuda: failed (no CUDA device)" in words


def test_info_says_which_model_was_altered(capsys, monkeypatch):
    from hipdesk.errors import ModelAltered

    def refused(name, provider):
        raise ModelAltered(f"The file of the model '{name}' differs.")

    monkeypatch.setattr("hipdesk.paths.model_names", lambda: ("locate",))
    monkeypatch.setattr(models, "load_model", refused)
    status, words, _ = run(capsys, "info")
    assert status == 0
    assert "The file of the model 'locate' differs." in words
    assert run(capsys, "info", "--json")[0] == 0


def test_demo_analyses_every_visit_into_one_library(capsys, tmp_path, monkeypatch):
    from hipdesk.adapters import demo
    from hipdesk.adapters.store import SqlVisitStore

    def two_visits(out, progress):
        progress(1.0, "Simulated")
        return tuple(
            _write(out / day, {**STIR, "StudyDate": day}, study=f"study {day}")
            for day in ("20240101", "20240401")
        )

    monkeypatch.setattr(demo, "make_demo", two_visits)
    status, words, errors = run(capsys, "demo", "--out", tmp_path / "demo")
    assert (status, errors) == (0, "")
    for number in (1, 2):
        assert {entry.name for entry in (tmp_path / "demo" / f"visit-{number}").iterdir()} == FILES
    assert str(tmp_path / "demo" / "visit-2" / "report.pdf") in words
    store = SqlVisitStore.open(tmp_path / "demo" / "store", read_only=True)
    try:
        assert len(store.analyses()) == 2
    finally:
        store.close()


def test_train_passes_its_words_on(capsys):
    pytest.importorskip("torch")
    status, words, errors = run(capsys, "train", "nonsense")
    assert status == 2
    assert "nonsense" in errors
    status, words, _ = run(capsys, "train", "--help")
    assert status == 0
    assert "export" in words

"""Bundles of cases: without patients, exact, readable by another library and by training."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hipdesk import cli
from hipdesk.adapters.backup import KEY, back_up, restore
from hipdesk.adapters.case_bundle import (
    CASE,
    INDEX,
    RESULT,
    SEGMENTATION,
    Exported,
    export_cases,
    import_cases,
    pseudonyms_of,
)
from hipdesk.adapters.deidentify import Pseudonyms
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series
from hipdesk.adapters.segmentation_file import read_outlines
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import Cancelled, OutputError, StoreError, UnreadableInput
from hipdesk.records import (
    Analysis,
    GridBox,
    Head,
    HipResult,
    Origin,
    Patient,
    Reason,
    Segmentation,
    Side,
    StudyInfo,
)
from hipdesk.training.cases import Doors, read_cases
from tests.adapters.library_tools import SENTENCE, assert_same
from tests.adapters.small_disks import run_on_small_disk
from tests.analysis_factory import make_analysis, make_score
from tests.training.case_factory import CENTRES, RADIUS, make_case

PATIENT = Patient("4711666", "Zzyzx Clinic", "Zzyzx^Jane", date(1947, 1, 16), "F")
PSEUDONYMS = Pseudonyms(b"k" * 32)
TRACES = ("Zzyzx", "4711666", "19470116", "ACC4711", "Dr. Quux")


def images(folder: Path, seed: int, day: date) -> Analysis:
    """A visit of the patient: real files, real outlines, arbitrary scores."""
    case = make_case(seed)
    study = StudyInfo(f"1.2.826.0.1.{seed}", day, None, f"ACC4711{seed}", "Hips of Zzyzx")
    series = replace(case.volume.series, patient=PATIENT, study=study, description="STIR Zzyzx")
    write_series(folder, replace(case.volume, series=series))
    reader = DicomFolderReader()
    (read,) = reader.scan(folder).series
    volume = reader.read(read)
    slices, rows, columns = volume.series.shape
    box = GridBox((1, 2, 3), (slices - 1, rows - 1, columns - 1))
    hips = tuple(
        HipResult(
            side,
            Head(side, True, 0.75, CENTRES[side], RADIUS),
            Segmentation(
                side, box, {name: mask[box.index] for name, mask in case.truth[side].items()}
            ),
            make_score(volume.series, level=seed / 3),
        )
        for side in Side
    )
    created = datetime(2024, 3, 2, 10, 0, 0, 5, tzinfo=UTC)
    made = make_analysis(volume.series, created=created)
    return replace(made, hips=hips, origin=Origin.AI, pixel_sha256=volume.pixel_sha256)


def add(store: SqlVisitStore, analysis: Analysis) -> str:
    return store.add(analysis, [source.path for source in analysis.series.slices])


@dataclass(frozen=True)
class Made:
    """A library, closed, what is in it, and its bundle, as a folder and an archive."""

    place: Path
    analyses: list[Analysis]
    bundle: Path
    archive: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two visits, 180 days apart; the second one's right hip was edited."""
    folder = tmp_path_factory.mktemp("cases")
    analyses = [
        images(folder / "1", 1, date(2023, 9, 3)),
        images(folder / "2", 2, date(2024, 3, 1)),
    ]
    with SqlVisitStore.open(folder / "library") as store:
        for analysis in analyses:
            add(store, analysis)
        hip = analyses[1].hip(Side.RIGHT)
        assert hip.score is not None
        first = replace(
            hip.score.slices[0],
            counted=False,
            reason=Reason.EXCLUDED_BY_READER,
            note="Dr. Quux saw Zzyzx move",
        )
        edited = replace(hip, score=replace(hip.score, slices=(first, *hip.score.slices[1:])))
        store.revise(analyses[1].uid, edited, Origin.AI_EDITED, "Dr. Quux")
        store.write_impression(analyses[1].uid, "Zzyzx is better", "Dr. Quux")
        done = export(store, folder / "bundle")
        assert (len(done.cases), done.patients, done.refused) == (2, 1, ())
        export(store, folder / "bundle.zip")
    return Made(folder / "library", analyses, folder / "bundle", folder / "bundle.zip")


@pytest.fixture
def filled(made: Made, place: Path) -> list[Analysis]:
    """The library in its place, not opened yet."""
    shutil.copytree(made.place, place)
    return made.analyses


@pytest.fixture
def bundle(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.bundle, tmp_path / "bundle"))


@pytest.fixture
def archive(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copy(made.archive, tmp_path / "bundle.zip"))


@pytest.fixture
def reader() -> Iterator[DicomFolderReader]:
    with DicomFolderReader() as opened:
        yield opened


def export(store: SqlVisitStore, target: Path) -> Exported:
    with DicomFolderReader() as reader:
        return export_cases(store, reader, target, PSEUDONYMS)


def cases(bundle: Path) -> list[Path]:
    return sorted(path for path in bundle.iterdir() if path.is_dir())


def alter(bundle: Path, path: Path, place: tuple[str | int, ...], value: object) -> None:
    """Change one value of a file of a bundle, and its hash with it."""
    document = inner = json.loads(path.read_text("ascii"))
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path.write_text(json.dumps(document), "ascii")
    index = json.loads((bundle / INDEX).read_text("ascii"))
    for each in index["files"]:
        if each["name"] == path.relative_to(bundle).as_posix():
            each["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            each["bytes"] = path.stat().st_size
    (bundle / INDEX).write_text(json.dumps(index), "ascii")


def test_no_byte_tells_of_the_patient(made: Made) -> None:
    bundle, filled = made.bundle, made.analyses
    uids = [filled[0].uid, filled[0].series.uid, filled[0].series.study.uid]
    uids += [source.key.sop_instance_uid for source in filled[0].series.slices]
    traces = [trace.encode() for trace in (*TRACES, *uids, "20240301", "2024-03-0")]
    for path in bundle.rglob("*"):
        assert not any(trace.decode() in path.name for trace in traces)
        if path.is_file():
            data = path.read_bytes()
            assert [trace for trace in traces if trace in data] == []


def test_another_library_gets_the_same_results(
    made: Made, tmp_path: Path, reader: DicomFolderReader
) -> None:
    bundle, filled = made.bundle, made.analyses
    with SqlVisitStore.open(tmp_path / "other") as other:
        done = import_cases(bundle, other, reader)
        assert (done.added, done.known) == (2, 0)
        (patient,) = other.patients()
        entries = other.entries(patient.uid)
        days = [entry.visit.day for entry in entries]
        assert days[0] is not None
        assert days[1] is not None
        assert (days[1] - days[0]).days == 180
        assert days[0] < date(2023, 9, 3)
        for entry, want in zip(entries, filled, strict=True):
            (listed,) = entry.analyses
            assert listed.thumbnail is not None
            (series,) = reader.scan(other.series_folder(listed.uid)).series
            got = other.load(listed.uid, series).analysis
            assert reader.read(series).pixel_sha256 == want.pixel_sha256
            assert got.models == want.models
            assert_same(want.hip(Side.LEFT).segmentation, got.hip(Side.LEFT).segmentation)
            assert got.hip(Side.LEFT).head == want.hip(Side.LEFT).head
            old, new = want.hip(Side.LEFT).score, got.hip(Side.LEFT).score
            assert old is not None
            assert new is not None
            assert (new.u_intensity, new.by_lesion, new.bme_ml) == (
                old.u_intensity,
                old.by_lesion,
                old.bme_ml,
            )
            assert [part.u_area for part in new.slices] == [part.u_area for part in old.slices]
        edited = other.load(listed.uid, series).analysis
        assert edited.origin is Origin.AI_EDITED
        part = edited.hip(Side.RIGHT).score
        assert part is not None
        assert part.slices[0].reason is Reason.EXCLUDED_BY_READER
        assert other.verify_audit() == 2
        assert import_cases(bundle, other, reader).known == 2
        assert len(other.analyses()) == 2


def test_an_exported_import_is_the_same_again(
    made: Made, tmp_path: Path, reader: DicomFolderReader
) -> None:
    with SqlVisitStore.open(tmp_path / "other") as other:
        import_cases(made.bundle, other, reader)
        export(other, tmp_path / "again")
    first, second = cases(made.bundle)[0], cases(tmp_path / "again")[0]
    one, two = (json.loads((each / CASE).read_bytes()) for each in (first, second))
    for document in (one, two):
        for hip in document["hips"]:
            for part in hip["score"]["slices"]:
                part.pop("key")
    assert one["hips"] == two["hips"]
    assert one["pixel_sha256"] == two["pixel_sha256"]


def test_training_reads_the_corrected_ones(made: Made) -> None:
    bundle = made.bundle
    found = read_cases(bundle, Doors(DicomFolderReader(), read_outlines))
    assert [case.name for case in found.cases] == [cases(bundle)[1].name]
    assert [problem.code for problem in found.problems] == ["not_corrected"]
    (case,) = found.cases
    for side, own in make_case(2).truth.items():
        for name, mask in own.items():
            inside = np.zeros_like(mask)
            inside[1:-1, 2:-1, 3:-1] = mask[1:-1, 2:-1, 3:-1]
            assert np.array_equal(case.truth[side][name], inside)


def test_files_for_other_programs(made: Made) -> None:
    bundle = made.bundle
    result = json.loads((cases(bundle)[1] / RESULT).read_text("utf-8"))
    assert result["schema"] == "hipdesk.result/1"
    assert result["patient"]["id"].startswith("HD-")
    file = pydicom.dcmread(cases(bundle)[1] / SEGMENTATION)
    assert file.PatientIdentityRemoved == "YES"
    assert file.PatientID == result["patient"]["id"]
    assert file.ContentDate < "20240301"
    assert {item.SegmentAlgorithmType for item in file.SegmentSequence} >= {"SEMIAUTOMATIC"}


def test_burned_in_words_keep_a_case_out(
    filled: list[Analysis], place: Path, incoming: Path, tmp_path: Path
) -> None:
    analysis = images(incoming / "3", 3, date(2024, 9, 1))
    for source in analysis.series.slices:
        file = pydicom.dcmread(source.path)
        file.BurnedInAnnotation = "YES"
        file.save_as(source.path)
    with SqlVisitStore.open(place) as store:
        visit = add(store, analysis)
        done = export(store, tmp_path / "bundle")
    assert len(done.cases) == len(cases(tmp_path / "bundle")) == 2
    assert [(each.visit_uid, "burned" in each.why) for each in done.refused] == [(visit, True)]


def test_nothing_is_written_where_nothing_can_be_exported(
    store: SqlVisitStore, incoming: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=r"^No case was exported"):
        export(store, tmp_path / "bundle")
    analysis = images(incoming / "1", 1, date(2024, 9, 1))
    add(store, analysis)
    path = next(store.series_folder(analysis.uid).iterdir())
    path.write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"^No case was exported"):
        export(store, tmp_path / "bundle")
    assert {path.name for path in tmp_path.iterdir()} <= {"incoming", "library of patients"}


def test_an_earlier_bundle_is_not_touched(store: SqlVisitStore, bundle: Path) -> None:
    before = (bundle / INDEX).read_bytes()
    with pytest.raises(OutputError, match=r"exists already"):
        export(store, bundle)
    assert (bundle / INDEX).read_bytes() == before


def test_stopping_leaves_nothing(
    filled: list[Analysis], place: Path, tmp_path: Path, reader: DicomFolderReader
) -> None:
    with SqlVisitStore.open(place) as store, pytest.raises(Cancelled):
        export_cases(store, reader, tmp_path / "b", PSEUDONYMS, cancelled=lambda: True)
    assert {path.name for path in tmp_path.iterdir()} <= {"incoming", "library of patients"}


class TestDamage:
    @pytest.mark.parametrize("name", [INDEX, SEGMENTATION, CASE, RESULT, "000003.dcm"])
    def test_any_changed_file_is_found_before_anything_is_added(
        self, bundle: Path, tmp_path: Path, reader: DicomFolderReader, name: str
    ) -> None:
        path = sorted(bundle.rglob(name))[-1]
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] + b"x" + data[len(data) // 2 + 1 :])
        with SqlVisitStore.open(tmp_path / "other") as other:
            with pytest.raises(UnreadableInput, match=SENTENCE):
                import_cases(bundle, other, reader)
            assert other.analyses() == ()

    def test_an_archive_is_the_same(
        self, archive: Path, tmp_path: Path, reader: DicomFolderReader
    ) -> None:
        with SqlVisitStore.open(tmp_path / "other") as other:
            assert import_cases(archive, other, reader).added == 2

    @pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
    def test_an_archive_cut_off(
        self, archive: Path, tmp_path: Path, reader: DicomFolderReader, share: float
    ) -> None:
        archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
        with SqlVisitStore.open(tmp_path / "other") as other:
            with pytest.raises(UnreadableInput, match=SENTENCE):
                import_cases(archive, other, reader)
            assert other.analyses() == ()

    @pytest.mark.parametrize("name", ["../x.dcm", "/etc/passwd", "case/series/../../x", "a/b.exe"])
    def test_names_that_lead_elsewhere(
        self, tmp_path: Path, reader: DicomFolderReader, name: str
    ) -> None:
        entry = {"name": name, "sha256": "0" * 64, "bytes": 1}
        text = json.dumps({"schema": "hipdesk.cases/1", "files": [entry]})
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as file:
            file.writestr(INDEX, text)
            file.writestr(name, b"x")
        with (
            SqlVisitStore.open(tmp_path / "other") as other,
            pytest.raises(UnreadableInput, match=SENTENCE),
        ):
            import_cases(tmp_path / "b.zip", other, reader)

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            (("uid",), "../../x"),
            (("compute", "requested"), 10**30),
            (("compute", "reason"), "\0"),
            (("models", 0, "version"), None),
            (("total", "u_area"), "1.5"),
            (("hips", 0, "head", "confidence"), float("inf")),
            (("hips", 0, "head", "side"), "L"),
            (("hips", 0, "box", 2), -1),
            (("hips", 0, "box", 4), 10**6),
            (("hips", 0, "score", "n_counted"), 10**12),
            (("hips", 0, "score", "central_moved"), -1),
            (("hips", 0, "score", "bme_ml"), float("nan")),
            (("hips", 0, "score", "slices", 0, "head_px"), []),
            (("hips", 0, "score", "slices", 1, "u_intensity"), [1, 2]),
            (("hips", 0, "score", "slices", 1, "key"), ["1.2.3", None]),
            (("hips", 0, "score", "by_lesion", "bme", "u_area"), {}),
        ],
    )
    def test_values_of_another_kind_behind_right_hashes(
        self,
        bundle: Path,
        tmp_path: Path,
        reader: DicomFolderReader,
        place: tuple[str | int, ...],
        value: object,
    ) -> None:
        alter(bundle, cases(bundle)[0] / CASE, place, value)
        with SqlVisitStore.open(tmp_path / "other") as other:
            with pytest.raises(UnreadableInput, match=SENTENCE):
                import_cases(bundle, other, reader)
            assert other.analyses() == ()

    def test_newer_bundles(self, bundle: Path, tmp_path: Path, reader: DicomFolderReader) -> None:
        text = (bundle / INDEX).read_text("utf-8").replace("hipdesk.cases/1", "hipdesk.cases/2")
        (bundle / INDEX).write_text(text, "utf-8")
        with (
            SqlVisitStore.open(tmp_path / "other") as other,
            pytest.raises(UnreadableInput, match=r"a newer version"),
        ):
            import_cases(bundle, other, reader)


def test_pseudonyms_stay_the_same_and_survive_a_backup(
    filled: list[Analysis], place: Path, tmp_path: Path
) -> None:
    first = pseudonyms_of(place)
    assert pseudonyms_of(place).patient("a") == first.patient("a")
    assert (place / KEY).stat().st_mode & 0o077 == 0
    assert back_up(place, tmp_path / "b.zip").lacking == 0
    restore(tmp_path / "b.zip", tmp_path / "restored")
    assert pseudonyms_of(tmp_path / "restored").patient("a") == first.patient("a")
    shutil.rmtree(tmp_path / "restored")
    with pytest.raises(OutputError, match=SENTENCE):
        pseudonyms_of(tmp_path / "restored")


EXPORTS = """
import sys
from hipdesk.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_commands_and_a_full_disk(
    filled: list[Analysis],
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    assert cli.main(["export", "--cases", "--out", str(out), "--store", str(place)]) == 0
    assert "2 cases of 1 patient, de-identified" in capsys.readouterr().out
    assert cli.main(["import", str(out), "--store", str(other)]) == 0
    assert "Added: 2 cases; in the library already: 0." in capsys.readouterr().out
    assert cli.main(["export", "--cases", "--csv", "--out", str(out)]) == 2
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["export", "--cases", "--out", disk / "b", "--store", place]
    done = run_on_small_disk(EXPORTS, disk, words, kilobytes=64)
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "disk is not full" in done.stderr
    with SqlVisitStore.open(place) as store:
        assert store.verify_audit() == 4


def test_a_file_that_is_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert cli.main(["import", str(tmp_path / "letter.txt"), "--store", str(tmp_path / "l")]) == 4
    assert cli.main(["import", str(tmp_path / "absent"), "--store", str(tmp_path / "l")]) == 4
    assert capsys.readouterr().err.count("Nothing was imported") == 2

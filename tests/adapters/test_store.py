"""The patient library: exactness, matching, atomicity, one writer, tampering."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sqlalchemy.exc import IntegrityError

from hipdesk.adapters import _store_files
from hipdesk.adapters._store_codec import decode_mask, encode_mask
from hipdesk.adapters.store import DATABASE, LIBRARY, SqlVisitStore
from hipdesk.errors import BugError, StoreError, StoreTooNew
from hipdesk.records import Contrast, Patient, Reason, SegmentClass, Side
from tests.adapters.library_tools import (
    SENTENCE,
    add,
    files_of,
    kill_while_writing,
    tamper,
)
from tests.analysis_factory import make_analysis, make_patient, make_series

UNMATCHABLE = make_patient(issuer="")
APPEND_ONLY = (
    "series",
    "instance",
    "analysis",
    "analysis_model",
    "warning",
    "revision",
    "hip_result",
    "lesion_score",
    "slice_score",
    "mask",
    "audit",
)


@pytest.fixture(autouse=True)
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was to be safe on the disk; nobody waits for the disk here (but SQLite)."""
    descriptors: list[int] = []
    monkeypatch.setattr(os, "fsync", descriptors.append)
    return descriptors


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with three analyses, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    with SqlVisitStore.open(folder / "library") as store:
        for _ in range(3):
            add(store, folder / "incoming", make_analysis())
    return folder / "library"


@pytest.fixture
def filled(template: Path, place: Path) -> Path:
    """A closed library with three analyses of seven files each."""
    shutil.copytree(template, place)
    return place


def copies(place: Path) -> list[Path]:
    return sorted(path for path in (place / LIBRARY).rglob("*") if path.is_file())


class TestMaskCodec:
    @given(arrays.arrays(np.bool_, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0)))
    def test_any_mask_returns_exactly(self, mask: np.ndarray) -> None:
        back = decode_mask(encode_mask(mask), mask.shape)
        assert back.dtype == np.bool_
        assert back.shape == mask.shape
        assert np.array_equal(back, mask)

    def test_order_in_memory_is_irrelevant(self) -> None:
        mask = np.random.default_rng(1).random((3, 5, 7)) < 0.5
        turned = np.asfortranarray(mask)
        assert encode_mask(turned) == encode_mask(mask)
        assert np.array_equal(decode_mask(encode_mask(mask[:, ::-1]), mask.shape), mask[:, ::-1])

    def test_empty_mask_is_small(self) -> None:
        assert len(encode_mask(np.zeros((35, 512, 512), np.bool_))) < 2000

    @given(st.binary(max_size=40))
    def test_bytes_of_anything_else_are_refused(self, packed: bytes) -> None:
        with pytest.raises(StoreError, match=SENTENCE):
            decode_mask(packed, (4, 5, 6))

    @pytest.mark.parametrize("shape", [(4, 5, 5), (40, 50, 60)])
    def test_other_shape_is_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(StoreError):
            decode_mask(encode_mask(np.ones((4, 5, 6), np.bool_)), shape)

    def test_bomb_is_not_inflated(self) -> None:
        with pytest.raises(StoreError):
            decode_mask(encode_mask(np.zeros((400, 512, 512), np.bool_)), (2, 2, 2))


class TestRoundTrip:
    def test_scores_return_exactly(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, uid = add(store, incoming, make_analysis(level=1.0 / 3.0))
        (stored,) = store.visits(analysis.series.patient)
        assert stored.visit.uid == uid
        assert stored.visit.day == analysis.series.study.date
        assert abs((datetime.now(UTC) - stored.saved_utc).total_seconds()) < 60
        for want, got in zip(analysis.hips, stored.visit.hips, strict=True):
            assert got.side is want.side
            assert got.score == want.score
            assert got.analysis_uid == analysis.uid
            assert got.series_uid == analysis.series.uid
            assert got.models == analysis.models
            assert got.compute == analysis.compute
            assert got.contrast is analysis.series.contrast
            assert got.spacing_mm == analysis.series.spacing_mm
            assert got.acquisition == analysis.series.acquisition

    @pytest.mark.parametrize("contrast", [Contrast.STIR, Contrast.T1])
    def test_masks_return_exactly(
        self, store: SqlVisitStore, incoming: Path, contrast: Contrast
    ) -> None:
        analysis, _ = add(store, incoming, make_analysis(make_series(contrast=contrast)))
        for hip in analysis.hips:
            want, got = hip.segmentation, store.load_segmentation(analysis.uid, hip.side)
            assert want is not None
            assert (got.side, got.box, set(got.masks)) == (want.side, want.box, set(want.masks))
            assert all(np.array_equal(got.masks[name], mask) for name, mask in want.masks.items())
            assert got.has_lesions == contrast.fluid_sensitive

    def test_numbers_of_numpy_are_stored_as_numbers(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        analysis = make_analysis()
        hip = analysis.hip(Side.RIGHT)
        assert hip.score is not None
        score = replace(hip.score, n_counted=np.int64(7), u_intensity=np.float32(0.1))
        changed = replace(analysis, hips=(replace(hip, score=score), analysis.hips[1]))
        add(store, incoming, changed)
        (stored,) = store.visits(analysis.series.patient)
        assert stored.visit.hips[0].score.n_counted == 7
        assert stored.visit.hips[0].score.u_intensity == float(np.float32(0.1))

    def test_not_a_number_is_our_fault(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis = make_analysis()
        total = replace(analysis.total, u_area=float("nan"))
        with pytest.raises(BugError):
            add(store, incoming, replace(analysis, total=total))
        assert store.analyses() == ()

    def test_null_scores_keep_their_reason(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, _ = add(store, incoming, make_analysis(make_series(contrast=Contrast.T1)))
        (stored,) = store.visits(analysis.series.patient)
        assert [hip.score for hip in stored.visit.hips] == [hip.score for hip in analysis.hips]
        assert stored.visit.hips[0].score.reason is Reason.NOT_FLUID_SENSITIVE

    def test_hip_without_head_has_no_result_and_no_masks(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        analysis, _ = add(store, incoming, make_analysis(found=[Side.LEFT]))
        (stored,) = store.visits(analysis.series.patient)
        assert [hip.side for hip in stored.visit.hips] == [Side.LEFT]
        with pytest.raises(StoreError, match=r"no outlines of this right hip\.$"):
            store.load_segmentation(analysis.uid, Side.RIGHT)

    def test_everything_survives_closing(self, place: Path, incoming: Path) -> None:
        with SqlVisitStore.open(place) as store:
            analysis, uid = add(store, incoming, make_analysis())
        with SqlVisitStore.open(place) as store:
            (stored,) = store.visits(analysis.series.patient)
            assert stored.visit.uid == uid
            assert stored.visit.hips[0].score == analysis.hips[0].score
            assert store.verify_audit() == 1
            assert store.counts()["warning"] == 2

    def test_unknown_analysis(self, store: SqlVisitStore) -> None:
        with pytest.raises(StoreError, match=SENTENCE):
            store.load_segmentation("nowhere", Side.LEFT)
        with pytest.raises(StoreError, match=SENTENCE):
            store.series_folder("nowhere")


class TestCopies:
    def test_files_are_copied_under_names_that_say_nothing(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        analysis, _ = add(store, incoming, make_analysis())
        folder = store.series_folder(analysis.uid)
        want = [path.read_bytes() for path in files_of(analysis.series)]
        shutil.rmtree(incoming)
        assert [path.read_bytes() for path in sorted(folder.iterdir())] == want
        assert store.verify_files() == 7
        names = "/".join(str(path.relative_to(place)) for path in copies(place))
        series, patient = analysis.series, analysis.series.patient
        for told in (patient.patient_id, "Doe", series.uid, series.study.uid, "IM0"):
            assert told not in names

    def test_files_are_safe_on_the_disk_before_the_database_names_them(
        self,
        store: SqlVisitStore,
        incoming: Path,
        synced: list[int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        done: list[int] = []
        real = _store_files.SeriesLibrary.settle

        def settle(self: _store_files.SeriesLibrary, study: str, series: str) -> None:
            done.append(len(synced))
            real(self, study, series)
            done.append(len(synced))

        monkeypatch.setattr(_store_files.SeriesLibrary, "settle", settle)
        add(store, incoming, make_analysis())
        folders = 0 if sys.platform == "win32" else 1
        assert done == [7 + 3 * folders, 7 + 5 * folders]

    def test_changed_copy_is_found(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, _ = add(store, incoming, make_analysis())
        path = next(store.series_folder(analysis.uid).iterdir())
        path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
        with pytest.raises(StoreError, match=r"^1 of 7 image files"):
            store.verify_files()

    def test_same_series_again_is_copied_once(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        analysis, first = add(store, incoming, make_analysis())
        again = replace(analysis, uid="again")
        second = store.add(again, files_of(analysis.series)[::-1])
        assert second == first
        assert len(copies(place)) == 7
        assert store.series_folder("again") == store.series_folder(analysis.uid)
        assert store.analyses() == (analysis.uid, "again")

    def test_same_uid_with_other_content_is_kept_beside(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        analysis, first = add(store, incoming, make_analysis())
        relabelled = replace(analysis.series, contrast=Contrast.T2_FS)
        path = relabelled.slices[0].path
        path.write_bytes(path.read_bytes() + b"\0\0")
        second = store.add(make_analysis(relabelled, uid="other"), files_of(relabelled))
        assert second == first
        assert len(copies(place)) == 14
        assert store.verify_files() == 14

    def test_every_slice_must_be_among_the_files(self, store: SqlVisitStore) -> None:
        analysis = make_analysis()
        with pytest.raises(BugError):
            store.add(analysis, files_of(analysis.series)[1:])


class TestMatching:
    def test_same_identity_is_one_patient(self, store: SqlVisitStore, incoming: Path) -> None:
        for day in (date(2024, 1, 1), date(2023, 1, 1)):
            add(store, incoming, make_analysis(make_series(day=day)))
        assert store.counts()["patient"] == 1
        assert len(store.visits(make_patient())) == 2

    def test_name_is_no_part_of_the_rule(self, store: SqlVisitStore, incoming: Path) -> None:
        married = replace(make_patient(), name="Smith^Jane")
        add(store, incoming, make_analysis())
        add(store, incoming, make_analysis(make_series(married, day=date(2025, 1, 1))))
        assert len(store.visits(married)) == 2

    @pytest.mark.parametrize(
        "change",
        [{"patient_id": "4712"}, {"issuer": "B"}, {"birth_date": date(1980, 5, 18)}, {"sex": "M"}],
        ids=lambda change: next(iter(change)),
    )
    def test_any_difference_makes_another_patient(
        self, store: SqlVisitStore, incoming: Path, change: dict[str, object]
    ) -> None:
        other = replace(make_patient(), **change)  # type: ignore[arg-type]
        add(store, incoming, make_analysis())
        add(store, incoming, make_analysis(make_series(other)))
        assert store.counts()["patient"] == 2
        assert len(store.visits(other)) == 1

    @pytest.mark.parametrize(
        "lacking",
        [{"patient_id": ""}, {"issuer": ""}, {"birth_date": None}, {"sex": ""}],
        ids=lambda change: next(iter(change)),
    )
    def test_incomplete_identity_is_a_new_patient_each_time(
        self, store: SqlVisitStore, incoming: Path, lacking: dict[str, object]
    ) -> None:
        patient = replace(make_patient(), **lacking)  # type: ignore[arg-type]
        visits = [add(store, incoming, make_analysis(make_series(patient)))[1] for _ in range(2)]
        assert store.counts()["patient"] == 2
        assert store.visits(patient) == ()
        assert [len(store.history(visit)) for visit in visits] == [1, 1]

    def test_study_known_again_keeps_an_unmatchable_patient(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        visits = {
            add(store, incoming, make_analysis(make_series(UNMATCHABLE, study_uid="1.2.3")))[1]
            for _ in range(2)
        }
        assert len(visits) == 1
        assert store.counts()["patient"] == 1

    def test_study_known_again_does_not_merge_contradicting_patients(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        for patient in (make_patient(), UNMATCHABLE, replace(UNMATCHABLE, name="Roe^Ann")):
            add(store, incoming, make_analysis(make_series(patient, study_uid="1.2.3")))
        assert store.counts()["patient"] == 3

    def test_a_visit_says_by_which_definition_and_hand_its_hips_were_scored(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        analysis = add(store, incoming, make_analysis())[0]
        (stored,) = store.visits(make_patient())
        assert {hip.definition for hip in stored.visit.hips} == {analysis.definition}
        assert {hip.origin for hip in stored.visit.hips} == {analysis.origin}

    def test_unknown_patient_has_no_visits(self, store: SqlVisitStore) -> None:
        assert store.visits(make_patient()) == ()
        assert store.history("nowhere") == ()


class TestVisits:
    def test_order_of_adding_is_irrelevant(self, tmp_path: Path, incoming: Path) -> None:
        days = (date(2022, 5, 1), date(2023, 5, 1), None)
        analyses = [make_analysis(make_series(day=day, slices=5), level=1.5) for day in days]
        for number, order in enumerate(permutations(analyses)):
            with SqlVisitStore.open(tmp_path / str(number)) as store:
                for analysis in order:
                    add(store, incoming, analysis)
                stored = store.visits(make_patient())
            assert [visit.visit.day for visit in stored] == list(days)
            got = [hip.analysis_uid for visit in stored for hip in visit.visit.hips]
            assert got == [analysis.uid for analysis in analyses for _ in Side]

    def test_studies_of_a_day_share_a_visit(self, store: SqlVisitStore, incoming: Path) -> None:
        right = make_analysis(found=[Side.RIGHT])
        left = make_analysis(found=[Side.LEFT])
        uids = {add(store, incoming, analysis)[1] for analysis in (right, left)}
        (stored,) = store.visits(make_patient())
        assert uids == {stored.visit.uid}
        assert [(hip.side, hip.analysis_uid) for hip in stored.visit.hips] == [
            (Side.RIGHT, right.uid),
            (Side.LEFT, left.uid),
        ]
        assert store.counts()["study"] == 2

    def test_undated_studies_do_not_share_a_visit(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        for _ in range(2):
            add(store, incoming, make_analysis(make_series(day=None)))
        assert [stored.visit.day for stored in store.visits(make_patient())] == [None, None]

    def test_newest_analysis_with_a_score_is_current(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        made = [datetime(2024, 5, day, tzinfo=UTC) for day in range(1, 5)]
        newest = make_analysis(created=made[1], level=2.0)
        older = make_analysis(created=made[0], level=1.0)
        unscored = make_analysis(make_series(contrast=Contrast.T1), created=made[2])
        headless = make_analysis(created=made[3], found=[])
        for analysis in (newest, older, unscored, headless):
            add(store, incoming, analysis)
        (stored,) = store.visits(make_patient())
        assert {hip.analysis_uid for hip in stored.visit.hips} == {newest.uid}

    def test_without_a_score_the_newest_found_head_is_current(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        made = [datetime(2024, 5, day, tzinfo=UTC) for day in range(1, 4)]
        series = [make_series(contrast=Contrast.T1) for _ in made]
        older = make_analysis(series[0], created=made[0])
        newest = make_analysis(series[1], created=made[1])
        headless = make_analysis(series[2], created=made[2], found=[])
        for analysis in (newest, older, headless):
            add(store, incoming, analysis)
        (stored,) = store.visits(make_patient())
        assert {hip.analysis_uid for hip in stored.visit.hips} == {newest.uid}


class TestAllOrNothing:
    def test_same_analysis_twice_is_refused(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        analysis, _ = add(store, incoming, make_analysis())
        with pytest.raises(StoreError, match=r"^Nothing was saved"):
            store.add(analysis, files_of(analysis.series))
        assert len(copies(place)) == 7
        assert store.verify_audit() == 1

    @pytest.mark.parametrize("nth", [1, 5])
    def test_full_disk_while_copying(
        self,
        store: SqlVisitStore,
        place: Path,
        incoming: Path,
        monkeypatch: pytest.MonkeyPatch,
        nth: int,
    ) -> None:
        calls = iter(range(1, 100))
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if next(calls) >= nth:
                raise OSError(errno.ENOSPC, "No space left on device", "Doe^Jane")
            real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(_store_files.os, "fsync", fsync)
            with pytest.raises(StoreError, match=r"^Nothing was saved .* disk is full") as caught:
                add(store, incoming, make_analysis())
        assert "Doe" not in str(caught.value)
        self._nothing_is_left(store, place)
        add(store, incoming, make_analysis())

    def test_full_disk_while_writing_the_database(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        engine = store._open_engine()
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match=r"^Nothing was saved .* disk is full"):
            add(store, incoming, make_analysis(make_series(slices=40)))
        self._nothing_is_left(store, place)

    def test_vanished_source_file(self, store: SqlVisitStore, place: Path) -> None:
        analysis = make_analysis()
        with pytest.raises(StoreError, match=r"^Nothing was saved .* missing"):
            store.add(analysis, files_of(analysis.series))
        self._nothing_is_left(store, place)

    def test_failed_move_leaves_nothing(
        self, store: SqlVisitStore, place: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def settle(self: object, study: str, series: str) -> None:
            raise PermissionError(errno.EACCES, "denied")

        monkeypatch.setattr(_store_files.SeriesLibrary, "settle", settle)
        with pytest.raises(StoreError, match="may not be written"):
            add(store, incoming, make_analysis())
        self._nothing_is_left(store, place)

    @staticmethod
    def _nothing_is_left(store: SqlVisitStore, place: Path) -> None:
        assert store.analyses() == ()
        assert not any(store.counts().values())
        assert copies(place) == []
        assert list((place / LIBRARY / ".incoming").iterdir()) == []


class TestOneWriter:
    def test_second_opening_is_refused(self, store: SqlVisitStore, place: Path) -> None:
        with pytest.raises(StoreError, match=r"^Another program is already working"):
            SqlVisitStore.open(place)

    def test_second_program_is_refused_until_the_first_closes(self, place: Path) -> None:
        with SqlVisitStore.open(place):
            assert "Another program is already working" in open_elsewhere(place)
        assert open_elsewhere(place) == "opened"

    def test_disk_that_cannot_lock_is_not_blamed_on_another_program(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lock(file: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(_store_files, "_lock", lock)
        with pytest.raises(StoreError, match="could not be opened: its disk"):
            SqlVisitStore.open(place)

    def test_reading_is_possible_beside_a_writer(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        with SqlVisitStore.open(place, read_only=True) as reader:
            analysis, uid = add(store, incoming, make_analysis())
            (stored,) = reader.visits(make_patient())
            assert stored.visit.uid == uid
            with pytest.raises(StoreError, match="reading only"):
                reader.add(analysis, files_of(analysis.series))

    def test_reading_where_there_is_nothing(self, place: Path) -> None:
        with pytest.raises(StoreError, match=r"there is none in this folder\.$"):
            SqlVisitStore.open(place, read_only=True)
        assert not place.exists()

    def test_foreign_lock_on_the_database_is_reported(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        with store._open_engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(place / DATABASE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program is using it"):
            add(store, incoming, make_analysis())
        other.close()

    def test_use_after_closing_is_our_fault(self, place: Path) -> None:
        store = SqlVisitStore.open(place)
        store.close()
        store.close()
        with pytest.raises(BugError):
            store.analyses()


def open_elsewhere(place: Path) -> str:
    """What another process says when it opens the library."""
    program = (
        "import sys\n"
        "from hipdesk.adapters.store import SqlVisitStore\n"
        "from hipdesk.errors import StoreError\n"
        "try:\n"
        "    SqlVisitStore.open(sys.argv[1]).close()\n"
        "    print('opened')\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(place)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class TestFaultyLibraries:
    def test_file_instead_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        for place in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(StoreError, match=SENTENCE) as caught:
                SqlVisitStore.open(place)
            assert "not a HipDesk library" in str(caught.value)

    def test_newer_schema_is_refused_and_untouched(self, filled: Path) -> None:
        place = filled
        tamper(place, "UPDATE alembic_version SET version_num = '9999'")
        before = (place / DATABASE).read_bytes()
        with pytest.raises(StoreTooNew, match="newer version"):
            SqlVisitStore.open(place)
        assert (place / DATABASE).read_bytes() == before
        assert len(copies(place)) == 21

    @pytest.mark.parametrize("what", ["header", "pages", "cut"])
    def test_damaged_database_is_refused_and_untouched(self, filled: Path, what: str) -> None:
        place, path = filled, filled / DATABASE
        good = path.read_bytes()
        noise = random.Random(3).randbytes(len(good) // 2)
        damaged = {
            "header": b"not a database, rather a text" + good[29:],
            "pages": good[:4096] + noise + good[4096 + len(noise) :],
            "cut": good[: len(good) // 2],
        }[what]
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="its database is damaged"):
            SqlVisitStore.open(place)
        assert path.read_bytes() == damaged
        assert len(copies(place)) == 21
        path.write_bytes(good)
        with SqlVisitStore.open(place) as store:
            assert store.verify_audit() == 3

    def test_database_of_another_program_is_refused(self, place: Path) -> None:
        place.mkdir()
        tamper(place, "CREATE TABLE recipes (name TEXT)")
        with pytest.raises(StoreError, match="belongs to another program"):
            SqlVisitStore.open(place)

    def test_damaged_mask_is_reported(self, place: Path, incoming: Path) -> None:
        with SqlVisitStore.open(place) as store:
            analysis, _ = add(store, incoming, make_analysis())
        tamper(
            place, "DROP TRIGGER mask_no_update", "UPDATE mask SET packed = substr(packed, 1, 9)"
        )
        with (
            SqlVisitStore.open(place) as store,
            pytest.raises(StoreError, match=r"outline .* is damaged"),
        ):
            store.load_segmentation(analysis.uid, Side.RIGHT)

    def test_unknown_kind_of_server(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="lacks the driver"):
            SqlVisitStore.open("nonesuch://host/name", library=tmp_path)


class TestAppendOnly:
    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_results_can_be_neither_changed_nor_removed(self, filled: Path, table: str) -> None:
        column = "number" if table == "audit" else "id"
        for statement in (
            f"UPDATE {table} SET {column} = {column} + 100",
            f"DELETE FROM {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                tamper(filled, statement)

    def test_replacing_is_refused_too(self, filled: Path) -> None:
        statement = "INSERT OR REPLACE INTO lesion_score SELECT * FROM lesion_score"
        with (
            SqlVisitStore.open(filled) as store,
            store._open_engine().connect() as connection,
            pytest.raises(IntegrityError, match="append only"),
        ):
            connection.exec_driver_sql(statement)

    @pytest.mark.parametrize(
        ("trigger", "statement"),
        [
            ("audit_no_update", "UPDATE audit SET at_utc = '2020' WHERE number = 2"),
            ("audit_no_update", "UPDATE audit SET content = '{}' WHERE number = 3"),
            ("audit_no_delete", "DELETE FROM audit WHERE number = 1"),
            ("audit_no_delete", "DELETE FROM audit WHERE number = 3"),
            ("slice_score_no_update", "UPDATE slice_score SET u_area = 0.5 WHERE id = 4"),
            ("hip_result_no_update", "UPDATE hip_result SET u_intensity = 9.0 WHERE id = 1"),
            ("lesion_score_no_delete", "DELETE FROM lesion_score WHERE id = 2"),
            ("mask_no_update", "UPDATE mask SET packed = x'00' WHERE id = 5"),
            ("instance_no_update", "UPDATE instance SET sha256 = 'f' WHERE id = 1"),
            ("analysis_no_update", "UPDATE analysis SET origin = 'manual' WHERE id = 2"),
        ],
    )
    def test_tampering_is_found(self, filled: Path, trigger: str, statement: str) -> None:
        with SqlVisitStore.open(filled) as store:
            assert store.verify_audit() == 3
        tamper(filled, f"DROP TRIGGER {trigger}", statement)
        with (
            SqlVisitStore.open(filled) as store,
            pytest.raises(StoreError, match="cannot be trusted"),
        ):
            store.verify_audit()

    def test_audit_names_no_patient(self, filled: Path) -> None:
        connection = sqlite3.connect(filled / DATABASE)
        rows = repr(connection.execute("SELECT * FROM audit").fetchall())
        connection.close()
        text = re.sub("[0-9a-f]{16,}", "", rows)  # hashes, which may hold any digits
        assert "4711" not in text
        assert "Doe" not in text


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.analysis_factory import make_analysis, make_series, write_files
from hipdesk.adapters.store import SqlVisitStore

place, folder = Path(sys.argv[1]), Path(sys.argv[2])
base = write_files(make_series(slices=6), folder)
files = [source.path for source in base.slices]
with SqlVisitStore.open(place) as store:
    print("ready", flush=True)
    while True:
        analysis = make_analysis(replace(base, uid=base.uid + "." + str(len(store.analyses()))))
        store.add(analysis, files)
        print(analysis.uid, flush=True)
"""


def check_after_kill(place: Path, acknowledged: list[str]) -> None:
    with SqlVisitStore.open(place) as store:
        stored = store.analyses()
        assert set(acknowledged) <= set(stored)
        assert store.verify_audit() == len(stored)
        assert store.verify_files() == 6 * len(stored)
        assert len(copies(place)) == 6 * len(stored)
        counts = store.counts()
        assert counts["hip_result"] == 2 * len(stored)
        assert counts["mask"] == 2 * len(SegmentClass) * len(stored)
        assert counts["slice_score"] == 12 * len(stored)
        for uid in stored[-2:]:
            assert store.load_segmentation(uid, Side.LEFT).masks


def campaign(tmp_path: Path, kills: int, seed: int) -> int:
    """Kill ``kills`` programs that write to one library; the analyses left."""
    dice, acknowledged = random.Random(seed), list[str]()
    for number in range(kills):
        acknowledged += kill_while_writing(
            KILLED, (tmp_path / "library", tmp_path / f"in{number}"), dice
        )
        check_after_kill(tmp_path / "library", acknowledged)
    return len(acknowledged)


def test_killed_while_adding(tmp_path: Path) -> None:
    assert campaign(tmp_path, kills=3, seed=11) >= 3


@pytest.mark.slow
def test_killed_while_adding_sixty_times(tmp_path: Path) -> None:
    assert campaign(tmp_path, kills=60, seed=12) >= 60


def add_beside(store: SqlVisitStore, folder: Path, writers: int, each: int) -> None:
    """Add ``each`` analyses from every one of several threads."""

    def work(number: int) -> list[str]:
        made = [make_analysis() for _ in range(each)]
        return [add(store, folder / str(number), analysis)[1] for analysis in made]

    with ThreadPoolExecutor(writers) as pool:
        visits = list(pool.map(work, range(writers)))
    assert len({uid for uids in visits for uid in uids}) == 1


def test_threads_add_beside_each_other(store: SqlVisitStore, incoming: Path) -> None:
    add_beside(store, incoming, writers=3, each=2)
    assert store.verify_audit() == 6
    assert store.verify_files() == 42


def test_left_overs_of_a_crash_before_the_commit_are_removed(place: Path, incoming: Path) -> None:
    with SqlVisitStore.open(place) as store:
        analysis, _ = add(store, incoming, make_analysis())
        library = _store_files.SeriesLibrary(place / LIBRARY)
        library.stage("placed", files_of(analysis.series))
        library.settle("orphan", "placed")
        library.stage("aside", files_of(analysis.series))
    assert len(copies(place)) == 21
    with SqlVisitStore.open(place) as store:
        assert len(copies(place)) == 7
        assert store.verify_files() == 7
    assert not (place / LIBRARY / "orphan").exists()


def test_crash_after_the_commit_keeps_the_files(place: Path, incoming: Path) -> None:
    with SqlVisitStore.open(place) as store:
        analysis, _ = add(store, incoming, make_analysis())
        folder = store.series_folder(analysis.uid)
    (place / LIBRARY / ".incoming" / folder.name).mkdir()
    with SqlVisitStore.open(place) as store:
        assert store.verify_files() == 7
    assert list((place / LIBRARY / ".incoming").iterdir()) == []


def test_patient_stays_out_of_errors(place: Path) -> None:
    secret = Patient("SENTINEL", "SENTINEL", "SENTINEL", date(1980, 1, 1), "F")
    series = make_series(secret, folder=place / "SENTINEL")
    with SqlVisitStore.open(place) as store, pytest.raises(StoreError) as caught:
        store.add(make_analysis(series), files_of(series))
    assert "SENTINEL" not in str(caught.value)

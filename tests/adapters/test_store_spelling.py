"""Names of stored images are read in the character set that a reader chose, everywhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.errors import StoreError
from hipdesk.records import Analysis, Contrast, Series
from tests.adapters.library_tools import SENTENCE, add, files_of, tamper
from tests.analysis_factory import make_analysis, make_patient, make_series, write_files

GARBLED, RIGHT = "\u00cd\u00f5\u00d0\u00a1\u00b6\u00ab", "\u738b\u5c0f\u4e1c"


def read_as(series: Series, name: str, charset: str, study: str = "Hips") -> Series:
    patient = replace(series.patient, name=name)
    described = replace(series.study, description=study)
    return replace(series, patient=patient, study=described, charset=charset)


def garbled() -> Series:
    return make_series(replace(make_patient(), name=GARBLED))


def kept(store: SqlVisitStore, folder: Path) -> tuple[Analysis, str]:
    """Store what was opened in the right set; its analysis and visit."""
    series = garbled()
    written = write_files(series, folder / series.uid)
    analysis = make_analysis(read_as(written, RIGHT, "GB18030"))
    return analysis, store.add(analysis, files_of(written))


def test_files_own_set_is_the_rule(store: SqlVisitStore, tmp_path: Path):
    analysis, _ = add(store, tmp_path, make_analysis(make_series()))
    assert store.charset(analysis.uid) == ""
    assert store.counts()["spelling"] == 0


def test_the_chosen_set_is_kept_with_the_result(store: SqlVisitStore, tmp_path: Path):
    analysis, visit = kept(store, tmp_path)
    assert store.charset(analysis.uid) == "GB18030"
    assert store.patient_of(visit).patient.name == RIGHT
    assert store.verify_audit() == 2


def test_a_name_stored_garbled_is_mended_by_the_next_visit(store: SqlVisitStore, tmp_path: Path):
    _, before = add(store, tmp_path, make_analysis(garbled()))
    _, after = kept(store, tmp_path)
    assert store.patient_of(before).uid == store.patient_of(after).uid
    assert [each.patient.name for each in store.patients(RIGHT)] == [RIGHT]
    assert store.patients(GARBLED) == ()


def test_what_is_stored_is_read_anew(store: SqlVisitStore, tmp_path: Path):
    analysis, visit = add(store, tmp_path, make_analysis(garbled()))
    mended = read_as(analysis.series, RIGHT, "GB18030", study="\u9acb\u5173\u8282")
    store.respell(analysis.uid, mended, "Dr. Roe")
    store.respell(analysis.uid, mended, "Dr. Roe")
    owner = store.patient_of(visit)
    assert (store.charset(analysis.uid), owner.patient.name) == ("GB18030", RIGHT)
    assert store.entries(owner.uid)[0].descriptions == ("\u9acb\u5173\u8282",)
    assert store.counts()["spelling"] == 1

    store.respell(analysis.uid, read_as(analysis.series, GARBLED, ""), "Dr. Roe")
    assert store.charset(analysis.uid) == ""
    assert store.patient_of(visit).patient.name == GARBLED
    assert store.verify_audit() == 3


def test_the_record_of_changes_names_nobody_and_finds_tampering(tmp_path: Path):
    with SqlVisitStore.open(tmp_path / "place") as store:
        kept(store, tmp_path)
    with closing(sqlite3.connect(tmp_path / "place" / DATABASE)) as connection:
        assert RIGHT not in repr(connection.execute("SELECT * FROM audit").fetchall())
    tamper(
        tmp_path / "place",
        "DROP TRIGGER spelling_no_update",
        "UPDATE spelling SET charset = 'Big5'",
    )
    with SqlVisitStore.open(tmp_path / "place") as store, pytest.raises(StoreError):
        store.verify_audit()


def test_nothing_of_an_unknown_analysis(store: SqlVisitStore):
    with pytest.raises(StoreError, match=SENTENCE):
        store.charset("nowhere")
    with pytest.raises(StoreError, match=SENTENCE):
        store.respell("nowhere", make_series(), "Dr. Roe")


def test_images_that_are_weighted_otherwise_now_are_not_known(store: SqlVisitStore, tmp_path: Path):
    analysis, visit = add(store, tmp_path, make_analysis(make_series()))
    asked = analysis.pixel_sha256, analysis.models, analysis.definition
    assert store.analysed(analysis.series, *asked) == (analysis.uid, visit)
    other = replace(analysis.series, contrast=Contrast.OTHER)
    assert store.analysed(other, *asked) is None
    silent = replace(analysis.series, contrast=Contrast.UNKNOWN)
    assert store.analysed(silent, *asked) == (analysis.uid, visit)

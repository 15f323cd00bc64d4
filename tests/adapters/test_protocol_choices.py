"""Choices for scanners' protocols: kept, in force by age, withdrawn, vouched for, nobody's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.errors import StoreError
from hipdesk.ports import ScannerProtocol
from hipdesk.records import Contrast, Plane
from hipdesk.scanner_protocol import protocol_of
from tests.analysis_factory import make_patient, make_series

STIR = ScannerProtocol(
    "maker", "magnet", "hip", "cor stir", "*tir", "original\\primary", Plane.CORONAL, 4000, 42, 150
)
PD = replace(STIR, description="cor pd fs", sequence="*tse", ti_ms=None)


def test_a_choice_is_given_back_whole_and_outlasts_the_program(tmp_path: Path):
    with SqlVisitStore.open(tmp_path) as store:
        began = datetime.now(UTC)
        made = store.choices.remember(PD, None, "Dr. Roe")
        assert began <= made.at_utc <= datetime.now(UTC)
        other = store.choices.remember(STIR, Contrast.OTHER, "Dr. Roe")
    with SqlVisitStore.open(tmp_path, read_only=True) as store:
        assert store.choices.all() == (other, made)
    assert (made.protocol, made.contrast, made.reader) == (PD, None, "Dr. Roe")


def test_choosing_the_same_again_changes_nothing(store: SqlVisitStore):
    made = store.choices.remember(STIR, None, "Dr. Roe")
    again = store.choices.remember(replace(STIR, tr_ms=4200.0), None, "Dr. Doe")
    assert again == made
    assert store.choices.all() == (made,)


def test_a_preference_taken_anew_goes_before_a_newer_one(store: SqlVisitStore):
    store.choices.remember(STIR, None, "Dr. Roe")
    between = store.choices.remember(PD, None, "Dr. Roe")
    newest = store.choices.remember(STIR, None, "Dr. Roe")
    assert store.choices.all() == (newest, between)


def test_another_contrast_takes_the_place_of_the_first(store: SqlVisitStore):
    store.choices.remember(STIR, Contrast.STIR, "Dr. Roe")
    preferred = store.choices.remember(STIR, None, "Dr. Roe")
    other = store.choices.remember(STIR, Contrast.OTHER, "Dr. Roe")
    assert store.choices.all() == (other, preferred)


def test_what_is_forgotten_is_gone_and_may_be_chosen_again(store: SqlVisitStore):
    made = store.choices.remember(STIR, None, "Dr. Roe")
    store.choices.forget(made.uid, "Dr. Doe")
    store.choices.forget(made.uid, "Dr. Doe")
    store.choices.forget("nothing", "Dr. Doe")
    assert store.choices.all() == ()
    assert store.choices.remember(STIR, None, "Dr. Roe").uid != made.uid
    assert store.counts()["override_withdrawn"] == 1


def test_the_record_of_changes_vouches_for_choices(tmp_path: Path):
    with SqlVisitStore.open(tmp_path) as store:
        made = store.choices.remember(STIR, Contrast.STIR, "Dr. Roe")
        store.choices.forget(made.uid, "Dr. Roe")
        assert store.verify_audit() == 2
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            connection.execute("UPDATE protocol_override SET contrast = 't1'")
        connection.execute("DROP TRIGGER protocol_override_no_update")
        connection.execute("UPDATE protocol_override SET contrast = 't1'")
        connection.commit()
    with SqlVisitStore.open(tmp_path) as store, pytest.raises(StoreError, match="trusted"):
        store.verify_audit()


def test_a_library_opened_for_reading_refuses(tmp_path: Path):
    SqlVisitStore.open(tmp_path).close()
    with (
        SqlVisitStore.open(tmp_path, read_only=True) as store,
        pytest.raises(StoreError, match="reading only"),
    ):
        store.choices.remember(STIR, None, "Dr. Roe")


def test_nothing_of_a_patient_is_kept(tmp_path: Path):
    patient = replace(make_patient(), name="Sentinel^Name", patient_id="SENTINEL-99")
    series = make_series(patient)
    series = replace(series, description=f"COR STIR {patient.patient_id} Sentinel 2024-03-01")
    protocol = protocol_of(series)
    assert protocol is not None
    with SqlVisitStore.open(tmp_path) as store:
        store.choices.remember(protocol, None, "Dr. Roe")
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        kept = repr(connection.execute("SELECT * FROM protocol_override").fetchall())
        names = {row[1] for row in connection.execute("PRAGMA table_info(protocol_override)")}
    assert "cor stir" in kept
    for telling in ("sentinel", "2024-03-01", series.uid, series.study.uid):
        assert telling.lower() not in kept.lower()
    assert names == {f.name for f in fields(ScannerProtocol)} | {
        "id", "uid", "kind", "contrast", "reader", "at_utc"
    }  # fmt: skip

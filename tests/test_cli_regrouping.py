"""Patients and visits put in order from the command line, and all of it taken back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from hipdesk.adapters.store import SqlVisitStore
from hipdesk.cli import main
from tests.adapters.library_tools import add
from tests.analysis_factory import make_analysis, make_patient, make_series

JANE = make_patient("1")
AGAIN = make_patient("2", issuer="Clinic B")
BROTHER = replace(make_patient("3"), sex="M")


class Desk:
    """A library and its command line."""

    def __init__(self, capsys: pytest.CaptureFixture[str], place: Path) -> None:
        self.capsys, self.place = capsys, place

    def words(self, *arguments: str) -> str:
        assert main(["library", *arguments, "--store", str(self.place)]) == 0
        return self.capsys.readouterr().out

    def json(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self.words(*arguments, "--json"))

    def refused(self, *arguments: str) -> tuple[int, str]:
        status = main(["library", *arguments, "--store", str(self.place)])
        return status, self.capsys.readouterr().err.strip()

    @property
    def visits(self) -> dict[str, list[str]]:
        """Days of the visits of each patient ID."""
        found = self.json("patients")["patients"]
        return {
            each["patient_id"]: [v["day"] for v in self.json("visits", each["uid"])["visits"]]
            for each in found
        }

    def uid(self, identifier: str) -> str:
        found = self.json("patients", identifier)["patients"]
        return next(each["uid"] for each in found if each["patient_id"] == identifier)

    def visit(self, identifier: str, at: int = 0) -> dict[str, Any]:
        return self.json("visits", self.uid(identifier))["visits"][at]


@pytest.fixture
def desk(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """Jane twice, once under another number, her brother, and one study without a date."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    days = (date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), None)
    with SqlVisitStore.open(tmp_path / "library") as store:
        for who, day in zip((JANE, JANE, AGAIN, BROTHER, JANE), days, strict=True):
            add(store, tmp_path / "in", make_analysis(make_series(who, day=day, slices=5)))
    return Desk(capsys, tmp_path / "library")


BEFORE = {"1": ["2024-01-01", "2024-01-02", None], "2": ["2024-01-03"], "3": ["2024-01-04"]}


def test_patients_are_merged_and_that_is_taken_back(desk: Desk) -> None:
    assert desk.visits == BEFORE
    done = desk.json("merge", desk.uid("2"), desk.uid("1"), "--reader", "Dr A", "--reason", "new")
    assert len(done["visits"]) == 1
    assert "2" not in desk.visits
    assert desk.visit("1", 2)["images_name"]["patient_id"] == "2"
    (deed,) = desk.json("changes")["regrouped"]
    assert (deed["kind"], deed["reader"], deed["reason"]) == ("patients_merged", "Dr A", "new")
    assert "patients merged" in desk.words("changes")
    desk.words("take-back", str(deed["number"]))
    assert desk.visits == BEFORE
    assert desk.words("changes") == "Nothing is put aside, and nothing was regrouped.\n"


def test_another_sex_needs_a_reason(desk: Desk) -> None:
    visit = desk.visit("3")["uid"]
    status, sentence = desk.refused("move", visit, desk.uid("1"))
    assert status == 4
    assert "birth date or sex of the two differ" in sentence
    assert desk.visits == BEFORE
    desk.words("move", visit, desk.uid("1"), "--reason", "typed wrongly")
    assert "2024-01-04" in desk.visits["1"]


def test_visits_are_parted_and_studies_moved(desk: Desk) -> None:
    first, second = desk.visit("1", 0), desk.visit("1", 1)
    new = desk.json("split", second["uid"], "--reader", "A")["patient"]
    assert [v["uid"] for v in desk.json("visits", new)["visits"]] == [second["uid"]]
    desk.words("take-back", str(desk.json("changes")["regrouped"][0]["number"]))
    (study,) = second["studies"]
    assert desk.json("move-study", study["uid"], first["uid"])["visit"] == first["uid"]
    assert desk.visits["1"] == ["2024-01-01", None]
    assert len(desk.visit("1")["studies"]) == 2
    assert "study " + study["uid"] in desk.words("visits", desk.uid("1"))
    own = desk.json("move-study", study["uid"])["visit"]
    assert own not in (first["uid"], second["uid"])
    assert desk.visits == BEFORE


def test_a_visit_and_a_patient_are_put_aside_and_brought_back(desk: Desk) -> None:
    status, _ = desk.refused("aside", desk.uid("1"), "--reason", " ")
    assert status == 2
    gone = desk.json("aside", desk.uid("1"), desk.visit("2")["uid"], "--reason", "a phantom")
    assert len(gone["visits"]) == 4
    assert list(desk.visits) == ["3"]
    assert {each["reason"] for each in desk.json("changes")["aside"]} == {"a phantom"}
    assert desk.words("changes").count("aside  ") == 4
    desk.words("bring-back", *gone["visits"])
    assert desk.visits == BEFORE


def test_a_missing_date_is_given_never_in_the_future(desk: Desk) -> None:
    visit = desk.visit("1", 2)["uid"]
    late = date.today() + timedelta(days=2)
    assert desk.refused("date", visit, late.isoformat())[0] == 2
    desk.words("date", visit, "2023-05-05", "--reader", "Dr A")
    given = desk.visit("1", 0)
    assert (given["uid"], given["day"], given["dated_by"]) == (visit, "2023-05-05", "Dr A")
    assert "date entered by Dr A" in desk.words("visits", desk.uid("1"))

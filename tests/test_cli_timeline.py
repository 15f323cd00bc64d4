"""One patient over time on the command line: changes, reasons, and none across what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hipdesk import cli
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.clinical import ClinicalFacts
from hipdesk.ports import VisitEntry
from hipdesk.timeline import DAYS_PER_YEAR
from tests.adapters.library_tools import add
from tests.analysis_factory import make_analysis, make_patient, make_series
from tests.report_factory import make_history


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Words for a library whose patient has three visits, the first by another model."""
    place, incoming = tmp_path / "library", tmp_path / "in"
    with SqlVisitStore.open(place) as store:
        visit = add(store, incoming, make_analysis(make_series(make_patient("4711"))))[1]
        store.keep_facts(visit, ClinicalFacts(esr_mm_h=20.0), "Dr. A")
    entries = tuple(VisitEntry(visit, "p", (), ()) for visit in reversed(make_history()))
    monkeypatch.setattr(SqlVisitStore, "entries", lambda _store, _uid: entries)
    return ["timeline", "--patient", "4711", "--store", str(place)]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(list(words)) == 0
    return capsys.readouterr().out


def changes(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    document = json.loads(told(capsys, *words, "--json"))
    assert document["schema"] == "hipdesk.timeline/1"
    right = document["hips"][0]
    assert [point["day"] for point in right["points"]] == ["2023-05-08", "2023-08-14", "2023-11-06"]
    found: list[dict[str, Any]] = right["changes"]
    return found


def test_nothing_is_computed_across_what_is_not_comparable(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = changes(capsys, *words)
    assert first["comparability"] == "not_comparable"
    assert [each["code"] for each in first["differences"]] == ["model"]
    assert (first["forced"], first["u_intensity_mean"], first["u_area_mean"]) == (False, None, None)
    assert second["comparability"] == "comparable"
    moved = second["u_intensity_mean"]
    assert moved["absolute"] == pytest.approx(moved["after"] - moved["before"])
    assert moved["percent"] == pytest.approx(100 * moved["absolute"] / moved["before"])
    assert moved["per_year"] == pytest.approx(moved["absolute"] * DAYS_PER_YEAR / 84)


def test_unless_it_is_asked_for_and_then_it_is_marked(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = changes(capsys, *words, "--force")
    assert first["forced"]
    assert first["u_intensity_mean"]["absolute"] is not None
    assert not second["forced"]
    said = told(capsys, *words, "--force")
    assert "not comparable; the change is given because it was asked for" in said


def test_words_give_reasons_noise_and_the_clinical_record(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(capsys, *words)
    for each in (
        "Right hip",
        "Left hip",
        "2023-05-08 to 2023-08-14, 98 days: not comparable, so no change is given",
        "The masks come from different models.",
        "2023-08-14 to 2023-11-06, 84 days: comparable",
        "per year)",
        "Smallest detectable change: not established.",
    ):
        assert each in said
    assert said.count("    U/n ") == 2


def test_an_unknown_patient(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words[2] = "0815"
    assert cli.main(words) == 4
    assert "no patient with this ID" in capsys.readouterr().err

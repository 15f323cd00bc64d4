"""A library analysed again, and repeats named, from the command line."""

from __future__ import annotations

import json

import pytest

from hipdesk.cli import models
from hipdesk.paths import LOCATOR, SEGMENTER
from tests.dicom_factory import STIR
from tests.stacks import FakeLocator, FakeSegmenter
from tests.test_cli import _fakes, _sentence, _write, quick, run

__all__ = ["_fakes", "quick"]

pytestmark = pytest.mark.usefixtures("quick")


class Newer(FakeSegmenter):
    """Another version of the model that draws the same."""

    def __init__(self) -> None:
        super().__init__()
        changed = {"version": "2", "sha256": "9" * 64}
        self.manifest = self.manifest.model_copy(update=changed)


@pytest.fixture
def library(capsys, tmp_path):
    """A patient with two visits of the same pixels, and the two analyses."""
    place, uids = tmp_path / "library", []
    for number in (1, 2):
        tags = {**STIR, "StudyDate": f"2024030{number}"}
        folder = _write(
            tmp_path / f"in {number}", tags=tags, study=f"s {number}", series=f"r {number}"
        )
        out = tmp_path / f"out {number}"
        assert run(capsys, "analyze", folder, "--out", out, "--store", place)[0] == 0
    from hipdesk.adapters.store import SqlVisitStore

    with SqlVisitStore.open(place, read_only=True) as store:
        uids = list(store.analyses())
        identifier = store.patients()[0].patient.patient_id
    return place, uids, identifier


def series(capsys, *options):
    status, text, errors = run(capsys, "reanalyse", *options, "--json")
    assert (status, errors) == (0, "")
    document = json.loads(text)
    assert document["schema"] == "hipdesk.reanalysis/1"
    return document["series"]


def test_a_library_is_analysed_again_once(capsys, library, monkeypatch):
    place, uids, identifier = library
    known = series(capsys, "--store", place)
    assert [each["outcome"] for each in known] == ["known"] * 2
    made = {LOCATOR: FakeLocator, SEGMENTER: Newer}
    monkeypatch.setattr(models, "load_model", lambda name, provider: made[name]())
    fresh = series(capsys, "--store", place, "--patient", identifier)
    assert [each["outcome"] for each in fresh] == ["analysed"] * 2
    assert [each["day"] for each in fresh] == ["2024-03-01", "2024-03-02"]
    assert not {each["analysis"] for each in fresh} & set(uids)
    status, words, _ = run(capsys, "reanalyse", "--store", place)
    assert status == 0
    assert "Visit 2024-03-01, series analysed by these models before" in words
    assert "0 analysed, 2 analysed by these models before, 0 failed" in words


def test_a_patient_who_is_not_there(capsys, library):
    status, _, errors = run(capsys, "reanalyse", "--store", library[0], "--patient", "nobody")
    assert status == 4
    assert "no patient with this ID" in _sentence(errors)


def test_repeats_are_named_shown_and_withdrawn(capsys, library):
    place, (first, second), _ = library
    words = run(capsys, "repeats", "show", "--store", place)[1]
    assert words.startswith("No repeats are named")
    pair = ("scan_rescan", first, second, "--side", "R", "--reader", "A. Reader")
    status, _, errors = run(capsys, "repeats", "add", *pair, "--store", place)
    assert status == 4
    assert "tell nothing of noise" in _sentence(errors)


def test_what_pairs_establish_as_json(capsys, library):
    place, (first, second), _ = library
    from hipdesk.adapters.store import SqlVisitStore
    from tests.adapters.library_tools import tamper

    tamper(
        place,
        "DROP TRIGGER analysis_no_update",
        f"UPDATE analysis SET pixel_sha256 = '{'7' * 64}' WHERE uid = '{second}'",
    )
    pair = ("scan_rescan", first, f"{second}:0", "--side", "R", "--reader", "A. Reader")
    assert run(capsys, "repeats", "add", *pair, "--store", place)[0] == 0
    document = json.loads(run(capsys, "repeats", "show", "--store", place, "--json")[1])
    assert document["schema"] == "hipdesk.repeats/1"
    of_u = [
        each
        for each in document["smallest_detectable_changes"]
        if (each["quantity"], each["lesion"]) == ("u_intensity_mean", None)
    ]
    assert {each["basis"] for each in of_u} == {"matched_slices", "unmatched_slices"}
    assert {(each["pairs"], each["bias"], each["reason"]) for each in of_u} == {
        (1, 0.0, "too_few_pairs")
    }
    assert "1 pairs: not established" in run(capsys, "repeats", "show", "--store", place)[1]
    assert run(capsys, "repeats", "withdraw", *pair, "--store", place)[0] == 0
    with SqlVisitStore.open(place, read_only=True) as store:
        assert store.repeat_pairs() == ()
    again, _, errors = run(capsys, "repeats", "withdraw", *pair, "--store", place)
    assert again == 4
    assert "not named as repeats" in _sentence(errors)
    bad = ("scan_rescan", f"{first}:x", second, "--side", "R", "--reader", "A")
    assert run(capsys, "repeats", "add", *bad, "--store", place)[0] == 2

"""The command line follows what was remembered for a scanner's protocol, and forgets it."""

from __future__ import annotations

import json

import pytest

from tests.dicom_factory import STIR, T1, T2_FS, uid, write_series
from tests.test_cli import SPACING, _fakes, _sentence, _write, quick, run

__all__ = ["_fakes", "quick"]

pytestmark = pytest.mark.usefixtures("quick")


def visit(folder, number, *kinds, **tags):
    """A study with one series of each kind; the same scanner each time."""
    for kind in kinds:
        name = kind["SeriesDescription"]
        _write(
            folder,
            tags={**kind, **tags, "ProtocolName": name},
            study=f"study {number}",
            series=f"{number} {name}",
        )
    return folder


def series(number, kind):
    return uid(f"study {number}", f"{number} {kind['SeriesDescription']}")


def analysed(capsys, folder, out, *options):
    status, text, errors = run(capsys, "analyze", folder, "--out", out, "--json", *options)
    assert status == 0, errors
    result = json.loads(text)
    return result["series"], [each["code"] for each in result["warnings"]], errors


def chosen(capsys, folder, *options):
    document = json.loads(run(capsys, "scan", folder, "--json", *options)[1])
    return [each["description"] for each in document["series"] if each["chosen"]], document


def test_another_series_is_remembered_only_when_asked_and_chosen_at_the_next_visit(
    capsys, tmp_path
):
    first = visit(tmp_path / "first", 1, STIR, T2_FS)
    second = visit(tmp_path / "second", 2, STIR, T2_FS, RepetitionTime=3900)
    store = ("--store", tmp_path / "store")
    wanted = ("--series", series(1, T2_FS))

    analysed(capsys, first, tmp_path / "a", *store, *wanted)
    assert chosen(capsys, second, *store)[0] == ["COR STIR"]

    *_, errors = analysed(capsys, first, tmp_path / "c", *store, *wanted, "--remember")
    assert errors == ""
    made, codes, _ = analysed(capsys, second, tmp_path / "d", *store)
    assert made["description"] == "COR T2 FS"
    assert "chosen_as_before" in codes
    uids, document = chosen(capsys, second, *store)
    assert uids == ["COR T2 FS"]
    assert document["reason"].startswith("Chosen as on 20")
    assert run(capsys, "scan", second, *store)[1].count("Chosen as on") == 1
    assert chosen(capsys, second)[0] == ["COR STIR"], "nothing is remembered outside the library"


def test_what_is_remembered_is_listed_and_forgotten(capsys, tmp_path):
    first = visit(tmp_path / "first", 1, STIR, T2_FS)
    store = ("--store", tmp_path / "store")
    wanted = ("--series", series(1, T2_FS), "--remember")
    assert run(capsys, "protocols", *store)[1] == "Nothing is remembered.\n"
    analysed(capsys, first, tmp_path / "a", *store, *wanted)

    _, text, _ = run(capsys, "protocols", *store, "--json")
    (choice,) = json.loads(text)["choices"]
    assert choice["protocol"]["description"] == "cor t2 fs"
    assert "Phantom" not in text
    _, text, _ = run(capsys, "protocols", *store)
    preferred = "preferred, unless only another series shows lesions since 20"
    assert f"acme: cor t2 fs\n    {preferred}" in text

    status, _, errors = run(capsys, "protocols", *store, "--forget", "nonsense")
    assert status == 4
    assert _sentence(errors)
    _, text, _ = run(capsys, "protocols", *store, "--forget", choice["id"])
    assert text == "Nothing is remembered.\n"
    assert chosen(capsys, first, *store)[0] == ["COR STIR"]


def test_a_series_called_fluid_sensitive_is_scored_and_so_is_the_next(capsys, tmp_path):
    first = visit(tmp_path / "first", 1, T1)
    second = visit(tmp_path / "second", 2, T1)
    store = ("--store", tmp_path / "store")
    said = ("--series", series(1, T1), "--contrast", "stir")

    made, codes, _ = analysed(capsys, first, tmp_path / "a", *store, *said)
    assert made["contrast"] == "stir"
    assert "contrast_by_reader" in codes
    assert chosen(capsys, second, *store)[0] == []

    analysed(capsys, first, tmp_path / "c", *store, *said, "--remember")
    uids, document = chosen(capsys, second, *store)
    assert (uids, document["series"][0]["contrast"]) == (["COR T1"], "stir")


def mixed(folder, number, kind):
    """A full coronal series whose UID also holds some axial slices, which are part 1."""
    visit(folder, number, kind)
    name = kind["SeriesDescription"]

    def first(index, dataset):
        dataset.SOPInstanceUID = f"1.1.{index + 1}"

    write_series(
        folder / "more",
        slices=5,
        rows=104,
        columns=150,
        spacing_mm=SPACING,
        orientation="axial",
        tags={**kind, "ProtocolName": name},
        study=f"study {number}",
        series=f"{number} {name}",
        each=first,
    )
    return folder


def test_of_several_stacks_the_one_analysed_is_remembered(capsys, tmp_path):
    first = mixed(tmp_path / "first", 1, T1)
    second = mixed(tmp_path / "second", 2, T1)
    store = ("--store", tmp_path / "store")
    said = ("--series", series(1, T1), "--contrast", "stir", "--remember")
    made, *_ = analysed(capsys, first, tmp_path / "a", *store, *said)
    assert made["description"] == "COR T1 (coronal)"
    assert chosen(capsys, second, *store)[0] == ["COR T1 (coronal)"]


def test_a_stack_is_analysed_by_the_name_that_the_list_gives_it(capsys, tmp_path):
    folder = mixed(tmp_path / "in", 1, STIR)
    axial, coronal = sorted(chosen(capsys, folder)[1]["series"], key=lambda each: each["part"])
    assert (axial["selector"], coronal["selector"]) == tuple(
        f"{series(1, STIR)}#{part}" for part in (1, 2)
    )
    assert f"    {coronal['selector']}\n" in run(capsys, "scan", folder)[1]
    wanted = ("--series", coronal["selector"])
    made, *_ = analysed(capsys, folder, tmp_path / "a", *wanted)
    assert (made["uid"], made["description"]) == (series(1, STIR), "COR STIR (coronal)")
    refused = run(capsys, "analyze", folder, "--out", tmp_path / "b", "--series", axial["selector"])
    assert refused[0] == 3
    assert "plane is axial" in refused[2]


def test_where_remembering_makes_no_difference_it_is_said(capsys, tmp_path):
    first = visit(tmp_path / "first", 1, STIR, T2_FS)
    nameless = visit(tmp_path / "nameless", 2, STIR, T2_FS, Manufacturer="")
    store = ("--store", tmp_path / "store")
    *_, errors = analysed(
        capsys, first, tmp_path / "a", *store, "--series", series(1, STIR), "--remember"
    )
    assert _sentence(errors).startswith("Nothing was remembered: without")
    *_, errors = analysed(
        capsys, nameless, tmp_path / "b", *store, "--series", series(2, T2_FS), "--remember"
    )
    assert _sentence(errors).startswith("Nothing was remembered: the files do not name")


@pytest.mark.parametrize(
    "options",
    [("--remember",), ("--remember", "--series", "1.2"), ("--contrast", "stir"),
     ("--contrast", "ct", "--series", "1.2"), ("--remember", "--store", "x")],
)  # fmt: skip
def test_what_cannot_be_meant_is_wrong_usage(capsys, tmp_path, options):
    status, _, errors = run(capsys, "analyze", tmp_path, "--out", tmp_path / "out", *options)
    assert status == 2
    assert "--help" in _sentence(errors)

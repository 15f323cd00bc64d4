"""Readers' forms: written empty, filled in, counted by hand."""

from __future__ import annotations

import csv

import pytest

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.records import SegmentClass, Side
from hipdesk.training.readers import (
    COLUMNS,
    Share,
    read_form,
    reading_lines,
    readings,
    write_form,
)

HEAD = ",".join(COLUMNS)


def filled(tmp_path, *rows: str, name: str = "form.csv", head: str = HEAD):
    path = tmp_path / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_an_empty_form_has_a_row_for_every_hip_and_lesion(tmp_path) -> None:
    path = tmp_path / "new" / "form.csv"
    write_form(path, [("001", Side.RIGHT), ("001", Side.LEFT)])
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row[:3] for row in rows[1:]] == [
        ["001", "R", "bme"],
        ["001", "R", "effusion_synovitis"],
        ["001", "L", "bme"],
        ["001", "L", "effusion_synovitis"],
    ]
    answers = read_form(path)
    assert len(answers) == 4
    (first, second) = readings(answers)
    assert first.unanswered == second.unanswered == 2


def test_sensitivity_and_specificity_by_hand(tmp_path) -> None:
    path = filled(
        tmp_path,
        "001,R,bme,Ann,yes,yes,yes",
        "001,L,bme,Ann,Yes,no,",
        "002,R,bme,Ann,y,1,no",
        "002,L,bme,Ann,no,NO,",
        "003,R,bme,Ann,no,yes,",
        "003,L,bme,Ann,no,no,",
        "004,R,bme,Ann,no,no,",
        "004,L,bme,Ann,yes,,",
        "001,R,effusion_synovitis,Ann,yes,yes,yes",
    )
    oedema, fluid = readings(read_form(path))
    assert (oedema.reader, oedema.lesion) == ("Ann", SegmentClass.BME)
    assert oedema.sensitivity == Share(2, 3)
    assert oedema.specificity == Share(3, 4)
    assert oedema.outlined_well == Share(1, 2)
    assert oedema.unanswered == 1
    assert fluid.sensitivity == Share(1, 1)
    assert fluid.specificity == Share(0, 0)
    told = "\n".join(reading_lines([oedema, fluid]))
    assert "sensitivity 0.67 (2/3" in told
    assert "specificity none to judge" in told
    assert "1 hips left out" in told


def test_readers_are_kept_apart(tmp_path) -> None:
    one = filled(tmp_path, "001,R,bme,Ann,yes,yes,", name="a.csv")
    two = filled(tmp_path, "001,R,bme,Bo,yes,no,", name="b.csv")
    found = readings([*read_form(one), *read_form(two)])
    assert [(each.reader, each.sensitivity) for each in found] == [
        ("Ann", Share(1, 1)),
        ("Bo", Share(0, 1)),
    ]


def test_a_form_given_twice_is_refused(tmp_path) -> None:
    answers = read_form(filled(tmp_path, "001,R,bme,Ann,yes,yes,"))
    with pytest.raises(UnreadableInput, match="twice"):
        readings([*answers, *answers])


def test_spreadsheets_with_semicolons_are_read(tmp_path) -> None:
    head = HEAD.replace(",", ";")
    (answer,) = read_form(filled(tmp_path, "001;R;bme;Ann;yes;no;", head=head))
    assert answer.present is True
    assert answer.shown is False
    assert answer.outlined_well is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("001,R,bme,Ann,perhaps,yes,", "line 2: 'present' must be yes, no or empty"),
        ("001,X,bme,Ann,yes,yes,", "line 2: side or lesion"),
        ("001,R,cyst,Ann,yes,yes,", "line 2: side or lesion"),
        ("001,R,bme,,yes,yes,", "line 2: the reader's name"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(tmp_path, row, words) -> None:
    with pytest.raises(UnreadableInput, match=words):
        read_form(filled(tmp_path, row))


def test_other_files_are_refused(tmp_path) -> None:
    with pytest.raises(UnreadableInput, match="no column 'set'"):
        read_form(filled(tmp_path, "1,2", head="a,b"))
    with pytest.raises(UnreadableInput, match="There is no file"):
        read_form(tmp_path / "absent.csv")
    (tmp_path / "other.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableInput, match="cannot be read"):
        read_form(tmp_path / "other.csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_form(tmp_path / "file" / "form.csv", [])


def test_wilson_interval_repeats_a_textbook_example() -> None:
    # 81 of 263: 0.2553 to 0.3662 (Newcombe, Stat Med 1998, table I).
    low, high = Share(81, 263).interval
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
    assert Share(0, 20).interval[0] == 0.0

"""Figures as tables: the plain rule beside the network, blocks made from the files they name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hipdesk.errors import OutputError, UnreadableInput
from hipdesk.manifest import Metric, Task
from hipdesk.training.tables import (
    accuracy_lines,
    comparison,
    fill,
    filled,
    metrics_for,
    read_metrics,
)

RULE = "a threshold at 1.6 x marrow in the bones found"


def metric(name: str, value: float, test_set: str = "ten patients") -> Metric:
    return Metric(name=name, value=value, test_set=test_set)


METRICS = [
    metric("femoral_head Dice, mean over hips", 0.94),
    metric("bme Dice, mean over hips", 0.7),
    metric(comparison("bme Dice, mean over hips", RULE), 0.45),
    metric("bme Dice, mean over hips", 0.71, "another ten"),
    metric("heads found, share", 1.0, "another ten"),
]


def test_the_rule_stands_in_the_row_it_is_compared_with() -> None:
    lines = accuracy_lines(METRICS)
    assert lines[:3] == [
        "- Test set 1: ten patients.",
        "- Test set 2: another ten.",
        f"- Rule, for comparison: {RULE}.",
    ]
    assert lines[4] == "| Figure | Test set 1 | rule, set 1 | Test set 2 |"
    assert "| femoral_head Dice, mean over hips | 0.940 |  |  |" in lines
    assert "| bme Dice, mean over hips | 0.700 | 0.450 | 0.710 |" in lines
    assert not any("for comparison: bme" in line for line in lines)


def test_nothing_measured_is_said() -> None:
    assert accuracy_lines([]) == ["Not measured."]


def test_a_model_takes_the_figures_of_its_own_task() -> None:
    assert metrics_for(Task.LOCATE, METRICS) == (METRICS[-1],)
    assert metrics_for(Task.SEGMENT, METRICS) == tuple(METRICS[:-1])


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_metrics_are_read_or_refused(tmp_path) -> None:
    listed = [each.model_dump() for each in METRICS]
    assert read_metrics(write(tmp_path / "list.json", listed)) == tuple(METRICS)
    assert read_metrics(write(tmp_path / "manifest.json", {"metrics": listed})) == tuple(METRICS)
    for wrong in ([{"name": "Dice", "value": 0.9}], {"metric": []}, 7):
        with pytest.raises(UnreadableInput, match="test_set"):
            read_metrics(write(tmp_path / "wrong.json", wrong))
    with pytest.raises(UnreadableInput, match="measured on"):
        read_metrics(write(tmp_path / "bare.json", [{"name": "x", "value": 1, "test_set": " "}]))
    with pytest.raises(UnreadableInput):
        read_metrics(tmp_path / "absent.json")


DOCUMENT = """Before.

<!-- figures: list.json -->
old
<!-- end of figures -->

Between.

<!-- figures: crossval.md -->
<!-- end of figures -->
After.
"""

CROSSVAL = """# 5-fold cross-validation

Forty subjects.

| Network |

## bme

More.
"""


def test_blocks_are_made_anew_and_the_rest_stays(tmp_path) -> None:
    write(tmp_path / "list.json", [METRICS[0].model_dump()])
    (tmp_path / "crossval.md").write_text(CROSSVAL, encoding="utf-8")
    document = tmp_path / "page.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    fill(document)
    text = document.read_text(encoding="utf-8")
    assert "old" not in text
    assert "| femoral_head Dice, mean over hips | 0.940 |" in text
    assert "Forty subjects.\n\n| Network |\n\n<!-- end" in text
    assert "More." not in text
    assert text.startswith("Before.\n\n<!-- figures: list.json -->\n\n- Test set 1")
    assert "Between." in text
    assert text.endswith("After.\n")
    assert filled(text, tmp_path) == text


def test_what_cannot_be_read_or_written_is_explained(tmp_path, monkeypatch) -> None:
    document = tmp_path / "page.md"
    with pytest.raises(UnreadableInput, match="page"):
        fill(document)
    document.write_text(DOCUMENT, encoding="utf-8")
    with pytest.raises(UnreadableInput, match="list"):
        fill(document)
    assert document.read_text(encoding="utf-8") == DOCUMENT
    document.write_text("No block.", encoding="utf-8")

    def full(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError):
        fill(document)

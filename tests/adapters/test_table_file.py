"""Tables are read whole, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipdesk.adapters import table_file
from hipdesk.adapters.table_file import read_table
from hipdesk.errors import UnreadableInput


def test_the_bytes_are_those_of_the_file(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(b"patient_id\r\n\xff")
    assert read_table(table) == b"patient_id\r\n\xff"


@pytest.mark.parametrize(
    ("name", "words"),
    [("gone.csv", "cannot be read; choose a table"), (".", "is no file; choose a table")],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UnreadableInput, match=words) as caught:
        read_table(tmp_path / name)
    assert str(caught.value).count(".csv") <= 1
    assert str(caught.value).endswith(".")


def test_what_is_larger_than_any_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_file, "MOST_MB", 1)
    table = tmp_path / "t.csv"
    table.write_bytes(b"a" * 2**20)
    assert len(read_table(table)) == 2**20
    table.write_bytes(b"a" * (2**20 + 1))
    with pytest.raises(UnreadableInput, match=r"larger than 1 MB; split"):
        read_table(table)

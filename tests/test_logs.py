"""Logs hold events and counts, and nothing that a file said."""

from __future__ import annotations

import ast
import io
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk import logs

SENTINEL = "Sentinel^Patient"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the program writes to stderr after `configure`."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure("INFO")
    return stream


def only_line(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    result: dict[str, object] = json.loads(line)
    return result


def test_event_with_allowed_fields(lines: io.StringIO) -> None:
    extra = {"files": 12, "seconds": 0.5, "provider": "cpu"}
    logging.getLogger("hipdesk.adapters.x").info("folder read", extra=extra)
    line = only_line(lines)
    assert line.pop("time")
    assert line == {
        "level": "info",
        "logger": "hipdesk.adapters.x",
        "event": "folder read",
        "files": 12,
        "seconds": 0.5,
        "provider": "cpu",
    }


def test_unknown_fields_and_free_text_are_dropped(lines: io.StringIO) -> None:
    extra = {"patient": SENTINEL, "path": "/home/x", "model": SENTINEL, "step": ["a"], "hips": 2}
    logging.getLogger("app").warning("opened", extra=extra)
    line = only_line(lines)
    assert line["hips"] == 2
    assert not {"patient", "path", "model", "step"} & set(line)


def test_numbers_are_filled_in_and_words_are_not(lines: io.StringIO) -> None:
    logger = logging.getLogger("hipdesk")
    logger.info("read %d files", 3)
    logger.info("read %s", SENTINEL)
    events = [json.loads(line)["event"] for line in lines.getvalue().splitlines()]
    assert events == ["read 3 files", "read %s"]


def test_exceptions_lose_their_text_and_keep_their_place(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError(SENTINEL)
        except KeyError as error:
            raise ValueError(SENTINEL) from error
    except ValueError:
        logging.getLogger("hipdesk").exception("failed")
    assert SENTINEL not in lines.getvalue()
    causes = only_line(lines)["error"]
    assert isinstance(causes, list)
    assert [cause["type"] for cause in causes] == ["ValueError", "KeyError"]
    assert causes[0]["at"][0].startswith("test_logs.py:")


def test_level_and_file(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "hipdesk.log"
    logs.configure("INFO", file)
    logs.configure("WARNING", file)
    logging.getLogger("hipdesk").info("quiet")
    logging.getLogger("hipdesk").warning("loud")
    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["loud"]


def test_third_parties_stay_out(lines: io.StringIO) -> None:
    logging.getLogger("pydicom").warning("value %s", SENTINEL)
    assert lines.getvalue() == ""


@given(st.dictionaries(st.sampled_from([*logs.FIELDS, "name", "uid"]), st.text() | st.integers()))
def test_allowed_fields_are_named_and_short(fields: dict[str, object]) -> None:
    for name, value in logs.allowed_fields(fields).items():
        assert name in logs.FIELDS
        assert not isinstance(value, str) or (0 < len(value) <= 32 and " " not in value)


LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def test_every_message_in_the_program_is_a_literal(repository: Path) -> None:
    """A message put together at run time could carry what a file said."""
    sources = [path for root in logs.ROOTS for path in (repository / root).rglob("*.py")]
    offenders = [
        f"{path.relative_to(repository)}:{call.lineno}"
        for path in sources
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and _logs(call) and not _literal(call)
    ]
    assert not offenders


def _logs(call: ast.Call) -> bool:
    """Whether a call is ``logger.info(...)`` or alike."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in LEVELS:
        return False
    owner = ast.unparse(function.value).lower()
    return owner.endswith(("log", "logger")) or owner.startswith("logging")


def _literal(call: ast.Call) -> bool:
    """Whether its message is a string constant."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant)

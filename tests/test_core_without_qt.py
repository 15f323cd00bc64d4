"""The core works on a machine without Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
import tests.no_qt
import hipdesk
names = [each.name for each in pkgutil.walk_packages(hipdesk.__path__, "hipdesk.")]
names = [name for name in names if not name.startswith(("hipdesk.training", "hipdesk.__main__"))]
names = [name for name in names if ".migrations.env" not in name]
for name in names:
    importlib.import_module(name)
controllers = importlib.import_module("app.controllers")
for each in pkgutil.walk_packages(controllers.__path__, "app.controllers."):
    importlib.import_module(each.name)
print(len(names))
try:
    import PySide6
except ModuleNotFoundError:
    print("no Qt")
"""


def test_every_module_but_the_views_is_imported_without_qt(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, absent = done.stdout.split("\n", 1)
    assert int(count) > 80
    assert absent.strip() == "no Qt"


@pytest.mark.slow
def test_the_cores_tests_pass_without_qt(repository: Path) -> None:
    options = ["-p", "tests.no_qt", "-p", "no:pytest-qt", "-q", "--ignore=tests/app"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--deselect", "tests/test_core_without_qt.py"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": ""},
    )
    closing = done.stdout.splitlines()[-1]
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(closing.split(" passed")[0].split()[-1].strip("=")) > 800

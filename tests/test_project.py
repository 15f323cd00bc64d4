"""Promises about the repository itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hipdesk

LARGEST_FILE = 40_000_000
# Put together here, so that this file does not name them either.
REGISTRIES = tuple(
    ".".join(parts).encode()
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("download", "pytorch", "org"),
        ("deb", "debian", "org"),
        ("registry", "npmjs", "org"),
        ("conda", "anaconda", "org"),
    )
)


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    """Every tracked file that exists."""
    if shutil.which("git") is None or not (repository / ".git").exists():
        pytest.skip("no git, or not a git checkout: what is tracked cannot be asked")
    done = subprocess.run(
        ["git", "-C", repository, "ls-files", "-z"], capture_output=True, check=True
    )
    names = done.stdout.decode().split("\0")
    return [path for name in names if name and (path := repository / name).is_file()]


def test_no_file_is_large(tracked: list[Path]) -> None:
    assert not [path.name for path in tracked if path.stat().st_size > LARGEST_FILE]


def test_no_dicom_is_tracked(tracked: list[Path]) -> None:
    assert not [path.name for path in tracked if path.suffix.lower() in {".dcm", ".ima"}]
    assert not [path.name for path in tracked if _preamble(path)[128:132] == b"DICM"]


def _preamble(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(132)


def test_no_output_is_tracked(tracked: list[Path], repository: Path) -> None:
    outputs = {"dist", "demo-output", "scratch", ".venv", "__pycache__"}
    assert not [path for path in tracked if outputs & set(path.relative_to(repository).parts)]


def test_no_registry_is_named(tracked: list[Path]) -> None:
    named = [path.name for path in tracked if any(host in path.read_bytes() for host in REGISTRIES)]
    assert not named


def test_licence_is_complete(repository: Path) -> None:
    text = (repository / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_version_has_one_source(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert hipdesk.__version__.count(".") == 2


def test_runtime_needs_no_torch(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [name for name in project["dependencies"] if name.startswith(("torch", "monai"))]
    assert not [
        name for name in project["optional-dependencies"]["dev"] if name.startswith("torch")
    ]


def test_core_imports_without_qt_and_torch(repository: Path) -> None:
    code = (
        "import sys, pkgutil, importlib, hipdesk\n"
        "for blocked in ('PySide6', 'pyqtgraph', 'torch', 'monai'): sys.modules[blocked] = None\n"
        "names = [m.name for m in pkgutil.walk_packages(hipdesk.__path__, 'hipdesk.')]\n"
        "skip = ('hipdesk.training', 'hipdesk.__main__', 'hipdesk.adapters.migrations')\n"
        "chosen = [n for n in names if not n.startswith(skip)]\n"
        "for name in chosen: importlib.import_module(name)\n"
        "print(len(chosen))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5


def test_program_without_window_says_what_to_use(repository: Path) -> None:
    code = "import tests.no_qt, app.__main__, sys; sys.exit(app.__main__.main([]))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "hipdesk analyze FOLDER --out DIR" in done.stderr
    assert done.stderr.count("\n") == 1

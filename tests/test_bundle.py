"""The packed program starts and carries its models and resources."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_bundle_is_whole(repository: Path) -> None:
    command = [sys.executable, "dev.py", "bundle"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    packed = repository / "dist" / "hipdesk" / "_internal" / "hipdesk" / "_bundled"
    for folder in ("models", "resources"):
        assert _sizes(packed / folder) == _sizes(repository / folder)
    assert not list((repository / "dist" / "hipdesk" / "_internal").glob("torch*"))


def _sizes(folder: Path) -> dict[str, int]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}

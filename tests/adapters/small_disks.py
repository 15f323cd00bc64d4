"""Disks that are full or may not be written to, made in a namespace of the test's own."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_NEW_ROOT = ("unshare", "--user", "--map-root-user", "--mount")


@functools.cache
def _possible() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run([*_NEW_ROOT, "mount", "-t", "tmpfs", "none", "/mnt"], check=False)
    return done.returncode == 0


def run_on_small_disk(
    program: str, disk: Path, arguments: list[Path | str], *, kilobytes: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run Python code where ``disk`` is a small file system.

    Parameters
    ----------
    program : what to run; gets ``arguments``
    disk : folder on which it is mounted; what is in it is bound to it, read-only, where
        ``kilobytes`` is 0
    """
    if not _possible():
        pytest.skip("this system mounts nothing without the administrator's rights")
    kind = f"-t tmpfs -o size={kilobytes}k none" if kilobytes else f"--bind '{disk}'"
    mount = f"mount {kind} '{disk}'"
    if not kilobytes:
        mount += f" && mount -o remount,bind,ro '{disk}'"
    command = f'{mount} && exec "$@"'
    return subprocess.run(
        [*_NEW_ROOT, "sh", "-c", command, "sh", sys.executable, "-c", program]
        + [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )

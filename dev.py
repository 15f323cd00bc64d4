#!/usr/bin/env python3
"""Everything a developer types, on a machine with nothing but Python 3.11 or newer.

::

    python3 dev.py run              install, make and analyse the demo patient, open the window
    python3 dev.py run ARGS         install, then `hipdesk ARGS`
    python3 dev.py test [--torch]   ruff, mypy, import-linter, pytest; with PyTorch, training too
    python3 dev.py test --slow      the same with PyTorch and the campaigns of the second tier
    python3 dev.py bench [WORD]     the measurements, or those that have WORD in their name
    python3 dev.py translate        the window's translations, brought up to date with its words
    python3 dev.py screenshots      the pictures in docs/screenshots, made anew
    python3 dev.py bundle           a program that needs no Python, in dist/
    python3 dev.py train [OPTIONS]  install PyTorch, then train and export both models
    python3 dev.py train STEP ARGS  install PyTorch, then one step of a training

Makes ``.venv`` beside this file and keeps it; installs again only when
pyproject.toml changes. Uses the standard library alone.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "hipdesk-installed.json"
DEMO = ROOT / "demo-output"
DEMO_STAMP = "made-by"
TRAINED = ROOT / "training-output"
MODELS = ("locate", "segment")
ANATOMIES = ("--anatomy", "--leave-out", "--only", "--bodies")
OLDEST = (3, 11)
MOST_WORKERS = 4
NO_TESTS = 5
"""What pytest exits with where nothing was selected."""

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""What Qt loads from the system on Linux, and the Debian package that has it."""

SERVERS = Path("/usr/lib/postgresql")
"""Where Debian keeps PostgreSQL's programs, by version."""

SERVER_VARIABLE = "HIPDESK_TEST_POSTGRES"
"""Names a running PostgreSQL for the tests by its URL; without it they start their own."""


class Stop(Exception):
    """The command cannot go on; the text says what to do."""


def say(text: str) -> None:
    """Print at once, so that the order with subprocesses is kept."""
    print(text, flush=True)


def call(*command: str | Path) -> int:
    """Exit status of ``command``, run in the checkout with its output shown."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode


def must(what: str, *command: str | Path) -> None:
    """Run ``command``; stop with ``what`` where it fails."""
    if call(*command) != 0:
        raise Stop(what)


def in_venv(program: str = "python") -> Path:
    """Path of a program inside the environment."""
    return VENV / "Scripts" / f"{program}.exe" if os.name == "nt" else VENV / "bin" / program


# System packages


def install_system(packages: Sequence[str]) -> None:
    """Install Debian packages as root, else stop with the command to type."""
    command = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if shutil.which("apt-get") is None:
        raise Stop(f"These are missing; install what your system calls them: {' '.join(packages)}")
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise Stop(f"Type this, then try again: sudo {command}")
    say(f"Installing {' '.join(packages)}")
    call("apt-get", "update", "-qq")
    must(f"apt-get failed; type this, then try again: {command}", *shlex.split(command))


def missing_packages(libraries: Mapping[str, str]) -> list[str]:
    """Packages of those shared libraries that cannot be loaded."""
    return [package for name, package in libraries.items() if not _loads(name)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def ensure_qt_libraries() -> None:
    """Install or name what Qt, where it is installed, lacks on Linux; only the window needs it."""
    if not sys.platform.startswith("linux") or not any(VENV.glob("lib/*/site-packages/PySide6")):
        return
    missing = missing_packages(QT_LIBRARIES)
    if missing:
        try:
            install_system(missing)
        except Stop as stop:
            say(f"The window will not open yet. {stop}")


def ensure_database_server() -> None:
    """Install or name the database server of the tests' second tier; they skip without it."""
    if not sys.platform.startswith("linux") or os.environ.get(SERVER_VARIABLE):
        return
    if any(SERVERS.glob("*/bin/initdb")) or shutil.which("initdb") is not None:
        return
    try:
        install_system(["postgresql"])
    except Stop as stop:
        say(f"The tests with a database server will be skipped. {stop}")


def ensure_packer_needs() -> None:
    """Make sure that PyInstaller finds objdump and a shared Python on Linux."""
    if not sys.platform.startswith("linux"):
        return
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    missing = missing_packages({f"libpython{python}.so.1.0": f"libpython{python}"})
    if shutil.which("objdump") is None:
        missing.append("binutils")
    if missing:
        install_system(missing)


# The environment


def ensure_venv() -> None:
    """Make ``.venv`` unless a working one is there."""
    python = in_venv()
    if python.exists() and _works(python):
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        install_system([f"python{sys.version_info.major}.{sys.version_info.minor}-venv"])
    say(f"Making {VENV.name}")
    must(
        "Python could not make a virtual environment.",
        sys.executable,
        "-m",
        "venv",
        "--clear",
        VENV,
    )


def _works(python: Path) -> bool:
    """Whether an environment's Python is new enough and has pip."""
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    quiet = subprocess.DEVNULL
    done = subprocess.run([python, "-c", check], stdout=quiet, stderr=quiet, check=False)
    return done.returncode == 0


def installed(fingerprint: str) -> set[str]:
    """Extras installed by an earlier run from the same pyproject.toml; `core` is among them."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return set(stamp["extras"]) if stamp.get("fingerprint") == fingerprint else set()


def ensure(*extras: str) -> None:
    """Have the environment hold the program and ``extras``."""
    ensure_venv()
    fingerprint = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    have, want = installed(fingerprint), {"core", *extras}
    if not want <= have:
        say("Installing " + ", ".join(sorted(want - have)) + " (minutes the first time)")
        target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
        pip = (in_venv(), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
        must("pip could not install; its message is above.", *pip, "--editable", target)
        stamp = {"fingerprint": fingerprint, "extras": sorted(want | have)}
        STAMP.write_text(json.dumps(stamp), encoding="utf-8")


# The commands


def run(rest: list[str], _slow: bool) -> int:
    """Run the program: the demo patient in the window, or whatever ``rest`` says."""
    ensure()
    ensure_qt_libraries()
    if rest:
        return call(in_venv(), "-m", "hipdesk", *rest)
    status = 0 if demo_is_current() else make_demo()
    if status != 0:
        return status
    if not has_display():
        say(f"The demo patient's images, results and reports are in {DEMO}")
        say("There is no display here, so the window stays closed.")
        return 0
    return call(in_venv(), "-m", "app", "--library", DEMO / "store", "--latest")


def make_demo() -> int:
    """Make and analyse the demo patient's visits."""
    say(f"Making and analysing the demo patient in {DEMO} (a minute or two, the first time)")
    status = call(in_venv(), "-m", "hipdesk", "demo", "--out", DEMO)
    if status == 0:
        DEMO.mkdir(exist_ok=True)
        (DEMO / DEMO_STAMP).write_text(demo_fingerprint(), encoding="utf-8")
    return status


def demo_is_current() -> bool:
    """Whether an earlier run made the demo with this version and these models."""
    try:
        made = (DEMO / DEMO_STAMP).read_text(encoding="utf-8")
    except OSError:
        return False
    return made == demo_fingerprint() and (DEMO / "store" / "hipdesk.sqlite3").is_file()


def demo_fingerprint() -> str:
    """Hash of what the demo's results depend on: version and models."""
    parts = [ROOT / "hipdesk" / "__init__.py", *sorted((ROOT / "models").glob("*/manifest.json"))]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def has_display() -> bool:
    """Whether a window can be seen here."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def test(rest: list[str], slow: bool) -> int:
    """Run every check; pytest comes last, so its closing line is the last one."""
    extras = ["train", "postgres"] if slow else ["train"] if "--torch" in rest else []
    ensure("dev", *extras)
    ensure_qt_libraries()
    if slow:
        ensure_database_server()
    failed = [name for name, command in checks().items() if not _passes(name, command)]
    statuses = [
        call(in_venv(), "-m", "pytest", *options)
        for options in pytest_runs([word for word in rest if word != "--torch"], slow)
    ]
    if failed:
        print(f"Failed before pytest: {', '.join(failed)}", file=sys.stderr, flush=True)
    found = [status for status in statuses if status != NO_TESTS] or statuses
    return max(found, key=abs) or int(bool(failed))


def pytest_runs(rest: Sequence[str], slow: bool) -> list[tuple[str, ...]]:
    """What pytest is told, run by run; campaigns, which time and kill programs, run alone."""
    workers = str(min(MOST_WORKERS, os.cpu_count() or 1))
    shared = ("-n", workers, "--dist", "loadfile")
    if not slow:
        return [(*shared, *rest)]
    return [("--slow", "-m", "not slow", *shared, *rest), ("--slow", "-m", "slow", *rest)]


def checks() -> dict[str, tuple[str | Path, ...]]:
    """The static checks by name."""
    return {
        "ruff check": (in_venv("ruff"), "check", "--quiet", "."),
        "ruff format": (in_venv("ruff"), "format", "--check", "--quiet", "."),
        "mypy": (in_venv(), "-m", "mypy", "--no-error-summary"),
        "import-linter": (in_venv("lint-imports"), "--no-logo"),
    }


def _passes(name: str, command: tuple[str | Path, ...]) -> bool:
    """Run one static check and say how it went."""
    began = time.monotonic()
    passed = call(*command) == 0
    say(f"{name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.1f} s")
    return passed


def bench(rest: list[str], _slow: bool) -> int:
    """Measure everything, or what the first word names."""
    ensure("dev", "train")
    ensure_qt_libraries()
    if rest and not rest[0].startswith("-") and not Path(rest[0]).exists():
        rest = ["-k", *rest]
    return call(in_venv(), "-m", "pytest", "--bench", "-m", "bench", "-s", *rest)


def screenshots(rest: list[str], _slow: bool) -> int:
    """Drive the real window on a virtual screen and photograph it."""
    ensure("dev")
    ensure_qt_libraries()
    if shutil.which("Xvfb") is None:
        install_system(["xvfb"])
    return call(in_venv(), "-m", "tests.screenshots", *rest)


def translate(rest: list[str], _slow: bool) -> int:
    """Bring the window's translations up to date with the sources."""
    ensure("dev")
    ensure_qt_libraries()
    return call(in_venv(), "-m", "tests.translations", *rest)


def bundle(rest: list[str], _slow: bool) -> int:
    """Pack the program with PyInstaller, and start what came out once."""
    ensure("bundle")
    ensure_packer_needs()
    work = ROOT / "dist" / "work"
    options = ("--noconfirm", "--distpath", ROOT / "dist", "--workpath", work)
    must("PyInstaller failed.", in_venv("pyinstaller"), *options, *rest, "build/hipdesk.spec")
    program = ROOT / "dist" / "hipdesk" / ("hipdesk.exe" if os.name == "nt" else "hipdesk")
    must("The packed program does not start.", program, "info")
    say(f"The program is {program}")
    return 0


def train(rest: list[str], _slow: bool) -> int:
    """Train both models, or do the one step of a training that ``rest`` names."""
    ensure("train")
    if rest and not rest[0].startswith("--"):
        return call(in_venv(), "-m", "hipdesk.training", *rest)
    if "--help" in rest:
        return call(in_venv(), "-m", "hipdesk.training", "locate", "--help")
    for name in MODELS:
        train_one(name, rest)
    say(f"To use the new models set HIPDESK_MODELS={TRAINED / 'models'}")
    return 0


def train_one(name: str, options: Sequence[str]) -> None:
    """Train, calibrate and export one model; a training that was stopped goes on."""
    folder, training = TRAINED / name, (in_venv(), "-m", "hipdesk.training")
    maps = ("--source", "own_label_maps") if "--anatomy" in options else ()
    must(f"The training of '{name}' stopped.", *training, name, "--out", folder, *options)
    drawn = [word for pair in itertools.pairwise(options) if pair[0] in ANATOMIES for word in pair]
    model = ("--model", name, "--run-dir", folder)
    must(f"'{name}' could not be calibrated.", *training, "calibrate", *model, *drawn)
    named = (*model, *maps, "--source", "procedural")
    given = ("--out", TRAINED / "models" / name, "--version", time.strftime("%Y.%m.%d"))
    must(f"'{name}' could not be exported.", *training, "export", *named, *given)


COMMANDS: dict[str, Callable[[list[str], bool], int]] = {
    "run": run,
    "test": test,
    "bench": bench,
    "screenshots": screenshots,
    "translate": translate,
    "bundle": bundle,
    "train": train,
}


def parse(words: Sequence[str]) -> tuple[str, list[str], bool]:
    """Command, what is passed on, and whether the slow tier is asked for."""
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="passed on")
    given = parser.parse_args(words)
    rest = given.rest[1:] if given.rest[:1] == ["--"] else given.rest
    slow = given.command == "test" and "--slow" in rest
    return given.command, [word for word in rest if not (slow and word == "--slow")], slow


def main(words: Sequence[str] | None = None) -> int:
    """Do one command; 2 where the machine is not ready for it."""
    if sys.version_info < OLDEST:
        print("HipDesk needs Python 3.11 or newer.", file=sys.stderr)
        return 2
    command, rest, slow = parse(sys.argv[1:] if words is None else words)
    try:
        return COMMANDS[command](rest, slow)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

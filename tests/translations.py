"""Brings the translations up to date with the sources: ``python -m tests.translations``.

Qt's own tools read every module of the window, and beside them a list of what the
core says (`app.core_catalogue`), and compile what translators have written.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from app.core_catalogue import CONTEXT, LISTS, SENTENCES

REPOSITORY: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = REPOSITORY / "resources" / "translations"
LUPDATE: Final = "pyside6-lupdate"
LRELEASE: Final = "pyside6-lrelease"


def tool(name: str) -> str | None:
    """Where one of Qt's tools is, first beside this Python; None where it is not installed."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def sources() -> list[Path]:
    """Every module of the window."""
    return sorted((REPOSITORY / "app").rglob("*.py"))


def collect(to: Path) -> None:
    """Bring one file of translations up to date; new words stand in it as unfinished."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "core_words.py"
        lines = (f"translate({CONTEXT!r}, {json.dumps(words)})" for words in (*SENTENCES, *LISTS))
        said.write_text("\n".join(lines) + "\n", encoding="utf-8")
        options = ("-silent", "-no-obsolete", "-locations", "none", "-source-language", "en")
        _run(LUPDATE, *options, *map(str, (*sources(), said)), "-ts", str(to))


def compile_all() -> None:
    """Write the compiled form beside each file of translations."""
    for each in sorted(FOLDER.glob("*.ts")):
        _run(LRELEASE, "-silent", str(each), "-qm", str(each.with_suffix(".qm")))


def _run(name: str, *words: str) -> None:
    found = tool(name)
    if found is None:
        sys.exit(f"{name} is missing; install PySide6 in this environment.")
    subprocess.run([found, *words], check=True)


def main() -> int:
    """Update and compile every language."""
    for each in sorted(FOLDER.glob("*.ts")):
        collect(each)
    compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""No module needs, even by an import within a function, one that needs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest


def modules_of(folder: Path, *packages: str) -> dict[str, Path]:
    """Each module's dotted name and file."""
    found = {}
    for file in (file for package in packages for file in (folder / package).rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported_by(name: str, modules: Mapping[str, Path]) -> set[str]:
    """Modules of ours that one imports, anywhere in its text."""
    tree = ast.parse(modules[name].read_text(encoding="utf-8"))
    found = {each for node in ast.walk(tree) for each in named_in(node, modules)}
    return found & set(modules) - {name}


def named_in(node: ast.AST, modules: Mapping[str, Path]) -> Iterator[str]:
    """What one import names: a module, or the one that holds the name."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "a relative import"
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in modules else str(node.module)


def cycle_among(modules: Mapping[str, Path]) -> list[str]:
    """One cycle of imports, its first module again at the end; empty where there is none."""
    try:
        TopologicalSorter({name: imported_by(name, modules) for name in modules}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_cycle_of_imports(repository: Path) -> None:
    modules = modules_of(repository, "hipdesk", "app")
    assert len(modules) > 300
    assert imported_by("hipdesk.adapters.network_loading", modules) >= {
        "hipdesk.paths",
        "hipdesk.adapters.gpu_trial",
    }
    assert cycle_among(modules) == []


@pytest.mark.parametrize(
    "back",
    ["import ours.first", "from ours import first", "def later():\n    from ours.first import x"],
)
def test_a_cycle_is_found(tmp_path: Path, back: str) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "__init__.py").write_text("", encoding="utf-8")
    (ours / "first.py").write_text("from ours.second import y\nx = y", encoding="utf-8")
    (ours / "second.py").write_text("y = 1\n", encoding="utf-8")
    assert cycle_among(modules_of(tmp_path, "ours")) == []
    (ours / "second.py").write_text(f"y = 1\n{back}\n", encoding="utf-8")
    assert set(cycle_among(modules_of(tmp_path, "ours"))) == {"ours.first", "ours.second"}

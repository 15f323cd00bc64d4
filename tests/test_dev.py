"""dev.py on machines that are not ready, and what it hands on."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import dev
from hipdesk.training.__main__ import _parser as training_parser


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that dev.py would run; all succeed, in an environment that works."""
    seen: list[list[str]] = []

    def call(*command: str | Path) -> int:
        seen.append([str(word) for word in command])
        return 0

    monkeypatch.setattr(dev, "call", call)
    monkeypatch.setattr(dev, "VENV", tmp_path)
    monkeypatch.setattr(dev, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(dev, "ensure_venv", lambda: None)
    return seen


def test_imports_only_the_standard_library(repository: Path) -> None:
    tree = ast.parse((repository / "dev.py").read_text(encoding="utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run"], ("run", [], False)),
        (["run", "--", "info", "--json"], ("run", ["info", "--json"], False)),
        (["run", "analyze", "x", "--slow"], ("run", ["analyze", "x", "--slow"], False)),
        (["test", "--slow"], ("test", [], True)),
        (["test", "-k", "paths", "--slow"], ("test", ["-k", "paths"], True)),
        (["train", "locate", "--seed", "1"], ("train", ["locate", "--seed", "1"], False)),
    ],
)
def test_words_are_handed_on(words: list[str], expected: tuple[str, list[str], bool]) -> None:
    assert dev.parse(words) == expected


@pytest.fixture
def demo(calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's folder, empty."""
    folder = tmp_path / "demo-output"
    monkeypatch.setattr(dev, "DEMO", folder)
    return folder


def test_run_without_a_display_makes_the_demo_and_says_where(
    calls: list[list[str]],
    demo: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dev, "has_display", lambda: False)
    assert dev.main(["run"]) == 0
    assert calls[-1][1:] == ["-m", "hipdesk", "demo", "--out", str(demo)]
    said = capsys.readouterr().out
    assert str(demo) in said
    assert "no display" in said.splitlines()[-1]
    assert not [word for call in calls for word in call if "train" in word]


def test_run_opens_the_window_with_the_demo_made_once(
    calls: list[list[str]], demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "has_display", lambda: True)
    window = ["-m", "app", "--library", str(demo / "store"), "--latest"]
    assert dev.main(["run"]) == 0
    assert [call[1:3] for call in calls[-2:]] == [["-m", "hipdesk"], ["-m", "app"]]
    assert calls[-1][1:] == window
    (demo / "store").mkdir()
    (demo / "store" / "hipdesk.sqlite3").touch()
    made = len(calls)
    assert dev.main(["run"]) == 0
    assert [call[1:] for call in calls[made:]] == [window]


def test_the_demo_is_made_again_for_other_models(
    calls: list[list[str]], demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dev.make_demo() == 0
    (demo / "store").mkdir()
    (demo / "store" / "hipdesk.sqlite3").touch()
    assert dev.demo_is_current()
    monkeypatch.setattr(dev, "demo_fingerprint", lambda: "another")
    assert not dev.demo_is_current()


def test_a_display_is_seen_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not dev.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert dev.has_display()
    monkeypatch.setattr(dev.sys, "platform", "win32")
    monkeypatch.delenv("WAYLAND_DISPLAY")
    assert dev.has_display()


def test_installs_once_and_again_for_a_new_extra(calls: list[list[str]]) -> None:
    dev.ensure()
    dev.ensure()
    assert [call[-1] for call in calls] == [str(dev.ROOT)]
    dev.ensure("dev")
    dev.ensure()
    dev.ensure("dev")
    assert [call[-1] for call in calls] == [str(dev.ROOT), f"{dev.ROOT}[dev]"]


def test_installs_again_when_the_project_changed(
    calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    for text in ("one", "one", "two"):
        (tmp_path / "pyproject.toml").write_text(text)
        dev.ensure()
    assert len(calls) == 2


def test_a_damaged_stamp_means_install(calls: list[list[str]]) -> None:
    dev.STAMP.write_text("{")
    dev.ensure()
    assert len(calls) == 1


SHARED = ["-n", "2", "--dist", "loadfile"]


def test_test_runs_pytest_last_and_torch_only_when_asked(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 2)
    assert dev.main(["test", "-k", "x"]) == 0
    assert calls[-1][1:] == ["-m", "pytest", *SHARED, "-k", "x"]
    assert calls[0][-1] == f"{dev.ROOT}[dev]"
    assert dev.main(["test", "--torch", "-k", "x"]) == 0
    assert calls[-1][1:] == ["-m", "pytest", *SHARED, "-k", "x"]
    assert f"{dev.ROOT}[dev,train]" in [call[-1] for call in calls]


def test_campaigns_run_alone_after_everything_else(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 64)
    asked: list[str] = []
    monkeypatch.setattr(dev, "ensure_database_server", lambda: asked.append("server"))
    assert dev.main(["test", "--slow", "-k", "x"]) == 0
    assert f"{dev.ROOT}[dev,train,postgres]" in [call[-1] for call in calls]
    assert asked == ["server"]
    first, second = (call[3:] for call in calls if call[1:3] == ["-m", "pytest"])
    assert first == ["--slow", "-m", "not slow", "-n", "4", *SHARED[2:], "-k", "x"]
    assert second == ["--slow", "-m", "slow", "-k", "x"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [((0, 0), 0), ((5, 0), 0), ((0, 5), 0), ((5, 5), 5), ((1, 0), 1), ((0, 1), 1), ((-9, 0), -9)],
)
def test_either_run_can_fail_but_one_may_find_no_test(
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    statuses: tuple[int, int],
    expected: int,
) -> None:
    given = iter(statuses)
    usual = dev.call
    monkeypatch.setattr(
        dev, "call", lambda *words: next(given) if "pytest" in words else usual(*words)
    )
    assert dev.main(["test", "--slow"]) == expected


def test_train_makes_both_models(calls: list[list[str]]) -> None:
    assert dev.main(["train", "--anatomy", "maps"]) == 0
    steps = [call[3:] for call in calls[1:]]
    once = ["calibrate", "export"]
    assert [step[0] for step in steps] == ["locate", *once, "segment", *once]
    run = str(dev.TRAINED / "locate")
    assert steps[0] == ["locate", "--out", run, "--anatomy", "maps"]
    assert steps[1] == [*("calibrate", "--model", "locate", "--run-dir", run, "--anatomy", "maps")]
    assert steps[5][steps[5].index("--out") + 1] == str(dev.TRAINED / "models" / "segment")
    named = [steps[5][i + 1] for i, word in enumerate(steps[5]) if word == "--source"]
    assert named == ["own_label_maps", "procedural"]


def test_training_understands_what_it_is_given(calls: list[list[str]]) -> None:
    dev.main(["train", "--seed", "3", "--threads", "2", "--bodies", "4"])
    given = [training_parser().parse_args(call[3:]) for call in calls[1:]]
    # Thresholds are chosen on other patients than those learned from.
    assert [step.seed for step in given if "seed" in step] == [3, None, 3, None]
    assert [step.bodies for step in given if "bodies" in step] == [4] * 4
    assert [step.source for step in given if "source" in step] == [["procedural"]] * 2


def test_train_hands_one_step_on(calls: list[list[str]]) -> None:
    assert dev.main(["train", "generate", "--kind", "hip"]) == 0
    assert [call[1:] for call in calls[1:]] == [
        ["-m", "hipdesk.training", "generate", "--kind", "hip"]
    ]


@pytest.mark.parametrize("failing", ["check", "--no-logo", "mypy", "pytest"])
def test_any_failure_fails_the_test_command(
    failing: str, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "call", lambda *command: int(failing in command))
    assert dev.main(["test"]) == 1


def test_failed_install_stops_with_a_sentence(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "call", lambda *_: 1)
    assert dev.main(["run"]) == 2
    assert capsys.readouterr().err == "pip could not install; its message is above.\n"
    assert not dev.STAMP.exists()


def test_old_python_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "sys", SimpleNamespace(version_info=(3, 10, 4), stderr=sys.stderr))
    assert dev.main(["run"]) == 2
    assert "3.11" in capsys.readouterr().err


def test_missing_ensurepip_installs_the_venv_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []
    monkeypatch.setattr(dev, "VENV", tmp_path / "none")
    monkeypatch.setattr(dev, "call", lambda *_: 0)
    monkeypatch.setattr(dev, "install_system", wanted.extend)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    dev.ensure_venv()
    assert wanted == [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]


def test_system_packages_as_root(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(dev.os, "geteuid", lambda: 0, raising=False)
    dev.install_system(["libegl1", "libgl1"])
    assert calls[-1][:3] == ["apt-get", "install", "-y"]
    assert calls[-1][-2:] == ["libegl1", "libgl1"]


def test_system_packages_without_root_are_named(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(dev.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(dev.Stop, match=r"sudo apt-get install .* libegl1$"):
        dev.install_system(["libegl1"])
    assert calls == []


def test_system_packages_elsewhere_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    with pytest.raises(dev.Stop, match="libegl1"):
        dev.install_system(["libegl1"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt lacks nothing elsewhere")
def test_a_window_that_cannot_open_stops_nothing_else(
    calls: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(dev, "QT_LIBRARIES", {"libhipdesk-none.so.9": "absent"})
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    assert dev.main(["run", "info"]) == 0
    assert "absent" not in capsys.readouterr().out
    (tmp_path / "lib" / "python3" / "site-packages" / "PySide6").mkdir(parents=True)
    assert dev.main(["run", "info"]) == 0
    assert "window will not open yet" in capsys.readouterr().out
    assert calls[-1][1:] == ["-m", "hipdesk", "info"]


class TestDatabaseServer:
    @pytest.fixture(autouse=True)
    def bare_linux(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dev, "SERVERS", tmp_path / "postgresql")
        monkeypatch.setattr(dev.sys, "platform", "linux")
        monkeypatch.setattr(dev.shutil, "which", lambda name: None)
        monkeypatch.delenv(dev.SERVER_VARIABLE, raising=False)

    def test_it_is_installed_where_that_is_possible(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wanted: list[str] = []
        monkeypatch.setattr(dev, "install_system", wanted.extend)
        dev.ensure_database_server()
        assert wanted == ["postgresql"]

    def test_else_its_command_is_named_and_the_tests_go_on(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(
            dev.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
        )
        monkeypatch.setattr(dev.os, "geteuid", lambda: 1000, raising=False)
        dev.ensure_database_server()
        said = capsys.readouterr().out
        assert "will be skipped" in said
        assert "sudo apt-get install -y --no-install-recommends postgresql" in said

    @pytest.mark.parametrize("how", ["there", "named"])
    def test_one_that_is_there_is_used(
        self, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if how == "there":
            (tmp_path / "postgresql" / "15" / "bin" / "initdb").mkdir(parents=True)
        else:
            monkeypatch.setenv(dev.SERVER_VARIABLE, "postgresql://host/name")
        monkeypatch.setattr(dev, "install_system", None)
        dev.ensure_database_server()


def test_only_libraries_that_do_not_load_are_missing() -> None:
    assert dev.missing_packages({"libhipdesk-none.so.9": "absent"}) == ["absent"]


def test_a_broken_environment_is_seen(tmp_path: Path) -> None:
    assert dev._works(Path(sys.executable))
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    if sys.platform != "win32":
        assert not dev._works(broken)

"""Models and resources are found alike in a checkout, a wheel and a frozen program."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hipdesk import paths
from hipdesk.errors import BugError, ModelError


def make_model(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "manifest.json").write_text("{}")
    return folder / name


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout in which the package thinks it lives."""
    folder = tmp_path / "checkout" / "hipdesk"
    folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "PACKAGE", folder)
    return folder


def test_checkout_is_found(repository: Path) -> None:
    assert paths.models_dirs() == (repository / "models",)
    assert paths.resources_dir() == repository / "resources"


def test_each_place_goes_before_the_next(
    package: Path, user_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIPDESK_MODELS", str(tmp_path / "named"))
    (tmp_path / "named").mkdir()
    places = [
        tmp_path / "named",
        user_home / "hipdesk" / "models",
        package / "_bundled" / "models",
        package.parent / "models",
    ]
    for count in range(1, len(places) + 1):
        nearest = make_model(places[-count], "locate")
        assert paths.model_folder("locate") == nearest
        found = paths.models_dirs()
        assert found[-count:] == tuple(places[-count:])
        assert set(found) <= set(places)


def test_a_named_folder_that_is_missing_is_refused_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIPDESK_MODELS", str(tmp_path / "tpyo"))
    with pytest.raises(ModelError, match="HIPDESK_MODELS names"):
        paths.model_folder("locate")


def test_later_places_fill_what_earlier_ones_lack(package: Path, user_home: Path) -> None:
    own = make_model(user_home / "hipdesk" / "models", "segment")
    shipped = make_model(package / "_bundled" / "models", "locate")
    make_model(package / "_bundled" / "models", "segment")
    assert paths.model_folder("segment") == own
    assert paths.model_folder("locate") == shipped
    assert paths.model_names() == ("locate", "segment")


def test_a_folder_without_manifest_is_no_model(package: Path) -> None:
    (package.parent / "models" / "half").mkdir(parents=True)
    with pytest.raises(ModelError, match="no model called 'half'"):
        paths.model_folder("half")


def test_bundled_resources_go_before_the_checkout(package: Path) -> None:
    (package.parent / "resources").mkdir()
    assert paths.resources_dir() == package.parent / "resources"
    (package / "_bundled" / "resources").mkdir(parents=True)
    assert paths.resources_dir() == package / "_bundled" / "resources"


def test_missing_resources_are_our_bug(package: Path) -> None:
    with pytest.raises(BugError):
        paths.resources_dir()


def test_user_data_is_not_made_by_asking(user_home: Path) -> None:
    assert paths.user_data_dir() == user_home / "hipdesk"
    assert not paths.user_data_dir().exists()


def test_user_data_without_variable_follows_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HIPDESK_DATA")
    assert paths.user_data_dir().name == "HipDesk"


@pytest.mark.slow
def test_wheel_carries_models_and_resources(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", tmp_path, repository]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("hipdesk-*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for folder in ("models", "resources"):
        assert _files(site / "hipdesk" / "_bundled" / folder) == _tracked(repository, folder)
    assert {path.name for path in site.iterdir() if "." not in path.name} == {"app", "hipdesk"}
    assert _run_in(site, "print(paths.resources_dir())") == str(
        site / "hipdesk" / "_bundled" / "resources"
    )
    assert _run_in(site, "print(*paths.models_dirs())") == str(
        site / "hipdesk" / "_bundled" / "models"
    )


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _tracked(repository: Path, folder: str) -> set[str]:
    command = ["git", "-C", repository, "ls-files", folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {line.removeprefix(f"{folder}/") for line in done.stdout.splitlines()}


def _run_in(site: Path, statement: str) -> str:
    """Output of a statement run on the unpacked wheel, away from the checkout."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from hipdesk import paths; {statement}"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=site, env=dict(os.environ)
    )
    return done.stdout.strip()

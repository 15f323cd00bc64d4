"""The window with everything behind it, simulated studies, and libraries of them."""

from __future__ import annotations

import faulthandler
import gc
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from hipdesk.paths import model_names
from tests.app.path import studies
from tests.app.path.window_driver import SIZE, Driver
from tests.conftest import REPOSITORY

Start = Callable[..., Driver]


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(240, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Widgets that no other thread frees, as in the program that is run."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="session")
def models() -> None:
    if not {"locate", "segment"} <= set(model_names()):
        pytest.skip("no trained models are installed")


@pytest.fixture(scope="session")
def visits(models: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Study folders of one patient's two visits."""
    return studies.simulated(tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="session")
def stranger(visits: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of somebody else."""
    out = tmp_path_factory.mktemp("stranger") / "study"
    return studies.relabelled(
        visits[1],
        out,
        PatientID="DEMO-0002",
        PatientName="Other^Simulated Patient",
        PatientBirthDate="19700203",
        PatientSex="F",
    )


@pytest.fixture(scope="session")
def lookalike(visits: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second visit with the patient's number removed."""
    out = tmp_path_factory.mktemp("lookalike") / "study"
    return studies.relabelled(visits[1], out, PatientID="", IssuerOfPatientID="")


@pytest.fixture(scope="session")
def stored(visits: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with both visits, analysed; not to be opened: see `library`."""
    return studies.stored(visits, tmp_path_factory.mktemp("stored") / "library")


@pytest.fixture
def library(stored: Path, tmp_path: Path) -> Path:
    """A library of the test's own with both visits."""
    return studies.copied(stored, tmp_path / "library")


@pytest.fixture
def start(qapp: QApplication, qtbot: QtBot, models: None) -> Iterator[Start]:
    """Starts the program; what is still open at the end is closed."""
    began: list[Driver] = []

    def begin(
        library: Path, paths: Sequence[Path] = (), latest: bool = False, resize: bool = True
    ) -> Driver:
        program = Program(qapp, str(library))
        driver = Driver(program, qtbot)
        began.append(driver)
        program.begin(paths, latest)
        if resize:
            driver.window.resize(*SIZE)
        driver.window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is driver.window)
        return driver

    yield begin
    for driver in began:
        driver.program.close()
        driver.window.close()
        driver.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def shared_or_none() -> Path | None:
    """Folder of real images; None where there is none."""
    folder = Path(os.environ.get("HIPDESK_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    return folder if folder.is_dir() else None

"""Photographs the real window for docs/screenshots: ``python3 dev.py screenshots``.

Drives the program on a virtual screen with the demo patient: four workspaces,
what they show while empty, settings, a folder to choose from and two errors, each
on a laptop's and on a large screen, dark and light.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
OUTPUT: Final = REPOSITORY / "docs" / "screenshots"
SIZES: Final = ((1366, 768), (2560, 1440))
THEMES: Final = ("dark", "light")
READER: Final = "Demo reader"
IMPRESSION: Final = (
    "Right hip: less subchondral oedema and less fluid than at week 24. Left hip: a small "
    "amount of fluid, no oedema of note.\n\nWritten for the simulated demo patient."
)
PATIENCE_S: Final = 60.0
NEARLY_GREY: Final = 24
"""Channels that differ by no more are a grey of the theme or of the MRI."""


@contextmanager
def virtual_screen() -> Iterator[None]:
    """A screen nobody sees, large enough for every size."""
    read, write = os.pipe()
    width, height = SIZES[-1]
    screen = ["-screen", "0", f"{width}x{height}x24"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), *screen, "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        os.environ["DISPLAY"] = f":{told.readline().strip()}"
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def demo_library(place: Path) -> Path:
    """A copy of the demo patient's library, made where there is none yet."""
    made = REPOSITORY / "demo-output" / "store"
    if not (made / "hipdesk.sqlite3").is_file():
        from hipdesk.cli import main

        if main(["demo", "--out", str(place / "demo")]) != 0:
            raise SystemExit("The demo patient could not be made.")
        made = place / "demo" / "store"
    shutil.copytree(made, place / "library")
    return place / "library"


def in_few_colours(path: Path) -> None:
    """Make a picture small: half of the palette for greys, half for what has a colour.

    A plain palette of 256 would spend itself on the greys of the MRI, and show the
    colours of the outlines wrongly.
    """
    import numpy as np
    from PIL import Image

    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    pixels = np.asarray(picture)
    coloured = pixels[np.ptp(pixels.astype(int), axis=2) > NEARLY_GREY]
    halves = [np.repeat(np.linspace(0, 255, 128).round().astype(np.uint8)[:, None], 3, axis=1)]
    if len(coloured):
        of_colours = Image.fromarray(coloured[None]).quantize(128, Image.Quantize.MEDIANCUT)
        halves.append(np.asarray(of_colours.getpalette()[: 128 * 3], dtype=np.uint8).reshape(-1, 3))
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate(halves).tobytes())
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def speak(language: str) -> None:
    """Have the program start in a language."""
    from hipdesk.adapters.settings_file import SettingsFile
    from hipdesk.settings import Language, Settings

    SettingsFile().save(Settings(language=Language(language)))


class Tour:
    """The program, what is done with it, and the pictures taken on the way."""

    def __init__(self, library: Path, output: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from app.bootstrap.program import Program
        from app.bootstrap.running import started

        existing = QApplication.instance()
        self.application = existing or started(["hipdesk-app"])
        self.program = Program(self.application, str(library))
        self.output = output

    def spin(self, done: Callable[[], bool] = lambda: False, seconds: float = PATIENCE_S) -> None:
        """Let the program work until something is so, or for some time."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not done():
            self.application.processEvents()
            time.sleep(0.005)

    def settle(self) -> None:
        """Let everything that is on its way arrive."""
        self.spin(seconds=0.3)
        self.spin(lambda: not self.program.services.jobs.running)
        self.spin(seconds=0.4)

    def photograph(self, name: str) -> None:
        """Every size and theme of what is on screen."""
        for width, height in SIZES:
            self.program.window.showNormal()
            self.program.window.setGeometry(0, 0, width, height)
            for theme in THEMES:
                self.dress(theme)
                self.centre_pages()
                self.settle()
                self.take(f"{name}-{width}-{theme}")

    def centre_pages(self) -> None:
        """Put pages beside the window in its middle, as a window manager does."""
        for page in self.application.topLevelWidgets():
            if page.isVisible() and page is not self.program.window:
                place = page.frameGeometry()
                place.moveCenter(self.program.window.geometry().center())
                page.move(place.topLeft())

    def dress(self, theme: str) -> None:
        """Show the program in a theme."""
        from hipdesk.settings import Theme

        settings = self.program.keeper.settings.model_copy(update={"theme": Theme(theme)})
        self.program.controllers.shell.change_settings(settings)

    def take(self, name: str) -> None:
        """Save what the screen shows."""
        self.output.mkdir(parents=True, exist_ok=True)
        path = self.output / f"{name}.png"
        size = self.program.window.size()
        screen = self.program.window.screen()
        screen.grabWindow(0, 0, 0, size.width(), size.height()).save(str(path))
        in_few_colours(path)
        print(path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path)

    def show(self, workspace: str) -> None:
        """Bring a workspace to the front."""
        from app.state import Workspace

        self.program.controllers.shell.choose_workspace(Workspace(workspace))
        self.settle()

    def close(self) -> None:
        """End the program as a user does."""
        self.program.window.close()
        self.spin(seconds=0.2)


def record_the_demo(library: Path) -> None:
    """Give the demo patient a clinical record: everything falls under treatment."""
    from hipdesk.adapters.store import SqlVisitStore
    from hipdesk.clinical import (
        ClinicalFacts,
        Crp,
        CrpUnit,
        Harris,
        HipFacts,
        Treatment,
        TreatmentKind,
        exactly,
    )

    with SqlVisitStore.open(library) as store:
        patient = store.patients()[0].uid
        dated = [each.visit for each in store.entries(patient) if each.visit.day is not None]
        for visit, worst in zip(dated, (7.0, 5.0, 3.0, 1.0), strict=False):
            crp = Crp(4 * worst, CrpUnit.MG_PER_L, 3.0)
            right = HipFacts(worst, harris=Harris(30, 8, 11, 8, 2, 4, 5, 1, 4, 4.0))
            facts = ClinicalFacts((worst,) * 6, (worst,) * 10, worst, 5 * worst, crp, right=right)
            store.keep_facts(visit.uid, facts, READER)
        first, last = dated[0].day, dated[-1].day
        if first is None or last is None:
            raise SystemExit("The demo patient's visits have no days.")
        drug = Treatment(TreatmentKind.BDMARD, "Adalimumab", exactly(first), dose="40 mg / 14 d")
        relief = Treatment(TreatmentKind.NSAID, "Celecoxib", None, exactly(dated[1].day or last))
        for treatment in (drug, relief):
            store.keep_treatment(patient, treatment, READER)


def tour_of_the_demo(library: Path, output: Path) -> None:
    """The four workspaces, before and after reading, the clinical record, and the settings."""
    from hipdesk.records import Side

    tour = Tour(library, output)
    program = tour.program
    program.begin(latest=True)
    tour.spin(lambda: program.controllers.desk.exam is not None)
    tour.settle()
    tour.show("review")
    tour.photograph("review")
    tour.show("follow_up")
    tour.photograph("follow-up")
    exam = program.controllers.desk.exam
    if exam is not None and exam.visit_uid is not None:
        program.controllers.clinical.show(exam.visit_uid)
        tour.settle()
        tour.photograph("clinical")
        program.controllers.clinical.leave()
        tour.settle()
    review = program.controllers.review
    for side in Side:
        review.accept(side)
        tour.settle()
    program.controllers.report.edit_impression(IMPRESSION)
    tour.settle()
    review.sign(READER)
    tour.settle()
    tour.show("report")
    tour.photograph("report")
    tour.show("review")
    tour.photograph("review-signed")
    tour.show("library")
    tour.photograph("library")
    program.window.open_settings()
    tour.settle()
    tour.photograph("settings")
    tour.close()


def tour_of_nothing(place: Path, output: Path) -> None:
    """What every workspace shows while there is nothing in it, and what goes wrong."""
    tour = Tour(place / "empty", output)
    tour.program.begin()
    tour.settle()
    for workspace in ("library", "review", "follow_up", "report"):
        tour.show(workspace)
        tour.photograph(f"empty-{workspace.replace('_', '-')}")
    _open_what_cannot_be_analysed(tour, place)
    tour.close()


def _open_what_cannot_be_analysed(tour: Tour, place: Path) -> None:
    """A folder with nothing but a T1 series, and one without any image."""
    from hipdesk.cli import main

    if main(["phantom", "--out", str(place / "T1 only"), "--contrast", "t1"]) != 0:
        raise SystemExit("A series could not be simulated.")
    tour.program.controllers.study.open_paths([place / "T1 only" / "series"])
    tour.settle()
    tour.photograph("folder-to-choose-from")
    tour.program.controllers.study.close_found()
    tour.program.controllers.study.open_paths([place / "no such folder"])
    tour.settle()
    tour.photograph("error")


def tour_of_a_library_in_use(library: Path, output: Path) -> None:
    """Another program works in the library."""
    from app.bootstrap.library import LibraryDoor

    other = LibraryDoor(str(library))
    other.retry()
    tour = Tour(library, output)
    tour.program.begin()
    tour.settle()
    tour.photograph("error-library-in-use")
    tour.close()
    other.close()


def main() -> int:
    """Make every picture anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUTPUT, help="folder for the pictures")
    parser.add_argument("--language", choices=("en", "zh_CN"), default="en")
    given = parser.parse_args()
    output = given.out
    with tempfile.TemporaryDirectory() as name, virtual_screen():
        place = Path(name)
        os.environ["HIPDESK_DATA"] = str(place / "data")
        import app.bootstrap.networks  # noqa: F401 - before Qt

        speak(given.language)
        library = demo_library(place)
        record_the_demo(library)
        tour_of_the_demo(library, output)
        tour_of_a_library_in_use(library, output)
        tour_of_nothing(place, output)
    return 0


if __name__ == "__main__":
    sys.exit(main())

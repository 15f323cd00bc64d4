"""Longest gaps of the event loop in a program just started: ``... LIBRARY WIDTH HEIGHT``.

A workspace is looked at for the first time once in a process, so these figures
are taken in one of their own, and written as JSON: by what was done, seconds, and
seconds without those in which the window's thread waited for a processor.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from app.bootstrap.program import Program
from app.bootstrap.running import settle, started
from app.state import Workspace
from hipdesk.settings import Language, Theme
from tests.app.path.window_driver import Watch

LIMIT_S = 40.0

THEMES = (Theme.LIGHT, Theme.DARK)
LANGUAGES = (Language.CHINESE, Language.ENGLISH)


class Looks:
    """A reader who does one thing after the other, and how long each kept the window."""

    def __init__(self, application: QApplication, program: Program) -> None:
        self._application = application
        self._program = program
        self.longest: dict[str, tuple[float, float]] = {}

    def watch(self, what: str, act: Callable[[], object], seconds: float = 0.3) -> None:
        """Do something, let everything end that comes of it, keep the longest gap."""
        with Watch() as watch:
            act()
            self._spin(lambda: self._program.services.jobs.running)
            ends = time.monotonic() + seconds
            self._spin(lambda: time.monotonic() < ends)
        self.longest[what] = watch.longest, watch.longest_own
        print(watch.told(what), file=sys.stderr)

    def _spin(self, goes_on: Callable[[], object]) -> None:
        ends = time.monotonic() + LIMIT_S
        while goes_on():
            assert time.monotonic() < ends
            self._application.processEvents()
            time.sleep(0.002)

    def all(self) -> None:
        """Everything, beginning with the window's first appearance."""
        program = self._program
        shell = program.controllers.shell

        def change(**wanted: object) -> Callable[[], None]:
            kept = program.keeper.settings
            return lambda: shell.change_settings(kept.model_copy(update=wanted))

        self.watch("the window appears", lambda: None, 1.0)
        self.watch("a visit is opened", program.controllers.library.open_latest, 1.0)
        for workspace in (Workspace.FOLLOW_UP, Workspace.REPORT, Workspace.LIBRARY):
            look = f"first look at {workspace.value}"
            self.watch(look, lambda to=workspace: shell.choose_workspace(to), 1.0)
        for workspace in Workspace:
            shell.choose_workspace(workspace)
            self._spin(lambda: program.services.jobs.running)
            for theme in THEMES:
                self.watch(f"{theme.value} theme in {workspace.value}", change(theme=theme))
            for tongue in LANGUAGES:
                self.watch(f"{tongue.value} in {workspace.value}", change(language=tongue))


def main(library: str, width: str, height: str) -> int:
    application = started(["hipdesk"])
    program = Program(application, library)
    program.begin()
    program.window.resize(int(width), int(height))
    settle()
    looks = Looks(application, program)
    looks.all()
    program.window.close()
    print(json.dumps(looks.longest))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Who is told of what happens to studies."""

from __future__ import annotations

from app.controllers.opening import Saved
from app.state import FoundStudy


class StudyWatcher:
    """Told of what happens to studies; whoever watches overrides what matters to it."""

    def found_changed(self, found: FoundStudy | None) -> None:
        """Another folder was found, or none is any more."""

    def choice_wanted(self) -> None:
        """The reader wants to choose in the found folder."""

    def exam_opened(self) -> None:
        """The exam on the desk was opened just now, and wants to be read."""

    def names_changed(self) -> None:
        """The library may read names in another character set than before."""

    def result_saved(self, saved: Saved) -> None:
        """An analysis is in the library."""

    def analysis_done(self, analyses: tuple[str, ...], seconds: float) -> None:
        """The networks have run for so long, and made the analyses of these uids."""

    def patient_closed(self) -> None:
        """Nobody is to be on screen."""

"""Brush strokes left open on an analysis that is not on screen: said, with the way to them.

An analysis that is done anew takes the place of the one that a reader painted on, and
nothing on screen is made of those strokes. No Qt.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import reviews_of
from app.controllers.showing import Translate
from app.messages import Action, Severity
from app.services import Services
from app.state import Exam
from hipdesk.ports import VisitStore

log = logging.getLogger(__name__)

ELSEWHERE: Final = "unfinished strokes"
"""Topic of the question which other analyses have any."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A stored visit, and which of its analyses are on screen."""

    visit_uid: str = field(repr=False)
    analyses: frozenset[str] = field(repr=False)


class UnfinishedStrokes:
    """Warns for as long as the visit is on screen without an analysis that has such strokes.

    Parameters
    ----------
    show : opens a visit at some of its analyses
    """

    def __init__(
        self,
        services: Services,
        desk: Desk,
        translate: Translate,
        show: Callable[[str, tuple[str, ...]], None],
    ) -> None:
        self._services = services
        self.translate = translate
        self._show = show
        self._open: _Open | None = None
        self._found: tuple[str, ...] = ()
        self._told: int | None = None
        desk.watch(self._follow)
        self._follow(desk.exam)

    def look_again(self) -> None:
        """Strokes may have been kept since; the same ones are not told of twice."""
        store, on_screen = self._services.library.store, self._open
        if store is None or on_screen is None:
            return
        self._services.jobs.start(
            Job(
                what=self.translate("Unfinished", "Looking for unfinished brush strokes"),
                work=lambda _progress, _cancelled: _painted_elsewhere(store, on_screen),
                done=partial(self._tell, on_screen.visit_uid),
                failed=_not_found_out,
                urgent=True,
                topic=ELSEWHERE,
            )
        )

    def _follow(self, exam: Exam | None) -> None:
        before, self._open = self._open, _opened(exam)
        if self._open != before:
            self._services.jobs.cancel_topic(ELSEWHERE)
            self._take_back()
            self.look_again()

    def _take_back(self) -> None:
        self._found, told, self._told = (), self._told, None
        if told is not None:
            self._services.messages.dismiss(told)

    def _tell(self, visit_uid: str, analyses: tuple[str, ...]) -> None:
        """Say that there are some, in the place of what was said before."""
        if analyses == self._found:
            return
        self._take_back()
        self._found = analyses
        if analyses:
            words = self.translate(
                "Unfinished",
                "Brush strokes on another analysis of this visit are not finished, so they are "
                "part of no result. Finish or discard them.",
            )
            show = partial(self._show, visit_uid, analyses[:1])
            action = Action(self.translate("Unfinished", "Show them"), show)
            self._told = self._services.messages.say(Severity.WARNING, words, action)


def _opened(exam: Exam | None) -> _Open | None:
    """What of a stored visit is on screen."""
    if exam is None or exam.visit_uid is None:
        return None
    return _Open(exam.visit_uid, frozenset(each.analysis.uid for each in reviews_of(exam)))


def _painted_elsewhere(store: VisitStore, on_screen: _Open) -> tuple[str, ...]:
    """Analyses of the visit with unfinished strokes that are not on screen, the newest first."""
    patient_uid = store.patient_of(on_screen.visit_uid).uid
    return tuple(
        each.uid
        for visit in store.entries(patient_uid)
        if visit.visit.uid == on_screen.visit_uid
        for each in visit.analyses
        if each.unfinished and each.uid not in on_screen.analyses
    )


def _not_found_out(_error: Exception) -> None:
    log.warning("unfinished brush strokes not looked for")

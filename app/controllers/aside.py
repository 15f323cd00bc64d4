"""The page of what was put aside and regrouped: all of it can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.background import Job
from app.controllers.deeds import Deeds
from app.controllers.showing import Translate
from app.messages import Severity
from app.regroup_state import AsideShown
from app.services import Services
from app.views.protocols import AsideView
from hipdesk.ports import Cancelled, Progress, VisitStore

LIST: Final = "aside.list"


class AsideController:
    """Hears the page, and keeps it up to date while it is open."""

    def __init__(
        self, view: AsideView, services: Services, translate: Translate, deeds: Deeds
    ) -> None:
        self._view = view
        self._services = services
        self.translate = translate
        self._deeds = deeds
        self._shown: AsideShown | None = None
        self._open = False
        view.listen(self)

    def show(self) -> None:
        """Bring the page up."""
        self._open = True
        self._ask()

    def refresh(self) -> None:
        """The library changed: list anew if the page is open."""
        if self._open:
            self._ask()

    def bring_back(self, visit_uids: Sequence[str]) -> None:
        """List these visits again."""
        visits, reader = tuple(visit_uids), self._deeds.reader
        aside = () if self._shown is None else self._shown.aside
        reasons = {each.visit_uid: each.reason for each in aside}
        said = self.translate("Regroup", "Brought back into the lists.")

        def again(store: VisitStore) -> None:
            for visit in visits:
                store.put_aside([visit], reasons.get(visit, ""), reader)

        self._deeds.simply(said, lambda store: store.bring_back(visits, reader), again)

    def take_back(self, number: int) -> None:
        """Undo a regrouping."""
        reader = self._deeds.reader
        said = self.translate("Regroup", "Taken back: it is as it was before.")
        self._deeds.simply(said, lambda store: store.take_back(number, reader))

    def leave(self) -> None:
        """The page goes."""
        self._services.jobs.cancel_topic(LIST)
        self._open = False
        self._shown = None
        self._view.show_aside(None)

    def _ask(self) -> None:
        library = self._services.library
        store = library.store
        if store is None:
            said = library.problem or self.translate(
                "Regroup", "The patient library is not open yet."
            )
            self._services.messages.say(Severity.ERROR, said)
            return

        def work(_progress: Progress, _cancelled: Cancelled) -> AsideShown:
            return AsideShown(store.visits_aside(), store.regroupings())

        what = self.translate("Regroup", "Reading the library")
        self._services.jobs.start(Job(what, work, self._take, urgent=True, topic=LIST))

    def _take(self, shown: AsideShown) -> None:
        if self._open:
            self._shown = shown
            self._view.show_aside(shown)

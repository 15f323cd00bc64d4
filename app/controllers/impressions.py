"""The reader's words on their way into the library: never lost, and not at every key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import series_of, with_impression
from app.controllers.showing import Translate, tell_known
from app.controllers.signing import SigningDesk
from app.messages import Later, Severity
from app.services import Services

SAVE_EVERY_S: Final = 1.5
"""Words being typed are kept at most this often."""


class Impressions:
    """Words that the library does not have yet.

    Parameters
    ----------
    signing : signs only after everything here is saved
    later : has something done on the GUI thread after some seconds
    paused : called when words were typed and then begin to be saved
    """

    def __init__(
        self,
        desk: Desk,
        services: Services,
        translate: Translate,
        signing: SigningDesk,
        later: Later,
        paused: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._services = services
        self.translate = translate
        self._signing = signing
        self._later = later
        self._paused = paused
        self._unsaved: dict[str, str] = {}
        self._saving: dict[str, str] = {}
        self._ticking = False
        self._then: list[Callable[[], None]] = []
        signing.before_signing(self.save_then)

    @property
    def unsaved(self) -> dict[str, str]:
        """Words by analysis; a copy."""
        return dict(self._unsaved)

    def edit(self, analysis_uid: str, text: str) -> None:
        """Take words; they are saved by themselves before long."""
        self._unsaved[analysis_uid] = text
        if not self._ticking:
            self._ticking = True
            self._later(SAVE_EVERY_S, self._tick)

    def save_then(self, then: Callable[[], None]) -> None:
        """Save everything, and call this when it is saved; not where that failed."""
        self._then.append(then)
        self.flush()
        self._go_on()

    def flush(self) -> None:
        """Begin to save everything that is not being saved already."""
        for uid, text in tuple(self._unsaved.items()):
            if self._saving.get(uid) == text:
                continue
            if uid not in self._saving and self._known(uid) == text:
                del self._unsaved[uid]
                continue
            self._save(uid, text)

    def _known(self, uid: str) -> str | None:
        """The words that the library has, where the analysis is open."""
        series = series_of(self._desk.exam, uid)
        return None if series is None or series.reviewed is None else series.reviewed.impression

    def _tick(self) -> None:
        self._ticking = False
        self.flush()
        self._paused()

    def _save(self, uid: str, text: str) -> None:
        store, reader = self._services.library.store, self._signing.reader
        if store is None:
            self._then.clear()
            problem = self._services.library.problem
            if problem:
                self._services.messages.say(Severity.WARNING, problem)
            return
        self._saving[uid] = text
        self._services.jobs.start(
            Job(
                what=self.translate("Report", "Keeping the impression"),
                work=lambda _progress, _cancelled: store.write_impression(uid, text, reader),
                done=lambda _: self._saved(uid, text),
                failed=lambda error: self._failed(uid, text, error),
                urgent=True,
                keep=True,
            )
        )

    def _saved(self, uid: str, text: str) -> None:
        if self._saving.get(uid) == text:
            del self._saving[uid]
        if self._unsaved.get(uid) == text:
            del self._unsaved[uid]
        series = series_of(self._desk.exam, uid)
        if series is not None:
            self._desk.change(with_impression(series, text))
        if self._then:
            self.flush()
        self._go_on()

    def _failed(self, uid: str, text: str, error: Exception) -> None:
        """Keep the words; they are tried again with the next ones, or before they could go."""
        if self._saving.get(uid) == text:
            del self._saving[uid]
        self._then.clear()
        tell_known(self._services.messages, error)

    def _go_on(self) -> None:
        if not self._unsaved and not self._saving:
            waiting, self._then = self._then, []
            for then in waiting:
                then()

"""Safe keeping of the library: backup, check, repair and restoring, none in the window's way.

A repair or a restoring takes the library away for as long as it lasts, so the
patient on screen is closed first; whatever way it ends, the library is opened again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.background import Job
from app.controllers.library import LibraryController
from app.controllers.showing import Translate, tell_known
from app.controllers.study import StudyController
from app.messages import Action, Severity
from app.services import Condition, MadeBackup, Repaired, Services
from app.spoken import joined
from app.views.protocols import KeepingView
from hipdesk.ports import Cancelled, Progress

T = TypeVar("T")


class KeepingController:
    """Hears the menu of the library's keeping.

    Parameters
    ----------
    study : closes the patient before the library is taken away
    library : opens it again, and shows what is in it
    """

    def __init__(
        self,
        view: KeepingView,
        services: Services,
        translate: Translate,
        study: StudyController,
        library: LibraryController,
    ) -> None:
        self._services = services
        self.translate = translate
        self._study = study
        self._library = library
        view.listen(self)

    def begin(self) -> None:
        """Say at the start what is wrong with the library where a repair may end it."""
        if self._services.library.damaged:
            words = self.translate(
                "Keeping",
                "The patient library is damaged. A repair puts aside what is damaged and deletes "
                "nothing.",
            )
            self._services.messages.say(Severity.ERROR, words, self._offer_repair())

    # Backup

    def back_up(self, target: Path) -> None:
        """Write the whole library into one file, in place of one that is there."""
        keeping = self._services.library.keeping
        self._start(
            self.translate("Keeping", "Backing up the library"),
            lambda progress, cancelled: keeping.back_up(target, progress, cancelled),
            self._backed_up,
        )

    def _backed_up(self, made: MadeBackup) -> None:
        words = self.translate(
            "Keeping", "The library was backed up into one file and verified: {images} images."
        ).format(images=made.images)
        faults = [*self._lacking(made)]
        severity = Severity.WARNING if faults else Severity.INFO
        self._services.messages.say(severity, joined(words, *faults))

    def _lacking(self, made: MadeBackup) -> Iterator[str]:
        """What a backup does not hold, or holds as it was."""
        if made.lacking:
            words = self.translate(
                "Keeping", "Missing or damaged in the library itself: {count} images."
            )
            yield words.format(count=made.lacking)
        if made.problem:
            yield made.problem

    # Check and repair

    def check(self) -> None:
        """Read the whole library through."""
        what = self.translate("Keeping", "Checking the library")
        self._start(what, self._services.library.keeping.check, self._checked)

    def _checked(self, found: Condition) -> None:
        if found.sound:
            words = self.translate(
                "Keeping",
                "The library is sound: {entries} changes on record, {images} images, everything "
                "as it was stored.",
            ).format(entries=found.audit_entries, images=found.images)
            self._services.messages.say(Severity.INFO, words)
            return
        may_help = bool(found.damaged) or not found.database_sound
        action = self._offer_repair() if may_help else None
        self._services.messages.say(Severity.ERROR, joined(*self._faults(found)), action)

    def _faults(self, found: Condition) -> Iterator[str]:
        if not found.database_sound:
            yield self.translate("Keeping", "The library's database is damaged.")
        if found.audit_problem:
            yield found.audit_problem
        if found.missing or found.damaged:
            words = self.translate(
                "Keeping", "Of {images} images {missing} are missing and {damaged} damaged."
            )
            yield words.format(
                images=found.images, missing=len(found.missing), damaged=len(found.damaged)
            )

    def _offer_repair(self) -> Action:
        return Action(self.translate("Keeping", "Repair"), self.repair)

    def repair(self) -> None:
        """Put what is damaged into quarantine."""
        keeping = self._services.library.keeping
        what = self.translate("Keeping", "Repairing the library")
        self._take_away(what, keeping.repair, self._repaired)

    def _repaired(self, done: Repaired) -> None:
        parts = [] if done.quarantine is None else [self._where(done.quarantine)]
        if done.after.sound:
            words = self.translate("Keeping", "The library is sound again.")
            self._services.messages.say(Severity.INFO, joined(words, *parts))
            return
        words = self.translate("Keeping", "The repair could not mend everything.")
        faults = self._faults(done.after)
        restore = self.translate("Keeping", "A backup may have it (File, Restore the library...).")
        self._services.messages.say(Severity.ERROR, joined(words, *faults, *parts, restore))

    def _where(self, quarantine: Path) -> str:
        words = self.translate("Keeping", "What was damaged lies in {place}.")
        return words.format(place=quarantine)

    # Restoring

    def look_through(self, backup: Path) -> None:
        """Read a backup through, and offer to restore it."""
        keeping = self._services.library.keeping
        self._start(
            self.translate("Keeping", "Reading the backup"),
            lambda _progress, cancelled: keeping.look_through(backup, cancelled),
            partial(self._offer_restoring, backup),
        )

    def _offer_restoring(self, backup: Path, made: MadeBackup) -> None:
        words = self.translate(
            "Keeping",
            "The backup of {day} is whole and holds {images} images. Restoring moves the present "
            "library aside and deletes nothing.",
        ).format(day=f"{made.created_utc.astimezone():%Y-%m-%d %H:%M}", images=made.images)
        title = self.translate("Keeping", "Restore")
        action = Action(title, partial(self.restore, backup))
        self._services.messages.say(Severity.WARNING, joined(words, *self._lacking(made)), action)

    def restore(self, backup: Path) -> None:
        """Put a backup in the library's place."""
        keeping = self._services.library.keeping
        self._take_away(
            self.translate("Keeping", "Restoring the library"),
            lambda progress, cancelled: keeping.restore(backup, progress, cancelled),
            self._restored,
        )

    def _restored(self, earlier: Path | None) -> None:
        words = self.translate("Keeping", "The backup was restored.")
        parts = []
        if earlier is not None:
            before = self.translate("Keeping", "The library of before lies in {place}.")
            parts.append(before.format(place=earlier))
        self._services.messages.say(Severity.INFO, joined(words, *parts))

    # Jobs

    def _start(
        self, what: str, work: Callable[[Progress, Cancelled], T], done: Callable[[T], None]
    ) -> None:
        self._services.jobs.start(Job(what, work, done))

    def _take_away(
        self, what: str, work: Callable[[Progress, Cancelled], T], done: Callable[[T], None]
    ) -> None:
        """Work on the library while nobody else does, and open it again whatever comes of it."""
        if self._study.unsaved:
            words = self.translate(
                "Keeping",
                "A result is not in the patient library yet; save it first.",
            )
            self._services.messages.say(Severity.WARNING, words)
            return
        self._study.close_patient()
        self._services.library.lend()
        again = self._library.retry_library

        def ended(result: T) -> None:
            again()
            done(result)

        def failed(error: Exception) -> None:
            again()
            tell_known(self._services.messages, error)

        self._services.jobs.start(Job(what, work, ended, failed=failed, stopped=again))

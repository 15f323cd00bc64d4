"""Verdicts and signatures of the open exam: kept by the library first, shown afterwards.

The review and the report sign through the same desk. What blocks a signature:
nothing analysed, a hip that is open or being done again, and a hip that may be
the other one (`hipdesk.sides`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import reviews_of, series_of, signed, with_reviews
from app.controllers.showing import Memo, Translate, tell_known
from app.messages import Action, Severity
from app.services import Services
from app.state import Exam, Signing
from hipdesk.amendment import standing_doubts
from hipdesk.errors import KnownError
from hipdesk.ports import VisitStore
from hipdesk.records import Side
from hipdesk.review import Review, Reviewed, ReviewKind

HipKey = tuple[str, Side]
"""UID of an analysis, and a hip of it."""


def obstacle(
    exam: Exam | None,
    busy: frozenset[HipKey],
    translate: Translate,
    painted: frozenset[HipKey] = frozenset(),
) -> str:
    """What stands in the way of signing, in words; empty where nothing does.

    Parameters
    ----------
    painted : hips with brush strokes that are neither finished nor discarded
    """
    reviewed = () if exam is None else tuple(reviews_of(exam))
    if exam is None or not exam.analysed:
        return translate("Signing", "There is no analysis to sign yet.")
    if exam.visit_uid is None:
        return translate("Signing", "The analysis is not in the library, so it cannot be signed.")
    if not any(each.sides for each in reviewed):
        return translate("Signing", "No hip has a result that could be signed.")
    if any(uid == each.analysis.uid for uid, _ in busy for each in reviewed):
        return translate("Signing", "Wait until the hip is done.")
    if any(uid == each.analysis.uid for uid, _ in painted for each in reviewed):
        return translate("Signing", "Finish or discard the brush strokes first.")
    unjudged = frozenset(
        side for each in reviewed for side in each.sides if not each.standing(side).verdict
    )
    if unjudged:
        return _unjudged(unjudged, translate)
    return next((said for each in reviewed if (said := _sides(each, translate))), "")


def _unjudged(sides: frozenset[Side], translate: Translate) -> str:
    if len(sides) > 1:
        return translate("Signing", "Accept or reject both hips first.")
    if Side.RIGHT in sides:
        return translate("Signing", "Accept or reject the right hip first.")
    return translate("Signing", "Accept or reject the left hip first.")


def _sides(reviewed: Reviewed, translate: Translate) -> str:
    """What is unsettled about the sides of one series."""
    doubts = standing_doubts(reviewed)
    if doubts.misplaced:
        return _wrong_way(doubts.misplaced, translate)
    if doubts.open & set(reviewed.sides):
        return translate(
            "Signing",
            "The images are labelled with the other side: accept the hip with a note that says "
            "why, place its femoral head yourself, or reject it.",
        )
    return ""


def _wrong_way(sides: frozenset[Side], translate: Translate) -> str:
    if len(sides) > 1:
        return translate(
            "Signing",
            "The femoral heads were placed the wrong way round: place them anew, or reject both "
            "hips.",
        )
    if Side.RIGHT in sides:
        return translate(
            "Signing",
            "The right femoral head was placed on the left side of the body: place it anew, or "
            "reject the right hip.",
        )
    return translate(
        "Signing",
        "The left femoral head was placed on the right side of the body: place it anew, or "
        "reject the left hip.",
    )


class SigningDesk:
    """Asks the library to keep what a reader decides, and changes the exam when it has.

    Parameters
    ----------
    desk : its exam is changed after the library has acknowledged, never before
    save_again : tries again to save what is not in the library
    """

    def __init__(
        self,
        desk: Desk,
        services: Services,
        translate: Translate,
        save_again: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._services = services
        self.translate = translate
        self._busy: frozenset[HipKey] = frozenset()
        self._painted: frozenset[HipKey] = frozenset()
        self._watchers: list[Callable[[], None]] = []
        self._before: list[Callable[[Callable[[], None]], None]] = []
        self._signing: Memo[Signing] = Memo()
        self._save_again = save_again
        self._lacking: set[int] = set()
        desk.watch(self._follow)

    @property
    def busy(self) -> frozenset[HipKey]:
        """Hips that are being done again, or whose verdict is being kept."""
        return self._busy

    @property
    def painted(self) -> frozenset[HipKey]:
        """Hips with brush strokes that are neither finished nor discarded."""
        return self._painted

    def hold(self, painted: frozenset[HipKey]) -> None:
        """These hips have such strokes now."""
        if painted != self._painted:
            self._painted = painted
            self._tell()

    def brushed_elsewhere(self) -> None:
        """The library has kept strokes on a hip that is not open."""
        self._tell()

    @property
    def reader(self) -> str:
        """Who reads, as remembered."""
        return self._services.keeper.settings.reader_name

    @property
    def signing(self) -> Signing:
        """The signing bar as it stands.

        An empty name is no obstacle here: it is typed into this bar.
        """
        exam, reader = self._desk.exam, self.reader
        asked = (exam, self._busy, self._painted, reader)
        return self._signing.of(asked, lambda: self._bar(exam, reader))

    def _bar(self, exam: Exam | None, reader: str) -> Signing:
        done = exam is not None and signed(exam)
        standing = () if exam is None else tuple(s for r in reviews_of(exam) for s in r.signatures)
        said = "" if done else self._obstacle(exam)
        return Signing(reader, not done and not said, said, standing)

    def _obstacle(self, exam: Exam | None) -> str:
        return obstacle(exam, self._busy, self.translate, self._painted)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Tell this one when hips become busy, free or painted, or the reader's name changes."""
        self._watchers.append(watcher)

    def before_signing(self, save: Callable[[Callable[[], None]], None]) -> None:
        """Have this save what is unsaved before signatures are kept.

        It is given what to call once everything is saved, and does not call it
        where that failed.
        """
        self._before.append(save)

    def occupy(self, hip: HipKey) -> None:
        """A hip is being done again."""
        self._busy |= {hip}
        self._tell()

    def release(self, hip: HipKey) -> None:
        """It is done, or was given up."""
        self._busy -= {hip}
        self._tell()

    def store_for(self, exam: Exam) -> VisitStore | None:
        """The library where it can keep something of this exam; else says why not."""
        store, problem = self._services.library.store, self._services.library.problem
        if store is not None and exam.visit_uid is not None:
            return store
        missing = self.translate(
            "Signing", "This visit is not in the library, so nothing can be added to it."
        )
        self._warn(problem if store is None and problem else missing, exam)
        return None

    def _warn(self, sentence: str, exam: Exam) -> None:
        """Say what is missing; the exam can be saved again from here where it was not."""
        if exam.visit_uid is not None:
            self._services.messages.say(Severity.WARNING, sentence)
            return
        again = Action(self.translate("Study", "Save again"), self._save_again)
        self._lacking.add(self._services.messages.say(Severity.WARNING, sentence, again))

    def _follow(self, exam: Exam | None) -> None:
        """Take warnings away once the library has what is on screen."""
        if exam is None or exam.visit_uid is not None:
            numbers, self._lacking = self._lacking, set()
            for number in numbers:
                self._services.messages.dismiss(number)

    def judge(self, analysis_uid: str, side: Side, kind: ReviewKind, note: str = "") -> None:
        """Keep a verdict on the newest revision of a hip, or take it back."""
        series = series_of(self._desk.exam, analysis_uid)
        reviewed = None if series is None else series.reviewed
        if reviewed is None or side not in reviewed.sides or (analysis_uid, side) in self._busy:
            return
        if reviewed.standing(side).signed:
            self._refuse(self.translate("Signing", "This hip is signed: withdraw first."))
            return
        if (analysis_uid, side) in self._painted:
            words = self.translate(
                "Signing", "Finish or discard the brush strokes on this hip first."
            )
            self._refuse(words)
            return
        act = Review(side, reviewed.working(side), kind, self.reader, self._now(), note.strip())
        self._record(reviewed, (act,))

    def sign(self, reader: str) -> None:
        """Sign every verdict with one time; the name is remembered."""
        exam, name = self._desk.exam, reader.strip()
        if exam is None or signed(exam):
            return
        said = self._obstacle(exam)
        if exam.analysed and exam.visit_uid is None:
            self._warn(said, exam)
            return
        if not said and not name:
            said = self.translate("Signing", "Enter your name to sign.")
        if said:
            self._refuse(said)
            return
        self._remember(name)
        images = _images(exam)
        go_on: Callable[[], None] = partial(self._sign, name, images)
        for save in self._before:
            go_on = partial(save, go_on)
        go_on()

    def _sign(self, name: str, images: tuple[str, ...]) -> None:
        """Sign what the reader saw, if it is still open and nothing came in between."""
        exam, at = self._desk.exam, self._now()
        if exam is None or _images(exam) != images:
            return
        said = self._obstacle(exam)
        if said:
            self._refuse(said)
            return
        for each in reviews_of(exam):
            unsigned = (side for side in each.sides if not each.standing(side).signed)
            self._record(each, _acts(each, unsigned, ReviewKind.SIGNED, name, at))

    def named(self, typed: str) -> bool:
        """Whether it is known who reads; says so where not.

        Parameters
        ----------
        typed : a name that is remembered from now on; empty for the one that is remembered
        """
        name = typed.strip()
        if name and name != self.reader:
            self._remember(name)
            self._tell()
        if not self.reader:
            self._refuse(self.translate("Signing", "Enter your name first."))
        return bool(self.reader)

    def settings_changed(self) -> None:
        """The settings name another reader or another language."""
        self._signing.clear()
        self._tell()

    def withdraw(self, note: str) -> None:
        """Take back every signature that stands."""
        exam = self._desk.exam
        at = self._now()
        for each in () if exam is None else reviews_of(exam):
            standing = (side for side in each.sides if each.standing(side).signed)
            free = (side for side in standing if (each.analysis.uid, side) not in self._busy)
            acts = _acts(each, free, ReviewKind.WITHDRAWN, self.reader, at, note.strip())
            self._record(each, acts)

    def _now(self) -> datetime:
        return self._services.now().astimezone(UTC)

    def _refuse(self, sentence: str) -> None:
        self._services.messages.say(Severity.INFO, sentence)

    def _remember(self, name: str) -> None:
        keeper = self._services.keeper
        if keeper.settings.reader_name == name:
            return
        try:
            keeper.keep(keeper.settings.model_copy(update={"reader_name": name}))
        except KnownError as error:
            self._services.messages.tell(error)

    def _record(self, reviewed: Reviewed, acts: tuple[Review, ...]) -> None:
        """Have the library keep a reader's acts on one analysis."""
        exam, uid = self._desk.exam, reviewed.analysis.uid
        store = None if exam is None or not acts else self.store_for(exam)
        if store is None:
            return
        hips = frozenset((uid, act.side) for act in acts)
        self._busy |= hips
        self._tell()
        self._services.jobs.start(
            Job(
                what=self.translate("Signing", "Keeping your decision"),
                work=lambda _progress, _cancelled: store.review(uid, acts),
                done=lambda _: self._recorded(uid, acts, hips),
                failed=lambda error: self._failed(error, hips),
                urgent=True,
                keep=True,
            )
        )

    def _recorded(self, uid: str, acts: tuple[Review, ...], hips: frozenset[HipKey]) -> None:
        self._busy -= hips
        series = series_of(self._desk.exam, uid)
        if series is not None:
            self._desk.change(with_reviews(series, acts))
        self._tell()

    def _failed(self, error: Exception, hips: frozenset[HipKey]) -> None:
        self._busy -= hips
        tell_known(self._services.messages, error)
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()


def _images(exam: Exam) -> tuple[str, ...]:
    """Which analyses are open."""
    return tuple(each.analysis.uid for each in reviews_of(exam))


def _acts(
    reviewed: Reviewed,
    sides: Iterable[Side],
    kind: ReviewKind,
    reader: str,
    at: datetime,
    note: str = "",
) -> tuple[Review, ...]:
    """The same act on several hips."""
    return tuple(Review(side, reviewed.working(side), kind, reader, at, note) for side in sides)

"""What readers chose for scanners' protocols: remembered aloud, taken back, listed, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from app.background import Job
from app.controllers.showing import Translate
from app.messages import Action, Severity
from app.services import Services
from hipdesk.ports import ProtocolChoice, ProtocolChoices, ScannerProtocol
from hipdesk.records import Contrast

T = TypeVar("T")

LISTING: Final = "choices"
"""Topic of the job that reads what is remembered."""

Follower = Callable[[tuple[ProtocolChoice, ...]], None]


def nothing_more() -> None:
    """Nothing else is undone."""


class Choices:
    """Remembers choices, and says each time how to take it back.

    Parameters
    ----------
    translate : words of the user's language
    """

    def __init__(self, services: Services, translate: Translate) -> None:
        self._services = services
        self.translate = translate
        self._followers: list[Follower] = []

    def follow(self, follower: Follower) -> None:
        """Tell this one what is remembered, from now on."""
        self._followers.append(follower)

    def refresh(self) -> None:
        """Read anew what is remembered."""
        choices = self._services.library.choices
        if choices is None:
            return
        what = self.translate("Choices", "Reading the remembered choices")
        job = Job(what, lambda _p, _c: choices.all(), self._tell, urgent=True, topic=LISTING)
        self._services.jobs.start(job)

    def prefer(self, protocol: ScannerProtocol, sensitive: bool) -> None:
        """Choose series of this protocol from now on.

        Parameters
        ----------
        sensitive : they show lesions; else one that does still goes before
        """
        words = self.translate(
            "Choices",
            "At the next study of this scanner's protocol, the same series will be chosen.",
        )
        if not sensitive:
            words = self.translate(
                "Choices",
                "At the next study of this scanner's protocol, the same series will be analysed "
                "for the heads without asking, unless another one shows lesions.",
            )
        self._remember(protocol, None, words, nothing_more)

    def weigh(
        self, protocol: ScannerProtocol, contrast: Contrast, undo: Callable[[], None]
    ) -> None:
        """Take series of this protocol for weighted like this from now on.

        Parameters
        ----------
        undo : called when the reader takes it back
        """
        words = self.translate(
            "Choices", "From now on, this holds for every series of this scanner's protocol."
        )
        self._remember(protocol, contrast, words, undo)

    def forget(self, uid: str) -> None:
        """Withdraw a choice, with a way back."""

        def work(choices: ProtocolChoices) -> ProtocolChoice | None:
            gone = next((each for each in choices.all() if each.uid == uid), None)
            choices.forget(uid, self._reader)
            return gone

        def done(gone: ProtocolChoice | None) -> None:
            if gone is not None:
                again = partial(self._again, gone)
                action = Action(self.translate("Choices", "Remember again"), again)
                words = self.translate(
                    "Choices", "What was remembered for a scanner's protocol is forgotten."
                )
                self._services.messages.say(Severity.INFO, words, action)
            self.refresh()

        self._write(self.translate("Choices", "Forgetting a choice"), work, done)

    def _remember(
        self,
        protocol: ScannerProtocol,
        contrast: Contrast | None,
        words: str,
        undo: Callable[[], None],
    ) -> None:
        def work(choices: ProtocolChoices) -> tuple[tuple[ProtocolChoice, ...], ProtocolChoice]:
            before = choices.all()
            return before, choices.remember(protocol, contrast, self._reader)

        def done(result: tuple[tuple[ProtocolChoice, ...], ProtocolChoice]) -> None:
            before, made = result
            if made not in before:
                back = partial(self._take_back, made, before, undo)
                action = Action(self.translate("Choices", "Do not remember"), back)
                self._services.messages.say(Severity.INFO, words, action)
            self.refresh()

        self._write(self.translate("Choices", "Remembering the choice"), work, done)

    def _take_back(
        self, made: ProtocolChoice, before: tuple[ProtocolChoice, ...], undo: Callable[[], None]
    ) -> None:
        """Forget a choice, and remember again what it took the place of."""

        def work(choices: ProtocolChoices) -> None:
            replaced = {each.uid for each in before} - {each.uid for each in choices.all()}
            choices.forget(made.uid, self._reader)
            for each in reversed(before):
                if each.uid in replaced:
                    choices.remember(each.protocol, each.contrast, self._reader)

        def done(_nothing: None) -> None:
            undo()
            self.refresh()

        self._write(self.translate("Choices", "Forgetting a choice"), work, done)

    def _again(self, gone: ProtocolChoice) -> None:
        def work(choices: ProtocolChoices) -> None:
            choices.remember(gone.protocol, gone.contrast, self._reader)

        what = self.translate("Choices", "Remembering the choice")
        self._write(what, work, lambda _nothing: self.refresh())

    def _write(
        self, what: str, write: Callable[[ProtocolChoices], T], done: Callable[[T], None]
    ) -> None:
        """Have the library changed; without one nothing is remembered."""
        choices = self._services.library.choices
        if choices is not None:
            work = partial(_bound, write, choices)
            self._services.jobs.start(Job(what, work, done, urgent=True, keep=True))

    @property
    def _reader(self) -> str:
        return self._services.keeper.settings.reader_name

    def _tell(self, choices: tuple[ProtocolChoice, ...]) -> None:
        for follower in self._followers:
            follower(choices)


def _bound(
    write: Callable[[ProtocolChoices], T],
    choices: ProtocolChoices,
    _progress: object,
    _cancelled: object,
) -> T:
    return write(choices)

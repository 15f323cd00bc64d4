"""Everything the program has to say beside its pages, by one path. No Qt.

Whoever has something to say calls `Messages.say` or `Messages.tell`, from any
thread and before there is a window; what is said then waits. The same sentence
twice is one message that counts.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from hipdesk.errors import Cancelled, KnownError

FADES_AFTER_S: Final = 6.0
"""How long an INFO stays; the time two short lines take to read."""

MOST: Final = 50
"""Messages kept at once; beyond it the oldest goes, an INFO before others."""

OUR_FAULT: Final = (
    "Something went wrong inside HipDesk; what was saved is safe. Try again, and restart the "
    "program if it happens again. Its log says more to whoever looks after it."
)


TOO_LITTLE_MEMORY: Final = (
    "There is not enough memory left for this. Close other programs, and try again."
)


class Severity(StrEnum):
    """How much a message matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Action:
    """A message's button."""

    title: str
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said.

    Attributes
    ----------
    number : identifies the message; never used twice
    times : how often it was said
    """

    number: int
    severity: Severity
    text: str
    action: Action | None = None
    times: int = 1

    @property
    def fades(self) -> bool:
        """Whether it goes by itself; warnings and errors stay until dismissed."""
        return self.severity is Severity.INFO and self.action is None


Show = Callable[[tuple[Message, ...]], None]
"""Takes all present messages, oldest first."""

Post = Callable[[Callable[[], None]], None]
"""Has a function called on the GUI thread."""

Later = Callable[[float, Callable[[], None]], None]
"""Has a function called on the GUI thread after some seconds."""


def at_once(call: Callable[[], None]) -> None:
    """Call a function here and now: the `Post` of a program with one thread."""
    call()


def never(_seconds: float, _call: Callable[[], None]) -> None:
    """Call nothing: the `Later` of a program without a clock."""


class Messages:
    """The present messages, and the view that shows them.

    Parameters
    ----------
    post : brings a call to the GUI thread
    later : brings it there after some seconds
    """

    def __init__(self, post: Post = at_once, later: Later = never) -> None:
        self._post = post
        self._later = later
        # Re-entrant: a destructor that fails is told from wherever memory is collected.
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._present: tuple[Message, ...] = ()
        self._show: Show | None = None

    @property
    def present(self) -> tuple[Message, ...]:
        """What has been said and not dismissed, oldest first."""
        return self._present

    def attach(self, show: Show | None) -> None:
        """Show messages here from now on, those that wait first; None lets them wait again."""
        self._show = show
        self._refresh()

    def say(self, severity: Severity, text: str, action: Action | None = None) -> int:
        """Say a sentence; the number of the message it became."""
        with self._lock:
            message = self._joined(severity, text, action)
        if message.fades:
            number, times = message.number, message.times
            self._post(lambda: self._later(FADES_AFTER_S, lambda: self._fade(number, times)))
        self._post(self._refresh)
        return message.number

    def tell(self, error: BaseException) -> None:
        """Say what an error means to the user; nothing for a cancellation.

        A `KnownError` has its own sentence. Of all others but a lack of memory
        the user learns that the fault is ours; the log says which.
        """
        if not isinstance(error, Cancelled):
            self.say(Severity.ERROR, _sentence(error))

    def dismiss(self, number: int) -> None:
        """Take a message away; nothing where it has gone already."""
        with self._lock:
            self._present = tuple(each for each in self._present if each.number != number)
        self._post(self._refresh)

    def act(self, number: int) -> None:
        """Do what a message's button says, and take the message away."""
        chosen = next((each for each in self._present if each.number == number), None)
        if chosen is not None and chosen.action is not None:
            self.dismiss(number)
            chosen.action.run()

    def _joined(self, severity: Severity, text: str, action: Action | None) -> Message:
        """The message as it is now, counted up where the same was said before."""
        for at, each in enumerate(self._present):
            if (each.severity, each.text) == (severity, text):
                again = replace(each, times=each.times + 1, action=action)
                self._present = (*self._present[:at], again, *self._present[at + 1 :])
                return again
        message = Message(next(self._numbers), severity, text, action)
        self._present = _bounded((*self._present, message))
        return message

    def _fade(self, number: int, times: int) -> None:
        """Take an INFO away unless it was said again meanwhile."""
        if any((each.number, each.times) == (number, times) for each in self._present):
            self.dismiss(number)

    def _refresh(self) -> None:
        """Show what is present now."""
        if self._show is not None:
            self._show(self._present)


def _sentence(error: BaseException) -> str:
    """What an error means to the user."""
    if isinstance(error, KnownError):
        return str(error)
    return TOO_LITTLE_MEMORY if isinstance(error, MemoryError) else OUR_FAULT


def _bounded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """At most `MOST`: the oldest that fades goes first, else the oldest; never the newest."""
    if len(messages) <= MOST:
        return messages
    fading = (at for at, each in enumerate(messages[:-1]) if each.fades)
    gone = next(fading, 0)
    return messages[:gone] + messages[gone + 1 :]
